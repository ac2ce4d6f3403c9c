//! Replays scenarios of the systems that this library equals: what they would have answered, case by case.
//!
//! `PLACET_SCENARIOS=cases.jsonl cargo test --test scenarios -- --nocapture`, where each line of the file is one case:
//! `{"id": "CA-01", "given": {...}, "request": {...}, "expected": {...}}`. The letters of the id name the family; each family has
//! an adapter that translates its cases to the public interface and back, without knowing any case. Members `note` and `source`
//! of what is expected are for people. A case passes if every other expected member has the expected value.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test prints, reads its input, and fails by panicking"
)]

mod dlp;
mod lbl;
mod rgt;
mod sit;

use serde_json::Value;

type Adapter = fn(&Value, &Value) -> Result<Value, String>;

/// The adapter of a family; none if nothing replays it yet.
fn adapter(family: &str) -> Option<Adapter> {
    match family {
        "DLP" => Some(dlp::run),
        "LBL" => Some(lbl::run),
        "RGT" => Some(rgt::run),
        "SIT" => Some(sit::run),
        _ => None,
    }
}

#[test]
fn scenarios() {
    let Ok(path) = std::env::var("PLACET_SCENARIOS") else {
        println!("scenarios: skipped, PLACET_SCENARIOS names no file");
        return;
    };
    let text = std::fs::read_to_string(&path).expect("the scenario file is readable");
    let (mut passed, mut total, mut broken) = (0, 0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object");
        let id = case["id"].as_str().expect("a case has an id");
        let family = id.split('-').next().unwrap_or_default();
        total += 1;
        let Some(adapter) = adapter(family) else {
            println!("{id}: no adapter");
            continue;
        };
        match adapter(&case["given"], &case["request"]) {
            Ok(got) if agrees(&got, &case["expected"]) => passed += 1,
            Ok(got) => {
                println!("{id}: got {got}, wanted {}", case["expected"]);
                broken.push(id.to_owned());
            }
            Err(error) => {
                println!("{id}: {error}");
                broken.push(id.to_owned());
            }
        }
    }
    println!("scenarios: {passed} of {total}");
    assert!(broken.is_empty(), "differ: {}", broken.join(", "));
}

/// Whether every expected member has the expected value.
fn agrees(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => expected
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "note" | "source"))
            .all(|(name, wanted)| got.get(name).is_some_and(|value| agrees(value, wanted))),
        _ => got == expected,
    }
}
