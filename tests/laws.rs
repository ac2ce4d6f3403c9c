//! The laws of the design as properties, over small worlds of documents and requests.
//!
//! Worlds come from `placet_oracle::world`: documents as JSON text through the loader, requests as JSON through the door.
//! `PROPTEST_CASES` raises the number of cases.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, prints what it measures, and reads its settings and cases"
)]

use placet::document::Validated;
use placet::label::{Label, Taxonomy};
use placet::time::{Duration, Timestamp};
use placet::{Engine, Limits, Request, document};
use placet_oracle::world::{self, Reading, Tape};
use placet_oracle::{Oracle, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A tape of choices; what it makes is printed, not the numbers.
#[derive(Clone)]
struct Numbers(Vec<u16>);

impl core::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "a tape of {}", self.0.len())
    }
}

fn tape() -> impl Strategy<Value = Numbers> {
    proptest::collection::vec(any::<u16>(), 0..1_600).prop_map(Numbers)
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(default))
    }
}

/// The policy of a document.
fn policy(document: &Value) -> Validated {
    let text = document.to_string();
    document::load([("world.json", text.as_str())], &Limits::default())
        .unwrap_or_else(|error| panic!("the generator made a wrong document:\n{error}\n{document:#}"))
}

fn policies(document: &Value) -> (Validated, Engine) {
    let policy = policy(document);
    let engine = Engine::of(&policy);
    (policy, engine)
}

fn decide(engine: &Engine, request: &Value) -> Outcome {
    let bytes = request.to_string();
    Outcome::of(&engine.decide(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary())))
}

fn is_allowed(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, "allow" | "modify")
}

/// Gives some approvals of the requests, where rules ask for any.
fn approve(document: &mut Value, requests: &[Value], tape: &mut Tape<'_>) {
    let wanted = document["rules"].to_string().contains("\"approval\"");
    if !wanted {
        return;
    }
    let (_, engine) = policies(document);
    let mut approvals = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let bytes = request.to_string();
        let call = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary()).call_digest().to_string();
        if tape.chance(60) {
            approvals.push(world::approval(tape, &format!("ap-{at}"), &call));
        }
    }
    document["approvals"] = json!(approvals);
}

/// A world and some requests.
fn scene(numbers: &Numbers, reading: Reading, requests: usize) -> (Value, Vec<Value>) {
    // Requests come first, so that a longer document does not change them.
    let (head, rest) = numbers.0.split_at((numbers.0.len() / 2).min(400));
    let mut asked = Tape::new(head);
    let requests: Vec<Value> = (0..requests).map(|_| world::request(&mut asked)).collect();
    let mut tape = Tape::new(rest);
    let mut document = world::document(&mut tape, reading);
    approve(&mut document, &requests, &mut tape);
    (document, requests)
}

