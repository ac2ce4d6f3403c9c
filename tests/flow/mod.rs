//! A world for the laws of flows: tools of every kind, generated labels, generated sessions.

use std::sync::LazyLock;

use placet::flow::{Answered, Ask, FlowLabel, Lattice, Observed, Run, Session, Task, Words};
use placet::time::{Duration, Timestamp};
use placet::{Engine, Limits, Link, Request, Target, Verdict};
use proptest::prelude::*;
use serde_json::json;

/// The tools of the world. Reads are named by the label of what they answer.
pub(crate) const TOOLS: [&str; 17] = [
    "read-public-user",
    "read-public-untrusted",
    "read-internal-user",
    "read-internal-untrusted",
    "read-secret-user",
    "read-secret-untrusted",
    "read-mixed",
    "echo",
    "publish",
    "mail",
    "pay",
    "delete",
    "run",
    "set-password",
    "fetch",
    "consequential",
    "undeclared",
];

const TEXTS: [&str; 8] = [
    "ada@contoso.example",
    "eve@fabrikam.example",
    "hello",
    "www.example.com",
    "13",
    "order-7",
    "see www.evil.example now",
    "a longer text",
];

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) engine: Engine,
}

/// A call and what came back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) tool: &'static str,
    pub(crate) arguments: Vec<(&'static str, String)>,
    pub(crate) result: String,
}

impl Event {
    pub(crate) fn call(tool: &'static str, arguments: &[(&'static str, &str)], result: &str) -> Self {
        let arguments = arguments.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { tool, arguments, result: result.to_owned() }
    }

    pub(crate) fn is_untrusted(&self) -> bool {
        self.tool.ends_with("-untrusted") || matches!(self.tool, "fetch" | "undeclared" | "run")
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.tool.starts_with("read-secret")
    }

    pub(crate) fn saying(&self, result: &str) -> Self {
        Self { result: result.to_owned(), ..self.clone() }
    }
}

/// The same call of a tool whose answers are as public and less trusted, or more secret.
pub(crate) fn raised(event: &Event) -> Event {
    let tool = match event.tool {
        "read-public-user" => "read-public-untrusted",
        "read-internal-user" | "read-public-untrusted" => "read-internal-untrusted",
        other => other,
    };
    Event { tool, ..event.clone() }
}

pub(crate) fn time(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    noon.checked_add(Duration::from_parts(minutes * 60, 0).unwrap()).unwrap()
}

fn document(ready: &str, origin: &str) -> String {
    let mut tools = String::new();
    for tool in TOOLS {
        let (effects, text) = declaration(tool);
        tools.push_str(&format!(
            "  - {{server: lab, name: {tool}, effects: [{effects}], assigned: {{agent: bot}}{}}}\n",
            if text.is_empty() { String::new() } else { format!(", flow: {{{text}}}") }
        ));
    }
    format!(
        "version: 1
labels:
  - {{id: public, order: 0}}
  - {{id: internal, order: 1}}
  - {{id: secret, order: 2, compartments: [hr]}}
  - {{id: sealed, order: 3, compartments: [legal]}}
flow:
  origins: [mail, web, {origin}]
  audiences:
    - {{id: staff, members: '*@contoso.example'}}
    - {{id: partners, members: ['*@fabrikam.example', 'ada@*']}}
  prompt: {{label: public, trust: user}}
  clearance: {{label: sealed, readers: [staff, partners]}}
  approval: ['user:ada']
  approver_clearance: {{label: internal, readers: staff}}
  sensitive: internal
  {ready}
groups:
  - {{id: people}}
users:
  - {{id: ada, groups: [people]}}
  - {{id: bob, groups: [people]}}
agents:
  - {{id: bot, sponsor: ada}}
servers: [{{id: lab}}]
tools:
{tools}
rules:
  - {{id: all, effect: permit, subject: [{{group: people}}, {{agent: bot}}]}}
"
    )
}

