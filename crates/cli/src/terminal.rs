//! What do people see? Colours where there is a terminal, and no text that could take the terminal over.
//!
//! INVARIANT: text that comes from requests or documents is shown through [`safe`].
//!
//! Next room: [`crate::policy`].

use std::borrow::Cow;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use placet::diagnostic::{Diagnostic, Severity};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const WAIT: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Standard output, with colours if it is a terminal.
pub(crate) fn stdout() -> anstream::AutoStream<io::StdoutLock<'static>> {
    anstream::AutoStream::auto(io::stdout().lock())
}

/// Standard error, with colours if it is a terminal.
pub(crate) fn stderr() -> anstream::AutoStream<io::StderrLock<'static>> {
    anstream::AutoStream::auto(io::stderr().lock())
}

/// Says why nothing was done. Where nobody hears it, nothing more can be done.
pub(crate) fn error(message: &str) {
    let _ = writeln!(stderr(), "{BAD}error{BAD:#}: {}", safe(message));
}

/// Says something beside the output.
pub(crate) fn note(message: &str) {
    let _ = writeln!(stderr(), "{DIM}note{DIM:#}: {}", safe(message));
}

/// The colour of a verdict.
pub(crate) fn verdict(name: &str) -> Style {
    match name {
        "allow" => GOOD,
        "modify" | "step_up" | "defer" => WAIT,
        _ => BAD,
    }
}

/// A finding, with its place and severity in colour.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> String {
    let (name, style) = match diagnostic.severity {
        Severity::Error => ("error", BAD),
        Severity::Warning => ("warning", WAIT),
    };
    let mut bare = diagnostic.clone();
    bare.file = String::new();
    bare.span.line = 0;
    let text = bare.to_string();
    let rest = text.strip_prefix(name).unwrap_or(&text);
    let place = match (diagnostic.file.as_str(), diagnostic.span.line) {
        ("", _) => String::new(),
        (file, 0) => format!("{file}: "),
        (file, line) => format!("{file}:{line}:{}: ", diagnostic.span.column),
    };
    format!("{BOLD}{}{BOLD:#}{style}{name}{style:#}{}", safe(&place), safe(rest))
}

/// Text without characters that steer a terminal or hide what is written; line feeds stay.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect())
}

/// `1 rule`, `2 rules`, with thousands set apart.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// `1,234,567`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Exactly `width` characters: padded, or cut where the cut is shown.
pub(crate) fn column(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text:<width$}");
    }
    // The ends of ids tell more than their middles.
    let (head, tail) = (width.saturating_sub(1) / 2, width.saturating_sub(1).div_ceil(2));
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}
