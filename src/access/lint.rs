//! What in a sound policy set probably does not do what its author means?
//!
//! Every finding is a warning. Most are places where the original system is weaker than its words; the strict reading closes some
//! of them (`docs/compatibility.md`), and the warning then says why a policy that looked harmless now objects.
//!
//! | code | what |
//! | --- | --- |
//! | `access.exclusion_hole` | exclusions in several parts: any one of them removes the whole policy |
//! | `access.negative_device_exclusion` | a negative filter in exclude mode exempts every device that is not registered |
//! | `access.agent_users_not_covered` | people or agents are covered and the agents' own user accounts are not |
//! | `access.actor_not_judged` | a policy on agents does not see what they do on behalf of users |
//! | `access.mode_gap` | no policy that counts looks at one of the ways in which agents act |
//! | `access.risk_gap` | a risk is listed and a higher one is not |
//! | `access.unknown_country_gap` | a block by country leaves out addresses of no country |
//! | `access.unverified_exemption` | an exemption hangs on the platform, which the caller claims |
//! | `access.demands_nothing` | neither grant nor session controls |
//! | `access.retiring_control` | a control that the original system retires |
//! | `access.tool_without_application` | tools that the original system can target only through an application |
//!
//! Next room: [`mod@super::lower`].

use std::collections::BTreeSet;

use super::location::NamedLocation;
use super::policy::{Control, DeviceFilter, FilterMode, Lane, Policy, PolicySet, State, Subjects};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// All warnings about a policy set, policy by policy, then about the set.
#[must_use]
pub fn lint(set: &PolicySet) -> Diagnostics {
    let mut found = Vec::new();
    for policy in set.policies.iter().filter(|policy| policy.state != State::Off) {
        let mut lint = Lint { set, policy, found: &mut found };
        lint.exclusions();
        lint.devices();
        lint.agents();
        lint.risks();
        lint.places();
        lint.demands();
    }
    modes(set, &mut found);
    Diagnostics(found)
}

struct Lint<'a> {
    set: &'a PolicySet,
    policy: &'a Policy,
    found: &'a mut Vec<Diagnostic>,
}

