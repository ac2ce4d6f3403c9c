//! Who and what is in this call? Links and resources, looked up once, with the heads that they match.
//!
//! Next room: `facts`.

use std::sync::OnceLock;

use smallvec::SmallVec;

use super::facts::View;
use super::session::{Flowing, Seen};
use super::told::Told;
use super::{revocation, tool};
use crate::compile::{Answers, Found, Query, ResourceQuery, ResourceView, RuleSet, SubjectView, signs};
use crate::directory::{Principal, ResourceRecord, ToolRecord};
use crate::engine::{Engine, Origin, subject_view};
use crate::fact::slot;
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

/// What was found for this call, all in one list: most of it is short, and how long it is nobody knows before.
#[derive(Clone, Debug, Default)]
struct Pool {
    classes: SmallVec<[u32; 36]>,
}

impl Pool {
    /// Finds classes, or nothing in a set without rules.
    fn find(&mut self, set: &RuleSet, find: impl FnOnce(&RuleSet, &mut Found)) -> Classes<'static> {
        if set.is_empty() {
            return Classes::Linked(&[]);
        }
        let mut found = Found::new();
        find(set, &mut found);
        let start = self.classes.len();
        self.classes.extend_from_slice(&found);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Classes::Found(place(start), place(self.classes.len()))
    }

    #[inline]
    fn get<'q>(&'q self, classes: &Classes<'q>) -> &'q [u32] {
        match *classes {
            Classes::Linked(classes) => classes,
            Classes::Found(start, end) => self.classes.get(start as usize..end as usize).unwrap_or_default(),
        }
    }
}

