//! Documents: every finding has its place in a text, and a policy is what its documents say, however they are written down.

use placet::Limits;
use placet::diagnostic::Diagnostics;
use placet::document::schema::Document;
use placet::document::{self, Validated};

use super::{parts, within};

/// Ceilings low enough that an input costs little, and that inputs reach them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.document_bytes = 16 << 10;
    limits.document_nodes = 2_000;
    limits.document_aliases = 200;
    limits.document_depth = 24;
    limits.diagnostics = 12;
    limits.rules = 64;
    limits.id_bytes = 128;
    limits.pattern_bytes = 256;
    limits.pattern_alternatives = 16;
    limits.condition_bytes = 512;
    limits.condition_nodes = 128;
    limits.condition_depth = 24;
    limits.regex_bytes = 16 << 10;
    limits.labels = 32;
    limits.compartments = 8;
    limits.group_depth = 8;
    limits
}

/// Checks documents of the format that `extension` names.
///
/// # Panics
/// If a property does not hold.
pub(crate) fn check(extension: &str, data: &[u8]) {
    let names: Vec<String> = ["a", "b", "c", "d"].iter().map(|stem| format!("{stem}.{extension}")).collect();
    let text = match document::utf8(&names[0], data) {
        Ok(text) => text,
        Err(findings) => {
            let valid = String::from_utf8_lossy(data);
            let span = findings.0[0].span;
            within(&valid, span.line, span.column, &findings);
            return;
        }
    };
    let limits = limits();
    let texts: Vec<&str> = parts(text).take(names.len()).collect();
    let sources: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().copied()).collect();
    let loaded = document::load(sources.iter().copied(), &limits);
    match &loaded {
        Ok(policy) => {
            assert!(!policy.warnings().has_errors());
            placed(policy.warnings(), &sources);
            policy_is_what_documents_say(policy, extension, &limits);
        }
        Err(findings) => {
            assert!(findings.has_errors(), "refused without an error");
            placed(findings, &sources);
        }
    }
    for (name, text) in &sources {
        match document::parse(name, text, &limits) {
            Ok(document) => drop(document.clone()),
            Err(findings) => {
                assert!(findings.has_errors() && loaded.is_err(), "a shape is wrong, and yet it loads: {findings}");
                placed(&findings, &[(name, text)]);
            }
        }
    }
    // Law 3: the order of documents changes nothing, places and messages included.
    let turned = document::load(sources.iter().rev().copied(), &limits);
    same(&loaded, &turned);
    match (&loaded, &turned) {
        (Ok(a), Ok(b)) => assert_eq!(a.warnings(), b.warnings()),
        (Err(a), Err(b)) => assert_eq!(a, b),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => unreachable!("compared before"),
    }
    // Nor do their names.
    let renamed = names.iter().rev().map(String::as_str).zip(texts.iter().copied());
    same(&loaded, &document::load(renamed, &limits));
}

fn same(a: &Result<Validated, Diagnostics>, b: &Result<Validated, Diagnostics>) {
    match (a, b) {
        (Ok(a), Ok(b)) => same_policy(a, b),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(findings)) | (Err(findings), Ok(_)) => panic!("refused in one order only: {findings}"),
    }
}

fn same_policy(a: &Validated, b: &Validated) {
    assert_eq!(a.digest(), b.digest());
    assert_eq!(a.entities_digest(), b.entities_digest());
    let rules = |policy: &Validated| policy.rules().iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    assert_eq!(rules(a), rules(b));
    assert_eq!(a.warnings().0.len(), b.warnings().0.len(), "{}\n\n{}", a.warnings(), b.warnings());
}

/// Every finding stands in a text that was given, shows its line, and is of a size that people read.
fn placed(findings: &Diagnostics, sources: &[(&str, &str)]) {
    assert!(findings.0.len() <= 2 * (limits().diagnostics + 1));
    for finding in &findings.0 {
        let shown = finding.to_string();
        assert!(shown.len() < 8_192, "a finding of {} bytes", shown.len());
        let misleads = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!finding.message.chars().any(misleads), "{:?}", finding.message);
        if finding.span.line == 0 {
            continue;
        }
        let (name, text) = sources[finding.span.file as usize];
        assert_eq!(finding.file, name, "{finding}");
        within(text, finding.span.line, finding.span.column, finding);
        if let Some(snippet) = &finding.snippet {
            let lines = super::lines(text);
            let line = lines[finding.span.line as usize - 1];
            assert!(snippet.chars().count() <= line.chars().count(), "{finding}");
            let alike = snippet.chars().zip(line.chars()).all(|(shown, c)| shown == c || shown == '\u{fffd}');
            assert!(alike, "a line that is not there: {finding}");
        }
    }
}

/// The same policy results from its documents as data, as JSON, and with its lists turned round.
fn policy_is_what_documents_say(policy: &Validated, extension: &str, limits: &Limits) {
    let documents = policy.documents();
    let again = document::validate(documents.to_vec(), limits).unwrap_or_else(|e| panic!("as data: {e}"));
    same_policy(policy, &again);

    let mut wide = limits.clone();
    wide.document_bytes = 16 << 20;
    let json = documents.iter().map(|d| serde_json::to_string(d).unwrap_or_else(|e| panic!("no JSON: {e}")));
    let json: Vec<(String, String)> = json.enumerate().map(|(i, text)| (format!("{i}.json"), text)).collect();
    let reread = document::load(json.iter().cloned(), &wide);
    let reread = reread.unwrap_or_else(|e| panic!("{extension} as JSON: {e}\n{json:?}"));
    same_policy(policy, &reread);
    assert_eq!(policy.documents(), reread.documents());

    let turned = documents.iter().rev().cloned().map(turn).collect();
    same_policy(policy, &document::validate(turned, limits).unwrap_or_else(|e| panic!("turned round: {e}")));
}

fn turn(mut document: Document) -> Document {
    document.labels.reverse();
    document.assume.reverse();
    document.groups.reverse();
    document.blueprints.reverse();
    document.agents.reverse();
    document.users.reverse();
    document.servers.reverse();
    document.tools.reverse();
    document.resources.reverse();
    document.grants.reverse();
    document.approvals.reverse();
    document.rules.reverse();
    document.tests.reverse();
    document
}
