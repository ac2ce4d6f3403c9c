//! From texts to a policy: read, decode, merge, validate.
//!
//! Next room: [`super::validated`].

use super::decode::decode;
use super::node::{Builder, Kind, Node, Stop};
use super::report::{Sink, Sources, line_starts};
use super::schema::Document;
use super::validate::parts as check;
use super::validated::Validated;
use super::{json, yaml};
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::limits::Limits;

/// Reads one document and checks its shape: not yet that it is sound by itself or together with others.
///
/// # Errors
/// Everything that is wrong with the text and its shape.
pub fn parse(name: &str, text: &str, limits: &Limits) -> Result<Document, Diagnostics> {
    let sink = Sink::new(limits.diagnostics);
    let mut sources = Sources::default();
    sources.push(name, without_mark(text));
    let document = read(0, name, without_mark(text), &sources, limits, &sink);
    if sink.has_errors() { Err(sink.finish(&sources)) } else { Ok(document) }
}

/// Reads, merges and validates the documents of a policy, given as name and text. The order of the documents does not matter.
///
/// # Errors
/// Everything that is wrong with any of them, and the warnings.
pub fn load<N, T>(sources: impl IntoIterator<Item = (N, T)>, limits: &Limits) -> Result<Validated, Diagnostics>
where
    N: Into<String>,
    T: AsRef<str>,
{
    // One more than allowed, so that an endless iterator ends and too many are seen.
    let most = limits.documents.saturating_add(1);
    let mut texts: Vec<(String, T)> = sources.into_iter().take(most).map(|(name, text)| (name.into(), text)).collect();
    // Sorted by name (those of equal name by text), so that even the places in a policy do not depend on the order.
    texts.sort_by(|a, b| (&a.0, a.1.as_ref()).cmp(&(&b.0, b.1.as_ref())));
    let sink = Sink::new(limits.diagnostics);
    let mut places = Sources::default();
    if texts.len() > limits.documents {
        too_many(limits, &sink);
        return Err(sink.finish(&places));
    }
    for (name, text) in &texts {
        places.push(name, without_mark(text.as_ref()));
    }
    let documents: Vec<Document> = (0u32..)
        .zip(&texts)
        .map(|(file, (name, text))| read(file, name, without_mark(text.as_ref()), &places, limits, &sink))
        .collect();
    let parts = check(&documents, &places, limits, &sink);
    if sink.has_errors() {
        return Err(sink.finish(&places));
    }
    let warnings = sink.finish(&places);
    drop(places);
    let names = texts.into_iter().map(|(name, _)| name).collect();
    Ok(Validated { parts: parts.assemble(documents, names, warnings) })
}

/// Validates documents that were built or deserialised by the host. Findings carry the places that the documents carry.
///
/// # Errors
/// Everything that is wrong with any of them, and the warnings.
pub fn validate(documents: Vec<Document>, limits: &Limits) -> Result<Validated, Diagnostics> {
    let sink = Sink::new(limits.diagnostics);
    let places = Sources::default();
    if documents.len() > limits.documents {
        too_many(limits, &sink);
        return Err(sink.finish(&places));
    }
    let parts = check(&documents, &places, limits, &sink);
    if sink.has_errors() {
        return Err(sink.finish(&places));
    }
    let warnings = sink.finish(&places);
    Ok(Validated { parts: parts.assemble(documents, Vec::new(), warnings) })
}

/// The text of a file's bytes.
///
/// # Errors
/// Where the bytes are not UTF-8.
pub fn utf8<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Diagnostics> {
    core::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let valid = core::str::from_utf8(valid).unwrap_or_default();
        // Counted as everywhere: without the mark, and a carriage return alone breaks a line too.
        let valid = without_mark(valid);
        let starts = line_starts(valid);
        let line = starts.len();
        let column = valid.get(starts.last().copied().unwrap_or(0)..).unwrap_or_default().chars().count() + 1;
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let span = Span { file: 0, line: at(line), column: at(column) };
        let utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let found = if utf16 { "it is UTF-16" } else { "here are bytes that are no text" };
        let message = format!("the document is not UTF-8: {found}");
        let diagnostic = Diagnostic::error("document.encoding", span, message).with_help("save the file as UTF-8");
        Diagnostics(vec![Diagnostic { file: name.to_owned(), ..diagnostic }])
    })
}

/// A byte order mark says nothing in UTF-8; editors of one system write it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn too_many(limits: &Limits, sink: &Sink) {
    sink.error(Span::default(), || {
        let message = format!("there are more than {} documents", limits.documents);
        Diagnostic::error("document.too_large", Span::default(), message)
            .with_help("join some, or raise `documents` in the limits")
    });
}

/// One text as a document; what is wrong is recorded and left empty.
fn read<'s>(file: u32, name: &str, text: &'s str, sources: &Sources<'s>, limits: &Limits, sink: &Sink) -> Document {
    let start = Span { file, line: 1, column: 1 };
    match tree(file, name, text, sources, limits, sink) {
        Ok(Some(node)) => decode(node, sink),
        Ok(None) => {
            sink.poison(start, || {
                Diagnostic::error("document.empty", start, format!("{} is empty", quote(name)))
                    .with_help("write at least `version: 1`")
            });
            unreadable(start)
        }
        Err(Stop) => {
            sink.set_incomplete();
            unreadable(start)
        }
    }
}

/// A document in place of one that could not be read: it is not found wrong a second time.
fn unreadable(start: Span) -> Document {
    use super::schema::Spanned;
    Document { version: Some(Spanned { value: 1, span: start }), ..Document::default() }
}

fn tree<'s>(
    file: u32,
    name: &str,
    text: &'s str,
    sources: &Sources<'s>,
    limits: &Limits,
    sink: &Sink,
) -> Result<Option<Node<'s>>, Stop> {
    if text.len() > limits.document_bytes {
        // Without a line: to show one, all would be scanned for its end.
        let span = Span { file, line: 0, column: 0 };
        sink.error(span, || {
            let message = format!("the document has {} bytes, more than {}", text.len(), limits.document_bytes);
            Diagnostic::error("document.too_large", span, message)
                .with_help("split it, or raise `document_bytes` in the limits")
        });
        return Err(Stop);
    }
    let mut builder = Builder::new(file, sources, limits, sink);
    if is_json(name) {
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        json::read(text, &mut builder)?;
    } else {
        yaml::read(text, &mut builder)?;
    }
    Ok(builder.finish().filter(|node| !matches!(node.kind, Kind::Null)))
}

fn is_json(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extension.eq_ignore_ascii_case("json")
}
