//! Which of many patterns match an id?
//!
//! A [`PatternSet`] files every pattern where an id that it could match will look:
//!
//! | form | filed under | found by |
//! | --- | --- | --- |
//! | an id | itself | one probe with the hash of the id |
//! | `prefix/**` | the prefix | one probe per segment; nothing to verify |
//! | with literal segments, `a/*/b` | the rarest: its literal prefix, or one of its literal segments | one probe per segment, then verified alone |
//! | with literal pieces of four bytes, `inv-2026-*` | the rarest such piece, where many would otherwise be verified | a bit test per byte of the id |
//! | others, `*`, `a*b` | one list | verified each time |
//!
//! So the cost follows the id's segments and the patterns that share a rare piece with it, not the size of the set. Equal globs
//! are verified once, however many patterns have them. INVARIANT: each glob is filed in exactly one place, nothing is allocated
//! while matching, and no state is explored twice: the worst case, a set without any telling piece (`*a*b*c*` by the thousand),
//! is the sum of its single matches, each pattern x id steps.
//!
//! Next room: [`crate::fact`].

use std::sync::Arc;

use core::hash::{BuildHasher, Hasher};
use hashbrown::{DefaultHashBuilder, HashTable};

use super::Pattern;
use super::glob::{Glob, Segments};
use crate::name;

mod build;

/// Many patterns, matched at once. Indices are the places of the patterns in the order in which they were given.
///
/// ```
/// use placet::pattern::{Pattern, PatternSet};
/// let patterns: Vec<Pattern> = ["mcp-files/*", "mcp-files/read", "**"].iter().map(|p| p.parse().unwrap()).collect();
/// let set = PatternSet::new(&patterns);
/// let mut found = Vec::new();
/// set.matches("mcp-files/write", |index| found.push(index));
/// found.sort_unstable();
/// assert_eq!(found, [0, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct PatternSet {
    hasher: DefaultHashBuilder,
    /// Members of `**`.
    everything: Span,
    exact: Vec<Exact>,
    exact_table: HashTable<u32>,
    prefixes: Vec<Prefix>,
    prefix_table: HashTable<u32>,
    /// Bit n: a prefix of n segments exists (the last bit: of that many or more).
    depths: u64,
    inner: Vec<Inner>,
    inner_table: HashTable<u32>,
    grams: Vec<Gram>,
    gram_table: HashTable<u32>,
    /// Bits of the grams' hashes: most positions of an id are dismissed by it.
    gram_filter: Box<[u64]>,
    /// Candidates that every id has.
    always: Span,
    globs: Vec<Entry>,
    /// Indices into `globs`, for all the spans of candidates.
    candidates: Vec<u32>,
    /// Indices of patterns, or of `shared` if they have the bit [`SHARED`], for all the spans of members.
    members: Vec<u32>,
    shared: Vec<Shared>,
    len: u32,
}

/// A range in `candidates` or `members`.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(self, list: &[u32]) -> &[u32] {
        list.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// An id that patterns name.
#[derive(Clone, Debug)]
struct Exact {
    text: Arc<str>,
    members: Span,
}

/// Literal segments, with their root, at the beginning of patterns: the first `len` bytes of `text`.
#[derive(Clone, Debug)]
struct Prefix {
    text: Arc<str>,
    len: u32,
    /// Patterns that are the prefix and `/**`.
    tree: Span,
    /// Other globs that begin with it.
    candidates: Span,
}

/// A literal segment anywhere in globs.
#[derive(Clone, Debug)]
struct Inner {
    text: Arc<str>,
    start: u32,
    end: u32,
    candidates: Span,
}

/// Four literal bytes within a segment of globs.
#[derive(Clone, Debug)]
struct Gram {
    bytes: [u8; 4],
    candidates: Span,
}

/// A glob that is verified.
#[derive(Clone, Debug)]
struct Entry {
    glob: Glob,
    /// How many bytes at its end are literal: a test that dismisses most ids.
    tail: u32,
    members: Span,
}

/// The flag of a member that is an index into `shared`.
const SHARED: u32 = 1 << 31;

/// An alternative that does not speak for its pattern alone: several may match the same id, or more must match.
#[derive(Clone, Debug)]
struct Shared {
    index: u32,
    /// Which alternative it is.
    place: u32,
    pattern: Pattern,
}

/// Bits in the filter of grams.
const FILTER_BITS: u32 = 1 << 14;

impl PatternSet {
    /// How many patterns it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reports the index of every pattern that matches the id, each once, in no particular order.
    pub fn matches(&self, id: &str, mut found: impl FnMut(u32)) {
        self.report(self.everything, id, &mut found);
        if !self.exact.is_empty() {
            let hash = self.hash(id);
            if let Some(exact) = find(&self.exact_table, &self.exact, hash, |exact| *exact.text == *id) {
                self.report(exact.members, id, &mut found);
            }
        }
        if self.globs.is_empty() && self.prefixes.is_empty() {
            return;
        }
        let root = name::root_len(id);
        if self.depths != 0 || !self.inner.is_empty() {
            self.walk(id, root, &mut found);
        }
        if !self.grams.is_empty() {
            self.scan(id, root, &mut found);
        }
        self.verify(self.always, id, root, &mut found);
    }

    /// Whether any pattern matches the id.
    #[must_use]
    pub fn is_match(&self, id: &str) -> bool {
        let mut any = false;
        self.matches(id, |_| any = true);
        any
    }

