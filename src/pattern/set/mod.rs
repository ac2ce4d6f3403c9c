//! Which of many patterns match an id?
//!
//! A [`PatternSet`] files every pattern where an id that it could match will look:
//!
//! | form | filed under | found by |
//! | --- | --- | --- |
//! | an id | itself | one probe with the hash of the id |
//! | `prefix/**` | the prefix | as below; nothing to verify |
//! | with literal segments, `a/*/b` | the rarest: its literal prefix, or one of its literal segments | as below, or one probe per segment; then verified alone |
//! | with literal pieces of four bytes, `inv-2026-*` | the rarest such piece, where many would otherwise be verified | a bit test per byte of the id |
//! | others, `*`, `a*b` | one list | verified each time |
//!
//! Prefixes, and ids that patterns name, know the next shorter prefix that they lie in. So of an id that is named there is nothing
//! else to look up, and of any other the longest prefix is sought, deepest first: one probe where prefixes lie in each other.
//!
//! So the cost follows the id's segments and the patterns that share a rare piece with it, not the size of the set. Equal globs
//! are verified once, however many patterns have them. INVARIANT: each glob is filed in exactly one place, nothing is allocated
//! while matching, and no state is explored twice: the worst case, a set without any telling piece (`*a*b*c*` by the thousand),
//! is the sum of its single matches, each pattern x id steps.
//!
//! Next room: [`crate::fact`].

use std::sync::Arc;

use hashbrown::HashTable;

use super::Pattern;
use super::glob::{Glob, Segments, slashes};
use crate::name;
use crate::table::{Seed, Table};

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
    seed: Seed,
    /// Members of `**`.
    everything: Members,
    exact: Vec<Exact>,
    exact_table: Table,
    prefixes: Vec<Prefix>,
    prefix_table: Table,
    /// Bit n: a prefix exists that ends at the nth `/` of an id, counted from 1 (the last bit: at that one or later). Bit 0: one that
    /// is a root alone.
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
    /// Whether anything is filed elsewhere than as an id or under a prefix with a segment.
    has_beside: bool,
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

/// A range in `members`, or one that needs none.
#[derive(Clone, Copy, Debug, Default)]
struct Members {
    /// The beginning, or the only member.
    start: u32,
    /// The end, or [`ONE`].
    end: u32,
}

/// Where there is one member, which speaks for its pattern alone.
const ONE: u32 = u32::MAX;

/// No place in a list.
const NONE: u32 = u32::MAX;

/// An id that patterns name.
#[derive(Clone, Debug)]
struct Exact {
    text: Arc<str>,
    members: Members,
    /// The longest prefix that it lies in, or [`NONE`].
    inside: u32,
}

/// Literal segments, with their root, at the beginning of patterns: the first `len` bytes of `text`.
#[derive(Clone, Debug)]
struct Prefix {
    text: Arc<str>,
    len: u32,
    /// Whether it is a root alone.
    is_root: bool,
    /// The longest shorter prefix that it lies in, roots alone apart, or [`NONE`].
    inside: u32,
    /// Patterns that are the prefix and `/**`.
    tree: Members,
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
    members: Members,
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
    #[inline]
    pub fn matches(&self, id: &str, mut found: impl FnMut(u32)) {
        self.each(id, |indices| indices.iter().for_each(|index| found(*index)));
    }

    /// The same, in lists, each ascending.
    #[inline]
    pub(crate) fn each(&self, id: &str, mut found: impl FnMut(&[u32])) {
        self.at(self.place(id), id, &mut found);
        if self.has_beside() {
            self.beside(id, &mut found);
        }
    }

    /// How many places there are in which ids are found: each id that is named, each prefix, and nowhere.
    pub(crate) fn places(&self) -> usize {
        self.exact.len() + self.prefixes.len() + 1
    }

    /// The place of an id: the one that it is named in, the longest prefix that it lies in, or nowhere.
    #[inline]
    pub(crate) fn place(&self, id: &str) -> usize {
        if !self.exact.is_empty() {
            let same = |at: u32| self.exact.get(at as usize).is_some_and(|own| *own.text == *id);
            if let Some(at) = self.exact_table.find(self.seed.hash(id.as_bytes()), same) {
                return at as usize;
            }
        }
        let prefix = if self.depths > 1 { self.deepest(id) as usize } else { self.prefixes.len() };
        self.exact.len() + prefix.min(self.prefixes.len())
    }

