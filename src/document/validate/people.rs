//! Groups, blueprints, agents and users: who is there, and who answers for whom?

use std::collections::BTreeMap;

use super::Check;
use super::listed::{Listed, Referrer};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote;
use crate::document::schema::{Place, Text, UserItem};
use crate::identity::{Agent, Blueprint, Group, Sponsor, State, User, UserKind};
use crate::name::{GroupId, UserId};
use crate::nesting::{nesting, path};
use crate::value::map_from_json;

impl Check<'_> {
    pub(super) fn groups(&self, listed: &Listed<'_>) -> Vec<Group> {
        let items: Vec<_> = self.documents.iter().flat_map(|d| &d.groups).collect();
        let index: BTreeMap<&str, usize> = items.iter().enumerate().map(|(i, g)| (g.id.value.as_str(), i)).collect();
        let above = |groups: &[Text]| groups.iter().filter_map(|g| index.get(g.value.as_str()).copied()).collect();
        let parents: Vec<Vec<usize>> = items.iter().map(|g| above(&g.groups)).collect();
        let found = nesting(&parents, self.limits.group_depth);
        let name = |node: usize| items.get(node).map_or("", |g| g.id.value.as_str());
        for cycle in &found.cycles {
            let place = cycle.first().and_then(|node| items.get(*node)).map_or(Place::default(), |g| Place(g.id.span));
            let message = format!("groups belong to each other in a circle: {}", quote(&path(cycle, name)));
            self.error("document.cycle", place, &message, || "remove one of these memberships".to_owned());
        }
        for group in found.too_deep.iter().filter_map(|node| items.get(*node)) {
            let message = format!("is nested deeper than {} groups", self.limits.group_depth);
            self.error_about("document.too_deep", &group.id, &message, || {
                "nest less, or raise `group_depth` in the limits".to_owned()
            });
        }
        let mut groups: Vec<Group> = items
            .iter()
            .filter_map(|item| {
                let id = self.own_id(&item.id, item.place, "a group")?;
                Some(Group { id, groups: self.memberships(&item.groups, listed) })
            })
            .collect();
        groups.sort_by(|a, b| a.id.cmp(&b.id));
        groups
    }

    /// The id of an item itself.
    pub(super) fn own_id<T: core::str::FromStr<Err = crate::name::NameError>>(
        &self,
        id: &Text,
        place: Place,
        owner: &str,
    ) -> Option<T> {
        if self.written(id, place, owner, "id") { self.id(id) } else { None }
    }

    fn memberships(&self, texts: &[Text], listed: &Listed<'_>) -> Vec<GroupId> {
        let ids = texts.iter().filter_map(|text| self.reference(text, &listed.groups, "group", Referrer::Entity));
        let mut groups: Vec<GroupId> = ids.collect();
        groups.sort();
        groups.dedup();
        groups
    }

    pub(super) fn blueprints(&self, listed: &Listed<'_>) -> Vec<Blueprint> {
        let items = self.documents.iter().flat_map(|d| &d.blueprints);
        let mut blueprints: Vec<Blueprint> = items
            .filter_map(|item| {
                Some(Blueprint {
                    id: self.own_id(&item.id, item.place, "a blueprint")?,
                    owner: item.owner.as_ref().and_then(|text| self.person(text, listed, Referrer::Entity)),
                    sponsor: item.sponsor.as_ref().and_then(|text| self.sponsor(text, listed, Referrer::Entity)),
                    state: self.state(item.state.as_ref()),
                })
            })
            .collect();
        blueprints.sort_by(|a, b| a.id.cmp(&b.id));
        blueprints
    }

    pub(super) fn agents(&self, listed: &Listed<'_>) -> Vec<Agent> {
        let items = self.documents.iter().flat_map(|d| &d.agents);
        let mut agents: Vec<Agent> = items
            .filter_map(|item| {
                let blueprint = item.blueprint.as_ref();
                // Everything is checked, whatever comes of the id.
                let id = self.own_id(&item.id, item.place, "an agent");
                let agent = Agent {
                    blueprint: blueprint
                        .and_then(|text| self.reference(text, &listed.blueprints, "blueprint", Referrer::Entity)),
                    owner: item.owner.as_ref().and_then(|text| self.person(text, listed, Referrer::Entity)),
                    sponsor: item.sponsor.as_ref().and_then(|text| self.sponsor(text, listed, Referrer::Entity)),
                    purpose: item.purpose.clone(),
                    groups: self.memberships(&item.groups, listed),
                    attributes: map_from_json(&item.attributes),
                    state: self.state(item.state.as_ref()),
                    review_by: item.review_by.as_ref().and_then(|text| self.time(text)),
                    id: id?,
                };
                Some(agent)
            })
            .collect();
        agents.sort_by(|a, b| a.id.cmp(&b.id));
        agents
    }

    pub(super) fn users(&self, listed: &Listed<'_>) -> Vec<User> {
        let items = self.documents.iter().flat_map(|d| &d.users);
        let mut users: Vec<User> = items
            .filter_map(|item| {
                let id = self.own_id(&item.id, item.place, "a user");
                let kind = self.user_kind(item, listed);
                let state = self.state(item.state.as_ref());
                if let Some(text) = item.state.as_ref().filter(|_| state == State::Quarantined) {
                    self.error_about("document.unknown_value", text, "is no state of a user", || {
                        "write one of `enabled`, `disabled`, `deleted`; only agents are quarantined".to_owned()
                    });
                }
                let groups = self.memberships(&item.groups, listed);
                Some(User { id: id?, kind: kind?, groups, attributes: map_from_json(&item.attributes), state })
            })
            .collect();
        users.sort_by(|a, b| (a.kind.type_name(), &a.id).cmp(&(b.kind.type_name(), &b.id)));
        users
    }

    fn user_kind(&self, item: &UserItem, listed: &Listed<'_>) -> Option<UserKind> {
        #[derive(Clone, Copy, PartialEq)]
        enum Written {
            Person,
            AgentUser,
            Workload,
        }
        let kinds = [("user", Written::Person), ("agent_user", Written::AgentUser), ("workload", Written::Workload)];
        let kind = match &item.r#type {
            Some(text) => self.choice(text, "type of a user", &kinds)?,
            None => Written::Person,
        };
        let agent = item.agent.as_ref();
        if kind == Written::AgentUser {
            let agent = self.required(agent, item.place, "an agent user", "agent")?;
            let agent = self.reference(agent, &listed.agents, "agent", Referrer::Entity)?;
            return Some(UserKind::AgentUser(agent));
        }
        if let Some(agent) = agent {
            self.error("document.user", Place(agent.span), "only an agent user has an `agent`", || {
                "write `type: agent_user`, or remove the member".to_owned()
            });
        }
        Some(if kind == Written::Workload { UserKind::Workload } else { UserKind::Person })
    }

    fn state(&self, text: Option<&Text>) -> State {
        text.and_then(|text| self.choice(text, "state", &State::ALL)).unwrap_or_default()
    }

    /// The person that a text names, as `id` or `user:id`.
    pub(super) fn person(&self, text: &Text, listed: &Listed<'_>, referrer: Referrer) -> Option<UserId> {
        let name = text.value.as_str();
        let id = match name.strip_prefix("user:") {
            Some(rest) if !listed.people.contains_key(name) => Text { value: rest.to_owned(), span: text.span },
            _ => text.clone(),
        };
        let is_other = listed.workloads.contains_key(name) || listed.agent_users.contains_key(name);
        if is_other && !listed.people.contains_key(name) {
            self.error_about("document.unknown_reference", text, "is no person", || {
                "name a user of type `user`: only people answer for agents, give grants and approve".to_owned()
            });
            return None;
        }
        self.reference(&id, &listed.people, "user", referrer)
    }

    /// The user or group that a text names, as `id`, `user:id` or `group:id`.
    pub(super) fn sponsor(&self, text: &Text, listed: &Listed<'_>, referrer: Referrer) -> Option<Sponsor> {
        let name = text.value.as_str();
        if let Some(rest) = name.strip_prefix("group:").filter(|_| !listed.people.contains_key(name)) {
            let id = Text { value: rest.to_owned(), span: text.span };
            return self.reference(&id, &listed.groups, "group", referrer).map(Sponsor::Group);
        }
        if name.starts_with("user:") && !listed.groups.contains_key(name) {
            return self.person(text, listed, referrer).map(Sponsor::User);
        }
        match (listed.people.contains_key(name), listed.groups.contains_key(name)) {
            (true, true) => {
                self.sink.error(text.span, || {
                    let message = format!("{} is both a user and a group", quote(name));
                    Diagnostic::error("document.ambiguous_reference", text.span, message).with_help(format!(
                        "write {} or {}",
                        quote(&format!("user:{name}")),
                        quote(&format!("group:{name}"))
                    ))
                });
                None
            }
            (true, false) => self.id(text).map(Sponsor::User),
            (false, true) => self.id(text).map(Sponsor::Group),
            (false, false) if listed.workloads.contains_key(name) || listed.agent_users.contains_key(name) => {
                self.person(text, listed, referrer).map(Sponsor::User)
            }
            (false, false) => {
                let known = listed.people.keys().chain(listed.groups.keys());
                self.dangling(text, "user or group", known.copied());
                None
            }
        }
    }
}
