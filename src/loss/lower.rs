//! How does a data-loss policy become rules? Its strict reading as CEL conditions and requirements.
//!
//! Each rule of a policy becomes one rule for each of its actions: `block` a forbid, `block-with-override` the control
//! `justification` and, where not only a person acts, an approval; `redact` a change, `warn` and `audit` obligations. A policy in
//! simulation becomes rules on trial. INVARIANT: a lowered rule applies (is true or unknown) wherever its rule matches strictly read;
//! `tests/loss_rules` compares the two.
//!
//! Left out on purpose, because the strict reading does not look at it: priorities, `stop`, upper bounds where a true answer
//! restricts, which agents are listed.
//!
//! Next room: `crate::document`.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, InsiderRisk, LabelCondition, RecipientCondition, SensitiveCondition};
use super::{Action, Activity, Location, LossPolicies, LossPolicy, LossRule, PolicyMode, Scope, Select};
use crate::label::Taxonomy;
use crate::rule::{Approver, Control, Effect, Mode, Requirement};

/// One rule that a rule of a policy lowers to.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredRule {
    /// Id of the policy's rule.
    pub rule: String,
    /// What tells it from the others of that rule, such as `block`.
    pub part: &'static str,
    /// What it says.
    pub effect: Effect,
    /// Whether it counts.
    pub mode: Mode,
    /// When it applies, in CEL.
    pub when: String,
    /// What it requires, if it requires.
    pub requirements: Vec<Requirement>,
    /// What people are told.
    pub tip: Option<String>,
}

/// The rules that say what the strict reading of a policy of `all` says; none if it is off. `approvers`: who may agree that an agent goes
/// on where a rule can be overridden.
#[must_use]
pub fn lower(policy: &LossPolicy, all: &LossPolicies, taxonomy: &Taxonomy, approvers: &[Approver]) -> Vec<LoweredRule> {
    let mode = match policy.mode {
        PolicyMode::Off => return Vec::new(),
        PolicyMode::On => Mode::Enforce,
        PolicyMode::Simulation | PolicyMode::SimulationWithTips => Mode::ReportOnly,
    };
    let writer = Writer { all, taxonomy };
    let mut lowered = Vec::new();
    for rule in &policy.rules {
        let mut clauses = vec![writer.condition(&rule.when, true)];
        clauses.extend(rule.except.iter().map(|except| format!("!{}", writer.condition(except, false))));
        for (action, places) in places(policy, rule) {
            // Where comes first: it is what most calls differ in.
            let when: Vec<String> = core::iter::once(any(places)).chain(clauses.iter().cloned()).collect();
            let when = when.join(" && ");
            for demand in demands(policy, rule, action, approvers) {
                lowered.push(LoweredRule {
                    rule: rule.id.clone(),
                    part: demand.part,
                    effect: if demand.requirements.is_empty() { Effect::Forbid } else { Effect::Require },
                    mode,
                    when: demand.only.map_or_else(|| when.clone(), |only| format!("{only} && {when}")),
                    requirements: demand.requirements,
                    tip: rule.tip.clone(),
                });
            }
        }
    }
    lowered
}

/// What an action demands; a forbid if it requires nothing.
struct Demand {
    part: &'static str,
    only: Option<&'static str>,
    requirements: Vec<Requirement>,
}

/// Whether anybody but a person takes part: then a person must agree besides.
const NOT_A_PERSON_ALONE: &str = "(principal.type != \"user\" || subject.type != \"user\" || agent.id != null)";

fn demands(policy: &LossPolicy, rule: &LossRule, action: Action, approvers: &[Approver]) -> Vec<Demand> {
    let properties = || {
        let pairs = [("policy", Some(&policy.id)), ("rule", Some(&rule.id)), ("tip", rule.tip.as_ref())];
        let said = pairs.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.clone().into())));
        said.collect::<serde_json::Map<String, serde_json::Value>>()
    };
    let obligation =
        |kind: &str, advisory| Requirement::Obligation { kind: kind.to_owned(), advisory, properties: properties() };
    // A decision is recorded as it is; that nobody can write a log of their own holds nothing back.
    let log = || obligation("log", true);
    let demand = |part, requirements| Demand { part, only: None, requirements };
    match action {
        Action::None => Vec::new(),
        Action::Audit => vec![demand("audit", vec![log()])],
        Action::Warn => vec![demand("warn", vec![obligation("notification", false), log()])],
        Action::Redact => {
            let mut types = BTreeSet::new();
            rule.when.kinds(&mut types);
            let types = types.into_iter().collect();
            vec![demand("redact", vec![Requirement::RedactSensitive { types }, log()])]
        }
        Action::BlockWithOverride => {
            let control = Requirement::Control { any_of: vec![Control::Justification], max_age: None };
            let approval = Requirement::Approval { by: approvers.to_vec() };
            vec![
                demand("override", vec![control, log()]),
                Demand { part: "override/approval", only: Some(NOT_A_PERSON_ALONE), requirements: vec![approval] },
            ]
        }
        Action::Block => vec![demand("block", Vec::new())],
    }
}

