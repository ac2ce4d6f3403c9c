//! How far? Actions x resources x constraints on arguments.
//!
//! A [`Scope`] allows a call if one of its actions, one of its resources and all of its constraints do. Delegation narrows:
//! [`Scope::intersect`] is what two scopes both allow, exactly; [`Scope::covers`] says whether one is certainly within another,
//! so that a grant can be derived from a grant (law 6).
//!
//! INVARIANT: scopes permit, so whatever is missing, unknown, of another type, not a number or no id is not allowed.
//!
//! ```
//! use placet::scope::{Scope, ScopeResource};
//! let scope = |action: &str, id: &str| Scope {
//!     actions: vec![action.parse().unwrap()],
//!     resources: vec![ScopeResource { kind: "tool".parse().ok(), id: id.parse().ok() }],
//!     arguments: Default::default(),
//! };
//! let parent = scope("tools/*", "mcp-files/**");
//! assert!(scope("tools/call", "mcp-files/read").attenuates(&parent));
//! assert!(!scope("tools/call", "mcp-mail/send").attenuates(&parent));
//! ```
//!
//! Next room: [`crate::grant`], which gives scopes for a time.

use std::collections::BTreeMap;

use crate::name::TypeName;
use crate::pattern::{self, Pattern};
use crate::value::Value;

/// A constraint on one argument: all members that are set must hold. One that is not given meets none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraint {
    /// The text is an id and matches one of these; no constraint if empty.
    pub matches: Vec<Pattern>,
    /// The number is at least this.
    pub at_least: Option<f64>,
    /// The number is at most this.
    pub at_most: Option<f64>,
}

/// Resources of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeResource {
    /// Type; any if none.
    pub kind: Option<TypeName>,
    /// Ids; any if none.
    pub id: Option<Pattern>,
}

/// Extent of access.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Action names: any of these. Nothing if empty.
    pub actions: Vec<Pattern>,
    /// Resources: any of these. Nothing if empty.
    pub resources: Vec<ScopeResource>,
    /// Constraints on arguments, by name: all of these.
    pub arguments: BTreeMap<String, Constraint>,
}

impl Scope {
    /// Whether it allows a call: this action on the resource of this type and id, with these arguments.
    pub fn allows<'v, 'a: 'v>(
        &self,
        action: &str,
        kind: &str,
        id: &str,
        argument: impl Fn(&str) -> Option<&'v Value<'a>>,
    ) -> bool {
        self.actions.iter().any(|pattern| pattern.matches(action))
            && self.resources.iter().any(|resource| resource.contains(kind, id))
            && self.arguments.iter().all(|(name, constraint)| constraint.is_met(argument(name)))
    }

    /// Whether this scope certainly allows whatever `other` allows. A yes is always right; for a no, see [`Pattern::covers`].
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if other.allows_nothing() {
            return true;
        }
        let constraints = self.arguments.iter().all(|(name, constraint)| {
            // A constraint also demands that the argument is given.
            other.arguments.get(name).is_some_and(|narrower| constraint.covers(narrower))
        });
        let own: Vec<&Pattern> = self.actions.iter().collect();
        constraints
            && other.actions.iter().all(|action| pattern::any_cover(&own, action))
            && other.resources.iter().all(|resource| self.covers_resource(resource))
    }

    /// Whether a scope derived from `parent` is no wider: `parent` covers it.
    #[must_use]
    pub fn attenuates(&self, parent: &Self) -> bool {
        parent.covers(self)
    }

    /// What both scopes allow, exactly; `None` if that is nothing.
    ///
    /// Where the common part of two lists would be long, it is one pattern that says both (written `a & b`), so that a chain of
    /// intersections grows with the sum of its links and not with their product.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if self.allows_nothing() || other.allows_nothing() {
            return None;
        }
        let mut arguments = self.arguments.clone();
        for (name, constraint) in &other.arguments {
            let both = match arguments.get(name) {
                Some(own) => own.intersect(constraint)?,
                None => constraint.clone(),
            };
            arguments.insert(name.clone(), both);
        }
        let actions = pattern::intersect_any(&self.actions, &other.actions);
        let resources = intersect_resources(&self.resources, &other.resources);
        (!actions.is_empty() && !resources.is_empty()).then_some(Self { actions, resources, arguments })
    }

    /// Whether it certainly allows nothing.
    fn allows_nothing(&self) -> bool {
        self.actions.is_empty() || self.resources.is_empty() || self.arguments.values().any(Constraint::is_impossible)
    }

    fn covers_resource(&self, other: &ScopeResource) -> bool {
        let suits = |own: &&ScopeResource| own.kind.is_none() || own.kind == other.kind;
        let own: Vec<&ScopeResource> = self.resources.iter().filter(suits).collect();
        if own.iter().any(|resource| resource.is_any_id()) {
            return true;
        }
        let ids: Vec<&Pattern> = own.iter().filter_map(|resource| resource.id.as_ref()).collect();
        other.id.as_ref().is_some_and(|id| pattern::any_cover(&ids, id))
    }
}

impl ScopeResource {
    /// Whether the resource of this type and id is one of these.
    #[must_use]
    pub fn contains(&self, kind: &str, id: &str) -> bool {
        self.kind.as_ref().is_none_or(|own| own.as_str() == kind) && self.id.as_ref().is_none_or(|own| own.matches(id))
    }

    fn is_any_id(&self) -> bool {
        self.id.as_ref().is_none_or(Pattern::is_everything)
    }
}

/// The ids of resources, by their type; `None` where any id will do.
type ByKind<'a> = BTreeMap<Option<&'a TypeName>, Option<Vec<Pattern>>>;

