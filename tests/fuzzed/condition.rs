//! Conditions: what is printed reads the same, findings have places, and what is decided in spite of unknown facts is so
//! whatever they are (law 5).
//!
//! An input is a text (`source`, then after a line `%%` bytes that choose facts) or, if it begins with NUL, bytes that
//! choose a condition and facts.

use placet::Limits;
use placet::condition::{Condition, Declarations, EvaluationError, Truth, compile, expression, parse, unchecked};
use placet::diagnostic::Diagnostics;
use placet::fact::{Declaration, Origin, RISK, Schema, Type};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Key, Map, Value};

use super::choices::Choices;
use super::within;

/// Short names, so that chance finds them.
fn schema() -> Schema {
    let list = |item: Type| Type::List(Box::new(item));
    let facts = [
        ("b", Type::Bool),
        ("i", Type::Int),
        ("u", Type::Uint),
        ("n", Type::Double),
        ("s", Type::String),
        ("y", Type::Bytes),
        ("t", Type::Timestamp),
        ("w", Type::Duration),
        ("k", Type::Label),
        ("r", Type::Enum(&RISK)),
        ("l", list(Type::Int)),
        ("g", list(Type::String)),
        ("m", Type::Map(Box::new(Type::Dyn))),
        ("o", Type::Open),
        ("d", Type::Dyn),
        ("e", Type::Dyn),
    ];
    Schema::of(
        facts.into_iter().map(|(path, ty)| Declaration { path: path.into(), ty, origin: Origin::Context }).collect(),
    )
}

fn taxonomy() -> Taxonomy {
    Taxonomy::builder().label("low", 0, 0, &[]).label("left", 1, 0, &["l"]).label("right", 2, 0, &["r"]).build()
}

struct Known(Vec<Option<Value<'static>>>);

impl Facts for Known {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)) {
            None | Some(None) => Fact::Unknown,
            Some(Some(Value::Null)) => Fact::Null,
            Some(Some(value)) => Fact::Known(value),
        }
    }
}

/// Checks one condition over some facts.
///
/// # Panics
/// If a property does not hold.
pub(crate) fn check(data: &[u8]) {
    let (source, facts) = match data.split_first() {
        Some((0, rest)) => {
            let (mut shape, facts) = Choices::new(rest).halves();
            (truth(&mut shape, 4, &mut Vec::new()), facts)
        }
        _ => {
            let at = data.windows(4).position(|window| window == b"\n%%\n");
            let (source, facts) = at.map_or((data, &[][..]), |at| (&data[..at], &data[at + 4..]));
            let Ok(source) = std::str::from_utf8(source) else { return };
            (source.to_owned(), Choices::new(facts))
        }
    };
    let mut limits = Limits::default();
    limits.condition_bytes = 2 << 10;
    limits.condition_nodes = 300;
    limits.condition_depth = 32;
    limits.condition_cost = 5_000;
    limits.regex_bytes = 32 << 10;
    let (schema, taxonomy) = (schema(), taxonomy());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };

    prints_as_it_reads(&source, &limits);
    let condition = match expression(&source, &declarations) {
        Ok(condition) => {
            canonical_is_stable(&condition, &declarations);
            condition
        }
        Err(findings) => {
            placed(&findings, &source);
            match unchecked(&source, &declarations) {
                Ok(condition) => condition,
                Err(findings) => return placed(&findings, &source),
            }
        }
    };
    if let Err(findings) = compile(&source, &declarations) {
        placed(&findings, &source);
    }
    decided_is_decided(&source, &condition, facts);
}

fn prints_as_it_reads(source: &str, limits: &Limits) {
    match parse(source, limits) {
        Ok(tree) => {
            // Printing adds blanks and parentheses.
            let mut wide = limits.clone();
            (wide.condition_bytes, wide.condition_depth) = (1 << 16, usize::MAX);
            let printed = tree.to_string();
            let again = parse(&printed, &wide).unwrap_or_else(|e| panic!("{source} prints as {printed}: {e}"));
            assert_eq!(again, tree, "{source} prints as {printed}");
            assert_eq!(again.to_string(), printed, "{source}");
        }
        Err(findings) => placed(&findings, source),
    }
}

