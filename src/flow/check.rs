//! May this call be driven by what the session has read, and may it carry that to where it goes? Findings, by role of each argument.
//!
//! - *Integrity*: what carries authority (target, command, credential, selector) must be as trusted as its parameter demands; content
//!   need not be, but for the links in it where the parameter guards them.
//! - *Confidentiality*: whatever a sending tool is given must flow to its channel and to each recipient, the address as much as the text.
//! - *Clearance*: what the tool would answer must flow to the session's clearance, before it is read.
//! - *Task*: the tool must serve the task; *ready policies*: not too much at once.
//!
//! A value has the label of its inputs, where the host names them ([`Inputs`]), and else the context's. A value that the user wrote
//! ([`Task::mentions`]) or that a trusted answer had ([`Session::known`]) may besides be believed as far as that: equal values
//! are one value, whoever hands them over.
//!
//! INVARIANT (laws D and E): findings depend on labels, on what the call itself says and on trusted values the model has seen, never on
//! what untrusted or hidden data say; raising a label never removes a finding.
//!
//! Next room: `observe`.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::consent::Verb;
use super::declaration::{Declaration, Parameter, Role};
use super::lattice::{Capacity, Lattice};
use super::link::links;
use super::part::{Confidentiality, FlowLabel, Readers};
use super::policy::{Policy, Ready};
use super::session::Session;
use super::task::{Naming, Task};
use crate::value::{Key, Map, Value};

/// Where the value of an argument comes from, as a host knows that runs the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The user's own words, or a plan that was made before anything was read.
    Prompt,
    /// Anything that the model has seen.
    Context,
    /// A part of what a step answered: the segments of a JSON pointer.
    Answer {
        /// The step, as [`Session::next_step`] numbered it.
        step: u32,
        /// The part.
        path: Vec<String>,
    },
    /// A value whose label the host knows.
    Label(FlowLabel),
}

/// The inputs of each argument, by name; those of one that is not named are the context.
pub type Inputs = BTreeMap<String, Vec<Input>>;

/// What a host says of a call, besides the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'r> {
    /// What the user asked for.
    pub task: Option<&'r Task>,
    /// Where the values of its arguments come from: precise mode. `None`: anywhere that the model has seen, context mode.
    pub inputs: Option<&'r Inputs>,
    /// Whether the answer will be kept from the model, behind a handle.
    pub is_withheld: bool,
}

/// How the labels of arguments were found, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The host named their inputs.
    Precise,
    /// They are the context's.
    Context,
}

impl Precision {
    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Precise => "precise",
            Self::Context => "context",
        }
    }
}

/// A call, as far as flows care.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// The tool, `server/name`.
    pub tool: &'c str,
    /// What is declared of it.
    pub declaration: &'c Declaration,
    /// Its arguments, if they are known.
    pub arguments: Option<&'c Map<'c>>,
    /// Where they come from, if the host knows.
    pub inputs: Option<&'c Inputs>,
    /// The label of data that it is known to touch, besides what the tool declares.
    pub touched: FlowLabel,
    /// Whether the answer will be kept from the model.
    pub is_withheld: bool,
}

/// What a call is judged by.
#[derive(Clone, Copy)]
pub struct Frame<'f> {
    /// The policy.
    pub policy: &'f Policy,
    /// The session.
    pub session: &'f Session,
    /// What the user asked for, if the host says.
    pub task: Option<&'f Task>,
    /// The audiences that a recipient belongs to.
    pub memberships: &'f dyn Fn(&str) -> Readers,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The answer would be above the clearance.
    Clearance,
    /// The arguments are not known.
    Unknown,
    /// A value decides that is not trusted enough, or the whole context drives a call that needs a trusted one.
    Integrity,
    /// A value would go to who may not see it.
    Confidentiality,
    /// The tool does not serve the task.
    Task,
    /// A ready policy holds the call up.
    Ready(Ready),
}

impl What {
    /// What a person could be asked, so that the call may go on nevertheless.
    #[must_use]
    pub const fn verb(self) -> Option<Verb> {
        match self {
            Self::Clearance | Self::Unknown => None,
            Self::Integrity => Some(Verb::Endorse),
            Self::Confidentiality => Some(Verb::Declassify),
            Self::Task => Some(Verb::Widen),
            Self::Ready(_) => Some(Verb::Proceed),
        }
    }
}

