//! Under which keys is a rule filed? Under the first shape of which few others share its classes, else the one of which the fewest do.
//!
//! Next room: `table`.

use hashbrown::HashMap;

use super::entry::{ALL, BY_HEAD, FOUND};
use super::{DIMENSIONS, NO_DIMENSION, RESOURCE};

/// The shapes of keys, in the order in which they are tried.
pub(super) const SHAPES: [(usize, usize); 11] = [
    (NO_DIMENSION, NO_DIMENSION),
    (0, NO_DIMENSION),
    (1, NO_DIMENSION),
    (2, NO_DIMENSION),
    (0, 1),
    (0, 2),
    (1, 2),
    (3, NO_DIMENSION),
    (0, 3),
    (1, 3),
    (2, 3),
];

/// How many entries may share a key before a more telling one is sought: looking at one takes no longer than a probe.
const FEW: u32 = 6;

/// How many entries may share a key before one with the dimension of resources is sought: where there are such keys, all classes of each
/// resource must be found.
const MANY: u32 = 32;

/// The first of the shapes with the dimension of resources.
pub(super) const BY_RESOURCE: usize = 7;

/// Up to how many pairs of alternatives a rule is filed under; beyond it, one dimension has to do.
const PAIRS: usize = 32;

/// Classes in each dimension (none: any) of what is to be filed.
pub(in crate::compile) type Filed<'f> = [&'f [u32]; DIMENSIONS];

/// Under which shape of keys each entry is to be filed.
pub(in crate::compile) struct Plan(pub(super) Vec<usize>);

impl Plan {
    /// `counts`: how many classes each dimension has.
    pub(in crate::compile) fn new(filed: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let crowds = Crowds::new(filed, counts);
        Self(filed.iter().map(|one| crowds.shape(one)).collect())
    }

    /// Whether some are filed under classes of resources.
    pub(in crate::compile) fn has_resource_keys(&self) -> bool {
        self.0.iter().any(|shape| SHAPES.get(*shape).is_some_and(|(a, b)| *a == RESOURCE || *b == RESOURCE))
    }
}

/// How many entries share each class, and each pair of classes that is asked about.
struct Crowds {
    classes: [Vec<u32>; DIMENSIONS],
    pairs: HashMap<u64, u32>,
}

impl Crowds {
    fn new(filed: &[Filed<'_>], counts: [usize; DIMENSIONS]) -> Self {
        let mut crowds = Self { classes: counts.map(|count| vec![0; count]), pairs: HashMap::new() };
        for one in filed {
            for (crowd, classes) in crowds.classes.iter_mut().zip(one) {
                for class in *classes {
                    if let Some(count) = crowd.get_mut(*class as usize) {
                        *count += 1;
                    }
                }
            }
        }
        for one in filed {
            // Most need no pair.
            if (1..4).any(|shape| crowds.of(one, shape).is_some_and(|crowd| crowd <= FEW)) {
                continue;
            }
            for shape in 1..SHAPES.len() {
                keys(one, shape, |key, _, second| {
                    if second.is_some() {
                        *crowds.pairs.entry(key).or_default() += 1;
                    }
                });
            }
        }
        crowds
    }

    /// How many entries share the most shared key of this shape; `None` if it cannot have that shape.
    fn of(&self, one: &Filed<'_>, shape: usize) -> Option<u32> {
        let mut most = None;
        let (first, _) = SHAPES.get(shape).copied().unwrap_or_default();
        keys(one, shape, |key, class, second| {
            let crowd = match second {
                Some(_) => self.pairs.get(&key),
                None => self.classes.get(first).and_then(|crowd| crowd.get(class as usize)),
            };
            most = most.max(Some(crowd.copied().unwrap_or(0)));
        });
        most
    }

    /// The shape to file it under: the first of which few share a key, else the one of which the fewest do.
    fn shape(&self, one: &Filed<'_>) -> usize {
        let mut best = (u32::MAX, 0);
        for shape in 1..SHAPES.len() {
            if shape == BY_RESOURCE && best.0 <= MANY {
                break;
            }
            if let Some(crowd) = self.of(one, shape).filter(|crowd| *crowd < best.0) {
                best = (crowd, shape);
                if crowd <= FEW {
                    break;
                }
            }
        }
        best.1
    }
}

/// Calls back with the keys of a shape and their classes; not at all if it has no such classes, or too many pairs of them.
pub(super) fn keys(one: &Filed<'_>, shape: usize, mut each: impl FnMut(u64, u32, Option<u32>)) {
    let Some(&(first, second)) = SHAPES.get(shape) else { return };
    let Some(firsts) = one.get(first) else { return };
    let Some(seconds) = one.get(second) else {
        firsts.iter().for_each(|a| each(key(shape, *a, 0), *a, None));
        return;
    };
    if firsts.len() * seconds.len() > PAIRS {
        return;
    }
    for a in *firsts {
        seconds.iter().for_each(|b| each(key(shape, *a, *b), *a, Some(*b)));
    }
}

/// Keys of one shape that exist.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub(super) shape: usize,
    pub(super) first: usize,
    pub(super) second: usize,
    /// What is to be asked of what is found under such a key.
    pub(super) asks: u16,
}

impl Lane {
    pub(super) fn of(shape: usize) -> Option<Self> {
        let (first, second) = SHAPES.get(shape).copied()?;
        let asked = |dimension: usize| match dimension {
            NO_DIMENSION => 0,
            RESOURCE => BY_HEAD | FOUND,
            _ => 1 << dimension,
        };
        Some(Self { shape, first, second, asks: ALL & !(asked(first) | asked(second)) })
    }

    /// Whether a class occurs in a key of this shape.
    #[inline(always)]
    pub(super) fn has(&self, occurs: &[u16], class: u32) -> bool {
        occurs.get(class as usize).is_some_and(|shapes| shapes >> self.shape & 1 == 1)
    }
}

/// A key; tables of classes are bounded below 2^30.
pub(super) const fn key(shape: usize, a: u32, b: u32) -> u64 {
    (shape as u64) << 60 | (a as u64) << 30 | b as u64
}
