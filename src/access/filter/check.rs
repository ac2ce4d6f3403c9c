//! Which properties may a filter read, with which operators and values? And what is wrong with one that does otherwise.

use serde::{Deserialize, Serialize};

use super::{Comparison, Filter, Literal, Operator, Property};
use crate::diagnostic::nearest;

/// What a filter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Devices: `device.<property>`.
    Device,
    /// Agents, workloads or resources: `CustomSecurityAttribute.<Set>_<Attribute>`.
    SecurityAttributes,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct FilterError {
    /// Byte offset in the text.
    pub at: usize,
    /// What is wrong.
    pub kind: FilterErrorKind,
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// More than [`super::MAX_CHARACTERS`].
    #[error("a filter has at most {} characters", super::MAX_CHARACTERS)]
    TooLong,
    /// More than [`super::MAX_DEPTH`].
    #[error("a filter nests at most {} levels deep", super::MAX_DEPTH)]
    TooDeep,
    /// A quote without its partner.
    #[error("the text that begins here has no closing quote")]
    Unterminated,
    /// A character outside quotes that means nothing.
    #[error("`{0}` means nothing here; texts stand between double quotes")]
    BadCharacter(char),
    /// Something else than the grammar wants.
    #[error("found {found} where {wanted} belongs")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// A property that nothing has.
    #[error("`{name}` is no property{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    UnknownProperty {
        /// As written.
        name: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// An operator that the language lacks.
    #[error("`{0}` is no operator; there are -eq, -ne, -[not]startsWith, -[not]endsWith, -[not]contains and -[not]in")]
    UnknownOperator(String),
    /// An operator that the property does not take.
    #[error("`device.{property}` cannot be compared so; it takes {allowed}")]
    OperatorNotAllowed {
        /// The property.
        property: &'static str,
        /// What it takes.
        allowed: &'static str,
    },
    /// A value of another type than the property's.
    #[error("the property is compared with a text between quotes")]
    TextExpected,
    /// A security attribute compared with something that is no text.
    #[error("only security attributes of type string can be used in a filter; compare with a text between quotes")]
    OnlyStringAttributes,
    /// A property of the other [`Domain`].
    #[error("this filter is about {}", match .0 {
        Domain::Device => "devices: it reads `device.<property>`",
        Domain::SecurityAttributes => "security attributes: it reads `CustomSecurityAttribute.<Set>_<Attribute>`",
    })]
    OtherDomain(Domain),
}

impl FilterErrorKind {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "access.filter_too_long",
            Self::TooDeep => "access.filter_too_deep",
            Self::Unterminated | Self::BadCharacter(_) | Self::Unexpected { .. } => "access.filter_syntax",
            Self::UnknownProperty { .. } => "access.filter_unknown_property",
            Self::UnknownOperator(_) => "access.filter_unknown_operator",
            Self::OperatorNotAllowed { .. } => "access.filter_operator_not_supported",
            Self::TextExpected => "access.filter_text_expected",
            Self::OnlyStringAttributes => "access.only_string_attributes_supported",
            Self::OtherDomain(_) => "access.filter_other_domain",
        }
    }
}

/// What a device property takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Any,
    /// `-eq`, `-ne`.
    Equality,
    /// `-eq`, `-ne`, `-in`, `-notIn`.
    Membership,
    /// `-contains`, `-notContains`, of whole elements.
    Elements,
    /// `-eq`, `-ne` with a truth value.
    Flag,
}

/// The device properties and what they take. Source: "Filter for devices", supported operators; `profileType` is listed there
/// with equality and shown with `-notIn`, so it takes both.
const DEVICE: [(&str, Takes); 29] = [
    ("deviceId", Takes::Membership),
    ("displayName", Takes::Any),
    ("deviceOwnership", Takes::Equality),
    ("enrollmentProfileName", Takes::Any),
    ("isCompliant", Takes::Flag),
    ("manufacturer", Takes::Any),
    ("mdmAppId", Takes::Membership),
    ("model", Takes::Any),
    ("operatingSystem", Takes::Any),
    ("operatingSystemVersion", Takes::Any),
    ("physicalIds", Takes::Elements),
    ("profileType", Takes::Membership),
    ("systemLabels", Takes::Elements),
    ("trustType", Takes::Equality),
    ("extensionAttribute1", Takes::Any),
    ("extensionAttribute2", Takes::Any),
    ("extensionAttribute3", Takes::Any),
    ("extensionAttribute4", Takes::Any),
    ("extensionAttribute5", Takes::Any),
    ("extensionAttribute6", Takes::Any),
    ("extensionAttribute7", Takes::Any),
    ("extensionAttribute8", Takes::Any),
    ("extensionAttribute9", Takes::Any),
    ("extensionAttribute10", Takes::Any),
    ("extensionAttribute11", Takes::Any),
    ("extensionAttribute12", Takes::Any),
    ("extensionAttribute13", Takes::Any),
    ("extensionAttribute14", Takes::Any),
    ("extensionAttribute15", Takes::Any),
];

