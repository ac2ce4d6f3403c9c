//! For how long? Scopes given to somebody for a time, and people's approvals of single calls.
//!
//! A grant lowers to a time-bound permit ([`crate::rule`]). INVARIANT (law 7): it counts in `[start, end)` and never outside;
//! with an unknown time it does not count.
//!
//! Next room: [`crate::rule`].

use crate::name::{ApprovalId, GrantId, UserId};
use crate::rule::SubjectHead;
use crate::scope::Scope;
use crate::time::Timestamp;

/// A scope given to somebody for a time.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// To whom.
    pub to: SubjectHead,
    /// What.
    pub scope: Scope,
    /// From this moment.
    pub start: Timestamp,
    /// Until this moment, which is excluded.
    pub end: Timestamp,
    /// Who gave it.
    pub by: UserId,
    /// Why.
    pub why: String,
}

/// That a person approved one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Who approved.
    pub by: UserId,
    /// Digest of the approved call (subject, chain, action, arguments, resources), `sha256:<hex>`.
    pub call: String,
    /// From this moment.
    pub start: Timestamp,
    /// Until this moment, which is excluded.
    pub end: Timestamp,
}
