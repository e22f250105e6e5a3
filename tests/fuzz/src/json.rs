//! JSON: what `serde_json` takes is read as the same value, by types of every kind, and nothing else is.

use integrator_core::wire::{Map, Raw};
use integrator_core::{Value, decode};

integrator_core::union! {
    /// Any value but null.
    pub enum Tree {
        Text(String): string(),
        Number(f64): number(),
        Flag(bool): boolean(),
        List(Vec<Option<Tree>>): array(),
        Named(Named): tag("kind", "named"),
        Object(Map<Option<Tree>>): object(),
    }
}

integrator_core::object! {
    /// An object of which one member is known.
    pub struct Named {
        0 kind: String = "kind",
        .. rest: Map<Option<Tree>>
    }
}

/// Reads `input` as text that is kept, and as a tree.
///
/// # Panics
/// When `serde_json` comes to something else.
pub fn check(input: &[u8]) {
    let kept = decode::<Raw>(input).map(|raw| raw.get().to_owned());
    let theirs = serde_json::from_slice::<&serde_json::value::RawValue>(input);
    match (&kept, &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs.get()),
        (Err(error), Ok(_)) => assert!(error.message.contains("levels deep"), "{error}"),
        (Ok(_), Err(error)) => panic!("{error}"),
        (Err(_), Err(_)) => {}
    }
    match (decode::<Option<Tree>>(input), serde_json::from_slice::<Value>(input)) {
        (Ok(ours), Ok(theirs)) => assert!(is_same(ours.as_ref(), &theirs), "{theirs}"),
        // Blank is nothing where nothing need be there.
        (Ok(None), Err(_)) if input.iter().all(u8::is_ascii_whitespace) => {}
        (Ok(_), Err(error)) => assert!(error.to_string().contains("recursion limit"), "{error}"),
        (Err(error), Ok(_)) => {
            // The first of two tags decides what the last one has to be.
            let tags = kept.map_or(0, |text| text.matches("\"kind\"").count() + text.matches('\\').count());
            assert!(tags > 1 || error.message.contains("levels deep"), "{error}");
        }
        (Err(_), Err(_)) => {}
    }
}

fn is_same(ours: Option<&Tree>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (None, Value::Null) => true,
        (Some(Tree::Text(ours)), Value::String(theirs)) => ours == theirs,
        (Some(Tree::Flag(ours)), Value::Bool(theirs)) => ours == theirs,
        (Some(Tree::Number(ours)), Value::Number(theirs)) => {
            // serde_json is not exact where a float has many digits.
            theirs
                .as_f64()
                .is_some_and(|theirs| (ours - theirs).abs() <= ours.abs() * 1e-14)
        }
        (Some(Tree::List(ours)), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| is_same(ours.as_ref(), theirs))
        }
        (Some(Tree::Object(ours)), Value::Object(theirs)) => {
            ours.len() == theirs.len() && ours.iter().all(|(name, ours)| holds(theirs, name, ours.as_ref()))
        }
        (Some(Tree::Named(ours)), Value::Object(theirs)) => {
            ours.rest.len() + 1 == theirs.len()
                && theirs.get("kind").and_then(Value::as_str) == Some(ours.kind.as_str())
                && ours.rest.iter().all(|(name, ours)| holds(theirs, name, ours.as_ref()))
        }
        _ => false,
    }
}

fn holds(theirs: &serde_json::Map<String, Value>, name: &str, ours: Option<&Tree>) -> bool {
    theirs.get(name).is_some_and(|theirs| is_same(ours, theirs))
}
