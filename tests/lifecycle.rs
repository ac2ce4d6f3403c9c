//! Managed identities: creation, people, states, flows, permissions, discovery, risk, lifecycle policies.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong should stop where it does")]

use std::collections::{BTreeMap, BTreeSet};

use placet::identity::Sponsor;
use placet::lifecycle::*;
use placet::name::{AgentId, BlueprintId, GroupId, TenantId, UserId};
use placet::time::{Duration, Timestamp};
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn day(number: i64) -> Timestamp {
    Timestamp::new(number * DAY, 0).unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn user(name: &str) -> Sponsor {
    Sponsor::User(id(name))
}

fn by(name: &str) -> Caller {
    Caller::Delegated { user: id(name), administrator: false }
}

fn admin() -> Caller {
    Caller::Delegated { user: id("root"), administrator: true }
}

fn new_agent(name: &str, sponsors: Vec<Sponsor>) -> NewAgentIdentity {
    NewAgentIdentity {
        id: id(name),
        tenant: id("t"),
        blueprint: id("bp"),
        owners: vec![Owner::User(id("olga"))],
        sponsors,
    }
}

/// A blueprint `bp` of `olga` in tenant `t` with the agent `bot`, for which `sam` answers, and its account `bot-user`.
fn fleet(reading: Reading) -> Fleet {
    let mut settings = Settings::default();
    settings.reading = reading;
    let mut fleet = Fleet::new(settings);
    let blueprint = NewBlueprint { id: id("bp"), owners: vec![], sponsors: vec![user("sam")] };
    fleet.create_blueprint(&by("olga"), blueprint).unwrap();
    fleet.add_principal(id("t"), id("bp")).unwrap();
    fleet.create_agent(&by("olga"), new_agent("bot", vec![user("sam")])).unwrap();
    fleet.create_agent_user(id("bot-user"), id("bot"), Some(id("mia"))).unwrap();
    fleet
}

fn bot() -> AgentId {
    id("bot")
}

fn principal() -> ObjectRef {
    ObjectRef::Principal(id("t"), id("bp"))
}

fn reason(fleet: &Fleet, now: Timestamp) -> Option<&'static str> {
    fleet.verdict(&bot(), now).reason().map(DenyReason::code)
}

#[test]
fn creation_keeps_its_invariants() {
    let mut fleet = fleet(Reading::Strict);
    let other = NewBlueprint { id: id("other"), owners: vec![], sponsors: vec![user("sam")] };
    fleet.create_blueprint(&admin(), other).unwrap();
    let app = |may_create_all| Caller::Application { may_create_all };
    let blueprint = |name: &str, may_create_all| Caller::Blueprint { id: id(name), may_create_all };
    let sponsored = || new_agent("new", vec![user("sam")]);
    let at = |blueprint: &str, tenant: &str| NewAgentIdentity {
        blueprint: id(blueprint),
        tenant: id(tenant),
        ..sponsored()
    };
    for (caller, new, wanted) in [
        (Caller::Agent(bot()), sponsored(), "Error_AgentIdentitiesCreatingAgentIdentitiesNotAllowed"),
        (blueprint("other", false), sponsored(), "Error_AgentIdentitySelfCreateRequired"),
        (blueprint("other", true), sponsored(), "Error_AgentBlueprintCannotCreateAssociatedIdentity"),
        (app(false), sponsored(), "Error_AgentIdentitySelfCreateRequired"),
        (app(true), at("bot", "t"), "AgentIdentity_IncompatibleParentType"),
        (app(true), at("other", "t"), "AgentIdentity_AgentBlueprintPrincipalDoesNotExist"),
        (app(true), at("bp", "u"), "AgentIdentity_AgentBlueprintPrincipalDoesNotExist"),
        (by("sam"), sponsored(), "not_authorised"),
        (app(true), new_agent("new", vec![]), "sponsor_required"),
        (admin(), new_agent("new", vec![]), "sponsor_required"),
        (app(true), new_agent("bot", vec![user("sam")]), "already_exists"),
        (app(true), new_agent("new", (0..101).map(|n| user(&format!("u{n}"))).collect()), "too_many_sponsors"),
    ] {
        let error = fleet.create_agent(&caller, new).unwrap_err();
        assert_eq!(error.code(), wanted, "{caller:?}");
    }
    assert_eq!(fleet.create_agent(&by("olga"), new_agent("a", vec![])).unwrap(), [user("olga")], "the caller answers");
    assert_eq!(fleet.create_agent(&by("olga"), new_agent("b", vec![user("u")])).unwrap(), [user("u")]);
    assert_eq!(fleet.create_agent(&blueprint("bp", false), sponsored()).unwrap(), [user("sam")]);
}

