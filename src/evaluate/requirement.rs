//! What must be done, and can it be? Controls, approvals, changes of arguments, obligations.
//!
//! A control that is met vanishes; of an OR the least demanding branch that somebody in the call can meet is asked for; one that
//! nobody can meet objects. An approval is met by a live approval of exactly this call, by somebody who may give it.
//!
//! Next room: [`crate::explain`].

use smallvec::SmallVec;

use super::rules::Pair;
use super::scene::Scene;
use crate::compile::PackedRule;
use crate::decision::{Code, Decision, Demand, Kind, RuleNumber, narrow_u8, narrow_u16};
use crate::directory::AgentRecord;
use crate::fact::slot;
use crate::identity::Sponsor;
use crate::name::UserId;
use crate::rule::{Approver, Control, Requirement};
use crate::time::Duration;
use crate::value::{Fact, Facts, Value};

/// Adds what a rule requires of a link and a resource.
pub(super) fn demand(pair: Pair<'_, '_, '_>, rule: &PackedRule, number: RuleNumber, decision: &mut Decision<'_>) {
    let (set, _) = pair.scene.engine.set(number.origin);
    for (at, requirement) in (0u32..).zip(set.requirements(rule)) {
        let control = match requirement {
            Requirement::Control { any_of, max_age } => {
                if any_of.iter().any(|control| is_met(*control, *max_age, pair)) {
                    continue;
                }
                let control = any_of.iter().copied().find(|control| is_attainable(*control, pair.scene));
                if control.is_none() {
                    decision.object(Code::AccessControlUnattainable, Some(number), pair.link, pair.resource);
                    continue;
                }
                control
            }
            Requirement::Approval { by } => {
                if !by.iter().any(|approver| exists(approver, pair.scene)) {
                    decision.object(Code::AccessControlUnattainable, Some(number), pair.link, pair.resource);
                    continue;
                }
                let any = pair.scene.engine.directory().has_approvals();
                if any && pair.memo.approved((number, at), || is_approved(by, pair.scene)) {
                    continue;
                }
                None
            }
            Requirement::Redact { .. }
            | Requirement::RedactSensitive { .. }
            | Requirement::Narrow { .. }
            | Requirement::Obligation { .. } => None,
        };
        decision.demands.push(Demand {
            kind: Kind::of(requirement),
            control,
            rule: number,
            at,
            link: narrow_u8(pair.link),
            resource: narrow_u16(pair.resource),
        });
    }
}

/// Whether a control is certainly met.
fn is_met(control: Control, max_age: Option<Duration>, pair: Pair<'_, '_, '_>) -> bool {
    let view = pair.view(false);
    let holds = |at: u16| matches!(view.fact(at), Fact::Known(Value::Bool(true)));
    match control {
        Control::Mfa => holds(slot::AUTHENTICATION_MFA),
        Control::CompliantDevice => holds(slot::DEVICE_COMPLIANT),
        Control::ManagedDevice => holds(slot::DEVICE_MANAGED),
        Control::JoinedDevice => holds(slot::DEVICE_JOINED),
        Control::TrustedNetwork => holds(slot::LOCATION_TRUSTED),
        Control::SenderConstrained => holds(slot::AUTHENTICATION_SENDER_CONSTRAINED),
        Control::Justification => {
            matches!(view.fact(slot::JUSTIFICATION), Fact::Known(Value::String(reason)) if !reason.trim().is_empty())
        }
        Control::FreshAuthentication => {
            let Fact::Known(Value::Timestamp(then)) = view.fact(slot::AUTHENTICATION_TIME) else { return false };
            let (Some(now), Some(max_age)) = (pair.scene.request.now(), max_age) else { return false };
            // An authentication in the future is no proof of anything.
            *then <= now && now.since(*then) <= max_age
        }
    }
}

/// Whether somebody in the call can meet a control: only a person has a second factor, a device or a place to move to; any
/// caller can ask for a token that is bound to it, and give a reason.
fn is_attainable(control: Control, scene: &Scene<'_, '_>) -> bool {
    match control {
        Control::SenderConstrained | Control::Justification => true,
        Control::Mfa
        | Control::CompliantDevice
        | Control::ManagedDevice
        | Control::JoinedDevice
        | Control::TrustedNetwork
        | Control::FreshAuthentication => scene.parties.iter().any(|party| party.link.kind() == "user"),
    }
}

fn agent<'s>(scene: &Scene<'s, '_>) -> Option<&'s AgentRecord> {
    scene.agent.and_then(|agent| agent.agent.as_deref())
}

/// Whether there is anybody who could approve.
pub(super) fn exists(approver: &Approver, scene: &Scene<'_, '_>) -> bool {
    match approver {
        Approver::Sponsor => agent(scene).is_some_and(|agent| agent.sponsor.is_some()),
        Approver::Owner => agent(scene).is_some_and(|agent| agent.owner.is_some()),
        Approver::User(_) | Approver::Group(_) => true,
    }
}

