//! Conversions between types, `type`, `dyn`, `size` and base64.

use crate::condition::EvaluationError;
use crate::condition::datum::{Blob, Datum, Outcome, Stop, TWO_TO_63, mismatch};
use crate::condition::evaluate::{self, Budget};
use crate::condition::functions::{Function, Overload, Sort, global, method, takes, time};
use crate::time::{Duration, Timestamp};

use Sort::{Any, Bool, Bytes, Double, Enum, Int, List, Map, Network, Text, Type, Uint};

const SIZES: &[Overload] = &[takes(&[Text], Int), takes(&[Bytes], Int), takes(&[List], Int), takes(&[Map], Int)];

pub(crate) const FUNCTIONS: &[Function] = &[
    global("size", SIZES, size),
    method("size", SIZES, size),
    global("type", &[takes(&[Any], Type)], |args, _| match args {
        [value] => Ok(Datum::Type(value.type_name())),
        _ => mismatch(),
    }),
    global("dyn", &[takes(&[Any], Any)], |args, _| match args {
        [value] => Ok(value.clone()),
        _ => mismatch(),
    }),
    global(
        "int",
        &[
            takes(&[Int], Int),
            takes(&[Uint], Int),
            takes(&[Double], Int),
            takes(&[Text], Int),
            takes(&[Sort::Timestamp], Int),
            takes(&[Sort::Duration], Int),
        ],
        |args, _| int(args),
    ),
    global(
        "uint",
        &[takes(&[Uint], Uint), takes(&[Int], Uint), takes(&[Double], Uint), takes(&[Text], Uint)],
        |args, _| uint(args),
    ),
    global(
        "double",
        &[takes(&[Double], Double), takes(&[Int], Double), takes(&[Uint], Double), takes(&[Text], Double)],
        |args, _| double(args),
    ),
    global("bool", &[takes(&[Bool], Bool), takes(&[Text], Bool)], |args, _| boolean(args)),
    global(
        "string",
        &[
            takes(&[Text], Text),
            takes(&[Bool], Text),
            takes(&[Int], Text),
            takes(&[Uint], Text),
            takes(&[Double], Text),
            takes(&[Bytes], Text),
            takes(&[Sort::Timestamp], Text),
            takes(&[Sort::Duration], Text),
            takes(&[Enum], Text),
            takes(&[Sort::Address], Text),
            takes(&[Network], Text),
            takes(&[Sort::Url], Text),
            takes(&[Sort::Email], Text),
            takes(&[Type], Text),
        ],
        |args, _| string(args),
    ),
    global("bytes", &[takes(&[Bytes], Bytes), takes(&[Text], Bytes)], bytes),
    global(
        "timestamp",
        &[takes(&[Sort::Timestamp], Sort::Timestamp), takes(&[Text], Sort::Timestamp), takes(&[Int], Sort::Timestamp)],
        |args, _| timestamp(args),
    ),
    global(
        "duration",
        &[takes(&[Sort::Duration], Sort::Duration), takes(&[Text], Sort::Duration), takes(&[Int], Sort::Duration)],
        |args, _| duration(args),
    ),
    global("base64.encode", &[takes(&[Bytes], Text)], encode),
    global("base64.decode", &[takes(&[Text], Bytes)], decode),
];

fn fits<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(Stop::Error(EvaluationError::Overflow))
}

fn parsed<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(Stop::Error(EvaluationError::BadArgument))
}

fn size<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    match args {
        [value] => fits(i64::try_from(evaluate::size(value, budget)?).ok()).map(Datum::Int),
        _ => mismatch(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is tested first; CEL drops the fraction")]
fn int<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Int(_)] => Ok(value.clone()),
        [Datum::Uint(value)] => fits(i64::try_from(*value).ok()).map(Datum::Int),
        // The bounds themselves are refused, as in CEL's reference: near them a double no longer tells integers apart.
        [Datum::Double(value)] if *value > -TWO_TO_63 && *value < TWO_TO_63 => Ok(Datum::Int(*value as i64)),
        [Datum::Double(_)] => fits(None),
        [Datum::Text(text)] => parsed(text.parse().ok()).map(Datum::Int),
        [Datum::Timestamp(time)] => Ok(Datum::Int(time.seconds())),
        [Datum::Duration(length)] => {
            // Towards zero.
            let borrow = i64::from(length.seconds() < 0 && length.nanos() > 0);
            Ok(Datum::Int(length.seconds() + borrow))
        }
        _ => mismatch(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is tested first; CEL drops the fraction"
)]
fn uint<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Uint(_)] => Ok(value.clone()),
        [Datum::Int(value)] => fits(u64::try_from(*value).ok()).map(Datum::Uint),
        [Datum::Double(value)] if *value >= 0.0 && *value < 2.0 * TWO_TO_63 => Ok(Datum::Uint(*value as u64)),
        [Datum::Double(_)] => fits(None),
        [Datum::Text(text)] => parsed(text.parse().ok()).map(Datum::Uint),
        _ => mismatch(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "CEL converts to the nearest double")]