impl Lint<'_> {
    fn warn(&mut self, code: &'static str, message: &str, help: &str) {
        let message = format!("policy `{}` {message}", self.policy.id);
        self.found.push(Diagnostic::warning(code, Span::default(), message).with_help(help));
    }

    fn exclusions(&mut self) {
        let Policy { subjects, targets, conditions, .. } = self.policy;
        let excluding = |filter: &DeviceFilter| filter.mode == FilterMode::Exclude;
        let parts = [
            ("subjects", subjects.excludes_somebody()),
            ("targets", !targets.exclude.is_empty()),
            ("devices", conditions.device.as_ref().is_some_and(excluding)),
            ("locations", conditions.locations.as_ref().is_some_and(|l| !l.exclude.is_empty())),
            ("platforms", conditions.platforms.as_ref().is_some_and(|p| !p.exclude.is_empty())),
            ("agent contexts", conditions.agent_context.as_ref().is_some_and(|c| !c.exclude.is_empty())),
        ];
        let excluding: Vec<&str> = parts.into_iter().filter(|(_, excludes)| *excludes).map(|(name, _)| name).collect();
        if excluding.len() > 1 {
            let message = format!("excludes {}, and any one of these removes it", excluding.join(", "));
            let help = "an exclusion is never narrowed by another; make a policy for each exempted combination";
            self.warn("access.exclusion_hole", &message, help);
        }
        if conditions.platforms.as_ref().is_some_and(|p| !p.exclude.is_empty()) {
            let message = "exempts platforms, which the caller claims and nobody verifies";
            self.warn("access.unverified_exemption", message, "filter on the registered device instead");
        }
    }

    fn devices(&mut self) {
        let Some(filter) = &self.policy.conditions.device else { return };
        if filter.mode == FilterMode::Exclude && filter.rule.matches_nothing_known() {
            let message = format!(
                "excludes the devices that match `{}`, and so every device that is not registered",
                filter.rule
            );
            let help = "exclude with a positive operator (`-eq`, `-in`), or include with the negative one";
            self.warn("access.negative_device_exclusion", &message, help);
        }
    }

    fn agents(&mut self) {
        let Subjects { everyone, users, agents, agent_users, .. } = &self.policy.subjects;
        if *everyone || self.policy.grant.is_none() {
            return;
        }
        let some_agents = !agents.include.is_empty();
        if agent_users.include.is_empty() && (users.include.all || some_agents) {
            let whom = if users.include.all { "all users" } else { "agents" };
            let message = format!("covers {whom} and not the agents' user accounts");
            self.warn("access.agent_users_not_covered", &message, "include `agent_users` in a policy of its own");
        }
        if some_agents && users.include.is_empty() {
            let message = "is about agents; what they do on behalf of users the original system judges as the user";
            let help = "cover the users too; the strict reading judges the acting agent as well";
            self.warn("access.actor_not_judged", message, help);
        }
    }

    fn risks(&mut self) {
        let conditions = &self.policy.conditions;
        let names =
            |levels: &BTreeSet<super::policy::Risk>| -> BTreeSet<u8> { levels.iter().map(|l| *l as u8).collect() };
        let insider = conditions.insider_risk.iter().map(|l| *l as u8).collect();
        let sets = [
            ("user_risk", names(&conditions.user_risk)),
            ("sign_in_risk", names(&conditions.sign_in_risk)),
            ("agent_risk", names(&conditions.agent_risk)),
            ("service_principal_risk", names(&conditions.service_principal_risk)),
            ("insider_risk", insider),
        ];
        for (name, levels) in sets {
            let Some(least) = levels.first() else { continue };
            // Both enumerations have four members; the highest is the fourth.
            if (*least..=3).any(|level| !levels.contains(&level)) {
                let message = format!("lists levels of `{name}` and leaves out higher ones");
                let help =
                    "levels are a set to the original system: list every level from the least that matters upwards";
                self.warn("access.risk_gap", &message, help);
            }
        }
    }

    fn places(&mut self) {
        let Some(Lane { include, exclude }) = &self.policy.conditions.locations else { return };
        let countries = |name: &String, unknown: bool| matches!(self.set.locations.get(name), Some(NamedLocation::Countries { include_unknown, .. }) if *include_unknown == unknown);
        let gap = include.names.iter().any(|name| countries(name, false))
            || exclude.names.iter().any(|name| countries(name, true));
        if self.policy.blocks() && gap && !include.all {
            let message = "blocks by country and lets addresses of no country pass";
            self.warn("access.unknown_country_gap", message, "set `include_unknown` on the countries that are blocked");
        }
    }

    fn demands(&mut self) {
        if self.policy.grant.is_none() && self.policy.session.is_empty() {
            self.warn("access.demands_nothing", "demands nothing", "add `grant` or `session`");
        }
        if self.policy.controls().any(|control| *control == Control::ApprovedApplication) {
            let help = "use `app_protection`";
            self.warn("access.retiring_control", "requires an approved application, which is being retired", help);
        }
        if !self.policy.targets.include.tools.is_empty() {
            let message = "is about tools; the original system reaches only those with an application of their own";
            self.warn("access.tool_without_application", message, "the strict reading judges every tool by its id");
        }
    }
}

impl Subjects {
    /// Whether any lane excludes somebody.
    fn excludes_somebody(&self) -> bool {
        !(self.users.exclude.is_empty()
            && self.agents.exclude.is_empty()
            && self.agent_users.exclude.is_empty()
            && self.workloads.exclude.is_empty())
    }
}

/// Agents act on behalf of users, as themselves, and as agent users: some policy that counts should look at each.
fn modes(set: &PolicySet, found: &mut Vec<Diagnostic>) {
    let counted = || set.policies.iter().filter(|policy| policy.state == State::On && policy.grant.is_some());
    if counted().next().is_none() {
        return;
    }
    let covers = |lane: fn(&Subjects) -> bool| counted().any(|p| p.subjects.everyone || lane(&p.subjects));
    let modes = [
        ("on behalf of users", covers(|s| !s.users.include.is_empty()), "users"),
        ("as themselves", covers(|s| !s.agents.include.is_empty()), "agents"),
        ("through user accounts of their own", covers(|s| !s.agent_users.include.is_empty()), "agent_users"),
    ];
    for (mode, _, lane) in modes.into_iter().filter(|(_, covered, _)| !covered) {
        let message = format!("no policy looks at what agents do {mode}");
        let help = format!("include somebody in the lane `{lane}`");
        found.push(Diagnostic::warning("access.mode_gap", Span::default(), message).with_help(help));
    }
}
