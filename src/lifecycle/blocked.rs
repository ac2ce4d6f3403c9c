//! What may an agent never hold, whoever consents?
//!
//! INVARIANT: [`HardBlocks`] only grows. A host may add to the built-in lists; nothing takes from them.
//!
//! Source: Microsoft Graph, "permissions blocked for agents"; Microsoft Entra, "roles allowed for agents"; copies of
//! November 2025. Roles are an allow list there, so that is what they are here.

use std::collections::BTreeSet;

/// How a permission is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PermissionKind {
    /// Delegated, for the user who is signed in.
    Scope,
    /// By the application itself.
    Role,
}

/// Blocked both as scope and as role.
const BOTH: [&str; 18] = [
    "CustomSecAttributeAssignment.ReadWrite.All",
    "CustomSecAttributeDefinition.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Device.Write.Restricted",
    "Directory.ReadWrite.All",
    "Directory.Write.Restricted",
    "Domain.ReadWrite.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "User-PasswordProfile.ReadWrite.All",
    "User.DeleteRestore.All",
    "User.EnableDisableAccount.All",
    "User.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
    // Listed for one kind only, because the other does not exist; held under either name they are the same power.
    "Directory.AccessAsUser.All",
    "RoleManagement.ReadWrite.All",
    "Application.ReadWrite.All",
];

/// Blocked as scopes only.
const SCOPES: [&str; 2] = ["Group.Write.Restricted", "UserAuthenticationMethod.Read.All"];

/// Blocked as roles only: over the data of one signed-in user they are harmless.
const ROLES: [&str; 39] = [
    "AgentIdentity.Create",
    "AgentIdentity.Create.All",
    "AgentIdentity.CreateAsManager",
    "AgentIdentityBlueprint.Create",
    "AgentIdentityBlueprint.CreateAsManager",
    "AgentIdentityBlueprint.ReadWrite.All",
    "AgentIdentityBlueprintPrincipal.Create",
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "BitlockerKey.Read.All",
    "Calendars.Read",
    "ChannelMessage.Read.All",
    "ChannelMessage.Read.Group",
    "Chat.Read.All",
    "Chat.ReadWrite.All",
    "ConsentRequest.ReadWrite.All",
    "Device.ReadWrite.All",
    "DeviceManagementConfiguration.Read.All",
    "EduRoster.ReadWrite.All",
    "EntitlementManagement.ReadWrite.All",
    "Files.Read.All",
    "Files.ReadWrite.All",
    "Group.Create",
    "IdentityProvider.ReadWrite.All",
    "LifecycleManagement.ReadWrite.All",
    "Organization.ReadWrite.All",
    "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.PermissionGrant",
    "Policy.ReadWrite.SecurityDefaults",
    "PrintJob.ReadWrite.All",
    "PrivilegedAccess.ReadWrite.AzureAD",
    "PrivilegedAccess.ReadWrite.AzureResources",
    "Sites.FullControl.All",
    "Sites.Manage.All",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Tasks.ReadWrite.All",
    "User.Invite.All",
];

