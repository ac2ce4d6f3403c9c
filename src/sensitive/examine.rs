//! Why was this found, or why not? One type in one text, for people.

use core::fmt;

use super::check::Rejection;
use super::kind::Confidence;
use super::scan::Scanner;

/// Why nothing was found with the confidence that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The scanner has no such type.
    UnknownType,
    /// No text matches a pattern.
    NoMatch,
    /// A text matches, but its values cannot occur.
    NotValid,
    /// A text matches, but its check digits are wrong.
    Checksum,
    /// A text matches, but it is a number published for tests.
    Reserved,
    /// A text matches; the evidence is in the text, but farther away than this many characters.
    EvidenceOutside(usize),
    /// A text matches; the evidence that would make it sure enough is nowhere in the text, or too much of it is near.
    NoEvidence,
}

impl fmt::Display for Reason {
    /// As a code: `checksum_failed`, `evidence_outside_300_chars`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType => f.write_str("unknown_type"),
            Self::NoMatch => f.write_str("no_match"),
            Self::NotValid => f.write_str("not_valid"),
            Self::Checksum => f.write_str("checksum_failed"),
            Self::Reserved => f.write_str("reserved_test_number"),
            Self::EvidenceOutside(proximity) => write!(f, "evidence_outside_{proximity}_chars"),
            Self::NoEvidence => f.write_str("no_supporting_evidence"),
        }
    }
}

/// What became of one type in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The highest confidence of any finding, also one below what was asked for.
    pub confidence: Option<Confidence>,
    /// Why nothing reaches what was asked for; `None` if something does.
    pub reason: Option<Reason>,
}

impl Examination {
    /// Whether something was found with the confidence that was asked for.
    #[must_use]
    pub fn is_match(&self) -> bool {
        self.reason.is_none()
    }
}

impl Scanner {
    /// Looks for one type (by id or alias) with at least the confidence `least`, and says why nothing was found.
    #[must_use]
    pub fn examine(&self, text: &str, kind: &str, least: Confidence) -> Examination {
        let Some((number, kind)) = self.find(kind) else {
            return Examination { confidence: None, reason: Some(Reason::UnknownType) };
        };
        let mut worst: Option<Rejection> = None;
        let candidates = self.candidates(text, Some(number), &mut |rejection| worst = worst.max(Some(rejection)));
        let confidence = self.weigh(text, &candidates).iter().map(|finding| finding.confidence).max();
        let reason = if confidence >= Some(least) {
            None
        } else if candidates.is_empty() {
            Some(match worst {
                Some(Rejection::Reserved) => Reason::Reserved,
                Some(Rejection::Checksum) => Reason::Checksum,
                Some(Rejection::NotValid) => Reason::NotValid,
                None => Reason::NoMatch,
            })
        } else {
            let better = kind.patterns.iter().filter(|pattern| pattern.confidence >= least);
            let present = better.flat_map(|pattern| &pattern.near).any(|need| self.clues.anywhere(text, need));
            Some(if present { Reason::EvidenceOutside(kind.proximity) } else { Reason::NoEvidence })
        };
        Examination { confidence, reason }
    }
}
