//! The laws of conditions as properties, over generated expressions and facts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

use placet::Limits;
use placet::condition::ast::{Binary, Comprehension, Element, Entry, Expr, Iteration, Kind, Literal, Span, Unary};
use placet::condition::{Declarations, Truth, compile, expression, parse, unchecked};
use placet::fact::{Declaration, Origin, RISK, Schema, Type};
use placet::label::Taxonomy;
use placet::value::{Fact, Facts, Key, Map, Value};
use proptest::prelude::*;

/// Choices read from a row of bytes: shrinking the row shrinks what is chosen.
struct Choices<'c>(&'c [u8], usize);

impl Choices<'_> {
    fn next(&mut self, n: usize) -> usize {
        let byte = self.0.get(self.1).copied().unwrap_or(0);
        self.1 += 1;
        usize::from(byte) % n
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.next(items.len())]
    }

    fn left(&self) -> usize {
        self.0.len().saturating_sub(self.1)
    }
}

// Facts: `f` are the full facts of a request, `None` unknown.
const FACTS: [&str; 10] = ["b", "c", "i", "s", "l", "m", "o", "d", "lab", "r"];

fn schema() -> Schema {
    let types = [
        Type::Bool,
        Type::Bool,
        Type::Int,
        Type::String,
        Type::List(Box::new(Type::Int)),
        Type::Map(Box::new(Type::Dyn)),
        Type::Open,
        Type::Dyn,
        Type::Label,
        Type::Enum(&RISK),
    ];
    let declare = |(path, ty): (&str, Type)| Declaration { path: path.into(), ty, origin: Origin::Context };
    Schema::of(FACTS.into_iter().zip(types).map(declare).collect())
}

fn taxonomy() -> Taxonomy {
    Taxonomy::builder().label("low", 0, 0, &[]).label("left", 1, 0, &["l"]).label("right", 2, 0, &["r"]).build()
}

struct Known(Vec<Option<Value<'static>>>);

impl Facts for Known {
    fn fact(&self, slot: u16) -> Fact<'_> {
        match self.0.get(usize::from(slot)) {
            None | Some(None) => Fact::Unknown,
            Some(Some(Value::Null)) => Fact::Null,
            Some(Some(value)) => Fact::Known(value),
        }
    }
}

fn bool_expr(c: &mut Choices<'_>, depth: usize, scope: &[&str]) -> String {
    if depth == 0 || c.left() == 0 {
        return match c.next(6) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2 => "b".to_owned(),
            3 => "c".to_owned(),
            4 => "has(o.x)".to_owned(),
            _ => "d".to_owned(),
        };
    }
    let d = depth - 1;
    match c.next(24) {
        0 | 1 => format!("({} && {})", bool_expr(c, d, scope), bool_expr(c, d, scope)),
        2 | 3 => format!("({} || {})", bool_expr(c, d, scope), bool_expr(c, d, scope)),
        4 => format!("!{}", bool_expr(c, d, scope)),
        5 => format!("({} ? {} : {})", bool_expr(c, d, scope), bool_expr(c, d, scope), bool_expr(c, d, scope)),
        6 => format!(
            "({} {} {})",
            int_expr(c, d, scope),
            c.of(&["==", "!=", "<", "<=", ">", ">="]),
            int_expr(c, d, scope)
        ),
        7 => format!("({} {} {})", any_expr(c, d, scope), c.of(&["==", "!="]), any_expr(c, d, scope)),
        8 => format!(
            "{}.{}({})",
            text_expr(c, d, scope),
            c.of(&["startsWith", "contains", "matches"]),
            c.of(&["'a'", "'b'", "s"])
        ),
        9 => format!("({} in {})", int_expr(c, d, scope), list_expr(c, d, scope)),
        10 => format!("({} in {})", c.of(&["'x'", "'y'", "s", "d"]), c.of(&["m", "o", "{'x': 1}", "d"])),
        11 => format!("has({}.{})", c.of(&["m", "o", "d", "o.x"]), c.of(&["x", "y"])),
        12 => format!("{}.all(v, {})", list_expr(c, d, scope), bool_expr(c, d, &[scope, &["v"]].concat())),
        13 => format!("{}.exists(v, {})", list_expr(c, d, scope), bool_expr(c, d, &[scope, &["v"]].concat())),
        14 => format!("{}.exists_one(v, {})", list_expr(c, d, scope), bool_expr(c, d, &[scope, &["v"]].concat())),
        15 => {
            let over = c.of(&["m", "o", "d", "{'x': 1, 'y': 2}"]);
            let macro_ = c.of(&["all", "exists", "existsOne"]);
            format!("{over}.{macro_}(k, w, {} || w == {})", bool_expr(c, d, scope), int_expr(c, d, scope))
        }
        16 => {
            format!("(lab {} label('{}'))", c.of(&["<=", "<", ">=", ">", "==", "!="]), c.of(&["low", "left", "right"]))
        }
        17 => format!("(r {} '{}')", c.of(&["<=", "<", "==", "!="]), c.of(&["none", "low", "high"])),
        18 => format!("{}.?{}.orValue({})", c.of(&["m", "o", "d"]), c.of(&["x", "y"]), c.of(&["true", "1", "null"])),
        19 => format!("(s == {} || s in ['a', {}])", c.of(&["'a'", "'b'"]), c.of(&["'b'", "'c'"])),
        21 => {
            format!("({} {} {})", c.of(&["o", "d"]), c.of(&["==", "!="]), c.of(&["{}", "{'x': 1}", "{'y': null}", "m"]))
        }
        22 => {
            let over = c.of(&["l", "d", "[1, 2]", "[o]"]);
            format!("{}({over}, {})", c.of(&["sets.contains", "sets.intersects"]), list_expr(c, d, scope))
        }
        20 => format!("cel.bind(w, {}, {})", any_expr(c, d, scope), bool_expr(c, d, &[scope, &["w"]].concat())),
        _ => scope.last().map_or_else(|| "b".to_owned(), |name| format!("({name} == {})", any_expr(c, d, scope))),
    }
}

