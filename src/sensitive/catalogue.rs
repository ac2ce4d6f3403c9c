//! The types that come with the library.
//!
//! How sure a number is depends on how much its checksum says: a check of two digits and a rigid format are worth a level
//! by themselves; nine bare digits with one check digit are nothing without a word that says what they are.

use super::check::Check;
use super::kind::{Boundary, Confidence, Evidence, SensitiveType, TypePattern};

const LOW: Confidence = Confidence::LOW;
const MEDIUM: Confidence = Confidence::MEDIUM;
const HIGH: Confidence = Confidence::HIGH;

fn kind(id: &str, aliases: &[&str], patterns: Vec<TypePattern>) -> SensitiveType {
    let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    SensitiveType {
        id: id.to_owned(),
        aliases,
        recommended: MEDIUM,
        proximity: 300,
        boundary: Boundary::Word,
        patterns,
    }
}

fn alone(confidence: Confidence, regex: &str, check: Check) -> TypePattern {
    TypePattern { confidence, regex: regex.to_owned(), check, near: Vec::new() }
}

fn near(confidence: Confidence, regex: &str, check: Check, words: &[&str]) -> TypePattern {
    TypePattern { near: vec![Evidence::keywords(words.iter().copied())], ..alone(confidence, regex, check) }
}

/// Sensitive information types of common use: money, persons of a dozen countries, addresses, secrets. Ids are stable.
#[must_use]
pub fn catalogue() -> Vec<SensitiveType> {
    [money(), north_america(), europe(), more_europe(), elsewhere(), addresses(), secrets(), tokens()].concat()
}

/// Words beside a payment card.
const CARD_WORDS: &str = "card, cards, credit card, debit card, card number, card no, card nbr, cardholder, card holder, \
    account number, cvv, cvc, cvv2, cid, csc, security code, expires, expiry, expiration, expiration date, exp date, exp, \
    valid thru, valid until, visa, mastercard, master card, amex, american express, discover, diners club, jcb, maestro, \
    unionpay, kreditkarte, kartennummer, karte, carte bancaire, carte de credit, tarjeta, numero de tarjeta, \
    carta di credito, creditcard, cartao";

fn money() -> Vec<SensitiveType> {
    const CARD: &str = "[0-9](?:[ -]?[0-9]){13,18}";
    const IBAN: &str = "[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,29}";
    const BIC: &str = "[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?";
    let dated = Evidence {
        regex: vec!["(?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?[0-9]{2}".to_owned()],
        ..Evidence::keywords(CARD_WORDS.split(',').map(str::trim))
    };
    let routing = ["aba", "routing", "routing number", "routing no", "rtn", "transit number", "bank routing"];
    let account = [
        "account number",
        "account no",
        "account nr",
        "account",
        "acct",
        "acct no",
        "acct number",
        "bank account",
        "checking",
        "savings account",
        "direct deposit",
        "checking account",
        "debit account",
    ];
    vec![
        SensitiveType {
            recommended: HIGH,
            ..kind(
                "credit-card",
                &["Credit Card Number", "PAN"],
                vec![
                    TypePattern { near: vec![dated], ..alone(HIGH, CARD, Check::CreditCard) },
                    alone(LOW, CARD, Check::CreditCard),
                ],
            )
        },
        kind("iban", &["International Banking Account Number (IBAN)"], vec![alone(HIGH, IBAN, Check::Iban)]),
        kind(
            "swift-bic",
            &["SWIFT Code", "BIC", "SWIFT"],
            vec![near(
                MEDIUM,
                BIC,
                Check::Bic,
                &["bic", "swift", "swift code", "bic code", "swift bic", "iban", "bank identifier code", "bank code"],
            )],
        ),
        kind(
            "us-bank-account",
            &["U.S. Bank Account Number"],
            vec![near(MEDIUM, "[0-9]{6,17}", Check::None, &account)],
        ),
        kind(
            "us-aba-routing",
            &["ABA Routing Number"],
            vec![near(HIGH, "[0-9]{9}|[0-9]{4}-[0-9]{4}-[0-9]", Check::UsAba, &routing)],
        ),
    ]
}

