//! Where is each pattern of a set filed? Under its rarest literal piece.
//!
//! Two passes: the first interns globs and counts how many share each piece, the second files each under the piece that the
//! fewest share. Counts are kept by hash alone: a collision costs a better choice, never a match.

use hashbrown::{HashMap, HashTable};

use super::super::Pattern;
use super::super::glob::{Glob, Kind, Segments, Token, Tokens};
use super::{
    Entry, Exact, FILTER_BITS, Gram, Inner, Members, NONE, ONE, PatternSet, Prefix, SHARED, Shared, Span, filter_bit,
    gram_hash, pieces,
};
use crate::table::{Seed, Table};

/// How many globs may share a place before a rarer piece is sought. Verifying a few is as cheap as a probe.
const FEW: u32 = 8;

/// How much verifying at one place may cost before four-byte pieces are looked up instead. In units of some 5 ns, in which
/// most globs are dismissed; a scan of an id takes some 50 ns.
const LISTED: usize = 12;

impl PatternSet {
    /// Compiles patterns. At most 2^31 of them; `Limits::rules` allows far fewer.
    #[must_use]
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let mut builder = Builder::default();
        for pattern in patterns {
            builder.add(pattern);
        }
        builder.finish()
    }
}

impl PatternSet {
    /// Finds out which prefix each id and prefix lies in.
    fn nest(&mut self) {
        let exact: Vec<u32> = self.exact.iter().map(|exact| self.deepest(&exact.text)).collect();
        let inside = |prefix: &Prefix| if prefix.is_root { NONE } else { self.deepest(prefix.text()) };
        let prefixes: Vec<u32> = self.prefixes.iter().map(inside).collect();
        self.exact.iter_mut().zip(exact).for_each(|(exact, inside)| exact.inside = inside);
        self.prefixes.iter_mut().zip(prefixes).for_each(|(prefix, inside)| prefix.inside = inside);
    }
}

impl<'a> FromIterator<&'a Pattern> for PatternSet {
    fn from_iter<I: IntoIterator<Item = &'a Pattern>>(patterns: I) -> Self {
        Self::new(patterns)
    }
}

/// Items with a table by hash, and (item, value) pairs that become spans.
struct Places<T> {
    items: Vec<T>,
    table: HashTable<(u32, u64)>,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { items: Vec::new(), table: HashTable::new() }
    }
}

impl<T> Places<T> {
    fn intern(&mut self, hash: u64, same: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> u32 {
        let items = &mut self.items;
        let known = self.table.find(hash, |(at, _)| items.get(*at as usize).is_some_and(&same));
        if let Some((at, _)) = known {
            return *at;
        }
        let at = index(items.len());
        items.push(make());
        self.table.insert_unique(hash, (at, hash), |(_, hash)| *hash);
        at
    }

    fn finish(self) -> Vec<T> {
        let mut items = self.items;
        items.shrink_to_fit();
        items
    }
}

/// Items by hash, where whoever writes a policy could choose what meets.
fn crowded<T>(items: &[T], hash: impl Fn(&T) -> u64) -> HashTable<u32> {
    let mut table = HashTable::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let again = |at: &u32| items.get(*at as usize).map(&hash).unwrap_or_default();
        table.insert_unique(hash(item), index(at), again);
    }
    table
}

#[derive(Default)]
struct Builder {
    seed: Seed,
    everything: Vec<u32>,
    exact: Places<Exact>,
    exact_members: Vec<(u32, u32)>,
    prefixes: Places<Prefix>,
    tree_members: Vec<(u32, u32)>,
    depths: u64,
    globs: Places<Entry>,
    glob_members: Vec<(u32, u32)>,
    shared: Vec<Shared>,
    len: usize,
}

impl Builder {
    fn add(&mut self, pattern: &Pattern) {
        let number = index(self.len);
        self.len += 1;
        let distinct = pattern.globs.len() == 1 || pattern.globs.iter().all(|glob| glob.kind == Kind::Literal);
        let alone = distinct && pattern.also.is_none();
        for (place, glob) in pattern.globs.iter().enumerate() {
            let member = if alone {
                number
            } else {
                self.shared.push(Shared { index: number, place: index(place), pattern: pattern.clone() });
                index(self.shared.len() - 1) | SHARED
            };
            self.file(glob, member);
        }
    }