proptest! {
    #![proptest_config(cases(200))]

    /// Law 11: the compiled engine and the plain oracle agree on verdict, objections and requirements.
    #[test]
    fn law_11_compiled_is_plain(numbers in tape()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let (policy, engine) = policies(&document);
        let oracle = Oracle::new(&policy);
        for request in &requests {
            let bytes = request.to_string();
            let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            let (compiled, plain) = (Outcome::of(&engine.decide(&asked)), oracle.decide(&asked));
            prop_assert_eq!(&compiled, &plain, "engine (left) and oracle (right) differ:\n{:#}\n{:#}", document, request);
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    /// Law 1: a policy without rules and grants denies everything, whoever is listed.
    #[test]
    fn law_1_default_deny(numbers in tape()) {
        let mut tape = Tape::new(&numbers.0);
        let requests: Vec<Value> = (0..3).map(|_| world::request(&mut tape)).collect();
        let (policy, engine) = policies(&world::base(&mut tape));
        for request in &requests {
            let outcome = decide(&engine, request);
            prop_assert_eq!(outcome.verdict, "deny", "{:#}", request);
            prop_assert!(outcome.codes().contains("privilege.no_permit"));
            prop_assert_eq!(outcome, plain(&policy, &engine, request));
        }
    }

    /// Law 2: what restricts never turns a deny into an allow and drops no requirement; a permit never turns an allow into a deny.
    #[test]
    fn law_2_monotone(numbers in tape()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let before = policies(&document).1;
        let mut tape = Tape::new(&numbers.0);
        // Ids before and after all others, because rules are kept by id.
        let id = tape.of(&["zz", "aa"]);
        let mut restricted = document.clone();
        let mut widened = document.clone();
        match tape.pick(6) {
            0 => push(&mut restricted, "rules", world::rule(&mut tape, id, "forbid", Reading::All)),
            1 => push(&mut restricted, "rules", world::rule(&mut tape, id, "require", Reading::All)),
            2 => narrow_a_permit(&mut restricted, &mut tape),
            3 => remove_a_right(&mut restricted, &mut tape),
            4 => push(&mut restricted, "rules", conditioned_twin(&document, &mut tape, id)),
            _ => push(&mut restricted, "rules", world::rule(&mut tape, id, "forbid", Reading::All)),
        }
        push(&mut widened, "rules", world::rule(&mut tape, id, "permit", Reading::All));
        if tape.chance(30) {
            push(&mut widened, "grants", world::grant(&mut tape, id));
        }
        let (restricted, widened) = (policies(&restricted).1, policies(&widened).1);
        for request in &requests {
            let (was, less, more) = (decide(&before, request), decide(&restricted, request), decide(&widened, request));
            prop_assert!(was.verdict != "deny" || less.verdict == "deny", "a restriction allows:\n{:#}", request);
            prop_assert!(was.requirement_ids().is_subset(&less.requirement_ids()), "a restriction drops a requirement");
            prop_assert!(less.verdict == "deny" || !is_allowed(&less) || is_allowed(&was));
            prop_assert!(was.verdict == "deny" || more.verdict == was.verdict, "a permit restricts:\n{:#}", request);
            prop_assert!(more.requirement_ids().is_superset(&was.requirement_ids()));
        }
    }

    /// Law 3: the order of documents, of members and of everything in them changes nothing.
    #[test]
    fn law_3_order_free(numbers in tape(), order in any::<u64>()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let engine = policies(&document).1;
        let moved = loaded(&scattered(&document, order, false));
        let turned = loaded(&scattered(&document, order, true));
        for request in &requests {
            let bytes = request.to_string();
            prop_assert_eq!(engine.answer_json(bytes.as_bytes()), moved.answer_json(bytes.as_bytes()));
            // The digests of policy and directory do depend on the order of lists within an item; nothing else may.
            prop_assert_eq!(decide(&engine, request), decide(&turned, request));
        }
    }

    /// Law 4: the same question has the same answer, byte for byte.
    #[test]
    fn law_4_deterministic(numbers in tape()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let (first, second) = (policies(&document).1, policies(&document).1);
        for request in &requests {
            let bytes = request.to_string();
            let answer = first.answer_json(bytes.as_bytes());
            prop_assert_eq!(&answer, &first.answer_json(bytes.as_bytes()));
            prop_assert_eq!(&answer, &second.answer_json(bytes.as_bytes()));
        }
    }

    /// Law 5: what is allowed in spite of missing facts is allowed whatever they are.
    #[test]
    fn law_5_verify_explicitly(numbers in tape()) {
        let (mut document, requests) = scene(&numbers, Reading::All, 3);
        // An assumption says what a missing fact counts as: the law holds but for these.
        document["assume"] = json!([]);
        let (policy, engine) = policies(&document);
        let mut tape = Tape::new(&numbers.0);
        for request in &requests {
            for _ in 0..4 {
                let partial = forget(request, &mut tape);
                if !is_allowed(&decide(&engine, &partial)) {
                    continue;
                }
                let complete = complete(&partial, &mut tape);
                prop_assert!(is_allowed(&decide(&engine, &complete)), "{:#}\nallowed without knowing what is in\n{:#}\n{:#}",
                    document, partial, complete);
                prop_assert!(is_allowed(&plain(&policy, &engine, &complete)));
            }
        }
    }

    /// Law 6: a chain may do at most what each of its links may, and an inner link only restricts; up to the depth of eight.
    #[test]
    fn law_6_attenuation(numbers in tape(), long in any::<bool>()) {
        let (mut document, mut requests) = scene(&numbers, Reading::OneLink, 4);
        // An approval binds one chain and says nothing about a shorter one.
        document["approvals"] = json!([]);
        let (policy, engine) = policies(&document);
        if long {
            let mut tape = Tape::new(&numbers.0);
            requests = (0..4).map(|_| world::long_chain(&mut tape)).collect();
        }
        for request in &requests {
            let outcome = decide(&engine, request);
            prop_assert_eq!(&outcome, &plain(&policy, &engine, request), "{:#}", request);
            if !is_allowed(&outcome) {
                continue;
            }
            for alone in links(request) {
                // Whether a tool is assigned, and a grant demanded, is asked of the immediate actor only.
                let outcome = decide(&engine, &alone);
                let own = ["privilege.no_permit", "privilege.grant_expired", "privilege.grant_not_started",
                    "privilege.grant_revoked", "privilege.time_unknown", "rule.forbidden", "rule.forbidden_unknown"];
                let refused = outcome.codes().into_iter().find(|code| own.contains(code) || code.starts_with("identity."));
                prop_assert!(refused.is_none(), "{:?} alone is refused:\n{:#}\nbut not in\n{:#}", refused, alone, request);
            }
            let mut shorter = request.clone();
            if drop_innermost(&mut shorter["subject"]["properties"]) {
                prop_assert!(is_allowed(&decide(&engine, &shorter)), "an inner link widens:\n{:#}", request);
            }
        }
    }

    /// Law 6, where no link is refused by itself: whoever is added to a chain, at whatever depth, adds no right; taking the rights of
    /// one link away takes them from the whole.
    #[test]
    fn law_6_one_weak_link(depth in 1usize..=8, weak in 0usize..=8, numbers in proptest::collection::vec(0usize..4, 8)) {
        let agents: Vec<Value> = (0..4).map(|at| json!({"id": format!("a{at}"), "sponsor": "ada"})).collect();
        // Each agent may do one thing that no other may; all of them, and the user, may read.
        let mut rules = vec![json!({"id": "read", "effect": "permit", "action": "read"})];
        rules.extend((0..4).map(|at| json!({
            "id": format!("own-{at}"), "effect": "permit", "action": format!("own/{at}"), "subject": [{"agent": format!("a{at}")}, {"user": "ada"}],
        })));
        let document = json!({"version": 1, "users": [{"id": "ada"}], "agents": agents, "rules": rules});
        let (policy, engine) = policies(&document);
        let chain: Vec<usize> = numbers[..depth].to_vec();
        let act = chain.iter().fold(Value::Null, |inner, at| {
            let mut link = json!({"sub": format!("a{at}"), "sub_profile": "ai_agent"});
            if !inner.is_null() {
                link["act"] = inner;
            }
            link
        });
        let ask = |action: &str| json!({"subject": {"type": "user", "id": "ada", "properties": {"act": act}},
            "action": {"name": action}, "resource": {"type": "doc", "id": "d"}});
        prop_assert!(is_allowed(&decide(&engine, &ask("read"))));
        for own in 0..4 {
            let allowed = is_allowed(&decide(&engine, &ask(&format!("own/{own}"))));
            prop_assert_eq!(allowed, chain.iter().all(|at| *at == own), "own/{} by {:?}", own, chain);
        }
        // One link that may not read.
        let weak = chain[weak % depth];
        let mut less = document.clone();
        push(&mut less, "rules", json!({"id": "weak", "effect": "forbid", "subject": {"agent": format!("a{weak}")}}));
        prop_assert!(!is_allowed(&decide(&policies(&less).1, &ask("read"))));
        prop_assert_eq!(decide(&engine, &ask("read")), plain(&policy, &engine, &ask("read")));
    }

    /// Law 6: a grant that is derived from a grant gives no more.
    #[test]
    fn law_6_derived_grants(numbers in tape()) {
        let mut asked = Tape::new(&numbers.0);
        let requests: Vec<Value> = (0..4).map(|_| world::request(&mut asked)).collect();
        let base = world::base(&mut asked);
        let (parent, child) = (world::grant(&mut asked, "gr"), world::grant(&mut asked, "gr"));
        let with = |grant: &Value, scope: &Value| {
            let mut document = base.clone();
            let mut grant = grant.clone();
            grant["scope"] = scope.clone();
            document["grants"] = json!([grant]);
            policies(&document)
        };
        let (wide, engine) = with(&parent, &parent["scope"]);
        let (narrow, derived) = with(&parent, &child["scope"]);
        let scope = |policy: &Validated| policy.entities().grants[0].scope.clone();
        if scope(&narrow).attenuates(&scope(&wide)) {
            for request in &requests {
                prop_assert!(!is_allowed(&decide(&derived, request)) || is_allowed(&decide(&engine, request)));
            }
        }
        // What both give is what their intersection gives.
        if let Some(both) = scope(&wide).intersect(&scope(&narrow)) {
            let mut entities = wide.entities().clone();
            entities.grants[0].scope = both;
            let directory = placet::Directory::new(&entities, "both", &Limits::default()).expect("it was sound before");
            // Its labels are words of the policy, as those of the documents are: sessions need them.
            let directory = directory.worded_as(engine.policy());
            let common = Engine::new(engine.policy().clone(), directory.into());
            for request in &requests {
                let each = is_allowed(&decide(&engine, request)) && is_allowed(&decide(&derived, request));
                prop_assert_eq!(is_allowed(&decide(&common, request)), each, "{:#}\n{:#}", request, child["scope"]);
            }
        }
    }

    /// Law 7: a grant counts in `[start, end)` and never outside.
    #[test]
    fn law_7_time(start in moment(), length in lengths(), offset in -3i64..=3, nanos in -1i64..=1, at_end in any::<bool>()) {
        let Some(end) = start.checked_add(length) else { return Ok(()) };
        prop_assume!(start < end);
        let edge = if at_end { end } else { start };
        let Some(now) = Duration::from_parts(offset, nanos).and_then(|by| edge.checked_add(by)) else { return Ok(()) };
        let document = json!({
            "version": 1, "users": [{"id": "ada"}],
            "grants": [{"id": "g", "to": {"user": "ada"}, "scope": {"actions": "**", "resources": {"id": "**"}},
                "start": start.to_string(), "end": end.to_string(), "by": "ada", "why": "a test"}],
        });
        let (policy, engine) = policies(&document);
        let request = json!({"subject": {"type": "user", "id": "ada"}, "action": {"name": "read"},
            "resource": {"type": "doc", "id": "d"}, "context": {"time": now.to_string()}});
        let outcome = decide(&engine, &request);
        prop_assert_eq!(is_allowed(&outcome), start <= now && now < end, "{} in [{}, {})", now, start, end);
        prop_assert_eq!(outcome.codes().contains("privilege.grant_expired"), now >= end);
        prop_assert_eq!(outcome.codes().contains("privilege.grant_not_started"), now < start);
        prop_assert_eq!(&outcome, &plain(&policy, &engine, &request));
    }

    /// Law 8: joining labels is commutative, associative, idempotent and never below its inputs.
    #[test]
    fn law_8_labels(levels in proptest::collection::vec((0usize..4, 0usize..8), 3)) {
        let names = ["a", "b", "c"];
        let compartments = |set: usize| -> Vec<&str> { (0..3).filter(|bit| set >> bit & 1 == 1).map(|bit| ["x", "y", "z"][bit]).collect() };
        let taxonomy = levels.iter().zip(names).fold(Taxonomy::builder(), |builder, ((level, set), name)| {
            builder.label(name, i64::try_from(*level).unwrap_or(0), 0, &compartments(*set))
        }).build();
        let mut labels: Vec<Label> = names.iter().map(|name| taxonomy.get(name).expect("it was added")).collect();
        labels.extend([Label::TOP, Label::BOTTOM]);
        for a in &labels {
            prop_assert_eq!(a.join(*a), *a);
            prop_assert_eq!(a.join(Label::TOP), Label::TOP);
            for b in &labels {
                prop_assert_eq!(a.join(*b), b.join(*a));
                prop_assert!(a.flows_to(a.join(*b)) && b.flows_to(a.join(*b)));
                prop_assert_eq!(a.flows_to(*b), a.join(*b) == *b);
                for c in &labels {
                    prop_assert_eq!(a.join(*b).join(*c), a.join(b.join(*c)));
                    // The least: whatever both flow to, their join does.
                    prop_assert!(!(a.flows_to(*c) && b.flows_to(*c)) || a.join(*b).flows_to(*c));
                }
            }
        }
        prop_assert_eq!(Label::inherited(labels.clone()), Some(Label::TOP));
    }

    /// Law 8: a label in the request raises what the directory says and never lowers it; a label known to be missing is top.
    #[test]
    fn law_8_requests_never_lower_a_label(listed in 0usize..6, said in 0usize..7, bound in 0usize..5) {
        const NAMES: [&str; 5] = ["public", "internal", "confidential", "hr-records", "secret"];
        let mut base = world::base(&mut Tape::new(&[]));
        let mut resource = json!({"type": "page", "id": "home"});
        if let Some(label) = NAMES.get(listed) {
            resource["label"] = json!(label);
        }
        push(&mut base, "resources", resource);
        base["rules"] = json!([
            {"id": "p", "effect": "permit", "resource": {"label": {"at_most": NAMES[bound]}}},
            {"id": "f", "effect": "forbid", "action": "take", "resource": {"label": {"at_least": NAMES[bound]}}},
            {"id": "c", "effect": "permit", "action": "see", "when": format!("resource.label <= label(\"{}\")", NAMES[bound])},
        ]);
        let (policy, engine) = policies(&base);
        let ask = |action: &str, said: usize| {
            let properties = match said {
                6 => json!({}),
                5 => json!({"label": null}),
                at => json!({"label": NAMES[at]}),
            };
            json!({"subject": {"type": "user", "id": "ada"}, "action": {"name": action},
                "resource": {"type": "page", "id": "home", "properties": properties}})
        };
        for action in ["read", "take", "see"] {
            let outcome = decide(&engine, &ask(action, said));
            prop_assert_eq!(&outcome, &plain(&policy, &engine, &ask(action, said)));
            // With nothing said the listed label counts: what it does not admit, no label in the request does.
            let unsaid = decide(&engine, &ask(action, 6));
            if listed < 5 && is_allowed(&outcome) {
                prop_assert!(is_allowed(&unsaid), "{} {} {}", action, listed, said);
            }
            if listed == 5 && said >= 5 {
                prop_assert!(!is_allowed(&outcome), "a missing label is top");
            }
        }
    }
}

/// What the oracle decides.
fn plain(policy: &Validated, engine: &Engine, request: &Value) -> Outcome {
    let bytes = request.to_string();
    Oracle::new(policy).decide(&Request::from_json(bytes.as_bytes(), engine.policy().vocabulary()))
}

fn push(document: &mut Value, list: &str, item: Value) {
    match document[list].as_array_mut() {
        Some(items) => items.push(item),
        None => document[list] = json!([item]),
    }
}

/// Adds a condition to some permit.
fn narrow_a_permit(document: &mut Value, tape: &mut Tape<'_>) {
    let Some(rules) = document["rules"].as_array_mut() else { return };
    let mut permits: Vec<&mut Value> = rules.iter_mut().filter(|rule| rule["effect"] == "permit").collect();
    let (at, more) = (tape.pick(permits.len()), world::condition(tape, Reading::All));
    if let Some(permit) = permits.get_mut(at) {
        let when = permit["when"].as_str().map_or_else(|| more.clone(), |when| format!("({when}) && ({more})"));
        permit["when"] = json!(when);
    }
}

/// Removes a permit or a grant.
fn remove_a_right(document: &mut Value, tape: &mut Tape<'_>) {
    let list = tape.of(&["rules", "grants"]);
    let Some(items) = document[list].as_array_mut() else { return };
    let rights: Vec<usize> =
        (0..items.len()).filter(|at| list == "grants" || items[*at]["effect"] == "permit").collect();
    if let Some(at) = rights.get(tape.pick(rights.len())) {
        items.remove(*at);
    }
}

/// A forbid about another tool, with the condition of a rule that is there: rules must not share more than their text.
fn conditioned_twin(document: &Value, tape: &mut Tape<'_>, id: &str) -> Value {
    let conditions: Vec<&Value> =
        document["rules"].as_array().into_iter().flatten().map(|rule| &rule["when"]).collect();
    let when = conditions.get(tape.pick(conditions.len())).copied().filter(|when| when.is_string());
    let tool = tape.of(&["s1/pay", "s0/read"]);
    let when = when.cloned().unwrap_or_else(|| json!("arguments.amount / 2.0 < 10.0"));
    json!({"id": id, "effect": "forbid", "tool": tool, "when": when})
}

/// The document cut into several, each in another order.
fn scattered(document: &Value, order: u64, turn: bool) -> Vec<Value> {
    let mut state = order | 1;
    let mut next = move || {
        // xorshift: any order will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0)
    };
    let mut parts: Vec<serde_json::Map<String, Value>> = vec![serde_json::Map::new(); 3];
    for part in &mut parts {
        part.insert("version".to_owned(), json!(1));
    }
    for (name, value) in document.as_object().expect("a document is an object") {
        match value {
            Value::Array(items) => {
                let mut items = items.clone();
                for at in (1..items.len()).rev() {
                    items.swap(at, next() % (at + 1));
                }
                for mut item in items {
                    // Lists of alternatives and of groups have no order either.
                    for list in ["subject", "resource", "groups", "containers", "require", "assigned"] {
                        if let Some(list) = item.get_mut(list).and_then(Value::as_array_mut).filter(|_| turn) {
                            list.reverse();
                        }
                    }
                    let part = &mut parts[next() % 3];
                    part.entry(name.clone()).or_insert_with(|| json!([])).as_array_mut().expect("a list").push(item);
                }
            }
            other if name != "version" => {
                parts[next() % 3].insert(name.clone(), other.clone());
            }
            _ => {}
        }
    }
    let mut parts: Vec<Value> = parts.into_iter().map(Value::Object).collect();
    parts.rotate_left(next() % 3);
    parts
}

/// The engine of several documents.
fn loaded(documents: &[Value]) -> Engine {
    let texts: Vec<(String, String)> =
        documents.iter().enumerate().map(|(at, text)| (format!("{at}.json"), text.to_string())).collect();
    let policy = document::load(texts.iter().map(|(n, t)| (n.as_str(), t.as_str())), &Limits::default());
    Engine::of(&policy.unwrap_or_else(|error| panic!("{error}")))
}

/// A request that lacks some of the facts.
fn forget(request: &Value, tape: &mut Tape<'_>) -> Value {
    let mut request = request.clone();
    let share = [20, 50, 80][tape.pick(3)];
    let context = request["context"].as_object_mut().expect("a context");
    // What a flow says in favour of a call (a prompt's words, where values come from) is no fact, and not missing where it is not there.
    for (path, _) in world::FACTS.iter().chain(world::FLOW_FACTS).chain(&[("flow.labels", &[] as &[&str])]) {
        if tape.chance(share) {
            remove(context, path);
        }
    }
    for part in ["action", "resource"] {
        if let Some(properties) = request[part]["properties"].as_object_mut().filter(|_| tape.chance(share)) {
            let kept = properties.clone();
            properties.clear();
            // A label in the request is no missing fact where the directory has one: it raises that.
            if let Some(label) = kept.get("label") {
                properties.insert("label".to_owned(), label.clone());
            }
        }
    }
    let properties = request["subject"]["properties"].as_object_mut().expect("properties");
    if tape.chance(share) {
        properties.remove("iss");
        properties.remove("role");
    }
    request
}

fn remove(from: &mut serde_json::Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            from.remove(path);
        }
        Some((first, rest)) => {
            if let Some(inner) = from.get_mut(first).and_then(Value::as_object_mut) {
                remove(inner, rest);
            }
        }
    }
}

