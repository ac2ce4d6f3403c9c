//! Protects: the cost of a decision follows the rules that match, not the rules that there are; deciding allocates nothing.
//!
//! One organisation at every size: 200 agents in 40 groups nested three deep, 60 tools, 5,000 paths. Of the rules 60 % permit a group
//! or agent one tool on one subtree, 20 % do so under a condition, 20 % forbid by label, risk, or tool. Before anything is timed, the
//! allocations of 2,000 mixed decisions are counted, and the memory that each rule takes is printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench fails by panicking and prints what it counts"
)]
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use placet::fact::slot;
use placet::{CompiledPolicy, Directory, Engine, Limits, Link, Prepared, Request, Target, Verdict, document};

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// Numbers without a pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or(0)
    }
}

/// A permit as the requests see it: an agent that it is about, an action, and a folder.
struct Permit {
    agent: usize,
    action: String,
    folder: String,
}

fn document(rules: usize) -> (String, Vec<Permit>) {
    let mut permits = Vec::new();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut text = String::from("version: 1\nlabels:\n");
    for (order, label) in ["public", "general", "confidential", "secret"].iter().enumerate() {
        writeln!(text, "  - {{id: {label}, order: {order}}}").unwrap();
    }
    text.push_str("groups:\n");
    for group in 0..40 {
        let parent = if group % 3 == 0 { String::new() } else { format!(", groups: [g{}]", group - 1) };
        writeln!(text, "  - {{id: g{group}{parent}}}").unwrap();
    }
    text.push_str("users:\n  - {id: ada}\nagents:\n");
    // Every group has five agents of its own.
    for agent in 0..200 {
        writeln!(text, "  - {{id: a{agent}, sponsor: ada, groups: [g{}]}}", agent % 40).unwrap();
    }
    text.push_str("rules:\n");
    for rule in 0..rules {
        let agent = numbers.below(200);
        let subject = match numbers.below(4) {
            0 => format!("{{agent: a{agent}}}"),
            _ => format!("{{group: g{}}}", agent % 40),
        };
        let action = format!("server{}/tool{}", numbers.below(6), numbers.below(10));
        let folder = format!("share:/dept{}/team{}", numbers.below(50), numbers.below(100));
        let path = format!("\"{folder}/**\"");
        let (effect, rest) = match numbers.below(10) {
            0..6 => {
                permits.push(Permit { agent, action: action.clone(), folder });
                ("permit", format!("action: {action}, resource: {{id: {path}}}"))
            }
            6 | 7 => (
                "permit",
                format!(
                    "action: {action}, resource: {{id: {path}}}, when: 'device.compliant && risk.user < \"medium\"'"
                ),
            ),
            8 => ("forbid", format!("action: {action}, resource: {{id: {path}}}, when: 'risk.agent >= \"high\"'")),
            _ => (
                "forbid",
                format!("action: \"server{}/*\", resource: {{label: {{at_least: secret}}}}", numbers.below(6)),
            ),
        };
        writeln!(text, "  - {{id: r{rule}, effect: {effect}, subject: {subject}, {rest}}}").unwrap();
    }
    (text, permits)
}

/// The parts of a request: agent, action, path, and whether its device is compliant.
type Plain = (String, String, String, bool);

/// Every second one is made for a permit; the others are made for nobody.
fn requests(count: usize, permits: &[Permit]) -> Vec<Plain> {
    let mut numbers = Numbers(0xd1b5_4a32_d192_ed03);
    let mut request = |at: usize| {
        let compliant = numbers.below(2) == 0;
        let file = format!("plans/q{}.xlsx", numbers.below(4));
        if at.is_multiple_of(2) && !permits.is_empty() {
            let permit = &permits[numbers.below(permits.len())];
            return (
                format!("a{}", permit.agent),
                permit.action.clone(),
                format!("{}/{file}", permit.folder),
                compliant,
            );
        }
        let action = format!("server{}/tool{}", numbers.below(6), numbers.below(10));
        let folder = format!("share:/dept{}/team{}", numbers.below(50), numbers.below(100));
        (format!("a{}", numbers.below(200)), action, format!("{folder}/{file}"), compliant)
    };
    (0..count).map(&mut request).collect()
}

fn request<'a>((agent, action, path, compliant): &'a Plain, engine: &Engine) -> Request<'a> {
    let vocabulary = engine.policy().vocabulary();
    let target = Target::new("file", path.as_str()).labelled(vocabulary, "general");
    Request::new(Link::agent(agent.as_str()), action.as_str(), target)
        .fact(slot::RISK_USER, "low")
        .fact(slot::RISK_AGENT, "none")
        .fact(slot::DEVICE_COMPLIANT, *compliant)
}