/// Effects, and what is declared.
fn declaration(tool: &str) -> (&'static str, &'static str) {
    match tool {
        "read-public-user" => ("read", "output: {label: public, trust: user, origins: mail}"),
        "read-public-untrusted" => ("read", "output: {label: public, trust: untrusted, origins: [mail, web]}"),
        "read-internal-user" => ("read", "output: {label: internal, readers: staff, trust: user, origins: mail}"),
        "read-internal-untrusted" => {
            ("read", "output: {label: internal, readers: staff, trust: untrusted, origins: [mail, web]}")
        }
        "read-secret-user" => ("read", "output: {label: secret, readers: nobody, trust: user, origins: mail}"),
        "read-secret-untrusted" => {
            ("read", "output: {label: secret, readers: nobody, trust: untrusted, origins: [mail, web]}")
        }
        "read-mixed" => (
            "read",
            "output: {label: public, trust: untrusted, origins: mail, constant: true, fields: [{at: /good, trust: user}, {at: /bad, label: internal}]}",
        ),
        "echo" => ("read", "output: {label: public, trust: system, origins: mail}"),
        "publish" => (
            "send",
            "purpose: publish, channel: {label: public}, parameters: {to: {role: target}, text: {role: content}}, output: {label: public, trust: user, origins: mail}",
        ),
        "mail" => (
            "send",
            "purpose: mail, channel: {label: internal}, parameters: {to: {role: target, recipient: true}, text: {role: content}}, output: {label: internal, trust: user, origins: mail}",
        ),
        "pay" => (
            "mutate",
            "purpose: pay, parameters: {to: {role: target, domain: account}, text: {role: selector, exempt: number}}, output: {label: public, trust: user, origins: mail}",
        ),
        "delete" => ("delete", "parameters: {to: {role: target}}, output: {label: public, trust: user, origins: mail}"),
        "run" => ("execute", "parameters: {to: {role: command}}"),
        "set-password" => {
            ("mutate", "parameters: {to: {role: credential}}, output: {label: public, trust: user, origins: mail}")
        }
        "fetch" => (
            "read, send",
            "parameters: {to: {role: target}}, channel: {label: public}, output: {label: public, trust: untrusted, origins: [mail, web]}",
        ),
        "consequential" => (
            "mutate",
            "consequential: true, parameters: {to: {role: target}, text: {role: content}}, output: {label: public, trust: user, origins: mail}",
        ),
        _ => ("mutate", ""),
    }
}

