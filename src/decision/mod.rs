//! What is the answer? Deny with objections, or allow with a set of requirements.
//!
//! A [`Decision`] is compact: numbers of rules, links and resources, on the stack. It borrows its [`Engine`], which names them;
//! [`crate::door`] writes it as JSON, [`crate::explain`] for people, [`crate::audit`] for the record.
//!
//! INVARIANT: the verdict follows from objections and requirements and from nothing else: any objection is `deny`, else an
//! outstanding approval `defer`, else an outstanding control `step_up`, else a change of the arguments `modify`, else `allow`.
//! Objections and requirements are sorted, so that equal questions have equal answers byte for byte (law 4).
//!
//! Next room: `crate::evaluate`.

mod code;
mod requirement;

use core::fmt;

use hashbrown::HashSet;
use smallvec::SmallVec;

use crate::compile::PackedRule;
use crate::diagnostic::Span;
use crate::engine::{Engine, Origin};
use crate::flow::Precision;
use crate::rule::{Control, Requirement, Source};
use crate::signal::Challenge;

pub use code::{Code, Layer};
pub(crate) use requirement::approver_name;
pub use requirement::{Kind, requirement_id};

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// Go on with changed arguments.
    Modify,
    /// The caller must meet a control first.
    StepUp,
    /// A person must approve first.
    Defer,
    /// No.
    Deny,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 5] = [Self::Allow, Self::Modify, Self::StepUp, Self::Defer, Self::Deny];

    /// Its name in answers and tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Modify => "modify",
            Self::StepUp => "step_up",
            Self::Defer => "defer",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule of the engine's policy, or a grant of its directory, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleNumber {
    pub(crate) origin: Origin,
    pub(crate) at: u32,
}

/// Why not: one reason, with the link and the resource that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Objection {
    pub(crate) code: Code,
    /// In a [`Decision`] the first of the rules that are judged as one; [`Decision::objections`] tells them apart.
    pub(crate) rule: Option<RuleNumber>,
    /// Place in the chain: 0 is the subject.
    pub(crate) link: u8,
    /// Place among the resources: 0 is the resource, targets follow.
    pub(crate) resource: u16,
}

impl Objection {
    fn order(&self) -> (Layer, Code, Option<RuleNumber>, u8, u16) {
        (self.code.layer(), self.code, self.rule, self.link, self.resource)
    }
}

/// Something to be done: a requirement of a rule, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Demand {
    pub(crate) kind: Kind,
    /// Of several controls the one to meet: the least demanding that can be met here.
    pub(crate) control: Option<Control>,
    pub(crate) rule: RuleNumber,
    /// Place among the rule's requirements.
    pub(crate) at: u32,
    pub(crate) link: u8,
    pub(crate) resource: u16,
}

/// A rule on trial that applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Report {
    pub(crate) rule: RuleNumber,
    pub(crate) link: u8,
    pub(crate) resource: u16,
    /// Whether a fact that it needs is unknown.
    pub(crate) unknown: bool,
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Decision<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) objections: SmallVec<[Objection; 16]>,
    pub(crate) demands: SmallVec<[Demand; 6]>,
    pub(crate) reports: SmallVec<[Report; 2]>,
    pub(crate) challenge: Option<Challenge>,
    /// Steps that conditions took.
    pub(crate) spent: u64,
    /// How the labels of arguments were found, if it was made in a session.
    pub(crate) precision: Option<Precision>,
    /// Whether it was made in the session that the request states, and in no other.
    pub(crate) is_stated: bool,
}

impl PartialEq for Decision<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.objections == other.objections
            && self.demands == other.demands
            && self.reports == other.reports
            && self.challenge == other.challenge
            && self.precision == other.precision
            && self.policy_version() == other.policy_version()
            && self.directory_version() == other.directory_version()
    }
}

/// A reason of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'e> {
    /// Its code.
    pub code: Code,
    /// The rule or grant, if one is behind it.
    pub rule: Option<RuleRef<'e>>,
}

