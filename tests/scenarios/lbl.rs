//! Sensitivity labels: inheritance, replacement, label policies.

#![allow(clippy::wildcard_enum_match_arm, reason = "JSON has six kinds and one is meant")]

use crate::read::reading;
use std::collections::BTreeSet;

use placet::protection::{
    Attachment, Author, ContentFormat, Formats, Incoming, LabelId, LabelPolicy, LabelState, Labels, Method,
    Replacement, SensitivityLabel, Source, agent_labels, attachment_label, automatic_label, change_label,
    compute_inheritance, effective_settings, may_replace,
};
use serde_json::{Value, json};

/// The order that cases mean where they define none.
pub(crate) const USUAL: [&str; 5] = ["Public", "General", "Internal", "Confidential", "HC"];

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    let labels = labels(given, request)?;
    match request["op"].as_str().unwrap_or_default() {
        "inherit" => inherit(&labels, request),
        "autoLabel" => {
            let existing = state(&labels, &given["existing"])?;
            let found = ids(&labels, &given["auto"])?;
            let best =
                automatic_label(&labels, existing.as_ref().map(|e| e.label), &found, Formats::ALL, false, reading());
            Ok(put(&labels, existing, best, Source::Automatic { override_manual: false }))
        }
        "applyPolicyDefault" => {
            let incoming = id(&labels, &given["policyDefault"])?;
            Ok(put(&labels, state(&labels, &given["existing"])?, incoming, Source::PolicyDefault))
        }
        "saveToLibrary" => {
            let incoming = id(&labels, &given["libraryDefault"])?;
            Ok(put(&labels, state(&labels, &given["existing"])?, incoming, Source::LibraryDefault))
        }
        "attachInherit" => {
            let attachments = given["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
            let attachments = attachments.iter().map(|attachment| {
                let physical = attachment["physical"].as_bool().unwrap_or(true);
                Ok(Attachment { label: id(&labels, &attachment["label"])?, physical })
            });
            let attachments: Vec<Attachment> = attachments.collect::<Result<_, String>>()?;
            let incoming = attachment_label(&labels, &attachments, |_| true, reading());
            let incoming = incoming.map_err(|error| error.to_string())?;
            Ok(put(&labels, state(&labels, &given["email"])?, incoming, Source::Attachment))
        }
        "manualChange" => {
            let from = id(&labels, &given["from"])?.map(|label| LabelState::new(label, Method::Manual));
            let source = Source::Manual {
                author: Author::Human,
                justification: request["justification"].as_str().map(str::to_owned),
                justification_required: given["policy"]["justification"].as_bool().unwrap_or(false),
            };
            let to = id(&labels, &given["to"])?;
            Ok(result(change_label(&labels, from.as_ref(), to, &source, reading())))
        }
        "apply" => {
            let label = id(&labels, &given["label"])?.ok_or("no label")?;
            let incoming = Incoming { label, source: Source::Automatic { override_manual: false } };
            Ok(result(may_replace(&labels, None, &incoming, Formats::ALL, reading())))
        }
        "effectiveSettings" => {
            let policies = given["policies"].as_array().map(Vec::as_slice).unwrap_or_default();
            let policies: Vec<LabelPolicy> = policies
                .iter()
                .map(|policy| LabelPolicy {
                    order: policy["order"].as_i64().unwrap_or(0),
                    mandatory: policy["mandatory"].as_bool(),
                    ..LabelPolicy::default()
                })
                .collect();
            let effective = effective_settings(&policies, reading()).map_err(|error| error.to_string())?;
            Ok(effective.mandatory.map_or(
                json!({"mandatory": false}),
                |m| json!({"mandatory": m.value, "from": format!("order {}", m.from)}),
            ))
        }
        "agentResponseLabel" => {
            let optional = |value: &Value| -> Result<Vec<Option<LabelId>>, String> {
                Ok(ids(&labels, value)?.into_iter().map(Some).collect())
            };
            let embedded = optional(&given["agentEmbedded"])?;
            let sources = optional(&given["otherSourcesUsed"])?;
            let both = agent_labels(&embedded, id(&labels, &given["tenantDefault"])?, &sources, reading());
            let both = both.map_err(|error| error.to_string())?;
            Ok(json!({"contentLabel": name(&labels, both.content), "responseLabel": name(&labels, both.response)}))
        }
        other => Err(format!("unknown op `{other}`")),
    }
}

