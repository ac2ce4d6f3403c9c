//! regorus: rules as data, indexed by principal and tool, through the register VM (`regorus`: one reused `RegoVM` per thread, its
//! hot path) and through the interpreter (`regorus-interpreter`: `CompiledPolicy::eval_with_input`).
//!
//! `every f in xs { input.flags[f] }` is avoided: with an undefined body the VM of 0.14.1 answers true where the interpreter
//! (and OPA) answer false.
use crate::{engine::EngineUnderTest, workload::*};
use regorus::{
    CompiledPolicy, Engine, Rc, Value, languages::rego::compiler::Compiler, rvm::program::Program, rvm::vm::RegoVM,
};
use serde_json::{Map, Value as J, json};
use std::cell::RefCell;
use std::sync::Arc;

const REGO: &str = r#"package authz
import rego.v1
default allow := false
default permitted := false
default forbidden := false
allow if { permitted; not forbidden }
tool_keys := {input.tool, concat("", [input.server, "*"]), "*"}
subjects := data.closure[input.agent]
resource_ok(r) if r.any == true
resource_ok(r) if startswith(input.resource, r.prefix)
resource_ok(r) if input.resource == r.exact
cond_ok(r) if not r.cond
cond_ok(r) if {
  c := r.cond
  input.label <= c.label_le
  input.user_risk < c.user_risk_lt
  every f in c.flags { object.get(input.flags, f, false) == true }
  input.hour >= c.hour_from
  input.hour <= c.hour_to
  one_of(c)
}
one_of(c) if not c.any_of
one_of(c) if input.label >= c.any_of.label
one_of(c) if input.user_risk >= c.any_of.risk
one_of(c) if input.agent_risk >= c.any_of.risk
permitted if { some p, _ in subjects; some t in tool_keys; some r in data.permits[p][t]; resource_ok(r); cond_ok(r) }
forbidden if { some p, _ in subjects; some t in tool_keys; some r in data.forbids[p][t]; resource_ok(r); cond_ok(r) }
"#;

fn key(p: &Pat) -> String {
    match p {
        Pat::Any => "*".into(),
        Pat::Exact(t) => t.clone(),
        Pat::Prefix(p) => format!("{p}*"),
        Pat::Glob(p) => super::no_globs(p),
    }
}
fn who(r: &Rule) -> String {
    match &r.principal {
        Principal::Any => "*".into(),
        Principal::Agent(a) | Principal::Role(a) => a.clone(),
    }
}
/// Flags a condition needs, as strings: the input carries the ones that hold.
fn flags(c: &Cond) -> Vec<String> {
    let mut f = vec![];
    if c.device_compliant {
        f.push("device".to_string());
    }
    if c.mfa {
        f.push("mfa".into());
    }
    if let Some(s) = &c.scope {
        f.push(format!("scope:{s}"));
    }
    if let Some(s) = &c.rtype {
        f.push(format!("type:{s}"));
    }
    if let Some(s) = &c.country {
        f.push(format!("country:{s}"));
    }
    f
}
fn rule_json(r: &Rule) -> J {
    let mut m = Map::new();
    m.insert("who".into(), who(r).into());
    m.insert("tool".into(), key(&r.tool).into());
    match &r.resource {
        Pat::Any => m.insert("any".into(), true.into()),
        Pat::Exact(e) => m.insert("exact".into(), e.clone().into()),
        Pat::Prefix(p) => m.insert("prefix".into(), p.clone().into()),
        Pat::Glob(p) => super::no_globs(p),
    };
    if r.cond != Cond::default() {
        let c = &r.cond;
        let h = c.hours.unwrap_or((0, 24));
        let mut k = json!({"label_le": c.label_le.unwrap_or(255), "user_risk_lt": c.user_risk_lt.unwrap_or(255), "flags": flags(c), "hour_from": h.0, "hour_to": h.1});
        if let Some((l, x)) = c.any_of {
            k["any_of"] = json!({"label": l, "risk": x});
        }
        m.insert("cond".into(), k);
    }
    J::Object(m)
}
/// Input document, built straight as regorus values (no JSON text in between).
fn input(q: &PlainRequest) -> Value {
    let mut v = Value::new_object();
    let o = v.as_object_mut().unwrap();
    let mut put = |k: &str, x: Value| {
        o.insert(Value::from(k), x);
    };
    put("agent", Value::from(q.agent.as_str()));
    put("tool", Value::from(q.tool.as_str()));
    put("server", Value::from(server_prefix(&q.tool)));
    put("resource", Value::from(q.resource.as_str()));
    put("label", Value::from(q.label as i64));
    put("user_risk", Value::from(q.user_risk as i64));
    put("agent_risk", Value::from(q.agent_risk as i64));
    put("hour", Value::from(q.hour as i64));
    put("ip", Value::from(q.ip.as_str()));
    let mut f = Value::new_object();
    let m = f.as_object_mut().unwrap();
    let mut flag = |s: String| {
        m.insert(Value::from(s), Value::from(true));
    };
    if q.device_compliant {
        flag("device".into());
    }
    if q.mfa {
        flag("mfa".into());
    }
    for s in &q.scopes {
        flag(format!("scope:{s}"));
    }
    flag(format!("type:{}", q.rtype));
    flag(format!("country:{}", q.country));
    put("flags", f);
    v
}

