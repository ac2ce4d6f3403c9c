//! Documents with mistakes: all are said at once, each at its place, with a remedy.
#![expect(clippy::too_many_lines, reason = "snapshots")]

use placet::{Limits, document};

/// What loading one YAML document says.
fn yaml(text: &str) -> String {
    named("policy.yaml", text)
}

fn named(name: &str, text: &str) -> String {
    match document::load([(name, text)], &Limits::default()) {
        Ok(policy) if policy.warnings().0.is_empty() => "no findings".to_owned(),
        Ok(policy) => policy.warnings().to_string(),
        Err(findings) => findings.to_string(),
    }
}

#[test]
fn many_mistakes_are_reported_at_once() {
    insta::assert_snapshot!(yaml(include_str!("fixtures/mistakes.yaml")), @r#"
    policy.yaml:1:10: error: version `2` is not supported [document.version]
        | version: 2
        |          ^
        = help: write `version: 1`
    policy.yaml:2:1: error: unknown member `lables` [document.unknown_member]
        | lables: []
        | ^
        = help: did you mean `labels`? known here: `version`, `labels`, `facts`, `assume`, `issuers`, `flow`, `groups`, `blueprints`, `agents`, `users`, `servers`, `tools`, `resources`, `grants`, `approvals`, `access`, `locations`, `resource_groups`, `data_loss`, `sensitive_types`, `rules`, `tests`
    policy.yaml:5:27: error: the labels `public` and `internal` have the same order, `0` [document.label_order]
        |   - {id: internal, order: 0, compartments: [hr, "a+b"]}
        |                           ^
        = help: give each its own place: the larger order is the more sensitive label
    policy.yaml:5:49: error: `a+b` is no name for a compartment [document.bad_id]
        |   - {id: internal, order: 0, compartments: [hr, "a+b"]}
        |                                                 ^
        = help: choose a name without `+`
    policy.yaml:6:10: error: the label `public` is here twice: it stands at policy.yaml:4:10 already [document.duplicate_id]
        |   - {id: public, order: 7, sublabels: [{id: x, order: 0}, {order: 3}]}
        |          ^
        = help: remove one of the two, or rename it
    policy.yaml:6:55: error: the order `0` of a sublabel is less than 1 [document.label_order]
        |   - {id: public, order: 7, sublabels: [{id: x, order: 0}, {order: 3}]}
        |                                                       ^
        = help: write 1 or more: sublabels rank above their label, which is 0 among them
    policy.yaml:6:59: error: a sublabel has no `id` [document.missing_member]
        |   - {id: public, order: 7, sublabels: [{id: x, order: 0}, {order: 3}]}
        |                                                           ^
        = help: add `id: ...`
    policy.yaml:8:14: error: `strin` is no type of a fact [document.fact]
        |   ticket.id: strin
        |              ^
        = help: write `bool`, `int`, `uint`, `double`, `string`, `timestamp`, `duration`, `label`, `risk`, `insider_risk`, `list(...)` or `map`
    policy.yaml:9:11: error: `9bad` is no name of a fact [document.fact]
        |   "9bad": bool
        |           ^
        = help: write letters, digits and `_`, not a digit first, with `.` between parts
    policy.yaml:10:9: error: the fact `risk` overlaps with another fact [document.fact]
        |   risk: bool
        |         ^
        = help: choose another name: facts that every request can carry are built in, and no fact lies within another
    policy.yaml:11:21: error: the fact `device.compliant` overlaps with another fact [document.fact]
        |   device.compliant: bool
        |                     ^
        = help: choose another name: facts that every request can carry are built in, and no fact lies within another
    policy.yaml:13:12: error: `risk.agnet` is no fact that is listed [document.unknown_reference]
        |   - {fact: risk.agnet, value: none, reason: no}
        |            ^
        = help: did you mean `risk.agent`? otherwise list the fact
    policy.yaml:14:31: error: the fact `risk.agent` is a risk level: `none`, `low`, `medium`, `high` [document.assume]
        |   - {fact: risk.agent, value: nope, reason: x}
        |                               ^
        = help: write a value of that type, not `"nope"`
    policy.yaml:15:12: error: `subject.id` cannot be assumed [document.assume]
        |   - {fact: subject.id, value: nope, reason: x}
        |            ^
        = help: who acts, on what and when must be known; assume signals of the context only
    policy.yaml:16:5: error: an assumption has no `reason` [document.missing_member]
        |   - {fact: device.compliant, value: "yes"}
        |     ^
        = help: add `reason: ...`
    policy.yaml:18:9: error: groups belong to each other in a circle: `a -> b -> a` [document.cycle]
        |   - id: a
        |         ^
        = help: remove one of these memberships
    policy.yaml:21:17: error: `c` is no group that is listed [document.unknown_reference]
        |     groups: [a, c]
        |                 ^
        = help: did you mean `a`? otherwise list the group
    policy.yaml:22:5: error: an item of `groups`: expected a mapping, found the text `staff` [document.wrong_type]
        |   - staff
        |     ^
        = help: write its members, `name: value`
    policy.yaml:24:24: error: `stuff` is no group that is listed [document.unknown_reference]
        |   - {id: ada, groups: [stuff], state: quarantined}
        |                        ^
        = help: list the group, or name one that is listed
    policy.yaml:24:39: error: `quarantined` is no state of a user [document.unknown_value]
        |   - {id: ada, groups: [stuff], state: quarantined}
        |                                       ^
        = help: write one of `enabled`, `disabled`, `deleted`; only agents are quarantined
    policy.yaml:25:10: error: the user `ada` is here twice: it stands at policy.yaml:24:10 already [document.duplicate_id]
        |   - {id: ada}
        |          ^
        = help: remove one of the two, or rename it
    policy.yaml:26:5: error: an agent user has no `agent` [document.missing_member]
        |   - {id: bot, type: agent_user}
        |     ^
        = help: add `agent: ...`
    policy.yaml:27:20: error: `wrkload` is no type of a user [document.unknown_value]
        |   - {id: wl, type: wrkload, agent: x}
        |                    ^
        = help: did you mean `workload`? write one of `user`, `agent_user`, `workload`
    policy.yaml:29:9: error: `../x` is no id: an id must not contain the segments `.` or `..`; write the path that is meant [document.bad_id]
        |   - id: ../x
        |         ^
    policy.yaml:30:14: error: `nobody` is no user or group that is listed [document.unknown_reference]
        |     sponsor: nobody
        |              ^
        = help: list the user or group, or name one that is listed
    policy.yaml:32:12: error: `bot` is no person [document.unknown_reference]
        |     owner: bot
        |            ^
        = help: name a user of type `user`: only people answer for agents, give grants and approve
    policy.yaml:33:14: error: `sponsor`: expected a text, found the number `5` [document.wrong_type]
        |     sponsor: 5
        |              ^
        = help: put it in quotes
    policy.yaml:34:16: error: `yesterday` is no time [document.bad_time]
        |     review_by: yesterday
        |                ^
        = help: write RFC 3339 with an offset, such as `2026-11-23T09:00:00Z`
    policy.yaml:35:17: error: `attributes`: expected a mapping, found a list [document.wrong_type]
        |     attributes: [1]
        |                 ^
        = help: write its members, `name: value`
    policy.yaml:36:16: error: `s/t` is no id of a server [document.bad_id]
        | servers: [{id: s/t}, {id: s}]
        |                ^
        = help: write it without `/`: a tool's id is `server/name`
    policy.yaml:38:5: error: `parameters` is a truth value, not a JSON Schema of an object [document.parameters]
        |   - {server: q, name: t, effects: [], digest: "sha256:12", parameters: true}
        |     ^
        = help: write `{type: object, properties: {...}, required: [...]}`
    policy.yaml:38:5: error: `effects` is an empty list: a tool has some effect [document.empty_list]
        |   - {server: q, name: t, effects: [], digest: "sha256:12", parameters: true}
        |     ^
        = help: list what it does, or leave `effects` out if that is not known
    policy.yaml:38:14: error: `q` is no server that is listed [document.unknown_reference]
        |   - {server: q, name: t, effects: [], digest: "sha256:12", parameters: true}
        |              ^
        = help: did you mean `s`? otherwise list the server
    policy.yaml:38:47: error: `sha256:12` is no digest [document.bad_digest]
        |   - {server: q, name: t, effects: [], digest: "sha256:12", parameters: true}
        |                                               ^
        = help: write `sha256:` and 64 lower-case hexadecimal digits
    policy.yaml:39:36: error: `raed` is no effect class [document.unknown_value]
        |   - {server: s, name: t, effects: [raed], assigned: {}}
        |                                    ^
        = help: did you mean `read`? write one of `read`, `mutate`, `send`, `share`, `delete`, `execute`
    policy.yaml:39:53: error: this subject says nothing [document.empty_mapping]
        |   - {server: s, name: t, effects: [raed], assigned: {}}
        |                                                     ^
        = help: say who it is: `agent`, `user`, `workload`, `group`, `blueprint`, or `type` and `id`
    policy.yaml:40:23: error: the tool `s/t` is here twice: it stands at policy.yaml:39:23 already [document.duplicate_id]
        |   - {server: s, name: t, requires_grant: "yes"}
        |                       ^
        = help: remove one of the two, or rename it
    policy.yaml:40:42: error: `requires_grant`: expected a truth value, found the text `yes` [document.wrong_type]
        |   - {server: s, name: t, requires_grant: "yes"}
        |                                          ^
        = help: write `true` or `false`, without quotes
    policy.yaml:42:5: error: a grant has no `end` [document.missing_member]
        |   - {id: g, to: {agent: helper, type: agent}, scope: {actions: read, resources: {}}, start: "202
        |     ^
        = help: nothing is given for ever: add `end: ...`
    policy.yaml:42:39: error: a subject has both `agent` and `type` [document.subject]
        |   - {id: g, to: {agent: helper, type: agent}, scope: {actions: read, resources: {}}, start: "202
        |                                       ^
        = help: `agent: x` is short for `type: agent, id: x`: write one of the two; alternatives are items of a list
    policy.yaml:42:81: error: this resource of a scope says nothing [document.empty_mapping]
        | {agent: helper, type: agent}, scope: {actions: read, resources: {}}, start: "2026-01-01T00:00:00
        |                                                                 ^
        = help: write `tool`, or `type` and `id`; `id: "**"` for any
    policy.yaml:42:121: error: `bot` is no person [document.unknown_reference]
        | tions: read, resources: {}}, start: "2026-01-01T00:00:00Z", by: bot, why: ""}
        |                                                                 ^
        = help: name a user of type `user`: only people answer for agents, give grants and approve
    policy.yaml:42:131: error: `why` is empty [document.missing_member]
        | d, resources: {}}, start: "2026-01-01T00:00:00Z", by: bot, why: ""}
        |                                                                 ^
        = help: a grant needs a text for `why`
    policy.yaml:43:10: error: the grant `g` is here twice: it stands at policy.yaml:42:10 already [document.duplicate_id]
        |   - {id: g, to: {agent: helper}, scope: {actions: [], resources: {tool: x, id: y}, arguments: {n
        |          ^
        = help: remove one of the two, or rename it
    policy.yaml:43:41: error: a scope has no `actions` [document.missing_member]
        |   - {id: g, to: {agent: helper}, scope: {actions: [], resources: {tool: x, id: y}, arguments: {n
        |                                         ^
        = help: add `actions: ...`
    policy.yaml:43:51: error: `actions` is an empty list, which nothing can match [document.empty_list]
        |   - {id: g, to: {agent: helper}, scope: {actions: [], resources: {tool: x, id: y}, arguments: {n
        |                                                   ^
        = help: list at least one item, or leave `actions` out
    policy.yaml:43:80: error: a resource of a scope has both `tool` and `id` [document.scope]
        |  {agent: helper}, scope: {actions: [], resources: {tool: x, id: y}, arguments: {n: {}, m: {at_le
        |                                                                 ^
        = help: `tool: x` is short for `type: tool, id: x`: write one of the two
    policy.yaml:43:99: error: the constraint on `n` says nothing [document.empty_mapping]
        | cope: {actions: [], resources: {tool: x, id: y}, arguments: {n: {}, m: {at_least: 3, at_most: 1}
        |                                                                 ^
        = help: write `matches`, `at_least` or `at_most`
    policy.yaml:43:106: error: no number is at least `3` and at most `1` [document.scope]
        | actions: [], resources: {tool: x, id: y}, arguments: {n: {}, m: {at_least: 3, at_most: 1}}}, sta
        |                                                                 ^
        = help: swap the bounds
    policy.yaml:43:171: error: `2025-01-01T00:00:00Z` is not after the start, `2026-01-01T00:00:00Z` [document.bad_interval]
        | at_least: 3, at_most: 1}}}, start: "2026-01-01T00:00:00Z", end: "2025-01-01T00:00:00Z", by: ada,
        |                                                                 ^
        = help: write a later `end`; it is the first moment at which this no longer counts
    policy.yaml:45:5: error: a rule has no `id` [document.missing_member]
        |   - effect: permitt
        |     ^
        = help: add `id: ...`
    policy.yaml:45:13: error: `permitt` is no effect [document.unknown_value]
        |   - effect: permitt
        |             ^
        = help: did you mean `permit`? write one of `permit`, `forbid`, `require`
    policy.yaml:46:5: error: unknown member `mod` [document.unknown_member]
        |     mod: report
        |     ^
        = help: did you mean `mode`? known here: `id`, `effect`, `mode`, `subject`, `action`, `tool`, `resource`, `when`, `require`, `message`, `description`
    policy.yaml:47:12: error: `subject` has no value [document.no_value]
        |     subject:
        |            ^
        = help: write one item or a list, or leave `subject` out
    policy.yaml:48:13: error: `action` is an empty list, which nothing can match [document.empty_list]
        |     action: []
        |             ^
        = help: list at least one item, or leave `action` out
    policy.yaml:49:11: error: `when` is empty [document.missing_member]
        |     when: ""
        |           ^
        = help: write a condition, or leave `when` out
    policy.yaml:50:15: error: this resource says nothing [document.empty_mapping]
        |     resource: {}
        |               ^
        = help: say what it is: `type`, `id`, `in` or `label`; leave `resource` out to match everything
    policy.yaml:51:5: error: a rule with `effect: require` has no `require` [document.requirement]
        |   - id: r
        |     ^
        = help: say what it requires: `require: {control: mfa}`
    policy.yaml:53:9: error: the rule `r` is here twice: it stands at policy.yaml:51:9 already [document.duplicate_id]
        |   - id: r
        |         ^
        = help: remove one of the two, or rename it
    policy.yaml:55:14: error: only a rule with `effect: require` has a `require` [document.requirement]
        |     require: {control: mfaa}
        |              ^
        = help: write a rule of its own with `effect: require`, so that no other permit can lose the requirement
    policy.yaml:55:24: error: `mfaa` is no control [document.unknown_value]
        |     require: {control: mfaa}
        |                        ^
        = help: did you mean `mfa`? write one of `justification`, `fresh_authentication`, `mfa`, `sender_constrained`, `trusted_network`, `compliant_device`, `managed_device`, `joined_device`
    policy.yaml:59:9: error: a requirement says nothing [document.requirement]
        |       - {}
        |         ^
        = help: write exactly one of `control`, `any_of`, `approval`, `redact`, `narrow`, `obligation`; several requirements are items of a list
    policy.yaml:60:9: error: a requirement has `control`, `approval` [document.requirement]
        |       - {control: mfa, approval: sponsor}
        |         ^
        = help: write exactly one of `control`, `any_of`, `approval`, `redact`, `narrow`, `obligation`; several requirements are items of a list
    policy.yaml:61:9: error: `fresh_authentication` has no `max_age` [document.requirement]
        |       - {control: fresh_authentication}
        |         ^
        = help: say how old an authentication may be: `max_age: 15m`
    policy.yaml:62:20: error: `joe` is nobody who could approve [document.requirement]
        |       - {approval: joe}
        |                    ^
        = help: write `sponsor`, `owner`, `user:<id>` or `group:<id>`
    policy.yaml:63:18: error: `x` is no JSON pointer to an argument [document.bad_pointer]
        |       - {redact: x}
        |                  ^
        = help: write `/name`, or `/name/member`; `~` in a name is `~0`, `/` is `~1`
    policy.yaml:64:18: error: `narrow` has no `to` [document.missing_member]
        |       - {narrow: {argument: /x}}
        |                  ^
        = help: add `to: ...`
    policy.yaml:65:53: error: only the obligations `log` and `label_output` can be advisory [document.requirement]
        |       - {obligation: {type: notification, advisory: true}}
        |                                                     ^
        = help: remove `advisory`: an enforcer that does not know this obligation must not go on
    policy.yaml:66:33: error: `secrt` is no label that is listed [document.unknown_reference]
        |     resource: {label: {at_most: secrt}, in: {type: a, id: b}}
        |                                 ^
        = help: list the label, or name one that is listed
    policy.yaml:68:24: error: a request is a mapping [document.test]
        |   - {name: a, request: 5, verdict: alow}
        |                        ^
        = help: write `{subject: ..., action: ..., resource: ...}`
    policy.yaml:68:36: error: `alow` is no verdict [document.unknown_value]
        |   - {name: a, request: 5, verdict: alow}
        |                                    ^
        = help: did you mean `allow`? write one of `allow`, `modify`, `step_up`, `defer`, `deny`
    policy.yaml:69:5: error: a test has no `verdict` [document.missing_member]
        |   - {name: a, request_ref: x}
        |     ^
        = help: add `verdict: ...`
    policy.yaml:69:12: error: the test `a` is here twice: it stands at policy.yaml:68:12 already [document.duplicate_id]
        |   - {name: a, request_ref: x}
        |            ^
        = help: remove one of the two, or rename it
    policy.yaml:69:28: error: `x` names no request [document.test]
        |   - {name: a, request_ref: x}
        |                            ^
        = help: write the file and the `evaluation_id` of its line: `requests.jsonl#eval-1`
    "#);
}

#[test]
fn lints() {
    insta::assert_snapshot!(yaml(include_str!("fixtures/lints.yaml")), @r#"
    policy.yaml:5:12: warning: where nobody says `risk.agent`, it counts as `"none"` [lint.assumption]
        |   - {fact: risk.agent, value: none, reason: no identity provider yet}
        |            ^
        = help: have the host say it, then remove the assumption
    policy.yaml:9:10: warning: the agent `bot` has no owner, whose approval a rule asks for [lint.no_owner]
        |   - {id: bot, sponsor: ada, groups: [unused]}
        |          ^
        = help: name the person who maintains it: `owner`
    policy.yaml:10:10: warning: the agent `orphan` has no sponsor, so it may do nothing [lint.no_sponsor]
        |   - {id: orphan}
        |          ^
        = help: name the person or group that answers for it: `sponsor`
    policy.yaml:10:10: warning: the agent `orphan` has no owner, whose approval a rule asks for [lint.no_owner]
        |   - {id: orphan}
        |          ^
        = help: name the person who maintains it: `owner`
    policy.yaml:14:44: warning: no agent `bto` is listed, so nobody is meant [lint.unregistered]
        |   - {server: s, name: u, assigned: {agent: bto}}
        |                                            ^
        = help: list the agent, or mend this assignment
    policy.yaml:15:23: warning: nobody may use the tool `v`: it is assigned to nobody [lint.unassigned]
        |   - {server: s, name: v}
        |                       ^
        = help: say who may: `assigned: {agent: ...}` or `assigned: {group: ...}`
    policy.yaml:17:10: warning: the rule `all` permits everything to everyone [lint.permits_everything]
        |   - {id: all, effect: permit}
        |          ^
        = help: say to whom, for which action and on what: `subject`, `action`, `resource`
    policy.yaml:18:10: warning: the rule `a` can never permit: `f` forbids all of it [lint.shadowed]
        |   - {id: a, effect: permit, subject: {agent: bot}, action: read, resource: {type: tool, id: s/t}
        |          ^
        = help: remove the permit, or narrow the forbid
    policy.yaml:19:10: warning: the rule `b` says what `a` says (policy.yaml:18:10) [lint.duplicate]
        |   - {id: b, effect: permit, subject: {agent: bot}, action: [read], resource: [{type: tool, id: s
        |          ^
        = help: remove one of the two
    policy.yaml:19:10: warning: the rule `b` can never permit: `f` forbids all of it [lint.shadowed]
        |   - {id: b, effect: permit, subject: {agent: bot}, action: [read], resource: [{type: tool, id: s
        |          ^
        = help: remove the permit, or narrow the forbid
    policy.yaml:21:60: warning: no tool that is listed matches `s/tt` [lint.no_such_tool]
        |   - {id: g, effect: permit, subject: {group: empty}, tool: s/tt}
        |                                                            ^
        = help: did you mean `s/t`?
    policy.yaml:23:62: warning: no label lies between these bounds, so only an unknown one can be meant [lint.never_applies]
        |   - {id: p, effect: forbid, action: write, resource: {label: {at_least: high, at_most: low}}}
        |                                                              ^
        = help: mend `at_least` or `at_most`
    "#);
}

#[test]
fn nothing_to_say() {
    let text = include_str!("fixtures/everything.yaml");
    insta::assert_snapshot!(yaml(text), @r#"
    policy.yaml:26:11: warning: where nobody says `risk.agent`, it counts as `"none"` [lint.assumption]
        |   - fact: risk.agent
        |           ^
        = help: have the host say it, then remove the assumption
    policy.yaml:29:12: warning: where nobody says `context.clearance`, it counts as `"public"` [lint.assumption]
        |   - {fact: context.clearance, value: public, reason: callers without one are visitors}
        |            ^
        = help: have the host say it, then remove the assumption
    policy.yaml:47:10: warning: nothing refers to the group `staff` [lint.unused_group]
        |   - {id: staff, description: Everyone on the payroll}
        |          ^
        = help: remove it, or use it in a rule
    "#);
}

#[test]
fn groups_of_audiences_and_of_those_who_consent_are_used() {
    let text = "version: 1
labels: [{id: open, order: 0}]
flow:
  prompt: {label: open, trust: user}
  audiences: [{id: staff, groups: employees}]
  approval: group:officers
  approver_clearance: {label: open}
groups: [{id: employees}, {id: officers}, {id: crew, groups: [employees]}, {id: idle}]
users: [{id: ada}]
rules: [{id: all, effect: permit, subject: {user: ada}, action: read}]
";
    insta::assert_snapshot!(yaml(text), @"
    policy.yaml:8:81: warning: nothing refers to the group `idle` [lint.unused_group]
        | ployees}, {id: officers}, {id: crew, groups: [employees]}, {id: idle}]
        |                                                                 ^
        = help: remove it, or use it in a rule
    ");
}

#[test]
fn yaml_syntax() {
    insta::assert_snapshot!(yaml("version: 1\nrules:\n\t- id: x\n"), @r#"
    policy.yaml:3:2: error: this is no valid YAML: tabs disallowed within this context (block indentation) [document.syntax]
        | �- id: x
        |  ^
        = help: indent with spaces
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules:\n  - {id: x, effect: permit, action: **}\n"), @r#"
    policy.yaml:3:37: error: this is no valid YAML: while parsing node, found unknown anchor [document.syntax]
        |   - {id: x, effect: permit, action: **}
        |                                     ^
        = help: a text that begins with `*` or `&` needs quotes: `"**"`
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules:\n  - id: x\n    when: \"a\" == b\n"), @r#"
    policy.yaml:4:15: error: this is no valid YAML: invalid trailing content after double-quoted scalar [document.syntax]
        |     when: "a" == b
        |               ^
        = help: a text that begins with a quote ends with it: write the whole as a block, `|` and the text on the next line
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules:\n  - id: x\n   effect: permit\n"), @r#"
    policy.yaml:4:4: error: this is no valid YAML: while parsing a block collection, did not find expected `-` indicator [document.syntax]
        |    effect: permit
        |    ^
        = help: align the members of a mapping, and the `-` of a list, under each other
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules:\n  - id: x\n    message: so: this\n"), @r#"
    policy.yaml:4:16: error: this is no valid YAML: mapping values are not allowed in this context [document.syntax]
        |     message: so: this
        |                ^
        = help: a text that contains `: ` needs quotes; a member begins on a line of its own
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules: [\n"), @r#"
    policy.yaml:2:8: error: this is no valid YAML: unclosed bracket `[` [document.syntax]
        | rules: [
        |        ^
    "#);
    insta::assert_snapshot!(yaml("version: 1\n---\nversion: 1\n"), @r#"
    policy.yaml:2:1: error: a second document begins here [document.several]
        | ---
        | ^
        = help: a file holds one document: write the second into a file of its own
    "#);
    insta::assert_snapshot!(yaml(""), @r#"
    policy.yaml:1:1: error: `policy.yaml` is empty [document.empty]
        | 
        | ^
        = help: write at least `version: 1`
    "#);
    insta::assert_snapshot!(yaml("# nothing but a comment\n"), @r#"
    policy.yaml:1:1: error: `policy.yaml` is empty [document.empty]
        | # nothing but a comment
        | ^
        = help: write at least `version: 1`
    "#);
    insta::assert_snapshot!(yaml("%YAML 1.1\n---\nversion: 1\n"), @r#"
    policy.yaml:1:1: error: this is no valid YAML: YAML directives are disallowed [document.syntax]
        | %YAML 1.1
        | ^
        = help: remove the line that begins with `%`; a text that begins with it needs quotes
    "#);
    insta::assert_snapshot!(yaml("- a\n- b\n"), @r#"
    policy.yaml:1:1: error: the document: expected a mapping, found a list [document.wrong_type]
        | - a
        | ^
        = help: write its members, `name: value`
    "#);
}

#[test]
fn yaml_is_plain_data() {
    insta::assert_snapshot!(yaml("version: 1\nagents: !!python/object:os.system []\n"), @r#"
    policy.yaml:2:9: error: the tag `!!python/object:os.system` is not accepted here: documents are plain data [document.tag]
        | agents: !!python/object:os.system []
        |         ^
        = help: remove the tag; a text that begins with `!` needs quotes
    "#);
    insta::assert_snapshot!(yaml("version: 1\nagents:\n  - {id: !secret x, sponsor: !!str 5}\n"), @r#"
    policy.yaml:3:10: error: the tag `!secret` is not accepted here: documents are plain data [document.tag]
        |   - {id: !secret x, sponsor: !!str 5}
        |          ^
        = help: remove the tag; a text that begins with `!` needs quotes
    policy.yaml:3:36: error: `5` is no user or group that is listed [document.unknown_reference]
        |   - {id: !secret x, sponsor: !!str 5}
        |                                    ^
        = help: list the user or group, or name one that is listed
    "#);
    insta::assert_snapshot!(yaml("version: 1\nagents:\n  - &a {id: x}\n  - {<<: *a}\n"), @r#"
    policy.yaml:4:5: error: an agent has no `id` [document.missing_member]
        |   - {<<: *a}
        |     ^
        = help: add `id: ...`
    policy.yaml:4:6: error: merge keys (`<<`) are not part of YAML 1.2 [document.merge_key]
        |   - {<<: *a}
        |      ^
        = help: write the members out
    "#);
    insta::assert_snapshot!(yaml("version: 1\nusers:\n  - &a {id: x, attributes: {self: *a}}\n"), @r#"
    policy.yaml:3:35: error: this alias refers to the node that it is in [document.alias]
        |   - &a {id: x, attributes: {self: *a}}
        |                                   ^
        = help: write the content out
    "#);
    insta::assert_snapshot!(yaml("version: 1\nusers:\n  - {id: x, attributes: {1: a, ? [b] : c, null: d}}\n"), @r#"
    policy.yaml:3:26: error: a key must be a text, found the number `1` [document.bad_key]
        |   - {id: x, attributes: {1: a, ? [b] : c, null: d}}
        |                          ^
        = help: put the key in quotes
    policy.yaml:3:34: error: a key must be a text, found a list [document.bad_key]
        |   - {id: x, attributes: {1: a, ? [b] : c, null: d}}
        |                                  ^
        = help: put the key in quotes
    policy.yaml:3:43: error: a key must be a text, found nothing [document.bad_key]
        |   - {id: x, attributes: {1: a, ? [b] : c, null: d}}
        |                                           ^
        = help: put the key in quotes
    "#);
    insta::assert_snapshot!(yaml("version: 1\nusers:\n  - {id: x, attributes: {a: .inf, b: .nan, c: 1e999}}\n"), @r#"
    policy.yaml:3:29: error: `.inf` is no finite number [document.number]
        |   - {id: x, attributes: {a: .inf, b: .nan, c: 1e999}}
        |                             ^
        = help: write a smaller number, or quotes around it if it is a text
    policy.yaml:3:38: error: `.nan` is no finite number [document.number]
        |   - {id: x, attributes: {a: .inf, b: .nan, c: 1e999}}
        |                                      ^
        = help: write a smaller number, or quotes around it if it is a text
    policy.yaml:3:47: error: `1e999` is no finite number [document.number]
        |   - {id: x, attributes: {a: .inf, b: .nan, c: 1e999}}
        |                                               ^
        = help: write a smaller number, or quotes around it if it is a text
    "#);
}

#[test]
fn json_syntax() {
    insta::assert_snapshot!(named("p.json", "{\"version\": 1,}"), @r#"
    p.json:1:15: error: this is no valid JSON: a comma stands before the end [document.syntax]
        | {"version": 1,}
        |               ^
        = help: remove the comma
    "#);
    insta::assert_snapshot!(named("p.json", "{\"version\": 1}\n// done"), @r#"
    p.json:2:1: error: this is no valid JSON: expected the end of the document, found `/` [document.syntax]
        | // done
        | ^
        = help: JSON has no comments; a `.yaml` document may have them
    "#);
    insta::assert_snapshot!(named("p.json", "{\n  \"version\": 01\n}"), @r#"
    p.json:2:14: error: this is no valid JSON: `01` is no number of JSON [document.syntax]
        |   "version": 01
        |              ^
        = help: write digits, without a leading `+`, `.` or zero
    "#);
    insta::assert_snapshot!(named("p.json", "{'version': 1}"), @r#"
    p.json:1:2: error: this is no valid JSON: expected a key in double quotes, found `'` [document.syntax]
        | {'version': 1}
        |  ^
        = help: JSON has double quotes only
    "#);
    insta::assert_snapshot!(named("p.json", "{\"version\": 1, \"rules\": [\"\\ud800\"]}"), @r#"
    p.json:1:27: error: this is no valid JSON: this escape is no character [document.syntax]
        | {"version": 1, "rules": ["\ud800"]}
        |                           ^
        = help: write `\u` and four hexadecimal digits; a character above U+FFFF is a pair of two such
    "#);
    insta::assert_snapshot!(named("p.json", "{\"version\": 1, \"rules\": [\"a\n\"]}"), @r#"
    p.json:1:28: error: this is no valid JSON: a text contains a line break or control character [document.syntax]
        | {"version": 1, "rules": ["a
        |                            ^
        = help: write `\n`, `\t` or another escape
    "#);
    insta::assert_snapshot!(named("p.json", "{\"version\": NaN}"), @r#"
    p.json:1:13: error: this is no valid JSON: expected a value, found `N` [document.syntax]
        | {"version": NaN}
        |             ^
    "#);
    insta::assert_snapshot!(named("p.json", "version: 1\n"), @r#"
    p.json:1:1: error: this is no valid JSON: expected a value, found `v` [document.syntax]
        | version: 1
        | ^
    "#);
    insta::assert_snapshot!(named("p.json", "{\"version\": 1e999, \"rules\": {\"x"), @r#"
    p.json:1:13: error: `1e999` is no finite number [document.number]
        | {"version": 1e999, "rules": {"x
        |             ^
        = help: write a smaller number, or quotes around it if it is a text
    p.json:1:30: error: this is no valid JSON: this text is not closed [document.syntax]
        | {"version": 1e999, "rules": {"x
        |                              ^
        = help: write `"` at its end
    "#);
    insta::assert_snapshot!(named("p.json", " "), @r#"
    p.json:1:1: error: `p.json` is empty [document.empty]
        |  
        | ^
        = help: write at least `version: 1`
    "#);
    insta::assert_snapshot!(named("p.JSON", "{\"version\": 1, \"version\": 1}"), @r#"
    p.JSON:1:16: error: the key `version` is here twice: it stands at p.JSON:1:2 already [document.duplicate_key]
        | {"version": 1, "version": 1}
        |                ^
        = help: remove one of the two
    "#);
}

#[test]
fn places_count_characters_and_lines_of_every_kind() {
    insta::assert_snapshot!(named("p.json", "{\"version\":1,\r\n\"agents\":[{\"purpose\":\"für 🦀\",\"x\":1}]}"), @r#"
    p.json:2:11: error: an agent has no `id` [document.missing_member]
        | "agents":[{"purpose":"für 🦀","x":1}]}
        |           ^
        = help: add `id: ...`
    p.json:2:30: error: unknown member `x` [document.unknown_member]
        | "agents":[{"purpose":"für 🦀","x":1}]}
        |                              ^
        = help: known here: `id`, `blueprint`, `owner`, `sponsor`, `purpose`, `groups`, `attributes`, `state`, `review_by`
    "#);
    insta::assert_snapshot!(yaml("version: 1\r\nagents:\r\n  - {purpose: für 🦀, x: 1}\r\n"), @r#"
    policy.yaml:3:5: error: an agent has no `id` [document.missing_member]
        |   - {purpose: für 🦀, x: 1}
        |     ^
        = help: add `id: ...`
    policy.yaml:3:22: error: unknown member `x` [document.unknown_member]
        |   - {purpose: für 🦀, x: 1}
        |                      ^
        = help: known here: `id`, `blueprint`, `owner`, `sponsor`, `purpose`, `groups`, `attributes`, `state`, `review_by`
    "#);
    insta::assert_snapshot!(yaml("\u{feff}version: 1\ragents:\r  - {id: a, x: 1}\r"), @r#"
    policy.yaml:3:13: error: unknown member `x` [document.unknown_member]
        |   - {id: a, x: 1}
        |             ^
        = help: known here: `id`, `blueprint`, `owner`, `sponsor`, `purpose`, `groups`, `attributes`, `state`, `review_by`
    "#);
}

#[test]
fn deceptive_characters_are_shown() {
    insta::assert_snapshot!(yaml("version: 1\n\"ru\u{202e}les\": []\n"), @r#"
    policy.yaml:2:1: error: the key `ru\u{202e}les` contains control or invisible characters [document.bad_key]
        | "ru�les": []
        | ^
        = help: write the key with visible characters only
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules: [{id: \"a\\0b\", effect: permit, action: x}]\n"), @r#"
    policy.yaml:2:14: error: `a\u{0}b` is no id: an id must not contain control characters [document.bad_id]
        | rules: [{id: "a\0b", effect: permit, action: x}]
        |              ^
        = help: remove the invisible character
    "#);
    insta::assert_snapshot!(yaml("version: 1\nrules: [{id: a\u{0}b}]\n"), @r#"
    policy.yaml:2:15: error: the control character U+0000 is not allowed in a document [document.syntax]
        | rules: [{id: a�b}]
        |               ^
        = help: remove it; in double quotes it may be written as an escape
    "#);
    insta::assert_snapshot!(yaml("version: 1\n\"a\\x00b\": 1\n"), @r#"
    policy.yaml:2:1: error: the key `a\u{0}b` contains control or invisible characters [document.bad_key]
        | "a\x00b": 1
        | ^
        = help: write the key with visible characters only
    "#);
}

#[test]
fn ambiguous_and_prefixed_people() {
    let people = "version: 1\ngroups: [{id: ops}]\nusers: [{id: ops}, {id: ci, type: workload}]\nagents:\n";
    insta::assert_snapshot!(yaml(&format!("{people}  - {{id: a, sponsor: ops}}\n")), @r#"
    policy.yaml:5:22: error: `ops` is both a user and a group [document.ambiguous_reference]
        |   - {id: a, sponsor: ops}
        |                      ^
        = help: write `user:ops` or `group:ops`
    "#);
    insta::assert_snapshot!(yaml(&format!("{people}  - {{id: a, sponsor: group:ops}}\n  - {{id: b, sponsor: user:ops}}\n")), @"no findings");
    insta::assert_snapshot!(yaml(&format!("{people}  - {{id: a, sponsor: ci}}\n  - {{id: b, sponsor: user:no}}\n")), @r#"
    policy.yaml:5:22: error: `ci` is no person [document.unknown_reference]
        |   - {id: a, sponsor: ci}
        |                      ^
        = help: name a user of type `user`: only people answer for agents, give grants and approve
    policy.yaml:6:22: error: `no` is no user that is listed [document.unknown_reference]
        |   - {id: b, sponsor: user:no}
        |                      ^
        = help: list the user, or name one that is listed
    "#);
}

#[test]
fn rules_may_name_what_the_host_lists() {
    let rule = "rules:\n  - {id: r, effect: permit, subject: {group: eng}, resource: {in: {type: site, id: x}}, action: read}\n";
    insta::assert_snapshot!(yaml(&format!("version: 1\n{rule}")), @"no findings");
    insta::assert_snapshot!(yaml(&format!("version: 1\ngroups: [{{id: ent}}]\nresources: [{{type: site, id: y}}]\n{rule}")), @r#"
    policy.yaml:5:46: error: `eng` is no group that is listed [document.unknown_reference]
        |   - {id: r, effect: permit, subject: {group: eng}, resource: {in: {type: site, id: x}}, action: 
        |                                              ^
        = help: did you mean `ent`? otherwise list the group
    policy.yaml:5:84: error: `x` is no resource of type `site` that is listed [document.unknown_reference]
        |  permit, subject: {group: eng}, resource: {in: {type: site, id: x}}, action: read}
        |                                                                 ^
        = help: did you mean `y`? otherwise list the resource of type `site`
    "#);
}

#[test]
fn several_documents() {
    let texts = [
        ("b.yaml", "version: 1\nusers: [{id: ada}]\n"),
        ("a.json", "{\"version\": 1, \"users\": [{\"id\": \"ada\"}]}"),
    ];
    let findings = document::load(texts, &Limits::default()).unwrap_err();
    insta::assert_snapshot!(findings.to_string(), @r#"
    b.yaml:2:14: error: the user `ada` is here twice: it stands at a.json:1:33 already [document.duplicate_id]
        | users: [{id: ada}]
        |              ^
        = help: remove one of the two, or rename it
    "#);
    // What an unreadable document may list is not missed in the others.
    let texts = [
        ("a.yaml", "version: 1\nusers: [{id: ada}\n"),
        ("b.yaml", "version: 1\nagents: [{id: a, sponsor: ada}]\nx: 1\n"),
    ];
    let findings = document::load(texts, &Limits::default()).unwrap_err();
    insta::assert_snapshot!(findings.to_string(), @r#"
    a.yaml:2:8: error: this is no valid YAML: unclosed bracket `[` [document.syntax]
        | users: [{id: ada}
        |        ^
    b.yaml:3:1: error: unknown member `x` [document.unknown_member]
        | x: 1
        | ^
        = help: known here: `version`, `labels`, `facts`, `assume`, `issuers`, `flow`, `groups`, `blueprints`, `agents`, `users`, `servers`, `tools`, `resources`, `grants`, `approvals`, `access`, `locations`, `resource_groups`, `data_loss`, `sensitive_types`, `rules`, `tests`
    "#);
}

#[test]
fn encodings() {
    assert_eq!(document::utf8("p", b"version: 1"), Ok("version: 1"));
    insta::assert_snapshot!(document::utf8("p.yaml", b"version: 1\nx: \xc3\xa9\xe9").unwrap_err().to_string(), @r#"
    p.yaml:2:5: error: the document is not UTF-8: here are bytes that are no text [document.encoding]
        = help: save the file as UTF-8
    "#);
    insta::assert_snapshot!(document::utf8("p.yaml", b"\xff\xfev\0e\0r\0").unwrap_err().to_string(), @r#"
    p.yaml:1:1: error: the document is not UTF-8: it is UTF-16 [document.encoding]
        = help: save the file as UTF-8
    "#);
}

#[test]
fn one_word_mistakes() {
    let rule = |members: &str| yaml(&format!("version: 1\nrules:\n  - {{id: r, {members}}}\n"));
    insta::assert_snapshot!(rule("effect: allow, action: x"), @r#"
    policy.yaml:3:21: error: `allow` is no effect [document.unknown_value]
        |   - {id: r, effect: allow, action: x}
        |                     ^
        = help: write `permit`
    "#);
    insta::assert_snapshot!(rule("effect: permit, action: x, subject: {user: a, group: b, agent: c, id: d}"), @r#"
    policy.yaml:3:56: error: a subject has both `agent` and `user` [document.subject]
        |   - {id: r, effect: permit, action: x, subject: {user: a, group: b, agent: c, id: d}}
        |                                                        ^
        = help: `agent: x` is short for `type: agent, id: x`: write one of the two; alternatives are items of a list
    policy.yaml:3:83: error: a subject has both `agent` and `id` [document.subject]
        | : permit, action: x, subject: {user: a, group: b, agent: c, id: d}}
        |                                                                 ^
        = help: `agent: x` is short for `type: agent, id: x`: write one of the two; alternatives are items of a list
    "#);
    insta::assert_snapshot!(rule("effect: permit, action: 5, when: true"), @r#"
    policy.yaml:3:37: error: an item of `action`: expected a text, found the number `5` [document.wrong_type]
        |   - {id: r, effect: permit, action: 5, when: true}
        |                                     ^
        = help: put it in quotes
    policy.yaml:3:46: error: `when`: expected a text, found the truth value `true` [document.wrong_type]
        |   - {id: r, effect: permit, action: 5, when: true}
        |                                              ^
        = help: put it in quotes
    "#);
    insta::assert_snapshot!(rule("effect: require, require: {control: mfa, max_age: 5m}"), @r#"
    policy.yaml:3:63: error: only `fresh_authentication` has a `max_age` [document.requirement]
        |   - {id: r, effect: require, require: {control: mfa, max_age: 5m}}
        |                                                               ^
        = help: remove the member, or require `fresh_authentication`
    "#);
    insta::assert_snapshot!(rule("effect: require, require: {control: fresh_authentication, max_age: 5 minutes}"), @r#"
    policy.yaml:3:80: error: `5 minutes` is no length of time [document.bad_duration]
        | ect: require, require: {control: fresh_authentication, max_age: 5 minutes}}
        |                                                                 ^
        = help: write numbers with the units `d`, `h`, `m`, `s`, `ms`, such as `15m` or `1h30m`
    "#);
    insta::assert_snapshot!(rule("effect: permit, action: x, resource: {label: {at_most: secret}, in: {id: x}}"), @r#"
    policy.yaml:3:68: error: `secret` is no label that is listed [document.unknown_reference]
        |  {id: r, effect: permit, action: x, resource: {label: {at_most: secret}, in: {id: x}}}
        |                                                                 ^
        = help: list the label, or name one that is listed
    policy.yaml:3:81: error: a reference to a resource has no `type` [document.missing_member]
        | ct: permit, action: x, resource: {label: {at_most: secret}, in: {id: x}}}
        |                                                                 ^
        = help: add `type: ...`
    "#);
    insta::assert_snapshot!(yaml("rules: []\n"), @r#"
    policy.yaml:1:1: error: the document has no `version` [document.version]
        | rules: []
        | ^
        = help: write `version: 1` at its beginning
    "#);
    insta::assert_snapshot!(yaml("version: \"1\"\n"), @r#"
    policy.yaml:1:10: error: `version`: expected a positive whole number, found the text `1` [document.wrong_type]
        | version: "1"
        |          ^
        = help: write the number without quotes
    "#);
    insta::assert_snapshot!(yaml("version: -1\nrules: {}\nlabels: 7\n"), @r#"
    policy.yaml:1:10: error: `version`: expected a positive whole number, found the number `-1` [document.wrong_type]
        | version: -1
        |          ^
    policy.yaml:2:8: error: `rules`: expected a list, found a mapping [document.wrong_type]
        | rules: {}
        |        ^
        = help: write it as an item of a list: `[...]`, or `- ...`
    policy.yaml:3:9: error: `labels`: expected a list, found the number `7` [document.wrong_type]
        | labels: 7
        |         ^
    "#);
}
