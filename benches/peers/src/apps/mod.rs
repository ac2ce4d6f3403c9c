//! The three applications by which Cedar was evaluated (Cutler et al., *Cedar: A New Language for Expressive, Fast, Safe, and Analyzable
//! Authorization*, OOPSLA 2024), written from what the paper says of them: what is shared with whom, and which few policies decide.
//!
//! Every kind of entity is there `entities` times, and each pair is related with a probability of 0.05, as there; above 50 with
//! 2.5 in `entities`, so that an entity has as many relations at every size. Half of the requests are allowed.
//!
//! | engine | what it is |
//! | --- | --- |
//! | `cedar` | the policies of the paper over entities and their attributes |
//! | `placet-conditions` | the same few policies, as conditions over attributes and containers of the directory |
//! | `placet` | what is shared as rules: one for each sharing, whose heads an index finds |

mod gdrive;
mod github;
mod tinytodo;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::measure;
use crate::workload::Rng;

pub const NAMES: [&str; 3] = ["gdrive", "github", "tinytodo"];
pub const ENGINES: [&str; 3] = ["placet", "placet-conditions", "cedar"];

/// One application with its data and its requests.
#[cfg_attr(
    not(all(feature = "placet", feature = "cedar")),
    allow(dead_code, reason = "what an engine needs that is not built")
)]
pub struct App {
    name: &'static str,
    /// Cedar's policies and its entities as JSON.
    policies: String,
    entities: Json,
    /// placet's documents: with a rule for each sharing, and with conditions.
    shared: Json,
    conditions: Json,
    requests: Vec<Asked>,
    expected: Vec<bool>,
}

/// Who wants to do what with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    user: String,
    action: &'static str,
    kind: &'static str,
    id: String,
}

/// What belongs to what, by name.
#[derive(Default)]
struct Graph(BTreeMap<String, Vec<String>>);

impl Graph {
    fn put(&mut self, from: &str, to: String) {
        self.0.entry(from.to_owned()).or_default().push(to);
    }

    fn of(&self, from: &str) -> &[String] {
        self.0.get(from).map_or(&[], Vec::as_slice)
    }

    /// Everything that `from` belongs to, itself included.
    fn closure<'g>(&'g self, from: &'g str) -> BTreeSet<&'g str> {
        let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(name) = next.pop() {
            next.extend(self.of(name).iter().map(String::as_str).filter(|name| seen.insert(name)));
        }
        seen
    }
}

/// The numbers below `limit`, each with a probability.
fn some(limit: usize, probability: f64, g: &mut Rng) -> Vec<usize> {
    let below = (probability * 1e6) as usize;
    (0..limit).filter(|_| g.below(1_000_000) < below).collect()
}

fn uid(kind: &str, id: &str) -> Json {
    json!({"type": kind, "id": id})
}

fn entity(kind: &str, id: &str, attributes: Json, parents: Vec<Json>) -> Json {
    json!({"uid": uid(kind, id), "attrs": attributes, "parents": parents})
}

/// The value of an attribute that is an entity.
fn link(kind: &str, id: &str) -> Json {
    json!({"__entity": uid(kind, id)})
}

fn generate(name: &str, entities: usize, requests: usize, seed: u64) -> Option<App> {
    let mut g = Rng::new(seed ^ entities as u64);
    let probability = if entities <= 50 { 0.05 } else { 2.5 / entities as f64 };
    match name {
        "gdrive" => Some(gdrive::app(entities, probability, requests, &mut g)),
        "github" => Some(github::app(entities, probability, requests, &mut g)),
        "tinytodo" => Some(tinytodo::app(entities, probability, requests, &mut g)),
        _ => None,
    }
}

/// Half of them allowed; the rest as chance has it.
fn requests(
    count: usize,
    g: &mut Rng,
    ask: impl Fn(&mut Rng) -> Asked,
    allows: impl Fn(&Asked) -> bool,
) -> (Vec<Asked>, Vec<bool>) {
    let mut made = vec![];
    let mut left = [count - count / 2, count / 2];
    for _ in 0..count * 1_000 {
        let asked = ask(g);
        let allowed = allows(&asked);
        if left[usize::from(allowed)] > 0 {
            left[usize::from(allowed)] -= 1;
            made.push((asked, allowed));
        }
        if left == [0, 0] {
            break;
        }
    }
    for i in (1..made.len()).rev() {
        made.swap(i, g.below(i + 1));
    }
    made.into_iter().unzip()
}

