//! The payload of a security event token, read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::event::{Change, Direction, EventKind, SecurityEvent};
use super::subject::{Class, Member, SubjectId, Target};
use crate::Limits;
use crate::lifecycle::RiskLevel;
use crate::time::Timestamp;

/// The payload of a security event token that the host has verified.
///
/// The only way to make one is [`VerifiedSet::assert_verified`].
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedSet(Map<String, Value>);

impl VerifiedSet {
    /// The host vouches that it has checked signature, issuer (a transmitter that it trusts, for this stream), audience and the
    /// token type `secevent+jwt`, and that no member occurs twice in the JSON text.
    #[must_use]
    pub const fn assert_verified(payload: Map<String, Value>) -> Self {
        Self(payload)
    }
}

/// Why a payload is no event. The host must answer the transmitter with an error: nothing of the event was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// A member that must be there.
    #[error("the security event has no `{0}`")]
    Missing(&'static str),
    /// A member of the wrong shape.
    #[error("`{member}` of the security event must be {wanted}")]
    Malformed {
        /// Which.
        member: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// `exp` or `sub`: it may be an access token or ID token that is passed off as an event (RFC 8417 section 4.5).
    #[error("a security event has neither `exp` nor `sub`")]
    Confusable,
    /// None, or several: then it is not clear what the time and the subject belong to.
    #[error("a security event token carries exactly one event, not {0}")]
    NotOneEvent(usize),
    /// A subject identifier in a format that is not known.
    #[error("the subject format `{0}` is not known")]
    UnknownFormat(String),
    /// More than a limit allows.
    #[error("`{member}` of the security event has more than {limit} items or bytes")]
    TooLarge {
        /// Which.
        member: &'static str,
        /// The limit.
        limit: usize,
    },
}

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";

/// Reads an event that was received at a time by the host's clock. One that claims a later time counts as sent then: it would outlive
/// every answer to it.
///
/// # Errors
/// It is malformed, unclear or too large.
pub fn parse(set: &VerifiedSet, received_at: Timestamp, limits: &Limits) -> Result<SecurityEvent, SetError> {
    let reader = Reader { limits };
    let payload = &set.0;
    if payload.contains_key("exp") || payload.contains_key("sub") {
        return Err(SetError::Confusable);
    }
    let issuer = reader.text(payload, "iss", "iss")?;
    let id = reader.text(payload, "jti", "jti")?;
    let issued_at = time(payload.get("iat"), "iat")?.ok_or(SetError::Missing("iat"))?.min(received_at);
    let events = object(payload.get("events"), "events")?;
    let mut types = events.iter();
    let (Some((uri, event)), None) = (types.next(), types.next()) else {
        return Err(SetError::NotOneEvent(events.len()));
    };
    let event = object(Some(event), "events")?;
    // RFC 8417 puts the time of an event into `toe`, CAEP into `event_timestamp`. An event cannot be later than its telling; one
    // that claims to be would outlive every answer to it.
    let told = match time(event.get("event_timestamp"), "event_timestamp")? {
        Some(told) => Some(told),
        None => time(payload.get("toe"), "toe")?,
    };
    let at = told.map_or(issued_at, |told| told.min(issued_at));
    // Older RISC transmitters put the subject into the event.
    let subject = payload.get("sub_id").or_else(|| event.get("subject")).ok_or(SetError::Missing("sub_id"))?;
    let initiator = event.get("initiating_entity").and_then(Value::as_str);
    Ok(SecurityEvent {
        issuer: issuer.into(),
        id: id.into(),
        issued_at,
        at,
        subject: reader.subject(subject)?,
        kind: reader.kind(uri, event)?,
        initiator: initiator.map(|who| who.chars().take(64).collect::<String>().into()),
    })
}

struct Reader<'l> {
    limits: &'l Limits,
}

