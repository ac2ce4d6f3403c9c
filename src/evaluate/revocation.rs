//! Does what this call hangs from still hold? The token, the session, the device, and everybody in the chain with the agent and
//! the blueprint behind them.
//!
//! INVARIANT: what has been revoked is never let through because a fact is missing: a token of unknown age is older than every
//! revocation, and without a time nothing that was revoked can be told to be over.
//!
//! Next room: `tool`.

use smallvec::SmallVec;

use super::scene::Scene;
use crate::decision::{Code, Decision};
use crate::fact::slot;
use crate::signal::{Class, Name, Reason, TokenFacts, Verdict};
use crate::time::Timestamp;
use crate::value::{Fact, Value};

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    let (revocations, policy) = (scene.engine.revocations(), scene.engine.check_policy());
    if revocations.is_empty() && policy.max_silence.is_none() {
        return;
    }
    let Some(now) = scene.request.now() else {
        return decision.object(Code::RevocationUnknown, None, 0, 0);
    };
    let names = names(scene);
    let request = scene.request;
    let time = |at: u16| -> Option<Timestamp> {
        if let Fact::Known(Value::Timestamp(time)) = request.context_fact(at) { Some(*time) } else { None }
    };
    let token = TokenFacts {
        names: &names,
        issued_at: time(slot::AUTHENTICATION_ISSUED),
        expires: time(slot::AUTHENTICATION_EXPIRES),
        answers_challenges: matches!(
            request.context_fact(slot::AUTHENTICATION_ANSWERS_CHALLENGES),
            Fact::Known(Value::Bool(true))
        ),
    };
    let code = match revocations.check(&token, now, policy) {
        Verdict::Allow => return,
        Verdict::Challenge(challenge) => {
            decision.challenge = Some(challenge);
            Code::RevocationReauthenticate
        }
        Verdict::Deny(Reason::SignalsStale | Reason::Saturated) => Code::RevocationUnknown,
        Verdict::Deny(_) => Code::RevocationRevoked,
    };
    decision.object(code, None, 0, 0);
}

/// Every name that the call hangs from.
fn names<'n>(scene: &'n Scene<'_, '_>) -> SmallVec<[Name<'n>; 12]> {
    let mut names: SmallVec<[Name<'n>; 12]> = SmallVec::new();
    for party in &scene.parties {
        let issuer = party.link.issuer();
        let mut subject = |id: &'n str| names.push(Name { class: Class::Subject, issuer, id });
        subject(party.link.id());
        let Some(principal) = party.principal else { continue };
        let parent = principal.parent.and_then(|parent| scene.engine.directory().principal(parent));
        if let Some(parent) = parent {
            subject(parent.id_text());
        }
        for agent in [Some(principal), parent].into_iter().flatten() {
            let blueprint = agent.agent.as_ref().and_then(|agent| agent.blueprint.as_ref());
            if let Some(blueprint) = blueprint {
                subject(blueprint.as_str());
            }
        }
        for group in &principal.groups {
            names.push(Name { class: Class::Group, issuer: None, id: group.as_str() });
        }
    }
    for (class, at) in [
        (Class::Token, slot::AUTHENTICATION_TOKEN_ID),
        (Class::Session, slot::SESSION_ID),
        (Class::Device, slot::DEVICE_ID),
        (Class::Address, slot::LOCATION_IP),
    ] {
        if let Fact::Known(Value::String(id)) = scene.request.context_fact(at) {
            names.push(Name { class, issuer: None, id });
        }
    }
    names
}
