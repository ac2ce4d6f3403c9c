//! Continuous access evaluation: `placet::signal::cae` and `at_issuer` in the faithful reading; the checks of tokens of agents, for
//! which the original documents nothing, by `Revocations`.

use placet::Limits;
use placet::signal::cae::{self, CaeSession, Change, Delivery, Resource, SubjectKind};
use placet::signal::*;
use placet::time::{Duration, Timestamp};
use serde_json::{Value, json};

use crate::read::{at, number, plain, reading, text, texts};

pub fn run(given: &Value, request: &Value) -> Result<Value, String> {
    let capable = text(given, "client").is_some_and(|client| plain(client) == "cp1");
    let configured = number(given, "lifetime").map(seconds).transpose()?;
    match text(request, "op") {
        Some("tokenLifetime") => {
            let hours = cae::lifetime(capable, configured).seconds() / 3_600;
            Ok(if capable { json!({ "maxHours": hours }) } else { json!({ "hours": hours, "maxHours": hours }) })
        }
        Some("enforce") => enforce(given),
        Some("isEffectiveEverywhere") => {
            let change = match plain(text(given, "change").ok_or("no change")?).as_str() {
                "criticalevent" => Change::CriticalEvent,
                "sessionsrevoked" | "sessionrevoke" | "sessionrevoked" | "revokesessions" => Change::SessionsRevoked,
                "location" | "iplocation" | "iplocationpolicy" => Change::Location,
                "groupmembership" | "group" | "groups" | "groupmembershipchange" => Change::GroupMembership,
                _ => Change::Policy,
            };
            let age = seconds(number(given, "ageHours").ok_or("no age")? * 3_600)?;
            Ok(json!({ "guaranteed": age >= cae::guaranteed_after(change) }))
        }
        Some(other) => Err(format!("unknown op `{other}`")),
        None if request.get("ipSeenByResource").is_some() => location(given, request),
        None if request.get("tokenIat").is_some() => check(given, request, capable),
        None => answer(given, request, capable, configured),
    }
}

fn seconds(count: i64) -> Result<Duration, String> {
    Duration::from_parts(count, 0).ok_or_else(|| format!("{count} seconds"))
}

fn event(name: &str) -> Result<CriticalEvent, String> {
    Ok(match plain(name).as_str() {
        "userdisabled" => CriticalEvent::UserDisabled,
        "userdeleted" => CriticalEvent::UserDeleted,
        "passwordchanged" | "passwordreset" | "passwordchange" => CriticalEvent::PasswordChanged,
        "mfaenabled" => CriticalEvent::MfaEnabled,
        "sessionsrevoked" | "sessionrevoked" | "refreshtokensrevoked" | "adminrevokedsessions" | "revokesessions" => {
            CriticalEvent::SessionsRevoked
        }
        "userriskhigh" | "highuserrisk" | "userhighrisk" => CriticalEvent::UserRiskHigh,
        "spdisabled" | "workloaddisabled" => CriticalEvent::WorkloadDisabled,
        "spdeleted" | "workloaddeleted" => CriticalEvent::WorkloadDeleted,
        "spriskhigh" | "sphighrisk" | "highsprisk" | "workloadriskhigh" => CriticalEvent::WorkloadRiskHigh,
        "agentdisabled" => CriticalEvent::AgentDisabled,
        "agentdeleted" => CriticalEvent::AgentDeleted,
        "agentriskhigh" | "highagentrisk" | "agenthighrisk" => CriticalEvent::AgentRiskHigh,
        "blueprintdisabled" => CriticalEvent::BlueprintDisabled,
        "blueprintdeleted" => CriticalEvent::BlueprintDeleted,
        "sponsordisabled" | "sponsordisabledagent" | "sponsorinitiateddisable" => CriticalEvent::SponsorDisabledAgent,
        "packageexpired" | "accesspackageexpired" => CriticalEvent::PackageExpired,
        other => return Err(format!("unknown event `{other}`")),
    })
}

/// The event's name and time: a text with `at` beside it, or an object.
fn told(given: &Value) -> Result<(CriticalEvent, i64), String> {
    let told = given.get("event").ok_or("no event")?;
    let name = told.as_str().or_else(|| text(told, "type")).ok_or("an event without a type")?;
    let time = number(told, "at").or_else(|| number(told, "t")).or_else(|| number(given, "at"));
    Ok((event(name)?, time.ok_or("an event without a time")?))
}

