//! A small contract for the tests of this crate, in the format that `cargo xtask vendor` writes.

use std::sync::OnceLock;

use crate::Contract;

pub(crate) fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::from_json(include_bytes!("../tests/notes.json")).unwrap())
}
