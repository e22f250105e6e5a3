//! Mocks on real sockets: what they refuse, how they page, and every way in which they fail.

mod answers;
mod batches;
mod client;
mod dialects;
mod faults;
mod kept;
mod keys;
mod limits;
mod paging;
mod queries;
mod streams;
mod talk;
mod tapes;
mod uploads;
mod validation;
