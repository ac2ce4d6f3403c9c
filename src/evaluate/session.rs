//! In which session is a call judged? The one that its host keeps, the one that the request states, or both joined.
//!
//! A flow that a request states becomes a [`Session`] here, with what the host says of the call; from here on it is judged as every
//! session is, by `flow`. What a session has seen and done is a fact as well.
//!
//! INVARIANT: beside a session that the host keeps, what a request states only restricts.
//!
//! Next room: `flow`.

use std::borrow::Cow;

use super::flow::{ask, declared, expected, findings, outstanding};
use super::scene::Scene;
use crate::engine::Engine;
use crate::fact::slot;
use crate::flow::{Ask, FlowLabel, History, Inputs, Lattice, Precision, Run, Session, Stated, Task, parts};
use crate::request::Request;
use crate::value::{Fact, Value};

/// Bytes of prompt times parts of arguments that are searched in it. 16 Mi, less than a second; beyond, nothing is mentioned.
const SEARCHED: usize = 16 << 20;

/// The session that a call is judged in, with what the host says of the call.
#[derive(Clone, Debug)]
pub(crate) struct Flowing<'f> {
    pub(super) session: Cow<'f, Session>,
    task: Option<Cow<'f, Task>>,
    inputs: Option<&'f Inputs>,
    is_withheld: bool,
    /// Whether the request states it all.
    pub(super) is_stated: bool,
    /// Steps that reading the prompt, looking for values in it and clearing recipients takes.
    pub(super) work: u64,
}

/// What a session has seen and done, as facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    label: Option<Value<'static>>,
    /// From [`slot::FLOW_UNTRUSTED`] on.
    bits: [Option<bool>; 6],
}

impl Seen {
    /// A fact that the session says.
    pub(super) fn get(&self, at: u16) -> Option<&Value<'static>> {
        static NO: Value<'static> = Value::Bool(false);
        static YES: Value<'static> = Value::Bool(true);
        match at.checked_sub(slot::FLOW_UNTRUSTED) {
            None => self.label.as_ref(),
            Some(bit) => self.bits.get(usize::from(bit)).copied().flatten().map(|bit| if bit { &YES } else { &NO }),
        }
    }
}

impl<'f> Flowing<'f> {
    /// The session of a call, if it is of one. `host`: the session that the host keeps, and what it says of the call.
    #[inline(never)]
    pub(crate) fn of(engine: &Engine, request: &'f Request<'_>, host: Option<(&'f Session, &Run<'f>)>) -> Option<Self> {
        let policy = engine.policy().flow();
        let stated = request.stated_flow();
        if let Some((session, run)) = host {
            let session = match stated {
                None => Cow::Borrowed(session),
                Some(stated) => Cow::Owned(stated.joined(session, policy, done(request))),
            };
            let task = run.task.map(Cow::Borrowed);
            let (inputs, is_withheld) = (run.inputs, run.is_withheld);
            return Some(Self { session, task, inputs, is_withheld, is_stated: false, work: 0 });
        }
        let stated = stated?;
        let (given, parts) = request.all_arguments().map_or((0, 0), |map| (map.entries().len(), parts(map)));
        let prompt = stated.prompt.as_deref().map_or(0, str::len);
        let searched = prompt.saturating_mul(parts);
        // Each part may name a recipient, who must be cleared for each argument.
        let followed = given.saturating_mul(parts).saturating_mul(policy.words.audiences().len() + 1);
        // What looking at two bytes costs is about a step of a condition; the words are looked at some times besides.
        let looked_at = searched.min(SEARCHED).saturating_add(prompt.saturating_mul(4)) / 2;
        Some(Self {
            session: Cow::Owned(stated.session(policy, done(request))),
            task: task(engine, request, stated, searched <= SEARCHED).map(Cow::Owned),
            inputs: stated.inputs.as_ref(),
            is_withheld: stated.is_withheld,
            is_stated: true,
            work: looked_at.saturating_add(followed) as u64,
        })
    }

