//! Who and what is in this call? Links and resources, looked up once, with the heads that they match.
//!
//! Next room: `facts`.

use core::ops::Deref;
use std::sync::OnceLock;

use smallvec::SmallVec;

use super::facts::View;
use super::session::{Flowing, Seen};
use super::told::Told;
use super::{revocation, tool};
use crate::compile::{Answers, Found, Query, ResourceQuery, ResourceView, RuleSet, SubjectView, signs};
use crate::decision::Code;
use crate::directory::{Principal, ResourceRecord, ToolRecord};
use crate::engine::{Engine, Linked, Origin, subject_view};
use crate::fact::FLOW;
use crate::flow::{Run, Session};
use crate::label::Label;
use crate::request::{CallDigest, Labelled, Link, Request, Target};
use crate::value::{Facts, NO_ITEMS, Value};

/// Classes that were found at link time or now, ascending.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Classes<'s> {
    Linked(&'s [u32]),
    /// A range of the classes that the scene has found.
    Found(u32, u32),
}

impl Classes<'_> {
    const NONE: Self = Self::Linked(&[]);
}

/// What was found for this call, all in one list: most of it is short, and how long it is nobody knows before.
#[derive(Clone, Debug, Default)]
struct Pool {
    classes: Found,
}

impl Pool {
    /// Finds classes.
    #[inline]
    fn find(&mut self, find: impl FnOnce(&mut Found)) -> Classes<'static> {
        let start = self.classes.len() as u32;
        find(&mut self.classes);
        Classes::Found(start, self.classes.len() as u32)
    }

    /// Finds classes that may be known as a list.
    #[inline]
    fn find_or<'s>(&mut self, find: impl FnOnce(&mut Found) -> Option<&'s [u32]>) -> Classes<'s> {
        let start = self.classes.len() as u32;
        match find(&mut self.classes) {
            Some(known) => Classes::Linked(known),
            None => Classes::Found(start, self.classes.len() as u32),
        }
    }

    #[inline]
    fn get<'q>(&'q self, classes: Classes<'q>) -> &'q [u32] {
        match classes {
            Classes::Linked(classes) => classes,
            Classes::Found(start, end) => self.classes.all().get(start as usize..end as usize).unwrap_or_default(),
        }
    }
}

/// A link of the chain. What every decision reads comes first.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Party<'s, 'r> {
    classes: [Classes<'s>; 2],
    /// With the groups that the request claims for it, if it claims any: what restrictions see.
    claimed: Option<Box<[Classes<'s>; 2]>>,
    /// Whether nothing is wrong with its standing at any time.
    pub(crate) is_sound: bool,
    pub(crate) link: &'s Link<'r>,
    pub(crate) principal: Option<&'s Principal>,
}

impl<'s, 'r> Party<'s, 'r> {
    /// Whether the request claims groups for it.
    pub(super) const fn has_claims(&self) -> bool {
        self.claimed.is_some()
    }

    pub(crate) fn groups(&self) -> &'s Value<'static> {
        self.principal.map_or(&NO_ITEMS, |principal| &principal.group_names)
    }
}

/// What is known of a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum KnownLabel {
    /// Nobody said.
    Unknown,
    /// There is none; heads take it as top.
    Null,
    /// It is this one.
    Label(Label),
}

impl KnownLabel {
    /// What heads take it for.
    const fn bound(self) -> Option<Label> {
        match self {
            Self::Unknown => None,
            Self::Null => Some(Label::TOP),
            Self::Label(label) => Some(label),
        }
    }

    /// The label, if it is one.
    const fn known(self) -> Option<Label> {
        if let Self::Label(label) = self { Some(label) } else { None }
    }
}

/// A tool that is called, or that a call touches.
#[derive(Clone, Debug)]
pub(crate) struct Tooling<'s> {
    /// What the registry holds about it, if it is registered.
    pub(crate) record: Option<&'s ToolRecord>,
    pub(crate) server: Part<'s>,
    pub(crate) name: Part<'s>,
    classes: [Classes<'s>; 2],
}

