//! What explanations tell people: advice that one can follow, everything that is unmet, nothing that is no answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads files"
)]

use placet::explain::Explanation;
use placet::files::RequestFiles;
use placet::suite::Requests as _;
use placet::{Engine, Limits, Link, Request, Target, document, fact::slot};

/// The explanation of a request of Contoso's.
fn contoso(id: &str) -> Explanation {
    let limits = Limits::default();
    let policy = placet::load("examples/contoso", &limits).unwrap_or_else(|error| panic!("{error}"));
    let files = RequestFiles::new(&limits);
    let bytes = files.find("examples/contoso/tests.yaml", "requests.jsonl", id).unwrap();
    let engine = Engine::of(&policy);
    engine.explain(&Request::from_json(&bytes, engine.policy().vocabulary()))
}

fn advice(id: &str) -> Vec<String> {
    contoso(id).advice
}

#[test]
fn a_step_up_reads_like_advice() {
    assert_eq!(
        advice("c-172"),
        [
            "Sign in with a second factor. Asked of user jonas.weber by the access policy `auditors-under-terms`.",
            "Then make the same call again: as things are, nothing else stands in the way.",
        ]
    );
    let text = contoso("c-161").to_string();
    let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("no `{wanted}` in\n{text}"));
    // What to do stands before what was looked at.
    assert!(at("What to do") < at("Rules that applied") && at("Rules that applied") < at("Rules that came near"));
    // Policies about guests are not near for somebody who is none.
    assert!(!text.contains("auditors-"), "{text}");
}

#[test]
fn an_approval_names_who_gives_it_and_what_for() {
    let lines = advice("c-176");
    assert_eq!(
        lines[0],
        "Ask priya.raman, who answers for close-runner, to approve this call. Asked of agent close-runner by the access \
         policy `full-autonomy-is-approved`."
    );
    assert!(lines[1].starts_with("Then make exactly the same call again: the approval is of this one (sha256:"));
    assert_eq!(lines.len(), 2);
}

#[test]
fn what_a_policy_wants_is_said_in_its_own_words() {
    assert_eq!(
        advice("c-171"),
        ["Accept the terms of use `audit-2026`. Asked by the access policy `auditors-under-terms`."]
    );
    assert_eq!(
        advice("c-165"),
        [
            "Sign in with a method of the strength `phishing_resistant`. Asked by the access policy `administrators-prove-themselves`."
        ]
    );
    assert_eq!(
        advice("c-159"),
        [
            "The access policy `salaries-in-the-office` blocks this while location.ip is `203.0.113.9`; no permit overrules it."
        ]
    );
    assert_eq!(
        advice("c-160"),
        ["Send `location.ip`: without it the access policy `salaries-in-the-office` blocks this."]
    );
    // Nobody has written the conditions that policies become, so nobody is shown them.
    assert!(!contoso("c-159").to_string().contains("cidr("));
}

const TWO_CONDITIONS: &str = r#"
version: 1
users: [{id: ada}]
rules:
  - {id: pay, effect: permit, action: pay, subject: {user: ada}, when: 'device.compliant && risk.user < "low" && location.trusted'}
"#;

#[test]
fn all_that_is_unmet_is_said() {
    let policy = document::load([("p.yaml", TWO_CONDITIONS)], &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let request = Request::new(Link::user("bob"), "read", Target::new("invoice", "i-1"));
    let heads = engine.explain(&request.clone().fact(slot::RISK_USER, "high"));
    assert!(heads.rules.is_empty(), "a rule about somebody else and something else is not near");

    let request = Request::new(Link::user("ada"), "pay", Target::new("invoice", "i-1")).fact(slot::RISK_USER, "high");
    let explanation = engine.explain(&request.fact(slot::DEVICE_COMPLIANT, false));
    let report = &explanation.rules[0];
    let texts: Vec<&str> = report.because.iter().chain(&report.besides).map(|cause| cause.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "`device.compliant` is false: device.compliant is false",
            "`risk.user < \"low\"` is false: risk.user is high",
            "`location.trusted` is undecided",
        ]
    );
    assert_eq!(report.besides[1].unknown, ["location.trusted"]);
}

