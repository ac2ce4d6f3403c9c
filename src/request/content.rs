//! What does the call carry, and where does that go? What a scan found as facts, and the form of facts of content.
//!
//! Next room: `digest`.

use super::{Defect, Request};
use crate::fact::slot;
use crate::limits::Limits;
use crate::sensitive::Inspection;
use crate::value::{Key, Map, Value};

impl Request<'_> {
    /// States what was found in the content of the call (`content.sensitive`): every type that was looked for, also in vain. Where the
    /// content goes ([`slot::CONTENT_LOCATION`]), to whom and with which label are facts of their own.
    ///
    /// ```
    /// use placet::{Limits, Link, Request, Target, fact::slot, sensitive::{Scanner, catalogue}};
    /// let scanner = Scanner::new(&catalogue(), &Limits::default())?;
    /// let arguments = serde_json::json!({"to": "ada@example.com", "body": "card 4532667785213500 expires 09/27"});
    /// let request = Request::new(Link::agent("helper"), "tools/call", Target::tool("mail/send"))
    ///     .content(&scanner.inspect(&arguments))
    ///     .fact(slot::CONTENT_LOCATION, "exchange");
    /// assert!(request.defect().is_none());
    /// # Ok::<(), placet::sensitive::TypeError>(())
    /// ```
    #[must_use]
    pub fn content(mut self, found: &Inspection<'_>) -> Self {
        let types = found.confidences().into_iter().map(|(kind, confidences)| {
            let percents = confidences.into_iter().map(|confidence| Value::Int(i64::from(confidence.percent())));
            (Key::String(kind.to_owned().into()), percents.collect())
        });
        // The ids of a scanner's types are unique.
        self.put(slot::CONTENT_SENSITIVE, Value::from(Map::new(types.collect()).unwrap_or_default().opened()));
        self
    }
}

/// Whether there is more to be wrong with a fact than its type.
pub(super) const fn is_checked(at: u16) -> bool {
    matches!(at, slot::CONTENT_SENSITIVE | slot::CONTENT_RECIPIENTS)
}

/// What is wrong with a fact of content whose type fits; types of facts do not say all.
pub(super) fn check(at: u16, value: &Value<'_>, limits: Option<&Limits>) -> Result<(), Defect> {
    match at {
        slot::CONTENT_SENSITIVE => sensitive(value, limits),
        slot::CONTENT_RECIPIENTS => recipients(value),
        _ => Ok(()),
    }
}

fn sensitive(value: &Value<'_>, limits: Option<&Limits>) -> Result<(), Defect> {
    let Value::Map(types) = value else { return Ok(()) };
    if let Some(limit) = limits.map(|limits| limits.sensitive_types).filter(|limit| types.entries().len() > *limit) {
        return Err(Defect::too_large("context.content.sensitive", format!("there are more than {limit} types")));
    }
    let is_confidence = |item: &Value<'_>| matches!(item, Value::Int(1..=100));
    let is_list = |value: &Value<'_>| matches!(value, Value::List(items) if items.iter().all(is_confidence));
    if types.entries().iter().all(|(_, found)| is_list(found)) {
        return Ok(());
    }
    let cause = "must have a list for each type: the confidence, 1 to 100, of each different text that was found";
    Err(Defect::new("context.content.sensitive", cause))
}

/// One recipient an item: of several in one text, which is the domain would be left to chance.
fn recipients(value: &Value<'_>) -> Result<(), Defect> {
    let Value::List(items) = value else { return Ok(()) };
    let is_one = |text: &str| {
        let separates = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
        !text.is_empty() && !text.contains(separates) && text.matches('@').count() <= 1
    };
    if items.iter().all(|item| matches!(item, Value::String(text) if is_one(text))) {
        return Ok(());
    }
    Err(Defect::new("context.content.recipients", "must have one plain address or id in each item"))
}
