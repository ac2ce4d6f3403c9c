//! May this tool be used at all, and by who makes the call? Tools are a supply chain: registered, approved, assigned, pinned.
//!
//! Next room: `rules`.

use super::scene::Scene;
use crate::compile::holds;
use crate::decision::{Code, Decision};
use crate::engine::subject_view;
use crate::fact::slot;
use crate::value::{Fact, Value};

pub(super) fn judge(scene: &Scene<'_, '_>, decision: &mut Decision<'_>) {
    if !scene.is_tool {
        return;
    }
    let immediate = scene.immediate();
    let mut object = |code: Code| decision.object(code, None, immediate, 0);
    let Some(tool) = scene.tool else {
        object(Code::ToolUnknown);
        return;
    };
    if tool.blocked {
        object(Code::ToolBlocked);
    }
    let assigned = scene.parties.get(immediate).is_some_and(|party| match party.principal {
        Some(principal) => {
            let view = subject_view(principal, &[]);
            tool.assigned.iter().any(|head| holds(head, &view, false))
        }
        None => {
            let (kind, id) = (party.link.kind(), party.link.id());
            let view = crate::compile::SubjectView { kind, id, groups: &[], claims: &[], blueprint: None };
            tool.assigned.iter().any(|head| holds(head, &view, false))
        }
    });
    if !assigned {
        object(Code::ToolNotAssigned);
    }
    if let Some(pinned) = &tool.digest {
        match scene.request.context_fact(slot::TOOL_DIGEST) {
            Fact::Known(Value::String(offered)) if **offered == **pinned => {}
            Fact::Known(Value::String(_)) => object(Code::ToolDefinitionChanged),
            // Null too: a definition that is known to be absent is not the approved one, but was not shown either.
            Fact::Known(_) | Fact::Null | Fact::Unknown => object(Code::ToolDefinitionUnknown),
        }
    }
}
