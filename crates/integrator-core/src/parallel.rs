//! [`Parallel`]: many calls, a few at a time.
//!
//! It only says how many are under way at once; quotas, retries and deadlines are every call's own, in its pipeline.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt as _};

/// Runs calls, at most `at_once` of them at a time; 0 counts as 1.
///
/// Calls are taken from the iterator when there is room for them, so a long list costs nothing before it is reached.
/// What is dropped is given up: calls under way are cancelled and the rest is never sent.
///
/// ```
/// use integrator_core::{Error, parallel};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// async fn fetch(id: u32) -> Result<u32, Error> {
///     Ok(id * 2) // client.customers().retrieve(id).send().await
/// }
///
/// let all = parallel((1..=4).map(fetch), 2).collect().await?;
/// assert_eq!(all, [2, 4, 6, 8]);
///
/// let mut done = parallel((1..=4).map(fetch), 2).unordered();
/// while let Some(answer) = done.next().await {
///     assert!(answer? % 2 == 0);
/// }
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
pub fn parallel<I>(calls: I, at_once: usize) -> Parallel<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future,
{
    Parallel {
        calls: calls.into_iter(),
        running: Running::Ordered(FuturesOrdered::new()),
        at_once: at_once.max(1),
    }
}

/// Calls that run a few at a time, see [`parallel`]. Also a [`Stream`].
#[must_use = "nothing is sent before an answer is asked for"]
pub struct Parallel<I: Iterator>
where
    I::Item: Future,
{
    calls: I,
    running: Running<I::Item>,
    at_once: usize,
}

enum Running<F: Future> {
    Ordered(FuturesOrdered<F>),
    Unordered(FuturesUnordered<F>),
}

impl<I: Iterator> Parallel<I>
where
    I::Item: Future,
{
    /// Answers as they come, in place of the order in which the calls were given.
    ///
    /// One slow call then holds up nobody.
    pub fn unordered(mut self) -> Self {
        self.running = Running::Unordered(FuturesUnordered::new());
        self
    }

    /// The next answer; `None` after the last.
    ///
    /// # Cancel safety
    /// Calls under way go on with the next call, and no answer is lost.
    pub async fn next(&mut self) -> Option<<I::Item as Future>::Output> {
        std::future::poll_fn(|cx| self.poll_answer(cx)).await
    }

    /// Every answer, failed or not.
    pub async fn settle(mut self) -> Vec<<I::Item as Future>::Output> {
        let mut all = Vec::with_capacity(self.calls.size_hint().0);
        while let Some(answer) = self.next().await {
            all.push(answer);
        }
        all
    }

    /// Every answer, or the first failure.
    ///
    /// # Errors
    /// The first that is seen; calls under way are cancelled then, and the rest is never sent. What the cancelled ones
    /// did is unknown: let calls with an effect [`settle`](Self::settle).
    pub async fn collect<T, E>(mut self) -> Result<Vec<T>, E>
    where
        I::Item: Future<Output = Result<T, E>>,
    {
        let mut all = Vec::with_capacity(self.calls.size_hint().0);
        while let Some(answer) = self.next().await {
            all.push(answer?);
        }
        Ok(all)
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<<I::Item as Future>::Output>> {
        while self.running.len() < self.at_once
            && let Some(call) = self.calls.next()
        {
            self.running.push(call);
        }
        self.running.poll(cx)
    }
}

impl<F: Future> Running<F> {
    fn len(&self) -> usize {
        match self {
            Self::Ordered(calls) => calls.len(),
            Self::Unordered(calls) => calls.len(),
        }
    }

    fn push(&mut self, call: F) {
        match self {
            Self::Ordered(calls) => calls.push_back(call),
            Self::Unordered(calls) => calls.push(call),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        match self {
            Self::Ordered(calls) => calls.poll_next_unpin(cx),
            Self::Unordered(calls) => calls.poll_next_unpin(cx),
        }
    }
}

/// Calls are pinned where they are kept; the iterator and answers never.
impl<I: Iterator> Unpin for Parallel<I> where I::Item: Future {}

impl<I: Iterator> Stream for Parallel<I>
where
    I::Item: Future,
{
    type Item = <I::Item as Future>::Output;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_answer(cx)
    }
}

impl<I: Iterator> fmt::Debug for Parallel<I>
where
    I::Item: Future,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parallel")
            .field("at_once", &self.at_once)
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    /// How many calls run, and how many ran at most.
    #[derive(Debug, Clone, Default)]
    struct Gauge(Arc<(AtomicUsize, AtomicUsize, AtomicUsize)>);

    struct Under(Gauge);

    impl Gauge {
        fn enter(&self) -> Under {
            let now = self.0.0.fetch_add(1, SeqCst) + 1;
            self.0.1.fetch_max(now, SeqCst);
            self.0.2.fetch_add(1, SeqCst);
            Under(self.clone())
        }

        fn numbers(&self) -> (usize, usize, usize) {
            (self.0.0.load(SeqCst), self.0.1.load(SeqCst), self.0.2.load(SeqCst))
        }
    }

    impl Drop for Under {
        fn drop(&mut self) {
            self.0.0.0.fetch_sub(1, SeqCst);
        }
    }

    /// Takes `ms` milliseconds; fails when that ends in 7.
    fn call(gauge: &Gauge) -> impl Fn(u64) -> Pin<Box<dyn Future<Output = Result<u64, u64>> + Send>> + use<> {
        let gauge = gauge.clone();
        move |ms| {
            let gauge = gauge.clone();
            Box::pin(async move {
                let _under = gauge.enter();
                sleep(Duration::from_millis(ms)).await;
                if ms % 10 == 7 { Err(ms) } else { Ok(ms) }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_keep_their_order_and_only_so_many_run_at_once() {
        let gauge = Gauge::default();
        let started = Instant::now();
        let all = parallel([30, 10, 20, 10, 10].map(call(&gauge)), 2).collect().await;
        assert_eq!(all, Ok(vec![30, 10, 20, 10, 10]));
        assert_eq!(gauge.numbers(), (0, 2, 5));
        assert_eq!(started.elapsed(), Duration::from_millis(60));
    }

    #[tokio::test(start_paused = true)]
    async fn without_order_a_slow_call_holds_up_nobody() {
        let gauge = Gauge::default();
        let all = parallel([90, 10, 20, 30].map(call(&gauge)), 2)
            .unordered()
            .settle()
            .await;
        assert_eq!(all, [Ok(10), Ok(20), Ok(30), Ok(90)]);
        assert_eq!(gauge.numbers().1, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_failure_cancels_what_runs_and_sends_no_more() {
        let gauge = Gauge::default();
        let all = parallel([10, 17, 500, 10, 10].map(call(&gauge)), 2)
            .unordered()
            .collect()
            .await;
        assert_eq!(all, Err(17));
        assert_eq!(gauge.numbers(), (0, 2, 3), "the fourth is never sent");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_dropped_is_given_up_and_none_at_once_is_one() {
        let gauge = Gauge::default();
        let mut calls = parallel([10, 20, 30].map(call(&gauge)), 0);
        assert_eq!(calls.next().await, Some(Ok(10)));
        let waiting = tokio::time::timeout(Duration::from_millis(5), calls.next()).await;
        assert!(waiting.is_err());
        assert_eq!(
            calls.next().await,
            Some(Ok(20)),
            "an answer that nobody waited for is not lost"
        );
        drop(calls);
        assert_eq!(gauge.numbers().0, 0);
        assert_eq!(gauge.numbers().1, 1);
    }
}