fn has(within: &Value, path: &str) -> bool {
    path.split('.').try_fold(within, |at, part| at.get(part)).is_some()
}

/// The request with everything that it does not say: a value or null for each missing fact.
fn complete(partial: &Value, tape: &mut Tape<'_>) -> Value {
    let mut request = partial.clone();
    for (path, values) in world::FACTS {
        if !has(&request["context"], path) {
            let said = if tape.chance(15) { Value::Null } else { world::value(tape, values) };
            world::put(request["context"].as_object_mut().expect("a context"), path, said);
        }
    }
    // A request that states no flow is of no session; that is no missing fact.
    if request["context"]["flow"].is_object() {
        for (path, values) in world::FLOW_FACTS {
            if !has(&request["context"], path) {
                world::put(request["context"].as_object_mut().expect("a context"), path, world::value(tape, values));
            }
        }
        if !has(&request["context"], "flow.labels") {
            request["context"]["flow"]["labels"] = world::flow_labels_of(tape);
        }
    }
    let mut fill = |at: &mut Value, name: &str, values: &[&'static str]| {
        let said = if tape.chance(15) { Value::Null } else { world::value(tape, values) };
        let members = at.as_object_mut().expect("an object");
        members.entry(name).or_insert(said);
    };
    let properties = &mut request["subject"]["properties"];
    fill(properties, "role", &["x", "y"]);
    fill(properties, "iss", &["https://id.example", "https://evil.example"]);
    if properties["iss"].is_null() {
        properties.as_object_mut().expect("an object").remove("iss");
    }
    let mut link = properties.get_mut("act");
    while let Some(act) = link {
        let evil = json!("https://evil.example");
        act.as_object_mut().expect("an object").entry("iss").or_insert(evil);
        link = act.get_mut("act");
    }
    fill(&mut request["action"]["properties"], "soft", &["#true", "#false"]);
    fill(&mut request["resource"]["properties"], "owner", &["ada", "a0", "#[1]"]);
    let arguments = ["#{}", "#{\"amount\": 5}", "#{\"amount\": 15, \"to\": \"x@example.org\", \"list\": [1, 2]}"];
    let actions = request["action"]["properties"].as_object_mut().expect("an object");
    actions.entry("arguments").or_insert(world::value(tape, &arguments));
    request
}

