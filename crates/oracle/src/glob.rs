//! Which ids does a pattern mean? The table of `placet::pattern`, read naively from the pattern's text.
//!
//! Braces are written out, the text is cut at its slashes, and segments are compared by trying everything.

/// Whether the id matches the pattern.
#[must_use]
pub fn matches(pattern: &str, id: &str) -> bool {
    let chars: Vec<char> = pattern.chars().collect();
    written_out(&chars).iter().any(|alternative| one(alternative, id))
}

/// A part of a pattern without braces.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Char(char),
    Star,
    One,
    Class(bool, Vec<(char, char)>),
}

/// The alternatives that the braces mean.
fn written_out(chars: &[char]) -> Vec<Vec<Part>> {
    let mut all: Vec<Vec<Part>> = vec![Vec::new()];
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if *c != '{' {
            let (part, next) = part(chars, at);
            all.iter_mut().for_each(|alternative| alternative.push(part.clone()));
            at = next;
            continue;
        }
        let mut choices: Vec<Vec<Part>> = vec![Vec::new()];
        at += 1;
        loop {
            match chars.get(at) {
                None | Some('}') => break,
                Some(',') => {
                    choices.push(Vec::new());
                    at += 1;
                }
                Some(_) => {
                    let (part, next) = part(chars, at);
                    if let Some(last) = choices.last_mut() {
                        last.push(part);
                    }
                    at = next;
                }
            }
        }
        at += 1;
        all = all.iter().flat_map(|start| choices.iter().map(|end| [start.clone(), end.clone()].concat())).collect();
    }
    all
}

/// The part that begins at a place, and the place after it.
fn part(chars: &[char], at: usize) -> (Part, usize) {
    match chars.get(at) {
        Some('*') => (Part::Star, at + 1),
        Some('?') => (Part::One, at + 1),
        Some('[') => class(chars, at + 1),
        Some(c) => (Part::Char(*c), at + 1),
        None => (Part::Char('\0'), at + 1),
    }
}

fn class(chars: &[char], mut at: usize) -> (Part, usize) {
    let negated = chars.get(at) == Some(&'!');
    at += usize::from(negated);
    let mut ranges = Vec::new();
    while let Some(start) = chars.get(at).copied() {
        at += 1;
        // First, `]` is a member.
        if start == ']' && !ranges.is_empty() {
            break;
        }
        match (chars.get(at), chars.get(at + 1)) {
            // At the end, `-` is a member.
            (Some('-'), Some(']')) => {
                ranges.extend([(start, start), ('-', '-')]);
                at += 2;
                break;
            }
            (Some('-'), Some(end)) => {
                ranges.push((start, *end));
                at += 2;
            }
            (_, _) => ranges.push((start, start)),
        }
    }
    (Part::Class(negated, ranges), at)
}

/// How many characters of a text are its root: `/`, `scheme:/`, `scheme://`, `scheme:///`.
fn root(chars: &[Option<char>]) -> usize {
    if chars.first() == Some(&Some('/')) {
        return 1;
    }
    let letter = |c: &&Option<char>| matches!(c, Some(c) if c.is_ascii_alphanumeric() || "+-.".contains(*c));
    let scheme = chars.iter().take_while(letter).count();
    if scheme == 0 || chars.get(scheme) != Some(&Some(':')) {
        return 0;
    }
    let slashes = chars.iter().skip(scheme + 1).take(3).take_while(|c| **c == Some('/')).count();
    if slashes == 0 { 0 } else { scheme + 1 + slashes }
}

fn one(pattern: &[Part], id: &str) -> bool {
    let id: Vec<char> = id.chars().collect();
    let skeleton: Vec<Option<char>> =
        pattern.iter().map(|part| if let Part::Char(c) = part { Some(*c) } else { None }).collect();
    let own = root(&skeleton);
    let given = root(&id.iter().map(|c| Some(*c)).collect::<Vec<_>>());
    let (own_root, own_path) = pattern.split_at(own);
    let (id_root, id_path) = id.split_at(given);
    let segments: Vec<&[Part]> = own_path.split(|part| *part == Part::Char('/')).collect();
    let parts: Vec<&[char]> = id_path.split(|c| *c == '/').collect();
    let anywhere = own == 0 && segments.first().is_some_and(|first| is_deep(first));
    let roots = own_root.iter().map(|part| if let Part::Char(c) = part { *c } else { '\0' });
    (anywhere || roots.eq(id_root.iter().copied())) && path(&segments, &parts)
}

fn is_deep(segment: &[Part]) -> bool {
    segment == [Part::Star, Part::Star]
}

fn path(pattern: &[&[Part]], id: &[&[char]]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return id.is_empty() };
    if is_deep(first) {
        // At the end at least one segment, elsewhere any number.
        let least = usize::from(rest.is_empty());
        return (least..=id.len()).any(|taken| path(rest, id.split_at(taken).1));
    }
    let Some((own, others)) = id.split_first() else { return false };
    segment(first, own) && path(rest, others)
}

fn segment(pattern: &[Part], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    if *first == Part::Star {
        return (0..=text.len()).any(|taken| segment(rest, text.split_at(taken).1));
    }
    let Some((c, others)) = text.split_first() else { return false };
    let fits = match first {
        Part::Char(own) => own == c,
        Part::One => true,
        Part::Class(negated, ranges) => ranges.iter().any(|(start, end)| start <= c && c <= end) != *negated,
        Part::Star => false,
    };
    fits && segment(rest, others)
}
