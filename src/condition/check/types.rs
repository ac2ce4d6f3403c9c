//! Which types does the checker know, and which fit where?
//!
//! `dyn` fits everywhere and is checked when it is used. Null fits comparisons only.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type that is not listed does not fit, so a type to come is refused until it is listed"
)]

use core::fmt;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::condition::functions::{Overload, Sort};
use crate::fact::Type;
use crate::value::Enumeration;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty<'d> {
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Timestamp,
    Duration,
    Label,
    Enum(&'static Enumeration),
    List(Rc<Ty<'d>>),
    /// Types of keys and values.
    Map(Rc<Ty<'d>>, Rc<Ty<'d>>),
    Record(&'d BTreeMap<Box<str>, (Type, bool)>),
    Open,
    Optional(Rc<Ty<'d>>),
    Type,
    Address,
    Network,
    Url,
    Email,
}

impl fmt::Display for Ty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Label => f.write_str("label"),
            Self::Enum(enumeration) => f.write_str(enumeration.name),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Record(_) => f.write_str("record"),
            Self::Open => f.write_str("map(string, dyn)"),
            Self::Optional(inner) => write!(f, "optional({inner})"),
            Self::Type => f.write_str("type"),
            Self::Address => f.write_str("ip"),
            Self::Network => f.write_str("cidr"),
            Self::Url => f.write_str("url"),
            Self::Email => f.write_str("email"),
        }
    }
}

impl<'d> Ty<'d> {
    /// The type of a declared fact.
    pub(crate) fn of(declared: &'d Type) -> Self {
        match declared {
            Type::Dyn => Self::Dyn,
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Uint => Self::Uint,
            Type::Double => Self::Double,
            Type::String => Self::Text,
            Type::Bytes => Self::Bytes,
            Type::Timestamp => Self::Timestamp,
            Type::Duration => Self::Duration,
            Type::Label => Self::Label,
            Type::Enum(enumeration) => Self::Enum(enumeration),
            Type::List(item) => Self::List(Rc::new(Self::of(item))),
            Type::Map(value) => Self::Map(Rc::new(Self::Text), Rc::new(Self::of(value))),
            Type::Record(members) => Self::Record(members),
            Type::Open => Self::Open,
        }
    }

    pub(crate) fn list(item: Self) -> Self {
        Self::List(Rc::new(item))
    }

    pub(crate) fn optional(inner: Self) -> Self {
        Self::Optional(Rc::new(inner))
    }

    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    const fn is_map(&self) -> bool {
        matches!(self, Self::Map(..) | Self::Record(_) | Self::Open)
    }

