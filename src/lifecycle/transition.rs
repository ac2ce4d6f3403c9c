//! Disable, enable, delete, restore, and how a blueprint's fate reaches its agents.
//!
//! Deleting a blueprint or its principal soft-deletes the agents made from it, and their user accounts: at once in the strict
//! reading; some time later ([`Fleet::run_cascade`]) in the faithful one. Restoring the principal before that leaves the agents
//! untouched; after it each must be restored by itself.

use super::object::{LifecycleState, ObjectRef, ObjectState, ProviderStatus};
use super::{Fleet, LifecycleError, Reading};
use crate::name::{AgentId, BlueprintId, TenantId, UserId};
use crate::time::Timestamp;

/// What became of the agents of a principal that is restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Children {
    /// The deletion had not reached them.
    Untouched,
    /// They are soft-deleted: restore each one.
    SoftDeleted(Vec<AgentId>),
}

impl Fleet {
    fn state_mut(&mut self, target: &ObjectRef) -> Result<&mut ObjectState, LifecycleError> {
        let state = match target {
            ObjectRef::Blueprint(id) => self.blueprints.get_mut(id).map(|object| &mut object.state),
            ObjectRef::Principal(tenant, id) => {
                self.principals.get_mut(&(tenant.clone(), id.clone())).map(|object| &mut object.state)
            }
            ObjectRef::Agent(id) => self.agents.get_mut(id).map(|object| &mut object.state),
            ObjectRef::AgentUser(id) => self.agent_users.get_mut(id).map(|object| &mut object.state),
        };
        state.ok_or(LifecycleError::NotFound)
    }

    /// The state of an object at `now`; [`LifecycleState::Deleted`] for one that is not there.
    #[must_use]
    pub fn state(&self, target: &ObjectRef, now: Timestamp) -> LifecycleState {
        let state = match target {
            ObjectRef::Blueprint(id) => self.blueprints.get(id).map(|object| object.state),
            ObjectRef::Principal(tenant, id) => self.principal(tenant, id).map(|object| object.state),
            ObjectRef::Agent(id) => self.agents.get(id).map(|object| object.state),
            ObjectRef::AgentUser(id) => self.agent_users.get(id).map(|object| object.state),
        };
        state.map_or(LifecycleState::Deleted, |state| state.at(now, self.settings.restore_window))
    }

    /// Switches an object off. Repeating it changes nothing.
    ///
    /// # Errors
    /// It is not there, or deleted.
    pub fn disable(&mut self, target: &ObjectRef) -> Result<(), LifecycleError> {
        self.switch(target, ObjectState::Disabled)
    }

    /// Switches an object on.
    ///
    /// # Errors
    /// It is not there, or deleted.
    pub fn enable(&mut self, target: &ObjectRef) -> Result<(), LifecycleError> {
        self.switch(target, ObjectState::Enabled)
    }

    fn switch(&mut self, target: &ObjectRef, to: ObjectState) -> Result<(), LifecycleError> {
        let state = self.state_mut(target)?;
        if matches!(state, ObjectState::SoftDeleted { .. }) {
            return Err(LifecycleError::WrongState);
        }
        *state = to;
        Ok(())
    }

    /// What the provider does to a blueprint, a principal or an agent identity.
    ///
    /// # Errors
    /// It is not there, or an agent's user account, which has no such status.
    pub fn set_provider_status(&mut self, target: &ObjectRef, status: ProviderStatus) -> Result<(), LifecycleError> {
        let provider = match target {
            ObjectRef::Blueprint(id) => self.blueprints.get_mut(id).map(|object| &mut object.provider),
            ObjectRef::Principal(tenant, id) => {
                self.principals.get_mut(&(tenant.clone(), id.clone())).map(|object| &mut object.provider)
            }
            ObjectRef::Agent(id) => self.agents.get_mut(id).map(|object| &mut object.provider),
            ObjectRef::AgentUser(_) => None,
        };
        *provider.ok_or(LifecycleError::NotFound)? = status;
        Ok(())
    }

    /// Sets an agent apart, or takes it back.
    ///
    /// # Errors
    /// It is not there.
    pub fn quarantine(&mut self, agent: &AgentId, quarantined: bool) -> Result<(), LifecycleError> {
        self.agents.get_mut(agent).ok_or(LifecycleError::NotFound)?.quarantined = quarantined;
        Ok(())
    }

    /// Puts an object into the recycle bin.
    ///
    /// # Errors
    /// It is not there, or already in it.
    pub fn soft_delete(&mut self, target: &ObjectRef, now: Timestamp) -> Result<(), LifecycleError> {
        let state = self.state_mut(target)?;
        if matches!(state, ObjectState::SoftDeleted { .. }) {
            return Err(LifecycleError::WrongState);
        }
        *state = ObjectState::SoftDeleted { at: now, enabled: *state == ObjectState::Enabled };
        let reached: Vec<(TenantId, BlueprintId)> = match target {
            ObjectRef::Blueprint(id) => self.principals.keys().filter(|(_, own)| own == id).cloned().collect(),
            ObjectRef::Principal(tenant, id) => vec![(tenant.clone(), id.clone())],
            // Microsoft Entra leaves the user account behind (it cannot sign in without its parent).
            ObjectRef::Agent(id) if self.settings.reading == Reading::Strict => {
                self.delete_account(&id.clone(), now);
                Vec::new()
            }
            ObjectRef::Agent(_) | ObjectRef::AgentUser(_) => Vec::new(),
        };
        self.pending.extend(reached);
        if self.settings.reading == Reading::Strict {
            self.run_cascade(now);
        }
        Ok(())
    }

