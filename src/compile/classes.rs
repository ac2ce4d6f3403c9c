//! Which heads does something belong to? The distinct heads of a rule set, by kind, and how members of them are found.
//!
//! INVARIANT: a class is found through exactly one of its parts (the most telling one) and then verified, so nothing is
//! reported twice.
//!
//! Next room: `resources`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::name::{BlueprintId, GroupId};
use crate::pattern::{Pattern, PatternSet};
use crate::rule::SubjectHead;

/// How many classes are kept without the heap.
const KEPT: usize = 24;

/// Classes that are found in a call, one list after the other.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// How many there are, if they are kept here.
    len: usize,
    kept: [u32; KEPT],
    /// All of them, if they are more.
    many: Vec<u32>,
}

impl Default for Found {
    #[inline]
    fn default() -> Self {
        Self { len: 0, kept: [0; KEPT], many: Vec::new() }
    }
}

impl Found {
    #[inline]
    pub(crate) fn push(&mut self, class: u32) {
        match self.kept.get_mut(self.len) {
            Some(place) => {
                *place = class;
                self.len += 1;
            }
            None => self.spill(class),
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, class: u32) {
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.kept);
        }
        self.many.push(class);
    }

    /// Adds a list. Most are short: not worth a call that copies.
    #[inline]
    pub(super) fn append(&mut self, classes: &[u32]) {
        classes.iter().for_each(|class| self.push(*class));
    }

    /// All that were found.
    #[inline]
    pub(crate) fn all(&self) -> &[u32] {
        if self.many.is_empty() { self.kept.get(..self.len).unwrap_or_default() } else { &self.many }
    }

    /// How many were found.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        if self.many.is_empty() { self.len } else { self.many.len() }
    }

    /// Forgets what was found since there were `len`.
    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.many.truncate(len);
        if self.many.is_empty() {
            self.len = self.len.min(len);
        }
    }

    /// Orders what was found since there were `start`.
    #[inline]
    pub(super) fn order(&mut self, start: usize) {
        let all = if self.many.is_empty() { self.kept.get_mut(..self.len) } else { Some(&mut *self.many) };
        let tail = all.and_then(|all| all.get_mut(start..)).unwrap_or_default();
        if tail.windows(2).any(|pair| matches!(pair, [a, b] if a > b)) {
            tail.sort_unstable();
        }
    }
}

/// What a subject head can ask of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubjectView<'s> {
    pub(crate) kind: &'s str,
    pub(crate) id: &'s str,
    /// Groups, nested ones included, ascending.
    pub(crate) groups: &'s [GroupId],
    /// Groups that the request claims besides, ascending, each once: callers may claim thousands.
    pub(crate) claims: &'s [&'s str],
    pub(crate) blueprint: Option<&'s BlueprintId>,
}

impl SubjectView<'_> {
    fn is_in(&self, group: &GroupId) -> bool {
        self.groups.binary_search(group).is_ok() || self.claims.binary_search(&group.as_str()).is_ok()
    }
}

/// Whether an ascending list has a number.
#[inline]
pub(super) fn contains(list: &[u32], number: u32) -> bool {
    match list {
        [] => false,
        [only] => *only == number,
        [first, second] => *first == number || *second == number,
        _ if list.len() <= 16 => list.contains(&number),
        _ => list.binary_search(&number).is_ok(),
    }
}

