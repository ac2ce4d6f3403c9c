//! Patterns mean what their table says, alone and in sets.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that goes wrong should stop where it does"
)]

use placet::Limits;
use placet::pattern::{Pattern, PatternSet};
use proptest::prelude::*;

/// pattern, ids that match, ids that do not.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    // literals
    ("mcp-files/read", &["mcp-files/read"], &["mcp-files/reads", "mcp-files", "Mcp-files/read", "mcp-files/read/x"]),
    ("a b:c@d,e!f^g", &["a b:c@d,e!f^g"], &["a b:c@d"]),
    ("straße/ünï", &["straße/ünï"], &["strasse/ünï"]),
    // `*` within a segment
    ("*", &["a", "inv-1", "urn:x:y", "host:8080"], &["a/b", "/a", "a:/b", "https://a"]),
    ("inv-*", &["inv-", "inv-1"], &["inv", "inv-1/x", "/inv-1", "xinv-1"]),
    ("*-prod", &["-prod", "a-prod", "a-prod-prod"], &["a-prod-x", "a/b-prod"]),
    ("a*b*c", &["abc", "aXbYc", "abbcc", "abcbc"], &["ab", "acb", "a/bc"]),
    ("*a*a*a*", &["aaa", "xaxaxax"], &["aa", "xaxax"]),
    ("mcp-files/*", &["mcp-files/read"], &["mcp-files", "mcp-files/a/b", "x/mcp-files/a"]),
    ("*/read", &["a/read"], &["read", "/read", "file:/read", "a/b/read"]),
    ("urn:*", &["urn:x", "urn:x:y"], &["urn", "urn:x/y", "urn:/x"]),
    // `**`
    ("**", &["a", "a/b", "/a", "https://a/b", "spiffe://td/x", "a:b"], &[]),
    ("a/**", &["a/b", "a/b/c"], &["a", "ab", "b/a/c", "/a/b", "a:/a/b"]),
    ("a{,/**}", &["a", "a/b"], &["ab"]),
    ("**/x", &["x", "a/x", "a/b/x", "/x", "https://x", "https://h/x"], &["x/a", "ax", "a/xx"]),
    ("a/**/x", &["a/x", "a/b/x", "a/b/c/x", "a/x/x"], &["a", "x", "a/xx", "b/x", "/a/x"]),
    ("**/a/**/b/**", &["a/b/c", "x/a/y/b/z", "a/b/b"], &["a/b", "b/a/c", "a/c"]),
    ("*/**", &["a/b", "a/b/c"], &["a", "/a/b"]),
    ("**/*.pdf", &["a.pdf", "x/.pdf", "/srv/a.pdf"], &["a.pdf/x", "pdf"]),
    ("a/**/*/b", &["a/x/b", "a/x/y/b"], &["a/b"]),
    // roots
    ("/srv/**", &["/srv/a"], &["srv/a", "file:/srv/a", "/srv"]),
    ("/**", &["/a", "/a/b"], &["a", "file:/a"]),
    ("/*", &["/a"], &["a", "/a/b", "file:/a"]),
    ("spiffe://td/ns/*", &["spiffe://td/ns/a"], &["spiffe://td/ns/a/b", "spiffe://tx/ns/a", "td/ns/a"]),
    ("https://host/**", &["https://host/a"], &["https://host", "http://host/a", "https://host.evil/a"]),
    ("https://*/a", &["https://h/a"], &["https://h/b/a", "http://h/a"]),
    ("https://**", &["https://h", "https://h/a"], &["http://h"]),
    ("sharepoint:/sites/**", &["sharepoint:/sites/a/b"], &["sharepoint://sites/a", "/sites/a"]),
    ("file:///srv/*", &["file:///srv/a"], &["file://srv/a", "file:/srv/a"]),
    ("{http,https}://h/*", &["http://h/a", "https://h/a"], &["ftp://h/a"]),
    // `?`
    ("a?c", &["abc", "a-c", "aüc"], &["ac", "abbc", "a/c"]),
    ("?*?", &["ab", "abc"], &["a"]),
    // classes
    ("[abc]", &["a", "c"], &["d", "ab", "A"]),
    ("v[0-9].[0-9]", &["v1.2"], &["v12", "va.b"]),
    ("[!a-z]x", &["Ax", "1x"], &["ax", "/x", "x"]),
    ("[]x]", &["]", "x"], &["["]),
    ("[!]]", &["a"], &["]"]),
    ("[a-]", &["a", "-"], &["b"]),
    ("[-a]", &["a", "-"], &["b"]),
    ("[*]", &["*"], &["a"]),
    ("[?][[][]][{][}]", &["?[]{}"], &["a[]{}"]),
    ("[a!^]", &["a", "!", "^"], &["b"]),
    ("[+--]x", &["+x", ",x", "-x"], &[".x"]),
    ("a[.-0]b", &["a.b", "a0b"], &["a/b", "a1b"]),
    ("[[-a]", &["[", "]", "^", "_", "a"], &["b", "Z"]),
    // alternatives
    ("{a,b}/{c,d}", &["a/c", "b/d"], &["a/b", "c/d"]),
    ("{a/b,c}/x", &["a/b/x", "c/x"], &["a/x", "b/x"]),
    ("x{,-y}", &["x", "x-y"], &["x-", "xy"]),
    ("{[,],b}", &[",", "b"], &["a"]),
    ("{a*,*b}", &["a", "b", "ab", "axb"], &["c"]),
    ("{,**/}x", &["x", "a/x"], &["y"]),
    ("{/,}srv", &["/srv", "srv"], &["x/srv"]),
];

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

