//! The table of SECURITY.md: hostile inputs, what becomes of each, how long it takes and how much memory.
//!
//! `cargo test --release --test hostile_inputs -- --nocapture` prints it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test, which fails by panicking and measures time"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use placet::condition::{Declarations, Truth, compile, expression};
use placet::fact::{Declaration, Origin, Schema, Type};
use placet::label::Taxonomy;
use placet::name;
use placet::pattern::Pattern;
use placet::time::Timestamp;
use placet::value::{Fact, Facts, Value};
use placet::{Limits, document};

/// What may be taken for any input, in a debug build on a busy machine; work that grows by squares or powers takes minutes.
const TIME: Duration = Duration::from_secs(20);
/// Bytes that may be taken for any input here, its own text not counted.
const MEMORY: u64 = 128 << 20;

/// Runs one row: what comes of it must begin with `wanted`.
fn row(what: &str, wanted: &str, run: impl FnOnce() -> String) {
    let (mut outcome, mut time) = (String::new(), Duration::ZERO);
    let memory = allocation_counter::measure(|| {
        let start = Instant::now();
        outcome = run();
        time = start.elapsed();
    });
    let kib = memory.bytes_max >> 10;
    println!(
        "| {what} | `{}` | {:.1} ms | {kib} KiB |",
        outcome.chars().take(60).collect::<String>(),
        time.as_secs_f64() * 1e3
    );
    assert!(outcome.starts_with(wanted), "{what}: {outcome}, not {wanted}");
    assert!(time < TIME, "{what} took {time:?}");
    assert!(memory.bytes_max < MEMORY, "{what} took {kib} KiB");
}

/// A document: code of the first finding, or `loads`.
fn doc(what: &str, name: &str, text: &str, wanted: &str) {
    row(what, wanted, || match document::load([(name, text)], &Limits::default()) {
        Ok(_) => "loads".to_owned(),
        Err(findings) => findings.0[0].code.to_owned(),
    });
}

