//! Data-loss rules: winners, scopes, modes, overrides, AI applications. The laws of the strict reading as properties.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use placet::Limits;
use placet::loss::process::{
    Decision, Handling, Next, PolicyAction, ProcessContentResponse, ProtectionScope, ProtectionScopes, ScopeLocation,
};
use placet::loss::{
    Action, Activity, Claim, Condition, Content, Event, GroundingItem, InsiderRisk, ItemKind, LabelCondition,
    LabelFact, Location, LossError, LossPolicies, LossPolicy, LossRule, Outcome, Participant, PolicyMode, Recipient,
    RecipientCondition, Resolution, Scope, ScopeWarning, Select, SensitiveCondition, SensitiveCount, overrule,
};
use placet::protection::{Author, LabelId, Labels, Reading, SensitivityLabel};
use placet::sensitive::{Confidence, Scanner, catalogue};
use proptest::prelude::*;

const BOTH: [Reading; 2] = [Reading::Faithful, Reading::Strict];

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(&catalogue(), &Limits::default()).expect("the catalogue compiles"));

static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    let labels = ["public", "general", "confidential", "secret"].iter().zip(0..);
    Labels::new(labels.map(|(id, priority)| SensitivityLabel::new(id, priority)).collect()).expect("sound")
});

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

fn only(of: &[&str]) -> Select {
    Select::Only(names(of))
}

fn label(of: &[&str]) -> Condition {
    Condition::Label(LabelCondition { any_of: names(of) })
}

fn sensitive(kind: &str) -> Condition {
    Condition::Sensitive(SensitiveCondition::of(kind))
}

fn id(name: &str) -> LabelId {
    LABELS.get(name).expect("defined")
}

fn rule(id: &str, priority: u32, when: Condition, action: Action) -> LossRule {
    LossRule {
        id: id.to_owned(),
        priority,
        when,
        except: Vec::new(),
        action,
        activities: BTreeMap::new(),
        authorised: BTreeMap::new(),
        stop: false,
        tip: None,
    }
}

fn policy(id: &str, priority: u32, location: Location, rules: Vec<LossRule>) -> LossPolicy {
    let locations = BTreeMap::from([(location, Scope::default())]);
    LossPolicy { id: id.to_owned(), priority, mode: PolicyMode::On, locations, rules }
}

fn checked(policies: Vec<LossPolicy>) -> LossPolicies {
    LossPolicies::new(policies, LABELS.clone(), &SCANNER, &Limits::default()).expect("sound policies")
}

fn user(id: &str) -> Participant<'_> {
    Participant { id, is_agent: false, groups: Some(&[]) }
}

fn agent(id: &str) -> Participant<'_> {
    Participant { id, is_agent: true, groups: Some(&[]) }
}

/// A mail by a user, with this label and nothing sensitive.
fn mail(label: LabelFact) -> Event<'static> {
    let mut event = Event::new(Location::Exchange, vec![user("ada")]);
    event.content = Content { label, sensitive: Some(Vec::new()), ..Content::default() };
    event
}

fn winner(outcome: &Outcome) -> Option<&str> {
    outcome.rule.as_ref().map(|rule| rule.rule.as_str())
}

fn matched(outcome: &Outcome) -> Vec<&str> {
    outcome.matches.iter().map(|m| m.rule.rule.as_str()).collect()
}

#[test]
fn hosted_rules_have_one_winner_and_all_are_recorded() {
    let rules = vec![
        rule("3", 3, label(&["secret"]), Action::Block),
        rule("1", 1, label(&["secret"]), Action::Warn),
        rule("2", 2, label(&["secret"]), Action::BlockWithOverride),
        rule("4", 4, label(&["secret"]), Action::Block),
        rule("5", 5, label(&["public"]), Action::Audit),
    ];
    let policies = checked(vec![policy("p", 0, Location::Exchange, rules)]);
    let event = mail(LabelFact::Label(id("secret")));
    let faithful = policies.evaluate(&event, Reading::Faithful);
    assert_eq!((faithful.action, winner(&faithful)), (Action::Block, Some("3")));
    assert_eq!(matched(&faithful), ["1", "2", "3", "4"]);
    let strict = policies.evaluate(&event, Reading::Strict);
    assert_eq!((strict.action, winner(&strict)), (Action::Block, Some("3")));
    assert_eq!(matched(&strict), ["1", "2", "3", "4", "5"], "public or more sensitive");
}

#[test]
fn a_smaller_policy_priority_comes_first() {
    let one = |id: &str, priority| {
        policy(id, priority, Location::Exchange, vec![rule("r", 7, label(&["secret"]), Action::Block)])
    };
    let policies = checked(vec![one("late", 9), one("early", 2)]);
    for reading in BOTH {
        let outcome = policies.evaluate(&mail(LabelFact::Label(id("secret"))), reading);
        assert_eq!(outcome.rule.map(|rule| rule.policy), Some("early".to_owned()));
    }
}

#[test]
fn stopping_hides_rules_only_faithfully() {
    let stopping = LossRule { stop: true, ..rule("first", 0, label(&["secret"]), Action::Warn) };
    let policies = checked(vec![
        policy("a", 0, Location::Exchange, vec![stopping]),
        policy("b", 1, Location::Exchange, vec![rule("second", 0, label(&["secret"]), Action::Block)]),
    ]);
    let event = mail(LabelFact::Label(id("secret")));
    assert_eq!(policies.evaluate(&event, Reading::Faithful).action, Action::Warn);
    assert_eq!(policies.evaluate(&event, Reading::Strict).action, Action::Block);
}

