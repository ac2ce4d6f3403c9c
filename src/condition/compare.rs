//! When are two values equal, and which comes first?
//!
//! Numbers compare across types; other values of different types are unequal and have no order. Labels are ordered partially.
//! An enumeration's member equals a text that names it, and a text that names none is an error. Equality that would have to
//! look at the missing members of an open map is unknown.
//!
//! Next room: `evaluate`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use core::cmp::Ordering;

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Entries, Items, Outcome, Stop, mismatch};
use crate::condition::evaluate::Budget;
use crate::value::Enumeration;

/// The six comparisons, as the orders in which they hold: 1 less, 2 equal, 4 greater, 8 none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Comparison {
    Equal = 2,
    NotEqual = 1 | 4 | 8,
    Less = 1,
    LessEqual = 1 | 2,
    Greater = 4,
    GreaterEqual = 2 | 4,
}

impl Comparison {
    /// Whether it holds for operands in this order; `None`: they have none.
    #[inline(always)]
    pub(crate) const fn holds(self, order: Option<Ordering>) -> bool {
        let bit = match order {
            Some(Ordering::Less) => 1,
            Some(Ordering::Equal) => 2,
            Some(Ordering::Greater) => 4,
            None => 8,
        };
        self as u8 & bit != 0
    }

    /// The same with operands exchanged.
    pub(crate) const fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
        }
    }
}

/// The place that a text names in an enumeration.
pub(crate) fn place(enumeration: &Enumeration, member: &str) -> Outcome<u8> {
    enumeration.ordinal(member).ok_or(Stop::Error(EvaluationError::NoMember))
}

#[expect(clippy::cast_precision_loss, reason = "CEL compares integers with doubles as doubles")]
fn numeric(a: &Datum<'_>, b: &Datum<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Uint(a), Datum::Uint(b)) => Some(a.cmp(b)),
        (Datum::Int(a), Datum::Uint(b)) => Some(u64::try_from(*a).map_or(Ordering::Less, |a| a.cmp(b))),
        (Datum::Uint(a), Datum::Int(b)) => Some(u64::try_from(*b).map_or(Ordering::Greater, |b| a.cmp(&b))),
        (Datum::Double(a), Datum::Double(b)) => a.partial_cmp(b),
        (Datum::Double(a), Datum::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Datum::Int(a), Datum::Double(b)) => (*a as f64).partial_cmp(b),
        (Datum::Double(a), Datum::Uint(b)) => a.partial_cmp(&(*b as f64)),
        (Datum::Uint(a), Datum::Double(b)) => (*a as f64).partial_cmp(b),
        _ => return None,
    })
}

/// The order of two values; `Ok(None)`: of the same kind, but without order (labels apart, not-a-number).
pub(crate) fn order(a: &Datum<'_>, b: &Datum<'_>, budget: &mut Budget) -> Outcome<Option<Ordering>> {
    if let Some(order) = numeric(a, b) {
        return Ok(order);
    }
    budget.charge(a.bytes().min(b.bytes()) / 64)?;
    Ok(match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => Some(a.cmp(b)),
        (Datum::Text(a), Datum::Text(b)) => Some((**a).cmp(&**b)),
        (Datum::Bytes(a), Datum::Bytes(b)) => Some((**a).cmp(&**b)),
        (Datum::Timestamp(a), Datum::Timestamp(b)) => Some(a.cmp(b)),
        (Datum::Duration(a), Datum::Duration(b)) => Some(a.cmp(b)),
        (Datum::Label(a), Datum::Label(b)) => a.partial_cmp(b),
        (Datum::Enum(ea, a), Datum::Enum(eb, b)) if ea == eb => Some(a.cmp(b)),
        (Datum::Enum(enumeration, a), Datum::Text(b)) => Some(a.cmp(&place(enumeration, b)?)),
        (Datum::Text(a), Datum::Enum(enumeration, b)) => Some(place(enumeration, a)?.cmp(b)),
        _ => return mismatch(),
    })
}

