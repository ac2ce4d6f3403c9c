//! What is judged: who does what with which content.

use std::collections::BTreeMap;

use super::condition::InsiderRisk;
use super::{Activity, Location};
use crate::protection::LabelId;
use crate::sensitive::{Confidence, Findings};

/// Somebody who takes part: the subject, an actor of the delegation chain.
#[derive(Clone, Copy, Debug)]
pub struct Participant<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whether it is an agent.
    pub is_agent: bool,
    /// Its groups, at any depth; `None` if unknown.
    pub groups: Option<&'a [&'a str]>,
}

/// Somebody whom content goes to.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// Address or id. What follows the last `@` is its domain.
    pub address: &'a str,
}

/// Different texts of one type that were found with one confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SensitiveCount<'a> {
    /// Id of the type.
    pub kind: &'a str,
    /// How sure: each text counts once, where it is surest.
    pub confidence: Confidence,
    /// How many.
    pub count: usize,
}

impl<'a> SensitiveCount<'a> {
    /// The counts of a scan.
    #[must_use]
    pub fn of(findings: &Findings<'a>) -> Vec<Self> {
        let counts = findings.counts();
        counts.into_iter().map(|(kind, confidence, count)| Self { kind, confidence, count }).collect()
    }
}

/// A label as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelFact {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// There is none. Strictly read, that is above every label.
    Unlabelled,
    /// This one.
    Label(LabelId),
}

/// What is known of content. What is `None` is unknown.
#[derive(Clone, Debug, Default)]
pub struct Content<'a> {
    /// Its label.
    pub label: LabelFact,
    /// What was found in it.
    pub sensitive: Option<Vec<SensitiveCount<'a>>>,
    /// Its retention label; `Some("")` for none.
    pub retention_label: Option<&'a str>,
    /// The trainable classifiers that recognised it.
    pub classifiers: Option<Vec<&'a str>>,
    /// Other properties.
    pub properties: BTreeMap<&'a str, &'a str>,
}

/// What is judged. What is `None` is unknown.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Where.
    pub location: Location,
    /// Who: the subject first, then the actors of the delegation chain.
    pub participants: Vec<Participant<'a>>,
    /// The device that it happens on.
    pub device: Option<&'a str>,
    /// What is done.
    pub activity: Option<Activity>,
    /// The groups that the target (printer, device, share, site) belongs to.
    pub target_groups: Vec<&'a str>,
    /// Whom it goes to.
    pub recipients: Option<Vec<Recipient<'a>>>,
    /// The insider risk of the subject.
    pub insider_risk: Option<InsiderRisk>,
    /// What it is done with.
    pub content: Content<'a>,
}

impl<'a> Event<'a> {
    /// An event of which nothing is known but where and by whom.
    #[must_use]
    pub fn new(location: Location, participants: Vec<Participant<'a>>) -> Self {
        Self {
            location,
            participants,
            device: None,
            activity: None,
            target_groups: Vec::new(),
            recipients: None,
            insider_risk: None,
            content: Content::default(),
        }
    }
}
