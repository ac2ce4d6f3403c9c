//! Lanes to heads: one rule for each lane, because each lane has excludes of its own.

use std::collections::BTreeSet;

use super::super::filter::{Compared, Filter, Property, Test};
use super::super::policy::{AgentSet, Guests, IdentitySet, Lane, Subjects, UserSet};
use super::{among, either, list, text};
use crate::name::TypeName;
use crate::pattern::Pattern;
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
            named_users("user", &users.include),
            [user(&users.exclude, false)],
        ),
        lane(
            "agent_users_as_users",
            "agent_user",
            users.include.all,
            as_people.include,
            named("agent_user", &users.include.ids, &users.include.groups, &BTreeSet::new()),
            [as_people.exclude, of_agent_users.clone()],
        ),
        lane(
            "agents",
            "agent",
            *everyone || agents.include.all,
            agent(&agents.include),
            named_agents(&agents.include),
            [agent(&agents.exclude)],
        ),
        lane(
            "agent_users",
            "agent_user",
            *everyone || agent_users.include.all,
            identity(&agent_users.include),
            named_identities("agent_user", &agent_users.include),
            [of_agent_users],
        ),
        lane(
            "workloads",
            "workload",
            *everyone || workloads.include.all,
            identity(&workloads.include),
            named_identities("workload", &workloads.include),
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

/// Heads for members that are named by id, group or blueprint, which an index can use; `None` where only a condition can say it.
fn named(
    kind: &str,
    ids: &BTreeSet<String>,
    groups: &BTreeSet<String>,
    blueprints: &BTreeSet<String>,
) -> Option<Vec<SubjectHead>> {
    let kind: TypeName = kind.parse().ok()?;
    let head = || SubjectHead { kind: Some(kind.clone()), ..SubjectHead::default() };
    let by_id = ids.iter().map(|id| {
        // An id with the letters of a pattern would match others too.
        let pattern: Pattern = id.parse().ok()?;
        (pattern.literal() == Some(id)).then(|| SubjectHead { id: Some(pattern.clone()), ..head() })
    });
    let by_group = groups.iter().map(|group| Some(SubjectHead { group: Some(group.parse().ok()?), ..head() }));
    let by_blueprint =
        blueprints.iter().map(|blueprint| Some(SubjectHead { blueprint: Some(blueprint.parse().ok()?), ..head() }));
    by_id.chain(by_group).chain(by_blueprint).collect::<Option<Vec<_>>>().filter(|heads| !heads.is_empty())
}

fn named_users(kind: &str, set: &UserSet) -> Option<Vec<SubjectHead>> {
    let only = set.roles.is_empty() && set.guests.is_none();
    named(kind, &set.ids, &set.groups, &BTreeSet::new()).filter(|_| only)
}

fn named_agents(set: &AgentSet) -> Option<Vec<SubjectHead>> {
    named("agent", &set.ids, &BTreeSet::new(), &set.blueprints).filter(|_| set.filter.is_none())
}

fn named_identities(kind: &str, set: &IdentitySet) -> Option<Vec<SubjectHead>> {
    named(kind, &set.ids, &BTreeSet::new(), &BTreeSet::new()).filter(|_| set.filter.is_none())
}

/// A rule about a kind of principal, all of them or those that `include` describes (or `named`, if heads can); nobody without
/// either.
fn lane<const N: usize>(
    name: &'static str,
    kind: &'static str,
    all: bool,
    include: Option<String>,
    named: Option<Vec<SubjectHead>>,
    exclude: [Option<String>; N],
) -> Option<Who> {
    // A kind that is no type name cannot be: these are the library's own.
    let kind = kind.parse().map(|kind| vec![SubjectHead { kind: Some(kind), ..SubjectHead::default() }]);
    let (include, heads) = match (all, include, named) {
        (true, _, _) => (None, kind.unwrap_or_default()),
        (false, Some(_), Some(named)) => (None, named),
        (false, Some(include), None) => (Some(include), kind.unwrap_or_default()),
        (false, None, _) => return None,
    };
    let exclude = exclude.into_iter().flatten().map(|exclude| format!("!{exclude}"));
    let when: Vec<String> = include.into_iter().chain(exclude).collect();
    let when = (!when.is_empty()).then(|| when.join(" && "));
    Some(Who { name, heads, when })
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

fn overlap(path: &str, ids: &BTreeSet<String>) -> Option<String> {
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
