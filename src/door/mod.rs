//! What does the answer look like in JSON? OpenID AuthZEN bytes in, AuthZEN bytes out.
//!
//! `{"decision": bool, "context": {...}}`. INVARIANT: `decision` is true only if nothing is outstanding and the request lists every
//! type of obligation and change that the answer carries (advisory ones apart), so that an enforcement point that knows only
//! the boolean is safe.
//!
//! Source: AuthZEN Authorization API 1.0 (evaluation and evaluations), obligations profile (negotiation).
//!
//! ```
//! use placet::{Engine, Limits, document};
//! let text = "version: 1\nrules: [{id: read, effect: permit, action: read}]\n";
//! let engine = Engine::of(&document::load([("policy.yaml", text)], &Limits::default())?);
//! let request = br#"{"subject": {"type": "user", "id": "ada"}, "action": {"name": "read"},
//!                    "resource": {"type": "page", "id": "home"}}"#;
//! assert!(engine.answer_json(request).starts_with(r#"{"decision":true,"context":{"verdict":"allow""#));
//! # Ok::<(), placet::diagnostic::Diagnostics>(())
//! ```
//!
//! Next room: [`crate::live`].

mod answer;
mod batch;

pub use answer::{Answer, AnswerAsk, AnswerChallenge, AnswerContext, AnswerFlow};
pub use answer::{AnswerObligation, AnswerReason, AnswerRequirement};
pub use batch::may_be_batch;

use crate::engine::Engine;
use crate::request::Request;

impl Engine {
    /// Judges an AuthZEN evaluation request, or a batch of them (`evaluations`), and writes the answer as JSON.
    #[must_use]
    pub fn answer_json(&self, bytes: &[u8]) -> String {
        let answer = match batch::parse(bytes, self) {
            Some(batch) => serde_json::to_string(&batch),
            None => serde_json::to_string(&self.answer(&Request::from_json(bytes, self.policy().vocabulary()))),
        };
        // An answer is texts, numbers and lists with text keys, so JSON can carry it; should it not, the answer is no.
        answer.unwrap_or_else(|_| r#"{"decision":false}"#.to_owned())
    }

    /// Judges a request and gives the answer as data.
    #[must_use]
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        Answer::new(&self.decide(request), request)
    }
}
