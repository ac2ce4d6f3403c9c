//! Revocation reaches decisions: events, the kill switch, and a decision loop on another thread.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use placet::fact::slot;
use placet::signal::{CheckPolicy, CriticalEvent, EventKind, Revocations, SecurityEvent, Target as Whom};
use placet::time::{Duration, Timestamp};
use placet::{Code, Engine, Limits, Link, LiveEngine, Request, Target, Verdict, document};

const POLICY: &str = "
version: 1
groups: [{id: bots}]
users:
  - {id: ada, attributes: {email: Ada@Example.com, tenant: t-1, phone: +351-1}}
  - {id: bob}
  - {id: bot-1-account, type: agent_user, agent: bot-1}
blueprints: [{id: helpdesk, sponsor: ada}]
agents:
  - {id: bot-1, sponsor: ada, blueprint: helpdesk, groups: [bots]}
  - {id: bot-2, sponsor: ada, blueprint: helpdesk}
  - {id: other, sponsor: ada}
  - {id: mailer, sponsor: ada, blueprint: helpdesk}
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: risky, effect: forbid, subject: {type: user}, when: 'risk.user >= \"high\"'}
  - {id: device, effect: forbid, subject: {type: user}, when: '!device.compliant'}
";

fn at(time: &str) -> Timestamp {
    format!("2026-11-24T{time}Z").parse().unwrap()
}

fn engine() -> Engine {
    Engine::of(&document::load([("p.yaml", POLICY)], &Limits::default()).unwrap_or_else(|e| panic!("{e}")))
}

/// Ada through an agent, with a token of 09:00, at 10:00.
fn call(agent: &str) -> Request<'_> {
    Request::new(Link::user("ada").issued_by("https://idp"), "read", Target::new("page", "home"))
        .actor(Link::agent(agent))
        .at(at("10:00:00"))
        .fact(slot::RISK_USER, "none")
        .fact(slot::DEVICE_ID, "laptop")
        .fact(slot::DEVICE_COMPLIANT, true)
        .fact(slot::SESSION_ID, "s-1")
        .fact(slot::AUTHENTICATION_TOKEN_ID, "t-1")
        .fact(slot::AUTHENTICATION_ISSUED, at("09:00:00"))
        .fact(slot::AUTHENTICATION_ANSWERS_CHALLENGES, true)
}

fn event(id: &str, what: CriticalEvent, whom: Whom, time: &str) -> SecurityEvent {
    SecurityEvent::local("https://idp", id, what, whom, at(time))
}

