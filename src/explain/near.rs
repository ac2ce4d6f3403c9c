//! Which rules applied, and which nearly did? Every rule against every link and resource; the first thing that does not match.
//!
//! Next room: `advice`.

use super::describe;
use super::{Cause, Explanation, RuleReport};
use crate::compile::{PackedRule, RuleSet};
use crate::condition::{Condition, Truth};
use crate::engine::Origin;
use crate::evaluate::{Memo, Pair, Scene, View};
use crate::label::Taxonomy;
use crate::rule::{Effect, Mode, Source};
use crate::value::{Fact, Facts, Map, Value};

/// Of the rules that did not apply to a link and resource, so many are listed.
const NEAREST: usize = 6;

/// How far a rule got: the place of the first thing that failed; [`APPLIED`] if none did.
const APPLIED: u8 = u8::MAX;
/// A subject head that does not match is the first thing; such rules are about somebody else.
const SUBJECT: u8 = 0;
/// All heads match but the subject's.
const ONLY_SUBJECT: u8 = 4;

/// What gets past its heads is stopped by an argument, its condition, or the time.
const PAST_HEADS: u8 = 5;

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
        for rule in (0u32..).map_while(|at| set.get(at)) {
            let (reached, report) = examine(pair, origin, rule);
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

fn examine(pair: Pair<'_, '_, '_>, origin: Origin, rule: &PackedRule) -> (u8, RuleReport) {
    let permits = rule.effect == Effect::Permit;
    let own = first_failure(pair, origin, rule, permits);
    // What restricts may do so through the tool that is called.
    let called = pair.through_called().filter(|_| !permits).map(|called| first_failure(called, origin, rule, permits));
    let (reached, because) = called.filter(|(reached, _)| *reached > own.0).unwrap_or(own);
    let engine = pair.scene.engine;
    let file = engine.policy().document(rule.span.file);
    let place = if rule.span.line == 0 { String::new() } else { format!("{file}:{}", rule.span.line) };
    let effect = match (rule.source, rule.effect) {
        (Source::Grant, _) => "grant",
        (Source::Access, _) => "access",
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
        because,
    };
    (reached, report)
}

/// How far a rule got, and what stopped it, or left it undecided.
fn first_failure(pair: Pair<'_, '_, '_>, origin: Origin, rule: &PackedRule, permits: bool) -> (u8, Option<Cause>) {
    let (set, _) = pair.scene.engine.set(origin);
    let query = pair.query(origin, !permits);
    let mut undecided = None;
    for (dimension, place) in [0, 1, 2, 3].into_iter().zip(SUBJECT..) {
        match set.matches_in(rule, dimension, &query) {
            Some(true) => {}
            Some(false) => {
                let label = Cause {
                    what: "label",
                    text: wanted(pair, set, rule, dimension),
                    unknown: vec!["resource.label".to_owned()],
                };
                if permits {
                    return (place + 1, Some(label));
                }
                undecided = Some(label);
            }
            None => {
                // A rule about somebody else is near only if it is about this call in every other way.
                let others = (dimension + 1..4).all(|other| set.matches_in(rule, other, &query).is_some());
                let place = if dimension == 0 && others { ONLY_SUBJECT } else { place };
                let cause =
                    Cause { what: head_name(dimension), text: wanted(pair, set, rule, dimension), unknown: vec![] };
                return (place, Some(cause));
            }
        }
    }
    for (name, bound) in set.arguments(rule) {
        let given = pair.scene.request.get_argument(name);
        if !bound.is_met(given) {
            let taxonomy = pair.scene.engine.policy().vocabulary().taxonomy();
            let got = given.map_or_else(|| "not given".to_owned(), |value| describe::value(value, taxonomy));
            let text = format!("`{name}` must be {}; it is {got}", describe::constraint(bound));
            return (PAST_HEADS, Some(Cause { what: "argument", text, unknown: vec![] }));
        }
    }
    if let Some(condition) = set.condition(rule.when).map(|predicate| &predicate.condition) {
        match (judged(condition, pair, permits), permits) {
            (Truth::False, _) => return (PAST_HEADS + 1, Some(clause(condition, &pair.view(false), pair))),
            (Truth::Unknown, true) => return (PAST_HEADS + 1, Some(clause(condition, &pair.view(false), pair))),
            (Truth::Unknown, false) => undecided = Some(clause(condition, &pair.view(false), pair)),
            (Truth::True, _) => {}
        }
    }
    if let Some((start, end)) = set.interval(rule) {
        let text = match pair.scene.request.now() {
            Some(now) if start <= now && now < end => None,
            Some(now) => Some((format!("it counts from {start} until before {end}; now it is {now}"), vec![])),
            None => Some((format!("it counts from {start} until before {end}"), vec!["now".to_owned()])),
        };
        if let Some((text, unknown)) = text {
            return (PAST_HEADS + 2, Some(Cause { what: "time", text, unknown }));
        }
    }
    (APPLIED, undecided)
}

/// The truth of a condition as the decision took it: for what restricts, claimed groups may make it hold.
fn judged(condition: &Condition, pair: Pair<'_, '_, '_>, permits: bool) -> Truth {
    match condition.evaluate(&pair.view(false)) {
        Truth::False if !permits && pair.scene.claimed_groups.is_some() => condition.evaluate(&pair.view(true)),
        truth @ (Truth::True | Truth::False | Truth::Unknown) => truth,
    }
}

fn head_name(dimension: usize) -> &'static str {
    match dimension {
        0 => "subject",
        1 => "action",
        2 => "tool",
        _ => "resource",
    }
}

