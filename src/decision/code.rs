//! Which reasons are there? Stable dotted codes, the layer of each, what it says and what helps.
//!
//! Codes are public API: they are added, never changed. What they say is safe to show to a model: it depends on nothing but
//! the code.
//!
//! Next room: `requirement`.

use core::fmt;

/// Where an objection or requirement comes from; in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// The request itself.
    Request,
    /// Who acts.
    Identity,
    /// What was revoked.
    Revocation,
    /// Conditional access: signals and controls.
    Access,
    /// The tool registry.
    Tool,
    /// Permits and grants.
    Privilege,
    /// Rules that forbid or require.
    Rule,
    /// Labels, flow, data-loss.
    Data,
    /// Budgets and rates.
    Budget,
}

impl Layer {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Identity => "identity",
            Self::Revocation => "revocation",
            Self::Access => "access",
            Self::Tool => "tool",
            Self::Privilege => "privilege",
            Self::Rule => "rule",
            Self::Data => "data",
            Self::Budget => "budget",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $layer:ident, $retryable:literal, $message:literal, $remedy:literal;)+) => {
        /// Why not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, in the order of their layers.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as answers write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Its layer.
            #[must_use]
            pub const fn layer(self) -> Layer {
                match self { $(Self::$name => Layer::$layer,)+ }
            }

            /// Whether the same call can succeed later, or with other signals, without a change of policy, directory or call.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)+ }
            }

            /// What it says, to people and models.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }

            /// What helps.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

