//! Who and what exists, and what is given to whom? All registered nouns together: what documents list and hosts may build.
//!
//! `crate::directory` turns them into an immutable snapshot. Order does not matter; ids are unique within each list
//! (users by kind and id, resources by type and id).
//!
//! Next room: [`crate::document`].

use crate::grant::{Approval, Grant};
use crate::identity::{Agent, Blueprint, Group, User};
use crate::resource::Resource;
use crate::tool::{Server, Tool};

/// Registered entities.
#[derive(Clone, Debug, Default)]
pub struct Entities {
    /// Groups.
    pub groups: Vec<Group>,
    /// Blueprints.
    pub blueprints: Vec<Blueprint>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// Users, agent users and workloads.
    pub users: Vec<User>,
    /// Tool servers.
    pub servers: Vec<Server>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// Resources.
    pub resources: Vec<Resource>,
    /// Grants.
    pub grants: Vec<Grant>,
    /// Approvals.
    pub approvals: Vec<Approval>,
}
