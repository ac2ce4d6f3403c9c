//! What may an agent do at a resource? Direct grants and inherited ones, each tagged with where it comes from.
//!
//! Something is inherited only if the resource is inheritable for that kind of permission *and* the blueprint's principal in the
//! agent's own tenant has been given consent to it. Nothing lifts the hard blocks.
//!
//! | consent on the principal | declared by the blueprint | resource inheritable | inherited | visible up front |
//! | --- | --- | --- | --- | --- |
//! | static | yes | yes | yes | yes |
//! | static | yes | no | no | yes |
//! | static | no | - | no | no |
//! | dynamic | yes | yes | yes | yes |
//! | dynamic | no | yes | yes | no |
//! | dynamic | - | no | no | as declared |

use std::collections::{BTreeMap, BTreeSet};

use super::blocked::{HardBlocks, PermissionKind};
use crate::name::BlueprintId;

/// Permissions at one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Delegated scopes.
    pub scopes: BTreeSet<String>,
    /// Application roles.
    pub roles: BTreeSet<String>,
}

/// What is inherited of a resource's permissions of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InheritancePattern {
    /// Nothing.
    #[default]
    None,
    /// All that the principal has been given.
    AllAllowed,
    /// Of what the principal has been given, these. An older pattern that some blueprints still have.
    Enumerated(BTreeSet<String>),
}

impl InheritancePattern {
    fn lets_through(&self, permission: &str) -> bool {
        match self {
            Self::None => false,
            Self::AllAllowed => true,
            Self::Enumerated(listed) => listed.contains(permission),
        }
    }
}

/// What a blueprint lets its agents inherit of a resource, scopes and roles apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inheritable {
    /// Of the scopes.
    pub scopes: InheritancePattern,
    /// Of the roles.
    pub roles: InheritancePattern,
}

/// Where a permission comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Given to the agent itself.
    Direct,
    /// Inherited from its blueprint.
    Inherited(BlueprintId),
}

/// One permission that an agent has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectivePermission {
    /// The resource.
    pub resource: String,
    /// Scope or role.
    pub kind: PermissionKind,
    /// Its name.
    pub name: String,
    /// Where it comes from. A permission that comes from both is listed twice.
    pub origin: Origin,
}

/// All permissions of an agent: `direct` ones, and of `principal` (consents on the blueprint's principal in the agent's tenant)
/// those that `inheritable` lets through; less what is blocked. Resources by their ids.
#[must_use]
pub fn effective_permissions(
    direct: &BTreeMap<String, Permissions>,
    blueprint: &BlueprintId,
    inheritable: &BTreeMap<String, Inheritable>,
    principal: &BTreeMap<String, Permissions>,
    blocks: &HardBlocks,
) -> BTreeSet<EffectivePermission> {
    let mut effective = BTreeSet::new();
    let mut add = |resource: &str, kind, name: &str, origin: Origin| {
        if !blocks.blocks(name, Some(kind)) {
            let (resource, name) = (resource.to_owned(), name.to_owned());
            effective.insert(EffectivePermission { resource, kind, name, origin });
        }
    };
    for (resource, permissions) in direct {
        permissions.scopes.iter().for_each(|name| add(resource, PermissionKind::Scope, name, Origin::Direct));
        permissions.roles.iter().for_each(|name| add(resource, PermissionKind::Role, name, Origin::Direct));
    }
    for (resource, permissions) in principal {
        let Some(inherits) = inheritable.get(resource) else { continue };
        let inherited = || Origin::Inherited(blueprint.clone());
        let scopes = permissions.scopes.iter().filter(|name| inherits.scopes.lets_through(name));
        scopes.for_each(|name| add(resource, PermissionKind::Scope, name, inherited()));
        let roles = permissions.roles.iter().filter(|name| inherits.roles.lets_through(name));
        roles.for_each(|name| add(resource, PermissionKind::Role, name, inherited()));
    }
    effective
}

/// How consent was given to a blueprint's principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consent {
    /// To what the blueprint declares (`requiredResourceAccess`), all at once.
    Static,
    /// To what was explicitly asked for.
    Dynamic,
}

/// What a consent leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentOutcome {
    /// Whether the permission was given to the principal at all.
    pub granted: bool,
    /// Whether the agents inherit it.
    pub inherited: bool,
    /// Whether whoever consented could see it beforehand.
    pub visible_up_front: bool,
}

/// The table above.
#[must_use]
pub const fn consent_outcome(consent: Consent, declared: bool, inheritable: bool) -> ConsentOutcome {
    let granted = match consent {
        Consent::Static => declared,
        Consent::Dynamic => true,
    };
    ConsentOutcome { granted, inherited: granted && inheritable, visible_up_front: declared }
}

/// Whether a blueprint's declaration is within the bounds of Microsoft Entra: 50 resources, 400 permissions.
#[must_use]
pub fn required_access_is_within_limits(declared: &BTreeMap<String, Permissions>) -> bool {
    let permissions: usize = declared.values().map(|p| p.scopes.len() + p.roles.len()).sum();
    declared.len() <= 50 && permissions <= 400
}

/// Why a permission is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum GrantRefusal {
    /// No consent lifts it.
    #[error("agents cannot hold this permission, whoever consents")]
    Blocked,
    /// Roles, and scopes that reach all users' data, need an administrator's consent.
    #[error("an administrator must consent")]
    AdminConsentRequired,
}

impl GrantRefusal {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blocked => "blocked_for_agents",
            Self::AdminConsentRequired => "admin_consent_required",
        }
    }
}

/// Whether a permission may be granted to an agent identity or its user account. `kind` is `None` where it is not known: it is
/// then taken for the stricter one.
///
/// # Errors
/// It is blocked, or an administrator must consent: to every role, and to a scope that ends in `.All` (it reaches beyond the
/// user who is signed in).
pub fn grant(
    permission: &str,
    kind: Option<PermissionKind>,
    admin_consents: bool,
    blocks: &HardBlocks,
) -> Result<(), GrantRefusal> {
    if blocks.blocks(permission, kind) {
        return Err(GrantRefusal::Blocked);
    }
    let needs_admin = kind != Some(PermissionKind::Scope) || permission.ends_with(".All");
    if needs_admin && !admin_consents { Err(GrantRefusal::AdminConsentRequired) } else { Ok(()) }
}
