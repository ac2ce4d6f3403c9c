//! Servers and tools: what can be called, by whom?

use super::Check;
use super::listed::{Listed, Referrer};
use crate::document::schema::{Place, Text, ToolItem};
use crate::flow::Policy as FlowPolicy;
use crate::name::{ServerId, ToolId};
use crate::tool::{EffectClass, Server, Tool};

impl Check<'_> {
    pub(super) fn servers(&self) -> Vec<Server> {
        let mut servers: Vec<Server> = Vec::new();
        for item in self.documents.iter().flat_map(|d| &d.servers) {
            let id: Option<ServerId> = self.own_id(&item.id, item.place, "a server");
            // The first `/` of a tool's id ends its server.
            if item.id.value.contains('/') {
                self.error_about("document.bad_id", &item.id, "is no id of a server", || {
                    "write it without `/`: a tool's id is `server/name`".to_owned()
                });
            }
            let origin = item.origin.as_ref().filter(|text| self.is_clean(text)).map(|text| text.value.clone());
            let blocked = self.blocked(item.state.as_ref());
            servers.extend(id.map(|id| Server { id, origin, blocked }));
        }
        servers.sort_by(|a, b| a.id.cmp(&b.id));
        servers
    }

    pub(super) fn tools(&self, listed: &Listed<'_>, flow: &FlowPolicy) -> Vec<Tool> {
        let items = self.documents.iter().flat_map(|d| &d.tools);
        let mut tools: Vec<Tool> = items.filter_map(|item| self.tool(item, listed, flow)).collect();
        tools.sort_by(|a, b| a.id.cmp(&b.id));
        tools
    }

    fn tool(&self, item: &ToolItem, listed: &Listed<'_>, flow: &FlowPolicy) -> Option<Tool> {
        let server = self.written(&item.server, item.place, "a tool", "server");
        let server =
            server.then(|| self.reference(&item.server, &listed.servers, "server", Referrer::Entity)).flatten();
        let named = self.written(&item.name, item.place, "a tool", "name") && self.is_name(&item.name);
        let id = (named && server.is_some()).then(|| {
            let value = format!("{}/{}", item.server.value, item.name.value);
            self.id::<ToolId>(&Text { value, span: item.name.span })
        });
        if let Some(parameters) = item.parameters.as_ref().filter(|p| !p.is_object()) {
            let found = if parameters.is_boolean() { "a truth value" } else { "no mapping" };
            let message = format!("`parameters` is {found}, not a JSON Schema of an object");
            self.error("document.parameters", item.place, &message, || {
                "write `{type: object, properties: {...}, required: [...]}`".to_owned()
            });
        }
        let assigned = item.assigned.0.iter().filter_map(|s| self.subject(s, listed, Referrer::Entity)).collect();
        let effects = self.effects(item);
        let tool = Tool {
            flow: item.flow.as_ref().map(|declared| self.tool_flow(declared, item, &effects, flow).into()),
            effects,
            parameters: item.parameters.clone(),
            assigned,
            requires_grant: item.requires_grant.unwrap_or(false),
            digest: item.digest.as_ref().and_then(|text| self.digest(text)),
            blocked: self.blocked(item.state.as_ref()),
            server: server?,
            id: id??,
        };
        Some(tool)
    }

    fn effects(&self, item: &ToolItem) -> Vec<EffectClass> {
        let Some(texts) = &item.effects else { return EffectClass::ALL.to_vec() };
        if texts.is_empty() {
            self.error("document.empty_list", item.place, "`effects` is an empty list: a tool has some effect", || {
                "list what it does, or leave `effects` out if that is not known".to_owned()
            });
        }
        let names = EffectClass::ALL.map(|class| (class.name(), class));
        let mut effects: Vec<EffectClass> =
            texts.iter().filter_map(|text| self.choice(text, "effect class", &names)).collect();
        effects.sort();
        effects.dedup();
        effects
    }

    fn blocked(&self, state: Option<&Text>) -> bool {
        let choices = [("approved", false), ("blocked", true)];
        state.and_then(|text| self.choice(text, "state", &choices)).unwrap_or(false)
    }

    /// Records that a member which may not be empty is.
    pub(super) fn empty_mapping(&self, place: Place, what: &str, help: &str) {
        self.error("document.empty_mapping", place, &format!("{what} says nothing"), || help.to_owned());
    }
}
