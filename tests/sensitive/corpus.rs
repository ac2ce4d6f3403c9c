//! A labelled corpus: `tests/fixtures/sensitive.jsonl`, a line for each snippet with the passages that people would call
//! sensitive. Built from published numbers and everyday sentences by a small deterministic generator, and from near misses that
//! were written by hand. `cargo test --test sensitive -- --ignored write_the_corpus` writes the file anew.
//!
//! What is right was decided when the corpus was written, not by running the scanner: passages that it misses and passages that it
//! takes for something else stay in, and count.

use std::collections::BTreeMap;

use placet::sensitive::Confidence;
use serde::{Deserialize, Serialize};

use super::{SCANNER, published};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sensitive.jsonl");

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Snippet {
    text: String,
    /// Type and text of each passage.
    expect: Vec<(String, String)>,
}

/// Sentences around a number: `{w}` is a word that says what it is, `{n}` the number.
const WITH_WORD: &[&str] = &[
    "{w} {n}",
    "{w}: {n}",
    "Hello, my {w} is {n}. Thanks!",
    "{\"{w}\": \"{n}\", \"status\": \"open\"}",
    "Ticket 4711: the customer gave {w} {n} over the phone, please check it against our records before Friday.",
    "| name | {w} |\n| Roe | {n} |",
    "{n} ({w})",
    "Forwarded message\n> {w}\n> {n}\n\nRegards, the back office",
    "update: {w}={n};",
];

/// Sentences that say nothing of it.
const WITHOUT_WORD: &[&str] = &[
    "see {n}",
    "{n}",
    "as agreed: {n}, more tomorrow",
    "ref {n} was sent on Monday",
    "[{n}]",
    "value\t{n}\nnext line",
];

/// Everyday text without anything sensitive; `{r}` are random digits (never of the shape of a card: eight at most).
const HARMLESS: &[&str] = &[
    "The meeting is at 14:30 in room {r2}, building {r1}.",
    "Invoice {r6} of 2026-11-{d2} over 1.{r3},00 EUR is due in 30 days.",
    "Release 4.{r1}.{r2} fixes issue #{r4} (see commit 9f8e7d6c5b4a).",
    "Call me at +49 30 {r4} {r4} or +1 (555) 0{r2}-{r4}.",
    "order {r8} shipped, tracking 1Z{r4}AA10{r8}",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 part {r3}",
    "id 6ba7b810-9dad-11d1-80b4-00c04fd4{r4} created",
    "coordinates 52.{r4}, 13.{r4}; altitude {r2} m",
    "In {y} the population was {r2},{r3},{r3}, up {r1}.{r1} %.",
    "std::collections::BTreeMap::<u{d2}, Vec<u8>>::new() // line {r4}",
    "ISBN 978-3-16-148410-{r1}, page {r3}",
    "The account manager will call; ext. {r4}.",
    "Our card games night starts at 19:{d2}, table {r1}.",
    "He lives at {r2} Long Street, flat {r1}, since 0{r1}/{y}.",
    "Score {r1}:{r1}, attendance {r2}.{r3}, minute {d2}.",
    "mail me @home or @work, not both; ratio {r1}@{r2}",
    "DOCUMENT REVIEWED {r2} TIMES, PLATFORM APPROVED, SEE ANNEXURE {r1}",
    "GET /v1/items/{r6}?limit={r2} 200 {r4} in {r2} ms",
    "Version 10.{r1}.{r2}.{r3}.{r1} of the firmware (v2.{r1}.{r1}.{r1}.{r1})",
    "The SSN field is empty, the IBAN missing, and no card was given.",
];