    /// Reports what is filed at the place of an id and at those that it lies in.
    pub(crate) fn at(&self, place: usize, id: &str, found: &mut dyn FnMut(&[u32])) {
        let mut root = None;
        for (members, candidates) in self.chain(place) {
            self.report(members, id, found);
            self.verify(candidates, id, &mut root, found);
        }
    }

    /// What is found there whatever the id, ascending; `None` if that depends on the id, or is more than `most`.
    pub(crate) fn certain(&self, place: usize, most: usize) -> Option<Vec<u32>> {
        let mut certain = Vec::new();
        for (members, candidates) in self.chain(place) {
            let own = if members.end == ONE { core::slice::from_ref(&members.start) } else { self.list(members) };
            let is_open = candidates.start != candidates.end || own.last().is_some_and(|last| last & SHARED != 0);
            if is_open || certain.len() + own.len() > most {
                return None;
            }
            certain.extend_from_slice(own);
        }
        certain.sort_unstable();
        Some(certain)
    }

    /// What is filed at a place and at those that it lies in.
    fn chain(&self, place: usize) -> impl Iterator<Item = (&Members, Span)> {
        let (own, mut inside) = match self.exact.get(place) {
            Some(exact) => (Some((&exact.members, Span::default())), exact.inside as usize),
            None => (None, place.saturating_sub(self.exact.len())),
        };
        let prefixes = core::iter::from_fn(move || {
            let prefix = self.prefixes.get(inside)?;
            inside = prefix.inside as usize;
            Some((&prefix.tree, prefix.candidates))
        });
        own.into_iter().chain(prefixes)
    }

    /// Whether anything is filed elsewhere than at places.
    #[inline]
    pub(crate) const fn has_beside(&self) -> bool {
        self.has_beside
    }

    /// Reports what is filed elsewhere than at places: what matches everything, under a root alone, under inner pieces, or under
    /// nothing.
    #[inline(never)]
    pub(crate) fn beside(&self, id: &str, found: &mut dyn FnMut(&[u32])) {
        let mut root = None;
        self.report(&self.everything, id, found);
        if self.depths & 1 != 0 {
            let end = *root.get_or_insert_with(|| name::root_len(id));
            let text = id.as_bytes().get(..end).unwrap_or_default();
            let prefix = self.prefix(text, true, self.seed.hash(text)).and_then(|at| self.prefixes.get(at as usize));
            if let Some(prefix) = prefix {
                self.report(&prefix.tree, id, found);
                self.verify(prefix.candidates, id, &mut root, found);
            }
        }
        if !self.inner.is_empty() {
            self.walk(id, &mut root, found);
        }
        if !self.grams.is_empty() {
            self.scan(id, &mut root, found);
        }
        self.verify(self.always, id, &mut root, found);
    }

    /// The longest prefix that an id lies in, roots alone apart, or [`NONE`].
    #[inline(never)]
    fn deepest(&self, id: &str) -> u32 {
        // Most sets have prefixes of few depths. Those of further ones are deeper.
        let mut ends = [(0, 0); 6];
        let (mut count, mut deepest) = (0, NONE);
        pieces(self.seed, self.depths, id.as_bytes(), |end, hash| {
            if count == ends.len() {
                deepest = self.longest(&ends, id).unwrap_or(deepest);
                count = 0;
            }
            if let Some(place) = ends.get_mut(count) {
                *place = (end, hash);
                count += 1;
            }
        });
        self.longest(ends.get(..count).unwrap_or_default(), id).unwrap_or(deepest)
    }

    /// The last of these beginnings that is a prefix.
    #[inline]
    fn longest(&self, ends: &[(usize, u64)], id: &str) -> Option<u32> {
        ends.iter().rev().find_map(|(end, hash)| self.prefix(id.as_bytes().get(..*end)?, false, *hash))
    }

    #[inline]
    fn prefix(&self, text: &[u8], is_root: bool, hash: u64) -> Option<u32> {
        let same = |at: u32| self.prefixes.get(at as usize).is_some_and(|own| own.is(text, is_root));
        self.prefix_table.find(hash, same)
    }

    /// Whether any pattern matches the id.
    #[must_use]
    pub fn is_match(&self, id: &str) -> bool {
        let mut any = false;
        self.matches(id, |_| any = true);
        any
    }

    /// Looks up each segment of the id.
    fn walk(&self, id: &str, root: &mut Option<usize>, found: &mut dyn FnMut(&[u32])) {
        let first = *root.get_or_insert_with(|| name::root_len(id));
        let mut start = first;
        for segment in Segments::of(id.get(first..).unwrap_or_default()) {
            let same = |inner: &Inner| inner.text() == segment;
            if let Some(inner) = find(&self.inner_table, &self.inner, self.seed.hash(segment.as_bytes()), same) {
                // A segment that came before has been looked up before.
                let before = id.get(first..start).unwrap_or_default();
                if !Segments::of(before).any(|earlier| earlier == segment) {
                    self.verify(inner.candidates, id, root, found);
                }
            }
            start += segment.len() + 1;
        }
    }