fn by_kind(resources: &[ScopeResource]) -> ByKind<'_> {
    let mut groups = ByKind::new();
    for resource in resources {
        let ids = groups.entry(resource.kind.as_ref()).or_insert_with(|| Some(Vec::new()));
        match (&resource.id, ids.as_mut()) {
            (Some(id), Some(ids)) if !id.is_everything() => ids.push(id.clone()),
            (Some(_), None) => {}
            (Some(_), Some(_)) | (None, _) => *ids = None,
        }
    }
    groups
}

fn intersect_resources(a: &[ScopeResource], b: &[ScopeResource]) -> Vec<ScopeResource> {
    let (a, b) = (by_kind(a), by_kind(b));
    let mut common = Vec::new();
    let mut add = |kind: Option<&TypeName>, own: &Option<Vec<Pattern>>, other: &Option<Vec<Pattern>>| {
        let ids = match (own, other) {
            (None, None) => {
                common.push(ScopeResource { kind: kind.cloned(), id: None });
                return;
            }
            (Some(ids), None) | (None, Some(ids)) => ids.clone(),
            (Some(own), Some(other)) => pattern::intersect_any(own, other),
        };
        common.extend(ids.into_iter().map(|id| ScopeResource { kind: kind.cloned(), id: Some(id) }));
    };
    for (kind, own) in &a {
        if let Some(other) = b.get(kind) {
            add(*kind, own, other);
        }
        // `None` is any type: it meets every type of the other side.
        if let (Some(_), Some(other)) = (kind, b.get(&None)) {
            add(*kind, own, other);
        }
    }
    if let Some(own) = a.get(&None) {
        b.iter().filter(|(kind, _)| kind.is_some()).for_each(|(kind, other)| add(*kind, own, other));
    }
    common
}

impl Constraint {
    /// Whether the argument, if it is given, meets it.
    #[must_use]
    pub fn is_met(&self, argument: Option<&Value<'_>>) -> bool {
        let Some(value) = argument else { return false };
        let text = self.matches.is_empty()
            || matches!(value, Value::String(text) if self.matches.iter().any(|pattern| pattern.matches_text(text)));
        text && self.at_least.is_none_or(|bound| at_least(value, bound))
            && self.at_most.is_none_or(|bound| at_most(value, bound))
    }

    /// Whether whatever meets `other` certainly meets it.
    fn covers(&self, other: &Self) -> bool {
        if other.is_impossible() {
            return true;
        }
        let own: Vec<&Pattern> = self.matches.iter().collect();
        let within = |own: Option<f64>, other: Option<f64>, narrower: fn(f64, f64) -> bool| {
            own.is_none_or(|own| other.is_some_and(|other| narrower(other, own)))
        };
        let text = self.matches.is_empty()
            || (!other.matches.is_empty() && other.matches.iter().all(|pattern| pattern::any_cover(&own, pattern)));
        text && within(self.at_least, other.at_least, |other, own| other >= own)
            && within(self.at_most, other.at_most, |other, own| other <= own)
    }

    /// What meets both; `None` if nothing does.
    fn intersect(&self, other: &Self) -> Option<Self> {
        let matches = match (self.matches.as_slice(), other.matches.as_slice()) {
            (texts, []) | ([], texts) => texts.to_vec(),
            (own, other) => {
                let both = pattern::intersect_any(own, other);
                // An empty list would be no constraint.
                if both.is_empty() {
                    return None;
                }
                both
            }
        };
        let pick = |own: Option<f64>, other: Option<f64>, narrower: fn(f64, f64) -> f64| match (own, other) {
            (Some(own), Some(other)) => Some(narrower(own, other)),
            (one, None) | (None, one) => one,
        };
        // `max` and `min` would drop a NaN, and with it the constraint that nothing meets.
        let bounds = [self.at_least, other.at_least, self.at_most, other.at_most];
        if bounds.iter().flatten().any(|bound| bound.is_nan()) {
            return None;
        }
        let both = Self {
            matches,
            at_least: pick(self.at_least, other.at_least, f64::max),
            at_most: pick(self.at_most, other.at_most, f64::min),
        };
        (!both.is_impossible()).then_some(both)
    }

    /// Whether certainly nothing meets it.
    pub(crate) fn is_impossible(&self) -> bool {
        let nan = self.at_least.is_some_and(f64::is_nan) || self.at_most.is_some_and(f64::is_nan);
        let bounded = self.at_least.is_some() || self.at_most.is_some();
        let crossed = matches!((self.at_least, self.at_most), (Some(least), Some(most)) if least > most);
        // No value is a text and a number.
        nan || crossed || (bounded && !self.matches.is_empty())
    }
}

/// Integers are compared exactly: as floats, neighbours above 2^53 would be equal.
fn at_least(value: &Value<'_>, bound: f64) -> bool {
    if let Value::Double(number) = value {
        return *number >= bound;
    }
    !bound.is_nan() && integer(value).is_some_and(|number| number >= saturate(bound.ceil()))
}

fn at_most(value: &Value<'_>, bound: f64) -> bool {
    if let Value::Double(number) = value {
        return *number <= bound;
    }
    !bound.is_nan() && integer(value).is_some_and(|number| number <= saturate(bound.floor()))
}

fn integer(value: &Value<'_>) -> Option<i128> {
    if let Value::Int(number) = value {
        Some(i128::from(*number))
    } else if let Value::Uint(number) = value {
        Some(i128::from(*number))
    } else {
        None
    }
}

/// A whole number as an integer; what is beyond all 64-bit integers, infinities too, stays beyond them.
fn saturate(whole: f64) -> i128 {
    whole as i128
}