#[test]
fn redaction_joins_with_whatever_wins() {
    let policies = checked(vec![policy(
        "p",
        0,
        Location::Exchange,
        vec![
            rule("redact", 0, sensitive("SSN"), Action::Redact),
            rule("block", 1, sensitive("credit card number"), Action::BlockWithOverride),
        ],
    )]);
    let mut event = mail(LabelFact::Label(id("public")));
    let findings = SCANNER.scan("SSN 120-98-1437, card 4532667785213500");
    event.content.sensitive = Some(SensitiveCount::of(&findings));
    let faithful = policies.evaluate(&event, Reading::Faithful);
    assert_eq!((faithful.action, faithful.redact.len()), (Action::BlockWithOverride, 0));
    let strict = policies.evaluate(&event, Reading::Strict);
    assert_eq!((strict.action, strict.redact), (Action::BlockWithOverride, names(&["us-ssn"])));
}

#[test]
fn devices_are_judged_activity_by_activity() {
    let on_device = |name: &str, priority, mode, activities: &[(Activity, Action)]| LossPolicy {
        mode,
        ..policy(
            name,
            priority,
            Location::Devices,
            vec![LossRule {
                activities: activities.iter().copied().collect(),
                ..rule(name, 0, label(&["secret"]), Action::None)
            }],
        )
    };
    let on = PolicyMode::On;
    let mut event = Event::new(Location::Devices, vec![user("ada")]);
    event.device = Some("laptop");
    event.content.label = LabelFact::Label(id("secret"));
    let outcome = |policies: Vec<LossPolicy>, reading| checked(policies).evaluate(&event, reading);

    let two = || {
        vec![
            on_device("a", 0, on, &[(Activity::Print, Action::Block)]),
            on_device("b", 1, on, &[(Activity::Usb, Action::Block), (Activity::Print, Action::BlockWithOverride)]),
        ]
    };
    for reading in BOTH {
        let got = outcome(two(), reading).activities;
        assert_eq!(got[&Activity::Print], Action::Block, "no override beats override");
        assert_eq!(got[&Activity::Usb], Action::Block);
        assert_eq!(got[&Activity::Clipboard], Action::Audit, "what matches is at least audited");
    }

    let simulated = |mode| {
        vec![
            on_device("a", 0, on, &[(Activity::Print, Action::Block)]),
            on_device("b", 1, mode, &[(Activity::Usb, Action::Block), (Activity::Print, Action::Block)]),
        ]
    };
    let got = outcome(simulated(PolicyMode::Simulation), Reading::Faithful).activities;
    assert_eq!((got[&Activity::Usb], got[&Activity::Print]), (Action::Audit, Action::Block));
    let got = outcome(simulated(PolicyMode::SimulationWithTips), Reading::Faithful).activities;
    assert_eq!(got[&Activity::Usb], Action::BlockWithOverride, "simulation with tips interrupts");
    let strict = outcome(simulated(PolicyMode::SimulationWithTips), Reading::Strict);
    assert_eq!(strict.activities[&Activity::Usb], Action::Audit, "simulation never does");
    assert_eq!(strict.simulated, Action::Block, "and is reported");

    // What counts beats what is simulated, even if it is milder.
    let mild = vec![
        on_device("a", 0, on, &[(Activity::Usb, Action::Warn)]),
        on_device("b", 1, PolicyMode::SimulationWithTips, &[(Activity::Usb, Action::Block)]),
    ];
    assert_eq!(outcome(mild, Reading::Faithful).activities[&Activity::Usb], Action::Warn);
    assert!(
        outcome(vec![on_device("a", 0, PolicyMode::Off, &[(Activity::Usb, Action::Block)])], Reading::Strict)
            .activities
            .is_empty()
    );
}

#[test]
fn groups_of_targets_accumulate_only_faithfully() {
    let with_group = |name: &str, priority, group: Option<(&str, Action)>| {
        let authorised = group.map(|(group, action)| (Activity::Print, BTreeMap::from([(group.to_owned(), action)])));
        policy(
            name,
            priority,
            Location::Devices,
            vec![LossRule {
                activities: BTreeMap::from([(Activity::Print, Action::Block)]),
                authorised: authorised.into_iter().collect(),
                ..rule(name, 0, label(&["secret"]), Action::None)
            }],
        )
    };
    let policies = checked(vec![with_group("a", 0, Some(("office", Action::Audit))), with_group("b", 1, None)]);
    let mut event = Event::new(Location::Devices, vec![user("ada")]);
    event.content.label = LabelFact::Label(id("secret"));
    event.activity = Some(Activity::Print);
    event.target_groups = vec!["office"];
    assert_eq!(policies.evaluate(&event, Reading::Faithful).action, Action::Audit);
    assert_eq!(policies.evaluate(&event, Reading::Strict).action, Action::Block, "b authorises nothing");
    event.target_groups = vec!["home"];
    assert_eq!(policies.evaluate(&event, Reading::Faithful).action, Action::Block);
}

