//! What is fuzzed: functions of bytes that panic where something is wrong.
//!
//! The programs in `targets/` hand them what a fuzzer makes up; the tests of the repository hand them what is kept in
//! `corpus/`, on every run and without a fuzzer.

pub mod answer;
pub mod form;
pub mod json;
pub mod multipart;
pub mod sse;

mod cut;
