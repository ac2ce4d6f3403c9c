//! What is a flow label made of? Who may see a value, and how far it may be believed.
//!
//! *Confidentiality* is a label of the taxonomy (level and compartments) and the readers. *Integrity* is a place in the trust
//! chain and the origins that could have written the value. Every part is a word of bits or a small number, interned by
//! [`super::Words`]: joining is a handful of instructions.
//!
//! INVARIANT: every part is ordered so that *up* is *more restricted*: joining adds audiences that a reader must belong to (so the
//! readers are intersected), adds origins, and lowers trust. A missing part is top: nobody may read it, anybody may have written it.
//!
//! Next room: `words`.

use core::ops::BitOr;

use super::lattice::Lattice;
use crate::label::Label;

macro_rules! bits {
    ($(#[$doc:meta])* $name:ident($bits:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub(super) $bits);

        impl Lattice for $name {
            const TOP: Self = Self(<$bits>::MAX);
            const BOTTOM: Self = Self(0);

            fn join(&self, other: &Self) -> Self {
                Self(self.0 | other.0)
            }

            fn meet(&self, other: &Self) -> Self {
                Self(self.0 & other.0)
            }

            fn flows_to(&self, other: &Self) -> bool {
                self.0 & !other.0 == 0
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

bits! {
    /// Who may read: whoever belongs to *every* audience that is set here. None is set: everybody ([`Readers::ALL`]); all are:
    /// nobody. So a join intersects the readers, exactly, whatever the audiences have in common.
    Readers(u64)
}

impl Readers {
    /// Everybody.
    pub const ALL: Self = Self::BOTTOM;
    /// Nobody.
    pub const NOBODY: Self = Self::TOP;

    /// Whether who belongs to these audiences, and to no other, may read.
    #[must_use]
    pub const fn admit(self, memberships: Self) -> bool {
        // The top bit is no audience: nobody belongs to it.
        self.0 & !(memberships.0 & !(1 << 63)) == 0
    }
}

bits! {
    /// Which origins could have written it.
    Sources(u128)
}

impl Sources {
    /// Anything could have.
    pub const ALL: Self = Self::TOP;
}

/// A place in the trust chain; 0 is the most trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trust(pub(super) u8);

impl Trust {
    /// Whether it is at least as trusted as `required`.
    #[must_use]
    pub const fn meets(self, required: Self) -> bool {
        self.0 <= required.0
    }
}

impl Lattice for Trust {
    const TOP: Self = Self(u8::MAX);
    const BOTTOM: Self = Self(0);

    fn join(&self, other: &Self) -> Self {
        *self.max(other)
    }

    fn meet(&self, other: &Self) -> Self {
        *self.min(other)
    }
}

macro_rules! product {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $ty),+
        }

        impl Lattice for $name {
            const TOP: Self = Self { $($field: <$ty as Lattice>::TOP),+ };
            const BOTTOM: Self = Self { $($field: <$ty as Lattice>::BOTTOM),+ };

            fn join(&self, other: &Self) -> Self {
                Self { $($field: Lattice::join(&self.$field, &other.$field)),+ }
            }

            fn meet(&self, other: &Self) -> Self {
                Self { $($field: Lattice::meet(&self.$field, &other.$field)),+ }
            }

            fn flows_to(&self, other: &Self) -> bool {
                $(Lattice::flows_to(&self.$field, &other.$field))&&+
            }
        }
    };
}

product! {
    /// Who may see it.
    Confidentiality {
        /// Level and compartments.
        label: Label,
        /// Readers.
        readers: Readers
    }
}

product! {
    /// How far it may be believed.
    Integrity {
        /// Its place in the trust chain.
        trust: Trust,
        /// Who could have written it.
        sources: Sources
    }
}

product! {
    /// The label of a value: who may see it, and how far it may be believed. 64 bytes.
    FlowLabel {
        /// Who may see it.
        confidentiality: Confidentiality,
        /// How far it may be believed.
        integrity: Integrity
    }
}

impl FlowLabel {
    /// Its parts as bytes, for digests under one policy.
    pub(crate) fn to_bytes(self) -> [u8; 45] {
        let (confidentiality, integrity) = (self.confidentiality, self.integrity);
        let mut bytes = [0; 45];
        let parts = confidentiality.label.to_bytes().into_iter();
        let parts = parts.chain(confidentiality.readers.0.to_be_bytes()).chain([integrity.trust.0]);
        for (place, byte) in bytes.iter_mut().zip(parts.chain(integrity.sources.0.to_be_bytes())) {
            *place = byte;
        }
        bytes
    }
}
