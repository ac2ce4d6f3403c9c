//! What must hold for any bytes: one function per fuzz target. `fuzz/` feeds them, `tests/crashers.rs` replays what was found.
//!
//! An input may hold several texts, separated by a line `%%`. A check fails by panicking. Next: [`document`].

// Each user of these takes a part of them.
#![allow(dead_code, reason = "the fuzz targets and the test share the module")]

pub(crate) mod choices;
pub(crate) mod condition;
pub(crate) mod decision;
pub(crate) mod document;
pub(crate) mod pattern;

/// The texts of an input.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n%%\n")
}

/// The lines of a text as its readers count them: a carriage return alone breaks a line too.
fn lines(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        let (line, tail) = rest.split_at(at);
        lines.push(line);
        rest = tail.strip_prefix("\r\n").unwrap_or_else(|| &tail[1..]);
    }
    lines.push(rest);
    lines
}

/// Fails unless a one-based line and column are within the text, or just behind a line's end.
fn within(text: &str, line: u32, column: u32, what: &dyn std::fmt::Display) {
    let lines = lines(text);
    assert!(line >= 1 && line as usize <= lines.len(), "line {line} of {}: {what}", lines.len());
    let columns = lines[line as usize - 1].chars().count();
    assert!(column >= 1 && column as usize <= columns + 1, "column {column} of {columns}: {what}");
}
