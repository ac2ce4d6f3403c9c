//! How are engines measured? Loading, agreement with the reference, time, allocations, threads.
//!
//! Decisions are timed in CPU time of their thread: they never block, so on an idle machine that is wall time, and on a shared one
//! what other processes take does not count.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::alloc;
use crate::engine::{Answers, EngineUnderTest, PerLink};
use crate::reference::Reference;
use crate::workload::Workload;

/// An engine slower than this decides fewer requests.
const SLOW_NS: f64 = 1e7;
/// How many.
const FEW: usize = 100;

/// CPU time of this thread, in nanoseconds.
pub fn cpu_ns() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// What one pair of clock reads costs; it is taken off each batch.
fn clock_cost() -> f64 {
    let pairs = (0..2000).map(|_| {
        let start = cpu_ns();
        cpu_ns() - start
    });
    median(pairs.collect())
}

/// Resident memory, in KiB; 0 where the system does not say.
pub fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value below which `part` of the sorted ones lie.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len()) - 1]
}

/// Requests spread evenly over all.
fn spread(total: usize, count: usize) -> Vec<usize> {
    let count = count.clamp(1, total);
    (0..count).map(|k| k * total / count).collect()
}

/// Mean time of a call, from a few.
fn estimate(mut f: impl FnMut()) -> f64 {
    f();
    let start = cpu_ns();
    let mut calls = 0;
    while calls < 8 || (cpu_ns() - start < 1e6 && calls < 1000) {
        f();
        calls += 1;
        if cpu_ns() - start > 5e8 {
            break;
        }
    }
    (cpu_ns() - start) / f64::from(calls)
}

/// Mean over the requests in their mixed order, quantiles over the requests (each repeated until the clock can tell): medians of
/// several rounds.
fn timed(indices: &[usize], budget_ns: f64, mut f: impl FnMut(usize)) -> Value {
    let mut at = 0;
    let est = estimate(|| {
        f(indices[at % indices.len()]);
        at += 7;
    });
    let rounds = ((budget_ns / (2.0 * est * indices.len() as f64)) as usize).clamp(1, 9) | 1;
    let count = ((budget_ns / (2.0 * est * rounds as f64)) as usize).clamp(FEW.min(indices.len()), indices.len());
    let chosen: Vec<usize> = spread(indices.len(), count).into_iter().map(|k| indices[k]).collect();
    let repeats = ((20_000.0 / est).ceil() as usize).clamp(1, 256);
    // A sweep shorter than this is repeated.
    let sweeps = ((5e6 / (est * count as f64)).ceil() as usize).clamp(1, 50);
    let cost = clock_cost();
    let (mut means, mut p50, mut p99) = (vec![], vec![], vec![]);
    for _ in 0..rounds {
        let start = cpu_ns();
        for _ in 0..sweeps {
            for &i in &chosen {
                f(black_box(i));
            }
        }
        means.push((cpu_ns() - start) / (sweeps * chosen.len()) as f64);
        let mut each: Vec<f64> = Vec::with_capacity(chosen.len());
        for &i in &chosen {
            let start = cpu_ns();
            for _ in 0..repeats {
                f(black_box(i));
            }
            each.push((cpu_ns() - start - cost).max(0.0) / repeats as f64);
        }
        each.sort_by(f64::total_cmp);
        p50.push(quantile(&each, 0.5));
        p99.push(quantile(&each, 0.99));
    }
    json!({"requests": count, "rounds": rounds, "mean_ns": median(means), "p50_ns": median(p50), "p99_ns": median(p99)})
}

/// Time of one call that has no requests to choose from, in nanoseconds: (mean, p50 and p99 over batches).
pub fn timed_alone(budget_ns: f64, mut f: impl FnMut()) -> Value {
    let indices: Vec<usize> = (0..FEW).collect();
    timed(&indices, budget_ns, |_| f())
}

