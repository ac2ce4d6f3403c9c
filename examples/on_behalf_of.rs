//! A person asks, an agent acts: both must be permitted. Neither lends the other its rights.
//!
//! ```text
//! cargo run --example on_behalf_of
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use placet::{Engine, Limits, Link, Request, Target, document};

const POLICY: &str = r#"
version: 1
groups:
  - id: finance
users:
  - {id: ada, groups: [finance]}
  - {id: bob}
agents:
  - {id: ledger-bot, sponsor: ada, purpose: Reads ledgers for the finance team}
  - {id: news-bot, sponsor: bob, purpose: Summarises the news}
rules:
  - {id: finance-reads-ledgers, effect: permit, subject: {group: finance}, action: read, resource: {type: ledger, id: "**"}}
  - {id: ledger-bot-reads-ledgers, effect: permit, subject: {agent: ledger-bot}, action: read, resource: {type: ledger, id: "**"}}
  # A direct call by an agent has nobody to answer for what is read.
  - id: agents-act-for-people
    effect: forbid
    subject: {type: agent}
    action: read
    when: delegation.depth == 0
    message: An agent reads ledgers only for a person.
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::of(&document::load([("policy.yaml", POLICY)], &Limits::default())?);
    let ledger = || Target::new("ledger", "2026/q3");
    let calls = [
        ("ada herself", Request::new(Link::user("ada"), "read", ledger())),
        ("ada through ledger-bot", Request::new(Link::user("ada"), "read", ledger()).actor(Link::agent("ledger-bot"))),
        ("bob through ledger-bot", Request::new(Link::user("bob"), "read", ledger()).actor(Link::agent("ledger-bot"))),
        ("ada through news-bot", Request::new(Link::user("ada"), "read", ledger()).actor(Link::agent("news-bot"))),
        (
            "ada through a bot unheard of",
            Request::new(Link::user("ada"), "read", ledger()).actor(Link::agent("who-bot")),
        ),
        ("ledger-bot for nobody", Request::new(Link::agent("ledger-bot"), "read", ledger())),
    ];
    for (who, call) in &calls {
        let decision = engine.decide(call);
        let reasons: Vec<String> = decision.reasons().map(|reason| reason.code.to_string()).collect();
        println!("{who:<30} {:<8} {}", decision.verdict().name(), reasons.join(", "));
    }
    // Which link it was is for operators, not for a model.
    let through_news_bot = Request::new(Link::user("ada"), "read", ledger()).actor(Link::agent("news-bot"));
    println!("\n{}", engine.explain(&through_news_bot));
    Ok(())
}