fn set_matches(set: &PatternSet, id: &str) -> Vec<u32> {
    let mut found = Vec::new();
    set.matches(id, |index| found.push(index));
    found.sort_unstable();
    found
}

fn scan_matches(patterns: &[Pattern], id: &str) -> Vec<u32> {
    (0..).zip(patterns).filter(|(_, pattern)| pattern.matches(id)).map(|(at, _)| at).collect()
}

#[test]
fn a_pattern_matches_what_the_table_says() {
    for (text, yes, no) in TABLE {
        let pattern = pattern(text);
        for id in *yes {
            assert!(pattern.matches(id), "`{text}` must match `{id}`");
            assert!(reference::matches(text, id), "reference: `{text}` must match `{id}`");
        }
        for id in *no {
            assert!(!pattern.matches(id), "`{text}` must not match `{id}`");
            assert!(!reference::matches(text, id), "reference: `{text}` must not match `{id}`");
        }
    }
}

#[test]
fn a_set_of_the_whole_table_agrees_with_its_patterns() {
    let patterns: Vec<Pattern> = TABLE.iter().map(|(text, ..)| pattern(text)).collect();
    let set = PatternSet::new(&patterns);
    for (_, yes, no) in TABLE {
        for id in yes.iter().chain(*no) {
            assert_eq!(set_matches(&set, id), scan_matches(&patterns, id), "`{id}`");
        }
    }
}

/// The language, from its description: braces expanded as text, then backtracking over segments and characters.
mod reference {
    pub(crate) fn matches(pattern: &str, id: &str) -> bool {
        expand(pattern).iter().any(|glob| one(glob, id))
    }

