//! What is sound, and still probably not what its author means? Warnings only.

use super::Check;
use super::listed::Listed;
use crate::entities::Entities;
use crate::rule::Rule;

impl Check<'_> {
    pub(super) fn lints(&self, _listed: &Listed<'_>, _entities: &Entities, _rules: &[Rule]) {}
}
