//! Money: payment cards, bank accounts, banks.

use super::check::{Rejection, luhn, mod97, number, require, weighted};

/// Numbers that card schemes and payment providers publish for tests; such a number is no one's card.
const PUBLISHED: [u64; 48] = [
    4_000_000_000_000_002,
    4_000_002_500_003_155,
    4_000_056_655_665_556,
    4_000_000_000_009_995,
    4_005_519_200_000_004,
    4_009_348_888_881_881,
    4_012_000_033_330_026,
    4_012_000_077_777_777,
    4_012_888_888_881_881,
    4_111_111_111_111_111,
    4_217_651_111_111_119,
    4_242_424_242_424_242,
    4_444_333_322_221_111,
    4_484_070_000_000_000,
    4_500_600_000_000_061,
    4_917_610_000_000_000,
    4_988_438_843_884_305,
    2_223_000_048_400_011,
    2_223_000_048_410_010,
    2_223_003_122_003_222,
    2_222_405_343_248_877,
    5_100_000_010_001_004,
    5_105_105_105_105_100,
    5_105_105_105_105_108,
    5_200_828_282_828_210,
    5_200_828_282_828_282,
    5_431_111_111_111_111,
    5_454_545_454_545_454,
    5_500_000_000_000_004,
    5_555_555_555_554_444,
    5_019_717_010_103_742,
    341_111_111_111_111,
    343_434_343_434_343,
    370_000_000_000_002,
    371_449_635_398_431,
    374_245_455_400_126,
    378_282_246_310_005,
    378_734_493_671_000,
    30_569_309_025_904,
    36_227_206_271_667,
    38_520_000_023_237,
    36_006_666_333_344,
    6_011_000_990_139_424,
    6_011_111_111_111_117,
    6_011_000_000_000_004,
    3_530_111_333_300_000,
    3_566_002_020_360_505,
    6_200_000_000_000_005,
];

/// The brands' leading digits and lengths. Source: ISO/IEC 7812 issuer ranges as the schemes publish them.
fn brand(digits: &[u8]) -> bool {
    let lead = |n: usize| number(digits.get(..n).unwrap_or_default());
    let (one, two, three, four) = (lead(1), lead(2), lead(3), lead(4));
    match digits.len() {
        14 => matches!(three, 300..=305) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37) || matches!(four, 1_800 | 2_131),
        16 => {
            one == 4
                || matches!(two, 51..=55 | 62 | 65 | 81 | 30 | 36 | 38 | 39 | 50 | 56..=58)
                || matches!(three, 644..=649)
                || matches!(four, 2_200..=2_204 | 2_221..=2_720 | 3_528..=3_589 | 6_011)
                || (one == 6 && matches!(two, 60 | 63 | 67))
        }
        17 | 18 => matches!(two, 62 | 50 | 56..=58 | 63 | 67),
        19 => one == 4 || matches!(two, 62 | 65 | 50 | 56..=58 | 63 | 67) || matches!(four, 3_528..=3_589 | 6_011),
        _ => false,
    }
}

/// A payment card.
pub(super) fn card(digits: &[u8]) -> Result<(), Rejection> {
    require(brand(digits), Rejection::NotValid)?;
    require(luhn(digits), Rejection::Checksum)?;
    let number = number(digits);
    // Runs of one digit behind the issuer digits are placeholders of the same kind.
    let filler = digits.get(6..).is_some_and(|rest| rest.windows(2).all(|pair| pair.first() == pair.last()));
    require(!filler && !PUBLISHED.contains(&number), Rejection::Reserved)
}

/// Length of an IBAN in each country. Source: SWIFT IBAN registry.
const IBAN_LENGTHS: [(&[u8; 2], usize); 88] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

/// An IBAN, without spaces.
pub(super) fn iban(text: &[u8]) -> Result<(), Rejection> {
    let country = text.get(..2).unwrap_or_default();
    let length = IBAN_LENGTHS.iter().find(|(code, _)| code.as_slice() == country).map(|(_, length)| *length);
    require(length == Some(text.len()), Rejection::NotValid)?;
    let (head, body) = text.split_at_checked(4).unwrap_or_default();
    require(mod97(body.iter().chain(head).copied()) == 1, Rejection::Checksum)
}

/// ISO 3166-1 codes, one after another, and Kosovo's XK, which SWIFT uses.
const COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// A BIC: four letters of the bank, two of a country, two of the place, three of the branch.
pub(super) fn bic(text: &[u8]) -> Result<(), Rejection> {
    let country = text.get(4..6).unwrap_or_default();
    require(COUNTRIES.chunks_exact(2).any(|code| code == country), Rejection::NotValid)
}

/// A US bank routing number.
pub(super) fn us_aba(digits: &[u8]) -> Result<(), Rejection> {
    let district = number(digits.get(..2).unwrap_or_default());
    let issued = matches!(district, 1..=12 | 21..=32 | 61..=72 | 80);
    require(digits.len() == 9 && issued, Rejection::NotValid)?;
    require(weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0, Rejection::Checksum)
}
