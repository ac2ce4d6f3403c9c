//! Which rules applied, and which nearly did? Every rule against every link and resource.
//!
//! Next room: `advice`.

use super::cause::{self, APPLIED, Found, PAST_HEADS, SUBJECT};
use super::describe;
use super::{Explanation, RuleReport};
use crate::compile::PackedRule;
use crate::engine::Origin;
use crate::evaluate::{Memo, Pair, Scene};
use crate::rule::{Effect, Mode, Source};

/// Of the rules that did not apply to a link and resource, so many are listed.
const NEAREST: usize = 6;

pub(super) fn rules(scene: &Scene<'_, '_>, explanation: &mut Explanation) {
    let memo = Memo::default();
    for pair in Pair::all(scene, &memo) {
        judge_pair(pair, explanation);
    }
}

fn judge_pair(pair: Pair<'_, '_, '_>, explanation: &mut Explanation) {
    let mut missed: Vec<(u8, RuleReport)> = Vec::new();
    let mut permitted = false;
    for origin in [Origin::Policy, Origin::Directory] {
        let set = pair.scene.engine.set(origin).0;
        for (at, rule) in (0u32..).map_while(|at| Some((at, set.get(at)?))) {
            let (reached, report) = examine(pair, origin, (at, rule));
            if reached == APPLIED {
                permitted |= rule.effect == Effect::Permit && rule.mode == Mode::Enforce;
                explanation.rules.push(report);
            } else {
                missed.push((reached, report));
            }
        }
    }
    // Near permits matter where nothing permits; restrictions, where only a condition kept them away.
    let all = missed.len();
    let is_permit = |report: &RuleReport| matches!(report.effect, "permit" | "grant");
    let best = missed.iter().filter(|(_, report)| is_permit(report)).map(|(reached, _)| *reached).max();
    missed.retain(|(reached, report)| match report.effect {
        "permit" | "grant" => !permitted && *reached > SUBJECT && Some(*reached) == best,
        _ => *reached >= PAST_HEADS,
    });
    // What got furthest first; of those, by id, which is the order in which they were found.
    missed.sort_by_key(|(reached, _)| core::cmp::Reverse(*reached));
    missed.truncate(NEAREST);
    explanation.omitted += all - missed.len();
    explanation.rules.extend(missed.into_iter().map(|(_, report)| report));
}

fn examine(pair: Pair<'_, '_, '_>, origin: Origin, (at, rule): (u32, &PackedRule)) -> (u8, RuleReport) {
    let permits = rule.effect == Effect::Permit;
    let own = cause::find(pair, origin, (at, rule));
    // What restricts may do so through the tool that is called.
    let called = pair.through_called().filter(|_| !permits).map(|called| cause::find(called, origin, (at, rule)));
    let Found { reached, causes } = called.filter(|called| called.reached > own.reached).unwrap_or(own);
    let mut causes = causes.into_iter();
    let engine = pair.scene.engine;
    let file = engine.policy().document(rule.span.file);
    let place = if rule.span.line == 0 { String::new() } else { format!("{file}:{}", rule.span.line) };
    let effect = match (rule.source, rule.effect) {
        (Source::Grant, _) => "grant",
        (Source::Access, _) => "access",
        (Source::DataLoss, _) => "data_loss",
        (Source::Flow, _) => "flow",
        (Source::Rule, Effect::Permit) => "permit",
        (Source::Rule, Effect::Forbid) => "forbid",
        (Source::Rule, Effect::Require) => "require",
    };
    let report = RuleReport {
        rule: rule.id.to_string(),
        effect,
        report_only: rule.mode == Mode::ReportOnly,
        place,
        link: describe::link(pair.scene.request, pair.link),
        resource: describe::resource(pair.scene.request, pair.resource),
        applied: reached == APPLIED,
        because: causes.next(),
        besides: causes.collect(),
    };
    (reached, report)
}
