//! The scanner: types compiled together, and the one pass over the text.

use std::collections::BTreeMap;

use super::automaton::{Automaton, may_begin, may_end};
use super::check::{Check, Rejection};
use super::clues::{ClueBook, Clues, Need};
use super::error::{TypeError, check_pattern};
use super::findings::{Finding, Findings};
use super::kind::{Boundary, Confidence, SensitiveType, fold};
use super::types::TypeNames;
use crate::limits::Limits;

/// One pattern of a type, compiled.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) confidence: Confidence,
    pub(super) check: Check,
    pub(super) near: Vec<Need>,
}

/// A type, compiled.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) id: String,
    pub(super) names: Vec<String>,
    pub(super) recommended: Confidence,
    pub(super) proximity: usize,
    pub(super) patterns: Vec<Pattern>,
}

/// A text, and who looks for it: (type, pattern), ascending.
#[derive(Clone, Debug, Default)]
struct Primaries {
    automaton: Option<Automaton>,
    owners: Vec<Vec<(u16, u8)>>,
    /// For each text, whether a check of its owners finds the end.
    open: Vec<bool>,
}

/// Any number of sensitive information types, compiled together. Immutable; share it between threads.
#[derive(Clone, Debug)]
pub struct Scanner {
    pub(super) kinds: Vec<Kind>,
    words: Primaries,
    anywhere: Primaries,
    pub(super) clues: ClueBook,
    /// What the main loop needs to know of each byte.
    bytes: [u8; 256],
}

const WORD: u8 = 1;
const BEGINS_WORD: u8 = 2;
const BEGINS_ANYWHERE: u8 = 4;
const BACKSLASH: u8 = 8;

/// A text that matches a pattern of a type and passes its check; evidence not yet looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) kind: u16,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which of the type's patterns match it, by place.
    pub(super) patterns: u32,
}

impl Scanner {
    /// Compiles types.
    ///
    /// # Errors
    /// The first type that cannot be compiled, and why.
    pub fn new(types: &[SensitiveType], limits: &Limits) -> Result<Self, TypeError> {
        if types.len() > limits.sensitive_types.min(usize::from(u16::MAX)) {
            return Err(TypeError::TooMany("sensitive information types", limits.sensitive_types));
        }
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        let mut clues = ClueBook::default();
        let mut kinds = Vec::with_capacity(types.len());
        let mut texts: [BTreeMap<&str, Vec<(u16, u8)>>; 2] = [BTreeMap::new(), BTreeMap::new()];
        for (index, kind) in (0u16..).zip(types) {
            let mut own = Vec::new();
            for name in core::iter::once(&kind.id).chain(&kind.aliases) {
                let folded = fold(name);
                if folded.is_empty() {
                    return Err(TypeError::Id(name.clone()));
                }
                match names.insert(folded.clone(), &kind.id) {
                    Some(other) if other != kind.id || own.is_empty() => {
                        return Err(TypeError::Duplicate(name.clone()));
                    }
                    Some(_) | None => own.push(folded),
                }
            }
            if usize::from(kind.proximity) > limits.sensitive_proximity {
                return Err(TypeError::Proximity(kind.id.clone(), limits.sensitive_proximity));
            }
            if kind.patterns.is_empty() || kind.patterns.len() > 32 {
                return Err(TypeError::Patterns(kind.id.clone()));
            }
            // Highest confidence first, so that the first pattern that holds decides.
            let mut patterns: Vec<&super::TypePattern> = kind.patterns.iter().collect();
            patterns.sort_by_key(|pattern| core::cmp::Reverse(pattern.confidence));
            let mut compiled = Vec::with_capacity(patterns.len());
            for (place, pattern) in (0u8..).zip(patterns) {
                check_pattern(&kind.id, &pattern.regex, limits)?;
                let [words, anywhere] = &mut texts;
                let table = if kind.boundary == Boundary::Word { words } else { anywhere };
                table.entry(&pattern.regex).or_default().push((index, place));
                let near =
                    pattern.near.iter().map(|evidence| clues.need(kind, evidence, limits)).collect::<Result<_, _>>()?;
                compiled.push(Pattern { confidence: pattern.confidence, check: pattern.check.clone(), near });
            }
            kinds.push(Kind {
                id: kind.id.clone(),
                names: own,
                recommended: kind.recommended,
                proximity: usize::from(kind.proximity),
                patterns: compiled,
            });
        }
        let [words, anywhere] = texts;
        let (words, anywhere) = (Primaries::new(words, &kinds, limits)?, Primaries::new(anywhere, &kinds, limits)?);
        clues.compile(limits)?;
        let mut scanner = Self { kinds, words, anywhere, clues, bytes: [0; 256] };
        if scanner.memory() > limits.scanner_bytes {
            return Err(TypeError::TooLarge(limits.scanner_bytes));
        }
        scanner.bytes = scanner.byte_table();
        Ok(scanner)
    }

