//! Who and what is it about, if it is asked again? A request that was looked up once.
//!
//! Looking up who and what is in a call, and which heads they match, takes about as long as judging it. Hosts that judge a call
//! more than once (when it is announced and when it is made, or again and again while it runs) need to do it once.
//!
//! INVARIANT: a prepared request is of one engine and holds no answer: [`Prepared::decide`] judges every layer and evaluates every
//! condition, and says what [`Engine::decide`] says.
//!
//! Next room: [`crate::explain`].

use super::scene::Scene;
use super::{flow, judge, requirement};
use crate::decision::{Code, Decision};
use crate::engine::Engine;
use crate::request::Request;

/// A request whose links, resources and heads are looked up. It is of one engine: after a swap, prepare anew.
///
/// ```
/// use placet::{Engine, Limits, Link, Request, Target, document};
/// let policy = document::load([("policy.yaml", include_str!("../../examples/quickstart.yaml"))], &Limits::default())?;
/// let engine = Engine::of(&policy);
/// let call = Request::new(Link::user("mallory"), "tools/call", Target::tool("tickets/read"));
/// let prepared = engine.prepare(&call);
/// assert_eq!(prepared.decide(), engine.decide(&call));
/// # Ok::<(), placet::diagnostic::Diagnostics>(())
/// ```
#[derive(Debug)]
pub struct Prepared<'e, 'r> {
    engine: &'e Engine,
    scene: Result<Scene<'e, 'r>, Code>,
}

impl Engine {
    /// Looks up who and what is in a request, to judge it more than once.
    #[must_use]
    pub fn prepare<'e, 'r>(&'e self, request: &'e Request<'r>) -> Prepared<'e, 'r> {
        let scene = match self.form(request) {
            Some(code) => Err(code),
            None => Ok(Scene::new(self, request)),
        };
        Prepared { engine: self, scene }
    }
}

impl<'e> Prepared<'e, '_> {
    /// Judges it.
    #[must_use]
    pub fn decide(&self) -> Decision<'e> {
        let mut decision = Decision::new(self.engine);
        match &self.scene {
            Err(code) => decision.object(*code, None, 0, 0),
            Ok(scene) => {
                judge(scene, &mut decision);
                flow::judge(scene, None, &mut decision);
                requirement::conflicts(&mut decision);
                decision.finish();
            }
        }
        decision
    }
}