#[test]
fn scope_arithmetic() {
    let covers = |scope: &Scope, participant: &Participant<'_>, reading| scope.covers(participant, reading);
    let member = |id, groups| Participant { id, is_agent: false, groups: Some(groups) };
    let mixed = Scope { users: only(&["ada"]), groups: only(&["g", "h"]), ..Scope::default() };
    for (participant, faithful, strict) in [
        (member("ada", &["g"]), true, true),
        (member("ada", &[]), false, true),
        (member("bob", &["h"]), false, true),
        (member("bob", &[]), false, false),
    ] {
        assert_eq!(covers(&mixed, &participant, Reading::Faithful), faithful);
        assert_eq!(covers(&mixed, &participant, Reading::Strict), strict);
    }
    let except =
        Scope { groups: only(&["g"]), exclude_groups: names(&["x"]), exclude: names(&["eve"]), ..Scope::default() };
    for reading in BOTH {
        assert!(covers(&except, &member("ada", &["g"]), reading));
        assert!(!covers(&except, &member("ada", &["g", "x"]), reading), "exclusion beats inclusion");
        assert!(!covers(&except, &member("eve", &["g"]), reading));
    }
    let unknown = Participant { id: "ada", is_agent: false, groups: None };
    assert!(!covers(&except, &unknown, Reading::Faithful));
    assert!(covers(&except, &unknown, Reading::Strict), "unknown groups are those that are covered");
    assert_eq!(mixed.warnings(), [ScopeWarning::UsersAndGroupsIntersect]);
    assert_eq!(Scope::default().warnings(), [ScopeWarning::AgentsSkipped]);
    assert!(Scope { users: only(&[]), ..Scope::default() }.warnings().contains(&ScopeWarning::CoversNobody));
}

#[test]
fn agents_are_skipped_only_faithfully_and_never_silently() {
    let mut one = policy("p", 0, Location::Apps, vec![rule("r", 0, sensitive("ssn"), Action::Block)]);
    let mut event = Event::new(Location::Apps, vec![agent("agent-7")]);
    event.content.sensitive = Some(vec![SensitiveCount { kind: "us-ssn", confidence: Confidence::HIGH, count: 1 }]);
    let skipped = checked(vec![one.clone()]).evaluate(&event, Reading::Faithful);
    assert_eq!((skipped.action, skipped.matches.len()), (Action::None, 0));
    assert_eq!(skipped.uncovered, ["p"], "the outcome says so although the original does not");
    assert_eq!(checked(vec![one.clone()]).evaluate(&event, Reading::Strict).action, Action::Block);
    // Listed by id, or through a group.
    let scope = one.locations.get_mut(&Location::Apps).expect("the location");
    scope.agents = only(&["agent-7"]);
    assert_eq!(checked(vec![one.clone()]).evaluate(&event, Reading::Faithful).action, Action::Block);
    let scope = one.locations.get_mut(&Location::Apps).expect("the location");
    *scope = Scope { groups: only(&["bots"]), ..Scope::default() };
    event.participants = vec![Participant { id: "agent-7", is_agent: true, groups: Some(&["bots"]) }];
    assert_eq!(checked(vec![one.clone()]).evaluate(&event, Reading::Faithful).action, Action::Block);
    // An agent that acts for an excluded user is still there.
    let scope = one.locations.get_mut(&Location::Apps).expect("the location");
    *scope = Scope { exclude: names(&["ada"]), ..Scope::default() };
    event.participants = vec![user("ada"), agent("agent-7")];
    assert_eq!(checked(vec![one.clone()]).evaluate(&event, Reading::Faithful).action, Action::None);
    assert_eq!(checked(vec![one]).evaluate(&event, Reading::Strict).action, Action::Block);
}

#[test]
fn devices_need_user_and_device_only_faithfully() {
    let scope = Scope { users: only(&["ada"]), devices: only(&["laptop"]), ..Scope::default() };
    let event = |who, device| {
        let mut event = Event::new(Location::Devices, vec![user(who)]);
        event.device = Some(device);
        event
    };
    for (who, device, faithful, strict) in [
        ("ada", "laptop", true, true),
        ("ada", "phone", false, true),
        ("bob", "laptop", false, true),
        ("bob", "phone", false, false),
    ] {
        assert_eq!(scope.covers_event(&event(who, device), Reading::Faithful), faithful);
        assert_eq!(scope.covers_event(&event(who, device), Reading::Strict), strict);
    }
}

/// Found by the property below: a faint finding must not turn a negated condition false where the faithful reading, which
/// leaves it out, holds it true.
#[test]
fn a_faint_finding_frees_nobody() {
    let when = Condition::Not(Box::new(sensitive("us-ssn")));
    let excepted = LossRule {
        except: vec![sensitive("us-ssn")],
        ..rule("r", 0, Condition::Activity(vec![Activity::Print]), Action::Block)
    };
    for rule in [rule("r", 0, when, Action::Block), excepted] {
        let policies = checked(vec![policy("p", 0, Location::Exchange, vec![rule])]);
        let mut event = Event::new(Location::Exchange, vec![user("ada")]);
        event.activity = Some(Activity::Print);
        event.content.sensitive = Some(vec![SensitiveCount { kind: "us-ssn", confidence: Confidence::LOW, count: 1 }]);
        for reading in BOTH {
            assert_eq!(policies.evaluate(&event, reading).action, Action::Block, "{reading:?}");
        }
    }
}

