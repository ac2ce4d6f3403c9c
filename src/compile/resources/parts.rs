//! Which classes does a resource belong to? All of them, found through the most telling part of each head.
//!
//! INVARIANT: a class is found through exactly one of its parts and then verified; what is kept as certain at a place of the ids is what
//! would be found there.
//!
//! Next room: `index`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::{Compact, Ids, NONE, ResourceClasses, ResourceView};
use crate::compile::classes::{Buckets, CERTAIN, Certain, Found, file, position};
use crate::pattern::{Pattern, PatternSet};
use crate::rule::ResourceHead;

/// Each class by its most telling part.
#[derive(Clone, Debug)]
pub(super) struct ByPart {
    /// Distinct patterns of ids.
    ids: PatternSet,
    by_id: ById,
    by_container: HashMap<Box<str>, Vec<u32>>,
    /// Heads that say a type and nothing else but a label, by the number of the type.
    by_kind: Buckets,
    /// How many types there are.
    kinds: usize,
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

impl ByPart {
    pub(super) fn new(heads: &[ResourceHead], compact: &[Compact], kinds: usize) -> Self {
        let mut patterns: BTreeMap<&Pattern, Vec<u32>> = BTreeMap::new();
        let (mut by_container, mut by_kind, mut always) = (HashMap::new(), vec![Vec::new(); kinds], Vec::new());
        for ((class, head), packed) in (0u32..).zip(heads).zip(compact) {
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
        let by_id = ById::new(patterns.values(), compact);
        let ids = PatternSet::new(patterns.into_keys());
        let by_kind = Buckets::of(&by_kind);
        let mut all = Self { ids, by_id, by_container, by_kind, kinds, always, certain: Certain::default() };
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
        let kinds = (0..NONE).take(self.kinds);
        certain.extend(kinds.flat_map(|kind| self.by_kind.get(kind).iter().map(move |class| [kind, *class])));
        certain.sort_unstable_by_key(|[_, class]| *class);
        (certain.len() <= CERTAIN).then_some(certain)
    }

    /// Adds the classes whose parts hold of a resource, their bounds on its label apart, ascending. `kind`: the number of its type.
    #[inline]
    pub(super) fn find(&self, all: &ResourceClasses, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        let place = self.ids.place(view.id);
        let certain = self.certain.get(place);
        if let Some(certain) = certain.filter(|_| !self.ids.has_beside() && view.containers.is_empty()) {
            for [own, class] in certain.as_chunks::<2>().0 {
                if *own == NONE || *own == kind {
                    found.push(*class);
                }
            }
        } else {
            self.collect(all, place, view, kind, found);
        }
    }

    #[inline(never)]
    fn collect(&self, all: &ResourceClasses, place: usize, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        let start = found.len();
        found.append(&self.always);
        if kind != NONE {
            found.append(self.by_kind.get(kind));
        }
        if !self.by_container.is_empty() {
            self.find_contained(all, view, kind, found);
        }
        let mut add = |patterns: &[u32]| {
            for list in patterns.iter().filter_map(|pattern| self.by_id.lists.get(*pattern as usize)) {
                found.append(self.by_id.list(list.only, list.typed));
                if list.typed != list.end {
                    self.find_asking(all, list, view, kind, found);
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
    fn find_asking(&self, all: &ResourceClasses, list: &List, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        for [own, class] in self.by_id.list(list.typed, list.more).as_chunks::<2>().0 {
            if *own == kind {
                found.push(*class);
            }
        }
        for class in self.by_id.list(list.more, list.end) {
            if all.is_within(*class, view, kind, Ids::Hold) {
                found.push(*class);
            }
        }
    }

    #[inline(never)]
    fn find_contained(&self, all: &ResourceClasses, view: &ResourceView<'_>, kind: u32, found: &mut Found) {
        for (at, container) in view.containers.iter().enumerate() {
            // Containers are ascending by type, so equal ids of several types need not be neighbours.
            if view.containers.iter().take(at).any(|earlier| earlier.id == container.id) {
                continue;
            }
            let classes = self.by_container.get(container.id.as_str()).map_or(&[][..], Vec::as_slice);
            classes
                .iter()
                .filter(|class| all.is_within(**class, view, kind, Ids::Asked))
                .for_each(|class| found.push(*class));
        }
    }
}
