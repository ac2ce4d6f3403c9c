//! Documents that mean harm: refused quickly, clearly, in bounded memory. Law: no input makes the library panic or hang.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, which measure time"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use placet::{Limits, document};
use proptest::prelude::*;

/// The first finding and how many there are; fails if that took long.
fn refused(name: &str, text: &str) -> (String, usize) {
    let start = Instant::now();
    let findings = document::load([(name, text)], &Limits::default()).expect_err("a hostile document");
    // Generous: a debug build on a busy machine. Quadratic work would take minutes.
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    let longest = findings.0.iter().map(|d| d.to_string().len()).max().unwrap_or_default();
    assert!(longest < 8_192, "a finding of {longest} bytes");
    let first = &findings.0[0];
    (format!("{} {}", first.code, first.message), findings.0.len())
}

#[test]
fn a_hundred_megabytes() {
    let text = "a".repeat(100 << 20);
    let expected = "document.too_large the document has 104857600 bytes, more than 67108864";
    assert_eq!(refused("p.yaml", &text), (expected.to_owned(), 1));
    assert_eq!(refused("p.json", &text), (expected.to_owned(), 1));
}

#[test]
fn nesting_of_a_hundred_thousand() {
    let deep = "document.too_deep the document is nested deeper than 64 levels".to_owned();
    let n = 100_000;
    for (name, text) in [
        ("flow.yaml", "[".repeat(n)),
        ("closed.yaml", "[".repeat(n) + &"]".repeat(n)),
        ("maps.yaml", "{a: ".repeat(n)),
        ("keys.yaml", "? ".repeat(n)),
        ("block.yaml", "- ".repeat(n)),
        ("arrays.json", "[".repeat(n)),
        ("objects.json", "{\"a\":".repeat(n)),
    ] {
        assert_eq!(refused(name, &text), (deep.clone(), 1), "{name}");
    }
    // Indented block mappings, a megabyte of them.
    let mut text = String::new();
    for depth in 0..1_400 {
        let _ = writeln!(text, "{:depth$}a:", "");
    }
    assert_eq!(refused("indented.yaml", &text), (deep.clone(), 1));
    // The limit itself is no mistake of depth.
    let allowed = "[".repeat(64) + &"]".repeat(64);
    assert!(refused("p.json", &allowed).0.starts_with("document.wrong_type"));
    let mut limits = Limits::default();
    limits.document_depth = usize::MAX;
    let findings = document::load([("p.json", "[".repeat(n))], &limits).expect_err("too deep whatever the limit");
    assert_eq!(findings.0[0].code, "document.too_deep");
}

