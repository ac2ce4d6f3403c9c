//! What do the policies say to a sign-in? The algorithm, once for both readings.
//!
//! 1. Policies that are off are not judged. Of the others each *applies* if no part of it is false ([`super::Part`]).
//! 2. If any applying policy blocks, access is denied. Otherwise the controls of every applying policy must be met: all or one of
//!    them within a policy, all policies together.
//! 3. Access given, the session controls of all applying policies are joined ([`Session::join`]).
//!
//! Report-only policies are judged the same way and never count. No applying policy is no objection. What is missing is denied if
//! this sign-in cannot bring it, and asked for if it can. Policies are reported by id, so their order means nothing.
//!
//! Source: "Building a Conditional Access policy", "Report-only mode" (Entra); `appliedConditionalAccessPolicyResult` (Graph).
//!
//! Next room: [`super::whatif`].

use serde::Serialize;

use super::Reading;
use super::matching::{Finding, Judge, Part, Unknown};
use super::policy::{Control, Grant, Operator, Policy, PolicySet, State};
use super::session::Session;
use super::signals::{Door, Principal, SignIn, Signal};
use super::targets::TOKEN_EXCHANGE;
use crate::condition::Truth;

/// What both readings answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Whether the policies were evaluated at all.
    pub engine: Engine,
    /// What they say together.
    pub decision: Decision,
    /// What each says, by id.
    pub policies: Vec<PolicyReport>,
}

/// Whether the policies were evaluated at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Engine {
    /// They were.
    Evaluated,
    /// Not: an intermediate token exchange, a blueprint's own provisioning, a key, or security defaults. Faithful only.
    NotApplied,
}

/// What the policies say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No objection; the session keeps to these controls. Not a permit.
    Grant {
        /// Session controls.
        session: Session,
    },
    /// Something is missing that this sign-in can bring.
    Interrupt {
        /// What is missing: all of these.
        needs: Vec<Need>,
    },
    /// Refused.
    Deny {
        /// The policies that refuse, by id: those that block, or those whose controls are not met.
        by: Vec<String>,
        /// What is missing, in the order of prompts; empty if a policy blocks.
        needs: Vec<Need>,
    },
}

/// Something that is missing: any one of these controls, in the order of prompts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// The alternatives.
    pub any_of: Vec<Control>,
}

/// What one policy says.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyReport {
    /// Its id.
    pub policy: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Its parts, in the order of [`Part`]; none if it is off.
    pub parts: Vec<(Part, Finding)>,
    /// What it misses, if it applies.
    pub needs: Vec<Need>,
}

impl PolicyReport {
    /// The parts that keep it from applying, first one first.
    pub fn unmet(&self) -> impl Iterator<Item = Part> {
        let off = (self.outcome == Outcome::NotEnabled).then_some(Part::PolicyNotEnabled);
        let is_unmet = |(_, finding): &&(Part, Finding)| finding.holds() == Truth::False;
        off.into_iter().chain(self.parts.iter().filter(is_unmet).map(|(part, _)| *part))
    }
}

/// What became of a policy. Source: `appliedConditionalAccessPolicyResult` of Microsoft Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It applies and is met. Of one policy; others may refuse.
    Success,
    /// It applies, and blocks or is not met.
    Failure,
    /// It does not apply.
    NotApplied,
    /// It is off.
    NotEnabled,
    /// Report-only: would be met.
    ReportOnlySuccess,
    /// Report-only: would refuse.
    ReportOnlyFailure,
    /// Report-only: would ask for something that a person does.
    ReportOnlyInterrupted,
    /// Report-only: would not apply.
    ReportOnlyNotApplied,
}

impl Outcome {
    /// Its name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::NotApplied => "notApplied",
            Self::NotEnabled => "notEnabled",
            Self::ReportOnlySuccess => "reportOnlySuccess",
            Self::ReportOnlyFailure => "reportOnlyFailure",
            Self::ReportOnlyInterrupted => "reportOnlyInterrupted",
            Self::ReportOnlyNotApplied => "reportOnlyNotApplied",
        }
    }
}

