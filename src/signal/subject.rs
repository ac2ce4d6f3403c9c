//! Whom is an event about? Subject identifiers, and the names that a token is known by.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::delegation::Delegation;

/// What a name names. Names are compared only within their class: an e-mail address says nothing about a `sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// A token (`jti`, or a SAML assertion id).
    Token,
    /// A session (`sid`).
    Session,
    /// A device.
    Device,
    /// A principal by its id: user, agent, agent user, workload, blueprint, application.
    Subject,
    /// A principal by its e-mail address.
    Email,
    /// A principal by an `acct:` URI.
    Account,
    /// A principal by its telephone number.
    Phone,
    /// A group.
    Group,
    /// An organisational unit.
    OrgUnit,
    /// A tenant.
    Tenant,
    /// A network address.
    Address,
    /// A kind of name that is not known; nothing can be compared with it.
    Other,
}

/// One name that a token is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// What it names.
    pub class: Class,
    /// Who gives the name; `None` if that is not known.
    pub issuer: Option<&'a str>,
    /// The name.
    pub id: &'a str,
}

/// The names that a verified token itself tells: subject and actors, its own id, its session, its tenant. Whoever knows more
/// (blueprints, e-mail addresses, the device) adds it.
#[must_use]
pub fn names_of(delegation: &Delegation) -> Vec<Name<'_>> {
    let token = &delegation.token;
    let own = [(Class::Token, &token.id), (Class::Session, &token.session), (Class::Tenant, &token.tenant)];
    let issuer = token.issuer.as_deref();
    let own = own.into_iter().filter_map(|(class, id)| Some(Name { class, issuer, id: id.as_deref()? }));
    let links = std::iter::once(&delegation.subject).chain(&delegation.actors);
    let links = links.map(|link| Name { class: Class::Subject, issuer: link.issuer.as_deref(), id: &link.id });
    links.chain(own).collect()
}

/// One name that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// What it names.
    pub class: Class,
    /// Who gives the name; `None` if the event does not say.
    pub issuer: Option<Box<str>>,
    /// The name.
    pub id: Box<str>,
}

impl Target {
    /// A name of some class.
    #[must_use]
    pub fn new(class: Class, issuer: Option<&str>, id: &str) -> Self {
        Self { class, issuer: issuer.map(Into::into), id: spelt(class, id).into() }
    }

    /// A principal by its id.
    #[must_use]
    pub fn subject(issuer: Option<&str>, id: &str) -> Self {
        Self::new(Class::Subject, issuer, id)
    }

    /// A session by its id.
    #[must_use]
    pub fn session(id: &str) -> Self {
        Self::new(Class::Session, None, id)
    }

    /// This target as a name of a token.
    #[must_use]
    pub fn as_name(&self) -> Name<'_> {
        Name { class: self.class, issuer: self.issuer.as_deref(), id: &self.id }
    }

    /// Whether a token's name can be compared with it at all: same class, and not certainly different issuers.
    pub(super) fn is_comparable(&self, name: &Name<'_>) -> bool {
        self.class == name.class && issuers_agree(self.issuer.as_deref(), name.issuer)
    }
}

/// A principal by its id, and by its other names.
pub(crate) fn known_as<'n>(
    issuer: Option<&'n str>,
    id: &'n str,
    aliases: &'n [Target],
) -> impl Iterator<Item = Name<'n>> {
    let own = Name { class: Class::Subject, issuer, id };
    core::iter::once(own).chain(aliases.iter().map(Target::as_name))
}

/// The one spelling of a name, in which [`Target::new`] files it: a network address in its canonical form, an e-mail address in small
/// letters, an account as `acct:` URIs have it, without the scheme.
pub(crate) fn spelt(class: Class, id: &str) -> Cow<'_, str> {
    let small = |id: &'_ str| id.chars().any(char::is_uppercase).then(|| id.to_lowercase());
    match class {
        Class::Address => id.parse::<IpAddr>().map_or(id.into(), |address| address.to_canonical().to_string().into()),
        Class::Email => small(id).map_or(id.into(), Cow::Owned),
        Class::Account => {
            let scheme = id.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("acct:"));
            let id = scheme.and_then(|_| id.get(5..)).unwrap_or(id);
            small(id).map_or(id.into(), Cow::Owned)
        }
        Class::Token
        | Class::Session
        | Class::Device
        | Class::Subject
        | Class::Phone
        | Class::Group
        | Class::OrgUnit
        | Class::Tenant
        | Class::Other => id.into(),
    }
}

/// An issuer that is not known may be any.
fn issuers_agree(own: Option<&str>, other: Option<&str>) -> bool {
    match (own, other) {
        (Some(own), Some(other)) => own == other,
        (None, _) | (_, None) => true,
    }
}

/// Whom an event is about: all members must match, each by any of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectId {
    members: BTreeMap<Member, Vec<Target>>,
}

/// What a member of a complex subject is, the most specific first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Member {
    Session,
    Device,
    User,
    Application,
    /// A subject that is not complex.
    Whole,
    Group,
    OrgUnit,
    Tenant,
    /// A member that is not known; it can only narrow the subject.
    Other(Box<str>),
}

/// The names of one member of a subject.
type Names = Box<[Target]>;

/// Under which name to file an event, and what must match besides.
pub(super) type Filing<'s> = (&'s Target, Box<[Names]>);

impl From<Target> for SubjectId {
    fn from(target: Target) -> Self {
        Self { members: BTreeMap::from([(Member::Whole, vec![target])]) }
    }
}

impl SubjectId {
    pub(super) const fn of(members: BTreeMap<Member, Vec<Target>>) -> Self {
        Self { members }
    }

    /// An event is filed under every session, device and principal that it names, each with the other members as conditions:
    /// whichever of them a token tells of, the event is found. Only if there are none, under group, unit or tenant, because
    /// there all events of a tenant would lie under one name.
    pub(super) fn filings(&self) -> Vec<Filing<'_>> {
        let narrow = |member: &Member| *member <= Member::Whole;
        let any_narrow = self.members.keys().any(narrow);
        let first = self.members.keys().next();
        let files = |member: &&Member| if any_narrow { narrow(member) } else { Some(*member) == first };
        let filings = self.members.keys().filter(files).flat_map(|member| {
            let others = self.members.iter().filter(move |(other, _)| *other != member);
            let also: Box<[Names]> = others.map(|(_, names)| names.clone().into_boxed_slice()).collect();
            let names = self.members.get(member).map_or(&[][..], Vec::as_slice);
            names.iter().map(move |name| (name, also.clone()))
        });
        filings.collect()
    }
}