/// What a rule wants in a dimension.
fn wanted(pair: Pair<'_, '_, '_>, set: &RuleSet, rule: &PackedRule, dimension: usize) -> String {
    let taxonomy = pair.scene.engine.policy().vocabulary().taxonomy();
    let classes = set.classes(rule, dimension).iter().copied();
    let list = match dimension {
        0 => describe::any_of(classes.filter_map(|class| set.subjects.get(class)).map(describe::subject_head)),
        1 => describe::any_of(classes.filter_map(|class| set.actions.get(class)).map(ToString::to_string)),
        2 => describe::any_of(classes.filter_map(|class| set.tools.get(class)).map(ToString::to_string)),
        _ => describe::any_of(
            classes.filter_map(|class| set.resources.get(class)).map(|head| describe::resource_head(head, taxonomy)),
        ),
    };
    format!("it is about {list}")
}

/// The clause that says why a condition does not hold, with what it reads.
fn clause(condition: &Condition, view: &View<'_, '_, '_>, pair: Pair<'_, '_, '_>) -> Cause {
    let vocabulary = pair.scene.engine.policy().vocabulary();
    let (schema, taxonomy) = (vocabulary.schema(), vocabulary.taxonomy());
    let Some(clause) = condition.first_failing_clause(view) else {
        return Cause { what: "condition", text: format!("`{}`", condition.source().trim()), unknown: vec![] };
    };
    let mut text =
        format!("`{}` is {}", clause.text.trim(), if clause.truth == Truth::False { "false" } else { "undecided" });
    if let Some(error) = clause.error {
        text.push_str(&format!(" ({error})"));
    }
    let mut known: Vec<String> = Vec::new();
    for slot in condition.references() {
        let Some(spelling) = schema.spellings(*slot).find(|path| clause.text.contains(path)) else { continue };
        match view.fact(*slot) {
            Fact::Known(Value::Map(map)) => known.extend(members(clause.text, spelling, map, taxonomy)),
            Fact::Known(value) => known.push(format!("{spelling} is {}", describe::value(value, taxonomy))),
            Fact::Null => known.push(format!("{spelling} is null")),
            Fact::Unknown => {}
        }
    }
    if !known.is_empty() {
        text.push_str(": ");
        text.push_str(&known.join(", "));
    }
    let unknown = clause.unknowns.iter().map(|slot| schema.path(*slot).to_owned()).collect();
    Cause { what: "condition", text, unknown }
}

/// The members of a map that a clause names, with their values.
fn members(clause: &str, path: &str, map: &Map<'_>, taxonomy: &Taxonomy) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in clause.match_indices(path) {
        let rest = clause.get(at + path.len()..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            continue;
        }
        let text = match map.get(&name) {
            Some(value) => format!("{path}.{name} is {}", describe::value(value, taxonomy)),
            // A method of the map, or a member that is not there.
            None if rest.get(name.len()..).is_some_and(|rest| rest.starts_with('(')) => continue,
            None => format!("{path}.{name} is not given"),
        };
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}
