//! Which texts are ids: the naming rules as a table.
use placet::name::{NameError, check, check_within};

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
