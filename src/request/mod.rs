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
mod given;
mod held;
mod json;
mod parts;
mod read;

use core::mem::ManuallyDrop;
use std::borrow::Cow;

use smallvec::SmallVec;

use crate::compile::Vocabulary;
use crate::fact::fit::{fit, is_of};
use crate::fact::{CONTENT, Declaration, FORMS, Form, Origin, Schema, slot};
use crate::flow::Stated;
use crate::label::Label;
use crate::name;
use crate::time::Timestamp;
use crate::value::{Enumeration, Fact, Key, List, Map, NOTHING_SAID, Value};

pub(crate) use digest::value_digest;
pub use digest::{CallDigest, RequestDigest};
use given::Given;
use held::Held;
pub use parts::{Defect, Link, Target};
pub(crate) use parts::{Labelled, text};
use parts::{Refusal, check_link, check_target};
pub(crate) use read::parse;

/// A question to the engine.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The subject, then the actors, the immediate one first.
    pub(crate) chain: Held<SmallVec<[Link<'a>; 2]>>,
    /// The resource, then the targets.
    pub(crate) resources: Held<SmallVec<[Target<'a>; 2]>>,
    pub(crate) action: Held<Value<'a>>,
    pub(crate) arguments: Held<Option<Value<'a>>>,
    /// A number, which owns nothing.
    pub(crate) depth: ManuallyDrop<Value<'a>>,
    pub(crate) actors: Held<Value<'a>>,
    /// Of those actors that have one.
    pub(crate) issuers: Held<Value<'a>>,
    context: Given<'a>,
    pub(crate) evaluation_id: Option<Cow<'a, str>>,
    besides: Option<Box<Besides<'a>>>,
    /// Stamp of the vocabulary whose labels or facts it uses; 0: none.
    pub(crate) stamp: u64,
    defect: Option<Box<Refusal>>,
}

/// What few requests say.
#[derive(Clone, Debug)]
struct Besides<'a> {
    /// What it says of its flow; without, it is the call of no session, unless its host judges it in one.
    flow: Option<Stated>,
    claims: Vec<Cow<'a, str>>,
    subject_properties: Value<'a>,
    action_properties: Value<'a>,
    supported: Vec<Cow<'a, str>>,
}

impl Default for Besides<'_> {
    fn default() -> Self {
        let (subject_properties, action_properties) = (NOTHING_SAID.clone(), NOTHING_SAID.clone());
        Self { flow: None, claims: Vec::new(), subject_properties, action_properties, supported: Vec::new() }
    }
}

impl<'a> Request<'a> {
    /// A direct call: `subject` does `action` to `resource`.
    #[must_use]
    #[inline]
    pub fn new(subject: Link<'a>, action: impl Into<Cow<'a, str>>, resource: Target<'a>) -> Self {
        Self::of(subject, action.into(), resource)
    }

    /// The same, written once, in its place: nothing that could fail stands between its parts.
    fn of(subject: Link<'a>, action: Cow<'a, str>, resource: Target<'a>) -> Self {
        let is_sound = name::check(&action).is_ok() && subject.is_plain() && resource.is_plain();
        let defect = if is_sound { None } else { defect(&subject, &action, &resource) };
        Self {
            stamp: resource.stamp,
            chain: Held::new(one(subject)),
            resources: Held::new(one(resource)),
            action: Held::new(Value::String(action)),
            arguments: Held::new(None),
            depth: ManuallyDrop::new(Value::Int(0)),
            actors: Held::new(Value::List(List::Borrowed(&[]))),
            issuers: Held::new(Value::List(List::Borrowed(&[]))),
            context: Given::default(),
            evaluation_id: None,
            besides: None,
            defect,
        }
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
        self.add_actor(actor);
        self
    }

    fn add_actor(&mut self, actor: Link<'a>) {
        if !actor.is_plain() {
            self.refuse(check_link("subject.properties.act", &actor));
        }
        *self.depth = Value::Int(i64::try_from(self.chain.len()).unwrap_or(i64::MAX));
        add(&mut self.actors, actor.id.clone());
        if let Some(issuer) = &actor.issuer {
            add(&mut self.issuers, issuer.clone());
        }
        self.chain.push(actor);
    }

    /// Adds groups that the caller claims for the subject. They can only restrict.
    #[must_use]
    pub fn claimed_group(mut self, group: impl Into<Cow<'a, str>>) -> Self {
        self.besides().claims.push(group.into());
        self
    }

    /// Adds data that the call touches; it is judged as the resource too.
    #[must_use]
    #[inline]
    pub fn target(mut self, target: Target<'a>) -> Self {
        self.add_target(target);
        self
    }

    fn add_target(&mut self, target: Target<'a>) {
        if !target.is_plain() {
            self.refuse(check_target("context.targets", &target));
        }
        self.adopt(target.stamp);
        self.resources.push(target);
    }

