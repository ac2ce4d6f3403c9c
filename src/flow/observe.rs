//! What does an answer do to the session? It joins the context, and its trusted values become known.
//!
//! INVARIANT (laws C, D): the label of an answer is never below what the tool declares, what the host knows of it and, unless the
//! tool's answers are declared constant, its arguments; an answer above the clearance is not shown and does not enter the context.
//!
//! Next room: `stated`.

use std::sync::Arc;

use smallvec::SmallVec;

use super::check::{Call, Frame, added, answer_label, given};
use super::declaration::Declaration;
use super::lattice::Lattice;
use super::part::FlowLabel;
use super::session::Session;
use crate::time::Timestamp;
use crate::value::{Value, value_from_json};

/// What came back from a call that was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answered<'a> {
    /// What the tool answered.
    pub result: Option<&'a serde_json::Value>,
    /// The label that was stored with what it answered ([`super::Words::read`]); a stored label that cannot be read is top.
    pub stored: Option<FlowLabel>,
    /// Whether the host keeps the answer from the model, behind a handle.
    pub is_withheld: bool,
    /// What it read, in the host's own words: a path, an address, the id of a message. For explanations and for whoever is asked.
    pub document: Option<&'a str>,
    /// Of when that is.
    pub dated: Option<Timestamp>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The number of the step, by which later calls name what it answered.
    pub step: u32,
    /// The label of the answer as a whole.
    pub label: FlowLabel,
    /// Whether it may be shown to the model. Where it may not, it did not enter the context.
    pub is_shown: bool,
    /// The label to store with what the call wrote, so that it is found again when that is read, by whatever session.
    pub written: FlowLabel,
}

/// The session after a call that was made, and what became of its answer. `made` names the call, for its consents, and says when.
pub fn observe(
    call: &Call<'_>,
    declaration: &Arc<Declaration>,
    frame: &Frame<'_>,
    made: (&str, Option<Timestamp>),
    answered: &Answered<'_>,
) -> (Session, Observed) {
    let stored = answered.stored.unwrap_or(FlowLabel::BOTTOM);
    let base = added(call, frame).join(&stored);
    let label = declaration.output.whole().join(&base);
    let is_shown = !answered.is_withheld && label.flows_to(frame.session.clearance());
    // What a run writes is as its arguments are; where the host does not say which those are, as all it has seen.
    let written = given(call, frame).join(&call.touched);
    let mut session = frame.session.clone();
    if is_shown {
        session.enter(&label, frame.policy);
        if let Some(result) = answered.result {
            let mut walk = Walk { declaration, frame, base, left: Walk::PARTS };
            walk.values(result, &mut SmallVec::new(), &mut session);
        }
    }
    let step = session.next_step();
    session.step(declaration, &base, is_shown, made, (answered.document, answered.dated));
    (session, Observed { step, label, is_shown, written })
}

/// The label that the answer of a call will have, and the label of what the call writes.
#[must_use]
pub fn expect(call: &Call<'_>, frame: &Frame<'_>) -> (FlowLabel, FlowLabel) {
    (answer_label(call, frame), given(call, frame).join(&call.touched))
}

/// A way through an answer.
struct Walk<'w> {
    declaration: &'w Declaration,
    frame: &'w Frame<'w>,
    base: FlowLabel,
    left: usize,
}

impl Walk<'_> {
    /// Parts of an answer that are looked at for trusted values.
    const PARTS: usize = 10_000;

    /// Remembers the trusted values of an answer. Recursion goes as deep as the answer, which whoever parsed it bounds.
    fn values<'v>(&mut self, part: &'v serde_json::Value, path: &mut SmallVec<[Index<'v>; 8]>, session: &mut Session) {
        if self.left == 0 || path.len() > 64 {
            return;
        }
        self.left -= 1;
        match part {
            serde_json::Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    path.push(Index::Item(at.to_string()));
                    self.values(item, path, session);
                    path.pop();
                }
            }
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    path.push(Index::Member(name));
                    self.values(member, path, session);
                    path.pop();
                }
            }
            serde_json::Value::String(_) | serde_json::Value::Number(_) => self.value(part, path, session),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
    }

    fn value(&self, part: &serde_json::Value, path: &[Index<'_>], session: &mut Session) {
        let segments: SmallVec<[&str; 8]> = path.iter().map(Index::as_str).collect();
        let field = self.declaration.output.field(&segments);
        let own = field.map_or(self.declaration.output.label, |field| field.label);
        let label = own.join(&self.base);
        if self.frame.policy.words.is_above_lowest(label.integrity.trust) {
            let domain = field.and_then(|field| field.domain.as_deref());
            let value: Value<'_> = value_from_json(part);
            session.trust(domain, &value, &label, self.frame.policy);
            let is_list = field.map_or(self.declaration.output.is_list, |field| field.is_list);
            if let (true, Some(text)) = (is_list, part.as_str()) {
                items(text, &mut |item| session.trust(domain, &item.into(), &label, self.frame.policy));
            }
        }
    }
}

/// The values that a text lists: each line without its bullet or number, what stands behind its first colon, and the parts of
/// either between commas and semicolons.
fn items<'t>(text: &'t str, each: &mut dyn FnMut(&'t str)) {
    for line in text.lines() {
        let line = bare(line);
        let value = line.split_once(": ").map(|(_, value)| value.trim());
        for whole in [Some(line), value].into_iter().flatten() {
            each(whole);
            // With a blank behind them: `1,200` is one number.
            let parts = || whole.split(", ").flat_map(|part| part.split("; ")).map(str::trim);
            if parts().nth(1).is_some() {
                parts().for_each(&mut *each);
            }
        }
    }
}

/// A line without what only marks it as one of a list.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let figures = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = figures.strip_prefix(". ").or_else(|| figures.strip_prefix(") "));
    let bullet = || ["- ", "* ", "\u{2022} "].iter().find_map(|bullet| line.strip_prefix(bullet));
    numbered.filter(|_| figures.len() < line.len()).or_else(bullet).unwrap_or(line).trim()
}

/// A segment of a path.
enum Index<'v> {
    Item(String),
    Member(&'v str),
}

impl Index<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Item(at) => at,
            Self::Member(name) => name,
        }
    }
}
