//! The command line as people and scripts use it: output, exit codes, streams.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what goes wrong here is a failed test"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const POLICY: &str = r#"
version: 1
users:
  - {id: ada}
agents:
  - {id: bot, sponsor: ada, purpose: Reads pages}
rules:
  - {id: ada-reads, effect: permit, subject: {user: ada}, action: read}
  - {id: bot-reads, effect: permit, subject: {agent: bot}, action: read}
  - {id: before-2027, effect: forbid, action: read, when: 'now >= timestamp("2027-01-01T00:00:00Z")', message: The year is over.}
tests:
  - name: ada reads
    request: {subject: {type: user, id: ada}, action: {name: read}, resource: {type: page, id: home}, context: {time: "2026-11-23T09:00:00Z"}}
    verdict: allow
  - name: bob does not
    request: {subject: {type: user, id: bob}, action: {name: read}, resource: {type: page, id: home}, context: {time: "2026-11-23T09:00:00Z"}}
    verdict: deny
    reasons: [privilege.no_permit]
"#;

const ADA: &str =
    r#"{"subject":{"type":"user","id":"ada"},"action":{"name":"read"},"resource":{"type":"page","id":"home"}}"#;
const BOB: &str =
    r#"{"subject":{"type":"user","id":"bob"},"action":{"name":"read"},"resource":{"type":"page","id":"home"}}"#;

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with_policy(name: &str) -> Self {
        let folder = Self::new(name);
        folder.write("policy.yaml", POLICY);
        folder
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.0.join(name), bytes).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read(self.0.join(name)).map(|bytes| String::from_utf8(bytes).unwrap()).unwrap()
    }

    fn start(&self, args: &[&str], stdin: Stdio) -> std::process::Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
        command.args(args).current_dir(&self.0).env_remove("CLICOLOR_FORCE");
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.start(args, Stdio::null()).wait_with_output().unwrap())
    }

    fn pipe(&self, args: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self.start(args, Stdio::piped());
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.as_ref().to_vec());
        let writer = std::thread::Builder::new().spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.unwrap().join().unwrap();
        Ran::of(output)
    }

    /// Answers to requests on standard input, at a fixed time.
    fn decide(&self, input: impl AsRef<[u8]>) -> Vec<serde_json::Value> {
        let ran = self.pipe(&["decide", "--policy", "policy.yaml", "--now", "2026-11-23T09:00:00Z"], input);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.lines()
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn verdicts(answers: &[serde_json::Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["context"]["verdict"].as_str().unwrap()).collect()
}

fn code(answer: &serde_json::Value) -> &str {
    answer["context"]["reasons"][0]["code"].as_str().unwrap()
}

#[test]
fn usage() {
    let folder = Folder::new("usage");
    for args in [
        vec![],
        vec!["judge"],
        vec!["check"],
        vec!["check", "--what"],
        vec!["decide"],
        vec!["decide", "--policy"],
        vec!["decide", "--policy", "p", "--now", "yesterday"],
        vec!["decide", "--policy", "p", "--json", "--pretty"],
        vec!["test"],
    ] {
        let ran = folder.run(&args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{args:?}");
    }
    for args in [["--version"], ["--help"]] {
        let ran = folder.run(&args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("placet"));
    }
    for subcommand in ["check", "decide", "explain", "test"] {
        let ran = folder.run(&[subcommand, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("Example: placet"), "{}", ran.out);
    }
}

#[test]
fn unreadable() {
    let folder = Folder::with_policy("unreadable");
    std::fs::create_dir(folder.0.join("empty")).unwrap();
    std::fs::create_dir(folder.0.join("bare")).unwrap();
    folder.write("bare/notes.txt", "no policy").write("requests.jsonl", ADA);
    for args in [
        vec!["check", "missing.yaml"],
        vec!["check", "empty"],
        vec!["check", "bare"],
        vec!["check", "--json", "empty"],
        vec!["test", "missing.yaml"],
        vec!["decide", "--policy", "missing.yaml", "--request", "requests.jsonl"],
        vec!["decide", "--policy", "policy.yaml", "--request", "missing.jsonl"],
        vec!["decide", "--policy", "policy.yaml", "--request", "empty"],
        vec!["decide", "--policy", "policy.yaml", "--request", "requests.jsonl", "--record", "empty"],
        vec!["explain", "--policy", "policy.yaml", "--request", "missing.jsonl"],
        vec!["explain", "--policy", "policy.yaml", "--request", "requests.jsonl", "--id", "nobody"],
    ] {
        let ran = folder.run(&args);
        assert_eq!(ran.code, 2, "{args:?} {}", ran.out);
        assert!(ran.err.starts_with("error: "), "{args:?} {}", ran.err);
    }
    insta::assert_snapshot!(folder.run(&["check", "bare"]).err, @r"error: `bare` has no documents: no file in it ends in `.yaml`, `.yml` or `.json`");
    assert_eq!(folder.run(&["check", "--json", "missing"]).json()["errors"][0]["code"], "files.unreadable");
}

#[cfg(unix)]
#[test]
fn forbidden_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with_policy("forbidden");
    let path = folder.0.join("policy.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything.
    if std::fs::File::open(&path).is_err() {
        assert_eq!(folder.run(&["check", "policy.yaml"]).code, 2);
    }
}

#[test]
fn check() {
    let folder = Folder::with_policy("check");
    let ran = folder.run(&["check", "policy.yaml"]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.out, @r"sound: 3 rules, 1 agent, 0 tools, 0 grants, 2 tests");
    let json = folder.run(&["check", "policy.yaml", "--json"]).json();
    assert_eq!(json["errors"], serde_json::json!([]));
    assert_eq!((&json["summary"]["rules"], &json["summary"]["tests"]), (&3.into(), &2.into()));

    // Everything at once, in the order of the documents.
    folder.write("broken.yaml", "version: 1\nrules:\n  - {id: a, effect: permitt}\n  - {id: b, efect: permit}\n");
    folder.write("broken.json", "{\"version\": 1,");
    let ran = folder.run(&["check", "."]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out, @r#"
    ./broken.json:1:15: error: this is no valid JSON: expected a key in double quotes, found the end of the document [document.syntax]
        | {"version": 1,
        |               ^
    ./broken.yaml:3:21: error: `permitt` is no effect [document.unknown_value]
        |   - {id: a, effect: permitt}
        |                     ^
        = help: did you mean `permit`? write one of `permit`, `forbid`, `require`
    ./broken.yaml:4:5: error: a rule has no `effect` [document.missing_member]
        |   - {id: b, efect: permit}
        |     ^
        = help: add `effect: ...`
    ./broken.yaml:4:13: error: unknown member `efect` [document.unknown_member]
        |   - {id: b, efect: permit}
        |             ^
        = help: did you mean `effect`? known here: `id`, `effect`, `mode`, `subject`, `action`, `tool`, `resource`, `when`, `require`, `message`, `description`

    not sound: 4 errors
    "#);
    let json = folder.run(&["check", ".", "--json"]);
    assert_eq!(json.code, 1);
    let json = json.json();
    assert!(json["summary"]["errors"].as_u64().unwrap() >= 3);
    assert!(json["errors"][0]["code"].is_string() && json["errors"][0]["span"]["line"].is_u64());
    // Whatever judges refuses to judge by it.
    for args in [&["decide", "--policy", "."][..], &["test", "."], &["explain", "--policy", "."]] {
        let ran = folder.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{args:?}");
        assert!(ran.err.contains("broken.yaml:3:"), "{}", ran.err);
    }
}

#[test]
fn warnings() {
    let folder = Folder::new("warnings");
    folder.write("policy.yaml", "version: 1\ngroups: [{id: nobody}]\nrules: [{id: a, effect: permit, action: read}]\n");
    let ran = folder.run(&["check", "policy.yaml"]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.out, @r"
    policy.yaml:2:15: warning: nothing refers to the group `nobody` [lint.unused_group]
        | groups: [{id: nobody}]
        |               ^
        = help: remove it, or use it in a rule

    sound: 1 rule, 0 agents, 0 tools, 0 grants, 0 tests, 1 warning
    ");
    assert_eq!(folder.run(&["check", "policy.yaml", "--deny-warnings"]).code, 1);
    let json = folder.run(&["check", "policy.yaml", "--deny-warnings", "--json"]);
    assert_eq!((json.code, &json.json()["warnings"][0]["severity"]), (1, &"warning".into()));
    let quiet = folder.pipe(&["decide", "--policy", "policy.yaml"], ADA);
    assert!(quiet.err.starts_with("note: 1 warning about the policy"), "{}", quiet.err);
    let verbose = folder.pipe(&["decide", "--verbose", "--policy", "policy.yaml"], ADA);
    assert!(verbose.err.starts_with("policy.yaml:2:"), "{}", verbose.err);
}

#[test]
fn one_request() {
    let folder = Folder::with_policy("one");
    for text in [ADA.to_owned(), format!("{ADA}\n"), format!("\u{feff}{ADA}\r\n\r\n"), format!("\n\n  {ADA}")] {
        assert_eq!(verdicts(&folder.decide(&text)), ["allow"], "{text:?}");
    }
    // Laid out over lines.
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    assert_eq!(verdicts(&folder.decide(pretty(ADA))), ["allow"]);
    assert_eq!(verdicts(&folder.decide(format!("\u{feff}{}\n\n", pretty(ADA).replace('\n', "\r\n")))), ["allow"]);
    // A fault in it is one fault.
    let answers = folder.decide(pretty(ADA).replace(": \"ada\"", ": \"ada"));
    assert_eq!((answers.len(), code(&answers[0])), (1, "request.malformed"));
    assert!(answers[0]["context"]["error"].as_str().unwrap().contains("line 11"), "{answers:?}");
    // In a file.
    folder.write("request.json", pretty(BOB));
    let ran = folder.run(&["decide", "--policy", "policy.yaml", "--request", "request.json"]);
    assert_eq!((ran.code, verdicts(&ran.lines())), (0, vec!["deny"]));
    // Nothing asked, nothing answered.
    let ran = folder.pipe(&["decide", "--policy", "policy.yaml"], "\n \n");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "note: there was no request\n"));
}

#[test]
fn many_requests() {
    let folder = Folder::with_policy("many");
    let answers = folder.decide(format!("{ADA}\n{BOB}\r\n\n{{\"subject\": \nnull\n[]\n\"x\"\n{ADA}"));
    assert_eq!(verdicts(&answers), ["allow", "deny", "deny", "deny", "deny", "deny", "allow"]);
    assert_eq!(answers[2..6].iter().map(code).collect::<Vec<_>>(), ["request.malformed"; 4]);
    // The first line may be the broken one, and bytes may be no text.
    let answers = folder.decide(format!("{{\"subject\": \n{ADA}\n{ADA}"));
    assert_eq!(verdicts(&answers), ["deny", "allow", "allow"]);
    let answers = folder.decide([b"\xc3\x28\n".as_slice(), ADA.as_bytes(), b"\n{\"a\":\"\xff\"}\n"].concat());
    assert_eq!(verdicts(&answers), ["deny", "allow", "deny"]);
    let answers = folder.decide(ADA.replace("\"id\":\"ada\"", "\"id\":\"bob\",\"id\":\"ada\""));
    assert_eq!(code(&answers[0]), "request.malformed");
    let ran = folder.pipe(&["decide", "--policy", "policy.yaml"], b"\xff\xfe{\0}\0");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("UTF-16"), "{}", ran.err);
}

#[test]
fn order_is_kept() {
    let folder = Folder::with_policy("order");
    let number = 20_000;
    let mut text = String::new();
    for at in 0..number {
        let line = if at % 3 == 0 { BOB } else { ADA };
        text.push_str(
            &line.replace("\"resource\"", &format!("\"context\":{{\"evaluation_id\":\"e-{at}\"}},\"resource\"")),
        );
        text.push('\n');
    }
    let answers = folder.decide(&text);
    assert_eq!(answers.len(), number);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer["context"]["evaluation_id"], format!("e-{at}"));
        assert_eq!(answer["decision"], at % 3 != 0);
    }
}

#[test]
fn huge_lines() {
    let folder = Folder::with_policy("huge");
    let padded = |bytes: usize| {
        let text = ADA.replace("\"resource\"", "\"context\":{\"note\":\"~\"},\"resource\"");
        text.replace('~', &"x".repeat(bytes - text.len() + 1))
    };
    let limit = 1 << 20;
    assert_eq!(padded(limit).len(), limit);
    let text = format!("{ADA}\n{}\r\n{}\n{}\n{ADA}\n", padded(limit), padded(limit + 1), padded(limit * 5));
    let answers = folder.decide(text);
    assert_eq!(verdicts(&answers), ["allow", "allow", "deny", "deny", "allow"]);
    assert_eq!((code(&answers[2]), code(&answers[3])), ("request.too_large", "request.too_large"));
    let error = format!("request: it has {} bytes, more than {limit}", limit * 5);
    assert_eq!(answers[3]["context"]["error"], error);
    // Without an end, at the beginning, and laid out.
    let answers = folder.decide("x".repeat(limit * 3));
    assert_eq!(code(&answers[0]), "request.too_large");
    let answers = folder.decide(format!("{{\n\"a\": [\n{}1]}}", "1,\n".repeat(limit)));
    assert_eq!((answers.len(), code(&answers[0])), (1, "request.too_large"));
}

#[test]
fn time() {
    let folder = Folder::with_policy("time");
    let at = |time: &str| ADA.replace("\"resource\"", &format!("\"context\":{{\"time\":{time}}},\"resource\""));
    let ask = |now: &str, text: &str| {
        let ran = folder.pipe(&["decide", "--policy", "policy.yaml", "--now", now], text);
        let answers = ran.lines();
        answers[0].get("decision").map_or(answers[0]["evaluations"][0]["decision"].clone(), Clone::clone)
    };
    assert_eq!(ask("2026-01-01T00:00:00Z", ADA), true);
    assert_eq!(ask("2027-01-01T00:00:00Z", ADA), false);
    // What is stated stays, and `null` is stated.
    assert_eq!(ask("2027-01-01T00:00:00Z", &at("\"2026-01-01T00:00:00Z\"")), true);
    assert_eq!(ask("2026-01-01T00:00:00Z", &at("\"2027-01-01T00:00:00Z\"")), false);
    assert_eq!(ask("2026-01-01T00:00:00Z", &at("null")), false);
    // So it is in batches: by the entry, by the defaults, by neither.
    let batch = |entry: &str, rest: &str| {
        let entry = ADA.replace("\"resource\"", &format!("{entry}\"resource\""));
        format!("{{\"evaluations\":[{entry}]{rest}}}")
    };
    for (entry, rest) in [("", ""), ("\"context\":null,", ""), ("\"context\":{},", ""), ("", ",\"context\":{\"a\":1}")]
    {
        assert_eq!(ask("2026-01-01T00:00:00Z", &batch(entry, rest)), true, "{entry} {rest}");
        assert_eq!(ask("2027-01-01T00:00:00Z", &batch(entry, rest)), false, "{entry} {rest}");
    }
    let stated = "\"context\":{\"time\":\"2026-01-01T00:00:00Z\"}";
    assert_eq!(ask("2027-01-01T00:00:00Z", &batch(&format!("{stated},"), "")), true);
    assert_eq!(ask("2027-01-01T00:00:00Z", &batch("", &format!(",{stated}"))), true);
    // The clock knows some time after this was written.
    let late = folder.pipe(&["decide", "--policy", "policy.yaml", "--record", "r"], ADA);
    assert_eq!(late.code, 0);
    let record: serde_json::Value = serde_json::from_str(folder.read("r").trim()).unwrap();
    assert!(record["time"].as_str().unwrap() > "2026");
}

#[test]
fn batches() {
    let folder = Folder::with_policy("batches");
    let bob = BOB.replace("\"resource\"", "\"context\":{\"evaluation_id\":\"b\"},\"resource\"");
    let batch = |options: &str| format!("{{\"evaluations\":[{ADA},{bob},{ADA}]{options}}}");
    let stop = ",\"options\":{\"evaluations_semantic\":\"deny_on_first_deny\"}";
    let wrong = ",\"options\":{\"evaluations_semantic\":\"what\"}";
    let text = format!("{}\n{}\n{}\n{{\"evaluations\":7}}\n{ADA}\n", batch(""), batch(stop), batch(wrong));
    let answers = folder.decide(&text);
    let number = |at: usize| answers[at]["evaluations"].as_array().unwrap().len();
    assert_eq!((answers.len(), number(0), number(1), number(2), number(3)), (5, 3, 2, 1, 1));
    assert_eq!(answers[0]["evaluations"][1]["context"]["evaluation_id"], "b");

    // There is a record and a line for people for each answer, with the same ids.
    let args =
        ["decide", "--policy", "policy.yaml", "--now", "2026-11-23T09:00:00Z", "--record", "records.jsonl", "--pretty"];
    let ran = folder.pipe(&args, &text);
    insta::assert_snapshot!(ran.out, @r"
    ALLOW   ada                      read home
    DENY    bob                      read home            privilege.no_permit
    ALLOW   ada                      read home
    ALLOW   ada                      read home
    DENY    bob                      read home            privilege.no_permit
    DENY    options.evaluations_se…ermit_on_first_permit` request.malformed
    DENY    evaluations: must be a list                   request.malformed
    ALLOW   ada                      read home
    ");
    let records: Vec<serde_json::Value> =
        folder.read("records.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let flat = answers.iter().flat_map(|answer| match answer["evaluations"].as_array() {
        Some(answers) => answers.clone(),
        None => vec![answer.clone()],
    });
    let ids = |values: &[serde_json::Value], pointer: &str| -> Vec<serde_json::Value> {
        values.iter().map(|value| value.pointer(pointer).unwrap().clone()).collect()
    };
    let flat: Vec<serde_json::Value> = flat.collect();
    assert_eq!(ids(&flat, "/decision"), ids(&records, "/decision"));
    assert_eq!(ids(&flat, "/context/verdict"), ids(&records, "/verdict"));
    assert_eq!(ids(&flat, "/context/evaluation_id"), ids(&records, "/evaluation_id"));
}

#[test]
fn records() {
    let folder = Folder::with_policy("records");
    let args = ["decide", "--policy", "policy.yaml", "--now", "2026-11-23T09:00:00Z", "--record", "records.jsonl"];
    folder.pipe(&args, format!("{ADA}\n{{"));
    folder.pipe(&args, BOB);
    let text = folder.read("records.jsonl");
    let records: Vec<placet::Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<&str> = records.iter().map(|record| record.verdict.as_str()).collect();
    assert_eq!(verdicts, ["allow", "deny", "deny"]);
    assert_eq!(records[0].time.as_deref(), Some("2026-11-23T09:00:00Z"));
    assert_eq!(records[1].reasons[0].code, "request.malformed");
}

#[test]
fn pretty() {
    let folder = Folder::with_policy("pretty");
    let through = |id: &str, agent: &str| {
        BOB.replace("\"bob\"", &format!("\"{id}\",\"properties\":{{\"act\":{{\"sub\":\"{agent}\"}}}}"))
    };
    let long = "a-person-of-a-very-long-name@subsidiary.example";
    let text = [
        ADA.to_owned(),
        BOB.to_owned(),
        through("ada", "bot"),
        through(long, "an-agent-of-a-very-long-name-too"),
        BOB.replace("home", "a/place/deep/below/the/surface/of/the/site"),
        BOB.replace("bob", "\\u001b[31mred"),
        "{".to_owned(),
    ];
    let args = ["decide", "--policy", "policy.yaml", "--now", "2026-11-23T09:00:00Z", "--pretty"];
    let ran = folder.pipe(&args, text.join("\n"));
    insta::assert_snapshot!(ran.out, @r"
    ALLOW   ada                      read home
    DENY    bob                      read home            privilege.no_permit
    ALLOW   ada > bot                read home
    DENY    a-pe…ample > an-ag…e-too read home            identity.unknown_agent +1
    DENY    bob                      read a/pl…f/the/site privilege.no_permit
    DENY    subject.id: an id must…ain control characters request.malformed
    DENY    request: EOF while par…ect at line 1 column 1 request.malformed
    ");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80));
    assert!(!ran.out.contains('\u{1b}'));
}

#[test]
fn explain() {
    let folder = Folder::with_policy("explain");
    let named = BOB.replace("\"resource\"", "\"context\":{\"evaluation_id\":\"b-1\"},\"resource\"");
    folder.write("requests.jsonl", format!("{ADA}\n{named}\n{{\n{{\"evaluations\":[{ADA},{BOB}]}}\n"));
    let args = ["explain", "--policy", "policy.yaml", "--request", "requests.jsonl", "--now", "2026-11-23T09:00:00Z"];
    let with = |more: &[&str]| folder.run(&[&args[..], more].concat());
    let ran = with(&["--id", "b-1"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("DENY  b-1\n") && ran.out.contains("privilege.no_permit"), "{}", ran.out);
    assert!(ran.out.ends_with('\n') && ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert!(with(&["--id", "line-3"]).out.contains("request.malformed"));
    let all = with(&["--json"]);
    let found: Vec<serde_json::Value> = all.lines().iter().map(|line| line["verdict"].clone()).collect();
    assert_eq!(found, ["allow", "deny", "deny", "allow", "deny"]);
    assert!(all.lines()[1]["layers"].is_array());
}

#[test]
fn tests() {
    let folder = Folder::with_policy("tests");
    let ran = folder.run(&["test", "policy.yaml"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "2 passed, 0 failed\n", ""));
    assert_eq!(folder.run(&["test", "policy.yaml", "--filter", "bob"]).out, "1 passed, 0 failed\n");
    let ran = folder.run(&["test", "policy.yaml", "--filter", "zoe"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: none of 2 tests has `zoe` in its name\n"));

    let request = "{subject: {type: agent, id: ghost}, action: {name: read}, resource: {type: page, id: home}}";
    let more = format!(
        "version: 1\ntests:\n  - name: ghosts read\n    request: {request}\n    verdict: allow\n    reasons: [tool.blocked, privilege.no_permit]\n  \
         - name: nobody asks\n    request_ref: requests.jsonl#e-1\n    verdict: deny\n"
    );
    folder.write("more.yaml", more);
    let ran = folder.run(&["test", "."]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out, @r"
    FAIL ghosts read
      at ./more.yaml:3:5
      verdict (- wanted, + got)
        - allow
        + deny
      reasons (- wanted, + got)
        + identity.unknown_agent
          privilege.no_permit
        + rule.forbidden_unknown
        - tool.blocked
      because
        identity.unknown_agent
          The agent is not registered.
        privilege.no_permit
          Nothing permits this call.
        rule.forbidden_unknown (before-2027)
          A rule may forbid this call; a fact that it needs is unknown.

    FAIL nobody asks
      at ./more.yaml:7:5
      no request: cannot read `./requests.jsonl`: No such file or directory (os error 2)

    2 passed, 2 failed
    ");
    let ran = folder.run(&["test", ".", "--json"]);
    assert_eq!(ran.code, 1);
    let json = ran.json();
    assert_eq!(json["summary"], serde_json::json!({"passed": 2, "failed": 2}));
    let results = json["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["passed"] == true).count(), 2);
    assert_eq!(results[2]["differences"][0]["what"], "verdict");

    folder.write("none.yaml", "version: 1\n");
    let ran = folder.run(&["test", "none.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: there are no tests"), "{}", ran.err);
    assert_eq!(folder.run(&["test", "none.yaml", "--json"]).json()["summary"]["passed"], 0);
}

#[test]
fn closed_pipe() {
    use std::io::{BufRead as _, BufReader};
    let folder = Folder::with_policy("closed");
    let mut child = folder.start(&["decide", "--policy", "policy.yaml"], Stdio::piped());
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::Builder::new().spawn(move || {
        let text = format!("{ADA}\n").repeat(10_000);
        // As long as somebody reads.
        while stdin.write_all(text.as_bytes()).is_ok() {}
    });
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"decision\":true"));
    let output = child.wait_with_output().unwrap();
    writer.unwrap().join().unwrap();
    let ran = Ran::of(output);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn line_by_line() {
    use std::io::{BufRead as _, BufReader};
    let folder = Folder::with_policy("conversation");
    let mut child = folder.start(&["decide", "--policy", "policy.yaml"], Stdio::piped());
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    // Each answer comes before the next question is asked.
    for (text, wanted) in [(ADA, true), (BOB, false), (ADA, true)] {
        stdin.write_all(format!("{text}\n").as_bytes()).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["decision"], wanted);
    }
    drop(stdin);
    assert!(answers.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = Folder(root);
    let ran = folder.run(&["decide", "--policy", "examples/contoso", "--request", "examples/contoso/requests.jsonl"]);
    assert_eq!((ran.code, ran.lines().len()), (0, 196));
    assert_eq!(folder.run(&["test", "examples/contoso"]).out, "196 passed, 0 failed\n");
}

/// What has happened counts: a session that was revoked signs in again.
#[test]
fn events_that_have_happened() {
    let folder = Folder::with_policy("events");
    let at = |time: &str| {
        format!(
            r#"{{"subject":{{"type":"user","id":"ada"}},"action":{{"name":"read"}},"resource":{{"type":"page","id":"home"}},"context":{{"time":"2026-11-24T10:00:00Z","authentication":{{"issued":"{time}","answers_challenges":true}}}}}}"#
        )
    };
    folder.write("requests.jsonl", format!("{}\n{}\n", at("2026-11-24T09:00:00Z"), at("2026-11-24T09:45:00Z")));
    // 09:30:00Z.
    let event = r#"{"iss":"https://idp","jti":"1","iat":1795512600,"sub_id":{"format":"uri","uri":"ada"},"events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{"event_timestamp":1795512600}}}"#;
    folder.write("events.jsonl", format!("\n{event}\n"));
    let asked = ["decide", "--policy", "policy.yaml", "--request", "requests.jsonl", "--now", "2026-11-24T10:00:00Z"];
    let without = folder.run(&asked);
    let allowed = |ran: &Ran| ran.lines().iter().map(|answer| answer["decision"] == true).collect::<Vec<_>>();
    assert_eq!(allowed(&without), [true, true]);
    let with = folder.run(&[&asked[..], &["--events", "events.jsonl"]].concat());
    assert_eq!(allowed(&with), [false, true]);
    assert!(with.out.contains("revocation.reauthenticate"));
    folder.write("events.jsonl", format!("{event}\n{{\n"));
    let wrong = folder.run(&[&asked[..], &["--events", "events.jsonl"]].concat());
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("events.jsonl:2: no JSON object"), "{}", wrong.err);
}

#[test]
fn what_if_is_told_for_each_value_that_matters() {
    let folder = Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let mut arguments = vec!["explain", "--what-if", "--policy", "examples/contoso"];
    arguments.extend(["--request", "examples/contoso/requests.jsonl", "--id", "c-160"]);
    let ran = folder.run(&arguments);
    assert_eq!(ran.code, 0);
    let (_, told) = ran.out.split_once("What if it were known").unwrap();
    assert!(told.contains("in 198.51.100.0/24, in 2001:db8:c0::/48: allow"), "{told}");
    assert!(told.trim_end().ends_with("At best: allow with location.ip in 198.51.100.0/24."), "{told}");
    arguments.push("--json");
    let json: serde_json::Value = serde_json::from_str(&folder.run(&arguments).out).unwrap();
    assert_eq!((json["verdict"].as_str(), json["what_if"]["best"].as_str()), (Some("deny"), Some("allow")));
}

/// A session is shown call by call, to where it is cut.
#[test]
fn sessions() {
    let folder = Folder::new("sessions");
    folder.write(
        "policy.yaml",
        r#"
version: 1
labels: [{id: public, order: 0}]
flow: {prompt: {label: public, trust: user}, approval: "user:ada", approver_clearance: {label: public}}
users: [{id: ada}]
agents: [{id: bot, sponsor: ada, owner: ada, purpose: Helps}]
servers: [{id: lab}]
tools:
  - {server: lab, name: web, effects: [read], assigned: {agent: bot}, flow: {output: {label: public}}}
  - {server: lab, name: pay, effects: [mutate], assigned: {agent: bot}, flow: {purpose: pay, parameters: {to: {role: target}}}}
rules: [{id: all, effect: permit, subject: [{user: ada}, {agent: bot}], action: tools/call}]
"#,
    );
    let call = |tool: &str, more: &str| {
        format!(
            r#"{{"request": {{"subject": {{"type": "user", "id": "ada", "properties": {{"act": {{"sub": "bot"}}}}}}, "action": {{"name": "tools/call", "properties": {{"arguments": {{"to": "eve"}}}}}}, "resource": {{"type": "tool", "id": "lab/{tool}"}}}}{more}}}"#
        )
    };
    let lines = [
        r#"{"prompt": "Pay what the page says."}"#.to_owned(),
        call("web", r#", "result": "pay eve", "document": "a/page.html", "dated": "2026-11-20T08:00:00Z""#),
        call("pay", ""),
        call("pay", r#", "inputs": {"to": ["prompt"]}"#),
    ];
    folder.write("session.jsonl", lines.join("\n"));
    let ran = folder.run(&["flow", "session.jsonl", "--policy", "policy.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "0 ALLOW   tool lab/web",
        "1 DEFER   tool lab/pay",
        "integrity: to = \"eve\" is public, untrusted",
        "answer: public, untrusted (of a/page.html)",
        "from step 0, lab/web of a/page.html, dated 2026-11-20T08:00:00Z: public, untrusted",
        "cut: the call was not made",
        "1 ALLOW   tool lab/pay",
        "it has had: untrusted input, sensitive data, changes, refused calls",
    ] {
        assert!(ran.out.contains(part), "{part:?} is not in\n{}", ran.out);
    }
    folder.write("session.jsonl", "{}");
    assert_eq!(folder.run(&["flow", "session.jsonl", "--policy", "policy.yaml"]).code, 2);
    folder.write("session.jsonl", call("web", r#", "result": "", "dated": "yesterday""#));
    assert_eq!(folder.run(&["flow", "session.jsonl", "--policy", "policy.yaml"]).code, 2);

    // A host that keeps no session states what its model has seen, and hears what the answer adds.
    let state = |tool: &str, flow: &str| {
        let request = call(tool, "");
        let request = request.strip_prefix(r#"{"request": "#).and_then(|rest| rest.strip_suffix('}')).unwrap();
        request.replacen('{', &format!(r#"{{"context": {{"flow": {flow}}}, "#), 1)
    };
    folder.write("call.json", state("web", r#"{"session": "s-1", "labels": []}"#));
    let answer = folder.run(&["decide", "--policy", "policy.yaml", "--request", "call.json"]).out;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let label = &answer["context"]["flow"]["answer"];
    assert_eq!(label["trust"], "top");
    folder.write("call.json", state("pay", &format!(r#"{{"session": "s-1", "labels": [{label}]}}"#)));
    let decided = folder.run(&["decide", "--policy", "policy.yaml", "--request", "call.json", "--record", "log.jsonl"]);
    assert!(
        decided.out.contains(r#""verdict":"defer""#) && decided.out.contains(r#""verb":"endorse""#),
        "{}",
        decided.out
    );
    assert!(folder.read("log.jsonl").contains(r#""flow_session":"s-1""#));
    let explained = folder.run(&["explain", "--policy", "policy.yaml", "--request", "call.json"]);
    assert!(explained.out.contains("integrity: to = \"eve\" is public"), "{}", explained.out);
}

/// A batch is a batch however its key is spelt.
#[test]
fn a_batch_with_an_escaped_key() {
    let folder = Folder::with_policy("escaped");
    let batch = |key: &str| {
        let entry = r#"{"subject":{"type":"user","id":"bob"}}"#;
        ADA.replacen('{', &format!(r#"{{"{key}":[{entry}],"#), 1)
    };
    let asked = ["decide", "--policy", "policy.yaml", "--now", "2026-11-23T09:00:00Z"];
    for more in [&[][..], &["--pretty"]] {
        let arguments = [&asked[..], more].concat();
        let (plain, escaped) =
            (folder.pipe(&arguments, batch("evaluations")), folder.pipe(&arguments, batch(r"evaluation\u0073")));
        assert_eq!(plain.out, escaped.out);
        assert!(!plain.out.contains("ALLOW") && !plain.out.contains(r#""decision":true"#), "{}", plain.out);
    }
}