/// Decisions a second of `threads` threads together: by wall time, and by the CPU time that they took.
fn throughput(threads: usize, time: Duration, indices: &[usize], f: &(impl Fn(usize) + Sync)) -> (f64, f64) {
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(threads + 1));
    std::thread::scope(|scope| {
        let run = |thread: usize| {
            let (stop, barrier) = (&stop, &barrier);
            scope.spawn(move || {
                f(indices[0]);
                barrier.wait();
                let (mut at, mut calls) = (thread * indices.len() / threads, 0u64);
                let (start, cpu) = (std::time::Instant::now(), cpu_ns());
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..8 {
                        f(indices[at]);
                        at = (at + 1) % indices.len();
                        calls += 1;
                    }
                }
                (calls as f64 / start.elapsed().as_secs_f64(), calls as f64 / ((cpu_ns() - cpu) / 1e9))
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        barrier.wait();
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        let rates = running.into_iter().map(|thread| thread.join().expect("a thread that decides"));
        rates.fold((0.0, 0.0), |sum, rate| (sum.0 + rate.0, sum.1 + rate.1))
    })
}

fn threads(est: f64, quick: bool, indices: &[usize], f: &(impl Fn(usize) + Sync)) -> Value {
    let least = if quick { 1e8 } else { 4e8 };
    let time = Duration::from_nanos((est * 200.0).clamp(least, 2e9) as u64);
    let (mut one, mut two, mut wall, mut cpu) = (vec![], vec![], vec![], vec![]);
    for _ in 0..3 {
        let (a, b) = (throughput(1, time, indices, f), throughput(2, time, indices, f));
        one.push(a.0);
        two.push(b.0);
        wall.push(b.0 / a.0);
        cpu.push(b.1 / a.1);
    }
    json!({"one_per_s": median(one), "two_per_s": median(two), "wall_ratio": median(wall), "cpu_ratio": median(cpu)})
}

/// What the lines of a measurement say of themselves, and what its answers must be.
pub struct Case<'c> {
    pub engine: &'c str,
    pub workload: &'c str,
    pub rules: usize,
    pub expected: &'c [bool],
    /// A request, for the message that an engine disagrees with the reference.
    pub request: &'c dyn Fn(usize) -> String,
    /// How many rules match a request, where somebody counts.
    pub matching: Option<&'c dyn Fn(usize) -> usize>,
    /// Whether two threads are measured.
    pub threads: bool,
    pub quick: bool,
}

/// Loads, checks and measures: a line for each mode.
///
/// # Errors
/// The first request on which the engine disagrees with the reference.
pub fn run<A: Answers>(case: &Case<'_>, load: impl FnOnce() -> A) -> Result<Vec<Value>, String> {
    let before = resident_kb();
    let start = cpu_ns();
    let mut engine = load();
    let load_ms = (cpu_ns() - start) / 1e6;
    let rss_kb = resident_kb().saturating_sub(before);
    engine.prepare();

    let total = case.expected.len();
    let mut at = 0;
    let est = estimate(|| {
        black_box(engine.prepared(at % total));
        at += total / 8 + 1;
    });
    let indices = spread(total, if est > SLOW_NS { FEW } else { total });
    for &i in &indices {
        let (prepared, plain, expected) = (engine.prepared(i), engine.plain(i), case.expected[i]);
        if prepared != expected || plain != expected {
            let request = (case.request)(i);
            return Err(format!("{}: expected {expected}, prepared {prepared}, plain {plain}: {request}", case.engine));
        }
    }

    let prepared = |i: usize| {
        black_box(engine.prepared(i));
    };
    let plain = |i: usize| {
        black_box(engine.plain(i));
    };
    let modes: [(&str, &dyn Fn(usize)); 2] = [("prepared", &prepared), ("plain", &plain)];
    let mean = |counted: usize| counted as f64 / indices.len() as f64;
    let matching = case.matching.map(|count| mean(indices.iter().map(|&i| count(i)).sum()));
    let budget = if case.quick { 3e8 } else { 1.5e9 };
    let mut lines = vec![];
    for (mode, f) in modes {
        let counted = alloc::count(|| indices.iter().for_each(|&i| f(i)));
        let mut line = timed(&indices, budget, f);
        line["engine"] = case.engine.into();
        line["workload"] = case.workload.into();
        line["rules"] = case.rules.into();
        line["mode"] = mode.into();
        line["allocs"] = mean(counted as usize).into();
        if let Some(matching) = matching {
            line["matching"] = matching.into();
        }
        line["load_ms"] = load_ms.into();
        line["rss_kb"] = rss_kb.into();
        line["checked"] = indices.len().into();
        line["allowed"] = indices.iter().filter(|i| case.expected[**i]).count().into();
        lines.push(line);
    }
    if case.threads && est < SLOW_NS {
        lines[0]["threads"] = threads(est, case.quick, &indices, &prepared);
    }
    // Taking a large policy apart is no part of any figure.
    std::mem::forget(engine);
    Ok(lines)
}

/// Measures an engine on a workload of rules.
///
/// # Errors
/// The first request on which it disagrees with the reference.
pub fn rules<E: EngineUnderTest>(w: &Workload, quick: bool) -> Result<Vec<Value>, String> {
    let reference = Reference::new(w);
    let case = Case {
        engine: E::NAME,
        workload: &w.name,
        rules: w.rules.len(),
        expected: &w.expected,
        request: &|i| format!("{:?}", w.requests[i]),
        matching: Some(&|i| reference.matching(&w.requests[i]).count()),
        threads: w.name == "agents",
        quick,
    };
    let source = E::encode(w);
    run(&case, || PerLink::<E>::load(source, w))
}
