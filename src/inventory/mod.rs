//! What runs here that nobody answers for? Observed agents held against the registry, and what each must be able to show.
//!
//! The host observes (processes, sign-ins, calls to a gateway, calls to this engine); nothing is scanned here. [`reconcile`] says
//! of everything observed whether it is managed, and if not, what is due. Beside it: the kinds of agents that there are beyond a
//! managed cloud ([`AgentKind`]) and what each must present; package blocks ([`Package`]); the posture of the device that an agent
//! runs on ([`DevicePosture`]).
//!
//! INVARIANT: whatever is not plainly managed is to be blocked; what is not known about an observation counts against it.
//!
//! ```
//! use placet::inventory::{Action, Class, Observed, reconcile};
//!
//! let stray = Observed { process: Some("openclaw".into()), ..Observed::named("laptop-7/openclaw") };
//! let report = reconcile(&[stray], &[]);
//! let finding = report.findings.first().ok_or("a finding")?;
//! assert_eq!(finding.class, Class::Shadow);
//! assert_eq!(finding.actions, [Action::Block, Action::Onboard]);
//! # Ok::<(), &str>(())
//! ```
//!
//! Sources: Microsoft Defender `AgentsInfo` (columns of a record), Microsoft 365 shadow AI and Copilot packages, Intune device
//! compliance; SPIFFE-ID.
//!
//! Next room: [`crate::document`].

mod kind;
mod package;
mod posture;
mod reconcile;
mod record;

pub use kind::{AgentKind, Evidence};
pub use package::{Audience, Package, PackageUse};
pub use posture::{ComplianceReport, DevicePosture, PostureFacts, PosturePolicy, PosturePolicyError};
pub use reconcile::{Action, Class, Finding, Report, reconcile};
pub use record::{AgentRecord, LifecycleStatus, Observed, PublishedStatus};
