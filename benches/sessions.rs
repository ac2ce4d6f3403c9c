//! What do a million live sessions take? Protects: a session takes what [`Session::bytes`] says, in few blocks, and never more than
//! [`Session::MAX_BYTES`].
//!
//! The sessions are built as hosts build them, by observing calls, each with values of its own, and all are kept. Bytes and blocks are
//! counted at the allocator; what it adds to each block (16 bytes, say) is its own.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench fails by panicking and prints what it counts"
)]

use std::fmt::Write as _;

use placet::flow::{Answered, FlowLabel, Lattice, Run, Session};
use placet::{Engine, Limits, Link, Request, Target, Verdict, document};
use serde_json::json;

fn policy() -> String {
    let mut origins = String::new();
    (0..40).for_each(|at| write!(origins, "o{at}, ").unwrap());
    format!(
        "
version: 1
labels: [{{id: public, order: 0}}, {{id: internal, order: 10}}]
flow: {{origins: [{origins}], prompt: {{label: public, trust: user}}, approval: 'user:ada', approver_clearance: {{label: internal}}}}
users: [{{id: ada}}]
agents: [{{id: bot, sponsor: ada}}]
servers: [{{id: lab}}]
tools:
  - {{server: lab, name: people, effects: [read], assigned: {{agent: bot}}, flow: {{output: {{label: public, trust: user, origins: o0}}}}}}
  - {{server: lab, name: web, effects: [read], assigned: {{agent: bot}}, flow: {{output: {{label: public}}}}}}
  - server: lab
    name: mail
    effects: [send]
    assigned: {{agent: bot}}
    flow: {{parameters: {{to: {{role: target}}}}, channel: {{label: internal}}, output: {{label: internal, trust: user}}}}
rules: [{{id: all, effect: permit, subject: [{{user: ada}}, {{agent: bot}}]}}]
"
    )
}

fn call<'a>(tool: &'static str) -> Request<'a> {
    Request::new(Link::user("ada"), "tools/call", Target::tool(tool))
        .actor(Link::agent("bot"))
        .arguments(placet::value::Map::default())
        .at("2026-11-24T12:00:00Z".parse().unwrap())
}

/// A session of so many steps and trusted values, of different labels if it is `varied`; the last step read a page.
fn session(engine: &Engine, who: usize, steps: usize, values: usize, varied: bool) -> Session {
    let (people, web) = (call("lab/people"), call("lab/web"));
    let words = &engine.policy().flow().words;
    let mut session = engine.session();
    for step in 1..steps {
        // The values first, while there is room for their label.
        let range = 0..if step == 1 { values } else { 0 };
        let said: Vec<String> = range.map(|at| format!("u{who}.{at}@contoso.example")).collect();
        let origin = words.origin(&format!("o{}", step % 40)).filter(|_| varied);
        let stored = origin.map(|sources| {
            let mut label = FlowLabel::BOTTOM;
            label.integrity.sources = sources;
            label
        });
        let answered = Answered { result: Some(&json!(said)), stored, ..Answered::default() };
        engine.observe(&mut session, &people, &Run::default(), &answered);
    }
    if steps > 0 {
        let answered = Answered { result: Some(&json!("a page")), ..Answered::default() };
        engine.observe(&mut session, &web, &Run::default(), &answered);
    }
    session
}

fn main() {
    let engine = Engine::of(&document::load([("p.yaml", policy().as_str())], &Limits::default()).unwrap());
    // Run as a test, it only shows that it works.
    let million = if std::env::args().any(|argument| argument == "--bench") { 1_000_000 } else { 1_000 };
    let kinds = [
        ("new", million, 0, 0, false),
        ("10 steps, 20 values", million, 10, 20, false),
        ("full: 64 steps, 32 labels, 128 values", million / 10, 64, 128, true),
    ];
    for (name, count, steps, values, varied) in kinds {
        let mut live: Vec<Session> = Vec::new();
        let counted = allocation_counter::measure(|| {
            live = (0..count).map(|who| session(&engine, who, steps, values, varied)).collect();
        });
        let each = |total: i64| total as f64 / count as f64;
        let said: usize = live.iter().map(Session::bytes).sum();
        let most = live.iter().map(Session::bytes).max().unwrap();
        assert!(most <= Session::MAX_BYTES);
        println!(
            "{count} sessions ({name}): {:.0} bytes in {:.0} blocks each, of which `bytes` says {}; a million take {:.2} GB",
            each(counted.bytes_current),
            each(counted.count_current),
            said / count,
            each(counted.bytes_current) / 1e3,
        );
        // They are whole: each knows its own values, and those of no other.
        for at in (0..count).step_by(count / 100) {
            let allows = |who: usize| {
                let to = format!("u{who}.3@contoso.example");
                let request = call("lab/mail").argument("to", to.as_str());
                engine.decide_in(&request, &live[at], &Run::default()).verdict() == Verdict::Allow
            };
            assert!(allows(at));
            assert!(steps == 0 || !allows(at + 1));
        }
    }
    println!("at most: {} bytes", Session::MAX_BYTES);
}
