//! Requests are untrusted in size and shape: every one is answered, none is allowed by mistake, none costs without bound.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "a test fails by panicking, and reads files"
)]

use placet::{Engine, Limits, document};
use serde_json::{Value, json};

/// A policy that permits everything to everybody: what is denied here is denied for its form.
fn engine() -> Engine {
    let text = "
version: 1
labels: [{id: public, order: 0}, {id: secret, order: 1}]
facts: {ticket: string, count: int, when: timestamp, mark: label}
rules: [{id: all, effect: permit, action: \"**\"}]
";
    Engine::of(&document::load([("policy.yaml", text)], &Limits::default()).unwrap())
}

fn good() -> Value {
    json!({
        "subject": {"type": "user", "id": "ada", "properties": {}},
        "action": {"name": "read", "properties": {}},
        "resource": {"type": "page", "id": "home", "properties": {}},
        "context": {},
    })
}

fn answer(bytes: &[u8]) -> Value {
    serde_json::from_str(&engine().answer_json(bytes)).unwrap()
}

fn is_denied(bytes: &[u8], code: &str, error: &str) {
    let got = answer(bytes);
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    assert_eq!(got["decision"], false, "{shown}");
    assert_eq!(got["context"]["verdict"], "deny", "{shown}: {got}");
    assert_eq!(got["context"]["reasons"][0]["code"], code, "{shown}: {got}");
    let told = got["context"]["error"].as_str().unwrap();
    assert!(told.contains(error), "{shown}: `{told}` does not say `{error}`");
}

/// The good request with a member set: `/subject/properties/act` and the like, made where it is not there.
fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut request = good();
    let mut at = &mut request;
    for part in pointer.split('/').skip(1) {
        at = &mut at[part];
    }
    *at = value;
    request.to_string().into_bytes()
}

#[test]
fn the_good_one_is_allowed() {
    assert_eq!(answer(good().to_string().as_bytes())["decision"], true);
    // Unknown members are ignored, null says that something is absent.
    assert_eq!(answer(&with("/context/unheard_of", json!({"a": [1]})))["decision"], true);
    assert_eq!(answer(&with("/context/device", Value::Null))["decision"], true);
    assert_eq!(answer(&with("/context", Value::Null))["decision"], true);
}

#[test]
fn what_is_no_request() {
    for (bytes, error) in [
        (&b""[..], "EOF"),
        (b" \n", "EOF"),
        (b"null", "must be an object"),
        (b"[]", "must be an object"),
        (b"{}", "subject: is missing"),
        (b"{\"subject\"", "EOF"),
        (b"\xef\xbb\xbf{}", "expected value"),
        (b"{} {}", "trailing characters"),
        (b"{\"a\": NaN}", "expected value"),
        (b"{\"a\": 1e999}", "number out of range"),
        (b"{\"a\": 01}", "invalid number"),
        (b"{\"a\": \"\xff\"}", "unicode"),
        (b"{\"a\": \"\\ud800\"}", "hex escape"),
        (b"{'a': 1}", "key must be a string"),
        (b"{\"a\": 1, \"a\": 2}", "the member `a` occurs twice"),
        // The same name, written in another way.
        (b"{\"act\": 1, \"\\u0061ct\": 2}", "the member `act` occurs twice"),
    ] {
        is_denied(bytes, "request.malformed", error);
    }
}

#[test]
fn members_of_the_wrong_type() {
    for (pointer, value, error) in [
        ("/subject", json!("ada"), "subject: must be an object"),
        ("/subject/type", json!(7), "subject.type: must be a string"),
        ("/subject/type", Value::Null, "subject.type: is missing"),
        ("/subject/id", json!(["ada"]), "subject.id: must be a string"),
        ("/subject/id", json!(""), "an id must not be empty"),
        ("/subject/properties", json!([]), "subject.properties: must be an object"),
        ("/subject/properties/iss", json!(1), "subject.properties.iss: must be a string"),
        ("/subject/properties/groups", json!("staff"), "must be a list of strings"),
        ("/subject/properties/groups", json!([1]), "must be a list of strings"),
        ("/action", json!({}), "action.name: is missing"),
        ("/action/properties/arguments", json!([1]), "action.properties.arguments: must be an object"),
        ("/action/properties/arguments", Value::Null, "action.properties.arguments: must be an object"),
        ("/resource/properties/label", json!("unheard-of"), "is no label of the policy"),
        ("/resource/properties/label", json!(3), "must be the name of a label"),
        ("/context", json!([]), "context: must be an object"),
        ("/context/time", json!("2026-11-23"), "context.time: must be a time"),
        ("/context/time", json!(1_700_000_000), "context.time: must be of type `timestamp`"),
        ("/context/risk", json!("high"), "context.risk: must be an object"),
        ("/context/risk/user", json!("hgih"), "context.risk.user: must be a risk level"),
        ("/context/device/compliant", json!("true"), "context.device.compliant: must be of type `bool`"),
        ("/context/authentication/methods", json!(["pwd", 1]), "must be of type"),
        ("/context/ticket", json!(1), "context.ticket: must be of type `string`"),
        ("/context/count", json!(1.5), "context.count: must be of type `int`"),
        ("/context/mark", json!("x"), "context.mark: must be a label"),
        ("/context/targets", json!({}), "context.targets: must be a list"),
        ("/context/targets", json!(["page"]), "context.targets: must be an object"),
        ("/context/targets", json!([{"type": "page"}]), "context.targets.id: is missing"),
        ("/context/supported_obligations", json!([true]), "must be a list of strings"),
    ] {
        is_denied(&with(pointer, value), "request.malformed", error);
    }
}

#[test]
fn a_chain_is_never_shortened_by_mistake() {
    let act = |value: Value| with("/subject/properties/act", value);
    for (value, error) in [
        (Value::Null, "must be an object"),
        (json!("bot"), "must be an object"),
        (json!([]), "must be an object"),
        (json!({}), "act.sub: is missing"),
        (json!({"sub": "bot", "Act": {"sub": "x"}}), "has a member `Act`"),
        (json!({"sub": "bot", "actor": {"sub": "x"}}), "has a member `actor`"),
        (json!({"sub": "bot", "act": null}), "must be an object"),
        (json!({"sub": "bot", "act": {"sub": "x", "act ": {}}}), "has a member `act `"),
        (json!({"sub": "bot", "sub_profile": "robot"}), "is no profile"),
        (json!({"sub": "a/../b"}), "`..`"),
        (json!({"sub": 7}), "must be a string"),
    ] {
        is_denied(&act(value), "request.malformed", error);
    }
    // Where it would be ignored, it is refused.
    for place in ["/act", "/subject/act", "/context/act", "/subject/properties/ACT", "/context/Act"] {
        is_denied(&with(place, json!({"sub": "bot"})), "request.malformed", "who acts is written as");
    }
    let mut chain = json!({"sub": "bot"});
    for _ in 0..8 {
        chain = json!({"sub": "bot", "act": chain});
    }
    is_denied(&act(chain), "request.too_large", "more than 8 actors");
}

/// Default chains and targets count for each evaluation.
#[test]
fn a_batch_has_a_bound_of_its_own() {
    let act = json!({"sub": "bot", "act": {"sub": "bot", "act": {"sub": "bot"}}});
    let batch = json!({
        "subject": {"type": "user", "id": "ada", "properties": {"act": act}},
        "action": {"name": "read"},
        "resource": {"type": "page", "id": "home"},
        "context": {"targets": vec![json!({"type": "page", "id": "home"}); 49]},
        "evaluations": vec![json!({}); 12],
    });
    let mut limits = Limits::default();
    limits.batch_pairs = 2_000;
    let text = "version: 1\nrules: [{id: all, effect: permit}]\n";
    let policy = document::load([("p.yaml", text)], &limits).expect("sound");
    let compiled = placet::CompiledPolicy::new(&policy, &limits);
    let engine = Engine::new(compiled.into(), placet::Directory::of(&policy).into());
    let answer: Value = serde_json::from_str(&engine.answer_json(batch.to_string().as_bytes())).expect("JSON");
    let answers = answer["evaluations"].as_array().expect("a batch");
    let codes: Vec<bool> =
        answers.iter().map(|answer| answer["context"]["reasons"].to_string().contains("request.too_large")).collect();
    // Four links and fifty resources each: ten are judged.
    assert_eq!(codes, [[false; 10].as_slice(), &[true; 2]].concat());
}

/// Records of what could not be read are told apart.
#[test]
fn malformed_requests_have_ids_of_their_own() {
    let id = |bytes: &[u8]| answer(bytes)["context"]["evaluation_id"].as_str().expect("an id").to_owned();
    let ids: std::collections::BTreeSet<String> =
        [&b"{"[..], b"[", b"", b"{\"subject\": 1}", b"{\"subject\": 2}", b"\xff"].into_iter().map(id).collect();
    assert_eq!(ids.len(), 6);
    assert_eq!(id(b"{"), id(b"{"));
}

#[test]
fn ids_that_could_be_read_in_two_ways() {
    for id in [
        "a/../b",
        "../etc",
        "a/./b",
        "a//b",
        "a/",
        "/",
        "a\\b",
        "a%2fb",
        "a%2Fb",
        "a%5cb",
        "%2e%2e/x",
        "a\u{0}b",
        "a\nb",
        "a\u{7f}",
        "a\u{202e}b",
        "\u{2066}a",
        "a\u{200f}",
        "HTTPS://x/y",
        "https:/x",
        "SPIFFE://x/y",
        "spiffe://X/y",
    ] {
        for pointer in ["/subject/id", "/resource/id", "/subject/type", "/action/name"] {
            is_denied(&with(pointer, json!(id)), "request.malformed", "");
        }
        is_denied(
            &with("/context/targets", json!([{"type": "page", "id": id}])),
            "request.malformed",
            "context.targets.id",
        );
    }
    is_denied(&with("/resource/id", json!("x".repeat(2_049))), "request.malformed", "at most 2048 bytes");
    assert_eq!(answer(&with("/resource/id", json!("x".repeat(2_048))))["decision"], true);
}

#[test]
fn sizes_are_bounded() {
    let filler = "x".repeat(1 << 20);
    is_denied(&with("/context/filler", json!(filler)), "request.too_large", "more than 1048576");
    let deep = |depth: usize| {
        let text = format!(r#"{{"context":{}0{},"#, "[".repeat(depth), "]".repeat(depth));
        text + &good().to_string()[1..]
    };
    // The member `context` twice comes after: depth is what is wrong first.
    is_denied(deep(100_000).as_bytes(), "request.malformed", "");
    is_denied("[".repeat(1 << 20).as_bytes(), "request.malformed", "");
    let targets = |count: usize| json!(vec![json!({"type": "page", "id": "home"}); count]);
    is_denied(&with("/context/targets", targets(65)), "request.too_large", "more than 64");
    assert_eq!(answer(&with("/context/targets", targets(64)))["decision"], true);
}

#[test]
fn times_at_the_edges() {
    for time in [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "2016-12-31T23:59:60Z",
        "2026-12-31T23:59:59.999999999+14:00",
        "2024-02-29T00:00:00Z",
    ] {
        assert_eq!(answer(&with("/context/time", json!(time)))["decision"], true, "{time}");
    }
    for time in [
        "0000-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T09:00:00",
        "",
    ] {
        is_denied(&with("/context/time", json!(time)), "request.malformed", "context.time");
    }
}

#[test]
fn batches_are_judged_entry_by_entry() {
    let engine = engine();
    let batch =
        |value: Value| -> Value { serde_json::from_str(&engine.answer_json(value.to_string().as_bytes())).unwrap() };
    let mut request = good();
    request["evaluations"] = json!([{}, {"subject": {"type": "user"}}, 7, {"resource": {"type": "page", "id": "x"}}]);
    let got = batch(request.clone());
    let decisions: Vec<bool> =
        got["evaluations"].as_array().unwrap().iter().map(|answer| answer["decision"].as_bool().unwrap()).collect();
    assert_eq!(decisions, [true, false, false, true]);

    request["options"] = json!({"evaluations_semantic": "deny_on_first_deny"});
    assert_eq!(batch(request.clone())["evaluations"].as_array().unwrap().len(), 2);
    request["options"] = json!({"evaluations_semantic": "permit_on_first_permit"});
    assert_eq!(batch(request.clone())["evaluations"].as_array().unwrap().len(), 1);
    request["options"] = json!({"evaluations_semantic": "whatever"});
    assert_eq!(batch(request.clone())["evaluations"][0]["decision"], false);
    // An empty list is a single evaluation.
    request["options"] = Value::Null;
    request["evaluations"] = json!([]);
    assert_eq!(batch(request.clone())["decision"], true);
    request["evaluations"] = json!("all");
    assert_eq!(batch(request.clone())["evaluations"][0]["decision"], false);
    // What would be read again for every entry is bounded.
    request["evaluations"] = json!(vec![json!({}); 10_001]);
    let got = batch(request.clone());
    assert_eq!(got["evaluations"].as_array().unwrap().len(), 1);
    assert_eq!(got["evaluations"][0]["context"]["reasons"][0]["code"], "request.too_large");
    request["evaluations"] = json!(vec![json!({}); 1_000]);
    request["context"]["filler"] = json!("x".repeat(500_000));
    assert_eq!(batch(request)["evaluations"][0]["context"]["reasons"][0]["code"], "request.too_large");
}

#[test]
fn the_rust_door_refuses_the_same() {
    use placet::fact::slot;
    use placet::{Code, Link, Request, Target, Verdict};
    let engine = engine();
    let ask = |request: Request<'_>| {
        let decision = engine.decide(&request);
        (decision.verdict(), decision.reasons().next().map(|reason| reason.code))
    };
    let new = || Request::new(Link::user("ada"), "read", Target::new("page", "home"));
    let malformed = (Verdict::Deny, Some(Code::RequestMalformed));
    assert_eq!(ask(new()), (Verdict::Allow, None));
    assert_eq!(ask(Request::new(Link::user(""), "read", Target::new("page", "home"))), malformed);
    assert_eq!(ask(Request::new(Link::user("ada"), "a//b", Target::new("page", "home"))), malformed);
    assert_eq!(ask(new().target(Target::new("page", "a/.."))), malformed);
    assert_eq!(ask(new().actor(Link::agent("a\u{202e}b"))), malformed);
    assert_eq!(ask(new().fact(slot::RISK_USER, "hgih")), malformed);
    assert_eq!(ask(new().fact(slot::DEVICE_COMPLIANT, 1)), malformed);
    assert_eq!(ask(new().fact(slot::SUBJECT_ID, "eve")), malformed, "only facts of the context can be stated");
    assert_eq!(ask(new().fact(u16::MAX, true)), malformed);
    assert_eq!(ask(new().argument("a", 1).argument("a", 2)), malformed);
    assert_eq!(ask(new().declared(engine.policy().vocabulary(), "unheard_of", 1)), malformed);
    assert_eq!(ask(new().declared(engine.policy().vocabulary(), "ticket", "CHG-1")), (Verdict::Allow, None));
    let mut long = new();
    for _ in 0..9 {
        long = long.actor(Link::agent("bot"));
    }
    assert_eq!(ask(long), (Verdict::Deny, Some(Code::RequestTooLarge)));
}

#[test]
fn words_of_another_policy_are_not_mistaken() {
    use placet::{Code, Link, Request, Target};
    let load = |text: &str| Engine::of(&document::load([("p.yaml", text)], &Limits::default()).unwrap());
    // In the second policy the same name stands for another label, and the same slot for another fact.
    let old = load("version: 1\nlabels: [{id: a, order: 0}, {id: b, order: 1}]\nfacts: {x: string}\n");
    let new = load(
        "version: 1\nlabels: [{id: b, order: 0}, {id: a, order: 1}]\nfacts: {y: string}\nrules: [{id: all, effect: permit, action: \"**\"}]\n",
    );
    let vocabulary = old.policy().vocabulary();
    let labelled = Target::new("page", "home").labelled(vocabulary, "a");
    let request = Request::new(Link::user("ada"), "read", labelled);
    assert!(new.decide(&request).has(Code::RequestOutdated));
    let request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).declared(vocabulary, "x", "1");
    assert!(new.decide(&request).has(Code::RequestOutdated));
    let both = Target::new("page", "x").labelled(new.policy().vocabulary(), "a");
    let request = Request::new(Link::user("ada"), "read", both).declared(vocabulary, "x", "1");
    assert!(new.decide(&request).has(Code::RequestMalformed));
    let unheard = Target::new("page", "x").labelled(vocabulary, "unheard-of");
    assert!(old.decide(&Request::new(Link::user("ada"), "read", unheard)).has(Code::RequestMalformed));
    let json = br#"{"subject": {"type": "user", "id": "ada"}, "action": {"name": "read"}, "resource": {"type": "page", "id": "home"}}"#;
    assert!(new.decide(&Request::from_json(json, vocabulary)).has(Code::RequestOutdated));
}

