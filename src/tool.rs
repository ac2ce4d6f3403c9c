//! With what? Tool servers and tools: approved, assigned, pinned; everything else is blocked.
//!
//! A tool is `server/name`. It declares effect classes, who may use it, whether use needs a live grant, and the digest of the
//! definition that was approved. Source of the terms: MCP; of the order server, tool, assignment, pin: design rule "Tools".
//!
//! Next room: [`crate::resource`].

use crate::name::{ServerId, ToolId};
use crate::rule::SubjectHead;

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectClass {
    /// Reads data.
    Read,
    /// Changes data.
    Mutate,
    /// Sends data out.
    Send,
    /// Gives others access.
    Share,
    /// Destroys data.
    Delete,
    /// Runs code or commands.
    Execute,
}

impl EffectClass {
    /// All classes: what a tool that declares none is taken to have.
    pub const ALL: [Self; 6] = [Self::Read, Self::Mutate, Self::Send, Self::Share, Self::Delete, Self::Execute];

    /// Its name in documents and facts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Mutate => "mutate",
            Self::Send => "send",
            Self::Share => "share",
            Self::Delete => "delete",
            Self::Execute => "execute",
        }
    }
}

/// A tool server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Where it is served from.
    pub origin: Option<String>,
    /// Whether all its tools are blocked.
    pub blocked: bool,
}

/// A tool of a server.
#[derive(Clone, Debug)]
pub struct Tool {
    /// `server/name`.
    pub id: ToolId,
    /// Its server.
    pub server: ServerId,
    /// What it does.
    pub effects: Vec<EffectClass>,
    /// JSON Schema of its arguments.
    pub parameters: Option<serde_json::Value>,
    /// Who may use it: any of these. Nobody if empty.
    pub assigned: Vec<SubjectHead>,
    /// Whether use needs a live grant besides.
    pub requires_grant: bool,
    /// Digest of the approved definition, `sha256:<hex>`.
    pub digest: Option<String>,
    /// Whether it is blocked.
    pub blocked: bool,
}
