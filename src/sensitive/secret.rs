//! Keys and tokens: texts whose end no bounded pattern can tell.

use super::check::Rejection;

/// Bytes that a private key's body may have: 16 KiB, twice an RSA key of 16,384 bits.
const PEM_BYTES: usize = 16 << 10;
/// Bytes of a token's header. 1 KiB: RFC 7515 names a dozen short members.
const HEADER_BYTES: usize = 1 << 10;
/// Bytes of a token's payload or signature.
const PART_BYTES: usize = 16 << 10;

/// Where a PEM block ends whose first line ends at `header`: behind its last line, or, if that is missing, where the text
/// stops looking like a body. A cut-off key is a secret too.
pub(super) fn pem(bytes: &[u8], header: usize) -> usize {
    const END: &[u8] = b"-----END ";
    let rest = bytes.get(header..).unwrap_or_default();
    let rest = rest.get(..PEM_BYTES).unwrap_or(rest);
    let mut last = 0;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => last = at + 1,
            // Headers of old keys (`DEK-Info: AES-256-CBC,...`) and line ends, also written out as `\n`.
            b' ' | b'\r' | b'\n' | b'\t' | b':' | b',' | b'\\' => {}
            b'-' => {
                let tail = rest.get(at..).unwrap_or_default();
                if let Some(name) = tail.strip_prefix(END) {
                    let name = name.get(..40).unwrap_or(name);
                    let close = name.windows(5).position(|five| five == b"-----").map(|i| i + 5);
                    return header + at + END.len() + close.unwrap_or(0);
                }
                // A single hyphen is part of a header; a run of them begins another block.
                if tail.starts_with(b"--") {
                    break;
                }
            }
            _ => break,
        }
    }
    header + last
}

fn part(bytes: &[u8], from: usize, limit: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let rest = rest.get(..limit).unwrap_or(rest);
    let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-'));
    from + end.unwrap_or(rest.len())
}

/// Where a JSON web token ends that begins at `start`: header, payload and signature (RFC 7515; the signature may be empty).
pub(super) fn jwt(bytes: &[u8], start: usize, end: usize) -> Result<usize, Rejection> {
    let header = part(bytes, end, HEADER_BYTES);
    if bytes.get(header) != Some(&b'.') || start >= header {
        return Err(Rejection::NotValid);
    }
    let payload = part(bytes, header + 1, PART_BYTES);
    // A payload is a JSON object as well: base64url of `{"` begins with `ey`.
    let object = bytes.get(header + 1..).is_some_and(|rest| rest.starts_with(b"ey"));
    if bytes.get(payload) != Some(&b'.') || !object {
        return Err(Rejection::NotValid);
    }
    Ok(part(bytes, payload + 1, PART_BYTES))
}

/// A random secret: not part of a longer run of base64 characters, and with upper case, lower case and digits.
pub(super) fn opaque(bytes: &[u8], start: usize, end: usize) -> Result<(), Rejection> {
    let base64 = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/')
    };
    let found = bytes.get(start..end).unwrap_or_default();
    let mixed = found.iter().any(u8::is_ascii_uppercase)
        && found.iter().any(u8::is_ascii_lowercase)
        && found.iter().any(u8::is_ascii_digit);
    let alone = !base64(start.checked_sub(1)) && !base64(Some(end));
    if mixed && alone { Ok(()) } else { Err(Rejection::NotValid) }
}
