//! Who acts? Agents, their blueprints, users and groups, as an organisation registers them.
//!
//! These are plain records: documents produce them, hosts may build them directly, and `crate::directory` turns a set of
//! them into an immutable snapshot with closures and indexes. Source of the terms: Microsoft Entra Agent ID.
//!
//! Next room: [`crate::tool`].

use crate::name::{AgentId, BlueprintId, GroupId, UserId};
use crate::time::Timestamp;
use crate::value::Map;

/// Lifecycle state of an agent, blueprint or user. Everything but [`State::Enabled`] objects to every request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// In service.
    #[default]
    Enabled,
    /// Switched off; may return.
    Disabled,
    /// Set apart on suspicion.
    Quarantined,
    /// Gone, or waiting to be.
    Deleted,
}

impl State {
    /// The states and their names in documents.
    pub const ALL: [(&'static str, Self); 4] = [
        ("enabled", Self::Enabled),
        ("disabled", Self::Disabled),
        ("quarantined", Self::Quarantined),
        ("deleted", Self::Deleted),
    ];

    /// Its name in documents and facts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Quarantined => "quarantined",
            Self::Deleted => "deleted",
        }
    }
}

/// Who answers for an agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sponsor {
    /// One user.
    User(UserId),
    /// The members of a group.
    Group(GroupId),
}

/// A group of principals. It may belong to other groups; cycles are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The groups that it directly belongs to.
    pub groups: Vec<GroupId>,
}

/// The template that agents are made from. Its state reaches all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blueprint {
    /// Its id.
    pub id: BlueprintId,
    /// Who maintains it.
    pub owner: Option<UserId>,
    /// Who answers for it.
    pub sponsor: Option<Sponsor>,
    /// Its state.
    pub state: State,
}

/// A software actor with an identity of its own.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The blueprint that it is made from.
    pub blueprint: Option<BlueprintId>,
    /// Who maintains it.
    pub owner: Option<UserId>,
    /// Who answers for it. Without one it may do nothing.
    pub sponsor: Option<Sponsor>,
    /// What it is for.
    pub purpose: Option<String>,
    /// The groups that it directly belongs to.
    pub groups: Vec<GroupId>,
    /// Attributes for conditions.
    pub attributes: Map<'static>,
    /// Its state.
    pub state: State,
    /// From this time on it may do nothing until it has been reviewed.
    pub review_by: Option<Timestamp>,
}

impl Agent {
    /// An enabled agent with a sponsor and nothing else.
    #[must_use]
    pub fn new(id: AgentId, sponsor: Sponsor) -> Self {
        Self {
            id,
            blueprint: None,
            owner: None,
            sponsor: Some(sponsor),
            purpose: None,
            groups: Vec::new(),
            attributes: Map::default(),
            state: State::Enabled,
            review_by: None,
        }
    }
}

/// What kind of account a [`User`] record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// A person.
    Person,
    /// The user account of an agent, one to one.
    AgentUser(AgentId),
    /// A workload, such as a `spiffe://` id.
    Workload,
}

impl UserKind {
    /// The subject type by which requests name such an account.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Person => "user",
            Self::AgentUser(_) => "agent_user",
            Self::Workload => "workload",
        }
    }
}

/// A person, an agent's user account, or a workload.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id, unique within its kind.
    pub id: UserId,
    /// Its kind.
    pub kind: UserKind,
    /// The groups that it directly belongs to.
    pub groups: Vec<GroupId>,
    /// Attributes for conditions.
    pub attributes: Map<'static>,
    /// Its state.
    pub state: State,
}
