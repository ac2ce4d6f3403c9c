//! Whom may an agent find? The registry's collections: discovery, never access.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{AgentId, BlueprintId, UserId};

/// Agents that one collection may have. Source: Microsoft Entra agent registry (preview).
pub const MAX_COLLECTION: usize = 100;

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollectionId {
    /// Found by every agent that has an identity.
    Global,
    /// Found within itself.
    Custom(String),
    /// Its members find nothing, whatever else they belong to, and are not found.
    Quarantined,
}

impl CollectionId {
    /// The collection of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "Global" => Self::Global,
            "Quarantined" => Self::Quarantined,
            other => Self::Custom(other.to_owned()),
        }
    }
}

/// Why a registration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// Nobody is responsible.
    #[error("name owners, or the application that manages it")]
    NoOwner,
    /// The collection has as many members as it may have.
    #[error("a collection has at most {MAX_COLLECTION} members")]
    CollectionFull,
    /// It is not registered.
    #[error("the agent is not registered")]
    NotRegistered,
}

/// The registry's record of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// What it is called.
    pub display_name: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Who maintains it; or
    pub owners: Vec<UserId>,
    /// which application manages it.
    pub managed_by: Option<String>,
    /// Its identity. Without one it can be found and cannot search.
    pub identity: Option<AgentId>,
    /// Its blueprint.
    pub blueprint: Option<BlueprintId>,
    /// Where it was first registered.
    pub originating_store: Option<String>,
    /// Its id there.
    pub source_agent_id: Option<String>,
    /// Its card, as its maker wrote it. Never believed.
    pub card: Option<serde_json::Value>,
}

/// The registry: registrations by their ids, and the collections that they belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collections {
    registrations: BTreeMap<String, Registration>,
    members: BTreeMap<CollectionId, BTreeSet<String>>,
}

impl Collections {
    /// Registers an agent, or replaces its registration.
    ///
    /// # Errors
    /// Nobody is responsible for it.
    pub fn register(&mut self, id: impl Into<String>, registration: Registration) -> Result<(), RegistrationError> {
        if registration.owners.is_empty() && registration.managed_by.is_none() {
            return Err(RegistrationError::NoOwner);
        }
        self.registrations.insert(id.into(), registration);
        Ok(())
    }

    /// The registration of an agent.
    #[must_use]
    pub fn registration(&self, id: &str) -> Option<&Registration> {
        self.registrations.get(id)
    }

    /// Puts an agent into a collection.
    ///
    /// # Errors
    /// It is not registered, or the collection is full.
    pub fn join(&mut self, id: &str, collection: CollectionId) -> Result<(), RegistrationError> {
        if !self.registrations.contains_key(id) {
            return Err(RegistrationError::NotRegistered);
        }
        let members = self.members.entry(collection).or_default();
        if !members.contains(id) && members.len() >= MAX_COLLECTION {
            return Err(RegistrationError::CollectionFull);
        }
        members.insert(id.to_owned());
        Ok(())
    }

    /// Takes an agent out of a collection.
    pub fn leave(&mut self, id: &str, collection: &CollectionId) {
        if let Some(members) = self.members.get_mut(collection) {
            members.remove(id);
        }
    }

    fn is_in(&self, id: &str, collection: &CollectionId) -> bool {
        self.members.get(collection).is_some_and(|members| members.contains(id))
    }

    /// The agents that `by` may find, by id. To find an agent is not to be allowed to call it.
    #[must_use]
    pub fn discover(&self, by: &str) -> BTreeSet<&str> {
        let can_search = self.registrations.get(by).is_some_and(|registration| registration.identity.is_some());
        if !can_search || self.is_in(by, &CollectionId::Quarantined) {
            return BTreeSet::new();
        }
        let searched = self.members.iter().filter(|(collection, members)| match collection {
            CollectionId::Global => true,
            CollectionId::Custom(_) => members.contains(by),
            CollectionId::Quarantined => false,
        });
        let found = searched.flat_map(|(_, members)| members.iter().map(String::as_str));
        found.filter(|id| *id != by && !self.is_in(id, &CollectionId::Quarantined)).collect()
    }
}
