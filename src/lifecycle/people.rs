//! Who may do what to a managed identity: owners, sponsors, managers.
//!
//! | | owner | sponsor | manager |
//! | --- | --- | --- | --- |
//! | edit settings or credentials, add owners or sponsors, create agents | yes | no | no |
//! | disable, soft-delete | yes | yes | no |
//! | enable, restore | yes | as set | no |
//! | request access packages | yes | yes | for the agent's user account |
//! | reconfirm, extend | yes | yes | no |

use super::object::{ObjectRef, Owner};
use super::{Fleet, LifecycleError};
use crate::identity::Sponsor;
use crate::name::{GroupId, UserId};
use crate::time::Timestamp;

/// How a person stands to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Maintains it.
    Owner,
    /// Answers for it.
    Sponsor,
    /// Stands over its user account.
    Manager,
}

/// What may be done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Change its settings.
    EditSettings,
    /// Change its credentials.
    EditCredentials,
    /// Add an owner.
    AddOwner,
    /// Add a sponsor.
    AddSponsor,
    /// Create an agent identity from it.
    CreateAgent,
    /// Switch it off.
    Disable,
    /// Switch it on again.
    Enable,
    /// Put it into the recycle bin.
    SoftDelete,
    /// Take it out of the recycle bin.
    Restore,
    /// Request an access package for the agent identity.
    RequestPackage,
    /// Request an access package for the agent's user account.
    RequestPackageForUser,
    /// Confirm that it is still needed.
    Reconfirm,
    /// Extend what it holds.
    Extend,
}

/// What sponsors may do besides disabling. Microsoft's documentation says both yes and no on one page; this library says no
/// unless the host says otherwise, because switching off and on again are not the same risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SponsorRights {
    /// Enable what is disabled.
    pub enable: bool,
    /// Restore what is soft-deleted.
    pub restore: bool,
}

/// The table above.
#[must_use]
pub const fn may(relation: Relation, operation: Operation, rights: SponsorRights) -> bool {
    match (relation, operation) {
        (Relation::Owner, _) => true,
        (Relation::Sponsor, Operation::Enable) => rights.enable,
        (Relation::Sponsor, Operation::Restore) => rights.restore,
        (
            Relation::Sponsor,
            Operation::Disable
            | Operation::SoftDelete
            | Operation::RequestPackage
            | Operation::RequestPackageForUser
            | Operation::Reconfirm
            | Operation::Extend,
        )
        | (Relation::Manager, Operation::RequestPackageForUser) => true,
        (
            Relation::Sponsor,
            Operation::EditSettings
            | Operation::EditCredentials
            | Operation::AddOwner
            | Operation::AddSponsor
            | Operation::CreateAgent,
        )
        | (Relation::Manager, _) => false,
    }
}

impl Fleet {
    /// How a user stands to an object. `is_direct_member` answers for groups that sponsor: direct members only, because whoever
    /// nests a group into another does not thereby make its members answerable.
    pub fn relations(
        &self,
        user: &UserId,
        target: &ObjectRef,
        is_direct_member: impl Fn(&UserId, &GroupId) -> bool,
    ) -> Vec<Relation> {
        let (owners, sponsors, manager) = match target {
            ObjectRef::Blueprint(id) | ObjectRef::Principal(_, id) => match self.blueprints.get(id) {
                Some(blueprint) => (blueprint.owners.as_slice(), blueprint.sponsors.as_slice(), None),
                None => return Vec::new(),
            },
            ObjectRef::Agent(id) => match self.agents.get(id) {
                Some(agent) => (agent.owners.as_slice(), agent.sponsors.as_slice(), None),
                None => return Vec::new(),
            },
            // An agent's user account is its parent's in all but the manager.
            ObjectRef::AgentUser(id) => match self.agent_users.get(id) {
                Some(account) => match self.agents.get(&account.parent) {
                    Some(agent) => (agent.owners.as_slice(), agent.sponsors.as_slice(), account.manager.as_ref()),
                    None => (&[][..], &[][..], account.manager.as_ref()),
                },
                None => return Vec::new(),
            },
        };
        let owns = owners.iter().any(|owner| matches!(owner, Owner::User(id) if id == user));
        let answers = sponsors.iter().any(|sponsor| match sponsor {
            Sponsor::User(id) => id == user,
            Sponsor::Group(group) => is_direct_member(user, group),
        });
        let relations =
            [(owns, Relation::Owner), (answers, Relation::Sponsor), (manager == Some(user), Relation::Manager)];
        relations.into_iter().filter_map(|(holds, relation)| holds.then_some(relation)).collect()
    }

    /// Whether a user may do something to an object.
    ///
    /// # Errors
    /// [`LifecycleError::NotAuthorised`].
    pub fn authorise(
        &self,
        user: &UserId,
        operation: Operation,
        target: &ObjectRef,
        is_direct_member: impl Fn(&UserId, &GroupId) -> bool,
    ) -> Result<(), LifecycleError> {
        let relations = self.relations(user, target, is_direct_member);
        let allowed = relations.into_iter().any(|relation| may(relation, operation, self.settings.sponsors));
        if allowed { Ok(()) } else { Err(LifecycleError::NotAuthorised) }
    }

    /// Does to an object what a user asks for, if the user may: disable, enable, soft-delete or restore.
    ///
    /// # Errors
    /// The user may not, the operation is none of the four, or the object's state forbids it.
    pub fn perform(
        &mut self,
        user: &UserId,
        operation: Operation,
        target: &ObjectRef,
        now: Timestamp,
        is_direct_member: impl Fn(&UserId, &GroupId) -> bool,
    ) -> Result<(), LifecycleError> {
        self.authorise(user, operation, target, is_direct_member)?;
        match operation {
            Operation::Disable => self.disable(target),
            Operation::Enable => self.enable(target),
            Operation::SoftDelete => self.soft_delete(target, now),
            Operation::Restore => self.restore(target, now).map(|_| ()),
            Operation::EditSettings
            | Operation::EditCredentials
            | Operation::AddOwner
            | Operation::AddSponsor
            | Operation::CreateAgent
            | Operation::RequestPackage
            | Operation::RequestPackageForUser
            | Operation::Reconfirm
            | Operation::Extend => Err(LifecycleError::WrongState),
        }
    }

    /// A user leaves: where they answer for an object, their manager does from now on. Without a manager the sponsorship ends,
    /// and in the strict reading an agent that nobody answers for may do nothing.
    pub fn sponsor_left(&mut self, user: &UserId, manager: Option<&UserId>) {
        let leaving = Sponsor::User(user.clone());
        let successor = manager.map(|manager| Sponsor::User(manager.clone()));
        let hand_over = |sponsors: &mut Vec<Sponsor>| {
            let before = sponsors.len();
            sponsors.retain(|sponsor| *sponsor != leaving);
            if let Some(successor) = successor.as_ref().filter(|s| sponsors.len() < before && !sponsors.contains(s)) {
                sponsors.push(successor.clone());
            }
        };
        self.blueprints.values_mut().for_each(|blueprint| hand_over(&mut blueprint.sponsors));
        self.agents.values_mut().for_each(|agent| hand_over(&mut agent.sponsors));
    }
}
