//! What would change the answer? One line for each remedy, as one would say it to somebody.
//!
//! Next room: `render`.

use super::{Explanation, RuleReport, describe};
use crate::decision::{Code, Decision, Layer, Outstanding, Reason, RuleRef, Verdict};
use crate::identity::Sponsor;
use crate::request::Request;
use crate::rule::{Approver, Control, Requirement, Source};

pub(super) fn advice(decision: &Decision<'_>, request: &Request<'_>, explanation: &Explanation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(defect) = request.defect() {
        lines.push(format!("Correct {defect}."));
    }
    for reason in decision.reasons() {
        objection(reason, explanation, &mut lines);
    }
    if decision.has(Code::PrivilegeNoPermit) {
        lines.extend(permits(explanation));
    }
    lines.extend(
        decision.requirements().filter_map(|outstanding| requirement(&outstanding, decision, request, explanation)),
    );
    let most = decision.engine.policy().vocabulary().limits().decision_cost;
    if decision.spent >= most {
        // What is said of each rule was found out without this bound.
        lines.push(format!(
            "The conditions of this call took the {most} steps that those of one decision may take; of what came after, nothing is known, \
             whatever is said of it here. Send less, or simplify the conditions."
        ));
    }
    lines.extend(closing(decision, request));
    let mut seen = std::collections::BTreeSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    lines
}

fn objection(reason: Reason<'_>, explanation: &Explanation, lines: &mut Vec<String>) {
    match (reason.code, reason.rule) {
        (Code::RequestMalformed | Code::RequestTooLarge | Code::PrivilegeNoPermit, _) => {}
        (
            Code::RuleForbidden
            | Code::RuleForbiddenUnknown
            | Code::AccessBlocked
            | Code::AccessBlockedUnknown
            | Code::DataLossBlocked
            | Code::DataLossBlockedUnknown,
            Some(rule),
        ) => lines.extend(forbidden(rule, explanation)),
        (code, Some(rule)) if code.layer() == Layer::Privilege => {
            lines.push(format!("{} (grant `{}`)", code.remedy(), rule.id()));
        }
        (code, Some(rule)) => lines.push(format!("{} Asked by {}.", code.remedy(), called(rule))),
        (code, None) => lines.push(code.remedy().to_owned()),
    }
}

/// A rule as people call it: an access policy or data-loss rule by its own id, not by those of the rules that it becomes.
fn called(rule: RuleRef<'_>) -> String {
    match rule.source() {
        Source::Access => {
            let id = rule.id().strip_prefix("access/").unwrap_or(rule.id());
            format!("the access policy `{}`", id.split('/').next().unwrap_or(id))
        }
        Source::DataLoss => {
            let id = rule.id().strip_prefix("data_loss/").unwrap_or(rule.id());
            let (policy, rest) = id.split_once('/').unwrap_or((id, ""));
            format!("the rule `{}` of the data-loss policy `{policy}`", rest.split('/').next().unwrap_or(rest))
        }
        Source::Grant => format!("the grant `{}`", rule.id()),
        Source::Flow => "what the session has read".to_owned(),
        Source::Rule => format!("the rule `{}`", rule.id()),
    }
}

/// Where a rule applied.
fn applied<'x>(rule: RuleRef<'_>, explanation: &'x Explanation) -> impl Iterator<Item = &'x RuleReport> {
    let id = rule.id().to_owned();
    explanation.rules.iter().filter(move |report| report.applied && report.rule == id)
}

/// What to do so that a forbid does not apply: meet the control that lifts it, send what is unknown, or change what it has read.
fn forbidden(rule: RuleRef<'_>, explanation: &Explanation) -> Vec<String> {
    let named = called(rule);
    // Only access policies say what lifts them; a rule's own message is in the objection already.
    if let Some(remedy) = rule.message().filter(|_| rule.source() == Source::Access) {
        return vec![format!("{}. Asked by {named}.", capital(remedy))];
    }
    let verb = if matches!(rule.source(), Source::Access | Source::DataLoss) { "blocks" } else { "forbids" };
    let causes = || applied(rule, explanation).flat_map(|report| report.because.iter().chain(&report.besides));
    let mut lines: Vec<String> = causes()
        .flat_map(|cause| &cause.unknown)
        .map(|fact| format!("Send `{fact}`: without it {named} {verb} this."))
        .collect();
    if lines.is_empty() {
        let because = causes().find(|cause| cause.what == "condition").map(|cause| format!(" while {}", cause.text));
        lines.push(format!("{} {verb} this{}; no permit overrules it.", capital(&named), because.unwrap_or_default()));
    }
    lines
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
            Some((report, first)) => {
                let causes: Vec<String> = core::iter::once(first)
                    .chain(&report.besides)
                    .map(|cause| missing(&cause.text, &cause.unknown))
                    .collect();
                let causes = causes.join(", and ");
                format!("Nothing permits {about}. Nearest is {} `{}`, but {causes}.", report.effect, report.rule)
            }
            None => format!("Nothing permits {about}, and no rule comes near it."),
        });
    }
    lines
}