fn engine(text: &str) -> Engine {
    let limits = Limits::default();
    let policy = document::load([("bench.yaml", text)], &limits).unwrap();
    Engine::new(Arc::new(CompiledPolicy::new(&policy, &limits)), Arc::new(Directory::of(&policy)))
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    for size in SIZES {
        let (text, permits) = document(size);
        let plain = requests(2_000, &permits);
        let mut kept = None;
        let memory = allocation_counter::measure(|| kept = Some(engine(&text)));
        let Some(engine) = kept else { return };
        let prepared: Vec<Request<'_>> = plain.iter().map(|plain| request(plain, &engine)).collect();
        let mut allowed = 0;
        let counted = allocation_counter::measure(|| {
            for request in &prepared {
                allowed += usize::from(engine.decide(request).verdict() == Verdict::Allow);
            }
        });
        println!(
            "{size} rules: {} bytes a rule, text {}; {} allocations in {} decisions, {allowed} allowed",
            memory.bytes_current / size as i64,
            text.len() / size,
            counted.count_total,
            prepared.len()
        );
        let mut at = 0;
        let looked_up: Vec<Prepared<'_, '_>> = prepared.iter().map(|request| engine.prepare(request)).collect();
        group.bench_with_input(BenchmarkId::new("prepared", size), &looked_up, |b, prepared| {
            b.iter(|| {
                at = (at + 1) % prepared.len();
                black_box(black_box(&prepared[at]).decide().verdict())
            });
        });
        group.bench_with_input(BenchmarkId::new("built", size), &prepared, |b, prepared| {
            b.iter(|| {
                at = (at + 1) % prepared.len();
                black_box(engine.decide(black_box(&prepared[at])).verdict())
            });
        });
        group.bench_with_input(BenchmarkId::new("from_strings", size), &plain, |b, plain| {
            b.iter(|| {
                at = (at + 1) % plain.len();
                let request = request(black_box(&plain[at]), &engine);
                black_box(engine.decide(&request).verdict())
            });
        });
    }
    group.finish();
}

/// A hundred access policies: for people by group, for agents by blueprint and id, for all; by risk, place, device, tool.
fn with_access_policies() -> String {
    let mut text = String::from(
        "version: 1\nlocations:\n  offices: {ranges: {cidr: [198.51.100.0/24], trusted: true}}\nusers:\n  - {id: ada, groups: [g3]}\n",
    );
    text.push_str("groups:\n");
    for group in 0..20 {
        writeln!(text, "  - {{id: g{group}}}").unwrap();
    }
    text.push_str("blueprints:\n  - {id: b0, sponsor: ada}\n  - {id: b1, sponsor: ada}\nagents:\n");
    for agent in 0..20 {
        writeln!(text, "  - {{id: a{agent}, sponsor: ada, blueprint: b{}, groups: [g{agent}]}}", agent % 2).unwrap();
    }
    text.push_str("servers:\n  - {id: s}\ntools:\n  - {server: s, name: pay, assigned: {type: agent}}\n");
    text.push_str(
        "rules:\n  - {id: pay, effect: permit, action: tools/call, resource: {type: tool, id: s/pay}}\naccess:\n",
    );
    for policy in 0..100 {
        let (subjects, rest) = match policy % 5 {
            0 => (
                format!("users: {{include: {{groups: [g{}]}}}}", policy / 5),
                "grant: {require: {controls: [mfa]}}".to_owned(),
            ),
            1 => (
                "users: {include: {all: true}}".to_owned(),
                format!(
                    "conditions: {{user_risk: [high]}}, grant: block, targets: {{include: {{tools: [\"s{policy}/*\", s/pay]}}}}"
                ),
            ),
            2 => (
                "agents: {include: {blueprints: [b0]}}".to_owned(),
                "conditions: {agent_risk: [medium, high]}, grant: block".to_owned(),
            ),
            3 => (
                format!("agents: {{include: {{ids: [a{}, x{policy}]}}}}", policy / 5),
                "conditions: {locations: {include: {all: true}, exclude: {names: [offices]}}}, grant: block".to_owned(),
            ),
            _ => (
                "users: {include: {all: true}}".to_owned(),
                "grant: {require: {operator: or, controls: [compliant_device, mfa]}}".to_owned(),
            ),
        };
        let targets = if rest.contains("targets") { "" } else { ", targets: {include: {all: true}}" };
        writeln!(text, "  - {{id: p{policy}, subjects: {{{subjects}}}, {rest}{targets}}}").unwrap();
    }
    text
}

/// Prints the mean and the percentiles of single runs, each timed by itself: some 25 ns of each are the clock's.
fn percentiles(name: &str, mut run: impl FnMut()) {
    const RUNS: usize = 200_000;
    (0..RUNS / 10).for_each(|_| run());
    let mut times: Vec<u128> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let (mean, at) = (times.iter().sum::<u128>() / RUNS as u128, |share: usize| times[RUNS * share / 1_000]);
    println!("{name}: mean {mean} ns, p50 {} ns, p99 {} ns", at(500), at(990));
}

