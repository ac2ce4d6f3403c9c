//! What is a compiled rule? Its heads as classes, its condition and bounds, packed.
//!
//! INVARIANT: a packed rule says what its [`Rule`] said, no more and no less: [`RuleSet::matches`] is the conjunction of its
//! four heads.
//!
//! Next room: `policy`.

use core::ops::RangeInclusive;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::classes::{Buckets, PatternClasses, SubjectClasses, position};
use super::gauge::{Asking, Demand, Demands, Gauges, Numbers};
use super::guard::{Guards, NO_GUARD};
use super::index::{
    ALONE, DIMENSIONS, Entry, Filed, Glance, Heads, Index, Plan, Query, Traits, Visitor, Wanted, any_resource, shares,
};
use super::resources::ResourceClasses;
use crate::condition::{Condition, Operand};
use crate::diagnostic::Span;
use crate::fact;
use crate::name::RuleId;
use crate::pattern::Pattern;
use crate::rule::{Effect, Mode, Requirement, ResourceHead, Rule, Source, SubjectHead};
use crate::scope::Constraint;
use crate::time::Timestamp;

/// Where a packed rule has nothing.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// The dimension of resources.
const RESOURCE: usize = 3;

/// What a restriction says, but for whom: lists of actions, tools, resources, condition.
type Said = ([u32; 4], Traits);

/// A range in one of the tables of a set.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    start: u32,
    end: u32,
}

impl Range {
    fn of<T>(self, table: &[T]) -> &[T] {
        table.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A rule as it is judged.
#[derive(Clone, Debug)]
pub(crate) struct PackedRule {
    pub(crate) id: RuleId,
    pub(crate) source: Source,
    pub(crate) effect: Effect,
    pub(crate) mode: Mode,
    /// For each dimension: a list of classes, or [`NO_INDEX`].
    heads: [u32; DIMENSIONS],
    /// The next rule that differs from this one in nothing that decides, or [`NO_INDEX`].
    next: u32,
    /// Index into the conditions, or [`NO_INDEX`].
    pub(crate) when: u32,
    /// Index into the intervals, or [`NO_INDEX`].
    interval: u32,
    arguments: Range,
    requirements: Range,
    pub(crate) message: Option<Arc<str>>,
    pub(crate) span: Span,
}

/// A condition, kept once however many rules have it, with what its truth depends on.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    pub(crate) condition: Condition,
    /// What of it answers decide.
    pub(crate) demands: Demands,
    /// Whether it reads facts of the link under judgement: otherwise it has one truth for the whole chain.
    pub(crate) reads_link: bool,
    /// Whether it reads facts of the resource under judgement, or of the tool, which the resource may be.
    pub(crate) reads_resource: bool,
    /// Whether it reads groups, which a request can claim.
    pub(crate) reads_groups: bool,
}

impl Predicate {
    fn new(condition: Condition) -> Self {
        let reads = |slots: RangeInclusive<u16>| condition.references().iter().any(|at| slots.contains(at));
        Self {
            reads_link: reads(fact::LINK),
            reads_resource: reads(fact::RESOURCE) || reads(fact::TOOL),
            reads_groups: fact::GROUPS.into_iter().any(|group| reads(group..=group)),
            demands: Demands::default(),
            condition,
        }
    }
}

/// Rules with their index.
#[derive(Clone, Debug)]
pub(crate) struct RuleSet {
    rules: Vec<PackedRule>,
    lists: Buckets,
    pub(crate) subjects: SubjectClasses,
    pub(crate) actions: PatternClasses,
    pub(crate) tools: PatternClasses,
    pub(crate) resources: ResourceClasses,
    conditions: Vec<Predicate>,
    intervals: Vec<(Timestamp, Timestamp)>,
    constraints: Vec<(String, Constraint)>,
    requirements: Vec<Requirement>,
    pub(crate) gauges: Gauges,
    pub(crate) guards: Guards,
    index: Index,
}

/// A rule's classes by dimension (none: any), as lists, and its condition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    heads: [u32; DIMENSIONS],
    when: u32,
}

/// What a table of distinct things is made of.
struct Distinct<T> {
    items: Vec<T>,
}

impl<T: Clone + Eq + core::hash::Hash> Distinct<T> {
    /// Collects what occurs; `order` makes the places independent of the order of rules.
    fn new<'t>(occurring: impl Iterator<Item = &'t T>) -> (Self, HashMap<&'t T, u32>)
    where
        T: 't,
    {
        let mut items: Vec<T> = Vec::new();
        let mut places: HashMap<&T, u32> = HashMap::new();
        for item in occurring {
            places.entry(item).or_insert_with(|| {
                items.push(item.clone());
                position(items.len() - 1)
            });
        }
        (Self { items }, places)
    }
}

