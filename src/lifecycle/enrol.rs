//! How do managed identities reach decisions? As the records of [`crate::identity`], for one tenant at one time.
//!
//! INVARIANT: whatever [`Fleet::verdict`] denies in the strict reading, a directory of these records denies too. A state that records
//! have no word for becomes a stricter one; what hangs from something that is gone is listed with that as deleted.
//!
//! | of the fleet | in the records | code of the decision |
//! | --- | --- | --- |
//! | disabled | `disabled` | `identity.disabled` |
//! | soft-deleted, or its restore window over | `deleted` | `identity.deleted` |
//! | removed for good | not listed; `deleted` if the host still lists it | `identity.unknown_agent`, `identity.unknown_agent_user` |
//! | switched off by the provider; quarantined | `quarantined` | `identity.quarantined` |
//! | blueprint or its principal in the tenant not enabled, or gone | blueprint not `enabled` | `identity.blueprint_disabled` |
//! | nobody answers for it | no sponsor, or one who is gone | `identity.no_sponsor` |
//! | parent of an account not enabled, or gone | parent as above | the parent's |

use super::Fleet;
use super::object::{AgentIdentity, LifecycleState, ObjectRef, Owner, ProviderStatus};
use crate::entities::Entities;
use crate::identity::{Agent, Blueprint, Sponsor, State, User, UserKind};
use crate::name::{AgentId, BlueprintId, TenantId, UserId};
use crate::time::Timestamp;
use crate::value::Map;

