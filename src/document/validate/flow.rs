//! What is said about flows: the `flow` member, and what tools declare.
//!
//! INVARIANT: what is left out is at its worst (see the members of the schema), and what is exempt from trust is named where it may be.

use core::fmt::Write as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Check;
use super::listed::{Listed, Referrer};
use crate::diagnostic::{list, quote};
use crate::document::digest;
use crate::document::schema::{FieldItem, FlowItem, FlowLabelItem, OutputItem, ParameterItem, Place, Text};
use crate::document::schema::{ToolFlowItem, ToolItem};
use crate::flow::{Audience, Capacity, Confidentiality, Declaration, Does, Field, FlowLabel, Integrity, Lattice};
use crate::flow::{Output, Parameter, Policy, Readers, Ready, Role, Sources, Trust, Words};
use crate::label::Taxonomy;
use crate::name::GroupId;
use crate::tool::{EffectClass, Tool};

/// The parts of a label, as they are written in several places.
struct Written<'w> {
    label: Option<&'w Text>,
    readers: &'w [Text],
    trust: Option<&'w Text>,
    origins: &'w [Text],
}

macro_rules! written {
    ($item:expr) => {
        Written {
            label: $item.label.as_ref(),
            readers: &$item.readers.0,
            trust: $item.trust.as_ref(),
            origins: &$item.origins.0,
        }
    };
}

