//! Arithmetic, and the functions of `math`.
//!
//! Integers are checked: what does not fit is an error, never another number. Integers and floats never mix in arithmetic.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use crate::condition::EvaluationError;
use crate::condition::compare::{self, Comparison};
use crate::condition::datum::{Blob, Datum, Items, Outcome, Stop, mismatch};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, Sort, global, takes, takes_more, time};
use crate::condition::program::Arithmetic;

fn fits<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(Stop::Error(EvaluationError::Overflow))
}

pub(crate) fn negate<'a>(value: &Datum<'a>) -> Outcome<Datum<'a>> {
    match value {
        Datum::Int(value) => fits(value.checked_neg()).map(Datum::Int),
        Datum::Double(value) => Ok(Datum::Double(-value)),
        Datum::Duration(value) => fits(value.checked_neg()).and_then(time::in_range),
        _ => mismatch(),
    }
}

#[inline]
pub(crate) fn arithmetic<'a>(
    operator: Arithmetic,
    left: Datum<'a>,
    right: Datum<'a>,
    budget: &mut Budget,
) -> Outcome<Datum<'a>> {
    match (left, right) {
        (Datum::Int(a), Datum::Int(b)) => ints(operator, a, b).map(Datum::Int),
        (Datum::Uint(a), Datum::Uint(b)) => uints(operator, a, b).map(Datum::Uint),
        (Datum::Double(a), Datum::Double(b)) => match operator {
            Arithmetic::Add => Ok(Datum::Double(a + b)),
            Arithmetic::Subtract => Ok(Datum::Double(a - b)),
            Arithmetic::Multiply => Ok(Datum::Double(a * b)),
            Arithmetic::Divide => Ok(Datum::Double(a / b)),
            Arithmetic::Modulo => mismatch(),
        },
        (left, right) if operator == Arithmetic::Add => add(left, right, budget),
        (Datum::Timestamp(a), Datum::Timestamp(b)) if operator == Arithmetic::Subtract => time::in_range(a.since(b)),
        (Datum::Timestamp(a), Datum::Duration(b)) if operator == Arithmetic::Subtract => {
            fits(a.checked_sub(b)).map(Datum::Timestamp)
        }
        (Datum::Duration(a), Datum::Duration(b)) if operator == Arithmetic::Subtract => {
            fits(b.checked_neg().and_then(|b| a.checked_add(b))).and_then(time::in_range)
        }
        _ => mismatch(),
    }
}

fn ints(operator: Arithmetic, a: i64, b: i64) -> Outcome<i64> {
    match operator {
        Arithmetic::Add => fits(a.checked_add(b)),
        Arithmetic::Subtract => fits(a.checked_sub(b)),
        Arithmetic::Multiply => fits(a.checked_mul(b)),
        Arithmetic::Divide | Arithmetic::Modulo if b == 0 => Err(EvaluationError::DivisionByZero.into()),
        Arithmetic::Divide => fits(a.checked_div(b)),
        Arithmetic::Modulo => fits(a.checked_rem(b)),
    }
}

fn uints(operator: Arithmetic, a: u64, b: u64) -> Outcome<u64> {
    match operator {
        Arithmetic::Add => fits(a.checked_add(b)),
        Arithmetic::Subtract => fits(a.checked_sub(b)),
        Arithmetic::Multiply => fits(a.checked_mul(b)),
        Arithmetic::Divide => a.checked_div(b).ok_or(Stop::Error(EvaluationError::DivisionByZero)),
        Arithmetic::Modulo => a.checked_rem(b).ok_or(Stop::Error(EvaluationError::DivisionByZero)),
    }
}

fn add<'a>(left: Datum<'a>, right: Datum<'a>, budget: &mut Budget) -> Outcome<Datum<'a>> {
    match (left, right) {
        (Datum::Text(a), Datum::Text(b)) => {
            budget.charge_bytes(a.len() + b.len())?;
            Ok(Datum::built([&*a, &*b].concat()))
        }
        (Datum::Bytes(a), Datum::Bytes(b)) => {
            budget.charge_bytes(a.len() + b.len())?;
            Ok(Datum::Bytes(Blob::Built([&*a, &*b].concat().into())))
        }
        (Datum::List(a), Datum::List(b)) => {
            budget.charge(Items::len(&a) + Items::len(&b))?;
            Ok(Datum::list(a.iter().chain(b.iter()).collect()))
        }
        (Datum::Timestamp(a), Datum::Duration(b)) | (Datum::Duration(b), Datum::Timestamp(a)) => {
            fits(a.checked_add(b)).map(Datum::Timestamp)
        }
        (Datum::Duration(a), Datum::Duration(b)) => fits(a.checked_add(b)).and_then(time::in_range),
        _ => mismatch(),
    }
}

use Sort::{Any, Bool, Double, Int, List, Number, Uint};

const EXTREME: &[crate::condition::functions::Overload] = &[takes(&[List], Any), takes_more(&[Number], Any)];
const FLOAT: &[crate::condition::functions::Overload] = &[takes(&[Double], Double)];
const TEST: &[crate::condition::functions::Overload] = &[takes(&[Double], Bool)];
const SAME: &[crate::condition::functions::Overload] =
    &[takes(&[Int], Int), takes(&[Uint], Uint), takes(&[Double], Double)];
