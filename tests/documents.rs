//! Documents: what is wrong is said, all at once, at its place, with a remedy.

use placet::{Limits, document};

fn findings(text: &str) -> String {
    match document::load([("policy.yaml", text)], &Limits::default()) {
        Ok(policy) => policy.warnings().to_string(),
        Err(findings) => findings.to_string(),
    }
}

#[test]
fn scratch() {
    for f in ["/tmp/wt/ex/examples/quickstart.yaml", "/tmp/wt/ex/tests/fixtures/authzen-todo.yaml", "/tmp/lint.yaml"] {
        println!("== {f}\n{}", findings(&std::fs::read_to_string(f).unwrap()));
    }
}
