//! Would a policy apply to a sign-in that has not happened, and if not, why not?
//!
//! The answers are the original system's: the what-if interface lets an unsupplied fact match nothing, the older tool let it match
//! ([`Tool`]). Besides the first unmet condition, which is all that the original tells, [`Analysis::unmet`] lists all of them, and
//! [`Analysis::unsupplied`] the facts on which the answer may hang. Policies that are off are listed with that as the reason.
//! Resource groups are looked up by their members' ids; dependencies between services are not simulated.
//!
//! Next room: [`mod@super::validate`].

use super::Reading;
use super::matching::{Judge, Part, Unknown};
use super::policy::{Policy, PolicySet, State};
use super::signals::SignIn;
use crate::condition::Truth;

/// Which tool answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The what-if interface: an unsupplied fact matches nothing.
    Api,
    /// The older what-if tool of the portal: an unsupplied fact is assumed to match.
    Legacy,
    /// The strict reading: an unsupplied fact may match, and the policy then applies.
    Strict,
}

/// What a tool says about one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// The policy's id.
    pub policy: String,
    /// Whether it would apply.
    pub applies: bool,
    /// Everything that keeps it from applying; the original tells the first only.
    pub unmet: Vec<Part>,
    /// The parts whose answer hangs on facts that were not supplied.
    pub unsupplied: Vec<Part>,
}

impl Analysis {
    /// The first unmet condition.
    #[must_use]
    pub fn reason(&self) -> Option<Part> {
        self.unmet.first().copied()
    }
}

/// What each policy would do, by id.
#[must_use]
pub fn what_if(set: &PolicySet, sign_in: &SignIn, tool: Tool) -> Vec<Analysis> {
    let reading = if tool == Tool::Strict { Reading::Strict } else { Reading::Faithful };
    let open = Judge { set, sign_in, reading, unknown: Unknown::StaysOpen };
    let unknown = if tool == Tool::Api { Unknown::MatchesNothing } else { Unknown::StaysOpen };
    let judge = Judge { unknown, ..open };
    let analyse = |policy: &Policy| {
        let parts = judge.parts(policy);
        let unmet = parts.iter().filter(|(_, finding)| finding.holds() == Truth::False).map(|(part, _)| *part);
        let first = match policy.state {
            State::Off => Some(Part::PolicyNotEnabled),
            State::On | State::ReportOnly if is_empty(policy) => Some(Part::EmptyPolicy),
            State::On | State::ReportOnly => None,
        };
        let unmet: Vec<Part> = first.into_iter().chain(unmet).collect();
        let parts = open.parts(policy);
        let unsupplied = parts.iter().filter(|(_, finding)| finding.holds() == Truth::Unknown).map(|(part, _)| *part);
        Analysis { policy: policy.id.clone(), applies: unmet.is_empty(), unmet, unsupplied: unsupplied.collect() }
    };
    let mut analyses: Vec<Analysis> = set.policies.iter().map(analyse).collect();
    analyses.sort_by(|a, b| a.policy.cmp(&b.policy));
    analyses
}

fn is_empty(policy: &Policy) -> bool {
    policy.subjects.is_empty() || policy.targets.include.is_empty()
}
