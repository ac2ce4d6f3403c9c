//! Grants and approvals: what was given to whom, until when?

use std::collections::BTreeMap;

use super::Check;
use super::listed::{Listed, Referrer};
use crate::diagnostic::Span;
use crate::diagnostic::quote;
use crate::document::schema::{ApprovalItem, ConstraintItem, GrantItem, Place, ResourceItemSelector, ScopeItem};
use crate::grant::{Approval, Grant};
use crate::name::TypeName;
use crate::scope::{Constraint, Scope, ScopeResource};

impl Check<'_> {
    pub(super) fn grants(&self, listed: &Listed<'_>) -> Vec<Grant> {
        let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
        let mut grants: Vec<Grant> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.grants) {
            if !item.id.value.is_empty() {
                self.unique(&mut taken, item.id.value.as_str(), item.id.span, || {
                    format!("the grant {}", quote(&item.id.value))
                });
            }
            grants.extend(self.grant(item, listed));
        }
        grants.sort_by(|a, b| a.id.cmp(&b.id));
        grants
    }

    fn grant(&self, item: &GrantItem, listed: &Listed<'_>) -> Option<Grant> {
        let owner = "a grant";
        let id = self.own_id(&item.id, item.place, owner);
        let to = self.required(item.to.as_ref(), item.place, owner, "to");
        let to = to.and_then(|s| self.subject(s, listed, Referrer::Entity));
        let scope = self.required(item.scope.as_ref(), item.place, owner, "scope").map(|s| self.scope(s));
        let interval = self.interval(item.start.as_ref(), item.end.as_ref(), item.place, owner);
        let by = self.required(item.by.as_ref(), item.place, owner, "by");
        let by = by.and_then(|text| self.person(text, listed, Referrer::Entity));
        let why = self.required(item.why.as_ref(), item.place, owner, "why");
        let why = why.filter(|text| self.written(text, item.place, owner, "why"));
        let (start, end) = interval?;
        Some(Grant { id: id?, to: to?, scope: scope?, start, end, by: by?, why: why?.value.clone() })
    }

    fn scope(&self, item: &ScopeItem) -> Scope {
        for (name, empty) in [("actions", item.actions.is_empty()), ("resources", item.resources.is_empty())] {
            if empty {
                self.missing(item.place, "a scope", name);
            }
        }
        let resources = item.resources.0.iter().filter_map(|r| self.scope_resource(r)).collect();
        let constraints = item.arguments.iter().filter_map(|(name, c)| Some((name.clone(), self.constraint(name, c)?)));
        Scope { actions: self.patterns(&item.actions.0), resources, arguments: constraints.collect() }
    }

    fn scope_resource(&self, item: &ResourceItemSelector) -> Option<ScopeResource> {
        if let Some(tool) = &item.tool {
            for (name, text) in [("type", &item.r#type), ("id", &item.id)] {
                if let Some(text) = text {
                    let message = format!("a resource of a scope has both `tool` and `{name}`");
                    self.error("document.scope", Place(text.span), &message, || {
                        "`tool: x` is short for `type: tool, id: x`: write one of the two".to_owned()
                    });
                }
            }
            return Some(ScopeResource { kind: "tool".parse().ok(), id: Some(self.pattern(tool)?) });
        }
        if item.r#type.is_none() && item.id.is_none() {
            let help = "write `tool`, or `type` and `id`; `id: \"**\"` for any";
            self.empty_mapping(item.place, "this resource of a scope", help);
            return None;
        }
        let kind: Option<TypeName> = item.r#type.as_ref().and_then(|text| self.id(text));
        Some(ScopeResource { kind, id: item.id.as_ref().and_then(|text| self.pattern(text)) })
    }

    fn constraint(&self, name: &str, item: &ConstraintItem) -> Option<Constraint> {
        let (least, most) = (item.at_least, item.at_most);
        if item.matches.is_empty() && least.is_none() && most.is_none() {
            let what = format!("the constraint on {}", quote(name));
            self.empty_mapping(item.place, &what, "write `matches`, `at_least` or `at_most`");
            return None;
        }
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            let message = format!("no number is at least `{least}` and at most `{most}`");
            self.error("document.scope", item.place, &message, || "swap the bounds".to_owned());
        }
        Some(Constraint { matches: self.patterns(&item.matches.0), at_least: least, at_most: most })
    }

    pub(super) fn approvals(&self, listed: &Listed<'_>) -> Vec<Approval> {
        let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
        let mut approvals: Vec<Approval> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.approvals) {
            if !item.id.value.is_empty() {
                self.unique(&mut taken, item.id.value.as_str(), item.id.span, || {
                    format!("the approval {}", quote(&item.id.value))
                });
            }
            approvals.extend(self.approval(item, listed));
        }
        approvals.sort_by(|a, b| a.id.cmp(&b.id));
        approvals
    }

    fn approval(&self, item: &ApprovalItem, listed: &Listed<'_>) -> Option<Approval> {
        let owner = "an approval";
        let id = self.own_id(&item.id, item.place, owner);
        let by = self.required(item.by.as_ref(), item.place, owner, "by");
        let by = by.and_then(|text| self.person(text, listed, Referrer::Entity));
        let call = self.required(item.call.as_ref(), item.place, owner, "call").and_then(|text| self.digest(text));
        let interval = self.interval(item.start.as_ref(), item.end.as_ref(), item.place, owner);
        let (start, end) = interval?;
        Some(Approval { id: id?, by: by?, call: call?, start, end })
    }
}
