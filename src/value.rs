//! What can a fact be? The values of CEL's JSON profile, borrowed or owned, and the three states of a fact.
//!
//! [`Value`] is what requests, attributes and conditions exchange. It borrows where it can (`Value<'a>` over the caller's
//! strings), so that judging a request copies nothing.
//!
//! A [`Map`] is *closed* (its members are all there are, CEL to the letter) or *open* (the members that a request happened
//! to give; the others are unknown, so presence of a missing one is unknown). INVARIANT (law 5): nothing read from a missing
//! member of an open map is ever treated as absent.
//!
//! Next room: [`crate::fact`], which declares the facts.

use core::ops::Deref;
use std::borrow::Cow;

use crate::label::Label;
use crate::time::{Duration, Timestamp};

/// An ordered enumeration that facts can take, such as a risk level. Compared by place, not by spelling.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Enumeration {
    /// Its name in messages, e.g. `risk level`.
    pub name: &'static str,
    /// Its members, least first.
    pub members: &'static [&'static str],
}

impl Enumeration {
    /// The place of a member.
    pub fn ordinal(&self, member: &str) -> Option<u8> {
        // Length and first letter tell most members apart.
        let (size, first) = (member.len(), member.as_bytes().first());
        let is = |m: &&str| m.len() == size && m.as_bytes().first() == first && *m == member;
        self.members.iter().position(is).and_then(|i| u8::try_from(i).ok())
    }

    /// The member at a place.
    pub fn member(&self, ordinal: u8) -> &'static str {
        self.members.get(usize::from(ordinal)).copied().unwrap_or("")
    }
}

/// A value of a fact or of a condition. (Those that may own something stand last, so that one comparison tells the others.)
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// JSON null: known to be absent.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer; JSON numbers written without fraction or exponent.
    Int(i64),
    /// An unsigned 64-bit integer; JSON integers above `i64::MAX`.
    Uint(u64),
    /// A 64-bit float.
    Double(f64),
    /// A point in time.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// A sensitivity label.
    Label(Label),
    /// A member of an ordered enumeration, by place.
    Enum(&'static Enumeration, u8),
    /// A type, as CEL's `type()` answers it: `int`, `list`. No fact has one.
    Type(&'static str),
    /// Text.
    String(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Members<'a>),
}

impl Value<'_> {
    /// Whether it is null: known to be absent.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it holds anything of its own, besides what it borrows: only then is there something to drop.
    #[inline]
    pub(crate) const fn is_owned(&self) -> bool {
        match self {
            Self::String(Cow::Owned(_))
            | Self::Bytes(Cow::Owned(_))
            | Self::List(List::Owned(_))
            | Self::Map(Members::Owned(_)) => true,
            Self::String(Cow::Borrowed(_))
            | Self::Bytes(Cow::Borrowed(_))
            | Self::List(List::Borrowed(_))
            | Self::Map(Members::Borrowed(_))
            | Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::Label(_)
            | Self::Enum(..)
            | Self::Type(_) => false,
        }
    }
}

/// The items of a list, borrowed or owned. (`Cow` would make [`Value`] invariant in its lifetime, and then no
/// [`Facts`] could lend out values that live longer than the borrow.)
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// Items that someone else holds.
    Borrowed(&'a [Value<'a>]),
    /// Items of its own.
    Owned(Vec<Value<'a>>),
}

impl<'a> Deref for List<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        match self {
            Self::Borrowed(items) => items,
            Self::Owned(items) => items,
        }
    }
}

impl<'a> From<Vec<Value<'a>>> for List<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Self::Owned(items)
    }
}

/// A [`Map`], borrowed or owned.
#[derive(Clone, Debug)]
pub enum Members<'a> {
    /// A map that someone else holds.
    Borrowed(&'a Map<'a>),
    /// A map of its own.
    Owned(Map<'a>),
}

