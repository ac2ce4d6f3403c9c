//! Is a condition true? A walk over the syntax tree in three values, from the specification of CEL and docs/conditions.md.
//!
//! Unknown and error are told apart nowhere: both leave a condition undecided. What the oracle does not know it says in a
//! panic, so that generators avoid it.

use core::cmp::Ordering;

use placet::condition::ast::{Binary, Comprehension, Expr, Iteration, Kind, Literal, Unary};
use placet::label::Taxonomy;
use placet::name;
use placet::time::{Duration, Timestamp};
use placet::value::Enumeration;

use crate::glob;
use crate::value::{Known, Plain};

/// Neither true nor false: an unknown fact, or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecided;

type Result<T> = core::result::Result<T, Undecided>;

/// Where conditions read.
pub(crate) trait Source {
    /// The fact of that path; `None` if there is none.
    fn fact(&self, path: &str) -> Option<Known>;
    /// The labels.
    fn taxonomy(&self) -> &Taxonomy;
    /// Whether a member of the arguments is a float by the schema of the only tool that the rule is about.
    fn is_float(&self, path: &[&str]) -> bool;
}

/// Whether a condition is true or false.
///
/// # Errors
/// If it is neither.
pub(crate) fn truth(expr: &Expr, source: &dyn Source) -> Result<bool> {
    Walk { source, locals: Vec::new() }.truth(expr)
}

struct Walk<'s> {
    source: &'s dyn Source,
    locals: Vec<(String, Plain)>,
}

/// `a.b.c` as its names, if the expression is nothing else.
fn path(expr: &Expr) -> Option<(Vec<&str>, bool)> {
    if let Kind::Name { name, absolute } = &expr.kind {
        return Some((vec![name], *absolute));
    }
    let Kind::Select { operand, field, optional: false } = &expr.kind else { return None };
    let (mut names, absolute) = path(operand)?;
    names.push(field);
    Some((names, absolute))
}

/// Whether it is `type(x)`, which the oracle knows in comparisons only.
fn is_type(expr: &Expr) -> bool {
    matches!(&expr.kind, Kind::Call { target: None, function, .. } if &**function == "type")
}

#[expect(clippy::panic, reason = "the oracle says what it does not know instead of guessing")]
fn strange<T>(what: &str) -> T {
    panic!("oracle does not know {what}")
}

