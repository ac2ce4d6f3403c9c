//! Who asks, by a verified token, and from which device? A [`Delegation`] as the chain and the facts of a request; a device's posture as
//! facts.
//!
//! INVARIANT: what the token does not say stays unknown. An actor whose kind it does not state is an agent, which is judged the most
//! strictly. Of a subject nothing is the strictest: rules about users, groups and standing are found by kind, so a subject of no stated
//! kind, like anybody of a kind that is not known, is refused until the host says what it is.
//!
//! Next room: [`crate::decision`].

use super::{Defect, Link, Request, Target};
use crate::delegation::{Delegation, Identity, Kind};
use crate::diagnostic::quote;
use crate::fact::slot;
use crate::inventory::PostureFacts;
use crate::value::Value;

impl<'a> Request<'a> {
    /// The request of whoever holds a verified token: subject and actors, with what the token says of the authentication and of
    /// itself. Add the time, signals and arguments.
    ///
    /// ```
    /// use placet::delegation::{Profile, VerifiedClaims, from_claims};
    /// use placet::{Limits, Request, Target};
    /// let claims = serde_json::json!({"sub": "ada", "sub_profile": "user", "act": {"sub": "helpdesk-bot", "sub_profile": "ai_agent"}});
    /// let claims = VerifiedClaims::assert_verified(claims.as_object().cloned().unwrap_or_default());
    /// let delegation = from_claims(&claims, Profile::OAuth, &Limits::default())?;
    /// let request = Request::delegated(&delegation, "tools/call", Target::tool("tickets/read"));
    /// assert_eq!(request.actors().len(), 1);
    /// # Ok::<(), placet::delegation::ClaimError>(())
    /// ```
    #[must_use]
    pub fn delegated(delegation: &'a Delegation, action: &'a str, resource: Target<'a>) -> Self {
        let link = |identity: &'a Identity| {
            let link = Link::new(identity.kind.type_name().unwrap_or("agent"), identity.id.as_str());
            match &identity.issuer {
                Some(issuer) => link.issued_by(issuer.as_str()),
                None => link,
            }
        };
        let mut request = Self::new(link(&delegation.subject), action, resource);
        for actor in &delegation.actors {
            request = request.actor(link(actor));
        }
        request.refuse(unknown_kind(delegation));
        let (how, token) = (&delegation.authentication, &delegation.token);
        let texts = |texts: &'a [String]| texts.iter().map(|text| Value::from(text.as_str())).collect::<Value<'a>>();
        let facts = [
            (slot::AUTHENTICATION_METHODS, how.methods.as_deref().map(texts)),
            (slot::AUTHENTICATION_MFA, how.mfa.map(Value::from)),
            (slot::AUTHENTICATION_STRENGTH, how.strength.as_deref().map(Value::from)),
            (slot::AUTHENTICATION_TIME, how.time.map(Value::from)),
            (slot::AUTHENTICATION_SCOPES, how.scopes.as_deref().map(texts)),
            (slot::AUTHENTICATION_SENDER_CONSTRAINED, Some(Value::from(how.sender_constrained))),
            (slot::AUTHENTICATION_TOKEN_ID, token.id.as_deref().map(Value::from)),
            (slot::AUTHENTICATION_ISSUED, token.issued_at.map(Value::from)),
            (slot::AUTHENTICATION_EXPIRES, token.expires.map(Value::from)),
            (slot::SESSION_ID, token.session.as_deref().map(Value::from)),
        ];
        facts.into_iter().fold(request, |request, (at, value)| match value {
            Some(value) => request.fact(at, value),
            None => request,
        })
    }
}

impl Request<'_> {
    /// States what a device's posture says of it ([`crate::inventory::DevicePosture::facts`]); what that leaves open stays unknown.
    ///
    /// ```
    /// use placet::inventory::{ComplianceReport, DevicePosture, PosturePolicy};
    /// use placet::{Link, Request, Target, fact::slot, value::Fact};
    /// let (reported, now) = ("2026-10-01T00:00:00Z".parse()?, "2026-11-24T09:00:00Z".parse()?);
    /// let report = ComplianceReport::Compliant;
    /// let posture = DevicePosture { report, reported_at: Some(reported), ..DevicePosture::default() };
    /// let request = Request::new(Link::user("ada"), "read", Target::new("page", "home")).at(now);
    /// let request = request.posture(&posture.facts(&PosturePolicy::default(), now));
    /// // The report is older than its window.
    /// assert!(matches!(request.context_fact(slot::DEVICE_COMPLIANT), Fact::Known(placet::value::Value::Bool(false))));
    /// # Ok::<(), placet::time::TimeError>(())
    /// ```
    #[must_use]
    pub fn posture(self, facts: &PostureFacts) -> Self {
        let facts = [
            (slot::DEVICE_COMPLIANT, facts.compliant),
            (slot::DEVICE_MANAGED, facts.managed),
            (slot::DEVICE_JOINED, facts.joined),
        ];
        facts.into_iter().fold(self, |request, (at, value)| match value {
            Some(value) => request.fact(at, value),
            None => request,
        })
    }
}

fn unknown_kind(delegation: &Delegation) -> Option<Defect> {
    let cause = |identity: &Identity| match &identity.kind {
        Kind::Other(profile) => Some(format!("{} is a kind of principal that is not known", quote(profile))),
        Kind::Unstated => {
            Some("the token does not say what kind of principal this is: set `Delegation::subject.kind`".to_owned())
        }
        Kind::User | Kind::Agent | Kind::AgentUser | Kind::Workload => None,
    };
    let subject = cause(&delegation.subject).map(|cause| Defect::new("subject.type", cause));
    let actor = |actor: &Identity| cause(actor).filter(|_| actor.kind != Kind::Unstated);
    let path = "subject.properties.act.sub_profile";
    subject.or_else(|| delegation.actors.iter().find_map(actor).map(|cause| Defect::new(path, cause)))
}
