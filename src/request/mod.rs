//! What is asked? Who, through whom, does what, to what, with which arguments and signals.
//!
//! A [`Request`] is built in Rust ([`Request::new`] and what follows it) or read from JSON ([`Request::from_json`], OpenID
//! AuthZEN bytes). It borrows what it is given. Facts go into the slots of [`crate::fact`]; a fact that is not given is unknown.
//!
//! INVARIANT: nothing is dropped in silence. What is wrong with a request (an id that breaks the naming rules, a fact of the
//! wrong type) is kept as its [`Defect`], and a defective request is denied with `request.malformed` or `request.too_large`.
//!
//! ```
//! use placet::{Link, Request, Target, fact::slot};
//! let request = Request::new(Link::user("ada"), "tools/call", Target::tool("tickets/read"))
//!     .actor(Link::agent("helpdesk-bot"))
//!     .argument("id", "T-17")
//!     .at("2026-11-23T09:00:00Z".parse()?)
//!     .fact(slot::RISK_USER, "low");
//! assert!(request.defect().is_none());
//! # Ok::<(), placet::time::TimeError>(())
//! ```
//!
//! Next room: [`crate::decision`].

mod content;
mod delegated;
mod digest;
mod flow;
mod json;
mod parts;
mod read;

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::compile::Vocabulary;
use crate::fact::fit::{fit, is_of};
use crate::fact::{CONTENT, Declaration, Origin, Schema, slot};
use crate::flow::Stated;
use crate::label::Label;
use crate::name;
use crate::time::Timestamp;
use crate::value::{Fact, Key, Map, Value};

pub(crate) use digest::value_digest;
pub use digest::{CallDigest, RequestDigest};
pub use parts::{Defect, Link, Target};
pub(crate) use parts::{Labelled, text};
use parts::{Refusal, check_link, check_target};
pub(crate) use read::parse;

/// Facts of a request by slot; null is known to be absent.
#[derive(Clone, Debug)]
struct Given<'a> {
    /// Of each built-in fact: its place in the lists below, counted from 1, or 0. Conditions ask for one fact after the other.
    places: [u16; slot::COUNT],
    slots: SmallVec<[u16; 8]>,
    values: SmallVec<[Value<'a>; 8]>,
}

impl Default for Given<'_> {
    fn default() -> Self {
        Self { places: [0; slot::COUNT], slots: SmallVec::new(), values: SmallVec::new() }
    }
}

impl<'a> Given<'a> {
    #[inline]
    fn place(&self, slot: u16) -> Option<usize> {
        match self.places.get(usize::from(slot)) {
            Some(place) => usize::from(*place).checked_sub(1),
            // Facts that a policy declares.
            None => self.slots.iter().position(|given| *given == slot),
        }
    }

    #[inline]
    fn get(&self, slot: u16) -> Fact<'_> {
        match self.place(slot).and_then(|at| self.values.get(at)) {
            None => Fact::Unknown,
            Some(Value::Null) => Fact::Null,
            Some(value) => Fact::Known(value),
        }
    }

    fn set(&mut self, slot: u16, value: Value<'a>) {
        if let Some(place) = self.place(slot).and_then(|at| self.values.get_mut(at)) {
            *place = value;
            return;
        }
        self.slots.push(slot);
        self.values.push(value);
        if let Some(place) = self.places.get_mut(usize::from(slot)) {
            // There are no more facts than slots.
            *place = u16::try_from(self.slots.len()).unwrap_or_default();
        }
    }
}

