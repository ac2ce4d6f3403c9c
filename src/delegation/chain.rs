//! The identities of a chain: the subject, then `act` from the outside in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::claims::text;
use super::{ClaimError, Token, VerifiedClaims};
use crate::{Limits, name};

/// What kind of principal an identity is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A person.
    User,
    /// A software agent.
    Agent,
    /// The user account of an agent.
    AgentUser,
    /// A workload that is no agent.
    Workload,
    /// A profile that this library does not know.
    Other(String),
    /// The token does not say.
    Unstated,
}

impl Kind {
    /// The subject type by which requests name it; `None` where the token does not say.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        match self {
            Self::User => Some("user"),
            Self::Agent => Some("agent"),
            Self::AgentUser => Some("agent_user"),
            Self::Workload => Some("workload"),
            Self::Other(profile) => Some(profile),
            Self::Unstated => None,
        }
    }

    /// The kind that a `sub_profile` names. Source: the OAuth actor profile draft.
    fn of_profile(profile: &str) -> Self {
        match profile {
            "user" => Self::User,
            "ai_agent" | "agent" => Self::Agent,
            "agent_user" => Self::AgentUser,
            "service" | "workload" | "client_instance" => Self::Workload,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// One link of the chain. Two links are the same identity if issuer and id are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What it is.
    pub kind: Kind,
    /// Who names it; the token's issuer where the link does not say.
    pub issuer: Option<String>,
    /// Its id, checked by the naming rules.
    pub id: String,
    /// The OAuth client that it is, if `act` says so.
    pub client: Option<String>,
}

/// The subject of an RFC 9068 token.
pub(super) fn subject(claims: &VerifiedClaims, token: &Token, limits: &Limits) -> Result<Identity, ClaimError> {
    let id = claims.text("sub")?.ok_or(ClaimError::Missing { claim: "sub" })?;
    let kind = match claims.text("sub_profile")? {
        Some(profile) => Kind::of_profile(profile),
        None if id.starts_with("spiffe://") => Kind::Workload,
        None => Kind::Unstated,
    };
    identity(kind, token.issuer.clone(), id, None, "sub", limits)
}

/// The client as the actor, if it is not the subject itself (RFC 9068 section 2.2: a client that acts for itself is `sub`).
pub(super) fn client_as_actor(
    subject: &Identity,
    client: Option<&str>,
    token: &Token,
    limits: &Limits,
) -> Result<Option<Identity>, ClaimError> {
    let Some(client) = client.filter(|client| *client != subject.id) else { return Ok(None) };
    let named = Some(client.to_owned());
    identity(Kind::Agent, token.issuer.clone(), client, named, "client_id", limits).map(Some)
}

pub(super) fn identity(
    kind: Kind,
    issuer: Option<String>,
    id: &str,
    client: Option<String>,
    claim: &'static str,
    limits: &Limits,
) -> Result<Identity, ClaimError> {
    name::check_within(id, limits.id_bytes).map_err(|error| ClaimError::Name { claim, error })?;
    Ok(Identity { kind, issuer, id: id.to_owned(), client })
}

/// The actors of `act`, outermost first.
pub(super) fn actors(
    claims: &VerifiedClaims,
    issuer: Option<&str>,
    limits: &Limits,
) -> Result<Vec<Identity>, ClaimError> {
    let mut actors = Vec::new();
    let mut next = claims.get("act");
    while let Some(act) = next {
        if actors.len() >= limits.chain_depth {
            return Err(ClaimError::TooDeep { limit: limits.chain_depth });
        }
        let Value::Object(members) = act else {
            return Err(ClaimError::Malformed { claim: "act", wanted: "an object" });
        };
        actors.push(actor(members, issuer, limits)?);
        next = members.get("act");
    }
    Ok(actors)
}

fn actor(members: &Map<String, Value>, issuer: Option<&str>, limits: &Limits) -> Result<Identity, ClaimError> {
    const KNOWN: [&str; 5] = ["iss", "sub", "sub_profile", "client_id", "act"];
    if let Some(member) = members.keys().find(|member| !KNOWN.contains(&member.as_str())) {
        return Err(ClaimError::UnknownActMember { member: member.chars().take(64).collect() });
    }
    let sub = text(members.get("sub"), "act.sub")?.ok_or(ClaimError::Missing { claim: "act.sub" })?;
    let kind = match text(members.get("sub_profile"), "act.sub_profile")? {
        Some(profile) => Kind::of_profile(profile),
        None if sub.starts_with("spiffe://") => Kind::Workload,
        None => Kind::Unstated,
    };
    // RFC 7519 section 4.1.2: a `sub` is unique in the context of the token's issuer, unless `act` names another.
    let issuer = text(members.get("iss"), "act.iss")?.or(issuer).map(str::to_owned);
    let client = text(members.get("client_id"), "act.client_id")?.map(str::to_owned);
    identity(kind, issuer, sub, client, "act.sub", limits)
}

/// Bounds the chain and refuses an identity that occurs twice: such a chain says nothing true about who acts for whom.
pub(super) fn check(subject: &Identity, actors: &[Identity], limits: &Limits) -> Result<(), ClaimError> {
    if actors.len() > limits.chain_depth {
        return Err(ClaimError::TooDeep { limit: limits.chain_depth });
    }
    let mut seen = BTreeSet::new();
    match std::iter::once(subject).chain(actors).find(|link| !seen.insert((&link.issuer, &link.id))) {
        Some(link) => Err(ClaimError::Loop { id: link.id.clone() }),
        None => Ok(()),
    }
}
