//! `placet explain`: why is a request answered as it is?

use std::io::Write as _;

use placet::explain::WhatIf;
use placet::{Explanation, Limits, Request};
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::input::Input;
use crate::judge::Judge;
use crate::terminal::{self, safe};
use crate::{Failure, Outcome, policy};

/// An explanation as JSON, with the hypotheses that were asked for.
#[derive(Serialize)]
struct Explained<'e> {
    #[serde(flatten)]
    explanation: &'e Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<&'e WhatIf>,
}

pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let limit = Limits::default().request_bytes;
    let mut input = Input::open(&args.asked.request, limit)?;
    let policy = policy::load(&args.asked.policy, args.asked.verbose)?;
    let engine = policy::informed(policy::engine(&policy), &args.asked)?;
    let judge = Judge { engine: &engine, now: args.asked.now, limit };
    let unreadable = |error| Failure::Input(format!("cannot read `{}`: {error}", args.asked.request.display()));
    let mut out = terminal::stdout();
    let mut found = 0usize;
    while let Some(piece) = input.next().map_err(unreadable)? {
        for (line, text) in piece.requests() {
            let line = format!("line-{line}");
            let mut written: Outcome = Ok(());
            judge.each(text, &mut |request: &Request<'_>| {
                let meant = args.id.as_ref().is_none_or(|id| *id == line || *id == request.evaluation());
                if !meant || written.is_err() {
                    return;
                }
                let explanation = engine.explain(request);
                let what_if = args.what_if.then(|| engine.what_if(request));
                written = (|| {
                    if args.json {
                        let both = Explained { explanation: &explanation, what_if: what_if.as_ref() };
                        writeln!(out, "{}", serde_json::to_string(&both).map_err(std::io::Error::from)?)?;
                        return Ok(());
                    }
                    if found > 0 {
                        writeln!(out, "\n{}\n", "-".repeat(80))?;
                    }
                    let text = explanation.to_string();
                    let (style, verdict) = (terminal::verdict(explanation.verdict), explanation.verdict.to_uppercase());
                    // The verdict is the first word.
                    let rest = text.strip_prefix(&verdict).unwrap_or(&text);
                    let head = if rest.len() < text.len() { verdict } else { String::new() };
                    writeln!(out, "{style}{head}{style:#}{}", safe(rest.trim_end()))?;
                    if let Some(what_if) = &what_if {
                        writeln!(out, "\n{}", safe(what_if.to_string().trim_end()))?;
                    }
                    Ok(())
                })();
                found += 1;
            });
            written?;
        }
    }
    match (found, &args.id) {
        (0, Some(id)) => Err(Failure::Input(format!("there is no request with the id `{id}`"))),
        (0, None) => Err(Failure::Input("there is no request".to_owned())),
        _ => Ok(()),
    }
}