#[test]
fn documents() {
    doc("100 MiB of text, YAML", "p.yaml", &"a".repeat(100 << 20), "document.too_large");
    doc("100 MiB of open brackets, JSON", "p.json", &"[".repeat(100 << 20), "document.too_large");
    let n = 100_000;
    for (what, name, text) in [
        ("`[` 100,000 times, YAML", "p.yaml", "[".repeat(n)),
        ("`{a: ` 100,000 times, YAML", "p.yaml", "{a: ".repeat(n)),
        ("`- ` 100,000 times, YAML", "p.yaml", "- ".repeat(n)),
        ("`? ` 100,000 times, YAML", "p.yaml", "? ".repeat(n)),
        ("`[` 100,000 times, JSON", "p.json", "[".repeat(n)),
        ("`{\"a\":` 100,000 times, JSON", "p.json", "{\"a\":".repeat(n)),
    ] {
        doc(what, name, &text, "document.too_deep");
    }
    let mut text = String::from("version: 1\nagents:\n  - &a0 {id: x}\n");
    for i in 1..40 {
        let _ = writeln!(text, "  - &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", "));
    }
    doc("aliases that expand to 10^39 nodes", "p.yaml", &text, "document.too_large");
    let text = format!("version: 1\ntests:\n  - &t \"{}\"\n{}", "x".repeat(1 << 20), "  - *t\n".repeat(n));
    doc("a text of 1 MiB, aliased 100,000 times", "p.yaml", &text, "document.too_large");

    let mut text = String::from("version: 1\ngroups:\n  - {id: g0}\n");
    for i in 1..10_000 {
        let _ = writeln!(text, "  - {{id: g{i}, groups: [g{}]}}", i - 1);
    }
    doc("10,000 nested groups", "p.yaml", &text, "document.too_deep");
    let mut text = format!("version: 1\ngroups:\n  - {{id: g0, groups: [g{}]}}\n", n - 1);
    for i in 1..n {
        let _ = writeln!(text, "  - {{id: g{i}, groups: [g{}]}}", i - 1);
    }
    doc("a circle of 100,000 groups", "p.yaml", &text, "document.cycle");

    doc("NUL in an id, JSON", "p.json", r#"{"version":1,"agents":[{"id":"a\u0000b"}]}"#, "document.bad_id");
    doc("NUL in a text, YAML", "p.yaml", "version: 1\nagents: [{id: a\u{0}b}]", "document.");
    doc("NUL escaped in an id, YAML", "p.yaml", "version: 1\nagents: [{id: \"a\\0b\"}]", "document.bad_id");
    doc("direction marks in an id", "p.yaml", "version: 1\nagents: [{id: a\u{202e}b}]", "document.bad_id");
    doc("a key twice, YAML", "p.yaml", "version: 1\nrules: []\nrules: []", "document.duplicate_key");
    doc("a key twice, JSON", "p.json", r#"{"version":1,"rules":[],"rules":[]}"#, "document.duplicate_key");
    let text = r#"{"version":1,"rules":[],"\u0072ules":[]}"#;
    doc("a key twice, once escaped, JSON", "p.json", text, "document.duplicate_key");
    doc("an open text of 1 MiB, JSON", "p.json", &format!("{{\"{}", "a".repeat(1 << 20)), "document.syntax");
    doc("an open text of 1 MiB, YAML", "p.yaml", &format!("a: \"{}", "a ".repeat(1 << 19)), "document.syntax");
    doc("a pair of surrogates cut in two", "p.json", r#"{"version":1,"tests":[{"name":"\ud800"}]}"#, "document.syntax");
    for (what, bytes) in [
        ("bytes that are no UTF-8", &b"version: 1\nrules: [\xff\xfe]"[..]),
        ("an overlong `/`", b"version: 1 # \xc0\xaf"),
        ("UTF-16, little end first", b"\xff\xfev\0e\0r\0"),
        ("UTF-16, big end first", b"\xfe\xff\0v\0e\0r"),
    ] {
        row(what, "document.encoding", || {
            document::utf8("p", bytes).map_or_else(|e| e.0[0].code.to_owned(), |_| "text".to_owned())
        });
    }
    // Every second byte a NUL: UTF-16 without its mark is text, and no document.
    doc("UTF-16 without a mark, read as text", "p.yaml", "v\0e\0r\0s\0i\0o\0n\0", "document.");

    let rule = |member: &str| format!("version: 1\nrules: [{{id: r, effect: permit, {member}}}]");
    let glob = format!("action: \"{}\"", "*a".repeat(1 << 19));
    doc("a pattern of 1 MiB", "p.yaml", &rule(&glob), "document.bad_pattern");
    let braces = format!("action: \"{}\"", "{a,b}".repeat(40));
    doc("a pattern of 2^40 alternatives", "p.yaml", &rule(&braces), "document.bad_pattern");
    doc("a number beyond 64 bits", "p.yaml", "version: 18446744073709551616", "document.");
    doc("a number of 100,000 digits", "p.json", &format!("{{\"version\":{}}}", "9".repeat(n)), "document.");
    doc("1e400, JSON", "p.json", r#"{"version":1,"users":[{"id":"a","attributes":{"n":1e400}}]}"#, "document.number");
    doc("1e400, YAML", "p.yaml", "version: 1\nusers: [{id: a, attributes: {n: 1e400}}]", "document.number");
    doc("not a number, YAML", "p.yaml", "version: 1\nusers: [{id: a, attributes: {n: .nan}}]", "document.number");
    doc("not a number, JSON", "p.json", r#"{"version":NaN}"#, "document.syntax");
    let nan = "version: 1\ngrants: [{id: g, scope: {actions: a, arguments: {n: {at_most: .nan}}}}]";
    doc("not a number as a bound of a grant", "p.yaml", nan, "document.");

    let rules = |n: usize, member: &dyn Fn(usize) -> String| {
        let mut text = String::from("version: 1\nrules:\n");
        for i in 0..n {
            let _ = writeln!(text, "  - {{id: r{i}, effect: permit, {}}}", member(i));
        }
        text
    };
    let large = |i| format!("when: 'agent.id.matches(r\"\\w{{40}}{i}\")'");
    // The time is that of building patterns, which a debug build does slowly.
    let many = if cfg!(debug_assertions) { 10 } else { 1_000 };
    doc(
        "1,000 rules, each with a regular expression of more than 1 MiB",
        "p.yaml",
        &rules(many, &large),
        "condition.too_large",
    );
    let mut facts = String::from("version: 1\nfacts:\n");
    for i in 0..20_000 {
        let _ = writeln!(facts, "  fact.number{i}: string");
    }
    let misspelt = |i| format!("when: 'context.fact.numbr{i} == \"x\"'");
    let text = rules(2_000, &misspelt).replacen("version: 1\n", &facts, 1);
    doc("2,000 misspelt names among 20,000 facts", "p.yaml", &text, "condition.unknown_name");
    let names = |_| format!("when: '{}'", vec!["q"; 2_000].join("||"));
    doc("100 conditions of 2,000 misspelt names each", "p.yaml", &rules(100, &names), "condition.unknown_name");
    let constant = |i| format!("when: 'agent.id == \"a{i}\" && lists.range(30000).size() > 0'");
    doc("1,000 rules that make a list of 30,000 constants each", "p.yaml", &rules(1_000, &constant), "loads");
}

/// Not hostile but as large as is allowed: what a limit of 64 MiB means. Minutes in a debug build.
#[test]
#[ignore = "takes gigabytes; run it in a release build"]
fn a_document_at_the_limit() {
    // Rules of some 200 bytes, as the limit reckons.
    let why = "because somebody who writes policies has something to say about each of them";
    let mut json = String::from("{\"version\":1,\"rules\":[");
    let mut yaml = String::from("version: 1\nrules:\n");
    for i in 0.. {
        if yaml.len() > (64 << 20) - 256 {
            break;
        }
        let _ = writeln!(
            yaml,
            "  - {{id: rule-{i}, effect: permit, action: read, resource: {{type: page, id: /wiki/{i}/*}}, description: \"{why}\"}}"
        );
    }
    for i in 0.. {
        if json.len() > (64 << 20) - 256 {
            break;
        }
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(
            json,
            r#"{comma}{{"id":"rule-{i}","effect":"permit","action":"read","resource":{{"type":"page","id":"/wiki/{i}/*"}},"description":"{why}"}}"#
        );
    }
    json.push_str("]}");
    for (name, text) in [("p.yaml", yaml), ("p.json", json)] {
        let (mut rules, mut time) = (0, Duration::ZERO);
        let memory = allocation_counter::measure(|| {
            let start = Instant::now();
            rules = document::load([(name, &text)], &Limits::default()).expect("a document").rules().len();
            time = start.elapsed();
        });
        println!(
            "| 64 MiB, {rules} rules, {name} | loads | {:.1} s | {} MiB |",
            time.as_secs_f64(),
            memory.bytes_max >> 20
        );
        assert!(memory.bytes_max < 8 << 30);
    }
}

#[test]
fn regular_expressions_have_a_ceiling_together() {
    let text = "version: 1\nrules:\n  - {id: a, effect: permit, when: 'agent.id.matches(\"a{500}\")'}\n  - {id: b, effect: permit, when: 'agent.id.matches(\"b{500}\")'}\n";
    let mut limits = Limits::default();
    assert!(document::load([("p.yaml", text)], &limits).is_ok());
    limits.regexes_bytes = 24 << 10;
    let findings = document::load([("p.yaml", text)], &limits)
        .map(|policy| policy.digest())
        .expect_err("too large together")
        .to_string();
    assert!(findings.starts_with("p.yaml:4:"), "{findings}");
    assert!(findings.contains("the patterns of all conditions together are too large when compiled"), "{findings}");
}

#[test]
fn findings_about_conditions_are_short_and_show_what_is_there() {
    for when in ["q".repeat(16_000), format!("agent.id.matches(\"({}\u{202e}\")", "a".repeat(9_000))] {
        let text = format!("version: 1\nrules: [{{id: r, effect: permit, when: '{when}'}}]");
        let findings = document::load([("p.yaml", text)], &Limits::default()).map(|policy| policy.digest());
        let shown = findings.expect_err("a mistake").to_string();
        assert!(shown.len() < 2_048, "{} bytes", shown.len());
        assert!(!shown.contains('\u{202e}'), "{shown}");
    }
}

/// `s` and `z`: the same megabyte of zeros and ones; `e`: a mail address of a megabyte; `p`: a pattern; `y`: 1 MiB of `é`.
struct Megabytes(Vec<Value<'static>>);

const FACTS: [&str; 5] = ["s", "z", "e", "p", "y"];

impl Megabytes {
    fn new() -> Self {
        let mut state = 1_u64;
        let bits: String = (0..1 << 20)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                if state & 1 == 0 { '0' } else { '1' }
            })
            .collect();
        let mail = format!("{}@example.com", "a".repeat(1 << 20));
        Self([bits.clone(), bits, mail, r"(\w{9}){3}".to_owned(), "é".repeat(1 << 19)].map(Value::from).into())
    }
}

impl Facts for Megabytes {
    fn fact(&self, slot: u16) -> Fact<'_> {
        self.0.get(usize::from(slot)).map_or(Fact::Unknown, Fact::Known)
    }
}

fn with<T>(f: impl FnOnce(&Declarations<'_>) -> T) -> T {
    let declare = |path: &str| Declaration { path: path.into(), ty: Type::Dyn, origin: Origin::Context };
    let schema = Schema::of(FACTS.iter().map(|path| declare(path)).collect());
    let (taxonomy, limits) = (Taxonomy::default(), Limits::default());
    f(&Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None })
}

/// A condition: code of the first finding, or its truth over megabytes.
fn condition(facts: &Megabytes, what: &str, source: &str, wanted: &str) {
    row(what, wanted, || {
        with(|declarations| match compile(source, declarations) {
            Ok(condition) => match (condition.evaluate(facts), condition.first_failing_clause(facts)) {
                (Truth::Unknown, Some(clause)) => {
                    format!("unknown: {}", clause.error.map(|e| e.to_string()).unwrap_or_default())
                }
                (truth, _) => format!("{truth:?}").to_lowercase(),
            },
            Err(findings) => findings.0[0].code.to_owned(),
        })
    });
}

#[test]
fn conditions() {
    let facts = &Megabytes::new();
    let costly = "unknown: it takes too many steps";
    condition(facts, "100,000 parentheses", &"(".repeat(100_000), "condition.too_large");
    let limits = Limits::default().condition_bytes;
    condition(facts, "parentheses up to the bytes allowed", &"(".repeat(limits), "condition.too_large");
    condition(facts, "a literal of 1 MiB", &format!("s == '{}'", "a".repeat(1 << 20)), "condition.too_large");
    let list = format!("[{}0]", "0, ".repeat(999));
    let square = format!("{list}.all(x, {list}.all(y, x + y <= size(s)))");
    condition(facts, "a quadratic macro over 1,000 literals", &square, "condition.too_large");
    let square = "lists.range(3000).all(x, lists.range(3000).all(y, x + y <= size(s)))";
    condition(facts, "a quadratic macro over 3,000 numbers", square, costly);
    let doubling = format!("{}q.size() > 0{}", "cel.bind(q, q + q, ".repeat(30), ")".repeat(30));
    condition(facts, "a text of 1 MiB doubled 30 times", &format!("cel.bind(q, s, {doubling})"), costly);
    // A quarter of a megabyte, since more is not searched.
    let quarter = |regex: &str| format!("s.substring(0, 262144).matches('{regex}')");
    condition(facts, "`^(a+)+$` over 256 KiB", &quarter("^(a+)+$"), "false");
    condition(facts, "`(0|1|01)*2` over 256 KiB", &quarter("(0|1|01)*2"), "false");
    // More states than are remembered, so that all of the automaton is walked for each byte.
    condition(facts, "`1[01]{20}[^01]`, 2^20 states, over 256 KiB", &quarter("1[01]{20}[^01]"), "false");
    condition(facts, "`^(a+)+$` over 1 MiB", "s.matches('^(a+)+$')", costly);
    condition(facts, "`(0|1)*1(0|1){3000}[^01]` over 1 MiB", "s.matches('(0|1)*1(0|1){3000}[^01]')", costly);
    condition(facts, "`(a{1000}){1000}`", "s.matches('(a{1000}){1000}')", "condition.too_large");
    condition(
        facts,
        "a regular expression made at run time, 300 times",
        "lists.range(300).all(v, !s.matches(p + string(v)))",
        costly,
    );
    condition(facts, "`*0*0...*2` of 64 wildcards over 1 MiB", &format!("glob(s, '{}2')", "*0".repeat(64)), costly);
    condition(facts, "two equal texts of 1 MiB compared 30,000 times", "lists.range(30000).all(v, s == z)", costly);
    condition(facts, "the same by order", "lists.range(30000).all(v, s <= z)", costly);
    condition(facts, "the same in a list", "lists.range(30000).all(v, s in [z])", costly);
    condition(facts, "the same as keys of maps", "cel.bind(q, {s: 1}, lists.range(30000).all(v, q == {z: 1}))", costly);
    condition(facts, "10,000 texts of 1 MiB sorted", "lists.range(10000).map(v, s).sort().size() > 0", costly);
    condition(facts, "1 MiB of characters counted 30,000 times", "lists.range(30000).all(v, size(y) > 0)", costly);
    let mail = "cel.bind(m, email(e), lists.range(10000).all(v, m.domain() == 'example.com'))";
    condition(facts, "a mail address of 1 MiB read 10,000 times", mail, costly);
    let url = "cel.bind(u, url('https://a/' + s), lists.range(10000).all(v, u.host() == 'a'))";
    condition(facts, "a URL of 1 MiB read 10,000 times", url, costly);
    condition(facts, "`lists.range` to the end of numbers", "lists.range(9223372036854775807).size() > 0", costly);
    condition(facts, "numbers beyond 64 bits", "9223372036854775808 > 0", "condition.");
    condition(facts, "1e400", "1e400 > 0.0", "condition.");
    condition(facts, "not a number", "double('NaN') < 1.0 || double('NaN') >= 1.0", "false");
    condition(
        facts,
        "overflow",
        "9223372036854775807 + size(s) > 0",
        "unknown: the number, time or duration is out of range",
    );
    condition(
        facts,
        "`-9223372036854775808 / -1`",
        "(size(s) - size(s) - 9223372036854775807 - 1) / -1 > 0",
        "unknown: the number",
    );
}

#[test]
fn ids_and_patterns() {
    let id = |what: &str, text: &str, wanted: &str| {
        row(what, wanted, || name::check(text).map_or_else(|e| e.to_string(), |()| "an id".to_owned()));
    };
    id("an id of 1 MiB", &"a".repeat(1 << 20), "an id has at most 2048 bytes");
    id("an id with NUL", "a\u{0}b", "an id must not contain control characters");
    id("an id with a direction mark", "a\u{2066}b", "an id must not contain bidirectional");
    id("an id with an encoded dot segment", "/srv/%2E%2e/etc", "an id must not contain an encoded");
    let stars = "*a".repeat(2_048);
    row("a pattern of 4 KiB against an id of 2 KiB", "false", || {
        let pattern: Pattern = stars.parse().expect("a pattern");
        pattern.matches(&"a".repeat(2_047)).to_string()
    });
    row("two patterns of 2,048 wildcards: does one cover the other?", "", || {
        let (a, b): (Pattern, Pattern) = (stars.parse().expect("a"), "*b".repeat(2_048).parse().expect("b"));
        format!("{} {} {}", a.covers(&b), a.is_disjoint(&b), a.intersect(&b).is_some())
    });
}

#[test]
fn times() {
    for (text, wanted) in [
        ("0000-01-01T00:00:00Z", "refused"),
        ("0000-12-31T23:59:60Z", "refused"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+00:01", "refused"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("9999-12-31T23:59:59-00:01", "refused"),
        ("9999-12-31T23:59:60Z", "refused"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.999999999Z", "2017-01-01T00:00:00.999999999Z"),
        ("2016-12-31T23:59:61Z", "refused"),
        ("2023-02-29T00:00:00Z", "refused"),
        ("10000-01-01T00:00:00Z", "refused"),
        ("-0001-01-01T00:00:00Z", "refused"),
        ("2026-11-24T24:00:00Z", "refused"),
        ("2026-11-24T00:00:00", "refused"),
        ("2026-11-24T00:00:00+24:00", "refused"),
    ] {
        row(text, wanted, || text.parse::<Timestamp>().map_or_else(|_| "refused".to_owned(), |time| time.to_string()));
    }
    let text = format!("2026-11-24T00:00:00.{}Z", "9".repeat(1 << 20));
    row("a time with a fraction of 1 MiB", "", || {
        text.parse::<Timestamp>().map_or_else(|e| e.to_string(), |time| time.to_string())
    });
    // The last moment plus anything is no time, and a condition over it is unknown.
    with(|declarations| {
        let condition =
            expression("timestamp('9999-12-31T23:59:59Z') + duration('1s')", declarations).expect("an expression");
        assert!(condition.value(&Megabytes(Vec::new())).is_err());
    });
}
