//! Engine against oracle: any world, any request, one answer.
#![no_main]

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::decision::engine_oracle(data));
