//! Lists of tasks: an owner, a team of readers and a team of editors each; teams are nested.

use serde_json::{Value as Json, json};

use super::{App, Asked, Graph, entity, link, requests, some, uid};
use crate::workload::Rng;

const ANYBODY: [&str; 2] = ["CreateList", "GetLists"];
const EDITORS: [&str; 5] = ["GetList", "UpdateList", "CreateTask", "UpdateTask", "DeleteTask"];
const OWNER: [&str; 2] = ["DeleteList", "EditShares"];

const POLICIES: &str = r#"
permit(principal, action in [Action::"CreateList", Action::"GetLists"], resource == Application::"TinyTodo");
permit(principal, action, resource) when { resource has owner && resource.owner == principal };
permit(principal, action == Action::"GetList", resource)
    when { principal in resource.readers || principal in resource.editors };
permit(
    principal,
    action in [Action::"UpdateList", Action::"CreateTask", Action::"UpdateTask", Action::"DeleteTask"],
    resource
) when { principal in resource.editors };
"#;

/// `user-1`, `team-1`, `list-1`; the teams of a list are `list-1/readers` and `list-1/editors`.
struct World {
    entities: usize,
    /// Users and teams to teams.
    belongs: Graph,
    /// Owner of each list.
    owner: Vec<usize>,
}

fn world(n: usize, p: f64, g: &mut Rng) -> World {
    let mut belongs = Graph::default();
    for at in 0..n {
        // A team lies in teams before it, so that there are no circles.
        some(at, p, g).iter().for_each(|outer| belongs.put(&format!("team-{at}"), format!("team-{outer}")));
        some(n, p, g).iter().for_each(|team| belongs.put(&format!("user-{at}"), format!("team-{team}")));
        for role in ["readers", "editors"] {
            for kind in ["user", "team"] {
                some(n, p, g).iter().for_each(|who| belongs.put(&format!("{kind}-{who}"), format!("list-{at}/{role}")));
            }
        }
    }
    World { entities: n, belongs, owner: (0..n).map(|_| g.below(n)).collect() }
}

impl World {
    fn names(&self, kind: &str) -> impl Iterator<Item = String> {
        (0..self.entities).map(move |at| format!("{kind}-{at}"))
    }

    /// Teams of lists, with the list of each.
    fn roles(&self) -> impl Iterator<Item = String> {
        self.names("list").flat_map(|list| ["readers", "editors"].map(|role| format!("{list}/{role}")))
    }

    fn owner(&self, list: usize) -> String {
        format!("user-{}", self.owner[list])
    }

    fn allows(&self, asked: &Asked) -> bool {
        if asked.kind == "Application" {
            return ANYBODY.contains(&asked.action);
        }
        let held = self.belongs.closure(&asked.user);
        let holds = |role: &str| held.contains(&*format!("{}/{role}", asked.id));
        self.owner(asked.id["list-".len()..].parse().unwrap()) == asked.user
            || (asked.action == "GetList" && holds("readers"))
            || (EDITORS.contains(&asked.action) && holds("editors"))
    }

    fn cedar(&self) -> Json {
        let parents = |name: &str| self.belongs.of(name).iter().map(|team| uid("Team", team)).collect::<Vec<_>>();
        let mut all = vec![entity("Application", "TinyTodo", json!({}), vec![])];
        all.extend(self.names("user").map(|user| entity("User", &user, json!({}), parents(&user))));
        all.extend(self.names("team").map(|team| entity("Team", &team, json!({}), parents(&team))));
        all.extend(self.roles().map(|role| entity("Team", &role, json!({}), vec![])));
        for (at, list) in self.names("list").enumerate() {
            let team = |role: &str| link("Team", &format!("{list}/{role}"));
            let owner = link("User", &self.owner(at));
            let attributes = json!({"owner": owner, "readers": team("readers"), "editors": team("editors")});
            all.push(entity("List", &list, attributes, vec![]));
        }
        all.into()
    }

    fn document(&self, lists: Vec<Json>, rules: Vec<Json>) -> Json {
        let member = |name: String| json!({"id": name, "groups": self.belongs.of(&name)});
        let groups: Vec<Json> = self.names("team").chain(self.roles()).map(member).collect();
        let users: Vec<Json> = self.names("user").map(member).collect();
        let mut resources = lists;
        resources.push(json!({"type": "Application", "id": "TinyTodo"}));
        json!({"version": 1, "groups": groups, "users": users, "resources": resources, "rules": rules})
    }

    fn shared(&self) -> Json {
        let lists: Vec<Json> = self.names("list").map(|list| json!({"type": "List", "id": list})).collect();
        let mut rules = vec![anybody()];
        for (at, list) in self.names("list").enumerate() {
            let mut permit = |role: &str, subject: Json, action: Json| {
                rules.push(json!({
                    "id": format!("{list}/{role}"), "effect": "permit", "subject": subject, "action": action,
                    "resource": {"type": "List", "id": list},
                }));
            };
            permit("owner", json!({"user": self.owner(at)}), "*".into());
            permit("readers", json!({"group": format!("{list}/readers")}), "GetList".into());
            permit("editors", json!({"group": format!("{list}/editors")}), json!(EDITORS));
        }
        self.document(lists, rules)
    }

    fn conditions(&self) -> Json {
        let list = |(at, list): (usize, String)| {
            let team = |role: &str| format!("{list}/{role}");
            let attributes = json!({"owner": self.owner(at), "readers": team("readers"), "editors": team("editors")});
            json!({"type": "List", "id": list, "attributes": attributes})
        };
        let permit = |id: &str, action: Json, when: &str| {
            json!({
                "id": id, "effect": "permit", "action": action, "resource": {"type": "List"}, "when": when,
            })
        };
        let rules = vec![
            anybody(),
            permit("owner", "*".into(), "resource.attributes.owner == principal.id"),
            permit(
                "read",
                "GetList".into(),
                "resource.attributes.readers in principal.groups || resource.attributes.editors in principal.groups",
            ),
            permit("edit", json!(EDITORS[1..]), "resource.attributes.editors in principal.groups"),
        ];
        self.document(self.names("list").enumerate().map(list).collect(), rules)
    }
}

fn anybody() -> Json {
    json!({
        "id": "anybody", "effect": "permit", "action": ANYBODY, "resource": {"type": "Application", "id": "TinyTodo"},
    })
}

pub fn app(n: usize, p: f64, count: usize, g: &mut Rng) -> App {
    let world = world(n, p, g);
    let ask = |g: &mut Rng| {
        let actions: Vec<&str> = ANYBODY.iter().chain(&EDITORS).chain(&OWNER).copied().collect();
        let (user, action) = (format!("user-{}", g.below(n)), *g.pick(&actions));
        if ANYBODY.contains(&action) {
            return Asked { user, action, kind: "Application", id: "TinyTodo".to_owned() };
        }
        Asked { user, action, kind: "List", id: format!("list-{}", g.below(n)) }
    };
    let (requests, expected) = requests(count, g, ask, |asked| world.allows(asked));
    App {
        name: "tinytodo",
        policies: POLICIES.to_owned(),
        entities: world.cedar(),
        shared: world.shared(),
        conditions: world.conditions(),
        requests,
        expected,
    }
}
