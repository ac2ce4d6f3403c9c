//! `"%s has %d".format([name, count])`.
//!
//! Clauses: `%s` any value, `%d` integers, `%f` and `%e` floats (`%.3f` with three digits), `%b` `%o` `%x` `%X` integers in base
//! 2, 8 and 16, `%x` text and bytes in hexadecimal, `%%` a percent sign.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use core::fmt::Write as _;

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Entries, Outcome, Stop, mismatch};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, Sort, convert, method, takes};

pub(crate) const FUNCTIONS: &[Function] = &[method("format", &[takes(&[Sort::Text, Sort::List], Sort::Text)], format)];

/// Nesting of lists and maps that `%s` follows.
const DEEPEST: usize = 64;

fn bad<T>() -> Outcome<T> {
    Err(Stop::Error(EvaluationError::BadArgument))
}

fn format<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Text(pattern), Datum::List(values)] = args else { return mismatch() };
    let mut text = String::new();
    let mut rest = &**pattern;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = precision(after)?;
        let mut letters = after.chars();
        let clause = letters.next();
        let Some(value) = values.get(next) else { return Err(EvaluationError::NoItem.into()) };
        next += 1;
        let before = text.len();
        match clause {
            Some('s') => print(&mut text, &value, budget, 0)?,
            Some('d') => decimal(&mut text, &value)?,
            Some('f') => float(&mut text, &value, precision.unwrap_or(6), false)?,
            Some('e') => float(&mut text, &value, precision.unwrap_or(6), true)?,
            Some('b') => match value {
                Datum::Bool(value) => text.push(if value { '1' } else { '0' }),
                value => based(&mut text, &value, |magnitude| format!("{magnitude:b}"))?,
            },
            Some('o') => based(&mut text, &value, |magnitude| format!("{magnitude:o}"))?,
            Some('x') => hexadecimal(&mut text, &value)?,
            Some('X') => {
                let mut lower = String::new();
                hexadecimal(&mut lower, &value)?;
                text.push_str(&lower.to_ascii_uppercase());
            }
            Some(_) | None => return bad(),
        }
        budget.charge_bytes(text.len() - before)?;
        rest = letters.as_str();
    }
    text.push_str(rest);
    budget.charge_bytes(text.len())?;
    Ok(Datum::built(text))
}

fn precision(after: &str) -> Outcome<(Option<usize>, &str)> {
    let Some(digits) = after.strip_prefix('.') else { return Ok((None, after)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end).unwrap_or((digits, ""));
    match digits.parse::<usize>() {
        Ok(precision) if precision <= 1000 => Ok((Some(precision), rest)),
        Ok(_) | Err(_) => bad(),
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("Infinity")
    } else if value == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}

fn plain(value: f64) -> String {
    special(value).map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn decimal(text: &mut String, value: &Datum<'_>) -> Outcome<()> {
    match value {
        Datum::Int(value) => text.push_str(&value.to_string()),
        Datum::Uint(value) => text.push_str(&value.to_string()),
        Datum::Double(value) => text.push_str(&plain(*value)),
        _ => return bad(),
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "an integer that is formatted as a float is meant as one")]
fn float(text: &mut String, value: &Datum<'_>, precision: usize, scientific: bool) -> Outcome<()> {
    let value = match value {
        Datum::Double(value) => *value,
        Datum::Int(value) => *value as f64,
        Datum::Uint(value) => *value as f64,
        _ => return bad(),
    };
    if let Some(special) = special(value) {
        text.push_str(special);
        return Ok(());
    }
    if !scientific {
        text.push_str(&format!("{value:.precision$}"));
        return Ok(());
    }
    let written = format!("{value:.precision$e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    text.push_str(&format!("{digits}e{sign}{:02}", exponent.unsigned_abs()));
    Ok(())
}

fn based(text: &mut String, value: &Datum<'_>, print: fn(u64) -> String) -> Outcome<()> {
    let magnitude = match value {
        Datum::Int(value) => {
            if *value < 0 {
                text.push('-');
            }
            value.unsigned_abs()
        }
        Datum::Uint(value) => *value,
        _ => return bad(),
    };
    text.push_str(&print(magnitude));
    Ok(())
}

fn hexadecimal(text: &mut String, value: &Datum<'_>) -> Outcome<()> {
    let bytes = match value {
        Datum::Text(value) => value.as_bytes(),
        Datum::Bytes(value) => value,
        value => return based(text, value, |magnitude| format!("{magnitude:x}")),
    };
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(())
}

/// `%s`. Maps are written in the order of their keys' texts.
fn print(text: &mut String, value: &Datum<'_>, budget: &mut Budget, depth: usize) -> Outcome<()> {
    budget.charge(1)?;
    if depth > DEEPEST {
        return bad();
    }
    match value {
        Datum::Null => text.push_str("null"),
        Datum::Double(value) => text.push_str(&plain(*value)),
        Datum::Bytes(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        Datum::List(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    text.push_str(", ");
                }
                print(text, &item, budget, depth + 1)?;
            }
            text.push(']');
        }
        Datum::Map(entries) => {
            text.push('{');
            text.push_str(&members(entries, budget, depth)?);
            text.push('}');
        }
        Datum::Bool(_)
        | Datum::Int(_)
        | Datum::Uint(_)
        | Datum::Text(_)
        | Datum::Timestamp(_)
        | Datum::Duration(_)
        | Datum::Enum(..)
        | Datum::Type(_)
        | Datum::Address(_)
        | Datum::Network(_)
        | Datum::Url(_)
        | Datum::Email(_) => match convert::string(core::slice::from_ref(value))? {
            Datum::Text(printed) => text.push_str(&printed),
            _ => return bad(),
        },
        Datum::Label(_) | Datum::Optional(_) => return bad(),
    }
    Ok(())
}

fn members(entries: &Entries<'_>, budget: &mut Budget, depth: usize) -> Outcome<String> {
    if entries.is_open() {
        return Err(Stop::Unknown);
    }
    let mut lines = Vec::with_capacity(entries.len());
    for (key, value) in entries.iter() {
        let (mut name, mut printed) = (String::new(), String::new());
        print(&mut name, &key, budget, depth + 1)?;
        print(&mut printed, &value, budget, depth + 1)?;
        budget.charge_bytes(name.len() + printed.len())?;
        lines.push((name, printed));
    }
    lines.sort();
    Ok(lines.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", "))
}
