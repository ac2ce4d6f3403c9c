//! What can a subexpression be worth while it is evaluated? Values that lend from facts and from the compiled condition.
//!
//! INVARIANT: nothing that comes from a fact or a literal is copied: texts, lists and maps are references until a function
//! builds new ones.
//!
//! Next room: `evaluate`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use core::net::IpAddr;
use core::ops::Deref;
use std::borrow::Cow;
use std::sync::Arc;

use crate::condition::EvaluationError;
use crate::label::Label;
use crate::time::{Duration, Timestamp};
use crate::value::{Enumeration, Key, List, Map, Members, Value};

/// Why a subexpression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It depends on what nobody said.
    Unknown,
    /// It is a mistake.
    Error(EvaluationError),
}

impl Stop {
    /// What two undecided operands make: worst case, one could turn out well.
    pub(crate) const fn or(self, other: Option<Self>) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Some(Self::Unknown)) => Self::Unknown,
            (Self::Error(_), Some(first)) => first,
            (Self::Error(_), None) => self,
        }
    }
}

impl From<EvaluationError> for Stop {
    fn from(error: EvaluationError) -> Self {
        Self::Error(error)
    }
}

pub(crate) type Outcome<T> = Result<T, Stop>;

/// No overload of an operator or function takes these operands.
pub(crate) const fn mismatch<T>() -> Outcome<T> {
    Err(Stop::Error(EvaluationError::Type))
}

/// Text, lent or built.
#[derive(Clone, Debug)]
pub(crate) enum Text<'a> {
    Lent(&'a str),
    Built(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Built(text) => text,
        }
    }
}

/// Bytes, lent or built.
#[derive(Clone, Debug)]
pub(crate) enum Blob<'a> {
    Lent(&'a [u8]),
    Built(Arc<[u8]>),
}

impl Deref for Blob<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Built(bytes) => bytes,
        }
    }
}

/// A list: of a fact, of a literal, or built.
#[derive(Clone, Debug)]
pub(crate) enum Items<'a> {
    Fact(&'a [Value<'a>]),
    Lent(&'a [Datum<'a>]),
    Built(Arc<Vec<Datum<'a>>>),
}

impl<'a> Items<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Fact(items) => items.len(),
            Self::Lent(items) => items.len(),
            Self::Built(items) => items.len(),
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<Datum<'a>> {
        match self {
            Self::Fact(items) => items.get(at).map(Datum::of),
            Self::Lent(items) => items.get(at).map(Datum::lend),
            Self::Built(items) => items.get(at).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Datum<'a>> + '_ {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

/// A map: of a fact, of a literal, or built. Sorted by key.
#[derive(Clone, Debug)]
pub(crate) enum Entries<'a> {
    Fact(&'a Map<'a>),
    Lent(&'a [(Key<'a>, Datum<'a>)]),
    Built(Arc<Vec<(Key<'a>, Datum<'a>)>>),
}

impl<'a> Entries<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Fact(map) => map.entries().len(),
            Self::Lent(entries) => entries.len(),
            Self::Built(entries) => entries.len(),
        }
    }

    /// Whether members that are not there are unknown.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Fact(map) => map.is_open(),
            Self::Lent(_) | Self::Built(_) => false,
        }
    }

    /// The member under a name.
    pub(crate) fn get(&self, name: &str) -> Option<Datum<'a>> {
        match self {
            Self::Fact(map) => map.get(name).map(Datum::of),
            Self::Lent(entries) => named(entries, name).map(Datum::lend),
            Self::Built(entries) => named(entries, name).cloned(),
        }
    }

    /// The member under a key; numbers of equal value are one key.
    pub(crate) fn find(&self, key: &Key<'_>) -> Option<Datum<'a>> {
        match (self, key) {
            (_, Key::String(name)) => self.get(name),
            (Self::Fact(map), Key::Bool(_) | Key::Int(_) | Key::Uint(_)) => map.find(key).map(Datum::of),
            (Self::Lent(entries), Key::Bool(_) | Key::Int(_) | Key::Uint(_)) => {
                entries.iter().find(|(k, _)| k.same(key)).map(|(_, v)| v.lend())
            }
            (Self::Built(entries), Key::Bool(_) | Key::Int(_) | Key::Uint(_)) => {
                entries.iter().find(|(k, _)| k.same(key)).map(|(_, v)| v.clone())
            }
        }
    }

    /// The entry at a place.
    pub(crate) fn at(&self, at: usize) -> Option<(Datum<'a>, Datum<'a>)> {
        match self {
            Self::Fact(map) => map.entries().get(at).map(|(k, v)| (lent_key(k), Datum::of(v))),
            Self::Lent(entries) => entries.get(at).map(|(k, v)| (lent_key(k), v.lend())),
            Self::Built(entries) => entries.get(at).map(|(k, v)| (built_key(k), v.clone())),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Datum<'a>, Datum<'a>)> + '_ {
        (0..self.len()).filter_map(|at| self.at(at))
    }

    /// A built map; a key that occurs twice is an error.
    pub(crate) fn build(mut entries: Vec<(Key<'a>, Datum<'a>)>) -> Outcome<Self> {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let numbers = entries.iter().filter_map(|(k, _)| match k {
            Key::Uint(n) => i64::try_from(*n).ok(),
            Key::Bool(_) | Key::Int(_) | Key::String(_) => None,
        });
        let crossing = numbers.into_iter().any(|n| entries.binary_search_by(|(k, _)| k.cmp(&Key::Int(n))).is_ok());
        if crossing || entries.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
            return Err(EvaluationError::DuplicateKey.into());
        }
        Ok(Self::Built(Arc::new(entries)))
    }
}

