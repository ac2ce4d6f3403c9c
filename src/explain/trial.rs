//! Which values of a fact do rules tell apart?
//!
//! Next room: `whatif`.

use core::net::IpAddr;
use std::collections::BTreeSet;

use crate::condition::ast::Literal;
use crate::fact::{Type, slot};
use crate::label::Taxonomy;
use crate::time::{Duration, Timestamp};
use crate::value::{Key, Map, Value};

/// So many values of one fact are tried.
const VALUES: usize = 24;

/// A value that is tried, with what it is called.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) called: String,
    pub(super) value: Value<'static>,
}

/// What rules compare a fact with.
#[derive(Default)]
pub(super) struct Told {
    pub(super) literals: Vec<Literal>,
    pub(super) times: Vec<Timestamp>,
    pub(super) ages: Vec<Duration>,
}

impl Told {
    /// The values that these tell apart, and one that is none of them.
    pub(super) fn trials(&self, slot: u16, ty: &Type, now: Option<Timestamp>, taxonomy: &Taxonomy) -> Vec<Trial> {
        let plain = |called: &str, value: Value<'static>| Trial { called: called.to_owned(), value };
        let mut trials = match ty {
            Type::Bool => vec![plain("true", Value::Bool(true)), plain("false", Value::Bool(false))],
            Type::Enum(all) => {
                (0u8..).zip(all.members).map(|(place, member)| plain(member, Value::Enum(all, place))).collect()
            }
            Type::Label => {
                taxonomy.names().filter_map(|name| Some(plain(name, Value::Label(taxonomy.get(name)?)))).collect()
            }
            Type::String => self.texts(slot),
            Type::List(of) if **of == Type::String => self.lists(),
            Type::Open if slot == slot::CONTENT_SENSITIVE => self.findings(),
            Type::Map(_) | Type::Open | Type::Record(_) => self.maps(),
            Type::Int => self.numbers(|number| Some(Value::Int(number))),
            Type::Uint => self.numbers(|number| u64::try_from(number).ok().map(Value::Uint)),
            Type::Double => self.numbers(|number| i32::try_from(number).ok().map(f64::from).map(Value::Double)),
            Type::Timestamp => self.moments(slot, now),
            Type::Dyn | Type::Bytes | Type::Duration | Type::List(_) => Vec::new(),
        };
        if matches!(ty, Type::String | Type::Map(_) | Type::Record(_)) {
            trials.push(plain("null", Value::Null));
        }
        trials.truncate(VALUES);
        trials
    }

    fn strings(&self) -> BTreeSet<&str> {
        let texts = self.literals.iter().filter_map(|literal| match literal {
            Literal::String(text) => Some(&**text),
            Literal::Null
            | Literal::Bool(_)
            | Literal::Int(_)
            | Literal::Uint(_)
            | Literal::Double(_)
            | Literal::Bytes(_) => None,
        });
        texts.collect()
    }

    fn texts(&self, slot: u16) -> Vec<Trial> {
        let text = |called: String, text: String| Trial { called, value: Value::String(text.into()) };
        if slot == slot::LOCATION_IP {
            let ranges = self.strings().into_iter().filter_map(|range| {
                let (address, _) = range.split_once('/').unwrap_or((range, ""));
                address.parse::<IpAddr>().ok().map(|address| text(format!("in {range}"), address.to_string()))
            });
            // Reserved for documentation (RFC 5737, RFC 3849), so that hardly any policy names them.
            let elsewhere = [("elsewhere (IPv4)", "192.0.2.251"), ("elsewhere (IPv6)", "2001:db8:ffff:ffff::251")]
                .map(|(called, address)| text(called.to_owned(), address.to_owned()));
            return ranges.take(VALUES - 3).chain(elsewhere).collect();
        }
        let named = self.strings().into_iter().map(|named| text(format!("`{named}`"), named.to_owned()));
        named.take(VALUES - 2).chain([text("any other".to_owned(), "any other".to_owned())]).collect()
    }

