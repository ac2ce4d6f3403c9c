//! How do two sequences of steps with stars relate? The one algorithm behind both levels of a pattern.
//!
//! A glob is a sequence of segments with `**`; a segment is a sequence of characters with `*`. Inclusion, emptiness of the
//! common part, and the common part itself are the same questions at both levels, asked here of any [`Element`].
//!
//! INVARIANT: every answer is safe when the [`Budget`] ends: `covers` and disjointness are then not claimed, and an
//! intersection is not given.
//!
//! Next room: [`super::algebra`].

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step<T> {
    /// One element of this set.
    One(T),
    /// Any number of any elements.
    Star,
}

/// A set of things that stand at one place: of characters, or of segments.
pub(super) trait Element: Clone + Ord {
    /// Whether everything is in it.
    fn is_universal(&self) -> bool;
    /// Whether the other set is certainly a subset.
    fn covers(&self, other: &Self, budget: &mut Budget) -> bool;
    /// Whether the two may have something in common.
    fn meets(&self, other: &Self, budget: &mut Budget) -> bool;
    /// What they have in common, exactly, as a union; `None` if it takes too much.
    fn intersect(&self, other: &Self, budget: &mut Budget) -> Option<Vec<Self>>;
}

/// Steps that one question may take.
#[derive(Debug)]
pub(super) struct Budget(u32);

impl Budget {
    /// Some ten milliseconds. Two patterns as people write them take hundreds of steps.
    pub(super) const fn new() -> Self {
        Self(1 << 20)
    }

