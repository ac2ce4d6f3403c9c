//! What must an engine do to be compared?

use core::ops::Range;

use crate::workload::{PlainRequest, Workload};

/// An engine under test.
pub trait EngineUnderTest: Sized + Sync {
    /// What the engine is given to load: policy text, JSON, rules in Rust. Making it is not timed.
    type Source;
    /// Its name in tables.
    const NAME: &'static str;
    /// Whether it judges a chain of delegation by itself. For all others the host asks once for each link ([`PerLink`]).
    const CHAINS: bool = false;
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

/// Something that is loaded and answers the requests of its workload by their numbers: what is measured.
pub trait Answers: Sync {
    /// Builds the best form of each request and keeps it.
    fn prepare(&mut self);
    /// Answers a prepared request.
    fn prepared(&self, i: usize) -> bool;
    /// Answers from plain strings.
    fn plain(&self, i: usize) -> bool;
}

/// An engine with the requests of a workload.
pub struct PerLink<'w, E> {
    engine: E,
    w: &'w Workload,
    /// For an engine without chains: one request for each link, and which of them are those of a request.
    split: Vec<PlainRequest>,
    links: Vec<Range<usize>>,
}

impl<'w, E: EngineUnderTest> PerLink<'w, E> {
    pub fn load(source: E::Source, w: &'w Workload) -> Self {
        Self { engine: E::load(source, w), w, split: vec![], links: vec![] }
    }
}

impl<E: EngineUnderTest> Answers for PerLink<'_, E> {
    fn prepare(&mut self) {
        if E::CHAINS || self.w.requests.iter().all(|q| q.actors.is_empty()) {
            self.engine.prepare(&self.w.requests);
            return;
        }
        for q in &self.w.requests {
            let from = self.split.len();
            self.split.extend(q.links());
            self.links.push(from..self.split.len());
        }
        self.engine.prepare(&self.split);
    }

    fn prepared(&self, i: usize) -> bool {
        match self.links.get(i) {
            Some(links) => links.clone().all(|link| self.engine.decide(link)),
            None => self.engine.decide(i),
        }
    }

    fn plain(&self, i: usize) -> bool {
        match self.links.get(i) {
            Some(links) => self.split[links.clone()].iter().all(|link| self.engine.decide_plain(link)),
            None => self.engine.decide_plain(&self.w.requests[i]),
        }
    }
}
