//! Data-loss policies: sound, lowered to rules, compiled.
//!
//! A rule of a policy becomes one rule or more, with the ids `data_loss/<policy>/<rule>/<part>`, judged like all others.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::listed::{Listed, Referrer};
use super::rules::Lowered;
use crate::condition::Declarations;
use crate::diagnostic::{Span, quote};
use crate::document::schema::{CallsItem, DataLossItem, Place, Text};
use crate::fact::Schema;
use crate::label::Taxonomy;
use crate::loss::lower::lower;
use crate::loss::policies::check_policy;
use crate::loss::{LossError, LossPolicies, LossPolicy, PolicyMode, Scope, Select};
use crate::pattern::Pattern;
use crate::protection::{Labels, SensitivityLabel};
use crate::rule::{Approver, ResourceHead, Rule, Source};
use crate::sensitive::{Scanner, SensitiveType, TypeNames, catalogue};

const MODES: [(&str, PolicyMode); 4] = [
    ("on", PolicyMode::On),
    ("off", PolicyMode::Off),
    ("simulation", PolicyMode::Simulation),
    ("simulation-with-tips", PolicyMode::SimulationWithTips),
];

/// What the data-loss policies of all documents mean.
#[derive(Default)]
pub(super) struct DataLoss {
    pub(super) policies: LossPolicies,
    /// The types that the policy knows; none if it has no need of them.
    pub(super) types: Vec<SensitiveType>,
    pub(super) rules: Vec<Rule>,
}

/// A policy that is sound by itself, with what the rules that it lowers to have in common.
struct Sound {
    policy: LossPolicy,
    place: Span,
    /// Where each rule stands, by id.
    places: BTreeMap<String, Span>,
    actions: Vec<Pattern>,
    tools: Vec<Pattern>,
    resources: Vec<ResourceHead>,
    approvers: Vec<Approver>,
}

impl<'a> Check<'a> {
    /// The data-loss policies, and the rules that they lower to.
    pub(super) fn data_loss(
        &self,
        listed: &Listed<'_>,
        rules: &[Rule],
        schema: &Schema,
        taxonomy: &Taxonomy,
    ) -> DataLoss {
        let is_used = |d: &crate::document::schema::Document| !(d.data_loss.is_empty() && d.sensitive_types.is_empty());
        if !self.documents.iter().any(is_used) {
            return DataLoss::default();
        }
        let Some((types, names)) = self.sensitive_types() else { return DataLoss::default() };
        let labels = labels_of(taxonomy);
        let mut ids: BTreeMap<&str, Span> = BTreeMap::new();
        let mut priorities: BTreeMap<u32, Span> = BTreeMap::new();
        let mut sound: Vec<Sound> = Vec::new();
        let mut count = 0usize;
        for item in self.documents.iter().flat_map(|d| &d.data_loss) {
            if !item.id.value.is_empty() {
                let id = item.id.value.as_str();
                self.unique(&mut ids, id, item.id.span, || format!("the data-loss policy {}", quote(id)));
            }
            if let Some(priority) = item.priority {
                self.unique(&mut priorities, priority.value, priority.span, || {
                    format!("the priority {} of data-loss policies", priority.value)
                });
            }
            count = count.saturating_add(item.rules.len());
            if count > self.limits.rules {
                let limit = self.limits.rules;
                let message = format!("there are more than {limit} rules in data-loss policies");
                self.error("document.too_large", item.place, &message, || {
                    "remove some, or raise `rules` in the limits".to_owned()
                });
                break;
            }
            sound.extend(self.loss_policy(item, listed, &labels, &names, taxonomy));
        }
        let policies = sound.iter().map(|sound| sound.policy.clone()).collect();
        let policies = LossPolicies::checked(policies, labels, &names);
        let rules = self.loss_rules(
            &sound,
            &policies,
            rules,
            &Declarations { schema, taxonomy, limits: self.limits, arguments: None },
        );
        DataLoss { policies, types, rules }
    }

