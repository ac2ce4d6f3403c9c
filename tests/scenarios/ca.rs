//! Family CA: conditional access. Translates policies in Microsoft Graph's words, and requests, to the library's types and back.

use crate::read::reading;
use std::collections::BTreeSet;

use placet::access::filter::Filter;
use placet::access::location::{LocationSet, NamedLocation};
use placet::access::policy::{
    AgentContext, AgentSet, Conditions, Control, DeviceFilter, FilterMode, Grant, IdentitySet, Lane, Operator, Policy,
    PolicySet, Require, Risk, State, Subjects, TargetSet, Transfer, UserSet,
};
use placet::access::signals::{
    Agent, AgentUser, Attribute, Attributes, Device, Door, Flows, Principal, Role, SessionOrigin, Signal, Target, User,
    Workload,
};
use placet::access::{Decision, Engine, Outcome, Report, SignIn, TOKEN_EXCHANGE, Tool, entra, validate, what_if};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value, request: &Value) -> Result<Value, String> {
    match request["op"].as_str() {
        Some("validateFilter") => return Ok(validate_filter(text(&request["rule"])?)),
        Some("validatePolicy") => {
            let found = validate(&policies(given)?, reading());
            return Ok(found.errors().next().map_or(json!({}), |error| json!({ "error": bare(error.code) })));
        }
        Some(other) => return Err(format!("`{other}` is no operation")),
        None => {}
    }
    let set = policies(given)?;
    if let Some(steps) = request["sequence"].as_array() {
        return sequence(given, request, steps, &set);
    }
    if request["whatIf"].is_object() {
        return analyse(given, &request["whatIf"], &set);
    }
    Ok(answer(&entra(&set, &sign_in(given, request)?)))
}

/// A code without the room that says it.
fn bare(code: &str) -> &str {
    code.split_once('.').map_or(code, |(_, code)| code)
}

fn validate_filter(rule: &str) -> Value {
    match rule.parse::<Filter>() {
        Ok(_) => json!({}),
        Err(error) => json!({ "error": bare(error.kind.code()) }),
    }
}

fn sequence(given: &Value, request: &Value, steps: &[Value], set: &PolicySet) -> Result<Value, String> {
    let (mut flows, mut decisions) = (None, Vec::new());
    for step in steps {
        let mut sign_in = sign_in(given, request)?;
        sign_in.target.id = step["app"].as_str().unwrap_or(&sign_in.target.id).to_owned();
        let now = step["flow"].as_str().and_then(transfer);
        let next = match &flows {
            Some(before) if step["sameSession"].as_bool().unwrap_or(true) => Flows::next(before, now),
            _ => Flows::first(now),
        };
        sign_in.flows = next.clone();
        flows = Some(next);
        decisions.push(decision(&entra(set, &sign_in)));
    }
    Ok(json!({ "decisions": decisions }))
}

fn analyse(given: &Value, facts: &Value, set: &PolicySet) -> Result<Value, String> {
    let mut sign_in = sign_in(given, facts)?;
    // What a what-if does not supply is unknown, not absent.
    if facts.get("device").is_none() && given.get("device").is_none() {
        sign_in.device = Signal::Unknown;
    }
    if facts.get("flow").is_none() {
        sign_in.flows = Flows::default();
    }
    let analyses = what_if(set, &sign_in, Tool::Api);
    let legacy = what_if(set, &sign_in, Tool::Legacy);
    let (Some(first), Some(legacy)) = (analyses.first(), legacy.first()) else { return Err("no policy".to_owned()) };
    let mut answer = json!({
        "policyApplies": first.applies,
        "legacy": legacy.applies,
        "unmet": first.unmet.iter().map(|part| part.name()).collect::<Vec<_>>(),
    });
    if let Some(reason) = first.reason() {
        answer["analysisReasons"] = json!(reason.name());
    }
    Ok(answer)
}

