//! What does a document's text say, before anyone asks what it means? A tree in which every node knows its place.
//!
//! [`super::yaml`] and [`super::json`] both feed one [`Builder`], so that the same content gives the same tree. The builder
//! refuses what neither may contain: keys that are no texts, the same key twice, nesting and size beyond [`Limits`].
//! INVARIANT: a finished tree is no deeper than `Limits::document_depth`, so that recursion over it is bounded.
//!
//! Next room: [`super::decode`].

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::report::{Sink, Sources};
use crate::diagnostic::{Diagnostic, Span, is_deceptive, quote};
use crate::limits::Limits;

/// Recursion over a tree takes stack; whatever a host allows, it goes no deeper than this.
const DEEPEST: usize = 256;

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node<'s> {
    pub(crate) span: Span,
    pub(crate) kind: Kind<'s>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind<'s> {
    Null,
    Bool(bool),
    Int(i64),
    /// Above `i64::MAX` only.
    Uint(u64),
    /// Finite.
    Float(f64),
    Text(Cow<'s, str>),
    Seq(Vec<Node<'s>>),
    Map(Vec<Entry<'s>>),
}

/// A member of a mapping. Keys are unique.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'s> {
    pub(crate) key: Cow<'s, str>,
    pub(crate) span: Span,
    pub(crate) value: Node<'s>,
}

/// The text cannot be read any further; the reason has been recorded.
#[derive(Debug)]
pub(crate) struct Stop;

impl Kind<'_> {
    /// What it is, for messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(b) => format!("the truth value `{b}`"),
            Self::Int(i) => format!("the number `{i}`"),
            Self::Uint(u) => format!("the number `{u}`"),
            Self::Float(f) => format!("the number `{f:?}`"),
            Self::Text(text) => format!("the text {}", quote(text)),
            Self::Seq(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }
}

/// The integer or float that a decimal text of JSON's grammar (a leading `+` or zeros allowed) means.
pub(crate) fn number(text: &str) -> Option<Kind<'static>> {
    if !text.contains(['.', 'e', 'E']) {
        if let Ok(int) = text.parse::<i64>() {
            return Some(Kind::Int(int));
        }
        if let Ok(uint) = text.parse::<u64>() {
            return Some(Kind::Uint(uint));
        }
    }
    text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Kind::Float)
}

/// Builds a tree from events.
#[derive(Debug)]
pub(crate) struct Builder<'s, 'r> {
    pub(crate) file: u32,
    pub(crate) sink: &'r Sink,
    sources: &'r Sources<'s>,
    limits: &'r Limits,
    stack: Vec<Open<'s>>,
    root: Option<Node<'s>>,
    nodes: usize,
    anchors: HashMap<usize, Anchored<'s>>,
    aliased: usize,
}

#[derive(Debug)]
struct Open<'s> {
    span: Span,
    anchor: usize,
    content: Content<'s>,
    /// Weight and height of what is already in it.
    weight: usize,
    height: usize,
}

#[derive(Debug)]
enum Content<'s> {
    Seq(Vec<Node<'s>>),
    /// A key that waits for its value; `None` in it if it is no key and its value is dropped.
    Map {
        entries: Vec<Entry<'s>>,
        key: Option<(Option<Cow<'s, str>>, Span)>,
    },
}

#[derive(Debug)]
struct Anchored<'s> {
    node: Node<'s>,
    weight: usize,
    height: usize,
}

impl<'s, 'r> Builder<'s, 'r> {
    pub(crate) fn new(file: u32, sources: &'r Sources<'s>, limits: &'r Limits, sink: &'r Sink) -> Self {
        Self {
            file,
            sink,
            sources,
            limits,
            stack: Vec::new(),
            root: None,
            nodes: 0,
            anchors: HashMap::new(),
            aliased: 0,
        }
    }

    /// How deep a document may be.
    pub(crate) fn depth_limit(&self) -> usize {
        self.limits.document_depth.min(DEEPEST)
    }

