//! What does a request itself say of what its session has seen? A flow in one statement, for hosts that keep a label and no [`Session`].
//!
//! A [`Stated`] flow is a session that remembers nothing but its label: it is judged as every session is, by the same checks.
//!
//! INVARIANT: what is not stated is top, and a flow that is stated never lets through what would not be let through without it. Beside a
//! [`Session`] that the host keeps as well it only restricts: its labels join, and what it says in favour of a call does not count.
//!
//! Next room: `mapping`.

use super::check::{Input, Inputs};
use super::lattice::Lattice;
use super::part::FlowLabel;
use super::policy::Policy;
use super::session::{History, Session};
use crate::name::UserId;
use crate::time::Timestamp;

/// A consent as a request states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedConsent {
    /// To what: [`super::Ask::id`].
    pub ask: Box<str>,
    /// Who gave it.
    pub by: UserId,
    /// From when.
    pub start: Timestamp,
    /// Until when, this moment excluded.
    pub end: Timestamp,
}

/// What a request says of its flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// Whose words its labels are: [`super::Words::stamp`].
    pub stamp: u64,
    /// The label of all that the model has seen; the user's words join it. `None`: nobody says. What it would say is unknown to
    /// conditions, and top to all else.
    pub label: Option<FlowLabel>,
    /// Where the values of the arguments come from: precise mode. `None`: anywhere that the model has seen.
    pub inputs: Option<Inputs>,
    /// What the trusted user wrote, if the host says.
    pub prompt: Option<Box<str>>,
    /// The tools that serve the task; `None`: those that the prompt calls for, or any if there is no prompt.
    pub tools: Option<Vec<Box<str>>>,
    /// Whether the answer will be kept from the model.
    pub is_withheld: bool,
    /// Consents to what the call was asked about before; at most [`Session::CONSENTS`] count.
    pub consents: Vec<StatedConsent>,
}

impl Stated {
    /// Labels that one list of a request may have, and inputs of one argument. 256: [`Session`] tells 32 apart.
    pub const LABELS: usize = 256;

    /// A flow of which nothing is said: all is top.
    #[must_use]
    pub const fn new(stamp: u64) -> Self {
        Self { stamp, label: None, inputs: None, prompt: None, tools: None, is_withheld: false, consents: Vec::new() }
    }

    /// The label of all that the model has seen; top where nobody says.
    #[must_use]
    pub fn seen(&self) -> FlowLabel {
        self.label.unwrap_or(FlowLabel::TOP)
    }

    /// The session that it is. `done`: what it says besides of what was done.
    #[must_use]
    pub fn session(&self, policy: &Policy, done: History) -> Session {
        let mut session = Session::new(policy);
        session.raise(&self.seen(), done, self.stamp, policy);
        session
    }

    /// A session that the host keeps, having seen all that is stated too.
    #[must_use]
    pub fn joined(&self, session: &Session, policy: &Policy, done: History) -> Session {
        let labels = self.inputs.iter().flat_map(|inputs| inputs.values().flatten()).filter_map(|input| match input {
            Input::Label(label) => Some(*label),
            Input::Prompt | Input::Context | Input::Answer { .. } => None,
        });
        let mut session = session.clone();
        session.raise(&FlowLabel::join_all(labels.chain([self.seen()])), done, self.stamp, policy);
        session
    }
}
