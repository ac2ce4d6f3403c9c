//! What are the parts of labels called? The names of a policy, and labels as data that outlives a session.
//!
//! A label that is stored with what an agent wrote is JSON of names ([`Words::write`]); reading it back ([`Words::read`]) never
//! gives a lower label than was written. INVARIANT: a name or version that is not known is an error, which a host takes as
//! [`Lattice::TOP`]; equal labels are written byte for byte the same.
//!
//! Next room: `declaration`.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::lattice::Lattice;
use super::part::{Confidentiality, FlowLabel, Integrity, Readers, Sources, Trust};
use crate::label::{Label, Taxonomy};
use crate::name::GroupId;
use crate::pattern::Pattern;

/// A set of people that readers are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Its name.
    pub id: Box<str>,
    /// Who belongs to it, as recipients are written: any of these patterns.
    pub members: Vec<Pattern>,
    /// Or: registered users in one of these groups.
    pub groups: Vec<GroupId>,
}

/// Why a stored label cannot be read. A host counts the label as top.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// It is not of the form that [`Words::write`] writes.
    #[error("a label is an object with `version`, `level`, `compartments`, `readers`, `trust` and `sources`")]
    Form,
    /// Its version is another one.
    #[error("the label has a version that is not known; 1 is")]
    Version,
    /// A name that the policy does not have.
    #[error("the policy has no {0} `{1}`")]
    Unknown(&'static str, String),
}

/// The names of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub(super) taxonomy: Taxonomy,
    pub(super) trust: Vec<Box<str>>,
    pub(super) audiences: Vec<Audience>,
    pub(super) origins: Vec<Box<str>>,
    pub(super) stamp: u64,
}

impl Words {
    /// The trust chain of a policy that names none, the most trusted first.
    pub const TRUST: [&'static str; 4] = ["system", "user", "vendor", "untrusted"];
    /// How many audiences a policy may have: the bits of a word, but for the one that stands for nobody.
    pub const AUDIENCES: usize = 63;
    /// How many origins a policy may have: as [`Words::AUDIENCES`], but for the one that stands for anything.
    pub const ORIGINS: usize = 127;

    /// The words of a policy. What is beyond [`Words::AUDIENCES`] or [`Words::ORIGINS`] has no bit of its own and counts as nobody
    /// or anything; documents refuse it before. `stamp` tells these words from those of other policies.
    #[must_use]
    pub fn new(taxonomy: Taxonomy, trust: &[String], audiences: Vec<Audience>, origins: &[String], stamp: u64) -> Self {
        let boxed = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
        let trust = if trust.is_empty() { Self::TRUST.map(Box::from).to_vec() } else { boxed(trust) };
        Self { taxonomy, trust, audiences, origins: boxed(origins), stamp }
    }

    /// The labels.
    #[must_use]
    pub const fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// The names of the trust chain, the most trusted first.
    pub fn trust_names(&self) -> impl Iterator<Item = &str> {
        self.trust.iter().map(AsRef::as_ref)
    }

    /// The names of the origins.
    pub fn origin_names(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(AsRef::as_ref)
    }

    /// What tells these words from those of other policies.
    #[must_use]
    pub const fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The place of that name in the trust chain.
    #[must_use]
    pub fn trust(&self, name: &str) -> Option<Trust> {
        let at = self.trust.iter().position(|known| **known == *name)?;
        u8::try_from(at).ok().map(Trust)
    }

    /// The name of a place in the trust chain: its last, if it is below it.
    #[must_use]
    pub fn trust_name(&self, trust: Trust) -> &str {
        self.trust.get(usize::from(trust.0)).or(self.trust.last()).map_or("untrusted", AsRef::as_ref)
    }

    /// Whether anything ranks below it.
    #[must_use]
    pub fn is_above_lowest(&self, trust: Trust) -> bool {
        usize::from(trust.0) + 1 < self.trust.len()
    }

    /// Those who belong to the audience of that name.
    #[must_use]
    pub fn audience(&self, name: &str) -> Option<Readers> {
        let at = self.audiences.iter().position(|audience| *audience.id == *name)?;
        (at < Self::AUDIENCES).then(|| Readers(1 << at))
    }

    /// The audiences.
    #[must_use]
    pub fn audiences(&self) -> &[Audience] {
        &self.audiences
    }

    /// The audiences that somebody belongs to, by the name under which a recipient is written; `in_group` says whether a
    /// registered user of that name is in a group.
    pub fn memberships(&self, recipient: &str, in_group: impl Fn(&GroupId) -> bool) -> Readers {
        let belongs = |audience: &Audience| {
            audience.members.iter().any(|pattern| pattern.matches(recipient)) || audience.groups.iter().any(&in_group)
        };
        let places = (0..Self::AUDIENCES).zip(&self.audiences);
        places.filter(|(_, audience)| belongs(audience)).fold(Readers(0), |all, (at, _)| all | Readers(1 << at))
    }

    /// What could have been written by the origin of that name.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<Sources> {
        let at = self.origins.iter().position(|origin| **origin == *name)?;
        Some(if at < Self::ORIGINS { Sources(1 << at) } else { Sources::ALL })
    }

