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
//! Deriving a task is the host's business; this is one plain way, and a host may narrow it or make its own ([`Task::of`]).
//!
//! Next room: `session`.

use std::collections::BTreeSet;
use std::sync::Arc;

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
    prompt: Arc<str>,
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
        Self { prompt: prompt.into(), tools: None }
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
        let lower = task.prompt.to_lowercase();
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
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            // A phrase is as easily guessed, and as easily chosen, as a word.
            let word = text.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}'))
                || text.contains(char::is_whitespace);
            return self.has_word(text, |before, after| {
                (!digits || is_cued(before, after)) && (naming != Naming::Secret || !word || is_quoted(before, after))
            });
        }
        let Some(number) = number(value) else { return false };
        if naming != Naming::Plain {
            return self.has_word(&number.to_string(), is_cued);
        }
        let tokens = self.prompt.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | '*' | ';'));
        tokens.into_iter().any(|token| {
            let token = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '-').trim_start_matches('-');
            let plain = token.replace(',', "");
            let is_digits = |b: u8| b.is_ascii_digit() || b == b'.';
            plain.bytes().all(is_digits)
                && plain.parse().is_ok_and(|written: f64| written.to_bits() == number.to_bits())
        })
    }

    fn has_word(&self, text: &str, stands: impl Fn(&str, &str) -> bool) -> bool {
        if text.is_empty() {
            return false;
        }
        self.prompt.match_indices(text).any(|(at, _)| {
            let before = self.prompt.get(..at).unwrap_or_default();
            let after = self.prompt.get(at + text.len()..).unwrap_or_default();
            ends(before) && begins(after) && stands(before, after)
        })
    }
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
