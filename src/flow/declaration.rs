//! What does a tool do with what it is given, and how far may its answers be believed? What its entry in the documents says.
//!
//! INVARIANT: what is not declared is at its worst. A parameter that is not named carries authority (role `target`) wherever the
//! tool does more than read; an output without a label is top; a tool that sends and names no channel sends to everybody.
//!
//! Next room: `policy`.

use std::collections::BTreeMap;

use super::lattice::{Capacity, Lattice};
use super::part::{Confidentiality, FlowLabel, Sources, Trust};

/// What an argument decides. Source: PACT (arXiv 2605.11039).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who or what is affected: a recipient, an address, an object.
    Target,
    /// What is run.
    Command,
    /// A secret that will be accepted from now on.
    Credential,
    /// Which of several: a filter, an amount, a choice.
    Selector,
    /// What is said. It may come from anywhere; where it goes is what matters.
    Content,
}

impl Role {
    /// All of them, with their names in documents.
    pub const ALL: [(&'static str, Self); 5] = [
        ("target", Self::Target),
        ("command", Self::Command),
        ("credential", Self::Credential),
        ("selector", Self::Selector),
        ("content", Self::Content),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, role)| *role == self).map_or("", |(name, _)| name)
    }
}

/// A parameter of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What it decides.
    pub role: Role,
    /// Whether its value must be believed as `trust` and `sources` say: content only where a document asks for it.
    pub must_be_believed: bool,
    /// How trusted its value must be; [`Lattice::TOP`]: not at all. Of content that need not be believed: the links in it.
    pub trust: Trust,
    /// Which origins may have written its value; [`Sources::ALL`]: any.
    pub sources: Sources,
    /// Values that can say no more than this need no trust. Never on a tool that destroys, nor for commands and credentials.
    pub exempt: Option<Capacity>,
    /// The words that its schema lists, if it lists any: what [`Capacity::Enum`] means here.
    pub choices: Box<[Box<str>]>,
    /// What kind of thing it names, so that an amount is never taken for an id.
    pub domain: Option<Box<str>>,
    /// Whether it names who will read the content.
    pub is_recipient: bool,
    /// Whether links and addresses in it must be trusted, though the rest need not.
    pub guards_links: bool,
}

/// What a part of an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which part: the segments of a JSON pointer; `None` is any one segment.
    pub at: Box<[Option<Box<str>>]>,
    /// Its label.
    pub label: FlowLabel,
    /// What kind of thing it names.
    pub domain: Option<Box<str>>,
    /// Whether it is a text that lists values, each of which is one of its own.
    pub is_list: bool,
}

impl Field {
    /// Whether it is about the part at this path.
    #[must_use]
    pub fn is_at<'p>(&self, path: impl ExactSizeIterator<Item = &'p str>) -> bool {
        path.len() == self.at.len()
            && self.at.iter().zip(path).all(|(own, segment)| own.as_deref().is_none_or(|own| own == segment))
    }
}

/// What a tool answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The label of all that no field is about.
    pub label: FlowLabel,
    /// Whether what the answer says does not depend on the arguments but for the choice: otherwise their labels join it.
    pub is_constant: bool,
    /// Whether the texts in it that no field is about list values, each of which is one of its own.
    pub is_list: bool,
    /// Parts with labels of their own; the first that fits counts.
    pub fields: Vec<Field>,
}

impl Output {
    /// The label of the whole answer, but for its arguments'.
    #[must_use]
    pub fn whole(&self) -> FlowLabel {
        FlowLabel::join_all(self.fields.iter().map(|field| field.label).chain([self.label]))
    }

    /// The field that is about the part at this path.
    #[must_use]
    pub fn field(&self, path: &[&str]) -> Option<&Field> {
        self.fields.iter().find(|field| field.is_at(path.iter().copied()))
    }
}

/// What a tool does to the world, as far as flows care.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Does {
    /// Something changes: anything but reading.
    pub changes: bool,
    /// Something leaves.
    pub sends: bool,
    /// Something is destroyed.
    pub destroys: bool,
}

/// How a tool takes part in flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The tool, `server/name`; empty if it is none.
    pub tool: Box<str>,
    /// What it does.
    pub does: Does,
    /// Its parameters by name.
    pub parameters: BTreeMap<Box<str>, Parameter>,
    /// What parameters are that it does not name.
    pub others: Parameter,
    /// What it answers.
    pub output: Output,
    /// What may be sent through it, if it sends.
    pub channel: Option<Confidentiality>,
    /// Whether nothing may drive it but a context that is trusted as a whole, unless the host names the inputs of each argument.
    pub is_consequential: bool,
    /// Words of a task that call for it.
    pub purposes: Box<[Box<str>]>,
}

impl Declaration {
    /// Of a tool of which nothing is declared but what it does; `user`: how trusted must be what decides.
    #[must_use]
    pub fn undeclared(tool: &str, does: Does, user: Trust) -> Self {
        let acts = does.changes || does.sends || does.destroys;
        Self {
            tool: tool.into(),
            does,
            parameters: BTreeMap::new(),
            others: Parameter::undeclared(acts, user),
            output: Output { label: FlowLabel::TOP, is_constant: false, is_list: false, fields: Vec::new() },
            channel: does.sends.then_some(Confidentiality::BOTTOM),
            is_consequential: false,
            purposes: Box::default(),
        }
    }

    /// What a parameter is.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &Parameter {
        self.parameters.get(name).unwrap_or(&self.others)
    }
}

impl Parameter {
    /// One of which nothing is declared, of a tool that acts or only reads.
    #[must_use]
    pub fn undeclared(acts: bool, user: Trust) -> Self {
        Self {
            role: if acts { Role::Target } else { Role::Selector },
            must_be_believed: true,
            trust: if acts { user } else { Trust(u8::MAX) },
            sources: Sources::TOP,
            exempt: None,
            choices: Box::default(),
            domain: None,
            is_recipient: false,
            guards_links: false,
        }
    }
}
