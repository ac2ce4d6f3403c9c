//! What would the answer be, if it were known? For each fact that the request does not state, every value that matters.
//!
//! The values that matter are those that rules tell apart: the members of an enumeration, true and false, the texts, networks, numbers
//! and times that conditions name, the ends of grants, and something that none of them names. Each is tried alone, and with all other
//! missing facts at what helps the caller most. Facts that change nothing are left out.
//!
//! INVARIANT: what is told of a value is the engine's own decision of the request with that value, never a guess. What is *not* told is
//! that no other value has another answer: patterns and sums can tell apart more than the literals in them.
//!
//! Next room: [`crate::audit`].

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::trial::{Told, Trial};
use super::{describe, render};
use crate::condition::ast::Literal;
use crate::decision::Verdict;
use crate::engine::{Engine, Origin};
use crate::evaluate::{Memo, Pair, Scene};
use crate::fact::{self, slot};
use crate::request::Request;
use crate::rule::{Control, Requirement};
use crate::value::Fact;

/// So many facts are tried.
const FACTS: usize = 48;
/// So often each fact is set to what helps most, given the others.
const ROUNDS: usize = 3;

/// What the answer would be, if what the request does not say were known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// The verdict as things are.
    pub verdict: &'static str,
    /// The best verdict that was found for any values of what is missing.
    pub best: &'static str,
    /// Values with which it is reached, by fact.
    pub with: BTreeMap<String, String>,
    /// The facts that matter, by path.
    pub facts: Vec<Hypothesis>,
}

/// A fact that the request does not state, and what the answer would be for its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hypothesis {
    /// The fact's path.
    pub fact: String,
    /// Values that have the same answers stand together.
    pub cases: Vec<Case>,
}

/// Values of a fact that have the same answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Case {
    /// The values, in words.
    pub values: Vec<String>,
    /// The verdict if only this fact were known.
    pub verdict: &'static str,
    /// The codes of its reasons.
    pub reasons: Vec<&'static str>,
    /// The verdict if all else that is missing were at what helps most.
    pub best: &'static str,
}

/// A missing fact with the values that matter.
struct Missing {
    slot: u16,
    trials: Vec<Trial>,
}