fn canonical_is_stable(condition: &Condition, declarations: &Declarations<'_>) {
    let mut wide = declarations.limits.clone();
    (wide.condition_bytes, wide.condition_depth) = (1 << 16, usize::MAX);
    let wide = Declarations { limits: &wide, ..*declarations };
    let again = expression(condition.canonical(), &wide);
    let again = again.unwrap_or_else(|e| panic!("{} becomes {}: {e}", condition.source(), condition.canonical()));
    assert_eq!(again.canonical(), condition.canonical());
    assert_eq!(&again, condition, "{}", condition.source());
}

fn placed(findings: &Diagnostics, source: &str) {
    assert!(findings.has_errors());
    for finding in &findings.0 {
        assert!(finding.to_string().len() < 8_192);
        // Conditions break lines at line feeds alone.
        let lines: Vec<&str> = source.split('\n').collect();
        let (line, column) = (finding.span.line as usize, finding.span.column as usize);
        if source.contains('\r') {
            assert!(line >= 1 && line <= lines.len(), "{finding}");
            let columns = lines[line - 1].chars().count();
            assert!(column >= 1 && column <= columns + 1, "{finding}");
        } else {
            within(source, finding.span.line, finding.span.column, finding);
        }
    }
}

/// Whether evaluating stops at the ceiling of steps: then it is an error, whatever else is so.
fn too_costly(condition: &Condition, facts: &Known) -> bool {
    matches!(condition.value(facts), Err(EvaluationError::TooCostly))
}

fn decided_is_decided(source: &str, condition: &Condition, mut c: Choices<'_>) {
    let slots = schema().declarations().len();
    let partial: Vec<Option<Value<'static>>> = (0..slots).map(|slot| c.flip().then(|| fact(&mut c, slot))).collect();
    let partial = Known(partial);
    let truth = condition.evaluate(&partial);
    let unknowns = condition.unknowns(&partial);
    assert!(truth == Truth::Unknown || unknowns.is_empty(), "{source}: decided, and yet missing {unknowns:?}");
    assert!(unknowns.iter().all(|slot| condition.references().contains(slot)), "{source}: {unknowns:?}");
    let clause = condition.first_failing_clause(&partial);
    assert_eq!(clause.is_none(), truth == Truth::True, "{source}: {clause:?}");
    if let Some(clause) = clause {
        assert!(source.contains(clause.text));
        // A clause alone may keep within the steps that all together exceed.
        assert!(clause.truth == truth || too_costly(condition, &partial), "{source}: {clause:?}");
    }
    let value = condition.value(&partial);
    match (&value, truth) {
        (Ok(Value::Bool(value)), _) => assert_eq!(truth, if *value { Truth::True } else { Truth::False }, "{source}"),
        (_, Truth::True | Truth::False) => panic!("{source} is {truth:?}, and yet {value:?}"),
        (Ok(_) | Err(_), Truth::Unknown) => {}
    }
    if truth == Truth::Unknown && value.is_err() {
        return;
    }
    for _ in 0..6 {
        let full =
            (0..slots).zip(&partial.0).map(|(slot, given)| Some(completed(&mut c, slot, given.as_ref()))).collect();
        let full = Known(full);
        if too_costly(condition, &full) {
            continue;
        }
        let told = || format!("{source} over {:?} completed to {:?}", partial.0, full.0);
        assert_eq!(condition.evaluate(&full), truth, "{}", told());
        if let Ok(value) = &value {
            let now = condition.value(&full);
            assert!(now.as_ref().is_ok_and(|now| refines(now, value)), "{value:?} became {now:?}: {}", told());
        }
    }
}

