//! How does a policy become rules? Its strict reading as heads, CEL conditions and requirements.
//!
//! One policy becomes one rule for each lane that it uses and for each kind of demand: `block` and what rules cannot require become
//! forbids, controls become requirements, session controls an obligation. Heads carry what an index can use; all the rest is
//! CEL. INVARIANT: a lowered rule applies (is true or unknown) wherever the strict reading of its policy applies; `tests/access`
//! compares the two.
//!
//! Left out on purpose: the baseline-scope rule and the bypassed doors of the original system (an engine judges calls, not the
//! issuing of tokens), relaxing session controls, and private browser windows (whoever states `device.compliant` knows).
//!
//! Next room: [`crate::access`].

mod conditions;
mod demands;
mod subjects;
mod targets;

use std::collections::BTreeSet;

use super::policy::{Policy, PolicySet, State};
use crate::pattern::Pattern;
use crate::rule::{Effect, Mode, Requirement, ResourceHead, SubjectHead};

/// One rule that a policy lowers to.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredRule {
    /// Id of the policy.
    pub policy: String,
    /// What tells it from the other rules of the policy, such as `agents/block`.
    pub part: String,
    /// What it says.
    pub effect: Effect,
    /// Whether it counts.
    pub mode: Mode,
    /// Whom it is about; everyone if empty.
    pub subjects: Vec<SubjectHead>,
    /// Tools through which anything is touched; set only if it is about nothing else.
    pub tools: Vec<Pattern>,
    /// Everything that it is about, and perhaps more, which the condition then leaves out; anything if empty.
    pub resources: Vec<ResourceHead>,
    /// When it applies, in CEL; always if none.
    pub when: Option<String>,
    /// What it requires, if it requires.
    pub requirements: Vec<Requirement>,
    /// What a person does about it, where it forbids until a control is met; in explanations only.
    pub remedy: Option<String>,
}

/// The rules that say what the strict reading of a policy says; none if it is off or demands nothing.
#[must_use]
pub fn lower(policy: &Policy, set: &PolicySet) -> Vec<LoweredRule> {
    let mode = match policy.state {
        State::On => Mode::Enforce,
        State::ReportOnly => Mode::ReportOnly,
        State::Off => return Vec::new(),
    };
    let conditions = conditions::of(policy, set);
    let targets = targets::of(&policy.targets, set);
    let mut rules = Vec::new();
    for who in subjects::of(&policy.subjects) {
        for demand in demands::of(policy) {
            let clauses = [who.when.as_ref(), targets.when.as_ref(), demand.when.as_ref()];
            let clauses = clauses.into_iter().flatten().chain(&conditions);
            let when: Vec<&str> = clauses.map(String::as_str).collect();
            rules.push(LoweredRule {
                policy: policy.id.clone(),
                part: format!("{}/{}", who.name, demand.name),
                effect: demand.effect,
                mode,
                subjects: who.heads.clone(),
                tools: targets.tools.clone(),
                resources: targets.resources.clone(),
                when: (!when.is_empty()).then(|| when.join(" && ")),
                requirements: demand.requirements,
                remedy: demand.remedy,
            });
        }
    }
    rules
}

/// A text as a CEL literal.
fn text(text: &str) -> String {
    // JSON escapes are CEL escapes.
    serde_json::Value::from(text).to_string()
}

/// Texts as a CEL list.
fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(text).collect();
    format!("[{}]", texts.join(", "))
}

fn among(path: &str, ids: &BTreeSet<String>) -> Option<String> {
    (!ids.is_empty()).then(|| format!("{path} in {}", list(ids.iter().map(String::as_str))))
}

/// Alternatives; `None` for none.
fn either(alternatives: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let alternatives: Vec<String> = alternatives.into_iter().flatten().collect();
    (!alternatives.is_empty()).then(|| format!("({})", alternatives.join(" || ")))
}