fn decision(report: &Report) -> &'static str {
    // To the vocabulary of the cases an interrupted sign-in has no access either.
    match report.decision {
        Decision::Grant { .. } => "grant",
        Decision::Interrupt { .. } | Decision::Deny { .. } => "deny",
    }
}

fn answer(report: &Report) -> Value {
    let engine = if report.engine == Engine::Evaluated { "evaluated" } else { "notApplied" };
    let mut answer = json!({ "decision": decision(report), "engine": engine, "status": report.status() });
    let unmet: Vec<String> = report.decision.missing().into_iter().map(graph_name).collect();
    if !unmet.is_empty() {
        answer["unmet"] = json!(unmet);
    }
    if let Decision::Deny { by, .. } = &report.decision {
        answer["by"] = json!(by.join(","));
    }
    for policy in &report.policies {
        answer[policy.policy.as_str()] = json!(policy.outcome.name());
    }
    if let [only] = report.policies.as_slice() {
        answer["policy"] = json!(only.outcome.name());
    }
    let idle = |p: &&placet::access::PolicyReport| {
        matches!(p.outcome, Outcome::NotApplied | Outcome::NotEnabled | Outcome::ReportOnlyNotApplied)
    };
    if let Some(part) = report.policies.iter().filter(idle).find_map(|policy| policy.unmet().next()) {
        answer["reason"] = json!(part.name());
    }
    answer
}

// ------------------------------------------------------------------------------------------------ policies

fn policies(given: &Value) -> Result<PolicySet, String> {
    let mut set = PolicySet::default();
    // The suite's members that have these well-known ids: Exchange, SharePoint, Lync and the portal.
    let suite =
        ["00000002", "00000003", "00000004", "00000006"].map(|start| format!("{start}-0000-0ff1-ce00-000000000000"));
    set.resource_groups.insert("Office365".to_owned(), suite.into());
    set.resource_groups.insert("MicrosoftAdminPortals".to_owned(), BTreeSet::new());
    for (name, location) in given["named"].as_object().into_iter().flatten() {
        let location = if location["countries"].is_array() {
            NamedLocation::Countries {
                codes: texts(&location["countries"]),
                include_unknown: location["includeUnknown"].as_bool().unwrap_or(false),
                by: Default::default(),
            }
        } else {
            let cidr: Result<_, _> = texts(&location["cidr"]).iter().map(|range| range.parse()).collect();
            let cidr = cidr.map_err(|e: placet::access::location::RangeError| e.to_string())?;
            NamedLocation::Ranges { cidr, trusted: location["trusted"].as_bool().unwrap_or(false) }
        };
        set.locations.insert(name.clone(), location);
    }
    for (index, source) in given["policies"].as_array().into_iter().flatten().enumerate() {
        let policy = policy(source, index, &mut set)?;
        set.policies.push(policy);
    }
    Ok(set)
}

