//! Where in the document is the n-th character of a scalar?
//!
//! A condition is checked as a text of its own; its findings are moved to where the author reads them. The scalar's source
//! and its value are walked side by side: in block and plain scalars they differ in white space around line breaks only, in
//! quoted ones in escapes too. Where the two disagree (heavy escapes), the place of the scalar itself is used.
//!
//! Next room: [`super::validate`].

use super::report::Sources;
use crate::diagnostic::Span;

/// The place in the document of a one-based line and column of a scalar's value.
pub(super) fn relocate(sources: &Sources<'_>, scalar: Span, value: &str, inner: Span) -> Span {
    let Some(raw) = sources.text_at(scalar) else { return scalar };
    let Some(target) = offset(value, inner) else { return scalar };
    let unquoted = Walk::new(raw, scalar, None).to(value, target);
    let found = unquoted.or_else(|| {
        let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Walk::new(raw, scalar, Some(quote)).to(value, target)
    });
    found.unwrap_or(scalar)
}

/// How many characters of `value` come before a line and column.
fn offset(value: &str, inner: Span) -> Option<usize> {
    let (line, column) = (usize::try_from(inner.line).ok()?, usize::try_from(inner.column).ok()?);
    let before: usize = value.split('\n').take(line.checked_sub(1)?).map(|l| l.chars().count() + 1).sum();
    Some(before + column.checked_sub(1)?)
}

struct Walk<'s> {
    raw: core::iter::Peekable<core::str::Chars<'s>>,
    quote: Option<char>,
    span: Span,
}

impl<'s> Walk<'s> {
    fn new(raw: &'s str, span: Span, quote: Option<char>) -> Self {
        let mut walk = Self { raw: raw.chars().peekable(), quote, span };
        if quote.is_some() {
            walk.next();
        }
        walk
    }

    /// The place of the character number `target` of `value`, if source and value agree up to it.
    fn to(mut self, value: &str, target: usize) -> Option<Span> {
        let mut value = value.chars().enumerate().peekable();
        while let Some((at, c)) = value.peek().copied() {
            if at >= target {
                break;
            }
            if c.is_whitespace() && self.blank_with_break() {
                while value.next_if(|(at, c)| *at < target && c.is_whitespace()).is_some() {}
                continue;
            }
            value.next();
            if self.character()? != c {
                return None;
            }
        }
        // White space that the value does not have belongs before its next character.
        if value.peek().is_some_and(|(_, c)| !c.is_whitespace()) {
            self.blank_with_break();
        }
        Some(self.span)
    }

    /// Skips white space of the source if there is a line break in it.
    fn blank_with_break(&mut self) -> bool {
        let blank = self.raw.clone().take_while(|c| c.is_whitespace());
        let length = blank.clone().count();
        if !blank.clone().any(|c| matches!(c, '\n' | '\r')) {
            return false;
        }
        for _ in 0..length {
            self.next();
        }
        true
    }

    /// The next character of the value, escapes decoded.
    fn character(&mut self) -> Option<char> {
        let c = self.next()?;
        match (self.quote, c) {
            (Some('\''), '\'') => self.next().filter(|c| *c == '\''),
            (Some('"'), '"') => None,
            (Some('"'), '\\') => self.escape(),
            (_, c) => Some(c),
        }
    }

    fn escape(&mut self) -> Option<char> {
        let digits = match self.next()? {
            'n' => return Some('\n'),
            't' => return Some('\t'),
            'r' => return Some('\r'),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            // Quotes, backslash, slash and blank stand for themselves; rarer ones end the walk by a mismatch.
            c => return Some(c),
        };
        let mut code = 0u32;
        for _ in 0..digits {
            code = code.checked_mul(16)?.checked_add(self.next()?.to_digit(16)?)?;
        }
        char::from_u32(code)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.raw.next()?;
        if c == '\n' || (c == '\r' && self.raw.peek() != Some(&'\n')) {
            self.span.line = self.span.line.saturating_add(1);
            self.span.column = 1;
        } else {
            self.span.column = self.span.column.saturating_add(1);
        }
        Some(c)
    }
}
