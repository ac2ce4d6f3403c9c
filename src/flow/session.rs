//! What has a run read so far? The state that a host keeps for each session, by its own key.
//!
//! A session has a *context label* (the join of all that the model has seen), a *clearance* (above which nothing is shown to it),
//! what each step answered, which trusted values it has seen, and a few bits of history. Judging never changes it; observing does.
//!
//! INVARIANT (law C): the context label never goes down, and is never above the clearance (law D): what would raise it further is
//! not shown. What a session has forgotten (an older step) is top. A new session is the only way back.
//!
//! Memory: at most [`Session::MAX_BYTES`] (8,176), 272 bytes when new: [`Session::bytes`] says how many. Between steps it holds no room
//! that it does not use.
//!
//! Next room: `consent`.

use std::sync::Arc;

use super::consent::Consent;
use super::declaration::Declaration;
use super::known::{Known, Name};
use super::lattice::Lattice;
use super::part::{Confidentiality, FlowLabel};
use super::policy::Policy;
use super::words::Words;
use crate::time::Timestamp;
use crate::value::Value;

/// What a session has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// It has seen what is less trusted than its user.
    pub untrusted: bool,
    /// It has seen what is sensitive.
    pub sensitive: bool,
    /// It has changed something.
    pub changed: bool,
    /// Something has left through it.
    pub sent: bool,
    /// A call of it was refused.
    pub refused: bool,
    /// A person consented to something.
    pub consented: bool,
}

impl History {
    /// What either has done.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            untrusted: self.untrusted | other.untrusted,
            sensitive: self.sensitive | other.sensitive,
            changed: self.changed | other.changed,
            sent: self.sent | other.sent,
            refused: self.refused | other.refused,
            consented: self.consented | other.consented,
        }
    }
}

/// What a step answered. 16 bytes: there are many.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    declaration: Option<Arc<Declaration>>,
    /// What its arguments, and what it read, add to what the tool declares: a place among the labels.
    base: u8,
    /// Whether the model has seen the answer.
    is_shown: bool,
    /// When, in seconds: the high and the low part. `i16::MIN` is no moment: the request did not say.
    at_high: i16,
    at_low: u32,
}

impl Step {
    fn moment(at: Option<Timestamp>) -> (i16, u32) {
        let parts = |at: Timestamp| {
            let low = u32::try_from(at.seconds() & i64::from(u32::MAX)).ok()?;
            Some((i16::try_from(at.seconds() >> 32).ok()?, low))
        };
        at.and_then(parts).unwrap_or((i16::MIN, 0))
    }

    fn at(&self) -> Option<Timestamp> {
        let (high, low) = (self.at_high, self.at_low);
        if high == i16::MIN { None } else { Timestamp::new(i64::from(high) << 32 | i64::from(low), 0) }
    }
}

/// What steps read, as far as the host says and as long as there is room: lines of step, seconds or `-`, and name, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sources(Box<str>);

impl Sources {
    fn remember(&mut self, step: u32, document: Option<&str>, dated: Option<Timestamp>) {
        const CUT: char = '\u{2026}';
        let name = document.unwrap_or_default();
        if name.is_empty() && dated.is_none() {
            return;
        }
        let dated = dated.map_or_else(|| "-".to_owned(), |dated| dated.seconds().to_string());
        let mut text = format!("{}{step} {dated} ", self.0);
        // Of a long name the end is kept, which tells more than the beginning.
        let mut from = 0;
        if name.len() > Session::DOCUMENT_BYTES {
            from = name.len() - (Session::DOCUMENT_BYTES - CUT.len_utf8());
            while !name.is_char_boundary(from) {
                from += 1;
            }
            text.push(CUT);
        }
        text.extend(name.get(from..).unwrap_or_default().chars().map(|c| if c == '\n' { ' ' } else { c }));
        text.push('\n');
        let mut rest = text.as_str();
        while rest.len() > Session::SOURCE_BYTES {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
        self.0 = rest.into();
    }

    fn of(&self, step: u32) -> (Option<&str>, Option<Timestamp>) {
        let found = self.0.lines().find_map(|line| {
            let (number, rest) = line.split_once(' ')?;
            rest.split_once(' ').filter(|_| number.parse() == Ok(step))
        });
        let Some((dated, name)) = found else { return (None, None) };
        let dated = dated.parse().ok().and_then(|seconds| Timestamp::new(seconds, 0));
        (Some(name).filter(|name| !name.is_empty()), dated)
    }
}

/// A step that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Past<'s> {
    /// Its number.
    pub step: u32,
    /// The tool, `server/name`.
    pub tool: &'s str,
    /// The label of its answer.
    pub label: FlowLabel,
    /// Whether the model has seen the answer.
    pub is_shown: bool,
    /// When it was made, to the second, if the request said so.
    pub at: Option<Timestamp>,
    /// What it read, if the host named it: the end of a long name.
    pub document: Option<&'s str>,
    /// Of when that is, to the second, if the host said so.
    pub dated: Option<Timestamp>,
}