#[test]
fn nothing_is_made_from_what_is_deleted() {
    let own = Caller::Blueprint { id: id("bp"), may_create_all: false };
    let mut fleet = fleet(Reading::Faithful);
    fleet.disable(&ObjectRef::Blueprint(id("bp"))).unwrap();
    let new = || new_agent("new", vec![user("sam")]);
    assert_eq!(fleet.create_agent(&own, new()), Err(LifecycleError::NotAuthorised));
    fleet.soft_delete(&ObjectRef::Blueprint(id("bp")), day(0)).unwrap();
    assert_eq!(fleet.create_agent(&admin(), new()), Err(LifecycleError::ParentDeleted));
    fleet.purge(&ObjectRef::AgentUser(id("bot-user"))).unwrap_err();
    fleet.soft_delete(&ObjectRef::AgentUser(id("bot-user")), day(0)).unwrap();
    fleet.purge(&ObjectRef::AgentUser(id("bot-user"))).unwrap();
    fleet.soft_delete(&ObjectRef::Agent(bot()), day(0)).unwrap();
    assert_eq!(fleet.create_agent_user(id("u"), bot(), None), Err(LifecycleError::ParentDeleted));
}

#[test]
fn the_quota_counts_what_is_deleted() {
    let mut fleet = fleet(Reading::Strict);
    let own = Caller::Blueprint { id: id("bp"), may_create_all: false };
    for n in 1..250 {
        fleet.create_agent(&own, new_agent(&format!("a{n}"), vec![user("sam")])).unwrap();
    }
    fleet.soft_delete(&ObjectRef::Agent(id("a1")), day(0)).unwrap();
    let one_more = || new_agent("one more", vec![user("sam")]);
    assert_eq!(fleet.create_agent(&own, one_more()).unwrap_err(), LifecycleError::TooManyAgents);
    fleet.purge(&ObjectRef::Agent(id("a1"))).unwrap();
    fleet.create_agent(&own, one_more()).unwrap();
}

#[test]
fn credentials_live_on_the_blueprint() {
    let fleet = fleet(Reading::Strict);
    assert_eq!(fleet.add_credential(&ObjectRef::Blueprint(id("bp"))), Ok(()));
    for target in [ObjectRef::Agent(bot()), ObjectRef::AgentUser(id("bot-user")), principal()] {
        assert_eq!(fleet.add_credential(&target), Err(LifecycleError::CredentialsNotSupported));
    }
}

#[test]
fn an_account_belongs_to_one_agent_for_ever() {
    let mut fleet = fleet(Reading::Strict);
    fleet.create_agent(&by("olga"), new_agent("other", vec![])).unwrap();
    let twice = fleet.create_agent_user(id("second"), bot(), None);
    assert_eq!(twice, Err(LifecycleError::AgentUserExists));
    assert_eq!(fleet.set_parent(&id("bot-user"), &id("other")), Err(LifecycleError::ParentFixed));
    assert_eq!(fleet.create_agent_user(id("x"), id("nobody"), None), Err(LifecycleError::NotFound));
}

