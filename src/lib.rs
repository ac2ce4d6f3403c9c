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
//! | [`reading`] | which of two readings of another system's rule is asked for |
//! | [`diagnostic`] | what is wrong with a document, where, what to write instead |
//! | [`name`] | which texts are ids |
//! | [`time`] | timestamps and lengths of time, as data |
//! | [`label`] | sensitivity: order, join, inheritance |
//! | [`value`] | what facts can be; known, null, unknown |
//! | [`pattern`] | which ids does a pattern mean; sets of patterns matched at once |
//! | [`fact`] | the declared facts: path, type, slot |
//! | [`condition`] | CEL: parse, check, compile, evaluate, three-valued |
//! | [`flow`] | what an agent has read decides what it may do: labels, sessions, checks by role of argument |
//! | [`resource`], [`rule`], [`identity`], [`tool`], [`scope`], [`grant`] | the nouns |
//! | [`entities`] | all registered nouns together |
//! | [`delegation`] | who acts, through whom, for whom: from the claims of a verified token |
//! | [`lifecycle`] | managed identities: states, operations, permissions, policies |
//! | [`signal`] | events and the revocations that they leave |
//! | [`inventory`] | what runs, against what is registered |
//! | [`access`] | conditional access: two readings of one policy set, and its policies as rules |
//! | [`sensitive`] | which passages of a text are sensitive, and how sure is that |
//! | [`protection`] | sensitivity labels as organisations use them |
//! | [`loss`] | data-loss rules: may this content go there |
//! | [`document`] | text to [`document::Document`] to [`document::Validated`], all diagnostics at once |
//! | [`compile`] | rules to an index: [`CompiledPolicy`] |
//! | [`directory`] | snapshot of who exists: closures, memberships, grants: [`Directory`] |
//! | [`engine`] | policy and directory, linked: [`Engine`] |
//! | [`request`] | the question, built in Rust or read from JSON: [`Request`] |
//! | [`decision`] | the answer: verdict, objections, requirements, reason codes: [`Decision`] |
//! | `evaluate` | [`Engine::decide`] |
//! | [`door`] | the answer as JSON: [`Engine::answer_json`] |
//! | [`explain`], [`audit`] | the same decision for people and for the record |
//! | [`suite`] | unit tests of policies |
//! | [`live`] | the handle that is swapped while others judge: [`LiveEngine`] |
//! | `files` | the only room that touches the file system (feature `fs`) |
//!
//! In five lines:
//!
//! ```
//! use placet::{Engine, Limits, Link, Request, Target, document};
//! let text = include_str!("../examples/quickstart.yaml");
//! let engine = Engine::of(&document::load([("quickstart.yaml", text)], &Limits::default())?);
//! let call = Request::new(Link::user("ada"), "tools/call", Target::tool("tickets/read")).actor(Link::agent("helpdesk-bot"));
//! println!("{}", engine.decide(&call.fact(placet::fact::slot::RISK_AGENT, "none")).verdict());
//! # Ok::<(), placet::diagnostic::Diagnostics>(())
//! ```
pub mod access;
pub mod audit;
pub mod compile;
pub mod condition;
pub mod decision;
pub mod delegation;
pub mod diagnostic;
mod digest;
pub mod directory;
pub mod document;
pub mod door;
pub mod engine;
pub mod entities;
mod evaluate;
pub mod explain;
pub mod fact;
#[cfg(feature = "fs")]
pub mod files;
pub mod flow;
pub mod grant;
pub mod identity;
pub mod inventory;
pub mod label;
pub mod lifecycle;
pub mod limits;
pub mod live;
pub mod loss;
pub mod name;
mod nesting;
pub mod pattern;
pub mod protection;
pub mod reading;
pub mod request;
pub mod resource;
pub mod rule;
pub mod scope;
pub mod sensitive;
pub mod signal;
pub mod suite;
mod table;
pub mod time;
pub mod tool;
pub mod value;

pub use audit::Record;
pub use compile::{CompiledPolicy, Vocabulary};
pub use decision::{Code, Decision, Layer, Verdict};
pub use directory::Directory;
pub use door::Answer;
pub use engine::Engine;
pub use evaluate::Prepared;
pub use explain::Explanation;
#[cfg(feature = "fs")]
pub use files::load;
pub use limits::Limits;
pub use live::LiveEngine;
pub use request::{Link, Request, Target};

/// The README's examples, run as tests.
#[cfg(all(doctest, feature = "fs"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The example of the page about flows, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/flow.md")]
struct FlowPage;
