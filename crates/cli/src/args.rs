//! What may be written on the command line.
//!
//! Next room: [`crate::terminal`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use placet::time::Timestamp;

/// Zero Trust policies for AI agents: check them, ask them, test them.
#[derive(Parser)]
#[command(
    name = "placet",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done, 1 what was checked is wrong, 2 wrong usage or unreadable input.\n\
                  Colours appear on terminals only; NO_COLOR switches them off."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say everything that is wrong with policy documents, with file, line and column
    Check(CheckArgs),
    /// Answer requests: JSON in, one JSON answer per line out
    Decide(DecideArgs),
    /// Say why a request is answered as it is, and what would change the answer
    Explain(ExplainArgs),
    /// Show a recorded session call by call: labels, what is held up, where it is cut
    Flow(FlowArgs),
    /// Run the tests that stand beside the policies
    Test(TestArgs),
}

#[derive(Args)]
#[command(after_help = "Example: placet check policies/")]
pub(crate) struct CheckArgs {
    /// Files, and folders with .yaml, .yml or .json files at any depth; together they are one policy
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Exit with 1 on warnings too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Print {"errors": [...], "warnings": [...], "summary": {...}}
    #[arg(long)]
    pub(crate) json: bool,
}

/// What requests are judged by, and where they are.
#[derive(Args)]
pub(crate) struct Asked {
    /// Files and folders of the policy
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Requests: one JSON object, or one per line; `-` is standard input
    #[arg(long, default_value = "-", value_name = "FILE")]
    pub(crate) request: PathBuf,
    /// Time of requests that have no context.time [default: the clock]
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<Timestamp>,
    /// Security events that have happened, one JSON payload per line, whose signatures were checked
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// Print the policy's warnings, not only how many there are
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Args)]
#[command(
    after_help = "A request is OpenID AuthZEN: subject, action, resource, context; or a batch of them (evaluations).\n\
                  A line that is no request is denied with request.malformed, and the next one is judged.\n\
                  A deny is an answer: the exit code is 0.\n\n\
                  Example: placet decide --policy policies/ --request requests.jsonl"
)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Append an audit record of every decision to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// One line for people per request: verdict, who and through whom, what, the first reason
    #[arg(long, conflicts_with = "json")]
    pub(crate) pretty: bool,
    /// One JSON answer per line, which is the default
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Explanations name facts and ids of the policy: show them to operators, never to a model.\n\n\
                        Example: placet explain --policy policies/ --request requests.jsonl --id eval-17")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Only the request with this evaluation id, or `line-N`
    #[arg(long, value_name = "EVALUATION_ID")]
    pub(crate) id: Option<String>,
    /// Besides, what the answer would be for each value that matters of each fact that the request does not state
    #[arg(long)]
    pub(crate) what_if: bool,
    /// Print one JSON explanation per line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "A session is JSON Lines: {\"prompt\": TEXT} first, then for each call\n\
                        {\"request\": {...}, \"result\": ANY, \"withheld\": BOOL, \"inputs\": {ARGUMENT: [...]},\n\
                        \"document\": TEXT, \"dated\": TIME}.\n\n\
                        Example: placet flow session.jsonl --policy policies/")]
pub(crate) struct FlowArgs {
    /// The session
    #[arg(value_name = "SESSION")]
    pub(crate) session: PathBuf,
    /// Files and folders of the policy
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "Example: placet test policies/ --filter invoice")]
pub(crate) struct TestArgs {
    /// Files and folders of the policy and its tests
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only tests whose name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Print {"results": [...], "summary": {"passed": N, "failed": N}}
    #[arg(long)]
    pub(crate) json: bool,
}
