//! Evaluating a usual condition allocates nothing: neither texts nor lists nor maps of facts are copied.

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
use placet::condition::{Declarations, Truth, compile};
use placet::fact::{RISK, Schema, slot};
use placet::label::Taxonomy;
use placet::time::Timestamp;
use placet::value::{Fact, Facts, Key, Map, Value};

struct Request(Vec<Option<Value<'static>>>);

impl Facts for Request {
    fn fact(&self, slot: u16) -> Fact<'_> {
        self.0.get(usize::from(slot)).and_then(Option::as_ref).map_or(Fact::Unknown, Fact::Known)
    }
}

#[test]
fn usual_conditions_allocate_nothing() {
    let taxonomy = Taxonomy::builder().label("internal", 1, 0, &[]).label("confidential", 2, 0, &[]).build();
    let (schema, limits) = (Schema::default(), Limits::default());
    let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
    let mut facts: Vec<Option<Value<'static>>> = vec![None; slot::COUNT];
    let mut set = |slot: u16, value: Value<'static>| facts[usize::from(slot)] = Some(value);
    set(slot::RESOURCE_LABEL, Value::Label(taxonomy.get("internal").unwrap()));
    set(slot::DEVICE_COMPLIANT, Value::Bool(true));
    set(slot::RISK_USER, Value::Enum(&RISK, 1));
    set(slot::AGENT_ID, Value::from("invoice-agent-7"));
    set(slot::LOCATION_COUNTRY, Value::from("FR"));
    set(slot::LOCATION_IP, Value::from("10.1.2.3"));
    set(slot::NOW, Value::Timestamp("2026-11-23T09:30:00Z".parse::<Timestamp>().unwrap()));
    set(slot::AUTHENTICATION_METHODS, ["pwd", "otp"].into_iter().map(Value::from).collect());
    let arguments =
        vec![(Key::String("path".into()), Value::from("/srv/data/q3.csv")), (Key::String("n".into()), Value::Int(3))];
    set(slot::ARGUMENTS, Value::from(Map::new(arguments).unwrap()));
    let request = Request(facts);
    for source in [
        r#"resource.label <= label("confidential") && device.compliant && risk.user < "medium"
            && agent.id.startsWith("inv") && (location.country == "DE" || location.country in ["FR", "US"])
            && size(authentication.methods) > 0"#,
        r#"arguments.path.within("/srv/data") && arguments.n <= 5 && has(arguments.path)"#,
        r#"authentication.methods.exists(m, m == "otp") && "pwd" in authentication.methods"#,
        r#"cidr("10.0.0.0/8").containsIP(location.ip)"#,
        r#"now.inHours("Mon-Fri", "09:00", "17:00", "UTC") && now < timestamp("2027-01-01T00:00:00Z")"#,
        r#"agent.id.matches("^inv.*[0-9]$") && agent.id.contains("agent")"#,
        r#"risk.user in ["none", "low"] && authentication.methods[0] == "pwd""#,
    ] {
        let condition = compile(source, &declarations).unwrap();
        // A pattern fills its caches on its first use.
        assert_eq!(condition.evaluate(&request), Truth::True, "{source}");
        let counted = allocation_counter::measure(|| {
            assert_eq!(condition.evaluate(&request), Truth::True);
        });
        assert_eq!(counted.count_total, 0, "{source}");
    }
}
