//! What does a `require` rule require?

use super::Check;
use super::listed::{Listed, Referrer};
use crate::diagnostic::list;
use crate::document::schema::{ObligationItem, Place, RequirementItem, Text};
use crate::rule::{Approver, Control, Requirement};

impl Check<'_> {
    pub(super) fn requirement(&self, item: &RequirementItem, listed: &Listed<'_>) -> Option<Requirement> {
        let kinds = [
            ("control", item.control.is_some()),
            ("any_of", !item.any_of.is_empty()),
            ("approval", !item.approval.is_empty()),
            ("redact", item.redact.is_some()),
            ("narrow", item.narrow.is_some()),
            ("obligation", item.obligation.is_some()),
        ];
        let written: Vec<&str> = kinds.iter().filter(|(_, written)| *written).map(|(name, _)| *name).collect();
        if written.len() != 1 {
            let message = if written.is_empty() {
                "a requirement says nothing".to_owned()
            } else {
                format!("a requirement has {}", list(written.iter().copied()))
            };
            self.error("document.requirement", item.place, &message, || {
                format!(
                    "write exactly one of {}; several requirements are items of a list",
                    list(kinds.map(|(name, _)| name))
                )
            });
        }
        // All that is written is checked; one of them is returned.
        let controls = self.controls(item);
        let approval = self.approvers(&item.approval.0, listed);
        let redact = item.redact.as_ref().and_then(|text| self.pointer(text));
        let narrow = item.narrow.as_ref().and_then(|narrow| {
            let pointer = self.written(&narrow.argument, narrow.place, "`narrow`", "argument");
            let pointer = pointer.then(|| self.pointer(&narrow.argument)).flatten();
            let to = self.required(narrow.to.as_ref(), narrow.place, "`narrow`", "to").cloned();
            Some(Requirement::Narrow { pointer: pointer?, to: to? })
        });
        let obligation = item.obligation.as_ref().and_then(|o| self.obligation(o));
        controls
            .or_else(|| approval.map(|by| Requirement::Approval { by }))
            .or_else(|| redact.map(|pointer| Requirement::Redact { pointer }))
            .or(narrow)
            .or(obligation)
    }

    fn controls(&self, item: &RequirementItem) -> Option<Requirement> {
        let names = Control::ALL.map(|control| (control.name(), control));
        let texts = item.control.iter().chain(&item.any_of);
        let written: Vec<Control> = texts.filter_map(|text| self.choice(text, "control", &names)).collect();
        // In the order of `ALL`, which is the order in which an OR takes its branch.
        let any_of: Vec<Control> = Control::ALL.into_iter().filter(|control| written.contains(control)).collect();
        let fresh = any_of.contains(&Control::FreshAuthentication);
        let max_age = item.max_age.as_ref().and_then(|text| self.length(text));
        match &item.max_age {
            None if fresh => {
                self.error("document.requirement", item.place, "`fresh_authentication` has no `max_age`", || {
                    "say how old an authentication may be: `max_age: 15m`".to_owned()
                });
            }
            Some(text) if !fresh => {
                self.error(
                    "document.requirement",
                    Place(text.span),
                    "only `fresh_authentication` has a `max_age`",
                    || "remove the member, or require `fresh_authentication`".to_owned(),
                );
            }
            Some(_) | None => {}
        }
        (!any_of.is_empty()).then_some(Requirement::Control { any_of, max_age })
    }

    pub(super) fn approvers(&self, texts: &[Text], listed: &Listed<'_>) -> Option<Vec<Approver>> {
        let mut by: Vec<Approver> = texts.iter().filter_map(|text| self.approver(text, listed)).collect();
        by.sort();
        by.dedup();
        (!by.is_empty()).then_some(by)
    }

    fn approver(&self, text: &Text, listed: &Listed<'_>) -> Option<Approver> {
        let rest = |prefix: &str| {
            let id = text.value.strip_prefix(prefix)?;
            Some(Text { value: id.to_owned(), span: text.span })
        };
        match (text.value.as_str(), rest("user:"), rest("group:")) {
            ("sponsor", ..) => Some(Approver::Sponsor),
            ("owner", ..) => Some(Approver::Owner),
            (_, Some(id), _) => self.reference(&id, &listed.people, "user", Referrer::Rule).map(Approver::User),
            (_, _, Some(id)) => self.reference(&id, &listed.groups, "group", Referrer::Rule).map(Approver::Group),
            (_, None, None) => {
                self.error_about("document.requirement", text, "is nobody who could approve", || {
                    "write `sponsor`, `owner`, `user:<id>` or `group:<id>`".to_owned()
                });
                None
            }
        }
    }

    fn obligation(&self, item: &ObligationItem) -> Option<Requirement> {
        if !self.written(&item.r#type, item.place, "an obligation", "type") || !self.is_name(&item.r#type) {
            return None;
        }
        let kind = item.r#type.value.as_str();
        let advisory = item.advisory.is_some_and(|a| a.value);
        if let Some(written) = item.advisory.filter(|_| advisory && !matches!(kind, "log" | "label_output")) {
            let message = "only the obligations `log` and `label_output` can be advisory";
            self.error("document.requirement", Place(written.span), message, || {
                "remove `advisory`: an enforcer that does not know this obligation must not go on".to_owned()
            });
        }
        let properties = item.properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Requirement::Obligation { kind: kind.to_owned(), advisory, properties })
    }
}
