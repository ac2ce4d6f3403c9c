//! Which texts are ids? Validated names of everything a policy or a request can refer to.
//!
//! Ids are compared bytewise and never decoded or normalised, so anything that another system might read as a different id
//! is refused: dot and empty segments, backslash, `%2e %2f %5c`, control and bidirectional characters. INVARIANT: parsing
//! is the only constructor of an id type.
//!
//! Source: design rule "Names"; SPIFFE-ID for `spiffe://` ids.
//!
//! ```
//! use placet::name::ResourceId;
//! assert!("sharepoint:/sites/finance/inv-1.pdf".parse::<ResourceId>().is_ok());
//! assert!("/srv/../etc/passwd".parse::<ResourceId>().is_err());
//! ```
//!
//! Next room: [`crate::pattern`].

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No text at all.
    #[error("an id must not be empty")]
    Empty,
    /// Longer than `Limits::id_bytes`.
    #[error("an id has at most {0} bytes")]
    TooLong(usize),
    /// A control character.
    #[error("an id must not contain control characters")]
    Control,
    /// A character that changes the direction of text, so that people read another id than the machine.
    #[error("an id must not contain bidirectional formatting characters")]
    Bidirectional,
    /// A backslash, which some systems read as a path separator.
    #[error("an id must not contain a backslash; write `/`")]
    Backslash,
    /// An encoded `.`, `/` or `\`.
    #[error("an id must not contain an encoded `.`, `/` or `\\` (%2e, %2f, %5c); write the character itself")]
    Encoded,
    /// A `.` or `..` segment.
    #[error("an id must not contain the segments `.` or `..`; write the path that is meant")]
    DotSegment,
    /// Two separators in a row, or one at the end.
    #[error("an id must not contain empty segments (`//`, or `/` at the end)")]
    EmptySegment,
    /// A scheme that other systems read as another one.
    #[error(
        "a scheme is written in lower case, and `http`, `https`, `ws`, `wss` and `ftp` are followed by exactly two slashes, as in `https://host/path`"
    )]
    Scheme,
    /// A `spiffe://` id that breaks the SPIFFE standard.
    #[error(
        "a SPIFFE id is `spiffe://trust-domain/path` with a lower-case trust domain and segments of letters, digits, `.`, `-`, `_`"
    )]
    Spiffe,
}

/// The default bound on an id's length, in bytes. Source: the SPIFFE standard.
pub const MAX_BYTES: usize = 2_048;

/// Checks the naming rules for any id.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check(text: &str) -> Result<(), NameError> {
    check_within(text, MAX_BYTES)
}

/// Checks the naming rules for an id of at most `limit` bytes (`Limits::id_bytes`).
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_within(text: &str, limit: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > limit {
        return Err(NameError::TooLong(limit));
    }
    let root = root_len(text);
    if is_plain(text, root) {
        return Ok(());
    }
    if let Some((_, error)) = first_bad(text) {
        return Err(error);
    }
    scheme(text, root)?;
    let path = text.get(root..).unwrap_or_default();
    for segment in path.split('/') {
        match segment {
            "." | ".." => return Err(NameError::DotSegment),
            "" => return Err(NameError::EmptySegment),
            _ => {}
        }
    }
    // `scheme:..` is a relative reference: the dots are a segment although no slash says so.
    let first = path.split('/').next().unwrap_or_default();
    if root == 0 && matches!(first.rsplit(':').next(), Some("." | "..")) {
        return Err(NameError::DotSegment);
    }
    match text.strip_prefix("spiffe://") {
        Some(rest) => spiffe(rest),
        None => Ok(()),
    }
}

/// What a byte is in an id: bits of [`CLASS`].
mod class {
    /// No plain ASCII character, or one that other rules are about.
    pub(super) const ODD: u8 = 1;
    /// Begins a segment, or what is read like one.
    pub(super) const OPENS: u8 = 2;
    /// Must not begin a segment. Twice [`OPENS`], so that a byte and the one before are compared by a shift.
    pub(super) const NEVER_FIRST: u8 = 4;
}

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        let class = match byte {
            b'/' => class::OPENS | class::NEVER_FIRST,
            b':' => class::OPENS,
            b'.' => class::NEVER_FIRST,
            b'\\' | b'%' => class::ODD,
            b' '..=b'~' => 0,
            _ => class::ODD,
        };
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256, and this runs at compile time")]
        {
            table[byte as usize] = class;
        }
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// Whether an id certainly keeps all rules, told from its bytes and pairs of them. Requests name ids while somebody waits, and most ids
/// are plain; of the others the rules are asked one by one.
#[inline]
fn is_plain(text: &str, root: usize) -> bool {
    let bytes = text.as_bytes();
    let path = bytes.get(root..).unwrap_or_default();
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return false };
    let (mut bad, mut before) = (0, class::OPENS);
    for byte in path {
        let class = CLASS.get(usize::from(*byte)).copied().unwrap_or(class::ODD);
        bad |= (class & class::ODD) | (before << 1 & class & class::NEVER_FIRST);
        before = class;
    }
    bad == 0 && *first != b':' && *last != b'/' && !is_spiffe(bytes) && (root <= 1 || scheme(text, root).is_ok())
}