/// Written by hand: nearly something, or something nearly missed.
#[rustfmt::skip]
const BY_HAND: &[(&str, &[(&str, &str)])] = &[
    ("card 4111 1111 1111 1111 exp 12/29", &[]),
    ("test card 4242424242424242, cvc 123", &[]),
    ("amex 378282246310005 (test)", &[]),
    ("card 4532667785213501 expires 09/27", &[]),
    ("card number 0000 0000 0000 0000", &[]),
    ("card 1234 5678 9012 3456", &[]),
    ("card ending in 3500", &[]),
    ("4532667785213500 4716461583322103 both cards", &[("credit-card", "4532667785213500"), ("credit-card", "4716461583322103")]),
    ("card:4532667785213500,exp:0927", &[("credit-card", "4532667785213500")]),
    ("{\"cardNumber\":\"4532667785213500\"}", &[("credit-card", "4532667785213500")]),
    ("CARD_NUMBER=4532-6677-8521-3500", &[("credit-card", "4532-6677-8521-3500")]),
    ("my card is 4 5 3 2 6 6 7 7 8 5 2 1 3 5 0 0", &[("credit-card", "4 5 3 2 6 6 7 7 8 5 2 1 3 5 0 0")]),
    ("卡号4532667785213500有效期09/27", &[("credit-card", "4532667785213500")]),
    ("IMEI 490154203237518", &[]),
    ("SSN 000-12-3456", &[]),
    ("SSN 666-12-3456", &[]),
    ("SSN 123-00-4567", &[]),
    ("SSN 078-05-1120 was printed in wallets", &[]),
    ("part no 120-98-14377", &[]),
    ("SSN on file: 120-98-1437/489-36-8350", &[("us-ssn", "120-98-1437"), ("us-ssn", "489-36-8350")]),
    ("date 2026-11-24, 24.11.2026, 11/24/26", &[]),
    ("ITIN 912-49-3457", &[]),
    ("IBAN DE89370400440532013001", &[]),
    ("IBAN DE8937040044053201300", &[]),
    ("IBAN XX89370400440532013000", &[]),
    ("iban:DE89370400440532013000;bic:COBADEFFXXX", &[("iban", "DE89370400440532013000"), ("swift-bic", "COBADEFFXXX")]),
    ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX Ref 12", &[("iban", "DE89 3704 0044 0532 0130 00"), ("swift-bic", "COBADEFFXXX")]),
    ("SWIFT PROGRAMMING LANGUAGE", &[]),
    ("NI number QQ123456C", &[]),
    ("NI number BG123456C", &[]),
    ("NHS number 943 476 5918", &[]),
    ("NHS 9434765919, seen on 3 May", &[("uk-nhs", "9434765919")]),
    ("Steuer-ID 36574261808", &[]),
    ("NIR 2 95 10 99 126 111 92", &[]),
    ("DNI 54362315A", &[]),
    ("BSN 111222334", &[]),
    ("PESEL 44051401358", &[]),
    ("PESEL 44951401359", &[]),
    ("codice fiscale RCCMNL83S18D969A", &[]),
    ("personnummer 811328-9874", &[]),
    ("CPF 111.111.111-11", &[]),
    ("Aadhaar 2341 2341 2347", &[]),
    ("TFN 123 456 783", &[]),
    ("a@b", &[]),
    ("not.an.address@-example.com", &[]),
    ("user@example.com1", &[]),
    ("user@123.456", &[]),
    ("<jane.roe@example.com>, bob@example.org.", &[("email-address", "jane.roe@example.com"), ("email-address", "bob@example.org")]),
    ("mailto:jane.roe@example.com?subject=x", &[("email-address", "jane.roe@example.com")]),
    ("git@github.com:owner/repo.git", &[("email-address", "git@github.com")]),
    ("version 1.2.3.4.5", &[]),
    ("IP 256.1.1.1", &[]),
    ("bind 127.0.0.1 and 0.0.0.0", &[]),
    ("from 10.1.2.3:443", &[("ip-address-v4", "10.1.2.3")]),
    ("http://10.1.2.3/x", &[("ip-address-v4", "10.1.2.3")]),
    ("time 12:34:56, ratio 1:2:3", &[]),
    ("MAC 00:1A:2B:3C:4D:5E", &[]),
    ("std::net::Ipv6Addr, fe::ed", &[]),
    ("[2001:db8::1:2]:443", &[("ip-address-v6", "2001:db8::1:2")]),
    ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", &[]),
    ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", &[]),
    ("AKIAIOSFODNN7EXAMPL", &[]),
    ("AKIAiosfodnn7example", &[]),
    ("AWS commit 9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a9f8e", &[]),
    ("eyJhbGciOiJIUzI1NiJ9", &[]),
    ("eyJhbGciOiJIUzI1NiJ9.e30.x", &[]),
    ("sk-short", &[]),
    ("risk-adjusted-return-on-capital-figures", &[]),
    ("ghp_tooshort", &[]),
];

/// A small linear congruential generator (constants of Knuth's MMIX): the same corpus everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).expect("a digit"))).collect()
    }
}

fn fill(dice: &mut Dice, template: &str) -> String {
    let mut text = template.to_owned();
    for count in 1..=8 {
        let name = format!("{{r{count}}}");
        while text.contains(&name) {
            let digits = dice.digits(count);
            text = text.replacen(&name, &digits, 1);
        }
    }
    text.replace("{d2}", &format!("{:02}", 10 + dice.below(18))).replace("{y}", &format!("{}", 1980 + dice.below(46)))
}

