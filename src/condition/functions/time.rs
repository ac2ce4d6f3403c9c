//! Calendar parts of times, and office hours.
//!
//! Time zones are IANA names or offsets (`+02:00`); without one, a time is read in UTC. `inHours` is this library's own.

use core::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Outcome, Stop, mismatch};
use crate::condition::functions::{Function, Overload, Sort, method, takes};
use crate::time::{Duration, Timestamp};

/// CEL's reference implementation counts nanoseconds in 64 bits, and so do we: some 292 years.
pub(crate) fn in_range<'a>(length: Duration) -> Outcome<Datum<'a>> {
    nanoseconds(length).ok_or(Stop::Error(EvaluationError::Overflow))?;
    Ok(Datum::Duration(length))
}

fn nanoseconds(length: Duration) -> Option<i64> {
    let whole = i128::from(length.seconds()) * 1_000_000_000 + i128::from(length.nanos());
    i64::try_from(whole).ok()
}

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Named(Tz),
    Offset(FixedOffset),
}

impl FromStr for Zone {
    type Err = EvaluationError;

    fn from_str(text: &str) -> Result<Self, EvaluationError> {
        if let Ok(named) = text.parse::<Tz>() {
            return Ok(Self::Named(named));
        }
        let offset = || {
            let (sign, rest) = match text.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, text.strip_prefix('+').unwrap_or(text)),
            };
            let (hours, minutes) = rest.split_once(':')?;
            let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok()).flatten().map(i32::from);
            let (hours, minutes) = (number(hours)?, number(minutes).filter(|m| *m < 60)?);
            FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
        };
        offset().map(Self::Offset).ok_or(EvaluationError::BadArgument)
    }
}

impl Zone {
    /// The calendar time there.
    fn at(self, time: Timestamp) -> chrono::NaiveDateTime {
        let utc: DateTime<Utc> = time.to_utc();
        match self {
            Self::Named(zone) => zone.from_utc_datetime(&utc.naive_utc()).naive_local(),
            Self::Offset(zone) => zone.from_utc_datetime(&utc.naive_utc()).naive_local(),
        }
    }
}

/// Days of the week with a span of hours, in a time zone. A span over midnight belongs to the day on which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours {
    /// Monday is bit 0.
    days: u8,
    /// Minutes of the day: first one in, first one out.
    from: u16,
    to: u16,
    zone: Zone,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Hours {
    /// From the arguments of `inHours`; the error says what to write.
    pub(crate) fn new(days: &str, from: &str, to: &str, zone: &str) -> Result<Self, &'static str> {
        const WHEN: &str = "write times of day as `09:00`, up to `24:00`";
        let hours = Self {
            days: week(days).ok_or("write days as `Mon-Fri` or `Mon,Wed,Sat-Sun`")?,
            from: minute(from).filter(|m| *m < 1440).ok_or(WHEN)?,
            to: minute(to).ok_or(WHEN)?,
            zone: zone
                .parse()
                .map_err(|_| "write an IANA time zone such as `Europe/Paris`, or an offset such as `+01:00`")?,
        };
        if hours.from == hours.to {
            return Err("the two times are the same; for the whole day write `00:00` and `24:00`");
        }
        Ok(hours)
    }

    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        let local = self.zone.at(time);
        let today = local.weekday().num_days_from_monday();
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
        let on = |day: u32| self.days >> (day % 7) & 1 == 1;
        if self.from < self.to {
            return on(today) && (self.from..self.to).contains(&minute);
        }
        (on(today) && minute >= self.from) || (on(today + 6) && minute < self.to)
    }
}

fn week(text: &str) -> Option<u8> {
    let day = |name: &str| DAYS.iter().position(|d| d.eq_ignore_ascii_case(name.trim()));
    let mut days = 0u8;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        // `Sat-Mon` runs over the week's end.
        loop {
            days |= 1 << at;
            if at == last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    Some(days)
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|m| *m < 60)?);
    Some(hours * 60 + minutes).filter(|m| *m <= 1440)
}

use Sort::{Bool, Int, Text, Timestamp as Time};

const PART: &[Overload] = &[takes(&[Time], Int), takes(&[Time, Text], Int)];
const CLOCK: &[Overload] = &[takes(&[Time], Int), takes(&[Time, Text], Int), takes(&[Sort::Duration], Int)];

pub(crate) const FUNCTIONS: &[Function] = &[
    method("getFullYear", PART, |args, _| part(args, |t| t.year().into())),
    method("getMonth", PART, |args, _| part(args, |t| t.month0().into())),
    method("getDate", PART, |args, _| part(args, |t| t.day().into())),
    method("getDayOfMonth", PART, |args, _| part(args, |t| t.day0().into())),
    method("getDayOfWeek", PART, |args, _| part(args, |t| t.weekday().num_days_from_sunday().into())),
    method("getDayOfYear", PART, |args, _| part(args, |t| t.ordinal0().into())),
    method("getHours", CLOCK, |args, _| clock(args, 3_600_000_000_000, |t| t.hour().into())),
    method("getMinutes", CLOCK, |args, _| clock(args, 60_000_000_000, |t| t.minute().into())),
    method("getSeconds", CLOCK, |args, _| clock(args, 1_000_000_000, |t| t.second().into())),
    method("getMilliseconds", CLOCK, |args, _| clock(args, 1_000_000, |t| (t.nanosecond() / 1_000_000).into())),
    method("inHours", &[takes(&[Time, Text, Text, Text, Text], Bool)], |args, _| in_hours(args)),
];

fn part<'a>(args: &[Datum<'a>], f: fn(chrono::NaiveDateTime) -> i64) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Timestamp(time)] => Ok(Datum::Int(f(time.to_utc().naive_utc()))),
        [Datum::Timestamp(time), Datum::Text(zone)] => Ok(Datum::Int(f(zone.parse::<Zone>()?.at(*time)))),
        _ => mismatch(),
    }
}

fn clock<'a>(args: &[Datum<'a>], unit: i64, f: fn(chrono::NaiveDateTime) -> i64) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Duration(length)] => {
            let nanos = nanoseconds(*length).ok_or(Stop::Error(EvaluationError::Overflow))?;
            Ok(Datum::Int(nanos / unit))
        }
        _ => part(args, f),
    }
}

fn in_hours<'a>(args: &[Datum<'a>]) -> Outcome<Datum<'a>> {
    match args {
        [Datum::Timestamp(time), Datum::Text(days), Datum::Text(from), Datum::Text(to), Datum::Text(zone)] => {
            let hours = Hours::new(days, from, to, zone).map_err(|_| EvaluationError::BadArgument)?;
            Ok(Datum::Bool(hours.contains(*time)))
        }
        _ => mismatch(),
    }
}

/// A time as RFC 3339 with as many digits as it needs.
pub(crate) fn print_timestamp(time: Timestamp) -> String {
    let text = time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let fraction = fraction.trim_end_matches('Z').trim_end_matches('0');
    if fraction.is_empty() { format!("{whole}Z") } else { format!("{whole}.{fraction}Z") }
}
