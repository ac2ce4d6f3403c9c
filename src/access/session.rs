//! What must the session keep to? Session controls, and how those of several policies combine.
//!
//! The original system publishes no conflict rules; these are ours, and they are a join: commutative, associative, idempotent,
//! and never less strict than its inputs, but for the two relaxations named below.
//!
//! | control | rule |
//! | --- | --- |
//! | sign-in frequency | the shortest; "every time" is shorter than any length |
//! | persistent browser | `never` beats `always` |
//! | continuous access evaluation | strict location beats disabled |
//! | application control | all; blocking downloads includes monitoring |
//! | network profiles | all |
//! | restrictions, token protection, no resilience defaults | on if any policy says so |
//!
//! `always` persistence and disabled evaluation relax something. The faithful reading honours them (the latter only of a policy
//! on all resources without conditions); the strict reading takes no relaxation.
//!
//! Next room: [`crate::access::device`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Reading;
use crate::time::{Duration, Timestamp};

/// Session controls. The default controls nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// The application restricts the session itself.
    pub application_enforced_restrictions: bool,
    /// A proxy between user and application.
    pub application_control: BTreeSet<ApplicationControl>,
    /// How often to sign in anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_frequency: Option<Frequency>,
    /// Whether a browser stays signed in after it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_browser: Option<Persistence>,
    /// How the resource re-evaluates the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_access_evaluation: Option<ContinuousAccess>,
    /// Whether a session ends when the issuer cannot evaluate it anew.
    pub disable_resilience_defaults: bool,
    /// Whether tokens must be bound to their device.
    pub token_protection: bool,
    /// Profiles of the secure edge.
    pub network_profiles: BTreeSet<String>,
}

/// What the proxy does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationControl {
    /// Looks on.
    MonitorOnly,
    /// Stops downloads.
    BlockDownloads,
    /// Follows a policy of its own.
    Custom(String),
}

/// How often to sign in anew: shorter is stricter, and the order is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Every time.
    EveryTime,
    /// After so many hours; a day is 24.
    Hours(u32),
}

/// Whether a browser stays signed in; the stricter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// Never.
    Never,
    /// Always.
    Always,
}

/// How the resource re-evaluates; the stricter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContinuousAccess {
    /// Refuses every address that is not allowed where the resource sees it.
    StrictLocation,
    /// Not at all.
    Disabled,
}

/// Who comes back for a new token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// A person, interactively.
    Interactive,
    /// A public client, without a person.
    PublicClient,
    /// A confidential client, without a person. Every agent is one.
    ConfidentialClient,
}

impl Session {
    /// Whether it controls nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The controls of both: the table above.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        self.application_enforced_restrictions |= other.application_enforced_restrictions;
        self.application_control.extend(other.application_control.iter().cloned());
        self.sign_in_frequency = stricter(self.sign_in_frequency, other.sign_in_frequency);
        self.persistent_browser = stricter(self.persistent_browser, other.persistent_browser);
        self.continuous_access_evaluation =
            stricter(self.continuous_access_evaluation, other.continuous_access_evaluation);
        self.disable_resilience_defaults |= other.disable_resilience_defaults;
        self.token_protection |= other.token_protection;
        self.network_profiles.extend(other.network_profiles.iter().cloned());
        self
    }

    /// The same without what relaxes.
    #[must_use]
    pub fn without_relaxations(mut self) -> Self {
        self.persistent_browser = self.persistent_browser.filter(|p| *p == Persistence::Never);
        self.without_disabled_evaluation()
    }

    /// The same without disabled re-evaluation.
    #[must_use]
    pub fn without_disabled_evaluation(mut self) -> Self {
        self.continuous_access_evaluation =
            self.continuous_access_evaluation.filter(|c| *c == ContinuousAccess::StrictLocation);
        self
    }

    /// Whether somebody who last signed in at `last` must do so anew at `now`.
    ///
    /// Faithful: without a control after 90 days without use (the caller passes the last use then); "every time" tolerates five
    /// minutes; a confidential client renews on until the next interactive sign-in. Strict: to the second, and for every client.
    #[must_use]
    pub fn sign_in_is_due(&self, last: Timestamp, now: Timestamp, renewal: Renewal, reading: Reading) -> bool {
        /// Rolling window without a policy, in seconds. Source: default sign-in frequency of Entra.
        const ROLLING: i64 = 90 * 24 * 3_600;
        /// Tolerance of "every time", in seconds. Source: sign-in frequency of Entra.
        const SKEW: i64 = 300;
        let age = now.since(last);
        let older = |seconds| Duration::from_parts(seconds, 0).is_none_or(|bound| age > bound);
        let from_the_future = now < last;
        match (reading, self.sign_in_frequency) {
            (Reading::Faithful, Some(_)) if renewal == Renewal::ConfidentialClient => false,
            (Reading::Faithful, Some(Frequency::EveryTime)) => older(SKEW),
            (Reading::Faithful, None) => older(ROLLING),
            (Reading::Faithful, Some(Frequency::Hours(hours))) => older(i64::from(hours) * 3_600),
            (Reading::Strict, Some(Frequency::EveryTime)) => from_the_future || older(0),
            (Reading::Strict, None) => from_the_future || older(ROLLING),
            (Reading::Strict, Some(Frequency::Hours(hours))) => from_the_future || older(i64::from(hours) * 3_600),
        }
    }
}

/// The lesser of two, where the lesser is the stricter.
fn stricter<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