/// A part of the id of a tool, as a fact.
#[derive(Clone, Debug)]
pub(crate) enum Part<'s> {
    /// Of a registered one.
    Listed(&'s Value<'static>),
    /// Of one that is denied for not being registered: it may take longer.
    Own(Box<Value<'s>>),
}

impl<'s> Deref for Part<'s> {
    type Target = Value<'s>;

    fn deref(&self) -> &Value<'s> {
        match self {
            Part::Listed(value) => value,
            Part::Own(value) => value,
        }
    }
}

/// What a rule set sees of a resource.
#[derive(Clone, Copy, Debug)]
struct Side<'s> {
    /// What was found for it.
    found: Classes<'s>,
    /// The same at a glance.
    sign: u64,
    /// What it answers.
    answers: Answers,
    /// What its type is called.
    kind: u32,
}

impl Side<'_> {
    /// That of a set without rules.
    const NONE: Self = Self { found: Classes::NONE, sign: u64::MAX, answers: Answers::NONE, kind: u32::MAX };
}

/// A resource that is judged.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Thing<'s, 'r> {
    policy: Side<'s>,
    /// Whether it is neither registered nor a tool: then nothing that follows decides.
    pub(super) is_plain: bool,
    pub(crate) record: Option<&'s ResourceRecord>,
    /// Set if it is a tool.
    tooling: Option<Tooling<'s>>,
    grants: Side<'s>,
    /// What heads can ask of it.
    view: ResourceView<'s>,
    pub(crate) target: &'s Target<'r>,
    pub(crate) label: KnownLabel,
    pub(crate) label_value: Value<'static>,
}

impl<'s> Thing<'s, '_> {
    /// The tool that it is, if it is one.
    #[inline]
    pub(crate) fn tool(&self) -> Option<&Tooling<'s>> {
        if self.is_plain { None } else { self.tooling.as_ref() }
    }
}

/// Everything about one call that its evaluation needs more than once.
///
/// A host may keep thousands that are prepared, and then they are not in the caches: what every decision reads lies together in a few
/// lines (of 64 bytes), in this order.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Scene<'s, 'r> {
    pub(crate) parties: SmallVec<[Party<'s, 'r>; 2]>,
    pub(crate) engine: &'s Engine,
    /// Why it cannot be judged at all, if it cannot.
    pub(super) refused: Option<Code>,
    /// Whether it is of a session.
    pub(super) is_flowing: bool,
    /// Whether it says when its token was issued or ends.
    pub(super) is_dated: bool,
    /// Whether it is the action that calls a tool, and what is called is none.
    pub(super) calls_no_tool: bool,
    /// Whether it is asked what could be allowed with some arguments, none being given.
    pub(super) listing: bool,
    /// What its facts answer, by rule set.
    answers: [Answers; 2],
    pub(crate) request: &'s Request<'r>,
    pub(crate) things: SmallVec<[Thing<'s, 'r>; 2]>,
    actions: [Classes<'s>; 2],
    pool: Pool,
    /// What feeds have told since the token was issued.
    pub(crate) told: Told,
    /// The agent that acts, if it is registered.
    pub(crate) agent: Option<&'s Principal>,
    /// Listed and claimed groups of the subject, if any are claimed.
    pub(crate) claimed_groups: Option<Box<Value<'s>>>,
    call: OnceLock<Box<CallDigest>>,
    /// What its session has seen and done.
    pub(super) flow: Seen,
    /// What conditions demand of the facts of the call, by rule set.
    guards: [SmallVec<[u32; 2]>; 2],
}

/// Which of a pair belongs to a rule set.
#[inline]
const fn of(origin: Origin) -> usize {
    match origin {
        Origin::Policy => 0,
        Origin::Directory => 1,
        // No head leads to what is invoked.
        Origin::Invoked => usize::MAX,
    }
}

/// What is found in the rules of the policy and in those of the directory; nothing in a set without rules.
#[inline]
fn in_both<'s, T>(engine: &'s Engine, nothing: T, mut find: impl FnMut(&'s RuleSet, &'s Linked) -> T) -> [T; 2]
where
    T: Copy,
{
    let mut both = [nothing; 2];
    for (found, origin) in both.iter_mut().zip([Origin::Policy, Origin::Directory]) {
        let (set, linked) = engine.set(origin);
        if !set.is_empty() {
            *found = find(set, linked);
        }
    }
    both
}

