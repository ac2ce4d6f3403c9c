//! May this be done? Every rule and every grant, for every link and every resource, one after the other.
//!
//! Written from ARCHITECTURE.md ("How a decision is made"), docs/documents.md and the table of reason codes.

use std::collections::{BTreeMap, BTreeSet};

use placet::condition::ast::Expr;
use placet::fact::{Type, slot};
use placet::flow::{FlowLabel, Lattice as _, Stated, Verb};
use placet::grant::Grant;
use placet::identity::{Agent, Sponsor, State};
use placet::label::{Label, Taxonomy};
use placet::name::GroupId;
use placet::pattern::Pattern;
use placet::request::Request;
use placet::resource::{Resource, ResourceRef};
use placet::rule::{Approver, Control, Effect, Mode, Requirement, ResourceHead, Rule, SubjectHead};
use placet::scope::Constraint;
use placet::time::{Duration, Timestamp};
use placet::tool::Tool;
use placet::value::{Fact, Value};
use placet::{name, tool};

use crate::cel::{self, Source, Undecided};
use crate::flow::{Flow, Seen};
use crate::people;
use crate::value::{Known, Plain};
use crate::{Objection, Oracle, Outcome, glob};

/// A link of the chain.
struct Party {
    kind: String,
    id: String,
    issuer: Option<String>,
    groups: BTreeSet<String>,
    /// Groups that the request claims for it.
    claims: Vec<String>,
}

/// What is known of a label.
#[derive(Clone, Copy, PartialEq)]
enum Marked {
    Unknown,
    Null,
    Label(Label),
}

/// A resource that is judged.
struct Thing<'o> {
    kind: String,
    id: String,
    label: Marked,
    listed: Option<&'o Resource>,
    containers: BTreeSet<ResourceRef>,
    properties: Plain,
}

/// A link, a resource and the tool through which it is judged.
type Pair<'p> = (&'p Party, &'p Thing<'p>, Option<&'p Thing<'p>>);

/// One call.
pub(crate) struct Case<'o, 'r> {
    oracle: &'o Oracle<'o>,
    request: &'o Request<'r>,
    parties: Vec<Party>,
    things: Vec<Thing<'o>>,
    immediate: usize,
    agent: Option<&'o Agent>,
    now: Option<Timestamp>,
}

/// What a rule required.
#[derive(Clone)]
struct Demand<'o> {
    requirement: &'o Requirement,
    control: Option<Control>,
    rule: &'o str,
}

pub(crate) fn judge(oracle: &Oracle<'_>, request: &Request<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let limits = &oracle.limits;
    let too_many = request.actors().len() > limits.chain_depth || request.targets().len() > limits.targets + 1;
    let form = match request.defect() {
        Some(defect) if defect.too_large => Some("request.too_large"),
        Some(_) => Some("request.malformed"),
        None if too_many => Some("request.too_large"),
        None => None,
    };
    if let Some(code) = form {
        outcome.object(code, None);
        outcome.verdict = "deny";
        return outcome;
    }
    let case = Case::new(oracle, request);
    case.identity(&mut outcome);
    case.registry(&mut outcome);
    let mut demands = Vec::new();
    for thing in &case.things {
        for (link, party) in case.parties.iter().enumerate() {
            case.restrictions(party, thing, &mut outcome, &mut demands);
            case.privilege((link, party), thing, &mut outcome);
        }
    }
    conflicts(&demands, &mut outcome);
    let asked = case.flows(&mut outcome);
    finish(&demands, &mut outcome);
    let approvers = Requirement::Approval { by: oracle.policy.flow().approvers.clone() };
    for verb in asked {
        outcome.requirements.insert((id(&approvers), None, format!("flow/{}", verb.name())));
        if outcome.verdict != "deny" {
            outcome.verdict = "defer";
        }
    }
    outcome
}

impl<'o, 'r> Case<'o, 'r> {
    fn new(oracle: &'o Oracle<'o>, request: &'o Request<'r>) -> Self {
        let all = oracle.policy.entities();
        let mut parties = Vec::new();
        for (at, link) in request.subject().into_iter().chain(request.actors()).enumerate() {
            let claims = if at == 0 { request.claimed_groups().map(str::to_owned).collect() } else { Vec::new() };
            parties.push(Party {
                kind: link.kind().to_owned(),
                id: link.id().to_owned(),
                issuer: link.issuer().map(str::to_owned),
                groups: people::groups(all, link.kind(), link.id()),
                claims,
            });
        }
        let things = request.targets().iter().enumerate().map(|(at, target)| {
            let listed = people::resource(all, target.kind(), target.id());
            let label = match (listed.and_then(|listed| listed.label), request.stated_label(at)) {
                (Some(listed), Some(Some(said))) => Marked::Label(listed.join(said)),
                (Some(listed), _) => Marked::Label(listed),
                (None, Some(Some(said))) => Marked::Label(said),
                (None, Some(None)) => Marked::Null,
                (None, None) => Marked::Unknown,
            };
            Thing {
                kind: target.kind().to_owned(),
                id: target.id().to_owned(),
                label,
                listed,
                containers: listed.map(|listed| people::containers(all, listed)).unwrap_or_default(),
                properties: Plain::of(target.all_properties()),
            }
        });
        let things: Vec<Thing<'o>> = things.collect();
        let immediate = usize::from(parties.len() > 1);
        let agent = parties.get(immediate).and_then(|party| people::agent_of(all, &party.kind, &party.id));
        Self { oracle, request, parties, things, immediate, agent, now: request.now() }
    }

