//! Deterministic agent-authorization workload: rules, identities, resources and requests.
use std::collections::HashMap;

use crate::reference;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Effect {
    Permit,
    Forbid,
}

#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Principal {
    Any,
    Agent(String),
    Role(String),
}

/// `Prefix("mcp://server-12/")` is the glob `mcp://server-12/*` (`*` also matches `/`).
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Pat {
    Any,
    Exact(String),
    Prefix(String),
    /// `*` is a run of characters without `/`, `**` any run. Only where [`crate::sets`] says so.
    Glob(String),
}

impl Pat {
    /// What is written, without what its kind adds.
    pub fn text(&self) -> &str {
        match self {
            Pat::Any => "**",
            Pat::Exact(text) | Pat::Prefix(text) | Pat::Glob(text) => text,
        }
    }
}

/// Conjunction of whatever is set. `any_of = (label_ge, risk_ge)` is the disjunction
/// `label >= label_ge || user_risk >= risk_ge || agent_risk >= risk_ge` (99 switches a side off).
#[derive(Clone, PartialEq, Eq, Debug, Hash, Default)]
pub struct Cond {
    pub label_le: Option<u8>,
    pub user_risk_lt: Option<u8>,
    pub device_compliant: bool,
    pub mfa: bool,
    pub scope: Option<String>,
    pub hours: Option<(u8, u8)>, // inclusive
    pub rtype: Option<String>,
    pub country: Option<String>,
    pub any_of: Option<(u8, u8)>,
}

#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Rule {
    pub effect: Effect,
    pub principal: Principal,
    pub tool: Pat,
    pub resource: Pat,
    pub cond: Cond,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub name: String,
    pub parent: Option<usize>,
}
#[derive(Clone, Debug)]
pub struct Agent {
    pub name: String,
    pub roles: Vec<usize>,
}
#[derive(Clone, Debug)]
pub struct Resource {
    pub path: String,
    pub label: u8,
    pub rtype: String,
}

/// What the caller has in hand: plain strings and numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainRequest {
    pub agent: String,
    pub tool: String,
    pub resource: String,
    pub rtype: String,
    pub label: u8,
    pub user_risk: u8,
    pub agent_risk: u8,
    pub device_compliant: bool,
    pub mfa: bool,
    pub hour: u8,
    pub ip: String,
    pub country: String,
    pub scopes: Vec<String>,
    /// Through whom the agent acts; the immediate actor first. Empty for a direct call.
    pub actors: Vec<String>,
}

impl PlainRequest {
    /// The call as each link of the chain would make it directly, the agent first.
    pub fn links(&self) -> impl Iterator<Item = PlainRequest> + '_ {
        let direct = |agent: &String| PlainRequest { agent: agent.clone(), actors: vec![], ..self.clone() };
        core::iter::once(&self.agent).chain(&self.actors).map(direct)
    }
}

#[derive(Clone)]
pub struct Workload {
    pub name: String,
    pub roles: Vec<Role>,
    pub agents: Vec<Agent>,
    pub tools: Vec<String>,
    pub servers: Vec<String>, // "mcp://server-3/"
    pub resources: Vec<Resource>,
    pub rules: Vec<Rule>,
    pub requests: Vec<PlainRequest>,
    pub expected: Vec<bool>,
}

impl Workload {
    /// Role indices reachable from an agent, through parents.
    pub fn closure(&self, agent: &Agent) -> Vec<usize> {
        let mut out: Vec<usize> = Vec::new();
        for &r in &agent.roles {
            let mut cur = Some(r);
            while let Some(c) = cur {
                if !out.contains(&c) {
                    out.push(c);
                }
                cur = self.roles[c].parent;
            }
        }
        out
    }
}

/// splitmix64
pub struct Rng(u64);
impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng(seed)
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() as u128 * n as u128) >> 64) as usize
    }
    pub fn chance(&mut self, pct: usize) -> bool {
        self.below(100) < pct
    }
    pub fn pick<'a, T>(&mut self, xs: &'a [T]) -> &'a T {
        let i = self.below(xs.len());
        &xs[i]
    }
}

