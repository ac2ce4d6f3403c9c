//! cel: one compiled program per rule, linear scan, forbids first (as gateways embedding CEL do).
use crate::{engine::EngineUnderTest, workload::*};
use cel::{Context, Env, Program, Value};
use std::collections::HashMap;
use std::sync::Arc;

pub fn expr(r: &Rule) -> String {
    let mut c: Vec<String> = vec![];
    match &r.principal {
        Principal::Any => {}
        Principal::Agent(a) => c.push(format!("agent == '{a}'")),
        Principal::Role(a) => c.push(format!("'{a}' in groups")),
    }
    match &r.tool {
        Pat::Any => {}
        Pat::Exact(t) => c.push(format!("tool == '{t}'")),
        Pat::Prefix(p) => c.push(format!("tool.startsWith('{p}')")),
        Pat::Glob(p) => super::no_globs(p),
    }
    match &r.resource {
        Pat::Any => {}
        Pat::Exact(t) => c.push(format!("resource == '{t}'")),
        Pat::Prefix(p) => c.push(format!("resource.startsWith('{p}')")),
        Pat::Glob(p) => super::no_globs(p),
    }
    let k = &r.cond;
    if let Some(x) = k.label_le {
        c.push(format!("label <= {x}"));
    }
    if k.device_compliant {
        c.push("device_compliant".into());
    }
    if let Some(x) = k.user_risk_lt {
        c.push(format!("user_risk < {x}"));
    }
    if k.mfa {
        c.push("mfa".into());
    }
    if let Some(x) = &k.scope {
        c.push(format!("'{x}' in scopes"));
    }
    if let Some((a, b)) = k.hours {
        c.push(format!("hour >= {a} && hour <= {b}"));
    }
    if let Some(x) = &k.rtype {
        c.push(format!("rtype == '{x}'"));
    }
    if let Some(x) = &k.country {
        c.push(format!("country == '{x}'"));
    }
    match k.any_of {
        Some((l, 99)) => c.push(format!("label >= {l}")),
        Some((99, x)) => c.push(format!("(user_risk >= {x} || agent_risk >= {x})")),
        Some((l, x)) => c.push(format!("(label >= {l} || user_risk >= {x} || agent_risk >= {x})")),
        None => {}
    }
    if c.is_empty() { "true".into() } else { c.join(" && ") }
}

pub struct Cel {
    env: Arc<Env>,
    forbids: Vec<Program>,
    permits: Vec<Program>,
    groups: HashMap<String, Vec<String>>,
    reqs: Vec<Context<'static, 'static>>,
}
fn s(x: &str) -> Value {
    Value::String(Arc::new(x.to_string()))
}
fn list(x: &[String]) -> Value {
    Value::List(Arc::new(x.iter().map(|v| s(v)).collect()))
}
impl Cel {
    fn context(&self, q: &PlainRequest) -> Context<'static, 'static> {
        let mut c = Context::with_env(self.env.clone());
        c.add_variable_from_value("agent", s(&q.agent));
        c.add_variable_from_value("groups", list(self.groups.get(&q.agent).map_or(&[], |v| v)));
        c.add_variable_from_value("tool", s(&q.tool));
        c.add_variable_from_value("resource", s(&q.resource));
        c.add_variable_from_value("rtype", s(&q.rtype));
        c.add_variable_from_value("label", Value::Int(q.label as i64));
        c.add_variable_from_value("user_risk", Value::Int(q.user_risk as i64));
        c.add_variable_from_value("agent_risk", Value::Int(q.agent_risk as i64));
        c.add_variable_from_value("hour", Value::Int(q.hour as i64));
        c.add_variable_from_value("device_compliant", Value::Bool(q.device_compliant));
        c.add_variable_from_value("mfa", Value::Bool(q.mfa));
        c.add_variable_from_value("ip", s(&q.ip));
        c.add_variable_from_value("country", s(&q.country));
        c.add_variable_from_value("scopes", list(&q.scopes));
        c
    }
    fn eval(&self, c: &Context) -> bool {
        let t = |p: &Program| match p.execute(c) {
            Ok(Value::Bool(b)) => b,
            x => panic!("cel: {x:?}"),
        };
        !self.forbids.iter().any(t) && self.permits.iter().any(t)
    }
}
impl EngineUnderTest for Cel {
    type Source = (Vec<String>, Vec<String>);
    const NAME: &'static str = "cel";
    fn encode(w: &Workload) -> Self::Source {
        let (f, p): (Vec<&Rule>, Vec<&Rule>) = w.rules.iter().partition(|r| r.effect == Effect::Forbid);
        (f.iter().map(|r| expr(r)).collect(), p.iter().map(|r| expr(r)).collect())
    }
    fn load((f, p): Self::Source, w: &Workload) -> Self {
        let env = Arc::new(Env::stdlib());
        let c = |v: Vec<String>| v.iter().map(|e| env.compile(e).unwrap()).collect::<Vec<_>>();
        let (forbids, permits) = (c(f), c(p));
        let groups = w
            .agents
            .iter()
            .map(|a| (a.name.clone(), w.closure(a).iter().map(|&r| w.roles[r].name.clone()).collect()))
            .collect();
        Cel { env, forbids, permits, groups, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| self.context(q)).collect();
    }
    fn decide(&self, i: usize) -> bool {
        self.eval(&self.reqs[i])
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.eval(&self.context(q))
    }
}
