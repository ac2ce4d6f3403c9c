//! Where does a call come from? Named locations: address ranges, countries, and the compliant network.
//!
//! What counts is the public address from which the call reached whoever reports it. Headers in which the caller says where it
//! comes from (`X-Forwarded-For`) are no input of this library. An IPv4 address written as IPv6 (`::ffff:198.51.100.7`) is the
//! IPv4 address; a range written so is refused, so that no range can be stepped around by spelling.
//!
//! Next room: [`crate::access::session`].

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::signals::{Network, Signal};
use crate::condition::Truth;
use crate::condition::kleene::{any, or, truth};
use crate::condition::network;

/// A range of addresses, such as `198.51.100.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressRange {
    start: IpAddr,
    prefix: u8,
}

/// Why a text is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no address range: write an IPv4 or IPv6 address, `/` and the prefix length, such as `198.51.100.0/24`"
)]
pub struct RangeError {
    text: String,
}

impl AddressRange {
    /// Length of the prefix, in bits.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the address lies in the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        network::Network { address: self.start, prefix: self.prefix }.contains(address.to_canonical())
    }
}

impl FromStr for AddressRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let range = network::network(text).ok_or_else(|| RangeError { text: text.chars().take(64).collect() })?;
        Ok(Self { start: range.address, prefix: range.prefix })
    }
}

impl TryFrom<String> for AddressRange {
    type Error = RangeError;

    fn try_from(text: String) -> Result<Self, RangeError> {
        text.parse()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.prefix)
    }
}

impl From<AddressRange> for String {
    fn from(range: AddressRange) -> Self {
        range.to_string()
    }
}

/// A named location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NamedLocation {
    /// Address ranges.
    Ranges {
        /// The ranges; any of these.
        cidr: Vec<AddressRange>,
        /// Whether `all_trusted` means it too.
        #[serde(default)]
        trusted: bool,
    },
    /// Countries, ISO 3166-1 alpha-2.
    Countries {
        /// Any of these.
        codes: Vec<String>,
        /// Whether an address of no known country counts as inside.
        #[serde(default)]
        include_unknown: bool,
        /// How the country is found.
        #[serde(default)]
        by: CountrySource,
    },
}

/// How a country is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountrySource {
    /// By the address.
    #[default]
    Ip,
    /// By the position that the caller's device reports.
    Gps,
}

/// Which locations a policy means; any of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocationSet {
    /// Wherever it is, also where that is unknown.
    pub all: bool,
    /// Every named location that is marked as trusted.
    pub all_trusted: bool,
    /// The compliant network: the call came through the organisation's own secure edge.
    pub compliant_network: bool,
    /// Named locations.
    pub names: Vec<String>,
}

impl LocationSet {
    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the network lies in it. A name that nothing defines is unknown.
    #[must_use]
    pub fn contains(&self, network: &Network, named: &BTreeMap<String, NamedLocation>) -> Truth {
        if self.all {
            return Truth::True;
        }
        let by_name = |name: &String| named.get(name).map_or(Truth::Unknown, |location| location.contains(network));
        let trusted = || {
            let marked = named.values().filter(|l| matches!(l, NamedLocation::Ranges { trusted: true, .. }));
            any(marked.map(|location| location.contains(network)))
        };
        let named = any(self.names.iter().map(by_name));
        let trusted = if self.all_trusted { trusted() } else { Truth::False };
        let compliant = if self.compliant_network { network.compliant.holds() } else { Truth::False };
        or(named, or(trusted, compliant))
    }
}

impl NamedLocation {
    /// Whether the network lies in it.
    #[must_use]
    pub fn contains(&self, network: &Network) -> Truth {
        match self {
            Self::Ranges { cidr, .. } => match network.ip {
                Signal::Known(address) => truth(cidr.iter().any(|range| range.contains(address))),
                Signal::Unknown => Truth::Unknown,
            },
            Self::Countries { codes, include_unknown, by } => {
                let country = match by {
                    CountrySource::Ip => &network.country,
                    CountrySource::Gps => &network.gps_country,
                };
                match country {
                    Signal::Known(Some(code)) => truth(codes.iter().any(|c| c.eq_ignore_ascii_case(code))),
                    Signal::Known(None) => truth(*include_unknown),
                    Signal::Unknown => Truth::Unknown,
                }
            }
        }
    }
}
