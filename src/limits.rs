//! Every ceiling of the library in one place: how large may documents, patterns, conditions and requests be?
//!
//! INVARIANT: no input grows memory or time beyond what these fields allow. A document over a limit is refused at load with
//! a diagnostic that names the limit; a request over a limit is denied with `request.too_large`.

/// Ceilings for untrusted documents and requests.
///
/// Start from [`Limits::default`] and change what your host needs:
///
/// ```
/// let mut limits = placet::Limits::default();
/// limits.request_bytes = 64 * 1024;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one document. 64 MiB: 100,000 rules of 200 bytes need 20 MB, and a parser's tree is some ten times its text.
    pub document_bytes: usize,
    /// Files in one policy. 10,000: a document for each team of a large company.
    pub documents: usize,
    /// Nesting of a document. 64: the deepest member of the schema is at 12.
    pub document_depth: usize,
    /// Nodes (scalars, sequences, mappings) of one document, aliases expanded. 8 million: 100,000 rules of 40 nodes, doubled.
    pub document_nodes: usize,
    /// What aliases (`*name`) may add to one document, in nodes and 32-byte pieces of text. 100,000: reuse, never growth by powers.
    pub document_aliases: usize,
    /// Rules of a policy, after alternatives are expanded. 1 million.
    pub rules: usize,
    /// Diagnostics reported before the rest are only counted. 1,000: more than a person reads.
    pub diagnostics: usize,
    /// Bytes of an id. 2,048: the SPIFFE standard's own bound.
    pub id_bytes: usize,
    /// Bytes of one id pattern. 4,096: an id with braces.
    pub pattern_bytes: usize,
    /// Alternatives that the braces of one pattern expand to. 256.
    pub pattern_alternatives: usize,
    /// Bytes of one condition's source text. 16 KiB.
    pub condition_bytes: usize,
    /// Nesting of one condition. 64: recursion in the front end is bounded by it.
    pub condition_depth: usize,
    /// Nodes of one condition's syntax tree, macros expanded. 4,096.
    pub condition_nodes: usize,
    /// Steps that one evaluation of a condition may take; beyond it the condition is an error, that is unknown. 100,000
    /// (about a millisecond).
    pub condition_cost: u64,
    /// Steps that all conditions of one decision, or of all decisions of a batch, may take together; beyond it every further condition is
    /// unknown. 20,000,000 (some tenths of a second): a thousand rules of twenty steps on each of a thousand pairs of link and
    /// resource.
    pub decision_cost: u64,
    /// Bytes of the compiled form of one regular expression. 1 MiB; `regex` builds no larger automaton.
    pub regex_bytes: usize,
    /// Bytes of the compiled forms of all regular expressions in a policy's conditions. 64 MiB: some 10,000 usual ones, or 64
    /// of the largest. A pattern of ten bytes can compile to a megabyte, so their number alone bounds nothing.
    pub regexes_bytes: usize,
    /// Sensitivity labels in a taxonomy. 4,096.
    pub labels: usize,
    /// Compartments in a taxonomy. 128: they are the bits of one word.
    pub compartments: usize,
    /// Bytes of one JSON request. 1 MiB.
    pub request_bytes: usize,
    /// Nesting of one JSON request. 64.
    pub request_depth: usize,
    /// Links of a delegation chain, the subject not counted. 8.
    pub chain_depth: usize,
    /// Resources that one call may name in `context.targets`. 64.
    pub targets: usize,
    /// Evaluations of one AuthZEN batch. 10,000.
    pub batch: usize,
    /// Bytes that a batch may make the engine read: evaluations times bytes of the request, because each reads the defaults
    /// again. 256 MiB: 10,000 evaluations of a request of 25 kB, in a few seconds.
    pub batch_bytes: usize,
    /// Pairs of link and resource that one batch may have judged, because a default chain and default targets count for each
    /// evaluation: 1,000,000, about a second. Evaluations beyond it are denied unjudged.
    pub batch_pairs: usize,
    /// Names of which something is revoked or told. 250,000 (some 120 MB): what a company of 100,000 people and their agents
    /// revokes while a token lives. Beyond it nothing is forgotten: older tokens are challenged, or all are denied.
    pub revocations: usize,
    /// Ids of security events remembered, so that a repeated one is told from a new one. 100,000: feeds redeliver for minutes.
    pub signals_seen: usize,
    /// Claims that one security event may change, and changed claims kept for one name. 64; beyond it all of them are unknown.
    pub signal_claims: usize,
    /// Nesting of groups or containers. 64: deeper nests are refused at load, however many groups there are.
    pub group_depth: usize,
    /// Sensitive information types of one scanner. 1,000: Purview has some 300 of its own.
    pub sensitive_types: usize,
    /// Bytes that one pattern of a sensitive information type may match. 512: the longest keys in use; the scanner's time per
    /// byte is bounded by it.
    pub sensitive_match_bytes: usize,
    /// Different keywords and expressions in the evidence of one scanner. 20,000.
    pub sensitive_clues: usize,
    /// Characters that evidence may stand off. 2,000: Purview has 300, and the scanner's memory is bounded by it.
    pub sensitive_proximity: usize,
    /// Bytes that one compiled scanner may take. 64 MiB: the catalogue takes some three.
    pub scanner_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 64 << 20,
            documents: 10_000,
            document_depth: 64,
            document_nodes: 8_000_000,
            document_aliases: 100_000,
            rules: 1_000_000,
            diagnostics: 1_000,
            id_bytes: 2_048,
            pattern_bytes: 4_096,
            pattern_alternatives: 256,
            condition_bytes: 16 << 10,
            condition_depth: 64,
            condition_nodes: 4_096,
            condition_cost: 100_000,
            decision_cost: 20_000_000,
            regex_bytes: 1 << 20,
            regexes_bytes: 64 << 20,
            labels: 4_096,
            compartments: 128,
            request_bytes: 1 << 20,
            request_depth: 64,
            chain_depth: 8,
            targets: 64,
            batch: 10_000,
            batch_bytes: 256 << 20,
            batch_pairs: 1_000_000,
            revocations: 250_000,
            signals_seen: 100_000,
            signal_claims: 64,
            group_depth: 64,
            sensitive_types: 1_000,
            sensitive_match_bytes: 512,
            sensitive_clues: 20_000,
            sensitive_proximity: 2_000,
            scanner_bytes: 64 << 20,
        }
    }
}
