//! Scopes allow what their table says; intersections are exact and derivation only narrows (law 6).
#![expect(clippy::unwrap_used, reason = "a test that goes wrong should stop where it does")]

use std::collections::BTreeMap;

use placet::pattern::Pattern;
use placet::scope::{Constraint, Scope, ScopeResource};
use placet::value::Value;
use proptest::prelude::*;

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn resource(kind: &str, id: &str) -> ScopeResource {
    ScopeResource { kind: kind.parse().ok(), id: id.parse().ok() }
}

fn scope(actions: &[&str], resources: &[(&str, &str)]) -> Scope {
    let resources = resources.iter().map(|(kind, id)| resource(kind, id)).collect();
    Scope { actions: patterns(actions), resources, arguments: BTreeMap::new() }
}

fn constraint(matches: &[&str], at_least: Option<f64>, at_most: Option<f64>) -> Constraint {
    Constraint { matches: patterns(matches), at_least, at_most }
}

fn allows(scope: &Scope, action: &str, kind: &str, id: &str, arguments: &BTreeMap<String, Value<'_>>) -> bool {
    scope.allows(action, kind, id, |name| arguments.get(name))
}

#[test]
fn a_scope_allows_action_resource_and_arguments_together() {
    let mut scope = scope(&["tools/call", "read*"], &[("tool", "files/*"), ("", "public/**"), ("mail", "")]);
    scope.arguments.insert("path".into(), constraint(&["/srv/**"], None, None));
    let path = |text: &'static str| BTreeMap::from([("path".to_owned(), Value::from(text))]);
    let good = path("/srv/a");
    assert!(allows(&scope, "tools/call", "tool", "files/read", &good));
    assert!(allows(&scope, "reading", "whatever", "public/x/y", &good));
    assert!(allows(&scope, "read", "mail", "any/thing", &good));
    assert!(!allows(&scope, "write", "tool", "files/read", &good));
    assert!(!allows(&scope, "read", "tool", "files/a/b", &good));
    assert!(!allows(&scope, "read", "other", "files/read", &good));
    for bad in ["/srv/../etc/passwd", "/srv", "/srv/a/", "/etc/a", "/srv//a", "/srv/%2e%2e/a", "/srv/a\\..\\b", ""] {
        assert!(!allows(&scope, "read", "mail", "x", &path(bad)), "`{bad}`");
    }
    assert!(!allows(&scope, "read", "mail", "x", &BTreeMap::new()));
    let empty = Scope { actions: vec![], ..scope.clone() };
    assert!(!allows(&empty, "read", "mail", "x", &good));
    let empty = Scope { resources: vec![], ..scope };
    assert!(!allows(&empty, "read", "mail", "x", &good));
}

#[test]
fn a_constraint_is_met_by_its_type_only() {
    let met = |constraint: &Constraint, value: Value<'static>| constraint.is_met(Some(&value));
    let between = constraint(&[], Some(1.5), Some(3.0));
    for good in [Value::Int(2), Value::Int(3), Value::Uint(2), Value::Double(1.5)] {
        assert!(met(&between, good.clone()), "{good:?}");
    }
    let bad = [Value::Int(1), Value::Int(4), Value::Double(f64::NAN), Value::Null, Value::from("2"), Value::Bool(true)];
    for bad in bad {
        assert!(!met(&between, bad.clone()), "{bad:?}");
    }
    assert!(!between.is_met(None));
    assert!(!Constraint::default().is_met(None));
    assert!(met(&Constraint::default(), Value::Null));
    for nan in [constraint(&[], Some(f64::NAN), None), constraint(&[], None, Some(f64::NAN))] {
        assert!(!met(&nan, Value::Int(0)) && !met(&nan, Value::Double(0.0)) && !met(&nan, Value::Double(f64::NAN)));
    }
    // Beyond 2^53 floats skip integers.
    let most = constraint(&[], None, Some(9_007_199_254_740_992.0));
    assert!(met(&most, Value::Int(9_007_199_254_740_992)));
    assert!(!met(&most, Value::Int(9_007_199_254_740_993)));
    assert!(!met(&most, Value::Uint(u64::MAX)));
    assert!(met(&constraint(&[], Some(f64::NEG_INFINITY), Some(f64::INFINITY)), Value::Uint(u64::MAX)));
    assert!(met(&constraint(&["a*"], None, None), Value::from("ab")));
    assert!(!met(&constraint(&["*"], None, None), Value::Int(1)));
}

#[test]
fn a_derived_scope_only_narrows() {
    let parent = scope(&["tools/*", "read"], &[("tool", "files/**"), ("", "public/**")]);
    let narrower = [
        scope(&["tools/call"], &[("tool", "files/read")]),
        scope(&["{tools/call,read}"], &[("tool", "files/a/**"), ("mail", "public/x")]),
        scope(&["read"], &[("tool", "{files/a,public/b}")]),
        scope(&[], &[("tool", "**")]),
        scope(&["**"], &[]),
    ];
    for derived in narrower {
        assert!(derived.attenuates(&parent), "{derived:?}");
    }
    let wider = [
        scope(&["*"], &[("tool", "files/read")]),
        scope(&["read"], &[("", "files/read")]),
        scope(&["read"], &[("tool", "")]),
        scope(&["read"], &[("tool", "files/read"), ("mail", "inbox")]),
    ];
    for derived in wider {
        assert!(!derived.attenuates(&parent), "{derived:?}");
    }
    let mut bounded = parent.clone();
    bounded.arguments.insert("amount".into(), constraint(&[], None, Some(100.0)));
    assert!(bounded.attenuates(&parent));
    assert!(!parent.attenuates(&bounded));
    let mut tighter = bounded.clone();
    tighter.arguments.insert("amount".into(), constraint(&[], Some(1.0), Some(50.0)));
    assert!(tighter.attenuates(&bounded) && !bounded.attenuates(&tighter));
}

