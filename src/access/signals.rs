//! What is known about a sign-in, or about any call that is judged like one? Who, for whom, to what, from where, how risky.
//!
//! Every signal is a [`Signal`]: known or unknown. `Known(None)`, where the type allows it, is *known to be absent*: a device that
//! is not registered, an address of no country. In JSON a member left out is unknown and `null` is known to be absent. What comes
//! from the directory (groups, roles, attributes) is complete by definition: what is not listed is a known no.
//!
//! Next room: [`crate::access::filter`].

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::policy::{AgentContext, ClientApp, Control, GuestKind, InsiderRisk, Platform, Risk, Transfer};
use crate::condition::Truth;
use crate::condition::kleene::{or, truth};

/// What somebody said, or nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal<T> {
    /// Nobody said. Worst case in the strict reading.
    #[default]
    Unknown,
    /// This.
    Known(T),
}

impl<T> Signal<T> {
    /// The value, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// Whether a test of the value holds.
    pub fn is(&self, test: impl FnOnce(&T) -> bool) -> Truth {
        self.known().map_or(Truth::Unknown, |value| truth(test(value)))
    }
}

impl Signal<bool> {
    /// The signal as a truth.
    #[must_use]
    pub fn holds(self) -> Truth {
        self.is(|b| *b)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Signal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Known)
    }
}

/// One sign-in: everything that a policy may look at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Who it is about: the one acted for, or who acts directly.
    pub subject: Principal,
    /// The agent that acts for a user (RFC 8693 `act`).
    #[serde(default)]
    pub actor: Option<Agent>,
    /// What is to be used.
    pub target: Target,
    /// By which door the call comes.
    #[serde(default)]
    pub door: Door,
    /// Risks.
    #[serde(default)]
    pub risk: Risks,
    /// The platform, as the caller's user agent claims: nobody verifies it.
    #[serde(default)]
    pub platform: Signal<Platform>,
    /// The network.
    #[serde(default)]
    pub network: Network,
    /// The client application.
    #[serde(default)]
    pub client_app: Signal<ClientApp>,
    /// The device; known to be none if it is not registered.
    #[serde(default)]
    pub device: Signal<Option<Device>>,
    /// Authentication flows.
    #[serde(default)]
    pub flows: Flows,
    /// Where an agent user's session was started.
    #[serde(default)]
    pub origin: Signal<SessionOrigin>,
    /// The controls that this session has met.
    #[serde(default)]
    pub evidence: BTreeSet<Control>,
}

impl SignIn {
    /// A sign-in of which nothing but subject and target is known.
    #[must_use]
    pub fn new(subject: Principal, target: Target) -> Self {
        Self {
            subject,
            actor: None,
            target,
            door: Door::default(),
            risk: Risks::default(),
            platform: Signal::Unknown,
            network: Network::default(),
            client_app: Signal::Unknown,
            device: Signal::Unknown,
            flows: Flows::default(),
            origin: Signal::Unknown,
            evidence: BTreeSet::new(),
        }
    }

    /// The agents that take part: the actor, the subject itself, or the parent of an agent user.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        let of_subject = match &self.subject {
            Principal::Agent(agent) => Some(agent),
            Principal::AgentUser(user) => Some(&user.parent),
            Principal::User(_) | Principal::Workload(_) => None,
        };
        self.actor.iter().chain(of_subject)
    }
}

/// Who.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Principal {
    /// A person.
    User(User),
    /// An agent with its own identity.
    Agent(Agent),
    /// An agent's user account.
    AgentUser(AgentUser),
    /// Another workload: a service principal that is no agent.
    Workload(Workload),
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Their id.
    pub id: String,
    /// Their groups, nested ones included.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// Their roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Set for guests and other external users.
    #[serde(default)]
    pub guest: Option<Guest>,
}

/// A directory role that somebody holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Whether the directory itself defines it. Custom roles are not evaluated by the original system.
    #[serde(default)]
    pub built_in: bool,
    /// Whether it is held for an administrative unit only. Such ones are not evaluated by the original system either.
    #[serde(default)]
    pub scoped: bool,
}

/// What kind of external user, and from where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The kind.
    pub kind: GuestKind,
    /// Id of the home tenant, where there is one.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// An agent identity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// The blueprint that it is made from.
    #[serde(default)]
    pub blueprint: Option<String>,
    /// Its custom security attributes, named `Set_Attribute`.
    #[serde(default)]
    pub attributes: Attributes,
}

/// An agent's user account.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentUser {
    /// Its id.
    pub id: String,
    /// The agent that it belongs to.
    pub parent: Agent,
    /// Its groups, nested ones included. The original system does not target agent users by group.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// Its custom security attributes.
    #[serde(default)]
    pub attributes: Attributes,
}

/// A service principal that is no agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Its id.
    pub id: String,
    /// Whether it is a managed identity. The original system does not cover these.
    #[serde(default)]
    pub managed_identity: bool,
    /// Whether it is registered in several tenants. The original system covers single-tenant applications only.
    #[serde(default)]
    pub multi_tenant: bool,
    /// Its custom security attributes.
    #[serde(default)]
    pub attributes: Attributes,
}

