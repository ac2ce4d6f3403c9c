//! The answer as data: what a decision says, with names instead of numbers.
//!
//! Next room: `batch`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::decision::{Code, Decision, Kind, Layer, Outstanding, Reason, Verdict, approver_name, requirement_id};
use crate::flow::Ask;
use crate::request::Request;
use crate::rule::Requirement;

/// An AuthZEN decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Whether the call may go on now.
    pub decision: bool,
    /// Everything else.
    pub context: AnswerContext,
}

/// What goes with a decision. Safe to show to a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerContext {
    /// `allow`, `modify`, `step_up`, `defer` or `deny`.
    pub verdict: &'static str,
    /// Why not; each reason once.
    pub reasons: Vec<AnswerReason>,
    /// What must be done before: approvals, controls; and how arguments must be changed.
    pub requirements: Vec<AnswerRequirement>,
    /// What the host must also do.
    pub obligations: Vec<AnswerObligation>,
    /// What is wrong with the form of the request, if that is why it was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How to authenticate again, where that is what helps: the claims request, and a `WWW-Authenticate` value for a 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<AnswerChallenge>,
    /// What an approval of this call binds to; where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_digest: Option<String>,
    /// What the host needs to go on with the flow that the request states; where it is not denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<AnswerFlow>,
    /// The host's id of this evaluation, or the digest of the request.
    pub evaluation_id: String,
    /// The policy that was seen.
    pub policy_version: String,
    /// The directory that was seen.
    pub directory_version: String,
}

/// What an answer says of the flow that the request states. Labels are words of the policy; they say nothing of what data say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerFlow {
    /// `precise` or `context`: how the labels of arguments were found.
    pub precision: &'static str,
    /// The label of what the call will answer: what joins `labels` once the model has seen that.
    pub answer: Json,
    /// The label of what the call writes: to be stored with it, and to join `answer` when it is read again.
    pub written: Json,
    /// What the call waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<AnswerAsk>,
}

/// What a person is to be asked. The value is in the request, under the parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerAsk {
    /// By which a consent names it.
    pub id: String,
    /// `endorse`, `declassify`, `widen` or `proceed`.
    pub verb: &'static str,
    /// The tool.
    pub tool: String,
    /// The argument, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Its value, where the model has seen all that may be in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The label of the value, or of the context.
    pub label: Json,
    /// Who may not see it, or the ready policy that holds the call up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
}

/// How to authenticate again. Source: OpenID Connect Core section 5.5; RFC 9470.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerChallenge {
    /// The claims request that makes an issuer give a token that is fresh enough.
    pub claims: String,
    /// The value of a `WWW-Authenticate` header.
    pub www_authenticate: String,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerReason {
    /// The stable code.
    pub code: &'static str,
    /// The layer.
    pub layer: &'static str,
    /// The rule or grant behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What it says.
    pub message: String,
    /// Whether the same call can succeed later, or with other signals.
    pub retryable: bool,
    /// What helps.
    pub remedy: &'static str,
}

/// A requirement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerRequirement {
    /// Its id, as policy tests write it.
    pub id: String,
    /// `approval`, `control`, `redact` or `narrow`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The rule behind it.
    pub rule: String,
    /// What the rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its details: `by`; `control`, `any_of`, `max_age`; `argument`, `to`; `types`.
    #[serde(flatten)]
    pub details: BTreeMap<&'static str, Json>,
}

/// An obligation. Source: AuthZEN obligations profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerObligation {
    /// Its id, as policy tests write it.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its parameters.
    pub properties: serde_json::Map<String, Json>,
    /// Whether a host that does not know it may go on.
    pub advisory: bool,
    /// The rule behind it.
    pub rule: String,
}

impl Decision<'_> {
    /// Whether the call may go on: nothing is outstanding, and the enforcement point has said that it can carry out every change
    /// and obligation that is not advisory.
    #[must_use]
    pub fn may_proceed(&self, request: &Request<'_>) -> bool {
        let can = |outstanding: Outstanding<'_>| match outstanding.requirement {
            Requirement::Redact { .. } => request.is_supported("redact"),
            Requirement::RedactSensitive { .. } => request.is_supported("redact_sensitive"),
            Requirement::Narrow { .. } => request.is_supported("narrow"),
            Requirement::Obligation { kind, advisory, .. } => *advisory || request.is_supported(kind),
            Requirement::Control { .. } | Requirement::Approval { .. } => false,
        };
        self.is_allowed() && self.requirements().all(can)
    }
}

