//! Where are findings collected, and how do they get their source line?
//!
//! A [`Sink`] takes findings from every stage of loading, so that all are reported at once. INVARIANT: it holds at most
//! `Limits::diagnostics` errors and as many warnings, whatever the input; the rest are counted. A place that was already
//! found wrong is not reported again, because what follows from a mistake is noise.
//!
//! Next room: [`super::node`].

use core::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span, Suggestions, is_deceptive};

/// Columns beyond which no source line is shown: finding them costs a scan, and a line of that length is no help.
const SHOWN_COLUMNS: usize = 4_096;

/// Collects findings.
#[derive(Debug)]
pub(crate) struct Sink {
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    more_errors: Cell<usize>,
    more_warnings: Cell<usize>,
    poisoned: RefCell<HashSet<Span>>,
    suggestions: Suggestions,
    incomplete: Cell<bool>,
    limit: usize,
}

impl Sink {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            errors: RefCell::default(),
            warnings: RefCell::default(),
            more_errors: Cell::new(0),
            more_warnings: Cell::new(0),
            poisoned: RefCell::default(),
            suggestions: Suggestions::default(),
            incomplete: Cell::new(false),
            limit: limit.max(1),
        }
    }

    /// Records an error, unless its place is already known to be wrong. The text is only made if it is kept.
    pub(crate) fn error(&self, span: Span, make: impl FnOnce() -> Diagnostic) {
        if span.line > 0 && self.poisoned.borrow().contains(&span) {
            return;
        }
        if self.errors.borrow().len() >= self.limit {
            self.more_errors.set(self.more_errors.get().saturating_add(1));
            return;
        }
        let diagnostic = make();
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Records an error and silences all further ones at the same place.
    pub(crate) fn poison(&self, span: Span, make: impl FnOnce() -> Diagnostic) {
        self.error(span, make);
        self.silence(span);
    }

    /// Silences all further errors at a place.
    pub(crate) fn silence(&self, span: Span) {
        // Bounded with the errors: beyond the limit nothing is shown that could be noise.
        if self.poisoned.borrow().len() < self.limit {
            self.poisoned.borrow_mut().insert(span);
        }
    }

    /// Records a warning.
    pub(crate) fn warning(&self, make: impl FnOnce() -> Diagnostic) {
        if self.warnings.borrow().len() >= self.limit {
            self.more_warnings.set(self.more_warnings.get().saturating_add(1));
            return;
        }
        let diagnostic = make();
        self.warnings.borrow_mut().push(diagnostic);
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.borrow().is_empty()
    }

    /// Whether errors are only counted from now on, so that the work of placing them can be spared.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.borrow().len() >= self.limit
    }

    /// Notes that a document could not be read at all: what refers to its content is no mistake.
    pub(crate) fn set_incomplete(&self) {
        self.incomplete.set(true);
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.get()
    }

    /// `did you mean ...`, if a candidate is near; the cost of all suggestions of a load is bounded.
    pub(crate) fn suggest<'c>(&self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.suggestions.nearest(word, candidates)
    }

    /// The suggestions that are left, for readers of parts of a document.
    pub(crate) fn suggestions(&self) -> &Suggestions {
        &self.suggestions
    }

    /// All findings in the order of the documents, each with the name of its document and its source line.
    pub(crate) fn finish(self, sources: &Sources<'_>) -> Diagnostics {
        let mut all = self.errors.into_inner();
        all.append(&mut self.warnings.into_inner());
        all.sort_by_key(|d| (d.span, d.severity));
        for diagnostic in &mut all {
            sources.place(diagnostic);
        }
        for (more, severity, noun) in [
            (self.more_errors.get(), Severity::Error, "errors"),
            (self.more_warnings.get(), Severity::Warning, "warnings"),
        ] {
            if more > 0 {
                let message = format!("and {more} more {noun}");
                all.push(Diagnostic { severity, ..Diagnostic::error("document.more", Span::default(), message) });
            }
        }
        Diagnostics(all)
    }
}

/// The texts that are being loaded.
#[derive(Debug, Default)]
pub(crate) struct Sources<'t>(Vec<Source<'t>>);

#[derive(Debug)]
struct Source<'t> {
    name: &'t str,
    text: &'t str,
    /// Offsets of the lines' starts, found when the first place is asked for.
    lines: OnceCell<Vec<usize>>,
}

impl<'t> Sources<'t> {
    /// Adds a text without its byte order mark; its index is the `file` of its spans.
    pub(crate) fn push(&mut self, name: &'t str, text: &'t str) {
        self.0.push(Source { name, text, lines: OnceCell::new() });
    }

    /// Name of a document; empty if there is none.
    pub(crate) fn name(&self, file: u32) -> &'t str {
        self.get(file).map_or("", |s| s.name)
    }

    fn get(&self, file: u32) -> Option<&Source<'t>> {
        self.0.get(usize::try_from(file).ok()?)
    }

    /// `file:line:column` for messages that name a second place.
    pub(crate) fn describe(&self, span: Span) -> String {
        match self.name(span.file) {
            _ if span.line == 0 => "an unknown place".to_owned(),
            "" => format!("{}:{}", span.line, span.column),
            name => format!("{name}:{}:{}", span.line, span.column),
        }
    }

    /// The text from the beginning of a place's line on.
    fn line_on(&self, span: Span) -> Option<&'t str> {
        let source = self.get(span.file)?;
        let lines = source.lines.get_or_init(|| line_starts(source.text));
        let start = *lines.get(usize::try_from(span.line).ok()?.checked_sub(1)?)?;
        source.text.get(start..)
    }

    /// The text from a place on; `None` beyond the columns that are worth a scan.
    pub(crate) fn text_at(&self, span: Span) -> Option<&'t str> {
        let column = usize::try_from(span.column).ok()?.checked_sub(1)?;
        if column > SHOWN_COLUMNS {
            return None;
        }
        let text = self.line_on(span)?;
        let at = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        text.get(at..)
    }

    /// Fills in a finding's document and source line.
    fn place(&self, diagnostic: &mut Diagnostic) {
        if diagnostic.file.is_empty() {
            self.name(diagnostic.span.file).clone_into(&mut diagnostic.file);
        }
        let column = usize::try_from(diagnostic.span.column).unwrap_or(usize::MAX);
        if diagnostic.snippet.is_none() && (1..=SHOWN_COLUMNS).contains(&column) {
            let line = self.line_on(diagnostic.span);
            diagnostic.snippet = line.map(|text| {
                let line = text.chars().take_while(|c| !matches!(c, '\n' | '\r'));
                line.take(column + 128).map(|c| if is_deceptive(c) { '\u{fffd}' } else { c }).collect()
            });
        }
    }
}

/// Offsets of the lines' starts.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        // A carriage return alone is a line break of YAML too.
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    core::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}
