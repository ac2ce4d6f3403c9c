//! What does a request say of what its session has seen? `context.flow` as a [`Stated`] flow.
//!
//! INVARIANT: what is left out is top, and so is a name that the policy does not have. A misspelt member of a label would silently lower
//! it, so inside labels unknown members are malformed; beside them they only leave something out, and are ignored as elsewhere.
//!
//! Next room: [`crate::decision`].

use std::borrow::Cow;

use super::Defect;
use super::read::{Read, required, text_of, texts};
use crate::compile::Vocabulary;
use crate::diagnostic::quote;
use crate::flow::{Confidentiality, FlowLabel, Input, Inputs, Integrity, LabelError, Lattice, Readers, Session};
use crate::flow::{Sources, Stated, StatedConsent, Trust, Words, parts};
use crate::label::Label;
use crate::value::{Key, Map, Value, value_to_json};

/// Parts of arguments times arguments through which a flow that is stated is followed. 262,144: each part may be a recipient who must
/// be cleared for each argument; less than a second with all audiences there can be.
const FOLLOWED: usize = 1 << 18;

/// The flow that the context states; none where it says nothing of it, or `null`.
pub(super) fn read(
    flow: Option<&Value<'_>>,
    arguments: Option<&Map<'_>>,
    vocabulary: &Vocabulary,
) -> Read<Option<Stated>> {
    let members = match flow {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Map(members)) => members,
        Some(_) => return Err(Defect::new("context.flow", "must be an object")),
    };
    let followed = arguments.map_or(0, |map| map.entries().len().saturating_mul(parts(map)));
    if followed > FOLLOWED {
        let cause = "they have too many parts to follow what flows through them";
        return Err(Defect::too_large("action.properties.arguments", cause));
    }
    let key = text_of("context.flow.session", members.get("session"))?;
    if key.is_some_and(|key| key.len() > vocabulary.limits().id_bytes) {
        let cause = format!("has more than {} bytes", vocabulary.limits().id_bytes);
        return Err(Defect::too_large("context.flow.session", cause));
    }
    let words = vocabulary.words();
    // A fact of that name; beside labels it can only raise them.
    let also = match members.get("label") {
        Some(Value::String(name)) => words.taxonomy().get(name).unwrap_or(Label::TOP),
        Some(_) | None => Label::BOTTOM,
    };
    let label = labels(members.get("labels"), words)?.map(|mut label| {
        label.confidentiality.label = label.confidentiality.label.join(also);
        label
    });
    let stated = Stated {
        label,
        inputs: provenance(members.get("provenance"), words)?,
        prompt: text_of("context.flow.prompt", members.get("prompt"))?.map(Into::into),
        tools: match members.get("tools") {
            None | Some(Value::Null) => None,
            tools => Some(texts("context.flow.tools", tools)?.into_iter().map(Into::into).collect()),
        },
        is_withheld: match members.get("withheld") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(withheld)) => *withheld,
            Some(_) => return Err(Defect::new("context.flow.withheld", "must be `true` or `false`")),
        },
        consents: consents(members.get("consents"))?,
        ..Stated::new(words.stamp())
    };
    Ok(Some(stated))
}

/// The join of one label or of a list of them, if there are any.
fn labels(written: Option<&Value<'_>>, words: &Words) -> Read<Option<FlowLabel>> {
    const PATH: &str = "context.flow.labels";
    match written {
        None | Some(Value::Null) => Ok(None),
        Some(Value::List(items)) => {
            few(PATH, items.len(), Stated::LABELS)?;
            let joined = items.iter().try_fold(FlowLabel::BOTTOM, |all, item| Ok(all.join(&label(PATH, item, words)?)));
            joined.map(Some)
        }
        Some(one) => label(PATH, one, words).map(Some),
    }
}

fn few(path: &str, count: usize, most: usize) -> Read<()> {
    if count > most {
        let cause = format!("there are {count} of them, more than {most}");
        return Err(Defect::too_large(path.to_owned(), cause));
    }
    Ok(())
}

