//! Where are the requests? One JSON object or JSON Lines, from a file or standard input, in pieces of bounded size.
//!
//! INVARIANT: never more than [`PIECE`] bytes and one line of the limit's length are held, however long the input and its lines are; what
//! has arrived is handed on at once, so that a program that asks line by line gets its answers line by line.
//!
//! Next room: [`crate::judge`].

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::IgnoredAny;

use crate::Failure;

/// How much is read at once, in bytes: some hundreds of requests.
const PIECE: usize = 256 << 10;

/// A part of the input.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Whole lines, the last with or without its end; with the number of the first.
    Lines { first: usize, bytes: Vec<u8> },
    /// The whole input: one JSON object over several lines.
    Whole(Vec<u8>),
    /// A line that is longer than allowed; it was counted and passed over.
    TooLong { line: usize, length: usize },
}

impl Piece {
    /// Its requests: number of the line, and its text or only its length.
    pub(crate) fn requests(&self) -> Vec<(usize, Result<&[u8], usize>)> {
        match self {
            Self::Whole(bytes) => vec![(1, Ok(bytes.as_slice()))],
            Self::TooLong { line, length } => vec![(*line, Err(*length))],
            Self::Lines { first, bytes } => {
                let lines = (*first..).zip(bytes.split(|byte| *byte == b'\n'));
                let lines = lines.map(|(number, line)| (number, line.strip_suffix(b"\r").unwrap_or(line)));
                lines
                    .filter(|(_, line)| !line.trim_ascii().is_empty())
                    .map(|(number, line)| (number, Ok(line)))
                    .collect()
            }
        }
    }

    /// Its size in the input, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) | Self::Lines { bytes, .. } => bytes.len(),
            Self::TooLong { length, .. } => *length,
        }
    }
}

/// What a first line says of the form of the input.
enum Form {
    Lines,
    Whole,
    /// One object, longer than a request may be.
    TooLong,
}

/// The input, piece by piece.
pub(crate) struct Input {
    source: Box<dyn Read + Send>,
    /// Size in bytes, if it is a file.
    pub(crate) size: Option<u64>,
    limit: usize,
    /// Read and not yet handed on.
    rest: Vec<u8>,
    /// Number of the line that `rest` begins with.
    line: usize,
    started: bool,
    ended: bool,
}

impl Input {
    /// The requests in a file, or on standard input (`-`).
    pub(crate) fn open(path: &Path, limit: usize) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            if io::IsTerminal::is_terminal(&io::stdin()) {
                crate::terminal::note("reading requests from the terminal; end with Ctrl-D");
            }
            return Ok(Self::new(Box::new(io::stdin()), None, limit));
        }
        let unreadable = |error: io::Error| Failure::Input(format!("cannot read `{}`: {error}", path.display()));
        let file = File::open(path).map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        if meta.is_dir() {
            return Err(Failure::Input(format!("cannot read `{}`: it is a folder", path.display())));
        }
        Ok(Self::new(Box::new(file), meta.is_file().then_some(meta.len()), limit))
    }

    fn new(source: Box<dyn Read + Send>, size: Option<u64>, limit: usize) -> Self {
        Self { source, size, limit, rest: Vec::new(), line: 1, started: false, ended: false }
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        if !self.started {
            self.started = true;
            match self.form()? {
                Form::Lines => {}
                Form::Whole => return Ok(Some(Piece::Whole(std::mem::take(&mut self.rest)))),
                Form::TooLong => return Ok(Some(Piece::TooLong { line: 1, length: self.skip(|_| None)? })),
            }
        }
        loop {
            if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(end + 1);
                let bytes = std::mem::replace(&mut self.rest, rest);
                let first = self.line;
                self.line += bytes.iter().filter(|byte| **byte == b'\n').count();
                return Ok(Some(Piece::Lines { first, bytes }));
            }
            if self.ended {
                let bytes = std::mem::take(&mut self.rest);
                return Ok((!bytes.is_empty()).then_some(Piece::Lines { first: self.line, bytes }));
            }
            // The end of the line is not counted.
            if self.rest.len() > self.limit + 1 {
                let line = self.line;
                self.line += 1;
                let length = self.skip(|bytes| bytes.iter().position(|byte| *byte == b'\n'))?;
                return Ok(Some(Piece::TooLong { line, length }));
            }
            self.fill()?;
        }
    }

    /// Reads what has arrived.
    fn fill(&mut self) -> io::Result<()> {
        let before = self.rest.len();
        self.rest.resize(before + PIECE, 0);
        let read = loop {
            match self.source.read(self.rest.get_mut(before..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.rest.truncate(before + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(())
    }

    /// Passes over everything up to a place (and the byte there), or to the end; how many bytes that were.
    fn skip(&mut self, place: impl Fn(&[u8]) -> Option<usize>) -> io::Result<usize> {
        let mut length = 0;
        loop {
            if let Some(at) = place(&self.rest) {
                self.rest.drain(..=at);
                return Ok(length + at);
            }
            length += self.rest.len();
            self.rest.clear();
            if self.ended {
                return Ok(length);
            }
            self.fill()?;
        }
    }

    /// Whether the input is lines or one object over several lines. Reads ahead only if the first line is no object of its own.
    fn form(&mut self) -> io::Result<Form> {
        while self.rest.len() < 3 && !self.ended {
            self.fill()?;
        }
        if matches!(self.rest.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16: save it as UTF-8"));
        }
        // A byte order mark says nothing in UTF-8.
        if self.rest.starts_with(b"\xef\xbb\xbf") {
            self.rest.drain(..3);
        }
        let first = loop {
            let text = self.rest.trim_ascii_start();
            let end = text.iter().position(|byte| *byte == b'\n');
            match end {
                Some(end) => break text.get(..end).unwrap_or_default().trim_ascii_end().to_vec(),
                None if self.ended || self.rest.len() > self.limit + 1 => return Ok(Form::Lines),
                None => self.fill()?,
            }
        };
        match serde_json::from_slice::<IgnoredAny>(&first) {
            Err(error) if error.is_eof() => {}
            Ok(_) | Err(_) => return Ok(Form::Lines),
        }
        while !self.ended && self.rest.len() <= self.limit {
            self.fill()?;
        }
        if self.ended && serde_json::from_slice::<IgnoredAny>(&self.rest).is_ok() {
            return Ok(Form::Whole);
        }
        // Not JSON as a whole: as lines, unless it is laid out as one object, whose fault is then told once.
        let laid_out = first == b"{" && !self.rest.trim_ascii_start().windows(2).any(|pair| pair == b"\n{");
        Ok(match (laid_out, self.rest.len() > self.limit) {
            (false, _) => Form::Lines,
            (true, true) => Form::TooLong,
            (true, false) => Form::Whole,
        })
    }
}
