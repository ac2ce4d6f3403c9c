//! Targets to heads and CEL. Types of resources: `tool`, `user_action`, `authentication_context`, `agent` and `blueprint` as
//! audiences; every other type is a plain resource.
//!
//! What heads say exactly stands in heads alone. An id means ordinary resources of every type, which no head says, so there the
//! heads are what an index can use and the condition is what decides.

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
        return What { tools, when: exclude, ..What::default() };
    }
    let resources = heads(include, set).unwrap_or_default();
    let exact = !resources.is_empty() && include.ids.is_empty() && include.groups.is_empty();
    // A policy about nothing never applies.
    let include = (!exact).then(|| described(include, set, true).unwrap_or_else(|| "false".to_owned()));
    let when: Vec<String> = include.into_iter().chain(exclude).collect();
    What { resources, when: (!when.is_empty()).then(|| when.join(" && ")), ..What::default() }
}

/// Heads for everything that is included, and perhaps more; `None` where only a condition can say it.
fn heads(wanted: &TargetSet, set: &PolicySet) -> Option<Vec<ResourceHead>> {
    if wanted.filter.is_some() {
        return None;
    }
    // A group that nothing defines may hold anything.
    let groups: Option<Vec<_>> = wanted.groups.iter().map(|group| set.resource_groups.get(group)).collect();
    let ids: BTreeSet<&String> = wanted.ids.iter().chain(groups?.into_iter().flatten()).collect();
    let of_kind = |kind: &str| Some(ResourceHead { kind: Some(kind.parse().ok()?), ..ResourceHead::default() });
    let literal = |id: &String| {
        // An id with the letters of a pattern would match others too.
        let pattern: Pattern = id.parse().ok()?;
        (pattern.literal() == Some(id)).then_some(pattern)
    };
    let named = |kind: Option<&str>, id: &String| {
        let head = kind.map_or(Some(ResourceHead::default()), of_kind)?;
        Some(ResourceHead { id: Some(literal(id)?), ..head })
    };
    // An application means the tools that it stands for.
    let through = (!ids.is_empty()).then(|| of_kind("tool"));
    let by_id = ids.into_iter().map(|id| named(None, id)).chain(through);
    let audiences = wanted.agent_resources.then(|| ["agent", "blueprint"].map(of_kind)).into_iter().flatten();
    let tools = wanted.tools.iter().map(|tool| Some(ResourceHead { id: Some(tool.0.clone()), ..of_kind("tool")? }));
    let actions = wanted.user_actions.iter().map(|id| named(Some("user_action"), id));
    let contexts = wanted.authentication_contexts.iter().map(|id| named(Some("authentication_context"), id));
    by_id.chain(audiences).chain(tools).chain(actions).chain(contexts).collect()
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
