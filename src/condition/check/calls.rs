//! Does the function exist, and do its operands fit? Literal patterns, labels and hours are prepared here.

use core::convert::Infallible;

use crate::condition::EvaluationError;
use crate::condition::ast::{Expr, Kind, Literal, Span};
use crate::condition::check::types::{self, Ty};
use crate::condition::check::{Checker, Typed};
use crate::condition::compile::Operand;
use crate::condition::datum::Datum;
use crate::condition::functions::{self, time::Hours, web::plain};
use crate::condition::matcher::{Matcher, Refused};
use crate::diagnostic::list;
use crate::pattern::Pattern;

/// The macros, for suggestions.
const MACROS: [&str; 12] = [
    "has",
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
    "transformList",
    "transformMap",
    "optMap",
    "optFlatMap",
    "sortBy",
    "cel.bind",
];

impl<'d> Checker<'d> {
    pub(super) fn call(&mut self, expr: &Expr, target: Option<&Expr>, name: &str, arguments: &[Expr]) -> Typed<'d> {
        if target.is_none() && name == "label" {
            return self.label(expr, arguments);
        }
        let Some(function) = functions::find(name, target.is_some()) else {
            self.unknown_function(self.named(expr, target, name), target.is_some(), name);
            // The operands may have mistakes of their own.
            for operand in target.into_iter().chain(arguments) {
                self.expr(operand);
            }
            return self.fail(EvaluationError::UnknownFunction);
        };
        let operands: Vec<&Expr> = target.into_iter().chain(arguments).collect();
        let typed: Vec<Typed<'d>> = operands.iter().map(|operand| self.expr(operand)).collect();
        let kinds: Vec<Ty<'d>> = typed.iter().map(|operand| operand.ty.clone()).collect();
        let mut answer = types::call(function.overloads, &kinds);
        if answer.is_none() {
            self.misfit(self.named(expr, target, name), function, target.is_some(), &kinds);
        }
        if name == "dyn" {
            answer = Some(Ty::Dyn);
        }
        let answer = answer.unwrap_or(Ty::Dyn);
        let known: Vec<Option<&str>> = typed.iter().map(|operand| literal(&operand.operand)).collect();
        let mut values = typed.iter().map(|operand| operand.operand.clone());
        let operand = match (name, known.as_slice(), values.next()) {
            ("size", [_], Some(of)) => self.builder.size(of),
            ("matches", [None, Some(pattern)], Some(of)) => match self.regex(expr, pattern) {
                Some(regex) => self.builder.matches(of, regex),
                None => self.builder.fail(EvaluationError::BadPattern),
            },
            ("glob" | "matchesGlob", [None, Some(pattern)], Some(of)) => match self.pattern(expr, pattern) {
                Some(pattern) => self.builder.glob(of, pattern),
                None => self.builder.fail(EvaluationError::BadPattern),
            },
            ("within", [None, Some(folder)], Some(_)) if folder.is_empty() || !plain(folder) => {
                let help =
                    "write a folder such as `/srv/data`, without `.`, `..`, empty segments, backslashes or codes";
                self.report("condition.bad_literal", expr.span, "no path is within this folder", help);
                self.builder.fail(EvaluationError::BadArgument)
            }
            ("inHours", [None, Some(days), Some(from), Some(to), Some(zone)], Some(of)) => {
                match Hours::new(days, from, to, zone) {
                    Ok(hours) => self.builder.in_hours(of, hours),
                    Err(help) => {
                        self.report("condition.bad_literal", expr.span, "the hours cannot be read", help);
                        self.builder.fail(EvaluationError::BadArgument)
                    }
                }
            }
            _ => {
                let values = typed.into_iter().map(|operand| operand.operand).collect();
                let made = self.builder.call(function, values);
                self.literal_arguments(expr, name, arguments, &made);
                made
            }
        };
        Typed::new(operand, answer)
    }

    /// A call whose arguments are all literals and that fails, fails always: say so at load.
    fn literal_arguments(&mut self, expr: &Expr, name: &str, arguments: &[Expr], made: &Operand) {
        let literals = arguments.iter().all(|argument| matches!(argument.kind, Kind::Literal(_)));
        let help = match name {
            "timestamp" => "write RFC 3339 with an offset, such as `2026-11-23T09:00:00Z`",
            "duration" => "write a length such as `90s` or `1h30m`",
            "cidr" => "write a range such as `10.0.0.0/8`",
            "ip" => "write an address such as `10.0.0.1`",
            "url" => "write a URL such as `https://example.com/`",
            "email" => "write an address such as `name@example.com`",
            _ => return,
        };
        let Operand::Node(_) = made else { return };
        if literals && !arguments.is_empty() && self.demand == crate::condition::check::Demand::Truth {
            self.report("condition.bad_literal", expr.span, format!("`{expr}` has no value"), help);
        }
    }

    fn regex(&mut self, expr: &Expr, pattern: &str) -> Option<Matcher> {
        let (one, all) = (self.declarations.limits.regex_bytes, self.regexes);
        match Matcher::build(pattern, one.min(all), |_| Ok::<(), Infallible>(())) {
            Ok(regex) => {
                self.regexes = all.saturating_sub(regex.bytes());
                Some(regex)
            }
            Err(Refused::TooLarge(limit)) => {
                self.regexes = all.saturating_sub(limit);
                let message = if limit < one {
                    "the patterns of all conditions together are too large when compiled".to_owned()
                } else {
                    format!("the pattern is larger than {limit} bytes when compiled")
                };
                self.report("condition.too_large", expr.span, message, "repeat less, or match a shorter part");
                None
            }
            Err(Refused::Malformed) => {
                let message = format!("`{pattern}` is no regular expression");
                self.report(
                    "condition.bad_literal",
                    expr.span,
                    message,
                    "the syntax is RE2's; write backslashes in a raw text r\"...\"",
                );
                None
            }
            Err(Refused::Stopped(never)) => match never {},
        }
    }

    fn pattern(&mut self, expr: &Expr, text: &str) -> Option<Pattern> {
        match text.parse::<Pattern>() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.report("condition.bad_literal", expr.span, error.to_string(), "");
                None
            }
        }
    }

    /// `label("name")`: known at load.
    fn label(&mut self, expr: &Expr, arguments: &[Expr]) -> Typed<'d> {
        let taxonomy = self.declarations.taxonomy;
        let [Expr { kind: Kind::Literal(Literal::String(name)), .. }] = arguments else {
            self.report(
                "condition.type",
                expr.span,
                "`label` takes the name of a label",
                "write it as `label(\"name\")`",
            );
            return self.fail(EvaluationError::BadArgument);
        };
        if let Some(label) = taxonomy.get(name) {
            return Typed::new(Operand::Known(Datum::Label(label)), Ty::Label);
        }
        let help = match self.suggestions.nearest(name, taxonomy.names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if taxonomy.is_empty() => "the policy defines no labels; define them under `labels`".to_owned(),
            None => format!("there are {}", list(taxonomy.names())),
        };
        self.report("condition.unknown_name", expr.span, format!("there is no label `{name}`"), help);
        Typed { ty: Ty::Label, ..self.fail(EvaluationError::UnknownName) }
    }

    /// Where the name of a function stands.
    fn named(&self, expr: &Expr, target: Option<&Expr>, name: &str) -> Span {
        let Some(target) = target else { return expr.span };
        let after = self.source.get(target.span.end as usize..).and_then(|rest| rest.find(name));
        let start = after.and_then(|at| u32::try_from(at).ok()).map_or(expr.span.start, |at| target.span.end + at);
        Span { start, end: expr.span.end }
    }

    fn unknown_function(&mut self, span: Span, method: bool, name: &str) {
        let help = if functions::find(name, !method).is_some() {
            if method { format!("write `{name}(...)`") } else { format!("write `x.{name}(...)`") }
        } else if MACROS.contains(&name) {
            format!("`{name}` is a macro and takes other arguments, such as `list.all(x, x > 0)`")
        } else {
            let names = functions::all().filter(|f| f.method == method).map(|f| f.name).chain(MACROS);
            self.suggestions.nearest(name, names).map_or_else(String::new, |near| format!("did you mean `{near}`?"))
        };
        self.report("condition.unknown_name", span, format!("there is no function `{name}`"), help);
    }

    fn misfit(&mut self, span: Span, function: &functions::Function, method: bool, given: &[Ty<'d>]) {
        let shown: Vec<String> = given.iter().skip(usize::from(method)).map(ToString::to_string).collect();
        let on = given.first().filter(|_| method).map(|ty| format!(" on {ty}")).unwrap_or_default();
        let message = format!("`{}` does not take ({}){on}", function.name, shown.join(", "));
        let is_enum = given.iter().any(|ty| matches!(ty, Ty::Enum(_)));
        let help = if is_enum { "write `string(x)` for the name of a member" } else { "" };
        self.report("condition.type", span, message, help);
    }
}

/// The text of an operand that is one already.
fn literal(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Known(Datum::Text(text)) => Some(text),
        Operand::Known(_) | Operand::Node(_) => None,
    }
}
