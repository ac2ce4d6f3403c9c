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
const RESERVED: [&str; 21] = [
    "in",
    "null",
    "true",
    "false",
    "while",
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
    let fail = |fault: Box<Fault>| {
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

fn too_large(span: Span, message: String) -> Box<Fault> {
    Box::new(Fault {
        span,
        code: "condition.too_large",
        message,
        help: "split it into several rules, or raise the limit",
    })
}

/// A subtree and its height.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) expr: Expr,
    pub(crate) height: usize,
}

/// Boxed, as the frames of a deep recursion hold many of them.
pub(crate) type Parsed<T = Tree> = Result<T, Box<Fault>>;

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

    fn unexpected(&self, wanted: &str) -> Box<Fault> {
        let found = match &self.token {
            Token::Word(word) | Token::Quoted(word) => format!("`{word}`"),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
            Token::String(_) => "a text".to_owned(),
            Token::Bytes(_) => "bytes".to_owned(),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        };
        let help = if self.is("{") { "messages are not part of CEL's JSON profile" } else { "" };
        let message = format!("expected {wanted}, found {found}");
        Box::new(Fault { span: self.span, code: "condition.syntax", message, help })
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

    /// One level of nesting. Each step down to the next level is a small function of its own, so that the frames of a level
    /// are small too.
    fn expression(&mut self) -> Parsed {
        self.deep_enough(self.span, self.depth)?;
        self.depth += 1;
        let tree = self.operators(0)?;
        let tree = if self.is("?") { self.conditional(tree)? } else { tree };
        self.depth -= 1;
        Ok(tree)
    }

    fn conditional(&mut self, condition: Tree) -> Parsed {
        self.expect("?")?;
        let then = self.operators(0)?;
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

    /// Operators that bind at least as strongly as `least`: `||` is 0, `&&` 1, the others [`Binary::strength`] + 1.
    fn operators(&mut self, least: u8) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let binary = self.operator();
            match binary {
                Some(operator) if operator.strength() + 1 >= least => left = self.pair(left, operator)?,
                Some(_) => return Ok(left),
                None if least <= 1 && self.is("&&") => left = self.row(left, "&&", 2, Kind::And)?,
                None if least == 0 && self.is("||") => left = self.row(left, "||", 1, Kind::Or)?,
                None => return Ok(left),
            }
        }
    }

    fn pair(&mut self, left: Tree, operator: Binary) -> Parsed {
        self.advance()?;
        let right = self.operators(operator.strength() + 2)?;
        let (span, height) = (left.expr.span.to(right.expr.span), left.height.max(right.height));
        self.node(Kind::Binary(operator, Box::new(left.expr), Box::new(right.expr)), span, height)
    }

    fn row(&mut self, first: Tree, symbol: &str, above: u8, kind: fn(Vec<Expr>) -> Kind) -> Parsed {
        let (mut span, mut height) = (first.expr.span, first.height);
        let mut operands = vec![first.expr];
        while self.eat(symbol)? {
            let next = self.operators(above)?;
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

    fn unary(&mut self) -> Parsed {
        if self.is("!") || self.is("-") { self.signs() } else { self.member() }
    }

    fn signs(&mut self) -> Parsed {
        let start = self.span;
        let (symbol, operator) = if self.is("!") { ("!", Unary::Not) } else { ("-", Unary::Negate) };
        let mut count = 0usize;
        while self.eat(symbol)? {
            count += 1;
        }
        let signed = operator == Unary::Negate && count > 0 && matches!(self.token, Token::Int(_) | Token::Double(_));
        let operand = if signed {
            count -= 1;
            let literal = self.literal(start, true)?;
            self.members(literal)?
        } else {
            self.member()?
        };
        self.signed(operand, operator, count, start)
    }

    fn signed(&mut self, mut tree: Tree, operator: Unary, count: usize, start: Span) -> Parsed {
        // Three are as good as one, four as two: a long row of them needs no long row of nodes.
        let kept = if count > 2 { 2 - count % 2 } else { count };
        for _ in 0..kept {
            let (span, height) = (start.to(tree.expr.span), tree.height);
            tree = self.node(Kind::Unary(operator, Box::new(tree.expr)), span, height)?;
        }
        Ok(tree)
    }

    fn member(&mut self) -> Parsed {
        let primary = self.primary()?;
        if self.is(".") || self.is("[") { self.members(primary) } else { Ok(primary) }
    }

    /// The selections, indices and calls after a primary.
    fn members(&mut self, mut tree: Tree) -> Parsed {
        loop {
            tree = if self.eat(".")? {
                self.selection(tree)?
            } else if self.eat("[")? {
                self.subscript(tree)?
            } else {
                return Ok(tree);
            };
        }
    }

    fn subscript(&mut self, tree: Tree) -> Parsed {
        let optional = self.eat("?")?;
        let index = self.expression()?;
        let span = tree.expr.span.to(self.expect("]")?);
        let height = tree.height.max(index.height);
        let kind = Kind::Index { operand: Box::new(tree.expr), index: Box::new(index.expr), optional };
        self.node(kind, span, height)
    }

    fn selection(&mut self, tree: Tree) -> Parsed {
        let optional = self.eat("?")?;
        let (name, quoted, end) = self.field()?;
        if !quoted && !optional && self.eat("(")? {
            return self.method(tree, &name);
        }
        let (span, height) = (tree.expr.span.to(end), tree.height);
        self.node(Kind::Select { operand: Box::new(tree.expr), field: name, optional }, span, height)
    }

    fn method(&mut self, tree: Tree, name: &str) -> Parsed {
        let (arguments, height, end) = self.arguments(")")?;
        let arguments = arguments.into_iter().map(|e| e.value).collect();
        let (span, height) = (tree.expr.span.to(end), height.max(tree.height));
        macros::method(self, tree, name, arguments, span, height)
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
        match &self.token {
            Token::Symbol("(") => self.group(start),
            Token::Symbol("[") => self.list(start),
            Token::Symbol("{") => self.map(start),
            Token::Symbol(".") | Token::Word(_) => self.name(start),
            // Only the operand of `!` gets here with a sign.
            Token::Symbol("-") => {
                self.advance()?;
                self.literal(start, true)
            }
            Token::Symbol(_)
            | Token::Quoted(_)
            | Token::Int(_)
            | Token::Uint(_)
            | Token::Double(_)
            | Token::String(_)
            | Token::Bytes(_)
            | Token::End => self.literal(start, false),
        }
    }

    fn group(&mut self, start: Span) -> Parsed {
        self.expect("(")?;
        let mut tree = self.expression()?;
        tree.expr.span = start.to(self.expect(")")?);
        Ok(tree)
    }

    fn list(&mut self, start: Span) -> Parsed {
        self.expect("[")?;
        let (items, height, end) = self.arguments("]")?;
        self.node(Kind::List(items), start.to(end), height)
    }

    /// A name, a keyword that is a value, or a call without a receiver.
    fn name(&mut self, start: Span) -> Parsed {
        let absolute = self.eat(".")?;
        if !matches!(self.token, Token::Word(_)) {
            return Err(self.unexpected("a name"));
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
        if RESERVED.contains(&&*name) {
            let message = format!("`{name}` is a reserved word of CEL");
            return Err(Box::new(Fault { span, code: "condition.syntax", message, help: "choose another name" }));
        }
        if self.eat("(")? {
            return self.function(name, start);
        }
        if self.is("{") {
            return Err(self.unexpected("an operator"));
        }
        self.node(Kind::Name { name, absolute }, start.to(span), 0)
    }

    fn function(&mut self, name: Box<str>, start: Span) -> Parsed {
        let (arguments, height, end) = self.arguments(")")?;
        let arguments = arguments.into_iter().map(|e| e.value).collect();
        macros::function(self, name, arguments, start.to(end), height)
    }

    fn map(&mut self, start: Span) -> Parsed {
        self.expect("{")?;
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
        let range = |span| {
            Box::new(Fault {
                span,
                code: "condition.bad_literal",
                message: "the number is no 64-bit signed integer".to_owned(),
                help: "integers lie between -9223372036854775808 and 9223372036854775807; unsigned ones end in `u`",
            })
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
