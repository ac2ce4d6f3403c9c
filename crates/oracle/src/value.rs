//! What is a value? Plain owned data, without borrowing and without sharing.

use placet::label::Label;
use placet::time::{Duration, Timestamp};
use placet::value::{Enumeration, Fact, Key, Map, Value};

/// A value of a condition.
#[derive(Clone, Debug)]
pub(crate) enum Plain {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A float.
    Double(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Plain>),
    /// Keys and values; open if members that are not listed are unknown.
    Map(Vec<(Plain, Plain)>, bool),
    /// A point in time.
    Time(Timestamp),
    /// A length of time.
    Length(Duration),
    /// A label.
    Label(Label),
    /// A member of an enumeration.
    Member(&'static Enumeration, u8),
    /// An optional value.
    Optional(Option<Box<Plain>>),
}

/// What is known of a fact.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// Nobody said.
    Unknown,
    /// Known to be absent.
    Null,
    /// Known.
    Value(Plain),
}

impl Plain {
    /// A text.
    #[must_use]
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A list of texts.
    pub(crate) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// A map of the library.
    #[must_use]
    pub(crate) fn map(map: &Map<'_>) -> Self {
        let key = |key: &Key<'_>| match key {
            Key::Bool(key) => Self::Bool(*key),
            Key::Int(key) => Self::Int(*key),
            Key::Uint(key) => Self::Uint(*key),
            Key::String(key) => Self::text(key),
        };
        Self::Map(map.entries().iter().map(|(k, v)| (key(k), Self::of(v))).collect(), map.is_open())
    }

    /// A value of the library.
    #[must_use]
    #[expect(clippy::panic, reason = "the oracle says what it does not know instead of guessing")]
    pub(crate) fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Double(value) => Self::Double(*value),
            Value::String(text) => Self::text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Value::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Map(map) => Self::map(map),
            Value::Timestamp(time) => Self::Time(*time),
            Value::Duration(length) => Self::Length(*length),
            Value::Label(label) => Self::Label(*label),
            Value::Enum(all, place) => Self::Member(all, *place),
            other => panic!("oracle does not know the value {other:?}"),
        }
    }
}

impl Known {
    /// A fact of the library.
    #[must_use]
    pub(crate) fn of(fact: Fact<'_>) -> Self {
        match fact {
            Fact::Unknown => Self::Unknown,
            Fact::Null => Self::Null,
            Fact::Known(value) => Self::maybe(Some(Plain::of(value))),
        }
    }

    /// Known, or known to be absent.
    #[must_use]
    pub(crate) fn maybe(value: Option<Plain>) -> Self {
        match value {
            None | Some(Plain::Null) => Self::Null,
            Some(value) => Self::Value(value),
        }
    }
}
