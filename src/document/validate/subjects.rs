//! Whom is a rule, an assignment or a grant about?

use super::Check;
use super::listed::{Listed, Referrer};
use crate::document::schema::{Place, SubjectItem, Text};
use crate::name::TypeName;
use crate::rule::SubjectHead;

impl Check<'_> {
    pub(super) fn subject(&self, item: &SubjectItem, listed: &Listed<'_>, referrer: Referrer) -> Option<SubjectHead> {
        if *item == SubjectItem::default() {
            self.empty_mapping(
                item.place,
                "this subject",
                "say who it is: `agent`, `user`, `workload`, `group`, `blueprint`, or `type` and `id`",
            );
            return None;
        }
        let shorts = [("agent", &item.agent), ("user", &item.user), ("workload", &item.workload)];
        let mut written = shorts.iter().filter_map(|(name, text)| text.as_ref().map(|text| (*name, text)));
        let short = written.next();
        if let Some((second, text)) = written.next() {
            self.one_way(text, short.map_or("", |(name, _)| name), second);
        }
        if let Some((name, _)) = short {
            for (other, text) in [("type", &item.r#type), ("id", &item.id)] {
                if let Some(text) = text {
                    self.one_way(text, name, other);
                }
            }
        }
        let kind: Option<TypeName> = match short {
            Some((name, _)) => name.parse().ok(),
            None => item.r#type.as_ref().and_then(|text| self.id(text)),
        };
        let id = short.map(|(_, text)| text).or(item.id.as_ref()).and_then(|text| self.pattern(text));
        let group = item.group.as_ref().and_then(|t| self.reference(t, &listed.groups, "group", referrer));
        let blueprint =
            item.blueprint.as_ref().and_then(|t| self.reference(t, &listed.blueprints, "blueprint", referrer));
        Some(SubjectHead { kind, id, group, blueprint })
    }

    fn one_way(&self, text: &Text, first: &str, second: &str) {
        let message = format!("a subject has both `{first}` and `{second}`");
        self.error("document.subject", Place(text.span), &message, || {
            format!("`{first}: x` is short for `type: {first}, id: x`: write one of the two; alternatives are items of a list")
        });
    }
}
