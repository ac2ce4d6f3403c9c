//! Does every name exist, and does every operator and function get what it takes?
//!
//! Walks the tree once, with the declared facts at hand, reports everything that is wrong (not only the first), and hands the
//! parts to [`crate::condition::compile`]. In a condition that is not checked (CEL's "parse only" mode) the same mistakes are
//! errors when they are reached.
//!
//! Next room: `compile`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type that is not listed does not fit, so a type to come is refused until it is listed"
)]

pub(crate) mod calls;
pub(crate) mod names;
pub(crate) mod operators;
pub(crate) mod types;

use std::rc::Rc;

use crate::condition::ast::{Comprehension, Element, Entry, Expr, Iteration, Kind, Literal, Span, Unary};
use crate::condition::compile::{Builder, Operand};
use crate::condition::datum::{Blob, Datum};
use crate::condition::program::Program;
use crate::condition::{Declarations, EvaluationError, place};
use crate::diagnostic::{Diagnostic, Diagnostics, Suggestions, shown};
use types::Ty;

/// Problems reported of one condition: placing one scans the source, and nobody reads more.
const PROBLEMS: usize = 64;

/// What a condition must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A checked truth value: what rules take.
    Truth,
    /// Any checked value.
    Value,
    /// Anything that parses.
    Nothing,
}

/// A checked subexpression.
#[derive(Clone, Debug)]
pub(crate) struct Typed<'d> {
    pub(crate) operand: Operand,
    pub(crate) ty: Ty<'d>,
}

impl<'d> Typed<'d> {
    pub(crate) const fn new(operand: Operand, ty: Ty<'d>) -> Self {
        Self { operand, ty }
    }
}

pub(crate) struct Checker<'d> {
    source: &'d str,
    declarations: Declarations<'d>,
    demand: Demand,
    builder: Builder,
    /// Variables of macros, outermost first, at the places that they have when the program runs.
    scope: Vec<(Box<str>, Ty<'d>)>,
    problems: Vec<Diagnostic>,
    /// Bytes that regular expressions may still have.
    regexes: usize,
    suggestions: &'d Suggestions,
}

/// Checks and compiles a tree.
pub(crate) fn check<'d>(
    source: &'d str,
    tree: &Expr,
    declarations: &Declarations<'d>,
    demand: Demand,
    suggestions: &'d Suggestions,
) -> Result<Program, Diagnostics> {
    let builder = Builder::new(declarations.limits);
    let mut checker = Checker {
        source,
        declarations: *declarations,
        demand,
        builder,
        scope: Vec::new(),
        problems: Vec::new(),
        regexes: declarations.limits.regexes_bytes,
        suggestions,
    };
    let clauses = checker.clauses(tree);
    let (program, estimate) = checker.builder.finish(clauses);
    if demand == Demand::Truth && estimate > declarations.limits.condition_cost {
        let limit = declarations.limits.condition_cost;
        let message = format!("the condition takes {estimate} steps at least; {limit} are allowed");
        let problem = place::diagnostic(source, "condition.too_large", tree.span, message);
        checker.problems.push(problem.with_help("shorten the lists that it goes through, or do not nest the macros"));
    }
    if checker.problems.is_empty() { Ok(program) } else { Err(Diagnostics(checker.problems)) }
}

impl<'d> Checker<'d> {
    /// The operands of the outermost `&&`, or the whole.
    fn clauses(&mut self, tree: &Expr) -> Vec<(Operand, Span)> {
        if self.demand == Demand::Truth {
            if let Kind::And(operands) = &tree.kind {
                return operands.iter().flat_map(|operand| self.clauses(operand)).collect();
            }
            return vec![(self.boolean(tree, "the condition").operand, tree.span)];
        }
        vec![(self.expr(tree).operand, tree.span)]
    }

    fn is_checked(&self) -> bool {
        self.demand != Demand::Nothing
    }

    /// Reports a problem; in the unchecked mode, where it is an error only if it is reached, nothing.
    fn report(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.is_checked() {
            self.refuse(code, span, message, help);
        }
    }

    /// Reports what no mode allows.
    fn refuse(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.problems.len() >= PROBLEMS {
            return;
        }
        let (problem, help) = (place::diagnostic(self.source, code, span, message), shown(&help.into(), 1_024));
        self.problems.push(if help.is_empty() { problem } else { problem.with_help(help) });
    }

