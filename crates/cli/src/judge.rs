//! What is the answer to one text? A request, or an AuthZEN batch of them; with the time filled in where it is absent.
//!
//! The library answers; this room only adds the time, and takes batches apart where each entry is shown or recorded. INVARIANT:
//! a time that the request states is never changed, and a `null` is a statement.
//!
//! Next room: [`crate::decide`].

use std::time::{SystemTime, UNIX_EPOCH};

use placet::fact::slot;
use placet::request::Defect;
use placet::time::Timestamp;
use placet::value::Fact;
use placet::{Answer, Decision, Engine, Request};
use serde_json::{Map, Value};

/// Judges texts.
pub(crate) struct Judge<'e> {
    pub(crate) engine: &'e Engine,
    /// Time of requests that have none; the clock if it is `None`.
    pub(crate) now: Option<Timestamp>,
    /// Bytes that a request may have.
    pub(crate) limit: usize,
}

/// Who wants to see a request and its decision.
pub(crate) type Seen<'s> = &'s mut dyn FnMut(&Request<'_>, &Decision<'_>);

/// The time, if the clock can be read.
#[expect(clippy::disallowed_methods, reason = "the command line is the host, and the host has the clock")]
pub(crate) fn clock() -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Timestamp::new(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
}

/// A batch, taken apart.
struct Batch {
    /// The whole, with the time filled in.
    text: Vec<u8>,
    /// Each entry as a request of its own.
    entries: Vec<Vec<u8>>,
}

impl Judge<'_> {
    /// Appends the answer as JSON, and shows each request with its decision to `seen`.
    pub(crate) fn answer(&self, text: Result<&[u8], usize>, out: &mut Vec<u8>, seen: Option<Seen<'_>>) {
        let Some(batch) = text.ok().and_then(|text| self.batch(text)) else {
            let request = self.request(text);
            let decision = self.engine.decide(&request);
            if serde_json::to_writer(&mut *out, &Answer::new(&decision, &request)).is_err() {
                // An answer is texts, numbers and lists with text keys; should JSON not carry it, the answer is no.
                out.extend_from_slice(br#"{"decision":false}"#);
            }
            if let Some(seen) = seen {
                seen(&request, &decision);
            }
            return;
        };
        let answers = self.engine.answer_json(&batch.text);
        out.extend_from_slice(answers.as_bytes());
        let Some(seen) = seen else { return };
        let answers = serde_json::from_str::<Value>(&answers).unwrap_or_default();
        let answers = answers.get("evaluations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // Entries after the one where the batch says to stop have no answer.
        for (at, answer) in answers.iter().enumerate() {
            let error = answer.pointer("/context/error").and_then(Value::as_str).unwrap_or_default();
            let (path, cause) = error.split_once(": ").unwrap_or_default();
            // The batch itself is refused, or an entry that is no object.
            let refused = path.starts_with("evaluations") || path.starts_with("options");
            let request = match batch.entries.get(at).filter(|_| !refused) {
                Some(entry) => self.request(Ok(entry)),
                None => Request::malformed(Defect {
                    path: path.to_owned().into(),
                    cause: cause.to_owned(),
                    too_large: answer
                        .pointer("/context/reasons/0/code")
                        .is_some_and(|code| code == "request.too_large"),
                }),
            };
            seen(&request, &self.engine.decide(&request));
        }
    }

    /// Shows each request in a text.
    pub(crate) fn each(&self, text: Result<&[u8], usize>, seen: &mut dyn FnMut(&Request<'_>)) {
        match text.ok().and_then(|text| self.batch(text)).filter(|batch| !batch.entries.is_empty()) {
            Some(batch) => batch.entries.iter().for_each(|entry| seen(&self.request(Ok(entry)))),
            None => seen(&self.request(text)),
        }
    }

    /// The request in a text (or in one of which only the length is known), at its time.
    fn request<'t>(&self, text: Result<&'t [u8], usize>) -> Request<'t> {
        let request = match text {
            Ok(text) if text.len() <= self.limit => Request::from_json(text, self.engine.policy().vocabulary()),
            Ok(text) => self.too_large(text.len()),
            Err(length) => self.too_large(length),
        };
        let unsaid = request.defect().is_none() && matches!(request.context_fact(slot::NOW), Fact::Unknown);
        match self.now().filter(|_| unsaid) {
            Some(now) => request.at(now),
            None => request,
        }
    }

    fn too_large<'t>(&self, length: usize) -> Request<'t> {
        let cause = format!("it has {length} bytes, more than {}", self.limit);
        Request::malformed(Defect { path: "request".into(), cause, too_large: true })
    }

    fn now(&self) -> Option<Timestamp> {
        self.now.or_else(clock)
    }

    /// The batch, if the text is one.
    fn batch(&self, text: &[u8]) -> Option<Batch> {
        if text.len() > self.limit || !placet::door::may_be_batch(text) {
            return None;
        }
        // What is not strictly JSON (a member twice) is for the library to refuse, as it is.
        let strict = Request::from_json(text, self.engine.policy().vocabulary());
        if strict.defect().is_some_and(|defect| defect.path == "request") {
            return None;
        }
        let Ok(Value::Object(mut root)) = serde_json::from_slice(text) else { return None };
        let Value::Array(mut evaluations) = root.remove("evaluations")? else {
            // Refused as a whole.
            return Some(Batch { text: text.to_vec(), entries: Vec::new() });
        };
        if evaluations.is_empty() {
            return None;
        }
        let now = self.now().map(|now| Value::String(now.to_string()));
        let mut whole = root.clone();
        fill(&mut whole, now.as_ref());
        let mut entries = Vec::new();
        for evaluation in &mut evaluations {
            if let Value::Object(entry) = evaluation {
                if entry.contains_key("context") {
                    fill(entry, now.as_ref());
                }
                entries.push(merged(&whole, entry));
            } else {
                entries.push(Vec::new());
            }
        }
        whole.insert("evaluations".to_owned(), Value::Array(evaluations));
        Some(Batch { text: serde_json::to_vec(&whole).ok()?, entries })
    }
}

/// States the time in the context of a request, if it says nothing of it.
fn fill(request: &mut Map<String, Value>, now: Option<&Value>) {
    let Some(now) = now else { return };
    let context = request.entry("context").or_insert(Value::Null);
    if context.is_null() {
        *context = Value::Object(Map::new());
    }
    if let Value::Object(context) = context {
        context.entry("time").or_insert_with(|| now.clone());
    }
}

/// An entry with the defaults in its gaps, whole member by whole member.
fn merged(defaults: &Map<String, Value>, entry: &Map<String, Value>) -> Vec<u8> {
    let members = ["subject", "action", "resource", "context"];
    let member = |name: &&str| Some(((*name).to_owned(), entry.get(*name).or_else(|| defaults.get(*name))?.clone()));
    serde_json::to_vec(&Value::Object(members.iter().filter_map(member).collect())).unwrap_or_default()
}
