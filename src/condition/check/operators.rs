//! Do the operands of an operator fit? Comparisons, `in` and arithmetic; members of enumerations written as text.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type that is not listed does not fit, so a type to come is refused until it is listed"
)]

use crate::condition::ast::{Binary, Expr, Kind, Literal, Span};
use crate::condition::check::types::Ty;
use crate::condition::check::{Checker, Typed};
use crate::condition::compare::Comparison;
use crate::condition::compile::Operand;
use crate::condition::datum::Datum;
use crate::condition::program::Arithmetic;
use crate::diagnostic::nearest;
use crate::value::Enumeration;

impl<'d> Checker<'d> {
    pub(super) fn negate(&mut self, operand: &Expr) -> Typed<'d> {
        let of = self.expr(operand);
        if !matches!(of.ty, Ty::Dyn | Ty::Int | Ty::Double | Ty::Duration) {
            let message = format!("`-` takes int, double or duration; this is {}", of.ty);
            self.report("condition.type", operand.span, message, "");
        }
        Typed::new(self.builder.negate(of.operand), of.ty)
    }

    pub(super) fn binary(&mut self, operator: Binary, left: &Expr, right: &Expr) -> Typed<'d> {
        let (a, b) = (self.expr(left), self.expr(right));
        let comparison = match operator {
            Binary::Equal => Comparison::Equal,
            Binary::NotEqual => Comparison::NotEqual,
            Binary::Less => Comparison::Less,
            Binary::LessEqual => Comparison::LessEqual,
            Binary::Greater => Comparison::Greater,
            Binary::GreaterEqual => Comparison::GreaterEqual,
            Binary::In => return self.contains((left, a), (right, b)),
            Binary::Add => return self.arithmetic(right.span, Arithmetic::Add, a, b),
            Binary::Subtract => return self.arithmetic(right.span, Arithmetic::Subtract, a, b),
            Binary::Multiply => return self.arithmetic(right.span, Arithmetic::Multiply, a, b),
            Binary::Divide => return self.arithmetic(right.span, Arithmetic::Divide, a, b),
            Binary::Modulo => return self.arithmetic(right.span, Arithmetic::Modulo, a, b),
        };
        let (left_ty, right_ty) = (a.ty.clone(), b.ty.clone());
        let (a, b) = (self.as_member(a, left, &right_ty), self.as_member(b, right, &left_ty));
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let fits = if equality { a.ty.comparable(&b.ty) } else { a.ty.ordered(&b.ty) };
        if !fits {
            let verb = if equality { "compared" } else { "ordered" };
            let message = format!("{} and {} cannot be {verb}", a.ty, b.ty);
            let help = apart(&a.ty, &b.ty, left, right);
            self.report("condition.type", right.span, message, help);
        }
        Typed::new(self.builder.compare(comparison, a.operand, b.operand), Ty::Bool)
    }

    /// A text literal beside an enumeration is the member that it names.
    fn as_member(&mut self, typed: Typed<'d>, expr: &Expr, other: &Ty<'d>) -> Typed<'d> {
        let Ty::Enum(enumeration) = other else { return typed };
        let Kind::Literal(Literal::String(text)) = &expr.kind else { return typed };
        self.member(expr, enumeration, text)
    }

    fn member(&mut self, expr: &Expr, enumeration: &'static Enumeration, text: &str) -> Typed<'d> {
        if let Some(place) = enumeration.ordinal(text) {
            return Typed::new(Operand::Known(Datum::Enum(enumeration, place)), Ty::Enum(enumeration));
        }
        let all: Vec<String> = enumeration.members.iter().map(|member| format!("`{member}`")).collect();
        let help = nearest(text, enumeration.members.iter().copied()).map_or_else(
            || format!("there are {}", all.join(", ")),
            |near| format!("did you mean `{near}`? There are {}", all.join(", ")),
        );
        self.report("condition.bad_literal", expr.span, format!("`{text}` is no {}", enumeration.name), help);
        let failed = self.fail(crate::condition::EvaluationError::NoMember);
        Typed { ty: Ty::Enum(enumeration), ..failed }
    }

    fn contains(&mut self, item: (&Expr, Typed<'d>), collection: (&Expr, Typed<'d>)) -> Typed<'d> {
        let ((left, mut item), (right, mut collection)) = (item, collection);
        if let (Ty::Enum(enumeration), Kind::List(elements)) = (&item.ty, &right.kind) {
            let literals = elements.iter().map(|element| match &element.value.kind {
                Kind::Literal(Literal::String(text)) if !element.optional => Some((&element.value, text)),
                _ => None,
            });
            if let Some(literals) = literals.collect::<Option<Vec<_>>>() {
                let members: Vec<(Operand, bool)> = literals
                    .into_iter()
                    .map(|(expr, text)| (self.member(expr, enumeration, text).operand, false))
                    .collect();
                collection = Typed::new(self.builder.list(members), Ty::list(item.ty.clone()));
            }
        }
        let within = match &collection.ty {
            Ty::Dyn => Ty::Dyn,
            Ty::List(inner) => (**inner).clone(),
            Ty::Map(key, _) => (**key).clone(),
            Ty::Record(_) | Ty::Open => Ty::Text,
            other => {
                let help = if *other == Ty::Text { "for a part of a text write `text.contains(part)`" } else { "" };
                self.report(
                    "condition.type",
                    right.span,
                    format!("`in` looks in lists and maps; this is {other}"),
                    help,
                );
                Ty::Dyn
            }
        };
        item = self.as_member(item, left, &within);
        if !item.ty.comparable(&within) {
            let message = format!("{} is never in {}", item.ty, collection.ty);
            self.report("condition.type", right.span, message, "");
        }
        Typed::new(self.builder.contains(item.operand, collection.operand), Ty::Bool)
    }

    fn arithmetic(&mut self, span: Span, operator: Arithmetic, a: Typed<'d>, b: Typed<'d>) -> Typed<'d> {
        let ty = result(operator, &a.ty, &b.ty);
        if ty.is_none() {
            let symbol = match operator {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
                Arithmetic::Modulo => "%",
            };
            let message = format!("`{symbol}` does not take {} and {}", a.ty, b.ty);
            let help = if a.ty.is_number() && b.ty.is_number() {
                "convert one with `int(...)`, `uint(...)` or `double(...)`; doubles have a point, as in `2.0`"
            } else if operator == Arithmetic::Add && (a.ty == Ty::Text || b.ty == Ty::Text) {
                "convert the other with `string(...)`"
            } else {
                ""
            };
            self.report("condition.type", span, message, help);
        }
        Typed::new(self.builder.arithmetic(operator, a.operand, b.operand), ty.unwrap_or(Ty::Dyn))
    }
}

