//! The document as its author wrote it: one shape in YAML and JSON.
//!
//! Every leaf that can be wrong carries its place ([`Spanned`]). Texts stay texts here; [`super::validate`] turns them into
//! ids, patterns and conditions, and reports all that are wrong at once. Lists that people like to write as one item
//! ([`OneOrMany`]) accept both.

use core::fmt;
use core::marker::PhantomData;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize, Serializer};

use crate::access::Policy;
use crate::access::location::NamedLocation;
use crate::diagnostic::Span;
use crate::loss::{Location, LossRule, Scope};
use crate::sensitive::SensitiveType;

/// Name by which [`Spanned`] asks the document reader for a place.
pub(super) const SPANNED: &str = "$placet::Spanned";
/// Name by which [`OneOrMany`] asks the document reader to take a single item as a list.
pub(super) const ONE_OR_MANY: &str = "$placet::OneOrMany";
/// Name by which [`Foreign`] asks the document reader to go on after an error.
pub(super) const FOREIGN: &str = "$placet::Foreign";
/// Name of the member that the document reader fills with the place of a mapping; no author can write it.
pub(super) const PLACE: &str = "$placet::place";

/// A value with its place. Equality ignores the place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A text with its place.
pub type Text = Spanned<String>;

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairVisitor<T> {
            type Value = Spanned<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            // The document reader answers with ((file, line, column), value); any other format has no places.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let (file, line, column) = seq.next_element()?.unwrap_or((0, 0, 0));
                let value = seq.next_element()?.ok_or_else(|| serde::de::Error::custom("a value is missing"))?;
                Ok(Spanned { value, span: Span { file, line, column } })
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
                Ok(Spanned { value: T::deserialize(d)?, span: Span::default() })
            }
        }
        deserializer.deserialize_newtype_struct(SPANNED, PairVisitor(PhantomData))
    }
}

/// A list that may be written as its single item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one item or a list")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
                Vec::deserialize(d).map(OneOrMany)
            }
        }
        deserializer.deserialize_newtype_struct(ONE_OR_MANY, ListVisitor(PhantomData))
    }
}

/// A value of another room's type; `None` if that room refuses what was written, which is then an error of the document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Foreign<T>(pub Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Foreign<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for AnyVisitor<T> {
            type Value = Foreign<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            // The document reader has recorded what is wrong, and goes on with the next value.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                Ok(Foreign(seq.next_element().unwrap_or_default()))
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
                T::deserialize(d).map(|value| Foreign(Some(value)))
            }
        }
        deserializer.deserialize_newtype_struct(FOREIGN, AnyVisitor(PhantomData))
    }
}

/// Where a mapping stands. Equality ignores it, and it is not serialised.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (file, line, column) = Deserialize::deserialize(deserializer)?;
        Ok(Self(Span { file, line, column }))
    }
}

macro_rules! shapes {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $ty:ty,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, DeserializeDerive)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Where it stands.
            #[serde(default, rename = "$placet::place", skip_serializing)]
            pub place: Place,
            $(
            $(#[$fmeta])*
            #[serde(default, skip_serializing_if = "absent")]
            pub $field: $ty,
        )+ }
    )+};
}

/// Whether a member was not written: nothing is serialised for it.
fn absent<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

mod flow;

pub use flow::{AudienceItem, FieldItem, FlowItem, FlowLabelItem, OutputItem, ParameterItem, ToolFlowItem};

