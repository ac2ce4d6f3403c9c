//! May what a session has seen decide what a call does, and may it go there? One argument after the other, one value after the other.
//!
//! Written from docs/flow.md, for the flow that a request states. The lattice of labels and the words of prompts are the library's own.

use std::collections::BTreeSet;

use placet::flow::{Capacity, Declaration, FlowLabel, Input, Integrity, Lattice, Naming, Parameter};
use placet::flow::{Policy, Readers, Ready, Role, Stated, Task, Verb};
use placet::name::GroupId;
use placet::request::Request;
use placet::tool::{EffectClass, Tool};
use placet::value::{Key, Map, Value};

/// What is in the way: a verb, if a person could be asked, and the code if nobody can.
pub(crate) type Hindrance = (Option<Verb>, &'static str);

/// What is known of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The label of what the model has seen, the user's words among it.
    pub(crate) context: FlowLabel,
    pub(crate) untrusted: bool,
    pub(crate) sensitive: bool,
}

impl Seen {
    /// What a request states. `untrusted`, `sensitive`: what it says of that besides.
    pub(crate) fn of(stated: &Stated, policy: &Policy, untrusted: bool, sensitive: bool) -> Self {
        let context = policy.prompt.join(&stated.label.unwrap_or(FlowLabel::TOP));
        Self {
            context,
            untrusted: untrusted || !context.integrity.trust.meets(policy.prompt.integrity.trust),
            sensitive: sensitive || is_sensitive(policy, &context),
        }
    }
}

fn is_sensitive(policy: &Policy, label: &FlowLabel) -> bool {
    policy.sensitive.is_none_or(|from| from.flows_to(label.confidentiality.label))
}

/// A call in its session.
pub(crate) struct Flow<'f, 'r> {
    pub(crate) policy: &'f Policy,
    pub(crate) stated: &'f Stated,
    pub(crate) seen: Seen,
    pub(crate) request: &'f Request<'r>,
    /// The tool that is called, if it is registered.
    pub(crate) tool: Option<&'f Tool>,
    /// All registered tools.
    pub(crate) tools: &'f [Tool],
    /// Join of the labels of the data that it is known to touch.
    pub(crate) touched: FlowLabel,
    /// Whether a registered user is in a group.
    pub(crate) in_group: &'f dyn Fn(&str, &GroupId) -> bool,
}

impl Flow<'_, '_> {
    /// All that is in the way.
    pub(crate) fn hindrances(&self) -> BTreeSet<Hindrance> {
        let mut all = BTreeSet::new();
        let (policy, stated, seen) = (self.policy, self.stated, &self.seen);
        let clearance = policy.clearance.join(&policy.prompt.confidentiality);
        if !seen.context.confidentiality.flows_to(&clearance) {
            return BTreeSet::from([(None, "data.flow_exceeded")]);
        }
        let (declaration, called) = self.declaration();
        let does = declaration.does;
        let task = self.task(&declaration, called);
        let arguments = self.request.all_arguments();
        if arguments.is_none() {
            all.insert((None, "data.flow_unknown"));
        }
        for (name, value) in arguments.into_iter().flat_map(named) {
            self.argument(name, value, &declaration, task.as_ref(), &mut all);
        }
        let output = &declaration.output;
        let mut answer = output.fields.iter().fold(output.label, |all, field| all.join(&field.label));
        answer = answer.join(&self.touched);
        if !output.is_constant {
            for (name, value) in arguments.into_iter().flat_map(named) {
                answer = answer.join(&self.label(name, value, &declaration, task.as_ref()));
            }
            if arguments.is_none() {
                answer = answer.join(&seen.context);
            }
        }
        if !stated.is_withheld && !answer.confidentiality.flows_to(&clearance) {
            all.insert((None, "data.flow_clearance"));
        }
        let is_trusted = seen.context.integrity.trust.meets(policy.prompt.integrity.trust);
        if declaration.is_consequential && stated.inputs.is_none() && !is_trusted {
            all.insert((Some(Verb::Endorse), "data.flow_integrity"));
        }
        if task.is_some_and(|task| !task.serves(called)) {
            all.insert((Some(Verb::Widen), "data.flow_task"));
        }
        let sensitive = seen.sensitive || is_sensitive(policy, &self.touched);
        let held = policy.ready.iter().any(|ready| match ready {
            Ready::RuleOfTwo => does.changes || does.sends || does.destroys,
            Ready::LethalTrifecta => does.sends,
        });
        if held && seen.untrusted && sensitive {
            all.insert((Some(Verb::Proceed), "data.flow_combination"));
        }
        // What a tool does that another one touches, nobody follows, unless it is known to read only.
        for other in self.request.targets().iter().skip(1).filter(|other| other.kind() == "tool") {
            let tool = self.tools.iter().find(|tool| tool.id.as_str() == other.id());
            if !tool.is_some_and(|tool| tool.effects.iter().all(|effect| *effect == EffectClass::Read)) {
                all.insert((None, "data.flow_unknown"));
            }
        }
        all
    }

