//! One request on one line: verdict, who and through whom, what, the first reason. 80 columns, or as many as the terminal has.
//!
//! Next room: [`crate::explain`].

use std::io::Write as _;

use placet::decision::requirement_id;
use placet::{Decision, Request};

use crate::terminal::{self, DIM, column, safe};

/// Widths of the columns, spaces between them apart.
#[derive(Clone, Copy)]
pub(crate) struct Columns {
    who: usize,
    what: usize,
    why: usize,
}

/// The widest verdict.
const VERDICT: usize = 7;

impl Columns {
    /// Columns that fill the terminal, if there is one; 80 columns at least.
    pub(crate) fn fit() -> Self {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map_or(80, |(width, _)| usize::from(width.0));
        let spare = width.clamp(80, 160) - 80;
        Self { who: 24 + spare / 4, what: 20 + spare / 2, why: 26 + spare / 4 }
    }

    /// Appends the line.
    pub(crate) fn line(self, request: &Request<'_>, decision: &Decision<'_>, out: &mut Vec<u8>) {
        let verdict = decision.verdict().name();
        let style = terminal::verdict(verdict);
        let name = format!("{:<VERDICT$}", verdict.to_uppercase().replace('_', "-"));
        // Writing to memory cannot fail.
        let _ = write!(out, "{style}{name}{style:#} ");
        let mut why: Vec<String> = decision.reasons().map(|reason| reason.code.as_str().to_owned()).collect();
        why.dedup();
        if why.is_empty() {
            why.extend(decision.requirements().map(|outstanding| requirement_id(outstanding.requirement)));
        }
        // Of a request that could not be read, what is wrong with it is all there is to say.
        let call = match request.defect() {
            Some(defect) => column(&safe(&defect.to_string()).replace('\n', " "), self.who + 1 + self.what),
            None => format!("{} {}", self.who(request), column(&what(request), self.what)),
        };
        let more = if why.len() > 1 { format!(" +{}", why.len() - 1) } else { String::new() };
        let first = why.first().map_or("", String::as_str);
        let first = column(first, first.chars().count().min(self.why.saturating_sub(more.len())));
        let _ = if first.is_empty() {
            writeln!(out, "{}", call.trim_end())
        } else {
            writeln!(out, "{call} {DIM}{}{more}{DIM:#}", safe(&first))
        };
    }

    /// The subject and the immediate actor, each cut to its half, and how many more there are.
    fn who(self, request: &Request<'_>) -> String {
        let subject = request.subject().map_or("", |subject| subject.id());
        let (subject, actors) = (safe(subject).replace('\n', " "), request.actors());
        let Some(actor) = actors.first() else { return column(&subject, self.who) };
        let actor = safe(actor.id()).replace('\n', " ");
        let more = if actors.len() > 1 { format!(" +{}", actors.len() - 1) } else { String::new() };
        let room = self.who.saturating_sub(3 + more.len());
        let (a, b) = (subject.chars().count(), actor.chars().count());
        // What one does not need, the other may have.
        let a_room = a.min((room / 2).max(room.saturating_sub(b)));
        let b_room = b.min(room - a_room);
        column(&format!("{} > {}{more}", column(&subject, a_room), column(&actor, b_room)), self.who)
    }
}

/// Action and resource; the action of a tool call says nothing that the tool does not.
fn what(request: &Request<'_>) -> String {
    let resource = request.targets().first().map_or("", |target| target.id());
    let text = match request.action() {
        "tools/call" => resource.to_owned(),
        action => format!("{action} {resource}"),
    };
    safe(&text).replace('\n', " ")
}
