//! Are the host's records sound? Everything that is wrong, at once.
//!
//! Next room: `build`.

use std::collections::BTreeSet;

use crate::entities::Entities;
use crate::identity::{Sponsor, UserKind};
use crate::limits::Limits;

/// Something wrong with records that the host supplied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Two records of one kind have the same id.
    #[error("the {kind} `{id}` is listed twice")]
    Duplicate {
        /// What kind of record.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A record refers to something that is not listed.
    #[error("{referrer} refers to the {kind} `{id}`, which is not listed")]
    Dangling {
        /// What refers to it.
        referrer: String,
        /// What kind of record it refers to.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// Groups or resources contain each other in a circle.
    #[error("the {kind} `{id}` lies in itself")]
    Circle {
        /// What kind of record.
        kind: &'static str,
        /// One of the circle.
        id: String,
    },
    /// Groups or resources are nested beyond [`Limits::group_depth`].
    #[error("the {kind} `{id}` lies deeper than {limit} levels")]
    TooDeep {
        /// What kind of record.
        kind: &'static str,
        /// Its id.
        id: String,
        /// The limit.
        limit: usize,
    },
    /// A grant or approval that ends before it starts.
    #[error("{referrer} ends before it starts")]
    Interval {
        /// The record.
        referrer: String,
    },
    /// A tool whose id is not its server's id, `/` and a name.
    #[error("the id of the tool `{id}` is not `server/name` with its own server")]
    ToolId {
        /// The tool's id.
        id: String,
    },
}

/// Everything that is wrong with a host's records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records are not sound: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct DirectoryError(pub Vec<Problem>);

pub(super) fn check(entities: &Entities, limits: &Limits) -> Result<(), DirectoryError> {
    let mut check = Check::new(entities);
    check.identities();
    check.tools();
    check.resources();
    check.given();
    let groups: Vec<(&str, Vec<&str>)> =
        entities.groups.iter().map(|g| (g.id.as_str(), g.groups.iter().map(|p| p.as_str()).collect())).collect();
    check.nesting("group", &groups, limits);
    let resources: Vec<(ResourceName<'_>, Vec<ResourceName<'_>>)> = entities
        .resources
        .iter()
        .map(|r| {
            let containers = r.containers.iter().map(|c| (c.kind.as_str(), c.id.as_str()));
            ((r.reference.kind.as_str(), r.reference.id.as_str()), containers.collect())
        })
        .collect();
    check.nesting("resource", &resources, limits);
    check.problems.sort();
    check.problems.dedup();
    if check.problems.is_empty() { Ok(()) } else { Err(DirectoryError(check.problems)) }
}

/// Type and id of a resource.
type ResourceName<'e> = (&'e str, &'e str);

/// What a thing is called in messages.
trait Named: Ord + Copy {
    fn name(&self) -> String;
}

impl Named for &str {
    fn name(&self) -> String {
        (*self).to_owned()
    }
}

impl Named for (&str, &str) {
    fn name(&self) -> String {
        self.1.to_owned()
    }
}

struct Check<'e> {
    entities: &'e Entities,
    groups: BTreeSet<&'e str>,
    people: BTreeSet<&'e str>,
    blueprints: BTreeSet<&'e str>,
    agents: BTreeSet<&'e str>,
    problems: Vec<Problem>,
}

impl<'e> Check<'e> {
    fn new(entities: &'e Entities) -> Self {
        let mut check = Self {
            entities,
            groups: BTreeSet::new(),
            people: BTreeSet::new(),
            blueprints: BTreeSet::new(),
            agents: BTreeSet::new(),
            problems: Vec::new(),
        };
        check.groups = check.unique("group", entities.groups.iter().map(|g| g.id.as_str()));
        check.blueprints = check.unique("blueprint", entities.blueprints.iter().map(|b| b.id.as_str()));
        check.agents = check.unique("agent", entities.agents.iter().map(|a| a.id.as_str()));
        for kind in ["user", "agent_user", "workload"] {
            let ids = entities.users.iter().filter(|user| user.kind.type_name() == kind).map(|user| user.id.as_str());
            let ids = check.unique(kind, ids);
            if kind == "user" {
                check.people = ids;
            }
        }
        check
    }