impl Walk<'_> {
    fn local(&self, name: &str) -> Option<&Plain> {
        self.locals.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The fact `names.field`, unless a variable hides it.
    fn fact(&self, operand: &Expr, field: &str) -> Option<Known> {
        let (mut names, absolute) = path(operand)?;
        names.push(field);
        self.fact_of(&names, absolute)
    }

    fn fact_of(&self, names: &[&str], absolute: bool) -> Option<Known> {
        if !absolute && names.first().is_some_and(|first| self.local(first).is_some()) {
            return None;
        }
        self.source.fact(&names.join("."))
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool> {
        match self.value(expr)? {
            Plain::Bool(value) => Ok(value),
            _ => Err(Undecided),
        }
    }

    fn value(&mut self, expr: &Expr) -> Result<Plain> {
        match &expr.kind {
            Kind::Literal(literal) => Ok(constant(literal)),
            Kind::Name { .. } | Kind::Select { .. } => self.reference(expr),
            Kind::Has { operand, field } => self.has(operand, field).map(Plain::Bool),
            Kind::Index { operand, index, optional } => {
                let (of, at) = (self.value(operand)?, self.value(index)?);
                index_of(of, &at, *optional)
            }
            Kind::Call { target, function, arguments } => self.call(target.as_deref(), function, arguments),
            Kind::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    let value = self.value(&item.value)?;
                    match (item.optional, value) {
                        (false, value) => list.push(value),
                        (true, Plain::Optional(inner)) => list.extend(inner.map(|value| *value)),
                        (true, _) => return Err(Undecided),
                    }
                }
                Ok(Plain::List(list))
            }
            Kind::Map(entries) => {
                let mut map: Vec<(Plain, Plain)> = Vec::new();
                for entry in entries {
                    let (key, value) = (key(&self.value(&entry.key)?)?, self.value(&entry.value)?);
                    let value = match (entry.optional, value) {
                        (false, value) => Some(value),
                        (true, Plain::Optional(inner)) => inner.map(|value| *value),
                        (true, _) => return Err(Undecided),
                    };
                    if map.iter().any(|(known, _)| equal(known, &key) == Ok(true)) {
                        return Err(Undecided);
                    }
                    map.extend(value.map(|value| (key, value)));
                }
                Ok(Plain::Map(map, false))
            }
            Kind::Unary(Unary::Not, of) => self.truth(of).map(|value| Plain::Bool(!value)),
            Kind::Unary(Unary::Negate, of) => match self.value(of)? {
                Plain::Int(value) => value.checked_neg().map(Plain::Int).ok_or(Undecided),
                Plain::Double(value) => Ok(Plain::Double(-value)),
                Plain::Length(value) => value.checked_neg().ok_or(Undecided).and_then(length),
                _ => Err(Undecided),
            },
            Kind::Binary(Binary::Equal, left, right) if is_type(left) => {
                let Kind::Call { arguments, .. } = &left.kind else { return Err(Undecided) };
                let [of] = &**arguments else { return Err(Undecided) };
                let value = self.value(of)?;
                Ok(Plain::Bool(match &right.kind {
                    Kind::Name { name, .. } if &**name == "list" => matches!(value, Plain::List(_)),
                    Kind::Name { name, .. } if &**name == "string" => matches!(value, Plain::Text(_)),
                    _ => strange("this type"),
                }))
            }
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                binary(*operator, &left, &right)
            }
            Kind::And(operands) => self.decided(operands, false).map(Plain::Bool),
            Kind::Or(operands) => self.decided(operands, true).map(Plain::Bool),
            Kind::Conditional { condition, then, otherwise } => {
                if self.truth(condition)? {
                    self.value(then)
                } else {
                    self.value(otherwise)
                }
            }
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
            Kind::Bind { name, value, body } => {
                // A value that stops stops only who reads it: written out, so that the body is judged either way.
                let value = self.value(value)?;
                self.with(&[(name, value)], |walk| walk.value(body))
            }
            Kind::Block { .. } => strange("cel.block"),
            Kind::OptionalMap { target, name, body, flat } => {
                let Plain::Optional(inner) = self.value(target)? else { return Err(Undecided) };
                let Some(inner) = inner else { return Ok(Plain::Optional(None)) };
                let made = self.with(&[(name, *inner)], |walk| walk.value(body))?;
                match (flat, made) {
                    (true, made @ Plain::Optional(_)) => Ok(made),
                    (true, _) => Err(Undecided),
                    (false, made) => Ok(Plain::Optional(Some(Box::new(made)))),
                }
            }
        }
    }

    fn with<T>(&mut self, variables: &[(&str, Plain)], f: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.locals.len();
        self.locals.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let result = f(self);
        self.locals.truncate(depth);
        result
    }

    /// `||` if `decides`, else `&&`.
    fn decided(&mut self, operands: &[Expr], decides: bool) -> Result<bool> {
        let truths: Vec<Result<bool>> = operands.iter().map(|operand| self.truth(operand)).collect();
        if truths.contains(&Ok(decides)) {
            return Ok(decides);
        }
        if truths.contains(&Err(Undecided)) { Err(Undecided) } else { Ok(!decides) }
    }

    fn reference(&mut self, expr: &Expr) -> Result<Plain> {
        if let Some((names, absolute)) = path(expr) {
            let float = !absolute && self.source.is_float(&names);
            if let (Some(value), [name], false) = (names.first().and_then(|n| self.local(n)), &*names, absolute) {
                let _ = name;
                return Ok(value.clone());
            }
            match self.fact_of(&names, absolute) {
                Some(Known::Unknown) => return Err(Undecided),
                Some(Known::Null) => return Ok(Plain::Null),
                Some(Known::Value(value)) => return Ok(value),
                None => {}
            }
            if let Kind::Select { operand, field, .. } = &expr.kind {
                let of = self.value(operand)?;
                let found = member(of, field, false)?;
                return Ok(if float { as_float(found) } else { found });
            }
        }
        let Kind::Select { operand, field, optional } = &expr.kind else { return strange("this name") };
        if *optional && let Some(fact) = self.fact(operand, field) {
            return match fact {
                Known::Unknown => Err(Undecided),
                Known::Null => Ok(Plain::Optional(None)),
                Known::Value(value) => Ok(Plain::Optional(Some(Box::new(value)))),
            };
        }
        let of = self.value(operand)?;
        member(of, field, *optional)
    }

    fn has(&mut self, operand: &Expr, field: &str) -> Result<bool> {
        if let Some(fact) = self.fact(operand, field) {
            return match fact {
                Known::Unknown => Err(Undecided),
                Known::Null => Ok(false),
                Known::Value(_) => Ok(true),
            };
        }
        match self.value(operand)? {
            Plain::Map(entries, open) => present(&entries, open, field),
            Plain::Optional(None) => Ok(false),
            Plain::Optional(Some(inner)) => match *inner {
                Plain::Map(entries, open) => present(&entries, open, field),
                _ => Err(Undecided),
            },
            _ => Err(Undecided),
        }
    }

    fn comprehension(&mut self, this: &Comprehension) -> Result<Plain> {
        let range = self.value(&this.range)?;
        let (rounds, open): (Vec<(Plain, Option<Plain>)>, bool) = match (range, this.second.is_some()) {
            (Plain::List(items), false) => (items.into_iter().map(|item| (item, None)).collect(), false),
            (Plain::List(items), true) => {
                ((0i64..).zip(items).map(|(at, item)| (Plain::Int(at), Some(item))).collect(), false)
            }
            (Plain::Map(entries, open), false) => (entries.into_iter().map(|(key, _)| (key, None)).collect(), open),
            (Plain::Map(entries, open), true) => {
                (entries.into_iter().map(|(key, value)| (key, Some(value))).collect(), open)
            }
            (_, _) => return Err(Undecided),
        };
        let each = |walk: &mut Self, expr: &Expr, (first, second): &(Plain, Option<Plain>)| {
            let mut variables = vec![(&*this.first, first.clone())];
            if let (Some(name), Some(value)) = (&this.second, second) {
                variables.push((name, value.clone()));
            }
            walk.with(&variables, |walk| walk.value(expr))
        };
        let is_true = |value: Result<Plain>| match value? {
            Plain::Bool(value) => Ok(value),
            _ => Err(Undecided),
        };
        match this.iteration {
            Iteration::All | Iteration::Exists => {
                let decides = this.iteration == Iteration::Exists;
                let truths: Vec<Result<bool>> =
                    rounds.iter().map(|round| is_true(each(self, &this.body, round))).collect();
                if truths.contains(&Ok(decides)) {
                    return Ok(Plain::Bool(decides));
                }
                // What an open map lacks could still decide.
                if open || truths.contains(&Err(Undecided)) { Err(Undecided) } else { Ok(Plain::Bool(!decides)) }
            }
            _ if open => Err(Undecided),
            Iteration::ExistsOne => {
                let mut count = 0;
                for round in &rounds {
                    count += u32::from(is_true(each(self, &this.body, round))?);
                }
                Ok(Plain::Bool(count == 1))
            }
            Iteration::Filter => {
                let mut kept = Vec::new();
                for round in &rounds {
                    if is_true(each(self, &this.body, round))? {
                        kept.push(round.0.clone());
                    }
                }
                Ok(Plain::List(kept))
            }
            Iteration::Map | Iteration::TransformList => {
                let mut made = Vec::new();
                for round in &rounds {
                    let counts = match &this.filter {
                        Some(filter) => is_true(each(self, filter, round))?,
                        None => true,
                    };
                    if counts {
                        made.push(each(self, &this.body, round)?);
                    }
                }
                Ok(Plain::List(made))
            }
            Iteration::TransformMap | Iteration::TransformMapEntry | Iteration::SortBy => strange("this macro"),
        }
    }

    fn call(&mut self, target: Option<&Expr>, function: &str, arguments: &[Expr]) -> Result<Plain> {
        let mut values = Vec::new();
        for argument in target.into_iter().chain(arguments) {
            values.push(self.value(argument)?);
        }
        match (function, &*values) {
            ("size", [of]) => size(of).map(Plain::Int),
            ("startsWith", [Plain::Text(a), Plain::Text(b)]) => Ok(Plain::Bool(a.starts_with(&**b))),
            ("endsWith", [Plain::Text(a), Plain::Text(b)]) => Ok(Plain::Bool(a.ends_with(&**b))),
            ("contains", [Plain::Text(a), Plain::Text(b)]) => Ok(Plain::Bool(a.contains(&**b))),
            ("matches", [Plain::Text(text), Plain::Text(regex)]) => {
                let regex = regex::Regex::new(regex).map_err(|_| Undecided)?;
                Ok(Plain::Bool(regex.is_match(text)))
            }
            ("label", [Plain::Text(name)]) => self.source.taxonomy().get(name).map(Plain::Label).ok_or(Undecided),
            ("glob" | "matchesGlob", [Plain::Text(text), Plain::Text(pattern)]) => {
                // What is no id is no operand.
                name::check(text).map_err(|_| Undecided)?;
                Ok(Plain::Bool(glob::matches(pattern, text)))
            }
            ("within", [Plain::Text(path), Plain::Text(folder)]) => {
                within(path, folder).map(Plain::Bool).ok_or(Undecided)
            }
            ("lowerAscii", [Plain::Text(text)]) => Ok(Plain::Text(text.to_ascii_lowercase())),
            ("upperAscii", [Plain::Text(text)]) => Ok(Plain::Text(text.to_ascii_uppercase())),
            // A range stays its text: whatever asks it reads it again.
            ("cidr", [Plain::Text(text)]) => bits_of(text).map(|_| Plain::text(text)).ok_or(Undecided),
            ("containsIP", [Plain::Text(range), Plain::Text(address)]) => {
                let (Some((start, prefix)), Some((address, all))) = (bits_of(range), bits_of(address)) else {
                    return Err(Undecided);
                };
                // An address is a range of its own length; families differ in theirs.
                Ok(Plain::Bool(all == start.len() && start.get(..prefix) == address.get(..prefix)))
            }
            ("timestamp", [Plain::Text(text)]) => text.parse::<Timestamp>().map(Plain::Time).map_err(|_| Undecided),
            ("timestamp", [time @ Plain::Time(_)]) | ("duration", [time @ Plain::Length(_)]) => Ok(time.clone()),
            ("duration", [Plain::Text(text)]) => text.parse::<Duration>().map_err(|_| Undecided).and_then(length),
            ("dyn", [value]) => Ok(value.clone()),
            ("string", [Plain::Text(text)]) => Ok(Plain::text(text)),
            ("string", [Plain::Member(all, place)]) => Ok(Plain::text(all.member(*place))),
            ("string", [Plain::Int(value)]) => Ok(Plain::Text(value.to_string())),
            ("string", [Plain::Bool(value)]) => Ok(Plain::Text(value.to_string())),
            ("string", [Plain::Null | Plain::List(_) | Plain::Map(..) | Plain::Label(_)]) => Err(Undecided),
            ("orValue", [Plain::Optional(inner), other]) => {
                Ok(inner.as_ref().map_or_else(|| other.clone(), |inner| (**inner).clone()))
            }
            ("hasValue", [Plain::Optional(inner)]) => Ok(Plain::Bool(inner.is_some())),
            ("value", [Plain::Optional(inner)]) => inner.as_ref().map(|inner| (**inner).clone()).ok_or(Undecided),
            (
                "startsWith" | "endsWith" | "contains" | "matches" | "label" | "glob" | "matchesGlob" | "within"
                | "upperAscii" | "lowerAscii" | "cidr" | "containsIP" | "timestamp" | "duration" | "orValue"
                | "hasValue" | "value",
                _,
            ) => Err(Undecided),
            (other, _) => strange(&format!("the function {other}")),
        }
    }
}

