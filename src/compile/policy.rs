//! The compiled form of a policy: rules with their index, labels, facts, assumptions.
//!
//! Next room: [`crate::directory`].

use std::sync::Arc;

use super::pack::RuleSet;
use crate::document::Validated;
use crate::fact::Schema;
use crate::label::{Label, Taxonomy};
use crate::limits::Limits;
use crate::value::Value;

/// The words of a policy that requests can use: its labels and the facts that it declares.
///
/// A request that names labels or facts of the host's own is made with a vocabulary and carries its stamp. INVARIANT: an
/// engine whose policy has another vocabulary denies it (`request.outdated`) rather than mistake one word for another.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    schema: Schema,
    taxonomy: Taxonomy,
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
            limits: limits.clone(),
            stamp: policy.vocabulary_stamp(),
        };
        Self {
            version: policy.digest().into(),
            vocabulary: Arc::new(vocabulary),
            assumptions,
            issuers: policy.issuers().into(),
            rules: RuleSet::new(policy.rules()),
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

    /// Whether an issuer may vouch for identities. Where the policy names some, an unknown one may not.
    pub(crate) fn trusts(&self, issuer: Option<&str>) -> bool {
        self.issuers.is_empty() || issuer.is_some_and(|issuer| self.issuers.iter().any(|trusted| trusted == issuer))
    }

    /// What an absent fact counts as.
    #[inline]
    pub(crate) fn assumption(&self, slot: u16) -> Option<&Value<'static>> {
        self.assumptions.get(usize::from(slot))?.as_ref()
    }
}
