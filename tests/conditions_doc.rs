//! The examples of docs/conditions.md, run; and every function has one.

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

use placet::Limits;
use placet::condition::{Declarations, EvaluationError, expression, function_names};
use placet::fact::{RISK, Schema, slot};
use placet::label::Taxonomy;
use placet::time::Timestamp;
use placet::value::{Fact, Facts, Key, Map, Value};

const PAGE: &str = include_str!("../docs/conditions.md");

struct Request(Vec<Option<Value<'static>>>);

impl Facts for Request {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)).and_then(Option::as_ref) {
            None => Fact::Unknown,
            Some(Value::Null) => Fact::Null,
            Some(value) => Fact::Known(value),
        }
    }
}

fn map(entries: &[(&'static str, Value<'static>)]) -> Map<'static> {
    Map::new(entries.iter().map(|(k, v)| (Key::String((*k).into()), v.clone())).collect()).unwrap()
}

fn texts(items: &[&'static str]) -> Value<'static> {
    items.iter().copied().map(Value::from).collect()
}

/// The request of the page's first table.
fn request(taxonomy: &Taxonomy) -> Request {
    let mut facts: Vec<Option<Value<'static>>> = vec![None; slot::COUNT];
    let mut set = |slot: u16, value: Value<'static>| facts[usize::from(slot)] = Some(value);
    set(slot::AGENT_ID, "invoice-agent-7".into());
    set(slot::AGENT_GROUPS, texts(&["finance", "bots"]));
    set(slot::AGENT_ATTRIBUTES, map(&[("team", "ap".into()), ("limit", Value::Int(100))]).into());
    set(slot::RESOURCE_LABEL, Value::Label(taxonomy.get("internal").unwrap()));
    set(slot::RESOURCE_PROPERTIES, map(&[("owner", "ada".into())]).opened().into());
    let arguments = [("path", "/srv/data/q3.csv"), ("to", "ada@example.com"), ("url", "https://api.example.com/v1")];
    set(slot::ARGUMENTS, map(&arguments.map(|(k, v)| (k, v.into()))).into());
    set(slot::RISK_USER, Value::Enum(&RISK, 1));
    set(slot::DEVICE_COMPLIANT, true.into());
    set(slot::DEVICE_ID, Value::Null);
    set(slot::LOCATION_IP, "10.1.2.3".into());
    set(slot::LOCATION_COUNTRY, "FR".into());
    set(slot::NOW, Value::Timestamp("2026-11-23T09:30:00Z".parse::<Timestamp>().unwrap()));
    Request(facts)
}

fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    let blocks = PAGE.split("```cel\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .flat_map(str::lines)
        .map(|line| line.rsplit_once(" // => ").unwrap_or_else(|| panic!("no `// =>` in {line}")))
}

#[test]
fn examples_hold() {
    let taxonomy = Taxonomy::builder()
        .label("public", 0, 0, &[])
        .label("internal", 1, 0, &[])
        .label("confidential", 2, 0, &[])
        .build();
    let (schema, limits, request) = (Schema::default(), Limits::default(), request(&taxonomy));
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    let mut count = 0;
    for (source, wanted) in examples() {
        let compiled = expression(source, &declarations).unwrap_or_else(|e| panic!("{e}"));
        let got = compiled.value(&request);
        match wanted {
            "unknown" => assert_eq!(got.unwrap_err(), EvaluationError::Unknown, "{source}"),
            "error" => assert_ne!(got.expect_err(source), EvaluationError::Unknown, "{source}"),
            wanted => {
                let equal =
                    expression(&format!("({source}) == ({wanted})"), &declarations).unwrap_or_else(|e| panic!("{e}"));
                assert!(matches!(equal.value(&request), Ok(Value::Bool(true))), "{source} is {got:?}, not {wanted}");
            }
        }
        count += 1;
    }
    assert!(count > 120, "{count} examples");
}

#[test]
fn every_function_has_an_example() {
    let all: String = examples().map(|(source, _)| source).collect::<Vec<_>>().join("\n");
    for name in function_names() {
        assert!(all.contains(&format!("{name}(")), "no example of `{name}` in docs/conditions.md");
    }
}
