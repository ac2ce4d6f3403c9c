//! Hand-written index: hash on (principal, tool key), then prefix checks over the few rules left.
use super::common::*;
use crate::{engine::EngineUnderTest, workload::*};
use rustc_hash::FxHashMap;

#[derive(PartialEq, Eq, Hash, Clone)]
enum Res {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
}
struct R {
    res: Res,
    cond: CCond,
}
impl R {
    #[inline]
    fn hit(&self, path: &str, ctx: &Ctx) -> bool {
        self.cond.ok(ctx)
            && match &self.res {
                Res::Any => true,
                Res::Exact(e) => **e == *path,
                Res::Prefix(p) => path.as_bytes().starts_with(p.as_bytes()),
            }
    }
}
const ANY_TOOL: u32 = 0;
type Index = FxHashMap<u64, Box<[R]>>;
#[inline]
fn key(who: u32, tool: u32) -> u64 {
    (who as u64) << 32 | tool as u64
}

pub struct Indexed {
    names: Names,
    forbids: Index,
    permits: Index,
    reqs: Vec<Interned>,
}

impl Indexed {
    #[inline]
    fn probe(ix: &Index, who: u32, tools: &[u32], path: &str, ctx: &Ctx) -> bool {
        tools.iter().any(|&t| ix.get(&key(who, t)).is_some_and(|b| b.iter().any(|r| r.hit(path, ctx))))
    }
    #[inline]
    fn run(&self, who: &[u32], tool: u32, server: u32, path: &str, ctx: &Ctx) -> bool {
        // role forbids carry no tool (ANY_TOOL bucket); tool forbids carry no principal (NONE)
        let tools = [tool, server, ANY_TOOL];
        if Self::probe(&self.forbids, NONE, &tools, path, ctx) {
            return false;
        }
        if who.iter().any(|&p| Self::probe(&self.forbids, p, &tools[2..], path, ctx)) {
            return false;
        }
        who.iter().any(|&p| Self::probe(&self.permits, p, &tools[..2], path, ctx))
    }
}
impl EngineUnderTest for Indexed {
    type Source = Vec<Rule>;
    const NAME: &'static str = "index";
    fn encode(w: &Workload) -> Vec<Rule> {
        w.rules.clone()
    }
    fn load(src: Vec<Rule>, w: &Workload) -> Self {
        let names = Names::new(w);
        let mut build: [FxHashMap<u64, Vec<R>>; 2] = Default::default();
        for r in &src {
            let who = match &r.principal {
                Principal::Any => NONE,
                Principal::Agent(x) | Principal::Role(x) => names.principals[x],
            };
            let tool = match &r.tool {
                Pat::Any => ANY_TOOL,
                Pat::Exact(t) => names.tool(t).0,
                Pat::Prefix(p) => names.servers[p],
                Pat::Glob(p) => super::no_globs(p),
            };
            // the shapes `run` relies on; anything else would need the wider probes
            match r.effect {
                Effect::Forbid => assert!((who == NONE) != (tool == ANY_TOOL)),
                Effect::Permit => assert!(who != NONE && tool != ANY_TOOL),
            }
            let c = R {
                res: match &r.resource {
                    Pat::Any => Res::Any,
                    Pat::Exact(t) => Res::Exact(t.as_str().into()),
                    Pat::Prefix(p) => Res::Prefix(p.as_str().into()),
                    Pat::Glob(p) => super::no_globs(p),
                },
                cond: names.cond(&r.cond),
            };
            let b = build[(r.effect == Effect::Forbid) as usize].entry(key(who, tool)).or_default();
            if !b.iter().any(|x| x.res == c.res && x.cond == c.cond) {
                b.push(c);
            }
        }
        let [p, f] = build.map(|m| m.into_iter().map(|(k, v)| (k, v.into_boxed_slice())).collect());
        Indexed { names, forbids: f, permits: p, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| self.names.interned(q)).collect();
    }
    fn decide(&self, i: usize) -> bool {
        let q = &self.reqs[i];
        self.run(&q.principals, q.tool, q.server, &q.path, &q.ctx())
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        let (t, s) = self.names.tool(&q.tool);
        self.run(self.names.closure(&q.agent), t, s, &q.resource, &self.names.ctx(q))
    }
}