    fn lists(&self) -> Vec<Trial> {
        let list = |called: String, items: Vec<&str>| {
            let items: Value<'static> = items.into_iter().map(|item| Value::from(item.to_owned())).collect();
            Trial { called, value: items }
        };
        let all: Vec<&str> = self.strings().into_iter().take(VALUES - 2).collect();
        let each = all.iter().map(|one| list(format!("[`{one}`]"), vec![*one]));
        let none = list("[]".to_owned(), Vec::new());
        let together = (all.len() > 1).then(|| list("all that rules name".to_owned(), all.clone()));
        core::iter::once(none).chain(each).chain(together).collect()
    }

    /// A map with nothing, or with one text that rules name under another.
    fn maps(&self) -> Vec<Trial> {
        let texts = self.strings();
        let pairs = texts
            .iter()
            .flat_map(|name| texts.iter().filter(move |value| *value != name).map(move |value| (*name, *value)));
        let with = pairs.filter_map(|(name, value)| {
            let map = Map::new(vec![(Key::String(name.to_owned().into()), Value::from(value.to_owned()))])?;
            Some(Trial { called: format!("{{`{name}`: `{value}`}}"), value: Value::from(map) })
        });
        let none = Trial { called: "{}".to_owned(), value: Value::from(Map::default()) };
        core::iter::once(none).chain(with).take(VALUES - 1).collect()
    }

    /// Nothing of what rules look for in content, or more of everything than they ask for.
    fn findings(&self) -> Vec<Trial> {
        let counts = self.literals.iter().map(|literal| if let Literal::Int(count) = literal { *count } else { 0 });
        let most = usize::try_from(counts.max().unwrap_or(0).clamp(0, 1_000)).unwrap_or(0) + 1;
        let each = |found: usize| {
            let entries = self.strings().into_iter().map(|kind| {
                (Key::String(kind.to_owned().into()), core::iter::repeat_n(Value::Int(100), found).collect())
            });
            Value::from(Map::new(entries.collect()).unwrap_or_default().opened())
        };
        vec![
            Trial { called: "nothing that rules look for".to_owned(), value: each(0) },
            Trial { called: "much of all that rules look for".to_owned(), value: each(most) },
        ]
    }

    fn numbers(&self, make: impl Fn(i64) -> Option<Value<'static>>) -> Vec<Trial> {
        #[expect(clippy::cast_precision_loss, reason = "a number to try, not one to keep")]
        let numbers = self.literals.iter().filter_map(|literal| match literal {
            Literal::Int(number) => Some(*number as f64),
            Literal::Uint(number) => Some(*number as f64),
            Literal::Double(number) => Some(*number),
            Literal::Null | Literal::Bool(_) | Literal::String(_) | Literal::Bytes(_) => None,
        });
        let around: BTreeSet<i64> =
            numbers.flat_map(|number| [number - 1.0, number, number + 1.0]).map(|number| number as i64).collect();
        let trial = |number: i64| Some(Trial { called: number.to_string(), value: make(number)? });
        around.into_iter().filter_map(trial).collect()
    }

    /// Now, so long ago that it is just young enough or just too old, and the edges of intervals.
    fn moments(&self, slot: u16, now: Option<Timestamp>) -> Vec<Trial> {
        let time = |called: String, time: Timestamp| Trial { called, value: Value::Timestamp(time) };
        let second = Duration::from_parts(1, 0).unwrap_or(Duration::MAX);
        let named = || self.strings().into_iter();
        let mut trials = Vec::new();
        if slot != slot::NOW
            && let Some(now) = now
        {
            trials.push(time("now".to_owned(), now));
            let ages = named().filter_map(|text| text.parse().ok()).chain(self.ages.iter().copied());
            let ages: BTreeSet<Duration> = ages.collect();
            for age in ages {
                let before = |age: Duration| now.checked_sub(age);
                trials.extend(before(age).map(|at| time(format!("{age} ago"), at)));
                let older = age.checked_add(second).and_then(before);
                trials.extend(older.map(|at| time(format!("more than {age} ago"), at)));
            }
        }
        let edges: BTreeSet<Timestamp> =
            named().filter_map(|text| text.parse().ok()).chain(self.times.iter().copied()).collect();
        for edge in edges {
            trials.extend(edge.checked_sub(second).map(|before| time(format!("before {edge}"), before)));
            trials.push(time(format!("from {edge}"), edge));
        }
        trials
    }
}
