//! Does one glob, without braces, match an id?
//!
//! A [`Glob`] is its canonical text: the id itself, or segments of literal characters, `*`, `?`, canonical classes (`[*]` for
//! a literal star), and `**` alone. Matching reads that text; nothing is allocated. Both levels (segments in an id,
//! characters in a segment) use the same method: on a mismatch go back to the latest star only, and let it take one more. That
//! is exact, because whatever an earlier star could take, the latest can; and it costs at most pattern x id steps.
//!
//! Next room: [`super::set`], which matches many globs at once.

use std::sync::Arc;

use super::class;
use crate::name;

/// One alternative of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Glob {
    pub(super) kind: Kind,
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
    Rooted(u32),
}

impl Glob {
    /// A glob of this canonical text, which is no literal.
    pub(super) fn wild(text: Arc<str>) -> Self {
        let root = name::root_len(&text);
        let anywhere = root == 0 && (*text == *"**" || text.starts_with("**/"));
        let kind = if anywhere { Kind::Anywhere } else { Kind::Rooted(u32::try_from(root).unwrap_or(u32::MAX)) };
        Self { kind, text }
    }

    /// Whether it matches everything.
    pub(super) fn is_everything(&self) -> bool {
        self.kind == Kind::Anywhere && &*self.text == "**"
    }

    /// Length of the root in the text.
    pub(super) fn root_len(&self) -> usize {
        match self.kind {
            Kind::Rooted(root) => root as usize,
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
            Kind::Anywhere | Kind::Rooted(_) => self.matches_rooted(id, name::root_len(id)),
        }
    }

    /// The same for an id whose root has `root` bytes.
    pub(super) fn matches_rooted(&self, id: &str, root: usize) -> bool {
        match self.kind {
            Kind::Literal => return *self.text == *id,
            Kind::Anywhere => {}
            Kind::Rooted(own) => {
                if own as usize != root || id.as_bytes().get(..root) != self.text.as_bytes().get(..root) {
                    return false;
                }
            }
        }
        path_matches(Segments::of(self.path()), Segments::of(id.get(root..).unwrap_or_default()))
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
        // Segments are short: counting bytes beats setting up a search.
        let at = path.bytes().take_while(|b| *b != b'/').count();
        self.0 = path.get(at + 1..);
        path.get(..at)
    }
}

/// Whether the segments of a path match those of a glob. A `**` at the end takes one or more, elsewhere zero or more.
pub(super) fn path_matches(mut glob: Segments<'_>, mut path: Segments<'_>) -> bool {
    let mut retry: Option<(Segments<'_>, Segments<'_>)> = None;
    loop {
        match glob.next() {
            Some("**") => {
                let (Some(after), Some(from)) = (glob.0, path.0) else {
                    return glob.is_done() && !path.is_done();
                };
                // Behind the last `**` the segments are counted from the end: nothing to try out.
                if !after.contains("**") {
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
    let (mut glob, mut rest) = (Tokens(glob), segment.chars());
    let mut retry: Option<(Tokens<'_>, core::str::Chars<'_>)> = None;
    loop {
        match glob.next() {
            Some(Token::Run) => {
                if glob.0.is_empty() {
                    return true;
                }
                retry = Some((glob, rest.clone()));
                continue;
            }
            Some(token) => match rest.next() {
                Some(c) if token.accepts(c) => continue,
                Some(_) => {}
                None => return false,
            },
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        glob = *after;
        rest = from.clone();
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