impl<'e> Reason<'e> {
    /// What it says, to people and models: a forbidding rule's own message, or the code's.
    #[must_use]
    pub fn message(&self) -> &'e str {
        // Of a rule that may apply, the author's message would claim too much.
        let own = if matches!(self.code, Code::RuleForbidden | Code::DataLossBlocked) {
            self.rule.and_then(|rule| rule.message())
        } else {
            None
        };
        own.unwrap_or(self.code.message())
    }
}

/// A rule or grant that a decision names.
#[derive(Clone, Copy, Debug)]
pub struct RuleRef<'e> {
    packed: &'e PackedRule,
}

impl PartialEq for RuleRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.packed.id == other.packed.id && self.packed.source == other.packed.source
    }
}

impl Eq for RuleRef<'_> {}

impl<'e> RuleRef<'e> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'e str {
        self.packed.id.as_str()
    }

    /// Whether it is a rule of the policy or a grant of the directory.
    #[must_use]
    pub fn source(&self) -> Source {
        self.packed.source
    }

    /// What it says when it objects or requires, if its author wrote it.
    #[must_use]
    pub fn message(&self) -> Option<&'e str> {
        self.packed.message.as_deref()
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.packed.span
    }
}

/// Something that must be done before or with the call.
#[derive(Clone, Copy, Debug)]
pub struct Outstanding<'e> {
    /// What kind of thing.
    pub kind: Kind,
    /// What.
    pub requirement: &'e Requirement,
    /// Of several controls the one to meet: the least demanding that somebody in the call can meet.
    pub control: Option<Control>,
    /// The rule that requires it; the first by id, if several do.
    pub rule: RuleRef<'e>,
}

