//! What is a member, an item, a member that may be absent?
//!
//! A selection from an optional is optional. A member that an open map lacks is unknown.
//!
//! Next room: `clauses`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operand of a kind that is not listed is a type error, so a kind to come fails closed"
)]

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Entries, Outcome, mismatch};
use crate::condition::evaluate::Machine;
use crate::condition::program::{Id, Node, slot_of};
use crate::value::{Facts, Key, Value};

impl<'a, F: Facts> Machine<'a, F> {
    /// The fact, or the member of a fact, that a node names: found without making values of what lies on the way. Outer
    /// `None`: the node is no such path, or not all of it is there. Inner `None`: the fact is null.
    #[inline(always)]
    pub(super) fn lent(&mut self, id: Id) -> Outcome<Option<Option<&'a Value<'a>>>> {
        match slot_of(id) {
            Some(slot) => self.read(slot).map(Some),
            None => self.lent_member(id),
        }
    }

    #[inline(never)]
    fn lent_member(&mut self, id: Id) -> Outcome<Option<Option<&'a Value<'a>>>> {
        let Node::Select(of, member) = self.node(id) else { return Ok(None) };
        let Some(Some(Value::Map(map))) = self.lent(of)? else { return Ok(None) };
        Ok(map.get(self.program.text(member)).map(Some))
    }

    pub(super) fn select(&mut self, of: Id, member: u32) -> Outcome<Datum<'a>> {
        let name = self.program.text(member);
        match self.value(of)? {
            Datum::Map(entries) => self.member(of, &entries, name),
            // A selection from an optional is optional.
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => self.optional_member(of, entries, name),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    fn member(&mut self, of: Id, entries: &Entries<'a>, name: &str) -> Outcome<Datum<'a>> {
        match entries.get(name) {
            Some(value) => Ok(value),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Err(EvaluationError::NoMember.into()),
        }
    }

    fn optional_member(&mut self, of: Id, entries: &Entries<'a>, name: &str) -> Outcome<Datum<'a>> {
        match entries.get(name) {
            Some(value) => Ok(Datum::some(value)),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Ok(Datum::NONE),
        }
    }

    pub(super) fn optional_select(&mut self, of: Id, member: u32) -> Outcome<Datum<'a>> {
        let name = self.program.text(member);
        match self.value(of)? {
            Datum::Map(entries) => self.optional_member(of, &entries, name),
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => self.optional_member(of, entries, name),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    pub(super) fn has(&mut self, of: Id, member: u32) -> Outcome<bool> {
        let name = self.program.text(member);
        let entries = match self.value(of)? {
            Datum::Map(entries) => entries,
            Datum::Optional(None) => return Ok(false),
            Datum::Optional(Some(inner)) => match inner.as_ref() {
                Datum::Map(entries) => entries.clone(),
                _ => return mismatch(),
            },
            _ => return mismatch(),
        };
        match entries.get(name) {
            Some(_) => Ok(true),
            None if entries.is_open() => Err(self.unknown_in(of)),
            None => Ok(false),
        }
    }

    /// The item or member under an index: the value, or an error, or none.
    fn at(&mut self, of: Id, collection: &Datum<'a>, index: &Datum<'a>) -> Outcome<Result<Datum<'a>, EvaluationError>> {
        match collection {
            Datum::List(items) => {
                let place = match index {
                    Datum::Int(at) => usize::try_from(*at).ok(),
                    Datum::Uint(at) => usize::try_from(*at).ok(),
                    Datum::Double(_) => match index.as_key()? {
                        Some(Key::Int(at)) => usize::try_from(at).ok(),
                        Some(_) => None,
                        None => return mismatch(),
                    },
                    _ => return mismatch(),
                };
                Ok(place.and_then(|at| items.get(at)).ok_or(EvaluationError::NoItem))
            }
            Datum::Map(entries) => {
                let found = index.as_key()?.and_then(|key| entries.find(&key));
                if found.is_none() && entries.is_open() {
                    return Err(self.unknown_in(of));
                }
                Ok(found.ok_or(EvaluationError::NoMember))
            }
            _ => mismatch(),
        }
    }

    pub(super) fn index(&mut self, of: Id, index: Id) -> Outcome<Datum<'a>> {
        let (collection, index) = (self.value(of)?, self.value(index)?);
        match collection {
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => Ok(self.at(of, &inner, &index)?.map_or(Datum::NONE, Datum::some)),
            collection => Ok(self.at(of, &collection, &index)??),
        }
    }

    pub(super) fn optional_index(&mut self, of: Id, index: Id) -> Outcome<Datum<'a>> {
        let (collection, index) = (self.value(of)?, self.value(index)?);
        match collection {
            Datum::Optional(None) => Ok(Datum::NONE),
            Datum::Optional(Some(inner)) => Ok(self.at(of, &inner, &index)?.map_or(Datum::NONE, Datum::some)),
            collection => Ok(self.at(of, &collection, &index)?.map_or(Datum::NONE, Datum::some)),
        }
    }
}
