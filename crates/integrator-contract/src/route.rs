//! Which operation a method and a path belong to.
//!
//! Templates are compared segment by segment; a literal segment goes before a parameter, wherever it stands.

use percent_encoding::percent_decode_str;

use crate::Operation;

/// Names and decoded values of the arguments in a path, in its order.
pub type PathArguments = Vec<(String, String)>;

#[derive(Debug)]
pub(crate) struct Router {
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    index: usize,
    method: String,
    segments: Vec<Segment>,
}

/// A segment is literal text, or a parameter between two literals that are mostly empty.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter {
        before: String,
        name: String,
        after: String,
    },
}

impl Router {
    pub(crate) fn new(operations: &[Operation]) -> Self {
        let route = |(index, operation): (usize, &Operation)| Route {
            index,
            method: operation.method.clone(),
            segments: operation.path.split('/').map(Segment::new).collect(),
        };
        let mut routes: Vec<Route> = operations.iter().enumerate().map(route).collect();
        routes.sort_by_cached_key(|route| route.segments.iter().map(Segment::rank).collect::<Vec<_>>());
        Self { routes }
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Option<(usize, PathArguments)> {
        let parts: Vec<&str> = path.split('/').collect();
        self.routes
            .iter()
            .filter(|route| route.method == method && route.segments.len() == parts.len())
            .find_map(|route| Some((route.index, route.arguments(&parts)?)))
    }
}

impl Route {
    fn arguments(&self, parts: &[&str]) -> Option<PathArguments> {
        let mut arguments = PathArguments::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            match segment {
                Segment::Literal(literal) => {
                    if literal != part && *literal != decoded(part) {
                        return None;
                    }
                }
                Segment::Parameter { before, name, after } => {
                    let value = part.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    arguments.push((name.clone(), decoded(value)));
                }
            }
        }
        Some(arguments)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let parameter = text.split_once('{').and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            Some(Self::Parameter {
                before: before.to_owned(),
                name: name.to_owned(),
                after: after.to_owned(),
            })
        });
        parameter.unwrap_or_else(|| Self::Literal(text.to_owned()))
    }

    /// Literals first, then the parameters with the most text around them.
    fn rank(&self) -> (u8, usize) {
        match self {
            Self::Literal(_) => (0, 0),
            Self::Parameter { before, after, .. } => (1, usize::MAX - before.len() - after.len()),
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_contract;

    fn find(method: &str, path: &str) -> Option<(String, PathArguments)> {
        let contract = test_contract::contract();
        contract
            .route(method, path)
            .map(|(operation, arguments)| (operation.id.clone(), arguments))
    }

    #[test]
    fn a_literal_goes_before_a_parameter() {
        assert_eq!(find("GET", "/notes/search").unwrap().0, "SearchNotes");
        assert_eq!(
            find("GET", "/notes/n1"),
            Some(("GetNote".to_owned(), vec![("note".to_owned(), "n1".to_owned())]))
        );
    }

    #[test]
    fn arguments_are_decoded() {
        let (_, arguments) = find("GET", "/notes/a%2Fb%20%C3%A9").unwrap();
        assert_eq!(arguments[0].1, "a/b é");
    }

    #[test]
    fn text_around_a_parameter_belongs_to_the_template() {
        let (id, arguments) = find("GET", "/notes/n1.pdf").unwrap();
        assert_eq!((id.as_str(), arguments[0].1.as_str()), ("GetNotePdf", "n1"));
    }

    #[test]
    fn method_length_and_slashes_count() {
        assert_eq!(find("PATCH", "/notes/n1"), None);
        assert_eq!(find("GET", "/notes/n1/"), None);
        assert_eq!(find("GET", "/"), None);
    }

    #[test]
    fn near_misses_are_named() {
        let contract = test_contract::contract();
        assert_eq!(contract.nearest("GET", "/note")[0], "GET /notes");
        assert_eq!(contract.nearest("POST", "/notes/n1")[0], "POST /notes/{note}");
    }
}