    /// The catalogue's types and the documents' own. Each of one's own is compiled here, to see that it can be; all together are
    /// where a host looks for them.
    fn sensitive_types(&self) -> Option<(Vec<SensitiveType>, TypeNames)> {
        let written = self.documents.iter().flat_map(|d| &d.sensitive_types);
        let own: Vec<(Span, &SensitiveType)> =
            written.filter_map(|item| Some((item.span, item.value.0.as_ref()?))).collect();
        let refuse = |place: Span, error: &dyn core::fmt::Display| {
            self.error("document.sensitive_type", Place(place), &error.to_string(), || {
                "a type has `id` and `patterns`, each with `regex` and `confidence`; see `sensitive_types`".to_owned()
            });
        };
        let mut types = catalogue();
        let mut ids: BTreeMap<&str, Span> = BTreeMap::new();
        let mut names = TypeNames::new(&types).ok()?;
        for (place, kind) in own {
            let id = kind.id.as_str();
            self.unique(&mut ids, id, place, || format!("the sensitive information type {}", quote(id)));
            let known = names.add(kind).and_then(|()| Scanner::new(core::slice::from_ref(kind), self.limits).map(drop));
            match known {
                Ok(()) => types.push(kind.clone()),
                Err(error) => refuse(place, &error),
            }
        }
        Some((types, names))
    }

    /// A policy, if it is sound by itself.
    fn loss_policy(
        &self,
        item: &DataLossItem,
        listed: &Listed<'_>,
        labels: &Labels,
        names: &TypeNames,
        taxonomy: &Taxonomy,
    ) -> Option<Sound> {
        let owner = "a data-loss policy";
        let named = self.written(&item.id, item.place, owner, "id") && self.is_segment(&item.id);
        let priority = self.required(item.priority.as_ref(), item.place, owner, "priority");
        let mode = match &item.mode {
            None => Some(PolicyMode::On),
            Some(text) => self.choice(text, "mode", &MODES),
        };
        let locations = self.required(item.locations.as_ref(), item.place, owner, "locations");
        let nowhere = CallsItem::default();
        let calls = item.calls.as_ref().unwrap_or(&nowhere);
        if item.calls.as_ref().is_some_and(|calls| *calls == nowhere) {
            self.error("document.empty_mapping", calls.place, "`calls` says nothing", || {
                "write `action`, `tool` or `resource`, or leave `calls` out".to_owned()
            });
        }
        let (actions, tools) = (self.patterns(&calls.action.0), self.patterns(&calls.tool.0));
        let resources = calls.resource.0.iter().filter_map(|r| self.resource_head(r, listed, taxonomy)).collect();
        let approvers = if item.approval.is_empty() {
            Some(vec![Approver::Sponsor])
        } else {
            self.approvers(&item.approval.0, listed)
        };
        if item.rules.is_empty() {
            self.missing(item.place, owner, "rules");
        }
        let mut places = BTreeMap::new();
        let mut priorities: BTreeMap<u32, Span> = BTreeMap::new();
        let mut rules = Vec::new();
        for (place, rule) in item.rules.iter().filter_map(|rule| Some((rule.span, rule.value.0.as_ref()?))) {
            let id = Text { value: rule.id.clone(), span: place };
            self.is_segment(&id);
            self.unique(&mut places, rule.id.clone(), place, || format!("the rule {}", quote(&rule.id)));
            self.unique(&mut priorities, rule.priority, place, || {
                format!("the priority {} of rules of this policy", rule.priority)
            });
            rules.push(rule.clone());
        }
        let all_read = rules.len() == item.rules.len();
        let locations = locations?;
        let (place, locations) = (locations.span, locations.value.0.as_ref()?);
        if locations.is_empty() {
            self.error("document.empty_mapping", Place(place), "`locations` is empty, so nothing is covered", || {
                "name at least one location, such as `exchange: {}`".to_owned()
            });
        }
        self.loss_groups(locations.values(), place, listed);
        let mut policy = LossPolicy {
            id: item.id.value.clone(),
            priority: priority?.value,
            mode: mode?,
            locations: locations.clone(),
            rules,
        };
        let mut errors = Vec::new();
        check_policy(&mut policy, labels, names, self.limits, &mut errors);
        let mut is_sound = named && all_read;
        for error in errors {
            is_sound = false;
            let place = error.rule().and_then(|rule| places.get(rule)).copied().unwrap_or(item.place.0);
            // Found above, with the place of the other.
            if !matches!(error.code(), "duplicate_rule" | "same_priority") {
                self.error("document.data_loss", Place(place), &error.to_string(), || {
                    self.loss_remedy(&error, labels, names)
                });
            }
        }
        let approvers = approvers?;
        is_sound.then_some(Sound { policy, place: item.place.0, places, actions, tools, resources, approvers })
    }