fn enforce(given: &Value) -> Result<Value, String> {
    let subject = match plain(text(given, "subject").unwrap_or("user")).as_str() {
        "user" => SubjectKind::User,
        "serviceprincipal" | "workload" | "application" => SubjectKind::ServicePrincipal,
        "managedidentity" => SubjectKind::ManagedIdentity,
        "agent" | "agentidentity" | "agentuser" | "blueprint" => SubjectKind::Agent,
        other => return Err(format!("subject `{other}`")),
    };
    let resource = match plain(text(given, "resource").unwrap_or_default()).as_str() {
        "graph" | "microsoftgraph" => Resource::Graph,
        "sharepoint" | "sharepointonline" => Resource::SharePoint,
        _ => Resource::Other,
    };
    let told = given.get("event").ok_or("no event")?;
    let event = event(told.as_str().or_else(|| text(told, "type")).ok_or("an event without a type")?)?;
    Ok(json!({ "revoked": cae::is_enforced(subject, resource, event) }))
}

fn location(given: &Value, request: &Value) -> Result<Value, String> {
    let mode = match text(given, "mode") {
        Some("standard") => LocationMode::Standard,
        Some("strict") => LocationMode::Strict,
        other => return Err(format!("mode {other:?}")),
    };
    let ranges = texts(given, "allowed").into_iter().map(|range| range.parse().map_err(|_| format!("range `{range}`")));
    let networks = Networks(ranges.collect::<Result<_, String>>()?);
    let seen = |by: &str| text(request, by).and_then(|address| address.parse().ok());
    let (resource, issuer) = (seen("ipSeenByResource"), seen("ipSeenByIssuer"));
    Ok(match at_issuer(reading(), mode, &networks, resource, issuer) {
        LocationVerdict::Allow => json!({ "result": "allow", "token": { "ipCheckSuspended": false } }),
        LocationVerdict::AllowSuspended(life) => {
            json!({ "result": "allow", "token": { "ipCheckSuspended": true, "lifetimeSeconds": life.seconds() } })
        }
        LocationVerdict::Block => json!({ "result": "block" }),
    })
}

fn answer(given: &Value, request: &Value, capable: bool, configured: Option<Duration>) -> Result<Value, String> {
    let now = at(number(request, "t").ok_or("no time")?)?;
    let session = CaeSession { capable, issued_at: at(number(given, "tokenIssued").unwrap_or(0))?, configured };
    let mut events = Vec::new();
    if let Some(told_event) = given.get("event") {
        let (_, time) = told(given)?;
        let delivered = number(told_event, "delivered").map(at).transpose()?;
        events.push(Delivery { at: at(time)?, delivered });
    }
    let answer = cae::answer(&session, &events, now);
    Ok(json!({ "status": answer.status, "challenge": answer.challenge }))
}

fn check(given: &Value, request: &Value, capable: bool) -> Result<Value, String> {
    let subject = text(request, "subject").or_else(|| text(given, "agent")).unwrap_or("subject");
    let own = Target::subject(None, subject);
    let mut revocations = Revocations::new(&Limits::default());
    if let Some(revocation) = given.get("revocation") {
        let target = Target::subject(None, text(revocation, "subject").unwrap_or(subject));
        // "Not before" lets through what is issued in that second; a revocation at a time does not.
        let not_before = number(revocation, "notBefore").ok_or("no notBefore")?;
        let last = Timestamp::new(not_before - 1, 999_999_999).ok_or("no time")?;
        let event = SecurityEvent::local("case", "revocation", CriticalEvent::SessionsRevoked, target, last);
        (revocations, _) = revocations.apply(&event, &NoCascade);
    }
    if given.get("event").is_some() {
        let (event, time) = told(given)?;
        // An event that names nobody is about that from which the subject hangs: its blueprint, its agent, its user.
        let named = text(given, "agent").or_else(|| given.get("event").and_then(|event| text(event, "subject")));
        let above = Target::subject(None, "what the subject hangs from");
        let target = named.map_or_else(|| above.clone(), |name| Target::subject(None, name));
        let below = |target: &Target, found: &mut dyn FnMut(Target)| {
            if *target == above {
                found(own.clone());
            }
        };
        let event = SecurityEvent::local("case", "event", event, target, at(time)?);
        (revocations, _) = revocations.apply(&event, &below);
    }
    let names = [own.as_name()];
    let token = TokenFacts {
        names: &names,
        issued_at: number(request, "tokenIat").map(at).transpose()?,
        expires: None,
        answers_challenges: capable,
    };
    let now = at(number(request, "t").ok_or("no time")?)?;
    Ok(match revocations.check(&token, now, &CheckPolicy::default()) {
        Verdict::Allow => json!({ "result": "allow", "status": 200, "challenge": false }),
        Verdict::Challenge(challenge) => {
            json!({ "result": "challenge", "status": 401, "challenge": true, "reason": challenge.reason.code() })
        }
        Verdict::Deny(reason) => {
            json!({ "result": "deny", "status": 401, "challenge": false, "reason": reason.code() })
        }
    })
}
