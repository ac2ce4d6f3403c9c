//! Who is told what matches? Entries that a query has found are looked at, the restrictions first, and reported to a [`Visitor`].
//!
//! Next room: `pack`.

use core::ops::Range;

use super::entry::{ALL, ALONE, BOUND, BY_HEAD, Entry, FOUND, GUARDED, Glance, HEADED, Heads, RELATED, SETTLED};
use super::table::{NOTHING, Slot};
use super::{Index, Query};
use crate::compile::classes::contains;
use crate::compile::guard::admits;

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
pub(super) struct Reporting<'i, 'v, V> {
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

impl<'i, 'v, V: Visitor> Reporting<'i, 'v, V> {
    #[inline]
    pub(super) fn new(index: &'i Index, heads: Heads<'i>, query: &'i Query<'i>, visitor: &'v mut V) -> Self {
        Self { index, heads, query, visitor, idle: [ALONE; IDLE], spans: [(&NOTHING, 0); BATCH], count: 0 }
    }

    /// Adds the entries of a key.
    #[inline]
    pub(super) fn add(&mut self, slot: &'i Slot, asks: u16) {
        if let Some(place) = self.spans.get_mut(self.count) {
            *place = (slot, asks);
            self.count += 1;
        }
        if self.count == BATCH {
            self.flush();
        }
    }

    /// Looks at what was added.
    pub(super) fn flush(&mut self) {
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
    pub(super) fn scan(&mut self, range: Range<u32>) {
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
