//! casbin: RBAC with ABAC conditions; keyMatch for the globs, `g` for roles, `eval(p.cond)` for conditions.
use crate::{engine::EngineUnderTest, workload::*};
use casbin::{
    prelude::*,
    rhai::{Dynamic, Map},
};
use std::collections::HashSet;

const MODEL: &str = r#"
[request_definition]
r = sub, obj, act, ctx

[policy_definition]
p = sub, obj, act, cond, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = keyMatch(r.act, p.act) && keyMatch(r.obj, p.obj) && (p.sub == "*" || g(r.sub, p.sub)) && (p.cond == "" || eval(p.cond))
"#;

pub fn cond(k: &Cond) -> String {
    let mut c: Vec<String> = vec![];
    if let Some(x) = k.label_le {
        c.push(format!("r.ctx.label <= {x}"));
    }
    if k.device_compliant {
        c.push("r.ctx.device_compliant".into());
    }
    if let Some(x) = k.user_risk_lt {
        c.push(format!("r.ctx.user_risk < {x}"));
    }
    if k.mfa {
        c.push("r.ctx.mfa".into());
    }
    if let Some(x) = &k.scope {
        c.push(format!("\"{x}\" in r.ctx.scopes"));
    }
    if let Some((a, b)) = k.hours {
        c.push(format!("r.ctx.hour >= {a} && r.ctx.hour <= {b}"));
    }
    if let Some(x) = &k.rtype {
        c.push(format!("r.ctx.rtype == \"{x}\""));
    }
    if let Some(x) = &k.country {
        c.push(format!("r.ctx.country == \"{x}\""));
    }
    match k.any_of {
        Some((l, 99)) => c.push(format!("r.ctx.label >= {l}")),
        Some((99, x)) => c.push(format!("(r.ctx.user_risk >= {x} || r.ctx.agent_risk >= {x})")),
        Some((l, x)) => c.push(format!("(r.ctx.label >= {l} || r.ctx.user_risk >= {x} || r.ctx.agent_risk >= {x})")),
        None => {}
    }
    c.join(" && ")
}
fn pat(p: &Pat) -> String {
    match p {
        Pat::Any => "*".into(),
        Pat::Exact(e) => e.clone(),
        Pat::Prefix(p) => format!("{p}*"),
        Pat::Glob(p) => super::no_globs(p),
    }
}
fn s(x: &str) -> Dynamic {
    Dynamic::from(x.to_string())
}
fn n(x: u8) -> Dynamic {
    Dynamic::from(x as i32)
}
fn args(q: &PlainRequest) -> Vec<Dynamic> {
    let mut m = Map::new();
    m.insert("label".into(), n(q.label));
    m.insert("rtype".into(), s(&q.rtype));
    m.insert("user_risk".into(), n(q.user_risk));
    m.insert("agent_risk".into(), n(q.agent_risk));
    m.insert("hour".into(), n(q.hour));
    m.insert("device_compliant".into(), q.device_compliant.into());
    m.insert("mfa".into(), q.mfa.into());
    m.insert("ip".into(), s(&q.ip));
    m.insert("country".into(), s(&q.country));
    m.insert("scopes".into(), Dynamic::from_array(q.scopes.iter().map(|x| s(x)).collect()));
    vec![s(&q.agent), s(&q.resource), s(&q.tool), Dynamic::from_map(m)]
}

pub struct Casbin {
    e: Enforcer,
    reqs: Vec<Vec<Dynamic>>,
}
impl EngineUnderTest for Casbin {
    type Source = (Vec<Vec<String>>, Vec<Vec<String>>);
    const NAME: &'static str = "casbin";
    fn encode(w: &Workload) -> Self::Source {
        let mut seen = HashSet::new(); // casbin rejects a batch with a duplicate policy
        let p = w
            .rules
            .iter()
            .filter(|r| seen.insert((*r).clone()))
            .map(|r| {
                vec![
                    match &r.principal {
                        Principal::Any => "*".into(),
                        Principal::Agent(a) | Principal::Role(a) => a.clone(),
                    },
                    pat(&r.resource),
                    pat(&r.tool),
                    cond(&r.cond),
                    if r.effect == Effect::Permit { "allow".into() } else { "deny".into() },
                ]
            })
            .collect();
        let mut g: Vec<Vec<String>> = w
            .agents
            .iter()
            .flat_map(|a| a.roles.iter().map(|&r| vec![a.name.clone(), w.roles[r].name.clone()]))
            .collect();
        g.extend(w.roles.iter().filter_map(|r| r.parent.map(|p| vec![r.name.clone(), w.roles[p].name.clone()])));
        (p, g)
    }
    fn load((p, g): Self::Source, _w: &Workload) -> Self {
        let e = pollster::block_on(async {
            let m = DefaultModel::from_str(MODEL).await.unwrap();
            let mut e = Enforcer::new(m, MemoryAdapter::default()).await.unwrap();
            e.enable_auto_save(false);
            assert!(e.add_policies(p).await.unwrap());
            if !g.is_empty() {
                assert!(e.add_grouping_policies(g).await.unwrap());
            }
            e
        });
        Casbin { e, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(args).collect();
    }
    fn decide(&self, i: usize) -> bool {
        self.e.enforce(self.reqs[i].clone()).unwrap()
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.e.enforce(args(q)).unwrap()
    }
}
