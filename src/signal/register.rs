//! What is known about one name: a few registers, each joined by event time.
//!
//! A join is commutative, associative and idempotent, so the order in which events arrive does not matter.

use std::collections::BTreeMap;

use super::check::Reason;
use super::event::{Change, EventKind};
use crate::lifecycle::RiskLevel;
use crate::time::Timestamp;

/// A value and since when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamped<T> {
    /// Since when. Compared first.
    pub at: Timestamp,
    /// The value; the greater is the more restrictive.
    pub value: T,
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountState {
    /// It may.
    Enabled,
    /// Switched off.
    Disabled,
    /// Gone.
    Purged,
}

/// Whether a device meets its policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compliance {
    /// It does.
    Compliant,
    /// It does not.
    NotCompliant,
}

/// A time before which nothing that was issued counts any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cut {
    /// The time.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// What a changed claim is now.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimState {
    /// This.
    Known(serde_json::Value),
    /// Two events of the same time say different things: unknown.
    Conflicting,
}

/// What is known about one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Nothing issued up to then counts.
    pub cut: Option<Cut>,
    /// Whether the account may be used.
    pub account: Option<Stamped<AccountState>>,
    /// Whether the kill switch is on.
    pub contained: Option<Stamped<bool>>,
    /// The risk.
    pub risk: Option<Stamped<RiskLevel>>,
    /// The device's compliance.
    pub compliance: Option<Stamped<Compliance>>,
    /// Changed claims, by name; assurance levels as `assurance:<namespace>`.
    pub claims: BTreeMap<Box<str>, (Timestamp, ClaimState)>,
    /// More claims changed than are kept: every claim is unknown.
    pub claims_lost: bool,
}

fn join<T: Ord + Copy>(register: &mut Option<T>, value: T) {
    *register = (*register).max(Some(value));
}

impl State {
    /// What an event says by itself; `None` if nothing.
    pub(super) fn of(kind: &EventKind, at: Timestamp, most_claims: usize) -> Option<Self> {
        let mut state = Self::default();
        let cut = |state: &mut Self| state.cut = Some(Cut { at, reason: Reason::RevokedAfterIssue });
        let account = |state: &mut Self, value| state.account = Some(Stamped { at, value });
        match kind {
            EventKind::SessionRevoked | EventKind::CredentialCompromised | EventKind::CredentialChangeRequired => {
                cut(&mut state);
            }
            EventKind::CredentialChanged { change: Change::Revoke | Change::Delete, .. } => cut(&mut state),
            EventKind::CredentialChanged { credential, change: Change::Create | Change::Update } => {
                let claim = format!("credential:{credential}").into_boxed_str();
                state.claims.insert(claim, (at, ClaimState::Known(true.into())));
            }
            EventKind::ClaimsChanged(claims) => {
                let known = claims.iter().map(|(name, value)| (name.clone(), (at, ClaimState::Known(value.clone()))));
                state.claims = known.collect();
            }
            EventKind::AssuranceChanged { namespace, level, .. } => {
                let claim = format!("assurance:{namespace}").into_boxed_str();
                state.claims.insert(claim, (at, ClaimState::Known(serde_json::Value::from(&**level))));
            }
            EventKind::ComplianceChanged { compliant } => {
                let value = if *compliant { Compliance::Compliant } else { Compliance::NotCompliant };
                state.compliance = Some(Stamped { at, value });
            }
            EventKind::RiskChanged { level } => {
                state.risk = Some(Stamped { at, value: *level });
                // High risk is a critical event: who is still the right one proves it afresh.
                if *level >= RiskLevel::High {
                    cut(&mut state);
                }
            }
            EventKind::AccountDisabled => {
                cut(&mut state);
                account(&mut state, AccountState::Disabled);
            }
            EventKind::AccountPurged => {
                cut(&mut state);
                account(&mut state, AccountState::Purged);
            }
            EventKind::AccountEnabled => account(&mut state, AccountState::Enabled),
            EventKind::Contained(on) => {
                if *on {
                    cut(&mut state);
                }
                state.contained = Some(Stamped { at, value: *on });
            }
            EventKind::Other(_) => return None,
        }
        state.bound(most_claims);
        Some(state)
    }

    /// Whether the only thing that it says is a cut. Such a state may be dropped once nothing older is alive.
    pub(super) fn is_only_cut(&self) -> bool {
        let quiet = self.account.is_none() && self.contained.is_none() && self.risk.is_none();
        quiet && self.compliance.is_none() && self.claims.is_empty() && !self.claims_lost
    }

    /// Whether it also holds for what hangs below its subject: revocations do, attributes of the subject do not.
    pub(super) fn inherited(&self) -> Option<Self> {
        let inherited = Self { cut: self.cut, account: self.account, contained: self.contained, ..Self::default() };
        (inherited != Self::default()).then_some(inherited)
    }

    /// What of it may be said of more than its subject: only what restricts.
    pub(super) fn restrictive(&self) -> Self {
        Self {
            cut: self.cut,
            account: self.account.filter(|account| account.value > AccountState::Enabled),
            contained: self.contained.filter(|contained| contained.value),
            risk: self.risk.filter(|risk| risk.value > RiskLevel::Low),
            compliance: self.compliance.filter(|compliance| compliance.value == Compliance::NotCompliant),
            claims: BTreeMap::new(),
            claims_lost: self.claims_lost || !self.claims.is_empty(),
        }
    }

    /// Whether nothing may be done as, through or for it, whatever the age of the token.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.contained.is_some_and(|contained| contained.value)
            || self.account.is_some_and(|account| account.value > AccountState::Enabled)
    }

    /// Whether it is a device that does not meet its policies.
    pub(super) fn is_failing(&self) -> bool {
        self.compliance.is_some_and(|compliance| compliance.value == Compliance::NotCompliant)
    }

    pub(super) fn join(&mut self, other: &Self, most_claims: usize) {
        other.cut.into_iter().for_each(|cut| join(&mut self.cut, cut));
        other.account.into_iter().for_each(|value| join(&mut self.account, value));
        other.contained.into_iter().for_each(|value| join(&mut self.contained, value));
        other.risk.into_iter().for_each(|value| join(&mut self.risk, value));
        other.compliance.into_iter().for_each(|value| join(&mut self.compliance, value));
        for (name, (at, value)) in &other.claims {
            match self.claims.get_mut(name) {
                None => {
                    self.claims.insert(name.clone(), (*at, value.clone()));
                }
                Some((own, _)) if *own > *at => {}
                Some((own, held)) if *own < *at => {
                    *own = *at;
                    held.clone_from(value);
                }
                Some((_, held)) if held == value => {}
                Some((_, held)) => *held = ClaimState::Conflicting,
            }
        }
        self.claims_lost |= other.claims_lost;
        self.bound(most_claims);
    }

    fn bound(&mut self, most_claims: usize) {
        if self.claims_lost || self.claims.len() > most_claims {
            self.claims.clear();
            self.claims_lost = true;
        }
    }
}
