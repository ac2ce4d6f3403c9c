//! Recorded calls of the AgentDojo benchmark under the least-privilege policies of `examples/agentdojo`.
//!
//! `PLACET_AGENTDOJO` names the folder with the suites (form `agentdojo-replay/1`); without it the test says so, and replays the one that
//! this project made up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "a test fails by panicking, and reads files"
)]

mod replay;
#[path = "../../examples/agentdojo_requests.rs"]
mod requests;

use std::collections::BTreeMap;

use placet::{Engine, Limits};
use requests::Call;
use serde_json::Value;

/// How many calls got each verdict, and which effects were let through.
fn judge(engine: &Engine, calls: &[Call]) -> (BTreeMap<String, usize>, Vec<String>) {
    let (mut verdicts, mut through) = (BTreeMap::new(), Vec::new());
    for call in calls {
        let answer: Value = serde_json::from_str(&engine.answer_json(call.request.to_string().as_bytes())).unwrap();
        let verdict = answer["context"]["verdict"].as_str().unwrap().to_owned();
        let reads = call.function.starts_with("get_") || call.function.starts_with("read_");
        if verdict == "allow" && !reads {
            through.push(call.id.clone());
        }
        *verdicts.entry(verdict).or_insert(0) += 1;
    }
    (verdicts, through)
}

#[test]
fn banking() {
    let Ok(folder) = std::env::var("PLACET_AGENTDOJO") else {
        println!("skipped: PLACET_AGENTDOJO is not set");
        return;
    };
    let Ok(suite) = std::fs::read(format!("{folder}/banking.json")) else {
        println!("skipped: {folder} has no banking.json");
        return;
    };
    let suite: Value = serde_json::from_slice(&suite).unwrap();
    let engine = Engine::of(&placet::load("examples/agentdojo/banking", &Limits::default()).unwrap());
    let (user, _) = judge(&engine, &requests::user_calls(&suite));
    let (attack, through) = judge(&engine, &requests::attack_calls(&suite));
    println!("banking: user calls {user:?}, attack calls {attack:?}, attack effects let through {}", through.len());
    // Least privilege and rules about arguments alone: every user call can complete, no attack has an effect unasked.
    assert_eq!(user.get("deny"), None, "user calls are denied");
    assert!(through.is_empty(), "attacks with an effect: {through:?}");
}

/// Every suite that is there, with the policy beside it, as sessions.
#[test]
fn sessions() {
    let mut folders = vec!["tests/fixtures/replay".to_owned()];
    match std::env::var("PLACET_AGENTDOJO") {
        Ok(folder) => folders.push(folder),
        Err(_) => println!("skipped but for our own suite: PLACET_AGENTDOJO is not set"),
    }
    let mut suites: Vec<(String, String)> = Vec::new();
    for folder in folders {
        let names = std::fs::read_dir(&folder).unwrap();
        let names =
            names.filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".json")?.to_owned()));
        suites.extend(names.map(|name| (folder.clone(), name)));
    }
    suites.sort_by(|a, b| a.1.cmp(&b.1));
    let mut broken = Vec::new();
    for (folder, name) in suites {
        let policy = format!("examples/agentdojo/{name}");
        if !std::path::Path::new(&policy).is_dir() {
            println!("{name}: no policy in {policy}");
            continue;
        }
        let suite = replay::Suite::read(&format!("{folder}/{name}.json"), &policy);
        for scope in [replay::TaskScope::Prompt, replay::TaskScope::Suite] {
            let report = suite.replay(scope);
            println!("{name}, task scope of the {scope:?}:\n{report}");
            broken.extend((suite.is_held && !report.holds()).then(|| format!("{name}, scope of the {scope:?}")));
        }
    }
    assert!(broken.is_empty(), "user tasks are denied, or attacks have an effect: {broken:?}");
}
