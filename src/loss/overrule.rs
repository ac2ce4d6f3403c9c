//! Going on in spite of a block: who may, with what reason.

use super::{Action, Outcome};
use crate::protection::Author;
use crate::reading::Reading;

/// Why somebody wants to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim<'a> {
    /// There is a reason to.
    Justified(&'a str),
    /// The rule is mistaken about the content.
    FalsePositive,
}

/// What becomes of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// The content goes, and the claim is recorded. What must be redacted is redacted all the same.
    Proceed,
    /// It does not, and no claim helps.
    Blocked,
    /// It does not without a reason.
    JustificationRequired,
    /// It does not without a person's approval: strict reading, for agents.
    ApprovalRequired,
}

/// Whether content goes. Only [`Action::BlockWithOverride`] can be overruled. Strictly read, an agent needs a person's approval
/// as well as a reason, and cannot say that a rule is mistaken.
#[must_use]
pub fn overrule(outcome: &Outcome, author: &Author, claim: Option<Claim<'_>>, reading: Reading) -> Resolution {
    match outcome.action {
        Action::None | Action::Audit | Action::Warn | Action::Redact => return Resolution::Proceed,
        Action::Block => return Resolution::Blocked,
        Action::BlockWithOverride => {}
    }
    let reason = match claim {
        Some(Claim::Justified(text)) => !text.trim().is_empty(),
        Some(Claim::FalsePositive) => reading == Reading::Faithful || *author == Author::Human,
        None => false,
    };
    if !reason {
        Resolution::JustificationRequired
    } else if reading == Reading::Strict && !author.is_answered_for() {
        Resolution::ApprovalRequired
    } else {
        Resolution::Proceed
    }
}