fn named<'m, 'a>(entries: &'m [(Key<'a>, Datum<'a>)], name: &str) -> Option<&'m Datum<'a>> {
    if entries.len() <= 16 {
        return entries.iter().find(|(k, _)| matches!(k, Key::String(k) if k.as_ref() == name)).map(|(_, v)| v);
    }
    let place = |key: &Key<'_>| match key {
        Key::String(k) => k.as_ref().cmp(name),
        Key::Bool(_) | Key::Int(_) | Key::Uint(_) => core::cmp::Ordering::Less,
    };
    entries.binary_search_by(|(k, _)| place(k)).ok().and_then(|at| entries.get(at)).map(|(_, v)| v)
}

fn lent_key<'a>(key: &'a Key<'a>) -> Datum<'a> {
    match key {
        Key::Bool(value) => Datum::Bool(*value),
        Key::Int(value) => Datum::Int(*value),
        Key::Uint(value) => Datum::Uint(*value),
        Key::String(text) => Datum::text(text),
    }
}

fn built_key<'a>(key: &Key<'a>) -> Datum<'a> {
    match key {
        Key::Bool(value) => Datum::Bool(*value),
        Key::Int(value) => Datum::Int(*value),
        Key::Uint(value) => Datum::Uint(*value),
        Key::String(Cow::Borrowed(text)) => Datum::text(text),
        Key::String(Cow::Owned(text)) => Datum::built(text.as_str()),
    }
}

/// An address range: an address, not masked, and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

