//! The structure as ARCHITECTURE.md tells it: rooms import only rooms above them, no file is outsized, every room says what it
//! decides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "a test fails by panicking, and reads files"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which they may import each other: each only those before it.
const ROOMS: &[&str] = &[
    "digest",
    "limits",
    "reading",
    "diagnostic",
    "nesting",
    "table",
    "name",
    "time",
    "label",
    "value",
    "pattern",
    "fact",
    "condition",
    "resource",
    "scope",
    "rule",
    "identity",
    "flow",
    "tool",
    "grant",
    "entities",
    "delegation",
    "lifecycle",
    "signal",
    "inventory",
    "access",
    "sensitive",
    "protection",
    "loss",
    "document",
    "compile",
    "directory",
    "engine",
    "request",
    "decision",
    "evaluate",
    "door",
    "explain",
    "audit",
    "suite",
    "live",
    "files",
];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn room(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The part of a file that is code of the library: without comments and inline tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_room_is_on_the_list() {
    let mut seen: Vec<String> = sources().iter().map(|path| room(path)).filter(|room| room != "lib").collect();
    seen.sort();
    seen.dedup();
    let mut listed: Vec<String> = ROOMS.iter().map(|room| (*room).to_owned()).collect();
    listed.sort();
    assert_eq!(seen, listed);
}

#[test]
fn imports_run_one_way() {
    let place: BTreeMap<&str, usize> = ROOMS.iter().enumerate().map(|(at, room)| (*room, at)).collect();
    let mut upward = Vec::new();
    for path in sources() {
        let own = room(&path);
        let Some(here) = place.get(own.as_str()) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in code(&text).match_indices("crate::") {
            let rest = &code(&text)[at + 7..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            // `crate::Limits` is `crate::limits::Limits`: re-exports are named in one place, lib.rs.
            if let Some(there) = place.get(name.as_str())
                && there > here
            {
                upward.push(format!("{}: {own} imports {name}", path.display()));
            }
        }
    }
    upward.dedup();
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn no_file_is_outsized() {
    // 600 lines: more than twice what a reader takes in at once. One file is a table.
    let large: Vec<String> = sources()
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .map(|(path, lines)| format!("{}: {lines}", path.display()))
        .collect();
    assert!(large.is_empty(), "{large:#?}");
}

#[test]
fn every_file_says_what_it_decides() {
    let silent: Vec<PathBuf> =
        sources().into_iter().filter(|path| !fs::read_to_string(path).unwrap().starts_with("//! ")).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let missing: Vec<&&str> = ROOMS.iter().filter(|room| !map.contains(&format!("`{room}`"))).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:?}");
}

/// The table at the front of the library names every public room.
#[test]
fn the_front_page_names_every_room() {
    let front = fs::read_to_string("src/lib.rs").unwrap();
    let table: Vec<&str> = front.lines().filter(|line| line.starts_with("//! |")).collect();
    let rooms = front.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<&str> =
        rooms.filter(|room| !table.iter().any(|line| line.contains(&format!("`{room}`")))).collect();
    assert!(missing.is_empty(), "not in the table of src/lib.rs: {missing:?}");
}