#[test]
fn who_may_do_what() {
    use Operation::*;
    let all = [
        EditSettings,
        EditCredentials,
        AddOwner,
        AddSponsor,
        CreateAgent,
        Disable,
        Enable,
        SoftDelete,
        Restore,
        RequestPackage,
        RequestPackageForUser,
        Reconfirm,
        Extend,
    ];
    let allowed = |relation, rights| all.into_iter().filter(|o| may(relation, *o, rights)).collect::<Vec<_>>();
    let none = SponsorRights::default();
    assert_eq!(allowed(Relation::Owner, none), all);
    let sponsor = [Disable, SoftDelete, RequestPackage, RequestPackageForUser, Reconfirm, Extend];
    assert_eq!(allowed(Relation::Sponsor, none), sponsor);
    assert!(may(Relation::Sponsor, Enable, SponsorRights { enable: true, restore: false }));
    assert_eq!(allowed(Relation::Manager, none), [RequestPackageForUser]);
}

#[test]
fn only_direct_members_of_a_group_sponsor() {
    let mut fleet = fleet(Reading::Strict);
    fleet.create_agent(&by("olga"), new_agent("grouped", vec![Sponsor::Group(id("desk"))])).unwrap();
    let agent = ObjectRef::Agent(id("grouped"));
    let member = |user: &UserId, group: &GroupId| user.as_str() == "dan" && group.as_str() == "desk";
    assert_eq!(
        fleet.perform(&id("nested"), Operation::Disable, &agent, day(0), member),
        Err(LifecycleError::NotAuthorised)
    );
    fleet.perform(&id("dan"), Operation::Disable, &agent, day(0), member).unwrap();
    assert_eq!(
        fleet.perform(&id("dan"), Operation::Enable, &agent, day(0), member),
        Err(LifecycleError::NotAuthorised)
    );
    fleet.perform(&id("olga"), Operation::Enable, &agent, day(0), member).unwrap();
    let account = ObjectRef::AgentUser(id("bot-user"));
    assert_eq!(fleet.relations(&id("mia"), &account, member), [Relation::Manager]);
    assert_eq!(fleet.relations(&id("mia"), &ObjectRef::Agent(bot()), member), []);
}

#[test]
fn a_sponsor_who_leaves_hands_over_to_the_manager() {
    let mut fleet = fleet(Reading::Strict);
    fleet.sponsor_left(&id("sam"), Some(&id("max")));
    assert_eq!(fleet.agent(&bot()).unwrap().sponsors, [user("max")]);
    fleet.sponsor_left(&id("max"), None);
    assert_eq!(reason(&fleet, day(0)), Some("no_sponsor"));
}

#[test]
fn every_part_of_the_chain_must_be_there_and_enabled() {
    let fresh = || fleet(Reading::Strict);
    assert_eq!(reason(&fresh(), day(0)), None);
    assert_eq!(fresh().verdict(&id("unknown"), day(0)).reason(), Some(DenyReason::Unknown));
    type Change<'c> = (&'c str, &'c dyn Fn(&mut Fleet));
    let changes: [Change<'_>; 7] = [
        ("agent_disabled", &|f| f.disable(&ObjectRef::Agent(bot())).unwrap()),
        ("blueprint_disabled", &|f| f.disable(&ObjectRef::Blueprint(id("bp"))).unwrap()),
        ("blueprint_principal_disabled", &|f| f.disable(&principal()).unwrap()),
        ("quarantined", &|f| f.quarantine(&bot(), true).unwrap()),
        ("provider_disabled", &|f| f.set_provider_status(&ObjectRef::Agent(bot()), ProviderStatus::Disabled).unwrap()),
        ("provider_disabled", &|f| f.set_provider_status(&principal(), ProviderStatus::Disabled).unwrap()),
        ("agent_deleted", &|f| f.soft_delete(&ObjectRef::Agent(bot()), day(0)).unwrap()),
    ];
    for (wanted, change) in changes {
        let mut fleet = fresh();
        change(&mut fleet);
        assert_eq!(reason(&fleet, day(0)), Some(wanted));
        assert_ne!(fleet.user_verdict(&id("bot-user"), day(0)), IdentityVerdict::Active, "{wanted}");
    }
    let mut fleet = fresh();
    fleet.disable(&ObjectRef::AgentUser(id("bot-user"))).unwrap();
    assert_eq!(reason(&fleet, day(0)), None);
    assert_eq!(fleet.user_verdict(&id("bot-user"), day(0)).reason(), Some(DenyReason::AgentUserDisabled));
}

