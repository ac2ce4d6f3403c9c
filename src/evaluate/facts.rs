//! What can a condition read? The facts of one link and one resource of a call.
//!
//! INVARIANT (law 5): a fact that nobody said is unknown, unless the policy says what it counts as; a fact about somebody who is
//! not registered is known to be absent, because the directory is closed-world.
//!
//! Next room: `rules`.

use super::scene::{KnownLabel, Party, Scene, Thing, Tooling};
use crate::directory::{AgentRecord, Principal};
use crate::fact::slot;
use crate::value::{Fact, Facts, NO_ITEMS, NO_MEMBERS, Value};

/// The facts of a call, for one link and one resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'p, 's, 'r> {
    pub(crate) scene: &'p Scene<'s, 'r>,
    pub(crate) party: &'p Party<'s, 'r>,
    pub(crate) thing: &'p Thing<'s, 'r>,
    pub(crate) tool: Option<&'p Tooling<'s>>,
    /// Whether groups that the request claims count.
    pub(crate) claims: bool,
}

/// A value that is known, or known to be absent.
#[inline]
fn known<'v>(value: Option<&'v Value<'_>>) -> Fact<'v> {
    match value {
        None | Some(Value::Null) => Fact::Null,
        Some(value) => Fact::Known(value),
    }
}

impl Facts for View<'_, '_, '_> {
    fn fact(&self, at: u16) -> Fact<'_> {
        let scene = self.scene;
        let request = scene.request;
        match at {
            slot::PRINCIPAL_TYPE => Fact::Known(&self.party.link.kind),
            slot::PRINCIPAL_ID => Fact::Known(&self.party.link.id),
            slot::PRINCIPAL_GROUPS => Fact::Known(self.groups(self.party)),
            slot::PRINCIPAL_ATTRIBUTES => Fact::Known(attributes(self.party.principal)),
            slot::PRINCIPAL_BLUEPRINT..=slot::PRINCIPAL_TENANT => self.registered(at),
            slot::RESOURCE_APPLICATION => match self.thing.record.map(|record| &record.attributes) {
                Some(attributes) => known(member(attributes, "application")),
                None => Fact::Null,
            },
            slot::RESOURCE_TYPE => Fact::Known(&self.thing.target.kind),
            slot::RESOURCE_ID => Fact::Known(&self.thing.target.id),
            slot::RESOURCE_LABEL => match self.thing.label {
                KnownLabel::Unknown => Fact::Unknown,
                KnownLabel::Null | KnownLabel::Label(_) => known(Some(&self.thing.label_value)),
            },
            slot::RESOURCE_CONTAINERS => {
                Fact::Known(self.thing.record.map_or(&NO_ITEMS, |record| &record.container_names))
            }
            slot::RESOURCE_ATTRIBUTES => known(self.thing.record.map(|record| &record.attributes)),
            slot::RESOURCE_PROPERTIES => Fact::Known(self.thing.target.all_properties()),
            slot::SUBJECT_PROPERTIES => Fact::Known(request.all_subject_properties()),
            slot::SUBJECT_TYPE..=slot::USER_ATTRIBUTES => self.subject(at),
            slot::AGENT_ID..=slot::AGENT_REVIEW_BY => self.agent(at),
            slot::DELEGATION_DEPTH => Fact::Known(&request.depth),
            slot::DELEGATION_ACTORS => Fact::Known(&request.actors),
            // An issuer that nobody named is unknown and not absent, and so is the list of all.
            slot::DELEGATION_ISSUERS if request.actors().iter().any(|actor| actor.issuer.is_none()) => Fact::Unknown,
            slot::DELEGATION_ISSUERS => Fact::Known(&request.issuers),
            slot::ACTION_NAME => Fact::Known(&request.action),
            slot::ACTION_PROPERTIES => Fact::Known(request.all_action_properties()),
            slot::ARGUMENTS => request.arguments.as_ref().map_or(Fact::Unknown, Fact::Known),
            slot::TOOL_SERVER | slot::TOOL_NAME | slot::TOOL_EFFECTS => self.tool(at),
            slot::SIGNALS_HEARD => request
                .now()
                .and_then(|now| scene.engine.revocations().last_heard(now, scene.engine.check_policy().skew))
                .map_or(Fact::Unknown, Fact::Known),
            slot::FLOW_LABEL..=slot::FLOW_CONSENTED => match scene.flow.get(at) {
                Some(seen) => Fact::Known(seen),
                None => self.said(at),
            },
            slot::DEVICE_COMPLIANT if scene.told.device.is_some() => known(scene.told.device.as_ref()),
            // Of which device it is true nobody says.
            slot::DEVICE_COMPLIANT
                if scene.told.device_is_open && matches!(self.said(at), Fact::Known(Value::Bool(true))) =>
            {
                Fact::Unknown
            }
            slot::RISK_USER if scene.told.user_risk.is_some() => self.worse(at, scene.told.user_risk.as_ref()),
            slot::RISK_AGENT if scene.told.agent_risk.is_some() => self.worse(at, scene.told.agent_risk.as_ref()),
            _ => self.said(at),
        }
    }
}

