//! Policy sets and sign-ins from rows of bytes over a small vocabulary, so that what is generated often matches.

use std::collections::BTreeSet;

use placet::access::filter::Filter;
use placet::access::location::{LocationSet, NamedLocation};
use placet::access::policy::*;
use placet::access::session::{ContinuousAccess, Frequency, Persistence, Session};
use placet::access::signals::*;
use placet::access::{PolicySet, SignIn};

/// Choices read from a row of bytes: shrinking the row shrinks what is chosen.
pub(crate) struct Choices<'c>(pub(crate) &'c [u8], pub(crate) usize);

impl Choices<'_> {
    pub(crate) fn next(&mut self, n: usize) -> usize {
        let byte = self.0.get(self.1).copied().unwrap_or(0);
        self.1 += 1;
        usize::from(byte) % n
    }

    /// One time in `n`, and never once the row is used up.
    fn once_in(&mut self, n: usize) -> bool {
        self.next(n) == n - 1
    }

    pub(crate) fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.next(items.len())].clone()
    }

    fn some<T: Clone + Ord>(&mut self, items: &[T]) -> BTreeSet<T> {
        items.iter().filter(|_| self.once_in(3)).cloned().collect()
    }

    fn names(&mut self, items: &[&str]) -> BTreeSet<String> {
        items.iter().filter(|_| self.once_in(4)).map(|item| (*item).to_owned()).collect()
    }

    fn signal<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Signal<T> {
        if self.once_in(4) { Signal::Unknown } else { Signal::Known(value(self)) }
    }
}

const USERS: [&str; 2] = ["u1", "u2"];
const AGENTS: [&str; 2] = ["a1", "a2"];
const GROUPS: [&str; 2] = ["g1", "g2"];
const APPS: [&str; 3] = ["x", "y", "00000002-0000-0000-c000-000000000000"];
pub(crate) const DEVICE_FILTERS: [&str; 9] = [
    r#"device.model -contains "É""#,
    r#"device.model -eq "Surface""#,
    r#"device.model -ne "Surface""#,
    r#"device.systemLabels -contains "Managed""#,
    r#"device.extensionAttribute1 -eq "SAW""#,
    r#"device.extensionAttribute1 -ne "SAW" -or device.model -startsWith "Sur""#,
    r#"-not (device.extensionAttribute1 -eq "SAW" -and device.model -notIn ["Surface", "Mac"])"#,
    r#"device.isCompliant -eq True"#,
    r#"device.trustType -eq null"#,
];
const ATTRIBUTE_FILTERS: [&str; 4] = [
    r#"CustomSecurityAttribute.S_Status -contains "Approved""#,
    r#"CustomSecurityAttribute.S_Status -ne "Approved""#,
    r#"CustomSecurityAttribute.S_Flag -eq "true""#,
    r#"CustomSecurityAttribute.S_Status -endsWith "ed" -and CustomSecurityAttribute.S_Level -eq null"#,
];

fn filter(c: &mut Choices<'_>) -> Option<Filter> {
    c.once_in(4).then(|| c.of(&ATTRIBUTE_FILTERS).parse().unwrap())
}

fn user_set(c: &mut Choices<'_>) -> UserSet {
    UserSet {
        all: c.once_in(4),
        ids: c.names(&USERS),
        groups: c.names(&GROUPS),
        roles: c.names(&["r1", "r2"]),
        guests: c.once_in(6).then(|| Guests { kinds: c.some(GuestKind::ALL), tenants: c.names(&["t1"]) }),
    }
}

fn agent_set(c: &mut Choices<'_>) -> AgentSet {
    AgentSet { all: c.once_in(4), ids: c.names(&AGENTS), blueprints: c.names(&["b1"]), filter: filter(c) }
}

fn identity_set(c: &mut Choices<'_>) -> IdentitySet {
    IdentitySet { all: c.once_in(4), ids: c.names(&["i1"]), filter: filter(c) }
}

