//! What does an organisation say about flows as a whole? The `flow` member of its documents.
//!
//! INVARIANT: a policy without it has no approvers, so that whatever a session holds up stays held up.
//!
//! Next room: `task`.

use std::sync::Arc;

use super::lattice::Lattice;
use super::part::{Confidentiality, FlowLabel};
use super::words::Words;
use crate::diagnostic::Span;
use crate::label::Label;
use crate::rule::Approver;

/// A ready policy over what a session has done so far: what takes all its parts together waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ready {
    /// Untrusted input, sensitive data, and a change of the world or anything sent. Source: Meta, 2025-10-31.
    RuleOfTwo,
    /// Untrusted input, sensitive data, and anything sent. Source: S. Willison, 2025.
    LethalTrifecta,
}

impl Ready {
    /// All of them, with their names in documents.
    pub const ALL: [(&'static str, Self); 2] =
        [("rule_of_two", Self::RuleOfTwo), ("lethal_trifecta", Self::LethalTrifecta)];
}

/// What holds for all flows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The names of its labels.
    pub words: Arc<Words>,
    /// The label of what the user says.
    pub prompt: FlowLabel,
    /// What sessions may come to see, unless the host says otherwise: the confidentiality of their clearance.
    pub clearance: Confidentiality,
    /// Who may consent to what is held up.
    pub approvers: Vec<Approver>,
    /// What approvers may see.
    pub approver_clearance: Confidentiality,
    /// Ready policies that hold.
    pub ready: Vec<Ready>,
    /// From which label on data is sensitive, for ready policies.
    pub sensitive: Option<Label>,
    /// Whether calls of tools without a session are denied.
    pub requires_session: bool,
    /// Where it stands.
    pub span: Span,
}

impl Default for Policy {
    fn default() -> Self {
        let words = Words::new(crate::label::Taxonomy::default(), &[], Vec::new(), &[], 0);
        let trust = words.trust("user").unwrap_or(Lattice::TOP);
        Self {
            words: Arc::new(words),
            prompt: FlowLabel { integrity: super::Integrity { trust, ..Lattice::BOTTOM }, ..FlowLabel::TOP },
            clearance: Confidentiality::TOP,
            approvers: Vec::new(),
            approver_clearance: Confidentiality::BOTTOM,
            ready: Vec::new(),
            sensitive: None,
            requires_session: false,
            span: Span::default(),
        }
    }
}

impl Policy {
    /// Whether data with this label is sensitive. Where the policy does not say from where on, everything is.
    #[must_use]
    pub fn is_sensitive(&self, label: &FlowLabel) -> bool {
        self.sensitive.is_none_or(|from| from.flows_to(label.confidentiality.label))
    }
}
