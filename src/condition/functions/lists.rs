//! Functions over lists and sets.

use crate::condition::EvaluationError;
use crate::condition::compare;
use crate::condition::datum::{Datum, Items, Outcome, Stop, mismatch};
use crate::condition::evaluate::{Budget, iterate};
use crate::condition::functions::{Function, Overload, Sort, global, method, takes};

use Sort::{Bool, First, Int, List, ListOfInt, OptionalItem};

const PAIR: &[Overload] = &[takes(&[List, List], Bool)];

pub(crate) const FUNCTIONS: &[Function] = &[
    method("slice", &[takes(&[List, Int, Int], First)], slice),
    method("flatten", &[takes(&[List], List), takes(&[List, Int], List)], flatten),
    method("distinct", &[takes(&[List], First)], distinct),
    method("sort", &[takes(&[List], First)], sort),
    method("first", &[takes(&[List], OptionalItem)], |args, _| end(args, false)),
    method("last", &[takes(&[List], OptionalItem)], |args, _| end(args, true)),
    global("lists.range", &[takes(&[Int], ListOfInt)], range),
    global("sets.contains", PAIR, |args, budget| sets(args, budget, |a, b, budget| covers(b, a, budget))),
    global("sets.intersects", PAIR, |args, budget| sets(args, budget, intersects)),
    global("sets.equivalent", PAIR, |args, budget| {
        sets(args, budget, |a, b, budget| Ok(covers(a, b, budget)? && covers(b, a, budget)?))
    }),
];

fn slice<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::List(items), Datum::Int(from), Datum::Int(to)] = args else { return mismatch() };
    let place = |at: i64| usize::try_from(at).ok().filter(|at| *at <= Items::len(items));
    let (Some(from), Some(to)) = (place(*from), place(*to)) else { return Err(EvaluationError::NoItem.into()) };
    if from > to {
        return Err(EvaluationError::NoItem.into());
    }
    budget.charge(to - from)?;
    Ok(Datum::list((from..to).filter_map(|at| items.get(at)).collect()))
}

fn flatten<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let (items, depth) = match args {
        [Datum::List(items)] => (items, 1),
        [Datum::List(items), Datum::Int(depth)] if *depth >= 0 => (items, *depth),
        [Datum::List(_), Datum::Int(_)] => return Err(EvaluationError::BadArgument.into()),
        _ => return mismatch(),
    };
    let mut flat: Vec<Datum<'a>> = items.iter().collect();
    budget.charge(flat.len())?;
    // Level by level: no recursion over what a request nests.
    for _ in 0..depth {
        if !flat.iter().any(|item| matches!(item, Datum::List(_))) {
            break;
        }
        let mut next = Vec::with_capacity(flat.len());
        for item in flat {
            if let Datum::List(inner) = item {
                budget.charge(1 + Items::len(&inner))?;
                next.extend(inner.iter());
            } else {
                next.push(item);
            }
        }
        flat = next;
    }
    Ok(Datum::list(flat))
}

fn distinct<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::List(items)] = args else { return mismatch() };
    let mut kept: Vec<Datum<'a>> = Vec::new();
    for item in items.iter() {
        budget.charge(1 + kept.len())?;
        let mut seen = false;
        for other in &kept {
            seen = seen || compare::equal(&item, other, budget)?;
        }
        if !seen {
            kept.push(item);
        }
    }
    Ok(Datum::list(kept))
}

fn sort<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::List(items)] = args else { return mismatch() };
    budget.charge(Items::len(items) * 4)?;
    iterate::sorted(items.iter().map(|item| (item.clone(), item)).collect(), budget).map(Datum::list)
}

fn end<'a>(args: &[Datum<'a>], last: bool) -> Outcome<Datum<'a>> {
    let [Datum::List(items)] = args else { return mismatch() };
    let at = if last { Items::len(items).saturating_sub(1) } else { 0 };
    Ok(items.get(at).map_or(Datum::NONE, Datum::some))
}

fn range<'a>(args: &[Datum<'a>], budget: &mut Budget) -> Outcome<Datum<'a>> {
    let [Datum::Int(count)] = args else { return mismatch() };
    budget.charge(usize::try_from(*count).unwrap_or(0))?;
    Ok(Datum::list((0..*count).map(Datum::Int).collect()))
}

type OfSets = for<'a> fn(&Items<'a>, &Items<'a>, &mut Budget) -> Outcome<bool>;

fn sets<'a>(args: &[Datum<'a>], budget: &mut Budget, f: OfSets) -> Outcome<Datum<'a>> {
    let [Datum::List(a), Datum::List(b)] = args else { return mismatch() };
    f(a, b, budget).map(Datum::Bool)
}

fn member<'a>(item: &Datum<'a>, items: &Items<'a>, budget: &mut Budget) -> Outcome<bool> {
    budget.charge(1 + Items::len(items))?;
    let mut undecided: Option<Stop> = None;
    for other in items.iter() {
        match compare::equal(item, &other, budget) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(stop) => undecided = Some(stop.or(undecided)),
        }
    }
    undecided.map_or(Ok(false), Err)
}

/// Whether all items of `a` are in `b`.
fn covers<'a>(a: &Items<'a>, b: &Items<'a>, budget: &mut Budget) -> Outcome<bool> {
    for item in a.iter() {
        if !member(&item, b, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn intersects<'a>(a: &Items<'a>, b: &Items<'a>, budget: &mut Budget) -> Outcome<bool> {
    for item in a.iter() {
        if member(&item, b, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}