/// Whether two values are equal.
pub(crate) fn equal(a: &Datum<'_>, b: &Datum<'_>, budget: &mut Budget) -> Outcome<bool> {
    if let Some(order) = numeric(a, b) {
        return Ok(order == Some(Ordering::Equal));
    }
    match (a, b) {
        (Datum::List(a), Datum::List(b)) => lists(a, b, budget),
        (Datum::Map(a), Datum::Map(b)) => maps(a, b, budget),
        (Datum::Optional(a), Datum::Optional(b)) => match (a, b) {
            (None, None) => Ok(true),
            (Some(a), Some(b)) => equal(a, b, budget),
            (None, Some(_)) | (Some(_), None) => Ok(false),
        },
        (Datum::Text(a), Datum::Text(b)) | (Datum::Url(a), Datum::Url(b)) | (Datum::Email(a), Datum::Email(b)) => {
            // Of different lengths, none of it is read.
            budget.charge(if a.len() == b.len() { a.len() / 64 } else { 0 })?;
            Ok(**a == **b)
        }
        (Datum::Enum(ea, _), Datum::Enum(eb, _)) if ea != eb => mismatch(),
        (Datum::Enum(..), Datum::Enum(..) | Datum::Text(_)) | (Datum::Text(_), Datum::Enum(..)) => {
            Ok(order(a, b, budget)? == Some(Ordering::Equal))
        }
        (Datum::Null, Datum::Null) => Ok(true),
        (Datum::Type(a), Datum::Type(b)) => Ok(a == b),
        (Datum::Address(a), Datum::Address(b)) => Ok(a == b),
        (Datum::Network(a), Datum::Network(b)) => Ok(a == b),
        (Datum::Bool(_), Datum::Bool(_))
        | (Datum::Bytes(_), Datum::Bytes(_))
        | (Datum::Timestamp(_), Datum::Timestamp(_))
        | (Datum::Duration(_), Datum::Duration(_))
        | (Datum::Label(_), Datum::Label(_)) => Ok(order(a, b, budget)? == Some(Ordering::Equal)),
        _ => Ok(false),
    }
}

fn lists(a: &Items<'_>, b: &Items<'_>, budget: &mut Budget) -> Outcome<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    budget.charge(a.len())?;
    let mut undecided = None;
    for (a, b) in a.iter().zip(b.iter()) {
        match equal(&a, &b, budget) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(stop) => undecided = Some(stop.or(undecided)),
        }
    }
    undecided.map_or(Ok(true), Err)
}

fn maps(a: &Entries<'_>, b: &Entries<'_>, budget: &mut Budget) -> Outcome<bool> {
    // What an open map lacks could still be given, and what it has already differs only if the other cannot have it.
    if a.is_open() || b.is_open() {
        return Err(Stop::Unknown);
    }
    if a.len() != b.len() {
        return Ok(false);
    }
    budget.charge(a.len())?;
    let mut undecided = None;
    for (key, left) in a.iter() {
        budget.charge(key.bytes() / 64)?;
        let Some(right) = key.as_key()?.and_then(|key| b.find(&key)) else { return Ok(false) };
        match equal(&left, &right, budget) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(stop) => undecided = Some(stop.or(undecided)),
        }
    }
    undecided.map_or(Ok(true), Err)
}

/// `item in collection`.
pub(crate) fn contains(item: &Datum<'_>, collection: &Datum<'_>, budget: &mut Budget) -> Outcome<bool> {
    match collection {
        Datum::List(items) => {
            budget.charge(items.len() / 8)?;
            let mut undecided = None;
            for candidate in items.iter() {
                match equal(item, &candidate, budget) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(stop) => undecided = Some(stop.or(undecided)),
                }
            }
            undecided.map_or(Ok(false), Err)
        }
        Datum::Map(entries) => {
            budget.charge(item.bytes() / 64)?;
            let found = item.as_key()?.is_some_and(|key| entries.find(&key).is_some());
            if !found && entries.is_open() { Err(Stop::Unknown) } else { Ok(found) }
        }
        _ => mismatch(),
    }
}
