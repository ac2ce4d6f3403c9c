//! Which ids does a pattern mean? Segment patterns over ids. (Stub: being written.)

use core::fmt;
use core::str::FromStr;

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

impl FromStr for Pattern {
    type Err = PatternError;
    fn from_str(text: &str) -> Result<Self, PatternError> {
        Ok(Self(text.to_owned()))
    }
}

impl Pattern {
    /// The one id that it matches, if it has no wildcard.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        Some(&self.0)
    }
    /// Whether the id matches.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        self.0 == id
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
