//! Is a device compliant? Compliance policies, the tenant's answer for a device without any, and how long a report is good for.
//!
//! Source: Intune device compliance. The faithful reading keeps its defaults: a device without policies counts as the tenant says
//! (as delivered: compliant), and one in its grace period counts as compliant. The strict reading wants proof: at least one
//! policy, every one of them met, reported within the validity period.
//!
//! Next room: [`crate::access::evaluate`].

use serde::{Deserialize, Serialize};

use super::Reading;
use super::signals::Signal;

/// Days for which a report is good, unless the tenant says otherwise (1 to 120). Source: Intune.
pub const VALIDITY_DAYS: u32 = 30;

/// What the tenant says about devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComplianceSettings {
    /// Whether a device to which no policy is assigned counts as compliant. As delivered: yes.
    pub without_policy: bool,
    /// Days for which a report is good.
    pub validity_days: u32,
}

impl Default for ComplianceSettings {
    fn default() -> Self {
        Self { without_policy: true, validity_days: VALIDITY_DAYS }
    }
}

/// How a device stands to one compliance policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplianceState {
    /// Met.
    Compliant,
    /// The operating system enforced it.
    Remediated,
    /// Does not concern this device.
    NotApplicable,
    /// Not met, but tolerated for now.
    InGracePeriod,
    /// Not met.
    NonCompliant,
    /// Two policies contradict each other.
    Conflict,
    /// Could not be evaluated.
    Error,
    /// Not known.
    Unknown,
}

/// What is known about a device's compliance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Posture {
    /// How it stands to each policy assigned to it.
    pub policies: Vec<ComplianceState>,
    /// Days since it last reported.
    pub reported_days_ago: Signal<u32>,
}

impl Posture {
    /// Whether the device is compliant.
    ///
    /// A report that is too old is a known no. In the faithful reading a report of unknown age counts; in the strict reading it
    /// leaves the answer unknown.
    #[must_use]
    pub fn compliant(&self, settings: ComplianceSettings, reading: Reading) -> Signal<bool> {
        if self.reported_days_ago.known().is_some_and(|days| *days > settings.validity_days) {
            return Signal::Known(false);
        }
        let strict = reading == Reading::Strict;
        let met = |state: &ComplianceState| match state {
            ComplianceState::Compliant | ComplianceState::Remediated | ComplianceState::NotApplicable => true,
            ComplianceState::InGracePeriod => !strict,
            ComplianceState::NonCompliant
            | ComplianceState::Conflict
            | ComplianceState::Error
            | ComplianceState::Unknown => false,
        };
        let proven = self.policies.iter().any(|state| *state != ComplianceState::NotApplicable);
        let compliant = match (self.policies.is_empty(), strict) {
            (true, false) => settings.without_policy,
            (_, true) => proven && self.policies.iter().all(met),
            (false, false) => self.policies.iter().all(met),
        };
        match (compliant, strict, self.reported_days_ago) {
            (true, true, Signal::Unknown) => Signal::Unknown,
            (compliant, ..) => Signal::Known(compliant),
        }
    }
}
