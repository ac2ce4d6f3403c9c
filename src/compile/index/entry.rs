//! What is filed in the index? What judging a rule needs, packed, and what tells at a glance that most need not be judged.
//!
//! Next room: `plan`.

use super::{DIMENSIONS, Query, RESOURCE};
use crate::compile::classes::{Buckets, contains};
use crate::compile::gauge::Demand;
use crate::compile::guard::NO_GUARD;
use crate::compile::pack::PackedRule;
use crate::compile::resources::{ResourceClasses, ResourceQuery};
use crate::rule::{Effect, Mode, Source};

/// A head of an entry: any, a class, or, with the flag [`LIST`], a list of classes.
const ANY: u32 = u32::MAX;
const LIST: u32 = 1 << 31;

/// The family of an entry that has no other.
pub(in crate::compile) const ALONE: u32 = u32::MAX;

/// Everything that an entry can ask.
pub(super) const ALL: u16 = u16::MAX;
/// The bit of the dimension of resources.
pub(super) const BY_HEAD: u16 = 1 << RESOURCE;
/// The bit of labels, which are asked even if the key says that the resource belongs.
pub(super) const BOUND: u16 = 1 << DIMENSIONS;
/// The bit of entries with a guard.
pub(super) const GUARDED: u16 = 1 << 5;
/// The bit of entries with a family.
pub(super) const RELATED: u16 = 1 << 6;
/// The bit of entries whose resource must have a number among what was found for it.
pub(super) const FOUND: u16 = 1 << 7;
/// The bit of entries whose demand says what the resource must be besides.
pub(super) const HEADED: u16 = 1 << 8;
/// The bit of entries whose demand says all of their condition.
pub(super) const SETTLED: u16 = 1 << 9;

/// The bit of a number; several share one. That a number's bit is not among those of others tells that it is none of them.
const fn sign(number: u32) -> u64 {
    1 << (number % 63)
}

/// The bits of numbers, and one more, for whoever asks for none.
pub(crate) fn signs(numbers: &[u32]) -> u64 {
    numbers.iter().fold(1 << 63, |signs, number| signs | sign(*number))
}

/// What tells of most entries that they do not apply, by itself: entries of one key lie together, and most are not looked at further.
#[derive(Clone, Copy, Debug)]
pub(in crate::compile) struct Glance {
    /// What answers must say for it to apply; if they do, and all is demanded ([`SETTLED`]), its condition holds.
    pub(super) demand: Demand,
    /// The bit of what must be found for the resource; all bits if that is nothing.
    sign: u64,
}

impl Glance {
    #[inline(always)]
    pub(super) const fn is_refused(&self, query: &Query<'_>) -> bool {
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
    pub(super) guard: u32,
    /// What it says but for whom: the same for entries that differ in their subjects alone, or [`ALONE`].
    pub(super) family: u32,
    /// Bit n: something is asked of dimension n; and the bits above.
    pub(super) asks: u16,
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
pub(in crate::compile) enum Wanted {
    /// Nothing.
    Any,
    /// That this was found for it, and, if there are any, that questions of its head have these answers.
    Found(u32, u64),
    /// That a head holds, some of which bound labels or do not.
    Heads { is_bound: bool },
}

impl Entry {
    /// An entry of rules with these classes in each dimension (none: any); `list` keeps a list of several.
    pub(in crate::compile) fn new(
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
    pub(in crate::compile) fn of_family(self, family: u32) -> Self {
        let is_told = self.asks & SETTLED != 0 && self.asks & (BY_HEAD | BOUND) == 0;
        if family == ALONE || is_told { self } else { Self { family, asks: self.asks | RELATED, ..self } }
    }
}

/// Lists of classes, the heads of resources, and the rules: what entries are verified with.
#[derive(Clone, Copy)]
pub(in crate::compile) struct Heads<'h> {
    pub(in crate::compile) lists: &'h Buckets,
    pub(in crate::compile) resources: &'h ResourceClasses,
    pub(in crate::compile) rules: &'h [PackedRule],
}

impl Heads<'_> {
    /// Whether an entry matches in what it `asks` of single heads; `None` if not, `Some(false)` if that depends on an unknown label.
    pub(super) fn verify(&self, entry: &Entry, asks: u16, query: &Query<'_>) -> Option<bool> {
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
            self.resources.admits(resource, query.resource.view.label)
        } else {
            self.resources.holds(resource, &query.resource)
        }
    }

    /// Whether the resource is what the rules of an entry are about, where answers do not say.
    #[inline(never)]
    pub(super) fn resource(&self, entry: &Entry, query: &Query<'_>) -> Option<bool> {
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

impl Traits {
    /// Whether they permit, and count.
    pub(in crate::compile) fn permits(self) -> bool {
        self.effect == Effect::Permit && self.mode == Mode::Enforce
    }
}

impl Entry {
    #[inline]
    pub(super) const fn resource(&self) -> u32 {
        let [.., resource] = self.heads;
        resource
    }
}

/// Whether two ascending lists have a class in common.
pub(in crate::compile) fn shares(a: &[u32], b: &[u32]) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().any(|class| contains(many, *class))
}

/// Whether any of these heads of resources holds, surely if possible.
pub(in crate::compile) fn any_resource(
    list: &[u32],
    resources: &ResourceClasses,
    query: &ResourceQuery<'_>,
) -> Option<bool> {
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
