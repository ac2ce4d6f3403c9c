//! What do the rules say? For each link and each resource: is it permitted, what forbids it, what is required?
//!
//! INVARIANT (law 5): a permit counts only if its heads certainly match and its condition is true; what restricts counts unless
//! its heads certainly do not match or its condition is false.
//!
//! Next room: `privilege`.

use super::facts::View;
use super::memo::Memo;
use super::privilege;
use super::requirement;
use super::scene::{Party, Scene, Thing, Tooling};
use crate::compile::{Answers, Entry, Match, Predicate, Query, RuleSet, Visitor};
use crate::condition::{Condition, Truth};
use crate::decision::{Code, Decision, Report, RuleNumber, narrow_u8, narrow_u16};
use crate::engine::Origin;
use crate::fact::{CONTENT, slot};
use crate::rule::{Effect, Mode, Source};

/// One link and one resource, with the tool that it is judged through.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'p, 's, 'r> {
    pub(crate) scene: &'p Scene<'s, 'r>,
    pub(super) memo: &'p Memo,
    pub(crate) party: &'p Party<'s, 'r>,
    pub(crate) thing: &'p Thing<'s, 'r>,
    pub(crate) link: usize,
    pub(crate) resource: usize,
    /// A tool is judged as itself, whether it is called or touched; other data through the tool that is called.
    tool: Option<&'p Tooling<'s>>,
}

/// What a condition says of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody knows.
    Unknown,
    /// In a listing: arguments may decide it.
    Open,
}

impl<'p, 's, 'r> Pair<'p, 's, 'r> {
    /// Every link with every resource.
    pub(crate) fn all(scene: &'p Scene<'s, 'r>, memo: &'p Memo) -> impl Iterator<Item = Self> {
        scene.things.iter().enumerate().flat_map(move |(resource, thing)| {
            let tool = thing.tool().or_else(|| scene.called());
            scene.parties.iter().enumerate().map(move |(link, party)| Self {
                scene,
                memo,
                party,
                thing,
                link,
                resource,
                tool,
            })
        })
    }

    /// A tool that another tool touches, judged through that one: what restricts applies if it applies to either.
    pub(crate) fn through_called(self) -> Option<Self> {
        let called = self.scene.called().filter(|_| self.resource > 0 && self.thing.tool().is_some())?;
        Some(Self { tool: Some(called), ..self })
    }

    fn is_through_another(&self) -> bool {
        self.resource > 0 && self.thing.tool().zip(self.tool).is_some_and(|(own, tool)| !core::ptr::eq(own, tool))
    }

    pub(crate) fn view(&self, claims: bool) -> View<'p, 's, 'r> {
        View { scene: self.scene, party: self.party, thing: self.thing, tool: self.tool, claims }
    }

    pub(crate) fn query(&self, origin: Origin, claimed: bool) -> Query<'p> {
        self.scene.query(origin, self.party, self.thing, self.tool, claimed)
    }

    /// What the condition of a rule says, if it has one; groups that are claimed do not count.
    pub(super) fn condition(&self, set: &RuleSet, rule: &Entry, answers: Answers) -> Judged {
        match set.condition(rule.when) {
            None => Judged::True,
            Some(predicate) => match predicate.demands.judge(answers) {
                Some(true) => Judged::True,
                Some(false) => Judged::False,
                None => self.judged(predicate, rule),
            },
        }
    }

    fn judged(&self, predicate: &Predicate, rule: &Entry) -> Judged {
        let evaluate = || self.ask(&predicate.condition, false);
        let source = u64::from(rule.traits.source == Source::Grant);
        let key = (u64::from(rule.when) + 1) << 24 | source << 63;
        let truth = match (predicate.reads_link, predicate.reads_resource) {
            // One truth for all links, or all resources, that it does not read, and for all rules that share it.
            (false, false) => self.memo.truth(key, evaluate),
            (true, false) if self.link < 0xff => self.memo.truth(key | (self.link as u64 + 1) << 16, evaluate),
            (false, true) if self.resource < 0x3fff && !self.is_through_another() => {
                self.memo.truth(key | (self.resource as u64 + 1) << 2, evaluate)
            }
            // A key has room for so many links and resources; hosts can raise the limits beyond it.
            (true | false, true | false) => evaluate(),
        };
        match truth {
            Truth::True => Judged::True,
            Truth::False => Judged::False,
            Truth::Unknown if self.scene.listing && self.waits_for_arguments(predicate) => Judged::Open,
            Truth::Unknown => Judged::Unknown,
        }
    }

    /// What a condition says, within what all conditions of a decision may take together.
    #[inline]
    fn ask(&self, condition: &Condition, claims: bool) -> Truth {
        self.memo.ask(condition, &self.view(claims), self.scene.engine.policy().vocabulary().limits().decision_cost)
    }

    /// Whether a condition is undecided for want of arguments, or of what they carry.
    fn waits_for_arguments(&self, predicate: &Predicate) -> bool {
        let open = |at: &u16| *at == slot::ARGUMENTS || CONTENT.contains(at);
        predicate.condition.references().iter().any(open)
            && predicate.condition.unknowns(&self.view(false)).iter().any(open)
    }
}

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    let memo = Memo::default();
    for pair in Pair::all(scene, &memo) {
        let query = pair.query(Origin::Policy, true);
        // What permits counts without what is claimed: mostly nothing is.
        let has_claims = pair.party.has_claims();
        let mut judging = Judging::new(pair, &query, !has_claims, decision);
        judging.set.matching(&query, &mut judging);
        let mut permitted = judging.permitted;
        if let Some(called) = pair.through_called() {
            let query = called.query(Origin::Policy, true);
            let mut judging = Judging::new(called, &query, false, decision);
            judging.set.matching(&query, &mut judging);
        }
        if has_claims {
            permitted = privilege::permits(pair, Origin::Policy, &mut |_, _| {});
        }
        privilege::judge(pair, permitted, decision);
    }
    decision.spent = memo.spent();
}

