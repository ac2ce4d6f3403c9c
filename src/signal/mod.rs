//! Does what a token was issued for still hold? Continuous evaluation: events from Shared Signals feeds and from the host, the
//! revocations that they leave, and the check of a token against them.
//!
//! [`parse`] reads the payload of a security event token that the host has verified. [`Revocations`] is an immutable value:
//! [`Revocations::apply`] gives a new one that shares nearly everything with the old, so that an engine can swap it atomically;
//! [`Revocations::check`] is a few lookups and allocates nothing.
//!
//! INVARIANT: what an event says is joined into registers by event time (the later wins; at equal times the more restrictive),
//! so late, repeated and reordered events give the same revocations, and none undoes a newer one.
//!
//! INVARIANT: what is not known restricts. An event about more members than a token tells of is taken to be about it; a feed
//! that is silent for too long denies; a full table denies rather than forget.
//!
//! ```
//! use placet::Limits;
//! use placet::signal::*;
//! use placet::time::Timestamp;
//!
//! let at = |seconds| Timestamp::new(seconds, 0).unwrap_or(Timestamp::MAX);
//! let ada = Target::subject(Some("https://idp.example"), "ada");
//! let event = SecurityEvent::local("directory", "1", CriticalEvent::SessionsRevoked, ada, at(100));
//! let (revocations, _) = Revocations::new(&Limits::default()).apply(&event, &NoCascade);
//!
//! let names = [Name { class: Class::Subject, issuer: Some("https://idp.example"), id: "ada" }];
//! let mut token = TokenFacts { names: &names, issued_at: Some(at(50)), expires: Some(at(3_650)), answers_challenges: true };
//! assert!(matches!(revocations.check(&token, at(101), &CheckPolicy::default()), Verdict::Challenge(_)));
//! token.issued_at = Some(at(102));
//! assert_eq!(revocations.check(&token, at(103), &CheckPolicy::default()), Verdict::Allow);
//! ```
//!
//! Sources: RFC 8417 (security event tokens), RFC 9493 (subject identifiers), OpenID Shared Signals, CAEP and RISC 1.0; Microsoft
//! Entra continuous access evaluation ([`cae`], the faithful reading).
//!
//! Next room: [`crate::inventory`].

pub mod cae;
mod check;
mod event;
mod location;
mod register;
mod revocations;
mod set;
mod subject;
mod table;

pub use check::{Challenge, CheckPolicy, Reason, TokenFacts, Verdict};
pub use event::{Change, CriticalEvent, Direction, EventKind, SecurityEvent};
pub use location::{IpRange, LocationMode, LocationUse, LocationVerdict, Networks, at_issuer, at_resource};
pub use register::{AccountState, ClaimState, Compliance, Cut, Stamped, State};
pub use revocations::{Cascade, Entry, NoCascade, Outcome, Revocations};
pub use set::{SetError, VerifiedSet, parse};
pub use subject::{Class, Name, SubjectId, Target, names_of};
pub(crate) use subject::{known_as, spelt};
