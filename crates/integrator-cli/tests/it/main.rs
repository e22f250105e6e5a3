//! The program as a user runs it: output and exit codes, against mocks on loopback.

mod call;
mod demo;
mod doctor;
mod mock;
mod program;
mod tls;
