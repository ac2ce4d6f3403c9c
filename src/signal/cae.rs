//! What would Microsoft Entra's continuous access evaluation do? The faithful reading, for what-if and explanations.
//!
//! There, events reach a resource within fifteen minutes at best effort, only clients that say so (`cp1`) are interrupted, and
//! which events count depends on who the subject is and on the resource. Decisions use [`super::Revocations::check`] instead.

use super::check::seconds;
use super::event::CriticalEvent;
use crate::time::{Duration, Timestamp};

/// A session as the resource sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaeSession {
    /// Whether the client can answer claims challenges.
    pub capable: bool,
    /// When its token was issued.
    pub issued_at: Timestamp,
    /// The lifetime that the tenant configured for tokens, if any.
    pub configured: Option<Duration>,
}

/// An event on its way to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it happened.
    pub at: Timestamp,
    /// When it reached the resource; `None` if that is not known: then the latest time is taken.
    pub delivered: Option<Timestamp>,
}

/// What the resource answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Whether with a claims challenge.
    pub challenge: bool,
}

/// How long a token lives: up to 28 hours in a session under continuous evaluation, whatever was configured; else as configured,
/// one hour by default.
#[must_use]
pub fn lifetime(capable: bool, configured: Option<Duration>) -> Duration {
    if capable { seconds(28 * 3_600) } else { configured.unwrap_or_else(|| seconds(3_600)) }
}

/// What a resource answers at `now`, after these events about the session's subject.
#[must_use]
pub fn answer(session: &CaeSession, events: &[Delivery], now: Timestamp) -> Answer {
    if now.since(session.issued_at) >= lifetime(session.capable, session.configured) {
        return Answer { status: 401, challenge: false };
    }
    let reached = |event: &&Delivery| {
        let latest = || event.at.checked_add(guaranteed_after(Change::CriticalEvent)).unwrap_or(Timestamp::MAX);
        event.delivered.unwrap_or_else(latest) <= now && session.issued_at <= event.at
    };
    // A client that cannot answer a challenge is left alone until its token ends.
    let challenge = session.capable && events.iter().any(|event| reached(&event));
    Answer { status: if challenge { 401 } else { 200 }, challenge }
}

/// What can change about access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// A critical event.
    CriticalEvent,
    /// All sessions of a user are revoked: the documented remedy where something else is too slow.
    SessionsRevoked,
    /// The network location.
    Location,
    /// A conditional access policy.
    Policy,
    /// A group membership.
    GroupMembership,
}

/// After how long a change is effective everywhere.
#[must_use]
pub fn guaranteed_after(change: Change) -> Duration {
    match change {
        Change::Location => seconds(0),
        Change::CriticalEvent | Change::SessionsRevoked => seconds(900),
        Change::Policy | Change::GroupMembership => seconds(86_400),
    }
}

/// What kind of subject a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A user.
    User,
    /// A service principal of the organisation's own application.
    ServicePrincipal,
    /// A managed identity.
    ManagedIdentity,
    /// An agent, its user account or a blueprint.
    Agent,
}

/// Which resource is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Microsoft Graph.
    Graph,
    /// SharePoint Online.
    SharePoint,
    /// Another resource that takes part in continuous evaluation.
    Other,
}

/// Whether a critical event ends a session. For agents no documentation lists any events; this library takes all of them.
#[must_use]
pub const fn is_enforced(subject: SubjectKind, resource: Resource, event: CriticalEvent) -> bool {
    match (subject, event) {
        (SubjectKind::User, CriticalEvent::UserRiskHigh) => !matches!(resource, Resource::SharePoint),
        (
            SubjectKind::User,
            CriticalEvent::UserDisabled
            | CriticalEvent::UserDeleted
            | CriticalEvent::PasswordChanged
            | CriticalEvent::MfaEnabled
            | CriticalEvent::SessionsRevoked,
        ) => true,
        (
            SubjectKind::ServicePrincipal,
            CriticalEvent::WorkloadDisabled | CriticalEvent::WorkloadDeleted | CriticalEvent::WorkloadRiskHigh,
        ) => matches!(resource, Resource::Graph),
        (
            SubjectKind::Agent,
            CriticalEvent::AgentDisabled
            | CriticalEvent::AgentDeleted
            | CriticalEvent::AgentRiskHigh
            | CriticalEvent::BlueprintDisabled
            | CriticalEvent::BlueprintDeleted
            | CriticalEvent::SponsorDisabledAgent
            | CriticalEvent::PackageExpired
            | CriticalEvent::SessionsRevoked,
        ) => true,
        (SubjectKind::User | SubjectKind::ServicePrincipal | SubjectKind::ManagedIdentity | SubjectKind::Agent, _) => {
            false
        }
    }
}