/// As many claimed groups as a request can hold, in no order and twice over: those that a rule names still restrict, and comparing
/// each with all others would take minutes.
#[test]
fn claimed_groups_by_the_ten_thousand() {
    let text = "
version: 1
groups: [{id: contractors}, {id: staff}]
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: no-contractors, effect: forbid, subject: {group: contractors}, action: delete}
  - {id: staff-only, effect: forbid, action: write, when: \"!('staff' in subject.groups)\"}
";
    let engine = Engine::of(&document::load([("policy.yaml", text)], &Limits::default()).unwrap());
    let mut claims: Vec<String> = (0..30_000u32).rev().flat_map(|at| [format!("g{at}"), format!("g{at}")]).collect();
    let ask = |claims: &[String], action: &str| -> bool {
        let mut request = good();
        request["subject"]["properties"]["groups"] = json!(claims);
        request["action"]["name"] = json!(action);
        let answer: Value = serde_json::from_str(&engine.answer_json(request.to_string().as_bytes())).unwrap();
        assert_eq!(answer["context"].get("error"), None, "{answer}");
        answer["decision"] == true
    };
    assert!(ask(&claims, "delete"));
    assert!(!ask(&claims, "write"));
    claims.insert(40_000, "contractors".to_owned());
    assert!(!ask(&claims, "delete"));
}

