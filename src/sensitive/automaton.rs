//! Many patterns as one automaton, tried at one place: which of them match here, and how far?

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

/// What is wrong with one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PatternFault {
    Syntax(String),
    LookAround,
    Empty,
    Unbounded,
    TooLong(usize),
}

/// Checks that a pattern can be tried at any place in bounded time.
pub(super) fn check(pattern: &str, longest: usize) -> Result<(), PatternFault> {
    let parsed = syntax::parse(pattern).map_err(|error| PatternFault::Syntax(last_line(&error.to_string())))?;
    let properties = parsed.properties();
    if !properties.look_set().is_empty() {
        return Err(PatternFault::LookAround);
    }
    match (properties.minimum_len(), properties.maximum_len()) {
        // No length at all: the pattern matches nothing, such as `[^\x00-\u{10ffff}]`.
        (None | Some(0), _) => Err(PatternFault::Empty),
        (Some(_), None) => Err(PatternFault::Unbounded),
        (Some(_), Some(length)) if length > longest => Err(PatternFault::TooLong(length)),
        (Some(_), Some(_)) => Ok(()),
    }
}

/// The parser's message without its drawing of the pattern.
fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Patterns without look-around and of bounded length, compiled together.
///
/// INVARIANT: immutable and complete: trying a place takes one table look-up per byte and touches nothing shared.
#[derive(Clone, Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// Whether any pattern begins with that byte.
    first: [bool; 256],
}

impl Automaton {
    /// Compiles patterns that [`check`] has passed. `None` if the automaton would be larger than `bytes`.
    pub(super) fn new(patterns: &[&str], bytes: usize) -> Option<Self> {
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(bytes))
            .determinize_size_limit(Some(bytes.saturating_mul(4)));
        let dfa = dense::Builder::new().configure(config).build_many(patterns).ok()?;
        let start = dfa.universal_start_state(Anchored::Yes)?;
        let mut first = [false; 256];
        for (byte, begins) in (0u8..=255).zip(&mut first) {
            *begins = !dfa.is_dead_state(dfa.next_state(start, byte));
        }
        Some(Self { dfa, start, first })
    }

    /// Whether any pattern begins with `byte`.
    pub(super) fn begins(&self, byte: u8) -> bool {
        self.first.get(usize::from(byte)).copied().unwrap_or(false)
    }

    /// Calls `found` with every pattern that matches at `at` and with each end of such a match, ends ascending.
    pub(super) fn matches_at(&self, bytes: &[u8], at: usize, mut found: impl FnMut(usize, usize)) {
        let mut state = self.start;
        let mut end = at;
        for byte in bytes.get(at..).unwrap_or_default() {
            state = self.dfa.next_state(state, *byte);
            if self.dfa.is_special_state(state) {
                if self.dfa.is_dead_state(state) {
                    return;
                }
                self.report(state, end, &mut found);
            }
            end += 1;
        }
        self.report(self.dfa.next_eoi_state(state), end, &mut found);
    }

    /// A match is known one byte late: `state` is behind `end`.
    fn report(&self, state: StateID, end: usize, found: &mut impl FnMut(usize, usize)) {
        if self.dfa.is_match_state(state) {
            for index in 0..self.dfa.match_len(state) {
                found(self.dfa.match_pattern(state, index).as_usize(), end);
            }
        }
    }

    /// Bytes that it takes.
    pub(super) fn memory(&self) -> usize {
        self.dfa.memory_usage()
    }
}

/// Whether a text with [`super::Boundary::Word`] may begin at `at`: the byte before is no ASCII letter or digit, or it ends an
/// escaped `\n`, `\r`, `\t`, since much text comes as JSON.
pub(super) fn may_begin(bytes: &[u8], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|i| bytes.get(i)).copied();
    match before(1) {
        Some(b'n' | b'r' | b't') => before(2) == Some(b'\\'),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// Whether a text with [`super::Boundary::Word`] may end at `end`.
pub(super) fn may_end(bytes: &[u8], end: usize) -> bool {
    !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)
}
