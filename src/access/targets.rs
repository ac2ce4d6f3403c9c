//! Is what a sign-in is for among a policy's targets?
//!
//! Faithful: "all resources" means applications and agents as audiences; user actions and authentication contexts are meant only
//! by name; a tool only through the application that stands for its server. Strict: "all" is all, tools are meant by their ids.

use super::Reading;
use super::matching::{Finding, Part};
use super::policy::{Lane, PolicySet, TargetSet};
use super::signals::{Target, TargetKind};
use super::subjects::filtered;
use crate::condition::Truth;
use crate::condition::kleene::{and, any, or, truth};

/// The resource of the intermediate exchange between a blueprint and its agents, "AAD Token Exchange Endpoint: Public".
pub const TOKEN_EXCHANGE: &str = "fb60f99c-7a34-4190-8149-302f77469936";

/// The directory as a resource: as access to it a sign-in for baseline scopes alone is judged.
pub const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";

/// The scopes that "all resources" policies with exclusions did not see before 15 June 2026.
const BASELINE_SCOPES: [&str; 11] = [
    "openid",
    "profile",
    "email",
    "offline_access",
    "User.Read",
    "User.Read.All",
    "User.ReadBasic.All",
    "People.Read",
    "People.Read.All",
    "GroupMember.Read.All",
    "Member.Read.Hidden",
];

/// Whether somebody asks for baseline scopes and for nothing else.
pub fn baseline_only<'s>(scopes: impl IntoIterator<Item = &'s str>) -> bool {
    let mut scopes = scopes.into_iter().peekable();
    scopes.peek().is_some() && scopes.all(|scope| BASELINE_SCOPES.iter().any(|s| s.eq_ignore_ascii_case(scope)))
}

/// Which part a mismatch of targets is reported as.
pub(super) fn part(target: &Target) -> Part {
    match target.kind {
        TargetKind::Resource | TargetKind::Tool | TargetKind::AgentResource => Part::Application,
        TargetKind::UserAction => Part::UserActions,
        TargetKind::AuthenticationContext => Part::AuthenticationContext,
    }
}

/// Whether a policy is about this target.
pub(super) fn judge(targets: &Lane<TargetSet>, target: &Target, set: &PolicySet, reading: Reading) -> Finding {
    let found = |target: &Target| Finding {
        include: holds(&targets.include, target, set, reading, Side::Include),
        exclude: holds(&targets.exclude, target, set, reading, Side::Exclude),
    };
    let plain = found(target);
    if !(target.baseline_scopes_only && targets.include.all && !targets.exclude.is_empty()) {
        return plain;
    }
    let directory = Target { kind: TargetKind::Resource, id: DIRECTORY.to_owned(), ..Target::default() };
    let directory = found(&directory);
    match reading {
        Reading::Faithful if set.baseline_scopes_exempt => Finding { include: Truth::False, exclude: Truth::False },
        Reading::Faithful => directory,
        // Excluded only if it is so by its own name and as access to the directory.
        Reading::Strict => {
            Finding { include: or(plain.include, directory.include), exclude: and(plain.exclude, directory.exclude) }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Include,
    Exclude,
}

fn holds(wanted: &TargetSet, target: &Target, set: &PolicySet, reading: Reading, side: Side) -> Truth {
    let strict = reading == Reading::Strict;
    let resource = |id: &str| {
        let member = |group: &String| set.resource_groups.get(group).is_some_and(|members| members.contains(id));
        wanted.ids.contains(id) || wanted.groups.iter().any(member)
    };
    // A group that nothing defines may hold anything; it excludes nothing.
    let undefined = side == Side::Include && wanted.groups.iter().any(|g| !set.resource_groups.contains_key(g));
    let undefined = if undefined { Truth::Unknown } else { Truth::False };
    let filter = || filtered(wanted.filter.as_ref(), &target.attributes);
    let by_kind = match target.kind {
        TargetKind::Resource => any([truth(wanted.all || resource(&target.id)), filter(), undefined]),
        TargetKind::AgentResource => {
            any([truth(wanted.all || wanted.agent_resources || resource(&target.id)), filter(), undefined])
        }
        TargetKind::Tool => {
            let application = target.application.as_deref();
            let named = wanted.tools.iter().any(|pattern| pattern.0.matches(&target.id));
            let through = truth(wanted.all || named || application.is_some_and(resource));
            let reachable = strict || application.is_some();
            and(truth(reachable), any([through, filter(), undefined]))
        }
        TargetKind::UserAction => truth(wanted.user_actions.contains(&target.id)),
        TargetKind::AuthenticationContext => truth(wanted.authentication_contexts.contains(&target.id)),
    };
    or(by_kind, truth(strict && side == Side::Include && wanted.all))
}
