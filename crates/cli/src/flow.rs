//! `placet flow`: what does a session look like, call by call, and where is it cut?
//!
//! A session file is JSON Lines: first `{"prompt": "..."}`, if the user's words are known, then one line per call:
//! `{"request": {...}, "result": ..., "withheld": false, "inputs": {"to": ["prompt", "context", {"step": 0, "path": "/0/sender"}]}}`.
//! `document` names what a call read, `dated` says of when that is. A call with a `result` was made, whatever is said of it here; one without was made if it is allowed.
//!
//! Next room: [`crate::test`].

use std::io::{BufRead as _, BufReader, Write as _};

use placet::explain::{Explanation, FlowReport};
use placet::flow::{Answered, Input, Inputs, Run, Session, Task};
use placet::time::Timestamp;
use placet::{Engine, Limits, Request};
use serde_json::Value;

use crate::args::FlowArgs;
use crate::terminal::{self, safe};
use crate::{Failure, Outcome, policy};

/// A line of a session file, longer than a request by the answer that it holds.
const LINE: usize = 16 << 20;

pub(crate) fn run(args: &FlowArgs) -> Outcome {
    let path = args.session.display();
    let unreadable = |error: std::io::Error| Failure::Input(format!("cannot read `{path}`: {error}"));
    let file = std::fs::File::open(&args.session).map_err(unreadable)?;
    let policy = policy::load(&args.policy, false)?;
    let engine = policy::engine(&policy);
    let mut session = engine.session();
    let mut task = None;
    let mut out = terminal::stdout();
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |what: &str| Failure::Input(format!("`{path}`, line {}: {what}", at + 1));
        if line.len() > LINE {
            return Err(wrong("the line is too long"));
        }
        let call: Value = serde_json::from_str(&line).map_err(|error| wrong(&error.to_string()))?;
        if let Some(prompt) = call.get("prompt") {
            let prompt = prompt.as_str().ok_or_else(|| wrong("`prompt` must be a text"))?;
            writeln!(out, "prompt: {}", safe(prompt))?;
            task = Some(engine.task(prompt));
            continue;
        }
        let request = call.get("request").ok_or_else(|| wrong("there is neither `request` nor `prompt`"))?;
        let inputs = call.get("inputs").map(inputs).transpose().map_err(|what| wrong(&what))?;
        let is_withheld = call.get("withheld").and_then(Value::as_bool).unwrap_or(false);
        let dated = call.get("dated").map(|dated| dated.as_str().and_then(|dated| dated.parse().ok()));
        let asked = Asked {
            task: task.as_ref(),
            inputs: inputs.as_ref(),
            is_withheld,
            result: call.get("result"),
            document: call.get("document").and_then(Value::as_str),
            dated: dated.map(|dated| dated.ok_or_else(|| wrong("`dated` must be a time: RFC 3339"))).transpose()?,
        };
        judge(&engine, &mut session, request, &asked, &mut out)?;
    }
    let history = session.history();
    let words = &engine.policy().flow().words;
    writeln!(out, "\nthe session has seen: {}", safe(&words.describe(session.context())))?;
    let did = [
        (history.untrusted, "untrusted input"),
        (history.sensitive, "sensitive data"),
        (history.changed, "changes"),
        (history.sent, "sent data"),
        (history.refused, "refused calls"),
    ];
    let did: Vec<&str> = did.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    writeln!(out, "it has had: {}", if did.is_empty() { "nothing of note".to_owned() } else { did.join(", ") })?;
    Ok(())
}

/// What a line says of a call besides the request.
struct Asked<'l> {
    task: Option<&'l Task>,
    inputs: Option<&'l Inputs>,
    is_withheld: bool,
    result: Option<&'l Value>,
    document: Option<&'l str>,
    dated: Option<Timestamp>,
}

fn judge(
    engine: &Engine,
    session: &mut Session,
    request: &Value,
    asked: &Asked<'_>,
    out: &mut impl std::io::Write,
) -> Outcome {
    let text = request.to_string();
    if text.len() > Limits::default().request_bytes {
        return Err(Failure::Input("a request is too large".to_owned()));
    }
    let request = Request::from_json(text.as_bytes(), engine.policy().vocabulary());
    let run = Run { task: asked.task, inputs: asked.inputs, is_withheld: asked.is_withheld };
    let explanation = engine.explain_in(&request, session, &run);
    let style = terminal::verdict(explanation.verdict);
    let verdict = explanation.verdict.to_uppercase();
    let step = session.next_step();
    let call = explanation.call.resources.first().map_or("", String::as_str);
    writeln!(out, "\n{step:>3} {style}{verdict:<7}{style:#} {}", safe(call))?;
    held_up(&explanation, out)?;
    let is_allowed = matches!(explanation.verdict, "allow" | "modify");
    if !is_allowed && asked.result.is_none() {
        session.refuse();
        writeln!(out, "            cut: the call was not made")?;
        return Ok(());
    }
    if !is_allowed {
        writeln!(out, "            made nevertheless")?;
    }
    let (document, dated) = (asked.document, asked.dated);
    let answered = Answered { result: asked.result, document, dated, ..Answered::default() };
    let observed = engine.observe(session, &request, &run, &answered);
    let words = &engine.policy().flow().words;
    let shown = if observed.is_shown { "" } else { ", kept from the model" };
    let of = document.map_or_else(String::new, |document| format!(" (of {document})"));
    writeln!(out, "            answer: {}{}{shown}", safe(&words.describe(&observed.label)), safe(&of))?;
    writeln!(out, "            context: {}", safe(&words.describe(session.context())))?;
    Ok(())
}

fn held_up(explanation: &Explanation, out: &mut impl std::io::Write) -> Outcome {
    for layer in &explanation.layers {
        for objection in &layer.objections {
            writeln!(out, "            {}: {}", objection.code, safe(&objection.message))?;
        }
    }
    let Some(FlowReport { held_up, .. }) = &explanation.flow else { return Ok(()) };
    for held in held_up {
        let argument = held.argument.as_deref().unwrap_or("the call");
        let value = held.value.as_ref().map_or_else(String::new, |value| format!(" = {value}"));
        writeln!(out, "            {}: {}{} is {}", held.what, safe(argument), safe(&value), safe(&held.label))?;
        for from in &held.from {
            writeln!(out, "              from {}", safe(from))?;
        }
        if let Some(consent) = &held.consent {
            writeln!(out, "              would do: {}", safe(consent))?;
        }
    }
    Ok(())
}

/// The inputs of arguments as a line writes them.
fn inputs(written: &Value) -> Result<Inputs, String> {
    let form = || "`inputs` must be lists of `prompt`, `context` and {step, path}, by argument".to_owned();
    let one = |input: &Value| match input.as_str() {
        Some("prompt") => Ok(Input::Prompt),
        Some("context") => Ok(Input::Context),
        Some(_) | None => {
            let step = input.get("step").and_then(Value::as_u64).and_then(|step| u32::try_from(step).ok());
            let path = input.get("path").map_or(Some(""), Value::as_str).ok_or_else(form)?;
            let segments = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
            Ok(Input::Answer { step: step.ok_or_else(form)?, path: segments.collect() })
        }
    };
    let all = written.as_object().ok_or_else(form)?.iter().map(|(name, list)| {
        let list = list.as_array().ok_or_else(form)?;
        Ok((name.clone(), list.iter().map(one).collect::<Result<Vec<Input>, String>>()?))
    });
    all.collect()
}
