//! What would a reader of the documents decide? The plain oracle that the laws of placet are tested against.
//!
//! A loop over a validated policy: every rule, every grant, every link, every resource, one after the other, with matchers of
//! ids and conditions of its own. Slow, and short enough to be read against the pages that it is written from.
//!
//! INVARIANT: it shares the documents with the engine, and the words of the request, and nothing that evaluates: no index, no
//! compiled condition, no pattern matcher, no scope.
//!
//! What it does not know (functions of conditions that the generators of [`world`] avoid) it says in a panic.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of any other kind is an error to a condition; tests notice what is missing"
)]

mod cel;
mod flow;
mod glob;
mod judge;
mod people;
mod value;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use placet::condition::ast::Expr;
use placet::decision::requirement_id;
use placet::document::Validated;
use placet::request::Request;
use placet::rule::Source;
use placet::{Decision, Limits};

pub use glob::matches;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// The reason code.
    pub code: String,
    /// `rule:<id>` or `grant:<id>`, if one is behind it.
    pub rule: Option<String>,
}

/// What is compared: everything that decides, without places in the chain and among the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: &'static str,
    /// Why not.
    pub objections: BTreeSet<Objection>,
    /// Id of the requirement, the control to meet, the rule that is named for it.
    pub requirements: BTreeSet<(String, Option<String>, String)>,
    /// Rules on trial that applied.
    pub reported: BTreeSet<String>,
}

impl Outcome {
    /// What the engine decided, in the same form.
    #[must_use]
    pub fn of(decision: &Decision<'_>) -> Self {
        let objections = decision.reasons().map(|reason| Objection {
            code: reason.code.as_str().to_owned(),
            rule: reason.rule.map(|rule| match rule.source() {
                Source::Rule => format!("rule:{}", rule.id()),
                Source::Grant => format!("grant:{}", rule.id()),
                Source::Access | Source::DataLoss | Source::Flow => format!("rule:{}", rule.id()),
            }),
        });
        let requirements = decision.requirements().map(|outstanding| {
            let control = outstanding.control.map(|control| control.name().to_owned());
            (requirement_id(outstanding.requirement), control, outstanding.rule.id().to_owned())
        });
        Self {
            verdict: decision.verdict().name(),
            objections: objections.collect(),
            requirements: requirements.collect(),
            reported: decision.reported().map(|rule| rule.id().to_owned()).collect(),
        }
    }

    /// The reason codes, each once.
    #[must_use]
    pub fn codes(&self) -> BTreeSet<&str> {
        self.objections.iter().map(|objection| objection.code.as_str()).collect()
    }

    /// Ids of what must be done, each once.
    #[must_use]
    pub fn requirement_ids(&self) -> BTreeSet<&str> {
        self.requirements.iter().map(|(id, _, _)| id.as_str()).collect()
    }
}

/// Judges by reading.
#[derive(Debug)]
pub struct Oracle<'o> {
    policy: &'o Validated,
    limits: Limits,
    trees: BTreeMap<String, Expr>,
}

impl<'o> Oracle<'o> {
    /// An oracle for a policy whose documents also say who exists, with the default limits.
    #[must_use]
    pub fn new(policy: &'o Validated) -> Self {
        let limits = Limits::default();
        Self { policy, trees: judge::trees(policy.rules(), &limits), limits }
    }

    /// Judges a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Outcome {
        judge::judge(self, request)
    }
}
