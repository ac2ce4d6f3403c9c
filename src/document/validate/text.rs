//! Which texts are ids, patterns, choices, times? The small parsers that all stages share.

use core::str::FromStr;

use super::{Check, once};
use crate::diagnostic::{Diagnostic, is_deceptive, list, quote};
use crate::document::schema::{Place, Text};
use crate::name::{NameError, check};
use crate::pattern::{Pattern, PatternError};
use crate::time::{Duration, Timestamp};

impl Check<'_> {
    /// Whether a required text was written; if not, that is recorded. An empty one is as good as none.
    pub(super) fn written(&self, text: &Text, place: Place, owner: &str, member: &str) -> bool {
        if text.value.is_empty() {
            if text.span.line == 0 {
                self.missing(place, owner, member);
            } else {
                self.error("document.missing_member", Place(text.span), &format!("`{member}` is empty"), || {
                    format!("{owner} needs a text for `{member}`")
                });
            }
        }
        !text.value.is_empty()
    }

    /// Records a required member that was left out.
    pub(super) fn missing(&self, place: Place, owner: &str, member: &str) {
        self.error("document.missing_member", place, &format!("{owner} has no `{member}`"), || {
            format!("add `{member}: ...`")
        });
    }

    /// A required member that was written.
    pub(super) fn required<'t, T>(
        &self,
        value: Option<&'t T>,
        place: Place,
        owner: &str,
        member: &str,
    ) -> Option<&'t T> {
        if value.is_none() {
            self.missing(place, owner, member);
        }
        value
    }

    /// An id.
    pub(super) fn id<T: FromStr<Err = NameError>>(&self, text: &Text) -> Option<T> {
        let parsed = if text.value.len() > self.limits.id_bytes {
            Err(NameError::TooLong(self.limits.id_bytes))
        } else {
            text.value.parse()
        };
        parsed.map_err(|error| self.bad_id(text, error)).ok()
    }

    /// Whether a text keeps the naming rules, for names that have no type of their own.
    pub(super) fn is_name(&self, text: &Text) -> bool {
        check(&text.value).map_err(|error| self.bad_id(text, error)).is_ok()
    }

    pub(super) fn bad_id(&self, text: &Text, error: NameError) {
        self.sink.error(text.span, || {
            let message = format!("{} is no id: {error}", quote(&text.value));
            let diagnostic = Diagnostic::error("document.bad_id", text.span, message);
            // The other messages say what to write.
            if error == NameError::EmptySegment {
                diagnostic.with_help("write one `/` between segments and none at the end")
            } else if matches!(error, NameError::Control | NameError::Bidirectional) {
                diagnostic.with_help("remove the invisible character")
            } else {
                diagnostic
            }
        });
    }

    /// Whether a text shown to people has no deceptive characters.
    pub(super) fn is_clean(&self, text: &Text) -> bool {
        let clean = !text.value.chars().any(is_deceptive);
        if !clean {
            self.error_about("document.bad_id", text, "contains control or invisible characters", || {
                "write it with visible characters only".to_owned()
            });
        }
        clean
    }

    /// A pattern of ids.
    pub(super) fn pattern(&self, text: &Text) -> Option<Pattern> {
        if text.value.is_empty() {
            self.error("document.bad_pattern", Place(text.span), "a pattern must not be empty", || {
                "write an id, `*` for one segment, or `**` for any id".to_owned()
            });
            return None;
        }
        if text.value.len() > self.limits.pattern_bytes {
            let limit = self.limits.pattern_bytes;
            self.error_about("document.bad_pattern", text, &format!("is longer than {limit} bytes"), || {
                "write several patterns, or raise `pattern_bytes` in the limits".to_owned()
            });
            return None;
        }
        let refuse = |error: &dyn core::fmt::Display| {
            self.error_about("document.bad_pattern", text, &format!("is no pattern: {error}"), || {
                "in a pattern `*` stands for one segment or a part of one, `**` for any number of segments".to_owned()
            });
        };
        once(&self.shared.patterns, &text.value, || {
            text.value.parse().map_err(|error: PatternError| refuse(&error)).ok()
        })
    }

    /// All patterns of a list.
    pub(super) fn patterns(&self, texts: &[Text]) -> Vec<Pattern> {
        texts.iter().filter_map(|text| self.pattern(text)).collect()
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, text: &Text, what: &str, all: &[(&'static str, T)]) -> Option<T> {
        let found = all.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let names = || all.iter().map(|(name, _)| *name);
            self.error_about("document.unknown_value", text, &format!("is no {what}"), || {
                let known = list(names());
                match self.sink.suggest(&text.value, names()) {
                    Some(near) => format!("did you mean `{near}`? write one of {known}"),
                    None => format!("write one of {known}"),
                }
            });
        }
        found
    }

    /// A point in time.
    pub(super) fn time(&self, text: &Text) -> Option<Timestamp> {
        let refuse = || {
            self.error_about("document.bad_time", text, "is no time", || {
                "write RFC 3339 with an offset, such as `2026-11-23T09:00:00Z`".to_owned()
            });
        };
        text.value.parse().map_err(|_| refuse()).ok()
    }

    /// Both ends of `[start, end)`, the start before the end.
    pub(super) fn interval(
        &self,
        start: Option<&Text>,
        end: Option<&Text>,
        place: Place,
        owner: &str,
    ) -> Option<(Timestamp, Timestamp)> {
        let start = self.required(start, place, owner, "start");
        if end.is_none() {
            self.error("document.missing_member", place, &format!("{owner} has no `end`"), || {
                "nothing is given for ever: add `end: ...`".to_owned()
            });
        }
        let (from, until) = (start.and_then(|t| self.time(t)), end.and_then(|t| self.time(t)));
        let (from, until) = (from?, until?);
        if from >= until {
            let message = format!("is not after the start, {}", start.map_or_else(String::new, |t| quote(&t.value)));
            self.error_about("document.bad_interval", end?, &message, || {
                "write a later `end`; it is the first moment at which this no longer counts".to_owned()
            });
            return None;
        }
        Some((from, until))
    }

    /// A length of time, `90s` or `1h30m`.
    pub(super) fn length(&self, text: &Text) -> Option<Duration> {
        let length = duration(&text.value);
        if length.is_none() {
            self.error_about("document.bad_duration", text, "is no length of time", || {
                "write numbers with the units `d`, `h`, `m`, `s`, `ms`, such as `15m` or `1h30m`".to_owned()
            });
        }
        length
    }

    /// A digest.
    pub(super) fn digest(&self, text: &Text) -> Option<String> {
        let hex = text.value.strip_prefix("sha256:").unwrap_or_default();
        let valid = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !valid {
            self.error_about("document.bad_digest", text, "is no digest", || {
                "write `sha256:` and 64 lower-case hexadecimal digits".to_owned()
            });
        }
        valid.then(|| text.value.clone())
    }

    /// A JSON pointer to something within the arguments.
    pub(super) fn pointer(&self, text: &Text) -> Option<String> {
        let escapes = text.value.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let valid = text.value.len() > 1 && text.value.starts_with('/') && escapes;
        if !valid {
            self.error_about("document.bad_pointer", text, "is no JSON pointer to an argument", || {
                "write `/name`, or `/name/member`; `~` in a name is `~0`, `/` is `~1`".to_owned()
            });
        }
        valid.then(|| text.value.clone())
    }
}

/// The length that `90s`, `1h30m`, `7d` or `1.5h` means; not negative, and never a bare number.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let plain = text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_digit())
        && !text.ends_with(|c: char| c.is_ascii_digit());
    if plain { Duration::parse_with_days(text) } else { None }
}
