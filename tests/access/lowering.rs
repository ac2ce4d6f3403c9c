//! Lowered rules say what the strict reading says, and compile.

use std::sync::Arc;

use placet::Limits;
use placet::access::policy::{Grant, Policy, PolicySet, State};
use placet::access::signals::{
    Agent, Attribute, Attributes, Device, Principal, SessionOrigin, Signal, Target, TargetKind,
};
use placet::access::{LoweredRule, Outcome, SignIn, lower, strict};
use placet::condition::{Declarations, Truth, compile};
use placet::fact::{INSIDER_RISK, RISK, Schema};
use placet::label::Taxonomy;
use placet::rule::{Effect, Mode, Requirement};
use placet::value::{Fact, Facts, Key, Map, Value};
use proptest::prelude::*;
use serde_json::json;

use crate::{generate, set};

/// The declared facts: lowered conditions need no others.
fn schema() -> Schema {
    Schema::default()
}

fn truth(rule: &LoweredRule, facts: &Table) -> Truth {
    let Some(when) = &rule.when else { return Truth::True };
    let (taxonomy, limits) = (Taxonomy::default(), Limits::default());
    let declarations = Declarations { schema: &facts.schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    match compile(when, &declarations) {
        Ok(condition) => condition.evaluate(facts),
        Err(found) => panic!("{found}"),
    }
}

enum State3 {
    Null,
    Known(Value<'static>),
}

/// Facts by slot; what is not there is unknown.
struct Table {
    schema: Arc<Schema>,
    slots: Vec<Option<State3>>,
}

impl Facts for Table {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.slots.get(usize::from(slot)) {
            Some(Some(State3::Known(value))) => Fact::Known(value),
            Some(Some(State3::Null)) => Fact::Null,
            _ => Fact::Unknown,
        }
    }
}

impl Table {
    fn put(&mut self, path: &str, value: impl Into<Value<'static>>) {
        let slot = self.schema.find(path).unwrap_or_else(|| panic!("{path}"));
        self.slots[usize::from(slot)] = Some(State3::Known(value.into()));
    }

    fn null(&mut self, path: &str) {
        let slot = self.schema.find(path).unwrap_or_else(|| panic!("{path}"));
        self.slots[usize::from(slot)] = Some(State3::Null);
    }

    fn maybe(&mut self, path: &str, value: Option<String>) {
        match value {
            Some(text) => self.put(path, text),
            None => self.null(path),
        }
    }
}

fn texts<'t>(items: impl IntoIterator<Item = &'t String>) -> Value<'static> {
    items.into_iter().map(|item| Value::from(item.clone())).collect()
}

fn map(attributes: &Attributes) -> Value<'static> {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Flag(flag) => Value::from(*flag),
        Attribute::Number(number) => Value::from(*number),
        Attribute::Text(text) => Value::from(text.clone()),
        Attribute::List(items) => texts(items),
    };
    let entries = attributes.iter().map(|(name, v)| (Key::String(name.clone().into()), value(v)));
    Value::from(Map::new(entries.collect()).unwrap())
}

/// The facts of a sign-in with one of its links under judgement; with the link's type.
fn facts(sign_in: &SignIn, schema: &Arc<Schema>) -> Vec<(&'static str, Table)> {
    let slots = (0..schema.declarations().len()).map(|_| None).collect();
    let mut base = Table { schema: schema.clone(), slots };
    call(sign_in, &mut base);
    let agent_link = |agent: &Agent| {
        let mut table = copy(&base);
        table.put("principal.id", agent.id.clone());
        table.maybe("principal.blueprint", agent.blueprint.clone());
        table.put("principal.attributes", map(&agent.attributes));
        ("agent", table)
    };
    let mut own = copy(&base);
    let subject = match &sign_in.subject {
        Principal::User(user) => {
            own.put("principal.id", user.id.clone());
            own.put("principal.groups", texts(&user.groups));
            own.put("principal.roles", texts(user.roles.iter().map(|role| &role.id)));
            let directory = user.roles.iter().filter(|role| role.built_in && !role.scoped);
            own.put("principal.directory_roles", texts(directory.map(|role| &role.id)));
            own.maybe("principal.guest", user.guest.as_ref().map(|guest| guest.kind.name().to_owned()));
            own.maybe("principal.tenant", user.guest.as_ref().and_then(|guest| guest.tenant.clone()));
            Some(("user", own))
        }
        Principal::AgentUser(user) => {
            own.put("principal.id", user.id.clone());
            own.put("principal.groups", texts(&user.groups));
            own.put("principal.attributes", map(&user.attributes));
            Some(("agent_user", own))
        }
        Principal::Workload(workload) => {
            own.put("principal.id", workload.id.clone());
            own.put("principal.attributes", map(&workload.attributes));
            Some(("workload", own))
        }
        Principal::Agent(_) => None,
    };
    let mut links: Vec<_> = subject.into_iter().chain(sign_in.agents().map(agent_link)).collect();
    for (kind, table) in &mut links {
        table.put("principal.type", *kind);
    }
    links
}

