//! Types of one shape under different names become one type: the others stay valid as aliases of the first.
//!
//! Two types are of one shape when their members, texts or cases are the same in all that is written and read, and the
//! types inside are of one shape again. Types are told apart until nothing tells any two apart further, so that groups
//! that hold each other join as well.

use std::collections::HashMap;

use super::model::{Body, Type};

/// Marks all but the first of each shape, and says how many.
pub(super) fn join(types: &mut [Type]) -> usize {
    let mut firsts: HashMap<usize, usize> = HashMap::new();
    let shapes = shapes(types);
    for (index, shape) in shapes.iter().enumerate() {
        let first = firsts.entry(*shape).or_insert(index);
        if rank(&types[index]) < rank(&types[*first]) {
            *first = index;
        }
    }
    let names: Vec<String> = types.iter().map(|ty| ty.name.clone()).collect();
    let mut joined = 0;
    for (index, ty) in types.iter_mut().enumerate() {
        let first = firsts.get(&shapes[index]).copied().filter(|first| *first != index);
        joined += usize::from(first.is_some());
        ty.same_as = first.map(|first| names[first].clone());
    }
    joined
}

/// The lowest gives its name: what is no preview, what the document names itself, then the shortest.
fn rank(ty: &Type) -> (bool, bool, usize, &str) {
    let preview = ty.name.starts_with("Beta");
    (preview, ty.component().is_none(), ty.name.len(), &ty.name)
}

/// A number for each type, equal where the shapes are.
fn shapes(types: &[Type]) -> Vec<usize> {
    let places: HashMap<&str, usize> = types
        .iter()
        .enumerate()
        .map(|(at, ty)| (ty.name.as_str(), at))
        .collect();
    let outlines: Vec<(String, Vec<usize>)> = types.iter().map(|ty| outline(ty, &places)).collect();
    let mut shapes = numbered(outlines.iter().map(|(text, _)| text));
    loop {
        let inside = |(own, (_, held)): (&usize, &(String, Vec<usize>))| -> Vec<usize> {
            std::iter::once(*own).chain(held.iter().map(|at| shapes[*at])).collect()
        };
        let next = numbered(shapes.iter().zip(&outlines).map(inside));
        // A round only ever tells more types apart.
        if next.iter().max() == shapes.iter().max() {
            return next;
        }
        shapes = next;
    }
}

/// Equal values get one number, the lowest that is free.
fn numbered<T: Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<usize> {
    let mut known: HashMap<T, usize> = HashMap::new();
    values
        .map(|value| {
            let next = known.len();
            *known.entry(value).or_insert(next)
        })
        .collect()
}

/// All of a type but its name and its documentation, with a hole for every type of the document, and what stands there.
fn outline(ty: &Type, places: &HashMap<&str, usize>) -> (String, Vec<usize>) {
    let mut held = Vec::new();
    let mut holes = |ty: &str| -> String {
        ty.split_inclusive(|sign: char| !sign.is_alphanumeric())
            .map(|part| {
                let word = part.trim_end_matches(|sign: char| !sign.is_alphanumeric());
                match places.get(word) {
                    Some(place) => {
                        held.push(*place);
                        part.replacen(word, "_", 1)
                    }
                    None => part.to_owned(),
                }
            })
            .collect()
    };
    let text = match &ty.body {
        Body::Object(fields) => {
            let members: Vec<_> = fields
                .iter()
                .map(|field| {
                    let ty = holes(&field.ty);
                    (
                        &field.wire,
                        &field.name,
                        ty,
                        field.required,
                        &field.fixed,
                        field.deprecated,
                    )
                })
                .collect();
            format!("object {} {} {members:?}", ty.sent, ty.open)
        }
        Body::Enum(texts) => format!("enum {texts:?}"),
        Body::Union(cases) => {
            let cases: Vec<_> = cases
                .iter()
                .map(|case| (&case.name, holes(&case.ty), &case.how, &case.by))
                .collect();
            format!("union {cases:?}")
        }
    };
    (text, held)
}

#[cfg(test)]
mod tests {
    use super::super::model::{Body, Case, Field, Type};
    use super::join;

