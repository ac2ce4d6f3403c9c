//! Is a policy set sound, and would the original system have taken it?
//!
//! Some findings hold for both readings (a name that nothing defines, a filter of the wrong kind, controls that say nothing). Others
//! are limits of the original system: what a lane of principals may be combined with, the shape of a password-change policy, the
//! size of named locations. The strict reading has no such limits, so those are errors under [`Reading::Faithful`] only.
//!
//! | lane | conditions | controls | session controls |
//! | --- | --- | --- | --- |
//! | users | all but risk of agents and service principals, and where an agent runs | all but sponsor approval | all |
//! | agents | risk of the agent | block | none |
//! | agent users | risk of the agent, where it runs, platform, device, compliant network | block, compliant device, compliant network | none |
//! | workloads | location, risk of the service principal | block | none |
//!
//! Source: "Conditional Access for agents", "for workload identities", "Grant controls" (Entra), state of July 2026.
//!
//! Next room: [`mod@super::lint`].

use std::collections::BTreeSet;

use super::Reading;
use super::filter::{Domain, Filter};
use super::location::{LocationSet, NamedLocation};
use super::matching::Part;
use super::policy::{Conditions, Control, Grant, Lane, Policy, PolicySet, TargetSet};
use super::session::{ContinuousAccess, Frequency};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};

/// Named locations that a tenant can have. Source: Entra.
pub const MAX_LOCATIONS: usize = 195;
/// Ranges that a named location can have. Source: Entra.
pub const MAX_RANGES: usize = 2_000;
/// A range must have a longer prefix than this. Source: Entra.
pub const SHORTEST_PREFIX: u8 = 8;

/// All that is wrong with a policy set: in both readings, and under [`Reading::Faithful`] also what the original system refuses.
#[must_use]
pub fn validate(set: &PolicySet, reading: Reading) -> Diagnostics {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for policy in &set.policies {
        let mut check = Check { set, policy, found: &mut found };
        if !seen.insert(&policy.id) {
            check.error("access.duplicate_policy", "has the id of another", "give each policy an id of its own");
        }
        check.strictly();
        if reading == Reading::Faithful {
            check.lanes();
            check.targets();
            check.password_change();
            check.continuous_access();
        }
    }
    if reading == Reading::Faithful {
        locations(set, &mut found);
    }
    Diagnostics(found)
}

/// What is wrong with one policy of a set in either reading.
pub(crate) fn validate_one(set: &PolicySet, policy: &Policy) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    Check { set, policy, found: &mut found }.strictly();
    found
}

struct Check<'a> {
    set: &'a PolicySet,
    policy: &'a Policy,
    found: &'a mut Vec<Diagnostic>,
}

/// What the original system lets a lane be combined with.
struct LaneRule {
    lane: &'static str,
    condition_code: &'static str,
    control_code: &'static str,
    conditions: &'static [Part],
    controls: fn(&Control) -> bool,
    /// The code if it takes no session controls.
    no_session: Option<&'static str>,
}

const USERS: LaneRule = LaneRule {
    lane: "users",
    condition_code: "access.condition_not_supported_for_users",
    control_code: "access.control_not_supported_for_users",
    conditions: &[
        Part::DevicePlatform,
        Part::Devices,
        Part::ClientApps,
        Part::Location,
        Part::SignInRisk,
        Part::UserRisk,
        Part::InsiderRisk,
        Part::AuthenticationFlow,
    ],
    controls: |control| *control != Control::SponsorApproval,
    no_session: None,
};

const AGENTS: LaneRule = LaneRule {
    lane: "agent identities",
    condition_code: "access.condition_not_supported_for_agent_identities",
    control_code: "access.control_not_supported_for_agent_identities",
    conditions: &[Part::AgentIdRisk],
    controls: |_| false,
    no_session: Some("access.session_not_supported_for_agent_identities"),
};

const AGENT_USERS: LaneRule = LaneRule {
    lane: "agent users",
    condition_code: "access.condition_not_supported_for_agent_users",
    control_code: "access.control_not_supported_for_agent_users",
    conditions: &[Part::AgentIdRisk, Part::AgentContext, Part::DevicePlatform, Part::Devices, Part::Location],
    controls: |control| matches!(control, Control::CompliantDevice | Control::CompliantNetwork),
    no_session: Some("access.session_not_supported_for_agent_users"),
};

const WORKLOADS: LaneRule = LaneRule {
    lane: "workload identities",
    condition_code: "access.condition_not_supported_for_workload_identities",
    control_code: "access.control_not_supported_for_workload_identities",
    conditions: &[Part::Location, Part::ServicePrincipalRisk],
    controls: |_| false,
    no_session: Some("access.session_not_supported_for_workload_identities"),
};

