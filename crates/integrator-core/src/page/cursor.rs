//! Where a listing stands: reads from one page how to ask for the next. No requests are made here.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};

use serde_json::value::{RawValue, to_raw_value};

use crate::arguments::Arguments;
use crate::operation::{Next, Operation, Paging};
use crate::wire::scan;

/// What the provider must not do, or the operation cannot: the listing ends with this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("`{0}` does not page")]
    NoPages(&'static str),
    #[error(
        "`{0}` asks for the page before an item, and lists are followed forwards: leave it out, or `send` for that page"
    )]
    Backwards(&'static str),
    #[error("the answer has no list at `{0}`")]
    NoList(&'static str),
    #[error("the last item has no `{0}`, which the next page is asked for with")]
    NoField(&'static str),
    #[error("the provider sent a cursor or a page twice, so its pages would never end")]
    Repeated,
    #[error("the next page is at another origin than the client, and is not asked for")]
    OtherOrigin,
    #[error("there is no page at that cursor")]
    NoPage,
}

/// What to change in a call so that it asks for another page.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Set this argument.
    Argument(u16, Box<RawValue>),
    /// Ask for this path and query.
    Target(String),
}

/// Follows the pages of one call.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    paging: Paging,
    operation: &'static Operation,
    /// Items before the page that is asked for next.
    offset: u64,
    /// Size that the caller asked for.
    size: Option<u64>,
    /// Hashes of the cursors that were used.
    used: HashSet<u64>,
    /// Hashes of the lists that came, where the provider sends no cursor.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Cursor {
    /// Starts where the arguments say.
    pub(super) fn new(operation: &'static Operation, arguments: &Arguments) -> Result<Self, Fault> {
        let paging = operation.paging.ok_or(Fault::NoPages(operation.name))?;
        let given = |name: &str| arguments.get(u16::try_from(operation.argument(name)?).ok()?);
        let number = |name: &str| scan::scalar(given(name)?)?.parse().ok();
        let mut cursor = Self {
            paging,
            operation,
            offset: 0,
            size: paging.size.and_then(number),
            used: HashSet::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
        };
        match paging.next {
            Next::LastItem { argument, .. } | Next::Token { argument, .. } => {
                if let Some(start) = given(argument).and_then(scan::scalar) {
                    cursor.remember(&*start);
                }
            }
            Next::Offset { argument, .. } => cursor.offset = number(argument).unwrap_or(0),
            Next::Url { .. } => {}
        }
        Ok(cursor)
    }

    /// The cursor of the page after `answer`; `None` at the end.
    pub(super) fn after(&mut self, answer: &str) -> Result<Option<String>, Fault> {
        // Only an explicit `false` ends: a provider that leaves the flag out loses nothing by one more question.
        let over = |more: &str| !more.is_empty() && scan::at_path(answer, more) == Some("false");
        let said = |path: &str| {
            scan::at_path(answer, path)
                .and_then(scan::scalar)
                .filter(|text| !text.is_empty())
                .map(|text| text.into_owned())
        };
        let next = match self.paging.next {
            Next::LastItem { field, more, .. } => {
                if over(more) {
                    return Ok(None);
                }
                let Some(last) = scan::last_item(list(&self.paging, answer)?) else {
                    return Ok(None);
                };
                let last = scan::at_path(last, field)
                    .and_then(scan::scalar)
                    .ok_or(Fault::NoField(field))?;
                Some(last.into_owned())
            }
            Next::Token { path, more, .. } => said(path).filter(|_| !over(more)),
            Next::Url { path } => said(path),
            Next::Offset { more, .. } => {
                let list = list(&self.paging, answer)?;
                let count = scan::items(list).count() as u64;
                self.offset = self.offset.saturating_add(count);
                // A page may be short because the provider caps it; its own word goes first, where it gives one.
                let told = !more.is_empty() && scan::at_path(answer, more) == Some("true");
                let short = self.size.is_some_and(|size| count < size);
                let ends = count == 0 || over(more) || (short && !told);
                if !ends && self.repeats(list, count) {
                    return Err(Fault::Repeated);
                }
                (!ends).then(|| self.offset.to_string())
            }
        };
        match next {
            Some(next) if !self.remember(&*next) => Err(Fault::Repeated),
            next => Ok(next),
        }
    }

    /// What a call must say to get the page at `cursor`; `home` gives path and query of a URL of the client's own origin.
    pub(super) fn change(&mut self, cursor: &str, home: impl Fn(&str) -> Option<String>) -> Result<Change, Fault> {
        let argument = match self.paging.next {
            Next::LastItem { argument, .. } | Next::Token { argument, .. } => argument,
            Next::Offset { argument, .. } => {
                self.offset = cursor.parse().map_err(|_| Fault::NoPage)?;
                return self.set(argument, to_raw_value(&self.offset).ok());
            }
            Next::Url { .. } => {
                let target = home(cursor)
                    .filter(|target| is_plain(target))
                    .ok_or(Fault::OtherOrigin)?;
                return Ok(Change::Target(target));
            }
        };
        self.set(argument, to_raw_value(cursor).ok())
    }

    fn set(&self, argument: &str, value: Option<Box<RawValue>>) -> Result<Change, Fault> {
        let index = self.operation.argument(argument).and_then(|at| u16::try_from(at).ok());
        match (index, value) {
            (Some(index), Some(value)) => Ok(Change::Argument(index, value)),
            _ => Err(Fault::NoPage),
        }
    }

    /// Starts at the page that `cursor` leads to.
    pub(super) fn start_at(&mut self, cursor: &str) {
        self.remember(cursor);
    }

    /// Whether `list` came before: an offset that is not heeded would lead to it for ever.
    ///
    /// Items of which only a few members were asked for may well be alike, page after page; so it counts only where the
    /// items differ from each other, and a page of one item only where nobody asked for that.
    fn repeats(&mut self, list: &str, count: u64) -> bool {
        if self.seen.insert(self.hasher.hash_one(list)) || (count < 2 && self.size.is_some()) {
            return false;
        }
        let mut items = HashSet::new();
        scan::items(list).all(|item| items.insert(item))
    }

    /// Whether `cursor` is new.
    fn remember(&mut self, cursor: impl Hash) -> bool {
        self.used.insert(self.hasher.hash_one(cursor))
    }
}

