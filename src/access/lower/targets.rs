//! Targets to heads and CEL. Types of resources: `tool`, `user_action`, `authentication_context`, `agent` and `blueprint` as
//! audiences; every other type is a plain resource.

use std::collections::BTreeSet;

use super::super::policy::{Lane, PolicySet, TargetSet};
use super::subjects::attributes;
use super::{among, either, list, text};
use crate::pattern::Pattern;

/// What a rule is about.
#[derive(Default)]
pub(super) struct What {
    pub(super) tools: Vec<Pattern>,
    pub(super) when: Option<String>,
}

pub(super) fn of(targets: &Lane<TargetSet>, set: &PolicySet) -> What {
    let Lane { include, exclude } = targets;
    // Excluding "all" leaves what only a name means.
    let named = described(exclude, set, false);
    let exclude = if exclude.all { either([Some(ORDINARY.to_owned()), named]) } else { named };
    let exclude = exclude.map(|exclude| format!("!{exclude}"));
    if include.all {
        return What { when: exclude, ..What::default() };
    }
    let only_tools = TargetSet { tools: include.tools.clone(), ..TargetSet::default() } == *include;
    if only_tools && !include.tools.is_empty() {
        let tools = include.tools.iter().map(|pattern| pattern.0.clone()).collect();
        return What { tools, when: exclude };
    }
    // A policy about nothing never applies.
    let include = described(include, set, true).unwrap_or_else(|| "false".to_owned());
    let when = core::iter::once(include).chain(exclude).collect::<Vec<_>>().join(" && ");
    What { when: Some(when), ..What::default() }
}

/// What is meant by "all" or by its attributes: everything but what only a name means.
const ORDINARY: &str = r#"!(resource.type in ["user_action", "authentication_context"])"#;

/// A set of targets but for its `all`; `include` tells whether a group that nothing defines may hold anything.
fn described(wanted: &TargetSet, set: &PolicySet, include: bool) -> Option<String> {
    let members = |group: &String| set.resource_groups.get(group).cloned().unwrap_or_default();
    let ids: BTreeSet<String> = wanted.ids.iter().cloned().chain(wanted.groups.iter().flat_map(members)).collect();
    let of_kind = |kind: &str, test: String| format!("(resource.type == {} && {test})", text(kind));
    let by_id = among("resource.id", &ids).map(|test| format!("({ORDINARY} && resource.type != \"tool\" && {test})"));
    let through = among("resource.application", &ids).map(|test| of_kind("tool", test));
    let undefined = include && wanted.groups.iter().any(|group| !set.resource_groups.contains_key(group));
    let undefined = undefined.then(|| ORDINARY.to_owned());
    let audiences = wanted.agent_resources.then(|| format!("resource.type in {}", list(["agent", "blueprint"])));
    let tools = wanted
        .tools
        .iter()
        .map(|pattern| Some(of_kind("tool", format!("resource.id.matchesGlob({})", text(pattern.0.as_str())))));
    let named = |kind: &str, ids: &BTreeSet<String>| among("resource.id", ids).map(|test| of_kind(kind, test));
    let filter =
        wanted.filter.as_ref().map(|filter| format!("({ORDINARY} && {})", attributes(filter, "resource.attributes")));
    let rest = [
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