impl World {
    fn of(text: &str) -> Self {
        let policy =
            placet::document::load([("world.yaml", text)], &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
        Self { engine: Engine::of(&policy) }
    }

    pub(crate) fn new() -> Self {
        static WORLD: LazyLock<World> = LazyLock::new(|| World::of(&document("", "files")));
        WORLD.clone()
    }

    pub(crate) fn with_ready() -> Self {
        static WORLD: LazyLock<World> =
            LazyLock::new(|| World::of(&document("ready: [rule_of_two, lethal_trifecta]", "files")));
        WORLD.clone()
    }

    pub(crate) fn foreign() -> Self {
        Self::of(&document("", "archive"))
    }

    pub(crate) fn task(&self) -> Task {
        self.engine.task("Publish hello, mail it to ada@contoso.example and pay order-7, then delete number 13.")
    }

    pub(crate) fn request<'e>(&self, event: &'e Event) -> Request<'e> {
        let target = Target::tool(format!("lab/{}", event.tool));
        let mut request = Request::new(Link::user("ada"), "tools/call", target).actor(Link::agent("bot")).at(time(0));
        request = request.arguments(placet::value::Map::default());
        for (name, value) in &event.arguments {
            request = request.argument(*name, value.as_str());
        }
        request
    }

    pub(crate) fn verdict(&self, session: &Session, event: &Event, run: &Run<'_>) -> Verdict {
        self.engine.decide_in(&self.request(event), session, run).verdict()
    }

    pub(crate) fn verdict_at(&self, session: &Session, event: &Event, minutes: i64) -> Verdict {
        self.engine.decide_in(&self.request(event).at(time(minutes)), session, &Run::default()).verdict()
    }

    /// The answer as the model would see it.
    pub(crate) fn answer(&self, session: &Session, event: &Event, run: &Run<'_>) -> String {
        let request = self.request(event);
        let decision = self.engine.decide_in(&request, session, run);
        serde_json::to_string(&placet::Answer::new(&decision, &request)).unwrap()
    }

    pub(crate) fn asks(&self, session: &Session, event: &Event) -> Vec<Ask> {
        self.engine.asks(&self.request(event), session, &Run::default())
    }

    pub(crate) fn observe(&self, session: &mut Session, event: &Event) -> Observed {
        let result = json!({ "good": event.result, "bad": event.result });
        let answered = Answered { result: Some(&result), is_withheld: event.is_hidden(), ..Answered::default() };
        self.engine.observe(session, &self.request(event), &Run::default(), &answered)
    }

    /// What the tool declares of its answers.
    pub(crate) fn answer_label(&self, event: &Event) -> FlowLabel {
        let mut session = self.engine.session();
        let observed = self.observe(&mut session, &Event { arguments: Vec::new(), ..event.clone() });
        observed.label
    }

    /// Whether ada may see what is asked.
    pub(crate) fn may_see(&self, ask: &Ask) -> bool {
        let policy = self.engine.policy().flow();
        let seen = ask.label.confidentiality;
        let who = policy.words.memberships("ada", |_| false);
        seen.label.flows_to(policy.approver_clearance.label)
            && seen.readers.admit(who | policy.approver_clearance.readers)
    }
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let text = || proptest::sample::select(TEXTS.to_vec());
    (proptest::sample::select(TOOLS.to_vec()), text(), text(), text()).prop_map(|(tool, to, words, result)| {
        let arguments: &[(&'static str, &str)] = match tool {
            "echo" => &[("text", words)],
            "delete" | "run" | "set-password" | "fetch" => &[("to", to)],
            tool if tool.starts_with("read-") => &[],
            "undeclared" => &[("what", to)],
            _ => &[("to", to), ("text", words)],
        };
        Event::call(tool, arguments, result)
    })
}

pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(), 0..7)
}

pub(crate) fn words() -> Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| Words::clone(&World::new().engine.policy().flow().words));
    WORDS.clone()
}

const FOREIGN: &str = "version: 1
labels:
  - {id: open, order: 0}
  - {id: house, order: 1}
  - {id: closed, order: 2, compartments: [people]}
flow:
  trust: [machine, person, anyone]
  origins: [inbox]
  audiences: [{id: partners, members: '*'}]
  prompt: {label: open, trust: person}
";

pub(crate) fn foreign_words() -> Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        let policy = placet::document::load([("foreign.yaml", FOREIGN)], &Limits::default());
        Words::clone(&policy.unwrap_or_else(|e| panic!("{e}")).flow().words)
    });
    WORDS.clone()
}

/// Any label: top, bottom, and everything that names say.
pub(crate) fn label() -> impl Strategy<Value = FlowLabel> {
    let levels = ["bottom", "public", "internal", "secret", "sealed", "top"];
    let sets = |names: &'static [&'static str]| proptest::sample::subsequence(names.to_vec(), 0..=names.len());
    let named = (
        proptest::sample::select(levels.to_vec()),
        prop_oneof![4 => sets(&["hr", "legal"]).prop_map(|set| json!(set)), 1 => Just(json!("all"))],
        prop_oneof![4 => sets(&["partners", "staff"]).prop_map(|set| if set.is_empty() { json!("all") } else { json!(set) }), 1 => Just(json!("nobody"))],
        proptest::sample::select(vec!["system", "user", "vendor", "untrusted", "top"]),
        prop_oneof![4 => sets(&["files", "mail", "web"]).prop_map(|set| json!(set)), 1 => Just(json!("all"))],
    );
    let named = named.prop_map(|(level, compartments, readers, trust, sources)| {
        let json = json!({"version": 1, "level": level, "compartments": compartments, "readers": readers, "trust": trust, "sources": sources});
        words().read(&json).unwrap()
    });
    prop_oneof![1 => Just(FlowLabel::TOP), 1 => Just(FlowLabel::BOTTOM), 8 => named]
}
