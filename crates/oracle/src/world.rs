//! Which small worlds are the laws tried in? Documents and requests made from a tape of numbers.
//!
//! A test makes a tape of random numbers; each choice takes the next, and an empty tape always answers with the first and
//! simplest choice, so that a shorter tape is a smaller world (which is what shrinking needs). Documents are JSON text for
//! the loader, requests JSON for the door.

use serde_json::{Map, Value, json};

/// A tape of choices.
#[derive(Debug)]
pub struct Tape<'t> {
    numbers: &'t [u16],
    at: usize,
}

impl<'t> Tape<'t> {
    /// A tape of these numbers.
    #[must_use]
    pub fn new(numbers: &'t [u16]) -> Self {
        Self { numbers, at: 0 }
    }

    /// A number below `count`; 0 at the tape's end.
    pub fn pick(&mut self, count: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        if count == 0 { 0 } else { usize::from(number) % count }
    }

    /// True in so many of a hundred cases; false at the tape's end.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.pick(100) >= 100 - percent.min(100)
    }

    /// One of these; the first at the tape's end.
    pub fn of(&mut self, choices: &[&'static str]) -> &'static str {
        let at = self.pick(choices.len());
        choices.get(at).copied().unwrap_or("")
    }

    /// Some of these, each with the same chance.
    fn some(&mut self, percent: usize, choices: &[&'static str]) -> Vec<&'static str> {
        choices.iter().copied().filter(|_| self.chance(percent)).collect()
    }
}

/// What conditions may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All facts.
    All,
    /// Only what is the same for a link alone and for the link in a chain.
    OneLink,
}

const GROUPS: [&str; 5] = ["g0", "g1", "g2", "g3", "g4"];
const LABELS: [&str; 5] = ["internal", "public", "confidential", "hr-records", "secret"];
const ACTIONS: [&str; 4] = ["tools/call", "read", "files/delete", "write"];
const TOOLS: [&str; 3] = ["s0/read", "s1/pay", "s0/send"];
const DOCS: [&str; 4] = ["/srv/data/d1", "/srv/data/x/d2", "/srv/other/d1", "urn:d3"];
/// Moments around the ends of grants, and far from them.
const TIMES: [&str; 8] = [
    "2026-03-01T12:00:00Z",
    "2026-01-01T00:00:00Z",
    "2026-06-01T00:00:00Z",
    "2026-05-31T23:59:59.999999999Z",
    "2025-12-31T23:59:59.999999999Z",
    "2026-06-01T02:00:00+02:00",
    "2027-01-01T00:00:00Z",
    "2024-02-29T00:00:00Z",
];
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Conditions that are judged alike for a link alone and for the link in a chain.
const CLAUSES: &[&str] = &[
    "true",
    r#""g1" in principal.groups"#,
    r#"principal.type == "agent""#,
    r#"principal.id.startsWith("a")"#,
    r#"principal.attributes.team == "x""#,
    "has(principal.attributes.team)",
    r#"principal.attributes.?team.orValue("none") == "none""#,
    r#"principal.groups.exists(g, g == "g2")"#,
    r#"!principal.groups.all(g, g != "g3")"#,
    r#"resource.type == "doc""#,
    r#"resource.id.endsWith("1")"#,
    r#"resource.label <= label("internal")"#,
    r#"resource.label >= label("hr-records")"#,
    "resource.label == null",
    "has(resource.label)",
    "resource.properties.owner == principal.id",
    "has(resource.properties.owner)",
    "size(resource.properties) == 0",
    r#""owner" in resource.properties"#,
    "resource.attributes.tier == 1",
    "resource.attributes == null",
    "resource.attributes.tier > 0.5",
    r#""/srv/data" in resource.containers"#,
    r#"resource.id.within("/srv/data")"#,
    r#"resource.id.matchesGlob("/srv/**")"#,
    r#"glob(resource.id, "**/d1")"#,
    r#"arguments.path.matchesGlob("/srv/data/**")"#,
    r#"!arguments.path.matchesGlob("/etc/**")"#,
    r#"arguments.path.within("/srv/data")"#,
    r#"risk.user < "medium""#,
    r#"risk.user in ["none", "low"]"#,
    "risk.sign_in >= risk.user",
    r#"string(risk.agent) == "none""#,
    "has(risk.user)",
    r#"risk.insider != "elevated""#,
    "device.compliant",
    "!device.managed",
    r#"device.platform == "linux""#,
    "device.id == null || device.compliant",
    r#"location.country in ["PT", "FR"]"#,
    "location.ip == null",
    "authentication.mfa",
    r#"authentication.methods.all(m, m != "pwd")"#,
    r#""otp" in authentication.methods"#,
    r#"authentication.scopes.exists_one(s, s.startsWith("r"))"#,
    r#"now < timestamp("2026-06-01T00:00:00Z")"#,
    r#"now - authentication.time < duration("1h")"#,
    r#"now - duration("10m") >= session.started"#,
    "context.amount + 1.0 > 5.0",
    "context.amount <= 10.0",
    "context.hop * 2 > 3",
    "10 / context.hop > 2",
    "9223372036854775806 + context.hop > 0",
    "context.hop % 2 == 0",
    "-context.hop < 0",
    "dyn(context.hop) == context.amount",
    "context.window",
    "context.window ? device.compliant : device.managed",
    r#"context.ticket.matches("^T-[0-9]+$")"#,
    r#"context.ticket + "x" == "T-1x""#,
    r#"context.ticket.contains("-")"#,
    r#"context.data <= label("confidential")"#,
    "flow.label < context.data",
    r#"flow.label <= label("internal")"#,
    "flow.untrusted && flow.sensitive",
    "!flow.untrusted",
    "flow.sensitive || flow.sent",
    "flow.changed || !flow.refused",
    "!flow.consented",
    r#"flow.session == "s-1""#,
    "context.tags.map(t, size(t)) == [1, 2]",
    r#"context.tags.filter(t, t != "a").size() == 1"#,
    r#"context.tags.map(t, t != "a", t + "!") == ["bb!"]"#,
    "context.tags == []",
    "context.meta.k == 1",
    "has(context.meta.k)",
    r#"context.meta["k"] == "v""#,
    "context.meta.?k.hasValue()",
    r#"context.meta[?"k"].orValue(1) == 1"#,
    r#"context.meta == {"k": 1.0}"#,
    "size(context.meta) == 0",
    r#"context.meta.all(k, k == "k")"#,
    "context.meta.exists(k, v, v == 1)",
    "arguments.amount > 10",
    "arguments.amount / 2.0 < 10.0",
    "dyn(arguments.amount) + 1 < 20",
    r#"arguments.to == "x@example.org""#,
    "has(arguments.to) && arguments.to != null",
    "arguments.list[0] == 1",
    "arguments.list[?1].orValue(0) == 2",
    "arguments.list.exists(n, n > 1)",
    "size(arguments) < 3",
    r#"arguments.exists(k, k == "to")"#,
    r#"cel.bind(n, size(arguments.list), n * n) == 4"#,
    r#"action.name == "read""#,
    "action.properties.soft == true",
    r#"tool.server == "s0""#,
    r#""send" in tool.effects"#,
    "tool.name == null",
    "tool.digest == null",
    r#"approval.id == "ap-0""#,
    r#"content.location == "exchange""#,
    r#"content.activity in ["print", "share"]"#,
    r#"content.label >= label("confidential")"#,
    r#"content.sensitive["us-ssn"].exists(c, c >= 75)"#,
    r#"size(content.sensitive["credit-card"]) >= 2"#,
    r#"content.recipients.exists(r, r.endsWith("@example.org"))"#,
    "has(content.properties.project)",
    r#"justification.contains("a")"#,
];

/// Conditions over the whole chain.
const CHAIN_CLAUSES: &[&str] = &[
    "subject.id == principal.id",
    r#"subject.type != "agent""#,
    r#""g0" in subject.groups"#,
    r#"user.id == "ada""#,
    r#""g0" in user.groups"#,
    r#"user.attributes.team == "x""#,
    r#"agent.id == "a0""#,
    r#"agent.state == "enabled""#,
    r#"agent.blueprint == "b0""#,
    r#""g1" in agent.groups"#,
    r#"agent.sponsor.startsWith("group:")"#,
    "agent.review_by > now",
    "agent.owner == user.id",
    "has(agent.purpose)",
    "delegation.depth < 2",
    "now - signals.heard < duration('300s')",
    r#""a1" in delegation.actors"#,
    r#"delegation.issuers.all(i, i != "https://evil.example")"#,
    r#"subject.issuer == "https://id.example""#,
    r#"subject.properties.role == "x""#,
    "has(subject.properties.role)",
];

/// A condition.
pub fn condition(tape: &mut Tape<'_>, reading: Reading) -> String {
    nested(tape, reading, 2)
}

fn nested(tape: &mut Tape<'_>, reading: Reading, depth: usize) -> String {
    if depth > 0 && tape.chance(40) {
        let mut inner = || nested(tape, reading, depth - 1);
        let (a, b, c) = (inner(), inner(), inner());
        return match tape.pick(5) {
            0 => format!("({a}) && ({b})"),
            1 => format!("({a}) || ({b})"),
            2 => format!("!({a})"),
            3 => format!("({a}) ? ({b}) : ({c})"),
            _ => format!("({a}) && ({b}) || ({c})"),
        };
    }
    if reading == Reading::All && tape.chance(20) {
        return tape.of(CHAIN_CLAUSES).to_owned();
    }
    tape.of(CLAUSES).to_owned()
}

/// A head about subjects.
fn subject(tape: &mut Tape<'_>) -> Value {
    match tape.pick(9) {
        0 => json!({"type": tape.of(&["agent", "user", "workload", "bot", "agent_user"])}),
        1 => json!({"user": tape.of(&["ada", "bob", "*", "{ada,eve}"])}),
        2 => json!({"agent": tape.of(&["a0", "a*", "a[01]", "a?"])}),
        3 => json!({"group": tape.of(&GROUPS)}),
        4 => json!({"type": tape.of(&["agent", "user"]), "group": tape.of(&GROUPS)}),
        5 => json!({"blueprint": tape.of(&["b0", "b1"])}),
        6 => json!({"id": tape.of(&["**", "a0", "*", "spiffe://**", "**/ci"])}),
        7 => json!({"workload": tape.of(&["spiffe://example.org/ci", "spiffe://example.org/*"])}),
        _ => json!({"type": "bot", "id": tape.of(&["crm/*", "crm/**", "**"])}),
    }
}

fn resource(tape: &mut Tape<'_>) -> Value {
    match tape.pick(8) {
        0 => json!({"type": tape.of(&["doc", "tool", "folder", "page"])}),
        1 => json!({"type": "tool", "id": tape.of(&["s0/*", "s1/pay", "**", "*/{read,send}", "s[!1]/*"])}),
        2 => {
            json!({"id": tape.of(&["/srv/**", "**", "/srv/data/*", "**/d1", "urn:*", "/srv/*/d?", "/srv/data{,/**}"])})
        }
        3 => json!({"in": {"type": "folder", "id": tape.of(&["/srv/data", "/srv"])}}),
        4 => json!({"label": {"at_most": tape.of(&LABELS)}}),
        5 => json!({"label": {"at_least": tape.of(&LABELS)}}),
        6 => json!({"type": "doc", "label": {"at_least": tape.of(&LABELS), "at_most": "secret"}}),
        _ => json!({"type": "doc", "in": {"type": "folder", "id": "/srv"}, "label": {"at_most": tape.of(&LABELS)}}),
    }
}

fn requirement(tape: &mut Tape<'_>) -> Value {
    let control = |tape: &mut Tape<'_>| {
        tape.of(&[
            "mfa",
            "compliant_device",
            "managed_device",
            "joined_device",
            "trusted_network",
            "sender_constrained",
            "justification",
        ])
    };
    match tape.pick(8) {
        0 => json!({"obligation": {"type": tape.of(&["log", "notification"]), "properties": {"n": tape.pick(2)}}}),
        1 => json!({"control": control(tape)}),
        2 => json!({"control": "fresh_authentication", "max_age": tape.of(&["15m", "1h"])}),
        3 => json!({"any_of": [control(tape), "fresh_authentication"], "max_age": "15m"}),
        4 => json!({"any_of": [control(tape), control(tape)]}),
        5 => json!({"approval": tape.of(&["sponsor", "owner", "user:ada", "user:bob", "group:g0", "group:g1"])}),
        6 => json!({"redact": tape.of(&["/to", "/amount"])}),
        _ => json!({"narrow": {"argument": "/amount", "to": tape.pick(2)}}),
    }
}

/// A rule of that effect.
pub fn rule(tape: &mut Tape<'_>, id: &str, effect: &str, reading: Reading) -> Value {
    let mut rule = Map::new();
    rule.insert("id".to_owned(), json!(id));
    rule.insert("effect".to_owned(), json!(effect));
    let rare = if effect == "permit" { 40 } else { 60 };
    if tape.chance(rare) {
        let more = tape.chance(30);
        let mut heads = vec![subject(tape)];
        heads.extend(more.then(|| subject(tape)));
        heads.dedup();
        rule.insert("subject".to_owned(), json!(heads));
    }
    if tape.chance(50) {
        let action = tape.of(&["**", "tools/*", "tools/call", "{read,write}", "files/**", "read"]);
        rule.insert("action".to_owned(), json!(action));
    }
    if tape.chance(15) {
        rule.insert("tool".to_owned(), json!(tape.of(&["**", "s0/*", "s1/pay", "s0/{read,send}"])));
    }
    if tape.chance(rare) {
        let more = tape.chance(30);
        let mut heads = vec![resource(tape)];
        heads.extend(more.then(|| resource(tape)));
        heads.dedup();
        rule.insert("resource".to_owned(), json!(heads));
    }
    if tape.chance(50) {
        rule.insert("when".to_owned(), json!(condition(tape, reading)));
    }
    if tape.chance(8) {
        rule.insert("mode".to_owned(), json!("report-only"));
    }
    if effect == "require" {
        let mut requirements = vec![requirement(tape)];
        if tape.chance(30) {
            requirements.push(requirement(tape));
        }
        rule.insert("require".to_owned(), json!(requirements));
    }
    Value::Object(rule)
}

/// A grant.
pub fn grant(tape: &mut Tape<'_>, id: &str) -> Value {
    let mut arguments = Map::new();
    if tape.chance(20) {
        let bound = tape.of(&["x@example.org", "*@example.org", "/srv/data/**"]);
        arguments.insert(tape.of(&["to", "path"]).to_owned(), json!({"matches": bound}));
    }
    if tape.chance(20) {
        let most = value(tape, &["#10.5", "#20", "#5"]);
        let bounds = json!({"at_least": tape.pick(3), "at_most": most});
        arguments.insert("amount".to_owned(), bounds);
    }
    let resources = match tape.pick(4) {
        0 => json!([{"id": "**"}]),
        1 => json!([{"tool": tape.of(&["s0/*", "s1/pay", "**"])}]),
        2 => json!([{"type": "doc"}, {"tool": "**"}]),
        _ => json!([{"type": "doc", "id": tape.of(&["/srv/**", "/srv/data/*", "**/d1"])}, {"tool": "s1/*"}]),
    };
    let mut scope = json!({"actions": [tape.of(&["**", "tools/*", "read"])], "resources": resources});
    if let Some(scope) = scope.as_object_mut().filter(|_| !arguments.is_empty()) {
        scope.insert("arguments".to_owned(), Value::Object(arguments));
    }
    json!({
        "id": id, "to": subject(tape), "scope": scope,
        "start": tape.of(&["2026-01-01T00:00:00Z", "2025-12-31T23:59:60Z", "2026-03-01T00:00:00Z"]),
        "end": tape.of(&["2026-06-01T00:00:00Z", "2026-06-01T02:00:00+02:00", "2027-01-01T00:00:00Z"]),
        "by": tape.of(&["ada", "ada", "bob"]), "why": "a test",
    })
}

fn agent(tape: &mut Tape<'_>, id: &str) -> Value {
    let mut agent = json!({
        "id": id, "groups": tape.some(30, &GROUPS), "sponsor": tape.of(&["ada", "ada", "group:g0", "bob"]),
        "blueprint": tape.of(&["b0", "b0", "b1"]), "owner": tape.of(&["ada", "bob"]),
    });
    let Some(members) = agent.as_object_mut() else { return agent };
    if tape.chance(7) {
        members.insert("state".to_owned(), json!(tape.of(&["disabled", "quarantined", "deleted"])));
    }
    if tape.chance(15) {
        members.insert("review_by".to_owned(), json!(tape.of(&["2027-01-01T00:00:00Z", "2026-03-01T12:00:00Z"])));
    }
    if tape.chance(4) {
        members.remove("sponsor");
    }
    if tape.chance(10) {
        members.remove("owner");
    }
    if tape.chance(10) {
        members.remove("blueprint");
    }
    if tape.chance(30) {
        members.insert("attributes".to_owned(), json!({"team": tape.of(&["x", "y"])}));
    }
    agent
}

fn user(tape: &mut Tape<'_>, id: &str, kind: &str) -> Value {
    let state = if tape.chance(6) { tape.of(&["disabled", "deleted"]) } else { "enabled" };
    let mut user = json!({"id": id, "type": kind, "groups": tape.some(30, &GROUPS), "state": state});
    if let Some(members) = user.as_object_mut() {
        if kind == "agent_user" {
            members.insert("agent".to_owned(), json!("a0"));
        }
        if tape.chance(40) {
            members.insert("attributes".to_owned(), json!({"team": tape.of(&["x", "y"])}));
        }
    }
    user
}

fn tools(tape: &mut Tape<'_>) -> Vec<Value> {
    let mut tools = Vec::new();
    for id in TOOLS {
        let (server, name) = id.split_once('/').unwrap_or_default();
        let assigned = if tape.chance(70) {
            json!([{"type": "agent"}, {"type": "user"}, {"type": "agent_user"}])
        } else {
            json!([subject(tape)])
        };
        let mut tool = json!({
            "server": server, "name": name, "assigned": assigned, "requires_grant": tape.chance(12),
            "state": if tape.chance(4) { "blocked" } else { "approved" },
        });
        let Some(members) = tool.as_object_mut() else { continue };
        let effect = tape.chance(80).then(|| if name == "send" { "send" } else { "read" });
        if let Some(effect) = effect {
            members.insert("effects".to_owned(), json!([effect]));
        }
        if tape.chance(70) {
            members.insert("flow".to_owned(), tool_flow(tape, name, effect));
        }
        if tape.chance(15) {
            members.insert("digest".to_owned(), json!(DIGEST));
        }
        if name == "pay" && tape.chance(50) {
            // The other members are of any type, so that generated conditions are no type errors.
            let any = json!({});
            let properties = json!({"amount": {"type": "number"}, "to": any, "list": any, "path": any});
            members.insert("parameters".to_owned(), json!({"type": "object", "properties": properties}));
        }
        tools.push(tool);
    }
    tools
}

fn resources(tape: &mut Tape<'_>) -> Vec<Value> {
    let mut all = vec![
        json!({"type": "folder", "id": "/srv"}),
        json!({"type": "folder", "id": "/srv/data", "containers": [{"type": "folder", "id": "/srv"}]}),
    ];
    for id in DOCS {
        if tape.chance(30) {
            continue;
        }
        let mut doc = json!({"type": "doc", "id": id, "requires_grant": tape.chance(8)});
        let Some(members) = doc.as_object_mut() else { continue };
        if tape.chance(60) {
            let folder = tape.of(&["/srv/data", "/srv"]);
            members.insert("containers".to_owned(), json!([{"type": "folder", "id": folder}]));
        }
        if tape.chance(70) {
            members.insert("label".to_owned(), json!(tape.of(&LABELS)));
        }
        if tape.chance(50) {
            members.insert("attributes".to_owned(), json!({"tier": tape.pick(3)}));
        }
        all.push(doc);
    }
    all
}

/// A document: everything but rules, grants and approvals.
pub fn base(tape: &mut Tape<'_>) -> Value {
    let mut groups = Vec::new();
    for (at, id) in GROUPS.iter().enumerate() {
        let outer = GROUPS.get(at + 1..).unwrap_or_default();
        groups.push(json!({"id": id, "groups": tape.some(30, outer)}));
    }
    let blueprint = |tape: &mut Tape<'_>, id: &str| {
        let state = if tape.chance(4) { "disabled" } else { "enabled" };
        json!({"id": id, "owner": "ada", "sponsor": "ada", "state": state})
    };
    let assumed = [
        json!({"fact": "device.compliant", "value": true, "reason": "a test"}),
        json!({"fact": "risk.user", "value": "low", "reason": "a test"}),
        json!({"fact": "context.window", "value": null, "reason": "a test"}),
        json!({"fact": "context.amount", "value": 3, "reason": "a test"}),
    ];
    let assume: Vec<Value> = assumed.into_iter().filter(|_| tape.chance(15)).collect();
    json!({
        "version": 1,
        "labels": [
            {"id": "public", "order": 0},
            {"id": "internal", "order": 10},
            {"id": "confidential", "order": 20, "sublabels": [{"id": "hr-records", "order": 1, "compartments": ["hr"]}]},
            {"id": "secret", "order": 30, "compartments": ["hr", "finance"]},
        ],
        "facts": {
            "ticket": "string", "amount": "double", "hop": "int", "window": "bool", "data": "label", "meta": "map",
            "tags": "list(string)",
        },
        "assume": assume,
        "flow": flows(tape),
        "groups": groups,
        "blueprints": [blueprint(tape, "b0"), blueprint(tape, "b1")],
        "users": [
            user(tape, "ada", "user"), user(tape, "bob", "user"), user(tape, "eve", "user"),
            user(tape, "a0@example.org", "agent_user"), user(tape, "spiffe://example.org/ci", "workload"),
        ],
        "agents": [agent(tape, "a0"), agent(tape, "a1"), agent(tape, "a2")],
        "servers": [
            {"id": "s0", "state": if tape.chance(3) { "blocked" } else { "approved" }},
            {"id": "s1"},
        ],
        "tools": tools(tape),
        "resources": resources(tape),
    })
}

