//! Documents in folders, shared with users and groups for viewing, or public; owners may do more.

use serde_json::{Value as Json, json};

use super::{App, Asked, Graph, entity, link, requests, some, uid};
use crate::workload::Rng;

const POLICIES: &str = r#"
permit(principal, action == Action::"read", resource) when { resource in principal.views };
permit(principal, action == Action::"read", resource) when { resource has isPublic && resource.isPublic };
permit(principal, action in [Action::"read", Action::"write", Action::"share"], resource)
    when { resource in principal.ownedDocuments || resource in principal.ownedFolders };
permit(principal, action == Action::"changeOwner", resource) when { principal.ownedDocuments.contains(resource) };
permit(principal, action == Action::"createDocument", resource) when { principal.ownedFolders.contains(resource) };
"#;

/// `user-1`, `group-1`, `document-1`, `folder-1`: no name occurs twice.
struct World {
    entities: usize,
    /// Users to groups.
    members: Graph,
    /// Documents and folders to folders.
    within: Graph,
    /// Documents and folders to the users and groups that may view them, and to their owners.
    viewers: Graph,
    owners: Graph,
    public: Vec<bool>,
}

fn world(n: usize, p: f64, g: &mut Rng) -> World {
    let [mut members, mut within, mut viewers, mut owners] = [(); 4].map(|()| Graph::default());
    for user in 0..n {
        some(n, p, g).iter().for_each(|group| members.put(&format!("user-{user}"), format!("group-{group}")));
    }
    for (kind, at) in ["document", "folder"].into_iter().flat_map(|kind| (0..n).map(move |at| (kind, at))) {
        let name = format!("{kind}-{at}");
        // A folder lies in folders before it, so that there are no circles.
        let outer = if kind == "folder" { at } else { n };
        some(outer, p, g).iter().for_each(|folder| within.put(&name, format!("folder-{folder}")));
        some(n, p, g).iter().for_each(|user| viewers.put(&name, format!("user-{user}")));
        some(n, p, g).iter().for_each(|group| viewers.put(&name, format!("group-{group}")));
        some(n, p, g).iter().for_each(|user| owners.put(&name, format!("user-{user}")));
    }
    World { entities: n, members, within, viewers, owners, public: (0..n).map(|_| g.chance(50)).collect() }
}

impl World {
    fn names(&self, kind: &str) -> impl Iterator<Item = String> {
        (0..self.entities).map(move |at| format!("{kind}-{at}"))
    }

    /// Documents or folders that a user owns.
    fn owned(&self, user: &str, kind: &str) -> Vec<String> {
        self.names(kind).filter(|name| self.owners.of(name).iter().any(|owner| owner == user)).collect()
    }

    fn allows(&self, asked: &Asked) -> bool {
        let is_owner = |name: &str| self.owners.of(name).contains(&asked.user);
        let places = self.within.closure(&asked.id);
        let owns = places.iter().any(|place| is_owner(place));
        let sees = |name: &str| {
            let viewers = self.viewers.of(name);
            viewers.contains(&asked.user) || self.members.of(&asked.user).iter().any(|group| viewers.contains(group))
        };
        let is_public = asked.id.strip_prefix("document-").is_some_and(|at| self.public[at.parse::<usize>().unwrap()]);
        match asked.action {
            "read" => is_public || owns || places.iter().any(|place| sees(place)),
            "write" | "share" => owns,
            "changeOwner" => asked.kind == "Document" && is_owner(&asked.id),
            _ => asked.kind == "Folder" && is_owner(&asked.id),
        }
    }

    fn cedar(&self) -> Json {
        let mut all: Vec<Json> = vec![];
        for user in self.names("user") {
            let owned = |kind, of| self.owned(&user, kind).iter().map(|id| link(of, id)).collect::<Vec<_>>();
            let attributes = json!({
                "views": link("View", &user),
                "ownedDocuments": owned("document", "Document"),
                "ownedFolders": owned("folder", "Folder"),
            });
            let groups = self.members.of(&user).iter().map(|group| uid("Group", group)).collect();
            all.push(entity("User", &user, attributes, groups));
            all.push(entity("View", &user, json!({}), vec![]));
        }
        for group in self.names("group") {
            let members = self.names("user").filter(|user| self.members.of(user).contains(&group));
            let views = members.map(|user| uid("View", &user)).collect();
            all.push(entity("Group", &group, json!({}), vec![]));
            all.push(entity("View", &group, json!({}), views));
        }
        for (kind, of) in [("document", "Document"), ("folder", "Folder")] {
            for (name, public) in self.names(kind).zip(&self.public) {
                let folders = self.within.of(&name).iter().map(|folder| uid("Folder", folder));
                let parents = folders.chain(self.viewers.of(&name).iter().map(|viewer| uid("View", viewer))).collect();
                let attributes = if kind == "document" { json!({"isPublic": public}) } else { json!({}) };
                all.push(entity(of, &name, attributes, parents));
            }
        }
        all.into()
    }