    /// Files a glob, if it is clear at once where.
    fn file(&mut self, glob: &Glob, member: u32) {
        if glob.is_everything() {
            self.everything.push(member);
            return;
        }
        let hash = self.seed.hash(glob.text.as_bytes());
        if glob.kind == Kind::Literal {
            let make = || Exact { text: glob.text.clone(), members: Members::default(), inside: NONE };
            let at = self.exact.intern(hash, |exact| exact.text == glob.text, make);
            self.exact_members.push((at, member));
            return;
        }
        if let Some(start) = literal_prefix(glob)
            && start.rest(glob) == "**"
        {
            let at = self.prefix(glob, start);
            self.tree_members.push((at, member));
            return;
        }
        let make = || Entry { glob: glob.clone(), tail: index(literal_tail(&glob.text)), members: Members::default() };
        let at = self.globs.intern(hash, |entry| entry.glob.text == glob.text, make);
        self.glob_members.push((at, member));
    }

    fn prefix(&mut self, glob: &Glob, start: Start) -> u32 {
        let text = glob.text.get(..start.end).unwrap_or_default();
        let is_root = start.depth == 0;
        let depth = if is_root { 0 } else { text.bytes().filter(|b| *b == b'/').count() + 1 };
        self.depths |= 1 << depth.min(63);
        let same = |prefix: &Prefix| prefix.is(text.as_bytes(), is_root);
        let make = || Prefix {
            text: glob.text.clone(),
            len: index(start.end),
            is_root,
            inside: NONE,
            tree: Members::default(),
            candidates: Span::default(),
        };
        self.prefixes.intern(self.seed.hash(text.as_bytes()), same, make)
    }

    fn finish(mut self) -> PatternSet {
        let mut inner: Places<Inner> = Places::default();
        let mut grams: Places<Gram> = Places::default();
        let (mut by_prefix, mut by_inner, mut by_gram, mut always) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (at, place) in self.choose().into_iter().enumerate() {
            let at = index(at);
            let Some(glob) = self.globs.items.get(at as usize).map(|entry| entry.glob.clone()) else { continue };
            match place {
                Place::Always => always.push(at),
                Place::Prefix(start) => by_prefix.push((self.prefix(&glob, start), at)),
                Place::Inner(start, end) => {
                    let text = glob.text.get(start..end).unwrap_or_default();
                    let make = || Inner {
                        text: glob.text.clone(),
                        start: index(start),
                        end: index(end),
                        candidates: Span::default(),
                    };
                    let key = inner.intern(self.seed.hash(text.as_bytes()), |inner| inner.text() == text, make);
                    by_inner.push((key, at));
                }
                Place::Gram(bytes) => {
                    let make = || Gram { bytes, candidates: Span::default() };
                    by_gram.push((grams.intern(gram_hash(bytes), |gram| gram.bytes == bytes, make), at));
                }
            }
        }

        for members in [&mut self.exact_members, &mut self.tree_members, &mut self.glob_members] {
            members.sort_by_key(|(_, member)| *member);
        }
        self.everything.sort_unstable();
        let (mut members, mut candidates) = (Vec::new(), Vec::new());
        let everything = members_of(append(&mut members, &self.everything), &members);
        let always = append(&mut candidates, &always);
        let depths = self.depths;
        let mut exact = self.exact.finish();
        let exact_table = Table::new(exact.iter().map(|exact| self.seed.hash(exact.text.as_bytes())));
        assign_members(&mut exact, &self.exact_members, &mut members, |exact| &mut exact.members);
        let mut prefixes = self.prefixes.finish();
        let prefix_table = Table::new(prefixes.iter().map(|prefix| prefix_hash(self.seed, depths, prefix)));
        assign_members(&mut prefixes, &self.tree_members, &mut members, |prefix| &mut prefix.tree);
        assign(&mut prefixes, &by_prefix, &mut candidates, |prefix| &mut prefix.candidates);
        let mut inner = inner.finish();
        let inner_table = crowded(&inner, |inner| self.seed.hash(inner.text().as_bytes()));
        assign(&mut inner, &by_inner, &mut candidates, |inner| &mut inner.candidates);
        let mut grams = grams.finish();
        let gram_table = crowded(&grams, |gram| gram_hash(gram.bytes));
        assign(&mut grams, &by_gram, &mut candidates, |gram| &mut gram.candidates);
        let mut gram_filter = vec![0_u64; if grams.is_empty() { 0 } else { FILTER_BITS as usize / 64 }];
        for gram in &grams {
            let (word, bit) = filter_bit(gram.bytes);
            if let Some(word) = gram_filter.get_mut(word) {
                *word |= bit;
            }
        }
        let mut globs = self.globs.finish();
        assign_members(&mut globs, &self.glob_members, &mut members, |entry| &mut entry.members);
        members.shrink_to_fit();
        candidates.shrink_to_fit();
        self.shared.shrink_to_fit();
        let has_beside = !self.everything.is_empty()
            || depths & 1 != 0
            || !inner.is_empty()
            || !grams.is_empty()
            || always.start != always.end;
        let mut set = PatternSet {
            seed: self.seed,
            everything,
            exact,
            exact_table,
            prefixes,
            prefix_table,
            depths: self.depths,
            inner,
            inner_table,
            grams,
            gram_table,
            gram_filter: gram_filter.into(),
            always,
            globs,
            candidates,
            members,
            shared: self.shared,
            has_beside,
            len: index(self.len),
        };
        set.nest();
        set
    }

