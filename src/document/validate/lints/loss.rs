//! Members of data-loss policies that decisions do not look at.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span};
use crate::document::validate::Check;
use crate::loss::{Action, Condition, Location, LossPolicies, LossRule, Select};

impl Check<'_> {
    /// Warns about what a decision does not look at.
    pub(in crate::document::validate) fn lint_data_loss(&self, policies: &LossPolicies) {
        let written: BTreeMap<(&str, &str), &LossRule> = policies
            .policies()
            .iter()
            .flat_map(|policy| policy.rules.iter().map(|rule| ((policy.id.as_str(), rule.id.as_str()), rule)))
            .collect();
        let items = self.documents.iter().flat_map(|d| &d.data_loss);
        for item in items {
            let locations = item.locations.as_ref().and_then(|locations| locations.value.0.as_ref());
            let devices = locations.is_some_and(|locations| locations.contains_key(&Location::Devices));
            let listed = locations
                .into_iter()
                .flatten()
                .any(|(_, scope)| matches!(&scope.agents, Select::Only(names) if !names.is_empty()));
            if listed {
                self.ignored(
                    item.place.0,
                    "`agents` narrows nothing here: agents are covered unless they are excluded",
                    "name those that are not meant under `exclude`",
                );
            }
            for rule in &item.rules {
                let place = rule.span;
                let Some(rule) =
                    rule.value.0.as_ref().and_then(|r| written.get(&(item.id.value.as_str(), r.id.as_str())))
                else {
                    continue;
                };
                let ignored = |message: &str, help: &'static str| self.ignored(place, message, help);
                if rule.stop {
                    ignored(
                        "`stop` changes nothing here: all rules count together",
                        "leave it out, or narrow the other rules",
                    );
                }
                if !(devices || rule.activities.is_empty() && rule.authorised.is_empty()) {
                    ignored(
                        "`activities` and `authorised` are about `devices`, which the policy does not cover",
                        "add the location `devices`, or write the condition `activity`",
                    );
                }
                if !devices && rule.action == Action::None {
                    ignored("the rule does nothing", "write `action`, such as `action: block`");
                }
                if bounded_above(&rule.when, true) || rule.except.iter().any(|except| bounded_above(except, false)) {
                    ignored(
                        "`max_count` and `max_confidence` are not looked at here: more findings never restrict less",
                        "leave them out",
                    );
                }
            }
        }
    }

    fn ignored(&self, place: Span, message: &str, help: &'static str) {
        self.sink.warning(|| Diagnostic::warning("lint.data_loss_ignored", place, message.to_owned()).with_help(help));
    }
}

/// Whether an upper bound stands where a true answer restricts.
fn bounded_above(condition: &Condition, widen: bool) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| bounded_above(part, widen)),
        Condition::Not(part) => bounded_above(part, !widen),
        Condition::Sensitive(found) => widen && (found.max_count.is_some() || found.max_confidence.is_some()),
        Condition::Label(_)
        | Condition::RetentionLabel(_)
        | Condition::Classifier(_)
        | Condition::Recipient(_)
        | Condition::Activity(_)
        | Condition::InsiderRisk(_)
        | Condition::Property { .. } => false,
    }
}
