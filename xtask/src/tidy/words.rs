//! What no file may hold: traces of one machine, and work that is not done.

use super::files::File;
use crate::report::Problems;

/// Folders of one machine.
const FOLDERS: [&str; 4] = ["farm", "home", "root", "work"];

/// First labels of hosts that serve packages; `files` is left to the APIs that upload there.
const HOSTS: [&str; 5] = ["deb", "index", "proxy", "registry", "static"];

/// Words of unfinished code: a start, an end (apart, so that this file does not hold them), and what to do.
const UNFINISHED: [(&str, &str, &str); 5] = [
    ("todo", "!(", "write it, or leave it out"),
    ("unimplemented", "!(", "write it, or leave it out"),
    ("dbg", "!(", "remove it"),
    ("#[", "ignore", "mend the test, or remove it"),
    (
        "```",
        "ignore",
        "make the example run; `no_run` is for those that need the network",
    ),
];

/// Marks that must come with a link.
const MARKS: [(&str, &str); 2] = [("TO", "DO"), ("FIX", "ME")];

/// Checks every line of a file.
pub(super) fn check(file: &File, problems: &mut Problems) {
    for (number, line) in file.lines() {
        let place = || format!("{}:{number}", file.path);
        if let Some(path) = machine_path(line) {
            problems.add(
                place(),
                format!("names the machine's path `{path}`"),
                "use a path from the root, or an invented one",
            );
        }
        if let Some(host) = package_host(line) {
            problems.add(
                place(),
                format!("names the package host `{host}`"),
                "leave it out: cargo knows where to look",
            );
        }
        if !file.is_rust() {
            continue;
        }
        for (start, end, help) in UNFINISHED {
            if line.contains(&[start, end].concat()) {
                problems.add(place(), format!("holds `{start}{end}`"), help);
            }
        }
        for mark in MARKS.map(|(start, end)| [start, end].concat()) {
            if line.contains(&mark) && !line.contains("https://") {
                problems.add(
                    place(),
                    format!("holds `{mark}` without a link"),
                    "do it, or link the issue about it",
                );
            }
        }
    }
}

/// The first path such as `/home/…` in a line that starts at a word's edge.
fn machine_path(line: &str) -> Option<&str> {
    let temporary = ["/t", "mp/"].concat();
    let folders = FOLDERS.map(|name| format!("/{name}/"));
    for start in folders.iter().map(String::as_str).chain([temporary.as_str()]) {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            let after = line[at + start.len()..].chars().next();
            let edge = before.is_none_or(|letter| !letter.is_ascii_alphanumeric() && !"}._-".contains(letter));
            if edge && after.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '.') {
                return Some(word(&line[at..]));
            }
        }
    }
    None
}

/// The first URL of a host that serves packages.
fn package_host(line: &str) -> Option<&str> {
    line.match_indices("://")
        .map(|(at, _)| word(&line[at + 3..]))
        .find(|host| {
            host.split_once('.')
                .is_some_and(|(label, rest)| HOSTS.contains(&label) && rest.starts_with(char::is_alphabetic))
        })
}

/// Up to the end of the word.
fn word(text: &str) -> &str {
    text.split(|letter: char| letter.is_whitespace() || "\"'`<>()[],;".contains(letter))
        .next()
        .unwrap_or_default()
}
