//! Family DEV: device compliance.

use crate::read::reading;
use placet::access::device::{ComplianceSettings, ComplianceState, Posture, VALIDITY_DAYS};
use placet::access::policy::{Control, Grant, Lane, Policy, PolicySet, Require, Subjects, TargetSet, UserSet};
use placet::access::signals::{Device, Flows, Principal, Signal, Target, User};
use placet::access::{Decision, SignIn, entra};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    let compliant = compliant(given)?;
    let mut answer = json!({ "compliant": compliant });
    if let Some(control) = request["control"].as_str() {
        let device = Device {
            compliant: Signal::Known(compliant),
            private_browsing: given["browser"].as_str().is_some_and(is_private),
            ..Device::default()
        };
        answer["satisfied"] = json!(satisfied(device, super::ca::control(control)));
    }
    Ok(answer)
}

fn is_private(browser: &str) -> bool {
    ["inprivate", "incognito", "private"].iter().any(|mode| browser.to_ascii_lowercase().contains(mode))
}

/// What the tenant's compliance settings make of the device.
fn compliant(given: &Value) -> Result<bool, String> {
    let mut settings = ComplianceSettings::default();
    if let Some(text) = given["tenant"]["noPolicyMeans"].as_str() {
        settings.without_policy = text.eq_ignore_ascii_case("compliant");
    }
    let days = |member: &str| given[member].as_u64().and_then(|days| u32::try_from(days).ok());
    settings.validity_days = days("validityDays").unwrap_or(VALIDITY_DAYS);
    let mut policies = Vec::new();
    for text in [given["device"].as_str(), given["lastState"].as_str()].into_iter().flatten() {
        policies.push(state(text)?);
    }
    for item in given["device"]["policies"].as_array().into_iter().flatten() {
        let text = item.as_str().or_else(|| item["state"].as_str()).ok_or("a device policy has no state")?;
        policies.push(state(text)?);
    }
    let reported_days_ago = days("lastReportDaysAgo").map_or(Signal::Unknown, Signal::Known);
    let posture = Posture { policies, reported_days_ago };
    Ok(posture.compliant(settings, reading()) == Signal::Known(true))
}

fn state(text: &str) -> Result<ComplianceState, String> {
    match text.to_ascii_lowercase().replace([' ', '_', '-'], "").as_str() {
        "compliant" => Ok(ComplianceState::Compliant),
        "remediated" => Ok(ComplianceState::Remediated),
        "notapplicable" => Ok(ComplianceState::NotApplicable),
        "ingraceperiod" => Ok(ComplianceState::InGracePeriod),
        "noncompliant" | "notcompliant" => Ok(ComplianceState::NonCompliant),
        "conflict" => Ok(ComplianceState::Conflict),
        "error" => Ok(ComplianceState::Error),
        "unknown" => Ok(ComplianceState::Unknown),
        other => Err(format!("`{other}` is no compliance state")),
    }
}

/// Whether a policy that requires the control is met from this device.
fn satisfied(device: Device, control: Control) -> bool {
    let everybody = UserSet { all: true, ..UserSet::default() };
    let everything = TargetSet { all: true, ..TargetSet::default() };
    let policy = Policy {
        id: "control".to_owned(),
        subjects: Subjects { users: Lane { include: everybody, ..Lane::default() }, ..Subjects::default() },
        targets: Lane { include: everything, ..Lane::default() },
        grant: Some(Grant::Require(Require { controls: [control].into(), ..Require::default() })),
        ..Policy::default()
    };
    let set = PolicySet { policies: vec![policy], ..PolicySet::default() };
    let mut sign_in = SignIn::new(Principal::User(User::default()), Target::default());
    sign_in.device = Signal::Known(Some(device));
    sign_in.flows = Flows::first(None);
    matches!(entra(&set, &sign_in).decision, Decision::Grant { .. })
}
