//! Checking policies, and holding them in order.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, RecipientCondition};
use super::{Action, Location, LossPolicy, LossRule, Names};
use crate::limits::Limits;
use crate::protection::Labels;
use crate::sensitive::{Confidence, Scanner, TypeNames};

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// Two policies with one id.
    #[error("the data-loss policy `{0}` is defined twice")]
    DuplicatePolicy(String),
    /// Two rules with one id.
    #[error("the rule `{1}` of the data-loss policy `{0}` is defined twice")]
    DuplicateRule(String, String),
    /// Two policies or two rules with one priority: which wins would be left to chance.
    #[error("`{0}` and another have the priority {1}; each needs its own")]
    SamePriority(String, u32),
    /// A label and a sensitive type in one rule for Copilot.
    #[error("the rule `{0}` looks at a label and at a sensitive type; in the location `copilot` write a rule for each")]
    LabelAndSensitive(String),
    /// A negation or an exception in a rule for Copilot.
    #[error("the rule `{0}` negates; the location `copilot` has no negation")]
    Negation(String),
    /// A rule for Copilot that looks at neither a label nor a sensitive type.
    #[error("the rule `{0}` looks at neither a label nor a sensitive type; the location `copilot` has nothing else")]
    NotForCopilot(String),
    /// Copilot beside other locations.
    #[error("the policy `{0}` covers `copilot` and other locations; write a policy for each")]
    CopilotAndOthers(String),
    /// A label that is not defined.
    #[error("the rule `{0}` names the label `{1}`, which is not defined")]
    UnknownLabel(String, String),
    /// A type that the scanner does not know.
    #[error("the rule `{0}` names the sensitive type `{1}`, which is not defined")]
    UnknownType(String, String),
    /// `all`, `any` or a list without anything in it.
    #[error("the rule `{0}` has an empty list of conditions or values")]
    EmptyCondition(String),
    /// A domain that is none: an address, a list.
    #[error("the rule `{0}` names the domain `{1}`, which is none; write what follows the `@`, such as `example.com`")]
    NotADomain(String, String),
    /// A rule that redacts, and looks for no type.
    #[error("the rule `{0}` redacts and looks for no sensitive type; name what is to be removed")]
    RedactWithoutType(String),
    /// Conditions nested deeper than `Limits::condition_depth`, or more rules than `Limits::rules`.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

impl LossError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DuplicatePolicy(_) => "duplicate_policy",
            Self::DuplicateRule(..) => "duplicate_rule",
            Self::SamePriority(..) => "same_priority",
            Self::LabelAndSensitive(_) => "label_and_sit_cannot_be_combined",
            Self::Negation(_) => "not_is_not_supported",
            Self::NotForCopilot(_) => "condition_not_supported",
            Self::CopilotAndOthers(_) => "copilot_excludes_other_locations",
            Self::UnknownLabel(..) => "unknown_label",
            Self::UnknownType(..) => "unknown_sensitive_type",
            Self::EmptyCondition(_) => "empty_condition",
            Self::NotADomain(..) => "not_a_domain",
            Self::RedactWithoutType(_) => "redact_without_type",
            Self::TooLarge(_) => "too_large",
        }
    }
}

impl LossError {
    /// The rule that it is about; `None` if it is about a policy as a whole.
    pub(crate) fn rule(&self) -> Option<&str> {
        match self {
            Self::DuplicatePolicy(_) | Self::CopilotAndOthers(_) => None,
            Self::DuplicateRule(_, rule)
            | Self::SamePriority(rule, _)
            | Self::LabelAndSensitive(rule)
            | Self::Negation(rule)
            | Self::NotForCopilot(rule)
            | Self::UnknownLabel(rule, _)
            | Self::UnknownType(rule, _)
            | Self::EmptyCondition(rule)
            | Self::NotADomain(rule, _)
            | Self::RedactWithoutType(rule)
            | Self::TooLarge(rule) => Some(rule),
        }
    }
}

/// Policies that have been checked. INVARIANT: by priority, and so are the rules of each; types are named by their ids.
#[derive(Clone, Debug, Default)]
pub struct LossPolicies {
    pub(super) policies: Vec<LossPolicy>,
    pub(super) labels: Labels,
    /// What each type recommends, by id.
    pub(super) recommended: BTreeMap<String, Confidence>,
}

impl LossPolicies {
    /// Checks policies against the labels and types that they may name.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn new(
        mut policies: Vec<LossPolicy>,
        labels: Labels,
        scanner: &Scanner,
        limits: &Limits,
    ) -> Result<Self, Vec<LossError>> {
        let mut errors = Vec::new();
        let mut ids = BTreeSet::new();
        let mut priorities = BTreeSet::new();
        let mut rules = 0usize;
        let types = scanner.names();
        policies.sort_by_key(|policy| policy.priority);
        for policy in &mut policies {
            if !ids.insert(policy.id.clone()) {
                errors.push(LossError::DuplicatePolicy(policy.id.clone()));
            }
            if !priorities.insert(policy.priority) {
                errors.push(LossError::SamePriority(policy.id.clone(), policy.priority));
            }
            rules = rules.saturating_add(policy.rules.len());
            if rules > limits.rules {
                errors.push(LossError::TooLarge(policy.id.clone()));
                break;
            }
            check_policy(policy, &labels, &types, limits, &mut errors);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self::checked(policies, labels, &types))
    }

    /// Policies each of which [`check_policy`] found to be sound, and which do not contradict each other.
    pub(crate) fn checked(mut policies: Vec<LossPolicy>, labels: Labels, types: &TypeNames) -> Self {
        policies.sort_by_key(|policy| policy.priority);
        Self { policies, labels, recommended: types.recommended().clone() }
    }

    /// The policies, by priority; their rules by priority too, with types by their ids.
    #[must_use]
    pub fn policies(&self) -> &[LossPolicy] {
        &self.policies
    }

    /// From which confidence a rule counts findings of each type if it does not say, by id.
    pub(crate) const fn recommended(&self) -> &BTreeMap<String, Confidence> {
        &self.recommended
    }
}

