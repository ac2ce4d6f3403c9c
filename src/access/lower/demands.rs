//! What a policy demands, as effects. What no requirement of a rule can say becomes a forbid that a fact lifts.

use super::super::policy::{Control, Grant, Operator, Policy};
use super::text;
use crate::rule::{self, Approver, Effect, Requirement};

/// One demand.
pub(super) struct Demand {
    pub(super) name: String,
    pub(super) effect: Effect,
    pub(super) when: Option<String>,
    pub(super) requirements: Vec<Requirement>,
    /// What a person does about it, where the effect alone does not say so.
    pub(super) remedy: Option<String>,
}

pub(super) fn of(policy: &Policy) -> Vec<Demand> {
    let mut demands = match &policy.grant {
        None => Vec::new(),
        Some(Grant::Block) => vec![forbid("block", None, None)],
        Some(Grant::Require(require)) => match require.operator {
            Operator::And => require.controls.iter().map(|control| one_of(std::slice::from_ref(&control))).collect(),
            Operator::Or => vec![one_of(&require.controls.iter().collect::<Vec<_>>())],
        },
    };
    demands.extend(session(policy));
    demands
}

fn forbid(name: &str, when: Option<String>, remedy: Option<String>) -> Demand {
    Demand { name: name.to_owned(), effect: Effect::Forbid, when, requirements: Vec::new(), remedy }
}

/// Any one of these controls.
fn one_of(controls: &[&Control]) -> Demand {
    let name = controls.iter().map(|control| name(control)).collect::<Vec<_>>().join("_or_");
    let require = |requirement| Demand {
        name: name.clone(),
        effect: Effect::Require,
        when: None,
        requirements: vec![requirement],
        remedy: None,
    };
    if controls == [&Control::SponsorApproval] {
        return require(Requirement::Approval { by: vec![Approver::Sponsor] });
    }
    let known: Option<Vec<rule::Control>> = controls.iter().map(|control| known(control)).collect();
    match known.filter(|known| !known.is_empty()) {
        Some(mut any_of) => {
            any_of.sort_by_key(|control| rule::Control::ALL.iter().position(|c| c == control));
            require(Requirement::Control { any_of, max_age: None })
        }
        None => {
            let met: Vec<String> = controls.iter().map(|control| is_met(control)).collect();
            let remedies: Vec<String> = controls.iter().map(|control| remedy(control)).collect();
            let remedy = (!remedies.is_empty()).then(|| remedies.join(", or "));
            forbid(&name, (!met.is_empty()).then(|| format!("!({})", met.join(" || "))), remedy)
        }
    }
}

/// The control of a rule that is met by the same fact.
fn known(control: &Control) -> Option<rule::Control> {
    match control {
        Control::Mfa => Some(rule::Control::Mfa),
        Control::CompliantDevice => Some(rule::Control::CompliantDevice),
        Control::JoinedDevice => Some(rule::Control::JoinedDevice),
        Control::AuthenticationStrength(_)
        | Control::ApprovedApplication
        | Control::AppProtection
        | Control::CompliantNetwork
        | Control::PasswordChange
        | Control::RiskRemediation
        | Control::TermsOfUse(_)
        | Control::Custom(_)
        | Control::SponsorApproval => None,
    }
}

fn is_met(control: &Control) -> String {
    let evidence = |name: String| format!("{} in session.evidence", text(&name));
    match control {
        Control::Mfa => "authentication.mfa".to_owned(),
        Control::AuthenticationStrength(strength) => format!("authentication.strength == {}", text(strength)),
        Control::CompliantDevice => "device.compliant".to_owned(),
        Control::JoinedDevice => "device.joined".to_owned(),
        Control::CompliantNetwork => "location.compliant_network".to_owned(),
        Control::TermsOfUse(id) => evidence(format!("terms_of_use:{id}")),
        Control::Custom(id) => evidence(format!("custom:{id}")),
        Control::ApprovedApplication
        | Control::AppProtection
        | Control::PasswordChange
        | Control::RiskRemediation
        | Control::SponsorApproval => evidence(name(control)),
    }
}

/// What a person does to meet a control.
fn remedy(control: &Control) -> String {
    match control {
        Control::Mfa => "sign in with a second factor".to_owned(),
        Control::AuthenticationStrength(strength) => format!("sign in with a method of the strength `{strength}`"),
        Control::CompliantDevice => "use a device that meets the compliance policies".to_owned(),
        Control::JoinedDevice => "use a device that is joined to the directory".to_owned(),
        Control::ApprovedApplication => "use an approved application".to_owned(),
        Control::AppProtection => "use an application that is under an app protection policy".to_owned(),
        Control::CompliantNetwork => "connect through the organisation's own network".to_owned(),
        Control::PasswordChange => "change the password".to_owned(),
        Control::RiskRemediation => "have the risk of the account remedied".to_owned(),
        Control::TermsOfUse(id) => format!("accept the terms of use `{id}`"),
        Control::Custom(id) => format!("complete `{id}`"),
        Control::SponsorApproval => "have the agent's sponsor approve".to_owned(),
    }
}

fn name(control: &Control) -> String {
    match control {
        Control::Mfa => "mfa",
        Control::AuthenticationStrength(_) => "authentication_strength",
        Control::CompliantDevice => "compliant_device",
        Control::JoinedDevice => "joined_device",
        Control::ApprovedApplication => "approved_application",
        Control::AppProtection => "app_protection",
        Control::CompliantNetwork => "compliant_network",
        Control::PasswordChange => "password_change",
        Control::RiskRemediation => "risk_remediation",
        Control::TermsOfUse(_) => "terms_of_use",
        Control::Custom(_) => "custom",
        Control::SponsorApproval => "sponsor_approval",
    }
    .to_owned()
}

/// Session controls, less what relaxes, as an obligation of the host.
fn session(policy: &Policy) -> Option<Demand> {
    let session = policy.session.clone().without_relaxations();
    if session.is_empty() {
        return None;
    }
    // A session is a mapping with text keys; it always has a JSON form.
    let Ok(serde_json::Value::Object(properties)) = serde_json::to_value(&session) else {
        return Some(forbid("session", None, None));
    };
    let obligation = Requirement::Obligation { kind: "session_controls".to_owned(), advisory: false, properties };
    Some(Demand {
        name: "session".to_owned(),
        effect: Effect::Require,
        when: None,
        requirements: vec![obligation],
        remedy: None,
    })
}
