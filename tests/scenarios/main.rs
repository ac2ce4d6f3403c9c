//! Cases of the systems that this library equals, replayed: `PLACET_SCENARIOS=<file> cargo test --test scenarios`.
//!
//! The file is JSON Lines: `{id, given, request, expected}`. The family of a case is its id up to the `-`; an adapter translates
//! the case to the public API and the answer back, and knows no case by its id. Only the members that `expected` has are
//! compared, objects member by member, `note` and `source` not at all. A family without an adapter counts as failed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    reason = "the file of cases is named by the environment, this program talks to a terminal, and nothing imports it"
)]

mod aid;
mod ca;
mod cae;
mod dev;
mod dlp;
mod lbl;
mod lcp;
mod read;
mod rgt;
mod sha;
mod sit;

use serde_json::{Map, Value};

type Adapter = fn(&Value, &Value) -> Result<Value, String>;

/// One line for each family.
const ADAPTERS: &[(&str, Adapter)] = &[
    ("AID", aid::run),
    ("CA", ca::run),
    ("CAE", cae::run),
    ("DEV", dev::run),
    ("DLP", dlp::run),
    ("LBL", lbl::run),
    ("LCP", lcp::run),
    ("RGT", rgt::run),
    ("SHA", sha::run),
    ("SIT", sit::run),
];

fn main() -> std::process::ExitCode {
    let Ok(path) = std::env::var("PLACET_SCENARIOS") else {
        println!("scenarios: skipped, PLACET_SCENARIOS names no file of cases");
        return std::process::ExitCode::SUCCESS;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            println!("scenarios: `{path}` cannot be read: {error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    let (mut passed, mut all, mut broken) = (0_u32, 0_u32, 0_u32);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        all += 1;
        match replay(line) {
            Ok(()) => passed += 1,
            Err(Failure::Adapted(failure)) => {
                broken += 1;
                println!("{failure}");
            }
            Err(Failure::Missing(failure)) => println!("{failure}"),
        }
    }
    println!("scenarios: {passed} of {all}");
    if broken == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// Why a case did not pass.
enum Failure {
    /// Its family has an adapter, and the answer is another.
    Adapted(String),
    /// Its family has none.
    Missing(String),
}

fn replay(line: &str) -> Result<(), Failure> {
    let case: Value = serde_json::from_str(line).map_err(|error| Failure::Adapted(format!("? is no JSON: {error}")))?;
    let member = |name| case.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let id = case.get("id").and_then(Value::as_str).unwrap_or("?");
    let mut wanted = member("expected");
    if let Some(members) = wanted.as_object_mut() {
        members.remove("note");
        members.remove("source");
    }
    let family = id.split('-').next().unwrap_or_default();
    let Some((_, adapter)) = ADAPTERS.iter().find(|(name, _)| *name == family) else {
        return Err(Failure::Missing(format!("{id}: no adapter for `{family}`")));
    };
    match adapter(&member("given"), &member("request")) {
        Ok(got) if agrees(&wanted, &got) => Ok(()),
        Ok(got) => Err(Failure::Adapted(format!("{id}: got {got}, wanted {wanted}"))),
        Err(error) => Err(Failure::Adapted(format!("{id}: {error}, wanted {wanted}"))),
    }
}

/// Whether `got` has everything that `wanted` has.
fn agrees(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(name, wanted)| agrees(wanted, got.get(name).unwrap_or(&Value::Null)))
        }
        _ => wanted == got,
    }
}