/// A document with rules and grants.
pub fn document(tape: &mut Tape<'_>, reading: Reading) -> Value {
    let mut document = base(tape);
    let mut rules = Vec::new();
    if tape.chance(60) {
        rules.push(json!({"id": "broad", "effect": "permit", "action": "**"}));
    }
    for at in 0..2 + tape.pick(5) {
        rules.push(rule(tape, &format!("p{at}"), "permit", reading));
    }
    for at in 0..tape.pick(4) {
        rules.push(rule(tape, &format!("f{at}"), "forbid", reading));
    }
    for at in 0..tape.pick(4) {
        rules.push(rule(tape, &format!("r{at}"), "require", reading));
    }
    // Rare: they deny most calls of which little is known.
    let loss: Vec<Value> = if tape.chance(25) {
        (0..1 + tape.pick(2)).map(|at| loss_policy(tape, &format!("dlp{at}"), at)).collect()
    } else {
        Vec::new()
    };
    let grants: Vec<Value> = (0..tape.pick(4)).map(|at| grant(tape, &format!("gr{at}"))).collect();
    if let Some(members) = document.as_object_mut() {
        members.insert("rules".to_owned(), json!(rules));
        members.insert("grants".to_owned(), json!(grants));
        if !loss.is_empty() {
            members.insert("data_loss".to_owned(), json!(loss));
        }
    }
    document
}

