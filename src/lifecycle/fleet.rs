//! All managed identities, and how they come into being.

use std::collections::{BTreeMap, BTreeSet};

use super::object::{
    AgentIdentity, AgentUser, BlueprintPrincipal, ManagedBlueprint, ObjectState, Owner, ProviderStatus,
};
use super::people::SponsorRights;
use super::{LifecycleError, ObjectRef, Reading};
use crate::identity::Sponsor;
use crate::name::{AgentId, BlueprintId, TenantId, UserId};
use crate::time::Duration;

/// What a host may set about its fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Which reading governs.
    pub reading: Reading,
    /// How long a soft-deleted object may be restored. 30 days, as in Microsoft Entra.
    pub restore_window: Duration,
    /// Agent identities of one blueprint that applications may create. 250, as in Microsoft Entra.
    pub agents_per_blueprint: usize,
    /// What sponsors may do besides disabling.
    pub sponsors: SponsorRights,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reading: Reading::Strict,
            restore_window: days(30),
            agents_per_blueprint: 250,
            sponsors: SponsorRights::default(),
        }
    }
}

/// That many days; the longest length for a count that is none.
pub(super) fn days(count: u32) -> Duration {
    // 86,400 seconds times any u32 is far within 64 bits.
    Duration::from_parts(i64::from(count) * 86_400, 0).unwrap_or(Duration::MAX)
}

/// Who asks for an agent identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A user, through an application that holds the permission to create agent identities.
    Delegated {
        /// The user.
        user: UserId,
        /// Whether the user holds an administrator role for agents. Such a user is not made the sponsor.
        administrator: bool,
    },
    /// A blueprint with its own credential.
    Blueprint {
        /// Its id.
        id: BlueprintId,
        /// Whether it has been granted to create agent identities of any blueprint. It still may not.
        may_create_all: bool,
    },
    /// Another application, alone.
    Application {
        /// Whether it has been granted to create agent identities of any blueprint.
        may_create_all: bool,
    },
    /// An agent identity.
    Agent(AgentId),
}

/// A blueprint to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBlueprint {
    /// Its id.
    pub id: BlueprintId,
    /// Who maintains it.
    pub owners: Vec<Owner>,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
}

/// An agent identity to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAgentIdentity {
    /// Its id.
    pub id: AgentId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its blueprint.
    pub blueprint: BlueprintId,
    /// Who maintains it.
    pub owners: Vec<Owner>,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
}

/// All managed identities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    pub(super) settings: Settings,
    pub(super) blueprints: BTreeMap<BlueprintId, ManagedBlueprint>,
    pub(super) principals: BTreeMap<(TenantId, BlueprintId), BlueprintPrincipal>,
    pub(super) agents: BTreeMap<AgentId, AgentIdentity>,
    pub(super) agent_users: BTreeMap<UserId, AgentUser>,
    /// Deleted principals whose children have not been reached yet (faithful reading only).
    pub(super) pending: BTreeSet<(TenantId, BlueprintId)>,
    /// What was removed for good, so that records of it elsewhere are known to be stale.
    pub(super) removed: BTreeSet<ObjectRef>,
}

impl Fleet {
    /// An empty fleet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// A blueprint.
    #[must_use]
    pub fn blueprint(&self, id: &BlueprintId) -> Option<&ManagedBlueprint> {
        self.blueprints.get(id)
    }

    /// A blueprint's principal in a tenant.
    #[must_use]
    pub fn principal(&self, tenant: &TenantId, blueprint: &BlueprintId) -> Option<&BlueprintPrincipal> {
        self.principals.get(&(tenant.clone(), blueprint.clone()))
    }

    /// An agent identity.
    #[must_use]
    pub fn agent(&self, id: &AgentId) -> Option<&AgentIdentity> {
        self.agents.get(id)
    }

    /// An agent's user account.
    #[must_use]
    pub fn agent_user(&self, id: &UserId) -> Option<&AgentUser> {
        self.agent_users.get(id)
    }

