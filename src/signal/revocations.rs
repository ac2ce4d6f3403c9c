//! What has been revoked, as a value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::Reason;
use super::event::{EventKind, SecurityEvent};
use super::register::{ClaimState, Compliance, Cut, State};
use super::subject::{Class, Name, SubjectId, Target};
use super::table::Table;
use crate::Limits;
use crate::lifecycle::RiskLevel;
use crate::time::{Duration, Timestamp};
use crate::value::Value;

/// What hangs from what: below a blueprint its agents, below an agent its user account and its sessions, below a group its
/// members. Revocations go down.
pub trait Cascade {
    /// Names whatever hangs directly below `target`. What hangs below that is asked for in turn; loops do no harm.
    fn below(&self, target: &Target, found: &mut dyn FnMut(Target));
}

impl<F: Fn(&Target, &mut dyn FnMut(Target))> Cascade for F {
    fn below(&self, target: &Target, found: &mut dyn FnMut(Target)) {
        self(target, found);
    }
}

/// Nothing hangs below anything: for hosts whose tokens list every name that they hang from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoCascade;

impl Cascade for NoCascade {
    fn below(&self, _: &Target, _: &mut dyn FnMut(Target)) {}
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was joined in.
    Applied,
    /// An event of this issuer and id was applied before.
    Repeated,
    /// It is of a kind that changes nothing; keep it for the record.
    Ignored,
    /// There was no room for all of it. Tokens issued before it are challenged, whosoever they are; if it was more than a
    /// revocation in time, every check denies from now on. Prune, or raise `Limits::revocations` and replay.
    Saturated,
}

/// What is known about one name, under which conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The name.
    pub target: Target,
    /// What must match besides: each by any of its names.
    pub also: Vec<Vec<Target>>,
    /// From which name it comes, if it hangs below one.
    pub source: Option<Target>,
    /// What is known.
    pub state: State,
}

#[derive(Clone, Debug)]
struct Record {
    target: Target,
    also: Box<[Box<[Target]>]>,
    source: Option<Target>,
    state: State,
    /// Whether there are records that inherit from it.
    inherited: bool,
}

/// Records with conditions under one name; further ones are merged into the one without, as far as they restrict. 64: sessions
/// or devices of one user for which an event is remembered. It bounds the time that a check takes.
const MOST_CONDITIONS: usize = 64;

/// Names that a call may leave out. (It always names its principals, and of those the groups are known.)
const NAMEABLE: [Class; 4] = [Class::Token, Class::Session, Class::Device, Class::Address];

/// The worst that is known of any name of a class.
#[derive(Clone, Copy, Debug, Default)]
struct Unnamed {
    /// The latest cut.
    cut: Option<Timestamp>,
    /// How many are contained, or switched off.
    held: usize,
    /// How many do not meet their policies.
    failing: usize,
}

/// All revocations: an immutable value, cheap to derive from the one before. Memory is bounded by `Limits::revocations` and
/// `Limits::signals_seen`.
#[derive(Clone, Debug)]
pub struct Revocations {
    table: Table<Vec<Record>>,
    records: usize,
    most_records: usize,
    most_claims: usize,
    /// Ids of events that were applied, by issuer: the latest half, and the half before.
    seen: [Table<Vec<Box<str>>>; 2],
    seen_now: usize,
    most_seen: usize,
    floor: Option<Cut>,
    saturated: bool,
    /// By [`NAMEABLE`] class: what a call that does not name one may hang from.
    unnamed: [Unnamed; NAMEABLE.len()],
    feeds: Feeds,
}