#[test]
fn what_is_unknown_matches_strictly() {
    let conditions = [
        label(&["secret"]),
        sensitive("us-ssn"),
        Condition::RetentionLabel(names(&["x"])),
        Condition::Classifier(names(&["resume"])),
        Condition::Recipient(RecipientCondition::Outside(names(&["contoso.com"]))),
        Condition::Activity(vec![Activity::Share]),
        Condition::InsiderRisk(vec![InsiderRisk::Elevated]),
        Condition::Property { name: "p".into(), any_of: names(&["x"]) },
    ];
    for when in conditions {
        let run = |when: Condition, reading| {
            let policies = checked(vec![policy("p", 0, Location::Exchange, vec![rule("r", 0, when, Action::Block)])]);
            let outcome = policies.evaluate(&Event::new(Location::Exchange, vec![user("ada")]), reading);
            (outcome.action, outcome.matches.iter().any(|m| m.unknown))
        };
        assert_eq!(run(when.clone(), Reading::Faithful), (Action::None, false), "{when:?}");
        assert_eq!(run(when.clone(), Reading::Strict), (Action::Block, true), "{when:?}");
        assert_eq!(run(Condition::Not(Box::new(when.clone())), Reading::Strict), (Action::Block, true));
        // An exception frees only if it is known to hold.
        let excepted =
            LossRule { except: vec![when], ..rule("r", 0, Condition::Activity(vec![Activity::Print]), Action::Block) };
        let policies = checked(vec![policy("p", 0, Location::Exchange, vec![excepted])]);
        let mut event = Event::new(Location::Exchange, vec![user("ada")]);
        event.activity = Some(Activity::Print);
        assert_eq!(
            policies.evaluate(&event, Reading::Strict).action,
            if matches!(event.activity, Some(Activity::Print)) { Action::Block } else { Action::None }
        );
    }
}

#[test]
fn conditions() {
    let holds = |when: &Condition, event: &Event<'_>, reading| {
        let policies =
            checked(vec![policy("p", 0, Location::Exchange, vec![rule("r", 0, when.clone(), Action::Block)])]);
        policies.evaluate(event, reading).action == Action::Block
    };
    let mut event = mail(LabelFact::Unlabelled);
    event.recipients = Some(vec![Recipient { address: "bob@Contoso.com" }, Recipient { address: "eve@evil.example" }]);
    event.insider_risk = Some(InsiderRisk::Elevated);
    event.activity = Some(Activity::Share);
    event.content.properties.insert("kind", "x");
    let outside = Condition::Recipient(RecipientCondition::Outside(names(&["contoso.com"])));
    let inside = Condition::Recipient(RecipientCondition::Domain(names(&["contoso.com"])));
    let eve = Condition::Recipient(RecipientCondition::AnyOf(names(&["EVE@evil.example"])));
    for reading in BOTH {
        assert!(holds(&outside, &event, reading) && holds(&inside, &event, reading) && holds(&eve, &event, reading));
        assert!(holds(&Condition::All(vec![outside.clone(), inside.clone()]), &event, reading));
        assert!(!holds(
            &Condition::Not(Box::new(Condition::Any(vec![outside.clone(), inside.clone()]))),
            &event,
            reading
        ));
        assert!(holds(&Condition::Property { name: "kind".into(), any_of: names(&["x", "y"]) }, &event, reading));
    }
    let nobody = mail(LabelFact::Unlabelled);
    let nobody = Event { recipients: Some(vec![Recipient { address: "printer" }]), ..nobody };
    assert!(holds(&outside, &nobody, Reading::Faithful), "without a domain it is outside");
    // Levels of insider risk are a set faithfully read, a threshold strictly read.
    let minor = Condition::InsiderRisk(vec![InsiderRisk::Minor]);
    assert!(!holds(&minor, &event, Reading::Faithful));
    assert!(holds(&minor, &event, Reading::Strict));
    // No label is above every label strictly read, and no label faithfully read; a negation means what it says.
    assert!(!holds(&label(&["public"]), &event, Reading::Faithful));
    assert!(holds(&label(&["secret"]), &event, Reading::Strict));
    assert!(holds(&Condition::Not(Box::new(label(&["public"]))), &event, Reading::Strict));
    let public = mail(LabelFact::Label(id("public")));
    assert!(!holds(&Condition::Not(Box::new(label(&["public"]))), &public, Reading::Strict));
}

#[test]
fn counts_and_confidence() {
    let when = |min_count, max_count, min_confidence, max_confidence| {
        let condition = SensitiveCondition {
            min_count,
            max_count,
            min_confidence,
            max_confidence,
            ..SensitiveCondition::of("credit-card")
        };
        checked(vec![policy(
            "p",
            0,
            Location::Exchange,
            vec![rule("r", 0, Condition::Sensitive(condition), Action::Block)],
        )])
    };
    let mut event = mail(LabelFact::Label(id("public")));
    let text = "card 4532667785213500, card 4532 6677 8521 3500, card 4716461583322103";
    let far = format!("{text}{} 5398228707871527", " ".repeat(400));
    let findings = SCANNER.scan(&far);
    event.content.sensitive = Some(SensitiveCount::of(&findings));
    let (low, high) = (Some(Confidence::LOW), Some(Confidence::HIGH));
    for (policies, faithful, strict) in [
        (when(1, None, None, None), true, true),
        (when(2, None, high, None), true, true),
        (when(3, None, high, None), false, false),
        (when(3, None, low, None), true, true),
        (when(3, None, None, None), false, true), // not said: what the type recommends, or any
        (when(1, Some(1), low, None), false, true), // more never match less
        (when(1, None, low, low), true, true),
        (when(2, None, low, low), false, true),
    ] {
        assert_eq!(policies.evaluate(&event, Reading::Faithful).action == Action::Block, faithful);
        assert_eq!(policies.evaluate(&event, Reading::Strict).action == Action::Block, strict);
    }
}

