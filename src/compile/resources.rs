//! Is this resource what a head is about? The distinct resource heads of a rule set: all that a resource belongs to, or one asked alone.
//!
//! Which of the two is cheaper depends on the set. Where its index has no key of resources, only the few candidates that the
//! other dimensions leave are asked, each by a compact form of its head; else all classes of the resource are found first.
//!
//! INVARIANT: both agree: a resource belongs to a class exactly if the head holds, its bounds on the label apart. These are
//! judged apart, because a request can raise a label; an unknown label leaves a bounded head undecided.
//!
//! Next room: `index`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::classes::{Buckets, CERTAIN, Certain, Found, file, position};
use crate::label::Label;
use crate::pattern::{Pattern, PatternSet};
use crate::resource::ResourceRef;
use crate::rule::ResourceHead;
use crate::table::Numbered;

/// What a resource head can ask of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceView<'r> {
    pub(crate) id: &'r str,
    /// Containers, outer ones included, ascending.
    pub(crate) containers: &'r [ResourceRef],
}

/// A resource as a rule set sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceQuery<'q> {
    pub(crate) view: ResourceView<'q>,
    /// Its type as [`ResourceClasses::kind`] numbers it.
    pub(crate) kind: u32,
    /// Its classes, ascending, if they were found.
    pub(crate) known: Option<&'q [u32]>,
    /// Its label; `None`: unknown.
    pub(crate) label: Option<Label>,
}

/// The number of what is not there: of a type that no head names, of a bound that there is not.
const NONE: u32 = u32::MAX;

/// What a head asks of an id, as far as it is simple.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// Nothing.
    Any,
    /// That it is this text.
    Is(u32, u32),
    /// That it begins with this text, which ends with `/`.
    Below(u32, u32),
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
    /// The texts of all compact heads, each once.
    texts: String,
    labels: Vec<Label>,
    kinds: Numbered,
    /// Distinct patterns of ids.
    ids: PatternSet,
    by_id: ById,
    by_container: HashMap<Box<str>, Vec<u32>>,
    /// Heads that say a type and nothing else but a label, by the number of the type.
    by_kind: Buckets,
    /// Heads that say nothing but a label.
    always: Vec<u32>,
    /// For each place of `ids`: types, or [`NONE`], each with a class that asks nothing else of a resource there.
    certain: Certain,
}

/// The heads of each pattern, by what they ask besides.
#[derive(Clone, Debug, Default)]
struct ById {
    lists: Vec<List>,
    items: Vec<u32>,
}

/// Three lists, one after the other.
#[derive(Clone, Copy, Debug)]
struct List {
    /// Classes that ask nothing else.
    only: u32,
    /// Types, each with a class that asks for it and nothing else.
    typed: u32,
    /// Classes that ask for more.
    more: u32,
    end: u32,
}

