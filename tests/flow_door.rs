//! Flows over the JSON door: what a request may state of its session, what that means, and what the answer says for the next call.

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

use placet::audit::Keep;
use placet::fact::slot;
use placet::flow::{Answered, FlowLabel, Lattice, Run, Session, Stated};
use placet::value::Fact;
use placet::{Code, CompiledPolicy, Directory, Engine, Limits, Record, Request, suite};
use proptest::prelude::*;
use serde_json::{Value, json};

const WORLD: &str = r#"
version: 1
labels:
  - {id: public, order: 0}
  - {id: internal, order: 10}
  - {id: secret, order: 20}
flow:
  origins: [inbox, web]
  audiences:
    - {id: staff, members: ["*@contoso.example"], groups: [people]}
  prompt: {label: public, trust: user, origins: [inbox]}
  CLEARANCE
  sensitive: internal
  FLOW
groups: [{id: people}]
users: [{id: ada, groups: [people]}, {id: bob, groups: [people]}]
agents: [{id: bot, sponsor: ada}]
servers: [{id: lab}]
tools:
  - {server: lab, name: web, effects: [read], assigned: {agent: bot}, flow: {output: {label: public}}}
  - {server: lab, name: wiki, effects: [read], assigned: {agent: bot}, flow: {output: {label: internal, readers: staff, trust: user}}}
  - {server: lab, name: vault, effects: [read], assigned: {agent: bot}, flow: {output: {label: secret, trust: user, constant: true}}}
  - server: lab
    name: mail
    effects: [send]
    assigned: {agent: bot}
    flow:
      purpose: [mail]
      parameters: {to: {role: target, recipient: true}, body: {role: content}}
      channel: {label: internal}
      output: {label: public, trust: user, origins: [inbox]}
  - {server: lab, name: drop, effects: [delete], assigned: {agent: bot}, flow: {consequential: true, parameters: {id: {role: target}}, output: {label: public, trust: user}}}
rules:
  - {id: all, effect: permit, subject: [{user: ada}, {agent: bot}]}
  RULES
"#;

const ASKING: &str = "approval: \"user:ada\"\n  approver_clearance: {label: internal, readers: staff}";

fn world(clearance: &str, flow: &str, rules: &str) -> (placet::document::Validated, Engine) {
    let text = WORLD.replace("CLEARANCE", clearance).replace("FLOW", flow).replace("RULES", rules);
    let policy = placet::document::load([("p.yaml", text)], &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let engine = Engine::of(&policy);
    (policy, engine)
}

fn asking() -> Engine {
    world("", ASKING, "").1
}

fn call(tool: &str, arguments: &Value, flow: &Value) -> Value {
    let mut context = json!({"time": "2026-11-24T12:00:00Z"});
    if flow != "none" {
        context["flow"] = flow.clone();
    }
    json!({
        "subject": {"type": "user", "id": "ada", "properties": {"act": {"sub": "bot"}}},
        "action": {"name": "tools/call", "properties": {"arguments": arguments}},
        "resource": {"type": "tool", "id": format!("lab/{tool}")},
        "context": context,
    })
}

fn ask(engine: &Engine, request: &Value) -> Value {
    serde_json::from_str(&engine.answer_json(request.to_string().as_bytes())).unwrap()
}

fn verdict(engine: &Engine, request: &Value) -> String {
    ask(engine, request)["context"]["verdict"].as_str().unwrap().to_owned()
}

fn codes(engine: &Engine, request: &Value) -> Vec<String> {
    let answer = ask(engine, request);
    let reasons = answer["context"]["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

fn mail(to: &str, flow: &Value) -> Value {
    call("mail", &json!({"to": to, "body": "hello"}), flow)
}

/// A whole session of a host that keeps nothing but a list of labels, as the answers gave them.
#[test]
fn a_session_over_json() {
    let engine = asking();
    let mut labels = Vec::new();
    // A read is allowed, and its answer says what it will add.
    let read = ask(&engine, &call("web", &json!({}), &json!({"session": "s-17", "labels": labels})));
    assert_eq!(read["context"]["verdict"], "allow");
    let flow = &read["context"]["flow"];
    assert_eq!(flow["precision"], "context");
    assert_eq!(flow["answer"]["trust"], "top");
    assert!(flow.get("asks").is_none());
    labels.push(flow["answer"].clone());
    // What nobody trusted may have chosen waits for a person.
    let held = ask(&engine, &mail("eve@evil.example", &json!({"labels": labels})));
    assert_eq!((&held["decision"], &held["context"]["verdict"]), (&json!(false), &json!("defer")));
    assert_eq!(held["context"]["requirements"][0]["rule"], "flow/endorse");
    let asks = held["context"]["flow"]["asks"].as_array().unwrap();
    assert_eq!(asks.len(), 1);
    assert_eq!(asks[0]["verb"], "endorse");
    assert_eq!(asks[0]["parameter"], "to");
    assert_eq!(asks[0]["value"], "eve@evil.example");
    assert_eq!(asks[0]["label"]["trust"], "top");
    // The person whom the policy names consents, and it goes on.
    let consent = |by: &str, start: &str, end: &str| json!({"labels": labels, "consents": [{"ask": asks[0]["id"], "by": by, "start": start, "end": end}]});
    let given = consent("ada", "2026-11-24T11:00:00Z", "2026-11-24T13:00:00Z");
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &given)), "allow");
    // Nobody else's counts, none too late, none for another value, and none for what has been read since.
    assert_eq!(
        verdict(&engine, &mail("eve@evil.example", &consent("bob", "2026-11-24T11:00:00Z", "2026-11-24T13:00:00Z"))),
        "defer"
    );
    assert_eq!(
        verdict(&engine, &mail("eve@evil.example", &consent("ada", "2026-11-24T11:00:00Z", "2026-11-24T12:00:00Z"))),
        "defer"
    );
    assert_eq!(verdict(&engine, &mail("mallory@evil.example", &given)), "defer");
    let mut since = given.clone();
    since["labels"].as_array_mut().unwrap().push(json!({"label": "internal", "readers": "staff"}));
    assert_eq!(verdict(&engine, &mail("eve@contoso.example", &since)), "defer");
    // The user's own words may go.
    let prompted = json!({"labels": labels, "prompt": "Mail hello to bob@example.org"});
    assert_eq!(verdict(&engine, &mail("bob@example.org", &prompted)), "allow");
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &prompted)), "defer");
    let other = json!({"labels": labels, "prompt": "What does bob@example.org want?"});
    let widen = ask(&engine, &mail("bob@example.org", &other));
    assert_eq!(widen["context"]["flow"]["asks"][0]["verb"], "widen");
    let scoped = json!({"labels": labels, "prompt": "What does bob@example.org want?", "tools": ["lab/mail"]});
    assert_eq!(verdict(&engine, &mail("bob@example.org", &scoped)), "allow");
    assert_eq!(verdict(&engine, &mail("bob@example.org", &json!({"labels": [], "tools": ["lab/web"]}))), "defer");
}

