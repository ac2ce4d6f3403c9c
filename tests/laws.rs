//! The laws of the design as properties, over small worlds of documents and requests.
//!
//! Worlds come from `placet_oracle::world`: documents as JSON text through the loader, requests as JSON through the door.
//! `PROPTEST_CASES` raises the number of cases.

use placet::document::Validated;
use placet::{Engine, Limits, Request, document};
use placet_oracle::world::{self, Reading, Tape};
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A tape of choices; what it makes is printed, not the numbers.
#[derive(Clone)]
struct Numbers(Vec<u16>);

impl core::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "a tape of {}", self.0.len())
    }
}

fn tape() -> impl Strategy<Value = Numbers> {
    proptest::collection::vec(any::<u16>(), 0..1_600).prop_map(Numbers)
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { max_shrink_iters: 3_000, failure_persistence: None, ..ProptestConfig::with_cases(cases.unwrap_or(default)) }
}

/// The policy of a document.
fn policy(document: &Value) -> Validated {
    let text = document.to_string();
    document::load([("world.json", text.as_str())], &Limits::default())
        .unwrap_or_else(|error| panic!("the generator made a wrong document:\n{error}\n{document:#}"))
}

fn policies(document: &Value) -> (Validated, Engine) {
    let policy = policy(document);
    let engine = Engine::of(&policy);
    (policy, engine)
}

fn decide(engine: &Engine, request: &Value) -> Outcome {
    let bytes = request.to_string();
    Outcome::of(&engine.decide(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary())))
}

fn is_allowed(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, "allow" | "modify")
}

/// Gives some approvals of the requests, where rules ask for any.
fn approve(document: &mut Value, requests: &[Value], tape: &mut Tape<'_>) {
    let wanted = document["rules"].to_string().contains("\"approval\"");
    if !wanted {
        return;
    }
    let (_, engine) = policies(document);
    let mut approvals = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let bytes = request.to_string();
        let call = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary()).call_digest().to_string();
        if tape.chance(60) {
            approvals.push(world::approval(tape, &format!("ap-{at}"), &call));
        }
    }
    document["approvals"] = json!(approvals);
}

/// A world and some requests.
fn scene(numbers: &Numbers, reading: Reading, requests: usize) -> (Value, Vec<Value>) {
    // Requests come first, so that a longer document does not change them.
    let (head, rest) = numbers.0.split_at((numbers.0.len() / 2).min(400));
    let mut asked = Tape::new(head);
    let requests: Vec<Value> = (0..requests).map(|_| world::request(&mut asked)).collect();
    let mut tape = Tape::new(rest);
    let mut document = world::document(&mut tape, reading);
    approve(&mut document, &requests, &mut tape);
    (document, requests)
}

proptest! {
    #![proptest_config(cases(200))]

    /// Law 11: the compiled engine and the plain oracle agree on verdict, objections and requirements.
    #[test]
    fn law_11_compiled_is_plain(numbers in tape()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let (policy, engine) = policies(&document);
        let oracle = Oracle::new(&policy);
        for request in &requests {
            let bytes = request.to_string();
            let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            let (compiled, plain) = (Outcome::of(&engine.decide(&asked)), oracle.decide(&asked));
            prop_assert_eq!(&compiled, &plain, "engine (left) and oracle (right) differ:\n{:#}\n{:#}", document, request);
        }
    }
}

/// How often each verdict and each code occurs in the generated worlds. Run it with `--ignored --nocapture`.
#[test]
#[ignore = "prints a table"]
fn distribution() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut verdicts = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..1_000 {
        let numbers = tape().new_tree(&mut runner).expect("tapes are never refused").current();
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let (_, engine) = policies(&document);
        for request in &requests {
            let outcome = decide(&engine, request);
            *verdicts.entry(outcome.verdict.to_owned()).or_default() += 1;
            for code in outcome.codes() {
                *verdicts.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
    println!("{verdicts:#?}");
}
