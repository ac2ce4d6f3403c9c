//! The index holds to the linear scan: on rule sets that are made to mislead it, the engine decides what the plain oracle decides.
//!
//! The worlds of `tests/laws.rs` have a dozen rules, which are looked at one after the other. Here sets have hundreds, and each leans
//! one way: everything `**`, all on one tool, groups in groups, globs over each other, long lists of alternatives, equal rules.
//! Requests are decided as they are, and prepared, with the resources registered or not.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and reads its settings"
)]

use placet::audit::{Keep, Record};
use placet::{Engine, Limits, Link, Request, Target, document};
use placet_oracle::world::Tape;
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const GROUPS: usize = 12;
const AGENTS: usize = 6;
const COUNTRIES: [&str; 5] = ["AA", "AB", "AC", "AD", "AE"];
const LABELS: [&str; 4] = ["l0", "l1", "l2", "l3"];
const SEGMENTS: [&str; 4] = ["x", "y", "z", "inv-1"];
const TYPES: [&str; 3] = ["file", "page", "mail"];

/// Which way a set leans.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lean {
    Evenly,
    Everything,
    OneTool,
    OneGroup,
    OnePath,
    Nested,
    Globs,
    Lists,
    Equal,
}

const LEANS: [Lean; 9] = [
    Lean::Evenly,
    Lean::Everything,
    Lean::OneTool,
    Lean::OneGroup,
    Lean::OnePath,
    Lean::Nested,
    Lean::Globs,
    Lean::Lists,
    Lean::Equal,
];

fn path(tape: &mut Tape<'_>) -> String {
    let root = tape.of(&["s3:/", "/", "", "share://h/"]);
    let segments: Vec<&str> = (0..=tape.pick(3)).map(|_| tape.of(&SEGMENTS)).collect();
    format!("{root}{}", segments.join("/"))
}

fn glob(tape: &mut Tape<'_>, lean: Lean) -> String {
    if lean == Lean::Everything {
        return "**".to_owned();
    }
    if lean == Lean::OnePath {
        return "s3:/x/**".to_owned();
    }
    if lean == Lean::Nested {
        let tree = tape.of(&["s3:/x", "s3:/x/**", "s3:/x/y", "s3:/x/y/**", "/y/**", "/y/x", "x/**", "x/z"]);
        return if tape.chance(2) { format!("{tree}/*") } else { tree.to_owned() };
    }
    let path = path(tape);
    match tape.pick(if lean == Lean::Globs { 10 } else { 4 }) {
        0 => path,
        1..=3 => format!("{path}/**"),
        4 => format!("{path}/*"),
        5 => format!("**/{}", tape.of(&SEGMENTS)),
        6 => format!("{path}{{,/**}}"),
        7 => format!("{path}/[xy]/**"),
        8 => "**/inv-*".to_owned(),
        _ => format!("s3:/*/{}/**", tape.of(&SEGMENTS)),
    }
}

fn tool(tape: &mut Tape<'_>) -> String {
    format!("s{}/t{}", tape.pick(3), tape.pick(4))
}

fn action(tape: &mut Tape<'_>, lean: Lean) -> String {
    match (lean, tape.pick(8)) {
        (Lean::OneTool, _) => "s0/t0".to_owned(),
        (_, 0) => "**".to_owned(),
        (_, 1 | 2) => format!("s{}/*", tape.pick(3)),
        (_, 3) => "tools/call".to_owned(),
        _ => tool(tape),
    }
}

fn subject(tape: &mut Tape<'_>, lean: Lean) -> Value {
    match (lean, tape.pick(8)) {
        (Lean::OneGroup, _) => json!({"group": "g0"}),
        (_, 0) => json!({"agent": format!("a{}", tape.pick(AGENTS))}),
        (_, 1) => json!({"agent": "a*"}),
        (_, 2) => json!({"type": "agent"}),
        (_, 3) => json!({"user": "ada"}),
        _ => json!({"group": format!("g{}", tape.pick(GROUPS))}),
    }
}

fn resource(tape: &mut Tape<'_>, lean: Lean) -> Value {
    let mut head = Map::new();
    if lean == Lean::Nested || tape.chance(80) {
        head.insert("id".into(), glob(tape, lean).into());
    }
    if tape.chance(30) || head.is_empty() {
        head.insert("type".into(), tape.of(&TYPES).into());
    }
    if tape.chance(30) {
        head.insert("label".into(), json!({tape.of(&["at_most", "at_least"]): tape.of(&LABELS)}));
    }
    if tape.chance(10) {
        head.insert("in".into(), json!({"type": "file", "id": "s3:/x"}));
    }
    head.into()
}

