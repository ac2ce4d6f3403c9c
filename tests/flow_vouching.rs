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

use std::collections::BTreeMap;
use std::sync::LazyLock;

use flow::{Event, World};
use placet::flow::{Answered, Confidentiality, FlowLabel, Input, Inputs, Lattice, Naming, Run, Session, Task};
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
  - {server: lab, name: bools, effects: [mutate], assigned: {agent: bot}, flow: {parameters: {text: {role: selector, exempt: bool}}, output: {label: public, trust: user}}}
  - {server: lab, name: enums, effects: [mutate], assigned: {agent: bot}, parameters: {type: object, properties: {text: {enum: [red, 'a 1']}}}, flow: {parameters: {text: {role: selector, exempt: enum}}, output: {label: public, trust: user}}}
  - {server: lab, name: numbers, effects: [mutate], assigned: {agent: bot}, flow: {parameters: {text: {role: selector, exempt: number}}, output: {label: public, trust: user}}}
  - {server: lab, name: bounded, effects: [mutate], assigned: {agent: bot}, flow: {parameters: {text: {role: selector, exempt: bounded}}, output: {label: public, trust: user}}}
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

/// Capacity is judged of the value that a parameter is given, by what the parameter takes: whatever was read, and whoever chose it, an
/// exempt parameter passes what says no more than that, and the wider exemption passes all that the narrower does.
fn passes(tool: &'static str, value: &Value<'_>, noise: &serde_json::Value) -> bool {
    let engine = engine();
    let mut session = engine.session();
    see(engine, &mut session, "lab/web", noise);
    engine.decide_in(&call(tool, value.clone()), &session, &Run::default()).verdict() == Verdict::Allow
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn capacity_is_of_the_value(said in text(4), number in any::<i64>(), truth in any::<bool>(), noise in text(6)) {
        let values = [Value::from(said.as_str()), Value::Int(number), Value::Bool(truth)];
        for value in &values {
            let at = |tool| {
                let passed = passes(tool, value, &json!("nothing"));
                // Having read it from a stranger, or anything else, changes nothing.
                assert_eq!(passed, passes(tool, value, &json!([noise, said, number, truth])));
                passed
            };
            let (bools, enums, numbers, bounded) = (at("lab/bools"), at("lab/enums"), at("lab/numbers"), at("lab/bounded"));
            assert!(bools <= numbers && numbers <= bounded, "{value:?}");
            assert_eq!(bools, matches!(value, Value::Bool(_)));
            assert!(!enums || said == "red" || said == "a 1" || bools);
            if let Value::String(text) = value {
                assert!(!numbers || text.len() <= 32 && text.chars().all(|c| c.is_ascii_digit() || "-:/.T+Z ".contains(c)));
                assert_eq!(bounded, numbers || text.len() <= 64 && !text.contains(char::is_whitespace));
            }
        }
        // A list of what passes says more than what passes.
        for tool in ["lab/bools", "lab/enums", "lab/numbers", "lab/bounded"] {
            assert!(!passes(tool, &Value::from(vec![Value::Bool(truth), Value::Bool(!truth)]), &json!(noise)));
            assert!(!passes(tool, &Value::from(vec![Value::Bool(truth)]), &json!(noise)));
        }
        assert!(passes("lab/enums", &"red".into(), &json!(noise)));
        assert!(!passes("lab/enums", &"blue".into(), &json!("blue")));
    }
}

/// What a session without bounds would remember.
struct Unbounded {
    /// The label of each answer.
    answers: Vec<FlowLabel>,
    /// The labels under which each trusted value was shown.
    known: BTreeMap<String, Vec<FlowLabel>>,
    context: FlowLabel,
}