/// Numbers in buckets, one bucket after the other: bucket to numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Buckets {
    pub(super) fn of(lists: &[Vec<u32>]) -> Self {
        let mut buckets = Self::default();
        lists.iter().for_each(|list| buckets.push(list));
        buckets
    }

    /// Adds the next bucket.
    pub(crate) fn push(&mut self, numbers: &[u32]) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.items.extend_from_slice(numbers);
        self.starts.push(position(self.items.len()));
    }

    #[inline]
    pub(crate) fn get(&self, bucket: u32) -> &[u32] {
        let at = bucket as usize;
        let (Some(start), Some(end)) = (self.starts.get(at), self.starts.get(at + 1)) else { return &[] };
        self.items.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// A place in a table as a number. Tables are bounded far below ([`crate::Limits::rules`]).
pub(super) fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// How much is kept for each place of a pattern set. What is more is collected when it is asked for.
pub(super) const CERTAIN: usize = 16;

/// Short lists by number; some are open: what is in them must be found out.
#[derive(Clone, Debug, Default)]
pub(super) struct Certain {
    /// Where each list begins and ends; an open one ends before it begins.
    ends: Vec<(u32, u32)>,
    items: Vec<u32>,
}

impl Certain {
    /// Adds the next list.
    pub(super) fn push(&mut self, list: Option<&[u32]>) {
        let start = position(self.items.len());
        self.items.extend_from_slice(list.unwrap_or_default());
        self.ends.push(if list.is_some() { (start, position(self.items.len())) } else { (1, 0) });
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&[u32]> {
        let (start, end) = *self.ends.get(at)?;
        self.items.get(start as usize..end as usize)
    }
}

/// Distinct patterns, matched at once; the class of a pattern is its place.
#[derive(Clone, Debug)]
pub(crate) struct PatternClasses {
    patterns: Vec<Pattern>,
    pub(super) set: PatternSet,
    /// The classes of each place of the set.
    certain: Certain,
}

impl PatternClasses {
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        let set = PatternSet::new(&patterns);
        let mut certain = Certain::default();
        (0..set.places()).for_each(|place| certain.push(set.certain(place, CERTAIN).as_deref()));
        Self { patterns, set, certain }
    }

    /// The classes of an id, ascending, if they are known; else they are added.
    #[inline]
    pub(crate) fn find(&self, id: &str, found: &mut Found) -> Option<&[u32]> {
        if self.patterns.is_empty() {
            return Some(&[]);
        }
        let place = self.set.place(id);
        let certain = self.certain.get(place);
        if certain.is_none() || self.set.has_beside() {
            self.collect(place, id, found);
            return None;
        }
        certain
    }

    #[inline(never)]
    fn collect(&self, place: usize, id: &str, found: &mut Found) {
        let start = found.len();
        match self.certain.get(place) {
            Some(classes) => found.append(classes),
            None => self.set.at(place, id, &mut |classes| found.append(classes)),
        }
        if self.set.has_beside() {
            self.set.beside(id, &mut |classes| found.append(classes));
        }
        found.order(start);
    }

    pub(crate) fn get(&self, class: u32) -> Option<&Pattern> {
        self.patterns.get(class as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.patterns.len()
    }
}

/// Distinct subject heads.
#[derive(Clone, Debug)]
pub(crate) struct SubjectClasses {
    heads: Vec<SubjectHead>,
    ids: PatternClasses,
    /// Pattern of an id to the heads that are found through it.
    by_id: Buckets,
    by_group: HashMap<Box<str>, Vec<u32>>,
    by_blueprint: HashMap<Box<str>, Vec<u32>>,
    by_kind: HashMap<Box<str>, Vec<u32>>,
}

impl SubjectClasses {
    pub(super) fn new(heads: Vec<SubjectHead>) -> Self {
        let mut patterns: BTreeMap<&Pattern, Vec<u32>> = BTreeMap::new();
        let (mut by_group, mut by_blueprint, mut by_kind) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (class, head) in (0u32..).zip(&heads) {
            if let Some(group) = &head.group {
                file(&mut by_group, group.as_str(), class);
            } else if let Some(blueprint) = &head.blueprint {
                file(&mut by_blueprint, blueprint.as_str(), class);
            } else if let Some(id) = &head.id {
                patterns.entry(id).or_default().push(class);
            } else if let Some(kind) = &head.kind {
                file(&mut by_kind, kind.as_str(), class);
            }
            // A head without any part matches everybody and is never made: it is no head at all.
        }
        let lists: Vec<Vec<u32>> = patterns.values().cloned().collect();
        let ids = PatternClasses::new(patterns.into_keys().cloned().collect());
        Self { by_id: Buckets::of(&lists), ids, by_group, by_blueprint, by_kind, heads }
    }

    /// Adds the classes that a link belongs to, with the groups that it claims, ascending.
    pub(crate) fn find(&self, view: &SubjectView<'_>, found: &mut Found) {
        let start = found.len();
        let mut add = |classes: &[u32], id_holds: bool| {
            for &class in classes {
                if self.heads.get(class as usize).is_some_and(|head| holds(head, view, id_holds)) {
                    found.push(class);
                }
            }
        };
        if !self.by_group.is_empty() {
            for group in view.groups {
                add(self.by_group.get(group.as_str()).map_or(&[], Vec::as_slice), false);
            }
            for group in view.claims {
                if view.groups.binary_search_by(|listed| listed.as_str().cmp(group)).is_err() {
                    add(self.by_group.get(*group).map_or(&[], Vec::as_slice), false);
                }
            }
        }
        if let Some(blueprint) = view.blueprint {
            add(self.by_blueprint.get(blueprint.as_str()).map_or(&[], Vec::as_slice), false);
        }
        if let Some(classes) = self.by_kind.get(view.kind) {
            add(classes, false);
        }
        if self.ids.len() > 0 {
            self.ids.set.matches(view.id, |pattern| add(self.by_id.get(pattern), true));
        }
        found.order(start);
    }

    pub(crate) fn get(&self, class: u32) -> Option<&SubjectHead> {
        self.heads.get(class as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }
}

pub(super) fn file(map: &mut HashMap<Box<str>, Vec<u32>>, key: &str, class: u32) {
    if let Some(list) = map.get_mut(key) {
        list.push(class);
    } else {
        map.insert(key.into(), vec![class]);
    }
}

/// Whether all parts of a subject head hold; of its id that may be known already.
pub(crate) fn holds(head: &SubjectHead, view: &SubjectView<'_>, id_holds: bool) -> bool {
    head.kind.as_ref().is_none_or(|kind| kind.as_str() == view.kind)
        && head.group.as_ref().is_none_or(|group| view.is_in(group))
        && head.blueprint.as_ref().is_none_or(|blueprint| view.blueprint == Some(blueprint))
        && (id_holds || head.id.as_ref().is_none_or(|id| id.matches(view.id)))
}
