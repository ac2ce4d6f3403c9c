//! Numbers that their authorities, standards or widely used test suites publish as examples; none is anyone's. For each type:
//! numbers, and words that say what they are.

/// The example token of RFC 7519's best-known debugger.
pub(crate) const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

const PEM: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAexampleexampleexampleexampleexampleexampleexample\n-----END RSA PRIVATE KEY-----";

type Published = (&'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
pub(crate) const ALL: &[Published] = &[
    ("credit-card", &[
        "4532667785213500", "4532 6677 8521 3500", "4532-6677-8521-3500", "375556917985515", "3755 569179 85515",
        "36050234196908", "4716461583322103", "4716-2210-5188-5662", "4929 7226 5379 7141", "5398228707871527",
        "6283875070985593", "6263892624162870", "6234917882863855", "6226050967750613", "2222155765072228",
        "2225855203075256", "2720428011723762", "2718760626256570", "6765780016990268",
    ], &["card", "credit card number", "Kreditkarte", "visa", "expires 09/27,"]),
    ("iban", &[
        "GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00",
        "FR1420041010050500013M02606", "ES9121000418450200051332", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00",
        "PL61109010140000071219812874", "PT50000201231234567890154", "IT60X0542811101000000123456", "BE68539007547034",
        "CH9300762011623852957", "AT611904300234573201", "NO9386011117947", "IE29AIBK93115212345678",
        "SE4550000000058398257466", "DK5000400440116243",
    ], &["IBAN", "account", "please pay to", "Konto"]),
    ("swift-bic", &["DEUTDEFF500", "COBADEFFXXX", "NEDSZAJJXXX", "DABADKKK", "BNPAFRPPXXX", "CHASUS33"],
        &["BIC", "SWIFT code", "swift", "IBAN and BIC"]),
    ("us-ssn", &[
        "120-98-1437", "489-36-8350", "514-14-8905", "690-05-5315", "421-37-1396", "458-02-6124", "612-20-6832",
        "300-62-3266", "213-46-8915", "449-48-3135", "559-81-1301", "751-01-2327", "120 98 1437", "514148905",
    ], &["SSN", "social security number", "Customer SSN", "ssn"]),
    ("us-itin", &["912-90-3457", "911-70-1234", "999-88-9999", "912903457"], &["ITIN", "taxpayer id", "taxpayer identification"]),
    ("us-bank-account", &["000123456789", "000111111116", "000333333335"], &["account number", "bank account", "acct no", "direct deposit"]),
    ("us-aba-routing", &["110000000", "021000021", "011401533", "121000358"], &["routing number", "ABA", "bank routing"]),
    ("uk-nino", &["AB123456C", "AB 12 34 56 C", "JG103759A", "AA123456B"], &["national insurance number", "NI number", "NINO"]),
    ("uk-nhs", &["943 476 5919", "9434765919", "4505577104", "450 557 7104", "5990128088", "1275988113"], &["NHS number", "NHS", "patient number"]),
    ("de-steuer-id", &["36574261809", "86095742719", "86 095 742 719", "47036892816", "65929970489", "57549285017", "25768131411"],
        &["Steuer-ID", "Steueridentifikationsnummer", "IdNr"]),
    ("fr-nir", &["295109912611193", "2 95 10 99 126 111 93", "253072B07300470", "253072A07300443"], &["INSEE", "NIR", "numéro de sécurité sociale"]),
    ("es-dni-nie", &["54362315K", "12345678Z", "54362315-K", "X2482300W", "X-2482300W", "X5253868R"], &["DNI", "NIE", "documento nacional de identidad"]),
    ("nl-bsn", &["111222333", "123456782", "1112.22.333"], &["BSN", "burgerservicenummer"]),
    ("pl-pesel", &["44051401359", "02070803628", "44051401458"], &["PESEL", "numer PESEL"]),
    ("pt-nif", &["501964843", "123456789", "501 964 843"], &["NIF", "contribuinte", "número de contribuinte"]),
    ("it-codice-fiscale", &["RCCMNL83S18D969H", "MRTMTT91D08F205J", "RSSMRA85T10A562S"], &["codice fiscale", "C.F.", "tessera sanitaria"]),
    ("be-national-number", &["85073003328", "85.07.30-033.28", "93.05.18-223.61"], &["rijksregisternummer", "numéro national", "NISS"]),
    ("se-personnummer", &["811228-9874", "811218-9876", "880320-0016", "19811218-9876"], &["personnummer", "pnr"]),
    ("ca-sin", &["046 454 286", "046-454-286", "046454286", "130 692 544"], &["SIN", "social insurance number"]),
    ("br-cpf", &["390.533.447-05", "39053344705", "111.444.777-35", "529.982.247-25"], &["CPF", "Receita Federal"]),
    ("in-aadhaar", &["2341 2341 2346", "234123412346"], &["Aadhaar", "UIDAI"]),
    ("au-tfn", &["123 456 782", "123456782", "876 543 210"], &["TFN", "tax file number"]),
    ("email-address", &[
        "jane.roe@example.com", "j+tag@example.org", "a@b.example", "JOHN_DOE@mail.example.co.uk", "o'neil@example.ie",
        "x-1.y@sub-domain.example.net",
    ], &["mail", "write to", "contact", "cc"]),
    ("ip-address-v4", &["192.0.2.10", "198.51.100.254", "203.0.113.7", "10.20.30.40"], &["IP", "host", "gateway", "client ip"]),
    ("ip-address-v6", &["2001:db8::1:0:1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1ff:fe23:4567:890a", "2001:db8::192.0.2.33"],
        &["IPv6", "host", "address", "gateway"]),
    ("private-key", &[PEM, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIexampleexampleexampleexampleexampleex\n-----END PRIVATE KEY-----"],
        &["key", "deploy with", "server.key"]),
    ("aws-access-key-id", &["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"], &["aws_access_key_id", "AWS", "export"]),
    ("aws-secret-access-key", &["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"],
        &["aws_secret_access_key", "AWS secret", "SecretAccessKey"]),
    ("azure-storage-key", &["Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="],
        &["AccountKey", "azure", "storage key"]),
    ("entra-client-secret", &["abc8Q~EXAMPLEexampleEXAMPLEexample012345", "Ex.7Q~0000EXAMPLEexampleEXAMPLEexamples"], &["client secret", "AZURE_CLIENT_SECRET", "app secret"]),
    ("json-web-token", &[JWT], &["Authorization: Bearer", "token", "id_token"]),
    ("github-token", &["ghp_EXAMPLEexampleEXAMPLEexample01234567", "gho_EXAMPLEexampleEXAMPLEexample01234567"], &["token", "GITHUB_TOKEN", "git clone"]),
    ("gitlab-token", &["glpat-EXAMPLEexample012345"], &["token", "GITLAB"]),
    ("slack-token", &["xoxb-000000000000-EXAMPLEEXAMPLE"], &["slack", "token"]),
    ("google-api-key", &["AIzaEXAMPLEexampleEXAMPLEexample0123456"], &["key", "maps"]),
    ("stripe-secret-key", &["sk_live_EXAMPLEexample0000"], &["stripe", "secret"]),
    ("ai-provider-key", &["sk-proj-EXAMPLEexampleEXAMPLEexample", "sk-ant-EXAMPLEexampleEXAMPLEexample", "sk-EXAMPLEexampleEXAMPLEexample0"],
        &["api key", "OPENAI_API_KEY", "model key"]),
];