pub fn server_prefix(tool: &str) -> &str {
    // "mcp://server-12/tool-7" -> "mcp://server-12/"
    match tool.rfind('/') {
        Some(i) => &tool[..=i],
        None => tool,
    }
}

const DEPTS: [&str; 12] = [
    "finance",
    "hr",
    "legal",
    "engineering",
    "sales",
    "marketing",
    "ops",
    "research",
    "support",
    "security",
    "procurement",
    "design",
];
const SCHEMES: [&str; 4] = ["sharepoint", "gdrive", "s3", "confluence"];
pub const TYPES: [(&str, &str, &str); 6] = [
    ("report", "docx", "document"),
    ("budget", "xlsx", "spreadsheet"),
    ("deck", "pptx", "presentation"),
    ("notes", "md", "document"),
    ("dataset", "csv", "dataset"),
    ("contract", "pdf", "document"),
];
pub const OPEN_COUNTRIES: [&str; 20] = [
    "US", "DE", "FR", "GB", "NL", "SE", "NO", "FI", "DK", "CH", "AT", "BE", "IE", "ES", "PT", "IT", "JP", "KR", "AU",
    "CA",
];
pub const WATCHED_COUNTRIES: [&str; 12] = ["AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AI", "AJ", "AK", "AL"];
pub const SCOPES: [&str; 10] = [
    "files.read",
    "files.write",
    "mail.read",
    "mail.send",
    "sites.read",
    "sites.manage",
    "calendar.read",
    "tickets.write",
    "repo.read",
    "repo.write",
];

fn exact_to_prefix(path: &str, depth: usize) -> Pat {
    // "sharepoint:/sites/finance/2026/q1/report-17.docx": depth 1 = ".../finance/", 2 = year, 3 = quarter, 4 = the file
    if depth >= 4 {
        return Pat::Exact(path.to_string());
    }
    let mut slashes = 0;
    for (i, b) in path.bytes().enumerate() {
        if b == b'/' {
            slashes += 1;
            if slashes == depth + 2 {
                return Pat::Prefix(path[..=i].to_string());
            }
        }
    }
    Pat::Exact(path.to_string())
}

