//! Who acts, through whom, for whom? Subject and actor chain from the claims of a token that the host has verified.
//!
//! This library checks no signature. [`VerifiedClaims`] is made by one constructor, whose name says what the host vouches
//! for; nothing here takes a token or a bare JSON object. INVARIANT: an unverified claim cannot reach a [`Delegation`].
//!
//! INVARIANT: what cannot be told from the claims is an error or an explicit "not said" ([`Kind::Unstated`], `None`), never a
//! friendlier guess: an agent's token is not read as its user's.
//!
//! ```
//! use placet::Limits;
//! use placet::delegation::{AccessMode, Profile, VerifiedClaims, from_claims};
//!
//! let claims = serde_json::json!({
//!     "iss": "https://idp.example", "sub": "ada", "sub_profile": "user",
//!     "act": {"iss": "https://idp.example", "sub": "helpdesk-bot", "sub_profile": "ai_agent"},
//! });
//! let claims = claims.as_object().cloned().unwrap_or_default();
//! // The host has checked signature, issuer, audience, expiry and, where there is one, the proof of possession.
//! let claims = VerifiedClaims::assert_verified(claims);
//! let delegation = from_claims(&claims, Profile::OAuth, &Limits::default())?;
//! assert_eq!(delegation.mode, AccessMode::OnBehalfOf);
//! assert_eq!(delegation.actors.first().map(|actor| actor.id.as_str()), Some("helpdesk-bot"));
//! # Ok::<(), placet::delegation::ClaimError>(())
//! ```
//!
//! Sources: RFC 8693 (`act`), the OAuth actor profile draft (`iss`, `sub_profile` in `act`), RFC 9068 (access tokens), RFC 9396
//! (`authorization_details`), RFC 8705 and 9449 (`cnf`), Microsoft Entra Agent ID token claims (`idtyp`, `xms_*_fct`).
//!
//! Next room: [`crate::lifecycle`].

mod chain;
mod claims;
mod details;
mod error;
mod facets;
mod lint;

pub use chain::{Identity, Kind};
pub use claims::{Authentication, Token, VerifiedClaims};
pub use details::AuthorizationDetail;
pub use error::ClaimError;
pub use facets::Facets;
pub use lint::{LintWarning, lint_rule};

use crate::Limits;

/// How an issuer writes its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// RFC 9068 and RFC 8693: the actors are those of `act`; `client_id` is only noted.
    OAuth,
    /// The same, but where there is no `act`, a client other than the subject is the actor. For issuers that name the agent in
    /// `client_id` or `azp` and know no `act`.
    OAuthClientActs,
    /// Microsoft Entra: `oid`, `idtyp`, `azp` and the facets `xms_act_fct`, `xms_sub_fct` say who acts.
    Entra,
}

/// In which of three ways access is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessMode {
    /// The subject acts itself.
    OwnIdentity,
    /// The first actor acts for the subject.
    OnBehalfOf,
    /// An agent acts through its own user account, which is the subject.
    AsAgentUser,
}

/// Claims that are kept for the record and never decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordOnly {
    /// Blueprint of the acting agent (`xms_par_app_azp`). To authorise on it would let in every sibling of the agent.
    pub parent_blueprint: Option<String>,
    /// Relation of the identity to the tenant (`xms_idrel`), unknown values dropped: 1 member, 5 guest, 7 service principal, ...
    pub identity_relations: Vec<u16>,
}

/// What a verified token says about who acts.
#[derive(Clone, Debug, PartialEq)]
pub struct Delegation {
    /// The one acted for, or who acts directly.
    pub subject: Identity,
    /// The actors, outermost (immediate) first. At most `Limits::chain_depth`, no identity twice, the subject included.
    pub actors: Vec<Identity>,
    /// In which way access is taken.
    pub mode: AccessMode,
    /// The OAuth client (`client_id`, `azp`, `appid`), whether or not it is an actor.
    pub client: Option<String>,
    /// Facts `authentication.*`.
    pub authentication: Authentication,
    /// Rich authorisation requests that were granted.
    pub authorization_details: Vec<AuthorizationDetail>,
    /// Facts of the token itself.
    pub token: Token,
    /// For the record only.
    pub record_only: RecordOnly,
}

/// Reads subject, actors and facts.
///
/// # Errors
/// The first claim that is missing, malformed, contradictory or beyond a limit. Nothing of a token with an error may be used.
pub fn from_claims(claims: &VerifiedClaims, profile: Profile, limits: &Limits) -> Result<Delegation, ClaimError> {
    let token = claims.token()?;
    let client = claims.client()?;
    let inner = chain::actors(claims, token.issuer.as_deref(), limits)?;
    let (subject, actors, mode) = match profile {
        Profile::OAuth | Profile::OAuthClientActs => {
            let subject = chain::subject(claims, &token, limits)?;
            let mut actors = inner;
            if actors.is_empty() && profile == Profile::OAuthClientActs {
                actors.extend(chain::client_as_actor(&subject, client.as_deref(), &token, limits)?);
            }
            let mode = if actors.is_empty() { AccessMode::OwnIdentity } else { AccessMode::OnBehalfOf };
            (subject, actors, mode)
        }
        Profile::Entra => facets::read(claims, client.as_deref(), &token, inner, limits)?,
    };
    chain::check(&subject, &actors, limits)?;
    let record_only = RecordOnly {
        parent_blueprint: claims.text("xms_par_app_azp")?.map(str::to_owned),
        identity_relations: facets::numbers(claims, "xms_idrel")?,
    };
    Ok(Delegation {
        subject,
        actors,
        mode,
        client,
        authentication: claims.authentication(profile)?,
        authorization_details: details::read(claims, limits)?,
        token,
        record_only,
    })
}