impl<'a> Deref for Members<'a> {
    type Target = Map<'a>;

    fn deref(&self) -> &Map<'a> {
        match self {
            Self::Borrowed(map) => map,
            Self::Owned(map) => map,
        }
    }
}

impl<'a> From<Map<'a>> for Members<'a> {
    fn from(map: Map<'a>) -> Self {
        Self::Owned(map)
    }
}

/// A key of a [`Map`]. JSON has only strings; CEL maps also take the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// Text.
    String(Cow<'a, str>),
}

impl Key<'_> {
    /// Whether both are one key to CEL: `1` and `1u` are.
    pub fn same(&self, other: &Key<'_>) -> bool {
        match (self, other) {
            (Key::Bool(a), Key::Bool(b)) => a == b,
            (Key::Int(a), Key::Int(b)) => a == b,
            (Key::Uint(a), Key::Uint(b)) => a == b,
            (Key::Int(a), Key::Uint(b)) | (Key::Uint(b), Key::Int(a)) => u64::try_from(*a) == Ok(*b),
            (Key::String(a), Key::String(b)) => a == b,
            (Key::Bool(_) | Key::Int(_) | Key::Uint(_) | Key::String(_), _) => false,
        }
    }
}

/// A map with unique keys, sorted, so that equal maps are equal byte for byte.
#[derive(Clone, Debug, Default)]
pub struct Map<'a> {
    entries: Vec<(Key<'a>, Value<'a>)>,
    open: bool,
}

impl<'a> Map<'a> {
    /// A closed map of these entries; `None` if a key occurs twice.
    pub fn new(mut entries: Vec<(Key<'a>, Value<'a>)>) -> Option<Self> {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let unique = entries.windows(2).all(|w| !matches!(w, [a, b] if a.0 == b.0));
        unique.then_some(Self { entries, open: false })
    }

    /// The same entries, with all members not listed unknown.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.open = true;
        self
    }

    /// Whether members that are not listed are unknown rather than absent.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// The entries, by key.
    pub fn entries(&self) -> &[(Key<'a>, Value<'a>)] {
        &self.entries
    }

    /// The entries, by key, as a list of their own.
    pub fn into_entries(self) -> Vec<(Key<'a>, Value<'a>)> {
        self.entries
    }

    /// The value under a key; numbers of equal value are the same key, as in CEL.
    pub fn find(&self, key: &Key<'_>) -> Option<&Value<'a>> {
        match key {
            Key::String(name) => self.get(name),
            Key::Bool(_) | Key::Int(_) | Key::Uint(_) => {
                self.entries.iter().find(|(k, _)| k.same(key)).map(|(_, value)| value)
            }
        }
    }

    /// The value under a string key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        // Requests have few members: a scan beats a binary search until some sixteen.
        if self.entries.len() <= 16 {
            let hit = |entry: &&(Key<'a>, Value<'a>)| matches!(&entry.0, Key::String(k) if k.len() == key.len() && k.as_ref() == key);
            return self.entries.iter().find(hit).map(|(_, v)| v);
        }
        let at = self.entries.binary_search_by(|(k, _)| match k {
            Key::String(k) => k.as_ref().cmp(key),
            Key::Bool(_) | Key::Int(_) | Key::Uint(_) => core::cmp::Ordering::Less,
        });
        at.ok().and_then(|i| self.entries.get(i)).map(|(_, v)| v)
    }
}

/// An empty list: the groups of who is not registered.
pub(crate) static NO_ITEMS: Value<'static> = Value::List(List::Borrowed(&[]));
/// A closed map of nothing: the attributes of who is not registered.
pub(crate) static NO_MEMBERS: Value<'static> = Value::Map(Members::Owned(Map { entries: Vec::new(), open: false }));

/// An open map of nothing: the properties that a request does not give.
pub(crate) static NOTHING_SAID: Value<'static> = Value::Map(Members::Owned(Map { entries: Vec::new(), open: true }));

