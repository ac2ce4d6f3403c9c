//! Which functions are there, which operands do they take, what do they answer?
//!
//! Every function is a line of a table: the checker reads its overloads, the compiler its native form. The native form checks
//! its operands again, because what is `dyn` to the checker can be anything.
//!
//! Next room: the tables themselves, one file per subject; docs/conditions.md describes each function with an example.

use crate::condition::datum::{Datum, Outcome};
use crate::condition::evaluate::Budget;

pub(crate) mod convert;
pub(crate) mod format;
pub(crate) mod lists;
pub(crate) mod math;
pub(crate) mod network;
pub(crate) mod optional;
pub(crate) mod strings;
pub(crate) mod time;
pub(crate) mod web;

/// How a function is computed. A receiver is the first argument.
pub(crate) type Native = for<'a> fn(&[Datum<'a>], &mut Budget) -> Outcome<Datum<'a>>;

/// What an operand must be, or what the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Any,
    Bool,
    Int,
    Uint,
    Double,
    /// Int, uint or double.
    Number,
    Text,
    Bytes,
    Timestamp,
    Duration,
    Enum,
    List,
    ListOfText,
    ListOfInt,
    Map,
    Optional,
    Type,
    Address,
    Network,
    Url,
    Email,
    /// As the first operand.
    First,
    /// An optional of the first operand.
    OptionalFirst,
    /// An optional of an item of the first operand.
    OptionalItem,
    /// What the first operand, an optional, holds.
    Inner,
}

/// One way to call a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overload {
    pub(crate) operands: &'static [Sort],
    /// Whether further operands may follow, of the last one's sort.
    pub(crate) more: bool,
    pub(crate) answer: Sort,
}

impl Overload {
    /// The sort that each of so many operands must be; `None` if it does not take so many.
    pub(crate) fn sorts(&self, count: usize) -> Option<impl Iterator<Item = Sort>> {
        let given = self.operands;
        let repeated = given.last().copied().filter(|_| self.more);
        let fits = count == given.len() || (repeated.is_some() && count > given.len());
        fits.then(|| given.iter().copied().chain(core::iter::repeat_n(repeated, count - given.len()).flatten()))
    }
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Whether it is called on a receiver.
    pub(crate) method: bool,
    pub(crate) overloads: &'static [Overload],
    pub(crate) native: Native,
}

/// A way to call a function, for the tables.
pub(crate) const fn takes(operands: &'static [Sort], answer: Sort) -> Overload {
    Overload { operands, more: false, answer }
}

/// The same for any number of operands, of which the last may come again.
pub(crate) const fn takes_more(operands: &'static [Sort], answer: Sort) -> Overload {
    Overload { operands, more: true, answer }
}

/// `name(...)`, for the tables.
pub(crate) const fn global(name: &'static str, overloads: &'static [Overload], native: Native) -> Function {
    Function { name, method: false, overloads, native }
}

/// `receiver.name(...)`, for the tables.
pub(crate) const fn method(name: &'static str, overloads: &'static [Overload], native: Native) -> Function {
    Function { name, method: true, overloads, native }
}

const TABLES: [&[Function]; 9] = [
    convert::FUNCTIONS,
    strings::FUNCTIONS,
    format::FUNCTIONS,
    time::FUNCTIONS,
    math::FUNCTIONS,
    lists::FUNCTIONS,
    optional::FUNCTIONS,
    network::FUNCTIONS,
    web::FUNCTIONS,
];

/// All functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    TABLES.into_iter().flatten()
}

/// The function of a name.
pub(crate) fn find(name: &str, method: bool) -> Option<&'static Function> {
    all().find(|function| function.name == name && function.method == method)
}

/// Whether `name`, a dotted one, is a function without a receiver.
pub(crate) fn is_namespaced(name: &str) -> bool {
    find(name, false).is_some()
}
