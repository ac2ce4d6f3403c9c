//! What does it take to load a policy of many documents, and to load it again after one of them has changed?
//!
//! A hundred rules to a document, and one document with the organisation. `parse` reads the texts, `validate` checks the documents
//! together, `compile` makes the policy, `directory` and `link` the rest of an engine. `changed` reads the one document that has
//! changed and keeps the others as they were parsed.

use std::sync::Arc;

use placet::document::{self, Document};
use placet::{CompiledPolicy, Directory, Engine, Limits};
use serde_json::{Map, Value, json};

use crate::engines::placet::{load, organisation, rules};
use crate::measure::{cpu_ns, median, resident_kb};
use crate::workload::Workload;

/// Rules of one document.
const EACH: usize = 100;

/// A line for each step.
pub fn run(w: &Workload, quick: bool) -> Vec<Value> {
    let mut texts = vec![("organisation.json".to_owned(), Value::Object(organisation(w, false)).to_string())];
    for (number, chunk) in rules(w).chunks(EACH).enumerate() {
        let document: Map<String, Value> =
            [("version".to_owned(), 1.into()), ("rules".to_owned(), chunk.into())].into_iter().collect();
        texts.push((format!("team-{number}.json"), Value::Object(document).to_string()));
    }
    let limits = Limits::default();
    let mut bench = Bench { lines: vec![], rounds: if quick { 3 } else { 5 }, rules: w.rules.len(), texts: &texts };

    let parse = |(name, text): &(String, String)| document::parse(name, text, &limits).expect("a sound document");
    let parsed: Vec<Document> = bench.step("parse", || (), |()| texts.iter().map(parse).collect());
    let clone = || parsed.clone();
    bench.step("clone", || (), |()| clone());
    let validated = bench.step("validate", clone, |all| document::validate(all, &limits).expect("a sound policy"));
    let compiled = bench.step("compile", || (), |()| Arc::new(CompiledPolicy::new(&validated, &limits)));
    let directory = bench.step("directory", || (), |()| Arc::new(Directory::of(&validated)));
    bench.step("link", || (), |()| Engine::new(Arc::clone(&compiled), Arc::clone(&directory)));

    let sources = || texts.iter().map(|(name, text)| (&**name, &**text));
    bench.step("all", || (), |()| Engine::of(&load(sources())));
    // Flow style is what JSON and YAML share: the same texts, read by the other reader.
    let yaml: Vec<(String, &str)> = sources().map(|(name, text)| (name.replace(".json", ".yaml"), text)).collect();
    bench.step("all as YAML", || (), |()| Engine::of(&load(yaml.iter().map(|(name, text)| (&**name, *text)))));
    bench.step("changed", clone, |mut all: Vec<Document>| {
        all[1] = parse(&texts[1]);
        let validated = document::validate(all, &limits).expect("a sound policy");
        // Nobody was added or removed: the directory stays.
        Engine::new(Arc::new(CompiledPolicy::new(&validated, &limits)), Arc::clone(&directory))
    });
    bench.lines
}

struct Bench<'t> {
    lines: Vec<Value>,
    rounds: usize,
    rules: usize,
    texts: &'t [(String, String)],
}

impl Bench<'_> {
    /// The median of several rounds; making what a step consumes is not timed, nor is taking apart what it made.
    fn step<I, O>(&mut self, mode: &str, input: impl Fn() -> I, f: impl Fn(I) -> O) -> O {
        let before = resident_kb();
        let mut made = f(input());
        let rss_kb = resident_kb().saturating_sub(before);
        let times = (0..self.rounds).map(|_| {
            let input = input();
            let start = cpu_ns();
            made = f(input);
            (cpu_ns() - start) / 1e6
        });
        let load_ms = median(times.collect());
        let bytes: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        self.lines.push(json!({
            "engine": "placet", "workload": "reload", "rules": self.rules, "mode": mode, "documents": self.texts.len(),
            "bytes": bytes, "load_ms": load_ms, "rss_kb": rss_kb,
        }));
        made
    }
}
