//! Sensitivity labels as organisations use them: inheritance, the replacement table, policies, usage rights, exposure. The
//! laws as properties; the strict reading against the faithful one.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

use placet::label::Label;
use placet::protection::exposure::{Controls, Exposure, Item, Opening, ReportEntity, Site, reach, report};
use placet::protection::{
    AgentLabels, Attachment, Audience, Author, Content, ContentFormat, DOWNSTREAM_ITEMS, Embedded, EmbeddedFile,
    ExchangeError, Formats, Grant, Incoming, InheritanceError, LabelId, LabelMap, LabelPolicy, LabelState, Labels,
    LabelsError, Lineage, Method, PolicyError, Protection, Reading, Replacement, SensitivityLabel, Source, Subject,
    SubjectKind, UsageRights, agent_labels, agree, ai_use, attachment_label, automatic_label, change_label,
    compute_inheritance, effective_settings, in_container, may_replace, propagate, rights_and_inheritance,
};
use proptest::prelude::*;

const BOTH: [Reading; 2] = [Reading::Faithful, Reading::Strict];

/// public < general < mail-only < confidential (group) < confidential/team < confidential/hr < secret < retired
fn labels() -> Labels {
    let names =
        ["public", "general", "mail-only", "confidential", "confidential/team", "confidential/hr", "secret", "retired"];
    let labels = names.iter().zip(1..).map(|(id, priority)| {
        let label = SensitivityLabel::new(id, priority);
        match *id {
            "mail-only" => label.for_formats(Formats::EMAIL),
            "confidential/team" | "confidential/hr" => label.under("confidential"),
            "retired" => SensitivityLabel { active: false, ..label },
            _ => label,
        }
    });
    Labels::new(labels.collect()).expect("sound")
}

fn id(name: &str) -> LabelId {
    labels().get(name).expect("defined")
}

fn manual(author: Author, justification: Option<&str>, required: bool) -> Source {
    Source::Manual { author, justification: justification.map(str::to_owned), justification_required: required }
}

#[test]
fn a_set_of_labels_must_be_sound() {
    let label = SensitivityLabel::new;
    assert!(matches!(Labels::new(vec![label("a", 1), label("a", 2)]), Err(LabelsError::Duplicate(_))));
    assert!(matches!(Labels::new(vec![label("a", 1), label("b", 1)]), Err(LabelsError::SamePriority(..))));
    assert!(matches!(Labels::new(vec![label("a", 1).under("x")]), Err(LabelsError::UnknownParent(..))));
    let deep = vec![label("a", 1), label("b", 2).under("a"), label("c", 3).under("b")];
    assert!(matches!(Labels::new(deep), Err(LabelsError::Depth(..))));
    let labels = labels();
    assert!(labels.get("public") < labels.get("secret"));
    assert!(!labels.is_appliable(id("confidential"), Formats::ALL), "a group");
    assert!(!labels.is_appliable(id("retired"), Formats::ALL));
    assert!(!labels.is_appliable(id("mail-only"), Formats::FILE));
    let taxonomy = labels.taxonomy();
    assert!(taxonomy.get("general").expect("a label") <= taxonomy.get("secret").expect("a label"));
    assert!(taxonomy.get("secret").expect("a label") <= Label::TOP);
}

