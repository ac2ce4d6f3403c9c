//! The managed objects and their states.

use crate::identity::Sponsor;
use crate::name::{AgentId, BlueprintId, TenantId, UserId};
use crate::time::{Duration, Timestamp};

/// The state that an object is put into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ObjectState {
    /// In service.
    #[default]
    Enabled,
    /// Switched off; it stays and counts to the quota.
    Disabled,
    /// In the recycle bin.
    SoftDeleted {
        /// Since when.
        at: Timestamp,
        /// Whether it was enabled before, and is again when it is restored.
        enabled: bool,
    },
}

/// The state that an object is in at some time. Permanently deleted objects are removed; one whose restore window is over is
/// as good as removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifecycleState {
    /// In service.
    Enabled,
    /// Switched off.
    Disabled,
    /// May be restored.
    SoftDeleted,
    /// Gone.
    Deleted,
}

impl LifecycleState {
    /// Its name. Source: the states of an agent identity in Microsoft Entra.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::SoftDeleted => "softDeleted",
            Self::Deleted => "permanentlyDeleted",
        }
    }
}

impl ObjectState {
    /// The state at `now`, with the restore window of the fleet.
    #[must_use]
    pub fn at(self, now: Timestamp, window: Duration) -> LifecycleState {
        match self {
            Self::Enabled => LifecycleState::Enabled,
            Self::Disabled => LifecycleState::Disabled,
            Self::SoftDeleted { at, .. } if now.since(at) < window => LifecycleState::SoftDeleted,
            Self::SoftDeleted { .. } => LifecycleState::Deleted,
        }
    }
}

/// What the provider itself did to the object, whatever its own state (`disabledByMicrosoftStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderStatus {
    /// Nothing.
    #[default]
    NotDisabled,
    /// Switched off for a violation of the services agreement.
    Disabled,
}

/// Who maintains an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A user.
    User(UserId),
    /// An application, by its id.
    Application(String),
}

/// The template that agent identities are made from, and the only holder of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedBlueprint {
    /// Its (application) id.
    pub id: BlueprintId,
    /// Who maintains it.
    pub owners: Vec<Owner>,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
    /// Its state.
    pub state: ObjectState,
    /// What the provider did.
    pub provider: ProviderStatus,
}

/// The presence of a blueprint in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlueprintPrincipal {
    /// The tenant.
    pub tenant: TenantId,
    /// The blueprint.
    pub blueprint: BlueprintId,
    /// Its state.
    pub state: ObjectState,
    /// What the provider did.
    pub provider: ProviderStatus,
}

/// An agent identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentIdentity {
    /// Its id.
    pub id: AgentId,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// The blueprint that it is made from; fixed.
    pub blueprint: BlueprintId,
    /// Who maintains it.
    pub owners: Vec<Owner>,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
    /// Its state.
    pub state: ObjectState,
    /// What the provider did.
    pub provider: ProviderStatus,
    /// Set apart on suspicion. This library's own: the original's quarantine only hides an agent from discovery.
    pub quarantined: bool,
}

/// The user account of an agent, one to one. Its only credential is the reference to its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentUser {
    /// Its id.
    pub id: UserId,
    /// The agent identity that it belongs to; fixed at creation.
    pub parent: AgentId,
    /// Who stands over it.
    pub manager: Option<UserId>,
    /// Its state.
    pub state: ObjectState,
}

/// One managed object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRef {
    /// A blueprint.
    Blueprint(BlueprintId),
    /// A blueprint's principal in a tenant.
    Principal(TenantId, BlueprintId),
    /// An agent identity.
    Agent(AgentId),
    /// An agent's user account.
    AgentUser(UserId),
}
