//! What is a request made of? Links of the chain, resources, and what can be wrong with them.
//!
//! Next room: `read`.

use std::borrow::Cow;

use super::digest::RequestDigest;
use crate::compile::Vocabulary;
use crate::diagnostic::quote;
use crate::label::Label;
use crate::name;
use crate::value::{Map, NOTHING_SAID, Value};

/// Why a request cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct Defect {
    /// Which member: `subject.id`, `context.risk.user`.
    pub path: Cow<'static, str>,
    /// What is wrong with it, and what to write instead.
    pub cause: String,
    /// Whether it is a limit that is exceeded.
    pub too_large: bool,
}

impl Defect {
    pub(crate) fn new(path: impl Into<Cow<'static, str>>, cause: impl Into<String>) -> Self {
        Self { path: path.into(), cause: cause.into(), too_large: false }
    }

    pub(crate) fn too_large(path: impl Into<Cow<'static, str>>, cause: impl Into<String>) -> Self {
        Self { too_large: true, ..Self::new(path, cause) }
    }
}

/// A defect, and what it was found in.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) defect: Defect,
    /// The digest of the text that was read, if it was a text.
    pub(super) bytes: Option<RequestDigest>,
}

/// One link of the chain: the subject, or an actor.
#[derive(Clone, Debug)]
pub struct Link<'a> {
    pub(crate) kind: Value<'a>,
    pub(crate) id: Value<'a>,
    pub(crate) issuer: Option<Value<'a>>,
}

impl<'a> Link<'a> {
    /// A principal of any type.
    #[must_use]
    #[inline]
    pub fn new(kind: impl Into<Cow<'a, str>>, id: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: Value::String(kind.into()), id: Value::String(id.into()), issuer: None }
    }

    /// A person.
    #[must_use]
    #[inline]
    pub fn user(id: impl Into<Cow<'a, str>>) -> Self {
        Self::new("user", id)
    }

    /// An agent.
    #[must_use]
    #[inline]
    pub fn agent(id: impl Into<Cow<'a, str>>) -> Self {
        Self::new("agent", id)
    }

    /// The user account of an agent.
    #[must_use]
    #[inline]
    pub fn agent_user(id: impl Into<Cow<'a, str>>) -> Self {
        Self::new("agent_user", id)
    }

    /// A workload, such as a `spiffe://` id.
    #[must_use]
    #[inline]
    pub fn workload(id: impl Into<Cow<'a, str>>) -> Self {
        Self::new("workload", id)
    }

    /// The same, with who vouches for the identity.
    #[must_use]
    #[inline]
    pub fn issued_by(mut self, issuer: impl Into<Cow<'a, str>>) -> Self {
        self.issuer = Some(Value::String(issuer.into()));
        self
    }

    /// Its type.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> &str {
        text(&self.kind)
    }

    /// Its id.
    #[must_use]
    #[inline]
    pub fn id(&self) -> &str {
        text(&self.id)
    }

    /// Who vouches for it, if that is known.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(text)
    }

    /// Whether it is of a kind that is known, and nothing is wrong with it.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind(), "user" | "agent" | "agent_user" | "workload") && name::check(self.id()).is_ok()
    }
}

/// The text that a value is; only texts are asked.
#[inline]
pub(crate) fn text<'v>(value: &'v Value<'_>) -> &'v str {
    if let Value::String(text) = value { text } else { "" }
}

/// What a request says about the label of a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Labelled {
    /// Nothing.
    Unsaid,
    /// That it has none.
    Null,
    /// That it is this one.
    Label(Label),
    /// A name that the policy does not have.
    NoSuch,
}

/// A resource that the call is about or touches.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    pub(crate) kind: Value<'a>,
    pub(crate) id: Value<'a>,
    pub(crate) label: Labelled,
    /// Stamp of the vocabulary that the label is of; 0: none.
    pub(crate) stamp: u64,
    pub(super) properties: Option<Box<Value<'a>>>,
}

impl<'a> Target<'a> {
    /// A resource of any type.
    #[must_use]
    #[inline]
    pub fn new(kind: impl Into<Cow<'a, str>>, id: impl Into<Cow<'a, str>>) -> Self {
        Self {
            kind: Value::String(kind.into()),
            id: Value::String(id.into()),
            label: Labelled::Unsaid,
            stamp: 0,
            properties: None,
        }
    }

    /// A tool: `server/name`.
    #[must_use]
    #[inline]
    pub fn tool(id: impl Into<Cow<'a, str>>) -> Self {
        Self::new("tool", id)
    }

    /// The same, with a label of the policy that will judge. It raises what the directory says and never lowers it. A name that
    /// the policy does not have makes the request malformed.
    #[must_use]
    #[inline]
    pub fn labelled(mut self, vocabulary: &Vocabulary, name: &str) -> Self {
        self.label = vocabulary.label(name).map_or(Labelled::NoSuch, Labelled::Label);
        self.stamp = vocabulary.stamp();
        self
    }

    /// The same, known to have no label.
    #[must_use]
    #[inline]
    pub fn unlabelled(mut self) -> Self {
        self.label = Labelled::Null;
        self
    }

    /// The same, with what the caller says about it (`resource.properties`); members that are not given are unknown.
    #[must_use]
    pub fn properties(mut self, properties: Map<'a>) -> Self {
        self.properties = (!properties.entries().is_empty()).then(|| Box::new(Value::from(properties.opened())));
        self
    }

    /// Its type.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> &str {
        text(&self.kind)
    }

    /// Its id.
    #[must_use]
    #[inline]
    pub fn id(&self) -> &str {
        text(&self.id)
    }

    /// What the caller says about it, an open map.
    #[must_use]
    pub const fn all_properties(&self) -> &Value<'a> {
        if let Some(properties) = &self.properties { properties } else { &NOTHING_SAID }
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_plain(&self) -> bool {
        name::check(self.kind()).is_ok() && name::check(self.id()).is_ok() && self.label != Labelled::NoSuch
    }
}

/// What is wrong with a name in a link or target.
fn check_name(path: &'static str, part: &str, name: &str) -> Option<Defect> {
    let error = name::check(name).err()?;
    Some(Defect::new(format!("{path}.{part}"), error.to_string()))
}

pub(super) fn check_link(path: &'static str, link: &Link<'_>) -> Option<Defect> {
    if KNOWN.contains(&link.kind()) {
        return check_name(path, "id", link.id());
    }
    check_name(path, "type", link.kind())
        .or_else(|| check_name(path, "id", link.id()))
        .or_else(|| check_kind(path, link.kind()))
}

/// The types of links that this library knows.
const KNOWN: [&str; 4] = ["user", "agent", "agent_user", "workload"];

/// Another spelling of one of [`KNOWN`] would be a type of the host's own, which no check of agents and people applies to.
fn check_kind(path: &'static str, kind: &str) -> Option<Defect> {
    let plain: String = kind.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let meant = if plain == "aiagent" { "agent" } else { &plain };
    let meant = KNOWN.into_iter().find(|known| known.replace('_', "") == meant)?;
    Some(Defect::new(format!("{path}.type"), format!("{} is not known: write `{meant}`", quote(kind))))
}

pub(super) fn check_target(path: &'static str, target: &Target<'_>) -> Option<Defect> {
    let label = || {
        let error = "it is no label of the policy";
        (target.label == Labelled::NoSuch).then(|| Defect::new(format!("{path}.properties.label"), error))
    };
    check_name(path, "type", target.kind()).or_else(|| check_name(path, "id", target.id())).or_else(label)
}
