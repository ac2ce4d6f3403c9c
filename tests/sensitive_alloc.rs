//! Scanning allocates for findings and not for text: ten times the text without findings costs not a byte more.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use placet::Limits;
use placet::sensitive::{Scanner, catalogue};

#[test]
fn memory_grows_with_findings_alone() {
    let scanner = Scanner::new(&catalogue(), &Limits::default()).expect("the catalogue compiles");
    let bytes = |text: &str| allocation_counter::measure(|| drop(scanner.scan(text))).bytes_max;
    let harmless = "Order 48213 of 2026-11-24: card games, an account manager, host unknown, 1.2.3.4.5, a@b. ";
    let (small, large) = (bytes(&harmless.repeat(100)), bytes(&harmless.repeat(10_000)));
    assert_eq!(small, large);
    assert!(large < 4_096, "{large} bytes");
    // Sixteen bytes of the text are a finding here, and a finding takes forty with its candidate and growth.
    let dense = "4532667785213500 ".repeat(10_000);
    assert!(bytes(&dense) < 200 * 10_000);
}
