//! Data-loss rules.

#![allow(clippy::wildcard_enum_match_arm, reason = "JSON has six kinds and one is meant")]

use crate::read::reading;
use std::collections::{BTreeMap, BTreeSet};

use placet::Limits;
use placet::loss::process::{Decision, Next, ProcessContentResponse};
use placet::loss::{
    Action, Activity, Condition, Event, GroundingItem, ItemKind, LabelCondition, LabelFact, Location, LossPolicies,
    LossPolicy, LossRule, Participant, PolicyMode, Scope, Select, SensitiveCondition, SensitiveCount,
};
use placet::protection::{Labels, SensitivityLabel};
use placet::sensitive::{Confidence, Scanner};
use serde_json::{Value, json};

use crate::lbl::USUAL;
use crate::sit;

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    match request["op"].as_str() {
        Some("scope") => return Ok(scope(given)),
        Some("validate") => return validate(given),
        Some("interpret") => return interpret(given),
        Some("next") => return next(given),
        Some(other) => return Err(format!("unknown op `{other}`")),
        None => {}
    }
    if given["rules"].is_array() {
        hosted(given, request)
    } else if given["policies"].is_array() {
        devices(given, request)
    } else if given["rule"].is_object() {
        copilot(given, request)
    } else if given["scope"].is_object() {
        covered(given, request)
    } else {
        let mode = mode(&given["mode"], &given["showTips"])?;
        let matches = request["match"].as_bool().unwrap_or(true);
        let applied = if matches { mode.applied(action(&given["action"], false)?) } else { Action::None };
        Ok(json!({"applied": word(applied)}))
    }
}

fn action(value: &Value, with_override: bool) -> Result<Action, String> {
    Ok(match value.as_str().unwrap_or("block") {
        "none" | "allow" => Action::None,
        "audit" => Action::Audit,
        "notify" | "warn" => Action::Warn,
        "redact" => Action::Redact,
        "blockWithOverride" => Action::BlockWithOverride,
        "block" | "restrict" if with_override => Action::BlockWithOverride,
        "block" | "restrict" => Action::Block,
        name if name.starts_with("ExcludeContentProcessing") => Action::Block,
        other => return Err(format!("unknown action `{other}`")),
    })
}

fn word(action: Action) -> &'static str {
    match action {
        Action::None => "none",
        Action::Audit => "audit",
        Action::Warn => "notify",
        Action::Redact => "redact",
        Action::BlockWithOverride => "blockWithOverride",
        Action::Block => "block",
    }
}

fn mode(mode: &Value, tips: &Value) -> Result<PolicyMode, String> {
    let tips = tips.as_bool().unwrap_or(false);
    Ok(match mode.as_str().unwrap_or("on") {
        "on" | "enforce" => PolicyMode::On,
        "off" => PolicyMode::Off,
        "simulation" if tips => PolicyMode::SimulationWithTips,
        "simulation" => PolicyMode::Simulation,
        "simulationWithTips" => PolicyMode::SimulationWithTips,
        other => return Err(format!("unknown mode `{other}`")),
    })
}

/// A condition that holds where the case says that rules match.
fn matching() -> Condition {
    Condition::Property { name: "matches".to_owned(), any_of: BTreeSet::from(["true".to_owned()]) }
}

fn rule(id: &str, priority: u32, when: Condition, action: Action) -> LossRule {
    LossRule {
        id: id.to_owned(),
        priority,
        when,
        except: Vec::new(),
        action,
        activities: BTreeMap::new(),
        authorised: BTreeMap::new(),
        stop: false,
        tip: None,
    }
}

fn policy(id: &str, priority: u32, location: Location, scope: Scope, rules: Vec<LossRule>) -> LossPolicy {
    let locations = BTreeMap::from([(location, scope)]);
    LossPolicy { id: id.to_owned(), priority, mode: PolicyMode::On, locations, rules }
}

