//! The compiled form of a policy: rules with their index, labels, facts, assumptions.
//!
//! Next room: [`crate::directory`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pack::RuleSet;
use crate::document::Validated;
use crate::fact::Schema;
use crate::flow::{Policy as FlowPolicy, Verb, Words};
use crate::label::{Label, Taxonomy};
use crate::limits::Limits;
use crate::rule::{Effect, Mode, Requirement, Rule, Source};
use crate::value::Value;

/// The words of a policy that requests can use: its labels and the facts that it declares.
///
/// A request that names labels or facts of the host's own is made with a vocabulary and carries its stamp. INVARIANT: an
/// engine whose policy has another vocabulary denies it (`request.outdated`) rather than mistake one word for another.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    schema: Schema,
    taxonomy: Taxonomy,
    words: Arc<Words>,
    limits: Limits,
    stamp: u64,
}

impl Vocabulary {
    /// The declared facts.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The labels.
    #[must_use]
    pub const fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// The names of the labels of flows.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Ceilings of requests.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The label of that name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<Label> {
        self.taxonomy.get(name)
    }

    /// What tells this vocabulary from others.
    pub(crate) const fn stamp(&self) -> u64 {
        self.stamp
    }
}

/// A policy, ready to judge. Immutable; cheap to share.
///
/// ```
/// use placet::{CompiledPolicy, Limits, document};
/// let text = "version: 1\nrules:\n  - { id: read, effect: permit, action: read }\n";
/// let policy = CompiledPolicy::new(&document::load([("policy.yaml", text)], &Limits::default())?, &Limits::default());
/// assert_eq!(policy.len(), 1);
/// # Ok::<(), placet::diagnostic::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    version: Arc<str>,
    vocabulary: Arc<Vocabulary>,
    /// By slot; most facts have none.
    assumptions: Vec<Option<Value<'static>>>,
    issuers: Box<[String]>,
    rules: RuleSet,
    flow: FlowPolicy,
    /// Rules that typed evaluators invoke by number; no heads lead to them. They give what such an evaluator demands an id, a place
    /// and a requirement, as every rule has.
    invoked: RuleSet,
    names: Arc<[String]>,
}

impl CompiledPolicy {
    /// Compiles a sound policy. Its version is the digest of what decides. `limits` bound the requests that it will judge.
    #[must_use]
    pub fn new(policy: &Validated, limits: &Limits) -> Self {
        let slots = policy.assumptions().last().map_or(0, |last| usize::from(last.slot) + 1);
        let mut assumptions = vec![None; slots];
        for assumption in policy.assumptions() {
            if let Some(place) = assumptions.get_mut(usize::from(assumption.slot)) {
                *place = Some(assumption.value.clone());
            }
        }
        let vocabulary = Vocabulary {
            schema: policy.schema().clone(),
            taxonomy: policy.taxonomy().clone(),
            words: Arc::clone(&policy.flow().words),
            limits: limits.clone(),
            stamp: policy.vocabulary_stamp(),
        };
        Self {
            version: policy.digest().into(),
            vocabulary: Arc::new(vocabulary),
            assumptions,
            issuers: policy.issuers().into(),
            rules: RuleSet::new(policy.rules()),
            invoked: RuleSet::new(&consents(policy.flow())),
            flow: policy.flow().clone(),
            names: policy.names().into(),
        }
    }

    /// Digest of what decides, `sha256:<hex>`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The words that requests can use.
    #[must_use]
    pub const fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// How many rules it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether it has no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of a document that rules stand in; empty if it has none.
    #[must_use]
    pub fn document(&self, file: u32) -> &str {
        self.names.get(file as usize).map_or("", String::as_str)
    }

    pub(crate) const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// What holds for all flows.
    #[must_use]
    pub const fn flow(&self) -> &FlowPolicy {
        &self.flow
    }

    /// Rules that typed evaluators invoke by number.
    pub(crate) const fn invoked(&self) -> &RuleSet {
        &self.invoked
    }

    /// The invoked rule that demands a person's consent of this kind; `None` if nobody could give it.
    pub(crate) fn consent(&self, verb: Verb) -> Option<u32> {
        // As many rules as verbs: a search of four.
        (0u32..).zip(Verb::ALL).map(|(at, _)| at).find(|at| {
            self.invoked.get(*at).is_some_and(|rule| rule.id.as_str().strip_prefix("flow/") == Some(verb.name()))
        })
    }

    /// Whether an issuer may vouch for identities. Where the policy names some, an unknown one may not; where not, nobody asks who it is.
    pub(crate) fn trusts<'i>(&self, issuer: impl FnOnce() -> Option<&'i str>) -> bool {
        self.issuers.is_empty() || issuer().is_some_and(|issuer| self.issuers.iter().any(|trusted| trusted == issuer))
    }

    /// What an absent fact counts as.
    #[inline]
    pub(crate) fn assumption(&self, slot: u16) -> Option<&Value<'static>> {
        self.assumptions.get(usize::from(slot))?.as_ref()
    }
}

/// The rules by which flows ask a person: one for each kind of consent, if the policy says who may give it.
fn consents(flow: &FlowPolicy) -> Vec<Rule> {
    let rule = |verb: Verb| {
        let message = match verb {
            Verb::Endorse => "A person must endorse a value that decides what this call does.",
            Verb::Declassify => "A person must declassify what this call sends.",
            Verb::Widen => "A person must agree that this tool serves the task.",
            Verb::Proceed => "A person must agree to this call: the session has read untrusted and sensitive data.",
        };
        Some(Rule {
            id: format!("flow/{}", verb.name()).parse().ok()?,
            source: Source::Flow,
            effect: Effect::Require,
            mode: Mode::Enforce,
            subjects: Vec::new(),
            actions: Vec::new(),
            tools: Vec::new(),
            resources: Vec::new(),
            arguments: BTreeMap::new(),
            when: None,
            interval: None,
            requirements: vec![Requirement::Approval { by: flow.approvers.clone() }],
            message: Some(message.into()),
            span: flow.span,
        })
    };
    if flow.approvers.is_empty() { Vec::new() } else { Verb::ALL.into_iter().filter_map(rule).collect() }
}
