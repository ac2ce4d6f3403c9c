//! Functions over text. Places count characters, not bytes.

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Items, Outcome, Stop, Text as Words, mismatch};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, Overload, Sort, global, method, takes};

use Sort::{Bool, Int, ListOfText, Text};

const TEST: &[Overload] = &[takes(&[Text, Text], Bool)];
const SELF: &[Overload] = &[takes(&[Text], Text)];
const FIND: &[Overload] = &[takes(&[Text, Text], Int), takes(&[Text, Text, Int], Int)];

pub(crate) const FUNCTIONS: &[Function] = &[
    method("contains", TEST, |args, budget| test(args, budget, |a, b| a.contains(b))),
    method("startsWith", TEST, |args, budget| test(args, budget, |a, b| a.starts_with(b))),
    method("endsWith", TEST, |args, budget| test(args, budget, |a, b| a.ends_with(b))),
    method("matches", TEST, matches),
    global("matches", TEST, matches),
    method("charAt", &[takes(&[Text, Int], Text)], char_at),
    method("indexOf", FIND, index_of),
    method("lastIndexOf", FIND, last_index_of),
    method("lowerAscii", SELF, |args, budget| map(args, budget, str::to_ascii_lowercase)),
    method("upperAscii", SELF, |args, budget| map(args, budget, str::to_ascii_uppercase)),
    method("trim", SELF, |args, budget| map(args, budget, |text| text.trim().to_owned())),
    method("reverse", &[takes(&[Text], Text), takes(&[Sort::List], Sort::First)], reverse),
    method("replace", &[takes(&[Text, Text, Text], Text), takes(&[Text, Text, Text, Int], Text)], |args, budget| {
        replace(args, budget)
    }),
    method("split", &[takes(&[Text, Text], ListOfText), takes(&[Text, Text, Int], ListOfText)], |args, budget| {
        split(args, budget)
    }),
    method("substring", &[takes(&[Text, Int], Text), takes(&[Text, Int, Int], Text)], |args, budget| {
        substring(args, budget)
    }),
    method("join", &[takes(&[ListOfText], Text), takes(&[ListOfText, Text], Text)], join),
    global("strings.quote", SELF, |args, budget| map(args, budget, quote)),
];

fn out_of_range<T>() -> Outcome<T> {
    Err(Stop::Error(EvaluationError::NoItem))
}

fn test<'a>(args: &[Datum<'a>], budget: &mut Budget, f: fn(&str, &str) -> bool) -> Outcome<Datum<'a>> {
    let [Datum::Text(a), Datum::Text(b)] = args else { return mismatch() };
    budget.charge_bytes(a.len())?;
    Ok(Datum::Bool(f(a, b)))
}

fn matches<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Text(text), Datum::Text(pattern)] = args else { return mismatch() };
    let regex = budget.regex(pattern)?;
    budget.charge_bytes(regex.weight(text.len()))?;
    Ok(Datum::Bool(regex.is_match(text)))
}

fn map<'a>(args: &[Datum<'a>], budget: &mut Budget, f: fn(&str) -> String) -> Outcome<Datum<'a>> {
    let [Datum::Text(text)] = args else { return mismatch() };
    budget.charge_bytes(text.len())?;
    Ok(Datum::built(f(text)))
}

fn reverse<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    match args {
        [Datum::List(items)] => {
            budget.charge(Items::len(items))?;
            Ok(Datum::list((0..Items::len(items)).rev().filter_map(|at| items.get(at)).collect()))
        }
        args => map(args, budget, |text| text.chars().rev().collect()),
    }
}

/// The byte at which a character starts; the text's end counts as a character.
fn byte_at(text: &str, at: i64) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(at)
}

fn char_at<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Text(text), Datum::Int(at)] = args else { return mismatch() };
    budget.charge_bytes(text.len())?;
    let Some(byte) = byte_at(text, *at) else { return out_of_range() };
    let rest = text.get(byte..).unwrap_or("");
    Ok(Datum::built(rest.chars().next().map(String::from).unwrap_or_default()))
}

fn characters(text: &str, bytes: usize) -> i64 {
    i64::try_from(text.get(..bytes).map_or(0, |head| head.chars().count())).unwrap_or(i64::MAX)
}

