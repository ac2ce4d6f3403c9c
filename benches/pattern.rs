//! Protects: finding the patterns that an id matches costs the same among ten and among a hundred thousand.
//! Peer: `globset::GlobSet` over the same patterns (with `literal_separator`, and paths instead of roots).

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use placet::pattern::{Pattern, PatternSet};

const SIZES: [usize; 3] = [10, 1_000, 100_000];

/// One form of patterns, an id that matches one of them, and one that matches none.
struct Form {
    name: &'static str,
    make: fn(usize) -> String,
    hit: fn(usize) -> String,
    miss: &'static str,
}

const FORMS: [Form; 6] = [
    Form {
        name: "literal",
        make: |n| format!("sites/finance/s{n}/docs/inv-1.pdf"),
        hit: |n| format!("sites/finance/s{n}/docs/inv-1.pdf"),
        miss: "sites/finance/other/docs/inv-1.pdf",
    },
    Form {
        name: "tree",
        make: |n| format!("sites/finance/s{n}/**"),
        hit: |n| format!("sites/finance/s{n}/docs/inv-1.pdf"),
        miss: "sites/finance/other/docs/inv-1.pdf",
    },
    Form {
        name: "inner star",
        make: |n| format!("sites/*/s{n}/docs/*"),
        hit: |n| format!("sites/finance/s{n}/docs/inv-1.pdf"),
        miss: "sites/finance/other/docs/inv-1.pdf",
    },
    Form {
        name: "floating",
        make: |n| format!("**/x{n}/**"),
        hit: |n| format!("sites/finance/x{n}/docs/inv-1.pdf"),
        miss: "sites/finance/other/docs/inv-1.pdf",
    },
    Form { name: "piece", make: |n| format!("*-{n:05}-*"), hit: |n| format!("inv-{n:05}-x"), miss: "inv-other-x" },
    Form {
        name: "mixed",
        make: mixed,
        hit: |n| format!("sites/finance/s{}/docs/inv-1.pdf", n / 10 * 10),
        miss: "a/b/c/d/e",
    },
];

/// As policies have them: mostly ids and trees, some inner stars, few floating.
fn mixed(n: usize) -> String {
    match n % 10 {
        0 => format!("sites/finance/s{n}/**"),
        1 => format!("sites/*/s{n}/docs/*"),
        2 if n % 100 == 2 => format!("**/x{n}/*.pdf"),
        3 => format!("mcp-{n}/*"),
        _ => format!("sites/finance/s{n}/docs/inv-1.pdf"),
    }
}

fn parse(form: &Form, size: usize) -> Vec<Pattern> {
    (0..size).filter_map(|n| (form.make)(n).parse().ok()).collect()
}

fn globs(form: &Form, size: usize) -> Option<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for n in 0..size {
        builder.add(GlobBuilder::new(&(form.make)(n)).literal_separator(true).build().ok()?);
    }
    builder.build().ok()
}

fn find(c: &mut Criterion) {
    for form in &FORMS {
        let mut group = c.benchmark_group(format!("find/{}", form.name));
        for size in SIZES {
            let set = PatternSet::new(&parse(form, size));
            for (what, id) in [("hit", (form.hit)(size / 2)), ("miss", form.miss.to_owned())] {
                group.bench_function(BenchmarkId::new(what, size), |b| {
                    b.iter(|| {
                        let mut found = 0;
                        set.matches(black_box(&id), |_| found += 1);
                        found
                    });
                });
            }
        }
        group.finish();
    }
}

fn find_in_globset(c: &mut Criterion) {
    for form in &FORMS {
        let mut group = c.benchmark_group(format!("globset/{}", form.name));
        // Where its patterns become regular expressions, a set of 100,000 does not compile within its limits or in time.
        let sizes = if matches!(form.name, "literal") { &SIZES[..] } else { &SIZES[..2] };
        for &size in sizes {
            let Some(set) = globs(form, size) else { continue };
            let (id, mut found) = ((form.hit)(size / 2), Vec::new());
            group.bench_function(BenchmarkId::new("hit", size), |b| {
                b.iter(|| {
                    set.matches_into(black_box(&id), &mut found);
                    found.len()
                });
            });
        }
        group.finish();
    }
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build/100000");
    group.sample_size(10);
    for form in &FORMS {
        let patterns = parse(form, 100_000);
        group.bench_function(form.name, |b| {
            b.iter_batched(|| (), |()| PatternSet::new(&patterns), BatchSize::PerIteration)
        });
    }
    let texts: Vec<String> = (0..100_000).map(mixed).collect();
    group.bench_function("parse mixed", |b| {
        b.iter(|| texts.iter().filter_map(|text| text.parse::<Pattern>().ok()).count());
    });
    group.finish();
}

criterion_group!(benches, find, find_in_globset, build);
criterion_main!(benches);
