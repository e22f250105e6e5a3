//! `a[b][0]=c` as a tree, before any schema says what the leaves are.
//!
//! Used for form bodies, multipart fields and `deepObject` query parameters alike.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::violation::{Problem, escaped};

/// Deepest nesting that is read; what is deeper is a problem.
const DEPTH: usize = 64;

/// What stands under one name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Text, as often as it was given.
    Text(Vec<String>),
    /// A file of a multipart body.
    File,
    /// `name[member]`, in the order in which they came.
    Members(Vec<(String, Self)>),
}

/// What one name carries.
pub(crate) enum Leaf {
    Text(String),
    File,
}

/// Names and values of `a=b&c=d`, decoded (`+` is a space), in their order; brackets stay as they are.
pub fn pairs(text: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    raw_pairs(text).map(|(name, value)| (decoded(name), decoded(value)))
}

/// Names and values of `a=b&c=d` as they stand.
pub(crate) fn raw_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent-decoding in which `+` is a space.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        Cow::Owned(
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned(),
        )
    } else {
        percent_decode_str(text).decode_utf8_lossy()
    }
}

/// The name before the first bracket, where brackets follow that close.
pub(crate) fn root(name: &str) -> &str {
    segments(name).map_or(name, |segments| segments[0])
}

/// Collects named leaves into a tree.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) members: Vec<(String, Node)>,
    pub(crate) problems: Vec<Problem>,
}

impl Tree {
    /// Adds a leaf; `whole` names are not split at their brackets.
    pub(crate) fn add(&mut self, name: &str, leaf: Leaf, whole: bool) {
        let segments = if whole { None } else { segments(name) };
        let segments = segments.unwrap_or_else(|| vec![name]);
        if segments.len() > DEPTH {
            self.problems
                .push(Problem::new(format!("/{}", escaped(segments[0])), "nested too deeply"));
            return;
        }
        if !place(&mut self.members, &segments, leaf) {
            let pointer: String = segments
                .iter()
                .map(|segment| format!("/{}", escaped(segment)))
                .collect();
            self.problems.push(Problem::new(
                pointer,
                "given both as a value and as an object, or twice as a file",
            ));
        }
    }

    pub(crate) fn into_node(self) -> Node {
        Node::Members(self.members)
    }
}

/// `a[b][0]` as `a`, `b`, `0`; none when the brackets do not match.
fn segments(name: &str) -> Option<Vec<&str>> {
    let open = name.find('[')?;
    let (first, mut rest) = name.split_at(open);
    if first.is_empty() {
        return None;
    }
    let mut segments = vec![first];
    while !rest.is_empty() {
        let (segment, after) = rest.strip_prefix('[')?.split_once(']')?;
        segments.push(segment);
        rest = after;
    }
    Some(segments)
}

fn place(members: &mut Vec<(String, Node)>, segments: &[&str], leaf: Leaf) -> bool {
    let [segment, rest @ ..] = segments else {
        return false;
    };
    // `a[]` stands for the next index.
    let next = members.len().to_string();
    let key = if segment.is_empty() { next.as_str() } else { segment };
    let known = members.iter().position(|(name, _)| name == key);
    let Some(index) = known else {
        let mut node = match (rest, &leaf) {
            ([], Leaf::Text(_)) => Node::Text(Vec::new()),
            ([], Leaf::File) => {
                members.push((key.to_owned(), Node::File));
                return true;
            }
            _ => Node::Members(Vec::new()),
        };
        let fits = node.place(rest, leaf);
        members.push((key.to_owned(), node));
        return fits;
    };
    members[index].1.place(rest, leaf)
}

impl Node {
    fn place(&mut self, rest: &[&str], leaf: Leaf) -> bool {
        match (self, rest, leaf) {
            (Self::Text(texts), [], Leaf::Text(text)) => {
                texts.push(text);
                true
            }
            (Self::Members(members), [_, ..], leaf) => place(members, rest, leaf),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        let mut tree = Tree::default();
        for (name, value) in pairs(text) {
            tree.add(&name, Leaf::Text(value.into_owned()), false);
        }
        tree
    }

    fn text(value: &str) -> Node {
        Node::Text(vec![value.to_owned()])
    }

    fn members<const N: usize>(members: [(&str, Node); N]) -> Node {
        Node::Members(
            members
                .into_iter()
                .map(|(name, node)| (name.to_owned(), node))
                .collect(),
        )
    }

    #[test]
    fn brackets_nest() {
        let tree = tree("a[b][0][c]=1&a[b][1][c]=2&a[d]=x+y%2B%5B&e=");
        assert!(tree.problems.is_empty());
        let list = members([("0", members([("c", text("1"))])), ("1", members([("c", text("2"))]))]);
        assert_eq!(
            tree.into_node(),
            members([("a", members([("b", list), ("d", text("x y+["))])), ("e", text(""))])
        );
    }

    #[test]
    fn encoded_brackets_are_brackets() {
        assert_eq!(
            tree("a%5Bb%5D=1").into_node(),
            members([("a", members([("b", text("1"))]))])
        );
    }

    #[test]
    fn empty_brackets_count_on() {
        assert_eq!(
            tree("a[]=x&a[]=y").into_node(),
            members([("a", members([("0", text("x")), ("1", text("y"))]))])
        );
    }

    #[test]
    fn names_with_stray_brackets_stay_whole() {
        assert_eq!(
            tree("a[b=1&]c=2").into_node(),
            members([("a[b", text("1")), ("]c", text("2"))])
        );
    }

    #[test]
    fn contradictions_are_problems() {
        let paths: Vec<String> = tree("a=1&a[b]=2&c[d]=1&c=2")
            .problems
            .into_iter()
            .map(|problem| problem.path)
            .collect();
        assert_eq!(paths, ["/a/b", "/c"]);
    }

    #[test]
    fn bottomless_nesting_is_refused() {
        let name = format!("a{}=1", "[b]".repeat(100_000));
        assert_eq!(tree(&name).problems[0].message, "nested too deeply");
    }
}
