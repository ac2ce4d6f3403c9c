//! The shape of a type, as documents and hosts write it.

use core::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check::Check;

/// How sure a finding is, in percent. Source of the three levels: Purview (`confidenceLevel` 65, 75, 85).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u8);

impl Confidence {
    /// 65: the pattern, and its checksum if it has one.
    pub const LOW: Self = Self(65);
    /// 75: more than a pattern.
    pub const MEDIUM: Self = Self(75);
    /// 85: pattern, checksum and evidence near it.
    pub const HIGH: Self = Self(85);

    /// A level of 1 to 100.
    #[must_use]
    pub const fn new(percent: u8) -> Option<Self> {
        if percent >= 1 && percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// The level in percent.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Level;
        impl Visitor<'_> for Level {
            type Value = Confidence;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`low`, `medium`, `high` or a number of 1 to 100")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Confidence, E> {
                let level = u8::try_from(number).ok().and_then(Confidence::new);
                level.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Confidence, E> {
                let level = u8::try_from(number).ok().and_then(Confidence::new);
                level.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Confidence, E> {
                match name {
                    "low" => Ok(Confidence::LOW),
                    "medium" => Ok(Confidence::MEDIUM),
                    "high" => Ok(Confidence::HIGH),
                    _ => Err(E::invalid_value(de::Unexpected::Str(name), &self)),
                }
            }
        }
        deserializer.deserialize_any(Level)
    }
}

/// Where a text of a pattern may begin and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Not within a run of ASCII letters and digits.
    #[default]
    Word,
    /// Anywhere.
    None,
}

/// What must stand near a text: at least `min` and at most `max` *different* of these, wholly within the type's proximity
/// and beside the text, not in it. Source: Purview `Any(minMatches, maxMatches)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Words and phrases, in any case, as whole words. A space stands for up to three spaces, `_` or `-`, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Regular expressions of bounded length.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regex: Vec<String>,
    /// How many different ones at least. 1 if not said; 0 with `max: 0` means that none may be near.
    #[serde(default = "one")]
    pub min: u32,
    /// How many different ones at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

fn one() -> u32 {
    1
}

impl Evidence {
    /// Any one of the keywords.
    #[must_use]
    pub fn keywords<'k>(words: impl IntoIterator<Item = &'k str>) -> Self {
        let keywords = words.into_iter().map(str::to_owned).collect();
        Self { keywords, regex: Vec::new(), min: 1, max: None }
    }
}

/// One way of recognising a type: text, check and evidence, and how sure they make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypePattern {
    /// How sure a match is.
    pub confidence: Confidence,
    /// The text: syntax of the `regex` crate, without look-around (`^`, `$`, `\b`) and of bounded length (no `*`, `+`).
    pub regex: String,
    /// What the text must satisfy besides.
    #[serde(default, skip_serializing_if = "Check::is_none")]
    pub check: Check,
    /// What must be near. All of these must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<Evidence>,
}

impl Boundary {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_word(&self) -> bool {
        *self == Self::Word
    }
}

/// A sensitive information type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitiveType {
    /// Its id, unique in a scanner.
    pub id: String,
    /// What other systems call it; compared without case, spaces and punctuation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The level from which a rule counts findings if it does not say.
    #[serde(default = "recommended")]
    pub recommended: Confidence,
    /// How far evidence may stand off, in characters. 300 if not said.
    #[serde(default = "proximity")]
    pub proximity: u16,
    /// Where a text of it may begin and end.
    #[serde(default, skip_serializing_if = "Boundary::is_word")]
    pub boundary: Boundary,
    /// How it is recognised.
    pub patterns: Vec<TypePattern>,
}

fn recommended() -> Confidence {
    Confidence::MEDIUM
}

fn proximity() -> u16 {
    300
}

/// A name without case, spaces and punctuation, so that `CreditCard`, `credit-card` and `Credit Card` are one.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