    fn expand(pattern: &str) -> Vec<String> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            match chars[at] {
                '[' => at = class_end(&chars, at) + 1,
                '{' => {
                    let (head, mut items, mut item) = (chars[..at].iter().collect::<String>(), vec![], String::new());
                    at += 1;
                    while chars[at] != '}' {
                        match chars[at] {
                            '[' => {
                                let end = class_end(&chars, at);
                                item.extend(&chars[at..=end]);
                                at = end;
                            }
                            ',' => items.push(core::mem::take(&mut item)),
                            c => item.push(c),
                        }
                        at += 1;
                    }
                    items.push(item);
                    let tails = expand(&chars[at + 1..].iter().collect::<String>());
                    return items
                        .iter()
                        .flat_map(|i| tails.iter().map(move |t| (i, t)))
                        .map(|(i, t)| format!("{head}{i}{t}"))
                        .collect();
                }
                _ => at += 1,
            }
        }
        vec![pattern.to_owned()]
    }

    fn class_end(chars: &[char], open: usize) -> usize {
        let mut at = open + 1;
        if chars[at] == '!' {
            at += 1;
        }
        at += 1;
        while chars[at] != ']' {
            at += 1;
        }
        at
    }

    fn root(text: &str) -> &str {
        if text.starts_with('/') {
            return "/";
        }
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(text.len());
        let slashes =
            text[end..].strip_prefix(':').map_or(0, |rest| rest.len() - rest.trim_start_matches('/').len()).min(3);
        if end > 0 && slashes > 0 { &text[..end + 1 + slashes] } else { "" }
    }

    fn one(glob: &str, id: &str) -> bool {
        let anywhere = glob == "**" || glob.starts_with("**/");
        let (a, b) = (root(glob), root(id));
        if !anywhere && a != b {
            return false;
        }
        let glob: Vec<&str> = glob[a.len()..].split('/').collect();
        let id: Vec<&str> = id[b.len()..].split('/').collect();
        segments(&glob, &id)
    }

    fn segments(glob: &[&str], id: &[&str]) -> bool {
        match glob {
            [] => id.is_empty(),
            ["**"] => !id.is_empty(),
            ["**", rest @ ..] => (0..=id.len()).any(|n| segments(rest, &id[n..])),
            [first, rest @ ..] => {
                let [segment, others @ ..] = id else { return false };
                let glob: Vec<char> = first.chars().collect();
                let segment: Vec<char> = segment.chars().collect();
                characters(&glob, &segment) && segments(rest, others)
            }
        }
    }

    fn characters(glob: &[char], text: &[char]) -> bool {
        match glob {
            [] => text.is_empty(),
            ['*', rest @ ..] => (0..=text.len()).any(|n| characters(rest, &text[n..])),
            ['?', rest @ ..] => !text.is_empty() && characters(rest, &text[1..]),
            ['[', ..] => {
                let end = class_end(glob, 0);
                let Some(c) = text.first() else { return false };
                class(&glob[1..end], *c) && characters(&glob[end + 1..], &text[1..])
            }
            [c, rest @ ..] => text.first() == Some(c) && characters(rest, &text[1..]),
        }
    }

    fn class(body: &[char], c: char) -> bool {
        let (negated, body) = if body[0] == '!' { (true, &body[1..]) } else { (false, body) };
        let (mut at, mut hit) = (0, false);
        while at < body.len() {
            let end = if at + 2 < body.len() && body[at + 1] == '-' { at + 2 } else { at };
            hit |= body[at] <= c && c <= body[end];
            at = end + 1;
        }
        c != '/' && hit != negated
    }
}

/// Patterns over few characters, so that they often match.
fn small_pattern() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        6 => prop::sample::select(vec!["a", "b", "c", "ab"]).prop_map(str::to_owned),
        3 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        1 => prop::sample::select(vec!["[ab]", "[!a]", "[a-c]", "[!b-c]", "[*]"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["{a,b}", "{a,*b}", "{a/b,c}", "{,c}", "{**/a,b}", "{b,a,?}"]).prop_map(str::to_owned),
    ];
    let segment = prop_oneof![
        3 => prop::sample::select(vec!["a", "b", "c", "abc"]).prop_map(str::to_owned),
        2 => Just("**".to_owned()),
        1 => Just("*".to_owned()),
        3 => prop::collection::vec(token, 1..4).prop_map(|tokens| tokens.concat()),
    ];
    let root = prop::sample::select(vec!["", "", "", "", "/", "a:/", "a://", "{a:,}/"]);
    (root, prop::collection::vec(segment, 1..5))
        .prop_map(|(root, segments)| format!("{root}{}", segments.join("/")))
        .prop_filter("a pattern", |text| text.parse::<Pattern>().is_ok())
}

fn small_id() -> impl Strategy<Value = String> {
    let segment =
        prop_oneof![prop::sample::select(vec!["a", "b", "c", "ab", "abc", "*"]).prop_map(str::to_owned), "[abc]{1,4}",];
    let root = prop::sample::select(vec!["", "", "", "", "/", "a:/", "a://"]);
    (root, prop::collection::vec(segment, 1..6)).prop_map(|(root, segments)| format!("{root}{}", segments.join("/")))
}

/// All texts over few characters that are ids, up to a length.
fn small_ids(alphabet: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut layer = all.clone();
    for _ in 0..longest {
        layer = layer.iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}"))).collect();
        all.extend(layer.iter().cloned());
    }
    all.retain(|text| placet::name::check(text).is_ok());
    all
}