/// A condition of a data-loss rule.
fn loss_condition(tape: &mut Tape<'_>, depth: usize) -> Value {
    if depth > 0 && tape.chance(30) {
        let mut inner = || loss_condition(tape, depth - 1);
        let (a, b) = (inner(), inner());
        return match tape.pick(3) {
            0 => json!({"all": [a, b]}),
            1 => json!({"any": [a, b]}),
            _ => json!({"not": a}),
        };
    }
    match tape.pick(6) {
        0 => json!({"label": {"any_of": [tape.of(&LABELS)]}}),
        1 => json!({"recipient": {tape.of(&["outside", "domain"]): ["example.org"]}}),
        2 => json!({"activity": [tape.of(&["print", "uploadText", "usb"])]}),
        3 => json!({"insider-risk": [tape.of(&["minor", "elevated"])]}),
        4 => json!({"property": {"name": "project", "any_of": ["x"]}}),
        _ => json!({"sensitive": {
            "type": tape.of(&["credit-card", "us-ssn"]), "min_count": 1 + tape.pick(2),
            "min_confidence": tape.of(&["low", "medium", "high"]),
        }}),
    }
}

/// A data-loss policy.
pub fn loss_policy(tape: &mut Tape<'_>, id: &str, priority: usize) -> Value {
    let rules: Vec<Value> = (0..1 + tape.pick(2))
        .map(|at| {
            let mut rule = json!({"id": format!("l{at}"), "priority": at, "when": loss_condition(tape, 1)});
            let Some(members) = rule.as_object_mut() else { return rule };
            let action = tape.of(&["block", "block-with-override", "warn", "audit", "redact"]);
            members.insert("action".to_owned(), json!(action));
            if action == "redact" {
                members.insert("when".to_owned(), json!({"sensitive": {"type": tape.of(&["credit-card", "us-ssn"])}}));
            }
            if tape.chance(30) {
                members.insert("except".to_owned(), json!([loss_condition(tape, 0)]));
            }
            if tape.chance(30) {
                members.insert("activities".to_owned(), json!({"print": tape.of(&["block", "warn"])}));
                members.insert("authorised".to_owned(), json!({"print": {"legal": "audit"}}));
            }
            rule
        })
        .collect();
    let mut scope = Map::new();
    if tape.chance(30) {
        scope.insert("users".to_owned(), json!({"only": [tape.of(&["ada", "bob"])]}));
    }
    if tape.chance(30) {
        scope.insert("groups".to_owned(), json!({"only": [tape.of(&GROUPS)]}));
    }
    if tape.chance(30) {
        scope.insert("exclude_groups".to_owned(), json!([tape.of(&GROUPS)]));
    }
    let mut policy = json!({
        "id": id, "priority": priority, "rules": rules,
        "mode": tape.of(&["on", "on", "on", "simulation", "off"]),
        "locations": {tape.of(&["exchange", "devices"]): scope},
    });
    if tape.chance(40) {
        let calls = [json!({"action": "tools/*"}), json!({"tool": "s0/*"}), json!({"resource": {"type": "doc"}})];
        if let (Some(members), Some(calls)) = (policy.as_object_mut(), calls.get(tape.pick(calls.len()))) {
            members.insert("calls".to_owned(), calls.clone());
        }
    }
    policy
}

