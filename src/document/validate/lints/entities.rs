//! Entities that can do nothing, or that nothing uses; and assumptions, which are never quite harmless.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, closure};
use crate::diagnostic::quote;
use crate::document::schema::{AgentItem, GroupItem};
use crate::document::validate::Check;
use crate::document::validate::access::policies_of;
use crate::document::validate::loss::groups_of;
use crate::identity::Sponsor;
use crate::rule::{Approver, Requirement, Rule};

impl Check<'_> {
    pub(super) fn lint_entities(&self, known: &Known<'_>) {
        let owners_approve = known.rules.iter().any(|(_, rule)| asks(rule, &Approver::Owner));
        for document in self.documents {
            for agent in &document.agents {
                self.lint_agent(agent, owners_approve);
            }
            for tool in &document.tools {
                if tool.assigned.is_empty() {
                    let message =
                        || format!("nobody may use the tool {}: it is assigned to nobody", quote(&tool.name.value));
                    let help = "say who may: `assigned: {agent: ...}` or `assigned: {group: ...}`";
                    self.warn("lint.unassigned", tool.name.span, message, help);
                }
                for subject in &tool.assigned.0 {
                    self.lint_subject(subject, known, "this assignment");
                }
            }
            for subject in document.grants.iter().filter_map(|grant| grant.to.as_ref()) {
                self.lint_subject(subject, known, "this grant");
            }
            for assumption in &document.assume {
                let fact = &assumption.fact;
                let value = assumption.value.as_ref().map_or_else(String::new, |v| v.value.to_string());
                let message = || format!("where nobody says {}, it counts as {}", quote(&fact.value), quote(&value));
                self.warn("lint.assumption", fact.span, message, "have the host say it, then remove the assumption");
            }
        }
        self.lint_unused_groups(known);
    }

    fn lint_agent(&self, agent: &AgentItem, owners_approve: bool) {
        // The sponsor of its blueprint answers for the blueprint only.
        let id = &agent.id;
        if agent.sponsor.is_none() {
            let message = || format!("the agent {} has no sponsor, so it may do nothing", quote(&id.value));
            self.warn("lint.no_sponsor", id.span, message, "name the person or group that answers for it: `sponsor`");
        }
        if owners_approve && agent.owner.is_none() {
            let message = || format!("the agent {} has no owner, whose approval a rule asks for", quote(&id.value));
            self.warn("lint.no_owner", id.span, message, "name the person who maintains it: `owner`");
        }
    }

    fn lint_unused_groups(&self, known: &Known<'_>) {
        // Documents without rules are one part of a policy: its rules are elsewhere.
        if known.rules.is_empty() {
            return;
        }
        let groups: Vec<&GroupItem> = self.documents.iter().flat_map(|d| &d.groups).collect();
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for group in &groups {
            for outer in &group.groups {
                members.entry(outer.value.as_str()).or_default().push(group.id.value.as_str());
            }
        }
        let named = self.named_groups(known);
        // Whoever is in a group that is inside a used one uses that: the inner group is used too.
        let used = closure(named.into_iter(), |id| members.get(id).cloned().unwrap_or_default());
        for group in groups.iter().filter(|group| !used.contains(group.id.value.as_str())) {
            let message = || format!("nothing refers to the group {}", quote(&group.id.value));
            self.warn("lint.unused_group", group.id.span, message, "remove it, or use it in a rule");
        }
    }

    /// Groups that a head, an approver, a sponsor or a text in a condition names.
    fn named_groups<'k>(&'k self, known: &Known<'k>) -> BTreeSet<&'k str> {
        let mut named: BTreeSet<&str> = BTreeSet::new();
        let heads = known.rules.iter().flat_map(|(_, rule)| &rule.subjects);
        let heads = heads.chain(known.entities.tools.iter().flat_map(|t| &t.assigned));
        let heads = heads.chain(known.entities.grants.iter().map(|g| &g.to));
        named.extend(heads.filter_map(|head| head.group.as_ref()).map(crate::name::GroupId::as_str));
        let sponsors = known.entities.agents.iter().map(|a| &a.sponsor);
        let sponsors = sponsors.chain(known.entities.blueprints.iter().map(|b| &b.sponsor));
        for sponsor in sponsors.flatten() {
            match sponsor {
                Sponsor::Group(group) => named.extend([group.as_str()]),
                Sponsor::User(_) => {}
            }
        }
        for (item, rule) in &known.rules {
            for requirement in &rule.requirements {
                if let Requirement::Approval { by } = requirement {
                    named.extend(by.iter().filter_map(|approver| match approver {
                        Approver::Group(group) => Some(group.as_str()),
                        Approver::User(_) | Approver::Sponsor | Approver::Owner => None,
                    }));
                }
            }
            // Every text in quotes may be a group's name; taking some others for one too only silences the lint.
            named.extend(item.when.iter().flat_map(|text| text.value.split(['"', '\''])));
        }
        for flow in self.documents.iter().filter_map(|document| document.flow.as_ref()) {
            let audiences = flow.audiences.iter().flat_map(|audience| &audience.groups.0);
            named.extend(audiences.map(|text| text.value.as_str()));
            named.extend(flow.approval.0.iter().filter_map(|approver| approver.value.strip_prefix("group:")));
        }
        for (_, policy) in self.documents.iter().flat_map(policies_of) {
            let users = &policy.subjects.users;
            named.extend(users.include.groups.iter().chain(&users.exclude.groups).map(String::as_str));
        }
        for item in self.documents.iter().flat_map(|document| &document.data_loss) {
            named.extend(item.approval.0.iter().filter_map(|approver| approver.value.strip_prefix("group:")));
            for scope in item.locations.iter().filter_map(|written| written.value.0.as_ref()).flat_map(BTreeMap::values)
            {
                named.extend(groups_of(scope));
            }
        }
        named
    }
}

fn asks(rule: &Rule, approver: &Approver) -> bool {
    rule.requirements.iter().any(|r| matches!(r, Requirement::Approval { by } if by.contains(approver)))
}