impl Check<'_> {
    pub(super) fn flow(&self, listed: &Listed<'_>, taxonomy: &Taxonomy) -> Policy {
        let mut items = self.documents.iter().filter_map(|document| document.flow.as_ref());
        let first = items.next();
        for again in items {
            self.error("document.duplicate_id", again.place, "`flow` is here twice", || {
                "write it in one document of the policy".to_owned()
            });
        }
        let nothing = FlowItem::default();
        let item = first.unwrap_or(&nothing);
        let words = Arc::new(self.words(item, listed, taxonomy));
        if first.is_none() {
            return Policy { words: Arc::clone(&words), ..Policy::default() };
        }
        match &item.prompt {
            None => self.missing(item.place, "`flow`", "prompt"),
            Some(prompt) => self.prompt_trust(prompt, &words),
        }
        let label = |written: Option<&FlowLabelItem>| {
            written.map(|item| self.flow_label(&written!(item), FlowLabel::TOP, &words))
        };
        let bound = |written: Option<&FlowLabelItem>| {
            let item = written?;
            self.no_integrity(item);
            label(written).map(|label| label.confidentiality)
        };
        let approvers = self.approvers(&item.approval.0, listed).unwrap_or_default();
        let approver_clearance = bound(item.approver_clearance.as_ref());
        if !approvers.is_empty() && approver_clearance.is_none() {
            self.error("document.missing_member", item.place, "`flow` has no `approver_clearance`", || {
                "nobody may consent to what they may not see: add `approver_clearance: {label: ...}`".to_owned()
            });
        }
        let modes = [("optional", false), ("required", true)];
        Policy {
            prompt: label(item.prompt.as_ref()).unwrap_or(FlowLabel::TOP),
            clearance: bound(item.clearance.as_ref()).unwrap_or(Confidentiality::TOP),
            approvers,
            approver_clearance: approver_clearance.unwrap_or(Confidentiality::BOTTOM),
            ready: item.ready.0.iter().filter_map(|text| self.choice(text, "ready policy", &Ready::ALL)).collect(),
            sensitive: item.sensitive.as_ref().and_then(|text| self.label(text, taxonomy)),
            requires_session: item
                .session
                .as_ref()
                .and_then(|text| self.choice(text, "way to treat sessions", &modes))
                .unwrap_or(false),
            span: item.place.0,
            words,
        }
    }

    /// What decides must be as trusted as the user, so somebody must be less trusted than the user.
    fn prompt_trust(&self, prompt: &FlowLabelItem, words: &Words) {
        let Some(text) = &prompt.trust else {
            return self.missing(prompt.place, "`prompt`", "trust");
        };
        if words.trust(&text.value).is_some_and(|trust| !words.is_above_lowest(trust)) {
            self.error_about(
                "document.flow",
                text,
                "is the lowest place of the trust chain: nothing would be less trusted than the user",
                || "write the user's place in the chain, such as `user`".to_owned(),
            );
        }
    }

    fn words(&self, item: &FlowItem, listed: &Listed<'_>, taxonomy: &Taxonomy) -> Words {
        let mut taken = BTreeMap::new();
        for text in item.trust.iter().chain(&item.origins) {
            if self.written(text, item.place, "`flow`", "a name") && self.is_name(text) {
                self.unique(&mut taken, text.value.as_str(), text.span, || format!("the name {}", quote(&text.value)));
            }
            // Labels are written with these words in a meaning of their own.
            if matches!(text.value.as_str(), "any" | "all" | "top" | "nobody") {
                self.error_about("document.bad_id", text, "has a meaning of its own", || "choose another name".into());
            }
        }
        let too_many = |what: &str, count: usize, most: usize| {
            if count > most {
                let message = format!("there are {count} {what}, more than {most}");
                self.error("document.too_large", item.place, &message, || "use fewer of them".to_owned());
            }
        };
        too_many("origins", item.origins.len(), Words::ORIGINS);
        too_many("audiences", item.audiences.len(), Words::AUDIENCES);
        too_many("places in the trust chain", item.trust.len(), 128);
        if item.trust.len() == 1 {
            self.error("document.empty_list", item.place, "a trust chain has one place", || {
                "write at least two names, the most trusted first".to_owned()
            });
        }
        let mut ids = BTreeMap::new();
        let mut audiences: Vec<Audience> = Vec::new();
        for audience in &item.audiences {
            if !self.written(&audience.id, audience.place, "an audience", "id") || !self.is_name(&audience.id) {
                continue;
            }
            let id = &audience.id;
            self.unique(&mut ids, id.value.as_str(), id.span, || format!("the audience {}", quote(&id.value)));
            if matches!(id.value.as_str(), "all" | "nobody") {
                self.error_about("document.bad_id", id, "has a meaning of its own", || "choose another name".into());
            }
            if audience.members.is_empty() && audience.groups.is_empty() {
                self.empty_mapping(
                    audience.place,
                    "an audience without `members` and `groups`",
                    "say who belongs to it",
                );
            }
            let groups = audience.groups.0.iter();
            let groups: Vec<GroupId> =
                groups.filter_map(|text| self.reference(text, &listed.groups, "group", Referrer::Rule)).collect();
            audiences.push(Audience {
                id: id.value.as_str().into(),
                members: self.patterns(&audience.members.0),
                groups,
            });
        }
        audiences.sort_by(|a, b| a.id.cmp(&b.id));
        let names = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect::<Vec<String>>();
        let mut origins = names(&item.origins);
        origins.sort();
        Words::new(taxonomy.clone(), &names(&item.trust), audiences, &origins, digest::flow_words(self.documents))
    }

    /// A label of which what is left out is as in `rest`.
    fn flow_label(&self, written: &Written<'_>, rest: FlowLabel, words: &Words) -> FlowLabel {
        let label = written.label.and_then(|text| self.label(text, words.taxonomy()));
        // Whoever is cleared for a label may read it, unless readers are named: they narrow a label that was written.
        let unsaid = if written.label.is_some() { Readers::ALL } else { rest.confidentiality.readers };
        let readers = written.readers.iter().filter_map(|text| {
            if text.value == "nobody" {
                return Some(Readers::NOBODY);
            }
            let found = words.audience(&text.value);
            if found.is_none() {
                self.dangling(text, "audience", words.audiences().iter().map(|audience| &*audience.id));
            }
            found
        });
        let readers = if written.readers.is_empty() { unsaid } else { Readers::join_all(readers) };
        let trust = written.trust.and_then(|text| self.trust(text, words));
        let sources = written.origins.iter().filter_map(|text| self.origin(text, words));
        let sources = if written.origins.is_empty() { rest.integrity.sources } else { Sources::join_all(sources) };
        FlowLabel {
            confidentiality: Confidentiality { label: label.unwrap_or(rest.confidentiality.label), readers },
            integrity: Integrity { trust: trust.unwrap_or(rest.integrity.trust), sources },
        }
    }

    fn trust(&self, text: &Text, words: &Words) -> Option<Trust> {
        let found = words.trust(&text.value);
        if found.is_none() {
            self.error_about("document.unknown_value", text, "is no place in the trust chain", || {
                format!("write one of {}", list(words.trust_names()))
            });
        }
        found
    }

    fn origin(&self, text: &Text, words: &Words) -> Option<Sources> {
        let found = words.origin(&text.value);
        if found.is_none() {
            self.dangling(text, "origin", words.origin_names());
        }
        found
    }

    /// A bound on who may see says nothing about trust.
    fn no_integrity(&self, item: &FlowLabelItem) {
        for text in item.trust.iter().chain(&item.origins.0) {
            self.error_about("document.flow", text, "bounds nothing: this says who may see", || {
                "remove `trust` and `origins` here; parameters demand trust".to_owned()
            });
        }
    }

    /// What a tool declares.
    pub(super) fn tool_flow(
        &self,
        item: &ToolFlowItem,
        tool: &ToolItem,
        effects: &[EffectClass],
        policy: &Policy,
    ) -> Declaration {
        let does = EffectClass::does(effects);
        let user = policy.prompt.integrity.trust;
        let id = format!("{}/{}", tool.server.value, tool.name.value);
        let undeclared = Declaration::undeclared(&id, does, user);
        let properties = tool.parameters.as_ref().and_then(|schema| schema.get("properties"));
        let properties = properties.and_then(serde_json::Value::as_object);
        let mut parameters = BTreeMap::new();
        for (name, parameter) in &item.parameters {
            if properties.is_some_and(|known| !known.contains_key(name)) {
                self.no_such_parameter(name, parameter.place, tool, item);
            }
            let schema = properties.and_then(|known| known.get(name));
            parameters.insert(name.as_str().into(), self.parameter(name, parameter, schema, does, policy));
        }
        if let Some(channel) = &item.channel {
            self.no_integrity(channel);
            if !does.sends {
                self.error("document.flow", channel.place, "a tool that sends nothing has no channel", || {
                    "remove `channel`, or say in `effects` that the tool sends: a read whose address leaves does"
                        .to_owned()
                });
            }
        }
        let channel = item.channel.as_ref().map(|channel| {
            // A bound that is left out bounds at nothing: the lowest.
            self.flow_label(&written!(channel), FlowLabel::BOTTOM, &policy.words).confidentiality
        });
        let purposes = item.purpose.0.iter().filter(|text| self.is_clean(text)).map(|text| text.value.as_str().into());
        Declaration {
            tool: undeclared.tool,
            does,
            parameters,
            output: item.output.as_ref().map_or(undeclared.output, |output| self.output(output, policy)),
            channel: does.sends.then(|| channel.unwrap_or(Confidentiality::BOTTOM)),
            is_consequential: item.consequential.unwrap_or(false),
            purposes: purposes.collect(),
            others: undeclared.others,
        }
    }

    fn parameter(
        &self,
        name: &str,
        item: &ParameterItem,
        schema: Option<&serde_json::Value>,
        does: Does,
        policy: &Policy,
    ) -> Parameter {
        let acts = does.changes || does.sends || does.destroys;
        let written = self.required(item.role.as_ref(), item.place, "a parameter", "role");
        let role = written.and_then(|text| self.choice(text, "role", &Role::ALL)).unwrap_or(Role::Target);
        let user = policy.prompt.integrity.trust;
        let usual = match role {
            Role::Content => user,
            Role::Selector if !acts => Trust::TOP,
            Role::Selector | Role::Target | Role::Command | Role::Credential => user,
        };
        let trust = match &item.trust {
            Some(text) if text.value == "any" => Trust::TOP,
            Some(text) => self.trust(text, &policy.words).unwrap_or(usual),
            None => usual,
        };
        let names = Capacity::ALL;
        let exempt = item.exempt.as_ref().and_then(|text| self.choice(text, "capacity", &names));
        if let Some(text) = item.exempt.as_ref().filter(|_| exempt.is_some()) {
            let because = if does.destroys {
                Some("on a tool that destroys")
            } else if matches!(role, Role::Command | Role::Credential) {
                Some("as a command or credential")
            } else if exempt == Some(Capacity::Text) {
                Some("whatever they say")
            } else {
                None
            };
            if let Some(because) = because {
                let message = format!("no values of `{name}` are exempt from trust {because}");
                self.error("document.flow_exemption", Place(text.span), &message, || "remove `exempt`".to_owned());
            }
        }
        let choices = schema.and_then(|schema| schema.get("enum")).and_then(serde_json::Value::as_array);
        let choices = choices.into_iter().flatten().filter_map(serde_json::Value::as_str).map(Box::from).collect();
        let guards = [("guarded", true), ("free", false)];
        let links = item.links.as_ref().and_then(|text| self.choice(text, "way to treat links", &guards));
        let sources = item.from.0.iter().filter_map(|text| self.origin(text, &policy.words));
        let is_asked = item.trust.is_some() || !item.from.is_empty();
        Parameter {
            role,
            must_be_believed: role != Role::Content || is_asked,
            trust,
            sources: if item.from.is_empty() { Sources::ALL } else { Sources::join_all(sources) },
            exempt,
            choices,
            domain: item.domain.as_ref().filter(|text| self.is_name(text)).map(|text| text.value.as_str().into()),
            is_recipient: item.recipient.unwrap_or(false),
            guards_links: role == Role::Content && links.unwrap_or(does.sends),
        }
    }

    fn output(&self, item: &OutputItem, policy: &Policy) -> Output {
        let label = self.flow_label(&written!(item), FlowLabel::TOP, &policy.words);
        let fields = item.fields.iter().flat_map(|field| self.fields(field, label, policy)).collect();
        Output { label, is_constant: item.constant.unwrap_or(false), is_list: item.items.unwrap_or(false), fields }
    }

    fn fields(&self, item: &FieldItem, whole: FlowLabel, policy: &Policy) -> Vec<Field> {
        if item.at.is_empty() {
            self.missing(item.place, "a field", "at");
        }
        let label = self.flow_label(&written!(item), whole, &policy.words);
        let domain = item.domain.as_ref().filter(|text| self.is_name(text));
        let pointers = item.at.0.iter().filter_map(|text| self.pointer(text));
        let segment =
            |segment: &str| (segment != "*").then(|| segment.replace("~1", "/").replace("~0", "~").into_boxed_str());
        let field = |pointer: String| Field {
            at: pointer.split('/').skip(1).map(segment).collect(),
            label,
            domain: domain.map(|text| text.value.as_str().into()),
            is_list: item.items.unwrap_or(false),
        };
        pointers.map(field).collect()
    }

    /// A parameter that the tool does not have; perhaps another tool's policy was written here.
    fn no_such_parameter(&self, name: &str, place: Place, tool: &ToolItem, item: &ToolFlowItem) {
        let own = tool.parameters.as_ref().and_then(|schema| schema.get("properties")?.as_object());
        let message = format!("{} has no parameter {}", quote(&tool.name.value), quote(name));
        self.error("document.flow_parameter", place, &message, || {
            let names: BTreeSet<&str> = item.parameters.keys().map(String::as_str).collect();
            let fits = |other: &&ToolItem| {
                let known = other.parameters.as_ref().and_then(|schema| schema.get("properties")?.as_object());
                other.name != tool.name && known.is_some_and(|known| names.iter().all(|name| known.contains_key(*name)))
            };
            let mut help = match own.and_then(|own| self.sink.suggest(name, own.keys().map(String::as_str))) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name the parameters of its JSON Schema".to_owned(),
            };
            // One look through the tools, and only for a mistake.
            if names.len() > 1
                && let Some(other) = self.documents.iter().flat_map(|d| &d.tools).find(fits)
            {
                let _ =
                    write!(help, "; {} has all that are named here: are the two swapped?", quote(&other.name.value));
            }
            help
        });
    }

    /// Warns about checks that check the wrong thing.
    pub(super) fn lint_flow(&self, tools: &[Tool], policy: &Policy) {
        let items = self.documents.iter().flat_map(|d| &d.tools).filter_map(|tool| Some((tool, tool.flow.as_ref()?)));
        let declared: BTreeMap<(&str, &str), &Tool> = tools
            .iter()
            .filter_map(|tool| Some(((tool.server.as_str(), tool.id.as_str().split_once('/')?.1), tool)))
            .collect();
        for (item, written) in items {
            let key = (item.server.value.as_str(), item.name.value.as_str());
            let Some(declaration) = declared.get(&key).and_then(|tool| tool.flow.as_deref()) else { continue };
            for (name, parameter) in &written.parameters {
                self.lint_parameter(name, parameter, declaration, policy);
            }
            let names_readers = declaration.parameters.values().any(|parameter| parameter.is_recipient);
            let decides = |parameter: &&Parameter| parameter.role == Role::Target && parameter.trust != Trust::TOP;
            let content_only: Vec<&str> = declaration
                .parameters
                .iter()
                .filter(|(_, parameter)| parameter.role == Role::Content && !parameter.is_recipient)
                .map(|(name, _)| &**name)
                .filter(|name| is_plural_party(name))
                .collect();
            if declaration.does.sends && !names_readers && !content_only.is_empty() {
                let checked: Vec<&str> =
                    declaration.parameters.iter().filter(|(_, p)| decides(p)).map(|(name, _)| &**name).collect();
                self.warn_flow(
                    "lint.flow_unchecked_recipient",
                    written.place,
                    || {
                        let checked =
                            if checked.is_empty() { "nothing".to_owned() } else { list(checked.iter().copied()) };
                        format!(
                            "who receives is not checked: {} is taken for content, and {checked} decides",
                            list(content_only.iter().copied())
                        )
                    },
                    "write `role: target` and `recipient: true` for the parameter that names who receives",
                );
            }
        }
    }

    fn lint_parameter(&self, name: &str, item: &ParameterItem, declaration: &Declaration, policy: &Policy) {
        let Some(parameter) = declaration.parameters.get(name) else { return };
        let decides = !matches!(parameter.role, Role::Content | Role::Selector);
        let does = declaration.does;
        if decides && (does.changes || does.sends || does.destroys) && !policy.words.is_above_lowest(parameter.trust) {
            let span = item.trust.as_ref().map_or(item.place.0, |text| text.span);
            self.warn_flow("lint.flow_inverted_check", Place(span), || {
                format!("`{name}` decides what the tool does, and the least trusted value will do: the check lets everything through")
            }, "demand the trust of the user, or leave `trust` out");
        }
    }

    fn warn_flow(&self, code: &'static str, place: Place, message: impl FnOnce() -> String, help: &str) {
        self.sink.warning(|| crate::diagnostic::Diagnostic::warning(code, place.0, message()).with_help(help));
    }
}

/// Whether a parameter is called what those are called who receive something.
fn is_plural_party(name: &str) -> bool {
    const PARTIES: [&str; 9] =
        ["recipient", "participant", "attendee", "invitee", "member", "user", "email", "guest", "collaborator"];
    let name = name.to_ascii_lowercase();
    PARTIES
        .iter()
        .any(|party| name == *party || name.strip_suffix('s') == Some(party) || name.ends_with(&format!("_{party}s")))
}