/// When each feed was last heard.
#[derive(Clone, Debug, Default)]
struct Feeds {
    by_name: Arc<BTreeMap<Box<str>, Timestamp>>,
    /// The earliest and the latest of these: the first as conditions read it.
    span: Option<(Value<'static>, Timestamp)>,
}

impl Feeds {
    /// Never moves back. `is_new` feeds are those that nobody watched until now.
    fn hear(&mut self, feed: &str, at: Timestamp, is_new: bool) {
        if self.by_name.get(feed).map_or(!is_new, |heard| *heard >= at) {
            return;
        }
        let by_name = Arc::make_mut(&mut self.by_name);
        by_name.insert(feed.into(), at);
        self.span = by_name.values().min().zip(by_name.values().max()).map(|(a, b)| (Value::Timestamp(*a), *b));
    }
}

impl Revocations {
    /// Nothing is revoked.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            table: Table::new(),
            records: 0,
            most_records: limits.revocations,
            most_claims: limits.signal_claims,
            seen: [Table::new(), Table::new()],
            seen_now: 0,
            most_seen: limits.signals_seen,
            floor: None,
            saturated: false,
            unnamed: Default::default(),
            feeds: Feeds::default(),
        }
    }

    /// The revocations after an event.
    #[must_use]
    pub fn apply(&self, event: &SecurityEvent, cascade: &dyn Cascade) -> (Self, Outcome) {
        let mut next = self.clone();
        let outcome = next.take(event, cascade);
        (next, outcome)
    }

    /// The revocations after several events, in any order.
    #[must_use]
    pub fn apply_all<'e>(
        &self,
        events: impl IntoIterator<Item = &'e SecurityEvent>,
        cascade: &dyn Cascade,
    ) -> (Self, Vec<Outcome>) {
        let mut next = self.clone();
        let outcomes = events.into_iter().map(|event| next.take(event, cascade)).collect();
        (next, outcomes)
    }

    /// The kill switch: from now on nothing that acts as, through or for `target` is let through, whatever token it has, nor
    /// anything that hangs below it. No event from a feed lifts it; only [`Revocations::release`] does.
    #[must_use]
    pub fn contain(&self, target: &Target, at: Timestamp, cascade: &dyn Cascade) -> (Self, Outcome) {
        let mut next = self.clone();
        // It is the host's own command, given now: a clock that is behind that of an earlier release does not undo it.
        let earlier = self.own(target, &[]).and_then(|record| record.state.contained).map(|contained| contained.at);
        let at = Some(at).max(earlier).unwrap_or(at);
        let outcome = next.join_event(&target.clone().into(), &EventKind::Contained(true), at, cascade);
        (next, outcome)
    }

    /// Lifts the kill switch from `target` and from what was contained because of it, if it was set before `at`. Tokens of before
    /// stay dead.
    #[must_use]
    pub fn release(&self, target: &Target, at: Timestamp) -> Self {
        let mut next = self.clone();
        next.join_event(&target.clone().into(), &EventKind::Contained(false), at, &NoCascade);
        next
    }

    /// A feed that must not be silent ([`super::CheckPolicy::max_silence`]), and when it last said something: an event, a
    /// verification event, or an empty poll that succeeded. Never moves back.
    #[must_use]
    pub fn heard(&self, feed: &str, at: Timestamp) -> Self {
        let mut next = self.clone();
        next.feeds.hear(feed, at, true);
        next
    }

    /// Forgets revocations that can hit nothing any more, because nothing issued longer than `longest_life` ago, token or grant,
    /// is alive at `now`. States (disabled, contained, risk, claims) are kept.
    #[must_use]
    pub fn pruned(&self, now: Timestamp, longest_life: Duration) -> Self {
        let mut next = self.clone();
        let is_over = |cut: Cut| now.since(cut.at) > longest_life;
        let mut records = 0;
        next.table.retain(|held| {
            held.retain(|record| !(record.state.is_only_cut() && record.state.cut.is_none_or(is_over)));
            records += held.len();
            !held.is_empty()
        });
        next.records = records;
        next.recount();
        next.floor = next.floor.filter(|cut| !is_over(*cut));
        next
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records
    }

    /// Whether nothing is known about anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0 && self.floor.is_none() && !self.saturated
    }

    /// Whether something had to be forgotten that must not be: every check denies.
    #[must_use]
    pub const fn is_saturated(&self) -> bool {
        self.saturated
    }

    /// Everything that is known, in a stable order: for people and records.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |record: &Record| Entry {
            target: record.target.clone(),
            also: record.also.iter().map(|names| names.to_vec()).collect(),
            source: record.source.clone(),
            state: record.state.clone(),
        };
        let mut entries: Vec<Entry> = self.table.iter().flat_map(|(_, held)| held).map(entry).collect();
        entries.sort_by(|a, b| (&a.target, &a.source, &a.also).cmp(&(&b.target, &b.source, &b.also)));
        entries
    }

    /// What is known about whatever goes by these names: several states where they name several things, or where there are
    /// conditions. Allocates nothing.
    pub fn states<'s>(&'s self, names: &'s [Name<'_>]) -> impl Iterator<Item = &'s State> {
        // Most of the time nothing at all is revoked.
        let names_to_ask = if self.records == 0 { &[][..] } else { names };
        names_to_ask.iter().flat_map(move |name| {
            let about = move |record: &&Record| {
                record.target.is_comparable(name) && record.also.iter().all(|also| may_match(also, names))
            };
            self.table.get(name.id).map_or(&[][..], Vec::as_slice).iter().filter(about).map(|record| &record.state)
        })
    }

    /// Whether a token of that age might be hit by what is known of some name of a class, where the call does not say which it hangs
    /// from: what is not said may be the worst (law 5). Always false of classes that a call cannot leave out.
    #[must_use]
    pub fn may_hit(&self, class: Class, issued_at: Option<Timestamp>) -> bool {
        self.unnamed(class).is_some_and(|worst| {
            worst.held > 0 || worst.cut.is_some_and(|cut| issued_at.is_none_or(|issued| issued <= cut))
        })
    }

    /// Whether some device does not meet its policies.
    #[must_use]
    pub fn is_any_device_failing(&self) -> bool {
        self.unnamed(Class::Device).is_some_and(|worst| worst.failing > 0)
    }

    fn unnamed(&self, class: Class) -> Option<&Unnamed> {
        self.unnamed.get(NAMEABLE.iter().position(|nameable| *nameable == class)?)
    }

    /// Counts what a record adds in, or (`held`, `failing`) out.
    fn count(&mut self, share: Option<(usize, Unnamed)>, is_in: bool) {
        let Some((at, share)) = share else { return };
        let Some(worst) = self.unnamed.get_mut(at) else { return };
        let add = |number: &mut usize, by: usize| {
            *number = if is_in { number.saturating_add(by) } else { number.saturating_sub(by) };
        };
        add(&mut worst.held, share.held);
        add(&mut worst.failing, share.failing);
        if is_in {
            worst.cut = worst.cut.max(share.cut);
        }
    }

    fn recount(&mut self) {
        self.unnamed = Default::default();
        let shares: Vec<_> = self.table.iter().flat_map(|(_, held)| held).map(Record::share).collect();
        shares.into_iter().for_each(|share| self.count(share, true));
    }

    /// The risk that was last told of whatever goes by these names, the worst of several; `None` if none was.
    #[must_use]
    pub fn risk(&self, names: &[Name<'_>]) -> Option<RiskLevel> {
        self.states(names).filter_map(|state| state.risk).map(|risk| risk.value).max()
    }

    /// Whether the device that goes by these names was last told to be compliant, the worst of several; `None` if nothing was.
    #[must_use]
    pub fn compliance(&self, names: &[Name<'_>]) -> Option<Compliance> {
        self.states(names).filter_map(|state| state.compliance).map(|compliance| compliance.value).max()
    }

    /// What a claim has become for a token or subject that goes by these names; `None` if it has not changed. Where several states
    /// tell of it differently, it is unknown.
    #[must_use]
    pub fn claim<'s>(&'s self, names: &'s [Name<'_>], claim: &str) -> Option<&'s ClaimState> {
        const UNKNOWN: &ClaimState = &ClaimState::Conflicting;
        let told = self.states(names).filter_map(|state| match state.claims.get(claim) {
            _ if state.claims_lost => Some(UNKNOWN),
            told => told.map(|(_, told)| told),
        });
        told.reduce(|a, b| if a == b { a } else { UNKNOWN })
    }

    pub(super) const fn floor(&self) -> Option<Cut> {
        self.floor
    }

    /// When the feed that has been silent longest was last heard (a timestamp). `None`, if no feed is watched, or if one was heard in
    /// the future: at no time that is known.
    pub(crate) fn last_heard(&self, now: Timestamp, skew: Duration) -> Option<&Value<'static>> {
        let (earliest, latest) = self.feeds.span.as_ref()?;
        (latest.since(now) <= skew).then_some(earliest)
    }

    pub(super) fn is_stale(&self, now: Timestamp, longest: Duration, skew: Duration) -> bool {
        !matches!(self.last_heard(now, skew), Some(Value::Timestamp(heard)) if now.since(*heard) <= longest)
    }

    fn take(&mut self, event: &SecurityEvent, cascade: &dyn Cascade) -> Outcome {
        self.feeds.hear(&event.issuer, event.issued_at, false);
        if self.was_seen(event) {
            return Outcome::Repeated;
        }
        self.remember(event);
        self.join_event(&event.subject, &event.kind, event.at, cascade)
    }

    fn was_seen(&self, event: &SecurityEvent) -> bool {
        let by = |table: &Table<Vec<Box<str>>>| table.get(&event.id).is_some_and(|by| by.contains(&event.issuer));
        self.seen.iter().any(by)
    }

    /// An event that is forgotten here and comes again changes nothing: joining twice is joining once.
    fn remember(&mut self, event: &SecurityEvent) {
        if self.seen_now >= self.most_seen / 2 {
            let [latest, before] = &mut self.seen;
            *before = std::mem::replace(latest, Table::new());
            self.seen_now = 0;
        }
        let [latest, _] = &mut self.seen;
        if let Some(issuers) = latest.entry(&event.id, Vec::new) {
            issuers.push(event.issuer.clone());
            self.seen_now += 1;
        }
    }

    fn join_event(&mut self, subject: &SubjectId, kind: &EventKind, at: Timestamp, cascade: &dyn Cascade) -> Outcome {
        let Some(state) = State::of(kind, at, self.most_claims) else { return Outcome::Ignored };
        let mut complete = true;
        for (key, also) in subject.filings() {
            complete &= self.put(key, &also, None, &state);
            // What hangs below gets what is known about the key by now, so that the order of events does not matter.
            let Some(own) = self.own(key, &also) else { continue };
            let Some(inherited) = own.state.inherited() else { continue };
            if state.cut.is_some() {
                complete &= self.put_below(key, &also, &inherited, cascade);
            } else if own.inherited {
                self.update_below(key, &also, &inherited);
            }
        }
        if complete { Outcome::Applied } else { Outcome::Saturated }
    }

    fn own(&self, key: &Target, also: &[Box<[Target]>]) -> Option<&Record> {
        self.table.get(&key.id)?.iter().find(|record| record.is(key, also, None))
    }

    /// Tells everything that inherited from `source` what is known about it now, be it still below it or not: what was locked
    /// because of it is unlocked with it.
    fn update_below(&mut self, source: &Target, also: &[Box<[Target]>], state: &State) {
        let inherits = |record: &Record| record.source.as_ref() == Some(source) && *record.also == *also;
        let most_claims = self.most_claims;
        let mut changed: Vec<[Option<(usize, Unnamed)>; 2]> = Vec::new();
        self.table.update(
            |held| held.iter().any(inherits),
            |held| {
                for record in held.iter_mut().filter(|record| inherits(record)) {
                    let before = record.share();
                    record.state.join(state, most_claims);
                    changed.push([before, record.share()]);
                }
            },
        );
        for [before, after] in changed {
            self.count(before, false);
            self.count(after, true);
        }
    }

    fn put_below(&mut self, key: &Target, also: &[Box<[Target]>], state: &State, cascade: &dyn Cascade) -> bool {
        let mut reached = BTreeSet::from([key.clone()]);
        let mut waiting = vec![key.clone()];
        let mut complete = true;
        while let Some(target) = waiting.pop() {
            let mut found = Vec::new();
            cascade.below(&target, &mut |below| found.push(below));
            for below in found {
                // A full table takes no more, so there is nothing to look further for.
                if complete && reached.insert(below.clone()) {
                    complete &= self.put(&below, also, Some(key), state);
                    waiting.push(below);
                }
            }
        }
        if reached.len() > 1 {
            let held = self.table.entry(&key.id, Vec::new).map_or(&mut [][..], Vec::as_mut_slice);
            held.iter_mut().filter(|record| record.is(key, also, None)).for_each(|record| record.inherited = true);
        }
        complete
    }

    /// Joins a state in; false if there is no room.
    fn put(&mut self, target: &Target, also: &[Box<[Target]>], source: Option<&Target>, state: &State) -> bool {
        let held = self.table.get(&target.id).map_or(&[][..], Vec::as_slice);
        let is_new = !held.iter().any(|record| record.is(target, also, source));
        let conditional = held.iter().filter(|record| !record.also.is_empty()).count();
        if is_new && !also.is_empty() && conditional >= MOST_CONDITIONS {
            return self.put(target, &[], source, &state.restrictive());
        }
        if is_new && self.records >= self.most_records {
            self.overflow(state);
            return false;
        }
        let most_claims = self.most_claims;
        let Some(held) = self.table.entry(&target.id, Vec::new) else { return false };
        if let Some(record) = held.iter_mut().find(|record| record.is(target, also, source)) {
            let before = record.share();
            record.state.join(state, most_claims);
            let after = record.share();
            self.count(before, false);
            self.count(after, true);
            return true;
        }
        let (target, source, state) = (target.clone(), source.cloned(), state.clone());
        let record = Record { target, also: also.into(), source, state, inherited: false };
        let share = record.share();
        held.push(record);
        self.records += 1;
        self.count(share, true);
        true
    }

    /// INVARIANT: what cannot be kept restricts everything instead of nothing.
    fn overflow(&mut self, state: &State) {
        match state.cut {
            Some(cut) if state.is_only_cut() => {
                self.floor = self.floor.max(Some(Cut { at: cut.at, reason: Reason::RevokedAfterIssue }));
            }
            Some(_) | None => self.saturated = true,
        }
    }
}

