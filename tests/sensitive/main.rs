//! Sensitive information types: the definition against nested loops, exact spans, counts, hostile text, types of one's own,
//! and precision and recall on a labelled corpus.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test prints what it measures, reads its fixture and slices text that it made"
)]

mod corpus;
mod published;
mod reference;

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Instant;

use placet::Limits;
use placet::sensitive::{
    Boundary, Check, Confidence, Evidence, Reason, Scanner, SensitiveType, TypeError, TypePattern, catalogue,
};
use proptest::prelude::*;
use reference::{Found, Reference};

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(&catalogue(), &Limits::default()).expect("the catalogue compiles"));

fn scan(scanner: &Scanner, text: &str) -> Vec<Found> {
    let findings = scanner.scan(text);
    let mut found: Vec<Found> = findings
        .as_slice()
        .iter()
        .map(|f| (findings.kind(f).to_owned(), f.start, f.end, f.confidence.percent()))
        .collect();
    found.sort();
    found
}

fn kinds_of(text: &str) -> Vec<(String, u8)> {
    scan(&SCANNER, text).into_iter().map(|(kind, _, _, confidence)| (kind, confidence)).collect()
}

fn pattern(confidence: Confidence, regex: &str, near: Vec<Evidence>) -> TypePattern {
    TypePattern { confidence, regex: regex.to_owned(), check: Check::None, near }
}

fn own(id: &str, proximity: u16, patterns: Vec<TypePattern>) -> SensitiveType {
    SensitiveType {
        id: id.to_owned(),
        aliases: Vec::new(),
        recommended: Confidence::MEDIUM,
        proximity,
        boundary: Boundary::Word,
        patterns,
    }
}

/// A few small types that exercise every part of the definition: short proximities, counts, denials, ambiguous lengths, checks,
/// no boundary, patterns that share a text.
fn small_types() -> Vec<SensitiveType> {
    let any = |words: &[&str]| Evidence::keywords(words.iter().copied());
    vec![
        own(
            "luhn",
            6,
            vec![
                TypePattern {
                    check: Check::Luhn,
                    ..pattern(Confidence::HIGH, "[0-9](?:[ -]?[0-9]){2,5}", vec![any(&["ab", "a b"])])
                },
                TypePattern { check: Check::Luhn, ..pattern(Confidence::LOW, "[0-9](?:[ -]?[0-9]){2,5}", vec![]) },
            ],
        ),
        own("far", 15, vec![pattern(Confidence::MEDIUM, "[0-9]{3}", vec![any(&["ab"]), any(&["é", "x.y"])])]),
        own(
            "two",
            10,
            vec![pattern(
                Confidence::HIGH,
                "[a-c]{2,3}[0-9]{1,2}",
                vec![Evidence { min: 2, ..any(&["ab", "x.y", "c"]) }],
            )],
        ),
        own(
            "deny",
            4,
            vec![pattern(Confidence::LOW, "[0-9]{2}", vec![Evidence { min: 0, max: Some(0), ..any(&["c"]) }])],
        ),
        SensitiveType {
            boundary: Boundary::None,
            ..own("inside", 0, vec![pattern(Confidence::LOW, "b[0-9é]{1,3}", vec![])])
        },
        own(
            "dated",
            8,
            vec![pattern(
                Confidence::HIGH,
                "é[a-z]{1,3}",
                vec![Evidence { regex: vec!["[0-9]{2}[/-][0-9]{2}".into()], ..any(&[]) }],
            )],
        ),
    ]
}

static SMALL: LazyLock<(Scanner, Reference)> = LazyLock::new(|| {
    let types = small_types();
    (Scanner::new(&types, &Limits::default()).expect("they compile"), Reference::new(&types))
});

