//! placet
pub mod audit;
pub mod compile;
pub mod condition;
pub mod decision;
pub mod diagnostic;
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
pub mod grant;
pub mod identity;
pub mod label;
pub mod limits;
pub mod live;
pub mod name;
mod nesting;
pub mod pattern;
pub mod request;
pub mod resource;
pub mod rule;
pub mod scope;
pub mod suite;
pub mod time;
pub mod tool;
pub mod value;

pub use audit::Record;
pub use compile::{CompiledPolicy, Vocabulary};
pub use decision::{Code, Decision, Layer, Verdict};
pub use directory::Directory;
pub use door::Answer;
pub use engine::Engine;
pub use explain::Explanation;
#[cfg(feature = "fs")]
pub use files::load;
pub use limits::Limits;
pub use live::LiveEngine;
pub use request::{Link, Request, Target};
