//! What does a condition ask, where it asks simple things? Its operands, as questions to one fact each.
//!
//! Most conditions are an `&&` of questions to facts (`device.compliant`, `risk.user < "medium"`, `"x" in authentication.scopes`)
//! and of an `||` of such. Many conditions ask the same; a set of them can ask once for each call.
//!
//! INVARIANT: a question answers as the condition that it is taken from does, or not at all. Equal questions ([`Question::key`])
//! have equal answers.
//!
//! Next room: `evaluate`.

use crate::condition::Condition;
use crate::condition::compare::Comparison;
use crate::condition::datum::Datum;
use crate::condition::evaluate::{Budget, row::ask};
use crate::condition::program::{Node, Range, Step, Test};
use crate::label::Label;
use crate::value::{Enumeration, Value};

/// A question to one fact, of the condition in which it stands.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    condition: Condition,
    step: Step,
}

/// What tells a question from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) slot: u16,
    negated: bool,
    pub(crate) asks: Asks,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asks {
    /// Whether it is true.
    Flag,
    /// Whether it is one of these texts.
    Text(Vec<Box<str>>),
    /// Whether the list has this text.
    Holds(Box<str>),
    /// How it compares to an integer.
    Int(Comparison, i32),
    /// How it compares to the member at a place.
    Place(Comparison, &'static Enumeration, u8),
    /// How it compares to a label.
    Label(Comparison, Label),
}

/// An operand of the outermost `&&`.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// One question.
    One(Question),
    /// An `||` of questions.
    Any(Vec<Question>),
    /// Something else.
    Other,
}

impl Question {
    fn of(condition: &Condition, step: &Step) -> Option<Self> {
        let question = Self { condition: condition.clone(), step: *step };
        question.asks().is_some().then_some(question)
    }

    fn asks(&self) -> Option<Asks> {
        if self.step.member != Step::WHOLE {
            return None;
        }
        let program = &self.condition.0.program;
        Some(match self.step.test {
            Test::Flag => Asks::Flag,
            Test::Text(text) => Asks::Text(vec![program.text(text).into()]),
            Test::OneOf(set) => Asks::Text(program.sets.get(set as usize)?.texts().to_vec()),
            Test::Holds(text) => {
                let Datum::Text(text) = program.constants.get(text as usize)? else { return None };
                Asks::Holds((**text).into())
            }
            Test::Int(comparison, value) => Asks::Int(comparison, value),
            Test::Place(comparison, place) => {
                let (enumeration, place) = program.places.get(place as usize)?;
                Asks::Place(comparison, enumeration, *place)
            }
            Test::Label(comparison, label) => Asks::Label(comparison, *program.labels.get(label as usize)?),
            Test::Node | Test::Has | Test::Null | Test::Starts(_) | Test::Ends(_) | Test::Count(..) => return None,
        })
    }

    /// What tells it from others.
    pub(crate) fn key(&self) -> Option<Key> {
        Some(Key { slot: self.step.slot, negated: self.step.negated, asks: self.asks()? })
    }

    /// Its answer, if the value is of the kind that it asks about.
    pub(crate) fn answer(&self, value: &Value<'_>) -> Option<bool> {
        let program = &self.condition.0.program;
        ask(program, &self.step, value, &mut Budget::new(program.cost, 0))
    }
}

impl Condition {
    /// The operands of its outermost `&&`, or the whole as the only one.
    pub(crate) fn operands(&self) -> impl Iterator<Item = Operand> + '_ {
        let program = &self.0.program;
        let all = |range: Range| program.steps(range).iter().map(|step| Question::of(self, step)).collect();
        program.steps(program.row).iter().map(move |step| {
            if let Some(question) = Question::of(self, step) {
                return Operand::One(question);
            }
            match program.nodes.get(step.node as usize) {
                Some(Node::Or(range)) if matches!(step.test, Test::Node) => {
                    let questions: Option<Vec<Question>> = all(*range);
                    questions.map_or(Operand::Other, Operand::Any)
                }
                Some(_) | None => Operand::Other,
            }
        })
    }
}