shapes! {
    /// One document. All members but `version` may be left out; a policy is the union of its documents.
    pub struct Document {
        /// Version of this shape: 1. Required.
        pub version: Option<Spanned<u32>>,
        /// Sensitivity labels.
        pub labels: Vec<LabelItem>,
        /// Facts of the host's own, read as `context.<name>`: name to type.
        pub facts: BTreeMap<String, Text>,
        /// What an absent fact counts as.
        pub assume: Vec<AssumeItem>,
        /// Who may vouch for identities. Left out: anybody, and nobody need.
        pub issuers: Vec<Text>,
        /// What holds for all flows; in one document of a policy.
        pub flow: Option<FlowItem>,
        /// Groups.
        pub groups: Vec<GroupItem>,
        /// Blueprints of agents.
        pub blueprints: Vec<BlueprintItem>,
        /// Agents.
        pub agents: Vec<AgentItem>,
        /// Users, agent users and workloads.
        pub users: Vec<UserItem>,
        /// Tool servers.
        pub servers: Vec<ServerItem>,
        /// Tools.
        pub tools: Vec<ToolItem>,
        /// Resources.
        pub resources: Vec<ResourceItem>,
        /// Time-bound grants.
        pub grants: Vec<GrantItem>,
        /// Approvals that people gave.
        pub approvals: Vec<ApprovalItem>,
        /// Conditional access policies.
        pub access: Vec<Spanned<Foreign<Policy>>>,
        /// Named locations, for access policies.
        pub locations: BTreeMap<String, Spanned<Foreign<NamedLocation>>>,
        /// Named groups of resources, for access policies.
        pub resource_groups: BTreeMap<String, Spanned<BTreeSet<String>>>,
        /// Data-loss policies.
        pub data_loss: Vec<DataLossItem>,
        /// Sensitive information types of the organisation's own, beside those of the catalogue.
        pub sensitive_types: Vec<Spanned<Foreign<SensitiveType>>>,
        /// Rules.
        pub rules: Vec<RuleItem>,
        /// Unit tests of the policy.
        pub tests: Vec<TestItem>,
    }

    /// A label.
    pub struct LabelItem {
        /// Its name. Required.
        pub id: Text,
        /// Its place; larger is more sensitive. Required, unique.
        pub order: Option<Spanned<i64>>,
        /// Need-to-know categories.
        pub compartments: Vec<Text>,
        /// Its sublabels; each ranks above its parent and below the next label.
        pub sublabels: Vec<SublabelItem>,
    }

    /// A sublabel. It inherits nothing of its parent but its place.
    pub struct SublabelItem {
        /// Its name. Required.
        pub id: Text,
        /// Its place among its siblings. Required, unique among them.
        pub order: Option<Spanned<i64>>,
        /// Need-to-know categories.
        pub compartments: Vec<Text>,
    }

    /// What an absent fact counts as.
    pub struct AssumeItem {
        /// Path of the fact. Required.
        pub fact: Text,
        /// The value. Required.
        pub value: Option<Spanned<serde_json::Value>>,
        /// Why that is safe. Required.
        pub reason: Option<Text>,
    }

    /// A group.
    pub struct GroupItem {
        /// Its id. Required.
        pub id: Text,
        /// Groups that it belongs to.
        pub groups: Vec<Text>,
        /// For people.
        pub description: Option<String>,
    }

    /// The template that agents are made from.
    pub struct BlueprintItem {
        /// Its id. Required.
        pub id: Text,
        /// Who maintains it: a user.
        pub owner: Option<Text>,
        /// Who answers for it: a user or group.
        pub sponsor: Option<Text>,
        /// `enabled` (default), `disabled`, `quarantined` or `deleted`.
        pub state: Option<Text>,
        /// For people.
        pub description: Option<String>,
    }

    /// An agent.
    pub struct AgentItem {
        /// Its id. Required.
        pub id: Text,
        /// The blueprint that it is made from.
        pub blueprint: Option<Text>,
        /// Who maintains it: a user.
        pub owner: Option<Text>,
        /// Who answers for it: a user or group. Without one the agent may do nothing.
        pub sponsor: Option<Text>,
        /// What it is for.
        pub purpose: Option<String>,
        /// Groups that it belongs to.
        pub groups: Vec<Text>,
        /// Attributes that conditions read as `agent.attributes.<name>`.
        pub attributes: BTreeMap<String, serde_json::Value>,
        /// `enabled` (default), `disabled`, `quarantined` or `deleted`.
        pub state: Option<Text>,
        /// When it must have been reviewed; afterwards it may do nothing.
        pub review_by: Option<Text>,
    }

    /// A user, agent user or workload.
    pub struct UserItem {
        /// Its id. Required.
        pub id: Text,
        /// `user` (default), `agent_user` or `workload`.
        pub r#type: Option<Text>,
        /// The agent whose account this is; for an `agent_user` only, and required there.
        pub agent: Option<Text>,
        /// Groups that it belongs to.
        pub groups: Vec<Text>,
        /// Attributes that conditions read as `user.attributes.<name>`.
        pub attributes: BTreeMap<String, serde_json::Value>,
        /// `enabled` (default), `disabled` or `deleted`.
        pub state: Option<Text>,
    }

    /// A tool server.
    pub struct ServerItem {
        /// Its id, the first part of its tools' ids. Required.
        pub id: Text,
        /// Where it is served from.
        pub origin: Option<Text>,
        /// `approved` (default) or `blocked`.
        pub state: Option<Text>,
        /// For people.
        pub description: Option<String>,
    }

    /// A tool.
    pub struct ToolItem {
        /// Its server. Required, and listed under `servers`.
        pub server: Text,
        /// Its name on the server. Required.
        pub name: Text,
        /// What it does: `read`, `mutate`, `send`, `share`, `delete`, `execute`. Left out: all of them.
        pub effects: Option<Vec<Text>>,
        /// JSON Schema of its arguments.
        pub parameters: Option<serde_json::Value>,
        /// Who may use it. Left out: nobody.
        pub assigned: OneOrMany<SubjectItem>,
        /// Whether using it needs a live grant besides.
        pub requires_grant: Option<bool>,
        /// Digest of the definition that was approved, `sha256:<hex>`.
        pub digest: Option<Text>,
        /// `approved` (default) or `blocked`.
        pub state: Option<Text>,
        /// How it takes part in flows.
        pub flow: Option<ToolFlowItem>,
        /// For people.
        pub description: Option<String>,
    }

    /// A resource that the policy knows.
    pub struct ResourceItem {
        /// Its type. Required.
        pub r#type: Text,
        /// Its id. Required, unique within the type.
        pub id: Text,
        /// What contains it.
        pub containers: Vec<ResourceRefItem>,
        /// Its label.
        pub label: Option<Text>,
        /// Attributes that conditions read as `resource.attributes.<name>`.
        pub attributes: BTreeMap<String, serde_json::Value>,
        /// Whether access needs a live grant besides.
        pub requires_grant: Option<bool>,
    }

    /// A reference to a resource.
    pub struct ResourceRefItem {
        /// Its type. Required.
        pub r#type: Text,
        /// Its id. Required.
        pub id: Text,
    }

    /// A scope given for a time.
    pub struct GrantItem {
        /// Its id. Required.
        pub id: Text,
        /// To whom. Required.
        pub to: Option<SubjectItem>,
        /// What. Required.
        pub scope: Option<ScopeItem>,
        /// From when. Required.
        pub start: Option<Text>,
        /// Until when, this moment excluded. Required.
        pub end: Option<Text>,
        /// Who gave it: a user. Required.
        pub by: Option<Text>,
        /// Why. Required.
        pub why: Option<Text>,
    }

    /// Extent of access: any of the actions on any of the resources, all constraints on arguments met.
    pub struct ScopeItem {
        /// Patterns of action names. Required.
        pub actions: OneOrMany<Text>,
        /// Resources. Required.
        pub resources: OneOrMany<ResourceItemSelector>,
        /// Constraints on tool arguments, by name.
        pub arguments: BTreeMap<String, ConstraintItem>,
    }

    /// Resources of a scope.
    pub struct ResourceItemSelector {
        /// Type; left out: any.
        pub r#type: Option<Text>,
        /// Pattern of ids; left out: any.
        pub id: Option<Text>,
        /// Pattern of tool ids (`server/name`); short for type `tool` and that id.
        pub tool: Option<Text>,
    }

    /// A constraint on one argument: all members that are written must hold.
    pub struct ConstraintItem {
        /// The text matches one of these patterns.
        pub matches: OneOrMany<Text>,
        /// The number is at least this.
        pub at_least: Option<f64>,
        /// The number is at most this.
        pub at_most: Option<f64>,
    }

    /// That a person approved one call.
    pub struct ApprovalItem {
        /// Its id. Required.
        pub id: Text,
        /// Who approved: a user. Required.
        pub by: Option<Text>,
        /// Digest of the call that was approved (`call_digest` of the deferred answer). Required.
        pub call: Option<Text>,
        /// From when. Required.
        pub start: Option<Text>,
        /// Until when, this moment excluded. Required.
        pub end: Option<Text>,
    }

    /// A data-loss policy.
    pub struct DataLossItem {
        /// Its id. Required, unique.
        pub id: Text,
        /// The smaller wins, in the reading of the original system. Required, unique.
        pub priority: Option<Spanned<u32>>,
        /// `off`, `simulation`, `simulation-with-tips` or `on` (default).
        pub mode: Option<Text>,
        /// Which calls it is about; left out: all.
        pub calls: Option<CallsItem>,
        /// Where it applies, and to whom there. Required.
        pub locations: Option<Spanned<Foreign<BTreeMap<Location, Scope>>>>,
        /// Who may agree that an agent overrides it; left out: `sponsor`.
        pub approval: OneOrMany<Text>,
        /// Its rules. Required.
        pub rules: Vec<Spanned<Foreign<LossRule>>>,
    }

    /// Calls, by their heads.
    pub struct CallsItem {
        /// Patterns of action names; any of these.
        pub action: OneOrMany<Text>,
        /// Patterns of tool ids through which something is done; any of these.
        pub tool: OneOrMany<Text>,
        /// What it is done to; any of these.
        pub resource: OneOrMany<ResourceSelectorItem>,
    }

    /// A rule. Heads that are left out match everything.
    pub struct RuleItem {
        /// Its id. Required, unique.
        pub id: Text,
        /// `permit`, `forbid` or `require`. Required.
        pub effect: Option<Text>,
        /// `enforce` (default) or `report-only`.
        pub mode: Option<Text>,
        /// Whom it is about; any of these.
        pub subject: OneOrMany<SubjectItem>,
        /// Patterns of action names; any of these.
        pub action: OneOrMany<Text>,
        /// Patterns of tool ids (`server/name`) through which the resource is touched; any of these.
        pub tool: OneOrMany<Text>,
        /// What it is about; any of these.
        pub resource: OneOrMany<ResourceSelectorItem>,
        /// A condition in CEL.
        pub when: Option<Text>,
        /// What a `require` rule requires.
        pub require: OneOrMany<RequirementItem>,
        /// Said in the answer when the rule objects or requires; shown to models, so keep secrets out.
        pub message: Option<String>,
        /// For people.
        pub description: Option<String>,
    }

    /// Whom a rule is about: all members that are written must hold.
    pub struct SubjectItem {
        /// Type: `user`, `agent`, `agent_user`, `workload` or another.
        pub r#type: Option<Text>,
        /// Pattern of ids.
        pub id: Option<Text>,
        /// Pattern of agent ids; short for type `agent` and that id.
        pub agent: Option<Text>,
        /// Pattern of user ids; short for type `user` and that id.
        pub user: Option<Text>,
        /// Pattern of workload ids; short for type `workload` and that id.
        pub workload: Option<Text>,
        /// A group, nested members included.
        pub group: Option<Text>,
        /// A blueprint: all its agents.
        pub blueprint: Option<Text>,
    }

    /// What a rule is about: all members that are written must hold.
    pub struct ResourceSelectorItem {
        /// Type.
        pub r#type: Option<Text>,
        /// Pattern of ids.
        pub id: Option<Text>,
        /// A container, at any depth.
        pub r#in: Option<ResourceRefItem>,
        /// Bounds on its label.
        pub label: Option<LabelBoundItem>,
    }

    /// Bounds on a label.
    pub struct LabelBoundItem {
        /// The label flows to this one.
        pub at_most: Option<Text>,
        /// This label flows to it.
        pub at_least: Option<Text>,
    }

    /// One requirement: exactly one of `control`, `any_of`, `approval`, `redact`, `narrow`, `obligation`.
    pub struct RequirementItem {
        /// A control that the caller can meet.
        pub control: Option<Text>,
        /// Any one of these controls.
        pub any_of: Vec<Text>,
        /// For the control `fresh_authentication`: how old it may be, such as `15m`.
        pub max_age: Option<Text>,
        /// A person's approval: any of `sponsor`, `owner`, `user:<id>`, `group:<id>`.
        pub approval: OneOrMany<Text>,
        /// JSON pointer of an argument that the host must redact.
        pub redact: Option<Text>,
        /// An argument that the host must replace.
        pub narrow: Option<NarrowItem>,
        /// Something else that the host must do.
        pub obligation: Option<ObligationItem>,
    }

    /// An argument that the host must replace.
    pub struct NarrowItem {
        /// Its JSON pointer. Required.
        pub argument: Text,
        /// Its new value. Required.
        pub to: Option<serde_json::Value>,
    }

    /// Something that the enforcer must also do.
    pub struct ObligationItem {
        /// Its type, such as `log`, `notification`, `label_output`. Required.
        pub r#type: Text,
        /// Whether an enforcer that does not know it may go on; for `log` and `label_output` only.
        pub advisory: Option<Spanned<bool>>,
        /// Its parameters.
        pub properties: BTreeMap<String, serde_json::Value>,
    }

    /// A unit test of the policy.
    pub struct TestItem {
        /// Its name. Required, unique.
        pub name: Text,
        /// The request.
        pub request: Option<Spanned<serde_json::Value>>,
        /// Or: a line of a file of requests beside this document, `file.jsonl#evaluation_id`.
        pub request_ref: Option<Text>,
        /// The verdict expected. Required.
        pub verdict: Option<Text>,
        /// The reason codes expected, all and no other.
        pub reasons: Option<Vec<Text>>,
        /// The requirements expected, all and no other, as their ids in the answer.
        pub requirements: Option<Vec<Text>>,
    }
}