fn target_set(c: &mut Choices<'_>, all: usize) -> TargetSet {
    let tools =
        if c.once_in(5) { vec![c.of(&["s/t1", "s/*", "other/**"]).to_owned().try_into().unwrap()] } else { Vec::new() };
    TargetSet {
        all: c.once_in(all),
        ids: c.names(&APPS),
        groups: c.names(&["suite", "undefined"]),
        agent_resources: c.once_in(8),
        tools,
        filter: filter(c),
        user_actions: c.names(&["register"]),
        authentication_contexts: c.names(&["c1"]),
    }
}

fn location_set(c: &mut Choices<'_>) -> LocationSet {
    LocationSet {
        all: c.once_in(5),
        all_trusted: c.once_in(5),
        compliant_network: c.once_in(6),
        names: c.names(&["hq", "six", "us", "us-or-unknown", "gps", "undefined"]).into_iter().collect(),
    }
}

fn lane<T>(c: &mut Choices<'_>, make: impl Fn(&mut Choices<'_>) -> T, none: T) -> Lane<T> {
    let include = make(c);
    let exclude = if c.once_in(3) { make(c) } else { none };
    Lane { include, exclude }
}

pub(crate) fn controls(c: &mut Choices<'_>) -> BTreeSet<Control> {
    c.some(&[
        Control::Mfa,
        Control::AuthenticationStrength("phr".to_owned()),
        Control::CompliantDevice,
        Control::JoinedDevice,
        Control::AppProtection,
        Control::CompliantNetwork,
        Control::TermsOfUse("t".to_owned()),
        Control::SponsorApproval,
    ])
}

pub(crate) fn session(c: &mut Choices<'_>) -> Session {
    Session {
        application_enforced_restrictions: c.once_in(4),
        sign_in_frequency: c
            .once_in(3)
            .then(|| c.of(&[Frequency::EveryTime, Frequency::Hours(1), Frequency::Hours(12)])),
        persistent_browser: c.once_in(3).then(|| c.of(&[Persistence::Never, Persistence::Always])),
        continuous_access_evaluation: c
            .once_in(3)
            .then(|| c.of(&[ContinuousAccess::StrictLocation, ContinuousAccess::Disabled])),
        token_protection: c.once_in(4),
        network_profiles: c.names(&["n1", "n2"]),
        ..Session::default()
    }
}

pub(crate) fn policy(c: &mut Choices<'_>, id: usize) -> Policy {
    let subjects = Subjects {
        everyone: c.once_in(8),
        users: lane(c, user_set, UserSet::default()),
        agents: lane(c, agent_set, AgentSet::default()),
        agent_users: lane(c, identity_set, IdentitySet::default()),
        workloads: lane(c, identity_set, IdentitySet::default()),
    };
    let targets = Lane {
        include: target_set(c, 2),
        exclude: if c.once_in(3) { target_set(c, 16) } else { TargetSet::default() },
    };
    // Few conditions, so that many policies apply.
    let mut conditions = Conditions::default();
    for _ in 0..c.next(3) {
        match c.next(11) {
            0 => conditions.user_risk = c.some(Risk::ALL),
            1 => conditions.sign_in_risk = c.some(Risk::ALL),
            2 => conditions.agent_risk = c.some(Risk::ALL),
            3 => conditions.service_principal_risk = c.some(Risk::ALL),
            4 => conditions.insider_risk = c.some(InsiderRisk::ALL),
            5 => {
                let set = |c: &mut Choices<'_>| PlatformSet { all: c.once_in(5), names: c.some(Platform::ALL) };
                conditions.platforms = Some(lane(c, set, PlatformSet::default()));
            }
            6 => conditions.locations = Some(lane(c, location_set, LocationSet::default())),
            7 => conditions.client_apps = c.some(ClientApp::ALL),
            8 => {
                let mode = c.of(&[FilterMode::Include, FilterMode::Exclude]);
                conditions.device = Some(DeviceFilter { mode, rule: c.of(&DEVICE_FILTERS).parse().unwrap() });
            }
            9 => conditions.authentication_flows = c.some(Transfer::ALL),
            _ => {
                let contexts = |c: &mut Choices<'_>| c.some(AgentContext::ALL);
                conditions.agent_context = Some(lane(c, contexts, BTreeSet::new()));
            }
        }
    }
    let grant = match c.next(4) {
        0 => None,
        1 => Some(Grant::Block),
        _ => Some(Grant::Require(Require { operator: c.of(&[Operator::And, Operator::Or]), controls: controls(c) })),
    };
    let state = c.of(&[State::On, State::On, State::On, State::ReportOnly, State::Off]);
    let session = if c.once_in(3) { session(c) } else { Session::default() };
    Policy { id: format!("p{id}"), state, subjects, targets, conditions, grant, session }
}