/// The same labels in a session that the host keeps give the same decision.
#[test]
fn what_is_stated_is_a_session() {
    let engine = asking();
    let words = &engine.policy().flow().words;
    for seen in ["web", "wiki"] {
        let mut session = engine.session();
        let read = call(seen, &json!({}), &json!("none")).to_string();
        let read = Request::from_json(read.as_bytes(), engine.policy().vocabulary());
        let observed = engine.observe(&mut session, &read, &Run::default(), &Answered::default());
        let told = ask(&engine, &call(seen, &json!({}), &json!({"labels": []})));
        assert_eq!(told["context"]["flow"]["answer"], words.write(&observed.label));
        assert_eq!(told["context"]["flow"]["written"], words.write(&observed.written));
        for to in ["eve@evil.example", "bob@contoso.example"] {
            let bytes = mail(to, &json!("none")).to_string();
            let plain = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            let kept = engine.decide_in(&plain, &session, &Run::default());
            let bytes = mail(to, &json!({"labels": [words.write(&observed.label)]})).to_string();
            let stating = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            assert_eq!(engine.decide(&stating), kept, "{seen} {to}");
            // And so do a prepared request and one resource of many.
            assert_eq!(engine.prepare(&stating).decide(), kept);
            engine.decide_each(&stating, stating.targets(), |_, decision| assert_eq!(decision, kept));
            assert_eq!(
                engine.explain(&stating).flow,
                engine.explain_in(&plain, &session, &Run::default()).flow.map(|mut flow| {
                    flow.held_up.iter_mut().for_each(|held| held.from.clear());
                    flow
                })
            );
        }
    }
}