#[test]
fn intersections_read_well_and_end_in_nothing() {
    let a = scope(&["tools/*"], &[("tool", "files/**"), ("", "public/**")]);
    let b = scope(&["*/call"], &[("tool", "**/read"), ("mail", "")]);
    let both = a.intersect(&b).unwrap();
    assert_eq!(both.actions, patterns(&["tools/call"]));
    let mut found: Vec<String> = both.resources.iter().map(|r| format!("{:?} {:?}", r.kind, r.id)).collect();
    found.sort();
    let expected = [
        r#"Some("mail") Some("public/**")"#,
        r#"Some("tool") Some("files/**/read")"#,
        r#"Some("tool") Some("public/**/read")"#,
    ];
    assert_eq!(found, expected);
    assert_eq!(a.intersect(&scope(&["read"], &[("", "")])), None);
    assert_eq!(a.intersect(&scope(&["**"], &[("mail", "files/x")])), None);
}

#[test]
fn long_lists_are_intersected_without_their_product() {
    let ids = |start: &str| (0..2_000).map(|n| resource("tool", &format!("{start}{n}/*"))).collect::<Vec<_>>();
    let many = |resources| Scope { actions: patterns(&["**"]), resources, arguments: BTreeMap::new() };
    let (a, b) = (many(ids("a")), many(ids("{a,b}")));
    let mut both = a.intersect(&b).unwrap();
    for _ in 0..6 {
        both = both.intersect(&b).unwrap();
    }
    assert!(both.resources.len() < 300);
    let none = BTreeMap::new();
    assert!(allows(&both, "read", "tool", "a1999/x", &none));
    assert!(!allows(&both, "read", "tool", "b1999/x", &none));
    assert!(!allows(&both, "read", "tool", "a1999/x/y", &none));
    assert!(!allows(&both, "read", "mail", "a1999/x", &none));
}

fn some_pattern() -> impl Strategy<Value = Pattern> {
    let texts =
        ["a", "b", "*", "a/*", "*/b", "**", "a/**", "**/b", "{a,b}/*", "[ab]", "a*", "*b", "*a*", "*b*", "/a", "/**"];
    prop::sample::select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn some_constraint() -> impl Strategy<Value = Constraint> {
    let number = prop::option::of(prop::sample::select(vec![-1.0, 0.0, 0.5, 1.0, 2.0, f64::NAN, f64::INFINITY]));
    (prop::collection::vec(some_pattern(), 0..3), number.clone(), number)
        .prop_map(|(matches, at_least, at_most)| Constraint { matches, at_least, at_most })
}

fn some_scope() -> impl Strategy<Value = Scope> {
    let kind =
        prop::option::of(prop::sample::select(vec!["t", "u"])).prop_map(|kind| kind.and_then(|k| k.parse().ok()));
    let resource = (kind, prop::option::of(some_pattern())).prop_map(|(kind, id)| ScopeResource { kind, id });
    let name = prop::sample::select(vec!["x", "y"]).prop_map(str::to_owned);
    (
        prop::collection::vec(some_pattern(), 0..4),
        prop::collection::vec(resource, 0..4),
        prop::collection::btree_map(name, some_constraint(), 0..2),
    )
        .prop_map(|(actions, resources, arguments)| Scope { actions, resources, arguments })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn law_6_intersections_are_exact_and_covering_is_sound(a in some_scope(), b in some_scope(), c in some_scope()) {
        let over = a.covers(&b);
        prop_assert!(a.covers(&a));
        let both = a.intersect(&b);
        let three = both.as_ref().and_then(|both| both.intersect(&c));
        if let Some(both) = &both {
            prop_assert!(both.attenuates(&a) && both.attenuates(&b), "{:?}", both);
        }
        let texts = ["a", "b", "ab", "a/b", "b/a", "a/a/b", "/a", "/b"];
        let values = [
            None,
            Some(Value::from("a/b")),
            Some(Value::from("ab")),
            Some(Value::Int(1)),
            Some(Value::Double(0.5)),
            Some(Value::Double(f64::NAN)),
            Some(Value::Null),
        ];
        for (action, id) in texts.iter().flat_map(|action| texts.iter().map(move |id| (action, id))) {
            for (x, y) in values.iter().zip(values.iter().cycle().skip(1)).chain(values.iter().zip(&values)) {
                for kind in ["t", "u", "v"] {
                    let given = [("x", x), ("y", y)].into_iter();
                    let arguments = given.filter_map(|(n, v)| Some((n.to_owned(), v.clone()?))).collect();
                    let on = |scope: &Scope| allows(scope, action, kind, id, &arguments);
                    let (in_a, in_b, in_c) = (on(&a), on(&b), on(&c));
                    prop_assert!(!over || in_a || !in_b);
                    prop_assert_eq!(both.as_ref().is_some_and(&on), in_a && in_b, "{:?}", &both);
                    prop_assert_eq!(three.as_ref().is_some_and(on), in_a && in_b && in_c, "{:?}", &three);
                }
            }
        }
    }
}
