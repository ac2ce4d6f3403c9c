//! Which trusted values has a session seen? Their names, and the places of their labels.
//!
//! INVARIANT: a value is known only if it is, letter by letter, one that was seen, or, where it is too long to be kept, if 248 bits of its
//! SHA-256 are: who chooses values cannot make one that passes for another. Before that, a *sketch* of 24 bits (its length and
//! up to 24 of its bytes) says whether it could be one of them; a sketch never lets anything through.
//!
//! Next room: `session`.

use sha2::{Digest, Sha256};

use super::task::number;
use crate::value::Value;

/// Bytes that are kept of a value.
const KEPT: usize = 32;

/// A value as one of its domain. Numbers are told apart by domain alone, so without one they have no name; texts that are too
/// short or too long to name anything have none either.
#[derive(Clone, Copy)]
pub(super) struct Name<'v> {
    domain: &'v str,
    form: Form<'v>,
}

#[derive(Clone, Copy)]
enum Form<'v> {
    Text(&'v str),
    Number(f64),
}

impl<'v> Name<'v> {
    /// The longest text that names anything, in bytes.
    const LONGEST: usize = 512;

    pub(super) fn of(domain: Option<&'v str>, value: &'v Value<'_>) -> Option<Self> {
        let form = if let Value::String(text) = value {
            if text.len() > Self::LONGEST || text.trim().is_empty() {
                return None;
            }
            Form::Text(text)
        } else {
            domain?;
            Form::Number(number(value)?)
        };
        Some(Self { domain: domain.unwrap_or_default(), form })
    }

    /// 24 bits that equal values share.
    fn sketch(&self) -> u32 {
        let own = match self.form {
            Form::Text(text) => sample(text.as_bytes()),
            Form::Number(number) => mix(1, number.to_bits()),
        };
        let sum = if self.domain.is_empty() { own } else { mix(own, sample(self.domain.as_bytes())) };
        (sum >> 40) as u32
    }

    /// What is kept of it: the value and its domain, where both fit, and else their digest. Different names are kept differently.
    fn kept(&self) -> [u8; KEPT] {
        let figures: [u8; 8];
        let (form, value) = match self.form {
            Form::Text(text) => (b't', text.as_bytes()),
            Form::Number(number) => {
                figures = number.to_be_bytes();
                (b'n', &figures[..])
            }
        };
        let domain = self.domain.as_bytes();
        let mut kept = [0; KEPT];
        let [head, length, rest @ ..] = &mut kept;
        if let (Ok(size), true) = (u8::try_from(value.len()), value.len() + domain.len() < rest.len()) {
            (*head, *length) = (form, size);
            // The length of the domain is told by the last byte, which neither reaches.
            let (values, domains) = rest.split_at_mut_checked(value.len()).unwrap_or_default();
            values.iter_mut().zip(value).for_each(|(place, byte)| *place = *byte);
            domains.iter_mut().zip(domain).for_each(|(place, byte)| *place = *byte);
            if let Some(last) = domains.last_mut() {
                *last = u8::try_from(domain.len()).unwrap_or(u8::MAX);
            }
            return kept;
        }
        let mut hasher = Sha256::new();
        hasher.update(domain.len().to_be_bytes());
        hasher.update(domain);
        hasher.update([form]);
        hasher.update(value);
        let hash: [u8; KEPT] = hasher.finalize().into();
        kept = hash;
        // No form has this letter.
        if let Some(head) = kept.first_mut() {
            *head = b'#';
        }
        kept
    }
}

const fn mix(sum: u64, word: u64) -> u64 {
    (sum.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The length and three words of some bytes.
fn sample(bytes: &[u8]) -> u64 {
    let word = |at: usize| bytes.get(at..).and_then(<[u8]>::first_chunk::<8>).map(|eight| u64::from_le_bytes(*eight));
    let first = word(0).unwrap_or_else(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    let last = bytes.len().checked_sub(8).and_then(word).unwrap_or_default();
    let middle = word(bytes.len() / 2).unwrap_or_default();
    mix(mix(mix(bytes.len() as u64, first), last), middle)
}

/// A value that was seen. 36 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    /// The sketch, and in the last byte the place of the label.
    key: u32,
    kept: [u8; KEPT],
}

impl Seen {
    const fn sketch(&self) -> u32 {
        self.key >> 8
    }
}

/// The values, by sketch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Known(Vec<Seen>);

impl Known {
    /// What one of them takes.
    pub(super) const EACH: usize = size_of::<Seen>();

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// The place of the label of a value.
    pub(super) fn find(&self, name: &Name<'_>) -> Option<u8> {
        if self.0.is_empty() {
            return None;
        }
        let at = self.place(name).ok()?;
        self.0.get(at).map(|seen| (seen.key & 0xff) as u8)
    }

    /// Remembers a value, or says that it has another label now.
    pub(super) fn put(&mut self, name: &Name<'_>, label: u8) {
        let key = name.sketch() << 8 | u32::from(label);
        match self.place(name) {
            Ok(at) => {
                if let Some(seen) = self.0.get_mut(at) {
                    seen.key = key;
                }
            }
            Err(at) => self.0.insert(at.min(self.0.len()), Seen { key, kept: name.kept() }),
        }
    }

    /// Where a value is, or where it would be. Where no sketch is the same, no more is made of it.
    fn place(&self, name: &Name<'_>) -> Result<usize, usize> {
        let sketch = name.sketch();
        let start = self.0.partition_point(|seen| seen.sketch() < sketch);
        let alike = self.0.get(start..).unwrap_or_default().iter().take_while(|seen| seen.sketch() == sketch);
        if alike.clone().next().is_none() {
            return Err(start);
        }
        let kept = name.kept();
        let mut count = 0;
        for seen in alike {
            if seen.kept == kept {
                return Ok(start + count);
            }
            count += 1;
        }
        Err(start + count)
    }
}
