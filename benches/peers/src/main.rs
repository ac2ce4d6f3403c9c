//! How does placet compare? The same rules and requests on every engine, each checked against a plain reference first.
//!
//! ```text
//! cargo run --release -- [--quick] [--json] [--engines a,b] [--rules n,m] [--svg FILE]
//! cargo run --release -- --from LINES [--svg FILE]
//! ```
//!
//! Each engine is measured in a process of its own, so that its memory is its own.

mod alloc;
mod chart;
mod conditions;
mod engine;
mod engines;
mod measure;
mod reference;
mod workload;

use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use engine::EngineUnderTest;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const SEED: u64 = 0x5EED_2026;
const REQUESTS: usize = 2000;
const USAGE: &str = "usage: placet-peers [--quick] [--json] [--engines a,b] [--rules n,m] [--svg FILE]\n\
                     or: placet-peers --from LINES [--svg FILE]";

type Measure = fn(&workload::Workload, bool) -> Result<Vec<Value>, String>;

macro_rules! engines {
    ($($(#[$when:meta])* $engine:ty),* $(,)?) => {
        /// All engines that are built.
        fn all() -> Vec<(&'static str, Measure)> {
            vec![$($(#[$when])* (<$engine as EngineUnderTest>::NAME, measure::run::<$engine> as Measure)),*]
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
    engines: Vec<String>,
    rules: Vec<usize>,
    /// One engine at one size, in this process; or `conditions`.
    one: Option<String>,
}

fn options() -> Result<Options, String> {
    let names = all().into_iter().map(|(name, _)| name.to_owned()).chain(["conditions".to_owned()]);
    let mut options = Options {
        quick: false,
        json: false,
        svg: None,
        from: None,
        engines: names.collect(),
        rules: vec![10, 100, 1_000, 10_000],
        one: None,
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
            "--engines" => {
                let chosen: Vec<String> = value()?.split(',').map(str::to_owned).collect();
                let known = &options.engines;
                if let Some(unknown) = chosen.iter().find(|name| !known.contains(name)) {
                    return Err(format!("no engine `{unknown}`; there are {}", known.join(", ")));
                }
                options.engines = chosen;
            }
            "--rules" => {
                let sizes: Result<Vec<usize>, _> = value()?.split(',').map(str::parse).collect();
                options.rules = sizes.map_err(|error| format!("`--rules`: {error}"))?;
                if options.rules.contains(&0) {
                    return Err("`--rules`: at least 1".to_owned());
                }
            }
            _ => return Err(format!("unknown argument `{argument}`")),
        }
    }
    Ok(options)
}

/// Measures one engine here.
fn one(name: &str, options: &Options) -> Result<Vec<Value>, String> {
    if name == "conditions" {
        return Ok(conditions::run(options.quick));
    }
    let measure = all().into_iter().find(|(engine, _)| *engine == name).ok_or_else(|| format!("no engine `{name}`"))?.1;
    let rules = options.rules.first().copied().unwrap_or(10);
    measure(&workload::generate(rules, REQUESTS, SEED), options.quick)
}

/// Measures one engine in a process of its own.
fn apart(name: &str, rules: usize, options: &Options) -> Result<Vec<Value>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["--one", name, "--rules", &rules.to_string()]).stderr(Stdio::inherit());
    if options.quick {
        command.arg("--quick");
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    if output.status.success() {
        lines.map_err(|error| error.to_string())
    } else {
        Err(format!("{name} at {rules} rules failed"))
    }
}

fn row(line: &Value) -> String {
    let number = |member: &str| line[member].as_f64();
    let time = |member: &str| number(member).map_or("-".to_owned(), |ns| format!("{ns:.0}"));
    let ratio = line["threads"]["cpu_ratio"].as_f64().map_or(String::new(), |ratio| format!("{ratio:.2}"));
    format!(
        "{:<20} {:>7} {:<9} {:>12} {:>12} {:>12} {:>9} {:>9} {:>9} {:>8}",
        line["engine"].as_str().unwrap_or_default(),
        line["rules"].as_u64().map_or("-".to_owned(), |rules| rules.to_string()),
        line["mode"].as_str().unwrap_or_default(),
        time("mean_ns"),
        time("p50_ns"),
        time("p99_ns"),
        number("allocs").map_or(String::new(), |allocs| format!("{allocs:.1}")),
        number("load_ms").map_or(String::new(), |ms| format!("{ms:.1}")),
        time("rss_kb"),
        ratio,
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
            "{:<20} {:>7} {:<9} {:>12} {:>12} {:>12} {:>9} {:>9} {:>9} {:>8}",
            "engine", "rules", "mode", "mean ns", "p50 ns", "p99 ns", "allocs", "load ms", "rss kB", "2 thr."
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
        for name in &options.engines {
            let sizes = if name == "conditions" { &[1][..] } else { &options.rules };
            for &rules in sizes {
                apart(name, rules, &options).map(&mut show).unwrap_or_else(|error| {
                    eprintln!("{error}");
                    failed.push(format!("{name}/{rules}"));
                });
            }
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