    /// Sets all arguments of the tool call; what is not among them is absent.
    #[must_use]
    pub fn arguments(mut self, arguments: Map<'a>) -> Self {
        *self.arguments = Some(Value::from(arguments));
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
        *self.arguments = Some(Value::from(map.unwrap_or_default()));
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
    #[inline]
    pub fn set_fact(&mut self, slot: u16, value: impl Into<Value<'a>>) {
        // What is known of slot and value where this is called costs nothing.
        match (FORMS.get(usize::from(slot)), value.into()) {
            (Some(form), value) if form.takes(&value) => self.context.set(slot, value),
            (Some(Form::Enum(all)), Value::String(Cow::Borrowed(name))) => self.state_member(slot, all, name),
            (_, value) => self.state_builtin(slot, value),
        }
    }

    fn state_member(&mut self, slot: u16, all: &'static Enumeration, name: &'a str) {
        match all.ordinal(name) {
            Some(place) => self.context.set(slot, Value::Enum(all, place)),
            None => self.state_builtin(slot, Value::from(name)),
        }
    }

    fn state_builtin(&mut self, slot: u16, value: Value<'a>) {
        let declaration = if usize::from(slot) < slot::COUNT { builtin().get(slot) } else { None };
        self.state(slot, declaration, value);
    }

    /// The same as [`Request::declared`], of a request that is not passed on.
    #[inline]
    pub fn set_declared(&mut self, vocabulary: &Vocabulary, path: &str, value: impl Into<Value<'a>>) {
        self.state_declared(vocabulary, path, value.into());
    }

    fn state_declared(&mut self, vocabulary: &Vocabulary, path: &str, value: Value<'a>) {
        let schema = vocabulary.schema();
        let found = schema.find(path).or_else(|| schema.find(&format!("context.{path}")));
        match found {
            Some(slot) => {
                if usize::from(slot) >= slot::COUNT {
                    self.adopt(vocabulary.stamp());
                }
                self.state(slot, schema.get(slot), value);
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
        if !properties.entries().is_empty() || self.besides.is_some() {
            self.besides().subject_properties = Value::from(properties.opened());
        }
        self
    }

    /// What the caller says about the action (`action.properties`, without the arguments).
    #[must_use]
    pub fn action_properties(mut self, properties: Map<'a>) -> Self {
        if !properties.entries().is_empty() || self.besides.is_some() {
            self.besides().action_properties = Value::from(properties.opened());
        }
        self
    }

    /// States what the session of the call has seen, for hosts that keep no [`crate::flow::Session`]: the call is judged as one of that
    /// session.
    #[must_use]
    pub fn flowing(mut self, flow: Stated) -> Self {
        self.besides().flow = Some(flow);
        self
    }

    /// Adds a type of obligation or transformation that the enforcement point can carry out (`redact`, `narrow`, `notification`
    /// ...). What it cannot carry out keeps `decision` false.
    #[must_use]
    pub fn supports(mut self, obligation: impl Into<Cow<'a, str>>) -> Self {
        self.besides().supported.push(obligation.into());
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
        let mut call = self.clone();
        *call.arguments = None;
        *call.action = Value::from("tools/call");
        // What it shows is the definition of another tool.
        call.context.retain(|slot| slot != slot::TOOL_DIGEST);
        call.forget_content();
        call.resources.clear();
        call.resources.push(Target::tool(tool.to_owned()));
        call
    }

    /// Leaves unsaid what the call carries.
    pub(crate) fn forget_content(&mut self) {
        self.context.retain(|slot| !CONTENT.contains(&slot));
    }

    fn besides(&mut self) -> &mut Besides<'a> {
        self.besides.get_or_insert_default()
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
        self.besides.iter().flat_map(|besides| &besides.claims).map(AsRef::as_ref)
    }

    /// What the caller says about the subject, an open map.
    #[must_use]
    pub const fn all_subject_properties(&self) -> &Value<'a> {
        if let Some(besides) = &self.besides { &besides.subject_properties } else { &NOTHING_SAID }
    }

    /// What the caller says about the action, without the arguments: an open map.
    #[must_use]
    pub const fn all_action_properties(&self) -> &Value<'a> {
        if let Some(besides) = &self.besides { &besides.action_properties } else { &NOTHING_SAID }
    }

    /// The arguments of the tool call, if they were given.
    #[must_use]
    pub fn all_arguments(&self) -> Option<&Map<'a>> {
        if let Some(Value::Map(map)) = &*self.arguments { Some(map) } else { None }
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
        self.context.iter()
    }

    /// What it states of its flow.
    #[must_use]
    pub fn stated_flow(&self) -> Option<&Stated> {
        self.besides.as_ref()?.flow.as_ref()
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
        self.besides.iter().flat_map(|besides| &besides.supported).any(|supported| supported == obligation)
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
        let is_plain = |d: &Declaration| d.origin == Origin::Context && is_of(&value, &d.ty);
        if declaration.is_some_and(is_plain) && !content::is_checked(slot) {
            return self.context.set(slot, value);
        }
        self.state_fitted(slot, declaration, value);
    }

    #[inline(never)]
    fn state_fitted(&mut self, slot: u16, declaration: Option<&Declaration>, value: Value<'a>) {
        if let Err(defect) = content::check(slot, &value, None) {
            return self.refuse(Some(defect));
        }
        let Some(declaration) = declaration.filter(|d| d.origin == Origin::Context) else {
            let cause = format!("slot {slot} is no fact of the context");
            return self.refuse(Some(Defect::new("context", cause)));
        };
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

/// What is wrong with what every request has.
#[cold]
fn defect(subject: &Link<'_>, action: &str, resource: &Target<'_>) -> Option<Box<Refusal>> {
    let action = name::check(action).err().map(|error| Defect::new("action.name", error.to_string()));
    let defect = action.or_else(|| check_link("subject", subject)).or_else(|| check_target("resource", resource));
    defect.map(|defect| Box::new(Refusal { defect, bytes: None }))
}

/// A list of one, with room for another.
#[inline]
fn one<T>(item: T) -> SmallVec<[T; 2]> {
    let mut list = SmallVec::new();
    list.push(item);
    list
}

/// Adds an item to a list.
fn add<'a>(list: &mut Value<'a>, item: Value<'a>) {
    if let Value::List(List::Owned(items)) = list {
        items.push(item);
    } else {
        *list = Value::from(vec![item]);
    }
}

/// The built-in facts.
fn builtin() -> &'static Schema {
    static BUILTIN: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(Schema::default);
    &BUILTIN
}
