//! Which words does a text consist of? Tokens of CEL, one at a time, with places.
//!
//! INVARIANT: a token never spans more than the source; every error has the place of the offending character.
//!
//! Next room: `parse`.

use crate::condition::ast::Span;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, keywords and reserved words included.
    Word(Box<str>),
    /// A name in backticks; only after a dot.
    Quoted(Box<str>),
    /// An integer without its sign.
    Int(u64),
    /// An unsigned integer.
    Uint(u64),
    /// A float.
    Double(f64),
    /// Text.
    String(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// Punctuation and operators.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// Why a text is no sequence of tokens: where, what, what instead.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// Reads tokens from a text.
pub(crate) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize) -> Span {
        // A condition is at most `Limits::condition_bytes` long; a larger limit is cut by the parser.
        Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(self.at).unwrap_or(u32::MAX) }
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat_while(&mut self, keep: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn fault(&self, start: usize, message: impl Into<String>, help: &'static str) -> Fault {
        Fault { span: self.span(start), code: "condition.syntax", message: message.into(), help }
    }

    fn bad(&self, start: usize, message: impl Into<String>, help: &'static str) -> Fault {
        Fault { code: "condition.bad_literal", ..self.fault(start, message, help) }
    }

    fn skip_blank(&mut self) {
        loop {
            self.eat_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.eat_while(|c| c != '\n');
        }
    }

    /// The next token and its place.
    pub(crate) fn next(&mut self) -> Result<(Token, Span), Fault> {
        self.skip_blank();
        let start = self.at;
        let token = self.token(start)?;
        Ok((token, self.span(start)))
    }

    fn token(&mut self, start: usize) -> Result<Token, Fault> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        let second = self.rest().chars().nth(1);
        if first.is_ascii_digit() || (first == '.' && second.is_some_and(|c| c.is_ascii_digit())) {
            return self.number(start);
        }
        if let Some(literal) = self.string(start)? {
            return Ok(literal);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Token::Word(self.eat_while(|c| c.is_ascii_alphanumeric() || c == '_').into()));
        }
        if first == '`' {
            self.eat();
            let name = self.eat_while(|c| c.is_ascii_alphanumeric() || "_.-/ ".contains(c));
            if self.eat() != Some('`') || name.is_empty() {
                return Err(self.fault(
                    start,
                    "a quoted member name does not end",
                    "write letters, digits, `_`, `.`, `-`, `/` or blanks between two backticks",
                ));
            }
            return Ok(Token::Quoted(name.into()));
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|s| self.rest().starts_with(s)) {
            self.at += symbol.len();
            return Ok(Token::Symbol(symbol));
        }
        self.eat();
        let help = match first {
            '&' => "write `&&`",
            '|' => "write `||`",
            '=' => "write `==` to compare",
            '\'' | '"' => "close the text with the same quotation mark",
            _ => "conditions are written in CEL; text goes in quotation marks",
        };
        let shown = if first.is_control() { first.escape_default().to_string() } else { first.to_string() };
        Err(self.fault(start, format!("`{shown}` has no meaning here"), help))
    }

    fn number(&mut self, start: usize) -> Result<Token, Fault> {
        let digits = |c: char| c.is_ascii_digit();
        let hex = self.rest().starts_with("0x") || self.rest().starts_with("0X");
        if hex {
            self.at += 2;
            let text = self.eat_while(|c| c.is_ascii_hexdigit());
            return self.integer(start, text, 16);
        }
        let text = self.eat_while(digits);
        let fraction = self.rest().strip_prefix('.').is_some_and(|r| r.starts_with(digits));
        if fraction {
            self.at += 1;
            self.eat_while(digits);
        }
        let exponent = self
            .rest()
            .strip_prefix(['e', 'E'])
            .map(|r| (r.strip_prefix(['+', '-']).unwrap_or(r), r.starts_with(['+', '-'])))
            .filter(|(r, _)| r.starts_with(digits));
        if let Some((_, signed)) = exponent {
            self.at += 1 + usize::from(signed);
            self.eat_while(digits);
        }
        if !fraction && exponent.is_none() {
            return self.integer(start, text, 10);
        }
        let text = self.source.get(start..self.at).unwrap_or("");
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => self.ended(start).map(|()| Token::Double(value)),
            Ok(_) | Err(_) => Err(self.bad(start, format!("`{text}` is too large"), "doubles end near 1.8e308")),
        }
    }

    fn integer(&mut self, start: usize, text: &str, radix: u32) -> Result<Token, Fault> {
        let value = u64::from_str_radix(text, radix).map_err(|_| {
            self.bad(
                start,
                "the number is no 64-bit integer",
                "integers lie between -9223372036854775808 and 18446744073709551615u",
            )
        })?;
        let unsigned = self.rest().starts_with(['u', 'U']);
        self.at += usize::from(unsigned);
        self.ended(start)?;
        Ok(if unsigned { Token::Uint(value) } else { Token::Int(value) })
    }

    /// A number must not run into a name: `1x` is a mistake, not two words.
    fn ended(&mut self, start: usize) -> Result<(), Fault> {
        if self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.eat_while(|c| c.is_ascii_alphanumeric() || c == '_');
            let text = self.source.get(start..self.at).unwrap_or("");
            return Err(self.bad(start, format!("`{text}` is no number"), "put text in quotation marks"));
        }
        Ok(())
    }

    /// A string or bytes literal, if one starts here.
    fn string(&mut self, start: usize) -> Result<Option<Token>, Fault> {
        let rest = self.rest();
        let after_bytes = rest.strip_prefix(['b', 'B']).unwrap_or(rest);
        let after_raw = after_bytes.strip_prefix(['r', 'R']).unwrap_or(after_bytes);
        let Some(quote) = after_raw.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return Ok(None) };
        let (bytes, raw) = (after_bytes.len() < rest.len(), after_raw.len() < after_bytes.len());
        let (triple, single) = if quote == '"' { ("\"\"\"", "\"") } else { ("'''", "'") };
        let fence = if after_raw.starts_with(triple) { triple } else { single };
        self.at += rest.len() - after_raw.len() + fence.len();
        let mut text = Vec::new();
        loop {
            let here = self.at;
            if self.rest().starts_with(fence) {
                self.at += fence.len();
                break;
            }
            let c = self.eat();
            match c {
                None => return Err(self.unclosed(start)),
                Some('\n' | '\r') if fence.len() == 1 => return Err(self.unclosed(start)),
                Some('\\') if !raw => self.escape(here, bytes, &mut text)?,
                // In a raw literal a backslash keeps the next character from closing it.
                Some('\\') => {
                    text.push(b'\\');
                    let next = self.eat().ok_or_else(|| self.unclosed(start))?;
                    text.extend(next.encode_utf8(&mut [0; 4]).bytes());
                }
                Some(c) => text.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        if bytes {
            return Ok(Some(Token::Bytes(text.into())));
        }
        // Escapes of text are code points, so this cannot fail.
        let text =
            String::from_utf8(text).map_err(|_| self.bad(start, "the text is no UTF-8", "write bytes as b\"...\""))?;
        Ok(Some(Token::String(text.into())))
    }

    fn unclosed(&self, start: usize) -> Fault {
        let at = Lexer { source: self.source, at: start + 1 };
        at.fault(start, "the text does not end", "close it with the same quotation marks; only triple ones span lines")
    }

    fn escape(&mut self, start: usize, bytes: bool, text: &mut Vec<u8>) -> Result<(), Fault> {
        let c = self.eat();
        let plain = match c {
            Some('a') => Some('\u{7}'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('v') => Some('\u{b}'),
            Some(c @ ('\\' | '?' | '"' | '\'' | '`')) => Some(c),
            Some(_) | None => None,
        };
        let code = match (plain, c) {
            (Some(c), _) => Some(u32::from(c)),
            (None, Some('x' | 'X')) => self.digits(2, 16, 0),
            (None, Some('u')) if !bytes => self.digits(4, 16, 0),
            (None, Some('U')) if !bytes => self.digits(8, 16, 0),
            (None, Some(c @ '0'..='3')) => self.digits(2, 8, c.to_digit(8).unwrap_or(0)),
            (None, Some(_) | None) => None,
        };
        let wrong = |lexer: &Self| {
            lexer.bad(
                start,
                "the escape is none of CEL's",
                "write `\\\\` for a backslash, or a raw text r\"...\"; others are \\n \\r \\t \\x41 \\u0041 \\101 \\\" \\' \\`",
            )
        };
        let code = code.ok_or_else(|| wrong(self))?;
        if bytes {
            text.push(u8::try_from(code).map_err(|_| wrong(self))?);
        } else {
            let c = char::from_u32(code).ok_or_else(|| wrong(self))?;
            text.extend(c.encode_utf8(&mut [0; 4]).bytes());
        }
        Ok(())
    }

    fn digits(&mut self, count: usize, radix: u32, first: u32) -> Option<u32> {
        let mut value = first;
        for _ in 0..count {
            value = value.checked_mul(radix)?.checked_add(self.peek()?.to_digit(radix)?)?;
            self.eat();
        }
        Some(value)
    }
}
