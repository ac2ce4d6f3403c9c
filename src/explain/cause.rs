//! What keeps a rule from applying, or leaves open whether it does? Everything, not the first thing alone.
//!
//! Conditions that access policies become are no text of their author's, so of these only what they read is said.
//!
//! Next room: `near`.

use super::Cause;
use super::describe;
use crate::compile::{PackedRule, RuleSet};
use crate::condition::{Clause, Condition, Truth};
use crate::engine::Origin;
use crate::evaluate::{Pair, View, giver_is_held};
use crate::fact;
use crate::label::Taxonomy;
use crate::rule::{Effect, Source};
use crate::value::{Fact, Facts, Map, Value};

/// How far a rule got: the place of the first thing that failed; [`APPLIED`] if none did.
pub(super) const APPLIED: u8 = u8::MAX;
/// A subject head that does not match is the first thing; such rules are about somebody else.
pub(super) const SUBJECT: u8 = 0;
/// All heads match but the subject's.
const ONLY_SUBJECT: u8 = 4;
/// What gets past its heads is stopped by an argument, its condition, or the time.
pub(super) const PAST_HEADS: u8 = 5;
/// Of what a condition read so many facts are said.
const READ: usize = 4;

/// What became of a rule.
pub(super) struct Found {
    /// How far it got.
    pub(super) reached: u8,
    /// What keeps it away, the first thing first. Of one that applied: what leaves that open, or what its condition read.
    pub(super) causes: Vec<Cause>,
}

impl Found {
    fn stop(&mut self, place: u8, cause: Cause) {
        self.reached = self.reached.min(place);
        self.causes.push(cause);
    }
}

/// What became of a rule, by its number.
pub(super) fn find(pair: Pair<'_, '_, '_>, origin: Origin, (at, rule): (u32, &PackedRule)) -> Found {
    let (set, _) = pair.scene.engine.set(origin);
    let permits = rule.effect == Effect::Permit;
    let mut found = Found { reached: APPLIED, causes: Vec::new() };
    let mut open = Vec::new();
    heads(pair, origin, rule, &mut found, &mut open);
    for (name, bound) in set.arguments(rule) {
        let given = pair.scene.request.get_argument(name);
        if !bound.is_met(given) {
            let taxonomy = pair.scene.engine.policy().vocabulary().taxonomy();
            let got = given.map_or_else(|| "not given".to_owned(), |value| describe::value(value, taxonomy));
            let text = format!("`{name}` must be {}; it is {got}", describe::constraint(bound));
            found.stop(PAST_HEADS, Cause { what: "argument", text, unknown: vec![] });
        }
    }
    // What no head means is not worth a look at its condition.
    let condition = set.condition(rule.when).map(|predicate| &predicate.condition);
    if let Some(condition) = condition.filter(|_| found.reached >= PAST_HEADS) {
        let view = pair.view(false);
        let said =
            Said { condition, view: &view, pair, own: !matches!(rule.source, Source::Access | Source::DataLoss) };
        match (judged(condition, pair, permits), permits) {
            (truth @ (Truth::False | Truth::Unknown), true) | (truth @ Truth::False, false) => {
                let place = if said.is_elsewhere() { SUBJECT } else { PAST_HEADS + 1 };
                for cause in said.stops(truth == Truth::Unknown || permits) {
                    found.stop(place, cause);
                }
            }
            (Truth::Unknown, false) => open.extend(said.undecided()),
            (Truth::True, false) => open.extend(said.read()),
            (Truth::True, true) => {}
        }
    }
    if let Some((start, end)) = set.interval(rule) {
        let text = match pair.scene.request.now() {
            Some(now) if start <= now && now < end => None,
            Some(now) => Some((format!("it counts from {start} until before {end}; now it is {now}"), vec![])),
            None => Some((format!("it counts from {start} until before {end}"), vec!["now".to_owned()])),
        };
        if let Some((text, unknown)) = text {
            found.stop(PAST_HEADS + 2, Cause { what: "time", text, unknown });
        }
    }
    if origin == Origin::Directory && giver_is_held(pair.scene.engine, at) {
        let giver = pair.scene.engine.directory().giver(at).map_or("whoever", |giver| giver.id.as_str());
        let text = format!("{giver}, who gave it, is deleted or held");
        found.stop(PAST_HEADS + 2, Cause { what: "giver", text, unknown: vec![] });
    }
    if found.reached == APPLIED {
        found.causes = open;
    }
    found
}

