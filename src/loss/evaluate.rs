//! Which rules match, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::Judge;
use super::event::Event;
use super::policies::LossPolicies;
use super::{Action, Activity, Location, LossRule, Names, PolicyMode};
use crate::condition::Truth;
use crate::reading::Reading;

/// A rule by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// Id of the policy.
    pub policy: String,
    /// Id of the rule.
    pub rule: String,
}

/// A rule that matched: for the record, whether it counts or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which.
    pub rule: RuleRef,
    /// What it does; on devices, for the activity at hand.
    pub action: Action,
    /// The mode of its policy.
    pub mode: PolicyMode,
    /// Whether it matched because something is unknown: strict reading.
    pub unknown: bool,
}

/// What policies come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is done; on devices, for the activity at hand.
    pub action: Action,
    /// The rule that decided it; of equals, the one of highest priority.
    pub rule: Option<RuleRef>,
    /// On devices, and only if a rule matched: what is done for each activity.
    pub activities: BTreeMap<Activity, Action>,
    /// The types to redact, whatever else is done.
    pub redact: Names,
    /// All matches, by priority. None is left out because another won.
    pub matches: Vec<Match>,
    /// What it would be if the policies in simulation counted as well.
    pub simulated: Action,
    /// Policies of the location that cover nobody who takes part.
    pub uncovered: Vec<String>,
}

/// A rule that matched, with what is needed to weigh it.
#[derive(Clone, Copy)]
struct Hit<'p> {
    policy: &'p str,
    mode: PolicyMode,
    rule: &'p LossRule,
    unknown: bool,
}

impl Hit<'_> {
    fn name(&self) -> RuleRef {
        RuleRef { policy: self.policy.to_owned(), rule: self.rule.id.clone() }
    }

    fn counts(&self) -> bool {
        self.mode == PolicyMode::On
    }

    /// What the rule does for an activity on a device, targets in groups aside.
    fn on_device(&self, activity: Activity) -> Action {
        let general = if self.rule.activities.is_empty() { self.rule.action } else { Action::None };
        self.rule.activities.get(&activity).copied().unwrap_or(general).max(Action::Audit)
    }

    /// What it does for a target that belongs to one of its groups.
    fn for_group(&self, activity: Activity, groups: &[&str]) -> Option<Action> {
        let listed = self.rule.authorised.get(&activity)?;
        groups.iter().filter_map(|group| listed.get(*group)).max().copied()
    }
}

impl LossPolicies {
    /// Judges an event.
    ///
    /// Faithful, hosted locations: rules in order of priority; the first with the most restrictive action wins alone. Faithful,
    /// devices: for each activity the most restrictive action of the policies that count, else of those in simulation. Strict:
    /// the most restrictive action of all rules that count.
    #[must_use]
    pub fn evaluate(&self, event: &Event<'_>, reading: Reading) -> Outcome {
        let mut outcome = Outcome::default();
        let hits = self.hits(event, reading, &mut outcome.uncovered, |_| true);
        outcome.simulated = hits.iter().map(|hit| weight(hit, event)).max().unwrap_or_default();
        outcome.matches = hits
            .iter()
            .map(|hit| Match { rule: hit.name(), action: weight(hit, event), mode: hit.mode, unknown: hit.unknown })
            .collect();
        if event.location == Location::Devices {
            on_device(&hits, event, reading, &mut outcome);
        } else {
            let counting = hits.iter().filter(|hit| hit.counts());
            // Of equals the first stays: it has the highest priority.
            let winner = counting.clone().rev().max_by_key(|hit| hit.rule.action);
            outcome.action = winner.map_or(Action::None, |hit| hit.rule.action);
            outcome.rule = winner.map(Hit::name);
            match reading {
                Reading::Faithful => winner.into_iter().for_each(|hit| redact(hit, &mut outcome.redact)),
                Reading::Strict => counting.for_each(|hit| redact(hit, &mut outcome.redact)),
            }
        }
        outcome
    }

