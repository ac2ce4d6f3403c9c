//! Rich authorisation requests (RFC 9396).

use serde_json::{Map, Value};

use super::claims::{list, text};
use super::{ClaimError, VerifiedClaims};
use crate::Limits;

/// One item of `authorization_details`.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationDetail {
    /// `type`, which says what the other members mean.
    pub kind: String,
    /// `locations`.
    pub locations: Option<Vec<String>>,
    /// `actions`.
    pub actions: Option<Vec<String>>,
    /// `datatypes`.
    pub datatypes: Option<Vec<String>>,
    /// `identifier`.
    pub identifier: Option<String>,
    /// `privileges`.
    pub privileges: Option<Vec<String>>,
    /// The members that belong to the type.
    pub other: Map<String, Value>,
}

pub(super) fn read(claims: &VerifiedClaims, limits: &Limits) -> Result<Vec<AuthorizationDetail>, ClaimError> {
    const CLAIM: &str = "authorization_details";
    let items = match claims.get(CLAIM) {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(ClaimError::Malformed { claim: CLAIM, wanted: "a list of objects" }),
    };
    if items.len() > limits.targets {
        return Err(ClaimError::TooMany { claim: CLAIM, limit: limits.targets });
    }
    items.iter().map(detail).collect()
}

fn detail(item: &Value) -> Result<AuthorizationDetail, ClaimError> {
    const KNOWN: [&str; 6] = ["type", "locations", "actions", "datatypes", "identifier", "privileges"];
    let Value::Object(members) = item else {
        return Err(ClaimError::Malformed { claim: "authorization_details", wanted: "a list of objects" });
    };
    let kind = text(members.get("type"), "authorization_details.type")?;
    let own = members.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
    Ok(AuthorizationDetail {
        kind: kind.ok_or(ClaimError::Missing { claim: "authorization_details.type" })?.to_owned(),
        locations: list(members.get("locations"), "authorization_details.locations")?,
        actions: list(members.get("actions"), "authorization_details.actions")?,
        datatypes: list(members.get("datatypes"), "authorization_details.datatypes")?,
        identifier: text(members.get("identifier"), "authorization_details.identifier")?.map(str::to_owned),
        privileges: list(members.get("privileges"), "authorization_details.privileges")?,
        other: own.map(|(name, value)| (name.clone(), value.clone())).collect(),
    })
}
