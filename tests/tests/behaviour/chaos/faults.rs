//! What happens to a call: one fault, or several in a row, or a mock that is not there.

use std::time::Duration;

use integrator_core::Provider;
use integrator_mock::{Fault, Mock};

use super::calls::Script;

/// One line of the table.
pub(super) struct Happening {
    pub(super) name: &'static str,
    /// How long a repeat must wait at least.
    pub(super) waits: Duration,
    /// Only a stream can meet it.
    pub(super) of_streams: bool,
    /// Nobody listens.
    pub(super) refused: bool,
    /// Tells the mock.
    pub(super) set: fn(&Mock, &Script),
}

impl Happening {
    /// The least wait, as the table shows it.
    pub(super) fn asked_for(&self) -> String {
        match self.waits {
            Duration::ZERO => String::new(),
            waits => format!("{waits:?}"),
        }
    }
}

/// Where nothing is said: no wait, to all calls, by a mock that listens.
const PLAIN: Happening = Happening {
    name: "",
    waits: Duration::ZERO,
    of_streams: false,
    refused: false,
    set: |_, _| {},
};

/// A short wait, and how long a mock falls silent that goes on in time.
const SHORT: Duration = Duration::from_millis(30);
/// Longer than a client waits for a sign of life.
const LONG: Duration = Duration::from_secs(10);
/// Compressed to a thousandth; four times as much as the clients take.
const BOMB: u32 = 1;
const ELSEWHERE: &str = "https://elsewhere.example/";

macro_rules! happenings {
    ($($name:literal $({$($member:ident: $value:expr),+})? => $fault:expr;)+) => {
        &[$(Happening {
            name: $name,
            $($($member: $value,)+)?
            set: |mock, script| {
                let fault: fn(&Provider) -> Fault = $fault;
                script.on(mock).fail(fault(script.provider));
            },
            ..PLAIN
        }),+]
    };
}

/// A status with the header in which the provider says whether a repeat is of use; without one that has none.
fn verdict(provider: &Provider, status: u16, word: &str) -> Fault {
    let fault = Fault::status(status);
    match provider.retry.verdict_header {
        Some(name) => fault.header(name, word),
        None => fault,
    }
}

pub(super) const FAULTS: &[Happening] = happenings! {
    "nothing" => |_| Fault::none();
    "nobody listens" {refused: true} => |_| Fault::none();
    "everything ends, then nobody listens" => |_| Fault::refuse(Duration::from_secs(600));
    "dropped before the request is read" => |_| Fault::drop_before_read();
    "dropped after it" => |_| Fault::drop_after_read();
    "reset before the request is read" => |_| Fault::reset_before_read();
    "reset after it" => |_| Fault::reset_after_read();
    "reset before the body" => |_| Fault::reset_before_body();
    "reset in the body" => |_| Fault::reset_mid_body();
    "reset after the body" => |_| Fault::reset_after_body();
    "reset three times" => |_| Fault::reset_after_read().times(3);
    "body shorter than it says" => |_| Fault::truncate();
    "half of a JSON" => |_| Fault::truncated_json();
    "no answer" => |_| Fault::stall_forever();
    "a head too slow" => |_| Fault::slow_head(LONG);
    "half a body" => |_| Fault::stall_body_forever();
    "an answer after a while" => |_| Fault::stall(SHORT);
    "a head after a while" => |_| Fault::slow_head(SHORT);
    "a body after a while" => |_| Fault::stall_body(SHORT);
    "another media type" => |_| Fault::content_type("application/octet-stream");
    "HTML with 200" => |_| Fault::html(200);
    "HTML with 502" => |_| Fault::html(502);
    "a gzip bomb" => |_| Fault::gzip_bomb(BOMB);
    "301" => |_| Fault::redirect(301, ELSEWHERE);
    "302" => |_| Fault::redirect(302, ELSEWHERE);
    "303" => |_| Fault::redirect(303, ELSEWHERE);
    "307" => |_| Fault::redirect(307, ELSEWHERE);
    "308" => |_| Fault::redirect(308, ELSEWHERE);
    "an error with 200" => |_| Fault::error_in_200();
    "an unknown member" => |_| Fault::unknown_field();
    "400" => |_| Fault::status(400);
    "401" => |_| Fault::status(401);
    "402" => |_| Fault::status(402);
    "403" => |_| Fault::status(403);
    "404" => |_| Fault::status(404);
    "408" => |_| Fault::status(408);
    "409" => |_| Fault::status(409);
    "422" => |_| Fault::status(422);
    "425" => |_| Fault::status(425);
    "500" => |_| Fault::status(500);
    "500, a repeat is of use" => |provider| verdict(provider, 500, "true");
    "500, a repeat is of no use" => |provider| verdict(provider, 500, "false");
    "501" => |_| Fault::status(501);
    "502" => |_| Fault::status(502);
    "503" => |_| Fault::status(503);
    "503 three times" => |_| Fault::status(503).times(3);
    "504" => |_| Fault::status(504);
    "529" => |_| Fault::status(529);
    "429" => |_| Fault::status(429);
    "429 three times" => |_| Fault::status(429).times(3);
    "429 in the provider's own way" => |_| Fault::limited();
    "429, a repeat is of no use" => |provider| verdict(provider, 429, "false");
    "429, Retry-After: 1" {waits: Duration::from_secs(1)} => |_| Fault::status(429).retry_after("1");
    "429, Retry-After: a date in 1 s" {waits: Duration::from_millis(900)} =>
        |_| Fault::status(429).retry_after_date(Duration::from_secs(1));
    "429, Retry-After-Ms: 30" {waits: SHORT} => |_| Fault::status(429).retry_after_ms(30);
    "429, Retry-After: 0" => |_| Fault::status(429).retry_after("0");
    "429, Retry-After: a date long past" => |_| Fault::status(429).retry_after("Sun, 06 Nov 1994 08:49:37 GMT");
    "429, Retry-After: soon" => |_| Fault::status(429).retry_after("soon");
    "429, Retry-After: -1" => |_| Fault::status(429).retry_after("-1");
    "429, Retry-After: an hour" => |_| Fault::status(429).retry_after("3600");
    "429, Retry-After: ten years" => |_| Fault::status(429).retry_after("315360000");
    "429, Retry-After: ten thousand digits" => |_| Fault::status(429).retry_after("9".repeat(10_000));
    "503, Retry-After: 1" {waits: Duration::from_secs(1)} => |_| Fault::status(503).retry_after("1");
    "a stream cut in its first event" {of_streams: true} => |_| Fault::cut_stream(0);
    "a stream cut in its third event" {of_streams: true} => |_| Fault::cut_stream(2);
    "an error as the first event" {of_streams: true} => |_| Fault::stream_error(0);
    "an error as the fourth event" {of_streams: true} => |_| Fault::stream_error(3);
};