pub(crate) fn policy_set(bytes: &[u8], baseline: bool) -> PolicySet {
    let c = &mut Choices(bytes, 0);
    let mut set = PolicySet::default();
    let ranges = |cidr: &str, trusted| NamedLocation::Ranges { cidr: vec![cidr.parse().unwrap()], trusted };
    let countries =
        |include_unknown, by| NamedLocation::Countries { codes: vec!["US".to_owned()], include_unknown, by };
    use placet::access::location::CountrySource::{Gps, Ip};
    let locations = [
        ("hq", ranges("198.51.100.0/24", true)),
        ("six", ranges("2001:db8::/32", false)),
        ("us", countries(false, Ip)),
        ("us-or-unknown", countries(true, Ip)),
        ("gps", countries(false, Gps)),
    ];
    set.locations = locations.into_iter().map(|(name, location)| (name.to_owned(), location)).collect();
    set.resource_groups.insert("suite".to_owned(), ["y".to_owned()].into());
    set.baseline_scopes_exempt = baseline && c.once_in(2);
    set.security_defaults = c.once_in(16);
    for id in 0..=c.next(3) {
        let policy = policy(c, id);
        set.policies.push(policy);
    }
    set
}

fn attributes(c: &mut Choices<'_>) -> Attributes {
    let mut attributes = Attributes::new();
    let values = [
        Attribute::Text("Approved".to_owned()),
        Attribute::Text("New".to_owned()),
        Attribute::List(vec!["New".to_owned(), "approved".to_owned()]),
        Attribute::List(Vec::new()),
    ];
    if !c.once_in(3) {
        attributes.insert("S_Status".to_owned(), c.of(&values));
    }
    if c.once_in(3) {
        attributes.insert("S_Flag".to_owned(), c.of(&[Attribute::Flag(true), Attribute::Text("true".to_owned())]));
    }
    attributes
}

fn agent(c: &mut Choices<'_>) -> Agent {
    let blueprint = c.once_in(2).then(|| "b1".to_owned());
    Agent { id: c.of(&AGENTS).to_owned(), blueprint, attributes: attributes(c) }
}

fn principal(c: &mut Choices<'_>) -> Principal {
    match c.next(5) {
        0 | 1 => {
            let role = |c: &mut Choices<'_>| Role {
                id: c.of(&["r1", "r2"]).to_owned(),
                built_in: c.once_in(2),
                scoped: c.once_in(3),
            };
            let roles = if c.once_in(2) { vec![role(c)] } else { Vec::new() };
            let guest = c
                .once_in(3)
                .then(|| Guest { kind: c.of(GuestKind::ALL), tenant: c.once_in(2).then(|| "t1".to_owned()) });
            Principal::User(User { id: c.of(&USERS).to_owned(), groups: c.names(&GROUPS), roles, guest })
        }
        2 => Principal::Agent(agent(c)),
        3 => Principal::AgentUser(AgentUser {
            id: c.of(&["i1", "u1"]).to_owned(),
            parent: agent(c),
            groups: c.names(&GROUPS),
            attributes: attributes(c),
        }),
        _ => Principal::Workload(Workload {
            id: c.of(&["i1", "w2"]).to_owned(),
            managed_identity: c.once_in(3),
            multi_tenant: c.once_in(3),
            attributes: attributes(c),
        }),
    }
}

