//! Which sensitivity label does an item carry, which label may replace it, and who may do what with what it protects?
//!
//! [`crate::label`] is the lattice that decisions are computed with; this room is how organisations use labels: formats and
//! protection ([`Labels`]), how a label came to an item and what may replace it ([`may_replace`]), label policies
//! ([`effective_settings`]), what output inherits ([`compute_inheritance`]), what foreign labels count as ([`LabelMap`]), usage rights ([`UsageRights`]) and exposure
//! ([`exposure`]). [`Labels::taxonomy`] is the way from here to the lattice.
//!
//! Everything comes in two [readings](Reading). *Faithful* answers what Microsoft Purview would; *strict* is what this
//! library stands for.
//!
//! INVARIANT (law 8), strict reading: no output is below any input unless a human justified it, an unlabelled input is above
//! every label, and where no label can be as high as it must, the answer is an error and never "unlabelled".
//!
//! ```
//! use placet::protection::{Formats, Labels, Reading, SensitivityLabel, compute_inheritance};
//! let labels = Labels::new(["general", "secret"].iter().zip(1..).map(|(id, n)| SensitivityLabel::new(id, n)).collect())?;
//! let inputs = [labels.get("secret"), labels.get("general")];
//! let output = compute_inheritance(&labels, &inputs, Formats::FILE, Reading::Strict).unwrap();
//! assert_eq!(output.label, labels.get("secret"));
//! # Ok::<(), placet::protection::LabelsError>(())
//! ```
//!
//! Source: Microsoft Purview sensitivity labels, Graph `computeInheritance` and `usageRights`. Next room: [`crate::loss`].

mod assignment;
mod exchange;
pub mod exposure;
mod inheritance;
mod labels;
mod policy;
mod rights;

pub use crate::reading::Reading;
pub use assignment::{
    Author, Incoming, LabelState, Method, Replacement, Source, automatic_label, change_label, may_replace,
};
pub use exchange::{ExchangeError, LabelMap, agree};
pub use inheritance::{
    AgentLabels, Attachment, DOWNSTREAM_ITEMS, Embedded, EmbeddedFile, Inheritance, InheritanceError, Lineage,
    agent_labels, attachment_label, compute_inheritance, in_container, propagate,
};
pub use labels::{ContentFormat, Formats, LabelId, Labels, LabelsError, Protection, SensitivityLabel};
pub use policy::{Effective, LabelPolicy, PolicyError, Setting, effective_settings};
pub use rights::{
    AiUse, Audience, Content, Decoded, Grant, RightsAndInheritance, Subject, SubjectKind, UsageRights, ai_use,
    rights_and_inheritance,
};