#[test]
fn deletion_reaches_the_children_at_once_or_later() {
    let agent = ObjectRef::Agent(bot());
    let account = ObjectRef::AgentUser(id("bot-user"));

    let mut strict = fleet(Reading::Strict);
    strict.soft_delete(&principal(), day(0)).unwrap();
    assert_eq!(strict.state(&agent, day(1)), LifecycleState::SoftDeleted);
    assert_eq!(strict.state(&account, day(1)), LifecycleState::SoftDeleted);
    assert_eq!(strict.restore(&principal(), day(1)), Ok(Children::SoftDeleted(vec![bot()])));

    let mut early = fleet(Reading::Faithful);
    early.soft_delete(&principal(), day(0)).unwrap();
    assert_eq!(early.state(&agent, day(1)), LifecycleState::Enabled, "not reached yet");
    assert_eq!(reason(&early, day(1)), Some("blueprint_principal_deleted"), "and yet it may not act");
    assert_eq!(early.restore(&principal(), day(1)), Ok(Children::Untouched));
    early.run_cascade(day(2));
    assert_eq!(reason(&early, day(2)), None, "the deletion was called off");

    let mut late = fleet(Reading::Faithful);
    late.soft_delete(&principal(), day(0)).unwrap();
    late.run_cascade(day(1));
    assert_eq!(late.restore(&agent, day(2)), Err(LifecycleError::ParentDeleted));
    assert_eq!(late.restore(&principal(), day(2)), Ok(Children::SoftDeleted(vec![bot()])));
    assert_eq!(reason(&late, day(2)), Some("agent_deleted"));
    late.restore(&agent, day(2)).unwrap();
    assert_eq!(reason(&late, day(2)), None);
    assert_eq!(late.user_verdict(&id("bot-user"), day(2)).reason(), Some(DenyReason::AgentUserDeleted));
    late.restore(&account, day(2)).unwrap();
    assert_eq!(late.user_verdict(&id("bot-user"), day(2)), IdentityVerdict::Active);
}

#[test]
fn the_restore_window_ends_and_purging_leaves_orphans() {
    let agent = ObjectRef::Agent(bot());
    let mut fleet = fleet(Reading::Faithful);
    fleet.disable(&agent).unwrap();
    fleet.soft_delete(&agent, day(0)).unwrap();
    assert_eq!(fleet.enable(&agent), Err(LifecycleError::WrongState));
    assert_eq!(fleet.restore(&agent, day(30)), Err(LifecycleError::WindowOver));
    assert_eq!(fleet.state(&agent, day(30)), LifecycleState::Deleted);
    fleet.restore(&agent, day(29)).unwrap();
    assert_eq!(fleet.state(&agent, day(29)), LifecycleState::Disabled, "as it was before");
    fleet.enable(&agent).unwrap();
    assert_eq!(fleet.purge(&principal()), Err(LifecycleError::WrongState), "first the recycle bin");
    fleet.soft_delete(&principal(), day(29)).unwrap();
    fleet.purge(&principal()).unwrap();
    assert_eq!(reason(&fleet, day(29)), Some("orphaned"));
}

