//! Where are the entries of a key? A flat table of keys.
//!
//! Its keys are numbers of our own and its slots hold what is sought, so a probe hashes no text and reads one line; texts are looked
//! up in a [`crate::table`], which leads to a list.
//!
//! Next room: `visit`.

/// No entries.
pub(super) static NOTHING: Slot = Slot { key: 0, entries: Span { start: 0, middle: 0, end: 0 } };

/// A key and its entries; the key 0 is that of no slot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub(super) key: u64,
    pub(super) entries: Span,
}

/// Entries of one key: those that restrict, then those that permit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) middle: u32,
    pub(super) end: u32,
}

/// Keys to entries: a table of twice as many places, in which a key lies at its own place or soon after. A probe reads one line.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    /// How far a spread key is shifted to be a place.
    shift: u32,
}

impl Table {
    pub(super) fn of(keys: &[Slot]) -> Self {
        let bits = (keys.len() * 2).next_power_of_two().trailing_zeros().max(1);
        let mut table = Self { slots: vec![Slot::default(); 1 << bits], shift: u64::BITS - bits };
        for slot in keys {
            let mut at = table.place(slot.key);
            while table.slots.get(at).is_some_and(|taken| taken.key != 0) {
                at = table.next(at);
            }
            if let Some(free) = table.slots.get_mut(at) {
                *free = *slot;
            }
        }
        table
    }

    /// Keys are places in tables, not texts that somebody chooses, so no secret is needed. The factor is the golden ratio.
    #[inline]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// The entries of a key. Half the slots are free, so the search ends.
    #[inline]
    pub(super) fn find(&self, key: u64) -> Option<&Slot> {
        let mut at = self.place(key);
        loop {
            let slot = self.slots.get(at)?;
            if slot.key == key {
                return Some(slot);
            }
            if slot.key == 0 {
                return None;
            }
            at = self.next(at);
        }
    }
}