/// The bits of an address, and how many of them count: `198.51.100.0/24`, or all of them without a prefix.
fn bits_of(text: &str) -> Option<(Vec<bool>, usize)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<usize>().ok()?)),
        None => (text, None),
    };
    let bytes = match address.parse::<std::net::IpAddr>().ok()? {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    let bits: Vec<bool> = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1)).collect();
    let prefix = prefix.unwrap_or(bits.len());
    (prefix <= bits.len()).then_some((bits, prefix))
}

fn constant(literal: &Literal) -> Plain {
    match literal {
        Literal::Null => Plain::Null,
        Literal::Bool(value) => Plain::Bool(*value),
        Literal::Int(value) => Plain::Int(*value),
        Literal::Uint(value) => Plain::Uint(*value),
        Literal::Double(value) => Plain::Double(*value),
        Literal::String(text) => Plain::text(text),
        Literal::Bytes(bytes) => Plain::Bytes(bytes.to_vec()),
    }
}

/// A float where a schema says so, written without a point or with one.
#[expect(clippy::cast_precision_loss, reason = "a number that is meant as a float")]
pub(crate) fn as_float(value: Plain) -> Plain {
    match value {
        Plain::Int(value) => Plain::Double(value as f64),
        Plain::Uint(value) => Plain::Double(value as f64),
        other => other,
    }
}