    /// What a request states of its session, and what that means.
    fn seen(&self) -> Option<(&'o Stated, Seen)> {
        let stated = self.request.stated_flow()?;
        let is = |at: u16| matches!(self.request.context_fact(at), Fact::Known(Value::Bool(true)));
        let (untrusted, sensitive) = (is(slot::FLOW_UNTRUSTED), is(slot::FLOW_SENSITIVE));
        Some((stated, Seen::of(stated, self.oracle.policy.flow(), untrusted, sensitive)))
    }

    /// What the session has against it: what nobody could consent to objects, for the rest somebody is asked.
    fn flows(&self, outcome: &mut Outcome) -> BTreeSet<Verb> {
        let (policy, all) = (self.oracle.policy.flow(), self.oracle.policy.entities());
        let Some((stated, seen)) = self.seen() else {
            if policy.requires_session {
                outcome.object("data.flow_required", None);
            }
            return BTreeSet::new();
        };
        let labels = self.things.iter().filter(|thing| thing.kind != "tool").map(|thing| match thing.label {
            Marked::Unknown => Label::BOTTOM,
            Marked::Null => Label::TOP,
            Marked::Label(label) => label,
        });
        let mut touched = FlowLabel::BOTTOM;
        touched.confidentiality.label = labels.fold(Label::BOTTOM, Label::join);
        let in_group = |person: &str, group: &GroupId| {
            let enabled = people::user(all, "user", person).is_some_and(|user| user.state == State::Enabled);
            enabled && people::groups(all, "user", person).contains(group.as_str())
        };
        let (tools, request) = (&all.tools, self.request);
        let tool = self.things.first().and_then(|thing| self.tool_of(thing));
        let flow = Flow { policy, stated, seen, request, tool, tools, touched, in_group: &in_group };
        let attainable = policy.approvers.iter().any(|who| self.exists(who));
        let mut asked = BTreeSet::new();
        for (verb, code) in flow.hindrances() {
            match verb.filter(|_| attainable) {
                Some(verb) => {
                    asked.insert(verb);
                }
                None => outcome.object(code, None),
            }
        }
        asked
    }

    fn exists(&self, approver: &Approver) -> bool {
        match approver {
            Approver::Sponsor => self.agent.is_some_and(|agent| agent.sponsor.is_some()),
            Approver::Owner => self.agent.is_some_and(|agent| agent.owner.is_some()),
            Approver::User(_) | Approver::Group(_) => true,
        }
    }

    fn identity(&self, outcome: &mut Outcome) {
        let all = self.oracle.policy.entities();
        for party in &self.parties {
            let trusted = self.oracle.policy.issuers();
            let vouched = |issuer: &str| trusted.iter().any(|known| known == issuer);
            if !trusted.is_empty() && !party.issuer.as_deref().is_some_and(vouched) {
                outcome.object("identity.unknown_issuer", None);
            }
            let agent = people::agent_of(all, &party.kind, &party.id);
            let account = people::user(all, &party.kind, &party.id);
            match (&*party.kind, account, agent) {
                ("agent", _, None) => outcome.object("identity.unknown_agent", None),
                ("agent_user", None, _) => outcome.object("identity.unknown_agent_user", None),
                ("agent_user", Some(_), None) => outcome.object("identity.unknown_agent", None),
                (_, _, _) => {}
            }
            for state in account.map(|user| user.state).into_iter().chain(agent.map(|agent| agent.state)) {
                match state {
                    State::Enabled => {}
                    State::Disabled => outcome.object("identity.disabled", None),
                    State::Quarantined => outcome.object("identity.quarantined", None),
                    State::Deleted => outcome.object("identity.deleted", None),
                }
            }
            let Some(agent) = agent else { continue };
            if !people::is_blueprint_enabled(all, agent) {
                outcome.object("identity.blueprint_disabled", None);
            }
            if !people::is_sponsored(all, agent) {
                outcome.object("identity.no_sponsor", None);
            }
            if agent.review_by.is_some_and(|due| self.now.is_none_or(|now| now >= due)) {
                outcome.object("identity.review_overdue", None);
            }
        }
    }