thread_local! {
    static MACHINE: RefCell<Option<RegoVM>> = const { RefCell::new(None) };
}

pub struct Regorus<const VM: bool> {
    policy: CompiledPolicy,
    program: Option<Arc<Program>>,
    data: Value,
    reqs: Vec<Value>,
}
impl<const VM: bool> Regorus<VM> {
    fn eval(&self, input: Value) -> bool {
        let v = if VM {
            MACHINE.with_borrow_mut(|vm| {
                let vm = vm.get_or_insert_with(|| {
                    let mut vm = RegoVM::new_with_policy(self.policy.clone());
                    vm.set_max_instructions(usize::MAX);
                    vm.load_program(self.program.clone().unwrap());
                    vm.set_data(self.data.clone()).unwrap();
                    vm
                });
                vm.set_input(input);
                vm.execute().unwrap()
            })
        } else {
            self.policy.eval_with_input(input).unwrap()
        };
        match v {
            Value::Bool(b) => b,
            x => panic!("regorus: {x:?}"),
        }
    }
}
impl<const VM: bool> EngineUnderTest for Regorus<VM> {
    type Source = (String, String);
    const NAME: &'static str = if VM { "regorus" } else { "regorus-interpreter" };
    fn encode(w: &Workload) -> (String, String) {
        let mut closure = Map::new();
        for a in &w.agents {
            let mut m = Map::new();
            m.insert("*".into(), true.into());
            m.insert(a.name.clone(), true.into());
            for r in w.closure(a) {
                m.insert(w.roles[r].name.clone(), true.into());
            }
            closure.insert(a.name.clone(), J::Object(m));
        }
        let by = |effect: Effect| {
            let mut m: std::collections::BTreeMap<String, std::collections::BTreeMap<String, Vec<J>>> =
                Default::default();
            for r in w.rules.iter().filter(|r| r.effect == effect) {
                let l = m.entry(who(r)).or_default().entry(key(&r.tool)).or_default();
                let j = rule_json(r);
                if !l.contains(&j) {
                    l.push(j);
                }
            }
            json!(m)
        };
        let data = json!({"closure": closure, "permits": by(Effect::Permit), "forbids": by(Effect::Forbid)});
        (REGO.to_string(), data.to_string())
    }
    fn load((rego, data): Self::Source, _w: &Workload) -> Self {
        let mut e = Engine::new();
        e.add_policy("authz.rego".into(), rego).unwrap();
        let data = Value::from_json_str(&data).unwrap();
        e.add_data(data.clone()).unwrap();
        let entry: Rc<str> = "data.authz.allow".into();
        let policy = e.compile_with_entrypoint(&entry).unwrap();
        let program = VM.then(|| Compiler::compile_from_policy(&policy, &["data.authz.allow"]).expect("a program"));
        Regorus { policy, program, data, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(input).collect();
    }
    fn decide(&self, i: usize) -> bool {
        self.eval(self.reqs[i].clone())
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.eval(input(q))
    }
}
