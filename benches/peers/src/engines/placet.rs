//! placet: the workload as one JSON document. Roles are groups, sensitivity levels are labels; subject, action, resource, type
//! and label stand in the heads of rules, the rest in `when`.
//!
//! `placet` leaves resources to the request, which says their labels, as a gateway would. `placet-registered` lists them in its
//! directory as well, as the entities of Cedar are listed, so that which patterns they match is known at load.

use placet::document::Validated;
use placet::fact::slot;
use placet::value::Value;
use placet::{Engine, Limits, Link, Prepared, Request, Target, Verdict, document};
use serde_json::{Map, Value as Json, json};

use crate::engine::EngineUnderTest;
use crate::workload::{Cond, Effect, Pat, PlainRequest, Principal, Rule, Workload};

const LABELS: [&str; 6] = ["l0", "l1", "l2", "l3", "l4", "l5"];
const RISKS: [&str; 4] = ["none", "low", "medium", "high"];

/// A prefix ends with `/` and covers all that is below: `**`, because `*` stays within a segment.
fn pattern(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Any => None,
        Pat::Exact(id) => Some(id.clone()),
        Pat::Prefix(prefix) => Some(format!("{prefix}**")),
        Pat::Glob(glob) => Some(glob.clone()),
    }
}

/// The clauses that no head can say.
fn when(c: &Cond) -> String {
    let mut clauses: Vec<String> = vec![];
    if c.device_compliant {
        clauses.push("device.compliant".into());
    }
    if let Some(risk) = c.user_risk_lt {
        clauses.push(format!("risk.user < \"{}\"", RISKS[usize::from(risk)]));
    }
    if c.mfa {
        clauses.push("authentication.mfa".into());
    }
    if let Some(scope) = &c.scope {
        clauses.push(format!("\"{scope}\" in authentication.scopes"));
    }
    if let Some((from, to)) = c.hours {
        clauses.push(format!("context.hour >= {from} && context.hour <= {to}"));
    }
    if let Some(country) = &c.country {
        clauses.push(format!("location.country == \"{country}\""));
    }
    let risk = |risk: u8| format!("risk.user >= \"{0}\" || risk.agent >= \"{0}\"", RISKS[usize::from(risk)]);
    match c.any_of {
        None | Some((_, 99)) => {} // a label alone stands in the head
        Some((99, least)) => clauses.push(format!("({})", risk(least))),
        Some((label, least)) => {
            clauses.push(format!("(resource.label >= label(\"{}\") || {})", LABELS[usize::from(label)], risk(least)));
        }
    }
    clauses.join(" && ")
}

fn rule((number, r): (usize, &Rule)) -> Json {
    let mut rule = Map::new();
    rule.insert("id".into(), format!("r{number}").into());
    rule.insert("effect".into(), if r.effect == Effect::Permit { "permit" } else { "forbid" }.into());
    match &r.principal {
        Principal::Any => {}
        Principal::Agent(agent) => drop(rule.insert("subject".into(), json!({"agent": agent}))),
        Principal::Role(role) => drop(rule.insert("subject".into(), json!({"group": role}))),
    }
    if let Some(tool) = pattern(&r.tool) {
        rule.insert("action".into(), tool.into());
    }
    let mut resource = Map::new();
    if let Some(id) = pattern(&r.resource) {
        resource.insert("id".into(), id.into());
    }
    if let Some(kind) = &r.cond.rtype {
        resource.insert("type".into(), kind.clone().into());
    }
    if let Some(label) = r.cond.label_le {
        resource.insert("label".into(), json!({"at_most": LABELS[usize::from(label)]}));
    }
    if let Some((label, 99)) = r.cond.any_of {
        resource.insert("label".into(), json!({"at_least": LABELS[usize::from(label)]}));
    }
    if !resource.is_empty() {
        rule.insert("resource".into(), resource.into());
    }
    let when = when(&r.cond);
    if !when.is_empty() {
        rule.insert("when".into(), when.into());
    }
    rule.into()
}