/// A person, an agent and the agent that it asks, under a hundred access policies.
fn chain(c: &mut Criterion) {
    let engine = engine(&with_access_policies());
    let now = "2026-11-24T09:00:00Z".parse().unwrap();
    let request = Request::new(Link::user("ada"), "tools/call", Target::tool("s/pay"))
        .actor(Link::agent("a1"))
        .actor(Link::agent("a2"))
        .argument("amount", 5)
        .at(now)
        .fact(slot::RISK_USER, "low")
        .fact(slot::RISK_AGENT, "none")
        .fact(slot::DEVICE_COMPLIANT, true)
        .fact(slot::AUTHENTICATION_MFA, true)
        .fact(slot::LOCATION_IP, "198.51.100.7");
    assert_eq!(engine.decide(&request).verdict(), Verdict::Allow);
    println!("100 access policies are {} rules", engine.policy().len() - 1);
    percentiles("chain under 100 access policies", || {
        black_box(engine.decide(black_box(&request)).verdict());
    });
    c.bench_function("chain/100 access policies", |b| {
        b.iter(|| black_box(engine.decide(black_box(&request)).verdict()))
    });
    let prepared = engine.prepare(&request);
    c.bench_function("chain/100 access policies, prepared", |b| {
        b.iter(|| black_box(black_box(&prepared).decide().verdict()))
    });
}

/// One agent's list of a hundred files, filtered: an item of the list against a single decision from strings.
fn batch(c: &mut Criterion) {
    let (text, permits) = document(1_000);
    let engine = engine(&text);
    let plain = requests(100, &permits);
    let vocabulary = engine.policy().vocabulary();
    let mut group = c.benchmark_group("batch");
    group.throughput(criterion::Throughput::Elements(100));
    group.bench_function("one by one", |b| {
        b.iter(|| {
            for (_, action, path, compliant) in &plain {
                let one = (plain[0].0.clone(), action.clone(), path.clone(), *compliant);
                black_box(engine.decide(&request(&one, &engine)).verdict());
            }
        });
    });
    group.bench_function("at once", |b| {
        b.iter(|| {
            let asked = request(&plain[0], &engine);
            let targets: Vec<Target<'_>> = plain
                .iter()
                .map(|(_, _, path, _)| Target::new("file", path.as_str()).labelled(vocabulary, "general"))
                .collect();
            engine.decide_each(&asked, &targets, |_, decision| {
                black_box(decision.verdict());
            });
        });
    });
    group.finish();
}

/// A person and an agent, a labelled file, a grant that permits, two conditions and ten access policies, among a thousand rules.
fn full(c: &mut Criterion) {
    let (mut text, _) = document(1_000);
    text = text.replace("  - {id: ada}\n", "  - {id: ada, groups: [g3]}\n");
    text.push_str("  - {id: own, effect: permit, subject: {group: g3}, action: files/share, resource: {label: {at_most: confidential}}, ");
    text.push_str("when: 'device.compliant && risk.user < \"high\"'}\n");
    text.push_str("  - {id: hours, effect: forbid, action: files/share, when: 'risk.agent >= \"high\"'}\n");
    text.push_str("grants:\n  - {id: share, to: {agent: a1}, by: ada, scope: {actions: [files/share], resources: [{type: file, id: \"share:/dept1/**\"}], arguments: {}}, why: share, ");
    text.push_str("start: 2026-11-01T00:00:00Z, end: 2026-12-01T00:00:00Z}\n");
    text.push_str("access:\n");
    for policy in 0..10 {
        let rest = match policy % 2 {
            0 => "grant: {require: {controls: [mfa]}}",
            _ => "conditions: {user_risk: [high]}, grant: block",
        };
        writeln!(text, "  - {{id: p{policy}, subjects: {{users: {{include: {{all: true}}}}}}, targets: {{include: {{all: true}}}}, {rest}}}")
            .unwrap();
    }
    let engine = engine(&text);
    let vocabulary = engine.policy().vocabulary();
    let target = Target::new("file", "share:/dept1/team4/plans/q1.xlsx").labelled(vocabulary, "general");
    let request = Request::new(Link::user("ada"), "files/share", target)
        .actor(Link::agent("a1"))
        .at("2026-11-24T09:00:00Z".parse().unwrap())
        .fact(slot::RISK_USER, "low")
        .fact(slot::RISK_AGENT, "none")
        .fact(slot::DEVICE_COMPLIANT, true)
        .fact(slot::AUTHENTICATION_MFA, true);
    let decision = engine.decide(&request);
    assert_eq!(decision.verdict(), Verdict::Allow, "{:?}", decision.reasons().collect::<Vec<_>>());
    c.bench_function("full/built", |b| b.iter(|| black_box(engine.decide(black_box(&request)).verdict())));
    let prepared = engine.prepare(&request);
    c.bench_function("full/prepared", |b| b.iter(|| black_box(black_box(&prepared).decide().verdict())));
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10);
    for size in [100, 10_000] {
        let (text, _) = document(size);
        group.bench_with_input(BenchmarkId::from_parameter(size), &text, |b, text| b.iter(|| black_box(engine(text))));
    }
    group.finish();
}

criterion_group!(benches, decide, chain, batch, full, load);
criterion_main!(benches);
