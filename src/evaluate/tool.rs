//! May this tool be used at all, and by who makes the call? Tools are a supply chain: each that is called or
//! touched is registered, approved, assigned, pinned.
//!
//! Next room: `rules`.

use super::scene::Scene;
use crate::compile::{SubjectView, holds};
use crate::decision::{Code, Decision};
use crate::directory::ToolRecord;
use crate::engine::subject_view;
use crate::fact::slot;
use crate::value::{Fact, Value};

/// The action that calls a tool. Source: Model Context Protocol, `tools/call`.
pub(super) const CALL: &str = "tools/call";

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    // A tool that is called by another name for what it is would escape the registry.
    if scene.calls_no_tool {
        decision.object(Code::ToolUnknown, None, scene.immediate(), 0);
    }
    for (at, thing) in scene.things.iter().enumerate() {
        if let Some(tool) = thing.tool() {
            judge_one(scene, at, tool.record, decision);
        }
    }
}

/// Judges the tool that is called, or one among the targets.
fn judge_one(scene: &Scene<'_, '_>, at: usize, tool: Option<&ToolRecord>, decision: &mut Decision<'_>) {
    let immediate = scene.immediate();
    let mut object = |code: Code| decision.object(code, None, immediate, at);
    let Some(tool) = tool else { return object(Code::ToolUnknown) };
    if tool.blocked {
        object(Code::ToolBlocked);
    }
    let assigned = scene.parties.get(immediate).is_some_and(|party| {
        let view = match party.principal {
            Some(principal) => subject_view(principal, &[]),
            None => {
                let (kind, id) = (party.link.kind(), party.link.id());
                SubjectView { kind, id, groups: &[], claims: &[], blueprint: None }
            }
        };
        tool.assigned.iter().any(|head| holds(head, &view, false))
    });
    if !assigned {
        object(Code::ToolNotAssigned);
    }
    if let Some(pinned) = &tool.digest {
        // The request shows the definition of the tool that it calls, of no other.
        match if at == 0 { scene.request.context_fact(slot::TOOL_DIGEST) } else { Fact::Unknown } {
            Fact::Known(Value::String(offered)) if **offered == **pinned => {}
            Fact::Known(Value::String(_)) => object(Code::ToolDefinitionChanged),
            // Null too: a definition that is known to be absent is not the approved one, but was not shown either.
            // A list asks before any definition is shown.
            Fact::Unknown if scene.listing => {}
            Fact::Known(_) | Fact::Null | Fact::Unknown => object(Code::ToolDefinitionUnknown),
        }
    }
}