/// An approval of a call.
pub fn approval(tape: &mut Tape<'_>, id: &str, call: &str) -> Value {
    json!({
        "id": id, "by": tape.of(&["bob", "ada", "eve"]), "call": call,
        "start": "2026-01-01T00:00:00Z", "end": tape.of(&["2027-01-01T00:00:00Z", "2026-06-01T00:00:00Z"]),
    })
}

fn principal(tape: &mut Tape<'_>) -> (&'static str, &'static str) {
    match tape.pick(12) {
        0..=4 => ("user", tape.of(&["ada", "bob", "eve", "ada"])),
        5..=7 => ("agent", tape.of(&["a0", "a1", "a2"])),
        8 => ("agent_user", "a0@example.org"),
        9 => ("workload", "spiffe://example.org/ci"),
        10 => ("bot", tape.of(&["crm/one", "crm/one/two"])),
        _ => (tape.of(&["user", "agent", "agent_user"]), "stranger"),
    }
}

fn thing(tape: &mut Tape<'_>, tool: bool) -> Value {
    let (kind, id) = if tool {
        ("tool", if tape.chance(3) { "s0/unknown" } else { tape.of(&TOOLS) })
    } else {
        match tape.pick(6) {
            0..=3 => ("doc", tape.of(&DOCS)),
            4 => ("folder", tape.of(&["/srv/data", "/srv"])),
            _ => ("page", tape.of(&["home", "/srv/data/page", "file:/srv/d1"])),
        }
    };
    let mut properties = Map::new();
    if tape.chance(30) {
        properties.insert("owner".to_owned(), json!(tape.of(&["ada", "bob", "a0"])));
    }
    if tape.chance(40) {
        let label = if tape.chance(15) { Value::Null } else { json!(tape.of(&LABELS)) };
        properties.insert("label".to_owned(), label);
    }
    json!({"type": kind, "id": id, "properties": properties})
}

