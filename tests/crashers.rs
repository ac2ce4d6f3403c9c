//! Inputs that once broke a property, each with what was wrong, and the seeds of the fuzz targets: all hold what must hold
//! for any bytes (`fuzzed/`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

mod fuzzed;

use std::path::Path;

/// Runs a check on every file of a directory.
fn each(directory: &str, check: impl Fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    // The published package has no `fuzz` directory.
    let Ok(entries) = std::fs::read_dir(&directory) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
    }
}

/// Checks one input that was found.
fn again(name: &str, check: impl Fn(&[u8])) {
    check(&std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashers").join(name)).unwrap());
}

/// The place of bytes that are no UTF-8 was counted by line feeds alone: after a carriage return, which breaks a line for
/// every other finding, it was too high and too far right. Found by `document_json` and `document_yaml`.
#[test]
fn encoding_after_carriage_return() {
    again("encoding_after_carriage_return.yaml", |data| fuzzed::document::check("yaml", data));
}

/// The check itself held an open map, of which more may become known, to be a final value. Found by `condition`.
#[test]
fn condition_whose_value_is_an_open_map() {
    again("condition_open_map.bin", fuzzed::condition::check);
}

/// One agent as subject and as who acts: what is claimed for the subject is claimed for the agent. The plain oracle overlooked it; the
/// engine, which restricts more, did not. Found by `engine_oracle`.
#[test]
fn one_agent_twice() {
    again("engine_oracle_one_agent_twice.bin", fuzzed::decision::engine_oracle);
}

#[test]
fn seeds() {
    each("fuzz/seeds/document_yaml", |data| fuzzed::document::check("yaml", data));
    each("fuzz/seeds/document_json", |data| fuzzed::document::check("json", data));
    each("fuzz/seeds/condition", fuzzed::condition::check);
    each("fuzz/seeds/pattern", fuzzed::pattern::check);
    each("fuzz/seeds/request", fuzzed::decision::request);
    each("fuzz/seeds/engine_oracle", fuzzed::decision::engine_oracle);
}
