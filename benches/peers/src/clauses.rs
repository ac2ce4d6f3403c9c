//! What does one condition cost? The six clauses of `benches/condition.rs`, prepared once and evaluated many times.
//!
//! The CEL crates have neither labels nor ordered enumerations, so their labels and risks are integers, and every fact is a variable
//! of its own (`device_compliant`): faster for them than members of maps.

use std::hint::black_box;

use serde_json::{Value as Json, json};

use crate::{alloc, measure};

#[cfg(feature = "cel")]
const FLAT: &str = r#"resource_label <= 2 && device_compliant && user_risk < 2
    && agent_id.startsWith("inv") && (country == "DE" || country in ["FR", "US"])
    && size(methods) > 0"#;

struct Bench {
    budget: f64,
    lines: Vec<Json>,
}

impl Bench {
    fn run(&mut self, engine: &str, mode: &str, mut f: impl FnMut() -> bool) {
        assert!(f(), "{engine}: the six clauses hold");
        let allocs = alloc::count(|| {
            black_box(f());
        });
        let mut line = measure::timed_alone(self.budget, || {
            black_box(f());
        });
        for (member, value) in [("engine", json!(engine)), ("workload", json!("clauses")), ("mode", json!(mode))] {
            line[member] = value;
        }
        line["allocs"] = allocs.into();
        self.lines.push(line);
    }
}

/// Measures all that are built: a line for evaluating and a line for compiling each.
pub fn run(quick: bool) -> Vec<Json> {
    let mut bench = Bench { budget: if quick { 1e8 } else { 5e8 }, lines: vec![] };
    plain(&mut bench);
    #[cfg(feature = "placet")]
    ours(&mut bench);
    #[cfg(feature = "cel")]
    {
        cel(&mut bench);
        cel_core(&mut bench);
    }
    bench.lines
}

/// The clauses over a struct.
fn plain(bench: &mut Bench) {
    struct Request {
        label: u8,
        risk: u8,
        compliant: bool,
        agent: String,
        country: String,
        methods: Vec<String>,
    }
    let request = Request {
        label: 1,
        risk: 1,
        compliant: true,
        agent: "invoice-agent-7".into(),
        country: "FR".into(),
        methods: vec!["pwd".into(), "otp".into()],
    };
    let holds = |r: &Request| {
        r.label <= 2
            && r.compliant
            && r.risk < 2
            && r.agent.starts_with("inv")
            && (r.country == "DE" || r.country == "FR" || r.country == "US")
            && !r.methods.is_empty()
    };
    bench.run("closure", "evaluate", || holds(black_box(&request)));
}

#[cfg(feature = "placet")]
fn ours(bench: &mut Bench) {
    use placet::Limits;
    use placet::condition::{Declarations, Truth, compile};
    use placet::fact::{RISK, Schema, slot};
    use placet::label::Taxonomy;
    use placet::value::{Fact, Facts, Value};

    const SIX: &str = r#"resource.label <= label("confidential") && device.compliant && risk.user < "medium"
    && agent.id.startsWith("inv") && (location.country == "DE" || location.country in ["FR", "US"])
    && size(authentication.methods) > 0"#;

    struct Request(Vec<Option<Value<'static>>>);
    impl Facts for Request {
        fn fact(&self, slot: u16) -> Fact<'_> {
            self.0.get(usize::from(slot)).and_then(Option::as_ref).map_or(Fact::Unknown, Fact::Known)
        }
    }

    let labels = [("public", 0), ("internal", 1), ("confidential", 2)];
    let taxonomy =
        labels.iter().fold(Taxonomy::builder(), |all, (name, order)| all.label(name, *order, 0, &[])).build();
    let mut facts = vec![None; slot::COUNT];
    for (slot, value) in [
        (slot::RESOURCE_LABEL, Value::Label(taxonomy.get("internal").expect("a label of the taxonomy"))),
        (slot::DEVICE_COMPLIANT, Value::Bool(true)),
        (slot::RISK_USER, Value::Enum(&RISK, 1)),
        (slot::AGENT_ID, Value::from("invoice-agent-7")),
        (slot::LOCATION_COUNTRY, Value::from("FR")),
        (slot::AUTHENTICATION_METHODS, ["pwd", "otp"].into_iter().map(Value::from).collect()),
    ] {
        facts[usize::from(slot)] = Some(value);
    }
    let request = Request(facts);
    let (schema, limits) = (Schema::default(), Limits::default());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    let condition = compile(SIX, &declarations).expect("the six clauses");
    bench.run("placet", "evaluate", || black_box(&condition).evaluate(black_box(&request)) == Truth::True);
    bench.run("placet", "compile", || compile(black_box(SIX), &declarations).is_ok());
}

#[cfg(feature = "cel")]
fn cel(bench: &mut Bench) {
    use std::sync::Arc;

    use cel::{Context, Env, Value};

    let text = |text: &str| Value::String(Arc::new(text.to_owned()));
    let env = Arc::new(Env::stdlib());
    let mut context = Context::with_env(Arc::clone(&env));
    context.add_variable_from_value("resource_label", Value::Int(1));
    context.add_variable_from_value("device_compliant", Value::Bool(true));
    context.add_variable_from_value("user_risk", Value::Int(1));
    context.add_variable_from_value("agent_id", text("invoice-agent-7"));
    context.add_variable_from_value("country", text("FR"));
    context.add_variable_from_value("methods", Value::List(Arc::new(vec![text("pwd"), text("otp")])));
    let program = env.compile(FLAT).expect("the six clauses");
    bench.run("cel", "evaluate", || matches!(black_box(&program).execute(black_box(&context)), Ok(Value::Bool(true))));
    bench.run("cel", "compile", || env.compile(black_box(FLAT)).is_ok());
}

#[cfg(feature = "cel")]
fn cel_core(bench: &mut Bench) {
    use cel_core::{CelType, Env, MapActivation, Value};

    let env = Env::with_standard_library()
        .with_variable("resource_label", CelType::Int)
        .with_variable("device_compliant", CelType::Bool)
        .with_variable("user_risk", CelType::Int)
        .with_variable("agent_id", CelType::String)
        .with_variable("country", CelType::String)
        .with_variable("methods", CelType::list(CelType::String));
    let mut facts = MapActivation::new();
    facts.insert("resource_label", 1);
    facts.insert("device_compliant", true);
    facts.insert("user_risk", 1);
    facts.insert("agent_id", "invoice-agent-7");
    facts.insert("country", "FR");
    facts.insert("methods", Value::list(["pwd", "otp"]));
    let program = env.program(&env.compile(FLAT).expect("the six clauses")).expect("a program");
    bench.run("cel-core", "evaluate", || matches!(black_box(&program).eval(black_box(&facts)), Value::Bool(true)));
    bench.run("cel-core", "compile", || env.compile(black_box(FLAT)).and_then(|ast| env.program(&ast)).is_ok());
}
