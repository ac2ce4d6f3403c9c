//! Sets report what their patterns match: against globset, and on sets made to be bad.
#![expect(clippy::panic, reason = "a test that goes wrong should stop where it does")]

use globset::{GlobBuilder, GlobSetBuilder};
use placet::pattern::{Pattern, PatternSet};
use proptest::prelude::*;

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

fn found(set: &PatternSet, id: &str) -> Vec<u32> {
    let mut found = Vec::new();
    set.matches(id, |index| found.push(index));
    found.sort_unstable();
    found
}

/// Builds a set and compares it with its patterns, one by one.
fn check(texts: impl IntoIterator<Item = String>, ids: &[&str]) -> PatternSet {
    let patterns: Vec<Pattern> = texts.into_iter().map(|text| pattern(&text)).collect();
    let set = PatternSet::new(&patterns);
    for id in ids {
        let scanned: Vec<u32> = (0..).zip(&patterns).filter(|(_, p)| p.matches(id)).map(|(at, _)| at).collect();
        assert_eq!(found(&set, id), scanned, "`{id}`");
    }
    set
}

#[test]
fn an_empty_set_matches_nothing() {
    let set = PatternSet::new([]);
    assert!(set.is_empty() && !set.is_match("a") && !set.is_match(""));
}

#[test]
fn equal_patterns_are_all_reported_and_each_once() {
    let texts = ["a", "{a,a}", "**", "**/**", "{a*,*a}", "?", "{a,b*}", "a*", "a*", "{*,**/a,[a]}"];
    let set = check(texts.map(str::to_owned), &["a", "b", "aba", "x/a"]);
    assert_eq!(found(&set, "a").len(), texts.len());
}

#[test]
fn adversarial_sets_agree_with_their_patterns() {
    let n = 600;
    let deep = (0..1_000).map(|n| (n % 7).to_string()).collect::<Vec<_>>().join("/");
    let same = vec!["x1"; 600].join("/");
    let ids = [
        "x7",
        "a/x7/b",
        "a/x7/b/x8/c",
        "/x7/x7/x7",
        "https://x1/x2/x3",
        "inv-77-x",
        "xax77bx",
        "abc",
        "aabbcc",
        "a/b/c",
        "x7/77/inv-1-77",
        "",
        "/",
        "//",
        "a//b",
        "café/x7",
        &deep,
        &same,
    ];
    let numbered = |form: &str| (0..n).map(|i| form.replace('#', &i.to_string())).collect::<Vec<_>>();
    for form in [
        "**/x#/**",
        "**/x#",
        "x#/**",
        "x#/*",
        "*/x#",
        "a/**/x#/**",
        "a/*/x#",
        "inv-#-*",
        "*x#",
        "*a*#*b*",
        "https://x1/*/x#*",
        "{x#,a/x#}/**",
        "{*#,x*}",
        "**/*x#*/**",
        "x[0-9]#*",
        "/x7/**/x#",
        "caf?/x#",
    ] {
        check(numbered(form), &ids);
    }
    check((0..n).map(|_| "**".to_owned()), &ids);
    check((0..n).map(|i| "a*b*c*".repeat(1 + i % 9)), &ids);
    check((0..200).map(|i| "**/x1/".repeat(1 + i) + "**"), &ids);
    check((0..200).map(|i| "*/".repeat(i) + "**"), &ids);
    let mixed = ["**/x#/**", "x#", "x#/**", "inv-#-*", "*a*#*b*", "{x#,*7}"].into_iter().flat_map(numbered);
    check(mixed, &ids);
}

#[test]
fn prefixes_deeper_than_the_mask_are_found() {
    let prefix = |depth: usize| vec!["a"; depth].join("/");
    let texts = (55..80).flat_map(|depth| [prefix(depth) + "/**", prefix(depth) + "/*/b", prefix(depth)]);
    let ids: Vec<String> = (53..84).flat_map(|depth| [prefix(depth), prefix(depth) + "/c/b"]).collect();
    check(texts, &ids.iter().map(String::as_str).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Where the two languages mean the same: ASCII, relative paths, no classes with `/`.
    #[test]
    fn a_set_agrees_with_globset(
        texts in prop::collection::vec("(\\*\\*/)?([ab]|\\*|\\?|a\\*b|\\*a|[ab]\\*|\\[ab\\]|\\{a,b\\}|\\[!a\\])(/([ab]|\\*|\\*\\*|\\?b|\\{a,ab\\})){0,3}", 1..30),
        ids in prop::collection::vec("[ab]{1,3}(/[ab]{1,3}){0,4}", 10),
    ) {
        let patterns: Vec<Pattern> = texts.iter().map(|text| pattern(text)).collect();
        let set = PatternSet::new(&patterns);
        let mut globs = GlobSetBuilder::new();
        for text in &texts {
            globs.add(GlobBuilder::new(text).literal_separator(true).backslash_escape(false).build().unwrap());
        }
        let globs = globs.build().unwrap();
        for id in &ids {
            let theirs: Vec<u32> = globs.matches(id).into_iter().map(|at| at as u32).collect();
            prop_assert_eq!(found(&set, id), theirs, "`{}` in {:?}", id, texts);
        }
    }

    /// Texts that are no ids too: roots that differ by a slash, empty segments, segments that look like roots.
    #[test]
    fn a_set_agrees_with_its_patterns_on_hostile_texts(
        texts in prop::collection::vec("(|/|a:/|a://|b:///|a:b/|é:/)(a|b|ab|a:|\\*|\\*\\*|\\?|a\\*|\\{a,b\\*\\}|é)(/(a|b|ab|a:|\\*|\\*\\*|\\{a,\\*b\\})){0,4}", 1..40),
        ids in prop::collection::vec("(|/|//|a:/|a://|b:///|b:////|a:b/|é:/)([ab:/é]|a/|/b){0,14}", 20),
    ) {
        let patterns: Vec<Pattern> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        let own = patterns.iter().map(|pattern| pattern.as_str().to_owned());
        check(own, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Each prefix of an id, as a tree and as the id itself, among those of other depths.
    #[test]
    fn trees_are_found_at_every_depth(id in "(|/|a:/|a://|a:///)[ab]{1,9}(/[ab:]{1,9}){0,70}", keep in any::<u128>()) {
        let ends = id.match_indices('/').map(|(at, _)| at).chain([id.len()]);
        let kept = ends.enumerate().filter(|(n, _)| keep >> (n % 128) & 1 == 1);
        let texts = kept.flat_map(|(n, end)| {
            let text = id.get(..end).unwrap_or_default();
            [text.to_owned(), format!("{text}/**"), format!("{text}/*"), format!("{text}/{}/**", n % 3)]
        });
        let texts: Vec<String> = texts.filter(|text| text.parse::<Pattern>().is_ok()).collect();
        let longer = format!("{id}/1/b");
        let shorter = id.get(..id.len() - 1).unwrap_or_default();
        check(texts, &[&id, &longer, id.trim_start_matches('/'), shorter]);
    }
}