/// `a` covers `b`; `c` it does not.
const COVERS: &[(&str, &[&str], &[&str])] = &[
    ("**", &["**", "a", "*", "https://h/**", "{a,/b}"], &[]),
    (
        "a/**",
        &["a/b", "a/*", "a/*/c", "a/**/c", "a/b/**", "a/**/*", "{a/b,a/c/d}"],
        &["a", "*/**", "**", "/a/**", "a{,/**}"],
    ),
    ("*", &["a", "inv-*", "?", "[ab]", "a*b"], &["**", "a/*", "/*"]),
    ("inv-*", &["inv-1*", "inv-?", "inv-", "inv-*-x", "inv-[0-9]*"], &["inv*", "*", "in[vw]-*"]),
    ("*a*", &["a", "*a", "ba*", "*a*a*"], &["*", "b*"]),
    ("?*", &["?", "??", "a*", "[!a]*"], &["*"]),
    ("**/x", &["x", "a/x", "/x", "https://h/x", "**/a/x", "a/**/x"], &["x/**", "*"]),
    ("**/*/x", &["**/y/**/x", "a/x", "a/**/b/x"], &["x", "**/x"]),
    ("*/**", &["a/b", "a/**", "*/*"], &["**", "/*/**"]),
    ("[a-z]*", &["a", "abc", "[b-y]x", "q*"], &["A*", "[a-zA]*", "?*"]),
    ("[!a]", &["b", "[!ab]", "[b-z]"], &["a", "?", "[!b]"]),
    ("{a,b}/*", &["a/*", "b/x", "{b,a}/*"], &["*/x", "c/x"]),
    ("https://h/**", &["https://h/a/**"], &["http://h/a", "**/a"]),
];

#[test]
fn covers_knows_the_common_cases() {
    for (text, yes, no) in COVERS {
        let whole = pattern(text);
        assert!(whole.covers(&whole), "`{text}` covers itself");
        for part in *yes {
            assert!(whole.covers(&pattern(part)), "`{text}` covers `{part}`");
        }
        for other in *no {
            assert!(!whole.covers(&pattern(other)), "`{text}` does not cover `{other}`");
        }
    }
}

/// a, b, what they have in common (none if empty).
const COMMON: &[(&str, &str, &str)] = &[
    ("a/**", "**/x", "a/**/x"),
    ("a/**", "**/*.pdf", "a/**/*.pdf"),
    ("a/**", "a/b/*", "a/b/*"),
    ("inv-*", "*-x", "{inv-*-x,inv-x}"),
    ("a/*", "*/b", "a/b"),
    ("*a*", "*b*", "{*a*b*,*b*a*}"),
    ("[a-m]x", "[k-z]?", "[klm]x"),
    ("{a,b,c}/*", "{b,c,d}/x", "{b/x,c/x}"),
    ("/**", "https://**", ""),
    ("**/a/**", "**/b", "**/a/**/b"),
    ("a/*", "a/*/*", ""),
    ("a*", "b*", ""),
    ("**", "x/*", "x/*"),
    ("*/**/x", "a/**", "a/**/x"),
];

#[test]
fn intersections_are_written_as_people_would() {
    for (a, b, both) in COMMON {
        let found = pattern(a).intersect(&pattern(b));
        let expected = (!both.is_empty()).then(|| pattern(both));
        assert_eq!(found, expected, "`{a}` and `{b}`");
        assert_eq!(pattern(b).intersect(&pattern(a)), expected, "`{b}` and `{a}`");
        assert_eq!(pattern(a).is_disjoint(&pattern(b)), both.is_empty(), "`{a}` and `{b}`");
    }
}

