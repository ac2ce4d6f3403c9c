//! One request on one line of 80 columns: verdict, who and through whom, what, the first reason.
//!
//! Next room: [`crate::explain`].

use std::io::Write as _;

use placet::decision::requirement_id;
use placet::{Decision, Request};

use crate::terminal::{self, DIM, column, safe};

const VERDICT: usize = 7;
const WHO: usize = 22;
const WHAT: usize = 22;
const WHY: usize = 26;

/// Appends the line.
pub(crate) fn line(request: &Request<'_>, decision: &Decision<'_>, out: &mut Vec<u8>) {
    let verdict = decision.verdict().name();
    let style = terminal::verdict(verdict);
    let name = column(&verdict.to_uppercase().replace('_', "-"), VERDICT);
    let mut who = request.subject().map_or("", |subject| subject.id()).to_owned();
    for actor in request.actors() {
        who.push_str(" > ");
        who.push_str(actor.id());
    }
    let resource = request.targets().first().map_or("", |target| target.id());
    // The action of a tool call says nothing that the tool does not.
    let what = match request.action() {
        "tools/call" => resource.to_owned(),
        action => format!("{action} {resource}"),
    };
    let mut why: Vec<String> = decision.reasons().map(|reason| reason.code.as_str().to_owned()).collect();
    why.dedup();
    if why.is_empty() {
        why.extend(decision.requirements().map(|outstanding| requirement_id(outstanding.requirement)));
    }
    if request.defect().is_some() {
        (who, why) = ("-".to_owned(), why.into_iter().take(1).collect());
    }
    let what = if request.defect().is_some() { "-" } else { &what };
    let more = if why.len() > 1 { format!(" +{}", why.len() - 1) } else { String::new() };
    let first = why.first().map_or("", String::as_str);
    let first = column(first, first.chars().count().min(WHY - more.len()));
    let (who, what, first) = (column(&safe(&who), WHO), column(&safe(what), WHAT), safe(&first));
    let text = format!("{style}{name}{style:#} {who} {what} {DIM}{first}{more}{DIM:#}");
    // Writing to memory cannot fail.
    let _ = writeln!(out, "{}", text.trim_end());
}
