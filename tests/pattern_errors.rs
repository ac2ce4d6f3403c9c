//! What is refused as a pattern, where, and with which remedy; and that refusing is fast.
#![expect(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that goes wrong should stop where it does, and may read the clock"
)]

use std::time::{Duration, Instant};

use placet::Limits;
use placet::pattern::Pattern;

fn errors(texts: &[&str]) -> String {
    let line = |text: &&str| match text.parse::<Pattern>() {
        Ok(_) => format!("{text}  (taken)\n"),
        Err(error) => format!("{}  {error}\n", text.escape_debug()),
    };
    texts.iter().map(line).collect()
}

#[test]
fn errors_name_the_place_and_the_remedy() {
    insta::assert_snapshot!(errors(&[
        "", "a**", "**b", "a/b**/c", "***", "a/**.pdf", "{a*,b}*",
        "h*://host", "?:/a", "http*:/a", "HTTPS://h/*", "https:/h/*", "https:///h/*",
        "a{b{c}}", "a{b", "a}b", "a{}", "{,}",
        "a[b", "a]b", "[]", "[!]", "[^a]", "[a/b]", "[.-/]", "[z-a]",
        "a//b", "a/", "/", "a/../b", "a/./*", "..", "{a,..}/b", "[.]./a", "a/{,b}", "*/{b,/c}",
        "a\\*", "[\\]]", "a%2fb", "a/*/%2E", "%[2]e*", "a\tb*", "a\u{202e}*",
        "spiffe://TD/*", "spiffe://td/a b/**", "spiffe:/td/*",
    ]), @r#"
      a pattern must not be empty; write `**` for everything
    a**  `**` at column 2 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    **b  `**` at column 1 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    a/b**/c  `**` at column 4 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    ***  `**` at column 1 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    a/**.pdf  `**` at column 3 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    {a*,b}*  `**` at column 3 must be a whole segment; write `name/**` for what is below a name, `**/*.pdf` for such files at any depth, or one `*` within a segment
    h*://host  a scheme cannot contain wildcards (column 1); write it out, or alternatives as in `{http,https}://host/**`
    ?:/a  a scheme cannot contain wildcards (column 1); write it out, or alternatives as in `{http,https}://host/**`
    http*:/a  a scheme cannot contain wildcards (column 1); write it out, or alternatives as in `{http,https}://host/**`
    HTTPS://h/*  a scheme is written in lower case, and `http`, `https`, `ws`, `wss` and `ftp` are followed by exactly two slashes, as in `https://host/path` (column 1)
    https:/h/*  a scheme is written in lower case, and `http`, `https`, `ws`, `wss` and `ftp` are followed by exactly two slashes, as in `https://host/path` (column 1)
    https:///h/*  a scheme is written in lower case, and `http`, `https`, `ws`, `wss` and `ftp` are followed by exactly two slashes, as in `https://host/path` (column 1)
    a{b{c}}  braces cannot be nested (column 4); write all alternatives in one pair, as in `{a,b,c}`
    a{b  `{` at column 2 has no `}`; close it, or write `[{]` for the character itself
    a}b  `}` at column 2 has no `{` before it; open it, or write `[}]` for the character itself
    a{}  the braces at column 2 are empty; write alternatives as in `{a,b}`
    {,}  the braces at column 1 are empty; write alternatives as in `{a,b}`
    a[b  `[` at column 2 has no `]`; close it, or write `[[]` for the character itself
    a]b  `]` at column 2 has no `[` before it; open it, or write `[]]` for the character itself
    []  `[` at column 1 has no `]`; close it, or write `[[]` for the character itself
    [!]  `[` at column 1 has no `]`; close it, or write `[[]` for the character itself
    [^a]  `[^` at column 1 is ambiguous; write `[!...]` for every character but these, or put `^` last
    [a/b]  a class stands for one character of a segment and cannot contain `/` (column 3); write the `/` outside
    [.-/]  a class stands for one character of a segment and cannot contain `/` (column 4); write the `/` outside
    [z-a]  the range `z-a` at column 2 runs backwards; write `a-z`
    a//b  an id must not contain empty segments (`//`, or `/` at the end) (column 2)
    a/  an id must not contain empty segments (`//`, or `/` at the end) (column 2)
    /  an id must not contain empty segments (`//`, or `/` at the end) (column 1)
    a/../b  an id must not contain the segments `.` or `..`; write the path that is meant (column 3)
    a/./*  an id must not contain the segments `.` or `..`; write the path that is meant (column 3)
    ..  an id must not contain the segments `.` or `..`; write the path that is meant (column 1)
    {a,..}/b  an id must not contain the segments `.` or `..`; write the path that is meant (column 4)
    [.]./a  an id must not contain the segments `.` or `..`; write the path that is meant (column 1)
    a/{,b}  an id must not contain empty segments (`//`, or `/` at the end) (column 2)
    */{b,/c}  an id must not contain empty segments (`//`, or `/` at the end) (column 2)
    a\\*  an id must not contain a backslash; write `/` (column 2)
    [\\]]  an id must not contain a backslash; write `/` (column 2)
    a%2fb  an id must not contain an encoded `.`, `/` or `\` (%2e, %2f, %5c); write the character itself (column 2)
    a/*/%2E  an id must not contain an encoded `.`, `/` or `\` (%2e, %2f, %5c); write the character itself (column 5)
    %[2]e*  an id must not contain an encoded `.`, `/` or `\` (%2e, %2f, %5c); write the character itself (column 1)
    a\tb*  an id must not contain control characters (column 2)
    a\u{202e}*  an id must not contain bidirectional formatting characters (column 2)
    spiffe://TD/*  a SPIFFE id is `spiffe://trust-domain/path` with a lower-case trust domain and segments of letters, digits, `.`, `-`, `_` (column 10)
    spiffe://td/a b/**  a SPIFFE id is `spiffe://trust-domain/path` with a lower-case trust domain and segments of letters, digits, `.`, `-`, `_` (column 14)
    spiffe:/td/*  a SPIFFE id is `spiffe://trust-domain/path` with a lower-case trust domain and segments of letters, digits, `.`, `-`, `_` (column 1)
    "#);
}

#[test]
fn bounds_are_kept_and_named() {
    let limits = Limits::default();
    let parse =
        |text: &str| Pattern::parse(text, &limits).map(|pattern| pattern.alternatives()).map_err(|e| e.to_string());
    assert_eq!(parse(&"{a,b}".repeat(8)), Ok(256));
    insta::assert_snapshot!(parse(&"{a,b}".repeat(9)).unwrap_err(), @"the braces up to column 45 make more than 256 alternatives; split the pattern into several");
    insta::assert_snapshot!(parse(&format!("{}{{a,b,c,d,e}}", "x".repeat(4_000))).unwrap_err(), @"the braces up to column 4011 expand to more than 16384 characters; split the pattern into several");
    insta::assert_snapshot!(parse(&format!("{{a,b,c,d,e}}{}", "x".repeat(4_000))).unwrap_err(), @"the braces up to column 11 expand to more than 16384 characters; split the pattern into several");
    insta::assert_snapshot!(parse(&"*".repeat(4_097)).unwrap_err(), @"a pattern has at most 4096 bytes; split it into several");
    assert_eq!("[z-a]é[z-a]".parse::<Pattern>().unwrap_err().column(), Some(2));
    assert_eq!("éé/a**".parse::<Pattern>().unwrap_err().column(), Some(5));
}

/// Times are generous: they tell linear from exponential, not fast from slow.
fn quick(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    assert!(start.elapsed() < Duration::from_secs(5), "{what} took {:?}", start.elapsed());
}

#[test]
fn hostile_patterns_are_refused_or_matched_in_bounded_time() {
    quick("a megabyte of stars", || assert!("*/".repeat(1 << 19).parse::<Pattern>().is_err()));
    quick("a megabyte of braces", || assert!("{a,b}".repeat(1 << 18).parse::<Pattern>().is_err()));
    let id = "a".repeat(2_000);
    quick("stars in a segment", || assert!(!pattern(&("*a".repeat(1_000) + "b")).matches(&id)));
    let deep = vec!["a"; 1_000].join("/");
    quick("double stars", || assert!(!pattern(&("**/a/".repeat(600) + "b")).matches(&deep)));
    quick("double stars over stars", || assert!(!pattern(&("**/*a*/".repeat(500) + "b")).matches(&deep)));
}

#[test]
fn hostile_pairs_are_compared_in_bounded_time() {
    let texts = [
        "*a".repeat(1_000) + "b",
        "*b".repeat(1_000) + "a",
        "**/a/".repeat(600) + "b",
        "**/b/".repeat(600) + "a",
        "**/*a*/".repeat(400) + "**",
        "*/?/".repeat(800) + "**",
        "{a*,*b}x".repeat(8),
        "{*a*,*b*}z{c*,d*}y{e?,f?}{*g,h}".into(),
        "[a-m]*[!x]*".repeat(200),
    ];
    let patterns: Vec<Pattern> = texts.iter().map(|text| pattern(text)).collect();
    for (a, b) in patterns.iter().flat_map(|a| patterns.iter().map(move |b| (a, b))) {
        quick("covers", || assert!(!(a.covers(b) && a.is_disjoint(b))));
        quick("intersect", || drop(a.intersect(b)));
    }
}

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
