//! An MCP gateway: a JSON-RPC `tools/call` becomes a request, and the answer either lets it pass (with changed arguments where
//! a rule says so) or turns it into a JSON-RPC error that is safe to show to the model.
//!
//! ```text
//! cargo run --example mcp_tool_call
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::indexing_slicing, reason = "JSON answers `null` where a member is missing")]

use placet::fact::slot;
use placet::rule::Requirement;
use placet::value::{Key, Map, Value};
use placet::{Answer, Engine, Limits, Link, Request, Target, document};
use serde_json::{Value as Json, json};

const POLICY: &str = r#"
version: 1
users:
  - {id: ada}
agents:
  - {id: support-bot, sponsor: ada, owner: ada, purpose: Answers customers}
servers:
  - {id: crm}
tools:
  - server: crm
    name: search
    effects: [read]
    assigned: {agent: support-bot}
    digest: "sha256:3f1d4a6c8e0b2d5f7a9c1e3b5d7f9a1c3e5b7d9f1a3c5e7b9d1f3a5c7e9b1d3f"
    parameters: {type: object, properties: {query: {type: string}, limit: {type: integer}}, required: [query]}
  - server: crm
    name: export
    effects: [send]
    assigned: {agent: support-bot}
    parameters: {type: object, properties: {account: {type: string}, to: {type: string}}, required: [account, to]}
rules:
  - {id: support-uses-the-crm, effect: permit, subject: [{user: ada}, {agent: support-bot}], action: tools/call, resource: {type: tool, id: crm/*}}
  - {id: support-touches-accounts, effect: permit, subject: [{user: ada}, {agent: support-bot}], action: tools/call, resource: {type: account, id: "emea/**"}}
  - id: small-searches
    effect: require
    tool: crm/search
    when: '!has(arguments.limit) || arguments.limit > 10'
    require: [{narrow: {argument: /limit, to: 10}}]
  - id: exports-stay-inside
    effect: forbid
    tool: crm/export
    when: '!arguments.to.endsWith("@contoso.example")'
    message: Exports go to addresses of the company only.
  - id: exports-are-approved
    effect: require
    tool: crm/export
    require: [{approval: owner}]
"#;

/// What the gateway knows about the session; the model has no say in it.
struct Session<'s> {
    user: &'s str,
    agent: &'s str,
    server: &'s str,
}

/// A JSON value as a fact. Objects have unique keys, so none is lost.
fn value(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::Uint(uint),
            (None, None) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(_) => Value::from(map(json)),
    }
}

fn map(json: &Json) -> Map<'_> {
    let members = json.as_object().into_iter().flatten();
    Map::new(members.map(|(name, member)| (Key::String(name.into()), value(member))).collect()).unwrap_or_default()
}

/// Judges a `tools/call`: the message to pass on to the server, or the error to give back.
fn gate(engine: &Engine, session: &Session<'_>, message: &Json, definition: Option<&str>) -> Result<Json, Json> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let arguments = message.pointer("/params/arguments").cloned().unwrap_or(json!({}));
    let mut call = Request::new(
        Link::user(session.user),
        text("/method"),
        Target::tool(format!("{}/{}", session.server, text("/params/name"))),
    )
    .actor(Link::agent(session.agent))
    .arguments(map(&arguments))
    .supports("narrow");
    // Digest of the definition that the server offers now: a tool whose description was changed after approval is refused.
    if let Some(digest) = definition {
        call = call.fact(slot::TOOL_DIGEST, digest);
    }
    // Data that the call touches is judged too.
    if let Some(account) = arguments.get("account").and_then(Json::as_str) {
        call = call.target(Target::new("account", account));
    }

    let decision = engine.decide(&call);
    if decision.may_proceed(&call) {
        let mut passed = message.clone();
        for outstanding in decision.requirements() {
            if let Requirement::Narrow { pointer, to } = outstanding.requirement {
                narrow(&mut passed, pointer, to);
            }
        }
        return Ok(passed);
    }
    let answer = Answer::new(&decision, &call);
    Err(json!({
        "jsonrpc": "2.0",
        "id": message["id"],
        "error": {"code": -32_001, "message": format!("not permitted: {}", answer.context.verdict), "data": answer.context},
    }))
}

/// Sets a member of the arguments.
fn narrow(message: &mut Json, pointer: &str, to: &Json) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    let name = name.replace("~1", "/").replace("~0", "~");
    if let Some(Json::Object(members)) = message.pointer_mut(&format!("/params/arguments{parent}")) {
        members.insert(name, to.clone());
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::of(&document::load([("policy.yaml", POLICY)], &Limits::default())?);
    let session = Session { user: "ada", agent: "support-bot", server: "crm" };
    let pinned = Some("sha256:3f1d4a6c8e0b2d5f7a9c1e3b5d7f9a1c3e5b7d9f1a3c5e7b9d1f3a5c7e9b1d3f");
    let other = Some("sha256:0000000000000000000000000000000000000000000000000000000000000000");
    let calls = [
        ("a search", pinned, json!({"name": "search", "arguments": {"query": "late deliveries", "limit": 5}})),
        ("a search for too much", pinned, json!({"name": "search", "arguments": {"query": "*", "limit": 100_000}})),
        ("a tool that was changed", other, json!({"name": "search", "arguments": {"query": "late"}})),
        (
            "an export",
            None,
            json!({"name": "export", "arguments": {"account": "emea/17", "to": "max@contoso.example"}}),
        ),
        (
            "an export outside",
            None,
            json!({"name": "export", "arguments": {"account": "emea/17", "to": "x@evil.example"}}),
        ),
        ("a tool unheard of", None, json!({"name": "drop_all", "arguments": {}})),
    ];
    for (id, (what, digest, params)) in calls.into_iter().enumerate() {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        println!("{what}");
        match gate(&engine, &session, &message, digest) {
            Ok(passed) => println!("  pass   {}", passed["params"]),
            Err(error) => {
                println!("  error  {}", error["error"]["message"]);
                for reason in error["error"]["data"]["reasons"].as_array().into_iter().flatten() {
                    println!("         {}: {}", reason["code"], reason["message"]);
                }
                for requirement in error["error"]["data"]["requirements"].as_array().into_iter().flatten() {
                    println!("         asks for {}", requirement["id"]);
                }
            }
        }
    }
    Ok(())
}
