//! What a text must satisfy beyond its pattern: checksums, ranges, neighbours.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{card, national, network, registers, secret};

/// A check of a matched text. `Luhn`, `Verhoeff`, `Mod97` and `Weighted` serve types of your own; the others know one number
/// of one authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// Nothing.
    #[default]
    None,
    /// The digits' Luhn sum (ISO/IEC 7812-1).
    Luhn,
    /// The digits' Verhoeff sum.
    Verhoeff,
    /// ISO 7064 MOD 97-10 over letters and digits, the check digits at the end.
    Mod97,
    /// The weighted sum of the digits is a multiple of `modulo`; as many digits as weights.
    Weighted {
        /// One weight for each digit.
        weights: Vec<i32>,
        /// What the sum is a multiple of; 0 is satisfied by nothing.
        modulo: u32,
    },
    /// Payment card: brand, length, Luhn, and not a number published for tests.
    CreditCard,
    /// IBAN: country, its length, MOD 97-10 (ISO 13616).
    Iban,
    /// BIC: country at its place (ISO 9362).
    Bic,
    /// US social security number: ranges that are issued, and not one published in advertisements.
    UsSsn,
    /// US individual taxpayer identification number: ranges that are issued.
    UsItin,
    /// US bank routing number: Federal Reserve district and weights 3, 7, 1.
    UsAba,
    /// UK national insurance number: prefixes that are issued.
    UkNino,
    /// UK NHS number: modulus 11.
    UkNhs,
    /// German tax identification number: one digit repeated, ISO 7064 MOD 11,10.
    DeSteuerId,
    /// French NIR: sex, month, key modulo 97, Corsica.
    FrNir,
    /// Spanish DNI or NIE: letter modulo 23.
    EsDni,
    /// Dutch BSN: the eleven test.
    NlBsn,
    /// Polish PESEL: date and weights.
    PlPesel,
    /// Portuguese NIF: first digits that are issued, modulus 11.
    PtNif,
    /// Italian codice fiscale: month and check letter.
    ItCodiceFiscale,
    /// Belgian national number: date, key modulo 97.
    BeNationalNumber,
    /// Swedish personnummer: date and Luhn.
    SePersonnummer,
    /// Brazilian CPF: two check digits.
    BrCpf,
    /// Indian Aadhaar: Verhoeff, and not four digits short of a card.
    InAadhaar,
    /// Australian tax file number: weights modulo 11.
    AuTfn,
    /// E-mail address: label lengths, alphabetic top level.
    Email,
    /// IPv4 address that is not unspecified, loopback or part of a longer number.
    Ipv4,
    /// IPv6 address of three groups or more that is not part of a longer one.
    Ipv6,
    /// PEM block: reaches to its end line, or as far as its body does.
    Pem,
    /// JSON web token: three parts; reaches to their end.
    Jwt,
    /// A random secret: not part of a longer run of its alphabet, and of mixed characters.
    Opaque,
}

/// Why a text that matches a pattern is none of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// Its values cannot occur: a month 13, a range never issued, a neighbour that makes it part of something else.
    NotValid,
    /// Its check digits are wrong.
    Checksum,
    /// A number published for tests or in advertisements.
    Reserved,
}

/// The digits of a text, on the stack.
pub(super) type Digits = SmallVec<[u8; 24]>;

/// The ASCII digits of a text, as numbers.
pub(super) fn digits(text: &[u8]) -> Digits {
    text.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect()
}

/// The letters and digits of a text, in upper case.
pub(super) fn compact(text: &[u8]) -> SmallVec<[u8; 36]> {
    text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect()
}

/// The digits as one number; at most 19 of them.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0u64, |n, d| n.wrapping_mul(10).wrapping_add(u64::from(*d)))
}

pub(super) fn require(holds: bool, otherwise: Rejection) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(otherwise) }
}

pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(*d);
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Remainder by 97 of a text whose letters count 10 to 35.
pub(super) fn mod97(text: impl IntoIterator<Item = u8>) -> u32 {
    text.into_iter().fold(0, |n, b| match b {
        b'0'..=b'9' => (n * 10 + u32::from(b - b'0')) % 97,
        b'A'..=b'Z' => (n * 100 + u32::from(b - b'A') + 10) % 97,
        _ => n,
    })
}