#[test]
fn overruling() {
    let outcome = |action| Outcome { action, ..Outcome::default() };
    let agent = |approved: Option<&str>| Author::Agent { approved_by: approved.map(str::to_owned) };
    let reason = Some(Claim::Justified("the customer asked for it"));
    let block = outcome(Action::BlockWithOverride);
    for (author, claim, faithful, strict) in [
        (Author::Human, None, Resolution::JustificationRequired, Resolution::JustificationRequired),
        (
            Author::Human,
            Some(Claim::Justified(" ")),
            Resolution::JustificationRequired,
            Resolution::JustificationRequired,
        ),
        (Author::Human, reason, Resolution::Proceed, Resolution::Proceed),
        (Author::Human, Some(Claim::FalsePositive), Resolution::Proceed, Resolution::Proceed),
        (agent(None), reason, Resolution::Proceed, Resolution::ApprovalRequired),
        (agent(Some("ada")), reason, Resolution::Proceed, Resolution::Proceed),
        (agent(Some("ada")), Some(Claim::FalsePositive), Resolution::Proceed, Resolution::JustificationRequired),
    ] {
        assert_eq!(overrule(&block, &author, claim, Reading::Faithful), faithful);
        assert_eq!(overrule(&block, &author, claim, Reading::Strict), strict);
    }
    for reading in BOTH {
        assert_eq!(overrule(&outcome(Action::Block), &Author::Human, reason, reading), Resolution::Blocked);
        assert_eq!(overrule(&outcome(Action::Warn), &agent(None), None, reading), Resolution::Proceed);
    }
}

#[test]
fn modes() {
    for (mode, action, applied) in [
        (PolicyMode::On, Action::Block, Action::Block),
        (PolicyMode::Simulation, Action::Block, Action::Audit),
        (PolicyMode::Simulation, Action::None, Action::None),
        (PolicyMode::SimulationWithTips, Action::Block, Action::BlockWithOverride),
        (PolicyMode::SimulationWithTips, Action::Warn, Action::Warn),
        (PolicyMode::Off, Action::Block, Action::None),
    ] {
        assert_eq!(mode.applied(action), applied);
    }
}

#[test]
fn what_an_answer_is_made_from() {
    let policies = checked(vec![policy(
        "p",
        0,
        Location::Copilot,
        vec![
            rule("label", 0, label(&["confidential"]), Action::Block),
            rule("sit", 1, sensitive("credit-card"), Action::Block),
            rule("watch", 2, label(&["public"]), Action::Audit),
        ],
    )]);
    let item = |kind, label: LabelFact| GroundingItem { kind, label };
    let (confidential, secret) = (LabelFact::Label(id("confidential")), LabelFact::Label(id("secret")));
    let sent = |text: &str| ItemKind::Mail(Some(text.parse().expect("a time")));
    let items = [
        (item(ItemKind::File, confidential), false, true, false),
        (item(ItemKind::File, LabelFact::Label(id("general"))), true, true, true),
        (item(ItemKind::File, secret), true, true, false),
        (item(ItemKind::File, LabelFact::Unlabelled), true, true, false),
        (item(ItemKind::File, LabelFact::Unknown), true, true, false),
        (item(sent("2025-01-01T00:00:00Z"), confidential), false, true, false),
        (item(sent("2024-12-31T23:59:59Z"), confidential), true, true, false),
        (item(ItemKind::Mail(None), confidential), true, true, false),
        (item(ItemKind::Calendar, confidential), true, true, false),
    ];
    let all: Vec<GroundingItem> = items.iter().map(|(item, ..)| *item).collect();
    let faithful = policies.ground(&[user("ada")], &all, Reading::Faithful);
    let strict = policies.ground(&[user("ada")], &all, Reading::Strict);
    for (place, (item, used, cited, strictly)) in items.iter().enumerate() {
        assert_eq!((faithful[place].is_used(), faithful[place].citation), (*used, *cited), "{item:?}");
        assert_eq!((strict[place].is_used(), strict[place].citation), (*strictly, *strictly), "{item:?}");
    }
    let found = |text: &'static str| Some(SensitiveCount::of(&SCANNER.scan(text)));
    for reading in BOTH {
        assert!(!policies.prompt(&[user("ada")], found("pay with 4532667785213500 exp 09/27"), reading).is_answered());
        assert!(policies.prompt(&[user("ada")], found("what is for lunch?"), reading).is_answered());
    }
    assert!(policies.prompt(&[user("ada")], None, Reading::Faithful).is_answered());
    assert!(!policies.prompt(&[user("ada")], None, Reading::Strict).is_answered(), "a prompt that nobody scanned");
}