impl<'s, 'r> Scene<'s, 'r> {
    /// The call of no session, until it [enters](Self::enter) one.
    pub(crate) fn new(engine: &'s Engine, request: &'s Request<'r>) -> Self {
        let mut scene = Self::blank(engine, request);
        scene.look_up();
        scene
    }

    /// A scene of nobody and nothing yet. It is large: where it is not kept, it is [filled](Self::look_up) where it is.
    #[inline]
    pub(super) fn blank(engine: &'s Engine, request: &'s Request<'r>) -> Self {
        Self {
            engine,
            request,
            parties: SmallVec::new(),
            things: SmallVec::new(),
            actions: [Classes::NONE; 2],
            pool: Pool::default(),
            agent: None,
            claimed_groups: None,
            call: OnceLock::new(),
            told: Told::default(),
            flow: Seen::default(),
            listing: false,
            guards: [SmallVec::new(), SmallVec::new()],
            answers: [Answers::default(); 2],
            refused: None,
            is_flowing: false,
            is_dated: false,
            calls_no_tool: false,
        }
    }

    /// Looks up who and what is in the call.
    pub(super) fn look_up(&mut self) {
        let (engine, request, pool) = (self.engine, self.request, &mut self.pool);
        let claims = claims(request);
        for (at, link) in request.chain.iter().enumerate() {
            self.parties.push(party(engine, link, if at == 0 { &claims } else { &[] }, pool));
        }
        for target in &request.resources {
            self.things.push(thing(engine, target, pool));
        }
        self.actions =
            in_both(engine, Classes::NONE, |set, _| pool.find_or(|found| set.actions.find(request.action(), found)));
        let immediate = self.parties.get(usize::from(self.parties.len() > 1));
        self.agent = immediate.and_then(|party| acting_agent(engine, party));
        if !claims.is_empty() {
            self.claimed_groups = Some(Box::new(claimed_groups(&self.parties, &claims)));
        }
        if !engine.revocations().is_empty() {
            self.told = Told::of(self);
        }
        if !engine.set(Origin::Policy).0.guards.is_empty() {
            self.guards = [self.guards(Origin::Policy), self.guards(Origin::Directory)];
        }
        self.answers = [self.answers(Origin::Policy), self.answers(Origin::Directory)];
        self.is_dated = revocation::is_dated(request);
        self.calls_no_tool = self.calls_no_tool();
    }