/// The labels of a case: those that it defines, else the usual ones, and those that it only mentions.
fn labels(given: &Value, request: &Value) -> Result<Labels, String> {
    let mut labels: Vec<SensitivityLabel> = match given["labels"].as_object() {
        Some(defined) => defined
            .iter()
            .map(|(id, value)| {
                let label = SensitivityLabel::new(id, value.as_i64().or(value["prio"].as_i64()).unwrap_or(0) * 10);
                match &value["formats"] {
                    Value::Null => label,
                    formats => label.for_formats(self::formats(formats)),
                }
            })
            .collect(),
        None => USUAL.iter().zip((0..).step_by(10)).map(|(id, priority)| SensitivityLabel::new(id, priority)).collect(),
    };
    let mut mentioned = BTreeSet::new();
    for value in [
        &given["existing"]["label"],
        &given["email"]["label"],
        &given["from"],
        &given["to"],
        &given["label"],
        &given["auto"],
        &given["policyDefault"],
        &given["libraryDefault"],
        &given["tenantDefault"],
        &given["agentEmbedded"],
        &given["otherSourcesUsed"],
        &request["inputs"],
    ] {
        mentioned.extend(texts(value));
    }
    for attachment in given["attachments"].as_array().map(Vec::as_slice).unwrap_or_default() {
        mentioned.extend(texts(&attachment["label"]));
    }
    // What is only mentioned has no order of its own; it ranks above the others, in order of its name.
    for (place, id) in (1..).zip(mentioned) {
        if labels.iter().all(|label| label.id != id) {
            labels.push(SensitivityLabel::new(id, 1_000 + place));
        }
    }
    let mut change = |id: &Value, change: &mut dyn FnMut(&mut SensitivityLabel)| {
        labels.iter_mut().filter(|label| Some(label.id.as_str()) == id.as_str()).for_each(change);
    };
    if let Some(lower) = given["lowerOrder"].as_bool() {
        change(&given["from"], &mut |label| label.priority = 5_001);
        change(&given["to"], &mut |label| label.priority = if lower { 5_000 } else { 5_002 });
    }
    let group = "the parent";
    if given["sameParent"].as_bool() == Some(true) {
        change(&given["from"], &mut |label| label.parent = Some(group.to_owned()));
        change(&given["to"], &mut |label| label.parent = Some(group.to_owned()));
        labels.push(SensitivityLabel::new(group, 4_999));
    }
    if given["isParent"].as_bool() == Some(true) {
        let parent = given["label"].as_str().ok_or("no label")?;
        labels.push(SensitivityLabel::new("a sublabel", 6_000).under(parent));
    }
    Labels::new(labels).map_err(|error| error.to_string())
}

fn inherit(labels: &Labels, request: &Value) -> Result<Value, String> {
    let inputs: Vec<Option<LabelId>> = ids(labels, &request["inputs"])?.into_iter().map(Some).collect();
    Ok(match compute_inheritance(labels, &inputs, formats(&request["formats"]), reading()) {
        Ok(inheritance) => json!({"label": name(labels, inheritance.label)}),
        Err(error) => json!({"error": error.code()}),
    })
}

fn formats(value: &Value) -> Formats {
    texts(value).into_iter().filter_map(ContentFormat::parse).collect()
}

/// One text or several.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn id(labels: &Labels, value: &Value) -> Result<Option<LabelId>, String> {
    Ok(ids(labels, value)?.first().copied())
}

fn ids(labels: &Labels, value: &Value) -> Result<Vec<LabelId>, String> {
    texts(value).into_iter().map(|id| labels.get(id).ok_or(format!("unknown label `{id}`"))).collect()
}

fn name(labels: &Labels, label: Option<LabelId>) -> Value {
    label.map_or(Value::Null, |label| json!(labels.id(label)))
}

fn state(labels: &Labels, value: &Value) -> Result<Option<LabelState>, String> {
    let Some(label) = id(labels, &value["label"])? else { return Ok(None) };
    let method = match value["method"].as_str() {
        Some("manual") | None => Method::Manual,
        Some("auto" | "automatic") => Method::Automatic,
        Some("default") => Method::Default,
        Some("inherited") => Method::Inherited,
        Some(other) => return Err(format!("unknown method `{other}`")),
    };
    Ok(Some(LabelState::new(label, method)))
}

/// The label of the item afterwards.
fn put(labels: &Labels, existing: Option<LabelState>, incoming: Option<LabelId>, source: Source) -> Value {
    let before = existing.as_ref().map(|existing| existing.label);
    let after = incoming
        .map(|label| Incoming { label, source })
        .filter(|incoming| may_replace(labels, existing.as_ref(), incoming, Formats::ALL, reading()).takes_effect());
    json!({"label": name(labels, after.map(|incoming| incoming.label).or(before))})
}

fn result(replacement: Replacement) -> Value {
    let result = match replacement {
        Replacement::Applied | Replacement::Replaced => "applied",
        Replacement::Kept => "kept",
        Replacement::JustificationRequired => "justification_required",
        Replacement::ApprovalRequired => "approval_required",
        Replacement::NotApplied => "not_applied",
    };
    json!({"result": result})
}
