//! What does a request let go of? Most of what it is made of it borrows, and letting go of that must cost nothing.
//!
//! A value that borrows has nothing to drop, but only its tag tells, and a value may hold others: so what the compiler makes of dropping
//! one is a call, for each of some twenty parts. A [`Held`] part asks first.
//!
//! INVARIANT: what owns something says so ([`Part::let_go`] drops it), so nothing that a request was given outlives it.
//!
//! Next room: `given`.

use core::fmt;
use core::mem::{ManuallyDrop, take};
use core::ops::{Deref, DerefMut};

use smallvec::{Array, SmallVec};

use super::{Link, Target};
use crate::value::Value;

/// What a request is made of.
pub(crate) trait Part {
    /// Drops what it owns, and leaves nothing in its place that would need to be dropped.
    fn let_go(&mut self);
}

impl Part for Value<'_> {
    #[inline]
    fn let_go(&mut self) {
        if self.is_owned() {
            *self = Value::Null;
        }
    }
}

impl Part for Option<Value<'_>> {
    #[inline]
    fn let_go(&mut self) {
        if let Some(value) = self {
            value.let_go();
        }
    }
}

impl Part for Link<'_> {
    #[inline]
    fn let_go(&mut self) {
        self.kind.let_go();
        self.id.let_go();
        self.issuer.let_go();
    }
}

impl Part for Target<'_> {
    #[inline]
    fn let_go(&mut self) {
        self.kind.let_go();
        self.id.let_go();
        if self.properties.is_some() {
            self.properties = None;
        }
    }
}

impl<A: Array<Item: Part>> Part for SmallVec<A> {
    #[inline]
    fn let_go(&mut self) {
        self.iter_mut().for_each(Part::let_go);
        if self.spilled() {
            drop(take(self));
        }
    }
}

/// A part of a request, dropped where it owns something.
#[derive(Clone)]
pub(crate) struct Held<T: Part>(ManuallyDrop<T>);

impl<T: Part> Held<T> {
    #[inline]
    pub(super) const fn new(part: T) -> Self {
        Self(ManuallyDrop::new(part))
    }
}

impl<T: Part> Drop for Held<T> {
    #[inline]
    fn drop(&mut self) {
        self.0.let_go();
    }
}

impl<T: Part> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Part> DerefMut for Held<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<'h, T: Part> IntoIterator for &'h Held<T>
where
    &'h T: IntoIterator,
{
    type Item = <&'h T as IntoIterator>::Item;
    type IntoIter = <&'h T as IntoIterator>::IntoIter;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        (&**self).into_iter()
    }
}

impl<T: Part + fmt::Debug> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
