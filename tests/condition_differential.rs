//! The same expressions over the same values, here and in the published crate `cel`: an independent reading of the language.
//!
//! Both must answer the same value, or both an error. Where the two are known to differ, [`settled`] says so and why; those
//! expressions are not compared. (The conformance suite, `tests/cel_conformance.rs`, decides who is right.)

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use placet::Limits;
use placet::condition::{Declarations, unchecked};
use placet::fact::{Declaration, Origin, Schema, Type};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Key, Map, Value};
use proptest::prelude::*;

struct Choices<'c>(&'c [u8], usize);

impl Choices<'_> {
    fn next(&mut self, n: usize) -> usize {
        let byte = self.0.get(self.1).copied().unwrap_or(0);
        self.1 += 1;
        usize::from(byte) % n
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.next(items.len())]
    }
}

const NAMES: [&str; 7] = ["b", "i", "u", "d", "s", "l", "m"];

struct Bound(Vec<Value<'static>>);

impl Facts for Bound {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)) {
            None => Fact::Unknown,
            Some(Value::Null) => Fact::Null,
            Some(value) => Fact::Known(value),
        }
    }
}

fn leaf(c: &mut Choices<'_>, scope: &[&'static str]) -> String {
    let pool = [
        "b",
        "i",
        "u",
        "d",
        "s",
        "l",
        "m",
        "true",
        "false",
        "null",
        "0",
        "1",
        "2",
        "-1",
        "1u",
        "2u",
        "1.0",
        "0.5",
        "'a'",
        "''",
        "'abc'",
        "[]",
        "[1, 2, 3]",
        "['a', 'b']",
        "{}",
        "{'k': 1, 'x': 'a'}",
        "{1: 2}",
        "9223372036854775807",
        "b'ab'",
    ];
    match scope.last().filter(|_| c.next(3) == 0) {
        Some(name) => (*name).to_owned(),
        None => c.of(&pool).to_owned(),
    }
}

fn tree(c: &mut Choices<'_>, depth: usize, scope: &[&'static str]) -> String {
    if depth == 0 {
        return leaf(c, scope);
    }
    let d = depth - 1;
    let inner: Vec<&'static str> = [scope, &["v"]].concat();
    match c.next(20) {
        0 | 1 => format!("({} {} {})", tree(c, d, scope), c.of(&["+", "-", "*", "/", "%"]), tree(c, d, scope)),
        2 | 3 => format!("({} {} {})", tree(c, d, scope), c.of(&["<", "<=", ">", ">="]), tree(c, d, scope)),
        4 | 5 => format!("({} {} {})", tree(c, d, scope), c.of(&["==", "!="]), tree(c, d, scope)),
        6 | 7 => format!("({} {} {})", tree(c, d, scope), c.of(&["&&", "||"]), tree(c, d, scope)),
        8 => format!("({} ? {} : {})", tree(c, d, scope), tree(c, d, scope), tree(c, d, scope)),
        9 => format!("!({})", tree(c, d, scope)),
        10 => format!("-({})", tree(c, d, scope)),
        11 => format!("({} in {})", tree(c, d, scope), tree(c, d, scope)),
        12 => format!("{}[{}]", tree(c, d, scope), tree(c, d, scope)),
        13 => format!("size({})", tree(c, d, scope)),
        14 => {
            format!("({}).{}({})", tree(c, d, scope), c.of(&["contains", "startsWith", "endsWith"]), tree(c, d, scope))
        }
        15 => format!("{}({})", c.of(&["int", "uint", "double", "string"]), tree(c, d, scope)),
        16 => format!(
            "({}).{}(v, {})",
            tree(c, d, scope),
            c.of(&["all", "exists", "exists_one", "map", "filter"]),
            tree(c, d, &inner)
        ),
        17 => format!("has(({}).{})", c.of(&["m", "{'k': 1}", "{}"]), c.of(&["k", "x"])),
        18 => format!("[{}, {}]", tree(c, d, scope), tree(c, d, scope)),
        _ => format!("m.{}", c.of(&["k", "x", "y"])),
    }
}

