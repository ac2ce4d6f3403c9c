//! What conditions say: types, messages, three values, bounds, and the functions that are this library's own.

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
use placet::condition::{Condition, Declarations, EvaluationError, Truth, compile, expression, parse, unchecked};
use placet::fact::{RISK, Schema, Type, slot};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Key, Map, Value};

struct Request(Vec<Option<Value<'static>>>);

impl Request {
    fn new(given: Vec<(u16, Value<'static>)>) -> Self {
        let mut facts: Vec<Option<Value<'static>>> = vec![None; slot::COUNT + 4];
        for (slot, value) in given {
            facts[usize::from(slot)] = Some(value);
        }
        Self(facts)
    }
}

impl Facts for Request {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)).and_then(Option::as_ref) {
            None => Fact::Unknown,
            Some(Value::Null) => Fact::Null,
            Some(value) => Fact::Known(value),
        }
    }
}

fn taxonomy() -> Taxonomy {
    Taxonomy::builder()
        .label("public", 0, 0, &[])
        .label("confidential", 1, 0, &[])
        .label("people", 2, 0, &["hr"])
        .label("deals", 3, 0, &["legal"])
        .build()
}

fn with<T>(arguments: Option<&Type>, limits: &Limits, f: impl FnOnce(&Declarations<'_>) -> T) -> T {
    let (schema, taxonomy) = (Schema::default(), taxonomy());
    f(&Declarations { schema: &schema, taxonomy: &taxonomy, limits, arguments })
}

fn try_compile(source: &str) -> Result<Condition, String> {
    with(None, &Limits::default(), |d| compile(source, d).map_err(|e| e.to_string()))
}

fn truth(source: &str, given: Vec<(u16, Value<'static>)>) -> Truth {
    try_compile(source).unwrap_or_else(|e| panic!("{e}")).evaluate(&Request::new(given))
}

fn refused(source: &str) -> String {
    try_compile(source).expect_err(source)
}

fn map(entries: &[(&'static str, Value<'static>)]) -> Map<'static> {
    Map::new(entries.iter().map(|(k, v)| (Key::String((*k).into()), v.clone())).collect()).unwrap()
}

#[test]
fn messages_name_place_and_remedy() {
    insta::assert_snapshot!(refused("device.complaint == true"), @r#"
    1:1: error: there is no fact `device.complaint` [condition.unknown_name]
        | device.complaint == true
        | ^
        = help: did you mean `device.compliant`?
    "#);
    insta::assert_snapshot!(refused("device"), @r#"
    1:1: error: `device` is no fact itself [condition.unknown_name]
        | device
        | ^
        = help: its facts are `device.attributes`, `device.compliant`, `device.id`, `device.joined`, `device.managed`, `device.platform`
    "#);
    insta::assert_snapshot!(refused("agent.id == \"a\" &&\n  devise.compliant"), @r#"
    2:3: error: there is no fact `devise.compliant` [condition.unknown_name]
        |   devise.compliant
        |   ^
        = help: did you mean `device.compliant`?
    "#);
    insta::assert_snapshot!(refused(r#"risk.user < "medum""#), @r#"
    1:13: error: `medum` is no risk level [condition.bad_literal]
        | risk.user < "medum"
        |             ^
        = help: did you mean `medium`? There are `none`, `low`, `medium`, `high`
    "#);
    insta::assert_snapshot!(refused(r#"resource.label <= "confidential""#), @r#"
    1:19: error: label and string cannot be ordered [condition.type]
        | resource.label <= "confidential"
        |                   ^
        = help: write `label("confidential")`
    "#);
    insta::assert_snapshot!(refused(r#"resource.label <= label("confidental")"#), @r#"
    1:19: error: there is no label `confidental` [condition.unknown_name]
        | resource.label <= label("confidental")
        |                   ^
        = help: did you mean `confidential`?
    "#);
    insta::assert_snapshot!(refused(r#"delegation.depth < "2""#), @r#"
    1:20: error: int and string cannot be ordered [condition.type]
        | delegation.depth < "2"
        |                    ^
        = help: convert one of them, for example with `int(...)` or `string(...)`
    "#);
    insta::assert_snapshot!(refused("delegation.depth"), @r#"
    1:1: error: the condition is int, not bool [condition.type]
        | delegation.depth
        | ^
        = help: compare it with something, or test it with a function
    "#);
    insta::assert_snapshot!(refused("true + delegation.depth == 1"), @r#"
    1:8: error: `+` does not take bool and int [condition.type]
        | true + delegation.depth == 1
        |        ^
    "#);
    insta::assert_snapshot!(refused(r#"agent.id.startWith("x")"#), @r#"
    1:10: error: there is no function `startWith` [condition.unknown_name]
        | agent.id.startWith("x")
        |          ^
        = help: did you mean `startsWith`?
    "#);
    insta::assert_snapshot!(refused(r#"risk.user.startsWith("m")"#), @r#"
    1:11: error: `startsWith` does not take (string) on risk level [condition.type]
        | risk.user.startsWith("m")
        |           ^
        = help: write `string(x)` for the name of a member
    "#);
    insta::assert_snapshot!(refused("agent.id = \"x\""), @r#"
    1:10: error: `=` has no meaning here [condition.syntax]
        | agent.id = "x"
        |          ^
        = help: write `==` to compare
    "#);
    insta::assert_snapshot!(refused("agent.id == 'x"), @r#"
    1:13: error: the text does not end [condition.syntax]
        | agent.id == 'x
        |             ^
        = help: close it with the same quotation marks; only triple ones span lines
    "#);
    insta::assert_snapshot!(refused("(agent.id == 'x'"), @r#"
    1:17: error: expected `)`, found the end [condition.syntax]
        | (agent.id == 'x'
        |                 ^
    "#);
    insta::assert_snapshot!(refused(r#"agent.id.matches("[")"#), @r#"
    1:1: error: `[` is no regular expression [condition.bad_literal]
        | agent.id.matches("[")
        | ^
        = help: the syntax is RE2's; write backslashes in a raw text r"..."
    "#);
    insta::assert_snapshot!(refused(r#"now < timestamp("tomorrow")"#), @r#"
    1:7: error: `timestamp("tomorrow")` has no value [condition.bad_literal]
        | now < timestamp("tomorrow")
        |       ^
        = help: write RFC 3339 with an offset, such as `2026-11-23T09:00:00Z`
    "#);
    insta::assert_snapshot!(refused(r#"now.inHours("Mon-Fri", "9", "17:00", "Europe/Paris")"#), @r#"
    1:1: error: the hours cannot be read [condition.bad_literal]
        | now.inHours("Mon-Fri", "9", "17:00", "Europe/Paris")
        | ^
        = help: write times of day as `09:00`, up to `24:00`
    "#);
    insta::assert_snapshot!(refused(r#"agent.id in "abc""#), @r#"
    1:13: error: `in` looks in lists and maps; this is string [condition.type]
        | agent.id in "abc"
        |             ^
        = help: for a part of a text write `text.contains(part)`
    "#);
    insta::assert_snapshot!(refused("agent.id.all(x, true)"), @r#"
    1:1: error: `all` goes through lists and maps; this is string [condition.type]
        | agent.id.all(x, true)
        | ^
    "#);
    insta::assert_snapshot!(refused("size(agent.groups, 1) > 0"), @r#"
    1:1: error: `size` does not take (list(string), int) [condition.type]
        | size(agent.groups, 1) > 0
        | ^
    "#);
}

#[test]
fn all_findings_at_once() {
    let d = with(None, &Limits::default(), |d| {
        compile("devise.id == 1 && agent.ids == 'x' && size(1) > 'a'", d).unwrap_err()
    });
    let codes: Vec<_> = d.0.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["condition.unknown_name", "condition.unknown_name", "condition.type"]);
}

#[test]
fn arguments_have_the_type_of_their_tool() {
    let members = [("path", (Type::String, true)), ("limit", (Type::Int, false)), ("amount", (Type::Double, true))];
    let ty = Type::Record(members.into_iter().map(|(k, v)| (k.into(), v)).collect());
    with(Some(&ty), &Limits::default(), |d| {
        assert!(compile("arguments.path.startsWith('/srv') && arguments.limit < 5", d).is_ok());
        let error = compile("arguments.pth == 'x'", d).unwrap_err().to_string();
        assert!(error.contains("did you mean `path`?"), "{error}");
        assert!(compile("arguments.limit == 'x'", d).is_err());
        // An amount written without a point is a double all the same.
        let facts = Request::new(vec![(slot::ARGUMENTS, map(&[("amount", Value::Int(3))]).into())]);
        assert_eq!(compile("arguments.amount * 2.0 == 6.0", d).unwrap().evaluate(&facts), Truth::True);
        assert_eq!(compile("has(arguments.limit)", d).unwrap().evaluate(&facts), Truth::False);
    });
}

#[test]
fn unknown_null_and_error() {
    use Truth::{False, True, Unknown};
    let compliant = |v: Value<'static>| vec![(slot::DEVICE_COMPLIANT, v)];
    for (source, given, wanted) in [
        ("device.compliant", vec![], Unknown),
        ("has(device.compliant)", vec![], Unknown),
        ("device.compliant == null", vec![], Unknown),
        ("device.?compliant.orValue(false)", vec![], Unknown),
        ("size(agent.groups) == 0", vec![], Unknown),
        ("'x' in agent.groups", vec![], Unknown),
        ("agent.groups.exists(g, true)", vec![], Unknown),
        ("device.compliant || true", vec![], True),
        ("device.compliant && false", vec![], False),
        ("device.compliant ? true : true", vec![], Unknown),
        ("has(device.compliant)", compliant(Value::Null), False),
        ("device.compliant == null", compliant(Value::Null), True),
        ("device.compliant", compliant(Value::Null), Unknown),
        ("!device.compliant", compliant(Value::Null), Unknown),
        ("device.?compliant.hasValue()", compliant(Value::Null), False),
        ("device.compliant || 1 / delegation.depth > 0", compliant(Value::Bool(true)), True),
        ("1 / delegation.depth > 0 && false", vec![(slot::DELEGATION_DEPTH, Value::Int(0))], False),
        ("1 / delegation.depth > 0", vec![(slot::DELEGATION_DEPTH, Value::Int(0))], Unknown),
        ("agent.attributes.team == 'x'", vec![(slot::AGENT_ATTRIBUTES, map(&[]).into())], Unknown),
        ("has(agent.attributes.team)", vec![(slot::AGENT_ATTRIBUTES, map(&[]).into())], False),
        ("has(agent.attributes.team)", vec![(slot::AGENT_ATTRIBUTES, Value::Null)], Unknown),
    ] {
        assert_eq!(truth(source, given.clone()), wanted, "{source} over {given:?}");
    }
}

#[test]
fn open_maps_leave_what_they_lack_unknown() {
    use Truth::{False, True, Unknown};
    let given = || {
        let map = map(&[("owner", Value::from("ada")), ("n", Value::Int(1))]).opened();
        vec![(slot::RESOURCE_PROPERTIES, Value::from(map))]
    };
    for (source, wanted) in [
        ("resource.properties.owner == 'ada'", True),
        ("resource.properties.owner == 'eve'", False),
        ("resource.properties.team == 'x'", Unknown),
        ("has(resource.properties.owner)", True),
        ("has(resource.properties.team)", Unknown),
        ("resource.properties[?'team'].hasValue()", Unknown),
        ("'owner' in resource.properties", True),
        ("'team' in resource.properties", Unknown),
        ("size(resource.properties) == 2", Unknown),
        ("resource.properties == {'owner': 'ada', 'n': 1}", Unknown),
        ("resource.properties.exists(k, k == 'n')", True),
        ("resource.properties.exists(k, k == 'q')", Unknown),
        ("resource.properties.all(k, k == 'n')", False),
        ("resource.properties.all(k, k != 'q')", Unknown),
        ("resource.properties.exists_one(k, k == 'n')", Unknown),
        ("size(resource.properties.filter(k, true)) > 0", Unknown),
        ("'%s'.format([resource.properties]) == ''", Unknown),
    ] {
        assert_eq!(truth(source, given()), wanted, "{source}");
    }
    let condition = try_compile("resource.properties.team == 'x' && device.compliant").unwrap();
    assert_eq!(condition.unknowns(&Request::new(given())), [slot::RESOURCE_PROPERTIES, slot::DEVICE_COMPLIANT]);
}

#[test]
fn enumerations_are_ordered_by_place() {
    use Truth::{False, True, Unknown};
    let given = || {
        vec![
            (slot::RISK_USER, Value::Enum(&RISK, 1)),
            (slot::AGENT_ID, Value::from("low")),
            (slot::SESSION_ID, Value::from("odd")),
        ]
    };
    for (source, wanted) in [
        ("risk.user < 'medium'", True),
        ("'none' < risk.user", True),
        ("risk.user >= 'high'", False),
        ("risk.user == 'low'", True),
        ("risk.user in ['none', 'low']", True),
        ("'low' in [risk.user]", True),
        ("risk.user == agent.id", True),
        ("risk.user == session.id", Unknown),
        ("risk.user <= session.id", Unknown),
        ("string(risk.user) == 'low'", True),
        ("risk.user == risk.user", True),
        ("risk.user != null", True),
    ] {
        assert_eq!(truth(source, given()), wanted, "{source}");
    }
    assert!(refused("risk.user == risk.insider").contains("cannot be compared"));
    assert!(refused("risk.user in ['lo']").contains("did you mean `low`?"));
}

#[test]
fn labels_are_ordered_partially() {
    use Truth::{False, True};
    let given = |name: &str| vec![(slot::RESOURCE_LABEL, Value::Label(taxonomy().get(name).unwrap()))];
    for (label, source, wanted) in [
        ("public", "resource.label <= label('confidential')", True),
        ("public", "resource.label < label('public')", False),
        ("people", "resource.label <= label('confidential')", False),
        ("people", "resource.label >= label('confidential')", True),
        ("people", "resource.label > label('public')", True),
        ("people", "resource.label <= label('deals')", False),
        ("people", "resource.label >= label('deals')", False),
        ("people", "resource.label < label('deals')", False),
        ("people", "resource.label > label('deals')", False),
        ("people", "resource.label == label('people')", True),
        ("people", "label('public') <= resource.label", True),
        ("people", "resource.label in [label('people'), label('deals')]", True),
    ] {
        assert_eq!(truth(source, given(label)), wanted, "{label}: {source}");
    }
}

#[test]
fn clauses_are_named() {
    let condition = try_compile("device.compliant\n  && (risk.user < 'medium'\n && agent.id == 'a')").unwrap();
    assert_eq!(
        condition.clauses().collect::<Vec<_>>(),
        ["device.compliant", "risk.user < 'medium'", "agent.id == 'a'"]
    );
    assert_eq!(condition.references(), [slot::AGENT_ID, slot::RISK_USER, slot::DEVICE_COMPLIANT]);
    let facts = Request::new(vec![(slot::DEVICE_COMPLIANT, Value::Bool(true)), (slot::AGENT_ID, Value::from("a"))]);
    let clause = condition.first_failing_clause(&facts).unwrap();
    assert_eq!(
        (clause.text, clause.truth, clause.unknowns),
        ("risk.user < 'medium'", Truth::Unknown, vec![slot::RISK_USER])
    );
    let facts = Request::new(vec![(slot::AGENT_ID, Value::from("b"))]);
    // What is false says more than what is unknown.
    assert_eq!(condition.first_failing_clause(&facts).unwrap().text, "agent.id == 'a'");
    let condition = try_compile("1 / delegation.depth == 1").unwrap();
    let facts = Request::new(vec![(slot::DELEGATION_DEPTH, Value::Int(0))]);
    assert_eq!(condition.first_failing_clause(&facts).unwrap().error, Some(EvaluationError::DivisionByZero));
    assert!(condition.unknowns(&facts).is_empty());
}

#[test]
fn conditions_that_mean_the_same_are_equal() {
    let same = |a: &str, b: &str| try_compile(a).unwrap() == try_compile(b).unwrap();
    assert!(same("device.compliant&&(agent.id=='a')", "device.compliant && agent.id == \"a\""));
    assert!(!same("device.compliant", "device.managed"));
}

#[test]
fn nothing_overflows_the_stack() {
    let mut wide = Limits::default();
    wide.condition_bytes = 1 << 22;
    wide.condition_depth = usize::MAX;
    wide.condition_nodes = usize::MAX;
    for limits in [Limits::default(), wide] {
        for text in [
            "(".repeat(100_000),
            format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
            "[".repeat(100_000),
            "{1:".repeat(100_000),
            "!".repeat(100_000) + "true",
            "-".repeat(100_000) + "x",
            format!("a{}", ".b".repeat(100_000)),
            format!("a{}", "[0]".repeat(100_000)),
            format!("1{}", "+1".repeat(100_000)),
            format!("1{}", " < 1".repeat(100_000)),
            format!("true{}", " && true".repeat(100_000)),
            format!("true{}", " || true".repeat(100_000)),
            format!("{}1", "true ? 1 : ".repeat(100_000)),
            format!("{}1", "f(".repeat(100_000)),
            format!("a{}", ".f()".repeat(100_000)),
            format!("{}1", "[1].all(x, ".repeat(100_000)),
            format!("{}1", "cel.bind(x, 1, ".repeat(50_000)),
            format!("cel.block([{}1], 1)", "1, ".repeat(50_000)),
        ] {
            if let Ok(tree) = parse(&text, &limits) {
                let _ = tree.to_string();
                let _ = tree.clone();
                with(None, &limits, |d| {
                    if let Ok(c) = unchecked(&text, d) {
                        let _ = c.value(&Request::new(vec![]));
                    }
                });
            }
        }
    }
    // The deepest tree that any limit allows is evaluated in a small stack.
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let mut limits = Limits::default();
    limits.condition_depth = usize::MAX;
    with(None, &limits, |d| assert!(expression(&deep, d).unwrap().value(&Request::new(vec![])).is_ok()));
    let nested = format!("{}true{}", "[delegation.depth].exists(x, ".repeat(60), ")".repeat(60));
    with(None, &limits, |d| {
        let facts = Request::new(vec![(slot::DELEGATION_DEPTH, Value::Int(1))]);
        assert_eq!(compile(&nested, d).unwrap().evaluate(&facts), Truth::True);
    });
}

#[test]
fn cost_is_bounded() {
    let list = format!("[{}0]", "0, ".repeat(999));
    // Known at load.
    let error = refused(&format!("{list}.all(x, {list}.all(y, x + y <= delegation.depth))"));
    assert!(error.contains("steps"), "{error}");
    // Known only when it runs.
    let condition =
        try_compile("agent.groups.all(a, agent.groups.all(b, agent.groups.all(c, a + b + c != 'x')))").unwrap();
    let groups =
        |n: usize| vec![(slot::AGENT_GROUPS, (0..n).map(|i| Value::from(format!("g{i}"))).collect::<Value<'static>>())];
    assert_eq!(condition.evaluate(&Request::new(groups(5))), Truth::True);
    let facts = Request::new(groups(1000));
    assert_eq!(condition.evaluate(&facts), Truth::Unknown);
    assert_eq!(condition.first_failing_clause(&facts).unwrap().error, Some(EvaluationError::TooCostly));
    // Text that doubles.
    let doubling = format!("{}x.size() > 0{}", "cel.bind(x, x + x, ".repeat(40), ")".repeat(40));
    let condition = try_compile(&format!("cel.bind(x, agent.id, {doubling})")).unwrap();
    assert_eq!(condition.evaluate(&Request::new(vec![(slot::AGENT_ID, Value::from("ab"))])), Truth::Unknown);
    // Patterns that would be huge.
    assert!(refused("agent.id.matches('(a{1000}){1000}')").contains("larger than"));
    let long = format!("agent.id == '{}'", "x".repeat(20_000));
    assert!(refused(&long).contains("bytes"));
}

#[test]
fn own_functions() {
    let value = |source: &str| {
        with(None, &Limits::default(), |d| match expression(source, d) {
            Ok(c) => format!("{:?}", c.value(&Request::new(vec![]))),
            Err(e) => e.to_string(),
        })
    };
    let is_true = |source: &str| assert_eq!(value(source), "Ok(Bool(true))", "{source}");
    let is_false = |source: &str| assert_eq!(value(source), "Ok(Bool(false))", "{source}");
    let fails = |source: &str| assert!(value(source).starts_with("Err"), "{source}: {}", value(source));
    is_true("'/srv/data'.within('/srv/data')");
    is_true("'/srv/data/a/b'.within('/srv/data/')");
    is_true("'data/a'.within('data')");
    is_true("'/a'.within('/')");
    is_false("'/srv/database'.within('/srv/data')");
    is_false("'/srv'.within('/srv/data')");
    // What two readers could read in two ways passes neither the test nor its negation.
    for path in [
        "/srv/data/../etc",
        "/srv/data/./a",
        "/srv/data//a",
        "/srv/data/a\\\\b",
        "/srv/data/%2e%2e/x",
        "/srv/data/%2F",
        "/srv/data/%5cx",
        "",
        "/srv/data/..",
        "/srv/data/\\u0085",
    ] {
        fails(&format!("'{path}'.within('/srv/data')"));
        fails(&format!("!'{path}'.within('/etc')"));
    }
    is_true("url('https://api.example.com:8443/v1/x?q=1#f').host() == 'api.example.com'");
    is_true("url('https://api.example.com:8443/v1/x?q=1#f').port() == 8443");
    is_true(
        "url('https://API.example.com/v1').port() == 443 && url('https://API.example.com').host() == 'api.example.com'",
    );
    is_true("url('HTTPS://a/v1?x').scheme() == 'https' && url('https://a/v1?x').path() == '/v1'");
    is_true("url('https://[2001:db8::1]:1/').host() == '[2001:db8::1]'");
    is_true("url('https://api.example.com').hostIn(['*.example.com'])");
    is_false("url('https://example.com').hostIn(['*.example.com'])");
    is_false("url('https://evilexample.com').hostIn(['*.example.com', 'example.com'])");
    is_false("url('https://example.com.evil.org').hostIn(['*.example.com', 'example.com'])");
    for bad in [
        "https://user@example.com",
        "https://example.com\\\\@evil.org",
        "https:///x",
        "example.com",
        "https://exa mple.com",
        "https://example.com.",
        "https://ex%61mple.com",
        "https://a:b",
    ] {
        fails(&format!("url('{bad}')"));
    }
    is_true("email('Ada.L@Example.com').domain() == 'example.com' && email('Ada.L@Example.com').local() == 'Ada.L'");
    for bad in ["a@b@c", "@b", "a@", "a b@c", "a@b c", "\\\"a\\\"@b", "a@-b..c"] {
        fails(&format!("email('{bad}')"));
    }
    is_true("timestamp('2026-11-23T08:30:00Z').inHours('Mon-Fri', '09:00', '17:00', 'Europe/Paris')");
    is_false("timestamp('2026-11-23T07:59:59Z').inHours('Mon-Fri', '09:00', '17:00', 'Europe/Paris')");
    is_false("timestamp('2026-11-22T10:00:00Z').inHours('Mon-Fri', '09:00', '17:00', 'Europe/Paris')");
    // The night from Friday to Saturday is Friday's.
    is_true("timestamp('2026-11-28T03:00:00Z').inHours('Fri', '22:00', '06:00', '+00:00')");
    is_false("timestamp('2026-11-27T03:00:00Z').inHours('Fri', '22:00', '06:00', '+00:00')");
    is_true("timestamp('2026-11-22T03:00:00Z').inHours('Sat-Mon', '00:00', '24:00', 'UTC')");
    is_true("cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP('11.1.2.3')");
}