#[test]
fn mistakes_in_policies_are_all_found() {
    let copilot = |rules| policy("c", 0, Location::Copilot, rules);
    let faults = |policies: Vec<LossPolicy>| {
        let errors = LossPolicies::new(policies, LABELS.clone(), &SCANNER, &Limits::default()).expect_err("mistakes");
        errors.iter().map(LossError::code).collect::<Vec<_>>()
    };
    let both = Condition::All(vec![label(&["secret"]), sensitive("ssn")]);
    assert_eq!(
        faults(vec![copilot(vec![rule("r", 0, both.clone(), Action::Block)])]),
        ["label_and_sit_cannot_be_combined"]
    );
    let negated = Condition::Not(Box::new(label(&["secret"])));
    assert_eq!(faults(vec![copilot(vec![rule("r", 0, negated, Action::Block)])]), ["not_is_not_supported"]);
    let other = Condition::Activity(vec![Activity::Share]);
    assert_eq!(faults(vec![copilot(vec![rule("r", 0, other, Action::Block)])]), ["condition_not_supported"]);
    let mut two = copilot(vec![]);
    two.locations.insert(Location::Exchange, Scope::default());
    assert_eq!(faults(vec![two]), ["copilot_excludes_other_locations"]);
    let many = vec![
        policy(
            "p",
            1,
            Location::Exchange,
            vec![
                rule("r", 0, label(&["nope"]), Action::Block),
                rule("r", 0, sensitive("nope"), Action::Block),
                rule("s", 1, Condition::All(vec![]), Action::Block),
                rule("t", 2, label(&["secret"]), Action::Redact),
            ],
        ),
        policy("p", 1, Location::Exchange, vec![]),
    ];
    assert_eq!(
        faults(many),
        [
            "unknown_label",
            "duplicate_rule",
            "same_priority",
            "unknown_sensitive_type",
            "empty_condition",
            "redact_without_type",
            "duplicate_policy",
            "same_priority",
        ]
    );
    let deep = (0..100).fold(label(&["secret"]), |inner, _| Condition::Not(Box::new(inner)));
    assert_eq!(
        faults(vec![policy("p", 0, Location::Exchange, vec![rule("r", 0, deep, Action::Block)])]),
        ["too_large"]
    );
    // Elsewhere a label and a type may stand together.
    checked(vec![policy("p", 0, Location::Exchange, vec![rule("r", 0, both, Action::Block)])]);
    insta::assert_snapshot!(LossError::LabelAndSensitive("r".into()), @"the rule `r` looks at a label and at a sensitive type; in the location `copilot` write a rule for each");
}

#[test]
fn a_policy_is_a_document() {
    let written = r#"{
        "id": "cards", "priority": 0, "mode": "simulation",
        "locations": {"devices": {"users": {"only": ["ada"]}}, "exchange": {}},
        "rules": [{
            "id": "out", "priority": 0,
            "when": {"all": [
                {"sensitive": {"type": "credit-card", "min_count": 5, "min_confidence": "high"}},
                {"not": {"label": {"any_of": ["public"]}}},
                {"recipient": {"outside": ["contoso.com"]}},
                {"insider-risk": ["moderate", "elevated"]}
            ]},
            "except": [{"property": {"name": "case", "any_of": ["4711"]}}],
            "action": "block-with-override",
            "activities": {"cloudUpload": "block"}
        }]
    }"#;
    let policy: LossPolicy = serde_json::from_str(written).expect("a policy");
    assert_eq!(policy.rules[0].activities[&Activity::CloudUpload], Action::Block);
    let again: LossPolicy = serde_json::from_value(serde_json::to_value(&policy).expect("json")).expect("the same");
    assert_eq!(again, policy);
    assert!(serde_json::from_str::<LossPolicy>(&written.replace("except", "excpet")).is_err());
}

#[test]
fn answers_of_the_service() {
    let action = |name: &str, restriction: Option<&str>| PolicyAction {
        action: name.into(),
        restriction_action: restriction.map(str::to_owned),
    };
    let answer = |policy_actions| ProcessContentResponse { policy_actions, ..ProcessContentResponse::default() };
    for (response, faithful, strict) in [
        (answer(vec![]), Decision::Allow, Decision::Allow),
        (answer(vec![action("restrictAccess", Some("block"))]), Decision::Block, Decision::Block),
        (answer(vec![action("restrictAccess", Some("warn"))]), Decision::Allow, Decision::Allow),
        (answer(vec![action("restrictAccess", None)]), Decision::Allow, Decision::Block),
        (answer(vec![action("shred", Some("block"))]), Decision::Allow, Decision::Block),
        (
            ProcessContentResponse {
                processing_errors: vec![serde_json::json!({"code": "x"})],
                ..ProcessContentResponse::default()
            },
            Decision::Allow,
            Decision::Block,
        ),
    ] {
        assert_eq!(response.interpret(Reading::Faithful).decision, faithful, "{response:?}");
        assert_eq!(response.interpret(Reading::Strict).decision, strict, "{response:?}");
    }
    let state = |state: Option<&str>| ProcessContentResponse {
        protection_scope_state: state.map(str::to_owned),
        ..answer(vec![])
    };
    let (use_cached, recompute) = (Next::UseCachedScopes, Next::RecomputeScopes);
    for (response, cached, current, faithful, strict) in [
        (state(Some("notModified")), Some("a"), None, use_cached, use_cached),
        (state(Some("modified")), Some("a"), None, recompute, recompute),
        (state(Some("notModified")), Some("a"), Some("b"), recompute, recompute),
        (state(Some("notModified")), None, None, recompute, recompute),
        (state(None), Some("a"), None, use_cached, recompute),
    ] {
        assert_eq!(response.next(cached, current, Reading::Faithful), faithful);
        assert_eq!(response.next(cached, current, Reading::Strict), strict);
    }
    let parsed: ProcessContentResponse = serde_json::from_str(
        r#"{"protectionScopeState": "modified", "policyActions": [{"@odata.type": "x", "action": "restrictAccess", "restrictionAction": "block"}]}"#,
    ).expect("an answer");
    assert_eq!(parsed.interpret(Reading::Faithful).decision, Decision::Block);
}

