//! Optional values: what may be absent, without being an error.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Items, Outcome, Stop, mismatch};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, Sort, global, method, takes};
use crate::time::Duration;

use Sort::{Any, Bool, First, Inner, List, Optional, OptionalFirst};

pub(crate) const FUNCTIONS: &[Function] = &[
    global("optional.of", &[takes(&[Any], OptionalFirst)], |args, _| match args {
        [value] => Ok(Datum::some(value.clone())),
        _ => mismatch(),
    }),
    global("optional.none", &[takes(&[], Optional)], |_, _| Ok(Datum::NONE)),
    global("optional.ofNonZeroValue", &[takes(&[Any], OptionalFirst)], |args, _| match args {
        [value] => Ok(if zero(value)? { Datum::NONE } else { Datum::some(value.clone()) }),
        _ => mismatch(),
    }),
    global("optional.unwrap", &[takes(&[List], List)], unwrap),
    method("unwrapOpt", &[takes(&[List], List)], unwrap),
    method("hasValue", &[takes(&[Optional], Bool)], |args, _| match args {
        [Datum::Optional(inner)] => Ok(Datum::Bool(inner.is_some())),
        _ => mismatch(),
    }),
    method("value", &[takes(&[Optional], Inner)], |args, _| match args {
        [Datum::Optional(Some(inner))] => Ok(inner.as_ref().clone()),
        [Datum::Optional(None)] => Err(EvaluationError::NoValue.into()),
        _ => mismatch(),
    }),
    method("or", &[takes(&[Optional, Optional], First)], |args, _| match args {
        [first @ Datum::Optional(Some(_)), Datum::Optional(_)] => Ok(first.clone()),
        [Datum::Optional(None), other @ Datum::Optional(_)] => Ok(other.clone()),
        _ => mismatch(),
    }),
    method("orValue", &[takes(&[Optional, Any], Inner)], |args, _| match args {
        [Datum::Optional(Some(inner)), _] => Ok(inner.as_ref().clone()),
        [Datum::Optional(None), other] => Ok(other.clone()),
        _ => mismatch(),
    }),
];

/// Whether a value is its type's zero: `0`, `""`, `[]`, `null` ...
fn zero(value: &Datum<'_>) -> Outcome<bool> {
    Ok(match value {
        Datum::Null => true,
        Datum::Bool(value) => !value,
        Datum::Int(value) => *value == 0,
        Datum::Uint(value) => *value == 0,
        Datum::Double(value) => *value == 0.0,
        Datum::Text(text) => text.is_empty(),
        Datum::Bytes(bytes) => bytes.is_empty(),
        Datum::List(items) => Items::len(items) == 0,
        Datum::Map(entries) if entries.len() == 0 && entries.is_open() => return Err(Stop::Unknown),
        Datum::Map(entries) => entries.len() == 0,
        Datum::Timestamp(time) => time.seconds() == 0 && time.nanos() == 0,
        Datum::Duration(length) => Duration::from_parts(0, 0) == Some(*length),
        Datum::Optional(inner) => inner.is_none(),
        Datum::Label(_)
        | Datum::Enum(..)
        | Datum::Type(_)
        | Datum::Address(_)
        | Datum::Network(_)
        | Datum::Url(_)
        | Datum::Email(_) => false,
    })
}

fn unwrap<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::List(items)] = args else { return mismatch() };
    budget.charge(Items::len(items))?;
    let mut values = Vec::new();
    for item in items.iter() {
        match item {
            Datum::Optional(inner) => values.extend(inner.map(|value| value.as_ref().clone())),
            _ => return mismatch(),
        }
    }
    Ok(Datum::list(values))
}
