//! Which texts are ids: the naming rules as a table.
use placet::name::{NameError, check, check_within};
use proptest::strategy::Strategy as _;

const GOOD: &[&str] = &[
    "a",
    "inv-1.pdf",
    "a.b",
    "...",
    "..a",
    "a..",
    ".env",
    "mcp-files/read",
    "tools/call",
    "a b",
    "100%",
    "100%25",
    "%41",
    "straße/日本",
    "/srv/data",
    "C:/Users/x",
    "sharepoint:/sites/finance/inv-1.pdf",
    "https://host",
    "https://host:8443/a/b?x=1#y",
    "file:///srv/a",
    "s3://bucket/key",
    "spiffe://td",
    "spiffe://td.example/ns/Prod/sa/a_b-c.d",
    "urn:uuid:1234",
    "user:alice@example.org",
    "host:8080/x",
    "git@host:repo/x",
    "00000000-0000-0000-0000-000000000000",
    "a*b",
    "{x}",
    "~",
    "a/~/b",
    "HTTPS",
    "Mixed-Case/Name",
];

const BAD: &[(&str, NameError)] = &[
    ("", NameError::Empty),
    ("..", NameError::DotSegment),
    (".", NameError::DotSegment),
    ("a/../b", NameError::DotSegment),
    ("a/.", NameError::DotSegment),
    ("../a", NameError::DotSegment),
    ("/..", NameError::DotSegment),
    ("/srv/../etc/passwd", NameError::DotSegment),
    ("file:///../etc", NameError::DotSegment),
    ("https://../x", NameError::DotSegment),
    ("file:..", NameError::DotSegment),
    ("file:../x", NameError::DotSegment),
    ("a:b:../x", NameError::DotSegment),
    ("a//b", NameError::EmptySegment),
    ("a/", NameError::EmptySegment),
    ("/", NameError::EmptySegment),
    ("//a", NameError::EmptySegment),
    ("file:////a", NameError::EmptySegment),
    ("https://", NameError::EmptySegment),
    ("https://h//a", NameError::EmptySegment),
    ("https://h/", NameError::EmptySegment),
    ("a\\b", NameError::Backslash),
    ("\\\\server\\share", NameError::Backslash),
    ("a%2fb", NameError::Encoded),
    ("a%2Fb", NameError::Encoded),
    ("%2e%2E/a", NameError::Encoded),
    ("a%5cb", NameError::Encoded),
    ("a%%2fb", NameError::Encoded),
    ("a\0b", NameError::Control),
    ("a\nb", NameError::Control),
    ("a\u{7f}", NameError::Control),
    ("a\u{85}b", NameError::Control),
    ("a\u{2028}b", NameError::Control),
    ("a\u{202e}b", NameError::Bidirectional),
    ("\u{200f}a", NameError::Bidirectional),
    ("a\u{2066}b", NameError::Bidirectional),
    ("a\u{61c}", NameError::Bidirectional),
    ("HTTPS://host/a", NameError::Scheme),
    ("Https://host/a", NameError::Scheme),
    ("https:/host/a", NameError::Scheme),
    ("https:///host/a", NameError::Scheme),
    ("S3://bucket/key", NameError::Scheme),
    ("spiffe://", NameError::EmptySegment),
    ("spiffe://TD/x", NameError::Spiffe),
    ("spiffe://td/a b", NameError::Spiffe),
    ("spiffe://td/a%41", NameError::Spiffe),
    ("spiffe://td:8080/a", NameError::Spiffe),
    ("spiffe:/td/a", NameError::Spiffe),
    ("spiffe:td", NameError::Spiffe),
    ("SPIFFE:td", NameError::Spiffe),
    ("SPIFFE://td/a", NameError::Scheme),
];

#[test]
fn ids_keep_the_rules() {
    for text in GOOD {
        assert_eq!(check(text), Ok(()), "`{text}`");
    }
    for (text, error) in BAD {
        assert_eq!(check(text), Err(*error), "`{}`", text.escape_debug());
    }
    assert_eq!(check(&"a".repeat(2_048)), Ok(()));
    assert_eq!(check(&"a".repeat(2_049)), Err(NameError::TooLong(2_048)));
    assert_eq!(check_within("abcd", 3), Err(NameError::TooLong(3)));
    assert_eq!(check(&format!("spiffe://{}/a", "t".repeat(256))), Err(NameError::Spiffe));
}

