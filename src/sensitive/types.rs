//! Which types are there, by which names? What rules need to know of types, without what finding them takes.

use std::collections::BTreeMap;

use super::error::TypeError;
use super::kind::{Confidence, SensitiveType, fold};

/// The names of sensitive information types.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeNames {
    /// Id by folded id or alias.
    by_name: BTreeMap<String, String>,
    /// By id.
    recommended: BTreeMap<String, Confidence>,
}

impl TypeNames {
    /// The names of these types.
    ///
    /// # Errors
    /// The first name without letters and digits, or that two types have.
    pub(crate) fn new<'t>(types: impl IntoIterator<Item = &'t SensitiveType>) -> Result<Self, TypeError> {
        let mut names = Self::default();
        for kind in types {
            names.add(kind)?;
        }
        Ok(names)
    }

    /// Adds the names of a type.
    ///
    /// # Errors
    /// A name without letters and digits, or that a type has already. It is then not added.
    pub(crate) fn add(&mut self, kind: &SensitiveType) -> Result<(), TypeError> {
        let all = || core::iter::once(&kind.id).chain(&kind.aliases);
        for name in all() {
            let folded = fold(name);
            if folded.is_empty() {
                return Err(TypeError::Id(name.clone()));
            }
            if self.by_name.contains_key(&folded) {
                return Err(TypeError::Duplicate(name.clone()));
            }
        }
        self.by_name.extend(all().map(|name| (fold(name), kind.id.clone())));
        self.recommended.insert(kind.id.clone(), kind.recommended);
        Ok(())
    }

    /// Of a scanner, which has found them sound.
    pub(super) const fn of(by_name: BTreeMap<String, String>, recommended: BTreeMap<String, Confidence>) -> Self {
        Self { by_name, recommended }
    }

    /// The id of the type of that id or alias, compared without case, spaces and punctuation.
    pub(crate) fn resolve(&self, name: &str) -> Option<&str> {
        self.by_name.get(&fold(name)).map(String::as_str)
    }

    /// From which confidence a rule counts findings of each type if it does not say, by id.
    pub(crate) const fn recommended(&self) -> &BTreeMap<String, Confidence> {
        &self.recommended
    }

    /// The ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.recommended.keys().map(String::as_str)
    }
}
