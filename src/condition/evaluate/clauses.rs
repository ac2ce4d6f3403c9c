//! Is a value what a literal says? The clauses that conditions mostly consist of, for values of every kind.
//!
//! Where one stands in a row and its fact is of the usual kind, `row` has answered already.
//!
//! Next room: `iterate`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use crate::condition::EvaluationError;
use crate::condition::compare::{self, Comparison};
use crate::condition::datum::{Datum, Outcome, mismatch};
use crate::condition::evaluate::{Budget, Machine, size};
use crate::condition::functions::web;
use crate::condition::program::{Id, TextTest, local_of, same};
use crate::value::{Facts, Value};

impl<'a, F: Facts> Machine<'a, F> {
    /// What `f` says of a node's text; `Ok(None)`: it is no text.
    #[inline]
    fn with_text<T>(&mut self, id: Id, f: impl Fn(&str, &mut Budget) -> T) -> Outcome<Option<T>> {
        match self.lent(id)? {
            Some(Some(Value::String(text))) => Ok(Some(f(text, &mut self.budget))),
            Some(_) => Ok(None),
            None => self.rare_text(id, &f),
        }
    }

    #[inline(never)]
    fn rare_text<T>(&mut self, id: Id, f: &dyn Fn(&str, &mut Budget) -> T) -> Outcome<Option<T>> {
        if let Some(at) = local_of(id) {
            return match self.locals.get(at as usize) {
                Some(Ok(Datum::Text(text))) => Ok(Some(f(text, &mut self.budget))),
                Some(Ok(_)) | None => Ok(None),
                Some(Err(stop)) => Err(*stop),
            };
        }
        match self.value(id)? {
            Datum::Text(text) => Ok(Some(f(&text, &mut self.budget))),
            _ => Ok(None),
        }
    }

    pub(super) fn text_equal(&mut self, of: Id, text: u32) -> Outcome<bool> {
        let text = self.program.text(text);
        if let Some(at) = local_of(of) {
            return match self.locals.get(at as usize) {
                Some(Ok(Datum::Text(found))) => Ok(same(found.as_bytes(), text.as_bytes())),
                Some(Ok(found)) => compare::equal(found, &Datum::text(text), &mut self.budget),
                Some(Err(stop)) => Err(*stop),
                None => mismatch(),
            };
        }
        match self.value(of)? {
            Datum::Text(found) => Ok(same(found.as_bytes(), text.as_bytes())),
            found => compare::equal(&found, &Datum::text(text), &mut self.budget),
        }
    }

    pub(super) fn text_in(&mut self, of: Id, set: u32) -> Outcome<bool> {
        let Some(set) = self.program.sets.get(set as usize) else { return mismatch() };
        if let Some(Ok(Datum::Text(found))) = local_of(of).and_then(|at| self.locals.get(at as usize)) {
            return Ok(set.contains(found));
        }
        match self.value(of)? {
            Datum::Text(found) => Ok(set.contains(&found)),
            Datum::Enum(enumeration, place) if set.contains(enumeration.member(place)) => Ok(true),
            Datum::Enum(enumeration, _) if set.texts().iter().any(|text| enumeration.ordinal(text).is_none()) => {
                Err(EvaluationError::NoMember.into())
            }
            // What is no text is equal to none.
            _ => Ok(false),
        }
    }

    pub(super) fn text_test(&mut self, test: TextTest, of: Id, text: u32) -> Outcome<bool> {
        let text = self.program.text(text);
        let tested = self.with_text(of, |found, budget| match test {
            TextTest::Starts => Ok(found.starts_with(text)),
            TextTest::Ends => Ok(found.ends_with(text)),
            TextTest::Contains => budget.charge_bytes(found.len()).map(|()| found.contains(text)),
        })?;
        tested.unwrap_or_else(mismatch)
    }

    pub(super) fn matches(&mut self, of: Id, regex: u32) -> Outcome<bool> {
        let Some(regex) = self.program.regexes.get(regex as usize) else { return mismatch() };
        let matched = self.with_text(of, |found, budget| {
            budget.charge_bytes(regex.weight(found.len())).map(|()| regex.is_match(found))
        })?;
        matched.unwrap_or_else(mismatch)
    }

    pub(super) fn glob(&mut self, of: Id, pattern: u32) -> Outcome<bool> {
        let Some(pattern) = self.program.patterns.get(pattern as usize) else { return mismatch() };
        let matched = self.with_text(of, |found, budget| {
            budget.charge_glob(pattern, found).and_then(|()| web::matches_id(pattern, found))
        })?;
        matched.unwrap_or_else(mismatch)
    }

    pub(super) fn within(&mut self, of: Id, folder: u32) -> Outcome<bool> {
        let folder = self.program.text(folder);
        let matched = self
            .with_text(of, |found, budget| budget.charge_bytes(found.len()).and_then(|()| web::below(found, folder)))?;
        matched.unwrap_or_else(mismatch)
    }

    pub(super) fn in_hours(&mut self, of: Id, hours: u32) -> Outcome<bool> {
        let Some(hours) = self.program.hours.get(hours as usize) else { return mismatch() };
        match self.value(of)? {
            Datum::Timestamp(time) => Ok(hours.contains(time)),
            _ => mismatch(),
        }
    }

    pub(super) fn int_compare(&mut self, comparison: Comparison, of: Id, value: i32) -> Outcome<bool> {
        self.compare_with(comparison, of, &Datum::Int(i64::from(value)))
    }

    pub(super) fn place_compare(&mut self, comparison: Comparison, of: Id, place: u32) -> Outcome<bool> {
        let Some((enumeration, place)) = self.program.places.get(place as usize).copied() else { return mismatch() };
        self.compare_with(comparison, of, &Datum::Enum(enumeration, place))
    }

    pub(super) fn label_compare(&mut self, comparison: Comparison, of: Id, label: u32) -> Outcome<bool> {
        let Some(label) = self.program.labels.get(label as usize) else { return mismatch() };
        self.compare_with(comparison, of, &Datum::Label(*label))
    }

    fn compare_with(&mut self, comparison: Comparison, of: Id, value: &Datum<'_>) -> Outcome<bool> {
        let found = self.value(of)?;
        self.compared(comparison, &found, value)
    }

    pub(super) fn is_null(&mut self, of: Id) -> Outcome<bool> {
        match self.lent(of)? {
            Some(value) => Ok(value.is_none_or(|value| matches!(value, Value::Null))),
            None => Ok(matches!(self.value(of)?, Datum::Null)),
        }
    }

    /// `size(x)`.
    pub(super) fn size(&mut self, of: Id) -> Outcome<i64> {
        let value = self.value(of)?;
        let count = size(&value, &mut self.budget)?;
        i64::try_from(count).map_err(|_| EvaluationError::Overflow.into())
    }
}
