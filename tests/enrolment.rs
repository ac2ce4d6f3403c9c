//! Managed identities in decisions: every state of a fleet denies with its code, and a decision never allows what the fleet denies.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong should stop where it does")]

use std::sync::Arc;

use placet::entities::Entities;
use placet::identity::Sponsor;
use placet::lifecycle::*;
use placet::name::{TenantId, UserId};
use placet::time::Timestamp;
use placet::{CompiledPolicy, Directory, Engine, Limits, Link, Request, Target, document};
use proptest::prelude::*;

const POLICY: &str = "
version: 1
groups: [{id: support}, {id: empty}]
users:
  - {id: sam}
  - {id: lee, groups: [support]}
  - {id: gone, state: disabled}
  - {id: olga}
agents:
  - {id: bot, sponsor: sam, groups: [support], attributes: {level: 2}}
rules: [{id: all, effect: permit, action: read}]
";

fn day(number: i64) -> Timestamp {
    Timestamp::new(number * 86_400, 0).unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn user(name: &str) -> Sponsor {
    Sponsor::User(id(name))
}

fn tenant() -> TenantId {
    id("t")
}

/// A blueprint `bp` with the agents `bot` (and its account `bot-user`) and `twin` in tenant `t`, and `foreign` in tenant `u`.
fn fleet(sponsors: &[Sponsor]) -> Fleet {
    let mut fleet = Fleet::new(Settings::default());
    let olga = Caller::Delegated { user: id("olga"), administrator: false };
    let blueprint = NewBlueprint { id: id("bp"), owners: vec![], sponsors: vec![user("sam")] };
    fleet.create_blueprint(&olga, blueprint).unwrap();
    for (name, tenant) in [("bot", "t"), ("twin", "t"), ("foreign", "u")] {
        if fleet.principal(&id(tenant), &id("bp")).is_none() {
            fleet.add_principal(id(tenant), id("bp")).unwrap();
        }
        let (owners, sponsors) = (vec![Owner::User(id("olga"))], sponsors.to_vec());
        let new = NewAgentIdentity { id: id(name), tenant: id(tenant), blueprint: id("bp"), owners, sponsors };
        fleet.create_agent(&olga, new).unwrap();
    }
    fleet.create_agent_user(id("bot-user"), id("bot"), None).unwrap();
    fleet
}

fn engine(fleet: &Fleet, now: Timestamp) -> Engine {
    let policy = document::load([("p.yaml", POLICY)], &Limits::default()).unwrap();
    let mut records: Entities = policy.entities().clone();
    fleet.enrol(&tenant(), now, &mut records);
    let directory = Directory::new(&records, "now", &Limits::default()).unwrap();
    Engine::new(Arc::new(CompiledPolicy::new(&policy, &Limits::default())), Arc::new(directory))
}

fn codes(engine: &Engine, link: Link<'_>, now: Timestamp) -> Vec<&'static str> {
    let request = Request::new(link, "read", Target::new("page", "home")).at(now);
    engine.decide(&request).reasons().map(|reason| reason.code.as_str()).collect()
}

fn of_agent(fleet: &Fleet, agent: &str, now: Timestamp) -> Vec<&'static str> {
    codes(&engine(fleet, now), Link::agent(agent.to_owned()), now)
}

fn of_account(fleet: &Fleet, now: Timestamp) -> Vec<&'static str> {
    codes(&engine(fleet, now), Link::new("agent_user", "bot-user"), now)
}

fn agent(name: &str) -> ObjectRef {
    ObjectRef::Agent(id(name))
}

fn account() -> ObjectRef {
    ObjectRef::AgentUser(id("bot-user"))
}

fn blueprint() -> ObjectRef {
    ObjectRef::Blueprint(id("bp"))
}

fn principal(tenant: &str) -> ObjectRef {
    ObjectRef::Principal(id(tenant), id("bp"))
}

#[test]
fn what_is_enabled_acts() {
    let fleet = fleet(&[user("sam")]);
    for agent in ["bot", "twin"] {
        assert!(of_agent(&fleet, agent, day(0)).is_empty());
    }
    assert!(of_account(&fleet, day(0)).is_empty());
    // What the host knows of an agent besides stays.
    let mut records = document::load([("p.yaml", POLICY)], &Limits::default()).unwrap().entities().clone();
    fleet.enrol(&tenant(), day(0), &mut records);
    let bot = records.agents.iter().find(|agent| agent.id.as_str() == "bot").unwrap();
    assert_eq!((bot.groups.len(), bot.owner.as_ref().map(UserId::as_str)), (1, Some("olga")));
    assert!(bot.attributes.get("level").is_some());
}