#[test]
fn scopes_of_the_service() {
    let scope = |activities: &str, place: Option<&str>, mode: &str| ProtectionScope {
        activities: activities.into(),
        locations: place.map(|value| ScopeLocation { value: value.into() }).into_iter().collect(),
        execution_mode: mode.into(),
        policy_actions: Vec::new(),
    };
    let scopes = ProtectionScopes {
        value: vec![
            scope("uploadText,downloadText", Some("app"), "evaluateOffline"),
            scope("uploadText", None, "evaluateInline"),
            scope("downloadFile", None, "evaluateSometime"),
        ],
    };
    let handling = |activity, reading| scopes.handling(activity, "app", reading);
    let (inline, offline) = (Handling::Inline(vec![]), Handling::Offline(vec![]));
    for reading in BOTH {
        assert_eq!(handling(Activity::UploadText, reading), inline, "waiting beats not waiting");
        assert_eq!(handling(Activity::DownloadText, reading), offline);
    }
    assert_eq!(handling(Activity::UploadFile, Reading::Faithful), Handling::Unscoped);
    assert_eq!(handling(Activity::UploadFile, Reading::Strict), inline);
    assert_eq!(handling(Activity::DownloadFile, Reading::Faithful), offline);
    assert_eq!(handling(Activity::DownloadFile, Reading::Strict), inline);
}

// ---- laws of the strict reading

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![Action::None, Action::Audit, Action::Warn, Action::BlockWithOverride, Action::Block])
}

fn any_label_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["public", "general", "confidential", "secret"])
}

/// Conditions without negation.
fn positive() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        any_label_name().prop_map(|name| label(&[name])),
        (
            1usize..4,
            prop::option::of(1usize..4),
            prop::sample::select(vec![None, Some(Confidence::LOW), Some(Confidence::HIGH)])
        )
            .prop_map(|(min_count, max_count, min_confidence)| Condition::Sensitive(SensitiveCondition {
                min_count,
                max_count: max_count.map(|max| max.max(min_count)),
                min_confidence,
                ..SensitiveCondition::of("us-ssn")
            })),
        prop::sample::select(vec![InsiderRisk::Minor, InsiderRisk::Elevated])
            .prop_map(|risk| Condition::InsiderRisk(vec![risk])),
        Just(Condition::Activity(vec![Activity::Print])),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::All),
            prop::collection::vec(inner, 1..3).prop_map(Condition::Any)
        ]
    })
}

fn any_condition() -> impl Strategy<Value = Condition> {
    positive().prop_recursive(2, 6, 2, |inner| inner.prop_map(|inner| Condition::Not(Box::new(inner))))
}

fn any_rule(condition: impl Strategy<Value = Condition>) -> impl Strategy<Value = LossRule> {
    let activities =
        prop::collection::btree_map(prop::sample::select(vec![Activity::Print, Activity::Usb]), any_action(), 0..3);
    (condition, any_action(), activities, any::<bool>()).prop_map(|(when, action, activities, stop)| LossRule {
        activities,
        stop,
        ..rule("r", 0, when, action)
    })
}

fn any_mode() -> impl Strategy<Value = PolicyMode> {
    prop::sample::select(vec![PolicyMode::On, PolicyMode::Off, PolicyMode::Simulation, PolicyMode::SimulationWithTips])
}

fn any_location() -> impl Strategy<Value = Location> {
    prop::sample::select(vec![Location::Exchange, Location::Devices])
}

/// Policies at both locations, numbered.
fn any_policies(condition: fn() -> BoxedStrategy<Condition>) -> impl Strategy<Value = Vec<LossPolicy>> {
    let rules = prop::collection::vec(any_rule(condition()), 1..4);
    let scope = prop_oneof![
        Just(Scope::default()),
        Just(Scope { users: only(&["ada"]), ..Scope::default() }),
        Just(Scope { users: only(&["ada"]), groups: only(&["g"]), ..Scope::default() }),
        Just(Scope { exclude: names(&["ada"]), ..Scope::default() }),
    ];
    prop::collection::vec((rules, scope, any_mode()), 0..4).prop_map(|policies| {
        let numbered = policies.into_iter().zip(0u32..).map(|((rules, scope, mode), number)| LossPolicy {
            id: format!("p{number}"),
            priority: number,
            mode,
            locations: BTreeMap::from([(Location::Exchange, scope.clone()), (Location::Devices, scope)]),
            rules: rules
                .into_iter()
                .zip(0u32..)
                .map(|(rule, number)| LossRule { id: format!("r{number}"), priority: number, ..rule })
                .collect(),
        });
        numbered.collect()
    })
}

#[derive(Clone, Debug)]
struct Facts {
    label: Option<Option<usize>>,
    ssns: Option<Vec<(bool, usize)>>,
    risk: Option<InsiderRisk>,
    activity: Option<Activity>,
    who: usize,
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let risk =
        prop::sample::select(vec![InsiderRisk::None, InsiderRisk::Minor, InsiderRisk::Moderate, InsiderRisk::Elevated]);
    (
        prop::option::of(prop::option::of(0usize..4)),
        prop::option::of(prop::collection::vec((any::<bool>(), 0usize..4), 0..2)),
        prop::option::of(risk),
        prop::option::of(prop::sample::select(vec![Activity::Print, Activity::Usb, Activity::Share])),
        0usize..4,
    )
        .prop_map(|(label, ssns, risk, activity, who)| Facts { label, ssns, risk, activity, who })
}

