//! What may an access policy say? Whom it is about, what, under which conditions, and what it demands.
//!
//! A [`Policy`] is a document member: snake-case, unknown members refused. Assignments stand in separate lanes (users, agents,
//! agent users, workloads), because they were made for different kinds of principals and take different selectors. Members
//! left out include nothing and condition nothing.
//!
//! ```
//! let policy: placet::access::Policy = serde_json::from_str(r#"{
//!     "id": "block-risky-agents",
//!     "subjects": {"agents": {"include": {"all": true}}},
//!     "targets": {"include": {"all": true}},
//!     "conditions": {"agent_risk": ["medium", "high"]},
//!     "grant": "block"
//! }"#).unwrap();
//! assert_eq!(policy.conditions.agent_risk.len(), 2);
//! ```
//!
//! Source of the shape: Microsoft Graph `conditionalAccessPolicy`, with the agent members of its beta.
//!
//! Next room: [`crate::access::location`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::location::{LocationSet, NamedLocation};
use super::session::Session;
use crate::pattern::{Pattern, PatternError};

/// Policies and what they refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySet {
    /// The policies. Their order means nothing.
    pub policies: Vec<Policy>,
    /// Named locations.
    pub locations: BTreeMap<String, NamedLocation>,
    /// Named groups of resources, such as an office suite, by the ids of their members. A group never matches by its name.
    pub resource_groups: BTreeMap<String, BTreeSet<String>>,
    /// Whether the original system runs its fixed security defaults, under which it evaluates no policy.
    pub security_defaults: bool,
    /// Whether the original system still lets sign-ins for baseline scopes alone pass by policies on all resources with
    /// exclusions, as it did until 15 June 2026.
    pub baseline_scopes_exempt: bool,
}

/// One policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id, unique within its set.
    pub id: String,
    /// Whether it counts.
    #[serde(default)]
    pub state: State,
    /// Whom it is about.
    #[serde(default)]
    pub subjects: Subjects,
    /// What it is about.
    #[serde(default)]
    pub targets: Lane<TargetSet>,
    /// When it applies.
    #[serde(default)]
    pub conditions: Conditions,
    /// What it demands before access is given.
    #[serde(default)]
    pub grant: Option<Grant>,
    /// What it demands of the session.
    #[serde(default)]
    pub session: Session,
}

/// Whether a policy counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It counts.
    #[default]
    On,
    /// It is judged and reported, and never counts.
    ReportOnly,
    /// It is not judged.
    Off,
}

/// What is included, and what is not after all. Exclude beats include.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound(deserialize = "T: Deserialize<'de> + Default"))]
pub struct Lane<T> {
    /// Included: any of these.
    pub include: T,
    /// Excluded: any of these.
    pub exclude: T,
}

/// Whom a policy is about: whoever is in any lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subjects {
    /// Every principal of every kind, less what the lanes exclude.
    pub everyone: bool,
    /// People.
    pub users: Lane<UserSet>,
    /// Agents with their own identity.
    pub agents: Lane<AgentSet>,
    /// User accounts of agents.
    pub agent_users: Lane<IdentitySet>,
    /// Other workloads.
    pub workloads: Lane<IdentitySet>,
}

/// A set of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserSet {
    /// All. In the faithful reading that leaves out agent users; in the strict reading it does not.
    pub all: bool,
    /// These.
    pub ids: BTreeSet<String>,
    /// Members of these groups, nested ones included.
    pub groups: BTreeSet<String>,
    /// Holders of these roles.
    pub roles: BTreeSet<String>,
    /// Guests and other external users.
    pub guests: Option<Guests>,
}

/// A set of external users; an empty list means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guests {
    /// Of these kinds.
    pub kinds: BTreeSet<GuestKind>,
    /// From these tenants.
    pub tenants: BTreeSet<String>,
}

/// A set of agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSet {
    /// All.
    pub all: bool,
    /// These.
    pub ids: BTreeSet<String>,
    /// All that are or will be made from these blueprints.
    pub blueprints: BTreeSet<String>,
    /// Those with such security attributes.
    pub filter: Option<Filter>,
}

/// A set of agent users or workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySet {
    /// All.
    pub all: bool,
    /// These.
    pub ids: BTreeSet<String>,
    /// Those with such security attributes.
    pub filter: Option<Filter>,
}

/// A set of targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetSet {
    /// All resources. In the faithful reading that leaves out user actions, authentication contexts and tools without an
    /// application; in the strict reading it does not.
    pub all: bool,
    /// These resources.
    pub ids: BTreeSet<String>,
    /// Members of these resource groups.
    pub groups: BTreeSet<String>,
    /// All agents and blueprints as audiences.
    pub agent_resources: bool,
    /// Tools, `server/name` or a pattern.
    pub tools: Vec<ToolPattern>,
    /// Resources with such security attributes.
    pub filter: Option<Filter>,
    /// User actions.
    pub user_actions: BTreeSet<String>,
    /// Authentication contexts.
    pub authentication_contexts: BTreeSet<String>,
}

/// A pattern of tool ids, in documents its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolPattern(pub Pattern);

impl TryFrom<String> for ToolPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse().map(Self)
    }
}

