//! Which conditions have been evaluated in this decision?
//!
//! Next room: `rules`.

use core::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::condition::{Condition, Truth};
use crate::decision::RuleNumber;
use crate::value::Facts;

/// Truths of conditions that are not particular to one rule, link and resource, so that each is evaluated once in a decision. It
/// is a cache of a few places: one that is lost is evaluated again.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    places: [Cell<u64>; 16],
    /// Steps that conditions have taken.
    spent: Cell<u64>,
    /// Whether requirements of an approval are met, by rule and place: that depends on neither link nor resource.
    approved: RefCell<BTreeMap<(RuleNumber, u32), bool>>,
}

impl Memo {
    /// The truth of a condition, if conditions may take further steps; if not, it is unknown.
    #[inline]
    pub(super) fn ask(&self, condition: &Condition, facts: &impl Facts, most: u64) -> Truth {
        let spent = self.spent.get();
        if spent >= most {
            return Truth::Unknown;
        }
        let (truth, steps) = condition.measured(facts);
        self.spent.set(spent.saturating_add(steps));
        truth
    }

    /// Steps that conditions have taken.
    pub(super) fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Whether a requirement of an approval is met, found out once.
    pub(super) fn approved(&self, asked: (RuleNumber, u32), is_met: impl FnOnce() -> bool) -> bool {
        let known = self.approved.borrow().get(&asked).copied();
        known.unwrap_or_else(|| {
            let is_met = is_met();
            self.approved.borrow_mut().insert(asked, is_met);
            is_met
        })
    }

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
