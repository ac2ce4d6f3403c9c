//! Does something permit it? A permit rule, or a live grant; and what needs a grant besides.
//!
//! INVARIANT (law 7): a grant counts in `[start, end)` and never outside; with an unknown time it does not count. Nor does one whose giver
//! is deleted, or held by what feeds or the kill switch have told (revocations go down from whoever gave to what was given). That
//! whoever *holds* it is held is `revocation`'s to say, of the whole call.
//!
//! Next room: `requirement`.

use smallvec::SmallVec;

use super::rules::{Judged, Pair};
use crate::compile::{Answers, Entry, Match, Query, RuleSet, Visitor};
use crate::decision::{Code, Decision, RuleNumber};
use crate::engine::{Engine, Origin};
use crate::signal::{Name, State, known_as};
use crate::time::Timestamp;

/// `permitted`: whether a rule of the policy permits.
pub(super) fn judge(pair: Pair<'_, '_, '_>, permitted: bool, decision: &mut Decision<'_>) {
    let needs_grant = pair.link == pair.scene.immediate() && requires_grant(pair);
    if permitted && !needs_grant {
        return;
    }
    let mut dead = Dead::default();
    let mut granted = false;
    if !pair.scene.engine.directory().grants().is_empty() {
        let now = pair.scene.request.now();
        granted = permits(pair, Origin::Directory, &mut |at, why| dead.add(at, why, now));
    }
    let mut object = |code: Code, grant: Option<u32>| {
        let rule = grant.map(|at| RuleNumber { origin: Origin::Directory, at });
        decision.object(code, rule, pair.link, pair.resource);
    };
    if needs_grant && !granted {
        object(Code::PrivilegeGrantRequired, None);
    }
    if permitted || granted {
        return;
    }
    if let Some((at, _)) = dead.expired {
        object(Code::PrivilegeGrantExpired, Some(at));
    }
    if let Some((at, _)) = dead.future {
        object(Code::PrivilegeGrantNotStarted, Some(at));
    }
    if let Some(at) = dead.untimed {
        object(Code::PrivilegeTimeUnknown, Some(at));
    }
    if let Some(at) = dead.revoked {
        object(Code::PrivilegeGrantRevoked, Some(at));
    }
    if dead.is_empty() {
        object(Code::PrivilegeNoPermit, None);
    }
}

fn requires_grant(pair: Pair<'_, '_, '_>) -> bool {
    let thing = pair.thing;
    let tool = || thing.tool().and_then(|tool| tool.record).is_some_and(|tool| tool.requires_grant);
    !thing.is_plain && (tool() || thing.record.is_some_and(|record| record.requires_grant))
}

/// Why a grant that would permit the call does not count.
pub(super) enum Why {
    /// It counts at another time.
    Interval(Timestamp, Timestamp),
    /// Whoever gave it is deleted or held.
    Giver,
}

/// Grants that would permit the call: of each kind the nearest.
#[derive(Default)]
struct Dead {
    expired: Option<(u32, Timestamp)>,
    future: Option<(u32, Timestamp)>,
    untimed: Option<u32>,
    revoked: Option<u32>,
}

impl Dead {
    fn add(&mut self, at: u32, why: Why, now: Option<Timestamp>) {
        let Why::Interval(start, end) = why else {
            self.revoked = Some(self.revoked.map_or(at, |known| known.min(at)));
            return;
        };
        let Some(now) = now else {
            self.untimed = Some(self.untimed.map_or(at, |known| known.min(at)));
            return;
        };
        // Of equally near ones the first by id, so that the order of candidates does not matter.
        if now >= end && self.expired.is_none_or(|(known, known_end)| (end, known) > (known_end, at)) {
            self.expired = Some((at, end));
        }
        if now < start && self.future.is_none_or(|(known, known_start)| (start, at) < (known_start, known)) {
            self.future = Some((at, start));
        }
    }

    const fn is_empty(&self) -> bool {
        self.expired.is_none() && self.future.is_none() && self.untimed.is_none() && self.revoked.is_none()
    }
}

/// Whether whoever gave a grant is deleted, or held: contained, or disabled or purged as a feed tells.
pub(crate) fn giver_is_held(engine: &Engine, grant: u32) -> bool {
    let Some(giver) = engine.directory().giver(grant) else { return true };
    let revocations = engine.revocations();
    let is_held = || {
        let names: SmallVec<[Name<'_>; 4]> = known_as(None, giver.id.as_str(), &giver.aliases).collect();
        revocations.states(&names).any(State::is_held)
    };
    giver.is_gone || !revocations.is_empty() && is_held()
}

/// Whether a rule or live grant certainly permits, without what is claimed; grants that would, did they count, are told to `dead`.
pub(super) fn permits(pair: Pair<'_, '_, '_>, origin: Origin, dead: &mut dyn FnMut(u32, Why)) -> bool {
    let query = pair.query(origin, false);
    let (set, _) = pair.scene.engine.set(origin);
    let mut permitting = Permitting { pair, origin, set, query: &query, dead, permitted: false };
    set.matching(&query, &mut permitting);
    permitting.permitted
}

/// Permits of a set, and whether one of them counts.
struct Permitting<'j, 'p, 's, 'r> {
    pair: Pair<'p, 's, 'r>,
    origin: Origin,
    set: &'s RuleSet,
    query: &'j Query<'j>,
    dead: &'j mut dyn FnMut(u32, Why),
    permitted: bool,
}

impl Visitor for Permitting<'_, '_, '_, '_> {
    fn wants_restrictions(&self) -> bool {
        false
    }

    fn wants_permits(&self) -> bool {
        !self.permitted
    }

    fn restricts(&mut self, _: &Entry, _: Match) -> bool {
        true
    }

    fn permits(&mut self, entry: &Entry, found: Match) {
        if !found.sure || !holds(self.set, (entry, found), self.pair, self.query.answers) {
            return;
        }
        if let Some((start, end)) = untimely(self.set, entry, self.pair) {
            (self.dead)(entry.rule, Why::Interval(start, end));
        } else if self.origin == Origin::Directory && giver_is_held(self.pair.scene.engine, entry.rule) {
            (self.dead)(entry.rule, Why::Giver);
        } else {
            self.permitted = true;
        }
    }
}

/// The interval of a permit, if it is not certainly within it now.
#[inline]
pub(super) fn untimely(set: &RuleSet, entry: &Entry, pair: Pair<'_, '_, '_>) -> Option<(Timestamp, Timestamp)> {
    if !entry.traits.bounded {
        return None;
    }
    let interval = set.get(entry.rule).and_then(|rule| set.interval(rule));
    interval.filter(|(start, end)| !pair.scene.request.now().is_some_and(|now| *start <= now && now < *end))
}

/// Whether a permit's bounds on arguments are met and its condition is true; in a listing, whether they could be.
#[inline]
pub(super) fn holds(set: &RuleSet, (entry, found): (&Entry, Match), pair: Pair<'_, '_, '_>, answers: Answers) -> bool {
    (!entry.traits.bounded || is_within_bounds(set, entry, pair))
        && (found.holds || matches!(pair.condition(set, entry, answers), Judged::True | Judged::Open))
}

#[inline(never)]
fn is_within_bounds(set: &RuleSet, entry: &Entry, pair: Pair<'_, '_, '_>) -> bool {
    let scene = pair.scene;
    let Some(rule) = set.get(entry.rule) else { return false };
    let bounds = set.arguments(rule);
    if scene.listing {
        bounds.iter().all(|(_, bound)| !bound.is_impossible())
    } else {
        bounds.iter().all(|(name, bound)| bound.is_met(scene.request.get_argument(name)))
    }
}
