//! Where in the source text? Byte spans to lines, columns and snippets.
//!
//! Next room: [`crate::diagnostic`].

use crate::condition::ast;
use crate::diagnostic::{Diagnostic, Span, shown};

/// An error at a byte span of `source`; line and column are one-based, in characters.
pub(crate) fn diagnostic(source: &str, code: &'static str, at: ast::Span, message: impl Into<String>) -> Diagnostic {
    // A condition is one long name, at worst.
    let message = shown(&message.into(), 256);
    let before = source.get(..at.start as usize).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut diagnostic = Diagnostic::error(code, Span { file: 0, line: number(line), column: number(column) }, message);
    diagnostic.snippet = source.get(line_start..).and_then(|rest| rest.lines().next()).map(ToOwned::to_owned);
    diagnostic
}
