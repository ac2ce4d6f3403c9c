//! Generated access policies in the engine: law 5 by completion, law 2, law 11.

use placet::access::policy::{Policy, State};
use placet::access::{PolicySet, Reading, validate};
use placet::document::Validated;
use placet::{Engine, Limits, Request, document};
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::generate::{self, Choices};

/// What a request may say in its context, and values for each: what policies of the generator tell apart.
fn facts() -> Vec<(&'static str, Vec<Value>)> {
    let risks = || vec![json!("none"), json!("low"), json!("medium"), json!("high")];
    let bools = || vec![json!(true), json!(false)];
    vec![
        ("risk.user", risks()),
        ("risk.sign_in", risks()),
        ("risk.agent", risks()),
        ("risk.service_principal", risks()),
        ("risk.insider", vec![json!("none"), json!("minor"), json!("moderate"), json!("elevated")]),
        ("device.platform", vec![json!("linux"), json!("windows"), json!("ios"), json!("beos")]),
        ("device.compliant", bools()),
        ("device.managed", bools()),
        ("device.joined", bools()),
        (
            "device.attributes",
            vec![
                json!({}),
                json!({"model": "Surface", "systemLabels": ["managed"]}),
                json!({"model": "Mac", "extensionAttribute1": "SAW"}),
                json!({"model": "Café", "extensionAttribute1": "other"}),
                json!(null),
            ],
        ),
        ("location.ip", vec![json!("198.51.100.7"), json!("203.0.113.9"), json!("2001:db8::1")]),
        ("location.country", vec![json!("US"), json!("FR"), json!(null)]),
        ("location.gps_country", vec![json!("US"), json!("fr"), json!(null)]),
        ("location.compliant_network", bools()),
        ("client.app", vec![json!("browser"), json!("other"), json!("mobile_apps_and_desktop_clients")]),
        ("authentication.flow", vec![json!(null), json!("device_code_flow"), json!("authentication_transfer")]),
        ("authentication.mfa", bools()),
        ("authentication.strength", vec![json!("phr"), json!("mfa"), json!(null)]),
        ("session.flows", vec![json!([]), json!(["device_code_flow"])]),
        ("session.origin", vec![json!("endpoint"), json!("cloud"), json!(null)]),
        ("session.evidence", vec![json!([]), json!(["terms_of_use:t"]), json!(["terms_of_use:t", "app_protection"])]),
    ]
}

fn put(into: &mut Map<String, Value>, path: &str, value: Value) {
    let (area, name) = path.split_once('.').unwrap();
    into.entry(area).or_insert_with(|| json!({})).as_object_mut().unwrap().insert(name.to_owned(), value);
}

fn has(request: &Value, path: &str) -> bool {
    path.split('.').try_fold(&request["context"], |at, part| at.get(part)).is_some()
}

/// A request that says so many percent of the facts.
fn request(c: &mut Choices<'_>, said: usize) -> Value {
    let agent = |c: &mut Choices<'_>| c.of(&["a1", "a2"]);
    let mut properties = json!({});
    let (kind, id) = match c.next(6) {
        0..3 => {
            if c.next(2) == 1 {
                properties["act"] = json!({"sub": agent(c), "sub_profile": "ai_agent"});
            }
            ("user", c.of(&["u1", "u2", "stranger"]))
        }
        3 => ("agent", agent(c)),
        4 => ("agent_user", "i1"),
        _ => ("workload", c.of(&["i1", "w2"])),
    };
    let (resource, name) = match c.next(8) {
        0 | 1 => ("tool", c.of(&["s/t1", "s/t2"])),
        2 => ("agent", c.of(&["a1", "x"])),
        3 => ("user_action", c.of(&["register", "other"])),
        4 => ("authentication_context", c.of(&["c1", "c2"])),
        _ => ("application", c.of(&["x", "y", "z"])),
    };
    let mut context = Map::new();
    for (path, values) in facts() {
        if c.next(100) < said {
            put(&mut context, path, c.of(&values));
        }
    }
    json!({
        "subject": {"type": kind, "id": id, "properties": properties},
        "action": {"name": if resource == "tool" { "tools/call" } else { "use" }, "properties": {"arguments": {}}},
        "resource": {"type": resource, "id": name}, "context": context,
    })
}

/// The request with a value for every fact that it does not state.
fn complete(partial: &Value, c: &mut Choices<'_>) -> Value {
    let mut whole = partial.clone();
    for (path, values) in facts() {
        if !has(partial, path) {
            put(whole["context"].as_object_mut().unwrap(), path, c.of(&values));
        }
    }
    whole
}

