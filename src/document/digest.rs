//! Which policy is it? A digest that depends on what documents say, not on how they are ordered.
//!
//! Each item is hashed as its JSON (members in the schema's order, places left out) under the name of its kind; the hashes
//! are sorted and hashed again. Collisions would need a collision of SHA-256.
//!
//! Next room: [`super::validated`].

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::schema::{DataLossItem, Document};
use crate::digest::hex;

/// Hashes of items.
#[derive(Default)]
struct Items {
    hashes: Vec<[u8; 32]>,
    buffer: Vec<u8>,
}

impl Items {
    fn add(&mut self, kind: &str, item: &impl Serialize) {
        self.buffer.clear();
        self.buffer.extend_from_slice(kind.as_bytes());
        // NUL ends the kind: JSON text contains none.
        self.buffer.push(0);
        // Documents are made of texts, numbers and lists with text keys: JSON can always carry them.
        let written = serde_json::to_writer(&mut self.buffer, item);
        debug_assert!(written.is_ok(), "documents are plain data");
        self.hashes.push(Sha256::digest(&self.buffer).into());
    }

    fn all<T: Serialize>(&mut self, kind: &str, items: &[T]) {
        for item in items {
            self.add(kind, item);
        }
    }

    fn hash(mut self) -> [u8; 32] {
        self.hashes.sort_unstable();
        let mut hasher = Sha256::new();
        for hash in &self.hashes {
            hasher.update(hash);
        }
        hasher.finalize().into()
    }

    fn finish(self) -> String {
        hex(&self.hash()).as_str().to_owned()
    }
}

/// Digest of rules, labels, facts and assumptions.
pub(super) fn policy(documents: &[Document]) -> String {
    let mut items = Items::default();
    for document in documents {
        items.all("rule", &document.rules);
        items.all("access", &document.access);
        for item in &document.data_loss {
            // Each rule by itself: their order in a policy means nothing.
            items.add("data_loss", &DataLossItem { rules: Vec::new(), ..item.clone() });
            for rule in &item.rules {
                items.add("data_loss_rule", &(&item.id, rule));
            }
        }
        items.all("sensitive_type", &document.sensitive_types);
        for location in &document.locations {
            items.add("location", &location);
        }
        for group in &document.resource_groups {
            items.add("resource_group", &group);
        }
        items.all("label", &document.labels);
        items.all("assume", &document.assume);
        items.all("issuer", &document.issuers);
        if let Some(flow) = &document.flow {
            items.add("flow", flow);
        }
        for fact in &document.facts {
            items.add("fact", &fact);
        }
    }
    items.finish()
}

/// Eight bytes of the digest of labels and facts; never 0.
pub(super) fn vocabulary(documents: &[Document]) -> u64 {
    let mut items = Items::default();
    for document in documents {
        items.all("label", &document.labels);
        for fact in &document.facts {
            items.add("fact", &fact);
        }
    }
    let hash = items.hash();
    hash.first_chunk::<8>().map_or(1, |bytes| u64::from_be_bytes(*bytes)).max(1)
}

/// Eight bytes of the digest of the words that labels of flows are made of; never 0.
pub(super) fn flow_words(documents: &[Document]) -> u64 {
    let mut items = Items::default();
    for document in documents {
        items.all("label", &document.labels);
        if let Some(flow) = &document.flow {
            // Places in the chain, and bits, follow the order in which names are written.
            items.add("trust", &flow.trust);
            items.add("origins", &flow.origins);
            items.add("audiences", &flow.audiences);
        }
    }
    let hash = items.hash();
    hash.first_chunk::<8>().map_or(1, |bytes| u64::from_be_bytes(*bytes)).max(1)
}

/// Digest of everything that is registered or granted.
pub(super) fn entities(documents: &[Document]) -> String {
    let mut items = Items::default();
    for document in documents {
        items.all("group", &document.groups);
        items.all("blueprint", &document.blueprints);
        items.all("agent", &document.agents);
        items.all("user", &document.users);
        items.all("server", &document.servers);
        items.all("tool", &document.tools);
        items.all("resource", &document.resources);
        items.all("grant", &document.grants);
        items.all("approval", &document.approvals);
    }
    items.finish()
}
