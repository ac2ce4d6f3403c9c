//! What is a compiled condition? An arena of small nodes, with everything that can be prepared at load prepared.
//!
//! INVARIANT: a node's children come before it, so a program has no cycles; indices into the tables are made by `compile`
//! alone. Shapes that conditions consist of in practice (`fact == "text"`, `label <= label("x")`, `x in ["a", "b"]`) have nodes
//! of their own, so that evaluating them copies and allocates nothing.
//!
//! Next room: `evaluate`.

use std::sync::Arc;

use crate::condition::EvaluationError;
use crate::condition::ast::{Iteration, Span};
use crate::condition::compare::Comparison;
use crate::condition::datum::Datum;
use crate::condition::functions::Native;
use crate::condition::functions::time::Hours;
use crate::condition::matcher::Matcher;
use crate::label::Label;
use crate::pattern::Pattern;
use crate::value::Enumeration;

/// Index of a node; with [`SLOT`], no node but the fact of that slot, which needs nothing more to be read.
pub(crate) type Id = u32;

/// Marks an [`Id`] that is a slot. A program has far fewer than 2^30 nodes ([`crate::Limits::condition_nodes`]).
pub(crate) const SLOT: Id = 1 << 31;

/// Marks an [`Id`] that is a variable.
pub(crate) const LOCAL: Id = 1 << 30;

/// The variable that an id is, counted from the outermost.
#[inline]
pub(crate) const fn local_of(id: Id) -> Option<u32> {
    if id & (SLOT | LOCAL) == LOCAL { Some(id & !LOCAL) } else { None }
}

/// The slot that an id is.
#[inline]
pub(crate) const fn slot_of(id: Id) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is the slot")]
    if id & SLOT == 0 { None } else { Some(id as u16) }
}

/// Whether two texts are equal: those of a few bytes, of which conditions are full, without calling out.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..=3 => a.iter().zip(b).all(|(a, b)| a == b),
        4..=7 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

/// Indices into [`Program::children`] or [`Program::steps`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u32,
    pub(crate) count: u32,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// Tests of one text against a literal one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    Starts,
    Ends,
    Contains,
}

/// One step of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    /// A truth value.
    Bool(bool),
    /// A value of [`Program::constants`].
    Constant(u32),
    /// A fact; never in a program, whose ids name slots themselves.
    Slot(u16),
    /// What is declared a double and may be given as an integer.
    AsDouble(Id),
    /// A variable, counted from the outermost; never in a program, as above.
    Local(u32),
    /// What is always an error, such as a name that does not exist.
    Fail(EvaluationError),
    /// `has(fact)`.
    HasSlot(u16),
    /// A fact as an optional.
    OptionalSlot(u16),
    /// A member, by an index into [`Program::texts`].
    Select(Id, u32),
    OptionalSelect(Id, u32),
    Has(Id, u32),
    Index(Id, Id),
    OptionalIndex(Id, Id),
    /// A function of [`Program::functions`].
    Call(u32, Range),
    List(Range),
    /// Keys and values in turn.
    Map(Range),
    /// An optional in a list or map, left out if none.
    Spread(Id),
    Not(Id),
    Negate(Id),
    /// A row of [`Program::steps`].
    And(Range),
    Or(Range),
    Choose(Id, Id, Id),
    Compare(Comparison, Id, Id),
    In(Id, Id),
    Arithmetic(Arithmetic, Id, Id),
    /// An iteration of [`Program::loops`].
    Loop(u32),
    /// A variable's value and its body.
    Bind(Id, Id),
    /// Target and body; `true` if the body makes an optional.
    OptionalMap(Id, Id, bool),
    Size(Id),
    /// Equal to a text, or not.
    TextEqual(bool, Id, u32),
    /// One of a set of texts ([`Program::sets`]).
    TextIn(Id, u32),
    TextTest(TextTest, Id, u32),
    /// Against a 32-bit integer literal.
    IntCompare(Comparison, Id, i32),
    /// Against a member of an enumeration: an index into [`Program::places`].
    PlaceCompare(Comparison, Id, u32),
    LabelCompare(Comparison, Id, u32),
    /// `x == null`, or not.
    IsNull(bool, Id),
    Matches(Id, u32),
    Glob(Id, u32),
    /// `path.within("/folder")`.
    Within(Id, u32),
    InHours(Id, u32),
}