/// The sum of digits times weights; digits beyond the weights do not count.
pub(super) fn weighted(digits: &[u8], weights: &[i32]) -> i64 {
    digits.iter().zip(weights).map(|(d, w)| i64::from(*d) * i64::from(*w)).sum()
}

/// Verhoeff 1969: permutation and multiplication in the dihedral group of ten.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    const BASE: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    fn permute(times: usize, digit: u8) -> u8 {
        (0..times % 8).fold(digit, |d, _| BASE.get(usize::from(d)).copied().unwrap_or(d))
    }
    fn multiply(a: u8, b: u8) -> u8 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => (a + b) % 5 + 5,
            (false, true) => (a + 5 - b) % 5 + 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    !digits.is_empty() && digits.iter().rev().enumerate().fold(0, |c, (i, d)| multiply(c, permute(i, *d))) == 0
}

impl Check {
    #[doc(hidden)]
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Whether this check finds the end of the text itself, so that the pattern's end means nothing.
    pub(super) fn reaches(&self) -> bool {
        matches!(self, Self::Pem | Self::Jwt)
    }

    /// Whether the text at `start..end` passes, and where it really ends: a check may reach further than the pattern (the body
    /// of a key), never less far. Looks at no more than the neighbours of the text otherwise.
    ///
    /// # Errors
    /// Why it does not pass; also if `start..end` is no part of the text.
    pub fn verify(&self, text: &str, start: usize, end: usize) -> Result<usize, Rejection> {
        let bytes = text.as_bytes();
        let Some(found) = bytes.get(start..end) else { return Err(Rejection::NotValid) };
        let checksum = |holds: bool| require(holds, Rejection::Checksum);
        match self {
            Self::None => Ok(()),
            Self::Luhn => checksum(luhn(&digits(found))),
            Self::Verhoeff => checksum(verhoeff(&digits(found))),
            Self::Mod97 => checksum(mod97(compact(found)) == 1),
            Self::Weighted { weights, modulo } => {
                let digits = digits(found);
                let sum = weighted(&digits, weights);
                checksum(digits.len() == weights.len() && *modulo != 0 && sum % i64::from(*modulo) == 0)
            }
            Self::CreditCard => card::card(&digits(found)),
            Self::Iban => card::iban(&compact(found)),
            Self::Bic => card::bic(&compact(found)),
            Self::UsSsn => national::us_ssn(&digits(found)),
            Self::UsItin => national::us_itin(&digits(found)),
            Self::UsAba => card::us_aba(&digits(found)),
            Self::UkNino => national::uk_nino(&compact(found)),
            Self::UkNhs => national::uk_nhs(&digits(found)),
            Self::DeSteuerId => national::de_steuer_id(&digits(found)),
            Self::FrNir => national::fr_nir(&compact(found)),
            Self::EsDni => national::es_dni(&compact(found)),
            Self::NlBsn => national::nl_bsn(&digits(found)),
            Self::PlPesel => national::pl_pesel(&digits(found)),
            Self::PtNif => national::pt_nif(&digits(found)),
            Self::ItCodiceFiscale => registers::it_codice_fiscale(&compact(found)),
            Self::BeNationalNumber => registers::be_national_number(&digits(found)),
            Self::SePersonnummer => registers::se_personnummer(&digits(found)),
            Self::BrCpf => registers::br_cpf(&digits(found)),
            Self::InAadhaar => registers::in_aadhaar(bytes, start, end),
            Self::AuTfn => registers::au_tfn(&digits(found)),
            Self::Email => network::email(bytes, start, end),
            Self::Ipv4 => network::ipv4(bytes, start, end),
            Self::Ipv6 => network::ipv6(bytes, start, end),
            Self::Opaque => secret::opaque(bytes, start, end),
            Self::Pem => return Ok(secret::pem(bytes, end)),
            Self::Jwt => return secret::jwt(bytes, start, end),
        }
        .map(|()| end)
    }
}
