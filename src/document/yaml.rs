//! What does a YAML text say? Events of the YAML 1.2 parser, with the core schema's scalars, into the [`Builder`].
//!
//! Documents are plain data: `no` and `on` are texts, tags other than the core schema's are refused, so are merge keys, which
//! YAML 1.2 does not have, and a second document in the same text. Anchors and aliases work, within a budget.
//!
//! Next room: [`super::decode`].

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScalarStyle, ScanError, Tag};

use super::node::{Builder, Kind, Stop, number};
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Span};

/// Reads `text` into `builder`.
pub(super) fn read<'s>(text: &'s str, builder: &mut Builder<'s, '_>) -> Result<(), Stop> {
    printable(text, builder)?;
    let depth = builder.depth_limit();
    let mut options = Options::default();
    options.set_emit_comments(false);
    // `%YAML 1.1` would change what words mean, `%TAG` only serves tags.
    options.disallow_directives = true;
    options.flow_nesting_limit = depth;
    options.block_nesting_limit = depth;
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, at) = event.map_err(|error| syntax(&error, builder))?;
        let span = place(&at.start, builder.file);
        let tag_span = at.tag_start().map_or(span, |start| place(&start, builder.file));
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    builder.sink.error(span, || {
                        Diagnostic::error("document.several", span, "a second document begins here")
                            .with_help("a file holds one document: write the second into a file of its own")
                    });
                    return Err(Stop);
                }
            }
            Event::Alias(anchor) => builder.alias(span, anchor)?,
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, tag_span));
                scalar(builder, span, (text, style), tag, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                collection_tag(builder, tag_span, tag.as_deref(), "seq");
                builder.open_seq(span, anchor)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                collection_tag(builder, tag_span, tag.as_deref(), "map");
                builder.open_map(span, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_) => {}
            // Of a newer parser: what is not understood is not skipped.
            _ => return Err(unknown(span, builder)),
        }
    }
    Ok(())
}

fn unknown(span: Span, builder: &Builder<'_, '_>) -> Stop {
    builder.sink.error(span, || Diagnostic::error("document.syntax", span, "this part of YAML is not understood"));
    Stop
}

fn place(marker: &Marker, file: u32) -> Span {
    let line = u32::try_from(marker.line()).unwrap_or(u32::MAX);
    let column = u32::try_from(marker.col().saturating_add(1)).unwrap_or(u32::MAX);
    Span { file, line, column }
}

/// YAML allows printable characters only; a parser that takes NUL for the end would drop what follows it.
fn printable(text: &str, builder: &Builder<'_, '_>) -> Result<(), Stop> {
    // The fast path looks at bytes: no control character but line breaks and tabs, and no lead byte of U+0080..U+009F.
    let suspicious = |b: &u8| (*b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r')) || matches!(b, 0x7f | 0xc2);
    if !text.as_bytes().iter().any(suspicious) {
        return Ok(());
    }
    let (mut line, mut column, mut previous) = (1u32, 1u32, ' ');
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}') {
            let span = Span { file: builder.file, line, column };
            builder.sink.error(span, || {
                let message = format!("the control character U+{:04X} is not allowed in a document", u32::from(c));
                Diagnostic::error("document.syntax", span, message)
                    .with_help("remove it; in double quotes it may be written as an escape")
            });
            return Err(Stop);
        }
        if c == '\r' || (c == '\n' && previous != '\r') {
            (line, column) = (line.saturating_add(1), 1);
        } else if c != '\n' {
            column = column.saturating_add(1);
        }
        previous = c;
    }
    Ok(())
}

fn scalar<'s>(
    builder: &mut Builder<'s, '_>,
    span: Span,
    (text, style): (Cow<'s, str>, ScalarStyle),
    tag: Option<(&Tag, Span)>,
    anchor: usize,
) -> Result<(), Stop> {
    let plain = style == ScalarStyle::Plain;
    if plain && text == "<<" && tag.is_none() && builder.expects_key() {
        builder.sink.error(span, || {
            Diagnostic::error("document.merge_key", span, "merge keys (`<<`) are not part of YAML 1.2")
                .with_help("write the members out")
        });
        return builder.refused_key(span);
    }
    let kind = match tag {
        None if plain => resolve(text).map_err(|text| overflow(builder, span, &text)).unwrap_or(Kind::Null),
        None => Kind::Text(text),
        // The tag `!` alone says "no other type than text".
        Some((tag, _)) if tag.core_suffix() == Some("str") || (tag.handle().is_empty() && tag.suffix() == "!") => {
            Kind::Text(text)
        }
        Some((tag, at)) => {
            let resolved = resolve(text).ok();
            let fits = match (tag.core_suffix(), &resolved) {
                (Some("null"), Some(Kind::Null)) | (Some("bool"), Some(Kind::Bool(_))) => true,
                (Some("int"), Some(Kind::Int(_) | Kind::Uint(_))) | (Some("float"), Some(Kind::Float(_))) => true,
                (_, _) => false,
            };
            if !fits {
                refuse_tag(builder, at, tag);
                // What it would have been is not known, so nothing is said about it.
                builder.sink.silence(span);
            }
            resolved.unwrap_or(Kind::Null)
        }
    };
    builder.scalar(span, kind, anchor)
}

