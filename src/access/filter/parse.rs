//! Text to filter: tokens, then precedence `-not` over `-and` over `-or`, by recursion within [`super::MAX_DEPTH`].

use core::iter::Peekable;
use core::str::CharIndices;

use super::check::{FilterError, FilterErrorKind, property};
use super::{Comparison, Literal, MAX_CHARACTERS, MAX_DEPTH, Node, Operator, fold};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    /// A property, an operator, a bare literal.
    Word(String),
    /// Text between quotes.
    Text(String),
}

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    // Bytes are counted first: counting characters of a hostile gigabyte would be work without bound.
    if text.len() > MAX_CHARACTERS * 4 || text.chars().count() > MAX_CHARACTERS {
        return Err(FilterError { at: 0, kind: FilterErrorKind::TooLong });
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, end: text.len(), depth: 0 };
    let root = parser.or()?;
    match parser.peek() {
        None => Ok(root),
        Some(_) => Err(parser.unexpected("`-and`, `-or` or the end")),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenList,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            '"' | '\'' => quoted(at, c, &mut rest)?,
            c if in_word(c) => {
                let mut word = String::from(c);
                while let Some((_, c)) = rest.next_if(|(_, c)| in_word(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            c => return Err(FilterError { at, kind: FilterErrorKind::BadCharacter(c) }),
        };
        tokens.push((at, token));
    }
    Ok(tokens)
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$')
}

/// The rest of a quoted text. A backtick takes the next character as it is.
fn quoted(start: usize, quote: char, rest: &mut Peekable<CharIndices<'_>>) -> Result<Token, FilterError> {
    let mut text = String::new();
    let unterminated = FilterError { at: start, kind: FilterErrorKind::Unterminated };
    loop {
        match rest.next() {
            None => return Err(unterminated),
            Some((_, c)) if c == quote => return Ok(Token::Text(text)),
            Some((_, '`')) => text.push(rest.next().ok_or_else(|| unterminated.clone())?.1),
            Some((_, c)) => text.push(c),
        }
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += 1;
        token
    }

    /// Whether the next token is this word, with or without its hyphen, in any case; then it is taken.
    fn word(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(w)) if bare(w).eq_ignore_ascii_case(wanted));
        if is {
            self.next += 1;
        }
        is
    }

    fn unexpected(&self, wanted: &'static str) -> FilterError {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Open) => "`(`".to_owned(),
            Some(Token::Close) => "`)`".to_owned(),
            Some(Token::OpenList) => "`[`".to_owned(),
            Some(Token::CloseList) => "`]`".to_owned(),
            Some(Token::Comma) => "`,`".to_owned(),
            Some(Token::Word(text) | Token::Text(text)) => format!("`{}`", text.chars().take(64).collect::<String>()),
        };
        FilterError { at: self.at(), kind: FilterErrorKind::Unexpected { found, wanted } }
    }

    fn or(&mut self) -> Result<Node, FilterError> {
        let mut items = vec![self.and()?];
        while self.word("or") {
            items.push(self.and()?);
        }
        Ok(single(items, Node::Or))
    }

    fn and(&mut self) -> Result<Node, FilterError> {
        let mut items = vec![self.unary()?];
        while self.word("and") {
            items.push(self.unary()?);
        }
        Ok(single(items, Node::And))
    }

    fn unary(&mut self) -> Result<Node, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError { at: self.at(), kind: FilterErrorKind::TooDeep });
        }
        let node = if self.word("not") {
            Node::Not(Box::new(self.unary()?))
        } else if self.peek() == Some(&Token::Open) {
            self.next += 1;
            let inner = self.or()?;
            if self.peek() != Some(&Token::Close) {
                return Err(self.unexpected("`)`"));
            }
            self.next += 1;
            inner
        } else {
            Node::Compare(self.comparison()?)
        };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Comparison, FilterError> {
        let property_at = self.at();
        let Some(Token::Word(name)) = self.peek() else { return Err(self.unexpected("a property")) };
        let property = property(name).map_err(|kind| FilterError { at: property_at, kind })?;
        self.next += 1;
        let operator_at = self.at();
        let Some(Token::Word(word)) = self.peek() else { return Err(self.unexpected("an operator")) };
        let (operator, negative) = operator(word)
            .ok_or_else(|| FilterError { at: operator_at, kind: FilterErrorKind::UnknownOperator(word.clone()) })?;
        self.next += 1;
        let value_at = self.at();
        let value = if operator == Operator::In { self.list()? } else { self.value()? };
        let comparison = Comparison { property, operator, negative, value, at: (property_at, value_at) };
        comparison.check()?;
        Ok(comparison)
    }

    fn value(&mut self) -> Result<Literal, FilterError> {
        let literal = match self.peek() {
            Some(Token::Text(text)) => Literal::Text(fold(text)),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" | "$true" => Literal::Flag(true),
                "false" | "$false" => Literal::Flag(false),
                "null" | "$null" => Literal::Null,
                number if number.parse::<f64>().is_ok_and(f64::is_finite) => Literal::Number,
                _ => return Err(self.unexpected("a text between quotes, `true`, `false` or `null`")),
            },
            Some(Token::Open | Token::Close | Token::OpenList | Token::CloseList | Token::Comma) | None => {
                return Err(self.unexpected("a text between quotes, `true`, `false` or `null`"));
            }
        };
        self.next += 1;
        Ok(literal)
    }

    fn list(&mut self) -> Result<Literal, FilterError> {
        if self.peek() != Some(&Token::OpenList) {
            return Err(self.unexpected("a list such as `[\"a\", \"b\"]`"));
        }
        self.next += 1;
        let mut items = Vec::new();
        loop {
            let Some(Token::Text(text)) = self.peek() else { return Err(self.unexpected("a text between quotes")) };
            items.push(fold(text));
            self.next += 1;
            match self.take() {
                Some(Token::Comma) => {}
                Some(Token::CloseList) => return Ok(Literal::List(items)),
                Some(Token::Open | Token::Close | Token::OpenList | Token::Word(_) | Token::Text(_)) | None => {
                    self.next -= 1;
                    return Err(self.unexpected("`,` or `]`"));
                }
            }
        }
    }
}

/// An operator without its hyphen, which is optional.
fn bare(word: &str) -> &str {
    word.strip_prefix('-').unwrap_or(word)
}

fn operator(word: &str) -> Option<(Operator, bool)> {
    let word = bare(word).to_ascii_lowercase();
    let (word, negative) = match word.strip_prefix("not") {
        Some(rest) if !rest.is_empty() => (rest, true),
        _ => (word.as_str(), false),
    };
    let operator = match word {
        "eq" => Operator::Equals,
        // `notNe` is no operator.
        "ne" if !negative => return Some((Operator::Equals, true)),
        "startswith" => Operator::StartsWith,
        "endswith" => Operator::EndsWith,
        "contains" => Operator::Contains,
        "in" => Operator::In,
        _ => return None,
    };
    // `notEq` is no operator either: its negative form is `ne`.
    (!(negative && operator == Operator::Equals)).then_some((operator, negative))
}

fn single(mut items: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match items.pop() {
        Some(only) if items.is_empty() => only,
        Some(last) => {
            items.push(last);
            join(items)
        }
        None => join(items),
    }
}
