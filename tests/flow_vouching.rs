//! What may be believed is found by indexes, sketches and one pass over a text; here it is found plainly, on generated prompts, values and
//! texts, and the answers are the same. And at the bounds of a session: what it could not remember is top, or not believed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    dead_code,
    reason = "a test fails by panicking, and the world is shared with other tests"
)]

#[path = "flow/mod.rs"]
mod flow;

use std::sync::LazyLock;

use flow::{Event, World};
use placet::flow::{Answered, FlowLabel, Lattice, Naming, Run, Session, Task};
use placet::value::Value;
use placet::{Engine, Limits, Link, Request, Target, Verdict, document};
use proptest::prelude::*;
use serde_json::json;

/// A text is mentioned if it stands somewhere, whole: tried at every place of the prompt.
fn mentions(prompt: &str, text: &str, naming: Naming) -> bool {
    const JOINS: &str = "@.-_/:%+=&?#~\\$";
    let text = text.trim();
    let quotes = ['"', '\'', '`'];
    let is_digits = text.bytes().all(|b| b.is_ascii_digit());
    let is_mere =
        text.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}')) || text.contains(char::is_whitespace);
    let stands = |at: usize| {
        let (before, after) = (&prompt[..at], &prompt[at + text.len()..]);
        let mut back = before.chars().rev();
        let ends = match (back.next(), back.next()) {
            (None, _) => true,
            (Some(c), _) if c.is_alphanumeric() => false,
            (Some(c), next) if JOINS.contains(c) => c == '#' || !next.is_some_and(char::is_alphanumeric),
            (Some(_), _) => true,
        };
        let mut forth = after.chars();
        let begins = match (forth.next(), forth.next()) {
            (None, _) => true,
            (Some(c), _) if c.is_alphanumeric() => false,
            (Some(c), next) if JOINS.contains(c) => !next.is_some_and(|c| c.is_alphanumeric() || JOINS.contains(c)),
            (Some(_), _) => true,
        };
        let is_quoted = before.ends_with(quotes) && after.starts_with(quotes);
        let trimmed = before.trim_end_matches([' ', ':', '.', '=']);
        let word = trimmed.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap().to_ascii_lowercase();
        let is_cued = is_quoted
            || trimmed.ends_with('#')
            || ["id", "ids", "no", "nr", "number", "numbers"].contains(&word.as_str());
        ends && begins && (!is_digits || is_cued) && (naming != Naming::Secret || !is_mere || is_quoted)
    };
    !text.is_empty()
        && (0..=prompt.len()).filter(|at| prompt.is_char_boundary(*at) && prompt[*at..].starts_with(text)).any(stands)
}

/// The links of a text: its words, each by itself.
fn links(text: &str) -> usize {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || "<>()[]{}\"'`,;|*".contains(c);
    let is_host = |word: &str| {
        let host = word.rsplit_once('@').map_or(word, |(_, host)| host);
        let host = host.split(['/', '?', '#', ':']).next().unwrap();
        host.rsplit_once('.').is_some_and(|(rest, last)| {
            !rest.is_empty() && last.chars().count() >= 2 && last.chars().all(char::is_alphabetic)
        })
    };
    let is_link = |word: &str| {
        let lower = word.to_lowercase();
        word.contains("://") || lower.starts_with("www.") || lower.starts_with("mailto:") || is_host(word)
    };
    text.split(breaks)
        .filter(|word| is_link(word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '_' | '~'))))
        .count()
}

/// Bits of which prompts, values and texts are made, so that they have much in common.
fn text(most: usize) -> impl Strategy<Value = String> {
    let bits = [
        "a",
        "b",
        "aa",
        "ab",
        "1",
        "13",
        "1,500",
        "2.5",
        "id",
        "no",
        "www",
        "evil",
        "example",
        "com",
        "mailto",
        "http",
        ".",
        ":",
        "@",
        "/",
        "//",
        "-",
        "_",
        "#",
        "$",
        "?",
        "!",
        "~",
        "\"",
        "'",
        "(",
        ")",
        "*",
        ",",
        " ",
        " ",
        "\n",
        "\t",
        "é",
        "пример",
        "рф",
        "\u{a0}",
        "İ",
        "ẞ",
        "\u{200b}",
        "longer-than-eight",
        "WWW",
        "Mailto",
        "=",
        "&",
    ];
    proptest::collection::vec(proptest::sample::select(bits.to_vec()), 0..most).prop_map(|bits| bits.concat())
}

const POLICY: &str = "
version: 1
labels: [{id: public, order: 0}]
flow: {prompt: {label: public, trust: user}, approval: 'user:ada', approver_clearance: {label: public}}
users: [{id: ada}]
agents: [{id: bot, sponsor: ada}]
servers: [{id: lab}]
tools:
  - {server: lab, name: web, effects: [read], assigned: {agent: bot}, flow: {output: {label: public}}}
  - {server: lab, name: list, effects: [read], assigned: {agent: bot}, flow: {output: {label: public, trust: user}}}
  - server: lab
    name: orders
    effects: [read]
    assigned: {agent: bot}
    flow: {output: {label: public, trust: user, fields: [{at: '/*', label: public, trust: user, domain: order}]}}
  - {server: lab, name: say, effects: [send], assigned: {agent: bot}, flow: {parameters: {text: {role: content}}, channel: {label: public}, output: {label: public, trust: user}}}
  - {server: lab, name: go, effects: [mutate], assigned: {agent: bot}, flow: {parameters: {text: {role: target}}, output: {label: public, trust: user}}}
  - {server: lab, name: cancel, effects: [mutate], assigned: {agent: bot}, flow: {parameters: {text: {role: target, domain: order}}, output: {label: public, trust: user}}}
