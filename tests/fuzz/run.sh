#!/bin/sh
# Fuzzes one target for so many seconds on a stable toolchain: `./run.sh sse 600`. What is found is kept in `target/`.
set -eu
cd "$(dirname "$0")"
name=$1
seconds=$2
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
# What cargo-fuzz sets, but for the address sanitizer: there is no unsafe code of ours to watch.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
cargo build --release --target "$host" --bin "$name"
found="$CARGO_TARGET_DIR/found/$name"
mkdir -p "$found"
exec "$CARGO_TARGET_DIR/$host/release/$name" "$found" "corpus/$name" \
    -artifact_prefix="$found-" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
