//! What do the macros over lists and maps answer? `all`, `exists`, `map` and the others.
//!
//! `all` and `exists` go on past what is undecided, as `&&` and `||` do; the others need every item. Over an open map only a
//! present member can decide: what holds for all that are there need not hold for all that there are.
//!
//! Next room: `evaluate`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use core::cmp::Ordering;

use crate::condition::EvaluationError;
use crate::condition::ast::Iteration;
use crate::condition::compare;
use crate::condition::datum::{Datum, Entries, Outcome, Stop, mismatch};
use crate::condition::evaluate::Machine;
use crate::condition::program::{Id, Loop};
use crate::value::Facts;

impl<'a, F: Facts> Machine<'a, F> {
    pub(crate) fn iterate(&mut self, at: u32) -> Outcome<Datum<'a>> {
        let Some(this) = self.program.loops.get(at as usize).copied() else { return mismatch() };
        let range = self.value(this.range)?;
        let depth = self.locals.len();
        let result = self.rounds(this, &range);
        // A round that stopped early leaves its variables behind.
        self.locals.truncate(depth);
        result
    }

    fn rounds(&mut self, this: Loop, range: &Datum<'a>) -> Outcome<Datum<'a>> {
        let open = match range {
            Datum::List(_) => false,
            Datum::Map(entries) => entries.is_open(),
            _ => return mismatch(),
        };
        match this.iteration {
            Iteration::All => self.decide(this, range, open, false),
            Iteration::Exists => self.decide(this, range, open, true),
            Iteration::ExistsOne
            | Iteration::Filter
            | Iteration::Map
            | Iteration::TransformList
            | Iteration::TransformMap
            | Iteration::TransformMapEntry
            | Iteration::SortBy
                if open =>
            {
                Err(Stop::Unknown)
            }
            Iteration::ExistsOne => self.exists_one(this, range),
            Iteration::Filter | Iteration::Map | Iteration::TransformList => self.collect(this, range),
            Iteration::TransformMap | Iteration::TransformMapEntry => self.transform(this, range),
            Iteration::SortBy => self.sort(this, range),
        }
    }

    /// Sets the variables for round `at` and takes its cost; `Ok(None)` after the last. Answers key and item.
    fn round(
        &mut self,
        this: Loop,
        range: &Datum<'a>,
        at: usize,
        depth: usize,
    ) -> Outcome<Option<(Datum<'a>, Datum<'a>)>> {
        let pair = match range {
            Datum::List(items) => {
                let place = i64::try_from(at).unwrap_or(i64::MAX);
                items.get(at).map(|item| (Datum::Int(place), item))
            }
            Datum::Map(entries) => entries.at(at),
            _ => return mismatch(),
        };
        let Some((key, item)) = pair else { return Ok(None) };
        self.budget.charge(this.cost as usize)?;
        self.locals.truncate(depth);
        let first = if this.two || matches!(range, Datum::Map(_)) { key.clone() } else { item.clone() };
        self.locals.push(Ok(first));
        if this.two {
            self.locals.push(Ok(item.clone()));
        }
        Ok(Some((key, item)))
    }

    /// `exists` if `decides` is true, `all` if it is false.
    fn decide(&mut self, this: Loop, range: &Datum<'a>, open: bool, decides: bool) -> Outcome<Datum<'a>> {
        let (depth, mark) = (self.locals.len(), self.trail.as_ref().map_or(0, Vec::len));
        let mut undecided = open.then_some(Stop::Unknown);
        let mut at = 0;
        while self.round(this, range, at, depth)?.is_some() {
            match self.truth(this.body) {
                Ok(value) if value == decides => {
                    if let Some(trail) = &mut self.trail {
                        trail.truncate(mark);
                    }
                    return Ok(Datum::Bool(decides));
                }
                Ok(_) => {}
                Err(stop) => undecided = Some(stop.or(undecided)),
            }
            at += 1;
        }
        undecided.map_or(Ok(Datum::Bool(!decides)), Err)
    }

    fn exists_one(&mut self, this: Loop, range: &Datum<'a>) -> Outcome<Datum<'a>> {
        let depth = self.locals.len();
        let (mut found, mut at) = (0usize, 0);
        while self.round(this, range, at, depth)?.is_some() {
            found += usize::from(self.truth(this.body)?);
            at += 1;
        }
        Ok(Datum::Bool(found == 1))
    }

    fn passes(&mut self, filter: Option<Id>) -> Outcome<bool> {
        filter.map_or(Ok(true), |filter| self.truth(filter))
    }

    fn collect(&mut self, this: Loop, range: &Datum<'a>) -> Outcome<Datum<'a>> {
        let depth = self.locals.len();
        let (mut made, mut at) = (Vec::new(), 0);
        while let Some((key, item)) = self.round(this, range, at, depth)? {
            at += 1;
            if this.iteration == Iteration::Filter {
                if self.truth(this.body)? {
                    made.push(if matches!(range, Datum::Map(_)) { key } else { item });
                }
            } else if self.passes(this.filter)? {
                made.push(self.value(this.body)?);
            }
        }
        Ok(Datum::list(made))
    }

    fn transform(&mut self, this: Loop, range: &Datum<'a>) -> Outcome<Datum<'a>> {
        let depth = self.locals.len();
        let (mut made, mut at) = (Vec::new(), 0);
        while let Some((key, _)) = self.round(this, range, at, depth)? {
            at += 1;
            if !self.passes(this.filter)? {
                continue;
            }
            let value = self.value(this.body)?;
            if this.iteration == Iteration::TransformMap {
                made.push((key.into_key()?, value));
                continue;
            }
            let Datum::Map(entries) = value else { return mismatch() };
            for (key, value) in entries.iter() {
                self.budget.charge(1)?;
                made.push((key.into_key()?, value));
            }
        }
        Entries::build(made).map(Datum::Map)
    }

    fn sort(&mut self, this: Loop, range: &Datum<'a>) -> Outcome<Datum<'a>> {
        let depth = self.locals.len();
        let (mut made, mut at) = (Vec::new(), 0);
        while let Some((_, item)) = self.round(this, range, at, depth)? {
            made.push((self.value(this.body)?, item));
            at += 1;
        }
        sorted(made).map(Datum::list)
    }
}

/// Items in the order of their keys; keys without order are an error.
pub(crate) fn sorted<'a>(mut keyed: Vec<(Datum<'a>, Datum<'a>)>) -> Outcome<Vec<Datum<'a>>> {
    // Keys of one kind that have an order with the first have one with each other; labels and not-a-numbers have not.
    if let Some((first, _)) = keyed.first() {
        for (key, _) in &keyed {
            let alike = core::mem::discriminant(first) == core::mem::discriminant(key);
            if !alike || compare::order(first, key)?.is_none() || matches!(key, Datum::Label(_)) {
                return Err(EvaluationError::Type.into());
            }
        }
    }
    keyed.sort_by(|a, b| compare::order(&a.0, &b.0).ok().flatten().unwrap_or(Ordering::Equal));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}