fn policy(source: &Value, index: usize, set: &mut PolicySet) -> Result<Policy, String> {
    let id = source["id"].as_str().map_or_else(|| format!("policy{index}"), str::to_owned);
    let state = match source["state"].as_str() {
        None | Some("enabled" | "on") => State::On,
        Some("disabled" | "off") => State::Off,
        Some("reportOnly" | "enabledForReportingButNotEnforced") => State::ReportOnly,
        Some(other) => return Err(format!("`{other}` is no state")),
    };
    let mut conditions = Conditions {
        sign_in_risk: risks(&source["signInRisk"])?,
        user_risk: risks(&source["userRisk"])?,
        agent_risk: risks(&source["agentRisk"])?,
        authentication_flows: texts(&source["transferMethods"]).iter().filter_map(|flow| transfer(flow)).collect(),
        ..Conditions::default()
    };
    if source["locations"].is_object() {
        let side = |side: &str| locations(&texts(&source["locations"][side]));
        conditions.locations = Some(Lane { include: side("include"), exclude: side("exclude") });
    }
    if let Some(place) = source["location"].as_str() {
        // A place that nothing names is a country.
        set.locations.entry(place.to_owned()).or_insert_with(|| NamedLocation::Countries {
            codes: vec![place.to_owned()],
            include_unknown: false,
            by: Default::default(),
        });
        conditions.locations = Some(Lane { include: locations(&[place.to_owned()]), ..Lane::default() });
    }
    if source["deviceFilter"].is_object() {
        let exclude = source["deviceFilter"]["mode"].as_str() == Some("exclude");
        let mode = if exclude { FilterMode::Exclude } else { FilterMode::Include };
        conditions.device = Some(DeviceFilter { mode, rule: filter(text(&source["deviceFilter"]["rule"])?)? });
    }
    if source["agentContext"].is_array() {
        let named = |text: &String| match text.as_str() {
            "agentUserSessionsInitiatedFromEndpoints" => Ok(AgentContext::AgentUserSessionsInitiatedFromEndpoints),
            other => Err(format!("`{other}` is no agent context")),
        };
        let include = texts(&source["agentContext"]).iter().map(named).collect::<Result<_, _>>()?;
        conditions.agent_context = Some(Lane { include, ..Lane::default() });
    }
    let (subjects, targets, grant) = (subjects(source)?, targets(source)?, grant(&source["grant"]));
    Ok(Policy { id, state, subjects, targets, conditions, grant, ..Policy::default() })
}

fn subjects(source: &Value) -> Result<Subjects, String> {
    let (users, agents) = (&source["users"], &source["agents"]);
    let mut subjects = Subjects::default();
    let mut add = |names: Vec<String>, exclude: bool| {
        for name in names {
            let (people, accounts) = match exclude {
                false => (&mut subjects.users.include, &mut subjects.agent_users.include),
                true => (&mut subjects.users.exclude, &mut subjects.agent_users.exclude),
            };
            match name.as_str() {
                "All" | "All users" => people.all = true,
                "None" => {}
                "GuestsOrExternalUsers" => people.guests = Some(Default::default()),
                "AllAgentIdUsers" => accounts.all = true,
                _ => drop(people.ids.insert(name)),
            }
        }
    };
    if users.is_object() {
        add(texts(&users["include"]), false);
        add(texts(&users["exclude"]), true);
    } else {
        add(texts(users), false);
    }
    let set = |set: &mut UserSet, groups: &str, roles: &str| {
        set.groups.extend(texts(&users[groups]));
        set.roles.extend(texts(&users[roles]));
    };
    set(&mut subjects.users.include, "includeGroups", "includeRoles");
    set(&mut subjects.users.exclude, "excludeGroups", "excludeRoles");
    if users.is_null() && agents.is_null() {
        subjects.users.include.all = true;
    }
    let agent_set = |ids: &str, blueprints: &str, rule: &str| -> Result<AgentSet, String> {
        let (all, ids) = all_or(texts(&agents[ids]));
        let filter = agents[rule].as_str().map(filter).transpose()?;
        Ok(AgentSet { all, ids, blueprints: texts(&agents[blueprints]).into_iter().collect(), filter })
    };
    subjects.agents.include = agent_set("includeAgentIdentities", "includeBlueprints", "includeFilter")?;
    subjects.agents.exclude = agent_set("excludeAgentIdentities", "excludeBlueprints", "excludeFilter")?;
    let accounts = |set: &mut IdentitySet, member: &str| {
        let (all, ids) = all_or(texts(&agents[member]));
        set.all |= all;
        set.ids.extend(ids);
    };
    accounts(&mut subjects.agent_users.include, "includeAgentUsers");
    accounts(&mut subjects.agent_users.exclude, "excludeAgentUsers");
    Ok(subjects)
}

fn all_or(names: Vec<String>) -> (bool, BTreeSet<String>) {
    let all = names.iter().any(|name| name == "All");
    (all, names.into_iter().filter(|name| name != "All" && name != "None").collect())
}

