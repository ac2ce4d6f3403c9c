//! What does a call answer to the simple questions of all rules? Each is numbered at load and answered once for each call.
//!
//! The conditions of a set ask few facts, and most ask the same of them again and again (`device.compliant`, `risk.user < "medium"`);
//! so do heads of the type and label of resources. Such questions get a number below 64. The answers of a call are two words, a bit
//! for each question: yes, and no. Then a condition that is an `&&` of questions and of one `||` of them is two masks, and judging
//! it two tests.
//!
//! A fact is read once for all that is asked of it: what each value that makes a difference answers is worked out at load, by asking the
//! conditions themselves.
//!
//! INVARIANT: what is answered here is what the condition, or the head, says. A question about a fact that is unknown, null or of
//! another kind, about an unknown label, or beyond those that have numbers, is not answered here, and then they are asked themselves.
//!
//! Next room: `guard`.

use core::cmp::Reverse;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::condition::{Asks, Key, Operand, Question};
use crate::fact::{self, slot};
use crate::label::Label;
use crate::name::TypeName;
use crate::value::{Enumeration, Fact, List, Value};

/// How many questions have numbers: the bits of a word.
const QUESTIONS: usize = 64;

/// In longer lists nothing is looked for here: conditions pay for that.
const ITEMS: usize = 32;

/// The answers of a call to the questions of a set: bit n is of question n. In neither: whoever asks must ask more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    yes: u64,
    no: u64,
}

impl Answers {
    /// None at all.
    pub(crate) const NONE: Self = Self { yes: 0, no: 0 };

    const fn to(question: u64, answer: Option<bool>) -> Self {
        match answer {
            Some(true) => Self { yes: question, no: 0 },
            Some(false) => Self { yes: 0, no: question },
            None => Self { yes: 0, no: 0 },
        }
    }

    /// These and others, to other questions.
    pub(crate) const fn and(self, others: Self) -> Self {
        Self { yes: self.yes | others.yes, no: self.no | others.no }
    }

    /// The same, but for what others answer too.
    const fn overruled_by(self, others: Self) -> Self {
        let both = others.yes | others.no;
        Self { yes: self.yes & !both | others.yes, no: self.no & !both | others.no }
    }
}

/// Questions that must be answered with yes: all of some, and one of some others, if there are others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    all: u64,
    any: u64,
}

impl Demand {
    /// This and further questions.
    pub(super) const fn with(self, all: u64) -> Self {
        Self { all: self.all | all, ..self }
    }

    /// Whether the answers certainly do not meet it.
    #[inline]
    pub(crate) const fn is_refused(self, answers: Answers) -> bool {
        answers.no & self.all != 0 || (self.any != 0 && answers.no & self.any == self.any)
    }

    /// Whether the answers certainly meet it.
    #[inline]
    pub(crate) const fn is_met(self, answers: Answers) -> bool {
        answers.yes & self.all == self.all && (self.any == 0 || answers.yes & self.any != 0)
    }
}

/// What a condition demands of answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// All of it but further `||`.
    pub(super) first: Demand,
    /// Each further `||`.
    more: SmallVec<[u64; 1]>,
    /// Whether there is nothing more to be asked.
    is_whole: bool,
}

impl Demands {
    /// Whether the answers decide it, and how.
    pub(crate) fn judge(&self, answers: Answers) -> Option<bool> {
        let each = || self.more.iter().map(|any| Demand { all: 0, any: *any });
        if self.first.is_refused(answers) || each().any(|demand| demand.is_refused(answers)) {
            return Some(false);
        }
        (self.is_whole && self.first.is_met(answers) && each().all(|demand| demand.is_met(answers))).then_some(true)
    }

    /// Whether it is no more than its first demand.
    pub(super) fn is_one(&self) -> bool {
        self.is_whole && self.more.is_empty()
    }
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    /// By a condition.
    Fact(Key),
    /// By a head: whether a resource is of a type.
    Kind(TypeName),
    /// By a head: a bound on the label.
    AtMost(Label),
    AtLeast(Label),
}