    /// The tools through which a rule is about a resource: a tool is itself, other data is touched by the tool that is called. What
    /// restricts a tool that another touches does so through either.
    fn through<'t>(&'t self, thing: &'t Thing<'o>, restricts: bool) -> Vec<Option<&'t Thing<'o>>> {
        let is_tool = |thing: &&Thing<'_>| thing.kind == "tool";
        let called = self.things.first().filter(is_tool);
        match Some(thing).filter(is_tool) {
            Some(own) if restricts && called.is_some() => vec![Some(own), called],
            Some(own) => vec![Some(own)],
            None => vec![called],
        }
    }

    fn tool_of(&self, thing: &Thing<'_>) -> Option<&'o Tool> {
        let tools = &self.oracle.policy.entities().tools;
        tools.iter().find(|tool| thing.kind == "tool" && tool.id.as_str() == thing.id)
    }

    fn registry(&self, outcome: &mut Outcome) {
        if self.request.action() == "tools/call" && self.things.first().is_none_or(|main| main.kind != "tool") {
            outcome.object("tool.unknown", None);
        }
        for (at, thing) in self.things.iter().enumerate().filter(|(_, thing)| thing.kind == "tool") {
            self.registered(at, thing, outcome);
        }
    }

    /// A tool that is called, or touched.
    fn registered(&self, at: usize, thing: &Thing<'_>, outcome: &mut Outcome) {
        let all = self.oracle.policy.entities();
        let Some(tool) = self.tool_of(thing) else {
            outcome.object("tool.unknown", None);
            return;
        };
        let approved = all.servers.iter().any(|server| server.id == tool.server && !server.blocked);
        if tool.blocked || !approved {
            outcome.object("tool.blocked", None);
        }
        let party = self.parties.get(self.immediate);
        if !party.is_some_and(|party| tool.assigned.iter().any(|head| self.is_subject(head, party, false))) {
            outcome.object("tool.not_assigned", None);
        }
        if let Some(pinned) = &tool.digest {
            // What is shown is the definition of the tool that is called.
            let shown = if at == 0 { self.request.context_fact(slot::TOOL_DIGEST) } else { Fact::Unknown };
            match shown {
                Fact::Known(Value::String(offered)) if offered.as_ref() == pinned => {}
                Fact::Known(Value::String(_)) => outcome.object("tool.definition_changed", None),
                Fact::Known(_) | Fact::Null | Fact::Unknown => outcome.object("tool.definition_unknown", None),
            }
        }
    }

    fn is_subject(&self, head: &SubjectHead, party: &Party, claims: bool) -> bool {
        let all = self.oracle.policy.entities();
        let blueprint = if party.kind == "agent" { people::agent(all, &party.id) } else { None };
        let blueprint = blueprint.and_then(|agent| agent.blueprint.as_ref());
        let is_in = |group: &str| party.groups.contains(group) || (claims && party.claims.iter().any(|c| c == group));
        head.kind.as_ref().is_none_or(|kind| kind.as_str() == party.kind)
            && head.id.as_ref().is_none_or(|id| glob::matches(id.as_str(), &party.id))
            && head.group.as_ref().is_none_or(|group| is_in(group.as_str()))
            && head.blueprint.as_ref().is_none_or(|wanted| blueprint == Some(wanted))
    }

    /// Whether a head matches a resource; `None`: that depends on an unknown label.
    fn is_resource(&self, head: &ResourceHead, thing: &Thing<'_>) -> Option<bool> {
        let fits = head.kind.as_ref().is_none_or(|kind| kind.as_str() == thing.kind)
            && head.id.as_ref().is_none_or(|id| glob::matches(id.as_str(), &thing.id))
            && head.container.as_ref().is_none_or(|container| thing.containers.contains(container));
        if !fits {
            return Some(false);
        }
        if head.at_most.is_none() && head.at_least.is_none() {
            return Some(true);
        }
        let label = match thing.label {
            Marked::Unknown => return None,
            Marked::Null => Label::TOP,
            Marked::Label(label) => label,
        };
        Some(
            head.at_most.is_none_or(|most| label.flows_to(most))
                && head.at_least.is_none_or(|least| least.flows_to(label)),
        )
    }

    /// Whether the heads of a rule match; `None`: that depends on an unknown label.
    fn heads(&self, rule: &Rule, (party, thing, tool): Pair<'_>, claims: bool) -> Option<bool> {
        let names = |patterns: &[Pattern], id: &str| patterns.iter().any(|p| glob::matches(p.as_str(), id));
        let subject = rule.subjects.is_empty() || rule.subjects.iter().any(|h| self.is_subject(h, party, claims));
        let action = rule.actions.is_empty() || names(&rule.actions, self.request.action());
        let through = rule.tools.is_empty() || tool.is_some_and(|tool| names(&rule.tools, &tool.id));
        if !(subject && action && through) {
            return Some(false);
        }
        if rule.resources.is_empty() {
            return Some(true);
        }
        let found: Vec<Option<bool>> = rule.resources.iter().map(|head| self.is_resource(head, thing)).collect();
        if found.contains(&Some(true)) {
            return Some(true);
        }
        if found.contains(&None) { None } else { Some(false) }
    }

    fn condition(&self, rule: &Rule, (party, thing, tool): Pair<'_>, claims: bool) -> Result<bool, Undecided> {
        let Some(tree) = self.oracle.trees.get(rule.id.as_str()) else { return Ok(true) };
        let view = View { case: self, rule, party, thing, tool, claims };
        cel::truth(tree, &view)
    }

    /// Whether a rule certainly matches, and holds.
    fn permits(&self, rule: &Rule, party: &Party, thing: &Thing<'o>) -> bool {
        self.through(thing, false).into_iter().any(|tool| {
            let pair = (party, thing, tool);
            self.heads(rule, pair, false) == Some(true) && self.condition(rule, pair, false) == Ok(true)
        })
    }

    /// What forbids or requires, and what rules on trial would do.
    fn restrictions(&self, party: &Party, thing: &Thing<'o>, outcome: &mut Outcome, demands: &mut Vec<Demand<'o>>) {
        for rule in self.oracle.policy.rules() {
            if rule.effect == Effect::Permit {
                if rule.mode == Mode::ReportOnly && self.permits(rule, party, thing) {
                    outcome.reported.insert(rule.id.to_string());
                }
                continue;
            }
            for tool in self.through(thing, true) {
                self.restriction(rule, (party, thing, tool), outcome, demands);
            }
        }
    }

    fn restriction(&self, rule: &'o Rule, pair: Pair<'_>, outcome: &mut Outcome, demands: &mut Vec<Demand<'o>>) {
        let heads = self.heads(rule, pair, true);
        if heads == Some(false) {
            return;
        }
        // Claimed groups can only restrict: it applies if it would with them or without them.
        let truths = [false, true].map(|claims| self.condition(rule, pair, claims));
        if truths == [Ok(false), Ok(false)] {
            return;
        }
        let sure = heads == Some(true) && truths.contains(&Ok(true));
        if rule.mode == Mode::ReportOnly {
            outcome.reported.insert(rule.id.to_string());
        } else if rule.effect == Effect::Forbid {
            let code = match (rule.source, sure) {
                (placet::rule::Source::Access, true) => "access.blocked",
                (placet::rule::Source::Access, false) => "access.blocked_unknown",
                (placet::rule::Source::DataLoss, true) => "data.loss_blocked",
                (placet::rule::Source::DataLoss, false) => "data.loss_blocked_unknown",
                (_, true) => "rule.forbidden",
                (_, false) => "rule.forbidden_unknown",
            };
            outcome.object(code, Some(format!("rule:{}", rule.id)));
        } else {
            self.requirements(rule, outcome, demands);
        }
    }

    fn privilege(&self, (link, party): (usize, &Party), thing: &Thing<'o>, outcome: &mut Outcome) {
        let permits = |rule: &Rule| {
            rule.effect == Effect::Permit && rule.mode == Mode::Enforce && self.permits(rule, party, thing)
        };
        let permitted = self.oracle.policy.rules().iter().any(permits);
        let would: Vec<&Grant> =
            self.oracle.policy.entities().grants.iter().filter(|grant| self.gives(grant, party, thing)).collect();
        let live = |grant: &&&Grant| self.now.is_some_and(|now| grant.start <= now && now < grant.end);
        let stands = |grant: &&&Grant| people::gives(self.oracle.policy.entities(), grant.by.as_str());
        let granted = would.iter().filter(live).any(|grant| stands(&grant));
        let by_tool = self.tool_of(thing).is_some_and(|tool| tool.requires_grant);
        let by_resource = thing.listed.is_some_and(|listed| listed.requires_grant);
        if link == self.immediate && (by_tool || by_resource) && !granted {
            outcome.object("privilege.grant_required", None);
        }
        if permitted || granted {
            return;
        }
        let mut object = |code: &'static str, grant: Option<&&Grant>| {
            if let Some(grant) = grant {
                outcome.object(code, Some(format!("grant:{}", grant.id)));
            }
        };
        match self.now {
            Some(now) => {
                let ended = would.iter().filter(|grant| now >= grant.end);
                object("privilege.grant_expired", ended.min_by(|a, b| b.end.cmp(&a.end).then(a.id.cmp(&b.id))));
                let future = would.iter().filter(|grant| now < grant.start);
                let revoked = would.iter().filter(live).filter(|grant| !stands(grant));
                object("privilege.grant_revoked", revoked.min_by(|a, b| a.id.cmp(&b.id)));
                object("privilege.grant_not_started", future.min_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id))));
            }
            None => object("privilege.time_unknown", would.iter().min_by(|a, b| a.id.cmp(&b.id))),
        }
        if would.is_empty() {
            outcome.object("privilege.no_permit", None);
        }
    }

    /// Whether a grant permits this, at its time.
    fn gives(&self, grant: &Grant, party: &Party, thing: &Thing<'_>) -> bool {
        let scope = &grant.scope;
        self.is_subject(&grant.to, party, false)
            && scope.actions.iter().any(|action| glob::matches(action.as_str(), self.request.action()))
            && scope.resources.iter().any(|resource| {
                resource.kind.as_ref().is_none_or(|kind| kind.as_str() == thing.kind)
                    && resource.id.as_ref().is_none_or(|id| glob::matches(id.as_str(), &thing.id))
            })
            && scope.arguments.iter().all(|(name, bound)| meets(self.request.get_argument(name), bound))
    }

    fn requirements(&self, rule: &'o Rule, outcome: &mut Outcome, demands: &mut Vec<Demand<'o>>) {
        for requirement in &rule.requirements {
            let mut control = None;
            let unattainable = match requirement {
                Requirement::Control { any_of, max_age } => {
                    if any_of.iter().any(|control| self.is_met(*control, *max_age)) {
                        continue;
                    }
                    let people = self.parties.iter().any(|party| party.kind == "user");
                    // Whoever calls can bind a token, and say why.
                    let attainable = |control: &Control| {
                        people || matches!(control, Control::SenderConstrained | Control::Justification)
                    };
                    // The least demanding that can be met here.
                    control = Control::ALL.into_iter().find(|c| any_of.contains(c) && attainable(c));
                    control.is_none()
                }
                Requirement::Approval { by } => {
                    if self.is_approved(by) {
                        continue;
                    }
                    !by.iter().any(|who| self.exists(who))
                }
                Requirement::Redact { .. }
                | Requirement::RedactSensitive { .. }
                | Requirement::Narrow { .. }
                | Requirement::Obligation { .. } => false,
            };
            if unattainable {
                outcome.object("access.control_unattainable", Some(format!("rule:{}", rule.id)));
                continue;
            }
            demands.push(Demand { requirement, control, rule: rule.id.as_str() });
        }
    }

    fn is_met(&self, control: Control, max_age: Option<Duration>) -> bool {
        let is_true = |path: &str| matches!(self.context(path), Some(Known::Value(Plain::Bool(true))));
        match control {
            Control::Mfa => is_true("authentication.mfa"),
            Control::CompliantDevice => is_true("device.compliant"),
            Control::ManagedDevice => is_true("device.managed"),
            Control::JoinedDevice => is_true("device.joined"),
            Control::TrustedNetwork => is_true("location.trusted"),
            Control::SenderConstrained => is_true("authentication.sender_constrained"),
            Control::Justification => {
                matches!(self.context("justification"), Some(Known::Value(Plain::Text(why))) if why.chars().any(|c| !c.is_whitespace()))
            }
            Control::FreshAuthentication => match (self.context("authentication.time"), self.now, max_age) {
                (Some(Known::Value(Plain::Time(then))), Some(now), Some(max_age)) => {
                    then <= now && now.since(then) <= max_age
                }
                (_, _, _) => false,
            },
            _ => false,
        }
    }

    /// Whether somebody who may has approved exactly this call, for now.
    fn is_approved(&self, by: &[Approver]) -> bool {
        let (all, Some(now)) = (self.oracle.policy.entities(), self.now) else { return false };
        // Arguments that nobody said have not been approved.
        if self.request.all_arguments().is_none() {
            return false;
        }
        let call = self.request.call_digest().to_string();
        all.approvals.iter().any(|approval| {
            let person = approval.by.as_str();
            let own = self.parties.iter().any(|party| party.kind == "user" && party.id == person);
            let member = |group: &str| {
                // A group is asked for a second pair of eyes.
                !own && people::is_member(all, person, group)
            };
            let may = |who: &Approver| match who {
                Approver::User(user) => user.as_str() == person && people::is_person(all, person),
                Approver::Group(group) => member(group.as_str()),
                Approver::Owner => {
                    let owner = self.agent.and_then(|agent| agent.owner.as_ref());
                    owner.is_some_and(|owner| owner.as_str() == person) && people::is_person(all, person)
                }
                Approver::Sponsor => match self.agent.and_then(|agent| agent.sponsor.as_ref()) {
                    Some(Sponsor::User(user)) => user.as_str() == person && people::is_person(all, person),
                    Some(Sponsor::Group(group)) => !own && people::is_direct(all, person, group.as_str()),
                    None => false,
                },
            };
            let live = approval.start <= now && now < approval.end;
            approval.call == call && live && by.iter().any(may)
        })
    }

    /// A fact of the context: what the request says, or what its absence counts as.
    fn context(&self, path: &str) -> Option<Known> {
        let schema = self.oracle.policy.schema();
        let at = schema.find(path)?;
        let declared = schema.get(at)?;
        // A session says these by the label of what it has seen, if anybody says that.
        if let Some((_, seen)) = self.seen().filter(|(stated, _)| stated.label.is_some()) {
            let said = match self.request.context_fact(at) {
                Fact::Known(Value::Label(said)) => *said,
                Fact::Known(_) | Fact::Null | Fact::Unknown => Label::BOTTOM,
            };
            match at {
                slot::FLOW_LABEL => {
                    return Some(Known::Value(Plain::Label(seen.context.confidentiality.label.join(said))));
                }
                slot::FLOW_UNTRUSTED => return Some(Known::Value(Plain::Bool(seen.untrusted))),
                slot::FLOW_SENSITIVE => return Some(Known::Value(Plain::Bool(seen.sensitive))),
                _ => {}
            }
        }
        let known = match self.request.context_fact(at) {
            Fact::Unknown => match self.oracle.policy.assumptions().iter().find(|assumed| assumed.slot == at) {
                Some(assumed) => Known::maybe(Some(Plain::of(&assumed.value))),
                None => Known::Unknown,
            },
            said => Known::of(said),
        };
        Some(match known {
            Known::Value(value) if declared.ty == Type::Double => Known::Value(cel::as_float(value)),
            other => other,
        })
    }
}

