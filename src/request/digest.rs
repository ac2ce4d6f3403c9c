//! Which call is it, which request? Digests that approvals bind to and records keep.
//!
//! The digest of a *call* covers who asks through whom, the action, its arguments and the resources: what a person approves. Who vouches
//! for an identity is a signal like others, which conditions judge: were it part of the call, an approval of a call that leaves it
//! open would let more pass than one that says it. The
//! digest of a *request* covers the signals too. Both are SHA-256 over the parts, each preceded by its kind and length, maps in
//! the order of their keys; hosts take them from answers and records and never compute them.
//!
//! Next room: [`crate::decision`].

use core::fmt;

use sha2::{Digest, Sha256};

use super::{Labelled, Link, Request, Target};
use crate::digest::{Hex, hex};
use crate::flow::{Input, Stated};
use crate::limits::Limits;
use crate::value::{Key, Value};

/// The digest of a call. Displays as `sha256:<hex>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallDigest([u8; 32]);

/// The digest of a request, signals included. Displays as `sha256:<hex>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestDigest([u8; 32]);

macro_rules! displayed {
    ($($name:ident)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(hex(&self.0).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

displayed! { CallDigest RequestDigest }

impl CallDigest {
    pub(crate) fn hex(&self) -> Hex {
        hex(&self.0)
    }
}

struct Writer(Sha256);

impl Writer {
    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn count(&mut self, kind: u8, count: usize) {
        self.0.update([kind]);
        self.0.update((count as u64).to_be_bytes());
    }

    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.count(b'0', 0),
            Value::Bool(value) => self.count(b'b', usize::from(*value)),
            Value::Int(number) => self.bytes(b'i', &number.to_be_bytes()),
            Value::Uint(number) => self.bytes(b'u', &number.to_be_bytes()),
            Value::Double(number) => self.bytes(b'd', &number.to_bits().to_be_bytes()),
            Value::String(text) => self.bytes(b's', text.as_bytes()),
            Value::Bytes(bytes) => self.bytes(b'y', bytes),
            Value::List(items) => {
                self.count(b'l', items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Value::Map(map) => {
                self.count(if map.is_open() { b'o' } else { b'm' }, map.entries().len());
                for (key, value) in map.entries() {
                    match key {
                        Key::Bool(key) => self.count(b'b', usize::from(*key)),
                        Key::Int(key) => self.bytes(b'i', &key.to_be_bytes()),
                        Key::Uint(key) => self.bytes(b'u', &key.to_be_bytes()),
                        Key::String(key) => self.bytes(b's', key.as_bytes()),
                    }
                    self.value(value);
                }
            }
            Value::Timestamp(time) => {
                self.bytes(b't', &time.seconds().to_be_bytes());
                self.bytes(b'n', &time.nanos().to_be_bytes());
            }
            Value::Duration(length) => {
                self.bytes(b'h', &length.seconds().to_be_bytes());
                self.bytes(b'n', &length.nanos().to_be_bytes());
            }
            Value::Label(label) => self.bytes(b'L', &label.to_bytes()),
            Value::Enum(all, place) => self.bytes(b'e', all.member(*place).as_bytes()),
            Value::Type(name) => self.bytes(b'T', name.as_bytes()),
        }
    }

    fn link(&mut self, link: &Link<'_>) {
        self.value(&link.kind);
        self.value(&link.id);
    }

    fn call<'t>(&mut self, request: &Request<'_>, resources: impl ExactSizeIterator<Item = &'t Target<'t>>) {
        self.count(b'C', request.chain.len());
        request.chain.iter().for_each(|link| self.link(link));
        self.value(&request.action);
        self.value(request.arguments.as_ref().unwrap_or(&Value::Null));
        self.count(b'R', resources.len());
        for resource in resources {
            self.value(&resource.kind);
            self.value(&resource.id);
        }
    }

    fn flow(&mut self, flow: &Stated) {
        self.bytes(b'W', flow.label.map(|label| label.to_bytes()).as_ref().map_or(&[], |bytes| bytes.as_slice()));
        self.count(b'W', usize::from(flow.is_withheld));
        for (name, inputs) in flow.inputs.iter().flatten() {
            self.bytes(b'n', name.as_bytes());
            for input in inputs {
                match input {
                    Input::Prompt => self.count(b'p', 0),
                    Input::Context => self.count(b'c', 0),
                    Input::Answer { step, path } => {
                        self.bytes(b'a', &step.to_be_bytes());
                        path.iter().for_each(|part| self.bytes(b'a', part.as_bytes()));
                    }
                    Input::Label(label) => self.bytes(b'l', &label.to_bytes()),
                }
            }
        }
        // Precise mode that names no argument is another mode than context mode.
        self.count(b'm', flow.inputs.as_ref().map_or(0, |inputs| inputs.len() + 1));
        flow.prompt.iter().for_each(|prompt| self.bytes(b'q', prompt.as_bytes()));
        self.count(b'k', flow.tools.as_ref().map_or(0, |tools| tools.len() + 1));
        flow.tools.iter().flatten().for_each(|tool| self.bytes(b'k', tool.as_bytes()));
        for consent in &flow.consents {
            self.bytes(b'e', consent.ask.as_bytes());
            self.bytes(b'e', consent.by.as_str().as_bytes());
            self.value(&Value::Timestamp(consent.start));
            self.value(&Value::Timestamp(consent.end));
        }
    }

    fn said(&mut self, resource: &Target<'_>) {
        match resource.label {
            Labelled::Unsaid | Labelled::NoSuch => self.count(b'-', 0),
            Labelled::Null => self.count(b'0', 0),
            Labelled::Label(label) => self.value(&Value::Label(label)),
        }
        self.value(resource.all_properties());
    }
}

impl Request<'_> {
    /// The digest of the call: subject, chain, action, arguments, resources. An approval binds to it.
    #[must_use]
    pub fn call_digest(&self) -> CallDigest {
        self.call_digest_on(self.resources.iter())
    }

    /// The digest of the same call on other resources.
    pub(crate) fn call_digest_on<'t>(&self, resources: impl ExactSizeIterator<Item = &'t Target<'t>>) -> CallDigest {
        let mut writer = Writer(Sha256::new());
        writer.call(self, resources);
        CallDigest(writer.0.finalize().into())
    }

    /// The digest of everything that the request says.
    #[must_use]
    pub fn digest(&self) -> RequestDigest {
        let mut writer = Writer(Sha256::new());
        writer.call(self, self.resources.iter());
        self.resources.iter().for_each(|resource| writer.said(resource));
        for link in &self.chain {
            writer.value(link.issuer.as_ref().unwrap_or(&Value::Null));
        }
        writer.value(self.all_subject_properties());
        writer.value(self.all_action_properties());
        let mut facts: Vec<(u16, &Value<'_>)> = self.context_facts().collect();
        facts.sort_by_key(|(slot, _)| *slot);
        for (slot, value) in facts {
            writer.count(b'F', usize::from(slot));
            writer.value(value);
        }
        if let Some(flow) = self.stated_flow() {
            writer.flow(flow);
        }
        for claim in self.claimed_groups() {
            writer.bytes(b'G', claim.as_bytes());
        }
        for supported in self.besides.iter().flat_map(|besides| &besides.supported) {
            writer.bytes(b'S', supported.as_bytes());
        }
        // What cannot be read has said nothing else: what was wrong with it tells it from others.
        if let Some(refusal) = &self.defect {
            writer.bytes(b'!', refusal.defect.to_string().as_bytes());
            if let Some(RequestDigest(bytes)) = &refusal.bytes {
                writer.bytes(b'!', bytes.as_slice());
            }
        }
        RequestDigest(writer.0.finalize().into())
    }
}

/// The digest of a text that is no request: of as much as a request may have, and its length.
pub(super) fn text_digest(bytes: &[u8], limits: &Limits) -> RequestDigest {
    let mut writer = Writer(Sha256::new());
    writer.count(b'!', bytes.len());
    writer.bytes(b'y', bytes.get(..limits.request_bytes).unwrap_or(bytes));
    RequestDigest(writer.0.finalize().into())
}

/// The digest of a value by itself, for records that do not keep it.
pub(crate) fn value_digest(value: &Value<'_>) -> RequestDigest {
    let mut writer = Writer(Sha256::new());
    writer.value(value);
    RequestDigest(writer.0.finalize().into())
}
