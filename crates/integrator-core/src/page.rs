//! Lists that go on over several answers: [`Items`] one by one, [`Pages`] answer by answer.
//!
//! Every page is a call of its own through the same pipeline, with its own deadline, asked for when it is wanted. How one
//! page leads to the next is data of the operation ([`Paging`](crate::operation::Paging)) and read in `page/cursor.rs`.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use serde::de::IgnoredAny;

use crate::call::{Call, Sending};
use crate::error::{Error, ErrorKind};
use crate::response::{Answered, FromAnswer, Response};
use crate::wire::{DecodeError, Wire, decode};

mod ahead;
mod cursor;

use ahead::Ahead;
use cursor::{Change, Cursor, Fault};

impl<T> Call<T> {
    /// Every item of every page, asked for as they are taken.
    pub fn items<I>(self) -> Items<I> {
        Items {
            pages: self.pages(),
            here: None,
            buffer: Vec::new().into_iter(),
        }
    }

    /// Page after page.
    pub fn pages<I>(self) -> Pages<I> {
        let back = self.client().provider().back_arguments.iter().find(|name| {
            let index = self.operation().argument(name).and_then(|at| u16::try_from(at).ok());
            index.is_some_and(|index| self.arguments().get(index).is_some())
        });
        let cursor = match back {
            Some(name) => Err(Fault::Backwards(name)),
            None => Cursor::new(self.operation(), self.arguments()),
        };
        Pages {
            call: self.answering(),
            cursor,
            at: None,
            state: State::Ready,
            spawn: None,
        }
    }
}

/// Pages of a list, asked for as they are taken. Also a [`Stream`].
///
/// After an error there is nothing more; [`cursor`](Self::cursor) says where to go on.
#[must_use = "nothing is asked for before it is taken"]
pub struct Pages<I> {
    call: Call<Listed<I>>,
    cursor: Result<Cursor, Fault>,
    /// The page that is asked for next, or is being asked for.
    at: Option<String>,
    state: State<I>,
    /// Starts asking for a page before it is wanted; none unless the list is read ahead.
    spawn: Option<Spawn<I>>,
}

type Spawn<I> = fn(Call<Listed<I>>) -> Ahead<I>;

enum State<I> {
    Ready,
    Asking(Sending<Listed<I>>),
    Ahead(Ahead<I>),
    /// The page before was fine, and leads nowhere.
    Failed(Error),
    Over,
}

impl<I> Pages<I> {
    /// Starts at the page that a [`cursor`](Self::cursor) of the same list leads to.
    pub fn starting_at(mut self, cursor: impl Into<String>) -> Self {
        let at = cursor.into();
        if let Ok(cursor) = &mut self.cursor {
            cursor.start_at(&at);
        }
        self.at = Some(at);
        self
    }

    /// Asks for the next page while this one is worked on; one page ahead and no more.
    ///
    /// Needs a tokio runtime. What was asked for and is not taken is given up with the list.
    pub fn prefetch(mut self) -> Self
    where
        I: Wire + Send + 'static,
    {
        self.spawn = Some(Ahead::ask);
        self
    }

    /// Leads to the page that comes next; none before the first page, and none after the last.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// The call that asks for the page at `self.at`.
    fn ask(&mut self) -> Result<Call<Listed<I>>, Error> {
        let call = self.call.clone();
        let cursor = self.cursor.as_mut().map_err(|fault| fault.clone());
        let change = cursor.and_then(|cursor| match &self.at {
            Some(at) => cursor.change(at, |url| call.home(url)).map(Some),
            None => Ok(None),
        });
        match change {
            Ok(None) => Ok(call),
            Ok(Some(Change::Argument(index, value))) => Ok(call.fragment(index, value)),
            Ok(Some(Change::Target(target))) => Ok(call.target(target)),
            Err(fault) => Err(self.failed(ErrorKind::InvalidCall, &fault)),
        }
    }

    /// Notes where `answer` leads.
    fn turn(&mut self, answer: &Response<Listed<I>>) {
        let next = match (&mut self.cursor, std::str::from_utf8(&answer.body)) {
            (Ok(cursor), Ok(text)) => cursor.after(text),
            _ => Ok(None),
        };
        self.state = match next {
            Ok(Some(next)) => {
                self.at = Some(next);
                match self.spawn {
                    None => State::Ready,
                    Some(spawn) => match self.ask() {
                        Ok(call) => State::Ahead(spawn(call)),
                        Err(error) => State::Failed(error),
                    },
                }
            }
            Ok(None) => {
                self.at = None;
                State::Over
            }
            Err(fault) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                let body = answer.body.clone();
                let error = Error::unreadable(ErrorKind::Decode, fault.to_string(), status, headers, body);
                State::Failed(error.of(self.call.client().provider(), self.call.operation()))
            }
        };
    }

    fn failed(&self, kind: ErrorKind, fault: &Fault) -> Error {
        Error::new(kind, fault.to_string()).of(self.call.client().provider(), self.call.operation())
    }
}

