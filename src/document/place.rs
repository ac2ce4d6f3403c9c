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
    // What is missing at the end is missing after the last word, not on the line below.
    let target = target.min(value.trim_end().chars().count());
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

#[cfg(test)]
mod tests {
    use super::relocate;
    use crate::diagnostic::Span;
    use crate::document::report::Sources;

    /// The source text from where the character number `n` of `value` is found on.
    fn found<'t>(text: &'t str, at: (u32, u32), value: &str, inner: (u32, u32)) -> &'t str {
        let mut sources = Sources::default();
        sources.push("p", text);
        let scalar = Span { file: 0, line: at.0, column: at.1 };
        let place = relocate(&sources, scalar, value, Span { file: 0, line: inner.0, column: inner.1 });
        sources.text_at(place).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    #[test]
    fn scalars_of_every_style() {
        // Plain, on one line and on several.
        assert_eq!(found("when: a == 1b", (1, 7), "a == 1b", (1, 6)), "1b");
        assert_eq!(found("when: a ==\n   1b\n", (1, 7), "a == 1b", (1, 6)), "1b");
        // Quoted, with escapes before the place.
        assert_eq!(found("'a == ''x'' || 1b'", (1, 1), "a == 'x' || 1b", (1, 13)), "1b'");
        assert_eq!(found(r#""a == \"x\u0041\" || 1b""#, (1, 1), "a == \"xA\" || 1b", (1, 14)), "1b\"");
        // Blocks: literal with indentation of its own, folded with an empty line.
        assert_eq!(found("w: |\n    a ||\n      1b\n", (2, 5), "a ||\n  1b\n", (2, 3)), "1b");
        assert_eq!(found("w: |\r\n    a ||\r\n      1b\r\n", (2, 5), "a ||\n  1b\n", (2, 3)), "1b");
        assert_eq!(found("w: >-\n  a\n\n  || 1b\n  || c", (2, 3), "a\n|| 1b || c", (2, 4)), "1b");
        assert_eq!(found("w: >-\n  a\n\n  || 1b\n  || c", (2, 3), "a\n|| 1b || c", (2, 10)), "c");
        // A block that begins with a quote, and the end of the text.
        assert_eq!(found("w: |\n  \"x\" == 1b\n", (2, 3), "\"x\" == 1b\n", (1, 8)), "1b");
        assert_eq!(found("w: |\n  ab", (2, 3), "ab", (1, 3)), "");
        assert_eq!(found("w: |\n  a &&\n\nb: 1", (2, 3), "a &&\n", (2, 1)), "");
        // What cannot be followed is placed at the scalar.
        assert_eq!(found("\"\\_ 1b\"", (1, 1), "\u{a0} 1b", (1, 3)), "\"\\_ 1b\"");
        assert_eq!(found("x", (7, 1), "x", (1, 1)), "");
    }
}