impl Check<'_> {
    fn strictly(&mut self) {
        self.shape();
        self.names();
        self.filters();
    }

    fn error(&mut self, code: &'static str, message: &str, help: &str) {
        let message = format!("policy `{}` {message}", self.policy.id);
        self.found.push(Diagnostic::error(code, Span::default(), message).with_help(help));
    }

    /// A policy says whom, what and which controls.
    fn shape(&mut self) {
        if self.policy.subjects.is_empty() {
            self.error("access.empty_subjects", "is about nobody", "include somebody in a lane of `subjects`");
        }
        if self.policy.targets.include.is_empty() {
            self.error("access.empty_targets", "is about nothing", "include something in `targets`");
        }
        let nothing = matches!(&self.policy.grant, Some(Grant::Require(require)) if require.controls.is_empty());
        if nothing {
            self.error("access.empty_controls", "requires no control", "list `controls`, or write `block`");
        }
        let lanes = &self.policy.subjects;
        let agents = lanes.everyone || !lanes.agents.include.is_empty() || !lanes.agent_users.include.is_empty();
        if !agents && self.policy.controls().any(|control| *control == Control::SponsorApproval) {
            let help = "only agents have sponsors; include agents or agent users";
            self.error("access.sponsor_without_agent", "requires a sponsor's approval and is about no agent", help);
        }
        if self.policy.session.sign_in_frequency == Some(Frequency::Hours(0)) {
            self.error("access.frequency", "wants a sign-in every 0 hours", "write `every_time`, or 1 hour or more");
        }
    }

    /// Names are defined.
    fn names(&mut self) {
        let set = self.set;
        let targets = &self.policy.targets;
        for group in targets.include.groups.iter().chain(&targets.exclude.groups) {
            if !set.resource_groups.contains_key(group) {
                self.undefined("access.unknown_resource_group", "resource group", group, set.resource_groups.keys());
            }
        }
        let Some(Lane { include, exclude }) = &self.policy.conditions.locations else { return };
        for name in include.names.iter().chain(&exclude.names) {
            if !set.locations.contains_key(name) {
                self.undefined("access.unknown_location", "location", name, set.locations.keys());
            }
        }
    }

    fn undefined<'n>(&mut self, code: &'static str, what: &str, name: &str, known: impl Iterator<Item = &'n String>) {
        let help = match nearest(name, known.map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define the {what}, or remove it here"),
        };
        self.error(code, &format!("names the {what} `{name}`, which nothing defines"), &help);
    }

    /// Filters read what they can.
    fn filters(&mut self) {
        let Policy { subjects, targets, conditions, .. } = self.policy;
        let attributes: [Option<&Filter>; 8] = [
            subjects.agents.include.filter.as_ref(),
            subjects.agents.exclude.filter.as_ref(),
            subjects.agent_users.include.filter.as_ref(),
            subjects.agent_users.exclude.filter.as_ref(),
            subjects.workloads.include.filter.as_ref(),
            subjects.workloads.exclude.filter.as_ref(),
            targets.include.filter.as_ref(),
            targets.exclude.filter.as_ref(),
        ];
        let of_attributes = attributes.into_iter().flatten().map(|filter| (filter, Domain::SecurityAttributes));
        let of_devices = conditions.device.iter().map(|device| (&device.rule, Domain::Device));
        for (filter, domain) in of_attributes.chain(of_devices) {
            if let Err(error) = filter.check(domain) {
                let message = format!("has the filter `{filter}`: {error}");
                self.error(error.kind.code(), &message, "read properties of the right kind");
            }
        }
    }

    fn lanes(&mut self) {
        let subjects = &self.policy.subjects;
        if subjects.everyone {
            let help = "name the lanes one by one; the original system has no selector for every principal";
            self.error("access.everyone_not_supported", "is about everyone", help);
        }
        let used = [
            (USERS, !subjects.users.include.is_empty()),
            (AGENTS, !subjects.agents.include.is_empty()),
            (AGENT_USERS, !subjects.agent_users.include.is_empty()),
            (WORKLOADS, !subjects.workloads.include.is_empty()),
        ];
        for (rule, _) in used.into_iter().filter(|(_, used)| *used) {
            self.lane(&rule);
        }
    }

    fn lane(&mut self, rule: &LaneRule) {
        let conditions = &self.policy.conditions;
        let foreign: Vec<&str> =
            written(conditions).into_iter().filter(|part| !rule.conditions.contains(part)).map(Part::name).collect();
        if !foreign.is_empty() {
            let message = format!("is about {} and has the conditions {}", rule.lane, foreign.join(", "));
            self.error(rule.condition_code, &message, "remove the conditions, or make a policy of its own");
        }
        let beyond = |set: &LocationSet| set.all || set.all_trusted || !set.names.is_empty();
        let places = conditions.locations.as_ref().is_some_and(|l| beyond(&l.include) || beyond(&l.exclude));
        if rule.lane == AGENT_USERS.lane && places {
            let message = "is about agent users and has locations other than the compliant network";
            self.error(
                rule.condition_code,
                message,
                "use `compliant_network`; agent users have no other network condition",
            );
        }
        if self.policy.controls().any(|control| !(rule.controls)(control)) {
            let message = format!("is about {} and requires controls that they cannot meet", rule.lane);
            self.error(rule.control_code, &message, "use `block`");
        }
        if let Some(code) = rule.no_session.filter(|_| !self.policy.session.is_empty()) {
            let message = format!("is about {} and has session controls", rule.lane);
            self.error(code, &message, "remove the session controls");
        }
    }

    fn targets(&mut self) {
        let TargetSet { user_actions, authentication_contexts, .. } = &self.policy.targets.include;
        let (actions, contexts) = (user_actions.clone(), authentication_contexts.clone());
        let named = TargetSet { user_actions: actions, authentication_contexts: contexts, ..TargetSet::default() };
        let mixed = !named.is_empty() && named != self.policy.targets.include
            || !named.user_actions.is_empty() && !named.authentication_contexts.is_empty();
        if mixed {
            let message = "mixes resources, user actions and authentication contexts";
            self.error("access.mixed_targets", message, "make a policy for each kind of target");
        }
    }

    /// A password change must be for all resources, stand alone, and depend on user risk alone.
    fn password_change(&mut self) {
        if !self.policy.controls().any(|control| *control == Control::PasswordChange) {
            return;
        }
        if self.policy.controls().count() > 1 {
            let message = "combines a password change with other controls";
            self.error("access.password_change_combined", message, "make a policy of its own for the password change");
        }
        if !self.policy.targets.include.all {
            let message = "requires a password change for some resources only";
            self.error("access.password_change_needs_all_resources", message, "include all resources");
        }
        if written(&self.policy.conditions).iter().any(|part| *part != Part::UserRisk) {
            let message = "requires a password change under conditions other than user risk";
            self.error("access.password_change_condition", message, "remove the other conditions");
        }
    }

    fn continuous_access(&mut self) {
        let disabled = self.policy.session.continuous_access_evaluation == Some(ContinuousAccess::Disabled);
        if disabled && !self.policy.is_on_everything() {
            let message = "disables continuous access evaluation and has exclusions, conditions or picked resources";
            let help = "make a policy of its own on all resources, without conditions";
            self.error("access.continuous_access_shape", message, help);
        }
    }
}