/// Counts questions, and numbers those that are asked most.
#[derive(Debug, Default)]
pub(super) struct Asking {
    places: HashMap<Asked, usize>,
    asked: Vec<(Asked, Option<Question>, usize)>,
}

impl Asking {
    fn ask(&mut self, asked: Asked, question: Option<Question>, times: usize) {
        let next = self.asked.len();
        let place = *self.places.entry(asked).or_insert_with_key(|asked| {
            self.asked.push((asked.clone(), question, 0));
            next
        });
        if let Some((_, _, count)) = self.asked.get_mut(place) {
            *count = count.saturating_add(times);
        }
    }

    /// A condition that so many rules have.
    pub(super) fn condition(&mut self, operands: &[Operand], times: usize) {
        for operand in operands {
            let questions = match operand {
                Operand::One(question) => core::slice::from_ref(question),
                Operand::Any(questions) => questions,
                Operand::Other => &[],
            };
            for question in questions {
                if let Some(key) = question.key().filter(is_general) {
                    self.ask(Asked::Fact(key), Some(question.clone()), times);
                }
            }
        }
    }

    /// A head of a resource.
    pub(super) fn head(&mut self, kind: Option<&TypeName>, at_most: Option<Label>, at_least: Option<Label>) {
        for asked in head(kind, at_most, at_least) {
            self.ask(asked, None, 1);
        }
    }

    /// Gauges for the questions that are asked most, and their numbers.
    pub(super) fn numbered(mut self) -> (Gauges, Numbers) {
        // Of equally many the first, and rules come by id: the same rules have the same numbers.
        self.asked.sort_by_key(|(_, _, count)| Reverse(*count));
        self.asked.truncate(QUESTIONS);
        let mut gauges = Gauges::default();
        let mut numbers = Numbers::default();
        let mut facts: Vec<(Key, Question, u64)> = Vec::new();
        for (at, (asked, question, _)) in self.asked.into_iter().enumerate() {
            let bit = 1 << at;
            match (&asked, question) {
                (Asked::Fact(key), Some(question)) => facts.push((key.clone(), question, bit)),
                (Asked::Fact(_), None) => continue,
                (Asked::Kind(kind), _) => {
                    gauges.kinds.insert(kind.as_str().into(), bit);
                    gauges.every_kind |= bit;
                }
                (Asked::AtMost(label), _) => gauges.at_most.push((*label, bit)),
                (Asked::AtLeast(label), _) => gauges.at_least.push((*label, bit)),
            }
            numbers.0.insert(asked, bit);
        }
        gauges.read(facts);
        (gauges, numbers)
    }
}

/// Whether a question has one answer for a whole call, or for a resource.
fn is_general(key: &Key) -> bool {
    match key.asks {
        Asks::Label(..) => key.slot == slot::RESOURCE_LABEL,
        Asks::Flag | Asks::Text(_) | Asks::Holds(_) | Asks::Int(..) | Asks::Place(..) => {
            let particular = [fact::LINK, fact::RESOURCE, fact::TOOL, fact::FLOW];
            !particular.iter().any(|slots| slots.contains(&key.slot)) && !fact::GROUPS.contains(&key.slot)
        }
    }
}

fn head(kind: Option<&TypeName>, at_most: Option<Label>, at_least: Option<Label>) -> impl Iterator<Item = Asked> {
    let bounds = [at_most.map(Asked::AtMost), at_least.map(Asked::AtLeast)];
    kind.cloned().map(Asked::Kind).into_iter().chain(bounds.into_iter().flatten())
}

/// The numbers of questions, each as its bit.
#[derive(Debug, Default)]
pub(super) struct Numbers(HashMap<Asked, u64>);

