//! Who is listed, in which groups and containers, and in which state? Plain searches through the lists.

use std::collections::BTreeSet;

use placet::entities::Entities;
use placet::identity::{Agent, Sponsor, State, User, UserKind};
use placet::resource::{Resource, ResourceRef};

/// The agent of that id.
pub(crate) fn agent<'e>(all: &'e Entities, id: &str) -> Option<&'e Agent> {
    all.agents.iter().find(|agent| agent.id.as_str() == id)
}

/// The user, agent's account or workload that a request names by this type and id.
pub(crate) fn user<'e>(all: &'e Entities, kind: &str, id: &str) -> Option<&'e User> {
    let named = |user: &User| match user.kind {
        UserKind::Person => "user",
        UserKind::AgentUser(_) => "agent_user",
        UserKind::Workload => "workload",
    };
    all.users.iter().find(|user| named(user) == kind && user.id.as_str() == id)
}

/// Whether what a person gave still counts: they are listed and not deleted.
pub(crate) fn gives(all: &Entities, id: &str) -> bool {
    user(all, "user", id).is_some_and(|user| !matches!(user.state, State::Deleted | State::Quarantined))
}

/// The resource of that type and id.
pub(crate) fn resource<'e>(all: &'e Entities, kind: &str, id: &str) -> Option<&'e Resource> {
    all.resources.iter().find(|r| r.reference.kind.as_str() == kind && r.reference.id.as_str() == id)
}

/// The agent that somebody is, or whose account it is.
pub(crate) fn agent_of<'e>(all: &'e Entities, kind: &str, id: &str) -> Option<&'e Agent> {
    if kind == "agent" {
        return agent(all, id);
    }
    match user(all, kind, id).map(|user| &user.kind) {
        Some(UserKind::AgentUser(owner)) => agent(all, owner.as_str()),
        Some(UserKind::Person | UserKind::Workload) | None => None,
    }
}

/// The groups of a listed principal, nested ones included.
pub(crate) fn groups(all: &Entities, kind: &str, id: &str) -> BTreeSet<String> {
    let direct = match kind {
        "agent" => agent(all, id).map(|agent| &agent.groups),
        _ => user(all, kind, id).map(|user| &user.groups),
    };
    let mut found: BTreeSet<String> = direct.into_iter().flatten().map(ToString::to_string).collect();
    loop {
        let outer = all.groups.iter().filter(|group| found.contains(group.id.as_str()));
        let more: Vec<String> = outer.flat_map(|group| &group.groups).map(ToString::to_string).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
}

/// The containers of a listed resource, outer ones included.
pub(crate) fn containers(all: &Entities, of: &Resource) -> BTreeSet<ResourceRef> {
    let mut found: BTreeSet<ResourceRef> = of.containers.iter().cloned().collect();
    loop {
        let outer = all.resources.iter().filter(|resource| found.contains(&resource.reference));
        let more: Vec<ResourceRef> = outer.flat_map(|resource| resource.containers.clone()).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
}

/// Whether somebody is a listed and enabled person.
pub(crate) fn is_person(all: &Entities, id: &str) -> bool {
    user(all, "user", id).is_some_and(|user| user.state == State::Enabled)
}

/// Whether somebody is a listed and enabled person of a group.
pub(crate) fn is_member(all: &Entities, id: &str, group: &str) -> bool {
    is_person(all, id) && groups(all, "user", id).contains(group)
}

/// Whether somebody is a listed and enabled person that is listed in a group itself, and not in one that lies in it.
pub(crate) fn is_direct(all: &Entities, id: &str, group: &str) -> bool {
    is_person(all, id) && user(all, "user", id).is_some_and(|user| user.groups.iter().any(|own| own.as_str() == group))
}

/// Whether somebody answers for an agent.
pub(crate) fn is_sponsored(all: &Entities, agent: &Agent) -> bool {
    match &agent.sponsor {
        None => false,
        Some(Sponsor::User(person)) => is_person(all, person.as_str()),
        Some(Sponsor::Group(group)) => all.users.iter().any(|user| is_direct(all, user.id.as_str(), group.as_str())),
    }
}

/// Whether the blueprint of an agent, if it has one, is listed and enabled.
pub(crate) fn is_blueprint_enabled(all: &Entities, agent: &Agent) -> bool {
    agent.blueprint.as_ref().is_none_or(|id| {
        all.blueprints.iter().any(|blueprint| blueprint.id == *id && blueprint.state == State::Enabled)
    })
}
