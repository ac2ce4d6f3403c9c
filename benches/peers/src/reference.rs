//! Naive reference evaluator: the definition of the right answer. No index, no precompilation.
use crate::workload::*;
use std::collections::HashMap;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Verdict {
    Allow,
    Forbidden,
    NoPermit,
}

pub struct Reference<'w> {
    w: &'w Workload,
    agent_by_name: HashMap<&'w str, usize>,
}

/// Own little glob matcher, deliberately not shared with any engine: `*` matches any run of characters.
pub fn glob(pat: &[u8], s: &[u8]) -> bool {
    match pat.first() {
        None => s.is_empty(),
        Some(b'*') => (0..=s.len()).any(|k| glob(&pat[1..], &s[k..])),
        Some(c) => s.first() == Some(c) && glob(&pat[1..], &s[1..]),
    }
}
/// The same for globs: `**` matches any run of characters, `*` one without `/`.
pub fn segments(pat: &[u8], s: &[u8]) -> bool {
    match pat {
        [] => s.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=s.len()).any(|k| segments(rest, &s[k..])),
        [b'*', rest @ ..] => {
            let end = s.iter().position(|c| *c == b'/').unwrap_or(s.len());
            (0..=end).any(|k| segments(rest, &s[k..]))
        }
        [c, rest @ ..] => s.first() == Some(c) && segments(rest, &s[1..]),
    }
}
fn pat_ok(p: &Pat, s: &str) -> bool {
    match p {
        Pat::Any => true,
        Pat::Exact(e) => e == s,
        Pat::Prefix(p) => glob(format!("{p}*").as_bytes(), s.as_bytes()),
        Pat::Glob(p) => segments(p.as_bytes(), s.as_bytes()),
    }
}
pub fn cond_ok(c: &Cond, q: &PlainRequest) -> bool {
    c.label_le.is_none_or(|x| q.label <= x)
        && c.user_risk_lt.is_none_or(|x| q.user_risk < x)
        && (!c.device_compliant || q.device_compliant)
        && (!c.mfa || q.mfa)
        && c.scope.as_ref().is_none_or(|s| q.scopes.contains(s))
        && c.hours.is_none_or(|(a, b)| q.hour >= a && q.hour <= b)
        && c.rtype.as_ref().is_none_or(|t| *t == q.rtype)
        && c.country.as_ref().is_none_or(|t| *t == q.country)
        && c.any_of.is_none_or(|(l, r)| q.label >= l || q.user_risk >= r || q.agent_risk >= r)
}

impl<'w> Reference<'w> {
    pub fn new(w: &'w Workload) -> Self {
        Reference { w, agent_by_name: w.agents.iter().enumerate().map(|(i, a)| (a.name.as_str(), i)).collect() }
    }
    /// The effects of the rules that match.
    pub fn matching(&self, q: &PlainRequest) -> impl Iterator<Item = Effect> {
        let roles: Vec<&str> = match self.agent_by_name.get(q.agent.as_str()) {
            Some(&a) => self.w.closure(&self.w.agents[a]).into_iter().map(|r| self.w.roles[r].name.as_str()).collect(),
            None => vec![],
        };
        let matches = move |r: &&Rule| {
            let who = match &r.principal {
                Principal::Any => true,
                Principal::Agent(a) => *a == q.agent,
                Principal::Role(x) => roles.contains(&x.as_str()),
            };
            who && pat_ok(&r.tool, &q.tool) && pat_ok(&r.resource, &q.resource) && cond_ok(&r.cond, q)
        };
        self.w.rules.iter().filter(matches).map(|r| r.effect)
    }

    /// A chain may do what each of its links may; what forbids any of them forbids it.
    pub fn verdict(&self, q: &PlainRequest) -> Verdict {
        let mut worst = self.link(q);
        for link in q.links().skip(1) {
            match self.link(&link) {
                Verdict::Forbidden => return Verdict::Forbidden,
                Verdict::NoPermit if worst == Verdict::Allow => worst = Verdict::NoPermit,
                Verdict::NoPermit | Verdict::Allow => {}
            }
        }
        worst
    }

    fn link(&self, q: &PlainRequest) -> Verdict {
        let mut permit = false;
        for effect in self.matching(q) {
            match effect {
                Effect::Forbid => return Verdict::Forbidden,
                Effect::Permit => permit = true,
            }
        }
        if permit { Verdict::Allow } else { Verdict::NoPermit }
    }
}
