//! How risky is an agent held to be, and who said so? Source: Microsoft Entra ID Protection for agents.

/// How risky. Ordered; [`RiskLevel::Hidden`] is a level that the caller may not see, so worse than any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RiskLevel {
    /// Not at all.
    #[default]
    None,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Very.
    High,
    /// Not told. Worst case.
    Hidden,
}

impl RiskLevel {
    /// The levels and their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("hidden", Self::Hidden),
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Hidden => "hidden",
        }
    }
}

/// What has been done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RiskState {
    /// Nothing to do.
    #[default]
    None,
    /// Flagged.
    AtRisk,
    /// An administrator says that it was nothing.
    ConfirmedSafe,
    /// An administrator put it aside.
    Dismissed,
    /// An administrator says that it is real.
    ConfirmedCompromised,
}

impl RiskState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AtRisk => "atRisk",
            Self::ConfirmedSafe => "confirmedSafe",
            Self::Dismissed => "dismissed",
            Self::ConfirmedCompromised => "confirmedCompromised",
        }
    }
}

/// Who settled it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RiskDetail {
    /// Nobody.
    #[default]
    None,
    /// An administrator, as safe.
    AdminConfirmedSafe,
    /// An administrator, as compromised.
    AdminConfirmedCompromised,
    /// An administrator, by dismissing.
    AdminDismissed,
}

impl RiskDetail {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AdminConfirmedSafe => "adminConfirmedAgentSafe",
            Self::AdminConfirmedCompromised => "adminConfirmedAgentCompromised",
            Self::AdminDismissed => "adminDismissedRiskForAgent",
        }
    }
}

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Detection {
    /// Access to a resource that it does not usually touch.
    UnfamiliarResourceAccess,
    /// Far more sign-ins than usual.
    SignInSpike,
    /// Access that failed again and again.
    FailedAccessAttempt,
    /// A risky user signed in through it.
    RiskyUserSignIn,
    /// An administrator says so.
    AdminConfirmedCompromised,
    /// Known to threat intelligence.
    ThreatIntelligenceAccount,
}

impl Detection {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnfamiliarResourceAccess => "unfamiliarResourceAccess",
            Self::SignInSpike => "signInSpike",
            Self::FailedAccessAttempt => "failedAccessAttempt",
            Self::RiskyUserSignIn => "riskyUserSignIn",
            Self::AdminConfirmedCompromised => "adminConfirmedAgentCompromised",
            Self::ThreatIntelligenceAccount => "threatIntelligenceAccount",
        }
    }
}

/// The risk of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AgentRisk {
    /// How risky.
    pub level: RiskLevel,
    /// What has been done.
    pub state: RiskState,
    /// By whom.
    pub detail: RiskDetail,
    /// The last detection that counted.
    pub detection: Option<Detection>,
}

impl AgentRisk {
    /// A detection: raises the level, never lowers it. After a dismissal or a confirmation as safe it flags again; a confirmed
    /// compromise stays one.
    #[must_use]
    pub fn detected(self, detection: Detection, level: RiskLevel) -> Self {
        if self.state == RiskState::ConfirmedCompromised || level == RiskLevel::None {
            return self;
        }
        let level = level.max(self.level);
        Self { level, state: RiskState::AtRisk, detail: RiskDetail::None, detection: Some(detection) }
    }

    /// An administrator says that it is compromised: the level is high, so that block policies apply.
    #[must_use]
    pub const fn confirm_compromised(self) -> Self {
        Self {
            level: RiskLevel::High,
            state: RiskState::ConfirmedCompromised,
            detail: RiskDetail::AdminConfirmedCompromised,
            detection: Some(Detection::AdminConfirmedCompromised),
        }
    }

    /// An administrator says that it is safe.
    #[must_use]
    pub const fn confirm_safe(self) -> Self {
        Self {
            level: RiskLevel::None,
            state: RiskState::ConfirmedSafe,
            detail: RiskDetail::AdminConfirmedSafe,
            detection: self.detection,
        }
    }

    /// An administrator puts it aside; the like of it may flag again.
    #[must_use]
    pub const fn dismiss(self) -> Self {
        Self {
            level: RiskLevel::None,
            state: RiskState::Dismissed,
            detail: RiskDetail::AdminDismissed,
            detection: self.detection,
        }
    }
}