fn targets(source: &Value) -> Result<Lane<TargetSet>, String> {
    let apps = if source["app"].is_null() { &source["apps"] } else { &source["app"] };
    let set = |names: Vec<String>, rule: &Value| -> Result<TargetSet, String> {
        let mut set = TargetSet { filter: rule.as_str().map(filter).transpose()?, ..TargetSet::default() };
        for name in names {
            match name.as_str() {
                "All" => set.all = true,
                "None" => {}
                "AllAgentIdResources" => set.agent_resources = true,
                "Office365" | "MicrosoftAdminPortals" => drop(set.groups.insert(name)),
                _ => drop(set.ids.insert(name)),
            }
        }
        Ok(set)
    };
    let mut lane = if apps.is_object() {
        Lane {
            include: set(texts(&apps["include"]), &apps["includeFilter"])?,
            exclude: set(texts(&apps["exclude"]), &apps["excludeFilter"])?,
        }
    } else {
        Lane { include: set(texts(apps), &Value::Null)?, ..Lane::default() }
    };
    // A case that includes nothing means everything.
    let silent = apps.is_null() || apps.is_object() && apps["include"].is_null() && apps["includeFilter"].is_null();
    lane.include.all |= silent;
    Ok(lane)
}

fn grant(source: &Value) -> Option<Grant> {
    let controls = if source.is_object() { texts(&source["controls"]) } else { texts(source) };
    if controls.iter().any(|name| name == "block") {
        return Some(Grant::Block);
    }
    let operator = if source["op"].as_str() == Some("OR") { Operator::Or } else { Operator::And };
    (!controls.is_empty())
        .then(|| Grant::Require(Require { operator, controls: controls.iter().map(|name| control(name)).collect() }))
}

fn locations(names: &[String]) -> LocationSet {
    let has = |name: &str| names.iter().any(|n| n == name);
    let named = names.iter().filter(|name| !matches!(name.as_str(), "All" | "AllTrusted")).cloned();
    LocationSet { all: has("All"), all_trusted: has("AllTrusted"), names: named.collect(), ..LocationSet::default() }
}

/// A control in Graph's words.
pub(crate) fn control(name: &str) -> Control {
    match name {
        "mfa" => Control::Mfa,
        "compliantDevice" => Control::CompliantDevice,
        "domainJoinedDevice" | "hybridJoinedDevice" => Control::JoinedDevice,
        "approvedApplication" => Control::ApprovedApplication,
        "compliantApplication" => Control::AppProtection,
        "compliantNetwork" => Control::CompliantNetwork,
        "passwordChange" => Control::PasswordChange,
        "riskRemediation" => Control::RiskRemediation,
        "sponsorApproval" => Control::SponsorApproval,
        "termsOfUse" => Control::TermsOfUse(String::new()),
        other => Control::Custom(other.to_owned()),
    }
}

fn graph_name(control: &Control) -> String {
    let name = match control {
        Control::Mfa => "mfa",
        Control::AuthenticationStrength(_) => "authenticationStrength",
        Control::CompliantDevice => "compliantDevice",
        Control::JoinedDevice => "domainJoinedDevice",
        Control::ApprovedApplication => "approvedApplication",
        Control::AppProtection => "compliantApplication",
        Control::CompliantNetwork => "compliantNetwork",
        Control::PasswordChange => "passwordChange",
        Control::RiskRemediation => "riskRemediation",
        Control::TermsOfUse(_) => "termsOfUse",
        Control::Custom(name) => name,
        Control::SponsorApproval => "sponsorApproval",
    };
    name.to_owned()
}

