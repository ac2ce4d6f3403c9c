//! The laws of the room as properties over generated policy sets and sign-ins.

use placet::access::policy::{Grant, PolicySet, State};
use placet::access::session::Session;
use placet::access::signals::{Flows, Network, Principal, Risks, SignIn, Signal};
use placet::access::{Decision, Outcome, Report, entra, strict};
use proptest::prelude::*;

use crate::generate;

/// How good an answer is.
fn rank(report: &Report) -> u8 {
    match report.decision {
        Decision::Deny { .. } => 0,
        Decision::Interrupt { .. } => 1,
        Decision::Grant { .. } => 2,
    }
}

fn applies(report: &Report, policy: &str) -> bool {
    let outcome = report.policies.iter().find(|p| p.policy == policy).unwrap().outcome;
    !matches!(outcome, Outcome::NotApplied | Outcome::NotEnabled | Outcome::ReportOnlyNotApplied)
}

/// Whether one answer is nowhere better than another: in rank, in what is missing, in the session.
fn no_better(worse: &Report, better: &Report) -> bool {
    let sessions = match (&worse.decision, &better.decision) {
        (Decision::Grant { session: a }, Decision::Grant { session: b }) => a.clone().join(b) == *a,
        _ => true,
    };
    let blocked = matches!(&worse.decision, Decision::Deny { needs, .. } if needs.is_empty());
    let missing = blocked || better.decision.missing().iter().all(|control| worse.decision.missing().contains(control));
    rank(worse) <= rank(better) && sessions && missing
}

fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

