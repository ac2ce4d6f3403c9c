//! Targets to heads and CEL. Types of resources: `tool`, `user_action`, `authentication_context`, `agent` and `blueprint` as
//! audiences; every other type is a plain resource.

use std::collections::BTreeSet;

use super::super::policy::{Lane, PolicySet, TargetSet};
use super::subjects::attributes;
use super::{among, either, list, text};
use crate::pattern::Pattern;
use crate::rule::ResourceHead;

/// What a rule is about.
#[derive(Default)]
pub(super) struct What {
    pub(super) tools: Vec<Pattern>,
    pub(super) resources: Vec<ResourceHead>,
    pub(super) when: Option<String>,
}

pub(super) fn of(targets: &Lane<TargetSet>, set: &PolicySet) -> What {
    let Lane { include, exclude } = targets;
    let exclude = either([described(exclude, set, false)]).map(|exclude| format!("!{exclude}"));
    if include.all {
        return What { when: exclude, ..What::default() };
    }
    let only_tools = TargetSet { tools: include.tools.clone(), ..TargetSet::default() } == *include;
    if only_tools && !include.tools.is_empty() {
        let tools = include.tools.iter().map(|pattern| pattern.0.clone()).collect();
        return What { tools, when: exclude, ..What::default() };
    }
    // A policy about nothing never applies.
    let include = described(include, set, true).unwrap_or_else(|| "false".to_owned());
    let when = core::iter::once(include).chain(exclude).collect::<Vec<_>>().join(" && ");
    What { when: Some(when), ..What::default() }
}

fn described(wanted: &TargetSet, set: &PolicySet, include: bool) -> Option<String> {
    let everything = wanted.all.then(|| {
        // Excluding "all" leaves what only a name means.
        if include {
            "true".to_owned()
        } else {
            format!("!(resource.type in {})", list(["user_action", "authentication_context"]))
        }
    });
    let members = |group: &String| set.resource_groups.get(group).cloned().unwrap_or_default();
    let ids: BTreeSet<String> = wanted.ids.iter().cloned().chain(wanted.groups.iter().flat_map(members)).collect();
    let plain = |test: String| {
        format!("(!(resource.type in {}) && {test})", list(["tool", "user_action", "authentication_context"]))
    };
    let by_id = among("resource.id", &ids).map(plain);
    let through = among("resource.application", &ids).map(|test| format!("(resource.type == \"tool\" && {test})"));
    // A group that nothing defines may hold anything.
    let undefined = include && wanted.groups.iter().any(|group| !set.resource_groups.contains_key(group));
    let undefined = undefined.then(|| "true".to_owned());
    let audiences = wanted.agent_resources.then(|| format!("resource.type in {}", list(["agent", "blueprint"])));
    let tools = wanted.tools.iter().map(|pattern| {
        Some(format!("(resource.type == \"tool\" && resource.id.matchesGlob({}))", text(pattern.0.as_str())))
    });
    let named = |kind: &str, ids: &BTreeSet<String>| {
        among("resource.id", ids).map(|test| format!("(resource.type == {} && {test})", text(kind)))
    };
    let filter = wanted.filter.as_ref().map(|filter| attributes(filter, "resource.attributes"));
    let rest = [
        everything,
        by_id,
        through,
        undefined,
        audiences,
        named("user_action", &wanted.user_actions),
        named("authentication_context", &wanted.authentication_contexts),
        filter,
    ];
    either(rest.into_iter().chain(tools))
}
