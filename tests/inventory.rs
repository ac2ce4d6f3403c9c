//! What runs against what is registered; what each kind must present; packages; device posture.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that goes wrong should stop where it does"
)]

use std::collections::BTreeSet;

use placet::identity::Sponsor;
use placet::inventory::*;
use placet::lifecycle::Reading;
use placet::time::Timestamp;
use proptest::prelude::*;

fn day(number: i64) -> Timestamp {
    Timestamp::new(number * 86_400, 0).unwrap()
}

/// A record that lacks nothing that a registry can hold.
fn record(name: &str, kind: AgentKind) -> AgentRecord {
    AgentRecord {
        blueprint: Some("bp".parse().unwrap()),
        owners: vec!["olga".parse().unwrap()],
        sponsors: vec![Sponsor::User("sam".parse().unwrap())],
        ..AgentRecord::new(name.parse().unwrap(), kind)
    }
}

/// An observation that presents all that its kind must.
fn proven(name: &str, kind: AgentKind) -> Observed {
    Observed { presented: kind.required().iter().copied().collect(), ..Observed::asking(name) }
}

fn one(observed: &Observed, registry: &[AgentRecord]) -> Finding {
    reconcile(std::slice::from_ref(observed), registry).findings.remove(0)
}

#[test]
fn whatever_is_not_plainly_managed_is_blocked() {
    let kind = AgentKind::ManagedCloud;
    let good = record("bot", kind);
    let asks = proven("bot", kind);
    let process =
        |managed| Observed { process: Some("openclaw".into()), managed, ..Observed::named("laptop/openclaw") };
    let with = |change: fn(&mut AgentRecord)| {
        let mut record = good.clone();
        change(&mut record);
        vec![record]
    };
    use Action::{AssignSponsor, Block, Disambiguate, Onboard, Prove, Register, Reparent, Stop};
    let unsponsored = with(|r| r.sponsors.clear());
    let orphaned = with(|r| r.orphaned = true);
    let blocked = with(|r| r.status = LifecycleStatus::Blocked);
    let uninstalled = with(|r| r.status = LifecycleStatus::Uninstalled);
    let twice = [good.clone(), good.clone()];
    for (observed, registry, class, actions) in [
        (&process(Some(false)), &[][..], Class::Shadow, &[Block, Onboard][..]),
        (&process(None), &[], Class::Shadow, &[Block, Onboard]),
        (&process(Some(true)), &[], Class::Unregistered, &[Block, Register]),
        (&asks, &[], Class::Unregistered, &[Block, Register]),
        (&asks, &unsponsored, Class::WithoutSponsor, &[Block, AssignSponsor, Prove]),
        (&asks, &orphaned, Class::Orphaned, &[Block, Reparent, Prove]),
        (&asks, &blocked, Class::Blocked, &[Block, Stop]),
        (&asks, &uninstalled, Class::Blocked, &[Block, Stop]),
        (&asks, &twice, Class::Duplicate, &[Block, Disambiguate]),
        (&Observed::asking("bot"), std::slice::from_ref(&good), Class::Unproven, &[Block, Prove]),
        (&asks, std::slice::from_ref(&good), Class::Managed, &[]),
    ] {
        let finding = one(observed, registry);
        assert_eq!((finding.class, finding.actions.as_slice()), (class, actions), "{observed:?}");
        assert_eq!(finding.is_allowed(), class == Class::Managed);
    }
}

#[test]
fn each_kind_presents_its_own() {
    for kind in AgentKind::ALL {
        let name = if kind == AgentKind::Workload { "spiffe://td.test/bot" } else { "bot" };
        let registry = [record(name, kind)];
        assert_eq!(one(&proven(name, kind), &registry).class, Class::Managed, "{kind:?}");
        for evidence in kind.required() {
            let mut observed = proven(name, kind);
            observed.presented.remove(evidence);
            let mut registry = registry.clone();
            for record in &mut registry {
                match evidence {
                    Evidence::Owner => record.owners.clear(),
                    Evidence::Sponsor => record.sponsors.clear(),
                    Evidence::Blueprint => record.blueprint = None,
                    _ => {}
                }
            }
            let finding = one(&observed, &registry);
            assert!(!finding.is_allowed(), "{kind:?} without {}", evidence.name());
            assert_eq!(finding.missing, [*evidence], "{kind:?}");
        }
    }
    // An agent cannot present what only the registry can say, nor a SPIFFE id that is none.
    let mut unsponsored = record("bot", AgentKind::Automation);
    unsponsored.owners.clear();
    assert_eq!(one(&proven("bot", AgentKind::Automation), &[unsponsored]).missing, [Evidence::Owner]);
    let plain = record("bot", AgentKind::Workload);
    assert_eq!(one(&proven("bot", AgentKind::Workload), &[plain]).missing, [Evidence::SpiffeId]);
}

#[test]
fn one_identity_in_two_programs_is_shared() {
    let kind = AgentKind::SelfHosted;
    let running = |process: &str| Observed { process: Some(process.into()), ..proven("bot", kind) };
    let registry = [record("bot", kind), record("idle", kind)];
    let report = reconcile(&[running("worker"), running("worker")], &registry);
    assert!(report.findings.iter().all(Finding::is_allowed), "instances of one program");
    assert_eq!(report.unseen, ["idle"]);
    let report = reconcile(&[running("worker"), running("thief")], &registry);
    assert!(report.findings.iter().all(|finding| finding.class == Class::Duplicate));
}