/// What is left out, and what is not known, is top; a flow that is not stated is no flow.
#[test]
fn what_is_missing_is_top() {
    let engine = asking();
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &json!("none"))), "allow");
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &Value::Null)), "allow");
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &json!({"labels": []}))), "allow");
    let low = json!({"label": "public", "trust": "user", "origins": "inbox"});
    assert_eq!(verdict(&engine, &mail("eve@evil.example", &json!({"labels": low}))), "allow");
    // Vouched for by nobody, and to be seen by nobody.
    let top = |flow: Value| {
        ask(&engine, &mail("eve@evil.example", &flow))["context"]["flow"]["asks"].as_array().unwrap().len()
    };
    let whole = top(json!({}));
    assert!(whole >= 3, "{whole}");
    for flow in [
        json!({"session": "s"}),
        json!({"lables": []}),
        json!({"labels": {}}),
        json!({"labels": [low, {}]}),
        json!({"labels": [{"label": "absent", "trust": "absent", "origins": "absent"}]}),
        json!({"labels": [{"label": null, "readers": null}]}),
        json!({"labels": {"version": 2, "whatever": 1}}),
        json!({"labels": {"version": 1, "level": "absent", "compartments": [], "readers": "all", "trust": "user", "sources": []}}),
    ] {
        assert_eq!(top(flow.clone()), whole, "{flow}");
    }
    let readers = json!({"labels": {"label": "public", "trust": "user", "readers": ["staff", "absent"]}});
    assert!(
        codes(&world("", "", "").1, &mail("bob@contoso.example", &readers))
            .contains(&"data.flow_confidentiality".to_owned())
    );
    let staff = json!({"labels": {"label": "public", "trust": "user", "readers": ["staff"]}});
    assert_eq!(verdict(&engine, &mail("bob@contoso.example", &staff)), "allow");
    // The fact of the same name only raises.
    let raised = json!({"labels": [], "label": "secret"});
    assert_eq!(verdict(&engine, &mail("bob@contoso.example", &raised)), "defer");
}