fn find<'m>(entries: &'m [(Plain, Plain)], wanted: &Plain) -> Option<&'m Plain> {
    entries.iter().find(|(key, _)| equal(key, wanted) == Ok(true)).map(|(_, value)| value)
}

fn present(entries: &[(Plain, Plain)], open: bool, field: &str) -> Result<bool> {
    match find(entries, &Plain::text(field)) {
        Some(_) => Ok(true),
        None if open => Err(Undecided),
        None => Ok(false),
    }
}

/// A member of a map, or of a map that is optional.
fn member(of: Plain, field: &str, optional: bool) -> Result<Plain> {
    let (entries, open, optional) = match of {
        Plain::Map(entries, open) => (entries, open, optional),
        Plain::Optional(None) => return Ok(Plain::Optional(None)),
        Plain::Optional(Some(inner)) => match *inner {
            Plain::Map(entries, open) => (entries, open, true),
            _ => return Err(Undecided),
        },
        _ => return Err(Undecided),
    };
    match (find(&entries, &Plain::text(field)), optional) {
        (Some(value), false) => Ok(value.clone()),
        (Some(value), true) => Ok(Plain::Optional(Some(Box::new(value.clone())))),
        (None, true) if !open => Ok(Plain::Optional(None)),
        (None, _) => Err(Undecided),
    }
}