fn codes(live: &LiveEngine, request: &Request<'_>) -> Vec<&'static str> {
    live.load().decide(request).reasons().map(|reason| reason.code.as_str()).collect()
}

#[test]
fn a_session_that_was_revoked_signs_in_again() {
    let live = LiveEngine::new(engine());
    assert!(codes(&live, &call("bot-1")).is_empty());
    live.apply(&event("1", CriticalEvent::SessionsRevoked, Whom::subject(Some("https://idp"), "ada"), "09:30:00"));
    assert_eq!(codes(&live, &call("bot-1")), ["revocation.reauthenticate"]);
    let loaded = live.load();
    let decision = loaded.decide(&call("bot-1"));
    assert!(decision.is_retryable());
    let answer = placet::Answer::new(&decision, &call("bot-1"));
    let challenge = answer.context.challenge.unwrap();
    assert!(challenge.claims.contains("nbf") && challenge.www_authenticate.starts_with("Bearer error="));
    // A fresh token will do; one of unknown age will not.
    assert!(codes(&live, &call("bot-1").fact(slot::AUTHENTICATION_ISSUED, at("09:45:00"))).is_empty());
    let unknown = Request::new(Link::user("ada"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .fact(slot::RISK_USER, "none")
        .fact(slot::DEVICE_COMPLIANT, true);
    assert_eq!(codes(&live, &unknown), ["revocation.revoked"]);
    // Somebody else's sessions are not touched, nor those of another issuer.
    let bob = Request::new(Link::user("bob"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .fact(slot::RISK_USER, "none")
        .fact(slot::DEVICE_COMPLIANT, true);
    assert!(codes(&live, &bob).is_empty());
}

#[test]
fn revocations_cascade_from_the_blueprint() {
    let live = LiveEngine::new(engine());
    live.contain(&Whom::subject(None, "helpdesk"), at("09:59:00"));
    for agent in ["bot-1", "bot-2", "mailer"] {
        assert_eq!(codes(&live, &call(agent)), ["revocation.revoked"], "{agent}");
        assert!(!live.load().decide(&call(agent)).is_retryable());
    }
    assert!(codes(&live, &call("other")).is_empty());
    // An agent's own user account hangs below it.
    let account =
        Request::new(Link::agent_user("bot-1-account"), "read", Target::new("page", "home")).at(at("10:00:00"));
    assert_eq!(codes(&live, &account), ["revocation.revoked"]);
    live.release(&Whom::subject(None, "helpdesk"), at("09:59:30"));
    // Tokens from before are dead all the same.
    assert_eq!(codes(&live, &call("bot-1")), ["revocation.reauthenticate"]);
    assert!(codes(&live, &call("bot-1").fact(slot::AUTHENTICATION_ISSUED, at("09:59:45"))).is_empty());
}

#[test]
fn a_swap_of_policy_or_directory_revives_nothing() {
    let live = LiveEngine::new(engine());
    live.contain(&Whom::subject(None, "bot-1"), at("09:59:00"));
    let (policy, directory) = (Arc::clone(live.load().policy()), Arc::clone(live.load().directory()));
    live.swap_policy(policy);
    live.swap_directory(directory);
    assert_eq!(codes(&live, &call("bot-1")), ["revocation.revoked"]);
}

#[test]
fn without_a_time_nothing_can_be_told_to_be_over() {
    let live = LiveEngine::new(engine());
    let untimed = Request::new(Link::agent("other"), "read", Target::new("page", "home"));
    assert!(codes(&live, &untimed).is_empty());
    live.apply(&event("1", CriticalEvent::SessionsRevoked, Whom::subject(None, "bob"), "09:30:00"));
    assert_eq!(codes(&live, &untimed), ["revocation.unknown"]);
}

#[test]
fn a_silent_feed_is_no_good_news() {
    let mut check = CheckPolicy::default();
    check.max_silence = Duration::from_parts(600, 0);
    let revocations = Arc::new(Revocations::new(&Limits::default()));
    let live = LiveEngine::new(engine().with_revocations(revocations, check));
    assert_eq!(codes(&live, &call("other")), ["revocation.unknown"]);
    live.heard("https://idp", at("09:55:00"));
    assert!(codes(&live, &call("other")).is_empty());
    assert_eq!(codes(&live, &call("other").at(at("10:06:00"))), ["revocation.unknown"]);
}

// Taking a large policy apart takes milliseconds, which no decision has.
#[test]
fn a_decision_takes_no_engine_apart() {
    let live = LiveEngine::new(engine());
    let policy = || {
        Arc::new(placet::CompiledPolicy::new(
            &document::load([("p.yaml", POLICY)], &Limits::default()).unwrap(),
            &Limits::default(),
        ))
    };
    let (first, seen) = (policy(), live.load());
    let kept = Arc::downgrade(&first);
    live.swap_policy(first);
    let judging = live.load();
    live.swap_policy(policy());
    drop(seen);
    drop(judging);
    assert!(kept.upgrade().is_some(), "whoever judged with it last does not take it apart");
    live.swap_policy(policy());
    assert!(kept.upgrade().is_none(), "the next swap does");
}

#[test]
fn documents_bound_the_age_of_signals() {
    let policy = "
version: 1
users: [{id: ada}]
rules:
  - {id: all, effect: permit, action: \"**\"}
  - {id: fresh, effect: forbid, action: pay, when: '!(now - signals.heard <= duration(\"300s\"))'}
";
    let policy = document::load([("p.yaml", policy)], &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let live = LiveEngine::new(Engine::of(&policy));
    let ask = |action: &'static str, time: &str| {
        let request = Request::new(Link::user("ada"), action, Target::new("page", "home")).at(at(time));
        codes(&live, &request)
    };
    let unknown = ["rule.forbidden_unknown"];
    assert_eq!(ask("pay", "10:00:00"), unknown, "there is no feed");
    assert!(ask("read", "10:00:00").is_empty());
    live.heard("https://idp", at("09:59:00"));
    live.heard("https://mdm", at("09:56:00"));
    assert!(ask("pay", "10:00:00").is_empty());
    assert_eq!(ask("pay", "10:01:01"), ["rule.forbidden"], "one of them has been silent for longer");
    live.heard("https://mdm", at("09:59:30"));
    live.heard("https://mdm", at("09:30:00"));
    assert!(ask("pay", "10:01:01").is_empty(), "what was heard late moves nothing back");
    live.heard("https://mdm", at("10:30:00"));
    assert_eq!(ask("pay", "10:01:01"), unknown, "heard in the future");
    let untimed = Request::new(Link::user("ada"), "pay", Target::new("page", "home"));
    assert_eq!(codes(&live, &untimed), unknown);
    let claimed = untimed.at(at("10:01:01")).fact(slot::SIGNALS_HEARD, at("10:01:00"));
    assert_eq!(codes(&live, &claimed), ["request.malformed"], "no request says it");
}

#[test]
fn what_a_feed_tells_makes_signals_worse_and_never_better() {
    use placet::lifecycle::RiskLevel;
    let live = LiveEngine::new(engine());
    // High risk ends sessions too; this token is from afterwards.
    let call = |agent: &'static str| call(agent).fact(slot::AUTHENTICATION_ISSUED, at("09:55:00"));
    let risk = |id: &str, level: RiskLevel, time: &str| {
        SecurityEvent::of("https://idp", id, EventKind::RiskChanged { level }, Whom::subject(None, "ada"), at(time))
    };
    live.apply(&risk("1", RiskLevel::High, "09:50:00"));
    assert_eq!(codes(&live, &call("other")), ["rule.forbidden"]);
    live.apply(&risk("2", RiskLevel::Low, "09:51:00"));
    assert!(codes(&live, &call("other")).is_empty());
    // The request says worse.
    assert_eq!(codes(&live, &call("other").fact(slot::RISK_USER, "high")), ["rule.forbidden"]);
    let device = SecurityEvent::of(
        "https://idp",
        "3",
        EventKind::ComplianceChanged { compliant: false },
        Whom::new(placet::signal::Class::Device, None, "laptop"),
        at("09:52:00"),
    );
    live.apply(&device);
    assert_eq!(codes(&live, &call("other")), ["rule.forbidden"]);
}

#[test]
fn the_kill_switch_reaches_a_running_loop_within_one_decision() {
    let live = Arc::new(LiveEngine::new(engine()));
    let (contained, stop, allowed_after) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
    let decided = [AtomicU64::new(0), AtomicU64::new(0)];
    // Each of the threads begins and ends a decision: one of them alone might do any number while the other stands still.
    let all_decide = || {
        let seen = decided.each_ref().map(|own| own.load(Ordering::Acquire));
        while decided.iter().zip(seen).any(|(own, seen)| own.load(Ordering::Acquire) < seen + 2) {
            std::thread::yield_now();
        }
    };
    std::thread::scope(|threads| {
        for own in &decided {
            let (live, contained, stop, allowed_after) = (&live, &contained, &stop, &allowed_after);
            threads.spawn(move || {
                let request = call("bot-1");
                while !stop.load(Ordering::Acquire) {
                    // Read before the decision begins: a decision that begins after the switch must see it.
                    let after = contained.load(Ordering::Acquire);
                    let allowed = live.load().decide(&request).verdict() == Verdict::Allow;
                    if after && allowed {
                        allowed_after.fetch_add(1, Ordering::Relaxed);
                    }
                    own.fetch_add(1, Ordering::Release);
                }
            });
        }
        for round in 0..200 {
            // Of equal times the stricter would win.
            let moment = |after: i64| Timestamp::new(at("00:00:00").seconds() + 2 * round + after, 0).unwrap();
            live.contain(&Whom::subject(None, "bot-1"), moment(0));
            contained.store(true, Ordering::Release);
            all_decide();
            contained.store(false, Ordering::Release);
            // Decisions that read the flag before it fell must be over before the switch is lifted.
            all_decide();
            live.release(&Whom::subject(None, "bot-1"), moment(1));
        }
        stop.store(true, Ordering::Release);
    });
    assert_eq!(allowed_after.load(Ordering::Relaxed), 0);
    assert!(!live.load().decide(&call("bot-1")).has(Code::RequestMalformed));
}

#[test]
fn a_verified_token_brings_its_chain_and_its_age() {
    use placet::delegation::{Profile, VerifiedClaims, from_claims};
    let claims = serde_json::json!({
        "iss": "https://idp", "sub": "ada", "sub_profile": "user", "jti": "t-9", "iat": at("09:00:00").seconds(),
        "act": {"iss": "https://idp", "sub": "bot-1", "sub_profile": "ai_agent"},
    });
    let claims = VerifiedClaims::assert_verified(claims.as_object().cloned().unwrap());
    let delegation = from_claims(&claims, Profile::OAuth, &Limits::default()).unwrap();
    let ask = || {
        Request::delegated(&delegation, "read", Target::new("page", "home"))
            .at(at("10:00:00"))
            .fact(slot::RISK_USER, "none")
            .fact(slot::DEVICE_COMPLIANT, true)
    };
    let live = LiveEngine::new(engine());
    assert!(codes(&live, &ask()).is_empty());
    // The token itself, then the agent in its chain.
    live.contain(&Whom::new(placet::signal::Class::Token, None, "t-9"), at("09:30:00"));
    assert_eq!(codes(&live, &ask()), ["revocation.revoked"]);
    let live = LiveEngine::new(engine());
    live.contain(&Whom::subject(None, "bot-1"), at("09:30:00"));
    assert_eq!(codes(&live, &ask()), ["revocation.revoked"]);
}

/// What a call does not name may be any that was revoked.
#[test]
fn what_a_call_does_not_name_may_be_what_was_revoked() {
    use placet::signal::Class;
    for (class, id, at_slot) in [
        (Class::Session, "s-9", slot::SESSION_ID),
        (Class::Token, "t-9", slot::AUTHENTICATION_TOKEN_ID),
        (Class::Device, "phone", slot::DEVICE_ID),
        (Class::Address, "192.0.2.7", slot::LOCATION_IP),
    ] {
        let live = LiveEngine::new(engine());
        let full = || call("other").fact(slot::LOCATION_IP, "192.0.2.1");
        let silent = |request: Request<'_>| codes(&live, &request);
        assert_eq!(live.contain(&Whom::new(class, None, id), at("09:30:00")), placet::signal::Outcome::Applied);
        assert!(silent(full()).is_empty(), "{class:?}: it names another");
        assert_eq!(silent(full().fact(at_slot, id)), ["revocation.revoked"], "{class:?}: it names this one");
        let all = [
            (slot::SESSION_ID, "s-1"),
            (slot::AUTHENTICATION_TOKEN_ID, "t-1"),
            (slot::DEVICE_ID, "laptop"),
            (slot::LOCATION_IP, "192.0.2.1"),
        ];
        let partial = all.into_iter().filter(|(slot, _)| *slot != at_slot).fold(
            Request::new(Link::user("bob"), "read", Target::new("page", "home"))
                .at(at("10:00:00"))
                .fact(slot::RISK_USER, "none")
                .fact(slot::DEVICE_COMPLIANT, true)
                .fact(slot::AUTHENTICATION_ISSUED, at("09:00:00")),
            |request, (slot, value)| request.fact(slot, value),
        );
        assert_eq!(silent(partial), ["revocation.unknown"], "{class:?}: it names none");
        live.release(&Whom::new(class, None, id), at("09:40:00"));
        assert!(silent(full()).is_empty());
    }
}

#[test]
fn one_failing_device_may_be_the_one_that_is_not_named() {
    let live = LiveEngine::new(engine());
    let device = |id: &str, compliant: bool, time: &str| {
        let whom = Whom::new(placet::signal::Class::Device, None, "phone");
        SecurityEvent::of("https://idp", id, EventKind::ComplianceChanged { compliant }, whom, at(time))
    };
    let anonymous = || {
        Request::new(Link::user("bob"), "read", Target::new("page", "home"))
            .at(at("10:00:00"))
            .fact(slot::RISK_USER, "none")
            .fact(slot::DEVICE_COMPLIANT, true)
            .fact(slot::AUTHENTICATION_ISSUED, at("09:55:00"))
    };
    assert!(codes(&live, &anonymous()).is_empty());
    live.apply(&device("1", false, "09:10:00"));
    assert_eq!(codes(&live, &anonymous()), ["rule.forbidden_unknown"]);
    assert!(codes(&live, &anonymous().fact(slot::DEVICE_ID, "laptop")).is_empty());
    live.apply(&device("2", true, "09:20:00"));
    assert!(codes(&live, &anonymous()).is_empty(), "all are well again");
}

/// A feed may speak of somebody by any name that the directory knows, in any spelling.
#[test]
fn feeds_and_hosts_may_use_any_name() {
    use placet::signal::Class;
    for (class, id) in [
        (Class::Email, "ADA@example.COM"),
        (Class::Tenant, "t-1"),
        (Class::Phone, "+351-1"),
        (Class::Session, "s-1"),
        (Class::Address, "::ffff:192.0.2.1"),
        (Class::Address, "192.0.2.1"),
        (Class::Group, "bots"),
    ] {
        let live = LiveEngine::new(engine());
        live.contain(&Whom::new(class, None, id), at("09:30:00"));
        let request = call("bot-1").fact(slot::LOCATION_IP, "192.0.2.1");
        assert_eq!(codes(&live, &request), ["revocation.revoked"], "{class:?} {id}");
    }
    // An agent's account is held with the groups of its agent.
    let live = LiveEngine::new(engine());
    live.contain(&Whom::new(Class::Group, None, "bots"), at("09:30:00"));
    let account = Request::new(Link::agent_user("bot-1-account"), "read", Target::new("page", "home"));
    assert_eq!(codes(&live, &account.at(at("10:00:00"))), ["revocation.revoked"]);
    // Who is not registered is called by the id of the link.
    let stranger = || {
        Request::new(Link::user("Eve@Example.com"), "read", Target::new("page", "home"))
            .at(at("10:00:00"))
            .fact(slot::RISK_USER, "none")
            .fact(slot::DEVICE_COMPLIANT, true)
            .fact(slot::AUTHENTICATION_ISSUED, at("09:55:00"))
    };
    for (class, id) in [(Class::Email, "eve@example.com"), (Class::Account, "acct:eve@example.com")] {
        let live = LiveEngine::new(engine());
        assert!(codes(&live, &stranger()).is_empty());
        live.contain(&Whom::new(class, None, id), at("09:30:00"));
        assert_eq!(codes(&live, &stranger()), ["revocation.revoked"]);
        let risk = SecurityEvent::of(
            "https://idp",
            "1",
            EventKind::RiskChanged { level: placet::lifecycle::RiskLevel::High },
            Whom::new(class, None, id),
            at("09:50:00"),
        );
        let live = LiveEngine::new(engine());
        live.apply(&risk);
        assert!(codes(&live, &stranger()).contains(&"rule.forbidden"));
    }
}

/// A clock behind that of an earlier release does not undo the switch.
#[test]
fn the_kill_switch_works_with_a_slow_clock() {
    let live = LiveEngine::new(engine());
    let bot = Whom::subject(None, "bot-1");
    live.contain(&bot, at("09:30:00"));
    live.release(&bot, at("09:40:00"));
    live.contain(&bot, at("09:35:00"));
    assert_eq!(codes(&live, &call("bot-1")), ["revocation.revoked"]);
}

#[test]
fn a_token_that_has_ended_is_refused_without_any_revocation() {
    let live = LiveEngine::new(engine());
    let ended = call("other").fact(slot::AUTHENTICATION_EXPIRES, at("09:59:00"));
    assert!(!codes(&live, &ended).is_empty());
    assert!(codes(&live, &call("other").fact(slot::AUTHENTICATION_EXPIRES, at("10:30:00"))).is_empty());
}

#[test]
fn a_token_that_does_not_say_who_asks_is_refused() {
    use placet::delegation::{Kind, Profile, VerifiedClaims, from_claims};
    let claims = serde_json::json!({"iss": "https://idp", "sub": "ada", "iat": at("09:00:00").seconds()});
    let claims = VerifiedClaims::assert_verified(claims.as_object().cloned().unwrap());
    let mut delegation = from_claims(&claims, Profile::OAuth, &Limits::default()).unwrap();
    let live = LiveEngine::new(engine());
    let judge = |delegation: &placet::delegation::Delegation| {
        let request = Request::delegated(delegation, "read", Target::new("page", "home")).at(at("10:00:00"));
        codes(&live, &request.fact(slot::RISK_USER, "none").fact(slot::DEVICE_COMPLIANT, true))
    };
    assert_eq!(judge(&delegation), ["request.malformed"]);
    delegation.subject.kind = Kind::User;
    assert!(judge(&delegation).is_empty());
    delegation.subject.kind = Kind::Other("robot".into());
    assert_eq!(judge(&delegation), ["request.malformed"]);
}

/// What was given by somebody who is contained, or whose account a feed says is disabled, does not count until that is over; that a
/// session of theirs has ended takes nothing from what they gave.
#[test]
fn a_grant_falls_with_whoever_gave_it() {
    let policy = "
version: 1
users: [{id: ada}, {id: bob, attributes: {email: bob@example.com}}]
agents: [{id: bot, sponsor: ada}]
grants:
  - id: g
    to: {agent: bot}
    scope: {actions: read, resources: {id: \"**\"}}
    start: 2026-01-01T00:00:00Z
    end: 2027-01-01T00:00:00Z
    by: bob
    why: a test
";
    let engine =
        Engine::of(&document::load([("p.yaml", policy)], &Limits::default()).unwrap_or_else(|e| panic!("{e}")));
    let request = Request::new(Link::agent("bot"), "read", Target::new("page", "home"))
        .at(at("10:00:00"))
        .fact(slot::SESSION_ID, "s-1")
        .fact(slot::AUTHENTICATION_ISSUED, at("09:00:00"));
    let live = LiveEngine::new(engine);
    assert!(codes(&live, &request).is_empty());

    live.apply(&event("e-1", CriticalEvent::SessionsRevoked, Whom::subject(None, "bob"), "09:30:00"));
    assert!(codes(&live, &request).is_empty());

    live.contain(&Whom::subject(None, "bob"), at("09:31:00"));
    assert_eq!(codes(&live, &request), ["privilege.grant_revoked"]);
    assert!(live.load().explain(&request).to_string().contains("bob, who gave it, is deleted or held"));
    live.release(&Whom::subject(None, "bob"), at("09:32:00"));
    assert!(codes(&live, &request).is_empty());

    live.apply(&event(
        "e-2",
        CriticalEvent::UserDisabled,
        Whom::new(placet::signal::Class::Email, None, "Bob@Example.com"),
        "09:33:00",
    ));
    assert_eq!(codes(&live, &request), ["privilege.grant_revoked"]);

    // What was given to somebody falls with them, by the whole call.
    live.contain(&Whom::subject(None, "bot"), at("09:34:00"));
    assert!(codes(&live, &request).contains(&"revocation.revoked"));
}
