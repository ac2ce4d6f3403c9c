//! What does a JSON request ask? OpenID AuthZEN members into a [`Request`].
//!
//! Unknown members are ignored, as that standard demands, except inside `act`, where a misspelt one would silently drop a link
//! of the chain. Members that are understood must be of their type.
//!
//! Source: OpenID AuthZEN Authorization API 1.0, section 5; RFC 8693 section 4.1 and the OAuth actor profile for `act`.
//!
//! Next room: [`crate::decision`].

use std::borrow::Cow;

use super::content;
use super::digest::text_digest;
use super::json;
use super::{Defect, Link, Request, Target};
use crate::compile::Vocabulary;
use crate::diagnostic::quote;
use crate::fact::fit::fit;
use crate::fact::{Declaration, Origin, slot};
use crate::limits::Limits;
use crate::value::{Key, List, Map, Members, Value};

pub(super) type Read<T> = Result<T, Defect>;

impl<'a> Request<'a> {
    /// Reads an AuthZEN evaluation request. Never fails: what is malformed is a request that is denied, with the place and
    /// cause in its [`Defect`].
    #[must_use]
    pub fn from_json(bytes: &'a [u8], vocabulary: &Vocabulary) -> Self {
        let mut request = match json::parse(bytes, vocabulary.limits()) {
            Ok(value) => Self::from_value(value, vocabulary),
            Err(defect) => Self::malformed(defect),
        };
        if let Some(refusal) = &mut request.defect {
            refusal.bytes = Some(text_digest(bytes, vocabulary.limits()));
        }
        request
    }

    /// Reads a request that was parsed already; as [`Request::from_json`].
    #[must_use]
    pub fn from_value(value: Value<'a>, vocabulary: &Vocabulary) -> Self {
        let evaluation_id = evaluation_id(&value);
        let mut request = read(value, vocabulary).unwrap_or_else(Self::malformed);
        // The host's own id is repeated in the answer, and from the defaults of a batch in every one.
        if evaluation_id.as_ref().is_some_and(|id| id.len() > vocabulary.limits().id_bytes) {
            let cause = format!("has more than {} bytes", vocabulary.limits().id_bytes);
            request.refuse(Some(Defect::too_large("context.evaluation_id", cause)));
        } else {
            request.evaluation_id = evaluation_id;
        }
        request
    }
}

/// Parses JSON bytes within the limits of requests, for batches.
pub(crate) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Read<Value<'a>> {
    json::parse(bytes, limits)
}

/// The id under which the host wants to find the answer, even to a request that is malformed elsewhere.
fn evaluation_id<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    let Value::Map(request) = value else { return None };
    let Some(Value::Map(context)) = request.get("context") else { return None };
    if let Some(Value::String(id)) = context.get("evaluation_id") { Some(id.clone()) } else { None }
}

fn read<'a>(value: Value<'a>, vocabulary: &Vocabulary) -> Read<Request<'a>> {
    let mut request = object("request", Some(value))?;
    let mut subject = object("subject", request.take("subject"))?;
    let mut action = object("action", request.take("action"))?;
    let resource = object("resource", request.take("resource"))?;
    let mut context = object(
        "context",
        Some(request.take("context").unwrap_or(Value::Null)).filter(|v| !v.is_null()).or_else(empty),
    )?;

    let mut link = link_of("subject", &mut subject)?;
    let mut properties =
        object("subject.properties", subject.take("properties").filter(|v| !v.is_null()).or_else(empty))?;
    let act = properties.take("act");
    for (path, object) in
        [("request", &request), ("subject", &subject), ("subject.properties", &properties), ("context", &context)]
    {
        refuse_misplaced_act(path, object)?;
    }
    link.issuer = text_of("subject.properties.iss", properties.peek("iss"))?.map(Value::String);
    let mut action_properties =
        object("action.properties", action.take("properties").filter(|v| !v.is_null()).or_else(empty))?;
    let arguments = match action_properties.take("arguments") {
        Some(arguments) => Some(object("action.properties.arguments", Some(arguments))?),
        None => None,
    };
    let name = required("action.name", text_of("action.name", action.peek("name"))?)?;
    let mut asked = Request::new(link, name, target("resource", resource, vocabulary)?);
    for member in ["groups", "roles"] {
        for claim in texts(&format!("subject.properties.{member}"), properties.take(member).as_ref())? {
            asked = asked.claimed_group(claim);
        }
    }
    asked = actors(asked, act, vocabulary.limits())?;
    asked = asked.subject_properties(properties.into_map()).action_properties(action_properties.into_map());
    if let Some(arguments) = arguments {
        asked = asked.arguments(arguments.into_map());
    }
    asked = targets(asked, context.take("targets"), vocabulary)?;
    for supported in texts("context.supported_obligations", context.peek("supported_obligations"))? {
        asked = asked.supports(supported);
    }
    for (at, declaration) in (0u16..).zip(vocabulary.schema().declarations()) {
        if declaration.origin == Origin::Context {
            state(&mut asked, at, declaration, &context, vocabulary)?;
        }
    }
    if let Some(flow) = super::flow::read(context.peek("flow"), asked.all_arguments(), vocabulary)? {
        asked = asked.flowing(flow);
    }
    asked.stamp = vocabulary.stamp();
    Ok(asked)
}