/// A filter, also in the shorthand of the cases: clauses `Attribute operator value` without prefix and quotes.
fn filter(rule: &str) -> Result<Filter, String> {
    if let Ok(filter) = rule.parse::<Filter>() {
        return Ok(filter);
    }
    let words: Vec<&str> = rule.split_whitespace().collect();
    let mut clauses = Vec::new();
    let is_join = |word: &str| matches!(word.trim_start_matches('-').to_ascii_lowercase().as_str(), "and" | "or");
    for clause in words.split_inclusive(|word| is_join(word)) {
        let (clause, join) = match clause {
            [clause @ .., join] if is_join(join) => (clause, *join),
            clause => (clause, ""),
        };
        let [property, operator, value @ ..] = clause else { return Err(format!("`{rule}` is no filter")) };
        let prefix = if property.contains('.') { "" } else { "CustomSecurityAttribute." };
        let value = value.join(" ");
        let value = if value.starts_with(['"', '\'', '[']) { value } else { format!("\"{value}\"") };
        clauses.push(format!("{prefix}{property} {operator} {value} {join}"));
    }
    clauses.join(" ").parse().map_err(|e: placet::access::filter::FilterError| format!("`{rule}`: {e}"))
}

fn transfer(flow: &str) -> Option<Transfer> {
    let flow = flow.to_ascii_lowercase();
    if flow.contains("device") {
        Some(Transfer::DeviceCodeFlow)
    } else if flow.contains("transfer") {
        Some(Transfer::AuthenticationTransfer)
    } else {
        None
    }
}

// ------------------------------------------------------------------------------------------------ sign-ins

fn sign_in(given: &Value, request: &Value) -> Result<SignIn, String> {
    let (subject, actor) = who(given, request);
    let id = request["app"].as_str().or_else(|| request["resource"].as_str()).unwrap_or("resource");
    let endpoint = id.to_ascii_lowercase().contains("token exchange endpoint");
    let id = if endpoint { TOKEN_EXCHANGE } else { id };
    let target = Target { id: id.to_owned(), attributes: attributes(&given["resourceAttrs"]), ..Target::default() };
    let mut sign_in = SignIn::new(subject, target);
    sign_in.actor = actor;
    if request["flow"].as_str() == Some("token_exchange") {
        sign_in.door = Door::TokenExchange;
    }
    sign_in.flows = Flows::first(request["flow"].as_str().and_then(transfer));
    sign_in.risk.sign_in = risk(&request["signInRisk"])?;
    sign_in.risk.user = risk(&request["userRisk"])?;
    sign_in.risk.agent = risk(&request["agentRisk"])?;
    if let Some(ip) = request["ip"].as_str() {
        sign_in.network.ip = Signal::Known(ip.parse().map_err(|_| format!("`{ip}` is no address"))?);
    }
    for country in [request.get("ipCountry"), request.get("country")].into_iter().flatten() {
        sign_in.network.country = Signal::Known(country.as_str().map(str::to_owned));
    }
    sign_in.device = Signal::Known(device(given, request));
    match request["sessionOrigin"].as_str() {
        None => {}
        Some("cloud") => sign_in.origin = Signal::Known(SessionOrigin::Cloud),
        Some(_) => sign_in.origin = Signal::Known(SessionOrigin::Endpoint),
    }
    if request["mfa"].as_bool() == Some(true) {
        sign_in.evidence.insert(Control::Mfa);
    }
    Ok(sign_in)
}