/// Facts of the context, and values for each.
pub const FACTS: &[(&str, &[&str])] = &[
    ("time", &TIMES),
    ("risk.user", &["low", "none", "medium", "high"]),
    ("risk.sign_in", &["low", "none", "high"]),
    ("risk.agent", &["none", "high"]),
    ("risk.insider", &["none", "elevated"]),
    ("device.id", &["d-1"]),
    ("device.compliant", &["#true", "#false"]),
    ("device.managed", &["#true", "#false"]),
    ("device.joined", &["#true", "#false"]),
    ("device.platform", &["linux", "windows"]),
    ("location.ip", &["10.0.0.1"]),
    ("location.country", &["PT", "DE"]),
    ("location.trusted", &["#true", "#false"]),
    ("session.started", &["2026-03-01T11:00:00Z", "2026-03-01T11:55:00Z"]),
    ("authentication.mfa", &["#true", "#false"]),
    ("authentication.methods", &["#[\"pwd\", \"otp\"]", "#[\"otp\"]", "#[]"]),
    ("authentication.time", &["2026-03-01T11:50:00Z", "2026-03-01T11:10:00Z", "2026-03-01T13:00:00Z"]),
    ("authentication.scopes", &["#[\"read\"]", "#[\"read\", \"reply\"]"]),
    ("authentication.sender_constrained", &["#true", "#false"]),
    ("tool.digest", &[DIGEST, "sha256:00"]),
    ("approval.id", &["ap-0", "ap-1"]),
    ("justification", &["a reason", " "]),
    ("content.location", &["exchange", "devices", "apps"]),
    ("content.activity", &["print", "uploadText", "share"]),
    ("content.label", &["public", "internal", "hr-records", "secret"]),
    (
        "content.sensitive",
        &[
            "#{\"credit-card\": [], \"us-ssn\": []}",
            "#{\"credit-card\": [85, 65], \"us-ssn\": [75]}",
            "#{\"us-ssn\": [65, 65]}",
            "#{}",
        ],
    ),
    ("content.recipients", &["#[\"ada@example.org\"]", "#[\"ada@example.org\", \"eve@example.com\"]", "#[]"]),
    ("content.properties", &["#{\"project\": \"x\"}", "#{}"]),
    ("content.target_groups", &["#[\"legal\"]", "#[]"]),
    ("ticket", &["T-1", "x"]),
    ("amount", &["#3", "#7.5", "#12"]),
    ("hop", &["#1", "#0", "#4", "#-3", "#9223372036854775807"]),
    ("window", &["#true", "#false"]),
    ("data", &["public", "hr-records", "secret"]),
    ("meta", &["#{}", "#{\"k\": 1}", "#{\"k\": \"v\"}", "#{\"k\": null, \"j\": [1]}"]),
    ("tags", &["#[\"a\", \"bb\"]", "#[]", "#[\"bb\"]"]),
];

