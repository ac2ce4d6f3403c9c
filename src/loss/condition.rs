//! What a rule looks at, in three truth values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Content, Event, LabelFact};
use super::{Activity, Names};
use crate::condition::Truth;
use crate::condition::kleene::{all, any, not, truth};
use crate::protection::{LabelId, Labels};
use crate::reading::Reading;
use crate::sensitive::Confidence;

/// How risky the subject is from within. Source: Purview adaptive protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InsiderRisk {
    /// Not at all.
    None,
    /// A little.
    Minor,
    /// Noticeably.
    Moderate,
    /// Much.
    Elevated,
}

/// Content has a label. Strictly read: one of these *or a more sensitive one*, or none at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelCondition {
    /// The labels' ids.
    pub any_of: Names,
}

/// Content holds texts of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitiveCondition {
    /// Id or alias of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many different ones at least.
    #[serde(default = "one")]
    pub min_count: usize,
    /// How many at most. Strictly read, more never match less, so this is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_count: Option<usize>,
    /// How sure at least. If not said: what the type recommends; strictly read, any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<Confidence>,
    /// How sure at most. Strictly read not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_confidence: Option<Confidence>,
}

fn one() -> usize {
    1
}

impl SensitiveCondition {
    /// At least one text of a type.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), min_count: 1, max_count: None, min_confidence: None, max_confidence: None }
    }
}

/// Content goes to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipientCondition {
    /// Somebody in one of these domains.
    Domain(Names),
    /// Somebody outside all of these domains; an address without a domain is outside.
    Outside(Names),
    /// One of these.
    #[serde(rename = "any_of", alias = "any-of")]
    AnyOf(Names),
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Condition {
    /// All of these hold.
    All(Vec<Condition>),
    /// Any of these holds.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// Content has a label.
    Label(LabelCondition),
    /// Content holds texts of a type.
    Sensitive(SensitiveCondition),
    /// Content has one of these retention labels.
    RetentionLabel(Names),
    /// A trainable classifier recognised content.
    Classifier(Names),
    /// Content goes to somebody.
    Recipient(RecipientCondition),
    /// One of these is done.
    Activity(Vec<Activity>),
    /// The subject's insider risk is one of these. Strictly read: at least the least of these.
    InsiderRisk(Vec<InsiderRisk>),
    /// A property of content has one of these values.
    Property {
        /// Its name.
        name: String,
        /// The values.
        any_of: Names,
    },
}

/// A fact that may be unknown.
fn known<T>(fact: Option<T>, holds: impl FnOnce(T) -> bool) -> Truth {
    fact.map_or(Truth::Unknown, |fact| truth(holds(fact)))
}

/// What a condition is judged by.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) labels: &'a Labels,
    pub(super) recommended: &'a BTreeMap<String, Confidence>,
    pub(super) event: &'a Event<'a>,
    pub(super) reading: Reading,
}

impl Condition {
    /// Whether this or any part of it is so.
    pub(super) fn any_part(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any_part(is)),
                Self::Not(part) => part.any_part(is),
                Self::Label(_)
                | Self::Sensitive(_)
                | Self::RetentionLabel(_)
                | Self::Classifier(_)
                | Self::Recipient(_)
                | Self::Activity(_)
                | Self::InsiderRisk(_)
                | Self::Property { .. } => false,
            }
    }

    /// The ids of the types that it looks for.
    pub(super) fn kinds(&self, into: &mut Names) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.kinds(into)),
            Self::Sensitive(sensitive) => {
                into.insert(sensitive.kind.clone());
            }
            Self::Not(_)
            | Self::Label(_)
            | Self::RetentionLabel(_)
            | Self::Classifier(_)
            | Self::Recipient(_)
            | Self::Activity(_)
            | Self::InsiderRisk(_)
            | Self::Property { .. } => {}
        }
    }

    /// Whether it holds. `widen` says that a true answer restricts: strictly read, thresholds then reach upwards. Under a
    /// negation and in exceptions a true answer frees, and everything means what it says.
    ///
    /// INVARIANT: strictly read and outside negations, a higher label, more findings, a higher risk never turn true into
    /// false.
    pub(super) fn holds(&self, judge: Judge<'_>, widen: bool) -> Truth {
        let strict = widen && judge.reading == Reading::Strict;
        let event = judge.event;
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.holds(judge, widen))),
            Self::Any(parts) => any(parts.iter().map(|part| part.holds(judge, widen))),
            Self::Not(part) => not(part.holds(judge, !widen)),
            Self::Label(condition) => condition.holds(judge.labels, event.content.label, strict),
            Self::Sensitive(condition) => condition.holds(&event.content, strict, judge),
            Self::RetentionLabel(names) => known(event.content.retention_label, |label| names.contains(label)),
            Self::Classifier(names) => {
                known(event.content.classifiers.as_ref(), |found| found.iter().any(|name| names.contains(*name)))
            }
            Self::Recipient(condition) => known(event.recipients.as_ref(), |recipients| {
                recipients.iter().any(|recipient| condition.means(recipient.address))
            }),
            Self::Activity(activities) => known(event.activity, |activity| activities.contains(&activity)),
            Self::InsiderRisk(levels) => known(event.insider_risk, |risk| {
                levels.contains(&risk) || (strict && levels.iter().min().is_some_and(|least| risk >= *least))
            }),
            Self::Property { name, any_of } => {
                known(event.content.properties.get(name.as_str()), |value| any_of.contains(*value))
            }
        }
    }
}

impl LabelCondition {
    fn holds(&self, labels: &Labels, fact: LabelFact, strict: bool) -> Truth {
        let listed = |label: LabelId| self.any_of.contains(labels.id(label));
        let least = || self.any_of.iter().filter_map(|id| labels.get(id)).min();
        match fact {
            LabelFact::Unknown => Truth::Unknown,
            LabelFact::Unlabelled => truth(strict),
            LabelFact::Label(label) => truth(listed(label) || (strict && least().is_some_and(|least| label >= least))),
        }
    }
}

impl SensitiveCondition {
    fn holds(&self, content: &Content<'_>, strict: bool, judge: Judge<'_>) -> Truth {
        // What is only perhaps found may restrict; it must not free, so the recommended threshold stays where a true answer frees.
        let recommended = || judge.recommended.get(&self.kind).copied().filter(|_| !strict);
        let least = self.min_confidence.or_else(recommended);
        let sure = |confidence: Confidence| {
            least.is_none_or(|least| confidence >= least)
                && (strict || self.max_confidence.is_none_or(|most| confidence <= most))
        };
        known(content.sensitive.as_ref(), |counts| {
            let counted = counts.iter().filter(|c| c.kind == self.kind && sure(c.confidence));
            let count = counted.fold(0usize, |sum, counted| sum.saturating_add(counted.count));
            count >= self.min_count && (strict || self.max_count.is_none_or(|most| count <= most))
        })
    }
}

impl RecipientCondition {
    fn means(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        let in_any =
            |names: &Names| domain.is_some_and(|domain| names.iter().any(|name| name.eq_ignore_ascii_case(domain)));
        match self {
            Self::Domain(names) => in_any(names),
            Self::Outside(names) => !in_any(names),
            Self::AnyOf(names) => names.iter().any(|name| name.eq_ignore_ascii_case(address)),
        }
    }
}
