//! `placet test`: does a policy say what its tests expect?
//!
//! Next room: [`crate::judge`].

use std::collections::BTreeSet;
use std::io::{self, Write};

use placet::files::RequestFiles;
use placet::suite::{self, Difference, TestResult};
use placet::{Engine, Limits};
use serde::Serialize;

use crate::args::TestArgs;
use crate::terminal::{self, BAD, BOLD, DIM, GOOD, safe};
use crate::{Failure, Outcome, policy};

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'r> {
    results: Vec<Line<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Line<'r> {
    passed: bool,
    #[serde(flatten)]
    result: &'r TestResult,
}

#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
}

pub(crate) fn run(args: &TestArgs) -> Outcome {
    let policy = policy::load(&args.paths, false)?;
    let engine = Engine::of(&policy);
    let requests = RequestFiles::new(&Limits::default());
    let meant = |name: &str| args.filter.as_deref().is_none_or(|text| name.contains(text));
    let tests = policy.tests().iter().filter(|test| meant(&test.name));
    let results: Vec<TestResult> = tests.map(|test| suite::run_one(&policy, &engine, test, &requests)).collect();
    let failed = results.iter().filter(|result| !result.passed()).count();
    let summary = Summary { passed: results.len() - failed, failed };
    let verdict = if failed > 0 || results.is_empty() { Err(Failure::Wrong) } else { Ok(()) };

    let mut out = terminal::stdout();
    if args.json {
        let lines = results.iter().map(|result| Line { passed: result.passed(), result }).collect();
        let report = Report { results: lines, summary };
        writeln!(out, "{}", serde_json::to_string_pretty(&report).map_err(io::Error::from)?)?;
    } else {
        for result in results.iter().filter(|result| !result.passed()) {
            failure(&mut out, result)?;
        }
        let style = if verdict.is_ok() { GOOD } else { BAD };
        writeln!(out, "{style}{} passed, {} failed{style:#}", summary.passed, summary.failed)?;
    }
    match (&args.filter, policy.tests().len()) {
        (_, 0) => terminal::error("there are no tests: write some under `tests:` in a document of the policy"),
        (Some(text), all) if results.is_empty() => {
            terminal::error(&format!("none of {} has `{text}` in its name", terminal::count(all, "test")));
        }
        _ => {}
    }
    verdict
}

/// A test that failed: where it stands, what differs (`-` wanted, `+` got), and what the answer's reasons say.
fn failure(out: &mut impl Write, result: &TestResult) -> io::Result<()> {
    let (line, column) = (result.span.line, result.span.column);
    writeln!(out, "{BAD}FAIL{BAD:#} {BOLD}{}{BOLD:#}", safe(&result.name))?;
    writeln!(out, "  {DIM}at {}:{line}:{column}{DIM:#}", safe(&result.file))?;
    for difference in &result.differences {
        if difference.what == "request" {
            for cause in &difference.got {
                writeln!(out, "  no request: {}", safe(cause))?;
            }
            continue;
        }
        writeln!(out, "  {} {DIM}(- wanted, + got){DIM:#}", difference.what)?;
        lines(out, difference)?;
    }
    if let Some(answer) = &result.answer {
        if let Some(error) = &answer.context.error {
            writeln!(out, "  request\n    {}", safe(error))?;
        }
        if !answer.context.reasons.is_empty() {
            writeln!(out, "  because")?;
        }
        for reason in &answer.context.reasons {
            let rule = reason.rule.as_ref().map(|rule| format!(" {DIM}({}){DIM:#}", safe(rule))).unwrap_or_default();
            writeln!(out, "    {}{rule}\n      {}", reason.code, safe(&reason.message))?;
        }
    }
    writeln!(out)
}

/// What was wanted and not got, got and not wanted, and both, in alphabetical order.
fn lines(out: &mut impl Write, difference: &Difference) -> io::Result<()> {
    let all: BTreeSet<&String> = difference.wanted.iter().chain(&difference.got).collect();
    for entry in all {
        let entry_text = safe(entry);
        match (difference.wanted.contains(entry), difference.got.contains(entry)) {
            (true, false) => writeln!(out, "    {BAD}- {entry_text}{BAD:#}")?,
            (false, _) => writeln!(out, "    {GOOD}+ {entry_text}{GOOD:#}")?,
            (true, true) => writeln!(out, "      {entry_text}")?,
        }
    }
    Ok(())
}
