//! When? Conditions in CEL: parsed, checked against the declared facts, compiled at load, evaluated in three values.
//!
//! The language is the Common Expression Language, JSON profile (<https://cel.dev>), with the extensions that docs/conditions.md
//! lists. Rules take conditions that are checked and true or false; [`expression`] takes any value, and [`unchecked`] what
//! only parses.
//!
//! INVARIANT (law 5): a condition that is true or false although some facts are unknown is the same whatever those facts
//! are, null and ill-typed values included. An error counts as unknown. (A condition that exceeds
//! [`Limits::condition_cost`] is an error, whatever its facts.)
//!
//! ```
//! use placet::condition::{Declarations, Truth, compile};
//! use placet::fact::{Schema, slot};
//! use placet::label::Taxonomy;
//! use placet::value::{Fact, Facts, Value};
//!
//! struct Device(Value<'static>);
//! impl Facts for Device {
//!     fn fact(&self, at: u16) -> Fact<'_> {
//!         if at == slot::DEVICE_COMPLIANT { Fact::Known(&self.0) } else { Fact::Unknown }
//!     }
//! }
//! let (schema, taxonomy, limits) = (Schema::default(), Taxonomy::default(), placet::Limits::default());
//! let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
//! let condition = compile(r#"device.compliant && risk.user < "medium""#, &declarations).unwrap();
//! assert_eq!(condition.evaluate(&Device(Value::Bool(false))), Truth::False);
//! assert_eq!(condition.evaluate(&Device(Value::Bool(true))), Truth::Unknown);
//! ```
//!
//! Rooms: `lex` and `parse` (with `macros`) make an [`ast`]; `check` and `compile` make a `program`; `evaluate` (with `iterate`,
//! `compare` and `functions`) runs it; `question` (what it asks of single facts), `print` writes a tree.

pub mod ast;
mod check;
mod compare;
mod compile;
mod datum;
mod evaluate;
mod functions;
pub(crate) mod kleene;
mod lex;
mod macros;
mod matcher;
mod parse;
mod place;
mod print;
mod program;
mod question;

use core::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Suggestions};
use crate::fact::{Schema, Type, slot};
use crate::label::Taxonomy;
use crate::limits::Limits;
use crate::value::{Fact, Facts, Value};
use check::Demand;
use datum::{Outcome, Stop};
use evaluate::Machine;
pub(crate) use functions::network;
use matcher::Matcher;
use program::Program;

pub use parse::parse;
pub(crate) use question::{Asks, Key, Operand, Question};

/// What a condition may read and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Declarations<'d> {
    /// The declared facts.
    pub schema: &'d Schema,
    /// The labels that `label("...")` may name.
    pub taxonomy: &'d Taxonomy,
    /// Ceilings.
    pub limits: &'d Limits,
    /// Type of `arguments`, where the tool is known; otherwise as the schema says.
    pub arguments: Option<&'d Type>,
}

/// The three truth values of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It reads an unknown fact that matters, or evaluating it is an error.
    Unknown,
}

impl From<Outcome<bool>> for Truth {
    fn from(outcome: Outcome<bool>) -> Self {
        match outcome {
            Ok(true) => Self::True,
            Ok(false) => Self::False,
            Err(Stop::Unknown | Stop::Error(_)) => Self::Unknown,
        }
    }
}

/// A compiled condition. Cheap to clone. Two that were compiled with the same declarations are equal if they print the same.
#[derive(Clone, Debug)]
pub struct Condition(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Box<str>,
    /// Where it differs from the source.
    canonical: Option<Box<str>>,
    /// Type of the arguments that it was compiled for, if it reads them: a program for floats is none for integers.
    arguments: Option<Type>,
    program: Program,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
            && self.0.program.references == other.0.program.references
            && self.0.arguments == other.0.arguments
    }
}

impl Eq for Condition {}

impl Hash for Condition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

/// Parses, checks and compiles a condition for a rule: of type bool, or dyn.
///
/// # Errors
/// All findings, with places relative to `source`.
pub fn compile(source: &str, declarations: &Declarations<'_>) -> Result<Condition, Diagnostics> {
    compile_within(source, declarations, &Suggestions::default())
}

