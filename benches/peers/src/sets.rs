//! Which workloads of rules are there? The organisation of [`crate::workload`], with one thing changed at a time.
//!
//! | name | what is changed |
//! | --- | --- |
//! | `agents` | nothing |
//! | `agents/allow`, `/forbid`, `/no-permit` | all requests have this answer |
//! | `conditions/0` to `/8` | every permit has as many clauses, which half of the requests meet |
//! | `chain/0` to `/4` | calls go through as many actors, each of which needs a permit |
//! | `everything` | every rule is about `**`: conditions alone tell rules apart |
//! | `one-tool` | every rule is about one tool, or all |
//! | `nests` | groups in groups, 60 deep; every agent is in 120 of 240 |
//! | `globs` | everybody and every tool; thousands of globs over the same paths |
//!
//! The last four are made to mislead an index: `tests/index.rs` of the library holds sets of these kinds to the oracle.

use crate::workload::{
    Cond, Effect, OPEN_COUNTRIES, Pat, Principal, Rng, Role, Rule, SCOPES, TYPES, WATCHED_COUNTRIES, Wanted, Workload,
    make_requests, world,
};

/// Levels of groups; the library takes 64.
const DEPTH: usize = 60;
const NESTS: usize = 4;

/// The workload of a name.
///
/// # Errors
/// Where there is none of that name, or it has no requests of some answer.
pub fn generate(name: &str, rules: usize, requests: usize, seed: u64) -> Result<Workload, String> {
    let (mut w, mut g) = world(rules, seed);
    let mut wanted = Wanted::mixed(requests);
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("`{name}`: {error}"));
    match name.split_once('/') {
        None if name == "agents" => {}
        Some(("agents", answer)) => {
            let all = |at: usize| core::array::from_fn(|k| if k == at { requests } else { 0 });
            wanted.answers = match answer {
                "allow" => all(0),
                "forbid" => all(1),
                "no-permit" => all(2),
                _ => return Err(format!("no workload `{name}`")),
            };
        }
        Some(("conditions", clauses)) => {
            let clauses = number(clauses)?;
            w.rules.iter_mut().filter(|r| r.effect == Effect::Permit).for_each(|r| r.cond = several(clauses, &mut g));
            wanted.meets = true;
        }
        Some(("chain", actors)) => wanted.actors = number(actors)?,
        None => {
            // Of many rules the reference needs its time for each request.
            let requests = requests.min(20_000_000 / rules.max(1_000));
            wanted = Wanted { meets: true, tries: 40, ..Wanted::mixed(requests) };
            adverse(name, &mut w, &mut g)?;
        }
        Some(_) => return Err(format!("no workload `{name}`")),
    }
    name.clone_into(&mut w.name);
    make_requests(&mut w, &wanted, &mut g);
    let [allowed, denied] = [true, false].map(|answer| w.expected.iter().filter(|e| **e == answer).count());
    let missing = (wanted.answers[0] > 0 && allowed == 0) || (wanted.answers[1] + wanted.answers[2] > 0 && denied == 0);
    if missing { Err(format!("`{name}` with {rules} rules: {allowed} allowed, {denied} denied")) } else { Ok(w) }
}

/// The first of eight clauses.
fn several(clauses: usize, g: &mut Rng) -> Cond {
    let all = Cond {
        device_compliant: clauses > 0,
        mfa: clauses > 1,
        user_risk_lt: (clauses > 2).then_some(2),
        scope: (clauses > 3).then(|| (*g.pick(&SCOPES)).to_owned()),
        hours: (clauses > 4).then_some((7, 19)),
        country: (clauses > 5).then(|| (*g.pick(&OPEN_COUNTRIES)).to_owned()),
        label_le: (clauses > 6).then_some(3),
        rtype: (clauses > 7).then(|| g.pick(&TYPES).2.to_owned()),
        any_of: None,
    };
    assert!(clauses <= 8, "there are eight clauses");
    all
}

