//! Kleene's connectives over [`Truth`]: what is decided by one side stays decided, whatever the other side turns out to be.

use super::Truth;

pub(crate) fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::False, _) | (_, Truth::False) => Truth::False,
        (Truth::True, Truth::True) => Truth::True,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
    }
}

pub(crate) fn or(a: Truth, b: Truth) -> Truth {
    not(and(not(a), not(b)))
}

pub(crate) fn not(a: Truth) -> Truth {
    match a {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        Truth::Unknown => Truth::Unknown,
    }
}

pub(crate) fn truth(b: bool) -> Truth {
    if b { Truth::True } else { Truth::False }
}

/// Whether any holds; false for none.
pub(crate) fn any(items: impl IntoIterator<Item = Truth>) -> Truth {
    items.into_iter().fold(Truth::False, or)
}

/// Whether all hold; true for none.
pub(crate) fn all(items: impl IntoIterator<Item = Truth>) -> Truth {
    items.into_iter().fold(Truth::True, and)
}
