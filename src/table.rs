//! Where in a list is it? Tables by hash that are made once, for lists that do not change.
//!
//! Deciding looks up a dozen texts, most of them in vain. A table that never grows can be half empty, so that a search mostly ends at
//! the first place that it looks at: a free one, or the one of that hash.
//!
//! INVARIANT: at least half of the places are free, so every search ends. Hashes are keyed by a seed of this process: whoever
//! writes a policy cannot choose texts that meet, and whoever asks meets one of them at most, because asking adds nothing.
//!
//! Next room: [`crate::name`].

use core::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;

/// Places in a list by hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// A power of two of them, or none.
    slots: Box<[Slot]>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The upper half of the hash; the lower one says where to look.
    tag: u32,
    /// The place in the list, or [`FREE`].
    at: u32,
}

const FREE: u32 = u32::MAX;

impl Table {
    /// The table of a list whose items have these hashes.
    pub(crate) fn new(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let count = hashes.len();
        let size = if count == 0 { 0 } else { count.saturating_mul(2).next_power_of_two() };
        let mut slots = vec![Slot { tag: 0, at: FREE }; size].into_boxed_slice();
        for (at, hash) in (0..FREE).zip(hashes) {
            let mut place = start(hash, size);
            while slots.get(place).is_some_and(|slot| slot.at != FREE) {
                place = next(place, size);
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = Slot { tag: tag(hash), at };
            }
        }
        Self { slots }
    }

    /// The place of the item of that hash that is the same, as `same` says.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut place = start(hash, self.slots.len());
        loop {
            let slot = self.slots.get(place).filter(|slot| slot.at != FREE)?;
            if slot.tag == tag(hash) && same(slot.at) {
                return Some(slot.at);
            }
            place = next(place, self.slots.len());
        }
    }
}

#[inline]
const fn start(hash: u64, size: usize) -> usize {
    hash as usize & size.wrapping_sub(1)
}

#[inline]
const fn next(place: usize, size: usize) -> usize {
    place.wrapping_add(1) & size.wrapping_sub(1)
}

#[inline]
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The hash of a text.
#[inline]
pub(crate) fn hash(hasher: &DefaultHashBuilder, text: &str) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Distinct texts by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbered {
    hasher: DefaultHashBuilder,
    texts: Box<[Box<str>]>,
    table: Table,
}

impl Numbered {
    /// Numbers texts in their order, from 0.
    pub(crate) fn new(texts: impl IntoIterator<Item = Box<str>>) -> Self {
        let (hasher, texts) = (DefaultHashBuilder::default(), texts.into_iter().collect::<Box<[Box<str>]>>());
        let table = Table::new(texts.iter().map(|text| hash(&hasher, text)));
        Self { hasher, texts, table }
    }

    /// The number of a text.
    #[inline]
    pub(crate) fn get(&self, text: &str) -> Option<u32> {
        if self.texts.is_empty() {
            return None;
        }
        let same = |at: u32| self.texts.get(at as usize).is_some_and(|own| **own == *text);
        self.table.find(hash(&self.hasher, text), same)
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbered, Table};

    // INVARIANT: items that meet are all found, and a search for another that meets them ends.
    #[test]
    fn what_meets_is_found() {
        let hashes = [7, 7, 7 + (1 << 40), 8, 7, 15, u64::MAX];
        let table = Table::new(hashes.into_iter());
        for (at, hash) in (0u32..).zip(hashes) {
            assert_eq!(table.find(hash, |found| found == at), Some(at));
            assert_eq!(table.find(hash, |_| false), None);
        }
        assert_eq!(table.find(9, |_| true), None);
        assert_eq!(Table::default().find(7, |_| true), None);
    }

    #[test]
    fn texts_have_their_numbers() {
        let texts = Numbered::new((0..1_000).map(|at| at.to_string().into()));
        assert!((0..1_000u32).all(|at| texts.get(&at.to_string()) == Some(at)));
        assert_eq!((texts.get("1000"), texts.get(""), Numbered::default().get("")), (None, None, None));
    }
}
