//! An explanation as text, for 80 columns.
//!
//! Next room: [`crate::audit`].

use core::fmt;

use super::{Explanation, RuleReport};

const WIDTH: usize = 80;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.verdict.to_uppercase(), self.answer.context.evaluation_id)?;
        let through = self.call.actors.iter().map(|actor| format!(" through {actor}")).collect::<String>();
        wrap(f, "  ", &format!("{}{through}", self.call.subject))?;
        wrap(f, "  ", &format!("{} on {}", self.call.action, self.call.resources.join(", ")))?;
        if let Some(error) = &self.answer.context.error {
            wrap(f, "  ", error)?;
        }
        writeln!(f, "\nLayers")?;
        let silent: Vec<&str> =
            self.layers.iter().filter(|layer| layer.objections.is_empty()).map(|layer| layer.layer).collect();
        for layer in &self.layers {
            for objection in &layer.objections {
                writeln!(f, "  {:<11} {}", layer.layer, objection.code)?;
                let about = format!("{} ({} on {})", objection.message, objection.link, objection.resource);
                wrap(f, "             ", &about)?;
            }
        }
        if !silent.is_empty() {
            wrap(f, "  ", &format!("no objection from {}", silent.join(", ")))?;
        }
        let required = self.answer.context.requirements.iter().map(|r| (r.id.as_str(), r.rule.as_str()));
        let obliged = self.answer.context.obligations.iter().map(|o| (o.id.as_str(), o.rule.as_str()));
        let mut demands = required.chain(obliged).peekable();
        if demands.peek().is_some() {
            writeln!(f, "\nRequired")?;
            for (id, rule) in demands {
                wrap(f, "  ", &format!("{id} (rule {rule})"))?;
            }
        }
        if !self.advice.is_empty() {
            writeln!(f, "\n{}", if self.verdict == "deny" { "What would change the answer" } else { "What to do" })?;
            for line in &self.advice {
                wrap(f, "  - ", line)?;
            }
        }
        if let Some(flow) = &self.flow {
            writeln!(f, "\nSession")?;
            wrap(f, "  ", &format!("has seen: {} (labels of arguments: {})", flow.context, flow.precision))?;
            for held in &flow.held_up {
                let value = held.value.as_ref().map_or_else(String::new, |value| format!(" = {value}"));
                let argument = held.argument.as_deref().unwrap_or("the call");
                let recipient = held.recipient.as_ref().map_or_else(String::new, |who| format!(", not for {who}"));
                wrap(f, "  ", &format!("{}: {argument}{value} is {}{recipient}", held.what, held.label))?;
                for step in &held.from {
                    wrap(f, "    from ", step)?;
                }
                if let Some(consent) = &held.consent {
                    wrap(f, "    would do: ", consent)?;
                }
            }
        }
        self.rules(f, "Rules that applied", |report| report.applied)?;
        self.rules(f, "Rules that came near", |report| !report.applied)?;
        if self.omitted > 0 {
            writeln!(f, "  and {} more that did not apply", self.omitted)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn rules(&self, f: &mut fmt::Formatter<'_>, title: &str, which: impl Fn(&RuleReport) -> bool) -> fmt::Result {
        let mut group: Option<(&str, &str)> = None;
        for report in self.rules.iter().filter(|report| which(report)) {
            if group.is_none() {
                writeln!(f, "\n{title}")?;
            }
            if group != Some((report.link.as_str(), report.resource.as_str())) {
                group = Some((&report.link, &report.resource));
                wrap(f, "  ", &format!("{} on {}", report.link, report.resource))?;
            }
            let trial = if report.report_only { " (on trial)" } else { "" };
            let place = if report.place.is_empty() { String::new() } else { format!(" ({})", report.place) };
            wrap(f, "    ", &format!("{} {}{trial}{place}", report.effect, report.rule))?;
            for cause in report.because.iter().chain(&report.besides) {
                let unknown = match cause.unknown.as_slice() {
                    [] => String::new(),
                    facts => format!(" (unknown: {})", facts.join(", ")),
                };
                wrap(f, "      ", &format!("{}: {}{unknown}", cause.what, cause.text))?;
            }
        }
        Ok(())
    }
}

/// Writes text in lines of at most 80 columns, all but the first indented as far as the first's prefix.
pub(super) fn wrap(f: &mut fmt::Formatter<'_>, prefix: &str, text: &str) -> fmt::Result {
    let blank = " ".repeat(prefix.chars().count());
    let (mut line, mut column) = (String::from(prefix), prefix.chars().count());
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > blank.len() && column + width + 1 > WIDTH {
            writeln!(f, "{}", line.trim_end())?;
            line.clone_from(&blank);
            column = blank.len();
        }
        if column > blank.len() {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += width;
    }
    writeln!(f, "{}", line.trim_end())
}