fn target(c: &mut Choices<'_>, baseline: bool) -> Target {
    let (kind, id) = match c.next(8) {
        0 => (TargetKind::Tool, c.of(&["s/t1", "s/t2", "other/z"])),
        1 => (TargetKind::AgentResource, c.of(&["a1", "x"])),
        2 => (TargetKind::UserAction, c.of(&["register", "other"])),
        3 => (TargetKind::AuthenticationContext, c.of(&["c1", "c2"])),
        _ => (TargetKind::Resource, c.of(&["x", "y", "z"])),
    };
    let application = (kind == TargetKind::Tool && c.once_in(2)).then(|| c.of(&["x", "z"]).to_owned());
    Target {
        kind,
        id: id.to_owned(),
        application,
        attributes: attributes(c),
        baseline_scopes_only: baseline && kind == TargetKind::Resource && c.once_in(3),
    }
}

fn device(c: &mut Choices<'_>) -> Device {
    let mut device = Device {
        compliant: c.signal(|c| c.once_in(2)),
        joined: c.signal(|c| c.once_in(2)),
        managed: c.signal(|c| c.once_in(2)),
        private_browsing: c.once_in(8),
        ..Device::default()
    };
    let mut put = |name: &str, value: Attribute| drop(device.attributes.insert(name.to_owned(), value));
    if c.once_in(2) {
        put("model", Attribute::Text(c.of(&["Surface", "surface", "Mac", "Café"]).to_owned()));
    }
    if c.once_in(2) {
        put("systemLabels", Attribute::List(vec!["managed".to_owned()]));
    }
    if c.once_in(2) {
        put("extensionAttribute1", Attribute::Text(c.of(&["SAW", "other"]).to_owned()));
    }
    device
}

pub(crate) fn sign_in(bytes: &[u8], baseline: bool) -> SignIn {
    let c = &mut Choices(bytes, 0);
    let subject = principal(c);
    let mut sign_in = SignIn::new(subject, target(c, baseline));
    if c.once_in(2) && matches!(sign_in.subject, Principal::User(_)) {
        sign_in.actor = Some(agent(c));
    }
    sign_in.door = c.of(&[Door::Token, Door::Token, Door::Token, Door::TokenExchange, Door::Key]);
    sign_in.risk = Risks {
        user: c.signal(|c| c.of(Risk::ALL)),
        sign_in: c.signal(|c| c.of(Risk::ALL)),
        agent: c.signal(|c| c.of(Risk::ALL)),
        service_principal: c.signal(|c| c.of(Risk::ALL)),
        insider: c.signal(|c| c.of(InsiderRisk::ALL)),
    };
    sign_in.platform = c.signal(|c| c.of(Platform::ALL));
    let country = |c: &mut Choices<'_>| c.signal(|c| c.of(&[None, Some("US".to_owned()), Some("FR".to_owned())]));
    sign_in.network = Network {
        ip: c.signal(|c| c.of(&["198.51.100.7", "203.0.113.9", "2001:db8::1"]).parse().unwrap()),
        country: country(c),
        gps_country: country(c),
        compliant: c.signal(|c| c.once_in(2)),
    };
    sign_in.client_app = c.signal(|c| c.of(ClientApp::ALL));
    sign_in.device = c.signal(|c| if c.once_in(4) { None } else { Some(device(c)) });
    let flows = [None, None, Some(Transfer::DeviceCodeFlow), Some(Transfer::AuthenticationTransfer)];
    sign_in.flows = Flows { now: c.signal(|c| c.of(&flows)), session: c.signal(|c| c.some(Transfer::ALL)) };
    sign_in.origin = c.signal(|c| c.of(&[SessionOrigin::Endpoint, SessionOrigin::Cloud]));
    sign_in.evidence = controls(c);
    sign_in
}