    /// For each glob, where it is filed.
    fn choose(&self) -> Vec<Place> {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let globs = || self.globs.items.iter().map(|entry| &entry.glob);
        for glob in globs() {
            if let Some(start) = literal_prefix(glob) {
                *counts.entry(start.hash(glob, self.seed)).or_default() += 1;
            }
            literal_segments(glob, |segment, _| *counts.entry(!self.seed.hash(segment.as_bytes())).or_default() += 1);
        }
        let count = |key| counts.get(&key).copied().unwrap_or_default();
        let mut crowds: HashMap<u64, usize> = HashMap::new();
        let mut places: Vec<(Place, u64)> = Vec::with_capacity(self.globs.items.len());
        for glob in globs() {
            let mut best = (u32::MAX, Place::Always, 0);
            if let Some(start) = literal_prefix(glob) {
                let key = start.hash(glob, self.seed);
                best = (count(key), Place::Prefix(start), key);
            }
            if best.0 > FEW {
                literal_segments(glob, |segment, start| {
                    let key = !self.seed.hash(segment.as_bytes());
                    if count(key) < best.0 {
                        best = (count(key), Place::Inner(start, start + segment.len()), key);
                    }
                });
            }
            *crowds.entry(best.2).or_default() += weight(glob);
            places.push((best.1, best.2));
        }
        self.scatter(places, &crowds)
    }

    /// Moves globs out of crowded places to their rarest gram.
    fn scatter(&self, places: Vec<(Place, u64)>, crowds: &HashMap<u64, usize>) -> Vec<Place> {
        let crowd = |key: u64| crowds.get(&key).copied().unwrap_or_default();
        let mut counts: HashMap<[u8; 4], usize> = HashMap::new();
        let globs = || self.globs.items.iter().map(|entry| &entry.glob).zip(&places);
        for (glob, (_, key)) in globs() {
            if crowd(*key) > LISTED {
                literal_grams(glob, |gram| *counts.entry(gram).or_default() += 1);
            }
        }
        let moved = globs().map(|(glob, (place, key))| {
            let mut best = (crowd(*key), *place);
            if best.0 > LISTED {
                literal_grams(glob, |gram| {
                    let count = counts.get(&gram).copied().unwrap_or_default();
                    if count < best.0 {
                        best = (count, Place::Gram(gram));
                    }
                });
            }
            best.1
        });
        moved.collect()
    }
}

/// What it costs to find that a glob does not match: little, if its first or last byte tells.
fn weight(glob: &Glob) -> usize {
    let tells = |b: Option<u8>| b.is_some_and(|b| !matches!(b, b'*' | b'?' | b'[' | b']'));
    if tells(glob.path().bytes().next()) || tells(glob.text.bytes().last()) { 1 } else { 8 }
}

/// Where a glob is filed.
#[derive(Clone, Copy)]
enum Place {
    Always,
    Prefix(Start),
    /// A range of the glob's text.
    Inner(usize, usize),
    Gram([u8; 4]),
}

/// A literal beginning of a glob: so many bytes, so many segments.
#[derive(Clone, Copy)]
struct Start {
    end: usize,
    depth: u32,
}

impl Start {
    /// The glob's text behind it and the `/` that follows.
    fn rest(self, glob: &Glob) -> &str {
        glob.text.get(self.end + usize::from(self.depth > 0)..).unwrap_or_default()
    }

    fn hash(self, glob: &Glob, seed: Seed) -> u64 {
        seed.hash(glob.text.as_bytes().get(..self.end).unwrap_or_default())
    }
}