impl Reader<'_> {
    fn kind(&self, uri: &str, event: &Map<String, Value>) -> Result<EventKind, SetError> {
        if uri.len() > self.limits.id_bytes {
            return Err(SetError::TooLarge { member: "events", limit: self.limits.id_bytes });
        }
        if let Some(name) = uri.strip_prefix(CAEP) {
            return self.caep(uri, name, event);
        }
        Ok(match uri.strip_prefix(RISC) {
            Some("sessions-revoked") => EventKind::SessionRevoked,
            Some("account-disabled") => EventKind::AccountDisabled,
            Some("account-enabled") => EventKind::AccountEnabled,
            Some("account-purged") => EventKind::AccountPurged,
            Some("credential-compromise") => EventKind::CredentialCompromised,
            Some("account-credential-change-required") => EventKind::CredentialChangeRequired,
            Some(_) | None => EventKind::Other(uri.into()),
        })
    }

    /// A word that is not known is taken for the most restrictive one: the transmitter knows why it says something.
    fn caep(&self, uri: &str, name: &str, event: &Map<String, Value>) -> Result<EventKind, SetError> {
        Ok(match name {
            "session-revoked" => EventKind::SessionRevoked,
            "token-claims-change" => {
                let claims = object(event.get("claims"), "claims")?;
                if claims.len() > self.limits.signal_claims {
                    return Err(SetError::TooLarge { member: "claims", limit: self.limits.signal_claims });
                }
                let limit = self.limits.id_bytes;
                if claims.iter().any(|(name, value)| name.len() + weight(value, 0) > limit) {
                    return Err(SetError::TooLarge { member: "claims", limit });
                }
                EventKind::ClaimsChanged(claims.iter().map(|(k, v)| (k.as_str().into(), v.clone())).collect())
            }
            "credential-change" => EventKind::CredentialChanged {
                credential: self.text(event, "credential_type", "credential_type")?.into(),
                change: match self.text(event, "change_type", "change_type")? {
                    "create" => Change::Create,
                    "update" => Change::Update,
                    "delete" => Change::Delete,
                    _ => Change::Revoke,
                },
            },
            "assurance-level-change" => EventKind::AssuranceChanged {
                namespace: self.text(event, "namespace", "namespace")?.into(),
                level: self.text(event, "current_level", "current_level")?.into(),
                direction: match event.get("change_direction").and_then(Value::as_str) {
                    None => None,
                    Some("increase") => Some(Direction::Increase),
                    Some(_) => Some(Direction::Decrease),
                },
            },
            "device-compliance-change" => EventKind::ComplianceChanged {
                compliant: self.text(event, "current_status", "current_status")? == "compliant",
            },
            "risk-level-change" => EventKind::RiskChanged {
                level: match self.text(event, "current_level", "current_level")? {
                    "LOW" => RiskLevel::Low,
                    "MEDIUM" => RiskLevel::Medium,
                    _ => RiskLevel::High,
                },
            },
            _ => EventKind::Other(uri.into()),
        })
    }

    /// A text that is not empty and no longer than an id may be.
    fn text<'v>(&self, members: &'v Map<String, Value>, name: &str, member: &'static str) -> Result<&'v str, SetError> {
        match members.get(name) {
            Some(Value::String(text)) if text.len() > self.limits.id_bytes => {
                Err(SetError::TooLarge { member, limit: self.limits.id_bytes })
            }
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            None | Some(Value::Null) => Err(SetError::Missing(member)),
            Some(_) => Err(SetError::Malformed { member, wanted: "a text that is not empty" }),
        }
    }

    fn subject(&self, value: &Value) -> Result<SubjectId, SetError> {
        let members = object(Some(value), "sub_id")?;
        if self.text(members, "format", "sub_id.format")? != "complex" {
            return Ok(SubjectId::of(BTreeMap::from([(Member::Whole, self.names(members, None)?)])));
        }
        let mut complex = BTreeMap::new();
        for (name, value) in members {
            let (member, class) = match name.as_str() {
                "format" => continue,
                "session" => (Member::Session, Class::Session),
                "device" => (Member::Device, Class::Device),
                "user" => (Member::User, Class::Subject),
                "application" => (Member::Application, Class::Subject),
                "group" => (Member::Group, Class::Group),
                "org_unit" => (Member::OrgUnit, Class::OrgUnit),
                "tenant" => (Member::Tenant, Class::Tenant),
                // It can only narrow the subject. Nothing can be compared with it, so the event reaches further than it says, and
                // what the event lifts is lifted for that narrower subject only.
                other => {
                    let text = value.to_string();
                    if other.len() + text.len() > self.limits.id_bytes {
                        return Err(SetError::TooLarge { member: "sub_id", limit: self.limits.id_bytes });
                    }
                    let (name, unknown) = (other.into(), vec![Target::new(Class::Other, None, &text)]);
                    complex.insert(Member::Other(name), unknown);
                    continue;
                }
            };
            complex.insert(member, self.names(object(Some(value), "sub_id")?, Some(class))?);
        }
        if complex.keys().all(|member| matches!(member, Member::Other(_))) {
            return Err(SetError::Malformed { member: "sub_id", wanted: "a subject with at least one known member" });
        }
        Ok(SubjectId::of(complex))
    }

    /// The names that a simple subject gives. `class` is that of the member that it stands in.
    fn names(&self, members: &Map<String, Value>, class: Option<Class>) -> Result<Vec<Target>, SetError> {
        let of = |own: Class, issuer: Option<&str>, id: &str| vec![Target::new(own, issuer, id)];
        // In a member that is no principal, every format names that.
        let is_principal = class.is_none_or(|class| class == Class::Subject);
        let principal = |own: Class| if is_principal { own } else { class.unwrap_or(own) };
        let text = |name, member| self.text(members, name, member);
        Ok(match text("format", "sub_id.format")? {
            "iss_sub" => of(principal(Class::Subject), Some(text("iss", "sub_id.iss")?), text("sub", "sub_id.sub")?),
            "email" => of(principal(Class::Email), None, text("email", "sub_id.email")?),
            "account" => of(principal(Class::Account), None, text("uri", "sub_id.uri")?),
            "phone_number" => of(principal(Class::Phone), None, text("phone_number", "sub_id.phone_number")?),
            "uri" => of(principal(Class::Subject), None, text("uri", "sub_id.uri")?),
            "did" => of(principal(Class::Subject), None, text("url", "sub_id.url")?),
            "jwt_id" => of(Class::Token, Some(text("iss", "sub_id.iss")?), text("jti", "sub_id.jti")?),
            "saml_assertion_id" => {
                let (issuer, id) = (text("issuer", "sub_id.issuer")?, text("assertion_id", "sub_id.assertion_id")?);
                of(Class::Token, Some(issuer), id)
            }
            "opaque" => {
                let id = text("id", "sub_id.id")?;
                match class {
                    Some(class) => of(class, None, id),
                    // It does not say what it names, so it may be any of these.
                    None => [Class::Session, Class::Subject, Class::Device, Class::Token]
                        .map(|class| Target::new(class, None, id))
                        .to_vec(),
                }
            }
            "ip-addresses" => self.each(members, "ip-addresses", |address| {
                let address = address
                    .as_str()
                    .ok_or(SetError::Malformed { member: "sub_id.ip-addresses", wanted: "a list of texts" })?;
                Ok(vec![Target::new(Class::Address, None, address)])
            })?,
            "aliases" => self.each(members, "identifiers", |alias| {
                let alias = object(Some(alias), "sub_id.identifiers")?;
                // RFC 9493 section 3.2.8: aliases do not nest, and neither does a complex subject.
                match self.text(alias, "format", "sub_id.format")? {
                    "aliases" | "complex" => {
                        Err(SetError::Malformed { member: "sub_id.identifiers", wanted: "simple subjects" })
                    }
                    _ => self.names(alias, class),
                }
            })?,
            other => return Err(SetError::UnknownFormat(other.chars().take(64).collect())),
        })
    }

    fn each(
        &self,
        members: &Map<String, Value>,
        name: &str,
        read: impl Fn(&Value) -> Result<Vec<Target>, SetError>,
    ) -> Result<Vec<Target>, SetError> {
        let wanted = || SetError::Malformed { member: "sub_id", wanted: "a list that is not empty" };
        let items = members.get(name).and_then(Value::as_array).filter(|items| !items.is_empty()).ok_or_else(wanted)?;
        if items.len() > self.limits.targets {
            return Err(SetError::TooLarge { member: "sub_id", limit: self.limits.targets });
        }
        let mut names = Vec::new();
        for item in items {
            names.extend(read(item)?);
        }
        Ok(names)
    }
}

