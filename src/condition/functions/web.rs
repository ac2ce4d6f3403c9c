//! Ids, paths, URLs and mail addresses: this library's own functions.
//!
//! All of them refuse what two readers could read in two ways (dot segments, backslashes, encoded separators, user names in URLs):
//! that is an error, so that neither a test nor its negation lets it pass. They never decode.

use crate::condition::EvaluationError;
use crate::condition::datum::{Datum, Outcome, Stop, mismatch};
use crate::condition::evaluate::Budget;
use crate::condition::functions::{Function, Overload, Sort, global, method, takes};
use crate::name;
use crate::pattern::Pattern;

use Sort::{Bool, Email, Int, ListOfText, Text, Url};

const GLOB: &[Overload] = &[takes(&[Text, Text], Bool)];

pub(crate) const FUNCTIONS: &[Function] = &[
    global("glob", GLOB, glob),
    method("matchesGlob", GLOB, glob),
    method("within", GLOB, |args, budget| match args {
        [Datum::Text(path), Datum::Text(folder)] => {
            budget.charge_bytes(path.len())?;
            within(path, folder).map(Datum::Bool)
        }
        _ => mismatch(),
    }),
    global("url", &[takes(&[Text], Url)], |args, budget| match args {
        [Datum::Text(text)] => {
            budget.charge_bytes(text.len())?;
            Parts::of(text).map(|_| Datum::Url(text.clone())).ok_or(Stop::Error(EvaluationError::BadArgument))
        }
        _ => mismatch(),
    }),
    method("scheme", &[takes(&[Url], Text)], |args, _| part(args, |parts| parts.scheme.to_ascii_lowercase())),
    method("host", &[takes(&[Url], Text)], |args, _| part(args, |parts| parts.host.to_ascii_lowercase())),
    method("path", &[takes(&[Url], Text)], |args, _| part(args, |parts| parts.path.to_owned())),
    method("port", &[takes(&[Url], Int)], |args, _| match args {
        [Datum::Url(text)] => Ok(Datum::Int(Parts::of(text).and_then(|parts| parts.port()).map_or(0, i64::from))),
        _ => mismatch(),
    }),
    method("hostIn", &[takes(&[Url, ListOfText], Bool)], |args, budget| match args {
        [Datum::Url(text), Datum::List(hosts)] => {
            let host = Parts::of(text).map(|parts| parts.host.to_ascii_lowercase()).unwrap_or_default();
            for allowed in hosts.iter() {
                budget.charge(1)?;
                let Datum::Text(allowed) = allowed else { return mismatch() };
                if host_matches(&host, &allowed) {
                    return Ok(Datum::Bool(true));
                }
            }
            Ok(Datum::Bool(false))
        }
        _ => mismatch(),
    }),
    global("email", &[takes(&[Text], Email)], |args, _| match args {
        [Datum::Text(text)] => {
            mailbox(text).map(|_| Datum::Email(text.clone())).ok_or(Stop::Error(EvaluationError::BadArgument))
        }
        _ => mismatch(),
    }),
    method("local", &[takes(&[Email], Text)], |args, _| match args {
        [Datum::Email(text)] => Ok(Datum::built(mailbox(text).map_or("", |(local, _)| local))),
        _ => mismatch(),
    }),
    method("domain", &[takes(&[Email], Text)], |args, _| match args {
        [Datum::Email(text)] => {
            Ok(Datum::built(mailbox(text).map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default()))
        }
        _ => mismatch(),
    }),
];

fn glob<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Text(text), Datum::Text(pattern)] = args else { return mismatch() };
    budget.charge(50 + pattern.len())?;
    let pattern: Pattern = pattern.parse().map_err(|_| EvaluationError::BadPattern)?;
    // Braces expand to many.
    budget.charge(pattern.alternatives() * 32)?;
    budget.charge_glob(&pattern, text)?;
    matches_id(&pattern, text).map(Datum::Bool)
}

/// Whether an id matches. A text that is none (`/srv/../etc`) is an error, which neither a pattern nor its negation lets pass.
pub(crate) fn matches_id(pattern: &Pattern, text: &str) -> Outcome<bool> {
    name::check(text).map_err(|_| EvaluationError::BadArgument)?;
    Ok(pattern.matches(text))
}

