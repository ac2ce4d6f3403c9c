//! What is computed with variables? Loops, `cel.bind`, `optMap`; one that reads nothing from outside is run at load.
//!
//! Next room: `shapes`.

use crate::condition::ast::Iteration;
use crate::condition::compile::{Builder, NOTHING, Operand, index, keep, shapes};
use crate::condition::datum::{Datum, Items};
use crate::condition::evaluate::Machine;
use crate::condition::program::{Id, Loop, Node, local_of};
use crate::value::{Fact, Facts};

/// No facts at all, for what needs none.
struct NoFacts;

impl Facts for NoFacts {
    fn fact(&self, _slot: u16) -> Fact<'_> {
        Fact::Unknown
    }
}

impl Builder {
    /// A loop whose variables are those from `depth` on. One that reads nothing from outside is run now.
    pub(crate) fn iterate(
        &mut self,
        iteration: Iteration,
        two: bool,
        (range, filter, body): (Operand, Option<Operand>, Operand),
        depth: u32,
    ) -> Operand {
        let rounds = match &range {
            Operand::Known(Datum::List(items)) => Items::len(items) as u64,
            Operand::Known(Datum::Map(entries)) => entries.len() as u64,
            Operand::Known(_) | Operand::Node(_) => 1,
        };
        let range = self.id(range);
        let filter = filter.map(|filter| self.id(filter));
        let body = self.id(body);
        let item = |id| local_of(id).filter(|at| *at == depth && !two).map(|_| 0);
        let step = shapes::step(&self.program, body, item);
        let inside = filter.map_or(NOTHING, |filter| self.info(filter)).and(self.info(body));
        let cost = inside.weight.saturating_add(1);
        let mut info = self.info(range).and(inside);
        info.estimate = self.info(range).estimate.saturating_add(inside.estimate.saturating_mul(rounds));
        self.program.loops.push(Loop { iteration, two, range, filter, body, step, cost });
        let at = index(self.program.loops.len() - 1);
        let id = self.push(Node::Loop(at), info);
        self.settled(id, depth)
    }

    pub(crate) fn bind(&mut self, value: Operand, body: Operand, depth: u32) -> Operand {
        let (value, body) = (self.id(value), self.id(body));
        let info = self.info(value).and(self.info(body));
        let id = self.push(Node::Bind(value, body), info);
        self.settled(id, depth)
    }

    pub(crate) fn optional_map(&mut self, target: Operand, body: Operand, flat: bool) -> Operand {
        self.binary(target, body, |target, body| Node::OptionalMap(target, body, flat))
    }

    /// The value of a node that needs neither facts nor variables from outside; else the node.
    fn settled(&mut self, id: Id, depth: u32) -> Operand {
        let info = self.info(id);
        // With variables around, the machine's stack would have to be rebuilt: only outermost loops are run at load.
        if info.reads || info.outermost < depth || depth > 0 {
            return Operand::Node(id);
        }
        let mut machine = Machine::new(&self.program, &NoFacts);
        machine.budget = self.folding;
        let result = machine.value(id).map(|value| keep(&value));
        self.folding = machine.budget;
        match result {
            Ok(value) => Operand::Known(value),
            // Too costly for now; other errors stay what they are.
            Err(_) => Operand::Node(id),
        }
    }
}