fn missing(text: &str, unknown: &[String]) -> String {
    if unknown.is_empty() { text.to_owned() } else { format!("{text} (unknown: {})", unknown.join(", ")) }
}

fn requirement(
    outstanding: &Outstanding<'_>,
    decision: &Decision<'_>,
    request: &Request<'_>,
    explanation: &Explanation,
) -> Option<String> {
    let what = match outstanding.requirement {
        Requirement::Control { any_of, max_age } => {
            // The one that is asked for first, then the others that would do.
            let first = outstanding.control;
            let others = any_of.iter().copied().filter(|control| Some(*control) != first);
            let age = max_age.map_or_else(String::new, |age| format!(" (at most {age} ago)"));
            let ways: Vec<String> = first.into_iter().chain(others).map(|control| way(control, &age)).collect();
            capital(&ways.join(", or "))
        }
        Requirement::Approval { by } => {
            let names: Vec<String> = by.iter().map(|approver| approver_in_words(approver, decision, request)).collect();
            format!("Ask {} to approve this call", names.join(" or "))
        }
        Requirement::Redact { .. }
        | Requirement::RedactSensitive { .. }
        | Requirement::Narrow { .. }
        | Requirement::Obligation { .. } => return None,
    };
    let rule = outstanding.rule;
    // What the author says besides, unless that is the same again.
    let own = rule.message().filter(|own| !own.starts_with(&what)).map_or_else(String::new, |own| format!(" {own}"));
    let mut links: Vec<&str> = applied(rule, explanation).map(|report| report.link.as_str()).collect();
    links.dedup();
    links.sort_unstable();
    links.dedup();
    let of = if links.is_empty() { String::new() } else { format!(" of {}", links.join(" and ")) };
    Some(format!("{what}.{own} Asked{of} by {}.", called(rule)))
}

/// How a control is met.
fn way(control: Control, age: &str) -> String {
    match control {
        Control::Mfa => "sign in with a second factor".to_owned(),
        Control::CompliantDevice => "use a device that meets the compliance policies".to_owned(),
        Control::ManagedDevice => "use a managed device".to_owned(),
        Control::JoinedDevice => "use a device that is joined to the directory".to_owned(),
        Control::TrustedNetwork => "call from a trusted network".to_owned(),
        Control::SenderConstrained => "use a token that is bound to its sender".to_owned(),
        Control::Justification => "give a reason (`justification`)".to_owned(),
        Control::FreshAuthentication => format!("sign in again{age}"),
    }
}

/// `priya.raman, who answers for agent close-runner`.
fn approver_in_words(approver: &Approver, decision: &Decision<'_>, request: &Request<'_>) -> String {
    let directory = decision.engine.directory();
    let immediate = usize::from(request.chain.len() > 1);
    let found = request.chain.get(immediate).and_then(|link| directory.find_principal(link.kind(), link.id()));
    let principal = found.and_then(|at| directory.principal(at));
    let agent = principal.and_then(|principal| match principal.parent {
        Some(parent) => directory.principal(parent),
        None => Some(principal),
    });
    let record = agent.and_then(|agent| agent.agent.as_deref());
    let name = agent.map_or("the agent", |agent| agent.id_text());
    match approver {
        Approver::Sponsor => match record.and_then(|record| record.sponsor.as_ref()) {
            Some(Sponsor::User(user)) => format!("{user}, who answers for {name},"),
            Some(Sponsor::Group(group)) => format!("somebody in {group}, who answer for {name},"),
            None => format!("whoever answers for {name}"),
        },
        Approver::Owner => match record.and_then(|record| record.owner.as_ref()) {
            Some(user) => format!("{user}, who maintains {name},"),
            None => format!("whoever maintains {name}"),
        },
        Approver::User(user) => user.to_string(),
        Approver::Group(group) => format!("somebody in {group}"),
    }
}

/// What comes after: that nothing else stands in the way, and what an approval is of.
fn closing(decision: &Decision<'_>, request: &Request<'_>) -> Option<String> {
    match decision.verdict() {
        Verdict::StepUp => {
            Some("Then make the same call again: as things are, nothing else stands in the way.".to_owned())
        }
        Verdict::Defer if request.all_arguments().is_none() => Some(
            "Say the arguments of the call (`{}` if it has none): what was left unsaid cannot be approved.".to_owned(),
        ),
        Verdict::Defer => Some(format!(
            "Then make exactly the same call again: the approval is of this one ({}) and of no other.",
            describe::digest(request)
        )),
        Verdict::Allow | Verdict::Modify | Verdict::Deny => None,
    }
}
