//! What is a label form? Anything with an order, least upper bounds, greatest lower bounds, a top and a bottom.
//!
//! INVARIANT: `join` and `meet` are commutative, associative, idempotent and absorb each other; `a.flows_to(b)` is the same as
//! `a.join(b) == b`; [`Lattice::TOP`] is above everything and [`Lattice::BOTTOM`] below. Distributive, as chains, sets and their
//! products are; a form that is not must say so. Source: Denning 1976; laws A and B in `tests/flow_laws.rs` are run on every form.
//!
//! Next room: `part`.

use crate::label::Label;

/// A label form.
pub trait Lattice: Clone + Eq {
    /// Above everything: what a missing label counts as.
    const TOP: Self;
    /// Below everything: the join of nothing.
    const BOTTOM: Self;

    /// The least label that both flow to: what data made of both has.
    #[must_use]
    fn join(&self, other: &Self) -> Self;

    /// The greatest label that flows to both.
    #[must_use]
    fn meet(&self, other: &Self) -> Self;

    /// Whether data labelled `self` may go where `other` may.
    fn flows_to(&self, other: &Self) -> bool {
        self.join(other) == *other
    }

    /// The join of all of them; [`Lattice::BOTTOM`] of none.
    fn join_all(labels: impl IntoIterator<Item = Self>) -> Self {
        labels.into_iter().fold(Self::BOTTOM, |all, next| all.join(&next))
    }
}

impl Lattice for Label {
    const TOP: Self = Self::TOP;
    const BOTTOM: Self = Self::BOTTOM;

    fn join(&self, other: &Self) -> Self {
        Self::join(*self, *other)
    }

    fn meet(&self, other: &Self) -> Self {
        Self::meet(*self, *other)
    }

    fn flows_to(&self, other: &Self) -> bool {
        Self::flows_to(*self, *other)
    }
}

/// How much a value can say: what may be let through where its origin may not. Source: FIDES (arXiv 2505.23643), its lattice of
/// types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capacity {
    /// A truth value.
    Bool,
    /// One of a few words that the tool's schema lists.
    Enum,
    /// A number, an id written in digits, or a date or time in figures.
    Number,
    /// A text of a bounded length without spaces.
    Bounded,
    /// Any text.
    Text,
}

impl Capacity {
    /// All of them, the least first, with their names in documents.
    pub const ALL: [(&'static str, Self); 5] = [
        ("bool", Self::Bool),
        ("enum", Self::Enum),
        ("number", Self::Number),
        ("bounded", Self::Bounded),
        ("text", Self::Text),
    ];
}

impl Lattice for Capacity {
    const TOP: Self = Self::Text;
    const BOTTOM: Self = Self::Bool;

    fn join(&self, other: &Self) -> Self {
        *self.max(other)
    }

    fn meet(&self, other: &Self) -> Self {
        *self.min(other)
    }
}
