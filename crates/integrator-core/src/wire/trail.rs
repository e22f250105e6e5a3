//! Where in a document a read failed: names pushed while an error travels outwards, nothing while all is well.
//!
//! serde's errors have no path, and a wrapping deserializer would double what a user's crate compiles.

use std::cell::RefCell;
use std::fmt::Write as _;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    Index(usize),
}

thread_local! {
    static TRAIL: RefCell<Vec<Step>> = const { RefCell::new(Vec::new()) };
}

/// Forgets what an earlier read left.
pub(crate) fn clear() {
    TRAIL.with_borrow_mut(Vec::clear);
}

/// An error passes this member on its way out.
pub(crate) fn member(name: &str) {
    TRAIL.with_borrow_mut(|trail| trail.push(Step::Member(name.to_owned())));
}

/// An error passes this list position on its way out.
pub(crate) fn index(at: usize) {
    TRAIL.with_borrow_mut(|trail| trail.push(Step::Index(at)));
}

/// The path from the document to the failure, `data[3].customer.id`; empty for the document itself.
pub(crate) fn take() -> String {
    let mut steps = TRAIL.with_borrow_mut(std::mem::take);
    steps.reverse();
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Member(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            Step::Index(at) => {
                // Writing to a String cannot fail.
                let _ = write!(path, "[{at}]");
            }
        }
    }
    path
}
