//! The language definition of CEL in cases of our own (`tests/fixtures/cel/language.txt`), for what the given half of the published
//! suite (`tests/cel_conformance.rs`) does not ask.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

use placet::Limits;
use placet::condition::{Condition, Declarations, expression, unchecked};
use placet::diagnostic::Diagnostics;
use placet::fact::{Declaration, Origin, Schema, Type};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Value};

/// One fact, `x`.
struct Seven(Value<'static>);

impl Facts for Seven {
    fn fact(&self, slot: u16) -> Fact<'_> {
        if slot == 0 { Fact::Known(&self.0) } else { Fact::Unknown }
    }
}

fn answer(compiled: Result<Condition, Diagnostics>) -> String {
    let condition = match compiled {
        Ok(condition) => condition,
        Err(_) => return "error".to_owned(),
    };
    condition.value(&Seven(Value::Int(7))).map_or_else(|_| "error".to_owned(), |value| format!("{value:?}"))
}

#[test]
fn language_definition() {
    let x = Declaration { path: "x".into(), ty: Type::Dyn, origin: Origin::Context };
    let (schema, taxonomy, limits) = (Schema::of(vec![x]), Taxonomy::default(), Limits::default());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in include_str!("fixtures/cel/language.txt").lines().filter(|line| !line.starts_with("# ")) {
        let Some((source, wanted)) = line.rsplit_once(" => ") else { continue };
        cases += 1;
        let wanted = if wanted == "error" { wanted.to_owned() } else { answer(unchecked(wanted, &declarations)) };
        for (mode, compiled) in
            [("checked", expression(source, &declarations)), ("unchecked", unchecked(source, &declarations))]
        {
            let got = answer(compiled);
            if got != wanted {
                wrong.push(format!("{source}: {mode}: got {got}, wanted {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 500, "{cases} cases");
}
