//! Conditional access policies: sound, lowered to rules, compiled.
//!
//! A policy becomes one rule or more, with the ids `access/<policy>/<lane>/<demand>`, judged like all others.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::rules::Lowered;
use crate::access::PolicySet;
use crate::access::lint::lint_one;
use crate::access::lower::{LoweredRule, lower};
use crate::access::policy::Policy;
use crate::access::validate::validate_one;
use crate::condition::{Condition, Declarations};
use crate::diagnostic::{Diagnostic, Span, quote};
use crate::document::schema::{Document, Place};
use crate::fact::Schema;
use crate::label::Taxonomy;
use crate::rule::{Rule, Source};

/// Lints about what only the original system misses: here both subject and actor are judged, and tools need no application.
const ELSEWHERE: [&str; 3] =
    ["access.actor_not_judged", "access.agent_users_not_covered", "access.tool_without_application"];

/// The policies of a document that could be read, with their places.
pub(super) fn policies_of(document: &Document) -> impl Iterator<Item = (Span, &Policy)> {
    document.access.iter().filter_map(|policy| Some((policy.span, policy.value.0.as_ref()?)))
}

impl Check<'_> {
    /// The policies of all documents together.
    pub(super) fn access_set(&self) -> PolicySet {
        let mut set = PolicySet::default();
        let mut policies: BTreeMap<&str, Span> = BTreeMap::new();
        let mut locations: BTreeMap<&str, Span> = BTreeMap::new();
        let mut groups: BTreeMap<&str, Span> = BTreeMap::new();
        for document in self.documents {
            for (place, policy) in policies_of(document) {
                let id = policy.id.as_str();
                self.unique(&mut policies, id, place, || format!("the access policy {}", quote(id)));
                set.policies.push(policy.clone());
            }
            for (name, location) in &document.locations {
                self.unique(&mut locations, name, location.span, || format!("the location {}", quote(name)));
                if let Some(location) = &location.value.0 {
                    set.locations.insert(name.clone(), location.clone());
                }
            }
            for (name, group) in &document.resource_groups {
                self.unique(&mut groups, name, group.span, || format!("the group of resources {}", quote(name)));
                set.resource_groups.insert(name.clone(), group.value.clone());
            }
        }
        set
    }

    /// The rules that the policies lower to.
    pub(super) fn access(&self, set: &PolicySet, rules: &[Rule], schema: &Schema, taxonomy: &Taxonomy) -> Vec<Rule> {
        let declarations = Declarations { schema, taxonomy, limits: self.limits, arguments: None };
        let mut compiled = Lowered::default();
        let mut lowered = Vec::new();
        for (place, policy) in self.documents.iter().flat_map(policies_of) {
            let found = validate_one(set, policy);
            let sound = found.is_empty();
            for finding in found {
                self.sink.error(place, || Diagnostic { span: place, ..finding });
            }
            if !sound {
                continue;
            }
            let mut parts: BTreeSet<String> = BTreeSet::new();
            for rule in lower(policy, set) {
                let condition = match &rule.when {
                    None => None,
                    Some(text) => {
                        let of = || format!("the access policy {}", quote(&policy.id));
                        let words: (&dyn Fn() -> String, _) = (&of, "say less in one policy, or raise the limit");
                        // What does not compile was reported, and nothing is loaded.
                        let Some(condition) = compiled.condition(self, text, place, &declarations, words) else {
                            continue;
                        };
                        Some(condition)
                    }
                };
                let mut part = rule.part.clone();
                while !parts.insert(part.clone()) {
                    part.push('+');
                }
                lowered.extend(self.access_rule(rule, &part, place, condition));
            }
        }
        let written: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        for rule in lowered.iter().filter(|rule| written.contains(rule.id.as_str())) {
            let message = format!("{} is the id of a rule, and of a part of this policy", quote(rule.id.as_str()));
            self.error("document.duplicate_id", Place(rule.span), &message, || "rename the rule".to_owned());
        }
        lowered
    }

    fn access_rule(&self, lowered: LoweredRule, part: &str, place: Span, when: Option<Condition>) -> Option<Rule> {
        let id = format!("access/{}/{part}", lowered.policy);
        let Ok(id) = id.parse() else {
            let message = format!("{} is no id of a policy", quote(&lowered.policy));
            self.error("document.bad_id", Place(place), &message, || {
                "write letters, digits, `-`, `_` and `.`: it becomes part of the ids of rules".to_owned()
            });
            return None;
        };
        Some(Rule {
            id,
            source: Source::Access,
            effect: lowered.effect,
            mode: lowered.mode,
            subjects: lowered.subjects,
            actions: Vec::new(),
            tools: lowered.tools,
            resources: lowered.resources,
            arguments: BTreeMap::new(),
            when,
            interval: None,
            requirements: lowered.requirements,
            message: lowered.remedy.map(Into::into),
            span: place,
        })
    }

    pub(super) fn lint_access(&self, set: &PolicySet) {
        for (place, policy) in self.documents.iter().flat_map(policies_of) {
            for finding in lint_one(set, policy).into_iter().filter(|finding| !ELSEWHERE.contains(&finding.code)) {
                self.sink.warning(|| Diagnostic { span: place, ..finding });
            }
        }
    }
}
