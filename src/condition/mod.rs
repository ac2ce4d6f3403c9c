//! When? Conditions in CEL. (Stub: being written.)

use crate::diagnostic::Diagnostics;
use crate::fact::{Schema, Type};
use crate::label::Taxonomy;
use crate::limits::Limits;
use crate::value::{Facts, Value};

/// What a condition may read and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Declarations<'d> {
    /// The declared facts.
    pub schema: &'d Schema,
    /// The labels that `label("...")` may name.
    pub taxonomy: &'d Taxonomy,
    /// Ceilings.
    pub limits: &'d Limits,
    /// Type of `arguments`, where the tool is known; otherwise as the schema says.
    pub arguments: Option<&'d Type>,
}

/// The three truth values of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It reads an unknown fact that matters, or evaluating it is an error.
    Unknown,
}

/// A compiled condition.
#[derive(Clone, Debug)]
pub struct Condition {
    source: std::sync::Arc<str>,
}

/// Parses, checks and compiles a condition.
///
/// # Errors
/// All findings, with places relative to `source`.
pub fn compile(source: &str, _declarations: &Declarations<'_>) -> Result<Condition, Diagnostics> {
    Ok(Condition { source: source.into() })
}

impl Condition {
    /// The text that it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
    /// The slots of the facts that it reads, ascending.
    #[must_use]
    pub fn references(&self) -> &[u16] {
        &[]
    }
    /// Its truth.
    pub fn evaluate(&self, _facts: &impl Facts) -> Truth {
        Truth::Unknown
    }
    /// Its value, for uses outside rules.
    ///
    /// # Errors
    /// Why it has none.
    pub fn value(&self, _facts: &impl Facts) -> Result<Value<'static>, EvaluationError> {
        Err(EvaluationError::Unsupported)
    }
}

/// Why a condition has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// Stub.
    #[error("unsupported")]
    Unsupported,
}
