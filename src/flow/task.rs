//! What has the user asked for? The words of a trusted prompt, and the tools that these call for.
//!
//! A value that the user wrote may decide what the user asked for, whoever hands it over: an injected text can choose among the
//! user's own words, never add one. What counts as the user's word is decided without understanding:
//!
//! - *A text* is mentioned if it stands in the prompt letter by letter, as whole words. What `@ . - _ / : % + = & ? # ~` joins is one
//!   word: a prompt that mentions `www.example.com/a` mentions neither `example.com` nor `www.example.com`.
//! - *A text of digits alone* (an id) is mentioned if it stands after `id`, `no`, `nr`, `number` or `#`, or in quotes: `13` is no
//!   word of "June 13".
//! - *A credential or command* is mentioned if it stands in quotes, or is one word of more than letters: no password is a mere word, or
//!   a phrase.
//! - *A number* is mentioned if it stands there as a number, a currency sign before it or not; for a tool that destroys, as an id.
//! - *A tool* is called for if the prompt has all words of one of its purposes, each at least as the beginning of a word: `pay` is
//!   in "payment". A tool that only reads is always called for.
//!
//! The prompt is read once, when the task is made; asking whether it mentions a value costs about the length of the value.
//!
//! Deriving a task is the host's business; this is one plain way, and a host may narrow it or make its own ([`Task::of`]).
//!
//! Next room: `link`.

use core::fmt::{self, Write};
use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use super::declaration::Declaration;
use crate::value::Value;

/// How plainly something must be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// As a word, or a number.
    Plain,
    /// A number as an id: for tools that destroy.
    Id,
    /// No mere word or phrase: in quotes, or one word of more than letters. For credentials and commands.
    Secret,
}

/// What joins words to one.
const JOINS: [char; 15] = ['@', '.', '-', '_', '/', ':', '%', '+', '=', '&', '?', '#', '~', '\\', '$'];

/// What a user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    prompt: Arc<Prompt>,
    /// Tools that it calls for; any if `None`.
    tools: Option<Arc<BTreeSet<Box<str>>>>,
}

impl Task {
    /// A prompt of at most this many bytes is read; of a longer one nothing is mentioned. 64 KiB.
    pub const PROMPT_BYTES: usize = 64 << 10;

    /// A task that any tool may serve. The prompt is what a trusted user wrote, and nothing else.
    #[must_use]
    pub fn new(prompt: &str) -> Self {
        let prompt = if prompt.len() > Self::PROMPT_BYTES { "" } else { prompt };
        Self { prompt: Arc::new(Prompt::new(prompt)), tools: None }
    }

    /// A task that these tools may serve, by id.
    #[must_use]
    pub fn of<'t>(prompt: &str, tools: impl IntoIterator<Item = &'t str>) -> Self {
        let tools: BTreeSet<Box<str>> = tools.into_iter().map(Into::into).collect();
        Self { tools: Some(Arc::new(tools)), ..Self::new(prompt) }
    }

    /// A task that the tools may serve that the prompt calls for.
    #[must_use]
    pub fn derived<'t>(prompt: &str, tools: impl IntoIterator<Item = (&'t str, &'t Declaration)>) -> Self {
        let task = Self::new(prompt);
        let lower = task.prompt.text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let has = |purpose: &str| {
            let mut parts = purpose.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).peekable();
            parts.peek().is_some()
                && parts.all(|part| {
                    let part = part.to_lowercase();
                    words.iter().any(|word| word.starts_with(&part))
                })
        };
        let called = |declaration: &Declaration| {
            let does = declaration.does;
            !(does.changes || does.sends || does.destroys) || declaration.purposes.iter().any(|purpose| has(purpose))
        };
        let tools = tools.into_iter().filter(|(_, declaration)| called(declaration)).map(|(id, _)| id.into());
        Self { tools: Some(Arc::new(tools.collect())), ..task }
    }

    /// The same for fewer tools: those of its own for which `keep` says so. A task never grows.
    #[must_use]
    pub fn narrowed<'t>(&self, tools: impl IntoIterator<Item = &'t str>) -> Self {
        let kept = tools.into_iter().filter(|tool| self.serves(tool)).map(Into::into).collect();
        Self { tools: Some(Arc::new(kept)), ..self.clone() }
    }

    /// Whether a tool may serve it.
    #[must_use]
    pub fn serves(&self, tool: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.contains(tool))
    }

    /// The tools that may serve it, by id; `None`: any.
    #[must_use]
    pub fn tools(&self) -> Option<impl Iterator<Item = &str>> {
        self.tools.as_ref().map(|tools| tools.iter().map(AsRef::as_ref))
    }

    /// Whether the user wrote this value, as plainly as that.
    #[must_use]
    pub fn mentions(&self, value: &Value<'_>, naming: Naming) -> bool {
        if let Value::String(text) = value {
            let text = text.trim();
            let is_digits = || text.bytes().all(|b| b.is_ascii_digit());
            // A phrase is as easily guessed, and as easily chosen, as a word.
            let is_mere = || {
                text.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}'))
                    || text.contains(char::is_whitespace)
            };
            return self.prompt.has_word(text, |before, after| {
                (!is_digits() || is_cued(before, after))
                    && (naming != Naming::Secret || !is_mere() || is_quoted(before, after))
            });
        }
        let Some(number) = number(value) else { return false };
        if naming == Naming::Plain {
            return self.prompt.numbers.binary_search(&number.to_bits()).is_ok();
        }
        let mut figures = Figures(SmallVec::new());
        write!(figures, "{number}").is_ok()
            && core::str::from_utf8(&figures.0).is_ok_and(|text| self.prompt.has_word(text, is_cued))
    }
}