    fn fail(&mut self, error: EvaluationError) -> Typed<'d> {
        Typed::new(self.builder.fail(error), Ty::Dyn)
    }

    /// An expression that must be a truth value.
    fn boolean(&mut self, expr: &Expr, what: &str) -> Typed<'d> {
        let typed = self.expr(expr);
        if !matches!(typed.ty, Ty::Bool | Ty::Dyn) {
            let message = format!("{what} is {}, not bool", typed.ty);
            self.report("condition.type", expr.span, message, "compare it with something, or test it with a function");
        }
        typed
    }

    pub(crate) fn expr(&mut self, expr: &Expr) -> Typed<'d> {
        match &expr.kind {
            Kind::Literal(literal) => known(literal),
            Kind::Name { .. } | Kind::Select { .. } => self.reference(expr),
            Kind::Has { operand, field } => self.has(expr, operand, field),
            Kind::Index { operand, index, optional } => self.index(expr, operand, index, *optional),
            Kind::Call { target, function, arguments } => self.call(expr, target.as_deref(), function, arguments),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Unary(Unary::Not, operand) => {
                let typed = self.boolean(operand, "the operand of `!`");
                Typed::new(self.builder.not(typed.operand), Ty::Bool)
            }
            Kind::Unary(Unary::Negate, operand) => self.negate(operand),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right),
            Kind::And(operands) => self.logic(true, operands),
            Kind::Or(operands) => self.logic(false, operands),
            Kind::Conditional { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
            Kind::Bind { name, value, body } => {
                let value = self.expr(value);
                self.bind(name, value, |checker| checker.expr(body))
            }
            Kind::Block { slots, body } => self.block(0, slots, body),
            Kind::OptionalMap { target, name, body, flat } => self.optional_map(target, name, body, *flat),
        }
    }

    fn logic(&mut self, all: bool, operands: &[Expr]) -> Typed<'d> {
        let what = if all { "an operand of `&&`" } else { "an operand of `||`" };
        let operands = operands.iter().map(|operand| self.boolean(operand, what).operand).collect();
        Typed::new(self.builder.logic(all, operands), Ty::Bool)
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Typed<'d> {
        let condition = self.boolean(condition, "what `?` asks for");
        let (yes, no) = (self.expr(then), self.expr(otherwise));
        let joined = yes.ty.clone().join(no.ty.clone());
        if joined == Ty::Dyn && !yes.ty.comparable(&no.ty) {
            let message = format!("the two sides of `:` differ in type: {} and {}", yes.ty, no.ty);
            self.report(
                "condition.type",
                otherwise.span,
                message,
                "make both the same type, or mark one with `dyn(...)`",
            );
        }
        Typed::new(self.builder.choose(condition.operand, yes.operand, no.operand), joined)
    }

    fn list(&mut self, items: &[Element]) -> Typed<'d> {
        let (mut operands, mut joined) = (Vec::with_capacity(items.len()), None);
        for item in items {
            let typed = self.expr(&item.value);
            let ty = if item.optional { self.unwrapped(&item.value, typed.ty) } else { typed.ty };
            joined = Some(joined.map_or_else(|| ty.clone(), |joined: Ty<'d>| joined.join(ty.clone())));
            operands.push((typed.operand, item.optional));
        }
        Typed::new(self.builder.list(operands), Ty::list(joined.unwrap_or(Ty::Dyn)))
    }

    /// What an optional holds.
    fn unwrapped(&mut self, expr: &Expr, ty: Ty<'d>) -> Ty<'d> {
        match ty {
            Ty::Optional(inner) => (*inner).clone(),
            Ty::Dyn => Ty::Dyn,
            other => {
                let message = format!("`?` asks for an optional value; this is {other}");
                self.report("condition.type", expr.span, message, "write `optional.of(...)`, or leave the `?` out");
                Ty::Dyn
            }
        }
    }

    fn map(&mut self, entries: &[Entry]) -> Typed<'d> {
        let mut operands = Vec::with_capacity(entries.len());
        let (mut keys, mut values): (Option<Ty<'d>>, Option<Ty<'d>>) = (None, None);
        for entry in entries {
            let (key, value) = (self.expr(&entry.key), self.expr(&entry.value));
            if !matches!(key.ty, Ty::Dyn | Ty::Bool | Ty::Int | Ty::Uint | Ty::Text) {
                let message = format!("a key of a map cannot be {}", key.ty);
                self.report("condition.type", entry.key.span, message, "keys are string, int, uint or bool");
            }
            let ty = if entry.optional { self.unwrapped(&entry.value, value.ty) } else { value.ty };
            keys = Some(keys.map_or_else(|| key.ty.clone(), |joined| joined.join(key.ty.clone())));
            values = Some(values.map_or_else(|| ty.clone(), |joined| joined.join(ty.clone())));
            operands.push((key.operand, value.operand, entry.optional));
        }
        let ty = Ty::Map(Rc::new(keys.unwrap_or(Ty::Dyn)), Rc::new(values.unwrap_or(Ty::Dyn)));
        Typed::new(self.builder.map(operands), ty)
    }

    fn depth(&self) -> u32 {
        u32::try_from(self.scope.len()).unwrap_or(u32::MAX)
    }

    fn bind(&mut self, name: &str, value: Typed<'d>, body: impl FnOnce(&mut Self) -> Typed<'d>) -> Typed<'d> {
        let depth = self.depth();
        self.scope.push((name.into(), value.ty));
        let body = body(self);
        self.scope.pop();
        Typed::new(self.builder.bind(value.operand, body.operand, depth), body.ty)
    }

    fn block(&mut self, at: usize, slots: &[Expr], body: &Expr) -> Typed<'d> {
        // The parser counts the slots as nodes, but each nests: the depth that the tree may have bounds them too.
        let Some((first, rest)) = slots.split_first() else { return self.expr(body) };
        if self.scope.len() >= crate::condition::parse::DEEPEST {
            self.refuse("condition.too_large", first.span, "too many variables", "split the condition");
            return self.fail(EvaluationError::TooCostly);
        }
        let value = self.expr(first);
        self.bind(&format!("@index{at}"), value, |checker| checker.block(at + 1, rest, body))
    }

    fn optional_map(&mut self, target: &Expr, name: &str, body: &Expr, flat: bool) -> Typed<'d> {
        let typed = self.expr(target);
        let inner = self.unwrapped(target, typed.ty);
        self.scope.push((name.into(), inner));
        let made = self.expr(body);
        self.scope.pop();
        let ty = if flat { Ty::optional(self.unwrapped(body, made.ty)) } else { Ty::optional(made.ty) };
        Typed::new(self.builder.optional_map(typed.operand, made.operand, flat), ty)
    }

    fn comprehension(&mut self, c: &Comprehension) -> Typed<'d> {
        let range = self.expr(&c.range);
        let (key, item) = match &range.ty {
            Ty::List(item) => (Ty::Int, (**item).clone()),
            Ty::Map(key, value) => ((**key).clone(), (**value).clone()),
            Ty::Record(_) | Ty::Open => (Ty::Text, Ty::Dyn),
            Ty::Dyn => (Ty::Dyn, Ty::Dyn),
            other => {
                let name = c.iteration.name(c.second.is_some());
                let message = format!("`{name}` goes through lists and maps; this is {other}");
                self.report("condition.type", c.range.span, message, "");
                (Ty::Dyn, Ty::Dyn)
            }
        };
        let is_map = matches!(range.ty, Ty::Map(..) | Ty::Record(_) | Ty::Open);
        let single = if is_map { key.clone() } else { item.clone() };
        let depth = self.depth();
        match &c.second {
            None => self.scope.push((c.first.clone(), single.clone())),
            Some(second) => {
                self.scope.push((c.first.clone(), key.clone()));
                self.scope.push((second.clone(), item));
            }
        }
        let filter = c.filter.as_ref().map(|filter| self.boolean(filter, "the filter").operand);
        let body = match c.iteration {
            Iteration::All | Iteration::Exists | Iteration::ExistsOne | Iteration::Filter => {
                self.boolean(&c.body, "what the macro asks of each item")
            }
            Iteration::Map
            | Iteration::TransformList
            | Iteration::TransformMap
            | Iteration::TransformMapEntry
            | Iteration::SortBy => self.expr(&c.body),
        };
        self.scope.truncate(depth as usize);
        let ty = match c.iteration {
            Iteration::All | Iteration::Exists | Iteration::ExistsOne => Ty::Bool,
            Iteration::Filter | Iteration::SortBy => Ty::list(single),
            Iteration::Map | Iteration::TransformList => Ty::list(body.ty),
            Iteration::TransformMap => Ty::Map(Rc::new(key), Rc::new(body.ty)),
            Iteration::TransformMapEntry => body.ty,
        };
        let operands = (range.operand, filter, body.operand);
        let operand = self.builder.iterate(c.iteration, c.second.is_some(), operands, depth);
        Typed::new(operand, ty)
    }
}

fn known<'d>(literal: &Literal) -> Typed<'d> {
    let (value, ty) = match literal {
        Literal::Null => (Datum::Null, Ty::Null),
        Literal::Bool(value) => (Datum::Bool(*value), Ty::Bool),
        Literal::Int(value) => (Datum::Int(*value), Ty::Int),
        Literal::Uint(value) => (Datum::Uint(*value), Ty::Uint),
        Literal::Double(value) => (Datum::Double(*value), Ty::Double),
        Literal::String(text) => (Datum::built(&**text), Ty::Text),
        Literal::Bytes(bytes) => (Datum::Bytes(Blob::Built((**bytes).into())), Ty::Bytes),
    };
    Typed::new(Operand::Known(value), ty)
}