/// Facts of a flow that a request states, and values for each. Where it states none they are not missing: it is of no session.
pub const FLOW_FACTS: &[(&str, &[&str])] = &[
    ("flow.session", &["s-1", "s-2"]),
    ("flow.changed", &["#false", "#true"]),
    ("flow.sent", &["#false", "#true"]),
    ("flow.refused", &["#false", "#true"]),
    ("flow.consented", &["#false", "#true"]),
];

/// One of the values of a fact.
pub fn value(tape: &mut Tape<'_>, values: &[&'static str]) -> Value {
    let text = tape.of(values);
    match text.strip_prefix('#') {
        Some(json) => serde_json::from_str(json).unwrap_or(Value::Null),
        None => json!(text),
    }
}

/// Puts a member at a dotted path.
pub fn put(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            into.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = into.entry(first).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// A label as requests state it: complete, with parts left out, or with names that the policy may not have.
fn flow_label(tape: &mut Tape<'_>) -> Value {
    let mut label = Map::new();
    let mut put = |name: &str, value: Value| label.insert(name.to_owned(), value);
    if tape.chance(90) {
        put(
            "label",
            json!(tape.of(&["public", "internal", "public", "confidential", "hr-records", "secret", "absent"])),
        );
    }
    if tape.chance(25) {
        put("readers", json!(tape.of(&["staff", "duo", "nobody", "absent"])));
    }
    if tape.chance(75) {
        put("trust", json!(tape.of(&["user", "user", "system", "vendor", "untrusted", "absent"])));
    }
    if tape.chance(75) {
        let some = tape.some(50, &["inbox", "web"]);
        put("origins", if some.is_empty() { json!("inbox") } else { json!(some) });
    }
    Value::Object(label)
}

fn flow_labels(tape: &mut Tape<'_>) -> Value {
    if tape.chance(20) { flow_label(tape) } else { (0..tape.pick(4)).map(|_| flow_label(tape)).collect() }
}

/// The labels of a flow that states none.
pub fn flow_labels_of(tape: &mut Tape<'_>) -> Value {
    flow_labels(tape)
}

/// What a request states of its session.
fn flow(tape: &mut Tape<'_>) -> Value {
    let mut flow = Map::new();
    if tape.chance(88) {
        flow.insert("labels".to_owned(), flow_labels(tape));
    }
    if tape.chance(25) {
        let mut provenance = Map::new();
        for name in ["to", "amount", "list", "path"] {
            let input = |tape: &mut Tape<'_>| match tape.pick(4) {
                0 | 1 => json!("prompt"),
                2 => json!("context"),
                _ => flow_label(tape),
            };
            match tape.pick(4) {
                0 => {}
                1 => drop(provenance.insert(name.to_owned(), json!([input(tape), input(tape)]))),
                _ => drop(provenance.insert(name.to_owned(), input(tape))),
            }
        }
        flow.insert("provenance".to_owned(), Value::Object(provenance));
    }
    if tape.chance(35) {
        let prompt = tape.of(&[
            "Send and pay 5 to x@example.org, as in \"/srv/data/d1\".",
            "Pay no. 15, or what y@example.com says in /srv/data/d1.",
            "Look.",
        ]);
        flow.insert("prompt".to_owned(), json!(prompt));
    }
    if tape.chance(10) {
        flow.insert("tools".to_owned(), json!(tape.some(70, &TOOLS)));
    }
    for (name, percent) in [("withheld", 15), ("untrusted", 6), ("sensitive", 6)] {
        if tape.chance(percent) {
            flow.insert(name.to_owned(), json!(tape.chance(60)));
        }
    }
    if tape.chance(5) {
        flow.insert("label".to_owned(), json!(tape.of(&LABELS)));
    }
    Value::Object(flow)
}

