//! Both readings side by side, behaviour by behaviour; what-if; sessions; devices.

use placet::access::device::{ComplianceSettings, ComplianceState, Posture};
use placet::access::location::AddressRange;
use placet::access::policy::{Control, Transfer};
use placet::access::session::{ContinuousAccess, Frequency, Persistence, Renewal, Session};
use placet::access::signals::{Flows, Signal};
use placet::access::{
    Decision, Engine, Outcome, Part, PolicySet, Reading, Report, SignIn, Tool, baseline_only, entra, strict, what_if,
};
use placet::time::Timestamp;
use serde_json::{Value, json};

use crate::{set, sign_in};

/// A policy set of one policy `p` that blocks all resources for the subjects given, with members added.
fn block(subjects: Value, more: Value) -> PolicySet {
    let mut policy = json!({"id": "p", "subjects": subjects, "targets": {"include": {"all": true}}, "grant": "block"});
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    set(json!({"policies": [policy]}))
}

fn granted(report: &Report) -> bool {
    matches!(report.decision, Decision::Grant { .. })
}

/// Whether the faithful and the strict reading grant.
fn both(set: &PolicySet, call: &SignIn) -> (bool, bool) {
    (granted(&entra(set, call)), granted(&strict(set, call)))
}

fn all_users() -> Value {
    json!({"users": {"include": {"all": true}}})
}

fn user() -> Value {
    json!({"subject": {"type": "user", "id": "ada"}, "target": {"id": "x"}})
}

/// A call by ada with members added.
fn by_ada(more: Value) -> SignIn {
    let mut call = user();
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sign_in(call)
}

fn agent_user() -> Value {
    json!({"type": "agent_user", "id": "au", "parent": {"id": "a1", "blueprint": "b1"}, "groups": ["g"]})
}

#[test]
fn agents_and_their_users() {
    let on_behalf = by_ada(json!({"actor": {"id": "a1", "blueprint": "b1"}, "risk": {"agent": "high"}}));
    let as_user = sign_in(json!({"subject": agent_user(), "target": {"id": "x"}}));
    let itself = sign_in(json!({"subject": {"type": "agent", "id": "a1", "blueprint": "b1"}, "target": {"id": "x"}}));
    let agents = json!({"agents": {"include": {"all": true}}});
    let blueprint = json!({"agents": {"include": {"blueprints": ["b1"]}}});
    let group = json!({"users": {"include": {"groups": ["g"]}}});
    let everyone = json!({"everyone": true});
    for (subjects, call, wanted) in [
        (&agents, &itself, (false, false)),
        (&agents, &on_behalf, (true, false)),
        (&agents, &as_user, (true, false)),
        (&blueprint, &as_user, (true, false)),
        (&blueprint, &itself, (false, false)),
        (&all_users(), &as_user, (true, false)),
        (&all_users(), &itself, (true, true)),
        (&group, &as_user, (true, false)),
        (&everyone, &itself, (false, false)),
        (&everyone, &as_user, (false, false)),
    ] {
        assert_eq!(both(&block(subjects.clone(), json!({})), call), wanted, "{subjects} {call:?}");
    }
    // Risk of the agent is not seen behind a user.
    let risky = block(all_users(), json!({"conditions": {"agent_risk": ["high"]}}));
    assert_eq!(both(&risky, &on_behalf), (true, false));
}

