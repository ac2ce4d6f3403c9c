//! Who could read what: oversharing reports over a snapshot of permissions, and the controls against it.
//!
//! Source: Purview and SharePoint data access governance. A report changes nothing; the controls do: restricted access (only
//! some groups keep access), restricted discovery (hidden from search and AI, permissions unchanged), restricted search (a
//! list of sites that search and AI may draw on).

use std::collections::{BTreeMap, BTreeSet};

use super::labels::LabelId;

/// Sites that a restricted search may list. Source: SharePoint.
pub const RESTRICTED_SEARCH_SITES: usize = 100;

/// To whom an item or site is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opening {
    /// Whoever has the link.
    AnyoneLink,
    /// A link for guests.
    GuestLink,
    /// A link for everyone in the organisation.
    OrganisationLink,
    /// Everyone, guests included.
    Everyone,
    /// Everyone except external users.
    EveryoneExceptExternal,
    /// One user.
    User(String),
    /// One group.
    Group(String),
}

/// An item of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: Option<LabelId>,
    /// To whom it is open besides those to whom its site is.
    pub openings: Vec<Opening>,
}

/// A site as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// Who owns it.
    pub owners: BTreeSet<String>,
    /// To whom it is open.
    pub openings: Vec<Opening>,
    /// What is in it.
    pub items: Vec<Item>,
}

/// What a report is about. Source: the report entities of data access governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportEntity {
    /// The site is open to everyone.
    EveryoneAtSite,
    /// The site is open to everyone except external users.
    EveryoneExceptExternalUsersAtSite,
    /// Items are open to everyone.
    EveryoneForItems,
    /// Items are open to everyone except external users.
    EveryoneExceptExternalUsersForItems,
    /// More users than the threshold can read the site.
    PermissionedUsers,
    /// Items have links for anyone.
    SharingLinksAnyone,
    /// Items have links for guests.
    SharingLinksGuests,
    /// Items have links for the organisation.
    SharingLinksPeopleInYourOrg,
    /// Items with a label of the given sensitivity or above are open to more than named users and groups, or have no label.
    SensitivityLabelForFiles,
}

/// A line of a report: a site, what about it, and how many items (or users).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure {
    /// The site.
    pub site: String,
    /// What about it.
    pub entity: ReportEntity,
    /// Items, or users for [`ReportEntity::PermissionedUsers`].
    pub count: usize,
}

/// Reports what is open wider than it should be: sites that more than `users` users can read (groups expanded by `members`;
/// a group that is not listed counts as more than any threshold), broad openings, and items at or above `sensitive`, or without
/// a label, behind them.
#[must_use]
pub fn report(
    sites: &[Site],
    members: &BTreeMap<String, BTreeSet<String>>,
    users: usize,
    sensitive: LabelId,
) -> Vec<Exposure> {
    let mut lines = BTreeMap::new();
    for site in sites {
        let mut add = |entity, count: usize| {
            if count > 0 {
                *lines.entry((site.id.clone(), entity)).or_insert(0) += count;
            }
        };
        let has = |openings: &[Opening], opening: &Opening| usize::from(openings.contains(opening));
        add(ReportEntity::EveryoneAtSite, has(&site.openings, &Opening::Everyone));
        add(ReportEntity::EveryoneExceptExternalUsersAtSite, has(&site.openings, &Opening::EveryoneExceptExternal));
        for item in &site.items {
            add(ReportEntity::EveryoneForItems, has(&item.openings, &Opening::Everyone));
            let internal = has(&item.openings, &Opening::EveryoneExceptExternal);
            add(ReportEntity::EveryoneExceptExternalUsersForItems, internal);
            add(ReportEntity::SharingLinksAnyone, has(&item.openings, &Opening::AnyoneLink));
            add(ReportEntity::SharingLinksGuests, has(&item.openings, &Opening::GuestLink));
            add(ReportEntity::SharingLinksPeopleInYourOrg, has(&item.openings, &Opening::OrganisationLink));
            let broad = site.openings.iter().chain(&item.openings).any(is_broad);
            let delicate = item.label.is_none_or(|label| label >= sensitive);
            add(ReportEntity::SensitivityLabelForFiles, usize::from(broad && delicate));
        }
        let readers = readers(site, members);
        add(ReportEntity::PermissionedUsers, if readers > users { readers } else { 0 });
    }
    lines.into_iter().map(|((site, entity), count)| Exposure { site, entity, count }).collect()
}

fn is_broad(opening: &Opening) -> bool {
    !matches!(opening, Opening::User(_) | Opening::Group(_))
}

/// How many users can read a site; `usize::MAX` if nobody can tell.
fn readers(site: &Site, members: &BTreeMap<String, BTreeSet<String>>) -> usize {
    let mut known: BTreeSet<&str> = site.owners.iter().map(String::as_str).collect();
    for opening in &site.openings {
        match opening {
            Opening::User(user) => {
                known.insert(user);
            }
            Opening::Group(group) => match members.get(group) {
                Some(users) => known.extend(users.iter().map(String::as_str)),
                None => return usize::MAX,
            },
            Opening::AnyoneLink
            | Opening::GuestLink
            | Opening::OrganisationLink
            | Opening::Everyone
            | Opening::EveryoneExceptExternal => return usize::MAX,
        }
    }
    known.len()
}

/// The controls of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// If set, only members of these groups keep the access that they have. An empty list leaves nobody.
    pub restricted_access: Option<BTreeSet<String>>,
    /// Whether the site is hidden from search and AI for all who have not opened the item themselves.
    pub restricted_discovery: bool,
}

/// What a principal can do with a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Whether it can open the site.
    pub access: bool,
    /// Whether search and AI may draw on the site for it.
    pub discovery: bool,
}

/// What a principal with these groups can do with a site on which it has `permission`. `search` is the organisation's
/// restricted search, if it has one; `own` says that the principal owns, has visited or was given the content itself.
/// Controls only ever take away.
#[must_use]
pub fn reach(
    site: &str,
    permission: bool,
    groups: &BTreeSet<String>,
    controls: &Controls,
    search: Option<&BTreeSet<String>>,
    own: bool,
) -> Reach {
    let kept = controls.restricted_access.as_ref().is_none_or(|allowed| allowed.intersection(groups).next().is_some());
    let access = permission && kept;
    // A list beyond the bound is not applied in part: it lists nothing.
    let listed = search.is_none_or(|sites| sites.len() <= RESTRICTED_SEARCH_SITES && sites.contains(site));
    let discovery = access && (own || (listed && !controls.restricted_discovery));
    Reach { access, discovery }
}