/// Checks one policy by itself; orders its rules, and puts ids in place of aliases.
pub(crate) fn check_policy(
    policy: &mut LossPolicy,
    labels: &Labels,
    types: &TypeNames,
    limits: &Limits,
    errors: &mut Vec<LossError>,
) {
    let copilot = policy.locations.contains_key(&Location::Copilot);
    if copilot && policy.locations.len() > 1 {
        errors.push(LossError::CopilotAndOthers(policy.id.clone()));
    }
    let mut ids = BTreeSet::new();
    let mut priorities = BTreeSet::new();
    policy.rules.sort_by_key(|rule| rule.priority);
    for rule in &mut policy.rules {
        if !ids.insert(rule.id.clone()) {
            errors.push(LossError::DuplicateRule(policy.id.clone(), rule.id.clone()));
        }
        if !priorities.insert(rule.priority) {
            errors.push(LossError::SamePriority(rule.id.clone(), rule.priority));
        }
        let LossRule { id, when, except, action, activities, .. } = rule;
        let mut visit = Visit { rule: id, labels, types, errors };
        let small =
            core::iter::once(&mut *when).chain(except.iter_mut()).all(|c| visit.check(c, limits.condition_depth));
        if !small {
            errors.push(LossError::TooLarge(id.clone()));
            continue;
        }
        let redacts = *action == Action::Redact || activities.values().any(|action| *action == Action::Redact);
        let mut kinds = Names::new();
        when.kinds(&mut kinds);
        if redacts && kinds.is_empty() {
            errors.push(LossError::RedactWithoutType(id.clone()));
        }
        if copilot {
            check_copilot(rule, errors);
        }
    }
}

fn check_copilot(rule: &LossRule, errors: &mut Vec<LossError>) {
    let has = |is: fn(&Condition) -> bool| rule.when.any_part(&is);
    let label = has(|c| matches!(c, Condition::Label(_)));
    let sensitive = has(|c| matches!(c, Condition::Sensitive(_)));
    if label && sensitive {
        errors.push(LossError::LabelAndSensitive(rule.id.clone()));
    }
    if !label && !sensitive {
        errors.push(LossError::NotForCopilot(rule.id.clone()));
    }
    if !rule.except.is_empty() || has(|c| matches!(c, Condition::Not(_))) {
        errors.push(LossError::Negation(rule.id.clone()));
    }
}

struct Visit<'a> {
    rule: &'a str,
    labels: &'a Labels,
    types: &'a TypeNames,
    errors: &'a mut Vec<LossError>,
}

impl Visit<'_> {
    /// Checks names and puts ids in place of aliases. False if the condition is nested too deep.
    fn check(&mut self, condition: &mut Condition, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let empty = match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                if !parts.iter_mut().all(|part| self.check(part, depth)) {
                    return false;
                }
                parts.is_empty()
            }
            Condition::Not(part) => return self.check(part, depth),
            Condition::Label(label) => {
                for id in label.any_of.iter().filter(|id| self.labels.get(id).is_none()) {
                    self.errors.push(LossError::UnknownLabel(self.rule.to_owned(), id.clone()));
                }
                label.any_of.is_empty()
            }
            Condition::Sensitive(sensitive) => {
                match self.types.resolve(&sensitive.kind) {
                    Some(id) => id.clone_into(&mut sensitive.kind),
                    None => {
                        let kind = sensitive.kind.clone();
                        self.errors.push(LossError::UnknownType(self.rule.to_owned(), kind));
                    }
                }
                false
            }
            Condition::RetentionLabel(names) | Condition::Classifier(names) => names.is_empty(),
            Condition::Property { any_of, .. } => any_of.is_empty(),
            Condition::Activity(activities) => activities.is_empty(),
            Condition::InsiderRisk(levels) => levels.is_empty(),
            Condition::Recipient(recipient) => {
                let (domains, empty) = match recipient {
                    RecipientCondition::Domain(names) => (Some(&*names), names.is_empty()),
                    RecipientCondition::Outside(names) => (Some(&*names), false),
                    RecipientCondition::AnyOf(names) => (None, names.is_empty()),
                };
                let wrong = |name: &&String| name.is_empty() || name.contains(['@', ',', ';', ' ']);
                for name in domains.into_iter().flatten().filter(wrong) {
                    self.errors.push(LossError::NotADomain(self.rule.to_owned(), name.clone()));
                }
                empty
            }
        };
        if empty {
            self.errors.push(LossError::EmptyCondition(self.rule.to_owned()));
        }
        true
    }
}
