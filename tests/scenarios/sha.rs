//! Shadow agents: `placet::inventory`.

use placet::inventory::*;
use serde_json::{Value, json};

use crate::read::{flag, id, text};

pub fn run(given: &Value, request: &Value) -> Result<Value, String> {
    if let Some(package) = given.get("package") {
        let available_to = match text(package, "availableTo") {
            Some("all") | None => Audience::All,
            Some("some") => Audience::Some,
            Some("none") => Audience::None,
            Some(other) => return Err(format!("audience `{other}`")),
        };
        let package = Package { is_blocked: flag(package, "isBlocked").unwrap_or(false), available_to };
        let used = package.for_user(None);
        return Ok(json!({ "result": used.name(), "decision": decision(used == PackageUse::Allowed) }));
    }
    match text(request, "op") {
        Some("classify") => classify(given),
        other => Err(format!("unknown op {other:?}")),
    }
}

fn decision(allowed: bool) -> &'static str {
    if allowed { "allow" } else { "deny" }
}

fn classify(given: &Value) -> Result<Value, String> {
    let mut observed = Vec::new();
    for seen in given.get("inventory").and_then(Value::as_array).into_iter().flatten() {
        let process = text(seen, "process").unwrap_or("a process");
        observed.push(Observed {
            process: Some(process.to_owned()),
            id: text(seen, "id").map(str::to_owned),
            managed: flag(seen, "managed"),
            platform: text(seen, "os").map(str::to_owned),
            enrolled: flag(seen, "enrolled"),
            ..Observed::named(process)
        });
    }
    if let Some(asking) = given.get("runtimeAgent") {
        observed.push(Observed::asking(text(asking, "id").ok_or("an agent without an id")?));
    }
    let mut registry = Vec::new();
    for record in given.get("registry").and_then(Value::as_array).into_iter().flatten() {
        let name = record.as_str().or_else(|| text(record, "id")).ok_or("a record without an id")?;
        registry.push(AgentRecord::new(id(name)?, AgentKind::ManagedCloud));
    }
    let report = reconcile(&observed, &registry);
    let finding = report.findings.first().ok_or("nothing was observed")?;
    let actions: Vec<&str> = finding.actions.iter().map(|action| action.name()).collect();
    Ok(json!({ "class": finding.class.name(), "actions": actions, "decision": decision(finding.is_allowed()) }))
}
