//! What output inherits from what it is made of.

use super::assignment::{Incoming, LabelState, Replacement, Source, may_replace};
use super::labels::{Formats, LabelId, Labels};
use super::rights::UsageRights;
use super::{Protection, Reading};

/// Items downstream that a label reaches at most, faithfully read. Source: Fabric downstream inheritance.
pub const DOWNSTREAM_ITEMS: usize = 80;

/// Why output can have no label. Never read it as "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum InheritanceError {
    /// No input's label can be put on the output. Graph answers 400 or 404.
    #[error("no label of the inputs can be put on the output")]
    NoApplicableLabel,
    /// Strict: no label at least as sensitive as the inputs can be put on the output.
    #[error("no label as sensitive as the inputs can be put on the output")]
    NoneHighEnough,
    /// Strict: an input has no label, which is above every label.
    #[error("an input has no label")]
    Unlabelled,
}

impl InheritanceError {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoApplicableLabel => "no_applicable_label",
            Self::NoneHighEnough => "no_label_high_enough",
            Self::Unlabelled => "unlabelled_input",
        }
    }
}

/// What output inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inheritance {
    /// The label; `None` only if there was nothing to inherit from.
    pub label: Option<LabelId>,
    /// The inputs that carry the most sensitive label, by place.
    pub decided_by: Vec<usize>,
    /// Labels of inputs above the output's: sensitivity that the output does not carry. Always empty strictly read.
    pub lost: Vec<LabelId>,
}

/// What output in one of `formats` inherits from `inputs` (`None` is an input without a label).
///
/// Faithful (Graph `computeInheritance`): of the labels that can be put on one of the formats the most sensitive; an error if
/// none can. Strict: the least label that is at least as sensitive as every input and can be put on one of the formats; a label
/// that is no longer given to items is rounded up as well.
///
/// # Errors
/// If the output can have no label.
pub fn compute_inheritance(
    labels: &Labels,
    inputs: &[Option<LabelId>],
    formats: Formats,
    reading: Reading,
) -> Result<Inheritance, InheritanceError> {
    if reading == Reading::Strict && inputs.iter().any(Option::is_none) {
        return Err(InheritanceError::Unlabelled);
    }
    let Some(highest) = inputs.iter().flatten().max().copied() else { return Ok(Inheritance::default()) };
    let applies = |label: &LabelId| labels.definition(*label).is_some_and(|label| label.formats.intersects(formats));
    let label = match reading {
        Reading::Faithful => {
            inputs.iter().flatten().copied().filter(applies).max().ok_or(InheritanceError::NoApplicableLabel)?
        }
        Reading::Strict => labels.at_least(highest, formats).ok_or(InheritanceError::NoneHighEnough)?,
    };
    let decided_by = (0..).zip(inputs).filter(|(_, input)| **input == Some(highest)).map(|(place, _)| place).collect();
    let mut lost: Vec<LabelId> = inputs.iter().flatten().copied().filter(|input| *input > label).collect();
    lost.sort_unstable();
    lost.dedup();
    Ok(Inheritance { label: Some(label), decided_by, lost })
}

/// What a run of an agent has touched, and what its output inherits: labels within a run only rise.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    items: Vec<String>,
    labels: Vec<Option<LabelId>>,
}

impl Lineage {
    /// Records that the run read an item.
    pub fn touch(&mut self, item: &str, label: Option<LabelId>) {
        self.items.push(item.to_owned());
        self.labels.push(label);
    }

    /// What output inherits now.
    ///
    /// # Errors
    /// If it can have no label.
    pub fn output(&self, labels: &Labels, formats: Formats, reading: Reading) -> Result<Inheritance, InheritanceError> {
        compute_inheritance(labels, &self.labels, formats, reading)
    }

    /// The items that decided an inheritance.
    pub fn deciding<'a>(&'a self, inheritance: &'a Inheritance) -> impl Iterator<Item = &'a str> {
        inheritance.decided_by.iter().filter_map(|place| self.items.get(*place)).map(String::as_str)
    }
}

/// An attachment of an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its label.
    pub label: Option<LabelId>,
    /// Whether the file is in the message; a link to a file brings nothing.
    pub physical: bool,
}

