//! What is kept? One record per decision: who, what, why, under which versions.
//!
//! The form is stable ([`Record::FORMAT`]) and readable back. Arguments, properties and signals are kept only by digest, unless
//! the host asks for the arguments ([`Keep`]): they are where secrets are. INVARIANT: equal decisions on equal requests give
//! equal records, byte for byte; writing and reading them back changes nothing.
//!
//! Next room: [`crate::door`].

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, requirement_id};
use crate::fact::slot;
use crate::request::{Link, Request, Target, value_digest};
use crate::value::{Fact, Value, value_to_json};

/// What of a request a record keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Arguments only by their digest.
    #[default]
    Digests,
    /// Arguments as they were.
    Arguments,
}

/// A decision, for the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`Record::FORMAT`].
    pub format: String,
    /// The host's id of the evaluation, or the digest of the request.
    pub evaluation_id: String,
    /// When it was judged, RFC 3339; `None` if the request did not say.
    pub time: Option<String>,
    /// The verdict.
    pub verdict: String,
    /// Whether the call could go on.
    pub decision: bool,
    /// The subject.
    pub subject: RecordedParty,
    /// The actors, the immediate one first.
    pub actors: Vec<RecordedParty>,
    /// The action.
    pub action: String,
    /// The resource, then the targets.
    pub resources: Vec<RecordedResource>,
    /// Digest of the arguments; `None` if none were given.
    pub arguments_digest: Option<String>,
    /// The arguments, if the host asked to keep them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<serde_json::Value>,
    /// Why not, with link and resource.
    pub reasons: Vec<RecordedReason>,
    /// Ids of what must be done, with the rules behind it.
    pub requirements: Vec<RecordedRequirement>,
    /// Rules on trial that would have applied.
    pub report_only: Vec<String>,
    /// In a session: whether the host named the inputs of each argument (`precise`) or the context counted (`context`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The host's own key of the session, if the request states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_session: Option<String>,
    /// Consents that the request states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<RecordedConsent>,
    /// What is wrong with the form of the request, if it is malformed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The policy that was seen.
    pub policy_version: String,
    /// The directory that was seen.
    pub directory_version: String,
    /// Digest of the call: what an approval binds to.
    pub call_digest: String,
    /// Digest of everything that the request says.
    pub request_digest: String,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedParty {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// A consent that a request states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedConsent {
    /// The ask that it is to.
    pub ask: String,
    /// Who gave it.
    pub by: String,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedResource {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedReason {
    /// The code.
    pub code: String,
    /// The rule or grant behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Place in the chain: 0 is the subject.
    pub link: u8,
    /// Place among the resources.
    pub resource: u16,
}

/// A requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRequirement {
    /// Its id: `control:mfa`, `approval:sponsor`, `obligation:log`.
    pub id: String,
    /// The rule behind it.
    pub rule: String,
}

impl Record {
    /// Which form records have.
    pub const FORMAT: &'static str = "placet-record/1";

    /// The record of a decision on a request.
    #[must_use]
    pub fn new(decision: &Decision<'_>, request: &Request<'_>, keep: Keep) -> Self {
        let mut parties = request.chain.iter().map(RecordedParty::new);
        let nobody = || RecordedParty { kind: String::new(), id: String::new(), issuer: None };
        let reasons = decision.objections().map(|objection| RecordedReason {
            code: objection.code.as_str().to_owned(),
            rule: objection.rule.and_then(|rule| decision.rule(rule)).map(|rule| rule.id().to_owned()),
            link: objection.link,
            resource: objection.resource,
        });
        let requirements = decision.requirements().map(|outstanding| RecordedRequirement {
            id: requirement_id(outstanding.requirement),
            rule: outstanding.rule.id().to_owned(),
        });
        Self {
            format: Self::FORMAT.to_owned(),
            evaluation_id: request.evaluation(),
            time: request.now().map(|now| now.to_string()),
            verdict: decision.verdict().name().to_owned(),
            decision: decision.may_proceed(request),
            subject: parties.next().unwrap_or_else(nobody),
            actors: parties.collect(),
            action: request.action().to_owned(),
            resources: request.targets().iter().map(RecordedResource::new).collect(),
            arguments_digest: request.arguments.as_ref().map(|arguments| value_digest(arguments).to_string()),
            arguments: request.arguments.as_ref().filter(|_| keep == Keep::Arguments).map(value_to_json),
            reasons: reasons.collect(),
            requirements: requirements.collect(),
            report_only: decision.reported().map(|rule| rule.id().to_owned()).collect(),
            flow: decision.precision().map(|precision| precision.name().to_owned()),
            flow_session: match request.context_fact(slot::FLOW_SESSION) {
                Fact::Known(Value::String(key)) => Some(key.to_string()),
                Fact::Known(_) | Fact::Null | Fact::Unknown => None,
            },
            consents: request
                .stated_flow()
                .into_iter()
                .flat_map(|flow| &flow.consents)
                .map(|consent| RecordedConsent { ask: consent.ask.to_string(), by: consent.by.to_string() })
                .collect(),
            error: request.defect().map(ToString::to_string),
            policy_version: decision.policy_version().to_owned(),
            directory_version: decision.directory_version().to_owned(),
            call_digest: request.call_digest().to_string(),
            request_digest: request.digest().to_string(),
        }
    }
}

impl RecordedParty {
    fn new(link: &Link<'_>) -> Self {
        let issuer = link.issuer().map(str::to_owned);
        Self { kind: link.kind().to_owned(), id: link.id().to_owned(), issuer }
    }
}

impl RecordedResource {
    fn new(target: &Target<'_>) -> Self {
        Self { kind: target.kind().to_owned(), id: target.id().to_owned() }
    }
}
