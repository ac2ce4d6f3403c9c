//! Which shapes get nodes of their own? Comparisons with literals, lookups in literal lists, and rows of them.
//!
//! Next room: `program`.

use crate::condition::compare::{self, Comparison};
use crate::condition::compile::{Builder, Info, NOTHING, Operand, index};
use crate::condition::datum::Datum;
use crate::condition::program::{Id, Node, Program, Range, SLOT, Step, Test, TextSet, TextTest, local_of, slot_of};

impl Builder {
    pub(super) fn compare_known(&mut self, comparison: Comparison, of: Id, value: Datum<'static>) -> Operand {
        let equality = match comparison {
            Comparison::Equal => Some(false),
            Comparison::NotEqual => Some(true),
            Comparison::Less | Comparison::LessEqual | Comparison::Greater | Comparison::GreaterEqual => None,
        };
        let info = self.info(of);
        let node = match (equality, &value) {
            (Some(negated), Datum::Text(text)) => Node::TextEqual(negated, of, self.text(text)),
            (Some(negated), Datum::Null) => Node::IsNull(negated, of),
            (_, Datum::Int(small)) if i32::try_from(*small).is_ok() => {
                Node::IntCompare(comparison, of, i32::try_from(*small).unwrap_or(0))
            }
            (_, Datum::Label(label)) => {
                self.program.labels.push(*label);
                Node::LabelCompare(comparison, of, index(self.program.labels.len() - 1))
            }
            (_, Datum::Enum(enumeration, place)) => {
                self.program.places.push((enumeration, *place));
                Node::PlaceCompare(comparison, of, index(self.program.places.len() - 1))
            }
            _ => {
                let right = self.id(Operand::Known(value));
                Node::Compare(comparison, of, right)
            }
        };
        self.node(node, info)
    }

    pub(crate) fn contains(&mut self, item: Operand, collection: Operand) -> Operand {
        match (item, collection) {
            (Operand::Known(item), Operand::Known(collection)) => {
                let result = compare::contains(&item, &collection, &mut self.budget);
                self.folded(result.map(Datum::Bool))
            }
            (Operand::Node(of), Operand::Known(Datum::List(items))) => {
                let texts =
                    items.iter().map(|item| if let Datum::Text(text) = item { Some(Box::from(&*text)) } else { None });
                if let Some(texts) = texts.collect::<Option<Vec<Box<str>>>>() {
                    self.program.sets.push(TextSet::new(texts));
                    let set = index(self.program.sets.len() - 1);
                    let info = self.info(of);
                    return self.node(Node::TextIn(of, set), info);
                }
                self.binary(Operand::Node(of), Operand::Known(Datum::List(items)), Node::In)
            }
            (item, collection) => self.binary(item, collection, Node::In),
        }
    }

    /// The operands of `&&` or `||` as steps.
    pub(super) fn row(&mut self, ids: &[Id]) -> (Range, Info) {
        let range = Range { from: index(self.program.steps.len()), count: index(ids.len()) };
        let info = ids.iter().fold(NOTHING, |info, id| info.and(self.info(*id)));
        let steps: Vec<Step> = ids.iter().map(|id| step(&self.program, *id, slot_of)).collect();
        self.program.steps.extend(steps);
        (range, info)
    }

    /// `x == "a" || x in ["b", "c"]` is `x in ["a", "b", "c"]`: one read, one look.
    pub(super) fn merge(&mut self, ids: &mut Vec<Id>) {
        let texts = |program: &Program, id: Id| match program.nodes.get(id as usize) {
            Some(Node::TextEqual(false, of, text)) if is_plain(*of) => {
                Some((*of, vec![Box::from(program.text(*text))]))
            }
            Some(Node::TextIn(of, set)) if is_plain(*of) => {
                Some((*of, program.sets.get(*set as usize)?.texts().to_vec()))
            }
            Some(_) | None => None,
        };
        let mut at = 0;
        while let Some(id) = ids.get(at).copied() {
            at += 1;
            let Some((of, mut all)) = texts(&self.program, id) else { continue };
            let before = all.len();
            let mut kept = 0;
            ids.retain(|other| {
                kept += 1;
                match texts(&self.program, *other) {
                    Some((its, more)) if kept > at && its == of => {
                        all.extend(more);
                        false
                    }
                    Some(_) | None => true,
                }
            });
            if all.len() > before {
                self.program.sets.push(TextSet::new(all));
                let set = index(self.program.sets.len() - 1);
                let info = self.info(of);
                let merged = self.push(Node::TextIn(of, set), info);
                if let Some(place) = ids.get_mut(at - 1) {
                    *place = merged;
                }
            }
        }
    }
}

/// Whether an id is a fact or a variable, and so the same wherever it stands.
const fn is_plain(id: Id) -> bool {
    slot_of(id).is_some() || local_of(id).is_some()
}

/// An operand as a step: with a test of its own if it asks one thing of one subject or of a member of one. Which ids are
/// subjects, and the slots of those, is for `subject` to say.
pub(super) fn step(program: &Program, id: Id, subject: impl Fn(Id) -> Option<u16>) -> Step {
    let node = |id: Id| program.nodes.get(id as usize).copied();
    let (mut at, mut negated) = (id, false);
    while let Some(Node::Not(of)) = node(at) {
        (at, negated) = (of, !negated);
    }
    let (test, of) = match node(at) {
        Some(Node::TextEqual(not, of, text)) => {
            negated = negated != not;
            (Test::Text(text), of)
        }
        Some(Node::IsNull(not, of)) => {
            negated = negated != not;
            (Test::Null, of)
        }
        Some(Node::TextIn(of, set)) => (Test::OneOf(set), of),
        Some(Node::In(item, of)) => match node(item) {
            Some(Node::Constant(at)) if matches!(program.constants.get(at as usize), Some(Datum::Text(_))) => {
                (Test::Holds(at), of)
            }
            Some(_) | None => return Step::of(id),
        },
        Some(Node::TextTest(TextTest::Starts, of, text)) => (Test::Starts(text), of),
        Some(Node::TextTest(TextTest::Ends, of, text)) => (Test::Ends(text), of),
        Some(Node::IntCompare(comparison, of, value)) => match node(of) {
            Some(Node::Size(counted)) => (Test::Count(comparison, value), counted),
            Some(_) | None => (Test::Int(comparison, value), of),
        },
        Some(Node::PlaceCompare(comparison, of, place)) => (Test::Place(comparison, place), of),
        Some(Node::LabelCompare(comparison, of, label)) => (Test::Label(comparison, label), of),
        Some(Node::HasSlot(slot)) => {
            let Some(slot) = subject(SLOT | Id::from(slot)) else { return Step::of(id) };
            return Step { slot, negated, test: Test::Has, ..Step::of(id) };
        }
        // Found to be there, it is.
        Some(Node::Has(of, member)) => {
            let Some(slot) = subject(of) else { return Step::of(id) };
            return Step { slot, member, negated, test: Test::Has, ..Step::of(id) };
        }
        Some(_) | None => (Test::Flag, at),
    };
    match (subject(of), node(of)) {
        (Some(slot), _) => Step { slot, negated, test, ..Step::of(id) },
        (None, Some(Node::Select(of, member))) => {
            let Some(slot) = subject(of) else { return Step::of(id) };
            Step { slot, member, negated, test, ..Step::of(id) }
        }
        (None, Some(_) | None) => Step::of(id),
    }
}