impl RuleSet {
    /// Compiles rules, whatever their order.
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let mut sorted: Vec<&Rule> = rules.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let everyone = SubjectHead::default();
        let anything = ResourceHead::default();
        // A head that says nothing matches everything, and then so does the whole list.
        let subjects_of = |rule: &'_ Rule| !rule.subjects.contains(&everyone);
        let resources_of = |rule: &'_ Rule| !rule.resources.contains(&anything);
        let patterns_of = |patterns: &[Pattern]| !patterns.iter().any(Pattern::is_everything);
        let (subjects, subject_places) =
            Distinct::new(sorted.iter().filter(|rule| subjects_of(rule)).flat_map(|rule| &rule.subjects));
        let (resources, resource_places) =
            Distinct::new(sorted.iter().filter(|rule| resources_of(rule)).flat_map(|rule| &rule.resources));
        let (actions, action_places) =
            Distinct::new(sorted.iter().filter(|rule| patterns_of(&rule.actions)).flat_map(|rule| &rule.actions));
        let (tools, tool_places) =
            Distinct::new(sorted.iter().filter(|rule| !rule.tools.is_empty()).flat_map(|rule| &rule.tools));
        let (conditions, condition_places) = Distinct::new(sorted.iter().filter_map(|rule| rule.when.as_ref()));
        let mut set = Self {
            rules: Vec::with_capacity(sorted.len()),
            lists: Buckets::default(),
            subjects: SubjectClasses::new(subjects.items),
            actions: PatternClasses::new(actions.items),
            tools: PatternClasses::new(tools.items),
            resources: ResourceClasses::new(resources.items),
            conditions: conditions.items.into_iter().map(Predicate::new).collect(),
            intervals: Vec::new(),
            constraints: Vec::new(),
            requirements: Vec::new(),
            gauges: Gauges::default(),
            guards: Guards::default(),
            index: Index::default(),
        };
        let mut lists: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        // Of rules that are judged as one the last.
        let mut equal: HashMap<(Place, Traits), u32> = HashMap::new();
        let mut leaders: Vec<u32> = Vec::new();
        for rule in sorted {
            let any = |meant: bool, places: Vec<u32>| if meant { places } else { Vec::new() };
            let places: [Vec<u32>; DIMENSIONS] = [
                any(subjects_of(rule), rule.subjects.iter().filter_map(|h| subject_places.get(h).copied()).collect()),
                any(
                    patterns_of(&rule.actions),
                    rule.actions.iter().filter_map(|p| action_places.get(p).copied()).collect(),
                ),
                rule.tools.iter().filter_map(|p| tool_places.get(p).copied()).collect(),
                any(
                    resources_of(rule),
                    rule.resources.iter().filter_map(|h| resource_places.get(h).copied()).collect(),
                ),
            ];
            let heads = places.map(|list| set.list(list, &mut lists));
            let when = rule.when.as_ref().and_then(|c| condition_places.get(c).copied()).unwrap_or(NO_INDEX);
            let at = set.push(rule, heads, when);
            // Only what is named by its id alone can be judged for another.
            let Some(traits) = set.get(at).map(PackedRule::traits) else { continue };
            let plain = rule.effect != Effect::Require && rule.mode == Mode::Enforce && !traits.bounded;
            let twins = plain.then(|| equal.entry((Place { heads, when }, traits)));
            match twins {
                Some(hashbrown::hash_map::Entry::Occupied(mut twins)) => {
                    let last = core::mem::replace(twins.get_mut(), at);
                    if let Some(last) = set.rules.get_mut(last as usize) {
                        last.next = at;
                    }
                }
                Some(hashbrown::hash_map::Entry::Vacant(none)) => {
                    none.insert(at);
                    leaders.push(at);
                }
                None => leaders.push(at),
            }
        }
        set.index(&leaders);
        set
    }

    /// Indexes the rules that stand for themselves and those that are equal.
    fn index(&mut self, leaders: &[u32]) {
        let counts = [self.subjects.len(), self.actions.len(), self.tools.len(), self.resources.len()];
        let plan = Plan::new(&self.filed(leaders), counts);
        self.resources.serve(plan.has_resource_keys());
        let numbers = self.number(leaders);
        let guards = Guards::new(leaders.iter().filter_map(|at| self.demanded(self.get(*at)?.when)));
        let families = self.families(leaders);
        let entry = |at: &u32| {
            let (glance, entry) = self.entry(*at, &numbers, &guards)?;
            Some((glance, entry.of_family(self.family(*at, &families))))
        };
        let entries: Vec<(Glance, Entry)> = leaders.iter().filter_map(entry).collect();
        self.index = Index::new((&plan, &self.filed(leaders)), &entries, counts);
        self.guards = guards;
    }

    /// Rules as an index files them.
    fn filed(&self, rules: &[u32]) -> Vec<Filed<'_>> {
        rules.iter().filter_map(|at| Some(self.get(*at)?.heads.map(|list| self.lists.get(list)))).collect()
    }

    /// Numbers what the rules ask most, and says what each condition demands.
    fn number(&mut self, leaders: &[u32]) -> Numbers {
        let mut asking = Asking::default();
        let mut times = vec![0; self.conditions.len()];
        for rule in leaders.iter().filter_map(|at| self.get(*at)) {
            if let Some(times) = times.get_mut(rule.when as usize) {
                *times += 1;
            }
            if let [class] = self.classes(rule, RESOURCE)
                && let Some(head) = self.resources.get(*class)
            {
                asking.head(self.resources.asked_kind(head), head.at_most, head.at_least);
            }
        }
        let operands: Vec<Vec<Operand>> =
            self.conditions.iter().map(|predicate| predicate.condition.operands().collect()).collect();
        for (operands, times) in operands.iter().zip(times) {
            asking.condition(operands, times);
        }
        let (gauges, numbers) = asking.numbered();
        for (predicate, operands) in self.conditions.iter_mut().zip(&operands) {
            predicate.demands = numbers.demands(operands);
        }
        self.gauges = gauges;
        numbers
    }

    /// The text that a condition demands of a fact that is the same for all links and resources of a call, unless answers say so.
    fn demanded(&self, when: u32) -> Option<(u16, &str)> {
        let predicate = self.condition(when).filter(|predicate| !predicate.demands.is_one())?;
        let (slot, text) = predicate.condition.demanded()?;
        let is_particular = [fact::LINK, fact::RESOURCE, fact::TOOL].iter().any(|slots| slots.contains(&slot));
        (!is_particular).then_some((slot, text))
    }

    /// What restrictions say, but for whom: numbered, and whether several say it. Rules on trial may ask more of the subject than that
    /// it is theirs.
    fn families(&self, leaders: &[u32]) -> HashMap<Said, (u32, bool)> {
        let mut families: HashMap<Said, (u32, bool)> = HashMap::new();
        for said in leaders.iter().filter_map(|at| self.get(*at)?.says()) {
            let next = position(families.len());
            families.entry(said).and_modify(|(_, is_shared)| *is_shared = true).or_insert((next, false));
        }
        families
    }

    fn family(&self, rule: u32, families: &HashMap<Said, (u32, bool)>) -> u32 {
        let found = self.get(rule).and_then(PackedRule::says).and_then(|said| families.get(&said).copied());
        found.filter(|(_, is_shared)| *is_shared).map_or(ALONE, |(number, _)| number)
    }

    /// A rule as an index keeps it.
    fn entry(&self, at: u32, numbers: &Numbers, guards: &Guards) -> Option<(Glance, Entry)> {
        let rule = self.get(at)?;
        let classes = rule.heads.map(|list| self.lists.get(list));
        let list = |dimension: usize| rule.list(dimension);
        let guard = self.demanded(rule.when).map_or(NO_GUARD, |(slot, text)| guards.of(slot, text));
        let demand = match self.condition(rule.when) {
            None => (Demand::default(), true),
            Some(predicate) => (predicate.demands.first, predicate.demands.is_one()),
        };
        Some(Entry::new((classes, self.wanted(rule, numbers)), list, (rule.when, guard), demand, (at, rule.traits())))
    }

    /// What a rule wants of the resource.
    fn wanted(&self, rule: &PackedRule, numbers: &Numbers) -> Wanted {
        let classes = self.classes(rule, RESOURCE);
        if classes.is_empty() {
            return Wanted::Any;
        }
        if let [class] = classes
            && let Some(head) = self.resources.get(*class)
            && let Some(number) = self.resources.number(*class)
            && let Some(bits) = numbers.head(self.resources.asked_kind(head), head.at_most, head.at_least)
        {
            return Wanted::Found(number, bits);
        }
        Wanted::Heads { is_bound: classes.iter().any(|class| self.resources.is_bound(*class)) }
    }

    /// A list of classes, ascending, kept once however many rules have it; [`NO_INDEX`] if there are none.
    fn list(&mut self, mut list: Vec<u32>, known: &mut BTreeMap<Vec<u32>, u32>) -> u32 {
        if list.is_empty() {
            return NO_INDEX;
        }
        list.sort_unstable();
        list.dedup();
        if let Some(at) = known.get(&list) {
            return *at;
        }
        let at = position(known.len());
        self.lists.push(&list);
        known.insert(list, at);
        at
    }

    fn push(&mut self, rule: &Rule, heads: [u32; DIMENSIONS], when: u32) -> u32 {
        let interval = rule.interval.map_or(NO_INDEX, |interval| {
            self.intervals.push(interval);
            position(self.intervals.len() - 1)
        });
        let arguments = position(self.constraints.len());
        self.constraints.extend(rule.arguments.iter().map(|(name, constraint)| (name.clone(), constraint.clone())));
        let requirements = position(self.requirements.len());
        self.requirements.extend_from_slice(&rule.requirements);
        self.rules.push(PackedRule {
            id: rule.id.clone(),
            source: rule.source,
            effect: rule.effect,
            mode: rule.mode,
            heads,
            next: NO_INDEX,
            when,
            interval,
            arguments: Range { start: arguments, end: position(self.constraints.len()) },
            requirements: Range { start: requirements, end: position(self.requirements.len()) },
            message: rule.message.clone(),
            span: rule.span,
        });
        position(self.rules.len() - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn get(&self, rule: u32) -> Option<&PackedRule> {
        self.rules.get(rule as usize)
    }

    /// A rule and those that are judged with it, ascending, if it is the first of them.
    pub(crate) fn equals(&self, rule: u32) -> impl Iterator<Item = u32> + '_ {
        core::iter::successors(Some(rule), |at| self.get(*at).map(|rule| rule.next).filter(|next| *next != NO_INDEX))
    }

    /// Whether other rules are judged with it.
    pub(crate) fn has_equals(&self, rule: u32) -> bool {
        self.get(rule).is_some_and(|rule| rule.next != NO_INDEX)
    }

    pub(crate) fn condition(&self, when: u32) -> Option<&Predicate> {
        self.conditions.get(when as usize)
    }

    pub(crate) fn interval(&self, rule: &PackedRule) -> Option<(Timestamp, Timestamp)> {
        self.intervals.get(rule.interval as usize).copied()
    }

    /// Bounds on arguments, all of which must be met.
    pub(crate) fn arguments(&self, rule: &PackedRule) -> &[(String, Constraint)] {
        rule.arguments.of(&self.constraints)
    }

    pub(crate) fn requirements(&self, rule: &PackedRule) -> &[Requirement] {
        rule.requirements.of(&self.requirements)
    }

    /// Classes that a rule names in a dimension: subject, action, tool, resource. None: any.
    pub(crate) fn classes(&self, rule: &PackedRule, dimension: usize) -> &[u32] {
        rule.heads.get(dimension).map_or(&[], |list| self.lists.get(*list))
    }

    /// Whether a rule matches in one dimension: `None` if not, `Some(false)` if that depends on an unknown label.
    pub(crate) fn matches_in(&self, rule: &PackedRule, dimension: usize, query: &Query<'_>) -> Option<bool> {
        match (self.classes(rule, dimension), query.classes.get(dimension)) {
            ([], _) => Some(true),
            (list, Some(found)) => shares(list, found).then_some(true),
            (list, None) => any_resource(list, &self.resources, &query.resource),
        }
    }

    /// Whether the heads of a rule match: `None` if not, `Some(false)` if that depends on an unknown label.
    pub(crate) fn matches(&self, rule: &PackedRule, query: &Query<'_>) -> Option<bool> {
        let mut sure = true;
        for dimension in 0..DIMENSIONS {
            sure &= self.matches_in(rule, dimension, query)?;
        }
        Some(sure)
    }

    /// Tells a [`Visitor`] which rules match, and how.
    #[inline]
    pub(crate) fn matching(&self, query: &Query<'_>, visitor: &mut impl Visitor) {
        self.index.matching(self.heads(), query, visitor);
    }

    fn heads(&self) -> Heads<'_> {
        Heads { lists: &self.lists, resources: &self.resources, rules: &self.rules }
    }
}

impl PackedRule {
    /// The list of classes in a dimension, or [`NO_INDEX`].
    pub(super) fn list(&self, dimension: usize) -> u32 {
        self.heads.get(dimension).copied().unwrap_or(NO_INDEX)
    }

    /// What it says, if it restricts and is not about everybody.
    fn says(&self) -> Option<Said> {
        let [subject, action, tool, resource] = self.heads;
        let restricts = self.effect != Effect::Permit && subject != NO_INDEX;
        restricts.then(|| ([action, tool, resource, self.when], self.traits()))
    }

    fn traits(&self) -> Traits {
        let bounded = self.arguments.start != self.arguments.end || self.interval != NO_INDEX;
        Traits { effect: self.effect, mode: self.mode, source: self.source, bounded }
    }
}
