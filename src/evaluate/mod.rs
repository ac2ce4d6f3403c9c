//! May this be done? The decision: every link of the chain, on every resource, in every layer.
//!
//! 1. *Form*: a malformed, oversized or outdated request is denied unjudged.
//! 2. *Identity* of every link (`identity`).
//!    Then what has been *revoked* (`revocation`).
//! 3. *Tool* registry, for the tool that is called and every tool among the targets (`tool`).
//! 4. *Rules* for each link and resource: a permit of its own for each, every forbid, every requirement (`rules`).
//! 5. *Privilege*: what has no permit, what needs a live grant (`privilege`).
//!    Then, in a session, *flows*: what the session has read (`flow`).
//! 6. *Requirements*: met ones vanish, those that nobody can meet object (`requirement`).
//!
//! INVARIANT: deciding cannot fail, waits for nothing, reads no clock and changes nothing; what cannot be judged is denied with
//! a code. For usual requests it allocates nothing. Laws 1, 2, 4, 5, 6, 7 are decided here and tested in `tests/laws.rs`.
//!
//! Next room: [`crate::explain`].

mod facts;
mod flow;
mod identity;
mod memo;
mod prepared;
mod privilege;
mod requirement;
mod revocation;
mod rules;
mod scene;
mod session;
mod told;
mod tool;

pub(crate) use facts::View;
pub(crate) use flow::{findings, sources};
pub(crate) use memo::Memo;
pub use prepared::Prepared;
pub(crate) use privilege::giver_is_held;
pub(crate) use rules::Pair;
pub(crate) use scene::{KnownLabel, Scene};
pub(crate) use session::Flowing;

use crate::decision::{Code, Decision};
use crate::engine::Engine;
use crate::flow::{Run, Session};
use crate::request::Request;

impl Engine {
    /// Judges a request: one that states its flow as a part of that session, any other as the call of no session.
    #[must_use]
    pub fn decide<'e>(&'e self, request: &Request<'_>) -> Decision<'e> {
        self.judge(request, None)
    }

    /// Judges a request as a part of a session: besides, by what the session has read. `run` is what the host says of the call.
    /// What the request itself states of its flow only restricts.
    #[must_use]
    pub fn decide_in<'e>(&'e self, request: &Request<'_>, session: &Session, run: &Run<'_>) -> Decision<'e> {
        self.judge(request, Some((session, run)))
    }

    fn judge<'e>(&'e self, request: &Request<'_>, host: Option<(&Session, &Run<'_>)>) -> Decision<'e> {
        let mut decision = Decision::new(self);
        match self.form(request) {
            Some(code) => decision.object(code, None, 0, 0),
            None => {
                let mut scene = Scene::blank(self, request);
                scene.look_up();
                let flowing = scene.enter(host);
                complete(&scene, flowing.as_ref(), &mut decision);
            }
        }
        decision
    }

    /// Whether a call could be allowed with *some* arguments; those of the request do not count, nor what it says of its content. For lists of tools
    /// (`tools/list`): what is undecided only for want of these counts for the caller. It never authorises: the call itself
    /// is decided when it is made, and may be denied. A call that is step_up, defer or modify is listed too.
    ///
    /// The answer is no only if every choice of arguments would be denied.
    #[must_use]
    pub fn could_allow(&self, request: &Request<'_>) -> bool {
        let mut open = request.clone();
        *open.arguments = None;
        open.forget_content();
        self.could(&open)
    }

    /// As [`Engine::could_allow`], of a request without arguments.
    fn could(&self, open: &Request<'_>) -> bool {
        if self.form(open).is_some() {
            return false;
        }
        let mut decision = Decision::new(self);
        let mut scene = Scene::new(self, open);
        scene.enter(None);
        scene.listing = true;
        judge(&scene, &mut decision);
        decision.objections.is_empty()
    }

    /// The registered tools that the chain of a request could call with some arguments, by id in alphabetical order: what a
    /// `tools/list` shows. Chain and signals are the request's; action, resource and arguments do not count.
    #[must_use]
    pub fn list_tools(&self, request: &Request<'_>) -> Vec<&str> {
        let could = |id: &&str| self.could(&request.calling(id));
        self.directory().tools().iter().map(|tool| &*tool.id).filter(could).collect()
    }

    /// Why a request cannot be judged at all.
    pub(crate) fn form(&self, request: &Request<'_>) -> Option<Code> {
        if let Some(defect) = request.defect() {
            return Some(if defect.too_large { Code::RequestTooLarge } else { Code::RequestMalformed });
        }
        let vocabulary = self.policy().vocabulary();
        if request.stamp != 0 && request.stamp != vocabulary.stamp() {
            return Some(Code::RequestOutdated);
        }
        let limits = vocabulary.limits();
        let too_many =
            request.actors().len() > limits.chain_depth || request.targets().len() > limits.targets.saturating_add(1);
        too_many.then_some(Code::RequestTooLarge)
    }
}

/// The decision of a call, in a session or in none.
fn complete(scene: &Scene<'_, '_>, flow: Option<&Flowing<'_>>, decision: &mut Decision<'_>) {
    judge(scene, decision);
    flow::judge(scene, flow, decision);
    requirement::conflicts(decision);
    decision.finish();
}

/// Every layer but flows, one after the other.
fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    identity::judge(scene, decision);
    revocation::judge(scene, decision);
    tool::judge(scene, decision);
    rules::judge(scene, decision);
}
