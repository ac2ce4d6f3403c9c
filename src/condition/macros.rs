//! Which calls are macros? `has`, `all`, `map`, `cel.bind` and the others become nodes of the tree.
//!
//! A call that has a macro's name but not its shape (`x.map(1)`) stays a call, and the checker says that there is no such
//! function; a call whose shape is right but whose variable is no name is refused here.
//!
//! Next room: `check`.

use crate::condition::ast::{Comprehension, Expr, Iteration, Kind, Literal, Span};
use crate::condition::functions;
use crate::condition::lex::Fault;
use crate::condition::parse::{Parsed, Parser, Tree};

fn fault(span: Span, message: impl Into<String>, help: &'static str) -> Box<Fault> {
    Box::new(Fault { span, code: "condition.syntax", message: message.into(), help })
}

/// `name(arguments)`.
pub(crate) fn function(
    parser: &mut Parser<'_>,
    name: Box<str>,
    mut arguments: Vec<Expr>,
    span: Span,
    height: usize,
) -> Parsed {
    if &*name == "has" && arguments.len() == 1 {
        let Some(Expr { kind: Kind::Select { operand, field, optional: false }, .. }) = arguments.pop() else {
            return Err(fault(span, "`has` asks for a member", "write `has(x.member)`"));
        };
        return parser.node(Kind::Has { operand, field }, span, height);
    }
    parser.node(Kind::Call { target: None, function: name, arguments }, span, height)
}

/// `target.name(arguments)`.
pub(crate) fn method(
    parser: &mut Parser<'_>,
    target: Tree,
    name: &str,
    mut arguments: Vec<Expr>,
    span: Span,
    height: usize,
) -> Parsed {
    if let Some(path) = dotted(&target.expr) {
        if path == "cel" {
            return own(parser, name, arguments, span, height);
        }
        let full = format!("{path}.{name}");
        if functions::is_namespaced(&full) {
            return parser.node(Kind::Call { target: None, function: full.into(), arguments }, span, height);
        }
    }
    if let Some((iteration, two, filtered)) = iteration(name, arguments.len()) {
        let mut given = arguments.into_iter();
        let first = variable(given.next())?;
        let second = if two { Some(variable(given.next())?) } else { None };
        let filter = if filtered { given.next() } else { None };
        if second.as_ref() == Some(&first) {
            return Err(fault(span, format!("`{first}` names both variables"), "give them two names"));
        }
        let Some(body) = given.next() else { return Err(fault(span, "the macro lacks its body", "")) };
        let comprehension = Comprehension { iteration, range: target.expr, first, second, filter, body };
        return parser.node(Kind::Comprehension(Box::new(comprehension)), span, height);
    }
    if arguments.len() == 2 && matches!(name, "optMap" | "optFlatMap") {
        let (body, first) = (arguments.pop(), arguments.pop());
        let (name, flat) = (variable(first)?, name == "optFlatMap");
        let Some(body) = body else { return Err(fault(span, "the macro lacks its body", "")) };
        let (target, body) = (Box::new(target.expr), Box::new(body));
        return parser.node(Kind::OptionalMap { target, name, body, flat }, span, height);
    }
    parser.node(Kind::Call { target: Some(Box::new(target.expr)), function: name.into(), arguments }, span, height)
}

/// Macro of that name with so many arguments: which, whether with two variables, whether with a filter.
fn iteration(name: &str, arguments: usize) -> Option<(Iteration, bool, bool)> {
    Some(match (name, arguments) {
        ("all", 2) => (Iteration::All, false, false),
        ("all", 3) => (Iteration::All, true, false),
        ("exists", 2) => (Iteration::Exists, false, false),
        ("exists", 3) => (Iteration::Exists, true, false),
        ("exists_one" | "existsOne", 2) => (Iteration::ExistsOne, false, false),
        ("exists_one" | "existsOne", 3) => (Iteration::ExistsOne, true, false),
        ("filter", 2) => (Iteration::Filter, false, false),
        ("map", 2) => (Iteration::Map, false, false),
        ("map", 3) => (Iteration::Map, false, true),
        ("transformList", 3) => (Iteration::TransformList, true, false),
        ("transformList", 4) => (Iteration::TransformList, true, true),
        ("transformMap", 3) => (Iteration::TransformMap, true, false),
        ("transformMap", 4) => (Iteration::TransformMap, true, true),
        ("transformMapEntry", 3) => (Iteration::TransformMapEntry, true, false),
        ("transformMapEntry", 4) => (Iteration::TransformMapEntry, true, true),
        ("sortBy", 2) => (Iteration::SortBy, false, false),
        _ => return None,
    })
}

fn variable(argument: Option<Expr>) -> Parsed<Box<str>> {
    match argument {
        Some(Expr { kind: Kind::Name { name, absolute: false }, .. }) => Ok(name),
        Some(other) => {
            Err(fault(other.span, "a macro's variable is a simple name", "such as `x` in `list.all(x, x > 0)`"))
        }
        None => Err(fault(Span::default(), "the macro lacks its variable", "")),
    }
}

/// `a.b.c` as text, if the expression is nothing but names and dots.
fn dotted(expr: &Expr) -> Option<String> {
    if let Kind::Name { name, absolute: false } = &expr.kind {
        return Some(name.to_string());
    }
    let Kind::Select { operand, field, optional: false } = &expr.kind else { return None };
    Some(format!("{}.{field}", dotted(operand)?))
}

/// The macros of the namespace `cel`.
fn own(parser: &mut Parser<'_>, name: &str, mut arguments: Vec<Expr>, span: Span, height: usize) -> Parsed {
    let number = |argument: Option<&Expr>| match argument {
        Some(Expr { kind: Kind::Literal(Literal::Int(i @ 0..=4095)), .. }) => Ok(*i),
        Some(other) => Err(fault(other.span, "expected a small number", "such as `cel.index(0)`")),
        None => Err(fault(span, "expected a small number", "such as `cel.index(0)`")),
    };
    match (name, arguments.len()) {
        ("bind", 3) => {
            let (body, value) = (arguments.pop(), arguments.pop());
            let name = variable(arguments.pop())?;
            let (Some(value), Some(body)) = (value, body) else {
                return Err(fault(span, "`cel.bind` takes three arguments", ""));
            };
            parser.node(Kind::Bind { name, value: Box::new(value), body: Box::new(body) }, span, height)
        }
        ("block", 2) => {
            let body = arguments.pop();
            let (Some(Expr { kind: Kind::List(slots), .. }), Some(body)) = (arguments.pop(), body) else {
                return Err(fault(
                    span,
                    "`cel.block` takes a list and an expression",
                    "write `cel.block([a, b], cel.index(0))`",
                ));
            };
            let slots = slots.into_iter().map(|element| element.value).collect();
            parser.node(Kind::Block { slots, body: Box::new(body) }, span, height)
        }
        ("index", 1) => {
            let name = format!("@index{}", number(arguments.first())?).into();
            parser.node(Kind::Name { name, absolute: false }, span, 0)
        }
        ("iterVar" | "accuVar", 2) => {
            let prefix = if name == "iterVar" { "it" } else { "ac" };
            let name = format!("@{prefix}:{}:{}", number(arguments.first())?, number(arguments.get(1))?).into();
            parser.node(Kind::Name { name, absolute: false }, span, 0)
        }
        _ => Err(fault(
            span,
            format!("there is no macro `cel.{name}` with {} arguments", arguments.len()),
            "the macros are `cel.bind(name, value, expression)` and `cel.block([values], expression)`",
        )),
    }
}