impl Engine {
    /// What the answer would be for each value that matters of each fact of the context that the request does not state. Costs
    /// some thousand decisions.
    ///
    /// ```
    /// use placet::{Engine, Limits, Link, Request, Target, document};
    /// let policy = "
    /// version: 1
    /// rules:
    ///   - {id: read, effect: permit, action: read}
    ///   - {id: risky, effect: forbid, when: 'risk.user >= \"medium\"'}
    /// ";
    /// let engine = Engine::of(&document::load([("policy.yaml", policy)], &Limits::default())?);
    /// let what_if = engine.what_if(&Request::new(Link::user("ada"), "read", Target::new("page", "home")));
    /// assert_eq!((what_if.verdict, what_if.best), ("deny", "allow"));
    /// let risk = &what_if.facts[0];
    /// assert_eq!(risk.fact, "risk.user");
    /// assert_eq!((risk.cases[0].values.join(" "), risk.cases[0].verdict), ("none low".to_owned(), "allow"));
    /// assert_eq!((risk.cases[1].values.join(" "), risk.cases[1].verdict), ("medium high".to_owned(), "deny"));
    /// # Ok::<(), placet::diagnostic::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn what_if(&self, request: &Request<'_>) -> WhatIf {
        let as_is = self.judged(request);
        let missing = if self.form(request).is_some() { Vec::new() } else { self.missing(request) };
        let chosen = self.most_helpful(request, &missing);
        let best = with_all(request, &missing, &chosen, None);
        let schema = self.policy().vocabulary().schema();
        let mut facts: Vec<Hypothesis> = Vec::new();
        for (at, fact) in missing.iter().enumerate() {
            let mut cases: Vec<Case> = Vec::new();
            for (choice, trial) in fact.trials.iter().enumerate() {
                let (verdict, reasons) = self.judged(&stated(request, fact.slot, trial));
                let (best, _) = self.judged(&with_all(request, &missing, &chosen, Some((at, choice))));
                match cases
                    .iter_mut()
                    .find(|case| (case.verdict, case.best) == (verdict, best) && case.reasons == reasons)
                {
                    Some(case) => case.values.push(trial.called.clone()),
                    None => cases.push(Case { values: vec![trial.called.clone()], verdict, reasons, best }),
                }
            }
            // One case that is the answer without the fact: it changes nothing.
            let matters =
                cases.len() > 1 || cases.iter().any(|case| (case.verdict, &case.reasons) != (as_is.0, &as_is.1));
            if matters {
                facts.push(Hypothesis { fact: schema.path(fact.slot).to_owned(), cases });
            }
        }
        facts.sort_by(|a, b| a.fact.cmp(&b.fact));
        let named: BTreeSet<&str> = facts.iter().map(|fact| fact.fact.as_str()).collect();
        let with = missing.iter().zip(&chosen).filter_map(|(fact, choice)| {
            let path = schema.path(fact.slot);
            let trial = fact.trials.get((*choice)?)?;
            named.contains(path).then(|| (path.to_owned(), trial.called.clone()))
        });
        WhatIf { verdict: as_is.0, best: self.judged(&best).0, with: with.collect(), facts }
    }

    fn judged(&self, request: &Request<'_>) -> (&'static str, Vec<&'static str>) {
        let decision = self.decide(request);
        let mut codes: Vec<&'static str> = decision.reasons().map(|reason| reason.code.as_str()).collect();
        codes.dedup();
        (decision.verdict().name(), codes)
    }

    /// For each fact the value that helps most, given what the others are; `None` where leaving it unsaid is as good.
    fn most_helpful(&self, request: &Request<'_>, missing: &[Missing]) -> Vec<Option<usize>> {
        let mut chosen: Vec<Option<usize>> = missing.iter().map(|_| None).collect();
        let cost = |chosen: &[Option<usize>], trial| {
            let request = with_all(request, missing, chosen, trial);
            let decision = self.decide(&request);
            let verdict = match decision.verdict() {
                Verdict::Allow => 0,
                Verdict::Modify => 1,
                Verdict::StepUp => 2,
                Verdict::Defer => 3,
                Verdict::Deny => 4,
            };
            (verdict, decision.objections.len(), decision.demands.len())
        };
        for _ in 0..ROUNDS {
            let before = chosen.clone();
            for (at, fact) in missing.iter().enumerate() {
                let mut least = cost(&chosen, None);
                for choice in 0..fact.trials.len() {
                    let new = cost(&chosen, Some((at, choice)));
                    if new < least {
                        least = new;
                        if let Some(place) = chosen.get_mut(at) {
                            *place = Some(choice);
                        }
                    }
                }
            }
            if chosen == before {
                break;
            }
        }
        chosen
    }

    /// The facts of the context that are not stated and that a rule about this call reads, with the values that rules tell apart.
    fn missing(&self, request: &Request<'_>) -> Vec<Missing> {
        let (scene, _) = Scene::flowing(self, request, None);
        let mut read: BTreeMap<u16, Told> = BTreeMap::new();
        let memo = Memo::default();
        for pair in Pair::all(&scene, &memo).flat_map(|pair| core::iter::once(pair).chain(pair.through_called())) {
            for origin in [Origin::Policy, Origin::Directory] {
                self.told_apart(pair, origin, &mut read);
            }
        }
        for tool in scene.things.iter().filter_map(|thing| thing.tool()?.record) {
            let pin = tool.digest.as_deref().map(|digest| Literal::String(digest.into()));
            if let Some(pin) = pin {
                read.entry(slot::TOOL_DIGEST).or_default().literals.push(pin);
            }
        }
        let (schema, now) = (self.policy().vocabulary().schema(), request.now());
        let unsaid = |slot: u16| {
            let declared = schema.get(slot)?;
            let open = declared.origin == fact::Origin::Context && matches!(request.context_fact(slot), Fact::Unknown);
            (open && !scene.is_said_by_session(slot)).then_some(&declared.ty)
        };
        let taxonomy = self.policy().vocabulary().taxonomy();
        let missing = read.into_iter().filter_map(|(slot, told)| {
            let trials = told.trials(slot, unsaid(slot)?, now, taxonomy);
            (!trials.is_empty()).then_some(Missing { slot, trials })
        });
        missing.take(FACTS).collect()
    }

    /// What the rules that are about a pair read and tell apart.
    fn told_apart(&self, pair: Pair<'_, '_, '_>, origin: Origin, read: &mut BTreeMap<u16, Told>) {
        let set = self.set(origin).0;
        let query = pair.query(origin, true);
        let limits = self.policy().vocabulary().limits();
        for rule in (0u32..).map_while(|at| set.get(at)) {
            if !(0..4).all(|dimension| set.matches_in(rule, dimension, &query).is_some()) {
                continue;
            }
            if let Some(condition) = set.condition(rule.when).map(|predicate| &predicate.condition) {
                let mut literals = Vec::new();
                if let Ok(tree) = crate::condition::parse(condition.source(), limits) {
                    tree.literals(&mut |literal| literals.push(literal.clone()));
                }
                for slot in condition.references() {
                    read.entry(*slot).or_default().literals.extend(literals.iter().cloned());
                }
            }
            if let Some((start, end)) = set.interval(rule) {
                read.entry(slot::NOW).or_default().times.extend([start, end]);
            }
            for requirement in set.requirements(rule) {
                let Requirement::Control { any_of, max_age } = requirement else { continue };
                for control in any_of {
                    let told = read.entry(met_by(*control)).or_default();
                    told.ages.extend(max_age.filter(|_| *control == Control::FreshAuthentication));
                }
            }
        }
    }
}