fn object<'v>(value: Option<&'v Value>, member: &'static str) -> Result<&'v Map<String, Value>, SetError> {
    match value {
        Some(Value::Object(members)) => Ok(members),
        None | Some(Value::Null) => Err(SetError::Missing(member)),
        Some(_) => Err(SetError::Malformed { member, wanted: "an object" }),
    }
}

/// A NumericDate; parts of a second are dropped.
fn time(value: Option<&Value>, member: &'static str) -> Result<Option<Timestamp>, SetError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| value.as_f64().filter(|f| f.abs() < 9e15).map(|f| f.floor() as i64));
    let time = whole.and_then(|seconds| Timestamp::new(seconds, 0));
    time.map(Some).ok_or(SetError::Malformed { member, wanted: "a number of seconds since 1970" })
}

/// About how many bytes a value takes. Recursion goes as deep as the value; beyond 64 levels everything is too large.
fn weight(value: &Value, depth: usize) -> usize {
    if depth > 64 {
        return usize::MAX / 2;
    }
    let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.fold(16, usize::saturating_add);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 16,
        Value::String(text) => text.len().saturating_add(16),
        Value::Array(items) => sum(&mut items.iter().map(|item| weight(item, depth + 1))),
        Value::Object(members) => {
            sum(&mut members.iter().map(|(name, item)| name.len().saturating_add(weight(item, depth + 1))))
        }
    }
}
