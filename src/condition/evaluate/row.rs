//! Do all operands hold, or any? `&&` and `||`, one operand after the other, without recursion where one asks a fact.
//!
//! Conditions are rows of questions to facts, so this is where evaluating them takes its time: there is one place that reads a
//! fact, and the question and its constant lie in the row. INVARIANT: a step's test answers as its node does, or not at all.
//!
//! Next room: `clauses`.

use crate::condition::datum::{Datum, Outcome};
use crate::condition::evaluate::{Budget, Machine};
use crate::condition::program::{Program, Range, Step, Test, same};
use crate::value::{Fact, Facts, Value};

impl<F: Facts> Machine<'_, F> {
    /// `&&` if `decides` is false, `||` if it is true: one operand with that value decides, whatever the others are.
    pub(crate) fn row(&mut self, range: Range, decides: bool) -> Outcome<bool> {
        let program = self.program;
        let mark = self.mark();
        let mut undecided = None;
        for step in program.steps(range) {
            let outcome = match self.test(step) {
                Some(holds) => Ok(holds),
                None => self.truth(step.node),
            };
            match outcome {
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

    /// The answer of a step, if its fact is of the usual kind.
    #[inline(always)]
    fn test(&mut self, step: &Step) -> Option<bool> {
        if matches!(step.test, Test::Node) {
            return None;
        }
        let Fact::Known(value) = self.facts.fact(step.slot) else { return None };
        ask(self.program, step, value, &mut self.budget)
    }
}

/// What a step says of a value, if it is of the usual kind. What is not answered takes nothing from the budget.
#[inline(always)]
pub(crate) fn ask(program: &Program, step: &Step, mut value: &Value<'_>, budget: &mut Budget) -> Option<bool> {
    if step.member != Step::WHOLE {
        let Value::Map(map) = value else { return None };
        value = map.get(program.text(step.member))?;
    }
    let holds = match (step.test, value) {
        (Test::Flag, Value::Bool(flag)) => *flag,
        (Test::Has, _) => true,
        (Test::Null, value) => value.is_null(),
        (Test::Text(text), Value::String(found)) => same(found.as_bytes(), program.text(text).as_bytes()),
        (Test::OneOf(set), Value::String(found)) => program.sets.get(set as usize)?.contains(found),
        (Test::Holds(text), Value::List(items)) => holds(program, text, items, budget)?,
        (Test::Starts(text), Value::String(found)) => {
            let text = program.text(text).as_bytes();
            found.as_bytes().get(..text.len()).is_some_and(|head| same(head, text))
        }
        (Test::Ends(text), Value::String(found)) => found.ends_with(program.text(text)),
        (Test::Int(comparison, value), Value::Int(found)) => comparison.holds(Some(found.cmp(&i64::from(value)))),
        (Test::Count(comparison, value), Value::List(items)) => {
            comparison.holds(Some(i64::try_from(items.len()).ok()?.cmp(&i64::from(value))))
        }
        (Test::Place(comparison, place), Value::Enum(given, found)) => {
            let (enumeration, place) = program.places.get(place as usize)?;
            if !core::ptr::eq(*given, *enumeration) {
                return None;
            }
            comparison.holds(Some(found.cmp(place)))
        }
        (Test::Label(comparison, label), Value::Label(found)) => {
            comparison.holds(found.partial_cmp(program.labels.get(label as usize)?))
        }
        _ => return None,
    };
    Some(holds != step.negated)
}

/// Whether a list of texts has one.
#[inline(never)]
fn holds(program: &Program, text: u32, items: &[Value<'_>], budget: &mut Budget) -> Option<bool> {
    let Datum::Text(text) = program.constants.get(text as usize)? else { return None };
    let mut left = *budget;
    left.charge(items.len() / 8).ok()?;
    let mut found = false;
    for item in items {
        let Value::String(item) = item else { return None };
        if item.len() == text.len() {
            left.charge(text.len() / 64).ok()?;
            found = same(item.as_bytes(), text.as_bytes());
        }
        if found {
            break;
        }
    }
    *budget = left;
    Some(found)
}