/// A member of the attributes that the directory holds.
fn member<'v>(attributes: &'v Value<'static>, name: &str) -> Option<&'v Value<'static>> {
    if let Value::Map(map) = attributes { map.get(name) } else { None }
}

impl View<'_, '_, '_> {
    /// A fact of the context: as the request says, or as the policy assumes.
    fn said(&self, at: u16) -> Fact<'_> {
        match self.scene.request.context_fact(at) {
            Fact::Unknown => match self.scene.engine.policy().assumption(at) {
                None => Fact::Unknown,
                Some(value) => known(Some(value)),
            },
            said @ (Fact::Null | Fact::Known(_)) => said,
        }
    }

    /// A risk that a feed has told, unless the request says a worse one, or knows none.
    fn worse<'v>(&'v self, at: u16, told: Option<&'v Value<'_>>) -> Fact<'v> {
        match (self.said(at), told) {
            (Fact::Known(Value::Enum(_, said)), Some(Value::Enum(_, told_place))) if said < told_place => known(told),
            (Fact::Null, Some(_)) => known(told),
            (said, _) => said,
        }
    }

    /// Facts about the tool that is called or touched.
    fn tool(&self, at: u16) -> Fact<'_> {
        let Some(tool) = self.tool else { return Fact::Null };
        match at {
            slot::TOOL_SERVER => Fact::Known(&tool.server),
            slot::TOOL_NAME => Fact::Known(&tool.name),
            // What an unregistered tool does, nobody knows.
            _ => tool.record.map_or(Fact::Unknown, |record| Fact::Known(&record.effects)),
        }
    }

    /// What the directory says about the link under judgement besides its groups.
    fn registered(&self, at: u16) -> Fact<'_> {
        let Some(principal) = self.party.principal else {
            return match at {
                // The directory is closed-world: who is not listed holds no role and has no blueprint ...
                slot::PRINCIPAL_ROLES | slot::PRINCIPAL_DIRECTORY_ROLES => Fact::Known(&NO_ITEMS),
                slot::PRINCIPAL_BLUEPRINT => Fact::Null,
                // ... but may well be somebody else's guest.
                _ => Fact::Unknown,
            };
        };
        let attribute = |name: &str| member(&principal.attributes, name);
        match at {
            slot::PRINCIPAL_BLUEPRINT => {
                known(principal.agent.as_ref().and_then(|agent| agent.blueprint_name.as_ref()))
            }
            slot::PRINCIPAL_ROLES => Fact::Known(attribute("roles").unwrap_or(&NO_ITEMS)),
            slot::PRINCIPAL_DIRECTORY_ROLES => Fact::Known(attribute("directory_roles").unwrap_or(&NO_ITEMS)),
            slot::PRINCIPAL_GUEST => known(attribute("guest")),
            slot::PRINCIPAL_TENANT => known(attribute("tenant")),
            _ => Fact::Unknown,
        }
    }

    /// Facts about the subject, and about it as a user.
    fn subject(&self, at: u16) -> Fact<'_> {
        let Some(subject) = self.scene.parties.first() else { return Fact::Unknown };
        let is_user = subject.link.kind() == "user";
        match at {
            slot::SUBJECT_TYPE => Fact::Known(&subject.link.kind),
            slot::SUBJECT_ID => Fact::Known(&subject.link.id),
            slot::SUBJECT_ISSUER => subject.link.issuer.as_ref().map_or(Fact::Unknown, Fact::Known),
            slot::SUBJECT_GROUPS => Fact::Known(self.groups(subject)),
            slot::SUBJECT_ATTRIBUTES => Fact::Known(attributes(subject.principal)),
            slot::USER_ID if is_user => Fact::Known(&subject.link.id),
            slot::USER_GROUPS if is_user => Fact::Known(self.groups(subject)),
            slot::USER_ATTRIBUTES if is_user => Fact::Known(attributes(subject.principal)),
            slot::USER_ID | slot::USER_GROUPS | slot::USER_ATTRIBUTES => Fact::Null,
            _ => Fact::Unknown,
        }
    }

    /// Facts about the agent that acts.
    fn agent(&self, at: u16) -> Fact<'_> {
        let Some(agent) = self.scene.agent else { return self.stranger(at) };
        let record = agent.agent.as_deref();
        let text = |pick: fn(&AgentRecord) -> Option<&Value<'static>>| known(record.and_then(pick));
        match at {
            slot::AGENT_ID => Fact::Known(&agent.id),
            slot::AGENT_GROUPS => Fact::Known(self.agent_groups(agent)),
            slot::AGENT_ATTRIBUTES => Fact::Known(&agent.attributes),
            slot::AGENT_BLUEPRINT => text(|record| record.blueprint_name.as_ref()),
            slot::AGENT_OWNER => text(|record| record.owner_name.as_ref()),
            slot::AGENT_SPONSOR => text(|record| record.sponsor_name.as_ref()),
            slot::AGENT_PURPOSE => text(|record| record.purpose.as_ref()),
            slot::AGENT_STATE => text(|record| Some(&record.state_name)),
            slot::AGENT_REVIEW_BY => text(|record| record.review_time.as_ref()),
            _ => Fact::Unknown,
        }
    }

    /// Facts about an agent that is not registered, or about none.
    fn stranger(&self, at: u16) -> Fact<'_> {
        let party = self.scene.parties.get(self.scene.immediate());
        let Some(agent) = party.filter(|party| party.link.kind() == "agent") else { return Fact::Null };
        match at {
            slot::AGENT_ID => Fact::Known(&agent.link.id),
            slot::AGENT_GROUPS => Fact::Known(self.groups(agent)),
            slot::AGENT_ATTRIBUTES => Fact::Known(&NO_MEMBERS),
            _ => Fact::Null,
        }
    }

    fn agent_groups<'v>(&'v self, agent: &'v Principal) -> &'v Value<'v> {
        let subject = self.scene.parties.first().and_then(|subject| subject.principal);
        match &self.scene.claimed_groups {
            Some(claimed) if self.claims && subject.is_some_and(|subject| core::ptr::eq(subject, agent)) => claimed,
            Some(_) | None => &agent.group_names,
        }
    }

    /// The groups of a link; of the subject with those that are claimed for it, where these count.
    fn groups<'v>(&'v self, party: &'v Party<'_, '_>) -> &'v Value<'v> {
        let is_subject = self.scene.parties.first().is_some_and(|subject| core::ptr::eq(subject.link, party.link));
        match &self.scene.claimed_groups {
            Some(claimed) if self.claims && is_subject => claimed,
            Some(_) | None => party.groups(),
        }
    }
}

fn attributes(principal: Option<&Principal>) -> &Value<'static> {
    principal.map_or(&NO_MEMBERS, |principal| &principal.attributes)
}