fn adverse(name: &str, w: &mut Workload, g: &mut Rng) -> Result<(), String> {
    match name {
        "everything" => {
            for r in &mut w.rules {
                let all = Pat::Glob("**".to_owned());
                (r.principal, r.tool, r.resource) = (Principal::Any, all.clone(), all);
                r.cond = if r.effect == Effect::Permit { granting(g) } else { watching(g) };
            }
        }
        "one-tool" => {
            let tool = &w.tools[0];
            for r in &mut w.rules {
                if r.tool != Pat::Any {
                    r.tool = Pat::Exact(tool.clone());
                    // Else there would be twelve different forbids, one for each country.
                    if r.effect == Effect::Forbid {
                        r.principal = Principal::Role(g.pick(&w.roles).name.clone());
                        r.cond = watching(g);
                    }
                }
            }
        }
        "nests" => {
            let role =
                |at: usize| Role { name: format!("role-{at}"), parent: (!at.is_multiple_of(DEPTH)).then(|| at - 1) };
            w.roles = (0..DEPTH * NESTS).map(role).collect();
            for agent in &mut w.agents {
                let nest = g.below(NESTS);
                agent.roles =
                    [nest, (nest + 1 + g.below(NESTS - 1)) % NESTS].map(|nest| nest * DEPTH + DEPTH - 1).into();
            }
            for r in &mut w.rules {
                if r.principal != Principal::Any {
                    r.principal = Principal::Role(g.pick(&w.roles).name.clone());
                }
                if r.cond.any_of.is_some() {
                    r.cond = watching(g);
                }
            }
        }
        "globs" => {
            let rules = w.rules.len();
            w.rules = (0..rules).map(|at| overlapping(at, w, g)).collect();
        }
        _ => return Err(format!("no workload `{name}`")),
    }
    Ok(())
}

/// What only some requests meet, in many different ways; none of those whose device does not comply.
fn granting(g: &mut Rng) -> Cond {
    let from = g.below(22) as u8;
    Cond {
        device_compliant: true,
        user_risk_lt: Some(1 + g.below(3) as u8),
        scope: Some((*g.pick(&SCOPES)).to_owned()),
        hours: Some((from, from + g.below(3) as u8)),
        label_le: Some(g.below(6) as u8),
        ..Cond::default()
    }
}

/// What only requests from a watched country can meet, in many different ways.
fn watching(g: &mut Rng) -> Cond {
    let from = g.below(22) as u8;
    Cond {
        country: Some((*g.pick(&WATCHED_COUNTRIES)).to_owned()),
        hours: Some((from, from + g.below(3) as u8)),
        rtype: Some(g.pick(&TYPES).2.to_owned()),
        scope: Some((*g.pick(&SCOPES)).to_owned()),
        ..Cond::default()
    }
}

/// A rule for everybody about a glob that some real path matches.
fn overlapping(at: usize, w: &Workload, g: &mut Rng) -> Rule {
    let path = &g.pick(&w.resources).path;
    // "sharepoint:/sites/finance/2026/q1/report-17.docx"
    let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let (stem, extension) = segments
        .pop()
        .and_then(|f| Some((f.split_once('-')?.0.to_owned(), f.split_once('.')?.1.to_owned())))
        .unwrap_or_default();
    for segment in &mut segments[2..] {
        if g.chance(40) {
            "*".clone_into(segment);
        }
    }
    let resource = match g.below(4) {
        0 => format!("**/{}/{stem}-{}*.{extension}", segments[4], g.below(100)),
        1 => format!("{}/{stem}-{}*.{extension}", segments.join("/"), g.below(100)),
        2 => format!("{}/{stem}-*{}.*", segments.join("/"), g.below(10)),
        _ => format!("{}/**", segments[..4 + g.below(2)].join("/")),
    };
    let effect = if at % 10 < 7 { Effect::Permit } else { Effect::Forbid };
    let cond = if effect == Effect::Permit { granting(g) } else { watching(g) };
    Rule { effect, principal: Principal::Any, tool: Pat::Any, resource: Pat::Glob(resource), cond }
}

/// The same without some of its forbids, and what the answers are then: what a reload changes.
#[cfg(feature = "placet")]
pub fn relaxed(w: &Workload) -> Workload {
    let mut relaxed = w.clone();
    let mut at = 0;
    relaxed.rules.retain(|r| {
        at += usize::from(r.effect == Effect::Forbid);
        r.effect == Effect::Permit || at % 2 == 0
    });
    let reference = crate::reference::Reference::new(&relaxed);
    let allowed = |q: &crate::workload::PlainRequest| reference.verdict(q) == crate::reference::Verdict::Allow;
    let expected = w.requests.iter().map(allowed).collect();
    drop(reference);
    relaxed.expected = expected;
    relaxed
}
