//! What does the Directory hold about each entity? Records with their closures, and their facts as values that conditions read
//! without copying.
//!
//! Next room: `build`.

use std::sync::Arc;

use crate::flow::{Declaration, Does};
use crate::identity::{Sponsor, State};
use crate::label::Label;
use crate::name::{BlueprintId, GroupId, UserId};
use crate::resource::ResourceRef;
use crate::rule::SubjectHead;
use crate::signal::Target;
use crate::time::Timestamp;
use crate::value::Value;

/// A registered principal: agent, user, agent user or workload.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// Whether nothing is wrong with its standing at any time; an agent's user account hangs from the agent besides.
    pub(crate) is_sound: bool,
    pub(crate) kind: Value<'static>,
    pub(crate) id: Value<'static>,
    pub(crate) state: State,
    /// Groups, nested ones included, ascending.
    pub(crate) groups: Box<[GroupId]>,
    pub(crate) group_names: Value<'static>,
    pub(crate) attributes: Value<'static>,
    /// Other names by which feeds may speak of it: e-mail address, account, telephone number, unit, tenant.
    pub(crate) aliases: Box<[Target]>,
    pub(crate) agent: Option<Box<AgentRecord>>,
    /// Of an agent's user account: the agent's place.
    pub(crate) parent: Option<u32>,
}

/// What is particular to an agent. `None`: known to be absent.
#[derive(Clone, Debug)]
pub(crate) struct AgentRecord {
    pub(crate) blueprint: Option<BlueprintId>,
    pub(crate) blueprint_state: Option<State>,
    pub(crate) sponsor: Option<Sponsor>,
    /// The enabled persons who answer for it: of a group its direct members, ascending. Empty: nobody does.
    pub(crate) sponsors: Arc<[UserId]>,
    pub(crate) owner: Option<UserId>,
    pub(crate) review_by: Option<Timestamp>,
    pub(crate) blueprint_name: Option<Value<'static>>,
    pub(crate) owner_name: Option<Value<'static>>,
    pub(crate) sponsor_name: Option<Value<'static>>,
    pub(crate) purpose: Option<Value<'static>>,
    pub(crate) state_name: Value<'static>,
    pub(crate) review_time: Option<Value<'static>>,
}

impl Principal {
    #[inline]
    pub(crate) fn kind_text(&self) -> &str {
        text(&self.kind)
    }

    #[inline]
    pub(crate) fn id_text(&self) -> &str {
        text(&self.id)
    }

    /// Computes [`Principal::is_sound`].
    pub(super) fn settled(mut self) -> Self {
        let is_sound = |agent: &AgentRecord| {
            agent.blueprint_state.is_none_or(|state| state == State::Enabled)
                && !agent.sponsors.is_empty()
                && agent.review_by.is_none()
        };
        self.is_sound = self.is_enabled() && self.agent.as_deref().is_none_or(is_sound);
        self
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.state == State::Enabled
    }
}

/// The text that a value is; only texts are asked.
#[inline]
fn text<'v>(value: &'v Value<'_>) -> &'v str {
    if let Value::String(text) = value { text } else { "" }
}

/// Who gave a grant.
#[derive(Clone, Debug)]
pub(crate) struct Giver {
    pub(crate) id: UserId,
    /// By what other names feeds may speak of them.
    pub(crate) aliases: Box<[Target]>,
    /// Whether the Directory says that they are deleted, or does not know them.
    pub(crate) is_gone: bool,
}

/// A registered resource.
#[derive(Clone, Debug)]
pub(crate) struct ResourceRecord {
    pub(crate) reference: ResourceRef,
    /// Containers, outer ones included, ascending.
    pub(crate) containers: Box<[ResourceRef]>,
    pub(crate) container_names: Value<'static>,
    pub(crate) label: Option<Label>,
    pub(crate) attributes: Value<'static>,
    pub(crate) requires_grant: bool,
}

/// A registered tool.
#[derive(Clone, Debug)]
pub(crate) struct ToolRecord {
    pub(crate) id: Box<str>,
    /// The two parts of its id.
    pub(crate) server: Value<'static>,
    pub(crate) name: Value<'static>,
    pub(crate) effects: Value<'static>,
    pub(crate) assigned: Box<[SubjectHead]>,
    pub(crate) requires_grant: bool,
    pub(crate) digest: Option<Box<str>>,
    /// Whether it, or its server, is blocked.
    pub(crate) blocked: bool,
    /// What it does, for flows.
    pub(crate) does: Does,
    /// How it takes part in flows, if that is declared.
    pub(crate) flow: Option<Arc<Declaration>>,
}