/// Each link of the chain as the subject of a direct call.
fn links(request: &Value) -> Vec<Value> {
    let mut alone = Vec::new();
    let direct = |kind: &str, id: &Value| {
        let mut request = request.clone();
        let mut properties = request["subject"]["properties"].clone();
        properties.as_object_mut().expect("an object").remove("act");
        request["subject"] = json!({"type": kind, "id": id, "properties": properties});
        request
    };
    let mut link = &request["subject"]["properties"]["act"];
    if link.is_null() {
        return alone;
    }
    let subject = &request["subject"];
    alone.push(direct(subject["type"].as_str().unwrap_or_default(), &subject["id"]));
    while let Some(profile) = link["sub_profile"].as_str() {
        let kind = match profile {
            "ai_agent" => "agent",
            "service" => "workload",
            other => other,
        };
        // Groups are claimed for the subject only.
        let mut request = direct(kind, &link["sub"]);
        request["subject"]["properties"].as_object_mut().expect("an object").remove("groups");
        alone.push(request);
        link = &link["act"];
    }
    alone
}

/// Drops the innermost actor of a chain of two or more.
fn drop_innermost(properties: &mut Value) -> bool {
    let Some(act) = properties.get_mut("act").filter(|act| act.get("act").is_some()) else { return false };
    if !drop_innermost(act) {
        act.as_object_mut().expect("an object").remove("act");
    }
    true
}

