//! Which program computes a condition? Nodes are chosen, constants folded, literals prepared.
//!
//! The checker hands over expressions from the leaves up as [`Operand`]s; what is known at load never becomes a node.
//! INVARIANT: a program computes what the plain tree means (law 11); the oracle crate tests it.
//!
//! Next room: `program`, then `evaluate`.

mod scopes;
mod shapes;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::condition::EvaluationError;
use crate::condition::ast::Span;
use crate::condition::compare::{self, Comparison};
use crate::condition::datum::{Blob, Datum, Entries, Outcome, Stop};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, math, web::plain};
use crate::condition::matcher::Matcher;
use crate::condition::program::{
    Arithmetic, ClauseAt, Id, LOCAL, Node, Program, Range, SLOT, TextTest, local_of, slot_of,
};
use crate::limits::Limits;

/// A subexpression: known already, or a node.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Known(Datum<'static>),
    Node(Id),
}

/// What is known of a node while compiling.
#[derive(Clone, Copy, Debug)]
struct Info {
    /// Whether it reads facts.
    reads: bool,
    /// The outermost variable that it reads; `u32::MAX` if none.
    outermost: u32,
    /// Nodes that one evaluation visits, a loop's body once.
    weight: u32,
    /// Steps that one evaluation takes where that is known.
    estimate: u64,
}

const NOTHING: Info = Info { reads: false, outermost: u32::MAX, weight: 0, estimate: 0 };

impl Info {
    fn and(self, other: Self) -> Self {
        Self {
            reads: self.reads || other.reads,
            outermost: self.outermost.min(other.outermost),
            weight: self.weight.saturating_add(other.weight),
            estimate: self.estimate.saturating_add(other.estimate),
        }
    }
}

/// Builds a program.
#[derive(Debug)]
pub(crate) struct Builder {
    program: Program,
    info: Vec<Info>,
    references: BTreeSet<u16>,
    /// For operators over constants, whose results are no larger than the source.
    budget: Budget,
    /// For calls and macros over constants.
    folding: Budget,
}

/// Steps that calls and macros over constants may take at load, in all of one condition: some ten microseconds, and so
/// many items of what they build. What takes more stays in the program. A condition of fifty bytes could otherwise keep a
/// list of megabytes, and a document has many.
const FOLDING: u64 = 1_000;

impl Builder {
    pub(crate) fn new(limits: &Limits) -> Self {
        let program = Program { cost: limits.condition_cost, regex_bytes: limits.regex_bytes, ..Program::default() };
        let budget = Budget::new(limits.condition_cost, limits.regex_bytes);
        let folding = Budget::new(limits.condition_cost.min(FOLDING), limits.regex_bytes);
        Self { program, info: Vec::new(), references: BTreeSet::new(), budget, folding }
    }

    /// The program, whose clauses these are.
    pub(crate) fn finish(mut self, clauses: Vec<(Operand, Span)>) -> (Program, u64) {
        let mut ids = Vec::with_capacity(clauses.len());
        for (operand, span) in clauses {
            let node = self.id(operand);
            self.program.clauses.push(ClauseAt { node, span });
            ids.push(node);
        }
        let (row, info) = self.row(&ids);
        self.program.row = row;
        self.program.root = match ids.as_slice() {
            [only] => *only,
            _ => self.push(Node::And(row), info),
        };
        let estimate = self.info(self.program.root).estimate;
        let mut program = self.program;
        program.references = self.references.into_iter().collect();
        program.shrink();
        (program, estimate)
    }

    fn push(&mut self, node: Node, below: Info) -> Id {
        let id = index(self.program.nodes.len());
        self.program.nodes.push(node);
        let weight = below.weight.saturating_add(1);
        self.info.push(Info { weight, estimate: below.estimate.saturating_add(1), ..below });
        id
    }

    fn node(&mut self, node: Node, below: Info) -> Operand {
        Operand::Node(self.push(node, below))
    }

    fn info(&self, id: Id) -> Info {
        if slot_of(id).is_some() {
            return Info { reads: true, weight: 1, estimate: 1, ..NOTHING };
        }
        if let Some(at) = local_of(id) {
            return Info { outermost: at, weight: 1, estimate: 1, ..NOTHING };
        }
        self.info.get(id as usize).copied().unwrap_or(NOTHING)
    }

