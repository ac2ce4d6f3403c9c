//! What is wrong with a document, where, and what to write instead?
//!
//! A [`Diagnostic`] is data: severity, a stable code, a message in the author's words, the place, and a remedy. Rendering for
//! people is [`Diagnostic`]'s `Display` (one paragraph: `file:line:column: error: message`, the source line with a caret, `help: ...`).
//!
//! INVARIANT: messages are lower case, name the author's own text in backticks, and never name a Rust type.

use core::cell::Cell;
use core::fmt::{self, Write as _};

use serde::Serialize;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is taken; something in it probably does not do what its author means.
    Warning,
}

/// A place in a document: one-based line and column (in characters), zero where unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Index of the document in the set that was loaded.
    pub file: u32,
    /// One-based line; 0 = unknown.
    pub line: u32,
    /// One-based column in characters; 0 = unknown.
    pub column: u32,
}

/// One finding about a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Stable dotted code, e.g. `document.unknown_member`.
    pub code: &'static str,
    /// What is wrong, in the author's words.
    pub message: String,
    /// Name of the document, as it was given to the loader; empty where none is to blame.
    pub file: String,
    /// Where.
    pub span: Span,
    /// The offending line of the source, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            file: String::new(),
            span,
            snippet: None,
            help: None,
        }
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The same, with a remedy.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
        }
        if self.span.line > 0 {
            write!(f, "{}:{}:", self.span.line, self.span.column)?;
        }
        if !self.file.is_empty() || self.span.line > 0 {
            f.write_str(" ")?;
        }
        write!(f, "{severity}: {} [{}]", self.message, self.code)?;
        if let Some(snippet) = &self.snippet {
            let (text, caret) = window(snippet, self.span.column as usize);
            write!(f, "\n    | {text}\n    | {:caret$}^", "")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n    = help: {help}")?;
        }
        Ok(())
    }
}

/// At most 96 characters of a line around a one-based column, control characters blanked, and the caret's offset in it.
fn window(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 96;
    let at = column.saturating_sub(1);
    let start = at.saturating_sub(WIDTH * 2 / 3);
    let text = line.chars().skip(start).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    (text, at - start)
}

/// All findings about a set of documents, in the order of the documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|d| d.severity == Severity::Error)
    }

    /// The warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|d| d.severity == Severity::Warning)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// The candidate nearest to `word`, if it is near enough to be what the author meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Quadratic in the word, so a hostile megabyte gets no suggestion.
    if word.len() > 64 {
        return None;
    }
    let budget = 1 + word.chars().count() / 4;
    candidates
        .into_iter()
        .filter(|c| c.len() <= 128)
        .map(|c| (distance(word, c), c))
        .filter(|(d, _)| *d <= budget)
        .min()
        .map(|(_, c)| c)
}

/// Whether a character, shown as it is, would mislead the reader of a message.
pub(crate) fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || c.is_control()
}

/// At most `most` characters of a message that contains an author's words, with deceptive characters escaped.
pub(crate) fn shown(message: &str, most: usize) -> String {
    let mut text = String::with_capacity(message.len().min(most));
    for (at, c) in message.chars().enumerate() {
        if at == most {
            text.push('…');
            break;
        }
        if is_deceptive(c) {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

/// What all suggestions ("did you mean") of one load may cost: a hostile document could otherwise ask for mistakes x names of
/// them.
#[derive(Debug)]
pub(crate) struct Suggestions {
    /// Comparisons that are left.
    left: Cell<usize>,
}

impl Default for Suggestions {
    /// 200,000 comparisons: about a quarter of a second.
    fn default() -> Self {
        Self { left: Cell::new(200_000) }
    }
}

impl Suggestions {
    /// The candidate nearest to `word`, as [`nearest`] finds it, among as many as are still looked at.
    pub(crate) fn nearest<'c>(&self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let budget = self.left.get();
        let mut spent = 0;
        let found = nearest(word, candidates.into_iter().take(budget).inspect(|_| spent += 1));
        self.left.set(budget.saturating_sub(spent));
        found
    }
}

/// Levenshtein distance in characters, case folded.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            left = (left + 1).min(up + 1).min(diagonal + usize::from(ca != *cb));
            diagonal = up;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The author's words in backticks: shortened, with deceptive characters escaped.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut quoted = String::with_capacity(text.len().min(SHOWN) + 4);
    quoted.push('`');
    for (i, c) in text.chars().enumerate() {
        if i == SHOWN {
            quoted.push('…');
            break;
        }
        if is_deceptive(c) {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
        } else {
            quoted.push(c);
        }
    }
    quoted.push('`');
    quoted
}

/// `a`, `b` and `c`, for lists of what may be written; a long list is cut.
pub(crate) fn list<'c>(items: impl IntoIterator<Item = &'c str>) -> String {
    const SHOWN: usize = 24;
    let mut text = String::new();
    for (i, item) in items.into_iter().enumerate() {
        if i == SHOWN {
            text.push_str(", ...");
            break;
        }
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&quote(item));
    }
    text
}