/// The rules once more, read one by one and a character at a time.
fn read(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        match c {
            '\\' => return Err(NameError::Backslash),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                return Err(NameError::Bidirectional);
            }
            '\u{2028}' | '\u{2029}' => return Err(NameError::Control),
            c if c.is_control() => return Err(NameError::Control),
            '%' => {
                let code: String = chars.iter().skip(at + 1).take(2).collect();
                if ["2e", "2f", "5c"].contains(&code.to_ascii_lowercase().as_str()) {
                    return Err(NameError::Encoded);
                }
            }
            _ => {}
        }
    }
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let scheme = text
        .split_once(':')
        .filter(|(name, rest)| !name.is_empty() && name.chars().all(of_scheme) && rest.starts_with('/'));
    let (has_root, path) = match scheme {
        Some((name, rest)) => {
            let slashes = rest.chars().take(3).take_while(|c| *c == '/').count();
            if name.len() > 1 && name.chars().any(|c| c.is_ascii_uppercase()) {
                return Err(NameError::Scheme);
            }
            if slashes != 2 && ["http", "https", "ws", "wss", "ftp"].contains(&name) {
                return Err(NameError::Scheme);
            }
            if slashes != 2 && name == "spiffe" {
                return Err(NameError::Spiffe);
            }
            (true, rest.get(slashes..).unwrap_or(""))
        }
        None if text.to_ascii_lowercase().starts_with("spiffe:") => return Err(NameError::Spiffe),
        None => text.strip_prefix('/').map_or((false, text), |path| (true, path)),
    };
    for segment in path.split('/') {
        match segment {
            "." | ".." => return Err(NameError::DotSegment),
            "" => return Err(NameError::EmptySegment),
            _ => {}
        }
    }
    let first = path.split('/').next().unwrap_or("");
    if !has_root && [".", ".."].contains(&first.rsplit(':').next().unwrap_or("")) {
        return Err(NameError::DotSegment);
    }
    let Some(id) = text.strip_prefix("spiffe://") else { return Ok(()) };
    let (domain, path) = id.split_once('/').unwrap_or((id, ""));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let domain = domain.len() <= 255 && domain.chars().all(plain);
    let path = path.chars().all(|c| plain(c) || c.is_ascii_uppercase() || c == '/');
    if domain && path { Ok(()) } else { Err(NameError::Spiffe) }
}

/// What some rule is about, and what looks like it.
const HOSTILE: &[&str] = &[
    "",
    "/",
    "//",
    "///",
    "////",
    ":",
    "::",
    ":/",
    "://",
    ":///",
    ":////",
    ".",
    "..",
    "...",
    "/.",
    "/..",
    "./",
    "../",
    "/./",
    "/../",
    ":.",
    ":..",
    ":./",
    ":../",
    ".:",
    "%",
    "%2",
    "%2e",
    "%2E",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%20",
    "%%2e",
    "\\",
    "\0",
    "\n",
    "\u{1f}",
    " ",
    "!",
    "~",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "\u{a0}",
    "\u{61c}",
    "\u{200e}",
    "\u{2028}",
    "\u{202e}",
    "\u{2066}",
    "é",
    "日本",
    "😀",
    "A",
    "Z",
    "_",
    "-",
    "+",
    ";",
    ":;/",
    "@",
    "[",
    "`",
    "{",
    "spiffe:",
    "SPIFFE:",
    "spiffe:/",
    "spiffe://",
    "Spiffe://",
    "spiffe:///",
    "spiffe",
    "http:",
    "http:/",
    "http://",
    "http:///",
    "HTTP://",
    "https:/",
    "https://",
    "hTtps://",
    "ws:/",
    "wss:///",
    "ftp:/",
    "file:/",
    "file:///",
    "mcp://",
    "sharepoint:/",
    "s3://",
    "C:/",
    "c://",
    "9:/",
    "-:/",
    "a_b:/",
    "a b://",
    "vscode-remote://",
    "a-scheme-of-more-than-sixteen-bytes://",
];

/// Ids are looked at many bytes at a time: what breaks a rule must be found wherever it stands.
#[test]
fn the_rules_hold_at_every_place() {
    let long = "abcdefghij-klm.nop/qrs9tuv_wxy/zABC";
    for piece in HOSTILE {
        for before in 0..=long.len() {
            for after in [0, 1, 2, 5, 7, 8, 9, 15, 16, 17, 24, long.len()] {
                let text: String =
                    long.chars().take(before).chain(piece.chars()).chain(long.chars().take(after)).collect();
                assert_eq!(check(&text), read(&text), "`{}`", text.escape_debug());
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_rules_are_what_they_read(
        start in proptest::sample::select(HOSTILE),
        rest in proptest::collection::vec(
            proptest::prop_oneof![
                3 => "[a-z0-9./:_-]{0,9}",
                1 => "[ -~]{0,3}",
                1 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
            ],
            0..8,
        ),
    ) {
        let text = format!("{start}{}", rest.concat());
        proptest::prop_assert_eq!(check(&text), read(&text), "`{}`", text.escape_debug());
    }
}