/// A link of the chain.
#[derive(Clone, Debug)]
pub(crate) struct Party<'s, 'r> {
    pub(crate) link: &'s Link<'r>,
    pub(crate) principal: Option<&'s Principal>,
    /// Whether nothing is wrong with its standing at any time.
    pub(crate) is_sound: bool,
    classes: [Classes<'s>; 2],
    /// With the groups that the request claims for it, if it claims any: what restrictions see.
    claimed: Option<Box<[Classes<'s>; 2]>>,
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
}

/// A tool that is called, or that a call touches.
#[derive(Clone, Debug)]
pub(crate) struct Tooling<'s> {
    /// What the registry holds about it, if it is registered.
    pub(crate) record: Option<&'s ToolRecord>,
    pub(crate) server: Value<'s>,
    pub(crate) name: Value<'s>,
    classes: [Classes<'s>; 2],
}

/// A resource that is judged.
#[derive(Clone, Debug)]
pub(crate) struct Thing<'s, 'r> {
    pub(crate) target: &'s Target<'r>,
    pub(crate) record: Option<&'s ResourceRecord>,
    /// Set if it is a tool.
    pub(crate) tool: Option<Tooling<'s>>,
    pub(crate) label: KnownLabel,
    pub(crate) label_value: Value<'static>,
    /// What its type is called in each rule set.
    kinds: [u32; 2],
    /// What each rule set found for it.
    found: [Classes<'s>; 2],
    /// The same at a glance.
    signs: [u64; 2],
    /// What it answers each rule set.
    answers: [Answers; 2],
}

/// Everything about one call that its evaluation needs more than once.
#[derive(Debug)]
pub(crate) struct Scene<'s, 'r> {
    pub(crate) engine: &'s Engine,
    pub(crate) request: &'s Request<'r>,
    pub(crate) parties: SmallVec<[Party<'s, 'r>; 2]>,
    pub(crate) things: SmallVec<[Thing<'s, 'r>; 2]>,
    actions: [Classes<'s>; 2],
    pool: Pool,
    /// The agent that acts, if it is registered.
    pub(crate) agent: Option<&'s Principal>,
    /// Listed and claimed groups of the subject, if any are claimed.
    pub(crate) claimed_groups: Option<Value<'s>>,
    call: OnceLock<CallDigest>,
    /// What feeds have told since the token was issued.
    pub(crate) told: Told,
    /// What its session has seen and done.
    pub(super) flow: Seen,
    /// Whether it is asked what could be allowed with some arguments, none being given.
    pub(super) listing: bool,
    /// What conditions demand of the facts of the call, by rule set.
    guards: [SmallVec<[u32; 2]>; 2],
    /// What its facts answer, by rule set.
    answers: [Answers; 2],
    /// Whether it says when its token was issued or ends.
    pub(super) is_dated: bool,
    /// Whether it is the action that calls a tool, and what is called is none.
    pub(super) calls_no_tool: bool,
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

const ORIGINS: [Origin; 2] = [Origin::Policy, Origin::Directory];

impl<'s, 'r> Scene<'s, 'r> {
    pub(crate) fn new(engine: &'s Engine, request: &'s Request<'r>) -> Self {
        let mut claims: SmallVec<[&str; 4]> = request.claimed_groups().collect();
        claims.sort_unstable();
        claims.dedup();
        let mut pool = Pool::default();
        let mut parties: SmallVec<[Party<'s, 'r>; 2]> = SmallVec::new();
        for (at, link) in request.chain.iter().enumerate() {
            parties.push(party(engine, link, if at == 0 { &claims } else { &[] }, &mut pool));
        }
        let mut things: SmallVec<[Thing<'s, 'r>; 2]> = SmallVec::new();
        for target in &request.resources {
            things.push(thing(engine, target, &mut pool));
        }
        let actions = ORIGINS
            .map(|origin| pool.find(engine.set(origin).0, |set, found| set.actions.find(request.action(), found)));
        let immediate = parties.get(usize::from(parties.len() > 1));
        let agent = immediate.and_then(|party| acting_agent(engine, party));
        let claimed_groups = (!claims.is_empty()).then(|| claimed_groups(&parties, &claims));
        let mut scene = Self {
            parties,
            things,
            actions,
            pool,
            agent,
            claimed_groups,
            call: OnceLock::new(),
            told: Told::default(),
            flow: Seen::default(),
            listing: false,
            guards: [SmallVec::new(), SmallVec::new()],
            answers: [Answers::default(); 2],
            is_dated: revocation::is_dated(request),
            calls_no_tool: false,
            engine,
            request,
        };
        if !engine.revocations().is_empty() {
            scene.told = Told::of(&scene);
        }
        if !engine.set(Origin::Policy).0.guards.is_empty() {
            scene.guards = ORIGINS.map(|origin| scene.guards(origin));
        }
        scene.answers = ORIGINS.map(|origin| scene.answers(origin));
        scene.calls_no_tool = request.action() == tool::CALL && scene.called().is_none();
        scene
    }

    /// The same, as the call of a session: of the one that the host keeps, of the one that the request states, or of none.
    pub(crate) fn flowing<'f>(
        engine: &'s Engine,
        request: &'s Request<'r>,
        host: Option<(&'f Session, &Run<'f>)>,
    ) -> (Self, Option<Flowing<'f>>)
    where
        's: 'f,
    {
        let mut scene = Self::new(engine, request);
        let flowing = Flowing::of(engine, request, host);
        let flowing = scene.enter(flowing);
        (scene, flowing)
    }

    /// The flow that the request states, of the call as it is now.
    pub(super) fn restate(&mut self) -> Option<Flowing<'s>> {
        let flowing = Flowing::of(self.engine, self.request, None);
        self.enter(flowing)
    }

    /// Whether a fact is the session's to say, and it does.
    pub(crate) fn is_said_by_session(&self, slot: u16) -> bool {
        (slot::FLOW_LABEL..=slot::FLOW_CONSENTED).contains(&slot) && self.flow.get(slot).is_some()
    }

    fn enter<'f>(&mut self, mut flowing: Option<Flowing<'f>>) -> Option<Flowing<'f>> {
        if let Some(flowing) = &mut flowing {
            flowing.consent(self);
            self.flow = flowing.seen(self);
        }
        flowing
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

    /// The same, to ask what could be allowed with some arguments.
    pub(crate) fn listing(mut self) -> Self {
        self.listing = true;
        self
    }

    /// The place of who makes the call: the immediate actor, or the subject of a direct call.
    pub(crate) fn immediate(&self) -> usize {
        usize::from(self.parties.len() > 1)
    }

    /// The tool that is called, if the call is of a tool.
    pub(crate) fn called(&self) -> Option<&Tooling<'s>> {
        self.things.first()?.tool.as_ref()
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
        let pick = |classes: &'q [Classes<'_>; 2]| classes.get(of(origin)).map_or(&[][..], |one| self.pool.get(one));
        let subjects = match &party.claimed {
            Some(with_claims) if claimed => pick(with_claims),
            Some(_) | None => pick(&party.classes),
        };
        let tools = tool.map_or(&[][..], |tool| pick(&tool.classes));
        let containers = thing.record.map_or(&[][..], |record| &record.containers);
        let resource = ResourceQuery {
            view: ResourceView { kind: thing.target.kind(), id: thing.target.id(), containers },
            kind: thing.kinds.get(of(origin)).copied().unwrap_or(u32::MAX),
            found: pick(&thing.found),
            label: thing.label.bound(),
        };
        let guards = self.guards.get(of(origin)).map_or(&[][..], |guards| guards);
        let call = self.answers.get(of(origin)).copied().unwrap_or_default();
        let answers = thing.answers.get(of(origin)).map_or(call, |answers| call.and(*answers));
        let sign = thing.signs.get(of(origin)).copied().unwrap_or(u64::MAX);
        Query { classes: [subjects, pick(&self.actions), tools], resource, guards, answers, sign }
    }

    /// The digest of the call, computed once, if anybody asks.
    pub(crate) fn call(&self) -> &CallDigest {
        self.call.get_or_init(|| self.request.call_digest_on(self.things.iter().map(|thing| thing.target)))
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
        self.calls_no_tool = self.request.action() == tool::CALL && self.called().is_none();
    }
}

fn party<'s, 'r>(engine: &'s Engine, link: &'s Link<'r>, claims: &[&str], pool: &mut Pool) -> Party<'s, 'r> {
    let directory = engine.directory();
    let place = directory.find_principal(link.kind(), link.id());
    let principal = place.and_then(|at| directory.principal(at));
    let mut found = |claims: &[&str], origin: Origin| {
        let view = match principal {
            Some(principal) => subject_view(principal, claims),
            None => SubjectView { kind: link.kind(), id: link.id(), groups: &[], claims, blueprint: None },
        };
        pool.find(engine.set(origin).0, |set, found| set.subjects.find(&view, found))
    };
    let classes = ORIGINS.map(|origin| match place {
        Some(at) => Classes::Linked(engine.set(origin).1.subject(at)),
        None => found(&[], origin),
    });
    let claimed = (!claims.is_empty()).then(|| Box::new(ORIGINS.map(|origin| found(claims, origin))));
    let is_sound = principal.is_some_and(|principal| principal.is_sound) && link.kind() != "agent_user";
    Party { link, principal, is_sound, classes, claimed }
}

fn thing<'s, 'r>(engine: &'s Engine, target: &'s Target<'r>, pool: &mut Pool) -> Thing<'s, 'r> {
    let directory = engine.directory();
    let place = directory.find_resource(target.kind(), target.id());
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
    let found = ORIGINS.map(|origin| {
        let (set, linked) = engine.set(origin);
        match place {
            Some(at) => Classes::Linked(linked.resource(at)),
            None => {
                let view = ResourceView { kind: target.kind(), id: target.id(), containers: &[] };
                pool.find(set, |set, found| set.resources.find(&view, found))
            }
        }
    });
    let signs = found.each_ref().map(|found| signs(pool.get(found)));
    let said = if let KnownLabel::Label(label) = label { Some(label) } else { None };
    let answers = ORIGINS.map(|origin| engine.set(origin).0.gauges.of_resource(target.kind(), said, label.bound()));
    let kinds = ORIGINS.map(|origin| engine.set(origin).0.resources.kind(target.kind()));
    let label_value = if let KnownLabel::Label(label) = label { Value::Label(label) } else { Value::Null };
    let tool = (target.kind() == "tool").then(|| tooling(engine, target.id(), pool));
    Thing { target, record, tool, label, label_value, kinds, found, signs, answers }
}

fn tooling<'s>(engine: &'s Engine, id: &'s str, pool: &mut Pool) -> Tooling<'s> {
    let directory = engine.directory();
    let place = directory.find_tool(id);
    let classes = ORIGINS.map(|origin| {
        let (set, linked) = engine.set(origin);
        if let Some(at) = place {
            return Classes::Linked(linked.tool(at));
        }
        pool.find(set, |set, found| set.tools.find(id, found))
    });
    let (server, name) = id.split_once('/').unwrap_or_default();
    let record = place.and_then(|at| directory.tool(at));
    Tooling { record, server: server.into(), name: name.into(), classes }
}

/// The agent that a link is or, if it is an agent's user account, whose account it is.
pub(super) fn acting_agent<'s>(engine: &'s Engine, party: &Party<'s, '_>) -> Option<&'s Principal> {
    let principal = party.principal?;
    match principal.parent {
        Some(parent) => engine.directory().principal(parent),
        None => principal.agent.is_some().then_some(principal),
    }
}

fn claimed_groups<'s>(parties: &[Party<'s, '_>], claims: &[&'s str]) -> Value<'s> {
    let listed = parties.first().and_then(|subject| subject.principal).map_or(&[][..], |principal| &principal.groups);
    listed.iter().map(|group| group.as_str()).chain(claims.iter().copied()).map(Value::from).collect()
}