#[test]
fn a_blocked_package_is_blocked_for_everybody() {
    let used = |is_blocked, available_to, is_among| Package { is_blocked, available_to }.for_user(is_among).name();
    for audience in [Audience::All, Audience::Some, Audience::None] {
        assert_eq!(used(true, audience, Some(true)), "blocked");
    }
    assert_eq!(used(false, Audience::All, None), "allowed");
    assert_eq!(used(false, Audience::Some, Some(true)), "allowed");
    assert_eq!(used(false, Audience::Some, None), "not_available");
    assert_eq!(used(false, Audience::None, Some(true)), "not_available");
}

#[test]
fn posture_is_true_for_a_while() {
    let policy = PosturePolicy::default();
    let device = DevicePosture {
        managed: Some(true),
        joined: Some(true),
        report: ComplianceReport::Compliant,
        reported_at: Some(day(10)),
        private_browsing: false,
    };
    let facts = |device: &DevicePosture, now| device.facts(&policy, day(now));
    assert_eq!(facts(&device, 40), PostureFacts { compliant: Some(true), managed: Some(true), joined: Some(true) });
    let nothing = PostureFacts { compliant: Some(false), managed: None, joined: None };
    assert_eq!(facts(&device, 41), nothing, "silence is not compliance");
    assert_eq!(facts(&device, 9), nothing, "a report from the future");
    assert_eq!(facts(&DevicePosture { reported_at: None, ..device }, 10), nothing);
    assert_eq!(facts(&DevicePosture { private_browsing: true, ..device }, 10), nothing);
    let report = |report, reading| {
        let policy = PosturePolicy::new(reading, 30).unwrap();
        DevicePosture { report, ..device }.facts(&policy, day(10)).compliant
    };
    use ComplianceReport::{Conflict, Error, InGracePeriod, NoPolicy, NonCompliant, Remediated, Unknown};
    for (state, strict, faithful) in [
        (Remediated, Some(true), Some(true)),
        (NoPolicy, Some(false), Some(true)),
        (InGracePeriod, Some(false), Some(true)),
        (NonCompliant, Some(false), Some(false)),
        (Error, Some(false), Some(false)),
        (Conflict, Some(false), Some(false)),
        (Unknown, None, None),
    ] {
        assert_eq!((report(state, Reading::Strict), report(state, Reading::Faithful)), (strict, faithful), "{state:?}");
    }
    assert!(PosturePolicy::new(Reading::Strict, 0).is_err() && PosturePolicy::new(Reading::Strict, 121).is_err());
}

fn any_observed() -> impl Strategy<Value = Observed> {
    let id = prop::option::of(prop_oneof![Just("a"), Just("b"), Just("spiffe://td/x"), Just("c")]);
    let evidence = prop_oneof![
        Just(Evidence::VerifiedToken),
        Just(Evidence::SpiffeId),
        Just(Evidence::SenderConstrained),
        Just(Evidence::ManagedDevice),
        Just(Evidence::CompliantDevice),
        Just(Evidence::Sponsor),
        Just(Evidence::Owner),
    ];
    let process = prop::option::of(prop_oneof![Just("p"), Just("q")]);
    (id, prop::collection::btree_set(evidence, 0..7), process, prop::option::of(any::<bool>())).prop_map(
        |(id, presented, process, managed)| Observed {
            id: id.map(str::to_owned),
            process: process.map(str::to_owned),
            managed,
            presented,
            ..Observed::named("x")
        },
    )
}

fn any_record() -> impl Strategy<Value = AgentRecord> {
    let name = prop_oneof![Just("a"), Just("b"), Just("spiffe://td/x")];
    (name, 0..5usize, any::<[bool; 4]>()).prop_map(|(name, kind, [sponsored, owned, orphaned, blocked])| {
        let mut record = record(name, AgentKind::ALL[kind]);
        if !sponsored {
            record.sponsors.clear();
        }
        if !owned {
            record.owners.clear();
        }
        record.orphaned = orphaned;
        record.status = if blocked { LifecycleStatus::Blocked } else { LifecycleStatus::Active };
        record
    })
}

proptest! {
    /// Only what is registered once, active, sponsored and fully proven may go on; everything else is blocked first; and taking
    /// evidence away never helps.
    #[test]
    fn only_the_proven_go_on(
        observed in prop::collection::vec(any_observed(), 0..5),
        registry in prop::collection::vec(any_record(), 0..5),
    ) {
        let report = reconcile(&observed, &registry);
        prop_assert_eq!(report.findings.len(), observed.len());
        for (finding, one) in report.findings.iter().zip(&observed) {
            let records: Vec<_> = registry.iter().filter(|r| Some(r.id.as_str()) == one.id.as_deref()).collect();
            if finding.is_allowed() {
                let [record] = records.as_slice() else { return Err(TestCaseError::fail("one record")) };
                prop_assert!(record.status == LifecycleStatus::Active && !record.orphaned && !record.sponsors.is_empty());
                prop_assert!(finding.actions.is_empty() && finding.missing.is_empty());
            } else {
                prop_assert_eq!(finding.actions.first(), Some(&Action::Block));
            }
        }
        let poorer: Vec<_> = observed.iter().map(|o| Observed { presented: BTreeSet::new(), ..o.clone() }).collect();
        let poor = reconcile(&poorer, &registry);
        for (rich, poor) in report.findings.iter().zip(&poor.findings) {
            prop_assert!(rich.is_allowed() || !poor.is_allowed());
        }
        let backwards: Vec<_> = registry.iter().rev().cloned().collect();
        prop_assert_eq!(reconcile(&observed, &backwards), report);
    }
}
