//! Which tree do the words form? Recursive descent over CEL's grammar.
//!
//! Chains that associate to the left (`a.b.c`, `1 + 2 + 3`, `a && b && c`, `!!!a`) are loops, so that only real nesting
//! recurses. INVARIANT: neither recursion nor the height of a tree exceeds [`Limits::condition_depth`] (and never
//! [`DEEPEST`]), nor its nodes [`Limits::condition_nodes`].
//!
//! Next room: `macros`, then `check`.

use crate::condition::ast::{Binary, Element, Entry, Expr, Kind, Literal, Span, Unary};
use crate::condition::lex::{Fault, Lexer, Token};
use crate::condition::{macros, place};
use crate::diagnostic::Diagnostics;
use crate::limits::Limits;

/// Nesting that no limit can lift: recursion over a tree must fit the smallest stack that hosts give their threads.
pub(crate) const DEEPEST: usize = 128;

/// Words that CEL keeps for itself; they can be members (`a.package`) but no variables.
const RESERVED: [&str; 16] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];

/// Parses a condition.
///
/// # Errors
/// The first thing that is no CEL, with its place; or the limit that the text exceeds.
pub fn parse(source: &str, limits: &Limits) -> Result<Expr, Diagnostics> {
    let fail = |fault: Fault| {
        let diagnostic = place::diagnostic(source, fault.code, fault.span, fault.message);
        Diagnostics(vec![if fault.help.is_empty() { diagnostic } else { diagnostic.with_help(fault.help) }])
    };
    if source.len() > limits.condition_bytes.min(u32::MAX as usize) {
        let message =
            format!("the condition has {} bytes; at most {} are allowed", source.len(), limits.condition_bytes);
        return Err(fail(too_large(Span::default(), message)));
    }
    let mut parser =
        Parser { lexer: Lexer::new(source), token: Token::End, span: Span::default(), depth: 0, nodes: 0, limits };
    parser.whole().map_err(fail)
}

fn too_large(span: Span, message: String) -> Fault {
    Fault { span, code: "condition.too_large", message, help: "split it into several rules, or raise the limit" }
}

/// A subtree and its height.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) expr: Expr,
    pub(crate) height: usize,
}

type Parsed<T = Tree> = Result<T, Fault>;

