//! What validation refuses, what warnings say, and which documents are none.

use placet::access::policy::{InsiderRisk, Risk};
use placet::access::{Policy, PolicySet, Reading, SignIn, lint, validate};
use placet::fact::{INSIDER_RISK, RISK};
use serde_json::{Value, json};

use crate::set;

fn one(policy: Value) -> PolicySet {
    let mut whole = json!({"id": "p", "targets": {"include": {"all": true}}});
    whole.as_object_mut().unwrap().extend(policy.as_object().unwrap().clone());
    set(json!({"policies": [whole]}))
}

fn errors(set: &PolicySet, reading: Reading) -> Vec<&'static str> {
    validate(set, reading).0.iter().map(|d| d.code).collect()
}

fn warnings(set: &PolicySet) -> Vec<&'static str> {
    lint(set).0.iter().map(|d| d.code).filter(|code| *code != "access.mode_gap").collect()
}

fn users() -> Value {
    json!({"users": {"include": {"all": true}}})
}

fn require(controls: Value) -> Value {
    json!({"require": {"controls": controls}})
}

#[test]
fn lanes_of_the_original_system() {
    let agents = json!({"agents": {"include": {"all": true}}});
    let agent_users = json!({"agent_users": {"include": {"all": true}}});
    let workloads = json!({"workloads": {"include": {"all": true}}});
    let anywhere = json!({"locations": {"include": {"all": true}}});
    let compliant_network = json!({"locations": {"include": {"all": true}, "exclude": {"compliant_network": true}}});
    for (policy, wanted) in [
        (json!({"subjects": agents, "conditions": {"agent_risk": ["high"]}, "grant": "block"}), vec![]),
        (
            json!({"subjects": agents, "conditions": anywhere, "grant": "block"}),
            vec!["access.condition_not_supported_for_agent_identities"],
        ),
        (
            json!({"subjects": agents, "grant": require(json!(["mfa"]))}),
            vec!["access.control_not_supported_for_agent_identities"],
        ),
        (
            json!({"subjects": agents, "grant": "block", "session": {"token_protection": true}}),
            vec!["access.session_not_supported_for_agent_identities"],
        ),
        (json!({"subjects": agent_users, "grant": require(json!(["compliant_device"]))}), vec![]),
        (
            json!({"subjects": agent_users, "grant": require(json!(["mfa"]))}),
            vec!["access.control_not_supported_for_agent_users"],
        ),
        (
            json!({"subjects": agent_users, "conditions": {"user_risk": ["high"]}, "grant": "block"}),
            vec!["access.condition_not_supported_for_agent_users"],
        ),
        (
            json!({"subjects": agent_users, "conditions": {"locations": {"include": {"all_trusted": true}}}, "grant": "block"}),
            vec!["access.condition_not_supported_for_agent_users"],
        ),
        (json!({"subjects": workloads, "conditions": anywhere, "grant": "block"}), vec![]),
        (
            json!({"subjects": workloads, "grant": require(json!(["mfa"]))}),
            vec!["access.control_not_supported_for_workload_identities"],
        ),
        (
            json!({"subjects": users(), "conditions": {"agent_risk": ["high"]}, "grant": "block"}),
            vec!["access.condition_not_supported_for_users"],
        ),
        (
            json!({"subjects": users(), "conditions": compliant_network, "grant": require(json!(["mfa", "compliant_device"]))}),
            vec![],
        ),
        (
            json!({"subjects": workloads, "conditions": {"user_risk": ["high"]}, "grant": "block", "session": {"token_protection": true}}),
            vec![
                "access.condition_not_supported_for_workload_identities",
                "access.session_not_supported_for_workload_identities",
            ],
        ),
        (
            json!({"subjects": agent_users, "grant": "block", "session": {"token_protection": true}}),
            vec!["access.session_not_supported_for_agent_users"],
        ),
        (
            json!({
                "subjects": {"users": {"include": {"all": true}}, "agents": {"include": {"all": true}}},
                "grant": require(json!(["sponsor_approval"])),
            }),
            vec!["access.control_not_supported_for_users", "access.control_not_supported_for_agent_identities"],
        ),
        (json!({"subjects": {"everyone": true}, "grant": "block"}), vec!["access.everyone_not_supported"]),
    ] {
        let set = one(policy.clone());
        assert_eq!(errors(&set, Reading::Faithful), wanted, "{policy}");
        // Ours has no such limits.
        assert!(errors(&set, Reading::Strict).is_empty(), "{policy}");
    }
}

