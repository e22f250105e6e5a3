//! A page that is asked for before it is wanted: on a task of its own, which ends with the list.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::JoinHandle;

use super::Listed;
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::response::Response;
use crate::wire::Wire;

/// A page under way.
pub(super) struct Ahead<I>(JoinHandle<Result<Response<Listed<I>>, Error>>);

impl<I: Wire + Send + 'static> Ahead<I> {
    pub(super) fn ask(page: Call<Listed<I>>) -> Self {
        Self(tokio::spawn(page.send()))
    }
}

impl<I> Ahead<I> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Listed<I>>, Error>> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(answer) => answer,
            Err(_) => Err(Error::new(
                ErrorKind::InvalidCall,
                "the task that asked for a page ahead was ended: its runtime is shutting down",
            )),
        })
    }
}

impl<I> Drop for Ahead<I> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