    fn ty(name: &str, pointer: &str, body: Body) -> Type {
        Type {
            name: name.to_owned(),
            pointer: pointer.to_owned(),
            sent: false,
            open: false,
            body,
            same_as: None,
        }
    }

    fn object(name: &str, members: &[(&str, &str)]) -> Type {
        let field = |(wire, ty): &(&str, &str)| Field {
            wire: (*wire).to_owned(),
            name: (*wire).to_owned(),
            ty: (*ty).to_owned(),
            required: false,
            fixed: None,
            deprecated: false,
        };
        ty(name, "#/paths/x", Body::Object(members.iter().map(field).collect()))
    }

    fn union(name: &str, variant: &str, holds: &str) -> Type {
        let case = Case {
            name: variant.to_owned(),
            ty: holds.to_owned(),
            how: "otherwise".to_owned(),
            by: Vec::new(),
        };
        ty(name, "#/paths/x", Body::Union(vec![case]))
    }

    /// Aliases as `Other = First`.
    fn joined(mut types: Vec<Type>) -> Vec<String> {
        let count = join(&mut types);
        let aliases: Vec<String> = types
            .iter()
            .filter_map(|ty| Some(format!("{} = {}", ty.name, ty.same_as.as_ref()?)))
            .collect();
        assert_eq!(count, aliases.len());
        aliases
    }

    #[test]
    fn what_holds_itself_or_each_other_joins() {
        let types = vec![
            object("Tree", &[("below", "Vec<Tree>"), ("bark", "Option<BetaBark>")]),
            object("BetaTree", &[("below", "Vec<BetaTree>"), ("bark", "Option<Bark>")]),
            object("Bark", &[("of", "Option<Box<Tree>>")]),
            object("BetaBark", &[("of", "Option<Box<BetaTree>>")]),
        ];
        assert_eq!(joined(types), ["BetaTree = Tree", "BetaBark = Bark"]);
    }

    #[test]
    fn a_difference_far_below_keeps_all_above_it_apart() {
        let types = vec![
            object("A", &[("b", "Option<B>")]),
            object("AOther", &[("b", "Option<BOther>")]),
            object("B", &[("c", "Map<C>")]),
            object("BOther", &[("c", "Map<COther>")]),
            object("C", &[("x", "String")]),
            object("COther", &[("x", "Option<String>")]),
        ];
        assert_eq!(joined(types), Vec::<String>::new());
    }

    #[test]
    fn what_a_user_writes_and_what_stands_on_the_wire_count() {
        let base = || object("Base", &[("x", "String")]);
        let mut sent = object("Sent", &[("x", "String")]);
        sent.sent = true;
        let mut old = object("Old", &[("x", "String")]);
        if let Body::Object(fields) = &mut old.body {
            fields[0].deprecated = true;
        }
        let wire = object("Wire", &[("y", "String")]);
        assert_eq!(joined(vec![base(), sent, old, wire]), Vec::<String>::new());
        assert_eq!(
            joined(vec![
                base(),
                union("U", "Base", "Base"),
                union("V", "Base", "Base"),
                union("W", "Other", "Base")
            ]),
            ["V = U"]
        );
        let texts = |name: &str, text: &str| ty(name, "#/paths/x", Body::Enum(vec![("A".to_owned(), text.to_owned())]));
        assert_eq!(
            joined(vec![texts("E", "a"), texts("F", "A"), texts("G", "a")]),
            ["G = E"]
        );
    }

    #[test]
    fn the_first_is_no_preview_then_named_by_the_document_then_short() {
        let named = |name: &str, pointer: &str| ty(name, pointer, Body::Object(Vec::new()));
        let types = vec![
            named("BetaA", "#/components/schemas/BetaA"),
            named("Short", "#/paths/x"),
            named("LongerStill", "#/components/schemas/longer_still"),
            named("Longer", "#/components/schemas/longer"),
        ];
        assert_eq!(
            joined(types),
            ["BetaA = Longer", "Short = Longer", "LongerStill = Longer"]
        );
    }
}
