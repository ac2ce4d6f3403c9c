//! What do names and selections mean? Variables of macros first, then the longest declared fact, then the types of CEL.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type that is not listed does not fit, so a type to come is refused until it is listed"
)]

use crate::condition::EvaluationError;
use crate::condition::ast::{Expr, Kind, Literal};
use crate::condition::check::types::Ty;
use crate::condition::check::{Checker, Typed};
use crate::condition::compile::Operand;
use crate::condition::datum::Datum;
use crate::diagnostic::list;
use crate::fact::slot;

/// The types that can be named.
const TYPES: [&str; 17] = [
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "optional_type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "net.IP",
    "net.CIDR",
    "label",
    "url",
];

/// A row of names and dots, such as `device.compliant`.
pub(crate) struct Path {
    segments: Vec<Box<str>>,
    absolute: bool,
}

impl Path {
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        let mut segments = Vec::new();
        let mut at = expr;
        loop {
            match &at.kind {
                Kind::Select { operand, field, optional: false } => {
                    segments.push(field.clone());
                    at = operand;
                }
                Kind::Name { name, absolute } => {
                    segments.push(name.clone());
                    segments.reverse();
                    return Some(Self { segments, absolute: *absolute });
                }
                _ => return None,
            }
        }
    }

    fn text(&self) -> String {
        self.segments.join(".")
    }

    fn with(mut self, field: &str) -> Self {
        self.segments.push(field.into());
        self
    }
}

impl<'d> Checker<'d> {
    /// The variable that a path starts with.
    fn variable(&self, path: &Path) -> Option<(u32, Ty<'d>)> {
        let first = path.segments.first().filter(|_| !path.absolute)?;
        let at = self.scope.iter().rposition(|(name, _)| name == first)?;
        Some((u32::try_from(at).ok()?, self.scope.get(at)?.1.clone()))
    }

    /// The fact whose path this is.
    fn fact(&self, path: &Path) -> Option<u16> {
        self.declarations.schema.find(&path.text())
    }

