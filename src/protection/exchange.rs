//! Labels that cross a border: what a label of another organisation, tenant or server counts as here, and the other way round.
//!
//! INVARIANT: of the labels that it names, a map never puts a more sensitive one below a less sensitive one; what it does not
//! name counts as above every label. Two maps that [agree](agree) never lower a label by a round trip (a Lagois connection, Bhardwaj and Prasad).

use std::collections::BTreeMap;

use super::labels::{LabelId, Labels};

/// Why a map is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// A label that is not defined on its side.
    #[error("the label `{0}` is not defined")]
    Unknown(String),
    /// A label that is mapped twice.
    #[error("the label `{0}` is mapped twice")]
    Twice(String),
    /// A more sensitive label that would land below a less sensitive one.
    #[error("`{lower}` maps to `{lands_higher}`, but the more sensitive `{higher}` only to `{lands_lower}`")]
    NotMonotone {
        /// The less sensitive label.
        lower: String,
        /// What it maps to.
        lands_higher: String,
        /// The more sensitive label.
        higher: String,
        /// What that maps to.
        lands_lower: String,
    },
    /// A label that comes back lower than it went.
    #[error("`{0}` comes back as `{1}`, which is less sensitive")]
    Lowers(String, String),
}

/// What labels of one organisation count as in another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    map: BTreeMap<LabelId, LabelId>,
}

impl LabelMap {
    /// Reads a map of ids.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn new<'a>(
        from: &Labels,
        to: &Labels,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ExchangeError> {
        let find = |labels: &Labels, id: &str| labels.get(id).ok_or_else(|| ExchangeError::Unknown(id.to_owned()));
        let mut map = BTreeMap::new();
        for (there, here) in pairs {
            if map.insert(find(from, there)?, find(to, here)?).is_some() {
                return Err(ExchangeError::Twice(there.to_owned()));
            }
        }
        // Keys ascend, so values must.
        for ((lower, lands_higher), (higher, lands_lower)) in map.iter().zip(map.iter().skip(1)) {
            if lands_higher > lands_lower {
                return Err(ExchangeError::NotMonotone {
                    lower: from.id(*lower).to_owned(),
                    lands_higher: to.id(*lands_higher).to_owned(),
                    higher: from.id(*higher).to_owned(),
                    lands_lower: to.id(*lands_lower).to_owned(),
                });
            }
        }
        Ok(Self { map })
    }

    /// What a label counts as on the other side; `None`, unlabelled and so above every label, if the map does not name it.
    #[must_use]
    pub fn translate(&self, label: Option<LabelId>) -> Option<LabelId> {
        label.and_then(|label| self.map.get(&label).copied())
    }
}

/// Whether two maps, there and back, never lower a label by a round trip from either side.
///
/// # Errors
/// The first label that comes back lower. A label that gets lost on the way counts as above every label and is none.
pub fn agree(there: &LabelMap, back: &LabelMap, here: &Labels, away: &Labels) -> Result<(), ExchangeError> {
    for (out, home, labels) in [(there, back, here), (back, there, away)] {
        for (label, landed) in &out.map {
            if let Some(returned) = home.map.get(landed).filter(|returned| *returned < label) {
                return Err(ExchangeError::Lowers(labels.id(*label).to_owned(), labels.id(*returned).to_owned()));
            }
        }
    }
    Ok(())
}