/// What the heads of a rule say; labels that are not known go to `open` where they do not keep it away.
fn heads(pair: Pair<'_, '_, '_>, origin: Origin, rule: &PackedRule, found: &mut Found, open: &mut Vec<Cause>) {
    let (set, _) = pair.scene.engine.set(origin);
    let permits = rule.effect == Effect::Permit;
    let query = pair.query(origin, !permits);
    for (dimension, place) in [0, 1, 2, 3].into_iter().zip(SUBJECT..) {
        match set.matches_in(rule, dimension, &query) {
            Some(true) => {}
            Some(false) => {
                let text = wanted(pair, set, rule, dimension);
                let label = Cause { what: "label", text, unknown: vec!["resource.label".to_owned()] };
                if permits { found.stop(place + 1, label) } else { open.push(label) }
            }
            None => {
                // A rule about somebody else is near only if it is about this call in every other way.
                let others = (dimension + 1..4).all(|other| set.matches_in(rule, other, &query).is_some());
                let place = if dimension == 0 && others { ONLY_SUBJECT } else { place };
                let text = wanted(pair, set, rule, dimension);
                found.stop(place, Cause { what: head_name(dimension), text, unknown: vec![] });
            }
        }
    }
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

/// What a condition said of a pair.
struct Said<'s, 'p, 'x, 'r> {
    condition: &'s Condition,
    view: &'s View<'p, 'x, 'r>,
    pair: Pair<'p, 'x, 'r>,
    /// Whether its author wrote its text.
    own: bool,
}

impl Said<'_, '_, '_, '_> {
    /// The clauses that keep a rule away: false ones; with `open` also those that are undecided.
    fn stops(&self, open: bool) -> Vec<Cause> {
        let mut clauses: Vec<Clause<'_>> = self.condition.failing_clauses(self.view).collect();
        clauses.retain(|clause| open || clause.truth == Truth::False);
        clauses.sort_by_key(|clause| clause.truth != Truth::False);
        if clauses.is_empty() {
            return vec![self.whole()];
        }
        clauses.iter().map(|clause| self.clause(clause)).collect()
    }

    /// The clauses that leave open whether it holds.
    fn undecided(&self) -> Vec<Cause> {
        let clauses: Vec<Cause> =
            self.condition.failing_clauses(self.view).map(|clause| self.clause(&clause)).collect();
        if clauses.is_empty() { vec![self.whole()] } else { clauses }
    }

    /// What a condition that holds has read of what can change between two calls, or else of what it is about.
    fn read(&self) -> Option<Cause> {
        let schema = self.pair.scene.engine.policy().vocabulary().schema();
        let of_context = |slot: &&u16| schema.get(**slot).is_some_and(|fact| fact.origin == fact::Origin::Context);
        let slots = self.condition.references();
        let facts = |wanted: bool| -> Vec<String> {
            let slots = slots.iter().filter(|slot| of_context(slot) == wanted);
            let known = slots.flat_map(|slot| self.known(*slot, self.condition.source()));
            known.take(READ).collect()
        };
        let known = Some(facts(true)).filter(|known| !known.is_empty()).unwrap_or_else(|| facts(false));
        let text = known.join(", ");
        (!text.is_empty()).then_some(Cause { what: "condition", text, unknown: vec![] })
    }

    /// Whether what is false says that the rule is about somebody or something else: an access policy names these in its condition
    /// where a head cannot.
    fn is_elsewhere(&self) -> bool {
        let schema = self.pair.scene.engine.policy().vocabulary().schema();
        let of_context = |slot: &u16| schema.get(*slot).is_some_and(|fact| fact.origin == fact::Origin::Context);
        !self.own
            && self.condition.failing_clauses(self.view).any(|clause| {
                let mut read =
                    self.condition.references().iter().filter(|slot| clause.text.contains(schema.path(**slot)));
                clause.truth == Truth::False && !read.any(of_context)
            })
    }

    fn whole(&self) -> Cause {
        Cause { what: "condition", text: format!("`{}`", self.condition.source().trim()), unknown: vec![] }
    }

    /// What a clause says, with what it reads.
    fn clause(&self, clause: &Clause<'_>) -> Cause {
        let schema = self.pair.scene.engine.policy().vocabulary().schema();
        let mut known: Vec<String> =
            self.condition.references().iter().flat_map(|slot| self.known(*slot, clause.text)).collect();
        known.dedup();
        let unknown: Vec<String> = clause.unknowns.iter().map(|slot| schema.path(*slot).to_owned()).collect();
        let known = known.join(", ");
        let text = match (self.own, known.is_empty(), clause.truth == Truth::False) {
            (false, false, _) => known,
            (false, true, false) => "it is not known whether it applies".to_owned(),
            (true, _, is_false) | (false, true, is_false) => {
                let said = if is_false { "false" } else { "undecided" };
                let error = clause.error.map_or_else(String::new, |error| format!(" ({error})"));
                let read = if known.is_empty() { String::new() } else { format!(": {known}") };
                format!("`{}` is {said}{error}{read}", clause.text.trim())
            }
        };
        Cause { what: "condition", text, unknown }
    }

    /// What a text reads of a fact, if it is known.
    fn known(&self, slot: u16, text: &str) -> Vec<String> {
        let vocabulary = self.pair.scene.engine.policy().vocabulary();
        let (schema, taxonomy) = (vocabulary.schema(), vocabulary.taxonomy());
        let Some(spelling) = schema.spellings(slot).find(|path| text.contains(path)) else { return Vec::new() };
        match self.view.fact(slot) {
            Fact::Known(Value::Map(map)) => members(text, spelling, map, taxonomy),
            Fact::Known(value) => vec![format!("{spelling} is {}", describe::value(value, taxonomy))],
            Fact::Null => vec![format!("{spelling} is null")],
            Fact::Unknown => Vec::new(),
        }
    }
}

/// The members of a map that a clause names, with their values.
fn members(clause: &str, path: &str, map: &Map<'_>, taxonomy: &Taxonomy) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in clause.match_indices(path) {
        let after = clause.get(at + path.len()..).unwrap_or_default();
        // `path.name`, or `path["name"]`.
        let rest = after.strip_prefix('.').or_else(|| after.strip_prefix("[\"")).unwrap_or_default();
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
