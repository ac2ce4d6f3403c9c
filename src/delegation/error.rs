//! What can be wrong with a token's claims?

use crate::name::NameError;

/// Why the claims of a token say nothing that may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A claim that must be there.
    #[error("the claim `{claim}` is missing")]
    Missing {
        /// Its path.
        claim: &'static str,
    },
    /// A claim of the wrong shape.
    #[error("the claim `{claim}` must be {wanted}")]
    Malformed {
        /// Its path.
        claim: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// A member of `act` that is not known. What is not understood about an actor might restrict it.
    #[error(
        "`act` has the member `{member}`, which is not known; `iss`, `sub`, `sub_profile`, `client_id` and `act` are"
    )]
    UnknownActMember {
        /// Its name, at most 64 characters of it.
        member: String,
    },
    /// More actors than `Limits::chain_depth`.
    #[error("the delegation chain has more than {limit} actors")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More items than a limit allows.
    #[error("the claim `{claim}` has more than {limit} items")]
    TooMany {
        /// Its path.
        claim: &'static str,
        /// The limit.
        limit: usize,
    },
    /// An identity that stands twice in the chain.
    #[error("`{id}` occurs twice in the delegation chain")]
    Loop {
        /// Its id.
        id: String,
    },
    /// An id that breaks the naming rules.
    #[error("the claim `{claim}` is no id: {error}")]
    Name {
        /// Its path.
        claim: &'static str,
        /// The rule that it breaks.
        error: NameError,
    },
    /// Claims that contradict each other.
    #[error("the claims contradict each other: {what}")]
    Contradiction {
        /// How.
        what: &'static str,
    },
}
