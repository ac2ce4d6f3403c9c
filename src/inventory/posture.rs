//! In what state is the device? Posture as facts with a validity window.
//!
//! A report of a device's state is true when it is made and less so every day after. INVARIANT: after its window, and without any
//! report, a device is not compliant, and whether it is managed or joined is unknown.
//!
//! Source: Microsoft Intune device compliance (validity 30 days by default, 1 to 120).

use crate::reading::Reading;
use crate::time::{Duration, Timestamp};

/// What a device reported. Source: Microsoft Graph `complianceState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ComplianceReport {
    /// Nothing that is understood.
    #[default]
    Unknown,
    /// No policy is assigned to it.
    NoPolicy,
    /// It meets all policies.
    Compliant,
    /// It was made to meet them.
    Remediated,
    /// It does not meet them.
    NonCompliant,
    /// It does not meet them, but may go on for a while.
    InGracePeriod,
    /// Evaluation failed.
    Error,
    /// Policies contradict each other.
    Conflict,
}

/// What is known about a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DevicePosture {
    /// Whether it is managed; `None` if nobody said.
    pub managed: Option<bool>,
    /// Whether it is joined to the directory.
    pub joined: Option<bool>,
    /// What it last reported.
    pub report: ComplianceReport,
    /// When.
    pub reported_at: Option<Timestamp>,
    /// Whether the browser keeps the device's identity to itself (private browsing).
    pub private_browsing: bool,
}

/// How reports are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PosturePolicy {
    validity_days: u32,
    /// What a device without policies counts as. The original's default is compliant.
    pub no_policy_is_compliant: bool,
    /// Whether a device in its grace period counts as compliant. It does in the original.
    pub grace_is_compliant: bool,
}

/// The validity is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reports are valid for 1 to 120 days")]
pub struct PosturePolicyError;

impl PosturePolicy {
    /// The policy of a reading, with reports valid for so many days.
    ///
    /// # Errors
    /// Not 1 to 120 days.
    pub fn new(reading: Reading, validity_days: u32) -> Result<Self, PosturePolicyError> {
        if !(1..=120).contains(&validity_days) {
            return Err(PosturePolicyError);
        }
        let lenient = reading == Reading::Faithful;
        Ok(Self { validity_days, no_policy_is_compliant: lenient, grace_is_compliant: lenient })
    }
}

impl Default for PosturePolicy {
    fn default() -> Self {
        Self { validity_days: 30, no_policy_is_compliant: false, grace_is_compliant: false }
    }
}

/// Facts `device.*`; `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostureFacts {
    /// `device.compliant`.
    pub compliant: Option<bool>,
    /// `device.managed`.
    pub managed: Option<bool>,
    /// `device.joined`.
    pub joined: Option<bool>,
}

impl DevicePosture {
    /// What may be said of the device at `now`.
    #[must_use]
    pub fn facts(&self, policy: &PosturePolicy, now: Timestamp) -> PostureFacts {
        // One minute: how far ahead a device's clock may be.
        let ahead = Duration::from_parts(60, 0).unwrap_or(Duration::MAX);
        let window = Duration::from_parts(i64::from(policy.validity_days) * 86_400, 0).unwrap_or(Duration::MAX);
        let is_valid = |at: Timestamp| now.since(at) <= window && at.since(now) <= ahead;
        if !self.reported_at.is_some_and(is_valid) {
            return PostureFacts { compliant: Some(false), managed: None, joined: None };
        }
        let compliant = match self.report {
            ComplianceReport::Compliant | ComplianceReport::Remediated => Some(true),
            ComplianceReport::NoPolicy => Some(policy.no_policy_is_compliant),
            ComplianceReport::InGracePeriod => Some(policy.grace_is_compliant),
            ComplianceReport::NonCompliant | ComplianceReport::Error | ComplianceReport::Conflict => Some(false),
            ComplianceReport::Unknown => None,
        };
        if self.private_browsing {
            return PostureFacts { compliant: Some(false), managed: None, joined: None };
        }
        PostureFacts { compliant, managed: self.managed, joined: self.joined }
    }
}