#[test]
fn flows_check_every_token_of_the_exchange() {
    let fleet = fleet(Reading::Strict);
    let (client, account): (AgentId, UserId) = (bot(), id("bot-user"));
    let t1 = T1 { audience: "bp", fmi_path: "bot" };
    let tc = UserToken { audience: "bp", user: "ada" };
    let t2 = T2 { audience: "bot", client: "bot" };
    let own = |t1| Flow::OwnIdentity { client: &client, t1 };
    let on_behalf = |user| Flow::OnBehalfOf { client: &client, t1, user };
    let as_user = |t2, account| Flow::AsAgentUser { client: &client, t1, t2, account };
    let claims = |flow: Flow<'_>| {
        let claims = issue(&fleet, &flow, day(0)).unwrap();
        (claims.idtyp, claims.oid, claims.xms_act_fct, claims.xms_sub_fct)
    };
    assert_eq!(claims(own(t1)), ("app", "bot".into(), "11", Some("11")));
    assert_eq!(claims(on_behalf(tc)), ("user", "ada".into(), "11", None));
    assert_eq!(claims(as_user(t2, &account)), ("user", "bot-user".into(), "11", Some("13")));
    let nobody: UserId = id("nobody");
    for (flow, wanted) in [
        (own(T1 { audience: "other", ..t1 }), "t1_audience_not_blueprint"),
        (own(T1 { fmi_path: "sibling", ..t1 }), "t1_fmi_path_not_agent"),
        (on_behalf(UserToken { audience: "web", ..tc }), "tc_audience_not_blueprint"),
        (on_behalf(UserToken { user: "bot-user", ..tc }), "tc_subject_not_user"),
        (as_user(T2 { audience: "bp", ..t2 }, &account), "t2_audience_not_agent"),
        (as_user(T2 { client: "other", ..t2 }, &account), "client_changed"),
        (as_user(t2, &nobody), "not_parent"),
    ] {
        assert_eq!(issue(&fleet, &flow, day(0)).unwrap_err().code(), wanted);
    }
    let refused = [Grant::Authorize, Grant::DeviceCode, Grant::Password];
    assert!(refused.into_iter().all(|grant| !flow_is_supported(grant)));
}

#[test]
fn permissions_are_direct_or_inherited_and_never_blocked() {
    let permissions = |scopes: &[&str], roles: &[&str]| Permissions {
        scopes: scopes.iter().map(ToString::to_string).collect(),
        roles: roles.iter().map(ToString::to_string).collect(),
    };
    let at = |resource: &str, permissions| BTreeMap::from([(resource.to_owned(), permissions)]);
    let direct = at("Graph", permissions(&["Mail.Read"], &["User.ReadWrite.All"]));
    let consented = at("Graph", permissions(&["Mail.Read", "Files.Read", "User.ReadWrite.All"], &["Reports.Read.All"]));
    let listed = BTreeSet::from(["Files.Read".to_owned()]);
    let effective = |scopes, roles| {
        let inheritable = BTreeMap::from([("Graph".to_owned(), Inheritable { scopes, roles })]);
        let all = effective_permissions(&direct, &id("bp"), &inheritable, &consented, &HardBlocks::default());
        all.into_iter()
            .map(|p| format!("{}{}", p.name, if p.origin == Origin::Direct { "" } else { "*" }))
            .collect::<Vec<_>>()
    };
    use InheritancePattern::*;
    assert_eq!(effective(None, None), ["Mail.Read"]);
    assert_eq!(effective(AllAllowed, None), ["Files.Read*", "Mail.Read", "Mail.Read*"]);
    assert_eq!(effective(Enumerated(listed), None), ["Files.Read*", "Mail.Read"]);
    assert_eq!(effective(None, AllAllowed), ["Mail.Read", "Reports.Read.All*"]);
}

#[test]
fn consent_follows_the_two_tables() {
    let outcome = |consent, declared, inheritable| {
        let outcome = consent_outcome(consent, declared, inheritable);
        (outcome.inherited, outcome.visible_up_front)
    };
    let rows = [(true, true), (true, false), (false, true), (false, false)];
    let table = |consent| rows.map(|(declared, inheritable)| outcome(consent, declared, inheritable));
    assert_eq!(table(Consent::Static), [(true, true), (false, true), (false, false), (false, false)]);
    assert_eq!(table(Consent::Dynamic), [(true, true), (false, true), (true, false), (false, false)]);
}