/// Who acts stands in one place: in another, or otherwise spelt, it would silently be no link of the chain.
fn refuse_misplaced_act(path: &'static str, object: &Object<'_>) -> Read<()> {
    let is_act = |(key, _): &(Key<'_>, Value<'_>)| matches!(key, Key::String(key) if key.eq_ignore_ascii_case("act"));
    if object.entries.iter().any(is_act) {
        return Err(Defect::new(path, "has a member `act`: who acts is written as `subject.properties.act`"));
    }
    Ok(())
}

fn empty<'a>() -> Option<Value<'a>> {
    Some(Value::from(Map::default()))
}

/// An object whose members are taken one by one; the rest stays.
struct Object<'a> {
    entries: Vec<(Key<'a>, Value<'a>)>,
}

impl<'a> Object<'a> {
    fn peek(&self, name: &str) -> Option<&Value<'a>> {
        self.entries.iter().find(|(key, _)| matches!(key, Key::String(key) if key == name)).map(|(_, value)| value)
    }

    fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.entries.iter().position(|(key, _)| matches!(key, Key::String(key) if key == name))?;
        Some(self.entries.remove(at).1)
    }

    fn into_map(self) -> Map<'a> {
        // Members of an object are unique already.
        Map::new(self.entries).unwrap_or_default()
    }
}

fn object<'a>(path: &'static str, value: Option<Value<'a>>) -> Read<Object<'a>> {
    match value {
        Some(Value::Map(Members::Owned(map))) => Ok(Object { entries: map.into_entries() }),
        Some(Value::Map(Members::Borrowed(map))) => Ok(Object { entries: map.entries().to_vec() }),
        Some(_) => Err(Defect::new(path, "must be an object")),
        None => Err(Defect::new(path, "is missing")),
    }
}

pub(super) fn text_of<'a>(path: &str, value: Option<&Value<'a>>) -> Read<Option<Cow<'a, str>>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Defect::new(path.to_owned(), "must be a string")),
    }
}

pub(super) fn required<T>(path: impl Into<Cow<'static, str>>, value: Option<T>) -> Read<T> {
    value.ok_or_else(|| Defect::new(path, "is missing"))
}

pub(super) fn texts<'a>(path: &str, value: Option<&Value<'a>>) -> Read<Vec<Cow<'a, str>>> {
    let wrong = || Defect::new(path.to_owned(), "must be a list of strings");
    let items = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::List(items)) => items,
        Some(_) => return Err(wrong()),
    };
    items.iter().map(|item| if let Value::String(text) = item { Ok(text.clone()) } else { Err(wrong()) }).collect()
}

fn link_of<'a>(path: &str, object: &mut Object<'a>) -> Read<Link<'a>> {
    let part = |name: &str| {
        let path = format!("{path}.{name}");
        required(path.clone(), text_of(&path, object.peek(name))?)
    };
    let (kind, id) = (part("type")?, part("id")?);
    Ok(Link::new(kind, id))
}