impl<'e> Decision<'e> {
    pub(crate) fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            objections: SmallVec::new(),
            demands: SmallVec::new(),
            reports: SmallVec::new(),
            challenge: None,
            spent: 0,
            precision: None,
            is_stated: false,
        }
    }

    /// The answer in one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.objections.is_empty() {
            return Verdict::Deny;
        }
        // Sorted by kind: the first is the gravest.
        match self.demands.first().map(|demand| demand.kind) {
            Some(Kind::Approval) => Verdict::Defer,
            Some(Kind::Control) => Verdict::StepUp,
            Some(Kind::Change) => Verdict::Modify,
            Some(Kind::Obligation) | None => Verdict::Allow,
        }
    }

    /// Whether the call may go on now, if the host carries out every change and obligation.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self.verdict(), Verdict::Allow | Verdict::Modify)
    }

    /// Why not; each reason once, in the order of layers. Empty unless denied.
    pub fn reasons(&self) -> impl Iterator<Item = Reason<'e>> + '_ {
        let mut last = None;
        let distinct = self.objections().filter_map(move |objection| {
            let this = (objection.code, objection.rule);
            (last.replace(this) != Some(this)).then_some(this)
        });
        distinct.map(|(code, rule)| Reason { code, rule: rule.and_then(|rule| self.rule(rule)) })
    }

    /// The objections of every rule, in order: those that are judged as one are told apart here, when somebody asks.
    pub(crate) fn objections(&self) -> impl Iterator<Item = Objection> + use<> {
        let mut all: SmallVec<[Objection; 16]> = SmallVec::new();
        let mut in_order = true;
        for objection in &self.objections {
            let Some(rule) = objection.rule else {
                all.push(*objection);
                continue;
            };
            let set = self.engine.set(rule.origin).0;
            in_order &= !set.has_equals(rule.at);
            let each = set.equals(rule.at);
            all.extend(each.map(|at| Objection { rule: Some(RuleNumber { at, ..rule }), ..*objection }));
        }
        if !in_order {
            all.sort_unstable_by_key(Objection::order);
        }
        all.into_iter()
    }

    /// Whether a reason with this code is among the reasons.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.objections.iter().any(|objection| objection.code == code)
    }

    /// Whether the same call can succeed later or with other signals: every objection must allow it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.objections.iter().all(|objection| objection.code.is_retryable())
    }

    /// What must be done, each thing once: approvals, controls, changes of arguments, obligations.
    pub fn requirements(&self) -> impl Iterator<Item = Outstanding<'e>> + '_ {
        let found = |demand: Demand| {
            let rule = self.packed(demand.rule)?;
            let requirement = self.engine.set(demand.rule.origin).0.requirements(rule).get(demand.at as usize)?;
            Some(Outstanding {
                kind: demand.kind,
                requirement,
                control: demand.control,
                rule: RuleRef { packed: rule },
            })
        };
        // Rules may demand the same; of each rule's demands those that differ in link and resource alone stand together.
        let asked =
            move || distinct(&self.demands, |demand| Demand { link: 0, resource: 0, ..*demand }).filter_map(found);
        // A few are compared with each other, many are looked up.
        let mut seen: HashSet<(&Requirement, Option<&str>)> = HashSet::new();
        let many = self.demands.len() > 16;
        // What flows ask for is asked for apart: who endorses has not declassified.
        let key = |this: &Outstanding<'e>| {
            let rule = this.rule;
            (this.requirement, (rule.source() == Source::Flow).then(|| rule.id()))
        };
        asked().enumerate().filter_map(move |(at, this)| {
            let new = if many {
                seen.insert(key(&this))
            } else {
                !asked().take(at).any(|earlier| key(&earlier) == key(&this))
            };
            new.then_some(this)
        })
    }

    /// Rules on trial (`mode: report-only`) that applied: what they would have done, had they counted.
    pub fn reported(&self) -> impl Iterator<Item = RuleRef<'e>> + '_ {
        distinct(&self.reports, |report| report.rule).filter_map(|rule| self.rule(rule))
    }

    /// How fresh a token must be, where a fresh one is all that is missing of it (`revocation.reauthenticate`).
    #[must_use]
    pub const fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    /// How the labels of the arguments were found, if the call was judged in a session.
    #[must_use]
    pub const fn precision(&self) -> Option<Precision> {
        self.precision
    }

    /// The policy that was seen.
    #[must_use]
    pub fn policy_version(&self) -> &'e str {
        self.engine.policy().version()
    }

    /// The directory that was seen.
    #[must_use]
    pub fn directory_version(&self) -> &'e str {
        self.engine.directory().version()
    }

    pub(crate) fn packed(&self, rule: RuleNumber) -> Option<&'e PackedRule> {
        self.engine.set(rule.origin).0.get(rule.at)
    }

    pub(crate) fn rule(&self, rule: RuleNumber) -> Option<RuleRef<'e>> {
        self.packed(rule).map(|packed| RuleRef { packed })
    }

    pub(crate) fn object(&mut self, code: Code, rule: Option<RuleNumber>, link: usize, resource: usize) {
        self.objections.push(Objection { code, rule, link: narrow_u8(link), resource: narrow_u16(resource) });
    }

    /// Brings everything into order, each thing once.
    pub(crate) fn finish(&mut self) {
        if self.objections.len() > 1 {
            self.objections.sort_unstable_by_key(Objection::order);
            self.objections.dedup();
        }
        if self.demands.len() > 1 {
            self.demands.sort_unstable();
            self.demands.dedup();
        }
        if self.reports.len() > 1 {
            self.reports.sort_unstable();
            self.reports.dedup();
        }
    }
}

/// What ordered items say, each thing once: links and resources multiply what a rule says, so no item is compared with all others.
fn distinct<T, K: Copy + PartialEq>(ordered: &[T], key: impl Fn(&T) -> K) -> impl Iterator<Item = K> {
    let mut last = None;
    ordered.iter().filter_map(move |item| {
        let this = key(item);
        (last.replace(this) != Some(this)).then_some(this)
    })
}

/// A place in the chain, which [`crate::Limits::chain_depth`] bounds.
pub(crate) fn narrow_u8(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

/// A place among resources, which [`crate::Limits::targets`] bounds.
pub(crate) fn narrow_u16(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
