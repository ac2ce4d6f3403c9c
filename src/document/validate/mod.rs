//! Is a set of documents sound, and what does it mean?
//!
//! Texts become ids, patterns, times and conditions; names are resolved; the results are sorted by id, so that the order in
//! which things were written never matters (law 3). Every stage records all it finds; a stage that finds something goes on
//! with the rest. INVARIANT: work is linear in the documents, but for sorting, whatever they contain.
//!
//! The stages: what is listed ([`listed`]), [`labels`], [`facts`], [`flow`], the entities ([`people`], [`tools`], [`resources`],
//! [`grants`]), [`rules`] with their [`requirements`], [`tests`], what is lowered to rules ([`access`], [`loss`]), and last the [`lints`], which only warn.
//!
//! Next room: [`super::validated`].

mod access;
mod facts;
mod flow;
mod grants;
mod labels;
mod lints;
mod listed;
mod loss;
mod people;
mod requirements;
mod resources;
mod rules;
mod subjects;
mod tests;
mod text;
mod tools;

use core::cell::{Cell, RefCell};

use hashbrown::HashMap;

use super::report::{Sink, Sources};
use loss::DataLoss;

use super::schema::{Document, Place, Text};
use super::validated::{Assumption, Parts, TestCase};
use crate::condition::Condition;
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entities::Entities;
use crate::fact::Schema;
use crate::flow::Policy as FlowPolicy;
use crate::label::Taxonomy;
use crate::limits::Limits;
use crate::pattern::Pattern;
use crate::rule::Rule;

/// What every stage needs.
#[derive(Clone, Copy)]
struct Check<'a> {
    documents: &'a [Document],
    sources: &'a Sources<'a>,
    limits: &'a Limits,
    sink: &'a Sink,
    shared: &'a Shared,
}

/// What is parsed once, however often it is written: large policies say the same of many.
struct Shared {
    /// Bytes that regular expressions may still have.
    regexes: Cell<usize>,
    patterns: RefCell<HashMap<String, Pattern>>,
    /// Those whose arguments are of no particular tool.
    conditions: RefCell<HashMap<String, Condition>>,
}

/// What a text means, found out once. What is wrong with a text is said wherever it is written.
fn once<T: Clone>(known: &RefCell<HashMap<String, T>>, text: &str, parse: impl FnOnce() -> Option<T>) -> Option<T> {
    if let Some(found) = known.borrow().get(text) {
        return Some(found.clone());
    }
    let parsed = parse()?;
    known.borrow_mut().insert(text.to_owned(), parsed.clone());
    Some(parsed)
}

/// What the documents mean; only sound if the sink has no errors.
pub(super) struct Checked {
    taxonomy: Taxonomy,
    schema: Schema,
    assumptions: Vec<Assumption>,
    issuers: Vec<String>,
    rules: Vec<Rule>,
    entities: Entities,
    flow: FlowPolicy,
    data_loss: DataLoss,
    tests: Vec<TestCase>,
}

impl Checked {
    pub(super) fn assemble(self, documents: Vec<Document>, names: Vec<String>, warnings: Diagnostics) -> Parts {
        let Self { taxonomy, schema, assumptions, issuers, rules, entities, flow, data_loss, tests } = self;
        let DataLoss { policies: data_loss, types: sensitive_types, rules: _ } = data_loss;
        Parts {
            documents,
            names,
            taxonomy,
            schema,
            assumptions,
            issuers,
            rules,
            entities,
            flow,
            data_loss,
            sensitive_types,
            tests,
            warnings,
        }
    }
}

/// Checks the documents.
pub(super) fn parts(documents: &[Document], sources: &Sources<'_>, limits: &Limits, sink: &Sink) -> Checked {
    let shared = Shared {
        regexes: Cell::new(limits.regexes_bytes),
        patterns: RefCell::default(),
        conditions: RefCell::default(),
    };
    let check = Check { documents, sources, limits, sink, shared: &shared };
    check.versions();
    let taxonomy = check.taxonomy();
    let schema = check.schema();
    let assumptions = check.assumptions(&schema, &taxonomy);
    let listed = check.listed();
    let flow = check.flow(&listed, &taxonomy);
    let entities = Entities {
        groups: check.groups(&listed),
        blueprints: check.blueprints(&listed),
        agents: check.agents(&listed),
        users: check.users(&listed),
        servers: check.servers(),
        tools: check.tools(&listed, &flow),
        resources: check.resources(&listed, &taxonomy),
        grants: check.grants(&listed),
        approvals: check.approvals(&listed),
    };
    let rules = check.rules(&listed, &schema, &taxonomy);
    let tests = check.tests();
    let policies = check.access_set();
    let lowered = check.access(&policies, &rules, &schema, &taxonomy);
    let mut data_loss = check.data_loss(&listed, &rules, &schema, &taxonomy);
    if !sink.has_errors() {
        check.lints(&listed, &entities, &rules);
        check.lint_access(&policies);
        check.lint_data_loss(&data_loss.policies);
        check.lint_flow(&entities.tools, &flow);
    }
    let mut rules = rules;
    rules.extend(lowered);
    rules.append(&mut data_loss.rules);
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let issuers = check.issuers();
    Checked { taxonomy, schema, assumptions, issuers, rules, entities, flow, data_loss, tests }
}

impl Check<'_> {
    fn versions(&self) {
        for document in self.documents {
            match &document.version {
                None => self.error("document.version", document.place, "the document has no `version`", || {
                    "write `version: 1` at its beginning".to_owned()
                }),
                Some(version) if version.value != 1 => {
                    let at = Place(version.span);
                    let message = format!("version `{}` is not supported", version.value);
                    self.error("document.version", at, &message, || "write `version: 1`".to_owned());
                }
                Some(_) => {}
            }
        }
    }

    /// Who may vouch for identities. Compared byte by byte, so nothing is asked of their form but that there is some.
    fn issuers(&self) -> Vec<String> {
        let written = self.documents.iter().flat_map(|document| &document.issuers);
        let mut issuers: Vec<String> = Vec::new();
        for issuer in written {
            if issuer.value.trim().is_empty() {
                self.error("document.bad_id", Place(issuer.span), "an issuer is empty", || {
                    "write the `iss` of its tokens, such as `https://login.example.org`".to_owned()
                });
            }
            issuers.push(issuer.value.clone());
        }
        issuers.sort();
        issuers.dedup();
        issuers
    }

    /// Records an error with its remedy.
    fn error(&self, code: &'static str, place: Place, message: &str, help: impl FnOnce() -> String) {
        self.sink.error(place.0, || Diagnostic::error(code, place.0, message).with_help(help()));
    }

    /// Records an error about a text; the message follows the text in backticks.
    fn error_about(&self, code: &'static str, text: &Text, message: &str, help: impl FnOnce() -> String) {
        self.sink.error(text.span, || {
            let message = format!("{} {message}", quote(&text.value));
            Diagnostic::error(code, text.span, message).with_help(help())
        });
    }
}
