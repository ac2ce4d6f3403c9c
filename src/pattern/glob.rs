//! Does one glob, without braces, match an id?
//!
//! A [`Glob`] is its canonical text: the id itself, or segments of literal characters, `*`, `?`, canonical classes (`[*]` for
//! a literal star), and `**` alone. Matching reads that text; nothing is allocated. Both levels (segments in an id,
//! characters in a segment) use the same method: what stands between two stars is sought at its leftmost place, what stands behind
//! the last star is matched at the end. That is exact, because whatever an earlier star could take, a later one can; and it
//! costs at most pattern x id steps.
//!
//! Next room: [`super::set`], which matches many globs at once.

use std::sync::Arc;

use super::class;
use crate::name;

/// One alternative of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Glob {
    pub(super) kind: Kind,
    /// Whether it has more than one `**`.
    several: bool,
    /// Bytes of the text that are the root, if the kind is [`Kind::Rooted`].
    root: u32,
    pub(super) text: Arc<str>,
}

/// How the text of a [`Glob`] is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The one id that matches, byte for byte.
    Literal,
    /// The first segment is `**`: whatever the id's root.
    Anywhere,
    /// The first bytes are the root that the id must have.
    Rooted,
}

impl Glob {
    /// The glob of one id.
    pub(super) fn literal(text: Arc<str>) -> Self {
        Self { kind: Kind::Literal, several: false, root: 0, text }
    }

    /// A glob of this canonical text, which is no literal.
    pub(super) fn wild(text: Arc<str>) -> Self {
        let root = name::root_len(&text);
        let anywhere = root == 0 && (*text == *"**" || text.starts_with("**/"));
        // In a class no character stands twice, so two stars are always a segment.
        let several = text.matches("**").count() > 1;
        let kind = if anywhere { Kind::Anywhere } else { Kind::Rooted };
        Self { kind, several, root: u32::try_from(root).unwrap_or(u32::MAX), text }
    }

    /// Whether it matches everything.
    pub(super) fn is_everything(&self) -> bool {
        self.kind == Kind::Anywhere && &*self.text == "**"
    }

    /// Length of the root in the text.
    pub(super) fn root_len(&self) -> usize {
        match self.kind {
            Kind::Rooted => self.root as usize,
            Kind::Literal => name::root_len(&self.text),
            Kind::Anywhere => 0,
        }
    }

    /// The text after the root.
    pub(super) fn path(&self) -> &str {
        self.text.get(self.root_len()..).unwrap_or_default()
    }

    /// Whether the id matches.
    pub(super) fn matches(&self, id: &str) -> bool {
        match self.kind {
            Kind::Literal => *self.text == *id,
            Kind::Anywhere | Kind::Rooted => self.matches_rooted(id, name::root_len(id)),
        }
    }

    /// The same for an id whose root has `root` bytes.
    pub(super) fn matches_rooted(&self, id: &str, root: usize) -> bool {
        match self.kind {
            Kind::Literal => return *self.text == *id,
            Kind::Anywhere => {}
            Kind::Rooted => {
                if self.root as usize != root || id.as_bytes().get(..root) != self.text.as_bytes().get(..root) {
                    return false;
                }
            }
        }
        let path = Segments::of(id.get(root..).unwrap_or_default());
        path_matches(Segments::of(self.path()), path, self.several)
    }
}

/// The segments of a path, left to right.
#[derive(Clone, Copy)]
pub(super) struct Segments<'a>(Option<&'a str>);

impl<'a> Segments<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        Self(Some(path))
    }

    pub(super) fn is_done(self) -> bool {
        self.0.is_none()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let path = self.0?;
        let at = slash(path.as_bytes());
        self.0 = path.get(at + 1..);
        path.get(..at)
    }
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const SLASHES: u64 = u64::from_le_bytes([b'/'; 8]);

/// Calls back with the place of each `/`, until that says stop.
#[inline]
pub(super) fn slashes(bytes: &[u8], mut each: impl FnMut(usize) -> bool) {
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let word = rest.first_chunk::<8>().map_or_else(|| last_word(bytes, rest), |word| u64::from_le_bytes(*word));
        // Exact for every byte: seven bits never carry into the next.
        let differs = word ^ SLASHES;
        let seven = !(ONES << 7);
        let mut found = !(((differs & seven) + seven) | differs | seven);
        while found != 0 {
            if !each(start + found.trailing_zeros() as usize / 8) {
                return;
            }
            found &= found - 1;
        }
        start += 8;
    }
}

