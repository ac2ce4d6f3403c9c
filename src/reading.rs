//! Which of two readings of another system's rule is asked for?
//!
//! Where a system that this library equals behaves less safely than its laws allow, both answers are there: decisions take the
//! strict one; what-if, import checks and explanations may ask for the faithful one.

use serde::{Deserialize, Serialize};

/// Whose answer is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// What the system that documents the rule would answer: for what-if, import checks and explanations.
    Faithful,
    /// What this library answers: never less safe, unknown is worst-case.
    #[default]
    Strict,
}
