//! Evidence: keywords and expressions that must stand near a text.
//!
//! Clues are looked for only around candidates, in one walk over the merged neighbourhoods, so that text without candidates
//! is never read for them and text with many is read once more at most.

use std::collections::{BTreeMap, VecDeque};

use super::automaton::{Automaton, may_begin, may_end};
use super::error::{TypeError, check_pattern};
use super::kind::{Evidence, SensitiveType};

use crate::limits::Limits;

/// One piece of evidence, compiled: which clues count, how many different ones.
#[derive(Clone, Debug)]
pub(super) struct Need {
    clues: Vec<u32>,
    min: u32,
    max: Option<u32>,
}

/// All clues of a scanner, each once, as one automaton.
#[derive(Clone, Debug, Default)]
pub(super) struct ClueBook {
    numbers: BTreeMap<String, u32>,
    automaton: Option<Automaton>,
}

/// A keyword as an expression: any case, and up to three separators for each space.
fn keyword(words: &str) -> String {
    let mut text = String::from("(?i)");
    for (place, word) in words.split_whitespace().enumerate() {
        if place > 0 {
            text.push_str(r"[\s_-]{0,3}");
        }
        text.push_str(&regex::escape(word));
    }
    text
}

impl ClueBook {
    /// Numbers the clues of one piece of evidence.
    pub(super) fn need(
        &mut self,
        kind: &SensitiveType,
        evidence: &Evidence,
        limits: &Limits,
    ) -> Result<Need, TypeError> {
        let keywords = evidence.keywords.iter().map(|words| keyword(words));
        let mut clues = Vec::new();
        for regex in keywords.chain(evidence.regex.iter().cloned()) {
            check_pattern(&kind.id, &regex, limits)?;
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            clues.push(*self.numbers.entry(regex).or_insert(next));
            if self.numbers.len() > limits.sensitive_clues {
                return Err(TypeError::TooMany("keywords and expressions in evidence", limits.sensitive_clues));
            }
        }
        clues.sort_unstable();
        clues.dedup();
        let possible = u32::try_from(clues.len()).unwrap_or(u32::MAX);
        if clues.is_empty() || evidence.min > possible || evidence.max.is_some_and(|max| max < evidence.min) {
            return Err(TypeError::Evidence(kind.id.clone()));
        }
        Ok(Need { clues, min: evidence.min, max: evidence.max })
    }

    pub(super) fn compile(&mut self, limits: &Limits) -> Result<(), TypeError> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        let mut ordered: Vec<(u32, &str)> =
            self.numbers.iter().map(|(text, number)| (*number, text.as_str())).collect();
        ordered.sort_unstable();
        let patterns: Vec<&str> = ordered.into_iter().map(|(_, text)| text).collect();
        let automaton = Automaton::new(&patterns, limits.scanner_bytes);
        self.automaton = Some(automaton.ok_or(TypeError::TooLarge(limits.scanner_bytes))?);
        Ok(())
    }

    pub(super) fn memory(&self) -> usize {
        self.automaton.as_ref().map_or(0, Automaton::memory)
    }

    /// Calls `found` with each clue that stands at `at`: its number and its end.
    fn at(&self, bytes: &[u8], at: usize, mut found: impl FnMut(u32, usize)) {
        let Some(automaton) = &self.automaton else { return };
        if !bytes.get(at).is_some_and(|byte| automaton.begins(*byte)) || !may_begin(bytes, at) {
            return;
        }
        automaton.matches_at(bytes, at, |clue, end| {
            if may_end(bytes, end) {
                found(u32::try_from(clue).unwrap_or(u32::MAX), end);
            }
        });
    }

    /// Whether any clue of `need` stands anywhere in the text.
    pub(super) fn anywhere(&self, text: &str, need: &Need) -> bool {
        let mut any = false;
        for at in 0..text.len() {
            self.at(text.as_bytes(), at, |clue, _| any |= need.clues.binary_search(&clue).is_ok());
            if any {
                break;
            }
        }
        any
    }
}

/// A clue in the text.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    clue: u32,
    start: usize,
    end: usize,
}

/// The walk over the neighbourhoods of candidates, which come by start.
pub(super) struct Clues<'s> {
    book: &'s ClueBook,
    text: &'s str,
    ascii: bool,
    /// Up to where the text has been read for clues.
    read: usize,
    /// INVARIANT: by start; all clues between the window of the candidate in hand and `read`. Bounded by the window, not by
    /// the text.
    seen: VecDeque<Sighting>,
    /// The clues in the window in hand, one bit each.
    near: Vec<u64>,
    /// The largest proximity of any type, so that nothing is dropped that a later candidate needs.
    reach: usize,
}

impl<'s> Clues<'s> {
    pub(super) fn new(book: &'s ClueBook, text: &'s str, reach: usize) -> Self {
        let near = vec![0; book.numbers.len().div_ceil(64)];
        Self { book, text, ascii: text.is_ascii(), read: 0, seen: VecDeque::new(), near, reach }
    }

    /// Finds which clues stand wholly within `proximity` characters before `start` or after `end`.
    pub(super) fn look(&mut self, start: usize, end: usize, proximity: usize) {
        let from = self.back(start, proximity);
        let to = self.forth(end, proximity);
        // Candidates come by start: nothing before this is needed again, by whatever type.
        let oldest = self.back(start, self.reach);
        while self.seen.front().is_some_and(|first| first.start < oldest) {
            self.seen.pop_front();
        }
        if self.read < oldest {
            self.read = oldest;
        }
        let bytes = self.text.as_bytes();
        while self.read < to {
            let at = self.read;
            self.book.at(bytes, at, |clue, end| self.seen.push_back(Sighting { clue, start: at, end }));
            self.read += 1;
        }
        self.near.fill(0);
        for sighting in &self.seen {
            let before = sighting.start >= from && sighting.end <= start;
            let after = sighting.start >= end && sighting.end <= to;
            if (before || after)
                && let Some(word) = self.near.get_mut((sighting.clue / 64) as usize)
            {
                *word |= 1 << (sighting.clue % 64);
            }
        }
    }

    /// Whether the clues that the last look found satisfy a need.
    pub(super) fn satisfy(&self, need: &Need) -> bool {
        let seen =
            |clue: &&u32| self.near.get((**clue / 64) as usize).is_some_and(|word| word >> (**clue % 64) & 1 == 1);
        let count = u32::try_from(need.clues.iter().filter(seen).count()).unwrap_or(u32::MAX);
        count >= need.min && need.max.is_none_or(|max| count <= max)
    }

    /// The place `characters` characters before `from`.
    fn back(&self, from: usize, characters: usize) -> usize {
        if self.ascii {
            return from.saturating_sub(characters);
        }
        let before = self.text.get(..from).unwrap_or_default();
        match characters.checked_sub(1).and_then(|n| before.char_indices().rev().nth(n)) {
            Some((at, _)) => at,
            None if characters == 0 => from,
            None => 0,
        }
    }

    /// The place `characters` characters after `from`.
    fn forth(&self, from: usize, characters: usize) -> usize {
        if self.ascii {
            return from.saturating_add(characters).min(self.text.len());
        }
        let rest = self.text.get(from..).unwrap_or_default();
        rest.char_indices().nth(characters).map_or(self.text.len(), |(at, _)| from + at)
    }
}
