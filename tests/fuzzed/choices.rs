//! How do bytes become choices? A row of bytes that answers questions; when it ends, the first answer is taken.

/// Choices read from a row of bytes.
pub(crate) struct Choices<'c>(&'c [u8]);

impl<'c> Choices<'c> {
    pub(crate) fn new(bytes: &'c [u8]) -> Self {
        Self(bytes)
    }

    /// A number below `n`, which is at most 256.
    pub(crate) fn next(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % n
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.next(2) == 1
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.next(items.len())]
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left, in two halves.
    pub(crate) fn halves(&self) -> (Choices<'c>, Choices<'c>) {
        let (a, b) = self.0.split_at(self.0.len() / 2);
        (Choices(a), Choices(b))
    }
}
