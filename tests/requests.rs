//! What a request is made of: it keeps what it was given, costs nothing but what it keeps, and lets go of all of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use placet::fact::{RISK, slot};
use placet::flow::Stated;
use placet::value::{Fact, Key, List, Map, Members, Value};
use placet::{CompiledPolicy, Engine, Limits, Link, Request, Target, document};

/// A policy that declares 400 facts of its own.
fn policy() -> Engine {
    let facts: Vec<String> = (0..400).map(|at| format!("f{at:03}: int")).collect();
    let text = format!("version: 1\nlabels: [{{id: public, order: 0}}]\nfacts: {{{}}}\n", facts.join(", "));
    Engine::of(&document::load([("policy.yaml", text.as_str())], &Limits::default()).unwrap())
}

fn map<'a>(name: &str, value: impl Into<Value<'a>>) -> Map<'a> {
    Map::new(vec![(Key::String(name.to_owned().into()), value.into())]).unwrap()
}

/// A request each part of which owns its text.
fn owned(policy: &CompiledPolicy) -> Request<'static> {
    let text = |text: &str| text.to_owned();
    let vocabulary = policy.vocabulary();
    let target = |id: &str| {
        Target::new(text("page"), text(id)).properties(map("owner", text("ada"))).labelled(vocabulary, "public")
    };
    let mut request = Request::new(Link::user(text("ada")).issued_by(text("https://id")), text("read"), target("home"))
        .actor(Link::new(text("agent"), text("helper")).issued_by(text("https://id")))
        .actor(Link::agent(text("helper-2")))
        .claimed_group(text("staff"))
        .target(target("other"))
        .target(target("third"))
        .argument(text("id"), text("T-17"))
        .argument(text("to"), vec![Value::from(text("eve")), Value::from(vec![Value::from(text("bob"))])])
        .subject_properties(map("unit", text("sales")))
        .action_properties(map("reason", text("audit")))
        .flowing(Stated::new(0))
        .supports(text("redact"))
        .evaluation_id(text("e-1"))
        .fact(slot::LOCATION_COUNTRY, text("DE"))
        .fact(slot::LOCATION_COUNTRY, text("FR"))
        .fact(slot::AUTHENTICATION_SCOPES, vec![Value::from(text("mail")), Value::from("files")])
        .fact(slot::DEVICE_ATTRIBUTES, map("owner", text("ada")))
        .fact(slot::RISK_USER, text("low"))
        .fact(slot::RISK_AGENT, "no such level");
    for at in 0..400 {
        request.set_declared(vocabulary, &format!("f{at:03}"), at);
    }
    for (at, id) in [slot::DEVICE_ID, slot::SESSION_ID, slot::CLIENT_APP, slot::TOOL_DIGEST].into_iter().zip(1..) {
        request.set_fact(at, format!("text {id}"));
        request.set_fact(at, format!("text {id} once more"));
    }
    request
}

#[test]
fn a_request_lets_go_of_what_it_owns() {
    let engine = policy();
    drop(owned(engine.policy()));
    let counted = allocation_counter::measure(|| {
        let request = owned(engine.policy());
        let again = request.clone();
        drop(request);
        drop(again.fact(slot::SESSION_ORIGIN, "cloud".to_owned()));
    });
    assert!(counted.count_total > 100);
    assert_eq!((counted.count_current, counted.bytes_current), (0, 0));
}

#[test]
fn a_request_of_plain_texts_allocates_nothing() {
    let engine = policy();
    let build = || {
        let target =
            Target::new("page", "sharepoint:/sites/finance/q1.docx").labelled(engine.policy().vocabulary(), "public");
        let mut request = Request::new(Link::agent("helper"), "tools/call", target);
        request.set_fact(slot::RISK_USER, "low");
        request.set_fact(slot::DEVICE_COMPLIANT, true);
        request.set_fact(slot::LOCATION_IP, "10.1.2.3");
        request.set_fact(slot::AUTHENTICATION_MFA, false);
        request.set_declared(engine.policy().vocabulary(), "context.f007", 7);
        assert!(request.defect().is_none());
    };
    build();
    assert_eq!(allocation_counter::measure(build).count_total, 0);
}

