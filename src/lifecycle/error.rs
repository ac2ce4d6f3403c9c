//! Why an operation on a managed identity is refused.

/// Why an operation is refused. [`LifecycleError::code`] is the original system's error code where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// Credentials live on the blueprint only.
    #[error("an agent identity has no credentials of its own; add the credential to its blueprint")]
    CredentialsNotSupported,
    /// A blueprint creates only its own children.
    #[error("an application creates agent identities only from its own blueprint")]
    SelfCreateRequired,
    /// A blueprint creates only its own children, whatever it has been granted.
    #[error("a blueprint cannot create an agent identity of another blueprint")]
    CannotCreateAssociated,
    /// An agent never creates an agent.
    #[error("an agent identity cannot create agent identities")]
    AgentCreatesAgent,
    /// The parent is no blueprint.
    #[error("the parent is no blueprint")]
    IncompatibleParent,
    /// The blueprint is not present in the tenant.
    #[error("the blueprint has no principal in this tenant")]
    NoPrincipal,
    /// A principal needs a blueprint.
    #[error("a blueprint principal is made for a blueprint only")]
    PrincipalRequiresBlueprint,
    /// Too many agent identities of one blueprint, soft-deleted ones included.
    #[error("the blueprint has as many agent identities as it may have, soft-deleted ones included")]
    TooManyAgents,
    /// Somebody must answer for it.
    #[error("name a sponsor")]
    SponsorRequired,
    /// At most 100 sponsors, of which five groups.
    #[error("at most 100 sponsors, of which at most five are groups")]
    TooManySponsors,
    /// The caller holds no right to it.
    #[error("the caller may not do this")]
    NotAuthorised,
    /// The id is taken.
    #[error("the id is taken")]
    Exists,
    /// No such object.
    #[error("there is no such object")]
    NotFound,
    /// An agent has at most one user account.
    #[error("the agent identity already has a user account")]
    AgentUserExists,
    /// The parent of an agent's user account is fixed.
    #[error("the parent of an agent's user account cannot be changed")]
    ParentFixed,
    /// The object is in a state in which this cannot be done.
    #[error("the object is not in a state in which this can be done")]
    WrongState,
    /// The restore window is over.
    #[error("the restore window is over")]
    WindowOver,
    /// The parent must be restored first.
    #[error("the parent is deleted; restore it first")]
    ParentDeleted,
}

impl LifecycleError {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CredentialsNotSupported => "AgentIdentity_CredentialsNotSupported",
            Self::SelfCreateRequired => "Error_AgentIdentitySelfCreateRequired",
            Self::CannotCreateAssociated => "Error_AgentBlueprintCannotCreateAssociatedIdentity",
            Self::AgentCreatesAgent => "Error_AgentIdentitiesCreatingAgentIdentitiesNotAllowed",
            Self::IncompatibleParent => "AgentIdentity_IncompatibleParentType",
            Self::NoPrincipal => "AgentIdentity_AgentBlueprintPrincipalDoesNotExist",
            Self::PrincipalRequiresBlueprint => "AgentBlueprintPrincipal_RequireAgentBlueprint",
            Self::TooManyAgents => "AgentIdentity_LimitExceeded",
            // The codes from here on are this library's own.
            Self::SponsorRequired => "sponsor_required",
            Self::TooManySponsors => "too_many_sponsors",
            Self::NotAuthorised => "not_authorised",
            Self::Exists => "already_exists",
            Self::NotFound => "not_found",
            Self::AgentUserExists => "agent_user_exists",
            Self::ParentFixed => "parent_cannot_change",
            Self::WrongState => "wrong_state",
            Self::WindowOver => "restore_window_over",
            Self::ParentDeleted => "parent_deleted",
        }
    }
}
