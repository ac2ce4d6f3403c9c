//! Resources: what is there, what contains it, how sensitive is it?

use std::collections::BTreeMap;

use super::Check;
use super::listed::{Listed, Referrer};
use crate::diagnostic::quote;
use crate::document::schema::{Place, ResourceRefItem};
use crate::label::Taxonomy;
use crate::name::{ResourceId, TypeName};
use crate::nesting::{nesting, path};
use crate::resource::{Resource, ResourceRef};
use crate::value::map_from_json;

impl Check<'_> {
    pub(super) fn resources(&self, listed: &Listed<'_>, taxonomy: &Taxonomy) -> Vec<Resource> {
        self.containment();
        let mut resources: Vec<Resource> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.resources) {
            let kind = self.written(&item.r#type, item.place, "a resource", "type");
            let kind: Option<TypeName> = kind.then(|| self.id(&item.r#type)).flatten();
            let id: Option<ResourceId> = self.own_id(&item.id, item.place, "a resource");
            let within = item.containers.iter();
            let mut containers: Vec<ResourceRef> =
                within.filter_map(|c| self.resource_ref(c, listed, Referrer::Entity)).collect();
            containers.sort();
            containers.dedup();
            let label = item.label.as_ref().and_then(|text| self.label(text, taxonomy));
            let (Some(kind), Some(id)) = (kind, id) else { continue };
            resources.push(Resource {
                reference: ResourceRef { kind, id },
                containers,
                label,
                attributes: map_from_json(&item.attributes),
                requires_grant: item.requires_grant.unwrap_or(false),
            });
        }
        resources.sort_by(|a, b| a.reference.cmp(&b.reference));
        resources
    }

    fn containment(&self) {
        let items: Vec<_> = self.documents.iter().flat_map(|d| &d.resources).collect();
        if items.iter().all(|item| item.containers.is_empty()) {
            return;
        }
        let keys = items.iter().map(|r| (r.r#type.value.as_str(), r.id.value.as_str()));
        let index: BTreeMap<(&str, &str), usize> = keys.zip(0..).collect();
        let find = |c: &ResourceRefItem| index.get(&(c.r#type.value.as_str(), c.id.value.as_str())).copied();
        let parents: Vec<Vec<usize>> = items.iter().map(|r| r.containers.iter().filter_map(find).collect()).collect();
        let found = nesting(&parents, self.limits.group_depth);
        let name = |node: usize| items.get(node).map_or("", |r| r.id.value.as_str());
        for cycle in &found.cycles {
            let place = cycle.first().and_then(|node| items.get(*node)).map_or(Place::default(), |r| Place(r.id.span));
            let message = format!("resources contain each other in a circle: {}", quote(&path(cycle, name)));
            self.error("document.cycle", place, &message, || "remove one of these containers".to_owned());
        }
        for resource in found.too_deep.iter().filter_map(|node| items.get(*node)) {
            let message = format!("lies deeper than {} containers", self.limits.group_depth);
            self.error_about("document.too_deep", &resource.id, &message, || {
                "nest less, or raise `group_depth` in the limits".to_owned()
            });
        }
    }

    /// The resource that is referred to.
    pub(super) fn resource_ref(
        &self,
        item: &ResourceRefItem,
        listed: &Listed<'_>,
        referrer: Referrer,
    ) -> Option<ResourceRef> {
        let kind = self.written(&item.r#type, item.place, "a reference to a resource", "type");
        let id = self.written(&item.id, item.place, "a reference to a resource", "id");
        let kind: Option<TypeName> = kind.then(|| self.id(&item.r#type)).flatten();
        let id: Option<ResourceId> = id.then(|| self.id(&item.id)).flatten();
        let (kind, id) = (kind?, id?);
        let open = referrer == Referrer::Rule && listed.resources.is_empty();
        if !open && !listed.resources.contains_key(&(kind.as_str(), id.as_str())) {
            let what = format!("resource of type {}", quote(kind.as_str()));
            let of_type = listed.resources.keys().filter(|(ty, _)| *ty == kind.as_str());
            self.dangling(&item.id, &what, of_type.map(|(_, id)| *id));
        }
        Some(ResourceRef { kind, id })
    }
}
