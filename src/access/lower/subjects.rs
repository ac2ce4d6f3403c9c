//! Lanes to heads: one rule for each lane, because each lane has excludes of its own.

use super::super::filter::{Compared, Filter, Property, Test};
use super::super::policy::{AgentSet, Guests, IdentitySet, Lane, Subjects, UserSet};
use super::{among, either, list, text};
use crate::rule::SubjectHead;

/// Whom a rule is about.
pub(super) struct Who {
    pub(super) name: &'static str,
    pub(super) heads: Vec<SubjectHead>,
    pub(super) when: Option<String>,
}

pub(super) fn of(subjects: &Subjects) -> Vec<Who> {
    let Subjects { everyone, users, agents, agent_users, workloads } = subjects;
    let as_people = Lane { include: people(&users.include), exclude: people(&users.exclude) };
    let of_agent_users = identity(&agent_users.exclude);
    let lanes = [
        lane(
            "users",
            "user",
            *everyone || users.include.all,
            user(&users.include, true),
            [user(&users.exclude, false)],
        ),
        lane(
            "agent_users_as_users",
            "agent_user",
            users.include.all,
            as_people.include,
            [as_people.exclude, of_agent_users.clone()],
        ),
        lane("agents", "agent", *everyone || agents.include.all, agent(&agents.include), [agent(&agents.exclude)]),
        lane(
            "agent_users",
            "agent_user",
            *everyone || agent_users.include.all,
            identity(&agent_users.include),
            [of_agent_users],
        ),
        lane(
            "workloads",
            "workload",
            *everyone || workloads.include.all,
            identity(&workloads.include),
            [identity(&workloads.exclude)],
        ),
    ];
    let others = everyone.then(|| Who {
        name: "others",
        heads: Vec::new(),
        when: Some(format!("!(principal.type in {})", list(["user", "agent", "agent_user", "workload"]))),
    });
    lanes.into_iter().flatten().chain(others).collect()
}

/// A rule about a kind of principal, all of them or those that `include` describes; nobody without either.
fn lane<const N: usize>(
    name: &'static str,
    kind: &'static str,
    all: bool,
    include: Option<String>,
    exclude: [Option<String>; N],
) -> Option<Who> {
    let include = match (all, include) {
        (true, _) => None,
        (false, Some(include)) => Some(include),
        (false, None) => return None,
    };
    // A kind that is no type name cannot be: these are the library's own.
    let heads = kind.parse().map(|kind| vec![SubjectHead { kind: Some(kind), ..SubjectHead::default() }]);
    let exclude = exclude.into_iter().flatten().map(|exclude| format!("!{exclude}"));
    let when: Vec<String> = include.into_iter().chain(exclude).collect();
    let when = (!when.is_empty()).then(|| when.join(" && "));
    Some(Who { name, heads: heads.unwrap_or_default(), when })
}

/// What includes or excludes a person; `all_roles` also by roles that the original system does not evaluate.
fn user(set: &UserSet, all_roles: bool) -> Option<String> {
    let roles = if all_roles { "principal.roles" } else { "principal.directory_roles" };
    let everybody = set.all.then(|| "true".to_owned());
    let guests = set.guests.as_ref().map(guest);
    either([
        everybody,
        among("principal.id", &set.ids),
        overlap("principal.groups", &set.groups),
        overlap(roles, &set.roles),
        guests,
    ])
}

/// What of a set of people reaches an agent user.
fn people(set: &UserSet) -> Option<String> {
    let everybody = set.all.then(|| "true".to_owned());
    either([everybody, among("principal.id", &set.ids), overlap("principal.groups", &set.groups)])
}

fn guest(guests: &Guests) -> String {
    let kinds = guests.kinds.iter().map(|kind| kind.name());
    let kind = if guests.kinds.is_empty() {
        "principal.guest != null".to_owned()
    } else {
        format!("principal.guest in {}", list(kinds))
    };
    match among("principal.tenant", &guests.tenants) {
        Some(tenant) => format!("({kind} && {tenant})"),
        None => kind,
    }
}

fn agent(set: &AgentSet) -> Option<String> {
    let all = set.all.then(|| "true".to_owned());
    let filter = set.filter.as_ref().map(|filter| attributes(filter, "principal.attributes"));
    either([all, among("principal.id", &set.ids), among("principal.blueprint", &set.blueprints), filter])
}

fn identity(set: &IdentitySet) -> Option<String> {
    let all = set.all.then(|| "true".to_owned());
    let filter = set.filter.as_ref().map(|filter| attributes(filter, "principal.attributes"));
    either([all, among("principal.id", &set.ids), filter])
}

fn overlap(path: &str, ids: &std::collections::BTreeSet<String>) -> Option<String> {
    among("it", ids).map(|test| format!("{path}.exists(it, {test})"))
}

/// A filter over a map of attributes.
pub(super) fn attributes(filter: &Filter, map: &str) -> String {
    filter.write(true, &|compared, _| comparison(compared, map))
}

/// One comparison over a map of attributes, in which what is missing is null.
pub(super) fn comparison(compared: Compared<'_>, map: &str) -> String {
    let name = text(compared.property().name());
    let positive = match (compared.property(), compared.test()) {
        // The device tells by a fact of its own.
        (Property::Device("isCompliant"), Some(Test::Flag(true))) => "device.compliant".to_owned(),
        (Property::Device("isCompliant"), Some(Test::Equals("true"))) => "device.compliant".to_owned(),
        (Property::Device("isCompliant"), Some(Test::Flag(false) | Test::Equals("false"))) => {
            "!device.compliant".to_owned()
        }
        (_, Some(Test::Null)) => format!("!({name} in {map} && {map}[{name}] != [])"),
        (_, Some(test)) if test.is_ascii() => {
            let of = |value: &str, element: bool| held(test, &format!("{value}.lowerAscii()"), element);
            let (element, single) = (of("it", true), of("v", false));
            format!(
                "({name} in {map} && cel.bind(v, {map}[{name}], type(v) == list ? v.exists(it, {element}) : {single}))"
            )
        }
        // Unknown: compared with what no value of the property is, or with letters whose case CEL does not fold.
        (_, Some(_) | None) => "(1 / 0 == 1)".to_owned(),
    };
    if compared.negative() { format!("!{positive}") } else { positive }
}

/// Whether a lower-case text passes a test.
fn held(test: Test<'_>, value: &str, element: bool) -> String {
    match test {
        Test::Null => "false".to_owned(),
        Test::Flag(flag) => format!("{value} == {}", text(if flag { "true" } else { "false" })),
        Test::Equals(wanted) => format!("{value} == {}", text(wanted)),
        Test::StartsWith(wanted) => format!("{value}.startsWith({})", text(wanted)),
        Test::EndsWith(wanted) => format!("{value}.endsWith({})", text(wanted)),
        Test::Contains(wanted) if element => format!("{value} == {}", text(wanted)),
        Test::Contains(wanted) => format!("{value}.contains({})", text(wanted)),
        Test::In(wanted) => format!("{value} in {}", list(wanted.iter().map(String::as_str))),
    }
}
