//! What judges? A policy and a directory, linked: for everybody and everything registered it is known which heads they match.
//!
//! Linking costs time proportional to the directory; neither the policy nor the directory is copied or changed. INVARIANT: an
//! [`Engine`] is immutable; a decision sees exactly one policy and one directory, and names both.
//!
//! `crate::evaluate` judges with it; [`crate::live`] swaps it while other threads judge.
//!
//! Next room: [`crate::request`].

use std::sync::Arc;

use crate::compile::{Buckets, CompiledPolicy, Found, ResourceView, RuleSet, SubjectView};
use crate::directory::{Directory, Principal};
use crate::signal::{CheckPolicy, Revocations};

/// Which of an engine's rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// The rules of the policy, access policies among them.
    Policy,
    /// The grants of the directory.
    Directory,
    /// What typed evaluators invoke by number.
    Invoked,
}

/// A policy and a directory, ready to judge.
///
/// ```
/// use placet::{Engine, Limits, Link, Request, Target, Verdict, document};
/// let policy = document::load([("policy.yaml", include_str!("../examples/quickstart.yaml"))], &Limits::default())?;
/// let engine = Engine::of(&policy);
/// let call = Request::new(Link::user("mallory"), "tools/call", Target::tool("tickets/read"));
/// assert_eq!(engine.decide(&call).verdict(), Verdict::Deny);
/// # Ok::<(), placet::diagnostic::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    policy: Arc<CompiledPolicy>,
    directory: Arc<Directory>,
    rules: Arc<Linked>,
    grants: Arc<Linked>,
    /// No head leads to rules that are invoked.
    unlinked: Arc<Linked>,
    revocations: Arc<Revocations>,
    check: CheckPolicy,
    /// Whether the labels of the directory are words of the policy.
    reads_labels: bool,
}

/// Classes of a rule set by the places of a directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linked {
    subjects: Buckets,
    resources: Buckets,
    tools: Buckets,
}

impl Linked {
    fn new(set: &RuleSet, directory: &Directory) -> Self {
        let mut linked = Self::default();
        let mut found = Found::default();
        for principal in directory.principals() {
            found.truncate(0);
            set.subjects.find(&subject_view(principal, &[]), &mut found);
            linked.subjects.push(found.all());
        }
        for resource in directory.resources() {
            found.truncate(0);
            let (kind, id) = (resource.reference.kind.as_str(), resource.reference.id.as_str());
            let view = ResourceView { id, containers: &resource.containers, label: None };
            let known = set.resources.find(&view, set.resources.kind(kind), &mut found);
            linked.resources.push(known.unwrap_or_else(|| found.all()));
        }
        for tool in directory.tools() {
            found.truncate(0);
            let known = set.tools.find(&tool.id, &mut found);
            linked.tools.push(known.unwrap_or_else(|| found.all()));
        }
        linked
    }

    /// Subject classes of a registered principal.
    #[inline]
    pub(crate) fn subject(&self, principal: u32) -> &[u32] {
        self.subjects.get(principal)
    }

    /// Resource classes of a registered resource, bounds on its label apart.
    #[inline]
    pub(crate) fn resource(&self, resource: u32) -> &[u32] {
        self.resources.get(resource)
    }

    /// Tool classes of a registered tool.
    #[inline]
    pub(crate) fn tool(&self, tool: u32) -> &[u32] {
        self.tools.get(tool)
    }
}

/// What heads can ask of a registered principal.
pub(crate) fn subject_view<'p>(principal: &'p Principal, claims: &'p [&'p str]) -> SubjectView<'p> {
    SubjectView {
        kind: principal.kind_text(),
        id: principal.id_text(),
        groups: &principal.groups,
        claims,
        blueprint: principal.agent.as_ref().and_then(|agent| agent.blueprint.as_ref()),
    }
}

impl Engine {
    /// Links a policy and a directory.
    #[must_use]
    pub fn new(policy: Arc<CompiledPolicy>, directory: Arc<Directory>) -> Self {
        let rules = Arc::new(Linked::new(policy.rules(), &directory));
        let grants = Arc::new(Linked::new(directory.grants(), &directory));
        let revocations = Arc::new(Revocations::new(policy.vocabulary().limits()));
        let unlinked = Arc::default();
        let reads_labels = directory.is_worded_as(policy.flow().words.stamp());
        Self { policy, directory, rules, grants, unlinked, revocations, check: CheckPolicy::default(), reads_labels }
    }

    /// The same, knowing what has been revoked.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Arc<Revocations>, check: CheckPolicy) -> Self {
        self.revocations = revocations;
        self.check = check;
        self
    }

    /// The same with another policy or directory, linked anew; what is revoked stays revoked.
    #[must_use]
    pub fn relinked(&self, policy: Arc<CompiledPolicy>, directory: Arc<Directory>) -> Self {
        Self::new(policy, directory).with_revocations(Arc::clone(&self.revocations), self.check)
    }

    /// What has been revoked.
    #[must_use]
    pub const fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    /// How tokens are checked against what has been revoked.
    #[must_use]
    pub const fn check_policy(&self) -> &CheckPolicy {
        &self.check
    }

    /// The engine of a sound policy whose documents also say who exists, with the default limits.
    #[must_use]
    pub fn of(policy: &crate::document::Validated) -> Self {
        let compiled = CompiledPolicy::new(policy, &crate::Limits::default());
        Self::new(Arc::new(compiled), Arc::new(Directory::of(policy)))
    }

    /// Whether the labels of the directory are words of the policy. If they are not, nobody knows what they mean.
    pub(crate) const fn reads_labels(&self) -> bool {
        self.reads_labels
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Arc<CompiledPolicy> {
        &self.policy
    }

    /// The directory.
    #[must_use]
    pub const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The rules of the policy with their classes, or the grants of the directory with theirs.
    pub(crate) fn set(&self, origin: Origin) -> (&RuleSet, &Linked) {
        match origin {
            Origin::Policy => (self.policy.rules(), &self.rules),
            Origin::Directory => (self.directory.grants(), &self.grants),
            Origin::Invoked => (self.policy.invoked(), &self.unlinked),
        }
    }
}