static CATALOGUE_REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::new(&catalogue()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn the_scanner_is_the_definition(text in r"([0-9]{1,3}|[abc]{1,3}|é|ab|x\.y|[ -]| |/|\\n|汉){0,24}") {
        prop_assert_eq!(scan(&SMALL.0, &text), SMALL.1.scan(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_catalogue_is_the_definition(
        parts in prop::collection::vec((0usize..published::ALL.len(), 0usize..50, "[ ,:.\n-]{1,2}|x|é", any::<bool>()), 1..4),
    ) {
        let mut text = String::new();
        for (kind, number, between, word) in parts {
            let (_, numbers, words) = published::ALL[kind];
            let number = numbers[number % numbers.len()];
            // Long secrets make nested loops slow and are all prefix: the scanner's other tests cover them.
            if number.len() <= 40 {
                text.push_str(if word { words[0] } else { "ref" });
                text.push_str(&between);
                text.push_str(number);
                text.push_str(&between);
            }
        }
        prop_assert_eq!(scan(&SCANNER, &text), CATALOGUE_REFERENCE.scan(&text));
    }
}

proptest! {
    #[test]
    fn redaction_removes_exactly_the_spans(text in r"(4532667785213500|120-98-1437|card|a@b\.example|é|汉字|[ ,.\n]|10\.1\.2\.3|[a-z0-9]{1,5}){0,20}") {
        let findings = SCANNER.scan(&text);
        let redaction = findings.redaction();
        let spans = redaction.spans();
        // Every finding lies in a span, spans ascend and do not touch inside each other, and consist of findings.
        for finding in findings.as_slice() {
            prop_assert!(spans.iter().any(|span| span.start <= finding.start && finding.end <= span.end));
        }
        prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let mut covered = BTreeSet::new();
        findings.as_slice().iter().for_each(|f| covered.extend(f.start..f.end));
        prop_assert!(spans.iter().all(|span| (span.start..span.end).all(|at| covered.contains(&at))));
        // What is outside is kept, byte for byte; what is inside is gone.
        let marked = redaction.replace(|_| "\u{1}".to_owned());
        let kept: String = text.char_indices().filter(|(at, _)| !covered.contains(at)).map(|(_, c)| c).collect();
        prop_assert_eq!(marked.replace('\u{1}', ""), kept);
        prop_assert_eq!(marked.matches('\u{1}').count(), spans.len());
    }

    #[test]
    fn any_text_can_be_scanned(text in any::<String>()) {
        let findings = SCANNER.scan(&text);
        for finding in findings.as_slice() {
            prop_assert!(text.get(finding.start..finding.end).is_some_and(|found| !found.is_empty()));
        }
    }

    #[test]
    fn a_finding_outlives_what_is_appended_to_the_text(tail in "[a-z ,.]{0,40}") {
        let text = format!("card 4532667785213500, {tail}");
        prop_assert!(SCANNER.scan(&text).instances("credit-card", Confidence::HIGH) == 1);
    }
}

#[test]
fn levels_of_the_credit_card() {
    let at = |text: &str| SCANNER.examine(text, "CreditCard", Confidence::LOW);
    assert_eq!(at("card 4532667785213500 expires 09/27").confidence, Some(Confidence::HIGH));
    assert_eq!(at("pay with 4532667785213500, 09/27").confidence, Some(Confidence::HIGH), "an expiry date is evidence");
    assert_eq!(at("ref 4532667785213500").confidence, Some(Confidence::LOW));
    assert_eq!(at("card 4111111111111111").reason, Some(Reason::Reserved));
    assert_eq!(at("card 4532667785213501").reason, Some(Reason::Checksum));
    assert_eq!(at("card 45326677852135").reason, Some(Reason::NotValid));
    assert_eq!(at("card").reason, Some(Reason::NoMatch));
    assert_eq!(SCANNER.examine("card", "tail number", Confidence::LOW).reason, Some(Reason::UnknownType));
    assert_eq!(SCANNER.examine("ref 4532667785213500", "PAN", Confidence::HIGH).reason, Some(Reason::NoEvidence));
}

#[test]
fn evidence_counts_up_to_its_last_character() {
    let text = |gap: usize| format!("card{}4532667785213500", "é".repeat(gap));
    let high = |text: String| SCANNER.examine(&text, "credit-card", Confidence::HIGH);
    assert!(high(text(296)).is_match(), "296 characters and the four of the word are 300");
    let outside = high(text(297)).reason.expect("a reason");
    assert_eq!((outside, outside.to_string()), (Reason::EvidenceOutside(300), "evidence_outside_300_chars".to_owned()));
    let after = |gap: usize| format!("4532667785213500{}card", " ".repeat(gap));
    assert!(high(after(296)).is_match());
    assert!(!high(after(297)).is_match());
}

#[test]
fn a_longer_text_that_fails_hides_nothing() {
    // Read greedily, the digits of the date would belong to the card.
    assert_eq!(kinds_of("card 4532 6677 8521 3500 09/27"), [("credit-card".to_owned(), 85)]);
    assert_eq!(kinds_of("DE89 3704 0044 0532 0130 00 BIC"), [("iban".to_owned(), 85)]);
    let findings = SCANNER.scan("jane.roe@example.com.");
    assert_eq!(findings.text(&findings.as_slice()[0]), "jane.roe@example.com");
}

#[test]
fn letters_digits_and_escapes_bound_a_text() {
    for (text, count) in [
        ("x4532667785213500", 0),
        ("4532667785213500x", 0),
        ("卡号4532667785213500", 1),
        ("é4532667785213500é", 1),
        ("_4532667785213500_", 1),
        (r#"{"text":"card\n4532667785213500"}"#, 1),
        (r#"{"text":"cardn4532667785213500"}"#, 0),
    ] {
        assert_eq!(SCANNER.scan(text).instances("credit-card", Confidence::LOW), count, "{text}");
    }
}

#[test]
fn secrets_are_taken_to_their_end() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEow==\n-----END RSA PRIVATE KEY-----";
    for (text, redacted) in [
        (format!("a {key} b"), "a [private-key] b"),
        ("x\\n-----BEGIN PRIVATE KEY-----\\nMIIEowAA cut off here (".into(), "x\\n[private-key] ("),
        (format!("t={}!", published::JWT), "t=[json-web-token]!"),
    ] {
        assert_eq!(SCANNER.scan(&text).redaction().text(), redacted);
    }
    assert!(SCANNER.scan("eyJhbGciOiJIUzI1NiJ9.notanobject.x").is_empty());
}

#[test]
fn instances_are_different_texts() {
    let text = "cards 4532667785213500, 4532 6677 8521 3500, 4532-6677-8521-3500 and 4716461583322103";
    let findings = SCANNER.scan(text);
    assert_eq!(findings.as_slice().len(), 4);
    assert_eq!(findings.instances("credit-card", Confidence::HIGH), 2);
    assert_eq!(findings.instances("Credit Card Number", Confidence::HIGH), 2);
    assert_eq!(findings.instances("iban", Confidence::LOW), 0);
    assert_eq!(findings.instances_between("credit-card", Confidence::LOW, Some(Confidence::MEDIUM)), 0);
    assert_eq!(findings.counts(), [("credit-card", Confidence::HIGH, 2)]);
    assert!(findings.at_least(Confidence::new(90).expect("a level")).is_empty());
}

#[test]
fn overlapping_findings_are_redacted_together() {
    let types = [
        own("long", 0, vec![pattern(Confidence::LOW, "[a-z]{3}-[a-z]{3}", vec![])]),
        own("late", 0, vec![pattern(Confidence::LOW, "[a-z]{3}-[0-9]{3}", vec![])]),
    ];
    let scanner = Scanner::new(&types, &Limits::default()).expect("they compile");
    let findings = scanner.scan("(abc-def-123)");
    assert_eq!(findings.redaction().text(), "([long,late])");
    assert_eq!(findings.redaction().replace(|span| "*".repeat(span.end - span.start)), "(***********)");
}

#[test]
fn types_of_ones_own() {
    let written = r#"{
        "id": "staff-number",
        "aliases": ["Personalnummer"],
        "proximity": 40,
        "patterns": [
            {"confidence": "high", "regex": "ST-[0-9]{6}", "near": [{"keywords": ["staff number", "personalnummer"]}]},
            {"confidence": 70, "regex": "ST-[0-9]{6}", "check": {"weighted": {"weights": [1,1,1,1,1,1], "modulo": 7}}}
        ]
    }"#;
    let kind: SensitiveType = serde_json::from_str(written).expect("a type");
    let again: SensitiveType =
        serde_json::from_value(serde_json::to_value(&kind).expect("json")).expect("the same type");
    assert_eq!(kind, again);
    let scanner = Scanner::new(&[kind], &Limits::default()).expect("it compiles");
    assert_eq!(scan(&scanner, "staff_number: ST-123457"), [("staff-number".to_owned(), 14, 23, 85)]);
    assert_eq!(scan(&scanner, "see ST-111112"), [("staff-number".to_owned(), 4, 13, 70)], "the sum is 7");
    assert_eq!(scan(&scanner, "see ST-111111"), []);
    for wrong in
        [r#"{"id": "a", "patterns": [], "extra": 1}"#, r#"{"id": "a", "patterns": [{"confidence": 0, "regex": "a"}]}"#]
    {
        assert!(serde_json::from_str::<SensitiveType>(wrong).is_err());
    }
}

#[test]
fn what_cannot_be_compiled_is_refused_with_a_reason() {
    let with = |regex: &str| own("t", 300, vec![pattern(Confidence::LOW, regex, vec![])]);
    let limits = Limits::default();
    let fault = |types: &[SensitiveType]| Scanner::new(types, &limits).expect_err("refused").to_string();
    insta::assert_snapshot!(fault(&[with("a(b")]), @"`a(b` in `t` is no regular expression: unclosed group");
    insta::assert_snapshot!(fault(&[with(r"\bab")]), @r"`\bab` in `t` looks around itself; leave out `^`, `$` and `\b` and use `boundary`");
    insta::assert_snapshot!(fault(&[with("a?")]), @"`a?` in `t` matches the empty text or none at all");
    insta::assert_snapshot!(fault(&[with("a+")]), @"`a+` in `t` can match more than 512 bytes; write bounded repetitions, as in `[0-9]{1,20}`");
    insta::assert_snapshot!(fault(&[with("a{600}")]), @"`a{600}` in `t` can match more than 512 bytes; write bounded repetitions, as in `[0-9]{1,20}`");
    insta::assert_snapshot!(fault(&[own("t", 300, vec![])]), @"the sensitive information type `t` needs 1 to 32 patterns");
    insta::assert_snapshot!(fault(&[with("a"), SensitiveType { id: "T".into(), ..with("b") }]), @"the sensitive information type `T` is defined twice; ids and aliases are compared without case and punctuation");
    insta::assert_snapshot!(fault(&[SensitiveType { id: "--".into(), ..with("b") }]), @"the id `--` of a sensitive information type needs a letter or digit");
    insta::assert_snapshot!(fault(&[SensitiveType { proximity: 9_000, ..with("b") }]), @"the proximity of `t` is more than 2000 characters");
    let evidence = |evidence| own("t", 300, vec![pattern(Confidence::LOW, "a", vec![evidence])]);
    insta::assert_snapshot!(fault(&[evidence(Evidence { min: 2, ..Evidence::keywords(["x"]) })]), @"the evidence of `t` can never hold: `min` is more than `max` or than there are keywords and expressions");
    insta::assert_snapshot!(fault(&[evidence(Evidence { regex: vec!["a+".into()], ..Evidence::keywords(["x"]) })]), @"`a+` in `t` can match more than 512 bytes; write bounded repetitions, as in `[0-9]{1,20}`");
    // Determinising this takes more memory than is allowed.
    let mut small = Limits::default();
    small.scanner_bytes = 10_000;
    let large = Scanner::new(&[with("[a-z]{1,50}x[a-z]{1,50}")], &small);
    assert_eq!(large.expect_err("refused"), TypeError::TooLarge(10_000));
}

#[test]
fn an_explosion_of_states_is_refused_in_bounded_time() {
    let bomb = own("bomb", 300, vec![pattern(Confidence::LOW, "(?:a|b){0,40}a(?:a|b){30}", vec![])]);
    let mut limits = Limits::default();
    limits.scanner_bytes = 1 << 20;
    let start = Instant::now();
    assert!(matches!(Scanner::new(&[bomb], &limits), Err(TypeError::TooLarge(_))));
    assert!(start.elapsed().as_secs() < 60);
}

/// Time per megabyte must not grow with the size of the text, and no text may be slower than ordinary ones by orders.
#[test]
fn hostile_megabytes_stay_linear() {
    for piece in [
        "4532667785213500 card ",
        "1 2-3 4",
        "a.b@1.",
        "a.",
        "a@a.",
        "eyJaaaaaaaa-",
        "eyJaaaaaaaa.ey",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----A",
        "a:b:c:d:",
        "1.1.1.1.",
        "card ",
        "09/27 4532667785213500 ",
        "DE89 3704 0044 0532 0130 00",
        "A1B2C3D4/",
        "é",
        "\\n",
    ] {
        let time = |size: usize| {
            let text = piece.repeat(size / piece.len());
            let start = Instant::now();
            let found = SCANNER.scan(&text).as_slice().len();
            assert!(found <= text.len() / 8, "memory grows with findings");
            start.elapsed().as_secs_f64()
        };
        let (small, large) = (time(64 << 10), time(1 << 20));
        println!("{piece:?}: {:.0} ms for a megabyte", large * 1000.0);
        // Sixteen times the text: linear is 16; quadratic would be 256. Debug builds on a busy machine are noisy.
        assert!(large < 60.0 * small + 0.2, "{piece:?}: {small} s, then {large} s");
        assert!(large < 60.0, "{piece:?}: {large} s");
    }
}