    fn loss_remedy(&self, error: &LossError, labels: &Labels, names: &TypeNames) -> String {
        let near = if let LossError::UnknownLabel(_, name) = error {
            self.sink.suggest(name, labels.iter().map(|label| labels.id(label)))
        } else if let LossError::UnknownType(_, name) = error {
            self.sink.suggest(name, names.ids())
        } else {
            None
        };
        near.map_or_else(
            || "correct the rule, or list what it names".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )
    }

    /// Whether a text can be a part of the ids of rules.
    fn is_segment(&self, text: &Text) -> bool {
        if text.value.contains('/') {
            self.error_about("document.bad_id", text, "is no id of a data-loss policy or rule", || {
                "leave out `/`: it becomes part of the ids of rules".to_owned()
            });
            return false;
        }
        self.is_name(text)
    }

    /// A group that nobody lists would cover nobody.
    fn loss_groups<'s>(&self, scopes: impl Iterator<Item = &'s Scope>, place: Span, listed: &Listed<'_>) {
        let names: BTreeSet<&str> = scopes.flat_map(groups_of).collect();
        for name in names {
            let text = Text { value: name.to_owned(), span: place };
            let _: Option<crate::name::GroupId> = self.reference(&text, &listed.groups, "group", Referrer::Rule);
        }
    }

    fn loss_rules(
        &self,
        sound: &[Sound],
        policies: &LossPolicies,
        rules: &[Rule],
        declarations: &Declarations<'_>,
    ) -> Vec<Rule> {
        let by_id: BTreeMap<&str, &LossPolicy> = policies.policies().iter().map(|p| (p.id.as_str(), p)).collect();
        let written: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        let mut made = Vec::new();
        for own in sound {
            let Some(policy) = by_id.get(own.policy.id.as_str()) else { continue };
            let mut compiled = Lowered::default();
            for lowered in lower(policy, policies, declarations.taxonomy, &own.approvers) {
                let place = own.places.get(&lowered.rule).copied().unwrap_or(own.place);
                let of = || format!("the data-loss rule {}", quote(&lowered.rule));
                let words: (&dyn Fn() -> String, _) = (&of, "say less in one rule, or raise the limit");
                // What does not compile was reported, and nothing is loaded.
                let Some(when) = compiled.condition(self, &lowered.when, place, declarations, words) else { continue };
                let id = format!("data_loss/{}/{}/{}", policy.id, lowered.rule, lowered.part);
                if written.contains(id.as_str()) {
                    let message = format!("{} is the id of a rule, and of a part of this one", quote(&id));
                    self.error("document.duplicate_id", Place(place), &message, || "rename the rule".to_owned());
                }
                // The parts of the id were found to be names; together they may be too long.
                let Ok(id) = id.parse() else {
                    self.error("document.bad_id", Place(place), &format!("{} is no id of a rule", quote(&id)), || {
                        "shorten the ids of policy and rule".to_owned()
                    });
                    continue;
                };
                made.push(Rule {
                    id,
                    source: Source::DataLoss,
                    effect: lowered.effect,
                    mode: lowered.mode,
                    subjects: Vec::new(),
                    actions: own.actions.clone(),
                    tools: own.tools.clone(),
                    resources: own.resources.clone(),
                    arguments: BTreeMap::new(),
                    when: Some(when),
                    interval: None,
                    requirements: lowered.requirements,
                    message: lowered.tip.map(Into::into),
                    span: place,
                });
            }
        }
        made
    }
}

/// The groups that a scope names.
pub(super) fn groups_of(scope: &Scope) -> impl Iterator<Item = &str> {
    let listed = match &scope.groups {
        Select::Only(groups) => Some(groups),
        Select::All => None,
    };
    listed.into_iter().flatten().chain(&scope.exclude_groups).map(String::as_str)
}

/// The labels as the room of data-loss rules knows them: in one order, without compartments.
fn labels_of(taxonomy: &Taxonomy) -> Labels {
    let label = |name: &str| {
        let level = taxonomy.get(name).map_or(u32::MAX, |label| label.raw().0);
        SensitivityLabel::new(name, i64::from(level))
    };
    // Levels are dense and each has one name, so that no two are the same.
    Labels::new(taxonomy.names().map(label).collect()).unwrap_or_default()
}