/// What holds for all flows.
fn flows(tape: &mut Tape<'_>) -> Value {
    let mut flows = json!({
        "origins": ["inbox", "web"],
        "audiences": [{"id": "staff", "members": "*@example.org"}, {"id": "duo", "groups": ["g0"]}],
        "prompt": {"label": tape.of(&["public", "internal"]), "trust": "user", "origins": tape.of(&["inbox", "web"])},
    });
    let Some(members) = flows.as_object_mut() else { return flows };
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if tape.chance(30) {
        put("clearance", json!({"label": tape.of(&["secret", "confidential"]), "readers": tape.of(&["staff", "duo"])}));
    }
    if tape.chance(60) {
        put("approval", json!(tape.of(&["user:ada", "sponsor", "owner", "group:g0"])));
        put("approver_clearance", json!({"label": "secret"}));
    }
    if tape.chance(30) {
        put("ready", json!(tape.of(&["rule_of_two", "lethal_trifecta"])));
    }
    if tape.chance(70) {
        put("sensitive", json!(tape.of(&["confidential", "internal"])));
    }
    if tape.chance(4) {
        put("session", json!("required"));
    }
    flows
}

/// How a tool takes part in flows; `effect` is what it does, if that is known.
fn tool_flow(tape: &mut Tape<'_>, name: &str, effect: Option<&str>) -> Value {
    let mut parameters = Map::new();
    for name in ["to", "amount", "list", "path"] {
        if tape.chance(25) {
            continue;
        }
        let role = tape.of(&["target", "content", "selector", "target", "content", "command", "credential"]);
        let mut parameter = json!({"role": role});
        let Some(members) = parameter.as_object_mut() else { continue };
        if effect.is_some() && !matches!(role, "command" | "credential") && tape.chance(25) {
            members.insert("exempt".to_owned(), json!(tape.of(&["number", "bounded", "bool", "enum"])));
        }
        if tape.chance(15) {
            members.insert("trust".to_owned(), json!(tape.of(&["vendor", "any", "system"])));
        }
        if tape.chance(10) {
            members.insert("from".to_owned(), json!(tape.of(&["inbox", "web"])));
        }
        if name == "to" && tape.chance(50) {
            members.insert("recipient".to_owned(), json!(true));
        }
        if role == "content" && tape.chance(30) {
            members.insert("links".to_owned(), json!(tape.of(&["free", "guarded"])));
        }
        parameters.insert(name.to_owned(), parameter);
    }
    let mut flow = json!({"parameters": parameters, "purpose": name});
    let Some(members) = flow.as_object_mut() else { return flow };
    if tape.chance(80) {
        let mut output = flow_label(tape);
        if let Some(output) = output.as_object_mut() {
            output.retain(|_, value| !value.to_string().contains("absent"));
            output.insert("constant".to_owned(), json!(tape.chance(30)));
        }
        members.insert("output".to_owned(), output);
    }
    if effect != Some("read") && tape.chance(80) {
        members.insert("channel".to_owned(), json!({"label": tape.of(&["internal", "secret", "public"])}));
    }
    if tape.chance(8) {
        members.insert("consequential".to_owned(), json!(true));
    }
    flow
}

