//! Many questions at once: AuthZEN `evaluations`, with defaults and the three ways to stop.
//!
//! Each entry overrides the defaults member by member, whole. INVARIANT: answers come in the order of the entries; an entry that
//! is malformed is denied and the next is judged.
//!
//! Source: AuthZEN Authorization API 1.0, section 7.
//!
//! Next room: [`crate::live`].

use serde::Serialize;

use super::Answer;
use crate::engine::Engine;
use crate::request::{Defect, Request, parse as parse_json};
use crate::value::{Key, List, Map, Members, Value};

/// The answers to a batch.
#[derive(Debug, Serialize)]
pub(super) struct Batch {
    evaluations: Vec<Answer>,
}

/// When to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    End,
    Deny,
    Permit,
}

/// Whether a text may be a batch, without parsing it: most are single requests, and need not be parsed twice. The key may be written with
/// escapes.
#[must_use]
pub fn may_be_batch(bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    has(b"\"evaluations\"") || has(b"\\u")
}

/// The answers, if it is a batch.
pub(super) fn parse(bytes: &[u8], engine: &Engine) -> Option<Batch> {
    if !may_be_batch(bytes) {
        return None;
    }
    let limits = engine.policy().vocabulary().limits();
    let Ok(Value::Map(root)) = parse_json(bytes, limits) else { return None };
    let entries = match root.get("evaluations") {
        Some(Value::List(entries)) if !entries.is_empty() => entries,
        Some(Value::List(_)) | None => return None,
        Some(_) => return Some(refused(engine, Defect::new("evaluations", "must be a list"))),
    };
    // Every entry reads the defaults again.
    let work = entries.len().saturating_mul(bytes.len());
    if entries.len() > limits.batch || work > limits.batch_bytes {
        let cause = format!("{} evaluations of a request of {} bytes are too many", entries.len(), bytes.len());
        return Some(refused(engine, Defect::too_large("evaluations", cause)));
    }
    let until = match until(&root) {
        Ok(until) => until,
        Err(defect) => return Some(refused(engine, defect)),
    };
    let mut evaluations = Vec::with_capacity(entries.len());
    let (mut pairs, mut spent) = (0usize, 0u64);
    for entry in entries.iter() {
        let mut request = if let Value::Map(entry) = entry {
            Request::from_value(merged(&root, entry), engine.policy().vocabulary())
        } else {
            Request::malformed(Defect::new("evaluations", "every entry must be an object"))
        };
        pairs = pairs.saturating_add((request.actors().len() + 1).saturating_mul(request.targets().len()));
        if pairs > limits.batch_pairs {
            let cause = format!("the evaluations before it have {} pairs of link and resource", limits.batch_pairs);
            request = Request::malformed(Defect::too_large("evaluations", cause));
        }
        if spent >= limits.decision_cost {
            let cause = format!("the conditions of those before it took {} steps", limits.decision_cost);
            request = Request::malformed(Defect::too_large("evaluations", cause));
        }
        let decision = engine.decide(&request);
        spent = spent.saturating_add(decision.spent);
        let answer = Answer::new(&decision, &request);
        let decided = answer.decision;
        evaluations.push(answer);
        if (decided && until == Until::Permit) || (!decided && until == Until::Deny) {
            break;
        }
    }
    Some(Batch { evaluations })
}

fn refused(engine: &Engine, defect: Defect) -> Batch {
    Batch { evaluations: vec![engine.answer(&Request::malformed(defect))] }
}

fn until(root: &Map<'_>) -> Result<Until, Defect> {
    let options = match root.get("options") {
        None | Some(Value::Null) => return Ok(Until::End),
        Some(Value::Map(options)) => options,
        Some(_) => return Err(Defect::new("options", "must be an object")),
    };
    let semantic = match options.get("evaluations_semantic") {
        None | Some(Value::Null) => return Ok(Until::End),
        Some(Value::String(semantic)) => semantic.as_ref(),
        Some(_) => "",
    };
    match semantic {
        "execute_all" => Ok(Until::End),
        "deny_on_first_deny" => Ok(Until::Deny),
        "permit_on_first_permit" => Ok(Until::Permit),
        _ => Err(Defect::new(
            "options.evaluations_semantic",
            "write `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`",
        )),
    }
}

/// An entry with the defaults in its gaps; nothing is copied but references.
fn merged<'m>(root: &'m Map<'m>, entry: &'m Map<'m>) -> Value<'m> {
    let lend = |value: &'m Value<'m>| {
        if let Value::Map(map) = value {
            Value::Map(Members::Borrowed(map))
        } else if let Value::List(items) = value {
            Value::List(List::Borrowed(items))
        } else {
            value.clone()
        }
    };
    let members = ["subject", "action", "resource", "context"];
    let entries = members.into_iter().filter_map(|name| {
        let value = entry.get(name).or_else(|| root.get(name))?;
        Some((Key::String(name.into()), lend(value)))
    });
    Value::from(Map::new(entries.collect()).unwrap_or_default())
}