/// A run that is longer than what is remembered, with more labels and more values.
fn long_run() -> impl Strategy<Value = Vec<(FlowLabel, Vec<u16>)>> {
    proptest::collection::vec((flow::label(), proptest::collection::vec(0u16..400, 0..9)), 66..140)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Laws 9, C and D at the bounds: what a session has no room for is top or not believed, and no call is let through that would not be
    /// if it remembered everything.
    #[test]
    fn beyond_the_bounds_nothing_is_freer(run in long_run(), which in any::<prop::sample::Index>()) {
        let world = World::new();
        let words = &world.engine.policy().flow().words;
        let user = words.trust("user").unwrap();
        let event = Event::call("read-public-user", &[], "");
        let request = world.request(&event);
        let mut session = world.engine.session();
        let mut all = Unbounded { answers: Vec::new(), known: BTreeMap::new(), context: *session.context() };
        for (label, values) in &run {
            let values: Vec<String> = values.iter().map(|at| format!("value-{at}")).collect();
            let answered = Answered { result: Some(&json!(values)), stored: Some(*label), ..Answered::default() };
            let observed = world.engine.observe(&mut session, &request, &Run::default(), &answered);
            assert!(session.bytes() <= Session::MAX_BYTES);
            all.answers.push(observed.label);
            if observed.is_shown {
                all.context = all.context.join(&observed.label);
                if words.is_above_lowest(observed.label.integrity.trust) {
                    values.into_iter().for_each(|value| all.known.entry(value).or_default().push(observed.label));
                }
            }
        }
        assert_eq!(*session.context(), all.context, "the context is never bounded");
        // Steps: those that are remembered are never lower than they were, and the others are top.
        let first = all.answers.len() - Session::STEPS;
        assert_eq!(session.steps().count(), Session::STEPS);
        let mut labels = Vec::new();
        for (at, was) in all.answers.iter().enumerate() {
            let is = session.answer(at.try_into().unwrap(), &[]);
            assert!(was.flows_to(&is));
            assert!(at >= first || is == FlowLabel::TOP);
            if at >= first && !labels.contains(&is) {
                labels.push(is);
            }
        }
        assert!(labels.len() <= Session::LABELS + 1);
        // Values: no lower than what vouches for one, or none.
        let vouching = |shown: &Vec<FlowLabel>| {
            let each = shown.iter().map(|label| {
                let is_trusted = label.integrity.trust.meets(user);
                let confidentiality = if is_trusted { label.confidentiality } else { Confidentiality::TOP };
                FlowLabel { confidentiality, ..*label }
            });
            each.fold(FlowLabel::TOP, |all, label| all.meet(&label))
        };
        let mut count = 0;
        for at in 0..400 {
            let value = format!("value-{at}");
            let found = session.known(None, &value.as_str().into());
            count += usize::from(found.is_some());
            assert!(found.is_none_or(|label| all.known.get(&value).is_some_and(|shown| vouching(shown).flows_to(&label))), "{value}");
        }
        assert!(count <= Session::KNOWN);
        // Decisions: what is let through would be by what is remembered without bounds.
        let trusted = |label: &FlowLabel| label.integrity.trust.meets(user);
        for at in 0..400 {
            let value = format!("value-{at}");
            let allowed = world.verdict(&session, &Event::call("delete", &[("to", &value)], ""), &Run::default()) == Verdict::Allow;
            let believed = all.known.get(&value).is_some_and(|shown| shown.iter().any(trusted));
            assert!(!allowed || believed || trusted(&all.context), "{value}");
        }
        let step = which.index(all.answers.len());
        let input = Input::Answer { step: step.try_into().unwrap(), path: Vec::new() };
        let inputs = Inputs::from([("to".to_owned(), vec![input])]);
        let precise = Run { inputs: Some(&inputs), ..Run::default() };
        let allowed = world.verdict(&session, &Event::call("delete", &[("to", "nobody said so")], ""), &precise) == Verdict::Allow;
        assert!(!allowed || step >= first && trusted(&all.answers[step]));
    }

    /// Law D in runs of more steps than are remembered.
    #[test]
    fn law_d_anti_monotone_in_long_runs(run in proptest::collection::vec(flow::event(), 60..120), last in flow::event(), which in any::<u64>()) {
        let world = World::new();
        let (mut low, mut high) = (world.engine.session(), world.engine.session());
        for (at, event) in run.iter().enumerate() {
            world.observe(&mut low, event);
            let more = if which >> (at % 64) & 1 == 1 { flow::raised(event) } else { event.clone() };
            world.observe(&mut high, &more);
        }
        for (task, tool) in [None, Some(world.task())].iter().flat_map(|task| flow::TOOLS.map(|tool| (task, tool))) {
            let run = Run { task: task.as_ref(), ..Run::default() };
            let last = Event { tool, ..last.clone() };
            assert!(world.verdict(&low, &last, &run) <= world.verdict(&high, &last, &run), "{last:?}");
        }
    }
}

/// The bounds themselves: the value, the label and the step that are one too many.
#[test]
fn one_too_many() {
    let engine = engine();
    let mut session = engine.session();
    let values: Vec<String> = (0..=Session::KNOWN).map(|at| format!("value-{at}")).collect();
    see(engine, &mut session, "lab/list", &json!(values));
    see(engine, &mut session, "lab/web", &json!("x"));
    let verdict = |session: &Session, value: &str| {
        engine.decide_in(&call("lab/go", value.into()), session, &Run::default()).verdict()
    };
    assert_eq!(verdict(&session, &values[Session::KNOWN - 1]), Verdict::Allow);
    assert_eq!(verdict(&session, &values[Session::KNOWN]), Verdict::Defer);
    // Said again, the last still has no room, and the first is still known.
    see(engine, &mut session, "lab/list", &json!([values[Session::KNOWN], values[0]]));
    assert_eq!(verdict(&session, &values[Session::KNOWN]), Verdict::Defer);
    assert_eq!(verdict(&session, &values[0]), Verdict::Allow);
    for _ in 0..Session::STEPS {
        see(engine, &mut session, "lab/list", &json!([]));
    }
    assert_eq!(session.answer(session.next_step() - 65, &[]), FlowLabel::TOP);
    assert_ne!(session.answer(session.next_step() - 64, &[]), FlowLabel::TOP);
}
