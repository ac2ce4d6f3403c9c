//! Label policies: several apply to one person; each setting comes from one of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Reading;
use super::labels::ContentFormat;

/// A label policy as it reaches one person. A setting that is not written is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelPolicy {
    /// The LARGER wins, setting by setting. Unique.
    pub order: i64,
    /// The labels that it publishes.
    pub labels: BTreeSet<String>,
    /// The label of new items, by what they are.
    #[serde(rename = "default")]
    pub default_label: BTreeMap<ContentFormat, String>,
    /// Whether an item must have a label.
    pub mandatory: Option<bool>,
    /// Whether a lower label, or none, needs a reason.
    pub justification: Option<bool>,
    /// Whether e-mail takes the label of its attachments by itself (or only recommends it).
    pub inherit_attachments: Option<bool>,
    /// Where people find help.
    pub help: Option<String>,
}

/// A setting and the order of the policy that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What holds.
    pub value: T,
    /// The order of the policy that says so.
    pub from: i64,
}

/// What holds for one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// The labels of all policies.
    pub labels: BTreeSet<String>,
    /// The label of new items.
    pub default_label: BTreeMap<ContentFormat, Setting<String>>,
    /// Whether an item must have a label.
    pub mandatory: Option<Setting<bool>>,
    /// Whether a lower label, or none, needs a reason.
    pub justification: Option<Setting<bool>>,
    /// Whether e-mail takes the label of its attachments by itself.
    pub inherit_attachments: Option<Setting<bool>>,
    /// Where people find help.
    pub help: Option<Setting<String>>,
}

/// Why policies cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Two policies with one order: which wins would be left to chance.
    #[error("two label policies have the order {0}; each needs its own")]
    SameOrder(i64),
}

/// Puts a person's policies together: the union of the labels; of each setting, what the policy with the LARGEST order says that
/// sets it. Strictly read, a demand (`mandatory`, `justification`, `inherit_attachments`) of any policy holds: adding a policy
/// never lifts one.
///
/// # Errors
/// Two policies with one order.
pub fn effective_settings(policies: &[LabelPolicy], reading: Reading) -> Result<Effective, PolicyError> {
    let mut ordered: Vec<&LabelPolicy> = policies.iter().collect();
    ordered.sort_by_key(|policy| policy.order);
    let mut effective = Effective::default();
    let mut before = None;
    for policy in ordered {
        let from = policy.order;
        if before.replace(from) == Some(from) {
            return Err(PolicyError::SameOrder(from));
        }
        effective.labels.extend(policy.labels.iter().cloned());
        for (format, label) in &policy.default_label {
            effective.default_label.insert(*format, Setting { value: label.clone(), from });
        }
        demand(&mut effective.mandatory, policy.mandatory, from, reading);
        demand(&mut effective.justification, policy.justification, from, reading);
        demand(&mut effective.inherit_attachments, policy.inherit_attachments, from, reading);
        if let Some(help) = &policy.help {
            effective.help = Some(Setting { value: help.clone(), from });
        }
    }
    Ok(effective)
}

/// Takes over a setting from a policy of higher order.
fn demand(setting: &mut Option<Setting<bool>>, value: Option<bool>, from: i64, reading: Reading) {
    let Some(value) = value else { return };
    let lifts = !value && setting.as_ref().is_some_and(|setting| setting.value);
    if !(lifts && reading == Reading::Strict) {
        *setting = Some(Setting { value, from });
    }
}
