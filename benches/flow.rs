//! What do sessions add to a decision? Protects: labels cost a decision about a hundred nanoseconds, whatever a session has read.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench fails by panicking and prints what it measures"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use placet::flow::{Answered, FlowLabel, Lattice, Run, Session};
use placet::value::Map;
use placet::{Engine, Limits, Link, Request, Target, document};
use serde_json::json;

const POLICY: &str = r#"
version: 1
labels: [{id: public, order: 0}, {id: internal, order: 10}]
flow:
  audiences: [{id: staff, members: ["*@contoso.example"]}]
  prompt: {label: public, trust: user}
  approval: "user:ada"
  approver_clearance: {label: internal}
users: [{id: ada}]
agents: [{id: bot, sponsor: ada}]
servers: [{id: lab}]
tools:
  - {server: lab, name: web, effects: [read], assigned: {agent: bot}, flow: {output: {label: public, fields: [{at: /*/sender, trust: user}]}}}
  - server: lab
    name: mail
    effects: [send]
    assigned: {agent: bot}
    flow: {purpose: mail, parameters: {to: {role: target}, cc: {role: target}, body: {role: content}}, channel: {label: internal}, output: {label: internal, trust: user}}
rules: [{id: all, effect: permit, subject: [{user: ada}, {agent: bot}]}]
"#;

/// 200 bytes as people write them.
const TEXT: &str = "Dear Bob, the minutes of yesterday's meeting: we start at 9:30 with Carol, then the budget of 2027 (about 1.5 million) is \
    on. The rest is as it was. Please tell me by Friday whether that suits. Yours, Ada";

fn call<'a>(tool: &'static str, arguments: &[(&'static str, &'a str)]) -> Request<'a> {
    let request = Request::new(Link::user("ada"), "tools/call", Target::tool(tool)).actor(Link::agent("bot"));
    arguments.iter().fold(request.arguments(Map::default()), |request, (name, value)| request.argument(*name, *value))
}

/// What a session adds, in nanoseconds: decisions with and without one by turns, so that a busy machine slows both; the middle of 301.
fn added(engine: &Engine, request: &Request<'_>, session: &Session, run: &Run<'_>) -> (f64, f64) {
    const TURN: u32 = 400;
    let time = |decide: &dyn Fn()| {
        let start = Instant::now();
        (0..TURN).for_each(|_| decide());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(TURN)
    };
    let mut turns: Vec<(f64, f64)> = (0..301)
        .map(|_| {
            let without = time(&|| drop(black_box(engine.decide(black_box(request)))));
            let with = time(&|| drop(black_box(engine.decide_in(black_box(request), session, run))));
            (with - without, without)
        })
        .collect();
    turns.sort_by(|a, b| a.0.total_cmp(&b.0));
    *turns.get(turns.len() / 2).unwrap()
}

fn flow(c: &mut Criterion) {
    let (prose, dots) = (TEXT.repeat(50), "a.1 ".repeat(2_500));
    let engine = Engine::of(&document::load([("p.yaml", POLICY)], &Limits::default()).unwrap());
    let policy = engine.policy().flow();
    let (low, high) = (policy.prompt, FlowLabel::TOP);
    c.bench_function("flow/join", |b| b.iter(|| black_box(&low).join(black_box(&high))));
    c.bench_function("flow/flows_to", |b| b.iter(|| black_box(&low).flows_to(black_box(&high))));

    let clean = engine.session();
    let mut tainted = engine.session();
    let senders: Vec<serde_json::Value> =
        (0..120).map(|at| json!({"sender": format!("user{at}@contoso.example"), "text": "words"})).collect();
    let answered = Answered { result: Some(&json!(senders)), ..Answered::default() };
    let read = call("lab/web", &[("to", "x")]);
    engine.observe(&mut tainted, &read, &Run::default(), &answered);
    let task = engine.task("Mail the minutes to bob@contoso.example, please, and to whoever else was there.");
    let (plain, tasked) = (Run::default(), Run { task: Some(&task), ..Run::default() });

    let short = ("body", "The minutes of yesterday's meeting.");
    let user = call("lab/mail", &[("to", "bob@contoso.example"), short]);
    let known = call("lab/mail", &[("to", "user119@contoso.example"), short]);
    let usual = call("lab/mail", &[("to", "bob@contoso.example"), ("cc", "user119@contoso.example"), ("body", TEXT)]);
    let nobody = call("lab/mail", &[("to", "mallory@nowhere.example"), short]);
    let long = call("lab/mail", &[("to", "bob@contoso.example"), ("body", &prose)]);
    let dotted = call("lab/mail", &[("to", "bob@contoso.example"), ("body", &dots)]);
    let cases = [
        ("nothing untrusted was read", &usual, &clean, &plain),
        ("the user's word", &user, &tainted, &tasked),
        ("a trusted value of 120", &known, &tainted, &plain),
        ("one of each, and a text of 200 bytes", &usual, &tainted, &tasked),
        ("a text of 10,000 bytes", &long, &tainted, &tasked),
        ("10,000 bytes of words that could be links", &dotted, &tainted, &tasked),
        ("what nobody vouches for (waits)", &nobody, &tainted, &tasked),
    ];
    for (name, request, session, run) in cases {
        let (adds, without) = added(&engine, request, session, run);
        println!("a session adds {adds:.0} ns to {without:.0}: {name}");
    }

    c.bench_function("decide/no session", |b| b.iter(|| engine.decide(black_box(&usual)).verdict()));
    c.bench_function("decide/clean session", |b| {
        b.iter(|| engine.decide_in(black_box(&usual), &clean, &plain).verdict());
    });
    c.bench_function("decide/tainted, the user's word and a trusted value of 120", |b| {
        b.iter(|| engine.decide_in(black_box(&usual), &tainted, &tasked).verdict());
    });
    c.bench_function("observe/120 items", |b| {
        b.iter(|| engine.observe(&mut engine.session(), &read, &plain, &answered).is_shown);
    });
}

criterion_group!(benches, flow);
criterion_main!(benches);