    /// Looks up each prefix of the id, and each segment.
    fn walk(&self, id: &str, root: usize, found: &mut impl FnMut(u32)) {
        let mut hasher = self.hasher.build_hasher();
        // The prefix of no segments is the root alone.
        let mut hashed = 0;
        if self.has_depth(0) {
            hasher.write(id.as_bytes().get(..root).unwrap_or_default());
            hashed = root;
            self.prefix(id, root, root, hasher.finish(), found);
        }
        let mut segments = Segments::of(id.get(root..).unwrap_or_default());
        let (mut depth, mut end) = (0_u32, root);
        // Deeper than any prefix, only segments are left to look up.
        while !self.inner.is_empty() || self.depths >> (depth + 1).min(63) != 0 {
            let Some(segment) = segments.next() else { return };
            let start = end + usize::from(depth > 0);
            end = start + segment.len();
            depth += 1;
            if !self.inner.is_empty() {
                self.segment(id, root, start, segment, found);
            }
            // At the id's end nothing is left for wildcards.
            if self.has_depth(depth) && !segments.is_done() {
                hasher.write(id.as_bytes().get(hashed..end).unwrap_or_default());
                hashed = end;
                self.prefix(id, root, end, hasher.finish(), found);
            }
        }
    }

    /// Whether a prefix of so many segments exists. A prefix is hashed in pieces that end at such depths, each byte once.
    #[inline]
    fn has_depth(&self, depth: u32) -> bool {
        has_depth(self.depths, depth)
    }

    #[inline]
    fn prefix(&self, id: &str, root: usize, end: usize, hash: u64, found: &mut impl FnMut(u32)) {
        let Some(text) = id.as_bytes().get(..end) else { return };
        let same = |prefix: &Prefix| prefix.text.as_bytes().get(..prefix.len as usize) == Some(text);
        if let Some(prefix) = find(&self.prefix_table, &self.prefixes, hash, same) {
            self.report(prefix.tree, id, found);
            self.verify(prefix.candidates, id, root, found);
        }
    }

    fn segment(&self, id: &str, root: usize, start: usize, segment: &str, found: &mut impl FnMut(u32)) {
        let hash = self.hash(segment);
        let Some(inner) = find(&self.inner_table, &self.inner, hash, |inner| inner.text() == segment) else { return };
        // A segment that came before has been looked up before.
        let before = id.get(root..start).unwrap_or_default();
        if !Segments::of(before).any(|earlier| earlier == segment) {
            self.verify(inner.candidates, id, root, found);
        }
    }

    /// Looks up each four bytes of the id.
    fn scan(&self, id: &str, root: usize, found: &mut impl FnMut(u32)) {
        for (at, window) in id.as_bytes().windows(4).enumerate() {
            let Some(gram) = window.first_chunk::<4>() else { continue };
            let (word, bit) = filter_bit(*gram);
            if self.gram_filter.get(word).is_none_or(|bits| bits & bit == 0) {
                continue;
            }
            let hash = u64::from(u32::from_le_bytes(*gram)).wrapping_mul(SPREAD);
            let Some(entry) = find(&self.gram_table, &self.grams, hash, |entry| entry.bytes == *gram) else { continue };
            let before = id.as_bytes().get(..at + 3).unwrap_or_default();
            if !before.windows(4).any(|earlier| earlier == gram) {
                self.verify(entry.candidates, id, root, found);
            }
        }
    }

    fn verify(&self, candidates: Span, id: &str, root: usize, found: &mut impl FnMut(u32)) {
        for &at in candidates.of(&self.candidates) {
            let Some(entry) = self.globs.get(at as usize) else { continue };
            let text = entry.glob.text.as_bytes();
            let tail = text.get(text.len().saturating_sub(entry.tail as usize)..).unwrap_or_default();
            if id.as_bytes().ends_with(tail) && entry.glob.matches_rooted(id, root) {
                self.report(entry.members, id, found);
            }
        }
    }

    #[inline]
    fn report(&self, members: Span, id: &str, found: &mut impl FnMut(u32)) {
        for &member in members.of(&self.members) {
            if member & SHARED == 0 {
                found(member);
            } else if let Some(shared) = self.shared.get((member & !SHARED) as usize) {
                // The first alternative that matches speaks for the pattern.
                let mut earlier = shared.pattern.globs.iter().take(shared.place as usize);
                let simple = shared.pattern.also.is_none();
                if !earlier.any(|glob| glob.matches(id)) && (simple || shared.pattern.matches(id)) {
                    found(shared.index);
                }
            }
        }
    }

    #[inline]
    fn hash(&self, text: &str) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

impl Inner {
    fn text(&self) -> &str {
        self.text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

#[inline]
fn has_depth(depths: u64, depth: u32) -> bool {
    depths >> depth.min(63) & 1 == 1
}

/// An odd constant without pattern (the golden ratio): spreads four bytes over a word.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Where a gram stands in the filter: a word, and a bit in it.
#[inline]
fn filter_bit(gram: [u8; 4]) -> (usize, u64) {
    let spread = u64::from(u32::from_le_bytes(gram)).wrapping_mul(SPREAD) >> 20;
    let at = (spread as usize) & (FILTER_BITS as usize - 1);
    (at / 64, 1 << (at % 64))
}

#[inline]
fn find<'a, T>(table: &HashTable<u32>, list: &'a [T], hash: u64, same: impl Fn(&T) -> bool) -> Option<&'a T> {
    table.find(hash, |at| list.get(*at as usize).is_some_and(&same)).and_then(|at| list.get(*at as usize))
}
