//! Who and what is it about, if it is asked again? A request that was looked up once.
//!
//! Looking up who and what is in a call, and which heads they match, takes about as long as judging it. Hosts that judge a call
//! more than once (when it is announced and when it is made, or again and again while it runs) need to do it once.
//!
//! INVARIANT: a prepared request is of one engine and holds no answer to it: what it holds of facts is what each answers to single questions.
//! [`Prepared::decide`] judges every layer, head and condition, and says what [`Engine::decide`] says.
//!
//! Next room: [`crate::explain`].

use super::scene::Scene;
use super::{Flowing, complete};
use crate::decision::{Code, Decision};
use crate::engine::Engine;
use crate::request::{Refused, Request, Target};

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
    scene: Scene<'e, 'r>,
    /// The flow that the request states.
    flowing: Option<Box<Flowing<'e>>>,
}

impl Engine {
    /// Looks up who and what is in a request, to judge it more than once.
    #[must_use]
    pub fn prepare<'e, 'r>(&'e self, request: &'e Request<'r>) -> Prepared<'e, 'r> {
        let mut scene = Scene::blank(self, request);
        scene.refused = self.form(request);
        let mut flowing = None;
        if scene.refused.is_none() {
            scene.look_up();
            flowing = scene.enter(None).map(Box::new);
        }
        Prepared { scene, flowing }
    }
}

impl Engine {
    /// Judges the same call on each of many resources: lists that are filtered, results of a search. `each` gets the place of the
    /// resource and what [`Engine::decide`] would say, were it the request's. Links, action and facts are looked up once.
    ///
    /// ```
    /// use placet::{Engine, Limits, Link, Request, Target, document};
    /// let text = "version: 1\nrules: [{id: read, effect: permit, action: read, resource: {id: wiki/**}}]\n";
    /// let engine = Engine::of(&document::load([("policy.yaml", text)], &Limits::default())?);
    /// let found = [Target::new("page", "wiki/home"), Target::new("page", "payroll/june")];
    /// let search = Request::new(Link::user("ada"), "read", Target::new("page", "wiki"));
    /// let mut shown = Vec::new();
    /// engine.decide_each(&search, &found, |at, decision| shown.extend(decision.is_allowed().then_some(at)));
    /// assert_eq!(shown, [0]);
    /// # Ok::<(), placet::diagnostic::Diagnostics>(())
    /// ```
    pub fn decide_each<'e, 'r>(
        &'e self,
        request: &Request<'r>,
        resources: &[Target<'r>],
        mut each: impl FnMut(usize, Decision<'e>),
    ) {
        let refused = self.form(request);
        let mut scene = if refused.is_none() { Some(Scene::new(self, request)) } else { None };
        let mark = scene.as_ref().map_or(0, Scene::mark);
        for (at, resource) in resources.iter().enumerate() {
            let mut decision = Decision::new(self);
            let refused = refused.or_else(|| match request.refuses(resource, self.policy().vocabulary())? {
                Refused::Malformed => Some(Code::RequestMalformed),
                Refused::Outdated => Some(Code::RequestOutdated),
            });
            match (refused, &mut scene) {
                (Some(code), _) => decision.object(code, None, 0, 0),
                (None, Some(scene)) => {
                    scene.replace(resource, mark);
                    let flowing = scene.enter(None);
                    complete(scene, flowing.as_ref(), &mut decision);
                }
                (None, None) => decision.object(Code::RequestMalformed, None, 0, 0),
            }
            each(at, decision);
        }
    }
}

impl<'e> Prepared<'e, '_> {
    /// Judges it.
    #[must_use]
    pub fn decide(&self) -> Decision<'e> {
        let scene = &self.scene;
        let mut decision = Decision::new(scene.engine);
        match scene.refused {
            Some(code) => decision.object(code, None, 0, 0),
            None => {
                let flowing = if scene.is_flowing { self.flowing.as_deref() } else { None };
                complete(scene, flowing, &mut decision);
            }
        }
        decision
    }
}