    /// The node of an operand.
    fn id(&mut self, operand: Operand) -> Id {
        match operand {
            Operand::Node(id) => id,
            Operand::Known(Datum::Bool(value)) => self.push(Node::Bool(value), NOTHING),
            Operand::Known(value) => {
                let at = index(self.program.constants.len());
                self.program.constants.push(value);
                self.push(Node::Constant(at), NOTHING)
            }
        }
    }

    fn children(&mut self, ids: Vec<Id>) -> (Range, Info) {
        let range = Range { from: index(self.program.children.len()), count: index(ids.len()) };
        let info = ids.iter().fold(NOTHING, |info, id| info.and(self.info(*id)));
        self.program.children.extend(ids);
        (range, info)
    }

    fn text(&mut self, text: &str) -> u32 {
        self.program.texts.push(text.into());
        index(self.program.texts.len() - 1)
    }

    fn folded(&mut self, result: Outcome<Datum<'_>>) -> Operand {
        match result {
            Ok(value) => Operand::Known(keep(&value)),
            Err(Stop::Error(error)) => self.fail(error),
            Err(Stop::Unknown) => self.fail(EvaluationError::Type),
        }
    }

    fn unary(&mut self, of: Operand, node: impl FnOnce(Id) -> Node) -> Operand {
        let id = self.id(of);
        let info = self.info(id);
        self.node(node(id), info)
    }

    fn binary(&mut self, left: Operand, right: Operand, node: impl FnOnce(Id, Id) -> Node) -> Operand {
        let (left, right) = (self.id(left), self.id(right));
        let info = self.info(left).and(self.info(right));
        self.node(node(left, right), info)
    }

    pub(crate) fn fail(&mut self, error: EvaluationError) -> Operand {
        self.node(Node::Fail(error), NOTHING)
    }

    pub(crate) fn slot(&mut self, slot: u16) -> Operand {
        self.references.insert(slot);
        Operand::Node(SLOT | Id::from(slot))
    }

    pub(crate) fn has_slot(&mut self, slot: u16) -> Operand {
        self.references.insert(slot);
        self.node(Node::HasSlot(slot), Info { reads: true, ..NOTHING })
    }

    pub(crate) fn optional_slot(&mut self, slot: u16) -> Operand {
        self.references.insert(slot);
        self.node(Node::OptionalSlot(slot), Info { reads: true, ..NOTHING })
    }

    pub(crate) fn as_double(&mut self, of: Operand) -> Operand {
        self.unary(of, Node::AsDouble)
    }

    #[expect(clippy::unused_self, reason = "one way to make operands")]
    pub(crate) fn local(&self, at: u32) -> Operand {
        Operand::Node(LOCAL | at)
    }

    pub(crate) fn select(&mut self, of: Operand, member: &str, optional: bool) -> Operand {
        let text = self.text(member);
        self.unary(of, |of| if optional { Node::OptionalSelect(of, text) } else { Node::Select(of, text) })
    }

    pub(crate) fn has(&mut self, of: Operand, member: &str) -> Operand {
        let text = self.text(member);
        self.unary(of, |of| Node::Has(of, text))
    }

    pub(crate) fn index(&mut self, of: Operand, index: Operand, optional: bool) -> Operand {
        if let (Operand::Node(_), Operand::Known(Datum::Text(member))) = (&of, &index) {
            // `x["member"]` is `x.member`, but for optionals and for what is no map; both give the same errors.
            let member = member.to_string();
            return self.select(of, &member, optional);
        }
        self.binary(of, index, |of, at| if optional { Node::OptionalIndex(of, at) } else { Node::Index(of, at) })
    }

    pub(crate) fn not(&mut self, of: Operand) -> Operand {
        match of {
            Operand::Known(Datum::Bool(value)) => Operand::Known(Datum::Bool(!value)),
            of @ (Operand::Known(_) | Operand::Node(_)) => self.unary(of, Node::Not),
        }
    }

    pub(crate) fn negate(&mut self, of: Operand) -> Operand {
        match of {
            Operand::Known(value) => {
                let result = math::negate(&value);
                self.folded(result)
            }
            of @ Operand::Node(_) => self.unary(of, Node::Negate),
        }
    }

    pub(crate) fn arithmetic(&mut self, operator: Arithmetic, left: Operand, right: Operand) -> Operand {
        match (left, right) {
            (Operand::Known(left), Operand::Known(right)) => {
                let result = math::arithmetic(operator, left, right, &mut self.budget);
                self.folded(result)
            }
            (left, right) => self.binary(left, right, |left, right| Node::Arithmetic(operator, left, right)),
        }
    }

