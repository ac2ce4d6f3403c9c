//! Usage rights: what may this subject do with protected content, and may an AI use it for them?

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Reading;
use super::inheritance::{Inheritance, InheritanceError, compute_inheritance};
use super::labels::{Formats, LabelId, Labels, Protection};

/// A set of usage rights, as Graph numbers them (`usageRights`), with the conditions that it reports in the same number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsageRights(u32);

/// Bit and name of every right. Source: Graph `usageRights`.
const RIGHTS: [(u32, &str); 15] = [
    (1, "unknown"),
    (2, "docEdit"),
    (4, "edit"),
    (8, "comment"),
    (16, "export"),
    (32, "forward"),
    (64, "owner"),
    (128, "print"),
    (256, "reply"),
    (512, "replyAll"),
    (1024, "view"),
    (2048, "extract"),
    (4096, "viewRightsData"),
    (8192, "editRightsData"),
    (16384, "objModel"),
];

/// Bit and name of every condition that stands where rights could not be told.
const FLAGS: [(u32, &str); 6] = [
    (32768, "accessDenied"),
    (65536, "userDefinedProtectionTypeNotSupportedException"),
    (131_072, "encryptedProtectionTypeNotSupportedException"),
    (262_144, "purviewClaimsChallengeNotSupportedException"),
    (524_288, "exception"),
    (1_048_576, "labelNotFoundException"),
];

/// A mask taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The rights.
    pub rights: Vec<&'static str>,
    /// The conditions.
    pub flags: Vec<&'static str>,
    /// Bits that have no meaning. Strictly read, they withdraw every right.
    pub unknown: u32,
}

impl UsageRights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const OWNER: Self = Self(64);
    /// Open and read.
    pub const VIEW: Self = Self(1024);
    /// Copy, which is what a program does that answers from content.
    pub const EXTRACT: Self = Self(2048);
    /// The subject has no access.
    pub const ACCESS_DENIED: Self = Self(32768);
    /// Authors chose the rights: they cannot be told.
    pub const USER_DEFINED: Self = Self(65536);
    /// Encrypted in a way that the service cannot open (double key).
    pub const ENCRYPTED: Self = Self(131_072);
    /// The label protects nothing, so there is nothing to evaluate.
    pub const NO_PROTECTION: Self = Self(1_048_576);

    /// The rights of a Graph mask.
    #[must_use]
    pub const fn from_mask(mask: u32) -> Self {
        Self(mask)
    }

    /// The Graph mask.
    #[must_use]
    pub const fn mask(self) -> u32 {
        self.0
    }

    /// The right or condition of that name, in any case (`VIEW`, `view`, `viewRightsData`).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        RIGHTS.iter().chain(&FLAGS).find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(bit, _)| Self(*bit))
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rights that both sets have, and the conditions of either: for a chain of subjects (law 6). The owner of one set has
    /// what the other has.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let flags = FLAGS.iter().fold(0, |bits, (bit, _)| bits | bit);
        let known = RIGHTS.iter().fold(flags, |bits, (bit, _)| bits | bit);
        let expand = |set: Self| if set.0 & Self::OWNER.0 != 0 { set.0 | (known & !flags) } else { set.0 };
        let both = expand(self) & expand(other) & !flags;
        // Conditions and bits without meaning are kept from either side: they only ever withdraw.
        Self(both | ((self.0 | other.0) & (flags | !known)))
    }

    /// Whether every right of `other` is in the set. An owner has every right.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & Self::OWNER.0 != 0 || self.0 & other.0 == other.0
    }

    /// The mask taken apart.
    #[must_use]
    pub fn decode(self) -> Decoded {
        let names = |table: &[(u32, &'static str)]| {
            table.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name).collect::<Vec<_>>()
        };
        let known = RIGHTS.iter().chain(&FLAGS).fold(0, |bits, (bit, _)| bits | bit);
        Decoded { rights: names(&RIGHTS), flags: names(&FLAGS), unknown: self.0 & !known }
    }
}

impl fmt::Debug for UsageRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decoded = self.decode();
        let mut set = f.debug_set();
        set.entries(decoded.rights).entries(decoded.flags);
        if decoded.unknown != 0 {
            set.entry(&decoded.unknown);
        }
        set.finish()
    }
}

/// Whom rights are given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// All users of the organisation. Never an agent: an agent must be named.
    Organisation,
    /// Whoever signs in. Never an agent.
    AnyAuthenticated,
    /// This user or agent.
    Named(String),
    /// The members of this group.
    Group(String),
}