    fn byte_table(&self) -> [u8; 256] {
        let mut table = [0; 256];
        for (byte, flags) in (0u8..=255).zip(&mut table) {
            let mark = |holds: bool, flag: u8| if holds { flag } else { 0 };
            *flags = mark(byte.is_ascii_alphanumeric(), WORD)
                | mark(self.words.begins(byte), BEGINS_WORD)
                | mark(self.anywhere.begins(byte), BEGINS_ANYWHERE)
                | mark(byte == b'\\', BACKSLASH);
        }
        table
    }

    /// Bytes that the compiled automata take.
    #[must_use]
    pub fn memory(&self) -> usize {
        [&self.words, &self.anywhere].iter().filter_map(|p| p.automaton.as_ref()).map(Automaton::memory).sum::<usize>()
            + self.clues.memory()
    }

    /// The ids of the types, as they were given.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.id.as_str())
    }

    /// The id of the type of that id or alias, compared without case, spaces and punctuation.
    #[must_use]
    pub fn resolve(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(_, kind)| kind.id.as_str())
    }

    /// The level from which a rule counts findings of that type if it does not say.
    #[must_use]
    pub fn recommended(&self, name: &str) -> Option<Confidence> {
        self.find(name).map(|(_, kind)| kind.recommended)
    }

    /// The names of its types.
    pub(crate) fn names(&self) -> TypeNames {
        let names = self.kinds.iter().flat_map(|kind| kind.names.iter().map(|name| (name.clone(), kind.id.clone())));
        let recommended = self.kinds.iter().map(|kind| (kind.id.clone(), kind.recommended));
        TypeNames::of(names.collect(), recommended.collect())
    }

    pub(super) fn find(&self, name: &str) -> Option<(u16, &Kind)> {
        let folded = fold(name);
        (0u16..).zip(&self.kinds).find(|(_, kind)| kind.names.contains(&folded))
    }

    /// Finds what is sensitive in a text.
    #[must_use]
    pub fn scan<'s>(&'s self, text: &'s str) -> Findings<'s> {
        let candidates = self.candidates(text, None, &mut |_| {});
        Findings::new(self, text, self.weigh(text, &candidates))
    }

    /// Which candidates have evidence, and how much.
    pub(super) fn weigh(&self, text: &str, candidates: &[Candidate]) -> Vec<Finding> {
        let reach = self.kinds.iter().map(|kind| kind.proximity).max().unwrap_or(0);
        let mut clues = Clues::new(&self.clues, text, reach);
        let mut found = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(kind) = self.kinds.get(usize::from(candidate.kind)) else { continue };
            // Whether the evidence has been looked up for this candidate.
            let mut looked = false;
            let holding = (0u32..).zip(&kind.patterns).find(|(place, pattern)| {
                candidate.patterns >> place & 1 == 1
                    && (pattern.near.is_empty() || {
                        if !looked {
                            clues.look(candidate.start, candidate.end, kind.proximity);
                            looked = true;
                        }
                        pattern.near.iter().all(|need| clues.satisfy(need))
                    })
            });
            if let Some((_, pattern)) = holding {
                found.push(Finding {
                    kind: candidate.kind,
                    start: candidate.start,
                    end: candidate.end,
                    confidence: pattern.confidence,
                });
            }
        }
        found
    }

    /// The pass over the text: candidates of all types, or of one, by start.
    pub(super) fn candidates(
        &self,
        text: &str,
        only: Option<u16>,
        missed: &mut dyn FnMut(Rejection),
    ) -> Vec<Candidate> {
        let bytes = text.as_bytes();
        let mut pass =
            Pass { scanner: self, text, only, done: vec![0; self.kinds.len()], hits: Vec::new(), out: Vec::new() };
        // INVARIANT: `open` says whether a word may begin at the next byte (see `may_begin`).
        let mut open = true;
        let mut escaped = false;
        for (at, byte) in bytes.iter().enumerate() {
            let flags = self.bytes.get(usize::from(*byte)).copied().unwrap_or(0);
            if flags & BEGINS_ANYWHERE != 0 {
                pass.attempt(&self.anywhere, Boundary::None, at, missed);
            }
            if open && flags & BEGINS_WORD != 0 {
                pass.attempt(&self.words, Boundary::Word, at, missed);
            }
            open = flags & WORD == 0 || (escaped && matches!(byte, b'n' | b'r' | b't'));
            escaped = flags & BACKSLASH != 0;
        }
        debug_assert!(pass.out.iter().all(|c| text.is_char_boundary(c.start) && text.is_char_boundary(c.end)));
        pass.out
    }
}