rules: [{id: all, effect: permit, subject: [{user: ada}, {agent: bot}]}]
";

fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::of(&document::load([("p.yaml", POLICY)], &Limits::default()).unwrap()));
    &ENGINE
}

fn call<'a>(tool: &'static str, value: Value<'a>) -> Request<'a> {
    Request::new(Link::user("ada"), "tools/call", Target::tool(tool))
        .actor(Link::agent("bot"))
        .at(flow::time(0))
        .arguments(placet::value::Map::default())
        .argument("text", value)
}

fn see(engine: &Engine, session: &mut Session, tool: &'static str, result: &serde_json::Value) {
    let answered = Answered { result: Some(result), ..Answered::default() };
    assert!(engine.observe(session, &call(tool, "x".into()), &Run::default(), &answered).is_shown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn prompts_are_read_plainly(prompt in text(24), value in text(5), from in any::<prop::sample::Index>(), long in 1usize..24) {
        let task = Task::new(&prompt);
        // What stands there somewhere, and anything else.
        let places: Vec<usize> = prompt.char_indices().map(|(at, _)| at).collect();
        let part: String = if places.is_empty() { String::new() } else { prompt[places[from.index(places.len())]..].chars().take(long).collect() };
        for value in [&value, &part] {
            for naming in [Naming::Plain, Naming::Id, Naming::Secret] {
                assert_eq!(task.mentions(&Value::from(value.as_str()), naming), mentions(&prompt, value, naming), "{prompt:?} {value:?} {naming:?}");
            }
        }
        for number in [1i64, 13, 1500] {
            let cued = mentions(&prompt, &number.to_string(), Naming::Id);
            assert_eq!(task.mentions(&Value::Int(number), Naming::Id), cued, "{prompt:?} {number}");
        }
    }

    /// A text is held up if there is a link in it that nobody vouches for, and not otherwise.
    #[test]
    fn links_are_found_plainly(said in text(16)) {
        let engine = engine();
        let mut session = engine.session();
        see(engine, &mut session, "lab/web", &json!("x"));
        let verdict = engine.decide_in(&call("lab/say", said.as_str().into()), &session, &Run::default()).verdict();
        assert_eq!(verdict == Verdict::Defer, links(&said) > 0, "{said:?}: {verdict:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A value is believed if and only if it is, whole, one that a trusted answer had, of that domain.
    #[test]
    fn values_are_known_whole(seen in proptest::collection::vec(text(9), 0..40), other in text(9), numbers in proptest::collection::vec(0u32..50, 0..20)) {
        let engine = engine();
        let mut session = engine.session();
        see(engine, &mut session, "lab/list", &json!(seen));
        see(engine, &mut session, "lab/orders", &json!(numbers));
        see(engine, &mut session, "lab/web", &json!([other, 77]));
        let is_believed = |tool, value: Value<'_>| {
            engine.decide_in(&call(tool, value), &session, &Run::default()).verdict() == Verdict::Allow
        };
        for value in seen.iter().chain([&other]) {
            let is_name = !value.trim().is_empty();
            assert_eq!(is_believed("lab/go", value.as_str().into()), is_name && seen.contains(value), "{value:?}");
            assert!(!is_believed("lab/cancel", value.as_str().into()));
            // Nothing that is nearly one is one.
            for near in [format!("{value}x"), format!("x{value}"), value.to_uppercase(), value.chars().rev().collect()] {
                assert_eq!(is_believed("lab/go", near.as_str().into()), !near.trim().is_empty() && seen.contains(&near), "{near:?}");
            }
        }
        for number in (0..50).chain([77]) {
            assert_eq!(is_believed("lab/cancel", Value::Uint(number.into())), numbers.contains(&number));
            assert!(!is_believed("lab/go", Value::Uint(number.into())), "an amount is no id");
        }
    }
}

/// Values with the same length, beginning, middle and end, which no sketch tells apart, are told apart.
#[test]
fn values_that_look_alike_are_told_apart() {
    let engine = engine();
    let mut session = engine.session();
    let alike = |at: usize| format!("beginning-{at:04}-the-middle-of-it-{at:04}-the-end-of-it");
    let seen: Vec<String> = (0..100).map(alike).collect();
    see(engine, &mut session, "lab/list", &json!(seen));
    see(engine, &mut session, "lab/web", &json!("x"));
    for at in 0..200 {
        let verdict = engine.decide_in(&call("lab/go", alike(at).into()), &session, &Run::default()).verdict();
        assert_eq!(verdict == Verdict::Allow, at < 100, "{at}");
    }
}