fn generate() -> Vec<Snippet> {
    let mut dice = Dice(2026);
    let mut snippets = Vec::new();
    let mut put = |text: String, kind: &str, number: &str| {
        snippets.push(Snippet { text, expect: vec![(kind.to_owned(), number.to_owned())] });
    };
    for (kind, numbers, words) in published::ALL {
        for _ in 0..24 {
            let (number, word) = (dice.pick(numbers), dice.pick(words));
            let template = dice.pick(WITH_WORD);
            let lead = if dice.below(3) == 0 { format!("{} ", fill(&mut dice, HARMLESS[0])) } else { String::new() };
            put(lead + &template.replace("{w}", word).replace("{n}", number), kind, number);
        }
        for _ in 0..6 {
            let number = dice.pick(numbers);
            put(dice.pick(WITHOUT_WORD).replace("{n}", number), kind, number);
        }
    }
    for round in 0..40 {
        for template in HARMLESS {
            // Some harmless sentences stand beside words that serve as evidence.
            let tail = if round % 4 == 0 { dice.pick(&[" (card)", " account", " id", " tax", " host"]) } else { "" };
            snippets.push(Snippet { text: fill(&mut dice, template) + tail, expect: Vec::new() });
        }
    }
    for (text, expect) in BY_HAND {
        let expect = expect.iter().map(|(kind, found)| ((*kind).to_owned(), (*found).to_owned())).collect();
        snippets.push(Snippet { text: (*text).to_owned(), expect });
    }
    snippets
}

#[test]
#[ignore = "writes the fixture"]
fn write_the_corpus() {
    let lines: Vec<String> = generate().iter().map(|s| serde_json::to_string(s).expect("json")).collect();
    std::fs::write(PATH, lines.join("\n") + "\n").expect("the fixture can be written");
}

#[expect(clippy::disallowed_methods, reason = "a test reads its fixture")]
fn corpus() -> Vec<Snippet> {
    let text = std::fs::read_to_string(PATH).expect("the fixture is there");
    text.lines().map(|line| serde_json::from_str(line).expect("a snippet")).collect()
}

#[test]
fn the_fixture_is_what_the_generator_writes() {
    assert_eq!(corpus(), generate());
}

#[derive(Default, Clone, Copy)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn precision(self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }
    fn recall(self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}

fn measure(level: Confidence) -> (Score, BTreeMap<String, Score>) {
    let mut kinds: BTreeMap<String, Score> = BTreeMap::new();
    for snippet in corpus() {
        let findings = SCANNER.scan(&snippet.text).at_least(level);
        let mut expected = snippet.expect.clone();
        for finding in findings.as_slice() {
            let found = (findings.kind(finding).to_owned(), findings.text(finding).to_owned());
            let score = kinds.entry(found.0.clone()).or_default();
            match expected.iter().position(|passage| *passage == found) {
                Some(place) => {
                    expected.remove(place);
                    score.right += 1;
                }
                None => {
                    println!("{} wrong: {found:?} in {:?}", level.percent(), snippet.text);
                    score.wrong += 1;
                }
            }
        }
        for (kind, text) in expected {
            if level == Confidence::LOW {
                println!("{} missed: {kind} {text:?} in {:?}", level.percent(), snippet.text);
            }
            kinds.entry(kind).or_default().missed += 1;
        }
    }
    let sum = kinds.values().fold(Score::default(), |sum, score| Score {
        right: sum.right + score.right,
        wrong: sum.wrong + score.wrong,
        missed: sum.missed + score.missed,
    });
    (sum, kinds)
}

#[test]
fn precision_and_recall() {
    for (level, precision, recall) in
        [(Confidence::LOW, 0.9, 0.9), (Confidence::MEDIUM, 0.9, 0.8), (Confidence::HIGH, 0.9, 0.7)]
    {
        let (sum, kinds) = measure(level);
        for (kind, score) in &kinds {
            let precision = (score.right + score.wrong > 0).then(|| format!("{:.3}", score.precision()));
            println!("  {kind:24} precision {} recall {:.3}", precision.as_deref().unwrap_or("-"), score.recall());
        }
        println!(
            "confidence {}: precision {:.3}, recall {:.3} over {} passages in {} snippets",
            level.percent(),
            sum.precision(),
            sum.recall(),
            sum.right + sum.missed,
            corpus().len(),
        );
        assert!(sum.precision() >= precision && sum.recall() >= recall);
    }
}
