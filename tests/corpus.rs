//! One corpus of cases on two engines: the compiled engine and the plain oracle. A failure names the engine.
//!
//! The cases are the `tests:` of documents: of `tests/corpus`, of the examples and of fixtures.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test fails by panicking, prints what it measures, and reads its settings and cases"
)]

use std::collections::BTreeSet;
use std::path::Path;

use placet::document::{TestCase, TestRequest, Validated};
use placet::files::RequestFiles;
use placet::suite::Requests as _;
use placet::{Code, Engine, Limits, Link, Request, Target, document};
use placet_oracle::{Oracle, Outcome};

/// Judges every case twice; what differs from the expectation or between the two, and the codes that occurred.
fn run(path: &str) -> (usize, Vec<String>, BTreeSet<String>) {
    let limits = Limits::default();
    let policy = placet::load(path, &limits).unwrap_or_else(|error| panic!("{error}"));
    let (engine, oracle, files) = (Engine::of(&policy), Oracle::new(&policy), RequestFiles::new(&limits));
    let (mut failures, mut codes) = (Vec::new(), BTreeSet::new());
    for case in policy.tests() {
        let bytes = bytes(&policy, case, &files);
        let request = Request::from_json(&bytes, engine.policy().vocabulary());
        let (compiled, plain) = (Outcome::of(&engine.decide(&request)), oracle.decide(&request));
        codes.extend(compiled.codes().into_iter().map(str::to_owned));
        for (name, outcome) in [("the engine", &compiled), ("the oracle", &plain)] {
            if let Some(difference) = difference(case, outcome) {
                failures.push(format!("{path}: {}: {name} disagrees: {difference}", case.name));
            }
        }
        if compiled != plain {
            failures.push(format!("{path}: {}: engine {compiled:#?}\noracle {plain:#?}", case.name));
        }
    }
    (policy.tests().len(), failures, codes)
}

fn bytes(policy: &Validated, case: &TestCase, files: &RequestFiles) -> Vec<u8> {
    match &case.request {
        TestRequest::Inline(request) => request.to_string().into_bytes(),
        TestRequest::Reference { file, id } => {
            files.find(policy.name(case.span.file), file, id).unwrap_or_else(|error| panic!("{error}")).into_owned()
        }
    }
}

fn difference(case: &TestCase, outcome: &Outcome) -> Option<String> {
    let set = |texts: &Option<Vec<String>>| texts.as_ref().map(|texts| texts.iter().cloned().collect::<BTreeSet<_>>());
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let (codes, requirements) = (owned(outcome.codes()), owned(outcome.requirement_ids()));
    let differs = case.verdict != outcome.verdict
        || set(&case.reasons).is_some_and(|wanted| wanted != codes)
        || set(&case.requirements).is_some_and(|wanted| wanted != requirements);
    differs.then(|| {
        format!(
            "wanted {} {:?} {:?}, got {} {codes:?} {requirements:?}",
            case.verdict, case.reasons, case.requirements, outcome.verdict
        )
    })
}

fn passes(path: &str) -> usize {
    let (count, failures, _) = run(path);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    count
}

#[test]
fn small_cases() {
    assert!(passes("tests/corpus") >= 40);
    assert_eq!(passes("tests/corpus-issuers"), 5);
}

#[test]
fn contoso() {
    assert!(passes("examples/contoso") >= 196);
}

#[test]
fn quickstart() {
    passes("examples/quickstart.yaml");
}

#[test]
fn banking() {
    passes("examples/agentdojo/banking");
}

/// Each reason code is produced by some case.
#[test]
fn every_code() {
    let (_, _, mut produced) = run("tests/corpus");
    produced.extend(outdated());
    produced.extend(run("tests/corpus-issuers").2);
    // Revocations come from feeds at run time, not from documents: tests/revocation.rs produces their codes.
    produced.extend(["revocation.reauthenticate", "revocation.revoked", "revocation.unknown"].map(str::to_owned));
    // Sessions are the host's, not documents': tests/flow_documents.rs produces the codes of flows.
    let of_sessions = Code::ALL.iter().map(|code| code.as_str()).filter(|code| code.starts_with("data.flow_"));
    produced.extend(of_sessions.map(str::to_owned));
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).filter(|c| !produced.contains(*c)).collect();
    assert!(missing.is_empty(), "no case produces {missing:?}");
}

/// A request made with the words of another policy: only Rust can ask that, and the oracle does not look at it.
fn outdated() -> Vec<String> {
    let load = |text| document::load([("policy.yaml", text)], &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let (old, new) = (load("version: 1\nfacts: {a: bool}\n"), load("version: 1\nfacts: {b: bool}\n"));
    let (old, new) = (Engine::of(&old), Engine::of(&new));
    let request = Request::new(Link::user("ada"), "read", Target::new("page", "home"));
    let request = request.declared(old.policy().vocabulary(), "a", true);
    let codes = new.decide(&request).reasons().map(|reason| reason.code.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(codes, ["request.outdated"]);
    codes
}

/// The cases of the AuthZEN interop scenario, if `PLACET_AUTHZEN` names their file: `evaluation` is a list of requests and
/// expected decisions, `evaluations` of batches.
#[test]
fn authzen() {
    let Some(path) = std::env::var_os("PLACET_AUTHZEN") else {
        eprintln!("skipped: PLACET_AUTHZEN names no file");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&path)).expect("PLACET_AUTHZEN names a file");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let policy = placet::load("tests/fixtures/authzen-todo.yaml", &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let (engine, oracle) = (Engine::of(&policy), Oracle::new(&policy));
    let mut count = 0;
    for kind in ["evaluation", "evaluations"] {
        for case in cases[kind].as_array().unwrap_or_else(|| panic!("no list `{kind}`")) {
            let bytes = case["request"].to_string();
            let answer: serde_json::Value =
                serde_json::from_str(&engine.answer_json(bytes.as_bytes())).expect("answers are JSON");
            let decision = |answer: &serde_json::Value| serde_json::json!({"decision": answer["decision"]});
            if kind == "evaluation" {
                assert_eq!(answer["decision"], case["expected"], "the engine disagrees: {case:#}");
                let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
                let plain = oracle.decide(&request);
                assert_eq!(plain.verdict == "allow", case["expected"] == true, "the oracle disagrees: {case:#}");
            } else {
                let answers = answer["evaluations"].as_array().expect("a batch").iter().map(decision);
                let wanted = case["expected"].as_array().expect("a batch").iter().map(decision);
                assert_eq!(answers.collect::<Vec<_>>(), wanted.collect::<Vec<_>>(), "the engine disagrees: {case:#}");
            }
            count += 1;
        }
    }
    assert!(count > 0);
}
