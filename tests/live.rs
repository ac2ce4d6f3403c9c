//! Revocations, swaps and decisions at the same time, in every order in which they can meet.
//!
//! The code of [`LiveEngine`] runs here as it is, over a cell that the model checker `shuttle` schedules: every operation on the cell
//! is a point at which any other thread may go on. Of two threads a depth-first search takes every schedule that there is; of more, some
//! hundred are chosen. What is assumed of the
//! cell that is shipped (`arc-swap`, which no checker can run, because its atomics are its own) is what [`Cell`] says: that its
//! operations are linearisable. The same scenario with real threads on the shipped cell is in `tests/revocation.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; the threads are those of the model"
)]

use std::sync::Arc;

use placet::live::Cell;
use placet::signal::{CriticalEvent, Outcome, SecurityEvent, Target as Whom};
use placet::time::Timestamp;
use placet::{Code, CompiledPolicy, Directory, Engine, Limits, Link, LiveEngine, Request, Target, Verdict, document};
use shuttle::scheduler::{DfsScheduler, PctScheduler};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::{Config, Runner, thread};

/// A cell whose operations are the moments at which threads may take turns.
struct Modelled(Mutex<Arc<Engine>>);

impl Cell for Modelled {
    type Guard = Box<Arc<Engine>>;

    fn of(engine: Arc<Engine>) -> Self {
        Self(Mutex::new(engine))
    }

    fn load(&self) -> Self::Guard {
        Box::new(Arc::clone(&self.0.lock().unwrap()))
    }

    fn compare_and_swap(&self, current: &Arc<Engine>, new: Arc<Engine>) -> Self::Guard {
        let mut held = self.0.lock().unwrap();
        let before = Arc::clone(&held);
        if Arc::ptr_eq(&before, current) {
            *held = new;
        }
        Box::new(before)
    }
}

/// A cell that does not look whether anything has changed: what the checker must find to be wrong.
struct Careless(Modelled);

impl Cell for Careless {
    type Guard = Box<Arc<Engine>>;

    fn of(engine: Arc<Engine>) -> Self {
        Self(Modelled::of(engine))
    }

    fn load(&self) -> Self::Guard {
        self.0.load()
    }

    fn compare_and_swap(&self, current: &Arc<Engine>, new: Arc<Engine>) -> Self::Guard {
        *self.0.0.lock().unwrap() = new;
        Box::new(Arc::clone(current))
    }
}

/// More schedules than any exhaustive test here may have; a test that reaches it is too large, not passed.
const ENOUGH: usize = 20_000;

fn config() -> Config {
    let mut config = Config::default();
    // Deciding keeps its scratch space on the stack.
    config.stack_size = 0x8_0000;
    config
}

/// Runs every schedule.
fn every_schedule(test: impl Fn() + Send + Sync + 'static) {
    let ran = Runner::new(DfsScheduler::new(Some(ENOUGH), false), config()).run(test);
    assert!((50..ENOUGH).contains(&ran), "{ran} schedules");
}

/// Runs some schedules of what has too many, each with a few turns taken at the worst moments (PCT); the same ones every time.
fn some_schedules(test: impl Fn() + Send + Sync + 'static) {
    Runner::new(PctScheduler::new_from_seed(7, 3, 500), config()).run(test);
}

fn policy(rules: &str) -> Arc<CompiledPolicy> {
    let text = format!("version: 1\n{rules}");
    let policy = document::load([("rules.yaml", text.as_str())], &Limits::default()).unwrap();
    Arc::new(CompiledPolicy::new(&policy, &Limits::default()))
}

fn directory(agents: &str) -> Arc<Directory> {
    let text =
        format!("version: 1\nusers: [{{id: ada}}]\nblueprints: [{{id: helpdesk, sponsor: ada}}]\nagents:\n{agents}");
    Arc::new(Directory::of(&document::load([("people.yaml", text.as_str())], &Limits::default()).unwrap()))
}

fn engine() -> Engine {
    let rules = policy("rules: [{id: read, effect: permit, action: read}]\n");
    let people = "  - {id: bot, sponsor: ada, blueprint: helpdesk}\n  - {id: other, sponsor: ada}\n";
    Engine::new(rules, directory(people))
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_795_000_000 + second, 0).unwrap()
}

fn ask<C: Cell>(live: &LiveEngine<C>, agent: &str) -> Verdict {
    live.load()
        .decide(&Request::new(Link::agent(agent.to_owned()), "read", Target::new("page", "home")).at(at(100)))
        .verdict()
}

/// One thread throws the kill switch while others decide.
fn the_switch(start: &Engine, readers: usize) {
    let live: Arc<LiveEngine<Modelled>> = Arc::new(LiveEngine::within(start.clone()));
    let thrown = Arc::new(AtomicBool::new(false));
    let reader = |_| {
        let (live, thrown) = (live.clone(), thrown.clone());
        thread::spawn(move || {
            let mut denied = false;
            for _ in 0..2 {
                let after = thrown.load(Ordering::SeqCst);
                let verdict = ask(&live, "bot");
                assert!(verdict == Verdict::Deny || !after, "a decision after the switch allows");
                assert!(verdict == Verdict::Deny || !denied, "a denied agent is let through again");
                denied |= verdict == Verdict::Deny;
            }
        })
    };
    let readers: Vec<_> = (0..readers).map(reader).collect();
    live.contain(&Whom::subject(None, "bot"), at(0));
    thrown.store(true, Ordering::SeqCst);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert_eq!(ask(&live, "bot"), Verdict::Deny);
    assert_eq!(ask(&live, "other"), Verdict::Allow);
}

