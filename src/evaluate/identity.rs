//! Is everybody in the call who they may be? Every link, whoever else is in it.
//!
//! Agents and agents' user accounts must be registered, enabled, sponsored, reviewed, and made from an enabled blueprint. Users,
//! workloads and other principals may be unregistered, and then belong to no group; a registered one must be enabled. Where the policy
//! names trusted issuers, one of them must vouch for every link: the same id from elsewhere is somebody else.
//!
//! Next room: `revocation`.

use super::scene::Scene;
use crate::decision::{Code, Decision};
use crate::directory::Principal;
use crate::identity::State;
use crate::time::Timestamp;

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    for (at, party) in scene.parties.iter().enumerate() {
        let mut object = |code: Code| decision.object(code, None, at, 0);
        if !scene.engine.policy().trusts(|| party.link.issuer()) {
            object(Code::IdentityUnknownIssuer);
        }
        if party.is_sound {
            continue;
        }
        let Some(principal) = party.principal else {
            match party.link.kind() {
                "agent" => object(Code::IdentityUnknownAgent),
                "agent_user" => object(Code::IdentityUnknownAgentUser),
                _ => {}
            }
            continue;
        };
        let now = scene.request.now();
        standing(principal, now, &mut object);
        if party.link.kind() == "agent_user" {
            match principal.parent.and_then(|parent| scene.engine.directory().principal(parent)) {
                Some(agent) => standing(agent, now, &mut object),
                None => object(Code::IdentityUnknownAgent),
            }
        }
    }
}

/// What is wrong with a registered principal.
fn standing(principal: &Principal, now: Option<Timestamp>, object: &mut impl FnMut(Code)) {
    match principal.state {
        State::Enabled => {}
        State::Disabled => object(Code::IdentityDisabled),
        State::Quarantined => object(Code::IdentityQuarantined),
        State::Deleted => object(Code::IdentityDeleted),
    }
    let Some(agent) = &principal.agent else { return };
    if agent.blueprint_state.is_some_and(|state| state != State::Enabled) {
        object(Code::IdentityBlueprintDisabled);
    }
    if agent.sponsors.is_empty() {
        object(Code::IdentityNoSponsor);
    }
    // Without a time, nobody can tell that the review is not overdue.
    if agent.review_by.is_some_and(|due| now.is_none_or(|now| now >= due)) {
        object(Code::IdentityReviewOverdue);
    }
}
