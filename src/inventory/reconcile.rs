//! Observations against the registry.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Evidence;
use super::record::{AgentRecord, LifecycleStatus, Observed};
use crate::name;

/// What an observation is, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Registered and blocked, uninstalled or deleted, and it runs all the same.
    Blocked,
    /// Runs without an identity, and no management tool looks after it.
    Shadow,
    /// Acts under an id that the registry does not know; or is looked after, but not registered.
    Unregistered,
    /// Several records, or several running instances that claim to be the one workload: it is not clear which is meant.
    Duplicate,
    /// Its blueprint is gone.
    Orphaned,
    /// Nobody answers for it.
    WithoutSponsor,
    /// It has not presented what its kind must.
    Unproven,
    /// Registered, answered for, and proven.
    Managed,
}

impl Class {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Shadow => "shadow",
            Self::Unregistered => "unregistered",
            Self::Duplicate => "duplicate",
            Self::Orphaned => "orphaned",
            Self::WithoutSponsor => "without_sponsor",
            Self::Unproven => "unproven",
            Self::Managed => "managed",
        }
    }
}

/// What is to be done, in the order in which to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Let nothing of it through.
    Block,
    /// Stop it where it runs.
    Stop,
    /// Bring it under management.
    Onboard,
    /// Register it.
    Register,
    /// Find out which is the real one.
    Disambiguate,
    /// Give it a blueprint again, or remove it.
    Reparent,
    /// Find somebody who answers for it.
    AssignSponsor,
    /// Have it present what is missing.
    Prove,
}

impl Action {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Stop => "stop",
            Self::Onboard => "onboard",
            Self::Register => "register",
            Self::Disambiguate => "disambiguate",
            Self::Reparent => "reparent",
            Self::AssignSponsor => "assign_sponsor",
            Self::Prove => "prove",
        }
    }
}

/// What was found about one observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The observation's label.
    pub label: String,
    /// What it is: the gravest that holds.
    pub class: Class,
    /// Everything that holds, the gravest first; the same as `class` where that is all.
    pub classes: Vec<Class>,
    /// What it has not presented.
    pub missing: Vec<Evidence>,
    /// What is to be done. Empty only for what is managed.
    pub actions: Vec<Action>,
}

impl Finding {
    /// Whether it may go on.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.class == Class::Managed
    }
}

/// The result of a reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One for each observation, in their order.
    pub findings: Vec<Finding>,
    /// Ids of active records that nothing was observed of: retired in all but name, or out of sight.
    pub unseen: Vec<String>,
}

/// Holds what was observed against the registry. Neither order matters, save that findings come in the order of `observed`.
#[must_use]
pub fn reconcile(observed: &[Observed], registry: &[AgentRecord]) -> Report {
    let mut records: BTreeMap<&str, Vec<&AgentRecord>> = BTreeMap::new();
    for record in registry {
        records.entry(record.id.as_str()).or_default().push(record);
    }
    let seen: BTreeSet<&str> = observed.iter().filter_map(|observed| observed.id.as_deref()).collect();
    let mut processes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in observed {
        if let (Some(id), Some(process)) = (&one.id, &one.process) {
            processes.entry(id).or_default().insert(process);
        }
    }
    let find = |one: &Observed| {
        let of_id = one.id.as_deref().and_then(|id| records.get(id)).map_or(&[][..], Vec::as_slice);
        // One identity used by different programs is used by somebody whom it was not given to.
        let shared = one.id.as_deref().and_then(|id| processes.get(id)).is_some_and(|programs| programs.len() > 1);
        finding(one, of_id, shared)
    };
    let is_unseen =
        |record: &&AgentRecord| record.status == LifecycleStatus::Active && !seen.contains(record.id.as_str());
    let unseen: BTreeSet<String> = registry.iter().filter(is_unseen).map(|record| record.id.to_string()).collect();
    Report { findings: observed.iter().map(find).collect(), unseen: unseen.into_iter().collect() }
}

fn finding(observed: &Observed, records: &[&AgentRecord], shared: bool) -> Finding {
    let mut classes = BTreeSet::new();
    let mut missing = BTreeSet::new();
    let is_managed = observed.managed == Some(true);
    match (&observed.id, records) {
        (None, _) if !is_managed => {
            classes.insert(Class::Shadow);
        }
        (None, _) | (Some(_), []) => {
            classes.insert(Class::Unregistered);
        }
        (Some(id), records) => {
            for record in records {
                classes.extend((record.status != LifecycleStatus::Active).then_some(Class::Blocked));
                classes.extend(record.orphaned.then_some(Class::Orphaned));
                classes.extend(record.sponsors.is_empty().then_some(Class::WithoutSponsor));
                let mut presented = record.evidence();
                presented.extend(observed.presented.iter().filter(|evidence| can_present(**evidence)));
                // A SPIFFE id that breaks the standard is none.
                if !id.starts_with("spiffe://") || name::check(id).is_err() {
                    presented.remove(&Evidence::SpiffeId);
                }
                missing.extend(record.kind.missing(&presented));
            }
            classes.extend((records.len() > 1 || shared).then_some(Class::Duplicate));
            classes.extend((!missing.is_empty()).then_some(Class::Unproven));
        }
    }
    let actions: BTreeSet<Action> = classes.iter().flat_map(|class| actions(*class)).copied().collect();
    if classes.is_empty() {
        classes.insert(Class::Managed);
    }
    Finding {
        label: observed.label.clone(),
        class: classes.first().copied().unwrap_or(Class::Unproven),
        classes: classes.into_iter().collect(),
        missing: missing.into_iter().collect(),
        actions: actions.into_iter().collect(),
    }
}

/// What an agent can show by itself. Owner, sponsor and blueprint are the registry's to say.
const fn can_present(evidence: Evidence) -> bool {
    match evidence {
        Evidence::VerifiedToken
        | Evidence::SpiffeId
        | Evidence::SenderConstrained
        | Evidence::ManagedDevice
        | Evidence::CompliantDevice => true,
        Evidence::Blueprint | Evidence::Sponsor | Evidence::Owner => false,
    }
}

const fn actions(class: Class) -> &'static [Action] {
    match class {
        Class::Blocked => &[Action::Block, Action::Stop],
        Class::Shadow => &[Action::Block, Action::Onboard],
        Class::Unregistered => &[Action::Block, Action::Register],
        Class::Duplicate => &[Action::Block, Action::Disambiguate],
        Class::Orphaned => &[Action::Block, Action::Reparent],
        Class::WithoutSponsor => &[Action::Block, Action::AssignSponsor],
        Class::Unproven => &[Action::Block, Action::Prove],
        Class::Managed => &[],
    }
}
