//! [`Batcher`]: single lookups that become one call to an endpoint for many.
//!
//! It gathers and hands out; what the call for many is, is the application's.

use std::fmt;
use std::future::Future;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::error::{Error, ErrorKind};
use crate::transport::BoxFuture;

/// Gathers keys that are asked for within a short time, and asks for them together.
///
/// Cheap to clone; all clones gather together. Needs a tokio runtime when a key is asked for.
///
/// ```
/// use std::time::Duration;
/// use integrator_core::{Batcher, Error};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let names = Batcher::new(100, Duration::from_millis(5), |ids: Vec<u32>| async move {
///     Ok(ids.into_iter().map(|id| format!("name of {id}")).collect()) // one call for all of them
/// });
/// let (one, two) = tokio::join!(names.get(1), names.get(2));
/// assert_eq!((one?.as_str(), two?.as_str()), ("name of 1", "name of 2"));
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
pub struct Batcher<K, V> {
    shared: Arc<Shared<K, V>>,
}

struct Shared<K, V> {
    most: usize,
    wait: Duration,
    run: Run<K, V>,
    gathering: Mutex<Gathering<K, V>>,
}

type Run<K, V> = Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<Vec<V>, Error>> + Send + Sync>;
type Waiter<V> = oneshot::Sender<Result<V, Error>>;

struct Gathering<K, V> {
    /// Counts batches, so that a timer knows whether the one that it was set for has gone already.
    number: u64,
    waiting: Vec<(K, Waiter<V>)>,
}

impl<K: Send + 'static, V: Send + 'static> Batcher<K, V> {
    /// Asks for at most `most` keys together (0 counts as 1), and lets the first one wait for others no longer than
    /// `wait`. `run` answers in the order of the keys.
    pub fn new<F, Fut>(most: usize, wait: Duration, run: F) -> Self
    where
        F: Fn(Vec<K>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<V>, Error>> + Send + 'static,
    {
        let gathering = Gathering {
            number: 0,
            waiting: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                most: most.max(1),
                wait,
                run: Box::new(move |keys| Box::pin(run(keys))),
                gathering: Mutex::new(gathering),
            }),
        }
    }

    /// The value of one key.
    ///
    /// # Errors
    /// That of the call, for each key of it; also when it answers another number of values than it was asked for.
    ///
    /// # Cancel safety
    /// A key that is given up before its batch is sent is left out; afterwards the batch goes on for the others.
    pub async fn get(&self, key: K) -> Result<V, Error> {
        let (waiter, value) = oneshot::channel();
        self.gather(key, waiter);
        match value.await {
            Ok(value) => value,
            Err(_) => Err(Error::new(
                ErrorKind::InvalidCall,
                "the call for a batch was given up: it panicked, or its runtime ended",
            )),
        }
    }

    fn gather(&self, key: K, waiter: Waiter<V>) {
        let mut gathering = self.shared.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        gathering.waiting.push((key, waiter));
        if gathering.waiting.len() >= self.shared.most {
            let batch = gathering.next();
            drop(gathering);
            tokio::spawn(settle(Arc::clone(&self.shared), batch));
        } else if gathering.waiting.len() == 1 {
            let number = gathering.number;
            drop(gathering);
            tokio::spawn(after(Arc::clone(&self.shared), number));
        }
    }
}

impl<K, V> Gathering<K, V> {
    fn next(&mut self) -> Vec<(K, Waiter<V>)> {
        self.number = self.number.wrapping_add(1);
        take(&mut self.waiting)
    }
}

/// Sends the batch of this number when its time is up, unless it was full before.
async fn after<K: Send, V: Send>(shared: Arc<Shared<K, V>>, number: u64) {
    sleep(shared.wait).await;
    let batch = {
        let mut gathering = shared.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        if gathering.number != number {
            return;
        }
        gathering.next()
    };
    settle(shared, batch).await;
}