/// Subject and actor. A subject may be written with its kind: `agentUser au1`.
fn who(given: &Value, request: &Value) -> (Principal, Option<Agent>) {
    let written = request["subject"].as_str().or_else(|| request["user"].as_str()).unwrap_or("user");
    let (kind, id) = match written.split_once(' ') {
        Some((kind @ ("agentUser" | "agent" | "agentIdentity" | "workload" | "servicePrincipal" | "user"), id)) => {
            (kind, id)
        }
        _ => ("user", written),
    };
    let agent = |id: &str| Agent {
        id: id.to_owned(),
        blueprint: given["agents"][id]["blueprint"].as_str().map(str::to_owned),
        attributes: attributes(&given["agentAttrs"]),
    };
    let named = |member: &str| request[member].as_str();
    let acting = named("actor").or_else(|| named("agent"));
    let agent_user = |id: &str| {
        let parent = agent(named("agentUserParent").or(acting).unwrap_or("agent"));
        Principal::AgentUser(AgentUser {
            id: id.to_owned(),
            parent,
            groups: groups(given, &["agentUser"], id),
            attributes: attributes(&given["agentAttrs"]),
        })
    };
    let user = || {
        let roles = id.strip_prefix("has ").map(|role| Role {
            id: role.to_owned(),
            built_in: is_built_in(role),
            scoped: false,
        });
        let roles = roles.into_iter().collect();
        Principal::User(User { id: id.to_owned(), groups: groups(given, &["user"], id), roles, guest: None })
    };
    match (named("mode"), kind) {
        (Some("AsAgentUser"), "agentUser") | (None, "agentUser") => (agent_user(id), None),
        (Some("AsAgentUser"), _) => (agent_user("agentUser"), None),
        (Some("OwnIdentity"), _) => (Principal::Agent(agent(acting.unwrap_or("agent"))), None),
        (None, "agent" | "agentIdentity") => (Principal::Agent(agent(id)), None),
        (None, "workload" | "servicePrincipal") => {
            (Principal::Workload(Workload { id: id.to_owned(), ..Workload::default() }), None)
        }
        (None, _) if request["user"].is_null() && acting.is_some() => {
            (Principal::Agent(agent(acting.unwrap_or_default())), None)
        }
        _ => (user(), acting.map(agent)),
    }
}

/// Whether the directory itself defines a role: the built-in roles have display names without hyphens and digits, or template
/// ids; what an organisation defines is called custom.
fn is_built_in(role: &str) -> bool {
    !role.to_ascii_lowercase().starts_with("custom")
}

/// The groups that list somebody, by id or with the kind before it.
fn groups(given: &Value, kinds: &[&str], id: &str) -> BTreeSet<String> {
    let lists = |members: &Value| {
        let is = |member: &String| member == id || kinds.iter().any(|kind| *member == format!("{kind} {id}"));
        texts(members).iter().any(is)
    };
    let groups = given["groups"].as_object().into_iter().flatten();
    groups.filter(|(_, members)| lists(members)).map(|(name, _)| name.clone()).collect()
}

/// The device; a sign-in that shows none comes from one that is not registered.
fn device(given: &Value, request: &Value) -> Option<Device> {
    let source = [request.get("device"), given.get("device")].into_iter().flatten().next();
    let compliant = request["deviceCompliant"].as_bool();
    if source.is_none_or(Value::is_null) && compliant.is_none() {
        return None;
    }
    Some(Device {
        compliant: compliant.map_or(Signal::Unknown, Signal::Known),
        attributes: source.map(attributes).unwrap_or_default(),
        ..Device::default()
    })
}

fn attributes(source: &Value) -> Attributes {
    let members = source.as_object().into_iter().flatten();
    let value = |value: &Value| -> Option<Attribute> { serde_json::from_value(value.clone()).ok() };
    members.filter_map(|(name, v)| Some((name.clone(), value(v)?))).collect()
}

fn risk(source: &Value) -> Result<Signal<Risk>, String> {
    match source.as_str() {
        // What the provider hides, nobody knows.
        None | Some("hidden") => Ok(Signal::Unknown),
        Some(level) => level_of(level).map(Signal::Known),
    }
}

fn level_of(level: &str) -> Result<Risk, String> {
    let found = Risk::ALL.iter().find(|risk| risk.name() == level.trim());
    found.copied().ok_or_else(|| format!("`{level}` is no risk level"))
}

/// A list of levels, or Graph's flag text `"medium,high"`.
fn risks(source: &Value) -> Result<BTreeSet<Risk>, String> {
    let listed = texts(source);
    listed.iter().flat_map(|levels| levels.split(',')).map(level_of).collect()
}

// ------------------------------------------------------------------------------------------------ JSON

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("`{value}` is no text"))
}

/// A list of texts, or one text.
fn texts(value: &Value) -> Vec<String> {
    if let Some(one) = value.as_str() {
        return vec![one.to_owned()];
    }
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