#[test]
fn password_changes_and_continuous_access() {
    let change = |more: Value| {
        let mut policy = json!({"subjects": users(), "conditions": {"user_risk": ["high"]}, "grant": require(json!(["password_change"]))});
        policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        errors(&one(policy), Reading::Faithful)
    };
    assert!(change(json!({})).is_empty());
    assert_eq!(change(json!({"targets": {"include": {"ids": ["x"]}}})), ["access.password_change_needs_all_resources"]);
    assert_eq!(change(json!({"conditions": {"client_apps": ["browser"]}})), ["access.password_change_condition"]);
    assert_eq!(
        change(json!({"grant": require(json!(["password_change", "compliant_device"]))})),
        ["access.password_change_combined"]
    );

    let disabled = json!({"continuous_access_evaluation": "disabled"});
    let of = |more: Value| {
        let mut policy = json!({"subjects": users(), "session": disabled});
        policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        errors(&one(policy), Reading::Faithful)
    };
    assert!(of(json!({})).is_empty());
    assert_eq!(of(json!({"conditions": {"client_apps": ["browser"]}})), ["access.continuous_access_shape"]);
    assert_eq!(
        of(json!({"targets": {"include": {"all": true}, "exclude": {"ids": ["x"]}}})),
        ["access.continuous_access_shape"]
    );
}

