//! The filter language: grammar, comparisons, three values, and hostile text.

use placet::access::filter::{Domain, Filter, FilterError, FilterErrorKind, Held, MAX_CHARACTERS};
use placet::condition::Truth;
use placet::condition::Truth::{False, True, Unknown};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Filter, FilterError> {
    text.parse()
}

/// Against a managed device with model "Surface Pro", two labels, extension attribute 1 unknown, and all else null.
fn on_device(text: &str) -> Truth {
    let labels = ["M365Managed".to_owned(), "AzureResource".to_owned()];
    parse(text).unwrap().evaluate(&|property| match property.name() {
        "model" => Held::Text("Surface Pro"),
        "systemLabels" => Held::List(&labels),
        "isCompliant" => Held::Flag(true),
        "extensionAttribute1" => Held::Unknown,
        "operatingSystem" => Held::Text("Café"),
        "operatingSystemVersion" => Held::Text("\u{212a}"),
        _ => Held::Null,
    })
}

#[test]
fn comparisons() {
    for (text, wanted) in [
        (r#"device.model -eq "surface pro""#, True),
        (r#"device.model -ne "surface pro""#, False),
        (r#"device.model -startsWith "Surface""#, True),
        (r#"device.model -notStartsWith "Pro""#, True),
        (r#"device.model -endsWith "Pro""#, True),
        (r#"device.model -notEndsWith "Pro""#, False),
        (r#"device.model -contains "FACE""#, True),
        (r#"device.model -notContains "Surface""#, False),
        (r#"device.model -in ["iPhone", "Surface Pro"]"#, True),
        (r#"device.model -notIn ["iPhone"]"#, True),
        // A collection contains whole elements.
        (r#"device.systemLabels -contains "M365""#, False),
        (r#"device.systemLabels -contains "m365managed""#, True),
        (r#"device.systemLabels -notContains "M365""#, True),
        // Null: positive never, negative always.
        (r#"device.trustType -eq "ServerAD""#, False),
        (r#"device.trustType -ne "ServerAD""#, True),
        (r#"device.manufacturer -notIn ["Dell"]"#, True),
        (r#"device.manufacturer -eq null"#, True),
        (r#"device.manufacturer -ne $null"#, False),
        (r#"device.model -ne null"#, True),
        // Truth values, written either way.
        (r#"device.isCompliant -eq True"#, True),
        (r#"device.isCompliant -eq "True""#, True),
        (r#"device.isCompliant -ne false"#, True),
        // Case is folded beyond ASCII, never into it: the Kelvin sign is no `k`.
        (r#"device.operatingSystem -eq "CAFÉ""#, True),
        (r#"device.operatingSystem -contains "fé""#, True),
        ("device.operatingSystemVersion -eq \"k\"", False),
        ("device.operatingSystemVersion -eq \"\u{212a}\"", True),
        // Unknown.
        (r#"device.extensionAttribute1 -eq "SAW""#, Unknown),
        (r#"device.extensionAttribute1 -ne "SAW""#, Unknown),
        (r#"device.extensionAttribute1 -eq "SAW" -and device.model -eq "x""#, False),
        (r#"device.extensionAttribute1 -eq "SAW" -or device.model -contains "pro""#, True),
        (r#"-not (device.extensionAttribute1 -eq "SAW")"#, Unknown),
    ] {
        assert_eq!(on_device(text), wanted, "{text}");
    }
}

#[test]
fn grammar() {
    for (text, wanted) in [
        // `-not` binds tighter than `-and`, and that than `-or`.
        (r#"device.model -eq "x" -and device.model -eq "x" -or device.model -contains "Pro""#, True),
        (r#"device.model -contains "Pro" -or device.model -eq "x" -and device.model -eq "x""#, True),
        (r#"(device.model -contains "Pro" -or device.model -eq "x") -and device.model -eq "x""#, False),
        (r#"-not device.model -eq "x" -and device.model -contains "Pro""#, True),
        (r#"not not device.model contains "Pro""#, True),
        // Hyphens are optional, names and operators are read in any case, quotes may be single.
        ("DEVICE.MODEL CONTAINS 'Pro' AND device.model Ne 'x'", True),
        (r#"device.devicePhysicalIDs -contains "[ZTDId]:1""#, False),
        // A backtick takes the next character as it is.
        ("device.model -ne \"a`\"b\"", True),
        ("device.model -ne \"a``b\"", True),
    ] {
        assert_eq!(on_device(text), wanted, "{text}");
    }
}

#[test]
fn refused() {
    let code = |text: &str| parse(text).map(|_| ()).map_err(|e| (e.kind.code(), e.at));
    for (text, wanted, at) in [
        ("", "access.filter_syntax", 0),
        ("()", "access.filter_syntax", 1),
        ("device.model", "access.filter_syntax", 12),
        ("device.model -eq", "access.filter_syntax", 16),
        (r#"device.model -eq "x"#, "access.filter_syntax", 17),
        (r#"device.model -eq x"#, "access.filter_syntax", 17),
        (r#"device.model -eq "x" device.model -eq "y""#, "access.filter_syntax", 21),
        (r#"device.model -eq "x")"#, "access.filter_syntax", 20),
        (r#"(device.model -eq "x""#, "access.filter_syntax", 21),
        (r#"device.model -in "x""#, "access.filter_syntax", 17),
        (r#"device.model -in []"#, "access.filter_syntax", 18),
        (r#"device.model -in ["x" "y"]"#, "access.filter_syntax", 22),
        (r#"device.model -in ["x","#, "access.filter_syntax", 22),
        (r#"device.model & "x""#, "access.filter_syntax", 13),
        (r#"device.model -match "x""#, "access.filter_unknown_operator", 13),
        (r#"device.model -notEq "x""#, "access.filter_unknown_operator", 13),
        (r#"device.model -notNe "x""#, "access.filter_unknown_operator", 13),
        (r#"device.modle -eq "x""#, "access.filter_unknown_property", 0),
        (r#"user.department -eq "x""#, "access.filter_unknown_property", 0),
        (r#"device.systemLabels -eq "x""#, "access.filter_operator_not_supported", 0),
        (r#"device.trustType -contains "x""#, "access.filter_operator_not_supported", 0),
        (r#"device.deviceId -startsWith "x""#, "access.filter_operator_not_supported", 0),
        (r#"device.model -eq true"#, "access.filter_text_expected", 17),
        (r#"device.model -startsWith null"#, "access.filter_text_expected", 25),
        ("CustomSecurityAttribute.Agent_ForPublicUse -eq true", "access.only_string_attributes_supported", 47),
        ("CustomSecurityAttribute.Agent_Level -eq 7", "access.only_string_attributes_supported", 40),
    ] {
        assert_eq!(code(text), Err((wanted, at)), "{text}");
    }
    let message = |text: &str| parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(message("device.modle -eq \"x\""), @"`device.modle` is no property; did you mean `model`?");
    insta::assert_snapshot!(message("device.systemLabels -eq \"x\""), @"`device.systemLabels` cannot be compared so; it takes -contains and -notContains");
    insta::assert_snapshot!(message("device.model -eq x"), @"found `x` where a text between quotes, `true`, `false` or `null` belongs");
}

#[test]
fn domains() {
    let device = parse(r#"device.model -eq "x""#).unwrap();
    let attribute = parse(r#"CustomSecurityAttribute.Agent_Status -contains "Approved""#).unwrap();
    assert!(device.check(Domain::Device).is_ok() && attribute.check(Domain::SecurityAttributes).is_ok());
    assert_eq!(device.check(Domain::SecurityAttributes).unwrap_err().kind.code(), "access.filter_other_domain");
    assert_eq!(attribute.check(Domain::Device).unwrap_err().kind, FilterErrorKind::OtherDomain(Domain::Device));
}

#[test]
fn hostile_sizes() {
    let long = format!("device.model -eq \"{}\"", "x".repeat(MAX_CHARACTERS));
    assert_eq!(parse(&long).unwrap_err().kind, FilterErrorKind::TooLong);
    assert_eq!(parse(&"é".repeat(1 << 20)).unwrap_err().kind, FilterErrorKind::TooLong);
    for deep in ["(".repeat(1_000), "-not ".repeat(600), "not(".repeat(500)] {
        assert_eq!(parse(&deep).unwrap_err().kind, FilterErrorKind::TooDeep, "{:.8}...", deep);
    }
    let fits = format!("{}device.model -eq \"x\"{}", "(".repeat(63), ")".repeat(63));
    assert!(parse(&fits).is_ok());
    // Wide is not deep.
    let wide = vec!["device.model -eq \"x\""; 120].join(" or ");
    assert!(parse(&wide).is_ok());
}

/// Pieces of the grammar, so that random text gets past the first token.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("device.model".to_owned()),
        Just("device.systemLabels".to_owned()),
        Just("CustomSecurityAttribute.A_b".to_owned()),
        prop::sample::select(vec![
            "-eq",
            "ne",
            "-contains",
            "-notIn",
            "-in",
            "-and",
            "or",
            "-not",
            "(",
            ")",
            "[",
            "]",
            ",",
            "null",
            "true",
            "7",
            "\"",
            "'",
            "`",
            "\"x\"",
            "[\"a\",\"b\"]",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,80}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
        }
    }

    #[test]
    fn any_pieces_are_parsed_or_refused(pieces in prop::collection::vec(piece(), 0..24)) {
        let text = pieces.join(" ");
        match parse(&text) {
            Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
            Ok(filter) => {
                prop_assert_eq!(filter.as_str(), &text);
                // Negating the whole negates every value of it.
                if let Ok(negated) = parse(&format!("-not ({text})")) {
                    for held in [Held::Null, Held::Unknown, Held::Text("x"), Held::Flag(true)] {
                        let opposite = match filter.evaluate(&|_| held) { True => False, False => True, Unknown => Unknown };
                        prop_assert_eq!(negated.evaluate(&|_| held), opposite);
                    }
                }
            }
        }
    }

    // Kleene: what is decided with an unknown stays so whatever the unknown turns out to be.
    #[test]
    fn an_unknown_decides_nothing_that_a_value_would_not(pieces in prop::collection::vec(piece(), 3..16), value in "[a-x]{0,3}") {
        if let Ok(filter) = parse(&pieces.join(" ")) {
            let open = filter.evaluate(&|property| if property.name() == "model" { Held::Unknown } else { Held::Null });
            for known in [Held::Null, Held::Text(&value)] {
                let closed = filter.evaluate(&|property| if property.name() == "model" { known } else { Held::Null });
                prop_assert!(open == Unknown || open == closed);
            }
        }
    }
}
