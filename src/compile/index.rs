//! Which rules match? Classes, or pairs of classes, to rules.
//!
//! A rule is filed under one of its four dimensions, if few rules share its classes there, else under a pair of dimensions whose
//! pairs of classes few share, once for each pair of its alternatives; one that names nothing is always a candidate. Which
//! dimensions are tried first follows what looking them up costs: subject, action and tool are known of every request, the classes of
//! a resource are found only for a set that needs them. A query probes the keys that its own classes make, but only those in
//! which a class occurs: each knows in which shapes (dimensions of keys) it does.
//!
//! What is filed is not the number of a rule but what verifying it needs, one entry after the other; rules that differ in nothing
//! that decides share an entry.
//!
//! INVARIANT: every entry that matches a query is reported, and none that does not, but for those whose condition is certainly false. It may be reported more than once, if it has
//! alternatives. A query visits no more than all keys that it could make, or all entries, whichever is less.
//!
//! Next room: `pack`.

use hashbrown::{HashMap, HashTable};

use super::classes::{Buckets, contains, position};
use super::guard::{NO_GUARD, admits};
use super::resources::{ResourceClasses, ResourceQuery};

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
}

/// The shapes of keys, in the order in which they are tried.
const SHAPES: [(usize, usize); 11] = [
    (NO_DIMENSION, NO_DIMENSION),
    (0, NO_DIMENSION),
    (1, NO_DIMENSION),
    (2, NO_DIMENSION),
    (0, 1),
    (0, 2),
    (1, 2),
    (3, NO_DIMENSION),
    (0, 3),
    (1, 3),
    (2, 3),
];

/// How many entries may share a key before a more telling one is sought: looking at one takes three times as long as a probe.
const FEW: u32 = 3;

/// Up to how many pairs of alternatives a rule is filed under; beyond it, one dimension has to do.
const PAIRS: usize = 32;

/// So many entries are looked at one after the other: as cheap as the probes of a query.
const LISTED: usize = 16;

/// A head of an entry: any, a class, or, with the flag [`LIST`], a list of classes.
const ANY: u32 = u32::MAX;
const LIST: u32 = 1 << 31;

/// The family of an entry that has no other.
pub(super) const ALONE: u32 = u32::MAX;

/// Everything that an entry can ask.
const ALL: u8 = u8::MAX;
/// The bit of labels, which are asked even if the key says that the resource belongs.
const BOUND: u8 = 1 << DIMENSIONS;
/// The bit of entries with a guard.
const GUARDED: u8 = 1 << 5;
/// The bit of entries with a family.
const RELATED: u8 = 1 << 6;

/// Rules that are judged as one, with what judging them needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    heads: [u32; DIMENSIONS],
    /// Index into the conditions, or [`super::pack::NO_INDEX`].
    pub(crate) when: u32,
    /// The first of the rules.
    pub(crate) rule: u32,
    /// A text that a fact must be, as [`super::guard::Guards`] numbers it.
    guard: u32,
    /// What it says but for whom: the same for entries that differ in their subjects alone, or [`ALONE`].
    family: u32,
    /// Bit n: something is asked of dimension n; [`BOUND`]: of the label; [`GUARDED`]; [`RELATED`].
    asks: u8,
    /// What kind of rules they are.
    pub(crate) traits: Traits,
}

/// What kind of rule it is, as far as judging it must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Traits {
    pub(crate) effect: crate::rule::Effect,
    pub(crate) mode: crate::rule::Mode,
    pub(crate) source: crate::rule::Source,
    /// Whether it bounds arguments, or has an interval.
    pub(crate) bounded: bool,
}

impl Entry {
    /// An entry of rules with these classes in each dimension (none: any), and whether any of them bounds labels; `list` keeps a list of several.
    pub(super) fn new(
        (classes, is_bound): ([&[u32]; DIMENSIONS], bool),
        mut list: impl FnMut(usize) -> u32,
        (when, guard): (u32, u32),
        (rule, traits): (u32, Traits),
    ) -> Self {
        let mut heads = [ANY; DIMENSIONS];
        let mut asks = if is_bound { BOUND } else { 0 } | if guard == NO_GUARD { 0 } else { GUARDED };
        for (at, (head, classes)) in heads.iter_mut().zip(classes).enumerate() {
            asks |= u8::from(!classes.is_empty()) << at;
            *head = match classes {
                [] => ANY,
                [only] => *only,
                _ => list(at) | LIST,
            };
        }
        Self { heads, when, rule, guard, family: ALONE, asks, traits }
    }