#[test]
fn the_deepest_document_that_any_limit_allows() {
    // 256 levels, four of them around the attribute; read, decoded, validated and digested within a small stack.
    let value = "{\"x\":[".repeat(126) + &"]}".repeat(126);
    let text = format!("{{\"version\":1,\"users\":[{{\"id\":\"a\",\"attributes\":{{\"x\":{value}}}}}]}}");
    for name in ["p.json", "p.yaml"] {
        let text = text.clone();
        let load = move || {
            let mut limits = Limits::default();
            limits.document_depth = usize::MAX;
            document::load([(name, text)], &limits).map(|policy| policy.entities_digest())
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(load).expect("a thread");
        thread.join().expect("no overflow").expect("a document");
    }
}

#[test]
fn alias_bombs() {
    let mut text = String::from("version: 1\nagents:\n  - &a0 {id: x, attributes: {x: 1}}\n");
    for i in 1..40 {
        let _ = writeln!(text, "  - &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", "));
    }
    let bomb = "document.too_large anchors and aliases add more than 100000 nodes to the document".to_owned();
    assert_eq!(refused("p.yaml", &text), (bomb.clone(), 1));
    // A large text many times.
    let text = format!("version: 1\ntests:\n  - &t \"{}\\n\"\n{}", "x".repeat(1 << 20), "  - *t\n".repeat(100_000));
    assert_eq!(refused("p.yaml", &text), (bomb.clone(), 1));
    // Anchors within anchors.
    let text = format!("version: 1\ntests: {}{}", "&a [".repeat(60), "1, ".repeat(100_000));
    assert!(refused("p.yaml", &text).0.starts_with("document.syntax"));
}

#[test]
fn too_many_nodes() {
    let limits = {
        let mut limits = Limits::default();
        limits.document_nodes = 100_000;
        limits
    };
    for (name, text) in [("p.json", format!("[{}1]", "1,".repeat(100_000))), ("p.yaml", "- a\n".repeat(100_000))] {
        let findings = document::load([(name, text)], &limits).expect_err("too many");
        assert_eq!(findings.0.len(), 1);
        assert_eq!(findings.0[0].message, "the document has more than 100000 nodes");
    }
}

#[test]
fn more_mistakes_than_anyone_reads() {
    let mut text = String::from("version: 1\nrules:\n");
    for i in 0..100_000 {
        let _ = writeln!(text, "  - {{id: rule-{i}, efect: permit, subject: {{group: grup-{i}}}}}");
    }
    text.push_str("groups:\n");
    for i in 0..50_000 {
        let _ = writeln!(text, "  - {{id: group-{i}}}");
    }
    let findings = document::load([("p.yaml", &text)], &Limits::default()).expect_err("mistakes");
    assert_eq!(findings.0.len(), 1_001);
    assert_eq!(findings.0[1_000].to_string(), "error: and 299000 more errors [document.more]");
}

#[test]
fn one_line() {
    // All mistakes on one line: no finding carries the whole line, none is found by scanning it again and again.
    let agents = "{\"purpse\":1},".repeat(100_000);
    let text = format!("{{\"version\":1,\"agents\":[{agents}{{}}]}}");
    assert_eq!(refused("p.json", &text).1, 1_001);
}

#[test]
fn large_mappings() {
    let members = |n: usize, name: &str| (0..n).map(|i| format!("\"{name}{i}\":0,")).collect::<String>();
    let attributes =
        |text: String| format!("{{\"version\":1,\"agents\":[{{\"id\":\"a\",\"attributes\":{{{text}}}}}]}}");
    let text = attributes(members(200_000, "k") + "\"k0\":1");
    assert_eq!(
        refused("p.json", &text),
        ("document.duplicate_key the key `k0` is here twice: it stands at p.json:1:48 already".to_owned(), 1)
    );
    let text = format!("{{\"version\":1,{}\"a\":1}}", members(200_000, "k"));
    assert_eq!(refused("p.json", &text).1, 1_001);
}

#[test]
fn nested_groups() {
    let mut text = String::from("version: 1\ngroups:\n  - {id: g0}\n");
    for i in 1..10_000 {
        let _ = writeln!(text, "  - {{id: g{i}, groups: [g{}]}}", i - 1);
    }
    assert_eq!(refused("p.yaml", &text), ("document.too_deep `g65` is nested deeper than 64 groups".to_owned(), 1));
    let text = text.replace("{id: g0}", "{id: g0, groups: [g9999]}");
    let (first, count) = refused("p.yaml", &text);
    assert_eq!(first.split(':').next(), Some("document.cycle groups belong to each other in a circle"));
    assert_eq!(count, 1);
    assert!(first.len() < 200);
}

#[test]
fn containers() {
    let mut text = String::from("version: 1\nresources:\n  - {type: d, id: d0}\n");
    for i in 1..10_000 {
        let _ = writeln!(text, "  - {{type: d, id: d{i}, containers: [{{type: d, id: d{}}}]}}", i - 1);
    }
    assert_eq!(refused("p.yaml", &text), ("document.too_deep `d65` lies deeper than 64 containers".to_owned(), 1));
}

#[test]
fn too_many_things() {
    let mut limits = Limits::default();
    (limits.documents, limits.rules, limits.labels, limits.compartments) = (2, 2, 3, 2);
    let code = |texts: &[(&str, &str)]| {
        document::load(texts.iter().copied(), &limits)
            .expect_err("too many")
            .0
            .into_iter()
            .map(|d| d.message)
            .collect::<Vec<_>>()
    };
    let empty = "version: 1";
    assert_eq!(code(&[("a", empty), ("b", empty), ("c", empty)]), ["there are more than 2 documents"]);
    let rules = "version: 1\nrules: [{id: a, effect: permit}, {id: b, effect: forbid}, {id: c, effect: forbid}]";
    assert_eq!(code(&[("a", rules)]), ["there are more than 2 rules"]);
    let labels =
        "version: 1\nlabels: [{id: a, order: 0, sublabels: [{id: b, order: 1}]}, {id: c, order: 1}, {id: d, order: 2}]";
    assert_eq!(code(&[("a", labels)]), ["there are more than 3 labels"]);
    let compartments =
        "version: 1\nlabels: [{id: a, order: 0, compartments: [x, y]}, {id: c, order: 1, compartments: [x, z]}]";
    assert_eq!(code(&[("a", compartments)]), ["there are 3 compartments, more than 2"]);
    // An endless iterator ends.
    let endless = (0..).map(|i| (format!("{i}"), empty));
    assert!(document::load(endless, &limits).is_err());
}

#[test]
fn long_ids_and_patterns() {
    let long = "x".repeat(5_000);
    let text = format!("version: 1\nrules: [{{id: {long}, effect: permit, action: {long}}}]");
    let (first, count) = refused("p.yaml", &text);
    assert!(first.contains("an id has at most 2048 bytes"), "{first}");
    assert_eq!(count, 2);
}

/// Text that looks like a document here and there.
fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "version",
        "rules",
        "id",
        "effect",
        "permit",
        "subject",
        "when",
        "require",
        "labels",
        "order",
        "groups",
        "facts",
        "assume",
        "tests",
        "request",
        "a",
        "1",
        "-1",
        "1.5",
        "true",
        "null",
        "~",
        "\"",
        "'",
        ":",
        ": ",
        "- ",
        "-",
        ",",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        " ",
        "|",
        ">",
        "|-",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "<<",
        "#",
        "---",
        "...",
        "%",
        "@",
        "?",
        "? ",
        "\\",
        "\\u0041",
        "\\ud83e\\udd80",
        "\u{0}",
        "\u{202e}",
        "\u{feff}",
        "é",
        "🦀",
        "0x1f",
        "1e999",
        ".inf",
    ]);
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn soup_is_survived(text in soup(), json in any::<bool>()) {
        let name = if json { "p.json" } else { "p.yaml" };
        let _ = document::load([(name, &text)], &Limits::default()).map_err(|findings| findings.to_string());
        let _ = document::load([(name, format!("version: 1\n{text}"))], &Limits::default());
    }

    #[test]
    fn any_text_is_survived(text in any::<String>(), json in any::<bool>()) {
        let name = if json { "p.json" } else { "p.yaml" };
        let _ = document::load([(name, &text)], &Limits::default()).map_err(|findings| findings.to_string());
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = document::utf8("p", &bytes);
    }
}
