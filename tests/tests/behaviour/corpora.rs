//! The fuzz targets over the inputs that are kept, and over what is near them: no fuzzer is needed, and no target rots.

use std::fs;
use std::path::Path;

#[allow(unreachable_pub, reason = "a library where a fuzzer runs")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// How often each input is damaged.
const DAMAGED: usize = 64;

fn replay(name: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut chance = fastrand::Rng::with_seed(7);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        // The name of a file that fails stands in what is printed.
        eprintln!("{}", path.display());
        check(&input);
        for _ in 0..DAMAGED {
            check(&damaged(&input, &mut chance));
        }
        inputs += 1;
    }
    assert!(inputs > 3, "{name} has {inputs} inputs");
}

/// Some bytes changed, and the end cut off every other time.
fn damaged(input: &[u8], chance: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..chance.usize(..4) {
        if !bytes.is_empty() {
            let at = chance.usize(..bytes.len());
            bytes[at] = *chance.choice(b"\r\n:=&[]{}\"\\%-0\xff\0").unwrap();
        }
    }
    if chance.bool() {
        bytes.truncate(chance.usize(..=bytes.len()));
    }
    bytes
}

#[test]
fn answers_are_classified_and_waits_are_bounded() {
    replay("answer", targets::answer::check);
}

#[test]
fn forms_are_read_as_they_were_written() {
    replay("form", targets::form::check);
}

#[test]
fn json_is_read_as_serde_json_reads_it() {
    replay("json", targets::json::check);
}

#[test]
fn multipart_bodies_are_read_as_they_were_written() {
    replay("multipart", targets::multipart::check);
}

#[test]
fn streams_of_events_do_not_hang_on_their_cuts() {
    replay("sse", targets::sse::check);
}