fn labels() -> Result<Labels, String> {
    let labels = USUAL.iter().zip(0..).map(|(id, priority)| SensitivityLabel::new(id, priority));
    Labels::new(labels.collect()).map_err(|error| error.to_string())
}

fn checked(policies: Vec<LossPolicy>, scanner: &Scanner) -> Result<LossPolicies, String> {
    LossPolicies::new(policies, labels()?, scanner, &Limits::default()).map_err(|errors| format!("{errors:?}"))
}

fn user() -> Participant<'static> {
    Participant { id: "a user", is_agent: false, groups: Some(&[]) }
}

/// An event in which everything matches, or nothing does.
fn event(location: Location, matches: &Value) -> Event<'static> {
    let mut event = Event::new(location, vec![user()]);
    event.content.properties.insert("matches", if matches.as_bool() == Some(false) { "false" } else { "true" });
    event
}

fn hosted(given: &Value, request: &Value) -> Result<Value, String> {
    let rules = given["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rules = rules.iter().map(|value| {
        let number = value["n"].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or("a rule without number")?;
        let action = action(&value["a"], value["override"].as_bool().unwrap_or(false))?;
        Ok(rule(&number.to_string(), number, matching(), action))
    });
    let rules = rules.collect::<Result<_, String>>()?;
    let policies = vec![policy("p", 0, Location::Exchange, Scope::default(), rules)];
    let policies = checked(policies, sit::scanner()?)?;
    let outcome = policies.evaluate(&event(Location::Exchange, &request["allMatch"]), reading());
    let number = |id: &str| id.parse::<u64>().ok();
    let logged: Vec<Option<u64>> = outcome.matches.iter().map(|m| number(&m.rule.rule)).collect();
    Ok(json!({"enforced": outcome.rule.and_then(|rule| number(&rule.rule)), "logged": logged}))
}