impl Report {
    /// What the log would say of the sign-in: `success`, `failure`, or `notApplied` if no policy that counts applied.
    /// Source: `conditionalAccessStatus` of Microsoft Graph.
    #[must_use]
    pub fn status(&self) -> &'static str {
        let counted = |p: &PolicyReport| matches!(p.outcome, Outcome::Success | Outcome::Failure);
        match &self.decision {
            Decision::Deny { .. } | Decision::Interrupt { .. } => "failure",
            Decision::Grant { .. } if self.policies.iter().any(counted) => "success",
            Decision::Grant { .. } => "notApplied",
        }
    }
}

impl Decision {
    /// The controls that are missing, each once, in the order of prompts.
    #[must_use]
    pub fn missing(&self) -> Vec<&Control> {
        let needs = match self {
            Self::Grant { .. } => &[][..],
            Self::Interrupt { needs } | Self::Deny { needs, .. } => needs,
        };
        let mut controls: Vec<&Control> = needs.iter().flat_map(|need| &need.any_of).collect();
        controls.sort();
        controls.dedup();
        controls
    }
}

/// The faithful reading: what the original system would have said.
#[must_use]
pub fn entra(set: &PolicySet, sign_in: &SignIn) -> Report {
    let judge = Judge { set, sign_in, reading: Reading::Faithful, unknown: Unknown::MatchesNothing };
    let exchange = sign_in.door == Door::TokenExchange || sign_in.target.id == TOKEN_EXCHANGE;
    let bypassed = exchange || sign_in.door != Door::Token || set.security_defaults;
    judge.report(if bypassed { Engine::NotApplied } else { Engine::Evaluated })
}

/// The strict reading: what this library says.
///
/// [`Decision::Grant`] is no permit: it means that no policy objects.
#[must_use]
pub fn strict(set: &PolicySet, sign_in: &SignIn) -> Report {
    let judge = Judge { set, sign_in, reading: Reading::Strict, unknown: Unknown::StaysOpen };
    judge.report(Engine::Evaluated)
}