/// Attributes by name.
pub type Attributes = BTreeMap<String, Attribute>;

/// The value of an attribute. Filters read texts only.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// A truth value.
    Flag(bool),
    /// A number.
    Number(i64),
    /// Text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// What is to be used.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What kind of thing it is.
    #[serde(default)]
    pub kind: TargetKind,
    /// Its id: an application id, `server/tool`, a user action, an authentication context.
    pub id: String,
    /// For tools: id of the service principal that stands for its server, where there is one. The original system can target
    /// no other tools.
    #[serde(default)]
    pub application: Option<String>,
    /// Its custom security attributes.
    #[serde(default)]
    pub attributes: Attributes,
    /// Whether only baseline scopes are asked for ([`super::baseline_only`]); such a sign-in is judged as access to the
    /// directory by policies on all resources that have exclusions.
    #[serde(default)]
    pub baseline_scopes_only: bool,
}

/// Kinds of targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// An application or other resource.
    #[default]
    Resource,
    /// A tool.
    Tool,
    /// An agent or blueprint as audience: agent to agent.
    AgentResource,
    /// Something a user does to the account, such as registering security information.
    UserAction,
    /// An authentication context that a resource asks for.
    AuthenticationContext,
}

/// By which door a call comes. The original system evaluates its policies only when it issues a token for a resource; the
/// strict reading looks at every door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// A token for a resource is issued or refreshed.
    #[default]
    Token,
    /// The intermediate exchange between a blueprint and its agent.
    TokenExchange,
    /// A blueprint creates or removes agent identities.
    Provisioning,
    /// An API key, or anything else that the issuer does not see.
    Key,
}

/// Risks by kind. A level that the provider hides is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Risks {
    /// Of the user.
    pub user: Signal<Risk>,
    /// Of this sign-in.
    pub sign_in: Signal<Risk>,
    /// Of the agent.
    pub agent: Signal<Risk>,
    /// Of the service principal.
    pub service_principal: Signal<Risk>,
    /// Insider risk of the user.
    pub insider: Signal<InsiderRisk>,
}

/// The network from which a call comes. On behalf of a user the original system looks at the network from which the user signed in;
/// a host that wants the agent's own network judged gives that one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The public address.
    pub ip: Signal<IpAddr>,
    /// The country of the address; known to be none for an address of no country.
    pub country: Signal<Option<String>>,
    /// The country of the position that the device reports.
    pub gps_country: Signal<Option<String>>,
    /// Whether the call came through the organisation's secure edge.
    pub compliant: Signal<bool>,
}

/// A registered device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// Whether it meets its compliance policies ([`super::device`]).
    pub compliant: Signal<bool>,
    /// Whether it is joined to the organisation's own directory and to the cloud's ("hybrid").
    pub joined: Signal<bool>,
    /// Whether it is managed.
    pub managed: Signal<bool>,
    /// Whether the browser is in its private mode, in which it does not present the device.
    pub private_browsing: bool,
    /// What filters read, by the names of [`super::filter`]. Complete: what is not listed is null.
    pub attributes: Attributes,
}

/// Authentication flows. They stick: a session once opened with a device code stays tracked, whatever its later requests use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flows {
    /// The flow of this request; known to be none for an ordinary one.
    pub now: Signal<Option<Transfer>>,
    /// The flows that the session has used before.
    pub session: Signal<BTreeSet<Transfer>>,
}

impl Flows {
    /// The first request of a session.
    #[must_use]
    pub fn first(now: Option<Transfer>) -> Self {
        Self { now: Signal::Known(now), session: Signal::Known(BTreeSet::new()) }
    }

    /// The next request of the same session: what it used stays tracked.
    #[must_use]
    pub fn next(&self, now: Option<Transfer>) -> Self {
        let session = match (&self.session, &self.now) {
            (Signal::Known(before), Signal::Known(last)) => Signal::Known(before.iter().chain(last).copied().collect()),
            (Signal::Unknown, _) | (_, Signal::Unknown) => Signal::Unknown,
        };
        Self { now: Signal::Known(now), session }
    }

    /// Whether the request or its session uses one of these flows.
    #[must_use]
    pub fn uses(&self, wanted: &BTreeSet<Transfer>) -> Truth {
        let now = self.now.is(|flow| flow.is_some_and(|flow| wanted.contains(&flow)));
        or(now, self.session.is(|flows| !flows.is_disjoint(wanted)))
    }
}

/// Where an agent user's session was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionOrigin {
    /// On an endpoint: a device that the agent uses.
    Endpoint,
    /// In the cloud.
    Cloud,
}

impl SessionOrigin {
    /// Whether a policy's execution context means it.
    #[must_use]
    pub fn is_in(self, context: AgentContext) -> bool {
        match context {
            AgentContext::AgentUserSessionsInitiatedFromEndpoints => self == Self::Endpoint,
        }
    }
}
