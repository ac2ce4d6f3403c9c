//! What is a sound policy? The proof that documents were checked, and what they turned into.
//!
//! Next room: `crate::compile`.

use super::digest;
use super::schema::Document;
use crate::diagnostic::{Diagnostics, Span};
use crate::entities::Entities;
use crate::fact::Schema;
use crate::flow;
use crate::label::Taxonomy;
use crate::loss::LossPolicies;
use crate::rule::Rule;
use crate::sensitive::SensitiveType;
use crate::value::Value;

/// What an absent fact counts as.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Slot of the fact.
    pub slot: u16,
    /// The value, of the fact's type; [`Value::Null`] for "known to be absent".
    pub value: Value<'static>,
    /// Why that is safe.
    pub reason: String,
}

/// The request of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestRequest {
    /// Written with the test: a JSON object.
    Inline(serde_json::Value),
    /// The line of a file of requests that has this `evaluation_id`.
    Reference {
        /// Name of the file, beside the document.
        file: String,
        /// The `evaluation_id`.
        id: String,
    },
}

/// A unit test of the policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// Its request.
    pub request: TestRequest,
    /// The verdict expected: `allow`, `modify`, `step_up`, `defer` or `deny`.
    pub verdict: String,
    /// The reason codes expected, all and no other.
    pub reasons: Option<Vec<String>>,
    /// The requirements expected, all and no other.
    pub requirements: Option<Vec<String>>,
    /// Where it stands.
    pub span: Span,
}

/// A sound policy: the documents and what they mean.
#[derive(Clone, Debug)]
pub struct Validated {
    pub(super) parts: Parts,
}

/// What a [`Validated`] consists of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The documents as they were written.
    pub documents: Vec<Document>,
    /// Their names; [`Span::file`] is an index into them.
    pub names: Vec<String>,
    /// The labels.
    pub taxonomy: Taxonomy,
    /// The declared facts.
    pub schema: Schema,
    /// What absent facts count as, by slot.
    pub assumptions: Vec<Assumption>,
    /// Who may vouch for identities, ascending; anybody if empty.
    pub issuers: Vec<String>,
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// The entities, by id.
    pub entities: Entities,
    /// What holds for all flows.
    pub flow: flow::Policy,
    /// The data-loss policies, for their reading by the original system; decisions judge the rules that they lower to.
    pub data_loss: LossPolicies,
    /// The sensitive information types that the policy knows; none if it has no data-loss policy and no type of its own.
    pub sensitive_types: Vec<SensitiveType>,
    /// The tests, by name.
    pub tests: Vec<TestCase>,
    /// What is probably not what its author means.
    pub warnings: Diagnostics,
}

impl Validated {
    /// The documents as they were written.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.parts.documents
    }

    /// Name of the document that a place is in; empty if there is none.
    #[must_use]
    pub fn name(&self, file: u32) -> &str {
        usize::try_from(file).ok().and_then(|file| self.parts.names.get(file)).map_or("", String::as_str)
    }

    /// Names of the documents, by [`Span::file`].
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.parts.names
    }

    /// The labels.
    #[must_use]
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.parts.taxonomy
    }

    /// The declared facts.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.parts.schema
    }

    /// What absent facts count as, by slot.
    #[must_use]
    pub fn assumptions(&self) -> &[Assumption] {
        &self.parts.assumptions
    }

    /// Who may vouch for identities, ascending; anybody if empty.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.parts.issuers
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.parts.rules
    }

    /// The entities, by id.
    #[must_use]
    pub fn entities(&self) -> &Entities {
        &self.parts.entities
    }

    /// What holds for all flows.
    #[must_use]
    pub const fn flow(&self) -> &flow::Policy {
        &self.parts.flow
    }

    /// The data-loss policies, for their reading by the original system; decisions judge the rules that they lower to.
    #[must_use]
    pub const fn data_loss(&self) -> &LossPolicies {
        &self.parts.data_loss
    }

    /// The sensitive information types that the policy knows, for a [`Scanner`](crate::sensitive::Scanner): the catalogue's and its own.
    /// None if it has no data-loss policy and no type of its own.
    #[must_use]
    pub fn sensitive_types(&self) -> &[SensitiveType] {
        &self.parts.sensitive_types
    }

    /// The tests, by name.
    #[must_use]
    pub fn tests(&self) -> &[TestCase] {
        &self.parts.tests
    }

    /// What is probably not what its author means.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.parts.warnings
    }

    /// Digest of what decides: rules, labels, facts and assumptions, as `sha256:<hex>`. The same however documents, rules
    /// and members are ordered and whichever document they stand in.
    #[must_use]
    pub fn digest(&self) -> String {
        digest::policy(&self.parts.documents)
    }

    /// What tells the words that requests can use (labels and facts) from those of other policies.
    pub(crate) fn vocabulary_stamp(&self) -> u64 {
        digest::vocabulary(&self.parts.documents)
    }

    /// Digest of the entities, as `sha256:<hex>`. The same however they are ordered.
    #[must_use]
    pub fn entities_digest(&self) -> String {
        digest::entities(&self.parts.documents)
    }
}
