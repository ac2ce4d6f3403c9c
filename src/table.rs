//! Where in a list is it? Tables by hash that are made once, for lists that do not change.
//!
//! Deciding looks up a dozen texts, most of them in vain. A table that never grows can be half empty, so that a search mostly ends at
//! the first place that it looks at: a free one, or the one of that hash.
//!
//! INVARIANT: at least half of the places are free, so every search ends. Hashes are keyed by a seed of this process: whoever
//! writes a policy cannot choose texts that meet, and whoever asks meets one of them at most, because asking adds nothing.
//!
//! Next room: [`crate::name`].

use core::hash::BuildHasher;

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

/// What hashes are keyed by: a seed of its own for each list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed {
    start: u64,
    key: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = DefaultHashBuilder::default();
        Self { start: random.hash_one(0_u8), key: random.hash_one(1_u8) }
    }
}

impl Seed {
    /// The hash of a text.
    #[inline]
    pub(crate) fn hash(self, text: &[u8]) -> u64 {
        self.add(self.start, text)
    }

    /// The hash of no text yet.
    #[inline]
    pub(crate) const fn start(self) -> u64 {
        self.start
    }

    /// The hash of what was hashed and this piece. Where a text is cut makes a difference.
    ///
    /// Two words at a time are mixed in and multiplied, the halves of the product folded, as `foldhash` does: that hasher keeps its
    /// state in memory, and an id has few pieces and many ends.
    #[inline]
    pub(crate) fn add(self, hash: u64, piece: &[u8]) -> u64 {
        let mut hash = hash.rotate_left(piece.len() as u32);
        let (blocks, rest) = piece.as_chunks::<16>();
        for block in blocks {
            let [low, high] = ends(block);
            hash = fold(low ^ hash, high ^ self.key);
        }
        let [low, high] = ends(rest);
        fold(low ^ hash, high ^ self.key)
    }
}

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product >> 64) as u64 ^ product as u64
}

/// Up to sixteen bytes as two words, which may overlap: with the length they tell all bytes.
#[inline]
fn ends(bytes: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return [u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()];
    }
    match *bytes {
        [] => [0, 0],
        [only] => [only.into(), 0],
        [first, second] => [first.into(), second.into()],
        [first, second, third, ..] => [u64::from(first) | u64::from(second) << 8, third.into()],
    }
}

/// Distinct texts by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbered {
    seed: Seed,
    texts: Box<[Box<str>]>,
    table: Table,
}

impl Numbered {
    /// Numbers texts in their order, from 0.
    pub(crate) fn new(texts: impl IntoIterator<Item = Box<str>>) -> Self {
        let (seed, texts) = (Seed::default(), texts.into_iter().collect::<Box<[Box<str>]>>());
        let table = Table::new(texts.iter().map(|text| seed.hash(text.as_bytes())));
        Self { seed, texts, table }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.texts.len()
    }

    /// The number of a text.
    #[inline]
    pub(crate) fn get(&self, text: &str) -> Option<u32> {
        if self.texts.is_empty() {
            return None;
        }
        let same = |at: u32| self.texts.get(at as usize).is_some_and(|own| **own == *text);
        self.table.find(self.seed.hash(text.as_bytes()), same)
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbered, Seed, Table};

    // INVARIANT: items that meet are all found, and a search for another that meets them ends.
    #[test]
    fn what_meets_is_found() {
        let hashes = [7, 7, 7 + (1 << 40), 8, 7, 15, u64::MAX];
        let table = Table::new(hashes.into_iter());
        for (at, hash) in (0u32..).zip(hashes) {
            assert_eq!(table.find(hash, |found| found == at), Some(at));
            assert_eq!(table.find(hash, |_| false), None);
        }
        assert_eq!(table.find(9, |_| false), None);
        assert_eq!(Table::default().find(7, |_| true), None);
    }

    #[test]
    fn texts_have_their_numbers() {
        let texts = Numbered::new((0..1_000).map(|at| at.to_string().into()));
        assert!((0..1_000u32).all(|at| texts.get(&at.to_string()) == Some(at)));
        assert_eq!((texts.get("1000"), texts.get(""), Numbered::default().get("")), (None, None, None));
    }

    // INVARIANT: every byte counts, wherever it stands.
    #[test]
    fn texts_that_differ_in_a_byte_differ_in_their_hash() {
        let seed = Seed::default();
        for len in 0..70 {
            let plain = vec![b'a'; len];
            let mut hashes = vec![seed.hash(&plain), seed.hash(&vec![b'a'; len + 1])];
            for at in 0..len {
                let mut other = plain.clone();
                other.splice(at..=at, [b'b']);
                hashes.push(seed.hash(&other));
            }
            hashes.sort_unstable();
            assert!(hashes.windows(2).all(|pair| !matches!(pair, [a, b] if a == b)), "{len}");
        }
    }
}
