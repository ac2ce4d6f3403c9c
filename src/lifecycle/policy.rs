//! When must an agent be reconfirmed, switched off, deleted? Lifecycle policies, and the actions that they make due.
//!
//! A policy has a scope, rules and an enforcement. An agent that breaks any enabled rule is non-compliant; after a grace period
//! the enforcement is due. INVARIANT: of several matching policies only the topmost governs; rules of lower ones are not added.
//! Nothing is done here: [`Evaluation::due`] tells the host what to do.
//!
//! Source: Microsoft Entra ID Governance, lifecycle policies for agent identities (preview, 2026-10).

use std::collections::BTreeSet;

use super::fleet::days;
use super::object::{LifecycleState, Owner};
use crate::identity::Sponsor;
use crate::name::{AgentId, BlueprintId, GroupId, UserId};
use crate::time::Timestamp;

/// What a rule demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// Somebody says at least every so many days that the agent is still needed. 30 to 730.
    Reconfirmation {
        /// Days.
        days: u32,
    },
    /// At least so many sponsors.
    MinimumSponsors {
        /// How many.
        count: u32,
    },
    /// A token has been issued to it within so many days.
    Inactivity {
        /// Days.
        days: u32,
    },
}

/// One rule of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LifecycleRule {
    /// What it demands.
    pub kind: RuleKind,
    /// Whether it counts.
    pub enabled: bool,
    /// Days of grace, if not those of the policy.
    pub grace_days: Option<u32>,
}

/// What is due after the grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enforcement {
    /// Disable.
    Disable,
    /// Soft-delete.
    Delete,
    /// Disable, and soft-delete so many days later.
    DisableThenDelete {
        /// Days.
        after_days: u32,
    },
}

/// Whom a policy is about. Everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyScope {
    /// Members of any of these groups; all agents if empty.
    pub groups: BTreeSet<GroupId>,
    /// Agents of any of these blueprints; all if empty.
    pub blueprints: BTreeSet<BlueprintId>,
    /// Not members of any of these groups. Exclusion beats inclusion.
    pub excluded_groups: BTreeSet<GroupId>,
}

/// Who wrote a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PolicySource {
    /// The organisation.
    #[default]
    Custom,
    /// The provider, as a default.
    SystemDefault,
}

/// A lifecycle policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecyclePolicy {
    /// Its id.
    pub id: String,
    /// Its place in the list; the smallest is topmost. No two policies share one.
    pub priority: u32,
    /// Who wrote it.
    pub source: PolicySource,
    /// Whom it is about.
    pub scope: PolicyScope,
    /// Its rules.
    pub rules: Vec<LifecycleRule>,
    /// What is due after the grace period.
    pub enforcement: Enforcement,
    /// Days from the first violation to the enforcement.
    pub grace_days: u32,
    /// On which days before the enforcement the responsible people are notified.
    pub notify_days_before: BTreeSet<u32>,
    /// Who is notified if nobody is responsible.
    pub fallback: Vec<UserId>,
}

/// What is wrong with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Reconfirmation outside its range.
    #[error("reconfirmation is due every 30 to 730 days")]
    ReconfirmationRange,
    /// A rule that every agent meets, or none.
    #[error("a rule counts from 1")]
    ZeroRule,
    /// A policy without rules.
    #[error("a policy has at least one rule")]
    NoRules,
    /// Too many rules.
    #[error("a policy has at most 10 rules")]
    TooManyRules,
    /// Too many policies.
    #[error("there are at most 10 policies for agents")]
    TooManyPolicies,
    /// Two policies at one place: which governs would be chance.
    #[error("two policies have the same priority")]
    DuplicatePriority,
}

impl PolicyError {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReconfirmationRange => "must_be_30_to_730",
            Self::ZeroRule => "must_be_at_least_1",
            Self::NoRules => "no_rules",
            Self::TooManyRules => "too_many_rules",
            Self::TooManyPolicies => "too_many_policies",
            Self::DuplicatePriority => "duplicate_priority",
        }
    }
}

