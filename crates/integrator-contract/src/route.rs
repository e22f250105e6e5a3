//! Which operation a method and a path belong to.
//!
//! Templates are compared segment by segment; a literal segment goes before a parameter, wherever it stands.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Operation;

/// Names and decoded values of the arguments in a path, in its order.
pub type PathArguments = Vec<(String, String)>;

#[derive(Debug)]
pub(crate) struct Router {
    /// Routes by the number of their segments, best first.
    by_length: Vec<Vec<Route>>,
}

#[derive(Debug)]
struct Route {
    index: usize,
    method: String,
    segments: Vec<Segment>,
    /// Query of the template, which tells operations at one address apart.
    query: Option<String>,
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
        let route = |(index, operation): (usize, &Operation)| {
            let (path, query) = split(&operation.path);
            Route {
                index,
                method: operation.method.clone(),
                segments: path.split('/').map(Segment::new).collect(),
                query: query.map(str::to_owned),
            }
        };
        let mut by_length: Vec<Vec<Route>> = Vec::new();
        for route in operations.iter().enumerate().map(route) {
            let length = route.segments.len();
            if by_length.len() <= length {
                by_length.resize_with(length + 1, Vec::new);
            }
            by_length[length].push(route);
        }
        for routes in &mut by_length {
            routes.sort_by_cached_key(Route::rank);
        }
        Self { by_length }
    }

    /// The operations at an address, those first whose query is in `query`, then those without one.
    pub(crate) fn find(&self, method: &str, path: &str, query: &str) -> Vec<(usize, PathArguments)> {
        let parts: Vec<Part<'_>> = path.split('/').map(Part::new).collect();
        let routes = self.by_length.get(parts.len()).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<(&Route, PathArguments)> = routes
            .iter()
            .filter(|route| route.method == method)
            .filter_map(|route| Some((route, route.arguments(&parts)?)))
            .collect();
        if let Some(best) = found.first().map(|(route, _)| route.rank()) {
            found.retain(|(route, _)| route.rank() == best);
        }
        found.sort_by_key(|(route, _)| match &route.query {
            Some(own) if own.split('&').all(|pair| query.split('&').any(|given| given == pair)) => 0,
            None => 1,
            Some(_) => 2,
        });
        found
            .into_iter()
            .map(|(route, arguments)| (route.index, arguments))
            .collect()
    }
}

/// Path and query of a template.
pub(crate) fn split(template: &str) -> (&str, Option<&str>) {
    match template.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (template, None),
    }
}

impl Route {
    fn rank(&self) -> Vec<(u8, usize)> {
        self.segments.iter().map(Segment::rank).collect()
    }

    fn arguments(&self, parts: &[Part<'_>]) -> Option<PathArguments> {
        let is_literal = |(segment, part): (&Segment, &Part<'_>)| match segment {
            Segment::Literal(literal) => literal == part.raw || *literal == part.plain,
            Segment::Parameter { .. } => true,
        };
        // Most routes end here, before anything is allocated.
        if !self.segments.iter().zip(parts).all(is_literal) {
            return None;
        }
        let mut arguments = PathArguments::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            if let Segment::Parameter { before, name, after } = segment {
                let value = part.raw.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                arguments.push((name.clone(), decoded(value).into_owned()));
            }
        }
        Some(arguments)
    }
}

/// A segment of a request's path, as it stands and decoded.
struct Part<'a> {
    raw: &'a str,
    plain: Cow<'a, str>,
}

impl<'a> Part<'a> {
    fn new(raw: &'a str) -> Self {
        let plain = decoded(raw);
        Self { raw, plain }
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

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
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
    fn operations_at_one_address_are_told_apart_by_the_query() {
        let contract = r#"{"provider": "p", "version": "1", "servers": [], "schemas": {}, "operations": [
            {"id": "New", "method": "GET", "path": "/a/{id}?new=1", "parameters": [], "responses": {}},
            {"id": "Old", "method": "GET", "path": "/a/{name}", "parameters": [], "responses": {}},
            {"id": "Own", "method": "GET", "path": "/a/own", "parameters": [], "responses": {}}
        ]}"#;
        let contract = crate::Contract::from_json(contract.as_bytes()).unwrap();
        let ids = |path: &str, query: &str| -> Vec<&str> {
            let routes = contract.routes("GET", path, query);
            routes.into_iter().map(|(operation, _)| operation.id.as_str()).collect()
        };
        assert_eq!(ids("/a/1", ""), ["Old", "New"]);
        assert_eq!(ids("/a/1", "x=1&new=1"), ["New", "Old"]);
        assert_eq!(ids("/a/own", "new=1"), ["Own"]);
        let (operation, _) = contract.routes("GET", "/a/1", "new=1").remove(0);
        let request = crate::Request {
            query: "new=1",
            ..crate::Request::new("GET", "/a/1")
        };
        assert!(contract.validate_request(operation, &request).is_empty());
    }

    #[test]
    fn near_misses_are_named() {
        let contract = test_contract::contract();
        assert_eq!(contract.nearest("GET", "/note")[0], "GET /notes");
        assert_eq!(contract.nearest("POST", "/notes/n1")[0], "POST /notes/{note}");
    }
}
