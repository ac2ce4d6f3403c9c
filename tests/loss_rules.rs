//! Data-loss policies of documents in decisions: what applies, what is unknown, what is overridden, redacted, simulated; and hostile ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use placet::document::{self, Validated};
use placet::door::Answer;
use placet::fact::slot;
use placet::loss::{Action, Event, LabelFact, Location, Participant};
use placet::reading::Reading;
use placet::rule::Source;
use placet::sensitive::{Scanner, TypeError, catalogue};
use placet::value::{Key, Map, Value};
use placet::{Code, Engine, Limits, Link, Request, Target};
use serde_json::{Value as Json, json};

const BASE: &str = r#"
version: 1
labels:
  - {id: public, order: 0}
  - {id: internal, order: 10}
  - {id: secret, order: 20, sublabels: [{id: secret-hr, order: 1, compartments: [hr]}]}
groups: [{id: finance}, {id: exempt}]
users:
  - {id: ada, groups: [finance]}
  - {id: bob}
  - {id: sync, type: workload}
  - {id: a0@contoso.com, type: agent_user, agent: a0}
agents: [{id: a0, sponsor: bob}, {id: trusted, sponsor: bob, groups: [exempt]}]
servers: [{id: mail}, {id: files}]
tools:
  - {server: mail, name: send, assigned: [{type: user}, {type: agent}, {type: agent_user}, {type: workload}]}
  - {server: files, name: read, assigned: [{type: user}, {type: agent}]}
rules: [{id: everything, effect: permit, action: "**"}]
"#;