#[test]
fn what_is_misspelt_or_of_another_type_is_malformed() {
    let engine = asking();
    let many: Vec<Value> = (0..257).map(|_| json!({"label": "public"})).collect();
    let consent = json!({"ask": "x", "by": "ada", "start": "2026-11-24T11:00:00Z", "end": "2026-11-24T11:00:00Z"});
    let with = |member: &str, value: Value| {
        let mut consent = consent.clone();
        consent[member] = value;
        json!({"consents": [consent]})
    };
    for (flow, path, code) in [
        (json!(true), "context.flow", "request.malformed"),
        (json!({"session": 1}), "context.flow.session", "request.malformed"),
        (json!({"session": "s".repeat(4_000)}), "context.flow.session", "request.too_large"),
        (json!({"untrusted": "no"}), "context.flow.untrusted", "request.malformed"),
        (json!({"label": "absent"}), "context.flow.label", "request.malformed"),
        (json!({"labels": "public"}), "context.flow.labels", "request.malformed"),
        (json!({"labels": [{"label": 1}]}), "context.flow.labels.label", "request.malformed"),
        (json!({"labels": [{"label": "public", "reader": "staff"}]}), "context.flow.labels", "request.malformed"),
        (json!({"labels": {"readers": [1]}}), "context.flow.labels.readers", "request.malformed"),
        (json!({"labels": {"version": 1}}), "context.flow.labels", "request.malformed"),
        (json!({"labels": many}), "context.flow.labels", "request.too_large"),
        (json!({"provenance": ["to"]}), "context.flow.provenance", "request.malformed"),
        (json!({"provenance": {"to": "user"}}), "context.flow.provenance.to", "request.malformed"),
        (json!({"provenance": {"to": []}}), "context.flow.provenance.to", "request.malformed"),
        (json!({"provenance": {"to": [1]}}), "context.flow.provenance.to", "request.malformed"),
        (json!({"provenance": {"to": {"thrust": "user"}}}), "context.flow.provenance.to", "request.malformed"),
        (json!({"provenance": {"to": many}}), "context.flow.provenance.to", "request.too_large"),
        (json!({"prompt": 1}), "context.flow.prompt", "request.malformed"),
        (json!({"tools": "lab/mail"}), "context.flow.tools", "request.malformed"),
        (json!({"withheld": "yes"}), "context.flow.withheld", "request.malformed"),
        (json!({"consents": {}}), "context.flow.consents", "request.malformed"),
        (json!({"consents": [1]}), "context.flow.consents", "request.malformed"),
        (json!({"consents": vec![consent.clone(); 9]}), "context.flow.consents", "request.too_large"),
        (with("ask", Value::Null), "context.flow.consents.ask", "request.malformed"),
        (with("by", json!("a/../b")), "context.flow.consents.by", "request.malformed"),
        (with("start", json!("noon")), "context.flow.consents.start", "request.malformed"),
        (with("end", json!(17)), "context.flow.consents.end", "request.malformed"),
    ] {
        let answer = ask(&engine, &mail("bob@example.org", &flow));
        assert_eq!(answer["context"]["reasons"][0]["code"], code, "{flow}");
        let error = answer["context"]["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("{path}: ")), "{flow}: {error}");
        assert!(answer["context"].get("flow").is_none());
    }
    // More arguments than are followed, but not for a call of no session.
    let many: serde_json::Map<String, Value> = (0..600).map(|at| (format!("a{at}"), json!("x"))).collect();
    assert_eq!(codes(&engine, &call("mail", &json!(many), &json!({"labels": []}))), ["request.too_large"]);
    assert_eq!(verdict(&engine, &call("mail", &json!(many), &json!("none"))), "allow");
}

#[test]
fn every_code_has_its_cause() {
    let (_, strict) = world("clearance: {label: internal, readers: staff}", "session: required", "");
    let untrusted = json!({"labels": {"label": "public"}});
    for (request, code) in [
        (mail("bob@example.org", &json!("none")), Code::DataFlowRequired),
        (mail("bob@example.org", &Value::Null), Code::DataFlowRequired),
        (mail("bob@example.org", &json!({})), Code::DataFlowExceeded),
        (mail("bob@example.org", &json!({"labels": {"label": "secret"}})), Code::DataFlowExceeded),
        (call("vault", &json!({}), &json!({"labels": []})), Code::DataFlowClearance),
        (mail("bob@example.org", &untrusted), Code::DataFlowIntegrity),
        (
            mail("bob@example.org", &json!({"labels": {"label": "public", "readers": "staff", "trust": "user"}})),
            Code::DataFlowConfidentiality,
        ),
        (mail("bob@example.org", &json!({"labels": [], "tools": []})), Code::DataFlowTask),
    ] {
        assert!(codes(&strict, &request).contains(&code.to_string()), "{code}: {request}");
    }
    assert_eq!(verdict(&strict, &mail("bob@example.org", &json!({"labels": []}))), "allow");
    // Kept behind a handle.
    assert_eq!(verdict(&strict, &call("vault", &json!({}), &json!({"labels": [], "withheld": true}))), "allow");
    let mut unsaid = mail("bob@example.org", &json!({"labels": []}));
    unsaid["action"] = json!({"name": "tools/call"});
    assert!(codes(&strict, &unsaid).contains(&"data.flow_unknown".to_owned()));
    let (_, ready) = world("", "ready: lethal_trifecta", "");
    let both = json!({"labels": [{"label": "internal", "readers": "staff"}], "provenance": {"to": "prompt", "body": "prompt"}});
    assert_eq!(codes(&ready, &mail("bob@example.org", &both)), ["data.flow_combination"]);
    // What the host remembers besides raises, and what it denies of the labels does not lower.
    let told = |untrusted: bool, sensitive: bool, label: &str| {
        let labels = json!({"label": label, "trust": "user", "origins": "inbox"});
        codes(
            &ready,
            &mail("bob@example.org", &json!({"labels": labels, "untrusted": untrusted, "sensitive": sensitive})),
        )
    };
    assert!(told(false, true, "internal").is_empty());
    assert_eq!(told(true, true, "public"), ["data.flow_combination"]);
    assert_eq!(told(true, false, "internal"), ["data.flow_combination"]);
    // Labels of another policy's words.
    let (_, other) = world("", "trust: [system, user, stranger]", "");
    let bytes = mail("bob@example.org", &json!({"labels": []})).to_string();
    let foreign = Request::from_json(bytes.as_bytes(), other.policy().vocabulary());
    assert!(strict.decide(&foreign).has(Code::DataFlowOutdated));
}

/// Precise mode: the host says where each argument comes from.
#[test]
fn provenance_is_by_argument() {
    let engine = asking();
    let web = json!({"label": "public"});
    let says = |provenance: Value| json!({"labels": [web], "provenance": provenance});
    let answer = ask(&engine, &mail("bob@example.org", &says(json!({"to": "prompt"}))));
    assert_eq!(
        (&answer["context"]["verdict"], &answer["context"]["flow"]["precision"]),
        (&json!("allow"), &json!("precise"))
    );
    assert_eq!(verdict(&engine, &mail("bob@example.org", &says(json!({"to": ["prompt", "context"]})))), "defer");
    assert_eq!(
        verdict(&engine, &mail("bob@example.org", &says(json!({"body": "prompt"})))),
        "defer",
        "`to` is the context's"
    );
    assert_eq!(
        verdict(
            &engine,
            &mail("bob@example.org", &says(json!({"to": {"label": "public", "trust": "user", "origins": "inbox"}})))
        ),
        "allow"
    );
    // A tool that only a trusted context may drive, unless the host knows.
    let drop = |flow: Value| verdict(&engine, &call("drop", &json!({"id": "7"}), &flow));
    assert_eq!(drop(json!({"labels": [web]})), "defer");
    assert_eq!(drop(says(json!({"id": "prompt"}))), "allow");
    // What the model has not seen is not shown to it by an answer: neither a value nor who would get it.
    let hidden = json!({"label": "secret", "trust": "user"});
    let held = ask(&engine, &mail("bob@example.org", &says(json!({"to": hidden, "body": hidden}))));
    assert_eq!(held["context"]["verdict"], "defer");
    let asks = held["context"]["flow"]["asks"].as_array().unwrap();
    assert!(!asks.is_empty());
    for ask in asks {
        assert!(ask.get("value").is_none() && ask.get("sink").is_none(), "{ask}");
        assert_eq!(ask["label"]["level"], "secret");
    }
    let staff = json!({"label": "public", "readers": "staff", "trust": "user", "origins": "inbox"});
    let held = ask(&engine, &mail("bob@example.org", &says(json!({"to": staff, "body": staff}))));
    assert!(!held["context"]["flow"].to_string().contains("example.org"), "{held}");
    let seen = json!({"labels": [web, staff], "provenance": {"to": staff, "body": staff}});
    let held = ask(&engine, &mail("bob@example.org", &seen));
    assert_eq!(held["context"]["flow"]["asks"][0]["sink"], "bob@example.org");
}

/// What a session has seen and done is a fact: known in a session, unknown where there is none.
#[test]
fn bits_are_facts() {
    let rules = "- {id: trifecta, effect: forbid, tool: lab/mail, when: \"flow.untrusted && flow.sensitive\"}";
    let (_, engine) = world("", ASKING, rules);
    let no: Vec<String> = Vec::new();
    let forbidden = vec!["rule.forbidden".to_owned()];
    let unknown = vec!["rule.forbidden_unknown".to_owned()];
    let of = |flow: Value| codes(&engine, &mail("bob@contoso.example", &flow));
    assert_eq!(of(json!("none")), unknown);
    assert_eq!(of(json!({"labels": []})), no);
    assert_eq!(of(json!({"labels": {"label": "public"}})), no);
    assert_eq!(of(json!({"labels": {"label": "internal", "trust": "user"}})), no);
    assert_eq!(of(json!({"labels": [{"label": "internal", "trust": "user"}, {"label": "public"}]})), forbidden);
    assert_eq!(of(json!({"labels": {"label": "internal", "trust": "user"}, "untrusted": true})), forbidden);
    assert_eq!(of(json!({})), unknown, "nobody says what it has seen");
    assert_eq!(of(json!({"labels": {}})), forbidden);
    // In a session that the host keeps they are known, and what a request says of them only raises.
    let bytes = mail("bob@contoso.example", &json!("none")).to_string();
    let plain = || Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
    let mut session = engine.session();
    let decide = |request: &Request<'_>, session: &Session| {
        engine.decide_in(request, session, &Run::default()).has(Code::RuleForbidden)
    };
    assert!(!decide(&plain(), &session));
    for tool in ["web", "wiki"] {
        let read = call(tool, &json!({}), &json!("none")).to_string();
        let read = Request::from_json(read.as_bytes(), engine.policy().vocabulary());
        engine.observe(&mut session, &read, &Run::default(), &Answered::default());
        assert_eq!(decide(&plain(), &session), tool == "wiki");
    }
    let lowered = plain().fact(slot::FLOW_UNTRUSTED, false).fact(slot::FLOW_SENSITIVE, false);
    assert!(decide(&lowered, &session));
    let fresh = engine.session();
    assert!(decide(&plain().fact(slot::FLOW_UNTRUSTED, true).fact(slot::FLOW_SENSITIVE, true), &fresh));
    // What was done, a host that keeps no session must say.
    let rules = "- {id: once, effect: forbid, when: \"flow.sent || flow.changed || flow.refused || flow.consented\"}\n  - {id: level, effect: forbid, when: 'flow.label >= label(\"secret\")'}";
    let (_, engine) = world("", ASKING, rules);
    let of = |flow: Value| codes(&engine, &mail("bob@contoso.example", &flow));
    let rest = json!({"labels": [], "sent": false, "changed": false, "refused": false, "consented": false});
    assert_eq!(of(rest.clone()), no);
    assert_eq!(of(json!({"labels": []})), unknown);
    for bit in ["sent", "changed", "refused", "consented"] {
        let mut flow = rest.clone();
        flow[bit] = json!(true);
        assert_eq!(of(flow), forbidden);
    }
    let mut given = rest.clone();
    given["consents"] = json!([{"ask": "to something else", "by": "ada", "start": "2026-11-24T11:00:00Z", "end": "2026-11-24T13:00:00Z"}]);
    assert_eq!(of(given), forbidden);
    let mut secret = rest.clone();
    secret["labels"] = json!([{"label": "secret", "trust": "user", "origins": "inbox"}]);
    assert_eq!(of(secret), forbidden);
    let mut session = engine.session();
    assert!(!engine.decide_in(&plain_of(&engine, &bytes), &session, &Run::default()).has(Code::RuleForbidden));
    session.refuse();
    assert!(engine.decide_in(&plain_of(&engine, &bytes), &session, &Run::default()).has(Code::RuleForbidden));
    // Lists of tools know of a flow that is stated.
    let (_, engine) = world("", ASKING, "- {id: no, effect: forbid, tool: lab/mail, when: flow.untrusted}");
    let lists = |flow: Value| {
        let bytes = call("web", &json!({}), &flow).to_string();
        engine.list_tools(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary())).contains(&"lab/mail")
    };
    assert!(lists(json!({"labels": []})));
    assert!(!lists(json!({"labels": {"label": "public"}})));
}

