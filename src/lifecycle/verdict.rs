//! May this agent act at all?

use super::object::{LifecycleState, ObjectRef, ProviderStatus};
use super::{Fleet, Reading};
use crate::name::{AgentId, UserId};
use crate::time::Timestamp;

/// Why an agent may not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DenyReason {
    /// It is not registered.
    Unknown,
    /// Its blueprint, or the blueprint's principal, is gone for good.
    Orphaned,
    /// The provider switched off it, its blueprint or the principal.
    ProviderDisabled,
    /// Its blueprint is deleted.
    BlueprintDeleted,
    /// Its blueprint is disabled.
    BlueprintDisabled,
    /// Its blueprint's principal is deleted.
    PrincipalDeleted,
    /// Its blueprint's principal is disabled.
    PrincipalDisabled,
    /// It is deleted.
    AgentDeleted,
    /// It is disabled.
    AgentDisabled,
    /// It is set apart.
    Quarantined,
    /// Nobody answers for it (strict reading only).
    NoSponsor,
    /// Its user account is deleted.
    AgentUserDeleted,
    /// Its user account is disabled.
    AgentUserDisabled,
}

impl DenyReason {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Orphaned => "orphaned",
            Self::ProviderDisabled => "provider_disabled",
            Self::BlueprintDeleted => "blueprint_deleted",
            Self::BlueprintDisabled => "blueprint_disabled",
            Self::PrincipalDeleted => "blueprint_principal_deleted",
            Self::PrincipalDisabled => "blueprint_principal_disabled",
            Self::AgentDeleted => "agent_deleted",
            Self::AgentDisabled => "agent_disabled",
            Self::Quarantined => "quarantined",
            Self::NoSponsor => "no_sponsor",
            Self::AgentUserDeleted => "agent_user_deleted",
            Self::AgentUserDisabled => "agent_user_disabled",
        }
    }
}

/// Whether an agent may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityVerdict {
    /// Every part of its chain is there and enabled.
    Active,
    /// It may not: all reasons, the gravest first.
    Denied(Vec<DenyReason>),
}

impl IdentityVerdict {
    fn of(mut reasons: Vec<DenyReason>) -> Self {
        reasons.sort_unstable();
        reasons.dedup();
        if reasons.is_empty() { Self::Active } else { Self::Denied(reasons) }
    }

    /// The gravest reason.
    #[must_use]
    pub fn reason(&self) -> Option<DenyReason> {
        match self {
            Self::Active => None,
            Self::Denied(reasons) => reasons.first().copied(),
        }
    }
}

impl Fleet {
    /// Whether an agent identity may act at `now`.
    #[must_use]
    pub fn verdict(&self, agent: &AgentId, now: Timestamp) -> IdentityVerdict {
        IdentityVerdict::of(self.reasons(agent, now))
    }

    /// Whether an agent may act through its user account at `now`.
    #[must_use]
    pub fn user_verdict(&self, account: &UserId, now: Timestamp) -> IdentityVerdict {
        let Some(user) = self.agent_users.get(account) else {
            return IdentityVerdict::Denied(vec![DenyReason::Unknown]);
        };
        let mut reasons = match self.agents.contains_key(&user.parent) {
            true => self.reasons(&user.parent, now),
            false => vec![DenyReason::Orphaned],
        };
        let state = self.state(&ObjectRef::AgentUser(account.clone()), now);
        reasons.extend(denies(state, DenyReason::AgentUserDisabled, DenyReason::AgentUserDeleted));
        IdentityVerdict::of(reasons)
    }

    fn reasons(&self, agent: &AgentId, now: Timestamp) -> Vec<DenyReason> {
        let Some(agent) = self.agents.get(agent) else { return vec![DenyReason::Unknown] };
        let window = self.settings.restore_window;
        let mut reasons = Vec::new();
        match self.blueprints.get(&agent.blueprint) {
            None => reasons.push(DenyReason::Orphaned),
            Some(blueprint) => {
                let state = blueprint.state.at(now, window);
                reasons.extend(denies(state, DenyReason::BlueprintDisabled, DenyReason::BlueprintDeleted));
                reasons.extend(provider(blueprint.provider));
            }
        }
        match self.principal(&agent.tenant, &agent.blueprint) {
            None => reasons.push(DenyReason::Orphaned),
            Some(principal) => {
                let state = principal.state.at(now, window);
                reasons.extend(denies(state, DenyReason::PrincipalDisabled, DenyReason::PrincipalDeleted));
                reasons.extend(provider(principal.provider));
            }
        }
        let state = agent.state.at(now, window);
        reasons.extend(denies(state, DenyReason::AgentDisabled, DenyReason::AgentDeleted));
        reasons.extend(provider(agent.provider));
        if agent.quarantined {
            reasons.push(DenyReason::Quarantined);
        }
        if agent.sponsors.is_empty() && self.settings.reading == Reading::Strict {
            reasons.push(DenyReason::NoSponsor);
        }
        reasons
    }
}

const fn denies(state: LifecycleState, disabled: DenyReason, deleted: DenyReason) -> Option<DenyReason> {
    match state {
        LifecycleState::Enabled => None,
        LifecycleState::Disabled => Some(disabled),
        LifecycleState::SoftDeleted | LifecycleState::Deleted => Some(deleted),
    }
}

const fn provider(status: ProviderStatus) -> Option<DenyReason> {
    match status {
        ProviderStatus::NotDisabled => None,
        ProviderStatus::Disabled => Some(DenyReason::ProviderDisabled),
    }
}
