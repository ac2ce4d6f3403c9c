//! What does a JSON text say? Strict RFC 8259 into the [`Builder`], with places.
//!
//! Nothing that only some parsers accept: no comments, no trailing commas, no unpaired surrogates, no numbers beyond a
//! float's range. Without recursion, so that nesting costs no stack.
//!
//! Next room: [`super::decode`].

use std::borrow::Cow;

use super::node::{Builder, Kind, Stop, number};
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Span};

/// Reads `text` into `builder`.
pub(super) fn read<'s>(text: &'s str, builder: &mut Builder<'s, '_>) -> Result<(), Stop> {
    Reader { text, at: 0, line: 1, column: 1, file: builder.file }.document(builder)
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
    line: u32,
    column: u32,
    file: u32,
}

/// What an open bracket wants next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Array,
    Object,
}

impl<'s> Reader<'s> {
    fn document(mut self, builder: &mut Builder<'s, '_>) -> Result<(), Stop> {
        let mut open: Vec<Bracket> = Vec::new();
        loop {
            // A value begins here.
            self.blanks();
            let span = self.span();
            match self.peek() {
                Some(b'{') => {
                    self.step();
                    builder.open_map(span, 0)?;
                    open.push(Bracket::Object);
                    self.blanks();
                    if self.peek() != Some(b'}') {
                        self.key(builder)?;
                        continue;
                    }
                    self.step();
                    builder.close()?;
                    open.pop();
                }
                Some(b'[') => {
                    self.step();
                    builder.open_seq(span, 0)?;
                    open.push(Bracket::Array);
                    self.blanks();
                    if self.peek() != Some(b']') {
                        continue;
                    }
                    self.step();
                    builder.close()?;
                    open.pop();
                }
                _ => {
                    let kind = self.scalar(builder)?;
                    builder.scalar(span, kind, 0)?;
                }
            }
            // A value ended here: close what ends with it, then go on after a comma.
            loop {
                self.blanks();
                match (open.last(), self.peek()) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return Err(self.expected(builder, "the end of the document")),
                    (Some(Bracket::Array), Some(b']')) | (Some(Bracket::Object), Some(b'}')) => {
                        self.step();
                        builder.close()?;
                        open.pop();
                    }
                    (Some(bracket), Some(b',')) => {
                        let object = *bracket == Bracket::Object;
                        self.step();
                        self.blanks();
                        if matches!(self.peek(), Some(b']' | b'}')) {
                            return Err(self.fail(builder, "a comma stands before the end", Some("remove the comma")));
                        }
                        if object {
                            self.key(builder)?;
                        }
                        break;
                    }
                    (Some(Bracket::Array), _) => return Err(self.expected(builder, "`,` or `]`")),
                    (Some(Bracket::Object), _) => return Err(self.expected(builder, "`,` or `}`")),
                }
            }
        }
    }

    fn key(&mut self, builder: &mut Builder<'s, '_>) -> Result<(), Stop> {
        let span = self.span();
        if self.peek() != Some(b'"') {
            return Err(self.expected(builder, "a key in double quotes"));
        }
        let key = self.string(builder)?;
        builder.scalar(span, Kind::Text(key), 0)?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.expected(builder, "`:`"));
        }
        self.step();
        Ok(())
    }

    fn scalar(&mut self, builder: &Builder<'_, '_>) -> Result<Kind<'s>, Stop> {
        match self.peek() {
            Some(b'"') => return self.string(builder).map(Kind::Text),
            Some(b'-' | b'0'..=b'9') => return self.number(builder),
            _ => {}
        }
        for (word, kind) in [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)] {
            if self.rest().starts_with(word) {
                self.advance(word.len());
                return Ok(kind);
            }
        }
        Err(self.expected(builder, "a value"))
    }

    fn number(&mut self, builder: &Builder<'_, '_>) -> Result<Kind<'s>, Stop> {
        let rest = self.rest();
        let length = rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let text = rest.get(..length).unwrap_or_default();
        if !is_number(text) {
            let message = format!("{} is no number of JSON", quote(text));
            return Err(self.fail(builder, &message, Some("write digits, without a leading `+`, `.` or zero")));
        }
        let Some(kind) = number(text) else {
            let span = self.span();
            builder.sink.poison(span, || {
                Diagnostic::error("document.number", span, format!("{} is no finite number", quote(text)))
                    .with_help("write a smaller number, or quotes around it if it is a text")
            });
            self.advance(length);
            return Ok(Kind::Null);
        };
        self.advance(length);
        Ok(kind)
    }

    /// A text, from its opening to its closing quote.
    fn string(&mut self, builder: &Builder<'_, '_>) -> Result<Cow<'s, str>, Stop> {
        let start = self.span();
        self.step();
        let mut owned: Option<String> = None;
        loop {
            let rest = self.rest();
            let length = rest.bytes().position(|b| b == b'"' || b == b'\\' || b < b' ').unwrap_or(rest.len());
            let piece = rest.get(..length).unwrap_or_default();
            self.at += length;
            self.column = self.column.saturating_add(characters(piece));
            if let Some(owned) = &mut owned {
                owned.push_str(piece);
            }
            match self.peek() {
                Some(b'"') => {
                    self.step();
                    return Ok(owned.map_or(Cow::Borrowed(piece), Cow::Owned));
                }
                Some(b'\\') => {
                    let c = self.escape(builder)?;
                    owned.get_or_insert_with(|| piece.to_owned()).push(c);
                }
                Some(_) => {
                    let help = Some("write `\\n`, `\\t` or another escape");
                    return Err(self.fail(builder, "a text contains a line break or control character", help));
                }
                None => {
                    (self.line, self.column) = (start.line, start.column);
                    return Err(self.fail(builder, "this text is not closed", Some("write `\"` at its end")));
                }
            }
        }
    }

    fn escape(&mut self, builder: &Builder<'_, '_>) -> Result<char, Stop> {
        let code = self.rest().as_bytes().get(1).copied();
        let c = match code {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(builder),
            _ => {
                let help = Some("a backslash in a text is written `\\\\`");
                return Err(self.fail(builder, "this escape is not one of JSON's", help));
            }
        };
        self.advance(2);
        Ok(c)
    }

    fn unicode(&mut self, builder: &Builder<'_, '_>) -> Result<char, Stop> {
        let unit = |rest: &str| -> Option<u32> {
            let digits = rest.strip_prefix("\\u")?.get(..4)?;
            let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
            hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
        };
        let rest = self.rest();
        let (code, length) = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                (Some(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12)
            }
            (first, _) => (first, 6),
        };
        let Some(c) = code.and_then(char::from_u32) else {
            let help = Some("write `\\u` and four hexadecimal digits; a character above U+FFFF is a pair of two such");
            return Err(self.fail(builder, "this escape is no character", help));
        };
        self.advance(length);
        Ok(c)
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn span(&self) -> Span {
        Span { file: self.file, line: self.line, column: self.column }
    }

    /// Over one ASCII character that is no line break.
    fn step(&mut self) {
        self.advance(1);
    }

    fn advance(&mut self, ascii: usize) {
        self.at += ascii;
        self.column = self.column.saturating_add(u32::try_from(ascii).unwrap_or(u32::MAX));
    }

    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.step(),
                b'\n' => self.line_break(),
                b'\r' => {
                    // The line breaks at the line feed that follows, or here.
                    self.at += 1;
                    if self.peek() != Some(b'\n') {
                        self.at -= 1;
                        self.line_break();
                    }
                }
                _ => return,
            }
        }
    }

    fn line_break(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.column = 1;
    }

    fn expected(&self, builder: &Builder<'_, '_>, what: &str) -> Stop {
        let found = match self.rest().chars().next() {
            None => "the end of the document".to_owned(),
            Some(c) => quote(c.encode_utf8(&mut [0; 4])),
        };
        let help = match self.peek() {
            Some(b'/' | b'#') => Some("JSON has no comments; a `.yaml` document may have them"),
            Some(b'\'') => Some("JSON has double quotes only"),
            _ => None,
        };
        self.fail(builder, &format!("expected {what}, found {found}"), help)
    }

    fn fail(&self, builder: &Builder<'_, '_>, message: &str, help: Option<&str>) -> Stop {
        let span = self.span();
        builder.sink.error(span, || {
            let diagnostic = Diagnostic::error("document.syntax", span, format!("this is no valid JSON: {message}"));
            match help {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            }
        });
        Stop
    }
}

/// Characters of a piece of text, which is every byte but the continuation bytes of UTF-8.
fn characters(piece: &str) -> u32 {
    let count = piece.bytes().filter(|b| b & 0xc0 != 0x80).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// `-? (0 | [1-9][0-9]*) (\. [0-9]+)? ([eE] [-+]? [0-9]+)?`
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    digits(whole) && !leading_zero && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}