/// A request as a gateway builds it.
pub fn request<'a>(q: &'a PlainRequest, engine: &Engine) -> Request<'a> {
    let vocabulary = engine.policy().vocabulary();
    let target = Target::new(&*q.rtype, &*q.resource).labelled(vocabulary, LABELS[usize::from(q.label)]);
    let mut request = Request::new(Link::agent(&*q.agent), &*q.tool, target);
    for actor in &q.actors {
        request = request.actor(Link::agent(&**actor));
    }
    request.set_fact(slot::RISK_USER, RISKS[usize::from(q.user_risk)]);
    request.set_fact(slot::RISK_AGENT, RISKS[usize::from(q.agent_risk)]);
    request.set_fact(slot::DEVICE_COMPLIANT, q.device_compliant);
    request.set_fact(slot::AUTHENTICATION_MFA, q.mfa);
    request.set_fact(slot::LOCATION_IP, &*q.ip);
    request.set_fact(slot::LOCATION_COUNTRY, &*q.country);
    let scopes: Value<'_> = q.scopes.iter().map(|scope| Value::from(&**scope)).collect();
    request.set_fact(slot::AUTHENTICATION_SCOPES, scopes);
    request.set_declared(vocabulary, "context.hour", i64::from(q.hour));
    request
}

/// Everything of a workload but its rules.
pub fn organisation(w: &Workload, registered: bool) -> Map<String, Json> {
    let labels: Vec<Json> = (0..).zip(LABELS).map(|(order, id): (u8, _)| json!({"id": id, "order": order})).collect();
    let groups = w.roles.iter().map(|role| match role.parent {
        None => json!({"id": role.name}),
        Some(parent) => json!({"id": role.name, "groups": [w.roles[parent].name]}),
    });
    let agents = w.agents.iter().map(|agent| {
        let groups: Vec<&String> = agent.roles.iter().map(|role| &w.roles[*role].name).collect();
        json!({"id": agent.name, "sponsor": "ada", "groups": groups})
    });
    let resources = w.resources.iter().filter(|_| registered).map(
        |resource| json!({"type": resource.rtype, "id": resource.path, "label": LABELS[usize::from(resource.label)]}),
    );
    let mut document = Map::new();
    for (member, value) in [
        ("version", 1.into()),
        ("labels", labels.into()),
        ("facts", json!({"hour": "int"})),
        ("groups", groups.collect()),
        ("users", json!([{"id": "ada"}])),
        ("agents", agents.collect()),
        ("resources", resources.collect()),
    ] {
        document.insert(member.to_owned(), value);
    }
    document
}

/// The rules of a workload, in their order.
pub fn rules(w: &Workload) -> Vec<Json> {
    w.rules.iter().enumerate().map(rule).collect()
}

/// The workload as one document.
pub fn text(w: &Workload, registered: bool) -> String {
    let mut document = organisation(w, registered);
    document.insert("rules".into(), rules(w).into());
    Json::Object(document).to_string()
}

/// Loads a policy; one that is refused is a mistake of the bench.
pub fn load<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Validated {
    match document::load(texts, &Limits::default()) {
        Ok(policy) => policy,
        Err(report) => panic!("placet refuses the workload: {report}"),
    }
}

/// placet.
pub struct Placet<const REGISTERED: bool> {
    engine: &'static Engine,
    requests: Vec<Prepared<'static, 'static>>,
}

impl<const REGISTERED: bool> EngineUnderTest for Placet<REGISTERED> {
    type Source = String;
    const NAME: &'static str = if REGISTERED { "placet-registered" } else { "placet" };
    const CHAINS: bool = true;

    fn encode(w: &Workload) -> String {
        text(w, REGISTERED)
    }

    fn load(text: String, _: &Workload) -> Self {
        let policy = load([("workload.json", &*text)]);
        // Prepared requests borrow it; it is kept until the process ends.
        Self { engine: Box::leak(Box::new(Engine::of(&policy))), requests: vec![] }
    }

    fn prepare(&mut self, requests: &[PlainRequest]) {
        // A request borrows its texts, and what is prepared borrows the request; both are kept until the process ends.
        let kept: &'static [PlainRequest] = requests.to_vec().leak();
        let kept: Vec<Request<'static>> = kept.iter().map(|q| request(q, self.engine)).collect();
        self.requests = kept.leak().iter().map(|request| self.engine.prepare(request)).collect();
    }

    fn decide(&self, i: usize) -> bool {
        self.requests[i].decide().verdict() == Verdict::Allow
    }

    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.engine.decide(&request(q, self.engine)).verdict() == Verdict::Allow
    }
}
