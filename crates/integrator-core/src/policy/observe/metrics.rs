//! How long calls and attempts take, through the `metrics` facade; under the names that OpenTelemetry has for HTTP
//! clients.
//!
//! | name | kind | unit | labels |
//! |---|---|---|---|
//! | `http.client.request.duration` | histogram | s | `http.request.method`, `url.template`, `server.address`, `http.response.status_code`, `error.type`, `integrator.provider` |
//! | `integrator.call.attempts` | histogram | attempts | `integrator.provider`, `integrator.operation` |
//! | `integrator.call.duration` | histogram | s | `integrator.provider`, `integrator.operation`, `error.type` |
//!
//! A call counts once, with its waits and retries; an attempt is one request on the wire. Labels hold names from the
//! document alone, so that their number is bounded.

use std::time::Duration;

use metrics::{Label, histogram};

use crate::error::{Attempt, Error};
use crate::operation::Operation;
use crate::pipeline::Exchange;
use crate::provider::Provider;

/// Notes one attempt.
pub(crate) fn attempt(exchange: &Exchange, attempt: &Attempt, error: Option<&Error>, took: Duration) {
    let (provider, operation, host) = (exchange.provider, exchange.operation, exchange.uri.host());
    let mut labels = vec![
        Label::from_static_parts("http.request.method", operation.method.as_str()),
        Label::from_static_parts("url.template", operation.path),
        Label::new("server.address", host.unwrap_or_default().to_owned()),
        Label::from_static_parts("integrator.provider", provider.name),
    ];
    labels.extend(
        attempt
            .status()
            .map(|status| Label::new("http.response.status_code", status.as_u16().to_string())),
    );
    labels.extend(error.map(|error| Label::from_static_parts("error.type", error.kind().as_str())));
    histogram!("http.client.request.duration", labels).record(took.as_secs_f64());
}

/// Notes how a call ended; `error` is the kind of its failure, or `cancelled`.
pub(crate) fn call(
    (provider, operation): (&'static Provider, &'static Operation),
    attempts: usize,
    error: Option<&'static str>,
    took: Duration,
) {
    let labels = vec![
        Label::from_static_parts("integrator.provider", provider.name),
        Label::from_static_parts("integrator.operation", operation.name),
    ];
    #[expect(clippy::cast_precision_loss, reason = "a call has a few attempts")]
    histogram!("integrator.call.attempts", labels.clone()).record(attempts as f64);
    let outcome = error.map(|error| Label::from_static_parts("error.type", error));
    let labels: Vec<Label> = labels.into_iter().chain(outcome).collect();
    histogram!("integrator.call.duration", labels).record(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use metrics::{
        Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
        set_default_local_recorder,
    };

    use crate::testing::Scripted;
    use crate::testing::acme::{PLAIN, RETRIEVE, call, scripted, thing};

    /// Every value with its name and labels, as a line.
    #[derive(Debug, Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    #[derive(Debug)]
    struct Line(Lines, String);

    impl HistogramFn for Line {
        fn record(&self, value: f64) {
            self.0.0.lock().unwrap().push(format!("{} = {value}", self.1));
        }
    }

    impl Recorder for Lines {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            let labels: Vec<String> = key
                .labels()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            Histogram::from_arc(Arc::new(Line(
                self.clone(),
                format!("{} {}", key.name(), labels.join(" ")),
            )))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_calls_and_what_was_given_up_are_counted() {
        let lines = Lines::default();
        let _guard = set_default_local_recorder(&lines);
        let script = [Scripted::status(404), thing(), Scripted::hang()];
        let client = scripted(&PLAIN, script).0.build().unwrap();
        call(&client, &RETRIEVE).send().await.unwrap_err();
        call(&client, &RETRIEVE).send().await.unwrap();
        let given_up = tokio::time::timeout(std::time::Duration::from_secs(2), call(&client, &RETRIEVE).send()).await;
        assert!(given_up.is_err());
        insta::assert_snapshot!(lines.0.lock().unwrap().join("\n"), @r"
        http.client.request.duration http.request.method=GET url.template=/things/{id} server.address=api.acme.test integrator.provider=acme http.response.status_code=404 error.type=not_found = 0
        integrator.call.attempts integrator.provider=acme integrator.operation=things.retrieve = 1
        integrator.call.duration integrator.provider=acme integrator.operation=things.retrieve error.type=not_found = 0
        http.client.request.duration http.request.method=GET url.template=/things/{id} server.address=api.acme.test integrator.provider=acme http.response.status_code=200 = 0
        integrator.call.attempts integrator.provider=acme integrator.operation=things.retrieve = 1
        integrator.call.duration integrator.provider=acme integrator.operation=things.retrieve = 0
        integrator.call.attempts integrator.provider=acme integrator.operation=things.retrieve = 0
        integrator.call.duration integrator.provider=acme integrator.operation=things.retrieve error.type=cancelled = 2
        ");
    }
}
