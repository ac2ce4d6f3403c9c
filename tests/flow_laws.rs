//! The laws of information flow, by name: A lattice, B duality, C propagation, D decision, E non-interference, F downgrading, G narrowing,
//! H maps; for each component of a label and for the product, on generated labels and generated sessions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "a test fails by panicking, and reads files"
)]

#[path = "flow/mod.rs"]
mod flow;

use core::fmt::Debug;
use core::hash::{BuildHasher, Hash};
use std::collections::BTreeSet;
use std::hash::BuildHasherDefault;

use flow::{Event, World, events, label, raised, words};
use placet::flow::{
    Capacity, Confidentiality, FlowLabel, Input, Integrity, Lattice, Mapping, Pair, Readers, Run, Sources, Stated,
    Task, Trust, Verb,
};
use placet::label::Label;
use placet::{Code, Verdict};
use proptest::prelude::*;

/// Law A for one form of label: three of its labels.
fn lattice<T: Lattice + Debug>(a: &T, b: &T, c: &T) {
    assert_eq!(a.join(b), b.join(a));
    assert_eq!(a.meet(b), b.meet(a));
    assert_eq!(a.join(&b.join(c)), a.join(b).join(c));
    assert_eq!(a.meet(&b.meet(c)), a.meet(b).meet(c));
    assert_eq!(a.join(a), *a);
    assert_eq!(a.meet(a), *a);
    assert_eq!(a.join(&a.meet(b)), *a, "absorption");
    assert_eq!(a.meet(&a.join(b)), *a, "absorption");
    assert_eq!(a.join(&T::BOTTOM), *a);
    assert_eq!(a.meet(&T::TOP), *a);
    assert_eq!(a.join(&T::TOP), T::TOP);
    assert_eq!(a.meet(&T::BOTTOM), T::BOTTOM);
    // Order and operations say the same.
    assert_eq!(a.flows_to(b), a.join(b) == *b);
    assert_eq!(a.flows_to(b), a.meet(b) == *a);
    // A partial order.
    assert!(a.flows_to(a));
    assert!(!(a.flows_to(b) && b.flows_to(a)) || a == b);
    assert!(!(a.flows_to(b) && b.flows_to(c)) || a.flows_to(c));
    // The join is the least upper bound, the meet the greatest lower one.
    assert!(a.flows_to(&a.join(b)));
    assert!(!(a.flows_to(c) && b.flows_to(c)) || a.join(b).flows_to(c));
    assert!(!(c.flows_to(a) && c.flows_to(b)) || c.flows_to(&a.meet(b)));
    // Distributive: chains, sets and their products are.
    assert_eq!(a.meet(&b.join(c)), a.meet(b).join(&a.meet(c)));
    assert_eq!(a.join(&b.meet(c)), a.join(b).meet(&a.join(c)));
    assert_eq!(
        T::join_all([a.clone(), b.clone(), c.clone()]),
        T::join_all([c.clone(), a.clone(), b.clone(), a.clone()])
    );
}

/// The same order upside down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dual<T>(T);

impl<T: Lattice> Lattice for Dual<T> {
    const TOP: Self = Self(T::BOTTOM);
    const BOTTOM: Self = Self(T::TOP);

    fn join(&self, other: &Self) -> Self {
        Self(self.0.meet(&other.0))
    }

    fn meet(&self, other: &Self) -> Self {
        Self(self.0.join(&other.0))
    }
}

/// Every component of three labels.
fn each(a: &FlowLabel, b: &FlowLabel, c: &FlowLabel, law: &mut impl Laws) {
    let of = |l: &FlowLabel| (l.confidentiality, l.integrity);
    let ((ac, ai), (bc, bi), (cc, ci)) = (of(a), of(b), of(c));
    law.hold::<FlowLabel>(a, b, c);
    law.hold::<Confidentiality>(&ac, &bc, &cc);
    law.hold::<Integrity>(&ai, &bi, &ci);
    law.hold::<Label>(&ac.label, &bc.label, &cc.label);
    law.hold::<Readers>(&ac.readers, &bc.readers, &cc.readers);
    law.hold::<Trust>(&ai.trust, &bi.trust, &ci.trust);
    law.hold::<Sources>(&ai.sources, &bi.sources, &ci.sources);
}

