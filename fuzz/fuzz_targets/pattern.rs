//! Patterns: covers, intersect, disjointness and sets against single matches.
#![no_main]

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::pattern::check(data));
