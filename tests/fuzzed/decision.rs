//! What must hold of every answer: any bytes as a request, and any world with any request on engine and oracle.

use std::sync::OnceLock;

use placet::{Engine, Limits, Record, Request, Verdict, audit::Keep, document};
use placet_oracle::{Oracle, Outcome, world};

/// A policy that has something of everything.
fn engine() -> &'static (document::Validated, Engine) {
    static ENGINE: OnceLock<(document::Validated, Engine)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let texts = [("everything.yaml", include_str!("../fixtures/everything.yaml"))];
        let policy = document::load(texts, &Limits::default()).expect("the fixture is sound");
        let engine = Engine::of(&policy);
        (policy, engine)
    })
}

/// Any bytes as a request: there is an answer, and its parts say the same.
pub(crate) fn request(data: &[u8]) {
    let (_, engine) = engine();
    let answer = engine.answer_json(data);
    let json: serde_json::Value = serde_json::from_str(&answer).expect("answers are JSON");
    if json.get("evaluations").is_some() {
        return;
    }
    let request = Request::from_json(data, engine.policy().vocabulary());
    let decision = engine.decide(&request);
    assert_eq!(json["context"]["verdict"], decision.verdict().name());
    assert_eq!(json["decision"], decision.may_proceed(&request));
    assert!(request.defect().is_none() || decision.verdict() == Verdict::Deny, "a defective request is denied");
    assert_eq!(engine.explain(&request).verdict, decision.verdict().name());
    let record = Record::new(&decision, &request, Keep::Arguments);
    let again: Record =
        serde_json::from_str(&serde_json::to_string(&record).expect("records are JSON")).expect("and back");
    assert_eq!(record, again);
    if decision.verdict() != Verdict::Deny {
        assert!(engine.could_allow(&request), "what is not denied is listed");
    }
}

/// Any bytes as a world and requests: the compiled engine is the plain oracle (law 11).
pub(crate) fn engine_oracle(data: &[u8]) {
    let numbers: Vec<u16> = data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut tape = world::Tape::new(&numbers);
    let requests: Vec<serde_json::Value> = (0..2).map(|_| world::request(&mut tape)).collect();
    let text = world::document(&mut tape, world::Reading::All).to_string();
    let Ok(policy) = document::load([("world.json", text.as_str())], &Limits::default()) else { return };
    let (engine, oracle) = (Engine::of(&policy), Oracle::new(&policy));
    for request in &requests {
        let bytes = request.to_string();
        let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
        assert_eq!(Outcome::of(&engine.decide(&asked)), oracle.decide(&asked), "{text}\n{bytes}");
    }
}
