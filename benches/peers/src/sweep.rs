//! What is measured? One dimension at a time.
//!
//! | sweep | what changes |
//! | --- | --- |
//! | `rules` | how many rules there are; also threads, memory, loading |
//! | `answers` | what the answer is: allowed, forbidden, no permit |
//! | `conditions` | how many clauses the conditions of permits have |
//! | `chain` | through how many actors a call goes |
//! | `adversarial` | what rules have in common, to mislead an index |
//! | `apps` | how many entities each of Cedar's three applications has |
//! | `clauses` | nothing: one condition by itself, no engine |
//! | `swap` | what another thread does to the policy while decisions are made |
//! | `reload` | nothing: what it takes to load a thousand documents, and one of them again |

use crate::{Options, all, apps};

/// One dimension.
pub struct Sweep {
    pub name: &'static str,
    workloads: &'static [&'static str],
    /// Which engines; all that are built where there are none.
    engines: &'static [&'static str],
    /// Rules, or entities of applications.
    sizes: &'static [usize],
    quick: &'static [usize],
}

const ONE_SIZE: &[usize] = &[1_000];

pub const SWEEPS: [Sweep; 9] = [
    Sweep {
        name: "rules",
        workloads: &["agents"],
        engines: &[],
        sizes: &[10, 100, 1_000, 10_000, 100_000],
        quick: &[10, 100, 1_000, 10_000],
    },
    Sweep {
        name: "answers",
        workloads: &["agents/allow", "agents/forbid", "agents/no-permit"],
        engines: &[],
        sizes: ONE_SIZE,
        quick: ONE_SIZE,
    },
    Sweep {
        name: "conditions",
        workloads: &[
            "conditions/0",
            "conditions/1",
            "conditions/2",
            "conditions/3",
            "conditions/4",
            "conditions/5",
            "conditions/6",
            "conditions/7",
            "conditions/8",
        ],
        engines: &[],
        sizes: ONE_SIZE,
        quick: ONE_SIZE,
    },
    Sweep {
        name: "chain",
        workloads: &["chain/0", "chain/1", "chain/2", "chain/3", "chain/4"],
        engines: &[],
        sizes: ONE_SIZE,
        quick: ONE_SIZE,
    },
    Sweep {
        name: "adversarial",
        workloads: &["everything", "one-tool", "nests", "globs"],
        engines: &["placet", "placet-registered", "linear", "cedar"],
        sizes: &[1_000, 10_000, 100_000],
        quick: &[1_000, 10_000],
    },
    Sweep { name: "apps", workloads: &apps::NAMES, engines: &apps::ENGINES, sizes: &[5, 20, 50, 500], quick: &[5, 50] },
    Sweep { name: "clauses", workloads: &["clauses"], engines: &["clauses"], sizes: &[1], quick: &[1] },
    Sweep { name: "swap", workloads: &["swap"], engines: &["placet"], sizes: &[1_000, 10_000], quick: ONE_SIZE },
    Sweep { name: "reload", workloads: &["reload"], engines: &["placet"], sizes: &[100_000], quick: &[10_000] },
];

/// The sweep of a name.
///
/// # Errors
/// Where there is none.
pub fn find(name: &str) -> Result<&'static Sweep, String> {
    let names = || SWEEPS.map(|sweep| sweep.name).join(", ");
    SWEEPS.iter().find(|sweep| sweep.name == name).ok_or_else(|| format!("no sweep `{name}`; there are {}", names()))
}

/// All engines of all sweeps that are built.
pub fn engines() -> Vec<&'static str> {
    let mut names: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
    names.push("placet-conditions");
    names
}

/// What is to be measured: engine, workload and size of each.
pub fn measurements(options: &Options) -> Vec<(&'static str, &'static str, usize)> {
    let built = engines();
    let mut measurements = vec![];
    for sweep in &options.sweeps {
        let of_all: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
        let engines = if sweep.engines.is_empty() { of_all } else { sweep.engines.to_vec() };
        let is_chosen = |name: &&str| options.engines.as_ref().is_none_or(|chosen| chosen.iter().any(|c| c == name));
        // One condition by itself is of no engine.
        let is_built = |name: &&str| sweep.name == "clauses" || (built.contains(name) && is_chosen(name));
        let sizes = if options.quick { sweep.quick } else { sweep.sizes };
        let sizes = options.rules.as_deref().filter(|_| sweep.name != "clauses").unwrap_or(sizes);
        // A tenth of a second a decision, and gigabytes.
        let is_bearable =
            |engine: &str, size: usize| !(sweep.name == "adversarial" && engine == "cedar" && size > 10_000);
        for &workload in sweep.workloads {
            for engine in engines.iter().copied().filter(is_built) {
                let sizes = sizes.iter().filter(|size| is_bearable(engine, **size));
                measurements.extend(sizes.map(|size| (engine, workload, *size)));
            }
        }
    }
    measurements
}
