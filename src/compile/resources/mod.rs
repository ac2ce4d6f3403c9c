//! Is this resource what a head is about? The distinct resource heads of a rule set, and what of them is found for a resource.
//!
//! Most heads name an id or a tree (`prefix/**`). Which of these *paths* a resource is on is found at once, by number; what else a head says
//! is asked of the few candidates that the other dimensions leave, in a compact form. Where the index has keys of resources, all *classes*
//! of the resource are found first instead.
//!
//! INVARIANT: both agree: a resource belongs to a class exactly if the head holds, its bounds on the label apart. These are
//! judged apart, because a request can raise a label; an unknown label leaves a bounded head undecided.
//!
//! Next room: `index`.

mod parts;

use hashbrown::HashMap;

use super::classes::{Found, PatternClasses, position};
use crate::label::Label;
use crate::name::TypeName;
use crate::pattern::Pattern;
use crate::resource::ResourceRef;
use crate::rule::ResourceHead;
use crate::table::Numbered;
use parts::ByPart;

/// What a resource head can ask of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceView<'r> {
    pub(crate) id: &'r str,
    /// Containers, outer ones included, ascending.
    pub(crate) containers: &'r [ResourceRef],
    /// What heads take as its label; `None`: unknown.
    pub(crate) label: Option<Label>,
}

/// A resource as a rule set sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceQuery<'q> {
    pub(crate) view: &'q ResourceView<'q>,
    /// Its type as [`ResourceClasses::kind`] numbers it.
    pub(crate) kind: u32,
    /// What [`ResourceClasses::find`] found for it.
    pub(crate) found: &'q [u32],
}

/// The number of what is not there: of a type that no head names, of a bound that there is not.
const NONE: u32 = u32::MAX;

/// What a head asks of an id, as far as it is simple.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// Nothing.
    Any,
    /// That it is on this path.
    Path(u32),
    /// Something else: the head says it.
    Other,
}

/// A head, so that most can be asked without following it.
#[derive(Clone, Copy, Debug)]
struct Compact {
    kind: u32,
    test: Test,
    /// Whether a container or label is asked for.
    container: bool,
    /// Places in the list of labels.
    at_most: u32,
    at_least: u32,
}

/// Distinct resource heads.
#[derive(Clone, Debug)]
pub(crate) struct ResourceClasses {
    heads: Vec<ResourceHead>,
    compact: Vec<Compact>,
    labels: Vec<Label>,
    kinds: Numbered,
    finder: Finder,
}

/// What is found for a resource.
#[derive(Clone, Debug)]
enum Finder {
    /// The paths that it is on.
    Paths(Box<PatternClasses>),
    /// All classes that it belongs to.
    Classes(Box<ByPart>),
}

impl ResourceClasses {
    pub(super) fn new(heads: Vec<ResourceHead>) -> Self {
        let Packed { compact, paths, labels, kinds } = pack(&heads);
        Self {
            compact,
            labels,
            kinds: Numbered::new(kinds),
            finder: Finder::Paths(Box::new(PatternClasses::new(paths))),
            heads,
        }
    }

    /// Prepares to find all classes of a resource, if an index has keys of resources, rather than its paths.
    pub(super) fn serve(&mut self, keys: bool) {
        if keys {
            self.finder = Finder::Classes(Box::new(ByPart::new(&self.heads, &self.compact, self.kinds.len())));
        }
    }

    /// What is found for a resource, if a class is no more than that, a type and bounds on the label.
    pub(super) fn number(&self, class: u32) -> Option<u32> {
        match &self.finder {
            Finder::Classes(_) => Some(class),
            Finder::Paths(_) => match self.compact.get(class as usize)? {
                Compact { test: Test::Path(path), container: false, .. } => Some(*path),
                Compact { .. } => None,
            },
        }
    }