impl Past<'_> {
    /// It in a line, for people: `step 3, slack/get_webpage of https://example.org/a, dated 2026-11-20T08:00:00Z, at
    /// 2026-11-24T12:00:00Z: public, untrusted`.
    #[must_use]
    pub fn describe(&self, words: &Words) -> String {
        let of = self.document.map_or_else(String::new, |document| format!(" of {document}"));
        let dated = self.dated.map_or_else(String::new, |dated| format!(", dated {dated}"));
        let comma = if self.dated.is_some() { "," } else { "" };
        let at = self.at.map_or_else(String::new, |at| format!("{comma} at {at}"));
        format!("step {}, {}{of}{dated}{at}: {}", self.step, self.tool, words.describe(&self.label))
    }
}

/// The state of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    stamp: u64,
    context: FlowLabel,
    clearance: FlowLabel,
    history: History,
    /// The number of its next step.
    next: u32,
    steps: Vec<Step>,
    sources: Sources,
    labels: Vec<FlowLabel>,
    known: Known,
    consents: Vec<Consent>,
}

impl Session {
    /// Steps that are remembered; of older ones everything is top. 64.
    pub const STEPS: usize = 64;
    /// Different labels that are told apart; what has yet another is top. 32: most runs meet fewer than five.
    pub const LABELS: usize = 32;
    /// Trusted values that are remembered; later ones are not trusted. 128.
    pub const KNOWN: usize = 128;
    /// Consents that wait for their calls. 8.
    pub const CONSENTS: usize = 8;
    /// Bytes of what steps read that are remembered: three long names, or some ten short ones; of earlier steps the call is. 224.
    pub const SOURCE_BYTES: usize = 224;
    /// Bytes that are kept of the name of what a step read. 64: the last part of a path or an address.
    pub const DOCUMENT_BYTES: usize = 64;
    /// The most that a session takes, consents apart (which hold the values that were shown).
    pub const MAX_BYTES: usize = size_of::<Self>()
        + Self::STEPS * size_of::<Step>()
        + Self::SOURCE_BYTES
        + Self::LABELS * size_of::<FlowLabel>()
        + Self::KNOWN * Known::EACH;

