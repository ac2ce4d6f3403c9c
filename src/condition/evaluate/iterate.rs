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
use crate::condition::datum::{Datum, Entries, Items, Outcome, Stop, mismatch};
use crate::condition::evaluate::{Budget, Machine, row};
use crate::condition::program::{Id, Loop, Test};
use crate::value::Facts;

impl<'a, F: Facts> Machine<'a, F> {
    /// The truth of `all`, `exists` and `exists_one`.
    pub(super) fn verdict(&mut self, at: u32) -> Outcome<bool> {
        let Some(this) = self.program.loops.get(at as usize).copied() else { return mismatch() };
        let decides = match this.iteration {
            Iteration::All => Some(false),
            Iteration::Exists => Some(true),
            Iteration::ExistsOne => None,
            Iteration::Filter
            | Iteration::Map
            | Iteration::TransformList
            | Iteration::TransformMap
            | Iteration::TransformMapEntry
            | Iteration::SortBy => return mismatch(),
        };
        let range = self.value(this.range)?;
        let depth = self.locals.len();
        let result = match decides {
            Some(decides) => self.decide(this, &range, depth, decides),
            None => self.exists_one(this, &range, depth),
        };
        self.locals.truncate(depth);
        result
    }

    pub(super) fn iterate(&mut self, at: u32) -> Outcome<Datum<'a>> {
        let Some(this) = self.program.loops.get(at as usize).copied() else { return mismatch() };
        if matches!(this.iteration, Iteration::All | Iteration::Exists | Iteration::ExistsOne) {
            return self.verdict(at).map(Datum::Bool);
        }
        let range = self.value(this.range)?;
        if is_open(&range) {
            return Err(Stop::Unknown);
        }
        let depth = self.locals.len();
        let result = match this.iteration {
            Iteration::TransformMap | Iteration::TransformMapEntry => self.transform(this, &range, depth),
            Iteration::SortBy => self.sort(this, &range, depth),
            _ => self.collect(this, &range, depth),
        };
        self.locals.truncate(depth);
        result
    }

    /// Sets the variables for a round and takes its cost; false after the last.
    #[inline]
    fn round(&mut self, this: Loop, range: &Datum<'a>, at: usize, depth: usize) -> Outcome<bool> {
        // What the last round left.
        self.locals.truncate(depth);
        let (first, second) = match range {
            Datum::List(items) => {
                let Some(item) = items.get(at) else { return Ok(false) };
                if this.two { (Datum::Int(i64::try_from(at).unwrap_or(i64::MAX)), Some(item)) } else { (item, None) }
            }
            Datum::Map(entries) => {
                let Some((key, item)) = entries.at(at) else { return Ok(false) };
                (key, this.two.then_some(item))
            }
            _ => return mismatch(),
        };
        self.budget.charge(this.cost as usize)?;
        self.locals.push(Ok(first));
        if let Some(second) = second {
            self.locals.push(Ok(second));
        }
        Ok(true)
    }

    /// What the body says in a round; `None` after the last. An item of a fact that is asked one thing becomes no variable.
    #[inline]
    fn asked(&mut self, this: Loop, range: &Datum<'a>, at: usize, depth: usize) -> Outcome<Option<Outcome<bool>>> {
        if let (Datum::List(Items::Fact(items)), false) = (range, matches!(this.step.test, Test::Node)) {
            let Some(item) = items.get(at) else { return Ok(None) };
            let mut budget = self.budget;
            budget.charge(this.cost as usize)?;
            if let Some(holds) = row::ask(self.program, &this.step, item, &mut budget) {
                self.budget = budget;
                return Ok(Some(Ok(holds)));
            }
        }
        let more = self.round(this, range, at, depth)?;
        Ok(more.then(|| self.truth(this.body)))
    }

    /// The first variable of this round: item, or key.
    fn first(&self, depth: usize) -> Outcome<Datum<'a>> {
        self.locals.get(depth).cloned().unwrap_or_else(mismatch)
    }

    /// `exists` if `decides` is true, `all` if it is false.
    fn decide(&mut self, this: Loop, range: &Datum<'a>, depth: usize, decides: bool) -> Outcome<bool> {
        let mark = self.mark();
        // What an open map lacks could still decide.
        let mut undecided = is_open(range).then_some(Stop::Unknown);
        let mut at = 0;
        while let Some(outcome) = self.asked(this, range, at, depth)? {
            match outcome {
                Ok(value) if value == decides => {
                    self.overrule(mark);
                    return Ok(decides);
                }
                Ok(_) => {}
                Err(stop) => undecided = Some(stop.or(undecided)),
            }
            at += 1;
        }
        undecided.map_or(Ok(!decides), Err)
    }

    fn exists_one(&mut self, this: Loop, range: &Datum<'a>, depth: usize) -> Outcome<bool> {
        if is_open(range) {
            return Err(Stop::Unknown);
        }
        let (mut found, mut at) = (0usize, 0);
        while let Some(outcome) = self.asked(this, range, at, depth)? {
            found += usize::from(outcome?);
            at += 1;
        }
        Ok(found == 1)
    }

    fn passes(&mut self, filter: Option<Id>) -> Outcome<bool> {
        filter.map_or(Ok(true), |filter| self.truth(filter))
    }

    fn collect(&mut self, this: Loop, range: &Datum<'a>, depth: usize) -> Outcome<Datum<'a>> {
        let (mut made, mut at) = (Vec::new(), 0);
        while self.round(this, range, at, depth)? {
            at += 1;
            if this.iteration == Iteration::Filter {
                if self.truth(this.body)? {
                    made.push(self.first(depth)?);
                }
            } else if self.passes(this.filter)? {
                made.push(self.value(this.body)?);
            }
        }
        Ok(Datum::list(made))
    }

    fn transform(&mut self, this: Loop, range: &Datum<'a>, depth: usize) -> Outcome<Datum<'a>> {
        let (mut made, mut at) = (Vec::new(), 0);
        while self.round(this, range, at, depth)? {
            at += 1;
            if !self.passes(this.filter)? {
                continue;
            }
            let value = self.value(this.body)?;
            if this.iteration == Iteration::TransformMap {
                made.push((self.first(depth)?.into_key()?, value));
                continue;
            }
            let Datum::Map(entries) = value else { return mismatch() };
            if entries.is_open() {
                return Err(Stop::Unknown);
            }
            for (key, value) in entries.iter() {
                self.budget.charge(1)?;
                made.push((key.into_key()?, value));
            }
        }
        Entries::build(made).map(Datum::Map)
    }

    fn sort(&mut self, this: Loop, range: &Datum<'a>, depth: usize) -> Outcome<Datum<'a>> {
        let (mut made, mut at) = (Vec::new(), 0);
        while self.round(this, range, at, depth)? {
            made.push((self.value(this.body)?, self.first(depth)?));
            at += 1;
        }
        sorted(made, &mut self.budget).map(Datum::list)
    }
}

/// Whether it is a map of which not all members are known.
const fn is_open(range: &Datum<'_>) -> bool {
    matches!(range, Datum::Map(Entries::Fact(map)) if map.is_open())
}

/// Items in the order of their keys; keys without order are an error.
pub(crate) fn sorted<'a>(mut keyed: Vec<(Datum<'a>, Datum<'a>)>, budget: &mut Budget) -> Outcome<Vec<Datum<'a>>> {
    // All comparisons are paid before: a sort that is stopped halfway has no order to go by.
    let read: usize = keyed.iter().map(|(key, _)| key.bytes()).sum();
    let rounds = keyed.len().checked_ilog2().unwrap_or(0) as usize + 1;
    budget.charge((read / 64).saturating_mul(rounds))?;
    let budget = &mut Budget::new(u64::MAX, 0);

    // Keys of one kind that have an order with the first have one with each other; labels and not-a-numbers have not.
    if let Some((first, _)) = keyed.first() {
        for (key, _) in &keyed {
            let alike = core::mem::discriminant(first) == core::mem::discriminant(key);
            if !alike || compare::order(first, key, budget)?.is_none() || matches!(key, Datum::Label(_)) {
                return Err(EvaluationError::Type.into());
            }
        }
    }
    keyed.sort_by(|a, b| compare::order(&a.0, &b.0, budget).ok().flatten().unwrap_or(Ordering::Equal));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}
