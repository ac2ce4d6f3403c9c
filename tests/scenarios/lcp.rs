//! Agent lifecycle policies: `placet::lifecycle::{governing, evaluate, recipients}`.

use std::collections::BTreeSet;

use placet::identity::Sponsor;
use placet::lifecycle::*;
use placet::time::{Duration, Timestamp};
use serde_json::{Value, json};

use crate::read::{id, number, text, texts};

/// The day on which a case plays that does not say: late enough that everything in it lies after 1970.
const TODAY: i64 = 20_000;

pub fn run(given: &Value, request: &Value) -> Result<Value, String> {
    let policies = policies(given)?;
    match text(request, "op") {
        Some("validate") => Ok(match validate_set(&policies) {
            Ok(()) => json!({ "error": null, "valid": true }),
            Err(errors) => json!({ "error": errors.first().map(|error| error.code()), "valid": false }),
        }),
        Some("evaluate") => {
            let today = day(TODAY)?;
            let agent = agent(given, today)?;
            let Some(policy) = governing(&policies, &agent) else {
                return Ok(json!({ "compliant": true, "governing": null, "issues": [] }));
            };
            let evaluation = evaluate(policy, &agent, today);
            let issues = evaluation.issues.iter().map(|issue| issue_name(issue.rule)).collect::<Vec<_>>();
            Ok(json!({ "compliant": evaluation.is_compliant(), "governing": evaluation.policy, "issues": issues }))
        }
        Some("notify") => {
            let agent = agent(given, day(TODAY)?)?;
            let policy = governing(&policies, &agent).ok_or("no policy")?;
            let name = |recipient: Sponsor| match recipient {
                Sponsor::User(user) => user.to_string(),
                Sponsor::Group(group) => group.to_string(),
            };
            Ok(json!({ "to": recipients(policy, &agent).into_iter().map(name).collect::<Vec<_>>() }))
        }
        Some(other) => Err(format!("unknown op `{other}`")),
        None => state(given, request, &policies),
    }
}

/// Issues go by the member of the rule that is broken.
fn issue_name(rule: RuleKind) -> &'static str {
    match rule {
        RuleKind::Reconfirmation { .. } => "reconfirmDays",
        RuleKind::MinimumSponsors { .. } => "minSponsors",
        RuleKind::Inactivity { .. } => "inactivityDays",
    }
}

fn day(number: i64) -> Result<Timestamp, String> {
    Timestamp::new(number * 86_400, 0).ok_or_else(|| format!("day {number}"))
}

fn count(value: &Value, name: &str) -> Result<Option<u32>, String> {
    number(value, name).map(|n| u32::try_from(n).map_err(|_| format!("`{name}` {n}"))).transpose()
}

fn rules(value: &Value) -> Result<Vec<LifecycleRule>, String> {
    let mut kinds = Vec::new();
    kinds.extend(count(value, "reconfirmDays")?.map(|days| RuleKind::Reconfirmation { days }));
    kinds.extend(count(value, "minSponsors")?.map(|count| RuleKind::MinimumSponsors { count }));
    kinds.extend(count(value, "inactivityDays")?.map(|days| RuleKind::Inactivity { days }));
    let mut rules: Vec<LifecycleRule> =
        kinds.into_iter().map(|kind| LifecycleRule { kind, enabled: true, grace_days: None }).collect();
    for inner in value.get("rules").and_then(Value::as_array).into_iter().flatten() {
        rules.extend(self::rules(inner)?);
    }
    Ok(rules)
}

/// The policies of a case; where it lists none, what it says is one policy.
fn policies(given: &Value) -> Result<Vec<LifecyclePolicy>, String> {
    let Some(listed) = given.get("policies").and_then(Value::as_array) else {
        return Ok(vec![policy(given, given)?]);
    };
    listed.iter().map(|policy| self::policy(policy, given)).collect()
}

fn policy(own: &Value, given: &Value) -> Result<LifecyclePolicy, String> {
    let either = |name| Ok::<_, String>(count(own, name)?.or(count(given, name)?));
    let enforcement = match text(own, "action").or_else(|| text(given, "action")) {
        None | Some("disable") => Enforcement::Disable,
        Some("delete") => Enforcement::Delete,
        Some("disableThenDelete") => {
            Enforcement::DisableThenDelete { after_days: either("deleteAfterDays")?.unwrap_or(0) }
        }
        Some(other) => return Err(format!("action `{other}`")),
    };
    let priority = count(own, "prio")?.unwrap_or(1);
    let fallback = texts(given, "fallback").into_iter().map(id).collect::<Result<_, _>>()?;
    Ok(LifecyclePolicy {
        id: format!("prio{priority}"),
        priority,
        source: PolicySource::Custom,
        scope: PolicyScope::default(),
        rules: rules(own)?,
        enforcement,
        grace_days: either("graceDays")?.unwrap_or(0),
        notify_days_before: BTreeSet::new(),
        fallback,
    })
}

fn agent(given: &Value, today: Timestamp) -> Result<AgentFacts, String> {
    let agent = given.get("agent").unwrap_or(&Value::Null);
    let sponsors: Vec<String> = match number(agent, "sponsors") {
        Some(count) => (0..count).map(|n| format!("sponsor-{n}")).collect(),
        None => texts(agent, "sponsors").into_iter().map(str::to_owned).collect(),
    };
    let sponsors = sponsors.iter().map(|name| Ok(Sponsor::User(id(name)?))).collect::<Result<_, String>>()?;
    let owners = texts(agent, "owners").into_iter().map(|name| Ok(Owner::User(id(name)?)));
    let activity = match number(agent, "lastTokenDaysAgo") {
        Some(days) => {
            let length = Duration::from_parts(days * 86_400, 0).ok_or("no length")?;
            Activity::At(today.checked_sub(length).ok_or("no time")?)
        }
        None => Activity::Never,
    };
    Ok(AgentFacts {
        agent: id("agent")?,
        blueprint: None,
        groups: BTreeSet::new(),
        created: today,
        last_attested: None,
        activity,
        sponsors,
        owners: owners.collect::<Result<_, String>>()?,
        non_compliant_since: None,
    })
}

/// In which state the enforcement has put an agent on a day, if it has been non-compliant since another.
fn state(given: &Value, request: &Value, policies: &[LifecyclePolicy]) -> Result<Value, String> {
    let today = day(number(request, "day").ok_or("no day")?)?;
    let mut agent = agent(given, today)?;
    agent.non_compliant_since = number(given, "nonCompliantSince").map(day).transpose()?;
    let mut policy = governing(policies, &agent).ok_or("no policy")?.clone();
    if agent.non_compliant_since.is_some() && policy.rules.is_empty() {
        // The case does not say which rule is broken, so it is one that this agent breaks.
        let kind = RuleKind::MinimumSponsors { count: u32::MAX };
        policy.rules.push(LifecycleRule { kind, enabled: true, grace_days: None });
    }
    Ok(json!({ "state": evaluate(&policy, &agent, today).state_at(today).name() }))
}
