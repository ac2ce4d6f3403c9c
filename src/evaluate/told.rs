//! What have feeds told since the token was issued? Signals that make those of the request worse, never better.
//!
//! Next room: `facts`.

use smallvec::SmallVec;

use super::revocation::strangers;
use super::scene::{Scene, acting_agent};
use crate::fact::{RISK, slot};
use crate::lifecycle::RiskLevel;
use crate::signal::{Class, Compliance, Name, known_as};
use crate::value::{Fact, Value};

/// Signals that can be told, as facts: the levels of risk, and a device that fails.
static TOLD: [Value<'static>; 5] =
    [Value::Enum(&RISK, 0), Value::Enum(&RISK, 1), Value::Enum(&RISK, 2), Value::Enum(&RISK, 3), Value::Bool(false)];

/// What feeds have told of one signal, if anything: a place in [`TOLD`], from 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signal(u8);

impl Signal {
    const FAILING: Self = Self(5);

    /// That the risk is of this level. What is hidden is not told, and so the worst that there is.
    fn of(level: RiskLevel) -> Self {
        Self(RISK.ordinal(level.name()).unwrap_or(3) + 1)
    }

    pub(crate) const fn is_some(self) -> bool {
        self.0 != 0
    }

    pub(crate) fn as_ref(&self) -> Option<&'static Value<'static>> {
        TOLD.get(usize::from(self.0).checked_sub(1)?)
    }
}

/// Signals that feeds have told. Where a request tells another one, the worse counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) user_risk: Signal,
    pub(crate) agent_risk: Signal,
    /// Set only if it does not meet its policies.
    pub(crate) device: Signal,
    /// Whether it may be a device that does not, because nobody says which it is.
    pub(crate) device_is_open: bool,
}

impl Told {
    pub(super) fn of(scene: &Scene<'_, '_>) -> Self {
        let revocations = scene.engine.revocations();
        // Of several people or agents in a call the worst.
        let people = scene.parties.iter().filter(|party| matches!(party.link.kind(), "user" | "agent_user"));
        let user_risk = people.filter_map(|user| {
            let strangers = strangers(user);
            let aliases = user.principal.map_or(&[][..], |user| &user.aliases);
            let strangers = strangers.iter().map(|(class, id)| Name { class: *class, issuer: None, id });
            let names = known_as(user.link.issuer(), user.link.id(), aliases).chain(strangers);
            revocations.risk(&names.collect::<SmallVec<[Name<'_>; 6]>>())
        });
        let agents = scene.parties.iter().filter_map(|party| acting_agent(scene.engine, party));
        let agent_risk = agents.filter_map(|agent| {
            let names = known_as(None, agent.id_text(), &agent.aliases);
            revocations.risk(&names.collect::<SmallVec<[Name<'_>; 6]>>())
        });
        let (user_risk, agent_risk) = (user_risk.max(), agent_risk.max());
        let device = match scene.request.context_fact(slot::DEVICE_ID) {
            Fact::Known(Value::String(id)) => {
                revocations.compliance(&[Name { class: Class::Device, issuer: None, id }])
            }
            Fact::Known(_) | Fact::Null | Fact::Unknown => None,
        };
        Self {
            user_risk: user_risk.map(Signal::of).unwrap_or_default(),
            agent_risk: agent_risk.map(Signal::of).unwrap_or_default(),
            device_is_open: matches!(scene.request.context_fact(slot::DEVICE_ID), Fact::Unknown)
                && revocations.is_any_device_failing(),
            device: if device == Some(Compliance::NotCompliant) { Signal::FAILING } else { Signal::default() },
        }
    }
}