fn int_expr(c: &mut Choices<'_>, depth: usize, scope: &[&str]) -> String {
    if depth == 0 || c.left() == 0 {
        return c.of(&["0", "1", "2", "i", "size(l)"]).to_owned();
    }
    let d = depth - 1;
    match c.next(8) {
        0 => "i".to_owned(),
        1 => format!("({} {} {})", int_expr(c, d, scope), c.of(&["+", "-", "*", "/", "%"]), int_expr(c, d, scope)),
        2 => format!("size({})", any_expr(c, d, scope)),
        3 => format!("{}[{}]", list_expr(c, d, scope), int_expr(c, d, scope)),
        4 => format!("{}.{}", c.of(&["m", "o", "d"]), c.of(&["x", "y"])),
        5 => format!("({} ? {} : {})", bool_expr(c, d, scope), int_expr(c, d, scope), int_expr(c, d, scope)),
        6 => "int(s)".to_owned(),
        _ => scope.last().map_or_else(|| "3".to_owned(), |name| (*name).to_owned()),
    }
}

fn text_expr(c: &mut Choices<'_>, depth: usize, scope: &[&str]) -> String {
    match c.next(if depth == 0 { 2 } else { 5 }) {
        0 => "s".to_owned(),
        1 => "'ab'".to_owned(),
        2 => "(s + 'a')".to_owned(),
        3 => "string(d)".to_owned(),
        _ => format!("string({})", int_expr(c, depth - 1, scope)),
    }
}

fn list_expr(c: &mut Choices<'_>, depth: usize, scope: &[&str]) -> String {
    if depth == 0 || c.left() == 0 {
        return c.of(&["l", "[1, 2, 3]", "[]", "d"]).to_owned();
    }
    let d = depth - 1;
    match c.next(6) {
        0 => "l".to_owned(),
        1 => format!("[{}, {}]", int_expr(c, d, scope), int_expr(c, d, scope)),
        2 => format!("{}.filter(v, {})", list_expr(c, d, scope), bool_expr(c, d, &[scope, &["v"]].concat())),
        3 => format!("{}.map(v, {})", list_expr(c, d, scope), any_expr(c, d, &[scope, &["v"]].concat())),
        4 => format!("[?o.?x, {}]", int_expr(c, d, scope)),
        _ => format!("({} + {})", list_expr(c, d, scope), list_expr(c, d, scope)),
    }
}