/// Rights given by an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// To whom.
    pub to: Audience,
    /// Which, as a Graph mask.
    pub rights: UsageRights,
}

/// What a subject is, for rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A user of the organisation.
    Member,
    /// A user of another organisation.
    Guest,
    /// An agent, with an identity or a user account of its own.
    Agent,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is.
    pub kind: SubjectKind,
    /// Its groups, at any depth.
    pub groups: &'a [&'a str],
}

impl Subject<'_> {
    fn is_in(&self, audience: &Audience) -> bool {
        match audience {
            Audience::Organisation => self.kind == SubjectKind::Member,
            Audience::AnyAuthenticated => self.kind != SubjectKind::Agent,
            Audience::Named(id) => id == self.id,
            Audience::Group(id) => self.groups.contains(&id.as_str()),
        }
    }
}

impl Protection {
    /// What a subject may do with content that is so protected.
    #[must_use]
    pub fn rights(&self, subject: &Subject<'_>) -> UsageRights {
        match self {
            Self::None => UsageRights::NO_PROTECTION,
            Self::UserDefined => UsageRights::USER_DEFINED,
            Self::DoubleKey => UsageRights::ENCRYPTED,
            Self::AdminDefined(grants) => {
                let given = grants.iter().filter(|grant| subject.is_in(&grant.to));
                let rights = given.fold(UsageRights::NONE, |rights, grant| rights.union(grant.rights));
                if rights == UsageRights::NONE { UsageRights::ACCESS_DENIED } else { rights }
            }
        }
    }
}

/// What an AI may do with an item for a subject. Nothing is withheld silently: the host shows or records the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AiUse {
    /// Whether its content may be read, summarised, answered from.
    pub content: bool,
    /// Whether the item may be named and linked to.
    pub link: bool,
    /// Why the content is withheld.
    pub reason: Option<&'static str>,
}

/// Whether an AI may use an item for someone with these rights; `None` if the item is not encrypted (a label by itself blocks
/// nothing). For an agent that acts for a user give the [intersection](UsageRights::intersection) of both.
///
/// Content needs VIEW and EXTRACT. VIEW alone leaves the link. Strictly read, a mask with a condition or with bits that have
/// no meaning gives nothing.
#[must_use]
pub fn ai_use(rights: Option<UsageRights>, reading: Reading) -> AiUse {
    let open = AiUse { content: true, link: true, reason: None };
    let Some(rights) = rights else { return open };
    let decoded = rights.decode();
    if rights == UsageRights::NO_PROTECTION {
        return open;
    }
    if reading == Reading::Strict && (!decoded.flags.is_empty() || decoded.unknown != 0) {
        let reason = decoded.flags.first().copied().unwrap_or("unknownRights");
        return AiUse { content: false, link: false, reason: Some(reason) };
    }
    let view = rights.contains(UsageRights::VIEW);
    let content = view && rights.contains(UsageRights::EXTRACT);
    let reason = if content {
        None
    } else if view {
        Some("extractMissing")
    } else {
        Some(decoded.flags.first().copied().unwrap_or("viewMissing"))
    };
    AiUse { content, link: view, reason }
}

/// An item of content: its label, and what protects it where that is not the label's own protection.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Its label.
    pub label: Option<LabelId>,
    /// What protects it; `None` for what its label says.
    pub protection: Option<&'a Protection>,
}

/// What a subject may do with each of several items, and what output made from them inherits. Source: Graph
/// `computeRightsAndInheritance`.
#[derive(Clone, Debug)]
pub struct RightsAndInheritance {
    /// One for each item.
    pub rights: Vec<UsageRights>,
    /// The label that output inherits.
    pub inherited: Result<Inheritance, InheritanceError>,
}

/// Computes both at once.
#[must_use]
pub fn rights_and_inheritance(
    labels: &Labels,
    contents: &[Content<'_>],
    subject: &Subject<'_>,
    formats: Formats,
    reading: Reading,
) -> RightsAndInheritance {
    let rights = contents.iter().map(|content| {
        let own = content.label.and_then(|label| labels.definition(label)).map(|label| &label.protection);
        content.protection.or(own).unwrap_or(&Protection::None).rights(subject)
    });
    let inputs: Vec<Option<LabelId>> = contents.iter().map(|content| content.label).collect();
    RightsAndInheritance { rights: rights.collect(), inherited: compute_inheritance(labels, &inputs, formats, reading) }
}