/// What a condition reads: one link, one resource.
struct View<'v, 'o, 'r> {
    case: &'v Case<'o, 'r>,
    rule: &'v Rule,
    party: &'v Party,
    thing: &'v Thing<'v>,
    tool: Option<&'v Thing<'v>>,
    /// Whether groups that the request claims count.
    claims: bool,
}

impl View<'_, '_, '_> {
    fn groups(&self, party: &Party) -> Plain {
        let claims = party.claims.iter().filter(|_| self.claims);
        Plain::texts(party.groups.iter().chain(claims).map(String::as_str))
    }

    fn attributes(&self, party: &Party) -> Plain {
        let all = self.case.oracle.policy.entities();
        let attributes = match &*party.kind {
            "agent" => people::agent(all, &party.id).map(|agent| &agent.attributes),
            kind => people::user(all, kind, &party.id).map(|user| &user.attributes),
        };
        attributes.map_or(Plain::Map(Vec::new(), false), Plain::map)
    }

    fn agent(&self, path: &str) -> Known {
        let Some(immediate) = self.case.parties.get(self.case.immediate) else { return Known::Null };
        let (all, agent) = (self.case.oracle.policy.entities(), self.case.agent);
        if agent.is_none() && immediate.kind != "agent" {
            return Known::Null;
        }
        let text = |text: Option<String>| Known::maybe(text.map(Plain::Text));
        match path {
            "agent.id" => Known::Value(Plain::text(agent.map_or(&immediate.id, |agent| agent.id.as_str()))),
            "agent.groups" => {
                // What is claimed for the subject is claimed for the agent that acts, if that is the same one.
                let is_agent =
                    |party: &&Party| party.kind == "agent" && agent.is_some_and(|agent| agent.id.as_str() == party.id);
                match self.case.parties.first().filter(is_agent) {
                    Some(subject) => Known::Value(self.groups(subject)),
                    None if immediate.kind == "agent" => Known::Value(self.groups(immediate)),
                    None => {
                        let groups =
                            agent.map(|agent| people::groups(all, "agent", agent.id.as_str())).unwrap_or_default();
                        Known::Value(Plain::texts(groups.iter().map(String::as_str)))
                    }
                }
            }
            "agent.attributes" => {
                Known::Value(agent.map_or(Plain::Map(Vec::new(), false), |agent| Plain::map(&agent.attributes)))
            }
            "agent.blueprint" => text(agent.and_then(|agent| agent.blueprint.as_ref()).map(ToString::to_string)),
            "agent.owner" => text(agent.and_then(|agent| agent.owner.as_ref()).map(ToString::to_string)),
            "agent.sponsor" => text(agent.and_then(|agent| agent.sponsor.as_ref()).map(|sponsor| match sponsor {
                Sponsor::User(user) => user.to_string(),
                Sponsor::Group(group) => format!("group:{group}"),
            })),
            "agent.purpose" => text(agent.and_then(|agent| agent.purpose.clone())),
            "agent.state" => text(agent.map(|agent| agent.state.name().to_owned())),
            _ => Known::maybe(agent.and_then(|agent| agent.review_by).map(Plain::Time)),
        }
    }

    fn delegation(&self, path: &str) -> Known {
        let actors = self.case.parties.iter().skip(1);
        let depth = i64::try_from(self.case.parties.len() - 1).unwrap_or(i64::MAX);
        match path {
            "delegation.depth" => Known::Value(Plain::Int(depth)),
            "delegation.actors" => Known::Value(Plain::texts(actors.map(|actor| actor.id.as_str()))),
            // An issuer that nobody named is unknown, and so is the list of all.
            _ => match actors.map(|actor| actor.issuer.as_deref()).collect::<Option<Vec<&str>>>() {
                Some(issuers) => Known::Value(Plain::texts(issuers)),
                None => Known::Unknown,
            },
        }
    }

    fn resource(&self, path: &str) -> Known {
        let thing = self.thing;
        match path {
            "resource.type" => Known::Value(Plain::text(&thing.kind)),
            "resource.id" => Known::Value(Plain::text(&thing.id)),
            "resource.label" => match thing.label {
                Marked::Unknown => Known::Unknown,
                Marked::Null => Known::Null,
                Marked::Label(label) => Known::Value(Plain::Label(label)),
            },
            "resource.containers" => {
                Known::Value(Plain::texts(thing.containers.iter().map(|container| container.id.as_str())))
            }
            "resource.application" => {
                let of = thing.listed.and_then(|listed| listed.attributes.get("application"));
                Known::maybe(of.map(Plain::of))
            }
            "resource.attributes" => Known::maybe(thing.listed.map(|listed| Plain::map(&listed.attributes))),
            _ => Known::Value(thing.properties.clone()),
        }
    }

    fn tool(&self, path: &str) -> Known {
        let Some(tool) = self.tool else { return Known::Null };
        let (server, name) = tool.id.split_once('/').unwrap_or_default();
        match (path, self.case.tool_of(tool)) {
            ("tool.server", _) => Known::Value(Plain::text(server)),
            ("tool.name", _) => Known::Value(Plain::text(name)),
            (_, Some(tool)) => {
                let classes = tool::EffectClass::ALL.into_iter().filter(|class| tool.effects.contains(class));
                Known::Value(Plain::texts(classes.map(tool::EffectClass::name)))
            }
            // What an unregistered tool does, nobody knows.
            (_, None) => Known::Unknown,
        }
    }

    /// An attribute that is a fact of its own. Who is not listed holds no roles, and may be anybody's guest.
    fn attribute(&self, party: &Party, name: &str) -> Known {
        let all = self.case.oracle.policy.entities();
        let listed = match &*party.kind {
            "agent" => people::agent(all, &party.id).is_some(),
            kind => people::user(all, kind, &party.id).is_some(),
        };
        let Plain::Map(members, _) = self.attributes(party) else { return Known::Unknown };
        let given =
            members.into_iter().find(|(key, _)| matches!(key, Plain::Text(key) if key == name)).map(|(_, value)| value);
        match (given, name) {
            (Some(value), _) => Known::maybe(Some(value)),
            (None, "roles" | "directory_roles") => Known::Value(Plain::List(Vec::new())),
            (None, _) if listed => Known::Null,
            (None, _) => Known::Unknown,
        }
    }

    fn principal(&self, party: &Party, part: &str) -> Known {
        match part {
            "type" => Known::Value(Plain::text(&party.kind)),
            "id" => Known::Value(Plain::text(&party.id)),
            "groups" => Known::Value(self.groups(party)),
            "blueprint" => {
                let agent =
                    people::agent(self.case.oracle.policy.entities(), &party.id).filter(|_| party.kind == "agent");
                Known::maybe(agent.and_then(|agent| agent.blueprint.as_ref()).map(|id| Plain::text(id.as_str())))
            }
            "roles" | "directory_roles" | "guest" | "tenant" => self.attribute(party, part),
            "issuer" => party.issuer.as_deref().map_or(Known::Unknown, |iss| Known::Value(Plain::text(iss))),
            _ => Known::Value(self.attributes(party)),
        }
    }
}

