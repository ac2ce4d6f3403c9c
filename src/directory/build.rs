//! Records to a snapshot: closures, facts, compiled grants.
//!
//! Never fails: what `check` would refuse (it is called before, except for documents, which were validated) counts as
//! absent here, and circles end.
//!
//! Next room: [`crate::engine`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use super::records::{AgentRecord, Giver, Principal, ResourceRecord, ToolRecord};
use super::{Directory, resource_hash};
use crate::compile::RuleSet;
use crate::entities::Entities;
use crate::grant::{Approval, Grant};
use crate::identity::{Agent, Sponsor, State, User, UserKind};
use crate::name::{BlueprintId, GroupId, RuleId, UserId};
use crate::resource::ResourceRef;
use crate::rule::{Effect, Mode, ResourceHead, Rule, Source};
use crate::signal::{Class, Target};
use crate::table::{Numbered, Seed, Table};
use crate::tool::{EffectClass, Tool};
use crate::value::{Map, Value};

pub(super) fn build(entities: &Entities, version: &str) -> Directory {
    let closures = Closures::of(entities.groups.iter().map(|group| (&group.id, &group.groups)));
    let mut principals = principals(entities, &closures);
    link_accounts(&mut principals, entities);
    let resources = resources(entities);
    let tool_records = tools(entities);
    let tools = Numbered::new(tool_records.iter().map(|tool| tool.id.clone()));
    let mut approvals: HashMap<Box<str>, Vec<Approval>> = HashMap::new();
    for approval in &entities.approvals {
        approvals.entry(approval.call.as_str().into()).or_default().push(approval.clone());
    }
    for given in approvals.values_mut() {
        given.sort_by(|a, b| a.id.cmp(&b.id));
    }
    let grants: Vec<Rule> = entities.grants.iter().filter_map(lower).collect();
    let grants = RuleSet::new(&grants);
    let givers = givers(&grants, entities);
    let children = children(&principals);
    let seed = Seed::default();
    let principal_table = Table::new(principals.iter().map(|principal| seed.hash(principal.id_text().as_bytes())));
    let names = resources.iter().map(|resource| &resource.reference);
    let resource_table = Table::new(names.map(|name| resource_hash(seed, name.kind.as_str(), name.id.as_str())));
    Directory {
        version: version.into(),
        words: None,
        children,
        seed,
        principals,
        principal_table,
        resources,
        resource_table,
        tools,
        tool_records,
        grants,
        givers,
        approvals,
    }
}

/// Who hangs directly below an id: agents below their blueprint, accounts below their agent.
fn children(principals: &[Principal]) -> HashMap<Box<str>, Vec<u32>> {
    let mut children: HashMap<Box<str>, Vec<u32>> = HashMap::new();
    for (at, principal) in (0u32..).zip(principals) {
        let blueprint = principal.agent.as_ref().and_then(|agent| agent.blueprint.as_ref());
        let parent = principal.parent.and_then(|parent| principals.get(parent as usize));
        let above = [blueprint.map(BlueprintId::as_str), parent.map(Principal::id_text)];
        for id in above.into_iter().flatten() {
            children.entry(id.into()).or_default().push(at);
        }
    }
    children
}

/// What each thing lies in, at any depth.
struct Closures<'e, T> {
    parents: BTreeMap<&'e T, &'e Vec<T>>,
}

impl<'e, T: Ord + Clone> Closures<'e, T> {
    fn of(items: impl Iterator<Item = (&'e T, &'e Vec<T>)>) -> Self {
        Self { parents: items.collect() }
    }

    /// `direct` and all that these lie in, ascending. What is not listed is left out.
    fn reach(&self, direct: &[T]) -> Box<[T]> {
        let mut seen: BTreeSet<&T> = BTreeSet::new();
        let mut open: Vec<&T> = direct.iter().collect();
        while let Some(next) = open.pop() {
            let Some((item, parents)) = self.parents.get_key_value(next) else { continue };
            if seen.insert(item) {
                open.extend(parents.iter());
            }
        }
        seen.into_iter().cloned().collect()
    }
}

fn names<'n, T>(items: &'n [T], name: impl Fn(&'n T) -> &'n str) -> Value<'static> {
    items.iter().map(|item| Value::from(name(item).to_owned())).collect()
}

