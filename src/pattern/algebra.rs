//! Is one pattern within another, do they meet, and what have they in common?
//!
//! Each alternative is read into a root and a sequence of segments, each segment into a sequence of characters, and
//! [`super::linear`] answers at both levels. INVARIANT: `covers` and `disjoint` are claimed only if they hold for every id;
//! `common` is exact for every id or not given.
//!
//! Next room: [`super`], which puts the answers into its public API.

use super::class::Class;
use super::glob::{Glob, Kind, Segments, Token, Tokens};
use super::linear::{self, Budget, Element, PARTS, Step};
use super::{Pattern, PatternError};
use crate::limits::Limits;
use crate::name;

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chars {
    This(char),
    Any,
    Class(Class),
}

impl Chars {
    fn class(&self) -> Class {
        match self {
            Self::This(c) => Class::new(false, [(*c, *c)]),
            Self::Any => Class::new(true, []),
            Self::Class(class) => class.clone(),
        }
    }
}

impl Element for Chars {
    fn is_universal(&self) -> bool {
        *self == Self::Any
    }

    fn covers(&self, other: &Self, budget: &mut Budget) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::This(a), Self::This(b)) => a == b,
            _ => budget.spend(8) && self.class().covers(&other.class()),
        }
    }

    fn meets(&self, other: &Self, budget: &mut Budget) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::This(a), Self::This(b)) => a == b,
            _ => !budget.spend(8) || self.class().intersect(&other.class()).is_some(),
        }
    }

    fn intersect(&self, other: &Self, budget: &mut Budget) -> Option<Vec<Self>> {
        if self.covers(other, budget) {
            return Some(vec![other.clone()]);
        }
        if other.covers(self, budget) {
            return Some(vec![self.clone()]);
        }
        let class = self.class().intersect(&other.class());
        let chars = class.map(|class| class.single().map_or(Self::Class(class), Self::This));
        Some(chars.into_iter().collect())
    }
}

/// A set of segments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Segment(Vec<Step<Chars>>);

impl Segment {
    fn any() -> Self {
        Self(vec![Step::Star])
    }

    fn is_literal(&self) -> bool {
        self.0.iter().all(|step| matches!(step, Step::One(Chars::This(_))))
    }
}

impl Element for Segment {
    fn is_universal(&self) -> bool {
        matches!(self.0.as_slice(), [Step::Star])
    }

    fn covers(&self, other: &Self, budget: &mut Budget) -> bool {
        if self.is_universal() || !budget.spend(1) {
            return self.is_universal();
        }
        if self.is_literal() {
            return budget.spend(self.0.len()) && self == other;
        }
        linear::covers(&self.0, &other.0, budget)
    }

    fn meets(&self, other: &Self, budget: &mut Budget) -> bool {
        if self.is_universal() || other.is_universal() {
            return true;
        }
        if self.is_literal() && other.is_literal() {
            return !budget.spend(self.0.len()) || self == other;
        }
        linear::meets(&self.0, &other.0, budget)
    }

    fn intersect(&self, other: &Self, budget: &mut Budget) -> Option<Vec<Self>> {
        if self.covers(other, budget) {
            return Some(vec![other.clone()]);
        }
        if other.covers(self, budget) {
            return Some(vec![self.clone()]);
        }
        Some(linear::intersect(&self.0, &other.0, budget)?.into_iter().map(Self).collect())
    }
}

/// One glob, taken apart.
struct Form {
    /// The root that an id must have; `None`: any.
    root: Option<String>,
    path: Vec<Step<Segment>>,
}

impl Form {
    fn of(glob: &Glob) -> Self {
        let root =
            (glob.kind != Kind::Anywhere).then(|| glob.text.get(..glob.root_len()).unwrap_or_default().to_owned());
        let mut path = Vec::new();
        let mut segments = Segments::of(glob.path());
        while let Some(segment) = segments.next() {
            match segment {
                _ if glob.kind == Kind::Literal => {
                    path.push(Step::One(Segment(segment.chars().map(Chars::This).map(Step::One).collect())));
                }
                "**" => {
                    path.push(Step::Star);
                    // At the end it takes at least one. The star stays first where it stands for any root.
                    if segments.is_done() {
                        let at = path.len() - usize::from(path.len() > 1);
                        path.insert(at, Step::One(Segment::any()));
                    }
                }
                segment => path.push(Step::One(Segment(Tokens(segment).map(step).collect()))),
            }
        }
        Self { root, path }
    }

    /// Whether some id can have the roots of both.
    fn roots_meet(&self, other: &Self) -> bool {
        self.root.is_none() || other.root.is_none() || self.root == other.root
    }

