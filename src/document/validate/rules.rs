//! Rules: heads, conditions and effects.

use std::collections::BTreeMap;

use super::listed::{Listed, Referrer};
use super::{Check, once};
use crate::condition::{Condition, Declarations, compile, compile_within};
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::document::place::relocate;
use crate::document::schema::{Place, ResourceSelectorItem, RuleItem, Text};
use crate::fact::{Schema, Type};
use crate::label::Taxonomy;
use crate::limits::Limits;
use crate::name::TypeName;
use crate::pattern::Pattern;
use crate::rule::{Effect, Mode, ResourceHead, Rule, Source};

const EFFECTS: [(&str, Effect); 3] =
    [("permit", Effect::Permit), ("forbid", Effect::Forbid), ("require", Effect::Require)];
const MODES: [(&str, Mode); 2] = [("enforce", Mode::Enforce), ("report-only", Mode::ReportOnly)];

impl Check<'_> {
    pub(super) fn rules(&self, listed: &Listed<'_>, schema: &Schema, taxonomy: &Taxonomy) -> Vec<Rule> {
        let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
        let mut rules: Vec<Rule> = Vec::with_capacity(self.documents.iter().map(|d| d.rules.len()).sum());
        let declarations = Declarations { schema, taxonomy, limits: self.limits, arguments: None };
        for (count, item) in self.documents.iter().flat_map(|d| &d.rules).enumerate() {
            if count == self.limits.rules {
                self.error("document.too_large", item.place, &format!("there are more than {count} rules"), || {
                    "remove some, or raise `rules` in the limits".to_owned()
                });
                break;
            }
            if !item.id.value.is_empty() {
                let name = item.id.value.as_str();
                self.unique(&mut taken, name, item.id.span, || format!("the rule {}", quote(name)));
            }
            rules.extend(self.rule(item, listed, &declarations));
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules
    }

    fn rule(&self, item: &RuleItem, listed: &Listed<'_>, declarations: &Declarations<'_>) -> Option<Rule> {
        let id = self.own_id(&item.id, item.place, "a rule");
        let effect = self.required(item.effect.as_ref(), item.place, "a rule", "effect");
        let effect = effect.and_then(|text| self.effect(text));
        let mode = item.mode.as_ref().and_then(|text| self.choice(text, "mode", &MODES)).unwrap_or_default();
        let subjects = item.subject.0.iter().filter_map(|s| self.subject(s, listed, Referrer::Rule)).collect();
        let actions = self.patterns(&item.action.0);
        let tools = self.patterns(&item.tool.0);
        let taxonomy = declarations.taxonomy;
        let resources: Vec<ResourceHead> =
            item.resource.0.iter().filter_map(|r| self.resource_head(r, listed, taxonomy)).collect();
        let arguments = arguments(&tools, &resources, listed);
        let when = item.when.as_ref().map(|text| self.condition(text, &Declarations { arguments, ..*declarations }));
        let requirements = item.require.0.iter().filter_map(|r| self.requirement(r, listed)).collect();
        self.effect_fits(item, effect);
        Some(Rule {
            source: Source::Rule,
            mode,
            subjects,
            actions,
            tools,
            resources,
            arguments: BTreeMap::new(),
            interval: None,
            requirements,
            message: item.message.as_deref().map(Into::into),
            span: item.place.0,
            when: match when {
                Some(condition) => Some(condition?),
                None => None,
            },
            effect: effect?,
            id: id?,
        })
    }

    fn effect(&self, text: &Text) -> Option<Effect> {
        // The words of other policy languages.
        let meant = match text.value.to_ascii_lowercase().as_str() {
            "allow" | "grant" | "accept" => "permit",
            "deny" | "block" | "reject" => "forbid",
            _ => return self.choice(text, "effect", &EFFECTS),
        };
        self.error_about("document.unknown_value", text, "is no effect", || format!("write `{meant}`"));
        None
    }

    fn effect_fits(&self, item: &RuleItem, effect: Option<Effect>) {
        match effect {
            Some(Effect::Require) if item.require.is_empty() => {
                self.error(
                    "document.requirement",
                    item.place,
                    "a rule with `effect: require` has no `require`",
                    || "say what it requires: `require: {control: mfa}`".to_owned(),
                );
            }
            Some(Effect::Permit | Effect::Forbid) if !item.require.is_empty() => {
                let place = item.require.0.first().map_or(item.place, |r| r.place);
                self.error("document.requirement", place, "only a rule with `effect: require` has a `require`", || {
                    "write a rule of its own with `effect: require`, so that no other permit can lose the requirement"
                        .to_owned()
                });
            }
            Some(Effect::Permit | Effect::Forbid | Effect::Require) | None => {}
        }
    }

    pub(super) fn resource_head(
        &self,
        item: &ResourceSelectorItem,
        listed: &Listed<'_>,
        taxonomy: &Taxonomy,
    ) -> Option<ResourceHead> {
        if *item == ResourceSelectorItem::default() {
            let help = "say what it is: `type`, `id`, `in` or `label`; leave `resource` out to match everything";
            self.empty_mapping(item.place, "this resource", help);
            return None;
        }
        let kind: Option<TypeName> = item.r#type.as_ref().and_then(|text| self.id(text));
        let id = item.id.as_ref().and_then(|text| self.pattern(text));
        let container = item.r#in.as_ref().and_then(|r| self.resource_ref(r, listed, Referrer::Rule));
        let bounds = item.label.as_ref();
        if let Some(bounds) = bounds.filter(|b| b.at_most.is_none() && b.at_least.is_none()) {
            self.empty_mapping(bounds.place, "this label", "write `at_most` or `at_least`, or leave `label` out");
        }
        let bound = |text: Option<&Text>| text.and_then(|text| self.label(text, taxonomy));
        let at_most = bound(bounds.and_then(|b| b.at_most.as_ref()));
        let at_least = bound(bounds.and_then(|b| b.at_least.as_ref()));
        Some(ResourceHead { kind, id, container, at_most, at_least })
    }

    fn condition(&self, text: &Text, declarations: &Declarations<'_>) -> Option<Condition> {
        if text.value.trim().is_empty() {
            self.error("document.missing_member", Place(text.span), "`when` is empty", || {
                "write a condition, or leave `when` out".to_owned()
            });
            return None;
        }
        if declarations.arguments.is_some() {
            return self.compiled(text, declarations);
        }
        once(&self.shared.conditions, &text.value, || self.compiled(text, declarations))
    }

    fn compiled(&self, text: &Text, declarations: &Declarations<'_>) -> Option<Condition> {
        let left = self.shared.regexes.get();
        let limits = Limits { regexes_bytes: left, ..self.limits.clone() };
        let findings = match compile_within(
            &text.value,
            &Declarations { limits: &limits, ..*declarations },
            self.sink.suggestions(),
        ) {
            Ok(condition) => {
                self.shared.regexes.set(left.saturating_sub(condition.regex_bytes()));
                return Some(condition);
            }
            Err(findings) => findings,
        };
        // What was refused was built up to its limit first: the time for that is bounded too.
        let refused = findings.0.iter().filter(|finding| finding.code == "condition.too_large").count();
        self.shared.regexes.set(left.saturating_sub(refused.saturating_mul(limits.regex_bytes)));
        for finding in findings.0 {
            // Placing a finding scans the source: not for those that are only counted.
            let inner = finding.span;
            let span = if self.sink.is_full() || inner.line == 0 {
                text.span
            } else {
                relocate(self.sources, text.span, &text.value, inner)
            };
            let moved = || Diagnostic { span, file: String::new(), snippet: None, ..finding };
            match finding.severity {
                Severity::Error => self.sink.error(span, moved),
                Severity::Warning => self.sink.warning(moved),
            }
        }
        None
    }
}

