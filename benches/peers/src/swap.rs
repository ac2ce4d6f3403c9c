//! What does a swap of the policy cost the decisions that are made meanwhile? One thread decides without pause, the other one swaps.
//!
//! Two policies answer some requests differently; every decision must be what the policy that it names says, so that none is lost,
//! late or mixed. Each decision is timed by itself, by turns in CPU time of its thread and in wall time. Those next to a swap (the last of
//! the old policy and the first of the new one) are looked at apart (`next_`), because they are too few for any percentile of all.
//!
//! | mode | the other thread |
//! | --- | --- |
//! | `still` | does nothing |
//! | `loading` | loads policies from text and drops them: what a loaded machine costs without any swap |
//! | `reload` | loads policies from text, swaps each in and drops the one before |
//! | `kept` | swaps between two kept engines, a thousand times a second |
//! | `storm` | the same as fast as it can |

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use placet::{Engine, LiveEngine, Request, Verdict};
use serde_json::{Value, json};

use crate::engines::placet::{load, request, text};
use crate::measure::{cpu_ns, quantile};
use crate::sets::relaxed;
use crate::workload::Workload;

const MODES: [&str; 5] = ["still", "loading", "reload", "kept", "storm"];

/// A line for each mode.
///
/// # Errors
/// A decision that is not what the policy says which it names.
pub fn run(w: &Workload, quick: bool) -> Result<Vec<Value>, String> {
    let loose = relaxed(w);
    let texts = [text(w, false), text(&loose, false)];
    let engines = texts.each_ref().map(|text| Engine::of(&load([("workload.json", &**text)])));
    let differ = w.expected.iter().zip(&loose.expected).filter(|(a, b)| a != b).count();
    if differ == 0 {
        return Err("both policies answer the same".to_owned());
    }
    let requests: Vec<Request<'_>> = w.requests.iter().map(|q| request(q, &engines[0])).collect();
    let span = Duration::from_secs(if quick { 2 } else { 10 });
    let mut lines = vec![];
    for mode in MODES {
        let live = LiveEngine::new(engines[0].clone());
        let stop = AtomicBool::new(false);
        let (swaps, timed) = std::thread::scope(|scope| {
            let swapping = scope.spawn(|| swap(mode, &live, &texts, &engines, &stop));
            let deciding = scope.spawn(|| decide(&live, &requests, [w, &loose], &engines, &stop));
            std::thread::sleep(span);
            stop.store(true, Ordering::Relaxed);
            (swapping.join().expect("a thread that swaps"), deciding.join().expect("a thread that decides"))
        });
        let Timed { mut cpu, mut wall, mut next, by } = timed?;
        let decisions = cpu.len() + wall.len();
        let mut line = json!({
            "engine": "placet", "workload": "swap", "rules": w.rules.len(), "mode": mode, "swaps": swaps,
            "decisions": decisions, "of_the_second": by[1], "wrong": 0, "differ": differ, "next": next.len(),
        });
        for (clock, times) in [("", &mut cpu), ("wall_", &mut wall), ("next_", &mut next)] {
            if times.is_empty() {
                continue;
            }
            times.sort_by(f64::total_cmp);
            line[format!("{clock}mean_ns")] = (times.iter().sum::<f64>() / times.len() as f64).into();
            for (name, part) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("p9999", 0.9999), ("max", 1.0)] {
                line[format!("{clock}{name}_ns")] = quantile(times, part).into();
            }
        }
        lines.push(line);
    }
    Ok(lines)
}

fn swap(mode: &str, live: &LiveEngine, texts: &[String; 2], engines: &[Engine; 2], stop: &AtomicBool) -> u64 {
    let mut swaps = 0;
    while !stop.load(Ordering::Relaxed) {
        let next = usize::from(swaps % 2 == 0);
        match mode {
            "still" => std::thread::sleep(Duration::from_millis(1)),
            "loading" => drop(black_box(Engine::of(&load([("workload.json", &*texts[next])])))),
            "reload" => live.swap(&Engine::of(&load([("workload.json", &*texts[next])]))),
            "kept" => {
                live.swap(&engines[next]);
                std::thread::sleep(Duration::from_millis(1));
            }
            _ => live.swap(&engines[next]),
        }
        swaps += 1;
    }
    if matches!(mode, "still" | "loading") { 0 } else { swaps }
}

/// Times of decisions, in nanoseconds, and how many either policy made.
struct Timed {
    cpu: Vec<f64>,
    wall: Vec<f64>,
    /// CPU times of the decisions next to a swap.
    next: Vec<f64>,
    by: [u64; 2],
}

fn decide(
    live: &LiveEngine,
    requests: &[Request<'_>],
    workloads: [&Workload; 2],
    engines: &[Engine; 2],
    stop: &AtomicBool,
) -> Result<Timed, String> {
    // What the clocks cost is taken off: the least that they ever say between two reads.
    let clock = |read: &dyn Fn() -> f64| (0..10_000).map(|_| -read() + read()).fold(f64::MAX, f64::min);
    let start = Instant::now();
    let wall_ns = || start.elapsed().as_nanos() as f64;
    let cost = [clock(&cpu_ns), clock(&wall_ns)];
    let room = || Vec::with_capacity(1 << 24);
    let mut timed = Timed { cpu: room(), wall: room(), next: room(), by: [0, 0] };
    let (mut at, mut was_second) = (0, false);
    while !stop.load(Ordering::Relaxed) {
        let (i, by_cpu) = (at % requests.len(), (at / requests.len()).is_multiple_of(2));
        let read = || if by_cpu { cpu_ns() } else { wall_ns() };
        let from = read();
        // As a host does: what is loaded is let go with the decision.
        let engine = live.load();
        let decision = engine.decide(&requests[i]);
        let (allowed, version) = (decision.verdict() == Verdict::Allow, decision.policy_version());
        let second = version != engines[0].policy().version();
        drop(engine);
        let took = read() - from;
        let times = if by_cpu { &mut timed.cpu } else { &mut timed.wall };
        times.push((took - cost[usize::from(!by_cpu)]).max(0.0));
        if second != was_second && by_cpu {
            timed.next.extend(times.iter().rev().take(2));
        }
        was_second = second;
        timed.by[usize::from(second)] += 1;
        if allowed != workloads[usize::from(second)].expected[i] {
            return Err(format!(
                "decision {at} is not what policy {} says: {:?}",
                u8::from(second),
                workloads[0].requests[i]
            ));
        }
        at += 1;
    }
    Ok(timed)
}
