//! What data-loss policies lower to says what their strict reading says: generated policies and events, judged by the room of
//! data-loss rules, by the engine and by the oracle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

use placet::document::Validated;
use placet::fact::{ACTIVITY, LOCATION};
use placet::loss::{
    Action, Activity, Condition, Content, Event, InsiderRisk, LabelCondition, LabelFact, Location, LossRule,
    Participant, PolicyMode, Recipient, RecipientCondition, Scope, Select, SensitiveCondition, SensitiveCount,
};
use placet::protection::{Labels, SensitivityLabel};
use placet::reading::Reading;
use placet::rule::{Control, Requirement, Source};
use placet::sensitive::Confidence;
use placet::{Code, Decision, Engine, Limits, Request, document};
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

const LOCATIONS: [Location; 9] = [
    Location::Exchange,
    Location::SharePoint,
    Location::OneDrive,
    Location::Teams,
    Location::Devices,
    Location::Copilot,
    Location::Browser,
    Location::Network,
    Location::Apps,
];
const ACTIVITIES: [Activity; 13] = [
    Activity::Print,
    Activity::Usb,
    Activity::Clipboard,
    Activity::NetworkShare,
    Activity::CloudUpload,
    Activity::RemoteDesktop,
    Activity::Bluetooth,
    Activity::UnallowedApp,
    Activity::Share,
    Activity::UploadText,
    Activity::UploadFile,
    Activity::DownloadText,
    Activity::DownloadFile,
];
const KINDS: [&str; 2] = ["credit-card", "us-ssn"];
const LABELS: [&str; 3] = ["public", "internal", "secret"];
const RECIPIENTS: [&str; 5] =
    ["ada@contoso.com", "EVE@Fabrikam.com", "eve@mail.contoso.com", "channel-7", "bob@CONTOSO.com"];
const RISKS: [InsiderRisk; 4] = [InsiderRisk::None, InsiderRisk::Minor, InsiderRisk::Moderate, InsiderRisk::Elevated];

#[test]
fn locations_and_activities_have_one_name_everywhere() {
    let written = |value: Value| value.as_str().unwrap().to_owned();
    let locations = LOCATIONS.map(|location| (written(serde_json::to_value(location).unwrap()), location.name()));
    let activities = ACTIVITIES.map(|activity| (written(serde_json::to_value(activity).unwrap()), activity.name()));
    for (written, name) in locations.iter().chain(&activities) {
        assert_eq!(written, name);
    }
    assert!(locations.iter().map(|(_, name)| name).eq(LOCATION.members));
    assert!(activities.iter().map(|(_, name)| name).eq(ACTIVITY.members));
}