#[test]
fn roles_guests_and_workloads() {
    let holder = |role: Value| {
        sign_in(json!({"subject": {"type": "user", "id": "ada", "roles": [role]}, "target": {"id": "x"}}))
    };
    let by_role = block(json!({"users": {"include": {"roles": ["r"]}}}), json!({}));
    assert_eq!(both(&by_role, &holder(json!({"id": "r", "built_in": true}))), (false, false));
    assert_eq!(both(&by_role, &holder(json!({"id": "r"}))), (true, false));
    assert_eq!(both(&by_role, &holder(json!({"id": "r", "built_in": true, "scoped": true}))), (true, false));
    // A role that is not evaluated exempts nobody, in either reading.
    let exempt = block(json!({"users": {"include": {"all": true}, "exclude": {"roles": ["r"]}}}), json!({}));
    assert_eq!(both(&exempt, &holder(json!({"id": "r"}))), (false, false));
    assert_eq!(both(&exempt, &holder(json!({"id": "r", "built_in": true}))), (true, true));

    let guest = sign_in(json!({
        "subject": {"type": "user", "id": "eve", "guest": {"kind": "b2b_collaboration_guest", "tenant": "t1"}},
        "target": {"id": "x"},
    }));
    for (guests, hit) in [
        (json!({}), true),
        (json!({"kinds": ["b2b_collaboration_guest"], "tenants": ["t1"]}), true),
        (json!({"kinds": ["internal_guest"]}), false),
        (json!({"tenants": ["t2"]}), false),
    ] {
        let of_guests = block(json!({"users": {"include": {"guests": guests}}}), json!({}));
        assert_eq!(both(&of_guests, &guest), (!hit, !hit));
        assert_eq!(both(&of_guests, &by_ada(json!({}))), (true, true));
    }

    let workloads = block(json!({"workloads": {"include": {"all": true}}}), json!({}));
    let workload = |more: &str| -> SignIn {
        serde_json::from_str(&format!(
            r#"{{"subject": {{"type": "workload", "id": "w" {more}}}, "target": {{"id": "x"}}}}"#
        ))
        .unwrap()
    };
    assert_eq!(both(&workloads, &workload("")), (false, false));
    assert_eq!(both(&workloads, &workload(r#", "managed_identity": true"#)), (true, false));
    assert_eq!(both(&workloads, &workload(r#", "multi_tenant": true"#)), (true, false));
}

#[test]
fn targets() {
    let of = |targets: Value| {
        let policy = json!({"id": "p", "subjects": {"everyone": true}, "targets": targets, "grant": "block"});
        set(json!({"resource_groups": {"suite": ["mail"]}, "policies": [policy]}))
    };
    let to = |target: Value| by_ada(json!({"target": target}));
    let all = json!({"include": {"all": true}});
    let tool = json!({"kind": "tool", "id": "crm/delete"});
    let tool_with_application = json!({"kind": "tool", "id": "crm/delete", "application": "crm-app"});
    for (targets, target, wanted) in [
        (all.clone(), tool.clone(), (true, false)),
        (all.clone(), tool_with_application.clone(), (false, false)),
        (all.clone(), json!({"kind": "user_action", "id": "register"}), (true, false)),
        (all.clone(), json!({"kind": "agent_resource", "id": "a2"}), (false, false)),
        (json!({"include": {"tools": ["crm/*"]}}), tool.clone(), (true, false)),
        (json!({"include": {"ids": ["crm-app"]}}), tool_with_application, (false, false)),
        (json!({"include": {"agent_resources": true}}), json!({"kind": "agent_resource", "id": "a2"}), (false, false)),
        (json!({"include": {"agent_resources": true}}), json!({"id": "a2"}), (true, true)),
        (
            json!({"include": {"user_actions": ["register"]}}),
            json!({"kind": "user_action", "id": "register"}),
            (false, false),
        ),
        (
            json!({"include": {"authentication_contexts": ["c1"]}}),
            json!({"kind": "authentication_context", "id": "c1"}),
            (false, false),
        ),
        // A group means its members, never its name; one that nothing defines may mean anything.
        (json!({"include": {"groups": ["suite"]}}), json!({"id": "mail"}), (false, false)),
        (json!({"include": {"groups": ["suite"]}}), json!({"id": "suite"}), (true, true)),
        (json!({"include": {"groups": ["office"]}}), json!({"id": "mail"}), (true, false)),
        (json!({"include": {"all": true}, "exclude": {"groups": ["office"]}}), json!({"id": "mail"}), (false, false)),
        (json!({"include": {"all": true}, "exclude": {"ids": ["mail"]}}), json!({"id": "mail"}), (true, true)),
        (json!({"include": {"all": true}, "exclude": {"tools": ["crm/*"]}}), tool, (true, true)),
        (
            json!({"include": {"all": true}, "exclude": {"filter": "CustomSecurityAttribute.App_Dep -eq \"HR\""}}),
            json!({"id": "mail", "attributes": {"App_Dep": "hr"}}),
            (true, true),
        ),
    ] {
        assert_eq!(both(&of(targets.clone()), &to(target.clone())), wanted, "{targets} {target}");
    }
}

#[test]
fn baseline_scopes() {
    assert!(baseline_only(["openid", "User.Read"]) && !baseline_only(["openid", "Mail.Read"]) && !baseline_only([]));
    let directory = placet::access::DIRECTORY;
    let of = |excluded: &[&str], exempt: bool| {
        let targets = json!({"include": {"all": true}, "exclude": {"ids": excluded}});
        let policy = json!({"id": "p", "subjects": all_users(), "targets": targets, "grant": "block"});
        set(json!({"baseline_scopes_exempt": exempt, "policies": [policy]}))
    };
    let call = by_ada(json!({"target": {"id": "mail", "baseline_scopes_only": true}}));
    // Until June 2026 the policy did not see it; since then it is access to the directory.
    assert_eq!(both(&of(&["other"], true), &call), (true, false));
    assert_eq!(both(&of(&["other"], false), &call), (false, false));
    assert_eq!(both(&of(&["mail"], false), &call), (false, false));
    assert_eq!(both(&of(&[directory], false), &call), (true, false));
    assert_eq!(both(&of(&["mail", directory], false), &call), (true, true));
}

#[test]
fn risks() {
    let medium = |kind: &str| block(all_users(), json!({"conditions": {kind: ["medium"]}}));
    for (level, wanted) in [
        (json!({"sign_in": "none"}), (true, true)),
        (json!({"sign_in": "low"}), (true, true)),
        (json!({"sign_in": "medium"}), (false, false)),
        (json!({"sign_in": "high"}), (true, false)),
        (json!({}), (true, false)),
    ] {
        assert_eq!(both(&medium("sign_in_risk"), &by_ada(json!({"risk": level}))), wanted, "{level}");
    }
    // Nobody in the call can have this risk: a known no.
    assert_eq!(both(&medium("agent_risk"), &by_ada(json!({}))), (true, true));
    assert_eq!(both(&medium("service_principal_risk"), &by_ada(json!({}))), (true, true));
    let insider = block(all_users(), json!({"conditions": {"insider_risk": ["moderate"]}}));
    assert_eq!(both(&insider, &by_ada(json!({"risk": {"insider": "elevated"}}))), (true, false));
}

#[test]
fn locations() {
    let named = json!({
        "hq": {"ranges": {"cidr": ["198.51.100.0/24", "2001:db8::/32"], "trusted": true}},
        "guest": {"ranges": {"cidr": ["203.0.113.0/24"]}},
        "us": {"countries": {"codes": ["US"]}},
        "us_or_unknown": {"countries": {"codes": ["us"], "include_unknown": true}},
        "gps": {"countries": {"codes": ["US"], "by": "gps"}},
    });
    let of = |locations: Value| {
        let mut set = block(all_users(), json!({"conditions": {"locations": locations}}));
        set.locations = serde_json::from_value(named.clone()).unwrap();
        set
    };
    let include = |names: &[&str]| of(json!({"include": {"names": names}}));
    let untrusted = || of(json!({"include": {"all": true}, "exclude": {"all_trusted": true}}));
    for (set, network, wanted) in [
        (include(&["hq"]), json!({"ip": "198.51.100.7"}), (false, false)),
        (include(&["hq"]), json!({"ip": "2001:db8:1::1"}), (false, false)),
        (include(&["hq"]), json!({"ip": "203.0.113.9"}), (true, true)),
        // An IPv4 address is one however it is spelt.
        (include(&["hq"]), json!({"ip": "::ffff:198.51.100.7"}), (false, false)),
        (include(&["hq"]), json!({}), (true, false)),
        (include(&["us"]), json!({"country": "US"}), (false, false)),
        (include(&["us"]), json!({"country": null}), (true, true)),
        (include(&["us_or_unknown"]), json!({"country": null}), (false, false)),
        (include(&["us"]), json!({}), (true, false)),
        (include(&["gps"]), json!({"country": "US", "gps_country": "FR"}), (true, true)),
        (include(&["nowhere"]), json!({"ip": "198.51.100.7"}), (true, false)),
        (untrusted(), json!({"ip": "198.51.100.7"}), (true, true)),
        (untrusted(), json!({"ip": "203.0.113.9"}), (false, false)),
        (untrusted(), json!({}), (false, false)),
        (
            of(json!({"include": {"all": true}, "exclude": {"compliant_network": true}})),
            json!({"compliant": true}),
            (true, true),
        ),
        (of(json!({"include": {"all": true}, "exclude": {"compliant_network": true}})), json!({}), (false, false)),
    ] {
        assert_eq!(
            both(&set, &by_ada(json!({"network": network}))),
            wanted,
            "{network} {:?}",
            set.policies[0].conditions
        );
    }
    for text in [
        "198.51.100.0",
        "198.51.100.0/33",
        "198.51.100.0/+8",
        "198.51.100.0/08",
        "::/129",
        "::ffff:10.0.0.0/104",
        "x/8",
        "",
    ] {
        assert!(text.parse::<AddressRange>().is_err(), "{text}");
    }
    let all: AddressRange = "0.0.0.0/0".parse().unwrap();
    assert!(all.contains("255.255.255.255".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
}

/// The truth table of device filters: a policy that blocks, with the filter in either mode.
#[test]
fn device_filters() {
    let of =
        |mode: &str, rule: &str| block(all_users(), json!({"conditions": {"device": {"mode": mode, "rule": rule}}}));
    let none = json!(null);
    let plain = json!({"attributes": {"model": "Surface", "extensionAttribute1": "SAW"}});
    let managed = json!({"managed": true, "attributes": {"model": "Surface", "extensionAttribute1": "SAW"}});
    let (is, is_not) = (r#"device.model -eq "Surface""#, r#"device.model -ne "Surface""#);
    let (saw, not_saw) = (r#"device.extensionAttribute1 -eq "SAW""#, r#"device.extensionAttribute1 -ne "SAW""#);
    for (mode, rule, device, wanted) in [
        // Not registered: positive never matches, negative always. Strict: it proves nothing, so the block stays.
        ("include", is, &none, (true, false)),
        ("include", is_not, &none, (false, false)),
        ("exclude", is, &none, (false, false)),
        ("exclude", is_not, &none, (true, false)),
        ("include", is, &plain, (false, false)),
        ("include", is_not, &plain, (true, true)),
        ("exclude", is, &plain, (true, true)),
        // Extension attributes count only for devices that are managed, compliant or joined.
        ("include", saw, &plain, (true, false)),
        ("include", not_saw, &plain, (true, false)),
        ("exclude", saw, &plain, (false, false)),
        ("exclude", not_saw, &plain, (false, false)),
        ("include", saw, &managed, (false, false)),
        ("exclude", saw, &managed, (true, true)),
    ] {
        let call = by_ada(json!({"device": device, "flows": {"now": null, "session": []}}));
        assert_eq!(both(&of(mode, rule), &call), wanted, "{mode} {rule} {device}");
    }
    // A device-code flow carries no device.
    let call = by_ada(json!({"device": managed, "flows": {"now": "device_code_flow", "session": []}}));
    assert_eq!(both(&of("include", is), &call), (true, false));
    assert_eq!(both(&of("exclude", is), &call), (false, false));
    // An unknown flow may be such a one.
    let call = by_ada(json!({"device": managed}));
    assert_eq!(both(&of("include", is_not), &call), (true, false));
    assert_eq!(both(&of("exclude", is), &call), (true, false));
}

#[test]
fn other_conditions() {
    let of = |conditions: Value| block(all_users(), json!({"conditions": conditions}));
    let platforms = of(json!({"platforms": {"include": {"all": true}, "exclude": {"names": ["ios"]}}}));
    assert_eq!(both(&platforms, &by_ada(json!({"platform": "ios"}))), (true, true));
    assert_eq!(both(&platforms, &by_ada(json!({"platform": "windows"}))), (false, false));
    assert_eq!(both(&platforms, &by_ada(json!({}))), (false, false));
    let legacy = of(json!({"client_apps": ["exchange_active_sync", "other"]}));
    assert_eq!(both(&legacy, &by_ada(json!({"client_app": "browser"}))), (true, true));
    assert_eq!(both(&legacy, &by_ada(json!({"client_app": "other"}))), (false, false));
    assert_eq!(both(&legacy, &by_ada(json!({}))), (true, false));

    let from_endpoints = |exclude: bool| {
        let side = if exclude { "exclude" } else { "include" };
        let contexts = json!({side: ["agent_user_sessions_initiated_from_endpoints"]});
        block(json!({"agent_users": {"include": {"all": true}}}), json!({"conditions": {"agent_context": contexts}}))
    };
    let call = |origin: Option<&str>| {
        let mut call = json!({"subject": agent_user(), "target": {"id": "x"}});
        if let Some(origin) = origin {
            call["origin"] = json!(origin);
        }
        sign_in(call)
    };
    assert_eq!(both(&from_endpoints(false), &call(Some("endpoint"))), (false, false));
    assert_eq!(both(&from_endpoints(false), &call(Some("cloud"))), (true, true));
    assert_eq!(both(&from_endpoints(false), &call(None)), (true, false));
    assert_eq!(both(&from_endpoints(true), &call(Some("endpoint"))), (true, true));
    assert_eq!(both(&from_endpoints(true), &call(None)), (false, false));
}

#[test]
fn flows_stick() {
    let set = block(all_users(), json!({"conditions": {"authentication_flows": ["device_code_flow"]}}));
    let with = |flows: Flows| {
        let mut call = by_ada(json!({}));
        call.flows = flows;
        both(&set, &call)
    };
    let first = Flows::first(Some(Transfer::DeviceCodeFlow));
    let later = first.next(None).next(None);
    assert_eq!(with(first), (false, false));
    assert_eq!(with(later), (false, false));
    assert_eq!(with(Flows::first(None)), (true, true));
    assert_eq!(with(Flows::first(Some(Transfer::AuthenticationTransfer)).next(None)), (true, true));
    // Of an unknown past anything may be true.
    assert_eq!(with(Flows::default().next(None)), (true, false));
}

fn requiring(operator: &str, controls: Value, subjects: Value) -> PolicySet {
    let grant = json!({"require": {"operator": operator, "controls": controls}});
    let mut set = block(subjects, json!({}));
    set.policies[0].grant = serde_json::from_value(grant).unwrap();
    set
}

#[test]
fn controls() {
    let device = json!({"compliant": true});
    let ordinary = json!({"now": null, "session": []});
    let with =
        |evidence: Value, device: Value| by_ada(json!({"evidence": evidence, "device": device, "flows": ordinary}));
    let and = requiring("and", json!(["compliant_device", "mfa"]), all_users());
    let or = requiring("or", json!(["compliant_device", "mfa"]), all_users());
    let missing = |set: &PolicySet, call: &SignIn| -> Vec<Control> {
        let (faithful, ours) = (entra(set, call).decision, strict(set, call).decision);
        assert_eq!(faithful.missing(), ours.missing());
        ours.missing().into_iter().cloned().collect()
    };
    // In the order of prompts, whatever the order in the document.
    assert_eq!(missing(&and, &with(json!([]), json!(null))), [Control::Mfa, Control::CompliantDevice]);
    assert_eq!(missing(&and, &with(json!(["mfa"]), json!(null))), [Control::CompliantDevice]);
    assert_eq!(missing(&and, &with(json!(["mfa"]), device.clone())), []);
    assert_eq!(missing(&or, &with(json!([]), device.clone())), []);
    assert_eq!(missing(&or, &with(json!([]), json!(null))), [Control::Mfa, Control::CompliantDevice]);
    // What a person can bring interrupts; a device cannot be brought.
    let decide = |set: &PolicySet, call: &SignIn| strict(set, call).decision;
    assert!(matches!(decide(&or, &with(json!([]), json!(null))), Decision::Interrupt { .. }));
    assert!(matches!(decide(&and, &with(json!([]), json!(null))), Decision::Deny { .. }));
    // A compliant device counts for nothing in a private window, by a device-code flow, or on the caller's word.
    let only = requiring("and", json!(["compliant_device"]), all_users());
    let private = json!({"compliant": true, "private_browsing": true});
    assert_eq!(both(&only, &with(json!([]), device.clone())), (true, true));
    assert_eq!(both(&only, &with(json!([]), private)), (false, false));
    assert_eq!(both(&only, &with(json!(["compliant_device"]), json!(null))), (false, false));
    let by_code = by_ada(json!({"device": device, "flows": {"now": "device_code_flow", "session": []}}));
    assert_eq!(both(&only, &by_code), (false, false));
    assert_eq!(both(&only, &by_ada(json!({"device": {"compliant": true}}))), (true, false));
    // An agent alone has no person to ask, but it has a sponsor.
    let alone = sign_in(json!({"subject": {"type": "agent", "id": "a1"}, "target": {"id": "x"}}));
    let agents = json!({"agents": {"include": {"all": true}}});
    assert!(matches!(decide(&requiring("and", json!(["mfa"]), agents.clone()), &alone), Decision::Deny { .. }));
    let approved = requiring("and", json!(["sponsor_approval"]), agents);
    assert!(matches!(decide(&approved, &alone), Decision::Interrupt { .. }));
    // An OR of nothing cannot be met.
    assert_eq!(both(&requiring("or", json!([]), all_users()), &by_ada(json!({}))), (false, false));
}

#[test]
fn outcomes_and_doors() {
    let policy = |id: &str, state: &str, grant: Value| json!({"id": id, "state": state, "subjects": all_users(), "targets": {"include": {"all": true}}, "grant": grant});
    let mfa = json!({"require": {"controls": ["mfa"]}});
    let device = json!({"require": {"controls": ["mfa", "compliant_device"]}});
    let set = set(json!({"policies": [
        policy("a-on", "on", mfa.clone()),
        policy("b-off", "off", json!("block")),
        policy("c-report-block", "report_only", json!("block")),
        policy("d-report-mfa", "report_only", mfa),
        policy("e-report-device", "report_only", device),
    ]}));
    let outcomes = |call: &SignIn| -> Vec<Outcome> { entra(&set, call).policies.iter().map(|p| p.outcome).collect() };
    use Outcome::*;
    assert_eq!(
        outcomes(&by_ada(json!({}))),
        [Failure, NotEnabled, ReportOnlyFailure, ReportOnlyInterrupted, ReportOnlyFailure]
    );
    assert_eq!(
        outcomes(&by_ada(json!({"evidence": ["mfa"]}))),
        [Success, NotEnabled, ReportOnlyFailure, ReportOnlySuccess, ReportOnlyFailure]
    );
    // Report-only leaves user actions out, also those that it names; the strict reading reports them.
    let named = json!({"include": {"user_actions": ["register"]}});
    let naming = |state: &str| block(all_users(), json!({"targets": named, "state": state}));
    let registering = by_ada(json!({"target": {"kind": "user_action", "id": "register"}}));
    assert_eq!(entra(&naming("report_only"), &registering).policies[0].outcome, ReportOnlyNotApplied);
    assert_eq!(strict(&naming("report_only"), &registering).policies[0].outcome, ReportOnlyFailure);
    assert_eq!(both(&naming("on"), &registering), (false, false));
    let action = by_ada(json!({"target": {"kind": "user_action", "id": "register"}}));
    assert_eq!(outcomes(&action)[2], ReportOnlyNotApplied);
    // The doors that the original system does not watch.
    for door in ["token_exchange", "provisioning", "key"] {
        let call = by_ada(json!({"door": door}));
        let report = entra(&set, &call);
        assert_eq!((report.engine, report.status()), (Engine::NotApplied, "notApplied"));
        assert_eq!(both(&set, &call), (true, false), "{door}");
    }
    let exchange = by_ada(json!({"target": {"id": placet::access::TOKEN_EXCHANGE}}));
    assert_eq!(both(&set, &exchange), (true, false));
    let defaults = PolicySet { security_defaults: true, ..set.clone() };
    assert_eq!(both(&defaults, &by_ada(json!({}))), (true, false));
    assert_eq!(entra(&set, &by_ada(json!({}))).status(), "failure");
    assert_eq!(entra(&set, &by_ada(json!({"evidence": ["mfa"]}))).status(), "success");
    assert_eq!(entra(&PolicySet::default(), &by_ada(json!({}))).status(), "notApplied");
}

#[test]
fn any_exclusion_removes_the_policy() {
    let filter = "CustomSecurityAttribute.S_Status -contains \"Approved\"";
    let subjects = json!({"agents": {"include": {"all": true}, "exclude": {"filter": filter}}});
    let targets = json!({"include": {"all": true}, "exclude": {"ids": ["public"]}});
    let set = block(subjects, json!({"targets": targets}));
    let call = |status: &str, id: &str| {
        sign_in(json!({
            "subject": {"type": "agent", "id": "a1", "attributes": {"S_Status": [status]}}, "target": {"id": id},
        }))
    };
    assert_eq!(both(&set, &call("New", "secret")), (false, false));
    assert_eq!(both(&set, &call("Approved", "secret")), (true, true));
    assert_eq!(both(&set, &call("New", "public")), (true, true));
    // An attribute of another type cannot be used: it exempts nobody.
    let typed = sign_in(
        json!({"subject": {"type": "agent", "id": "a1", "attributes": {"S_Status": true}}, "target": {"id": "secret"}}),
    );
    assert_eq!(both(&set, &typed), (false, false));
}

#[test]
fn what_if_tells_all_reasons() {
    let mut set = block(
        all_users(),
        json!({
            "conditions": {"locations": {"include": {"names": ["us"]}}, "sign_in_risk": ["high"], "platforms": {"include": {"names": ["ios"]}}},
        }),
    );
    set.locations = serde_json::from_value(json!({"us": {"countries": {"codes": ["US"]}}})).unwrap();
    let ask = |call: &SignIn, tool| what_if(&set, call, tool).remove(0);
    let nothing = by_ada(json!({}));
    let api = ask(&nothing, Tool::Api);
    assert_eq!((api.applies, api.reason()), (false, Some(Part::DevicePlatform)));
    assert_eq!(api.unmet, [Part::DevicePlatform, Part::Location, Part::SignInRisk]);
    assert_eq!(api.unsupplied, api.unmet);
    // The older tool assumed that what was not told would match, and so does the strict reading.
    assert!(ask(&nothing, Tool::Legacy).applies && ask(&nothing, Tool::Strict).applies);
    let told = by_ada(json!({"platform": "ios", "risk": {"sign_in": "low"}, "network": {"country": "US"}}));
    for tool in [Tool::Api, Tool::Legacy, Tool::Strict] {
        let analysis = ask(&told, tool);
        assert_eq!((analysis.unmet, analysis.unsupplied), (vec![Part::SignInRisk], vec![]));
    }
    // Off and empty policies have reasons of their own.
    let other = crate::set(json!({"policies": [
        {"id": "a", "state": "off", "subjects": all_users(), "targets": {"include": {"all": true}}, "grant": "block"},
        {"id": "b", "grant": "block"},
    ]}));
    let reasons: Vec<_> = what_if(&other, &nothing, Tool::Api).iter().map(|a| a.reason().unwrap().name()).collect();
    assert_eq!(reasons, ["policyNotEnabled", "emptyPolicy"]);
}

#[test]
fn sessions() {
    let policy = |id: &str, session: Value, more: Value| {
        let mut policy =
            json!({"id": id, "subjects": all_users(), "targets": {"include": {"all": true}}, "session": session});
        policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        policy
    };
    let set = set(json!({"policies": [
        policy("a", json!({"sign_in_frequency": {"hours": 12}, "persistent_browser": "always"}), json!({})),
        policy("b", json!({"sign_in_frequency": {"hours": 1}, "network_profiles": ["n"]}), json!({})),
        policy("c", json!({"continuous_access_evaluation": "disabled"}), json!({"conditions": {"client_apps": ["browser"]}})),
        policy("d", json!({"sign_in_frequency": "every_time"}), json!({"state": "report_only"})),
    ]}));
    let session = |report: Report| match report.decision {
        Decision::Grant { session } => session,
        other => panic!("{other:?}"),
    };
    let call = by_ada(json!({"client_app": "browser"}));
    let faithful = session(entra(&set, &call));
    assert_eq!(faithful.sign_in_frequency, Some(Frequency::Hours(1)));
    assert_eq!(faithful.persistent_browser, Some(Persistence::Always));
    // Disabling works only of a policy on everything without conditions.
    assert_eq!(faithful.continuous_access_evaluation, None);
    assert_eq!(session(strict(&set, &call)), Session { persistent_browser: None, ..faithful });
    let shape =
        crate::set(json!({"policies": [policy("c", json!({"continuous_access_evaluation": "disabled"}), json!({}))]}));
    assert_eq!(session(entra(&shape, &call)).continuous_access_evaluation, Some(ContinuousAccess::Disabled));
    assert!(session(strict(&shape, &call)).is_empty());
}

#[test]
fn signing_in_anew() {
    let at = |seconds: i64| Timestamp::new(1_790_000_000 + seconds, 0).unwrap();
    let with = |frequency| Session { sign_in_frequency: frequency, ..Session::default() };
    let (hourly, always, none) = (with(Some(Frequency::Hours(1))), with(Some(Frequency::EveryTime)), with(None));
    use Renewal::{ConfidentialClient, Interactive, PublicClient};
    for (session, seconds, renewal, faithful, ours) in [
        (&hourly, 3_600, Interactive, false, false),
        (&hourly, 3_601, PublicClient, true, true),
        (&hourly, 3_601, ConfidentialClient, false, true),
        (&always, 300, Interactive, false, true),
        (&always, 301, Interactive, true, true),
        (&always, 0, Interactive, false, false),
        (&none, 90 * 86_400, Interactive, false, false),
        (&none, 90 * 86_400 + 1, Interactive, true, true),
        // A sign-in that lies in the future is none.
        (&hourly, -10, Interactive, false, true),
    ] {
        let due = |reading| session.sign_in_is_due(at(0), at(seconds), renewal, reading);
        assert_eq!(
            (due(Reading::Faithful), due(Reading::Strict)),
            (faithful, ours),
            "{session:?} {seconds} {renewal:?}"
        );
    }
}

#[test]
fn device_compliance() {
    let settings = ComplianceSettings::default();
    let lax = |posture: &Posture| posture.compliant(settings, Reading::Faithful);
    let ours = |posture: &Posture| posture.compliant(settings, Reading::Strict);
    let of = |policies: &[ComplianceState], days| Posture { policies: policies.to_vec(), reported_days_ago: days };
    use ComplianceState::*;
    let (yes, no) = (Signal::Known(true), Signal::Known(false));
    for (posture, wanted) in [
        (of(&[Compliant, Remediated], Signal::Known(30)), (yes, yes)),
        (of(&[Compliant], Signal::Known(31)), (no, no)),
        (of(&[Compliant], Signal::Unknown), (yes, Signal::Unknown)),
        (of(&[Compliant, NonCompliant], Signal::Known(0)), (no, no)),
        (of(&[InGracePeriod], Signal::Known(0)), (yes, no)),
        (of(&[], Signal::Known(0)), (yes, no)),
        (of(&[NotApplicable], Signal::Known(0)), (yes, no)),
        (of(&[Unknown], Signal::Known(0)), (no, no)),
        (of(&[Compliant, Conflict], Signal::Known(0)), (no, no)),
    ] {
        assert_eq!((lax(&posture), ours(&posture)), wanted, "{posture:?}");
    }
    let careful = ComplianceSettings { without_policy: false, ..settings };
    assert_eq!(of(&[], Signal::Known(0)).compliant(careful, Reading::Faithful), no);
}
