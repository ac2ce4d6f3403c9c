//! Is it so, here and now? Evaluation of a compiled condition over the facts of one request, in three values.
//!
//! A read of an unknown fact stops what needs it with [`Stop::Unknown`]; `&&`, `||`, `all` and `exists` go on and may be decided
//! by the other operands. INVARIANT (law 5): what is known in spite of an unknown fact is the same whatever that fact is.
//!
//! Next room: `compare` and `functions`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

mod clauses;
pub(crate) mod iterate;
mod members;
pub(crate) mod row;

use smallvec::SmallVec;

use crate::condition::EvaluationError;
use crate::condition::compare::{self, Comparison};
use crate::condition::datum::{Datum, Entries, Items, Outcome, Stop, mismatch};
use crate::condition::functions::math;
use crate::condition::matcher::{Matcher, Refused};
use crate::condition::program::{Id, Node, Program, Range, local_of, slot_of};
use crate::pattern::Pattern;
use crate::value::{Fact, Facts, Value};

/// Steps that are left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: u64,
    regex_bytes: usize,
}

impl Budget {
    pub(crate) const fn new(steps: u64, regex_bytes: usize) -> Self {
        Self { left: steps, regex_bytes }
    }

    /// How many of these steps are taken.
    pub(crate) const fn spent(&self, of: u64) -> u64 {
        of.saturating_sub(self.left)
    }

    /// Takes some steps, if there are as many.
    pub(crate) fn charge(&mut self, steps: usize) -> Outcome<()> {
        self.left = self.left.checked_sub(steps as u64).ok_or(Stop::Error(EvaluationError::TooCostly))?;
        Ok(())
    }

    /// Takes the steps for reading or building so many bytes.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Outcome<()> {
        self.charge(1 + bytes / 64)
    }

    /// Takes the steps for matching an id pattern, which are pattern x text.
    pub(crate) fn charge_glob(&mut self, pattern: &Pattern, text: &str) -> Outcome<()> {
        let weight = pattern.alternatives() + pattern.as_str().len() / 8;
        self.charge_bytes(text.len().saturating_mul(weight))
    }

    /// Builds a regular expression that was no literal.
    pub(crate) fn regex(&mut self, pattern: &str) -> Outcome<Matcher> {
        // Reading the pattern, then some five microseconds for each kibibyte of what is built.
        self.charge(200 + pattern.len() * 8)?;
        Matcher::build(pattern, self.regex_bytes, |kibibytes| self.charge(kibibytes * 500)).map_err(|refused| {
            match refused {
                Refused::Stopped(stop) => stop,
                Refused::Malformed | Refused::TooLarge(_) => Stop::Error(EvaluationError::BadPattern),
            }
        })
    }
}

/// One evaluation.
pub(crate) struct Machine<'a, F> {
    pub(crate) program: &'a Program,
    pub(crate) facts: &'a F,
    /// Variables in scope. One that stopped stops only who reads it.
    pub(crate) locals: SmallVec<[Outcome<Datum<'a>>; 4]>,
    pub(crate) budget: Budget,
    /// Unknown slots met and not overruled; kept only if somebody asks.
    pub(crate) trail: Option<Vec<u16>>,
}

impl<'a, F: Facts> Machine<'a, F> {
    pub(crate) fn new(program: &'a Program, facts: &'a F) -> Self {
        let budget = Budget::new(program.cost, program.regex_bytes);
        Self { program, facts, locals: SmallVec::new(), budget, trail: None }
    }

    #[inline]
    fn node(&self, id: Id) -> Node {
        if let Some(slot) = slot_of(id) {
            return Node::Slot(slot);
        }
        if let Some(at) = local_of(id) {
            return Node::Local(at);
        }
        self.program.nodes.get(id as usize).copied().unwrap_or(Node::Fail(EvaluationError::Type))
    }

    fn mark(&self) -> usize {
        self.trail.as_ref().map_or(0, Vec::len)
    }

    /// Forgets what was unknown since `mark`: the answer does not depend on it.
    fn overrule(&mut self, mark: usize) {
        if let Some(trail) = &mut self.trail {
            trail.truncate(mark);
        }
    }

    #[cold]
    fn unknown(&mut self, slot: u16) -> Stop {
        if let Some(trail) = &mut self.trail {
            trail.push(slot);
        }
        Stop::Unknown
    }

    /// Unknown because a map does not say; names the fact that the map is, if it is one.
    #[cold]
    fn unknown_in(&mut self, id: Id) -> Stop {
        let mut at = id;
        loop {
            match self.node(at) {
                Node::Slot(slot) => return self.unknown(slot),
                Node::Select(of, _) | Node::OptionalSelect(of, _) | Node::Index(of, _) | Node::OptionalIndex(of, _) => {
                    at = of
                }
                _ => return Stop::Unknown,
            }
        }
    }

