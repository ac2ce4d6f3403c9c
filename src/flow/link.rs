//! Where in a text is a link? What a reader, or a program that shows a text, may take for a link or an address.
//!
//! A word that holds `://`, begins with `www.` or `mailto:`, or begins with a name that has a dot before a last part of two letters or more,
//! of any script. Words end at white space, controls, brackets, quotes, commas, semicolons, bars and asterisks.
//!
//! INVARIANT: one pass, whatever the text: every byte is looked at a bounded number of times, and nothing is allocated. Every link has
//! a *sign* (a dot or a colon) by what stands on both sides of which it could be one; all else is skipped over.
//!
//! Next room: `check`.

use memchr::memchr2;

/// The links of a text, in its order.
pub(super) const fn links(text: &str) -> Links<'_> {
    Links { text, from: 0, at: 0 }
}

/// What [`links`] finds.
pub(super) struct Links<'t> {
    text: &'t str,
    /// Where the words begin that have not been judged.
    from: usize,
    /// Where the signs begin that have not been looked at.
    at: usize,
}

impl<'t> Iterator for Links<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let sign = self.at + memchr2(b'.', b':', self.text.as_bytes().get(self.at..)?)?;
            self.at = sign + 1;
            if !could_make_a_link(self.text.as_bytes(), sign) {
                continue;
            }
            let (before, after) = (self.text.get(self.from..sign)?, self.text.get(sign..)?);
            let start = before.char_indices().rev().find(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8());
            let end = sign + after.find(is_break).unwrap_or(after.len());
            let word = self.text.get(self.from + start..end)?;
            (self.from, self.at) = (end, end);
            let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '_' | '~'));
            if is_link(word) {
                return Some(word);
            }
        }
    }
}

/// Whether a sign could make its word a link: what [`is_link`] asks for has one for which this is true.
fn could_make_a_link(bytes: &[u8], sign: usize) -> bool {
    let next = bytes.get(sign + 1).copied().unwrap_or(b' ');
    let follows = |word: &[u8]| {
        sign.checked_sub(word.len()).and_then(|at| bytes.get(at..sign)).is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    if bytes.get(sign) == Some(&b'.') {
        // The last part of a name, in any script.
        next.is_ascii_alphabetic() || !next.is_ascii() || follows(b"www")
    } else {
        next == b'/' || follows(b"mailto")
    }
}

fn is_break(c: char) -> bool {
    match c {
        '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | '`' | ',' | ';' | '|' | '*' => true,
        '!'..='~' => false,
        _ => c.is_whitespace() || c.is_control(),
    }
}

fn is_link(word: &str) -> bool {
    let begins =
        |with: &str| word.as_bytes().get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with.as_bytes()));
    is_host(word) || begins("www.") || begins("mailto:") || word.as_bytes().windows(3).any(|three| three == b"://")
}

/// Whether a word begins with a name that has a dot before a last part of letters, or holds an address.
fn is_host(word: &str) -> bool {
    // By bytes: no sign that is looked for is a part of another character.
    let bytes = word.as_bytes();
    let start = bytes.iter().rposition(|b| *b == b'@').map_or(0, |at| at + 1);
    let host = bytes.get(start..).unwrap_or_default();
    let end = host.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b':')).unwrap_or(host.len());
    let dot = host.get(..end).and_then(|host| host.iter().rposition(|b| *b == b'.'));
    let Some(dot) = dot.filter(|dot| *dot > 0) else { return false };
    let last = word.get(start + dot + 1..start + end).unwrap_or_default();
    // Every script counts: a name need not be Latin.
    last.chars().nth(1).is_some() && last.chars().all(char::is_alphabetic)
}
