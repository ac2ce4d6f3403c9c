//! What do the documents list, by kind and id? Duplicates are found here, and references are looked up here.
//!
//! What is listed counts even if something else about it is wrong, so that one mistake is one finding.

use core::str::FromStr;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Check;
use crate::diagnostic::quote;
use crate::diagnostic::{Diagnostic, Span};
use crate::document::schema::{Text, ToolItem};
use crate::fact::Type;
use crate::name::NameError;

/// Ids of one kind, and where they stand. Sorted, so that suggestions do not depend on a hash.
pub(super) type Ids<'a> = BTreeMap<&'a str, Span>;

/// Everything that the documents list.
#[derive(Default)]
pub(super) struct Listed<'a> {
    pub(super) groups: Ids<'a>,
    pub(super) blueprints: Ids<'a>,
    pub(super) agents: Ids<'a>,
    /// Users of type `user`: people.
    pub(super) people: Ids<'a>,
    pub(super) agent_users: Ids<'a>,
    pub(super) workloads: Ids<'a>,
    pub(super) servers: Ids<'a>,
    /// By `server/name`.
    pub(super) tools: BTreeMap<String, ListedTool>,
    /// By type and id.
    pub(super) resources: BTreeMap<(&'a str, &'a str), Span>,
}

/// A listed tool.
pub(super) struct ListedTool {
    pub(super) span: Span,
    /// The type of its arguments, if it declares them.
    pub(super) arguments: Option<Type>,
}

/// Who refers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Referrer {
    /// Something that documents list: all that it names must be listed too.
    Entity,
    /// A rule: if documents list nothing of a kind, the host does, and the rule may name any.
    Rule,
}

impl<'a> Check<'a> {
    pub(super) fn listed(&self) -> Listed<'a> {
        let mut listed = Listed::default();
        let add = |ids: &mut Ids<'a>, id: &'a Text, what: &str| {
            if !id.value.is_empty() {
                self.unique(ids, id.value.as_str(), id.span, || format!("the {what} {}", quote(&id.value)));
            }
        };
        for document in self.documents {
            document.groups.iter().for_each(|g| add(&mut listed.groups, &g.id, "group"));
            document.blueprints.iter().for_each(|b| add(&mut listed.blueprints, &b.id, "blueprint"));
            document.agents.iter().for_each(|a| add(&mut listed.agents, &a.id, "agent"));
            document.servers.iter().for_each(|s| add(&mut listed.servers, &s.id, "server"));
            for user in &document.users {
                match user.r#type.as_ref().map_or("user", |t| t.value.as_str()) {
                    "agent_user" => add(&mut listed.agent_users, &user.id, "agent user"),
                    "workload" => add(&mut listed.workloads, &user.id, "workload"),
                    // An unknown type is reported with the user.
                    _ => add(&mut listed.people, &user.id, "user"),
                }
            }
            for tool in document.tools.iter().filter(|t| !t.server.value.is_empty() && !t.name.value.is_empty()) {
                self.list_tool(&mut listed, tool);
            }
            for item in &document.resources {
                if !item.id.value.is_empty() && !item.r#type.value.is_empty() {
                    let key = (item.r#type.value.as_str(), item.id.value.as_str());
                    self.unique(&mut listed.resources, key, item.id.span, || {
                        format!("the resource {} of type {}", quote(key.1), quote(key.0))
                    });
                }
            }
        }
        listed
    }

    fn list_tool(&self, listed: &mut Listed<'a>, item: &'a ToolItem) {
        let id = format!("{}/{}", item.server.value, item.name.value);
        let span = item.name.span;
        match listed.tools.entry(id) {
            Entry::Occupied(first) => {
                self.duplicate(span, first.get().span, || format!("the tool {}", quote(first.key())))
            }
            Entry::Vacant(free) => {
                let arguments = item.parameters.as_ref().map(crate::tool::arguments_type);
                free.insert(ListedTool { span, arguments });
            }
        }
    }

    /// Records `key` as taken, or that it is taken already.
    pub(super) fn unique<K: Ord>(
        &self,
        taken: &mut BTreeMap<K, Span>,
        key: K,
        span: Span,
        what: impl FnOnce() -> String,
    ) {
        match taken.entry(key) {
            Entry::Occupied(first) => self.duplicate(span, *first.get(), what),
            Entry::Vacant(free) => {
                free.insert(span);
            }
        }
    }

    fn duplicate(&self, span: Span, first: Span, what: impl FnOnce() -> String) {
        self.sink.error(span, || {
            let at = self.sources.describe(first);
            let message = format!("{} is here twice: it stands at {at} already", what());
            Diagnostic::error("document.duplicate_id", span, message).with_help("remove one of the two, or rename it")
        });
    }

    /// Records that a text names nothing.
    pub(super) fn dangling<'c>(&self, text: &Text, what: &str, candidates: impl IntoIterator<Item = &'c str>) {
        // What an unreadable document may list is not missing.
        if self.sink.is_incomplete() {
            return;
        }
        self.error_about("document.unknown_reference", text, &format!("is no {what} that is listed"), || {
            match self.sink.suggest(&text.value, candidates) {
                Some(near) => format!("did you mean {}? otherwise list the {what}", quote(near)),
                None => format!("list the {what}, or name one that is listed"),
            }
        });
    }

    /// The id that a text refers to.
    pub(super) fn reference<T: FromStr<Err = NameError>>(
        &self,
        text: &Text,
        ids: &Ids<'_>,
        what: &str,
        referrer: Referrer,
    ) -> Option<T> {
        let id = self.id(text)?;
        let open = referrer == Referrer::Rule && ids.is_empty();
        if !open && !ids.contains_key(text.value.as_str()) {
            self.dangling(text, what, ids.keys().copied());
        }
        Some(id)
    }
}