/// The organisation and its rules, without requests.
pub fn world(n_rules: usize, seed: u64) -> (Workload, Rng) {
    let mut g = Rng::new(seed ^ (n_rules as u64).wrapping_mul(0x1234_5678_9ABC_DEF1));
    let n_agents = (n_rules / 10).max(10);
    let n_roles = (n_agents / 10).max(4);
    let n_tools = (n_rules / 10).clamp(50, 1000);
    let n_res = n_rules.clamp(200, 20_000);
    let n_depts = (n_rules / 100).clamp(8, 200);

    // level 1 roots, level 2 under a root, level 3 under a level 2
    let third = (n_roles / 3).max(1);
    let mut roles = Vec::with_capacity(n_roles);
    for i in 0..n_roles {
        let parent = if i < third {
            None
        } else if i < 2 * third {
            Some(g.below(third))
        } else {
            Some(third + g.below(third.min(i - third)))
        };
        roles.push(Role { name: format!("role-{i}"), parent });
    }
    let agents: Vec<Agent> = (0..n_agents)
        .map(|i| {
            let mut rs = vec![g.below(n_roles)];
            if g.chance(50) {
                let r = g.below(n_roles);
                if !rs.contains(&r) {
                    rs.push(r);
                }
            }
            Agent { name: format!("agent-{i}"), roles: rs }
        })
        .collect();
    let tools: Vec<String> = (0..n_tools).map(|i| format!("mcp://server-{}/tool-{}", i / 10, i % 10)).collect();
    let servers: Vec<String> = (0..n_tools.div_ceil(10)).map(|i| format!("mcp://server-{i}/")).collect();
    let resources: Vec<Resource> = (0..n_res)
        .map(|i| {
            let d = g.below(n_depts);
            let dept = if d < DEPTS.len() {
                DEPTS[d].to_string()
            } else {
                format!("{}-{}", DEPTS[d % DEPTS.len()], d / DEPTS.len())
            };
            let (stem, ext, ty) = *g.pick(&TYPES);
            Resource {
                path: format!(
                    "{}:/sites/{}/{}/q{}/{}-{}.{}",
                    g.pick(&SCHEMES),
                    dept,
                    2023 + g.below(4),
                    1 + g.below(4),
                    stem,
                    i,
                    ext
                ),
                label: [0, 1, 1, 2, 2, 2, 3, 3, 4, 5][g.below(10)],
                rtype: ty.to_string(),
            }
        })
        .collect();

    let scope_pat = |g: &mut Rng| {
        if g.chance(50) { Pat::Exact(g.pick(&tools).clone()) } else { Pat::Prefix(g.pick(&servers).clone()) }
    };
    let mut rules = Vec::with_capacity(n_rules);
    for i in 0..n_rules {
        // 60/20/10/10 by position in each ten, so that the mix is exact at N = 10 as well
        let kind = match i % 10 {
            0..=5 => 'a',
            6 | 7 => 'b',
            8 => 'c',
            _ => 'd',
        };
        let r = match kind {
            'a' | 'b' => {
                let principal = if g.chance(70) {
                    Principal::Role(g.pick(&roles).name.clone())
                } else {
                    Principal::Agent(g.pick(&agents).name.clone())
                };
                let tool = scope_pat(&mut g);
                let depth = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4][g.below(10)];
                let resource = exact_to_prefix(&g.pick(&resources).path, depth);
                let mut cond = Cond::default();
                if kind == 'b' {
                    cond.label_le = Some(1 + g.below(3) as u8);
                    cond.device_compliant = true;
                    cond.user_risk_lt = Some(1 + g.below(2) as u8);
                    match g.below(8) {
                        0 => cond.mfa = true,
                        1 => cond.scope = Some(g.pick(&SCOPES).to_string()),
                        2 => cond.hours = Some((7, 19)),
                        3 => cond.rtype = Some(g.pick(&TYPES).2.to_string()),
                        _ => {}
                    }
                }
                Rule { effect: Effect::Permit, principal, tool, resource, cond }
            }
            'c' => {
                let any_of = Some(match g.below(3) {
                    0 => (4, 99),
                    1 => (99, 3),
                    _ => (4, 3),
                });
                Rule {
                    effect: Effect::Forbid,
                    principal: Principal::Role(g.pick(&roles).name.clone()),
                    tool: Pat::Any,
                    resource: Pat::Any,
                    cond: Cond { any_of, ..Default::default() },
                }
            }
            _ => {
                let tool = scope_pat(&mut g);
                Rule {
                    effect: Effect::Forbid,
                    principal: Principal::Any,
                    tool,
                    resource: Pat::Any,
                    cond: Cond { country: Some(g.pick(&WATCHED_COUNTRIES).to_string()), ..Default::default() },
                }
            }
        };
        rules.push(r);
    }
    let w = Workload {
        name: "agents".to_owned(),
        roles,
        agents,
        tools,
        servers,
        resources,
        rules,
        requests: vec![],
        expected: vec![],
    };
    (w, g)
}

