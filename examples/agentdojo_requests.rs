//! Recorded tool calls of the AgentDojo benchmark as requests, one JSON line each, for the command line:
//!
//! ```text
//! cargo run --example agentdojo_requests -- banking.json user |
//!     cargo run -- decide --policy examples/agentdojo/banking --request -
//! ```
//!
//! The second argument is `user` (the calls of the user tasks) or `attack` (those of the attacker, for every recorded attack). A
//! file is a suite in the form `agentdojo-replay/1`.

#![allow(clippy::print_stdout, reason = "it is a program")]

use serde_json::{Value, json};

/// A recorded call.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the test that shares this file reads all of them")]
pub(crate) struct Call {
    /// `user_task_0#1`, `user_task_0+injection_task_3#0`.
    pub(crate) id: String,
    /// Name of the function.
    pub(crate) function: String,
    /// As a request.
    pub(crate) request: Value,
}

/// The calls that the suite's own user makes.
pub(crate) fn user_calls(suite: &Value) -> Vec<Call> {
    let tasks = list(suite, "user_tasks").iter();
    tasks
        .flat_map(|task| list(task, "calls").iter().map(|call| recorded(text(task, "id"), call, &call["args"])))
        .collect()
}

/// The calls that a hijacked agent makes, for every pair of a user task and an attack.
pub(crate) fn attack_calls(suite: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    for case in list(suite, "security_cases") {
        let of = |task: &&Value| text(task, "id") == text(case, "injection_task");
        let Some(task) = list(suite, "injection_tasks").iter().find(of) else { continue };
        let id = format!("{}+{}", text(case, "user_task"), text(task, "id"));
        for call in list(task, "calls") {
            let overridden =
                list(case, "attack_call_overrides").iter().find(|o| o["i"] == call["i"] && o.get("args").is_some());
            let args = overridden.map_or_else(|| call.get("args_marked").unwrap_or(&call["args"]), |o| &o["args"]);
            calls.push(recorded(&id, call, args));
        }
    }
    calls
}

fn recorded(task: &str, call: &Value, args: &Value) -> Call {
    let function = text(call, "function").to_owned();
    let id = format!("{task}#{}", call["i"]);
    let act = json!({"sub": "bank-assistant", "sub_profile": "ai_agent"});
    let request = json!({
        "subject": {"type": "user", "id": "emma.johnson", "properties": {"act": act}},
        "action": {"name": "tools/call", "properties": {"arguments": args}},
        "resource": {"type": "tool", "id": format!("banking/{function}")},
        "context": {
            "evaluation_id": id, "time": "2024-05-15T12:00:00Z", "supported_obligations": ["notification", "log"],
        },
    });
    Call { id, function, request }
}

fn list<'v>(of: &'v Value, member: &str) -> &'v [Value] {
    of[member].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(of: &'v Value, member: &str) -> &'v str {
    of[member].as_str().unwrap_or_default()
}

#[allow(dead_code, reason = "the test that shares this file has a main of its own")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, whose) = match arguments.as_slice() {
        [file, whose] if matches!(whose.as_str(), "user" | "attack") => (file, whose),
        _ => return Err("usage: agentdojo_requests SUITE.json user|attack".into()),
    };
    let suite: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let calls = if whose == "user" { user_calls(&suite) } else { attack_calls(&suite) };
    for call in calls {
        println!("{}", call.request);
    }
    Ok(())
}