#[test]
fn nothing_lifts_a_hard_block() {
    let blocks = HardBlocks::default().and_permission("Payroll.Pay").and_role("Teams Administrator");
    use PermissionKind::{Role, Scope};
    for (permission, kind, wanted) in [
        ("User.ReadWrite.All", Some(Scope), Err(GrantRefusal::Blocked)),
        ("RoleManagement.ReadWrite.All", Some(Role), Err(GrantRefusal::Blocked)),
        ("Files.Read.All", Some(Role), Err(GrantRefusal::Blocked)),
        ("Files.Read.All", Some(Scope), Ok(())),
        ("Files.Read.All", None, Err(GrantRefusal::Blocked)),
        ("Payroll.Pay", Some(Scope), Err(GrantRefusal::Blocked)),
        ("Mail.Read", Some(Scope), Ok(())),
    ] {
        assert_eq!(grant(permission, kind, true, &blocks), wanted, "{permission} {kind:?}");
    }
    assert_eq!(grant("Mail.Read", Some(Scope), false, &blocks), Ok(()));
    assert_eq!(grant("Mail.Read", Some(Role), false, &blocks), Err(GrantRefusal::AdminConsentRequired));
    let role = |role, custom, to_account| blocks.assign_role(role, custom, to_account).map_err(RoleRefusal::code);
    assert_eq!(role("Exchange Administrator", false, false), Ok(()));
    assert_eq!(role("Exchange Administrator", false, true), Err("privileged_role_not_allowed_for_agent_users"));
    assert_eq!(role("Exchange Administrator", true, false), Err("custom_role_not_allowed_for_agents"));
    for blocked in
        ["Global Administrator", "Privileged Role Administrator", "User Administrator", "Teams Administrator"]
    {
        assert_eq!(role(blocked, false, false), Err("role_not_allowed_for_agents"), "{blocked}");
    }
}

#[test]
fn discovery_is_not_access() {
    let mut registry = Collections::default();
    let without = Registration { owners: vec![id("olga")], ..Registration::default() };
    assert_eq!(registry.register("x", Registration::default()), Err(RegistrationError::NoOwner));
    for name in ["hr-1", "hr-2", "pay", "open", "bad"] {
        registry.register(name, Registration { identity: Some(id(name)), ..without.clone() }).unwrap();
    }
    registry.register("dumb", without).unwrap();
    for (name, collection) in [
        ("hr-1", "HR"),
        ("hr-2", "HR"),
        ("pay", "Payroll"),
        ("open", "Global"),
        ("dumb", "Global"),
        ("bad", "Global"),
        ("bad", "HR"),
        ("bad", "Quarantined"),
    ] {
        registry.join(name, CollectionId::of(collection)).unwrap();
    }
    let found = |by| registry.discover(by).into_iter().collect::<Vec<_>>();
    assert_eq!(found("hr-1"), ["dumb", "hr-2", "open"]);
    assert_eq!(found("pay"), ["dumb", "open"]);
    assert_eq!(found("open"), ["dumb"]);
    assert!(found("dumb").is_empty(), "without an identity it cannot search");
    assert!(found("bad").is_empty() && found("nobody").is_empty());
    assert_eq!(registry.join("nobody", CollectionId::Global), Err(RegistrationError::NotRegistered));
}

#[test]
fn risk_is_settled_by_administrators_only() {
    let flagged = AgentRisk::default().detected(Detection::SignInSpike, RiskLevel::Medium);
    assert_eq!((flagged.level, flagged.state), (RiskLevel::Medium, RiskState::AtRisk));
    assert_eq!(flagged.detected(Detection::FailedAccessAttempt, RiskLevel::Low).level, RiskLevel::Medium);
    let compromised = flagged.confirm_compromised();
    assert_eq!((compromised.level, compromised.state.name()), (RiskLevel::High, "confirmedCompromised"));
    assert_eq!(compromised.detected(Detection::SignInSpike, RiskLevel::Low), compromised);
    let dismissed = compromised.dismiss();
    assert_eq!((dismissed.level, dismissed.detail.name()), (RiskLevel::None, "adminDismissedRiskForAgent"));
    assert_eq!(dismissed.detected(Detection::SignInSpike, RiskLevel::Low).state, RiskState::AtRisk, "it flags again");
    assert_eq!(compromised.confirm_safe().state.name(), "confirmedSafe");
}

