//! How far? Actions x resources x constraints. (Stub: being written.)

use crate::name::TypeName;
use crate::pattern::Pattern;

/// A constraint on one argument: all members that are set must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraint {
    /// The text matches one of these; no constraint if empty.
    pub matches: Vec<Pattern>,
    /// The number is at least this.
    pub at_least: Option<f64>,
    /// The number is at most this.
    pub at_most: Option<f64>,
}

/// Resources of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeResource {
    /// Type; any if none.
    pub kind: Option<TypeName>,
    /// Ids; any if none.
    pub id: Option<Pattern>,
}

/// Extent of access.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Action names: any of these. Nothing if empty.
    pub actions: Vec<Pattern>,
    /// Resources: any of these. Nothing if empty.
    pub resources: Vec<ScopeResource>,
    /// Constraints on arguments, by name: all of these.
    pub arguments: std::collections::BTreeMap<String, Constraint>,
}
