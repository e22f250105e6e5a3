//! The arguments of a call as JSON fragments by position: the last one given wins, an unset one is `null`.
//!
//! What becomes of them on the wire is decided once, when the call is prepared (`wire::encode`).

use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::{Wire, to_json};
use crate::{Upload, Uploads};

/// The arguments given to a call so far.
#[derive(Clone, Default)]
pub struct Arguments {
    fragments: Vec<(u16, Box<str>)>,
    extra: Vec<(String, Box<RawValue>)>,
    uploads: Vec<(u16, Upload)>,
    faults: Vec<String>,
}

impl Arguments {
    /// Sets the argument at `index`; an absent value ([`Wire::is_absent`]) takes it back.
    pub fn put<V: Wire>(&mut self, index: u16, value: &V) {
        if value.is_absent() {
            self.remove(index);
            return;
        }
        match to_json(value) {
            Ok(fragment) => self.put_text(index, fragment.into()),
            Err(error) => self
                .faults
                .push(format!("argument {index} does not become JSON: {error}")),
        }
    }

    /// Sets the argument at `index` to JSON text.
    pub fn put_fragment(&mut self, index: u16, fragment: Box<RawValue>) {
        self.put_text(index, fragment.into());
    }

    fn put_text(&mut self, index: u16, fragment: Box<str>) {
        match self.fragments.binary_search_by_key(&index, |(at, _)| *at) {
            Ok(at) => {
                if let Some(slot) = self.fragments.get_mut(at) {
                    slot.1 = fragment;
                }
            }
            Err(at) => self.fragments.insert(at, (index, fragment)),
        }
    }

    /// Sets a body member that the document does not list.
    pub fn put_extra(&mut self, name: &str, value: &Value) {
        self.extra.retain(|(at, _)| at != name);
        match serde_json::value::to_raw_value(value) {
            Ok(fragment) => self.extra.push((name.to_owned(), fragment)),
            Err(error) => self.faults.push(format!("`{name}` does not become JSON: {error}")),
        }
    }

    /// Sets the files of the argument at `index`; no file takes it back.
    pub fn put_uploads(&mut self, index: u16, uploads: impl Into<Uploads>) {
        self.uploads.retain(|(at, _)| *at != index);
        let uploads = uploads.into().0;
        self.uploads.extend(uploads.into_iter().map(|upload| (index, upload)));
    }

    /// Takes the argument at `index` back.
    pub fn remove(&mut self, index: u16) {
        self.fragments.retain(|(at, _)| *at != index);
        self.uploads.retain(|(at, _)| *at != index);
    }

    /// JSON text of the argument at `index`.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<&str> {
        let at = self.fragments.binary_search_by_key(&index, |(at, _)| *at).ok()?;
        self.fragments.get(at).map(|(_, fragment)| &**fragment)
    }

    /// The files given for the argument at `index`.
    pub fn uploads(&self, index: u16) -> impl Iterator<Item = &Upload> {
        self.uploads
            .iter()
            .filter(move |(at, _)| *at == index)
            .map(|(_, upload)| upload)
    }

    /// Whether any file was given.
    #[must_use]
    pub fn has_uploads(&self) -> bool {
        !self.uploads.is_empty()
    }

    /// Whether the argument at `index` was given, as a value or as a file.
    #[must_use]
    pub fn has(&self, index: u16) -> bool {
        self.get(index).is_some() || self.uploads(index).next().is_some()
    }

    /// Arguments in the order of the operation's list, with their JSON text.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &str)> {
        self.fragments.iter().map(|(index, fragment)| (*index, &**fragment))
    }

    /// Body members that the document does not list, in the order given.
    pub fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extra
            .iter()
            .map(|(name, fragment)| (name.as_str(), fragment.get()))
    }

    /// What went wrong while arguments were given; reported when the call is sent.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Adds a fault that the call reports when it is sent.
    pub fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }
}

/// Which positions were given; values may be secret.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field(
                "given",
                &self.fragments.iter().map(|(index, _)| index).collect::<Vec<_>>(),
            )
            .field("extra", &self.extra.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("uploads", &self.uploads.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let mut arguments = Arguments::default();
        arguments.put(3, &"sk_canary".to_owned());
        arguments.put_extra("name", &Value::from("sk_canary"));
        let shown = format!("{arguments:?}");
        assert!(
            shown.contains('3') && shown.contains("name") && !shown.contains("canary"),
            "{shown}"
        );
    }

    #[test]
    fn the_last_one_given_wins_and_an_absent_one_takes_back() {
        let mut arguments = Arguments::default();
        arguments.put(1, &1_i64);
        arguments.put(0, &"a".to_owned());
        arguments.put(1, &2_i64);
        assert_eq!(arguments.iter().collect::<Vec<_>>(), [(0, "\"a\""), (1, "2")]);
        arguments.put(1, &None::<i64>);
        assert!(!arguments.has(1));
    }
}
