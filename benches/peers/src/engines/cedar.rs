//! cedar-policy: tool prefixes as action groups (`action in`), resource prefixes as `resource.path like "..."`, roles as parents.
use crate::{engine::EngineUnderTest, workload::*};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;

pub struct Types {
    agent: EntityTypeName,
    action: EntityTypeName,
    resource: EntityTypeName,
    role: EntityTypeName,
}
impl Types {
    fn new() -> Self {
        let t = |s| EntityTypeName::from_str(s).unwrap();
        Types { agent: t("Agent"), action: t("Action"), resource: t("Resource"), role: t("Role") }
    }
}
fn uid(t: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(t.clone(), EntityId::new(id))
}

pub fn policy_text(r: &Rule) -> String {
    let mut s = String::new();
    s.push_str(match r.effect {
        Effect::Permit => "permit(",
        Effect::Forbid => "forbid(",
    });
    match &r.principal {
        Principal::Any => s.push_str("principal, "),
        Principal::Agent(a) => write!(s, "principal == Agent::\"{a}\", ").unwrap(),
        Principal::Role(a) => write!(s, "principal in Role::\"{a}\", ").unwrap(),
    }
    let mut c: Vec<String> = vec![];
    match &r.tool {
        Pat::Any => s.push_str("action, "),
        Pat::Exact(t) => write!(s, "action == Action::\"{t}\", ").unwrap(),
        Pat::Prefix(p) => write!(s, "action in Action::\"{p}*\", ").unwrap(),
        Pat::Glob(p) if p == "**" => s.push_str("action, "),
        Pat::Glob(p) => super::no_globs(p),
    }
    match &r.resource {
        Pat::Any => s.push_str("resource)"),
        Pat::Exact(t) => write!(s, "resource == Resource::\"{t}\")").unwrap(),
        Pat::Prefix(p) => {
            s.push_str("resource)");
            c.push(format!("resource.path like \"{p}*\""));
        }
        Pat::Glob(p) if p == "**" => s.push_str("resource)"),
        // Its `*` crosses `/`: the ids of this workload are made so that it matches no more.
        Pat::Glob(p) => {
            s.push_str("resource)");
            c.push(format!("resource.path like \"{}\"", p.replace("**", "*")));
        }
    }
    let k = &r.cond;
    if let Some(x) = k.label_le {
        c.push(format!("resource.label <= {x}"));
    }
    if k.device_compliant {
        c.push("context.device_compliant".into());
    }
    if let Some(x) = k.user_risk_lt {
        c.push(format!("context.user_risk < {x}"));
    }
    if k.mfa {
        c.push("context.mfa".into());
    }
    if let Some(x) = &k.scope {
        c.push(format!("context.scopes.contains(\"{x}\")"));
    }
    if let Some((a, b)) = k.hours {
        c.push(format!("context.hour >= {a} && context.hour <= {b}"));
    }
    if let Some(x) = &k.rtype {
        c.push(format!("resource.rtype == \"{x}\""));
    }
    if let Some(x) = &k.country {
        c.push(format!("context.country == \"{x}\""));
    }
    match k.any_of {
        Some((l, 99)) => c.push(format!("resource.label >= {l}")),
        Some((99, x)) => c.push(format!("(context.user_risk >= {x} || context.agent_risk >= {x})")),
        Some((l, x)) => {
            c.push(format!("(resource.label >= {l} || context.user_risk >= {x} || context.agent_risk >= {x})"))
        }
        None => {}
    }
    if !c.is_empty() {
        write!(s, " when {{ {} }}", c.join(" && ")).unwrap();
    }
    s.push_str(";\n");
    s
}

fn entities(w: &Workload, t: &Types) -> Entities {
    let mut v = vec![];
    let s = |x: &str| RestrictedExpression::new_string(x.to_string());
    for r in &w.roles {
        v.push(Entity::new_no_attrs(
            uid(&t.role, &r.name),
            r.parent.iter().map(|&p| uid(&t.role, &w.roles[p].name)).collect(),
        ));
    }
    for a in &w.agents {
        v.push(Entity::new_no_attrs(
            uid(&t.agent, &a.name),
            a.roles.iter().map(|&p| uid(&t.role, &w.roles[p].name)).collect(),
        ));
    }
    for x in &w.servers {
        v.push(Entity::new_no_attrs(uid(&t.action, &format!("{x}*")), HashSet::new()));
    }
    for x in &w.tools {
        v.push(Entity::new_no_attrs(
            uid(&t.action, x),
            [uid(&t.action, &format!("{}*", server_prefix(x)))].into_iter().collect(),
        ));
    }
    for r in &w.resources {
        let attrs: HashMap<String, RestrictedExpression> = [
            ("path".to_string(), s(&r.path)),
            ("label".into(), RestrictedExpression::new_long(r.label as i64)),
            ("rtype".into(), s(&r.rtype)),
        ]
        .into_iter()
        .collect();
        v.push(Entity::new(uid(&t.resource, &r.path), attrs, HashSet::new()).unwrap());
    }
    Entities::from_entities(v, None).unwrap()
}
fn request(t: &Types, q: &PlainRequest) -> Request {
    let s = |x: &str| RestrictedExpression::new_string(x.to_string());
    let n = |x: u8| RestrictedExpression::new_long(x as i64);
    let pairs = vec![
        ("user_risk".to_string(), n(q.user_risk)),
        ("agent_risk".into(), n(q.agent_risk)),
        ("hour".into(), n(q.hour)),
        ("device_compliant".into(), RestrictedExpression::new_bool(q.device_compliant)),
        ("mfa".into(), RestrictedExpression::new_bool(q.mfa)),
        ("ip".into(), s(&q.ip)),
        ("country".into(), s(&q.country)),
        ("scopes".into(), RestrictedExpression::new_set(q.scopes.iter().map(|x| s(x)))),
    ];
    Request::new(
        uid(&t.agent, &q.agent),
        uid(&t.action, &q.tool),
        uid(&t.resource, &q.resource),
        Context::from_pairs(pairs).unwrap(),
        None,
    )
    .unwrap()
}