    /// Looks up each four bytes of the id.
    fn scan(&self, id: &str, root: &mut Option<usize>, found: &mut dyn FnMut(&[u32])) {
        for (at, window) in id.as_bytes().windows(4).enumerate() {
            let Some(gram) = window.first_chunk::<4>() else { continue };
            let (word, bit) = filter_bit(*gram);
            if self.gram_filter.get(word).is_none_or(|bits| bits & bit == 0) {
                continue;
            }
            let same = |entry: &Gram| entry.bytes == *gram;
            let Some(entry) = find(&self.gram_table, &self.grams, gram_hash(*gram), same) else { continue };
            let before = id.as_bytes().get(..at + 3).unwrap_or_default();
            if !before.windows(4).any(|earlier| earlier == gram) {
                self.verify(entry.candidates, id, root, found);
            }
        }
    }

    fn verify(&self, candidates: Span, id: &str, root: &mut Option<usize>, found: &mut dyn FnMut(&[u32])) {
        for &at in candidates.of(&self.candidates) {
            let Some(entry) = self.globs.get(at as usize) else { continue };
            let text = entry.glob.text.as_bytes();
            let tail = text.get(text.len().saturating_sub(entry.tail as usize)..).unwrap_or_default();
            if !id.as_bytes().ends_with(tail) {
                continue;
            }
            let root = *root.get_or_insert_with(|| name::root_len(id));
            if entry.glob.matches_rooted(id, root) {
                self.report(&entry.members, id, found);
            }
        }
    }

    /// Members that are several.
    fn list(&self, members: &Members) -> &[u32] {
        self.members.get(members.start as usize..members.end as usize).unwrap_or_default()
    }

    fn report(&self, members: &Members, id: &str, found: &mut dyn FnMut(&[u32])) {
        if members.end == ONE {
            return found(core::slice::from_ref(&members.start));
        }
        let members = self.list(members);
        // INVARIANT: members are ascending, so those that speak for their pattern alone come first.
        let (alone, with_others) = members.split_at(members.partition_point(|member| member & SHARED == 0));
        found(alone);
        for shared in with_others.iter().filter_map(|member| self.shared.get((member & !SHARED) as usize)) {
            // The first alternative that matches speaks for the pattern.
            let mut earlier = shared.pattern.globs.iter().take(shared.place as usize);
            let simple = shared.pattern.also.is_none();
            if !earlier.any(|glob| glob.matches(id)) && (simple || shared.pattern.matches(id)) {
                found(&[shared.index]);
            }
        }
    }
}

impl Prefix {
    fn text(&self) -> &str {
        self.text.get(..self.len as usize).unwrap_or_default()
    }

    fn is(&self, text: &[u8], is_root: bool) -> bool {
        self.is_root == is_root && self.text.as_bytes().get(..self.len as usize) == Some(text)
    }
}

/// Hashes an id in pieces that end where prefixes of these depths would. Calls back with each such end and the hash of what is before it.
///
/// Prefixes are counted by `/`, not by segments: behind a segment of its own, a literal text has one root, whatever follows. At the
/// id's end nothing is left for wildcards, so it is the end of no prefix.
#[inline]
fn pieces(seed: Seed, depths: u64, id: &[u8], mut each: impl FnMut(usize, u64)) {
    let (mut hash, mut rest) = (seed.start(), id);
    // From the next `/` on.
    let mut left = depths >> 1;
    if left == 0 {
        return;
    }
    slashes(id, |end| {
        if left & 1 != 0 {
            // Each end is behind the one before.
            let Some((piece, behind)) = rest.split_at_checked(end + rest.len() - id.len()) else { return false };
            hash = seed.add(hash, piece);
            rest = behind;
            each(end, hash);
        }
        left >>= 1;
        if left == 0 {
            // The last bit stands for all that follow; without it there is nothing deeper to look up.
            left = depths >> 63;
        }
        left != 0
    });
}

impl Inner {
    fn text(&self) -> &str {
        self.text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// An odd constant without pattern (the golden ratio): spreads four bytes over a word.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

const fn gram_hash(gram: [u8; 4]) -> u64 {
    (u32::from_le_bytes(gram) as u64).wrapping_mul(SPREAD)
}

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
