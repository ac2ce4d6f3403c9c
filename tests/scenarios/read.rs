//! Reading cases: small helpers that the adapters share.

use placet::reading::Reading;
use placet::time::Timestamp;
use serde_json::Value;

/// Which reading is replayed: the faithful one, which the cases are about, or, to see where it differs, the strict one
/// (`PLACET_READING=strict`).
pub fn reading() -> Reading {
    if std::env::var("PLACET_READING").is_ok_and(|reading| reading == "strict") {
        Reading::Strict
    } else {
        Reading::Faithful
    }
}

/// A member that is a text.
pub fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// A member that is a whole number.
pub fn number(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(Value::as_i64)
}

/// A member that is a truth value.
pub fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name).and_then(Value::as_bool)
}

/// The texts of a member that is a list; none if it is missing.
pub fn texts<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// An id.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no id"))
}

/// That many seconds after 1970.
pub fn at(seconds: i64) -> Result<Timestamp, String> {
    Timestamp::new(seconds, 0).ok_or_else(|| format!("{seconds} is no time"))
}

/// A word in lower case without spaces and marks: `app-only` and `appOnly` are one.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