codes! {
    /// The request breaks a rule of form; the explanation says where.
    RequestMalformed = "request.malformed", Request, false,
        "The request is malformed.", "Correct the request; the explanation names the member.";
    /// The request exceeds a limit; the explanation says which.
    RequestTooLarge = "request.too_large", Request, false,
        "The request is too large.", "Send less: the explanation names the limit.";
    /// The request was made with the labels and facts of another version of the policy.
    RequestOutdated = "request.outdated", Request, true,
        "The request was made for another version of the policy.", "Build the request again with the current policy.";
    /// An agent that is not registered.
    IdentityUnknownAgent = "identity.unknown_agent", Identity, false,
        "The agent is not registered.", "Register the agent, with a sponsor.";
    /// An agent's user account that is not registered.
    IdentityUnknownAgentUser = "identity.unknown_agent_user", Identity, false,
        "The agent's user account is not registered.", "Register the account, with its agent.";
    /// An identity that nobody vouches for whom the policy trusts.
    IdentityUnknownIssuer = "identity.unknown_issuer", Identity, true,
        "An identity in the call is not vouched for by a trusted issuer.", "Send the issuer (`iss`) of every identity; the policy lists those that it trusts.";
    /// A principal that is disabled.
    IdentityDisabled = "identity.disabled", Identity, false,
        "An identity in the call is disabled.", "Ask the owner of the identity to enable it.";
    /// A principal that is set apart on suspicion.
    IdentityQuarantined = "identity.quarantined", Identity, false,
        "An identity in the call is quarantined.", "Security must clear the identity.";
    /// A principal that is deleted.
    IdentityDeleted = "identity.deleted", Identity, false,
        "An identity in the call is deleted.", "Use another identity.";
    /// An agent whose blueprint is not enabled.
    IdentityBlueprintDisabled = "identity.blueprint_disabled", Identity, false,
        "The blueprint of an agent in the call is not enabled.", "Ask the owner of the blueprint to enable it.";
    /// An agent that nobody answers for.
    IdentityNoSponsor = "identity.no_sponsor", Identity, false,
        "Nobody answers for an agent in the call.", "Give the agent a sponsor who is active.";
    /// An agent whose review is overdue.
    IdentityReviewOverdue = "identity.review_overdue", Identity, false,
        "An agent in the call is due for review.", "The agent's sponsor must review it.";
    /// Something that the call hangs from was revoked after its token was issued; a fresh token will do.
    RevocationReauthenticate = "revocation.reauthenticate", Revocation, true,
        "The sign-in behind this call is no longer good.", "Sign in again and retry; the answer says how fresh the token must be.";
    /// Something that the call hangs from is disabled, gone or contained.
    RevocationRevoked = "revocation.revoked", Revocation, false,
        "An identity, session or token in the call is revoked.", "Stop; whoever revoked it must release it.";
    /// What was revoked is not known: a feed has been silent for too long, the table is full, or the time is unknown.
    RevocationUnknown = "revocation.unknown", Revocation, true,
        "It is not known what has been revoked.", "Retry when the feeds are heard again, with the time (`context.time`).";
    /// An access policy blocks the call.
    AccessBlocked = "access.blocked", Access, true,
        "An access policy blocks this call.", "Call from another place, device or session, or ask the policy's owner.";
    /// An access policy blocks the call unless a fact that is unknown rules that out.
    AccessBlockedUnknown = "access.blocked_unknown", Access, true,
        "An access policy may block this call; a fact that it needs is unknown.", "Send the missing signals.";
    /// A required control that nobody in the call can meet.
    AccessControlUnattainable = "access.control_unattainable", Access, false,
        "A control is required that nobody in this call can meet.", "Make the call on behalf of a person who can meet it.";
    /// A tool, or its server, that is not registered.
    ToolUnknown = "tool.unknown", Tool, false,
        "The tool is not registered.", "Have the tool approved and registered.";
    /// A tool, or its server, that is blocked.
    ToolBlocked = "tool.blocked", Tool, false, "The tool is blocked.", "Use another tool.";
    /// A tool that is not assigned to the immediate actor.
    ToolNotAssigned = "tool.not_assigned", Tool, false,
        "The tool is not assigned to the caller.", "Have the tool assigned to the caller.";
    /// A tool whose definition is not the approved one.
    ToolDefinitionChanged = "tool.definition_changed", Tool, false,
        "The tool's definition is not the one that was approved.", "Have the new definition reviewed and approved.";
    /// A pinned tool whose definition was not shown.
    ToolDefinitionUnknown = "tool.definition_unknown", Tool, true,
        "The tool's definition was not shown.", "Send the digest of the tool's definition (`context.tool.digest`).";
    /// Nothing permits the call.
    PrivilegeNoPermit = "privilege.no_permit", Privilege, false,
        "Nothing permits this call.", "Ask for a grant, or make a call that is permitted.";
    /// A grant that would permit the call has ended.
    PrivilegeGrantExpired = "privilege.grant_expired", Privilege, false,
        "A grant for this call has expired.", "Ask for the grant to be renewed.";
    /// A grant that would permit the call has not started.
    PrivilegeGrantNotStarted = "privilege.grant_not_started", Privilege, true,
        "A grant for this call has not started.", "Wait until the grant starts.";
    /// A grant that may permit the call cannot be told to be live, because the time is unknown.
    PrivilegeTimeUnknown = "privilege.time_unknown", Privilege, true,
        "Without a time no grant counts.", "Send the time (`context.time`).";
    /// A grant would permit the call, did its giver still stand: they are deleted, or held by what was revoked.
    PrivilegeGrantRevoked = "privilege.grant_revoked", Privilege, false,
        "A grant for this call no longer counts: whoever gave it is deleted or held.", "Ask somebody else for a grant.";
    /// A tool or resource that needs a live grant, and there is none.
    PrivilegeGrantRequired = "privilege.grant_required", Privilege, false,
        "This needs a live grant to the caller.", "Ask for a grant.";
    /// A rule forbids the call.
    RuleForbidden = "rule.forbidden", Rule, false, "A rule forbids this call.", "Make another call.";
    /// A rule forbids the call unless a fact that is unknown rules that out.
    RuleForbiddenUnknown = "rule.forbidden_unknown", Rule, true,
        "A rule may forbid this call; a fact that it needs is unknown.", "Send the missing signals.";
    /// Two rules replace one argument by different values.
    RuleConflictingChanges = "rule.conflicting_changes", Rule, false,
        "Rules demand contradicting changes of an argument.", "Choose a value that needs no change.";
    /// A data-loss rule blocks what the call does with its content.
    DataLossBlocked = "data.loss_blocked", Data, false,
        "A data-loss rule blocks this content.", "Leave the sensitive content out, or send it to where it may go.";
    /// A data-loss rule blocks it unless a fact that is unknown rules that out.
    DataLossBlockedUnknown = "data.loss_blocked_unknown", Data, true,
        "A data-loss rule may block this content; a fact that it needs is unknown.", "Say what the call carries and where it goes (`context.content`).";
    /// A call without a session, where the policy requires one.
    DataFlowRequired = "data.flow_required", Data, true,
        "The call is part of no session.", "Judge the call in its session.";
    /// A session of another policy: its labels have other words.
    DataFlowOutdated = "data.flow_outdated", Data, false,
        "The session was begun under another version of the policy.", "Begin a new session.";
    /// A flow that its request states above the clearance: its model has seen what it may not see, or nobody says what it has seen.
    DataFlowExceeded = "data.flow_exceeded", Data, true,
        "This session has seen, or may have seen, more than it may see.", "State the label of what the model has seen (`context.flow.labels`), or begin a new session.";
    /// A call of which too little is known to follow what flows through it.
    DataFlowUnknown = "data.flow_unknown", Data, true,
        "What flows through this call is not known.", "Send the arguments, and call one tool at a time.";
    /// A read whose answer the session may not see.
    DataFlowClearance = "data.flow_clearance", Data, false,
        "The answer would be above what this session may see.", "Read it in a session that is cleared for it, or keep the answer behind a handle.";
    /// A value that decides, and is not trusted enough.
    DataFlowIntegrity = "data.flow_integrity", Data, false,
        "A value that decides what this call does is not trusted enough.", "Use a value that the user gave, or one from a trusted source.";
    /// A value that would go to who may not see it.
    DataFlowConfidentiality = "data.flow_confidentiality", Data, false,
        "This call would send data to where it may not go.", "Leave the data out, or send it to those who may see it.";
    /// A tool that the task does not call for.
    DataFlowTask = "data.flow_task", Data, false,
        "The tool does not serve the task that the user gave.", "Ask the user for a task that needs it.";
    /// Untrusted input, sensitive data and an effect in one session.
    DataFlowCombination = "data.flow_combination", Data, false,
        "This session has read untrusted and sensitive data, and may not act on it alone.", "Do it in a session that has read only one of the two.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
