//! The table at the end of the demo: a row a provider.

use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use super::Outcome;

/// Columns that hold numbers.
const NUMBERS: [usize; 7] = [1, 2, 3, 5, 6, 7, 8];
/// Width where there is no terminal to ask.
const WIDTH: u16 = 120;

/// The table.
pub(super) fn of(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header([
            "provider",
            "calls",
            "attempts",
            "retries",
            "survived",
            "p50 ms",
            "p99 ms",
            "MB sent",
            "MB received",
        ]);
    table.set_width(WIDTH);
    for outcome in outcomes {
        let numbers = &outcome.numbers;
        table.add_row([
            outcome.provider.title.to_owned(),
            numbers.calls.to_string(),
            numbers.attempts.to_string(),
            numbers.attempts.saturating_sub(numbers.calls).to_string(),
            outcome.survived.join(", "),
            millis(numbers.median),
            millis(numbers.p99),
            megabytes(numbers.sent),
            megabytes(numbers.received),
        ]);
    }
    for column in NUMBERS {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}

#[allow(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1_000_000.0)
}
