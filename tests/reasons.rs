//! The table of reasons in the documentation is complete.

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

use placet::Code;

#[test]
fn the_table_has_every_code() {
    let page = std::fs::read_to_string("docs/reasons.md").unwrap();
    for code in Code::ALL {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{code}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/reasons.md has no row for {code}"));
        assert!(row.contains(code.remedy()), "{code}: the remedy differs");
        assert!(row.ends_with(if code.is_retryable() { "| yes |" } else { "| no |" }), "{code}: retryable differs");
        assert!(code.as_str().starts_with(code.layer().name()), "{code} is in the layer {}", code.layer());
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, Code::ALL.len());
}
