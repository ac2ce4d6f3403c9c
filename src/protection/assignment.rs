//! How a label came to an item decides what may replace it.

use serde::{Deserialize, Serialize};

use super::Reading;
use super::labels::{Formats, LabelId, Labels};

/// How a label came to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Somebody chose it.
    Manual,
    /// Found by content.
    Automatic,
    /// Given because there was none.
    Default,
    /// Taken over from what the item was made of. Replaced like an automatic one.
    Inherited,
}

/// Who changes a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Human,
    /// An agent, and the person who approved this change, if one did. The host vouches that it is a person.
    Agent {
        /// Who approved.
        approved_by: Option<String>,
    },
}

impl Author {
    /// Whether a person answers for the change.
    #[must_use]
    pub fn is_answered_for(&self) -> bool {
        match self {
            Self::Human => true,
            Self::Agent { approved_by } => approved_by.is_some(),
        }
    }
}

/// The label of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelState {
    /// Which.
    pub label: LabelId,
    /// How it came there.
    pub method: Method,
    /// Who put it there.
    pub author: Author,
    /// The reason that was given for it, if it was lower than what it replaced or than what the item was made of.
    pub justification: Option<String>,
}

impl LabelState {
    /// A label that a person put there, or a process for one, without a reason.
    #[must_use]
    pub fn new(label: LabelId, method: Method) -> Self {
        Self { label, method, author: Author::Human, justification: None }
    }

    /// Whether a person has given a reason for this very label: the only thing that holds against what the data says.
    fn is_justified(&self) -> bool {
        self.method == Method::Manual && self.author.is_answered_for() && is_reason(self.justification.as_deref())
    }
}

/// Whether a text is a reason at all.
fn is_reason(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// Where a new label comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A label policy's default.
    PolicyDefault,
    /// The default of the place where the item is saved.
    LibraryDefault,
    /// Found by content.
    Automatic {
        /// Whether the process may replace a manual label (an option of mail rules).
        override_manual: bool,
    },
    /// The attachments of an e-mail.
    Attachment,
    /// What an AI made the item from.
    Derived,
    /// An item upstream in a data pipeline.
    Downstream,
    /// Somebody's choice.
    Manual {
        /// Who.
        author: Author,
        /// The reason given.
        justification: Option<String>,
        /// Whether the label policy asks for a reason for a lower label.
        justification_required: bool,
    },
}

/// A new label, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Which.
    pub label: LabelId,
    /// From where.
    pub source: Source,
}

/// What becomes of a new label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replacement {
    /// The item had none; it has the new one now.
    Applied,
    /// The new one replaces the old one.
    Replaced,
    /// The old one stays.
    Kept,
    /// Nothing changes until a reason is given.
    JustificationRequired,
    /// Nothing changes until a person approves: strict reading, for agents.
    ApprovalRequired,
    /// The label cannot be put on items (a parent, an inactive label, another format). Nothing changes.
    NotApplied,
}

impl Replacement {
    /// Whether the item carries the new label afterwards.
    #[must_use]
    pub fn takes_effect(self) -> bool {
        matches!(self, Self::Applied | Self::Replaced)
    }
}

/// What becomes of a new label on an item: the replacement table of Purview.
///
/// | incoming \ existing | none | default | automatic or inherited, lower | same or higher | manual |
/// | --- | --- | --- | --- | --- | --- |
/// | policy default | apply | keep | keep | keep | keep |
/// | library default | apply | if higher | replace | keep | keep |
/// | automatic | apply | if higher | replace | keep | keep, or if higher with the option |
/// | attachment, derived, downstream | apply | if higher | replace | keep | keep |
/// | manual | apply | replace | replace | replace, with a reason if lower | replace, with a reason if lower |
///
/// Strictly read, what the data says (automatic, attachment, derived, downstream) also replaces a lower manual label, unless a
/// person gave a reason for it; a lower manual label always needs a reason, and from an agent a person's approval as well.
#[must_use]
pub fn may_replace(
    labels: &Labels,
    existing: Option<&LabelState>,
    incoming: &Incoming,
    formats: Formats,
    reading: Reading,
) -> Replacement {
    if !labels.is_appliable(incoming.label, formats) {
        return Replacement::NotApplied;
    }
    let Some(existing) = existing else { return Replacement::Applied };
    let if_higher = if incoming.label > existing.label { Replacement::Replaced } else { Replacement::Kept };
    let by_data = |override_manual: bool| match (existing.method, reading) {
        (Method::Default | Method::Automatic | Method::Inherited, _) => if_higher,
        (Method::Manual, Reading::Strict) if !existing.is_justified() => if_higher,
        (Method::Manual, Reading::Faithful | Reading::Strict) if override_manual => if_higher,
        (Method::Manual, Reading::Faithful | Reading::Strict) => Replacement::Kept,
    };
    match &incoming.source {
        Source::PolicyDefault => Replacement::Kept,
        Source::LibraryDefault => match existing.method {
            Method::Manual => Replacement::Kept,
            Method::Default | Method::Automatic | Method::Inherited => if_higher,
        },
        Source::Automatic { override_manual } => by_data(*override_manual),
        Source::Attachment | Source::Derived | Source::Downstream => by_data(false),
        Source::Manual { .. } => change_label(labels, Some(existing), Some(incoming.label), &incoming.source, reading),
    }
}

/// What becomes of somebody's choice of a label, or of removing it (`to` is `None`, which is lower than every label). A
/// `source` that is not [`Source::Manual`] removes nothing.
///
/// Faithfully read, a lower label needs a reason where the policy asks for one and something other than a default is
/// replaced; between sublabels of one parent it never does.
#[must_use]
pub fn change_label(
    labels: &Labels,
    from: Option<&LabelState>,
    to: Option<LabelId>,
    source: &Source,
    reading: Reading,
) -> Replacement {
    let Source::Manual { author, justification, justification_required } = source else { return Replacement::Kept };
    if to.is_some_and(|to| !labels.is_appliable(to, Formats::ALL)) {
        return Replacement::NotApplied;
    }
    let Some(from) = from else { return if to.is_some() { Replacement::Applied } else { Replacement::Kept } };
    if to >= Some(from.label) {
        return if to == Some(from.label) { Replacement::Kept } else { Replacement::Replaced };
    }
    let asks = match reading {
        Reading::Strict => true,
        Reading::Faithful => {
            let siblings = to.is_some_and(|to| labels.are_siblings(from.label, to));
            *justification_required && !siblings && from.method != Method::Default
        }
    };
    if asks && !is_reason(justification.as_deref()) {
        return Replacement::JustificationRequired;
    }
    if reading == Reading::Strict && !author.is_answered_for() {
        return Replacement::ApprovalRequired;
    }
    Replacement::Replaced
}

/// Which of several labels found by content is put on an item that carries `existing`: the most sensitive that can be
/// (sublabels of one parent have an order as well, so the last of them). `None` to change nothing.
///
/// Faithfully read, and only in the client, an item with a sublabel of a parent keeps it if another sublabel of the same
/// parent is found.
#[must_use]
pub fn automatic_label(
    labels: &Labels,
    existing: Option<LabelId>,
    found: &[LabelId],
    formats: Formats,
    in_client: bool,
    reading: Reading,
) -> Option<LabelId> {
    let best = found.iter().copied().filter(|label| labels.is_appliable(*label, formats)).max()?;
    let siblings = existing.is_some_and(|existing| labels.are_siblings(existing, best));
    if siblings && in_client && reading == Reading::Faithful {
        return None;
    }
    Some(best)
}