fn north_america() -> Vec<SensitiveType> {
    const DASHED: &str = "[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}";
    const ITIN: &str = "9[0-9]{2}[- ][5-9][0-9][- ][0-9]{4}";
    let ssn = [
        "ssn",
        "ssns",
        "ss#",
        "ssid",
        "social security",
        "social security number",
        "social security no",
        "soc sec",
        "social security#",
    ];
    let itin =
        ["itin", "individual taxpayer", "taxpayer id", "taxpayer identification", "tax id", "taxpayer", "tin", "ssn"];
    let sin = ["sin", "social insurance", "social insurance number", "numero d'assurance sociale", "nas"];
    vec![
        kind(
            "us-ssn",
            &["SSN", "U.S. Social Security Number (SSN)", "US Social Security Number"],
            vec![
                near(HIGH, DASHED, Check::UsSsn, &ssn),
                near(MEDIUM, "[0-9]{9}", Check::UsSsn, &ssn),
                alone(LOW, DASHED, Check::UsSsn),
            ],
        ),
        kind(
            "us-itin",
            &["ITIN", "U.S. Individual Taxpayer Identification Number (ITIN)"],
            vec![
                near(HIGH, ITIN, Check::UsItin, &itin),
                near(MEDIUM, "9[0-9]{8}", Check::UsItin, &itin),
                alone(LOW, ITIN, Check::UsItin),
            ],
        ),
        kind(
            "ca-sin",
            &["SIN", "Canada Social Insurance Number"],
            vec![
                near(HIGH, "[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}", Check::Luhn, &sin),
                near(MEDIUM, "[0-9]{9}", Check::Luhn, &sin),
            ],
        ),
    ]
}

fn europe() -> Vec<SensitiveType> {
    const NINO: &str =
        "[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]";
    const STEUER: &str = "[1-9][0-9]{10}|[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}";
    const NIR: &str = "[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}";
    const DNI: &str = "(?:[0-9]{8}|[XYZxyz]-?[0-9]{7})[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]";
    let nino = ["national insurance", "national insurance number", "nino", "ni number", "ni no", "insurance number"];
    let nhs = ["nhs", "nhs number", "nhs no", "national health service", "patient number"];
    let steuer = [
        "steuer id",
        "steueridentifikationsnummer",
        "steuerliche identifikationsnummer",
        "steuer-id",
        "idnr",
        "tax id",
        "tin",
        "steuernummer",
        "identifikationsnummer",
        "steuer idnr",
    ];
    let nir = [
        "insee",
        "nir",
        "securite sociale",
        "sécurité sociale",
        "numero de securite sociale",
        "numéro de sécurité sociale",
        "assurance maladie",
        "carte vitale",
        "social security",
    ];
    let dni =
        ["dni", "nie", "nif", "documento nacional de identidad", "identidad", "extranjero", "número de identidad"];
    vec![
        kind(
            "uk-nino",
            &["U.K. National Insurance Number (NINO)", "NINO"],
            vec![near(HIGH, NINO, Check::UkNino, &nino), alone(LOW, NINO, Check::UkNino)],
        ),
        kind(
            "uk-nhs",
            &["U.K. National Health Service Number"],
            vec![near(HIGH, "[0-9]{10}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}", Check::UkNhs, &nhs)],
        ),
        kind(
            "de-steuer-id",
            &["Germany Tax Identification Number"],
            vec![near(HIGH, STEUER, Check::DeSteuerId, &steuer), alone(LOW, STEUER, Check::DeSteuerId)],
        ),
        kind(
            "fr-nir",
            &["France Social Security Number (INSEE)", "INSEE", "NIR"],
            vec![near(HIGH, NIR, Check::FrNir, &nir), alone(MEDIUM, NIR, Check::FrNir)],
        ),
        kind(
            "es-dni-nie",
            &["Spain DNI", "DNI", "NIE"],
            vec![near(HIGH, DNI, Check::EsDni, &dni), alone(LOW, DNI, Check::EsDni)],
        ),
    ]
}