    /// The same, as the call of a session.
    pub(crate) fn flowing<'f>(
        engine: &'s Engine,
        request: &'s Request<'r>,
        host: Option<(&'f Session, &Run<'f>)>,
    ) -> (Self, Option<Flowing<'f>>)
    where
        's: 'f,
    {
        let mut scene = Self::new(engine, request);
        let flowing = scene.enter(host);
        (scene, flowing)
    }

    /// The session that the call is of: the one that the host keeps, the one that the request states, as the call is now, or none.
    #[inline]
    pub(crate) fn enter<'f>(&mut self, host: Option<(&'f Session, &Run<'f>)>) -> Option<Flowing<'f>>
    where
        's: 'f,
    {
        if host.is_none() && self.request.stated_flow().is_none() {
            return None;
        }
        let mut flowing = Flowing::of(self.engine, self.request, host)?;
        flowing.consent(self);
        self.flow = flowing.seen(self);
        self.is_flowing = true;
        Some(flowing)
    }

    /// Whether a fact is the session's to say, and it does.
    pub(crate) fn is_said_by_session(&self, slot: u16) -> bool {
        FLOW.contains(&slot) && self.flow.get(slot).is_some()
    }

    /// What the conditions of a set demand of the facts of the call.
    fn guards(&self, origin: Origin) -> SmallVec<[u32; 2]> {
        let Some(view) = self.general() else { return SmallVec::new() };
        self.engine.set(origin).0.guards.numbers(|slot| view.fact(slot)).collect()
    }

    /// What the facts of the call answer a set.
    fn answers(&self, origin: Origin) -> Answers {
        let gauges = &self.engine.set(origin).0.gauges;
        match self.general() {
            Some(view) if !gauges.asks_no_fact() => gauges.of_call(|slot| view.fact(slot)),
            Some(_) | None => Answers::default(),
        }
    }

    /// The facts that are the same for every link, resource and tool.
    fn general(&self) -> Option<View<'_, 's, 'r>> {
        let (party, thing) = (self.parties.first()?, self.things.first()?);
        Some(View { scene: self, party, thing, tool: None, claims: false })
    }

    /// The place of who makes the call: the immediate actor, or the subject of a direct call.
    pub(crate) fn immediate(&self) -> usize {
        usize::from(self.parties.len() > 1)
    }

    /// The tool that is called, if the call is of a tool.
    pub(crate) fn called(&self) -> Option<&Tooling<'s>> {
        self.things.first()?.tool()
    }

    fn calls_no_tool(&self) -> bool {
        self.request.action() == tool::CALL && self.called().is_none()
    }

    /// The classes of one link, resource and tool; `claimed`: with claimed groups.
    #[inline]
    pub(crate) fn query<'q>(
        &'q self,
        origin: Origin,
        party: &'q Party<'_, '_>,
        thing: &'q Thing<'_, '_>,
        tool: Option<&'q Tooling<'_>>,
        claimed: bool,
    ) -> Query<'q> {
        let pick = |classes: &'q [Classes<'_>; 2]| classes.get(of(origin)).map_or(&[][..], |one| self.pool.get(*one));
        let subjects = match &party.claimed {
            Some(with_claims) if claimed => pick(with_claims),
            Some(_) | None => pick(&party.classes),
        };
        let tools = tool.map_or(&[][..], |tool| pick(&tool.classes));
        let side = match origin {
            Origin::Policy => thing.policy,
            Origin::Directory => thing.grants,
            // No head leads to what is invoked.
            Origin::Invoked => Side::NONE,
        };
        let resource = ResourceQuery { view: &thing.view, kind: side.kind, found: self.pool.get(side.found) };
        let has_guards = !self.engine.set(origin).0.guards.is_empty();
        let guards = self.guards.get(of(origin)).filter(|_| has_guards).map_or(&[][..], |guards| guards);
        let answers = self.answers.get(of(origin)).copied().unwrap_or_default().and(side.answers);
        let classes = [subjects, pick(&self.actions), tools];
        Query { classes, resource, guards, answers, sign: side.sign }
    }

    /// The digest of the call, computed once, if anybody asks.
    pub(crate) fn call(&self) -> &CallDigest {
        let digest = || self.request.call_digest_on(self.things.iter().map(|thing| thing.target));
        self.call.get_or_init(|| Box::new(digest()))
    }

    /// How much has been found.
    pub(super) fn mark(&self) -> usize {
        self.pool.classes.len()
    }

    /// The same call on another resource. `mark`: what was found before the first resource was replaced.
    pub(super) fn replace(&mut self, target: &'s Target<'r>, mark: usize) {
        self.pool.classes.truncate(mark);
        let thing = thing(self.engine, target, &mut self.pool);
        if let Some(first) = self.things.first_mut() {
            *first = thing;
        }
        self.call = OnceLock::new();
        self.calls_no_tool = self.calls_no_tool();
    }
}

fn party<'s, 'r>(engine: &'s Engine, link: &'s Link<'r>, claims: &[&str], pool: &mut Pool) -> Party<'s, 'r> {
    let (directory, kind, id) = (engine.directory(), link.kind(), link.id());
    let place = directory.find_principal(kind, id);
    let principal = place.and_then(|at| directory.principal(at));
    let view = |claims| match principal {
        Some(principal) => subject_view(principal, claims),
        None => SubjectView { kind, id, groups: &[], claims, blueprint: None },
    };
    let classes = in_both(engine, Classes::NONE, |set, linked| match place {
        Some(at) => Classes::Linked(linked.subject(at)),
        None => pool.find(|found| set.subjects.find(&view(&[]), found)),
    });
    let claimed = if claims.is_empty() { None } else { Some(Box::new(claimed(engine, &view(claims), pool))) };
    let is_sound = principal.is_some_and(|principal| principal.is_sound) && kind != "agent_user";
    Party { link, principal, is_sound, classes, claimed }
}

