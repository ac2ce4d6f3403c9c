//! What does a JSON text say? Strict JSON into values that borrow from the text.
//!
//! INVARIANT: duplicate keys, nesting beyond [`Limits::request_depth`] and anything after the value are refused.
//!
//! Next room: `read`.

use core::fmt;
use std::borrow::Cow;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Defect;
use crate::diagnostic::quote;
use crate::limits::Limits;
use crate::value::{Key, Map, Value};

/// Reads one JSON value.
pub(super) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, Defect> {
    if bytes.len() > limits.request_bytes {
        let cause = format!("it has {} bytes, more than {}", bytes.len(), limits.request_bytes);
        return Err(Defect::too_large("request", cause));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Item { depth: limits.request_depth }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| Defect::new("request", error.to_string()))
}

/// A value, with the nesting that is left.
struct Item {
    depth: usize,
}

impl Item {
    fn deeper<E: de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("it is nested too deeply"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Item {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Value::Uint(value), Value::Int))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.deeper()?)? {
            items.push(item);
        }
        Ok(Value::from(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries: Vec<(Key<'de>, Value<'de>)> = Vec::new();
        while let Some(key) = map.next_key_seed(Name)? {
            entries.push((Key::String(key), map.next_value_seed(self.deeper()?)?));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let twice = entries.windows(2).find_map(|pair| match pair {
            [(Key::String(a), _), (b, _)] if Key::String(a.clone()) == *b => Some(a.clone()),
            _ => None,
        });
        if let Some(name) = twice {
            return Err(de::Error::custom(format!("the member {} occurs twice", quote(&name))));
        }
        Ok(Value::from(Map::new(entries).unwrap_or_default()))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