impl Numbers {
    /// What a condition demands.
    pub(super) fn demands(&self, operands: &[Operand]) -> Demands {
        let bit = |question: &Question| self.0.get(&Asked::Fact(question.key()?)).copied();
        let mut demands = Demands { is_whole: true, ..Demands::default() };
        for operand in operands {
            let bits = match operand {
                Operand::One(question) => bit(question),
                Operand::Any(questions) => questions.iter().try_fold(0, |bits, question| Some(bits | bit(question)?)),
                Operand::Other => None,
            };
            match (operand, bits) {
                (_, None) => demands.is_whole = false,
                (Operand::One(_), Some(bit)) => demands.first.all |= bit,
                (_, Some(bits)) if demands.first.any == 0 => demands.first.any = bits,
                (_, Some(bits)) => demands.more.push(bits),
            }
        }
        demands
    }

    /// What the type and the bounds of a head demand, if all of these have numbers.
    pub(super) fn head(&self, kind: Option<&TypeName>, at_most: Option<Label>, at_least: Option<Label>) -> Option<u64> {
        head(kind, at_most, at_least).try_fold(0, |bits, asked| Some(bits | self.0.get(&asked)?))
    }
}

/// What is asked of the facts of a call and of a resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauges {
    facts: Vec<(u16, Scale)>,
    /// Of `resource.label`, by conditions.
    labels: Vec<(Question, u64)>,
    at_most: Vec<(Label, u64)>,
    at_least: Vec<(Label, u64)>,
    kinds: HashMap<Box<str>, u64>,
    every_kind: u64,
}

/// What each value of a fact that makes a difference answers.
#[derive(Clone, Debug)]
enum Scale {
    Flag([Answers; 2]),
    /// By text; all others.
    Text(HashMap<Box<str>, Answers>, Answers),
    /// By text, if the list has it; if it has none.
    Items(HashMap<Box<str>, Answers>, Answers),
    /// Integers that something is compared to, ascending; below the first, the first, between it and the second ...
    Int(Vec<i64>, Vec<Answers>),
    /// By place.
    Place(&'static Enumeration, Vec<Answers>),
}

impl Gauges {
    fn read(&mut self, facts: Vec<(Key, Question, u64)>) {
        // One scale for each fact and kind of question, in the order of what is asked most.
        let mut groups: Vec<Vec<(Key, Question, u64)>> = Vec::new();
        for fact in facts {
            if let Asks::Label(..) = fact.0.asks {
                self.labels.push((fact.1, fact.2));
                continue;
            }
            let is_same = |(key, _, _): &(Key, Question, u64)| {
                key.slot == fact.0.slot && core::mem::discriminant(&key.asks) == core::mem::discriminant(&fact.0.asks)
            };
            match groups.iter_mut().find(|group| group.first().is_some_and(is_same)) {
                Some(group) => group.push(fact),
                None => groups.push(vec![fact]),
            }
        }
        self.facts = groups.iter().filter_map(|group| Some((group.first()?.0.slot, Scale::of(group)?))).collect();
    }

    /// What a call answers, whatever the link and the resource.
    pub(crate) fn of_call<'f>(&self, fact: impl Fn(u16) -> Fact<'f>) -> Answers {
        self.facts.iter().fold(Answers::default(), |answers, (slot, scale)| match fact(*slot) {
            Fact::Known(value) => answers.and(scale.answers(value)),
            Fact::Null | Fact::Unknown => answers,
        })
    }

    /// What a resource answers. `label`: that it has, if it is known; `bound`: what heads take as its label.
    pub(crate) fn of_resource(&self, kind: &str, label: Option<Label>, bound: Option<Label>) -> Answers {
        let mut answers = Answers::default();
        if self.every_kind != 0 {
            let yes = self.kinds.get(kind).copied().unwrap_or(0);
            answers = Answers { yes, no: self.every_kind & !yes };
        }
        if let Some(bound) = bound {
            for (most, bit) in &self.at_most {
                answers = answers.and(Answers::to(*bit, Some(bound.flows_to(*most))));
            }
            for (least, bit) in &self.at_least {
                answers = answers.and(Answers::to(*bit, Some(least.flows_to(bound))));
            }
        }
        if let Some(label) = label {
            for (question, bit) in &self.labels {
                answers = answers.and(Answers::to(*bit, question.answer(&Value::Label(label))));
            }
        }
        answers
    }

