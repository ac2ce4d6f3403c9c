//! Which passages of a text are card numbers, national ids, secrets, and how sure is that?
//!
//! A [`SensitiveType`] is data: patterns, each with a checksum ([`Check`]), the evidence that must stand near it
//! ([`Evidence`]) and the [`Confidence`] that the two together give. [`catalogue`] holds the types that come with the library;
//! an organisation adds its own in the same shape. A [`Scanner`] compiles any number of types into one automaton.
//!
//! What a match is (so that two implementations must agree):
//!
//! - A text can begin wherever the byte before is no ASCII letter or digit, and must end likewise ([`Boundary`]). Letters of
//!   other scripts do not count: a number that follows Chinese text without a space is found.
//! - From each such place, left to right, the longest text that matches a pattern of the type *and passes its check* is a
//!   candidate; the search for this type goes on at its end. A longer text that fails its check hides nothing.
//! - Its confidence is the highest of the type's patterns that match just this text and whose evidence lies wholly within
//!   [`SensitiveType::proximity`] characters before or after it. Without any such pattern it is no finding.
//!
//! Findings of different types may overlap; [`Findings::redaction`] merges them. [`Scanner::inspect`] looks at all texts of a JSON value,
//! such as the arguments of a call; [`Scanner::redact`] removes types from them.
//!
//! INVARIANT: scanning takes time linear in the text, whatever the text: no pattern without a bounded length is accepted, and
//! nothing is read twice but what stands near a candidate. Memory grows with the findings alone. Spans are exact and lie on
//! character boundaries.
//!
//! ```
//! use placet::sensitive::{Confidence, Scanner, catalogue};
//! let scanner = Scanner::new(&catalogue(), &placet::Limits::default())?;
//! let findings = scanner.scan("card 4532667785213500 expires 09/27");
//! assert_eq!(findings.instances("credit-card", Confidence::HIGH), 1);
//! assert_eq!(findings.redaction().text(), "card [credit-card] expires 09/27");
//! # Ok::<(), placet::sensitive::TypeError>(())
//! ```
//!
//! Source of the model: Microsoft Purview sensitive information types (patterns, proximity, confidence 65/75/85, unique
//! instance counts). Next room: [`crate::protection`].

mod automaton;
mod card;
mod catalogue;
mod check;
mod clues;
mod error;
mod examine;
mod findings;
mod inspect;
mod kind;
mod national;
mod network;
mod registers;
mod scan;
mod secret;
mod types;

pub use catalogue::catalogue;
pub use check::{Check, Rejection};
pub use error::TypeError;
pub use examine::{Examination, Reason};
pub use findings::{Finding, Findings, Redaction, Span};
pub use inspect::{Inspection, Passage};
pub use kind::{Boundary, Confidence, Evidence, SensitiveType, TypePattern};
pub use scan::Scanner;
pub(crate) use types::TypeNames;