/// Two rules that narrow one argument to different values, over as many targets as a request may have: one reason for each rule.
#[test]
fn conflicting_changes_over_many_targets() {
    let text = "
version: 1
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: ten, effect: require, action: pay, require: {narrow: {argument: /amount, to: 10}}}
  - {id: nine, effect: require, action: pay, require: {narrow: {argument: /amount, to: 9}}}
  - {id: ten-again, effect: require, action: pay, require: {narrow: {argument: /amount, to: 10}}}
  - {id: other, effect: require, action: pay, require: {narrow: {argument: /currency, to: EUR}}}
";
    let engine = Engine::of(&document::load([("policy.yaml", text)], &Limits::default()).unwrap());
    let mut request = good();
    request["action"] = json!({"name": "pay", "properties": {"arguments": {"amount": 11}}});
    let targets: Vec<Value> = (0..60).map(|at| json!({"type": "page", "id": format!("p{at}")})).collect();
    request["context"]["targets"] = json!(targets);
    let answer: Value = serde_json::from_str(&engine.answer_json(request.to_string().as_bytes())).unwrap();
    let reasons = answer["context"]["reasons"].as_array().unwrap();
    let mut rules: Vec<&str> = reasons.iter().map(|reason| reason["rule"].as_str().unwrap()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["nine", "ten", "ten-again"], "{answer}");
    assert!(reasons.iter().all(|reason| reason["code"] == "rule.conflicting_changes"));
    // The same demand of two rules is told once.
    assert_eq!(answer["context"]["requirements"].as_array().unwrap().len(), 3, "{answer}");
}
