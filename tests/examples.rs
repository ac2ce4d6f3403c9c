//! The policies under `examples/` say what their own tests expect.

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

use placet::files::RequestFiles;
use placet::{Engine, Limits, suite};

fn run(path: &str) -> usize {
    let limits = Limits::default();
    let policy = placet::load(path, &limits).unwrap_or_else(|error| panic!("{error}"));
    let results = suite::run(&policy, &Engine::of(&policy), &RequestFiles::new(&limits));
    let mut failed = String::new();
    for result in results.iter().filter(|result| !result.passed()) {
        failed.push_str(&format!("{}:{}: {}\n", result.file, result.span.line, result.name));
        for difference in &result.differences {
            failed.push_str(&format!(
                "    {}: wanted {:?}, got {:?}\n",
                difference.what, difference.wanted, difference.got
            ));
        }
        if let Some(answer) = &result.answer {
            failed.push_str(&format!("    {:?} {:?}\n", answer.context.reasons, answer.context.error));
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
    results.len()
}

#[test]
fn contoso() {
    // A test for each of the 196 lines of requests.jsonl.
    assert!(run("examples/contoso") >= 196);
}
