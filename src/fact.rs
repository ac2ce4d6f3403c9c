//! What may a policy read of a request? The declared facts: path, type, where each comes from, and its slot.
//!
//! Every reader of requests goes through this table: the JSON door fills slots by path, conditions are checked against the
//! types and compiled to slots, `assume` and `explain` name facts by path. INVARIANT: a fact is *known*, *null* (known to be
//! absent) or *unknown* ([`crate::value::Fact`]), and a fact that nobody gave is unknown.
//!
//! Built-in facts have constant slots ([`slot`]); a policy's own facts (`facts:` in a document, read as `context.<name>`)
//! follow them. [`Schema`] is the table that conditions are compiled against.
//!
//! Next room: [`crate::condition`].

pub(crate) mod fit;

use core::fmt;
use core::ops::{Bound, RangeInclusive};
use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::value::{Enumeration, Value};

/// Risk as the identity provider reports it; least first. Source: Microsoft Graph `riskLevel`.
pub static RISK: Enumeration = Enumeration { name: "risk level", members: &["none", "low", "medium", "high"] };
/// Insider risk; least first. Source: Microsoft Graph `insiderRiskLevel`.
pub static INSIDER_RISK: Enumeration =
    Enumeration { name: "insider risk level", members: &["none", "minor", "moderate", "elevated"] };

/// Where content is or goes: the locations of data-loss rules, by the names of [`crate::loss::Location`]. Their order means nothing.
pub static LOCATION: Enumeration = Enumeration {
    name: "location of content",
    members: &["exchange", "share-point", "one-drive", "teams", "devices", "copilot", "browser", "network", "apps"],
};
/// What is done with content: the activities of data-loss rules, by the names of [`crate::loss::Activity`].
pub static ACTIVITY: Enumeration = Enumeration {
    name: "activity",
    members: &[
        "print",
        "usb",
        "clipboard",
        "networkShare",
        "cloudUpload",
        "remoteDesktop",
        "bluetooth",
        "unallowedApp",
        "share",
        "uploadText",
        "uploadFile",
        "downloadText",
        "downloadFile",
    ],
};

/// The type of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Anything: checked when it is used.
    Dyn,
    /// A truth value.
    Bool,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A float. Facts of this type take integers too.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A point in time; in JSON RFC 3339 text.
    Timestamp,
    /// A length of time; in JSON `"90s"`, `"1h30m"`.
    Duration,
    /// A sensitivity label; in JSON its name.
    Label,
    /// A member of an ordered enumeration; in JSON its name.
    Enum(&'static Enumeration),
    /// A list.
    List(Box<Type>),
    /// A closed map from strings: a member that is not there is absent.
    Map(Box<Type>),
    /// A closed record with exactly these members, each required (`true`) or optional.
    Record(BTreeMap<Box<str>, (Type, bool)>),
    /// An open map from strings: a member that is not there is unknown.
    Open,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Label => f.write_str("label"),
            Self::Enum(e) => f.write_str(e.name),
            Self::List(t) => write!(f, "list({t})"),
            Self::Map(t) => write!(f, "map(string, {t})"),
            Self::Record(_) => f.write_str("record"),
            Self::Open => f.write_str("map(string, dyn)"),
        }
    }
}

/// Who says a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A member of the request's `context`, under the fact's own path.
    Context,
    /// Subject, action or resource of the request, what the Directory holds about them, or what feeds have told.
    Entity,
}

/// One declared fact.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Dotted path, as conditions write it: `device.compliant`.
    pub path: Box<str>,
    /// Its type.
    pub ty: Type,
    /// Who says it.
    pub origin: Origin,
}

/// The declared facts by slot and by path.
#[derive(Clone, Debug)]
pub struct Schema {
    declarations: Vec<Declaration>,
    by_path: BTreeMap<Box<str>, u16>,
    /// The same, for requests, which name facts while somebody waits.
    slots: HashMap<Box<str>, u16>,
}

macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $name:ident $path:literal $origin:ident $ty:expr;)+) => {
        /// Slots of the built-in facts.
        pub mod slot {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counts the constants below")]
            #[repr(u16)]
            enum Slot { $($name,)+ Count }
            $($(#[doc = $doc])+ pub const $name: u16 = Slot::$name as u16;)+
            /// Number of built-in facts; a policy's own facts have the slots from here on.
            pub const COUNT: usize = Slot::Count as usize;
        }
        fn builtin() -> Vec<Declaration> {
            vec![$(Declaration { path: $path.into(), ty: $ty, origin: Origin::$origin }),+]
        }
        /// The form of each built-in fact: the same table, read with the words of [`form`].
        pub(crate) const FORMS: [Form; slot::COUNT] = {
            use form::{attributes, strings};
            use Form as Type;
            [$(Form::of(Origin::$origin, $ty)),+]
        };
    };
}

/// What requests may state in a slot, as far as it is told at a glance: values that are taken as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Nothing, or what takes a closer look: [`Type`].
    Other,
    /// A truth value.
    Bool,
    /// A signed integer.
    Int,
    /// Text.
    String,
    /// A point in time.
    Timestamp,
    /// A member of an ordered enumeration, or its name.
    Enum(&'static Enumeration),
}

impl Form {
    const fn of(origin: Origin, form: Self) -> Self {
        match origin {
            Origin::Context => form,
            Origin::Entity => Self::Other,
        }
    }

    /// Whether a value of this form can be taken as it is.
    #[inline]
    pub(crate) const fn takes(self, value: &Value<'_>) -> bool {
        matches!(
            (self, value),
            (Self::Bool, Value::Bool(_))
                | (Self::Int, Value::Int(_))
                | (Self::String, Value::String(_))
                | (Self::Timestamp, Value::Timestamp(_))
        )
    }
}

/// The words of the table of facts, for [`Form`].
mod form {
    use super::Form;

    #[expect(non_upper_case_globals, reason = "stand for the types of these names")]
    impl Form {
        pub(super) const Label: Self = Self::Other;
        pub(super) const Open: Self = Self::Other;
    }

    pub(super) const fn strings() -> Form {
        Form::Other
    }

    pub(super) const fn attributes() -> Form {
        Form::Other
    }
}

/// Facts of what a call carries. They follow from its arguments: where those are open, so are they.
pub(crate) const CONTENT: RangeInclusive<u16> = slot::CONTENT_LOCATION..=slot::CONTENT_TARGET_GROUPS;

// Facts that are not the same for a whole call. What is read once for a call must be none of these, so a new fact that differs by link,
// resource, tool, claim or session belongs in one of them.

/// Facts of the link under judgement.
pub(crate) const LINK: RangeInclusive<u16> = slot::PRINCIPAL_TYPE..=slot::PRINCIPAL_TENANT;
/// Facts of the resource under judgement.
pub(crate) const RESOURCE: RangeInclusive<u16> = slot::RESOURCE_TYPE..=slot::RESOURCE_APPLICATION;
/// Facts of the tool, which the resource may be.
pub(crate) const TOOL: RangeInclusive<u16> = slot::TOOL_SERVER..=slot::TOOL_EFFECTS;
/// Groups, which a request can claim.
pub(crate) const GROUPS: [u16; 4] =
    [slot::PRINCIPAL_GROUPS, slot::SUBJECT_GROUPS, slot::USER_GROUPS, slot::AGENT_GROUPS];
/// Facts of the session.
pub(crate) const FLOW: RangeInclusive<u16> = slot::FLOW_LABEL..=slot::FLOW_CONSENTED;

fn strings() -> Type {
    Type::List(Box::new(Type::String))
}

fn attributes() -> Type {
    Type::Map(Box::new(Type::Dyn))
}

facts! {
    /// Kind of the link under judgement: `user`, `agent`, `agent_user`, `workload` or another.
    PRINCIPAL_TYPE "principal.type" Entity Type::String;
    /// Id of the link of the chain under judgement: the subject, then each actor.
    PRINCIPAL_ID "principal.id" Entity Type::String;
    /// Groups of the link under judgement, nested ones included.
    PRINCIPAL_GROUPS "principal.groups" Entity strings();
    /// Directory attributes of the link under judgement.
    PRINCIPAL_ATTRIBUTES "principal.attributes" Entity attributes();
    /// Blueprint of the link under judgement; null if it is made from none.
    PRINCIPAL_BLUEPRINT "principal.blueprint" Entity Type::String;
    /// Roles that it holds (its Directory attribute `roles`); none if it is not registered.
    PRINCIPAL_ROLES "principal.roles" Entity strings();
    /// Roles that it holds for the whole directory (its attribute `directory_roles`).
    PRINCIPAL_DIRECTORY_ROLES "principal.directory_roles" Entity strings();
    /// Kind of an external user (its attribute `guest`); null for a registered one that has none.
    PRINCIPAL_GUEST "principal.guest" Entity Type::String;
    /// Home tenant of an external user (its attribute `tenant`).
    PRINCIPAL_TENANT "principal.tenant" Entity Type::String;
    /// Type of the resource under judgement (the request's, or one of `context.targets`).
    RESOURCE_TYPE "resource.type" Entity Type::String;
    /// Id of the resource under judgement.
    RESOURCE_ID "resource.id" Entity Type::String;
    /// Its label: the join of what the Directory and the request say. Null if known to be unlabelled.
    RESOURCE_LABEL "resource.label" Entity Type::Label;
    /// Its containers, outer ones included, as the Directory lists them.
    RESOURCE_CONTAINERS "resource.containers" Entity strings();
    /// Its Directory attributes; null if it is not registered.
    RESOURCE_ATTRIBUTES "resource.attributes" Entity attributes();
    /// `resource.properties` of the request.
    RESOURCE_PROPERTIES "resource.properties" Entity Type::Open;
    /// Application that stands for it (its Directory attribute `application`); null if it has none.
    RESOURCE_APPLICATION "resource.application" Entity Type::String;
    /// Kind of the subject: the one acted for, or who calls directly.
    SUBJECT_TYPE "subject.type" Entity Type::String;
    /// Id of the subject.
    SUBJECT_ID "subject.id" Entity Type::String;
    /// Issuer of the subject's identity (`subject.properties.iss`).
    SUBJECT_ISSUER "subject.issuer" Entity Type::String;
    /// Groups of the subject, nested ones included.
    SUBJECT_GROUPS "subject.groups" Entity strings();
    /// Directory attributes of the subject.
    SUBJECT_ATTRIBUTES "subject.attributes" Entity attributes();
    /// `subject.properties` of the request, without `act`.
    SUBJECT_PROPERTIES "subject.properties" Entity Type::Open;
    /// Id of the user that is the subject; null if the subject is no user.
    USER_ID "user.id" Entity Type::String;
    /// Groups of that user.
    USER_GROUPS "user.groups" Entity strings();
    /// Directory attributes of that user.
    USER_ATTRIBUTES "user.attributes" Entity attributes();
    /// Id of the agent that acts: the immediate actor, or the subject of a direct call; null if no agent acts.
    AGENT_ID "agent.id" Entity Type::String;
    /// Its blueprint.
    AGENT_BLUEPRINT "agent.blueprint" Entity Type::String;
    /// Who maintains it.
    AGENT_OWNER "agent.owner" Entity Type::String;
    /// Who answers for it.
    AGENT_SPONSOR "agent.sponsor" Entity Type::String;
    /// What it is for.
    AGENT_PURPOSE "agent.purpose" Entity Type::String;
    /// Its groups, nested ones included.
    AGENT_GROUPS "agent.groups" Entity strings();
    /// Its Directory attributes.
    AGENT_ATTRIBUTES "agent.attributes" Entity attributes();
    /// Its lifecycle state.
    AGENT_STATE "agent.state" Entity Type::String;
    /// When it must have been reviewed.
    AGENT_REVIEW_BY "agent.review_by" Entity Type::Timestamp;
    /// Links of the delegation chain after the subject; 0 for a direct call.
    DELEGATION_DEPTH "delegation.depth" Entity Type::Int;
    /// Ids of the actors, the immediate one first.
    DELEGATION_ACTORS "delegation.actors" Entity strings();
    /// Issuers of the actors, the immediate one first.
    DELEGATION_ISSUERS "delegation.issuers" Entity strings();
    /// `action.name`.
    ACTION_NAME "action.name" Entity Type::String;
    /// `action.properties`, without `arguments`.
    ACTION_PROPERTIES "action.properties" Entity Type::Open;
    /// Arguments of the tool call (`action.properties.arguments`), complete: an argument not given is absent.
    ARGUMENTS "arguments" Entity attributes();
    /// Server of the tool: of the resource under judgement, or else of the tool that is called; null if neither is one.
    TOOL_SERVER "tool.server" Entity Type::String;
    /// Name of that tool.
    TOOL_NAME "tool.name" Entity Type::String;
    /// Effect classes of that tool: `read`, `mutate`, `send`, `share`, `delete`, `execute`.
    TOOL_EFFECTS "tool.effects" Entity strings();
    /// When the feed that has been silent longest was last heard; unknown without feeds, and where one was heard in the future.
    SIGNALS_HEARD "signals.heard" Entity Type::Timestamp;
    /// When the request is judged (`context.time`).
    NOW "now" Context Type::Timestamp;
    /// Risk of the user (`context.risk.user`).
    RISK_USER "risk.user" Context Type::Enum(&RISK);
    /// Risk of this sign-in.
    RISK_SIGN_IN "risk.sign_in" Context Type::Enum(&RISK);
    /// Risk of the agent.
    RISK_AGENT "risk.agent" Context Type::Enum(&RISK);
    /// Risk of the service principal that calls.
    RISK_SERVICE_PRINCIPAL "risk.service_principal" Context Type::Enum(&RISK);
    /// Insider risk of the user.
    RISK_INSIDER "risk.insider" Context Type::Enum(&INSIDER_RISK);
    /// Id of the device.
    DEVICE_ID "device.id" Context Type::String;
    /// Whether the device meets its compliance policies.
    DEVICE_COMPLIANT "device.compliant" Context Type::Bool;
    /// Whether the device is managed.
    DEVICE_MANAGED "device.managed" Context Type::Bool;
    /// Whether the device is joined to the organisation's directory.
    DEVICE_JOINED "device.joined" Context Type::Bool;
    /// Operating system of the device.
    DEVICE_PLATFORM "device.platform" Context Type::String;
    /// Attributes of the device as it is registered, for device filters; null for a device that is not.
    DEVICE_ATTRIBUTES "device.attributes" Context attributes();
    /// Address from which the call comes.
    LOCATION_IP "location.ip" Context Type::String;
    /// Country from which the call comes, ISO 3166-1 alpha-2.
    LOCATION_COUNTRY "location.country" Context Type::String;
    /// Whether the network is one that the organisation trusts.
    LOCATION_TRUSTED "location.trusted" Context Type::Bool;
    /// Whether the call comes through the organisation's own secure access.
    LOCATION_COMPLIANT_NETWORK "location.compliant_network" Context Type::Bool;
    /// Country by GPS, ISO 3166-1 alpha-2.
    LOCATION_GPS_COUNTRY "location.gps_country" Context Type::String;
    /// Kind of the client application: `browser`, `mobile_or_desktop`, ...
    CLIENT_APP "client.app" Context Type::String;
    /// Id of the session.
    SESSION_ID "session.id" Context Type::String;
    /// When the session began.
    SESSION_STARTED "session.started" Context Type::Timestamp;
    /// Special flows by which the session was ever opened or extended; sticky.
    SESSION_FLOWS "session.flows" Context strings();
    /// Where the session comes from: `endpoint`, `cloud`, ...
    SESSION_ORIGIN "session.origin" Context Type::String;
    /// Controls met in this session that have no fact of their own: `terms_of_use:<id>`, `custom:<id>`, ...
    SESSION_EVIDENCE "session.evidence" Context strings();
    /// Whether several factors were used.
    AUTHENTICATION_MFA "authentication.mfa" Context Type::Bool;
    /// Methods used (RFC 8176 `amr`).
    AUTHENTICATION_METHODS "authentication.methods" Context strings();
    /// Assurance class (`acr`).
    AUTHENTICATION_STRENGTH "authentication.strength" Context Type::String;
    /// When the subject last authenticated (`auth_time`).
    AUTHENTICATION_TIME "authentication.time" Context Type::Timestamp;
    /// OAuth scopes of the token.
    AUTHENTICATION_SCOPES "authentication.scopes" Context strings();
    /// Whether the token is bound to its sender (`cnf`).
    AUTHENTICATION_SENDER_CONSTRAINED "authentication.sender_constrained" Context Type::Bool;
    /// Special flow by which this token was got, such as `device_code_flow`; null for an ordinary one.
    AUTHENTICATION_FLOW "authentication.flow" Context Type::String;
    /// Id of the token (`jti`).
    AUTHENTICATION_TOKEN_ID "authentication.token_id" Context Type::String;
    /// When the token was issued (`iat`).
    AUTHENTICATION_ISSUED "authentication.issued" Context Type::Timestamp;
    /// When the token ends (`exp`).
    AUTHENTICATION_EXPIRES "authentication.expires" Context Type::Timestamp;
    /// Whether the client can answer a challenge with a fresh token.
    AUTHENTICATION_ANSWERS_CHALLENGES "authentication.answers_challenges" Context Type::Bool;
    /// Session key of the information flow.
    FLOW_SESSION "flow.session" Context Type::String;
    /// Join of the labels of what the session has read: level and compartments. In a session, this and what follows are the session's,
    /// and what a request says of them only raises.
    FLOW_LABEL "flow.label" Context Type::Label;
    /// Whether the session has seen what is less trusted than its user.
    FLOW_UNTRUSTED "flow.untrusted" Context Type::Bool;
    /// Whether it has seen what is sensitive.
    FLOW_SENSITIVE "flow.sensitive" Context Type::Bool;
    /// Whether it has changed something.
    FLOW_CHANGED "flow.changed" Context Type::Bool;
    /// Whether something has left through it.
    FLOW_SENT "flow.sent" Context Type::Bool;
    /// Whether a call of it was refused.
    FLOW_REFUSED "flow.refused" Context Type::Bool;
    /// Whether a person consented to something in it.
    FLOW_CONSENTED "flow.consented" Context Type::Bool;
    /// Digest of the tool definition as the server offers it now (`sha256:...`).
    TOOL_DIGEST "tool.digest" Context Type::String;
    /// Id of the approval that the caller claims to hold: for conditions and records. Approvals are found by the call.
    APPROVAL_ID "approval.id" Context Type::String;
    /// The reason that the caller gives for going on. A blank one is none.
    JUSTIFICATION "justification" Context Type::String;
    /// Where the content of the call is or goes; null: it carries none, so that no data-loss rule is about it.
    CONTENT_LOCATION "content.location" Context Type::Enum(&LOCATION);
    /// What is done with that content.
    CONTENT_ACTIVITY "content.activity" Context Type::Enum(&ACTIVITY);
    /// Its label; null if it has none.
    CONTENT_LABEL "content.label" Context Type::Label;
    /// What was found in it: for each sensitive information type the confidence, in percent, of each different text. A type that is
    /// not listed was not looked for; one that was looked for in vain has an empty list.
    CONTENT_SENSITIVE "content.sensitive" Context Type::Open;
    /// Whom it goes to: addresses or ids, one an item.
    CONTENT_RECIPIENTS "content.recipients" Context strings();
    /// Its retention label; null if it has none.
    CONTENT_RETENTION_LABEL "content.retention_label" Context Type::String;
    /// The trainable classifiers that recognised it.
    CONTENT_CLASSIFIERS "content.classifiers" Context strings();
    /// Its other properties.
    CONTENT_PROPERTIES "content.properties" Context Type::Open;
    /// The groups that its target (printer, device, share, site) belongs to.
    CONTENT_TARGET_GROUPS "content.target_groups" Context strings();
}

/// Other spellings of a path.
const ALIASES: &[(&str, &str)] =
    &[("agent.risk", "risk.agent"), ("user.risk", "risk.user"), ("time", "now"), ("context.time", "now")];

impl Default for Schema {
    fn default() -> Self {
        Self::of(builtin())
    }
}

impl Schema {
    /// A schema of these facts alone, for conditions outside a policy. Paths must be unique; of two equal ones the first counts.
    #[must_use]
    pub fn of(declarations: Vec<Declaration>) -> Self {
        let mut schema = Self { declarations: Vec::new(), by_path: BTreeMap::new(), slots: HashMap::new() };
        for declaration in declarations {
            schema.push(declaration);
        }
        schema
    }

    /// Adds a fact that requests carry as `context.<name>`; it is read under that path. Its slot, or `None` if the path is
    /// taken or there are 65,535 facts.
    pub fn declare(&mut self, name: &str, ty: Type) -> Option<u16> {
        self.push(Declaration { path: format!("context.{name}").into(), ty, origin: Origin::Context })
    }

    fn push(&mut self, declaration: Declaration) -> Option<u16> {
        let next = u16::try_from(self.declarations.len()).ok()?;
        if self.find(&declaration.path).is_some() {
            return None;
        }
        self.by_path.insert(declaration.path.clone(), next);
        self.slots.insert(declaration.path.clone(), next);
        self.declarations.push(declaration);
        Some(next)
    }

    /// The slot of a path. `context.<path>` is another spelling of a fact that the context gives.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<u16> {
        let direct = |path: &str| self.slots.get(path).copied();
        let alias = || ALIASES.iter().find(|(from, _)| *from == path).and_then(|(_, to)| direct(to));
        let in_context = || {
            let slot = direct(path.strip_prefix("context.")?)?;
            (self.get(slot)?.origin == Origin::Context).then_some(slot)
        };
        direct(path).or_else(alias).or_else(in_context)
    }

    /// The fact in a slot.
    #[must_use]
    pub fn get(&self, slot: u16) -> Option<&Declaration> {
        self.declarations.get(usize::from(slot))
    }

    /// Path of the fact in a slot; empty for a slot that does not exist.
    #[must_use]
    pub fn path(&self, slot: u16) -> &str {
        self.get(slot).map_or("", |d| &d.path)
    }

    /// All facts, by slot.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration] {
        &self.declarations
    }

    /// All paths that a condition may write, aliases included.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(AsRef::as_ref).chain(ALIASES.iter().map(|(from, _)| *from))
    }

    /// The ways to write the path of the fact in a slot, its own first.
    pub fn spellings(&self, slot: u16) -> impl Iterator<Item = &str> {
        let path = self.path(slot);
        core::iter::once(path).chain(ALIASES.iter().filter(move |(_, to)| *to == path).map(|(from, _)| *from))
    }

    /// Whether some fact's path lies below `path` (`device` is such a prefix, no fact itself).
    #[must_use]
    pub fn is_prefix(&self, path: &str) -> bool {
        path == "context" || self.below(path).next().is_some()
    }

    /// The paths below `path`, found without a look at the others.
    pub(crate) fn below(&self, path: &str) -> impl Iterator<Item = &str> {
        let stem = format!("{path}.");
        let from = self.by_path.range::<str, _>((Bound::Included(stem.as_str()), Bound::Unbounded));
        let aliases = ALIASES.iter().map(|(from, _)| *from);
        let others: Vec<&str> = aliases.filter(|alias| alias.starts_with(&stem)).collect();
        from.map(|(path, _)| &**path).take_while(move |path| path.starts_with(&stem)).chain(others)
    }
}