fn double<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Double(_)] => Ok(value.clone()),
        [Datum::Int(value)] => Ok(Datum::Double(*value as f64)),
        [Datum::Uint(value)] => Ok(Datum::Double(*value as f64)),
        [Datum::Text(text)] => parsed(text.parse().ok()).map(Datum::Double),
        _ => mismatch(),
    }
}

fn boolean<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Bool(_)] => Ok(value.clone()),
        [Datum::Text(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Datum::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Datum::Bool(false)),
            _ => parsed(None),
        },
        _ => mismatch(),
    }
}

/// A double in the fewest digits, as Go's `%g` writes it.
pub(crate) fn print_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

pub(crate) fn string<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    let [value] = args else { return mismatch() };
    Ok(match value {
        Datum::Text(_) => value.clone(),
        Datum::Url(text) | Datum::Email(text) => Datum::Text(text.clone()),
        Datum::Bool(value) => Datum::text(if *value { "true" } else { "false" }),
        Datum::Int(value) => Datum::built(value.to_string()),
        Datum::Uint(value) => Datum::built(value.to_string()),
        Datum::Double(value) => Datum::built(print_double(*value)),
        Datum::Bytes(bytes) => Datum::built(parsed(core::str::from_utf8(bytes).ok())?),
        Datum::Timestamp(time) => Datum::built(time::print_timestamp(*time)),
        Datum::Duration(length) => Datum::built(length.to_string()),
        Datum::Enum(enumeration, place) => Datum::text(enumeration.member(*place)),
        Datum::Address(address) => Datum::built(address.to_string()),
        Datum::Network(network) => Datum::built(format!("{}/{}", network.address, network.prefix)),
        Datum::Type(name) => Datum::text(name),
        Datum::Null | Datum::List(_) | Datum::Map(_) | Datum::Label(_) | Datum::Optional(_) => return mismatch(),
    })
}

fn bytes<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Bytes(_)] => Ok(value.clone()),
        [Datum::Text(text)] => {
            budget.charge_bytes(text.len())?;
            Ok(Datum::Bytes(Blob::Built(text.as_bytes().into())))
        }
        _ => mismatch(),
    }
}

fn timestamp<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Timestamp(_)] => Ok(value.clone()),
        [Datum::Text(text)] => parsed(text.parse().ok()).map(Datum::Timestamp),
        [Datum::Int(seconds)] => fits(Timestamp::new(*seconds, 0)).map(Datum::Timestamp),
        _ => mismatch(),
    }
}

fn duration<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [value @ Datum::Duration(_)] => Ok(value.clone()),
        [Datum::Text(text)] => time::in_range(parsed(text.parse().ok())?),
        [Datum::Int(seconds)] => fits(Duration::from_parts(*seconds, 0)).and_then(time::in_range),
        _ => mismatch(),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Bytes(bytes)] = args else { return mismatch() };
    budget.charge_bytes(bytes.len())?;
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4usize {
            let letter = ALPHABET.get((word >> (18 - 6 * at) & 63) as usize).filter(|_| at <= chunk.len());
            text.push(letter.map_or('=', |b| char::from(*b)));
        }
    }
    Ok(Datum::built(text))
}

/// Padding may be left out.
fn decode<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Text(text)] = args else { return mismatch() };
    budget.charge_bytes(text.len())?;
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if padding > 2 || (padding > 0 && text.len() % 4 != 0) || digits.len() % 4 == 1 {
        return parsed(None);
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.as_bytes().chunks(4) {
        let mut word = 0u32;
        for letter in chunk {
            let value = parsed(ALPHABET.iter().position(|b| b == letter))?;
            word = word << 6 | u32::try_from(value).unwrap_or(0);
        }
        word <<= 6 * (4 - chunk.len());
        bytes.extend(word.to_be_bytes().iter().skip(1).take(chunk.len() - 1));
    }
    Ok(Datum::Bytes(Blob::Built(bytes.into())))
}
