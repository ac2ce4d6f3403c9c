//! Whom a policy covers in a location.

use serde::{Deserialize, Serialize};

use super::Location;
use super::Names;
use super::event::{Event, Participant};
use crate::reading::Reading;

/// Everyone, or some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Everyone.
    #[default]
    All,
    /// These. An empty list is nobody.
    Only(Names),
}

impl Select {
    fn has(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }

    fn lists_any(&self, ids: Option<&[&str]>) -> bool {
        match self {
            Self::All => true,
            Self::Only(listed) => ids.is_some_and(|ids| ids.iter().any(|id| listed.contains(*id))),
        }
    }

    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// Whom a policy covers. Not written: everyone, and faithfully read no agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// These users.
    pub users: Select,
    /// The members of these groups.
    pub groups: Select,
    /// These agents. Faithfully read an agent is covered only if it, or a group of it, is listed.
    pub agents: Select,
    /// On devices: these devices.
    pub devices: Select,
    /// Never these users or agents.
    pub exclude: Names,
    /// Never the members of these groups.
    pub exclude_groups: Names,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            users: Select::All,
            groups: Select::All,
            agents: Select::Only(Names::new()),
            devices: Select::All,
            exclude: Names::new(),
            exclude_groups: Names::new(),
        }
    }
}

/// What a scope does, faithfully read, that its author may not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeWarning {
    /// Users and groups are both listed: only the listed users who are in a listed group are covered.
    UsersAndGroupsIntersect,
    /// No agent is listed: agents are skipped, and no report says so.
    AgentsSkipped,
    /// Nobody at all is covered.
    CoversNobody,
}

impl Scope {
    /// What the author may not expect.
    #[must_use]
    pub fn warnings(&self) -> Vec<ScopeWarning> {
        let nobody = Select::Only(Names::new());
        let mut warnings = Vec::new();
        if !self.users.is_all() && !self.groups.is_all() {
            warnings.push(ScopeWarning::UsersAndGroupsIntersect);
        }
        if self.agents == nobody && self.groups.is_all() {
            warnings.push(ScopeWarning::AgentsSkipped);
        }
        if self.agents == nobody && (self.users == nobody || self.groups == nobody) {
            warnings.push(ScopeWarning::CoversNobody);
        }
        warnings
    }

    /// Whether one participant is covered.
    ///
    /// Both readings: exclusion beats inclusion; several users are a union, and so are several groups. Faithful: users and
    /// groups together intersect, an agent must be listed. Strict: users and groups together are a union, an agent is covered
    /// unless it is excluded, and unknown groups are those that are covered.
    #[must_use]
    pub fn covers(&self, participant: &Participant<'_>, reading: Reading) -> bool {
        let groups = participant.groups;
        let excluded = self.exclude.contains(participant.id)
            || groups.is_some_and(|groups| groups.iter().any(|group| self.exclude_groups.contains(*group)));
        if excluded {
            return false;
        }
        let listed_group = !self.groups.is_all() && self.groups.lists_any(groups);
        match reading {
            Reading::Faithful if participant.is_agent => self.agents.has(participant.id) || listed_group,
            Reading::Faithful => self.users.has(participant.id) && self.groups.lists_any(groups),
            Reading::Strict if participant.is_agent => true,
            Reading::Strict => match (&self.users, &self.groups) {
                (Select::All, Select::All) => true,
                (Select::Only(users), Select::All) => users.contains(participant.id),
                (Select::All, Select::Only(_)) => groups.is_none() || listed_group,
                (Select::Only(users), Select::Only(_)) => {
                    users.contains(participant.id) || groups.is_none() || listed_group
                }
            },
        }
    }

    /// Whether an event is covered. Faithful: its subject, and on devices the device as well. Strict: any participant, or
    /// on devices the device if devices are listed; nobody at all counts as somebody covered.
    #[must_use]
    pub fn covers_event(&self, event: &Event<'_>, reading: Reading) -> bool {
        let device = event.device.is_some_and(|device| self.devices.has(device));
        match reading {
            Reading::Faithful => {
                let subject = event.participants.first().is_some_and(|subject| self.covers(subject, reading));
                let place = event.location != Location::Devices || device || self.devices.is_all();
                subject && place
            }
            Reading::Strict => {
                event.participants.is_empty()
                    || event.participants.iter().any(|participant| self.covers(participant, reading))
                    || (event.location == Location::Devices && device && !self.devices.is_all())
            }
        }
    }
}
