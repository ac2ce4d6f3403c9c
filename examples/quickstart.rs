//! The shortest way: load a policy, ask one question, read the verdict and the reasons.
//!
//! ```text
//! cargo run --example quickstart
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use placet::{Engine, Limits, Link, Request, Target};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = placet::load("examples/quickstart.yaml", &Limits::default())?;
    let engine = Engine::of(&policy);

    let call =
        Request::new(Link::user("ada"), "tools/call", Target::tool("tickets/read")).actor(Link::agent("helpdesk-bot"));
    let decision = engine.decide(&call);

    println!("{}", decision.verdict());
    for reason in decision.reasons() {
        println!("  {}: {}", reason.code, reason.message());
    }
    // Nobody said how risky the agent is, and what is unknown is taken at its worst. Said, it is allowed:
    let call = call.fact(placet::fact::slot::RISK_AGENT, "none");
    println!("{}", engine.decide(&call).verdict());
    Ok(())
}
