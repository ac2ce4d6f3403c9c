//! Does the tree have the shape of a document? A serde deserializer that records what is wrong and goes on.
//!
//! Every mistake is recorded at its place and answered with an empty value of the type that was asked for, so that one pass
//! finds all of them. INVARIANT: whoever gets an empty value in place of a wrong one, an error has been recorded; such a
//! [`Document`] never becomes a policy.
//!
//! Nothing is taken for absent that was written: a member without a value (`subject:`) and an empty list of alternatives
//! (`subject: []`) are errors, because read as "left out" they would match everything.
//!
//! Types of other rooms, which may refuse what is written, stand in a [`Foreign`](super::schema::Foreign): what they say is recorded at the innermost value
//! that they refuse, and the whole is left empty.
//!
//! Next room: [`super::validate`].

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::value::{CowStrDeserializer, Error, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::node::{Entry, Kind, Node};
use super::report::Sink;
use super::schema::{Document, FOREIGN, ONE_OR_MANY, PLACE, SPANNED};
use crate::diagnostic::{Diagnostic, Span};
use crate::diagnostic::{list, quote, shown};

/// The document that a tree means; wrong parts are recorded and left empty.
pub(super) fn decode(node: Node<'_>, sink: &Sink) -> Document {
    let span = node.span;
    let root = Decoder { node, member: Cow::Borrowed(ROOT), item: false, sink };
    Document::deserialize(root).unwrap_or_else(|error| {
        // No type of the schema fails by itself; should one ever, it must not pass as an empty document.
        let _ = recorded::<()>(Err(error), span, sink);
        Document::default()
    })
}

/// The message of an error that has been recorded already, at the value that caused it.
const RECORDED: &str = "$placet::recorded";

/// Records what a type says against the value at a place, unless something within it was recorded.
fn recorded<T>(result: Result<T, Error>, span: Span, sink: &Sink) -> Result<T, Error> {
    result.map_err(|error| {
        let message = error.to_string();
        if message != RECORDED {
            sink.poison(span, || Diagnostic::error("document.wrong_type", span, shown(&message, 400)));
        }
        Error::custom(RECORDED)
    })
}

/// What the root is called in messages.
const ROOT: &str = "the document";

struct Decoder<'s, 'r> {
    node: Node<'s>,
    /// The member that the node is the value of, or an item of.
    member: Cow<'s, str>,
    /// Whether it is an item.
    item: bool,
    sink: &'r Sink,
}

impl<'s> Decoder<'s, '_> {
    /// Records that another type was expected.
    fn wrong(&self, expected: &str) {
        let span = self.node.span;
        self.sink.poison(span, || {
            let member = match (self.item, self.member.as_ref()) {
                (true, name) => format!("an item of {}", quote(name)),
                (false, ROOT) => ROOT.to_owned(),
                (false, name) => quote(name),
            };
            let kind = &self.node.kind;
            if matches!(kind, Kind::Null) {
                return Diagnostic::error("document.no_value", span, format!("{member} has no value"))
                    .with_help(format!("write {expected}, or leave {member} out"));
            }
            let message = format!("{member}: expected {expected}, found {}", kind.describe());
            let help = match (expected, kind) {
                ("a text", Kind::Bool(_) | Kind::Int(_) | Kind::Uint(_) | Kind::Float(_)) => "put it in quotes",
                ("a list", Kind::Text(_) | Kind::Map(_)) => "write it as an item of a list: `[...]`, or `- ...`",
                ("a truth value", _) => "write `true` or `false`, without quotes",
                ("a number" | "a whole number" | "a positive whole number", Kind::Text(_)) => {
                    "write the number without quotes"
                }
                ("a mapping", _) => "write its members, `name: value`",
                (_, _) => return Diagnostic::error("document.wrong_type", span, message),
            };
            Diagnostic::error("document.wrong_type", span, message).with_help(help)
        });
    }

    fn with(&self, kind: Kind<'s>) -> Self {
        Self {
            node: Node { span: self.node.span, kind },
            member: self.member.clone(),
            item: self.item,
            sink: self.sink,
        }
    }

    fn whole(&self) -> Option<i128> {
        match self.node.kind {
            Kind::Int(int) => Some(i128::from(int)),
            Kind::Uint(uint) => Some(i128::from(uint)),
            Kind::Null | Kind::Bool(_) | Kind::Float(_) | Kind::Text(_) | Kind::Seq(_) | Kind::Map(_) => None,
        }
    }

    /// Drops the members that the type does not have, each with a finding.
    fn known(&self, entries: &mut Vec<Entry<'s>>, fields: &'static [&'static str]) {
        let names = || fields.iter().copied().filter(|name| *name != PLACE);
        entries.retain(|entry| {
            let known = names().any(|name| name == entry.key);
            if !known {
                self.sink.error(entry.span, || {
                    let message = format!("unknown member {}", quote(&entry.key));
                    let help = match self.sink.suggest(&entry.key, names()) {
                        Some(near) => format!("did you mean `{near}`? known here: {}", list(names())),
                        None => format!("known here: {}", list(names())),
                    };
                    Diagnostic::error("document.unknown_member", entry.span, message).with_help(help)
                });
            }
            known
        });
    }
}

impl<'de, 's: 'de> Deserializer<'de> for Decoder<'s, '_> {
    type Error = Error;

    /// Only JSON values ask for anything.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(b) => visitor.visit_bool(b),
            Kind::Int(int) => visitor.visit_i64(int),
            Kind::Uint(uint) => visitor.visit_u64(uint),
            Kind::Float(float) => visitor.visit_f64(float),
            Kind::Text(text) => visitor.visit_string(text.into_owned()),
            Kind::Seq(items) => {
                visitor.visit_seq(Items { items: items.into_iter(), member: self.member, sink: self.sink })
            }
            Kind::Map(mut entries) => {
                // Sorted, so that the value is the same however its members were ordered, in every build of `serde_json`.
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                visitor.visit_map(Members::new(entries, None, self.sink))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Kind::Bool(b) = self.node.kind {
            return visitor.visit_bool(b);
        }
        self.wrong("a truth value");
        visitor.visit_bool(false)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.whole().and_then(|whole| u32::try_from(whole).ok());
        if value.is_none() {
            self.wrong("a positive whole number");
        }
        visitor.visit_u32(value.unwrap_or_default())
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.whole().and_then(|whole| i64::try_from(whole).ok());
        if value.is_none() {
            self.wrong("a whole number");
        }
        visitor.visit_i64(value.unwrap_or_default())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "JSON numbers are floats; bounds beyond 2^53 are rounded by everyone"
    )]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value =
            if let Kind::Float(float) = self.node.kind { Some(float) } else { self.whole().map(|whole| whole as f64) };
        if value.is_none() {
            self.wrong("a number");
        }
        visitor.visit_f64(value.unwrap_or_default())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let kind = core::mem::replace(&mut self.node.kind, Kind::Null);
        if let Kind::Text(text) = kind {
            return visitor.visit_string(text.into_owned());
        }
        self.node.kind = kind;
        self.wrong("a text");
        visitor.visit_string(String::new())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // A member that is written is never taken for absent.
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let kind = core::mem::replace(&mut self.node.kind, Kind::Null);
        let items = if let Kind::Seq(items) = kind {
            items
        } else {
            self.node.kind = kind;
            self.wrong("a list");
            Vec::new()
        };
        visitor.visit_seq(Items { items: items.into_iter(), member: self.member, sink: self.sink })
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let kind = core::mem::replace(&mut self.node.kind, Kind::Null);
        let entries = if let Kind::Map(entries) = kind {
            entries
        } else {
            self.node.kind = kind;
            self.wrong("a mapping");
            Vec::new()
        };
        visitor.visit_map(Members::new(entries, None, self.sink))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let kind = core::mem::replace(&mut self.node.kind, Kind::Null);
        let mut entries = if let Kind::Map(entries) = kind {
            entries
        } else {
            self.node.kind = kind;
            self.wrong("a mapping");
            Vec::new()
        };
        self.known(&mut entries, fields);
        let place = fields.contains(&PLACE).then_some(self.node.span);
        visitor.visit_map(Members::new(entries, place, self.sink))
    }

    /// One of several words, or a mapping with one of several members: as foreign types write their choices.
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let span = self.node.span;
        let kind = core::mem::replace(&mut self.node.kind, Kind::Null);
        let (key, value) = match kind {
            Kind::Text(text) => (text, None),
            Kind::Map(entries) if entries.len() == 1 => match entries.into_iter().next() {
                Some(entry) => (entry.key, Some(entry.value)),
                None => (Cow::Borrowed(""), None),
            },
            other @ (Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Uint(_)
            | Kind::Float(_)
            | Kind::Seq(_)
            | Kind::Map(_)) => {
                self.node.kind = other;
                self.wrong(&format!("one of {}", list(variants.iter().copied())));
                return Err(Error::custom(RECORDED));
            }
        };
        if !variants.contains(&key.as_ref()) {
            self.sink.poison(span, || {
                let message = format!("{} is none of the words known here", quote(&key));
                let near = self.sink.suggest(&key, variants.iter().copied());
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                Diagnostic::error("document.unknown_value", span, message)
                    .with_help(format!("{near}known are {}", list(variants.iter().copied())))
            });
            return Err(Error::custom(RECORDED));
        }
        let value = value.map(|node| Decoder { node, member: key.clone(), item: false, sink: self.sink });
        visitor.visit_enum(Choice { key, value })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match name {
            FOREIGN => {
                let items = vec![self.node].into_iter();
                visitor.visit_seq(Items { items, member: self.member, sink: self.sink })
            }
            SPANNED => visitor.visit_seq(Pair { span: Some(self.node.span), value: Some(self) }),
            ONE_OR_MANY => match &self.node.kind {
                Kind::Seq(items) => {
                    if items.is_empty() {
                        let span = self.node.span;
                        self.sink.poison(span, || {
                            let message = format!("{} is an empty list, which nothing can match", quote(&self.member));
                            Diagnostic::error("document.empty_list", span, message)
                                .with_help(format!("list at least one item, or leave {} out", quote(&self.member)))
                        });
                    }
                    visitor.visit_newtype_struct(self)
                }
                Kind::Null => {
                    self.wrong("one item or a list");
                    visitor.visit_newtype_struct(self.with(Kind::Seq(Vec::new())))
                }
                Kind::Bool(_) | Kind::Int(_) | Kind::Uint(_) | Kind::Float(_) | Kind::Text(_) | Kind::Map(_) => {
                    let (span, member, sink) = (self.node.span, self.member, self.sink);
                    let node = Node { span, kind: Kind::Seq(vec![self.node]) };
                    visitor.visit_newtype_struct(Decoder { node, member, item: false, sink })
                }
            },
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u64 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The items of a list.
struct Items<'s, 'r> {
    items: std::vec::IntoIter<Node<'s>>,
    member: Cow<'s, str>,
    sink: &'r Sink,
}

impl<'de, 's: 'de> SeqAccess<'de> for Items<'s, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let span = node.span;
        let result = seed.deserialize(Decoder { node, member: self.member.clone(), item: true, sink: self.sink });
        recorded(result, span, self.sink).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The members of a mapping, after its place if the type wants that.
struct Members<'s, 'r> {
    place: Option<Span>,
    entries: std::vec::IntoIter<Entry<'s>>,
    value: Option<(Cow<'s, str>, Node<'s>)>,
    sink: &'r Sink,
}

impl<'s, 'r> Members<'s, 'r> {
    fn new(entries: Vec<Entry<'s>>, place: Option<Span>, sink: &'r Sink) -> Self {
        Self { place, entries: entries.into_iter(), value: None, sink }
    }
}

impl<'de, 's: 'de> MapAccess<'de> for Members<'s, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.place.is_some() {
            return seed.deserialize(PLACE.into_deserializer()).map(Some);
        }
        let Some(entry) = self.entries.next() else { return Ok(None) };
        let key: CowStrDeserializer<'_, Error> = entry.key.clone().into_deserializer();
        self.value = Some((entry.key, entry.value));
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        if let Some(span) = self.place.take() {
            return seed.deserialize(SeqDeserializer::new([span.file, span.line, span.column].into_iter()));
        }
        match self.value.take() {
            Some((member, node)) => {
                let span = node.span;
                recorded(seed.deserialize(Decoder { node, member, item: false, sink: self.sink }), span, self.sink)
            }
            None => Err(Error::custom("a value was asked for before its key")),
        }
    }
}