/// Rules of the policy, and what comes of them.
struct Judging<'j, 'd, 'e, 'p, 's, 'r> {
    pair: Pair<'p, 's, 'r>,
    set: &'s RuleSet,
    query: &'j Query<'j>,
    /// Whether permits count here.
    counts: bool,
    /// Whether one of them does.
    permitted: bool,
    decision: &'d mut Decision<'e>,
}

impl<'j, 'd, 'e, 'p, 's, 'r> Judging<'j, 'd, 'e, 'p, 's, 'r> {
    fn new(pair: Pair<'p, 's, 'r>, query: &'j Query<'j>, counts: bool, decision: &'d mut Decision<'e>) -> Self {
        let (set, _) = pair.scene.engine.set(Origin::Policy);
        Self { pair, set, query, counts, permitted: false, decision }
    }
}

impl Visitor for Judging<'_, '_, '_, '_, '_, '_> {
    #[inline]
    fn wants_restrictions(&self) -> bool {
        true
    }

    #[inline]
    fn wants_permits(&self) -> bool {
        self.counts && !self.permitted
    }

    /// Collects what forbids or requires, and what rules on trial would do.
    #[inline]
    fn restricts(&mut self, entry: &Entry, found: Match) -> bool {
        let (pair, set) = (self.pair, self.set);
        let number = RuleNumber { origin: Origin::Policy, at: entry.rule };
        if entry.traits.effect == Effect::Permit {
            try_permit(pair, set, entry, number, self.decision);
            return true;
        }
        let unknown = if found.holds { Some(false) } else { restricts(set, entry, pair, self.query.answers) };
        let Some(unknown) = unknown else { return false };
        apply(pair, set, entry, number, unknown || !found.sure, self.decision);
        true
    }

    #[inline]
    fn permits(&mut self, entry: &Entry, found: Match) {
        self.permitted = found.sure
            && privilege::holds(self.set, (entry, found), self.pair, self.query.answers)
            && privilege::untimely(self.set, entry, self.pair).is_none();
    }
}

/// Reports a permit on trial, if it would have counted: with what is certain, and without what is claimed.
#[inline(never)]
fn try_permit(pair: Pair<'_, '_, '_>, set: &RuleSet, entry: &Entry, number: RuleNumber, decision: &mut Decision<'_>) {
    let query = pair.query(Origin::Policy, false);
    let Some(rule) = set.get(entry.rule) else { return };
    let sure = set.matches(rule, &query) == Some(true);
    if sure && privilege::holds(set, (entry, Match { sure, holds: false }), pair, query.answers) {
        report(pair, number, false, decision);
    }
}

fn report(pair: Pair<'_, '_, '_>, rule: RuleNumber, unknown: bool, decision: &mut Decision<'_>) {
    let (link, resource) = (narrow_u8(pair.link), narrow_u16(pair.resource));
    decision.reports.push(Report { rule, link, resource, unknown });
}

/// Whether the condition of a restriction lets it apply: `Some(true)` if that is for an unknown fact.
#[inline(never)]
fn restricts(set: &RuleSet, rule: &Entry, pair: Pair<'_, '_, '_>, answers: Answers) -> Option<bool> {
    let plain = pair.condition(set, rule, answers);
    // Claimed groups can only restrict: the rule applies if it would with them or without them.
    let claimed = if plain == Judged::True || pair.scene.claimed_groups.is_none() {
        None
    } else {
        let predicate = set.condition(rule.when).filter(|predicate| predicate.reads_groups);
        predicate.map(|predicate| pair.ask(&predicate.condition, true))
    };
    match (plain, claimed) {
        (Judged::True, _) | (_, Some(Truth::True)) => Some(false),
        (Judged::Unknown, _) => Some(true),
        // In a listing, arguments may still keep it away.
        (Judged::Open, _) => None,
        (Judged::False, Some(Truth::Unknown)) if !pair.scene.listing => Some(true),
        (Judged::False, _) => None,
    }
}

fn apply(
    pair: Pair<'_, '_, '_>,
    set: &RuleSet,
    entry: &Entry,
    number: RuleNumber,
    unknown: bool,
    decision: &mut Decision<'_>,
) {
    if entry.traits.mode == Mode::ReportOnly {
        report(pair, number, unknown, decision);
        return;
    }
    match entry.traits.effect {
        Effect::Forbid => {
            let code = match (entry.traits.source, unknown) {
                (Source::Access, false) => Code::AccessBlocked,
                (Source::Access, true) => Code::AccessBlockedUnknown,
                (Source::DataLoss, false) => Code::DataLossBlocked,
                (Source::DataLoss, true) => Code::DataLossBlockedUnknown,
                (Source::Rule | Source::Grant | Source::Flow, false) => Code::RuleForbidden,
                (Source::Rule | Source::Grant | Source::Flow, true) => Code::RuleForbiddenUnknown,
            };
            decision.object(code, Some(number), pair.link, pair.resource);
        }
        Effect::Require => {
            if let Some(rule) = set.get(entry.rule) {
                requirement::demand(pair, rule, number, decision);
            }
        }
        // Permits are judged apart.
        Effect::Permit => {}
    }
}