/// Whose profile an actor has. Source: OAuth actor profile, `sub_profile`; `agent` is its shorter spelling.
fn profile(path: &str, written: Option<Cow<'_, str>>) -> Read<&'static str> {
    match written.as_deref() {
        // Whoever acts for somebody is an agent unless it says otherwise; agents are judged the most strictly.
        None | Some("ai_agent" | "agent") => Ok("agent"),
        Some("user") => Ok("user"),
        Some("agent_user") => Ok("agent_user"),
        Some("service" | "workload") => Ok("workload"),
        Some(other) => {
            let cause = format!("{} is no profile: write `ai_agent`, `agent_user`, `user` or `service`", quote(other));
            Err(Defect::new(path.to_owned(), cause))
        }
    }
}

fn actors<'a>(mut request: Request<'a>, act: Option<Value<'a>>, limits: &Limits) -> Read<Request<'a>> {
    let mut next = act;
    let mut depth = 0;
    let mut path = "subject.properties.act".to_owned();
    while let Some(act) = next.take() {
        depth += 1;
        if depth > limits.chain_depth {
            let cause = format!("the chain has more than {} actors", limits.chain_depth);
            return Err(Defect::too_large("subject.properties.act", cause));
        }
        let Value::Map(members) = act else { return Err(Defect::new(path, "must be an object")) };
        for (key, _) in members.entries() {
            let Key::String(key) = key else { continue };
            if !matches!(key.as_ref(), "iss" | "sub" | "sub_profile" | "act") {
                let cause =
                    format!("has a member {} that is not known: `iss`, `sub`, `sub_profile` and `act` are", quote(key));
                return Err(Defect::new(path, cause));
            }
        }
        let member = |name: &str| text_of(&format!("{path}.{name}"), members.get(name));
        let id = required(format!("{path}.sub"), member("sub")?)?;
        let kind = profile(&format!("{path}.sub_profile"), member("sub_profile")?)?;
        let mut actor = Link::new(kind, id);
        actor.issuer = member("iss")?.map(Value::String);
        request = request.actor(actor);
        next = match members.get("act") {
            Some(Value::Null) => return Err(Defect::new(format!("{path}.act"), "must be an object")),
            inner => inner.cloned(),
        };
        path.push_str(".act");
    }
    Ok(request)
}

fn target<'a>(path: &'static str, mut object: Object<'a>, vocabulary: &Vocabulary) -> Read<Target<'a>> {
    let link = link_of(path, &mut object)?;
    let target = Target { kind: link.kind, id: link.id, ..Target::new("", "") };
    let properties = match object.take("properties") {
        None | Some(Value::Null) => return Ok(target),
        Some(Value::Map(map)) => map,
        Some(_) => return Err(Defect::new(format!("{path}.properties"), "must be an object")),
    };
    let labelled = match properties.get("label") {
        None => target,
        Some(Value::Null) => target.unlabelled(),
        Some(Value::String(name)) if vocabulary.label(name).is_some() => target.labelled(vocabulary, name),
        Some(Value::String(name)) => {
            let cause = format!("{} is no label of the policy", quote(name));
            return Err(Defect::new(format!("{path}.properties.label"), cause));
        }
        Some(_) => return Err(Defect::new(format!("{path}.properties.label"), "must be the name of a label")),
    };
    Ok(labelled.properties((*properties).clone()))
}

fn targets<'a>(mut request: Request<'a>, value: Option<Value<'a>>, vocabulary: &Vocabulary) -> Read<Request<'a>> {
    let items = match value {
        None | Some(Value::Null) => return Ok(request),
        Some(Value::List(List::Owned(items))) => items,
        Some(Value::List(List::Borrowed(items))) => items.to_vec(),
        Some(_) => return Err(Defect::new("context.targets", "must be a list")),
    };
    let limit = vocabulary.limits().targets;
    if items.len() > limit {
        let cause = format!("there are {} targets, more than {limit}", items.len());
        return Err(Defect::too_large("context.targets", cause));
    }
    for item in items {
        let object = object("context.targets", Some(item))?;
        request = request.target(target("context.targets", object, vocabulary)?);
    }
    Ok(request)
}

/// States one fact of the context, if the request says anything of it.
fn state<'a>(
    request: &mut Request<'a>,
    at: u16,
    declaration: &Declaration,
    context: &Object<'a>,
    vocabulary: &Vocabulary,
) -> Read<()> {
    let path =
        if at == slot::NOW { "time" } else { declaration.path.strip_prefix("context.").unwrap_or(&declaration.path) };
    let mut parts = path.split('.');
    let mut value = parts.next().and_then(|first| context.peek(first));
    for part in parts {
        value = match value {
            None => None,
            // What is known to be absent has no members.
            Some(Value::Null) => Some(&Value::Null),
            Some(Value::Map(map)) => map.get(part),
            Some(_) => {
                let group = path.rsplit_once('.').map_or(path, |(group, _)| group);
                return Err(Defect::new(format!("context.{group}"), "must be an object"));
            }
        };
    }
    let Some(value) = value else { return Ok(()) };
    match fit(value.clone(), &declaration.ty, Some(vocabulary.taxonomy())) {
        Ok(value) => {
            content::check(at, &value, Some(vocabulary.limits()))?;
            request.put(at, value);
            Ok(())
        }
        Err(expected) => Err(Defect::new(format!("context.{path}"), format!("must be {expected}"))),
    }
}