fn random_request(w: &Workload, g: &mut Rng) -> PlainRequest {
    let res = g.pick(&w.resources);
    PlainRequest {
        agent: g.pick(&w.agents).name.clone(),
        tool: g.pick(&w.tools).clone(),
        resource: res.path.clone(),
        rtype: res.rtype.clone(),
        label: res.label,
        user_risk: [0, 0, 0, 1, 1, 2, 2, 3][g.below(8)],
        agent_risk: [0, 0, 0, 0, 1, 1, 2, 3][g.below(8)],
        device_compliant: g.chance(80),
        mfa: g.chance(70),
        hour: g.below(24) as u8,
        ip: format!("10.{}.{}.{}", g.below(256), g.below(256), g.below(256)),
        country: if g.chance(70) {
            g.pick(&OPEN_COUNTRIES).to_string()
        } else {
            g.pick(&WATCHED_COUNTRIES).to_string()
        },
        scopes: {
            let mut s: Vec<String> = Vec::new();
            for _ in 0..(1 + g.below(4)) {
                let x = g.pick(&SCOPES).to_string();
                if !s.contains(&x) {
                    s.push(x);
                }
            }
            s
        },
        actors: vec![],
    }
}

/// Which requests are made.
pub struct Wanted {
    /// How many are allowed, meet a forbid, have no permit.
    pub answers: [usize; 3],
    /// Through how many actors each call goes.
    pub actors: usize,
    /// Whether a request is made to meet the conditions of the permit that it is aimed at.
    pub meets: bool,
    /// How often to try for each request.
    pub tries: usize,
}

impl Wanted {
    /// Half are allowed, a quarter is forbidden, a quarter has no permit.
    pub fn mixed(requests: usize) -> Self {
        let (allow, forbid) = (requests / 2, requests / 4);
        Self { answers: [allow, forbid, requests - allow - forbid], actors: 0, meets: false, tries: 400 }
    }
}

/// What requests are aimed with.
struct Sights<'w> {
    w: &'w Workload,
    permits: Vec<usize>,
    /// Agents of each role.
    holders: Vec<Vec<usize>>,
    by_prefix: HashMap<String, Vec<usize>>,
}

impl<'w> Sights<'w> {
    fn new(w: &'w Workload) -> Self {
        let permits = (0..w.rules.len()).filter(|&i| w.rules[i].effect == Effect::Permit).collect();
        let mut holders: Vec<Vec<usize>> = vec![vec![]; w.roles.len()];
        for (ai, a) in w.agents.iter().enumerate() {
            for r in w.closure(a) {
                holders[r].push(ai);
            }
        }
        let mut by_prefix: HashMap<String, Vec<usize>> = HashMap::default();
        for (ri, r) in w.resources.iter().enumerate() {
            for d in 1..=4 {
                if let Pat::Exact(p) | Pat::Prefix(p) = exact_to_prefix(&r.path, d) {
                    by_prefix.entry(p).or_default().push(ri);
                }
            }
        }
        Sights { w, permits, holders, by_prefix }
    }

    fn agents(&self, principal: &Principal) -> Option<&[usize]> {
        let Principal::Role(role) = principal else { return None };
        Some(&self.holders[role[5..].parse::<usize>().unwrap()])
    }

    /// Aims a request at one permit rule: an agent holding it, a tool and a resource it covers.
    fn aim(&self, g: &mut Rng, wanted: &Wanted) -> Option<PlainRequest> {
        let w = self.w;
        let rule = &w.rules[*g.pick(&self.permits)];
        let mut q = random_request(w, g);
        q.agent = match &rule.principal {
            Principal::Agent(a) => a.clone(),
            Principal::Role(_) => {
                let holders = self.agents(&rule.principal)?;
                if holders.is_empty() {
                    return None;
                }
                w.agents[*g.pick(holders)].name.clone()
            }
            Principal::Any => q.agent,
        };
        q.tool = match &rule.tool {
            Pat::Exact(t) => t.clone(),
            Pat::Prefix(p) => {
                let s: usize = p["mcp://server-".len()..p.len() - 1].parse().unwrap();
                let lo = s * 10;
                let hi = (lo + 10).min(w.tools.len());
                w.tools[lo + g.below(hi - lo)].clone()
            }
            Pat::Any | Pat::Glob(_) => q.tool,
        };
        let mut res = match &rule.resource {
            Pat::Exact(p) | Pat::Prefix(p) => &w.resources[*g.pick(self.by_prefix.get(p)?)],
            Pat::Any => g.pick(&w.resources),
            Pat::Glob(glob) => {
                let matches = |r: &&Resource| reference::segments(glob.as_bytes(), r.path.as_bytes());
                (0..500).map(|_| g.pick(&w.resources)).find(matches)?
            }
        };
        if wanted.meets {
            if let Pat::Exact(p) | Pat::Prefix(p) = &rule.resource {
                let fits = |r: &&Resource| {
                    rule.cond.label_le.is_none_or(|most| r.label <= most)
                        && rule.cond.rtype.as_ref().is_none_or(|rtype| *rtype == r.rtype)
                };
                let choices = self.by_prefix.get(p)?;
                res = (0..20).map(|_| &w.resources[*g.pick(choices)]).find(fits)?;
            }
            meet(&rule.cond, &mut q, g);
        }
        q.resource = res.path.clone();
        q.rtype = res.rtype.clone();
        q.label = res.label;
        for _ in 0..wanted.actors {
            q.actors.push(match self.agents(&rule.principal) {
                Some(holders) => w.agents[*g.pick(holders)].name.clone(),
                None => g.pick(&w.agents).name.clone(),
            });
        }
        Some(q)
    }
}