impl Source for View<'_, '_, '_> {
    fn fact(&self, path: &str) -> Option<Known> {
        let schema = self.case.oracle.policy.schema();
        let path = schema.path(schema.find(path)?);
        let (area, part) = path.split_once('.').unwrap_or(("", path));
        let request = self.case.request;
        let subject = self.case.parties.first()?;
        Some(match (area, part) {
            ("principal", part) => self.principal(self.party, part),
            ("resource", _) => self.resource(path),
            ("subject", "properties") => Known::Value(Plain::of(request.all_subject_properties())),
            ("subject", part) => self.principal(subject, part),
            ("user", _) if subject.kind != "user" => Known::Null,
            ("user", part) => self.principal(subject, part),
            ("agent", _) => self.agent(path),
            ("delegation", _) => self.delegation(path),
            ("action", "name") => Known::Value(Plain::text(request.action())),
            ("action", _) => Known::Value(Plain::of(request.all_action_properties())),
            ("", "arguments") => match request.all_arguments() {
                Some(arguments) => Known::Value(Plain::map(arguments)),
                None => Known::Unknown,
            },
            ("tool", "server" | "name" | "effects") => self.tool(path),
            // What feeds have told stands outside the documents, which are all that is judged here.
            ("signals", _) => Known::Unknown,
            (_, _) => self.case.context(path)?,
        })
    }

    fn taxonomy(&self) -> &Taxonomy {
        self.case.oracle.policy.taxonomy()
    }

    fn is_float(&self, path: &[&str]) -> bool {
        let ["arguments", members @ ..] = path else { return false };
        let wildcard = |pattern: &&Pattern| !pattern.as_str().contains(['*', '?', '[', '{']);
        let only = match (&*self.rule.tools, &*self.rule.resources) {
            ([tool], _) => Some(tool).filter(wildcard),
            ([], [head]) if head.kind.as_ref().is_some_and(|kind| kind.as_str() == "tool") => {
                head.id.as_ref().filter(wildcard)
            }
            (_, _) => None,
        };
        let tools = &self.case.oracle.policy.entities().tools;
        let only = only.and_then(|only| tools.iter().find(|tool| tool.id.as_str() == only.as_str()));
        let mut schema = only.and_then(|tool| tool.parameters.clone());
        for member in members {
            let plain = schema.filter(|s| s.get("additionalProperties").is_none_or(|a| a == &serde_json::json!(false)));
            schema = plain.and_then(|schema| schema.get("properties")?.get(*member).cloned());
        }
        schema.is_some_and(|schema| schema.get("type").is_some_and(|ty| ty == "number"))
    }
}