impl Primaries {
    fn new(texts: BTreeMap<&str, Vec<(u16, u8)>>, kinds: &[Kind], limits: &Limits) -> Result<Self, TypeError> {
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let patterns: Vec<&str> = texts.keys().copied().collect();
        let automaton =
            Automaton::new(&patterns, limits.scanner_bytes).ok_or(TypeError::TooLarge(limits.scanner_bytes))?;
        let owners: Vec<Vec<(u16, u8)>> = texts.into_values().collect();
        let reaches = |(kind, pattern): &(u16, u8)| {
            let pattern = kinds.get(usize::from(*kind)).and_then(|kind| kind.patterns.get(usize::from(*pattern)));
            pattern.is_some_and(|pattern| pattern.check.reaches())
        };
        let open = owners.iter().map(|owners| owners.iter().any(reaches)).collect();
        Ok(Self { automaton: Some(automaton), owners, open })
    }

    fn begins(&self, byte: u8) -> bool {
        self.automaton.as_ref().is_some_and(|automaton| automaton.begins(byte))
    }
}

/// A text that matches one pattern of one type at the place under trial.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    kind: u16,
    /// Sorted with the longest first.
    end: core::cmp::Reverse<usize>,
    pattern: u8,
}

struct Pass<'s> {
    scanner: &'s Scanner,
    text: &'s str,
    only: Option<u16>,
    /// For each type: up to where the text has been taken.
    done: Vec<usize>,
    hits: Vec<Hit>,
    out: Vec<Candidate>,
}

impl Pass<'_> {
    /// Tries all patterns at one place. For each type, the longest text that passes is taken.
    fn attempt(&mut self, primaries: &Primaries, boundary: Boundary, at: usize, missed: &mut dyn FnMut(Rejection)) {
        let Some(automaton) = &primaries.automaton else { return };
        let bytes = self.text.as_bytes();
        let words = boundary == Boundary::Word;
        let (hits, done, only) = (&mut self.hits, &self.done, self.only);
        hits.clear();
        automaton.matches_at(bytes, at, |text, end| {
            if words && !may_end(bytes, end) && !primaries.open.get(text).is_some_and(|open| *open) {
                return;
            }
            for (kind, pattern) in primaries.owners.get(text).map(Vec::as_slice).unwrap_or_default() {
                let free = done.get(usize::from(*kind)).is_some_and(|done| *done <= at);
                if free && only.is_none_or(|only| only == *kind) {
                    hits.push(Hit { kind: *kind, end: core::cmp::Reverse(end), pattern: *pattern });
                }
            }
        });
        if self.hits.is_empty() {
            return;
        }
        debug_assert!(!words || may_begin(bytes, at));
        self.hits.sort_unstable();
        for hits in self.hits.chunk_by(|a, b| a.kind == b.kind) {
            let Some(kind) = hits.first().map(|hit| hit.kind) else { continue };
            let Some(compiled) = self.scanner.kinds.get(usize::from(kind)) else { continue };
            let mut taken: Option<Candidate> = None;
            let mut worst: Option<Rejection> = None;
            for same_end in hits.chunk_by(|a, b| a.end == b.end) {
                for hit in same_end {
                    let Some(pattern) = compiled.patterns.get(usize::from(hit.pattern)) else { continue };
                    let verified = match pattern.check.verify(self.text, at, hit.end.0) {
                        Ok(end) if words && !may_end(bytes, end) => Err(Rejection::NotValid),
                        other => other,
                    };
                    match (verified, &mut taken) {
                        (Ok(end), None) => {
                            taken = Some(Candidate { kind, start: at, end, patterns: 1 << hit.pattern });
                        }
                        (Ok(end), Some(candidate)) if candidate.end == end => candidate.patterns |= 1 << hit.pattern,
                        (Ok(_), Some(_)) => {}
                        (Err(rejection), _) => worst = worst.max(Some(rejection)),
                    }
                }
                if taken.is_some() {
                    break;
                }
            }
            match (taken, worst) {
                (Some(candidate), _) => {
                    if let Some(done) = self.done.get_mut(usize::from(kind)) {
                        *done = candidate.end;
                    }
                    self.out.push(candidate);
                }
                (None, Some(rejection)) => missed(rejection),
                (None, None) => {}
            }
        }
    }
}
