//! Which facts does the host declare, and what does an absent fact count as?

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Check;
use crate::diagnostic::Span;
use crate::diagnostic::quote;
use crate::document::schema::{AssumeItem, Place, Text};
use crate::document::validated::Assumption;
use crate::fact::fit::fit;
use crate::fact::{INSIDER_RISK, Origin, RISK, Schema, Type, slot};
use crate::label::Taxonomy;
use crate::value::value_from_json;

/// What a document writes for the type of a fact.
const TYPES: &str = "`bool`, `int`, `uint`, `double`, `string`, `timestamp`, `duration`, `label`, `risk`, `insider_risk`, `list(...)` or `map`";
/// Nesting of `list(...)`: nobody needs more, and recursion ends.
const TYPE_DEPTH: usize = 8;

impl Check<'_> {
    pub(super) fn schema(&self) -> Schema {
        let mut schema = Schema::default();
        // By name, so that slots do not depend on the order of documents.
        let mut facts: BTreeMap<&str, &Text> = BTreeMap::new();
        let mut places: BTreeMap<&str, Span> = BTreeMap::new();
        for (name, ty) in self.documents.iter().flat_map(|d| &d.facts) {
            self.unique(&mut places, name.as_str(), ty.span, || format!("the fact {}", quote(name)));
            facts.insert(name, ty);
        }
        for (name, written) in &facts {
            let place = Place(written.span);
            if !is_path(name) {
                self.error("document.fact", place, &format!("{} is no name of a fact", quote(name)), || {
                    "write letters, digits and `_`, not a digit first, with `.` between parts".to_owned()
                });
                continue;
            }
            let Some(ty) = parse_type(&written.value, TYPE_DEPTH) else {
                self.error_about("document.fact", written, "is no type of a fact", || format!("write {TYPES}"));
                continue;
            };
            if self.clashes(name, &facts, &schema) {
                let message = format!("the fact {} overlaps with another fact", quote(name));
                self.error("document.fact", place, &message, || {
                    "choose another name: facts that every request can carry are built in, and no fact lies within another"
                        .to_owned()
                });
            } else if schema.declare(name, ty).is_none() {
                self.error("document.too_large", place, "there are too many facts", || "declare fewer".to_owned());
            }
        }
        schema
    }

    /// Whether a fact of this name could not be told from another, a part of it, or what it is a part of.
    fn clashes(&self, name: &str, facts: &BTreeMap<&str, &Text>, schema: &Schema) -> bool {
        let path = format!("context.{name}");
        let parents = || name.match_indices('.').filter_map(|(at, _)| name.get(..at));
        let within = |parent: &str| facts.contains_key(parent) || schema.find(&format!("context.{parent}")).is_some();
        let inner = format!("{name}.");
        let contains_declared =
            facts.range(inner.as_str()..).next().is_some_and(|(other, _)| other.starts_with(&inner));
        // Built-in facts of the context are read under their own path as well.
        let is_builtin = |path: &str| schema.find(path).is_some_and(|slot| usize::from(slot) < slot::COUNT);
        let contains_builtin = schema
            .declarations()
            .iter()
            .take(slot::COUNT)
            .any(|d| d.origin == Origin::Context && d.path.strip_prefix(name).is_some_and(|r| r.starts_with('.')));
        is_builtin(&path) || parents().any(within) || contains_declared || contains_builtin
    }

    pub(super) fn assumptions(&self, schema: &Schema, taxonomy: &Taxonomy) -> Vec<Assumption> {
        let mut places: BTreeMap<u16, Span> = BTreeMap::new();
        let mut assumptions: Vec<Assumption> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.assume) {
            let Some(slot) = self.assumed_slot(item, schema) else { continue };
            self.unique(&mut places, slot, item.fact.span, || {
                format!("an assumption about {}", quote(schema.path(slot)))
            });
            let reason = self.required(item.reason.as_ref(), item.place, "an assumption", "reason");
            let value = self.required(item.value.as_ref(), item.place, "an assumption", "value");
            let (Some(reason), Some(value), Some(declared)) = (reason, value, schema.get(slot)) else { continue };
            match fit(value_from_json(&value.value), &declared.ty, Some(taxonomy)) {
                Ok(value) => assumptions.push(Assumption { slot, value, reason: reason.value.clone() }),
                Err(expected) => {
                    let message = format!("the fact {} is {expected}", quote(schema.path(slot)));
                    self.error("document.assume", Place(value.span), &message, || {
                        format!("write a value of that type, not `{}`", shown(&value.value))
                    });
                }
            }
        }
        assumptions.sort_by_key(|a| a.slot);
        assumptions
    }

    fn assumed_slot(&self, item: &AssumeItem, schema: &Schema) -> Option<u16> {
        if !self.written(&item.fact, item.place, "an assumption", "fact") {
            return None;
        }
        let Some(slot) = schema.find(&item.fact.value) else {
            self.dangling(&item.fact, "fact", schema.paths());
            return None;
        };
        let assumable = schema.get(slot).is_some_and(|d| d.origin == Origin::Context) && slot != slot::NOW;
        if !assumable {
            self.error_about("document.assume", &item.fact, "cannot be assumed", || {
                "who acts, on what and when must be known; assume signals of the context only".to_owned()
            });
        }
        assumable.then_some(slot)
    }
}

/// A JSON value for a message.
fn shown(json: &Json) -> String {
    let mut text = json.to_string();
    if text.len() > 80 {
        text = text.chars().take(60).collect::<String>() + "...";
    }
    text
}

fn is_path(name: &str) -> bool {
    let part = |part: &str| {
        let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let first = part.bytes().next().is_some_and(|b| !b.is_ascii_digit());
        // The only words that CEL keeps from following a dot.
        letters && first && !matches!(part, "true" | "false" | "null" | "in")
    };
    name.len() <= 256 && name.split('.').all(part)
}

fn parse_type(text: &str, depth: usize) -> Option<Type> {
    if let Some(item) = text.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')')) {
        return Some(Type::List(Box::new(parse_type(item.trim(), depth.checked_sub(1)?)?)));
    }
    Some(match text {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "label" => Type::Label,
        "risk" => Type::Enum(&RISK),
        "insider_risk" => Type::Enum(&INSIDER_RISK),
        "map" => Type::Map(Box::new(Type::Dyn)),
        _ => return None,
    })
}