/// A question to the engine.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The subject, then the actors, the immediate one first.
    pub(crate) chain: SmallVec<[Link<'a>; 2]>,
    pub(crate) claims: SmallVec<[Cow<'a, str>; 0]>,
    pub(crate) subject_properties: Value<'a>,
    pub(crate) action: Value<'a>,
    pub(crate) action_properties: Value<'a>,
    pub(crate) arguments: Option<Value<'a>>,
    /// The resource, then the targets.
    pub(crate) resources: SmallVec<[Target<'a>; 2]>,
    pub(crate) depth: Value<'a>,
    pub(crate) actors: Value<'a>,
    pub(crate) issuers: Value<'a>,
    context: Given<'a>,
    /// What it says of its flow; without, it is the call of no session, unless its host judges it in one.
    pub(crate) flow: Option<Box<Stated>>,
    pub(crate) supported: SmallVec<[Cow<'a, str>; 0]>,
    pub(crate) evaluation_id: Option<Cow<'a, str>>,
    /// Stamp of the vocabulary whose labels or facts it uses; 0: none.
    pub(crate) stamp: u64,
    defect: Option<Box<Refusal>>,
}

impl<'a> Request<'a> {
    /// A direct call: `subject` does `action` to `resource`.
    #[must_use]
    pub fn new(subject: Link<'a>, action: impl Into<Cow<'a, str>>, resource: Target<'a>) -> Self {
        let open = || Value::from(Map::default().opened());
        let mut request = Self {
            chain: SmallVec::new(),
            claims: SmallVec::new(),
            subject_properties: open(),
            action: Value::String(action.into()),
            action_properties: open(),
            arguments: None,
            resources: SmallVec::new(),
            depth: Value::Int(0),
            actors: Value::from(Vec::new()),
            issuers: Value::from(Vec::new()),
            context: Given::default(),
            flow: None,
            supported: SmallVec::new(),
            evaluation_id: None,
            stamp: 0,
            defect: None,
        };
        let action = name::check(text(&request.action)).err();
        request.refuse(action.map(|error| Defect::new("action.name", error.to_string())));
        request.refuse(check_link("subject", &subject));
        request.chain.push(subject);
        request.refuse(check_target("resource", &resource));
        request.adopt(resource.stamp);
        request.resources.push(resource);
        request
    }

    /// A request that can only be denied, for this reason.
    #[must_use]
    pub fn malformed(defect: Defect) -> Self {
        let mut request = Self::new(Link::new("none", "none"), "none", Target::new("none", "none"));
        request.refuse(Some(defect));
        request
    }

    /// Adds an actor: the first is the immediate one, who makes the call; each further one is who that one acts for in turn.
    #[must_use]
    #[inline]
    pub fn actor(mut self, actor: Link<'a>) -> Self {
        self.refuse(check_link("subject.properties.act", &actor));
        self.chain.push(actor);
        self.depth = Value::Int(i64::try_from(self.chain.len() - 1).unwrap_or(i64::MAX));
        let actors = self.chain.iter().skip(1);
        self.actors = actors.clone().map(|actor| actor.id.clone()).collect();
        self.issuers = actors.map(|actor| actor.issuer.clone().unwrap_or(Value::Null)).collect();
        self
    }

    /// Adds groups that the caller claims for the subject. They can only restrict.
    #[must_use]
    pub fn claimed_group(mut self, group: impl Into<Cow<'a, str>>) -> Self {
        self.claims.push(group.into());
        self
    }

    /// Adds data that the call touches; it is judged as the resource too.
    #[must_use]
    #[inline]
    pub fn target(mut self, target: Target<'a>) -> Self {
        self.refuse(check_target("context.targets", &target));
        self.adopt(target.stamp);
        self.resources.push(target);
        self
    }

    /// Sets all arguments of the tool call; what is not among them is absent.
    #[must_use]
    pub fn arguments(mut self, arguments: Map<'a>) -> Self {
        self.arguments = Some(Value::from(arguments));
        self
    }

    /// Adds an argument of the tool call; arguments that are not given are then absent, not unknown.
    #[must_use]
    pub fn argument(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        let mut entries = match self.arguments.take() {
            Some(Value::Map(map)) => map.entries().to_vec(),
            Some(_) | None => Vec::new(),
        };
        let name = name.into();
        entries.push((Key::String(name.clone()), value.into()));
        let map = Map::new(entries);
        if map.is_none() {
            self.refuse(Some(Defect::new("action.properties.arguments", format!("`{name}` is given twice"))));
        }
        self.arguments = Some(Value::from(map.unwrap_or_default()));
        self
    }

    /// Says when the request is judged. Without a time it is unknown: no grant counts.
    #[must_use]
    #[inline]
    pub fn at(self, time: Timestamp) -> Self {
        self.fact(slot::NOW, time)
    }

    /// States a built-in fact of the context ([`slot`]). Texts are read as the fact's type: `"low"` is a risk level, RFC 3339
    /// text a time. [`Value::Null`]: known to be absent.
    #[must_use]
    #[inline]
    pub fn fact(mut self, slot: u16, value: impl Into<Value<'a>>) -> Self {
        self.set_fact(slot, value);
        self
    }

    /// The same as [`Request::fact`], of a request that is not passed on: where requests are made by the thousand, passing one from
    /// call to call costs as much as all else.
    pub fn set_fact(&mut self, slot: u16, value: impl Into<Value<'a>>) {
        let declaration = if usize::from(slot) < slot::COUNT { builtin().get(slot) } else { None };
        self.state(slot, declaration, value.into());
    }

    /// The same as [`Request::declared`], of a request that is not passed on.
    pub fn set_declared(&mut self, vocabulary: &Vocabulary, path: &str, value: impl Into<Value<'a>>) {
        let schema = vocabulary.schema();
        let found = schema.find(path).or_else(|| schema.find(&format!("context.{path}")));
        match found {
            Some(slot) => {
                if usize::from(slot) >= slot::COUNT {
                    self.adopt(vocabulary.stamp());
                }
                self.state(slot, schema.get(slot), value.into());
            }
            None => self.refuse(Some(Defect::new("context", format!("the policy declares no fact `{path}`")))),
        }
    }

    /// States a fact that the policy declares, by its name or path (`context.ticket`), or any built-in one.
    #[must_use]
    #[inline]
    pub fn declared(mut self, vocabulary: &Vocabulary, path: &str, value: impl Into<Value<'a>>) -> Self {
        self.set_declared(vocabulary, path, value);
        self
    }

    /// What the caller says about the subject (`subject.properties`); members that are not given are unknown.
    #[must_use]
    pub fn subject_properties(mut self, properties: Map<'a>) -> Self {
        self.subject_properties = Value::from(properties.opened());
        self
    }

    /// What the caller says about the action (`action.properties`, without the arguments).
    #[must_use]
    pub fn action_properties(mut self, properties: Map<'a>) -> Self {
        self.action_properties = Value::from(properties.opened());
        self
    }

    /// States what the session of the call has seen, for hosts that keep no [`crate::flow::Session`]: the call is judged as one of that
    /// session.
    #[must_use]
    pub fn flowing(mut self, flow: Stated) -> Self {
        self.flow = Some(Box::new(flow));
        self
    }

    /// Adds a type of obligation or transformation that the enforcement point can carry out (`redact`, `narrow`, `notification`
    /// ...). What it cannot carry out keeps `decision` false.
    #[must_use]
    pub fn supports(mut self, obligation: impl Into<Cow<'a, str>>) -> Self {
        self.supported.push(obligation.into());
        self
    }

    /// The host's own id of this evaluation; without one it is the digest of the request.
    #[must_use]
    pub fn evaluation_id(mut self, id: impl Into<Cow<'a, str>>) -> Self {
        self.evaluation_id = Some(id.into());
        self
    }

    /// The same chain and signals, calling a tool with arguments that nobody said.
    pub(crate) fn calling(&self, tool: &str) -> Self {
        let mut call = Self { arguments: None, ..self.clone() };
        call.action = Value::from("tools/call");
        // What it shows is the definition of another tool.
        let given = core::mem::take(&mut call.context);
        for (slot, value) in given.slots.into_iter().zip(given.values).filter(|(slot, _)| *slot != slot::TOOL_DIGEST) {
            call.context.set(slot, value);
        }
        call.forget_content();
        call.resources.clear();
        call.resources.push(Target::tool(tool.to_owned()));
        call
    }

    /// Leaves unsaid what the call carries.
    pub(crate) fn forget_content(&mut self) {
        if !self.context.slots.iter().any(|slot| CONTENT.contains(slot)) {
            return;
        }
        let given = core::mem::take(&mut self.context);
        for (slot, value) in given.slots.into_iter().zip(given.values).filter(|(slot, _)| !CONTENT.contains(slot)) {
            self.context.set(slot, value);
        }
    }

    /// The id of this evaluation: the host's own, or the digest of the request.
    #[must_use]
    pub fn evaluation(&self) -> String {
        self.evaluation_id.as_ref().map_or_else(|| self.digest().to_string(), ToString::to_string)
    }

    /// Why it will be denied unjudged, if it will.
    #[must_use]
    pub fn defect(&self) -> Option<&Defect> {
        self.defect.as_deref().map(|refusal| &refusal.defect)
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> Option<&Link<'a>> {
        self.chain.first()
    }

    /// The actors, the immediate one first.
    #[must_use]
    pub fn actors(&self) -> &[Link<'a>] {
        self.chain.get(1..).unwrap_or_default()
    }

    /// Name of the action.
    #[must_use]
    pub fn action(&self) -> &str {
        text(&self.action)
    }

    /// The resource, then the targets.
    #[must_use]
    pub fn targets(&self) -> &[Target<'a>] {
        &self.resources
    }

    /// The groups that the caller claims for the subject.
    pub fn claimed_groups(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(AsRef::as_ref)
    }

    /// What the caller says about the subject, an open map.
    #[must_use]
    pub const fn all_subject_properties(&self) -> &Value<'a> {
        &self.subject_properties
    }

    /// What the caller says about the action, without the arguments: an open map.
    #[must_use]
    pub const fn all_action_properties(&self) -> &Value<'a> {
        &self.action_properties
    }

    /// The arguments of the tool call, if they were given.
    #[must_use]
    pub fn all_arguments(&self) -> Option<&Map<'a>> {
        if let Some(Value::Map(map)) = &self.arguments { Some(map) } else { None }
    }

    /// An argument of the tool call.
    #[must_use]
    pub fn get_argument(&self, name: &str) -> Option<&Value<'a>> {
        self.all_arguments()?.get(name)
    }

    /// What the request says of a fact of the context.
    #[must_use]
    pub fn context_fact(&self, slot: u16) -> Fact<'_> {
        self.context.get(slot)
    }

    /// The facts of the context that it states, with their slots, in the order in which they were stated.
    pub fn context_facts(&self) -> impl Iterator<Item = (u16, &Value<'a>)> {
        self.context.slots.iter().copied().zip(&self.context.values)
    }

    /// What it states of its flow.
    #[must_use]
    pub fn stated_flow(&self) -> Option<&Stated> {
        self.flow.as_deref()
    }

    /// When it is judged.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        match self.context.get(slot::NOW) {
            Fact::Known(Value::Timestamp(time)) => Some(*time),
            Fact::Known(_) | Fact::Null | Fact::Unknown => None,
        }
    }

    /// Whether the enforcement point can carry out an obligation of this type.
    #[must_use]
    pub fn is_supported(&self, obligation: &str) -> bool {
        self.supported.iter().any(|supported| supported == obligation)
    }

    /// What the request says of the label of its resource or a target: outer `None`, nothing; inner, that it has none.
    #[must_use]
    pub fn stated_label(&self, resource: usize) -> Option<Option<Label>> {
        match self.resources.get(resource)?.label {
            Labelled::Unsaid | Labelled::NoSuch => None,
            Labelled::Null => Some(None),
            Labelled::Label(label) => Some(Some(label)),
        }
    }

    fn state(&mut self, slot: u16, declaration: Option<&Declaration>, value: Value<'a>) {
        if let Err(defect) = content::check(slot, &value, None) {
            return self.refuse(Some(defect));
        }
        let Some(declaration) = declaration.filter(|d| d.origin == Origin::Context) else {
            let cause = format!("slot {slot} is no fact of the context");
            return self.refuse(Some(Defect::new("context", cause)));
        };
        if is_of(&value, &declaration.ty) {
            return self.context.set(slot, value);
        }
        match fit(value, &declaration.ty, None) {
            Ok(value) => self.context.set(slot, value),
            Err(expected) => {
                self.refuse(Some(Defect::new(declaration.path.to_string(), format!("must be {expected}"))))
            }
        }
    }

    /// Why the same request on another resource could not be judged, which labels of that policy say.
    pub(crate) fn refuses(&self, resource: &Target<'_>, vocabulary: &Vocabulary) -> Option<Refused> {
        let is_of_another = resource.stamp != 0 && resource.stamp != vocabulary.stamp();
        if check_target("resource", resource).is_some() || (is_of_another && self.stamp != 0) {
            Some(Refused::Malformed)
        } else {
            is_of_another.then_some(Refused::Outdated)
        }
    }

    /// States a fact whose type was checked.
    pub(crate) fn put(&mut self, slot: u16, value: Value<'a>) {
        self.context.set(slot, value);
    }

    /// Ties the request to the policy whose labels or facts it uses.
    fn adopt(&mut self, stamp: u64) {
        if stamp == 0 || stamp == self.stamp {
            return;
        }
        if self.stamp != 0 {
            self.refuse(Some(Defect::new("request", "it uses labels or facts of two policies")));
        }
        self.stamp = stamp;
    }

    /// Keeps the first defect.
    pub(crate) fn refuse(&mut self, defect: Option<Defect>) {
        if self.defect.is_none() {
            self.defect = defect.map(|defect| Box::new(Refusal { defect, bytes: None }));
        }
    }
}

/// What is wrong with a resource that takes the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its id, its type or its label.
    Malformed,
    /// Its label is of another policy.
    Outdated,
}

/// The built-in facts.
fn builtin() -> &'static Schema {
    static BUILTIN: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(Schema::default);
    &BUILTIN
}