fn any_expr(c: &mut Choices<'_>, depth: usize, scope: &[&str]) -> String {
    match c.next(10) {
        0 => "null".to_owned(),
        1 => "m".to_owned(),
        2 => "o".to_owned(),
        3 => "d".to_owned(),
        4 => "{'x': 1}".to_owned(),
        5 => text_expr(c, depth.saturating_sub(1), scope),
        6 => list_expr(c, depth.saturating_sub(1), scope),
        7 => bool_expr(c, depth.saturating_sub(1), scope),
        _ => int_expr(c, depth.saturating_sub(1), scope),
    }
}

fn scalar(c: &mut Choices<'_>) -> Value<'static> {
    match c.next(8) {
        0 => Value::Null,
        1 => Value::Bool(c.next(2) == 0),
        2 => Value::Double(1.0),
        3 | 4 => Value::from(c.of(&["a", "ab", "x", "1"])),
        _ => Value::Int(c.next(4) as i64),
    }
}

fn map(c: &mut Choices<'_>, open: bool) -> Value<'static> {
    let mut entries = Vec::new();
    for name in ["x", "y", "z"] {
        if c.next(2) == 0 {
            entries.push((Key::String(name.into()), scalar(c)));
        }
    }
    let map = Map::new(entries).unwrap();
    Value::from(if open { map.opened() } else { map })
}

fn list(c: &mut Choices<'_>) -> Value<'static> {
    (0..c.next(4)).map(|_| scalar(c)).collect()
}

/// A value for a slot; now and then null, or of a type that the slot is not declared to have.
fn fact(c: &mut Choices<'_>, slot: usize) -> Value<'static> {
    let wild = c.next(12);
    match if wild == 0 { 7 } else { slot } {
        _ if wild == 1 => Value::Null,
        0 | 1 => Value::Bool(c.next(2) == 0),
        2 => Value::Int(c.next(4) as i64),
        3 => Value::from(c.of(&["a", "b", "ab", "1"])),
        4 => (0..c.next(4)).map(|_| Value::Int(c.next(4) as i64)).collect(),
        5 => map(c, false),
        6 => map(c, true),
        8 => Value::Label(taxonomy().get(c.of(&["low", "left", "right"])).unwrap()),
        9 => Value::Enum(&RISK, c.next(4) as u8),
        _ => match c.next(4) {
            0 => list(c),
            1 => map(c, false),
            2 => map(c, true),
            _ => scalar(c),
        },
    }
}

/// A value that `partial` could be all along: open maps get the members that nobody mentioned.
fn completed(c: &mut Choices<'_>, slot: usize, partial: Option<&Value<'static>>) -> Value<'static> {
    match partial {
        None => fact(c, slot),
        Some(Value::Map(given)) if given.is_open() => {
            let mut entries = given.entries().to_vec();
            for name in ["x", "y", "z", "w"] {
                if given.get(name).is_none() && c.next(2) == 0 {
                    entries.push((Key::String(name.into()), scalar(c)));
                }
            }
            let full = Map::new(entries).unwrap();
            Value::from(if c.next(2) == 0 { full.opened() } else { full })
        }
        Some(known) => known.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Law 5: what is decided in spite of unknown facts is so whatever they are.
    #[test]
    fn law_5_verify_explicitly(
        shape in prop::collection::vec(any::<u8>(), 0..64),
        values in prop::collection::vec(any::<u8>(), 0..96),
        unknown in prop::collection::vec(any::<bool>(), FACTS.len()),
        completions in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let (schema, taxonomy, limits) = (schema(), taxonomy(), Limits::default());
        let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
        let source = bool_expr(&mut Choices(&shape, 0), 4, &[]);
        // Ill-typed ones are as good for the law.
        let condition = compile(&source, &declarations).or_else(|_| unchecked(&source, &declarations)).unwrap();
        let mut c = Choices(&values, 0);
        let partial: Vec<Option<Value<'static>>> =
            (0..FACTS.len()).map(|slot| fact(&mut c, slot)).zip(&unknown).map(|(value, gone)| (!gone).then_some(value)).collect();
        let partial = Known(partial);
        let truth = condition.evaluate(&partial);
        if truth == Truth::Unknown {
            // The other side of the law: with nothing unknown, undecided means an error, and nothing is to blame.
            let complete = partial.0.iter().all(|f| f.as_ref().is_some_and(|v| !matches!(v, Value::Map(m) if m.is_open())));
            if complete {
                prop_assert!(condition.unknowns(&partial).is_empty(), "{source}");
            }
            return Ok(());
        }
        let mut c = Choices(&completions, 0);
        for _ in 0..8 {
            let full = partial.0.iter().enumerate().map(|(slot, value)| Some(completed(&mut c, slot, value.as_ref()))).collect();
            let full = Known(full);
            prop_assert_eq!(condition.evaluate(&full), truth, "{} over {:?} completed to {:?}", source, partial.0, full.0);
        }
    }

    /// The clause that is named is not true, and there is one exactly if the condition is not true.
    #[test]
    fn failing_clause(
        shape in prop::collection::vec(any::<u8>(), 0..64),
        values in prop::collection::vec(any::<u8>(), 0..96),
        unknown in prop::collection::vec(any::<bool>(), FACTS.len()),
    ) {
        let (schema, taxonomy, limits) = (schema(), taxonomy(), Limits::default());
        let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
        let mut c = Choices(&shape, 0);
        let source = format!("{} && {} && {}", bool_expr(&mut c, 2, &[]), bool_expr(&mut c, 2, &[]), bool_expr(&mut c, 2, &[]));
        let Ok(condition) = compile(&source, &declarations) else { return Ok(()) };
        let mut c = Choices(&values, 0);
        let facts: Vec<Option<Value<'static>>> =
            (0..FACTS.len()).map(|slot| fact(&mut c, slot)).zip(&unknown).map(|(value, gone)| (!gone).then_some(value)).collect();
        let facts = Known(facts);
        let truth = condition.evaluate(&facts);
        let clause = condition.first_failing_clause(&facts);
        prop_assert_eq!(truth == Truth::True, clause.is_none());
        if let Some(clause) = clause {
            prop_assert_eq!(clause.truth, truth);
            prop_assert_eq!(compile(clause.text, &declarations).unwrap().evaluate(&facts), truth);
            prop_assert!(condition.clauses().any(|text| text == clause.text));
        }
    }

    /// Printing a tree and parsing the text gives the tree.
    #[test]
    fn print_round_trips(shape in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        let tree = tree(&mut Choices(&shape, 0), 6, &text);
        let printed = tree.to_string();
        let parsed = parse(&printed, &Limits::default());
        prop_assert_eq!(parsed.as_ref().ok(), Some(&tree), "{}", printed);
        prop_assert_eq!(parsed.unwrap().to_string(), printed);
    }

    /// No text makes the front end panic, and every finding has a place in the text.
    #[test]
    fn any_text_is_judged(source in "[ -~\\n]{0,60}|[a-c().,?:!&|=<>+*/%\\[\\]{}'\"0-9ux -]{0,60}") {
        let (schema, taxonomy, limits) = (schema(), taxonomy(), Limits::default());
        let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
        match expression(&source, &declarations) {
            Ok(condition) => {
                let _ = condition.value(&Known(vec![]));
                let again = expression(condition.canonical(), &declarations).unwrap();
                prop_assert_eq!(again.canonical(), condition.canonical());
            }
            Err(diagnostics) => {
                prop_assert!(diagnostics.has_errors());
                for d in &diagnostics.0 {
                    let lines: Vec<&str> = source.split('\n').collect();
                    prop_assert!(d.span.line >= 1 && d.span.line as usize <= lines.len(), "{d}");
                    let columns = lines[d.span.line as usize - 1].chars().count();
                    prop_assert!(d.span.column >= 1 && d.span.column as usize <= columns + 1, "{d}");
                }
            }
        }
    }
}

/// What conditions mostly consist of: one thing that is asked of one value.
fn question(c: &mut Choices<'_>, of: &str) -> String {
    match c.next(17) {
        0 => of.to_owned(),
        1 => format!("!{of}"),
        2 => format!("{of} == {}", c.of(&["'a'", "'ab'", "1", "null", "label('left')", "2.0", "true"])),
        3 => format!("{} != {of}", c.of(&["'a'", "'x'", "1", "null", "label('low')", "1u"])),
        4 => format!("{of} in {}", c.of(&["['a', 'b']", "['x', 'ab', '1']", "[1, 2]", "['low', 'medium']"])),
        5 => format!("!({of} in ['a', 'x'])"),
        6 => format!("({of} == 'a' || {of} in ['ab', 'x'])"),
        7 => format!("{of}.startsWith({})", c.of(&["'a'", "''", "'abc'"])),
        8 => format!("!{of}.endsWith({})", c.of(&["'b'", "'x'"])),
        9 => {
            format!("{of} {} {}", c.of(&["<", "<=", ">", ">="]), c.of(&["1", "2", "'medium'", "label('left')", "'a'"]))
        }
        10 => format!("size({of}) {} {}", c.of(&["==", "!=", "<", ">", ">="]), c.of(&["0", "1", "2"])),
        11 => format!("{} in {of}", c.of(&["'a'", "'ab'", "'x'", "'low'"])),
        12 => format!("!('x' in {of})"),
        13 => format!("has({of}.{})", c.of(&["x", "y"])),
        14 => format!("!has({of}.x)"),
        15 => format!("{of}.{} == {}", c.of(&["x", "y"]), c.of(&["'a'", "1", "null"])),
        _ => format!("{of}.x"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A question is answered alike where rows and loops answer it in place and where its node does: as the condition of `?:`.
    #[test]
    fn questions_have_one_answer(
        shape in prop::collection::vec(any::<u8>(), 8..24),
        values in prop::collection::vec(any::<u8>(), 0..96),
        unknown in prop::collection::vec(0..4u8, FACTS.len()),
    ) {
        let (schema, taxonomy, limits) = (schema(), taxonomy(), Limits::default());
        let declarations = Declarations { schema: &schema, taxonomy: &taxonomy, limits: &limits, arguments: None };
        let mut c = Choices(&values, 0);
        let mut facts: Vec<Option<Value<'static>>> =
            (0..FACTS.len()).map(|slot| fact(&mut c, slot)).zip(&unknown).map(|(value, gone)| (*gone > 0).then_some(value)).collect();
        if c.next(2) == 0 {
            let mut item = |_| if c.next(3) == 0 { let open = c.next(2) == 0; map(&mut c, open) } else { scalar(&mut c) };
            facts[7] = Some((0..4).map(&mut item).collect());
        }
        let facts = Known(facts);
        let mut c = Choices(&shape, 0);
        let of = c.of(&["b", "i", "s", "l", "m", "o", "d", "lab", "r", "m.x", "m.y", "o.x", "o.y", "d.x", "d.y"]);
        let asked = question(&mut c, of);
        let item = c.of(&["v", "v.x", "v.y"]);
        let (over, through, inner) = (c.of(&["d", "l", "[1, 'a']", "m"]), c.of(&["all", "exists", "exists_one"]), question(&mut c, item));
        let pairs = [
            (asked.clone(), format!("(({asked}) ? true : false)")),
            (format!("({asked}) && b"), format!("((({asked}) ? true : false) && (b ? true : false))")),
            (format!("{over}.{through}(v, {inner})"), format!("{over}.{through}(v, ({inner}) ? true : false)")),
        ];
        for (plain, chosen) in pairs {
            let [plain, chosen] = [plain, chosen].map(|source| unchecked(&source, &declarations).unwrap());
            prop_assert_eq!(plain.evaluate(&facts), chosen.evaluate(&facts), "{} over {:?}", plain.source(), facts.0);
            prop_assert_eq!(plain.unknowns(&facts), chosen.unknowns(&facts), "{} over {:?}", plain.source(), facts.0);
        }
    }
}

fn expr(kind: Kind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn name(c: &mut Choices<'_>) -> Box<str> {
    c.of(&["a", "b", "device", "x1", "_y"]).into()
}

fn literal(c: &mut Choices<'_>, text: &str) -> Literal {
    match c.next(8) {
        0 => Literal::Null,
        1 => Literal::Bool(c.next(2) == 0),
        2 => Literal::Int(c.of(&[0, 1, -1, i64::MAX, i64::MIN, -42])),
        3 => Literal::Uint(c.of(&[0, 7, u64::MAX])),
        4 => Literal::Double(c.of(&[0.0, 1.0, -1.5, 1e300, -2.5e-7, f64::MAX, f64::MIN_POSITIVE])),
        5 => Literal::Bytes(text.as_bytes().into()),
        _ => Literal::String(text.into()),
    }
}

fn boxed(c: &mut Choices<'_>, depth: usize, text: &str) -> Box<Expr> {
    Box::new(tree(c, depth, text))
}

/// A tree as the parser can make it.
fn tree(c: &mut Choices<'_>, depth: usize, text: &str) -> Expr {
    if depth == 0 || c.left() == 0 {
        return expr(match c.next(3) {
            0 => Kind::Literal(literal(c, text)),
            1 => Kind::Name { name: name(c), absolute: c.next(4) == 0 },
            _ => Kind::Name { name: c.of(&["@it:0:1", "@ac:2:0", "@index3"]).into(), absolute: false },
        });
    }
    let d = depth - 1;
    let field = |c: &mut Choices<'_>| Box::from(c.of(&["f", "in", "package", "content-type", "true", "a b", "has"]));
    expr(match c.next(17) {
        0 => Kind::Literal(literal(c, text)),
        1 => Kind::Select { operand: boxed(c, d, text), field: field(c), optional: c.next(3) == 0 },
        2 => Kind::Has { operand: boxed(c, d, text), field: field(c) },
        3 => Kind::Index { operand: boxed(c, d, text), index: boxed(c, d, text), optional: c.next(3) == 0 },
        4 => {
            let arguments = (0..c.next(3)).map(|_| tree(c, d, text)).collect();
            let target = (c.next(2) == 0).then(|| boxed(c, d, text));
            let function = if target.is_some() { "method" } else { c.of(&["f", "math.least", "strings.quote"]) };
            Kind::Call { target, function: function.into(), arguments }
        }
        5 => {
            Kind::List((0..c.next(4)).map(|_| Element { value: tree(c, d, text), optional: c.next(4) == 0 }).collect())
        }
        6 => {
            let mut entry = || Entry { key: tree(c, d, text), value: tree(c, d, text), optional: c.next(4) == 0 };
            Kind::Map(vec![entry(), entry()])
        }
        7 => Kind::Unary(c.of(&[Unary::Not, Unary::Negate]), boxed(c, d, text)),
        8..=10 => {
            let operators = [
                Binary::Equal,
                Binary::Less,
                Binary::In,
                Binary::Add,
                Binary::Subtract,
                Binary::Multiply,
                Binary::Modulo,
            ];
            Kind::Binary(c.of(&operators), boxed(c, d, text), boxed(c, d, text))
        }
        11 => Kind::And((0..2 + c.next(2)).map(|_| tree(c, d, text)).collect()),
        12 => Kind::Or((0..2 + c.next(2)).map(|_| tree(c, d, text)).collect()),
        13 => Kind::Conditional { condition: boxed(c, d, text), then: boxed(c, d, text), otherwise: boxed(c, d, text) },
        14 => Kind::Bind { name: name(c), value: boxed(c, d, text), body: boxed(c, d, text) },
        15 => match c.next(2) {
            0 => Kind::Block { slots: vec![tree(c, d, text)], body: boxed(c, d, text) },
            _ => Kind::OptionalMap {
                target: boxed(c, d, text),
                name: name(c),
                body: boxed(c, d, text),
                flat: c.next(2) == 0,
            },
        },
        _ => {
            let (iteration, two, filter) = c.of(&[
                (Iteration::All, false, false),
                (Iteration::Exists, true, false),
                (Iteration::ExistsOne, false, false),
                (Iteration::ExistsOne, true, false),
                (Iteration::Map, false, true),
                (Iteration::Filter, false, false),
                (Iteration::TransformMap, true, true),
                (Iteration::SortBy, false, false),
            ]);
            Kind::Comprehension(Box::new(Comprehension {
                iteration,
                range: tree(c, d, text),
                first: "v".into(),
                second: two.then(|| "w".into()),
                filter: filter.then(|| tree(c, d, text)),
                body: tree(c, d, text),
            }))
        }
    })
}
