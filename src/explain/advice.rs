//! What would change the answer? One line for each remedy, the nearest first.
//!
//! Next room: `render`.

use super::Explanation;
use crate::decision::{Code, Decision, Layer, Outstanding, approver_name};
use crate::request::Request;
use crate::rule::{Control, Requirement};

pub(super) fn advice(decision: &Decision<'_>, request: &Request<'_>, explanation: &Explanation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(defect) = request.defect() {
        lines.push(format!("Correct {defect}."));
    }
    for reason in decision.reasons() {
        match (reason.code, reason.rule) {
            (Code::RequestMalformed | Code::RequestTooLarge, _) => {}
            (Code::PrivilegeNoPermit, _) => {}
            (
                Code::RuleForbidden | Code::RuleForbiddenUnknown | Code::AccessBlocked | Code::AccessBlockedUnknown,
                Some(rule),
            ) => lines.extend(unknowns(rule.id(), explanation)),
            (code, Some(rule)) if code.layer() == Layer::Privilege => {
                lines.push(format!("{} (grant `{}`)", code.remedy(), rule.id()));
            }
            (code, _) => lines.push(code.remedy().to_owned()),
        }
    }
    if decision.has(Code::PrivilegeNoPermit) {
        lines.extend(permits(explanation));
    }
    lines.extend(decision.requirements().filter_map(|outstanding| requirement(&outstanding)));
    let mut seen = std::collections::BTreeSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    lines
}

/// What to send so that a forbid can be ruled out, or that it cannot.
fn unknowns(rule: &str, explanation: &Explanation) -> Vec<String> {
    let applied = explanation.rules.iter().filter(|report| report.applied && report.rule == rule);
    let missing: Vec<String> =
        applied.flat_map(|report| report.because.iter().flat_map(|cause| cause.unknown.clone())).collect();
    let mut lines: Vec<String> =
        missing.iter().map(|fact| format!("Send `{fact}`: rule `{rule}` forbids without it.")).collect();
    if lines.is_empty() {
        lines.push(format!("Rule `{rule}` forbids this; no permit overrules a forbid."));
    }
    lines
}

/// The nearest permits of what nothing permits.
fn permits(explanation: &Explanation) -> Vec<String> {
    let mut lines = Vec::new();
    let without = explanation.layers.iter().flat_map(|layer| &layer.objections);
    for objection in without.filter(|objection| objection.code == Code::PrivilegeNoPermit.as_str()) {
        let about = format!("{} on {}", objection.link, objection.resource);
        let near = explanation.rules.iter().find(|report| {
            let same = report.link == objection.link && report.resource == objection.resource;
            same && !report.applied && !report.report_only && matches!(report.effect, "permit" | "grant")
        });
        let line = near.and_then(|report| report.because.as_ref().map(|cause| (report, cause)));
        lines.push(match line {
            Some((report, cause)) => {
                let send = match cause.unknown.as_slice() {
                    [] => String::new(),
                    facts => format!(" (unknown: {})", facts.join(", ")),
                };
                format!(
                    "Nothing permits {about}. Nearest is {} `{}`, but {}{send}.",
                    report.effect, report.rule, cause.text
                )
            }
            None => format!("Nothing permits {about}, and no rule comes near it."),
        });
    }
    lines
}

fn requirement(outstanding: &Outstanding<'_>) -> Option<String> {
    let because = outstanding.rule.message().map_or_else(String::new, |message| format!(" {message}"));
    let line = match outstanding.requirement {
        Requirement::Control { max_age, .. } => match outstanding.control? {
            Control::Mfa => "Sign in with a second factor.".to_owned(),
            Control::CompliantDevice => "Use a device that meets the compliance policies.".to_owned(),
            Control::ManagedDevice => "Use a managed device.".to_owned(),
            Control::JoinedDevice => "Use a device that is joined to the directory.".to_owned(),
            Control::TrustedNetwork => "Call from a trusted network.".to_owned(),
            Control::SenderConstrained => "Use a token that is bound to its sender.".to_owned(),
            Control::FreshAuthentication => {
                let age = max_age.map_or_else(String::new, |age| format!("; the last sign-in may be {age} old"));
                format!("Sign in again{age}.")
            }
        },
        Requirement::Approval { by } => {
            let names: Vec<String> = by.iter().map(approver_name).collect();
            format!("Ask for the approval of {}.", names.join(" or "))
        }
        Requirement::Redact { .. } | Requirement::Narrow { .. } | Requirement::Obligation { .. } => return None,
    };
    Some(format!(
        "{line} Rule `{}`:{}",
        outstanding.rule.id(),
        if because.is_empty() { " it requires this." } else { &because }
    ))
}
