//! What does the session that a call belongs to say? Findings of [`crate::flow`] as objections and requirements.
//!
//! What a person could consent to is a requirement (`defer`) of one of the policy's invoked rules `flow/endorse`, `flow/declassify`,
//! `flow/widen`, `flow/proceed`, unless somebody has; where nobody can, it objects.
//!
//! INVARIANT (law F): a consent counts only for the call, argument, label and policy that were asked about, within its interval, and if
//! it was given by a registered person whom the policy names and who may see the value.
//!
//! Next room: `requirement`.

use std::borrow::Cow;
use std::sync::Arc;

use super::requirement;
use super::scene::{KnownLabel, Scene, Thing};
use super::session::Flowing;
use crate::decision::{Code, Decision, Demand, Kind, RuleNumber, narrow_u8};
use crate::directory::ToolRecord;
use crate::engine::{Engine, Origin};
use crate::flow::{
    Answered, Ask, Call, Confidentiality, Consent, Declaration, Finding, FlowLabel, Frame, Input, Integrity, Lattice,
    Observed, Past, Policy, Readers, Run, Session, Task, What, check, expect, observe,
};
use crate::label::Label;
use crate::name::GroupId;
use crate::request::Request;
use crate::tool::EffectClass;
use crate::value::{Map, Value, value_to_json};

impl Engine {
    /// A new session under this engine's policy. The host keeps it, by its own key.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.policy().flow())
    }

    /// The task that a prompt is, by the plain derivation of [`Task`]: the user's words, and the tools that these call for.
    #[must_use]
    pub fn task(&self, prompt: &str) -> Task {
        let policy = self.policy().flow();
        let tools: Vec<(&str, Cow<'_, Declaration>)> =
            self.directory().tools().iter().map(|tool| (&*tool.id, declared(Some(tool), &tool.id, policy))).collect();
        Task::derived(prompt, tools.iter().map(|(id, declaration)| (*id, &**declaration)))
    }

    /// What a call waits for in its session: what must be shown to a person, each thing by itself. Empty if it waits for nothing of
    /// the kind, and if nobody could consent.
    #[must_use]
    pub fn asks(&self, request: &Request<'_>, session: &Session, run: &Run<'_>) -> Vec<Ask> {
        let policy = self.policy().flow();
        if self.form(request).is_some() || session.stamp() != policy.words.stamp() {
            return Vec::new();
        }
        let (scene, flowing) = Scene::flowing(self, request, Some((session, run)));
        let session = flowing.as_ref().map_or(session, Flowing::session);
        let mut asks = Vec::new();
        outstanding(&scene, session, run, &mut |finding, ask| {
            let words = &policy.words;
            let from = sources(finding, policy, session, run).iter().map(|past| past.describe(words)).collect();
            asks.push(Ask { from, ..ask });
        });
        asks
    }

    /// Tells a session what came back from a call that was made. What may not be shown ([`Observed::is_shown`]) must not be.
    pub fn observe(
        &self,
        session: &mut Session,
        request: &Request<'_>,
        run: &Run<'_>,
        answered: &Answered<'_>,
    ) -> Observed {
        let policy = self.policy().flow();
        if self.form(request).is_some() || session.stamp() != policy.words.stamp() {
            let step = session.next_step();
            return Observed { step, label: FlowLabel::TOP, is_shown: false, written: FlowLabel::TOP };
        }
        let (scene, flowing) = Scene::flowing(self, request, Some((session, run)));
        let joined = flowing.as_ref().map_or(&*session, Flowing::session);
        let (tool, record) = called(&scene);
        let declaration = match record.and_then(|record| record.flow.as_ref()) {
            Some(declaration) => Arc::clone(declaration),
            None => Arc::new(declared(record, tool, policy).into_owned()),
        };
        let after = framed(&scene, joined, run, |call, frame| {
            let answered = Answered { is_withheld: answered.is_withheld || run.is_withheld, ..*answered };
            let (after, observed) =
                observe(call, &declaration, frame, (scene.call().hex().as_str(), request.now()), &answered);
            (after, observed)
        });
        after.map_or_else(
            || Observed { step: 0, label: FlowLabel::TOP, is_shown: false, written: FlowLabel::TOP },
            |(after, observed)| {
                *session = after;
                observed
            },
        )
    }
}