    /// Takes steps; false if there are no more.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// At most this many sequences make up an intersection.
pub(super) const PARTS: usize = 64;

/// Whether every sequence of `b` is one of `a`.
///
/// Runs `b` against the set of places where `a` can be. Where `b` takes anything, `a` is moved by the elements that it takes
/// whatever they are: that is the worst case, so a yes is always right. Place sets already seen, or larger, are skipped.
pub(super) fn covers<T: Element>(a: &[Step<T>], b: &[Step<T>], budget: &mut Budget) -> bool {
    let mut start = vec![false; a.len() + 1];
    if let Some(first) = start.first_mut() {
        *first = true;
    }
    close(a, &mut start);
    let mut seen: Vec<Vec<Vec<bool>>> = vec![Vec::new(); b.len() + 1];
    let mut open = vec![(0, start)];
    while let Some((at, places)) = open.pop() {
        let Some(seen_here) = seen.get_mut(at) else { return false };
        if !budget.spend((seen_here.len() + 2) * (a.len() + 1)) {
            return false;
        }
        let smaller = |known: &Vec<bool>| known.iter().zip(&places).all(|(known, now)| !known || *now);
        if seen_here.iter().any(smaller) {
            continue;
        }
        match b.get(at) {
            None if places.last() == Some(&true) => {}
            None => return false,
            Some(Step::One(element)) => {
                let next = advance(a, &places, |own| own.covers(element, budget));
                let Some(next) = next else { return false };
                open.push((at + 1, next));
            }
            Some(Step::Star) => {
                let next = advance(a, &places, Element::is_universal);
                let Some(next) = next else { return false };
                open.push((at, next));
                open.push((at + 1, places.clone()));
            }
        }
        seen_here.push(places);
    }
    true
}

/// The places after one more element, which `takes` says who takes; `None` if there is none.
fn advance<T>(steps: &[Step<T>], places: &[bool], mut takes: impl FnMut(&T) -> bool) -> Option<Vec<bool>> {
    let mut next = vec![false; places.len()];
    let mut any = false;
    for ((at, step), _) in steps.iter().enumerate().zip(places).filter(|(_, here)| **here) {
        let to = match step {
            Step::Star => at,
            Step::One(own) if takes(own) => at + 1,
            Step::One(_) => continue,
        };
        if let Some(place) = next.get_mut(to) {
            *place = true;
            any = true;
        }
    }
    close(steps, &mut next);
    any.then_some(next)
}

/// A star may also take nothing.
fn close<T>(steps: &[Step<T>], places: &mut [bool]) {
    let mut before = false;
    for (at, place) in places.iter_mut().enumerate() {
        *place |= before;
        before = *place && matches!(steps.get(at), Some(Step::Star));
    }
}

/// Whether some sequence may be in both. A no is always right; so is a yes, unless the budget ended.
pub(super) fn meets<T: Element>(a: &[Step<T>], b: &[Step<T>], budget: &mut Budget) -> bool {
    // `below` and `row`: whether the rest of `a` after this step meets the rest of `b` from each place.
    let mut below: Vec<bool> = Vec::new();
    for at in (0..=a.len()).rev() {
        if !budget.spend(b.len() + 1) {
            return true;
        }
        let mut row = vec![false; b.len() + 1];
        let mut right = false;
        for (place, to) in (0..=b.len()).rev().zip((0..=b.len()).rev()) {
            let under = below.get(place).copied().unwrap_or_default();
            let diagonal = below.get(place + 1).copied().unwrap_or_default();
            let met = match (a.get(at), b.get(place)) {
                (None, None) => true,
                (None, Some(Step::One(_))) | (Some(Step::One(_)), None) => false,
                (None, Some(Step::Star)) => right,
                (Some(Step::Star), None) => under,
                (Some(Step::Star), Some(_)) | (Some(Step::One(_)), Some(Step::Star)) => right || under,
                (Some(Step::One(own)), Some(Step::One(other))) => diagonal && own.meets(other, budget),
            };
            if let Some(cell) = row.get_mut(to) {
                *cell = met;
            }
            right = met;
        }
        below = row;
    }
    below.first().copied().unwrap_or_default()
}

/// The sequences that are in both, exactly, as a union; `None` if there are more than [`PARTS`] or the budget ends.
pub(super) fn intersect<T: Element>(a: &[Step<T>], b: &[Step<T>], budget: &mut Budget) -> Option<Vec<Vec<Step<T>>>> {
    let mut done: Vec<Vec<Step<T>>> = Vec::new();
    // What is left of both, and what has been found so far. Depth first, so few are open at a time.
    let mut open = vec![(a, b, Vec::new())];
    while let Some((left, right, mut so_far)) = open.pop() {
        if !budget.spend(so_far.len() + 1) {
            return None;
        }
        match (left.split_first(), right.split_first()) {
            (None, None) => {
                done.push(so_far);
                if done.len() > PARTS * 4 {
                    return None;
                }
            }
            (None, Some((Step::Star, rest))) => open.push((left, rest, so_far)),
            (Some((Step::Star, rest)), None) => open.push((rest, right, so_far)),
            (None, Some((Step::One(_), _))) | (Some((Step::One(_), _)), None) => {}
            (Some((Step::Star, after)), Some((Step::Star, behind))) => {
                so_far.push(Step::Star);
                push_if_meets(&mut open, (after, right, so_far.clone()), budget);
                push_if_meets(&mut open, (left, behind, so_far), budget);
            }
            (Some((Step::Star, after)), Some((Step::One(element), behind))) => {
                push_if_meets(&mut open, (after, right, so_far.clone()), budget);
                so_far.push(Step::One(element.clone()));
                push_if_meets(&mut open, (left, behind, so_far), budget);
            }
            (Some((Step::One(element), after)), Some((Step::Star, behind))) => {
                push_if_meets(&mut open, (left, behind, so_far.clone()), budget);
                so_far.push(Step::One(element.clone()));
                push_if_meets(&mut open, (after, right, so_far), budget);
            }
            (Some((Step::One(own), after)), Some((Step::One(other), behind))) => {
                for common in own.intersect(other, budget)? {
                    let mut so_far = so_far.clone();
                    so_far.push(Step::One(common));
                    push_if_meets(&mut open, (after, behind, so_far), budget);
                }
            }
        }
    }
    done.sort_unstable();
    done.dedup();
    shrink(&mut done, budget);
    (done.len() <= PARTS).then_some(done)
}

type Open<'a, T> = (&'a [Step<T>], &'a [Step<T>], Vec<Step<T>>);

/// Follows a branch only if it ends anywhere.
fn push_if_meets<'a, T: Element>(open: &mut Vec<Open<'a, T>>, branch: Open<'a, T>, budget: &mut Budget) {
    if meets(branch.0, branch.1, budget) {
        open.push(branch);
    }
}

/// Drops sequences that another covers, and joins `x` with `x` that has `any, star` put in: together they have only the star.
fn shrink<T: Element>(parts: &mut Vec<Vec<Step<T>>>, budget: &mut Budget) {
    let mut at = 0;
    while at < parts.len() {
        let joined = parts.get(at).and_then(|long| {
            let places = long.windows(2).enumerate();
            let inserted =
                places.filter(|(_, pair)| matches!(pair, [Step::One(any), Step::Star] if any.is_universal()));
            // At the end of a sequence the star alone has no spelling: `a/**` is at least one below `a`.
            inserted.filter(|(place, _)| place + 2 < long.len()).find_map(|(place, _)| {
                let short: Vec<Step<T>> = [long.get(..place)?, long.get(place + 2..)?].concat();
                let other = parts.iter().position(|part| *part == short)?;
                Some((other, [long.get(..place)?, long.get(place + 1..)?].concat()))
            })
        });
        match joined {
            Some((other, whole)) => {
                let (low, high) = (at.min(other), at.max(other));
                parts.swap_remove(high);
                parts.swap_remove(low);
                parts.push(whole);
                at = 0;
            }
            None => at += 1,
        }
    }
    let mut at = 0;
    while at < parts.len() {
        let covered = parts.get(at).is_some_and(|part| {
            let mut others = parts.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, other)| covers(other, part, budget))
        });
        if covered {
            parts.swap_remove(at);
        } else {
            at += 1;
        }
    }
    parts.sort_unstable();
}