fn plain_of<'b>(engine: &Engine, bytes: &'b str) -> Request<'b> {
    Request::from_json(bytes.as_bytes(), engine.policy().vocabulary())
}

/// Beside a session that the host keeps, what a request states only restricts.
#[test]
fn a_stated_flow_only_restricts_a_kept_one() {
    let engine = asking();
    let mut session = engine.session();
    let read = call("web", &json!({}), &json!("none")).to_string();
    engine.observe(&mut session, &plain_of(&engine, &read), &Run::default(), &Answered::default());
    let bytes = mail("eve@evil.example", &json!("none")).to_string();
    let before = engine.decide_in(&plain_of(&engine, &bytes), &session, &Run::default());
    let asks = engine.asks(&plain_of(&engine, &bytes), &session, &Run::default());
    let consent =
        json!([{"ask": asks[0].id(), "by": "ada", "start": "2026-11-24T11:00:00Z", "end": "2026-11-24T13:00:00Z"}]);
    for flow in [
        json!({"labels": []}),
        json!({"labels": [], "prompt": "mail eve@evil.example"}),
        json!({"labels": [], "provenance": {"to": "prompt", "body": "prompt"}}),
        json!({"labels": [], "consents": consent, "untrusted": false}),
        json!({"labels": {"label": "secret"}}),
        json!({"labels": [], "provenance": {"body": {"label": "secret", "trust": "user"}}}),
    ] {
        let bytes = mail("eve@evil.example", &flow).to_string();
        let stating = plain_of(&engine, &bytes);
        let after = engine.decide_in(&stating, &session, &Run::default());
        assert!(before.verdict() <= after.verdict(), "{flow}");
        let before: Vec<&str> = before.requirements().map(|outstanding| outstanding.rule.id()).collect();
        let after: Vec<&str> = after.requirements().map(|outstanding| outstanding.rule.id()).collect();
        assert!(before.iter().all(|rule| after.contains(rule)), "{flow}: {after:?}");
        assert_eq!(after.contains(&"flow/declassify"), flow.to_string().contains("secret"), "{flow}");
        // The answer to a call of a kept session says nothing of the stated one.
        let decision = engine.decide_in(&stating, &session, &Run::default());
        assert!(placet::Answer::new(&decision, &stating).context.flow.is_none());
    }
    // What it states has been seen: it joins the session when the call is observed.
    let bytes = call("web", &json!({}), &json!({"labels": {"label": "secret", "trust": "user"}})).to_string();
    engine.observe(&mut session, &plain_of(&engine, &bytes), &Run::default(), &Answered::default());
    let words = &engine.policy().flow().words;
    assert_eq!(words.write(session.context())["level"], "secret");
}

