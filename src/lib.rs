//! An embeddable Zero Trust policy engine for AI agents: *may this agent do this, now, on behalf of whom, and what must
//! happen besides?*
//!
//! A service that runs agents, or stands between agents and their tools, loads its policy documents once and asks before
//! every action. Documents are checked as a whole when they are loaded, with every mistake reported at its place; deciding
//! afterwards cannot fail, cannot wait and reads no clock. What nobody permits is denied, and a fact that nobody gave is
//! taken at its worst. Documents and requests are untrusted: every size has a ceiling in [`Limits`].
//!
//! Rooms, in the order in which they may import each other; each begins with the question that it answers:
//!
//! | room | decides |
//! | --- | --- |
//! | [`limits`] | how large may anything be |
//! | [`diagnostic`] | what is wrong with a document, where, what to write instead |
//! | [`name`] | which texts are ids |
//! | [`time`] | timestamps and lengths of time, as data |
//! | [`label`] | sensitivity: order, join, inheritance |
//! | [`value`] | what facts can be; known, null, unknown |
//! | [`pattern`] | which ids does a pattern mean; sets of patterns matched at once |
//! | [`fact`] | the declared facts: path, type, slot |
//! | [`condition`] | CEL: parse, check, compile, evaluate, three-valued |
//! | [`resource`], [`rule`], [`identity`], [`tool`], [`scope`], [`grant`] | the nouns |
//! | [`entities`] | all registered nouns together |
//! | [`document`] | text to [`document::Document`] to [`document::Validated`], all diagnostics at once |
//! | `directory` | snapshot of who exists: closures, memberships, grants |
//! | `compile` | rules to an index |
//! | `request` | the request: JSON door in, facts in slots |
//! | `decision` | verdict, objections, requirements, reason codes |
//! | `evaluate` | the decision |
//! | `engine` | policy and directory linked; the live handle |
//! | `explain`, `audit`, `door` | the same decision for people, for the record, for JSON |
//! | `files` | the only room that touches the file system (feature `fs`) |
//!
//! Begin with [`document::load`].
pub mod condition;
pub mod diagnostic;
pub mod document;
pub mod entities;
pub mod fact;
pub mod grant;
pub mod identity;
pub mod label;
pub mod limits;
pub mod name;
pub mod pattern;
pub mod resource;
pub mod rule;
pub mod scope;
pub mod time;
pub mod tool;
pub mod value;

pub use limits::Limits;