/// The same, with the suggestions that are left to a policy.
pub(crate) fn compile_within(
    source: &str,
    declarations: &Declarations<'_>,
    suggestions: &Suggestions,
) -> Result<Condition, Diagnostics> {
    build(source, declarations, Demand::Truth, suggestions)
}

/// Parses, checks and compiles an expression of any type.
///
/// # Errors
/// All findings, with places relative to `source`.
pub fn expression(source: &str, declarations: &Declarations<'_>) -> Result<Condition, Diagnostics> {
    build(source, declarations, Demand::Value, &Suggestions::default())
}

/// Parses and compiles an expression without checking it: names that do not exist and operands that do not fit are errors
/// when they are reached (CEL's "parse only" mode). Rules never take these.
///
/// # Errors
/// If it does not parse, or is too large.
pub fn unchecked(source: &str, declarations: &Declarations<'_>) -> Result<Condition, Diagnostics> {
    build(source, declarations, Demand::Nothing, &Suggestions::default())
}

/// The names of all functions, for tools; those with a receiver too. Macros are none.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    functions::all().map(|function| function.name).chain(["label"])
}

fn build(
    source: &str,
    declarations: &Declarations<'_>,
    demand: Demand,
    suggestions: &Suggestions,
) -> Result<Condition, Diagnostics> {
    let tree = parse(source, declarations.limits)?;
    let program = check::check(source, &tree, declarations, demand, suggestions)?;
    let canonical = Some(tree.to_string()).filter(|text| text != source).map(Box::from);
    let reads_arguments = program.references.contains(&slot::ARGUMENTS);
    let arguments = declarations.arguments.filter(|_| reads_arguments).cloned();
    Ok(Condition(Arc::new(Inner { source: source.into(), canonical, arguments, program })))
}

impl Condition {
    /// The text that it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Its canonical text: the same for conditions that differ only in blanks, quotation marks and needless parentheses.
    #[must_use]
    pub fn canonical(&self) -> &str {
        self.0.canonical.as_deref().unwrap_or(&self.0.source)
    }

    /// The slots of the facts that it reads, ascending.
    #[must_use]
    pub fn references(&self) -> &[u16] {
        &self.0.program.references
    }

    /// A fact and the text that it must be, if there is one without which the condition is certainly false whenever the fact is
    /// a known text.
    pub(crate) fn demanded(&self) -> Option<(u16, &str)> {
        let program = &self.0.program;
        let node = |id: program::Id| program.nodes.get(id as usize).copied();
        let demanded = |id: program::Id| {
            if let Some(program::Node::TextEqual(false, of, text)) = node(id) {
                Some((program::slot_of(of)?, program.text(text)))
            } else {
                None
            }
        };
        // One operand that is false decides, whatever the others are.
        if let Some(program::Node::And(range)) = node(program.root) {
            return program.children(range).iter().find_map(|id| demanded(*id));
        }
        demanded(program.root)
    }

    /// Bytes of its regular expressions when compiled, rounded up.
    pub(crate) fn regex_bytes(&self) -> usize {
        self.0.program.regexes.iter().map(Matcher::bytes).sum()
    }

    /// Its truth.
    pub fn evaluate(&self, facts: &impl Facts) -> Truth {
        let program = &self.0.program;
        Machine::new(program, facts).row(program.row, false).into()
    }

    /// Its truth, and how many steps it took.
    pub(crate) fn measured(&self, facts: &impl Facts) -> (Truth, u64) {
        let program = &self.0.program;
        let mut machine = Machine::new(program, facts);
        let truth = machine.row(program.row, false).into();
        (truth, machine.budget.spent(program.cost))
    }