/// A value in flight.
#[derive(Clone, Debug)]
pub(crate) enum Datum<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Text<'a>),
    Bytes(Blob<'a>),
    List(Items<'a>),
    Map(Entries<'a>),
    Timestamp(Timestamp),
    Duration(Duration),
    Label(Label),
    Enum(&'static Enumeration, u8),
    Type(&'static str),
    Optional(Option<Arc<Datum<'a>>>),
    Address(IpAddr),
    Network(Network),
    /// A URL that has been read once; its parts are found again when asked for.
    Url(Text<'a>),
    /// A mail address that has been read once.
    Email(Text<'a>),
}

impl<'a> Datum<'a> {
    /// How many bytes reading the value itself, not its items, costs.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Url(text) | Self::Email(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::Label(_)
            | Self::Enum(..)
            | Self::Type(_)
            | Self::Optional(_)
            | Self::Address(_)
            | Self::Network(_) => 0,
        }
    }

    /// A fact's value, lent.
    #[inline]
    pub(crate) fn of(value: &'a Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Double(value) => Self::Double(*value),
            Value::String(text) => Self::text(text),
            Value::Bytes(bytes) => Self::Bytes(Blob::Lent(bytes)),
            Value::List(items) => Self::List(Items::Fact(items)),
            Value::Map(map) => Self::Map(Entries::Fact(map)),
            Value::Timestamp(time) => Self::Timestamp(*time),
            Value::Duration(length) => Self::Duration(*length),
            Value::Label(label) => Self::Label(*label),
            Value::Enum(enumeration, place) => Self::Enum(enumeration, *place),
            Value::Type(name) => Self::Type(name),
        }
    }

    /// The same value, lent: reading a constant touches no reference count that other threads touch too.
    pub(crate) fn lend<'s: 'a>(self: &'s Datum<'a>) -> Self {
        match self {
            Self::Text(text) => Self::Text(Text::Lent(text)),
            Self::Bytes(bytes) => Self::Bytes(Blob::Lent(bytes)),
            Self::List(Items::Built(items)) => Self::List(Items::Lent(items)),
            Self::Map(Entries::Built(entries)) => Self::Map(Entries::Lent(entries)),
            Self::Url(text) => Self::Url(Text::Lent(text)),
            Self::Email(text) => Self::Email(Text::Lent(text)),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::List(Items::Fact(_) | Items::Lent(_))
            | Self::Map(Entries::Fact(_) | Entries::Lent(_))
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::Label(_)
            | Self::Enum(..)
            | Self::Type(_)
            | Self::Optional(_)
            | Self::Address(_)
            | Self::Network(_) => self.clone(),
        }
    }

    pub(crate) const fn text(text: &'a str) -> Self {
        Self::Text(Text::Lent(text))
    }

    pub(crate) fn built(text: impl Into<Arc<str>>) -> Self {
        Self::Text(Text::Built(text.into()))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Items::Built(Arc::new(items)))
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    pub(crate) const NONE: Self = Self::Optional(None);

    /// As a key of a map to be built.
    pub(crate) fn into_key(self) -> Outcome<Key<'a>> {
        match self {
            Self::Bool(value) => Ok(Key::Bool(value)),
            Self::Int(value) => Ok(Key::Int(value)),
            Self::Uint(value) => Ok(Key::Uint(value)),
            Self::Text(Text::Lent(text)) => Ok(Key::String(Cow::Borrowed(text))),
            Self::Text(Text::Built(text)) => Ok(Key::String(Cow::Owned(text.as_ref().to_owned()))),
            Self::Enum(enumeration, place) => Ok(Key::String(Cow::Borrowed(enumeration.member(place)))),
            _ => mismatch(),
        }
    }

    /// As a key to look up: like [`Datum::into_key`], and whole doubles stand for integers. `Ok(None)`: a number that is no
    /// key of any map.
    pub(crate) fn as_key(&self) -> Outcome<Option<Key<'_>>> {
        match self {
            Self::Bool(value) => Ok(Some(Key::Bool(*value))),
            Self::Int(value) => Ok(Some(Key::Int(*value))),
            Self::Uint(value) => Ok(Some(Key::Uint(*value))),
            Self::Double(value) => Ok(whole(*value)),
            Self::Text(text) => Ok(Some(Key::String(Cow::Borrowed(text)))),
            Self::Enum(enumeration, place) => Ok(Some(Key::String(Cow::Borrowed(enumeration.member(*place))))),
            _ => mismatch(),
        }
    }

    /// CEL's name of its type.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Label(_) => "label",
            Self::Enum(enumeration, _) => enumeration.name,
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Address(_) => "net.IP",
            Self::Network(_) => "net.CIDR",
            Self::Url(_) => "url",
            Self::Email(_) => "email",
        }
    }

    /// As a value that outlives the evaluation. An optional is its value; none is an error.
    pub(crate) fn into_value(self) -> Result<Value<'static>, EvaluationError> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Uint(value) => Value::Uint(value),
            Self::Double(value) => Value::Double(value),
            Self::Text(text) | Self::Url(text) | Self::Email(text) => Value::from((*text).to_owned()),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.to_vec())),
            Self::List(items) => {
                Value::List(List::Owned(items.iter().map(Datum::into_value).collect::<Result<_, _>>()?))
            }
            Self::Map(entries) => {
                let open = entries.is_open();
                let owned = |(key, value): (Datum<'_>, Datum<'_>)| {
                    let key = match key.as_key() {
                        Ok(Some(Key::String(text))) => Key::String(Cow::Owned(text.into_owned())),
                        Ok(Some(Key::Bool(value))) => Key::Bool(value),
                        Ok(Some(Key::Int(value))) => Key::Int(value),
                        Ok(Some(Key::Uint(value))) => Key::Uint(value),
                        Ok(None) | Err(_) => return Err(EvaluationError::Type),
                    };
                    Ok((key, value.into_value()?))
                };
                let map = Map::new(entries.iter().map(owned).collect::<Result<_, _>>()?);
                let map = map.ok_or(EvaluationError::DuplicateKey)?;
                Value::Map(Members::Owned(if open { map.opened() } else { map }))
            }
            Self::Timestamp(time) => Value::Timestamp(time),
            Self::Duration(length) => Value::Duration(length),
            Self::Label(label) => Value::Label(label),
            Self::Enum(enumeration, place) => Value::Enum(enumeration, place),
            Self::Type(name) => Value::Type(name),
            Self::Optional(Some(value)) => value.as_ref().clone().into_value()?,
            Self::Optional(None) => return Err(EvaluationError::NoValue),
            Self::Address(address) => Value::from(address.to_string()),
            Self::Network(network) => Value::from(format!("{}/{}", network.address, network.prefix)),
        })
    }
}

/// The first double beyond the signed integers.
pub(crate) const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// The integer key that a double stands for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the range is tested, and the round trip shows that nothing was lost"
)]
pub(crate) fn whole(value: f64) -> Option<Key<'static>> {
    if (-TWO_TO_63..TWO_TO_63).contains(&value) {
        let int = value as i64;
        return (int as f64 == value).then_some(Key::Int(int));
    }
    if (0.0..2.0 * TWO_TO_63).contains(&value) {
        return Some(Key::Uint(value as u64));
    }
    None
}
