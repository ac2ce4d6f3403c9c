//! Does a policy apply to a sign-in? Each part of it that is written, in the three-valued logic of both readings.
//!
//! A part holds if what it includes matches and what it excludes does not; a policy applies unless some part is false. The readings
//! differ in what each part means (below and in [`super::subjects`], [`super::targets`]) and in what becomes of an unknown:
//!
//! * faithful: an unknown matches neither an include nor an exclude ([`Unknown::MatchesNothing`]), as in the what-if interface
//!   and, for want of a better rule, at a sign-in; the older what-if tool assumed a match ([`Unknown::StaysOpen`]);
//! * strict: an unknown stays open, and an open policy applies.

use serde::Serialize;

use super::Reading;
use super::filter::{Held, Property};
use super::policy::{DeviceFilter, FilterMode, Policy, PolicySet, Transfer};
use super::signals::{Attribute, Device, Principal, SignIn, Signal, TargetKind};
use super::{subjects, targets};
use crate::condition::Truth;
use crate::condition::kleene::{and, not, or, truth};

/// A part of a policy that can keep it from applying, in the order in which what-if names the first.
///
/// Source: `analysisReasons` of the what-if interface; it has no word for the execution context of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The policy is off.
    PolicyNotEnabled,
    /// The policy is about nobody or nothing.
    EmptyPolicy,
    /// People; also agent users as such.
    Users,
    /// Workloads.
    WorkloadIdentities,
    /// Agents.
    AgentIdentities,
    /// Resources.
    Application,
    /// User actions.
    UserActions,
    /// Authentication contexts.
    AuthenticationContext,
    /// The platform.
    DevicePlatform,
    /// The device.
    Devices,
    /// The client application.
    ClientApps,
    /// The location.
    Location,
    /// Risk of the sign-in.
    SignInRisk,
    /// Risk of the user.
    UserRisk,
    /// Insider risk.
    InsiderRisk,
    /// Risk of the service principal.
    ServicePrincipalRisk,
    /// The authentication flow.
    AuthenticationFlow,
    /// Risk of the agent.
    AgentIdRisk,
    /// Where an agent runs.
    AgentContext,
}

impl Part {
    /// Its name in what-if answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PolicyNotEnabled => "policyNotEnabled",
            Self::EmptyPolicy => "emptyPolicy",
            Self::Users => "users",
            Self::WorkloadIdentities => "workloadIdentities",
            Self::AgentIdentities => "agentIdentities",
            Self::Application => "application",
            Self::UserActions => "userActions",
            Self::AuthenticationContext => "authenticationContext",
            Self::DevicePlatform => "devicePlatform",
            Self::Devices => "devices",
            Self::ClientApps => "clientApps",
            Self::Location => "location",
            Self::SignInRisk => "signInRisk",
            Self::UserRisk => "userRisk",
            Self::InsiderRisk => "insiderRisk",
            Self::ServicePrincipalRisk => "servicePrincipalRisk",
            Self::AuthenticationFlow => "authenticationFlow",
            Self::AgentIdRisk => "agentIdRisk",
            Self::AgentContext => "agentContext",
        }
    }
}

/// Whether a part's includes and excludes match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether anything included matches.
    pub include: Truth,
    /// Whether anything excluded matches.
    pub exclude: Truth,
}

impl Finding {
    /// Whether the part holds. Exclude beats include.
    #[must_use]
    pub fn holds(self) -> Truth {
        and(self.include, not(self.exclude))
    }

    /// The finding of a part without an exclude side.
    fn plain(include: Truth) -> Self {
        Self { include, exclude: Truth::False }
    }

    /// Whether either holds, each with its own excludes; for several links of a chain.
    pub(super) fn either(self, other: Self) -> Self {
        let holds = or(self.holds(), other.holds());
        if holds == Truth::False {
            return Self { include: or(self.include, other.include), exclude: or(self.exclude, other.exclude) };
        }
        Self::plain(holds)
    }

    /// The same with unknowns that match nothing.
    fn settled(self) -> Self {
        let settle = |t| if t == Truth::Unknown { Truth::False } else { t };
        Self { include: settle(self.include), exclude: settle(self.exclude) }
    }
}

