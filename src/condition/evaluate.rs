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

use regex::RegexBuilder;
use smallvec::SmallVec;

use crate::condition::EvaluationError;
use crate::condition::compare::{self, Comparison};
use crate::condition::datum::{Datum, Entries, Items, Outcome, Stop, mismatch};
use crate::condition::program::{Id, Node, Program, Range, TextTest};
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

    /// Takes some steps, if there are as many.
    pub(crate) fn charge(&mut self, steps: usize) -> Outcome<()> {
        self.left = self.left.checked_sub(steps as u64).ok_or(Stop::Error(EvaluationError::TooCostly))?;
        Ok(())
    }

    /// Takes the steps for reading or building so many bytes.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Outcome<()> {
        self.charge(1 + bytes / 64)
    }

    /// Builds a pattern that was no literal.
    pub(crate) fn regex(&mut self, pattern: &str) -> Outcome<regex::Regex> {
        // Building takes some hundred times as long as matching.
        self.charge(200 + pattern.len() * 8)?;
        let built = RegexBuilder::new(pattern).size_limit(self.regex_bytes).build();
        built.map_err(|_| Stop::Error(EvaluationError::BadPattern))
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

    fn node(&self, id: Id) -> Node {
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
            Node::Slot(slot) => match self.read(slot)? {
                Some(Value::Bool(value)) => Ok(*value),
                Some(_) | None => mismatch(),
            },
            Node::And(range) => self.all(range, false),
            Node::Or(range) => self.all(range, true),
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
            Node::Compare(comparison, left, right) => self.compare(comparison, left, right),
            Node::In(item, collection) => {
                let (item, collection) = (self.value(item)?, self.value(collection)?);
                compare::contains(&item, &collection, &mut self.budget)
            }
            Node::Has(of, member) => self.has(of, member),
            Node::Matches(of, regex) => self.matches(of, regex),
            Node::Glob(of, pattern) => self.glob(of, pattern),
            Node::InHours(of, hours) => self.in_hours(of, hours),
            Node::Constant(_)
            | Node::AsDouble(_)
            | Node::Local(_)
            | Node::Fail(_)
            | Node::OptionalSlot(_)
            | Node::Select(..)
            | Node::OptionalSelect(..)
            | Node::Index(..)
            | Node::OptionalIndex(..)
            | Node::Call(..)
            | Node::List(_)
            | Node::Map(_)
            | Node::Spread(_)
            | Node::Negate(_)
            | Node::Arithmetic(..)
            | Node::Loop(_)
            | Node::Bind(..)
            | Node::OptionalMap(..)
            | Node::Size(_) => match self.value(id)? {
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
            Node::Select(of, member) => self.select(of, member),
            Node::OptionalSelect(of, member) => self.optional_select(of, member),
            Node::Index(of, index) => self.index(of, index),
            Node::OptionalIndex(of, index) => self.optional_index(of, index),
            Node::Call(function, arguments) => self.call(function, arguments),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            // Only in lists and maps, which look through it.
            Node::Spread(_) => mismatch(),
            Node::Negate(of) => crate::condition::functions::math::negate(&self.value(of)?),
            Node::Choose(condition, then, otherwise) => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.value(chosen)
            }
            Node::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                crate::condition::functions::math::arithmetic(operator, left, right, &mut self.budget)
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
            | Node::InHours(..) => self.truth(id).map(Datum::Bool),
        }
    }

    /// `&&` if `decides` is false, `||` if it is true: one operand with that value decides, whatever the others are.
    fn all(&mut self, range: Range, decides: bool) -> Outcome<bool> {
        let program = self.program;
        let mark = self.mark();
        let mut undecided = None;
        for operand in program.children(range) {
            match self.truth(*operand) {
                Ok(value) if value == decides => {
                    self.overrule(mark);
                    return Ok(decides);
                }
                Ok(_) => {}
                Err(stop) => undecided = Some(stop.or(undecided)),
            }
        }
        undecided.map_or(Ok(!decides), Err)
    }

    /// What `f` says of a node's text, without making a value of a fact that is one; `Err(value)` inside: it is no text.
    #[inline]
    fn with_text<T>(&mut self, id: Id, f: impl FnOnce(&str, &mut Budget) -> T) -> Outcome<Result<T, Datum<'a>>> {
        let value = match self.node(id) {
            Node::Slot(slot) => match self.read(slot)? {
                Some(Value::String(text)) => return Ok(Ok(f(text, &mut self.budget))),
                Some(value) => Datum::of(value),
                None => Datum::Null,
            },
            _ => self.value(id)?,
        };
        Ok(match value {
            Datum::Text(text) => Ok(f(&text, &mut self.budget)),
            other => Err(other),
        })
    }

    fn text_equal(&mut self, of: Id, text: u32) -> Outcome<bool> {
        let text = self.program.text(text);
        match self.with_text(of, |found, _| found == text)? {
            Ok(equal) => Ok(equal),
            Err(found) => compare::equal(&found, &Datum::text(text), &mut self.budget),
        }
    }

    fn text_in(&mut self, of: Id, set: u32) -> Outcome<bool> {
        let Some(set) = self.program.sets.get(set as usize) else { return mismatch() };
        match self.with_text(of, |found, _| set.contains(found))? {
            Ok(contained) => Ok(contained),
            Err(Datum::Enum(enumeration, place)) => Ok(set.contains(enumeration.member(place))),
            Err(_) => Ok(false),
        }
    }

    fn text_test(&mut self, test: TextTest, of: Id, text: u32) -> Outcome<bool> {
        let text = self.program.text(text);
        let tested = self.with_text(of, |found, budget| match test {
            TextTest::Starts => Ok(found.starts_with(text)),
            TextTest::Ends => Ok(found.ends_with(text)),
            TextTest::Contains => budget.charge_bytes(found.len()).map(|()| found.contains(text)),
        })?;
        tested.unwrap_or_else(|_| mismatch())
    }

    fn matches(&mut self, of: Id, regex: u32) -> Outcome<bool> {
        let Some(regex) = self.program.regexes.get(regex as usize) else { return mismatch() };
        let matched =
            self.with_text(of, |found, budget| budget.charge_bytes(found.len()).map(|()| regex.is_match(found)))?;
        matched.unwrap_or_else(|_| mismatch())
    }

    fn glob(&mut self, of: Id, pattern: u32) -> Outcome<bool> {
        let Some(pattern) = self.program.patterns.get(pattern as usize) else { return mismatch() };
        let matched =
            self.with_text(of, |found, budget| budget.charge_bytes(found.len()).map(|()| pattern.matches(found)))?;
        matched.unwrap_or_else(|_| mismatch())
    }

    fn in_hours(&mut self, of: Id, hours: u32) -> Outcome<bool> {
        let Some(hours) = self.program.hours.get(hours as usize) else { return mismatch() };
        match self.value(of)? {
            Datum::Timestamp(time) => Ok(hours.contains(time)),
            _ => mismatch(),
        }
    }

    fn int_compare(&mut self, comparison: Comparison, of: Id, value: i32) -> Outcome<bool> {
        let found = match self.node(of) {
            Node::Size(inner) => Datum::Int(self.size(inner)?),
            _ => self.value(of)?,
        };
        let value = Datum::Int(i64::from(value));
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            let equal = compare::equal(&found, &value, &mut self.budget)?;
            return Ok(equal == (comparison == Comparison::Equal));
        }
        Ok(comparison.holds(compare::order(&found, &value)?))
    }

    fn place_compare(&mut self, comparison: Comparison, of: Id, place: u32) -> Outcome<bool> {
        let Some((enumeration, place)) = self.program.places.get(place as usize).copied() else { return mismatch() };
        let found = match self.node(of) {
            Node::Slot(slot) => match self.read(slot)? {
                Some(Value::Enum(given, found)) if core::ptr::eq(*given, enumeration) => {
                    return Ok(comparison.holds(Some(found.cmp(&place))));
                }
                Some(value) => Datum::of(value),
                None => Datum::Null,
            },
            _ => self.value(of)?,
        };
        self.compared(comparison, &found, &Datum::Enum(enumeration, place))
    }

    fn label_compare(&mut self, comparison: Comparison, of: Id, label: u32) -> Outcome<bool> {
        let Some(label) = self.program.labels.get(label as usize) else { return mismatch() };
        let found = match self.node(of) {
            Node::Slot(slot) => match self.read(slot)? {
                Some(Value::Label(found)) => {
                    return Ok(match comparison {
                        Comparison::LessEqual => found.flows_to(*label),
                        Comparison::GreaterEqual => label.flows_to(*found),
                        Comparison::Equal => found == label,
                        Comparison::NotEqual => found != label,
                        Comparison::Less => found != label && found.flows_to(*label),
                        Comparison::Greater => found != label && label.flows_to(*found),
                    });
                }
                Some(value) => Datum::of(value),
                None => Datum::Null,
            },
            _ => self.value(of)?,
        };
        self.compared(comparison, &found, &Datum::Label(*label))
    }

    fn is_null(&mut self, of: Id) -> Outcome<bool> {
        if let Node::Slot(slot) = self.node(of) {
            return Ok(self.read(slot)?.is_none_or(|value| matches!(value, Value::Null)));
        }
        Ok(matches!(self.value(of)?, Datum::Null))
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
                Ok(comparison.holds(compare::order(left, right)?))
            }
        }
    }

    /// `size(x)`.
    fn size(&mut self, of: Id) -> Outcome<i64> {
        let count = match self.node(of) {
            Node::Slot(slot) => match self.read(slot)? {
                Some(Value::List(items)) => items.len(),
                Some(value) => size(&Datum::of(value))?,
                None => return mismatch(),
            },
            _ => size(&self.value(of)?)?,
        };
        i64::try_from(count).map_err(|_| EvaluationError::Overflow.into())
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

    fn select(&mut self, of: Id, member: u32) -> Outcome<Datum<'a>> {
        let name = self.program.text(member);
        match self.value(of)? {
            Datum::Map(entries) => self.member(of, &entries, name),
            // A selection from an optional is optional.
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => self.optional_member(of, entries, name),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    fn member(&mut self, of: Id, entries: &Entries<'a>, name: &str) -> Outcome<Datum<'a>> {
        match entries.get(name) {
            Some(value) => Ok(value),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Err(EvaluationError::NoMember.into()),
        }
    }

    fn optional_member(&mut self, of: Id, entries: &Entries<'a>, name: &str) -> Outcome<Datum<'a>> {
        match entries.get(name) {
            Some(value) => Ok(Datum::some(value)),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Ok(Datum::NONE),
        }
    }

    fn optional_select(&mut self, of: Id, member: u32) -> Outcome<Datum<'a>> {
        let name = self.program.text(member);
        match self.value(of)? {
            Datum::Map(entries) => self.optional_member(of, &entries, name),
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => self.optional_member(of, entries, name),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    fn has(&mut self, of: Id, member: u32) -> Outcome<bool> {
        let name = self.program.text(member);
        let entries = match self.value(of)? {
            Datum::Map(entries) => entries,
            Datum::Optional(None) => return Ok(false),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => entries.clone(),
                _ => return mismatch(),
            },
            _ => return mismatch(),
        };
        match entries.get(name) {
            Some(_) => Ok(true),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Ok(false),
        }
    }

    /// The item or member under an index: the value, or an error, or none.
    fn at(&mut self, of: Id, collection: &Datum<'a>, index: &Datum<'a>) -> Outcome<Result<Datum<'a>, EvaluationError>> {
        match collection {
            Datum::List(items) => {
                let place = match index {
                    Datum::Int(at) => usize::try_from(*at).ok(),
                    Datum::Uint(at) => usize::try_from(*at).ok(),
                    Datum::Double(_) => match index.as_key()? {
                        Some(crate::value::Key::Int(at)) => usize::try_from(at).ok(),
                        Some(_) => None,
                        None => return mismatch(),
                    },
                    _ => return mismatch(),
                };
                Ok(place.and_then(|at| items.get(at)).ok_or(EvaluationError::NoItem))
            }
            Datum::Map(entries) => {
                let found = index.as_key()?.and_then(|key| entries.find(&key));
                if found.is_none() && entries.is_open() {
                    return Err(self.unknown_in(of));
                }
                Ok(found.ok_or(EvaluationError::NoMember))
            }
            _ => mismatch(),
        }
    }

    fn index(&mut self, of: Id, index: Id) -> Outcome<Datum<'a>> {
        let (collection, index) = (self.value(of)?, self.value(index)?);
        match collection {
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => Ok(self.at(of, &inner, &index)?.map_or(Datum::NONE, Datum::some)),
            collection => Ok(self.at(of, &collection, &index)??),
        }
    }

    fn optional_index(&mut self, of: Id, index: Id) -> Outcome<Datum<'a>> {
        let (collection, index) = (self.value(of)?, self.value(index)?);
        match collection {
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => Ok(self.at(of, &inner, &index)?.map_or(Datum::NONE, Datum::some)),
            collection => Ok(self.at(of, &collection, &index)?.map_or(Datum::NONE, Datum::some)),
        }
    }

    fn call(&mut self, function: u32, arguments: Range) -> Outcome<Datum<'a>> {
        let program = self.program;
        let Some(native) = program.functions.get(function as usize).copied() else { return mismatch() };
        let mut values: SmallVec<[Datum<'a>; 3]> = SmallVec::new();
        for argument in program.children(arguments) {
            values.push(self.value(*argument)?);
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
pub(crate) fn size(of: &Datum<'_>) -> Outcome<usize> {
    match of {
        Datum::Text(text) => Ok(if text.is_ascii() { text.len() } else { text.chars().count() }),
        Datum::Bytes(bytes) => Ok(bytes.len()),
        Datum::List(items) => Ok(Items::len(items)),
        Datum::Map(entries) if entries.is_open() => Err(Stop::Unknown),
        Datum::Map(entries) => Ok(entries.len()),
        _ => mismatch(),
    }
}