#[inline(never)]
fn claimed(engine: &Engine, view: &SubjectView<'_>, pool: &mut Pool) -> [Classes<'static>; 2] {
    in_both(engine, Classes::NONE, |set, _| pool.find(|found| set.subjects.find(view, found)))
}

fn thing<'s, 'r>(engine: &'s Engine, target: &'s Target<'r>, pool: &mut Pool) -> Thing<'s, 'r> {
    let (directory, kind, id) = (engine.directory(), target.kind(), target.id());
    let place = directory.find_resource(kind, id);
    let record = place.and_then(|at| directory.resource(at));
    // A label in the request raises what the directory says and never lowers it.
    let label = match (record.and_then(|record| record.label), target.label) {
        // It is a word of another policy.
        (Some(_), _) if !engine.reads_labels() => KnownLabel::Unknown,
        (Some(listed), Labelled::Unsaid | Labelled::Null | Labelled::NoSuch) => KnownLabel::Label(listed),
        (Some(listed), Labelled::Label(said)) => KnownLabel::Label(listed.join(said)),
        (None, Labelled::Label(said)) => KnownLabel::Label(said),
        (None, Labelled::Null) => KnownLabel::Null,
        (None, Labelled::Unsaid | Labelled::NoSuch) => KnownLabel::Unknown,
    };
    let bound = label.bound();
    let [policy, grants] = in_both(engine, Side::NONE, |set, linked| {
        let number = set.resources.kind(kind);
        let found = match place {
            Some(at) => Classes::Linked(linked.resource(at)),
            None => {
                let view = ResourceView { id, containers: &[], label: None };
                pool.find_or(|found| set.resources.find(&view, number, found))
            }
        };
        let answers = set.gauges.of_resource(kind, label.known(), bound);
        Side { found, sign: signs(pool.get(found)), answers, kind: number }
    });
    let label_value = if let KnownLabel::Label(label) = label { Value::Label(label) } else { Value::Null };
    let tooling = if kind == "tool" { Some(tooling(engine, id, pool)) } else { None };
    let view = ResourceView { id, containers: record.map_or(&[][..], |record| &record.containers), label: bound };
    let is_plain = record.is_none() && tooling.is_none();
    Thing { policy, is_plain, record, tooling, grants, view, target, label, label_value }
}

#[inline(never)]
fn tooling<'s>(engine: &'s Engine, id: &'s str, pool: &mut Pool) -> Tooling<'s> {
    let directory = engine.directory();
    let place = directory.find_tool(id);
    let classes = in_both(engine, Classes::NONE, |set, linked| match place {
        Some(at) => Classes::Linked(linked.tool(at)),
        None => pool.find_or(|found| set.tools.find(id, found)),
    });
    let record = place.and_then(|at| directory.tool(at));
    let (server, name) = match record {
        Some(record) => (Part::Listed(&record.server), Part::Listed(&record.name)),
        None => {
            let (server, name) = id.split_once('/').unwrap_or_default();
            (Part::Own(Box::new(server.into())), Part::Own(Box::new(name.into())))
        }
    };
    Tooling { record, server, name, classes }
}

/// The agent that a link is or, if it is an agent's user account, whose account it is.
pub(super) fn acting_agent<'s>(engine: &'s Engine, party: &Party<'s, '_>) -> Option<&'s Principal> {
    let principal = party.principal?;
    match principal.parent {
        Some(parent) => engine.directory().principal(parent),
        None => principal.agent.is_some().then_some(principal),
    }
}

/// The groups that are claimed, ascending, each once: mostly none.
#[inline]
fn claims<'s>(request: &'s Request<'_>) -> Vec<&'s str> {
    let mut claims: Vec<&str> = request.claimed_groups().collect();
    if claims.len() > 1 {
        claims.sort_unstable();
        claims.dedup();
    }
    claims
}

fn claimed_groups<'s>(parties: &[Party<'s, '_>], claims: &[&'s str]) -> Value<'s> {
    let listed = parties.first().and_then(|subject| subject.principal).map_or(&[][..], |principal| &principal.groups);
    listed.iter().map(|group| group.as_str()).chain(claims.iter().copied()).map(Value::from).collect()
}
