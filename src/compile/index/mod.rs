//! Which rules match? Classes, or pairs of classes, to rules.
//!
//! A rule is filed under one of its four dimensions, if few rules share its classes there, else under a pair of dimensions whose
//! pairs of classes few share, once for each pair of its alternatives; one that names nothing is always a candidate. Which
//! dimensions are tried first follows what looking them up costs: subject, action and tool are known of every request, the classes of
//! a resource are found only for a set that needs them. A query probes the keys that its own classes make, but only those in
//! which a class occurs: each knows in which shapes (dimensions of keys) it does.
//!
//! What is filed is not the number of a rule but what verifying it needs, one entry after the other; rules that differ in nothing
//! that decides share an entry. Most entries are told from two words of answers (`gauge`) and one number of the resource.
//!
//! INVARIANT: every entry that matches a query is reported, and none that does not, but for those whose condition is certainly false. It may be reported more than once, if it has
//! alternatives. A query visits no more than all keys that it could make, or all entries, whichever is less.
//!
//! Rooms: `entry` (what is filed), `plan` (under which keys), `table` (keys to entries), `visit` (who is told).
//!
//! Next room: `pack`.

mod entry;
mod plan;
mod table;
mod visit;

use super::classes::position;
use super::gauge::Answers;
use super::resources::ResourceQuery;

pub(super) use entry::{ALONE, Glance, Heads, Traits, Wanted, any_resource, shares};
pub(crate) use entry::{Entry, signs};
pub(super) use plan::{Filed, Plan};
pub(crate) use visit::{Match, Visitor};

use entry::ALL;
use plan::{BY_RESOURCE, Lane, SHAPES, key, keys};
use table::{Slot, Span, Table};
use visit::Reporting;

/// Subject, action, tool, resource.
pub(super) const DIMENSIONS: usize = 4;

/// The dimension of resources.
const RESOURCE: usize = 3;

/// Where a key has no second dimension, or none at all.
const NO_DIMENSION: usize = DIMENSIONS;

/// The classes of one link, action, tool and resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'q> {
    /// Of subject, action and tool, each ascending.
    pub(crate) classes: [&'q [u32]; RESOURCE],
    pub(crate) resource: ResourceQuery<'q>,
    /// What [`super::guard::Guards`] knows of the facts of the call.
    pub(crate) guards: &'q [u32],
    /// What call and resource answer.
    pub(crate) answers: Answers,
    /// What was found for the resource, as [`signs`] writes it.
    pub(crate) sign: u64,
}

/// So many entries are looked at one after the other: as cheap as the probes of a query.
const LISTED: usize = 16;

/// The index of the rules of a set: of those that permit, and count, and of all others, which restrict or are on trial.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    table: Table,
    /// Key by key.
    glances: Vec<Glance>,
    entries: Vec<Entry>,
    /// Those of no key, which are the first.
    always: Slot,
    /// The shapes that keys have.
    lanes: Vec<Lane>,
    /// Bit n: keys of shape n exist.
    shapes: u16,
    /// For each dimension and class: the shapes of the keys that it occurs in.
    occurs: [Vec<u16>; DIMENSIONS],
}

