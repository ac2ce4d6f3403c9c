//! Rules that read a claim which must never decide.

/// What is questionable about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LintWarning {
    /// The rule reads the acting agent's parent blueprint: it lets in every sibling of the agent that is meant.
    ParentBlueprint,
}

impl LintWarning {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ParentBlueprint => "parent_blueprint_must_not_be_used_for_authorization",
        }
    }
}

/// Looks for claims of [`super::RecordOnly`] among the identifiers of a rule in any language: the claim `xms_par_app_azp`, and
/// the names `parent`, `parent_blueprint` and `parentAppId` by which sign-in logs and rules speak of it.
#[must_use]
pub fn lint_rule(rule: &str) -> Option<LintWarning> {
    const NAMES: [&str; 4] = ["xms_par_app_azp", "parent", "parent_blueprint", "parentAppId"];
    let mut identifiers = rule.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    identifiers.any(|word| NAMES.contains(&word)).then_some(LintWarning::ParentBlueprint)
}