fn key(value: &Plain) -> Result<Plain> {
    match value {
        Plain::Bool(_) | Plain::Int(_) | Plain::Uint(_) | Plain::Text(_) => Ok(value.clone()),
        Plain::Member(all, place) => Ok(Plain::text(all.member(*place))),
        _ => Err(Undecided),
    }
}

fn index_of(of: Plain, at: &Plain, optional: bool) -> Result<Plain> {
    let (of, optional) = match of {
        Plain::Optional(None) => return Ok(Plain::Optional(None)),
        Plain::Optional(Some(inner)) => (*inner, true),
        other => (other, optional),
    };
    let (found, open) = match (&of, at) {
        (Plain::List(items), Plain::Int(at)) => (usize::try_from(*at).ok().and_then(|at| items.get(at)), false),
        (Plain::List(items), Plain::Uint(at)) => (usize::try_from(*at).ok().and_then(|at| items.get(at)), false),
        (Plain::Map(entries, open), at) => {
            let at = if let Plain::Double(_) = at { at.clone() } else { key(at)? };
            (find(entries, &at), *open)
        }
        (_, _) => return Err(Undecided),
    };
    match (found, optional) {
        (Some(value), false) => Ok(value.clone()),
        (Some(value), true) => Ok(Plain::Optional(Some(Box::new(value.clone())))),
        (None, true) if !open => Ok(Plain::Optional(None)),
        (None, _) => Err(Undecided),
    }
}