fn values(c: &mut Choices<'_>) -> Vec<Value<'static>> {
    let entries = [("k", Value::Int(c.next(3) as i64)), ("x", Value::from("a"))];
    let entries = entries.into_iter().filter(|_| c.next(3) > 0).map(|(k, v)| (Key::String(k.into()), v)).collect();
    vec![
        Value::Bool(c.next(2) == 0),
        Value::Int(c.of(&[-2, 0, 1, 3, i64::MAX, i64::MIN])),
        Value::Uint(c.of(&[0, 1, 3, u64::MAX])),
        Value::Double(c.of(&[-1.5, 0.0, 1.0, 3.0, 1e20])),
        Value::from(c.of(&["", "a", "abc", "1", "é"])),
        (0..c.next(4)).map(|i| Value::Int(i as i64)).collect(),
        Value::from(Map::new(entries).unwrap()),
    ]
}

fn theirs(value: &Value<'_>) -> cel::Value {
    match value {
        Value::Bool(b) => cel::Value::Bool(*b),
        Value::Int(i) => cel::Value::Int(*i),
        Value::Uint(u) => cel::Value::UInt(*u),
        Value::Double(d) => cel::Value::Float(*d),
        Value::String(s) => cel::Value::String(Arc::new(s.to_string())),
        Value::List(items) => cel::Value::List(Arc::new(items.iter().map(theirs).collect())),
        Value::Map(map) => {
            let entry = |(k, v): &(Key<'_>, Value<'_>)| match k {
                Key::String(k) => (cel::objects::Key::String(Arc::new(k.to_string())), theirs(v)),
                other => panic!("{other:?}"),
            };
            let entries: std::collections::HashMap<_, _> = map.entries().iter().map(entry).collect();
            cel::Value::Map(cel::objects::Map { map: Arc::new(entries) })
        }
        _ => cel::Value::Null,
    }
}

fn show(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => format!("{b}"),
        Value::Int(i) => format!("{i}"),
        Value::Uint(u) => format!("{u}u"),
        Value::Double(d) => format!("{d:?}"),
        Value::String(s) => format!("{s:?}"),
        Value::Bytes(b) => format!("b{b:?}"),
        Value::List(items) => format!("{:?}", items.iter().map(show).collect::<Vec<_>>()),
        Value::Map(map) => {
            let key = |k: &Key<'_>| match k {
                Key::Bool(b) => format!("{b}"),
                Key::Int(i) => format!("{i}"),
                Key::Uint(u) => format!("{u}u"),
                Key::String(s) => format!("{s:?}"),
            };
            let mut all: Vec<String> = map.entries().iter().map(|(k, v)| format!("{}: {}", key(k), show(v))).collect();
            all.sort();
            format!("{all:?}")
        }
        other => format!("{other:?}"),
    }
}

fn show_theirs(value: &cel::Value) -> String {
    match value {
        cel::Value::Null => "null".to_owned(),
        cel::Value::Bool(b) => format!("{b}"),
        cel::Value::Int(i) => format!("{i}"),
        cel::Value::UInt(u) => format!("{u}u"),
        cel::Value::Float(d) => format!("{d:?}"),
        cel::Value::String(s) => format!("{s:?}"),
        cel::Value::Bytes(b) => format!("b{b:?}"),
        cel::Value::List(items) => format!("{:?}", items.iter().map(show_theirs).collect::<Vec<_>>()),
        cel::Value::Map(map) => {
            let key = |k: &cel::objects::Key| match k {
                cel::objects::Key::Bool(b) => format!("{b}"),
                cel::objects::Key::Int(i) => format!("{i}"),
                cel::objects::Key::Uint(u) => format!("{u}u"),
                cel::objects::Key::String(s) => format!("{s:?}"),
            };
            let mut all: Vec<String> = map.map.iter().map(|(k, v)| format!("{}: {}", key(k), show_theirs(v))).collect();
            all.sort();
            format!("{all:?}")
        }
        other => format!("{other:?}"),
    }
}

/// Where the two are known to differ, and who is right.
fn settled(source: &str, ours: &Option<String>, theirs: &Option<String>) -> bool {
    // `+` merges maps there, a list with a map too; CEL has no such overload.
    let merges = ours.is_none() && source.contains(" + ");
    // Large doubles are written out there; CEL's reference writes `1e+20`, and so do we.
    let large = source.contains("string(") && theirs.is_some() && ours.as_ref().is_some_and(|o| o.contains("e+"));
    merges || large
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_cel(shape in prop::collection::vec(any::<u8>(), 1..48), given in prop::collection::vec(any::<u8>(), 0..16)) {
        let source = tree(&mut Choices(&shape, 0), 3, &[]);
        let bound = values(&mut Choices(&given, 0));
        let declare = |path: &&str| Declaration { path: (*path).into(), ty: Type::Dyn, origin: Origin::Context };
        let (schema, taxonomy, limits) =
            (Schema::of(NAMES.iter().map(declare).collect()), Taxonomy::default(), Limits::default());
        let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
        let mut context = cel::Context::default();
        for (name, value) in NAMES.iter().zip(&bound) {
            context.add_variable_from_value(*name, theirs(value));
        }
        let facts = Bound(bound);
        let ours = unchecked(&source, &declarations).unwrap().value(&facts).ok().map(|v| show(&v));
        let theirs = cel::Program::compile(&source).unwrap().execute(&context).ok().map(|v| show_theirs(&v));
        if !settled(&source, &ours, &theirs) {
            prop_assert_eq!(&ours, &theirs, "{} over {:?}", source, facts.0.iter().map(show).collect::<Vec<_>>());
        }
    }
}