fn collection_tag(builder: &Builder<'_, '_>, span: Span, tag: Option<&Tag>, own: &str) {
    if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(own)) {
        refuse_tag(builder, span, tag);
    }
}

fn refuse_tag(builder: &Builder<'_, '_>, span: Span, tag: &Tag) {
    builder.sink.error(span, || {
        let message = format!("the tag {} is not accepted here: documents are plain data", quote(&tag.original()));
        let help = "remove the tag; a text that begins with `!` needs quotes";
        Diagnostic::error("document.tag", span, message).with_help(help)
    });
}

fn overflow(builder: &Builder<'_, '_>, span: Span, text: &str) {
    builder.sink.poison(span, || {
        Diagnostic::error("document.number", span, format!("{} is no finite number", quote(text)))
            .with_help("write a smaller number, or quotes around it if it is a text")
    });
}

/// The core schema's reading of a plain scalar; the text itself if it is a number that no JSON could carry.
fn resolve(text: Cow<'_, str>) -> Result<Kind<'_>, Cow<'_, str>> {
    let Some(first) = text.bytes().next() else { return Ok(Kind::Null) };
    // Most scalars are words: their first letter settles it.
    if !matches!(first, b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'0'..=b'9' | b'+' | b'-' | b'.') {
        return Ok(Kind::Text(text));
    }
    Ok(match text.as_ref() {
        "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        other => match radix(other) {
            Some(Some(int)) => int,
            Some(None) => return Err(text),
            None if is_decimal(other) => match number(other) {
                Some(number) => number,
                None => return Err(text),
            },
            None if is_no_finite(other) => return Err(text),
            None => Kind::Text(text),
        },
    })
}

/// `0x1f` and `0o17`; `Some(None)` if it is such a number, but too large.
#[expect(clippy::option_option, reason = "no such number, too large, value: three cases of one small helper")]
fn radix(text: &str) -> Option<Option<Kind<'static>>> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok();
    Some(value.map(|uint| i64::try_from(uint).map_or(Kind::Uint(uint), Kind::Int)))
}

/// `[-+]? ( [0-9]+ ( \. [0-9]* )? | \. [0-9]+ ) ( [eE] [-+]? [0-9]+ )?`
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !(whole.is_empty() && fraction.is_empty());
    some && digits(whole) && digits(fraction) && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

fn is_no_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// Records a syntax error with what people usually mean where it occurs.
fn syntax(error: &ScanError, builder: &Builder<'_, '_>) -> Stop {
    let span = place(error.marker(), builder.file);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return builder.too_deep(span);
    }
    builder.sink.error(span, || {
        let info = error.info().to_string().replace("wasn't", "was not").replace('\'', "`");
        let diagnostic = Diagnostic::error("document.syntax", span, format!("this is no valid YAML: {info}"));
        match remedy(error.kind()) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    });
    Stop
}

#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's open list of errors; most explain themselves")]
fn remedy(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName => {
            "a text that begins with `*` or `&` needs quotes: `\"**\"`"
        }
        ErrorKind::UnexpectedCharacter { .. } => "a text that begins with this character needs quotes",
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => "indent with spaces",
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "a text that begins with a quote ends with it: write the whole as a block, `|` and the text on the next line"
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "a text that contains `: ` needs quotes; a member begins on a line of its own"
        }
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            "align the members of a mapping, and the `-` of a list, under each other"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => "write `key: value`",
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "close the text with the quote that it begins with"
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "in double quotes a backslash begins an escape; in single quotes it stands for itself"
        }
        ErrorKind::DirectiveDisallowed => {
            "remove the line that begins with `%`; a text that begins with it needs quotes"
        }
        ErrorKind::UndeclaredTagHandle => "a text that begins with `!` needs quotes",
        _ => return None,
    })
}
