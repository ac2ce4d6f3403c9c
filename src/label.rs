//! How sensitive is a piece of data, and what does data derived from it inherit?
//!
//! A [`Label`] is a level of the organisation's [`Taxonomy`] (a chain: every label and sublabel has its place) and a set of
//! compartments (need-to-know categories). `a <= b` means "what is labelled `a` may flow to where `b` may go": level not
//! higher *and* compartments contained. Two labels can be incomparable.
//!
//! INVARIANT (law 8): [`Label::join`] is commutative, associative, idempotent and never below its inputs; a missing label is
//! [`Label::TOP`]. Source of the model: Denning 1976; of the order by (parent, sublabel): Microsoft Purview.
//!
//! ```
//! use placet::label::{Label, Taxonomy};
//! let taxonomy = Taxonomy::builder().label("public", 0, 0, &[]).label("secret", 9, 0, &["hr"]).build();
//! let (public, secret) = (taxonomy.get("public").unwrap(), taxonomy.get("secret").unwrap());
//! assert!(public <= secret);
//! assert_eq!(Label::inherited([public, secret]), Some(secret));
//! ```
//!
//! Next room: [`crate::value`], which carries labels into conditions.

use core::cmp::Ordering;
use core::fmt;
use std::collections::BTreeMap;

/// A point of the label lattice: level and compartments. Two words; join and compare are a handful of instructions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    level: u32,
    /// The low and the high half: as one number they would be aligned to two words, and every [`crate::value::Value`] with them.
    compartments: [u64; 2],
}

/// Compartments as one number.
const fn number([low, high]: [u64; 2]) -> u128 {
    (high as u128) << 64 | low as u128
}

/// One number as compartments.
const fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

impl Label {
    /// What a missing label counts as: above every level, in every compartment.
    pub const TOP: Self = Self { level: u32::MAX, compartments: [u64::MAX; 2] };
    /// Below every label: the join of nothing. Never the label of actual data.
    pub const BOTTOM: Self = Self { level: 0, compartments: [0; 2] };

    /// The least label that both flow to.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self {
            level: if self.level >= other.level { self.level } else { other.level },
            compartments: halves(number(self.compartments) | number(other.compartments)),
        }
    }

    /// The greatest label that flows to both.
    #[must_use]
    pub const fn meet(self, other: Self) -> Self {
        Self {
            level: if self.level <= other.level { self.level } else { other.level },
            compartments: halves(number(self.compartments) & number(other.compartments)),
        }
    }

    /// Whether data labelled `self` may flow to a place cleared for `other`.
    #[must_use]
    pub const fn flows_to(self, other: Self) -> bool {
        self.level <= other.level && number(self.compartments) & !number(other.compartments) == 0
    }

    /// Its level and compartments, as numbers, for maps between taxonomies.
    pub(crate) const fn raw(self) -> (u32, u128) {
        (self.level, number(self.compartments))
    }

    /// The label of these numbers.
    pub(crate) const fn of_raw(level: u32, compartments: u128) -> Self {
        Self { level, compartments: halves(compartments) }
    }

    /// Its bytes, for digests: level and compartments.
    pub(crate) fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let (level, compartments) = bytes.split_at_mut(4);
        level.copy_from_slice(&self.level.to_be_bytes());
        compartments.copy_from_slice(&number(self.compartments).to_be_bytes());
        bytes
    }

    /// The label that data derived from all of `sources` inherits: their join. `None` if there are none (and then nothing
    /// was derived from labelled data).
    pub fn inherited(sources: impl IntoIterator<Item = Self>) -> Option<Self> {
        sources.into_iter().reduce(Self::join)
    }
}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.flows_to(*other), other.flows_to(*self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::TOP {
            return f.write_str("Label(top)");
        }
        write!(f, "Label({}, {:#x})", self.level, number(self.compartments))
    }
}

/// The labels of an organisation: names, their total order, their compartments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taxonomy {
    by_name: BTreeMap<Box<str>, Label>,
    /// Name of each level, lowest first; levels are dense, starting at 1 so that nothing named is bottom.
    levels: Vec<Box<str>>,
    compartments: Vec<Box<str>>,
}

impl Taxonomy {
    /// Starts an empty taxonomy.
    #[must_use]
    pub fn builder() -> TaxonomyBuilder {
        TaxonomyBuilder::default()
    }