/// The conditions of rules that policies of another kind are lowered to, by their text; `None`: it was refused, which was reported.
#[derive(Default)]
pub(super) struct Lowered(BTreeMap<String, Option<Condition>>);

impl Lowered {
    /// The condition of a text that no author has written, so that only what is wrong with it is of use: it is too large. `of`: what it
    /// says, in words.
    pub(super) fn condition(
        &mut self,
        check: &Check<'_>,
        text: &str,
        place: Span,
        declarations: &Declarations<'_>,
        (of, help): (&dyn Fn() -> String, &str),
    ) -> Option<Condition> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let condition = match compile(text, declarations) {
            Ok(condition) => Some(condition),
            Err(findings) => {
                for finding in findings.0.into_iter().filter(|finding| finding.severity == Severity::Error) {
                    let message = format!("{} cannot become a condition: {}", of(), finding.message);
                    check.error(finding.code, Place(place), &message, || help.to_owned());
                }
                None
            }
        };
        self.0.insert(text.to_owned(), condition.clone());
        condition
    }
}

/// The type of a call's arguments, if a rule is about exactly one tool that is listed.
fn arguments<'l>(tools: &[Pattern], resources: &[ResourceHead], listed: &'l Listed<'_>) -> Option<&'l Type> {
    let only = match (tools, resources) {
        ([tool], _) => tool.literal(),
        ([], [head]) if head.kind.as_ref().is_some_and(|kind| kind.as_str() == "tool") => {
            head.id.as_ref().and_then(Pattern::literal)
        }
        (_, _) => None,
    };
    listed.tools.get(only?)?.arguments.as_ref()
}
