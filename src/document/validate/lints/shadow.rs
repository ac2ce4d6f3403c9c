//! Permits that a forbid always overrules.

use std::collections::BTreeMap;

use super::{BUDGET, Known};
use crate::diagnostic::quote;
use crate::document::validate::Check;
use crate::pattern::Pattern;
use crate::rule::{Effect, Mode, ResourceHead, Rule, SubjectHead};

impl Check<'_> {
    pub(super) fn lint_shadowed(&self, known: &Known<'_>) {
        let mut by_action: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
        let mut general: Vec<&Rule> = Vec::new();
        let counts = |rule: &Rule, effect: Effect| rule.effect == effect && rule.mode == Mode::Enforce;
        let forbids = known.rules.iter().map(|(_, rule)| *rule);
        for rule in forbids.filter(|rule| counts(rule, Effect::Forbid) && rule.when.is_none()) {
            let literals: Option<Vec<&str>> = rule.actions.iter().map(Pattern::literal).collect();
            match literals {
                Some(names) if !names.is_empty() => {
                    names.into_iter().for_each(|name| by_action.entry(name).or_default().push(rule));
                }
                Some(_) | None => general.push(rule),
            }
        }
        let mut left = BUDGET;
        for (item, permit) in known.rules.iter().filter(|(_, rule)| counts(rule, Effect::Permit)) {
            // A forbid that names its actions can only cover a permit whose first action it names.
            let named = permit.actions.first().and_then(Pattern::literal).and_then(|name| by_action.get(name));
            for forbid in general.iter().chain(named.into_iter().flatten()) {
                let Some(rest) = left.checked_sub(1 + weight(forbid).saturating_mul(weight(permit))) else { return };
                left = rest;
                if covers(forbid, permit) {
                    let (permit, forbid) = (&item.id.value, forbid.id.as_str());
                    let message =
                        || format!("the rule {} can never permit: {} forbids all of it", quote(permit), quote(forbid));
                    self.warn("lint.shadowed", item.id.span, message, "remove the permit, or narrow the forbid");
                    break;
                }
            }
        }
    }
}

fn weight(rule: &Rule) -> usize {
    1 + rule.subjects.len() + rule.actions.len() + rule.tools.len() + rule.resources.len()
}

/// Whether `forbid` applies wherever `permit` does, as far as their heads tell.
fn covers(forbid: &Rule, permit: &Rule) -> bool {
    all(&forbid.subjects, &permit.subjects, subject)
        && all(&forbid.actions, &permit.actions, pattern)
        && all(&forbid.tools, &permit.tools, pattern)
        && all(&forbid.resources, &permit.resources, resource)
}

/// Whether each of the narrower heads lies within one of the wider; no heads are all heads.
fn all<T>(wide: &[T], narrow: &[T], within: impl Fn(&T, &T) -> bool) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|n| wide.iter().any(|w| within(w, n))))
}

fn subject(wide: &SubjectHead, narrow: &SubjectHead) -> bool {
    same(wide.kind.as_ref(), narrow.kind.as_ref())
        && optional(wide.id.as_ref(), narrow.id.as_ref())
        && same(wide.group.as_ref(), narrow.group.as_ref())
        && same(wide.blueprint.as_ref(), narrow.blueprint.as_ref())
}

fn resource(wide: &ResourceHead, narrow: &ResourceHead) -> bool {
    same(wide.kind.as_ref(), narrow.kind.as_ref())
        && optional(wide.id.as_ref(), narrow.id.as_ref())
        && same(wide.container.as_ref(), narrow.container.as_ref())
        && same(wide.at_most.as_ref(), narrow.at_most.as_ref())
        && same(wide.at_least.as_ref(), narrow.at_least.as_ref())
}

fn same<T: PartialEq>(wide: Option<&T>, narrow: Option<&T>) -> bool {
    wide.is_none() || wide == narrow
}

fn optional(wide: Option<&Pattern>, narrow: Option<&Pattern>) -> bool {
    wide.is_none_or(|wide| narrow.is_some_and(|narrow| pattern(wide, narrow)))
}

fn pattern(wide: &Pattern, narrow: &Pattern) -> bool {
    wide == narrow || narrow.literal().is_some_and(|id| wide.matches(id))
}
