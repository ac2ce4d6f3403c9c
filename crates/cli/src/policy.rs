//! Which policy? Documents from files and folders, with everything that is wrong with them said.
//!
//! Next room: [`crate::input`].

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use placet::document::Validated;
use placet::files::{self, LoadError};
use placet::signal::{self, CheckPolicy, Outcome, SecurityEvent, VerifiedSet};
use placet::time::Timestamp;
use placet::{CompiledPolicy, Directory, Engine, Limits};

use crate::args::Asked;
use crate::judge::clock;
use crate::{Failure, terminal};

/// The policy in these files and folders, for subcommands that are not about its soundness.
pub(crate) fn load(paths: &[PathBuf], verbose: bool) -> Result<Validated, Failure> {
    match files::load_all(paths, &Limits::default()) {
        Ok(policy) => {
            let warnings = policy.warnings();
            let number = warnings.0.len();
            if verbose {
                for warning in &warnings.0 {
                    writeln!(terminal::stderr(), "{}", terminal::diagnostic(warning))?;
                }
            } else if number > 0 {
                let number = terminal::count(number, "warning");
                terminal::note(&format!("{number} about the policy: run `placet check` or add --verbose"));
            }
            Ok(policy)
        }
        Err(LoadError::Unsound(found)) => {
            for diagnostic in &found.0 {
                writeln!(terminal::stderr(), "{}", terminal::diagnostic(diagnostic))?;
            }
            terminal::error("the policy is not sound");
            Err(Failure::Wrong)
        }
        Err(unreadable) => Err(Failure::Input(unreadable.to_string())),
    }
}

/// The engine of a policy that also says who exists.
pub(crate) fn engine(policy: &Validated) -> Engine {
    let mut limits = Limits::default();
    // Batches get the time filled in before they are judged; what users may send is checked against the default.
    limits.request_bytes *= 2;
    limits.batch_bytes *= 2;
    Engine::new(Arc::new(CompiledPolicy::new(policy, &limits)), Arc::new(Directory::of(policy)))
}

/// The same, knowing what has happened.
pub(crate) fn informed(engine: Engine, asked: &Asked) -> Result<Engine, Failure> {
    let Some(path) = &asked.events else { return Ok(engine) };
    let file =
        File::open(path).map_err(|error| Failure::Input(format!("cannot read `{}`: {error}", path.display())))?;
    let now = asked.now.or_else(clock);
    let now = now.ok_or_else(|| Failure::Input("the clock cannot be read: say the time with --now".to_owned()))?;
    let events =
        events(file, now, &Limits::default()).map_err(|wrong| Failure::Input(format!("{}:{wrong}", path.display())))?;
    let (revocations, outcomes) = engine.revocations().apply_all(&events, &**engine.directory());
    if outcomes.contains(&Outcome::Saturated) {
        terminal::note("more was revoked than is remembered: older tokens are challenged, or all are denied");
    }
    Ok(engine.with_revocations(Arc::new(revocations), CheckPolicy::default()))
}

/// Reads events, or says at which line what is wrong.
fn events(file: File, received_at: Timestamp, limits: &Limits) -> Result<Vec<SecurityEvent>, String> {
    let mut events = Vec::new();
    let mut lines = BufReader::new(file);
    for number in 1usize.. {
        let (mut line, most) = (Vec::new(), u64::try_from(limits.request_bytes).unwrap_or(u64::MAX));
        let read =
            lines.by_ref().take(most).read_until(b'\n', &mut line).map_err(|error| format!("{number}: {error}"))?;
        if read == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let payload = serde_json::from_slice(&line).map_err(|error| format!("{number}: no JSON object: {error}"))?;
        let set = VerifiedSet::assert_verified(payload);
        events.push(signal::parse(&set, received_at, limits).map_err(|error| format!("{number}: {error}"))?);
    }
    Ok(events)
}