    /// The rules that match, by priority.
    fn hits(
        &self,
        event: &Event<'_>,
        reading: Reading,
        uncovered: &mut Vec<String>,
        wanted: impl Fn(&LossRule) -> bool,
    ) -> Vec<Hit<'_>> {
        let judge = Judge { labels: &self.labels, recommended: &self.recommended, event, reading };
        let mut hits = Vec::new();
        for policy in self.policies.iter().filter(|policy| policy.mode != PolicyMode::Off) {
            let Some(scope) = policy.locations.get(&event.location) else { continue };
            if !scope.covers_event(event, reading) {
                uncovered.push(policy.id.clone());
                continue;
            }
            for rule in policy.rules.iter().filter(|rule| wanted(rule)) {
                let truth = rule.when.holds(judge, true);
                let matches = match reading {
                    Reading::Faithful => truth == Truth::True,
                    Reading::Strict => truth != Truth::False,
                };
                if !matches || rule.except.iter().any(|except| except.holds(judge, false) == Truth::True) {
                    continue;
                }
                hits.push(Hit { policy: &policy.id, mode: policy.mode, rule, unknown: truth == Truth::Unknown });
                let hosted = event.location != Location::Devices;
                if rule.stop && hosted && reading == Reading::Faithful && policy.mode == PolicyMode::On {
                    return hits;
                }
            }
        }
        hits
    }

    /// The names of the rules that match among those that are `wanted`, with their actions, for the location `copilot`.
    pub(super) fn named(
        &self,
        event: &Event<'_>,
        reading: Reading,
        wanted: impl Fn(&LossRule) -> bool,
    ) -> Vec<(RuleRef, Action)> {
        let hits = self.hits(event, reading, &mut Vec::new(), wanted);
        hits.iter().filter(|hit| hit.counts()).map(|hit| (hit.name(), hit.rule.action)).collect()
    }
}

/// What a rule does about the event at hand.
fn weight(hit: &Hit<'_>, event: &Event<'_>) -> Action {
    match (event.location, event.activity) {
        (Location::Devices, Some(activity)) => hit.on_device(activity),
        (Location::Devices, None) => {
            let listed = hit.rule.activities.keys().copied();
            listed.chain(Activity::OF_DEVICES).map(|activity| hit.on_device(activity)).max().unwrap_or_default()
        }
        _ => hit.rule.action,
    }
}

fn redact(hit: &Hit<'_>, into: &mut Names) {
    if hit.rule.action == Action::Redact || hit.rule.activities.values().any(|action| *action == Action::Redact) {
        hit.rule.when.kinds(into);
    }
}

fn on_device(hits: &[Hit<'_>], event: &Event<'_>, reading: Reading, outcome: &mut Outcome) {
    let deciding = |hit: &&Hit<'_>| reading == Reading::Faithful || hit.counts();
    if !hits.iter().any(|hit| deciding(&hit)) {
        return;
    }
    for hit in hits.iter().filter(|hit| hit.counts()) {
        redact(hit, &mut outcome.redact);
    }
    let judge = |activity| match reading {
        Reading::Faithful => faithful_activity(hits, activity, &event.target_groups),
        Reading::Strict => strict_activity(hits, activity, &event.target_groups),
    };
    let named = hits.iter().flat_map(|hit| hit.rule.activities.keys().copied());
    let listed: BTreeSet<Activity> = Activity::OF_DEVICES.into_iter().chain(named).collect();
    for activity in listed {
        let (action, rule) = judge(activity);
        outcome.activities.insert(activity, action);
        // Which activity it is may be unknown: then the worst.
        if event.activity.is_none() && action > outcome.action {
            (outcome.action, outcome.rule) = (action, rule);
        }
    }
    if let Some(activity) = event.activity {
        (outcome.action, outcome.rule) = judge(activity);
    }
}

/// The most restrictive action of all rules that count; a group of targets frees from the rule alone that lists it.
fn strict_activity(hits: &[Hit<'_>], activity: Activity, groups: &[&str]) -> (Action, Option<RuleRef>) {
    let action = |hit: &Hit<'_>| hit.for_group(activity, groups).unwrap_or_else(|| hit.on_device(activity));
    let winner = hits.iter().rev().filter(|hit| hit.counts()).max_by_key(|hit| action(hit));
    (winner.map_or(Action::None, action), winner.map(Hit::name))
}

/// Groups of targets accumulate over all policies; policies that count beat simulated ones; then the most restrictive action,
/// and of equals the rule of highest priority.
fn faithful_activity(hits: &[Hit<'_>], activity: Activity, groups: &[&str]) -> (Action, Option<RuleRef>) {
    let says = |hit: &&Hit<'_>| {
        hit.rule.activities.contains_key(&activity)
            || (hit.rule.activities.is_empty() && hit.rule.action > Action::None)
            || hit.for_group(activity, groups).is_some()
    };
    let any_group = hits.iter().any(|hit| hit.counts() && hit.for_group(activity, groups).is_some());
    let action = |hit: &Hit<'_>| {
        let listed = hit.for_group(activity, groups);
        if any_group { listed.unwrap_or(Action::None) } else { hit.on_device(activity) }
    };
    let enforced = hits.iter().rev().filter(|hit| hit.counts()).filter(says).max_by_key(|hit| action(hit));
    let simulated = || {
        let simulating = hits.iter().rev().filter(|hit| hit.mode.simulates()).filter(says);
        simulating.max_by_key(|hit| hit.mode.applied(action(hit)))
    };
    match enforced.map(|hit| (action(hit), hit)).or_else(|| simulated().map(|hit| (hit.mode.applied(action(hit)), hit)))
    {
        Some((action, hit)) => (action.max(Action::Audit), Some(hit.name())),
        None => (Action::Audit, None),
    }
}