    /// The type that covers both.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::List(a), Self::List(b)) => Self::list((*a).clone().join((*b).clone())),
            (Self::Optional(a), Self::Optional(b)) => Self::optional((*a).clone().join((*b).clone())),
            _ => Self::Dyn,
        }
    }

    /// Whether `==` of the two can be anything but false.
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn | Self::Null, _) | (_, Self::Dyn | Self::Null) => true,
            (Self::Enum(_), Self::Text) | (Self::Text, Self::Enum(_)) => true,
            (Self::List(a), Self::List(b)) | (Self::Optional(a), Self::Optional(b)) => a.comparable(b),
            (Self::Map(ak, av), Self::Map(bk, bv)) => ak.comparable(bk) && av.comparable(bv),
            (a, b) if a.is_map() && b.is_map() => true,
            (a, b) if a.is_number() && b.is_number() => true,
            (a, b) => a == b,
        }
    }

    /// Whether the two have an order.
    pub(crate) fn ordered(&self, other: &Self) -> bool {
        let has_order = |ty: &Self| match ty {
            Self::Dyn
            | Self::Bool
            | Self::Int
            | Self::Uint
            | Self::Double
            | Self::Text
            | Self::Bytes
            | Self::Timestamp
            | Self::Duration
            | Self::Label
            | Self::Enum(_) => true,
            Self::Null
            | Self::List(_)
            | Self::Map(..)
            | Self::Record(_)
            | Self::Open
            | Self::Optional(_)
            | Self::Type
            | Self::Address
            | Self::Network
            | Self::Url
            | Self::Email => false,
        };
        has_order(self) && has_order(other) && self.comparable(other)
    }

    fn fits(&self, sort: Sort) -> bool {
        match sort {
            Sort::Any | Sort::First | Sort::OptionalFirst | Sort::OptionalItem | Sort::Inner => true,
            _ if *self == Self::Dyn => true,
            Sort::Bool => *self == Self::Bool,
            Sort::Int => *self == Self::Int,
            Sort::Uint => *self == Self::Uint,
            Sort::Double => *self == Self::Double,
            Sort::Number => self.is_number(),
            Sort::Text => *self == Self::Text,
            Sort::Bytes => *self == Self::Bytes,
            Sort::Timestamp => *self == Self::Timestamp,
            Sort::Duration => *self == Self::Duration,
            Sort::Enum => matches!(self, Self::Enum(_)),
            Sort::List => matches!(self, Self::List(_)),
            Sort::ListOfText => matches!(self, Self::List(item) if matches!(**item, Self::Text | Self::Dyn)),
            Sort::ListOfInt => matches!(self, Self::List(item) if matches!(**item, Self::Int | Self::Dyn)),
            Sort::Map => self.is_map(),
            Sort::Optional => matches!(self, Self::Optional(_)),
            Sort::Type => *self == Self::Type,
            Sort::Address => *self == Self::Address,
            Sort::Network => *self == Self::Network,
            Sort::Url => *self == Self::Url,
            Sort::Email => *self == Self::Email,
        }
    }

    /// What a function answers, if its first operand is of type `first`.
    fn answer(sort: Sort, first: Option<&Self>) -> Self {
        let first = || first.cloned().unwrap_or(Self::Dyn);
        let item = || match first() {
            Self::List(item) => (*item).clone(),
            _ => Self::Dyn,
        };
        match sort {
            Sort::Any | Sort::Number | Sort::Enum => Self::Dyn,
            Sort::Bool => Self::Bool,
            Sort::Int => Self::Int,
            Sort::Uint => Self::Uint,
            Sort::Double => Self::Double,
            Sort::Text => Self::Text,
            Sort::Bytes => Self::Bytes,
            Sort::Timestamp => Self::Timestamp,
            Sort::Duration => Self::Duration,
            Sort::List => Self::list(Self::Dyn),
            Sort::ListOfText => Self::list(Self::Text),
            Sort::ListOfInt => Self::list(Self::Int),
            Sort::Map => Self::Map(Rc::new(Self::Dyn), Rc::new(Self::Dyn)),
            Sort::Optional => Self::optional(Self::Dyn),
            Sort::Type => Self::Type,
            Sort::Address => Self::Address,
            Sort::Network => Self::Network,
            Sort::Url => Self::Url,
            Sort::Email => Self::Email,
            Sort::First => first(),
            Sort::OptionalFirst => Self::optional(first()),
            Sort::OptionalItem => Self::optional(item()),
            Sort::Inner => match first() {
                Self::Optional(inner) => (*inner).clone(),
                _ => Self::Dyn,
            },
        }
    }
}

/// What a call answers; `None` if no overload takes these operands.
pub(crate) fn call<'d>(overloads: &[Overload], operands: &[Ty<'d>]) -> Option<Ty<'d>> {
    let takes = |overload: &&Overload| {
        overload
            .sorts(operands.len())
            .is_some_and(|mut sorts| operands.iter().all(|operand| sorts.next().is_some_and(|sort| operand.fits(sort))))
    };
    let mut answers = overloads.iter().filter(takes).map(|overload| Ty::answer(overload.answer, operands.first()));
    let first = answers.next()?;
    Some(if answers.all(|other| other == first) { first } else { Ty::Dyn })
}
