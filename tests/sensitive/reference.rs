//! The definition of a match as nested loops: every type by itself, every start, every end.

use placet::sensitive::{Boundary, Check, Evidence, SensitiveType};
use regex::Regex;

/// A finding: type, start, end, confidence.
pub(crate) type Found = (String, usize, usize, u8);

struct Pattern {
    confidence: u8,
    regex: Regex,
    check: Check,
    near: Vec<(Vec<Regex>, u32, Option<u32>)>,
}

pub(crate) struct Reference {
    kinds: Vec<(String, usize, Boundary, Vec<Pattern>)>,
}

fn whole(regex: &str) -> Regex {
    Regex::new(&format!(r"\A(?:{regex})\z")).expect("a regex")
}

fn keyword(words: &str) -> String {
    let words: Vec<String> = words.split(' ').map(regex::escape).collect();
    format!("(?i){}", words.join(r"[\s_-]{0,3}"))
}

fn need(evidence: &Evidence) -> (Vec<Regex>, u32, Option<u32>) {
    let mut texts: Vec<String> = evidence.keywords.iter().map(|words| keyword(words)).collect();
    texts.extend(evidence.regex.iter().cloned());
    texts.sort();
    texts.dedup();
    (texts.iter().map(|text| whole(text)).collect(), evidence.min, evidence.max)
}

fn may_begin(text: &str, at: usize) -> bool {
    let before = &text[..at];
    !before.ends_with(|c: char| c.is_ascii_alphanumeric()) || ["\\n", "\\r", "\\t"].iter().any(|e| before.ends_with(e))
}

fn may_end(text: &str, at: usize) -> bool {
    !text[at..].starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether any part of `text[from..to]` is that clue.
fn sees(text: &str, from: usize, to: usize, clue: &Regex) -> bool {
    let places: Vec<usize> = (from..=to).filter(|at| text.is_char_boundary(*at)).collect();
    places.iter().any(|start| {
        may_begin(text, *start)
            && places.iter().any(|end| end > start && may_end(text, *end) && clue.is_match(&text[*start..*end]))
    })
}

impl Reference {
    pub(crate) fn new(types: &[SensitiveType]) -> Self {
        let kinds = types.iter().map(|kind| {
            let patterns = kind.patterns.iter().map(|pattern| Pattern {
                confidence: pattern.confidence.percent(),
                regex: whole(&pattern.regex),
                check: pattern.check.clone(),
                near: pattern.near.iter().map(need).collect(),
            });
            (kind.id.clone(), usize::from(kind.proximity), kind.boundary, patterns.collect())
        });
        Self { kinds: kinds.collect() }
    }

    /// All findings, sorted.
    pub(crate) fn scan(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for (id, proximity, boundary, patterns) in &self.kinds {
            let mut at = 0;
            while at < text.len() {
                let Some((end, holding)) = take(text, at, *boundary == Boundary::Word, patterns) else {
                    at += 1;
                    continue;
                };
                let before: Vec<usize> = text[..at].char_indices().map(|(i, _)| i).collect();
                let from = if before.len() >= *proximity && *proximity > 0 {
                    before[before.len() - proximity]
                } else if *proximity == 0 {
                    at
                } else {
                    0
                };
                let to = text[end..].char_indices().nth(*proximity).map_or(text.len(), |(i, _)| end + i);
                let satisfied = |(clues, min, max): &(Vec<Regex>, u32, Option<u32>)| {
                    let count =
                        clues.iter().filter(|c| sees(text, from, at, c) || sees(text, end, to, c)).count() as u32;
                    count >= *min && max.is_none_or(|max| count <= max)
                };
                let confidence = holding.iter().filter(|p| p.near.iter().all(satisfied)).map(|p| p.confidence).max();
                if let Some(confidence) = confidence {
                    found.push((id.clone(), at, end, confidence));
                }
                at = end;
            }
        }
        found.sort();
        found
    }
}

/// The longest text from `at` on that passes, and the patterns that it matches.
fn take<'p>(text: &str, at: usize, words: bool, patterns: &'p [Pattern]) -> Option<(usize, Vec<&'p Pattern>)> {
    if !text.is_char_boundary(at) {
        return None;
    }
    for raw in (at + 1..=text.len()).rev().filter(|end| text.is_char_boundary(*end)) {
        let mut taken: Option<(usize, Vec<&Pattern>)> = None;
        for pattern in patterns {
            if (words && !may_begin(text, at)) || !pattern.regex.is_match(&text[at..raw]) {
                continue;
            }
            let Ok(end) = pattern.check.verify(text, at, raw) else { continue };
            if words && !may_end(text, end) {
                continue;
            }
            match &mut taken {
                None => taken = Some((end, vec![pattern])),
                Some((first, all)) if *first == end => all.push(pattern),
                Some(_) => {}
            }
        }
        if taken.is_some() {
            return taken;
        }
    }
    None
}