/// Names are read in any case.
pub(super) fn property(text: &str) -> Result<Property, FilterErrorKind> {
    let (prefix, name) = text.split_once('.').unwrap_or(("", text));
    let unknown = |nearest| Err(FilterErrorKind::UnknownProperty { name: text.chars().take(64).collect(), nearest });
    if prefix.eq_ignore_ascii_case("CustomSecurityAttribute") && !name.is_empty() {
        return Ok(Property::Attribute(name.into()));
    }
    if !prefix.eq_ignore_ascii_case("device") {
        return unknown(nearest(prefix, ["device", "CustomSecurityAttribute"]).map(|p| match p {
            "device" => "device.<property>",
            _ => "CustomSecurityAttribute.<Set>_<Attribute>",
        }));
    }
    let name = if name.eq_ignore_ascii_case("devicePhysicalIds") { "physicalIds" } else { name };
    let known = DEVICE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    match known {
        Some((known, _)) => Ok(Property::Device(known)),
        None => unknown(nearest(name, DEVICE.map(|(known, _)| known))),
    }
}

impl Comparison {
    /// Whether the property takes this operator and value.
    pub(super) fn check(&self) -> Result<(), FilterError> {
        let (property_at, value_at) = self.at;
        let at_value = |kind| Err(FilterError { at: value_at, kind });
        let text = matches!(self.value, Literal::Text(_) | Literal::List(_) | Literal::Null);
        let name = match &self.property {
            Property::Attribute(_) if !text => return at_value(FilterErrorKind::OnlyStringAttributes),
            Property::Attribute(_) => return self.null_only_equals(),
            Property::Device(name) => *name,
        };
        let takes = DEVICE.iter().find(|(known, _)| *known == name).map_or(Takes::Any, |(_, takes)| *takes);
        let (fits, allowed) = match takes {
            Takes::Any => (true, "every operator"),
            Takes::Equality | Takes::Flag => (self.operator == Operator::Equals, "-eq and -ne"),
            Takes::Membership => (matches!(self.operator, Operator::Equals | Operator::In), "-eq, -ne, -in and -notIn"),
            Takes::Elements => (self.operator == Operator::Contains, "-contains and -notContains"),
        };
        if !fits {
            let kind = FilterErrorKind::OperatorNotAllowed { property: name, allowed };
            return Err(FilterError { at: property_at, kind });
        }
        if !(text || takes == Takes::Flag && matches!(self.value, Literal::Flag(_))) {
            return at_value(FilterErrorKind::TextExpected);
        }
        self.null_only_equals()
    }

    fn null_only_equals(&self) -> Result<(), FilterError> {
        match (&self.value, self.operator) {
            (Literal::Null, Operator::StartsWith | Operator::EndsWith | Operator::Contains | Operator::In) => {
                Err(FilterError { at: self.at.1, kind: FilterErrorKind::TextExpected })
            }
            (Literal::Null | Literal::Text(_) | Literal::Flag(_) | Literal::Number | Literal::List(_), _) => Ok(()),
        }
    }
}

impl Filter {
    /// Whether every property is of this domain.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self, domain: Domain) -> Result<(), FilterError> {
        let other = self.comparisons().into_iter().find(|compared| match compared.property() {
            Property::Device(_) => domain != Domain::Device,
            Property::Attribute(_) => domain != Domain::SecurityAttributes,
        });
        match other {
            None => Ok(()),
            Some(compared) => Err(FilterError { at: compared.0.at.0, kind: FilterErrorKind::OtherDomain(domain) }),
        }
    }
}