#[test]
fn equal_meanings_are_equal_where_that_is_cheap() {
    let same = [
        ("{a,b}/x", "{b/x,a/x}"),
        ("a/**/**", "a/**"),
        ("a/**/*", "a/**"),
        ("**/**", "**"),
        ("**/*", "**"),
        ("{a,**}", "**"),
        ("a/**/*/b", "a/*/**/b"),
        ("*?", "?*"),
        ("a[b]c", "abc"),
        ("[ba]", "[ab]"),
        ("[a-cb-d]", "[a-d]"),
        ("{a}", "a"),
        ("{a,a}", "a"),
    ];
    for (a, b) in same {
        assert_eq!(pattern(a), pattern(b), "`{a}` and `{b}`");
    }
    assert_ne!(pattern("a[*]"), pattern("a*"));
    assert_eq!(pattern("a[*]").literal(), Some("a*"));
    assert_eq!(pattern("a*").literal(), None);
    // A root is not any root.
    assert_ne!(pattern("**/*/x"), pattern("*/**/x"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn covering_and_disjointness_are_sound(a in small_pattern(), b in small_pattern(), c in small_pattern()) {
        thread_local!(static IDS: Vec<String> = small_ids("ab/:", 6));
        let (a, b, c) = (pattern(&a), pattern(&b), pattern(&c));
        let (over, apart) = (a.covers(&b), a.is_disjoint(&b));
        prop_assert!(a.covers(&a));
        prop_assert_eq!(apart, b.is_disjoint(&a));
        let both = a.intersect(&b);
        prop_assert!(!apart || both.is_none());
        // Not a law of an incomplete answer, but it holds, and a break would be worth a look.
        if over && b.covers(&c) {
            prop_assert!(a.covers(&c), "`{}` covers `{}` covers `{}`", a, b, c);
        }
        let chained = both.as_ref().and_then(|both| both.intersect(&c));
        if let Some(both) = &both {
            prop_assert!(a.covers(both), "`{}` covers `{}`", a, both);
            prop_assert!(b.covers(both), "`{}` covers `{}`", b, both);
        }
        let set = PatternSet::new(both.iter().chain(&chained));
        IDS.with(|ids| for id in ids {
            let (in_a, in_b, in_c) = (a.matches(id), b.matches(id), c.matches(id));
            assert!(!over || in_a || !in_b, "`{a}` covers `{b}`, but `{id}`");
            assert!(!apart || !in_a || !in_b, "`{a}` and `{b}` are disjoint, but `{id}`");
            let (two, three) = (in_a && in_b, in_a && in_b && in_c);
            assert_eq!(both.as_ref().is_some_and(|both| both.matches(id)), two, "`{a}` and `{b}` on `{id}`: {both:?}");
            assert_eq!(chained.as_ref().is_some_and(|all| all.matches(id)), three, "`{a}`, `{b}` and `{c}` on `{id}`: {chained:?}");
            assert_eq!(set_matches(&set, id).len(), usize::from(two) + usize::from(three), "{set:?}");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn matching_is_the_reference(text in small_pattern(), ids in prop::collection::vec(small_id(), 20)) {
        let pattern = pattern(&text);
        for id in ids {
            prop_assert_eq!(pattern.matches(&id), reference::matches(&text, &id), "`{}` on `{}`", text, id);
        }
    }

    #[test]
    fn a_set_is_the_sum_of_its_patterns(
        texts in prop::collection::vec(small_pattern(), 0..60),
        ids in prop::collection::vec(small_id(), 20),
    ) {
        let patterns: Vec<Pattern> = texts.iter().map(|text| pattern(text)).collect();
        let set = PatternSet::new(&patterns);
        prop_assert_eq!(set.len(), patterns.len());
        for id in ids {
            prop_assert_eq!(set_matches(&set, &id), scan_matches(&patterns, &id), "`{}` in {:?}", id, texts);
        }
    }

    // What is read by a short way is what the long way would have read: braces take the long one.
    #[test]
    fn all_below_an_id_is_one_pattern_however_it_is_read(stem in "[ab.:/%*?-]{0,8}|spiffe://[a-zA.:/]{0,5}|https?:/{1,3}[a-z/]{0,5}") {
        let limits = Limits::default();
        let short = Pattern::parse(&format!("{stem}/**"), &limits);
        let long = Pattern::parse(&format!("{stem}/{{**}}"), &limits);
        prop_assert_eq!(short.is_ok(), long.is_ok(), "`{}`: {:?}, {:?}", stem, short, long);
        prop_assert_eq!(short.ok(), long.ok(), "`{}`", stem);
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read(text in small_pattern()) {
        let read = pattern(&text);
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(&pattern(&read.to_string()), &read);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", id in "\\PC{0,40}", odd in "[]a/*?\\[{},!^:.-]{0,12}", odder in "[]a/*?\\[{},!^:.-]{0,12}") {
        let _ = placet::name::check(&id);
        for text in [&text, &odd, &odder] {
            if let Ok(pattern) = text.parse::<Pattern>() {
                for id in [&id, &odd, &odder] {
                    let set = PatternSet::new([&pattern]);
                    prop_assert_eq!(pattern.matches(id), set.is_match(id), "`{}` on `{}`", text, id);
                    prop_assert_eq!(pattern.matches(id), reference::matches(text, id), "`{}` on `{}`", text, id);
                }
            }
        }
    }
}