/// What is known about a fact in one request. Cheap to copy; [`Fact::Known`] never holds [`Value::Null`].
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// Nobody said. Worst case.
    Unknown,
    /// Known to be absent.
    Null,
    /// Known.
    Known(&'a Value<'a>),
}

/// Where a condition reads its facts: one answer per slot of its [`crate::fact::Schema`].
pub trait Facts {
    /// The fact in `slot`; [`Fact::Unknown`] for a slot that does not exist.
    fn fact(&self, slot: u16) -> Fact<'_>;
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(i: i64) -> Self {
        Self::Int(i)
    }
}

impl From<f64> for Value<'_> {
    fn from(d: f64) -> Self {
        Self::Double(d)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(t: Timestamp) -> Self {
        Self::Timestamp(t)
    }
}

impl<'a> FromIterator<Value<'a>> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(items: I) -> Self {
        Self::List(List::Owned(items.into_iter().collect()))
    }
}

impl<'a> From<Vec<Value<'a>>> for Value<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Self::List(List::Owned(items))
    }
}

impl<'a> From<Map<'a>> for Value<'a> {
    fn from(map: Map<'a>) -> Self {
        Self::Map(Members::Owned(map))
    }
}

/// The value of a JSON value: integers without fraction are [`Value::Int`], above `i64::MAX` [`Value::Uint`], other numbers
/// [`Value::Double`]; objects are closed maps. Recursion goes as deep as `json`, which its reader bounds.
pub(crate) fn value_from_json(json: &serde_json::Value) -> Value<'static> {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::Uint(uint),
            // A number that is no float either does not exist without `arbitrary_precision`.
            (None, None) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::String(Cow::Owned(text.clone())),
        serde_json::Value::Array(items) => items.iter().map(value_from_json).collect(),
        serde_json::Value::Object(members) => Value::from(map_from_json(members)),
    }
}

/// The closed map of a JSON object's members.
pub(crate) fn map_from_json<'m>(
    members: impl IntoIterator<Item = (&'m String, &'m serde_json::Value)>,
) -> Map<'static> {
    let entries = members.into_iter().map(|(k, v)| (Key::String(Cow::Owned(k.clone())), value_from_json(v)));
    // Members of an object are unique already.
    Map::new(entries.collect()).unwrap_or_default()
}

/// A value as JSON; what JSON has no form for becomes text.
pub(crate) fn value_to_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Uint(value) => (*value).into(),
        Value::Double(value) => serde_json::Number::from_f64(*value).map_or(serde_json::Value::Null, Into::into),
        Value::String(text) => text.as_ref().into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Value::List(items) => items.iter().map(value_to_json).collect(),
        Value::Map(map) => {
            let name = |key: &Key<'_>| match key {
                Key::Bool(key) => key.to_string(),
                Key::Int(key) => key.to_string(),
                Key::Uint(key) => key.to_string(),
                Key::String(key) => key.to_string(),
            };
            map.entries().iter().map(|(key, value)| (name(key), value_to_json(value))).collect()
        }
        Value::Timestamp(time) => time.to_string().into(),
        Value::Duration(length) => length.to_string().into(),
        Value::Label(label) => format!("{label:?}").into(),
        Value::Enum(all, place) => all.member(*place).into(),
        Value::Type(name) => (*name).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fact, Facts, Value};

    // INVARIANT: values are covariant, so that a longer-lived value can be lent through `Facts`.
    struct Held<'v>(Vec<Value<'v>>);

    impl Facts for Held<'_> {
        fn fact(&self, slot: u16) -> Fact<'_> {
            self.0.get(usize::from(slot)).map_or(Fact::Unknown, Fact::Known)
        }
    }

    #[test]
    fn lends() {
        assert!(matches!(Held(vec![Value::Bool(true)]).fact(0), Fact::Known(Value::Bool(true))));
    }
}