/// Whether a path says what it means: no empty, `.` or `..` segments (one slash may end it), no backslash, no control character,
/// nothing encoded that a later reader could take for a dot, slash or backslash.
pub(crate) fn plain(path: &str) -> bool {
    let body = path.strip_prefix('/').unwrap_or(path);
    // Length of the segment so far, and whether it is all dots.
    let (mut length, mut dots, mut odd) = (0usize, true, false);
    for byte in body.bytes() {
        match byte {
            b'/' if length == 0 || (dots && length <= 2) => return false,
            b'/' => (length, dots) = (0, true),
            b'\\' | 0..=0x1f | 0x7f => return false,
            b'.' => length += 1,
            byte => {
                odd = odd || byte == b'%' || byte >= 0x80;
                (length, dots) = (length + 1, false);
            }
        }
    }
    !(dots && (1..=2).contains(&length)) && (!odd || plain_codes(path))
}

/// Whether percent signs and characters beyond ASCII stand for nothing dangerous.
fn plain_codes(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let encoded = ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|code| lower.contains(code));
    !encoded && !path.chars().any(char::is_control)
}

/// Whether `path` is `folder` or below it, by its letters alone.
fn within(path: &str, folder: &str) -> Outcome<bool> {
    if plain(folder) { below(path, folder) } else { Err(EvaluationError::BadArgument.into()) }
}

/// The same for a folder that is plain. A path that does not say what it means (`/srv/../etc`) is an error, which neither the
/// test nor its negation lets pass.
pub(crate) fn below(path: &str, folder: &str) -> Outcome<bool> {
    if path.is_empty() || folder.is_empty() || !plain(path) {
        return Err(EvaluationError::BadArgument.into());
    }
    let folder_stem = folder.strip_suffix('/').unwrap_or(folder);
    let stem = path.strip_suffix('/').unwrap_or(path);
    Ok(stem.strip_prefix(folder_stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The parts of a URL, as written.
struct Parts<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<u16>,
    path: &'u str,
}

impl<'u> Parts<'u> {
    /// Reads `scheme://host[:port][/path][?query][#fragment]`. Stricter than RFC 3986: no user, no percent signs in the
    /// host, no backslash, blank or control character anywhere.
    fn of(text: &'u str) -> Option<Self> {
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at_checked(end)?;
        let path = after.split(['?', '#']).next().unwrap_or("");
        let (host, port) = if authority.starts_with('[') {
            let close = authority.find(']')?;
            let (host, port) = authority.split_at_checked(close + 1)?;
            host.strip_prefix('[')?.strip_suffix(']')?.parse::<core::net::Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        } else {
            let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
            let host_letters = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            // A dot at the end is the same host to a resolver and another to a list.
            if host.is_empty() || !host.chars().all(host_letters) || host.ends_with('.') {
                return None;
            }
            (host, port)
        };
        let port = match port {
            None => None,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { scheme, host, port, path })
    }

    /// The port, or the scheme's own.
    fn port(&self) -> Option<u16> {
        self.port.or_else(|| match self.scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            "ftp" => Some(21),
            "ssh" => Some(22),
            _ => None,
        })
    }
}

fn part<'a>(args: &[Datum<'a>], f: fn(&Parts<'_>) -> String) -> Outcome<Datum<'a>> {
    let [Datum::Url(text)] = args else { return mismatch() };
    Ok(Datum::built(Parts::of(text).map(|parts| f(&parts)).unwrap_or_default()))
}

/// `example.com` means that host, `*.example.com` any host below it but not itself.
fn host_matches(host: &str, allowed: &str) -> bool {
    let allowed = allowed.to_ascii_lowercase();
    match allowed.strip_prefix("*.") {
        Some(parent) if !parent.is_empty() => {
            host.strip_suffix(parent).is_some_and(|head| head.len() > 1 && head.ends_with('.'))
        }
        Some(_) | None => host == allowed,
    }
}

/// Local part and domain of a plain mail address: `name@example.com`, no quotes, comments or display names.
fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.split_once('@')?;
    let local_letters = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let domain_letters = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let sound = !local.is_empty()
        && !domain.is_empty()
        && local.chars().all(local_letters)
        && domain.chars().all(domain_letters)
        && dots(local)
        && dots(domain);
    sound.then_some((local, domain))
}
