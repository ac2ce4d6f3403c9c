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
    if is_plain(text) {
        return Ok(());
    }
    check_rules(text)
}

/// The naming rules, one by one.
#[cold]
fn check_rules(text: &str) -> Result<(), NameError> {
    let root = root_len(text);
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

/// Whether an id certainly keeps all rules, told from its bytes and pairs of them, eight at once: requests name ids while somebody waits,
/// and most ids are plain. Of the others the rules are asked one by one.
///
/// INVARIANT: what is plain here breaks none of the rules; what is not may well keep them.
#[inline]
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    // A letter, a digit or a slash, which stands right before them.
    if !first.is_ascii_alphabetic() && !matches!(first, b'/'..=b'9') || *last == b'/' {
        return false;
    }
    let Some((start, more)) = bytes.split_first_chunk::<8>() else { return is_plain_word(short_word(bytes)) };
    let start = u64::from_le_bytes(*start);
    if more.is_empty() {
        return is_plain_word(start);
    }
    !is_spiffe(start) && plain_path(bytes, start).is_some_and(has_no_flaw)
}

/// A one in each byte of a word.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each byte of a word. Where all bytes of a word are below it, those of `(word ^ EACH * byte) - EACH` that have it
/// are those that were `byte`, and at most some right after one: what is subtracted for them too.
const HIGHEST: u64 = EACH << 7;

/// At most seven bytes as a word, the first lowest, with letters after the last.
fn short_word(bytes: &[u8]) -> u64 {
    let size = bytes.len().min(7);
    let word = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (size - 4))
        }
        (_, _, [a, b, c, ..]) => u64::from(*a) | u64::from(*b) << 8 | u64::from(*c) << 16,
        (_, _, [a, b]) => u64::from(*a) | u64::from(*b) << 8,
        (_, _, [a]) => u64::from(*a),
        (_, _, []) => 0,
    };
    word | (EACH * u64::from(b'a')) << (8 * size)
}

/// Whether a text of at most eight bytes that begins and ends plainly is plain.
#[inline]
fn is_plain_word(word: u64) -> bool {
    !is_spiffe(word) && flaws(word, &mut 0) & HIGHEST == 0
}

/// Whether a text that begins with this word may be one that begins with `spiffe:`, in whatever case.
#[inline]
fn is_spiffe(start: u64) -> bool {
    const SCHEME: u64 = u64::from_le_bytes(*b"spiffe:\0");
    // The bit by which capitals differ from small letters; a colon has it too.
    (start | EACH << 5) & (u64::MAX >> 8) == SCHEME
}

/// The path of a text of more than eight bytes, with the slash before it where it has a root; `None` where its scheme is not plain.
#[inline]
fn plain_path(bytes: &[u8], start: u64) -> Option<&[u8]> {
    // Schemes end within sixteen bytes, those of short ids within eight.
    let colon = first(colons(start)).or_else(|| {
        let (_, more) = bytes.split_first_chunk::<8>()?;
        first(colons(u64::from_le_bytes(*more.first_chunk()?))).map(|colon| 8 + colon)
    });
    let Some((name, rest)) = colon.and_then(|colon| bytes.split_at_checked(colon)) else { return Some(bytes) };
    let slashes = match rest {
        [_, b'/', b'/', b'/', ..] => 3,
        [_, b'/', b'/', ..] => 2,
        [_, b'/', ..] => 1,
        _ => return Some(bytes),
    };
    if is_plain_scheme(name, start) && (slashes == 2 || !is_special(name)) { rest.get(slashes..) } else { None }
}

/// Whether what begins like this and stands before a colon is a scheme in small letters, or a drive.
#[inline]
fn is_plain_scheme(name: &[u8], start: u64) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    match (first(no_letters(start)), name.split_first_chunk::<8>()) {
        (None, Some((_, more))) => more.iter().all(is_plain),
        (Some(letters), None) if letters == name.len() => true,
        _ => matches!(name, [drive] if drive.is_ascii_alphanumeric()) || name.iter().all(is_plain),
    }
}