fn size(of: &Plain) -> Result<i64> {
    let count = match of {
        Plain::Text(text) => text.chars().count(),
        Plain::Bytes(bytes) => bytes.len(),
        Plain::List(items) => items.len(),
        Plain::Map(entries, false) => entries.len(),
        _ => return Err(Undecided),
    };
    i64::try_from(count).map_err(|_| Undecided)
}

fn binary(operator: Binary, left: &Plain, right: &Plain) -> Result<Plain> {
    let ordered = |wanted: &[Ordering]| {
        let order = order(left, right)?;
        Ok(Plain::Bool(order.is_some_and(|order| wanted.contains(&order))))
    };
    match operator {
        Binary::Equal => equal(left, right).map(Plain::Bool),
        Binary::NotEqual => equal(left, right).map(|equal| Plain::Bool(!equal)),
        Binary::Less => ordered(&[Ordering::Less]),
        Binary::LessEqual => ordered(&[Ordering::Less, Ordering::Equal]),
        Binary::Greater => ordered(&[Ordering::Greater]),
        Binary::GreaterEqual => ordered(&[Ordering::Greater, Ordering::Equal]),
        Binary::In => contains(left, right).map(Plain::Bool),
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
            arithmetic(operator, left, right)
        }
    }
}

/// The order of two numbers; `None` if one is none.
#[expect(
    clippy::cast_precision_loss,
    reason = "integers and floats are compared as floats, as other readings of CEL do"
)]
fn numbers(a: &Plain, b: &Plain) -> Option<Option<Ordering>> {
    let whole = |value: &Plain| match value {
        Plain::Int(value) => Some(i128::from(*value)),
        Plain::Uint(value) => Some(i128::from(*value)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(Some(a.cmp(&b)));
    }
    let float = |value: &Plain| match value {
        Plain::Int(value) => Some(*value as f64),
        Plain::Uint(value) => Some(*value as f64),
        Plain::Double(value) => Some(*value),
        _ => None,
    };
    Some(float(a)?.partial_cmp(&float(b)?))
}

fn place(all: &Enumeration, text: &str) -> Result<u8> {
    all.members.iter().position(|m| *m == text).and_then(|at| u8::try_from(at).ok()).ok_or(Undecided)
}

/// The order of two values; `Ok(None)`: comparable kinds without an order.
fn order(a: &Plain, b: &Plain) -> Result<Option<Ordering>> {
    if let Some(order) = numbers(a, b) {
        return Ok(order);
    }
    Ok(match (a, b) {
        (Plain::Bool(a), Plain::Bool(b)) => Some(a.cmp(b)),
        (Plain::Text(a), Plain::Text(b)) => Some(a.cmp(b)),
        (Plain::Bytes(a), Plain::Bytes(b)) => Some(a.cmp(b)),
        (Plain::Time(a), Plain::Time(b)) => Some((a.seconds(), a.nanos()).cmp(&(b.seconds(), b.nanos()))),
        (Plain::Length(a), Plain::Length(b)) => Some((a.seconds(), a.nanos()).cmp(&(b.seconds(), b.nanos()))),
        (Plain::Label(a), Plain::Label(b)) => match (a.flows_to(*b), b.flows_to(*a)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        },
        (Plain::Member(all, a), Plain::Member(other, b)) if all.name == other.name => Some(a.cmp(b)),
        (Plain::Member(all, a), Plain::Text(b)) => Some(a.cmp(&place(all, b)?)),
        (Plain::Text(a), Plain::Member(all, b)) => Some(place(all, a)?.cmp(b)),
        (_, _) => return Err(Undecided),
    })
}

fn all_equal(pairs: impl Iterator<Item = Result<bool>>) -> Result<bool> {
    let pairs: Vec<Result<bool>> = pairs.collect();
    if pairs.contains(&Ok(false)) {
        return Ok(false);
    }
    if pairs.contains(&Err(Undecided)) { Err(Undecided) } else { Ok(true) }
}

fn equal(a: &Plain, b: &Plain) -> Result<bool> {
    if let Some(order) = numbers(a, b) {
        return Ok(order == Some(Ordering::Equal));
    }
    match (a, b) {
        (Plain::Null, Plain::Null) => Ok(true),
        (Plain::List(a), Plain::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all_equal(a.iter().zip(b).map(|(a, b)| equal(a, b)))
        }
        (Plain::Map(_, true), Plain::Map(..)) | (Plain::Map(..), Plain::Map(_, true)) => Err(Undecided),
        (Plain::Map(a, false), Plain::Map(b, false)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all_equal(a.iter().map(|(key, value)| find(b, key).map_or(Ok(false), |other| equal(value, other))))
        }
        (Plain::Optional(a), Plain::Optional(b)) => match (a, b) {
            (None, None) => Ok(true),
            (Some(a), Some(b)) => equal(a, b),
            (Some(_), None) | (None, Some(_)) => Ok(false),
        },
        (Plain::Member(all, _), Plain::Member(other, _)) if all.name != other.name => Err(Undecided),
        (Plain::Member(..), Plain::Member(..) | Plain::Text(_))
        | (Plain::Text(_), Plain::Member(..) | Plain::Text(_))
        | (Plain::Bool(_), Plain::Bool(_))
        | (Plain::Bytes(_), Plain::Bytes(_))
        | (Plain::Time(_), Plain::Time(_))
        | (Plain::Length(_), Plain::Length(_))
        | (Plain::Label(_), Plain::Label(_)) => order(a, b).map(|order| order == Some(Ordering::Equal)),
        // Of different kinds: not equal, and no error.
        (_, _) => Ok(false),
    }
}

fn contains(item: &Plain, collection: &Plain) -> Result<bool> {
    match collection {
        Plain::List(items) => {
            let found: Vec<Result<bool>> = items.iter().map(|other| equal(item, other)).collect();
            if found.contains(&Ok(true)) {
                return Ok(true);
            }
            if found.contains(&Err(Undecided)) { Err(Undecided) } else { Ok(false) }
        }
        Plain::Map(entries, open) => {
            let item = if let Plain::Double(_) = item { item.clone() } else { key(item)? };
            let found = find(entries, &item).is_some();
            if !found && *open { Err(Undecided) } else { Ok(found) }
        }
        _ => Err(Undecided),
    }
}

/// Lengths have 64 bits of nanoseconds.
fn length(length: Duration) -> Result<Plain> {
    let nanos = i128::from(length.seconds()) * 1_000_000_000 + i128::from(length.nanos());
    i64::try_from(nanos).map(|_| Plain::Length(length)).map_err(|_| Undecided)
}

fn arithmetic(operator: Binary, left: &Plain, right: &Plain) -> Result<Plain> {
    use Binary::{Add, Divide, Modulo, Multiply, Subtract};
    let some = |value: Option<Plain>| value.ok_or(Undecided);
    match (operator, left, right) {
        (Add, Plain::Int(a), Plain::Int(b)) => some(a.checked_add(*b).map(Plain::Int)),
        (Subtract, Plain::Int(a), Plain::Int(b)) => some(a.checked_sub(*b).map(Plain::Int)),
        (Multiply, Plain::Int(a), Plain::Int(b)) => some(a.checked_mul(*b).map(Plain::Int)),
        (Divide, Plain::Int(a), Plain::Int(b)) => some(a.checked_div(*b).map(Plain::Int)),
        (Modulo, Plain::Int(a), Plain::Int(b)) => some(a.checked_rem(*b).map(Plain::Int)),
        (Add, Plain::Uint(a), Plain::Uint(b)) => some(a.checked_add(*b).map(Plain::Uint)),
        (Subtract, Plain::Uint(a), Plain::Uint(b)) => some(a.checked_sub(*b).map(Plain::Uint)),
        (Multiply, Plain::Uint(a), Plain::Uint(b)) => some(a.checked_mul(*b).map(Plain::Uint)),
        (Divide, Plain::Uint(a), Plain::Uint(b)) => some(a.checked_div(*b).map(Plain::Uint)),
        (Modulo, Plain::Uint(a), Plain::Uint(b)) => some(a.checked_rem(*b).map(Plain::Uint)),
        (Add, Plain::Double(a), Plain::Double(b)) => Ok(Plain::Double(a + b)),
        (Subtract, Plain::Double(a), Plain::Double(b)) => Ok(Plain::Double(a - b)),
        (Multiply, Plain::Double(a), Plain::Double(b)) => Ok(Plain::Double(a * b)),
        (Divide, Plain::Double(a), Plain::Double(b)) => Ok(Plain::Double(a / b)),
        (Add, Plain::Text(a), Plain::Text(b)) => Ok(Plain::Text(format!("{a}{b}"))),
        (Add, Plain::Bytes(a), Plain::Bytes(b)) => Ok(Plain::Bytes([&**a, &**b].concat())),
        (Add, Plain::List(a), Plain::List(b)) => Ok(Plain::List([&**a, &**b].concat())),
        (Add, Plain::Time(a), Plain::Length(b)) | (Add, Plain::Length(b), Plain::Time(a)) => {
            some(a.checked_add(*b).map(Plain::Time))
        }
        (Subtract, Plain::Time(a), Plain::Length(b)) => some(a.checked_sub(*b).map(Plain::Time)),
        (Subtract, Plain::Time(a), Plain::Time(b)) => length(a.since(*b)),
        (Add, Plain::Length(a), Plain::Length(b)) => a.checked_add(*b).ok_or(Undecided).and_then(length),
        (Subtract, Plain::Length(a), Plain::Length(b)) => {
            b.checked_neg().and_then(|b| a.checked_add(b)).ok_or(Undecided).and_then(length)
        }
        (_, _, _) => Err(Undecided),
    }
}

/// Whether a path is a folder or below it; undecided unless both say what they mean.
fn within(path: &str, folder: &str) -> Option<bool> {
    fn segments(path: &str) -> Option<(bool, Vec<&str>)> {
        let absolute = path.starts_with('/');
        let body = path.strip_prefix('/').unwrap_or(path);
        let body = body.strip_suffix('/').unwrap_or(body);
        let lower = path.to_ascii_lowercase();
        let encoded = ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|code| lower.contains(code));
        if encoded || path.is_empty() || path.contains('\\') || path.chars().any(char::is_control) {
            return None;
        }
        let parts: Vec<&str> = if body.is_empty() { Vec::new() } else { body.split('/').collect() };
        let plain = !path.starts_with("//") && !parts.iter().any(|part| matches!(*part, "" | "." | ".."));
        plain.then_some((absolute, parts))
    }
    let ((rooted, inner), (root, outer)) = (segments(path)?, segments(folder)?);
    Some(rooted == root && inner.starts_with(&outer))
}