fn principals(entities: &Entities, closures: &Closures<'_, GroupId>) -> Vec<Principal> {
    let blueprints: BTreeMap<&BlueprintId, State> = entities.blueprints.iter().map(|b| (&b.id, b.state)).collect();
    let persons = entities.users.iter().filter(|user| user.kind == UserKind::Person && user.state == State::Enabled);
    let mut sponsors: BTreeMap<Sponsor, Vec<UserId>> = BTreeMap::new();
    for person in persons {
        sponsors.insert(Sponsor::User(person.id.clone()), vec![person.id.clone()]);
        for group in &person.groups {
            sponsors.entry(Sponsor::Group(group.clone())).or_default().push(person.id.clone());
        }
    }
    let sponsors = sponsors.into_iter().map(|(sponsor, mut persons)| {
        persons.sort();
        persons.dedup();
        (sponsor, persons.into())
    });
    let standing = Standing { blueprints, sponsors: sponsors.collect() };
    let agents = entities.agents.iter().map(|agent| agent_principal(agent, closures, &standing));
    let users = entities.users.iter().map(|user| user_principal(user, closures));
    let mut all: Vec<Principal> = agents.chain(users).map(Principal::settled).collect();
    all.sort_by(|a, b| (a.kind_text(), a.id_text()).cmp(&(b.kind_text(), b.id_text())));
    all
}

/// What the standing of an agent depends on.
struct Standing<'e> {
    blueprints: BTreeMap<&'e BlueprintId, State>,
    /// The enabled persons that each sponsor stands for. Of a group these are its direct members: a group that is nested in it answers
    /// for nothing (the rule of managed agent identities).
    sponsors: BTreeMap<Sponsor, Arc<[UserId]>>,
}

fn agent_principal(agent: &Agent, closures: &Closures<'_, GroupId>, standing: &Standing<'_>) -> Principal {
    let groups = closures.reach(&agent.groups);
    let text = |text: &str| Value::from(text.to_owned());
    let sponsor_name = agent.sponsor.as_ref().map(|sponsor| match sponsor {
        Sponsor::User(user) => text(user.as_str()),
        Sponsor::Group(group) => Value::from(format!("group:{group}")),
    });
    let record = AgentRecord {
        // A blueprint that is not listed cannot be known to be enabled.
        blueprint_state: agent
            .blueprint
            .as_ref()
            .map(|id| standing.blueprints.get(id).copied().unwrap_or(State::Deleted)),
        sponsor: agent.sponsor.clone(),
        sponsors: agent
            .sponsor
            .as_ref()
            .and_then(|sponsor| standing.sponsors.get(sponsor).cloned())
            .unwrap_or_default(),
        owner: agent.owner.clone(),
        review_by: agent.review_by,
        blueprint_name: agent.blueprint.as_ref().map(|id| text(id.as_str())),
        owner_name: agent.owner.as_ref().map(|id| text(id.as_str())),
        sponsor_name,
        purpose: agent.purpose.as_deref().map(text),
        state_name: Value::from(agent.state.name()),
        review_time: agent.review_by.map(Value::Timestamp),
        blueprint: agent.blueprint.clone(),
    };
    Principal {
        is_sound: false,
        kind: Value::from("agent"),
        id: text(agent.id.as_str()),
        state: agent.state,
        group_names: names(&groups, GroupId::as_str),
        groups,
        aliases: aliases(agent.id.as_str(), &agent.attributes),
        attributes: Value::from(agent.attributes.clone()),
        agent: Some(Box::new(record)),
        parent: None,
    }
}

fn user_principal(user: &User, closures: &Closures<'_, GroupId>) -> Principal {
    let groups = closures.reach(&user.groups);
    Principal {
        is_sound: false,
        kind: Value::from(user.kind.type_name()),
        id: Value::from(user.id.as_str().to_owned()),
        state: user.state,
        group_names: names(&groups, GroupId::as_str),
        groups,
        aliases: aliases(user.id.as_str(), &user.attributes),
        attributes: Value::from(user.attributes.clone()),
        agent: None,
        parent: None,
    }
}

/// The other names of a principal: an id that is an address, and what its attributes say.
fn aliases(id: &str, attributes: &Map<'_>) -> Box<[Target]> {
    let name = |class: Class, id: &str| Target::new(class, None, id);
    let own = [Class::Email, Class::Account].into_iter().filter(|_| id.contains('@')).map(|class| name(class, id));
    let listed = [
        ("email", Class::Email),
        ("account", Class::Account),
        ("phone", Class::Phone),
        ("org_unit", Class::OrgUnit),
        ("tenant", Class::Tenant),
    ];
    let text =
        |attribute: &str| if let Some(Value::String(text)) = attributes.get(attribute) { Some(text) } else { None };
    own.chain(listed.into_iter().filter_map(|(attribute, class)| text(attribute).map(|text| name(class, text))))
        .collect()
}