#[test]
fn a_request_keeps_what_it_was_given() {
    let engine = policy();
    let request = owned(engine.policy());
    assert_eq!(request.actors().len(), 2);
    assert_eq!(request.actors()[0].issuer(), Some("https://id"));
    assert_eq!(request.targets().iter().map(Target::id).collect::<Vec<_>>(), ["home", "other", "third"]);
    assert_eq!(request.claimed_groups().collect::<Vec<_>>(), ["staff"]);
    assert!(request.is_supported("redact") && !request.is_supported("narrow"));
    assert_eq!(request.evaluation(), "e-1");
    assert!(request.stated_flow().is_some());
    assert!(matches!(request.all_subject_properties(), Value::Map(map) if map.is_open() && map.get("unit").is_some()));
    assert!(matches!(request.all_action_properties(), Value::Map(map) if map.is_open() && map.get("reason").is_some()));
    assert!(
        matches!(request.targets()[1].all_properties(), Value::Map(map) if map.is_open() && map.get("owner").is_some())
    );
    assert!(matches!(request.get_argument("id"), Some(Value::String(text)) if text == "T-17"));
    // Beyond what has room in the request itself, and beyond what a byte counts.
    for (at, fact) in (0..400).zip(u16::try_from(slot::COUNT).unwrap()..) {
        assert!(matches!(request.context_fact(fact), Fact::Known(Value::Int(value)) if *value == at), "{at}");
    }
    assert!(
        matches!(request.context_fact(slot::TOOL_DIGEST), Fact::Known(Value::String(text)) if text == "text 4 once more")
    );
    assert!(matches!(request.context_fact(slot::LOCATION_COUNTRY), Fact::Known(Value::String(text)) if text == "FR"));
    assert!(
        matches!(request.context_fact(slot::RISK_USER), Fact::Known(Value::Enum(all, 1)) if core::ptr::eq(*all, &RISK))
    );
    assert!(matches!(request.context_fact(slot::RISK_AGENT), Fact::Unknown));
    assert_eq!(request.defect().map(|defect| &*defect.path), Some("risk.agent"));
    let stated: Vec<u16> = request.context_facts().map(|(slot, _)| slot).collect();
    assert_eq!(stated.len(), 408);
    assert_eq!(stated[..3], [slot::LOCATION_COUNTRY, slot::AUTHENTICATION_SCOPES, slot::DEVICE_ATTRIBUTES]);
    assert_eq!(request.clone().digest(), request.digest());
}

/// Nothing said, and nothing said in so many words, are one request.
#[test]
fn properties_that_say_nothing_are_none() {
    let plain = || Request::new(Link::user("ada"), "read", Target::new("page", "home"));
    let worded = Request::new(Link::user("ada"), "read", Target::new("page", "home").properties(Map::default()))
        .subject_properties(Map::default())
        .action_properties(Map::default());
    assert_eq!(plain().digest(), worded.digest());
    // What was said before is taken back.
    let back = plain().subject_properties(map("unit", "sales")).subject_properties(Map::default());
    assert_eq!(plain().digest(), back.digest());
    assert!(matches!(plain().all_subject_properties(), Value::Map(map) if map.is_open() && map.entries().is_empty()));
}

/// Facts of each form, stated as what they are, as a text, and as what they are not.
#[test]
fn a_fact_is_of_its_type() {
    let stated = |slot: u16, value: Value<'static>| {
        let request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).fact(slot, value);
        let said = match request.context_fact(slot) {
            Fact::Unknown => "unknown".to_owned(),
            Fact::Null => "null".to_owned(),
            Fact::Known(value) => format!("{value:?}"),
        };
        (said, request.defect().map(ToString::to_string))
    };
    static NAMES: [Value<'static>; 1] = [Value::Bool(true)];
    for (slot, value, said) in [
        (slot::DEVICE_COMPLIANT, Value::Bool(true), Some("Bool(true)")),
        (slot::DEVICE_COMPLIANT, Value::from("true"), None),
        (slot::DEVICE_COMPLIANT, Value::Null, Some("null")),
        (slot::LOCATION_COUNTRY, Value::from("DE"), Some("String(\"DE\")")),
        (slot::LOCATION_COUNTRY, Value::Int(1), None),
        (
            slot::RISK_USER,
            Value::from("low"),
            Some("Enum(Enumeration { name: \"risk level\", members: [\"none\", \"low\", \"medium\", \"high\"] }, 1)"),
        ),
        (slot::RISK_USER, Value::from("Low"), None),
        (slot::RISK_USER, Value::from("lov"), None),
        (slot::RISK_USER, Value::from(""), None),
        (slot::RISK_USER, Value::Enum(&placet::fact::INSIDER_RISK, 1), None),
        (slot::AUTHENTICATION_SCOPES, Value::List(List::Borrowed(&NAMES)), None),
        (
            slot::DEVICE_ATTRIBUTES,
            Value::Map(Members::Owned(Map::default())),
            Some("Map(Owned(Map { entries: [], open: false }))"),
        ),
        (slot::CONTENT_RECIPIENTS, Value::from(vec![Value::from("ada, eve")]), None),
        (slot::CONTENT_RETENTION_LABEL, Value::from("keep"), Some("String(\"keep\")")),
        (slot::PRINCIPAL_ID, Value::from("eve"), None),
        (u16::MAX, Value::from("eve"), None),
    ] {
        let (found, defect) = stated(slot, value);
        assert_eq!(found, said.unwrap_or("unknown"), "{slot}");
        assert_eq!(defect.is_none(), said.is_some(), "{slot}: {defect:?}");
    }
}
