//! Answers that are found once for each call say what the conditions and heads say that ask them.
//!
//! A policy numbers the questions that its rules ask most (64 of them) and the facts of a call answer them at once. Here policies ask more than
//! that, of every kind and in every mixture, calls say facts, say them null, leave them out or give lists too long to be looked
//! through, and the engine must decide what the plain oracle decides.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and reads its settings"
)]

use placet::{Engine, Limits, Request, document};
use placet_oracle::world::Tape;
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const LABELS: [&str; 4] = ["l0", "l1", "l2", "l3"];
const RISKS: [&str; 4] = ["none", "low", "medium", "high"];
const TYPES: [&str; 4] = ["file", "page", "mail", "note"];
const IDS: [&str; 4] = ["s3:/x/y/1", "s3:/x/z/2", "s3:/w/1", "loose"];
/// Of so many words a policy asks for each.
const WORDS: usize = 40;

fn word(tape: &mut Tape<'_>) -> String {
    format!("w{}", tape.pick(WORDS))
}

/// A question to one fact, or something like one.
fn question(tape: &mut Tape<'_>) -> String {
    let asked = match tape.pick(14) {
        0 => "device.compliant".to_owned(),
        1 => "authentication.mfa".to_owned(),
        2 => format!("risk.user {} \"{}\"", tape.of(&["<", "<=", ">", ">=", "==", "!="]), tape.of(&RISKS)),
        3 => format!("risk.agent {} \"{}\"", tape.of(&["<", ">=", "=="]), tape.of(&RISKS)),
        4 => format!("location.country {} \"{}\"", tape.of(&["==", "!="]), word(tape)),
        5 => format!("location.country in [\"{}\", \"{}\"]", word(tape), word(tape)),
        6 | 7 => format!("\"{}\" in authentication.scopes", word(tape)),
        8 => {
            let order = tape.of(&["<", "<=", ">", ">=", "==", "!="]);
            format!("context.hour {order} {}", tape.pick(9) * 3)
        }
        9 => format!("resource.label {} label(\"{}\")", tape.of(&["<", "<=", ">", ">=", "=="]), tape.of(&LABELS)),
        10 => format!("subject.type == \"{}\"", tape.of(&["user", "agent"])),
        11 => format!("resource.type == \"{}\"", tape.of(&TYPES)),
        12 => "location.country == null".to_owned(),
        _ => format!("\"{}\" in principal.groups", tape.of(&["g0", "g1"])),
    };
    if tape.chance(25) { format!("!({asked})") } else { asked }
}

fn condition(tape: &mut Tape<'_>) -> String {
    let operands: Vec<String> = (0..=tape.pick(4))
        .map(|_| match tape.pick(4) {
            0 => {
                let any: Vec<String> = (0..=1 + tape.pick(2)).map(|_| question(tape)).collect();
                format!("({})", any.join(" || "))
            }
            _ => question(tape),
        })
        .collect();
    operands.join(" && ")
}

fn head(tape: &mut Tape<'_>) -> Value {
    let mut head = Map::new();
    if tape.chance(70) {
        head.insert(
            "id".into(),
            tape.of(&["s3:/x/**", "s3:/x/y/**", "s3:/x/y/1", "s3:/**", "loose", "s3:/*/z/**"]).into(),
        );
    }
    if tape.chance(40) || head.is_empty() {
        head.insert("type".into(), tape.of(&TYPES).into());
    }
    if tape.chance(40) {
        head.insert("label".into(), json!({tape.of(&["at_most", "at_least"]): tape.of(&LABELS)}));
    }
    head.into()
}

fn rule(tape: &mut Tape<'_>, at: usize) -> Value {
    let mut rule = Map::new();
    rule.insert("id".into(), format!("r{at}").into());
    rule.insert("effect".into(), tape.of(&["permit", "permit", "forbid"]).into());
    if tape.chance(70) {
        rule.insert("subject".into(), json!({"group": tape.of(&["g0", "g1"])}));
    }
    if tape.chance(60) {
        rule.insert("action".into(), tape.of(&["read", "write"]).into());
    }
    match tape.pick(4) {
        0 => drop(rule.insert("resource".into(), json!([head(tape), head(tape)]))),
        1 | 2 => drop(rule.insert("resource".into(), head(tape))),
        _ => {}
    }
    if tape.chance(85) {
        rule.insert("when".into(), condition(tape).into());
    }
    rule.into()
}