    /// The user account of an agent.
    #[must_use]
    pub fn user_of(&self, agent: &AgentId) -> Option<&AgentUser> {
        self.agent_users.values().find(|user| user.parent == *agent)
    }

    /// The agent identities of a blueprint, in all tenants.
    pub fn children<'f>(&'f self, blueprint: &'f BlueprintId) -> impl Iterator<Item = &'f AgentIdentity> {
        self.agents.values().filter(move |agent| agent.blueprint == *blueprint)
    }

    /// Creates a blueprint.
    ///
    /// # Errors
    /// The caller is an agent or a blueprint, nobody answers for it, or the id is taken.
    pub fn create_blueprint(&mut self, caller: &Caller, new: NewBlueprint) -> Result<(), LifecycleError> {
        match caller {
            Caller::Agent(_) | Caller::Blueprint { .. } => return Err(LifecycleError::NotAuthorised),
            Caller::Delegated { .. } | Caller::Application { .. } => {}
        }
        if self.blueprints.contains_key(&new.id) {
            return Err(LifecycleError::Exists);
        }
        let sponsors = sponsors_of(caller, new.sponsors)?;
        let mut owners = new.owners;
        // Whoever creates a blueprint is its owner.
        if let Caller::Delegated { user, .. } = caller {
            let owner = Owner::User(user.clone());
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        let (state, provider) = (ObjectState::Enabled, ProviderStatus::NotDisabled);
        let id = new.id.clone();
        self.removed.remove(&ObjectRef::Blueprint(id.clone()));
        self.blueprints.insert(id, ManagedBlueprint { id: new.id, owners, sponsors, state, provider });
        Ok(())
    }

    /// Makes a blueprint present in a tenant. Nobody needs to answer for the principal itself.
    ///
    /// # Errors
    /// There is no such blueprint, or it is present already.
    pub fn add_principal(&mut self, tenant: TenantId, blueprint: BlueprintId) -> Result<(), LifecycleError> {
        if !self.blueprints.contains_key(&blueprint) {
            return Err(LifecycleError::PrincipalRequiresBlueprint);
        }
        let key = (tenant.clone(), blueprint.clone());
        if self.principals.contains_key(&key) {
            return Err(LifecycleError::Exists);
        }
        let (state, provider) = (ObjectState::Enabled, ProviderStatus::NotDisabled);
        self.principals.insert(key, BlueprintPrincipal { tenant, blueprint, state, provider });
        Ok(())
    }

    /// Creates an agent identity and answers its sponsors.
    ///
    /// # Errors
    /// In this order: the caller is an agent; a blueprint or application creates for another blueprint; the parent is no
    /// blueprint, or deleted; it has no principal in the tenant; a disabled blueprint; a user who neither owns the blueprint nor administers agents; too many
    /// agent identities; nobody answers for it; the id is taken.
    pub fn create_agent(&mut self, caller: &Caller, new: NewAgentIdentity) -> Result<&[Sponsor], LifecycleError> {
        match caller {
            Caller::Agent(_) => return Err(LifecycleError::AgentCreatesAgent),
            Caller::Blueprint { id, may_create_all } if *id != new.blueprint => {
                return Err(match may_create_all {
                    true => LifecycleError::CannotCreateAssociated,
                    false => LifecycleError::SelfCreateRequired,
                });
            }
            Caller::Application { may_create_all: false } => return Err(LifecycleError::SelfCreateRequired),
            Caller::Application { may_create_all: true } | Caller::Blueprint { .. } | Caller::Delegated { .. } => {}
        }
        let Some(blueprint) = self.blueprints.get(&new.blueprint) else {
            return Err(LifecycleError::IncompatibleParent);
        };
        if matches!(blueprint.state, ObjectState::SoftDeleted { .. }) {
            return Err(LifecycleError::ParentDeleted);
        }
        let principal = self.principals.get(&(new.tenant.clone(), new.blueprint.clone()));
        if principal.is_none_or(|principal| matches!(principal.state, ObjectState::SoftDeleted { .. })) {
            return Err(LifecycleError::NoPrincipal);
        }
        if let Caller::Delegated { user, administrator } = caller {
            let owns = blueprint.owners.iter().any(|owner| matches!(owner, Owner::User(id) if id == user));
            if !owns && !administrator {
                return Err(LifecycleError::NotAuthorised);
            }
        } else if matches!(caller, Caller::Blueprint { .. }) && blueprint.state != ObjectState::Enabled {
            // It could not even authenticate.
            return Err(LifecycleError::NotAuthorised);
        } else if self.children(&new.blueprint).count() >= self.settings.agents_per_blueprint {
            // Soft-deleted ones are still among the children.
            return Err(LifecycleError::TooManyAgents);
        }
        let sponsors = sponsors_of(caller, new.sponsors)?;
        if self.agents.contains_key(&new.id) {
            return Err(LifecycleError::Exists);
        }
        let agent = AgentIdentity {
            id: new.id.clone(),
            tenant: new.tenant,
            blueprint: new.blueprint,
            owners: new.owners,
            sponsors,
            state: ObjectState::Enabled,
            provider: ProviderStatus::NotDisabled,
            quarantined: false,
        };
        self.removed.remove(&ObjectRef::Agent(new.id.clone()));
        Ok(&self.agents.entry(new.id).or_insert(agent).sponsors)
    }

    /// Gives an agent its user account. It keeps this parent for ever.
    ///
    /// # Errors
    /// There is no such agent, it is deleted, it has an account already, or the id is taken.
    pub fn create_agent_user(
        &mut self,
        id: UserId,
        parent: AgentId,
        manager: Option<UserId>,
    ) -> Result<(), LifecycleError> {
        let agent = self.agents.get(&parent).ok_or(LifecycleError::NotFound)?;
        if matches!(agent.state, ObjectState::SoftDeleted { .. }) {
            return Err(LifecycleError::ParentDeleted);
        }
        if self.user_of(&parent).is_some() {
            return Err(LifecycleError::AgentUserExists);
        }
        if self.agent_users.contains_key(&id) {
            return Err(LifecycleError::Exists);
        }
        self.removed.remove(&ObjectRef::AgentUser(id.clone()));
        self.agent_users.insert(id.clone(), AgentUser { id, parent, manager, state: ObjectState::Enabled });
        Ok(())
    }

    /// Whether a credential may be added to an object. Only blueprints hold credentials.
    ///
    /// # Errors
    /// Always, save for a blueprint that is there.
    pub fn add_credential(&self, target: &ObjectRef) -> Result<(), LifecycleError> {
        match target {
            ObjectRef::Blueprint(id) if self.blueprints.contains_key(id) => Ok(()),
            ObjectRef::Blueprint(_) => Err(LifecycleError::NotFound),
            ObjectRef::Principal(..) | ObjectRef::Agent(_) | ObjectRef::AgentUser(_) => {
                Err(LifecycleError::CredentialsNotSupported)
            }
        }
    }
}

/// The sponsors of a new object: those named, or the calling user if none is named and the user is no administrator of agents.
fn sponsors_of(caller: &Caller, named: Vec<Sponsor>) -> Result<Vec<Sponsor>, LifecycleError> {
    let groups = named.iter().filter(|sponsor| matches!(sponsor, Sponsor::Group(_))).count();
    // Source: Microsoft Graph, "Add sponsors" of an agent identity.
    if named.len() > 100 || groups > 5 {
        return Err(LifecycleError::TooManySponsors);
    }
    match caller {
        _ if !named.is_empty() => Ok(named),
        Caller::Delegated { user, administrator: false } => Ok(vec![Sponsor::User(user.clone())]),
        Caller::Delegated { .. } | Caller::Blueprint { .. } | Caller::Application { .. } | Caller::Agent(_) => {
            Err(LifecycleError::SponsorRequired)
        }
    }
}