    /// `&&` if `all`, else `||`. What decides by itself is decided; what decides nothing is left out.
    pub(crate) fn logic(&mut self, all: bool, operands: Vec<Operand>) -> Operand {
        let mut ids = Vec::with_capacity(operands.len());
        for operand in operands {
            match operand {
                Operand::Known(Datum::Bool(value)) if value == all => {}
                Operand::Known(Datum::Bool(value)) => return Operand::Known(Datum::Bool(value)),
                Operand::Known(_) => {
                    let fail = self.fail(EvaluationError::Type);
                    ids.push(self.id(fail));
                }
                // `(a && b) && c` is one row; so is `||`.
                Operand::Node(id) => match self.program.nodes.get(id as usize).copied() {
                    Some(Node::And(range)) if all => ids.extend(self.program.steps(range).iter().map(|step| step.node)),
                    Some(Node::Or(range)) if !all => ids.extend(self.program.steps(range).iter().map(|step| step.node)),
                    Some(_) | None => ids.push(id),
                },
            }
        }
        if ids.is_empty() {
            return Operand::Known(Datum::Bool(all));
        }
        if !all {
            self.merge(&mut ids);
        }
        if let [only] = ids.as_slice()
            && matches!(self.program.nodes.get(*only as usize), Some(Node::TextIn(..)))
        {
            return Operand::Node(*only);
        }
        let (range, info) = self.row(&ids);
        self.node(if all { Node::And(range) } else { Node::Or(range) }, info)
    }

    pub(crate) fn choose(&mut self, condition: Operand, then: Operand, otherwise: Operand) -> Operand {
        match condition {
            Operand::Known(Datum::Bool(value)) => {
                if value {
                    then
                } else {
                    otherwise
                }
            }
            Operand::Known(_) => self.fail(EvaluationError::Type),
            Operand::Node(condition) => {
                let (then, otherwise) = (self.id(then), self.id(otherwise));
                let info = self.info(condition).and(self.info(then)).and(self.info(otherwise));
                self.node(Node::Choose(condition, then, otherwise), info)
            }
        }
    }

    pub(crate) fn compare(&mut self, comparison: Comparison, left: Operand, right: Operand) -> Operand {
        match (left, right) {
            (Operand::Known(left), Operand::Known(right)) => {
                let result = match comparison {
                    Comparison::Equal => compare::equal(&left, &right, &mut self.budget),
                    Comparison::NotEqual => compare::equal(&left, &right, &mut self.budget).map(|equal| !equal),
                    Comparison::Less | Comparison::LessEqual | Comparison::Greater | Comparison::GreaterEqual => {
                        compare::order(&left, &right, &mut self.budget).map(|order| comparison.holds(order))
                    }
                };
                self.folded(result.map(Datum::Bool))
            }
            (Operand::Node(of), Operand::Known(value)) => self.compare_known(comparison, of, value),
            (Operand::Known(value), Operand::Node(of)) => self.compare_known(comparison.mirrored(), of, value),
            (left, right) => self.binary(left, right, |left, right| Node::Compare(comparison, left, right)),
        }
    }

    /// Items, each with whether it is an optional to be left out if none.
    pub(crate) fn list(&mut self, items: Vec<(Operand, bool)>) -> Operand {
        if items.iter().all(|(item, optional)| !optional && matches!(item, Operand::Known(_))) {
            let known = items.into_iter().filter_map(|(item, _)| match item {
                Operand::Known(value) => Some(value),
                Operand::Node(_) => None,
            });
            return Operand::Known(Datum::list(known.collect()));
        }
        let ids = items.into_iter().map(|(item, optional)| self.spread(item, optional)).collect();
        let (range, info) = self.children(ids);
        self.node(Node::List(range), info)
    }

    fn spread(&mut self, item: Operand, optional: bool) -> Id {
        let id = self.id(item);
        if !optional {
            return id;
        }
        let info = self.info(id);
        self.push(Node::Spread(id), info)
    }

    pub(crate) fn map(&mut self, entries: Vec<(Operand, Operand, bool)>) -> Operand {
        let known = entries.iter().map(|entry| match entry {
            (Operand::Known(key), Operand::Known(value), false) => Some((key.clone(), value.clone())),
            _ => None,
        });
        if let Some(known) = known.collect::<Option<Vec<_>>>() {
            let keyed = known.into_iter().map(|(key, value)| Ok((key.into_key()?, value))).collect::<Outcome<Vec<_>>>();
            let result = keyed.and_then(Entries::build).map(Datum::Map);
            return self.folded(result);
        }
        let mut ids = Vec::with_capacity(entries.len() * 2);
        for (key, value, optional) in entries {
            ids.push(self.id(key));
            ids.push(self.spread(value, optional));
        }
        let (range, info) = self.children(ids);
        self.node(Node::Map(range), info)
    }