fn copy(table: &Table) -> Table {
    let state = |slot: &Option<State3>| match slot {
        None => None,
        Some(State3::Null) => Some(State3::Null),
        Some(State3::Known(value)) => Some(State3::Known(value.clone())),
    };
    Table { schema: table.schema.clone(), slots: table.slots.iter().map(state).collect() }
}

/// The facts that are the same for every link.
fn call(sign_in: &SignIn, table: &mut Table) {
    let kind = match &sign_in.subject {
        Principal::User(_) => "user",
        Principal::Agent(_) => "agent",
        Principal::AgentUser(_) => "agent_user",
        Principal::Workload(_) => "workload",
    };
    table.put("subject.type", kind);
    let acting = match &sign_in.subject {
        Principal::Agent(agent) => Some(agent),
        _ => sign_in.actor.as_ref(),
    };
    table.maybe("agent.id", acting.map(|agent| agent.id.clone()));
    let resource = match sign_in.target.kind {
        TargetKind::Resource => "application",
        TargetKind::Tool => "tool",
        TargetKind::AgentResource => "agent",
        TargetKind::UserAction => "user_action",
        TargetKind::AuthenticationContext => "authentication_context",
    };
    let Target { id, application, attributes, .. } = &sign_in.target;
    table.put("resource.type", resource);
    table.put("resource.id", id.clone());
    table.maybe("resource.application", application.clone());
    table.put("resource.attributes", map(attributes));
    let risk = &sign_in.risk;
    for (path, level) in [
        ("risk.user", risk.user),
        ("risk.sign_in", risk.sign_in),
        ("risk.agent", risk.agent),
        ("risk.service_principal", risk.service_principal),
    ] {
        if let Signal::Known(level) = level {
            table.put(path, Value::Enum(&RISK, level as u8));
        }
    }
    if let Signal::Known(level) = risk.insider {
        table.put("risk.insider", Value::Enum(&INSIDER_RISK, level as u8));
    }
    if let Signal::Known(platform) = sign_in.platform {
        table.put("device.platform", platform.name());
    }
    let network = &sign_in.network;
    if let Signal::Known(ip) = network.ip {
        table.put("location.ip", ip.to_string());
    }
    for (path, country) in [("location.country", &network.country), ("location.gps_country", &network.gps_country)] {
        if let Signal::Known(country) = country {
            table.maybe(path, country.clone());
        }
    }
    if let Signal::Known(app) = sign_in.client_app {
        table.put("client.app", app.name());
    }
    if let Signal::Known(Some(Device { compliant, joined, managed, attributes, .. })) = &sign_in.device {
        table.put("device.attributes", map(attributes));
        let flags = [("device.compliant", compliant), ("device.joined", joined), ("device.managed", managed)];
        for (path, flag) in flags {
            if let Signal::Known(flag) = flag {
                table.put(path, *flag);
            }
        }
    }
    if let Signal::Known(compliant) = network.compliant {
        table.put("location.compliant_network", compliant);
    }
    if let Signal::Known(flow) = sign_in.flows.now {
        table.maybe("authentication.flow", flow.map(|flow| flow.name().to_owned()));
    }
    if let Signal::Known(flows) = &sign_in.flows.session {
        table.put("session.flows", flows.iter().map(|flow| Value::from(flow.name())).collect::<Value<'_>>());
    }
    if let Signal::Known(origin) = sign_in.origin {
        table.put("session.origin", if origin == SessionOrigin::Endpoint { "endpoint" } else { "cloud" });
    }
}

/// Whether a rule's heads mean this link and the sign-in's target.
fn heads(rule: &LoweredRule, kind: &str, facts: &Table, target: &Target) -> bool {
    let fact = |path: &str| facts.schema.find(path).map_or(Fact::Unknown, |slot| facts.fact(slot));
    let is = |path: &str, wanted: &str| matches!(fact(path), Fact::Known(Value::String(text)) if text == wanted);
    let is_in = |path: &str, wanted: &str| match fact(path) {
        Fact::Known(Value::List(items)) => {
            items.iter().any(|item| matches!(item, Value::String(text) if text == wanted))
        }
        _ => false,
    };
    let subject = rule.subjects.is_empty()
        || rule.subjects.iter().any(|head| {
            head.kind.as_ref().is_none_or(|k| k.as_str() == kind)
                && head.id.as_ref().is_none_or(|id| is("principal.id", id.as_str()))
                && head.group.as_ref().is_none_or(|group| is_in("principal.groups", group.as_str()))
                && head.blueprint.as_ref().is_none_or(|blueprint| is("principal.blueprint", blueprint.as_str()))
        });
    let tool = || target.kind == TargetKind::Tool && rule.tools.iter().any(|pattern| pattern.matches(&target.id));
    let resource = || {
        rule.resources.iter().any(|head| {
            head.kind.as_ref().is_none_or(|kind| is("resource.type", kind.as_str()))
                && head.id.as_ref().is_none_or(|id| id.matches(&target.id))
        })
    };
    subject && (rule.tools.is_empty() || tool()) && (rule.resources.is_empty() || resource())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn lowered_blocks_apply_where_the_strict_reading_does(set in prop::collection::vec(any::<u8>(), 400), call in prop::collection::vec(any::<u8>(), 120)) {
        let (mut set, call) = (generate::policy_set(&set, false), generate::sign_in(&call, false));
        let schema = Arc::new(schema());
        for policy in &mut set.policies {
            policy.grant = Some(Grant::Block);
            policy.state = State::On;
        }
        let report = strict(&set, &call);
        let links = facts(&call, &schema);
        for policy in &set.policies {
            let rules = lower(policy, &set);
            let blocking = rules.iter().filter(|rule| rule.effect == Effect::Forbid);
            let mut applying = blocking.filter(|rule| {
                links.iter().any(|(kind, facts)| heads(rule, kind, facts, &call.target) && truth(rule, facts) != Truth::False)
            });
            let lowered = applying.next();
            let judged = report.policies.iter().find(|p| p.policy == policy.id).unwrap();
            let strict = judged.outcome == Outcome::Failure;
            prop_assert!(lowered.is_some() || !strict, "{judged:#?}\n{policy:#?}\n{rules:#?}");
            // Letters beyond ASCII make a rule stricter than its policy.
            let plain = serde_json::to_string(policy).unwrap().is_ascii();
            prop_assert!(!plain || lowered.is_some() == strict, "{:#?}\n{:#?}\n{:#?}", judged, policy, rules);
        }
    }

    #[test]
    fn every_lowered_condition_compiles(set in prop::collection::vec(any::<u8>(), 400), call in prop::collection::vec(any::<u8>(), 120)) {
        let (set, call) = (generate::policy_set(&set, false), generate::sign_in(&call, false));
        let schema = Arc::new(schema());
        let (_, table) = facts(&call, &schema).swap_remove(0);
        for rule in set.policies.iter().flat_map(|policy| lower(policy, &set)) {
            truth(&rule, &table);
            prop_assert_eq!(rule.effect == Effect::Require, !rule.requirements.is_empty());
        }
    }
}

/// Every filter of the generator, in both modes, on devices of every standing and by every flow.
#[test]
fn lowered_device_filters() {
    let schema = Arc::new(schema());
    let standing =
        [json!({}), json!({"managed": false, "compliant": false, "joined": false}), json!({"managed": true})];
    let attributes = [
        json!({}),
        json!({"model": "Surface", "extensionAttribute1": "SAW", "systemLabels": ["Managed"]}),
        json!({"model": "Mac", "extensionAttribute1": "other", "systemLabels": []}),
    ];
    let mut devices = vec![json!(null)];
    for standing in &standing {
        for attributes in &attributes {
            let mut device = standing.clone();
            device["attributes"] = attributes.clone();
            devices.push(device);
        }
    }
    for rule in generate::DEVICE_FILTERS.iter().filter(|rule| rule.is_ascii()) {
        for mode in ["include", "exclude"] {
            let set = set(json!({"policies": [{
                "id": "p", "subjects": {"users": {"include": {"all": true}}}, "targets": {"include": {"all": true}},
                "conditions": {"device": {"mode": mode, "rule": rule}}, "grant": "block",
            }]}));
            let rules = lower(&set.policies[0], &set);
            let user_rule = rules.iter().find(|rule| rule.part == "users/block").unwrap();
            for device in &devices {
                for flows in [json!({}), json!({"now": null}), json!({"now": "device_code_flow"})] {
                    let call = json!({"subject": {"type": "user", "id": "u"}, "target": {"id": "x"}, "device": device, "flows": flows});
                    let call = crate::sign_in(call);
                    let (_, table) = facts(&call, &schema).swap_remove(0);
                    let judged = strict(&set, &call).policies[0].outcome == Outcome::Failure;
                    let lowered = truth(user_rule, &table) != Truth::False;
                    assert_eq!(lowered, judged, "{rule} {mode} {call:?}");
                }
            }
        }
    }
}

fn lowered(policy: serde_json::Value) -> Vec<LoweredRule> {
    let policy: Policy = serde_json::from_value(policy).unwrap();
    lower(&policy, &PolicySet::default())
}

#[test]
fn an_example() {
    let rules = lowered(json!({
        "id": "risky-agents",
        "subjects": {"agents": {"include": {"all": true}, "exclude": {"ids": ["break-\"glass\""]}}},
        "targets": {"include": {"tools": ["mail/*"]}},
        "conditions": {"agent_risk": ["medium"]},
        "grant": "block",
    }));
    let [rule] = rules.as_slice() else { panic!("{rules:#?}") };
    assert_eq!((rule.part.as_str(), rule.effect, rule.mode), ("agents/block", Effect::Forbid, Mode::Enforce));
    assert_eq!(rule.tools.len(), 1);
    insta::assert_snapshot!(rule.when.as_deref().unwrap(), @r#"!(principal.id in ["break-\"glass\""]) && (agent.id != null || subject.type == "agent_user") && risk.agent >= "medium""#);
}

#[test]
fn demands() {
    let rules = lowered(json!({
        "id": "p",
        "state": "report_only",
        "subjects": {"agent_users": {"include": {"all": true}}},
        "targets": {"include": {"all": true}},
        "grant": {"require": {"controls": ["mfa", "sponsor_approval", {"terms_of_use": "t"}]}},
        "session": {"sign_in_frequency": {"hours": 1}, "persistent_browser": "always"},
    }));
    let parts: Vec<_> = rules.iter().map(|r| (r.part.as_str(), r.effect, r.mode)).collect();
    assert_eq!(
        parts,
        [
            ("agent_users/mfa", Effect::Require, Mode::ReportOnly),
            ("agent_users/terms_of_use", Effect::Forbid, Mode::ReportOnly),
            ("agent_users/sponsor_approval", Effect::Require, Mode::ReportOnly),
            ("agent_users/session", Effect::Require, Mode::ReportOnly),
        ]
    );
    assert_eq!(rules[1].when.as_deref(), Some(r#"!("terms_of_use:t" in session.evidence)"#));
    // What relaxes is not taken.
    let Requirement::Obligation { properties, .. } = &rules[3].requirements[0] else { panic!("an obligation") };
    assert_eq!(properties.get("persistent_browser"), None);
    assert_eq!(properties["sign_in_frequency"], json!({"hours": 1}));
}

#[test]
fn nothing_to_lower() {
    assert!(lowered(json!({"id": "p", "state": "off", "grant": "block"})).is_empty());
    assert!(lowered(json!({"id": "p", "targets": {"include": {"all": true}}, "grant": "block"})).is_empty());
    let everything = json!({"policies": [{"id": "p", "subjects": {"everyone": true}, "targets": {"include": {"all": true}}, "grant": "block"}]});
    let everything = set(everything);
    let rules = lower(&everything.policies[0], &everything);
    // One for each kind of principal, and one for every other.
    assert_eq!(rules.len(), 5);
}