fn index_of<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (text, part, from) = match args {
        [Datum::Text(text), Datum::Text(part)] => (text, part, 0),
        [Datum::Text(text), Datum::Text(part), Datum::Int(from)] => (text, part, *from),
        _ => return mismatch(),
    };
    budget.charge_bytes(text.len())?;
    let Some(byte) = byte_at(text, from) else { return out_of_range() };
    let found = text.get(byte..).and_then(|rest| rest.find(&**part));
    Ok(Datum::Int(found.map_or(-1, |at| characters(text, byte + at))))
}

fn last_index_of<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (text, part, until) = match args {
        [Datum::Text(text), Datum::Text(part)] => (text, part, None),
        [Datum::Text(text), Datum::Text(part), Datum::Int(until)] => (text, part, Some(*until)),
        _ => return mismatch(),
    };
    budget.charge_bytes(text.len())?;
    // The part may reach beyond the last place at which it may start.
    let end = match until {
        None => text.len(),
        Some(at) => match byte_at(text, at) {
            Some(byte) => byte.saturating_add(part.len()).min(text.len()),
            None => return out_of_range(),
        },
    };
    // A match ends where a character ends.
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let found = text.get(..end).and_then(|head| head.rfind(&**part)).map(|at| characters(text, at));
    Ok(Datum::Int(found.unwrap_or(-1)))
}

fn replace<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (text, old, new, count) = match args {
        [Datum::Text(text), Datum::Text(old), Datum::Text(new)] => (text, old, new, -1),
        [Datum::Text(text), Datum::Text(old), Datum::Text(new), Datum::Int(count)] => (text, old, new, *count),
        _ => return mismatch(),
    };
    let times = usize::try_from(count).unwrap_or(usize::MAX);
    let found = text.matches(&**old).take(times).count();
    budget.charge_bytes(text.len() + found.saturating_mul(new.len()))?;
    Ok(Datum::built(text.replacen(&**old, new, found)))
}

fn split<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (text, by, limit) = match args {
        [Datum::Text(text), Datum::Text(by)] => (text, by, -1),
        [Datum::Text(text), Datum::Text(by), Datum::Int(limit)] => (text, by, *limit),
        _ => return mismatch(),
    };
    budget.charge_bytes(text.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = Some(&**text);
    while let Some(here) = rest.filter(|_| parts.len() < limit) {
        budget.charge(1)?;
        // Nothing to split by: every character is a part.
        let cut = if by.is_empty() {
            here.chars().next().map(|c| here.split_at(c.len_utf8())).filter(|(_, tail)| !tail.is_empty())
        } else {
            here.split_once(&**by)
        };
        let (part, tail) = match cut {
            Some((part, tail)) if parts.len() + 1 < limit => (part, Some(tail)),
            Some(_) | None => (here, None),
        };
        if !(by.is_empty() && part.is_empty()) {
            parts.push(Datum::built(part));
        }
        rest = tail;
    }
    Ok(Datum::list(parts))
}

fn substring<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (text, from, to) = match args {
        [Datum::Text(text), Datum::Int(from)] => (text, byte_at(text, *from), Some(text.len())),
        [Datum::Text(text), Datum::Int(from), Datum::Int(to)] => (text, byte_at(text, *from), byte_at(text, *to)),
        _ => return mismatch(),
    };
    budget.charge_bytes(text.len())?;
    let (Some(from), Some(to)) = (from, to) else { return out_of_range() };
    if let Words::Lent(text) = text {
        return text.get(from..to).map_or_else(out_of_range, |part| Ok(Datum::text(part)));
    }
    text.get(from..to).map_or_else(out_of_range, |part| Ok(Datum::built(part)))
}

fn join<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (items, by) = match args {
        [Datum::List(items)] => (items, ""),
        [Datum::List(items), Datum::Text(by)] => (items, &**by),
        _ => return mismatch(),
    };
    let mut text = String::new();
    for (i, item) in items.iter().enumerate() {
        let Datum::Text(part) = item else { return mismatch() };
        budget.charge_bytes(part.len() + by.len())?;
        if i > 0 {
            text.push_str(by);
        }
        text.push_str(&part);
    }
    Ok(Datum::built(text))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' | '"' => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
