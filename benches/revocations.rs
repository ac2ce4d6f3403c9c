//! Protects: the cost of checking a token does not grow with what is revoked, and applying an event copies a part of it only.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use placet::Limits;
use placet::signal::*;
use placet::time::Timestamp;
use std::hint::black_box;

fn at(seconds: i64) -> Timestamp {
    Timestamp::new(seconds, 0).unwrap_or(Timestamp::MAX)
}

fn event(n: usize) -> SecurityEvent {
    let user = Target::subject(Some("https://idp.example/tenant"), &format!("user-{n:08}@corp.example"));
    SecurityEvent::local("feed", &format!("e{n}"), CriticalEvent::SessionsRevoked, user, at(100))
}

fn revocations(c: &mut Criterion) {
    let name = |class, id| Name { class, issuer: Some("https://idp.example/tenant"), id };
    let names = [
        name(Class::Subject, "user-00000007@corp.example"),
        name(Class::Subject, "agent-0815"),
        name(Class::Subject, "blueprint-4711"),
        name(Class::Session, "0b9d8a4e-9f4d-4a3f-8a0e-2f1c6f7c1d11"),
        name(Class::Token, "f61t6e20zdo3px56gepu8rzlsp4c1dpc0fx7"),
        name(Class::Device, "e9297990-14d2-42ec-a4a9-4036db86509a"),
    ];
    let token =
        TokenFacts { names: &names, issued_at: Some(at(200)), expires: Some(at(3_800)), answers_challenges: true };
    let mut group = c.benchmark_group("revocations");
    for size in [1_000, 100_000] {
        let events: Vec<SecurityEvent> = (0..size).map(event).collect();
        let (revocations, _) = Revocations::new(&Limits::default()).apply_all(&events, &NoCascade);
        group.bench_with_input(BenchmarkId::new("check", size), &revocations, |b, revocations| {
            b.iter(|| black_box(revocations.check(black_box(&token), at(300), &CheckPolicy::default())));
        });
        let next = event(size);
        group.bench_with_input(BenchmarkId::new("apply", size), &revocations, |b, revocations| {
            b.iter(|| black_box(revocations.apply(black_box(&next), &NoCascade)));
        });
    }
    group.finish();
}

criterion_group!(benches, revocations);
criterion_main!(benches);
