//! Which conditions are certainly false? Texts that conditions demand of facts, as numbers.
//!
//! Many rules differ in one text only (`location.country == "DE"`). Where a condition is an `&&` with such an operand, or is
//! nothing else, the text is numbered at load and the fact once for each call; then a comparison of numbers passes over the rules that ask for
//! another text.
//!
//! INVARIANT: what is passed over has a condition that is false. A fact that is unknown, null or no text passes nothing over,
//! and what is not passed over is evaluated as ever.
//!
//! Next room: `pack`.

use hashbrown::HashMap;

use super::classes::position;
use crate::value::{Fact, Value};

/// No text is demanded.
pub(super) const NO_GUARD: u32 = u32::MAX;

/// The fact may be any text.
const OPEN: u32 = u32::MAX;
/// The fact is a text that no rule demands.
const OTHER: u32 = u32::MAX - 1;

/// How many bits of a guard number the text; those above number the fact.
const TEXT_BITS: u32 = 24;
/// How many facts are looked at.
const FACTS: usize = 8;
/// Fewer texts are not worth looking a fact up.
const FEW: usize = 4;

/// The texts that the conditions of a set demand of facts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guards {
    facts: Vec<(u16, HashMap<Box<str>, u32>)>,
}

impl Guards {
    /// The texts that are demanded: slot and text.
    pub(super) fn new<'t>(demanded: impl Iterator<Item = (u16, &'t str)>) -> Self {
        let mut facts: std::collections::BTreeMap<u16, HashMap<Box<str>, u32>> = std::collections::BTreeMap::new();
        for (slot, text) in demanded {
            let texts = facts.entry(slot).or_default();
            let next = position(texts.len());
            texts.entry(text.into()).or_insert(next);
        }
        let worth = |texts: &HashMap<Box<str>, u32>| (FEW..1 << TEXT_BITS).contains(&texts.len());
        Self { facts: facts.into_iter().filter(|(_, texts)| worth(texts)).take(FACTS).collect() }
    }

    /// The guard of a condition that demands a text.
    pub(super) fn of(&self, slot: u16, text: &str) -> u32 {
        let found = (0u32..).zip(&self.facts).find(|(_, (at, _))| *at == slot);
        let number = found.and_then(|(place, (_, texts))| Some(place << TEXT_BITS | texts.get(text).copied()?));
        number.unwrap_or(NO_GUARD)
    }

    /// The numbers of the facts of a call, in the order in which guards number them.
    pub(crate) fn numbers<'f>(&'f self, fact: impl Fn(u16) -> Fact<'f> + 'f) -> impl Iterator<Item = u32> + 'f {
        self.facts.iter().map(move |(slot, texts)| {
            if let Fact::Known(Value::String(text)) = fact(*slot) {
                texts.get(&**text).copied().unwrap_or(OTHER)
            } else {
                OPEN
            }
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}

/// Whether a condition with this guard can be other than false.
#[inline]
pub(super) fn admits(guard: u32, numbers: &[u32]) -> bool {
    if guard == NO_GUARD {
        return true;
    }
    match numbers.get((guard >> TEXT_BITS) as usize) {
        Some(number) => *number == OPEN || *number == guard & ((1 << TEXT_BITS) - 1),
        None => true,
    }
}
