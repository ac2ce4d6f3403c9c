//! The labels of an organisation: their order, what they apply to, what they protect.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rights::Grant;
use crate::label::Taxonomy;

/// What a label can be put on. Source: Graph `contentFormats` / `applicableTo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names of the source, which say what they are")]
pub enum ContentFormat {
    File,
    Email,
    Site,
    UnifiedGroup,
    Teamwork,
    SchematizedData,
}

impl ContentFormat {
    /// All formats.
    pub const ALL: [Self; 6] =
        [Self::File, Self::Email, Self::Site, Self::UnifiedGroup, Self::Teamwork, Self::SchematizedData];

    /// The format of that name, as Graph writes it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its name, as Graph writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Email => "email",
            Self::Site => "site",
            Self::UnifiedGroup => "unifiedGroup",
            Self::Teamwork => "teamwork",
            Self::SchematizedData => "schematizedData",
        }
    }
}

/// A set of formats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<ContentFormat>", into = "Vec<ContentFormat>")]
pub struct Formats(u8);

impl Formats {
    /// No format.
    pub const NONE: Self = Self(0);
    /// Files alone.
    pub const FILE: Self = Self(1);
    /// E-mail alone.
    pub const EMAIL: Self = Self(2);
    /// Every format.
    pub const ALL: Self = Self(0b11_1111);

    /// Whether the two share a format.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The formats.
    pub fn iter(self) -> impl Iterator<Item = ContentFormat> {
        ContentFormat::ALL.into_iter().filter(move |format| self.0 >> (*format as u8) & 1 == 1)
    }
}

impl FromIterator<ContentFormat> for Formats {
    fn from_iter<I: IntoIterator<Item = ContentFormat>>(formats: I) -> Self {
        Self(formats.into_iter().fold(0, |bits, format| bits | 1 << (format as u8)))
    }
}

impl From<Vec<ContentFormat>> for Formats {
    fn from(formats: Vec<ContentFormat>) -> Self {
        formats.into_iter().collect()
    }
}

impl From<Formats> for Vec<ContentFormat> {
    fn from(formats: Formats) -> Self {
        formats.iter().collect()
    }
}

impl fmt::Debug for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// How content with a label is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Not at all: the label classifies and protects nothing.
    #[default]
    None,
    /// With rights that an administrator fixed.
    AdminDefined(Vec<Grant>),
    /// With rights that each author chooses: nobody else can compute them.
    UserDefined,
    /// With a second key that the service does not hold.
    DoubleKey,
}

/// A label, as an administrator defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitivityLabel {
    /// Its id.
    pub id: String,
    /// Larger is more sensitive. Unique.
    pub priority: i64,
    /// The label or group that it is a sublabel of. Sublabels inherit nothing from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether it is still given to items. One that is not keeps its place for items that carry it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it can be put on an item at all; a label with sublabels cannot, whatever this says.
    #[serde(default = "yes")]
    pub appliable: bool,
    /// What it can be put on.
    #[serde(default = "every")]
    pub formats: Formats,
    /// What it protects.
    #[serde(default)]
    pub protection: Protection,
}

fn yes() -> bool {
    true
}

fn every() -> Formats {
    Formats::ALL
}

impl SensitivityLabel {
    /// A label for all formats, without protection.
    #[must_use]
    pub fn new(id: &str, priority: i64) -> Self {
        Self {
            id: id.to_owned(),
            priority,
            parent: None,
            active: true,
            appliable: true,
            formats: Formats::ALL,
            protection: Protection::None,
        }
    }

    /// The same as a sublabel.
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        Self { parent: Some(parent.to_owned()), ..self }
    }

    /// The same for some formats only.
    #[must_use]
    pub fn for_formats(self, formats: Formats) -> Self {
        Self { formats, ..self }
    }
}

/// A label of a [`Labels`]: its place in the order, so that comparing two compares sensitivity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelId(u32);