    /// Whether the next scalar is a key.
    pub(crate) fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    /// The finished tree; `None` if there was no node at all.
    pub(crate) fn finish(self) -> Option<Node<'s>> {
        self.root
    }

    /// A key that was refused; its value is read and dropped.
    pub(crate) fn refused_key(&mut self, span: Span) -> Result<(), Stop> {
        self.count(span)?;
        if let Some(Open { content: Content::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some((None, span));
        }
        Ok(())
    }

    /// A scalar.
    pub(crate) fn scalar(&mut self, span: Span, kind: Kind<'s>, anchor: usize) -> Result<(), Stop> {
        let weight = match &kind {
            Kind::Text(text) => 1 + text.len() / 32,
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Uint(_) | Kind::Float(_) => 1,
            Kind::Seq(_) | Kind::Map(_) => 1,
        };
        self.count(span)?;
        self.complete(Node { span, kind }, weight, 0, anchor)
    }

    /// The beginning of a list.
    pub(crate) fn open_seq(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        self.open(span, anchor, Content::Seq(Vec::new()))
    }

    /// The beginning of a mapping.
    pub(crate) fn open_map(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        self.open(span, anchor, Content::Map { entries: Vec::new(), key: None })
    }

    fn open(&mut self, span: Span, anchor: usize, content: Content<'s>) -> Result<(), Stop> {
        self.count(span)?;
        if self.stack.len() >= self.depth_limit() {
            return Err(self.too_deep(span));
        }
        self.stack.push(Open { span, anchor, content, weight: 1, height: 0 });
        Ok(())
    }

    /// The end of the innermost list or mapping.
    pub(crate) fn close(&mut self) -> Result<(), Stop> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let kind = match open.content {
            Content::Seq(items) => Kind::Seq(items),
            Content::Map { entries, .. } => Kind::Map(self.without_duplicates(entries)),
        };
        self.complete(Node { span: open.span, kind }, open.weight, open.height + 1, open.anchor)
    }

    /// A copy of the node that the anchor names.
    pub(crate) fn alias(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.sink.poison(span, || {
                Diagnostic::error("document.alias", span, "this alias refers to the node that it is in")
                    .with_help("write the content out")
            });
            return self.scalar(span, Kind::Null, 0);
        };
        let (weight, height) = (anchored.weight, anchored.height);
        self.spend(weight, span)?;
        if self.stack.len() + height > self.depth_limit() {
            return Err(self.too_deep(span));
        }
        let node = self.anchors.get(&anchor).map(|a| a.node.clone());
        node.map_or(Ok(()), |node| self.complete(node, weight, height, 0))
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, node: Node<'s>, weight: usize, height: usize, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            // The copy under the anchor counts like the copy under an alias.
            self.spend(weight, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), weight, height });
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.weight = open.weight.saturating_add(weight);
        open.height = open.height.max(height);
        match &mut open.content {
            Content::Seq(items) => items.push(node),
            Content::Map { entries, key } => match key.take() {
                Some((key, span)) => entries.extend(key.map(|key| Entry { key, span, value: node })),
                None => *key = Some(self::key(node, self.sink)),
            },
        }
        Ok(())
    }

    fn without_duplicates(&self, mut entries: Vec<Entry<'s>>) -> Vec<Entry<'s>> {
        // Most mappings are small: there, looking at all earlier keys is cheaper than a table.
        let unique = if entries.len() <= 16 {
            entries.iter().enumerate().all(|(i, e)| entries.iter().take(i).all(|earlier| earlier.key != e.key))
        } else {
            let mut keys: Vec<&str> = entries.iter().map(|e| e.key.as_ref()).collect();
            keys.sort_unstable();
            keys.windows(2).all(|w| !matches!(w, [a, b] if a == b))
        };
        if unique {
            return entries;
        }
        let mut first: BTreeMap<Cow<'s, str>, Span> = BTreeMap::new();
        entries.retain(|entry| match first.get(&entry.key) {
            None => {
                first.insert(entry.key.clone(), entry.span);
                true
            }
            Some(earlier) => {
                self.sink.error(entry.span, || {
                    let at = self.sources.describe(*earlier);
                    let message = format!("the key {} is here twice: it stands at {at} already", quote(&entry.key));
                    Diagnostic::error("document.duplicate_key", entry.span, message).with_help("remove one of the two")
                });
                false
            }
        });
        entries
    }

    fn count(&mut self, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= self.limits.document_nodes {
            return Ok(());
        }
        let limit = self.limits.document_nodes;
        self.sink.error(span, || {
            Diagnostic::error("document.too_large", span, format!("the document has more than {limit} nodes"))
                .with_help("split it, or raise `document_nodes` in the limits")
        });
        Err(Stop)
    }

    fn spend(&mut self, weight: usize, span: Span) -> Result<(), Stop> {
        self.aliased = self.aliased.saturating_add(weight);
        if self.aliased <= self.limits.document_aliases {
            return Ok(());
        }
        let limit = self.limits.document_aliases;
        self.sink.error(span, || {
            let message = format!("anchors and aliases add more than {limit} nodes to the document");
            Diagnostic::error("document.too_large", span, message)
                .with_help("write the content out, or raise `document_aliases` in the limits")
        });
        Err(Stop)
    }

    pub(crate) fn too_deep(&self, span: Span) -> Stop {
        let limit = self.depth_limit();
        self.sink.error(span, || {
            Diagnostic::error("document.too_deep", span, format!("the document is nested deeper than {limit} levels"))
                .with_help("documents need no more than 12 levels and the depth of their attributes")
        });
        Stop
    }
}

/// A node in the place of a key: its text, if it can be one.
fn key<'s>(node: Node<'s>, sink: &Sink) -> (Option<Cow<'s, str>>, Span) {
    let span = node.span;
    let bad = |message: String, help: &str| {
        sink.error(span, || Diagnostic::error("document.bad_key", span, message).with_help(help));
    };
    let Kind::Text(text) = node.kind else {
        bad(format!("a key must be a text, found {}", node.kind.describe()), "put the key in quotes");
        return (None, span);
    };
    if text.chars().any(is_deceptive) {
        let message = format!("the key {} contains control or invisible characters", quote(&text));
        bad(message, "write the key with visible characters only");
        return (None, span);
    }
    (Some(text), span)
}