/// What a step asks of a value, with the constant that it is compared to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Test {
    /// Nothing that is asked of a fact alone: its node says.
    Node,
    /// Whether it is true.
    Flag,
    /// Whether it is there.
    Has,
    Null,
    Text(u32),
    OneOf(u32),
    /// Whether a list has a text, which is one of [`Program::constants`].
    Holds(u32),
    Starts(u32),
    Ends(u32),
    Int(Comparison, i32),
    /// How many items.
    Count(Comparison, i32),
    Place(Comparison, u32),
    Label(Comparison, u32),
}

/// An operand of `&&` or `||`, or what is asked of each item of a list. Most ask one thing of one fact, or of a member of it:
/// such a question is answered in place if the fact is of the usual kind. What else there is (unknown, null, of another kind)
/// is left to the node, which means the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The operand in full.
    pub(crate) node: Id,
    /// The member, by an index into [`Program::texts`]; [`Step::WHOLE`] if the fact itself is asked.
    pub(crate) member: u32,
    /// The fact; nothing where an item is asked.
    pub(crate) slot: u16,
    /// Whether the answer is turned around.
    pub(crate) negated: bool,
    pub(crate) test: Test,
}

impl Step {
    /// No member.
    pub(crate) const WHOLE: u32 = u32::MAX;

    /// A step that only its node answers.
    pub(crate) const fn of(node: Id) -> Self {
        Self { node, member: Self::WHOLE, slot: 0, negated: false, test: Test::Node }
    }
}

/// An iteration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    pub(crate) iteration: Iteration,
    pub(crate) two: bool,
    pub(crate) range: Id,
    pub(crate) filter: Option<Id>,
    pub(crate) body: Id,
    /// The body as a question to an item.
    pub(crate) step: Step,
    /// Steps of one round.
    pub(crate) cost: u32,
}

/// A clause: one operand of the outermost `&&`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClauseAt {
    pub(crate) node: Id,
    pub(crate) span: Span,
}

/// Texts to look one up in: sorted.
#[derive(Clone, Debug)]
pub(crate) struct TextSet(Vec<Box<str>>);

impl TextSet {
    pub(crate) fn new(mut texts: Vec<Box<str>>) -> Self {
        texts.sort();
        texts.dedup();
        Self(texts)
    }

    pub(crate) fn texts(&self) -> &[Box<str>] {
        &self.0
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        // Comparing lengths first makes a scan of a few cheaper than a search.
        if self.0.len() <= 8 {
            return self.0.iter().any(|t| same(t.as_bytes(), text.as_bytes()));
        }
        self.0.binary_search_by(|t| (**t).cmp(text)).is_ok()
    }
}

/// A compiled condition.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) nodes: Vec<Node>,
    pub(crate) children: Vec<Id>,
    pub(crate) steps: Vec<Step>,
    pub(crate) constants: Vec<Datum<'static>>,
    pub(crate) texts: Vec<Box<str>>,
    pub(crate) sets: Vec<TextSet>,
    pub(crate) labels: Vec<Label>,
    pub(crate) places: Vec<(&'static Enumeration, u8)>,
    pub(crate) regexes: Vec<Matcher>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) hours: Vec<Arc<Hours>>,
    pub(crate) functions: Vec<Native>,
    pub(crate) loops: Vec<Loop>,
    pub(crate) root: Id,
    /// The clauses as steps.
    pub(crate) row: Range,
    pub(crate) clauses: Vec<ClauseAt>,
    /// Slots that it reads, ascending.
    pub(crate) references: Vec<u16>,
    /// Steps that an evaluation may take.
    pub(crate) cost: u64,
    /// Bytes that a pattern built at run time may compile to.
    pub(crate) regex_bytes: usize,
}

impl Program {
    /// Gives back what building it took too much: policies hold many.
    pub(crate) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.children.shrink_to_fit();
        self.steps.shrink_to_fit();
        self.constants.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.sets.shrink_to_fit();
        self.labels.shrink_to_fit();
        self.places.shrink_to_fit();
        self.functions.shrink_to_fit();
        self.loops.shrink_to_fit();
        self.clauses.shrink_to_fit();
    }

    pub(crate) fn children(&self, range: Range) -> &[Id] {
        let from = range.from as usize;
        self.children.get(from..from + range.count as usize).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn steps(&self, range: Range) -> &[Step] {
        let from = range.from as usize;
        self.steps.get(from..from + range.count as usize).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn text(&self, index: u32) -> &str {
        self.texts.get(index as usize).map_or("", AsRef::as_ref)
    }
}