/// Asks for a batch and hands out what comes.
async fn settle<K: Send, V: Send>(shared: Arc<Shared<K, V>>, batch: Vec<(K, Waiter<V>)>) {
    let wanted = batch.into_iter().filter(|(_, waiter)| !waiter.is_closed());
    let (keys, waiters): (Vec<K>, Vec<Waiter<V>>) = wanted.unzip();
    if keys.is_empty() {
        return;
    }
    let asked = keys.len();
    let outcome = (shared.run)(keys).await.and_then(|values| match values.len() {
        answered if answered == asked => Ok(values),
        answered => Err(Error::new(
            ErrorKind::Decode,
            format!("the call for a batch answered {answered} values to {asked} keys: it has to answer one for each, in their order"),
        )),
    });
    // A receiver that is gone wants nothing.
    match outcome {
        Ok(values) => waiters.into_iter().zip(values).for_each(|(waiter, value)| {
            let _ = waiter.send(Ok(value));
        }),
        Err(error) => waiters.into_iter().for_each(|waiter| {
            let _ = waiter.send(Err(error.clone()));
        }),
    }
}

impl<K, V> Clone for Batcher<K, V> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K, V> fmt::Debug for Batcher<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher")
            .field("most", &self.shared.most)
            .field("wait", &self.shared.wait)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = Arc<Mutex<Vec<Vec<u32>>>>;

    fn doubling(most: usize) -> (Batcher<u32, u32>, Asked) {
        let asked = Asked::default();
        let seen = Arc::clone(&asked);
        let batcher = Batcher::new(most, Duration::from_millis(10), move |keys: Vec<u32>| {
            seen.lock().unwrap().push(keys.clone());
            async move {
                match keys.first() {
                    Some(0) => Err(Error::new(ErrorKind::Server, "scripted")),
                    Some(1) => Ok(vec![]),
                    _ => Ok(keys.into_iter().map(|key| key * 2).collect()),
                }
            }
        });
        (batcher, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_batch_goes_at_once_and_the_rest_when_its_time_is_up() {
        let (batcher, asked) = doubling(3);
        let values = crate::parallel((10..15).map(|key| batcher.get(key)), 10)
            .collect()
            .await
            .unwrap();
        assert_eq!(values, [20, 22, 24, 26, 28]);
        assert_eq!(*asked.lock().unwrap(), [vec![10, 11, 12], vec![13, 14]]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_of_a_batch_that_has_gone_does_not_cut_the_next_one_short() {
        let (batcher, asked) = doubling(2);
        let first = crate::parallel([10, 11].map(|key| batcher.get(key)), 2).settle();
        first.await;
        let late = tokio::spawn({
            let batcher = batcher.clone();
            async move {
                sleep(Duration::from_millis(5)).await;
                batcher.get(12).await
            }
        });
        sleep(Duration::from_millis(12)).await;
        assert_eq!(asked.lock().unwrap().len(), 1, "12 still waits for others");
        assert_eq!(late.await.unwrap().unwrap(), 24);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_reach_every_key_and_a_wrong_number_of_values_is_one() {
        let (batcher, _) = doubling(2);
        for key in [0, 1] {
            let both = crate::parallel([key, 9].map(|key| batcher.get(key)), 2).settle().await;
            let kinds: Vec<ErrorKind> = both.into_iter().map(|value| value.unwrap_err().kind()).collect();
            let kind = [ErrorKind::Server, ErrorKind::Decode][key as usize];
            assert_eq!(kinds, [kind, kind]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_were_given_up_are_not_asked_for() {
        let (batcher, asked) = doubling(9);
        let given_up = tokio::time::timeout(Duration::from_millis(2), batcher.get(5)).await;
        assert!(given_up.is_err());
        assert_eq!(batcher.get(6).await.unwrap(), 12);
        assert_eq!(*asked.lock().unwrap(), [vec![6]]);
        let _ = tokio::time::timeout(Duration::from_millis(2), batcher.get(7)).await;
        sleep(Duration::from_millis(20)).await;
        assert_eq!(asked.lock().unwrap().len(), 1, "nobody is left to ask for");
    }
}
