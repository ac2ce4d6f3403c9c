//! By which token flows may an agent get access, and what must the tokens of the exchange look like?
//!
//! A blueprint's credential gives **T1** (audience: the blueprint; `fmi_path`: the agent identity). With it the agent gets access
//! as itself; or, together with a user's token **Tc** (audience: the blueprint), on behalf of that user; or, through **T2**
//! (audience: the agent identity), as its own user account. Agents are confidential clients: no interactive flow, no redirect,
//! no password.

use super::{DenyReason, Fleet, IdentityVerdict};
use crate::name::{AgentId, UserId};
use crate::time::Timestamp;

/// The grants of OAuth, as far as anybody could ask for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// `client_credentials`.
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`: on behalf of.
    JwtBearer,
    /// `refresh_token`.
    RefreshToken,
    /// `user_fic`: as agent user.
    UserFic,
    /// The authorisation endpoint, with or without a code.
    Authorize,
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    DeviceCode,
    /// `password`.
    Password,
}

/// Whether an agent identity may use a grant at all.
#[must_use]
pub const fn flow_is_supported(grant: Grant) -> bool {
    match grant {
        Grant::ClientCredentials | Grant::JwtBearer | Grant::RefreshToken | Grant::UserFic => true,
        Grant::Authorize | Grant::DeviceCode | Grant::Password => false,
    }
}

/// The token that the blueprint's credential was exchanged for. Verified by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T1<'a> {
    /// `aud`.
    pub audience: &'a str,
    /// The agent identity that it was made for.
    pub fmi_path: &'a str,
}

/// The token of the user on whose behalf an agent acts. Verified by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserToken<'a> {
    /// `aud`.
    pub audience: &'a str,
    /// `oid`.
    pub user: &'a str,
}

/// The token by which an agent becomes its own user account. Verified by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T2<'a> {
    /// `aud`.
    pub audience: &'a str,
    /// The client that it was issued to.
    pub client: &'a str,
}

/// One request for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow<'a> {
    /// As itself.
    OwnIdentity {
        /// The agent.
        client: &'a AgentId,
        /// Its assertion.
        t1: T1<'a>,
    },
    /// On behalf of a user.
    OnBehalfOf {
        /// The agent.
        client: &'a AgentId,
        /// Its assertion.
        t1: T1<'a>,
        /// The user's token.
        user: UserToken<'a>,
    },
    /// As its own user account.
    AsAgentUser {
        /// The agent.
        client: &'a AgentId,
        /// Its assertion.
        t1: T1<'a>,
        /// The token that names the account.
        t2: T2<'a>,
        /// The account.
        account: &'a UserId,
    },
}

/// Claims of the token that the flow gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedClaims {
    /// `idtyp`.
    pub idtyp: &'static str,
    /// `oid`: the subject.
    pub oid: String,
    /// `azp`: the agent that acts.
    pub azp: String,
    /// `xms_act_fct`.
    pub xms_act_fct: &'static str,
    /// `xms_sub_fct`.
    pub xms_sub_fct: Option<&'static str>,
    /// `xms_par_app_azp`: for the record, never to authorise on.
    pub xms_par_app_azp: String,
}

/// Why a flow gives no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The agent may not act.
    #[error("the agent may not act: {}", .0.code())]
    Identity(DenyReason),
    /// T1 was made for another blueprint.
    #[error("the audience of T1 is not the agent's blueprint")]
    T1Audience,
    /// T1 was made for another agent.
    #[error("T1 was made for another agent identity")]
    T1Path,
    /// The user's token was not made for the agent's blueprint: it has been passed on from elsewhere.
    #[error("the audience of the user's token is not the agent's blueprint")]
    TcAudience,
    /// The one acted for is an agent itself.
    #[error("an agent acts on behalf of people only")]
    TcNotUser,
    /// T2 was made for another agent.
    #[error("the audience of T2 is not the agent identity")]
    T2Audience,
    /// T2 was issued to another client.
    #[error("T2 was issued to another client")]
    ClientChanged,
    /// The account belongs to another agent.
    #[error("the account is not the agent's own")]
    NotParent,
}

impl FlowError {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Identity(reason) => reason.code(),
            Self::T1Audience => "t1_audience_not_blueprint",
            Self::T1Path => "t1_fmi_path_not_agent",
            Self::TcAudience => "tc_audience_not_blueprint",
            Self::TcNotUser => "tc_subject_not_user",
            Self::T2Audience => "t2_audience_not_agent",
            Self::ClientChanged => "client_changed",
            Self::NotParent => "not_parent",
        }
    }
}

/// Checks a flow against the fleet and answers what the token would say.
///
/// # Errors
/// The first check that fails: T1, then the other tokens, then whether agent and account may act.
pub fn issue(fleet: &Fleet, flow: &Flow<'_>, now: Timestamp) -> Result<IssuedClaims, FlowError> {
    let (client, t1) = match flow {
        Flow::OwnIdentity { client, t1 }
        | Flow::OnBehalfOf { client, t1, .. }
        | Flow::AsAgentUser { client, t1, .. } => (*client, t1),
    };
    let agent = fleet.agent(client).ok_or(FlowError::Identity(DenyReason::Unknown))?;
    let blueprint = agent.blueprint.as_str();
    if t1.audience != blueprint {
        return Err(FlowError::T1Audience);
    }
    if t1.fmi_path != client.as_str() {
        return Err(FlowError::T1Path);
    }
    let (oid, sub_facet) = match flow {
        Flow::OwnIdentity { .. } => (client.as_str(), Some("11")),
        Flow::OnBehalfOf { user, .. } => {
            if user.audience != blueprint {
                return Err(FlowError::TcAudience);
            }
            if fleet.agents.contains_key(user.user) || fleet.agent_users.contains_key(user.user) {
                return Err(FlowError::TcNotUser);
            }
            (user.user, None)
        }
        Flow::AsAgentUser { t2, account, .. } => {
            if t2.audience != client.as_str() {
                return Err(FlowError::T2Audience);
            }
            if t2.client != client.as_str() {
                return Err(FlowError::ClientChanged);
            }
            if fleet.agent_user(account).is_none_or(|account| account.parent != *client) {
                return Err(FlowError::NotParent);
            }
            active(&fleet.user_verdict(account, now))?;
            (account.as_str(), Some("13"))
        }
    };
    active(&fleet.verdict(client, now))?;
    Ok(IssuedClaims {
        idtyp: if matches!(flow, Flow::OwnIdentity { .. }) { "app" } else { "user" },
        oid: oid.to_owned(),
        azp: client.to_string(),
        xms_act_fct: "11",
        xms_sub_fct: sub_facet,
        xms_par_app_azp: blueprint.to_owned(),
    })
}

fn active(verdict: &IdentityVerdict) -> Result<(), FlowError> {
    match verdict.reason() {
        None => Ok(()),
        Some(reason) => Err(FlowError::Identity(reason)),
    }
}