impl ById {
    fn new<'c>(lists: impl Iterator<Item = &'c Vec<u32>>, compact: &[Compact]) -> Self {
        let mut by_id = Self::default();
        for list in lists {
            let heads = || list.iter().filter_map(|class| Some((*class, compact.get(*class as usize)?)));
            let only = position(by_id.items.len());
            let plain = heads().filter(|(_, head)| !head.container && head.kind == NONE);
            by_id.items.extend(plain.map(|(class, _)| class));
            let typed = position(by_id.items.len());
            let with_kind = heads().filter(|(_, head)| !head.container && head.kind != NONE);
            by_id.items.extend(with_kind.flat_map(|(class, head)| [head.kind, class]));
            let more = position(by_id.items.len());
            by_id.items.extend(heads().filter(|(_, head)| head.container).map(|(class, _)| class));
            by_id.lists.push(List { only, typed, more, end: position(by_id.items.len()) });
        }
        by_id
    }

    #[inline]
    fn list(&self, start: u32, end: u32) -> &[u32] {
        self.items.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl ResourceClasses {
    pub(super) fn new(heads: Vec<ResourceHead>) -> Self {
        let Packed { compact, texts, labels, kinds } = pack(&heads);
        let mut patterns: BTreeMap<&Pattern, Vec<u32>> = BTreeMap::new();
        let (mut by_container, mut by_kind, mut always) = (HashMap::new(), vec![Vec::new(); kinds.len()], Vec::new());
        for ((class, head), packed) in (0u32..).zip(&heads).zip(&compact) {
            if let Some(id) = head.id.as_ref().filter(|id| !id.is_everything()) {
                patterns.entry(id).or_default().push(class);
            } else if let Some(container) = &head.container {
                // By id: two containers of equal id and other type are told apart when the head is verified.
                file(&mut by_container, container.id.as_str(), class);
            } else if let Some(list) = by_kind.get_mut(packed.kind as usize) {
                list.push(class);
            } else {
                always.push(class);
            }
        }
        let by_id = ById::new(patterns.values(), &compact);
        let ids = PatternSet::new(patterns.into_keys());
        let (kinds, by_kind) = (Numbered::new(kinds), Buckets::of(&by_kind));
        let certain = Certain::default();
        let mut all = Self { compact, texts, labels, kinds, ids, by_id, by_container, by_kind, always, certain, heads };
        for place in 0..all.ids.places() {
            let list = all.at_place(place);
            all.certain.push(list.as_deref().map(<[[u32; 2]]>::as_flattened));
        }
        all
    }

    /// What is certain at a place of the ids, ascending by class, each with the type that it asks for; `None` if it asks for more, or
    /// is too much to keep.
    fn at_place(&self, place: usize) -> Option<Vec<[u32; 2]>> {
        let mut certain: Vec<[u32; 2]> = Vec::new();
        let lists = self.ids.certain(place, CERTAIN)?;
        for list in lists.iter().filter_map(|pattern| self.by_id.lists.get(*pattern as usize)) {
            if list.more != list.end {
                return None;
            }
            certain.extend(self.by_id.list(list.only, list.typed).iter().map(|class| [NONE, *class]));
            certain.extend(self.by_id.list(list.typed, list.more).as_chunks::<2>().0);
        }
        certain.extend(self.always.iter().map(|class| [NONE, *class]));
        let kinds = (0..NONE).take(self.kinds.len());
        certain.extend(kinds.flat_map(|kind| self.by_kind.get(kind).iter().map(move |class| [kind, *class])));
        certain.sort_unstable_by_key(|[_, class]| *class);
        (certain.len() <= CERTAIN).then_some(certain)
    }

    /// Adds the classes whose parts hold of a resource, their bounds on its label apart, ascending. `kind`: the number of its type.
    #[inline]
    pub(crate) fn find(&self, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        let place = self.ids.place(view.id);
        let certain = self.certain.get(place);
        if let Some(certain) = certain.filter(|_| !self.ids.has_beside() && view.containers.is_empty()) {
            for [own, class] in certain.as_chunks::<2>().0 {
                if *own == NONE || *own == kind {
                    found.push(*class);
                }
            }
        } else {
            self.collect(place, view, kind, found);
        }
    }

    #[inline(never)]
    fn collect(&self, place: usize, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        let start = found.len();
        found.append(&self.always);
        if kind != NONE {
            found.append(self.by_kind.get(kind));
        }
        if !self.by_container.is_empty() {
            self.find_contained(view, kind, found);
        }
        let mut add = |patterns: &[u32]| {
            for list in patterns.iter().filter_map(|pattern| self.by_id.lists.get(*pattern as usize)) {
                found.append(self.by_id.list(list.only, list.typed));
                if list.typed != list.end {
                    self.find_asking(list, view, kind, found);
                }
            }
        };
        self.ids.at(place, view.id, &mut add);
        if self.ids.has_beside() {
            self.ids.beside(view.id, &mut add);
        }
        found.order(start);
    }

    /// Adds those of a list whose id is known to hold and that ask for more.
    #[inline]
    fn find_asking(&self, list: &List, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        for [own, class] in self.by_id.list(list.typed, list.more).as_chunks::<2>().0 {
            if *own == kind {
                found.push(*class);
            }
        }
        for class in self.by_id.list(list.more, list.end) {
            if self.is_within(*class, view, kind, true) {
                found.push(*class);
            }
        }
    }

    #[inline(never)]
    fn find_contained(&self, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        for (at, container) in view.containers.iter().enumerate() {
            // Containers are ascending by type, so equal ids of several types need not be neighbours.
            if view.containers.iter().take(at).any(|earlier| earlier.id == container.id) {
                continue;
            }
            let classes = self.by_container.get(container.id.as_str()).map_or(&[][..], Vec::as_slice);
            classes
                .iter()
                .filter(|class| self.is_within(**class, view, kind, false))
                .for_each(|class| found.push(*class));
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
        let belongs = match query.known {
            Some(known) => super::classes::contains(known, class),
            None => self.is_within(class, &query.view, query.kind, false),
        };
        if belongs { self.admits(class, query.label) } else { None }
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

    /// Whether all parts of a head but its bounds on the label hold; of the id that may be known already.
    #[inline]
    fn is_within(&self, class: u32, view: &ResourceView<'_>, kind: u32, id_holds: bool) -> bool {
        let Some(compact) = self.compact.get(class as usize) else { return false };
        if compact.kind != NONE && compact.kind != kind {
            return false;
        }
        let text = |start: u32, end: u32| self.texts.as_bytes().get(start as usize..end as usize).unwrap_or_default();
        let id = id_holds
            || match compact.test {
                Test::Any => true,
                Test::Is(start, end) => view.id.as_bytes() == text(start, end),
                Test::Below(start, end) => view.id.as_bytes().starts_with(text(start, end)),
                Test::Other => {
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

/// Compact heads and their tables.
struct Packed {
    compact: Vec<Compact>,
    texts: String,
    labels: Vec<Label>,
    /// By their numbers.
    kinds: Vec<Box<str>>,
}

fn pack(heads: &[ResourceHead]) -> Packed {
    let mut packer = Packer::default();
    let compact = heads.iter().map(|head| packer.pack(head)).collect();
    packer.texts.shrink_to_fit();
    let mut kinds: Vec<(u32, &str)> = packer.kinds.into_iter().map(|(kind, number)| (number, kind)).collect();
    kinds.sort_unstable();
    let kinds = kinds.into_iter().map(|(_, kind)| kind.into()).collect();
    Packed { compact, texts: packer.texts, labels: packer.labels, kinds }
}

/// Makes compact heads.
#[derive(Default)]
struct Packer<'h> {
    texts: String,
    known: HashMap<&'h str, (u32, u32)>,
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
            Some(id) => match (id.literal(), id.tree()) {
                (Some(text), _) => {
                    let (start, end) = self.text(text);
                    Test::Is(start, end)
                }
                (None, Some(text)) => {
                    let (start, end) = self.text(text);
                    Test::Below(start, end)
                }
                (None, None) => Test::Other,
            },
        };
        Compact {
            kind,
            test,
            container: head.container.is_some(),
            at_most: self.label(head.at_most),
            at_least: self.label(head.at_least),
        }
    }

    fn text(&mut self, text: &'h str) -> (u32, u32) {
        let texts = &mut self.texts;
        *self.known.entry(text).or_insert_with(|| {
            let start = position(texts.len());
            texts.push_str(text);
            (start, position(texts.len()))
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