impl Record {
    /// What it adds to what a call that does not name it may hang from, and under which class. What is about a principal that every
    /// call names by its id is filed, and found, under that too; by other names (an e-mail address, a tenant) nobody may know it.
    fn share(&self) -> Option<(usize, Unnamed)> {
        if self.also.iter().any(|names| names.iter().all(|name| name.class == Class::Subject)) {
            return None;
        }
        let at = NAMEABLE.iter().position(|nameable| *nameable == self.target.class)?;
        let (held, failing) = (usize::from(self.state.is_held()), usize::from(self.state.is_failing()));
        Some((at, Unnamed { cut: self.state.cut.map(|cut| cut.at), held, failing }))
    }

    fn is(&self, target: &Target, also: &[Box<[Target]>], source: Option<&Target>) -> bool {
        self.target == *target && *self.also == *also && self.source.as_ref() == source
    }
}

/// Whether a member of a subject may be one of the token's. Names that cannot be compared leave it open, and then it may be.
fn may_match(also: &[Target], names: &[Name<'_>]) -> bool {
    let mut comparable = false;
    for (target, name) in also.iter().flat_map(|target| names.iter().map(move |name| (target, name))) {
        if target.is_comparable(name) {
            comparable = true;
            if *target.id == *name.id {
                return true;
            }
        }
    }
    !comparable
}