fn is_spiffe(bytes: &[u8]) -> bool {
    bytes.first_chunk::<7>().is_some_and(|start| start.eq_ignore_ascii_case(b"spiffe:"))
}

/// Where the first character stands that no id may contain, and why. Patterns share the rule.
pub(crate) fn first_bad(text: &str) -> Option<(usize, NameError)> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'\\' && b != b'%') {
        return None;
    }
    text.char_indices().find_map(|(at, c)| {
        let error = match c {
            '\\' => NameError::Backslash,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                NameError::Bidirectional
            }
            '\u{2028}' | '\u{2029}' => NameError::Control,
            '%' => {
                let code = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
                let bad = [b"2e", b"2f", b"5c"].iter().any(|bad| code.eq_ignore_ascii_case(*bad));
                return bad.then_some((at, NameError::Encoded));
            }
            c if c.is_control() => NameError::Control,
            _ => return None,
        };
        Some((at, error))
    })
}

/// Length of an id's root, which no wildcard ever matches: `/`, `scheme:/`, `scheme://`, `scheme:///` (no authority), or nothing.
///
/// What follows it is split into segments at each `/`. A colon without a slash after it (`urn:x`, `host:8080/x`) is an
/// ordinary character.
#[inline]
pub(crate) fn root_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'/') {
        return 1;
    }
    let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let scheme = bytes.iter().take_while(|b| in_scheme(b)).count();
    if scheme == 0 || bytes.get(scheme) != Some(&b':') {
        return 0;
    }
    match bytes.iter().skip(scheme + 1).take(3).take_while(|b| **b == b'/').count() {
        0 => 0,
        slashes => scheme + 1 + slashes,
    }
}

/// Checks the scheme of an id or pattern whose root has `root` bytes.
///
/// Sources: RFC 3986 section 6.2.2.1 (schemes are case-insensitive, lower case is the normal form); WHATWG URL (for special
/// schemes, any number of slashes is read as two), so that `HTTPS://x` and `https:/x` cannot slip past `https://x/**`.
pub(crate) fn scheme(text: &str, root: usize) -> Result<(), NameError> {
    let colon = text.bytes().take(root).position(|b| b == b':');
    let parts = colon.and_then(|colon| text.get(..colon).zip(text.get(colon + 1..root)));
    let Some((name, slashes)) = parts else {
        let spiffe = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("spiffe:"));
        return if spiffe { Err(NameError::Spiffe) } else { Ok(()) };
    };
    // One letter is a drive (`C:/Users`), which is written in either case.
    if name.len() > 1 && name.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(NameError::Scheme);
    }
    match name {
        "http" | "https" | "ws" | "wss" | "ftp" if slashes != "//" => Err(NameError::Scheme),
        "spiffe" if slashes != "//" => Err(NameError::Spiffe),
        _ => Ok(()),
    }
}

/// Whether a character may stand in the segment at `depth` of a SPIFFE id: 0 is the trust domain. Source: SPIFFE-ID, section 2.
pub(crate) fn in_spiffe(depth: usize, c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '.' | '-' | '_') || (depth > 0 && c.is_ascii_uppercase())
}

fn spiffe(rest: &str) -> Result<(), NameError> {
    let valid = rest.split('/').enumerate().all(|(depth, segment)| segment.chars().all(|c| in_spiffe(depth, c)));
    // 255 bytes: the standard's bound on a trust domain.
    let domain = rest.split('/').next().unwrap_or_default();
    if valid && domain.len() <= 255 { Ok(()) } else { Err(NameError::Spiffe) }
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

ids! {
    /// Id of an agent.
    AgentId;
    /// Id of a blueprint.
    BlueprintId;
    /// Id of a user, agent user or workload: whoever is listed under `users`.
    UserId;
    /// Id of a group.
    GroupId;
    /// Id of a tenant: one organisation's part of an identity provider.
    TenantId;
    /// Id of a tool server.
    ServerId;
    /// Id of a tool: `server/name`.
    ToolId;
    /// Id of a resource, unique within its type.
    ResourceId;
    /// Type of a subject or resource.
    TypeName;
    /// Id of a rule.
    RuleId;
    /// Id of a grant.
    GrantId;
    /// Id of an approval.
    ApprovalId;
}