    /// The label of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Label> {
        self.by_name.get(name).copied()
    }

    /// The names, alphabetically.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(AsRef::as_ref)
    }

    /// Whether no label is defined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The label as its name, with the compartments that the name does not imply: `confidential`, `confidential+hr`, `top`.
    #[must_use]
    pub fn describe(&self, label: Label) -> String {
        if label == Label::TOP {
            return "top".to_owned();
        }
        let level = (label.level as usize).checked_sub(1).and_then(|i| self.levels.get(i));
        let mut text = level.map_or_else(|| "none".to_owned(), |name| name.clone().into_string());
        let implied = self.get(&text).map_or(0, |named| number(named.compartments));
        for (bit, name) in self.compartments.iter().enumerate() {
            if (number(label.compartments) & !implied) >> bit & 1 == 1 {
                text.push('+');
                text.push_str(name);
            }
        }
        text
    }

    /// How many levels are named.
    pub(crate) const fn level_count(&self) -> usize {
        self.levels.len()
    }

    /// The bit of a compartment.
    pub(crate) fn compartment(&self, name: &str) -> Option<u32> {
        let at = self.compartments.binary_search_by(|known| known.as_ref().cmp(name)).ok()?;
        u32::try_from(at).ok().filter(|bit| *bit < 128)
    }

    /// A label as names: its level (`top`, `bottom` or a label's name) and its compartments, all named; `None`: all there could be.
    pub(crate) fn parts(&self, label: Label) -> (&str, Option<Vec<&str>>) {
        let level = match label.level {
            0 => "bottom",
            level => usize::try_from(level - 1).ok().and_then(|at| self.levels.get(at)).map_or("top", AsRef::as_ref),
        };
        let named = (0u32..128).zip(&self.compartments).filter(|(bit, _)| number(label.compartments) >> bit & 1 == 1);
        let names: Vec<&str> = named.map(|(_, name)| name.as_ref()).collect();
        let all = number(label.compartments).count_ones() as usize > names.len();
        (level, (!all).then_some(names))
    }

    /// The label of a level and exactly these compartments (`None`: all there could be), as [`Taxonomy::parts`] names them.
    pub(crate) fn whole(&self, level: &str, compartments: Option<&[&str]>) -> Option<Label> {
        let level = match level {
            "bottom" => 0,
            "top" => u32::MAX,
            name => self.by_name.get(name)?.level,
        };
        let bit = |name: &&str| {
            let at = self.compartments.binary_search_by(|known| known.as_ref().cmp(name)).ok()?;
            1u128.checked_shl(u32::try_from(at).ok()?)
        };
        let compartments = match compartments {
            None => u128::MAX,
            Some(names) => names.iter().try_fold(0, |all, name| Some(all | bit(name)?))?,
        };
        Some(Label { level, compartments: halves(compartments) })
    }
}

/// Collects labels; their levels are fixed by [`TaxonomyBuilder::build`].
#[derive(Clone, Debug, Default)]
pub struct TaxonomyBuilder {
    labels: BTreeMap<(i64, i64, Box<str>), Vec<Box<str>>>,
}

impl TaxonomyBuilder {
    /// Adds a label: its name, its order, its order among the sublabels of one parent (0 for the parent itself), and its
    /// compartments. Larger orders are more sensitive.
    #[must_use]
    pub fn label(mut self, name: &str, order: i64, suborder: i64, compartments: &[&str]) -> Self {
        self.labels.insert((order, suborder, name.into()), compartments.iter().map(|c| Box::from(*c)).collect());
        self
    }

    /// Numbers the levels. Compartments beyond the 128th share the last bit's neighbour, top: such a label is
    /// [`Label::TOP`], so that an oversized taxonomy is too strict, never too lax; documents refuse it before
    /// (`Limits::compartments`).
    #[must_use]
    pub fn build(self) -> Taxonomy {
        let mut compartments: Vec<Box<str>> = self.labels.values().flatten().cloned().collect();
        compartments.sort();
        compartments.dedup();
        let mut taxonomy = Taxonomy { compartments, ..Taxonomy::default() };
        for ((_, _, name), members) in self.labels {
            let level = u32::try_from(taxonomy.levels.len() + 1).unwrap_or(u32::MAX);
            let bits = members.iter().try_fold(0u128, |bits, member| {
                let bit = taxonomy.compartments.binary_search(member).ok()?;
                Some(bits | 1u128.checked_shl(u32::try_from(bit).ok()?)?)
            });
            let label = bits.map_or(Label::TOP, |compartments| Label { level, compartments: halves(compartments) });
            taxonomy.levels.push(name.clone());
            taxonomy.by_name.insert(name, label);
        }
        taxonomy
    }
}
