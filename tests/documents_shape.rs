//! Documents without mistakes: what they mean depends neither on YAML or JSON nor on the order of anything (law 3).
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests"
)]

use placet::document::{self, Document, TestRequest, Validated};
use placet::{Limits, identity, rule};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const EVERYTHING: &str = include_str!("fixtures/everything.yaml");

fn parse(name: &str, text: &str) -> Document {
    document::parse(name, text, &Limits::default()).unwrap_or_else(|findings| panic!("{findings}"))
}

fn load(name: &str, text: &str) -> Validated {
    document::load([(name, text)], &Limits::default()).unwrap_or_else(|findings| panic!("{findings}"))
}

/// All that a policy means, without places.
fn meaning(policy: &Validated) -> String {
    let rules: Vec<_> = policy.rules().iter().map(|r| rule::Rule { span: Default::default(), ..r.clone() }).collect();
    let tests: Vec<_> = policy.tests().iter().map(|t| (&t.name, &t.request, &t.verdict, &t.reasons)).collect();
    let schema: Vec<_> = policy.schema().declarations().iter().map(|d| (&d.path, &d.ty)).collect();
    let flow = placet::flow::Policy { span: Default::default(), ..policy.flow().clone() };
    format!(
        "{rules:#?}{tests:#?}{schema:#?}{flow:#?}{:#?}{:#?}{:#?}{}{}",
        policy.taxonomy(),
        policy.assumptions(),
        policy.entities(),
        policy.digest(),
        policy.entities_digest()
    )
}

#[test]
fn yaml_and_json_are_one_shape() {
    let yaml = parse("p.yaml", EVERYTHING);
    let json = serde_json::to_string_pretty(&yaml).unwrap();
    let again = parse("p.json", &json);
    assert_eq!(yaml, again);
    // JSON is YAML too, and serde can read what it wrote.
    assert_eq!(yaml, parse("p.yaml", &json));
    assert_eq!(yaml, serde_json::from_str(&json).unwrap());
    assert_eq!(meaning(&load("p.yaml", EVERYTHING)), meaning(&load("p.json", &json)));
    let by_host = document::validate(vec![yaml], &Limits::default()).unwrap();
    assert_eq!(meaning(&by_host), meaning(&load("p.yaml", EVERYTHING)));
}

#[test]
fn every_member_is_exercised() {
    // A member that is added to the shape must be added to the fixture, and so to the tests that use it.
    let json = serde_json::to_value(parse("p.yaml", EVERYTHING)).unwrap();
    let written = format!("{json}");
    let reference = include_str!("../docs/documents.md");
    let shapes = [include_str!("../src/document/schema.rs"), include_str!("../src/document/schema/flow.rs")];
    for line in shapes.iter().flat_map(|shape| shape.lines().skip_while(|line| !line.starts_with("shapes!"))) {
        let Some((name, _)) = line.trim().strip_prefix("pub ").and_then(|rest| rest.split_once(':')) else { continue };
        let name = name.trim_start_matches("r#");
        assert!(written.contains(&format!("\"{name}\"")), "`{name}` is not in fixtures/everything.yaml");
        assert!(
            reference.contains(&format!("{name}:")) || reference.contains(&format!("`{name}`")),
            "`{name}` is not in docs/documents.md"
        );
    }
}

#[test]
fn examples_of_the_reference() {
    let mut blocks = 0;
    for block in include_str!("../docs/documents.md").split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        blocks += 1;
        match block.split(':').next().unwrap() {
            "version" => {
                load("p.yaml", block);
            }
            "subject" | "require" => {
                let indented = block.lines().map(|line| format!("    {line}\n")).collect::<String>();
                let effect = if block.starts_with("require") { "require" } else { "permit" };
                load("p.yaml", &format!("version: 1\nrules:\n  - id: r\n    effect: {effect}\n{indented}"));
            }
            _ => {
                parse("p.yaml", &format!("version: 1\n{block}"));
            }
        }
    }
    assert!(blocks > 15);
}