fn names(of: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<String>> {
    prop::sample::subsequence(of, 1..=of.len()).prop_map(|of| of.into_iter().map(str::to_owned).collect())
}

fn confidence() -> impl Strategy<Value = Option<Confidence>> {
    prop::option::of(prop::sample::select(vec![Confidence::LOW, Confidence::MEDIUM, Confidence::HIGH]))
}

fn leaf() -> impl Strategy<Value = Condition> {
    let sensitive =
        (prop::sample::select(&KINDS[..]), 0usize..3, prop::option::of(1usize..3), confidence(), confidence());
    let recipient = prop_oneof![
        names(&["contoso.com", "FABRIKAM.com"]).prop_map(RecipientCondition::Domain),
        names(&["contoso.com", "FABRIKAM.com"]).prop_map(RecipientCondition::Outside),
        names(&["ada@CONTOSO.com", "channel-7"]).prop_map(RecipientCondition::AnyOf),
    ];
    prop_oneof![
        3 => sensitive.prop_map(|(kind, min_count, max_count, min_confidence, max_confidence)| {
            Condition::Sensitive(SensitiveCondition { min_count, max_count, min_confidence, max_confidence, ..SensitiveCondition::of(kind) })
        }),
        2 => names(&LABELS).prop_map(|any_of| Condition::Label(LabelCondition { any_of })),
        2 => recipient.prop_map(Condition::Recipient),
        1 => prop::sample::subsequence(&ACTIVITIES[..], 1..4).prop_map(Condition::Activity),
        1 => prop::sample::subsequence(&RISKS[..], 1..3).prop_map(Condition::InsiderRisk),
        1 => names(&["keep-7", "keep-1"]).prop_map(Condition::RetentionLabel),
        1 => names(&["resumes", "code"]).prop_map(Condition::Classifier),
        1 => names(&["x", "y"]).prop_map(|any_of| Condition::Property { name: "project".to_owned(), any_of }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn action() -> impl Strategy<Value = Action> {
    use Action::{Audit, Block, BlockWithOverride, None, Redact, Warn};
    prop::sample::select(vec![Block, BlockWithOverride, Redact, Warn, Audit, None])
}

fn rule() -> impl Strategy<Value = LossRule> {
    let by_activity = || prop::sample::select(&ACTIVITIES[..3]);
    let activities = prop::collection::btree_map(by_activity(), action(), 0..2);
    let groups = prop::collection::btree_map(prop::sample::select(vec!["legal", "print-room"]), action(), 0..2);
    let authorised = prop::collection::btree_map(by_activity(), groups, 0..2);
    (condition(), prop::option::of(condition()), action(), activities, authorised, any::<bool>()).prop_map(
        |(when, except, action, activities, authorised, stop)| LossRule {
            id: String::new(),
            priority: 0,
            when,
            except: except.into_iter().collect(),
            action,
            activities,
            authorised: authorised
                .into_iter()
                .map(|(activity, groups)| (activity, groups.into_iter().map(|(g, a)| (g.to_owned(), a)).collect()))
                .collect(),
            stop,
            tip: None,
        },
    )
}

fn select(of: &'static [&'static str]) -> impl Strategy<Value = Select> {
    prop_oneof![3 => Just(Select::All), 1 => names(of).prop_map(Select::Only), 1 => Just(Select::Only(BTreeSet::new()))]
}

fn scope() -> impl Strategy<Value = Scope> {
    let set = |of| prop_oneof![3 => Just(BTreeSet::new()), 1 => names(of)];
    (
        select(&["ada", "bob"]),
        select(&["g0", "g1"]),
        select(&["d-1", "d-2"]),
        set(&["ada", "a0", "spiffe://w"]),
        set(&["g0"]),
    )
        .prop_map(|(users, groups, devices, exclude, exclude_groups)| Scope {
            users,
            groups,
            devices,
            exclude,
            exclude_groups,
            ..Scope::default()
        })
}

fn policy() -> impl Strategy<Value = Value> {
    let location =
        prop::sample::select(vec![Location::Exchange, Location::Teams, Location::Devices, Location::Devices]);
    let mode = prop_oneof![
        4 => Just(PolicyMode::On),
        1 => Just(PolicyMode::Off),
        1 => Just(PolicyMode::Simulation),
        1 => Just(PolicyMode::SimulationWithTips),
    ];
    (mode, prop::collection::btree_map(location, scope(), 1..3), prop::collection::vec(rule(), 1..3)).prop_map(
        |(mode, locations, rules)| {
            let rules: Vec<Value> = (0u32..)
                .zip(rules)
                .map(|(at, rule)| {
                    // What it redacts must be named.
                    let when = if matches!(rule.action, Action::Redact)
                        || rule.activities.values().any(|a| *a == Action::Redact)
                    {
                        let named = Condition::Sensitive(SensitiveCondition::of(KINDS[0]));
                        Condition::Any(vec![rule.when, named])
                    } else {
                        rule.when
                    };
                    serde_json::to_value(LossRule { id: format!("r{at}"), priority: at, when, ..rule }).unwrap()
                })
                .collect();
            json!({"mode": mode, "locations": locations, "rules": rules})
        },
    )
}

fn load(policies: &[Value]) -> Validated {
    let mut written = Vec::new();
    for (at, policy) in policies.iter().enumerate() {
        let mut policy = policy.clone();
        policy["id"] = json!(format!("p{at}"));
        policy["priority"] = json!(at);
        written.push(policy);
    }
    let text = json!({
        "version": 1,
        "labels": [{"id": "public", "order": 0}, {"id": "internal", "order": 1}, {"id": "secret", "order": 2}],
        "groups": [{"id": "g0"}, {"id": "g1"}],
        "users": [
            {"id": "ada", "groups": ["g0"]}, {"id": "bob", "groups": ["g1"]}, {"id": "eve"},
            {"id": "spiffe://w", "type": "workload", "groups": ["g0"]},
        ],
        "agents": [{"id": "a0", "sponsor": "eve", "groups": ["g0"]}, {"id": "a1", "sponsor": "eve"}],
        "rules": [{"id": "everything", "effect": "permit", "action": "**"}],
        "data_loss": written,
    });
    let text = text.to_string();
    document::load([("policy.json", text.as_str())], &Limits::default())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What is known of a call.
#[derive(Clone, Debug)]
struct Facts {
    location: usize,
    links: Vec<usize>,
    label: Option<Option<usize>>,
    found: Option<Vec<(usize, usize, usize)>>,
    recipients: Option<Vec<&'static str>>,
    activity: Option<Activity>,
    risk: Option<InsiderRisk>,
    retention: Option<&'static str>,
    classifiers: Option<Vec<&'static str>>,
    project: Option<&'static str>,
    device: Option<&'static str>,
    target_groups: Vec<&'static str>,
}

const LINKS: [(&str, &str, &[&str]); 6] = [
    ("user", "ada", &["g0"]),
    ("user", "bob", &["g1"]),
    ("user", "eve", &[]),
    ("agent", "a0", &["g0"]),
    ("agent", "a1", &[]),
    ("workload", "spiffe://w", &["g0"]),
];
const LEVELS: [Confidence; 3] = [Confidence::LOW, Confidence::MEDIUM, Confidence::HIGH];
const PLACES: [Location; 4] = [Location::Exchange, Location::Teams, Location::Devices, Location::Copilot];

fn facts() -> impl Strategy<Value = Facts> {
    let some = |of: &'static [&'static str]| prop::option::weighted(0.8, prop::sample::subsequence(of, 0..=of.len()));
    let links = prop_oneof![
        (0usize..6).prop_map(|link| vec![link]),
        (0usize..6, 3usize..5).prop_map(|(subject, actor)| vec![subject, actor]),
        (0usize..3, 5usize..6).prop_map(|(subject, actor)| vec![subject, actor]),
    ];
    (
        (0usize..4, links, prop::option::weighted(0.8, prop::option::of(0usize..3))),
        prop::option::weighted(0.85, prop::collection::vec((0usize..2, 0usize..3, 0usize..3), 0..4)),
        some(&RECIPIENTS),
        prop::option::weighted(0.8, prop::sample::select(&ACTIVITIES[..])),
        prop::option::weighted(0.8, prop::sample::select(&RISKS[..])),
        prop::option::weighted(0.8, prop::sample::select(vec!["", "keep-1", "keep-9"])),
        some(&["resumes", "poems"]),
        prop::option::weighted(0.8, prop::sample::select(vec!["x", "z"])),
        prop::option::of(prop::sample::select(vec!["d-1", "d-3"])),
        prop::sample::subsequence(vec!["legal", "print-room", "other"], 0..=3),
    )
        .prop_map(
            |(
                (location, links, label),
                found,
                recipients,
                activity,
                risk,
                retention,
                classifiers,
                project,
                device,
                target_groups,
            )| Facts {
                location,
                links,
                label,
                found,
                recipients,
                activity,
                risk,
                retention,
                classifiers,
                project,
                device,
                target_groups,
            },
        )
}

impl Facts {
    fn event<'a>(&'a self, labels: &Labels) -> Event<'a> {
        let participants = self.links.iter().map(|link| {
            let (kind, id, groups) = LINKS[*link];
            Participant { id, is_agent: kind != "user", groups: Some(groups) }
        });
        let count = |&(kind, level, count): &(usize, usize, usize)| SensitiveCount {
            kind: KINDS[kind],
            confidence: LEVELS[level],
            count,
        };
        Event {
            device: self.device,
            activity: self.activity,
            target_groups: self.target_groups.clone(),
            recipients: self
                .recipients
                .as_ref()
                .map(|recipients| recipients.iter().map(|address| Recipient { address }).collect()),
            insider_risk: self.risk,
            content: Content {
                label: match self.label {
                    None => LabelFact::Unknown,
                    Some(None) => LabelFact::Unlabelled,
                    Some(Some(at)) => LabelFact::Label(labels.get(LABELS[at]).unwrap()),
                },
                sensitive: self.found.as_ref().map(|found| found.iter().map(count).collect()),
                retention_label: self.retention,
                classifiers: self.classifiers.clone(),
                properties: self.project.map(|project| ("project", project)).into_iter().collect(),
            },
            ..Event::new(PLACES[self.location], participants.collect())
        }
    }

    fn request(&self) -> Value {
        let mut content = json!({
            "location": PLACES[self.location].name(), "target_groups": self.target_groups,
        });
        let mut say = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                content[name] = value;
            }
        };
        say("label", self.label.map(|label| label.map_or(Value::Null, |at| json!(LABELS[at]))));
        say(
            "sensitive",
            self.found.as_ref().map(|found| {
                let mut all: BTreeMap<&str, Vec<u8>> = KINDS.iter().map(|kind| (*kind, Vec::new())).collect();
                for (kind, level, count) in found {
                    all.get_mut(KINDS[*kind]).unwrap().extend(std::iter::repeat_n(LEVELS[*level].percent(), *count));
                }
                json!(all)
            }),
        );
        say("recipients", self.recipients.as_ref().map(|recipients| json!(recipients)));
        say("activity", self.activity.map(|activity| json!(activity)));
        say("retention_label", self.retention.map(|label| if label.is_empty() { Value::Null } else { json!(label) }));
        say("classifiers", self.classifiers.as_ref().map(|names| json!(names)));
        say("properties", self.project.map(|project| json!({"project": project})));
        let (kind, id, _) = LINKS[self.links[0]];
        let mut subject = json!({"type": kind, "id": id});
        if let Some(actor) = self.links.get(1) {
            let (kind, id, _) = LINKS[*actor];
            let profile = if kind == "workload" { "service" } else { "ai_agent" };
            subject["properties"] = json!({"act": {"sub": id, "sub_profile": profile}});
        }
        let mut context = json!({"content": content, "device": {"id": self.device}});
        if let Some(risk) = self.risk {
            context["risk"] = json!({"insider": risk});
        }
        json!({"subject": subject, "action": {"name": "send"}, "resource": {"type": "message", "id": "m"}, "context": context})
    }
}

