//! `placet decide`: what is the answer to each request?
//!
//! A reader hands pieces of the input to as many judges as there are cores, in turn, and the writer takes their answers in the same
//! turn: the order is kept, and what waits is bounded by the channels. INVARIANT: no answer is written before its record is.
//!
//! Next room: [`crate::pretty`].

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use placet::audit::Keep;
use placet::{Decision, Limits, Record, Request};

use crate::args::DecideArgs;
use crate::input::{Input, Piece};
use crate::judge::Judge;
use crate::pretty::Columns;
use crate::{Failure, Outcome, policy, terminal};

/// What became of a piece.
struct Done {
    answers: Vec<u8>,
    records: Vec<u8>,
    requests: usize,
    read: usize,
}

pub(crate) fn run(args: &DecideArgs) -> Outcome {
    let limit = Limits::default().request_bytes;
    let mut input = Input::open(&args.asked.request, limit)?;
    let record = args.record.as_ref().map(|path| {
        let open = OpenOptions::new().create(true).append(true).open(path);
        open.map_err(|error| Failure::Input(format!("cannot write `{}`: {error}", path.display())))
    });
    let policy = policy::load(&args.asked.policy, args.asked.verbose)?;
    let engine = policy::informed(policy::engine(&policy), &args.asked)?;
    let judge = Judge { engine: &engine, now: args.asked.now, limit };
    let mut writer =
        Writer { record: record.transpose()?, pretty: args.pretty, progress: Progress::new(input.size), requests: 0 };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let judge = &judge;
    let outcome = thread::scope(|scope| {
        let (mut senders, mut receivers): (Vec<SyncSender<Piece>>, Vec<Receiver<Done>>) = (Vec::new(), Vec::new());
        for _ in 0..cores {
            let (to_judge, pieces) = mpsc::sync_channel::<Piece>(1);
            let (to_writer, done) = mpsc::sync_channel::<Done>(1);
            senders.push(to_judge);
            receivers.push(done);
            scope.spawn(move || {
                for piece in pieces {
                    if to_writer.send(work(judge, &piece, args)).is_err() {
                        break;
                    }
                }
            });
        }
        let reader = scope.spawn(move || {
            for judge in senders.iter().cycle() {
                let Some(piece) = input.next()? else { break };
                if judge.send(piece).is_err() {
                    break;
                }
            }
            io::Result::Ok(())
        });
        // The reader gives in turn, so the first judge without an answer had nothing more to judge.
        for done in receivers.iter().cycle() {
            let Ok(done) = done.recv() else { break };
            if let Err(failure) = writer.write(&done) {
                // The reader may wait for input that never comes, so it is not waited for.
                writer.progress.clear();
                match failure {
                    Failure::Closed => std::process::exit(0),
                    Failure::Input(message) => terminal::error(&message),
                    Failure::Wrong => {}
                }
                std::process::exit(2);
            }
        }
        writer.progress.clear();
        reader.join()
    });
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            return Err(Failure::Input(format!("cannot read `{}`: {error}", args.asked.request.display())));
        }
        Err(_) => return Err(Failure::Input("reading failed".to_owned())),
    }
    if writer.requests == 0 {
        terminal::note("there was no request");
    }
    Ok(())
}

/// Judges the requests of a piece.
fn work(judge: &Judge<'_>, piece: &Piece, args: &DecideArgs) -> Done {
    let requests = piece.requests();
    let mut done = Done { answers: Vec::new(), records: Vec::new(), requests: requests.len(), read: piece.len() };
    let mut lines = Vec::new();
    let columns = Columns::fit();
    for (_, text) in requests {
        let mut answer = Vec::new();
        let records = &mut done.records;
        let mut seen = |request: &Request<'_>, decision: &Decision<'_>| {
            if args.record.is_some() {
                // A record is texts and numbers; written to memory, so it cannot fail.
                let _ = serde_json::to_writer(&mut *records, &Record::new(decision, request, Keep::Digests));
                records.push(b'\n');
            }
            if args.pretty {
                columns.line(request, decision, &mut lines);
            }
        };
        let wanted = args.record.is_some() || args.pretty;
        judge.answer(text, &mut answer, if wanted { Some(&mut seen) } else { None });
        if !args.pretty {
            done.answers.append(&mut answer);
            done.answers.push(b'\n');
        }
    }
    if args.pretty {
        done.answers = lines;
    }
    done
}

/// Writes in order.
struct Writer {
    record: Option<File>,
    pretty: bool,
    progress: Progress,
    requests: usize,
}

impl Writer {
    fn write(&mut self, done: &Done) -> Outcome {
        if let Some(record) = &mut self.record {
            record.write_all(&done.records).map_err(|error| Failure::Input(format!("cannot record: {error}")))?;
        }
        if self.pretty {
            let mut out = terminal::stdout();
            out.write_all(&done.answers)?;
            out.flush()?;
        } else {
            let mut out = io::stdout().lock();
            out.write_all(&done.answers)?;
            out.flush()?;
        }
        self.requests += done.requests;
        self.progress.step(self.requests, done.read);
        Ok(())
    }
}

/// How far it is, on a terminal's standard error, where answers go elsewhere.
struct Progress {
    shown: bool,
    total: Option<u64>,
    read: u64,
    begun: Instant,
    last: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "how long people have waited is no part of any decision")]
impl Progress {
    fn new(total: Option<u64>) -> Self {
        let shown = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { shown, total, read: 0, begun: Instant::now(), last: None }
    }

    fn step(&mut self, requests: usize, read: usize) {
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        let since = self.last.unwrap_or(self.begun).elapsed();
        // Nobody wants to see progress of what takes no time.
        if !self.shown || since < Duration::from_millis(if self.last.is_some() { 200 } else { 500 }) {
            return;
        }
        self.last = Some(Instant::now());
        let share = self.total.filter(|total| *total > 0).map(|total| format!(", {} %", self.read * 100 / total));
        let requests = terminal::count(requests, "request");
        let _ = write!(io::stderr(), "\r\x1b[K{requests}{}", share.unwrap_or_default());
    }

    fn clear(&self) {
        if self.last.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