/// Whether a value is another one of which more is known: an open map may gain members and be closed, nothing else may change.
fn refines(now: &Value<'_>, before: &Value<'_>) -> bool {
    match (now, before) {
        (Value::Map(now), Value::Map(before)) => {
            let kept = now.entries().iter().zip(before.entries());
            if before.is_open() {
                before.entries().iter().all(|(key, value)| now.find(key).is_some_and(|now| refines(now, value)))
            } else {
                !now.is_open()
                    && now.entries().len() == before.entries().len()
                    && kept.into_iter().all(|((key, now), (was, before))| key == was && refines(now, before))
            }
        }
        (Value::List(now), Value::List(before)) => {
            now.len() == before.len() && now.iter().zip(before.iter()).all(|(now, before)| refines(now, before))
        }
        _ => format!("{now:?}") == format!("{before:?}"),
    }
}

/// A value for a slot; now and then null, or of another type than the slot is declared to have.
fn fact(c: &mut Choices<'_>, slot: usize) -> Value<'static> {
    let kind = match c.next(12) {
        10 => return Value::Null,
        11 => c.next(14),
        _ if slot >= 14 => c.next(14),
        _ => slot,
    };
    match kind {
        0 => Value::Bool(c.flip()),
        1 => Value::Int(c.of(&[0, 1, 2, 3, -1, i64::MAX, i64::MIN])),
        2 => Value::Uint(c.of(&[0, 1, 2, u64::MAX])),
        3 => Value::Double(c.of(&[0.0, 1.0, -0.5, 1e300, f64::NAN, f64::INFINITY])),
        4 => Value::from(text(c)),
        5 => Value::Bytes(c.of(&[&b""[..], b"a", b"\xff\xfe"]).into()),
        6 => Value::Timestamp(
            c.of(&["2026-11-23T08:30:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"]).parse().unwrap(),
        ),
        7 => Value::Duration(c.of(&["0s", "90s", "-1.5s", "87600h", "999999999999999h"]).parse().unwrap()),
        8 => Value::Label(taxonomy().get(c.of(&["low", "left", "right"])).unwrap()),
        9 => Value::Enum(&RISK, c.of(&[0, 1, 2, 3])),
        10 => (0..c.next(4)).map(|_| Value::Int(c.of(&[0, 1, 2, 3]))).collect(),
        11 => (0..c.next(4)).map(|_| Value::from(text(c))).collect(),
        12 => map(c, false),
        _ => map(c, true),
    }
}

fn text(c: &mut Choices<'_>) -> &'static str {
    c.of(&[
        "a",
        "b",
        "ab",
        "",
        "x",
        "1",
        "low",
        "true",
        "é🦀",
        "/srv/a/b",
        "/srv/../a",
        "10.1.2.3",
        "10.0.0.0/8",
        "::1",
        "https://a.example.com:8443/x?q#f",
        "ada@example.com",
        "2026-11-23T08:30:00Z",
        "1h30m",
        "(a|b)+$",
        "a\u{0}\n",
    ])
}

fn scalar(c: &mut Choices<'_>) -> Value<'static> {
    match c.next(6) {
        0 => Value::Null,
        1 => Value::Bool(c.flip()),
        2 => Value::Double(1.0),
        3 => Value::from(text(c)),
        _ => Value::Int(c.of(&[0, 1, 2, 3])),
    }
}

fn map(c: &mut Choices<'_>, open: bool) -> Value<'static> {
    let mut entries = Vec::new();
    for name in ["x", "y", "z"] {
        match c.next(4) {
            0 | 1 => {}
            2 => entries.push((Key::String(name.into()), scalar(c))),
            _ => {
                let inner = Map::new(vec![(Key::String("x".into()), scalar(c))]).unwrap();
                entries.push((Key::String(name.into()), Value::from(if c.flip() { inner.opened() } else { inner })));
            }
        }
    }
    let map = Map::new(entries).unwrap();
    Value::from(if open { map.opened() } else { map })
}

/// A value that a partial one could be all along: open maps get members that nobody mentioned, at any depth.
fn completed(c: &mut Choices<'_>, slot: usize, partial: Option<&Value<'static>>) -> Value<'static> {
    match partial {
        None => fact(c, slot),
        Some(Value::Map(given)) => {
            let whole = |(key, value): &(Key<'static>, Value<'static>)| (key.clone(), completed(c, slot, Some(value)));
            let mut entries: Vec<_> = given.entries().iter().map(whole).collect();
            if !given.is_open() {
                return Value::from(Map::new(entries).unwrap());
            }
            for name in ["x", "y", "z", "w"] {
                if given.get(name).is_none() && c.flip() {
                    entries.push((Key::String(name.into()), scalar(c)));
                }
            }
            let full = Map::new(entries).unwrap();
            Value::from(if c.flip() { full.opened() } else { full })
        }
        Some(known) => known.clone(),
    }
}

const NAMES: [&str; 16] = ["b", "i", "u", "n", "s", "y", "t", "w", "k", "r", "l", "g", "m", "o", "d", "e"];

/// A condition, more often well typed than not.
fn truth(c: &mut Choices<'_>, depth: usize, scope: &mut Vec<&'static str>) -> String {
    if depth == 0 || c.is_over() {
        return c.of(&["b", "true", "false", "has(o.x)", "d", "has(m.x)", "b", "e"]).to_owned();
    }
    let d = depth - 1;
    match c.next(22) {
        0 | 1 => format!("({} && {})", truth(c, d, scope), truth(c, d, scope)),
        2 | 3 => format!("({} || {})", truth(c, d, scope), truth(c, d, scope)),
        4 => format!("!{}", truth(c, d, scope)),
        5 => format!("({} ? {} : {})", truth(c, d, scope), truth(c, d, scope), truth(c, d, scope)),
        6 | 7 => {
            format!("({} {} {})", any(c, d, scope), c.of(&["==", "!=", "<", "<=", ">", ">=", "in"]), any(c, d, scope))
        }
        8 => {
            let method = c.of(&["startsWith", "endsWith", "contains", "matches", "glob", "within"]);
            format!("{}.{method}({})", any(c, d, scope), any(c, d, scope))
        }
        9 => format!("has({}.{})", c.of(&["m", "o", "d", "o.x", "m.y", "e"]), c.of(&["x", "y"])),
        10 | 11 => {
            let over = any(c, d, scope);
            let macro_ = c.of(&["all", "exists", "exists_one"]);
            inside(c, scope, &["v"], |c, scope| format!("{over}.{macro_}(v, {})", truth(c, d, scope)))
        }
        12 => {
            let over = any(c, d, scope);
            let macro_ = c.of(&["all", "exists", "existsOne"]);
            inside(c, scope, &["k2", "v2"], |c, scope| format!("{over}.{macro_}(k2, v2, {})", truth(c, d, scope)))
        }
        13 => format!("(k {} label('{}'))", c.of(&["<=", "<", ">=", ">", "==", "!="]), c.of(&["low", "left", "right"])),
        14 => format!("(r {} '{}')", c.of(&["<=", "<", "==", "!="]), c.of(&["none", "low", "high"])),
        15 => format!("{}.?{}.orValue({})", any(c, d, scope), c.of(&["x", "y"]), any(c, d, scope)),
        16 => format!("{}.?{}.hasValue()", any(c, d, scope), c.of(&["x", "y"])),
        17 => format!(
            "{}({}, {})",
            c.of(&["sets.contains", "sets.intersects", "sets.equivalent"]),
            any(c, d, scope),
            any(c, d, scope)
        ),
        18 => format!("cidr({}).{}({})", any(c, d, scope), c.of(&["containsIP", "containsCIDR"]), any(c, d, scope)),
        19 => format!("url({}).hostIn({})", any(c, d, scope), any(c, d, scope)),
        20 => {
            let value = any(c, d, scope);
            inside(c, scope, &["q"], |c, scope| format!("cel.bind(q, {value}, {})", truth(c, d, scope)))
        }
        _ => format!(
            "t.inHours('{}', '09:00', '{}', '{}')",
            c.of(&["Mon-Fri", "Sat"]),
            c.of(&["17:00", "06:00"]),
            c.of(&["UTC", "Europe/Paris"])
        ),
    }
}

fn inside(
    c: &mut Choices<'_>,
    scope: &mut Vec<&'static str>,
    names: &[&'static str],
    make: impl FnOnce(&mut Choices<'_>, &mut Vec<&'static str>) -> String,
) -> String {
    scope.extend(names);
    let text = make(c, scope);
    scope.truncate(scope.len() - names.len());
    text
}

/// An expression of any type.
fn any(c: &mut Choices<'_>, depth: usize, scope: &mut Vec<&'static str>) -> String {
    if depth == 0 || c.is_over() {
        if let (Some(name), true) = (scope.last(), c.flip()) {
            return (*name).to_owned();
        }
        return c.of(&NAMES).to_owned();
    }
    let d = depth - 1;
    match c.next(20) {
        0 | 1 => c.of(&NAMES).to_owned(),
        2 => c
            .of(&[
                "null", "1", "0", "-1", "1u", "1.0", "'a'", "'low'", "b'a'", "[]", "{}", "{'x': 1}", "[1, 2]", "'/srv'",
            ])
            .to_owned(),
        3 => format!("({} {} {})", any(c, d, scope), c.of(&["+", "-", "*", "/", "%"]), any(c, d, scope)),
        4 => format!("size({})", any(c, d, scope)),
        5 => format!("{}[{}]", any(c, d, scope), any(c, d, scope)),
        6 => format!("{}.{}", c.of(&["m", "o", "d", "e", "o.x", "m.x"]), c.of(&["x", "y"])),
        7 => format!("({} ? {} : {})", truth(c, d, scope), any(c, d, scope), any(c, d, scope)),
        8 => format!(
            "{}({})",
            c.of(&["int", "uint", "double", "string", "bytes", "bool", "type", "dyn", "timestamp", "duration"]),
            any(c, d, scope)
        ),
        9 => format!("[{}, {}]", any(c, d, scope), any(c, d, scope)),
        10 => format!("{{'x': {}, {}: {}}}", any(c, d, scope), any(c, d, scope), any(c, d, scope)),
        11 => format!("[?{}.?x, {}]", any(c, d, scope), any(c, d, scope)),
        12 | 13 => {
            let over = any(c, d, scope);
            let (macro_, boolean) = c.of(&[("filter", true), ("map", false), ("sortBy", false)]);
            inside(c, scope, &["v"], |c, scope| {
                let body = if boolean { truth(c, d, scope) } else { any(c, d, scope) };
                format!("{over}.{macro_}(v, {body})")
            })
        }
        14 => {
            let over = any(c, d, scope);
            inside(c, scope, &["k2", "v2"], |c, scope| format!("{over}.transformMap(k2, v2, {})", any(c, d, scope)))
        }
        15 => format!(
            "{}.{}()",
            any(c, d, scope),
            c.of(&["sort", "distinct", "flatten", "reverse", "lowerAscii", "trim", "getHours", "first", "last"])
        ),
        16 => format!(
            "{}.{}({})",
            any(c, d, scope),
            c.of(&["split", "join", "charAt", "indexOf", "slice", "format", "substring"]),
            any(c, d, scope)
        ),
        17 => format!(
            "math.{}({}, {})",
            c.of(&["greatest", "least", "bitAnd", "bitShiftLeft"]),
            any(c, d, scope),
            any(c, d, scope)
        ),
        18 => format!(
            "{}({}).{}()",
            c.of(&["url", "email"]),
            any(c, d, scope),
            c.of(&["host", "domain", "local", "port", "path"])
        ),
        _ => truth(c, d, scope),
    }
}
