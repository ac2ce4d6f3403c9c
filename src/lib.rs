//! placet
pub mod condition;
pub mod diagnostic;
pub mod document;
pub mod entities;
pub mod fact;
pub mod grant;
pub mod identity;
pub mod label;
pub mod limits;
pub mod loss;
pub mod name;
pub mod pattern;
pub mod protection;
pub mod resource;
pub mod rule;
pub mod scope;
pub mod sensitive;
pub mod time;
pub mod tool;
pub mod value;

pub use limits::Limits;
