//! Which devices, agents or resources does a rule text mean? The filter language: the grammar of dynamic groups, as
//! Conditional Access uses it for device filters and custom-security-attribute filters.
//!
//! A [`Filter`] is three-valued. A property that is null (the device is not registered, the attribute is not set) makes a
//! positive comparison false and a negative one (`-ne`, `-notContains` ...) true: documented, and the reason why a negative
//! filter in exclude mode exempts every unregistered device. A property that nobody told, or that may not be used (an
//! extension attribute of a device that is neither managed, compliant nor joined), is unknown, and what that leaves undecided is
//! unknown too.
//!
//! INVARIANT: parsing is the only constructor; no text makes it recurse deeper than [`MAX_DEPTH`] or work on more than
//! [`MAX_CHARACTERS`].
//!
//! ```
//! use placet::access::filter::{Filter, Held};
//! use placet::condition::Truth;
//!
//! let filter: Filter = r#"device.model -contains "Surface" -and -not (device.trustType -eq "Workplace")"#.parse().unwrap();
//! let truth = filter.evaluate(&|property| match property.name() {
//!     "model" => Held::Text("Surface Pro"),
//!     _ => Held::Null,
//! });
//! assert_eq!(truth, Truth::True);
//! ```
//!
//! Sources: "Filter for devices" and "Rules for dynamic membership groups" of the Entra documentation.
//!
//! Next room: [`crate::access::policy`].

mod check;
mod parse;

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::condition::Truth;
use crate::condition::kleene::{all, any, not, truth};

pub use check::{Domain, FilterError, FilterErrorKind};

/// Characters of a filter. Source: the documented bound of a device filter.
pub const MAX_CHARACTERS: usize = 3_072;
/// Nesting of a filter. 64: recursion is bounded by it, and nobody reads deeper.
pub const MAX_DEPTH: usize = 64;

/// A parsed filter. Cheap to clone; equal if written alike.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter {
    text: Arc<str>,
    root: Arc<Node>,
}

#[derive(Debug)]
enum Node {
    Compare(Comparison),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

#[derive(Debug)]
struct Comparison {
    property: Property,
    operator: Operator,
    negative: bool,
    value: Literal,
    /// Byte offsets of the property and of the value.
    at: (usize, usize),
}

/// What a comparison reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// `device.<name>`, by its documented spelling; `physicalIds` for `devicePhysicalIds`.
    Device(&'static str),
    /// `CustomSecurityAttribute.<Set>_<Attribute>`, as written.
    Attribute(Box<str>),
}

impl Property {
    /// Its name without the prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Device(name) => name,
            Self::Attribute(name) => name,
        }
    }
}

/// The comparisons, each with a negative form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    In,
}

#[derive(Debug)]
enum Literal {
    /// Folded: comparisons ignore case.
    Text(String),
    Flag(bool),
    Number,
    Null,
    /// Folded.
    List(Vec<String>),
}

/// What is known about a property.
#[derive(Clone, Copy, Debug)]
pub enum Held<'a> {
    /// Nobody said, or it may not be used.
    Unknown,
    /// Known to be absent.
    Null,
    /// Text.
    Text(&'a str),
    /// A truth value; filters may compare it with `true` or `"True"`.
    Flag(bool),
    /// Several texts. `-contains` compares whole elements.
    List(&'a [String]),
}

impl Filter {
    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the filter matches what `read` tells about each property.
    pub fn evaluate<'a>(&self, read: &impl Fn(&Property) -> Held<'a>) -> Truth {
        evaluate(&self.root, read)
    }

    /// Whether it matches a thing all of whose properties are null, such as a device that is not registered.
    #[must_use]
    pub fn matches_nothing_known(&self) -> bool {
        self.evaluate(&|_| Held::Null) == Truth::True
    }

    /// Every comparison, left to right.
    pub(super) fn comparisons(&self) -> Vec<Compared<'_>> {
        let mut found = Vec::new();
        collect(&self.root, &mut found);
        found
    }

    /// The filter as an expression in another language: `leaf` writes the comparisons, `!`, `&&` and `||` join them. It is told
    /// whether the comparison stands under an even number of negations, `positive` being the sign of the whole.
    pub(super) fn write(&self, positive: bool, leaf: &impl Fn(Compared<'_>, bool) -> String) -> String {
        write(&self.root, positive, leaf)
    }
}

/// One comparison, for the check and for lowering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared<'f>(&'f Comparison);

