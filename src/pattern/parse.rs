//! From text to globs: tokens, then braces expanded, then each alternative in canonical form.
//!
//! INVARIANT: work and memory are bounded by `Limits::pattern_bytes` x 4, however the braces multiply; a text over the limit
//! is refused before it is read.
//!
//! Next room: [`super::glob`].

use std::sync::Arc;

use super::PatternError;
use super::class::Class;
use super::glob::Glob;
use crate::limits::Limits;
use crate::name::{self, NameError};

/// How many times longer than its bound a pattern may become when its braces are expanded.
const EXPANSION: usize = 4;

/// Parses a pattern into its alternatives: canonical, sorted, none twice.
pub(super) fn parse(text: &Arc<str>, limits: &Limits) -> Result<Vec<Glob>, PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    if text.len() > limits.pattern_bytes {
        return Err(PatternError::TooLong { limit: limits.pattern_bytes });
    }
    // Most patterns of a large policy are ids, or all that is below one. Those that are refused go on, to find the column.
    let is_id = |text: &str| {
        let plain = !text.bytes().any(|b| matches!(b, b'*' | b'?' | b'[' | b']' | b'{' | b'}'));
        plain && name::check_within(text, limits.id_bytes).is_ok()
    };
    if is_id(text) {
        return Ok(vec![Glob::literal(text.clone())]);
    }
    // Behind a colon the slash belongs to the root.
    if text.strip_suffix("/**").is_some_and(|stem| !stem.ends_with(':') && is_id(stem)) {
        return Ok(vec![Glob::wild(text.clone())]);
    }
    if let Some((at, error)) = name::first_bad(text) {
        let column = text.get(..at).unwrap_or_default().chars().count() + 1;
        return Err(PatternError::Name { error, column });
    }
    let mut reader = Reader::new(text);
    let pieces = reader.pieces()?;
    let mut globs = Vec::new();
    for tokens in expand(pieces, limits)? {
        globs.push(glob(&tokens, &reader.classes, text, limits)?);
    }
    globs.sort_unstable();
    globs.dedup();
    if let Some(everything) = globs.iter().position(Glob::is_everything) {
        globs = vec![globs.swap_remove(everything)];
    }
    Ok(globs)
}

/// One element of a pattern, with its column.
#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    column: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Char(char),
    Slash,
    Star,
    One,
    /// Index into the reader's classes.
    Class(usize),
}

/// What braces make of a pattern.
enum Piece {
    Plain(Vec<Token>),
    Either { alternatives: Vec<Vec<Token>>, column: usize },
}

/// Reads characters into pieces.
struct Reader<'t> {
    chars: core::iter::Peekable<core::iter::Enumerate<core::str::Chars<'t>>>,
    classes: Vec<String>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { chars: text.chars().enumerate().peekable(), classes: Vec::new() }
    }

    fn next(&mut self) -> Option<(usize, char)> {
        self.chars.next().map(|(at, c)| (at + 1, c))
    }

    fn pieces(&mut self) -> Result<Vec<Piece>, PatternError> {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        while let Some((column, c)) = self.next() {
            match c {
                '{' => {
                    pieces.push(Piece::Plain(core::mem::take(&mut plain)));
                    pieces.push(self.braces(column)?);
                }
                '}' => return Err(PatternError::StrayBrace { column }),
                c => plain.push(self.token(column, c)?),
            }
        }
        pieces.push(Piece::Plain(plain));
        Ok(pieces)
    }

    fn braces(&mut self, open: usize) -> Result<Piece, PatternError> {
        let mut alternatives = vec![Vec::new()];
        while let Some((column, c)) = self.next() {
            match c {
                '{' => return Err(PatternError::NestedBraces { column }),
                '}' if alternatives.iter().all(Vec::is_empty) => {
                    return Err(PatternError::EmptyBraces { column: open });
                }
                '}' => return Ok(Piece::Either { alternatives, column }),
                ',' => alternatives.push(Vec::new()),
                c => {
                    let token = self.token(column, c)?;
                    if let Some(last) = alternatives.last_mut() {
                        last.push(token);
                    }
                }
            }
        }
        Err(PatternError::UnclosedBrace { column: open })
    }

    fn token(&mut self, column: usize, c: char) -> Result<Token, PatternError> {
        let kind = match c {
            '*' => Kind::Star,
            '?' => Kind::One,
            '/' => Kind::Slash,
            '[' => self.class(column)?,
            ']' => return Err(PatternError::StrayBracket { column }),
            c => Kind::Char(c),
        };
        Ok(Token { kind, column })
    }

    fn class(&mut self, open: usize) -> Result<Kind, PatternError> {
        let negated = self.chars.next_if(|(_, c)| *c == '!').is_some();
        let mut items: Vec<(char, char)> = Vec::new();
        let unclosed = PatternError::UnclosedClass { column: open };
        loop {
            let (column, start) = self.next().ok_or(unclosed.clone())?;
            match start {
                // First, `]` is a member.
                ']' if !items.is_empty() => break,
                '^' if items.is_empty() && !negated => return Err(PatternError::Caret { column: open }),
                '/' => return Err(PatternError::SlashInClass { column }),
                _ => {}
            }
            if self.chars.next_if(|(_, c)| *c == '-').is_none() {
                items.push((start, start));
                continue;
            }
            // At the end, `-` is a member.
            if self.chars.next_if(|(_, c)| *c == ']').is_some() {
                items.extend([(start, start), ('-', '-')]);
                break;
            }
            let (column, end) = self.next().ok_or(unclosed.clone())?;
            if end == '/' {
                return Err(PatternError::SlashInClass { column });
            }
            if end < start {
                return Err(PatternError::BackwardRange { start, end, column: column.saturating_sub(2) });
            }
            items.push((start, end));
        }
        let class = Class::new(negated, items);
        if let Some(c) = class.single() {
            return Ok(Kind::Char(c));
        }
        self.classes.push(class.encode());
        Ok(Kind::Class(self.classes.len() - 1))
    }
}