/// Measures one engine on one application.
///
/// # Errors
/// Where there is no such engine or application, or it disagrees with the reference.
pub fn run(name: &str, engine: &str, entities: usize, quick: bool) -> Result<Vec<Json>, String> {
    let app = generate(name, entities, 2_000, 0x0075_1A00).ok_or_else(|| format!("no application `{name}`"))?;
    let rules = |document: &Json| document["rules"].as_array().map_or(0, Vec::len);
    let case = measure::Case {
        engine,
        workload: app.name,
        rules: match engine {
            "placet" => rules(&app.shared),
            "placet-conditions" => rules(&app.conditions),
            _ => app.policies.matches("permit(").count(),
        },
        expected: &app.expected,
        request: &|i| format!("{:?}", app.requests[i]),
        matching: None,
        threads: false,
        quick,
    };
    let lines: Result<Vec<Json>, String> = match engine {
        #[cfg(feature = "placet")]
        "placet" | "placet-conditions" => {
            let text = if engine == "placet" { &app.shared } else { &app.conditions }.to_string();
            measure::run(&case, || ours::Ours::load(&text, &app.requests))
        }
        #[cfg(feature = "cedar")]
        "cedar" => {
            let entities = app.entities.to_string();
            measure::run(&case, || cedar::Theirs::load(&app.policies, &entities, &app.requests))
        }
        _ => Err(format!("no engine `{}` for applications", case.engine)),
    };
    let mut lines = lines?;
    lines.iter_mut().for_each(|line| line["entities"] = entities.into());
    Ok(lines)
}

#[cfg(feature = "placet")]
mod ours {
    use placet::{Engine, Limits, Link, Prepared, Request, Target, Verdict, document};

    use super::Asked;
    use crate::engine::Answers;

    pub struct Ours {
        engine: &'static Engine,
        asked: Vec<Asked>,
        requests: Vec<Prepared<'static, 'static>>,
    }

    fn request(asked: &Asked) -> Request<'_> {
        Request::new(Link::user(&*asked.user), asked.action, Target::new(asked.kind, &*asked.id))
    }

    impl Ours {
        pub fn load(text: &str, asked: &[Asked]) -> Self {
            let policy = match document::load([("app.json", text)], &Limits::default()) {
                Ok(policy) => policy,
                Err(report) => panic!("placet refuses the application: {report}"),
            };
            // Prepared requests borrow it; it is kept until the process ends.
            Self { engine: Box::leak(Box::new(Engine::of(&policy))), asked: asked.to_vec(), requests: vec![] }
        }
    }

    impl Answers for Ours {
        fn prepare(&mut self) {
            let kept: &'static [Asked] = self.asked.clone().leak();
            let kept: &'static [Request<'static>] = kept.iter().map(request).collect::<Vec<_>>().leak();
            self.requests = kept.iter().map(|request| self.engine.prepare(request)).collect();
        }

        fn prepared(&self, i: usize) -> bool {
            self.requests[i].decide().verdict() == Verdict::Allow
        }

        fn plain(&self, i: usize) -> bool {
            self.engine.decide(&request(&self.asked[i])).verdict() == Verdict::Allow
        }
    }
}

#[cfg(feature = "cedar")]
mod cedar {
    use std::str::FromStr;

    use cedar_policy::{
        Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    };

    use super::Asked;
    use crate::engine::Answers;

    pub struct Theirs {
        types: Vec<(&'static str, EntityTypeName)>,
        authorizer: Authorizer,
        policies: PolicySet,
        entities: Entities,
        asked: Vec<Asked>,
        requests: Vec<Request>,
    }

    impl Theirs {
        pub fn load(policies: &str, entities: &str, asked: &[Asked]) -> Self {
            let kinds = ["User", "Action", "Document", "Folder", "Repository", "List", "Application"];
            let kind = |kind| (kind, EntityTypeName::from_str(kind).expect("a type"));
            Self {
                types: kinds.into_iter().map(kind).collect(),
                authorizer: Authorizer::new(),
                policies: PolicySet::from_str(policies).expect("the policies"),
                entities: Entities::from_json_str(entities, None).expect("the entities"),
                asked: asked.to_vec(),
                requests: vec![],
            }
        }

        fn uid(&self, kind: &str, id: &str) -> EntityUid {
            let (_, kind) = self.types.iter().find(|(name, _)| *name == kind).expect("a type of the application");
            EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
        }

        fn request(&self, asked: &Asked) -> Request {
            let (user, action) = (self.uid("User", &asked.user), self.uid("Action", asked.action));
            Request::new(user, action, self.uid(asked.kind, &asked.id), Context::empty(), None).expect("no schema")
        }

        fn decide(&self, request: &Request) -> bool {
            let answer = self.authorizer.is_authorized(request, &self.policies, &self.entities);
            answer.decision() == Decision::Allow
        }
    }

    impl Answers for Theirs {
        fn prepare(&mut self) {
            self.requests = self.asked.iter().map(|asked| self.request(asked)).collect();
        }

        fn prepared(&self, i: usize) -> bool {
            self.decide(&self.requests[i])
        }

        fn plain(&self, i: usize) -> bool {
            self.decide(&self.request(&self.asked[i]))
        }
    }
}