impl Fleet {
    /// Writes the identities of a tenant, as they are at `now`, into the records that a [`crate::Directory`] is made of.
    ///
    /// `into` holds what the host knows besides: people and groups, which owners and sponsors are looked up in, and of agents
    /// their groups, attributes and review dates. Of a record that is there already the stricter state counts; blueprint, owner and
    /// sponsor are the fleet's. An agent that the fleet knows in another tenant is deleted in this one. Make the records anew each
    /// time: a state is never relaxed.
    ///
    /// Of several sponsors one is named: the first who is enabled, or whose group has an enabled direct member.
    ///
    /// ```
    /// use placet::{CompiledPolicy, Directory, Engine, Limits, Link, Request, Target, document};
    /// use placet::lifecycle::{Caller, Fleet, NewAgentIdentity, NewBlueprint, ObjectRef, Settings};
    /// let policy = "version: 1\nusers: [{id: ada}]\nrules: [{id: read, effect: permit, action: read}]\n";
    /// let policy = document::load([("policy.yaml", policy)], &Limits::default())?;
    ///
    /// let mut fleet = Fleet::new(Settings::default());
    /// let ada = Caller::Delegated { user: "ada".parse()?, administrator: false };
    /// let (tenant, blueprint): (placet::name::TenantId, placet::name::BlueprintId) = ("t".parse()?, "helpdesk".parse()?);
    /// fleet.create_blueprint(&ada, NewBlueprint { id: blueprint.clone(), owners: vec![], sponsors: vec![] })?;
    /// fleet.add_principal(tenant.clone(), blueprint.clone())?;
    /// let bot = NewAgentIdentity {
    ///     id: "bot".parse()?, tenant: tenant.clone(), blueprint: blueprint.clone(), owners: vec![], sponsors: vec![],
    /// };
    /// fleet.create_agent(&ada, bot)?;
    ///
    /// let now = "2026-11-24T09:00:00Z".parse()?;
    /// let decide = |fleet: &Fleet| -> Result<Vec<String>, placet::directory::DirectoryError> {
    ///     let mut records = policy.entities().clone();
    ///     fleet.enrol(&tenant, now, &mut records);
    ///     let directory = Directory::new(&records, "fleet-1", &Limits::default())?;
    ///     let engine = Engine::new(CompiledPolicy::new(&policy, &Limits::default()).into(), directory.into());
    ///     let call = Request::new(Link::agent("bot"), "read", Target::new("page", "home")).at(now);
    ///     Ok(engine.decide(&call).reasons().map(|reason| reason.code.to_string()).collect())
    /// };
    /// assert!(decide(&fleet)?.is_empty());
    /// fleet.disable(&ObjectRef::Blueprint(blueprint))?;
    /// assert_eq!(decide(&fleet)?, ["identity.blueprint_disabled"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn enrol(&self, tenant: &TenantId, now: Timestamp, into: &mut Entities) {
        self.removed_into(into);
        self.blueprints_into(tenant, now, into);
        for agent in self.agents.values() {
            self.agent_into(agent, tenant, now, into);
        }
        for account in self.agent_users.values() {
            self.account_into(&account.id, &account.parent, tenant, now, into);
        }
    }

    /// What the host still lists and the fleet removed for good.
    fn removed_into(&self, into: &mut Entities) {
        let is_removed = |object: ObjectRef| self.removed.contains(&object);
        let agents = into.agents.iter_mut().filter(|agent| is_removed(ObjectRef::Agent(agent.id.clone())));
        agents.for_each(|agent| agent.state = State::Deleted);
        let accounts = into.users.iter_mut().filter(|user| {
            matches!(user.kind, UserKind::AgentUser(_)) && is_removed(ObjectRef::AgentUser(user.id.clone()))
        });
        accounts.for_each(|account| account.state = State::Deleted);
        let blueprints = into.blueprints.iter_mut().filter(|known| is_removed(ObjectRef::Blueprint(known.id.clone())));
        blueprints.for_each(|blueprint| blueprint.state = State::Deleted);
    }

    fn blueprints_into(&self, tenant: &TenantId, now: Timestamp, into: &mut Entities) {
        for blueprint in self.blueprints.values() {
            let listed = into.blueprints.iter().any(|known| known.id == blueprint.id);
            if !listed && self.principal(tenant, &blueprint.id).is_none() && !self.has_agents(tenant, &blueprint.id) {
                continue;
            }
            let state = self.blueprint_state(tenant, &blueprint.id, now);
            let (owner, sponsor) = (owner(&blueprint.owners, into), sponsor(&blueprint.sponsors, into));
            put_blueprint(Blueprint { id: blueprint.id.clone(), owner, sponsor, state }, into);
        }
        // Orphans name a blueprint that is gone.
        for agent in self.agents.values().filter(|agent| !self.blueprints.contains_key(&agent.blueprint)) {
            let id = agent.blueprint.clone();
            put_blueprint(Blueprint { id, owner: None, sponsor: None, state: State::Deleted }, into);
        }
    }

    fn has_agents(&self, tenant: &TenantId, blueprint: &BlueprintId) -> bool {
        self.children(blueprint).any(|agent| agent.tenant == *tenant)
    }

    /// A blueprint as it is in a tenant: as its principal there, if that is worse.
    fn blueprint_state(&self, tenant: &TenantId, blueprint: &BlueprintId, now: Timestamp) -> State {
        let own = self.blueprint(blueprint).map(|blueprint| blueprint.provider);
        let principal = self.principal(tenant, blueprint).map(|principal| principal.provider);
        let states = [
            (ObjectRef::Blueprint(blueprint.clone()), own),
            (ObjectRef::Principal(tenant.clone(), blueprint.clone()), principal),
        ];
        let state = |(object, status): &(ObjectRef, Option<ProviderStatus>)| {
            let by_provider = status.map_or(State::Deleted, provided);
            stricter(plain(self.state(object, now)), by_provider)
        };
        states.iter().map(state).fold(State::Enabled, stricter)
    }

    fn agent_into(&self, agent: &AgentIdentity, tenant: &TenantId, now: Timestamp, into: &mut Entities) {
        let known = into.agents.iter().position(|known| known.id == agent.id);
        if agent.tenant != *tenant {
            if let Some(known) = known.and_then(|at| into.agents.get_mut(at)) {
                known.state = State::Deleted;
            }
            return;
        }
        let own = stricter(plain(self.state(&ObjectRef::Agent(agent.id.clone()), now)), provided(agent.provider));
        let state = stricter(own, if agent.quarantined { State::Quarantined } else { State::Enabled });
        let (owner, sponsor) = (owner(&agent.owners, into), sponsor(&agent.sponsors, into));
        let blueprint = Some(agent.blueprint.clone());
        match known.and_then(|at| into.agents.get_mut(at)) {
            Some(known) => {
                known.state = stricter(known.state, state);
                (known.blueprint, known.owner, known.sponsor) = (blueprint, owner, sponsor);
            }
            None => into.agents.push(Agent { blueprint, owner, sponsor, state, ..nobody(agent.id.clone()) }),
        }
    }

    fn account_into(&self, id: &UserId, parent: &AgentId, tenant: &TenantId, now: Timestamp, into: &mut Entities) {
        let is_it = |user: &&mut User| user.id == *id && matches!(user.kind, UserKind::AgentUser(_));
        let of_tenant = self.agent(parent).map(|parent| parent.tenant == *tenant);
        let state = match of_tenant {
            Some(true) => plain(self.state(&ObjectRef::AgentUser(id.clone()), now)),
            // Of another tenant; or nobody can say any more of which.
            Some(false) => State::Deleted,
            None => plain(self.state(&ObjectRef::AgentUser(id.clone()), now)),
        };
        let kind = UserKind::AgentUser(parent.clone());
        match into.users.iter_mut().find(is_it) {
            Some(known) => {
                known.state = stricter(known.state, state);
                known.kind = kind;
            }
            None if of_tenant == Some(false) => return,
            None => {
                let (groups, attributes) = (Vec::new(), Map::default());
                into.users.push(User { id: id.clone(), kind, groups, attributes, state });
            }
        }
        // An account whose parent is not listed names one that is gone.
        if !into.agents.iter().any(|agent| agent.id == *parent) {
            into.agents.push(Agent { state: State::Deleted, ..nobody(parent.clone()) });
        }
    }
}