/// A number as it is written, without the heap for most.
struct Figures(SmallVec<[u8; 32]>);

impl Write for Figures {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What a user wrote, and where in it something may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Prompt {
    text: Box<str>,
    /// Where a word may begin, by the eight bytes that stand there. Places in [`Task::PROMPT_BYTES`] are two bytes.
    starts: Box<[u16]>,
    /// The numbers that stand there, as the bits of floats, ascending.
    numbers: Box<[u64]>,
}

impl Prompt {
    fn new(text: &str) -> Self {
        let is_start = |(at, c): &(usize, char)| !c.is_whitespace() && text.get(..*at).is_some_and(ends);
        let places = text.char_indices().filter(is_start).filter_map(|(at, _)| u16::try_from(at).ok());
        let mut starts: Vec<u16> = places.collect();
        starts.sort_unstable_by_key(|at| (key(text, *at, 0), *at));
        let tokens = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | '*' | ';'));
        let written = tokens.filter_map(|token| {
            let token = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '-').trim_start_matches('-');
            let plain = token.replace(',', "");
            let is_digits = |b: u8| b.is_ascii_digit() || b == b'.';
            plain.parse().ok().filter(|_| plain.bytes().all(is_digits)).map(f64::to_bits)
        });
        let mut numbers: Vec<u64> = written.collect();
        numbers.sort_unstable();
        numbers.dedup();
        Self { text: text.into(), starts: starts.into(), numbers: numbers.into() }
    }

    /// Whether a text stands there as whole words.
    fn has_word(&self, text: &str, stands: impl Fn(&str, &str) -> bool) -> bool {
        if text.is_empty() {
            return false;
        }
        let (low, high) = (key(text, 0, 0), key(text, 0, u8::MAX));
        let from = self.starts.partition_point(|at| key(&self.text, *at, 0) < low);
        let alike =
            self.starts.get(from..).unwrap_or_default().iter().take_while(|at| key(&self.text, **at, 0) <= high);
        alike.map(|at| usize::from(*at)).any(|at| {
            let after = self.text.get(at..).and_then(|rest| rest.strip_prefix(text));
            let before = self.text.get(..at).unwrap_or_default();
            after.is_some_and(|after| begins(after) && stands(before, after))
        })
    }
}

/// The eight bytes at a place, in their order; `pad` stands where there are none.
fn key(text: &str, at: u16, pad: u8) -> u64 {
    let rest = text.as_bytes().get(usize::from(at)..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk::<8>() {
        return u64::from_be_bytes(*eight);
    }
    let mut eight = [pad; 8];
    eight.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    u64::from_be_bytes(eight)
}

/// Whether a word ends before what follows.
fn ends(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        // A sign that joins belongs to the word if something stands on its other side.
        Some(c) if JOINS.contains(&c) => c == '#' || !back.next().is_some_and(char::is_alphanumeric),
        Some(_) => true,
    }
}

/// Whether a word begins after what precedes.
fn begins(after: &str) -> bool {
    let mut forth = after.chars();
    match forth.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        Some(c) if JOINS.contains(&c) => !forth.next().is_some_and(|c| c.is_alphanumeric() || JOINS.contains(&c)),
        Some(_) => true,
    }
}

/// Whether digits stand where an id would.
fn is_cued(before: &str, after: &str) -> bool {
    let trimmed = before.trim_end_matches([' ', ':', '.', '=']);
    let word = trimmed.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let cued = ["id", "ids", "no", "nr", "number", "numbers"].iter().any(|cue| word.eq_ignore_ascii_case(cue));
    is_quoted(before, after) || cued || trimmed.ends_with('#')
}

/// A number as a float; those that no float is exactly are no words of anybody.
pub(super) fn number(value: &Value<'_>) -> Option<f64> {
    let exact = |number: f64, back: i128, whole: i128| (back == whole).then_some(number);
    if let Value::Int(whole) = value {
        exact(*whole as f64, (*whole as f64) as i128, i128::from(*whole))
    } else if let Value::Uint(whole) = value {
        exact(*whole as f64, (*whole as f64) as i128, i128::from(*whole))
    } else if let Value::Double(number) = value {
        number.is_finite().then_some(*number)
    } else {
        None
    }
}

fn is_quoted(before: &str, after: &str) -> bool {
    before.ends_with(['"', '\'', '`']) && after.starts_with(['"', '\'', '`'])
}