#[test]
fn what_everything_means() {
    let policy = load("p.yaml", EVERYTHING);
    let taxonomy = policy.taxonomy();
    assert_eq!(
        taxonomy.names().collect::<Vec<_>>(),
        ["confidential", "finance-records", "hr-records", "public", "secret"]
    );
    assert!(taxonomy.get("confidential") < taxonomy.get("hr-records"));
    let entities = policy.entities();
    let agent = &entities.agents[0];
    assert_eq!(agent.id.as_str(), "helpdesk-1");
    assert!(matches!(&agent.sponsor, Some(identity::Sponsor::Group(g)) if g.as_str() == "support"));
    let limits = format!("{:?}", agent.attributes.get("limits").unwrap());
    assert!(limits.contains("Int(100)") && limits.contains("Double(0.5)") && limits.contains("Null"), "{limits}");
    // YAML 1.2: `on` is a key like any other and `no` a text.
    assert!(limits.contains("String(\"on\")") && limits.contains("String(\"no\")"), "{limits}");
    assert_eq!(entities.tools.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["mail/send", "tickets/read"]);
    assert_eq!(entities.grants[0].scope.resources.len(), 2);
    let lowered: Vec<&str> =
        policy.rules().iter().filter(|r| r.source == rule::Source::DataLoss).map(|r| r.id.as_str()).collect();
    assert_eq!(
        lowered,
        [
            "data_loss/leaving-by-mail/numbers/audit",
            "data_loss/leaving-by-mail/numbers/block",
            "data_loss/leaving-by-mail/numbers/override",
            "data_loss/leaving-by-mail/numbers/override/approval",
            "data_loss/leaving-by-mail/people/redact",
            "data_loss/leaving-by-mail/risky/warn",
        ]
    );
    let rules: Vec<_> = policy.rules().iter().filter(|r| r.source != rule::Source::DataLoss).collect();
    assert_eq!(
        rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(),
        [
            "access/no-risky-agents/agents/block",
            "access/second-factor/agent_users_as_users/mfa_or_compliant_device",
            "access/second-factor/users/mfa_or_compliant_device",
            "careful",
            "files-through-mail",
            "support-reads-tickets"
        ]
    );
    // The rules that were written; those that the access policies became come first.
    let rules = &rules[3..];
    assert_eq!(rules[0].requirements.len(), 6);
    assert_eq!((rules[1].mode, rules[1].effect), (rule::Mode::ReportOnly, rule::Effect::Forbid));
    assert_eq!(policy.assumptions().len(), 2);
    assert_eq!(policy.schema().declarations().len(), placet::fact::slot::COUNT + 10);
    let reference = TestRequest::Reference { file: "requests.jsonl".to_owned(), id: "eval-1".to_owned() };
    assert_eq!(policy.tests()[0].request, reference);
    assert_eq!(policy.name(rules[0].span.file), "p.yaml");
    assert!(rules[0].span.line > 100);
}

#[test]
fn arguments_of_tools() {
    let ty = |schema: Value| placet::tool::arguments_type(&schema).to_string();
    assert_eq!(ty(json!({"type": "object", "properties": {"a": {"type": "number"}}})), "record");
    assert_eq!(ty(json!({"type": "object", "properties": {}, "additionalProperties": true})), "map(string, dyn)");
    assert_eq!(ty(json!({"type": "object"})), "map(string, dyn)");
    assert_eq!(ty(json!({"type": "array", "items": {"type": "integer"}})), "list(int)");
    assert_eq!(ty(json!({"type": "array"})), "list(dyn)");
    assert_eq!(ty(json!({"type": "number"})), "double");
    for unsure in [
        json!(true),
        json!({}),
        json!({"type": ["string", "null"]}),
        json!({"$ref": "#/x"}),
        json!({"type": "object", "anyOf": []}),
    ] {
        assert_eq!(ty(unsure), "dyn");
    }
}