/// All combinations of the braces' alternatives.
fn expand(pieces: Vec<Piece>, limits: &Limits) -> Result<Vec<Vec<Token>>, PatternError> {
    let longest = limits.pattern_bytes.saturating_mul(EXPANSION);
    let mut all: Vec<Vec<Token>> = vec![Vec::new()];
    let mut total = 0_usize;
    let mut braces = 1;
    for piece in pieces {
        match piece {
            Piece::Plain(tokens) => {
                total = total.saturating_add(tokens.len().saturating_mul(all.len()));
                if total > longest {
                    return Err(PatternError::Expansion { limit: longest, column: braces });
                }
                all.iter_mut().for_each(|alternative| alternative.extend_from_slice(&tokens));
            }
            Piece::Either { alternatives, column } => {
                braces = column;
                let count = all.len().saturating_mul(alternatives.len());
                if count > limits.pattern_alternatives {
                    return Err(PatternError::Alternatives { limit: limits.pattern_alternatives, column });
                }
                let added: usize = alternatives.iter().map(Vec::len).sum();
                total = total.saturating_mul(alternatives.len()).saturating_add(added.saturating_mul(all.len()));
                if total > longest {
                    return Err(PatternError::Expansion { limit: longest, column });
                }
                let pairs = all.iter().flat_map(|start| alternatives.iter().map(move |end| (start, end)));
                all = pairs.map(|(start, end)| [start.as_slice(), end].concat()).collect();
            }
        }
    }
    Ok(all)
}

/// A segment of one alternative.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Characters only.
    Literal,
    /// `*`.
    Any,
    /// `**`.
    Deep,
    /// Anything else.
    Wild,
}

struct Segment {
    shape: Shape,
    tokens: Vec<Token>,
}

/// One alternative in canonical form.
fn glob(tokens: &[Token], classes: &[String], source: &Arc<str>, limits: &Limits) -> Result<Glob, PatternError> {
    let start = tokens.first().map_or(1, |token| token.column);
    // The root is made of plain characters, so it can be found in a text that has the others replaced.
    let skeleton: String = tokens.iter().map(|token| token.kind.skeleton()).collect();
    let root = name::root_len(&skeleton);
    let named = |error| PatternError::Name { error, column: start };
    name::scheme(&skeleton, root).map_err(named)?;
    let (root_tokens, path) = tokens.split_at_checked(root).unwrap_or((&[], tokens));

    let mut segments = Vec::new();
    let mut column = start;
    for part in path.split(|token| token.kind == Kind::Slash) {
        // An empty segment is blamed on the slash before it.
        column = part.first().map_or(column, |token| token.column);
        let segment = segment(part, column)?;
        let wild = matches!(segment.shape, Shape::Wild | Shape::Any);
        if root == 0 && segments.is_empty() && wild && part.last().is_some_and(|t| t.kind == Kind::Char(':')) {
            return Err(PatternError::SchemeWildcard { column });
        }
        column = part.last().map_or(column, |token| token.column) + 1;
        segments.push(segment);
    }
    if skeleton.starts_with("spiffe://") {
        spiffe(&segments)?;
    }
    let literal = segments.iter().all(|segment| segment.shape == Shape::Literal);
    let mut text = String::with_capacity(tokens.len());
    for token in root_tokens {
        token.write(true, classes, &mut text);
    }
    for (at, segment) in arrange(segments, root == 0).iter().enumerate() {
        if at > 0 {
            text.push('/');
        }
        segment.tokens.iter().for_each(|token| token.write(literal, classes, &mut text));
    }
    if literal {
        name::check_within(&text, limits.id_bytes).map_err(named)?;
    } else if let Some((_, error)) = name::first_bad(&text) {
        // Only now, `%[2]e` having become `%2e`.
        return Err(named(error));
    }
    let text = if text == **source { source.clone() } else { text.into() };
    Ok(if literal { Glob::literal(text) } else { Glob::wild(text) })
}