impl Answer {
    /// The answer that a decision gives to a request.
    #[must_use]
    pub fn new(decision: &Decision<'_>, request: &Request<'_>) -> Self {
        let (obligations, requirements): (Vec<Outstanding<'_>>, Vec<Outstanding<'_>>) =
            decision.requirements().partition(|outstanding| outstanding.kind == Kind::Obligation);
        let waits = requirements.iter().any(|outstanding| outstanding.kind == Kind::Approval);
        let unformed = decision.reasons().any(|reason| reason.code.layer() == Layer::Request);
        let context = AnswerContext {
            verdict: decision.verdict().name(),
            reasons: decision.reasons().map(|reason| AnswerReason::new(&reason)).collect(),
            requirements: requirements.iter().map(AnswerRequirement::new).collect(),
            obligations: obligations.iter().filter_map(AnswerObligation::new).collect(),
            error: request.defect().filter(|_| unformed).map(ToString::to_string),
            challenge: decision.challenge().map(|challenge| AnswerChallenge {
                claims: challenge.claims(),
                www_authenticate: challenge.www_authenticate(),
            }),
            call_digest: waits.then(|| request.call_digest().to_string()),
            flow: AnswerFlow::new(decision, request),
            evaluation_id: request.evaluation(),
            policy_version: decision.policy_version().to_owned(),
            directory_version: decision.directory_version().to_owned(),
        };
        Self { decision: decision.may_proceed(request), context }
    }

    /// Ids of everything that must be done, obligations too, in alphabetical order: what policy tests expect.
    #[must_use]
    pub fn requirement_ids(&self) -> Vec<&str> {
        let requirements = self.context.requirements.iter().map(|requirement| requirement.id.as_str());
        let mut ids: Vec<&str> =
            requirements.chain(self.context.obligations.iter().map(|obligation| obligation.id.as_str())).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The codes of the reasons, each once, in alphabetical order: what policy tests expect.
    #[must_use]
    pub fn codes(&self) -> Vec<&str> {
        let mut codes: Vec<&str> = self.context.reasons.iter().map(|reason| reason.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

impl AnswerFlow {
    fn new(decision: &Decision<'_>, request: &Request<'_>) -> Option<Self> {
        if !decision.is_stated || decision.verdict() == Verdict::Deny {
            return None;
        }
        let flow = decision.engine.stated_flow(request)?;
        let words = &decision.engine.policy().flow().words;
        let ask = |(ask, value_is_seen, sink_is_seen): (Ask, bool, bool)| AnswerAsk {
            id: ask.id(),
            verb: ask.verb.name(),
            tool: ask.tool.into(),
            parameter: ask.parameter.map(Into::into),
            value: ask.value.filter(|_| value_is_seen),
            label: words.write(&ask.label),
            sink: ask.sink.filter(|_| sink_is_seen).map(Into::into),
        };
        Some(Self {
            precision: flow.precision.name(),
            answer: words.write(&flow.answer),
            written: words.write(&flow.written),
            asks: flow.asks.into_iter().map(ask).collect(),
        })
    }
}

impl AnswerReason {
    fn new(reason: &Reason<'_>) -> Self {
        let code: Code = reason.code;
        Self {
            code: code.as_str(),
            layer: code.layer().name(),
            rule: reason.rule.map(|rule| rule.id().to_owned()),
            message: reason.message().to_owned(),
            retryable: code.is_retryable(),
            remedy: code.remedy(),
        }
    }
}

impl AnswerRequirement {
    fn new(outstanding: &Outstanding<'_>) -> Self {
        let mut details = BTreeMap::new();
        let kind = match outstanding.requirement {
            Requirement::Approval { by } => {
                details.insert("by", by.iter().map(approver_name).collect());
                "approval"
            }
            Requirement::Control { any_of, max_age } => {
                if let Some(control) = outstanding.control {
                    details.insert("control", control.name().into());
                }
                if any_of.len() > 1 {
                    details.insert("any_of", any_of.iter().map(|control| control.name()).collect());
                }
                if let Some(max_age) = max_age {
                    details.insert("max_age", max_age.to_string().into());
                }
                "control"
            }
            Requirement::Redact { pointer } => {
                details.insert("argument", pointer.as_str().into());
                "redact"
            }
            Requirement::RedactSensitive { types } => {
                details.insert("types", types.iter().map(String::as_str).collect());
                "redact_sensitive"
            }
            Requirement::Narrow { pointer, to } => {
                details.insert("argument", pointer.as_str().into());
                details.insert("to", to.clone());
                "narrow"
            }
            Requirement::Obligation { .. } => "obligation",
        };
        Self {
            id: requirement_id(outstanding.requirement),
            kind,
            rule: outstanding.rule.id().to_owned(),
            message: outstanding.rule.message().map(str::to_owned),
            details,
        }
    }
}

impl AnswerObligation {
    fn new(outstanding: &Outstanding<'_>) -> Option<Self> {
        let Requirement::Obligation { kind, advisory, properties } = outstanding.requirement else { return None };
        Some(Self {
            id: requirement_id(outstanding.requirement),
            kind: kind.clone(),
            properties: properties.clone(),
            advisory: *advisory,
            rule: outstanding.rule.id().to_owned(),
        })
    }
}