/// Something in the way of a call.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'c> {
    /// What.
    pub what: What,
    /// The argument, if it is about one.
    pub parameter: Option<&'c str>,
    /// Its value.
    pub value: Option<&'c Value<'c>>,
    /// The label of the value, of the answer, or of the context.
    pub label: FlowLabel,
    /// The recipient who may not see it; `None`: the channel.
    pub recipient: Option<&'c str>,
}

/// What is in the way of a call; usually nothing.
pub type Findings<'c> = SmallVec<[Finding<'c>; 2]>;

impl Call<'_> {
    /// How the labels of its arguments are found.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        if self.inputs.is_some() { Precision::Precise } else { Precision::Context }
    }
}

/// What is in the way of a call.
#[must_use]
pub fn check<'c>(call: &Call<'c>, frame: &Frame<'_>) -> Findings<'c> {
    let mut findings = Findings::new();
    let context = *frame.session.context();
    let does = call.declaration.does;
    let plain = |what: What, label: FlowLabel| Finding { what, parameter: None, value: None, label, recipient: None };
    match call.arguments {
        Some(arguments) => {
            for (key, value) in arguments.entries() {
                if let Key::String(name) = key {
                    argument(name, value, call, frame, &mut findings);
                }
            }
        }
        // What nobody said may be anything.
        None => findings.push(plain(What::Unknown, context)),
    }
    if !call.is_withheld && !is_certainly_cleared(call, frame) {
        let answer = answer_label(call, frame);
        if !answer.flows_to(frame.session.clearance()) {
            findings.push(plain(What::Clearance, answer));
        }
    }
    let trusted = context.integrity.trust.meets(frame.policy.prompt.integrity.trust);
    if call.declaration.is_consequential && call.inputs.is_none() && !trusted {
        findings.push(plain(What::Integrity, context));
    }
    if frame.task.is_some_and(|task| !task.serves(call.tool)) {
        findings.push(plain(What::Task, context));
    }
    for ready in &frame.policy.ready {
        let acts = match ready {
            Ready::RuleOfTwo => does.changes || does.sends || does.destroys,
            Ready::LethalTrifecta => does.sends,
        };
        let history = frame.session.history();
        let sensitive = history.sensitive || frame.policy.is_sensitive(&call.touched);
        if acts && history.untrusted && sensitive {
            findings.push(plain(What::Ready(*ready), context));
        }
    }
    findings
}

/// The label of what the tool will answer.
pub(super) fn answer_label(call: &Call<'_>, frame: &Frame<'_>) -> FlowLabel {
    call.declaration.output.whole().join(&added(call, frame))
}

/// Whether the answer may be seen even if nothing vouches for any argument.
fn is_certainly_cleared(call: &Call<'_>, frame: &Frame<'_>) -> bool {
    let clearance = frame.session.clearance();
    if *clearance == FlowLabel::TOP {
        return true;
    }
    // Without inputs that say otherwise, arguments are as the context, which is cleared.
    let given = call.inputs.is_none() || call.declaration.output.is_constant;
    given && call.declaration.output.whole().join(&call.touched).flows_to(clearance)
}

/// What its arguments, and what it is known to touch, add to the label of its answer.
pub(super) fn added(call: &Call<'_>, frame: &Frame<'_>) -> FlowLabel {
    if call.declaration.output.is_constant {
        return call.touched;
    }
    call.touched.join(&given(call, frame))
}

/// The label of all that a call is given.
pub(super) fn given(call: &Call<'_>, frame: &Frame<'_>) -> FlowLabel {
    let Some(arguments) = call.arguments else { return *frame.session.context() };
    FlowLabel::join_all(arguments.entries().iter().map(|(key, value)| {
        let Key::String(name) = key else { return FlowLabel::TOP };
        believed(call, name, value, frame)
    }))
}

/// The label of an argument by its inputs alone.
#[inline]
fn base(call: &Call<'_>, name: &str, frame: &Frame<'_>) -> FlowLabel {
    match call.inputs {
        Some(inputs) => of_inputs(inputs.get(name), frame),
        None => *frame.session.context(),
    }
}

fn of_inputs(inputs: Option<&Vec<Input>>, frame: &Frame<'_>) -> FlowLabel {
    let Some(inputs) = inputs else { return *frame.session.context() };
    FlowLabel::join_all(inputs.iter().map(|input| match input {
        Input::Prompt => frame.policy.prompt,
        Input::Context => *frame.session.context(),
        Input::Answer { step, path } => {
            let path: SmallVec<[&str; 6]> = path.iter().map(String::as_str).collect();
            frame.session.answer(*step, &path)
        }
        Input::Label(label) => *label,
    }))
}

