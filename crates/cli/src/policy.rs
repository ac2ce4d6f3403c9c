//! Which policy? Documents from files and folders, with everything that is wrong with them said.
//!
//! Next room: [`crate::input`].

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use placet::document::Validated;
use placet::files::{self, LoadError};
use placet::{CompiledPolicy, Directory, Engine, Limits};

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