const BITS: &[crate::condition::functions::Overload] = &[takes(&[Int, Int], Int), takes(&[Uint, Uint], Uint)];
const SHIFT: &[crate::condition::functions::Overload] = &[takes(&[Int, Int], Int), takes(&[Uint, Int], Uint)];

pub(crate) const FUNCTIONS: &[Function] = &[
    global("math.greatest", EXTREME, |args, budget| extreme(Comparison::Greater, args, budget)),
    global("math.least", EXTREME, |args, budget| extreme(Comparison::Less, args, budget)),
    global("math.ceil", FLOAT, |args, _| float(args, f64::ceil)),
    global("math.floor", FLOAT, |args, _| float(args, f64::floor)),
    global("math.round", FLOAT, |args, _| float(args, f64::round)),
    global("math.trunc", FLOAT, |args, _| float(args, f64::trunc)),
    global("math.sqrt", &[takes(&[Number], Double)], |args, _| sqrt(args)),
    global("math.isNaN", TEST, |args, _| test(args, f64::is_nan)),
    global("math.isInf", TEST, |args, _| test(args, f64::is_infinite)),
    global("math.isFinite", TEST, |args, _| test(args, f64::is_finite)),
    global("math.abs", SAME, |args, _| abs(args)),
    global("math.sign", SAME, |args, _| sign(args)),
    global("math.bitAnd", BITS, |args, _| bits(args, |a, b| a & b)),
    global("math.bitOr", BITS, |args, _| bits(args, |a, b| a | b)),
    global("math.bitXor", BITS, |args, _| bits(args, |a, b| a ^ b)),
    global("math.bitNot", &[takes(&[Int], Int), takes(&[Uint], Uint)], |args, _| not(args)),
    global("math.bitShiftLeft", SHIFT, |args, _| shift(args, u64::checked_shl)),
    global("math.bitShiftRight", SHIFT, |args, _| shift(args, u64::checked_shr)),
];

fn extreme<'a>(wanted: Comparison, args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    if let [Datum::List(items)] = args {
        budget.charge(Items::len(items))?;
        let items: Vec<Datum<'a>> = items.iter().collect();
        return best(wanted, &items, budget);
    }
    best(wanted, args, budget)
}

fn best<'a>(wanted: Comparison, args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let mut best: Option<&Datum<'a>> = None;
    for value in args {
        if !matches!(value, Datum::Int(_) | Datum::Uint(_) | Datum::Double(_)) {
            return mismatch();
        }
        let better = match best {
            Some(best) => wanted.holds(compare::order(value, best, budget)?),
            None => true,
        };
        if better {
            best = Some(value);
        }
    }
    best.cloned().ok_or(Stop::Error(EvaluationError::BadArgument))
}

fn float<'a>(args: &[Datum<'a>], f: fn(f64) -> f64) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Double(value)] => Ok(Datum::Double(f(*value))),
        _ => mismatch(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a root is a float in any case")]
fn sqrt<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Double(value)] => Ok(Datum::Double(value.sqrt())),
        [Datum::Int(value)] => Ok(Datum::Double((*value as f64).sqrt())),
        [Datum::Uint(value)] => Ok(Datum::Double((*value as f64).sqrt())),
        _ => mismatch(),
    }
}

fn test<'a>(args: &[Datum<'a>], f: fn(f64) -> bool) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Double(value)] => Ok(Datum::Bool(f(*value))),
        _ => mismatch(),
    }
}

fn abs<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Int(value)] => fits(value.checked_abs()).map(Datum::Int),
        [Datum::Uint(value)] => Ok(Datum::Uint(*value)),
        [Datum::Double(value)] => Ok(Datum::Double(value.abs())),
        _ => mismatch(),
    }
}

fn sign<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Int(value)] => Ok(Datum::Int(value.signum())),
        [Datum::Uint(value)] => Ok(Datum::Uint((*value).min(1))),
        [Datum::Double(value)] => {
            Ok(Datum::Double(if *value == 0.0 || value.is_nan() { *value } else { value.signum() }))
        }
        _ => mismatch(),
    }
}

fn bits<'a>(args: &[Datum<'a>], f: fn(u64, u64) -> u64) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Int(a), Datum::Int(b)] => Ok(Datum::Int(f(a.cast_unsigned(), b.cast_unsigned()).cast_signed())),
        [Datum::Uint(a), Datum::Uint(b)] => Ok(Datum::Uint(f(*a, *b))),
        _ => mismatch(),
    }
}

fn not<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Int(value)] => Ok(Datum::Int(!value)),
        [Datum::Uint(value)] => Ok(Datum::Uint(!value)),
        _ => mismatch(),
    }
}

/// Shifts are logical: zeros come in, whatever the sign; 64 places and more leave zero.
fn shift<'a>(args: &[Datum<'a>], f: fn(u64, u32) -> Option<u64>) -> Outcome<Datum<'a>> {
    let by = |places: i64| match u32::try_from(places) {
        Ok(places) => Ok(places),
        Err(_) if places < 0 => Err(Stop::Error(EvaluationError::BadArgument)),
        Err(_) => Ok(u32::MAX),
    };
    match args {
        [Datum::Int(value), Datum::Int(places)] => {
            Ok(Datum::Int(f(value.cast_unsigned(), by(*places)?).unwrap_or(0).cast_signed()))
        }
        [Datum::Uint(value), Datum::Int(places)] => Ok(Datum::Uint(f(*value, by(*places)?).unwrap_or(0))),
        _ => mismatch(),
    }
}
