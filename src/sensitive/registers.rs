//! Numbers of persons, second part: Italy, Belgium, Sweden, Brazil, India, Australia.

use super::check::{Rejection, digits, luhn, number, require, verhoeff, weighted};
use super::national::is_date;

fn part(digits: &[u8], from: usize, to: usize) -> u64 {
    number(digits.get(from..to).unwrap_or_default())
}

/// Source: Italian finance ministry, decree of 12 March 1974: characters at odd places count by a table, at even places by
/// their rank; the check letter is the sum modulo 26.
pub(super) fn it_codice_fiscale(text: &[u8]) -> Result<(), Rejection> {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let month = text.get(8).is_some_and(|b| b"ABCDEHLMPRST".contains(b));
    require(text.len() == 16 && month, Rejection::NotValid)?;
    let rank = |b: &u8| if b.is_ascii_digit() { b - b'0' } else { b.wrapping_sub(b'A') };
    let sum: u32 = text.iter().take(15).enumerate().fold(0, |sum, (i, b)| {
        let rank = rank(b);
        let value = if i % 2 == 0 { ODD.get(usize::from(rank)).copied().unwrap_or(0) } else { rank };
        sum + u32::from(value)
    });
    let check = u32::from(text.last().map_or(u8::MAX, rank));
    require(sum % 26 == check, Rejection::Checksum)
}

/// Source: Belgian national register: key = 97 - number modulo 97, a 2 put before it for births since 2000.
pub(super) fn be_national_number(digits: &[u8]) -> Result<(), Rejection> {
    let month = part(digits, 2, 4);
    // Numbers for persons outside the register add 20 or 40 to the month; unknown dates are zero.
    let dated = is_date(month % 20, part(digits, 4, 6)) || month.is_multiple_of(20);
    require(digits.len() == 11 && dated, Rejection::NotValid)?;
    let (body, key) = (part(digits, 0, 9), part(digits, 9, 11));
    let holds = [body, body + 2_000_000_000].iter().any(|n| 97 - n % 97 == key);
    require(holds && key != 0, Rejection::Checksum)
}

/// Source: Swedish tax agency, SKV 704: date (day plus 60 for coordination numbers), Luhn over ten digits.
pub(super) fn se_personnummer(digits: &[u8]) -> Result<(), Rejection> {
    let ten = match digits.len() {
        10 => digits,
        12 => digits.get(2..).unwrap_or_default(),
        _ => return Err(Rejection::NotValid),
    };
    let day = part(ten, 4, 6);
    require(is_date(part(ten, 2, 4), if day > 60 { day - 60 } else { day }), Rejection::NotValid)?;
    require(luhn(ten), Rejection::Checksum)
}

/// Source: Receita Federal: two check digits modulo 11; numbers of one repeated digit are not issued.
pub(super) fn br_cpf(digits: &[u8]) -> Result<(), Rejection> {
    let same = digits.windows(2).all(|pair| pair.first() == pair.last());
    require(digits.len() == 11 && !same, Rejection::NotValid)?;
    let check = |weights: &[i32]| weighted(digits, weights) * 10 % 11 % 10;
    let (first, second) = (part(digits, 9, 10), part(digits, 10, 11));
    let holds = check(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) == i64::try_from(first).unwrap_or(-1)
        && check(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == i64::try_from(second).unwrap_or(-1);
    require(holds, Rejection::Checksum)
}

/// Source: Unique Identification Authority of India: twelve digits, Verhoeff. Three groups of four beside a fourth are part of a
/// longer number.
pub(super) fn in_aadhaar(bytes: &[u8], start: usize, end: usize) -> Result<(), Rejection> {
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let joins = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| matches!(b, b' ' | b'-'));
    let before = joins(start.checked_sub(1)) && is_digit(start.checked_sub(2));
    let after = joins(Some(end)) && is_digit(Some(end + 1));
    require(!before && !after, Rejection::NotValid)?;
    require(verhoeff(&digits(bytes.get(start..end).unwrap_or_default())), Rejection::Checksum)
}

/// Source: Australian Taxation Office: weights 1, 4, 3, 7, 5, 8, 6, 9, 10 modulo 11.
pub(super) fn au_tfn(digits: &[u8]) -> Result<(), Rejection> {
    require(digits.len() == 9 && number(digits) != 0, Rejection::NotValid)?;
    require(weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0, Rejection::Checksum)
}
