//! The conformance suite of CEL (google/cel-spec), as JSON: `PLACET_CEL_CASES=<file> cargo test --test cel_conformance --
//! --nocapture` replays a file of cases `{file, section, name, expr, no_check, bindings, expect}`.

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
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the file of cases is named by the environment")]

use placet::Limits;
use placet::condition::{Declarations, expression, unchecked};
use placet::fact::{Declaration, Origin, Schema, Type};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Key, Map, Value};
use serde_json::Value as Json;

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

fn text(json: &Json) -> String {
    json["v"].as_str().map(str::to_owned).unwrap_or_default()
}

fn double(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn value(json: &Json) -> Value<'static> {
    match json["t"].as_str().unwrap() {
        "null" => Value::Null,
        "bool" => Value::Bool(json["v"].as_bool().unwrap()),
        "int" => Value::Int(text(json).parse().unwrap()),
        "uint" => Value::Uint(text(json).parse().unwrap()),
        "double" => Value::Double(double(&text(json))),
        "string" => Value::from(text(json)),
        "bytes" => {
            let hex = text(json);
            let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
            Value::Bytes((0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>().into())
        }
        "list" => json["v"].as_array().unwrap().iter().map(value).collect(),
        "map" => {
            let entry = |pair: &Json| (key(&value(&pair[0])), value(&pair[1]));
            Value::from(Map::new(json["v"].as_array().unwrap().iter().map(entry).collect()).unwrap())
        }
        "type" => Value::Type(Box::leak(text(json).into_boxed_str())),
        other => panic!("value of type {other}"),
    }
}

fn key(value: &Value<'static>) -> Key<'static> {
    match value {
        Value::Bool(b) => Key::Bool(*b),
        Value::Int(i) => Key::Int(*i),
        Value::Uint(u) => Key::Uint(*u),
        Value::String(s) => Key::String(s.clone().into_owned().into()),
        other => panic!("key {other:?}"),
    }
}

/// Equal to the bit, but for not-a-number, of which there is one.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.to_bits() == b.to_bits() || a == b || (a.is_nan() && b.is_nan()),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.entries().len() == b.entries().len()
                && a.entries().iter().zip(b.entries()).all(|((ak, av), (bk, bv))| ak == bk && same(av, bv))
        }
        (a, b) => format!("{a:?}") == format!("{b:?}"),
    }
}

fn run(case: &Json) -> Result<(), String> {
    let source = case["expr"].as_str().unwrap();
    let (mut declarations, mut bound) = (Vec::new(), Vec::new());
    let bindings: Vec<(&String, &Json)> = case["bindings"].as_object().into_iter().flatten().collect();
    // In a container, names are also found without its own, and before those that are not of the container. The form of the file
    // does not say which container a case is in: one that binds `x.y` and never says `x` can only be in `x`.
    let said = |name: &str| source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let inner = bindings.iter().filter_map(|(name, json)| {
        let (container, inner) = name.split_once('.')?;
        (!said(container)).then_some((inner, *json))
    });
    let full = bindings.iter().map(|(name, json)| (name.as_str(), *json));
    let mut seen = std::collections::BTreeSet::new();
    for (name, json) in inner.chain(full).filter(|(name, _)| seen.insert(*name)) {
        declarations.push(Declaration { path: name.into(), ty: Type::Dyn, origin: Origin::Context });
        bound.push(value(json));
    }
    let (schema, taxonomy, limits) = (Schema::of(declarations), Taxonomy::default(), Limits::default());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    let lax = case["no_check"].as_bool().unwrap_or(false);
    let compiled = if lax { unchecked(source, &declarations) } else { expression(source, &declarations) };
    let got = compiled.map_err(|d| d.to_string()).and_then(|c| c.value(&Bound(bound)).map_err(|e| e.to_string()));
    let wanted = &case["expect"];
    match (wanted["t"].as_str().unwrap(), got) {
        ("error", Err(_)) => Ok(()),
        ("error", Ok(got)) => Err(format!("got {got:?}, wanted an error")),
        (_, Err(error)) => Err(format!("got error {error}, wanted {wanted}")),
        (_, Ok(got)) if same(&got, &value(wanted)) => Ok(()),
        (_, Ok(got)) => Err(format!("got {got:?}, wanted {wanted}")),
    }
}

#[test]
fn conformance() {
    let Ok(path) = std::env::var("PLACET_CEL_CASES") else {
        println!("skipped: PLACET_CEL_CASES names no file of cases");
        return;
    };
    let cases: Vec<Json> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut passed = 0;
    for case in &cases {
        match run(case) {
            Ok(()) => passed += 1,
            Err(why) => {
                let part = |name: &str| case[name].as_str().unwrap_or("").to_owned();
                println!("{}/{}/{}: `{}`: {why}", part("file"), part("section"), part("name"), part("expr"));
            }
        }
    }
    println!("cel: {passed} of {}", cases.len());
    assert_eq!(passed, cases.len());
}