/// The label of an argument, each of its parts as low as something vouches for it.
fn believed(call: &Call<'_>, name: &str, value: &Value<'_>, frame: &Frame<'_>) -> FlowLabel {
    let base = base(call, name, frame);
    if base.flows_to(&frame.policy.prompt) {
        return base;
    }
    let parameter = call.declaration.parameter(name);
    let mut label = FlowLabel::BOTTOM;
    leaves(value, &mut |leaf| label = label.join(&vouched(leaf, base, parameter, call, frame)));
    label
}

/// The label of a value that has no parts, as low as something vouches for it.
fn vouched(leaf: &Value<'_>, base: FlowLabel, parameter: &Parameter, call: &Call<'_>, frame: &Frame<'_>) -> FlowLabel {
    vouched_besides(is_mentioned(leaf, parameter, call, frame), leaf, base, parameter, frame)
}

fn naming(parameter: &Parameter, call: &Call<'_>) -> Naming {
    match parameter.role {
        Role::Command | Role::Credential => Naming::Secret,
        Role::Target | Role::Selector | Role::Content if call.declaration.does.destroys => Naming::Id,
        Role::Target | Role::Selector | Role::Content => Naming::Plain,
    }
}

/// Whether the user wrote it.
fn is_mentioned(leaf: &Value<'_>, parameter: &Parameter, call: &Call<'_>, frame: &Frame<'_>) -> bool {
    frame.task.is_some_and(|task| task.mentions(leaf, naming(parameter, call)))
}

/// The same, where it is known whether the user wrote it.
fn vouched_besides(
    is_mentioned: bool,
    leaf: &Value<'_>,
    base: FlowLabel,
    parameter: &Parameter,
    frame: &Frame<'_>,
) -> FlowLabel {
    let label = if is_mentioned { base.meet(&frame.policy.prompt) } else { base };
    // Whatever a trusted answer happened to say is no password: of these only what is known as one is.
    let is_secret = matches!(parameter.role, Role::Command | Role::Credential);
    if is_secret && parameter.domain.is_none() {
        return label;
    }
    match frame.session.known(parameter.domain.as_deref(), leaf) {
        Some(known) => label.meet(&known),
        None => label,
    }
}

fn argument<'c>(name: &'c str, value: &'c Value<'c>, call: &Call<'c>, frame: &Frame<'_>, findings: &mut Findings<'c>) {
    let parameter = call.declaration.parameter(name);
    let base = base(call, name, frame);
    let suffices = |label: &FlowLabel| {
        label.integrity.trust.meets(parameter.trust) && label.integrity.sources.flows_to(&parameter.sources)
    };
    let goes = |label: &FlowLabel| {
        call.declaration.channel.is_none_or(|channel| {
            label.confidentiality.label.flows_to(channel.label) && label.confidentiality.readers == Readers::ALL
        })
    };
    // Vouching costs: what may go and decide with the label of its inputs needs no one to vouch for it.
    if goes(&base)
        && (suffices(&base)
            || !parameter.must_be_believed && !has_distrusted_links(value, base, parameter, call, frame))
    {
        return;
    }
    // Most of what decides is vouched for. Where the user's word is enough, no other is looked for.
    if parameter.must_be_believed {
        let enough = |label: &FlowLabel| suffices(label) && goes(label);
        let is_word_enough = enough(&base.meet(&frame.policy.prompt));
        let mut are_all = true;
        leaves(value, &mut |leaf| {
            are_all = are_all && {
                let is_mentioned = is_mentioned(leaf, parameter, call, frame);
                is_mentioned && is_word_enough || enough(&vouched_besides(is_mentioned, leaf, base, parameter, frame))
            };
        });
        if are_all {
            return;
        }
    }
    let mut label = FlowLabel::BOTTOM;
    let mut distrusted = false;
    let is_list = matches!(value, Value::List(_));
    leaves(value, &mut |leaf| {
        let own = vouched(leaf, base, parameter, call, frame);
        label = label.join(&own);
        distrusted |= !suffices(&own)
            && match parameter.role {
                _ if !parameter.must_be_believed => has_distrusted_links(leaf, own, parameter, call, frame),
                // Many values that say little say much: a list is no number, and says what it likes by its length alone.
                Role::Selector | Role::Target | Role::Content => {
                    is_list || parameter.exempt.is_none_or(|exempt| capacity(leaf, parameter) > exempt)
                }
                // Nothing is exempt that is run, or opens doors.
                Role::Command | Role::Credential => true,
            };
    });
    let find = |what: What, recipient: Option<&'c str>| Finding {
        what,
        parameter: Some(name),
        value: Some(value),
        label,
        recipient,
    };
    if distrusted {
        findings.push(find(What::Integrity, None));
    }
    let Some(channel) = call.declaration.channel else { return };
    if label.confidentiality.label.flows_to(channel.label) && label.confidentiality.readers == Readers::ALL {
        return;
    }
    if let Err(recipient) = reach(&label.confidentiality, &channel, call, frame) {
        findings.push(find(What::Confidentiality, recipient));
    }
}