/// Where the first byte of a word stands whose highest bit is set.
#[inline]
fn first(marks: u64) -> Option<usize> {
    (marks & HIGHEST != 0).then(|| (marks & HIGHEST).trailing_zeros() as usize / 8)
}

/// Marks the colons of a word, by the highest bit; of those after the first, some others too.
#[inline]
fn colons(word: u64) -> u64 {
    let others = word ^ (EACH * u64::from(b':'));
    others.wrapping_sub(EACH) & !others
}

/// Marks what is no small letter, by the highest bit; after one beyond ASCII perhaps wrongly.
#[inline]
fn no_letters(word: u64) -> u64 {
    let from = |byte: u8| word.wrapping_add(EACH * u64::from(0x80 - byte));
    !from(b'a') | from(b'z' + 1) | word
}

/// Whether no byte of a path that begins plainly is odd, and none stands after one that it must not follow.
#[inline]
fn has_no_flaw(path: &[u8]) -> bool {
    let (before, after) = (path.get(..path.len() - 1).unwrap_or_default(), path.get(1..).unwrap_or_default());
    if let (Some(last_before), Some(last)) = (before.last_chunk(), after.last_chunk()) {
        // The bytes that fill no block are in the last sixteen, with some once more.
        let mut blocks = before.as_chunks().0.iter().zip(after.as_chunks().0);
        return !blocks.any(|(before, block)| has_flaw(before, block)) && !has_flaw(last_before, last);
    }
    let found = if let (Some(first), Some(last)) = (path.first_chunk(), path.last_chunk()) {
        let mut opens = 0;
        let found = flaws(u64::from_le_bytes(*first), &mut opens);
        // Of less than sixteen bytes some are in both words, and what stands before the last one was looked at.
        let mut opens = if path.len() == 16 { opens } else { 0 };
        found | flaws(u64::from_le_bytes(*last), &mut opens)
    } else {
        flaws(short_word(path), &mut 0)
    };
    found & HIGHEST == 0
}

/// Whether one of sixteen bytes is no plain character, or must not stand after the one before it. Without a branch, and by itself, so
/// that it becomes a few instructions on vectors.
#[inline(never)]
fn has_flaw(before: &[u8; 16], bytes: &[u8; 16]) -> bool {
    before.iter().zip(bytes).fold(false, |flaw, (before, byte)| {
        let is_odd = !matches!(byte, b' '..=b'~') | (*byte == b'\\') | (*byte == b'%');
        let opens = (*before == b'/') | (*before == b':');
        let never_first = (*byte == b'/') | (*byte == b'.');
        flaw | is_odd | (opens & never_first)
    })
}

/// Marks, by the highest bit, each byte of a word that is no plain character or must not stand after the one before it. Some may be
/// marked besides: those after a marked one, and what follows `:;`. `opens`: whether the byte before the word begins a segment or what
/// is read like one, then whether its last does, by the highest bit of all.
#[inline]
fn flaws(word: u64, opens: &mut u64) -> u64 {
    let is = |byte: u8| (word ^ (EACH * u64::from(byte))).wrapping_sub(EACH);
    let odd = word | word.wrapping_add(EACH) | word.wrapping_sub(EACH * u64::from(b' ')) | is(b'\\') | is(b'%');
    let opening = is(b'/') | is(b':');
    // `.` and `/` differ in the lowest bit.
    let never_first = ((word | EACH) ^ (EACH * u64::from(b'/'))).wrapping_sub(EACH);
    let before = opening << 8 | *opens >> 56;
    *opens = opening;
    odd | (before & never_first)
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
        _ if slashes == "//" => Ok(()),
        "spiffe" => Err(NameError::Spiffe),
        _ if is_special(name.as_bytes()) => Err(NameError::Scheme),
        _ => Ok(()),
    }
}

/// Whether a scheme is one of those after which any number of slashes is read as two. Source: WHATWG URL; `file` is told apart there.
fn is_special(scheme: &[u8]) -> bool {
    matches!(scheme, b"http" | b"https" | b"ws" | b"wss" | b"ftp")
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