/// Judges a call by its session.
pub(super) fn judge(scene: &Scene<'_, '_>, flow: Option<&Flowing<'_>>, decision: &mut Decision<'_>) {
    let policy = scene.engine.policy().flow();
    let immediate = scene.immediate();
    let Some(flowing) = flow else {
        if policy.requires_session {
            decision.object(Code::DataFlowRequired, None, immediate, 0);
        }
        return;
    };
    let (session, run) = (flowing.session(), &flowing.run());
    if session.stamp() != policy.words.stamp() || !scene.engine.reads_labels() {
        return decision.object(Code::DataFlowOutdated, None, immediate, 0);
    }
    // No session gets there by itself: what a request states may be anything.
    if !session.context().flows_to(session.clearance()) {
        return decision.object(Code::DataFlowExceeded, None, immediate, 0);
    }
    decision.spent = decision.spent.saturating_add(flowing.work);
    decision.is_stated = flowing.is_stated;
    findings(scene, session, run, &mut |finding| {
        if is_consented(finding, scene, session) {
            return;
        }
        let rule =
            finding.what.verb().and_then(|verb| scene.engine.policy().consent(verb)).filter(|_| is_attainable(scene));
        match rule {
            Some(at) => decision.demands.push(Demand {
                kind: Kind::Approval,
                control: None,
                rule: RuleNumber { origin: Origin::Invoked, at },
                at: 0,
                link: narrow_u8(immediate),
                resource: 0,
            }),
            None => decision.object(code(finding.what), None, immediate, 0),
        }
    });
    // A tool that another one touches is called with arguments that nobody sees here.
    for (at, thing) in scene.things.iter().enumerate().skip(1) {
        let reads = |does: crate::flow::Does| !(does.changes || does.sends || does.destroys);
        let record = thing.tool().map(|tool| tool.record.is_some_and(|record| reads(record.does)));
        if record == Some(false) {
            decision.object(Code::DataFlowUnknown, None, immediate, at);
        }
    }
    decision.precision = Some(match run.inputs {
        Some(_) => crate::flow::Precision::Precise,
        None => crate::flow::Precision::Context,
    });
}

const fn code(what: What) -> Code {
    match what {
        What::Clearance => Code::DataFlowClearance,
        What::Unknown => Code::DataFlowUnknown,
        What::Integrity => Code::DataFlowIntegrity,
        What::Confidentiality => Code::DataFlowConfidentiality,
        What::Task => Code::DataFlowTask,
        What::Ready(_) => Code::DataFlowCombination,
    }
}

/// Hands over what is in the way of a call.
pub(crate) fn findings(scene: &Scene<'_, '_>, session: &Session, run: &Run<'_>, each: &mut dyn FnMut(&Finding<'_>)) {
    framed(scene, session, run, |call, frame| check(call, frame).iter().for_each(each));
}

/// Hands over what a call waits for: what a person could consent to, and nobody has.
pub(super) fn outstanding(
    scene: &Scene<'_, '_>,
    session: &Session,
    run: &Run<'_>,
    each: &mut dyn FnMut(&Finding<'_>, Ask),
) {
    if !is_attainable(scene) {
        return;
    }
    findings(scene, session, run, &mut |finding| {
        if let Some(ask) = ask(finding, scene)
            && !is_consented(finding, scene, session)
        {
            each(finding, ask);
        }
    });
}

/// The steps that raised a label above what the user says, as far as they are remembered, the latest first: those that the host names as
/// inputs of the argument, or all that the model has seen.
pub(crate) fn sources<'s>(
    finding: &Finding<'_>,
    policy: &Policy,
    session: &'s Session,
    run: &Run<'_>,
) -> Vec<Past<'s>> {
    let raises = |label: &FlowLabel| match finding.what {
        What::Integrity => !label.integrity.flows_to(&policy.prompt.integrity),
        What::Confidentiality => !label.confidentiality.flows_to(&policy.prompt.confidentiality),
        What::Ready(_) => !label.flows_to(&policy.prompt),
        What::Clearance | What::Unknown | What::Task => false,
    };
    let inputs = finding.parameter.and_then(|name| run.inputs?.get(name));
    let is_from = |past: &Past<'_>| match inputs {
        None => past.is_shown,
        Some(inputs) => inputs.iter().any(|input| match input {
            Input::Context => past.is_shown,
            Input::Answer { step, .. } => *step == past.step,
            Input::Prompt | Input::Label(_) => false,
        }),
    };
    let mut steps: Vec<Past<'s>> = session.steps().filter(|past| is_from(past) && raises(&past.label)).collect();
    steps.reverse();
    steps
}

/// The label that the answer of a call will have, and that of what it writes.
pub(super) fn expected(scene: &Scene<'_, '_>, session: &Session, run: &Run<'_>) -> Option<(FlowLabel, FlowLabel)> {
    framed(scene, session, run, expect)
}