#[test]
fn faults_in_both_readings() {
    for (policy, wanted) in [
        (json!({"grant": "block"}), "access.empty_subjects"),
        (json!({"subjects": users(), "targets": {}, "grant": "block"}), "access.empty_targets"),
        (json!({"subjects": users(), "grant": require(json!([]))}), "access.empty_controls"),
        (json!({"subjects": users(), "grant": require(json!(["sponsor_approval"]))}), "access.sponsor_without_agent"),
        (json!({"subjects": users(), "session": {"sign_in_frequency": {"hours": 0}}}), "access.frequency"),
        (
            json!({"subjects": users(), "targets": {"include": {"groups": ["office"]}}, "grant": "block"}),
            "access.unknown_resource_group",
        ),
        (
            json!({"subjects": users(), "conditions": {"locations": {"include": {"names": ["hq"]}}}, "grant": "block"}),
            "access.unknown_location",
        ),
        (
            json!({"subjects": users(), "conditions": {"device": {"mode": "include", "rule": "CustomSecurityAttribute.A_b -eq \"x\""}}, "grant": "block"}),
            "access.filter_other_domain",
        ),
        (
            json!({"subjects": {"agents": {"include": {"filter": "device.model -eq \"x\""}}}, "grant": "block"}),
            "access.filter_other_domain",
        ),
    ] {
        assert_eq!(errors(&one(policy.clone()), Reading::Strict), [wanted], "{policy}");
    }
    let twice = set(json!({"policies": [
        {"id": "p", "subjects": users(), "targets": {"include": {"all": true}}},
        {"id": "p", "subjects": users(), "targets": {"include": {"all": true}}},
    ]}));
    assert_eq!(errors(&twice, Reading::Strict), ["access.duplicate_policy"]);
    let near = set(json!({
        "locations": {"head office": {"ranges": {"cidr": ["198.51.100.0/24"]}}},
        "policies": [{"id": "p", "subjects": users(), "targets": {"include": {"all": true}},
            "conditions": {"locations": {"include": {"names": ["head ofice"]}}}, "grant": "block"}],
    }));
    insta::assert_snapshot!(validate(&near, Reading::Strict), @r"
    error: policy `p` names the location `head ofice`, which nothing defines [access.unknown_location]
        = help: did you mean `head office`?
    ");
}

#[test]
fn limits_of_the_original_system() {
    let wide = set(
        json!({"locations": {"a": {"ranges": {"cidr": ["10.0.0.0/8"]}}, "b": {"ranges": {"cidr": ["10.0.0.0/9"]}}}}),
    );
    assert_eq!(errors(&wide, Reading::Faithful), ["access.range_too_wide"]);
    let ranges = vec!["198.51.100.0/24"; 2_001];
    assert_eq!(
        errors(&set(json!({"locations": {"a": {"ranges": {"cidr": ranges}}}})), Reading::Faithful),
        ["access.too_many_ranges"]
    );
    let many: serde_json::Map<String, Value> =
        (0..196).map(|i| (i.to_string(), json!({"countries": {"codes": ["US"]}}))).collect();
    assert_eq!(errors(&set(json!({"locations": many})), Reading::Faithful), ["access.too_many_locations"]);
    let mixed = one(
        json!({"subjects": users(), "targets": {"include": {"all": true, "user_actions": ["register"]}}, "grant": "block"}),
    );
    assert_eq!(errors(&mixed, Reading::Faithful), ["access.mixed_targets"]);
}

#[test]
fn warnings_about_policies() {
    let device = |mode: &str, rule: &str| json!({"device": {"mode": mode, "rule": rule}});
    let agent_users = json!({"agent_users": {"include": {"all": true}}});
    for (policy, wanted) in [
        (json!({"subjects": agent_users, "grant": "block"}), vec![]),
        (json!({"subjects": users(), "grant": "block"}), vec!["access.agent_users_not_covered"]),
        (
            json!({"subjects": {"agents": {"include": {"blueprints": ["b"]}}}, "grant": "block"}),
            vec!["access.agent_users_not_covered", "access.actor_not_judged"],
        ),
        (
            json!({"subjects": agent_users, "conditions": device("exclude", "device.model -ne \"x\""), "grant": "block"}),
            vec!["access.negative_device_exclusion"],
        ),
        (
            json!({"subjects": agent_users, "conditions": device("exclude", "device.model -eq \"x\""), "grant": "block"}),
            vec![],
        ),
        (
            json!({"subjects": agent_users, "conditions": device("include", "device.model -ne \"x\""), "grant": "block"}),
            vec![],
        ),
        // The whole filter counts, not its operators.
        (
            json!({"subjects": agent_users, "conditions": device("exclude", "-not (device.model -eq \"x\")"), "grant": "block"}),
            vec!["access.negative_device_exclusion"],
        ),
        (
            json!({"subjects": agent_users, "conditions": device("exclude", "device.model -ne \"x\" -and device.trustType -eq \"y\""), "grant": "block"}),
            vec![],
        ),
        (
            json!({"subjects": agent_users, "conditions": {"agent_risk": ["medium"]}, "grant": "block"}),
            vec!["access.risk_gap"],
        ),
        (json!({"subjects": agent_users, "conditions": {"agent_risk": ["medium", "high"]}, "grant": "block"}), vec![]),
        (
            json!({"subjects": agent_users, "conditions": {"agent_risk": ["low", "high"]}, "grant": "block"}),
            vec!["access.risk_gap"],
        ),
        (json!({"subjects": agent_users}), vec!["access.demands_nothing"]),
        (
            json!({"subjects": agent_users, "grant": require(json!(["approved_application"]))}),
            vec!["access.retiring_control"],
        ),
        (
            json!({"subjects": agent_users, "targets": {"include": {"tools": ["crm/*"]}}, "grant": "block"}),
            vec!["access.tool_without_application"],
        ),
        (
            json!({"subjects": agent_users, "conditions": {"platforms": {"include": {"all": true}, "exclude": {"names": ["ios"]}}}, "grant": "block"}),
            vec!["access.unverified_exemption"],
        ),
        (
            json!({"subjects": {"agent_users": {"include": {"all": true}, "exclude": {"ids": ["au"]}}},
                "targets": {"include": {"all": true}, "exclude": {"ids": ["x"]}}, "grant": "block"}),
            vec!["access.exclusion_hole"],
        ),
        (json!({"state": "off", "subjects": users(), "grant": "block"}), vec![]),
    ] {
        assert_eq!(warnings(&one(policy.clone())), wanted, "{policy}");
    }
    let country = |unknown: bool| {
        let mut set = one(
            json!({"subjects": agent_users, "conditions": {"locations": {"include": {"names": ["us"]}}}, "grant": "block"}),
        );
        set.locations =
            serde_json::from_value(json!({"us": {"countries": {"codes": ["US"], "include_unknown": unknown}}}))
                .unwrap();
        warnings(&set)
    };
    assert_eq!((country(false), country(true)), (vec!["access.unknown_country_gap"], vec![]));
}

#[test]
fn a_way_of_acting_that_no_policy_looks_at() {
    let gaps = |subjects: Value, state: &str| -> Vec<String> {
        let set = one(json!({"subjects": subjects, "state": state, "grant": "block"}));
        lint(&set).0.into_iter().filter(|d| d.code == "access.mode_gap").map(|d| d.message).collect()
    };
    assert_eq!(
        gaps(users(), "on"),
        [
            "no policy looks at what agents do as themselves",
            "no policy looks at what agents do through user accounts of their own",
        ]
    );
    assert!(gaps(json!({"everyone": true}), "on").is_empty());
    // A report-only policy looks, and does not count.
    assert!(gaps(users(), "report_only").is_empty(), "no policy counts at all: nothing to compare");
}

#[test]
fn documents() {
    for text in [
        r#"{"id": "p", "grants": "block"}"#,
        r#"{"id": "p", "grant": "allow"}"#,
        r#"{"id": "p", "state": "enabled"}"#,
        r#"{"id": "p", "conditions": {"user_risk": ["severe"]}}"#,
        r#"{"id": "p", "conditions": {"device": {"mode": "include", "rule": "device.model"}}}"#,
        r#"{"id": "p", "targets": {"include": {"tools": ["../x"]}}}"#,
        r#"{"id": "p", "subjects": {"users": {"include": {"everyone": true}}}}"#,
        r#"{"grant": "block"}"#,
    ] {
        assert!(serde_json::from_str::<Policy>(text).is_err(), "{text}");
    }
    for text in [
        r#"{"subject": {"type": "user", "id": "u"}, "target": {"id": "x"}, "xForwardedFor": "198.51.100.7"}"#,
        r#"{"subject": {"type": "robot", "id": "u"}, "target": {"id": "x"}}"#,
        r#"{"subject": {"type": "user", "id": "u"}, "target": {"id": "x"}, "network": {"ip": "300.1.1.1"}}"#,
        r#"{"subject": {"type": "user", "id": "u", "admin": true}, "target": {"id": "x"}}"#,
        r#"{"target": {"id": "x"}}"#,
    ] {
        assert!(serde_json::from_str::<SignIn>(text).is_err(), "{text}");
    }
}

#[test]
fn levels_are_those_of_the_facts() {
    let names: Vec<&str> = Risk::ALL.iter().map(|risk| risk.name()).collect();
    assert_eq!(names, RISK.members);
    let names: Vec<&str> = InsiderRisk::ALL.iter().map(|risk| risk.name()).collect();
    assert_eq!(names, INSIDER_RISK.members);
}
