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
//! Next room: `pack`.

use core::ops::Range;

use hashbrown::HashMap;

use super::classes::{Buckets, contains, position};
use super::gauge::{Answers, Demand};
use super::guard::{NO_GUARD, admits};
use super::pack::PackedRule;
use super::resources::{ResourceClasses, ResourceQuery};
use crate::rule::{Effect, Mode, Source};

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

/// The bit of a number; several share one. That a number's bit is not among those of others tells that it is none of them.
const fn sign(number: u32) -> u64 {
    1 << (number % 63)
}

/// The bits of numbers, and one more, for whoever asks for none.
pub(crate) fn signs(numbers: &[u32]) -> u64 {
    numbers.iter().fold(1 << 63, |signs, number| signs | sign(*number))
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

/// How many entries may share a key before a more telling one is sought: looking at one takes no longer than a probe.
const FEW: u32 = 6;

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
const ALL: u16 = u16::MAX;
/// The bit of the dimension of resources.
const BY_HEAD: u16 = 1 << RESOURCE;
/// The bit of labels, which are asked even if the key says that the resource belongs.
const BOUND: u16 = 1 << DIMENSIONS;
/// The bit of entries with a guard.
const GUARDED: u16 = 1 << 5;
/// The bit of entries with a family.
const RELATED: u16 = 1 << 6;
/// The bit of entries whose resource must have a number among what was found for it.
const FOUND: u16 = 1 << 7;
/// The bit of entries whose demand says what the resource must be besides.
const HEADED: u16 = 1 << 8;
/// The bit of entries whose demand says all of their condition.
const SETTLED: u16 = 1 << 9;

/// What tells of most entries that they do not apply, by itself: entries of one key lie together, and most are not looked at further.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    /// What answers must say for it to apply; if they do, and all is demanded ([`SETTLED`]), its condition holds.
    demand: Demand,
    /// The bit of what must be found for the resource; all bits if that is nothing.
    sign: u64,
}

impl Glance {
    #[inline(always)]
    const fn is_refused(&self, query: &Query<'_>) -> bool {
        self.demand.is_refused(query.answers) || query.sign & self.sign == 0
    }
}

/// Rules that are judged as one, with what judging them needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Classes; with [`FOUND`], for the resource what must be found.
    heads: [u32; DIMENSIONS],
    /// Index into the conditions, or [`super::pack::NO_INDEX`].
    pub(crate) when: u32,
    /// The first of the rules.
    pub(crate) rule: u32,
    /// A text that a fact must be, as [`super::guard::Guards`] numbers it.
    guard: u32,
    /// What it says but for whom: the same for entries that differ in their subjects alone, or [`ALONE`].
    family: u32,
    /// Bit n: something is asked of dimension n; and the bits above.
    asks: u16,
    /// What kind of rules they are.
    pub(crate) traits: Traits,
}

/// What kind of rule it is, as far as judging it must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Traits {
    pub(crate) effect: Effect,
    pub(crate) mode: Mode,
    pub(crate) source: Source,
    /// Whether it bounds arguments, or has an interval.
    pub(crate) bounded: bool,
}

/// What an entry asks of the resource.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// Nothing.
    Any,
    /// That this was found for it, and, if there are any, that questions of its head have these answers.
    Found(u32, u64),
    /// That a head holds, some of which bound labels or do not.
    Heads { is_bound: bool },
}

impl Entry {
    /// An entry of rules with these classes in each dimension (none: any); `list` keeps a list of several.
    pub(super) fn new(
        (classes, wanted): ([&[u32]; DIMENSIONS], Wanted),
        mut list: impl FnMut(usize) -> u32,
        (when, guard): (u32, u32),
        (demand, is_whole): (Demand, bool),
        (rule, traits): (u32, Traits),
    ) -> (Glance, Self) {
        let mut heads = [ANY; DIMENSIONS];
        let mut asks = if guard == NO_GUARD { 0 } else { GUARDED } | if is_whole { SETTLED } else { 0 };
        for (at, (head, classes)) in heads.iter_mut().zip(classes).enumerate() {
            asks |= u16::from(!classes.is_empty()) << at;
            *head = match classes {
                [] => ANY,
                [only] => *only,
                _ => list(at) | LIST,
            };
        }
        let (mut demand, mut signs) = (demand, u64::MAX);
        match wanted {
            Wanted::Any | Wanted::Heads { is_bound: false } => {}
            Wanted::Heads { is_bound: true } => asks |= BOUND,
            Wanted::Found(number, bits) => {
                asks = asks & !BY_HEAD | FOUND | if bits == 0 { 0 } else { HEADED };
                demand = demand.with(bits);
                let [.., resource] = &mut heads;
                *resource = number;
                signs = sign(number);
            }
        }
        (Glance { demand, sign: signs }, Self { heads, when, rule, guard, family: ALONE, asks, traits })
    }