impl LifecyclePolicy {
    /// Checks the policy by itself; all errors at once.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), Vec<PolicyError>> {
        let rule_error = |rule: &LifecycleRule| match rule.kind {
            RuleKind::Reconfirmation { days } if !(30..=730).contains(&days) => Some(PolicyError::ReconfirmationRange),
            RuleKind::MinimumSponsors { count: 0 } | RuleKind::Inactivity { days: 0 } => Some(PolicyError::ZeroRule),
            RuleKind::Reconfirmation { .. } | RuleKind::MinimumSponsors { .. } | RuleKind::Inactivity { .. } => None,
        };
        let mut errors: Vec<PolicyError> = self.rules.iter().filter_map(rule_error).collect();
        errors.extend(self.rules.is_empty().then_some(PolicyError::NoRules));
        errors.extend((self.rules.len() > 10).then_some(PolicyError::TooManyRules));
        errors.sort_unstable();
        errors.dedup();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn covers(&self, agent: &AgentFacts) -> bool {
        let scope = &self.scope;
        let included = scope.groups.is_empty() || !scope.groups.is_disjoint(&agent.groups);
        let made =
            scope.blueprints.is_empty() || agent.blueprint.as_ref().is_some_and(|b| scope.blueprints.contains(b));
        included && made && scope.excluded_groups.is_disjoint(&agent.groups)
    }
}

/// Checks all policies for agents together; all errors at once.
///
/// # Errors
/// What is wrong with them.
pub fn validate_set(policies: &[LifecyclePolicy]) -> Result<(), Vec<PolicyError>> {
    let mut errors: Vec<PolicyError> = policies.iter().filter_map(|policy| policy.validate().err()).flatten().collect();
    errors.extend((policies.len() > 10).then_some(PolicyError::TooManyPolicies));
    let places: BTreeSet<u32> = policies.iter().map(|policy| policy.priority).collect();
    errors.extend((places.len() < policies.len()).then_some(PolicyError::DuplicatePriority));
    errors.sort_unstable();
    errors.dedup();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// When a token was last issued to an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Nobody knows: a gap in the logs. It counts as inactivity.
    #[default]
    Unknown,
    /// Never; counted from its creation.
    Never,
    /// Then.
    At(Timestamp),
}

/// What the policies look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFacts {
    /// Which agent.
    pub agent: AgentId,
    /// Its blueprint.
    pub blueprint: Option<BlueprintId>,
    /// Its groups, nested ones included.
    pub groups: BTreeSet<GroupId>,
    /// When it was created.
    pub created: Timestamp,
    /// When somebody last confirmed it.
    pub last_attested: Option<Timestamp>,
    /// When a token was last issued to it.
    pub activity: Activity,
    /// Who answers for it.
    pub sponsors: Vec<Sponsor>,
    /// Who maintains it.
    pub owners: Vec<Owner>,
    /// Since when it is known to be non-compliant, if it is. The host keeps it from the first evaluation that says so.
    pub non_compliant_since: Option<Timestamp>,
}

impl AgentFacts {
    /// Records that an owner or sponsor confirmed the agent. Never moves back.
    #[must_use]
    pub fn attested(mut self, at: Timestamp) -> Self {
        self.last_attested = self.last_attested.max(Some(at));
        self
    }
}

/// A rule that an agent breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issue {
    /// The rule.
    pub rule: RuleKind,
    /// When its grace period ends.
    pub enforce_at: Timestamp,
}

/// What a policy says about an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The policy that governs.
    pub policy: String,
    /// The rules that the agent breaks.
    pub issues: Vec<Issue>,
    /// When it is disabled, if that is how it is enforced.
    pub disable_at: Option<Timestamp>,
    /// When it is soft-deleted, if that is how it is enforced.
    pub delete_at: Option<Timestamp>,
    /// When whom to notify.
    notify: Vec<Timestamp>,
    recipients: Vec<Sponsor>,
}

/// An action that the host must take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Since when.
    pub at: Timestamp,
    /// Which.
    pub kind: DueKind,
}

/// Which action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueKind {
    /// Tell these people.
    Notify(Vec<Sponsor>),
    /// Disable the agent.
    Disable,
    /// Soft-delete the agent.
    SoftDelete,
}

impl Evaluation {
    /// Whether the agent meets every enabled rule.
    #[must_use]
    pub const fn is_compliant(&self) -> bool {
        self.issues.is_empty()
    }

