//! The one rule form: who, does what, through which tool, on what, under which condition, with which effect.
//!
//! Whatever authors write (permits, forbids, requirements, grants, conditional access, data-loss rules) becomes a
//! [`Rule`]. Heads ([`SubjectHead`], action and tool patterns, [`ResourceHead`]) are what an index can use; an empty list of
//! heads matches everything, several are alternatives. `crate::compile` indexes rules, `crate::evaluate` judges them.
//!
//! INVARIANT (law 5): a permit applies only if its condition is true; forbids and requirements apply if it is true or unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::Condition;
use crate::diagnostic::Span;
use crate::label::Label;
use crate::name::{BlueprintId, GroupId, RuleId, TypeName, UserId};
use crate::pattern::Pattern;
use crate::resource::ResourceRef;
use crate::scope::Constraint;
use crate::time::{Duration, Timestamp};

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Something must permit; this does.
    Permit,
    /// Objects.
    Forbid,
    /// Adds requirements to an allow.
    Require,
}

/// Whether a rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It counts.
    #[default]
    Enforce,
    /// It is judged, explained and recorded, and never counts.
    ReportOnly,
}

/// Whom a rule is about: all members that are set must hold of one link of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubjectHead {
    /// Its type.
    pub kind: Option<TypeName>,
    /// Its id.
    pub id: Option<Pattern>,
    /// A group that it belongs to, at any depth.
    pub group: Option<GroupId>,
    /// The blueprint that it is made from.
    pub blueprint: Option<BlueprintId>,
}

/// What a rule is about: all members that are set must hold of one judged resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResourceHead {
    /// Its type.
    pub kind: Option<TypeName>,
    /// Its id.
    pub id: Option<Pattern>,
    /// A container that it lies in, at any depth.
    pub container: Option<ResourceRef>,
    /// Its label flows to this one.
    pub at_most: Option<Label>,
    /// This label flows to its label.
    pub at_least: Option<Label>,
}

/// A control that the caller can meet, and the fact by which it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Control {
    /// Several factors: `authentication.mfa`.
    Mfa,
    /// A compliant device: `device.compliant`.
    CompliantDevice,
    /// A managed device: `device.managed`.
    ManagedDevice,
    /// A device joined to the directory: `device.joined`.
    JoinedDevice,
    /// A trusted network: `location.trusted`.
    TrustedNetwork,
    /// A recent authentication: `authentication.time` within `max_age` of `now`.
    FreshAuthentication,
    /// A token bound to its sender: `authentication.sender_constrained`.
    SenderConstrained,
    /// A reason for going on: `justification`.
    Justification,
}

impl Control {
    /// All controls, least demanding first: the order in which an OR takes its branch.
    pub const ALL: [Self; 8] = [
        Self::Justification,
        Self::FreshAuthentication,
        Self::Mfa,
        Self::SenderConstrained,
        Self::TrustedNetwork,
        Self::CompliantDevice,
        Self::ManagedDevice,
        Self::JoinedDevice,
    ];

    /// Its name in documents and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::CompliantDevice => "compliant_device",
            Self::ManagedDevice => "managed_device",
            Self::JoinedDevice => "joined_device",
            Self::TrustedNetwork => "trusted_network",
            Self::FreshAuthentication => "fresh_authentication",
            Self::SenderConstrained => "sender_constrained",
            Self::Justification => "justification",
        }
    }
}

/// Whose approval counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Approver {
    /// The sponsor of the acting agent.
    Sponsor,
    /// The owner of the acting agent.
    Owner,
    /// A user.
    User(UserId),
    /// A member of a group.
    Group(GroupId),
}

/// What must be done before or with an allowed act.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Any one of these controls; `max_age` bounds [`Control::FreshAuthentication`].
    Control {
        /// The alternatives, least demanding first.
        any_of: Vec<Control>,
        /// How old an authentication may be.
        max_age: Option<Duration>,
    },
    /// The approval of any one of these people.
    Approval {
        /// Who may approve.
        by: Vec<Approver>,
    },
    /// The host redacts an argument.
    Redact {
        /// JSON pointer into the arguments.
        pointer: String,
    },
    /// The host removes the texts of these sensitive information types from all that the call carries, before it replaces any argument.
    RedactSensitive {
        /// Ids of the types, ascending.
        types: Vec<String>,
    },
    /// The host replaces an argument.
    Narrow {
        /// JSON pointer into the arguments.
        pointer: String,
        /// The new value.
        to: serde_json::Value,
    },
    /// The host does something else.
    Obligation {
        /// Its type.
        kind: String,
        /// Whether a host that does not know it may go on.
        advisory: bool,
        /// Its parameters.
        properties: serde_json::Map<String, serde_json::Value>,
    },
}

/// Where a rule comes from, for reasons and reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A rule of a document.
    #[default]
    Rule,
    /// A grant.
    Grant,
    /// A conditional access policy.
    Access,
    /// A rule of a data-loss policy.
    DataLoss,
    /// What flows demand of a person; invoked by `crate::evaluate`, never found by its heads.
    Flow,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, unique within its source.
    pub id: RuleId,
    /// Where it comes from.
    pub source: Source,
    /// What it says.
    pub effect: Effect,
    /// Whether it counts.
    pub mode: Mode,
    /// Whom it is about; any of these, everyone if empty.
    pub subjects: Vec<SubjectHead>,
    /// Action names; any of these, every action if empty.
    pub actions: Vec<Pattern>,
    /// Tools through which the resource is touched; any of these. Empty: whatever the tool, or none.
    pub tools: Vec<Pattern>,
    /// What it is about; any of these, everything if empty.
    pub resources: Vec<ResourceHead>,
    /// Bounds on arguments, by name, all of which must be met; a grant's. None for a rule of a document.
    pub arguments: BTreeMap<String, Constraint>,
    /// When it applies.
    pub when: Option<Condition>,
    /// The interval `[start, end)` in which it applies.
    pub interval: Option<(Timestamp, Timestamp)>,
    /// What it requires, if its effect is [`Effect::Require`].
    pub requirements: Vec<Requirement>,
    /// What the answer says when it objects or requires.
    pub message: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}