/// Points the accounts of agents to their agents.
fn link_accounts(principals: &mut [Principal], entities: &Entities) {
    let places: BTreeMap<(String, String), u32> = (0u32..)
        .zip(principals.iter())
        .map(|(at, p)| ((p.kind_text().to_owned(), p.id_text().to_owned()), at))
        .collect();
    for user in &entities.users {
        let UserKind::AgentUser(agent) = &user.kind else { continue };
        let place = |kind: &str, id: &str| places.get(&(kind.to_owned(), id.to_owned())).copied();
        let Some(at) = place(user.kind.type_name(), user.id.as_str()) else { continue };
        if let Some(account) = principals.get_mut(at as usize) {
            account.parent = place("agent", agent.as_str());
        }
    }
}

fn resources(entities: &Entities) -> Vec<ResourceRecord> {
    let closures = Closures::of(entities.resources.iter().map(|r| (&r.reference, &r.containers)));
    let record = |resource: &crate::resource::Resource| {
        let containers = closures.reach(&resource.containers);
        ResourceRecord {
            reference: resource.reference.clone(),
            container_names: names(&containers, |c: &ResourceRef| c.id.as_str()),
            containers,
            label: resource.label,
            attributes: Value::from(resource.attributes.clone()),
            requires_grant: resource.requires_grant,
        }
    };
    let mut records: Vec<ResourceRecord> = entities.resources.iter().map(record).collect();
    records.sort_by(|a, b| a.reference.cmp(&b.reference));
    records
}

fn tools(entities: &Entities) -> Vec<ToolRecord> {
    let blocked: BTreeMap<&str, bool> = entities.servers.iter().map(|s| (s.id.as_str(), s.blocked)).collect();
    let record = |tool: &Tool| {
        let mut effects: Vec<EffectClass> = tool.effects.clone();
        effects.sort_unstable();
        effects.dedup();
        let (server, name) = tool.id.as_str().split_once('/').unwrap_or_default();
        ToolRecord {
            id: tool.id.as_str().into(),
            server: server.to_owned().into(),
            name: name.to_owned().into(),
            effects: effects.iter().map(|effect| Value::from(effect.name())).collect(),
            assigned: tool.assigned.clone().into(),
            requires_grant: tool.requires_grant,
            digest: tool.digest.as_deref().map(Into::into),
            does: EffectClass::does(&tool.effects),
            flow: tool.flow.clone(),
            // A server that is not listed was never approved.
            blocked: tool.blocked || blocked.get(tool.server.as_str()).copied().unwrap_or(true),
        }
    };
    let mut records: Vec<ToolRecord> = entities.tools.iter().map(record).collect();
    records.sort_by(|a, b| a.id.cmp(&b.id));
    records
}

/// Who gave each grant, in the order of the rules that the grants have become.
fn givers(grants: &RuleSet, entities: &Entities) -> Vec<Giver> {
    let by: BTreeMap<&str, &UserId> = entities.grants.iter().map(|grant| (grant.id.as_str(), &grant.by)).collect();
    let people = entities.users.iter().filter(|user| user.kind == UserKind::Person);
    let people: BTreeMap<&UserId, &User> = people.map(|user| (&user.id, user)).collect();
    let rules = (0u32..).map_while(|at| grants.get(at));
    // Every rule here was made of a grant.
    let given = rules.filter_map(|rule| by.get(rule.id.as_str()).copied());
    let giver = |id: &UserId| {
        let listed = people.get(id);
        Giver {
            id: id.clone(),
            aliases: listed.map(|user| aliases(id.as_str(), &user.attributes)).unwrap_or_default(),
            is_gone: listed.is_none_or(|user| matches!(user.state, State::Deleted | State::Quarantined)),
        }
    };
    given.map(giver).collect()
}

/// A grant as the rule that it is: a permit with an interval.
fn lower(grant: &Grant) -> Option<Rule> {
    let id: RuleId = grant.id.as_str().parse().ok()?;
    let resources = grant.scope.resources.iter().map(|resource| ResourceHead {
        kind: resource.kind.clone(),
        id: resource.id.clone(),
        ..ResourceHead::default()
    });
    // Empty lists allow nothing in a scope and everything in a rule.
    if grant.scope.actions.is_empty() || grant.scope.resources.is_empty() {
        return None;
    }
    Some(Rule {
        id,
        source: Source::Grant,
        effect: Effect::Permit,
        mode: Mode::Enforce,
        subjects: vec![grant.to.clone()],
        actions: grant.scope.actions.clone(),
        tools: Vec::new(),
        resources: resources.collect(),
        arguments: grant.scope.arguments.clone(),
        when: None,
        interval: Some((grant.start, grant.end)),
        requirements: Vec::new(),
        message: None,
        span: crate::diagnostic::Span::default(),
    })
}
