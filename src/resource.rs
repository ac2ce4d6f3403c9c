//! On what? Resources that the organisation registers: their containers, label and attributes.
//!
//! A resource that is not registered can still be named by a request and judged by its type and id; what the Directory
//! would say about it is then known to be absent, and its label, unless the request gives one, is unknown.
//!
//! Next room: [`crate::scope`].

use crate::label::Label;
use crate::name::{ResourceId, TypeName};
use crate::value::Map;

/// Type and id of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef {
    /// Its type.
    pub kind: TypeName,
    /// Its id, unique within the type.
    pub id: ResourceId,
}

/// A registered resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Type and id.
    pub reference: ResourceRef,
    /// What directly contains it. Cycles are refused.
    pub containers: Vec<ResourceRef>,
    /// Its label.
    pub label: Option<Label>,
    /// Attributes for conditions.
    pub attributes: Map<'static>,
    /// Whether access needs a live grant besides.
    pub requires_grant: bool,
}