/// Where a rule does what: for each action that it takes, alternatives.
fn places(policy: &LossPolicy, rule: &LossRule) -> BTreeMap<Action, Vec<String>> {
    let mut places: BTreeMap<Action, Vec<String>> = BTreeMap::new();
    let mut hosted: BTreeMap<Option<String>, Vec<Location>> = BTreeMap::new();
    for (location, scope) in policy.locations.iter().filter(|(location, _)| **location != Location::Devices) {
        hosted.entry(covered(scope)).or_default().push(*location);
    }
    for (scope, locations) in hosted {
        places.entry(rule.action).or_default().push(within(&locations, scope));
    }
    if let Some(scope) = policy.locations.get(&Location::Devices) {
        let scope = match (&scope.devices, covered(scope)) {
            (Select::Only(devices), Some(covered)) => {
                Some(format!("({covered} || device.id in {})", list(devices.iter().map(String::as_str))))
            }
            (Select::All | Select::Only(_), covered) => covered,
        };
        let place = within(&[Location::Devices], scope);
        for (action, activity) in on_devices(rule) {
            places.entry(action).or_default().push(format!("({place} && {activity})"));
        }
    }
    places.remove(&Action::None);
    places
}

fn within(locations: &[Location], scope: Option<String>) -> String {
    let place = match locations {
        [location] => format!("content.location == {}", text(location.name())),
        _ => format!("content.location in {}", list(locations.iter().map(|location| location.name()))),
    };
    scope.map_or_else(|| place.clone(), |scope| format!("({place} && {scope})"))
}

/// What a rule does on devices, for each activity; where a target's group has an action of its own, that one instead.
fn on_devices(rule: &LossRule) -> Vec<(Action, String)> {
    // On a device a rule that matches audits at least.
    let general = if rule.activities.is_empty() { rule.action } else { Action::None }.max(Action::Audit);
    let listed: BTreeSet<Activity> = rule.activities.keys().chain(rule.authorised.keys()).copied().collect();
    let mut done = Vec::new();
    for activity in &listed {
        let is = format!("content.activity == {}", text(activity.name()));
        let action = rule.activities.get(activity).copied().map_or(general, |action| action.max(Action::Audit));
        let groups = rule.authorised.get(activity).filter(|groups| !groups.is_empty());
        let Some(groups) = groups else {
            done.push((action, format!("({is})")));
            continue;
        };
        let among = |names: Vec<&str>| format!("content.target_groups.exists(it, it in {})", list(names));
        done.push((action, format!("({is} && !{})", among(groups.keys().map(String::as_str).collect()))));
        let mut by_action: BTreeMap<Action, Vec<&str>> = BTreeMap::new();
        for (group, action) in groups {
            by_action.entry(*action).or_default().push(group);
        }
        done.extend(by_action.into_iter().map(|(action, names)| (action, format!("({is} && {})", among(names)))));
    }
    let other = if listed.is_empty() {
        "true".to_owned()
    } else {
        format!("!(content.activity in {})", list(listed.iter().map(|activity| activity.name())))
    };
    done.push((general, other));
    done
}

/// Whether a link is covered; `None`: every one is. Agents and whoever else is no user are covered unless they are excluded.
fn covered(scope: &Scope) -> Option<String> {
    let Scope { users, groups, agents: _, devices: _, exclude, exclude_groups } = scope;
    let of_group = |names: &BTreeSet<String>| {
        (!names.is_empty())
            .then(|| format!("principal.groups.exists(it, it in {})", list(names.iter().map(String::as_str))))
    };
    let named = |names: &BTreeSet<String>| {
        (!names.is_empty()).then(|| format!("principal.id in {}", list(names.iter().map(String::as_str))))
    };
    let included = match (users, groups) {
        (Select::All, Select::All) => None,
        (Select::Only(users), Select::All) => Some(vec![named(users)]),
        (Select::All, Select::Only(groups)) => Some(vec![of_group(groups)]),
        (Select::Only(users), Select::Only(groups)) => Some(vec![named(users), of_group(groups)]),
    };
    let others = Some("principal.type != \"user\"".to_owned());
    let included = included.map(|included| any(core::iter::once(others).chain(included).flatten()));
    // Whoever is of no known kind cannot be excluded by the name of somebody else.
    let known = "principal.type in [\"user\", \"agent\", \"agent_user\", \"workload\"]";
    let excluded = named(exclude).map(|named| format!("!({known} && {named})"));
    let excluded = [excluded, of_group(exclude_groups).map(|group| format!("!{group}"))];
    let all: Vec<String> = excluded.into_iter().flatten().chain(included).collect();
    (!all.is_empty()).then(|| format!("({})", all.join(" && ")))
}

/// What conditions are written with.
#[derive(Clone, Copy)]
struct Writer<'a> {
    all: &'a LossPolicies,
    taxonomy: &'a Taxonomy,
}

