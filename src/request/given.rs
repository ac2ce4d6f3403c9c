//! Which facts of the context does a request state? Their slots and values, in the order in which they were stated.
//!
//! Hosts state one fact after the other while somebody waits, and conditions ask for one after the other: both take a few instructions
//! for the first eight. INVARIANT: a slot is stated once; stating it again replaces its value, in its place.
//!
//! Next room: `parts`.

use core::mem::{ManuallyDrop, take};

use super::held::{Held, Part};
use crate::fact::slot;
use crate::value::{Fact, Value};

/// How many facts have room in the request itself.
const ROOM: usize = 8;

/// A place beyond what a byte says.
const FAR: u8 = u8::MAX;

/// Facts by slot; null is known to be absent.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    list: Held<List<'a>>,
    /// How many there are.
    count: usize,
    /// Of each built-in fact: its place, counted from 1, or 0. From [`FAR`] on it is looked for.
    places: [u8; slot::COUNT],
}

#[derive(Clone, Debug)]
struct List<'a> {
    values: [ManuallyDrop<Value<'a>>; ROOM],
    slots: [u16; ROOM],
    /// Those that have no room there.
    more: ManuallyDrop<Vec<(u16, Value<'a>)>>,
}

impl Part for List<'_> {
    #[inline]
    fn let_go(&mut self) {
        self.values.iter_mut().for_each(|value| value.let_go());
        if self.more.capacity() > 0 {
            drop(take(&mut *self.more));
        }
    }
}

impl Default for Given<'_> {
    #[inline]
    fn default() -> Self {
        // One by one only their tags are written.
        let values = core::array::from_fn(|_| ManuallyDrop::new(Value::Null));
        let list = List { values, slots: [0; ROOM], more: ManuallyDrop::new(Vec::new()) };
        Self { list: Held::new(list), count: 0, places: [0; slot::COUNT] }
    }
}

impl<'a> Given<'a> {
    /// The facts that were stated, in that order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &Value<'a>)> {
        let first = self.list.slots.iter().copied().zip(self.list.values.iter().map(|value| &**value));
        first.take(self.count).chain(self.list.more.iter().map(|(slot, value)| (*slot, value)))
    }

    #[inline]
    pub(super) fn get(&self, slot: u16) -> Fact<'_> {
        let value = match self.places.get(usize::from(slot)) {
            Some(0) => None,
            Some(place) => match self.list.values.get(usize::from(*place) - 1) {
                Some(value) => Some(&**value),
                None => self.get_more(slot, *place),
            },
            None => self.look_for(slot),
        };
        match value {
            None => Fact::Unknown,
            Some(Value::Null) => Fact::Null,
            Some(value) => Fact::Known(value),
        }
    }

    /// The value of a fact that has no room in the request itself.
    fn get_more(&self, slot: u16, place: u8) -> Option<&Value<'a>> {
        match self.list.more.get(usize::from(place).checked_sub(ROOM + 1)?) {
            Some((given, value)) if *given == slot => Some(value),
            Some(_) | None => self.look_for(slot),
        }
    }

    /// The value of a fact that has no place, such as one that a policy declares.
    fn look_for(&self, slot: u16) -> Option<&Value<'a>> {
        self.iter().find(|(given, _)| *given == slot).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, slot: u16, value: Value<'a>) {
        let is_new = match self.places.get_mut(usize::from(slot)) {
            Some(place @ 0) => {
                *place = u8::try_from(self.count + 1).unwrap_or(FAR);
                true
            }
            Some(_) => false,
            // What a policy declares has no place. Slots that are not used are 0, which is a built-in fact.
            None => self.list.more.is_empty() && self.list.slots.iter().fold(true, |new, given| new & (*given != slot)),
        };
        if is_new {
            self.count += 1;
            self.push(slot, value);
        } else {
            self.replace(slot, value);
        }
    }

    /// States a fact that is not known to be new.
    #[inline(never)]
    fn replace(&mut self, slot: u16, value: Value<'a>) {
        let first = self.list.slots.iter().take(self.count).position(|given| *given == slot);
        if let Some(stated) = first.and_then(|at| self.list.values.get_mut(at)) {
            **stated = value;
        } else if let Some((_, stated)) = self.list.more.iter_mut().find(|(given, _)| *given == slot) {
            *stated = value;
        } else {
            self.count += 1;
            self.push(slot, value);
        }
    }

    /// Keeps the last fact, which is counted already.
    #[inline]
    fn push(&mut self, slot: u16, value: Value<'a>) {
        let (at, first) = (self.count - 1, &mut *self.list);
        match (first.slots.get_mut(at), first.values.get_mut(at)) {
            (Some(place), Some(stated)) => {
                *place = slot;
                *stated = ManuallyDrop::new(value);
            }
            _ => self.push_more(slot, value),
        }
    }

    #[cold]
    fn push_more(&mut self, slot: u16, value: Value<'a>) {
        self.list.more.push((slot, value));
    }

    /// Leaves unsaid what is not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(u16) -> bool) {
        if self.iter().all(|(slot, _)| keep(slot)) {
            return;
        }
        let mut kept = Self::default();
        for (slot, value) in self.iter().filter(|(slot, _)| keep(*slot)) {
            kept.set(slot, value.clone());
        }
        *self = kept;
    }
}
