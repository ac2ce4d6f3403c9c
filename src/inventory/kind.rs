//! The kinds of agents, and what each must present before it is taken for managed.

use std::collections::BTreeSet;

/// Something that an agent shows, or that the registry holds about it. The host has checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A token that the host has verified names it.
    VerifiedToken,
    /// An X.509 or JWT document with a valid `spiffe://` id.
    SpiffeId,
    /// The token is bound to a key that the agent holds.
    SenderConstrained,
    /// It runs on a device that the organisation manages.
    ManagedDevice,
    /// The device meets its policies, by a report that is still valid.
    CompliantDevice,
    /// It is made from a registered blueprint.
    Blueprint,
    /// Somebody answers for it.
    Sponsor,
    /// Somebody maintains it.
    Owner,
}

impl Evidence {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VerifiedToken => "verified_token",
            Self::SpiffeId => "spiffe_id",
            Self::SenderConstrained => "sender_constrained",
            Self::ManagedDevice => "managed_device",
            Self::CompliantDevice => "compliant_device",
            Self::Blueprint => "blueprint",
            Self::Sponsor => "sponsor",
            Self::Owner => "owner",
        }
    }
}

/// What kind of agent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentKind {
    /// Made and run by a managed platform.
    ManagedCloud,
    /// Run by the organisation on its own machines.
    SelfHosted,
    /// Run by a person on their device: coding assistants, desktop agents.
    LocalTool,
    /// A scheduled job, a robot, a flow.
    Automation,
    /// A workload with an identity of its own, such as a `spiffe://` id.
    Workload,
}

impl AgentKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::ManagedCloud, Self::SelfHosted, Self::LocalTool, Self::Automation, Self::Workload];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManagedCloud => "managed_cloud",
            Self::SelfHosted => "self_hosted",
            Self::LocalTool => "local_tool",
            Self::Automation => "automation",
            Self::Workload => "workload",
        }
    }

    /// What an agent of this kind must present.
    ///
    /// Whoever is outside a managed platform can lose its token to others, so the token must be bound to it; a local tool is as
    /// trustworthy as the device that it runs on; a workload is known by its workload identity. Somebody answers for every one.
    #[must_use]
    pub const fn required(self) -> &'static [Evidence] {
        match self {
            Self::ManagedCloud => &[Evidence::VerifiedToken, Evidence::Blueprint, Evidence::Sponsor],
            Self::SelfHosted => {
                &[Evidence::VerifiedToken, Evidence::SenderConstrained, Evidence::Sponsor, Evidence::Owner]
            }
            Self::LocalTool => {
                &[Evidence::VerifiedToken, Evidence::ManagedDevice, Evidence::CompliantDevice, Evidence::Sponsor]
            }
            Self::Automation => &[Evidence::VerifiedToken, Evidence::Sponsor, Evidence::Owner],
            Self::Workload => &[Evidence::SpiffeId, Evidence::Sponsor, Evidence::Owner],
        }
    }

    /// What is missing.
    #[must_use]
    pub fn missing(self, presented: &BTreeSet<Evidence>) -> Vec<Evidence> {
        self.required().iter().copied().filter(|evidence| !presented.contains(evidence)).collect()
    }
}