    /// The same, of a family.
    pub(super) fn of_family(self, family: u32) -> Self {
        Self { family, asks: self.asks | if family == ALONE { 0 } else { RELATED }, ..self }
    }
}

/// Lists of classes, and the heads of resources: what entries are verified with.
#[derive(Clone, Copy)]
pub(super) struct Heads<'h> {
    pub(super) lists: &'h Buckets,
    pub(super) resources: &'h ResourceClasses,
}

impl Heads<'_> {
    /// Whether an entry matches in what it `asks`; `None` if not, `Some(false)` if that depends on an unknown label.
    #[inline]
    fn matches(&self, entry: &Entry, asks: u8, query: &Query<'_>) -> Option<bool> {
        if asks & !(GUARDED | RELATED) == 0 { Some(true) } else { self.verify(entry, asks, query) }
    }

    fn verify(&self, entry: &Entry, asks: u8, query: &Query<'_>) -> Option<bool> {
        let [subjects, actions, tools] = query.classes;
        let [subject, action, tool, resource] = entry.heads;
        // A call has one action and one tool; who is in many groups has many classes.
        if (asks & 2 != 0 && !self.shares(action, actions))
            || (asks & 4 != 0 && !self.shares(tool, tools))
            || (asks & 1 != 0 && !self.shares(subject, subjects))
        {
            return None;
        }
        if asks & (8 | BOUND) == 0 {
            return Some(true);
        }
        self.resource(resource, asks, query)
    }

    fn resource(&self, head: u32, asks: u8, query: &Query<'_>) -> Option<bool> {
        if head & LIST != 0 {
            any_resource(self.lists.get(head & !LIST), self.resources, &query.resource)
        } else if asks & 8 == 0 {
            self.resources.admits(head, query.resource.label)
        } else {
            self.resources.holds(head, &query.resource)
        }
    }

    #[inline]
    fn shares(&self, head: u32, found: &[u32]) -> bool {
        if head & LIST == 0 {
            return contains(found, head);
        }
        shares(self.lists.get(head & !LIST), found)
    }
}

/// Whether two ascending lists have a class in common.
pub(super) fn shares(a: &[u32], b: &[u32]) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().any(|class| contains(many, *class))
}

/// Whether any of these heads of resources holds, surely if possible.
pub(super) fn any_resource(list: &[u32], resources: &ResourceClasses, query: &ResourceQuery<'_>) -> Option<bool> {
    let mut undecided = None;
    for class in list {
        match resources.holds(*class, query) {
            Some(true) => return Some(true),
            Some(false) => undecided = Some(false),
            None => {}
        }
    }
    undecided
}

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
    /// Key by key; those of no key first.
    entries: Vec<Entry>,
    /// How many are of no key.
    always: u32,
    /// Bit n: keys of shape n exist.
    shapes: u16,
    /// For each dimension and class: the shapes of the keys that it occurs in.
    occurs: [Vec<u16>; DIMENSIONS],
}

/// An entry to be filed, with its classes in each dimension (none: any).
pub(super) struct Filed<'f> {
    pub(super) entry: Entry,
    pub(super) classes: [&'f [u32]; DIMENSIONS],
}

/// How many entries share each class, and each pair of classes that is asked about.
struct Crowds {
    classes: [Vec<u32>; DIMENSIONS],
    pairs: HashMap<u64, u32>,
}

impl Crowds {
    fn new(filed: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let mut crowds = Self { classes: counts.map(|count| vec![0; count]), pairs: HashMap::new() };
        for one in filed {
            for (crowd, classes) in crowds.classes.iter_mut().zip(one.classes) {
                for class in classes {
                    if let Some(count) = crowd.get_mut(*class as usize) {
                        *count += 1;
                    }
                }
            }
        }
        for one in filed {
            // Most need no pair.
            if (1..4).any(|shape| crowds.of(one, shape).is_some_and(|crowd| crowd <= FEW)) {
                continue;
            }
            for shape in 1..SHAPES.len() {
                keys(one, shape, |key, _, second| {
                    if second.is_some() {
                        *crowds.pairs.entry(key).or_default() += 1;
                    }
                });
            }
        }
        crowds
    }