/// A label as documents write it, or as [`Words::write`] does.
fn label(path: &str, written: &Value<'_>, words: &Words) -> Read<FlowLabel> {
    let Value::Map(members) = written else {
        return Err(Defect::new(
            path.to_owned(),
            "must be a label: an object with `label`, `readers`, `trust`, `origins`",
        ));
    };
    if members.get("version").is_some() {
        return match words.read(&value_to_json(written)) {
            Ok(label) => Ok(label),
            Err(LabelError::Version | LabelError::Unknown(..)) => Ok(FlowLabel::TOP),
            Err(error @ LabelError::Form) => Err(Defect::new(path.to_owned(), error.to_string())),
        };
    }
    for (key, _) in members.entries() {
        let Key::String(key) = key else { continue };
        if !matches!(key.as_ref(), "label" | "readers" | "trust" | "origins") {
            let cause = format!("a label has no member {}: write `label`, `readers`, `trust` or `origins`", quote(key));
            return Err(Defect::new(path.to_owned(), cause));
        }
    }
    let text = |name: &str| text_of(&format!("{path}.{name}"), members.get(name));
    let level = text("label")?.and_then(|name| words.taxonomy().get(&name));
    let audience = |name: &Cow<'_, str>| words.audience(name).unwrap_or(Readers::NOBODY);
    let origin = |name: &Cow<'_, str>| words.origin(name).unwrap_or(Sources::ALL);
    let readers = one_or_many(&format!("{path}.readers"), members.get("readers"))?;
    let readers = match (&*readers, level) {
        // Whoever is cleared for a label may read it, unless readers are named.
        ([], Some(_)) => Readers::ALL,
        ([], None) => Readers::NOBODY,
        (named, _) => Readers::join_all(named.iter().map(audience)),
    };
    let origins = one_or_many(&format!("{path}.origins"), members.get("origins"))?;
    let sources = if origins.is_empty() { Sources::ALL } else { Sources::join_all(origins.iter().map(origin)) };
    let trust = text("trust")?.and_then(|name| words.trust(&name)).unwrap_or(Trust::TOP);
    Ok(FlowLabel {
        confidentiality: Confidentiality { label: level.unwrap_or(Label::TOP), readers },
        integrity: Integrity { trust, sources },
    })
}

fn one_or_many<'a>(path: &str, written: Option<&Value<'a>>) -> Read<Vec<Cow<'a, str>>> {
    if let Some(Value::String(one)) = written { Ok(vec![one.clone()]) } else { texts(path, written) }
}

/// Where the values of arguments come from.
fn provenance(written: Option<&Value<'_>>, words: &Words) -> Read<Option<Inputs>> {
    const PATH: &str = "context.flow.provenance";
    let members = match written {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Map(members)) => members,
        Some(_) => return Err(Defect::new(PATH, "must be an object: inputs by argument")),
    };
    let input = |path: &str, written: &Value<'_>| {
        let word = if let Value::String(word) = written { Some(word.as_ref()) } else { None };
        match word {
            Some("prompt") => Ok(Input::Prompt),
            Some("context") => Ok(Input::Context),
            None if matches!(written, Value::Map(_)) => Ok(Input::Label(label(path, written, words)?)),
            Some(_) | None => {
                Err(Defect::new(path.to_owned(), "must be `prompt`, `context`, a label, or a list of these"))
            }
        }
    };
    let mut inputs = Inputs::new();
    for (key, written) in members.entries() {
        let Key::String(name) = key else { continue };
        let path = format!("{PATH}.{name}");
        let all = if let Value::List(items) = written {
            few(&path, items.len(), Stated::LABELS)?;
            if items.is_empty() {
                return Err(Defect::new(path, "has no input: write `prompt` for what the plan itself says"));
            }
            items.iter().map(|item| input(&path, item)).collect::<Read<Vec<Input>>>()?
        } else {
            vec![input(&path, written)?]
        };
        inputs.insert(name.to_string(), all);
    }
    Ok(Some(inputs))
}

fn consents(written: Option<&Value<'_>>) -> Read<Vec<StatedConsent>> {
    const PATH: &str = "context.flow.consents";
    let items = match written {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::List(items)) => items,
        Some(_) => return Err(Defect::new(PATH, "must be a list")),
    };
    few(PATH, items.len(), Session::CONSENTS)?;
    let one = |item: &Value<'_>| {
        let Value::Map(members) = item else {
            return Err(Defect::new(PATH, "must be objects with `ask`, `by`, `start`, `end`"));
        };
        let text = |name: &str| {
            let path = format!("{PATH}.{name}");
            required(path.clone(), text_of(&path, members.get(name))?)
        };
        let time = |name: &str| {
            let wrong = |_| Defect::new(format!("{PATH}.{name}"), "must be a time: RFC 3339 with an offset");
            text(name)?.parse().map_err(wrong)
        };
        let by = text("by")?.parse().map_err(|error| Defect::new(format!("{PATH}.by"), format!("{error}")))?;
        Ok(StatedConsent { ask: text("ask")?.into(), by, start: time("start")?, end: time("end")? })
    };
    items.iter().map(one).collect()
}
