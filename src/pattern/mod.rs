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

mod algebra;
mod class;
mod error;
mod glob;
mod linear;
mod parse;
mod set;

pub use error::PatternError;
pub use set::PatternSet;

use algebra::Union;
use glob::{Glob, Kind};
use linear::Budget;

/// A parsed pattern.
///
/// Two patterns are equal if their canonical forms are, whatever their spelling: `{b,a}` and `{a,b}`, `a/**/**` and `a/**`.
#[derive(Clone)]
pub struct Pattern {
    /// As it was written.
    source: Arc<str>,
    /// The alternatives: sorted, none twice.
    globs: Arc<[Glob]>,
    /// Further lists of alternatives, one of each of which must match too: what an intersection that no pattern can spell is
    /// made of. None for a pattern that was read.
    also: Option<Arc<[Arc<[Glob]>]>>,
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
        Ok(Self { source, globs, also: None })
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
            [glob] if glob.kind == Kind::Literal && self.also.is_none() => Some(&glob.text),
            _ => None,
        }
    }

    /// What every id that it matches begins with and nothing else does, if it is literal segments and `/**`; ends with `/`.
    pub(crate) fn tree(&self) -> Option<&str> {
        match &*self.globs {
            // Behind a segment of its own the root is that of the id too.
            [glob] if glob.kind == Kind::Rooted && self.also.is_none() => {
                let path = glob.path().strip_suffix("/**").filter(|path| !path.is_empty())?;
                let is_literal = !path.bytes().any(|b| matches!(b, b'*' | b'?' | b'['));
                if is_literal { glob.text.get(..glob.text.len() - 2) } else { None }
            }
            _ => None,
        }
    }

    /// Whether it matches every id: `**`.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.also.is_none() && self.globs.iter().any(Glob::is_everything)
    }

    /// Into how many alternatives its braces expand (`Limits::rules` counts them).
    #[must_use]
    pub fn alternatives(&self) -> usize {
        self.globs.len()
    }

    /// Whether the id matches.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        self.clauses().all(|globs| globs.iter().any(|glob| glob.matches(id)))
    }

    /// Whether a text of unknown origin is an id and matches.
    #[must_use]
    pub fn matches_text(&self, text: &str) -> bool {
        self.matches(text) && name::check(text).is_ok()
    }

    /// Whether every id that `other` matches is certainly matched by this pattern too.
    ///
    /// A yes is always right. A no may be wrong where several alternatives or classes are needed together (`[a-m]*` and
    /// `[n-z]*` cover `[a-z]*`), and for pairs of patterns so long that the answer would take more than some milliseconds.
    ///
    /// ```
    /// # use placet::pattern::Pattern;
    /// let parent: Pattern = "sharepoint:/sites/**".parse()?;
    /// assert!(parent.covers(&"sharepoint:/sites/*/inv-*".parse()?));
    /// assert!(!parent.covers(&"**/inv-*".parse()?));
    /// # Ok::<(), placet::pattern::PatternError>(())
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if self == other || self.is_everything() {
            return true;
        }
        if let Some(id) = other.literal() {
            return self.matches(id);
        }
        let mut budget = Budget::new();
        let others: Vec<Union> = other.clauses().map(|clause| Union::of(clause)).collect();
        let mut own = self.clauses().map(|clause| Union::of(clause));
        own.all(|own| others.iter().any(|other| own.covers(other, &mut budget)))
    }

    /// Whether no id is certainly matched by both.
    ///
    /// A yes is always right; a no may be wrong only for very long patterns, and where only texts that are no ids (a segment `..`)
    /// would match both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        match (self.literal(), other.literal()) {
            (Some(id), _) => return !other.matches(id),
            (_, Some(id)) => return !self.matches(id),
            (None, None) => {}
        }
        let mut budget = Budget::new();
        let others: Vec<Union> = other.clauses().map(|clause| Union::of(clause)).collect();
        let mut own = self.clauses().map(|clause| Union::of(clause));
        own.any(|own| others.iter().any(|other| !own.meets(other, &mut budget)))
    }

    /// The pattern that matches exactly the ids that both match; `None` if there are none.
    ///
    /// Where the result cannot be spelt in a pattern of bounded size, it still matches exactly, and is written `a & b`.
    ///
    /// ```
    /// # use placet::pattern::Pattern;
    /// let finance: Pattern = "sharepoint:/sites/finance/**".parse()?;
    /// let both = finance.intersect(&"**/*.pdf".parse()?).expect("they meet");
    /// assert_eq!(both.to_string(), "sharepoint:/sites/finance/**/*.pdf");
    /// # Ok::<(), placet::pattern::PatternError>(())
    /// ```
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            return Some(other.clone());
        }
        if other.covers(self) {
            return Some(self.clone());
        }
        if self.is_disjoint(other) {
            return None;
        }
        if self.also.is_none() && other.also.is_none() {
            let common = Union::of(&self.globs).common(&Union::of(&other.globs), &mut Budget::new());
            if let Some(common) = common {
                return common;
            }
        }
        let more = other.clauses().filter(|clause| !self.clauses().any(|own| own == *clause));
        let also: Vec<Arc<[Glob]>> = self.clauses().skip(1).chain(more).cloned().collect();
        let source = format!("{} & {}", self.source, other.source).into();
        Some(Self { source, globs: self.globs.clone(), also: Some(also.into()) })
    }

    /// The lists of alternatives, one of each of which must match.
    fn clauses(&self) -> impl Iterator<Item = &Arc<[Glob]>> {
        core::iter::once(&self.globs).chain(self.also.iter().flat_map(|also| also.iter()))
    }
}