    #[inline]
    fn read(&mut self, slot: u16) -> Outcome<Option<&'a Value<'a>>> {
        match self.facts.fact(slot) {
            Fact::Known(value) => Ok(Some(value)),
            Fact::Null => Ok(None),
            Fact::Unknown => Err(self.unknown(slot)),
        }
    }

    /// The truth of a node: the way that conditions are evaluated, without making values of their parts.
    pub(crate) fn truth(&mut self, id: Id) -> Outcome<bool> {
        match self.node(id) {
            Node::Bool(value) => Ok(value),
            Node::And(range) => self.row(range, false),
            Node::Or(range) => self.row(range, true),
            Node::Not(of) => self.truth(of).map(|value| !value),
            Node::Choose(condition, then, otherwise) => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.truth(chosen)
            }
            Node::HasSlot(slot) => Ok(self.read(slot)?.is_some()),
            Node::TextEqual(negated, of, text) => self.text_equal(of, text).map(|equal| equal != negated),
            Node::TextIn(of, set) => self.text_in(of, set),
            Node::TextTest(test, of, text) => self.text_test(test, of, text),
            Node::IntCompare(comparison, of, value) => self.int_compare(comparison, of, value),
            Node::PlaceCompare(comparison, of, place) => self.place_compare(comparison, of, place),
            Node::LabelCompare(comparison, of, label) => self.label_compare(comparison, of, label),
            Node::IsNull(negated, of) => self.is_null(of).map(|null| null != negated),
            Node::Loop(at) => self.verdict(at),
            Node::Slot(_)
            | Node::Select(..)
            | Node::Compare(..)
            | Node::In(..)
            | Node::Has(..)
            | Node::Matches(..)
            | Node::Glob(..)
            | Node::Within(..)
            | Node::InHours(..)
            | Node::Constant(_)
            | Node::AsDouble(_)
            | Node::Local(_)
            | Node::Fail(_)
            | Node::OptionalSlot(_)
            | Node::OptionalSelect(..)
            | Node::Index(..)
            | Node::OptionalIndex(..)
            | Node::Call(..)
            | Node::List(_)
            | Node::Map(_)
            | Node::Spread(_)
            | Node::Negate(_)
            | Node::Arithmetic(..)
            | Node::Bind(..)
            | Node::OptionalMap(..)
            | Node::Size(_) => self.rare_truth(id),
        }
    }

    /// The truth of the other nodes: out of line, so that the usual ones need little stack.
    #[inline(never)]
    fn rare_truth(&mut self, id: Id) -> Outcome<bool> {
        match self.node(id) {
            Node::Compare(comparison, left, right) => self.compare(comparison, left, right),
            Node::In(item, collection) => {
                let (item, collection) = (self.value(item)?, self.value(collection)?);
                compare::contains(&item, &collection, &mut self.budget)
            }
            Node::Has(of, member) => self.has(of, member),
            Node::Matches(of, regex) => self.matches(of, regex),
            Node::Glob(of, pattern) => self.glob(of, pattern),
            Node::Within(of, folder) => self.within(of, folder),
            Node::InHours(of, hours) => self.in_hours(of, hours),
            _ => match self.value(id)? {
                Datum::Bool(value) => Ok(value),
                _ => mismatch(),
            },
        }
    }

    /// The value of a node.
    pub(crate) fn value(&mut self, id: Id) -> Outcome<Datum<'a>> {
        let program = self.program;
        match self.node(id) {
            Node::Constant(at) => program.constants.get(at as usize).map_or_else(mismatch, |value| Ok(value.lend())),
            Node::Slot(slot) => Ok(self.read(slot)?.map_or(Datum::Null, Datum::of)),
            Node::AsDouble(of) => Ok(match self.value(of)? {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a number written without a point is meant as a double here"
                )]
                Datum::Int(value) => Datum::Double(value as f64),
                value => value,
            }),
            Node::Local(at) => self.locals.get(at as usize).cloned().unwrap_or_else(mismatch),
            Node::Fail(error) => Err(error.into()),
            Node::OptionalSlot(slot) => Ok(self.read(slot)?.map_or(Datum::NONE, |value| Datum::some(Datum::of(value)))),
            Node::Select(of, member) => match self.lent(id)? {
                Some(value) => Ok(value.map_or(Datum::Null, Datum::of)),
                None => self.select(of, member),
            },
            Node::OptionalSelect(of, member) => self.optional_select(of, member),
            Node::Index(of, index) => self.index(of, index),
            Node::OptionalIndex(of, index) => self.optional_index(of, index),
            Node::Call(function, arguments) => self.call(function, arguments),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            // Only in lists and maps, which look through it.
            Node::Spread(_) => mismatch(),
            Node::Negate(of) => math::negate(&self.value(of)?),
            Node::Choose(condition, then, otherwise) => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.value(chosen)
            }
            Node::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                math::arithmetic(operator, left, right, &mut self.budget)
            }
            Node::Loop(at) => self.iterate(at),
            Node::Bind(value, body) => {
                let value = self.value(value);
                self.with(value, body)
            }
            Node::OptionalMap(target, body, flat) => self.optional_map(target, body, flat),
            Node::Size(of) => self.size(of).map(Datum::Int),
            Node::Bool(_)
            | Node::HasSlot(_)
            | Node::Has(..)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::In(..)
            | Node::TextEqual(..)
            | Node::TextIn(..)
            | Node::TextTest(..)
            | Node::IntCompare(..)
            | Node::PlaceCompare(..)
            | Node::LabelCompare(..)
            | Node::IsNull(..)
            | Node::Matches(..)
            | Node::Glob(..)
            | Node::Within(..)
            | Node::InHours(..) => self.truth(id).map(Datum::Bool),
        }
    }

    fn compare(&mut self, comparison: Comparison, left: Id, right: Id) -> Outcome<bool> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        self.compared(comparison, &left, &right)
    }

    fn compared(&mut self, comparison: Comparison, left: &Datum<'_>, right: &Datum<'_>) -> Outcome<bool> {
        match comparison {
            Comparison::Equal => compare::equal(left, right, &mut self.budget),
            Comparison::NotEqual => compare::equal(left, right, &mut self.budget).map(|equal| !equal),
            Comparison::Less | Comparison::LessEqual | Comparison::Greater | Comparison::GreaterEqual => {
                Ok(comparison.holds(compare::order(left, right, &mut self.budget)?))
            }
        }
    }

    /// Evaluates `body` with one more variable.
    pub(crate) fn with(&mut self, value: Outcome<Datum<'a>>, body: Id) -> Outcome<Datum<'a>> {
        self.locals.push(value);
        let result = self.value(body);
        self.locals.pop();
        result
    }

    fn optional_map(&mut self, target: Id, body: Id, flat: bool) -> Outcome<Datum<'a>> {
        let Datum::Optional(inner) = self.value(target)? else { return mismatch() };
        let Some(inner) = inner else { return Ok(Datum::NONE) };
        match (self.with(Ok(inner.as_ref().clone()), body)?, flat) {
            (result @ Datum::Optional(_), true) => Ok(result),
            (_, true) => mismatch(),
            (result, false) => Ok(Datum::some(result)),
        }
    }

    fn call(&mut self, function: u32, arguments: Range) -> Outcome<Datum<'a>> {
        let program = self.program;
        let Some(native) = program.functions.get(function as usize).copied() else { return mismatch() };
        let mut values: SmallVec<[Datum<'a>; 3]> = SmallVec::new();
        for argument in program.children(arguments) {
            let value = self.value(*argument)?;
            // INVARIANT: reading what a function is given is paid here, so that none can forget it; a function pays itself
            // for what it does more than once, and for what it builds.
            self.budget.charge(value.bytes() / 64)?;
            values.push(value);
        }
        native(&values, &mut self.budget)
    }

    fn list(&mut self, range: Range) -> Outcome<Datum<'a>> {
        let program = self.program;
        let children = program.children(range);
        self.budget.charge(children.len())?;
        let mut items = Vec::with_capacity(children.len());
        for child in children {
            items.extend(self.kept(*child)?);
        }
        Ok(Datum::list(items))
    }

    /// A value; of an optional to be left out if it is none, nothing or its value.
    fn kept(&mut self, id: Id) -> Outcome<Option<Datum<'a>>> {
        let Node::Spread(of) = self.node(id) else { return self.value(id).map(Some) };
        match self.value(of)? {
            Datum::Optional(inner) => Ok(inner.map(|value| value.as_ref().clone())),
            _ => mismatch(),
        }
    }

    fn map(&mut self, range: Range) -> Outcome<Datum<'a>> {
        let program = self.program;
        let children = program.children(range);
        self.budget.charge(children.len())?;
        let mut entries = Vec::with_capacity(children.len() / 2);
        for pair in children.chunks_exact(2) {
            let [key, value] = pair else { return mismatch() };
            let key = self.value(*key)?.into_key()?;
            if let Some(value) = self.kept(*value)? {
                entries.push((key, value));
            }
        }
        Entries::build(entries).map(Datum::Map)
    }
}

/// `size(x)` of a value.
pub(crate) fn size(of: &Datum<'_>, budget: &mut Budget) -> Outcome<usize> {
    match of {
        // Characters are counted.
        Datum::Text(text) if budget.charge(text.len() / 64).is_err() => Err(EvaluationError::TooCostly.into()),
        Datum::Text(text) => Ok(if text.is_ascii() { text.len() } else { text.chars().count() }),
        Datum::Bytes(bytes) => Ok(bytes.len()),
        Datum::List(items) => Ok(Items::len(items)),
        Datum::Map(entries) if entries.is_open() => Err(Stop::Unknown),
        Datum::Map(entries) => Ok(entries.len()),
        _ => mismatch(),
    }
}