    fn unique<T: Named>(&mut self, kind: &'static str, ids: impl Iterator<Item = T>) -> BTreeSet<T> {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                self.problems.push(Problem::Duplicate { kind, id: id.name() });
            }
        }
        seen
    }

    fn refers(&mut self, known: bool, referrer: impl FnOnce() -> String, kind: &'static str, id: &str) {
        if !known {
            self.problems.push(Problem::Dangling { referrer: referrer(), kind, id: id.to_owned() });
        }
    }

    fn identities(&mut self) {
        let entities = self.entities;
        for group in &entities.groups {
            self.members(&group.groups, || format!("the group `{}`", group.id));
        }
        for blueprint in &entities.blueprints {
            let name = || format!("the blueprint `{}`", blueprint.id);
            if let Some(owner) = &blueprint.owner {
                self.refers(self.people.contains(owner.as_str()), name, "user", owner.as_str());
            }
            self.sponsor(blueprint.sponsor.as_ref(), name);
        }
        for agent in &entities.agents {
            let name = || format!("the agent `{}`", agent.id);
            self.members(&agent.groups, name);
            if let Some(owner) = &agent.owner {
                self.refers(self.people.contains(owner.as_str()), name, "user", owner.as_str());
            }
            if let Some(blueprint) = &agent.blueprint {
                self.refers(self.blueprints.contains(blueprint.as_str()), name, "blueprint", blueprint.as_str());
            }
            self.sponsor(agent.sponsor.as_ref(), name);
        }
        for user in &entities.users {
            let name = || format!("the user `{}`", user.id);
            self.members(&user.groups, name);
            if let UserKind::AgentUser(agent) = &user.kind {
                self.refers(self.agents.contains(agent.as_str()), name, "agent", agent.as_str());
            }
        }
    }

    fn members(&mut self, groups: &[crate::name::GroupId], referrer: impl Fn() -> String) {
        for group in groups {
            self.refers(self.groups.contains(group.as_str()), &referrer, "group", group.as_str());
        }
    }

    fn sponsor(&mut self, sponsor: Option<&Sponsor>, referrer: impl FnOnce() -> String) {
        match sponsor {
            Some(Sponsor::User(id)) => self.refers(self.people.contains(id.as_str()), referrer, "user", id.as_str()),
            Some(Sponsor::Group(id)) => self.refers(self.groups.contains(id.as_str()), referrer, "group", id.as_str()),
            None => {}
        }
    }

    fn subject(&mut self, subject: &crate::rule::SubjectHead, referrer: impl Fn() -> String) {
        if let Some(group) = &subject.group {
            self.refers(self.groups.contains(group.as_str()), &referrer, "group", group.as_str());
        }
        if let Some(blueprint) = &subject.blueprint {
            self.refers(self.blueprints.contains(blueprint.as_str()), &referrer, "blueprint", blueprint.as_str());
        }
    }

    fn tools(&mut self) {
        let entities = self.entities;
        let servers = self.unique("server", entities.servers.iter().map(|s| s.id.as_str()));
        self.unique("tool", entities.tools.iter().map(|t| t.id.as_str()));
        for tool in &entities.tools {
            let name = || format!("the tool `{}`", tool.id);
            self.refers(servers.contains(tool.server.as_str()), name, "server", tool.server.as_str());
            let rest = tool.id.as_str().strip_prefix(tool.server.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if rest.is_none_or(str::is_empty) {
                self.problems.push(Problem::ToolId { id: tool.id.to_string() });
            }
            for subject in &tool.assigned {
                self.subject(subject, name);
            }
        }
    }

    fn resources(&mut self) {
        let entities = self.entities;
        let names = entities.resources.iter().map(|r| (r.reference.kind.as_str(), r.reference.id.as_str()));
        let known = self.unique("resource", names);
        for resource in &entities.resources {
            let name = || format!("the resource `{}`", resource.reference.id);
            for container in &resource.containers {
                let listed = known.contains(&(container.kind.as_str(), container.id.as_str()));
                self.refers(listed, name, "resource", container.id.as_str());
            }
        }
    }

    fn given(&mut self) {
        let entities = self.entities;
        self.unique("grant", entities.grants.iter().map(|g| g.id.as_str()));
        self.unique("approval", entities.approvals.iter().map(|a| a.id.as_str()));
        for grant in &entities.grants {
            let name = || format!("the grant `{}`", grant.id);
            self.subject(&grant.to, name);
            self.refers(self.people.contains(grant.by.as_str()), name, "user", grant.by.as_str());
            if grant.end <= grant.start {
                self.problems.push(Problem::Interval { referrer: name() });
            }
        }
        for approval in &entities.approvals {
            let name = || format!("the approval `{}`", approval.id);
            self.refers(self.people.contains(approval.by.as_str()), name, "user", approval.by.as_str());
            if approval.end <= approval.start {
                self.problems.push(Problem::Interval { referrer: name() });
            }
        }
    }

    fn nesting<T: Named>(&mut self, kind: &'static str, items: &[(T, Vec<T>)], limits: &Limits) {
        let places: std::collections::BTreeMap<T, usize> =
            items.iter().enumerate().map(|(at, (item, _))| (*item, at)).collect();
        let parents: Vec<Vec<usize>> = items
            .iter()
            .map(|(_, within)| within.iter().filter_map(|item| places.get(item).copied()).collect())
            .collect();
        let found = crate::nesting::nesting(&parents, limits.group_depth);
        let name = |at: usize| items.get(at).map_or_else(String::new, |(item, _)| item.name());
        for circle in &found.cycles {
            if let Some(first) = circle.first() {
                self.problems.push(Problem::Circle { kind, id: name(*first) });
            }
        }
        for deep in &found.too_deep {
            self.problems.push(Problem::TooDeep { kind, id: name(*deep), limit: limits.group_depth });
        }
    }
}