    /// The same, of a family. What is told at a glance is as quick as asking what has been found out about its family.
    pub(super) fn of_family(self, family: u32) -> Self {
        let is_told = self.asks & SETTLED != 0 && self.asks & (BY_HEAD | BOUND) == 0;
        if family == ALONE || is_told { self } else { Self { family, asks: self.asks | RELATED, ..self } }
    }
}

/// Lists of classes, the heads of resources, and the rules: what entries are verified with.
#[derive(Clone, Copy)]
pub(super) struct Heads<'h> {
    pub(super) lists: &'h Buckets,
    pub(super) resources: &'h ResourceClasses,
    pub(super) rules: &'h [PackedRule],
}

impl Heads<'_> {
    /// Whether an entry matches in what it `asks` of single heads; `None` if not, `Some(false)` if that depends on an unknown label.
    fn verify(&self, entry: &Entry, asks: u16, query: &Query<'_>) -> Option<bool> {
        let [subjects, actions, tools] = query.classes;
        let [subject, action, tool, resource] = entry.heads;
        // A call has one action and one tool; who is in many groups has many classes.
        if (asks & 2 != 0 && !self.shares(action, actions))
            || (asks & 4 != 0 && !self.shares(tool, tools))
            || (asks & 1 != 0 && !self.shares(subject, subjects))
        {
            return None;
        }
        if asks & (BY_HEAD | BOUND) == 0 {
            return Some(true);
        }
        if resource & LIST != 0 {
            any_resource(self.lists.get(resource & !LIST), self.resources, &query.resource)
        } else if asks & BY_HEAD == 0 {
            self.resources.admits(resource, query.resource.label)
        } else {
            self.resources.holds(resource, &query.resource)
        }
    }

    /// Whether the resource is what the rules of an entry are about, where answers do not say.
    #[inline(never)]
    fn resource(&self, entry: &Entry, query: &Query<'_>) -> Option<bool> {
        let list = self.rules.get(entry.rule as usize)?.list(RESOURCE);
        any_resource(self.lists.get(list), self.resources, &query.resource)
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

static NOTHING: Slot = Slot { key: 0, entries: Span { start: 0, middle: 0, end: 0 } };

/// A key and its entries; the key 0 is that of no slot.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    entries: Span,
}

/// Entries of one key: those that restrict, then those that permit.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    middle: u32,
    end: u32,
}

/// Keys to entries: a table of twice as many places, in which a key lies at its own place or soon after. A probe reads one line.
#[derive(Clone, Debug, Default)]
struct Table {
    slots: Vec<Slot>,
    /// How far a spread key is shifted to be a place.
    shift: u32,
}

impl Table {
    fn of(keys: &[Slot]) -> Self {
        let bits = (keys.len() * 2).next_power_of_two().trailing_zeros().max(1);
        let mut table = Self { slots: vec![Slot::default(); 1 << bits], shift: u64::BITS - bits };
        for slot in keys {
            let mut at = table.place(slot.key);
            while table.slots.get(at).is_some_and(|taken| taken.key != 0) {
                at = table.next(at);
            }
            if let Some(free) = table.slots.get_mut(at) {
                *free = *slot;
            }
        }
        table
    }

    /// Keys are places in tables, not texts that somebody chooses, so no secret is needed. The factor is the golden ratio.
    #[inline]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// The entries of a key. Half the slots are free, so the search ends.
    #[inline]
    fn find(&self, key: u64) -> Option<&Slot> {
        let mut at = self.place(key);
        loop {
            let slot = self.slots.get(at)?;
            if slot.key == key {
                return Some(slot);
            }
            if slot.key == 0 {
                return None;
            }
            at = self.next(at);
        }
    }
}

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

/// Classes in each dimension (none: any) of what is to be filed.
pub(super) type Filed<'f> = [&'f [u32]; DIMENSIONS];

/// Under which shape of keys each entry is to be filed.
pub(super) struct Plan(Vec<usize>);

impl Plan {
    /// `counts`: how many classes each dimension has.
    pub(super) fn new(filed: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let crowds = Crowds::new(filed, counts);
        Self(filed.iter().map(|one| crowds.shape(one)).collect())
    }

