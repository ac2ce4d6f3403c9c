//! What did the author write, and is it sound?
//!
//! Text becomes a tree with places (`node`), the tree a [`Document`] (`decode`, [`schema`]), and a set of documents a
//! [`Validated`] policy ([`validate()`]). Each step records all it finds and goes on, so that an author sees every mistake
//! at once. INVARIANT: a [`Validated`] is sound: ids parse, references resolve, patterns and conditions compile; and it does
//! not depend on the order of documents, of rules or of members.
//!
//! A text whose name ends in `.json` is strict JSON; any other is YAML 1.2. One text holds one document.
//!
//! ```
//! use placet::{Limits, document};
//! let text = "version: 1\nrules:\n  - { id: read, effect: permit, action: read, resource: { type: page } }\n";
//! let policy = document::load([("policy.yaml", text)], &Limits::default()).unwrap();
//! assert_eq!(policy.rules().len(), 1);
//!
//! let wrong = document::load([("policy.yaml", "version: 1\nrulez: []\n")], &Limits::default()).unwrap_err();
//! assert!(wrong.to_string().starts_with("policy.yaml:2:1: error: unknown member `rulez`"));
//! ```
//!
//! Next room: `crate::directory`, and `crate::compile` for the rules.

mod decode;
mod digest;
mod json;
mod load;
mod node;
mod place;
mod report;
pub mod schema;
mod validate;
mod validated;
mod yaml;

pub use load::{load, parse, utf8, validate};
pub use schema::Document;
pub use validated::{Assumption, Parts, TestCase, TestRequest, Validated};