/// Batches, tests beside policies, explanations and records know flows.
#[test]
fn every_way_in_knows_flows() {
    let engine = asking();
    let untrusted = json!({"session": "s-9", "labels": {"label": "public"}});
    let mut batch = mail("eve@evil.example", &untrusted);
    batch["evaluations"] = json!([{}, {"context": {"flow": {"labels": []}}}, {"context": {"flow": []}}]);
    let answers = ask(&engine, &batch);
    let verdicts: Vec<&Value> = (0..3).map(|at| &answers["evaluations"][at]["context"]["verdict"]).collect();
    assert_eq!(verdicts, ["defer", "allow", "deny"]);

    let bytes = mail("eve@evil.example", &untrusted).to_string();
    let request = plain_of(&engine, &bytes);
    let record = Record::new(&engine.decide(&request), &request, Keep::Digests);
    assert_eq!((record.flow.as_deref(), record.flow_session.as_deref()), (Some("context"), Some("s-9")));
    assert!(matches!(request.context_fact(slot::FLOW_SESSION), Fact::Known(_)));
    let explanation = engine.explain(&request);
    assert_eq!(explanation.verdict, "defer");
    assert_eq!(explanation.flow.as_ref().unwrap().held_up[0].what, "integrity");
    assert!(explanation.to_string().contains("Session"));
    assert_eq!(engine.what_if(&request).verdict, "defer");
    // What is stated is part of what a request says, and no part of the call.
    let mut digests = vec![request.digest()];
    for flow in [
        json!("none"),
        json!({"session": "s-9", "labels": []}),
        json!({"session": "s-9", "labels": {"label": "public"}, "withheld": true}),
        json!({"session": "s-9", "labels": {"label": "public"}, "provenance": {}}),
        json!({"session": "s-9", "labels": {"label": "public"}, "prompt": ""}),
        json!({"session": "s-9", "labels": {"label": "public"}, "tools": []}),
        json!({"session": "s-9", "labels": {"label": "public"}, "provenance": {"to": "prompt"}}),
        json!({"session": "s-9", "labels": {"label": "public"}, "provenance": {"to": "context"}}),
    ] {
        let bytes = mail("eve@evil.example", &flow).to_string();
        let other = plain_of(&engine, &bytes);
        assert_eq!(other.call_digest(), request.call_digest());
        assert!(!digests.contains(&other.digest()), "{flow}");
        digests.push(other.digest());
    }

    let tests = "- {id: none, effect: forbid, when: flow.untrusted}\ntests:\n  - name: a held letter\n    request: {subject: {type: user, id: ada, properties: {act: {sub: bot}}}, action: {name: tools/call, properties: {arguments: {to: eve@evil.example}}}, resource: {type: tool, id: lab/mail}, context: {flow: {labels: {label: public}}}}\n    verdict: deny\n    reasons: [rule.forbidden]\n    requirements: [\"approval:user:ada\"]\n";
    let (policy, engine) = world("", ASKING, tests);
    let results = suite::run(&policy, &engine, &suite::NoFiles);
    assert_eq!(results.len(), 1);
    assert!(results[0].passed(), "{:?}", results[0].differences);
}

