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
use crate::compile::{PackedRule, RuleSet};
use crate::condition::Truth;
use crate::decision::{Code, Decision, Report, RuleNumber, narrow_u8, narrow_u16};
use crate::fact::slot;
use crate::rule::{Effect, Mode, Source};

/// One link and one resource.
#[derive(Clone, Copy)]
pub(super) struct Pair<'p, 's, 'r> {
    pub(super) scene: &'p Scene<'s, 'r>,
    pub(super) party: &'p Party<'s, 'r>,
    pub(super) thing: &'p Thing<'s, 'r>,
    pub(super) link: usize,
    pub(super) resource: usize,
}

impl<'p, 's, 'r> Pair<'p, 's, 'r> {
    pub(super) fn view(&self, claims: bool) -> View<'p, 's, 'r> {
        View { scene: self.scene, party: self.party, thing: self.thing, claims }
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
    let (set, _) = pair.scene.engine.set(Source::Rule);
    let query = pair.scene.query(Source::Rule, pair.party, pair.thing, true);
    set.restrictions.candidates(&query, |at| {
        let Some(rule) = set.get(at) else { return true };
        let number = RuleNumber { source: Source::Rule, at };
        if rule.effect == Effect::Permit {
            try_permit(pair, set, rule, number, decision);
        } else if let Some(sure) = set.matches(rule, &query)
            && let Some(unknown) = restricts(set, rule, pair)
        {
            apply(pair, rule, number, unknown || !sure, decision);
        }
        true
    });
}

/// Reports a permit on trial, if it would have counted: with what is certain, and without what is claimed.
fn try_permit(
    pair: Pair<'_, '_, '_>,
    set: &RuleSet,
    rule: &PackedRule,
    number: RuleNumber,
    decision: &mut Decision<'_>,
) {
    let query = pair.scene.query(Source::Rule, pair.party, pair.thing, false);
    if set.matches(rule, &query) == Some(true) && privilege::holds(set, rule, pair) {
        report(pair, number, false, decision);
    }
}

fn report(pair: Pair<'_, '_, '_>, rule: RuleNumber, unknown: bool, decision: &mut Decision<'_>) {
    let (link, resource) = (narrow_u8(pair.link), narrow_u16(pair.resource));
    decision.reports.push(Report { rule, link, resource, unknown });
}

/// Whether the condition of a restriction lets it apply: `Some(true)` if that is for an unknown fact.
fn restricts(set: &RuleSet, rule: &PackedRule, pair: Pair<'_, '_, '_>) -> Option<bool> {
    let Some(condition) = set.condition(rule) else { return Some(false) };
    let plain = condition.evaluate(&pair.view(false));
    let reads = |slots: &[u16]| slots.iter().any(|at| GROUPS.contains(at));
    // Claimed groups can only restrict: the rule applies if it would with them or without them.
    let claimed = if plain != Truth::True && pair.scene.claimed_groups.is_some() && reads(condition.references()) {
        condition.evaluate(&pair.view(true))
    } else {
        plain
    };
    match (plain, claimed) {
        (Truth::True, _) | (_, Truth::True) => Some(false),
        (Truth::Unknown, _) | (_, Truth::Unknown) => Some(true),
        (Truth::False, Truth::False) => None,
    }
}

/// Facts that claimed groups are part of.
const GROUPS: [u16; 4] = [slot::PRINCIPAL_GROUPS, slot::SUBJECT_GROUPS, slot::USER_GROUPS, slot::AGENT_GROUPS];

fn apply(pair: Pair<'_, '_, '_>, rule: &PackedRule, number: RuleNumber, unknown: bool, decision: &mut Decision<'_>) {
    if rule.mode == Mode::ReportOnly {
        report(pair, number, unknown, decision);
        return;
    }
    match rule.effect {
        Effect::Forbid => {
            let code = if unknown { Code::RuleForbiddenUnknown } else { Code::RuleForbidden };
            decision.object(code, Some(number), pair.link, pair.resource);
        }
        Effect::Require => requirement::demand(pair, rule, number, decision),
        // Permits are judged apart.
        Effect::Permit => {}
    }
}