    /// How many entries share the most shared key of this shape; `None` if it cannot have that shape.
    fn of(&self, one: &Filed<'_>, shape: usize) -> Option<u32> {
        let mut most = None;
        let (first, _) = SHAPES.get(shape).copied().unwrap_or_default();
        keys(one, shape, |key, class, second| {
            let crowd = match second {
                Some(_) => self.pairs.get(&key),
                None => self.classes.get(first).and_then(|crowd| crowd.get(class as usize)),
            };
            most = most.max(Some(crowd.copied().unwrap_or(0)));
        });
        most
    }

    /// The shape to file it under: the first of which few share a key, else the one of which the fewest do.
    fn shape(&self, one: &Filed<'_>) -> usize {
        let mut best = (u32::MAX, 0);
        for shape in 1..SHAPES.len() {
            if let Some(crowd) = self.of(one, shape).filter(|crowd| *crowd < best.0) {
                best = (crowd, shape);
                if crowd <= FEW {
                    break;
                }
            }
        }
        best.1
    }
}

/// What is to be done with what follows an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Report it.
    Go,
    /// Report nothing more.
    Stop,
    /// Report it, but nothing that says the same of other subjects: this one did not apply, whoever the subject is.
    Idle,
}

/// So many families are remembered.
const IDLE: usize = 16;

/// Calls back with the keys of a shape and their classes; not at all if it has no such classes, or too many pairs of them.
fn keys(one: &Filed<'_>, shape: usize, mut each: impl FnMut(u64, u32, Option<u32>)) {
    let Some(&(first, second)) = SHAPES.get(shape) else { return };
    let Some(firsts) = one.classes.get(first) else { return };
    let Some(seconds) = one.classes.get(second) else {
        firsts.iter().for_each(|a| each(key(shape, *a, 0), *a, None));
        return;
    };
    if firsts.len() * seconds.len() > PAIRS {
        return;
    }
    for a in *firsts {
        seconds.iter().for_each(|b| each(key(shape, *a, *b), *a, Some(*b)));
    }
}