/// One segment: its shape, and in each run of wildcards the `?` before the `*`.
fn segment(part: &[Token], column: usize) -> Result<Segment, PatternError> {
    let kinds = || part.iter().map(|token| token.kind);
    let named = |error| Err(PatternError::Name { error, column });
    if part.is_empty() {
        return named(NameError::EmptySegment);
    }
    let literal = kinds().all(|kind| matches!(kind, Kind::Char(_)));
    if literal && part.len() < 3 && kinds().all(|kind| kind == Kind::Char('.')) {
        return named(NameError::DotSegment);
    }
    let stars = kinds().filter(|kind| *kind == Kind::Star).count();
    if stars == 2 && part.len() == 2 {
        return Ok(Segment { shape: Shape::Deep, tokens: part.to_vec() });
    }
    let double = part.windows(2).find(|pair| pair.iter().all(|token| token.kind == Kind::Star));
    if let Some(token) = double.and_then(<[Token]>::first) {
        return Err(PatternError::DoubleStar { column: token.column });
    }
    let mut tokens: Vec<Token> = Vec::with_capacity(part.len());
    let mut star = None;
    for token in part {
        match token.kind {
            Kind::Star => star = Some(*token),
            Kind::One => tokens.push(*token),
            Kind::Char(_) | Kind::Slash | Kind::Class(_) => {
                tokens.extend(star.take());
                tokens.push(*token);
            }
        }
    }
    tokens.extend(star);
    let shape = match tokens.as_slice() {
        [one] if one.kind == Kind::Star => Shape::Any,
        _ if literal => Shape::Literal,
        _ => Shape::Wild,
    };
    Ok(Segment { shape, tokens })
}

/// No SPIFFE id has other characters, so such a pattern could match nothing.
fn spiffe(segments: &[Segment]) -> Result<(), PatternError> {
    for (depth, segment) in segments.iter().enumerate() {
        for token in &segment.tokens {
            if let Kind::Char(c) = token.kind
                && !name::in_spiffe(depth, c)
            {
                return Err(PatternError::Name { error: NameError::Spiffe, column: token.column });
            }
        }
    }
    Ok(())
}

/// Puts runs of `*` and `**` segments in their one form, so that patterns of the same meaning are equal.
///
/// A run means "at least n segments": n times `*`, then `**`. At the end of a pattern `**` itself takes one. At the beginning of
/// a pattern without root `**` also means "whatever the root", so there it stays first (and a `*` that was first stays first).
fn arrange(segments: Vec<Segment>, rootless: bool) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::with_capacity(segments.len());
    let mut rest = segments.into_iter().peekable();
    while let Some(first) = rest.next() {
        if !matches!(first.shape, Shape::Any | Shape::Deep) {
            out.push(first);
            continue;
        }
        let leads = rootless && out.is_empty() && first.shape == Shape::Deep;
        let (mut any, mut deep) = (Vec::new(), Vec::new());
        // The run's last segment says whether a `**` at the pattern's end had to take one.
        let mut ends_deep = first.shape == Shape::Deep;
        if ends_deep {
            deep.push(first)
        } else {
            any.push(first)
        }
        while let Some(next) = rest.next_if(|next| matches!(next.shape, Shape::Any | Shape::Deep)) {
            ends_deep = next.shape == Shape::Deep;
            if ends_deep { deep.push(next) } else { any.push(next) }
        }
        let at_end = rest.peek().is_none();
        deep.truncate(1);
        if deep.is_empty() {
            out.append(&mut any);
        } else if leads {
            // `**/*` and `**` mean the same; with more, `**` first and then as many `*` as must be there.
            let least = any.len() + usize::from(at_end && ends_deep);
            if at_end && least <= 1 {
                out.append(&mut deep);
            } else {
                let spare = deep
                    .first()
                    .map(|deep| Token { kind: Kind::Star, column: deep.tokens.first().map_or(1, |t| t.column) });
                out.append(&mut deep);
                out.append(&mut any);
                if at_end && ends_deep {
                    out.extend(spare.map(|star| Segment { shape: Shape::Any, tokens: vec![star] }));
                }
            }
        } else {
            if at_end && !ends_deep {
                any.pop();
            }
            out.append(&mut any);
            out.append(&mut deep);
        }
    }
    out
}

impl Kind {
    /// A character that stands for it where only the root matters.
    fn skeleton(self) -> char {
        match self {
            Self::Char(c) => c,
            Self::Slash => '/',
            Self::Star | Self::One | Self::Class(_) => '*',
        }
    }
}

impl Token {
    fn write(&self, literal: bool, classes: &[String], text: &mut String) {
        match self.kind {
            Kind::Char(c @ ('*' | '?' | '[')) if !literal => text.extend(['[', c, ']']),
            Kind::Char(c) => text.push(c),
            Kind::Slash => text.push('/'),
            Kind::Star => text.push('*'),
            Kind::One => text.push('?'),
            Kind::Class(at) => {
                text.push('[');
                text.push_str(classes.get(at).map_or("", String::as_str));
                text.push(']');
            }
        }
    }
}
