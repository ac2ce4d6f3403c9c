//! YAML documents: places, the same policy as JSON, order-freedom.
#![no_main]

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::document::check("yaml", data));
