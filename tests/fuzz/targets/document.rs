//! What `cargo xtask vendor` reads: any bytes are a document or an error that can be shown.

#![no_main]

#[path = "../../../xtask/src/vendor/read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|input: &[u8]| match read::parse("input", input) {
    Ok(value) => assert!(serde_json::to_string(&value).is_ok()),
    Err(error) => assert!(!format!("{error:?}").is_empty()),
});
