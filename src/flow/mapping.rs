//! What is a label of one organisation in the words of another? Import and export, between tenants, of MCP servers, of Purview.
//!
//! A map names what corresponds; the rest follows. INVARIANT (law H): both directions are monotone, and a label that goes there and back is never
//! lower than it was: what has no counterpart, and nothing above it that has one, is top. Where the pairs contradict the order (a lower level mapped above a higher
//! one), the higher one is raised. Source: Bhardwaj, Prasad (Lagois connections between lattices).
//!
//! Next room: [`crate::tool`].

use super::lattice::Lattice;
use super::part::{Confidentiality, FlowLabel, Integrity, Readers, Sources, Trust};
use super::words::Words;
use crate::label::Label;

/// What corresponds: a name here, and a name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair<'p> {
    /// Two labels of the taxonomies, by their levels.
    Level(&'p str, &'p str),
    /// Two compartments.
    Compartment(&'p str, &'p str),
    /// Two audiences: whoever belongs to the one there belongs to the one here.
    Audience(&'p str, &'p str),
    /// Two places in the trust chains.
    Trust(&'p str, &'p str),
    /// Two origins.
    Origin(&'p str, &'p str),
}

/// A monotone map from the labels of one policy to those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    levels: Chain,
    compartments: Bits,
    audiences: Bits,
    trust: Chain,
    origins: Bits,
}

/// A monotone map between chains; what is beyond it is top.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chain(Vec<u32>);

/// A map between sets that keeps unions; what is beyond it is everything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bits(Vec<u128>);

impl Chain {
    /// A place that is not named is what the next one above it is: it flows there. Above the last that is named, all is top.
    fn new(count: usize, first: Option<u32>, pairs: impl Iterator<Item = (usize, u32)>) -> Self {
        let mut named: Vec<Option<u32>> = vec![None; count];
        if let Some(place) = named.first_mut() {
            *place = first;
        }
        for (from, there) in pairs {
            if let Some(place) = named.get_mut(from) {
                *place = Some(place.map_or(there, |other| other.max(there)));
            }
        }
        let mut above = u32::MAX;
        for place in named.iter_mut().rev() {
            above = place.unwrap_or(above);
            *place = Some(above);
        }
        let mut highest = 0;
        let rising = named.into_iter().map(|place| {
            highest = place.unwrap_or(u32::MAX).max(highest);
            highest
        });
        Self(rising.collect())
    }

    fn apply(&self, place: u32) -> u32 {
        usize::try_from(place).ok().and_then(|at| self.0.get(at)).copied().unwrap_or(u32::MAX)
    }

    /// The least map back of which neither direction lowers anything.
    fn reversed(&self, count: usize) -> Self {
        let back = |there: u32| {
            let numbered = || (0u32..).zip(&self.0);
            let held = numbered().filter(|(_, to)| **to <= there).map(|(from, _)| from).max().unwrap_or(0);
            let reached = numbered().find(|(_, to)| **to >= there).map_or(u32::MAX, |(from, _)| from);
            held.max(reached)
        };
        Self((0u32..).take(count).map(back).collect())
    }
}

impl Bits {
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u128)>) -> Self {
        let mut to = vec![u128::MAX; count.min(128)];
        for (from, there) in pairs {
            if let Some(place) = usize::try_from(from).ok().and_then(|from| to.get_mut(from)) {
                *place = if *place == u128::MAX { there } else { *place | there };
            }
        }
        Self(to)
    }

    fn apply(&self, set: u128) -> u128 {
        let one = |bit: u32| usize::try_from(bit).ok().and_then(|at| self.0.get(at)).copied().unwrap_or(u128::MAX);
        (0u32..128).filter(|bit| set >> bit & 1 == 1).fold(0, |all, bit| all | one(bit))
    }

    fn reversed(&self, count: usize) -> Self {
        let back = |there: u32| {
            let from = (0u32..128).zip(&self.0).filter(|(_, to)| **to >> there & 1 == 1);
            let set = from.fold(0u128, |all, (from, _)| all | 1 << from);
            if set == 0 { u128::MAX } else { set }
        };
        Self((0u32..128).take(count.min(128)).map(back).collect())
    }
}

impl Mapping {
    /// The map from `here` to `there` that these pairs say. Pairs with a name that one of the two does not have say nothing.
    #[must_use]
    pub fn new(here: &Words, there: &Words, pairs: &[Pair<'_>]) -> Self {
        let level = |words: &Words, name: &str| words.taxonomy.get(name).map(|label| label.raw().0);
        let place = |words: &Words, name: &str| words.trust(name).map(|trust| trust.0);
        let bit = |set: u128| (set.count_ones() == 1).then(|| set.trailing_zeros());
        let pairs = || pairs.iter().copied();
        let levels = pairs().filter_map(|pair| {
            let Pair::Level(from, to) = pair else { return None };
            Some((usize::try_from(level(here, from)?).ok()?, level(there, to)?))
        });
        let compartments = pairs().filter_map(|pair| {
            let Pair::Compartment(from, to) = pair else { return None };
            Some((here.taxonomy.compartment(from)?, 1u128 << there.taxonomy.compartment(to)?))
        });
        let audiences = pairs().filter_map(|pair| {
            let Pair::Audience(from, to) = pair else { return None };
            Some((bit(u128::from(here.audience(from)?.0))?, u128::from(there.audience(to)?.0)))
        });
        let trust = pairs().filter_map(|pair| {
            let Pair::Trust(from, to) = pair else { return None };
            Some((usize::from(place(here, from)?), u32::from(place(there, to)?)))
        });
        let origins = pairs().filter_map(|pair| {
            let Pair::Origin(from, to) = pair else { return None };
            Some((bit(here.origin(from)?.0)?, there.origin(to)?.0))
        });
        Self {
            // The bottom of one is the bottom of the other.
            levels: Chain::new(here.taxonomy.level_count() + 1, Some(0), levels),
            compartments: Bits::new(128, compartments),
            audiences: Bits::new(Words::AUDIENCES, audiences),
            trust: Chain::new(here.trust.len(), None, trust),
            origins: Bits::new(Words::ORIGINS, origins),
        }
    }

    /// The map back: the least one with which a round trip lowers nothing. `there` are the words that this maps to.
    #[must_use]
    pub fn reversed(&self, there: &Words) -> Self {
        Self {
            levels: self.levels.reversed(there.taxonomy.level_count() + 1),
            compartments: self.compartments.reversed(128),
            audiences: self.audiences.reversed(Words::AUDIENCES),
            trust: self.trust.reversed(there.trust.len()),
            origins: self.origins.reversed(Words::ORIGINS),
        }
    }

    /// The label there.
    #[must_use]
    pub fn apply(&self, label: &FlowLabel) -> FlowLabel {
        let (level, compartments) = label.confidentiality.label.raw();
        let readers = self.audiences.apply(u128::from(label.confidentiality.readers.0));
        let trust = self.trust.apply(u32::from(label.integrity.trust.0));
        FlowLabel {
            confidentiality: Confidentiality {
                label: Label::of_raw(self.levels.apply(level), self.compartments.apply(compartments)),
                readers: u64::try_from(readers).map_or(Readers::NOBODY, Readers),
            },
            integrity: Integrity {
                trust: u8::try_from(trust).map_or(Trust::TOP, Trust),
                sources: Sources(self.origins.apply(label.integrity.sources.0)),
            },
        }
    }
}
