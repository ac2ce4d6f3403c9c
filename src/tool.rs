//! With what? Tool servers and tools: approved, assigned, pinned; everything else is blocked.
//!
//! A tool is `server/name`. It declares effect classes, who may use it, whether use needs a live grant, and the digest of the
//! definition that was approved. Source of the terms: MCP; of the order server, tool, assignment, pin: design rule "Tools".
//!
//! Next room: [`crate::resource`].

use std::sync::Arc;

use crate::fact::Type;
use crate::flow::{Declaration, Does};
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

    /// What effects mean for flows. Whoever gets access, and whatever is run, can send.
    #[must_use]
    pub fn does(effects: &[Self]) -> Does {
        let has = |these: &[Self]| these.iter().any(|effect| effects.contains(effect));
        Does {
            changes: has(&[Self::Mutate, Self::Share, Self::Delete, Self::Execute]),
            sends: has(&[Self::Send, Self::Share, Self::Execute]),
            destroys: has(&[Self::Delete, Self::Execute]),
        }
    }

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
    /// How it takes part in flows, if that is declared.
    pub flow: Option<Arc<Declaration>>,
}

/// The type of a call's arguments that a JSON Schema describes. Where the schema is unsure (unions, references, anything
/// composed), so is the type: conditions are then checked when they are evaluated. Recursion goes as deep as `schema`.
#[must_use]
pub fn arguments_type(schema: &serde_json::Value) -> Type {
    // Composed schemas may add, forbid or change anything.
    const UNSURE: [&str; 12] = [
        "$ref",
        "$dynamicRef",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "patternProperties",
        "unevaluatedProperties",
    ];
    let Some(members) = schema.as_object() else { return Type::Dyn };
    if UNSURE.iter().any(|name| members.contains_key(*name)) {
        return Type::Dyn;
    }
    match members.get("type").and_then(serde_json::Value::as_str) {
        Some("string") => Type::String,
        Some("integer") => Type::Int,
        Some("number") => Type::Double,
        Some("boolean") => Type::Bool,
        Some("array") => Type::List(Box::new(members.get("items").map_or(Type::Dyn, arguments_type))),
        Some("object") => object_type(members),
        // `null`, a list of types, no type at all, or a type that JSON Schema does not have.
        Some(_) | None => Type::Dyn,
    }
}

fn object_type(schema: &serde_json::Map<String, serde_json::Value>) -> Type {
    let further = schema.get("additionalProperties");
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    // Where further members are expressly allowed, a record of the named ones would be too narrow.
    let (Some(properties), None | Some(serde_json::Value::Bool(false))) = (properties, further) else {
        return Type::Map(Box::new(Type::Dyn));
    };
    let required: Vec<&str> = match schema.get("required").and_then(serde_json::Value::as_array) {
        Some(names) => names.iter().filter_map(serde_json::Value::as_str).collect(),
        None => Vec::new(),
    };
    let member = |(name, schema): (&String, &serde_json::Value)| {
        let is_required = required.contains(&name.as_str());
        (name.as_str().into(), (arguments_type(schema), is_required))
    };
    Type::Record(properties.iter().map(member).collect())
}