    fn fact_type(&self, found: u16) -> Ty<'d> {
        let declarations = self.declarations;
        let is_arguments = declarations.schema.path(found) == "arguments" && found == slot::ARGUMENTS;
        match declarations.arguments.filter(|_| is_arguments) {
            Some(arguments) => Ty::of(arguments),
            None => declarations.schema.get(found).map_or(Ty::Dyn, |fact| Ty::of(&fact.ty)),
        }
    }

    fn read(&mut self, found: u16) -> Typed<'d> {
        let ty = self.fact_type(found);
        let operand = self.builder.slot(found);
        let operand = if ty == Ty::Double { self.builder.as_double(operand) } else { operand };
        Typed::new(operand, ty)
    }

    /// A name, or a selection.
    pub(super) fn reference(&mut self, expr: &Expr) -> Typed<'d> {
        if let Some(path) = Path::of(expr) {
            match self.variable(&path) {
                Some((at, ty)) if path.segments.len() == 1 => return Typed::new(self.builder.local(at), ty),
                Some(_) => {}
                None => {
                    if let Some(found) = self.fact(&path) {
                        return self.read(found);
                    }
                    let name = path.text();
                    if let Some(name) = TYPES.into_iter().find(|t| *t == name) {
                        return Typed::new(Operand::Known(Datum::Type(name)), Ty::Type);
                    }
                    if !self.starts_with_fact(&path) {
                        return self.unknown_name(expr, &path);
                    }
                }
            }
        }
        let Kind::Select { operand, field, optional } = &expr.kind else {
            return self.fail(EvaluationError::UnknownName);
        };
        if *optional && let Some(found) = self.member_fact(operand, field) {
            let ty = Ty::optional(self.fact_type(found));
            return Typed::new(self.builder.optional_slot(found), ty);
        }
        let of = self.expr(operand);
        self.select(expr, of, field, *optional)
    }

    /// The fact `operand.field`, if that is one.
    fn member_fact(&self, operand: &Expr, field: &str) -> Option<u16> {
        let path = Path::of(operand)?.with(field);
        if self.variable(&path).is_some() { None } else { self.fact(&path) }
    }

    fn starts_with_fact(&self, path: &Path) -> bool {
        let mut text = String::new();
        path.segments.iter().any(|segment| {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(segment);
            self.declarations.schema.find(&text).is_some()
        })
    }

    fn unknown_name(&mut self, expr: &Expr, path: &Path) -> Typed<'d> {
        let (name, schema) = (path.text(), self.declarations.schema);
        if schema.is_prefix(&name) {
            let help = format!("its facts are {}", list(schema.below(&name)));
            self.report("condition.unknown_name", expr.span, format!("`{name}` is no fact itself"), help);
        } else {
            let candidates = schema.paths().chain(self.scope.iter().map(|(name, _)| &**name));
            let help = self.suggestions.nearest(&name, candidates).map_or_else(
                || {
                    let first = path.segments.first().map_or("", AsRef::as_ref);
                    let below = list(schema.below(first));
                    if below.is_empty() {
                        "text goes in quotation marks; facts of your own are declared under `facts`".to_owned()
                    } else {
                        format!("the facts of `{first}` are {below}")
                    }
                },
                |near| format!("did you mean `{near}`?"),
            );
            self.report("condition.unknown_name", expr.span, format!("there is no fact `{name}`"), help);
        }
        self.fail(EvaluationError::UnknownName)
    }

    /// `has(operand.field)`.
    pub(super) fn has(&mut self, expr: &Expr, operand: &Expr, field: &str) -> Typed<'d> {
        if let Some(found) = self.member_fact(operand, field) {
            return Typed::new(self.builder.has_slot(found), Ty::Bool);
        }
        if let Some(path) = Path::of(operand)
            && self.variable(&path).is_none()
            && !self.starts_with_fact(&path)
        {
            let path = path.with(field);
            return Typed { ty: Ty::Bool, ..self.unknown_name(expr, &path) };
        }
        let of = self.expr(operand);
        let inner = match &of.ty {
            Ty::Optional(inner) => (**inner).clone(),
            other => other.clone(),
        };
        self.member_type(expr, &inner, field);
        Typed::new(self.builder.has(of.operand, field), Ty::Bool)
    }

    /// The type of a member.
    fn member_type(&mut self, expr: &Expr, of: &Ty<'d>, field: &str) -> Ty<'d> {
        match of {
            Ty::Dyn | Ty::Open => Ty::Dyn,
            Ty::Map(_, value) => (**value).clone(),
            Ty::Record(members) => match members.get(field) {
                Some((ty, _)) => Ty::of(ty),
                None => {
                    let names = || members.keys().map(AsRef::as_ref);
                    let help = self.suggestions.nearest(field, names()).map_or_else(
                        || format!("there are {}", list(names())),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.report("condition.unknown_name", expr.span, format!("there is no member `{field}`"), help);
                    Ty::Dyn
                }
            },
            other => {
                let help = match (other, field) {
                    (Ty::Email, "local" | "domain") | (Ty::Url, "scheme" | "host" | "port" | "path") => {
                        format!("write `.{field}()`")
                    }
                    _ => String::new(),
                };
                self.report("condition.type", expr.span, format!("{other} has no members, so no `{field}`"), help);
                Ty::Dyn
            }
        }
    }

    fn select(&mut self, expr: &Expr, of: Typed<'d>, field: &str, optional: bool) -> Typed<'d> {
        let (inner, chained) = match &of.ty {
            Ty::Optional(inner) => ((**inner).clone(), true),
            other => (other.clone(), false),
        };
        let ty = self.member_type(expr, &inner, field);
        let operand = self.builder.select(of.operand, field, optional);
        if optional || chained {
            return Typed::new(operand, Ty::optional(ty));
        }
        let operand = if ty == Ty::Double { self.builder.as_double(operand) } else { operand };
        Typed::new(operand, ty)
    }

    /// `operand[index]`.
    pub(super) fn index(&mut self, expr: &Expr, operand: &Expr, index: &Expr, optional: bool) -> Typed<'d> {
        let (of, at) = (self.expr(operand), self.expr(index));
        let (inner, chained) = match &of.ty {
            Ty::Optional(inner) => ((**inner).clone(), true),
            other => (other.clone(), false),
        };
        let (wanted, ty) = match &inner {
            Ty::Dyn => (Ty::Dyn, Ty::Dyn),
            Ty::List(item) => (Ty::Int, (**item).clone()),
            Ty::Map(key, value) => ((**key).clone(), (**value).clone()),
            Ty::Open => (Ty::Text, Ty::Dyn),
            Ty::Record(_) => match &index.kind {
                Kind::Literal(Literal::String(field)) => (Ty::Text, self.member_type(expr, &inner, field)),
                _ => (Ty::Text, Ty::Dyn),
            },
            other => {
                self.report("condition.type", expr.span, format!("{other} has no items, so no index"), "");
                (Ty::Dyn, Ty::Dyn)
            }
        };
        let is_list = matches!(inner, Ty::List(_));
        if !(wanted.comparable(&at.ty) && at.ty != Ty::Null) || (is_list && at.ty == Ty::Text) {
            let message = format!("the index is {}, not {wanted}", at.ty);
            self.report("condition.type", index.span, message, "");
        }
        let operand = self.builder.index(of.operand, at.operand, optional);
        let ty = if optional || chained { Ty::optional(ty) } else { ty };
        Typed::new(operand, ty)
    }
}
