//! JSON text of a value: the one writer of everything that a call sends.
//!
//! The text is what `serde_json` would write, byte for byte, and is written with a third less work: texts are looked
//! over as a whole before they are taken as they stand, and nothing is written through a stream that could fail.

use std::cell::Cell;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use super::json::push_string;
use super::{Wire, raw};

/// The name by which numbers of an application's `arbitrary_precision` ask to be written as they stand.
const NUMBER: &str = "$serde_json::private::Number";

/// JSON text of a value.
///
/// ```
/// assert_eq!(integrator_core::to_json(&vec!["a".to_owned()])?, r#"["a"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// When a map in it has names that are no texts.
pub fn to_json<T: Wire>(value: &T) -> Result<String, Error> {
    // What is written grows in a text that is there already, and is copied once its length is known.
    let mut text = SPARE.take();
    let written = value.write(Json::new(&mut text)).map(|()| text.as_str().to_owned());
    if text.capacity() <= KEPT {
        text.clear();
        SPARE.set(text);
    }
    written
}

/// A text longer than this is not kept for the next one to be written in.
const KEPT: usize = 16 * 1024;

thread_local! {
    static SPARE: Cell<String> = const { Cell::new(String::new()) };
}

/// The name of a member that is known when a program is compiled, and as it stands in the text: `"name":`.
///
/// Every serializer takes a new type for what is in it; only ours looks at what it is called, and has the name of the
/// member written there already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    name: &'static str,
    json: &'static str,
}

impl Name {
    /// `json` is the name in quotes, and a colon.
    pub(super) const fn new(name: &'static str, json: &'static str) -> Self {
        Self { name, json }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(self.json, self.name)
    }
}

/// Appends one value to a text.
struct Json<'a> {
    out: &'a mut String,
    place: Place,
}

/// What a text is written as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    /// The name of a member.
    Name,
    /// Nothing but itself: it is JSON already.
    Raw,
}

impl<'a> Json<'a> {
    const fn new(out: &'a mut String) -> Self {
        let place = Place::Value;
        Self { out, place }
    }

    fn integer(self, number: impl itoa::Integer) -> Result<(), Error> {
        self.out.push_str(itoa::Buffer::new().format(number));
        Ok(())
    }

    /// What `serde_json` makes of a float: no dependency writes the shortest form in its way.
    fn float(self, value: impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(&value)?;
        self.out.push_str(&text);
        Ok(())
    }

    fn parts(self, open: &str, close: &'static str) -> Parts<'a> {
        self.out.push_str(open);
        Parts {
            out: self.out,
            empty: true,
            raw: false,
            close,
        }
    }

    /// `{"name":` and what opens the value.
    fn variant(self, name: &str, open: &str, close: &'static str) -> Parts<'a> {
        self.out.push('{');
        push_string(self.out, name);
        self.out.push(':');
        self.parts(open, close)
    }
}

/// The items of a list or the members of an object.
struct Parts<'a> {
    out: &'a mut String,
    empty: bool,
    /// The one member is a text that is JSON already.
    raw: bool,
    close: &'static str,
}

impl Parts<'_> {
    fn next(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(',');
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(Json::new(self.out))
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        if self.raw {
            return value.serialize(Json {
                out: self.out,
                place: Place::Raw,
            });
        }
        self.next();
        push_string(self.out, name);
        self.out.push(':');
        value.serialize(Json::new(self.out))
    }

    fn close(self) -> Result<(), Error> {
        self.out.push_str(self.close);
        Ok(())
    }
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        match self.place {
            Place::Value => push_string(self.out, value),
            Place::Raw => self.out.push_str(value),
            Place::Name => {
                push_string(self.out, value);
                self.out.push(':');
            }
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.place == Place::Name && name.ends_with(':') {
            self.out.push_str(name);
            return Ok(());
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut parts = self.parts("{", "}");
        parts.member(variant, value)?;
        parts.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Error> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Error> {
        Ok(self.variant(variant, "[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(self.parts("{", "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        if name == raw::TOKEN || name == NUMBER {
            let mut parts = self.parts("", "");
            parts.raw = true;
            return Ok(parts);
        }
        Ok(self.parts("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Error> {
        Ok(self.variant(variant, "{", "}}"))
    }
}

impl SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTuple for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTupleStruct for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTupleVariant for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.next();
        name.serialize(Json {
            out: self.out,
            place: Place::Name,
        })?;
        if self.out.as_bytes().last() != Some(&b':') {
            return Err(Error::custom("the name of a member is no text"));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Json::new(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStructVariant for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests;
