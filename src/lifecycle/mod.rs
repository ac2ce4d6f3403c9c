//! May this agent exist, and who may change that? Managed identities, the operations on them, and the rules that retire them.
//!
//! An agent identity is made from a blueprint, through the blueprint's principal in a tenant; it may have one user account of
//! its own. Owners maintain it, sponsors answer for it, a manager stands over its user account. [`Fleet`] holds all of them
//! and validates every operation; [`Fleet::verdict`] says whether an agent may act at all. Beside it: what token flows an
//! agent may use ([`issue`]), what it may be granted ([`effective_permissions`], [`HardBlocks`]), whom it may find
//! ([`Collections`]), its risk ([`AgentRisk`]) and when it must go ([`LifecyclePolicy`]).
//!
//! These are management facts; [`Fleet::enrol`] turns them into the records of [`crate::identity`] that decisions read.
//!
//! INVARIANT: an agent is active only if every part of its chain is there and enabled; a part that is missing denies.
//!
//! Each evaluator knows two [`Reading`]s: what Microsoft Entra does, and what this library holds to be right.
//!
//! Source: Microsoft Entra Agent ID (object model, error codes, owners-sponsors-managers, token flows, inheritable
//! permissions, registry collections, ID Protection for agents, lifecycle policies), read in autumn 2026.
//!
//! Next room: [`crate::signal`].

mod blocked;
mod collection;
mod enrol;
mod error;
mod fleet;
mod flow;
mod object;
mod people;
mod permission;
mod policy;
mod risk;
mod transition;
mod verdict;

pub use crate::reading::Reading;
pub use blocked::{HardBlocks, PermissionKind, RoleRefusal};
pub use collection::{CollectionId, Collections, MAX_COLLECTION, Registration, RegistrationError};
pub use error::LifecycleError;
pub use fleet::{Caller, Fleet, NewAgentIdentity, NewBlueprint, Settings};
pub use flow::{Flow, FlowError, Grant, IssuedClaims, T1, T2, UserToken, flow_is_supported, issue};
pub use object::{
    AgentIdentity, AgentUser, BlueprintPrincipal, LifecycleState, ManagedBlueprint, ObjectRef, ObjectState, Owner,
    ProviderStatus,
};
pub use people::{Operation, Relation, SponsorRights, may};
pub use permission::{
    Consent, ConsentOutcome, EffectivePermission, GrantRefusal, Inheritable, InheritancePattern, Origin, Permissions,
    consent_outcome, effective_permissions, grant, required_access_is_within_limits,
};
pub use policy::{
    Activity, AgentFacts, Due, DueKind, Enforcement, Evaluation, Issue, LifecyclePolicy, LifecycleRule, PolicyError,
    PolicyScope, PolicySource, RuleKind, evaluate, governing, preview, recipients, validate_set,
};
pub use risk::{AgentRisk, Detection, RiskDetail, RiskLevel, RiskState};
pub use transition::Children;
pub use verdict::{DenyReason, IdentityVerdict};
