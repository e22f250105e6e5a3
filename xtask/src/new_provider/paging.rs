//! How lists lead from page to page, read off the names of parameters and members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{Document, members};

/// One way to page that some operations have, as `provider.toml` wants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rule {
    /// Place in the order in which ways are tried: what is surer comes first.
    kind: Kind,
    items: String,
    argument: String,
    field: String,
    path: String,
    more: String,
    size: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Token,
    LastItem,
    Url,
    Offset,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Paging {
    /// Ways to page, and how many operations have each.
    pub(super) rules: BTreeMap<Rule, usize>,
    /// Members of answers that hold a list.
    pub(super) lists: BTreeSet<String>,
    /// Operations that take a page's number, which is no way that we know.
    pub(super) numbered: Vec<String>,
}

const LISTS: [&str; 10] = [
    "data",
    "items",
    "results",
    "collection",
    "records",
    "values",
    "entries",
    "elements",
    "list",
    "rows",
];
const SIZES: [&str; 9] = [
    "limit",
    "per_page",
    "page_size",
    "pageSize",
    "perPage",
    "count",
    "size",
    "first",
    "max_results",
];
const TOKENS: [&str; 7] = [
    "next_page_token",
    "nextPageToken",
    "next_cursor",
    "nextCursor",
    "next_token",
    "next_page",
    "next",
];
const TOKEN_ARGUMENTS: [&str; 7] = [
    "page_token",
    "pageToken",
    "cursor",
    "next_token",
    "after",
    "starting_after",
    "page",
];
const URLS: [&str; 6] = ["next_page_url", "next_url", "nextUrl", "next_link", "nextLink", "next"];
const LAST_ITEMS: [&str; 5] = ["starting_after", "after", "after_id", "since_id", "last_id"];
const MORE: [&str; 4] = ["has_more", "hasMore", "has_next_page", "more"];
const OFFSETS: [&str; 3] = ["offset", "skip", "_skip"];

/// Looks at every operation that reads.
pub(super) fn guess(document: &Document) -> Paging {
    let mut paging = Paging::default();
    for (path, method, operation) in document.flat_operations() {
        if method != "get" {
            continue;
        }
        let Some(list) = List::of(document, operation) else {
            continue;
        };
        match list.rule() {
            Some(rule) => {
                paging.lists.insert(rule.items.clone());
                *paging.rules.entry(rule).or_default() += 1;
            }
            None if list.arguments.contains("page") => {
                paging.lists.insert(list.items.clone());
                paging.numbered.push(format!("GET {path}"));
            }
            None if LISTS.contains(&list.items.as_str()) => {
                paging.lists.insert(list.items.clone());
            }
            None => {}
        }
    }
    paging
}

/// The list that one operation answers.
struct List<'a> {
    items: String,
    /// An item has an `id`.
    has_id: bool,
    arguments: BTreeSet<&'a str>,
    /// Texts beside the list by dotted path, and whether each is a URL.
    texts: Vec<(String, bool)>,
    flags: Vec<String>,
}

impl<'a> List<'a> {
    fn of(document: &'a Document, operation: &'a Value) -> Option<Self> {
        let answer = document.answer(operation)?;
        let (mut texts, mut flags, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for (name, member) in members(answer.get("properties")) {
            let member = document.follow_flat(member);
            note(name, member, &mut texts, &mut flags);
            if member.get("type").is_some_and(|kind| kind == "array") {
                lists.push((name, member));
            }
            for (below, inner) in members(member.get("properties")) {
                note(
                    &format!("{name}.{below}"),
                    document.follow_flat(inner),
                    &mut texts,
                    &mut flags,
                );
            }
        }
        let usual = lists.iter().find(|(name, _)| LISTS.contains(&name.as_str()));
        let (items, list) = match (usual, lists.as_slice()) {
            (Some(list), _) | (None, [list]) => *list,
            _ => return None,
        };
        let item = document.follow_flat(list.get("items")?);
        let query = document.parameters(operation).filter(|(place, _, _)| *place == "query");
        Some(Self {
            items: items.clone(),
            has_id: item.pointer("/properties/id").is_some(),
            arguments: query.map(|(_, name, _)| name).collect(),
            texts,
            flags,
        })
    }

    fn rule(&self) -> Option<Rule> {
        let argument = |known: &[&str]| {
            let found = known.iter().find(|name| self.arguments.contains(**name));
            found.map(|name| (*name).to_owned())
        };
        let text = |known: &[&str], url: bool| {
            let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
            let mut ranked = known.iter().flat_map(|known| {
                self.texts
                    .iter()
                    .filter(move |(path, is_url)| last(path) == *known && (!url || *is_url || path.contains("url")))
            });
            ranked.next().map(|(path, _)| path.clone())
        };
        let more = self
            .flags
            .iter()
            .find(|path| MORE.iter().any(|name| path.ends_with(name)));
        let rule = |kind| Rule {
            kind,
            items: self.items.clone(),
            argument: String::new(),
            field: String::new(),
            path: String::new(),
            more: more.cloned().unwrap_or_default(),
            size: argument(&SIZES).unwrap_or_default(),
        };
        if let (Some(argument), Some(path)) = (argument(&TOKEN_ARGUMENTS), text(&TOKENS, false)) {
            return Some(Rule {
                argument,
                path,
                ..rule(Kind::Token)
            });
        }
        if let (Some(argument), true, true) = (argument(&LAST_ITEMS), self.has_id, more.is_some()) {
            return Some(Rule {
                argument,
                field: "id".to_owned(),
                ..rule(Kind::LastItem)
            });
        }
        if let Some(path) = text(&URLS, true) {
            return Some(Rule {
                path,
                more: String::new(),
                ..rule(Kind::Url)
            });
        }
        argument(&OFFSETS).map(|argument| Rule {
            argument,
            ..rule(Kind::Offset)
        })
    }
}

fn note(path: &str, member: &Value, texts: &mut Vec<(String, bool)>, flags: &mut Vec<String>) {
    let is = |key: &str, value: &str| member.get(key).is_some_and(|found| found == value);
    if is("type", "string") {
        texts.push((path.to_owned(), is("format", "uri") || is("format", "url")));
    } else if is("type", "boolean") {
        flags.push(path.to_owned());
    }
}

impl Rule {
    /// The table of this way.
    pub(super) fn toml(&self, count: usize) -> String {
        let kind = match self.kind {
            Kind::Token => "token",
            Kind::LastItem => "last_item",
            Kind::Url => "url",
            Kind::Offset => "offset",
        };
        let lists = if count == 1 { "list" } else { "lists" };
        let mut text = format!("{:<59} # [spec] {count} {lists}\n", "[[paging]]");
        text.push_str(&format!("kind = {kind:?}\n"));
        for (name, value) in [
            ("items", &self.items),
            ("argument", &self.argument),
            ("field", &self.field),
            ("path", &self.path),
            ("more", &self.more),
            ("size", &self.size),
        ] {
            if !value.is_empty() {
                text.push_str(&format!("{name} = {value:?}\n"));
            }
        }
        text
    }
}