    /// The label as JSON of names.
    #[must_use]
    pub fn write(&self, label: &FlowLabel) -> Json {
        let (confidentiality, integrity) = (label.confidentiality, label.integrity);
        let (level, compartments) = self.taxonomy.parts(confidentiality.label);
        let readers = match confidentiality.readers {
            Readers::ALL => json!("all"),
            Readers(bits) => {
                let named = (0..Self::AUDIENCES).zip(&self.audiences);
                let names: Vec<&str> =
                    named.filter(|(at, _)| bits >> at & 1 == 1).map(|(_, audience)| &*audience.id).collect();
                // A bit without a name is an audience that nobody can be shown to belong to.
                if bits.count_ones() as usize > names.len() { json!("nobody") } else { json!(names) }
            }
        };
        let sources = {
            let named = (0..Self::ORIGINS).zip(&self.origins);
            let names: Vec<&str> =
                named.filter(|(at, _)| integrity.sources.0 >> at & 1 == 1).map(|(_, origin)| &**origin).collect();
            if integrity.sources.0.count_ones() as usize > names.len() { json!("all") } else { json!(names) }
        };
        let trust = self.trust.get(usize::from(integrity.trust.0)).map_or("top", AsRef::as_ref);
        json!({
            "version": 1,
            "level": level,
            "compartments": compartments.map_or_else(|| json!("all"), |names| json!(names)),
            "readers": readers,
            "trust": trust,
            "sources": sources,
        })
    }

    /// The label that JSON of names says.
    ///
    /// # Errors
    /// Where it is of another form or version, or has a name that the policy does not have: count it as top.
    pub fn read(&self, json: &Json) -> Result<FlowLabel, LabelError> {
        const MEMBERS: [&str; 6] = ["version", "level", "compartments", "readers", "trust", "sources"];
        let members = json.as_object().ok_or(LabelError::Form)?;
        if members.get("version") != Some(&json!(1)) {
            return Err(LabelError::Version);
        }
        if members.len() != MEMBERS.len() || members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(LabelError::Form);
        }
        let text = |name: &str| members.get(name).and_then(Json::as_str).ok_or(LabelError::Form);
        let trust = text("trust")?;
        let trust = if trust == "top" {
            Trust::TOP
        } else {
            self.trust(trust).ok_or_else(|| LabelError::Unknown("trust level", trust.to_owned()))?
        };
        let readers = set(members, "readers", "nobody", Readers::NOBODY, |name| self.audience(name))?;
        let sources = set(members, "sources", "all", Sources::ALL, |name| self.origin(name))?;
        let label = self.label(members, text("level")?)?;
        Ok(FlowLabel { confidentiality: Confidentiality { label, readers }, integrity: Integrity { trust, sources } })
    }

    fn label(&self, members: &JsonMap<String, Json>, level: &str) -> Result<Label, LabelError> {
        let compartments = match members.get("compartments") {
            Some(Json::String(all)) if all == "all" => None,
            Some(Json::Array(names)) => {
                Some(names.iter().map(Json::as_str).collect::<Option<Vec<&str>>>().ok_or(LabelError::Form)?)
            }
            Some(_) | None => return Err(LabelError::Form),
        };
        self.taxonomy
            .whole(level, compartments.as_deref())
            .ok_or_else(|| LabelError::Unknown("level or compartment in", level.to_owned()))
    }

    /// A label in a few words, for people: `confidential+hr, readers staff, untrusted`.
    #[must_use]
    pub fn describe(&self, label: &FlowLabel) -> String {
        let written = self.write(label);
        let mut text = self.taxonomy.describe(label.confidentiality.label);
        match written.get("readers") {
            Some(Json::Array(names)) => {
                let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
                text.push_str(", readers ");
                text.push_str(&names.join("+"));
            }
            Some(Json::String(word)) if word == "nobody" => text.push_str(", readers nobody"),
            Some(_) | None => {}
        }
        text.push_str(", ");
        text.push_str(self.trust_name(label.integrity.trust));
        text
    }
}

/// A set of names as the join of what they mean; `word` stands for top.
fn set<T: Lattice>(
    members: &JsonMap<String, Json>,
    member: &'static str,
    word: &str,
    top: T,
    find: impl Fn(&str) -> Option<T>,
) -> Result<T, LabelError> {
    match members.get(member) {
        Some(Json::String(text)) if text == word => Ok(top),
        Some(Json::String(text)) if member == "readers" && text == "all" => Ok(T::BOTTOM),
        Some(Json::Array(names)) => names.iter().try_fold(T::BOTTOM, |all, name| {
            let name = name.as_str().ok_or(LabelError::Form)?;
            let one = find(name).ok_or_else(|| LabelError::Unknown("name among", format!("{member}: {name}")))?;
            Ok(all.join(&one))
        }),
        Some(_) | None => Err(LabelError::Form),
    }
}