    /// Whether nothing is asked of the facts of a call.
    pub(crate) fn asks_no_fact(&self) -> bool {
        self.facts.is_empty()
    }
}

impl Scale {
    /// The scale of questions of one kind to one fact.
    fn of(group: &[(Key, Question, u64)]) -> Option<Self> {
        let all = |value: &Value<'_>| {
            let each = group.iter().map(|(_, question, bit)| Answers::to(*bit, question.answer(value)));
            each.fold(Answers::default(), Answers::and)
        };
        let texts = || {
            group.iter().flat_map(|(key, _, _)| match &key.asks {
                Asks::Text(texts) => &texts[..],
                Asks::Holds(text) => core::slice::from_ref(text),
                Asks::Flag | Asks::Int(..) | Asks::Place(..) | Asks::Label(..) => &[],
            })
        };
        Some(match &group.first()?.0.asks {
            Asks::Flag => Self::Flag([false, true].map(|flag| all(&Value::Bool(flag)))),
            Asks::Text(_) => {
                let of = texts().map(|text| (text.clone(), all(&Value::String((&**text).into())))).collect();
                // Longer than each, so none of them.
                let longest = texts().map(|text| text.len()).max().unwrap_or(0);
                Self::Text(of, all(&Value::String("x".repeat(longest + 1).into())))
            }
            Asks::Holds(_) => {
                let absent = all(&Value::List(List::Owned(Vec::new())));
                let if_held = |text: &str| {
                    let list = Value::List(List::Owned(vec![Value::String(text.into())]));
                    let holding = group.iter().filter(|(key, _, _)| key.asks == Asks::Holds(text.into()));
                    let each = holding.map(|(_, question, bit)| Answers::to(*bit, question.answer(&list)));
                    each.fold(Answers::default(), Answers::and)
                };
                Self::Items(texts().map(|text| (text.clone(), if_held(text))).collect(), absent)
            }
            Asks::Int(..) => {
                let mut bounds: Vec<i64> = Vec::new();
                for (key, _, _) in group {
                    if let Asks::Int(_, bound) = key.asks {
                        bounds.push(i64::from(bound));
                    }
                }
                bounds.sort_unstable();
                bounds.dedup();
                let mut answers: Vec<Answers> =
                    bounds.first().map(|first| all(&Value::Int(first - 1))).into_iter().collect();
                for bound in &bounds {
                    // If the next bound follows at once, nothing lies between them, and what is said of it is not asked for.
                    answers.extend([all(&Value::Int(*bound)), all(&Value::Int(bound + 1))]);
                }
                Self::Int(bounds, answers)
            }
            Asks::Place(_, enumeration, _) => {
                let places = (0u8..).take(enumeration.members.len());
                Self::Place(enumeration, places.map(|place| all(&Value::Enum(enumeration, place))).collect())
            }
            Asks::Label(..) => return None,
        })
    }

    /// What a value answers; nothing if it is of another kind.
    fn answers(&self, value: &Value<'_>) -> Answers {
        match (self, value) {
            (Self::Flag(answers), Value::Bool(flag)) => {
                let [no, yes] = *answers;
                if *flag { yes } else { no }
            }
            (Self::Text(of, others), Value::String(text)) => of.get(&**text).copied().unwrap_or(*others),
            (Self::Items(of, absent), Value::List(items)) if items.len() <= ITEMS => {
                let mut answers = *absent;
                for item in items.iter() {
                    let Value::String(item) = item else { return Answers::default() };
                    if let Some(held) = of.get(&**item) {
                        answers = answers.overruled_by(*held);
                    }
                }
                answers
            }
            (Self::Int(bounds, answers), Value::Int(value)) => {
                let at = bounds.binary_search(value).map_or_else(|between| 2 * between, |bound| 2 * bound + 1);
                answers.get(at).copied().unwrap_or_default()
            }
            (Self::Place(enumeration, answers), Value::Enum(given, place)) if core::ptr::eq(*given, *enumeration) => {
                answers.get(usize::from(*place)).copied().unwrap_or_default()
            }
            _ => Answers::default(),
        }
    }
}