    /// Its value, for uses outside rules. A map in it that comes from a fact may be open, as the fact is: of its further members
    /// nothing is known.
    ///
    /// # Errors
    /// Why it has none.
    pub fn value(&self, facts: &impl Facts) -> Result<Value<'static>, EvaluationError> {
        let program = &self.0.program;
        match Machine::new(program, facts).value(program.root) {
            Ok(value) => value.into_value(),
            Err(Stop::Unknown) => Err(EvaluationError::Unknown),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// The slots of the unknown facts that leave it undecided, ascending; none if it is decided, or undecided by an error
    /// alone.
    pub fn unknowns(&self, facts: &impl Facts) -> Vec<u16> {
        self.judge(self.0.program.root, facts).1
    }

    /// The clauses: operands of the outermost `&&`, as written, or the whole.
    pub fn clauses(&self) -> impl Iterator<Item = &str> {
        self.0.program.clauses.iter().map(|clause| clause.span.text(&self.0.source))
    }

    /// The clause that says why the condition does not hold: the first that is false, else the first that is undecided. `None`
    /// if it holds.
    pub fn first_failing_clause(&self, facts: &impl Facts) -> Option<Clause<'_>> {
        let mut undecided = None;
        for found in self.failing_clauses(facts) {
            if found.truth == Truth::False {
                return Some(found);
            }
            undecided = undecided.or(Some(found));
        }
        undecided
    }

    /// Every clause that is false or undecided, in the order in which they are written.
    pub fn failing_clauses<'c>(&'c self, facts: &impl Facts) -> impl Iterator<Item = Clause<'c>> {
        self.0.program.clauses.iter().filter_map(|clause| {
            let (outcome, unknowns) = self.judge(clause.node, facts);
            let error = match outcome {
                Ok(true) => return None,
                Ok(false) | Err(Stop::Unknown) => None,
                Err(Stop::Error(error)) => Some(error),
            };
            let (text, span) = (clause.span.text(&self.0.source), clause.span);
            Some(Clause { text, span, truth: outcome.into(), unknowns, error })
        })
    }

    /// Truth of a node, and the unknown slots behind it.
    fn judge(&self, node: program::Id, facts: &impl Facts) -> (Outcome<bool>, Vec<u16>) {
        let program = &self.0.program;
        let mut machine = Machine::new(program, facts);
        machine.trail = Some(Vec::new());
        let outcome = machine.truth(node);
        if outcome != Err(Stop::Unknown) {
            return (outcome, Vec::new());
        }
        let mut unknowns = machine.trail.unwrap_or_default();
        if unknowns.is_empty() {
            // Something inside an open map, read through a variable: any fact that can be open may be meant.
            let open = |slot: &&u16| match facts.fact(**slot) {
                Fact::Unknown => true,
                Fact::Null => false,
                Fact::Known(value) => matches!(value, Value::Map(_) | Value::List(_)),
            };
            unknowns.extend(program.references.iter().filter(open));
        }
        unknowns.sort_unstable();
        unknowns.dedup();
        (outcome, unknowns)
    }
}

/// A clause that is not true.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause<'c> {
    /// As written.
    pub text: &'c str,
    /// Where in the condition's source.
    pub span: ast::Span,
    /// False or unknown.
    pub truth: Truth,
    /// The unknown facts behind it, ascending.
    pub unknowns: Vec<u16>,
    /// The error behind it, if it is no unknown fact.
    pub error: Option<EvaluationError>,
}

/// Why a condition has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A fact that matters is unknown.
    #[error("a fact that matters is unknown")]
    Unknown,
    /// An operator or function got a value of a type that it does not take.
    #[error("a value is of a type that is not taken here")]
    Type,
    /// A member that is not there was selected.
    #[error("there is no such member")]
    NoMember,
    /// An index beyond a list or text.
    #[error("there is no such item")]
    NoItem,
    /// An optional that is none was asked for its value.
    #[error("there is no value")]
    NoValue,
    /// A result that its type cannot hold.
    #[error("the number, time or duration is out of range")]
    Overflow,
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A map with the same key twice.
    #[error("a key occurs twice")]
    DuplicateKey,
    /// A text that a conversion or function cannot read.
    #[error("an argument cannot be read")]
    BadArgument,
    /// A regular expression or glob that is none.
    #[error("the pattern is malformed or too large")]
    BadPattern,
    /// A name that does not exist; only in unchecked conditions.
    #[error("there is no such name")]
    UnknownName,
    /// A function that does not exist; only in unchecked conditions.
    #[error("there is no such function")]
    UnknownFunction,
    /// It takes more steps than [`Limits::condition_cost`].
    #[error("it takes too many steps")]
    TooCostly,
}