/// The label that an e-mail inherits from its attachments: the most sensitive of the physical ones among those that are
/// published to the sender for e-mail. Put it on the message with [`may_replace`] and [`Source::Attachment`].
///
/// # Errors
/// Strict: an attachment without a label, or one whose label the sender cannot put on e-mail nor any higher.
pub fn attachment_label(
    labels: &Labels,
    attachments: &[Attachment],
    published: impl Fn(LabelId) -> bool,
    reading: Reading,
) -> Result<Option<LabelId>, InheritanceError> {
    let physical = attachments.iter().filter(|attachment| attachment.physical);
    let inputs: Vec<Option<LabelId>> = physical.map(|attachment| attachment.label).collect();
    let usable = |label: &LabelId| published(*label) && labels.is_appliable(*label, Formats::EMAIL);
    match reading {
        Reading::Faithful => Ok(inputs.into_iter().flatten().filter(usable).max()),
        Reading::Strict => {
            if inputs.iter().any(Option::is_none) {
                return Err(InheritanceError::Unlabelled);
            }
            let Some(highest) = inputs.into_iter().flatten().max() else { return Ok(None) };
            let label = labels.iter().find(|label| *label >= highest && usable(label));
            label.map(Some).ok_or(InheritanceError::NoneHighEnough)
        }
    }
}

/// The labels of an agent that has files embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentLabels {
    /// The agent's own: who may use it needs EXTRACT on that.
    pub content: Option<LabelId>,
    /// An answer's.
    pub response: Option<LabelId>,
}

/// The labels of an agent with embedded files and of an answer for which it used other sources as well. `None` among the
/// inputs is an unlabelled one; strictly read it is above every label, that is an error.
///
/// # Errors
/// Strict: an unlabelled file or source.
pub fn agent_labels(
    embedded: &[Option<LabelId>],
    tenant_default: Option<LabelId>,
    sources: &[Option<LabelId>],
    reading: Reading,
) -> Result<AgentLabels, InheritanceError> {
    let unlabelled = embedded.iter().chain(sources).any(Option::is_none);
    if reading == Reading::Strict && unlabelled {
        return Err(InheritanceError::Unlabelled);
    }
    let content = embedded.iter().copied().chain([tenant_default]).flatten().max();
    let response = sources.iter().copied().chain([content]).flatten().max();
    Ok(AgentLabels { content, response })
}

/// A file that somebody wants to embed in an agent.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedFile<'a> {
    /// What protects it.
    pub protection: &'a Protection,
    /// What the builder of the agent may do with it.
    pub builder: UsageRights,
    /// Whether another organisation encrypted it.
    pub foreign: bool,
    /// Whether it has a password.
    pub password: bool,
}

/// What becomes of such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Embedded {
    /// It is knowledge of the agent.
    Used,
    /// It is kept and never used.
    Unused,
    /// The agent is not created. Purview says nothing; this library says so.
    Failed,
    /// It is refused with an error.
    Rejected,
}

impl EmbeddedFile<'_> {
    /// What becomes of the file. Source: Purview on agents with embedded files.
    #[must_use]
    pub fn outcome(&self) -> Embedded {
        if self.password {
            return Embedded::Rejected;
        }
        if self.foreign {
            return Embedded::Unused;
        }
        match self.protection {
            Protection::DoubleKey => Embedded::Unused,
            Protection::UserDefined => Embedded::Failed,
            Protection::None => Embedded::Used,
            Protection::AdminDefined(_) if self.builder.contains(UsageRights::EXTRACT) => Embedded::Used,
            Protection::AdminDefined(_) => Embedded::Failed,
        }
    }
}

/// How sensitive an item in a container (site, team, notebook) counts: faithfully its own label alone, strictly the higher of both.
#[must_use]
pub fn in_container(item: Option<LabelId>, container: Option<LabelId>, reading: Reading) -> Option<LabelId> {
    match reading {
        Reading::Faithful => item,
        // An item without a label is above every label, whatever it lies in.
        Reading::Strict => item.map(|item| container.map_or(item, |container| item.max(container))),
    }
}

/// Carries the most sensitive of several upstream labels to items downstream, in order. Faithfully read, items beyond
/// [`DOWNSTREAM_ITEMS`] keep what they have.
#[must_use]
pub fn propagate(
    labels: &Labels,
    upstream: &[LabelId],
    items: &[Option<LabelState>],
    reading: Reading,
) -> Vec<Replacement> {
    let Some(label) = upstream.iter().max().copied() else { return vec![Replacement::Kept; items.len()] };
    let incoming = Incoming { label, source: Source::Downstream };
    let reached = |place: usize| reading == Reading::Strict || place < DOWNSTREAM_ITEMS;
    let outcome = |(place, item): (usize, &Option<LabelState>)| {
        if reached(place) {
            may_replace(labels, item.as_ref(), &incoming, Formats::ALL, reading)
        } else {
            Replacement::Kept
        }
    };
    items.iter().enumerate().map(outcome).collect()
}
