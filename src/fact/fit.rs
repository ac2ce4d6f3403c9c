//! Is a value of a fact's type? Texts of JSON become times, lengths, labels and members of enumerations.
//!
//! Next room: [`crate::condition`].

use super::Type;
use crate::diagnostic::{list, quote};
use crate::label::Taxonomy;
use crate::value::{List, Value};

/// Whether a value is of a type as it is: what hosts mostly state, told without moving it.
#[inline]
pub(crate) fn is_of(value: &Value<'_>, ty: &Type) -> bool {
    match (ty, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::String, Value::String(_))
        | (Type::Timestamp, Value::Timestamp(_)) => true,
        (Type::List(item), Value::List(items)) if matches!(**item, Type::String) => {
            items.iter().all(|item| matches!(item, Value::String(_)))
        }
        (_, _) => false,
    }
}

/// The value as one of a type, or what it must be instead: `of type ...`, `a risk level: ...`. Null is of every type: known to be absent. `taxonomy`: the labels that a
/// text can name; without one, a text is no label.
pub(crate) fn fit<'a>(value: Value<'a>, ty: &Type, taxonomy: Option<&Taxonomy>) -> Result<Value<'a>, String> {
    let other = || Err(format!("of type `{ty}`"));
    match (ty, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Type::Dyn, value)
        | (Type::Bool, value @ Value::Bool(_))
        | (Type::Int, value @ Value::Int(_))
        | (Type::Uint, value @ Value::Uint(_))
        | (Type::Double, value @ (Value::Double(_) | Value::Int(_) | Value::Uint(_)))
        | (Type::String, value @ Value::String(_))
        | (Type::Bytes, value @ Value::Bytes(_))
        | (Type::Timestamp, value @ Value::Timestamp(_))
        | (Type::Duration, value @ Value::Duration(_))
        | (Type::Label, value @ Value::Label(_))
        | (Type::Map(_) | Type::Record(_), value @ Value::Map(_)) => Ok(value),
        (Type::Uint, Value::Int(number)) => {
            u64::try_from(number).map_or_else(|_| other(), |number| Ok(Value::Uint(number)))
        }
        (Type::Enum(all), Value::Enum(of, place)) if core::ptr::eq(*all, of) => Ok(Value::Enum(of, place)),
        (Type::Timestamp, Value::String(text)) => text
            .parse()
            .map_or_else(|_| Err("a time: RFC 3339 with an offset".to_owned()), |time| Ok(Value::Timestamp(time))),
        (Type::Duration, Value::String(text)) => {
            text.parse().map_or_else(|_| other(), |length| Ok(Value::Duration(length)))
        }
        (Type::Label, Value::String(name)) => match taxonomy.and_then(|taxonomy| taxonomy.get(&name)) {
            Some(label) => Ok(Value::Label(label)),
            None => {
                let known = taxonomy.map_or_else(String::new, |t| format!(": known are {}", list(t.names())));
                Err(format!("a label, and {} is none{known}", quote(&name)))
            }
        },
        (Type::Enum(all), Value::String(name)) => match all.ordinal(&name) {
            Some(place) => Ok(Value::Enum(all, place)),
            None => Err(format!("a {}: {}", all.name, list(all.members.iter().copied()))),
        },
        (Type::List(item), Value::List(items)) => {
            let items = match items {
                List::Borrowed(items) => items.to_vec(),
                List::Owned(items) => items,
            };
            let fitted: Result<Vec<Value<'a>>, String> =
                items.into_iter().map(|value| fit(value, item, taxonomy)).collect();
            fitted.map(Value::from)
        }
        (Type::Open, Value::Map(map)) => Ok(Value::from((*map).clone().opened())),
        (
            Type::Bool
            | Type::Int
            | Type::Uint
            | Type::Double
            | Type::String
            | Type::Bytes
            | Type::Timestamp
            | Type::Duration
            | Type::Label
            | Type::Enum(_)
            | Type::List(_)
            | Type::Map(_)
            | Type::Record(_)
            | Type::Open,
            _,
        ) => other(),
    }
}
