//! Interned request, shared by the hand-written baselines and by gatehouse (whose rules are Rust code).
use crate::workload::*;
use rustc_hash::FxHashMap;

#[derive(Clone)]
pub struct Interned {
    pub principals: Box<[u32]>, // agent + role closure, sorted
    pub tool: u32,
    pub server: u32,
    pub country: u32,
    pub rtype: u32,
    pub scopes: u64, // bit set
    pub label: u8,
    pub user_risk: u8,
    pub agent_risk: u8,
    pub hour: u8,
    pub device: bool,
    pub mfa: bool,
    pub tool_s: String,
    pub path: String,
}

pub const NONE: u32 = u32::MAX;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CCond {
    pub label_le: u8,
    pub user_risk_lt: u8,
    pub device: bool,
    pub mfa: bool,
    pub scope_bit: u64,
    pub hours: (u8, u8),
    pub rtype: u32,
    pub country: u32,
    pub any_of: (u8, u8),
    pub has_any: bool,
}

/// The values a condition is checked against, however the caller holds them.
#[derive(Clone, Copy)]
pub struct Ctx {
    pub label: u8,
    pub user_risk: u8,
    pub agent_risk: u8,
    pub hour: u8,
    pub device: bool,
    pub mfa: bool,
    pub scopes: u64,
    pub rtype: u32,
    pub country: u32,
}

impl Interned {
    pub fn ctx(&self) -> Ctx {
        Ctx {
            label: self.label,
            user_risk: self.user_risk,
            agent_risk: self.agent_risk,
            hour: self.hour,
            device: self.device,
            mfa: self.mfa,
            scopes: self.scopes,
            rtype: self.rtype,
            country: self.country,
        }
    }
}

impl CCond {
    #[inline]
    pub fn ok(&self, q: &Ctx) -> bool {
        q.label <= self.label_le
            && q.user_risk < self.user_risk_lt
            && (!self.device || q.device)
            && (!self.mfa || q.mfa)
            && (q.scopes & self.scope_bit) == self.scope_bit
            && q.hour >= self.hours.0
            && q.hour <= self.hours.1
            && (self.rtype == NONE || self.rtype == q.rtype)
            && (self.country == NONE || self.country == q.country)
            && (!self.has_any
                || q.label >= self.any_of.0
                || q.user_risk >= self.any_of.1
                || q.agent_risk >= self.any_of.1)
    }
}

/// Name tables built at load.
pub struct Names {
    pub agents: FxHashMap<String, u32>,
    pub closures: Vec<Box<[u32]>>, // by agent id: agent principal id + role ids
    pub principals: FxHashMap<String, u32>,
    pub tools: FxHashMap<String, (u32, u32)>,
    pub servers: FxHashMap<String, u32>,
    pub countries: FxHashMap<String, u32>,
    pub types: FxHashMap<String, u32>,
    pub scopes: FxHashMap<String, u64>,
}
fn intern(m: &mut FxHashMap<String, u32>, s: &str) -> u32 {
    if let Some(&i) = m.get(s) {
        return i;
    }
    let i = m.len() as u32;
    m.insert(s.to_string(), i);
    i
}

impl Names {
    pub fn new(w: &Workload) -> Names {
        let mut principals = FxHashMap::default();
        for r in &w.roles {
            intern(&mut principals, &r.name);
        }
        let mut agents = FxHashMap::default();
        let mut closures = vec![];
        for (i, a) in w.agents.iter().enumerate() {
            let me = intern(&mut principals, &a.name);
            let mut c: Vec<u32> = w.closure(a).iter().map(|&r| r as u32).collect();
            c.push(me);
            c.sort_unstable();
            closures.push(c.into_boxed_slice());
            agents.insert(a.name.clone(), i as u32);
        }
        let (mut servers, mut tools) = (FxHashMap::default(), FxHashMap::default());
        for s in &w.servers {
            intern(&mut servers, s);
        }
        // tool keys and server keys share one id space: 0 = any, then servers, then tools
        let n_servers = w.servers.len() as u32;
        for (i, t) in w.tools.iter().enumerate() {
            tools.insert(t.clone(), (1 + n_servers + i as u32, 1 + servers[server_prefix(t)]));
        }
        for v in servers.values_mut() {
            *v += 1;
        }
        let (mut countries, mut types, mut scopes) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        for r in &w.rules {
            if let Some(c) = &r.cond.country {
                intern(&mut countries, c);
            }
            if let Some(t) = &r.cond.rtype {
                intern(&mut types, t);
            }
            if let Some(s) = &r.cond.scope {
                let n = scopes.len();
                assert!(n < 64);
                scopes.entry(s.clone()).or_insert(1u64 << n);
            }
        }
        Names { agents, closures, principals, tools, servers, countries, types, scopes }
    }
    pub fn cond(&self, c: &Cond) -> CCond {
        CCond {
            label_le: c.label_le.unwrap_or(255),
            user_risk_lt: c.user_risk_lt.unwrap_or(255),
            device: c.device_compliant,
            mfa: c.mfa,
            scope_bit: c.scope.as_ref().map_or(0, |s| self.scopes[s]),
            hours: c.hours.unwrap_or((0, 255)),
            rtype: c.rtype.as_ref().map_or(NONE, |t| self.types[t]),
            country: c.country.as_ref().map_or(NONE, |t| self.countries[t]),
            any_of: c.any_of.unwrap_or((99, 99)),
            has_any: c.any_of.is_some(),
        }
    }
    #[inline]
    pub fn ctx(&self, q: &PlainRequest) -> Ctx {
        let mut scopes = 0;
        for s in &q.scopes {
            scopes |= self.scopes.get(s.as_str()).copied().unwrap_or(0);
        }
        Ctx {
            label: q.label,
            user_risk: q.user_risk,
            agent_risk: q.agent_risk,
            hour: q.hour,
            device: q.device_compliant,
            mfa: q.mfa,
            scopes,
            rtype: self.types.get(q.rtype.as_str()).copied().unwrap_or(NONE - 1),
            country: self.countries.get(q.country.as_str()).copied().unwrap_or(NONE - 1),
        }
    }
    /// (tool key, server key); unknown tools still get their server.
    #[inline]
    pub fn tool(&self, t: &str) -> (u32, u32) {
        match self.tools.get(t) {
            Some(&x) => x,
            None => (NONE, self.servers.get(server_prefix(t)).copied().unwrap_or(NONE)),
        }
    }
    #[inline]
    pub fn closure(&self, agent: &str) -> &[u32] {
        match self.agents.get(agent) {
            Some(&a) => &self.closures[a as usize],
            None => &[],
        }
    }
    pub fn interned(&self, q: &PlainRequest) -> Interned {
        let c = self.ctx(q);
        let (tool, server) = self.tool(&q.tool);
        Interned {
            principals: self.closure(&q.agent).into(),
            tool,
            server,
            country: c.country,
            rtype: c.rtype,
            scopes: c.scopes,
            label: c.label,
            user_risk: c.user_risk,
            agent_risk: c.agent_risk,
            hour: c.hour,
            device: c.device,
            mfa: c.mfa,
            tool_s: q.tool.clone(),
            path: q.resource.clone(),
        }
    }
}
