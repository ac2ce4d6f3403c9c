//! What an AI may answer from, and whether it may answer at all: the location `copilot`.
//!
//! Rules that look at a label keep items from being used for an answer. Rules that look at a sensitive type keep a prompt from
//! being answered and from searching the web.

use super::condition::Condition;
use super::evaluate::RuleRef;
use super::event::{Content, Event, LabelFact, Participant, SensitiveCount};
use super::policies::LossPolicies;
use super::{Action, Activity, Location};
use crate::reading::Reading;
use crate::time::Timestamp;

/// Mail before this is not looked at, faithfully read: 2025-01-01T00:00:00Z, in seconds since 1970. Source: Purview, location
/// Copilot.
pub(super) const MAIL_SINCE: i64 = 1_735_689_600;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A file.
    File,
    /// A mail, and when it was sent; `None` if unknown.
    Mail(Option<Timestamp>),
    /// An entry of a calendar. Faithfully read it is not looked at.
    Calendar,
}

/// An item that an answer could be made from.
#[derive(Clone, Copy, Debug)]
pub struct GroundingItem {
    /// What it is.
    pub kind: ItemKind,
    /// Its label.
    pub label: LabelFact,
}

/// What becomes of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounded {
    /// The rules that keep its content from being used; none if it may be.
    pub excluded_by: Vec<RuleRef>,
    /// Whether it may be named as a source. Faithfully read, also an excluded item may.
    pub citation: bool,
}

impl Grounded {
    /// Whether its content may be used.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.excluded_by.is_empty()
    }
}

/// What becomes of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptOutcome {
    /// The rules that keep it from being answered and from searching the web; none if neither is kept.
    pub blocked_by: Vec<RuleRef>,
}

impl PromptOutcome {
    /// Whether there is an answer and may be a search.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.blocked_by.is_empty()
    }
}

fn reads_label(condition: &Condition) -> bool {
    condition.any_part(&|part| matches!(part, Condition::Label(_)))
}

impl LossPolicies {
    /// Which items an answer may be made from: one result for each item.
    #[must_use]
    pub fn ground(&self, participants: &[Participant<'_>], items: &[GroundingItem], reading: Reading) -> Vec<Grounded> {
        items
            .iter()
            .map(|item| {
                let seen = match (reading, item.kind) {
                    (Reading::Strict, _) | (Reading::Faithful, ItemKind::File) => true,
                    (Reading::Faithful, ItemKind::Calendar) => false,
                    (Reading::Faithful, ItemKind::Mail(sent)) => {
                        sent.is_some_and(|sent| sent.to_utc().timestamp() >= MAIL_SINCE)
                    }
                };
                if !seen {
                    return Grounded { excluded_by: Vec::new(), citation: true };
                }
                let mut event = Event::new(Location::Copilot, participants.to_vec());
                event.content = Content { label: item.label, ..Content::default() };
                let matching = self.named(&event, reading, |rule| reads_label(&rule.when));
                let excluded_by: Vec<RuleRef> =
                    matching.into_iter().filter(|(_, action)| action.restricts()).map(|(rule, _)| rule).collect();
                let citation = excluded_by.is_empty() || reading == Reading::Faithful;
                Grounded { excluded_by, citation }
            })
            .collect()
    }

    /// Whether a prompt in which this was found is answered. `None`: nobody has looked.
    #[must_use]
    pub fn prompt(
        &self,
        participants: &[Participant<'_>],
        sensitive: Option<Vec<SensitiveCount<'_>>>,
        reading: Reading,
    ) -> PromptOutcome {
        let mut event = Event::new(Location::Copilot, participants.to_vec());
        event.activity = Some(Activity::UploadText);
        event.content.sensitive = sensitive;
        let matching = self.named(&event, reading, |rule| !reads_label(&rule.when));
        let blocks = matching.into_iter().filter(|(_, action): &(RuleRef, Action)| action.restricts());
        PromptOutcome { blocked_by: blocks.map(|(rule, _)| rule).collect() }
    }
}
