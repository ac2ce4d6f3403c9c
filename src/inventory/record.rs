//! What the registry holds about an agent, and what the host observed.

use std::collections::BTreeSet;

use super::kind::{AgentKind, Evidence};
use crate::identity::Sponsor;
use crate::name::{AgentId, BlueprintId, UserId};
use crate::time::Timestamp;

/// What became of an agent. Source: `LifecycleStatus` of `AgentsInfo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LifecycleStatus {
    /// In use.
    #[default]
    Active,
    /// Blocked.
    Blocked,
    /// Removed from where it ran.
    Uninstalled,
    /// Deleted.
    Deleted,
}

/// How far its making is. Source: `PublishedStatus` of `AgentsInfo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PublishedStatus {
    /// Being made.
    Draft,
    /// Given out.
    #[default]
    Published,
}

/// A registered agent, in the columns of `AgentsInfo` that decide something.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRecord {
    /// Its id.
    pub id: AgentId,
    /// What kind it is.
    pub kind: AgentKind,
    /// What it is called.
    pub name: Option<String>,
    /// The platform that it was made with.
    pub platform: Option<String>,
    /// Its id there.
    pub source_agent_id: Option<String>,
    /// Its blueprint.
    pub blueprint: Option<BlueprintId>,
    /// Whether its blueprint is gone.
    pub orphaned: bool,
    /// Who maintains it.
    pub owners: Vec<UserId>,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
    /// What became of it.
    pub status: LifecycleStatus,
    /// How far its making is.
    pub published: PublishedStatus,
    /// Tools that it declares.
    pub declared_tools: BTreeSet<String>,
    /// Tool servers that it is connected to.
    pub servers: BTreeSet<String>,
    /// When the record was last changed.
    pub updated: Option<Timestamp>,
}

impl AgentRecord {
    /// A record with nothing but id and kind: nobody answers for it yet.
    #[must_use]
    pub const fn new(id: AgentId, kind: AgentKind) -> Self {
        Self {
            id,
            kind,
            name: None,
            platform: None,
            source_agent_id: None,
            blueprint: None,
            orphaned: false,
            owners: Vec::new(),
            sponsors: Vec::new(),
            status: LifecycleStatus::Active,
            published: PublishedStatus::Published,
            declared_tools: BTreeSet::new(),
            servers: BTreeSet::new(),
            updated: None,
        }
    }

    /// What the registry itself contributes to what the agent must present.
    pub(super) fn evidence(&self) -> BTreeSet<Evidence> {
        let held = [
            (!self.sponsors.is_empty(), Evidence::Sponsor),
            (!self.owners.is_empty(), Evidence::Owner),
            (self.blueprint.is_some() && !self.orphaned, Evidence::Blueprint),
        ];
        held.into_iter().filter_map(|(holds, evidence)| holds.then_some(evidence)).collect()
    }
}

/// Something that runs or asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// By which the host knows this observation, such as `laptop-7/openclaw`.
    pub label: String,
    /// The identity under which it acts, if it shows one. A `spiffe://` id may stand here.
    pub id: Option<String>,
    /// Its process, if it was seen as one.
    pub process: Option<String>,
    /// Whether a management tool looks after it; `None` if that is not known.
    pub managed: Option<bool>,
    /// The operating system that it runs on.
    pub platform: Option<String>,
    /// Whether the device is enrolled with device management.
    pub enrolled: Option<bool>,
    /// What it has presented.
    pub presented: BTreeSet<Evidence>,
}

impl Observed {
    /// An observation of which nothing else is known.
    #[must_use]
    pub fn named(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// Something that asked under an id.
    #[must_use]
    pub fn asking(id: impl Into<String>) -> Self {
        let id = id.into();
        Self { label: id.clone(), id: Some(id), ..Self::default() }
    }
}
