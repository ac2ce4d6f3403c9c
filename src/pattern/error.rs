//! Why is a text no pattern? One error with the place and the remedy.
//!
//! Next room: [`super::parse`], which finds them.

use crate::name::NameError;

/// Why a text is no pattern. Columns count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// No text at all.
    #[error("a pattern must not be empty; write `**` for everything")]
    Empty,
    /// Longer than `Limits::pattern_bytes`.
    #[error("a pattern has at most {limit} bytes; split it into several")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// No id that keeps the naming rules could match.
    #[error("{error} (column {column})")]
    Name {
        /// The rule that is broken.
        error: NameError,
        /// Where.
        column: usize,
    },
    /// `**` beside other characters of a segment.
    #[error(
        "`**` at column {column} must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment"
    )]
    DoubleStar {
        /// Where.
        column: usize,
    },
    /// A wildcard in a scheme.
    #[error(
        "a scheme cannot contain wildcards (column {column}); write it out, or alternatives as in `{{http,https}}://host/**`"
    )]
    SchemeWildcard {
        /// Where.
        column: usize,
    },
    /// Braces in braces.
    #[error("braces cannot be nested (column {column}); write all alternatives in one pair, as in `{{a,b,c}}`")]
    NestedBraces {
        /// Where.
        column: usize,
    },
    /// `{` that is never closed.
    #[error("`{{` at column {column} has no `}}`; close it, or write `[{{]` for the character itself")]
    UnclosedBrace {
        /// Where.
        column: usize,
    },
    /// `}` that was never opened.
    #[error("`}}` at column {column} has no `{{` before it; open it, or write `[}}]` for the character itself")]
    StrayBrace {
        /// Where.
        column: usize,
    },
    /// `{}`.
    #[error("the braces at column {column} are empty; write alternatives as in `{{a,b}}`")]
    EmptyBraces {
        /// Where.
        column: usize,
    },
    /// `[` that is never closed.
    #[error("`[` at column {column} has no `]`; close it, or write `[[]` for the character itself")]
    UnclosedClass {
        /// Where.
        column: usize,
    },
    /// `]` that was never opened.
    #[error("`]` at column {column} has no `[` before it; open it, or write `[]]` for the character itself")]
    StrayBracket {
        /// Where.
        column: usize,
    },
    /// `[^...]`, which other languages read as a negation.
    #[error("`[^` at column {column} is ambiguous; write `[!...]` for every character but these, or put `^` last")]
    Caret {
        /// Where.
        column: usize,
    },
    /// `/` in a class.
    #[error(
        "a class stands for one character of a segment and cannot contain `/` (column {column}); write the `/` outside"
    )]
    SlashInClass {
        /// Where.
        column: usize,
    },
    /// A range that runs backwards.
    #[error("the range `{start}-{end}` at column {column} runs backwards; write `{end}-{start}`")]
    BackwardRange {
        /// Its first character.
        start: char,
        /// Its last character.
        end: char,
        /// Where.
        column: usize,
    },
    /// More than `Limits::pattern_alternatives`.
    #[error("the braces up to column {column} make more than {limit} alternatives; split the pattern into several")]
    Alternatives {
        /// The limit.
        limit: usize,
        /// Where.
        column: usize,
    },
    /// The alternatives together are longer than four times `Limits::pattern_bytes`.
    #[error("the braces up to column {column} expand to more than {limit} characters; split the pattern into several")]
    Expansion {
        /// The limit.
        limit: usize,
        /// Where.
        column: usize,
    },
}

impl PatternError {
    /// The place in the pattern, in characters from 1, if the error has one.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Empty | Self::TooLong { .. } => None,
            Self::Name { column, .. }
            | Self::DoubleStar { column }
            | Self::SchemeWildcard { column }
            | Self::NestedBraces { column }
            | Self::UnclosedBrace { column }
            | Self::StrayBrace { column }
            | Self::EmptyBraces { column }
            | Self::UnclosedClass { column }
            | Self::StrayBracket { column }
            | Self::Caret { column }
            | Self::SlashInClass { column }
            | Self::BackwardRange { column, .. }
            | Self::Alternatives { column, .. }
            | Self::Expansion { column, .. } => Some(*column),
        }
    }
}
