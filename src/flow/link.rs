//! Where in a text is a link? What a reader, or a program that shows a text, may take for a link or an address.
//!
//! A word that holds `://`, begins with `www.` or `mailto:`, or begins with a name that has a dot before a last part of two letters or more,
//! of any script. Words end at white space, controls, brackets, quotes, commas, semicolons, bars and asterisks.
//!
//! INVARIANT: one pass, whatever the text: every byte is looked at a bounded number of times, and nothing is allocated. Every link has
//! a dot or a colon that is not the end of its word, so all else is skipped over.
//!
//! Next room: `check`.

use memchr::memchr2;

/// The links of a text, in its order.
pub(super) const fn links(text: &str) -> Links<'_> {
    Links { rest: text }
}

/// What [`links`] finds.
pub(super) struct Links<'t> {
    /// What has not been looked at. It begins where a word begins.
    rest: &'t str,
}

impl<'t> Iterator for Links<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let sign = memchr2(b'.', b':', self.rest.as_bytes())?;
            let (before, after) = (self.rest.get(..sign)?, self.rest.get(sign..)?);
            // The end of a sentence: the only sign of its word, and its end.
            if matches!(after.as_bytes().get(1), None | Some(b' ' | b'\n')) {
                self.rest = after.get(1..)?;
                continue;
            }
            let start = before.char_indices().rev().find(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8());
            let end = sign + after.find(is_break).unwrap_or(after.len());
            let word = self.rest.get(start..end)?;
            self.rest = self.rest.get(end..)?;
            let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '_' | '~'));
            if is_link(word) {
                return Some(word);
            }
        }
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
    let host = word.rsplit_once('@').map_or(word, |(_, host)| host);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let Some((rest, last)) = host.rsplit_once('.') else { return false };
    // Every script counts: a name need not be Latin.
    !rest.is_empty() && last.chars().nth(1).is_some() && last.chars().all(char::is_alphabetic)
}