pub(crate) struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The token in hand and its place.
    token: Token,
    span: Span,
    depth: usize,
    nodes: usize,
    limits: &'s Limits,
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Expr> {
        self.advance()?;
        let tree = self.expression()?;
        if self.token == Token::End {
            return Ok(tree.expr);
        }
        Err(self.unexpected("an operator or the end"))
    }

    /// Takes the token in hand and reads the next.
    fn advance(&mut self) -> Parsed<(Token, Span)> {
        let (token, span) = self.lexer.next()?;
        Ok((core::mem::replace(&mut self.token, token), core::mem::replace(&mut self.span, span)))
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(&self.token, Token::Symbol(s) if *s == symbol)
    }

    fn eat(&mut self, symbol: &str) -> Parsed<bool> {
        let found = self.is(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: &str) -> Parsed<Span> {
        if self.is(symbol) {
            return Ok(self.advance()?.1);
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match &self.token {
            Token::Word(word) | Token::Quoted(word) => format!("`{word}`"),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
            Token::String(_) => "a text".to_owned(),
            Token::Bytes(_) => "bytes".to_owned(),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        };
        let help = if self.is("{") { "messages are not part of CEL's JSON profile" } else { "" };
        Fault { span: self.span, code: "condition.syntax", message: format!("expected {wanted}, found {found}"), help }
    }

    /// A node over subtrees of at most `below` height.
    pub(crate) fn node(&mut self, kind: Kind, span: Span, below: usize) -> Parsed {
        self.nodes += 1;
        if self.nodes > self.limits.condition_nodes {
            let message = format!("the condition has more than {} nodes", self.limits.condition_nodes);
            return Err(too_large(span, message));
        }
        self.deep_enough(span, below)?;
        Ok(Tree { expr: Expr { kind, span }, height: below + 1 })
    }

    fn deep_enough(&self, span: Span, depth: usize) -> Parsed<()> {
        let most = self.limits.condition_depth.min(DEEPEST);
        if depth >= most {
            return Err(too_large(span, format!("the condition nests deeper than {most}")));
        }
        Ok(())
    }

    fn expression(&mut self) -> Parsed {
        self.deep_enough(self.span, self.depth)?;
        self.depth += 1;
        let tree = self.conditional()?;
        self.depth -= 1;
        Ok(tree)
    }

    fn conditional(&mut self) -> Parsed {
        let condition = self.disjunction()?;
        if !self.eat("?")? {
            return Ok(condition);
        }
        let then = self.disjunction()?;
        self.expect(":")?;
        let otherwise = self.expression()?;
        let span = condition.expr.span.to(otherwise.expr.span);
        let height = condition.height.max(then.height).max(otherwise.height);
        let kind = Kind::Conditional {
            condition: Box::new(condition.expr),
            then: Box::new(then.expr),
            otherwise: Box::new(otherwise.expr),
        };
        self.node(kind, span, height)
    }

    fn disjunction(&mut self) -> Parsed {
        self.chain("||", Self::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Parsed {
        self.chain("&&", |parser| parser.binary(1), Kind::And)
    }

    fn chain(&mut self, symbol: &str, operand: fn(&mut Self) -> Parsed, kind: fn(Vec<Expr>) -> Kind) -> Parsed {
        let first = operand(self)?;
        if !self.is(symbol) {
            return Ok(first);
        }
        let (mut span, mut height) = (first.expr.span, first.height);
        let mut operands = vec![first.expr];
        while self.eat(symbol)? {
            let next = operand(self)?;
            span = span.to(next.expr.span);
            height = height.max(next.height);
            operands.push(next.expr);
        }
        self.node(kind(operands), span, height)
    }

    fn operator(&self) -> Option<Binary> {
        match &self.token {
            Token::Word(word) if **word == *"in" => Some(Binary::In),
            Token::Symbol(symbol) => match *symbol {
                "==" => Some(Binary::Equal),
                "!=" => Some(Binary::NotEqual),
                "<" => Some(Binary::Less),
                "<=" => Some(Binary::LessEqual),
                ">" => Some(Binary::Greater),
                ">=" => Some(Binary::GreaterEqual),
                "+" => Some(Binary::Add),
                "-" => Some(Binary::Subtract),
                "*" => Some(Binary::Multiply),
                "/" => Some(Binary::Divide),
                "%" => Some(Binary::Modulo),
                _ => None,
            },
            Token::Word(_)
            | Token::Quoted(_)
            | Token::Int(_)
            | Token::Uint(_)
            | Token::Double(_)
            | Token::String(_)
            | Token::Bytes(_)
            | Token::End => None,
        }
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|o| o.strength() >= least) {
            self.advance()?;
            let right = self.binary(operator.strength() + 1)?;
            let span = left.expr.span.to(right.expr.span);
            let height = left.height.max(right.height);
            left = self.node(Kind::Binary(operator, Box::new(left.expr), Box::new(right.expr)), span, height)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span;
        let (symbol, operator) = if self.is("!") { ("!", Unary::Not) } else { ("-", Unary::Negate) };
        let mut count = 0usize;
        while self.eat(symbol)? {
            count += 1;
        }
        let signed = operator == Unary::Negate && count > 0 && matches!(self.token, Token::Int(_) | Token::Double(_));
        let mut tree = if signed {
            count -= 1;
            let literal = self.literal(start, true)?;
            self.members(literal)?
        } else {
            self.member()?
        };
        // Three are as good as one, four as two: a long row of them needs no long row of nodes.
        let kept = if count > 2 { 2 - count % 2 } else { count };
        for _ in 0..kept {
            let (span, height) = (start.to(tree.expr.span), tree.height);
            tree = self.node(Kind::Unary(operator, Box::new(tree.expr)), span, height)?;
        }
        Ok(tree)
    }

    fn member(&mut self) -> Parsed {
        let start = self.span;
        let primary = if self.eat("-")? { self.literal(start, true)? } else { self.primary()? };
        self.members(primary)
    }

    /// The selections, indices and calls after a primary.
    fn members(&mut self, mut tree: Tree) -> Parsed {
        loop {
            let start = tree.expr.span;
            if self.eat(".")? {
                let optional = self.eat("?")?;
                let (name, quoted, end) = self.field()?;
                if !quoted && !optional && self.eat("(")? {
                    let (arguments, height, end) = self.arguments(")")?;
                    let arguments = arguments.into_iter().map(|e| e.value).collect();
                    let height = height.max(tree.height);
                    tree = macros::method(self, tree, &name, arguments, start.to(end), height)?;
                    continue;
                }
                let kind = Kind::Select { operand: Box::new(tree.expr), field: name, optional };
                tree = self.node(kind, start.to(end), tree.height)?;
            } else if self.eat("[")? {
                let optional = self.eat("?")?;
                let index = self.expression()?;
                let end = self.expect("]")?;
                let height = tree.height.max(index.height);
                let kind = Kind::Index { operand: Box::new(tree.expr), index: Box::new(index.expr), optional };
                tree = self.node(kind, start.to(end), height)?;
            } else {
                return Ok(tree);
            }
        }
    }

    /// The name after a dot, and whether it was quoted.
    fn field(&mut self) -> Parsed<(Box<str>, bool, Span)> {
        let keyword = matches!(&self.token, Token::Word(w) if ["in", "true", "false", "null"].contains(&&**w));
        if keyword || !matches!(self.token, Token::Word(_) | Token::Quoted(_)) {
            return Err(self.unexpected("the name of a member"));
        }
        match self.advance()? {
            (Token::Word(word), span) => Ok((word, false, span)),
            (Token::Quoted(word), span) => Ok((word, true, span)),
            (_, _) => Err(self.unexpected("the name of a member")),
        }
    }

    /// Expressions up to `close`, the opening bracket taken. Only lists mark them optional and end with a comma.
    fn arguments(&mut self, close: &str) -> Parsed<(Vec<Element>, usize, Span)> {
        let (mut items, mut height) = (Vec::new(), 0);
        while !self.is(close) || (close == ")" && !items.is_empty()) {
            let optional = close == "]" && self.eat("?")?;
            let tree = self.expression()?;
            height = height.max(tree.height);
            items.push(Element { value: tree.expr, optional });
            if !self.eat(",")? {
                break;
            }
        }
        let end = self.expect(close)?;
        Ok((items, height, end))
    }

    fn primary(&mut self) -> Parsed {
        let start = self.span;
        if self.eat("(")? {
            let mut tree = self.expression()?;
            let end = self.expect(")")?;
            tree.expr.span = start.to(end);
            return Ok(tree);
        }
        if self.eat("[")? {
            let (items, height, end) = self.arguments("]")?;
            return self.node(Kind::List(items), start.to(end), height);
        }
        if self.eat("{")? {
            return self.map(start);
        }
        let absolute = self.eat(".")?;
        if !matches!(self.token, Token::Word(_)) {
            return if absolute { Err(self.unexpected("a name")) } else { self.literal(start, false) };
        }
        let (token, span) = self.advance()?;
        let Token::Word(name) = token else { return Err(self.unexpected("a name")) };
        let literal = match &*name {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => None,
        };
        if let Some(literal) = literal.filter(|_| !absolute) {
            return self.node(Kind::Literal(literal), span, 0);
        }
        if RESERVED.contains(&&*name) || ["in", "null", "true", "false", "while"].contains(&&*name) {
            let message = format!("`{name}` is a reserved word of CEL");
            return Err(Fault { span, code: "condition.syntax", message, help: "choose another name" });
        }
        if self.eat("(")? {
            let (arguments, height, end) = self.arguments(")")?;
            let arguments = arguments.into_iter().map(|e| e.value).collect();
            return macros::function(self, name, arguments, start.to(end), height);
        }
        if self.is("{") {
            return Err(self.unexpected("an operator"));
        }
        self.node(Kind::Name { name, absolute }, start.to(span), 0)
    }

    fn map(&mut self, start: Span) -> Parsed {
        let (mut entries, mut height) = (Vec::new(), 0);
        while !self.is("}") {
            let optional = self.eat("?")?;
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            height = height.max(key.height).max(value.height);
            entries.push(Entry { key: key.expr, value: value.expr, optional });
            if !self.eat(",")? {
                break;
            }
        }
        let end = self.expect("}")?;
        self.node(Kind::Map(entries), start.to(end), height)
    }

    fn literal(&mut self, start: Span, negative: bool) -> Parsed {
        let range = |span| Fault {
            span,
            code: "condition.bad_literal",
            message: "the number is no 64-bit signed integer".to_owned(),
            help: "integers lie between -9223372036854775808 and 9223372036854775807; unsigned ones end in `u`",
        };
        let is_literal = match self.token {
            Token::Int(_) | Token::Double(_) => true,
            Token::Uint(_) | Token::String(_) | Token::Bytes(_) => !negative,
            Token::Word(_) | Token::Quoted(_) | Token::Symbol(_) | Token::End => false,
        };
        if !is_literal {
            return Err(self.unexpected("a value"));
        }
        let (token, span) = self.advance()?;
        let span = start.to(span);
        let literal = match token {
            Token::Int(value) if negative => Literal::Int(0i64.checked_sub_unsigned(value).ok_or_else(|| range(span))?),
            Token::Int(value) => Literal::Int(i64::try_from(value).map_err(|_| range(span))?),
            Token::Double(value) => Literal::Double(if negative { -value } else { value }),
            Token::Uint(value) => Literal::Uint(value),
            Token::String(text) => Literal::String(text),
            Token::Bytes(bytes) => Literal::Bytes(bytes),
            Token::Word(_) | Token::Quoted(_) | Token::Symbol(_) | Token::End => return Err(self.unexpected("a value")),
        };
        self.node(Kind::Literal(literal), span, 0)
    }
}
