//! What must an engine do to be compared?

use crate::workload::{PlainRequest, Workload};

/// An engine under test.
pub trait EngineUnderTest: Sized + Sync {
    /// What the engine is given to load: policy text, JSON, rules in Rust. Making it is not timed.
    type Source;
    /// Its name in tables.
    const NAME: &'static str;
    /// Writes the workload in the engine's own form.
    fn encode(w: &Workload) -> Self::Source;
    /// Parses, compiles, indexes; may read identities from the workload. Timed.
    fn load(src: Self::Source, w: &Workload) -> Self;
    /// Builds the engine's best form of each request and keeps it.
    fn prepare(&mut self, requests: &[PlainRequest]);
    /// Decides the prepared request `i`. Called from several threads.
    fn decide(&self, i: usize) -> bool;
    /// Decides from plain strings: everything that the engine needs is built inside.
    fn decide_plain(&self, q: &PlainRequest) -> bool;
}