    /// Lets the deletion of principals reach their agents. The strict reading does so by itself.
    pub fn run_cascade(&mut self, now: Timestamp) {
        for (tenant, blueprint) in std::mem::take(&mut self.pending) {
            let children = self.children(&blueprint).filter(|agent| agent.tenant == tenant);
            let children: Vec<AgentId> = children.map(|agent| agent.id.clone()).collect();
            for child in children {
                if let Some(agent) = self.agents.get_mut(&child) {
                    delete(&mut agent.state, now);
                }
                self.delete_account(&child, now);
            }
        }
    }

    fn delete_account(&mut self, agent: &AgentId, now: Timestamp) {
        self.agent_users
            .values_mut()
            .filter(|user| user.parent == *agent)
            .for_each(|user| delete(&mut user.state, now));
    }

    /// Takes an object out of the recycle bin, in the state that it had before.
    ///
    /// # Errors
    /// It is not there or not in it, the restore window is over, or what it hangs from is deleted.
    pub fn restore(&mut self, target: &ObjectRef, now: Timestamp) -> Result<Children, LifecycleError> {
        let window = self.settings.restore_window;
        let parent = match target {
            ObjectRef::Blueprint(_) => None,
            ObjectRef::Principal(_, id) => Some(ObjectRef::Blueprint(id.clone())),
            ObjectRef::Agent(id) => {
                let agent = self.agents.get(id).ok_or(LifecycleError::NotFound)?;
                Some(ObjectRef::Principal(agent.tenant.clone(), agent.blueprint.clone()))
            }
            ObjectRef::AgentUser(id) => {
                let account = self.agent_users.get(id).ok_or(LifecycleError::NotFound)?;
                Some(ObjectRef::Agent(account.parent.clone()))
            }
        };
        let state = *self.state_mut(target)?;
        let ObjectState::SoftDeleted { enabled, .. } = state else { return Err(LifecycleError::WrongState) };
        if state.at(now, window) == LifecycleState::Deleted {
            return Err(LifecycleError::WindowOver);
        }
        let is_deleted = |state| matches!(state, LifecycleState::SoftDeleted | LifecycleState::Deleted);
        if parent.is_some_and(|parent| is_deleted(self.state(&parent, now))) {
            return Err(LifecycleError::ParentDeleted);
        }
        *self.state_mut(target)? = if enabled { ObjectState::Enabled } else { ObjectState::Disabled };
        let waiting = |pending: &(TenantId, BlueprintId)| match target {
            ObjectRef::Principal(tenant, id) => pending == &(tenant.clone(), id.clone()),
            ObjectRef::Blueprint(id) => pending.1 == *id,
            ObjectRef::Agent(_) | ObjectRef::AgentUser(_) => false,
        };
        self.pending.retain(|pending| !waiting(pending));
        Ok(self.children_of_restored(target))
    }

    fn children_of_restored(&self, target: &ObjectRef) -> Children {
        let hangs_from = |agent: &&super::AgentIdentity| match target {
            ObjectRef::Principal(tenant, id) => agent.tenant == *tenant && agent.blueprint == *id,
            ObjectRef::Blueprint(id) => agent.blueprint == *id,
            ObjectRef::Agent(_) | ObjectRef::AgentUser(_) => false,
        };
        let deleted = |agent: &&super::AgentIdentity| matches!(agent.state, ObjectState::SoftDeleted { .. });
        let deleted: Vec<AgentId> =
            self.agents.values().filter(hangs_from).filter(deleted).map(|agent| agent.id.clone()).collect();
        if deleted.is_empty() { Children::Untouched } else { Children::SoftDeleted(deleted) }
    }

    /// Removes a soft-deleted object for good. Agents that are left without a blueprint or principal are orphans.
    ///
    /// # Errors
    /// It is not there, or not in the recycle bin.
    pub fn purge(&mut self, target: &ObjectRef) -> Result<(), LifecycleError> {
        if !matches!(self.state_mut(target)?, ObjectState::SoftDeleted { .. }) {
            return Err(LifecycleError::WrongState);
        }
        self.removed.insert(target.clone());
        match target {
            ObjectRef::Blueprint(id) => {
                self.blueprints.remove(id);
            }
            ObjectRef::Principal(tenant, id) => {
                self.principals.remove(&(tenant.clone(), id.clone()));
            }
            ObjectRef::Agent(id) => {
                self.agents.remove(id);
            }
            ObjectRef::AgentUser(id) => {
                self.agent_users.remove(id);
            }
        }
        Ok(())
    }

    /// Refuses to give an agent's user account another parent.
    ///
    /// # Errors
    /// Always, save for the parent that it has.
    pub fn set_parent(&self, account: &UserId, parent: &AgentId) -> Result<(), LifecycleError> {
        match self.agent_users.get(account) {
            None => Err(LifecycleError::NotFound),
            Some(account) if account.parent == *parent => Ok(()),
            Some(_) => Err(LifecycleError::ParentFixed),
        }
    }
}

/// Soft-deletes, keeping an earlier deletion's time.
fn delete(state: &mut ObjectState, now: Timestamp) {
    if !matches!(state, ObjectState::SoftDeleted { .. }) {
        *state = ObjectState::SoftDeleted { at: now, enabled: *state == ObjectState::Enabled };
    }
}
