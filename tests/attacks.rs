//! What a hostile reading of the library found: each test failed once, and says what holds now.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::sync::Arc;

use placet::compile::CompiledPolicy;
use placet::fact::slot;
use placet::signal::{SecurityEvent, Target as Whom, VerifiedSet, parse};
use placet::time::Timestamp;
use placet::{Engine, Limits, Link, LiveEngine, Request, Target, Verdict, document};
use serde_json::{Value, json};

fn at(time: &str) -> Timestamp {
    format!("2026-11-24T{time}Z").parse().unwrap()
}

fn engine(text: &str) -> Engine {
    Engine::of(&document::load([("p.yaml", text)], &Limits::default()).unwrap_or_else(|e| panic!("{e}")))
}

fn set(value: Value) -> SecurityEvent {
    let Value::Object(map) = value else { panic!() };
    parse(&VerifiedSet::assert_verified(map), at("10:00:00"), &Limits::default()).unwrap()
}

fn codes(engine: &Engine, request: &Request<'_>) -> Vec<&'static str> {
    engine.decide(request).reasons().map(|reason| reason.code.as_str()).collect()
}

// A directory's labels are bare places of the taxonomy that it was built with; nothing ties it to the policy that judges.
#[test]
fn a_policy_that_is_swapped_does_not_misread_the_labels_of_the_directory() {
    let entities = "
resources: [{type: file, id: payroll, label: secret}]
";
    let rules = "
rules: [{id: low, effect: permit, action: read, resource: {label: {at_most: internal}}}]
";
    let old = format!(
        "version: 1\nlabels: [{{id: public, order: 0}}, {{id: internal, order: 10}}, {{id: secret, order: 20}}]\n{entities}{rules}"
    );
    // The author only takes away nothing and adds one label at the bottom.
    let new = format!(
        "version: 1\nlabels: [{{id: open, order: -1}}, {{id: public, order: 0}}, {{id: internal, order: 10}}, {{id: secret, order: 20}}]\n{entities}{rules}"
    );
    let live = LiveEngine::new(engine(&old));
    let request = Request::new(Link::user("mallory"), "read", Target::new("file", "payroll"));
    assert_eq!(live.load().decide(&request).verdict(), Verdict::Deny);
    assert_eq!(engine(&new).decide(&request).verdict(), Verdict::Deny);
    let new = document::load([("p.yaml", new.as_str())], &Limits::default()).unwrap();
    live.swap_policy(Arc::new(CompiledPolicy::new(&new, &Limits::default())));
    assert_eq!(live.load().decide(&request).verdict(), Verdict::Deny);
}

const PEOPLE: &str = "
version: 1
users: [{id: ada}]
agents: [{id: low, sponsor: ada}, {id: high, sponsor: ada}]
rules: [{id: all, effect: permit, action: \"**\"}]
";

fn said<'a>() -> Request<'a> {
    Request::new(Link::user("ada"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .fact(slot::DEVICE_ID, "laptop")
        .fact(slot::AUTHENTICATION_TOKEN_ID, "t-1")
        .fact(slot::LOCATION_IP, "192.0.2.1")
        .fact(slot::AUTHENTICATION_ISSUED, at("09:00:00"))
}

fn session_of(user: Value) -> SecurityEvent {
    set(json!({
        "iss": "https://idp", "jti": "1", "iat": at("09:30:00").seconds(),
        "sub_id": {"format": "complex", "user": user, "session": {"format": "opaque", "id": "s-1"}},
        "events": {"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}}
    }))
}

// Saying less lets more pass (law 5).
#[test]
fn a_call_without_session_may_be_of_the_session_that_a_complex_subject_names() {
    let live = LiveEngine::new(engine(PEOPLE));
    live.apply(&session_of(json!({"format": "email", "email": "ada@example.org"})));
    let named = said().fact(slot::SESSION_ID, "s-1");
    assert_ne!(live.load().decide(&named).verdict(), Verdict::Allow);
    assert_ne!(
        live.load().decide(&said()).verdict(),
        Verdict::Allow,
        "the same call that keeps quiet about its session"
    );
}

#[test]
fn a_device_that_a_complex_subject_names_may_be_the_one_that_is_not_named() {
    let text = "
version: 1
users: [{id: ada}]
rules: [{id: all, effect: permit, action: \"**\", when: device.compliant}]
";
    let live = LiveEngine::new(engine(text));
    live.apply(&set(json!({
        "iss": "https://idp", "jti": "1", "iat": at("09:30:00").seconds(),
        "sub_id": {"format": "complex", "user": {"format": "email", "email": "ada@example.org"}, "device": {"format": "opaque", "id": "laptop"}},
        "events": {"https://schemas.openid.net/secevent/caep/event-type/device-compliance-change": {"previous_status": "compliant", "current_status": "not-compliant"}}
    })));
    let quiet = Request::new(Link::user("ada"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .fact(slot::DEVICE_COMPLIANT, true)
        .fact(slot::SESSION_ID, "s-1");
    let named = quiet.clone().fact(slot::DEVICE_ID, "laptop");
    assert_ne!(live.load().decide(&named).verdict(), Verdict::Allow);
    assert_ne!(live.load().decide(&quiet).verdict(), Verdict::Allow);
}

// Places of requirements are cut to 16 bits.
#[test]
fn no_requirement_of_a_long_rule_is_lost() {
    let mut text = "version: 1\nrules:\n  - {id: all, effect: permit, action: \"**\"}\n  - id: much\n    effect: require\n    require:\n".to_owned();
    for _ in 0..65_536 {
        text.push_str("      - {redact: /a}\n");
    }
    text.push_str("      - {redact: /card}\n      - {redact: /password}\n");
    let count = 3;
    let engine = engine(&text);
    let request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).supports("redact");
    let decision = engine.decide(&request);
    let listed = decision.requirements().count();
    assert_eq!(listed, count);
}

#[test]
fn many_requirements_are_not_compared_each_with_each() {
    let mut text = "version: 1\nrules:\n  - {id: all, effect: permit, action: \"**\"}\n".to_owned();
    for at in 0..20_000 {
        writeln!(text, "  - {{id: r{at}, effect: require, require: [{{redact: /averyverylongpointer{at:06}}}]}}")
            .unwrap();
    }
    let engine = engine(&text);
    let request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).supports("redact");
    let decision = engine.decide(&request);
    let answer = placet::Answer::new(&decision, &request);
    assert_eq!(answer.context.requirements.len(), 20_000);
}

#[test]
fn conflicts_are_not_sought_for_each_pair_of_link_and_resource() {
    let mut text = "version: 1\nusers: [{id: ada}]\nagents: [{id: a, sponsor: ada}]\nrules:\n  - {id: all, effect: permit, action: \"**\"}\n".to_owned();
    for at in 0..1_000 {
        writeln!(
            text,
            "  - {{id: r{at}, effect: require, require: [{{narrow: {{argument: /averyverylong{at:06}, to: 1}}}}]}}"
        )
        .unwrap();
    }
    let engine = engine(&text);
    let mut request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).at(at("10:00:00"));
    for _ in 0..8 {
        request = request.actor(Link::agent("a"));
    }
    let ids: Vec<String> = (0..64).map(|at| format!("p{at}")).collect();
    for id in &ids {
        request = request.target(Target::new("page", id.clone()));
    }
    assert_eq!(engine.decide(&request).verdict(), Verdict::Modify);
}

// A condition's budget is for one evaluation; nothing bounds the decision or the batch.
#[test]
fn a_batch_of_30_kilobytes_ends() {
    let text = "
version: 1
users: [{id: ada}]
agents: [{id: a, sponsor: ada}]
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: r, effect: forbid, when: 'arguments.xs.exists(x, x == size(principal.id) + size(resource.id) + 1000)'}
";
    let engine = engine(text);
    let mut act = json!({"sub": "a"});
    for _ in 0..7 {
        act = json!({"sub": "a", "act": act});
    }
    let targets: Vec<Value> = (0..64).map(|at| json!({"type": "p", "id": format!("{at}")})).collect();
    let evaluations = 40;
    let request = json!({
        "subject": {"type": "user", "id": "ada", "properties": {"act": act}},
        "action": {"name": "read", "properties": {"arguments": {"xs": vec![0; 9_000]}}},
        "resource": {"type": "p", "id": "home"},
        "context": {"time": "2026-11-24T10:00:00Z", "targets": targets},
        "evaluations": vec![json!({}); evaluations],
    })
    .to_string();
    let answer: Value = serde_json::from_str(&engine.answer_json(request.as_bytes())).unwrap();
    let answers = answer["evaluations"].as_array().unwrap();
    // Conditions run out of steps, which forbids; then nothing more is judged.
    let unknown = |answer: &Value| answer["context"]["reasons"].to_string().contains("rule.forbidden_unknown");
    let unjudged = |answer: &Value| answer["context"]["reasons"].to_string().contains("request.too_large");
    assert!(answers.iter().all(|answer| answer["decision"] == false));
    assert!(answers.iter().take(2).any(unknown));
    assert!(answers.iter().skip(2).all(unjudged));
}

// What a decision did not get to know, an explanation must not pretend to have known.
#[test]
fn an_explanation_says_that_conditions_ran_out_of_steps() {
    let text = "
version: 1
users: [{id: ada}]
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: r, effect: forbid, when: 'arguments.xs.exists(x, x == size(resource.id) + 1000)'}
";
    let mut limits = Limits::default();
    limits.decision_cost = 50_000;
    let policy = document::load([("p.yaml", text)], &limits).unwrap_or_else(|e| panic!("{e}"));
    let compiled = Arc::new(CompiledPolicy::new(&policy, &limits));
    let engine = Engine::new(compiled, Arc::new(placet::Directory::of(&policy)));
    let ask = |items: usize| {
        let xs: placet::value::Value<'_> = (0..items).map(|_| placet::value::Value::Int(0)).collect();
        let request = Request::new(Link::user("ada"), "read", Target::new("page", "home"))
            .target(Target::new("page", "other"))
            .argument("xs", xs);
        let explanation = engine.explain(&request);
        (explanation.verdict, explanation.advice.iter().any(|line| line.contains("50000 steps")))
    };
    assert_eq!(ask(10), ("allow", false));
    assert_eq!(ask(9_000), ("deny", true));
}

#[test]
fn a_batch_does_not_multiply_an_evaluation_id() {
    let engine = engine("version: 1\nrules: [{id: all, effect: permit, action: \"**\"}]\n");
    let request = json!({
        "subject": {"type": "user", "id": "ada"}, "action": {"name": "read"}, "resource": {"type": "p", "id": "h"},
        "context": {"evaluation_id": "x".repeat(15_000)},
        "evaluations": vec![json!({}); 7_000],
    })
    .to_string();
    let answer = engine.answer_json(request.as_bytes());
    assert!(answer.len() < 32 << 20);
}

#[test]
fn a_kill_switch_on_a_blueprint_reaches_twenty_thousand_agents() {
    let mut text = "version: 1\nusers: [{id: ada}]\nblueprints: [{id: b, sponsor: ada}]\nrules: [{id: all, effect: permit}]\nagents:\n".to_owned();
    for at in 0..20_000 {
        writeln!(text, "  - {{id: a{at}, sponsor: ada, blueprint: b}}").unwrap();
    }
    let live = LiveEngine::new(engine(&text));
    live.contain(&Whom::subject(None, "b"), at("10:00:00"));
    let call = Request::new(Link::agent("a19999"), "read", Target::new("page", "home")).at(at("10:00:00"));
    assert!(codes(&live.load(), &call).contains(&"revocation.revoked"));
}

const RISKY: &str = "
version: 1
users: [{id: ada}]
agents: [{id: low, sponsor: ada}, {id: high, sponsor: ada}]
rules: [{id: all, effect: permit, action: \"**\"}]
access:
  - id: no-risky-agents
    subjects: {agents: {include: {all: true}}}
    targets: {include: {all: true}}
    conditions: {agent_risk: [high]}
    grant: block
  - id: no-risky-users
    subjects: {users: {include: {all: true}}}
    targets: {include: {all: true}}
    conditions: {user_risk: [high]}
    grant: block
";

fn risk_of(id: &str) -> SecurityEvent {
    set(json!({
        "iss": "https://idp", "jti": id, "iat": at("09:30:00").seconds(),
        "sub_id": {"format": "opaque", "id": id},
        "events": {"https://schemas.openid.net/secevent/caep/event-type/risk-level-change":
            {"principal": "USER", "previous_level": "LOW", "current_level": "HIGH"}}
    }))
}

// What feeds tell of an inner agent, or of a user who acts, is heard and dropped.
#[test]
fn a_risk_that_feeds_tell_of_an_inner_agent_counts() {
    let live = LiveEngine::new(engine(RISKY));
    live.apply(&risk_of("high"));
    let call = |immediate, inner| {
        said()
            .fact(slot::SESSION_ID, "s-2")
            .fact(slot::AUTHENTICATION_ISSUED, at("09:45:00"))
            .fact(slot::RISK_USER, "none")
            .fact(slot::RISK_AGENT, "none")
            .actor(Link::agent(immediate))
            .actor(Link::agent(inner))
    };
    assert_eq!(live.load().decide(&call("high", "low")).verdict(), Verdict::Deny);
    assert_eq!(live.load().decide(&call("low", "high")).verdict(), Verdict::Deny);
}

#[test]
fn a_risk_that_feeds_tell_of_a_user_who_acts_counts() {
    let live = LiveEngine::new(engine(RISKY));
    live.apply(&risk_of("ada"));
    let base = |subject| {
        Request::new(subject, "read", Target::new("page", "home"))
            .at(at("10:00:00"))
            .fact(slot::DEVICE_ID, "laptop")
            .fact(slot::SESSION_ID, "s-2")
            .fact(slot::AUTHENTICATION_TOKEN_ID, "t-1")
            .fact(slot::LOCATION_IP, "192.0.2.1")
            .fact(slot::AUTHENTICATION_ISSUED, at("09:45:00"))
            .fact(slot::RISK_USER, "none")
            .fact(slot::RISK_AGENT, "none")
    };
    assert_eq!(live.load().decide(&base(Link::user("ada"))).verdict(), Verdict::Deny);
    let acting = base(Link::user("bob")).actor(Link::user("ada"));
    assert_eq!(live.load().decide(&acting).verdict(), Verdict::Deny, "ada acts for bob");
}

#[test]
fn an_argument_is_not_changed_in_two_ways() {
    for second in ["{redact: /to}", "{narrow: {argument: /to/0, to: b}}", "{redact: /to/0}"] {
        let text = format!(
            "
version: 1
rules:
  - {{id: all, effect: permit, action: \"**\"}}
  - {{id: a, effect: require, require: [{{narrow: {{argument: /to, to: [a]}}}}]}}
  - {{id: b, effect: require, require: [{second}]}}
"
        );
        let engine = engine(&text);
        let request =
            Request::new(Link::user("ada"), "read", Target::new("page", "home")).supports("redact").supports("narrow");
        let decision = engine.decide(&request);
        assert_eq!(decision.verdict(), Verdict::Deny, "{second}");
    }
}

#[test]
fn a_batch_is_a_batch_however_its_key_is_spelt() {
    let engine =
        engine("version: 1\nrules: [{id: home, effect: permit, action: read, resource: {type: p, id: home}}]\n");
    let text = r#"{"subject": {"type": "user", "id": "ada"}, "action": {"name": "read"}, "resource": {"type": "p", "id": "home"},
        "EVAL": [{"resource": {"type": "p", "id": "vault"}}]}"#;
    let plain = engine.answer_json(text.replace("EVAL", "evaluations").as_bytes());
    let escaped = engine.answer_json(text.replace("EVAL", "evaluation\\u0073").as_bytes());
    assert_eq!(plain, escaped);
}

#[test]
fn approvals_of_a_call_are_not_read_for_every_pair_and_rule() {
    let mut base = "version: 1\ngroups: [{id: g}]\nusers: [{id: ada}, {id: bob}]\nagents: [{id: a, sponsor: ada}]\nrules:\n  - {id: all, effect: permit, action: \"**\"}\n".to_owned();
    for at in 0..20 {
        writeln!(base, "  - {{id: r{at}, effect: require, require: [{{approval: \"group:g\"}}]}}").unwrap();
    }
    let mut request = Request::new(Link::user("ada"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .arguments(placet::value::Map::default());
    for _ in 0..8 {
        request = request.actor(Link::agent("a"));
    }
    let ids: Vec<String> = (0..64).map(|at| format!("p{at}")).collect();
    for id in &ids {
        request = request.target(Target::new("page", id.clone()));
    }
    base.push_str("approvals:\n");
    let call = request.call_digest();
    for at in 0..10_000 {
        writeln!(
            base,
            "  - {{id: a{at}, by: bob, call: \"{call}\", start: 2026-11-24T00:00:00Z, end: 2026-11-25T00:00:00Z}}"
        )
        .unwrap();
    }
    let engine = engine(&base);
    assert_eq!(engine.decide(&request).verdict(), Verdict::Defer);
}

#[test]
fn swapping_an_engine_keeps_the_kill_switch() {
    let live = LiveEngine::new(engine(PEOPLE));
    live.contain(&Whom::subject(None, "ada"), at("09:00:00"));
    let request = said().fact(slot::SESSION_ID, "s-2");
    assert_eq!(live.load().decide(&request).verdict(), Verdict::Deny);
    live.swap(&engine(PEOPLE));
    assert_eq!(live.load().decide(&request).verdict(), Verdict::Deny);
}

// The same, where nothing files the event under a principal at all.
#[test]
fn a_session_within_a_tenant_may_be_the_one_that_is_not_named() {
    for more in ["tenant", "org_unit", "group", "x_unknown"] {
        let live = LiveEngine::new(engine(PEOPLE));
        live.apply(&set(json!({
            "iss": "https://idp", "jti": "1", "iat": at("09:30:00").seconds(),
            "sub_id": {"format": "complex", more: {"format": "opaque", "id": "t-1"}, "session": {"format": "opaque", "id": "s-1"}},
            "events": {"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}}
        })));
        let named = said().fact(slot::SESSION_ID, "s-1");
        let quiet = live.load().decide(&said()).verdict();
        assert!(quiet != Verdict::Allow || live.load().decide(&named).verdict() == Verdict::Allow, "{more}");
    }
}

#[test]
fn an_agent_that_is_called_by_another_spelling_of_its_kind_is_not_let_through() {
    let text = "
version: 1
users: [{id: ada}]
agents: [{id: bot, sponsor: ada, state: disabled}]
rules: [{id: all, effect: permit, action: read}]
";
    let engine = engine(text);
    for kind in ["agent", "ai_agent", "Agent", "AGENT-USER"] {
        let request = json!({"subject": {"type": kind, "id": "bot"}, "action": {"name": "read"}, "resource": {"type": "p", "id": "h"}});
        let answer = engine.answer_json(request.to_string().as_bytes());
        assert!(answer.starts_with(r#"{"decision":false"#), "{kind}");
    }
}

#[test]
fn requests_of_tests_lie_beside_their_documents() {
    use placet::suite::Requests;
    let files = placet::files::RequestFiles::new(&Limits::default());
    for file in ["/etc/passwd", "../../../../../../../../etc/passwd"] {
        let found = files.find(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart.yaml"), file, "line-1");
        assert!(found.is_err());
    }
}

#[test]
fn a_pinned_tool_is_listed() {
    let text = "
version: 1
users: [{id: ada}]
servers: [{id: s}]
tools:
  - {server: s, name: a, assigned: {user: ada}, digest: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}
rules: [{id: all, effect: permit, action: \"**\"}]
";
    let engine = engine(text);
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let call = Request::new(Link::user("ada"), "tools/call", Target::tool("s/a"));
    assert_eq!(engine.decide(&call.clone().fact(slot::TOOL_DIGEST, digest)).verdict(), Verdict::Allow);
    assert_eq!(engine.list_tools(&call), ["s/a"]);
}