/// What the engine's answer comes to, as an action of a data-loss rule.
fn done(decision: &Decision<'_>) -> (Action, BTreeSet<String>) {
    let mut action = Action::None;
    let mut types = BTreeSet::new();
    for reason in decision.reasons() {
        assert_eq!(
            reason.code.layer().name(),
            if reason.code == Code::AccessControlUnattainable { "access" } else { "data" }
        );
        action = if matches!(reason.code, Code::DataLossBlocked | Code::DataLossBlockedUnknown) {
            Action::Block
        } else {
            action
        };
    }
    for outstanding in decision.requirements() {
        assert_eq!(outstanding.rule.source(), Source::DataLoss);
        action = action.max(match outstanding.requirement {
            Requirement::Control { any_of, .. } if *any_of == [Control::Justification] => Action::BlockWithOverride,
            Requirement::Approval { .. } => Action::BlockWithOverride,
            Requirement::RedactSensitive { types: removed } => {
                types.extend(removed.iter().cloned());
                Action::Redact
            }
            Requirement::Obligation { kind, .. } if kind == "notification" => Action::Warn,
            Requirement::Obligation { kind, .. } if kind == "log" => Action::Audit,
            other => panic!("{other:?}"),
        });
    }
    (action, types)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_engine_does_what_the_strict_reading_says(policies in prop::collection::vec(policy(), 1..4), facts in facts()) {
        let policy = load(&policies);
        let labels = Labels::new((0i64..).zip(LABELS).map(|(at, id)| SensitivityLabel::new(id, at)).collect()).unwrap();
        let outcome = policy.data_loss().evaluate(&facts.event(&labels), Reading::Strict);
        let engine = Engine::of(&policy);
        let bytes = facts.request().to_string();
        let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
        prop_assert!(request.defect().is_none(), "{:?}", request.defect());
        let decision = engine.decide(&request);
        let (action, types) = done(&decision);
        prop_assert_eq!(action, outcome.action, "{:?}\n{}", outcome, bytes);
        // The room of data-loss rules names the types of any activity that a matching rule redacts; the engine those of what is done.
        let by_activity = policy.data_loss().policies().iter().flat_map(|p| &p.rules).any(|rule| !rule.activities.is_empty());
        prop_assert!(types.is_subset(&outcome.redact));
        if !by_activity && PLACES[facts.location] != Location::Devices {
            prop_assert_eq!(types, outcome.redact);
        }
        // What is on trial is reported and counts for nothing.
        let rules = |mode: fn(PolicyMode) -> bool| -> BTreeSet<String> {
            let matching = outcome.matches.iter().filter(|m| mode(m.mode) && m.action > Action::None);
            matching.map(|m| format!("{}/{}", m.rule.policy, m.rule.rule)).collect()
        };
        if PLACES[facts.location] != Location::Devices {
            let reported: BTreeSet<String> = decision.reported().map(|rule| {
                let id = rule.id().strip_prefix("data_loss/").unwrap();
                id.split('/').take(2).collect::<Vec<_>>().join("/")
            }).collect();
            prop_assert_eq!(reported, rules(PolicyMode::simulates));
        }
        // Law 11.
        prop_assert_eq!(Outcome::of(&decision), Oracle::new(&policy).decide(&request));
    }

    /// Law 5: what is allowed in spite of a fact that nobody said is allowed for every value of it.
    #[test]
    fn what_is_unsaid_is_worst_case(policies in prop::collection::vec(policy(), 1..3), facts in facts(), at in 0usize..8) {
        let engine = Engine::of(&load(&policies));
        let known = facts.request();
        let mut unknown = known.clone();
        let members = ["location", "label", "sensitive", "recipients", "activity", "retention_label", "classifiers", "properties"];
        unknown["context"]["content"].as_object_mut().unwrap().remove(members[at]);
        let judge = |request: Value| {
            let bytes = request.to_string();
            let request = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            done(&engine.decide(&request))
        };
        let ((with, types), (without, more)) = (judge(known), judge(unknown));
        prop_assert!(without >= with && types.is_subset(&more), "{with:?} {without:?}");
    }
}