/// The verdict of each value of a fact, as `values: verdict` or `values: verdict/best`.
fn hypotheses(engine: &Engine, request: &Request<'_>) -> Vec<String> {
    let what_if = engine.what_if(request);
    let case = |case: &placet::explain::Case| {
        let best = if case.best == case.verdict { String::new() } else { format!("/{}", case.best) };
        format!("{}: {}{best}", case.values.join(" "), case.verdict)
    };
    let fact = |fact: &placet::explain::Hypothesis| {
        format!("{} = {}", fact.fact, fact.cases.iter().map(case).collect::<Vec<_>>().join("; "))
    };
    let best = format!("{} at best {}", what_if.verdict, what_if.best);
    what_if.facts.iter().map(fact).chain([best]).collect()
}

const WHAT_IF: &str = r#"
version: 1
locations:
  offices: {ranges: {cidr: [198.51.100.0/24], trusted: true}}
users: [{id: ada}]
rules:
  - {id: pay, effect: permit, action: pay}
  - {id: fresh, effect: require, action: pay, require: {control: fresh_authentication, max_age: 15m}}
grants:
  - id: g
    to: {user: ada}
    scope: {actions: audit, resources: {id: "**"}}
    start: 2026-01-01T00:00:00Z
    end: 2026-02-01T00:00:00Z
    by: ada
    why: a test
access:
  - id: in-the-office
    subjects: {users: {include: {all: true}}}
    targets: {include: {ids: [i-1]}}
    conditions: {locations: {include: {all: true}, exclude: {names: [offices]}}}
    grant: block
  - id: clean
    subjects: {users: {include: {all: true}}}
    targets: {include: {ids: [i-1]}}
    conditions: {sign_in_risk: [medium]}
    grant: block
"#;

/// With absent facts: what the answer would be for each value that matters, one by one and together.
#[test]
fn what_the_answer_would_be() {
    let policy = document::load([("p.yaml", WHAT_IF)], &Limits::default()).unwrap();
    let engine = Engine::of(&policy);
    let request = Request::new(Link::user("ada"), "pay", Target::new("invoice", "i-1"));
    let request = request.at("2026-11-24T10:00:00Z".parse().unwrap());
    assert_eq!(
        hypotheses(&engine, &request),
        [
            "authentication.time = now 900s ago: deny/allow; more than 900s ago: deny/step_up",
            "location.ip = in 198.51.100.0/24: deny/allow; elsewhere (IPv4) elsewhere (IPv6): deny; null: deny",
            "risk.sign_in = none low: deny/allow; medium high: deny",
            "deny at best allow",
        ]
    );
    // What is known is not guessed at, and what changes nothing is not told.
    let known = request.fact(slot::RISK_SIGN_IN, "low").fact(slot::LOCATION_IP, "198.51.100.7");
    assert_eq!(
        hypotheses(&engine, &known),
        ["authentication.time = now 900s ago: allow; more than 900s ago: step_up", "step_up at best allow"]
    );
    // The time itself: the ends of grants.
    let audit = Request::new(Link::user("ada"), "audit", Target::new("book", "b"));
    assert_eq!(
        hypotheses(&engine, &audit),
        [
            "now = before 2026-01-01T00:00:00Z: deny; from 2026-01-01T00:00:00Z before 2026-02-01T00:00:00Z: allow; \
             from 2026-02-01T00:00:00Z: deny",
            "deny at best allow"
        ]
    );
    // Nothing helps who may do nothing.
    let stranger = Request::new(Link::agent("nobody"), "audit", Target::new("book", "b"));
    assert_eq!(engine.what_if(&stranger).facts, []);
}

/// Every hypothesis is the engine's own answer, and the best one is reached with what it says.
#[test]
fn hypotheses_are_decisions() {
    let limits = Limits::default();
    let policy = placet::load("examples/contoso", &limits).unwrap_or_else(|error| panic!("{error}"));
    let (engine, files) = (Engine::of(&policy), RequestFiles::new(&limits));
    let bytes = files.find("examples/contoso/tests.yaml", "requests.jsonl", "c-160").unwrap();
    let request = Request::from_json(&bytes, engine.policy().vocabulary());
    let what_if = engine.what_if(&request);
    assert_eq!((what_if.verdict, what_if.best), ("deny", "allow"));
    let ip = what_if.facts.iter().find(|fact| fact.fact == "location.ip").unwrap();
    for case in &ip.cases {
        for value in case.values.iter().filter_map(|value| value.strip_prefix("in ")) {
            let address = value.split('/').next().unwrap().to_owned();
            assert_eq!(engine.decide(&request.clone().fact(slot::LOCATION_IP, address)).verdict().name(), case.verdict);
        }
    }
    assert!(
        ip.cases.iter().any(|case| case.verdict == "allow" && case.values.iter().any(|v| v.contains("198.51.100")))
    );
}