fn policy(priority: u32, rules: &[RuleKind]) -> LifecyclePolicy {
    LifecyclePolicy {
        id: format!("p{priority}"),
        priority,
        source: PolicySource::Custom,
        scope: PolicyScope::default(),
        rules: rules.iter().map(|kind| LifecycleRule { kind: *kind, enabled: true, grace_days: None }).collect(),
        enforcement: Enforcement::DisableThenDelete { after_days: 30 },
        grace_days: 7,
        notify_days_before: BTreeSet::from([3]),
        fallback: vec![id("desk")],
    }
}

fn facts() -> AgentFacts {
    AgentFacts {
        agent: bot(),
        blueprint: Some(id("bp")),
        groups: BTreeSet::new(),
        created: day(0),
        last_attested: None,
        activity: Activity::At(day(95)),
        sponsors: vec![user("sam")],
        owners: vec![],
        non_compliant_since: None,
    }
}

#[test]
fn only_the_topmost_policy_that_covers_an_agent_governs() {
    let mut policies = vec![
        policy(2, &[RuleKind::Inactivity { days: 1 }]),
        policy(1, &[RuleKind::MinimumSponsors { count: 1 }]),
        policy(0, &[RuleKind::MinimumSponsors { count: 9 }]),
    ];
    policies[2].scope.excluded_groups = BTreeSet::from([id("pilot")]);
    let mut agent = facts();
    assert_eq!(governing(&policies, &agent).unwrap().id, "p0");
    agent.groups = BTreeSet::from([id("pilot")]);
    let policy = governing(&policies, &agent).unwrap();
    assert_eq!(policy.id, "p1");
    assert!(evaluate(policy, &agent, day(100)).is_compliant(), "the rules of `p2` are not added");
    policies[1].scope.blueprints = BTreeSet::from([id::<BlueprintId>("another")]);
    assert_eq!(preview(&policies, std::slice::from_ref(&agent), day(100)).next().unwrap().1.policy, "p2");
}

#[test]
fn any_broken_rule_makes_actions_due() {
    let rules = [
        RuleKind::Reconfirmation { days: 90 },
        RuleKind::MinimumSponsors { count: 1 },
        RuleKind::Inactivity { days: 5 },
    ];
    let policy = policy(1, &rules);
    let mut agent = facts();
    let issues = |agent: &AgentFacts, now| {
        evaluate(&policy, agent, day(now)).issues.into_iter().map(|issue| issue.rule).collect::<Vec<_>>()
    };
    assert_eq!(issues(&agent, 90), []);
    assert_eq!(issues(&agent, 91), [rules[0]], "a day after the ninety");
    assert_eq!(issues(&agent, 101), [rules[0], rules[2]]);
    agent = agent.attested(day(100));
    assert_eq!(issues(&agent, 100), []);
    agent.activity = Activity::Unknown;
    agent.sponsors.clear();
    assert_eq!(issues(&agent, 100), [rules[1], rules[2]]);

    agent.non_compliant_since = Some(day(100));
    let evaluation = evaluate(&policy, &agent, day(100));
    let state = |number| evaluation.state_at(day(number)).name();
    assert_eq!([106, 107, 136, 137].map(state), ["enabled", "disabled", "disabled", "softDeleted"]);
    let due = |number| evaluation.due(day(number)).into_iter().map(|due| due.kind).collect::<Vec<_>>();
    assert_eq!(due(103), []);
    let notify = DueKind::Notify(vec![user("desk")]);
    assert_eq!(due(104), vec![notify.clone()], "nobody answers for it, so the fallback is told");
    assert_eq!(due(137), [notify, DueKind::Disable, DueKind::SoftDelete]);
}

