//! What a scan found: places, counts, and the text without them.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Confidence;
use super::scan::Scanner;

/// One finding: bytes `start..end` of the text are of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    pub(super) kind: u16,
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// How sure.
    pub confidence: Confidence,
}

/// All findings of one scan, by start.
#[derive(Clone, Debug)]
pub struct Findings<'s> {
    scanner: &'s Scanner,
    text: &'s str,
    found: Vec<Finding>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(scanner: &'s Scanner, text: &'s str, found: Vec<Finding>) -> Self {
        Self { scanner, text, found }
    }

    /// The findings.
    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.found
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The id of a finding's type.
    #[must_use]
    pub fn kind(&self, finding: &Finding) -> &'s str {
        self.scanner.kinds.get(usize::from(finding.kind)).map_or("", |kind| kind.id.as_str())
    }

    /// The text of a finding.
    #[must_use]
    pub fn text(&self, finding: &Finding) -> &'s str {
        self.text.get(finding.start..finding.end).unwrap_or_default()
    }

    /// Only the findings that `keep` accepts.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&Finding) -> bool) -> Self {
        let found = self.found.iter().filter(|finding| keep(finding)).copied().collect();
        Self { scanner: self.scanner, text: self.text, found }
    }

    /// Only the findings of at least that confidence.
    #[must_use]
    pub fn at_least(&self, confidence: Confidence) -> Self {
        self.filter(|finding| finding.confidence >= confidence)
    }

    /// How many *different* texts of a type were found with at least that confidence: separators do not make a difference.
    /// Source: Purview instance counts. 0 for an unknown type.
    #[must_use]
    pub fn instances(&self, kind: &str, confidence: Confidence) -> usize {
        self.instances_between(kind, confidence, None)
    }

    /// As [`Self::instances`], for a band of confidence; both ends count.
    #[must_use]
    pub fn instances_between(&self, kind: &str, least: Confidence, most: Option<Confidence>) -> usize {
        let Some((number, _)) = self.scanner.find(kind) else { return 0 };
        let counts =
            |f: &&Finding| f.kind == number && f.confidence >= least && most.is_none_or(|most| f.confidence <= most);
        let texts = self.found.iter().filter(counts).map(|finding| without_separators(self.text(finding)));
        texts.collect::<BTreeSet<String>>().len()
    }

    /// How many different texts of each type were found, each counted once with its highest confidence: type, confidence,
    /// count.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'s str, Confidence, usize)> {
        let mut surest: BTreeMap<(u16, String), Confidence> = BTreeMap::new();
        for finding in &self.found {
            let level =
                surest.entry((finding.kind, without_separators(self.text(finding)))).or_insert(finding.confidence);
            *level = finding.confidence.max(*level);
        }
        let mut counts: BTreeMap<(u16, Confidence), usize> = BTreeMap::new();
        for ((kind, _), confidence) in surest {
            *counts.entry((kind, confidence)).or_default() += 1;
        }
        let name = |kind: u16| self.scanner.kinds.get(usize::from(kind)).map_or("", |kind| kind.id.as_str());
        counts.into_iter().map(|((kind, confidence), count)| (name(kind), confidence, count)).collect()
    }

    /// The texts to remove, overlapping ones merged.
    #[must_use]
    pub fn redaction(&self) -> Redaction<'s> {
        let mut spans: Vec<Span<'s>> = Vec::new();
        for finding in &self.found {
            let kind = self.kind(finding);
            match spans.last_mut() {
                // INVARIANT: findings come by start, so only the last span can overlap.
                Some(last) if finding.start < last.end => {
                    last.end = last.end.max(finding.end);
                    if !last.kinds.contains(&kind) {
                        last.kinds.push(kind);
                    }
                }
                Some(_) | None => spans.push(Span { start: finding.start, end: finding.end, kinds: vec![kind] }),
            }
        }
        Redaction { text: self.text, spans }
    }
}

fn without_separators(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | '\u{a0}')).collect()
}

/// A passage to remove: bytes `start..end`, and the types found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<'s> {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// The types, in the order in which they were found; at least one.
    pub kinds: Vec<&'s str>,
}

/// A text and the passages to remove from it. INVARIANT: spans ascend, do not overlap, and lie on character boundaries.
#[derive(Clone, Debug)]
pub struct Redaction<'s> {
    text: &'s str,
    spans: Vec<Span<'s>>,
}

impl<'s> Redaction<'s> {
    /// The passages.
    #[must_use]
    pub fn spans(&self) -> &[Span<'s>] {
        &self.spans
    }

    /// The text with each passage replaced by its types: `[credit-card]`, `[us-ssn,nl-bsn]`.
    #[must_use]
    pub fn text(&self) -> String {
        self.replace(|span| format!("[{}]", span.kinds.join(",")))
    }

    /// The text with each passage replaced by what `with` says.
    #[must_use]
    pub fn replace(&self, mut with: impl FnMut(&Span<'s>) -> String) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut kept = 0;
        for span in &self.spans {
            out.push_str(self.text.get(kept..span.start).unwrap_or_default());
            out.push_str(&with(span));
            kept = span.end;
        }
        out.push_str(self.text.get(kept..).unwrap_or_default());
        out
    }
}