/// Whether somebody who may has approved exactly this call, for now. The id of an approval that the caller claims to hold plays no
/// part: the call is what an approval is found by, and a claim could only make a missing fact better than a stated one (law 5).
fn is_approved(by: &[Approver], scene: &Scene<'_, '_>) -> bool {
    let directory = scene.engine.directory();
    // What nobody said may be anything, and has not been approved: a call without arguments says `{}`.
    let (Some(now), Some(_)) = (scene.request.now(), scene.request.all_arguments()) else { return false };
    let digest = scene.call().hex();
    directory.approvals(digest.as_str()).iter().any(|approval| {
        approval.start <= now && now < approval.end && by.iter().any(|who| may_approve(who, &approval.by, scene))
    })
}

/// Whether a person is one whose approval counts.
pub(super) fn may_approve(approver: &Approver, by: &UserId, scene: &Scene<'_, '_>) -> bool {
    let directory = scene.engine.directory();
    let is = |person: &UserId| person == by && directory.is_person(person);
    // Nobody approves a call that they take part in as one of a group: the group is asked for a second pair of eyes.
    let is_one_of = |group| directory.is_member(by, group) && !takes_part(by, scene);
    match approver {
        Approver::User(user) => is(user),
        Approver::Group(group) => is_one_of(group),
        Approver::Owner => agent(scene).and_then(|agent| agent.owner.as_ref()).is_some_and(is),
        Approver::Sponsor => agent(scene).is_some_and(|agent| {
            let is_alone = matches!(agent.sponsor, Some(Sponsor::User(_)));
            agent.sponsors.binary_search(by).is_ok() && (is_alone || !takes_part(by, scene))
        }),
    }
}

fn takes_part(person: &UserId, scene: &Scene<'_, '_>) -> bool {
    scene.parties.iter().any(|party| party.link.kind() == "user" && party.link.id() == person.as_str())
}

/// Two rules that change one argument in different ways cannot both be obeyed; nor can one that changes a whole and one that changes a
/// part of it, unless both only leave out.
pub(super) fn conflicts(decision: &mut Decision<'_>) {
    let is_change = |demand: &&Demand| demand.kind == Kind::Change;
    if decision.demands.iter().filter(is_change).nth(1).is_none() {
        return;
    }
    // A rule demands the same of each link and resource, so rules are compared, not demands.
    let changes = || decision.demands.iter().filter(is_change);
    let mut asked: SmallVec<[(RuleNumber, u32); 4]> = changes().map(|demand| (demand.rule, demand.at)).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut said: Vec<(Change<'_>, (RuleNumber, u32))> =
        asked.iter().filter_map(|(rule, at)| Some((change(decision, *rule, *at)?, (*rule, *at)))).collect();
    // By pointer, so that what lies in a whole follows it.
    said.sort_by(|(a, _), (b, _)| a.pointer.split('/').cmp(b.pointer.split('/')));
    let groups: Vec<&[(Change<'_>, (RuleNumber, u32))]> =
        said.chunk_by(|(a, _), (b, _)| a.pointer == b.pointer).collect();
    let mut wrong: Vec<bool> = groups
        .iter()
        .map(|group| group.first().is_some_and(|(first, _)| group.iter().any(|(other, _)| other.to != first.to)))
        .collect();
    let pointer = |at: usize| groups.get(at).and_then(|group| group.first()).map_or("", |(change, _)| change.pointer);
    let omits = |at: usize| groups.get(at).is_some_and(|group| group.iter().all(|(change, _)| change.to.is_none()));
    let mut wholes: Vec<usize> = Vec::new();
    for at in 0..groups.len() {
        let is_in = |whole: usize| pointer(at).strip_prefix(pointer(whole)).is_some_and(|rest| rest.starts_with('/'));
        while wholes.last().is_some_and(|whole| !is_in(*whole)) {
            wholes.pop();
        }
        for whole in wholes.iter().copied().filter(|whole| !(omits(*whole) && omits(at))) {
            for place in [whole, at] {
                if let Some(wrong) = wrong.get_mut(place) {
                    *wrong = true;
                }
            }
        }
        wholes.push(at);
    }
    let mut rules: Vec<(RuleNumber, u32)> = groups
        .iter()
        .zip(&wrong)
        .filter(|(_, wrong)| **wrong)
        .flat_map(|(group, _)| group.iter().map(|(_, asked)| *asked))
        .collect();
    rules.sort_unstable();
    let conflicting = changes().filter(|demand| rules.binary_search(&(demand.rule, demand.at)).is_ok());
    let conflicting: SmallVec<[Demand; 4]> = conflicting.copied().collect();
    for demand in conflicting {
        let (link, resource) = (usize::from(demand.link), usize::from(demand.resource));
        decision.object(Code::RuleConflictingChanges, Some(demand.rule), link, resource);
    }
}

/// A change of an argument: by what it is replaced, or nothing.
struct Change<'e> {
    pointer: &'e str,
    to: Option<&'e serde_json::Value>,
}

fn change<'e>(decision: &Decision<'e>, rule: RuleNumber, at: u32) -> Option<Change<'e>> {
    let packed = decision.packed(rule)?;
    match decision.engine.set(rule.origin).0.requirements(packed).get(at as usize)? {
        Requirement::Narrow { pointer, to } => Some(Change { pointer, to: Some(to) }),
        Requirement::Redact { pointer } => Some(Change { pointer, to: None }),
        // What it removes is gone before an argument is replaced by a value that the policy's author wrote.
        Requirement::RedactSensitive { .. }
        | Requirement::Control { .. }
        | Requirement::Approval { .. }
        | Requirement::Obligation { .. } => None,
    }
}