/// A policy as a document has it: without the members that say nothing.
fn written(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Object(members) => {
            let kept: Map<String, Value> =
                members.iter().filter_map(|(name, value)| Some((name.clone(), written(value)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other.clone()),
    }
}

/// A generated set, as a document can hold it: with every name defined, and without policies that loading refuses.
fn generated(bytes: &[u8]) -> PolicySet {
    let mut set = generate::policy_set(bytes, false);
    set.resource_groups.insert("undefined".to_owned(), ["z".to_owned()].into());
    let elsewhere = json!({"ranges": {"cidr": ["203.0.113.0/24"]}});
    set.locations.insert("undefined".to_owned(), serde_json::from_value(elsewhere).unwrap());
    let names = PolicySet { policies: Vec::new(), ..set.clone() };
    let is_sound = |policy: &Policy| {
        let alone = PolicySet { policies: vec![policy.clone()], ..names.clone() };
        validate(&alone, Reading::Strict).0.is_empty()
    };
    set.policies.retain(is_sound);
    set
}

/// Everything is permitted, so that what the policies say is all that there is.
fn policies(set: &PolicySet) -> Validated {
    let access: Vec<Value> = set.policies.iter().filter_map(|p| written(&serde_json::to_value(p).unwrap())).collect();
    let status = |status: &str| json!({"S_Status": status, "S_Level": 1});
    let document = json!({
        "version": 1,
        "groups": [{"id": "g1"}, {"id": "g2", "groups": ["g1"]}],
        "blueprints": [{"id": "b1", "sponsor": "u1"}],
        "users": [
            {"id": "u1", "groups": ["g2"], "attributes": {"roles": ["r1", "r2"], "directory_roles": ["r1"]}},
            {"id": "u2", "attributes": {"guest": "b2b_collaboration_guest", "tenant": "t1"}},
            {"id": "i1", "type": "agent_user", "agent": "a1", "groups": ["g1"], "attributes": status("New")},
            {"id": "i1", "type": "workload", "attributes": status("approved")},
            {"id": "w2", "type": "workload"},
        ],
        "agents": [
            {"id": "a1", "sponsor": "u1", "blueprint": "b1", "attributes": status("Approved")},
            {"id": "a2", "sponsor": "u1", "attributes": {"S_Flag": true}},
        ],
        "servers": [{"id": "s"}],
        "tools": [
            {"server": "s", "name": "t1", "assigned": [{"id": "**"}]},
            {"server": "s", "name": "t2", "assigned": [{"id": "**"}]},
        ],
        "resources": [{"type": "application", "id": "y", "attributes": status("Approved")}],
        "rules": [{"id": "all", "effect": "permit", "action": "**"}],
        "locations": serde_json::to_value(&set.locations).unwrap(),
        "resource_groups": serde_json::to_value(&set.resource_groups).unwrap(),
        "access": access,
    });
    let text = document.to_string();
    document::load([("policies.json", text.as_str())], &Limits::default())
        .unwrap_or_else(|error| panic!("{error}\n{document:#}"))
}

fn decide(engine: &Engine, request: &Value) -> Outcome {
    let bytes = request.to_string();
    Outcome::of(&engine.decide(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary())))
}

fn plain(policy: &Validated, engine: &Engine, request: &Value) -> Outcome {
    let bytes = request.to_string();
    Oracle::new(policy).decide(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary()))
}

fn is_allowed(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, "allow" | "modify")
}

fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Law 5: what is allowed in spite of missing facts is allowed for every completion. Law 11: the oracle says the same.
    #[test]
    fn access_policies_take_the_unknown_at_its_worst(set in bytes(400), calls in bytes(400), said in 0usize..100) {
        let policy = policies(&generated(&set));
        let engine = Engine::of(&policy);
        let c = &mut Choices(&calls, 0);
        for _ in 0..6 {
            let partial = request(c, said);
            let outcome = decide(&engine, &partial);
            prop_assert_eq!(&outcome, &plain(&policy, &engine, &partial), "{:#}", partial);
            for _ in 0..3 {
                let whole = complete(&partial, c);
                let completed = decide(&engine, &whole);
                prop_assert!(!is_allowed(&outcome) || is_allowed(&completed), "{:#}\n{:#}\n{:?}", partial, whole, completed);
                // What is asked of whoever says nothing is never less than what is asked of anybody.
                prop_assert!(outcome.verdict == "deny" || completed.verdict != "deny", "{:#}\n{:#}", partial, whole);
                prop_assert_eq!(&completed, &plain(&policy, &engine, &whole), "{:#}", whole);
            }
        }
    }

    /// Law 2: adding an access policy never helps, and what is report-only or off changes nothing.
    #[test]
    fn access_policies_only_restrict(set in bytes(400), calls in bytes(300)) {
        let set = generated(&set);
        let mut fewer = set.clone();
        let Some(dropped) = fewer.policies.pop() else { return Ok(()) };
        let (all, less) = (Engine::of(&policies(&set)), Engine::of(&policies(&fewer)));
        let c = &mut Choices(&calls, 0);
        for _ in 0..8 {
            let call = request(c, 80);
            let (with, without) = (decide(&all, &call), decide(&less, &call));
            prop_assert!(!is_allowed(&with) || is_allowed(&without), "{:#}", call);
            prop_assert!(without.codes().is_subset(&with.codes()));
            if dropped.state != State::On {
                prop_assert_eq!((with.verdict, with.objections, with.requirements), (without.verdict, without.objections, without.requirements));
            }
        }
    }
}

/// The properties above say something only if many calls are allowed and many are not.
#[test]
fn generated_calls_are_allowed_and_denied() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut allowed, mut denied) = (0, 0);
    for _ in 0..60 {
        let (set, calls) = (bytes(400), bytes(400)).new_tree(&mut runner).unwrap().current();
        let engine = Engine::of(&policies(&generated(&set)));
        let c = &mut Choices(&calls, 0);
        for _ in 0..6 {
            let outcome = decide(&engine, &request(c, 50));
            allowed += usize::from(is_allowed(&outcome));
            denied += usize::from(outcome.verdict == "deny");
        }
    }
    assert!(allowed > 30 && denied > 30, "{allowed} allowed, {denied} denied");
}