    /// The type that a head names, unless what is found for a resource says it.
    pub(super) const fn asked_kind<'h>(&self, head: &'h ResourceHead) -> Option<&'h TypeName> {
        match &self.finder {
            Finder::Classes(_) => None,
            Finder::Paths(_) => head.kind.as_ref(),
        }
    }

    /// What verifying heads of a resource needs to know of it, ascending: the classes whose parts hold, their bounds on its label apart,
    /// or its paths, if these are known; else they are added. `kind`: the number of its type.
    #[inline]
    pub(crate) fn find(&self, view: &ResourceView<'_>, kind: u32, found: &mut Found) -> Option<&[u32]> {
        match &self.finder {
            Finder::Paths(paths) => paths.find(view.id, found),
            Finder::Classes(by) => {
                by.find(self, view, kind, found);
                None
            }
        }
    }

    /// The number of a type.
    #[inline]
    pub(crate) fn kind(&self, kind: &str) -> u32 {
        self.kinds.get(kind).unwrap_or(NONE)
    }

    /// Whether the head of a class holds: `None` if not, `Some(false)` if that depends on an unknown label.
    #[inline]
    pub(super) fn holds(&self, class: u32, query: &ResourceQuery<'_>) -> Option<bool> {
        let belongs = match self.finder {
            Finder::Classes(_) => super::classes::contains(query.found, class),
            Finder::Paths(_) => self.is_within(class, query.view, query.kind, Ids::Paths(query.found)),
        };
        if belongs { self.admits(class, query.view.label) } else { None }
    }

    /// Whether a class bounds labels.
    pub(super) fn is_bound(&self, class: u32) -> bool {
        self.compact.get(class as usize).is_some_and(|head| head.at_most != NONE || head.at_least != NONE)
    }

    /// Whether the bounds of a class admit a label.
    #[inline]
    pub(super) fn admits(&self, class: u32, label: Option<Label>) -> Option<bool> {
        let compact = self.compact.get(class as usize)?;
        if compact.at_most == NONE && compact.at_least == NONE {
            return Some(true);
        }
        let Some(label) = label else { return Some(false) };
        let most = self.labels.get(compact.at_most as usize).is_none_or(|most| label.flows_to(*most));
        let least = self.labels.get(compact.at_least as usize).is_none_or(|least| least.flows_to(label));
        (most && least).then_some(true)
    }

    /// Whether all parts of a head but its bounds on the label hold.
    #[inline]
    fn is_within(&self, class: u32, view: &ResourceView<'_>, kind: u32, ids: Ids<'_>) -> bool {
        let Some(compact) = self.compact.get(class as usize) else { return false };
        if compact.kind != NONE && compact.kind != kind {
            return false;
        }
        let id = match (compact.test, ids) {
            (Test::Any, _) | (_, Ids::Hold) => true,
            (Test::Path(path), Ids::Paths(paths)) => super::classes::contains(paths, path),
            (Test::Path(_), Ids::Asked) | (Test::Other, Ids::Asked | Ids::Paths(_)) => {
                let id = self.heads.get(class as usize).and_then(|head| head.id.as_ref());
                id.is_some_and(|id| id.matches(view.id))
            }
        };
        id && (!compact.container || self.is_contained(class, view))
    }

    #[inline(never)]
    fn is_contained(&self, class: u32, view: &ResourceView<'_>) -> bool {
        let container = self.heads.get(class as usize).and_then(|head| head.container.as_ref());
        container.is_some_and(|container| view.containers.binary_search(container).is_ok())
    }

    pub(crate) fn get(&self, class: u32) -> Option<&ResourceHead> {
        self.heads.get(class as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }
}

/// What is known of the id of a resource.
#[derive(Clone, Copy, Debug)]
enum Ids<'p> {
    /// Nothing: it is asked.
    Asked,
    /// That it matches.
    Hold,
    /// The paths that it is on.
    Paths(&'p [u32]),
}

/// Compact heads and their tables.
struct Packed {
    compact: Vec<Compact>,
    paths: Vec<Pattern>,
    labels: Vec<Label>,
    /// By their numbers.
    kinds: Vec<Box<str>>,
}

fn pack(heads: &[ResourceHead]) -> Packed {
    let mut packer = Packer::default();
    let compact = heads.iter().map(|head| packer.pack(head)).collect();
    let mut kinds: Vec<(u32, &str)> = packer.kinds.into_iter().map(|(kind, number)| (number, kind)).collect();
    kinds.sort_unstable();
    let kinds = kinds.into_iter().map(|(_, kind)| kind.into()).collect();
    Packed { compact, paths: packer.paths, labels: packer.labels, kinds }
}

/// Makes compact heads.
#[derive(Default)]
struct Packer<'h> {
    paths: Vec<Pattern>,
    known: HashMap<&'h Pattern, u32>,
    labels: Vec<Label>,
    label_places: HashMap<Label, u32>,
    kinds: HashMap<&'h str, u32>,
}

impl<'h> Packer<'h> {
    fn pack(&mut self, head: &'h ResourceHead) -> Compact {
        let kind = head.kind.as_ref().map_or(NONE, |kind| {
            let next = position(self.kinds.len());
            *self.kinds.entry(kind.as_str()).or_insert(next)
        });
        let test = match &head.id {
            None => Test::Any,
            Some(id) if id.is_everything() => Test::Any,
            Some(id) if id.literal().is_some() || id.tree().is_some() => Test::Path(self.path(id)),
            Some(_) => Test::Other,
        };
        Compact {
            kind,
            test,
            container: head.container.is_some(),
            at_most: self.label(head.at_most),
            at_least: self.label(head.at_least),
        }
    }

    fn path(&mut self, id: &'h Pattern) -> u32 {
        let paths = &mut self.paths;
        *self.known.entry(id).or_insert_with(|| {
            paths.push(id.clone());
            position(paths.len() - 1)
        })
    }

    fn label(&mut self, label: Option<Label>) -> u32 {
        let Some(label) = label else { return NONE };
        let labels = &mut self.labels;
        *self.label_places.entry(label).or_insert_with(|| {
            labels.push(label);
            position(labels.len() - 1)
        })
    }
}
