//! Which rules may match? Pairs of classes to rules.
//!
//! A rule is filed under the two of its four dimensions whose classes the fewest rules share, once for each pair of their
//! alternatives; a rule that names classes in one dimension only is filed under that one, and one that names none is always
//! a candidate. A query probes the pairs of its own classes, but only those that some rule is filed under: each class knows in
//! which shapes (pairs of dimensions) it occurs.
//!
//! INVARIANT: every rule that matches a query is reported. It may be reported more than once, and rules that do not match
//! may be reported: callers verify.
//!
//! Next room: `pack`.

use hashbrown::HashTable;

use super::classes::{class_of, position};

/// Subject, action, tool, resource.
pub(super) const DIMENSIONS: usize = 4;

/// The classes of one link, action, tool and resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'q> {
    pub(crate) classes: [&'q [u32]; DIMENSIONS],
}

/// The shapes of keys: no dimension, one, or a pair of them.
const SHAPES: [(usize, usize); 11] = {
    /// No dimension.
    const NONE: usize = DIMENSIONS;
    [(NONE, NONE), (0, NONE), (1, NONE), (2, NONE), (3, NONE), (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
};

/// Up to how many pairs of alternatives a rule is filed under; beyond it, one dimension has to do.
const PAIRS: usize = 64;

#[derive(Clone, Debug)]
struct Slot {
    key: u64,
    start: u32,
    end: u32,
}

/// The index of some rules of a set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    table: HashTable<Slot>,
    postings: Vec<u32>,
    /// Rules that are always candidates.
    always: (u32, u32),
    /// Bit n: keys of shape n exist.
    shapes: u16,
    /// For each dimension and class: the shapes of the keys that it occurs in.
    occurs: [Vec<u16>; DIMENSIONS],
}

/// A rule to be filed: its number, and its classes in each dimension (none: any).
pub(super) struct Filed<'f> {
    pub(super) rule: u32,
    pub(super) classes: [&'f [u32]; DIMENSIONS],
}

impl Index {
    /// Files rules. `counts`: how many classes each dimension has.
    pub(super) fn new(rules: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let mut frequency: [Vec<u32>; DIMENSIONS] = counts.map(|count| vec![0; count]);
        for rule in rules {
            for (frequency, classes) in frequency.iter_mut().zip(rule.classes) {
                for class in classes {
                    if let Some(count) = frequency.get_mut(*class as usize) {
                        *count += 1;
                    }
                }
            }
        }
        let mut entries: Vec<(u64, u32)> = Vec::with_capacity(rules.len());
        let mut index = Self { occurs: counts.map(|count| vec![0; count]), ..Self::default() };
        for rule in rules {
            index.file(rule, &frequency, &mut entries);
        }
        entries.sort_unstable();
        index.build(&entries);
        index
    }

    fn file(&mut self, rule: &Filed<'_>, frequency: &[Vec<u32>; DIMENSIONS], entries: &mut Vec<(u64, u32)>) {
        let shape = shape_of(rule, frequency);
        let Some(&(first, second)) = SHAPES.get(shape) else { return };
        self.shapes |= 1 << shape;
        let classes = |dimension: usize| rule.classes.get(dimension).copied().unwrap_or(&[0]);
        for &a in classes(first) {
            self.mark(first, a, shape);
            for &b in classes(second) {
                self.mark(second, b, shape);
                entries.push((key(shape, a, b), rule.rule));
            }
        }
    }

    fn mark(&mut self, dimension: usize, class: u32, shape: usize) {
        if let Some(shapes) = self.occurs.get_mut(dimension).and_then(|classes| classes.get_mut(class as usize)) {
            *shapes |= 1 << shape;
        }
    }

    fn build(&mut self, entries: &[(u64, u32)]) {
        self.postings = entries.iter().map(|(_, rule)| *rule).collect();
        let mut slots: Vec<Slot> = Vec::new();
        for (at, (key, _)) in entries.iter().enumerate() {
            match slots.last_mut() {
                Some(slot) if slot.key == *key => slot.end = position(at + 1),
                Some(_) | None => slots.push(Slot { key: *key, start: position(at), end: position(at + 1) }),
            }
        }
        self.table = HashTable::with_capacity(slots.len());
        for slot in slots {
            if slot.key == key(0, 0, 0) {
                self.always = (slot.start, slot.end);
            } else {
                self.table.insert_unique(spread(slot.key), slot, |slot| spread(slot.key));
            }
        }
    }

    /// Reports candidates for a query until `found` says stop.
    #[inline]
    pub(crate) fn candidates(&self, query: &Query<'_>, mut found: impl FnMut(u32) -> bool) {
        if self.always.0 != self.always.1 && !self.report(self.always, &mut found) {
            return;
        }
        let mut shapes = self.shapes & !1;
        while shapes != 0 {
            let shape = shapes.trailing_zeros() as usize;
            shapes &= shapes - 1;
            let Some(&(first, second)) = SHAPES.get(shape) else { return };
            let (Some(firsts), Some(a_occurs)) = (query.classes.get(first), self.occurs.get(first)) else { return };
            for &a in *firsts {
                let a = class_of(a);
                if a_occurs.get(a as usize).is_none_or(|shapes| shapes >> shape & 1 == 0) {
                    continue;
                }
                let (Some(seconds), Some(b_occurs)) = (query.classes.get(second), self.occurs.get(second)) else {
                    if !self.probe(key(shape, a, 0), &mut found) {
                        return;
                    }
                    continue;
                };
                for &b in *seconds {
                    let b = class_of(b);
                    let occurs = b_occurs.get(b as usize).is_some_and(|shapes| shapes >> shape & 1 == 1);
                    if occurs && !self.probe(key(shape, a, b), &mut found) {
                        return;
                    }
                }
            }
        }
    }

    #[inline]
    fn probe(&self, key: u64, found: &mut impl FnMut(u32) -> bool) -> bool {
        match self.table.find(spread(key), |slot| slot.key == key) {
            Some(slot) => self.report((slot.start, slot.end), found),
            None => true,
        }
    }

    #[inline]
    fn report(&self, (start, end): (u32, u32), found: &mut impl FnMut(u32) -> bool) -> bool {
        let postings = self.postings.get(start as usize..end as usize).unwrap_or_default();
        postings.iter().all(|rule| found(*rule))
    }
}

/// The shape that a rule is filed under: the dimensions in which the fewest rules share its classes.
fn shape_of(rule: &Filed<'_>, frequency: &[Vec<u32>; DIMENSIONS]) -> usize {
    let mut named: [(u32, usize); DIMENSIONS] = [(u32::MAX, DIMENSIONS); DIMENSIONS];
    let mut count = 0;
    for (dimension, (classes, frequency)) in rule.classes.iter().zip(frequency).enumerate() {
        let shared = classes.iter().filter_map(|class| frequency.get(*class as usize)).max();
        if let (Some(shared), Some(place)) = (shared, named.get_mut(count)) {
            *place = (*shared, dimension);
            count += 1;
        }
    }
    named.sort_unstable();
    let [(_, first), (_, second), ..] = named;
    let alternatives = |dimension: usize| rule.classes.get(dimension).map_or(1, |classes| classes.len());
    let second = if alternatives(first) * alternatives(second) > PAIRS { DIMENSIONS } else { second };
    let pair = (first.min(second), first.max(second));
    SHAPES.iter().position(|shape| *shape == pair).unwrap_or(0)
}

/// A key; classes have 31 bits less their flag, and tables of rules are bounded below 2^30.
const fn key(shape: usize, a: u32, b: u32) -> u64 {
    (shape as u64) << 60 | (a as u64) << 30 | b as u64
}

/// Spreads a key over a word. Keys are places in tables, not texts that somebody chooses, so no secret is needed.
const fn spread(key: u64) -> u64 {
    let product = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}
