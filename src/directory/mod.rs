//! Who and what exists? An immutable snapshot of all registered entities, with closures computed and grants compiled.
//!
//! A [`Directory`] comes from the documents of a policy ([`Directory::of`]) or from records that the host supplies at run time
//! ([`Directory::new`]). It is closed-world: who is not listed is a known *no*, not an unknown.
//!
//! INVARIANT: groups and containers have no cycles; every id is unique within its kind; what refers to something refers to
//! something listed.
//!
//! ```
//! use placet::{Directory, Limits, entities::Entities, identity::{Agent, Sponsor, State, User, UserKind}, value::Map};
//! let ada = User {
//!     id: "ada".parse()?, kind: UserKind::Person, groups: vec![], attributes: Map::default(), state: State::Enabled,
//! };
//! let bot = Agent::new("bot".parse()?, Sponsor::User("ada".parse()?));
//! let entities = Entities { users: vec![ada], agents: vec![bot], ..Entities::default() };
//! let directory = Directory::new(&entities, "2026-11-24.1", &Limits::default())?;
//! assert_eq!(directory.version(), "2026-11-24.1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Next room: [`crate::engine`].

mod build;
mod check;
mod records;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::compile::{CompiledPolicy, RuleSet};
use crate::document::Validated;
use crate::entities::Entities;
use crate::grant::Approval;
use crate::limits::Limits;
use crate::name::{GroupId, UserId};
use crate::signal::{Cascade, Class, Target};
use crate::table::{Numbered, Seed, Table};

pub use check::{DirectoryError, Problem};
pub(crate) use records::{AgentRecord, Giver, Principal, ResourceRecord, ToolRecord};

/// A snapshot of who and what exists.
#[derive(Clone, Debug)]
pub struct Directory {
    version: Arc<str>,
    /// Of which taxonomy its labels are words, if anybody said so.
    words: Option<u64>,
    /// The places of agents by blueprint, and of accounts by agent.
    children: HashMap<Box<str>, Vec<u32>>,
    seed: Seed,
    principals: Vec<Principal>,
    principal_table: Table,
    resources: Vec<ResourceRecord>,
    resource_table: Table,
    tools: Numbered,
    tool_records: Vec<ToolRecord>,
    grants: RuleSet,
    /// Who gave each grant, by its number.
    givers: Vec<Giver>,
    /// By the digest of the call.
    approvals: HashMap<Box<str>, Vec<Approval>>,
}

/// Revocations of a blueprint reach its agents, and those of an agent its user account.
impl Cascade for Directory {
    fn below(&self, target: &Target, found: &mut dyn FnMut(Target)) {
        if target.class == Class::Subject {
            self.below(&target.id).for_each(|principal| found(Target::subject(None, principal.id_text())));
        }
    }
}

impl Directory {
    /// A snapshot of records that the host supplies, under a version of the host's own (it is named in every decision).
    ///
    /// # Errors
    /// Everything that is wrong with the records: duplicates, references to nothing, circles.
    ///
    /// Labels of resources and what tools declare of flows are words of one policy: say which by [`Directory::worded_as`]. Until
    /// then they count as unknown.
    pub fn new(entities: &Entities, version: &str, limits: &Limits) -> Result<Self, DirectoryError> {
        check::check(entities, limits)?;
        Ok(build::build(entities, version))
    }

    /// The snapshot of the entities that a policy's documents list. Its version is their digest.
    #[must_use]
    pub fn of(policy: &Validated) -> Self {
        let directory = build::build(policy.entities(), &policy.entities_digest());
        Self { words: Some(policy.flow().words.stamp()), ..directory }
    }

    /// The same, whose labels are words of this policy. With a policy of other labels they count as unknown: the same place in
    /// another order is another label.
    #[must_use]
    pub fn worded_as(self, policy: &CompiledPolicy) -> Self {
        Self { words: Some(policy.flow().words.stamp()), ..self }
    }

    /// Whether its labels are words of that stamp.
    pub(crate) fn is_worded_as(&self, stamp: u64) -> bool {
        self.words == Some(stamp)
    }

    /// A snapshot of nothing: nobody is registered.
    #[must_use]
    pub fn empty() -> Self {
        build::build(&Entities::default(), "empty")
    }

    /// Which snapshot it is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The place of a registered principal.
    #[inline]
    pub(crate) fn find_principal(&self, kind: &str, id: &str) -> Option<u32> {
        if self.principals.is_empty() {
            return None;
        }
        let same = |at: u32| {
            self.principals.get(at as usize).is_some_and(|found| found.id_text() == id && found.kind_text() == kind)
        };
        self.principal_table.find(self.seed.hash(id.as_bytes()), same)
    }

    pub(crate) fn principal(&self, at: u32) -> Option<&Principal> {
        self.principals.get(at as usize)
    }

    pub(crate) fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The place of a registered resource.
    #[inline]
    pub(crate) fn find_resource(&self, kind: &str, id: &str) -> Option<u32> {
        if self.resources.is_empty() {
            return None;
        }
        let same = |at: u32| {
            let found = self.resources.get(at as usize).map(|found| &found.reference);
            found.is_some_and(|found| found.id.as_str() == id && found.kind.as_str() == kind)
        };
        self.resource_table.find(resource_hash(self.seed, kind, id), same)
    }

    pub(crate) fn resource(&self, at: u32) -> Option<&ResourceRecord> {
        self.resources.get(at as usize)
    }

    pub(crate) fn resources(&self) -> &[ResourceRecord] {
        &self.resources
    }

    /// The place of a registered tool.
    #[inline]
    pub(crate) fn find_tool(&self, id: &str) -> Option<u32> {
        self.tools.get(id)
    }

    pub(crate) fn tool(&self, at: u32) -> Option<&ToolRecord> {
        self.tool_records.get(at as usize)
    }

    pub(crate) fn tools(&self) -> &[ToolRecord] {
        &self.tool_records
    }

    pub(crate) const fn grants(&self) -> &RuleSet {
        &self.grants
    }

    /// Who gave a grant.
    pub(crate) fn giver(&self, grant: u32) -> Option<&Giver> {
        self.givers.get(grant as usize)
    }

    /// Whether anything was approved at all.
    pub(crate) fn has_approvals(&self) -> bool {
        !self.approvals.is_empty()
    }

    /// The approvals of a call, by its digest.
    pub(crate) fn approvals(&self, call: &str) -> &[Approval] {
        self.approvals.get(call).map_or(&[], Vec::as_slice)
    }

    /// Whether an enabled person of that id belongs to a group.
    pub(crate) fn is_member(&self, person: &UserId, group: &GroupId) -> bool {
        let found = self.find_principal("user", person.as_str()).and_then(|at| self.principal(at));
        found.is_some_and(|person| person.is_enabled() && person.groups.binary_search(group).is_ok())
    }

    /// Whether an enabled person of that id is registered.
    pub(crate) fn is_person(&self, person: &UserId) -> bool {
        let found = self.find_principal("user", person.as_str()).and_then(|at| self.principal(at));
        found.is_some_and(Principal::is_enabled)
    }

    /// The registered principals that hang directly below an id: agents below their blueprint, accounts below their agent.
    fn below(&self, id: &str) -> impl Iterator<Item = &Principal> {
        self.children.get(id).into_iter().flatten().filter_map(|at| self.principal(*at))
    }
}

/// The hash of a resource. (Principals have that of their id: of one id there are no more than four.)
#[inline]
fn resource_hash(seed: Seed, kind: &str, id: &str) -> u64 {
    seed.add(seed.hash(id.as_bytes()), kind.as_bytes())
}
