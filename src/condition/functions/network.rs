//! IP addresses and address ranges.
//!
//! An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is refused, so that no range can be stepped around by spelling.

use core::net::IpAddr;

use crate::condition::EvaluationError;
pub(crate) use crate::condition::datum::Network;
use crate::condition::datum::{Datum, Outcome, Stop, mismatch};
use crate::condition::functions::{Function, Overload, Sort, global, method, takes};

use Sort::{Address, Bool, Int, Network as Cidr, Text};

const TEST: &[Overload] = &[takes(&[Address], Bool)];

pub(crate) const FUNCTIONS: &[Function] = &[
    global("ip", &[takes(&[Text], Address), takes(&[Address], Address)], |args, _| match args {
        [Datum::Text(text)] => read(address(text)).map(Datum::Address),
        [value @ Datum::Address(_)] => Ok(value.clone()),
        _ => mismatch(),
    }),
    global("isIP", &[takes(&[Text], Bool)], |args, _| match args {
        [Datum::Text(text)] => Ok(Datum::Bool(address(text).is_some())),
        _ => mismatch(),
    }),
    global("ip.isCanonical", &[takes(&[Text], Bool)], |args, _| match args {
        [Datum::Text(text)] => Ok(Datum::Bool(read(address(text))?.to_string() == **text)),
        _ => mismatch(),
    }),
    global("cidr", &[takes(&[Text], Cidr), takes(&[Cidr], Cidr)], |args, _| match args {
        [Datum::Text(text)] => read(network(text)).map(Datum::Network),
        [value @ Datum::Network(_)] => Ok(value.clone()),
        _ => mismatch(),
    }),
    global("isCIDR", &[takes(&[Text], Bool)], |args, _| match args {
        [Datum::Text(text)] => Ok(Datum::Bool(network(text).is_some())),
        _ => mismatch(),
    }),
    method("family", &[takes(&[Address], Int)], |args, _| match args {
        [Datum::Address(address)] => Ok(Datum::Int(if address.is_ipv4() { 4 } else { 6 })),
        _ => mismatch(),
    }),
    method("isUnspecified", TEST, |args, _| test(args, |a| a.is_unspecified())),
    method("isLoopback", TEST, |args, _| test(args, |a| a.is_loopback())),
    method("isGlobalUnicast", TEST, |args, _| test(args, global_unicast)),
    method("isLinkLocalMulticast", TEST, |args, _| test(args, link_local_multicast)),
    method("isLinkLocalUnicast", TEST, |args, _| test(args, link_local)),
    method("containsIP", &[takes(&[Cidr, Address], Bool), takes(&[Cidr, Text], Bool)], |args, _| match args {
        [Datum::Network(range), Datum::Address(address)] => Ok(Datum::Bool(range.contains(*address))),
        [Datum::Network(range), Datum::Text(text)] => Ok(Datum::Bool(range.contains(read(address(text))?))),
        _ => mismatch(),
    }),
    method("containsCIDR", &[takes(&[Cidr, Cidr], Bool), takes(&[Cidr, Text], Bool)], |args, _| {
        let (outer, inner) = match args {
            [Datum::Network(outer), Datum::Network(inner)] => (outer, *inner),
            [Datum::Network(outer), Datum::Text(text)] => (outer, read(network(text))?),
            _ => return mismatch(),
        };
        Ok(Datum::Bool(outer.prefix <= inner.prefix && outer.contains(inner.address)))
    }),
    method("ip", &[takes(&[Cidr], Address)], |args, _| match args {
        [Datum::Network(range)] => Ok(Datum::Address(range.address)),
        _ => mismatch(),
    }),
    method("masked", &[takes(&[Cidr], Cidr)], |args, _| match args {
        [Datum::Network(range)] => Ok(Datum::Network(range.masked())),
        _ => mismatch(),
    }),
    method("prefixLength", &[takes(&[Cidr], Int)], |args, _| match args {
        [Datum::Network(range)] => Ok(Datum::Int(range.prefix.into())),
        _ => mismatch(),
    }),
];

fn read<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(Stop::Error(EvaluationError::BadArgument))
}

pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => None,
        IpAddr::V4(_) | IpAddr::V6(_) => Some(address),
    }
}

pub(crate) fn network(text: &str) -> Option<Network> {
    let (start, prefix) = text.split_once('/')?;
    let plain = prefix.bytes().all(|b| b.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
    let (address, prefix) = (address(start)?, prefix.parse::<u8>().ok().filter(|_| plain)?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= most).then_some(Network { address, prefix })
}

impl Network {
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let mask = |other: IpAddr| Self { address: other, prefix: self.prefix }.masked().address;
        self.address.is_ipv4() == address.is_ipv4() && mask(self.address) == mask(address)
    }

    fn masked(self) -> Self {
        let prefix = u32::from(self.prefix);
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32u32.saturating_sub(prefix)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128u32.saturating_sub(prefix)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        };
        Self { address, prefix: self.prefix }
    }
}

fn test<'a>(args: &[Datum<'a>], f: fn(&IpAddr) -> bool) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Address(address)] => Ok(Datum::Bool(f(address))),
        _ => mismatch(),
    }
}

fn link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn link_local_multicast(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|s| s & 0xff0f == 0xff02),
    }
}

/// Private addresses count, as in Go's `netip`, from which these functions come.
fn global_unicast(address: &IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(broadcast || address.is_unspecified() || address.is_loopback() || address.is_multicast() || link_local(address))
}