#[test]
fn digests_name_what_decides() {
    let policy = load("p.yaml", EVERYTHING);
    assert!(policy.digest().starts_with("sha256:") && policy.digest().len() == 71);
    let changed = |from: &str, to: &str| {
        assert!(EVERYTHING.contains(from));
        let other = load("p.yaml", &EVERYTHING.replace(from, to));
        (other.digest() != policy.digest(), other.entities_digest() != policy.entities_digest())
    };
    assert_eq!(changed("report-only", "enforce"), (true, false));
    assert_eq!(changed("order: 20", "order: 30"), (true, false));
    assert_eq!(changed("value: none", "value: low"), (true, false));
    assert_eq!(changed("action: warn", "action: block"), (true, false));
    assert_eq!(changed("B[0-9]{7}", "B[0-9]{8}"), (true, false));
    assert_eq!(changed("sla: duration", "sla: string"), (true, false));
    assert_eq!(changed("country: PT", "country: ES"), (false, true));
    assert_eq!(changed("2026-12-01", "2026-12-02"), (false, true));
    assert_eq!(changed("verdict: deny", "verdict: allow"), (false, false));
    assert_eq!(changed("# Every member", "# All members"), (false, false));
    assert_eq!(changed("effects: [read]", "effects:\n      - read"), (false, false));
}

#[test]
fn null_is_a_value_where_values_are() {
    let text = "version: 1\nrules:\n  - {id: r, effect: require, action: x, require: {narrow: {argument: /a, to: null}}}\n\
                assume: [{fact: risk.user, value: null, reason: none yet}]\n";
    let policy = load("p.yaml", text);
    assert!(matches!(&policy.rules()[0].requirements[0], rule::Requirement::Narrow { to: Value::Null, .. }));
    assert!(matches!(policy.assumptions()[0].value, placet::value::Value::Null));
}

/// JSON text of a value with the members of its objects in an order drawn from `seed`, and lists of items too.
fn shuffled(value: &Value, seed: &mut u64, depth: usize, out: &mut String) {
    let mut draw = |n: usize| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % n
    };
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            for i in (1..members.len()).rev() {
                members.swap(i, draw(i + 1));
            }
            out.push('{');
            for (i, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&json!(name).to_string());
                out.push(':');
                shuffled(value, seed, depth + 1, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            let mut items: Vec<&Value> = items.iter().collect();
            // Rules, agents and so on; deeper lists have an order of their own.
            for i in (1..items.len()).rev().filter(|_| depth == 1) {
                items.swap(i, draw(i + 1));
            }
            out.push('[');
            for (i, item) in items.into_iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                shuffled(item, seed, depth + 1, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// Splits the sections of a document over three documents.
fn split(everything: &Value, seed: u64) -> Vec<Value> {
    let mut parts: Vec<Map<String, Value>> = vec![Map::new(); 3];
    for part in &mut parts {
        part.insert("version".to_owned(), json!(1));
    }
    let mut next = seed as usize;
    for (section, value) in everything.as_object().unwrap().iter().filter(|(name, _)| *name != "version") {
        match value {
            Value::Array(items) => {
                for item in items {
                    next = next.wrapping_mul(31).wrapping_add(7);
                    let list = parts[next % 3].entry(section).or_insert_with(|| json!([]));
                    list.as_array_mut().unwrap().push(item.clone());
                }
            }
            other => {
                parts[next % 3].insert(section.clone(), other.clone());
            }
        }
    }
    parts.into_iter().map(Value::Object).collect()
}

/// A JSON value, without duplicate keys.
fn any_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z \"\\\\é🦀]{0,6}", inner, 0..4).prop_map(|m| m.into_iter().collect()),
        ]
    })
}

