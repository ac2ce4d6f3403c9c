//! Protects the property that conditions cost next to nothing: a typical one of six clauses stays well under 100 ns, and
//! within a small factor of the same clauses written in Rust.

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
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use placet::Limits;
use placet::condition::{Condition, Declarations, Truth, compile};
use placet::fact::{RISK, Schema, slot};
use placet::label::{Label, Taxonomy};
use placet::value::{Fact, Facts, Key, Map, Value};

struct Request(Vec<Option<Value<'static>>>);

impl Facts for Request {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)) {
            Some(Some(value)) => Fact::Known(value),
            Some(None) | None => Fact::Unknown,
        }
    }
}

fn taxonomy() -> Taxonomy {
    Taxonomy::builder().label("public", 0, 0, &[]).label("internal", 1, 0, &[]).label("confidential", 2, 0, &[]).build()
}

fn request() -> Request {
    let mut facts: Vec<Option<Value<'static>>> = vec![None; slot::COUNT];
    let mut set = |slot: u16, value: Value<'static>| facts[usize::from(slot)] = Some(value);
    set(slot::RESOURCE_LABEL, Value::Label(taxonomy().get("internal").unwrap()));
    set(slot::DEVICE_COMPLIANT, Value::Bool(true));
    set(slot::RISK_USER, Value::Enum(&RISK, 1));
    set(slot::AGENT_ID, Value::from("invoice-agent-7"));
    set(slot::LOCATION_COUNTRY, Value::from("FR"));
    set(slot::AUTHENTICATION_METHODS, ["pwd", "otp"].into_iter().map(Value::from).collect());
    let arguments = vec![
        (Key::String("path".into()), Value::from("/srv/data/reports/2026/q3.csv")),
        (Key::String("limit".into()), Value::Int(50)),
    ];
    set(slot::ARGUMENTS, Value::from(Map::new(arguments).unwrap()));
    Request(facts)
}

fn condition(source: &str) -> Condition {
    let (schema, taxonomy, limits) = (Schema::default(), taxonomy(), Limits::default());
    compile(source, &Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None }).unwrap()
}

const SIX: &str = r#"resource.label <= label("confidential") && device.compliant && risk.user < "medium"
    && agent.id.startsWith("inv") && (location.country == "DE" || location.country in ["FR", "US"])
    && size(authentication.methods) > 0"#;

/// The same six clauses as an author of Rust would write them over the same facts.
fn plain(request: &Request, ceiling: Label) -> bool {
    let known = |slot: u16| request.0.get(usize::from(slot)).and_then(Option::as_ref);
    let text = |slot: u16| match known(slot) {
        Some(Value::String(text)) => text.as_ref(),
        _ => "",
    };
    let country = text(slot::LOCATION_COUNTRY);
    matches!(known(slot::RESOURCE_LABEL), Some(Value::Label(label)) if label.flows_to(ceiling))
        && matches!(known(slot::DEVICE_COMPLIANT), Some(Value::Bool(true)))
        && matches!(known(slot::RISK_USER), Some(Value::Enum(_, place)) if *place < 2)
        && text(slot::AGENT_ID).starts_with("inv")
        && (country == "DE" || country == "FR" || country == "US")
        && matches!(known(slot::AUTHENTICATION_METHODS), Some(Value::List(items)) if !items.is_empty())
}

fn evaluate(c: &mut Criterion) {
    let request = request();
    let mut group = c.benchmark_group("condition");
    let mut run = |name: &str, source: &str| {
        let condition = condition(source);
        assert_eq!(condition.evaluate(&request), Truth::True, "{source}");
        group.bench_function(name, |b| b.iter(|| black_box(&condition).evaluate(black_box(&request))));
    };
    run("six clauses", SIX);
    run("one comparison", r#"location.country == "FR""#);
    run("regex", r#"agent.id.matches("^inv[a-z]+-agent-[0-9]+$")"#);
    run("argument path", r#"arguments.path.within("/srv/data") && arguments.limit <= 100"#);
    run("exists over a list", r#"authentication.methods.exists(m, m == "otp" || m == "fido")"#);
    let ceiling = taxonomy().get("confidential").unwrap();
    assert!(plain(&request, ceiling));
    group.bench_function("six clauses, plain Rust", |b| b.iter(|| plain(black_box(&request), black_box(ceiling))));
    group.finish();
    let (schema, taxonomy, limits) = (Schema::default(), taxonomy(), Limits::default());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    c.bench_function("compile six clauses", |b| b.iter(|| compile(black_box(SIX), &declarations)));
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