/// Why a set of labels is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// Two labels with one id.
    #[error("the label `{0}` is defined twice")]
    Duplicate(String),
    /// Two labels with one priority: which is more sensitive would be left to chance.
    #[error("the labels `{0}` and `{1}` have the same priority; each needs its own")]
    SamePriority(String, String),
    /// A parent that is not defined.
    #[error("`{0}` is a sublabel of `{1}`, which is not defined")]
    UnknownParent(String, String),
    /// A sublabel of a sublabel.
    #[error("`{0}` is a sublabel of `{1}`, which is a sublabel itself; labels have two ranks")]
    Depth(String, String),
}

/// The labels of an organisation, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// INVARIANT: by priority, ascending; a [`LabelId`] is an index.
    labels: Vec<SensitivityLabel>,
    by_id: BTreeMap<String, LabelId>,
    parents: BTreeSet<String>,
}

impl Labels {
    /// Orders labels.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn new(mut labels: Vec<SensitivityLabel>) -> Result<Self, LabelsError> {
        labels.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
        let mut by_id = BTreeMap::new();
        let mut before: Option<&SensitivityLabel> = None;
        for (place, label) in (0u32..).zip(&labels) {
            if by_id.insert(label.id.clone(), LabelId(place)).is_some() {
                return Err(LabelsError::Duplicate(label.id.clone()));
            }
            if let Some(other) = before.filter(|other| other.priority == label.priority) {
                return Err(LabelsError::SamePriority(other.id.clone(), label.id.clone()));
            }
            before = Some(label);
        }
        let find = |id: &str| by_id.get(id).and_then(|LabelId(place)| labels.get(*place as usize));
        let mut parents = BTreeSet::new();
        for label in &labels {
            let Some(name) = &label.parent else { continue };
            match find(name) {
                None => return Err(LabelsError::UnknownParent(label.id.clone(), name.clone())),
                Some(parent) if parent.parent.is_some() => {
                    return Err(LabelsError::Depth(label.id.clone(), name.clone()));
                }
                Some(_) => parents.insert(name.clone()),
            };
        }
        Ok(Self { labels, by_id, parents })
    }

    /// The label of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<LabelId> {
        self.by_id.get(id).copied()
    }

    /// The definition of a label. `None` for a label of another set.
    #[must_use]
    pub fn definition(&self, label: LabelId) -> Option<&SensitivityLabel> {
        self.labels.get(label.0 as usize)
    }

    /// The id of a label, empty for a label of another set.
    #[must_use]
    pub fn id(&self, label: LabelId) -> &str {
        self.definition(label).map_or("", |label| &label.id)
    }

    /// All labels, least sensitive first.
    pub fn iter(&self) -> impl Iterator<Item = LabelId> + '_ {
        (0u32..).zip(&self.labels).map(|(place, _)| LabelId(place))
    }

    /// Whether a label can be put on an item of one of these formats.
    #[must_use]
    pub fn is_appliable(&self, label: LabelId, formats: Formats) -> bool {
        self.definition(label).is_some_and(|definition| {
            definition.active
                && definition.appliable
                && !self.parents.contains(&definition.id)
                && definition.formats.intersects(formats)
        })
    }

    /// Whether two labels are sublabels of one parent.
    #[must_use]
    pub fn are_siblings(&self, a: LabelId, b: LabelId) -> bool {
        let parent = |label| self.definition(label).and_then(|label| label.parent.as_ref());
        parent(a).is_some() && parent(a) == parent(b)
    }

    /// The least label that is at least `floor` and can be put on one of these formats.
    #[must_use]
    pub fn at_least(&self, floor: LabelId, formats: Formats) -> Option<LabelId> {
        self.iter().find(|label| *label >= floor && self.is_appliable(*label, formats))
    }

    /// The same order as a lattice, for rules and conditions.
    #[must_use]
    pub fn taxonomy(&self) -> Taxonomy {
        let places = (0i64..).zip(&self.labels);
        places.fold(Taxonomy::builder(), |builder, (place, label)| builder.label(&label.id, place, 0, &[])).build()
    }
}