    fn declaration(&self) -> (Declaration, &str) {
        let user = self.policy.prompt.integrity.trust;
        let called =
            self.request.targets().first().filter(|target| target.kind() == "tool").map_or("", |tool| tool.id());
        let declaration = match self.tool {
            Some(Tool { flow: Some(declared), .. }) => Declaration::clone(declared),
            Some(tool) => Declaration::undeclared(called, EffectClass::does(&tool.effects), user),
            None => Declaration::undeclared(called, EffectClass::does(&EffectClass::ALL), user),
        };
        (declaration, called)
    }

    fn task(&self, declaration: &Declaration, called: &str) -> Option<Task> {
        let prompt = self.stated.prompt.as_deref();
        match (&self.stated.tools, prompt) {
            (Some(tools), _) => Some(Task::of(prompt.unwrap_or_default(), tools.iter().map(|tool| &**tool))),
            (None, Some(prompt)) => Some(Task::derived(prompt, (!called.is_empty()).then_some((called, declaration)))),
            (None, None) => None,
        }
    }

    /// The label of what an argument was made from.
    fn inputs(&self, name: &str) -> FlowLabel {
        let named = self.stated.inputs.as_ref().and_then(|inputs| inputs.get(name));
        let Some(named) = named else { return self.seen.context };
        named.iter().fold(FlowLabel::BOTTOM, |all, input| {
            all.join(&match input {
                Input::Prompt => self.policy.prompt,
                Input::Context => self.seen.context,
                Input::Label(label) => *label,
                // Who states a flow has no steps.
                Input::Answer { .. } => FlowLabel::TOP,
            })
        })
    }

    /// The label of one value: that of what it was made from, or as the user's word if it is one.
    fn one(&self, name: &str, leaf: &Value<'_>, declaration: &Declaration, task: Option<&Task>) -> FlowLabel {
        let from = self.inputs(name);
        let naming = match declaration.parameter(name).role {
            Role::Command | Role::Credential => Naming::Secret,
            _ if declaration.does.destroys => Naming::Id,
            _ => Naming::Plain,
        };
        if task.is_some_and(|task| task.mentions(leaf, naming)) { from.meet(&self.policy.prompt) } else { from }
    }

    fn label(&self, name: &str, value: &Value<'_>, declaration: &Declaration, task: Option<&Task>) -> FlowLabel {
        let from = self.inputs(name);
        if from.flows_to(&self.policy.prompt) {
            return from;
        }
        let mut all = FlowLabel::BOTTOM;
        leaves(value, &mut |leaf| all = all.join(&self.one(name, leaf, declaration, task)));
        all
    }

