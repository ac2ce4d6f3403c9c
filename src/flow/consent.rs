//! What must a person be asked, and what have they consented to? One value, one sink, one call.
//!
//! An [`Ask`] is what a call that waits (`defer`) waits for. *Endorsing* says that a value may be believed though nobody trusted wrote
//! it; *declassifying* says that it may be seen by those who could not. They are never one act: who endorses an address has
//! not agreed to what is sent there.
//!
//! INVARIANT (law F): a [`Consent`] counts for the ask that it was given to and for no other: another argument, label, tool, policy,
//! caller or moment is another ask. *Robust*: only a registered person whom the policy names can give one, never the session
//! itself. *Transparent*: it counts only if the person may see the value. It is spent when its call is observed.
//! Source: Myers, Sabelfeld, Zdancewic 2006; Cecchetti, Myers, Arden 2017.
//!
//! Next room: `check`.

use sha2::{Digest, Sha256};

use super::part::FlowLabel;
use crate::digest::hex;
use crate::name::UserId;
use crate::time::Timestamp;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// That a value be believed.
    Endorse,
    /// That a value be shown to those who may not see it.
    Declassify,
    /// That a tool serve a task that does not call for it.
    Widen,
    /// That a call go on which a ready policy holds up.
    Proceed,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Endorse, Self::Declassify, Self::Widen, Self::Proceed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endorse => "endorse",
            Self::Declassify => "declassify",
            Self::Widen => "widen",
            Self::Proceed => "proceed",
        }
    }
}

/// What a call waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What is asked.
    pub verb: Verb,
    /// The tool that is called.
    pub tool: Box<str>,
    /// The argument, if it is about one.
    pub parameter: Option<Box<str>>,
    /// The value that it has, to be shown to the person in clear.
    pub value: Option<serde_json::Value>,
    /// The label of the value, or of the context.
    pub label: FlowLabel,
    /// Of [`Verb::Declassify`]: the channel, or the recipient who may not see it.
    pub sink: Option<Box<str>>,
    /// The call: who, through whom, what, with which arguments.
    pub call: Box<str>,
    /// The policy under which it is asked.
    pub policy: Box<str>,
    /// The steps from which the value may come, the latest first, to be shown to the person: [`super::Past::describe`]. No part of what a
    /// consent is to: the label is.
    pub from: Vec<String>,
}

impl Ask {
    /// The consent of a person to exactly this, in `[start, end)`.
    #[must_use]
    pub fn consent(&self, by: UserId, start: Timestamp, end: Timestamp) -> Consent {
        Consent { ask: Self { from: Vec::new(), ..self.clone() }, by, start, end }
    }

    /// What tells it from every other ask, `sha256:<hex>`: by which a host that keeps no asks can name it in a consent. It covers the value.
    #[must_use]
    pub fn id(&self) -> String {
        let value = self.value.as_ref().map(ToString::to_string);
        let texts = [Some(self.verb.name()), Some(&*self.tool), self.parameter.as_deref(), value.as_deref()];
        let mut hasher = Sha256::new();
        for text in texts.into_iter().chain([self.sink.as_deref(), Some(&*self.call), Some(&*self.policy)]) {
            hasher.update([u8::from(text.is_some())]);
            let text = text.unwrap_or_default();
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(self.label.to_bytes());
        hex(&hasher.finalize().into()).as_str().to_owned()
    }
}

/// A person's consent to one ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// To what.
    pub ask: Ask,
    /// Who gave it.
    pub by: UserId,
    /// From when.
    pub start: Timestamp,
    /// Until when, this moment excluded.
    pub end: Timestamp,
}