/// The conditions that are written.
pub(super) fn written(conditions: &Conditions) -> Vec<Part> {
    let all = [
        (Part::DevicePlatform, conditions.platforms.is_some()),
        (Part::Devices, conditions.device.is_some()),
        (Part::ClientApps, !conditions.client_apps.is_empty()),
        (Part::Location, conditions.locations.is_some()),
        (Part::SignInRisk, !conditions.sign_in_risk.is_empty()),
        (Part::UserRisk, !conditions.user_risk.is_empty()),
        (Part::InsiderRisk, !conditions.insider_risk.is_empty()),
        (Part::ServicePrincipalRisk, !conditions.service_principal_risk.is_empty()),
        (Part::AuthenticationFlow, !conditions.authentication_flows.is_empty()),
        (Part::AgentIdRisk, !conditions.agent_risk.is_empty()),
        (Part::AgentContext, conditions.agent_context.is_some()),
    ];
    all.into_iter().filter(|(_, written)| *written).map(|(part, _)| part).collect()
}

fn locations(set: &PolicySet, found: &mut Vec<Diagnostic>) {
    let mut error = |code, message: String, help: &str| {
        found.push(Diagnostic::error(code, Span::default(), message).with_help(help));
    };
    if set.locations.len() > MAX_LOCATIONS {
        let message = format!("there are {} named locations", set.locations.len());
        error("access.too_many_locations", message, "define at most 195");
    }
    for (name, location) in &set.locations {
        let NamedLocation::Ranges { cidr, .. } = location else { continue };
        if cidr.len() > MAX_RANGES {
            let message = format!("location `{name}` has {} ranges", cidr.len());
            error("access.too_many_ranges", message, "give a location at most 2,000 ranges");
        }
        if let Some(wide) = cidr.iter().find(|range| range.prefix() <= SHORTEST_PREFIX) {
            let message = format!("location `{name}` has the range `{wide}`");
            error("access.range_too_wide", message, "use prefixes longer than 8 bits");
        }
    }
}