impl Writer<'_> {
    /// A condition in CEL. `widen` says that a true answer restricts: thresholds then reach upwards.
    fn condition(&self, condition: &Condition, widen: bool) -> String {
        match condition {
            Condition::All(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.condition(part, widen)).collect();
                format!("({})", parts.join(" && "))
            }
            Condition::Any(parts) => any(parts.iter().map(|part| self.condition(part, widen))),
            Condition::Not(part) => format!("(!{})", self.condition(part, !widen)),
            Condition::Label(condition) => self.label(condition, widen),
            Condition::Sensitive(condition) => self.sensitive(condition, widen),
            Condition::RetentionLabel(names) => among("content.retention_label", names),
            Condition::Classifier(names) => exists("content.classifiers", &among("it", names)),
            Condition::Recipient(condition) => recipient(condition),
            Condition::Activity(activities) => {
                format!("(content.activity in {})", list(activities.iter().map(|activity| activity.name())))
            }
            Condition::InsiderRisk(levels) => insider_risk(levels, widen),
            Condition::Property { name, any_of } => among(&format!("content.properties[{}]", text(name)), any_of),
        }
    }

    /// Strictly read where a true answer restricts: one of these or a higher one, or none at all. Higher is by level: a label with
    /// compartments of its own is not beside the question.
    fn label(&self, condition: &LabelCondition, widen: bool) -> String {
        let known = |name: &str| self.taxonomy.get(name);
        if !widen {
            let listed = condition.any_of.iter().map(|name| format!("(content.label == label({}))", text(name)));
            return any(listed);
        }
        let level = |name: &str| known(name).map(|label| label.raw().0);
        let least = condition.any_of.iter().filter_map(|name| level(name)).min();
        let reached = self.taxonomy.names().filter(|name| least.is_some() && level(name) >= least);
        let mut lowest: Vec<&str> = Vec::new();
        let mut by_level: Vec<&str> = reached.collect();
        by_level.sort_by_key(|name| level(name));
        for name in by_level {
            // What lies above one that is named already needs no name.
            if !lowest.iter().any(|lower| known(lower).zip(known(name)).is_some_and(|(lower, this)| lower <= this)) {
                lowest.push(name);
            }
        }
        let above = lowest.into_iter().map(|name| format!("content.label >= label({})", text(name)));
        any(core::iter::once("(content.label == null)".to_owned()).chain(above))
    }

    fn sensitive(&self, condition: &SensitiveCondition, widen: bool) -> String {
        let SensitiveCondition { kind, min_count, max_count, min_confidence, max_confidence } = condition;
        // What is only perhaps found may restrict; it must not free.
        let recommended = || self.all.recommended().get(kind).copied().filter(|_| !widen);
        let least = min_confidence.or_else(recommended).map(|least| format!("it >= {}", least.percent()));
        let most = max_confidence.filter(|_| !widen).map(|most| format!("it <= {}", most.percent()));
        let sure: Vec<String> = least.into_iter().chain(most).collect();
        let found = format!("content.sensitive[{}]", text(kind));
        let counted = if sure.is_empty() { found } else { format!("{found}.filter(it, {})", sure.join(" && ")) };
        let least = format!("size({counted}) >= {min_count}");
        match max_count.filter(|_| !widen) {
            Some(most) => format!("({least} && size({counted}) <= {most})"),
            None => format!("({least})"),
        }
    }
}

fn insider_risk(levels: &[InsiderRisk], widen: bool) -> String {
    let name = |level: &InsiderRisk| match level {
        InsiderRisk::None => "none",
        InsiderRisk::Minor => "minor",
        InsiderRisk::Moderate => "moderate",
        InsiderRisk::Elevated => "elevated",
    };
    match levels.iter().min().filter(|_| widen) {
        Some(least) => format!("(risk.insider >= {})", text(name(least))),
        None => format!("(risk.insider in {})", list(levels.iter().map(name))),
    }
}

fn recipient(condition: &RecipientCondition) -> String {
    let lower = |names: &BTreeSet<String>| names.iter().map(|name| name.to_ascii_lowercase()).collect::<BTreeSet<_>>();
    let in_domain = |names: &BTreeSet<String>| {
        any(lower(names).iter().map(|name| format!("it.lowerAscii().endsWith({})", text(&format!("@{name}")))))
    };
    let holds = match condition {
        RecipientCondition::Domain(names) => in_domain(names),
        RecipientCondition::Outside(names) => format!("!{}", in_domain(names)),
        RecipientCondition::AnyOf(names) => among("it.lowerAscii()", &lower(names)),
    };
    exists("content.recipients", &holds)
}

fn exists(path: &str, holds: &str) -> String {
    format!("{path}.exists(it, {holds})")
}

fn among(path: &str, names: &BTreeSet<String>) -> String {
    format!("({path} in {})", list(names.iter().map(String::as_str)))
}

/// Alternatives; of none, none holds.
fn any(alternatives: impl IntoIterator<Item = String>) -> String {
    let alternatives: Vec<String> = alternatives.into_iter().collect();
    match alternatives.as_slice() {
        [] => "false".to_owned(),
        [one] => one.clone(),
        _ => format!("({})", alternatives.join(" || ")),
    }
}

/// A text as a CEL literal.
fn text(text: &str) -> String {
    // JSON escapes are CEL escapes.
    serde_json::Value::from(text).to_string()
}

/// Texts as a CEL list.
fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(text).collect();
    format!("[{}]", texts.join(", "))
}