/// The directory roles that an agent identity may hold.
const ALLOWED_ROLES: [&str; 80] = [
    "AI Administrator",
    "Attack Payload Author",
    "Attack Simulation Administrator",
    "Attribute Assignment Reader",
    "Attribute Definition Reader",
    "Attribute Log Administrator",
    "Attribute Log Reader",
    "Azure DevOps Administrator",
    "Azure Information Protection Administrator",
    "B2C IEF Policy Administrator",
    "Billing Administrator",
    "Cloud App Security Administrator",
    "Compliance Administrator",
    "Compliance Data Administrator",
    "Customer LockBox Access Approver",
    "Desktop Analytics Administrator",
    "Directory Readers",
    "Directory Synchronization Accounts",
    "Dynamics 365 Administrator",
    "Dynamics 365 Business Central Administrator",
    "Exchange Administrator",
    "Exchange Recipient Administrator",
    "Extended Directory User Administrator",
    "External ID User Flow Administrator",
    "External ID User Flow Attribute Administrator",
    "Fabric Administrator",
    "Global Reader",
    "Global Secure Access Log Reader",
    "Insights Administrator",
    "Insights Analyst",
    "Insights Business Leader",
    "IoT Device Administrator",
    "Kaizala Administrator",
    "Knowledge Administrator",
    "Knowledge Manager",
    "License Administrator",
    "Message Center Privacy Reader",
    "Message Center Reader",
    "Microsoft 365 Backup Administrator",
    "Microsoft 365 Migration Administrator",
    "Microsoft Edge Administrator",
    "Microsoft Entra Joined Device Local Administrator",
    "Microsoft Graph Data Connect Administrator",
    "Microsoft Hardware Warranty Administrator",
    "Microsoft Hardware Warranty Specialist",
    "Network Administrator",
    "Office Apps Administrator",
    "Organizational Branding Administrator",
    "Organizational Data Source Administrator",
    "Organizational Messages Approver",
    "Organizational Messages Writer",
    "People Administrator",
    "Places Administrator",
    "Power Platform Administrator",
    "Printer Administrator",
    "Printer Technician",
    "Reports Reader",
    "Search Administrator",
    "Search Editor",
    "Service Support Administrator",
    "SharePoint Administrator",
    "SharePoint Embedded Administrator",
    "Skype for Business Administrator",
    "Teams Administrator",
    "Teams Communications Administrator",
    "Teams Communications Support Engineer",
    "Teams Communications Support Specialist",
    "Teams Devices Administrator",
    "Teams Reader",
    "Teams Telephony Administrator",
    "Tenant Creator",
    "Usage Summary Reports Reader",
    "User Experience Success Manager",
    "Virtual Visits Administrator",
    "Viva Glint Tenant Administrator",
    "Viva Goals Administrator",
    "Viva Pulse Administrator",
    "Windows 365 Administrator",
    "Windows Update Deployment Administrator",
    "Yammer Administrator",
];

/// Why a directory role is not assigned to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RoleRefusal {
    /// It is not on the list of roles that agents may hold.
    #[error("agents cannot hold this role")]
    NotAllowed,
    /// A role that the organisation made itself. Microsoft's page says both that they are allowed and that they are not.
    #[error("agents cannot hold custom roles")]
    Custom,
    /// An agent's user account holds no administrator role.
    #[error("an agent's user account cannot hold administrator roles")]
    Privileged,
}

impl RoleRefusal {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAllowed => "role_not_allowed_for_agents",
            Self::Custom => "custom_role_not_allowed_for_agents",
            Self::Privileged => "privileged_role_not_allowed_for_agent_users",
        }
    }
}

/// The hard blocks: the built-in lists, and what the host adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HardBlocks {
    permissions: BTreeSet<String>,
    roles: BTreeSet<String>,
}

impl HardBlocks {
    /// Blocks another permission, as scope and as role.
    #[must_use]
    pub fn and_permission(mut self, name: impl Into<String>) -> Self {
        self.permissions.insert(name.into());
        self
    }

    /// Blocks another directory role.
    #[must_use]
    pub fn and_role(mut self, name: impl Into<String>) -> Self {
        self.roles.insert(name.into());
        self
    }

    /// Whether a permission is blocked. `kind` is `None` where it is not known: blocked as either is then blocked.
    #[must_use]
    pub fn blocks(&self, permission: &str, kind: Option<PermissionKind>) -> bool {
        let listed = |names: &[&str]| names.contains(&permission);
        let scope = || kind != Some(PermissionKind::Role) && listed(&SCOPES);
        let role = || kind != Some(PermissionKind::Scope) && listed(&ROLES);
        listed(&BOTH) || scope() || role() || self.permissions.contains(permission)
    }

    /// Whether a directory role may be assigned to an agent identity, or (`to_account`) to an agent's user account. `custom`
    /// says that the organisation made the role itself.
    ///
    /// # Errors
    /// It may not.
    pub fn assign_role(&self, role: &str, custom: bool, to_account: bool) -> Result<(), RoleRefusal> {
        if custom {
            return Err(RoleRefusal::Custom);
        }
        if !ALLOWED_ROLES.contains(&role) || self.roles.contains(role) {
            return Err(RoleRefusal::NotAllowed);
        }
        // An agent's user account has the rights of a guest.
        if to_account && role.ends_with("Administrator") {
            return Err(RoleRefusal::Privileged);
        }
        Ok(())
    }

    /// Whether an agent identity or its user account may join a group: not one through which directory roles are assigned.
    #[must_use]
    pub const fn may_join_group(role_assignable: bool) -> bool {
        !role_assignable
    }
}