    /// A session under a policy: its context is what the user says.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let clearance = FlowLabel { confidentiality: policy.clearance, ..FlowLabel::TOP };
        let mut session = Self {
            stamp: policy.words.stamp(),
            context: FlowLabel::BOTTOM,
            clearance,
            history: History::default(),
            next: 0,
            steps: Vec::new(),
            sources: Sources::default(),
            labels: Vec::new(),
            known: Known::default(),
            consents: Vec::new(),
        };
        // What the user says is always seen.
        session.clearance = session.clearance.join(&policy.prompt);
        session.enter(&policy.prompt, policy);
        session
    }

    /// The same with a lower clearance: what the model may come to see. It can only be lowered, and not below what was seen.
    #[must_use]
    pub fn cleared_for(mut self, clearance: &FlowLabel) -> Self {
        self.clearance = self.clearance.meet(clearance).join(&self.context);
        self
    }

    /// The label of all that the model has seen.
    #[must_use]
    pub const fn context(&self) -> &FlowLabel {
        &self.context
    }

    /// What the model may see.
    #[must_use]
    pub const fn clearance(&self) -> &FlowLabel {
        &self.clearance
    }

    /// What it has done.
    #[must_use]
    pub const fn history(&self) -> History {
        self.history
    }

    /// Which words its labels are of.
    #[must_use]
    pub const fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The number of the step that is observed next.
    #[must_use]
    pub const fn next_step(&self) -> u32 {
        self.next
    }

    /// How many bytes it takes, but for the values in its consents.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.steps.capacity() * size_of::<Step>()
            + self.sources.0.len()
            + self.labels.capacity() * size_of::<FlowLabel>()
            + self.known.capacity() * Known::EACH
            + self.consents.capacity() * size_of::<Consent>()
    }

    /// Keeps a consent until its call is observed; beyond [`Session::CONSENTS`] the oldest is forgotten.
    pub fn accept(&mut self, consent: Consent) {
        if self.consents.len() >= Self::CONSENTS {
            self.consents.remove(0);
        }
        self.history.consented = true;
        self.consents.push(consent);
    }

    /// The consents that wait.
    #[must_use]
    pub fn consents(&self) -> &[Consent] {
        &self.consents
    }

    /// Records that a call was refused: what was refused is part of what a session has done.
    pub const fn refuse(&mut self) {
        self.history.refused = true;
    }

    /// The label of what a step answered at a path.
    #[must_use]
    pub fn answer(&self, step: u32, path: &[&str]) -> FlowLabel {
        let back = usize::try_from(self.next.wrapping_sub(step)).unwrap_or(usize::MAX);
        let found = self.steps.len().checked_sub(back).filter(|_| back > 0).and_then(|at| self.steps.get(at));
        let Some(Step { declaration: Some(declaration), base, .. }) = found else { return FlowLabel::TOP };
        let output = &declaration.output;
        // A part that no field is about may hold fields.
        let own = match output.field(path) {
            Some(field) => field.label,
            None => output.whole(),
        };
        own.join(&self.label(*base))
    }

    /// The steps that are remembered, the oldest first.
    pub fn steps(&self) -> impl Iterator<Item = Past<'_>> {
        let first = self.next.wrapping_sub(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        (0u32..).zip(&self.steps).map(move |(at, step)| {
            let step_number = first.wrapping_add(at);
            let (document, dated) = self.sources.of(step_number);
            Past {
                step: step_number,
                tool: step.declaration.as_ref().map_or("", |declaration| &declaration.tool),
                label: self.answer(step_number, &[]),
                is_shown: step.is_shown,
                at: step.at(),
                document,
                dated,
            }
        })
    }

    /// The label as far as a value may be believed, if it was seen as a value of this domain: the meet of those under which it was.
    /// Of answers that are less trusted than the user only the integrity counts.
    #[must_use]
    pub fn known(&self, domain: Option<&str>, value: &Value<'_>) -> Option<FlowLabel> {
        let at = self.known.find(&Name::of(domain, value)?)?;
        Some(self.label(at))
    }

    /// Joins what was shown into the context.
    pub(super) fn enter(&mut self, label: &FlowLabel, policy: &Policy) {
        self.context = self.context.join(label);
        self.history.untrusted |= !self.context.integrity.trust.meets(policy.prompt.integrity.trust);
        self.history.sensitive |= policy.is_sensitive(&self.context);
    }

    /// The same, having seen and done this too. A label of other words than the policy's makes it a session of none.
    pub(super) fn raise(&mut self, label: &FlowLabel, done: History, stamp: u64, policy: &Policy) {
        self.enter(label, policy);
        self.history = self.history.or(done);
        if stamp != policy.words.stamp() {
            self.stamp = stamp;
        }
    }

    /// Remembers a trusted value. Of one that was shown several times every origin may vouch for it, so the meet of its labels counts,
    /// whatever the order: with any other choice, raising the label of one answer could let more through (law D).
    pub(super) fn trust(&mut self, domain: Option<&str>, value: &Value<'_>, label: &FlowLabel, policy: &Policy) {
        let Some(name) = Name::of(domain, value) else { return };
        let mut label = *label;
        if !label.integrity.trust.meets(policy.prompt.integrity.trust) {
            // Whoever is less trusted than the user can list guesses, and must not make known what hides among them.
            label.confidentiality = Confidentiality::TOP;
        }
        match self.known.find(&name) {
            Some(own) => label = label.meet(&self.label(own)),
            None if self.known.len() >= Self::KNOWN => return,
            None => {}
        }
        let at = self.intern(&label);
        if self.labels.get(usize::from(at)) == Some(&label) {
            self.known.put(&name, at);
        }
    }

    /// Ends a step: what its call consumed is gone, what it answered is remembered.
    pub(super) fn step(
        &mut self,
        declaration: &Arc<Declaration>,
        base: &FlowLabel,
        is_shown: bool,
        (call, at): (&str, Option<Timestamp>),
        (document, dated): (Option<&str>, Option<Timestamp>),
    ) {
        let base = self.intern(base);
        if self.steps.len() >= Self::STEPS {
            self.steps.remove(0);
        }
        let (at_high, at_low) = Step::moment(at);
        self.steps.push(Step { declaration: Some(Arc::clone(declaration)), base, is_shown, at_high, at_low });
        self.sources.remember(self.next, document, dated);
        self.next = self.next.wrapping_add(1);
        self.history.changed |= declaration.does.changes;
        self.history.sent |= declaration.does.sends;
        self.consents.retain(|consent| *consent.ask.call != *call);
        // There are many sessions, and most of the time they wait: no room for what may come.
        self.steps.shrink_to_fit();
        self.labels.shrink_to_fit();
        self.known.shrink();
        self.consents.shrink_to_fit();
    }

    fn label(&self, at: u8) -> FlowLabel {
        self.labels.get(usize::from(at)).copied().unwrap_or(FlowLabel::TOP)
    }

    /// The place of a label; one that stands for top if there is no more room.
    fn intern(&mut self, label: &FlowLabel) -> u8 {
        let found = self.labels.iter().position(|known| known == label);
        let at = found.or_else(|| {
            (self.labels.len() < Self::LABELS).then(|| {
                self.labels.push(*label);
                self.labels.len() - 1
            })
        });
        at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
    }
}
