//! Patterns: what the algebra claims holds for every id that is tried, and a set is the sum of its patterns.

use placet::Limits;
use placet::name;
use placet::pattern::{Pattern, PatternSet};

use super::choices::Choices;
use super::parts;

/// Checks patterns (a line each) against ids (a line each, after a line `%%`) and against ids made from the patterns.
///
/// # Panics
/// If a property does not hold.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = parts(text);
    let written: Vec<&str> = parts.next().unwrap_or_default().split('\n').take(6).collect();
    let mut limits = Limits::default();
    (limits.pattern_bytes, limits.pattern_alternatives) = (128, 16);
    let patterns: Vec<Pattern> = written.iter().filter_map(|text| read(text, &limits)).collect();

    let given = parts.next().unwrap_or_default().split('\n').take(8).map(str::to_owned);
    let mut ids: Vec<String> = given.collect();
    for (i, pattern) in patterns.iter().enumerate() {
        for seed in 0..4 {
            ids.push(example(pattern.as_str(), &mut Choices::new(data.get(i * 7 + seed..).unwrap_or_default())));
        }
    }
    ids.retain(|id| !id.is_empty());

    for id in &ids {
        let valid = name::check(id).is_ok();
        for pattern in &patterns {
            assert_eq!(pattern.matches_text(id), valid && pattern.matches(id), "{pattern} over {id}");
            if let Some(literal) = pattern.literal().filter(|_| valid) {
                assert_eq!(pattern.matches(id), literal == id, "{pattern} over {id}");
            }
            if pattern.is_everything() {
                assert!(!valid || pattern.matches(id), "{pattern} over {id}");
            }
        }
    }
    ids.retain(|id| name::check(id).is_ok());
    sums(&patterns, &ids);
    for a in &patterns {
        for b in &patterns {
            algebra(a, b, &patterns, &ids);
        }
    }
}

/// A text as a pattern, if it is one: then its canonical form reads the same, and errors can be shown.
fn read(text: &str, limits: &Limits) -> Option<Pattern> {
    match Pattern::parse(text, limits) {
        Ok(pattern) => {
            assert_eq!(pattern.as_str(), text);
            assert!(pattern.alternatives() >= 1 && pattern.alternatives() <= limits.pattern_alternatives);
            Some(pattern)
        }
        Err(error) => {
            assert!(error.to_string().len() < 1_024, "{error}");
            None
        }
    }
}

fn sums(patterns: &[Pattern], ids: &[String]) {
    let set = PatternSet::new(patterns);
    for id in ids {
        let mut found = Vec::new();
        set.matches(id, |index| found.push(index));
        found.sort_unstable();
        let single: Vec<u32> = (0u32..).zip(patterns).filter(|(_, p)| p.matches(id)).map(|(i, _)| i).collect();
        assert_eq!(found, single, "{patterns:?} over {id}");
    }
}

fn algebra(a: &Pattern, b: &Pattern, others: &[Pattern], ids: &[String]) {
    let (covers, disjoint, common) = (a.covers(b), a.is_disjoint(b), a.intersect(b));
    for id in ids {
        let (in_a, in_b) = (a.matches(id), b.matches(id));
        assert!(!covers || in_a || !in_b, "{a} is said to cover {b}, but not {id}");
        assert!(!disjoint || !in_a || !in_b, "{a} and {b} are said to be disjoint, but have {id}");
        let in_common = common.as_ref().is_some_and(|common| common.matches(id));
        assert_eq!(in_common, in_a && in_b, "{a} and {b} are said to have {common:?} in common, and {id}?");
    }
    let Some(common) = common else {
        return;
    };
    if !common.as_str().contains(" & ") {
        // What is written can be read again, and means the same.
        let again = Pattern::parse(common.as_str(), &Limits::default());
        let again = again.unwrap_or_else(|e| panic!("{a} and {b} have {common} in common, which is none: {e}"));
        assert_eq!(again, common, "{a} and {b}");
    }
    sums(&[common.clone(), a.clone(), common.clone()], ids);
    for c in others {
        let (covers, disjoint, all) = (c.covers(&common), c.is_disjoint(&common), common.intersect(c));
        for id in ids {
            let (in_c, in_common) = (c.matches(id), common.matches(id));
            assert!(!covers || in_c || !in_common, "{c} is said to cover {common}, but not {id}");
            assert!(!disjoint || !in_c || !in_common, "{c} and {common} are said to be disjoint, but have {id}");
            let in_all = all.as_ref().is_some_and(|all| all.matches(id));
            assert_eq!(in_all, in_c && in_common, "{common} and {c} over {id}: {all:?}");
        }
    }
}

/// A text that a pattern may match: wildcards and braces filled in as the choices say. It need not match.
fn example(pattern: &str, c: &mut Choices<'_>) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '*' if rest.starts_with('*') => {
                rest = &rest[1..];
                text.push_str(c.of(&["x", "a/b", "a", "b/a/b", ""]));
                if text.is_empty() || text.ends_with('/') {
                    rest = rest.strip_prefix('/').unwrap_or(rest);
                }
            }
            '*' => text.push_str(c.of(&["", "a", "b", "ab", "x.y", "é"])),
            '?' => text.push(c.of(&['a', 'b', 'z', '-', 'é'])),
            '[' => {
                let class: Vec<char> = rest.chars().take_while(|c| *c != ']').collect();
                rest = rest.split_once(']').map_or("", |(_, tail)| tail);
                text.push(if class.is_empty() { 'a' } else { class[c.next(class.len())] });
            }
            '{' => {
                let (inner, tail) = rest.split_once('}').unwrap_or((rest, ""));
                let branches: Vec<&str> = inner.split(',').take(256).collect();
                text.push_str(&example(branches[c.next(branches.len())], c));
                rest = tail;
            }
            other => text.push(other),
        }
        if text.len() > 512 {
            break;
        }
    }
    text
}
