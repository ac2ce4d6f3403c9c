//! What does a regular expression cost? One that was built, with the size of its automaton.
//!
//! Matching is linear in the text, but each byte of it may visit every state: a pattern of a megabyte takes some 40
//! microseconds for one byte, and so half a minute for the megabyte of a request. So steps are taken by text *and* size.
//!
//! Next room: `program`.

use regex::{Error, Regex, RegexBuilder};

/// The least size that is told apart.
const LEAST: usize = 2 << 10;

/// How much larger than the automaton the states that matching remembers may grow, in every thread: as many as a usual
/// pattern needs, and no more for each of thousands.
const CACHE: usize = 16;
/// The least bound on them, in bytes.
const LEAST_CACHE: usize = 256 << 10;

/// A regular expression and its size.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    regex: Regex,
    /// Size of its automaton, rounded up to a power of two.
    kibibytes: usize,
}

/// Why there is none.
pub(crate) enum Refused<E> {
    /// It is malformed.
    Malformed,
    /// It is larger than so many bytes.
    TooLarge(usize),
    /// `before` said so.
    Stopped(E),
}

impl Matcher {
    /// Builds a pattern of at most `limit` bytes. `regex` does not say how large a pattern is, only that it is too large: so
    /// limits are tried, each twice the last, and all tries together cost twice the last. `before` is asked before each try
    /// of so many kibibytes.
    pub(crate) fn build<E>(
        pattern: &str,
        limit: usize,
        mut before: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Self, Refused<E>> {
        let mut size = LEAST;
        loop {
            let tried = size.min(limit);
            let kibibytes = tried.div_ceil(1 << 10);
            before(kibibytes).map_err(Refused::Stopped)?;
            let cache = tried.saturating_mul(CACHE).max(LEAST_CACHE);
            match RegexBuilder::new(pattern).size_limit(tried).dfa_size_limit(cache).build() {
                Ok(regex) => return Ok(Self { regex, kibibytes }),
                Err(Error::CompiledTooBig(_)) if tried < limit => size = size.saturating_mul(2),
                Err(Error::CompiledTooBig(_)) => return Err(Refused::TooLarge(limit)),
                Err(_) => return Err(Refused::Malformed),
            }
        }
    }

    /// What matching a text of so many bytes costs, in bytes that are only read: a compromise. A usual pattern is matched at
    /// a nanosecond for a byte whatever its size; one that is made to be slow takes up to 160 for each kibibyte of it.
    pub(crate) const fn weight(&self, bytes: usize) -> usize {
        bytes.saturating_mul(4 * self.kibibytes)
    }

    /// The size of the automaton, rounded up.
    pub(crate) const fn bytes(&self) -> usize {
        self.kibibytes << 10
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