/// The call and its frame, as flows see them.
fn framed<T>(
    scene: &Scene<'_, '_>,
    session: &Session,
    run: &Run<'_>,
    then: impl FnOnce(&Call<'_>, &Frame<'_>) -> T,
) -> Option<T> {
    let engine = scene.engine;
    let policy = engine.policy().flow();
    scene.things.first()?;
    let (tool, record) = called(scene);
    let declaration = declared(record, tool, policy);
    let arguments: Option<&Map<'_>> = scene.request.all_arguments();
    let call = Call {
        tool,
        declaration: &declaration,
        arguments,
        inputs: run.inputs,
        touched: touched(scene),
        is_withheld: run.is_withheld,
    };
    let memberships = |recipient: &str| memberships(engine, recipient);
    let frame = Frame { policy, session, task: run.task, memberships: &memberships };
    Some(then(&call, &frame))
}

/// The tool that is called, empty if it is none, and what is registered of it.
fn called<'s>(scene: &'s Scene<'_, '_>) -> (&'s str, Option<&'s ToolRecord>) {
    let tool = |thing: &'s Thing<'_, '_>| Some((thing.target.id(), thing.tool()?.record));
    scene.things.first().and_then(tool).unwrap_or_default()
}

/// Whether anybody could consent.
fn is_attainable(scene: &Scene<'_, '_>) -> bool {
    scene.engine.policy().flow().approvers.iter().any(|approver| requirement::exists(approver, scene))
}

/// What is declared of a tool; of what is no tool, or not registered, nothing is.
pub(super) fn declared<'e>(record: Option<&'e ToolRecord>, tool: &str, policy: &Policy) -> Cow<'e, Declaration> {
    let user = policy.prompt.integrity.trust;
    match record.map(|record| (record.flow.as_deref(), record.does)) {
        Some((Some(declaration), _)) => Cow::Borrowed(declaration),
        Some((None, does)) => Cow::Owned(Declaration::undeclared(tool, does, user)),
        None => {
            let does = EffectClass::does(&EffectClass::ALL);
            Cow::Owned(Declaration::undeclared(tool, does, user))
        }
    }
}

/// The label of the data that a call is known to touch.
fn touched(scene: &Scene<'_, '_>) -> FlowLabel {
    let data = scene.things.iter().filter(|thing| thing.tool().is_none());
    FlowLabel::join_all(data.map(|thing| {
        let label = match thing.label {
            // Nobody said anything: what the tool declares counts.
            KnownLabel::Unknown => Label::BOTTOM,
            KnownLabel::Null => Label::TOP,
            KnownLabel::Label(label) => label,
        };
        FlowLabel { confidentiality: Confidentiality { label, readers: Readers::ALL }, integrity: Integrity::BOTTOM }
    }))
}

/// The audiences that somebody belongs to, who is named as recipients are.
fn memberships(engine: &Engine, recipient: &str) -> Readers {
    let directory = engine.directory();
    let person = directory.find_principal("user", recipient).and_then(|at| directory.principal(at));
    let in_group = |group: &GroupId| {
        person.is_some_and(|person| person.is_enabled() && person.groups.binary_search(group).is_ok())
    };
    engine.policy().flow().words.memberships(recipient, in_group)
}

/// What a person would have to be asked about a finding.
pub(super) fn ask(finding: &Finding<'_>, scene: &Scene<'_, '_>) -> Option<Ask> {
    let verb = finding.what.verb()?;
    let what = match finding.what {
        What::Ready(ready) => crate::flow::Ready::ALL.iter().find(|(_, known)| *known == ready).map(|(name, _)| *name),
        What::Clearance | What::Unknown | What::Integrity | What::Confidentiality | What::Task => finding.recipient,
    };
    Some(Ask {
        verb,
        tool: scene.things.first().map_or("", |thing| thing.target.id()).into(),
        parameter: finding.parameter.map(Into::into),
        value: finding.value.map(|value: &Value<'_>| value_to_json(value)),
        label: finding.label,
        sink: what.map(Into::into),
        call: scene.call().hex().as_str().into(),
        policy: scene.engine.policy().version().into(),
        from: Vec::new(),
    })
}

/// Whether somebody who may has consented to exactly this, for now.
fn is_consented(finding: &Finding<'_>, scene: &Scene<'_, '_>, session: &Session) -> bool {
    if session.consents().is_empty() {
        return false;
    }
    let (Some(now), Some(asked)) = (scene.request.now(), ask(finding, scene)) else { return false };
    let policy = scene.engine.policy().flow();
    let counts = |consent: &Consent| {
        let seen = asked.label.confidentiality;
        let cleared = policy.approver_clearance;
        consent.ask == asked
            && consent.start <= now
            && now < consent.end
            && policy.approvers.iter().any(|who| requirement::may_approve(who, &consent.by, scene))
            && seen.label.flows_to(cleared.label)
            && seen.readers.admit(memberships(scene.engine, consent.by.as_str()) | cleared.readers)
    };
    session.consents().iter().any(counts)
}