fn devices(given: &Value, request: &Value) -> Result<Value, String> {
    let values = given["policies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut policies = Vec::new();
    for (place, value) in (0u32..).zip(values) {
        let mut rule = rule("r", 0, matching(), Action::None);
        for (name, value) in value.as_object().into_iter().flatten() {
            if let Ok(activity) = serde_json::from_value::<Activity>(json!(name)) {
                rule.activities.insert(activity, action(value, false)?);
            }
        }
        let priority = value["p"].as_u64().and_then(|p| u32::try_from(p).ok()).unwrap_or(place);
        let mut policy = policy(&place.to_string(), priority, Location::Devices, Scope::default(), vec![rule]);
        policy.mode = mode(&value["mode"], &given["showTips"])?;
        policies.push(policy);
    }
    let policies = checked(policies, sit::scanner()?)?;
    let outcome = policies.evaluate(&event(Location::Devices, &request["bothMatch"]), reading());
    let mut answer = serde_json::Map::new();
    for activity in Activity::OF_DEVICES {
        let name = serde_json::to_value(activity).map_err(|error| error.to_string())?;
        let action = outcome.activities.get(&activity).copied().unwrap_or_default();
        answer.insert(name.as_str().unwrap_or_default().to_owned(), json!(word(action)));
    }
    Ok(Value::Object(answer))
}

fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

fn scope(given: &Value) -> Value {
    let select = |value: &Value| if value.is_null() { Select::All } else { Select::Only(names(value)) };
    let scope = Scope {
        users: select(&given["include"]["users"]),
        groups: select(&given["include"]["groups"]),
        exclude: names(&given["exclude"]["users"]),
        exclude_groups: names(&given["exclude"]["groups"]),
        ..Scope::default()
    };
    let mut users = names(&given["include"]["users"]);
    users.extend(names(&given["exclude"]["users"]));
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for side in ["include", "exclude"] {
        for (group, members) in given[side]["groups"].as_object().into_iter().flatten() {
            users.extend(names(members));
            groups.entry(group).or_default().extend(names(members));
        }
    }
    let covered = users.iter().filter(|user| {
        let of: Vec<&str> = groups.iter().filter(|(_, members)| members.contains(*user)).map(|(id, _)| *id).collect();
        scope.covers(&Participant { id: user, is_agent: false, groups: Some(&of) }, reading())
    });
    json!({"inScope": covered.collect::<Vec<_>>()})
}

/// Whether a policy about content of a type reaches somebody.
fn covered(given: &Value, request: &Value) -> Result<Value, String> {
    let scanner = sit::scanner()?;
    let subject = request["subject"].as_str().ok_or("no subject")?;
    let select = |value: &Value| match value {
        Value::Null => Select::All,
        Value::String(word) if word == "all" => Select::All,
        Value::String(word) if word == "listed" => Select::Only(BTreeSet::from([subject.to_owned()])),
        Value::String(word) if word == "none" || word.starts_with("not") => Select::Only(BTreeSet::new()),
        Value::String(id) => Select::Only(BTreeSet::from([id.clone()])),
        other => Select::Only(names(other)),
    };
    let scope = Scope {
        users: select(&given["scope"]["users"]),
        groups: select(&given["scope"]["groups"]),
        agents: if given["scope"]["agents"].is_null() {
            Scope::default().agents
        } else {
            select(&given["scope"]["agents"])
        },
        ..Scope::default()
    };
    let content = request["content"].as_str().unwrap_or_default();
    let kind = scanner.resolve(content).ok_or(format!("unknown type `{content}`"))?;
    let when = Condition::Sensitive(SensitiveCondition::of(kind));
    let rules = vec![rule("r", 0, when, action(&given["action"], false)?)];
    let policies = checked(vec![policy("p", 0, Location::Apps, scope, rules)], scanner)?;
    let is_agent = subject.starts_with("agent");
    let mut event = Event::new(Location::Apps, vec![Participant { id: subject, is_agent, groups: Some(&[]) }]);
    event.content.sensitive = Some(vec![SensitiveCount { kind, confidence: Confidence::HIGH, count: 1 }]);
    let outcome = policies.evaluate(&event, reading());
    Ok(json!({"action": word(outcome.action), "logged": !outcome.matches.is_empty()}))
}

fn label_fact(labels: &Labels, text: &str) -> LabelFact {
    let word = text.split_whitespace().next().unwrap_or_default();
    labels.get(word).map_or(LabelFact::Unlabelled, LabelFact::Label)
}

/// What an item is: its label comes first, then what it is; a date is that of a mail.
fn grounding_item(labels: &Labels, text: &str) -> GroundingItem {
    let lower = text.to_lowercase();
    let date = lower.split_whitespace().find_map(|word| format!("{word}T00:00:00Z").parse().ok());
    let kind = if lower.contains("mail") {
        ItemKind::Mail(date)
    } else if lower.contains("calendar") {
        ItemKind::Calendar
    } else {
        ItemKind::File
    };
    GroundingItem { kind, label: label_fact(labels, text) }
}

fn copilot(given: &Value, request: &Value) -> Result<Value, String> {
    let scanner = sit::scanner()?;
    let mut answer = json!({});
    let mut rules = Vec::new();
    if let Some(label) = given["rule"]["label"].as_str() {
        let when = Condition::Label(LabelCondition { any_of: BTreeSet::from([label.to_owned()]) });
        rules.push(rule("label", 0, when, action(&given["rule"]["action"], false)?));
    }
    if let Some(kind) = given["rule"]["sit"].as_str() {
        let when = Condition::Sensitive(SensitiveCondition::of(kind));
        rules.push(rule("sit", 1, when, action(&given["rule"]["action"], false)?));
    }
    let policies = checked(vec![policy("p", 0, Location::Copilot, Scope::default(), rules)], scanner)?;
    if let Some(items) = request["groundingItems"].as_array() {
        let labels = labels()?;
        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        let items: Vec<GroundingItem> = texts.iter().map(|text| grounding_item(&labels, text)).collect();
        let grounded = policies.ground(&[user()], &items, reading());
        let both = || texts.iter().zip(&grounded);
        let used: Vec<_> = both().filter(|(_, item)| item.is_used()).map(|(text, _)| text).collect();
        let cited: Vec<_> = both().filter(|(_, item)| !item.is_used() && item.citation).map(|(text, _)| text).collect();
        answer["used"] = json!(used);
        answer["citationAllowed"] = json!(cited);
    }
    if let Some(prompt) = request["prompt"].as_str() {
        let found = SensitiveCount::of(&scanner.scan(prompt));
        let outcome = policies.prompt(&[user()], Some(found), reading());
        let word = if outcome.is_answered() { "allowed" } else { "blocked" };
        answer["response"] = json!(word);
        answer["webSearch"] = json!(word);
    }
    Ok(answer)
}

/// A condition as a case writes it: a label or a type, perhaps negated.
fn condition(text: &str, labels: &Labels, scanner: &Scanner) -> Condition {
    let lower = text.to_lowercase();
    if let Some(rest) = lower.strip_prefix("not") {
        let rest = text.get(text.len() - rest.len()..).unwrap_or_default();
        return Condition::Not(Box::new(condition(rest.trim_matches([' ', ':', '(', ')', '_']), labels, scanner)));
    }
    let (before, after) = text.split_once([':', '=', ' ']).unwrap_or(("", text));
    let value = after.trim();
    let label = |id: &str| Condition::Label(LabelCondition { any_of: BTreeSet::from([id.to_owned()]) });
    if labels.get(value).is_some() && before.to_lowercase() != "sit" {
        label(value)
    } else if scanner.resolve(value).is_some() {
        Condition::Sensitive(SensitiveCondition::of(value))
    } else if lower.contains("label") {
        label("HC")
    } else {
        Condition::Sensitive(SensitiveCondition::of("CreditCard"))
    }
}

fn validate(given: &Value) -> Result<Value, String> {
    let (scanner, labels) = (sit::scanner()?, labels()?);
    let texts = given["rule"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = texts.iter().filter_map(Value::as_str).map(|text| condition(text, &labels, scanner));
    let when = Condition::All(parts.collect());
    let location = match given["location"].as_str() {
        Some("Exchange") => Location::Exchange,
        Some("SharePoint") => Location::SharePoint,
        Some("OneDrive") => Location::OneDrive,
        Some("Teams") => Location::Teams,
        Some("devices" | "Devices") => Location::Devices,
        Some("Copilot") | None => Location::Copilot,
        Some(other) => return Err(format!("unknown location `{other}`")),
    };
    let rules = vec![rule("r", 0, when, Action::Block)];
    let policies = vec![policy("p", 0, location, Scope::default(), rules)];
    Ok(match LossPolicies::new(policies, labels, scanner, &Limits::default()) {
        Ok(_) => json!({"error": null}),
        Err(errors) => json!({"error": errors.first().map(|error| error.code())}),
    })
}

fn interpret(given: &Value) -> Result<Value, String> {
    let response: ProcessContentResponse =
        serde_json::from_value(given["processContent"].clone()).map_err(|error| error.to_string())?;
    let decision = match response.interpret(reading()).decision {
        Decision::Allow => "allow",
        Decision::Block => "block",
    };
    Ok(json!({"decision": decision}))
}

fn next(given: &Value) -> Result<Value, String> {
    let response: ProcessContentResponse =
        serde_json::from_value(given["response"].clone()).map_err(|error| error.to_string())?;
    let action = match response.next(given["cachedETag"].as_str(), None, reading()) {
        Next::RecomputeScopes => "recompute_scopes",
        Next::UseCachedScopes => "use_cached_scopes",
    };
    Ok(json!({"action": action}))
}