#[test]
fn each_state_of_an_agent() {
    let at = |change: &dyn Fn(&mut Fleet), now: i64| {
        let mut fleet = fleet(&[user("sam")]);
        change(&mut fleet);
        (of_agent(&fleet, "bot", day(now)), of_account(&fleet, day(now)), of_agent(&fleet, "twin", day(now)))
    };
    let all = |code: &'static str| (vec![code], vec![code], vec![]);
    assert_eq!(at(&|fleet| fleet.disable(&agent("bot")).unwrap(), 0), all("identity.disabled"));
    // The account is deleted along with its agent: one code, of both.
    assert_eq!(at(&|fleet| fleet.soft_delete(&agent("bot"), day(0)).unwrap(), 1), all("identity.deleted"));
    assert_eq!(at(&|fleet| fleet.soft_delete(&agent("bot"), day(0)).unwrap(), 31), all("identity.deleted"));
    assert_eq!(at(&|fleet| fleet.quarantine(&id("bot"), true).unwrap(), 0), all("identity.quarantined"));
    let provider = |fleet: &mut Fleet| fleet.set_provider_status(&agent("bot"), ProviderStatus::Disabled).unwrap();
    assert_eq!(at(&provider, 0), all("identity.quarantined"));
    // Disabled and switched off by the provider: the stricter.
    let both = |fleet: &mut Fleet| {
        provider(fleet);
        fleet.disable(&agent("bot")).unwrap();
    };
    assert_eq!(at(&both, 0), all("identity.quarantined"));
}

#[test]
fn what_is_removed_for_good_is_unknown_and_what_hung_from_it_is_not_let_through() {
    let mut fleet = fleet(&[user("sam")]);
    fleet.soft_delete(&agent("twin"), day(0)).unwrap();
    fleet.purge(&agent("twin")).unwrap();
    assert_eq!(of_agent(&fleet, "twin", day(0)), ["identity.unknown_agent"]);

    fleet.soft_delete(&account(), day(0)).unwrap();
    assert_eq!(of_account(&fleet, day(0)), ["identity.deleted"]);
    assert!(of_agent(&fleet, "bot", day(0)).is_empty());
    let mut without = fleet.clone();
    without.purge(&account()).unwrap();
    assert_eq!(of_account(&without, day(0)), ["identity.unknown_agent_user"]);

    // The account of an agent that was removed: its parent is listed as gone.
    let mut settings = Settings::default();
    settings.reading = Reading::Faithful;
    let mut fleet = fleet_of(settings);
    fleet.soft_delete(&agent("bot"), day(0)).unwrap();
    fleet.purge(&agent("bot")).unwrap();
    assert!(of_account(&fleet, day(0)).contains(&"identity.deleted"));
}

/// The same fleet with other settings.
fn fleet_of(settings: Settings) -> Fleet {
    let mut fleet = Fleet::new(settings);
    let olga = Caller::Delegated { user: id("olga"), administrator: false };
    let new = NewBlueprint { id: id("bp"), owners: vec![], sponsors: vec![user("sam")] };
    fleet.create_blueprint(&olga, new).unwrap();
    fleet.add_principal(tenant(), id("bp")).unwrap();
    let sponsors = vec![user("sam")];
    let new = NewAgentIdentity { id: id("bot"), tenant: tenant(), blueprint: id("bp"), owners: vec![], sponsors };
    fleet.create_agent(&olga, new).unwrap();
    fleet.create_agent_user(id("bot-user"), id("bot"), None).unwrap();
    fleet
}

#[test]
fn blueprints_and_their_principals_reach_all_that_is_made_from_them_at_once() {
    type Change = fn(&mut Fleet);
    let changes: [Change; 5] = [
        |fleet| fleet.disable(&blueprint()).unwrap(),
        |fleet| fleet.set_provider_status(&blueprint(), ProviderStatus::Disabled).unwrap(),
        |fleet| fleet.disable(&principal("t")).unwrap(),
        |fleet| fleet.set_provider_status(&principal("t"), ProviderStatus::Disabled).unwrap(),
        |fleet| {
            // Orphans: their blueprint is removed for good, and they themselves are restored by nobody.
            fleet.soft_delete(&blueprint(), day(0)).unwrap();
            fleet.purge(&blueprint()).unwrap();
        },
    ];
    for change in changes {
        let mut fleet = fleet(&[user("sam")]);
        change(&mut fleet);
        for codes in [of_agent(&fleet, "bot", day(0)), of_agent(&fleet, "twin", day(0)), of_account(&fleet, day(0))] {
            assert!(codes.contains(&"identity.blueprint_disabled"), "{codes:?}");
        }
    }
    // In the faithful reading the deletion reaches the agents later; decisions do not wait for that.
    let mut settings = Settings::default();
    settings.reading = Reading::Faithful;
    let mut fleet = fleet_of(settings);
    fleet.soft_delete(&principal("t"), day(0)).unwrap();
    assert_eq!(of_agent(&fleet, "bot", day(0)), ["identity.blueprint_disabled"]);
    assert_eq!(of_account(&fleet, day(0)), ["identity.blueprint_disabled"]);
}

