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
//! Next room: [`crate::files`].

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::compile::CompiledPolicy;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::signal::{self, Outcome, Revocations, SecurityEvent};
use crate::time::Timestamp;

/// An engine that can be swapped while other threads judge with it.
pub struct LiveEngine {
    current: ArcSwap<Engine>,
}

/// The engine of one or more decisions; later swaps do not touch it. Keep it for a decision, not for a session.
pub struct Loaded(Guard<Arc<Engine>>);

impl Deref for Loaded {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl LiveEngine {
    /// A handle to an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { current: ArcSwap::from_pointee(engine) }
    }

    /// The engine that judges now.
    #[must_use]
    pub fn load(&self) -> Loaded {
        Loaded(self.current.load())
    }

    /// Swaps the whole engine.
    pub fn swap(&self, engine: Engine) {
        self.current.store(Arc::new(engine));
    }

    /// Swaps the policy and keeps the directory, also if another thread swaps that at the same time.
    pub fn swap_policy(&self, policy: Arc<CompiledPolicy>) {
        self.current.rcu(|engine| engine.relinked(Arc::clone(&policy), Arc::clone(engine.directory())));
    }

    /// Swaps the directory and keeps the policy, also if another thread swaps that at the same time.
    pub fn swap_directory(&self, directory: Arc<Directory>) {
        self.current.rcu(|engine| engine.relinked(Arc::clone(engine.policy()), Arc::clone(&directory)));
    }
}

impl LiveEngine {
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

    /// Swaps what is revoked, also if another thread swaps something at the same time.
    fn revise(&self, mut change: impl FnMut(&Engine) -> Revocations) {
        self.current.rcu(|engine| {
            let revocations = Arc::new(change(engine));
            Engine::clone(engine).with_revocations(revocations, *engine.check_policy())
        });
    }
}

impl fmt::Debug for LiveEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = self.load();
        let (policy, directory) = (engine.policy().version(), engine.directory().version());
        f.debug_struct("LiveEngine").field("policy", &policy).field("directory", &directory).finish()
    }
}
