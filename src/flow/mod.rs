//! May what an agent has read decide what it does, and may it go where it is sent? Labels, sessions, and checks by role of argument.
//!
//! The host keeps one [`Session`] per run, by its own key. Before a call it asks `Engine::decide_in`; after it, `Engine::observe`
//! tells the session what came back. A call that is held up for what the session has read waits for a person (`defer`): an [`Ask`] says
//! for exactly what.
//!
//! ```text
//! tool declarations --+                      +--> Findings --> objections, or asks (endorse, declassify, widen, proceed)
//! Session, Task ------+--> check (per role) -+
//! call, its inputs ---+                      +--> observe --> Session with the answer's label joined
//! ```
//!
//! INVARIANT (laws A to H in `tests/flow_laws.rs`, 9 in `tests/laws.rs`): a context label never goes down; more taint never allows more; what
//! untrusted or hidden data *say* never decides; a missing label is top.
//!
//! ```
//! use placet::flow::{FlowLabel, Lattice, Policy, Session};
//! let session = Session::new(&Policy::default());
//! assert!(session.context().flows_to(&FlowLabel::TOP));
//! assert!(!session.history().untrusted);
//! ```
//!
//! Next room: [`crate::tool`], which holds what is declared of a tool.

mod check;
mod consent;
mod declaration;
mod known;
mod lattice;
mod link;
mod mapping;
mod observe;
mod part;
mod policy;
mod session;
mod stated;
mod task;
mod words;

pub(crate) use check::parts;
pub use check::{Call, Finding, Findings, Frame, Input, Inputs, Precision, Run, What, check};
pub use consent::{Ask, Consent, Verb};
pub use declaration::{Declaration, Does, Field, Output, Parameter, Role};
pub use lattice::{Capacity, Lattice};
pub use mapping::{Mapping, Pair};
pub use observe::{Answered, Observed, expect, observe};
pub use part::{Confidentiality, FlowLabel, Integrity, Readers, Sources, Trust};
pub use policy::{Policy, Ready};
pub use session::{History, Past, Session};
pub use stated::{Stated, StatedConsent};
pub use task::{Naming, Task};
pub use words::{Audience, LabelError, Words};