#[test]
fn a_rule_may_have_its_own_grace() {
    let mut policy = policy(1, &[RuleKind::MinimumSponsors { count: 2 }, RuleKind::Inactivity { days: 1 }]);
    policy.rules[1].grace_days = Some(0);
    policy.enforcement = Enforcement::Delete;
    let evaluation = evaluate(&policy, &facts(), day(100));
    assert_eq!(evaluation.delete_at, Some(day(100)));
    policy.rules[1].enabled = false;
    assert_eq!(evaluate(&policy, &facts(), day(100)).delete_at, Some(day(107)));
}

#[test]
fn policies_are_checked() {
    let errors = |policies: &[LifecyclePolicy]| {
        validate_set(policies).unwrap_err().into_iter().map(PolicyError::code).collect::<Vec<_>>()
    };
    let reconfirm = |days| policy(1, &[RuleKind::Reconfirmation { days }]);
    assert_eq!([30, 730].map(|days| validate_set(&[reconfirm(days)])), [Ok(()), Ok(())]);
    assert_eq!(errors(&[reconfirm(29)]), ["must_be_30_to_730"]);
    assert_eq!(errors(&[reconfirm(731), policy(1, &[])]), ["must_be_30_to_730", "no_rules", "duplicate_priority"]);
    assert_eq!(errors(&[policy(1, &[RuleKind::Inactivity { days: 0 }; 11])]), ["must_be_at_least_1", "too_many_rules"]);
    let many: Vec<_> = (0..11).map(|n| policy(n, &[RuleKind::Inactivity { days: 1 }])).collect();
    assert_eq!(errors(&many), ["too_many_policies"]);
}

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Account(u8),
    Do(u8, u8),
    Cascade,
    Pass(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..4u8).prop_map(Step::Create),
        (0..4u8).prop_map(Step::Account),
        (0..5u8, 0..10u8).prop_map(|(what, whom)| Step::Do(what, whom)),
        Just(Step::Cascade),
        (0..20u8).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever is done to a fleet, an agent that is active has every part of its chain, and nothing panics.
    #[test]
    fn an_active_agent_has_its_whole_chain(steps in steps(), strict in any::<bool>()) {
        let mut fleet = fleet(if strict { Reading::Strict } else { Reading::Faithful });
        let mut now = day(0);
        let agent = |n: u8| id::<AgentId>(&format!("a{n}"));
        let target = |n: u8| match n {
            0..4 => ObjectRef::Agent(agent(n)),
            4..8 => ObjectRef::AgentUser(id(&format!("u{}", n - 4))),
            8 => ObjectRef::Principal(id::<TenantId>("t"), id("bp")),
            _ => ObjectRef::Blueprint(id("bp")),
        };
        for step in steps {
            match step {
                Step::Create(n) => drop(fleet.create_agent(&by("olga"), new_agent(agent(n).as_str(), vec![]))),
                Step::Account(n) => drop(fleet.create_agent_user(id(&format!("u{n}")), agent(n), None)),
                Step::Do(what, whom) => {
                    let target = target(whom);
                    match what {
                        0 => drop(fleet.disable(&target)),
                        1 => drop(fleet.enable(&target)),
                        2 => drop(fleet.soft_delete(&target, now)),
                        3 => drop(fleet.restore(&target, now)),
                        _ => drop(fleet.purge(&target)),
                    }
                }
                Step::Cascade => fleet.run_cascade(now),
                Step::Pass(days) => {
                    now = now.checked_add(Duration::from_parts(i64::from(days) * DAY, 0).unwrap()).unwrap();
                }
            }
            let enabled = |target: &ObjectRef| fleet.state(target, now) == LifecycleState::Enabled;
            let chain = enabled(&principal()) && enabled(&ObjectRef::Blueprint(id("bp")));
            for n in 0..4 {
                let own = enabled(&ObjectRef::Agent(agent(n)));
                let active = fleet.verdict(&agent(n), now) == IdentityVerdict::Active;
                prop_assert_eq!(active, chain && own);
                let account: UserId = id(&format!("u{n}"));
                if fleet.user_verdict(&account, now) == IdentityVerdict::Active {
                    prop_assert!(active && enabled(&ObjectRef::AgentUser(account)));
                }
            }
        }
    }
}
