//! Repositories of organisations, five roles on each; users hold them themselves, through nested teams, or through organisations.

use serde_json::{Map, Value as Json, json};

use super::{App, Asked, Graph, entity, link, requests, some, uid};
use crate::workload::Rng;

/// Each role may do what those before it may.
const ROLES: [(&str, &str); 5] = [
    ("readers", "read"),
    ("triagers", "triage"),
    ("writers", "write"),
    ("maintainers", "maintain"),
    ("admins", "admin"),
];
/// The roles on all repositories of an organisation, by their place above.
const OWNER_ROLES: [usize; 3] = [0, 2, 4];

/// `user-1`, `team-1`, `org-1`, `repo-1`; a role is `repo-1/readers`.
struct World {
    entities: usize,
    /// Users, teams and organisations to teams, organisations and roles.
    belongs: Graph,
    /// Organisation of each repository.
    owner: Vec<usize>,
}

fn world(n: usize, p: f64, g: &mut Rng) -> World {
    let mut belongs = Graph::default();
    let mut roles = |name: &str, of: &str, g: &mut Rng| {
        for at in some(n, p, g) {
            let role = if of == "repo" { g.below(5) } else { OWNER_ROLES[g.below(3)] };
            belongs.put(name, format!("{of}-{at}/{}", ROLES[role].0));
        }
    };
    for at in 0..n {
        roles(&format!("org-{at}"), "org", g);
        roles(&format!("team-{at}"), "repo", g);
        roles(&format!("user-{at}"), "repo", g);
        roles(&format!("user-{at}"), "org", g);
    }
    for at in 0..n {
        let (team, user) = (format!("team-{at}"), format!("user-{at}"));
        // A team lies in teams before it, so that there are no circles.
        some(at, p, g).iter().for_each(|outer| belongs.put(&team, format!("team-{outer}")));
        some(n, p, g).iter().for_each(|team| belongs.put(&user, format!("team-{team}")));
        some(n, p, g).iter().for_each(|org| belongs.put(&user, format!("org-{org}")));
    }
    World { entities: n, belongs, owner: (0..n).map(|_| g.below(n)).collect() }
}

fn kind(name: &str) -> &'static str {
    match (name.split_once('/').is_some(), name.split('-').next()) {
        (true, Some("repo")) => "RepositoryRole",
        (true, _) => "OrganizationRole",
        (_, Some("team")) => "Team",
        _ => "Organization",
    }
}

impl World {
    fn names(&self, kind: &str) -> impl Iterator<Item = String> {
        (0..self.entities).map(move |at| format!("{kind}-{at}"))
    }

    fn allows(&self, asked: &Asked) -> bool {
        let held = self.belongs.closure(&asked.user);
        let wanted = ROLES.iter().position(|(_, action)| *action == asked.action).unwrap();
        let owner = self.owner[asked.id["repo-".len()..].parse::<usize>().unwrap()];
        let holds = |of: &str, role: usize| role >= wanted && held.contains(&*format!("{of}/{}", ROLES[role].0));
        (0..5).any(|role| holds(&asked.id, role))
            || OWNER_ROLES.iter().any(|role| holds(&format!("org-{owner}"), *role))
    }

    fn policies() -> String {
        let policy = |role: usize, of: &str| {
            let (role, action) = ROLES[role];
            format!(
                "permit(principal, action in Action::\"{action}\", resource) when {{ principal in {of}.{role} }};\n"
            )
        };
        let own = (0..5).map(|role| policy(role, "resource"));
        own.chain(OWNER_ROLES.map(|role| policy(role, "resource.owner"))).collect()
    }

    fn cedar(&self) -> Json {
        let mut all: Vec<Json> = vec![];
        for (at, (_, action)) in ROLES.iter().enumerate() {
            let above = ROLES.get(at + 1).map(|(_, above)| uid("Action", above));
            all.push(entity("Action", action, json!({}), above.into_iter().collect()));
        }
        let parents = |name: &str| self.belongs.of(name).iter().map(|of| uid(kind(of), of)).collect::<Vec<_>>();
        let roles = |name: &str, roles: &[usize]| -> Map<String, Json> {
            let role = |role: &usize| (ROLES[*role].0.to_owned(), format!("{name}/{}", ROLES[*role].0));
            roles.iter().map(role).map(|(role, id)| (role, link(kind(&id), &id))).collect()
        };
        for (at, repo) in self.names("repo").enumerate() {
            let mut attributes = roles(&repo, &[0, 1, 2, 3, 4]);
            attributes.insert("owner".into(), link("Organization", &format!("org-{}", self.owner[at])));
            all.push(entity("Repository", &repo, attributes.into(), vec![]));
            all.extend(
                ROLES.iter().map(|(role, _)| entity("RepositoryRole", &format!("{repo}/{role}"), json!({}), vec![])),
            );
        }
        for org in self.names("org") {
            all.push(entity("Organization", &org, roles(&org, &OWNER_ROLES).into(), parents(&org)));
            let role = |role: usize| entity("OrganizationRole", &format!("{org}/{}", ROLES[role].0), json!({}), vec![]);
            all.extend(OWNER_ROLES.map(role));
        }
        all.extend(self.names("team").map(|team| entity("Team", &team, json!({}), parents(&team))));
        all.extend(self.names("user").map(|user| entity("User", &user, json!({}), parents(&user))));
        all.into()
    }

