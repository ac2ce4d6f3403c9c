//! What is sensitive in all texts of a JSON value, such as the arguments of a call, and the value without that.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::TypeError;
use super::findings::{Finding, Findings};
use super::kind::Confidence;
use super::scan::Scanner;

/// A text of a value: a name of a member, a text or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// JSON pointer of the value, or of the member whose name it is.
    pointer: String,
    is_name: bool,
    /// Where it lies in the texts as one.
    start: usize,
    end: usize,
}

/// What was found in the texts of a value.
///
/// All texts are looked at as one, names before what they name, so that evidence counts wherever it stands and a number that is spread over
/// two texts is found.
#[derive(Clone, Debug)]
pub struct Inspection<'s> {
    scanner: &'s Scanner,
    text: String,
    parts: Vec<Part>,
    found: Vec<Finding>,
}

/// A passage to remove: bytes `start..end` of a text of the value, and the types found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// JSON pointer of the text or number, or of the member whose name it is in.
    pub pointer: String,
    /// Whether it is in the name of the member.
    pub in_name: bool,
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// The types, in the order in which they were found; at least one.
    pub types: Vec<String>,
}

impl Scanner {
    /// Finds what is sensitive in all texts of a value: names of members, texts, numbers. Recursion goes as deep as the value.
    #[must_use]
    pub fn inspect(&self, value: &Value) -> Inspection<'_> {
        let mut collected = Collected { text: String::new(), parts: Vec::new() };
        collected.value(value, &mut String::new());
        let Collected { text, parts } = collected;
        let found = self.scan(&text).as_slice().to_vec();
        Inspection { scanner: self, text, parts, found }
    }

    /// Removes what is of these types, however sure that is, from all texts of a value; each passage is replaced by its types:
    /// `[credit-card]`. Answers what was removed. A number that holds a passage becomes a text.
    ///
    /// # Errors
    /// A type that this scanner does not know, and so cannot find; the value is left as it was.
    pub fn redact<T: AsRef<str>>(&self, value: &mut Value, types: &[T]) -> Result<Vec<Passage>, TypeError> {
        let passages = self.inspect(value).passages(types)?;
        let mut by_text: BTreeMap<(&str, bool), Vec<&Passage>> = BTreeMap::new();
        for passage in &passages {
            by_text.entry((&passage.pointer, passage.in_name)).or_default().push(passage);
        }
        replace(value, &mut String::new(), &by_text);
        Ok(passages)
    }
}

impl Inspection<'_> {
    /// The findings, in all texts as one.
    #[must_use]
    pub fn findings(&self) -> Findings<'_> {
        Findings::new(self.scanner, &self.text, self.found.clone())
    }

    /// For each type that was looked for the confidence of each different text that was found, the surest first; none for a type that was
    /// looked for in vain.
    #[must_use]
    pub fn confidences(&self) -> BTreeMap<&str, Vec<Confidence>> {
        let mut all: BTreeMap<&str, Vec<Confidence>> = self.scanner.ids().map(|id| (id, Vec::new())).collect();
        for (kind, confidence, count) in self.findings().counts() {
            let found = all.entry(kind).or_default();
            found.extend(core::iter::repeat_n(confidence, count));
            found.sort_unstable_by_key(|confidence| core::cmp::Reverse(*confidence));
        }
        all
    }

    /// The passages of these types, in the order of the texts; overlapping ones are merged, and one that is spread over several texts is
    /// a passage in each.
    ///
    /// # Errors
    /// A type that the scanner does not know.
    pub fn passages<T: AsRef<str>>(&self, types: &[T]) -> Result<Vec<Passage>, TypeError> {
        let mut wanted = Vec::with_capacity(types.len());
        for name in types {
            let (number, _) =
                self.scanner.find(name.as_ref()).ok_or_else(|| TypeError::Unknown(name.as_ref().to_owned()))?;
            wanted.push(number);
        }
        let all = self.findings();
        let redaction = all.filter(|finding| wanted.contains(&finding.kind)).redaction();
        let mut passages = Vec::new();
        let mut parts = self.parts.iter().peekable();
        for span in redaction.spans() {
            // Both ascend, and parts do not overlap; the last part that a span reaches may hold the next span too.
            while parts.next_if(|part| part.end <= span.start).is_some() {}
            for part in parts.clone().take_while(|part| part.start < span.end) {
                passages.push(Passage {
                    pointer: part.pointer.clone(),
                    in_name: part.is_name,
                    start: span.start.max(part.start) - part.start,
                    end: span.end.min(part.end) - part.start,
                    types: span.kinds.iter().map(|&kind| kind.to_owned()).collect(),
                });
            }
        }
        Ok(passages)
    }
}

/// The texts of a value, one after the other.
struct Collected {
    text: String,
    parts: Vec<Part>,
}

impl Collected {
    fn part(&mut self, text: &str, pointer: &str, is_name: bool) {
        let start = self.text.len();
        self.text.push_str(text);
        self.parts.push(Part { pointer: pointer.to_owned(), is_name, start, end: self.text.len() });
        self.text.push_str(if is_name { ": " } else { "\n" });
    }

    fn value(&mut self, value: &Value, pointer: &mut String) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.part(&number.to_string(), pointer, false),
            Value::String(text) => self.part(text, pointer, false),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let end = enter(pointer, &at.to_string());
                    self.value(item, pointer);
                    pointer.truncate(end);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let end = enter(pointer, name);
                    self.part(name, pointer, true);
                    self.value(member, pointer);
                    pointer.truncate(end);
                }
            }
        }
    }
}

/// Adds a step to a JSON pointer (RFC 6901); answers where it ended before.
fn enter(pointer: &mut String, step: &str) -> usize {
    let end = pointer.len();
    pointer.push('/');
    for letter in step.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(letter),
        }
    }
    end
}

/// A text with these passages replaced.
fn replaced(text: &str, passages: &[&Passage]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for passage in passages {
        out.push_str(text.get(kept..passage.start).unwrap_or_default());
        out.push_str(&format!("[{}]", passage.types.join(",")));
        kept = passage.end;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    out
}

fn replace(value: &mut Value, pointer: &mut String, passages: &BTreeMap<(&str, bool), Vec<&Passage>>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            if let Some(passages) = passages.get(&(pointer.as_str(), false)) {
                *value = Value::String(replaced(&number.to_string(), passages));
            }
        }
        Value::String(text) => {
            if let Some(passages) = passages.get(&(pointer.as_str(), false)) {
                *text = replaced(text, passages);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let end = enter(pointer, &at.to_string());
                replace(item, pointer, passages);
                pointer.truncate(end);
            }
        }
        Value::Object(members) => {
            for (name, mut member) in core::mem::take(members) {
                let end = enter(pointer, &name);
                replace(&mut member, pointer, passages);
                let renamed = passages.get(&(pointer.as_str(), true)).map(|passages| replaced(&name, passages));
                pointer.truncate(end);
                let mut name = renamed.unwrap_or(name);
                // Two names may have become one: nothing is lost by that.
                while members.contains_key(&name) {
                    name.push('_');
                }
                members.insert(name, member);
            }
        }
    }
}