    pub(crate) fn size(&mut self, of: Operand) -> Operand {
        match of {
            Operand::Known(value) => {
                let size = crate::condition::evaluate::size(&value, &mut self.budget);
                self.folded(size.map(|size| Datum::Int(i64::try_from(size).unwrap_or(i64::MAX))))
            }
            of @ Operand::Node(_) => self.unary(of, Node::Size),
        }
    }

    pub(crate) fn call(&mut self, function: &Function, arguments: Vec<Operand>) -> Operand {
        let known = arguments.iter().map(|argument| match argument {
            Operand::Known(value) => Some(value.clone()),
            Operand::Node(_) => None,
        });
        if let Some(known) = known.collect::<Option<Vec<_>>>() {
            let result = (function.native)(&known, &mut self.folding);
            if result.as_ref().err() != Some(&Stop::Error(EvaluationError::TooCostly)) {
                return self.folded(result);
            }
        }
        if let (name, [Operand::Node(of), Operand::Known(Datum::Text(text))]) = (function.name, arguments.as_slice()) {
            let test = match name {
                "startsWith" => Some(TextTest::Starts),
                "endsWith" => Some(TextTest::Ends),
                "contains" => Some(TextTest::Contains),
                _ => None,
            };
            if test.is_some() || (name == "within" && plain(text)) {
                let (of, info) = (*of, self.info(*of));
                let text = self.text(text);
                return self.node(test.map_or(Node::Within(of, text), |test| Node::TextTest(test, of, text)), info);
            }
        }
        let ids = arguments.into_iter().map(|argument| self.id(argument)).collect();
        let (range, info) = self.children(ids);
        self.program.functions.push(function.native);
        let at = index(self.program.functions.len() - 1);
        self.node(Node::Call(at, range), info)
    }

    pub(crate) fn matches(&mut self, of: Operand, regex: Matcher) -> Operand {
        self.program.regexes.push(regex);
        let at = index(self.program.regexes.len() - 1);
        self.unary(of, |of| Node::Matches(of, at))
    }

    pub(crate) fn glob(&mut self, of: Operand, pattern: crate::pattern::Pattern) -> Operand {
        self.program.patterns.push(pattern);
        let at = index(self.program.patterns.len() - 1);
        self.unary(of, |of| Node::Glob(of, at))
    }

    pub(crate) fn in_hours(&mut self, of: Operand, hours: crate::condition::functions::time::Hours) -> Operand {
        self.program.hours.push(Arc::new(hours));
        let at = index(self.program.hours.len() - 1);
        self.unary(of, |of| Node::InHours(of, at))
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A copy that lends from nothing.
fn keep(value: &Datum<'_>) -> Datum<'static> {
    match value {
        Datum::Null => Datum::Null,
        Datum::Bool(value) => Datum::Bool(*value),
        Datum::Int(value) => Datum::Int(*value),
        Datum::Uint(value) => Datum::Uint(*value),
        Datum::Double(value) => Datum::Double(*value),
        Datum::Text(text) => Datum::built(&**text),
        Datum::Bytes(bytes) => Datum::Bytes(Blob::Built((**bytes).into())),
        Datum::List(items) => Datum::list(items.iter().map(|item| keep(&item)).collect()),
        Datum::Map(entries) => {
            let kept = entries.iter().filter_map(|(key, value)| Some((keep(&key).into_key().ok()?, keep(&value))));
            Datum::Map(Entries::Built(Arc::new(kept.collect())))
        }
        Datum::Timestamp(time) => Datum::Timestamp(*time),
        Datum::Duration(length) => Datum::Duration(*length),
        Datum::Label(label) => Datum::Label(*label),
        Datum::Enum(enumeration, place) => Datum::Enum(enumeration, *place),
        Datum::Type(name) => Datum::Type(name),
        Datum::Optional(inner) => Datum::Optional(inner.as_ref().map(|inner| Arc::new(keep(inner)))),
        Datum::Address(address) => Datum::Address(*address),
        Datum::Network(network) => Datum::Network(*network),
        Datum::Url(text) => Datum::Url(crate::condition::datum::Text::Built((**text).into())),
        Datum::Email(text) => Datum::Email(crate::condition::datum::Text::Built((**text).into())),
    }
}
