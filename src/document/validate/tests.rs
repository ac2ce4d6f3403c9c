//! Unit tests of the policy, written beside it.

use std::collections::BTreeMap;

use super::Check;
use crate::diagnostic::Span;
use crate::diagnostic::quote;
use crate::document::schema::{Place, TestItem, Text};
use crate::document::validated::{TestCase, TestRequest};

const VERDICTS: [(&str, ()); 5] = [("allow", ()), ("modify", ()), ("step_up", ()), ("defer", ()), ("deny", ())];

impl Check<'_> {
    pub(super) fn tests(&self) -> Vec<TestCase> {
        let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
        let mut tests: Vec<TestCase> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.tests) {
            if self.written(&item.name, item.place, "a test", "name") {
                let name = item.name.value.as_str();
                self.unique(&mut taken, name, item.name.span, || format!("the test {}", quote(name)));
            }
            tests.extend(self.test(item));
        }
        tests.sort_by(|a, b| a.name.cmp(&b.name));
        tests
    }

    fn test(&self, item: &TestItem) -> Option<TestCase> {
        let verdict = self.required(item.verdict.as_ref(), item.place, "a test", "verdict");
        let verdict = verdict.filter(|text| self.choice(text, "verdict", &VERDICTS).is_some());
        let request = match (&item.request, &item.request_ref) {
            (None, None) => {
                self.missing(item.place, "a test", "request");
                None
            }
            (Some(_), Some(text)) => {
                self.error("document.test", Place(text.span), "a test has both `request` and `request_ref`", || {
                    "write one of the two".to_owned()
                });
                None
            }
            (Some(request), None) => {
                if !request.value.is_object() {
                    self.error("document.test", Place(request.span), "a request is a mapping", || {
                        "write `{subject: ..., action: ..., resource: ...}`".to_owned()
                    });
                }
                Some(TestRequest::Inline(request.value.clone()))
            }
            (None, Some(text)) => self.request_ref(text),
        };
        let texts = |list: &Option<Vec<Text>>| list.as_ref().map(|l| l.iter().map(|t| t.value.clone()).collect());
        Some(TestCase {
            name: item.name.value.clone(),
            request: request?,
            verdict: verdict?.value.clone(),
            reasons: texts(&item.reasons),
            requirements: texts(&item.requirements),
            span: item.place.0,
        })
    }

    fn request_ref(&self, text: &Text) -> Option<TestRequest> {
        let parts = text.value.split_once('#').filter(|(file, id)| !file.is_empty() && !id.is_empty());
        if parts.is_none() {
            self.error_about("document.test", text, "names no request", || {
                "write the file and the `evaluation_id` of its line: `requests.jsonl#eval-1`".to_owned()
            });
        }
        parts.map(|(file, id)| TestRequest::Reference { file: file.to_owned(), id: id.to_owned() })
    }
}