/// The base with data-loss policies, and more.
fn policy(more: &str) -> Validated {
    let text = format!("{BASE}{more}");
    document::load([("policy.yaml", text.as_str())], &Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn refused(more: &str) -> String {
    let text = format!("{BASE}{more}");
    document::load([("policy.yaml", text.as_str())], &Limits::default())
        .map_or_else(|error| error.to_string(), |_| panic!("it is not refused:\n{more}"))
}

const CARDS: &str = r#"
data_loss:
  - id: cards
    priority: 0
    calls: {tool: mail/send}
    locations: {exchange: {}}
    rules:
      - id: many
        priority: 0
        when: {all: [{sensitive: {type: credit-card, min_count: 2}}, {recipient: {outside: [contoso.com]}}]}
        action: block
        tip: Several card numbers do not leave by mail.
"#;

fn call(subject: &Json, tool: &str, context: &Json) -> Json {
    json!({
        "subject": subject, "action": {"name": "tools/call", "properties": {"arguments": {"body": "x"}}},
        "resource": {"type": "tool", "id": tool}, "context": context,
    })
}

fn answer(engine: &Engine, request: &Json) -> Answer {
    let bytes = request.to_string();
    let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
    Answer::new(&engine.decide(&request), &request)
}

fn ada() -> Json {
    json!({"type": "user", "id": "ada"})
}

fn agent() -> Json {
    json!({"type": "agent", "id": "a0"})
}

fn for_ada() -> Json {
    json!({"type": "user", "id": "ada", "properties": {"act": {"sub": "a0"}}})
}

/// What became of a mail with this content.
fn mail(engine: &Engine, subject: &Json, content: &Json) -> Answer {
    answer(engine, &call(subject, "mail/send", &json!({"content": content})))
}

fn cards(found: &Json, to: &str) -> Json {
    json!({"location": "exchange", "sensitive": {"credit-card": found}, "recipients": [to]})
}

#[test]
fn a_block_blocks_in_its_own_layer() {
    let engine = Engine::of(&policy(CARDS));
    let denied = mail(&engine, &for_ada(), &cards(&json!([85, 65]), "eve@fabrikam.com"));
    assert_eq!((denied.context.verdict, denied.codes()), ("deny", vec!["data.loss_blocked"]));
    let reason = &denied.context.reasons[0];
    assert_eq!((reason.layer, reason.rule.as_deref()), ("data", Some("data_loss/cards/many/block")));
    assert_eq!(reason.message, "Several card numbers do not leave by mail.");
    assert!(!reason.retryable);
    // An explanation says the same as the answer, in its layers too.
    let request =
        call(&for_ada(), "mail/send", &json!({"content": cards(&json!([85, 65]), "eve@fabrikam.com")})).to_string();
    let explanation = engine.explain(&Request::from_json(request.as_bytes(), engine.policy().vocabulary()));
    let said = explanation.layers.iter().flat_map(|layer| &layer.objections);
    let said: Vec<(&str, &str)> = said.map(|objection| (objection.code, objection.message.as_str())).collect();
    assert_eq!(said, [("data.loss_blocked", "Several card numbers do not leave by mail."); 2], "of each link");
    for content in [
        cards(&json!([85]), "eve@fabrikam.com"),
        cards(&json!([85, 85]), "bob@CONTOSO.com"),
        json!({"location": "teams"}),
        json!({"location": "exchange", "sensitive": {"credit-card": []}}),
        json!(null),
    ] {
        assert_eq!(mail(&engine, &for_ada(), &content).context.verdict, "allow", "{content}");
    }
    assert_eq!(answer(&engine, &call(&ada(), "files/read", &json!({}))).context.verdict, "allow");
}

#[test]
fn what_nobody_said_blocks() {
    let engine = Engine::of(&policy(CARDS));
    for context in [
        json!({}),
        json!({"content": {}}),
        json!({"content": {"location": "exchange"}}),
        json!({"content": {"location": "exchange", "sensitive": {}, "recipients": ["eve@fabrikam.com"]}}),
        // A misspelt type says nothing of the right one.
        json!({"content": {"location": "exchange", "sensitive": {"credit-crad": []}, "recipients": ["eve@fabrikam.com"]}}),
        json!({"content": {"location": "exchange", "sensitive": null, "recipients": ["eve@fabrikam.com"]}}),
        json!({"content": {"sensitive": {"credit-card": [85, 85]}, "recipients": ["eve@fabrikam.com"]}}),
    ] {
        let denied = answer(&engine, &call(&agent(), "mail/send", &context));
        assert_eq!((denied.context.verdict, denied.codes()), ("deny", vec!["data.loss_blocked_unknown"]), "{context}");
        assert!(denied.context.reasons[0].retryable);
        assert_ne!(denied.context.reasons[0].message, "Several card numbers do not leave by mail.");
    }
    // One fact that settles it is enough.
    let settled = json!({"location": "exchange", "recipients": ["bob@contoso.com"]});
    assert_eq!(mail(&engine, &agent(), &settled).context.verdict, "allow");
}

#[test]
fn malformed_content_is_refused() {
    let engine = Engine::of(&policy(CARDS));
    let many: serde_json::Map<String, Json> = (0..1_001).map(|at| (format!("t{at}"), json!([]))).collect();
    for (content, code) in [
        (json!({"sensitive": {"credit-card": "2"}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": 2}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": ["85"]}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": [0]}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": [101]}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": [8.5]}}), "request.malformed"),
        (json!({"sensitive": {"credit-card": null}}), "request.malformed"),
        (json!({"sensitive": [85]}), "request.malformed"),
        (json!({"sensitive": many}), "request.too_large"),
        (json!({"location": "exchagne"}), "request.malformed"),
        (json!({"activity": "Print"}), "request.malformed"),
        (json!({"label": "sercet"}), "request.malformed"),
        // Two readers could take two domains from these.
        (json!({"recipients": ["eve@fabrikam.com,bob@contoso.com"]}), "request.malformed"),
        (json!({"recipients": ["eve@fabrikam.com bob@contoso.com"]}), "request.malformed"),
        (json!({"recipients": ["Bob <eve@fabrikam.com>"]}), "request.malformed"),
        (json!({"recipients": ["eve@fabrikam.com@contoso.com"]}), "request.malformed"),
        (json!({"recipients": [""]}), "request.malformed"),
        (json!({"recipients": "bob@contoso.com"}), "request.malformed"),
        (json!("none"), "request.malformed"),
    ] {
        let denied = mail(&engine, &ada(), &content);
        assert_eq!((denied.context.verdict, denied.codes()), ("deny", vec![code]), "{content}");
    }
    // The same in Rust.
    let wrong = Map::new(vec![(Key::String("credit-card".into()), Value::from("2"))]).unwrap();
    let request = Request::new(Link::user("ada"), "tools/call", Target::tool("mail/send"))
        .fact(slot::CONTENT_SENSITIVE, Value::from(wrong));
    assert!(request.defect().unwrap().to_string().contains("content.sensitive"));
}

#[test]
fn a_flood_of_findings_is_bounded() {
    let rule = CARDS.replace("min_count: 2", "min_count: 2, min_confidence: high");
    let engine = Engine::of(&policy(&rule));
    let flood = cards(&json!(vec![65; 300_000]), "eve@fabrikam.com");
    // Beyond the cost of a condition it is unknown.
    assert_eq!(mail(&engine, &ada(), &flood).codes(), ["data.loss_blocked_unknown"]);
}

const OVERRIDE: &str = r#"
data_loss:
  - id: names
    priority: 0
    calls: {tool: mail/send}
    locations: {exchange: {}}
    rules:
      - {id: any, priority: 0, when: {sensitive: {type: us-ssn}}, action: block-with-override, tip: Say why.}
"#;

#[test]
fn an_override_needs_a_reason_and_of_agents_an_approval() {
    let engine = Engine::of(&policy(OVERRIDE));
    let found = json!({"location": "exchange", "sensitive": {"us-ssn": [65]}});
    let send = |subject: &Json, why: &Json, extra: &str| {
        let engine = Engine::of(&policy(&format!("{OVERRIDE}{extra}")));
        answer(
            &engine,
            &call(
                subject,
                "mail/send",
                &json!({
                    "content": found, "justification": why, "time": "2026-11-24T12:00:00Z",
                }),
            ),
        )
    };
    let person = mail(&engine, &ada(), &found);
    assert_eq!(person.context.verdict, "step_up");
    assert_eq!(person.requirement_ids(), ["control:justification", "obligation:log"]);
    assert_eq!(person.context.requirements[0].message.as_deref(), Some("Say why."));
    for blank in [json!(null), json!(""), json!(" \t\n"), json!("\u{a0}\u{2003}")] {
        assert_eq!(send(&ada(), &blank, "").context.verdict, "step_up", "{blank}");
    }
    let reason = json!("the customer asked for it");
    assert_eq!(send(&ada(), &reason, "").context.verdict, "allow");
    // An agent, on behalf of a person or not, an agent's account, a person behind an agent: a person must agree.
    for subject in [agent(), for_ada(), json!({"type": "agent_user", "id": "a0@contoso.com"})] {
        let waiting = send(&subject, &reason, "");
        assert_eq!(waiting.context.verdict, "defer", "{subject}");
        assert_eq!(waiting.requirement_ids(), ["approval:sponsor", "obligation:log"]);
        let digest = waiting.context.call_digest.unwrap();
        let approval = format!(
            "approvals: [{{id: ap, by: bob, call: \"{digest}\", start: 2026-11-24T00:00:00Z, end: 2026-11-25T00:00:00Z}}]\n"
        );
        assert_eq!(send(&subject, &reason, &approval).context.verdict, "allow");
        assert_eq!(send(&subject, &json!(null), &approval).context.verdict, "step_up");
    }
    // Nobody answers for a workload.
    let workload = json!({"type": "workload", "id": "sync"});
    assert_eq!(send(&workload, &reason, "").codes(), ["access.control_unattainable"]);
    let named = OVERRIDE.replace("rules:\n", "approval: \"group:finance\"\n    rules:\n");
    let engine = Engine::of(&policy(&named));
    assert_eq!(
        mail(&engine, &workload, &found).requirement_ids(),
        ["approval:group:finance", "control:justification", "obligation:log"]
    );
}

const REDACT: &str = r#"
data_loss:
  - id: ids
    priority: 0
    calls: {tool: mail/send}
    locations: {exchange: {}}
    rules:
      - {id: ssn, priority: 0, when: {any: [{sensitive: {type: us-ssn}}, {sensitive: {type: credit-card}}]}, action: redact}
"#;

#[test]
fn a_redaction_must_be_carried_out() {
    let engine = Engine::of(&policy(REDACT));
    let content = json!({"location": "exchange", "sensitive": {"us-ssn": [65], "credit-card": []}});
    let judge = |supported: &[&str]| {
        answer(&engine, &call(&ada(), "mail/send", &json!({"content": content, "supported_obligations": supported})))
    };
    for (supported, goes_on) in [(vec![], false), (vec!["redact", "narrow"], false), (vec!["redact_sensitive"], true)] {
        let modified = judge(&supported);
        assert_eq!((modified.context.verdict, modified.decision), ("modify", goes_on), "{supported:?}");
        assert_eq!(modified.requirement_ids(), ["obligation:log", "redact_sensitive:credit-card|us-ssn"]);
        let requirement = serde_json::to_value(&modified.context.requirements[0]).unwrap();
        assert_eq!(requirement["type"], "redact_sensitive");
        assert_eq!(requirement["types"], json!(["credit-card", "us-ssn"]));
    }
    // Whether anything is in there may be unknown: what is removed is found when it is removed.
    let unknown = mail(&engine, &ada(), &json!({"location": "exchange"}));
    assert_eq!(unknown.context.verdict, "modify");
    // What other rules leave out, and put in place of arguments, contradicts nothing.
    let both = "  - {id: cut, effect: require, tool: mail/send, require: [{redact: /card}, {narrow: {argument: /copies, to: 1}}]}\n";
    let text = BASE.replace(
        "rules: [{id: everything, effect: permit, action: \"**\"}]\n",
        &format!("rules:\n  - {{id: everything, effect: permit, action: \"**\"}}\n{both}"),
    );
    let policy = document::load([("p.yaml", format!("{text}{REDACT}").as_str())], &Limits::default()).unwrap();
    let modified = mail(&Engine::of(&policy), &ada(), &content);
    assert_eq!(modified.context.verdict, "modify");
    assert_eq!(
        modified.requirement_ids(),
        ["narrow:/copies", "obligation:log", "redact:/card", "redact_sensitive:credit-card|us-ssn"]
    );
}

#[test]
fn redaction_finds_every_text() {
    let scanner = Scanner::new(&catalogue(), &Limits::default()).unwrap();
    let mut arguments = json!({
        "to": "eve@fabrikam.com",
        "body": "card 4532667785213500 expires 09/27, again 4532-6677-8521-3500.",
        "numbers": [1, 4_532_667_785_213_500_u64, true, null],
        "nested": {"a/b~c": {"deep": "4532 6677 8521 3500"}},
        "4532667785213500": "a name",
        "[credit-card]": "taken",
        "é": "ü4532667785213500ü",
    });
    let before = arguments.clone();
    let found = scanner.inspect(&arguments);
    assert_eq!(found.findings().instances("credit-card", placet::sensitive::Confidence::LOW), 1);
    let removed = scanner.redact(&mut arguments, &["credit-card"]).unwrap();
    assert_eq!(
        arguments,
        json!({
            "to": "eve@fabrikam.com",
            "body": "card [credit-card] expires 09/27, again [credit-card].",
            "numbers": [1, "[credit-card]", true, null],
            "nested": {"a/b~c": {"deep": "[credit-card]"}},
            "[credit-card]": "a name",
            "[credit-card]_": "taken",
            "é": "ü[credit-card]ü",
        })
    );
    for passage in &removed {
        assert_eq!(passage.types, ["credit-card"]);
        let text = match before.pointer(&passage.pointer).unwrap() {
            _ if passage.in_name => passage.pointer.trim_start_matches('/').to_owned(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert!(text[passage.start..passage.end].starts_with("4532"), "{passage:?}");
    }
    assert!(removed.iter().any(|passage| passage.pointer == "/nested/a~1b~0c/deep"));
    assert!(scanner.redact(&mut arguments, &["credit-card"]).unwrap().is_empty(), "nothing is left");
    // What cannot be found is not passed over.
    let mut same = before.clone();
    assert_eq!(
        scanner.redact(&mut same, &["credit-card", "employee-id"]),
        Err(TypeError::Unknown("employee-id".to_owned()))
    );
    assert_eq!(same, before);
    // Aliases are names too.
    assert_eq!(scanner.redact(&mut same, &["Credit Card"]).unwrap().len(), removed.len());
}

#[test]
fn evidence_counts_wherever_it_stands() {
    let scanner = Scanner::new(&catalogue(), &Limits::default()).unwrap();
    let alone = scanner.inspect(&json!({"n": "4532667785213500"})).confidences()["credit-card"].clone();
    let beside = scanner.inspect(&json!({"credit card": "4532667785213500"})).confidences()["credit-card"].clone();
    assert!(beside > alone, "{alone:?} {beside:?}");
    let spread = scanner.inspect(&json!(["4532 6677", "8521 3500"])).passages(&["credit-card"]).unwrap();
    assert!(spread.is_empty() || spread.len() == 2);
}

#[test]
fn content_is_stated_from_a_scan() {
    let policy = policy(CARDS);
    let scanner = Scanner::new(policy.sensitive_types(), &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let judge = |body: &str, to: &str| {
        let arguments = json!({"to": to, "body": body});
        let to: Value<'_> = [Value::from(to)].into_iter().collect();
        let request = Request::new(Link::user("ada"), "tools/call", Target::tool("mail/send"))
            .content(&scanner.inspect(&arguments))
            .fact(slot::CONTENT_LOCATION, "exchange")
            .fact(slot::CONTENT_RECIPIENTS, to);
        assert_eq!(request.defect(), None);
        engine.decide(&request).verdict().name()
    };
    assert_eq!(judge("4532667785213500 and 5425233430109903", "eve@fabrikam.com"), "deny");
    assert_eq!(judge("4532667785213500 and 4532-6677-8521-3500", "eve@fabrikam.com"), "allow");
    assert_eq!(judge("hello", "eve@fabrikam.com"), "allow");
}

#[test]
fn a_simulation_is_reported_and_never_counts() {
    for mode in ["simulation", "simulation-with-tips"] {
        for rules in [CARDS, OVERRIDE, REDACT] {
            let text = rules.replace("priority: 0\n    calls", &format!("priority: 0\n    mode: {mode}\n    calls"));
            let engine = Engine::of(&policy(&text));
            let bytes = call(&agent(), "mail/send", &json!({})).to_string();
            let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            let decision = engine.decide(&request);
            assert_eq!((decision.verdict().name(), decision.requirements().count()), ("allow", 0));
            let reported: Vec<_> = decision.reported().collect();
            assert!(!reported.is_empty() && reported.iter().all(|rule| rule.source() == Source::DataLoss));
        }
    }
    let off = CARDS.replace("priority: 0\n    calls", "priority: 0\n    mode: off\n    calls");
    assert_eq!(policy(&off).rules().len(), 1);
}

#[test]
fn agents_are_covered_unless_excluded() {
    let scoped = |scope: &str| {
        let text = CARDS.replace("exchange: {}", &format!("exchange: {scope}"));
        Engine::of(&policy(&text))
    };
    let found = cards(&json!([85, 85]), "eve@fabrikam.com");
    let verdict = |engine: &Engine, subject: &Json| mail(engine, subject, &found).context.verdict;
    let bob = json!({"type": "user", "id": "bob"});
    let only_ada = scoped("{users: {only: [ada]}}");
    assert_eq!([ada(), bob.clone(), agent()].map(|who| verdict(&only_ada, &who)), ["deny", "allow", "deny"]);
    let finance = scoped("{groups: {only: [finance]}}");
    assert_eq!([ada(), bob.clone(), agent()].map(|who| verdict(&finance, &who)), ["deny", "allow", "deny"]);
    // Listed users and listed groups are a union.
    let both = scoped("{users: {only: [bob]}, groups: {only: [finance]}}");
    assert_eq!([ada(), bob.clone()].map(|who| verdict(&both, &who)), ["deny", "deny"]);
    // A group that is claimed covers, and does not exclude.
    let claims = json!({"type": "user", "id": "bob", "properties": {"groups": ["finance"]}});
    assert_eq!(verdict(&finance, &claims), "deny");
    let exempt = scoped("{exclude_groups: [exempt], exclude: [ada]}");
    let trusted = json!({"type": "agent", "id": "trusted"});
    assert_eq!([ada(), bob, agent(), trusted].map(|who| verdict(&exempt, &who)), ["allow", "deny", "deny", "allow"]);
    let claims = json!({"type": "user", "id": "bob", "properties": {"groups": ["exempt"]}});
    assert_eq!(verdict(&exempt, &claims), "deny");
    // Whoever takes part: the user is excluded, the agent is not.
    assert_eq!(verdict(&exempt, &for_ada()), "deny");
    // A bot that has the name of somebody excluded.
    assert_eq!(verdict(&exempt, &json!({"type": "bot", "id": "ada"})), "deny");
}

#[test]
fn labels_reach_upwards_by_level_and_free_by_name() {
    let text = r#"
data_loss:
  - id: labels
    priority: 0
    locations: {exchange: {}}
    rules:
      - {id: inside, priority: 0, when: {label: {any_of: [internal]}}, except: [{label: {any_of: [secret-hr]}}], action: block}
"#;
    let engine = Engine::of(&policy(text));
    let verdict = |label: Json| mail(&engine, &ada(), &json!({"location": "exchange", "label": label})).context.verdict;
    assert_eq!(
        [json!("public"), json!("internal"), json!("secret"), json!("secret-hr"), json!(null)].map(verdict),
        ["allow", "deny", "deny", "allow", "deny"]
    );
    // A label with compartments that the rule's own does not have is above it all the same.
    let hr = text.replace("[internal]", "[secret-hr]").replace("except: [{label: {any_of: [secret-hr]}}], ", "");
    let engine = Engine::of(&policy(&hr));
    let verdict = |label: &str| mail(&engine, &ada(), &json!({"location": "exchange", "label": label})).context.verdict;
    assert_eq!(["secret", "secret-hr"].map(verdict), ["allow", "deny"]);
}

#[test]
fn devices_have_an_action_for_each_activity() {
    let text = r#"
data_loss:
  - id: laptops
    priority: 0
    locations: {devices: {devices: {only: [d-1]}, users: {only: [ada]}}}
    rules:
      - id: secret
        priority: 0
        when: {label: {any_of: [secret]}}
        activities: {usb: block, print: block-with-override}
        authorised: {print: {legal: audit, lobby: block}}
"#;
    let engine = Engine::of(&policy(text));
    let request = |activity: &Json, groups: &Json, device: &str| {
        let mut content = json!({"location": "devices", "label": "secret", "target_groups": groups});
        if !activity.is_null() {
            content["activity"] = activity.clone();
        }
        json!({
            "subject": {"type": "user", "id": "bob"}, "action": {"name": "copy"}, "resource": {"type": "file", "id": "f"},
            "context": {"content": content, "device": {"id": device}, "supported_obligations": ["notification"]},
        })
    };
    let judge = |activity: Json, groups: Json, device: &str| {
        let answer = answer(&engine, &request(&activity, &groups, device));
        (answer.context.verdict, answer.requirement_ids().join(" "))
    };
    let log = || "obligation:log".to_owned();
    assert_eq!(judge(json!("usb"), json!([]), "d-1").0, "deny");
    assert_eq!(judge(json!("usb"), json!([]), "d-2"), ("allow", String::new()));
    assert_eq!(judge(json!("print"), json!([]), "d-1").0, "step_up");
    assert_eq!(judge(json!("print"), json!(["legal"]), "d-1"), ("allow", log()));
    assert_eq!(judge(json!("print"), json!(["legal", "lobby"]), "d-1").0, "deny");
    assert_eq!(judge(json!("bluetooth"), json!([]), "d-1"), ("allow", log()));
    assert_eq!(judge(Json::Null, json!([]), "d-1").0, "deny");
}

#[test]
fn types_of_ones_own_are_looked_for() {
    let text = r#"
sensitive_types:
  - id: employee-id
    aliases: [Staff Number]
    patterns: [{confidence: medium, regex: "E-[0-9]{6}"}]
data_loss:
  - id: staff
    priority: 0
    locations: {apps: {}}
    rules: [{id: numbers, priority: 0, when: {sensitive: {type: staff number}}, action: redact}]
"#;
    let policy = policy(text);
    let scanner = Scanner::new(policy.sensitive_types(), &Limits::default()).unwrap();
    let mut text = json!("E-123456 called");
    let answer = mail(&Engine::of(&policy), &ada(), &json!({"location": "apps", "sensitive": {"employee-id": [75]}}));
    assert_eq!(answer.requirement_ids(), ["obligation:log", "redact_sensitive:employee-id"]);
    scanner.redact(&mut text, &["employee-id"]).unwrap();
    assert_eq!(text, "[employee-id] called");
}

#[test]
fn authors_read_content_in_conditions() {
    let rules = BASE.replace(
        "rules: [{id: everything, effect: permit, action: \"**\"}]\n",
        r#"rules:
  - {id: everything, effect: permit, action: "**"}
  - id: no-cards
    effect: forbid
    when: 'content.sensitive["credit-card"].exists(c, c >= 85) && content.location == "exchange" && content.label >= label("internal")'
"#,
    );
    let policy = document::load([("p.yaml", rules.as_str())], &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let content =
        |level: i64| json!({"location": "exchange", "sensitive": {"credit-card": [65, level]}, "label": "secret"});
    assert_eq!(mail(&engine, &ada(), &content(85)).codes(), ["rule.forbidden"]);
    assert_eq!(mail(&engine, &ada(), &content(75)).context.verdict, "allow");
    assert_eq!(answer(&engine, &call(&ada(), "mail/send", &json!({}))).codes(), ["rule.forbidden_unknown"]);
}

#[test]
fn the_original_reading_is_there_for_what_if() {
    let policy = policy(OVERRIDE);
    let mut event = Event::new(Location::Exchange, vec![Participant { id: "a0", is_agent: true, groups: Some(&[]) }]);
    event.content.label = LabelFact::Unlabelled;
    assert_eq!(policy.data_loss().evaluate(&event, Reading::Faithful).action, Action::None);
    assert_eq!(policy.data_loss().evaluate(&event, Reading::Strict).action, Action::BlockWithOverride);
}

#[test]
fn what_decides_is_in_the_version() {
    let with = |text: &str| policy(text).digest();
    assert_ne!(with(CARDS), with(""));
    assert_ne!(with(CARDS), with(&CARDS.replace("min_count: 2", "min_count: 3")));
    assert_ne!(with(CARDS), with(&CARDS.replace("mail/send", "mail/*")));
}

#[test]
fn explanations_name_the_rule_by_its_policy() {
    let policy = policy(CARDS);
    let engine = Engine::of(&policy);
    let bytes = call(&ada(), "mail/send", &json!({"content": {"location": "exchange"}})).to_string();
    let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
    let text = engine.explain(&request).to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["the rule `many` of the data-loss policy `cards`", "content.recipients", "content.sensitive"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(engine.decide(&request).reasons().all(|reason| reason.code == Code::DataLossBlockedUnknown));
}

#[test]
fn mistakes_are_found_with_their_places() {
    let at = |policy: &str, found: &str, message: &str| {
        let text = refused(policy);
        let line = format!("{BASE}{policy}").lines().position(|line| line.contains(found)).unwrap() + 1;
        assert!(text.contains(message), "{message}\n{text}");
        assert!(text.contains(&format!("policy.yaml:{line}:")), "line {line}\n{text}");
    };
    let with = |from: &str, to: &str| CARDS.replace(from, to);
    at(&with("credit-card", "credit-crad"), "- id: many", "did you mean `credit-card`?");
    at(&with("min_count", "min_cuont"), "min_cuont", "unknown member `min_cuont`");
    at(&with("min_count: 2", "min_count: many"), "min_count", "many");
    at(&with("min_count: 2", "min_count: -1"), "min_count", "-1");
    at(&with("min_count: 2", "min_confidence: 101"), "min_confidence", "101");
    at(&with("action: block", "action: blok"), "action: blok", "did you mean `block`?");
    at(&with("outside:", "outsiders:"), "outsiders", "did you mean `outside`?");
    at(
        &with("outside: [contoso.com]", "outside: [bob@contoso.com]"),
        "- id: many",
        "names the domain `bob@contoso.com`",
    );
    at(&with("outside: [contoso.com]", "domain: []"), "- id: many", "empty list");
    at(&with("exchange: {}", "exchagne: {}"), "exchagne", "exchagne");
    at(&with("locations: {exchange: {}}", "locations: {}"), "locations", "nothing is covered");
    at(&with("exchange: {}", "exchange: {groups: {only: [fiance]}}"), "fiance", "did you mean `finance`?");
    at(&with("exchange: {}", "exchange: {user: all}"), "user: all", "unknown member `user`");
    at(&with("calls: {tool: mail/send}", "calls: {}"), "calls", "`calls` says nothing");
    at(&with("calls: {tool: mail/send}", "calls: {tools: mail/send}"), "calls", "unknown member `tools`");
    at(&with("calls: {tool: mail/send}", "mode: simulated"), "mode", "did you mean `simulation`?");
    at(&with("id: cards", "id: a/b"), "id: a/b", "is no id of a data-loss policy");
    at(&with("id: many", "id: a/b"), "- id: a/b", "is no id of a data-loss policy");
    at(&with("    priority: 0\n    calls", "    calls"), "- id: cards", "has no `priority`");
    at(&with("        priority: 0\n", ""), "- id: many", "priority");
    at(
        &with("action: block", "action: redact").replace("{sensitive: {type: credit-card, min_count: 2}}, ", ""),
        "- id: many",
        "no sensitive type",
    );
    at(&with("exchange: {}", "exchange: {}, copilot: {}"), "- id: cards", "covers `copilot` and other locations");
    at(&with("tip: Several", "when: x\n        tip: Several"), "when: x", "`when`");
    // Two of a kind.
    let twice = |text: &str| format!("{CARDS}{text}");
    let another = "      - {id: many, priority: 1, when: {sensitive: {type: us-ssn}}}\n";
    at(&twice(another), "- {id: many", "here twice");
    at(&twice(&another.replace("many, priority: 1", "other, priority: 0")), "- {id: other", "the priority 0");
    let policies = "  - {id: other, priority: 0, locations: {apps: {}}, rules: [{id: r, priority: 0, when: {label: {any_of: [secret]}}}]}\n";
    at(&twice(policies), "id: other", "the priority 0");
    at(
        &twice(&policies.replace("secret", "sercet").replace("priority: 0, loc", "priority: 1, loc")),
        "sercet",
        "did you mean `secret`?",
    );
    // Types of one's own.
    let own = |kind: &str| format!("sensitive_types: [{kind}]\n");
    at(&own("{id: x, patterns: []}"), "patterns: []", "needs 1 to 32 patterns");
    at(&own("{id: x, patterns: [{confidence: 75, regex: \"a*\"}]}"), "a*", "x");
    at(&own("{id: Credit Card, patterns: [{confidence: 75, regex: \"abc\"}]}"), "Credit Card", "defined twice");
    at(&own("{id: x, pattern: []}"), "pattern:", "unknown member `pattern`");
}

#[test]
fn depth_and_size_are_bounded() {
    let mut deep = String::new();
    for _ in 0..70 {
        deep.push_str("{not: ");
    }
    deep.push_str("{label: {any_of: [secret]}}");
    deep.push_str(&"}".repeat(70));
    let text = CARDS.replace(
        "{all: [{sensitive: {type: credit-card, min_count: 2}}, {recipient: {outside: [contoso.com]}}]}",
        &deep,
    );
    assert!(refused(&text).contains("document.too_deep"));
    let mut wide = String::from("{any: [");
    for at in 0..20_000 {
        write!(wide, "{{recipient: {{domain: [d{at}.example]}}}}, ").unwrap();
    }
    wide.push_str("]}");
    let text = CARDS.replace(
        "{all: [{sensitive: {type: credit-card, min_count: 2}}, {recipient: {outside: [contoso.com]}}]}",
        &wide,
    );
    assert!(refused(&text).contains("cannot become a condition"));
    let limits = {
        let mut limits = Limits::default();
        limits.rules = 1;
        limits
    };
    let two = format!("{CARDS}      - {{id: other, priority: 1, when: {{sensitive: {{type: us-ssn}}}}}}\n");
    let text = format!("{BASE}{two}");
    let refused = document::load([("p.yaml", text.as_str())], &limits).unwrap_err().to_string();
    assert!(refused.contains("more than 1 rules in data-loss policies"), "{refused}");
}

#[test]
fn what_never_matters_is_warned_of() {
    let text = r#"
data_loss:
  - id: odd
    priority: 0
    locations: {exchange: {agents: {only: [a0]}}}
    rules:
      - {id: stops, priority: 0, stop: true, when: {sensitive: {type: us-ssn, max_count: 9}}, action: block}
      - {id: idle, priority: 1, when: {label: {any_of: [secret]}}}
      - {id: elsewhere, priority: 2, when: {label: {any_of: [secret]}}, action: audit, activities: {print: block}}
      - {id: fine, priority: 3, when: {not: {sensitive: {type: us-ssn, max_count: 9}}}, action: block}
"#;
    let warnings = policy(text).warnings().to_string();
    for message in [
        "`agents` narrows nothing",
        "`stop` changes nothing",
        "`max_count`",
        "the rule does nothing",
        "`activities` and `authorised`",
    ] {
        assert_eq!(warnings.matches(message).count(), 1, "{message}\n{warnings}");
    }
    assert_eq!(warnings.matches("lint.data_loss_ignored").count(), 5, "{warnings}");
}

/// What a call carries follows from its arguments: for a list of tools it is as open as they are.
#[test]
fn a_tool_is_listed_if_some_content_may_go() {
    let listed = |text: &str| {
        let engine = Engine::of(&policy(text));
        let request = Request::new(Link::agent("a0"), "tools/list", Target::new("mcp_server", "mail"))
            .fact(slot::CONTENT_LOCATION, "exchange");
        engine.list_tools(&request).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed(""), ["files/read", "mail/send"]);
    for text in [CARDS, OVERRIDE, REDACT] {
        assert_eq!(listed(text), ["files/read", "mail/send"], "{text}");
    }
    // A fact that has nothing to do with arguments.
    let risky = CARDS.replace(
        "{all: [{sensitive: {type: credit-card, min_count: 2}}, {recipient: {outside: [contoso.com]}}]}",
        "{insider-risk: [none]}",
    );
    assert_eq!(listed(&risky), ["files/read", "mail/send"], "where it goes is open");
}

#[test]
fn what_if_tries_findings() {
    let engine = Engine::of(&policy(CARDS));
    let content = json!({"content": {"location": "exchange", "recipients": ["eve@fabrikam.com"]}});
    let bytes = call(&ada(), "mail/send", &content).to_string();
    let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
    let told = engine.what_if(&request).to_string();
    assert!(told.contains("nothing that rules look for: allow"), "{told}");
    assert!(told.contains("much of all that rules look for: deny"), "{told}");
}

/// A change of a label is a call like any other, with the new label among its arguments, which approvals bind: lowering one asks for a
/// reason and, of an agent, for its sponsor's approval.
#[test]
fn a_downgrade_needs_a_reason_and_of_agents_an_approval() {
    let text = BASE.replace(
        "rules: [{id: everything, effect: permit, action: \"**\"}]\n",
        r#"  - server: files
    name: set_label
    effects: [mutate]
    assigned: [{type: user}, {type: agent}]
    flow: {parameters: {label: {role: selector}}, output: {label: public, trust: user}}
flow: {prompt: {label: public, trust: user}}
rules:
  - {id: everything, effect: permit, action: "**"}
  - id: downgrades-are-justified
    effect: require
    tool: files/set_label
    resource: {type: file}
    when: &downgrade |
      !(arguments.label == "secret"
        || arguments.label == "internal" && resource.label <= label("internal") && flow.label <= label("internal")
        || arguments.label == "public" && resource.label <= label("public") && flow.label <= label("public"))
    require: {control: justification}
  - id: downgrades-by-agents-are-approved
    effect: require
    subject: [{type: agent}, {type: agent_user}, {type: workload}]
    tool: files/set_label
    resource: {type: file}
    when: *downgrade
    require: {approval: sponsor}
"#,
    );
    let policy = document::load([("p.yaml", text.as_str())], &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let put = |subject: &Json, from: Json, to: &str, read: &Json| {
        let mut context = json!({});
        if !read.is_null() {
            context["flow"] = json!({"labels": {"label": read, "trust": "user"}});
        }
        context["targets"] = json!([{"type": "file", "id": "f", "properties": {"label": from}}]);
        let resource = json!({"type": "tool", "id": "files/set_label"});
        let action = json!({"name": "tools/call", "properties": {"arguments": {"label": to}}});
        let request = json!({"subject": subject, "action": action, "resource": resource, "context": context});
        answer(&engine, &request).context.verdict
    };
    let (public, internal, secret) = (json!("public"), json!("internal"), json!("secret"));
    assert_eq!(put(&ada(), internal.clone(), "secret", &public), "allow");
    assert_eq!(put(&agent(), internal.clone(), "secret", &secret), "allow");
    assert_eq!(put(&agent(), public.clone(), "internal", &public), "allow");
    assert_eq!(put(&ada(), secret.clone(), "internal", &public), "step_up");
    assert_eq!(put(&agent(), secret.clone(), "internal", &public), "defer");
    assert_eq!(put(&for_ada(), secret, "internal", &public), "defer");
    // Below what the session has read; what it has read is unknown; the item has no label; a label that is none.
    assert_eq!(put(&agent(), public.clone(), "public", &internal), "defer");
    assert_eq!(put(&ada(), public.clone(), "internal", &Json::Null), "step_up");
    assert_eq!(put(&ada(), Json::Null, "internal", &public), "step_up");
    assert_eq!(put(&ada(), public.clone(), "sercet", &public), "step_up");
}
