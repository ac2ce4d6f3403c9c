//! Why, and what would change it? The same decision, for people.
//!
//! Every rule is looked at, not only those that the index proposes: what matched, or all that did not (subject, action, tool,
//! resource, label, argument, condition, time). The rules that applied are all named; of those that did not, the
//! nearest. Explanations name facts and ids: they are for operators, never for a model.
//!
//! INVARIANT (law 10): the explanation's verdict is the decision's, and it names every rule that the decision follows from.
//!
//! ```
//! use placet::{Engine, Limits, Link, Request, Target, document};
//! let policy = document::load([("policy.yaml", include_str!("../../examples/quickstart.yaml"))], &Limits::default())?;
//! let engine = Engine::of(&policy);
//! let call = Request::new(Link::user("mallory"), "tools/call", Target::tool("tickets/read"));
//! let explanation = engine.explain(&call);
//! assert_eq!(explanation.verdict, "deny");
//! assert!(explanation.to_string().contains("support-reads-tickets"));
//! # Ok::<(), placet::diagnostic::Diagnostics>(())
//! ```
//!
//! Next room: [`crate::audit`].

mod advice;
mod cause;
mod describe;
mod flow;
mod near;
mod render;
mod trial;
mod whatif;

pub use whatif::{Case, Hypothesis, WhatIf};

use serde::Serialize;

pub use flow::{FlowReport, HeldUp};

use crate::decision::{Decision, Layer, Objection, Reason};
use crate::door::Answer;
use crate::engine::Engine;
use crate::evaluate::Scene;
use crate::flow::{Run, Session};
use crate::request::Request;

/// Why a request was answered as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The decision's verdict.
    pub verdict: &'static str,
    /// Who asks, through whom, for what.
    pub call: Call,
    /// What each layer says, in order.
    pub layers: Vec<LayerReport>,
    /// What the rules say, for each link and each resource.
    pub rules: Vec<RuleReport>,
    /// How many more rules did not apply and are not listed.
    pub omitted: usize,
    /// What the session says, if the call was explained in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowReport>,
    /// What would change the answer.
    pub advice: Vec<String>,
    /// The answer itself.
    pub answer: Answer,
}

/// The call in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The subject: type and id.
    pub subject: String,
    /// The actors, the immediate one first.
    pub actors: Vec<String>,
    /// The action.
    pub action: String,
    /// The resource, then the targets, with what is known of their labels.
    pub resources: Vec<String>,
}

/// What a layer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerReport {
    /// Its name.
    pub layer: &'static str,
    /// Its objections.
    pub objections: Vec<ObjectionReport>,
}

/// An objection with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectionReport {
    /// The code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// Which link of the chain: `user ines`, `agent ap-invoice`.
    pub link: String,
    /// Which resource.
    pub resource: String,
    /// The rule or grant behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What a rule said about a link and a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Its id.
    pub rule: String,
    /// `permit`, `forbid`, `require`, `access` (an access policy), or `grant`.
    pub effect: &'static str,
    /// Whether it is on trial and does not count.
    pub report_only: bool,
    /// Where it stands: `rules/finance.yaml:31`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Which link of the chain.
    pub link: String,
    /// Which resource.
    pub resource: String,
    /// Whether it applied.
    pub applied: bool,
    /// The first thing that did not match, or that is undecided: `subject`, `action`, `tool`, `resource`, `label`, `argument`,
    /// `condition`, `time`, `giver` (of a grant). Of a restriction that certainly applied: what its condition read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Cause>,
    /// Everything else that did not match, or is undecided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Cause>,
}

/// Something that did not match, or is undecided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What kind of thing.
    pub what: &'static str,
    /// What the rule wants, and what is so.
    pub text: String,
    /// Facts that are unknown and matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Engine {
    /// Judges a request and says why, in the session that it states, if it states one. Costs time proportional to all rules.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        self.explained(request, None)
    }

    /// Judges a request as a part of a session and says why: which value, where it came from, what would let it through.
    #[must_use]
    pub fn explain_in(&self, request: &Request<'_>, session: &Session, run: &Run<'_>) -> Explanation {
        self.explained(request, Some((session, run)))
    }

    fn explained(&self, request: &Request<'_>, flow: Option<(&Session, &Run<'_>)>) -> Explanation {
        let decision = match flow {
            Some((session, run)) => self.decide_in(request, session, run),
            None => self.decide(request),
        };
        let answer = Answer::new(&decision, request);
        let layers = layers(&decision, request, flow.is_some() || request.stated_flow().is_some());
        let mut explanation = Explanation {
            verdict: decision.verdict().name(),
            call: describe::call(request, None, self),
            layers,
            rules: Vec::new(),
            omitted: 0,
            flow: None,
            advice: Vec::new(),
            answer,
        };
        if self.form(request).is_none() {
            let (scene, flowing) = Scene::flowing(self, request, flow);
            explanation.call = describe::call(request, Some(&scene), self);
            near::rules(&scene, &mut explanation);
            explanation.flow = flowing.map(|flowing| flow::report(&scene, flowing.session(), &flowing.run()));
        }
        explanation.advice = advice::advice(&decision, request, &explanation);
        explanation
    }
}

fn layers(decision: &Decision<'_>, request: &Request<'_>, in_session: bool) -> Vec<LayerReport> {
    let order = [
        Layer::Request,
        Layer::Identity,
        Layer::Revocation,
        Layer::Access,
        Layer::Tool,
        Layer::Privilege,
        Layer::Rule,
        Layer::Data,
    ];
    // Without a session there may be nothing to say of data.
    let is_silent = |layer: &Layer| {
        *layer == Layer::Data && !in_session && !decision.objections().any(|own| own.code.layer() == Layer::Data)
    };
    let report = |layer: Layer| {
        let own = decision.objections().filter(|objection| objection.code.layer() == layer);
        LayerReport { layer: layer.name(), objections: own.map(|own| objection(decision, request, &own)).collect() }
    };
    order.into_iter().filter(|layer| !is_silent(layer)).map(report).collect()
}

fn objection(decision: &Decision<'_>, request: &Request<'_>, objection: &Objection) -> ObjectionReport {
    let rule = objection.rule.and_then(|rule| decision.rule(rule));
    ObjectionReport {
        code: objection.code.as_str(),
        message: Reason { code: objection.code, rule }.message().to_owned(),
        link: describe::link(request, usize::from(objection.link)),
        resource: describe::resource(request, usize::from(objection.resource)),
        rule: rule.map(|rule| rule.id().to_owned()),
    }
}
