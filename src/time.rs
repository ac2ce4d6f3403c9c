//! When? Points and lengths of time, as data: this library reads no clock.
//!
//! [`Timestamp`] is RFC 3339 text to nanoseconds, years 0001 to 9999 (CEL's range). A leap second (`23:59:60`) is read as
//! the first second of the next minute, so that time never runs backwards; a time without an offset is refused.
//!
//! Next room: [`crate::value`].

use core::fmt;
use core::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// A point in time: seconds and nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// A length of time in seconds and nanoseconds, either sign; nanoseconds are normalised to `0..1_000_000_000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: i64,
    nanos: u32,
}

/// Why a text is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no time: write RFC 3339 with an offset, such as `2026-11-23T09:00:00Z`")]
pub struct TimeError {
    text: String,
}

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self { seconds: -62_135_596_800, nanos: 0 };
    /// 9999-12-31T23:59:59.999999999Z.
    pub const MAX: Self = Self { seconds: 253_402_300_799, nanos: 999_999_999 };

    /// That many seconds and nanoseconds after 1970; `None` outside the years 0001 to 9999 or for a nanosecond count of a
    /// second or more.
    pub const fn new(seconds: i64, nanos: u32) -> Option<Self> {
        if seconds < Self::MIN.seconds || seconds > Self::MAX.seconds || nanos > 999_999_999 {
            return None;
        }
        Some(Self { seconds, nanos })
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds within the second.
    pub const fn nanos(self) -> u32 {
        self.nanos
    }

    /// This time and a length; `None` if it leaves the range.
    pub fn checked_add(self, length: Duration) -> Option<Self> {
        let nanos = self.nanos + length.nanos;
        let seconds = self.seconds.checked_add(length.seconds)?.checked_add(i64::from(nanos / 1_000_000_000))?;
        Self::new(seconds, nanos % 1_000_000_000)
    }

    /// This time less a length; `None` if it leaves the range.
    pub fn checked_sub(self, length: Duration) -> Option<Self> {
        self.checked_add(length.checked_neg()?)
    }

    /// The length from `earlier` to this time, negative if it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_parts(self.seconds - earlier.seconds, i64::from(self.nanos) - i64::from(earlier.nanos))
            .unwrap_or(Duration { seconds: 0, nanos: 0 })
    }

    /// As a calendar time in UTC.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds, self.nanos).unwrap_or_default()
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError { text: text.chars().take(64).collect() };
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| error())?;
        // chrono keeps a leap second as nanoseconds of a second or more.
        let (carry, nanos) = (time.nanosecond() / 1_000_000_000, time.nanosecond() % 1_000_000_000);
        if !(1..=9999).contains(&time.year()) {
            return Err(error());
        }
        Self::new(time.timestamp() + i64::from(carry), nanos).ok_or_else(error)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Duration {
    /// The longest length.
    pub const MAX: Self = Self { seconds: i64::MAX, nanos: 999_999_999 };

    /// That many seconds and nanoseconds (either sign); `None` on overflow.
    pub fn from_parts(seconds: i64, nanos: i64) -> Option<Self> {
        let seconds = seconds.checked_add(nanos.div_euclid(1_000_000_000))?;
        Some(Self { seconds, nanos: u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()? })
    }

    /// As [`FromStr`], with the unit `d`, a day of 86,400 seconds, which CEL lacks and policy documents want.
    pub(crate) fn parse_with_days(text: &str) -> Option<Self> {
        parse_duration(text, Some(("d", 86_400_000_000_000)))
    }

    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds above [`Duration::seconds`].
    pub const fn nanos(self) -> u32 {
        self.nanos
    }

    /// The opposite length; `None` on overflow.
    pub fn checked_neg(self) -> Option<Self> {
        Self::from_parts(self.seconds.checked_neg()?, -i64::from(self.nanos))
    }

    /// The sum; `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_parts(self.seconds.checked_add(other.seconds)?, i64::from(self.nanos) + i64::from(other.nanos))
    }
}

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no length of time: write numbers with the units `h`, `m`, `s`, `ms`, `us` or `ns`, such as `1h30m`"
)]
pub struct DurationError {
    text: String,
}

/// As Go and CEL write it: `1h30m`, `-1.5s`, `250ms`.
impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse_duration(text, None).ok_or_else(|| DurationError { text: text.chars().take(64).collect() })
    }
}

/// In seconds: `5400s`, `-1.5s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos);
        let (sign, total) = if total < 0 { ("-", -total) } else { ("", total) };
        let (seconds, nanos) = (total / 1_000_000_000, total % 1_000_000_000);
        if nanos == 0 {
            return write!(f, "{sign}{seconds}s");
        }
        let fraction = format!("{nanos:09}");
        write!(f, "{sign}{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}

fn parse_duration(text: &str, further: Option<(&str, i128)>) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Duration::from_parts(0, 0);
    }
    let mut total: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        // Longer units first: `ms` is no `m`.
        let units: [(&str, i128); 8] = [
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("μs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let (tail, unit) =
            units.iter().chain(&further).find_map(|(name, unit)| tail.strip_prefix(name).map(|tail| (tail, *unit)))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 || fraction.contains('.') {
            return None;
        }
        let fraction = fraction.get(..fraction.len().min(18))?;
        let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
        total = total.checked_add(digits(whole)?.checked_mul(unit)?)?;
        total = total.checked_add(digits(fraction)? * unit / 10i128.pow(u32::try_from(fraction.len()).ok()?))?;
        rest = tail;
    }
    let total = if negative { -total } else { total };
    let seconds = i64::try_from(total.div_euclid(1_000_000_000)).ok()?;
    Duration::from_parts(seconds, i64::try_from(total.rem_euclid(1_000_000_000)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn lengths() {
        let print = |text: &str| text.parse::<Duration>().map(|d| d.to_string()).ok();
        for (text, wanted) in [
            ("90s", "90s"),
            ("1h30m", "5400s"),
            ("-1.5s", "-1.5s"),
            ("250ms", "0.25s"),
            ("1us2ns", "0.000001002s"),
            ("0", "0s"),
            ("+2m", "120s"),
            ("-1ns", "-0.000000001s"),
            (".5h", "1800s"),
        ] {
            assert_eq!(print(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "-", "1", "1x", "s", "1h-30m", "1..5s", "99999999999999999999h", "1 s"] {
            assert_eq!(print(text), None, "{text}");
        }
    }
}