    fn document(&self, resources: Vec<Json>, rules: Vec<Json>) -> Json {
        let group = |name: &str| json!({"id": name, "groups": self.belongs.of(name)});
        let mut groups: Vec<Json> = vec![];
        for kind in ["team", "org"] {
            groups.extend(self.names(kind).map(|name| group(&name)));
        }
        for repo in self.names("repo") {
            groups.extend(ROLES.iter().map(|(role, _)| group(&format!("{repo}/{role}"))));
        }
        for org in self.names("org") {
            groups.extend(OWNER_ROLES.map(|role| group(&format!("{org}/{}", ROLES[role].0))));
        }
        let users: Vec<Json> = self.names("user").map(|name| group(&name)).collect();
        json!({"version": 1, "groups": groups, "users": users, "resources": resources, "rules": rules})
    }

    fn shared(&self) -> Json {
        let mut resources: Vec<Json> =
            self.names("org").map(|org| json!({"type": "Organization", "id": org})).collect();
        let mut rules = vec![];
        let mut permit = |of: &str, role: usize, resource: &Json| {
            let actions: Vec<&str> = ROLES[..=role].iter().map(|(_, action)| *action).collect();
            let (id, group) = (format!("r{}", rules.len()), format!("{of}/{}", ROLES[role].0));
            rules.push(json!({
                "id": id, "effect": "permit", "subject": {"group": group}, "action": actions, "resource": resource,
            }));
        };
        for (at, repo) in self.names("repo").enumerate() {
            let owner = uid("Organization", &format!("org-{}", self.owner[at]));
            resources.push(json!({"type": "Repository", "id": repo, "containers": [owner]}));
            (0..5).for_each(|role| permit(&repo, role, &uid("Repository", &repo)));
        }
        for org in self.names("org") {
            OWNER_ROLES.iter().for_each(|role| permit(&org, *role, &json!({"in": uid("Organization", &org)})));
        }
        self.document(resources, rules)
    }

    fn conditions(&self) -> Json {
        let mut resources = vec![];
        for (at, repo) in self.names("repo").enumerate() {
            let org = format!("org-{}", self.owner[at]);
            let roles = |of: &str, roles: &[usize]| -> Map<String, Json> {
                let role = |role: &usize| (ROLES[*role].0.to_owned(), format!("{of}/{}", ROLES[*role].0).into());
                roles.iter().map(role).collect()
            };
            let mut attributes = roles(&repo, &[0, 1, 2, 3, 4]);
            attributes.insert("owner".into(), roles(&org, &OWNER_ROLES).into());
            resources.push(json!({"type": "Repository", "id": repo, "attributes": attributes}));
        }
        let permit = |role: usize, of: &str| {
            let actions: Vec<&str> = ROLES[..=role].iter().map(|(_, action)| *action).collect();
            let role = ROLES[role].0;
            json!({
                "id": format!("{of}.{role}"), "effect": "permit", "action": actions,
                "when": format!("{of}.{role} in principal.groups"),
            })
        };
        let own = (0..5).map(|role| permit(role, "resource.attributes"));
        let rules = own.chain(OWNER_ROLES.map(|role| permit(role, "resource.attributes.owner"))).collect();
        self.document(resources, rules)
    }
}

pub fn app(n: usize, p: f64, count: usize, g: &mut Rng) -> App {
    let world = world(n, p, g);
    let ask = |g: &mut Rng| Asked {
        user: format!("user-{}", g.below(n)),
        action: g.pick(&ROLES).1,
        kind: "Repository",
        id: format!("repo-{}", g.below(n)),
    };
    let (requests, expected) = requests(count, g, ask, |asked| world.allows(asked));
    App {
        name: "github",
        policies: World::policies(),
        entities: world.cedar(),
        shared: world.shared(),
        conditions: world.conditions(),
        requests,
        expected,
    }
}