/// Moments with surprises near them: ends of years, of leap years, of the calendar, leap seconds.
fn moment() -> impl Strategy<Value = Timestamp> {
    let known = prop::sample::select(vec![
        "2026-12-31T23:59:59Z",
        "2026-01-01T00:00:00Z",
        "2024-02-29T23:59:59Z",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:58Z",
        "0001-01-01T00:00:03Z",
        "1969-12-31T23:59:59.999999999Z",
        "1999-12-31T23:59:59.5Z",
        "2026-03-29T02:30:00+02:00",
        "2038-01-19T03:14:07Z",
    ]);
    let known = known.prop_map(|text| text.parse().expect("a time"));
    let any = (-62_000_000_000i64..253_000_000_000, 0u32..1_000_000_000);
    prop_oneof![known, any.prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).expect("within the calendar"))]
}

fn lengths() -> impl Strategy<Value = Duration> {
    let seconds = prop_oneof![0i64..4, 0i64..400_000_000];
    (seconds, 0i64..3).prop_map(|(seconds, nanos)| Duration::from_parts(seconds, nanos).expect("a short length"))
}

/// How often each verdict and each code occurs in the generated worlds. Run it with `--ignored --nocapture`.
#[test]
#[ignore = "prints a table"]
fn distribution() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut verdicts = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..1_000 {
        let numbers = tape().new_tree(&mut runner).expect("tapes are never refused").current();
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let (_, engine) = policies(&document);
        for request in &requests {
            let outcome = decide(&engine, request);
            *verdicts.entry(outcome.verdict.to_owned()).or_default() += 1;
            for code in outcome.codes() {
                *verdicts.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
    println!("{verdicts:#?}");
}

proptest! {
    #![proptest_config(cases(60))]

    /// Law 10: the explanation's verdict is the decision's, and without the rules that it names as applied nothing is left but the
    /// default deny and what is no rule.
    #[test]
    fn law_10_explained(numbers in tape()) {
        let (document, requests) = scene(&numbers, Reading::All, 3);
        let engine = policies(&document).1;
        for request in &requests {
            let bytes = request.to_string();
            let asked = Request::from_json(bytes.as_bytes(), engine.policy().vocabulary());
            let (decision, explanation) = (engine.decide(&asked), engine.explain(&asked));
            prop_assert_eq!(explanation.verdict, decision.verdict().name());
            let named: std::collections::BTreeSet<&str> =
                explanation.rules.iter().filter(|rule| rule.applied).map(|rule| rule.rule.as_str()).collect();
            for reason in decision.reasons() {
                let code = reason.code.as_str();
                if let Some(rule) = reason.rule.filter(|_| code.starts_with("rule.")) {
                    prop_assert!(named.contains(rule.id()), "{} is not named", rule.id());
                }
            }
            let mut without = document.clone();
            for list in ["rules", "grants"] {
                let kept = without[list].as_array().into_iter().flatten();
                let kept: Vec<Value> = kept.filter(|item| !named.contains(item["id"].as_str().unwrap_or(""))).cloned().collect();
                without[list] = json!(kept);
            }
            let left = decide(&policies(&without).1, request);
            prop_assert_eq!(left.verdict, "deny", "{:#}\n{:#}", document, request);
            prop_assert!(left.codes().into_iter().all(|code| !code.starts_with("rule.")), "{:?}", left.codes());
        }
    }
}
