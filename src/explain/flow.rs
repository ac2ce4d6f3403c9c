//! What does a session say of a call? The value, where it came from, and the smallest consent that would let it through.
//!
//! Next room: `render`.

use serde::Serialize;

use crate::evaluate::{Scene, findings, sources};
use crate::flow::{Finding, Precision, Run, Session, What};
use crate::value::value_to_json;

/// What a session says of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowReport {
    /// The label of all that the model has seen.
    pub context: String,
    /// `precise` or `context`: how the labels of arguments were found.
    pub precision: &'static str,
    /// What is in the way, consents apart.
    pub held_up: Vec<HeldUp>,
}

/// Something in the way of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldUp {
    /// What: `clearance`, `unknown`, `integrity`, `confidentiality`, `task`, `combination`.
    pub what: &'static str,
    /// The argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// Its label, or the context's.
    pub label: String,
    /// Who may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The steps whose answers made it so, the latest first: `step 3, slack/get_webpage of a.html at 2026-11-24T12:00:00Z: public, untrusted`.
    pub from: Vec<String>,
    /// The smallest consent that would let it through; none could where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

pub(super) fn report(scene: &Scene<'_, '_>, session: &Session, run: &Run<'_>) -> FlowReport {
    let words = &scene.engine.policy().flow().words;
    let precision = if run.inputs.is_some() { Precision::Precise } else { Precision::Context };
    let mut held_up = Vec::new();
    if session.stamp() == words.stamp() {
        findings(scene, session, run, &mut |finding| held_up.push(one(finding, scene, session, run)));
    }
    FlowReport { context: words.describe(session.context()), precision: precision.name(), held_up }
}

fn one(finding: &Finding<'_>, scene: &Scene<'_, '_>, session: &Session, run: &Run<'_>) -> HeldUp {
    let policy = scene.engine.policy().flow();
    let words = &policy.words;
    let argument = finding.parameter.map_or("the call".to_owned(), |name| format!("`{name}`"));
    let consent = finding.what.verb().filter(|_| !policy.approvers.is_empty()).map(|verb| {
        format!("{} {argument} for this call only, by a person of `flow.approval` who may see it", verb.name())
    });
    HeldUp {
        what: match finding.what {
            What::Clearance => "clearance",
            What::Unknown => "unknown",
            What::Integrity => "integrity",
            What::Confidentiality => "confidentiality",
            What::Task => "task",
            What::Ready(_) => "combination",
        },
        argument: finding.parameter.map(str::to_owned),
        value: finding.value.map(value_to_json),
        label: words.describe(&finding.label),
        recipient: finding.recipient.map(str::to_owned),
        from: sources(finding, policy, session, run).iter().map(|past| past.describe(words)).collect(),
        consent,
    }
}