    /// Whether some are filed under classes of resources.
    pub(super) fn has_resource_keys(&self) -> bool {
        self.0.iter().any(|shape| SHAPES.get(*shape).is_some_and(|(a, b)| *a == RESOURCE || *b == RESOURCE))
    }
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
            for (crowd, classes) in crowds.classes.iter_mut().zip(one) {
                for class in *classes {
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

/// So many families are remembered.
const IDLE: usize = 16;

/// So many keys are looked up before what they lead to is looked at: what memory is slow to give is asked for at once.
const BATCH: usize = 8;

/// What an entry says to a query that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// Whether its heads surely match: otherwise that depends on an unknown label.
    pub(crate) sure: bool,
    /// Whether its condition is known to hold, if it has one.
    pub(crate) holds: bool,
}

/// Calls back with the keys of a shape and their classes; not at all if it has no such classes, or too many pairs of them.
fn keys(one: &Filed<'_>, shape: usize, mut each: impl FnMut(u64, u32, Option<u32>)) {
    let Some(&(first, second)) = SHAPES.get(shape) else { return };
    let Some(firsts) = one.get(first) else { return };
    let Some(seconds) = one.get(second) else {
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
        // INVARIANT: the shapes from the seventh on are those with the dimension of resources.
        self.shapes >> 7 != 0
    }

    /// Reports what matches a query, and how, to a [`Visitor`].
    #[inline]
    pub(super) fn matching(&self, heads: Heads<'_>, query: &Query<'_>, visitor: &mut impl Visitor) {
        if self.entries.is_empty() {
            return;
        }
        let (idle, spans) = ([ALONE; IDLE], [(&NOTHING, 0); BATCH]);
        let mut report = Reporting { index: self, heads, query, visitor, idle, spans, count: 0 };
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
        let count = |dimension: usize, shape: usize| {
            let Some((classes, occurs)) = classes.get(dimension).zip(self.occurs.get(dimension)) else { return 1 };
            let occurs = |class: &&u32| occurs.get(**class as usize).is_some_and(|shapes| shapes >> shape & 1 == 1);
            classes.iter().filter(occurs).count()
        };
        let shapes = SHAPES.iter().enumerate().skip(1).filter(|(shape, _)| self.shapes >> shape & 1 == 1);
        let keys = shapes.map(|(shape, (first, second))| count(*first, shape).saturating_mul(count(*second, shape)));
        keys.fold(0, usize::saturating_add)
    }
}

/// Keys of one shape that exist.
#[derive(Clone, Copy, Debug)]
struct Lane {
    shape: usize,
    first: usize,
    second: usize,
    /// What is to be asked of what is found under such a key.
    asks: u16,
}

impl Lane {
    fn of(shape: usize) -> Option<Self> {
        let (first, second) = SHAPES.get(shape).copied()?;
        let asked = |dimension: usize| match dimension {
            NO_DIMENSION => 0,
            RESOURCE => BY_HEAD | FOUND,
            _ => 1 << dimension,
        };
        Some(Self { shape, first, second, asks: ALL & !(asked(first) | asked(second)) })
    }

    /// Whether a class occurs in a key of this shape.
    #[inline(always)]
    fn has(&self, occurs: &[u16], class: u32) -> bool {
        occurs.get(class as usize).is_some_and(|shapes| shapes >> self.shape & 1 == 1)
    }
}

/// Who is told what matches.
pub(crate) trait Visitor {
    /// Whether rules are wanted that restrict, or are on trial.
    fn wants_restrictions(&self) -> bool;
    /// Whether rules are wanted that permit, and count.
    fn wants_permits(&self) -> bool;
    /// Such a rule matches. False if it did not apply, whoever the subject is: then nothing that says the same of other subjects is
    /// reported.
    fn restricts(&mut self, entry: &Entry, found: Match) -> bool;
    /// Such a rule matches.
    fn permits(&mut self, entry: &Entry, found: Match);
}

/// Entries on their way to whoever asked for them.
struct Reporting<'i, 'v, V> {
    index: &'i Index,
    heads: Heads<'i>,
    query: &'i Query<'i>,
    visitor: &'v mut V,
    /// Families that did not apply, whoever asks: organisations say the same of many groups.
    idle: [u32; IDLE],
    /// Entries that have been found and not been looked at, with what is to be asked of them.
    spans: [(&'i Slot, u16); BATCH],
    count: usize,
}

impl<'i, V: Visitor> Reporting<'i, '_, V> {
    /// Adds the entries of a key.
    #[inline]
    fn add(&mut self, slot: &'i Slot, asks: u16) {
        if let Some(place) = self.spans.get_mut(self.count) {
            *place = (slot, asks);
            self.count += 1;
        }
        if self.count == BATCH {
            self.flush();
        }
    }

    /// Looks at what was added.
    fn flush(&mut self) {
        let (spans, count) = (self.spans, core::mem::take(&mut self.count));
        let spans = spans.get(..count).unwrap_or_default();
        if self.visitor.wants_restrictions() {
            for (Slot { entries, .. }, asks) in spans {
                if entries.start != entries.middle {
                    self.look_at(entries.start..entries.middle, false, *asks);
                }
            }
        }
        for (Slot { entries, .. }, asks) in spans {
            if entries.middle != entries.end && self.visitor.wants_permits() {
                self.look_at(entries.middle..entries.end, true, *asks);
            }
        }
    }

    /// Looks at entries of all keys.
    fn scan(&mut self, range: Range<u32>) {
        let index = self.index;
        let glances = index.glances.get(range.start as usize..range.end as usize).unwrap_or_default();
        for (glance, at) in glances.iter().zip(range.start..) {
            if !glance.is_refused(self.query)
                && let Some(entry) = index.entries.get(at as usize)
            {
                match entry.traits.permits() {
                    false if self.visitor.wants_restrictions() => self.restriction(glance, entry, ALL),
                    true if self.visitor.wants_permits() => self.permit(glance, entry, ALL),
                    false | true => {}
                }
            }
        }
    }

    /// Looks at entries of one kind.
    #[inline(always)]
    fn look_at(&mut self, range: Range<u32>, permits: bool, asks: u16) {
        let index = self.index;
        let Some(glances) = index.glances.get(range.start as usize..range.end as usize) else { return };
        for (glance, at) in glances.iter().zip(range.start..) {
            if glance.is_refused(self.query) {
                continue;
            }
            let Some(entry) = index.entries.get(at as usize) else { return };
            if !permits {
                self.restriction(glance, entry, asks);
            } else if self.visitor.wants_permits() {
                self.permit(glance, entry, asks);
            } else {
                return;
            }
        }
    }

    /// Looks at an entry that is not refused.
    #[inline]
    fn restriction(&mut self, glance: &Glance, entry: &Entry, mask: u16) {
        let asks = entry.asks & mask;
        if asks & (GUARDED | RELATED) != 0 && self.is_passed_over(entry, asks) {
            return;
        }
        let applies = match self.look(glance, entry, asks) {
            Some(found) => self.visitor.restricts(entry, found),
            // That it is about somebody else says nothing of its family.
            None if mask & 1 != 0 => return,
            None => false,
        };
        if !applies
            && asks & RELATED != 0
            && mask & 1 == 0
            && let Some(place) = self.idle.get_mut(entry.family as usize % IDLE)
        {
            *place = entry.family;
        }
    }

    /// Looks at an entry that is not refused.
    #[inline]
    fn permit(&mut self, glance: &Glance, entry: &Entry, mask: u16) {
        let asks = entry.asks & mask;
        if asks & GUARDED != 0 && !admits(entry.guard, self.query.guards) {
            return;
        }
        if let Some(found) = self.look(glance, entry, asks) {
            self.visitor.permits(entry, found);
        }
    }

    /// Whether an entry that is not refused matches, and how.
    #[inline(always)]
    fn look(&self, glance: &Glance, entry: &Entry, asks: u16) -> Option<Match> {
        let query = self.query;
        if asks & FOUND != 0 && !contains(query.resource.found, entry.resource()) {
            return None;
        }
        let is_met = glance.demand.is_met(query.answers);
        let mut sure = true;
        if asks & (BY_HEAD | BOUND | 1 | 2 | 4) != 0 {
            sure = self.heads.verify(entry, asks, query)?;
        }
        if !is_met && entry.asks & HEADED != 0 {
            sure &= self.heads.resource(entry, query)?;
        }
        Some(Match { sure, holds: is_met && entry.asks & SETTLED != 0 })
    }

    /// Whether the text that it demands is another, or its family did not apply.
    #[inline(never)]
    fn is_passed_over(&self, entry: &Entry, asks: u16) -> bool {
        !admits(entry.guard, self.query.guards)
            || (asks & RELATED != 0 && self.idle.get(entry.family as usize % IDLE) == Some(&entry.family))
    }
}

impl Traits {
    /// Whether they permit, and count.
    pub(super) fn permits(self) -> bool {
        self.effect == Effect::Permit && self.mode == Mode::Enforce
    }
}

impl Entry {
    #[inline]
    const fn resource(&self) -> u32 {
        let [.., resource] = self.heads;
        resource
    }
}

/// A key; tables of classes are bounded below 2^30.
const fn key(shape: usize, a: u32, b: u32) -> u64 {
    (shape as u64) << 60 | (a as u64) << 30 | b as u64
}