/// Whether an argument is given and within a bound.
fn meets(argument: Option<&Value<'_>>, bound: &Constraint) -> bool {
    let Some(argument) = argument.map(Plain::of) else { return false };
    let text = |argument: &Plain| match argument {
        Plain::Text(text) => name::check(text).is_ok() && bound.matches.iter().any(|p| glob::matches(p.as_str(), text)),
        _ => false,
    };
    // Whole numbers and floats in one order, exactly.
    let cmp = |limit: f64| match &argument {
        Plain::Double(value) => value.partial_cmp(&limit),
        Plain::Int(value) => exactly(i128::from(*value), limit),
        Plain::Uint(value) => exactly(i128::from(*value), limit),
        _ => None,
    };
    (bound.matches.is_empty() || text(&argument))
        && bound.at_least.is_none_or(|least| cmp(least).is_some_and(core::cmp::Ordering::is_ge))
        && bound.at_most.is_none_or(|most| cmp(most).is_some_and(core::cmp::Ordering::is_le))
}

fn exactly(value: i128, limit: f64) -> Option<core::cmp::Ordering> {
    if limit.is_nan() {
        return None;
    }
    let whole = value.cmp(&(limit.floor() as i128));
    Some(if whole.is_eq() && limit.fract() != 0.0 { core::cmp::Ordering::Less } else { whole })
}