/// Makes a request meet what a condition asks of its context.
fn meet(c: &Cond, q: &mut PlainRequest, g: &mut Rng) {
    q.device_compliant |= c.device_compliant;
    q.mfa |= c.mfa;
    if let Some(risk) = c.user_risk_lt {
        q.user_risk = q.user_risk.min(risk - 1);
    }
    if let Some(scope) = &c.scope
        && !q.scopes.contains(scope)
    {
        q.scopes.push(scope.clone());
    }
    if let Some((from, to)) = c.hours {
        q.hour = from + g.below(usize::from(to - from) + 1) as u8;
    }
    if let Some(country) = &c.country {
        q.country = country.clone();
    }
}

/// Makes requests, and has the reference say what the answers are.
pub fn make_requests(w: &mut Workload, wanted: &Wanted, g: &mut Rng) {
    let sights = Sights::new(w);
    let reference = reference::Reference::new(w);
    let (mut allow, mut forbid, mut none) = (vec![], vec![], vec![]);
    let [ta, tf, tn] = wanted.answers;
    let mut tries = 0usize;
    while (allow.len() < ta || forbid.len() < tf || none.len() < tn) && tries < wanted.tries * (ta + tf + tn) {
        tries += 1;
        // default-deny requests: half random, half near misses of a real permit
        let q = if wanted.actors == 0 && allow.len() >= ta && forbid.len() >= tf && g.chance(50) {
            Some(random_request(w, g))
        } else {
            sights.aim(g, wanted)
        };
        let Some(mut q) = q else { continue };
        if g.chance(25) {
            match g.below(3) {
                0 => q.tool = g.pick(&w.tools).clone(),
                1 => q.agent = g.pick(&w.agents).name.clone(),
                _ => {
                    let r = g.pick(&w.resources);
                    q.resource = r.path.clone();
                    q.label = r.label;
                    q.rtype = r.rtype.clone();
                }
            }
        }
        match reference.verdict(&q) {
            reference::Verdict::Allow => {
                if allow.len() < ta {
                    allow.push(q)
                }
            }
            reference::Verdict::Forbidden => {
                if forbid.len() < tf {
                    forbid.push(q)
                }
            }
            reference::Verdict::NoPermit => {
                if none.len() < tn {
                    none.push(q)
                }
            }
        }
    }
    let mut all: Vec<(PlainRequest, bool)> =
        allow.into_iter().map(|q| (q, true)).chain(forbid.into_iter().chain(none).map(|q| (q, false))).collect();
    for i in (1..all.len()).rev() {
        let j = g.below(i + 1);
        all.swap(i, j);
    }
    drop(reference);
    drop(sights);
    (w.requests, w.expected) = all.into_iter().unzip();
}
