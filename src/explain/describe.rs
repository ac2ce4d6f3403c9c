//! What are things called in explanations?
//!
//! Next room: `near`.

use super::Call;
use crate::engine::Engine;
use crate::evaluate::{KnownLabel, Scene};
use crate::label::Taxonomy;
use crate::request::{Request, Target};
use crate::rule::{ResourceHead, SubjectHead};
use crate::scope::Constraint;
use crate::value::Value;

/// `user ada`.
pub(super) fn link(request: &Request<'_>, at: usize) -> String {
    request.chain.get(at).map_or_else(String::new, |link| format!("{} {}", link.kind(), link.id()))
}

/// `tool tickets/read`.
pub(super) fn resource(request: &Request<'_>, at: usize) -> String {
    request.targets().get(at).map_or_else(String::new, target)
}

fn target(target: &Target<'_>) -> String {
    format!("{} {}", target.kind(), target.id())
}

pub(super) fn call(request: &Request<'_>, scene: Option<&Scene<'_, '_>>, engine: &Engine) -> Call {
    let taxonomy = engine.policy().vocabulary().taxonomy();
    let labelled = |(at, of): (usize, &Target<'_>)| {
        let thing = scene.and_then(|scene| scene.things.get(at));
        match thing.map(|thing| thing.label) {
            Some(KnownLabel::Label(label)) => format!("{} (label {})", target(of), taxonomy.describe(label)),
            Some(KnownLabel::Null) => format!("{} (no label: counts as top)", target(of)),
            Some(KnownLabel::Unknown) | None => target(of),
        }
    };
    Call {
        subject: link(request, 0),
        actors: (1..request.chain.len()).map(|at| link(request, at)).collect(),
        action: request.action().to_owned(),
        resources: request.targets().iter().enumerate().map(labelled).collect(),
    }
}

/// So many items of a list are shown.
const SHOWN: usize = 6;

/// The digest of the call, which an approval names.
pub(super) fn digest(request: &Request<'_>) -> String {
    request.call_digest().to_string()
}

/// Alternatives: `a, b or c`; a long list is cut.
pub(super) fn any_of(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(SHOWN);
    let mut text = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" or {more} more"));
    }
    text
}

/// `group finance`, `agent helpdesk-*`.
pub(super) fn subject_head(head: &SubjectHead) -> String {
    let mut parts = Vec::new();
    match (&head.kind, &head.id) {
        (Some(kind), Some(id)) => parts.push(format!("{kind} {id}")),
        (Some(kind), None) => parts.push(format!("any {kind}")),
        (None, Some(id)) => parts.push(id.to_string()),
        (None, None) => {}
    }
    parts.extend(head.group.as_ref().map(|group| format!("member of {group}")));
    parts.extend(head.blueprint.as_ref().map(|blueprint| format!("made from {blueprint}")));
    parts.join(" and ")
}

/// `document sharepoint:/sites/** in site finance`.
pub(super) fn resource_head(head: &ResourceHead, taxonomy: &Taxonomy) -> String {
    let mut parts = Vec::new();
    match (&head.kind, &head.id) {
        (Some(kind), Some(id)) => parts.push(format!("{kind} {id}")),
        (Some(kind), None) => parts.push(format!("any {kind}")),
        (None, Some(id)) => parts.push(id.to_string()),
        (None, None) => parts.push("anything".to_owned()),
    }
    parts.extend(head.container.as_ref().map(|container| format!("in {} {}", container.kind, container.id)));
    parts.extend(head.at_most.map(|label| format!("labelled at most {}", taxonomy.describe(label))));
    parts.extend(head.at_least.map(|label| format!("labelled at least {}", taxonomy.describe(label))));
    parts.join(" ")
}

/// `at most 5000`.
pub(super) fn constraint(bound: &Constraint) -> String {
    let mut parts = Vec::new();
    if !bound.matches.is_empty() {
        parts.push(any_of(bound.matches.iter().map(ToString::to_string)));
    }
    parts.extend(bound.at_least.map(|least| format!("at least {least}")));
    parts.extend(bound.at_most.map(|most| format!("at most {most}")));
    parts.join(" and ")
}

/// A value for people; long lists and maps only by their size. Long texts are cut.
pub(super) fn value(of: &Value<'_>, taxonomy: &Taxonomy) -> String {
    match of {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::String(text) => crate::diagnostic::quote(text),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::List(items) if items.len() <= SHOWN && items.iter().all(|item| matches!(item, Value::String(_))) => {
            format!("[{}]", items.iter().map(|item| value(item, taxonomy)).collect::<Vec<_>>().join(", "))
        }
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(map) => format!("a map of {}", map.entries().len()),
        Value::Timestamp(time) => time.to_string(),
        Value::Duration(length) => length.to_string(),
        Value::Label(label) => taxonomy.describe(*label),
        Value::Enum(all, place) => all.member(*place).to_owned(),
        Value::Type(name) => (*name).to_owned(),
    }
}