/// What to write instead of comparing what cannot be compared.
fn apart(a: &Ty<'_>, b: &Ty<'_>, left: &Expr, right: &Expr) -> String {
    match (a, b) {
        (Ty::Label, Ty::Text) => format!("write `label({right})`"),
        (Ty::Text, Ty::Label) => format!("write `label({left})`"),
        (Ty::Timestamp, Ty::Text) => format!("write `timestamp({right})`"),
        (Ty::Text, Ty::Timestamp) => format!("write `timestamp({left})`"),
        (Ty::Duration, Ty::Text) => format!("write `duration({right})`"),
        (Ty::Text, Ty::Duration) => format!("write `duration({left})`"),
        (Ty::Address, Ty::Text) => format!("write `ip({right})`"),
        (Ty::Text, Ty::Address) => format!("write `ip({left})`"),
        _ => "convert one of them, for example with `int(...)` or `string(...)`".to_owned(),
    }
}

/// The type of a result; `None` if the operator does not take these.
fn result<'d>(operator: Arithmetic, a: &Ty<'d>, b: &Ty<'d>) -> Option<Ty<'d>> {
    match (operator, a, b) {
        (_, Ty::Int, Ty::Int) => Some(Ty::Int),
        (_, Ty::Uint, Ty::Uint) => Some(Ty::Uint),
        (Arithmetic::Modulo, Ty::Double, _) | (Arithmetic::Modulo, _, Ty::Double) => None,
        (_, Ty::Double, Ty::Double) => Some(Ty::Double),
        (Arithmetic::Add, Ty::Text, Ty::Text) => Some(Ty::Text),
        (Arithmetic::Add, Ty::Bytes, Ty::Bytes) => Some(Ty::Bytes),
        (Arithmetic::Add, Ty::List(a), Ty::List(b)) => Some(Ty::list((**a).clone().join((**b).clone()))),
        (Arithmetic::Add, Ty::Timestamp, Ty::Duration)
        | (Arithmetic::Add, Ty::Duration, Ty::Timestamp)
        | (Arithmetic::Subtract, Ty::Timestamp, Ty::Duration) => Some(Ty::Timestamp),
        (Arithmetic::Subtract, Ty::Timestamp, Ty::Timestamp)
        | (Arithmetic::Add | Arithmetic::Subtract, Ty::Duration, Ty::Duration) => Some(Ty::Duration),
        (_, Ty::Dyn, Ty::Dyn) => Some(Ty::Dyn),
        (operator, Ty::Dyn, other) | (operator, other, Ty::Dyn) => unsure(operator, other),
        _ => None,
    }
}

/// One operand is `dyn`: only what the other can never do is a mistake.
fn unsure<'d>(operator: Arithmetic, known: &Ty<'d>) -> Option<Ty<'d>> {
    match (operator, known) {
        (_, Ty::Int | Ty::Uint | Ty::Double) => Some(known.clone()),
        (Arithmetic::Add, Ty::Text | Ty::Bytes | Ty::List(_)) => Some(known.clone()),
        (Arithmetic::Add | Arithmetic::Subtract, Ty::Timestamp | Ty::Duration) => Some(Ty::Dyn),
        _ => None,
    }
}
