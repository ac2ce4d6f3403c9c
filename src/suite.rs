//! Does a policy say what its authors expect? Runs the unit tests that stand beside the rules.
//!
//! ```
//! use placet::{Engine, Limits, document, suite};
//! let text = r#"
//! version: 1
//! rules:
//!   - {id: read, effect: permit, action: read}
//! tests:
//!   - name: nobody writes
//!     request: {subject: {type: user, id: ada}, action: {name: write}, resource: {type: page, id: home}}
//!     verdict: deny
//!     reasons: [privilege.no_permit]
//! "#;
//! let policy = document::load([("policy.yaml", text)], &Limits::default())?;
//! let results = suite::run(&policy, &Engine::of(&policy), &suite::NoFiles);
//! assert!(results.iter().all(|result| result.passed()));
//! # Ok::<(), placet::diagnostic::Diagnostics>(())
//! ```
//!
//! Next room: [`crate::files`], which finds the requests that tests refer to.

use std::borrow::Cow;

use serde::Serialize;

use crate::diagnostic::Span;
use crate::document::{TestCase, TestRequest, Validated};
use crate::door::Answer;
use crate::engine::Engine;
use crate::request::Request;

/// Where the requests are that tests refer to (`request_ref: requests.jsonl#eval-1`).
pub trait Requests {
    /// The request with this `evaluation_id` (or `line-N`) in a file beside a document.
    ///
    /// # Errors
    /// Why there is none.
    fn find(&self, document: &str, file: &str, id: &str) -> Result<Cow<'_, [u8]>, String>;
}

/// No files at all: tests have their requests inline.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Requests for NoFiles {
    fn find(&self, _: &str, file: &str, _: &str) -> Result<Cow<'_, [u8]>, String> {
        Err(format!("there is no file `{file}` here"))
    }
}

/// What a test expected and what it got.
#[derive(Clone, Debug, Serialize)]
pub struct TestResult {
    /// Name of the test.
    pub name: String,
    /// Where it stands: the document's name.
    pub file: String,
    /// And the place in it.
    pub span: Span,
    /// What differs from what was expected; none if it passed.
    pub differences: Vec<Difference>,
    /// The answer, if there was a request to judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

impl TestResult {
    /// Whether it got what it expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs: `verdict`, `reasons`, `requirements`, or `request` if that could not be found.
    pub what: &'static str,
    /// What was expected.
    pub wanted: Vec<String>,
    /// What was got.
    pub got: Vec<String>,
}

/// Runs all tests of a policy, in the order of their names.
#[must_use]
pub fn run(policy: &Validated, engine: &Engine, requests: &dyn Requests) -> Vec<TestResult> {
    policy.tests().iter().map(|test| run_one(policy, engine, test, requests)).collect()
}

/// Runs one test.
#[must_use]
pub fn run_one(policy: &Validated, engine: &Engine, test: &TestCase, requests: &dyn Requests) -> TestResult {
    let file = policy.name(test.span.file).to_owned();
    let bytes: Result<Cow<'_, [u8]>, String> = match &test.request {
        TestRequest::Inline(request) => serde_json::to_vec(request).map(Cow::Owned).map_err(|error| error.to_string()),
        TestRequest::Reference { file: name, id } => requests.find(&file, name, id),
    };
    let (answer, differences) = match bytes {
        Ok(bytes) => {
            let answer = engine.answer(&Request::from_json(&bytes, engine.policy().vocabulary()));
            let differences = differences(test, &answer);
            (Some(answer), differences)
        }
        Err(error) => (None, vec![Difference { what: "request", wanted: vec![], got: vec![error] }]),
    };
    TestResult { name: test.name.clone(), file, span: test.span, differences, answer }
}

fn differences(test: &TestCase, answer: &Answer) -> Vec<Difference> {
    let owned = |texts: Vec<&str>| -> Vec<String> { texts.into_iter().map(str::to_owned).collect() };
    let sorted = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort();
        texts.dedup();
        texts
    };
    let mut found = Vec::new();
    let mut compare = |what: &'static str, wanted: Vec<String>, got: Vec<String>| {
        if wanted != got {
            found.push(Difference { what, wanted, got });
        }
    };
    compare("verdict", vec![test.verdict.clone()], vec![answer.context.verdict.to_owned()]);
    if let Some(reasons) = &test.reasons {
        compare("reasons", sorted(reasons), owned(answer.codes()));
    }
    if let Some(requirements) = &test.requirements {
        compare("requirements", sorted(requirements), owned(answer.requirement_ids()));
    }
    found
}
