//! What did the author write? The syntax tree of a condition, with places.
//!
//! Macros (`has`, `all`, `map`, `cel.bind` ...) are nodes of their own, so that an evaluator needs no expansion step. Names are
//! not resolved: `device.compliant` is a selection from a name until the checker finds the declared fact.
//!
//! INVARIANT: `parse(tree.to_string())` is the same tree (places aside). Height and node count are bounded by
//! [`crate::Limits`], so recursion over a tree is safe, its destructor included.
//!
//! ```
//! let tree = placet::condition::parse("a.b + 1 > 2", &placet::Limits::default()).unwrap();
//! assert_eq!(tree.to_string(), "a.b + 1 > 2");
//! ```
//!
//! Next room: `check`.

/// A stretch of the source text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Span {
    /// From the start of this to the end of `other`.
    #[must_use]
    pub(crate) const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// The text that it covers.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// An expression and its place. Equal to another if the trees are equal, wherever they stand.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `1`, `"x"`, `null`.
    Literal(Literal),
    /// `device`. `absolute` if written with a leading dot, which steps around variables of macros.
    Name {
        /// The name; for `cel.iterVar(0, 1)` it is `@it:0:1`, for `cel.index(2)` it is `@index2`.
        name: Box<str>,
        /// Whether it had a leading dot.
        absolute: bool,
    },
    /// `operand.field`, `operand.?field`.
    Select {
        /// What is selected from.
        operand: Box<Expr>,
        /// The member.
        field: Box<str>,
        /// Whether it was written `.?`.
        optional: bool,
    },
    /// `has(operand.field)`.
    Has {
        /// What is selected from.
        operand: Box<Expr>,
        /// The member.
        field: Box<str>,
    },
    /// `operand[index]`, `operand[?index]`.
    Index {
        /// The list or map.
        operand: Box<Expr>,
        /// Place or key.
        index: Box<Expr>,
        /// Whether it was written `[?`.
        optional: bool,
    },
    /// `f(x)`, `x.f(y)`, `math.least(x)` (a function named `math.least`, no target).
    Call {
        /// The receiver.
        target: Option<Box<Expr>>,
        /// The function, with its namespace.
        function: Box<str>,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `[a, ?b]`.
    List(Vec<Element>),
    /// `{k: v, ?k: v}`.
    Map(Vec<Entry>),
    /// `!x`, `-x`.
    Unary(Unary, Box<Expr>),
    /// `x + y`, `x < y`, `x in y`.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `a && b && c`, two operands at least.
    And(Vec<Expr>),
    /// `a || b || c`, two operands at least.
    Or(Vec<Expr>),
    /// `condition ? then : otherwise`.
    Conditional {
        /// What decides.
        condition: Box<Expr>,
        /// Its value if true.
        then: Box<Expr>,
        /// Its value if false.
        otherwise: Box<Expr>,
    },
    /// `range.all(x, ...)` and the like.
    Comprehension(Box<Comprehension>),
    /// `cel.bind(name, value, body)`.
    Bind {
        /// The variable.
        name: Box<str>,
        /// Its value.
        value: Box<Expr>,
        /// Where it is seen.
        body: Box<Expr>,
    },
    /// `cel.block([a, b], body)`: `cel.index(0)` is `a`, in `b` and in the body.
    Block {
        /// The values.
        slots: Vec<Expr>,
        /// Where all are seen.
        body: Box<Expr>,
    },
    /// `target.optMap(name, body)`; with `flat`, `optFlatMap`.
    OptionalMap {
        /// The optional.
        target: Box<Expr>,
        /// The variable for its value.
        name: Box<str>,
        /// What is made of the value.
        body: Box<Expr>,
        /// Whether the body is an optional itself.
        flat: bool,
    },
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`.
    Bool(bool),
    /// `1`, `-1`, `0xff`.
    Int(i64),
    /// `1u`.
    Uint(u64),
    /// `1.5`; finite.
    Double(f64),
    /// `"text"`.
    String(Box<str>),
    /// `b"bytes"`.
    Bytes(Box<[u8]>),
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The item.
    pub value: Expr,
    /// Whether it is an optional that is left out if it is none.
    pub optional: bool,
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Expr,
    /// The value.
    pub value: Expr,
    /// Whether the value is an optional and the entry is left out if it is none.
    pub optional: bool,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

impl Binary {
    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }

    /// How strongly it binds: comparisons 1, sums 2, products 3.
    pub(crate) const fn strength(self) -> u8 {
        match self {
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessEqual
            | Self::Greater
            | Self::GreaterEqual
            | Self::In => 1,
            Self::Add | Self::Subtract => 2,
            Self::Multiply | Self::Divide | Self::Modulo => 3,
        }
    }
}

/// A macro over the items of a list or the keys of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// Which macro.
    pub iteration: Iteration,
    /// The list or map.
    pub range: Expr,
    /// The first variable: item, or key; in the form with two variables place, or key.
    pub first: Box<str>,
    /// The second variable: item, or value.
    pub second: Option<Box<str>>,
    /// Which items count; only in the forms of `map`, `transformList`, `transformMap` and `transformMapEntry` that have one.
    pub filter: Option<Expr>,
    /// The predicate of `all`, `exists`, `exists_one` and `filter`; else what is made of an item.
    pub body: Expr,
}

/// The macros that iterate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iteration {
    /// Whether all items satisfy the predicate.
    All,
    /// Whether some item does.
    Exists,
    /// Whether exactly one does.
    ExistsOne,
    /// The items that do.
    Filter,
    /// What is made of the items.
    Map,
    /// `map` with two variables.
    TransformList,
    /// A map with the same keys and new values.
    TransformMap,
    /// A map of the entries that the body makes.
    TransformMapEntry,
    /// The items, sorted by what the body makes of them.
    SortBy,
}

impl Iteration {
    /// As it is written with one variable or two.
    #[must_use]
    pub const fn name(self, two: bool) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne if two => "existsOne",
            Self::ExistsOne => "exists_one",
            Self::Filter => "filter",
            Self::Map => "map",
            Self::TransformList => "transformList",
            Self::TransformMap => "transformMap",
            Self::TransformMapEntry => "transformMapEntry",
            Self::SortBy => "sortBy",
        }
    }
}

impl Expr {
    /// Every literal in it, in the order in which they are written. Recursion goes as deep as the expression, which parsing bounds.
    pub fn literals(&self, found: &mut dyn FnMut(&Literal)) {
        match &self.kind {
            Kind::Literal(literal) => found(literal),
            Kind::Name { .. } => {}
            Kind::Select { operand, .. } | Kind::Has { operand, .. } | Kind::Unary(_, operand) => {
                operand.literals(found)
            }
            Kind::Index { operand, index, .. } => [operand, index].into_iter().for_each(|part| part.literals(found)),
            Kind::Call { target, arguments, .. } => {
                target.iter().map(AsRef::as_ref).chain(arguments).for_each(|part| part.literals(found));
            }
            Kind::List(items) => items.iter().for_each(|item| item.value.literals(found)),
            Kind::Map(entries) => entries.iter().for_each(|entry| {
                entry.key.literals(found);
                entry.value.literals(found);
            }),
            Kind::Binary(_, left, right) => [left, right].into_iter().for_each(|part| part.literals(found)),
            Kind::And(operands) | Kind::Or(operands) => operands.iter().for_each(|part| part.literals(found)),
            Kind::Conditional { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| part.literals(found));
            }
            Kind::Comprehension(of) => {
                let parts = [Some(&of.range), of.filter.as_ref(), Some(&of.body)];
                parts.into_iter().flatten().for_each(|part| part.literals(found));
            }
            Kind::Bind { value, body, .. } => [value, body].into_iter().for_each(|part| part.literals(found)),
            Kind::Block { slots, body } => {
                slots.iter().chain([body.as_ref()]).for_each(|part| part.literals(found));
            }
            Kind::OptionalMap { target, body, .. } => [target, body].into_iter().for_each(|part| part.literals(found)),
        }
    }
}
