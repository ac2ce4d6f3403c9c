//! Policies and directory change while other threads decide: readers never wait, and what fails to load changes nothing.
//!
//! ```text
//! cargo run --release --example hot_reload
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use placet::{CompiledPolicy, Directory, Engine, Limits, Link, LiveEngine, Request, Target, Verdict, document};

const OPEN: &str = "version: 1\nrules: [{id: read, effect: permit, subject: {group: staff}, action: read}]\n";
const CLOSED: &str = "version: 1\nrules: [{id: shut, effect: forbid}]\n";
const BROKEN: &str = "version: 1\nrules: [{id: read, effect: permitt, action: read}]\n";
const STAFF: &str = "version: 1\ngroups: [{id: staff}]\nusers: [{id: ada, groups: [staff]}]\n";
const LEFT: &str = "version: 1\ngroups: [{id: staff}]\nusers: [{id: ada, groups: [staff], state: disabled}]\n";

/// Loads the text of a policy and swaps it in; if it is not sound, the running policy stays.
fn reload(live: &LiveEngine, rules: &str) -> Result<(), placet::diagnostic::Diagnostics> {
    // Rules name groups, so they are checked together with who exists.
    let policy = document::load([("rules.yaml", rules), ("people.yaml", STAFF)], &Limits::default())?;
    live.swap_policy(Arc::new(CompiledPolicy::new(&policy, &Limits::default())));
    Ok(())
}

fn people(text: &str) -> Result<Arc<Directory>, placet::diagnostic::Diagnostics> {
    Ok(Arc::new(Directory::of(&document::load([("people.yaml", text)], &Limits::default())?)))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = document::load([("rules.yaml", OPEN), ("people.yaml", STAFF)], &Limits::default())?;
    let live = LiveEngine::new(Engine::of(&policy));
    let (stop, allowed, denied) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));

    let show = |what: &str| {
        // The readers go on meanwhile.
        thread::sleep(Duration::from_millis(100));
        let call = Request::new(Link::user("ada"), "read", Target::new("page", "home"));
        let verdict = live.load().decide(&call).verdict();
        let (allowed, denied) = (allowed.load(Ordering::Relaxed), denied.load(Ordering::Relaxed));
        println!("{what:<34} {:<6} (so far {allowed} allowed, {denied} denied)", verdict.name());
    };

    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let call = Request::new(Link::user("ada"), "read", Target::new("page", "home"));
                    // One engine for one decision: policy and directory never change in the middle of it.
                    let engine = live.load();
                    let counter = if engine.decide(&call).verdict() == Verdict::Allow { &allowed } else { &denied };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let result = (|| {
            show("open policy, ada is staff");
            reload(&live, CLOSED)?;
            show("policy swapped: everything is shut");
            if let Err(found) = reload(&live, BROKEN) {
                println!("\nrefused, the running policy stays:\n{found}\n");
            }
            show("still shut");
            reload(&live, OPEN)?;
            show("open again");
            live.swap_directory(people(LEFT)?);
            show("directory swapped: ada has left");
            live.swap_directory(people(STAFF)?);
            show("ada is back");
            Ok::<(), placet::diagnostic::Diagnostics>(())
        })();
        stop.store(true, Ordering::Relaxed);
        result
    })?;
    Ok(())
}