/// The five comparisons in another's words.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test<'f> {
    Null,
    Flag(bool),
    Equals(&'f str),
    StartsWith(&'f str),
    EndsWith(&'f str),
    Contains(&'f str),
    In(&'f [String]),
}

impl<'f> Compared<'f> {
    pub(super) fn property(self) -> &'f Property {
        &self.0.property
    }

    pub(super) fn negative(self) -> bool {
        self.0.negative
    }

    /// What is tested; `None` for a comparison that no value meets (of a number, or of a list with an operator for texts).
    pub(super) fn test(self) -> Option<Test<'f>> {
        match (self.0.operator, &self.0.value) {
            (Operator::Equals, Literal::Null) => Some(Test::Null),
            (Operator::Equals, Literal::Flag(flag)) => Some(Test::Flag(*flag)),
            (Operator::Equals, Literal::Text(text)) => Some(Test::Equals(text)),
            (Operator::StartsWith, Literal::Text(text)) => Some(Test::StartsWith(text)),
            (Operator::EndsWith, Literal::Text(text)) => Some(Test::EndsWith(text)),
            (Operator::Contains, Literal::Text(text)) => Some(Test::Contains(text)),
            (Operator::In, Literal::List(texts)) => Some(Test::In(texts)),
            (
                Operator::Equals | Operator::StartsWith | Operator::EndsWith | Operator::Contains | Operator::In,
                Literal::Text(_) | Literal::Flag(_) | Literal::Number | Literal::Null | Literal::List(_),
            ) => None,
        }
    }
}

fn collect<'f>(node: &'f Node, found: &mut Vec<Compared<'f>>) {
    match node {
        Node::Compare(comparison) => found.push(Compared(comparison)),
        Node::Not(inner) => collect(inner, found),
        Node::And(items) | Node::Or(items) => items.iter().for_each(|item| collect(item, found)),
    }
}

fn write(node: &Node, positive: bool, leaf: &impl Fn(Compared<'_>, bool) -> String) -> String {
    let join = |items: &[Node], by: &str| {
        let items: Vec<String> = items.iter().map(|item| write(item, positive, leaf)).collect();
        format!("({})", items.join(by))
    };
    match node {
        Node::Compare(comparison) => leaf(Compared(comparison), positive),
        Node::Not(inner) => format!("!({})", write(inner, !positive, leaf)),
        Node::And(items) => join(items, " && "),
        Node::Or(items) => join(items, " || "),
    }
}

fn evaluate<'a>(node: &Node, read: &impl Fn(&Property) -> Held<'a>) -> Truth {
    match node {
        Node::Compare(comparison) => {
            let positive = Compared(comparison).holds(read(&comparison.property));
            if comparison.negative { not(positive) } else { positive }
        }
        Node::Not(inner) => not(evaluate(inner, read)),
        Node::And(items) => all(items.iter().map(|item| evaluate(item, read))),
        Node::Or(items) => any(items.iter().map(|item| evaluate(item, read))),
    }
}

impl Compared<'_> {
    /// The positive form of the comparison.
    fn holds(self, held: Held<'_>) -> Truth {
        let Some(test) = self.test() else { return Truth::Unknown };
        match held {
            Held::Unknown => Truth::Unknown,
            Held::Null => truth(matches!(test, Test::Null)),
            Held::Text(text) => truth(test.of_text(&fold(text), false)),
            Held::Flag(flag) => truth(test.of_text(if flag { "true" } else { "false" }, false)),
            Held::List([]) => truth(matches!(test, Test::Null)),
            Held::List(items) => truth(items.iter().any(|item| test.of_text(&fold(item), true))),
        }
    }
}

/// Lower case, by which texts are compared. What is no ASCII stays so: the Kelvin sign is no `k`.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else if c.to_lowercase().any(|lower| lower.is_ascii()) {
            folded.push(c);
        } else {
            folded.extend(c.to_lowercase());
        }
    }
    folded
}

impl Test<'_> {
    /// Whether all that it compares with is ASCII.
    pub(super) fn is_ascii(self) -> bool {
        match self {
            Self::Null | Self::Flag(_) => true,
            Self::Equals(text) | Self::StartsWith(text) | Self::EndsWith(text) | Self::Contains(text) => {
                text.is_ascii()
            }
            Self::In(texts) => texts.iter().all(|text| text.is_ascii()),
        }
    }

    /// `element`: whether the text is an element of a collection, of which `-contains` wants the whole.
    fn of_text(self, text: &str, element: bool) -> bool {
        match self {
            Self::Null => false,
            Self::Flag(flag) => text == if flag { "true" } else { "false" },
            Self::Equals(wanted) => text == wanted,
            Self::StartsWith(wanted) => text.starts_with(wanted),
            Self::EndsWith(wanted) => text.ends_with(wanted),
            Self::Contains(wanted) => {
                if element {
                    text == wanted
                } else {
                    text.contains(wanted)
                }
            }
            Self::In(wanted) => wanted.iter().any(|w| w == text),
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.into(), root: Arc::new(parse::parse(text)?) })
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        text.parse()
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.as_str().to_owned()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