    /// Documents and folders as placet's resources, in the folders and whatever else they are in.
    fn resources(&self, others: impl Fn(&str) -> Vec<Json>) -> Vec<Json> {
        let mut all = vec![];
        for (kind, of) in [("document", "Document"), ("folder", "Folder")] {
            for (name, public) in self.names(kind).zip(&self.public) {
                let folders = self.within.of(&name).iter().map(|folder| uid("Folder", folder));
                let containers: Vec<Json> = folders.chain(others(&name)).collect();
                let public = kind == "document" && *public;
                all.push(json!({"type": of, "id": name, "containers": containers, "attributes": {"public": public}}));
            }
        }
        all
    }

    fn shared(&self) -> Json {
        let users: Vec<Json> =
            self.names("user").map(|user| json!({"id": user, "groups": self.members.of(&user)})).collect();
        let mut rules = vec![json!({
            "id": "public", "effect": "permit", "action": "read", "resource": {"type": "Document"},
            "when": "resource.attributes.public",
        })];
        let mut permit = |subject: &str, action: &[&str], resource: Json| {
            let kind = if subject.starts_with("user") { "user" } else { "group" };
            let id = format!("r{}", rules.len());
            rules.push(json!({
                "id": id, "effect": "permit", "subject": {kind: subject}, "action": action, "resource": resource,
            }));
        };
        for (kind, of) in [("document", "Document"), ("folder", "Folder")] {
            for name in self.names(kind) {
                let itself = json!({"type": of, "id": name});
                let all = if kind == "folder" { json!([itself, {"in": itself}]) } else { itself.clone() };
                for viewer in self.viewers.of(&name) {
                    permit(viewer, &["read"], all.clone());
                }
                for owner in self.owners.of(&name) {
                    permit(owner, &["read", "write", "share"], all.clone());
                    let own = if kind == "folder" { "createDocument" } else { "changeOwner" };
                    permit(owner, &[own], itself.clone());
                }
            }
        }
        let groups: Vec<Json> = self.names("group").map(|id| json!({"id": id})).collect();
        let resources = self.resources(|_| vec![]);
        json!({"version": 1, "groups": groups, "users": users, "resources": resources, "rules": rules})
    }

    fn conditions(&self) -> Json {
        let view = |name: &str| json!({"type": "View", "id": format!("view/{name}")});
        let users: Vec<Json> = self
            .names("user")
            .map(|user| {
                let attributes = json!({
                    "view": format!("view/{user}"),
                    "documents": self.owned(&user, "document"),
                    "folders": self.owned(&user, "folder"),
                });
                json!({"id": user, "attributes": attributes})
            })
            .collect();
        let mut resources = self.resources(|name| self.viewers.of(name).iter().map(|viewer| view(viewer)).collect());
        for user in self.names("user") {
            resources.push(view(&user));
        }
        for group in self.names("group") {
            let members = self.names("user").filter(|user| self.members.of(user).contains(&group));
            let mut record = view(&group);
            record["containers"] = members.map(|user| view(&user)).collect();
            resources.push(record);
        }
        let permit = |id: &str, action: &[&str], when: &str| json!({"id": id, "effect": "permit", "action": action, "when": when});
        let rules = [
            permit("viewed", &["read"], "principal.attributes.view in resource.containers"),
            permit("public", &["read"], "resource.attributes.public"),
            permit(
                "owned",
                &["read", "write", "share"],
                "resource.id in principal.attributes.documents || resource.id in principal.attributes.folders
                    || principal.attributes.folders.exists(folder, folder in resource.containers)",
            ),
            permit("own-document", &["changeOwner"], "resource.id in principal.attributes.documents"),
            permit("own-folder", &["createDocument"], "resource.id in principal.attributes.folders"),
        ];
        json!({"version": 1, "users": users, "resources": resources, "rules": rules})
    }
}

pub fn app(n: usize, p: f64, count: usize, g: &mut Rng) -> App {
    let world = world(n, p, g);
    let ask = |g: &mut Rng| {
        let action = *g.pick(&["read", "write", "share", "changeOwner", "createDocument"]);
        let folder = match action {
            "changeOwner" => false,
            "createDocument" => true,
            _ => g.chance(30),
        };
        let (kind, name) = if folder { ("Folder", "folder") } else { ("Document", "document") };
        Asked { user: format!("user-{}", g.below(n)), action, kind, id: format!("{name}-{}", g.below(n)) }
    };
    let (requests, expected) = requests(count, g, ask, |asked| world.allows(asked));
    App {
        name: "gdrive",
        policies: POLICIES.to_owned(),
        entities: world.cedar(),
        shared: world.shared(),
        conditions: world.conditions(),
        requests,
        expected,
    }
}
