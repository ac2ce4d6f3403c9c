//! Numbers of persons, first part: United States, United Kingdom, Germany, France, Spain, Netherlands, Poland, Portugal.
//! Each function cites what it relies on; digits and letters come without separators.

use super::check::{Rejection, number, require, weighted};

fn at(digits: &[u8], place: usize) -> u8 {
    digits.get(place).copied().unwrap_or(u8::MAX)
}

fn part(digits: &[u8], from: usize, to: usize) -> u64 {
    number(digits.get(from..to).unwrap_or_default())
}

/// Source: Social Security Administration, numbers never issued (area 000, 666, 900-999; group 00; serial 0000).
pub(super) fn us_ssn(digits: &[u8]) -> Result<(), Rejection> {
    let (area, group, serial) = (part(digits, 0, 3), part(digits, 3, 5), part(digits, 5, 9));
    let issued = digits.len() == 9 && !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    require(issued, Rejection::NotValid)?;
    // Printed on a sample card of 1938 and in a leaflet; void since.
    require(!matches!(number(digits), 78_051_120 | 219_099_999), Rejection::Reserved)
}

/// Source: Internal Revenue Service, fourth and fifth digit 50-65, 70-88, 90-92, 94-99.
pub(super) fn us_itin(digits: &[u8]) -> Result<(), Rejection> {
    let issued = matches!(part(digits, 3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99);
    require(digits.len() == 9 && at(digits, 0) == 9 && issued, Rejection::NotValid)
}

/// Source: HM Revenue & Customs, manual NIM39110: letters and prefixes that are not used.
pub(super) fn uk_nino(text: &[u8]) -> Result<(), Rejection> {
    let prefix = text.get(..2).unwrap_or_default();
    let unused = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].iter().any(|p| p.as_slice() == prefix);
    let letters = prefix.iter().all(|b| !b"DFIQUV".contains(b)) && prefix.get(1) != Some(&b'O');
    require(text.len() == 9 && letters && !unused, Rejection::NotValid)
}

/// Source: NHS data dictionary, modulus 11. Numbers that begin with 999 are for tests.
pub(super) fn uk_nhs(digits: &[u8]) -> Result<(), Rejection> {
    require(digits.len() == 10, Rejection::NotValid)?;
    require(weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0, Rejection::Checksum)?;
    let same = digits.windows(2).all(|pair| pair.first() == pair.last());
    require(!same && part(digits, 0, 3) != 999, Rejection::Reserved)
}

/// Source: Bundeszentralamt fuer Steuern: among the first ten digits one occurs twice or three times, the others at most once;
/// check digit by ISO 7064 MOD 11,10.
pub(super) fn de_steuer_id(digits: &[u8]) -> Result<(), Rejection> {
    let body = digits.get(..10).unwrap_or_default();
    let mut counts = [0u8; 10];
    for digit in body {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated = counts.iter().filter(|n| **n > 1).count();
    let shape = digits.len() == 11 && at(digits, 0) != 0 && repeated == 1 && counts.iter().all(|n| *n <= 3);
    require(shape, Rejection::NotValid)?;
    let product = body.iter().fold(10u8, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    require((11 - product) % 10 == at(digits, 10), Rejection::Checksum)
}

/// Source: INSEE, composition of the NIR: sex, year, month, place (Corsica 2A, 2B), key = 97 - number modulo 97.
pub(super) fn fr_nir(text: &[u8]) -> Result<(), Rejection> {
    let corsica: u64 = match text.get(5..7) {
        Some(b"2A") => 1_000_000,
        Some(b"2B") => 2_000_000,
        _ => 0,
    };
    let mut digits: super::check::Digits = text.iter().map(|b| b.wrapping_sub(b'0')).collect();
    if corsica > 0
        && let Some(letter) = digits.get_mut(6)
    {
        *letter = 0;
    }
    let numeric = digits.len() == 15 && digits.iter().all(|d| *d <= 9);
    let sex = matches!(at(&digits, 0), 1 | 2 | 3 | 4 | 7 | 8);
    let month = matches!(part(&digits, 3, 5), 1..=12 | 20..=42 | 50..=99);
    require(numeric && sex && month, Rejection::NotValid)?;
    let body = part(&digits, 0, 13).saturating_sub(corsica);
    require(97 - body % 97 == part(&digits, 13, 15), Rejection::Checksum)
}

/// Source: Spanish interior ministry: letter by the number modulo 23; X, Y, Z of a NIE count 0, 1, 2.
pub(super) fn es_dni(text: &[u8]) -> Result<(), Rejection> {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let (Some((letter, body)), true) = (text.split_last(), text.len() == 9) else { return Err(Rejection::NotValid) };
    let digits: super::check::Digits =
        body.iter().map(|b| if b.is_ascii_digit() { b - b'0' } else { b.wrapping_sub(b'X') }).collect();
    require(digits.iter().all(|d| *d <= 9), Rejection::NotValid)?;
    let place = usize::try_from(number(&digits) % 23).unwrap_or(usize::MAX);
    require(LETTERS.get(place) == Some(letter), Rejection::Checksum)
}

/// Source: Dutch government, "elfproef": weights 9 to 2 and -1.
pub(super) fn nl_bsn(digits: &[u8]) -> Result<(), Rejection> {
    require(digits.len() == 9 && number(digits) != 0, Rejection::NotValid)?;
    require(weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0, Rejection::Checksum)
}

/// Whether month and day can be a date; leap years are not told apart.
pub(super) fn is_date(month: u64, day: u64) -> bool {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => matches!(day, 1..=31),
        4 | 6 | 9 | 11 => matches!(day, 1..=30),
        2 => matches!(day, 1..=29),
        _ => false,
    }
}

/// Source: Polish act on the population register: the century is added to the month in steps of 20.
pub(super) fn pl_pesel(digits: &[u8]) -> Result<(), Rejection> {
    let (month, day) = (part(digits, 2, 4), part(digits, 4, 6));
    require(digits.len() == 11 && is_date(month % 20, day), Rejection::NotValid)?;
    require(weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0, Rejection::Checksum)
}

/// Source: Portuguese tax authority: first digits 1-3 persons, 45, 70-79, 5-6, 8, 90-99; modulus 11.
pub(super) fn pt_nif(digits: &[u8]) -> Result<(), Rejection> {
    let lead = matches!(at(digits, 0), 1 | 2 | 3 | 5 | 6 | 8 | 9) || matches!(part(digits, 0, 2), 45 | 70..=79);
    require(digits.len() == 9 && lead, Rejection::NotValid)?;
    let rest = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    require(check == i64::from(at(digits, 8)), Rejection::Checksum)
}
