//! Free and busy times over any range: Calendly answers a few days at a time, and these ask as often as it takes.

use integrator_core::{Error, Timestamp};

use crate::Client;
use crate::types::{EventTypeAvailableTime, UserBusyTime};

/// Days that `GET /event_type_available_times` takes at once (`x-max-range-days` in the document).
const AVAILABLE_DAYS: i64 = 31;

/// Days that `GET /user_busy_times` takes at once, by the provider's documentation.
const BUSY_DAYS: i64 = 7;

impl Client {
    /// Free times of an event type between two moments, however far apart; one call for every 31 days, in order.
    ///
    /// # Errors
    /// As every call; the first that fails ends it.
    ///
    /// # Cancel safety
    /// Dropping it gives up the call that is under way.
    pub async fn available_times(
        &self,
        event_type: &str,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<EventTypeAvailableTime>, Error> {
        let mut times: Vec<EventTypeAvailableTime> = Vec::new();
        for (start, end) in windows(from.into(), to.into(), AVAILABLE_DAYS) {
            let list = self.event_type_available_times().list();
            let answer = list
                .event_type(event_type)
                .start_time(start)
                .end_time(end)
                .send()
                .await?;
            for time in answer.into_inner().collection {
                // A time on the border of two windows is in both.
                if times.last().is_none_or(|last| last.start_time != time.start_time) {
                    times.push(time);
                }
            }
        }
        Ok(times)
    }

    /// Busy times of a user between two moments, however far apart; one call for every 7 days, in order.
    ///
    /// # Errors
    /// As every call; the first that fails ends it.
    ///
    /// # Cancel safety
    /// Dropping it gives up the call that is under way.
    pub async fn busy_times(
        &self,
        user: &str,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<UserBusyTime>, Error> {
        let mut times: Vec<UserBusyTime> = Vec::new();
        for (start, end) in windows(from.into(), to.into(), BUSY_DAYS) {
            let list = self.user_busy_times().list();
            let answer = list.user(user).start_time(start).end_time(end).send().await?;
            for time in answer.into_inner().collection {
                let same =
                    |last: &UserBusyTime| (&last.start_time, &last.end_time) == (&time.start_time, &time.end_time);
                if !times.last().is_some_and(same) {
                    times.push(time);
                }
            }
        }
        Ok(times)
    }
}

/// The range in pieces of at most so many days; what is no range is left to the provider to judge.
fn windows(from: Timestamp, to: Timestamp, days: i64) -> Vec<(Timestamp, Timestamp)> {
    let (Some(mut start), Some(end)) = (from.instant(), to.instant()) else {
        return vec![(from, to)];
    };
    let step = jiff::SignedDuration::from_hours(days * 24);
    let mut windows = Vec::new();
    while let Ok(next) = start.checked_add(step)
        && next < end
    {
        windows.push((start.into(), next.into()));
        start = next;
    }
    windows.push((if windows.is_empty() { from } else { start.into() }, to));
    windows
}

#[cfg(test)]
mod tests {
    use super::windows;

    #[test]
    fn windows_meet_and_none_is_longer_than_it_may_be() {
        let of = |from: &str, to: &str, days| {
            let windows = windows(from.into(), to.into(), days);
            let texts = windows.iter().map(|(start, end)| format!("{start} {end}"));
            texts.collect::<Vec<String>>()
        };
        assert_eq!(
            of("2026-12-01T00:00:00Z", "2026-12-17T12:00:00Z", 7),
            [
                "2026-12-01T00:00:00Z 2026-12-08T00:00:00Z",
                "2026-12-08T00:00:00Z 2026-12-15T00:00:00Z",
                "2026-12-15T00:00:00Z 2026-12-17T12:00:00Z",
            ]
        );
        assert_eq!(of("2026-12-01T00:00:00Z", "2026-12-08T00:00:00Z", 7).len(), 1);
        assert_eq!(of("2026-12-08T00:00:00Z", "2026-12-01T00:00:00Z", 7).len(), 1);
        assert_eq!(of("today", "2026-12-01T00:00:00Z", 7), ["today 2026-12-01T00:00:00Z"]);
    }
}