trait Laws {
    fn hold<T: Lattice + Debug>(&mut self, a: &T, b: &T, c: &T);
}

struct Upright;

impl Laws for Upright {
    fn hold<T: Lattice + Debug>(&mut self, a: &T, b: &T, c: &T) {
        lattice(a, b, c);
    }
}

struct UpsideDown;

impl Laws for UpsideDown {
    fn hold<T: Lattice + Debug>(&mut self, a: &T, b: &T, c: &T) {
        lattice(&Dual(a.clone()), &Dual(b.clone()), &Dual(c.clone()));
    }
}

fn hash(value: &impl Hash) -> u64 {
    BuildHasherDefault::<std::collections::hash_map::DefaultHasher>::default().hash_one(value)
}

#[test]
fn law_a_capacities() {
    for (_, a) in Capacity::ALL {
        for (_, b) in Capacity::ALL {
            for (_, c) in Capacity::ALL {
                lattice(&a, &b, &c);
                lattice(&Dual(a), &Dual(b), &Dual(c));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn law_a_lattice(a in label(), b in label(), c in label()) {
        each(&a, &b, &c, &mut Upright);
    }

    /// Equal labels are written the same; what is written is read back; what is not known is no label at all.
    #[test]
    fn law_a_canonical(a in label(), b in label()) {
        let words = words();
        let (x, y) = (words.write(&a), words.write(&b));
        assert_eq!(a == b, x == y, "{x} {y}");
        assert!(a != b || hash(&a) == hash(&b));
        assert_eq!(words.read(&x), Ok(a));
        // Whatever is changed about the text, what is read is no lower or an error.
        for (member, wrong) in [("version", serde_json::json!(2)), ("level", "absent".into()), ("trust", "absent".into())] {
            let mut changed = x.clone();
            changed[member] = wrong;
            assert!(words.read(&changed).is_err());
        }
        let mut less = x.clone();
        less.as_object_mut().unwrap().remove("readers");
        assert!(words.read(&less).is_err());
    }

    #[test]
    fn law_b_duality(a in label(), b in label(), c in label()) {
        each(&a, &b, &c, &mut UpsideDown);
    }

    /// Joining readers intersects them, and joining sources unites them.
    #[test]
    fn law_b_readers_intersect(a in label(), b in label()) {
        let words = words();
        let (a, b) = (a.confidentiality.readers, b.confidentiality.readers);
        for person in ["ada@contoso.example", "bob@contoso.example", "eve@fabrikam.example", "mallory@nowhere.example"] {
            let who = words.memberships(person, |_| false);
            assert_eq!(a.join(&b).admit(who), a.admit(who) && b.admit(who));
            assert!(Readers::ALL.admit(who));
            assert!(!Readers::NOBODY.admit(who));
            assert!(!a.join(&Readers::NOBODY).admit(who));
        }
        assert_eq!(a.join(&Readers::ALL), a);
    }

    /// The context never goes down, and is never above the clearance; replaying gives the same; no answer is below what made it.
    #[test]
    fn law_c_propagation(run in events(), clearance in label()) {
        let world = World::new();
        let mut session = world.engine.session().cleared_for(&clearance);
        let mut again = session.clone();
        for event in &run {
            let before = *session.context();
            let touched = world.answer_label(event);
            let observed = world.observe(&mut session, event);
            assert!(before.flows_to(session.context()));
            assert!(session.context().flows_to(session.clearance()), "law D: clearance");
            assert!(touched.flows_to(&observed.label), "no laundering");
            assert!(!observed.is_shown || observed.label.flows_to(session.context()));
            assert!(observed.is_shown || *session.context() == before);
            world.observe(&mut again, event);
        }
        assert_eq!(session, again, "replaying a log gives the same");
    }

    /// What an echo answers has the label of its arguments; a part has a label of its own and the whole has them all.
    #[test]
    fn law_c_echo_and_fields(run in events()) {
        let world = World::new();
        let mut session = world.engine.session();
        for event in &run {
            world.observe(&mut session, event);
        }
        let context = *session.context();
        // The words of the echo are nobody's but the context's.
        let echo = Event::call("echo", &[("text", "nobody ever said this")], "said");
        let observed = world.observe(&mut session.clone(), &echo);
        assert_eq!(observed.label, context);
        let mut after = session.clone();
        let mixed = Event::call("read-mixed", &[], "x");
        let step = world.observe(&mut after, &mixed).step;
        let whole = after.answer(step, &[]);
        for field in ["/good", "/bad"] {
            let part = after.answer(step, &[&field[1..]]);
            assert!(part.flows_to(&whole));
        }
        assert!(!after.answer(step, &["bad"]).flows_to(&after.answer(step, &["good"])));
        assert_eq!(after.answer(step, &["good"]).join(&after.answer(step, &["bad"])), whole);
        assert_eq!(after.answer(step + 1, &[]), FlowLabel::TOP, "what is not remembered is top");
    }

    /// The join of many does not depend on order, grouping or repetition; what is read later joins what was read before.
    #[test]
    fn law_c_order_free(labels in proptest::collection::vec(label(), 0..8), at in 0usize..8) {
        let joined = FlowLabel::join_all(labels.iter().copied());
        let mut other = labels.clone();
        other.reverse();
        other.extend(labels.iter().copied().take(at));
        assert_eq!(FlowLabel::join_all(other), joined);
        let (left, right) = labels.split_at(at.min(labels.len()));
        let halves = [FlowLabel::join_all(left.iter().copied()), FlowLabel::join_all(right.iter().copied())];
        assert_eq!(FlowLabel::join_all(halves), joined);
    }

    /// Reading what is more tainted never allows more.
    #[test]
    fn law_d_anti_monotone_in_taint(run in events(), last in flow::event(), which in any::<u8>()) {
        let world = World::new();
        let (mut low, mut high) = (world.engine.session(), world.engine.session());
        for (at, event) in run.iter().enumerate() {
            world.observe(&mut low, event);
            let more = if which >> (at % 8) & 1 == 1 { raised(event) } else { event.clone() };
            world.observe(&mut high, &more);
        }
        assert!(low.context().flows_to(high.context()));
        for task in [None, Some(world.task())] {
            let run = Run { task: task.as_ref(), ..Run::default() };
            let (below, above) = (world.verdict(&low, &last, &run), world.verdict(&high, &last, &run));
            assert!(below <= above, "{last:?}: {below:?} with less taint, {above:?} with more");
        }
    }

    /// A flow that a request states is a session: what it leaves unsaid or says higher never allows more, it never allows what would not be
    /// allowed without it, and beside a session that the host keeps it only restricts.
    #[test]
    fn law_d_stated(run in events(), a in label(), b in label(), last in flow::event(), precise in any::<u8>()) {
        let world = World::with_ready();
        let stated = |label| Stated { label, ..Stated::new(world.engine.policy().flow().words.stamp()) };
        let verdict = |flow| world.engine.decide(&world.request(&last).flowing(flow)).verdict();
        let (below, above) = (verdict(stated(Some(a))), verdict(stated(Some(a.join(&b)))));
        assert!(below <= above, "{last:?}: {below:?} with less taint, {above:?} with more");
        assert!(above <= verdict(stated(None)));
        assert!(world.engine.decide(&world.request(&last)).verdict() <= below);
        // So with inputs that are named.
        let input = |at: u8, label| match precise >> (2 * at) & 3 {
            0 => Input::Prompt,
            1 => Input::Context,
            _ => Input::Label(label),
        };
        let inputs = |label| Some([("to", 0), ("text", 1), ("what", 2)].map(|(name, at)| (name.to_owned(), vec![input(at, label)])).into());
        let low = verdict(Stated { inputs: inputs(a), ..stated(Some(a)) });
        assert!(low <= verdict(Stated { inputs: inputs(a.join(&b)), ..stated(Some(a.join(&b))) }));
        // The same as in a session that has seen as much and believes nothing besides.
        let mut session = world.engine.session();
        for event in run.iter().filter(|event| event.is_untrusted() && !event.is_hidden()) {
            world.observe(&mut session, event);
        }
        let kept = world.engine.decide_in(&world.request(&last), &session, &Run::default());
        let same = world.request(&last).flowing(stated(Some(*session.context())));
        assert_eq!(world.engine.decide(&same), kept);
        // Beside it.
        let joined = world.engine.decide_in(&world.request(&last).flowing(stated(Some(a))), &session, &Run::default());
        assert!(kept.verdict() <= joined.verdict());
    }

    /// A narrower task, a ready policy more and a lower clearance never allow more.
    #[test]
    fn law_d_conjunction(run in events(), last in flow::event(), clearance in label()) {
        let (world, stricter) = (World::new(), World::with_ready());
        let (mut plain, mut strict) = (world.engine.session(), stricter.engine.session());
        for event in &run {
            world.observe(&mut plain, event);
            stricter.observe(&mut strict, event);
        }
        let run = Run::default();
        let verdict = world.verdict(&plain, &last, &run);
        assert!(verdict <= stricter.verdict(&strict, &last, &run));
        assert!(verdict <= world.verdict(&plain.clone().cleared_for(&clearance), &last, &run));
        let task = Task::of("", ["lab/echo"]);
        assert!(verdict <= world.verdict(&plain, &last, &Run { task: Some(&task), ..Run::default() }));
        // A session only adds to what is judged without one.
        let stateless = world.engine.decide(&world.request(&last)).verdict();
        assert!(stateless <= verdict);
        // What says nothing of itself is judged by the worst.
        assert!(world.verdict(&plain, &Event::call("undeclared", &[("what", "words that nobody said")], ""), &run) != Verdict::Allow
            || !plain.history().untrusted);
    }

    /// Two runs that differ only in what untrusted or hidden data say have the same decisions, and the same texts for the model.
    #[test]
    fn law_e_non_interference(run in events(), other in events(), last in flow::event()) {
        let world = World::new();
        let (mut one, mut two) = (world.engine.session(), world.engine.session());
        for (event, noise) in run.iter().zip(other.iter().cycle().chain(std::iter::repeat(&last))) {
            let same = Run { is_withheld: event.is_hidden(), ..Run::default() };
            let (answer, reply) = (world.answer(&one, event, &same), world.answer(&two, event, &same));
            assert_eq!(answer, reply);
            // Untrusted and hidden answers say something else in the second run; trusted ones that are shown say the same.
            let varied = if event.is_untrusted() || event.is_hidden() { event.saying(&noise.result) } else { event.clone() };
            world.observe(&mut one, event);
            world.observe(&mut two, &varied);
        }
        assert_eq!(one, two, "the state of the engine does not depend on them");
        assert_eq!(world.answer(&one, &last, &Run::default()), world.answer(&two, &last, &Run::default()));
    }

    /// What is asked of a person does not depend on what untrusted data say, but for the value that is shown to the person.
    #[test]
    fn law_f_robust(run in events(), text in "[a-z]{1,12}", last in flow::event()) {
        let world = World::new();
        let (mut one, mut two) = (world.engine.session(), world.engine.session());
        for event in &run {
            world.observe(&mut one, event);
            world.observe(&mut two, &if event.is_untrusted() { event.saying(&text) } else { event.clone() });
        }
        assert_eq!(world.asks(&one, &last), world.asks(&two, &last));
        for ask in world.asks(&one, &last) {
            // Nobody but those whom the policy names can consent: not the agent, not who is not registered, not another person.
            for by in ["bot", "stranger", "bob"] {
                let mut session = one.clone();
                session.accept(ask.consent(by.parse().unwrap(), flow::time(-60), flow::time(60)));
                assert_eq!(world.verdict(&session, &last, &Run::default()), world.verdict(&one, &last, &Run::default()));
            }
        }
    }

    /// A consent lets through the call that was asked about, once, and no other; reading again taints again.
    #[test]
    fn law_f_consent(run in events(), last in flow::event(), other in flow::event()) {
        let world = World::new();
        let mut session = world.engine.session();
        for event in &run {
            world.observe(&mut session, event);
        }
        let context = *session.context();
        let asks = world.asks(&session, &last);
        let before = world.verdict(&session, &last, &Run::default());
        let elsewhere = world.verdict(&session, &other, &Run::default());
        for ask in &asks {
            session.accept(ask.consent("ada".parse().unwrap(), flow::time(-60), flow::time(60)));
        }
        assert_eq!(*session.context(), context, "a consent lowers no label");
        if before == Verdict::Defer && asks.iter().all(|ask| world.may_see(ask)) {
            assert_eq!(world.verdict(&session, &last, &Run::default()), Verdict::Allow);
        }
        if (other.tool, &other.arguments) != (last.tool, &last.arguments) {
            assert_eq!(world.verdict(&session, &other, &Run::default()), elsewhere, "it is for one call");
        }
        // Late, it counts no more.
        assert_eq!(world.verdict_at(&session, &last, 61), before);
        if !asks.is_empty() {
            // Spent by its call.
            let mut after = session.clone();
            world.observe(&mut after, &last);
            assert!(after.consents().is_empty());
            assert!(before <= world.verdict(&after, &last, &Run::default()));
        }
    }

    /// A person who may not see the value cannot endorse it.
    #[test]
    fn law_f_transparent(run in events(), last in flow::event()) {
        let world = World::new();
        let mut session = world.engine.session();
        for event in &run {
            world.observe(&mut session, event);
        }
        for ask in world.asks(&session, &last).iter().filter(|ask| !world.may_see(ask)) {
            let mut with = session.clone();
            with.accept(ask.consent("ada".parse().unwrap(), flow::time(-60), flow::time(60)));
            assert_eq!(world.asks(&with, &last), world.asks(&session, &last));
        }
    }

    /// A narrowed task serves a part of what it served, and narrowing is transitive.
    #[test]
    fn law_g_narrowing(tools in proptest::collection::btree_set(0usize..flow::TOOLS.len(), 0..8), fewer in proptest::collection::btree_set(0usize..flow::TOOLS.len(), 0..8)) {
        let id = |at: &usize| format!("lab/{}", flow::TOOLS[*at]);
        let ids = |set: &BTreeSet<usize>| set.iter().map(id).collect::<Vec<String>>();
        let (first, second) = (ids(&tools), ids(&fewer));
        let task = Task::of("", first.iter().map(String::as_str));
        let narrowed = task.narrowed(second.iter().map(String::as_str));
        let third = narrowed.narrowed(first.iter().map(String::as_str));
        for tool in (0..flow::TOOLS.len()).map(|at| id(&at)) {
            assert_eq!(narrowed.serves(&tool), first.contains(&tool) && second.contains(&tool));
            assert!(!third.serves(&tool) || narrowed.serves(&tool));
        }
        // Never wider, whatever it is narrowed to.
        assert!(!task.narrowed(["lab/elsewhere"]).serves("lab/elsewhere"));
    }

    /// Maps between organisations are monotone both ways, and no round trip lowers a label.
    #[test]
    fn law_h_maps(a in label(), b in label(), chosen in any::<u16>()) {
        let (here, there) = (words(), flow::foreign_words());
        let all = [
            Pair::Level("public", "open"),
            Pair::Level("internal", "house"),
            Pair::Level("secret", "closed"),
            // Against the order: what is secret here is open there.
            Pair::Level("secret", "open"),
            Pair::Compartment("hr", "people"),
            Pair::Compartment("legal", "people"),
            Pair::Audience("staff", "partners"),
            Pair::Trust("user", "person"),
            Pair::Trust("vendor", "anyone"),
            Pair::Trust("system", "anyone"),
            Pair::Origin("mail", "inbox"),
            Pair::Origin("web", "inbox"),
        ];
        let pairs: Vec<Pair<'_>> =
            all.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, pair)| *pair).collect();
        let export = Mapping::new(&here, &there, &pairs);
        let import = export.reversed(&there);
        assert!(!a.flows_to(&b) || export.apply(&a).flows_to(&export.apply(&b)));
        assert!(!a.flows_to(&b) || import.apply(&export.apply(&a)).flows_to(&import.apply(&export.apply(&b))));
        assert!(a.flows_to(&import.apply(&export.apply(&a))));
        // And from there to here and back.
        let foreign = export.apply(&b);
        assert!(foreign.flows_to(&export.apply(&import.apply(&foreign))));
        assert_eq!(export.apply(&FlowLabel::TOP), FlowLabel::TOP);
        if pairs.is_empty() && a != FlowLabel::BOTTOM {
            let nothing = Mapping::new(&here, &there, &[]).apply(&a);
            assert_eq!(nothing.integrity.trust, Trust::TOP, "what has no counterpart is top");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Law 9, *no leak*: whatever was allowed before, what the model may have made of all that it has seen goes nowhere that any of it may
    /// not go, and decides nothing that demands more trust than the least of it has.
    #[test]
    fn law_9_no_leak(run in events(), to in "[a-z]{9}") {
        let world = World::new();
        let words = &world.engine.policy().flow().words;
        let mut session = world.engine.session();
        let mut seen = world.engine.policy().flow().prompt;
        for event in &run {
            // Only what is allowed happens.
            let hidden = Run { is_withheld: event.is_hidden(), ..Run::default() };
            if world.verdict(&session, event, &hidden) == Verdict::Allow {
                let observed = world.observe(&mut session, event);
                if observed.is_shown {
                    seen = seen.join(&observed.label);
                }
            }
        }
        assert!(seen.flows_to(session.context()));
        // Values that nobody vouches for: anything the model has seen may be in them.
        let allows = |tool, arguments: &[(&'static str, &str)]| {
            world.verdict(&session, &Event::call(tool, arguments, ""), &Run::default()) == Verdict::Allow
        };
        let person = format!("{to}@contoso.example");
        let trusted = seen.integrity.trust.meets(words.trust("user").unwrap());
        let fits = |level: &str, who: Readers| {
            let level = words.taxonomy().get(level).unwrap();
            seen.confidentiality.label.flows_to(level) && seen.confidentiality.readers.admit(who)
        };
        assert_eq!(allows("publish", &[("to", &to), ("text", &to)]), trusted && fits("public", Readers::ALL));
        let staff = words.memberships(&person, |_| false);
        assert_eq!(allows("mail", &[("to", &person), ("text", &to)]), trusted && fits("internal", staff));
        assert_eq!(allows("fetch", &[("to", &to)]), trusted && fits("public", Readers::ALL));
        for tool in ["pay", "delete", "set-password", "consequential"] {
            assert_eq!(allows(tool, &[("to", &to)]), trusted, "{tool}");
        }
        assert!(!allows("run", &[("to", &to)]) || trusted);
    }
}

/// Law F by name: endorsing is not declassifying.
#[test]
fn law_f_separate_verbs() {
    let world = World::new();
    let mut session = world.engine.session();
    world.observe(&mut session, &Event::call("read-internal-untrusted", &[], "x"));
    let call = Event::call("publish", &[("to", "somebody"), ("text", "a text")], "done");
    let asks = world.asks(&session, &call);
    let verbs: BTreeSet<Verb> = asks.iter().map(|ask| ask.verb).collect();
    assert_eq!(verbs, BTreeSet::from([Verb::Endorse, Verb::Declassify]));
    let decision = world.engine.decide_in(&world.request(&call), &session, &Run::default());
    let rules: Vec<&str> = decision.requirements().map(|outstanding| outstanding.rule.id()).collect();
    assert_eq!(rules, ["flow/declassify", "flow/endorse"]);
    for ask in asks.iter().filter(|ask| ask.verb == Verb::Endorse) {
        session.accept(ask.consent("ada".parse().unwrap(), flow::time(-60), flow::time(60)));
    }
    let left: BTreeSet<Verb> = world.asks(&session, &call).iter().map(|ask| ask.verb).collect();
    assert_eq!(left, BTreeSet::from([Verb::Declassify]), "who endorses has not declassified");
}

/// A session of another policy is no session: it is denied, and observing shows nothing.
#[test]
fn law_d_outdated_sessions_are_denied() {
    let (world, foreign) = (World::new(), World::foreign());
    let mut session = foreign.engine.session();
    let call = Event::call("echo", &[("text", "hello")], "hello");
    let decision = world.engine.decide_in(&world.request(&call), &session, &Run::default());
    assert!(decision.has(Code::DataFlowOutdated));
    let observed = world.observe(&mut session, &call);
    assert!(!observed.is_shown);
    assert_eq!(observed.label, FlowLabel::TOP);
}
