//! `placet check`: is a policy sound?
//!
//! Next room: [`crate::test`].

use std::io::Write as _;

use placet::Limits;
use placet::diagnostic::{Diagnostic, Diagnostics, Span};
use placet::document::Validated;
use placet::files::{self, LoadError};
use serde::Serialize;

use crate::args::CheckArgs;
use crate::terminal::{self, BAD, GOOD, WAIT};
use crate::{Failure, Outcome};

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'d> {
    errors: Vec<&'d Diagnostic>,
    warnings: Vec<&'d Diagnostic>,
    summary: Summary,
}

/// How much there is. Nothing is counted in a policy that is not sound.
#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Counts {
    documents: usize,
    rules: usize,
    agents: usize,
    users: usize,
    groups: usize,
    tools: usize,
    resources: usize,
    grants: usize,
    tests: usize,
}

impl Counts {
    fn of(policy: &Validated) -> Self {
        let entities = policy.entities();
        Self {
            documents: policy.documents().len(),
            rules: policy.rules().len(),
            agents: entities.agents.len(),
            users: entities.users.len(),
            groups: entities.groups.len(),
            tools: entities.tools.len(),
            resources: entities.resources.len(),
            grants: entities.grants.len(),
            tests: policy.tests().len(),
        }
    }
}

pub(crate) fn run(args: &CheckArgs) -> Outcome {
    let limits = Limits::default();
    let (found, counts, verdict) = match files::load_all(&args.paths, &limits) {
        Ok(policy) => {
            let verdict =
                if args.deny_warnings && !policy.warnings().0.is_empty() { Err(Failure::Wrong) } else { Ok(()) };
            (policy.warnings().clone(), Some(Counts::of(&policy)), verdict)
        }
        Err(LoadError::Unsound(found)) => (found, None, Err(Failure::Wrong)),
        Err(unreadable) if args.json => {
            let diagnostic = Diagnostic::error("files.unreadable", Span::default(), unreadable.to_string());
            (Diagnostics(vec![diagnostic]), None, Err(Failure::Input(unreadable.to_string())))
        }
        Err(unreadable) => return Err(Failure::Input(unreadable.to_string())),
    };
    let (errors, warnings): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        (found.errors().collect(), found.warnings().collect());
    let mut out = terminal::stdout();
    if args.json {
        let summary = Summary { errors: errors.len(), warnings: warnings.len(), counts };
        let report = Report { errors, warnings, summary };
        writeln!(out, "{}", serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?)?;
        return verdict;
    }
    for diagnostic in &found.0 {
        writeln!(out, "{}", terminal::diagnostic(diagnostic))?;
    }
    if !found.0.is_empty() {
        writeln!(out)?;
    }
    let number = terminal::count;
    let warned = if warnings.is_empty() { String::new() } else { format!(", {}", number(warnings.len(), "warning")) };
    match counts {
        Some(counts) => {
            let (word, style) = match (warnings.is_empty(), &verdict) {
                (_, Err(_)) => ("refused", BAD),
                (true, Ok(())) => ("sound", GOOD),
                (false, Ok(())) => ("sound", WAIT),
            };
            let parts = [
                number(counts.rules, "rule"),
                number(counts.agents, "agent"),
                number(counts.tools, "tool"),
                number(counts.grants, "grant"),
                number(counts.tests, "test"),
            ];
            writeln!(out, "{style}{word}{style:#}: {}{warned}", parts.join(", "))?;
        }
        None => writeln!(out, "{BAD}not sound{BAD:#}: {}{warned}", number(errors.len(), "error"))?,
    }
    verdict
}