impl Index {
    /// Files entries, as planned.
    pub(super) fn new(
        (plan, filed): (&Plan, &[Filed<'_>]),
        entries: &[(Glance, Entry)],
        counts: [usize; DIMENSIONS],
    ) -> Self {
        let mut index = Self { occurs: counts.map(|count| vec![0; count]), ..Self::default() };
        let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(filed.len());
        for ((at, one), shape) in (0u32..).zip(filed).zip(&plan.0) {
            let shape = *shape;
            index.shapes |= 1 << shape;
            if shape == 0 {
                keyed.push((0, at));
                continue;
            }
            keys(one, shape, |key, _, _| keyed.push((key, at)));
            let (first, second) = SHAPES.get(shape).copied().unwrap_or_default();
            for dimension in [first, second] {
                index.mark(dimension, one.get(dimension).copied().unwrap_or_default(), shape);
            }
        }
        keyed.sort_unstable();
        index.build(entries, &keyed);
        index
    }

    fn mark(&mut self, dimension: usize, classes: &[u32], shape: usize) {
        let Some(occurs) = self.occurs.get_mut(dimension) else { return };
        for class in classes {
            if let Some(shapes) = occurs.get_mut(*class as usize) {
                *shapes |= 1 << shape;
            }
        }
    }

    fn build(&mut self, entries: &[(Glance, Entry)], keyed: &[(u64, u32)]) {
        self.entries.reserve_exact(keyed.len());
        self.glances.reserve_exact(keyed.len());
        let mut slots: Vec<Slot> = Vec::new();
        for same in keyed.chunk_by(|(a, _), (b, _)| a == b) {
            let mut span = Span { start: position(self.entries.len()), ..Span::default() };
            for permits in [false, true] {
                let these = same.iter().filter_map(|(_, at)| entries.get(*at as usize));
                for (glance, entry) in these.filter(|(_, entry)| entry.traits.permits() == permits) {
                    self.glances.push(*glance);
                    self.entries.push(*entry);
                }
                if !permits {
                    span.middle = position(self.entries.len());
                }
            }
            span.end = position(self.entries.len());
            match same.first() {
                Some((0, _)) => self.always.entries = span,
                Some((key, _)) => slots.push(Slot { key: *key, entries: span }),
                None => {}
            }
        }
        self.table = Table::of(&slots);
        self.lanes = (1..SHAPES.len()).filter(|shape| self.shapes >> shape & 1 == 1).filter_map(Lane::of).collect();
    }

    /// Whether it looks at the classes of resources.
    const fn has_resource_keys(&self) -> bool {
        self.shapes >> BY_RESOURCE != 0
    }

    /// Reports what matches a query, and how, to a [`Visitor`].
    #[inline]
    pub(super) fn matching(&self, heads: Heads<'_>, query: &Query<'_>, visitor: &mut impl Visitor) {
        if self.entries.is_empty() {
            return;
        }
        let mut report = Reporting::new(self, heads, query, visitor);
        if self.always.entries.end != 0 {
            report.add(&self.always, ALL);
        }
        let [subjects, actions, tools] = query.classes;
        let resources = if self.has_resource_keys() { query.resource.found } else { &[] };
        let classes: [&[u32]; DIMENSIONS] = [subjects, actions, tools, resources];
        if self.is_costly(&classes) {
            report.scan(self.always.entries.end..position(self.entries.len()));
        } else {
            self.probe(&classes, &mut report);
        }
        report.flush();
    }

    /// Looks up every key that a query makes.
    #[inline]
    fn probe<'i, V: Visitor>(&'i self, classes: &[&[u32]; DIMENSIONS], report: &mut Reporting<'i, '_, V>) {
        for lane in &self.lanes {
            let Some((firsts, occurs)) = classes.get(lane.first).zip(self.occurs.get(lane.first)) else { return };
            let mut look = |seconds: u32| {
                let half = key(lane.shape, 0, seconds);
                for a in *firsts {
                    if lane.has(occurs, *a)
                        && let Some(slot) = self.table.find(half | key(0, *a, 0))
                    {
                        report.add(slot, lane.asks);
                    }
                }
            };
            match classes.get(lane.second).zip(self.occurs.get(lane.second)) {
                None => look(0),
                Some((seconds, occurs)) => {
                    for b in *seconds {
                        if lane.has(occurs, *b) {
                            look(*b);
                        }
                    }
                }
            }
        }
    }

    /// Whether looking at every entry is cheaper than probing.
    #[inline]
    fn is_costly(&self, classes: &[&[u32]; DIMENSIONS]) -> bool {
        if self.entries.len() <= LISTED {
            return true;
        }
        let count: usize = classes.iter().map(|classes| classes.len()).sum();
        count > 64 && self.probes(classes) > self.entries.len()
    }

    /// How many keys a query makes: classes that occur in none of a shape make none of it.
    #[inline(never)]
    fn probes(&self, classes: &[&[u32]; DIMENSIONS]) -> usize {
        let count = |lane: &Lane, dimension: usize| {
            let Some((classes, occurs)) = classes.get(dimension).zip(self.occurs.get(dimension)) else { return 1 };
            classes.iter().filter(|class| lane.has(occurs, **class)).count()
        };
        let keys = self.lanes.iter().map(|lane| count(lane, lane.first).saturating_mul(count(lane, lane.second)));
        keys.fold(0, usize::saturating_add)
    }
}
