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
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(NameError::TooLong(MAX_BYTES));
    }
    characters(text)?;
    let path = after_root(text);
    // Without `/` there are no segments: `..` alone is still refused, a plain name is done.
    for segment in path.split('/') {
        match segment {
            "." | ".." => return Err(NameError::DotSegment),
            "" => return Err(NameError::EmptySegment),
            _ => {}
        }
    }
    match text.strip_prefix("spiffe://") {
        Some(rest) => spiffe(rest),
        None => Ok(()),
    }
}

/// Checks the rules on single characters, which patterns share.
pub(crate) fn characters(text: &str) -> Result<(), NameError> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'\\' && b != b'%') {
        return Ok(());
    }
    for (at, c) in text.char_indices() {
        match c {
            '\\' => return Err(NameError::Backslash),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                return Err(NameError::Bidirectional);
            }
            '\u{2028}' | '\u{2029}' => return Err(NameError::Control),
            '%' => {
                let code = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
                if [b"2e", b"2f", b"5c"].iter().any(|bad| code.eq_ignore_ascii_case(*bad)) {
                    return Err(NameError::Encoded);
                }
            }
            c if c.is_control() => return Err(NameError::Control),
            _ => {}
        }
    }
    Ok(())
}

/// The part of an id that is split into segments: without `scheme:`, and without the one or two slashes of a root.
pub(crate) fn after_root(text: &str) -> &str {
    let scheme = text.find(':').filter(|at| {
        text.bytes().take(*at).all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) && *at > 0
    });
    let rest = scheme.and_then(|at| text.get(at + 1..)).unwrap_or(text);
    match (scheme, rest.strip_prefix("//")) {
        (Some(_), Some(rest)) => rest,
        _ => rest.strip_prefix('/').unwrap_or(rest),
    }
}

fn spiffe(rest: &str) -> Result<(), NameError> {
    let mut parts = rest.split('/');
    let domain = parts.next().unwrap_or("");
    let in_domain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    let in_path = |b: u8| in_domain(b) || b.is_ascii_uppercase();
    let valid = !domain.is_empty() && domain.bytes().all(in_domain) && parts.all(|p| p.bytes().all(in_path));
    if valid { Ok(()) } else { Err(NameError::Spiffe) }
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
