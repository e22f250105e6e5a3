//! Reading and writing a customer of 1.7 KB: the generated type against serde's derives on the same members.
//!
//! `cargo bench -p integrator-tests --bench decode` lets criterion measure both, and ends with the two ratios, which are
//! taken in turns so that they hold on a busy machine. Goals: 0.70 to read, 0.50 to write.
//!
//! The other side is what an application would write: every member with its type, `from_slice` as reqwest's `json()`
//! calls it, `null` read as `None` and not written.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use integrator_stripe::types::Customer;

#[path = "../race.rs"]
mod race;
#[path = "../twin.rs"]
mod twin;

const CUSTOMER: &[u8] = include_bytes!("../fixtures/customer.json");
const UNITS: u32 = 2_000;

fn ours() -> Customer {
    integrator_core::decode(black_box(CUSTOMER)).expect("the fixture is a customer")
}

fn theirs() -> twin::Customer {
    serde_json::from_slice(black_box(CUSTOMER)).expect("the fixture is a customer")
}

fn main() {
    let (customer, twin) = (ours(), theirs());
    let text = |value: serde_json::Result<serde_json::Value>| value.expect("a customer is JSON");
    assert_eq!(
        text(serde_json::to_value(&customer)),
        text(serde_json::to_value(&twin)),
        "both sides hold the same members"
    );

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(CUSTOMER.len() as u64));
    group.bench_function("integrator", |bencher| bencher.iter(ours));
    group.bench_function("serde derives", |bencher| bencher.iter(theirs));
    group.finish();
    let mut group = criterion.benchmark_group("encode");
    group.bench_function("integrator", |bencher| {
        bencher.iter(|| integrator_core::to_json(black_box(&customer)))
    });
    group.bench_function("serde derives", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&twin)))
    });
    group.finish();
    criterion.final_summary();

    race::race(
        "decode",
        UNITS,
        0.70,
        |units| repeat(units, ours),
        |units| repeat(units, theirs),
    );
    race::race(
        "encode",
        UNITS,
        0.50,
        |units| repeat(units, || integrator_core::to_json(black_box(&customer))),
        |units| repeat(units, || serde_json::to_vec(black_box(&twin))),
    );
}

fn repeat<T>(units: u32, mut work: impl FnMut() -> T) {
    for _ in 0..units {
        black_box(work());
    }
}