/// An agent of which nothing is known but its id.
fn nobody(id: AgentId) -> Agent {
    Agent {
        id,
        blueprint: None,
        owner: None,
        sponsor: None,
        purpose: None,
        groups: Vec::new(),
        attributes: Map::default(),
        state: State::Enabled,
        review_by: None,
    }
}

/// Adds a blueprint, or makes the one that is there no less strict.
fn put_blueprint(blueprint: Blueprint, into: &mut Entities) {
    match into.blueprints.iter_mut().find(|known| known.id == blueprint.id) {
        Some(known) => {
            let state = stricter(known.state, blueprint.state);
            *known = Blueprint { state, ..blueprint };
        }
        None => into.blueprints.push(blueprint),
    }
}

const fn plain(state: LifecycleState) -> State {
    match state {
        LifecycleState::Enabled => State::Enabled,
        LifecycleState::Disabled => State::Disabled,
        LifecycleState::SoftDeleted | LifecycleState::Deleted => State::Deleted,
    }
}

/// No owner can lift what the provider did, so it is more than disabled.
const fn provided(status: ProviderStatus) -> State {
    match status {
        ProviderStatus::NotDisabled => State::Enabled,
        ProviderStatus::Disabled => State::Quarantined,
    }
}

/// The worse of two states; of equally bad ones either.
fn stricter(one: State, other: State) -> State {
    let rank = |state: State| match state {
        State::Enabled => 0,
        State::Disabled => 1,
        State::Quarantined => 2,
        State::Deleted => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The first owner who is a listed person.
fn owner(owners: &[Owner], listed: &Entities) -> Option<UserId> {
    owners.iter().find_map(|owner| match owner {
        Owner::User(user) if person(user, listed).is_some() => Some(user.clone()),
        Owner::User(_) | Owner::Application(_) => None,
    })
}

fn person<'e>(id: &UserId, listed: &'e Entities) -> Option<&'e User> {
    listed.users.iter().find(|user| user.id == *id && user.kind == UserKind::Person)
}

/// The first sponsor who is there to answer; if none is, the first who is listed at all, so that people can read who left.
fn sponsor(sponsors: &[Sponsor], listed: &Entities) -> Option<Sponsor> {
    let is_listed = |sponsor: &&Sponsor| match sponsor {
        Sponsor::User(user) => person(user, listed).is_some(),
        Sponsor::Group(group) => listed.groups.iter().any(|known| known.id == *group),
    };
    let enabled = |user: &&User| user.kind == UserKind::Person && user.state == State::Enabled;
    let answers = |sponsor: &&Sponsor| match sponsor {
        Sponsor::User(user) => person(user, listed).is_some_and(|user| user.state == State::Enabled),
        Sponsor::Group(group) => listed.users.iter().filter(enabled).any(|user| user.groups.contains(group)),
    };
    let there = || sponsors.iter().filter(is_listed);
    there().find(answers).or_else(|| there().next()).cloned()
}