/// A Rust host that keeps a label and no session says it the same way.
#[test]
fn stated_in_rust() {
    let engine = asking();
    let bytes = mail("eve@evil.example", &json!("none")).to_string();
    let stamp = engine.policy().flow().words.stamp();
    let top = plain_of(&engine, &bytes).flowing(Stated::new(stamp));
    assert_eq!(engine.decide(&top).verdict().name(), "defer");
    let low = plain_of(&engine, &bytes).flowing(Stated { label: Some(FlowLabel::BOTTOM), ..Stated::new(stamp) });
    assert_eq!(engine.decide(&low).verdict().name(), "allow");
    let foreign =
        plain_of(&engine, &bytes).flowing(Stated { label: Some(FlowLabel::BOTTOM), ..Stated::new(stamp ^ 1) });
    assert!(engine.decide(&foreign).has(Code::DataFlowOutdated));
}

/// Long prompts with many arguments cost a bounded time, in a batch too: values are then not looked for.
#[test]
fn searching_prompts_is_bounded() {
    let policy = world("", ASKING, "").0;
    let mut limits = Limits::default();
    limits.decision_cost = 2_000_000;
    let compiled = CompiledPolicy::new(&policy, &limits);
    let engine = Engine::new(compiled.into(), Directory::of(&policy).into());
    let prompt = format!("mail bob@example.org {}", "12 words ".repeat(7_000));
    let list: Vec<Value> = (0..5_000).map(|at| json!(at)).collect();
    let flow = json!({"labels": {"label": "public"}, "prompt": prompt});
    let before = std::time::Instant::now();
    let large = call("mail", &json!({"to": "bob@example.org", "body": list}), &flow);
    assert_eq!(verdict(&engine, &large), "defer", "not looked for");
    assert_eq!(verdict(&engine, &mail("bob@example.org", &flow)), "allow");
    let mut batch = call("mail", &json!({"to": "bob@example.org", "body": [1, 2, 3, 4, 5, 6, 7, 8]}), &flow);
    batch["evaluations"] = json!(vec![json!({}); 100]);
    let answers = ask(&engine, &batch);
    assert_eq!(answers["evaluations"][0]["context"]["verdict"], "allow");
    assert_eq!(answers["evaluations"][99]["context"]["reasons"][0]["code"], "request.too_large");
    let limit = if cfg!(debug_assertions) { 30 } else { 3 };
    assert!(before.elapsed().as_secs() < limit, "{:?}", before.elapsed());
}

