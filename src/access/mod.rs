//! Under which conditions may somebody use something at all? Conditional access: policies over who, what, where and how risky.
//!
//! One [`PolicySet`], two readings of it ([`Reading`]):
//!
//! * the **faithful** reading ([`entra`]) says what Microsoft Entra Conditional Access would have said, gaps included. It is for
//!   what-if, import checks and explanations ([`what_if`]) and never decides anything;
//! * the **strict** reading ([`strict`]) is ours: subject *and* actor are judged, "all" means all, a risk is a threshold, and
//!   what nobody told is worst-case. [`lower()`] turns a policy into rules that say the same to the engine.
//!
//! Neither reading is a permit: "no policy applies" means that this room has no objection. Default deny is the engine's.
//!
//! INVARIANT: the strict reading never gives access where the faithful one does not; for no policy set and sign-in does a
//! signal that is unknown fare better than any value it could have; report-only policies and the order of policies change
//! nothing. `tests/access.rs` holds these as properties.
//!
//! ```
//! use placet::access::{Decision, PolicySet, SignIn, entra, strict};
//!
//! let set: PolicySet = serde_json::from_str(r#"{"policies": [{
//!     "id": "no-agents-in-payroll",
//!     "subjects": {"agents": {"include": {"all": true}}},
//!     "targets": {"include": {"ids": ["payroll"]}},
//!     "grant": "block"
//! }]}"#).unwrap();
//! // An agent on behalf of a user: the original system looks at the user only.
//! let call: SignIn = serde_json::from_str(r#"{
//!     "subject": {"type": "user", "id": "ada"}, "actor": {"id": "agent-7"}, "target": {"id": "payroll"}
//! }"#).unwrap();
//! assert!(matches!(entra(&set, &call).decision, Decision::Grant { .. }));
//! assert!(matches!(strict(&set, &call).decision, Decision::Deny { .. }));
//! ```
//!
//! Source: Microsoft Entra Conditional Access and Microsoft Graph, autumn 2026, in our own words; `docs/compatibility.md` lists
//! where the readings differ and why.
//!
//! Rooms, in the order in which they build on each other: [`policy`], [`signals`], [`filter`], [`location`], [`session`],
//! [`device`], [`evaluate`], [`whatif`], [`mod@validate`], [`mod@lint`],
//! [`mod@lower`].

pub mod device;
pub mod evaluate;
pub mod filter;
pub mod lint;
pub mod location;
pub mod lower;
mod matching;
pub mod policy;
pub mod session;
pub mod signals;
mod subjects;
mod targets;
pub mod validate;
pub mod whatif;

pub use crate::reading::Reading;
pub use evaluate::{Decision, Engine, Need, Outcome, PolicyReport, Report, entra, strict};
pub use lint::lint;
pub use lower::{LoweredRule, lower};
pub use matching::{Finding, Part};
pub use policy::{Policy, PolicySet};
pub use session::Session;
pub use signals::{SignIn, Signal};
pub use targets::{DIRECTORY, TOKEN_EXCHANGE, baseline_only};
pub use validate::validate;
pub use whatif::{Analysis, Tool, what_if};
