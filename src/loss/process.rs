//! The Graph interfaces for AI applications: which activities to send for judgement (`protectionScopes/compute`), and what an
//! answer (`processContent`) means.
//!
//! This room reads answers; sending requests is the host's. What an answer does not say, or says in words that this version
//! does not know, restricts nothing faithfully read and blocks strictly read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Activity;
use crate::reading::Reading;

/// One action of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyAction {
    /// `restrictAccess`, ...
    pub action: String,
    /// Of `restrictAccess`: `block`, `warn`, `audit`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restriction_action: Option<String>,
}

/// The answer of `processContent`. Members that are not listed are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessContentResponse {
    /// `notModified` or `modified`: whether scopes must be computed anew.
    pub protection_scope_state: Option<String>,
    /// What to do. None: nothing.
    pub policy_actions: Vec<PolicyAction>,
    /// What could not be judged.
    pub processing_errors: Vec<serde_json::Value>,
}

/// Whether content may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It may.
    Allow,
    /// It may not.
    Block,
}

/// What to do about the cached scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// Go on with them.
    UseCachedScopes,
    /// Call `protectionScopes/compute` before the next content.
    RecomputeScopes,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpretation {
    /// Whether content may go on.
    pub decision: Decision,
    /// Why not, or what was passed over; empty if the answer was clear and allows.
    pub reasons: Vec<String>,
}

impl ProcessContentResponse {
    /// What the answer means for the content.
    #[must_use]
    pub fn interpret(&self, reading: Reading) -> Interpretation {
        let mut reasons = Vec::new();
        let mut block = false;
        for action in &self.policy_actions {
            let restriction = action.restriction_action.as_deref();
            match (action.action.as_str(), restriction) {
                ("restrictAccess", Some("block")) => {
                    block = true;
                    reasons.push("restrictAccess: block".to_owned());
                }
                // These are known to leave the content itself alone.
                ("restrictAccess", Some("warn" | "audit")) => {}
                (name, restriction) => {
                    block |= reading == Reading::Strict;
                    let restriction = restriction.unwrap_or("nothing");
                    reasons.push(format!("unknown action `{name}` with `{restriction}`"));
                }
            }
        }
        if !self.processing_errors.is_empty() {
            block |= reading == Reading::Strict;
            reasons.push(format!("{} processing errors", self.processing_errors.len()));
        }
        Interpretation { decision: if block { Decision::Block } else { Decision::Allow }, reasons }
    }

    /// What to do about the cached scopes. `cached` is their entity tag, `current` that of the answer, if it has one. No
    /// cached scopes must be computed; strictly read, so must those of which the answer does not say that they are current.
    #[must_use]
    pub fn next(&self, cached: Option<&str>, current: Option<&str>, reading: Reading) -> Next {
        let differ = matches!((cached, current), (Some(cached), Some(current)) if cached != current);
        let stale = match self.protection_scope_state.as_deref() {
            Some("notModified") => false,
            Some("modified") => true,
            Some(_) | None => reading == Reading::Strict,
        };
        if cached.is_none() || differ || stale { Next::RecomputeScopes } else { Next::UseCachedScopes }
    }
}

/// One scope: what is to be judged where, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProtectionScope {
    /// `uploadText,downloadText`: names with commas between.
    pub activities: String,
    /// Where: domains, application ids. Empty means everywhere.
    pub locations: Vec<ScopeLocation>,
    /// `evaluateInline` or `evaluateOffline`.
    pub execution_mode: String,
    /// What to do without asking.
    pub policy_actions: Vec<PolicyAction>,
}

/// A place of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopeLocation {
    /// The domain, address or application id.
    pub value: String,
}

/// The answer of `protectionScopes/compute`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProtectionScopes {
    /// The scopes.
    pub value: Vec<ProtectionScope>,
}

/// How an activity at a place is to be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handling {
    /// No scope names it: it goes on unjudged, faithfully read.
    Unscoped,
    /// Judge it and wait for the answer before it goes on.
    Inline(Vec<PolicyAction>),
    /// Let it go on and judge it afterwards.
    Offline(Vec<PolicyAction>),
}

impl ProtectionScopes {
    /// How an activity at a place is to be handled. If several scopes name it, judging inline beats judging afterwards, and all
    /// their actions count. Strictly read, what no scope names and what is to be judged in an unknown way is judged inline.
    #[must_use]
    pub fn handling(&self, activity: Activity, location: &str, reading: Reading) -> Handling {
        let name = match activity {
            Activity::UploadText => "uploadText",
            Activity::UploadFile => "uploadFile",
            Activity::DownloadText => "downloadText",
            Activity::DownloadFile => "downloadFile",
            Activity::Print
            | Activity::Usb
            | Activity::Clipboard
            | Activity::NetworkShare
            | Activity::CloudUpload
            | Activity::RemoteDesktop
            | Activity::Bluetooth
            | Activity::UnallowedApp
            | Activity::Share => "",
        };
        let scoped = |scope: &&ProtectionScope| {
            let activities: BTreeSet<&str> = scope.activities.split(',').map(str::trim).collect();
            let place = scope.locations.is_empty() || scope.locations.iter().any(|place| place.value == location);
            !name.is_empty() && activities.contains(name) && place
        };
        let scopes: Vec<&ProtectionScope> = self.value.iter().filter(scoped).collect();
        let actions = scopes.iter().flat_map(|scope| scope.policy_actions.iter().cloned()).collect();
        let inline = scopes.iter().any(|scope| match scope.execution_mode.as_str() {
            "evaluateInline" => true,
            "evaluateOffline" => false,
            _ => reading == Reading::Strict,
        });
        match (scopes.is_empty(), reading) {
            (true, Reading::Faithful) => Handling::Unscoped,
            (true, Reading::Strict) => Handling::Inline(actions),
            (false, _) if inline => Handling::Inline(actions),
            (false, _) => Handling::Offline(actions),
        }
    }
}
