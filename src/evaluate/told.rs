//! What have feeds told since the token was issued? Signals that make those of the request worse, never better.
//!
//! Next room: `facts`.

use super::scene::Scene;
use crate::directory::Principal;
use crate::fact::{RISK, slot};
use crate::lifecycle::RiskLevel;
use crate::request::Link;
use crate::signal::{Class, Compliance, Name};
use crate::value::{Fact, Value};

/// Signals that feeds have told. Where a request tells another one, the worse counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) user_risk: Option<Value<'static>>,
    pub(crate) agent_risk: Option<Value<'static>>,
    /// Set only if it does not meet its policies.
    pub(crate) device: Option<Value<'static>>,
    /// Whether it may be a device that does not, because nobody says which it is.
    pub(crate) device_is_open: bool,
}

impl Told {
    pub(super) fn of(scene: &Scene<'_, '_>) -> Self {
        let revocations = scene.engine.revocations();
        let subject = |id: Option<&str>, issuer: Option<&str>| {
            revocations.risk(&[Name { class: Class::Subject, issuer, id: id? }])
        };
        let level = |told: RiskLevel| {
            // What is hidden is not told, and so the worst that there is.
            let place = RISK.ordinal(told.name()).unwrap_or(u8::try_from(RISK.members.len() - 1).unwrap_or(u8::MAX));
            Value::Enum(&RISK, place)
        };
        let is_user = |kind: &str| matches!(kind, "user" | "agent_user");
        let user = scene.parties.first().map(|subject| subject.link).filter(|subject| is_user(subject.kind()));
        let agent = scene.agent.map(Principal::id_text);
        let device = match scene.request.context_fact(slot::DEVICE_ID) {
            Fact::Known(Value::String(id)) => {
                revocations.compliance(&[Name { class: Class::Device, issuer: None, id }])
            }
            Fact::Known(_) | Fact::Null | Fact::Unknown => None,
        };
        Self {
            user_risk: subject(user.map(Link::id), user.and_then(Link::issuer)).map(level),
            agent_risk: subject(agent, None).map(level),
            device_is_open: matches!(scene.request.context_fact(slot::DEVICE_ID), Fact::Unknown)
                && revocations.is_any_device_failing(),
            device: (device == Some(Compliance::NotCompliant)).then_some(Value::Bool(false)),
        }
    }
}
