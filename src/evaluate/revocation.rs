//! Does what this call hangs from still hold? The token, the session, the device, and everybody in the chain with the agent and
//! the blueprint behind them.
//!
//! INVARIANT: what has been revoked is never let through because a fact is missing: a token of unknown age is older than every
//! revocation, without a time nothing that was revoked can be told to be over, and a session, token, device or address that nobody
//! names may be any that was revoked.
//!
//! Next room: `tool`.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::scene::{Party, Scene};
use crate::decision::{Code, Decision};
use crate::fact::slot;
use crate::request::Request;
use crate::signal::{Class, Name, Reason, Target, TokenFacts, Verdict, spelt};
use crate::time::Timestamp;
use crate::value::{Fact, Value};

/// Where a call says what it hangs from besides its principals.
const NAMED: [(Class, u16); 4] = [
    (Class::Token, slot::AUTHENTICATION_TOKEN_ID),
    (Class::Session, slot::SESSION_ID),
    (Class::Device, slot::DEVICE_ID),
    (Class::Address, slot::LOCATION_IP),
];

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    let (revocations, policy) = (scene.engine.revocations(), scene.engine.check_policy());
    if revocations.is_empty() && policy.max_silence.is_none() && !scene.is_dated {
        return;
    }
    let Some(now) = scene.request.now() else {
        return decision.object(Code::RevocationUnknown, None, 0, 0);
    };
    let address = match scene.request.context_fact(slot::LOCATION_IP) {
        Fact::Known(Value::String(ip)) => Some(spelt(Class::Address, ip)),
        Fact::Known(_) | Fact::Null | Fact::Unknown => None,
    };
    let strangers: SmallVec<[(Class, Cow<'_, str>); 2]> = scene.parties.iter().flat_map(strangers).collect();
    let names = names(scene, address.as_deref(), &strangers);
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
    let unnamed = |(class, at): (Class, u16)| {
        matches!(request.context_fact(at), Fact::Unknown) && revocations.may_hit(class, token.issued_at)
    };
    if NAMED.into_iter().any(unnamed) {
        decision.object(Code::RevocationUnknown, None, 0, 0);
    }
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

/// Whether a request says when its token was issued or ends.
pub(super) fn is_dated(request: &Request<'_>) -> bool {
    [slot::AUTHENTICATION_ISSUED, slot::AUTHENTICATION_EXPIRES]
        .into_iter()
        .any(|at| matches!(request.context_fact(at), Fact::Known(_)))
}

/// The addresses by which a link that is not registered is called, as feeds spell them.
pub(super) fn strangers<'n>(party: &Party<'n, '_>) -> SmallVec<[(Class, Cow<'n, str>); 2]> {
    let id = party.link.id();
    let classes = [Class::Email, Class::Account].into_iter().filter(|_| party.principal.is_none() && id.contains('@'));
    classes.map(|class| (class, spelt(class, id))).collect()
}

/// Every name that the call hangs from.
fn names<'n>(
    scene: &'n Scene<'_, '_>,
    address: Option<&'n str>,
    strangers: &'n [(Class, Cow<'_, str>)],
) -> SmallVec<[Name<'n>; 12]> {
    let mut names: SmallVec<[Name<'n>; 12]> =
        strangers.iter().map(|(class, id)| Name { class: *class, issuer: None, id }).collect();
    for party in &scene.parties {
        // Who vouches for the link says nothing of who names the agent and the blueprint behind it.
        let mut subject = |issuer, id: &'n str| names.push(Name { class: Class::Subject, issuer, id });
        subject(party.link.issuer(), party.link.id());
        let Some(principal) = party.principal else { continue };
        let parent = principal.parent.and_then(|parent| scene.engine.directory().principal(parent));
        if let Some(parent) = parent {
            subject(None, parent.id_text());
        }
        for agent in [Some(principal), parent].into_iter().flatten() {
            let blueprint = agent.agent.as_ref().and_then(|agent| agent.blueprint.as_ref());
            if let Some(blueprint) = blueprint {
                subject(None, blueprint.as_str());
            }
        }
        for member in [Some(principal), parent].into_iter().flatten() {
            names.extend(member.groups.iter().map(|group| Name {
                class: Class::Group,
                issuer: None,
                id: group.as_str(),
            }));
            names.extend(member.aliases.iter().map(Target::as_name));
        }
    }
    for (class, at) in NAMED {
        if let Fact::Known(Value::String(id)) = scene.request.context_fact(at) {
            let id = if class == Class::Address { address.unwrap_or(id) } else { id };
            names.push(Name { class, issuer: None, id });
        }
    }
    names
}