    fn covers(&self, other: &Self, budget: &mut Budget) -> bool {
        (self.root.is_none() || self.root == other.root) && linear::covers(&self.path, &other.path, budget)
    }

    fn meets(&self, other: &Self, budget: &mut Budget) -> bool {
        self.roots_meet(other) && linear::meets(&self.path, &other.path, budget)
    }

    /// The common part, as texts of patterns.
    fn intersect(&self, other: &Self, budget: &mut Budget) -> Option<Vec<String>> {
        if !self.roots_meet(other) {
            return Some(Vec::new());
        }
        let root = self.root.as_deref().or(other.root.as_deref());
        let mut texts = Vec::new();
        for path in linear::intersect(&self.path, &other.path, budget)? {
            // A star first would stand for any root.
            let rest =
                path.split_first().filter(|(first, _)| root == Some("") && **first == Step::Star).map(|(_, rest)| rest);
            if let Some(rest) = rest {
                texts.push(write("", rest)?);
                texts.push(write("", &[&[Step::One(Segment::any())], path.as_slice()].concat())?);
                continue;
            }
            let text = write(root.unwrap_or_default(), &path)?;
            // `a:` before a slash would be a root: no id has it as its first segment.
            if root.is_none() || root.map(str::len) == Some(name::root_len(&text)) {
                texts.push(text);
            }
        }
        Some(texts)
    }
}

fn step(token: Token<'_>) -> Step<Chars> {
    match token {
        Token::Char(c) => Step::One(Chars::This(c)),
        Token::One => Step::One(Chars::Any),
        Token::Run => Step::Star,
        Token::Class(text) => Step::One(Chars::Class(Class::decode(text))),
    }
}

/// The text of a sequence; `None` if it has none.
fn write(root: &str, path: &[Step<Segment>]) -> Option<String> {
    let path = match path {
        // The star takes the one itself.
        [start @ .., Step::One(any), Step::Star] if any.is_universal() => [start, &[Step::Star]].concat(),
        [.., Step::Star] => return None,
        path => path.to_vec(),
    };
    let mut text = root.to_owned();
    for (at, segment) in path.iter().enumerate() {
        if at > 0 {
            text.push('/');
        }
        match segment {
            Step::Star => text.push_str("**"),
            Step::One(segment) => segment.0.iter().for_each(|step| match step {
                Step::Star if text.ends_with('*') => {}
                Step::Star => text.push('*'),
                Step::One(Chars::Any) => text.push('?'),
                Step::One(Chars::This(c @ ('*' | '?' | '[' | ']' | '{' | '}' | ','))) => text.extend(['[', *c, ']']),
                Step::One(Chars::This(c)) => text.push(*c),
                Step::One(Chars::Class(class)) => {
                    text.push('[');
                    text.push_str(&class.encode());
                    text.push(']');
                }
            }),
        }
    }
    Some(text)
}

/// A union of globs.
pub(super) struct Union(Vec<Form>);

impl Union {
    pub(super) fn of(globs: &[Glob]) -> Self {
        Self(globs.iter().map(Form::of).collect())
    }

    pub(super) fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn covers(&self, other: &Self, budget: &mut Budget) -> bool {
        other.0.iter().all(|other| self.0.iter().any(|own| own.covers(other, budget)))
    }

    pub(super) fn meets(&self, other: &Self, budget: &mut Budget) -> bool {
        self.0.iter().any(|own| other.0.iter().any(|other| own.meets(other, budget)))
    }

    /// The common part: `None` if it is not found as one pattern, `Some(None)` if there is none.
    #[expect(clippy::option_option, reason = "given up, and empty, are different answers")]
    pub(super) fn common(&self, other: &Self, budget: &mut Budget) -> Option<Option<Pattern>> {
        // The bounds that a pattern has when it is read, so that what is written here can be read again.
        let limits = Limits { id_bytes: usize::MAX, ..Limits::default() };
        let mut texts: Vec<String> = Vec::new();
        for (own, other) in self.0.iter().flat_map(|own| other.0.iter().map(move |other| (own, other))) {
            for text in own.intersect(other, budget)? {
                match Pattern::parse(&text, &limits) {
                    Ok(_) => texts.push(text),
                    // What breaks the naming rules no id matches.
                    Err(PatternError::Name { .. }) => {}
                    Err(_) => return None,
                }
            }
            if texts.len() > PARTS {
                return None;
            }
        }
        texts.sort_unstable();
        texts.dedup();
        match texts.as_slice() {
            [] => Some(None),
            [text] => Pattern::parse(text, &limits).ok().map(Some),
            texts => Pattern::parse(&format!("{{{}}}", texts.join(",")), &limits).ok().map(Some),
        }
    }
}
