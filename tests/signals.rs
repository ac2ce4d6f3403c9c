//! Continuous evaluation: events in any order, repeated, lost in part; checks of tokens; bounds.
//!
//! `PLACET_CAEP=<file>` names a file of published security events that are replayed besides the project's own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that goes wrong should stop where it does, and looks at a few kinds of events only"
)]
#![allow(clippy::disallowed_methods, reason = "the file of published events is named by the environment")]

use std::collections::BTreeMap;

use placet::Limits;
use placet::delegation::{Profile, VerifiedClaims, from_claims};
use placet::lifecycle::{Reading, RiskLevel};
use placet::signal::*;
use placet::time::{Duration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";

fn at(seconds: i64) -> Timestamp {
    Timestamp::new(seconds, 0).unwrap()
}

fn length(seconds: i64) -> Duration {
    Duration::from_parts(seconds, 0).unwrap()
}

fn read(payload: &Value) -> Result<SecurityEvent, SetError> {
    let payload = VerifiedSet::assert_verified(payload.as_object().unwrap().clone());
    parse(&payload, at(4_000_000_000), &Limits::default())
}

fn empty() -> Revocations {
    Revocations::new(&Limits::default())
}

fn subject(id: &str) -> Name<'_> {
    Name { class: Class::Subject, issuer: Some("i"), id }
}

fn of(class: Class, id: &str) -> Name<'_> {
    Name { class, issuer: None, id }
}

