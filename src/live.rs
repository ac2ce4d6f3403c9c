//! Which engine judges now? A handle that other threads judge with while it is swapped.
//!
//! INVARIANT: readers never wait, neither for each other nor for a swap; a decision sees exactly one engine, whole. What fails to
//! load never gets here: the running engine stays.
//!
//! ```
//! use std::sync::Arc;
//! use placet::{CompiledPolicy, Engine, Limits, Link, LiveEngine, Request, Target, Verdict, document};
//! let load = |text: &str| document::load([("policy.yaml", text)], &Limits::default());
//! let live = LiveEngine::new(Engine::of(&load("version: 1\n")?));
//! let ask = || live.load().decide(&Request::new(Link::user("ada"), "read", Target::new("page", "home"))).verdict();
//! assert_eq!(ask(), Verdict::Deny);
//!
//! let policy = load("version: 1\nrules: [{id: read, effect: permit, action: read}]\n")?;
//! live.swap_policy(Arc::new(CompiledPolicy::new(&policy, &Limits::default())));
//! assert_eq!(ask(), Verdict::Allow);
//! # Ok::<(), placet::diagnostic::Diagnostics>(())
//! ```
//!
//! What is lock-free here is [`Swap`], a cell of the crate `arc-swap`. All that is done with it goes through three operations of
//! [`Cell`], so that `tests/live.rs` runs this very code over a cell that a model checker schedules.
//!
//! Next room: [`crate::files`].

use core::fmt;
use core::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::compile::CompiledPolicy;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::signal::{self, Outcome, Revocations, SecurityEvent};
use crate::time::Timestamp;

/// Where a [`LiveEngine`] keeps the engine of now.
///
/// An implementation must be linearisable: each operation takes effect at one moment between its call and its return, and a
/// thread that has seen an engine never sees an older one.
pub trait Cell: Send + Sync {
    /// What a load gives. It keeps its engine alive and as it is.
    type Guard: Deref<Target = Arc<Engine>>;

    /// A cell with this engine.
    fn of(engine: Arc<Engine>) -> Self;

    /// The engine of now.
    fn load(&self) -> Self::Guard;

    /// Puts `new` there if `current` is (the very same allocation), and answers what was there before.
    fn compare_and_swap(&self, current: &Arc<Engine>, new: Arc<Engine>) -> Self::Guard;
}

/// The cell of [`LiveEngine`]: loads take no lock and wait for nobody.
#[derive(Debug)]
pub struct Swap(ArcSwap<Engine>);

impl Cell for Swap {
    type Guard = Guard<Arc<Engine>>;

    fn of(engine: Arc<Engine>) -> Self {
        Self(ArcSwap::new(engine))
    }

    fn load(&self) -> Self::Guard {
        self.0.load()
    }

    fn compare_and_swap(&self, current: &Arc<Engine>, new: Arc<Engine>) -> Self::Guard {
        self.0.compare_and_swap(current, new)
    }
}

/// An engine that can be swapped while other threads judge with it.
pub struct LiveEngine<C: Cell = Swap> {
    current: C,
    /// Engines that were swapped out while somebody judged with them. A swap takes them apart, never a decision, which that would delay
    /// by milliseconds. Only swaps take this lock.
    retired: Mutex<Vec<Arc<Engine>>>,
}

/// The engine of one or more decisions; later swaps do not touch it. Keep it for a decision, not for a session.
pub struct Loaded<C: Cell = Swap>(C::Guard);

impl<C: Cell> Deref for Loaded<C> {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl LiveEngine {
    /// A handle to an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self::within(engine)
    }
}

impl<C: Cell> LiveEngine<C> {
    /// A handle to an engine, which a cell of the host's choice keeps.
    #[must_use]
    pub fn within(engine: Engine) -> Self {
        Self { current: C::of(Arc::new(engine)), retired: Mutex::default() }
    }

    /// The engine that judges now.
    #[must_use]
    pub fn load(&self) -> Loaded<C> {
        Loaded(self.current.load())
    }

