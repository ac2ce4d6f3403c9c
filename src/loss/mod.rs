//! May this content go there? Data-loss rules: what they look at, whom they cover, which of several wins.
//!
//! A [`LossPolicy`] covers locations, each with a [`Scope`], and holds rules: a [`Condition`], exceptions, an [`Action`].
//! [`LossPolicies`] are checked and in order; they judge an [`Event`] ([`LossPolicies::evaluate`]), the items and the prompt
//! of an AI ([`LossPolicies::ground`], [`LossPolicies::prompt`]). [`process`] reads the answers of the Graph interfaces for AI
//! applications.
//!
//! Everything comes in two readings ([`Reading`](crate::reading::Reading)). Faithful is Microsoft Purview's: in hosted
//! locations the most restrictive rule of the SMALLEST priority wins alone, on devices the most restrictive action of each activity
//! counts, agents are covered only where they are listed. Strict: all matching rules count together, whoever takes part is covered
//! unless excluded by name, and what is unknown matches.
//!
//! INVARIANT, strict reading: adding a rule or a policy never makes an outcome less restrictive; a policy in simulation
//! never changes one; a more sensitive label or more findings never make one less restrictive, unless the rule's author
//! negated.
//!
//! [`mod@lower`] turns the strict reading of a policy into ordinary rules, which decisions judge.
//!
//! Source: Microsoft Purview data loss prevention. Next room: `crate::document`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

mod condition;
mod evaluate;
mod event;
mod grounding;
pub mod lower;
mod overrule;
pub(crate) mod policies;
pub mod process;
mod scope;

pub use condition::{Condition, InsiderRisk, LabelCondition, RecipientCondition, SensitiveCondition};
pub use evaluate::{Match, Outcome, RuleRef};
pub use event::{Content, Event, LabelFact, Participant, Recipient, SensitiveCount};
pub use grounding::{Grounded, GroundingItem, ItemKind, PromptOutcome};
pub use overrule::{Claim, Resolution, overrule};
pub use policies::{LossError, LossPolicies};
pub use scope::{Scope, ScopeWarning, Select};

/// Where content is or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names of the source, which say what they are")]
pub enum Location {
    Exchange,
    SharePoint,
    OneDrive,
    Teams,
    /// Managed devices.
    Devices,
    /// Copilot and agents: what answers are made from, and prompts.
    Copilot,
    /// Unmanaged applications in a managed browser.
    Browser,
    /// What the network sees.
    Network,
    /// Registered applications, among them AI applications of your own.
    Apps,
}

impl Location {
    /// Its name in documents and requests: a member of [`crate::fact::LOCATION`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::SharePoint => "share-point",
            Self::OneDrive => "one-drive",
            Self::Teams => "teams",
            Self::Devices => "devices",
            Self::Copilot => "copilot",
            Self::Browser => "browser",
            Self::Network => "network",
            Self::Apps => "apps",
        }
    }
}

/// What is done with content. Source: Purview endpoint activities, Graph `protectionScopes` activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Activity {
    /// To a printer.
    Print,
    /// To a removable device.
    Usb,
    /// To the clipboard.
    Clipboard,
    /// To a network share.
    NetworkShare,
    /// To a cloud service, through a browser.
    CloudUpload,
    /// Over a remote desktop.
    RemoteDesktop,
    /// Over Bluetooth.
    Bluetooth,
    /// To an application that is not allowed.
    UnallowedApp,
    /// To other people, by mail, message or link.
    Share,
    /// A prompt or other text to an AI.
    UploadText,
    /// A file to an AI.
    UploadFile,
    /// An answer of an AI.
    DownloadText,
    /// A file from an AI.
    DownloadFile,
}

impl Activity {
    /// The activities of devices: with a matching policy, each is at least audited.
    pub const OF_DEVICES: [Self; 8] = [
        Self::Print,
        Self::Usb,
        Self::Clipboard,
        Self::NetworkShare,
        Self::CloudUpload,
        Self::RemoteDesktop,
        Self::Bluetooth,
        Self::UnallowedApp,
    ];

    /// Its name in documents and requests: a member of [`crate::fact::ACTIVITY`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Print => "print",
            Self::Usb => "usb",
            Self::Clipboard => "clipboard",
            Self::NetworkShare => "networkShare",
            Self::CloudUpload => "cloudUpload",
            Self::RemoteDesktop => "remoteDesktop",
            Self::Bluetooth => "bluetooth",
            Self::UnallowedApp => "unallowedApp",
            Self::Share => "share",
            Self::UploadText => "uploadText",
            Self::UploadFile => "uploadFile",
            Self::DownloadText => "downloadText",
            Self::DownloadFile => "downloadFile",
        }
    }
}

/// What a rule does. The greater is the more restrictive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    #[default]
    None,
    /// Records.
    Audit,
    /// Tells the user, and records.
    Warn,
    /// Removes the sensitive passages that the rule is about and lets the rest pass.
    Redact,
    /// Blocks until somebody gives a reason.
    BlockWithOverride,
    /// Blocks.
    Block,
}

impl Action {
    /// Whether content is held back as it stands.
    #[must_use]
    pub fn restricts(self) -> bool {
        self >= Self::Redact
    }
}

/// Whether a policy counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyMode {
    /// Not looked at.
    Off,
    /// Judged and recorded.
    Simulation,
    /// Judged, recorded, and shown to the user as if it counted.
    SimulationWithTips,
    /// It counts.
    #[default]
    On,
}

impl PolicyMode {
    /// What a device does for a rule's action in this mode, faithfully read. The surprise: with tips, simulating a block
    /// interrupts the user, who must override it.
    #[must_use]
    pub fn applied(self, action: Action) -> Action {
        match self {
            Self::Off => Action::None,
            Self::Simulation => action.min(Action::Audit),
            Self::SimulationWithTips if action == Action::Block => Action::BlockWithOverride,
            Self::SimulationWithTips | Self::On => action,
        }
    }

    /// Whether it only simulates.
    #[must_use]
    pub fn simulates(self) -> bool {
        matches!(self, Self::Simulation | Self::SimulationWithTips)
    }
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossRule {
    /// Its id, unique in its policy.
    pub id: String,
    /// The SMALLER wins. Unique in its policy.
    pub priority: u32,
    /// When it matches.
    pub when: Condition,
    /// When it does not although `when` holds: any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Condition>,
    /// What it does.
    #[serde(default)]
    pub action: Action,
    /// On devices: what it does for each activity. For an activity that is not listed: audit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub activities: BTreeMap<Activity, Action>,
    /// On devices: what it does instead where the target (printer, device, share, site) belongs to a group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorised: BTreeMap<Activity, BTreeMap<String, Action>>,
    /// Whether rules after it are not looked at if it matches. Strictly read, they are.
    #[serde(default)]
    pub stop: bool,
    /// What people are told when it warns, blocks or asks for a reason (a policy tip). Models see it too: keep secrets out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<String>,
}

/// A data-loss policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossPolicy {
    /// Its id, unique.
    pub id: String,
    /// The SMALLER wins. Unique.
    pub priority: u32,
    /// Whether it counts.
    #[serde(default)]
    pub mode: PolicyMode,
    /// Where it applies, and to whom there.
    pub locations: BTreeMap<Location, Scope>,
    /// Its rules.
    pub rules: Vec<LossRule>,
}

/// A set of names.
pub(crate) type Names = BTreeSet<String>;