impl Index {
    /// Files entries. `counts`: how many classes each dimension has.
    pub(super) fn new(filed: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let crowds = Crowds::new(filed, counts);
        let mut index = Self { occurs: counts.map(|count| vec![0; count]), ..Self::default() };
        let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(filed.len());
        for (at, one) in (0u32..).zip(filed) {
            let shape = crowds.shape(one);
            index.shapes |= 1 << shape;
            if shape == 0 {
                keyed.push((0, at));
                continue;
            }
            keys(one, shape, |key, _, _| keyed.push((key, at)));
            let (first, second) = SHAPES.get(shape).copied().unwrap_or_default();
            for dimension in [first, second] {
                index.mark(dimension, one.classes.get(dimension).copied().unwrap_or_default(), shape);
            }
        }
        keyed.sort_unstable();
        index.build(filed, &keyed);
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

    fn build(&mut self, filed: &[Filed<'_>], keyed: &[(u64, u32)]) {
        self.entries = keyed.iter().filter_map(|(_, at)| filed.get(*at as usize)).map(|one| one.entry).collect();
        let mut slots: Vec<Slot> = Vec::new();
        for (at, (key, _)) in keyed.iter().enumerate() {
            match slots.last_mut() {
                Some(slot) if slot.key == *key => slot.end = position(at + 1),
                Some(_) | None => slots.push(Slot { key: *key, start: position(at), end: position(at + 1) }),
            }
        }
        self.table = HashTable::with_capacity(slots.len());
        for slot in slots {
            if slot.key == 0 {
                self.always = slot.end;
            } else {
                self.table.insert_unique(spread(slot.key), slot, |slot| spread(slot.key));
            }
        }
    }

    /// Whether it looks at the classes of resources.
    pub(super) const fn has_resource_keys(&self) -> bool {
        // INVARIANT: the shapes from the seventh on are those with the dimension of resources.
        self.shapes >> 7 != 0
    }

    /// Reports what matches a query, and whether surely, until `found` says stop.
    #[inline]
    pub(super) fn matching(&self, heads: Heads<'_>, query: &Query<'_>, mut found: impl FnMut(&Entry, bool) -> Next) {
        if self.entries.is_empty() {
            return;
        }
        // Families that did not apply, whoever asks: organisations say the same of many groups.
        let mut idle = [ALONE; IDLE];
        let mut report = |entries: &[Entry], mask: u8| {
            for entry in entries {
                let asks = entry.asks & mask;
                let place = entry.family as usize % IDLE;
                if asks & (GUARDED | RELATED) != 0
                    && (!admits(entry.guard, query.guards)
                        || (asks & RELATED != 0 && idle.get(place) == Some(&entry.family)))
                {
                    continue;
                }
                let next = heads.matches(entry, asks, query).map_or(Next::Idle, |sure| found(entry, sure));
                match next {
                    Next::Go => {}
                    Next::Stop => return false,
                    // That it is about somebody else says nothing of its family.
                    Next::Idle if asks & RELATED != 0 && mask & 1 == 0 => {
                        if let Some(place) = idle.get_mut(place) {
                            *place = entry.family;
                        }
                    }
                    Next::Idle => {}
                }
            }
            true
        };
        if self.always != 0 && !report(self.entries.get(..self.always as usize).unwrap_or_default(), ALL) {
            return;
        }
        let [subjects, actions, tools] = query.classes;
        let classes: [Option<&[u32]>; DIMENSIONS] = [Some(subjects), Some(actions), Some(tools), query.resource.known];
        if self.is_costly(&classes) {
            report(self.entries.get(self.always as usize..).unwrap_or_default(), ALL);
            return;
        }
        let mut shapes = self.shapes & !1;
        while shapes != 0 {
            let shape = shapes.trailing_zeros() as usize;
            shapes &= shapes - 1;
            let Some(&(first, second)) = SHAPES.get(shape) else { return };
            let (Some(Some(firsts)), Some(a_occurs)) = (classes.get(first), self.occurs.get(first)) else { continue };
            let mask = ALL & !(1 << first | if second < DIMENSIONS { 1 << second } else { 0 });
            for &a in *firsts {
                if a_occurs.get(a as usize).is_none_or(|shapes| shapes >> shape & 1 == 0) {
                    continue;
                }
                let Some(Some(seconds)) = classes.get(second) else {
                    if !report(self.probe(key(shape, a, 0)), mask) {
                        return;
                    }
                    continue;
                };
                let b_occurs = self.occurs.get(second).map_or(&[][..], Vec::as_slice);
                for &b in *seconds {
                    let occurs = b_occurs.get(b as usize).is_some_and(|shapes| shapes >> shape & 1 == 1);
                    if occurs && !report(self.probe(key(shape, a, b)), mask) {
                        return;
                    }
                }
            }
        }
    }

    /// Whether looking at every entry is cheaper than probing, or all that can be done.
    #[inline]
    fn is_costly(&self, classes: &[Option<&[u32]>; DIMENSIONS]) -> bool {
        if self.entries.len() <= LISTED || (self.has_resource_keys() && classes.iter().any(Option::is_none)) {
            return true;
        }
        let count: usize = classes.iter().flatten().map(|classes| classes.len()).sum();
        count > 64 && self.probes(classes) > self.entries.len()
    }

    /// How many keys a query makes: classes that occur in none of a shape make none of it.
    #[inline(never)]
    fn probes(&self, classes: &[Option<&[u32]>; DIMENSIONS]) -> usize {
        let count = |dimension: usize, shape: usize| {
            let (Some(Some(classes)), Some(occurs)) = (classes.get(dimension), self.occurs.get(dimension)) else {
                return 1;
            };
            let occurs = |class: &&u32| occurs.get(**class as usize).is_some_and(|shapes| shapes >> shape & 1 == 1);
            classes.iter().filter(occurs).count()
        };
        let shapes = SHAPES.iter().enumerate().skip(1).filter(|(shape, _)| self.shapes >> shape & 1 == 1);
        let keys = shapes.map(|(shape, (first, second))| count(*first, shape).saturating_mul(count(*second, shape)));
        keys.fold(0, usize::saturating_add)
    }

    #[inline]
    fn probe(&self, key: u64) -> &[Entry] {
        match self.table.find(spread(key), |slot| slot.key == key) {
            Some(slot) => self.entries.get(slot.start as usize..slot.end as usize).unwrap_or_default(),
            None => &[],
        }
    }
}

/// A key; tables of classes are bounded below 2^30.
const fn key(shape: usize, a: u32, b: u32) -> u64 {
    (shape as u64) << 60 | (a as u64) << 30 | b as u64
}

/// Spreads a key over a word. Keys are places in tables, not texts that somebody chooses, so no secret is needed.
const fn spread(key: u64) -> u64 {
    let product = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}
