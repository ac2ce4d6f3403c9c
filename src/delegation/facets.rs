//! Entra's three access modes, told apart by `idtyp` and the facets.
//!
//! | mode | `idtyp` | `xms_act_fct` | `xms_sub_fct` | subject | actor |
//! | --- | --- | --- | --- | --- | --- |
//! | on behalf of a user | `user` | 11 | neither 11 nor 13 | the user | the agent (`azp`) |
//! | own identity | `app` | 11 | 11 | the agent | - |
//! | as agent user | `user` | 11 | 13 | the agent's user account | the agent (`azp`) |

use super::chain::identity;
use super::{AccessMode, ClaimError, Identity, Kind, Token, VerifiedClaims};
use crate::Limits;

/// What the facet claims say. Source: Microsoft Entra Agent ID token claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// The actor is an agent identity (11 in `xms_act_fct`).
    pub agent_acts: bool,
    /// The subject is an agent identity (11 in `xms_sub_fct`).
    pub agent_subject: bool,
    /// The subject is an agent's user account (13 in `xms_sub_fct`).
    pub agent_user_subject: bool,
}

const AGENT: u16 = 11;
const AGENT_USER: u16 = 13;

/// A claim of numbers separated by spaces, in any order. Numbers that nobody knows yet are kept and mean nothing; what is no
/// number is malformed, because a facet that got lost would turn an agent into a person.
pub(super) fn numbers(claims: &VerifiedClaims, claim: &'static str) -> Result<Vec<u16>, ClaimError> {
    let Some(text) = claims.text(claim)? else { return Ok(Vec::new()) };
    let numbers = text.split_ascii_whitespace().map(|word| word.parse::<u16>().ok()).collect::<Option<Vec<_>>>();
    numbers.ok_or(ClaimError::Malformed { claim, wanted: "whole numbers separated by spaces" })
}

impl Facets {
    pub(super) fn of(claims: &VerifiedClaims) -> Result<Self, ClaimError> {
        let actor = numbers(claims, "xms_act_fct")?;
        let subject = numbers(claims, "xms_sub_fct")?;
        Ok(Self {
            agent_acts: actor.contains(&AGENT),
            agent_subject: subject.contains(&AGENT),
            agent_user_subject: subject.contains(&AGENT_USER),
        })
    }
}

/// Subject, actors and mode of an Entra token. `inner` are the actors of `act`, which Entra does not write today; if there are
/// some, the outermost must be the client that the token was issued to.
pub(super) fn read(
    claims: &VerifiedClaims,
    client: Option<&str>,
    token: &Token,
    inner: Vec<Identity>,
    limits: &Limits,
) -> Result<(Identity, Vec<Identity>, AccessMode), ClaimError> {
    let contradiction = |what| Err(ClaimError::Contradiction { what });
    let facets = Facets::of(claims)?;
    let object = claims.text("oid")?.ok_or(ClaimError::Missing { claim: "oid" })?;
    let named = |kind, id, claim| identity(kind, token.issuer.clone(), id, None, claim, limits);
    if facets.agent_subject && facets.agent_user_subject {
        return contradiction("`xms_sub_fct` says that the subject is both an agent and an agent's user account");
    }
    if !facets.agent_acts && (facets.agent_subject || facets.agent_user_subject) {
        return contradiction("the subject is an agent's, but `xms_act_fct` says that no agent acts");
    }
    match claims.text("idtyp")? {
        Some("app") => {
            if facets.agent_user_subject {
                return contradiction("`idtyp` is `app`, but `xms_sub_fct` says that the subject is a user account");
            }
            if facets.agent_acts && !facets.agent_subject {
                return contradiction(
                    "`idtyp` is `app` and an agent acts, but `xms_sub_fct` says that another is the subject",
                );
            }
            if !inner.is_empty() {
                return contradiction("`idtyp` is `app`, but `act` says that somebody acts for the subject");
            }
            let kind = if facets.agent_subject { Kind::Agent } else { Kind::Workload };
            Ok((named(kind, object, "oid")?, Vec::new(), AccessMode::OwnIdentity))
        }
        Some("user") => {
            if facets.agent_subject {
                return contradiction("`idtyp` is `user`, but `xms_sub_fct` says that the subject is an agent");
            }
            if !facets.agent_acts {
                // An ordinary application with a user in front of it: the client acts for nobody.
                let mode = if inner.is_empty() { AccessMode::OwnIdentity } else { AccessMode::OnBehalfOf };
                return Ok((named(Kind::User, object, "oid")?, inner, mode));
            }
            let client = client.ok_or(ClaimError::Missing { claim: "azp" })?;
            let actors = match inner.first() {
                None => vec![named(Kind::Agent, client, "azp")?],
                Some(outer) if outer.id == client || outer.client.as_deref() == Some(client) => inner,
                Some(_) => return contradiction("the outermost actor of `act` is not the client `azp`"),
            };
            let (kind, mode) = if facets.agent_user_subject {
                (Kind::AgentUser, AccessMode::AsAgentUser)
            } else {
                (Kind::User, AccessMode::OnBehalfOf)
            };
            Ok((named(kind, object, "oid")?, actors, mode))
        }
        Some(_) => Err(ClaimError::Malformed { claim: "idtyp", wanted: "`app` or `user`" }),
        None => Err(ClaimError::Missing { claim: "idtyp" }),
    }
}
