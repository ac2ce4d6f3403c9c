//! Conditional access: the filter language, both readings, what-if, validation, warnings, lowering; and the laws as properties.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

mod decisions;
mod filters;
mod generate;
mod laws;
mod lowering;
mod readings;
mod soundness;

use placet::access::{PolicySet, SignIn};
use serde_json::Value;

/// A policy set from JSON.
fn set(json: Value) -> PolicySet {
    serde_json::from_value(json).expect("a policy set")
}

/// A sign-in from JSON.
fn sign_in(json: Value) -> SignIn {
    serde_json::from_value(json).expect("a sign-in")
}