/// The sign-in with one of its signals unknown.
fn forget(sign_in: &SignIn, which: usize) -> SignIn {
    let mut s = sign_in.clone();
    match which {
        0 => s.risk.user = Signal::Unknown,
        1 => s.risk.sign_in = Signal::Unknown,
        2 => s.risk.agent = Signal::Unknown,
        3 => s.risk.service_principal = Signal::Unknown,
        4 => s.risk.insider = Signal::Unknown,
        5 => s.platform = Signal::Unknown,
        6 => s.network.ip = Signal::Unknown,
        7 => s.network.country = Signal::Unknown,
        8 => s.network.gps_country = Signal::Unknown,
        9 => s.network.compliant = Signal::Unknown,
        10 => s.client_app = Signal::Unknown,
        11 => s.device = Signal::Unknown,
        12 => s.flows.now = Signal::Unknown,
        13 => s.flows.session = Signal::Unknown,
        14 => s.origin = Signal::Unknown,
        15..=17 => {
            if let Signal::Known(Some(device)) = &mut s.device {
                let signal = match which {
                    15 => &mut device.compliant,
                    16 => &mut device.joined,
                    _ => &mut device.managed,
                };
                *signal = Signal::Unknown;
            }
        }
        _ => {
            s.risk = Risks::default();
            s.network = Network::default();
            s.flows = Flows::default();
            (s.platform, s.client_app, s.device, s.origin) =
                (Signal::Unknown, Signal::Unknown, Signal::Unknown, Signal::Unknown);
        }
    }
    s
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn law_strict_never_better_than_faithful(set in bytes(400), call in bytes(120)) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let (faithful, ours) = (entra(&set, &call), strict(&set, &call));
        prop_assert!(rank(&ours) <= rank(&faithful), "{faithful:#?}\n{ours:#?}");
        // Policy by policy: what applies there applies here.
        for policy in &set.policies {
            prop_assert!(!applies(&faithful, &policy.id) || applies(&ours, &policy.id), "{policy:#?}");
        }
    }

    #[test]
    fn law_unknown_never_better_than_a_value(set in bytes(400), call in bytes(120), which in 0..19usize) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let (open, known) = (strict(&set, &forget(&call, which)), strict(&set, &call));
        prop_assert!(no_better(&open, &known), "{which}: {open:#?}\n{known:#?}");
    }

    #[test]
    fn law_report_only_changes_nothing(set in bytes(400), call in bytes(120)) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let mut counted = set.clone();
        counted.policies.retain(|policy| policy.state == State::On);
        prop_assert_eq!(entra(&set, &call).decision, entra(&counted, &call).decision);
        prop_assert_eq!(strict(&set, &call).decision, strict(&counted, &call).decision);
    }

    #[test]
    fn law_order_changes_nothing(set in bytes(400), call in bytes(120)) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let mut reversed = set.clone();
        reversed.policies.reverse();
        prop_assert_eq!(entra(&set, &call), entra(&reversed, &call));
        prop_assert_eq!(strict(&set, &call), strict(&reversed, &call));
    }

    #[test]
    fn law_exclude_beats_include(set in bytes(400), call in bytes(120)) {
        let (mut set, call) = (generate::policy_set(&set, false), generate::sign_in(&call, false));
        for policy in &mut set.policies {
            // Every link of the call, by id, in the lane of its kind.
            let subjects = &mut policy.subjects;
            match &call.subject {
                Principal::User(user) => drop(subjects.users.exclude.ids.insert(user.id.clone())),
                Principal::AgentUser(user) => drop(subjects.agent_users.exclude.ids.insert(user.id.clone())),
                Principal::Workload(workload) => drop(subjects.workloads.exclude.ids.insert(workload.id.clone())),
                Principal::Agent(_) => {}
            }
            subjects.agents.exclude.ids.extend(call.agents().map(|agent| agent.id.clone()));
        }
        for report in [entra(&set, &call), strict(&set, &call)] {
            prop_assert!(set.policies.iter().all(|policy| !applies(&report, &policy.id)), "{report:#?}");
        }
    }

    #[test]
    fn law_monotone_in_policies(set in bytes(400), call in bytes(120)) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let mut fewer = set.clone();
        fewer.policies.pop();
        prop_assert!(no_better(&strict(&set, &call), &strict(&fewer, &call)));
    }

    #[test]
    fn law_more_evidence_is_never_worse(set in bytes(400), call in bytes(120)) {
        let (set, call) = (generate::policy_set(&set, true), generate::sign_in(&call, true));
        let mut bare = call.clone();
        bare.evidence.clear();
        for judge in [entra, strict] {
            prop_assert!(rank(&judge(&set, &bare)) <= rank(&judge(&set, &call)));
        }
    }

    #[test]
    fn law_sessions_join(a in bytes(24), b in bytes(24), c in bytes(24)) {
        let make = |bytes: &[u8]| generate::session(&mut generate::Choices(bytes, 0));
        let (a, b, c) = (make(&a), make(&b), make(&c));
        prop_assert_eq!(a.clone().join(&b), b.clone().join(&a));
        prop_assert_eq!(a.clone().join(&b).join(&c), a.clone().join(&b.clone().join(&c)));
        prop_assert_eq!(a.clone().join(&a), a.clone());
        prop_assert_eq!(Session::default().join(&a), a);
    }

    #[test]
    fn documents_come_back_as_they_were(set in bytes(400)) {
        let set = generate::policy_set(&set, true);
        let text = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<PolicySet>(&text).unwrap(), set);
    }
}

/// The generator reaches what the laws are about: every outcome, every decision, both readings apart.
#[test]
fn the_generator_is_not_idle() {
    use std::collections::BTreeSet;
    let (mut outcomes, mut ranks, mut apart, mut blocks) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    let mut state = 1u64;
    let mut row = |length: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    for _ in 0..3_000 {
        let (set, call) = (generate::policy_set(&row(400), true), generate::sign_in(&row(120), true));
        let (faithful, ours) = (entra(&set, &call), strict(&set, &call));
        outcomes.extend(faithful.policies.iter().map(|p| p.outcome));
        ranks.extend([(0, rank(&faithful)), (1, rank(&ours))]);
        apart += usize::from(rank(&faithful) != rank(&ours));
        blocks += usize::from(set.policies.iter().any(|p| p.grant == Some(Grant::Block)));
    }
    assert_eq!((outcomes.len(), ranks.len()), (8, 6), "{outcomes:?} {ranks:?}");
    assert!(apart > 200 && blocks > 500, "{apart} {blocks}");
}
