//! Is a sign-in's subject, or its actor, in a policy's lanes?
//!
//! Faithful: the subject alone, in the lane of its kind; groups, roles and "all users" mean people; only built-in roles held for
//! the whole directory count; workloads only if they are single-tenant and no managed identities.
//!
//! Strict: every link, that is the subject, the actor, and the parent of an agent user; "all users" includes agent users, groups
//! reach them, every role and every workload counts. Roles that the original system does not evaluate include but never exclude:
//! counting them there would exempt somebody whom it does not exempt.

use super::Reading;
use super::filter::{Filter, Held, Property};
use super::matching::Finding;
use super::policy::{AgentSet, Guests, IdentitySet, Lane, Subjects, UserSet};
use super::signals::{Agent, AgentUser, Attribute, Attributes, Principal, SignIn, User, Workload};
use crate::condition::Truth;
use crate::condition::kleene::{and, any, not, or, truth};

/// Whether a policy is about this sign-in's subject or actor.
pub(super) fn judge(subjects: &Subjects, sign_in: &SignIn, reading: Reading) -> Finding {
    let own = match &sign_in.subject {
        Principal::User(user) => self::user(subjects, user, reading),
        Principal::Agent(agent) => self::agent(subjects, agent),
        Principal::AgentUser(user) => agent_user(subjects, user, reading),
        Principal::Workload(workload) => self::workload(subjects, workload, reading),
    };
    if reading == Reading::Faithful {
        return own;
    }
    let others = match &sign_in.subject {
        // The agent itself is `own`.
        Principal::Agent(_) => sign_in.actor.iter().collect(),
        Principal::User(_) | Principal::AgentUser(_) | Principal::Workload(_) => sign_in.agents().collect::<Vec<_>>(),
    };
    others.into_iter().map(|agent| self::agent(subjects, agent)).fold(own, Finding::either)
}

fn user(subjects: &Subjects, user: &User, reading: Reading) -> Finding {
    let Lane { include, exclude } = &subjects.users;
    let holds = |set: &UserSet, all_roles: bool| {
        let role = |role: &super::signals::Role| {
            (all_roles || (role.built_in && !role.scoped)) && set.roles.contains(&role.id)
        };
        set.all
            || set.ids.contains(&user.id)
            || !set.groups.is_disjoint(&user.groups)
            || user.roles.iter().any(role)
            || set.guests.as_ref().is_some_and(|guests| guest(guests, user))
    };
    let included = subjects.everyone || holds(include, reading == Reading::Strict);
    Finding { include: truth(included), exclude: truth(holds(exclude, false)) }
}

fn guest(guests: &Guests, user: &User) -> bool {
    user.guest.as_ref().is_some_and(|guest| {
        let kind = guests.kinds.is_empty() || guests.kinds.contains(&guest.kind);
        let tenant = guest.tenant.as_ref();
        kind && (guests.tenants.is_empty() || tenant.is_some_and(|tenant| guests.tenants.contains(tenant)))
    })
}

fn agent(subjects: &Subjects, agent: &Agent) -> Finding {
    let holds = |set: &AgentSet| {
        let made_from = |blueprint: &String| set.blueprints.contains(blueprint);
        let named = set.all || set.ids.contains(&agent.id) || agent.blueprint.as_ref().is_some_and(made_from);
        or(truth(named), filtered(set.filter.as_ref(), &agent.attributes))
    };
    let Lane { include, exclude } = &subjects.agents;
    Finding { include: or(truth(subjects.everyone), holds(include)), exclude: holds(exclude) }
}

fn agent_user(subjects: &Subjects, user: &AgentUser, reading: Reading) -> Finding {
    let lane = &subjects.agent_users;
    let own = identity(&lane.include, &user.id, &user.attributes);
    let exclude = identity(&lane.exclude, &user.id, &user.attributes);
    // Strict: the lane of people too, less what that lane excludes.
    let of_people =
        |set: &UserSet| truth(set.all || set.ids.contains(&user.id) || !set.groups.is_disjoint(&user.groups));
    let as_user = match reading {
        Reading::Faithful => Truth::False,
        Reading::Strict => and(of_people(&subjects.users.include), not(of_people(&subjects.users.exclude))),
    };
    Finding { include: any([truth(subjects.everyone), own, as_user]), exclude }
}

fn workload(subjects: &Subjects, workload: &Workload, reading: Reading) -> Finding {
    let Lane { include, exclude } = &subjects.workloads;
    let covered = reading == Reading::Strict || !(workload.managed_identity || workload.multi_tenant);
    let holds = |set: &IdentitySet| identity(set, &workload.id, &workload.attributes);
    let include = or(truth(subjects.everyone), and(truth(covered), holds(include)));
    Finding { include, exclude: holds(exclude) }
}

fn identity(set: &IdentitySet, id: &str, attributes: &Attributes) -> Truth {
    or(truth(set.all || set.ids.contains(id)), filtered(set.filter.as_ref(), attributes))
}

/// Whether a filter on security attributes matches; no filter matches nothing.
pub(super) fn filtered(filter: Option<&Filter>, attributes: &Attributes) -> Truth {
    filter.map_or(Truth::False, |filter| filter.evaluate(&|property| read(property, attributes)))
}

fn read<'a>(property: &Property, attributes: &'a Attributes) -> Held<'a> {
    match property {
        Property::Attribute(name) => match attributes.get(&**name) {
            None => Held::Null,
            Some(Attribute::Text(text)) => Held::Text(text),
            Some(Attribute::List(items)) => Held::List(items),
            // Only attributes of type string can be used.
            Some(Attribute::Flag(_) | Attribute::Number(_)) => Held::Unknown,
        },
        Property::Device(_) => Held::Unknown,
    }
}
