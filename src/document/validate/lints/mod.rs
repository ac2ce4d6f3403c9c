//! What is sound, and still probably not what its author means? Warnings only.
//!
//! INVARIANT: no lint compares every rule with every other: each looks up an index, or stops at [`BUDGET`] comparisons.

mod entities;
mod loss;
mod rules;
mod shadow;

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::listed::Listed;
use crate::diagnostic::{Diagnostic, Span};
use crate::document::schema::RuleItem;
use crate::entities::Entities;
use crate::identity::Group;
use crate::rule::Rule;

/// Comparisons that one lint may cost, some tens of milliseconds; what lies beyond is not linted.
const BUDGET: usize = 500_000;

/// What the lints look things up in.
struct Known<'a> {
    listed: &'a Listed<'a>,
    entities: &'a Entities,
    /// Each rule with what its author wrote, by id.
    rules: Vec<(&'a RuleItem, &'a Rule)>,
    /// Groups that somebody is in, at any depth. Everybody may be, if no agent and no user is listed.
    inhabited: BTreeSet<&'a str>,
    members_listed: bool,
}

impl<'a> Check<'a> {
    /// Warns about documents that have no errors.
    pub(super) fn lints(&self, listed: &Listed<'_>, entities: &Entities, rules: &[Rule]) {
        let mut items: Vec<&RuleItem> = self.documents.iter().flat_map(|d| &d.rules).collect();
        // Without errors every item has become a rule, and the rules are sorted by id.
        items.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        let known = Known {
            listed,
            entities,
            rules: items.into_iter().zip(rules).collect(),
            inhabited: inhabited(entities),
            members_listed: !(entities.agents.is_empty() && entities.users.is_empty()),
        };
        self.lint_rules(&known);
        self.lint_shadowed(&known);
        self.lint_entities(&known);
    }

    fn warn(&self, code: &'static str, span: Span, message: impl FnOnce() -> String, help: &str) {
        self.sink.warning(|| Diagnostic::warning(code, span, message()).with_help(help));
    }
}

/// The groups that an agent or user belongs to, outer groups included.
fn inhabited(entities: &Entities) -> BTreeSet<&str> {
    let direct = entities.agents.iter().flat_map(|a| &a.groups).chain(entities.users.iter().flat_map(|u| &u.groups));
    let groups: BTreeMap<&str, &Group> = entities.groups.iter().map(|g| (g.id.as_str(), g)).collect();
    closure(direct.map(crate::name::GroupId::as_str), |id| {
        groups.get(id).into_iter().flat_map(|g| g.groups.iter().map(crate::name::GroupId::as_str)).collect()
    })
}

/// Everything that can be reached from `start`.
fn closure<'g>(start: impl Iterator<Item = &'g str>, next: impl Fn(&'g str) -> Vec<&'g str>) -> BTreeSet<&'g str> {
    let mut open: Vec<&str> = start.collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(next(id));
        }
    }
    seen
}