impl From<ToolPattern> for String {
    fn from(pattern: ToolPattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

/// When a policy applies: all conditions that are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Risk of the user. A set in the faithful reading, the least of them a threshold in the strict one; so for all risks.
    pub user_risk: BTreeSet<Risk>,
    /// Risk of the sign-in.
    pub sign_in_risk: BTreeSet<Risk>,
    /// Risk of the agent.
    pub agent_risk: BTreeSet<Risk>,
    /// Risk of the service principal.
    pub service_principal_risk: BTreeSet<Risk>,
    /// Insider risk of the user.
    pub insider_risk: BTreeSet<InsiderRisk>,
    /// Platforms, as the caller claims.
    pub platforms: Option<Lane<PlatformSet>>,
    /// Locations.
    pub locations: Option<Lane<LocationSet>>,
    /// Client applications; any of these.
    pub client_apps: BTreeSet<ClientApp>,
    /// Devices.
    pub device: Option<DeviceFilter>,
    /// Authentication flows, of the request or its session.
    pub authentication_flows: BTreeSet<Transfer>,
    /// Where an agent runs.
    pub agent_context: Option<Lane<BTreeSet<AgentContext>>>,
}

/// A set of platforms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformSet {
    /// Any, also an unknown one.
    pub all: bool,
    /// These.
    pub names: BTreeSet<Platform>,
}

/// A filter on devices and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceFilter {
    /// Whether the policy applies to the devices that match, or to all but these.
    pub mode: FilterMode,
    /// The filter.
    pub rule: Filter,
}

/// What a filter does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterMode {
    /// The policy applies to it.
    Include,
    /// The policy does not apply to it.
    Exclude,
}

/// What a policy demands before access is given: in documents `block`, or `require` with controls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Access is refused.
    Block,
    /// Controls must be met.
    Require(Require),
}

/// Controls that must be met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// All of them, or any one.
    #[serde(default)]
    pub operator: Operator,
    /// The controls.
    pub controls: BTreeSet<Control>,
}

/// How the controls of one policy combine. Across policies it is always all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Every control.
    #[default]
    And,
    /// Any one control.
    Or,
}

/// A control, in the order in which people are prompted for those that are not met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Several factors.
    Mfa,
    /// An authentication of this strength.
    AuthenticationStrength(String),
    /// A compliant device.
    CompliantDevice,
    /// A device joined to the organisation's own directory and to the cloud's ("hybrid").
    JoinedDevice,
    /// An approved client application (retiring).
    ApprovedApplication,
    /// An application under an app protection policy.
    AppProtection,
    /// The compliant network.
    CompliantNetwork,
    /// A new password.
    PasswordChange,
    /// The risk is remedied.
    RiskRemediation,
    /// Terms of use, accepted.
    TermsOfUse(String),
    /// A control of another product.
    Custom(String),
    /// The approval of an agent's sponsor. The original system has no such control.
    SponsorApproval,
}

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $member:literal])+ $variant:ident $text:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $member])+ #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name in documents.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    )+};
}

names! {
    /// Levels of risk, least first: the members of [`crate::fact::RISK`].
    Risk {
        /// None.
        None "none",
        /// Low.
        Low "low",
        /// Medium.
        Medium "medium",
        /// High.
        High "high",
    }
    /// Levels of insider risk, least first: the members of [`crate::fact::INSIDER_RISK`].
    InsiderRisk {
        /// None.
        None "none",
        /// Minor.
        Minor "minor",
        /// Moderate.
        Moderate "moderate",
        /// Elevated.
        Elevated "elevated",
    }
    /// Platforms, as user agents claim them.
    Platform {
        /// Android.
        Android "android",
        /// iOS and iPadOS.
        Ios "ios",
        /// Windows.
        Windows "windows",
        /// Windows Phone.
        WindowsPhone "windows_phone",
        /// macOS.
        Macos "macos",
        /// Linux.
        Linux "linux",
    }
    /// Client applications.
    ClientApp {
        /// A browser.
        Browser "browser",
        /// Mobile and desktop applications with modern authentication.
        MobileAppsAndDesktopClients "mobile_apps_and_desktop_clients",
        /// Exchange ActiveSync.
        ExchangeActiveSync "exchange_active_sync",
        /// Everything else: legacy authentication.
        Other "other",
    }
    /// Authentication flows that hand a session to another device.
    Transfer {
        /// OAuth device code (RFC 8628).
        DeviceCodeFlow "device_code_flow",
        /// Transfer of an authenticated session, as by a QR code.
        AuthenticationTransfer "authentication_transfer",
    }
    /// Where an agent runs.
    AgentContext {
        /// A session of an agent user that was started on an endpoint.
        AgentUserSessionsInitiatedFromEndpoints "agent_user_sessions_initiated_from_endpoints",
    }
    /// Kinds of external users.
    GuestKind {
        /// A guest with an account in the organisation's own directory.
        InternalGuest "internal_guest",
        /// A guest from another organisation.
        B2bCollaborationGuest "b2b_collaboration_guest",
        /// A member from another organisation.
        B2bCollaborationMember "b2b_collaboration_member",
        /// A user of a shared channel.
        B2bDirectConnectUser "b2b_direct_connect_user",
        /// Another external user.
        OtherExternalUser "other_external_user",
        /// Somebody of a service provider.
        ServiceProvider "service_provider",
    }
}

impl<T: Default + PartialEq> Lane<T> {
    /// Whether it names nothing on either side.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Policy {
    /// Whether it blocks.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.grant == Some(Grant::Block)
    }

    /// The controls that it requires.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        let require = match &self.grant {
            Some(Grant::Require(require)) => Some(require),
            Some(Grant::Block) | None => None,
        };
        require.into_iter().flat_map(|require| &require.controls)
    }
}

macro_rules! emptiness {
    ($($name:ident)+) => {$(
        impl $name {
            /// Whether it names nothing.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }
        }
    )+};
}

emptiness! { UserSet AgentSet IdentitySet TargetSet PlatformSet Conditions Subjects }