/// Place and value of a [`super::schema::Spanned`].
struct Pair<'s, 'r> {
    span: Option<Span>,
    value: Option<Decoder<'s, 'r>>,
}

impl<'de, 's: 'de> SeqAccess<'de> for Pair<'s, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if let Some(span) = self.span.take() {
            let place = SeqDeserializer::new([span.file, span.line, span.column].into_iter());
            return seed.deserialize(place).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value)).transpose()
    }
}

/// A choice of an enumeration, with its content if it has any.
struct Choice<'s, 'r> {
    key: Cow<'s, str>,
    value: Option<Decoder<'s, 'r>>,
}

impl<'de, 's: 'de, 'r> EnumAccess<'de> for Choice<'s, 'r> {
    type Error = Error;
    type Variant = Content<'s, 'r>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Error> {
        let key: CowStrDeserializer<'_, Error> = self.key.into_deserializer();
        Ok((seed.deserialize(key)?, Content(self.value)))
    }
}

/// The content of a choice.
struct Content<'s, 'r>(Option<Decoder<'s, 'r>>);

impl<'s, 'r> Content<'s, 'r> {
    fn required(self) -> Result<Decoder<'s, 'r>, Error> {
        self.0.ok_or_else(|| Error::custom("this word needs a content: write `word: content`"))
    }
}

impl<'de, 's: 'de> VariantAccess<'de> for Content<'s, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(Error::custom("this word has no content: write it alone")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let content = self.required()?;
        let (span, sink) = (content.node.span, content.sink);
        recorded(seed.deserialize(content), span, sink)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.required()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.required()?.deserialize_struct("", fields, visitor)
    }
}
