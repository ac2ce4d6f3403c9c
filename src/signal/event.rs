//! What happened? The events that this library acts on.

use std::collections::BTreeMap;

use super::subject::{SubjectId, Target};
use crate::lifecycle::RiskLevel;
use crate::time::Timestamp;

/// What happened to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was revoked.
    Revoke,
    /// It was deleted.
    Delete,
}

/// In which direction an assurance level moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Up.
    Increase,
    /// Down.
    Decrease,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// CAEP `session-revoked`, RISC `sessions-revoked`, and the host's own: tokens issued before are dead.
    SessionRevoked,
    /// CAEP `token-claims-change`: what the claims are now.
    ClaimsChanged(BTreeMap<Box<str>, serde_json::Value>),
    /// CAEP `credential-change`. A credential that is gone takes what was built on it along.
    CredentialChanged {
        /// Which kind of credential.
        credential: Box<str>,
        /// What happened to it.
        change: Change,
    },
    /// CAEP `assurance-level-change`.
    AssuranceChanged {
        /// The scale.
        namespace: Box<str>,
        /// The level now.
        level: Box<str>,
        /// In which direction it moved.
        direction: Option<Direction>,
    },
    /// CAEP `device-compliance-change`.
    ComplianceChanged {
        /// Whether the device is compliant now.
        compliant: bool,
    },
    /// CAEP `risk-level-change`.
    RiskChanged {
        /// The level now.
        level: RiskLevel,
    },
    /// RISC `account-disabled`.
    AccountDisabled,
    /// RISC `account-enabled`.
    AccountEnabled,
    /// RISC `account-purged`.
    AccountPurged,
    /// RISC `credential-compromise`: tokens issued before are dead.
    CredentialCompromised,
    /// RISC `account-credential-change-required`: tokens issued before are dead.
    CredentialChangeRequired,
    /// The kill switch, on or off. Only the host says this; no feed can.
    Contained(bool),
    /// Another event: kept for the record, changes nothing. Its URI.
    Other(Box<str>),
}

/// An event, verified and read.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEvent {
    /// Who says so.
    pub issuer: Box<str>,
    /// Its id, unique for the issuer.
    pub id: Box<str>,
    /// When the event was sent.
    pub issued_at: Timestamp,
    /// When it happened; never after it was sent.
    pub at: Timestamp,
    /// Whom it is about.
    pub subject: SubjectId,
    /// What happened.
    pub kind: EventKind,
    /// Who set it off: `admin`, `user`, `policy`, `system`.
    pub initiator: Option<Box<str>>,
}

/// Critical events: what must reach running sessions at once. Source: Microsoft Entra continuous access evaluation for users and
/// workloads; for agents no documentation lists any, so those are this library's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CriticalEvent {
    /// A user was disabled.
    UserDisabled,
    /// A user was deleted.
    UserDeleted,
    /// A password was changed or reset.
    PasswordChanged,
    /// Several factors were made obligatory.
    MfaEnabled,
    /// An administrator revoked all sessions.
    SessionsRevoked,
    /// A user is at high risk.
    UserRiskHigh,
    /// A workload was disabled.
    WorkloadDisabled,
    /// A workload was deleted.
    WorkloadDeleted,
    /// A workload is at high risk.
    WorkloadRiskHigh,
    /// An agent was disabled, by whomever.
    AgentDisabled,
    /// An agent was deleted.
    AgentDeleted,
    /// An agent is at high risk.
    AgentRiskHigh,
    /// A blueprint was disabled.
    BlueprintDisabled,
    /// A blueprint was deleted.
    BlueprintDeleted,
    /// A sponsor disabled the agent.
    SponsorDisabledAgent,
    /// An access package ran out.
    PackageExpired,
}

impl CriticalEvent {
    /// What the event means for its subject.
    #[must_use]
    pub const fn kind(self) -> EventKind {
        match self {
            Self::UserDisabled
            | Self::WorkloadDisabled
            | Self::AgentDisabled
            | Self::BlueprintDisabled
            | Self::SponsorDisabledAgent => EventKind::AccountDisabled,
            Self::UserDeleted | Self::WorkloadDeleted | Self::AgentDeleted | Self::BlueprintDeleted => {
                EventKind::AccountPurged
            }
            Self::UserRiskHigh | Self::WorkloadRiskHigh | Self::AgentRiskHigh => {
                EventKind::RiskChanged { level: RiskLevel::High }
            }
            Self::PasswordChanged | Self::MfaEnabled | Self::SessionsRevoked | Self::PackageExpired => {
                EventKind::SessionRevoked
            }
        }
    }
}

impl SecurityEvent {
    /// An event that the host itself noticed. `issuer` and `id` make it unique.
    #[must_use]
    pub fn local(issuer: &str, id: &str, event: CriticalEvent, subject: Target, at: Timestamp) -> Self {
        Self::of(issuer, id, event.kind(), subject, at)
    }

    /// An event of any kind that the host itself noticed.
    #[must_use]
    pub fn of(issuer: &str, id: &str, kind: EventKind, subject: Target, at: Timestamp) -> Self {
        let subject = SubjectId::from(subject);
        Self { issuer: issuer.into(), id: id.into(), issued_at: at, at, subject, kind, initiator: None }
    }
}