/// The requests and the answer of docs/flow.md.
#[test]
fn the_page_holds() {
    let page = std::fs::read_to_string("docs/flow.md").unwrap();
    let blocks = |kind: &str| -> Vec<String> {
        let open = format!("```{kind}\n");
        page.split(open.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
    };
    let policy = placet::document::load([("policy.yaml", blocks("yaml")[0].as_str())], &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let json: Vec<Value> = blocks("json").iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    let [request, answer, consented] = json.as_slice() else { panic!("{} blocks", json.len()) };
    let mut told = ask(&engine, request);
    assert_eq!(told["context"]["verdict"], "defer");
    assert_eq!(told["context"]["flow"]["asks"][0]["id"].as_str().unwrap().len(), 71);
    told["context"]["flow"]["asks"][0]["id"] = json!("sha256:...");
    assert_eq!(told["context"]["flow"], answer["flow"]);
    let mut again = request.clone();
    again["context"]["flow"]["consents"] = consented["consents"].clone();
    again["context"]["flow"]["consents"][0]["ask"] = ask(&engine, request)["context"]["flow"]["asks"][0]["id"].clone();
    assert_eq!(verdict(&engine, &again), "allow");
    let thousands = |bytes: usize| format!("{},{:03}", bytes / 1_000, bytes % 1_000);
    let most = format!("`Session::MAX_BYTES` ({})", thousands(Session::MAX_BYTES));
    assert!(page.contains(&most), "docs/flow.md must say: at most {most}");
    assert!(
        page.contains(&format!("takes {} bytes when new", engine.session().bytes())),
        "{}",
        engine.session().bytes()
    );
    // The label that the page has of the read is the one that its answer gave.
    let mut read = request.clone();
    read["resource"]["id"] = json!("office/read_mail");
    read["action"]["properties"]["arguments"] = json!({});
    read["context"]["flow"]["labels"] = json!([]);
    assert_eq!(ask(&engine, &read)["context"]["flow"]["answer"], request["context"]["flow"]["labels"][0]);
}

/// Any JSON, made of the words of flows more often than not.
fn anything() -> impl Strategy<Value = Value> {
    let words = [
        "session",
        "labels",
        "label",
        "readers",
        "trust",
        "origins",
        "provenance",
        "to",
        "body",
        "prompt",
        "context",
        "tools",
        "withheld",
        "consents",
        "ask",
        "by",
        "ada",
        "start",
        "end",
        "untrusted",
        "sensitive",
        "sent",
        "version",
        "level",
        "public",
        "staff",
        "user",
        "inbox",
        "internal",
        "secret",
        "lab/mail",
        "2026-11-24T12:00:00Z",
        "mail eve@evil.example",
    ];
    let word = move || proptest::sample::select(words.to_vec()).prop_map(str::to_owned);
    let leaf = prop_oneof![
        4 => word().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-2i64..3).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => proptest::collection::btree_map(word(), inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever a request states of its flow, it never allows what would not be allowed without it, and has one answer.
    #[test]
    fn stating_never_allows_more(flow in anything(), labelled in any::<bool>()) {
        static ENGINE: std::sync::LazyLock<Engine> = std::sync::LazyLock::new(asking);
        let mut flow = flow;
        if let Some(members) = flow.as_object_mut().filter(|_| labelled) {
            members.entry("labels").or_insert(json!([{"label": "public"}]));
        }
        let decide = |request: &Value| {
            let bytes = request.to_string();
            let request = plain_of(&ENGINE, &bytes);
            let decision = ENGINE.decide(&request);
            assert_eq!(ENGINE.explain(&request).verdict, decision.verdict().name());
            assert_eq!(ENGINE.prepare(&request).decide(), decision);
            decision.verdict()
        };
        let request = mail("eve@evil.example", &flow);
        let (without, with) = (decide(&mail("eve@evil.example", &json!("none"))), decide(&request));
        assert!(without <= with, "{flow}");
        let answer = ENGINE.answer_json(request.to_string().as_bytes());
        assert_eq!(answer, ENGINE.answer_json(request.to_string().as_bytes()));
        if flow.is_object() && with != placet::Verdict::Deny {
            assert!(answer.contains("\"written\""), "{flow}");
        }
    }
}

/// What an answer costs, with and without a stated flow. Run it in release with `--ignored --nocapture`.
#[test]
#[ignore = "prints a table"]
fn costs() {
    let engine = asking();
    let web = json!({"label": "public"});
    for (name, flow) in [
        ("no flow", json!("none")),
        ("no labels", json!({"labels": []})),
        ("one label", json!({"labels": [web]})),
        (
            "ten labels and a prompt",
            json!({"labels": vec![web.clone(); 10], "prompt": "Mail hello to bob@example.org"}),
        ),
    ] {
        let text = mail("bob@example.org", &flow).to_string();
        let rounds = 20_000u32;
        let before = std::time::Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(engine.answer_json(std::hint::black_box(text.as_bytes())));
        }
        println!("{name}: {:?} an answer", before.elapsed() / rounds);
    }
    // As many recipients for as many arguments as are followed.
    let mut arguments = json!({"to": (0..2_500).map(|at| format!("p{at}@contoso.example")).collect::<Vec<String>>()});
    (0..48).for_each(|at| arguments[format!("a{at}")] = json!("hello"));
    let flow = json!({"labels": {"label": "public", "trust": "user", "readers": "staff", "origins": "inbox"}});
    let text = call("mail", &arguments, &flow).to_string();
    let before = std::time::Instant::now();
    let answer = engine.answer_json(text.as_bytes());
    println!("all that is followed: {:?} an answer; {}", before.elapsed(), answer.get(..60).unwrap_or_default());
}