/// Whether data may go out through a channel to the recipients of a call; the first who may not see it.
fn reach<'c>(
    data: &Confidentiality,
    channel: &Confidentiality,
    call: &Call<'c>,
    frame: &Frame<'_>,
) -> Result<(), Option<&'c str>> {
    if !data.label.flows_to(channel.label) {
        return Err(None);
    }
    let mut any = false;
    let mut refused = None;
    for (key, value) in call.arguments.map_or(&[][..], Map::entries) {
        let Key::String(name) = key else { continue };
        if !call.declaration.parameter(name).is_recipient {
            continue;
        }
        leaves(value, &mut |leaf| {
            let Value::String(text) = leaf else { return };
            let text = text.as_ref();
            any = true;
            if refused.is_none() && !data.readers.admit((frame.memberships)(text) | channel.readers) {
                refused = Some(text);
            }
        });
    }
    match refused {
        Some(recipient) => Err(Some(recipient)),
        None if any || data.readers.admit(channel.readers) => Ok(()),
        None => Err(None),
    }
}

/// Everything that a value says: its parts without parts of their own, and each map besides, for the names of its members, which
/// nothing vouches for. Null says nothing.
fn leaves<'v>(value: &'v Value<'v>, each: &mut dyn FnMut(&'v Value<'v>)) {
    if let Value::List(items) = value {
        items.iter().for_each(|item| leaves(item, each));
    } else if let Value::Map(members) = value {
        each(value);
        members.entries().iter().for_each(|(_, value)| leaves(value, each));
    } else if !value.is_null() {
        each(value);
    }
}

/// How many values and links there are in arguments for which something may have to vouch.
pub(crate) fn parts(arguments: &Map<'_>) -> usize {
    let mut count = 0usize;
    for (_, value) in arguments.entries() {
        leaves(value, &mut |leaf| {
            count += 1;
            if let Value::String(text) = leaf {
                count += links(text).count();
            }
        });
    }
    count
}

/// How much a value can say.
fn capacity(value: &Value<'_>, parameter: &Parameter) -> Capacity {
    let Value::String(text) = value else {
        return if matches!(value, Value::Bool(_)) {
            Capacity::Bool
        } else if matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_)) {
            Capacity::Number
        } else {
            Capacity::Text
        };
    };
    if parameter.choices.iter().any(|choice| **choice == **text) {
        Capacity::Enum
    } else if text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit()) || is_moment(text) {
        Capacity::Number
    } else if text.len() <= 64 && !text.contains(char::is_whitespace) {
        Capacity::Bounded
    } else {
        Capacity::Text
    }
}

/// Whether a text is a date or a time in figures: `2026-11-24`, `18:00`, `2026-11-24T18:00:00Z`.
fn is_moment(text: &str) -> bool {
    let figures = |group: &str| matches!(group.len(), 1..=4) && group.bytes().all(|b| b.is_ascii_digit());
    let parts = || text.split(['-', ':', '/', '.', ' ', 'T', '+']);
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(['-', ':', '/'])
        && parts().all(|part| figures(part.strip_suffix('Z').unwrap_or(part)))
}

/// Whether links are guarded, and one in what a value says is not trusted by itself.
fn has_distrusted_links(
    value: &Value<'_>,
    base: FlowLabel,
    parameter: &Parameter,
    call: &Call<'_>,
    frame: &Frame<'_>,
) -> bool {
    let mut found = false;
    let mut look = |leaf: &Value<'_>| {
        let Value::String(text) = leaf else { return };
        found = found
            || links(text).any(|link| {
                let label = vouched(&Value::from(link), base, parameter, call, frame);
                !label.integrity.trust.meets(parameter.trust)
            });
    };
    if parameter.guards_links {
        leaves(value, &mut look);
    }
    found
}