    /// What the host says of the call.
    pub(crate) fn run(&self) -> Run<'_> {
        Run { task: self.task.as_deref(), inputs: self.inputs, is_withheld: self.is_withheld }
    }

    /// The session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Takes the consents that the request states for what is asked of this very call.
    pub(super) fn consent(&mut self, scene: &Scene<'_, '_>) {
        let stated = scene.request.stated_flow().filter(|stated| self.is_stated && !stated.consents.is_empty());
        let Some(stated) = stated else { return };
        let mut asked: Vec<(String, Ask)> = Vec::new();
        findings(scene, &self.session, &self.run(), &mut |finding| {
            asked.extend(ask(finding, scene).map(|ask| (ask.id(), ask)));
        });
        for consent in &stated.consents {
            if let Some((_, ask)) = asked.iter().find(|(id, _)| **id == *consent.ask) {
                self.session.to_mut().accept(ask.consent(consent.by.clone(), consent.start, consent.end));
            }
        }
    }

    /// What it says as facts.
    pub(super) fn seen(&self, scene: &Scene<'_, '_>) -> Seen {
        // Labels of other words mean nothing here.
        if self.session.stamp() != scene.engine.policy().flow().words.stamp() {
            return Seen::default();
        }
        let request = scene.request;
        let stated = request.stated_flow().filter(|_| self.is_stated);
        // A session that is stated remembers nothing: what nobody says of it is unknown.
        let told = |bit: bool| (bit || stated.is_none()).then_some(bit);
        let is_labelled = stated.is_none_or(|stated| stated.label.is_some());
        let history = if is_labelled { self.session.history().or(done(request)) } else { done(request) };
        let label = self.session.context().confidentiality.label;
        let label = match request.context_fact(slot::FLOW_LABEL) {
            Fact::Known(Value::Label(said)) => label.join(*said),
            Fact::Known(_) | Fact::Null | Fact::Unknown => label,
        };
        let History { untrusted, sensitive, changed, sent, refused, consented } = history;
        let seen = |bit: bool| (bit || is_labelled).then_some(bit);
        // Whoever states consents says that somebody gave them, whether they are to this call or not.
        let consented = told(consented || stated.is_some_and(|stated| !stated.consents.is_empty()));
        let (seen, done) = ([seen(untrusted), seen(sensitive)], [told(changed), told(sent), told(refused)]);
        let ([untrusted, sensitive], [changed, sent, refused]) = (seen, done);
        Seen {
            label: is_labelled.then_some(Value::Label(label)),
            bits: [untrusted, sensitive, changed, sent, refused, consented],
        }
    }
}

/// What the request says that its session has done.
fn done(request: &Request<'_>) -> History {
    let is = |at: u16| matches!(request.context_fact(at), Fact::Known(Value::Bool(true)));
    History {
        untrusted: is(slot::FLOW_UNTRUSTED),
        sensitive: is(slot::FLOW_SENSITIVE),
        changed: is(slot::FLOW_CHANGED),
        sent: is(slot::FLOW_SENT),
        refused: is(slot::FLOW_REFUSED),
        consented: is(slot::FLOW_CONSENTED),
    }
}

/// The task that a request states. Whether others serve it than the tool that is called nobody asks.
fn task(engine: &Engine, request: &Request<'_>, stated: &Stated, is_searched: bool) -> Option<Task> {
    let prompt = stated.prompt.as_deref();
    let words = prompt.filter(|_| is_searched).unwrap_or_default();
    if let Some(tools) = &stated.tools {
        return Some(Task::of(words, tools.iter().map(AsRef::as_ref)));
    }
    let prompt = prompt?;
    let tool = request.targets().first().filter(|target| target.kind() == "tool").map(|target| target.id());
    let directory = engine.directory();
    let record = tool.and_then(|tool| directory.find_tool(tool)).and_then(|at| directory.tool(at));
    let declaration = declared(record, tool.unwrap_or_default(), engine.policy().flow());
    let derived = Task::derived(prompt, tool.map(|tool| (tool, &*declaration)));
    Some(if is_searched { derived } else { Task::of(words, tool.filter(|tool| derived.serves(tool))) })
}

/// What an answer says of a flow that its request states.
pub(crate) struct StatedFlow {
    /// How the labels of arguments were found.
    pub(crate) precision: Precision,
    /// The label that the answer of the call will have.
    pub(crate) answer: FlowLabel,
    /// The label of what the call writes.
    pub(crate) written: FlowLabel,
    /// What the call waits for; whether its value, and its recipient, may be repeated to the model.
    pub(crate) asks: Vec<(Ask, bool, bool)>,
}

impl Engine {
    /// What is to be said of the flow that a request states, if it can be judged.
    pub(crate) fn stated_flow(&self, request: &Request<'_>) -> Option<StatedFlow> {
        request.stated_flow()?;
        if self.form(request).is_some() {
            return None;
        }
        let (scene, flowing) = Scene::flowing(self, request, None);
        let flowing = flowing?;
        let (session, run) = (flowing.session(), flowing.run());
        let (answer, written) = expected(&scene, session, &run)?;
        // What a host keeps from the model must not come back to it in an answer.
        let seen = session.context();
        let is_all_seen = written.flows_to(seen);
        let mut asks = Vec::new();
        outstanding(&scene, session, &run, &mut |finding, ask| {
            let sink_is_seen = finding.recipient.is_none() || run.inputs.is_none() || is_all_seen;
            asks.push((ask, finding.label.flows_to(seen), sink_is_seen));
        });
        let precision = if run.inputs.is_some() { Precision::Precise } else { Precision::Context };
        Some(StatedFlow { precision, answer, written, asks })
    }
}
