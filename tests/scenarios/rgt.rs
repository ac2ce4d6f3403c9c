//! Usage rights.

use crate::read::reading;
use placet::protection::{Audience, Grant, Protection, Subject, SubjectKind, UsageRights, ai_use as may_use};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    match request["op"].as_str().unwrap_or_default() {
        "aiUse" => ai_use(given),
        "decode" => {
            let mask = given["mask"].as_u64().and_then(|mask| u32::try_from(mask).ok()).ok_or("no mask")?;
            Ok(decoded(UsageRights::from_mask(mask)))
        }
        "rights" => {
            let protection = protection(given)?;
            Ok(decoded(protection.rights(&subject(&given["subject"]))))
        }
        other => Err(format!("unknown op `{other}`")),
    }
}

fn decoded(rights: UsageRights) -> Value {
    let decoded = rights.decode();
    json!({"rights": decoded.rights, "flag": decoded.flags.first()})
}

fn ai_use(given: &Value) -> Result<Value, String> {
    let encrypted = given["encrypted"].as_bool().unwrap_or(true);
    let rights = encrypted.then(|| protection(given).map(|protection| protection.rights(&subject(&given["subject"]))));
    let answer = may_use(rights.transpose()?, reading());
    let word = |allowed: bool| if allowed { "allowed" } else { "withheld" };
    Ok(json!({
        "content": word(answer.content),
        "link": word(answer.link),
        "reported": answer.reason.is_some(),
    }))
}

const ASKING: &str = "the subject";

fn subject(value: &Value) -> Subject<'static> {
    let kind = match value["type"].as_str() {
        Some("agent" | "agentUser" | "agentIdentity") => SubjectKind::Agent,
        Some("guest") => SubjectKind::Guest,
        _ => SubjectKind::Member,
    };
    Subject { id: ASKING, kind, groups: &[] }
}

/// What protects the item of a case: rights listed for the subject, an audience, or a label's kind of protection.
fn protection(given: &Value) -> Result<Protection, String> {
    match given["label"]["protection"].as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("none") => return Ok(Protection::None),
        Some(kind) if kind.starts_with("user") => return Ok(Protection::UserDefined),
        Some(kind) if kind.starts_with("double") || kind == "dke" => return Ok(Protection::DoubleKey),
        Some(_) | None => {}
    }
    let both = UsageRights::VIEW.union(UsageRights::EXTRACT);
    let rights = match given["rights"].as_array() {
        Some(names) => names.iter().try_fold(UsageRights::NONE, |rights, name| {
            let name = name.as_str().unwrap_or_default();
            UsageRights::parse(name).map(|right| rights.union(right)).ok_or(format!("unknown right `{name}`"))
        })?,
        None => both,
    };
    let mut grants = Vec::new();
    match given["encryptedFor"].as_str() {
        None => grants.push(Grant { to: Audience::Named(ASKING.to_owned()), rights }),
        Some("allUsersInOrganisation") => grants.push(Grant { to: Audience::Organisation, rights }),
        Some("anyAuthenticatedUser" | "authenticatedUsers") => {
            grants.push(Grant { to: Audience::AnyAuthenticated, rights })
        }
        Some(other) => grants.push(Grant { to: Audience::Named(other.to_owned()), rights }),
    }
    if given["subject"]["named"].as_bool() == Some(true) {
        grants.push(Grant { to: Audience::Named(ASKING.to_owned()), rights });
    }
    Ok(Protection::AdminDefined(grants))
}
