//! Rules that can never matter, or matter too much.

use core::hash::{Hash, Hasher};
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;

use super::{BUDGET, Known};
use crate::condition::Truth;
use crate::diagnostic::Span;
use crate::diagnostic::quote;
use crate::document::schema::{RuleItem, SubjectItem, Text};
use crate::document::validate::Check;
use crate::pattern::Pattern;
use crate::rule::{Effect, Rule};
use crate::value::{Fact, Facts};

/// A request of which nothing is known.
struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _slot: u16) -> Fact<'_> {
        Fact::Unknown
    }
}

impl Check<'_> {
    pub(super) fn lint_rules(&self, known: &Known<'_>) {
        let mut tools = Tools { found: BTreeMap::new(), comparisons: BUDGET };
        for (item, rule) in &known.rules {
            self.lint_condition(item, rule);
            self.lint_everything(item, rule);
            for subject in &item.subject.0 {
                self.lint_subject(subject, known, "this rule");
            }
            self.lint_tools(item, rule, known, &mut tools);
            self.lint_bounds(item, rule);
        }
        self.lint_duplicates(known);
    }

    fn lint_condition(&self, item: &RuleItem, rule: &Rule) {
        let constant = rule.when.as_ref().filter(|condition| condition.references().is_empty());
        if constant.is_some_and(|condition| condition.evaluate(&Nothing) == Truth::False) {
            let span = item.when.as_ref().map_or(item.place.0, |text| text.span);
            let message = || format!("the rule {} never applies: its condition is always false", quote(&item.id.value));
            self.warn("lint.never_applies", span, message, "remove the rule, or mend its condition");
        }
    }

    fn lint_everything(&self, item: &RuleItem, rule: &Rule) {
        let heads = rule.subjects.len() + rule.actions.len() + rule.tools.len() + rule.resources.len();
        if rule.effect == Effect::Permit && heads == 0 {
            let message = || {
                let when = if rule.when.is_some() { " whenever its condition holds" } else { "" };
                format!("the rule {} permits everything to everyone{when}", quote(&item.id.value))
            };
            let help = "say to whom, for which action and on what: `subject`, `action`, `resource`";
            self.warn("lint.permits_everything", item.id.span, message, help);
        }
    }

    fn lint_bounds(&self, item: &RuleItem, rule: &Rule) {
        for (written, head) in item.resource.0.iter().zip(&rule.resources) {
            let (Some(least), Some(most)) = (head.at_least, head.at_most) else { continue };
            if !least.flows_to(most) {
                let place = written.label.as_ref().map_or(written.place, |bounds| bounds.place);
                let message = || "no label lies between these bounds, so only an unknown one can be meant".to_owned();
                self.warn("lint.never_applies", place.0, message, "mend `at_least` or `at_most`");
            }
        }
    }

    /// Who can never be meant.
    pub(super) fn lint_subject(&self, item: &SubjectItem, known: &Known<'_>, what: &str) {
        let groups = &known.listed.groups;
        let judged = known.members_listed && !groups.is_empty();
        let deserted = item.group.as_ref().filter(|g| judged && !known.inhabited.contains(g.value.as_str()));
        if let Some(group) = deserted {
            let message = || format!("nobody is in the group {}, so nobody is meant", quote(&group.value));
            self.warn("lint.empty_group", group.span, message, &format!("add members to it, or mend {what}"));
        }
        let typed = |kind: &str| item.r#type.as_ref().filter(|t| t.value == kind).and(item.id.as_ref());
        let agent = item.agent.as_ref().or_else(|| typed("agent"));
        for (kind, text, ids) in
            [("agent", agent, &known.listed.agents), ("agent user", typed("agent_user"), &known.listed.agent_users)]
        {
            let Some(text) = text.filter(|_| !ids.is_empty()) else { continue };
            let literal = text.value.parse::<Pattern>().ok().is_some_and(|pattern| pattern.literal().is_some());
            if literal && !ids.contains_key(text.value.as_str()) {
                let message = || format!("no {kind} {} is listed, so nobody is meant", quote(&text.value));
                let help = match self.sink.suggest(&text.value, ids.keys().copied()) {
                    Some(near) => format!("did you mean {}?", quote(near)),
                    None => format!("list the {kind}, or mend {what}"),
                };
                self.warn("lint.unregistered", text.span, message, &help);
            }
        }
    }

    fn lint_tools(&self, item: &RuleItem, rule: &Rule, known: &Known<'_>, tools: &mut Tools) {
        if known.listed.tools.is_empty() {
            return;
        }
        let is_tool = |kind: Option<&Text>| kind.is_some_and(|t| t.value == "tool");
        let resources = item.resource.0.iter().zip(&rule.resources);
        let ids = resources.filter(|(item, _)| is_tool(item.r#type.as_ref()));
        let ids = ids.filter_map(|(item, head)| Some((item.id.as_ref()?, head.id.as_ref()?)));
        for (text, pattern) in item.tool.0.iter().zip(&rule.tools).chain(ids) {
            if !tools.any(text, pattern, known) {
                let message = || format!("no tool that is listed matches {}", quote(&text.value));
                let names = known.listed.tools.keys().map(String::as_str);
                let help = match self.sink.suggest(&text.value, names) {
                    Some(near) => format!("did you mean {}?", quote(near)),
                    None => "list the tool, or mend this rule".to_owned(),
                };
                self.warn("lint.no_such_tool", text.span, message, &help);
            }
        }
    }

    /// Rules that say the same under two ids.
    fn lint_duplicates(&self, known: &Known<'_>) {
        let mut first: BTreeMap<u64, &RuleItem> = BTreeMap::new();
        let mut buffer = Vec::new();
        for (item, _) in &known.rules {
            if !content(item, &mut buffer) {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            buffer.hash(&mut hasher);
            let Some(other) = first.insert(hasher.finish(), item) else { continue };
            // Equal hashes are not yet equal rules.
            let mut others = Vec::new();
            if content(other, &mut others) && others == buffer {
                self.duplicate_rule(item.id.span, item, other);
            }
        }
    }

    fn duplicate_rule(&self, span: Span, item: &RuleItem, other: &RuleItem) {
        let message = || {
            let at = self.sources.describe(other.id.span);
            format!("the rule {} says what {} says ({at})", quote(&item.id.value), quote(&other.id.value))
        };
        self.warn("lint.duplicate", span, message, "remove one of the two");
    }
}

/// What a rule says, as JSON: all but its id and what it says to people.
fn content(item: &RuleItem, buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    let heads = (&item.subject, &item.action, &item.tool, &item.resource);
    serde_json::to_writer(buffer, &(&item.effect, &item.mode, heads, &item.when, &item.require)).is_ok()
}

/// Which patterns match a listed tool.
struct Tools {
    found: BTreeMap<String, bool>,
    comparisons: usize,
}

impl Tools {
    fn any(&mut self, text: &Text, pattern: &Pattern, known: &Known<'_>) -> bool {
        let listed = &known.listed.tools;
        if let Some(literal) = pattern.literal() {
            return listed.contains_key(literal);
        }
        if let Some(found) = self.found.get(&text.value) {
            return *found;
        }
        // Whatever it matches begins with what stands before its first wildcard.
        let prefix = text.value.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        let candidates = listed.range(prefix.to_owned()..).map(|(id, _)| id).take_while(|id| id.starts_with(prefix));
        let mut spent = 0;
        let found = candidates.take(self.comparisons).inspect(|_| spent += 1).any(|id| pattern.matches(id));
        self.comparisons -= spent;
        // With nothing left to spend, nothing is known.
        let found = found || self.comparisons == 0;
        self.found.insert(text.value.clone(), found);
        found
    }
}