fn event(facts: &Facts, location: Location) -> Event<'static> {
    let who = match facts.who {
        0 => vec![user("ada")],
        1 => vec![Participant { id: "bob", is_agent: false, groups: None }],
        2 => vec![user("ada"), agent("agent-7")],
        _ => vec![agent("agent-7")],
    };
    let mut event = Event::new(location, who);
    event.content.label = match facts.label {
        None => LabelFact::Unknown,
        Some(None) => LabelFact::Unlabelled,
        Some(Some(place)) => LabelFact::Label(LABELS.iter().nth(place).expect("four labels")),
    };
    event.content.sensitive = facts.ssns.as_ref().map(|counts| {
        let level = |high: bool| if high { Confidence::HIGH } else { Confidence::LOW };
        counts
            .iter()
            .map(|(high, count)| SensitiveCount { kind: "us-ssn", confidence: level(*high), count: *count })
            .collect()
    });
    event.insider_risk = facts.risk;
    event.activity = facts.activity;
    event
}

fn at_least(more: &Outcome, less: &Outcome) -> bool {
    more.action >= less.action
        && less.redact.is_subset(&more.redact)
        && less.activities.iter().all(|(activity, action)| more.activities.get(activity) >= Some(action))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Law 2: one policy more never makes an outcome less restrictive.
    #[test]
    fn another_policy_never_frees(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        let event = event(&facts, location);
        let all = checked(policies.clone()).evaluate(&event, Reading::Strict);
        for left_out in 0..policies.len() {
            let mut fewer = policies.clone();
            fewer.remove(left_out);
            prop_assert!(at_least(&all, &checked(fewer).evaluate(&event, Reading::Strict)));
        }
    }

    /// A policy in simulation never changes an outcome: the same without it.
    #[test]
    fn simulation_never_changes_an_outcome(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        let event = event(&facts, location);
        let all = checked(policies.clone()).evaluate(&event, Reading::Strict);
        let counting: Vec<LossPolicy> = policies.into_iter().filter(|policy| policy.mode == PolicyMode::On).collect();
        let without = checked(counting).evaluate(&event, Reading::Strict);
        prop_assert_eq!((all.action, all.rule, all.activities, all.redact), (without.action, without.rule, without.activities, without.redact));
        prop_assert!(all.simulated >= without.action);
    }

    /// Law 3: the order in which policies and rules are written does not matter.
    #[test]
    fn order_does_not_matter(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        let event = event(&facts, location);
        let mut turned = policies.clone();
        turned.reverse();
        turned.iter_mut().for_each(|policy| policy.rules.reverse());
        for reading in BOTH {
            prop_assert_eq!(checked(policies.clone()).evaluate(&event, reading), checked(turned.clone()).evaluate(&event, reading));
        }
    }

    /// Law 5: what is restricted with a fact is restricted without it.
    #[test]
    fn an_unknown_fact_is_worst_case(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        let known = checked(policies.clone()).evaluate(&event(&facts, location), Reading::Strict);
        for unknown in [
            Facts { label: None, ..facts.clone() },
            Facts { ssns: None, ..facts.clone() },
            Facts { risk: None, ..facts.clone() },
            Facts { activity: None, ..facts.clone() },
        ] {
            let outcome = checked(policies.clone()).evaluate(&event(&unknown, location), Reading::Strict);
            prop_assert!(at_least(&outcome, &known), "{:?} then {:?}", known, outcome);
        }
    }

    /// More sensitive content is never freer, where no author negated.
    #[test]
    fn more_sensitive_is_never_freer(policies in any_policies(|| positive().boxed()), facts in any_facts(), location in any_location()) {
        let policies = checked(policies);
        let less = policies.evaluate(&event(&facts, location), Reading::Strict);
        let mut more = Vec::new();
        if let Some(Some(place)) = facts.label {
            more.push(Facts { label: Some(if place == 3 { None } else { Some(place + 1) }), ..facts.clone() });
        }
        if let Some(counts) = &facts.ssns {
            more.push(Facts { ssns: Some(counts.iter().map(|(_, count)| (true, count + 1)).collect()), ..facts.clone() });
        }
        if facts.risk.is_some() {
            more.push(Facts { risk: Some(InsiderRisk::Elevated), ..facts.clone() });
        }
        for facts in more {
            prop_assert!(at_least(&policies.evaluate(&event(&facts, location), Reading::Strict), &less));
        }
    }

    /// The strict reading is never freer than the faithful one. On devices the faithful one may interrupt for a policy that is
    /// only simulated; those are left out here.
    #[test]
    fn strict_is_never_freer_than_faithful(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        let policies: Vec<LossPolicy> = policies.into_iter().filter(|policy| !policy.mode.simulates()).collect();
        let policies = checked(policies);
        let event = event(&facts, location);
        let (strict, faithful) = (policies.evaluate(&event, Reading::Strict), policies.evaluate(&event, Reading::Faithful));
        prop_assert!(at_least(&strict, &faithful));
    }

    /// Every rule that counts and matches is recorded.
    #[test]
    fn the_winner_is_recorded(policies in any_policies(|| any_condition().boxed()), facts in any_facts(), location in any_location()) {
        for reading in BOTH {
            let outcome = checked(policies.clone()).evaluate(&event(&facts, location), reading);
            if let Some(rule) = &outcome.rule {
                prop_assert!(outcome.matches.iter().any(|m| m.rule == *rule));
            }
        }
    }
}
