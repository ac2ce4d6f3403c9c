//! Which ids does a pattern mean? Segment patterns over ids, alone and in sets.
//!
//! | written | means |
//! | --- | --- |
//! | any other character | itself, byte for byte; nothing is decoded or folded |
//! | `*` | any run of characters, also none, within one segment; never a `/` |
//! | `**` as a whole segment | any number of whole segments, also none; at the end of a pattern at least one |
//! | `?` | one character, never `/` |
//! | `[abc]`, `[a-z]`, `[!a-z]` | one character of the class (or not of it), never `/`; `[*]` is a literal star |
//! | `{a,b/c}` | either text; not nested |
//!
//! So `a/**` matches `a/b` and `a/b/c` but not `a` (write `a{,/**}` for both), `**/x` matches `x` and `a/x`, `a/**/x` matches
//! `a/x`, and `**` alone matches everything. `**` beside other characters (`a**`) is refused.
//!
//! **Roots.** The root of an id (`/`, `scheme:/`, `scheme://`) is matched literally: `*/x` matches `a/x`, but neither `/x` nor
//! `file:/x`. A pattern that begins with `**` matches whatever the root: `**/.env` is every `.env` anywhere. A `*` never
//! matches across a root for the reason alone that every root has a `/`; `urn:*` and `*` match `urn:x`, which has none.
//!
//! Patterns follow the naming rules ([`crate::name`]): what no id contains, no pattern contains. [`Pattern::matches`] expects an
//! id; give it unchecked text only through [`Pattern::matches_text`], or `/srv/**` will match `/srv/../etc`.
//!
//! INVARIANT: [`Pattern::covers`] and [`Pattern::is_disjoint`] say true only if it is so; [`Pattern::intersect`] is exact.
//! Matching costs at most pattern x id steps; parsing is bounded by [`Limits`].
//!
//! ```
//! use placet::pattern::Pattern;
//! let pattern: Pattern = "sharepoint:/sites/finance/**".parse()?;
//! assert!(pattern.matches("sharepoint:/sites/finance/2026/inv-1.pdf"));
//! assert!(!pattern.matches("sharepoint:/sites/hr/plan.docx"));
//! # Ok::<(), placet::pattern::PatternError>(())
//! ```
//!
//! Next room: [`crate::fact`].

use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use std::sync::Arc;

use crate::limits::Limits;
use crate::name;

mod class;
mod error;
mod glob;
mod parse;
mod set;

pub use error::PatternError;
pub use set::PatternSet;

use glob::{Glob, Kind};

/// A parsed pattern.
///
/// Two patterns are equal if their canonical forms are, whatever their spelling: `{b,a}` and `{a,b}`, `a/**/**` and `a/**`.
#[derive(Clone)]
pub struct Pattern {
    /// As it was written.
    source: Arc<str>,
    /// The alternatives: sorted, none twice.
    globs: Arc<[Glob]>,
}

impl FromStr for Pattern {
    type Err = PatternError;

    /// Parses with the default [`Limits`].
    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text, &Limits::default())
    }
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and a remedy.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, PatternError> {
        if text.len() > limits.pattern_bytes {
            return Err(PatternError::TooLong { limit: limits.pattern_bytes });
        }
        let source: Arc<str> = text.into();
        let globs = parse::parse(&source, limits)?.into();
        Ok(Self { source, globs })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The one id that it matches, if it has no wildcard and no alternatives.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &*self.globs {
            [glob] if glob.kind == Kind::Literal => Some(&glob.text),
            _ => None,
        }
    }

    /// Whether it matches every id: `**`.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.globs.iter().any(Glob::is_everything)
    }

    /// Into how many alternatives its braces expand (`Limits::rules` counts them).
    #[must_use]
    pub fn alternatives(&self) -> usize {
        self.globs.len()
    }

    /// Whether the id matches.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        self.globs.iter().any(|glob| glob.matches(id))
    }

    /// Whether a text of unknown origin is an id and matches.
    #[must_use]
    pub fn matches_text(&self, text: &str) -> bool {
        self.matches(text) && name::check(text).is_ok()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.source)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.globs == other.globs
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.globs.hash(state);
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.globs.cmp(&other.globs)
    }
}