#[test]
fn labels_and_policies_are_documents() {
    let label: SensitivityLabel = serde_json::from_str(
        r#"{"id": "hc", "priority": 9, "formats": ["file", "email"],
            "protection": {"admin-defined": [{"to": {"group": "board"}, "rights": 3072}]}}"#,
    )
    .expect("a label");
    assert_eq!(
        serde_json::from_value::<SensitivityLabel>(serde_json::to_value(&label).expect("json")).expect("same"),
        label
    );
    assert!(serde_json::from_str::<SensitivityLabel>(r#"{"id": "hc", "priority": 9, "colour": "red"}"#).is_err());
    let policy: LabelPolicy =
        serde_json::from_str(r#"{"order": 2, "labels": ["hc"], "default": {"file": "general"}, "mandatory": true}"#)
            .expect("a policy");
    assert_eq!(policy.default_label.get(&ContentFormat::File).map(String::as_str), Some("general"));
}

#[test]
fn output_takes_the_most_sensitive_label_that_fits() {
    let labels = labels();
    let inherit = |inputs: &[&str], reading| {
        let inputs: Vec<Option<LabelId>> = inputs.iter().map(|name| labels.get(name)).collect();
        compute_inheritance(&labels, &inputs, Formats::FILE, reading)
    };
    let label = |inputs: &[&str], reading| inherit(inputs, reading).map(|i| i.label.map(|l| labels.id(l).to_owned()));
    for reading in BOTH {
        assert_eq!(label(&["general", "secret", "public"], reading), Ok(Some("secret".into())));
        assert_eq!(label(&[], reading), Ok(None));
    }
    // A label that does not fit: dropped faithfully (and told), rounded up strictly.
    assert_eq!(label(&["mail-only", "general"], Reading::Faithful), Ok(Some("general".into())));
    assert_eq!(inherit(&["mail-only", "general"], Reading::Faithful).expect("a label").lost, [id("mail-only")]);
    assert_eq!(label(&["mail-only", "general"], Reading::Strict), Ok(Some("confidential/team".into())));
    assert_eq!(label(&["mail-only"], Reading::Faithful), Err(InheritanceError::NoApplicableLabel));
    // No label at all.
    assert_eq!(label(&["general", "?"], Reading::Faithful), Ok(Some("general".into())));
    assert_eq!(label(&["general", "?"], Reading::Strict), Err(InheritanceError::Unlabelled));
    let few = Labels::new(vec![
        SensitivityLabel::new("low", 1),
        SensitivityLabel::new("mail", 2).for_formats(Formats::EMAIL),
    ])
    .expect("sound");
    let inputs = [few.get("low"), few.get("mail")];
    assert_eq!(
        compute_inheritance(&few, &inputs, Formats::FILE, Reading::Strict),
        Err(InheritanceError::NoneHighEnough),
        "never a label below an input"
    );
}

#[test]
fn a_run_knows_what_decided() {
    let labels = labels();
    let mut run = Lineage::default();
    run.touch("a.docx", labels.get("general"));
    run.touch("b.docx", labels.get("secret"));
    run.touch("c.docx", labels.get("secret"));
    let output = run.output(&labels, Formats::FILE, Reading::Strict).expect("a label");
    assert_eq!(run.deciding(&output).collect::<Vec<_>>(), ["b.docx", "c.docx"]);
}

/// The replacement table, row by row: none, default lower, default higher, auto lower, auto same, auto higher, manual lower,
/// manual higher (the existing label against the incoming one).
#[test]
fn the_replacement_table() {
    use Replacement::{Applied, Kept, Replaced};
    let labels = labels();
    let state = |name: &str, method| Some(LabelState::new(id(name), method));
    let existing = [
        None,
        state("public", Method::Default),
        state("secret", Method::Default),
        state("public", Method::Automatic),
        state("general", Method::Automatic),
        state("secret", Method::Automatic),
        state("public", Method::Manual),
        state("secret", Method::Manual),
    ];
    let automatic = |override_manual| Source::Automatic { override_manual };
    let rows: [(Source, [Replacement; 8]); 8] = [
        (Source::PolicyDefault, [Applied, Kept, Kept, Kept, Kept, Kept, Kept, Kept]),
        (Source::LibraryDefault, [Applied, Replaced, Kept, Replaced, Kept, Kept, Kept, Kept]),
        (automatic(false), [Applied, Replaced, Kept, Replaced, Kept, Kept, Kept, Kept]),
        (automatic(true), [Applied, Replaced, Kept, Replaced, Kept, Kept, Replaced, Kept]),
        (Source::Attachment, [Applied, Replaced, Kept, Replaced, Kept, Kept, Kept, Kept]),
        (Source::Derived, [Applied, Replaced, Kept, Replaced, Kept, Kept, Kept, Kept]),
        (Source::Downstream, [Applied, Replaced, Kept, Replaced, Kept, Kept, Kept, Kept]),
        (
            manual(Author::Human, Some("agreed with legal"), true),
            [Applied, Replaced, Replaced, Replaced, Kept, Replaced, Replaced, Replaced],
        ),
    ];
    for (source, row) in rows {
        for (existing, wanted) in existing.iter().zip(row) {
            let incoming = Incoming { label: id("general"), source: source.clone() };
            let got = may_replace(&labels, existing.as_ref(), &incoming, Formats::ALL, Reading::Faithful);
            assert_eq!(got, wanted, "{source:?} on {existing:?}");
        }
    }
    // Inherited labels are replaced like automatic ones.
    let inherited = LabelState::new(id("public"), Method::Inherited);
    let incoming = Incoming { label: id("general"), source: automatic(false) };
    assert_eq!(may_replace(&labels, Some(&inherited), &incoming, Formats::ALL, Reading::Faithful), Replaced);
    // What cannot be put on items is not.
    for name in ["confidential", "retired"] {
        let incoming = Incoming { label: id(name), source: automatic(false) };
        assert_eq!(may_replace(&labels, None, &incoming, Formats::ALL, Reading::Faithful), Replacement::NotApplied);
    }
}

#[test]
fn a_manual_label_holds_against_data_only_with_a_reason() {
    let labels = labels();
    let incoming = Incoming { label: id("secret"), source: Source::Derived };
    let bare = LabelState::new(id("public"), Method::Manual);
    let reasoned = LabelState { justification: Some("press release".into()), ..bare.clone() };
    let agent = LabelState { author: Author::Agent { approved_by: None }, ..reasoned.clone() };
    let approved = LabelState { author: Author::Agent { approved_by: Some("ada".into()) }, ..reasoned.clone() };
    for (state, faithful, strict) in [
        (&bare, Replacement::Kept, Replacement::Replaced),
        (&reasoned, Replacement::Kept, Replacement::Kept),
        (&agent, Replacement::Kept, Replacement::Replaced),
        (&approved, Replacement::Kept, Replacement::Kept),
    ] {
        assert_eq!(may_replace(&labels, Some(state), &incoming, Formats::ALL, Reading::Faithful), faithful);
        assert_eq!(may_replace(&labels, Some(state), &incoming, Formats::ALL, Reading::Strict), strict);
    }
}

#[test]
fn downgrading() {
    let labels = labels();
    let on = |name: &str, method| LabelState::new(id(name), method);
    let agent = |approved: Option<&str>| Author::Agent { approved_by: approved.map(str::to_owned) };
    let change = |from: &LabelState, to: Option<&str>, source: &Source, reading| {
        change_label(&labels, Some(from), to.map(id), source, reading)
    };
    let secret = on("secret", Method::Manual);
    let silent = manual(Author::Human, None, true);
    for (source, faithful, strict) in [
        (silent.clone(), Replacement::JustificationRequired, Replacement::JustificationRequired),
        (
            manual(Author::Human, Some("  "), true),
            Replacement::JustificationRequired,
            Replacement::JustificationRequired,
        ),
        (manual(Author::Human, None, false), Replacement::Replaced, Replacement::JustificationRequired),
        (manual(Author::Human, Some("agreed"), true), Replacement::Replaced, Replacement::Replaced),
        (manual(agent(None), Some("agreed"), true), Replacement::Replaced, Replacement::ApprovalRequired),
        (manual(agent(Some("ada")), Some("agreed"), true), Replacement::Replaced, Replacement::Replaced),
        (manual(agent(Some("ada")), None, false), Replacement::Replaced, Replacement::JustificationRequired),
        (Source::Derived, Replacement::Kept, Replacement::Kept),
    ] {
        for to in [Some("public"), None] {
            assert_eq!(change(&secret, to, &source, Reading::Faithful), faithful, "{source:?}");
            assert_eq!(change(&secret, to, &source, Reading::Strict), strict, "{source:?}");
        }
    }
    // Between sublabels of one parent only the strict reading asks.
    let hr = on("confidential/hr", Method::Manual);
    assert_eq!(change(&hr, Some("confidential/team"), &silent, Reading::Faithful), Replacement::Replaced);
    assert_eq!(change(&hr, Some("confidential/team"), &silent, Reading::Strict), Replacement::JustificationRequired);
    // Over a default as well.
    let default = on("secret", Method::Default);
    assert_eq!(change(&default, Some("public"), &silent, Reading::Faithful), Replacement::Replaced);
    assert_eq!(change(&default, Some("public"), &silent, Reading::Strict), Replacement::JustificationRequired);
    // Up is free.
    assert_eq!(
        change(&on("public", Method::Manual), Some("secret"), &manual(agent(None), None, true), Reading::Strict),
        Replacement::Replaced
    );
}

#[test]
fn automatic_labels() {
    let labels = labels();
    let found = [id("confidential/team"), id("confidential/hr"), id("confidential")];
    let best = |existing: Option<&str>, in_client, reading| {
        automatic_label(&labels, existing.map(id), &found, Formats::ALL, in_client, reading)
    };
    for reading in BOTH {
        assert_eq!(best(None, true, reading), Some(id("confidential/hr")), "the last sublabel, never the group");
        assert_eq!(best(Some("confidential/team"), false, reading), Some(id("confidential/hr")));
    }
    assert_eq!(best(Some("confidential/team"), true, Reading::Faithful), None, "the client keeps a sibling");
    assert_eq!(best(Some("confidential/team"), true, Reading::Strict), Some(id("confidential/hr")));
}

#[test]
fn mail_takes_the_label_of_what_is_in_it() {
    let labels = labels();
    let attached = |name: &str, physical| Attachment { label: labels.get(name), physical };
    let all = |_: LabelId| true;
    let inherit = |attachments: &[Attachment], reading| attachment_label(&labels, attachments, all, reading);
    for reading in BOTH {
        let inputs = [attached("general", true), attached("secret", false), attached("public", true)];
        assert_eq!(inherit(&inputs, reading), Ok(Some(id("general"))), "a link brings nothing");
        assert_eq!(inherit(&[], reading), Ok(None));
    }
    let unlabelled = [attached("?", true), attached("general", true)];
    assert_eq!(inherit(&unlabelled, Reading::Faithful), Ok(Some(id("general"))));
    assert_eq!(inherit(&unlabelled, Reading::Strict), Err(InheritanceError::Unlabelled));
    // Only what is published to the sender.
    let published = |label: LabelId| label <= id("general");
    let inputs = [attached("general", true), attached("secret", true)];
    assert_eq!(attachment_label(&labels, &inputs, published, Reading::Faithful), Ok(Some(id("general"))));
    assert_eq!(attachment_label(&labels, &inputs, published, Reading::Strict), Err(InheritanceError::NoneHighEnough));
}

#[test]
fn agents_containers_and_pipelines() {
    let labels = labels();
    let (general, secret) = (labels.get("general"), labels.get("secret"));
    let both = agent_labels(&[general], labels.get("confidential/hr"), &[secret], Reading::Strict);
    assert_eq!(both, Ok(AgentLabels { content: labels.get("confidential/hr"), response: secret }));
    assert_eq!(agent_labels(&[None], general, &[], Reading::Faithful).map(|l| l.response), Ok(general));
    assert_eq!(agent_labels(&[None], general, &[], Reading::Strict), Err(InheritanceError::Unlabelled));

    assert_eq!(in_container(general, secret, Reading::Faithful), general);
    assert_eq!(in_container(general, secret, Reading::Strict), secret);
    assert_eq!(in_container(None, secret, Reading::Strict), None, "no label stays above every label");

    let items: Vec<Option<LabelState>> = vec![None; DOWNSTREAM_ITEMS + 1];
    let upstream = [id("general"), id("secret")];
    assert_eq!(propagate(&labels, &upstream, &items, Reading::Faithful).last(), Some(&Replacement::Kept));
    assert_eq!(propagate(&labels, &upstream, &items, Reading::Strict).last(), Some(&Replacement::Applied));
    let chosen = [Some(LabelState::new(id("public"), Method::Manual))];
    assert_eq!(propagate(&labels, &upstream, &chosen, Reading::Faithful), [Replacement::Kept]);
    assert_eq!(propagate(&labels, &upstream, &chosen, Reading::Strict), [Replacement::Replaced]);
}

#[test]
fn embedded_files() {
    let grants = Protection::AdminDefined(vec![]);
    let file = EmbeddedFile { protection: &grants, builder: UsageRights::EXTRACT, foreign: false, password: false };
    assert_eq!(file.outcome(), Embedded::Used);
    assert_eq!(EmbeddedFile { builder: UsageRights::VIEW, ..file }.outcome(), Embedded::Failed);
    assert_eq!(EmbeddedFile { protection: &Protection::UserDefined, ..file }.outcome(), Embedded::Failed);
    assert_eq!(EmbeddedFile { protection: &Protection::DoubleKey, ..file }.outcome(), Embedded::Unused);
    assert_eq!(EmbeddedFile { foreign: true, ..file }.outcome(), Embedded::Unused);
    assert_eq!(EmbeddedFile { password: true, ..file }.outcome(), Embedded::Rejected);
    assert_eq!(
        EmbeddedFile { protection: &Protection::None, builder: UsageRights::NONE, ..file }.outcome(),
        Embedded::Used
    );
}

#[test]
fn policies_of_one_person() {
    let policy = |order, mandatory, justification| LabelPolicy {
        order,
        labels: BTreeSet::from([format!("label {order}")]),
        mandatory,
        justification,
        ..LabelPolicy::default()
    };
    let policies = [policy(2, Some(false), None), policy(0, Some(true), Some(true)), policy(1, None, Some(false))];
    let faithful = effective_settings(&policies, Reading::Faithful).expect("sound");
    assert_eq!(faithful.labels.len(), 3, "the union");
    assert_eq!(faithful.mandatory.map(|s| (s.value, s.from)), Some((false, 2)), "the largest order that says so");
    assert_eq!(faithful.justification.map(|s| (s.value, s.from)), Some((false, 1)), "setting by setting");
    let strict = effective_settings(&policies, Reading::Strict).expect("sound");
    assert_eq!(strict.mandatory.map(|s| (s.value, s.from)), Some((true, 0)), "a demand is not lifted");
    assert_eq!(strict.justification.map(|s| (s.value, s.from)), Some((true, 0)));
    let twice = [policy(1, None, None), policy(1, None, None)];
    assert_eq!(effective_settings(&twice, Reading::Strict), Err(PolicyError::SameOrder(1)));
}

#[test]
fn usage_rights() {
    let decoded = UsageRights::from_mask(1024 + 2048 + 131_072 + (1 << 30)).decode();
    assert_eq!(decoded.rights, ["view", "extract"]);
    assert_eq!(decoded.flags, ["encryptedProtectionTypeNotSupportedException"]);
    assert_eq!(decoded.unknown, 1 << 30);
    assert_eq!(UsageRights::parse("ViewRightsData").map(UsageRights::mask), Some(4096));
    assert_eq!(UsageRights::parse("fly"), None);
    assert!(UsageRights::OWNER.contains(UsageRights::EXTRACT));
    let both = UsageRights::VIEW.union(UsageRights::EXTRACT);
    for (rights, faithful, strict) in [
        (None, (true, true), (true, true)),
        (Some(both), (true, true), (true, true)),
        (Some(UsageRights::OWNER), (true, true), (true, true)),
        (Some(UsageRights::VIEW), (false, true), (false, true)),
        (Some(UsageRights::EXTRACT), (false, false), (false, false)),
        (Some(UsageRights::NONE), (false, false), (false, false)),
        (Some(UsageRights::ACCESS_DENIED), (false, false), (false, false)),
        (Some(UsageRights::NO_PROTECTION), (true, true), (true, true)),
        (Some(both.union(UsageRights::from_mask(524_288))), (true, true), (false, false)),
        (Some(both.union(UsageRights::from_mask(1 << 30))), (true, true), (false, false)),
    ] {
        for (reading, wanted) in [(Reading::Faithful, faithful), (Reading::Strict, strict)] {
            let answer = ai_use(rights, reading);
            assert_eq!((answer.content, answer.link), wanted, "{rights:?} {reading:?}");
            assert_eq!(answer.reason.is_none(), answer.content, "nothing is withheld silently");
        }
    }
}

#[test]
fn agents_have_rights_only_by_name() {
    let both = UsageRights::VIEW.union(UsageRights::EXTRACT);
    let to = |to| Protection::AdminDefined(vec![Grant { to, rights: both }]);
    let rights = |protection: &Protection, kind, groups: &[&str]| {
        protection.rights(&Subject { id: "x", kind, groups }).contains(both)
    };
    for (audience, member, guest, agent) in [
        (Audience::Organisation, true, false, false),
        (Audience::AnyAuthenticated, true, true, false),
        (Audience::Named("x".into()), true, true, true),
        (Audience::Group("g".into()), true, true, true),
        (Audience::Group("other".into()), false, false, false),
    ] {
        let protection = to(audience);
        for (kind, wanted) in [(SubjectKind::Member, member), (SubjectKind::Guest, guest), (SubjectKind::Agent, agent)]
        {
            assert_eq!(rights(&protection, kind, &["g"]), wanted, "{protection:?} {kind:?}");
        }
    }
    let nobody = to(Audience::Organisation).rights(&Subject { id: "x", kind: SubjectKind::Agent, groups: &[] });
    assert_eq!(nobody, UsageRights::ACCESS_DENIED);
}

#[test]
fn rights_and_inheritance_at_once() {
    let labels = labels();
    let user_defined = Protection::UserDefined;
    let contents = [
        Content { label: labels.get("general"), protection: None },
        Content { label: labels.get("secret"), protection: Some(&user_defined) },
    ];
    let subject = Subject { id: "ada", kind: SubjectKind::Member, groups: &[] };
    let both = rights_and_inheritance(&labels, &contents, &subject, Formats::FILE, Reading::Strict);
    assert_eq!(both.rights, [UsageRights::NO_PROTECTION, UsageRights::USER_DEFINED]);
    assert_eq!(both.inherited.expect("a label").label, labels.get("secret"));
}

#[test]
fn exposure_is_reported_and_controls_take_away() {
    let site = |id: &str, openings, items| Site { id: id.into(), openings, items, ..Site::default() };
    let item = |label: Option<LabelId>, openings| Item { id: "i".into(), label, openings };
    let sites = [
        site(
            "open",
            vec![Opening::EveryoneExceptExternal],
            vec![item(Some(id("secret")), vec![]), item(Some(id("public")), vec![Opening::AnyoneLink])],
        ),
        site("team", vec![Opening::Group("g".into())], vec![item(None, vec![Opening::OrganisationLink])]),
        site("lost", vec![Opening::Group("unknown".into())], vec![]),
    ];
    let members = BTreeMap::from([("g".to_owned(), BTreeSet::from(["a".to_owned(), "b".to_owned()]))]);
    let line = |site: &str, entity, count| Exposure { site: site.into(), entity, count };
    assert_eq!(
        report(&sites, &members, 2, id("secret")),
        [
            line("lost", ReportEntity::PermissionedUsers, usize::MAX),
            line("open", ReportEntity::EveryoneExceptExternalUsersAtSite, 1),
            line("open", ReportEntity::PermissionedUsers, usize::MAX),
            line("open", ReportEntity::SharingLinksAnyone, 1),
            line("open", ReportEntity::SensitivityLabelForFiles, 1),
            line("team", ReportEntity::SharingLinksPeopleInYourOrg, 1),
            line("team", ReportEntity::SensitivityLabelForFiles, 1),
        ]
    );
    let groups = BTreeSet::from(["g".to_owned()]);
    let open = Controls::default();
    let restricted = Controls { restricted_access: Some(BTreeSet::from(["h".to_owned()])), ..Controls::default() };
    let hidden = Controls { restricted_discovery: true, ..Controls::default() };
    let listed: BTreeSet<String> = BTreeSet::from(["other".to_owned()]);
    let too_long: BTreeSet<String> = (0..101).map(|n| if n == 0 { "s".to_owned() } else { format!("s{n}") }).collect();
    for (controls, search, own, access, discovery) in [
        (&open, None, false, true, true),
        (&restricted, None, true, false, false),
        (&hidden, None, false, true, false),
        (&hidden, None, true, true, true),
        (&open, Some(&listed), false, true, false),
        (&open, Some(&listed), true, true, true),
        (&open, Some(&too_long), false, true, false),
    ] {
        let got = reach("s", true, &groups, controls, search, own);
        assert_eq!((got.access, got.discovery), (access, discovery));
        assert!(!reach("s", false, &groups, controls, search, own).access, "controls give nothing");
    }
}

#[test]
fn labels_cross_borders() {
    let here = labels();
    let away = Labels::new(vec![SensitivityLabel::new("open", 1), SensitivityLabel::new("closed", 2)]).expect("sound");
    let export = [("public", "open"), ("general", "open"), ("secret", "closed")];
    let there = LabelMap::new(&here, &away, export).expect("monotone");
    assert_eq!(there.translate(here.get("general")), away.get("open"));
    assert_eq!(there.translate(here.get("confidential/hr")), None, "not mapped: above every label");
    assert_eq!(there.translate(None), None);
    let back = LabelMap::new(&away, &here, [("open", "general"), ("closed", "secret")]).expect("monotone");
    assert_eq!(agree(&there, &back, &here, &away), Ok(()));
    let lax = LabelMap::new(&away, &here, [("open", "public")]).expect("monotone");
    assert_eq!(agree(&there, &lax, &here, &away), Err(ExchangeError::Lowers("general".into(), "public".into())));
    let crossed = LabelMap::new(&here, &away, [("public", "closed"), ("secret", "open")]);
    assert!(matches!(crossed, Err(ExchangeError::NotMonotone { .. })));
    assert!(matches!(LabelMap::new(&here, &away, [("public", "nope")]), Err(ExchangeError::Unknown(_))));
    assert!(matches!(
        LabelMap::new(&here, &away, [("public", "open"), ("public", "open")]),
        Err(ExchangeError::Twice(_))
    ));
}

fn any_label() -> impl Strategy<Value = LabelId> {
    (0usize..8).prop_map(|place| labels().iter().nth(place).expect("eight labels"))
}

fn any_formats() -> impl Strategy<Value = Formats> {
    prop::collection::vec(prop::sample::select(ContentFormat::ALL.to_vec()), 0..4)
        .prop_map(|formats| formats.into_iter().collect())
}

fn any_author() -> impl Strategy<Value = Author> {
    prop_oneof![
        Just(Author::Human),
        Just(Author::Agent { approved_by: None }),
        Just(Author::Agent { approved_by: Some("ada".to_owned()) })
    ]
}

fn any_state() -> impl Strategy<Value = LabelState> {
    let method =
        prop_oneof![Just(Method::Manual), Just(Method::Automatic), Just(Method::Default), Just(Method::Inherited)];
    (any_label(), method, any_author(), prop::option::of(Just("why".to_owned())))
        .prop_map(|(label, method, author, justification)| LabelState { label, method, author, justification })
}

fn any_data_source() -> impl Strategy<Value = Source> {
    prop_oneof![
        any::<bool>().prop_map(|override_manual| Source::Automatic { override_manual }),
        Just(Source::Attachment),
        Just(Source::Derived),
        Just(Source::Downstream)
    ]
}

fn inherit(
    inputs: &[Option<LabelId>],
    formats: Formats,
    reading: Reading,
) -> Result<Option<LabelId>, InheritanceError> {
    compute_inheritance(&labels(), inputs, formats, reading).map(|inheritance| inheritance.label)
}

proptest! {
    /// Law 8: the strict output is never below any input, and never unlabelled if anything went in.
    #[test]
    fn strict_output_is_never_below_an_input(
        inputs in prop::collection::vec(prop::option::weighted(0.95, any_label()), 0..6), formats in any_formats(),
    ) {
        match compute_inheritance(&labels(), &inputs, formats, Reading::Strict) {
            Ok(inheritance) => {
                prop_assert!(inputs.iter().all(|input| input.is_some() && *input <= inheritance.label));
                prop_assert!(inheritance.lost.is_empty());
            }
            Err(_) => prop_assert!(!inputs.is_empty()),
        }
    }

    /// Law 8: inheritance is a join: idempotent, and the order, the grouping and repetitions of inputs do not matter.
    #[test]
    fn strict_inheritance_is_a_join(
        a in prop::collection::vec(any_label().prop_map(Some), 1..4),
        b in prop::collection::vec(any_label().prop_map(Some), 1..4),
        formats in any_formats(),
    ) {
        let all = [a.clone(), b.clone()].concat();
        let output = inherit(&all, formats, Reading::Strict);
        let turned: Vec<_> = all.iter().rev().copied().collect();
        prop_assert_eq!(output, inherit(&turned, formats, Reading::Strict));
        prop_assert_eq!(output, inherit(&[all.clone(), all].concat(), formats, Reading::Strict));
        if let (Ok(left), Ok(right)) = (inherit(&a, formats, Reading::Strict), inherit(&b, formats, Reading::Strict)) {
            prop_assert_eq!(output, inherit(&[left, right], formats, Reading::Strict));
            prop_assert!(output.is_ok_and(|output| output >= left && output >= right), "monotone");
        } else {
            prop_assert!(output.is_err());
        }
        if let Ok(Some(output)) = output {
            prop_assert_eq!(inherit(&[Some(output)], formats, Reading::Strict), Ok(Some(output)));
        }
    }

    /// The strict reading is never below the faithful one where both answer.
    #[test]
    fn strict_inheritance_is_at_least_the_faithful_one(
        inputs in prop::collection::vec(any_label().prop_map(Some), 0..6), formats in any_formats(),
    ) {
        if let (Ok(faithful), Ok(strict)) = (inherit(&inputs, formats, Reading::Faithful), inherit(&inputs, formats, Reading::Strict)) {
            prop_assert!(strict >= faithful);
        }
    }

    /// What the data says is a floor that only a person's reason lowers, whatever the history of an item.
    #[test]
    fn an_item_is_never_below_what_it_is_made_of(
        state in prop::option::of(any_state()), label in any_label(), source in any_data_source(),
    ) {
        let labels = labels();
        prop_assume!(labels.is_appliable(label, Formats::ALL));
        let incoming = Incoming { label, source };
        let outcome = may_replace(&labels, state.as_ref(), &incoming, Formats::ALL, Reading::Strict);
        let after = if outcome.takes_effect() { Some(label) } else { state.as_ref().map(|s| s.label) };
        let reasoned = state.as_ref().is_some_and(|s| {
            s.method == Method::Manual && s.justification.is_some() && s.author != Author::Agent { approved_by: None }
        });
        prop_assert!(after >= Some(label) || reasoned);
        // And it never lowers what is there.
        prop_assert!(after >= state.map(|s| s.label));
    }

    /// Nobody lowers a label without a reason, and no agent without a person.
    #[test]
    fn lowering_needs_a_reason_and_a_person(
        from in any_state(), to in prop::option::of(any_label()), author in any_author(),
        reason in prop::option::of("[ a]{0,2}"), required in any::<bool>(),
    ) {
        let labels = labels();
        let source = manual(author.clone(), reason.as_deref(), required);
        let outcome = change_label(&labels, Some(&from), to, &source, Reading::Strict);
        if outcome.takes_effect() && to < Some(from.label) {
            prop_assert!(reason.is_some_and(|reason| !reason.trim().is_empty()));
            prop_assert!(author.is_answered_for());
        }
        // Whatever the strict reading lets through, the faithful one does.
        let faithful = change_label(&labels, Some(&from), to, &source, Reading::Faithful);
        prop_assert!(!outcome.takes_effect() || faithful.takes_effect());
    }

    /// Law 6: a chain of subjects can do no more than each of its links.
    #[test]
    fn rights_of_a_chain_are_those_of_every_link(a in any::<u32>(), b in any::<u32>()) {
        let (a, b) = (UsageRights::from_mask(a), UsageRights::from_mask(b));
        let both = a.intersection(b);
        prop_assert_eq!(both, b.intersection(a));
        prop_assert_eq!(a.intersection(a).contains(UsageRights::VIEW), a.contains(UsageRights::VIEW));
        for reading in [Reading::Faithful, Reading::Strict] {
            let (chain, one, other) = (ai_use(Some(both), reading), ai_use(Some(a), reading), ai_use(Some(b), reading));
            if reading == Reading::Strict {
                prop_assert!(!chain.content || (one.content && other.content));
            }
            prop_assert!(chain.content || !(one.content && other.content) || reading == Reading::Strict
                || a == UsageRights::NO_PROTECTION || b == UsageRights::NO_PROTECTION);
        }
        prop_assert!(ai_use(Some(a), Reading::Faithful).content || !ai_use(Some(a), Reading::Strict).content);
    }

    /// Whatever map is accepted keeps the order of labels, and maps that agree never lower one by a round trip.
    #[test]
    fn maps_keep_the_order(
        out in prop::collection::btree_map(0usize..8, 0usize..8, 0..6), home in prop::collection::btree_map(0usize..8, 0usize..8, 0..6),
    ) {
        let labels = labels();
        let name = |place: usize| labels.iter().nth(place).map_or("", |label| labels.id(label));
        let map = |pairs: &BTreeMap<usize, usize>| LabelMap::new(&labels, &labels, pairs.iter().map(|(a, b)| (name(*a), name(*b))));
        let (Ok(there), Ok(back)) = (map(&out), map(&home)) else { return Ok(()) };
        for a in labels.iter() {
            for b in labels.iter().filter(|b| a <= *b) {
                if let (Some(a), Some(b)) = (there.translate(Some(a)), there.translate(Some(b))) {
                    prop_assert!(a <= b);
                }
            }
            if agree(&there, &back, &labels, &labels).is_ok() && let Some(returned) = back.translate(there.translate(Some(a))) {
                prop_assert!(returned >= a);
            }
        }
    }

    /// The formats of a set survive being written.
    #[test]
    fn formats_round_trip(formats in any_formats()) {
        let text = serde_json::to_string(&formats).expect("json");
        prop_assert_eq!(serde_json::from_str::<Formats>(&text).expect("formats"), formats);
    }
}
