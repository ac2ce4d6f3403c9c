//! Protects: looking for thirty types costs about as much as looking for one, and hostile text is no slower by orders.
//! Peer: `regex`, one search of the same text for each pattern of the same types (without checks and evidence, which would
//! come on top).

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench fails and tells")]
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use placet::Limits;
use placet::sensitive::{Scanner, catalogue};
use regex::Regex;

const SIZE: usize = 1 << 20;

/// Prose, source code, JSON and figures, with something sensitive every few kilobytes.
fn mixed() -> String {
    const PARTS: [&str; 6] = [
        "The quarterly review of the supplier contracts was moved to Thursday, since two of the auditors are travelling; \
         please send your comments before noon, and copy the regional leads. Nothing else changes in the agenda.\n",
        "fn total(items: &[Item]) -> u64 { items.iter().map(|item| item.price * u64::from(item.count)).sum() } // 2026-11-24\n",
        "{\"order\": 48213, \"lines\": [{\"sku\": \"A-1004\", \"count\": 3, \"price\": 19.95}, {\"sku\": \"B-77\", \"count\": 1}]}\n",
        "2026-11-24T07:12:33.120Z INFO worker-3 request id=9f8e7d6c5b4a took 182 ms status=200 bytes=48122 path=/v1/items/48213\n",
        "Umsatz im dritten Quartal: 1.204.331,50 EUR (+4,2 %), davon 38 % aus Verträgen mit Laufzeit über zwölf Monaten.\n",
        "| region | 2024 | 2025 | 2026 |\n| north | 12,331 | 13,002 | 14,876 |\n| south | 9,120 | 9,871 | 10,004 |\n",
    ];
    const SENSITIVE: [&str; 4] = [
        "card 4532667785213500 expires 09/27\n",
        "Please pay to DE89 3704 0044 0532 0130 00.\n",
        "Customer SSN: 120-98-1437, mail jane.roe@example.com\n",
        "host 10.20.30.40 answered\n",
    ];
    let mut text = String::with_capacity(SIZE + 1024);
    let mut turn = 0;
    while text.len() < SIZE {
        for part in PARTS {
            text.push_str(part);
        }
        if turn % 4 == 0 {
            text.push_str(SENSITIVE[turn / 4 % 4]);
        }
        turn += 1;
    }
    text
}

fn of(piece: &str) -> String {
    piece.repeat(SIZE / piece.len())
}

fn sensitive(criterion: &mut Criterion) {
    let types = catalogue();
    let scanner = Scanner::new(&types, &Limits::default()).expect("the catalogue compiles");
    let patterns: BTreeSet<&str> = types.iter().flat_map(|kind| &kind.patterns).map(|p| p.regex.as_str()).collect();
    let regexes: Vec<Regex> = patterns.iter().map(|pattern| Regex::new(pattern).expect("a regex")).collect();
    println!("{} types, {} different patterns, {} bytes compiled", types.len(), regexes.len(), scanner.memory());

    let mut group = criterion.benchmark_group("sensitive");
    group.sample_size(10);
    let mixed = mixed();
    group.throughput(Throughput::Bytes(mixed.len() as u64));
    group.bench_function("mixed/placet", |b| b.iter(|| black_box(scanner.scan(&mixed)).as_slice().len()));
    group.bench_function("mixed/regex per pattern", |b| {
        b.iter(|| regexes.iter().map(|regex| regex.find_iter(&mixed).count()).sum::<usize>());
    });
    for (name, piece) in [
        ("cards", "4532667785213500 card "),
        ("digits", "1 2-3 4"),
        ("dots", "a.b@1."),
        ("tokens", "eyJaaaaaaaa-"),
        ("keys", "-----BEGIN PRIVATE KEY-----"),
        ("hex", "a:b:c:d:"),
    ] {
        let text = of(piece);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("hostile {name}"), |b| b.iter(|| black_box(scanner.scan(&text)).as_slice().len()));
    }
    group.finish();
    criterion.bench_function("compile the catalogue", |b| {
        b.iter(|| Scanner::new(black_box(&types), &Limits::default()).map(|s| s.memory()));
    });
}

criterion_group!(benches, sensitive);
criterion_main!(benches);
