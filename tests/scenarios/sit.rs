//! Sensitive information types.

use std::sync::LazyLock;

use placet::Limits;
use placet::sensitive::{Confidence, Scanner, catalogue};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    let scanner = scanner()?;
    let kind = request["sit"].as_str().ok_or("no type")?;
    let least = request["minConfidence"].as_u64().and_then(|percent| u8::try_from(percent).ok());
    let least = least.and_then(Confidence::new).unwrap_or(Confidence::LOW);
    let examination = scanner.examine(given["text"].as_str().unwrap_or_default(), kind, least);
    Ok(json!({
        "match": examination.is_match(),
        "confidence": examination.confidence.map(Confidence::percent),
        "reason": examination.reason.map(|reason| reason.to_string()),
    }))
}

/// The catalogue's scanner, compiled once.
pub(crate) fn scanner() -> Result<&'static Scanner, String> {
    static SCANNER: LazyLock<Result<Scanner, String>> =
        LazyLock::new(|| Scanner::new(&catalogue(), &Limits::default()).map_err(|error| error.to_string()));
    SCANNER.as_ref().map_err(Clone::clone)
}