#[test]
fn another_tenant_is_another_tenant() {
    let mut fleet = fleet(&[user("sam")]);
    assert_eq!(of_agent(&fleet, "foreign", day(0)), ["identity.unknown_agent"]);
    fleet.disable(&principal("u")).unwrap();
    assert!(of_agent(&fleet, "bot", day(0)).is_empty(), "what happens in another tenant does not reach this one");
    // A host that lists it all the same.
    let policy = document::load([("p.yaml", POLICY)], &Limits::default()).unwrap();
    let mut records = policy.entities().clone();
    records.agents.push(placet::identity::Agent::new(id("foreign"), user("sam")));
    fleet.enrol(&tenant(), day(0), &mut records);
    let directory = Directory::new(&records, "now", &Limits::default()).unwrap();
    let engine = Engine::new(Arc::new(CompiledPolicy::new(&policy, &Limits::default())), Arc::new(directory));
    assert_eq!(codes(&engine, Link::agent("foreign"), day(0)), ["identity.deleted"]);
}

#[test]
fn somebody_who_is_there_must_answer() {
    let no_sponsor = ["identity.no_sponsor"];
    for (sponsors, wanted) in [
        (vec![user("gone")], &no_sponsor[..]),
        (vec![user("stranger")], &no_sponsor),
        (vec![Sponsor::Group(id("empty"))], &no_sponsor),
        (vec![Sponsor::Group(id("nowhere")), user("gone")], &no_sponsor),
        (vec![user("gone"), user("sam")], &[]),
        (vec![user("gone"), Sponsor::Group(id("empty")), Sponsor::Group(id("support"))], &[]),
    ] {
        assert_eq!(of_agent(&fleet(&sponsors), "twin", day(0)), wanted, "{sponsors:?}");
    }
    let mut fleet = fleet(&[user("sam")]);
    fleet.sponsor_left(&id("sam"), None);
    assert_eq!(of_agent(&fleet, "twin", day(0)), no_sponsor);
}

/// One operation on the fleet; those that are refused change nothing.
fn operate(fleet: &mut Fleet, what: usize, whom: usize, now: Timestamp) {
    let objects =
        [blueprint(), principal("t"), agent("bot"), agent("twin"), account(), principal("u"), agent("foreign")];
    let Some(target) = objects.get(whom % objects.len()) else { return };
    let _ = match what % 8 {
        0 => fleet.disable(target),
        1 | 2 => fleet.enable(target),
        3 => fleet.soft_delete(target, now),
        4 => fleet.restore(target, now).map(|_| ()),
        5 => fleet.purge(target),
        6 => fleet.set_provider_status(
            target,
            if whom.is_multiple_of(2) { ProviderStatus::Disabled } else { ProviderStatus::NotDisabled },
        ),
        _ => fleet.quarantine(&id("bot"), whom.is_multiple_of(2)),
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any history a decision lets through whom the fleet lets through, and nobody else.
    #[test]
    fn decisions_follow_the_fleet(faithful in any::<bool>(), history in prop::collection::vec((0usize..8, 0usize..14), 0..8)) {
        let mut fleet = fleet(&[user("sam")]);
        let mut other = fleet_of({ let mut settings = Settings::default(); settings.reading = Reading::Faithful; settings });
        for (at, (what, whom)) in (0i64..).zip(&history) {
            operate(&mut fleet, *what, *whom, day(at * 7));
            operate(&mut other, *what, *whom, day(at * 7));
        }
        let fleet = if faithful { other } else { fleet };
        let now = day(60);
        for name in ["bot", "twin"] {
            let active = fleet.verdict(&id(name), now) == IdentityVerdict::Active;
            prop_assert_eq!(of_agent(&fleet, name, now).is_empty(), active, "{} {:?}", name, fleet.verdict(&id(name), now));
        }
        let active = fleet.user_verdict(&id("bot-user"), now) == IdentityVerdict::Active;
        prop_assert_eq!(of_account(&fleet, now).is_empty(), active, "{:?}", fleet.user_verdict(&id("bot-user"), now));
    }
}
