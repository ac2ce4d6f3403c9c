//! What a list of tools shows: a tool is listed if some arguments would be allowed, or more, never fewer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test fails by panicking"
)]

use placet::fact::slot;
use placet::{Engine, Limits, Link, Request, Target, Verdict, document};
use proptest::prelude::*;

const WORLD: &str = "
version: 1
users: [{id: ada}]
groups: [{id: bots}]
agents: [{id: bot, sponsor: ada, groups: [bots]}]
servers: [{id: s}]
tools:
  - server: s
    name: t
    assigned: {agent: bot}
    parameters:
      type: object
      properties: {n: {type: integer}, text: {type: string}, list: {type: array, items: {type: integer}}}
  - {server: s, name: other, assigned: {agent: bot}}
  - {server: s, name: granted, assigned: {agent: bot}, requires_grant: true}
  - {server: s, name: foreign}
grants:
  - id: g
    to: {agent: bot}
    scope: {actions: tools/call, resources: {tool: s/granted}, arguments: {n: {at_most: 5}}}
    start: 2026-01-01T00:00:00Z
    end: 2027-01-01T00:00:00Z
    by: ada
    why: a test
";

fn engine(rules: &str) -> Engine {
    let text = format!("{WORLD}\nrules:\n{rules}");
    Engine::of(
        &document::load([("p.yaml", text.as_str())], &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}")),
    )
}

fn base() -> Request<'static> {
    Request::new(Link::agent("bot"), "tools/list", Target::new("mcp_server", "s"))
        .at("2026-06-01T00:00:00Z".parse().unwrap())
}

#[test]
fn tools_are_listed_by_the_policy_that_gates_them() {
    let rule =
        |rest: &str| format!("  - {{id: p, effect: permit, subject: {{agent: bot}}, action: tools/call{rest}}}\n");
    let listed = |rules: &str| {
        let engine = engine(rules);
        let listed: Vec<String> = engine.list_tools(&base()).into_iter().map(str::to_owned).collect();
        // One by one it is the same answer, whatever the arguments.
        let call = |tool: &'static str| {
            Request::new(Link::agent("bot"), "tools/call", Target::tool(tool))
                .at("2026-06-01T00:00:00Z".parse().unwrap())
        };
        for tool in ["s/t", "s/other", "s/granted", "s/foreign"] {
            let could = listed.iter().any(|listed| listed == tool);
            assert_eq!(engine.could_allow(&call(tool)), could, "{tool}");
            assert_eq!(engine.could_allow(&call(tool).argument("n", 1_000)), could, "{tool}");
        }
        listed
    };
    // A grant that is live, whatever its bounds; a tool that is assigned to nobody is never listed.
    assert_eq!(listed("  []\n"), ["s/granted"]);
    assert_eq!(listed(&rule("")), ["s/granted", "s/other", "s/t"]);
    // Undecided for want of arguments: listed.
    assert_eq!(listed(&rule(", resource: {type: tool, id: s/t}, when: 'arguments.n > 3'")), ["s/granted", "s/t"]);
    // Undecided for want of a signal: not listed.
    assert_eq!(listed(&rule(", when: 'risk.agent < \"high\"'")), ["s/granted"]);
    // A forbid counts if no arguments can avoid it.
    let forbid =
        |when: &str| rule("") + &format!("  - {{id: f, effect: forbid, resource: {{id: s/t}}, when: '{when}'}}\n");
    assert_eq!(listed(&forbid("arguments.n > 3")), ["s/granted", "s/other", "s/t"]);
    assert_eq!(listed(&forbid("true")), ["s/granted", "s/other"]);
    assert_eq!(listed(&forbid("risk.agent >= \"high\"")), ["s/granted", "s/other"]);
    // Somebody must meet a control: an agent alone cannot.
    let mfa = rule("") + "  - {id: r, effect: require, resource: {id: s/t}, require: {control: mfa}}\n";
    assert_eq!(listed(&mfa), ["s/granted", "s/other"]);
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-3i64..4).prop_map(|n| format!("arguments.n <= {n}")),
        (-3i64..4).prop_map(|n| format!("arguments.n == {n}")),
        Just("has(arguments.n)".to_owned()),
        Just("arguments.text.startsWith(\"a\")".to_owned()),
        Just("arguments.list.exists(x, x > 1)".to_owned()),
        Just("arguments.list.all(x, x > arguments.n)".to_owned()),
        Just("size(arguments.list) > 1".to_owned()),
        Just("risk.agent >= \"medium\"".to_owned()),
        Just("device.compliant".to_owned()),
        Just("\"bots\" in principal.groups".to_owned()),
        Just("arguments.n / 0 == 1".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn rule() -> impl Strategy<Value = String> {
    let effect = prop_oneof![
        4 => Just("effect: permit"),
        2 => Just("effect: forbid"),
        1 => Just("effect: require, require: {control: mfa}"),
        1 => Just("effect: require, require: {approval: sponsor}"),
        1 => Just("effect: require, require: {obligation: {type: log}}"),
    ];
    (effect, proptest::option::weighted(0.8, condition())).prop_map(|(effect, when)| {
        let when = when.map(|when| format!(", when: '{when}'")).unwrap_or_default();
        format!("{effect}, action: tools/call, resource: {{type: tool, id: s/t}}{when}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn law_listing_never_hides_what_would_be_allowed(
        rules in proptest::collection::vec(rule(), 1..5),
        n in proptest::option::of(-4i64..5),
        text in proptest::option::of("[ab]{0,2}"),
        list in proptest::option::of(proptest::collection::vec(-2i64..4, 0..3)),
        risk in proptest::option::of(prop_oneof![Just("none"), Just("high")]),
        compliant in proptest::option::of(any::<bool>()),
    ) {
        let mut written = String::new();
        for (at, rule) in rules.iter().enumerate() {
            written.push_str(&format!("  - {{id: r{at}, {rule}}}\n"));
        }
        let engine = engine(&written);
        let mut signals = base();
        if let Some(risk) = risk { signals = signals.fact(slot::RISK_AGENT, risk); }
        if let Some(compliant) = compliant { signals = signals.fact(slot::DEVICE_COMPLIANT, compliant); }
        let mut call = Request::new(Link::agent("bot"), "tools/call", Target::tool("s/t")).at("2026-06-01T00:00:00Z".parse().unwrap());
        if let Some(risk) = risk { call = call.fact(slot::RISK_AGENT, risk); }
        if let Some(compliant) = compliant { call = call.fact(slot::DEVICE_COMPLIANT, compliant); }
        call = call.arguments(placet::value::Map::default());
        if let Some(n) = n { call = call.argument("n", n); }
        if let Some(text) = &text { call = call.argument("text", text.as_str()); }
        if let Some(list) = list {
            call = call.argument("list", list.into_iter().map(placet::value::Value::Int).collect::<placet::value::Value<'_>>());
        }
        let decided = engine.decide(&call).verdict();
        if decided != Verdict::Deny {
            prop_assert!(engine.list_tools(&signals).contains(&"s/t"), "{decided} and not listed:\n{written}");
        }
    }
}