/// Two rules that change one argument, or a whole and a part of it, in different ways.
fn conflicts(demands: &[Demand<'_>], outcome: &mut Outcome) {
    let change = |demand: &Demand<'_>| match demand.requirement.clone() {
        Requirement::Narrow { pointer, to } => Some((pointer, Some(to))),
        Requirement::Redact { pointer } => Some((pointer, None)),
        _ => None,
    };
    for first in demands {
        for second in demands {
            let (Some((a, to)), Some((b, other))) = (change(first), change(second)) else { continue };
            let meet = a == b || a.starts_with(&format!("{b}/")) || b.starts_with(&format!("{a}/"));
            let same = (a == b && to == other) || (to.is_none() && other.is_none());
            if meet && !same {
                outcome.object("rule.conflicting_changes", Some(format!("rule:{}", first.rule)));
            }
        }
    }
}

fn finish(demands: &[Demand<'_>], outcome: &mut Outcome) {
    let mut gravest = 0;
    for demand in demands {
        gravest = gravest.max(match demand.requirement {
            Requirement::Approval { .. } => 3,
            Requirement::Control { .. } => 2,
            Requirement::Redact { .. } | Requirement::RedactSensitive { .. } | Requirement::Narrow { .. } => 1,
            Requirement::Obligation { .. } => 0,
        });
        // Of several rules that require one thing the first by id is named.
        let same = demands.iter().filter(|other| other.requirement == demand.requirement);
        let rule = same.map(|other| other.rule).min().unwrap_or(demand.rule);
        let control = demand.control.map(|control| control.name().to_owned());
        outcome.requirements.insert((id(demand.requirement), control, rule.to_owned()));
    }
    outcome.verdict = match gravest {
        _ if !outcome.objections.is_empty() => "deny",
        3 => "defer",
        2 => "step_up",
        1 => "modify",
        _ => "allow",
    };
}

/// What a requirement is called in answers.
fn id(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Control { any_of, .. } => {
            let names: Vec<&str> = any_of.iter().map(|control| control.name()).collect();
            format!("control:{}", names.join("|"))
        }
        Requirement::Approval { by } => {
            let names: Vec<String> = by
                .iter()
                .map(|who| match who {
                    Approver::Sponsor => "sponsor".to_owned(),
                    Approver::Owner => "owner".to_owned(),
                    Approver::User(user) => format!("user:{user}"),
                    Approver::Group(group) => format!("group:{group}"),
                })
                .collect();
            format!("approval:{}", names.join("|"))
        }
        Requirement::Redact { pointer } => format!("redact:{pointer}"),
        Requirement::RedactSensitive { types } => format!("redact_sensitive:{}", types.join("|")),
        Requirement::Narrow { pointer, .. } => format!("narrow:{pointer}"),
        Requirement::Obligation { kind, .. } => format!("obligation:{kind}"),
    }
}

impl Outcome {
    fn object(&mut self, code: &str, rule: Option<String>) {
        self.objections.insert(Objection { code: code.to_owned(), rule });
    }
}

/// The trees of all conditions, by rule.
pub(crate) fn trees(rules: &[Rule], limits: &placet::Limits) -> BTreeMap<String, Expr> {
    let conditions = rules.iter().filter_map(|rule| Some((rule, rule.when.as_ref()?)));
    conditions
        .map(|(rule, condition)| {
            #[expect(clippy::expect_used, reason = "the condition was parsed when the policy was loaded")]
            let tree = placet::condition::parse(condition.source(), limits).expect("it was parsed before");
            (rule.id.to_string(), tree)
        })
        .collect()
}
