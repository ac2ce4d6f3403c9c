//! What do sessions add to a decision? Protects: labels cost a decision about a hundred nanoseconds, whatever a session has read.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use placet::flow::{Answered, FlowLabel, Lattice, Run};
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
    flow: {purpose: mail, parameters: {to: {role: target}, body: {role: content}}, channel: {label: internal}, output: {label: internal, trust: user}}
rules: [{id: all, effect: permit, subject: [{user: ada}, {agent: bot}]}]
"#;

fn call<'a>(tool: &'static str, to: &'a str) -> Request<'a> {
    Request::new(Link::user("ada"), "tools/call", Target::tool(tool))
        .actor(Link::agent("bot"))
        .arguments(Map::default())
        .argument("to", to)
        .argument("body", "The minutes of yesterday's meeting.")
}

fn flow(c: &mut Criterion) {
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
    engine.observe(&mut tainted, &call("lab/web", "x"), &Run::default(), &answered);
    let task = engine.task("Mail the minutes to bob@contoso.example, please, and to whoever else was there.");
    let run = Run { task: Some(&task), ..Run::default() };

    let request = call("lab/mail", "bob@contoso.example");
    c.bench_function("decide/no session", |b| b.iter(|| engine.decide(black_box(&request)).verdict()));
    c.bench_function("decide/clean session", |b| {
        b.iter(|| engine.decide_in(black_box(&request), &clean, &Run::default()).verdict());
    });
    c.bench_function("decide/tainted, the user's word", |b| {
        b.iter(|| engine.decide_in(black_box(&request), &tainted, &run).verdict());
    });
    let known = call("lab/mail", "user119@contoso.example");
    c.bench_function("decide/tainted, a trusted value of 120", |b| {
        b.iter(|| engine.decide_in(black_box(&known), &tainted, &Run::default()).verdict());
    });
    c.bench_function("observe/120 items", |b| {
        b.iter(|| engine.observe(&mut engine.session(), &call("lab/web", "x"), &Run::default(), &answered).is_shown);
    });
}

criterion_group!(benches, flow);
criterion_main!(benches);
