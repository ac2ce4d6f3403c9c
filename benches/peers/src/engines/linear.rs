//! Hand-written linear scan over structs, globs precompiled with globset and shared by pattern.
use super::common::*;
use crate::{engine::EngineUnderTest, workload::*};
use globset::{GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;
use std::sync::Arc;

enum Tool {
    Any,
    Exact(u32),
    Glob(Arc<GlobMatcher>),
}
enum Res {
    Any,
    Exact(Box<str>),
    Glob(Arc<GlobMatcher>),
}
struct R {
    who: u32,
    tool: Tool,
    res: Res,
    cond: CCond,
}
impl R {
    #[inline]
    fn hit(&self, who: &[u32], tool: u32, tool_s: &str, path: &str, ctx: &Ctx) -> bool {
        (self.who == NONE || who.contains(&self.who))
            && match &self.tool {
                Tool::Any => true,
                Tool::Exact(t) => *t == tool,
                Tool::Glob(g) => g.is_match(tool_s),
            }
            && self.cond.ok(ctx)
            && match &self.res {
                Res::Any => true,
                Res::Exact(e) => **e == *path,
                Res::Glob(g) => g.is_match(path),
            }
    }
}
pub struct Linear {
    names: Names,
    forbids: Vec<R>,
    permits: Vec<R>,
    reqs: Vec<Interned>,
}

impl Linear {
    fn run(&self, who: &[u32], tool: u32, tool_s: &str, path: &str, ctx: &Ctx) -> bool {
        !self.forbids.iter().any(|r| r.hit(who, tool, tool_s, path, ctx))
            && self.permits.iter().any(|r| r.hit(who, tool, tool_s, path, ctx))
    }
}
impl EngineUnderTest for Linear {
    type Source = Vec<Rule>;
    const NAME: &'static str = "linear";
    fn encode(w: &Workload) -> Vec<Rule> {
        w.rules.clone()
    }
    fn load(src: Vec<Rule>, w: &Workload) -> Self {
        let names = Names::new(w);
        let mut cache: FxHashMap<String, Arc<GlobMatcher>> = FxHashMap::default();
        let mut glob = |p: &Pat| {
            let (text, literal) = match p {
                Pat::Prefix(p) => (format!("{p}*"), false),
                Pat::Any | Pat::Exact(_) | Pat::Glob(_) => (p.text().to_owned(), true),
            };
            cache
                .entry(text)
                .or_insert_with_key(|k| {
                    let glob = GlobBuilder::new(k).literal_separator(literal).build();
                    Arc::new(glob.unwrap().compile_matcher())
                })
                .clone()
        };
        let (mut forbids, mut permits) = (vec![], vec![]);
        for r in &src {
            let c = R {
                who: match &r.principal {
                    Principal::Any => NONE,
                    Principal::Agent(x) | Principal::Role(x) => names.principals[x],
                },
                tool: match &r.tool {
                    Pat::Any => Tool::Any,
                    Pat::Exact(t) => Tool::Exact(names.tool(t).0),
                    p @ (Pat::Prefix(_) | Pat::Glob(_)) => Tool::Glob(glob(p)),
                },
                res: match &r.resource {
                    Pat::Any => Res::Any,
                    Pat::Exact(t) => Res::Exact(t.as_str().into()),
                    p @ (Pat::Prefix(_) | Pat::Glob(_)) => Res::Glob(glob(p)),
                },
                cond: names.cond(&r.cond),
            };
            if r.effect == Effect::Forbid { forbids.push(c) } else { permits.push(c) }
        }
        Linear { names, forbids, permits, reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| self.names.interned(q)).collect();
    }
    fn decide(&self, i: usize) -> bool {
        let q = &self.reqs[i];
        self.run(&q.principals, q.tool, &q.tool_s, &q.path, &q.ctx())
    }
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.run(self.names.closure(&q.agent), self.names.tool(&q.tool).0, &q.tool, &q.resource, &self.names.ctx(q))
    }
}