/// Up to how many pairs two lists are intersected pair by pair, for a result that reads well.
const PAIRS: usize = 256;

/// Whether every id that `part` matches is certainly matched by one of `wholes`; several may share its alternatives.
pub(crate) fn any_cover(wholes: &[&Pattern], part: &Pattern) -> bool {
    if wholes.iter().any(|whole| whole.covers(part)) {
        return true;
    }
    let simple = wholes.iter().filter(|whole| whole.also.is_none());
    let all = simple.map(|whole| Union::of(&whole.globs)).reduce(Union::with);
    let mut budget = Budget::new();
    all.is_some_and(|all| part.clauses().any(|clause| all.covers(&Union::of(clause), &mut budget)))
}

/// Patterns, one of which matches exactly if one of `a` and one of `b` do.
pub(crate) fn intersect_any(a: &[Pattern], b: &[Pattern]) -> Vec<Pattern> {
    let (a, b) = match a.len().saturating_mul(b.len()) <= PAIRS {
        true => (a.to_vec(), b.to_vec()),
        false => (union(a), union(b)),
    };
    let mut common: Vec<Pattern> = Vec::new();
    for both in a.iter().flat_map(|own| b.iter().filter_map(move |other| own.intersect(other))) {
        if !common.contains(&both) {
            common.push(both);
        }
    }
    common
}

/// As few patterns as possible that match the same: those that are one list of alternatives become one.
fn union(patterns: &[Pattern]) -> Vec<Pattern> {
    let (simple, mut united): (Vec<_>, Vec<_>) = patterns.iter().cloned().partition(|pattern| pattern.also.is_none());
    let mut globs: Vec<Glob> = simple.iter().flat_map(|pattern| pattern.globs.iter().cloned()).collect();
    globs.sort_unstable();
    globs.dedup();
    if !globs.is_empty() {
        let texts: Vec<&str> = simple.iter().map(Pattern::as_str).collect();
        united.push(Pattern { source: format!("({})", texts.join(" | ")).into(), globs: globs.into(), also: None });
    }
    united
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
        self.globs == other.globs && self.also == other.also
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.globs.hash(state);
        self.also.hash(state);
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.globs.cmp(&other.globs).then_with(|| self.also.cmp(&other.also))
    }
}
