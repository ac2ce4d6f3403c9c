//! Which single characters does a class such as `[a-z]` mean?
//!
//! INVARIANT: a class never contains `/` (it would cross segments) nor a backslash (no id has one), and its text is
//! canonical: equal sets of ranges have equal texts, which [`contains`] and [`Class::decode`] read back without escapes.
//!
//! Next room: [`super::glob`], which holds classes as text.

/// A set of characters: ranges, or all but ranges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) negated: bool,
    /// Sorted, disjoint, not adjacent.
    pub(super) ranges: Vec<(char, char)>,
}

impl Class {
    /// The class of these ranges (or of all characters but these), whatever their order and overlap.
    pub(super) fn new(negated: bool, items: impl IntoIterator<Item = (char, char)>) -> Self {
        let mut carved: Vec<(char, char)> = Vec::new();
        for (start, end) in items {
            carve(start, end, &mut carved);
        }
        carved.sort_unstable();
        let mut ranges: Vec<(char, char)> = Vec::with_capacity(carved.len());
        for (start, end) in carved {
            match ranges.last_mut() {
                Some(last) if start <= last.1 || successor(last.1) == Some(start) => last.1 = last.1.max(end),
                _ => ranges.push((start, end)),
            }
        }
        Self { negated, ranges }
    }

    /// Reads a canonical text, without its brackets.
    pub(super) fn decode(text: &str) -> Self {
        let (negated, body) = split_negation(text);
        Self::new(negated, Items(body.chars()))
    }

    /// The one character that it means.
    pub(super) fn single(&self) -> Option<char> {
        match self.ranges.as_slice() {
            [(start, end)] if start == end && !self.negated => Some(*start),
            _ => None,
        }
    }

    /// Its canonical text, without brackets.
    ///
    /// `]` stands first, `-` where it cannot be read as a range, `!` where it cannot be read as a negation.
    pub(super) fn encode(&self) -> String {
        let mut plain = String::new();
        let (mut bracket, mut minus, mut caret, mut bang) = (false, false, false, false);
        for &(start, end) in &self.ranges {
            // The special characters are punctuation, so a range that holds one is cut into at most five parts.
            let mut from = Some(start);
            for special in ['!', '-', ']', '^'] {
                let Some(low) = from.filter(|low| *low <= special && special <= end) else { continue };
                match special {
                    '!' => bang = true,
                    '-' => minus = true,
                    ']' => bracket = true,
                    _ => caret = true,
                }
                if let Some(before) = predecessor(special).filter(|before| low <= *before) {
                    push_range(low, before, &mut plain);
                }
                from = successor(special).filter(|next| *next <= end);
            }
            if let Some(low) = from {
                push_range(low, end, &mut plain);
            }
        }
        let mut text = String::with_capacity(plain.len() + 5);
        let mut push = |wanted: bool, c: char| {
            if wanted {
                text.push(c);
            }
        };
        push(self.negated, '!');
        push(bracket, ']');
        push(minus && !bracket, '-');
        plain.chars().for_each(|c| push(true, c));
        push(caret, '^');
        push(bang, '!');
        push(minus && bracket, '-');
        text
    }

    /// The characters that are in both, if any.
    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        let both = match (self.negated, other.negated) {
            (true, true) => Self::new(true, self.ranges.iter().chain(&other.ranges).copied()),
            (false, false) => Self::new(false, overlap(&self.ranges, &other.ranges)),
            (false, true) => Self::new(false, subtract(&self.ranges, &other.ranges)),
            (true, false) => Self::new(false, subtract(&other.ranges, &self.ranges)),
        };
        // A negated class is never taken to be empty: nobody lists all characters.
        (both.negated || !both.ranges.is_empty()).then_some(both)
    }

    /// Whether every character of `other` is in this class.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self.negated, other.negated) {
            (false, false) => subtract(&other.ranges, &self.ranges).is_empty(),
            (true, false) => overlap(&self.ranges, &other.ranges).is_empty(),
            (true, true) => subtract(&self.ranges, &other.ranges).is_empty(),
            (false, true) => false,
        }
    }
}

/// Whether a class, given as canonical text without brackets, contains a character.
pub(super) fn contains(text: &str, c: char) -> bool {
    let (negated, body) = split_negation(text);
    c != '/' && Items(body.chars()).any(|(start, end)| start <= c && c <= end) != negated
}

fn split_negation(text: &str) -> (bool, &str) {
    text.strip_prefix('!').map_or((false, text), |body| (true, body))
}

/// The ranges of a canonical text.
struct Items<'a>(core::str::Chars<'a>);

impl Iterator for Items<'_> {
    type Item = (char, char);

    fn next(&mut self) -> Option<(char, char)> {
        let start = self.0.next()?;
        let mut ahead = self.0.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(end)) => {
                self.0 = ahead;
                Some((start, end))
            }
            _ => Some((start, start)),
        }
    }
}

fn push_range(start: char, end: char, text: &mut String) {
    text.push(start);
    if start == end {
        return;
    }
    if successor(start) != Some(end) {
        text.push('-');
    }
    text.push(end);
}

/// Appends a range without `/` and backslash.
fn carve(start: char, end: char, out: &mut Vec<(char, char)>) {
    let mut from = Some(start);
    for hole in ['/', '\\'] {
        let Some(low) = from.filter(|low| *low <= hole && hole <= end) else { continue };
        if let Some(before) = predecessor(hole).filter(|before| low <= *before) {
            out.push((low, before));
        }
        from = successor(hole).filter(|next| *next <= end);
    }
    if let Some(low) = from.filter(|low| *low <= end) {
        out.push((low, end));
    }
}

fn overlap(a: &[(char, char)], b: &[(char, char)]) -> Vec<(char, char)> {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
    pairs.filter(|(start, end)| start <= end).collect()
}

/// `a` without `b`; both sorted and disjoint.
fn subtract(a: &[(char, char)], b: &[(char, char)]) -> Vec<(char, char)> {
    let mut left = Vec::new();
    for &(start, end) in a {
        let mut from = Some(start);
        for &(low, high) in b {
            let Some(first) = from.filter(|first| *first <= high && low <= end) else { continue };
            if let Some(before) = predecessor(low).filter(|before| first <= *before) {
                left.push((first, before));
            }
            from = successor(high).filter(|next| *next <= end);
        }
        if let Some(first) = from {
            left.push((first, end));
        }
    }
    left
}

fn successor(c: char) -> Option<char> {
    match c {
        '\u{d7ff}' => Some('\u{e000}'),
        c => char::from_u32(u32::from(c) + 1),
    }
}

fn predecessor(c: char) -> Option<char> {
    match c {
        '\u{e000}' => Some('\u{d7ff}'),
        c => u32::from(c).checked_sub(1).and_then(char::from_u32),
    }
}
