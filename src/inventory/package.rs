//! May this packaged agent be used? Source: agent packages of the Microsoft 365 Copilot catalogue.

/// To whom a package is available or deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Nobody.
    #[default]
    None,
    /// Some.
    Some,
    /// Everybody.
    All,
}

/// A packaged agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Package {
    /// Whether it is blocked. A block beats every availability.
    pub is_blocked: bool,
    /// To whom it is available.
    pub available_to: Audience,
}

/// Whether it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PackageUse {
    /// It may.
    Allowed,
    /// It is blocked.
    Blocked,
    /// It is not available to this user.
    NotAvailable,
}

impl PackageUse {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::NotAvailable => "not_available",
        }
    }
}

impl Package {
    /// Whether a user may use it. `is_among` says whether the user is one of [`Audience::Some`]; `None` if that is not known.
    #[must_use]
    pub const fn for_user(&self, is_among: Option<bool>) -> PackageUse {
        match (self.is_blocked, self.available_to, is_among) {
            (true, _, _) => PackageUse::Blocked,
            (false, Audience::All, _) | (false, Audience::Some, Some(true)) => PackageUse::Allowed,
            (false, Audience::None, _) | (false, Audience::Some, _) => PackageUse::NotAvailable,
        }
    }
}
