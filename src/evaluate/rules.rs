//! What do the rules say? For each link and each resource: is it permitted, what forbids it, what is required?
//!
//! INVARIANT (law 5): a permit counts only if its heads certainly match and its condition is true; what restricts counts unless
//! its heads certainly do not match or its condition is false.
//!
//! Next room: `privilege`.

use super::facts::View;
use super::privilege;
use super::requirement;
use super::scene::{Party, Scene, Thing};
use crate::compile::{PackedRule, Predicate, RuleSet};
use crate::condition::Truth;
use crate::decision::{Code, Decision, Report, RuleNumber, narrow_u8, narrow_u16};
use crate::engine::Origin;
use crate::fact::slot;
use crate::rule::{Effect, Mode, Source};

/// One link and one resource.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'p, 's, 'r> {
    pub(crate) scene: &'p Scene<'s, 'r>,
    pub(crate) party: &'p Party<'s, 'r>,
    pub(crate) thing: &'p Thing<'s, 'r>,
    pub(crate) link: usize,
    pub(crate) resource: usize,
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
    pub(crate) fn view(&self, claims: bool) -> View<'p, 's, 'r> {
        View { scene: self.scene, party: self.party, thing: self.thing, claims }
    }

    /// What the condition of a rule says, if it has one; groups that are claimed do not count.
    pub(super) fn condition(&self, set: &RuleSet, rule: &PackedRule) -> Judged {
        let Some(predicate) = set.condition(rule) else { return Judged::True };
        let evaluate = || predicate.condition.evaluate(&self.view(false));
        // A key has room for so many links and resources; hosts can raise the limits beyond it.
        let roomy = self.link < 0xff && self.resource < 0x3fff;
        let truth = if !roomy || (predicate.reads_link && predicate.reads_resource) {
            evaluate()
        } else {
            // One truth for all links, or all resources, that it does not read, and for all rules that share it.
            let link = if predicate.reads_link { self.link as u64 + 1 } else { 0 };
            let resource = if predicate.reads_resource { self.resource as u64 + 1 } else { 0 };
            let source = u64::from(rule.source == Source::Grant);
            let key = (u64::from(rule.when) + 1) << 24 | source << 63 | (link & 0xff) << 16 | (resource & 0x3fff) << 2;
            self.scene.memo.truth(key, evaluate)
        };
        match truth {
            Truth::True => Judged::True,
            Truth::False => Judged::False,
            Truth::Unknown if self.scene.listing && self.waits_for_arguments(predicate) => Judged::Open,
            Truth::Unknown => Judged::Unknown,
        }
    }

    /// Whether a condition is undecided for want of arguments.
    fn waits_for_arguments(&self, predicate: &Predicate) -> bool {
        predicate.condition.references().contains(&slot::ARGUMENTS)
            && predicate.condition.unknowns(&self.view(false)).contains(&slot::ARGUMENTS)
    }
}

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    for (resource, thing) in scene.things.iter().enumerate() {
        for (link, party) in scene.parties.iter().enumerate() {
            let pair = Pair { scene, party, thing, link, resource };
            restrict(pair, decision);
            privilege::judge(pair, decision);
        }
    }
}

/// Collects what forbids or requires, and what rules on trial would do.
fn restrict(pair: Pair<'_, '_, '_>, decision: &mut Decision<'_>) {
    let (set, _) = pair.scene.engine.set(Origin::Policy);
    let query = pair.scene.query(Origin::Policy, pair.party, pair.thing, true);
    set.restrictions.candidates(&query, |at| {
        let Some(rule) = set.get(at) else { return true };
        if let Some(sure) = set.matches(rule, &query)
            && let Some(unknown) = restricts(set, rule, pair)
        {
            apply(pair, rule, RuleNumber { origin: Origin::Policy, at }, unknown || !sure, decision);
        }
        true
    });
}

/// Whether the condition of a restriction lets it apply: `Some(true)` if that is for an unknown fact.
fn restricts(set: &RuleSet, rule: &PackedRule, pair: Pair<'_, '_, '_>) -> Option<bool> {
    match pair.condition(set, rule) {
        Judged::True => Some(false),
        Judged::Unknown => Some(true),
        Judged::Open => None,
        Judged::False => {
            // Claimed groups can only restrict: the rule applies if it would with them or without them.
            let predicate = set.condition(rule)?;
            if pair.scene.claimed_groups.is_none() || !predicate.reads_groups {
                return None;
            }
            match predicate.condition.evaluate(&pair.view(true)) {
                Truth::True => Some(false),
                Truth::Unknown => Some(true),
                Truth::False => None,
            }
        }
    }
}

fn apply(pair: Pair<'_, '_, '_>, rule: &PackedRule, number: RuleNumber, unknown: bool, decision: &mut Decision<'_>) {
    if rule.mode == Mode::ReportOnly {
        let (link, resource) = (narrow_u8(pair.link), narrow_u16(pair.resource));
        // A permit on trial that an unknown fact leaves undecided would not have counted.
        if rule.effect != Effect::Permit || !unknown {
            decision.reports.push(Report { rule: number, link, resource, unknown });
        }
        return;
    }
    match rule.effect {
        Effect::Forbid => {
            let code = match (rule.source == Source::Access, unknown) {
                (true, false) => Code::AccessBlocked,
                (true, true) => Code::AccessBlockedUnknown,
                (false, false) => Code::RuleForbidden,
                (false, true) => Code::RuleForbiddenUnknown,
            };
            decision.object(code, Some(number), pair.link, pair.resource);
        }
        Effect::Require => requirement::demand(pair, rule, number, decision),
        // Permits that count are not filed among restrictions.
        Effect::Permit => {}
    }
}
