//! How is a tree written? One canonical spelling per tree.
//!
//! INVARIANT: parsing the text gives the same tree. Two conditions with the same text here mean the same, however their
//! authors wrote blanks, quotation marks, numbers and needless parentheses.

use core::fmt::{self, Display, Formatter, Write as _};

use crate::condition::ast::{Binary, Comprehension, Element, Entry, Expr, Kind, Literal, Unary};
use crate::diagnostic::is_deceptive;

/// How strongly an expression binds: conditional 0, or 1, and 2, then [`Binary::strength`] + 2, unary 6, member 7.
fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        Kind::Conditional { .. } => 0,
        Kind::Or(_) => 1,
        Kind::And(_) => 2,
        Kind::Binary(operator, ..) => operator.strength() + 2,
        Kind::Unary(..) => 6,
        Kind::Literal(_)
        | Kind::Name { .. }
        | Kind::Select { .. }
        | Kind::Has { .. }
        | Kind::Index { .. }
        | Kind::Call { .. }
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Comprehension(_)
        | Kind::Bind { .. }
        | Kind::Block { .. }
        | Kind::OptionalMap { .. } => 7,
    }
}

/// Whether the text of the expression starts with a number, which would swallow a minus before it.
fn starts_with_number(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Literal(literal) => matches!(literal, Literal::Int(_) | Literal::Double(_)),
        Kind::Select { operand, .. } | Kind::Index { operand, .. } => starts_with_number(operand),
        Kind::Call { target: Some(target), .. } | Kind::OptionalMap { target, .. } => starts_with_number(target),
        Kind::Comprehension(comprehension) => starts_with_number(&comprehension.range),
        Kind::Name { .. }
        | Kind::Has { .. }
        | Kind::Call { target: None, .. }
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Unary(..)
        | Kind::Binary(..)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::Conditional { .. }
        | Kind::Bind { .. }
        | Kind::Block { .. } => false,
    }
}

/// An expression in a place that wants at least some strength: in parentheses if it binds more weakly.
struct At<'e>(&'e Expr, u8);

impl Display for At<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if strength(self.0) < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    by: &str,
    write: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        write(f, item)?;
    }
    Ok(())
}

fn plain(f: &mut Formatter<'_>, item: &Expr) -> fmt::Result {
    write!(f, "{item}")
}

fn element(f: &mut Formatter<'_>, item: &Element) -> fmt::Result {
    write!(f, "{}{}", mark(item.optional), item.value)
}

fn entry(f: &mut Formatter<'_>, item: &Entry) -> fmt::Result {
    write!(f, "{}{}: {}", mark(item.optional), item.key, item.value)
}

const fn mark(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

/// A variable or name; those that CEL's macros make up are written as the macro that makes them.
struct Named<'n>(&'n str);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(made) = self.0.strip_prefix('@') else { return f.write_str(self.0) };
        if let Some(index) = made.strip_prefix("index") {
            return write!(f, "cel.index({index})");
        }
        let (prefix, numbers) = made.split_once(':').unwrap_or((made, "0:0"));
        let (first, second) = numbers.split_once(':').unwrap_or((numbers, "0"));
        write!(f, "cel.{}({first}, {second})", if prefix == "it" { "iterVar" } else { "accuVar" })
    }
}

/// A member's name, in backticks if it is no word.
struct Field<'n>(&'n str);

impl Display for Field<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts = self.0.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts && self.0.chars().all(word) && !["in", "true", "false", "null"].contains(&self.0) {
            return f.write_str(self.0);
        }
        write!(f, "`{}`", self.0)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(literal) => write!(f, "{literal}"),
            Kind::Name { name, absolute } => write!(f, "{}{}", if *absolute { "." } else { "" }, Named(name)),
            Kind::Select { operand, field, optional } => {
                write!(f, "{}.{}{}", At(operand, 7), mark(*optional), Field(field))
            }
            Kind::Has { operand, field } => write!(f, "has({}.{})", At(operand, 7), Field(field)),
            Kind::Index { operand, index, optional } => write!(f, "{}[{}{index}]", At(operand, 7), mark(*optional)),
            Kind::Call { target, function, arguments } => {
                if let Some(target) = target {
                    write!(f, "{}.", At(target, 7))?;
                }
                write!(f, "{function}(")?;
                separated(f, arguments, ", ", plain)?;
                f.write_char(')')
            }
            Kind::List(items) => {
                f.write_char('[')?;
                separated(f, items, ", ", element)?;
                f.write_char(']')
            }
            Kind::Map(entries) => {
                f.write_char('{')?;
                separated(f, entries, ", ", entry)?;
                f.write_char('}')
            }
            Kind::Unary(operator, operand) => unary(f, *operator, operand),
            Kind::Binary(operator, left, right) => binary(f, *operator, left, right),
            Kind::And(operands) => separated(f, operands, " && ", |f, item| write!(f, "{}", At(item, 3))),
            Kind::Or(operands) => separated(f, operands, " || ", |f, item| write!(f, "{}", At(item, 2))),
            Kind::Conditional { condition, then, otherwise } => {
                write!(f, "{} ? {} : {otherwise}", At(condition, 1), At(then, 1))
            }
            Kind::Comprehension(c) => comprehension(f, c),
            Kind::Bind { name, value, body } => write!(f, "cel.bind({}, {value}, {body})", Named(name)),
            Kind::Block { slots, body } => {
                f.write_str("cel.block([")?;
                separated(f, slots, ", ", plain)?;
                write!(f, "], {body})")
            }
            Kind::OptionalMap { target, name, body, flat } => {
                let function = if *flat { "optFlatMap" } else { "optMap" };
                write!(f, "{}.{function}({}, {body})", At(target, 7), Named(name))
            }
        }
    }
}

fn unary(f: &mut Formatter<'_>, operator: Unary, operand: &Expr) -> fmt::Result {
    match operator {
        Unary::Not => write!(f, "!{}", At(operand, 7)),
        Unary::Negate if starts_with_number(operand) => write!(f, "-({operand})"),
        Unary::Negate => write!(f, "-{}", At(operand, 7)),
    }
}

fn binary(f: &mut Formatter<'_>, operator: Binary, left: &Expr, right: &Expr) -> fmt::Result {
    let at = operator.strength() + 2;
    write!(f, "{} {} {}", At(left, at), operator.symbol(), At(right, at + 1))
}

fn comprehension(f: &mut Formatter<'_>, c: &Comprehension) -> fmt::Result {
    write!(f, "{}.{}({}", At(&c.range, 7), c.iteration.name(c.second.is_some()), Named(&c.first))?;
    if let Some(second) = &c.second {
        write!(f, ", {}", Named(second))?;
    }
    if let Some(filter) = &c.filter {
        write!(f, ", {filter}")?;
    }
    write!(f, ", {})", c.body)
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Uint(value) => write!(f, "{value}u"),
            // `{:?}` keeps the point or the exponent that makes it a double.
            Self::Double(value) => write!(f, "{value:?}"),
            Self::String(text) => quoted(f, text),
            Self::Bytes(bytes) => {
                f.write_str("b\"")?;
                for byte in bytes {
                    match byte {
                        b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                        0x20..=0x7e => f.write_char(char::from(*byte))?,
                        _ => write!(f, "\\x{byte:02x}")?,
                    }
                }
                f.write_char('"')
            }
        }
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            // Invisible and direction-changing characters are shown by number: a printed condition must not look like another.
            c if is_deceptive(c) => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
