//! How does placet compare? The same rules and requests on every engine, each checked against a plain reference first.
//!
//! ```text
//! cargo run --release -- [--quick] [--json] [--sweeps a,b] [--engines a,b] [--rules n,m] [--svg FILE]
//! cargo run --release -- --from LINES [--svg FILE]
//! ```
//!
//! Each measurement has a process of its own, so that its memory is its own.

mod alloc;
mod apps;
mod chart;
mod clauses;
mod engine;
mod engines;
mod measure;
mod reference;
#[cfg(feature = "placet")]
mod reload;
mod sets;
#[cfg(feature = "placet")]
mod swap;
mod sweep;
mod workload;

use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use engine::EngineUnderTest;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const SEED: u64 = 0x5EED_2026;
const REQUESTS: usize = 2000;
const USAGE: &str = "usage: placet-peers [--quick] [--json] [--sweeps a,b] [--engines a,b] [--rules n,m] [--svg FILE]\n\
                     or: placet-peers --from LINES [--svg FILE]";

type Measure = fn(&workload::Workload, bool) -> Result<Vec<Value>, String>;

macro_rules! engines {
    ($($(#[$when:meta])* $engine:ty),* $(,)?) => {
        /// All engines that are built.
        fn all() -> Vec<(&'static str, Measure)> {
            vec![$($(#[$when])* (<$engine as EngineUnderTest>::NAME, measure::rules::<$engine> as Measure)),*]
        }
    };
}

engines! {
    #[cfg(feature = "placet")]
    engines::placet::Placet<false>,
    #[cfg(feature = "placet")]
    engines::placet::Placet<true>,
    engines::index::Indexed,
    engines::linear::Linear,
    #[cfg(feature = "cedar")]
    engines::cedar::Cedar,
    #[cfg(feature = "cedar")]
    engines::cedar::CedarSliced,
    #[cfg(feature = "regorus")]
    engines::regorus::Regorus<true>,
    #[cfg(feature = "regorus")]
    engines::regorus::Regorus<false>,
    #[cfg(feature = "casbin")]
    engines::casbin::Casbin,
    #[cfg(feature = "gatehouse")]
    engines::gatehouse::Gatehouse,
    #[cfg(feature = "cel")]
    engines::cel::Cel,
}

/// What to do.
struct Options {
    quick: bool,
    json: bool,
    svg: Option<String>,
    /// Lines that were measured before.
    from: Option<String>,
    sweeps: Vec<&'static sweep::Sweep>,
    /// All that a sweep has, if none is chosen.
    engines: Option<Vec<String>>,
    /// The sizes of the sweep, if none is chosen.
    rules: Option<Vec<usize>>,
    /// One engine on one workload at one size, in this process.
    one: Option<String>,
    workload: String,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        quick: false,
        json: false,
        svg: None,
        from: None,
        sweeps: sweep::SWEEPS.iter().collect(),
        engines: None,
        rules: None,
        one: None,
        workload: "agents".to_owned(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--json" => options.json = true,
            "--svg" => options.svg = Some(value()?),
            "--from" => options.from = Some(value()?),
            "--one" => options.one = Some(value()?),
            "--workload" => options.workload = value()?,
            "--sweeps" => options.sweeps = value()?.split(',').map(sweep::find).collect::<Result<_, _>>()?,
            "--engines" => {
                let chosen: Vec<String> = value()?.split(',').map(str::to_owned).collect();
                let known = sweep::engines();
                if let Some(unknown) = chosen.iter().find(|name| !known.contains(&&***name)) {
                    return Err(format!("no engine `{unknown}`; there are {}", known.join(", ")));
                }
                options.engines = Some(chosen);
            }
            "--rules" => {
                let sizes: Result<Vec<usize>, _> = value()?.split(',').map(str::parse).collect();
                let sizes = sizes.map_err(|error| format!("`--rules`: {error}"))?;
                if sizes.contains(&0) {
                    return Err("`--rules`: at least 1".to_owned());
                }
                options.rules = Some(sizes);
            }
            _ => return Err(format!("unknown argument `{argument}`")),
        }
    }
    Ok(options)
}

/// Measures one engine on one workload here.
fn one(name: &str, options: &Options) -> Result<Vec<Value>, String> {
    let workload = &*options.workload;
    let size = options.rules.as_ref().and_then(|sizes| sizes.first()).copied().unwrap_or(1_000);
    match workload {
        "clauses" => return Ok(clauses::run(options.quick)),
        _ if apps::NAMES.contains(&workload) => return apps::run(workload, name, size, options.quick),
        #[cfg(feature = "placet")]
        "swap" => return swap::run(&sets::generate("agents", size, REQUESTS, SEED)?, options.quick),
        #[cfg(feature = "placet")]
        "reload" => return Ok(reload::run(&workload::world(size, SEED).0, options.quick)),
        _ => {}
    }
    let measure = all().into_iter().find(|(engine, _)| *engine == name).ok_or_else(|| format!("no engine `{name}`"))?.1;
    measure(&sets::generate(workload, size, REQUESTS, SEED)?, options.quick)
}

/// Measures one engine in a process of its own.
fn apart(name: &str, workload: &str, size: usize, options: &Options) -> Result<Vec<Value>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["--one", name, "--workload", workload, "--rules", &size.to_string()]).stderr(Stdio::inherit());
    if options.quick {
        command.arg("--quick");
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    if output.status.success() {
        lines.map_err(|error| error.to_string())
    } else {
        Err(format!("{name} on {workload} at {size} failed"))
    }
}

fn row(line: &Value) -> String {
    let number = |member: &str| line[member].as_f64();
    let time = |member: &str| number(member).map_or("-".to_owned(), |ns| format!("{ns:.0}"));
    // Of two threads the ratio, of swaps the tail.
    let ratio = line["threads"]["cpu_ratio"].as_f64().map_or(String::new(), |ratio| format!("{ratio:.2}"));
    let last = number("p999_ns").map_or(ratio, |ns| format!("{ns:.0}"));
    format!(
        "{:<20} {:<16} {:>7} {:<11} {:>12} {:>12} {:>12} {:>9} {:>9} {:>9} {:>12}",
        line["engine"].as_str().unwrap_or_default(),
        line["workload"].as_str().map_or(String::new(), |name| match line["entities"].as_u64() {
            Some(entities) => format!("{name} of {entities}"),
            None => name.to_owned(),
        }),
        line["rules"].as_u64().map_or("-".to_owned(), |rules| rules.to_string()),
        line["mode"].as_str().unwrap_or_default(),
        time("mean_ns"),
        time("p50_ns"),
        time("p99_ns"),
        number("allocs").map_or(String::new(), |allocs| format!("{allocs:.1}")),
        number("load_ms").map_or(String::new(), |ms| format!("{ms:.1}")),
        time("rss_kb"),
        last,
    )
}

fn run() -> Result<(), String> {
    let options = options().map_err(|error| format!("{error}\n{USAGE}"))?;
    if let Some(name) = &options.one {
        one(name, &options)?.iter().for_each(|line| println!("{line}"));
        return Ok(());
    }
    if !options.json {
        println!(
            "{:<20} {:<16} {:>7} {:<11} {:>12} {:>12} {:>12} {:>9} {:>9} {:>9} {:>12}",
            "engine",
            "workload",
            "rules",
            "mode",
            "mean ns",
            "p50 ns",
            "p99 ns",
            "allocs",
            "load ms",
            "rss kB",
            "2 thr./p99.9"
        );
    }
    let (mut lines, mut failed) = (vec![], vec![]);
    let mut show = |measured: Vec<Value>| {
        for line in measured {
            println!("{}", if options.json { line.to_string() } else { row(&line) });
            lines.push(line);
        }
    };
    if let Some(path) = &options.from {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let measured: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        show(measured.map_err(|error| format!("{path}: {error}"))?);
    } else {
        for (name, workload, size) in sweep::measurements(&options) {
            apart(name, workload, size, &options).map(&mut show).unwrap_or_else(|error| {
                eprintln!("{error}");
                failed.push(format!("{name}/{workload}/{size}"));
            });
        }
    }
    if let Some(path) = &options.svg {
        std::fs::write(path, chart::draw(&lines)).map_err(|error| format!("{path}: {error}"))?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
