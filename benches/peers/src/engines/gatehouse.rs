//! gatehouse: one policy (or veto) per rule, each a Rust closure over interned values.
//! The futures never wait, so they are polled once with a no-op waker (cheaper than an executor).
use super::common::*;
use crate::{engine::EngineUnderTest, workload::*};
use gatehouse::{EvaluationSession, PermissionChecker, PolicyBuilder, PolicyDomain};
use std::future::Future;
use std::task::{Context as TaskContext, Poll, Waker};

pub struct Subject {
    principals: Box<[u32]>,
}
pub struct Action {
    tool: u32,
    server: u32,
}
pub struct Res {
    path: String,
}
pub struct Domain;
impl PolicyDomain for Domain {
    type Subject = Subject;
    type Action = Action;
    type Resource = Res;
    type Context = Ctx;
}

fn poll_once<T>(f: impl Future<Output = T>) -> T {
    let mut f = std::pin::pin!(f);
    match f.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(x) => x,
        Poll::Pending => unreachable!(),
    }
}
enum P {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
}

pub struct Gatehouse {
    names: Names,
    checker: PermissionChecker<Domain>,
    session: EvaluationSession,
    reqs: Vec<(Subject, Action, Res, Ctx)>,
}
impl Gatehouse {
    fn build(&self, q: &PlainRequest) -> (Subject, Action, Res, Ctx) {
        let (tool, server) = self.names.tool(&q.tool);
        (
            Subject { principals: self.names.closure(&q.agent).into() },
            Action { tool, server },
            Res { path: q.resource.clone() },
            self.names.ctx(q),
        )
    }
    fn eval(&self, s: &EvaluationSession, r: &(Subject, Action, Res, Ctx)) -> bool {
        poll_once(self.checker.bind(s, &r.0, &r.1, &r.3).authorize(&r.2)).is_ok()
    }
}
impl EngineUnderTest for Gatehouse {
    type Source = Vec<Rule>;
    const NAME: &'static str = "gatehouse";
    fn encode(w: &Workload) -> Vec<Rule> {
        w.rules.clone()
    }
    fn load(src: Vec<Rule>, w: &Workload) -> Self {
        let names = Names::new(w);
        let mut checker = PermissionChecker::<Domain>::new();
        for r in &src {
            let who = match &r.principal {
                Principal::Any => NONE,
                Principal::Agent(x) | Principal::Role(x) => names.principals[x],
            };
            let (tool, server) = match &r.tool {
                Pat::Any => (None, None),
                Pat::Exact(t) => (Some(names.tool(t).0), None),
                Pat::Prefix(p) => (None, Some(names.servers[p])),
                Pat::Glob(p) => super::no_globs(p),
            };
            let res = match &r.resource {
                Pat::Any => P::Any,
                Pat::Exact(t) => P::Exact(t.as_str().into()),
                Pat::Prefix(p) => P::Prefix(p.as_str().into()),
                Pat::Glob(p) => super::no_globs(p),
            };
            let cond = names.cond(&r.cond);
            let b =
                PolicyBuilder::<Domain>::new_static("rule").when(move |s: &Subject, a: &Action, x: &Res, c: &Ctx| {
                    (who == NONE || s.principals.contains(&who))
                        && tool.is_none_or(|t| t == a.tool)
                        && server.is_none_or(|t| t == a.server)
                        && cond.ok(c)
                        && match &res {
                            P::Any => true,
                            P::Exact(e) => **e == *x.path,
                            P::Prefix(p) => x.path.starts_with(&**p),
                        }
                });
            if r.effect == Effect::Forbid { checker.add_veto(b.build_veto()) } else { checker.add_policy(b.build()) }
        }
        Gatehouse { names, checker, session: EvaluationSession::empty(), reqs: vec![] }
    }
    fn prepare(&mut self, q: &[PlainRequest]) {
        self.reqs = q.iter().map(|q| self.build(q)).collect();
    }
    fn decide(&self, i: usize) -> bool {
        self.eval(&self.session, &self.reqs[i])
    }
    /// A fresh session per request, as the library asks for.
    fn decide_plain(&self, q: &PlainRequest) -> bool {
        self.eval(&EvaluationSession::empty(), &self.build(q))
    }
}
