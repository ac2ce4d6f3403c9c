//! Addresses of the network.

use core::net::{Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use super::check::{Rejection, require};

fn text(bytes: &[u8], start: usize, end: usize) -> &str {
    bytes.get(start..end).and_then(|found| core::str::from_utf8(found).ok()).unwrap_or_default()
}

/// The byte before `start`, and the two from `end` on.
fn neighbours(bytes: &[u8], start: usize, end: usize) -> (Option<u8>, Option<u8>, Option<u8>) {
    let before = start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    (before, bytes.get(end).copied(), bytes.get(end + 1).copied())
}

/// An e-mail address: RFC 5321 lengths, no empty or hyphen-edged label, alphabetic top level. The top level is looked at
/// first, so that a text with many ends is refused quickly.
pub(super) fn email(bytes: &[u8], start: usize, end: usize) -> Result<(), Rejection> {
    let found = bytes.get(start..end).unwrap_or_default();
    let mut labels = found.rsplit(|b| *b == b'.' || *b == b'@');
    let top = labels.next().is_some_and(|top| top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic));
    require(top, Rejection::NotValid)?;
    let mut halves = found.splitn(2, |b| *b == b'@');
    let (local, domain) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let dots = local.first() != Some(&b'.') && local.last() != Some(&b'.');
    let label = |l: &[u8]| matches!(l.len(), 1..=63) && l.first() != Some(&b'-') && l.last() != Some(&b'-');
    require(dots && domain.contains(&b'.') && domain.split(|b| *b == b'.').all(label), Rejection::NotValid)
}

/// An IPv4 address: four numbers to 255, no fifth beside them.
pub(super) fn ipv4(bytes: &[u8], start: usize, end: usize) -> Result<(), Rejection> {
    let address = Ipv4Addr::from_str(text(bytes, start, end)).map_err(|_| Rejection::NotValid)?;
    let (before, after, next) = neighbours(bytes, start, end);
    // `::192.0.2.33` is the end of an IPv6 address.
    let tail = start.checked_sub(2).and_then(|at| bytes.get(at..start)) == Some(b"::");
    let longer = tail || before == Some(b'.') || (after == Some(b'.') && next.is_some_and(|b| b.is_ascii_digit()));
    require(!longer, Rejection::NotValid)?;
    require(!address.is_unspecified() && !address.is_loopback() && !address.is_broadcast(), Rejection::Reserved)
}

/// An IPv6 address of at least three written groups (two are also `a::b` in source code).
pub(super) fn ipv6(bytes: &[u8], start: usize, end: usize) -> Result<(), Rejection> {
    let found = text(bytes, start, end);
    // Neighbours first: in a long run of groups, every place but the first is then refused at once.
    let (before, after, _) = neighbours(bytes, start, end);
    require(before != Some(b':') && after != Some(b':'), Rejection::NotValid)?;
    let address = Ipv6Addr::from_str(found).map_err(|_| Rejection::NotValid)?;
    let groups = found.split(':').filter(|group| !group.is_empty()).count();
    require(groups >= 3, Rejection::NotValid)?;
    require(!address.is_unspecified() && !address.is_loopback(), Rejection::Reserved)
}