    fn argument(
        &self,
        name: &str,
        value: &Value<'_>,
        declaration: &Declaration,
        task: Option<&Task>,
        all: &mut BTreeSet<Hindrance>,
    ) {
        let parameter = declaration.parameter(name);
        let is_believed =
            |label: &Integrity| label.trust.meets(parameter.trust) && label.sources.flows_to(&parameter.sources);
        let mut label = FlowLabel::BOTTOM;
        leaves(value, &mut |leaf| {
            let own = self.one(name, leaf, declaration, task);
            label = label.join(&own);
            if is_believed(&own.integrity) {
                return;
            }
            let stays = match parameter.role {
                Role::Command | Role::Credential => true,
                Role::Content if !parameter.must_be_believed => {
                    let Value::String(text) = leaf else { return };
                    parameter.guards_links
                        && links(text).into_iter().any(|link| {
                            let link = Value::from(link);
                            let named = task.is_some_and(|task| {
                                let naming = if declaration.does.destroys { Naming::Id } else { Naming::Plain };
                                task.mentions(&link, naming)
                            });
                            let label = if named { own.meet(&self.policy.prompt) } else { own };
                            !label.integrity.trust.meets(parameter.trust)
                        })
                }
                Role::Target | Role::Selector | Role::Content => {
                    let is_list = matches!(value, Value::List(_));
                    is_list || parameter.exempt.is_none_or(|exempt| says(leaf, parameter) > exempt)
                }
            };
            if stays {
                all.insert((Some(Verb::Endorse), "data.flow_integrity"));
            }
        });
        let Some(channel) = declaration.channel else { return };
        let mut recipients = Vec::new();
        for (name, value) in self.request.all_arguments().into_iter().flat_map(named) {
            if declaration.parameter(name).is_recipient {
                leaves(value, &mut |leaf| {
                    if let Value::String(text) = leaf {
                        recipients.push(text.to_string());
                    }
                });
            }
        }
        let who =
            |recipient: &String| self.policy.words.memberships(recipient, |group| (self.in_group)(recipient, group));
        let data = label.confidentiality;
        let reaches = |who: Readers| data.readers.admit(who | channel.readers);
        let goes = data.label.flows_to(channel.label)
            && (data.readers == Readers::ALL
                || if recipients.is_empty() {
                    reaches(Readers::ALL)
                } else {
                    recipients.iter().all(|r| reaches(who(r)))
                });
        if !goes {
            all.insert((Some(Verb::Declassify), "data.flow_confidentiality"));
        }
    }
}

fn named<'m>(arguments: &'m Map<'m>) -> impl Iterator<Item = (&'m str, &'m Value<'m>)> {
    arguments.entries().iter().filter_map(|(key, value)| match key {
        Key::String(name) => Some((name.as_ref(), value)),
        Key::Bool(_) | Key::Int(_) | Key::Uint(_) => None,
    })
}

/// What a value says: its parts that are not null, and every object as a whole for the names in it.
fn leaves(value: &Value<'_>, each: &mut dyn FnMut(&Value<'_>)) {
    match value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|item| leaves(item, each)),
        Value::Map(members) => {
            each(value);
            members.entries().iter().for_each(|(_, member)| leaves(member, each));
        }
        _ => each(value),
    }
}

fn says(value: &Value<'_>, parameter: &Parameter) -> Capacity {
    match value {
        Value::Bool(_) => Capacity::Bool,
        Value::Int(_) | Value::Uint(_) | Value::Double(_) => Capacity::Number,
        Value::String(text) if parameter.choices.iter().any(|choice| **choice == **text) => Capacity::Enum,
        Value::String(text) if text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit()) => Capacity::Number,
        Value::String(text) if is_date(text) => Capacity::Number,
        Value::String(text) if text.len() <= 64 && !text.contains(char::is_whitespace) => Capacity::Bounded,
        _ => Capacity::Text,
    }
}

/// A date or time in figures.
fn is_date(text: &str) -> bool {
    let begins = text.len() <= 32 && text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['-', ':', '/']);
    begins
        && text.split(['-', ':', '/', '.', ' ', 'T', '+']).all(|group| {
            let group = group.strip_suffix('Z').unwrap_or(group);
            (1..=4).contains(&group.len()) && group.chars().all(|c| c.is_ascii_digit())
        })
}

/// Links and addresses in a text.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || "<>()[]{}\"'`,;|*".contains(c)) {
        let word = word.trim_matches(['.', ':', '!', '?', '_', '~']);
        let lower = word.to_lowercase();
        let host = lower.split('@').next_back().unwrap_or_default();
        let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
        let is_host = host.rsplit_once('.').is_some_and(|(rest, last)| {
            !rest.is_empty() && last.chars().count() > 1 && last.chars().all(char::is_alphabetic)
        });
        let starts = lower.starts_with("www.") || lower.starts_with("mailto:");
        if lower.contains("://") || starts || is_host {
            found.push(word);
        }
    }
    found
}