/// A request with at most two actors. In a part of them many facts are missing, in others hardly any.
pub fn request(tape: &mut Tape<'_>) -> Value {
    through(tape, &[0, 1, 1, 2])
}

/// A request through a chain of three to eight actors.
pub fn long_chain(tape: &mut Tape<'_>) -> Value {
    through(tape, &[3, 4, 5, 6, 7, 8, 8, 8])
}

/// A request through one of these numbers of actors.
fn through(tape: &mut Tape<'_>, lengths: &[usize]) -> Value {
    let (kind, id) = principal(tape);
    let mut properties = Map::new();
    let mut act = Value::Null;
    for _ in 0..lengths.get(tape.pick(lengths.len())).copied().unwrap_or(0) {
        let (kind, id) = if tape.chance(75) { ("agent", tape.of(&["a0", "a1", "a2"])) } else { principal(tape) };
        let profile = match kind {
            "agent" => "ai_agent",
            "workload" => "service",
            "bot" => "user",
            other => other,
        };
        let mut link = json!({"sub": id, "sub_profile": profile});
        if let Some(members) = link.as_object_mut() {
            if tape.chance(60) {
                members.insert("iss".to_owned(), json!(tape.of(&["https://id.example", "https://evil.example"])));
            }
            if !act.is_null() {
                members.insert("act".to_owned(), act);
            }
        }
        act = link;
    }
    if !act.is_null() {
        properties.insert("act".to_owned(), act);
    }
    if tape.chance(20) {
        properties.insert("groups".to_owned(), json!(tape.some(30, &GROUPS)));
    }
    if tape.chance(50) {
        properties.insert("iss".to_owned(), json!("https://id.example"));
    }
    if tape.chance(20) {
        properties.insert("role".to_owned(), json!(tape.of(&["x", "y"])));
    }
    let tool = tape.chance(60);
    let mut action = Map::new();
    if tool || tape.chance(20) {
        let mut arguments = Map::new();
        if tape.chance(60) {
            arguments.insert("amount".to_owned(), value(tape, &["#5", "#15", "#5.5", "#\"5\"", "#null"]));
        }
        if tape.chance(50) {
            arguments.insert("to".to_owned(), value(tape, &["x@example.org", "y@example.com", "#null"]));
        }
        if tape.chance(40) {
            arguments.insert("list".to_owned(), value(tape, &["#[1, 2]", "#[]", "#[3, \"x\"]"]));
        }
        if tape.chance(40) {
            let paths = ["/srv/data/d1", "/srv/data/../../etc/passwd", "/etc/passwd", "srv", ""];
            arguments.insert("path".to_owned(), value(tape, &paths));
        }
        if tape.chance(85) {
            action.insert("arguments".to_owned(), Value::Object(arguments));
        }
    }
    if tape.chance(20) {
        action.insert("soft".to_owned(), json!(tape.chance(50)));
    }
    let name = if tool && tape.chance(80) { "tools/call" } else { tape.of(&ACTIONS) };
    let mut context = Map::new();
    let given = [95, 75, 30].get(tape.pick(3)).copied().unwrap_or(95);
    for (path, values) in FACTS {
        let rare = if *path == "time" { 20 } else { 0 };
        if tape.chance(given + rare) {
            let said = if tape.chance(4) { Value::Null } else { value(tape, values) };
            put(&mut context, path, said);
        }
    }
    if tape.chance(25) {
        context.insert("flow".to_owned(), flow(tape));
        for (path, values) in FLOW_FACTS {
            if tape.chance(given) {
                put(&mut context, path, value(tape, values));
            }
        }
    }
    if tape.chance(35) {
        let targets: Vec<Value> = (0..1 + tape.pick(2))
            .map(|_| {
                let tool = tape.chance(20);
                thing(tape, tool)
            })
            .collect();
        context.insert("targets".to_owned(), json!(targets));
    }
    json!({
        "subject": {"type": kind, "id": id, "properties": properties},
        "action": {"name": name, "properties": action},
        "resource": thing(tape, tool),
        "context": context,
    })
}