fn condition(tape: &mut Tape<'_>) -> Option<String> {
    let country = format!("location.country == \"{}\"", tape.of(&COUNTRIES));
    match tape.pick(8) {
        0 | 1 => Some(country),
        2 => Some(format!("{country} && risk.user >= \"medium\"")),
        3 => Some("device.compliant".to_owned()),
        4 => Some("resource.label >= label(\"l2\") || risk.agent >= \"high\"".to_owned()),
        5 => Some("principal.groups.exists(g, g == \"g3\")".to_owned()),
        _ => None,
    }
}

fn several(tape: &mut Tape<'_>, lean: Lean, one: fn(&mut Tape<'_>, Lean) -> Value) -> Value {
    let count = if lean == Lean::Lists { 1 + tape.pick(9) } else { 1 };
    let items: Vec<Value> = (0..count).map(|_| one(tape, lean)).collect();
    if let [only] = items.as_slice() { only.clone() } else { items.into() }
}

fn rule(tape: &mut Tape<'_>, lean: Lean) -> Map<String, Value> {
    let mut rule = Map::new();
    let effect = tape.of(&["permit", "permit", "permit", "forbid", "forbid", "require"]);
    rule.insert("effect".into(), effect.into());
    if effect == "require" {
        rule.insert("require".into(), json!([{"control": "mfa"}]));
    }
    if tape.chance(10) {
        rule.insert("mode".into(), "report-only".into());
    }
    if tape.chance(80) {
        rule.insert("subject".into(), several(tape, lean, subject));
    }
    if tape.chance(70) {
        rule.insert("action".into(), several(tape, lean, |tape, lean| action(tape, lean).into()));
    }
    if tape.chance(15) {
        rule.insert("tool".into(), tool(tape).into());
    }
    if tape.chance(80) {
        rule.insert("resource".into(), several(tape, lean, resource));
    }
    if let Some(when) = condition(tape) {
        rule.insert("when".into(), when.into());
    }
    rule
}

fn world(tape: &mut Tape<'_>, lean: Lean, count: usize, registered: &[(String, String)]) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    let mut last = Map::new();
    for at in 0..count {
        if last.is_empty() || !tape.chance(if lean == Lean::Equal { 80 } else { 10 }) {
            last = rule(tape, lean);
        }
        let mut rule = last.clone();
        // Ids are not in the order of the rules.
        rule.insert("id".into(), format!("r{}", at * 7919 % 1000).into());
        rules.push(rule.into());
    }
    let mut resources = vec![json!({"type": "file", "id": "s3:/x"})];
    for (kind, id) in registered {
        if (kind.as_str(), id.as_str()) != ("file", "s3:/x") {
            let mut resource = json!({"type": kind, "id": id, "containers": [{"type": "file", "id": "s3:/x"}]});
            if tape.chance(50) {
                resource["label"] = tape.of(&LABELS).into();
            }
            resources.push(resource);
        }
    }
    json!({
        "version": 1,
        "labels": LABELS.iter().enumerate().map(|(order, id)| json!({"id": id, "order": order})).collect::<Vec<_>>(),
        "groups": (0..GROUPS).map(|g| match g {
            0 | 7 => json!({"id": format!("g{g}")}),
            _ => json!({"id": format!("g{g}"), "groups": [format!("g{}", g - 1)]}),
        }).collect::<Vec<_>>(),
        "users": [{"id": "ada", "groups": ["g4"]}],
        "agents": (0..AGENTS)
            .map(|a| json!({"id": format!("a{a}"), "sponsor": "ada", "groups": [format!("g{}", a * 2 + 1)]}))
            .collect::<Vec<_>>(),
        "servers": [{"id": "s0"}],
        "tools": [{"server": "s0", "name": "t0", "assigned": {"type": "agent"}}],
        "resources": resources,
        "rules": rules,
    })
}

fn target(tape: &mut Tape<'_>) -> Value {
    if tape.chance(10) {
        return json!({"type": "tool", "id": tool(tape)});
    }
    let mut target = json!({"type": tape.of(&TYPES), "id": path(tape)});
    if tape.chance(60) {
        target["properties"] = json!({"label": tape.of(&LABELS)});
    }
    target
}

fn request(tape: &mut Tape<'_>) -> Value {
    let agent = format!("a{}", tape.pick(AGENTS + 1));
    let mut subject = json!({"type": "agent", "id": agent});
    if tape.chance(30) {
        subject = json!({"type": "user", "id": tape.of(&["ada", "eve"]), "properties": {
            "act": {"sub": agent, "sub_profile": "ai_agent"},
        }});
    }
    if tape.chance(15) {
        subject["properties"]["groups"] = json!(["g3", "g11"]);
    }
    let mut context = Map::new();
    if tape.chance(80) {
        context.insert("location".into(), json!({"country": tape.of(&COUNTRIES)}));
    }
    if tape.chance(80) {
        context.insert("risk".into(), json!({"user": tape.of(&["none", "high"]), "agent": tape.of(&["none", "high"])}));
    }
    if tape.chance(80) {
        context.insert("device".into(), json!({"compliant": tape.chance(70)}));
    }
    if tape.chance(20) {
        context.insert("targets".into(), json!([target(tape)]));
    }
    let name = if tape.chance(20) { "tools/call".to_owned() } else { tool(tape) };
    json!({"subject": subject, "action": {"name": name}, "resource": target(tape), "context": context})
}