/// A decision that begins after the kill switch was thrown denies, on whatever thread, and none that follows allows again.
#[test]
fn the_kill_switch_reaches_every_decision_that_begins_after_it() {
    let start = engine();
    every_schedule(move || the_switch(&start, 1));
}

#[test]
fn the_kill_switch_reaches_several_loops() {
    let start = engine();
    some_schedules(move || the_switch(&start, 3));
}

/// Whatever is swapped at the same time, nothing that anybody did is lost, and no decision sees half of anything.
fn nothing_is_lost<C: Cell + 'static>(start: &Engine, rules: &Arc<CompiledPolicy>, people: &Arc<Directory>) {
    let live: Arc<LiveEngine<C>> = Arc::new(LiveEngine::within(start.clone()));
    let (first, second, third) = (live.clone(), live.clone(), live.clone());
    let (rules, people) = (rules.clone(), people.clone());
    let (policy, directory) = (rules.version().to_owned(), people.version().to_owned());
    let writers = [
        thread::spawn(move || {
            first.contain(&Whom::subject(None, "bot"), at(0));
        }),
        thread::spawn(move || second.swap_policy(rules)),
        thread::spawn(move || third.swap_directory(people)),
    ];
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let now = live.load();
    assert_eq!(
        (now.policy().version(), now.directory().version()),
        (policy.as_str(), directory.as_str()),
        "a swap is lost"
    );
    assert_eq!(ask(&live, "bot"), Verdict::Deny, "a revocation is lost");
    assert_eq!(ask(&live, "newcomer"), Verdict::Allow, "a swap is lost");
}

fn swaps() -> (Engine, Arc<CompiledPolicy>, Arc<Directory>) {
    let rules = policy("rules: [{id: read, effect: permit, action: \"*\"}]\n");
    let people = "  - {id: bot, sponsor: ada, blueprint: helpdesk}\n  - {id: newcomer, sponsor: ada}\n";
    (engine(), rules, directory(people))
}

#[test]
fn a_swap_loses_no_revocation_and_no_revocation_a_swap() {
    let (start, rules, people) = swaps();
    some_schedules(move || nothing_is_lost::<Modelled>(&start, &rules, &people));
}

#[test]
fn a_swap_and_a_revocation_in_every_order() {
    let (start, rules, _) = swaps();
    every_schedule(move || {
        let live: Arc<LiveEngine<Modelled>> = Arc::new(LiveEngine::within(start.clone()));
        let (other, swapped) = (live.clone(), rules.clone());
        let swap = thread::spawn(move || other.swap_policy(swapped));
        live.contain(&Whom::subject(None, "bot"), at(0));
        swap.join().unwrap();
        assert_eq!(ask(&live, "bot"), Verdict::Deny, "a revocation is lost");
        assert_eq!(live.load().policy().version(), rules.version(), "a swap is lost");
    });
}

/// The checker finds what it is there for.
#[test]
#[should_panic(expected = "lost")]
fn a_cell_that_forgets_to_compare_is_found_out() {
    let (start, rules, people) = swaps();
    some_schedules(move || nothing_is_lost::<Careless>(&start, &rules, &people));
}

/// Two receivers of one feed: each event counts once, whoever is first, and what hangs below its subject is reached.
#[test]
fn an_event_that_two_threads_apply_counts_once() {
    let start = engine();
    every_schedule(move || {
        let live: Arc<LiveEngine<Modelled>> = Arc::new(LiveEngine::within(start.clone()));
        let applied = Arc::new(AtomicUsize::new(0));
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (live, applied) = (live.clone(), applied.clone());
                thread::spawn(move || {
                    let whom = Whom::subject(None, "helpdesk");
                    let event =
                        SecurityEvent::local("https://idp", "e-1", CriticalEvent::BlueprintDisabled, whom, at(0));
                    if live.apply(&event) == Outcome::Applied {
                        applied.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        receivers.into_iter().for_each(|receiver| receiver.join().unwrap());
        assert_eq!(applied.load(Ordering::SeqCst), 1);
        assert_eq!(ask(&live, "bot"), Verdict::Deny);
    });
}

/// A swap of everything takes over what is revoked, also what is revoked while it is made.
#[test]
fn swapping_the_whole_engine_revives_nobody() {
    let start = engine();
    every_schedule(move || {
        let live: Arc<LiveEngine<Modelled>> = Arc::new(LiveEngine::within(start.clone()));
        let (other, fresh) = (live.clone(), engine());
        let swap = thread::spawn(move || other.swap(&fresh));
        live.contain(&Whom::subject(None, "bot"), at(0));
        swap.join().unwrap();
        assert!(
            live.load()
                .decide(&Request::new(Link::agent("bot"), "read", Target::new("page", "home")).at(at(1)))
                .has(Code::RevocationRevoked)
        );
    });
}