impl Judge<'_> {
    fn report(&self, engine: Engine) -> Report {
        let mut judged: Vec<(&Policy, PolicyReport)> =
            self.set.policies.iter().map(|policy| (policy, self.policy(policy, engine))).collect();
        judged.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        let counted = || {
            let counts = |r: &PolicyReport| matches!(r.outcome, Outcome::Success | Outcome::Failure);
            judged.iter().filter(move |(_, report)| counts(report))
        };
        let ids = |wanted: fn(&Policy, &PolicyReport) -> bool| -> Vec<String> {
            let mut ids: Vec<String> =
                counted().filter(|(policy, report)| wanted(policy, report)).map(|(p, _)| p.id.clone()).collect();
            ids.dedup();
            ids
        };
        let blocking = ids(|policy, _| policy.blocks());
        let mut needs: Vec<Need> = counted().flat_map(|(_, report)| report.needs.iter().cloned()).collect();
        needs.sort();
        needs.dedup();
        let decision = if !blocking.is_empty() {
            Decision::Deny { by: blocking, needs: Vec::new() }
        } else if needs.is_empty() {
            let sessions = counted().map(|(policy, _)| self.session(policy));
            Decision::Grant { session: sessions.fold(Session::default(), |all, one| all.join(&one)) }
        } else if needs.iter().all(|need| self.is_attainable(need)) {
            Decision::Interrupt { needs }
        } else {
            Decision::Deny { by: ids(|_, report| !report.needs.is_empty()), needs }
        };
        Report { engine, decision, policies: judged.into_iter().map(|(_, report)| report).collect() }
    }

    fn policy(&self, policy: &Policy, engine: Engine) -> PolicyReport {
        let report = |outcome, parts, needs| PolicyReport { policy: policy.id.clone(), outcome, parts, needs };
        let report_only = match policy.state {
            State::Off => return report(Outcome::NotEnabled, Vec::new(), Vec::new()),
            State::ReportOnly => true,
            State::On => false,
        };
        let parts = self.parts(policy);
        let applies = parts.iter().all(|(_, finding)| finding.holds() != Truth::False)
            && engine == Engine::Evaluated
            && !(report_only && self.skipped_in_report_only());
        if !applies {
            let outcome = if report_only { Outcome::ReportOnlyNotApplied } else { Outcome::NotApplied };
            return report(outcome, parts, Vec::new());
        }
        let needs = self.needs(policy);
        let outcome = match (report_only, policy.blocks(), needs.is_empty()) {
            (false, false, true) => Outcome::Success,
            (false, ..) => Outcome::Failure,
            (true, false, true) => Outcome::ReportOnlySuccess,
            (true, false, false) if needs.iter().all(|need| self.is_interactive(need)) => {
                Outcome::ReportOnlyInterrupted
            }
            (true, ..) => Outcome::ReportOnlyFailure,
        };
        report(outcome, parts, needs)
    }

    /// What the policy demands and the sign-in has not met.
    fn needs(&self, policy: &Policy) -> Vec<Need> {
        let Some(Grant::Require(require)) = &policy.grant else { return Vec::new() };
        let missing = || require.controls.iter().filter(|control| !self.is_met(control)).cloned();
        match require.operator {
            Operator::And => missing().map(|control| Need { any_of: vec![control] }).collect(),
            // No control at all cannot be met; neither reading lets an empty list through.
            Operator::Or if require.controls.is_empty() => vec![Need { any_of: Vec::new() }],
            Operator::Or if missing().count() < require.controls.len() => Vec::new(),
            Operator::Or => vec![Need { any_of: missing().collect() }],
        }
    }

    /// Whether a control is met; what is unknown is not. Of devices the sign-in's device tells, not the caller.
    fn is_met(&self, control: &Control) -> bool {
        let device = |test: fn(&super::signals::Device) -> Signal<bool>| match self.device_state() {
            // A private browser window does not present its device.
            Signal::Known(Some(device)) => !device.private_browsing && test(device) == Signal::Known(true),
            Signal::Known(None) | Signal::Unknown => false,
        };
        match control {
            Control::CompliantDevice => device(|device| device.compliant),
            Control::JoinedDevice => device(|device| device.joined),
            Control::CompliantNetwork => self.sign_in.network.compliant == Signal::Known(true),
            Control::Mfa
            | Control::AuthenticationStrength(_)
            | Control::ApprovedApplication
            | Control::AppProtection
            | Control::PasswordChange
            | Control::RiskRemediation
            | Control::TermsOfUse(_)
            | Control::Custom(_)
            | Control::SponsorApproval => self.sign_in.evidence.contains(control),
        }
    }

    /// Whether this sign-in can bring one of the alternatives.
    fn is_attainable(&self, need: &Need) -> bool {
        let approval = |control: &Control| *control == Control::SponsorApproval;
        let agents = self.sign_in.agents().next().is_some();
        self.is_interactive(need) || agents && need.any_of.iter().any(approval)
    }

    /// Whether a person who signs in can bring one of the alternatives then and there. An agent alone has no person.
    fn is_interactive(&self, need: &Need) -> bool {
        let asks = |control: &Control| match control {
            Control::Mfa
            | Control::AuthenticationStrength(_)
            | Control::PasswordChange
            | Control::RiskRemediation
            | Control::TermsOfUse(_)
            | Control::Custom(_) => true,
            Control::CompliantDevice
            | Control::JoinedDevice
            | Control::ApprovedApplication
            | Control::AppProtection
            | Control::CompliantNetwork
            | Control::SponsorApproval => false,
        };
        matches!(self.sign_in.subject, Principal::User(_)) && need.any_of.iter().any(asks)
    }

    fn session(&self, policy: &Policy) -> Session {
        let session = policy.session.clone();
        match self.reading {
            Reading::Strict => session.without_relaxations(),
            Reading::Faithful if policy.is_on_everything() => session,
            Reading::Faithful => session.without_disabled_evaluation(),
        }
    }
}

impl Policy {
    /// Whether it is about all resources without exclusions and conditions: the only shape in which it can disable continuous
    /// access evaluation.
    #[must_use]
    pub fn is_on_everything(&self) -> bool {
        self.targets.include.all && self.targets.exclude.is_empty() && self.conditions.is_empty()
    }
}
