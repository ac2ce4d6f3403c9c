//! Is the token used from where it may be used? Network location, checked at use.
//!
//! The resource sees the address of the call, the issuer that of the token request; they differ behind proxies and split tunnels.
//! *Standard* mode lets the issuer decide: if only the resource objects, the issuer gives a token of one hour that suspends the
//! check at the resource. *Strict* mode blocks whenever the resource objects. The strict reading ([`Reading::Strict`]) honours no
//! suspended check: whoever steals such a token could use it from anywhere for an hour.

use std::net::IpAddr;
use std::str::FromStr;

use super::check::seconds;
use crate::condition::network::Network;
use crate::reading::Reading;
use crate::time::Duration;

/// A range of addresses, such as `198.51.100.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpRange {
    start: IpAddr,
    prefix: u8,
}

/// The text is no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a range of addresses such as `10.0.0.0/8` or `2001:db8::/32`")]
pub struct IpRangeError;

impl FromStr for IpRange {
    type Err = IpRangeError;

    fn from_str(text: &str) -> Result<Self, IpRangeError> {
        let (start, prefix) = match text.split_once('/') {
            Some((start, prefix)) => (start, Some(prefix)),
            None => (text, None),
        };
        let start: IpAddr = start.parse().map_err(|_| IpRangeError)?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| IpRangeError)?,
            Some(_) => return Err(IpRangeError),
        };
        if prefix > most { Err(IpRangeError) } else { Ok(Self { start, prefix }) }
    }
}

impl IpRange {
    /// Whether the address lies in the range. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        Network { address: self.start.to_canonical(), prefix: self.prefix }.contains(address.to_canonical())
    }
}

/// The networks from which access is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpRange>);

impl Networks {
    /// Whether the address is allowed; one that is not known is not.
    #[must_use]
    pub fn allows(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| self.0.iter().any(|range| range.contains(address)))
    }
}

/// How location is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocationMode {
    /// The issuer decides.
    Standard,
    /// The resource decides.
    #[default]
    Strict,
}

/// What a resource does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocationUse {
    /// Lets it through.
    Allow,
    /// Sends the client back to the issuer.
    AskIssuer,
    /// Blocks it.
    Block,
}

/// What comes of it in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocationVerdict {
    /// An ordinary token.
    Allow,
    /// A token that suspends the check at the resource, for this long.
    AllowSuspended(Duration),
    /// No token.
    Block,
}

/// What the resource does with a call from `seen`. `suspends` says that the token suspends the check.
#[must_use]
pub fn at_resource(
    reading: Reading,
    mode: LocationMode,
    networks: &Networks,
    seen: Option<IpAddr>,
    suspends: bool,
) -> LocationUse {
    if networks.allows(seen) {
        return LocationUse::Allow;
    }
    match (mode, reading) {
        (LocationMode::Strict, _) => LocationUse::Block,
        (LocationMode::Standard, Reading::Faithful) if suspends => LocationUse::Allow,
        (LocationMode::Standard, Reading::Strict) if suspends => LocationUse::Block,
        (LocationMode::Standard, _) => LocationUse::AskIssuer,
    }
}

/// What the issuer does when a client comes with a token request, sent by a resource that saw `by_resource`.
#[must_use]
pub fn at_issuer(
    reading: Reading,
    mode: LocationMode,
    networks: &Networks,
    by_resource: Option<IpAddr>,
    by_issuer: Option<IpAddr>,
) -> LocationVerdict {
    match (networks.allows(by_resource), networks.allows(by_issuer), mode, reading) {
        (true, true, _, _) => LocationVerdict::Allow,
        (false, true, LocationMode::Standard, Reading::Faithful) => LocationVerdict::AllowSuspended(seconds(3_600)),
        // The issuer gives no token to an address that it does not allow, whatever the resource sees.
        (_, false, _, _) | (false, true, _, _) => LocationVerdict::Block,
    }
}