/// What is left behind the last whole word, some bytes, and zeros.
#[inline]
fn last_word(bytes: &[u8], rest: &[u8]) -> u64 {
    match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Where the first `/` is, or the end. Eight bytes at a time: segments are too short for a general search to pay.
#[inline]
fn slash(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let zero_where_slash = u64::from_le_bytes(*word) ^ SLASHES;
        // The lowest bit that is set marks the first zero byte; those above it may err.
        let zeros = zero_where_slash.wrapping_sub(ONES) & !zero_where_slash & (ONES << 7);
        if zeros != 0 {
            return at * 8 + zeros.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().take_while(|b| **b != b'/').count()
}

/// Whether the segments of a path match those of a glob. A `**` at the end takes one or more, elsewhere zero or more.
fn path_matches(mut glob: Segments<'_>, mut path: Segments<'_>, several: bool) -> bool {
    let mut retry: Option<(Segments<'_>, Segments<'_>)> = None;
    loop {
        match glob.next() {
            Some("**") => {
                let (Some(after), Some(from)) = (glob.0, path.0) else {
                    return glob.is_done() && !path.is_done();
                };
                // Behind the last `**` the segments are counted from the end: nothing to try out.
                if !several || !after.contains("**") {
                    let Some(tail) = last_segments(from, after.bytes().filter(|b| *b == b'/').count()) else {
                        return false;
                    };
                    (glob, path, retry) = (Segments::of(after), Segments::of(tail), None);
                    continue;
                }
                retry = Some((glob, path));
                continue;
            }
            Some(wanted) => match path.next() {
                Some(segment) if segment_matches(wanted, segment) => continue,
                Some(_) => {}
                // Starting later leaves even less to match.
                None => return false,
            },
            None if path.is_done() => return true,
            None => {}
        }
        let Some((after, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (glob, path) = (*after, *from);
    }
}

/// The last segments of a path, `slashes` + 1 of them, if it has as many.
fn last_segments(path: &str, slashes: usize) -> Option<&str> {
    let mut at = path.bytes().enumerate().rev().filter(|(_, b)| *b == b'/').map(|(at, _)| at);
    match at.nth(slashes) {
        Some(at) => path.get(at + 1..),
        None => (path.bytes().filter(|b| *b == b'/').count() == slashes).then_some(path),
    }
}

/// One element of a segment of a glob.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'a> {
    /// This character.
    Char(char),
    /// One character.
    One,
    /// Any run of characters.
    Run,
    /// One character of this class (canonical text without brackets).
    Class(&'a str),
}

/// The tokens of a canonical segment.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a>(pub(super) &'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    #[inline]
    fn next(&mut self) -> Option<Token<'a>> {
        let mut chars = self.0.chars();
        let token = match chars.next()? {
            '*' => Token::Run,
            '?' => Token::One,
            '[' => return Some(self.class()),
            c => Token::Char(c),
        };
        self.0 = chars.as_str();
        Some(token)
    }
}

impl<'a> Tokens<'a> {
    fn class(&mut self) -> Token<'a> {
        let body = self.0.get(1..).unwrap_or_default();
        // A `]` that comes first is a member.
        let mut inner = body.strip_prefix('!').unwrap_or(body).chars();
        let first = inner.next();
        let skipped = body.len() - inner.as_str().len();
        let len = skipped + inner.as_str().find(']').unwrap_or(inner.as_str().len());
        let class = body.get(..len).unwrap_or_default();
        self.0 = body.get(len + 1..).unwrap_or_default();
        match first {
            Some(c) if class.len() == c.len_utf8() => Token::Char(c),
            Some(_) | None => Token::Class(class),
        }
    }
}

/// Whether a segment of an id matches a segment of a glob (not `**`).
pub(super) fn segment_matches(glob: &str, segment: &str) -> bool {
    let (head, mut rest) = Chunk::split(glob);
    let Some(mut text) = head.strip(segment) else { return false };
    if !head.starred {
        return text.is_empty();
    }
    loop {
        let (chunk, after) = Chunk::split(rest);
        if !chunk.starred {
            return chunk.ends(text);
        }
        let Some(behind) = chunk.seek(text) else { return false };
        (text, rest) = (behind, after);
    }
}

/// What stands between two stars of a segment.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    text: &'a str,
    /// Whether it has only literal characters.
    plain: bool,
    /// Whether a star follows.
    starred: bool,
}

impl<'a> Chunk<'a> {
    /// The first chunk, and what follows its star.
    #[inline]
    fn split(glob: &'a str) -> (Self, &'a str) {
        let mut plain = true;
        let mut bytes = glob.bytes().enumerate();
        while let Some((at, b)) = bytes.next() {
            match b {
                b'*' => {
                    let chunk = Self { text: glob.get(..at).unwrap_or_default(), plain, starred: true };
                    return (chunk, glob.get(at + 1..).unwrap_or_default());
                }
                b'?' => plain = false,
                b'[' => {
                    plain = false;
                    // A `]` that comes first is a member.
                    if let Some((_, b'!')) = bytes.next() {
                        bytes.next();
                    }
                    bytes.by_ref().take_while(|(_, b)| *b != b']').for_each(drop);
                }
                _ => {}
            }
        }
        (Self { text: glob, plain, starred: false }, "")
    }

    /// The text behind the chunk, if it begins with it.
    #[inline]
    fn strip(self, text: &str) -> Option<&str> {
        if self.plain {
            return text.strip_prefix(self.text);
        }
        let mut rest = text.chars();
        Tokens(self.text).all(|token| rest.next().is_some_and(|c| token.accepts(c))).then_some(rest.as_str())
    }

    /// The text behind the chunk where it first occurs.
    fn seek(self, text: &str) -> Option<&str> {
        if self.plain {
            let mut windows = text.as_bytes().windows(self.text.len().max(1));
            let at = windows.position(|window| window == self.text.as_bytes())?;
            return text.get(at + self.text.len()..);
        }
        text.char_indices().find_map(|(at, _)| self.strip(text.get(at..)?))
    }

    /// Whether the text ends with the chunk.
    fn ends(self, text: &str) -> bool {
        if self.plain {
            return text.ends_with(self.text);
        }
        let last = Tokens(self.text).count().saturating_sub(1);
        let start = text.char_indices().rev().nth(last).and_then(|(at, _)| text.get(at..));
        start.and_then(|end| self.strip(end)).is_some()
    }
}

impl Token<'_> {
    #[inline]
    fn accepts(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::One => c != '/',
            Self::Run => false,
            Self::Class(text) => class::contains(text, c),
        }
    }
}
