//! How is a SHA-256 written? As `sha256:` and 64 small hexadecimal digits, the form of OCI and of tool pins.
//!
//! Next room: [`crate::limits`].

/// `sha256:` and 64 digits, without the heap.
pub(crate) struct Hex([u8; 71]);

impl Hex {
    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Writes a digest.
pub(crate) fn hex(bytes: &[u8; 32]) -> Hex {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut text = [0u8; 71];
    let (prefix, digits) = text.split_at_mut(7);
    prefix.copy_from_slice(b"sha256:");
    for (byte, pair) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        if let [high, low] = pair {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
    Hex(text)
}