    /// What is due by `now`, oldest first. The host drops what it has done already.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        let notify = self.notify.iter().map(|at| (*at, DueKind::Notify(self.recipients.clone())));
        let disable = self.disable_at.map(|at| (at, DueKind::Disable));
        let delete = self.delete_at.map(|at| (at, DueKind::SoftDelete));
        let all = notify.chain(disable).chain(delete).filter(|(at, _)| *at <= now);
        let mut due: Vec<Due> = all.map(|(at, kind)| Due { at, kind }).collect();
        due.sort();
        due
    }

    /// The state that the agent should be in at `now`, if it was enabled.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> LifecycleState {
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        match (reached(self.disable_at), reached(self.delete_at)) {
            (_, true) => LifecycleState::SoftDeleted,
            (true, false) => LifecycleState::Disabled,
            (false, false) => LifecycleState::Enabled,
        }
    }
}

/// The policy that governs an agent: the topmost that covers it.
#[must_use]
pub fn governing<'p>(policies: &'p [LifecyclePolicy], agent: &AgentFacts) -> Option<&'p LifecyclePolicy> {
    // Of equal priorities, which `validate_set` refuses, the lesser id: the order of the list decides nothing.
    policies.iter().filter(|policy| policy.covers(agent)).min_by_key(|policy| (policy.priority, &policy.id))
}

/// Whom to notify: sponsors and owners that are people, or the fallback if there is none.
#[must_use]
pub fn recipients(policy: &LifecyclePolicy, agent: &AgentFacts) -> Vec<Sponsor> {
    let owners = agent.owners.iter().filter_map(|owner| match owner {
        Owner::User(user) => Some(Sponsor::User(user.clone())),
        Owner::Application(_) => None,
    });
    let people: BTreeSet<Sponsor> = agent.sponsors.iter().cloned().chain(owners).collect();
    if people.is_empty() {
        return policy.fallback.iter().cloned().map(Sponsor::User).collect();
    }
    people.into_iter().collect()
}

/// What a policy says about an agent at `now`.
#[must_use]
pub fn evaluate(policy: &LifecyclePolicy, agent: &AgentFacts, now: Timestamp) -> Evaluation {
    let older_than = |since: Timestamp, length: u32| now.since(since) > days(length);
    let is_broken = |rule: &&LifecycleRule| {
        rule.enabled
            && match rule.kind {
                RuleKind::Reconfirmation { days } => older_than(agent.last_attested.unwrap_or(agent.created), days),
                RuleKind::MinimumSponsors { count } => agent.sponsors.len() < count as usize,
                RuleKind::Inactivity { days } => match agent.activity {
                    Activity::Unknown => true,
                    Activity::Never => older_than(agent.created, days),
                    Activity::At(time) => older_than(time, days),
                },
            }
    };
    let since = agent.non_compliant_since.unwrap_or(now);
    let after = |start: Timestamp, length: u32| start.checked_add(days(length)).unwrap_or(Timestamp::MAX);
    let issue = |rule: &LifecycleRule| Issue {
        rule: rule.kind,
        enforce_at: after(since, rule.grace_days.unwrap_or(policy.grace_days)),
    };
    let mut issues: Vec<Issue> = policy.rules.iter().filter(is_broken).map(issue).collect();
    issues.sort();
    issues.dedup();
    let enforce_at = issues.iter().map(|issue| issue.enforce_at).min();
    let (disable_at, delete_at) = match policy.enforcement {
        Enforcement::Disable => (enforce_at, None),
        Enforcement::Delete => (None, enforce_at),
        Enforcement::DisableThenDelete { after_days } => (enforce_at, enforce_at.map(|at| after(at, after_days))),
    };
    let before = |at: Timestamp, length: u32| at.checked_sub(days(length)).unwrap_or(Timestamp::MIN).max(since);
    let notify = enforce_at.map(|at| policy.notify_days_before.iter().map(|length| before(at, *length)).collect());
    let recipients = recipients(policy, agent);
    Evaluation {
        policy: policy.id.clone(),
        issues,
        disable_at,
        delete_at,
        notify: notify.unwrap_or_default(),
        recipients,
    }
}

/// What would become of these agents: the impact preview. Agents that no policy governs are left out.
pub fn preview<'a>(
    policies: &'a [LifecyclePolicy],
    agents: &'a [AgentFacts],
    now: Timestamp,
) -> impl Iterator<Item = (&'a AgentId, Evaluation)> {
    let judge = move |agent: &'a AgentFacts| {
        let policy = governing(policies, agent)?;
        Some((&agent.agent, evaluate(policy, agent, now)))
    };
    agents.iter().filter_map(judge)
}
