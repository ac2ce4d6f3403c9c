//! What documents say of flows: the shape.
//!
//! Next room: [`super`].

use std::collections::BTreeMap;

use serde::{Deserialize as DeserializeDerive, Serialize};

use super::{OneOrMany, Place, Text, absent};

shapes! {
    /// What holds for all flows.
    pub struct FlowItem {
        /// The trust chain, the most trusted first. Left out: `system`, `user`, `vendor`, `untrusted`.
        pub trust: Vec<Text>,
        /// Where data can come from.
        pub origins: Vec<Text>,
        /// Sets of people that readers are made of.
        pub audiences: Vec<AudienceItem>,
        /// The label of what the user says. Required.
        pub prompt: Option<FlowLabelItem>,
        /// What sessions may come to see. Left out: everything.
        pub clearance: Option<FlowLabelItem>,
        /// Who may consent to what is held up: `sponsor`, `owner`, `user:<id>`, `group:<id>`. Left out: nobody.
        pub approval: OneOrMany<Text>,
        /// What approvers may see. Required with `approval`.
        pub approver_clearance: Option<FlowLabelItem>,
        /// Ready policies: `rule_of_two`, `lethal_trifecta`.
        pub ready: OneOrMany<Text>,
        /// From which label on data is sensitive, for ready policies.
        pub sensitive: Option<Text>,
        /// Whether calls without a session are denied: `optional` (default) or `required`.
        pub session: Option<Text>,
    }

    /// A set of people.
    pub struct AudienceItem {
        /// Its id. Required, unique.
        pub id: Text,
        /// Patterns of recipients, as tools are given them.
        pub members: OneOrMany<Text>,
        /// Groups of registered users.
        pub groups: OneOrMany<Text>,
    }

    /// A label of a flow, or a bound on one.
    pub struct FlowLabelItem {
        /// A label of the taxonomy. Left out: above all.
        pub label: Option<Text>,
        /// Audiences to all of which a reader belongs. Left out: whoever may see the label; `[nobody]`: nobody.
        pub readers: OneOrMany<Text>,
        /// Its place in the trust chain. Left out: below all.
        pub trust: Option<Text>,
        /// Where it can come from. Left out: anywhere.
        pub origins: OneOrMany<Text>,
    }

    /// How a tool takes part in flows.
    pub struct ToolFlowItem {
        /// Words of a task that call for it: each text is a list of words that must all occur.
        pub purpose: OneOrMany<Text>,
        /// Its parameters, by name.
        pub parameters: BTreeMap<String, ParameterItem>,
        /// What it answers. Left out: the highest label.
        pub output: Option<OutputItem>,
        /// What may be sent through it, if it sends. Left out: nothing that has a label.
        pub channel: Option<FlowLabelItem>,
        /// Whether nothing but a context that is trusted as a whole may drive it.
        pub consequential: Option<bool>,
    }

    /// A parameter of a tool.
    pub struct ParameterItem {
        /// `target`, `command`, `credential`, `selector` or `content`. Required.
        pub role: Option<Text>,
        /// How trusted its value must be: a place in the trust chain, or `any`. Left out: as trusted as the user; for content (but for
        /// its links), and for selectors of a tool that only reads, `any`.
        pub trust: Option<Text>,
        /// Which origins may have written it. Left out: any.
        pub from: OneOrMany<Text>,
        /// Values that can say no more than this need no trust: `bool`, `enum`, `number`, `bounded`.
        pub exempt: Option<Text>,
        /// What kind of thing it names.
        pub domain: Option<Text>,
        /// Whether it names who will read what is sent.
        pub recipient: Option<bool>,
        /// For content: whether links in it must be trusted, `guarded` (default where the tool sends), or not, `free`.
        pub links: Option<Text>,
    }

    /// What a tool answers.
    pub struct OutputItem {
        /// A label of the taxonomy. Left out: above all.
        pub label: Option<Text>,
        /// Audiences to all of which a reader belongs.
        pub readers: OneOrMany<Text>,
        /// Its place in the trust chain. Left out: below all.
        pub trust: Option<Text>,
        /// Where it can come from. Left out: anywhere.
        pub origins: OneOrMany<Text>,
        /// Whether what it says depends on the arguments for nothing but the choice.
        pub constant: Option<bool>,
        /// Whether its texts list values: lines, and what stands between commas, semicolons or behind a colon.
        pub items: Option<bool>,
        /// Parts with labels of their own.
        pub fields: Vec<FieldItem>,
    }

    /// A part of an answer. What is left out is as in the whole.
    pub struct FieldItem {
        /// JSON pointers, `*` for any one segment. Required.
        pub at: OneOrMany<Text>,
        /// A label of the taxonomy.
        pub label: Option<Text>,
        /// Audiences to all of which a reader belongs.
        pub readers: OneOrMany<Text>,
        /// Its place in the trust chain.
        pub trust: Option<Text>,
        /// Where it can come from.
        pub origins: OneOrMany<Text>,
        /// What kind of thing it names.
        pub domain: Option<Text>,
        /// Whether it is a text that lists values.
        pub items: Option<bool>,
    }
}
