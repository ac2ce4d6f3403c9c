//! Which conditions have been evaluated in this decision?
//!
//! Next room: `rules`.

use core::cell::Cell;

use crate::condition::Truth;

/// Truths of conditions that are not particular to one rule, link and resource, so that each is evaluated once in a decision. It
/// is a cache of a few places: one that is lost is evaluated again.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    places: [Cell<u64>; 16],
}

impl Memo {
    /// The truth under a key, which is not 0 and has its two lowest bits free; evaluated if it is not known.
    #[inline]
    pub(super) fn truth(&self, key: u64, evaluate: impl FnOnce() -> Truth) -> Truth {
        // The lowest bits of a key are its link and resource; conditions are numbered above.
        let at = (key >> 24 ^ key >> 2) & 15;
        let Some(place) = self.places.get(usize::try_from(at).unwrap_or(0)) else { return evaluate() };
        let known = place.get();
        if known & !3 == key {
            return match known & 3 {
                1 => Truth::True,
                2 => Truth::False,
                _ => Truth::Unknown,
            };
        }
        let truth = evaluate();
        let bits = match truth {
            Truth::True => 1,
            Truth::False => 2,
            Truth::Unknown => 3,
        };
        place.set(key | bits);
        truth
    }
}