/// The fact by which a control is met.
const fn met_by(control: Control) -> u16 {
    match control {
        Control::Mfa => slot::AUTHENTICATION_MFA,
        Control::CompliantDevice => slot::DEVICE_COMPLIANT,
        Control::ManagedDevice => slot::DEVICE_MANAGED,
        Control::JoinedDevice => slot::DEVICE_JOINED,
        Control::TrustedNetwork => slot::LOCATION_TRUSTED,
        Control::FreshAuthentication => slot::AUTHENTICATION_TIME,
        Control::SenderConstrained => slot::AUTHENTICATION_SENDER_CONSTRAINED,
        Control::Justification => slot::JUSTIFICATION,
    }
}

fn stated<'a>(request: &Request<'a>, slot: u16, trial: &Trial) -> Request<'a> {
    let mut request = request.clone();
    request.put(slot, trial.value.clone());
    request
}

/// The request with what was chosen of all missing facts, and one of them at another value.
fn with_all<'a>(
    request: &Request<'a>,
    missing: &[Missing],
    chosen: &[Option<usize>],
    other: Option<(usize, usize)>,
) -> Request<'a> {
    let mut request = request.clone();
    for (at, (fact, choice)) in missing.iter().zip(chosen).enumerate() {
        let choice = other.filter(|(fact, _)| *fact == at).map(|(_, choice)| choice).or(*choice);
        if let Some(trial) = choice.and_then(|choice| fact.trials.get(choice)) {
            request.put(fact.slot, trial.value.clone());
        }
    }
    request
}

impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.facts.is_empty() {
            return writeln!(f, "Nothing that is left unsaid would change the answer.");
        }
        writeln!(f, "What if it were known")?;
        for fact in &self.facts {
            render::wrap(f, "  ", &fact.fact)?;
            for case in &fact.cases {
                let why =
                    if case.reasons.is_empty() { String::new() } else { format!(" ({})", case.reasons.join(", ")) };
                let best = if case.best == case.verdict {
                    String::new()
                } else {
                    format!("; {} with all else at its best", case.best)
                };
                let values = describe::any_of(case.values.iter().cloned());
                render::wrap(f, "    ", &format!("{values}: {}{why}{best}", case.verdict))?;
            }
        }
        let with: Vec<String> = self.with.iter().map(|(fact, value)| format!("{fact} {value}")).collect();
        let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
        render::wrap(f, "  ", &format!("At best: {}{with}.", self.best))
    }
}
