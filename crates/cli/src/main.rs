//! The command line of placet: are the policies sound, what do they answer, why, and is that what their tests expect?
//!
//! INVARIANT: exit code 0: done; 1: what was checked is wrong (unsound documents, failed tests); 2: wrong usage or unreadable
//! input. A denied request is an answer, not a failure. Uses only the public API of the library.
//!
//! Rooms: [`args`] what may be written; [`terminal`] what people see; [`policy`] loading; [`input`] requests from a stream;
//! [`judge`] one request or batch; then a room for each subcommand.

mod args;
mod check;
mod decide;
mod explain;
mod flow;
mod input;
mod judge;
mod policy;
mod pretty;
mod terminal;
mod test;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};

/// Why a subcommand could not do its work.
enum Failure {
    /// The thing checked is wrong; what is wrong has been said.
    Wrong,
    /// Wrong usage or unreadable input.
    Input(String),
    /// Nobody reads the output any more.
    Closed,
}

type Outcome = Result<(), Failure>;

/// An error of writing to standard output.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        Self::Input(format!("cannot write: {error}"))
    }
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(args) => check::run(&args),
        Command::Decide(args) => decide::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Flow(args) => flow::run(&args),
        Command::Test(args) => test::run(&args),
    };
    match outcome {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Wrong) => ExitCode::from(1),
        Err(Failure::Input(message)) => {
            terminal::error(&message);
            ExitCode::from(2)
        }
    }
}
