//! How are rules found? Rules become a `RuleSet`: interned heads, packed rules, and an index over the heads.
//!
//! Every head of a rule (subject, action, tool, resource) is a list of *classes*: numbers of distinct heads of the set. A
//! request is looked at once per link and resource: which classes does it belong to? Then a rule matches if, in each of its
//! four dimensions, it names no class or one of these. The index files each rule under a class, or pair of classes, that few
//! share, so that a decision visits few rules beside those that match, whatever the size of the set.
//!
//! [`CompiledPolicy`] is the compiled form of a [`Validated`](crate::document::Validated) policy. The grants of a
//! `Directory` are a rule set too: one index form, one evaluator.
//!
//! INVARIANT (law 3): a rule set does not depend on the order in which its rules are given; rules are kept by id.
//!
//! Rooms: `classes` and `resources` (which heads exist, which does something belong to), `index` (classes and pairs of them to
//! rules), `gauge` and `guard` (what is asked of facts again and again, asked once), `pack` (rules to packed rules), `policy`.
//!
//! Next room: [`crate::directory`].

mod classes;
mod gauge;
mod guard;
mod index;
mod pack;
mod policy;
mod resources;

pub(crate) use classes::{Buckets, Found, SubjectView, holds};
pub(crate) use gauge::Answers;
pub(crate) use index::{Entry, Match, Query, Visitor, signs};
pub(crate) use pack::{PackedRule, Predicate, RuleSet};
pub use policy::{CompiledPolicy, Vocabulary};
pub(crate) use resources::{ResourceQuery, ResourceView};