fn more_europe() -> Vec<SensitiveType> {
    const PESEL: &str = "[0-9]{11}";
    const FISCAL: &str =
        "[A-Za-z]{6}[0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{3}[A-Za-z]";
    const BELGIAN: &str = r"[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}-?[0-9]{3}\.?[0-9]{2}";
    const SWEDISH: &str = "(?:19|20)?[0-9]{6}[-+][0-9]{4}";
    let bsn = ["bsn", "burgerservicenummer", "sofinummer", "sofi nummer", "citizen service number", "persoonsnummer"];
    let pesel = ["pesel", "numer pesel", "nr pesel", "numer ewidencyjny", "dowod osobisty", "tozsamosc"];
    let nif =
        ["nif", "contribuinte", "numero de contribuinte", "número de contribuinte", "numero fiscal", "número fiscal"];
    let fiscal = ["codice fiscale", "cod fiscale", "c.f.", "tessera sanitaria", "tax code"];
    let belgian = [
        "rijksregisternummer",
        "numero national",
        "numéro national",
        "rijksregister",
        "registre national",
        "national number",
        "insz",
        "niss",
        "nrn",
    ];
    let swedish = ["personnummer", "person nummer", "samordningsnummer", "personal identity number", "pnr"];
    vec![
        kind(
            "nl-bsn",
            &["Netherlands Citizen's Service (BSN) Number", "BSN"],
            vec![near(HIGH, r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}", Check::NlBsn, &bsn)],
        ),
        kind(
            "pl-pesel",
            &["Poland National ID (PESEL)", "PESEL"],
            vec![near(HIGH, PESEL, Check::PlPesel, &pesel), alone(LOW, PESEL, Check::PlPesel)],
        ),
        kind(
            "pt-nif",
            &["Portugal Tax Identification Number"],
            vec![near(HIGH, "[0-9]{9}|[0-9]{3} [0-9]{3} [0-9]{3}", Check::PtNif, &nif)],
        ),
        kind(
            "it-codice-fiscale",
            &["Italy Fiscal Code", "Codice Fiscale"],
            vec![near(HIGH, FISCAL, Check::ItCodiceFiscale, &fiscal), alone(MEDIUM, FISCAL, Check::ItCodiceFiscale)],
        ),
        kind(
            "be-national-number",
            &["Belgium National Number"],
            vec![near(HIGH, BELGIAN, Check::BeNationalNumber, &belgian), alone(LOW, BELGIAN, Check::BeNationalNumber)],
        ),
        kind(
            "se-personnummer",
            &["Sweden National ID"],
            vec![near(HIGH, SWEDISH, Check::SePersonnummer, &swedish), alone(LOW, SWEDISH, Check::SePersonnummer)],
        ),
    ]
}

fn elsewhere() -> Vec<SensitiveType> {
    const CPF: &str = r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}";
    const AADHAAR: &str = "[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}";
    let cpf = ["cpf", "cadastro de pessoas fisicas", "cadastro de pessoas físicas", "receita federal"];
    let aadhaar = ["aadhaar", "aadhar", "uidai", "uid", "आधार"];
    let tfn = ["tfn", "tax file number", "tax file no", "australian tax"];
    vec![
        kind(
            "br-cpf",
            &["Brazil CPF Number"],
            vec![
                near(HIGH, CPF, Check::BrCpf, &cpf),
                near(HIGH, "[0-9]{11}", Check::BrCpf, &cpf),
                alone(MEDIUM, CPF, Check::BrCpf),
            ],
        ),
        kind(
            "in-aadhaar",
            &["India Unique Identification (Aadhaar) Number"],
            vec![
                near(HIGH, AADHAAR, Check::InAadhaar, &aadhaar),
                near(HIGH, "[2-9][0-9]{11}", Check::InAadhaar, &aadhaar),
                alone(LOW, AADHAAR, Check::InAadhaar),
            ],
        ),
        kind(
            "au-tfn",
            &["Australia Tax File Number"],
            vec![near(HIGH, "[0-9]{9}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}", Check::AuTfn, &tfn)],
        ),
    ]
}