/// Characters of JSON in no order.
fn near_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\"",
        "\"\\n\"",
        "\"\\u00e9\"",
        "\"\\ud83e\\udd80\"",
        "\"\\ud83e\"",
        "\"\\x\"",
        "0",
        "-0",
        "01",
        "1.0",
        "1.",
        ".5",
        "1e5",
        "1E+5",
        "1e",
        "-",
        "true",
        "nul",
        "null",
        "false",
        " ",
        "\n",
        "\t",
        "\u{b}",
        "é",
        "\"é",
        "'a'",
        "/",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e400",
    ]);
    prop::collection::vec(token, 1..8).prop_map(|tokens| tokens.concat())
}

fn attribute(text: &str) -> Result<Value, ()> {
    let document = format!("{{\"version\":1,\"agents\":[{{\"id\":\"a\",\"attributes\":{{\"x\":{text}}}}}]}}");
    let document = document::parse("p.json", &document, &Limits::default()).map_err(|_| ())?;
    document.agents.first().and_then(|a| a.attributes.get("x")).cloned().ok_or(())
}

proptest! {
    /// Law 3, *order-free*, for documents.
    #[test]
    fn law_order_free(seed in any::<u64>()) {
        let everything = serde_json::to_value(parse("p.yaml", EVERYTHING)).unwrap();
        let expected = meaning(&load("p.yaml", EVERYTHING));
        let mut seed = seed;
        let mut texts: Vec<(String, String)> = Vec::new();
        for (i, part) in split(&everything, seed).iter().enumerate() {
            let mut text = String::new();
            shuffled(part, &mut seed, 0, &mut text);
            texts.push((format!("{i}.json"), text));
        }
        let forth = document::load(texts.clone(), &Limits::default()).unwrap();
        prop_assert_eq!(&expected, &meaning(&forth));
        texts.reverse();
        let back = document::load(texts, &Limits::default()).unwrap();
        prop_assert_eq!(format!("{:?}", forth.rules()), format!("{:?}", back.rules()));
        prop_assert_eq!(forth.warnings(), back.warnings());
    }

    /// The reader of JSON accepts what `serde_json` accepts, and reads the same from it.
    #[test]
    fn json_as_serde_json_reads_it(value in any_json()) {
        let text = value.to_string();
        let expected: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(attribute(&text), Ok(expected));
    }

    #[test]
    fn json_refused_as_serde_json_refuses_it(text in near_json()) {
        let whole = format!("[{text}]");
        // Two things differ on purpose: `-0` is the integer 0, and keys are unique.
        prop_assume!(!text.contains("-0") && text.matches(':').count() < 2);
        match serde_json::from_str::<Value>(&whole) {
            Ok(expected) => prop_assert_eq!(attribute(&whole), Ok(expected)),
            Err(_) => prop_assert_eq!(attribute(&whole), Err(())),
        }
    }

    /// JSON is YAML: both readers agree on it.
    #[test]
    fn yaml_reads_json(value in any_json()) {
        let document = json!({"version": 1, "agents": [{"id": "a", "attributes": {"x": value}}]}).to_string();
        let limits = Limits::default();
        // YAML allows no control characters, even in quotes, and keys of at most 1,024 characters.
        if let Ok(yaml) = document::parse("p.yaml", &document, &limits) {
            prop_assert_eq!(yaml, document::parse("p.json", &document, &limits).unwrap());
        } else {
            prop_assert!(document.chars().any(|c| c.is_control()));
        }
    }

    /// Document to JSON to document is the identity.
    #[test]
    fn round_trip(value in any_json(), seed in any::<u64>()) {
        let mut text = String::new();
        let document = json!({"version": 1, "agents": [{"id": "a", "attributes": {"x": value}}], "rules": [{"id": "r", "action": ["x"]}]});
        let mut seed = seed;
        shuffled(&document, &mut seed, 0, &mut text);
        let parsed = parse("p.json", &text);
        prop_assert_eq!(&parsed, &parse("p.json", &serde_json::to_string(&parsed).unwrap()));
    }
}