fn token<'a>(names: &'a [Name<'a>], issued_at: i64) -> TokenFacts<'a> {
    TokenFacts { names, issued_at: Some(at(issued_at)), expires: None, answers_challenges: true }
}

fn check(revocations: &Revocations, names: &[Name<'_>], issued_at: i64, now: i64) -> Verdict {
    revocations.check(&token(names, issued_at), at(now), &CheckPolicy::default())
}

fn local(id: &str, event: CriticalEvent, target: &str, when: i64) -> SecurityEvent {
    SecurityEvent::local("host", id, event, Target::subject(Some("i"), target), at(when))
}

fn event(id: &str, kind: EventKind, target: &str, when: i64) -> SecurityEvent {
    SecurityEvent::of("host", id, kind, Target::subject(Some("i"), target), at(when))
}

fn after(events: &[SecurityEvent]) -> Revocations {
    empty().apply_all(events, &NoCascade).0
}

/// Blueprint `bp` has the agents `a` and `b`; `a` has the account `a-user`, which has the session `s`.
fn hangs(target: &Target, found: &mut dyn FnMut(Target)) {
    let own = |id| Target::subject(Some("i"), id);
    match &*target.id {
        "bp" => ["a", "b"].map(own).into_iter().for_each(found),
        "a" => found(own("a-user")),
        "a-user" => {
            found(Target::session("s"));
            found(own("bp"));
        }
        _ => {}
    }
}

fn fixtures() -> Vec<Value> {
    let mut all: Vec<Value> = serde_json::from_str(include_str!("fixtures/security_events.json")).unwrap();
    if let Ok(path) = std::env::var("PLACET_CAEP") {
        let published: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        all.extend(published);
    }
    all
}

#[test]
fn revocations_kill_what_was_issued_before() {
    let revocations = after(&[local("1", CriticalEvent::SessionsRevoked, "ada", 100)]);
    let ada = [subject("ada")];
    let Verdict::Challenge(challenge) = check(&revocations, &ada, 50, 101) else { unreachable!("a challenge") };
    assert_eq!((challenge.min_iat, challenge.reason.code()), (at(101), "revoked_after_issue"));
    assert!(matches!(check(&revocations, &ada, 100, 101), Verdict::Challenge(_)), "the same second may be before");
    assert_eq!(check(&revocations, &ada, 101, 101), Verdict::Allow);
    assert_eq!(check(&revocations, &[subject("bob")], 50, 101), Verdict::Allow);
    let mut mute = token(&ada, 50);
    mute.answers_challenges = false;
    let verdict = revocations.check(&mute, at(101), &CheckPolicy::default());
    assert_eq!(verdict, Verdict::Deny(Reason::RevokedAfterIssue), "a client that cannot answer would loop");
    let unknown = TokenFacts { issued_at: None, ..token(&ada, 0) };
    let verdict = revocations.check(&unknown, at(101), &CheckPolicy::default());
    assert!(matches!(verdict, Verdict::Challenge(_)), "unknown is before everything");
    assert_eq!(revocations.check_grant(&ada, at(50), at(101), &CheckPolicy::default()), Err(Reason::RevokedAfterIssue));
    assert_eq!(revocations.check_grant(&ada, at(101), at(9_000_000), &CheckPolicy::default()), Ok(()));
    // An actor counts as much as the subject.
    assert!(matches!(check(&revocations, &[subject("bot"), subject("ada")], 50, 101), Verdict::Challenge(_)));
    // Another issuer's `ada` is somebody else; one of an unknown issuer may be her.
    let named = |issuer| [Name { class: Class::Subject, issuer, id: "ada" }];
    assert_eq!(check(&revocations, &named(Some("j")), 50, 101), Verdict::Allow);
    assert!(matches!(check(&revocations, &named(None), 50, 101), Verdict::Challenge(_)));
}

#[test]
fn a_token_tells_its_names() {
    let claims = json!({
        "iss": "i", "sub": "ada", "jti": "t1", "sid": "s", "tid": "t", "act": {"sub": "a", "act": {"iss": "j", "sub": "b"}},
    });
    let claims = VerifiedClaims::assert_verified(claims.as_object().unwrap().clone());
    let delegation = from_claims(&claims, Profile::OAuth, &Limits::default()).unwrap();
    let names = names_of(&delegation);
    let told: Vec<_> = names.iter().map(|name| (name.class, name.issuer, name.id)).collect();
    let own = |class, id| (class, Some("i"), id);
    let wanted = [
        own(Class::Subject, "ada"),
        own(Class::Subject, "a"),
        (Class::Subject, Some("j"), "b"),
        own(Class::Token, "t1"),
        own(Class::Session, "s"),
        own(Class::Tenant, "t"),
    ];
    assert_eq!(told, wanted);
    let revoked = SecurityEvent::local("x", "1", CriticalEvent::SessionsRevoked, Target::session("s"), at(100));
    assert!(matches!(check(&after(&[revoked]), &names, 50, 101), Verdict::Challenge(_)));
}

#[test]
fn a_challenge_says_what_to_ask_for() {
    let challenge = Challenge { min_iat: at(1_700_000_000), reason: Reason::RevokedAfterIssue };
    assert_eq!(challenge.claims(), r#"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#);
    let header = "Bearer error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNzAwMDAwMDAwIn19fQ\"";
    assert_eq!(challenge.www_authenticate(), header);
}

#[test]
fn disabled_accounts_are_denied_until_they_are_enabled_again() {
    let off = event("1", EventKind::AccountDisabled, "bot", 100);
    let on = event("2", EventKind::AccountEnabled, "bot", 200);
    let bot = [subject("bot")];
    let disabled = after(std::slice::from_ref(&off));
    assert_eq!(check(&disabled, &bot, 50, 101), Verdict::Deny(Reason::RevokedAfterIssue));
    assert_eq!(check(&disabled, &bot, 150, 151), Verdict::Deny(Reason::Disabled), "a fresh token does not help");
    for order in [[off.clone(), on.clone()], [on, off]] {
        let enabled = after(&order);
        assert_eq!(check(&enabled, &bot, 150, 201), Verdict::Allow);
        assert!(matches!(check(&enabled, &bot, 50, 201), Verdict::Challenge(_)), "older tokens stay dead");
    }
    // At equal times the more restrictive wins, in either order.
    let both = [event("1", EventKind::AccountEnabled, "bot", 100), event("2", EventKind::AccountDisabled, "bot", 100)];
    assert_eq!(check(&after(&both), &bot, 150, 151), Verdict::Deny(Reason::Disabled));
    let purged = after(&[event("1", EventKind::AccountPurged, "bot", 100)]);
    assert_eq!(check(&purged, &bot, 150, 151), Verdict::Deny(Reason::Purged));
}

#[test]
fn a_repeated_event_is_applied_once() {
    let first = local("1", CriticalEvent::SessionsRevoked, "ada", 100);
    let (revocations, outcome) = empty().apply(&first, &NoCascade);
    assert_eq!(outcome, Outcome::Applied);
    let (again, outcome) = revocations.apply(&first, &NoCascade);
    assert_eq!((outcome, again.entries()), (Outcome::Repeated, revocations.entries()));
    // An id that is used twice for different things is a repetition; of another issuer it is not.
    let forged = local("1", CriticalEvent::UserDisabled, "bob", 100);
    assert_eq!(revocations.apply(&forged, &NoCascade).1, Outcome::Repeated);
    let other = SecurityEvent { issuer: "feed".into(), ..forged };
    assert_eq!(revocations.apply(&other, &NoCascade).1, Outcome::Applied);
}

#[test]
fn blueprints_reach_their_agents_and_the_accounts_and_sessions_of_those() {
    let off = local("1", CriticalEvent::BlueprintDisabled, "bp", 100);
    let on = event("2", EventKind::AccountEnabled, "bp", 200);
    let own = event("3", EventKind::AccountDisabled, "b", 50);
    for names in [[subject("bp")], [subject("a")], [subject("b")], [subject("a-user")], [of(Class::Session, "s")]] {
        let (revocations, _) = empty().apply(&off, &hangs);
        assert_eq!(check(&revocations, &names, 50, 101), Verdict::Deny(Reason::RevokedAfterIssue), "{names:?}");
        assert_eq!(check(&revocations, &names, 150, 151), Verdict::Deny(Reason::Disabled), "{names:?}");
        let (revocations, _) = revocations.apply_all([&own, &on], &hangs);
        let wanted = match names[0].id {
            // What switched `b` off by itself is not undone by its blueprint.
            "b" => Verdict::Deny(Reason::Disabled),
            _ => Verdict::Allow,
        };
        assert_eq!(check(&revocations, &names, 201, 201), wanted, "{names:?}");
    }
}

#[test]
fn the_kill_switch_contains_and_no_feed_lifts_it() {
    let bot = Target::subject(Some("i"), "a");
    let (contained, outcome) = empty().contain(&bot, at(100), &hangs);
    assert_eq!(outcome, Outcome::Applied);
    for names in
        [&[subject("a")][..], &[subject("ada"), subject("a")], &[subject("a-user")], &[of(Class::Session, "s")]]
    {
        assert_eq!(check(&contained, names, 150, 151), Verdict::Deny(Reason::Contained), "{names:?}");
    }
    let (revocations, _) = contained.apply(&event("1", EventKind::AccountEnabled, "a", 900), &hangs);
    assert_eq!(check(&revocations, &[subject("a")], 901, 901), Verdict::Deny(Reason::Contained));
    let early = contained.release(&bot, at(99));
    assert_eq!(check(&early, &[subject("a-user")], 150, 151), Verdict::Deny(Reason::Contained));
    let free = contained.release(&bot, at(200));
    for names in [&[subject("a")], &[subject("a-user")], &[of(Class::Session, "s")]] {
        assert_eq!(check(&free, names, 201, 201), Verdict::Allow);
        assert!(matches!(check(&free, names, 99, 201), Verdict::Challenge(_)), "tokens of before stay dead");
    }
}

#[test]
fn a_complex_subject_matches_as_a_whole_and_unknown_members_may_match() {
    let payload = json!({
        "iss": "i", "jti": "1", "iat": 100,
        "sub_id": {
            "format": "complex",
            "user": {"format": "iss_sub", "iss": "i", "sub": "ada"},
            "device": {"format": "opaque", "id": "laptop"},
        },
        "events": {format!("{CAEP}session-revoked"): {}},
    });
    let revocations = after(&[read(&payload).unwrap()]);
    let hit = |names: &[Name<'_>]| check(&revocations, names, 50, 101) != Verdict::Allow;
    assert!(hit(&[subject("ada"), of(Class::Device, "laptop")]));
    assert!(!hit(&[subject("ada"), of(Class::Device, "phone")]));
    assert!(!hit(&[subject("bob"), of(Class::Device, "laptop")]));
    assert!(hit(&[subject("ada")]), "on which device is not known");
    assert!(hit(&[of(Class::Device, "laptop")]), "by whom is not known");
    assert!(hit(&[of(Class::Email, "ada@corp.test"), of(Class::Device, "laptop")]), "an address is no `sub`");
    assert!(!hit(&[of(Class::Device, "phone")]));
}

#[test]
fn attributes_are_kept_with_their_time() {
    let claims = |id: &str, role: &str, when| {
        let claims = BTreeMap::from([("role".into(), Value::from(role))]);
        event(id, EventKind::ClaimsChanged(claims), "ada", when)
    };
    let level = |id: &str, level, when| event(id, EventKind::RiskChanged { level }, "ada", when);
    let state = |events: &[SecurityEvent]| after(events).states(&[subject("ada")]).next().unwrap().clone();
    let newer = state(&[claims("1", "admin", 100), claims("2", "reader", 200)]);
    assert_eq!(newer, state(&[claims("2", "reader", 200), claims("1", "admin", 100)]));
    assert_eq!(newer.claims["role"], (at(200), ClaimState::Known("reader".into())));
    let conflict = state(&[claims("1", "admin", 100), claims("2", "reader", 100)]);
    assert_eq!(conflict.claims["role"].1, ClaimState::Conflicting, "neither can be believed");
    let low = state(&[level("1", RiskLevel::High, 100), level("2", RiskLevel::Low, 200)]);
    assert_eq!(low.risk, Some(Stamped { at: at(200), value: RiskLevel::Low }));
    assert_eq!(low.cut.unwrap().at, at(100), "high risk ended the sessions of then");
    assert_eq!(
        state(&[level("1", RiskLevel::Low, 100), level("2", RiskLevel::High, 100)]).risk.unwrap().value,
        RiskLevel::High
    );
    let many = (0..65).map(|n| (format!("c{n}").into(), Value::Null)).collect();
    let lost = state(&[event("1", EventKind::ClaimsChanged(many), "ada", 1)]);
    assert!(lost.claims_lost && lost.claims.is_empty(), "beyond the limit every claim is unknown");
}

#[test]
fn attributes_are_read_at_their_worst() {
    let events: Vec<_> = fixtures().iter().map(|payload| read(payload).unwrap()).collect();
    let revocations = after(&events);
    let own = |class, id| [Name { class, issuer: Some("https://idp.test"), id }];
    assert_eq!(revocations.risk(&own(Class::Subject, "bot")), Some(RiskLevel::High));
    assert_eq!(revocations.risk(&own(Class::Subject, "nobody")), None);
    assert_eq!(revocations.compliance(&own(Class::Device, "laptop")), Some(Compliance::NotCompliant));
    let token = own(Class::Token, "token-1");
    assert_eq!(revocations.claim(&token, "role"), Some(&ClaimState::Known("reader".into())));
    assert_eq!(revocations.claim(&token, "trusted_network"), Some(&ClaimState::Known(false.into())));
    assert_eq!(revocations.claim(&token, "scope"), None);
    let both = [token[0], own(Class::Subject, "eve")[0]];
    let claims = EventKind::ClaimsChanged(BTreeMap::from([("role".into(), Value::from("admin"))]));
    let eve = SecurityEvent::of("x", "1", claims, Target::subject(None, "eve"), at(999));
    let (revocations, _) = revocations.apply(&eve, &NoCascade);
    assert_eq!(revocations.claim(&both, "role"), Some(&ClaimState::Conflicting), "two tell of it differently");
}

#[test]
fn memory_grows_as_the_limit_says() {
    let counted = allocation_counter::measure(|| {
        let event =
            |n: usize| local(&format!("{n}"), CriticalEvent::SessionsRevoked, &format!("user-{n:08}@corp.example"), 1);
        let mut revocations = empty();
        for n in 0..20_000 {
            (revocations, _) = revocations.apply(&event(n), &NoCascade);
        }
        std::mem::forget(revocations);
    });
    // `Limits::revocations` says some 120 MB for 250,000.
    assert!(counted.bytes_current < 20_000 * 600, "{} bytes for each entry", counted.bytes_current / 20_000);
}

#[test]
fn every_event_type_has_its_effect() {
    let outcome = |prefix: &str, name: &str, members: Value| {
        let payload = json!({
            "iss": "i", "jti": "1", "iat": 100, "sub_id": {"format": "iss_sub", "iss": "i", "sub": "ada"},
            "events": {format!("{prefix}{name}"): members},
        });
        let (revocations, outcome) = empty().apply(&read(&payload).unwrap(), &NoCascade);
        (outcome, check(&revocations, &[subject("ada")], 50, 101), check(&revocations, &[subject("ada")], 101, 101))
    };
    let challenged = |(_, old, new): (Outcome, Verdict, Verdict)| {
        assert!(matches!((old, new), (Verdict::Challenge(_), Verdict::Allow)), "{old:?} {new:?}");
    };
    let denied = |(_, old, new): (Outcome, Verdict, Verdict)| {
        assert!(matches!((old, new), (Verdict::Deny(_), Verdict::Deny(_))))
    };
    let noted =
        |result: (Outcome, Verdict, Verdict)| assert_eq!(result, (Outcome::Applied, Verdict::Allow, Verdict::Allow));
    challenged(outcome(CAEP, "session-revoked", json!({})));
    challenged(outcome(RISC, "sessions-revoked", json!({})));
    challenged(outcome(RISC, "credential-compromise", json!({"credential_type": "password"})));
    challenged(outcome(RISC, "account-credential-change-required", json!({})));
    let credential = |change: &str| json!({"credential_type": "password", "change_type": change});
    challenged(outcome(CAEP, "credential-change", credential("revoke")));
    challenged(outcome(CAEP, "credential-change", credential("delete")));
    challenged(outcome(CAEP, "credential-change", credential("a word of tomorrow")));
    noted(outcome(CAEP, "credential-change", credential("create")));
    noted(outcome(CAEP, "credential-change", credential("update")));
    challenged(outcome(CAEP, "risk-level-change", json!({"principal": "USER", "current_level": "HIGH"})));
    challenged(outcome(CAEP, "risk-level-change", json!({"principal": "USER", "current_level": "EXTREME"})));
    noted(outcome(CAEP, "risk-level-change", json!({"principal": "USER", "current_level": "MEDIUM"})));
    noted(outcome(CAEP, "device-compliance-change", json!({"current_status": "not-compliant"})));
    noted(outcome(CAEP, "assurance-level-change", json!({"namespace": "NIST-AAL", "current_level": "nist-aal1"})));
    noted(outcome(CAEP, "token-claims-change", json!({"claims": {"role": "x"}})));
    denied(outcome(RISC, "account-disabled", json!({"reason": "hijacking"})));
    denied(outcome(RISC, "account-purged", json!({})));
    noted(outcome(RISC, "account-enabled", json!({})));
    for ignored in ["identifier-changed", "identifier-recycled", "opt-in", "recovery-activated"] {
        assert_eq!(outcome(RISC, ignored, json!({})).0, Outcome::Ignored);
    }
    assert_eq!(outcome(CAEP, "session-presented", json!({})).0, Outcome::Ignored);
    assert_eq!(outcome("https://example.org/", "whatever", json!({})).0, Outcome::Ignored);
}

#[test]
fn malformed_events_are_refused() {
    let good = json!({
        "iss": "i", "jti": "1", "iat": 100, "sub_id": {"format": "email", "email": "a@b"},
        "events": {format!("{CAEP}session-revoked"): {"event_timestamp": 90}},
    });
    assert_eq!(read(&good).unwrap().at, at(90));
    let with = |name: &str, value: Value| {
        let mut payload = good.clone();
        payload[name] = value;
        read(&payload).unwrap_err().to_string()
    };
    let events = |members: Value| with("events", members);
    for (error, wanted) in [
        (with("sub", json!("a")), "a security event has neither `exp` nor `sub`"),
        (with("exp", json!(1)), "a security event has neither `exp` nor `sub`"),
        (with("jti", json!("")), "`jti` of the security event must be a text that is not empty"),
        (with("iss", Value::Null), "the security event has no `iss`"),
        (with("iat", json!("now")), "`iat` of the security event must be a number of seconds since 1970"),
        (events(json!({})), "a security event token carries exactly one event, not 0"),
        (events(json!({"a": {}, "b": {}})), "a security event token carries exactly one event, not 2"),
        (events(json!({format!("{CAEP}token-claims-change"): {}})), "the security event has no `claims`"),
        (events(json!({format!("{CAEP}risk-level-change"): {}})), "the security event has no `current_level`"),
        (with("sub_id", json!({"format": "smoke"})), "the subject format `smoke` is not known"),
        (
            with("sub_id", json!({"format": "complex"})),
            "`sub_id` of the security event must be a subject with at least one known member",
        ),
        (
            with("sub_id", json!({"format": "aliases", "identifiers": []})),
            "`sub_id` of the security event must be a list that is not empty",
        ),
        (
            with("sub_id", json!({"format": "aliases", "identifiers": [{"format": "aliases"}]})),
            "`sub_id.identifiers` of the security event must be simple subjects",
        ),
    ] {
        assert_eq!(error, wanted);
    }
    // An event cannot be later than its telling.
    let late = json!({format!("{CAEP}session-revoked"): {"event_timestamp": 900}});
    let mut payload = good.clone();
    payload["events"] = late;
    assert_eq!(read(&payload).unwrap().at, at(100));
}

#[test]
fn an_unknown_member_of_a_subject_restricts_and_never_lifts() {
    let payload = |jti: &str, kind: &str, when: i64, extra: bool| {
        let mut sub_id = json!({"format": "complex", "user": {"format": "iss_sub", "iss": "i", "sub": "ada"}});
        if extra {
            sub_id["quantum"] = json!({"format": "opaque", "id": "q"});
        }
        let payload =
            json!({"iss": "i", "jti": jti, "iat": when, "sub_id": sub_id, "events": {format!("{RISC}{kind}"): {}}});
        read(&payload).unwrap()
    };
    let ada = [subject("ada")];
    let off = after(&[payload("1", "account-disabled", 100, true)]);
    assert!(matches!(check(&off, &ada, 150, 151), Verdict::Deny(_)));
    let narrower = after(&[payload("1", "account-disabled", 100, false), payload("2", "account-enabled", 200, true)]);
    assert!(matches!(check(&narrower, &ada, 201, 201), Verdict::Deny(_)));
}

#[test]
fn tokens_have_an_end() {
    let names = [subject("ada")];
    let judge = |issued_at: Option<i64>, expires: Option<i64>, now| {
        let token = TokenFacts {
            names: &names,
            issued_at: issued_at.map(at),
            expires: expires.map(at),
            answers_challenges: true,
        };
        empty().check(&token, at(now), &CheckPolicy::default())
    };
    assert_eq!(judge(Some(0), Some(3_600), 3_599), Verdict::Allow);
    assert!(matches!(judge(Some(0), Some(3_600), 3_600), Verdict::Challenge(c) if c.reason == Reason::Expired));
    assert_eq!(judge(Some(0), None, 28 * 3_600 - 1), Verdict::Allow);
    assert!(
        matches!(judge(Some(0), Some(i64::from(i32::MAX)), 28 * 3_600), Verdict::Challenge(_)),
        "older than any may be"
    );
    assert_eq!(judge(Some(60), None, 0), Verdict::Allow, "a clock may be a minute ahead");
    assert_eq!(judge(Some(61), None, 0), Verdict::Deny(Reason::IssuedInFuture));
}

#[test]
fn a_silent_feed_is_no_feed() {
    let policy = {
        let mut policy = CheckPolicy::default();
        policy.max_silence = Some(length(300));
        policy
    };
    let names = [subject("ada")];
    let judge = |revocations: &Revocations, now| revocations.check(&token(&names, now), at(now), &policy);
    assert_eq!(judge(&empty(), 0), Verdict::Deny(Reason::SignalsStale), "no feed at all");
    let heard = empty().heard("host", at(100)).heard("other", at(200)).heard("host", at(50));
    assert_eq!(judge(&heard, 400), Verdict::Allow);
    assert_eq!(judge(&heard, 401), Verdict::Deny(Reason::SignalsStale));
    let (heard, _) = heard.apply(&local("1", CriticalEvent::SessionsRevoked, "bob", 300), &NoCascade);
    assert_eq!(judge(&heard, 500), Verdict::Allow, "an event is a sign of life");
    assert_eq!(judge(&heard, 501), Verdict::Deny(Reason::SignalsStale));
}

#[test]
fn what_was_heard_in_the_future_was_not_heard() {
    let mut policy = CheckPolicy::default();
    policy.max_silence = Some(length(300));
    let names = [subject("ada")];
    let heard = empty().heard("host", at(10_000));
    assert_eq!(heard.check(&token(&names, 100), at(100), &policy), Verdict::Deny(Reason::SignalsStale));
    let soon = empty().heard("host", at(100 + policy.skew.seconds()));
    assert_eq!(soon.check(&token(&names, 100), at(100), &policy), Verdict::Allow);
}

/// An event of the far future would beat all that follow: it counts as of when it was received.
#[test]
fn events_of_the_future_are_of_now() {
    let enabled = json!({
        "iss": "https://idp", "jti": "1", "iat": 9_000_000_000_u64, "toe": 9_000_000_000_u64,
        "sub_id": {"format": "opaque", "id": "ada"},
        "events": {"https://schemas.openid.net/secevent/risc/event-type/account-enabled": {}},
    });
    let set = VerifiedSet::assert_verified(enabled.as_object().unwrap().clone());
    let told = parse(&set, at(1_000), &Limits::default()).unwrap();
    assert_eq!((told.issued_at, told.at), (at(1_000), at(1_000)));
    let after = empty().apply(&told, &NoCascade).0;
    let (after, _) = after.apply(&event("2", EventKind::AccountDisabled, "ada", 1_001), &NoCascade);
    assert_ne!(check(&after, &[subject("ada")], 1_500, 2_000), Verdict::Allow);
}

#[test]
fn what_cannot_be_kept_restricts_everything() {
    let mut limits = Limits::default();
    limits.revocations = 2;
    let full = |last: SecurityEvent| {
        let mut events: Vec<_> =
            (0..2).map(|n| local(&format!("{n}"), CriticalEvent::SessionsRevoked, &format!("u{n}"), 100)).collect();
        events.push(last);
        Revocations::new(&limits).apply_all(&events, &NoCascade)
    };
    let (cut, outcomes) = full(local("9", CriticalEvent::SessionsRevoked, "u9", 200));
    assert_eq!((outcomes[2], cut.len()), (Outcome::Saturated, 2));
    assert!(matches!(check(&cut, &[subject("anybody")], 150, 201), Verdict::Challenge(_)), "older tokens of anybody");
    assert_eq!(check(&cut, &[subject("anybody")], 201, 201), Verdict::Allow);
    let (off, _) = full(local("9", CriticalEvent::AgentDisabled, "u9", 200));
    assert_eq!(check(&off, &[subject("anybody")], 201, 201), Verdict::Deny(Reason::Saturated));
    // Pruning makes room: nothing issued before the cuts is alive.
    let pruned = cut.pruned(at(200 + 28 * 3_600), length(28 * 3_600));
    assert_eq!(pruned.len(), 0);
    assert_eq!(pruned.apply(&local("10", CriticalEvent::AgentDisabled, "x", 300), &NoCascade).1, Outcome::Applied);
}

#[test]
fn states_survive_pruning() {
    let events =
        [event("1", EventKind::AccountDisabled, "bot", 100), local("2", CriticalEvent::SessionsRevoked, "ada", 100)];
    let pruned = after(&events).pruned(at(1_000_000), length(28 * 3_600));
    assert_eq!(pruned.len(), 1);
    assert_eq!(check(&pruned, &[subject("bot")], 1_000_000, 1_000_000), Verdict::Deny(Reason::Disabled));
}

#[test]
fn many_sessions_of_one_user_stay_cheap() {
    let event = |n: usize| {
        read(&json!({
            "iss": "i", "jti": format!("{n}"), "iat": 100,
            "sub_id": {
                "format": "complex",
                "user": {"format": "iss_sub", "iss": "i", "sub": "ada"},
                "session": {"format": "opaque", "id": format!("s{n}")},
            },
            "events": {format!("{CAEP}session-revoked"): {}},
        }))
        .unwrap()
    };
    let revocations = after(&(0..1_000).map(event).collect::<Vec<_>>());
    let states = revocations.states(&[subject("ada")]).count();
    assert!(states <= 65, "{states} states under one name");
    assert_ne!(check(&revocations, &[subject("ada"), of(Class::Session, "s999")], 50, 101), Verdict::Allow);
}

#[test]
fn location_is_checked_at_use() {
    let networks = Networks(vec!["198.51.100.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
    let (inside, outside) = ("198.51.100.5".parse().ok(), "203.0.113.5".parse().ok());
    let issuer = |reading, mode, resource, issuer| at_issuer(reading, mode, &networks, resource, issuer);
    let suspended = LocationVerdict::AllowSuspended(length(3_600));
    use LocationMode::{Standard, Strict};
    assert_eq!(issuer(Reading::Faithful, Standard, outside, inside), suspended);
    assert_eq!(issuer(Reading::Strict, Standard, outside, inside), LocationVerdict::Block);
    assert_eq!(issuer(Reading::Faithful, Strict, outside, inside), LocationVerdict::Block);
    for reading in [Reading::Faithful, Reading::Strict] {
        for mode in [Standard, Strict] {
            assert_eq!(issuer(reading, mode, inside, inside), LocationVerdict::Allow);
            assert_eq!(issuer(reading, mode, outside, outside), LocationVerdict::Block);
            assert_eq!(issuer(reading, mode, inside, None), LocationVerdict::Block, "unknown is not allowed");
            assert_eq!(at_resource(reading, mode, &networks, inside, false), LocationUse::Allow);
        }
    }
    let resource = |reading, mode, suspends| at_resource(reading, mode, &networks, outside, suspends);
    assert_eq!(resource(Reading::Faithful, Standard, false), LocationUse::AskIssuer);
    assert_eq!(resource(Reading::Faithful, Standard, true), LocationUse::Allow);
    assert_eq!(resource(Reading::Strict, Standard, true), LocationUse::Block);
    assert_eq!(resource(Reading::Faithful, Strict, true), LocationUse::Block);
    for address in ["2001:db8::1", "::ffff:198.51.100.7"] {
        assert!(networks.allows(address.parse().ok()), "{address}");
    }
    for range in ["", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0/8", "::/129", "10.0.0.0/"] {
        assert!(range.parse::<IpRange>().is_err(), "{range}");
    }
}

#[test]
fn published_events_are_read() {
    let limits = Limits::default();
    for payload in fixtures() {
        let event = read(&payload).unwrap();
        let (revocations, outcome) = Revocations::new(&limits).apply(&event, &NoCascade);
        assert_eq!(outcome == Outcome::Ignored, revocations.is_empty(), "{payload}");
        assert_ne!(outcome, Outcome::Saturated);
    }
}

#[test]
fn checking_allocates_nothing() {
    let events: Vec<_> = fixtures().iter().map(|payload| read(payload).unwrap()).collect();
    let revocations = after(&events);
    let names = [subject("ada"), subject("bot"), of(Class::Session, "session-2"), of(Class::Device, "laptop")];
    let facts = token(&names, 100);
    let counted = allocation_counter::measure(|| {
        std::hint::black_box(revocations.check(&facts, at(2_000), &CheckPolicy::default()));
    });
    assert_eq!(counted.count_total, 0);
}

/// What one event can be about and say; small worlds, so that events meet.
fn any_event() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        prop_oneof![Just("bp"), Just("a"), Just("b"), Just("a-user"), Just("ada")]
            .prop_map(|id| json!({"format": "iss_sub", "iss": "i", "sub": id})),
        Just(json!({"format": "opaque", "id": "s"})),
        Just(
            json!({"format": "complex", "user": {"format": "iss_sub", "iss": "i", "sub": "ada"}, "device": {"format": "opaque", "id": "d"}})
        ),
        Just(json!({"format": "email", "email": "ada@corp.test"})),
    ];
    let what = prop_oneof![
        Just((CAEP, "session-revoked", json!({}))),
        Just((RISC, "account-disabled", json!({}))),
        Just((RISC, "account-enabled", json!({}))),
        Just((RISC, "account-enabled", json!({}))),
        Just((RISC, "account-purged", json!({}))),
        Just((CAEP, "token-claims-change", json!({"claims": {"r": 1}}))),
        Just((CAEP, "token-claims-change", json!({"claims": {"r": 2, "q": 1}}))),
        Just((CAEP, "device-compliance-change", json!({"current_status": "compliant"}))),
        Just((CAEP, "device-compliance-change", json!({"current_status": "not-compliant"}))),
        Just((CAEP, "risk-level-change", json!({"current_level": "LOW"}))),
        Just((CAEP, "risk-level-change", json!({"current_level": "HIGH"}))),
        Just((CAEP, "session-presented", json!({}))),
    ];
    (one, what, 0..6i64).prop_map(|(sub_id, (prefix, name, mut members), when)| {
        members["event_timestamp"] = json!(when * 10);
        json!({"iss": "i", "jti": "", "iat": 100, "sub_id": sub_id, "events": {format!("{prefix}{name}"): members}})
    })
}

fn any_events() -> impl Strategy<Value = Vec<SecurityEvent>> {
    prop::collection::vec(any_event(), 0..12).prop_map(|payloads| {
        let numbered = payloads.into_iter().enumerate().map(|(n, mut payload)| {
            payload["jti"] = json!(format!("e{n}"));
            read(&payload).unwrap()
        });
        numbered.collect()
    })
}

/// The verdict as a loop over the events: who is reached by what, and what came last.
fn plain(events: &[SecurityEvent], name: &str, issued_at: i64, now: i64) -> Option<bool> {
    let mut reached = BTreeMap::from([(name.to_owned(), ())]);
    let above = |name: &str| match name {
        "a" | "b" => vec!["bp"],
        "a-user" => vec!["a"],
        "bp" => vec!["a-user"],
        _ => vec![],
    };
    let mut waiting = vec![name.to_owned()];
    while let Some(next) = waiting.pop() {
        for up in above(&next) {
            if reached.insert(up.to_owned(), ()).is_none() {
                waiting.push(up.to_owned());
            }
        }
    }
    let (mut deny, mut challenge) = (false, false);
    for source in reached.keys() {
        let target = Target::subject(Some("i"), source);
        let mine = |event: &&SecurityEvent| event.subject == target.clone().into();
        let own: Vec<_> = events.iter().filter(mine).collect();
        let rank = |kind: &EventKind| match kind {
            EventKind::AccountEnabled => Some(0),
            EventKind::AccountDisabled => Some(1),
            EventKind::AccountPurged => Some(2),
            _ => None,
        };
        let last = own.iter().filter_map(|event| Some((event.at, rank(&event.kind)?))).max();
        deny |= last.is_some_and(|(_, rank)| rank > 0);
        challenge |= own.iter().any(|event| {
            let cuts = match &event.kind {
                EventKind::SessionRevoked | EventKind::AccountDisabled | EventKind::AccountPurged => true,
                EventKind::RiskChanged { level } => *level == RiskLevel::High,
                _ => false,
            };
            cuts && at(issued_at) <= event.at
        });
    }
    let _ = now;
    if deny {
        Some(false)
    } else if challenge {
        None
    } else {
        Some(true)
    }
}

proptest! {
    /// Reordered, repeated and in pieces, events leave the same behind.
    #[test]
    fn order_repetition_and_pieces_do_not_matter(
        events in any_events(),
        seed in any::<prop::sample::Index>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let (all, _) = empty().apply_all(&events, &hangs);
        let mut shuffled = Vec::new();
        if !events.is_empty() {
            // Some in a random order and repeated, then the rest.
            shuffled.extend(order.iter().map(|index| index.get(&events).clone()));
            shuffled.extend(events.iter().cloned());
        }
        let cut = if shuffled.is_empty() { 0 } else { seed.index(shuffled.len()) };
        let (part, _) = empty().apply_all(&shuffled[..cut], &hangs);
        let (whole, _) = part.apply_all(&shuffled[cut..], &hangs);
        prop_assert_eq!(whole.entries(), all.entries());
        prop_assert_eq!(whole.len(), all.entries().len());
    }

    /// The same for the published events.
    #[test]
    fn published_events_in_any_order(order in Just(fixtures()).prop_shuffle(), twice in any::<prop::sample::Index>()) {
        let events: Vec<_> = order.iter().map(|payload| read(payload).unwrap()).collect();
        let straight: Vec<_> = fixtures().iter().map(|payload| read(payload).unwrap()).collect();
        let cut = twice.index(events.len());
        let (once, _) = empty().apply_all(&straight, &hangs);
        let (part, _) = empty().apply_all(&events[..cut], &hangs);
        let (whole, outcomes) = part.apply_all(&events, &hangs);
        prop_assert_eq!(whole.entries(), once.entries());
        prop_assert!(outcomes[..cut].iter().all(|outcome| *outcome == Outcome::Repeated));
    }

    /// A payload that lost a part is refused or read, never worse.
    #[test]
    fn truncated_payloads_do_no_harm(which in any::<prop::sample::Index>(), path in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        fn cut(value: &mut Value, path: &[prop::sample::Index]) {
            let Some((first, rest)) = path.split_first() else { return };
            if let Value::Object(members) = value {
                let names: Vec<String> = members.keys().cloned().collect();
                if names.is_empty() {
                    return;
                }
                let name = first.get(&names);
                if rest.is_empty() || !members[name].is_object() {
                    members.remove(name);
                } else {
                    cut(&mut members[name], rest);
                }
            }
        }
        let mut payload = which.get(&fixtures()).clone();
        cut(&mut payload, &path);
        if let Ok(event) = read(&payload) {
            prop_assert!(event.at <= event.issued_at);
            let _ = empty().apply(&event, &hangs);
        }
    }

    /// The check says what a loop over the events says.
    #[test]
    fn checked_as_plainly_judged(events in any_events(), issued_at in 0..60i64) {
        let (revocations, _) = empty().apply_all(&events, &hangs);
        for name in ["bp", "a", "b", "a-user"] {
            let verdict = check(&revocations, &[subject(name)], issued_at, 100);
            let got = match verdict {
                Verdict::Allow => Some(true),
                Verdict::Challenge(_) => None,
                Verdict::Deny(_) => Some(false),
            };
            prop_assert_eq!(got, plain(&events, name, issued_at, 100), "{} {:?}", name, verdict);
        }
    }

    /// More restricting events never make a check more lenient.
    #[test]
    fn revoking_is_monotone(events in any_events(), more in any_events(), issued_at in 0..60i64) {
        let restricts = |event: &&SecurityEvent| !matches!(event.kind, EventKind::AccountEnabled);
        let renamed = more.into_iter().map(|event| SecurityEvent { id: format!("x{}", event.id).into(), ..event });
        let more: Vec<_> = renamed.collect();
        let (before, _) = empty().apply_all(&events, &hangs);
        let (after, _) = before.apply_all(more.iter().filter(restricts), &hangs);
        let rank = |verdict| match verdict {
            Verdict::Allow => 0,
            Verdict::Challenge(_) => 1,
            Verdict::Deny(_) => 2,
        };
        for name in ["bp", "a", "b", "a-user", "ada"] {
            let names = [subject(name), of(Class::Device, "d")];
            prop_assert!(rank(check(&before, &names, issued_at, 100)) <= rank(check(&after, &names, issued_at, 100)));
        }
    }
}