impl<I: Wire> Pages<I> {
    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// As the call itself; also when a page leads nowhere or back to one that was there before.
    ///
    /// # Cancel safety
    /// A request that is under way goes on with the next call.
    pub async fn next(&mut self) -> Option<Result<Page<I>, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    fn page(&mut self, answer: Result<Response<Listed<I>>, Error>) -> Result<Page<I>, Error> {
        self.state = State::Over;
        answer.map(|answer| {
            self.turn(&answer);
            Page {
                next: self.at.clone(),
                response: answer.map(|listed| listed.items),
            }
        })
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<I>, Error>>> {
        loop {
            match &mut self.state {
                State::Ready => match self.ask() {
                    Ok(call) => self.state = State::Asking(call.send()),
                    Err(error) => self.state = State::Failed(error),
                },
                State::Asking(sending) => {
                    let answer = ready!(Pin::new(sending).poll(cx));
                    return Poll::Ready(Some(self.page(answer)));
                }
                State::Ahead(ahead) => {
                    let answer = ready!(ahead.poll(cx));
                    return Poll::Ready(Some(self.page(answer)));
                }
                State::Failed(_) => {
                    if let State::Failed(error) = std::mem::replace(&mut self.state, State::Over) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }
}

impl<I: Wire> Stream for Pages<I> {
    type Item = Result<Page<I>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(cx)
    }
}

impl<I> fmt::Debug for Pages<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<I> {
    response: Response<Vec<I>>,
    next: Option<String>,
}

impl<I> Page<I> {
    /// The items.
    #[must_use]
    pub fn items(&self) -> &[I] {
        &self.response
    }

    /// The items, owned.
    #[must_use]
    pub fn into_items(self) -> Vec<I> {
        self.response.into_inner()
    }

    /// Whether another page follows.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// Leads to the page after this one, see [`Pages::starting_at`].
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response.request_id()
    }

    /// The answer with everything that came with it.
    #[must_use]
    pub const fn response(&self) -> &Response<Vec<I>> {
        &self.response
    }
}

impl<I> IntoIterator for Page<I> {
    type Item = I;
    type IntoIter = vec::IntoIter<I>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_items().into_iter()
    }
}

/// Items of a list over all its pages, asked for as they are taken. Also a [`Stream`].
///
/// After an error there is nothing more; [`cursor`](Self::cursor) says where to go on.
#[must_use = "nothing is asked for before it is taken"]
pub struct Items<I> {
    pages: Pages<I>,
    /// Leads to the page that `buffer` is of.
    here: Option<String>,
    buffer: vec::IntoIter<I>,
}

impl<I> Items<I> {
    /// Starts at the page that a [`cursor`](Self::cursor) of the same list leads to.
    pub fn starting_at(mut self, cursor: impl Into<String>) -> Self {
        self.pages = self.pages.starting_at(cursor);
        self
    }

    /// Asks for the next page while the items of this one are taken, see [`Pages::prefetch`].
    pub fn prefetch(mut self) -> Self
    where
        I: Wire + Send + 'static,
    {
        self.pages = self.pages.prefetch();
        self
    }

    /// Leads to the page of the next item; none on the first page, and none at the end.
    ///
    /// Going on there never leaves an item out; what was taken from that page before comes again.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        if self.buffer.len() == 0 {
            self.pages.cursor()
        } else {
            self.here.as_deref()
        }
    }
}

impl<I: Wire> Items<I> {
    /// The next item; `None` after the last one.
    ///
    /// # Errors
    /// As the call itself; also when a page leads nowhere or back to one that was there before.
    ///
    /// # Cancel safety
    /// A request that is under way goes on with the next call, and no item is lost.
    pub async fn next(&mut self) -> Option<Result<I, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// All items, at most `max` of them; pages that are not needed for that are not asked for.
    ///
    /// # Errors
    /// As [`next`](Self::next); what was taken before is lost then.
    pub async fn collect_all(mut self, max: usize) -> Result<Vec<I>, Error> {
        let mut all = Vec::new();
        while all.len() < max
            && let Some(item) = self.next().await
        {
            all.push(item?);
        }
        Ok(all)
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<I, Error>>> {
        loop {
            if let Some(item) = self.buffer.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let here = self.pages.at.clone();
            match ready!(self.pages.poll_page(cx)) {
                Some(Ok(page)) => {
                    self.here = here;
                    self.buffer = page.into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// No item is ever pinned.
impl<I> Unpin for Items<I> {}

impl<I: Wire> Stream for Items<I> {
    type Item = Result<I, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

impl<I> fmt::Debug for Items<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("call", &self.pages.call)
            .finish_non_exhaustive()
    }
}

/// The items of one answer, and the answer itself for what leads on.
#[derive(Debug)]
struct Listed<I> {
    items: Vec<I>,
    body: Bytes,
}

impl<I: Wire> FromAnswer for Listed<I> {
    fn from_answer(answer: &mut Answered<'_>) -> Result<Self, DecodeError> {
        let body = answer.bytes();
        let paging = answer
            .operation()
            .paging
            .ok_or_else(|| fault("", "the operation does not page"))?;
        let list = whole(&body, paging.items).and_then(|text| {
            cursor::list(&paging, text).map_err(|missing| fault(paging.items, &missing.to_string()))
        })?;
        match decode::<Vec<I>>(list.as_bytes()) {
            Ok(items) => Ok(Self { items, body }),
            Err(error) => Err(below(paging.items, error)),
        }
    }
}

/// The answer as text, checked to its end: a list that is whole does not make the answer whole.
fn whole<'a>(body: &'a [u8], path: &str) -> Result<&'a str, DecodeError> {
    let text =
        std::str::from_utf8(body).map_err(|error| fault("", &format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    if text.trim().is_empty() {
        return Err(fault(path, "the answer is empty"));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        fault(
            "",
            &format!("not JSON at line {} column {}", error.line(), error.column()),
        )
    })?;
    Ok(text)
}

fn fault(path: &str, message: &str) -> DecodeError {
    DecodeError {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}

/// The error of a part as one of the whole.
fn below(path: &str, mut error: DecodeError) -> DecodeError {
    let between = if path.is_empty() || error.path.is_empty() || error.path.starts_with('[') {
        ""
    } else {
        "."
    };
    error.path = format!("{path}{between}{}", error.path);
    error
}

#[cfg(test)]
mod tests;