fn addresses() -> Vec<SensitiveType> {
    const V4: &str = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}";
    const V6: &str = "(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|[0-9]{1,3}(?:\\.[0-9]{1,3}){3})?";
    let ip = ["ip", "ip address", "ipv4", "ipv6", "address", "host", "gateway", "subnet", "dns", "client ip"];
    vec![
        kind(
            "email-address",
            &["Email", "E-mail Address"],
            vec![alone(HIGH, r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{2,252}", Check::Email)],
        ),
        kind(
            "ip-address-v4",
            &["IPv4", "IP Address v4"],
            vec![near(HIGH, V4, Check::Ipv4, &ip), alone(MEDIUM, V4, Check::Ipv4)],
        ),
        kind(
            "ip-address-v6",
            &["IPv6", "IP Address v6"],
            vec![near(HIGH, V6, Check::Ipv6, &ip), alone(MEDIUM, V6, Check::Ipv6)],
        ),
    ]
}

fn secrets() -> Vec<SensitiveType> {
    const HEADER: &str = "-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----";
    let aws =
        ["aws", "secret access key", "aws secret", "secret key", "aws_secret_access_key", "secretaccesskey", "amazon"];
    let azure = [
        "accountkey",
        "account key",
        "azure",
        "storage key",
        "sharedaccesskey",
        "shared access key",
        "core.windows.net",
    ];
    let entra =
        ["client secret", "clientsecret", "app secret", "azure", "entra", "client_credentials", "password", "secret"];
    vec![
        SensitiveType {
            boundary: Boundary::None,
            ..kind("private-key", &["Private Key", "PEM"], vec![alone(HIGH, HEADER, Check::Pem)])
        },
        kind(
            "aws-access-key-id",
            &["AWS Access Key"],
            vec![alone(HIGH, "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", Check::None)],
        ),
        kind(
            "aws-secret-access-key",
            &["Amazon S3 Client Secret Access Key"],
            vec![near(HIGH, "[A-Za-z0-9/+]{40}", Check::Opaque, &aws)],
        ),
        kind(
            "azure-storage-key",
            &["Azure Storage Account Key"],
            vec![near(HIGH, "[A-Za-z0-9/+]{86}==", Check::None, &azure)],
        ),
        kind(
            "entra-client-secret",
            &["Microsoft Entra Client Secret"],
            vec![
                near(HIGH, "[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{30,33}[A-Za-z0-9_~-]", Check::None, &entra),
                alone(MEDIUM, "[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{30,33}[A-Za-z0-9_~-]", Check::None),
            ],
        ),
        kind("json-web-token", &["JWT"], vec![alone(HIGH, "eyJ[A-Za-z0-9_-]{8}", Check::Jwt)]),
    ]
}

fn tokens() -> Vec<SensitiveType> {
    let token = |id: &str, alias: &str, regex: &str| kind(id, &[alias], vec![alone(HIGH, regex, Check::None)]);
    vec![
        token(
            "github-token",
            "GitHub Personal Access Token",
            "gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        ),
        token("gitlab-token", "GitLab Access Token", "glpat-[A-Za-z0-9_-]{20}"),
        token("slack-token", "Slack Access Token", "xox[abeprs]-[A-Za-z0-9-]{10,250}"),
        token("google-api-key", "Google API Key", "AIza[A-Za-z0-9_-]{35}"),
        token("stripe-secret-key", "Stripe API Key", "(?:sk|rk)_live_[A-Za-z0-9]{16,247}"),
        token("ai-provider-key", "Model Provider API Key", "sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,200}"),
    ]
}