/// Text of the list in an answer; an empty one where the provider sent `null`.
pub(super) fn list<'a>(paging: &Paging, answer: &'a str) -> Result<&'a str, Fault> {
    let path = paging.items;
    match scan::at_path(answer, path) {
        Some(items) if items.starts_with('[') => Ok(items),
        Some("null") => Ok("[]"),
        _ => Err(Fault::NoList(if path.is_empty() { "." } else { path })),
    }
}

/// `//host` is another host to some readers, and dots may lead out of the path that was checked.
fn is_plain(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.starts_with('/') && !path.starts_with("//") && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, Cursor, Fault, list};
    use crate::arguments::Arguments;
    use crate::operation::{Argument, Next, Operation, Paging, Place, QueryStyle};

    const fn parameter(name: &'static str) -> Argument {
        Argument {
            name,
            place: Place::Query(QueryStyle::Form),
            required: false,
        }
    }

    static ARGUMENTS: &[Argument] = &[
        parameter("limit"),
        parameter("starting_after"),
        parameter("page_token"),
        parameter("_skip"),
    ];

    static LAST: Operation = paged(Next::LastItem {
        argument: "starting_after",
        field: "id",
        more: "has_more",
    });
    static TOKEN: Operation = paged(Next::Token {
        argument: "page_token",
        path: "pagination.next_page_token",
        more: "",
    });
    static URL: Operation = paged(Next::Url { path: "next_page_url" });
    static OFFSET: Operation = paged(Next::Offset {
        argument: "_skip",
        more: "has_more",
    });

    const fn paged(next: Next) -> Operation {
        Operation {
            name: "list",
            arguments: ARGUMENTS,
            paging: Some(Paging {
                items: "data",
                next,
                size: Some("limit"),
            }),
            ..Operation::DEFAULT
        }
    }

    fn start(operation: &'static Operation, given: &[(u16, serde_json::Value)]) -> Cursor {
        let mut arguments = Arguments::default();
        for (index, value) in given {
            arguments.put_fragment(*index, serde_json::value::to_raw_value(value).unwrap());
        }
        Cursor::new(operation, &arguments).unwrap()
    }

    fn after(cursor: &mut Cursor, answer: &serde_json::Value) -> Result<Option<String>, Fault> {
        let answer = answer.to_string();
        list(&cursor.paging, &answer)?;
        cursor.after(&answer)
    }

    #[test]
    fn the_last_item_leads_on_until_no_more_is_said() {
        let mut cursor = start(&LAST, &[]);
        let page = |ids: &[&str], more: serde_json::Value| json!({"data": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>(), "has_more": more});
        assert_eq!(
            after(&mut cursor, &page(&["a", "b"], json!(true))),
            Ok(Some("b".to_owned()))
        );
        assert_eq!(after(&mut cursor, &page(&["c"], json!(null))), Ok(Some("c".to_owned())));
        assert_eq!(after(&mut cursor, &page(&["d"], json!(false))), Ok(None));
        assert_eq!(after(&mut cursor, &page(&[], json!(true))), Ok(None));
        assert_eq!(
            after(&mut cursor, &json!({"data": [{}], "has_more": true})),
            Err(Fault::NoField("id"))
        );
        let Change::Argument(1, value) = cursor.change("b", |_| None).unwrap() else {
            panic!("wrong argument")
        };
        assert_eq!(value.get(), "\"b\"");
    }

    #[test]
    fn a_token_leads_on_until_it_is_gone() {
        let mut cursor = start(&TOKEN, &[]);
        let page = |token: serde_json::Value| json!({"data": [], "pagination": {"next_page_token": token}});
        assert_eq!(after(&mut cursor, &page(json!("t1"))), Ok(Some("t1".to_owned())));
        assert_eq!(after(&mut cursor, &page(json!(null))), Ok(None));
        assert_eq!(after(&mut cursor, &page(json!(""))), Ok(None));
        assert_eq!(after(&mut cursor, &json!({"data": null})), Ok(None));
        assert_eq!(after(&mut cursor, &json!({"items": []})), Err(Fault::NoList("data")));
    }

    #[test]
    fn a_cursor_that_comes_again_is_an_error_even_when_it_was_the_callers() {
        let page = |token: &str| json!({"data": [1], "pagination": {"next_page_token": token}});
        let mut cursor = start(&TOKEN, &[(2, json!("mine"))]);
        assert_eq!(after(&mut cursor, &page("a")), Ok(Some("a".to_owned())));
        assert_eq!(after(&mut cursor, &page("b")), Ok(Some("b".to_owned())));
        assert_eq!(after(&mut cursor, &page("a")), Err(Fault::Repeated));
        assert_eq!(
            after(&mut start(&TOKEN, &[(2, json!("mine"))]), &page("mine")),
            Err(Fault::Repeated)
        );
    }

    #[test]
    fn an_offset_counts_on_from_the_callers() {
        let mut cursor = start(&OFFSET, &[(0, json!(2)), (3, json!(10))]);
        assert_eq!(
            after(&mut cursor, &json!({"data": [1, 2], "has_more": true})),
            Ok(Some("12".to_owned()))
        );
        assert_eq!(
            after(&mut cursor, &json!({"data": [1], "has_more": true})),
            Ok(Some("13".to_owned()))
        );
        assert_eq!(after(&mut cursor, &json!({"data": [1], "has_more": false})), Ok(None));
        assert_eq!(after(&mut cursor, &json!({"data": [1]})), Ok(None));
        assert_eq!(after(&mut cursor, &json!({"data": [], "has_more": true})), Ok(None));
    }

    #[test]
    fn a_page_that_comes_again_is_an_error_unless_its_items_are_alike() {
        let page = |items: serde_json::Value| json!({"data": items});
        let (one, two) = (page(json!([{"id": 1}, {"id": 2}])), page(json!([{"id": 3}])));
        let mut cursor = start(&OFFSET, &[]);
        assert_eq!(after(&mut cursor, &one), Ok(Some("2".to_owned())));
        assert_eq!(after(&mut cursor, &two), Ok(Some("3".to_owned())));
        assert_eq!(after(&mut cursor, &one), Err(Fault::Repeated));
        assert_eq!(after(&mut start(&OFFSET, &[]), &two), Ok(Some("1".to_owned())));

        let alike = page(json!([{"status": "open"}, {"status": "open"}]));
        let mut cursor = start(&OFFSET, &[]);
        assert_eq!(after(&mut cursor, &alike), Ok(Some("2".to_owned())));
        assert_eq!(after(&mut cursor, &alike), Ok(Some("4".to_owned())));
        let mut cursor = start(&OFFSET, &[(0, json!(1))]);
        assert_eq!(after(&mut cursor, &two), Ok(Some("1".to_owned())));
        assert_eq!(after(&mut cursor, &two), Ok(Some("2".to_owned())));
        let last = json!({"data": [{"id": 1}, {"id": 2}], "has_more": false});
        let mut cursor = start(&OFFSET, &[]);
        assert_eq!(after(&mut cursor, &one), Ok(Some("2".to_owned())));
        assert_eq!(after(&mut cursor, &last), Ok(None));
    }

    #[test]
    fn a_url_is_followed_only_at_home() {
        let mut cursor = start(&URL, &[]);
        let page = json!({"data": [], "next_page_url": "/v2/core/events?page=x"});
        assert_eq!(after(&mut cursor, &page), Ok(Some("/v2/core/events?page=x".to_owned())));
        let Change::Target(target) = cursor.change("/v2/a?page=x", |url| Some(url.to_owned())).unwrap() else {
            panic!("no target")
        };
        assert_eq!(target, "/v2/a?page=x");
        let home = |_: &str| None;
        assert_eq!(
            cursor.change("https://evil.example/v2/a", home).unwrap_err(),
            Fault::OtherOrigin
        );
        for odd in ["//evil.example/v2/a", "/v2/../a", "/v2/.", "v2/a", ""] {
            assert!(cursor.change(odd, |url| Some(url.to_owned())).is_err(), "{odd}");
        }
    }

    #[test]
    fn an_operation_without_pages_says_so() {
        static PLAIN: Operation = Operation {
            name: "retrieve",
            ..Operation::DEFAULT
        };
        assert_eq!(
            Cursor::new(&PLAIN, &Arguments::default()).unwrap_err(),
            Fault::NoPages("retrieve")
        );
    }
}