pub struct Cedar {
    t: Types,
    auth: Authorizer,
    policies: PolicySet,
    entities: Entities,
    reqs: Vec<Request>,
}
impl EngineUnderTest for Cedar {
    type Source = String;
    const NAME: &'static str = "cedar";
    fn encode(w: &Workload) -> String {
        w.rules.iter().map(policy_text).collect()
    }
    fn load(src: String, w: &Workload) -> Self {
        let t = Types::new();
        let policies = PolicySet::from_str(&src).unwrap();
        let entities = entities(w, &t);
        Cedar { t, auth: Authorizer::new(), policies, entities, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| request(&self.t, q)).collect();
    }
    fn decide(&self, i: usize) -> bool {
        self.auth.is_authorized(&self.reqs[i], &self.policies, &self.entities).decision() == Decision::Allow
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.auth.is_authorized(&request(&self.t, q), &self.policies, &self.entities).decision() == Decision::Allow
    }
}

/// Host-side slicing around Cedar: one small PolicySet per (principal, tool key); the host evaluates the
/// slices that can apply and merges the answers. What a careful integrator would have to write by hand.
pub struct CedarSliced {
    t: Types,
    auth: Authorizer,
    slices: HashMap<(String, String), PolicySet>,
    closures: HashMap<String, Vec<String>>,
    entities: Entities,
    reqs: Vec<(Vec<(String, String)>, Request)>,
}
impl CedarSliced {
    fn keys(&self, q: &PlainRequest) -> Vec<(String, String)> {
        let mut k = vec![];
        let server = server_prefix(&q.tool);
        let none = vec![];
        for p in self.closures.get(&q.agent).unwrap_or(&none).iter().map(|s| s.as_str()).chain(["*"]) {
            for t in [q.tool.as_str(), server, "*"] {
                let key = (p.to_string(), t.to_string());
                if self.slices.contains_key(&key) {
                    k.push(key);
                }
            }
        }
        k
    }
    fn eval(&self, keys: &[(String, String)], r: &Request) -> bool {
        let mut allow = false;
        for k in keys {
            let resp = self.auth.is_authorized(r, &self.slices[k], &self.entities);
            match resp.decision() {
                Decision::Allow => allow = true,
                Decision::Deny => {
                    if resp.diagnostics().reason().next().is_some() {
                        return false;
                    }
                }
            }
        }
        allow
    }
}
impl EngineUnderTest for CedarSliced {
    type Source = Vec<((String, String), String)>;
    const NAME: &'static str = "cedar-sliced";
    fn encode(w: &Workload) -> Self::Source {
        let mut m: HashMap<(String, String), String> = HashMap::new();
        for r in &w.rules {
            let p = match &r.principal {
                Principal::Any => "*",
                Principal::Agent(a) | Principal::Role(a) => a,
            };
            let t = match &r.tool {
                Pat::Any | Pat::Glob(_) => "*",
                Pat::Exact(t) | Pat::Prefix(t) => t,
            };
            m.entry((p.to_string(), t.to_string())).or_default().push_str(&policy_text(r));
        }
        m.into_iter().collect()
    }
    fn load(src: Self::Source, w: &Workload) -> Self {
        let t = Types::new();
        let slices = src.into_iter().map(|(k, s)| (k, PolicySet::from_str(&s).unwrap())).collect();
        let closures = w
            .agents
            .iter()
            .map(|a| {
                (
                    a.name.clone(),
                    std::iter::once(a.name.clone())
                        .chain(w.closure(a).iter().map(|&r| w.roles[r].name.clone()))
                        .collect(),
                )
            })
            .collect();
        let entities = entities(w, &t);
        CedarSliced { t, auth: Authorizer::new(), slices, closures, entities, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| (self.keys(q), request(&self.t, q))).collect();
    }
    fn decide(&self, i: usize) -> bool {
        let (k, r) = &self.reqs[i];
        self.eval(k, r)
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.eval(&self.keys(q), &request(&self.t, q))
    }
}