    /// Swaps policy and directory together. What has been revoked stays revoked, also what another thread revokes at the same
    /// time; what `engine` itself says of revocations does not count.
    pub fn swap(&self, engine: &Engine) {
        self.change(|now| engine.clone().with_revocations(Arc::clone(now.revocations()), *now.check_policy()));
    }

    /// Swaps the policy and keeps the directory, also if another thread swaps that at the same time.
    pub fn swap_policy(&self, policy: Arc<CompiledPolicy>) {
        self.change(|engine| engine.relinked(Arc::clone(&policy), Arc::clone(engine.directory())));
    }

    /// Swaps the directory and keeps the policy, also if another thread swaps that at the same time.
    pub fn swap_directory(&self, directory: Arc<Directory>) {
        self.change(|engine| engine.relinked(Arc::clone(engine.policy()), Arc::clone(&directory)));
    }

    /// Puts in the place of the engine what becomes of it. INVARIANT: what another thread puts there meanwhile is not lost; the
    /// change is then made to that.
    fn change(&self, mut next: impl FnMut(&Engine) -> Engine) {
        let mut seen = self.current.load();
        loop {
            // `seen` keeps its allocation, so that no other engine can come to lie there and be taken for it.
            let found = self.current.compare_and_swap(&seen, Arc::new(next(&seen)));
            if Arc::ptr_eq(&seen, &found) {
                let engine = Arc::clone(&found);
                drop((seen, found));
                return self.retire(engine);
            }
            seen = found;
        }
    }

    /// Keeps an engine that was swapped out until nobody else has it: it gets no new readers.
    fn retire(&self, engine: Arc<Engine>) {
        let unused: Vec<Arc<Engine>> = {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.push(engine);
            let (used, unused) = retired.drain(..).partition(|engine| Arc::strong_count(engine) > 1);
            *retired = used;
            unused
        };
        // They are taken apart here, while nobody waits for the lock.
        drop(unused);
    }
}

impl<C: Cell> LiveEngine<C> {
    /// Applies a security event: from the next decision on it counts, on every thread. Repeated, reordered and late events do no
    /// harm. What hangs below its subject (agents of a blueprint, accounts of an agent) is taken from the directory.
    pub fn apply(&self, event: &SecurityEvent) -> Outcome {
        let mut outcome = Outcome::Ignored;
        self.revise(|engine| {
            let (revocations, became) = engine.revocations().apply(event, &**engine.directory());
            outcome = became;
            revocations
        });
        outcome
    }

    /// The kill switch: from the next decision on nothing that acts as, through or for `target` is let through, on any thread.
    pub fn contain(&self, target: &signal::Target, at: Timestamp) -> Outcome {
        let mut outcome = Outcome::Ignored;
        self.revise(|engine| {
            let (revocations, became) = engine.revocations().contain(target, at, &**engine.directory());
            outcome = became;
            revocations
        });
        outcome
    }

    /// Lifts the kill switch.
    pub fn release(&self, target: &signal::Target, at: Timestamp) {
        self.revise(|engine| engine.revocations().release(target, at));
    }

    /// Says that a feed was heard: what it did not report until then did not happen.
    pub fn heard(&self, feed: &str, at: Timestamp) {
        self.revise(|engine| engine.revocations().heard(feed, at));
    }

    /// Forgets revocations of tokens that have all ended by `now` (`CheckPolicy::longest_life`): nothing that a token which says its age
    /// could still use. A call that does not say the age of its token is no longer hit by what is forgotten: let policies ask for it.
    pub fn prune(&self, now: Timestamp) {
        self.revise(|engine| engine.revocations().pruned(now, engine.check_policy().longest_life));
    }

    /// Swaps what is revoked, also if another thread swaps something at the same time.
    fn revise(&self, mut change: impl FnMut(&Engine) -> Revocations) {
        self.change(|engine| {
            let revocations = Arc::new(change(engine));
            Engine::clone(engine).with_revocations(revocations, *engine.check_policy())
        });
    }
}

impl<C: Cell> fmt::Debug for LiveEngine<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = self.load();
        let (policy, directory) = (engine.policy().version(), engine.directory().version());
        f.debug_struct("LiveEngine").field("policy", &policy).field("directory", &directory).finish()
    }
}
