//! Where in a text is a link? What a reader, or a program that shows a text, may take for a link or an address.
//!
//! A word that holds `://`, begins with `www.` or `mailto:`, or begins with a name that has a dot before a last part of two letters or more,
//! of any script. Words end at white space, controls, brackets, quotes, commas, semicolons, bars and asterisks.
//!
//! INVARIANT: one pass, whatever the text: every byte is looked at a bounded number of times, and nothing is allocated. Every link has
//! a *sign* (a dot or a colon) by what stands on both sides of which it could be one; all else is skipped over.
//!
//! Next room: `known`.

/// The links of a text, in its order.
pub(super) const fn links(text: &str) -> Links<'_> {
    Links { text, from: 0, signs: Signs { bytes: text.as_bytes(), at: 0, marks: 0 } }
}

/// What [`links`] finds.
pub(super) struct Links<'t> {
    text: &'t str,
    /// Where the words begin that have not been judged.
    from: usize,
    signs: Signs<'t>,
}

impl<'t> Iterator for Links<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let sign = self.signs.next()?;
            // One of a word that has been judged, or one that says nothing.
            if sign < self.from || !could_make_a_link(self.text.as_bytes(), sign) {
                continue;
            }
            let (before, after) = (self.text.get(self.from..sign)?, self.text.get(sign..)?);
            let start = before.char_indices().rev().find(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8());
            let end = sign + after.find(is_break).unwrap_or(after.len());
            let word = self.text.get(self.from + start..end)?;
            self.from = end;
            let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '_' | '~'));
            if is_link(word) {
                return Some(word);
            }
        }
    }
}

/// Where the dots and colons of a text are, found eight bytes at a time.
struct Signs<'t> {
    bytes: &'t [u8],
    /// Where the bytes begin that have not been read.
    at: usize,
    /// Of the last eight that were, those that are signs: the high bit of each.
    marks: u64,
}

impl Iterator for Signs<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        // Exactly the bytes of `word` that are zero, each by its high bit.
        let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
        while self.marks == 0 {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            let word = match rest.first_chunk::<8>() {
                Some(eight) => u64::from_le_bytes(*eight),
                None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
            };
            self.marks = zeros(word ^ 0x2e2e_2e2e_2e2e_2e2e) | zeros(word ^ 0x3a3a_3a3a_3a3a_3a3a);
            self.at += 8;
        }
        let place = self.marks.trailing_zeros() as usize / 8;
        self.marks &= self.marks - 1;
        Some(self.at - 8 + place)
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