/// What becomes of an unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    MatchesNothing,
    StaysOpen,
}

/// What parts are judged by: a policy set, a sign-in, a reading of both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) sign_in: &'a SignIn,
    pub(super) reading: Reading,
    pub(super) unknown: Unknown,
}

impl Judge<'_> {
    /// Every part that the policy writes, in the order of [`Part`].
    pub(super) fn parts(&self, policy: &Policy) -> Vec<(Part, Finding)> {
        let mut parts = vec![
            (self.subject_part(), subjects::judge(&policy.subjects, self.sign_in, self.reading)),
            (
                targets::part(&self.sign_in.target),
                targets::judge(&policy.targets, &self.sign_in.target, self.set, self.reading),
            ),
        ];
        self.environment(policy, &mut parts);
        self.risks(policy, &mut parts);
        parts.sort_by_key(|(part, _)| *part);
        if self.unknown == Unknown::MatchesNothing {
            parts.iter_mut().for_each(|(_, finding)| *finding = finding.settled());
        }
        parts
    }

    fn subject_part(&self) -> Part {
        match &self.sign_in.subject {
            Principal::User(_) | Principal::AgentUser(_) => Part::Users,
            Principal::Agent(_) => Part::AgentIdentities,
            Principal::Workload(_) => Part::WorkloadIdentities,
        }
    }

    fn environment(&self, policy: &Policy, parts: &mut Vec<(Part, Finding)>) {
        let conditions = &policy.conditions;
        if let Some(lane) = &conditions.platforms {
            let among = |set: &super::policy::PlatformSet| {
                or(truth(set.all), self.sign_in.platform.is(|platform| set.names.contains(platform)))
            };
            // Excluding all platforms excludes everything, whatever the platform is.
            parts
                .push((Part::DevicePlatform, Finding { include: among(&lane.include), exclude: among(&lane.exclude) }));
        }
        if let Some(filter) = &conditions.device {
            parts.push((Part::Devices, self.device(filter)));
        }
        if !conditions.client_apps.is_empty() {
            let app = self.sign_in.client_app.is(|app| conditions.client_apps.contains(app));
            parts.push((Part::ClientApps, Finding::plain(app)));
        }
        if let Some(lane) = &conditions.locations {
            let within = |set: &super::location::LocationSet| set.contains(&self.sign_in.network, &self.set.locations);
            parts.push((Part::Location, Finding { include: within(&lane.include), exclude: within(&lane.exclude) }));
        }
        if !conditions.authentication_flows.is_empty() {
            let uses = self.sign_in.flows.uses(&conditions.authentication_flows);
            parts.push((Part::AuthenticationFlow, Finding::plain(uses)));
        }
        if let Some(lane) = &conditions.agent_context {
            let relevant = match self.reading {
                Reading::Faithful => matches!(self.sign_in.subject, Principal::AgentUser(_)),
                Reading::Strict => self.sign_in.agents().next().is_some(),
            };
            let runs_in = |contexts: &std::collections::BTreeSet<super::policy::AgentContext>| {
                self.sign_in.origin.is(|origin| contexts.iter().any(|context| origin.is_in(*context)))
            };
            let include = and(truth(relevant), runs_in(&lane.include));
            // An exclude alone is about every other context.
            let include = if lane.include.is_empty() { truth(relevant) } else { include };
            let exclude = if lane.exclude.is_empty() { Truth::False } else { runs_in(&lane.exclude) };
            parts.push((Part::AgentContext, Finding { include, exclude }));
        }
    }

    /// Risks. A risk that nobody in the call can have (of a user, where none takes part) is a known no.
    fn risks(&self, policy: &Policy, parts: &mut Vec<(Part, Finding)>) {
        let strict = self.reading == Reading::Strict;
        let subject = &self.sign_in.subject;
        let person = matches!(subject, Principal::User(_));
        let account = person || strict && matches!(subject, Principal::AgentUser(_));
        let agent = match self.reading {
            Reading::Faithful => matches!(subject, Principal::Agent(_) | Principal::AgentUser(_)),
            Reading::Strict => self.sign_in.agents().next().is_some(),
        };
        let service = matches!(subject, Principal::Workload(_)) || strict && agent;
        let conditions = &policy.conditions;
        let risk = self.sign_in.risk;
        let mut push = |part, wanted: bool, relevant: bool, matches: Truth| {
            if wanted {
                parts.push((part, Finding::plain(and(truth(relevant), matches))));
            }
        };
        let levels = &conditions.sign_in_risk;
        push(Part::SignInRisk, !levels.is_empty(), account, self.level(levels, risk.sign_in));
        let levels = &conditions.user_risk;
        push(Part::UserRisk, !levels.is_empty(), account, self.level(levels, risk.user));
        let levels = &conditions.insider_risk;
        push(Part::InsiderRisk, !levels.is_empty(), person, self.level(levels, risk.insider));
        let levels = &conditions.service_principal_risk;
        push(Part::ServicePrincipalRisk, !levels.is_empty(), service, self.level(levels, risk.service_principal));
        let levels = &conditions.agent_risk;
        push(Part::AgentIdRisk, !levels.is_empty(), agent, self.level(levels, risk.agent));
    }

    /// Faithful: the level is one of these. Strict: it is at least the least of these.
    fn level<L: Ord>(&self, wanted: &std::collections::BTreeSet<L>, signal: Signal<L>) -> Truth {
        signal.is(|level| match self.reading {
            Reading::Faithful => wanted.contains(level),
            Reading::Strict => wanted.first().is_some_and(|least| level >= least),
        })
    }

    fn device(&self, filter: &DeviceFilter) -> Finding {
        let truth = filter.rule.evaluate(&|property| self.read(property));
        match filter.mode {
            FilterMode::Include => Finding::plain(truth),
            FilterMode::Exclude => Finding { include: Truth::True, exclude: truth },
        }
    }

    /// What a device filter reads. Faithful: all is null of a device that is not registered, or that a device-code flow cannot
    /// carry. Strict: a device that nobody vouches for proves nothing about itself, so all is unknown.
    fn read(&self, property: &Property) -> Held<'_> {
        let nothing = if self.reading == Reading::Faithful { Held::Null } else { Held::Unknown };
        let device = match self.device_state() {
            Signal::Known(Some(device)) => device,
            Signal::Known(None) => return nothing,
            Signal::Unknown => return Held::Unknown,
        };
        let name = match property {
            Property::Device(name) => *name,
            Property::Attribute(_) => return Held::Unknown,
        };
        let proven = |signal: Signal<bool>| signal == Signal::Known(true);
        let usable = proven(device.managed) || proven(device.compliant) || proven(device.joined);
        if name.starts_with("extensionAttribute") && !usable {
            return Held::Unknown;
        }
        match device.attributes.get(name) {
            Some(Attribute::Text(text)) => Held::Text(text),
            Some(Attribute::Flag(flag)) => Held::Flag(*flag),
            Some(Attribute::List(items)) => Held::List(items),
            Some(Attribute::Number(_)) => Held::Unknown,
            None if name == "isCompliant" => match device.compliant {
                Signal::Known(compliant) => Held::Flag(compliant),
                Signal::Unknown => Held::Unknown,
            },
            None => Held::Null,
        }
    }

    /// The device as this sign-in can show it: a device-code flow carries none. Strict: an unknown flow may be such a one.
    pub(super) fn device_state(&self) -> Signal<Option<&Device>> {
        let device = match &self.sign_in.device {
            Signal::Known(device) => Signal::Known(device.as_ref()),
            Signal::Unknown => Signal::Unknown,
        };
        match (self.sign_in.flows.now, self.reading) {
            (Signal::Known(Some(Transfer::DeviceCodeFlow)), _) => Signal::Known(None),
            (Signal::Unknown, Reading::Strict) => Signal::Unknown,
            (Signal::Known(_), _) | (Signal::Unknown, Reading::Faithful) => device,
        }
    }

    /// Whether report-only leaves it out: user actions are not evaluated there.
    pub(super) fn skipped_in_report_only(&self) -> bool {
        self.reading == Reading::Faithful && self.sign_in.target.kind == TargetKind::UserAction
    }
}