fn world(tape: &mut Tape<'_>, count: usize, registered: bool) -> Value {
    let mut resources = vec![];
    if registered {
        resources =
            vec![json!({"type": "file", "id": "s3:/x/y/1", "label": "l1"}), json!({"type": "page", "id": "loose"})];
    }
    json!({
        "version": 1,
        "labels": LABELS.iter().enumerate().map(|(order, id)| json!({"id": id, "order": order})).collect::<Vec<_>>(),
        "facts": {"hour": "int"},
        "groups": [{"id": "g0"}, {"id": "g1"}],
        "users": [{"id": "ada", "groups": ["g1"]}],
        "agents": [{"id": "bot", "sponsor": "ada", "groups": ["g0"]}],
        "resources": resources,
        "rules": (0..count).map(|at| rule(tape, at)).collect::<Vec<_>>(),
    })
}

/// A value, null, or nothing.
fn say(tape: &mut Tape<'_>, into: &mut Map<String, Value>, name: &str, value: Value) {
    match tape.pick(10) {
        0 => {}
        1 => drop(into.insert(name.into(), Value::Null)),
        _ => drop(into.insert(name.into(), value)),
    }
}

fn request(tape: &mut Tape<'_>) -> Value {
    let part = |tape: &mut Tape<'_>, members: Vec<(&str, Value)>| {
        let mut part = Map::new();
        for (name, value) in members {
            say(tape, &mut part, name, value);
        }
        Value::from(part)
    };
    // Some are longer than what is looked through at once.
    let count = [0, 1, 3, 8, 60][tape.pick(5)];
    let scopes: Vec<String> = (0..count).map(|_| word(tape)).collect();
    let mut context = Map::new();
    let (user, agent) = (tape.of(&RISKS), tape.of(&RISKS));
    context.insert("risk".into(), part(tape, vec![("user", user.into()), ("agent", agent.into())]));
    let compliant = tape.chance(50);
    context.insert("device".into(), part(tape, vec![("compliant", compliant.into())]));
    let mfa = tape.chance(50);
    context.insert("authentication".into(), part(tape, vec![("mfa", mfa.into()), ("scopes", scopes.into())]));
    let country = word(tape);
    context.insert("location".into(), part(tape, vec![("country", country.into())]));
    let hour = [-1_i64, 0, 3, 4, 11, 12, 13, 24, 1 << 40][tape.pick(9)];
    say(tape, &mut context, "hour", json!(hour));
    let mut properties = Map::new();
    let label = tape.of(&LABELS);
    say(tape, &mut properties, "label", label.into());
    let mut subject = json!({"type": "agent", "id": "bot"});
    if tape.chance(40) {
        subject =
            json!({"type": "user", "id": "ada", "properties": {"act": {"sub": "bot", "sub_profile": "ai_agent"}}});
        if tape.chance(30) {
            subject["properties"]["groups"] = json!(["g0"]);
        }
    }
    json!({
        "subject": subject,
        "action": {"name": tape.of(&["read", "write"])},
        "resource": {"type": tape.of(&TYPES), "id": tape.of(&IDS), "properties": properties},
        "context": context,
    })
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(default))
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn answers_are_what_conditions_say(
        numbers in proptest::collection::vec(any::<u16>(), 400..3_000),
        count in prop::sample::select(vec![3usize, 12, 40, 120]),
        registered in any::<bool>(),
    ) {
        let (head, rest) = numbers.split_at(300);
        let mut asked = Tape::new(head);
        let document = world(&mut Tape::new(rest), count, registered);
        let text = document.to_string();
        let policy = document::load([("world.json", text.as_str())], &Limits::default())
            .unwrap_or_else(|error| panic!("the generator made a wrong document:\n{error}\n{document:#}"));
        let (engine, oracle) = (Engine::of(&policy), Oracle::new(&policy));
        for _ in 0..6 {
            let request = request(&mut asked);
            let bytes = request.to_string();
            let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            prop_assert!(asked.defect().is_none(), "{:?} {:#}", asked.defect(), request);
            let decision = engine.decide(&asked);
            prop_assert_eq!(engine.prepare(&asked).decide(), decision.clone());
            prop_assert_eq!(Outcome::of(&decision), oracle.decide(&asked), "{:#}\n{:#}", request, document);
        }
    }
}