/// The hash with which a prefix is looked up: a root's own, any other's as the beginning of an id.
fn prefix_hash(seed: Seed, depths: u64, prefix: &Prefix) -> u64 {
    let len = prefix.len as usize;
    if prefix.is_root {
        return seed.hash(prefix.text().as_bytes());
    }
    let mut found = 0;
    // The pattern begins as the ids do that it means: with the prefix, its end and something more.
    pieces(seed, depths, prefix.text.as_bytes(), |end, hash| {
        if end == len {
            found = hash;
        }
    });
    found
}

fn is_literal(segment: &str) -> bool {
    !segment.bytes().any(|b| matches!(b, b'*' | b'?' | b'['))
}

/// The root and the literal segments that a glob begins with, if there is anything.
fn literal_prefix(glob: &Glob) -> Option<Start> {
    if glob.kind != Kind::Rooted {
        return None;
    }
    let mut start = Start { end: glob.root_len(), depth: 0 };
    for segment in Segments::of(glob.path()).take_while(|segment| is_literal(segment)) {
        start.end += segment.len() + usize::from(start.depth > 0);
        start.depth += 1;
    }
    (start.end > 0).then_some(start)
}

/// Calls back with each literal segment and where it starts.
fn literal_segments(glob: &Glob, mut each: impl FnMut(&str, usize)) {
    let mut at = glob.root_len();
    for segment in Segments::of(glob.path()) {
        if is_literal(segment) {
            each(segment, at);
        }
        at += segment.len() + 1;
    }
}

/// Calls back with each four bytes that must stand in a segment of a matching id.
fn literal_grams(glob: &Glob, mut each: impl FnMut([u8; 4])) {
    for segment in Segments::of(glob.path()) {
        let mut run: Vec<u8> = Vec::new();
        for token in Tokens(segment) {
            match token {
                Token::Char(c) => {
                    run.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    let new = run.len().saturating_sub(c.len_utf8() + 3);
                    let windows = run.get(new..).unwrap_or_default().windows(4);
                    windows.filter_map(<[u8]>::first_chunk::<4>).for_each(|gram| each(*gram));
                }
                Token::One | Token::Run | Token::Class(_) => run.clear(),
            }
        }
    }
}

/// How many bytes at the end of a text are literal: behind the last wildcard, and behind the `/` that a `**` may swallow.
fn literal_tail(text: &str) -> usize {
    let tail = text.bytes().rev().take_while(|b| !matches!(b, b'*' | b'?' | b']')).count();
    let behind = text.len() - tail;
    let swallowed = text.get(..behind).is_some_and(|before| before == "**" || before.ends_with("/**"));
    tail - usize::from(swallowed && tail > 0)
}

fn append(list: &mut Vec<u32>, items: &[u32]) -> Span {
    let start = index(list.len());
    list.extend_from_slice(items);
    Span { start, end: index(list.len()) }
}

/// A span of members.
fn members_of(span: Span, list: &[u32]) -> Members {
    match span.of(list) {
        [only] if only & SHARED == 0 => Members { start: *only, end: ONE },
        _ => Members { start: span.start, end: span.end },
    }
}

/// The same as [`assign`], of members.
fn assign_members<T>(
    items: &mut [T],
    pairs: &[(u32, u32)],
    list: &mut Vec<u32>,
    members: impl Fn(&mut T) -> &mut Members,
) {
    let mut spans = vec![Span::default(); items.len()];
    assign(&mut spans, pairs, list, |span| span);
    for (item, span) in items.iter_mut().zip(spans) {
        *members(item) = members_of(span, list);
    }
}

/// Appends the values of each item, in their order, to the list that all spans share.
fn assign<T>(items: &mut [T], pairs: &[(u32, u32)], list: &mut Vec<u32>, span: impl Fn(&mut T) -> &mut Span) {
    for (at, _) in pairs {
        if let Some(item) = items.get_mut(*at as usize) {
            span(item).end += 1;
        }
    }
    let mut next = index(list.len());
    for item in items.iter_mut() {
        let span = span(item);
        (span.start, next) = (next, next + span.end);
        span.end = span.start;
    }
    list.resize(next as usize, 0);
    for (at, value) in pairs {
        let Some(item) = items.get_mut(*at as usize) else { continue };
        let span = span(item);
        if let Some(slot) = list.get_mut(span.end as usize) {
            *slot = *value;
        }
        span.end += 1;
    }
}

/// A place in a list. More than 2^32 are not possible: each takes some 40 bytes, and a policy has a million.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
