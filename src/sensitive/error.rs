//! What is wrong with a type.

use super::automaton::{PatternFault, check};
use crate::limits::Limits;

/// What is wrong with a sensitive information type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// Two types with one id, or an alias that is another type's.
    #[error(
        "the sensitive information type `{0}` is defined twice; ids and aliases are compared without case and punctuation"
    )]
    Duplicate(String),
    /// An id without letters or digits.
    #[error("the id `{0}` of a sensitive information type needs a letter or digit")]
    Id(String),
    /// A type that a scanner was not made with.
    #[error("the sensitive information type `{0}` is not known here")]
    Unknown(String),
    /// No pattern, or more than 32.
    #[error("the sensitive information type `{0}` needs 1 to 32 patterns")]
    Patterns(String),
    /// Not a regular expression.
    #[error("`{regex}` in `{id}` is no regular expression: {reason}")]
    Syntax {
        /// The type.
        id: String,
        /// The expression.
        regex: String,
        /// The parser's words.
        reason: String,
    },
    /// `^`, `$`, `\b`.
    #[error("`{regex}` in `{id}` looks around itself; leave out `^`, `$` and `\\b` and use `boundary`")]
    LookAround {
        /// The type.
        id: String,
        /// The expression.
        regex: String,
    },
    /// It matches the empty text, or nothing.
    #[error("`{regex}` in `{id}` matches the empty text or none at all")]
    Empty {
        /// The type.
        id: String,
        /// The expression.
        regex: String,
    },
    /// `*`, `+`, `{n,}`, or more than `Limits::sensitive_match_bytes`.
    #[error("`{regex}` in `{id}` can match more than {limit} bytes; write bounded repetitions, as in `[0-9]{{1,20}}`")]
    Length {
        /// The type.
        id: String,
        /// The expression.
        regex: String,
        /// The bound.
        limit: usize,
    },
    /// Contradicting or empty evidence.
    #[error(
        "the evidence of `{0}` can never hold: `min` is more than `max` or than there are keywords and expressions"
    )]
    Evidence(String),
    /// More than `Limits::sensitive_proximity`.
    #[error("the proximity of `{0}` is more than {1} characters")]
    Proximity(String, usize),
    /// More than `Limits::sensitive_types` or `Limits::sensitive_clues`.
    #[error("too many {0}; the limit is {1}")]
    TooMany(&'static str, usize),
    /// Compiled, they would take more than `Limits::scanner_bytes`.
    #[error(
        "the sensitive information types take more than {0} bytes when compiled together; use fewer or simpler patterns"
    )]
    TooLarge(usize),
}

fn type_error(id: &str, regex: &str, limits: &Limits, fault: PatternFault) -> TypeError {
    let (id, regex) = (id.to_owned(), regex.to_owned());
    match fault {
        PatternFault::Syntax(reason) => TypeError::Syntax { id, regex, reason },
        PatternFault::LookAround => TypeError::LookAround { id, regex },
        PatternFault::Empty => TypeError::Empty { id, regex },
        PatternFault::Unbounded | PatternFault::TooLong(_) => {
            TypeError::Length { id, regex, limit: limits.sensitive_match_bytes }
        }
    }
}

/// Checks an expression of a type.
pub(super) fn check_pattern(id: &str, regex: &str, limits: &Limits) -> Result<(), TypeError> {
    check(regex, limits.sensitive_match_bytes).map_err(|fault| type_error(id, regex, limits, fault))
}