/// The resource of a request, built in Rust.
fn resource_of<'v>(request: &'v Value, engine: &Engine) -> Target<'v> {
    let text = |member: &str| request["resource"][member].as_str().unwrap_or_default();
    let target = Target::new(text("type"), text("id"));
    match request["resource"]["properties"]["label"].as_str() {
        Some(label) => target.labelled(engine.policy().vocabulary(), label),
        None => target,
    }
}

/// The resources of a request.
fn names(request: &Value) -> Vec<(String, String)> {
    let targets = request["context"]["targets"].as_array().into_iter().flatten();
    let all = core::iter::once(&request["resource"]).chain(targets);
    let data = all.filter(|resource| resource["type"] != "tool");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    data.map(|resource| (text(&resource["type"]), text(&resource["id"]))).collect()
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(default))
    }
}

/// Rules that are judged as one are told apart in reasons and records, in the order of their ids, each once.
#[test]
fn equal_rules_are_named_each() {
    let text = r#"
version: 1
rules:
  - {id: c, effect: forbid, action: "s0/*", message: third}
  - {id: a, effect: forbid, action: "s0/*", message: first}
  - {id: b, effect: forbid, action: "s0/t0"}
  - {id: d, effect: forbid, action: ["s0/*", "s1/*"]}
  - {id: e, effect: forbid, action: "s0/*", mode: report-only}
  - {id: p, effect: permit, action: "**"}
"#;
    let policy = document::load([("policy.yaml", text)], &Limits::default()).expect("a sound policy");
    let engine = Engine::of(&policy);
    let request = Request::new(Link::user("ada"), "s0/t0", Target::new("page", "x")).target(Target::new("page", "y"));
    let decision = engine.decide(&request);
    let named: Vec<(&str, &str)> =
        decision.reasons().filter_map(|reason| Some((reason.rule?.id(), reason.message()))).collect();
    let ids: Vec<&str> = named.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    assert_eq!((named[0].1, named[2].1), ("first", "third"));
    let record = Record::new(&decision, &request, Keep::Digests);
    let recorded: Vec<(Option<&str>, u16)> =
        record.reasons.iter().map(|reason| (reason.rule.as_deref(), reason.resource)).collect();
    let each = ["a", "b", "c", "d"].into_iter().flat_map(|id| [(Some(id), 0), (Some(id), 1)]);
    assert_eq!(recorded, each.collect::<Vec<_>>());
    assert_eq!(decision.reported().map(|rule| rule.id()).collect::<Vec<_>>(), ["e"]);
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn indexed_is_linear(
        numbers in proptest::collection::vec(any::<u16>(), 400..6_000),
        lean in prop::sample::select(LEANS.to_vec()),
        count in prop::sample::select(vec![12usize, 40, 120, 300]),
        registers in any::<bool>(),
    ) {
        let (head, rest) = numbers.split_at(200);
        let mut asked = Tape::new(head);
        let requests: Vec<Value> = (0..6).map(|_| request(&mut asked)).collect();
        let mut registered: Vec<(String, String)> = requests.iter().filter(|_| registers).flat_map(names).collect();
        registered.sort();
        registered.dedup();
        let document = world(&mut Tape::new(rest), lean, count, &registered);
        let text = document.to_string();
        let policy = document::load([("world.json", text.as_str())], &Limits::default())
            .unwrap_or_else(|error| panic!("the generator made a wrong document:\n{error}\n{document:#}"));
        let (engine, oracle) = (Engine::of(&policy), Oracle::new(&policy));
        for request in &requests {
            let bytes = request.to_string();
            let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            prop_assert!(asked.defect().is_none(), "{:?} {:#}", asked.defect(), request);
            let (compiled, plain) = (Outcome::of(&engine.decide(&asked)), oracle.decide(&asked));
            prop_assert_eq!(engine.prepare(&asked).decide(), engine.decide(&asked));
            prop_assert_eq!(&compiled, &plain, "engine (left) and oracle (right), {:?}:\n{:#}\n{:#}", lean, document, request);
            // The same call on the resources of the others, at once and one by one.
            let resources: Vec<Target<'_>> = requests.iter().map(|other| resource_of(other, &engine)).collect();
            let mut at_once = Vec::new();
            engine.decide_each(&asked, &resources, |at, decision| at_once.push((at, decision)));
            prop_assert_eq!(at_once.len(), requests.len());
            for (at, decision) in at_once {
                let mut single = request.clone();
                single["resource"] = requests[at]["resource"].clone();
                let bytes = single.to_string();
                let single = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
                prop_assert_eq!(decision, engine.decide(&single));
            }
        }
    }
}
