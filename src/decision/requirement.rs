//! What kinds of things must be done, and what are they called in answers?
//!
//! Next room: `crate::evaluate`.

use crate::rule::{Approver, Requirement};

/// What kind of thing must be done; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person approves.
    Approval,
    /// The caller meets a control.
    Control,
    /// The host changes an argument.
    Change,
    /// The host does something else.
    Obligation,
}

impl Kind {
    /// The kind of a requirement.
    #[must_use]
    pub const fn of(requirement: &Requirement) -> Self {
        match requirement {
            Requirement::Approval { .. } => Self::Approval,
            Requirement::Control { .. } => Self::Control,
            Requirement::Redact { .. } | Requirement::RedactSensitive { .. } | Requirement::Narrow { .. } => {
                Self::Change
            }
            Requirement::Obligation { .. } => Self::Obligation,
        }
    }
}

/// The id of a requirement in answers and tests: `control:mfa`, `control:fresh_authentication|trusted_network`,
/// `approval:sponsor`, `approval:group:ap-approvers|user:ada`, `redact:/card`, `redact_sensitive:credit-card|us-ssn`, `narrow:/limit`, `obligation:log`.
#[must_use]
pub fn requirement_id(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Control { any_of, .. } => {
            let names: Vec<&str> = any_of.iter().map(|control| control.name()).collect();
            format!("control:{}", names.join("|"))
        }
        Requirement::Approval { by } => {
            let names: Vec<String> = by.iter().map(approver_name).collect();
            format!("approval:{}", names.join("|"))
        }
        Requirement::Redact { pointer } => format!("redact:{pointer}"),
        Requirement::RedactSensitive { types } => format!("redact_sensitive:{}", types.join("|")),
        Requirement::Narrow { pointer, .. } => format!("narrow:{pointer}"),
        Requirement::Obligation { kind, .. } => format!("obligation:{kind}"),
    }
}

/// An approver as documents write it.
pub(crate) fn approver_name(approver: &Approver) -> String {
    match approver {
        Approver::Sponsor => "sponsor".to_owned(),
        Approver::Owner => "owner".to_owned(),
        Approver::User(user) => format!("user:{user}"),
        Approver::Group(group) => format!("group:{group}"),
    }
}
