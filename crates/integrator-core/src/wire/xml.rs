//! XML bodies, by way of JSON text: what is sent is written from it, what is answered is turned into it.
//!
//! An element is a member, elements of one name are a list, an attribute is `@name`, text beside attributes or elements
//! is `$text`, an element that holds text alone is that text, an empty one is `""`. XML has no other scalars: numbers
//! arrive as strings, which the readers of integers and decimals take. The root element's name is not kept. Since one
//! element cannot be told from a list of one, it is read as a single value.
//!
//! There are no document types and therefore no entities but the five of XML itself: nothing is fetched or multiplied.

use quick_xml::XmlVersion;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::scan::{self, MAX_DEPTH};

mod tree;

use tree::Element;

/// A document that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// Not well-formed.
    #[error("read XML at byte {at}: {message}")]
    Malformed {
        /// Byte offset.
        at: u64,
        /// What is wrong, without the document's own text.
        message: &'static str,
    },
    /// The document brings a document type, which could define entities.
    #[error("read XML: it has a document type, and those are not accepted")]
    DocumentType,
    /// Elements nest too deeply.
    #[error("handle XML: more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A member whose name cannot be the name of an element.
    #[error("write XML: `{0}` cannot be the name of an element")]
    Name(String),
    /// A value that XML cannot say.
    #[error("write XML: `{0}` holds a value or a character that XML cannot say")]
    Value(String),
}

/// Turns a document into JSON text.
///
/// # Errors
/// When it is not well-formed, has a document type, or nests more than 128 levels.
pub fn read(document: &[u8]) -> Result<String, XmlError> {
    let malformed = |at: u64, message| XmlError::Malformed { at, message };
    let text = std::str::from_utf8(document).map_err(|error| malformed(error.valid_up_to() as u64, "not UTF-8"))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader
            .read_event()
            .map_err(|_| malformed(reader.error_position(), "not well-formed"))?;
        let at = reader.buffer_position();
        match event {
            Event::Start(_) | Event::Empty(_) if open.is_empty() && root.is_some() => {
                return Err(malformed(at, "a second root element"));
            }
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(XmlError::TooDeep);
                }
                open.push(element(&start, at)?);
            }
            Event::Empty(start) => {
                let element = element(&start, at)?;
                match open.last_mut() {
                    Some(parent) => parent.child(element),
                    None => root = Some(element),
                }
            }
            Event::End(_) => {
                let element = open.pop().ok_or(malformed(at, "an end without a start"))?;
                match open.last_mut() {
                    Some(parent) => parent.child(element),
                    None => root = Some(element),
                }
            }
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text(&text.xml_content(XmlVersion::Implicit1_0)),
                None if text.trim().is_empty() => {}
                None => return Err(malformed(at, "text outside the root element")),
            },
            Event::CData(text) => match open.last_mut() {
                Some(element) => element.text(&text.xml_content(XmlVersion::Implicit1_0)),
                None => return Err(malformed(at, "text outside the root element")),
            },
            Event::GeneralRef(reference) => {
                let element = open.last_mut().ok_or(malformed(at, "text outside the root element"))?;
                let char = reference
                    .resolve_char_ref()
                    .map_err(|_| malformed(at, "a malformed character"))?;
                match char {
                    Some(char) => element.text(char.encode_utf8(&mut [0; 4])),
                    None => {
                        element.text(resolve_predefined_entity(&reference).ok_or(malformed(at, "an unknown entity"))?)
                    }
                }
            }
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root.json()),
        _ => Err(malformed(text.len() as u64, "the document ends early")),
    }
}

fn element(start: &BytesStart<'_>, at: u64) -> Result<Element, XmlError> {
    let mut element = Element::new(start.name().as_ref());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| XmlError::Malformed {
            at,
            message: "a malformed attribute",
        })?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| XmlError::Malformed {
                at,
                message: "a malformed attribute",
            })?;
        element.attribute(attribute.key.as_ref(), &value);
    }
    Ok(element)
}

/// Writes the object `json` as a document under a root element of this name.
///
/// Members become elements, lists repeat them, `@name` becomes an attribute, `$text` the text, `null` an empty element.
///
/// # Errors
/// When a name cannot be an element's, or when a list stands directly in a list.
pub fn write(root: &str, json: &str) -> Result<String, XmlError> {
    let mut out = r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned();
    push_element(&mut out, root, json, 0)?;
    Ok(out)
}

fn push_element(out: &mut String, name: &str, json: &str, depth: usize) -> Result<(), XmlError> {
    if depth >= MAX_DEPTH {
        return Err(XmlError::TooDeep);
    }
    check_name(name)?;
    out.push('<');
    out.push_str(name);
    let mut members = Vec::new();
    let mut text = None;
    match json.as_bytes().first() {
        Some(b'{') => {
            for (member, value) in scan::members(json) {
                let member = member.decode().ok_or_else(|| XmlError::Value(name.to_owned()))?;
                if let Some(attribute) = member.strip_prefix('@') {
                    check_name(attribute)?;
                    out.push(' ');
                    out.push_str(attribute);
                    out.push_str("=\"");
                    out.push_str(&escape(scalar(attribute, value)?));
                    out.push('"');
                } else if member == "$text" {
                    text = Some(value);
                } else {
                    members.push((member, value));
                }
            }
        }
        Some(b'[') => return Err(XmlError::Value(name.to_owned())),
        _ => text = Some(json),
    }
    out.push('>');
    if let Some(text) = text {
        out.push_str(&escape(scalar(name, text)?));
    }
    for (member, value) in members {
        if value.starts_with('[') {
            for item in scan::items(value) {
                push_element(out, &member, item, depth + 1)?;
            }
        } else {
            push_element(out, &member, value, depth + 1)?;
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    Ok(())
}

fn scalar(name: &str, json: &str) -> Result<String, XmlError> {
    let text = match json {
        "null" => String::new(),
        "true" | "false" => json.to_owned(),
        _ => scan::scalar(json)
            .ok_or_else(|| XmlError::Value(name.to_owned()))?
            .into_owned(),
    };
    // XML 1.0, production 2: other control characters cannot be written, not even escaped.
    let sayable = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(sayable) {
        Ok(text)
    } else {
        Err(XmlError::Value(name.to_owned()))
    }
}

fn check_name(name: &str) -> Result<(), XmlError> {
    let first = |char: char| char.is_alphabetic() || char == '_';
    let sound = name.starts_with(first)
        && name
            .chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | ':'));
    if sound {
        Ok(())
    } else {
        Err(XmlError::Name(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{XmlError, read, write};

    fn value(document: &str) -> Value {
        serde_json::from_str(&read(document.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn elements_attributes_and_text_have_their_place() {
        let document = r#"<?xml version="1.0"?><!-- c --><order id="7 &amp; 8">
            <item sku="a">one &lt;&#x263A;</item><note/><item>two</item><total><![CDATA[1.10]]></total>
        </order>"#;
        assert_eq!(
            value(document),
            json!({
                "@id": "7 & 8",
                "item": [{"@sku": "a", "$text": "one <\u{263a}"}, "two"],
                "note": "",
                "total": "1.10",
            }),
        );
        assert_eq!(value("<a>x</a>"), json!("x"));
    }

    #[test]
    fn document_types_entities_and_depth_are_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"#;
        assert_eq!(read(bomb.as_bytes()), Err(XmlError::DocumentType));
        assert!(read(b"<a>&b;</a>").is_err());
        assert_eq!(read("<a>".repeat(129).as_bytes()), Err(XmlError::TooDeep));
        for broken in [
            "", "<a>", "<a></b>", "</a>", "<a/><b/>", "x<a/>", "<a b=1/>", "\u{feff}",
        ] {
            assert!(read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_request_is_written_under_its_root() {
        let json = r#"{"name": "A & B", "@id": 7, "tag": ["x", "y"], "address": {"city": null}, "none": []}"#;
        assert_eq!(
            write("order", json).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><order id=\"7\"><name>A &amp; B</name><tag>x</tag><tag>y</tag>\
             <address><city></city></address></order>",
        );
        assert_eq!(write("a", r#"{"b c": 1}"#), Err(XmlError::Name("b c".to_owned())));
        assert_eq!(write("a", r#"{"b": [[1]]}"#), Err(XmlError::Value("b".to_owned())));
        assert_eq!(write("a", r#"{"b": "\u0000"}"#), Err(XmlError::Value("b".to_owned())));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = "[ -~\u{e9}\u{263a}]{0,12}".prop_map(Value::from);
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop::collection::btree_map("[a-z]{1,4}", inner, 1..4)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tree in tree()) {
            let document = write("root", &tree.to_string()).unwrap();
            prop_assert_eq!(value(&document), tree);
        }

        #[test]
        fn anything_is_survived(text in "[<>a/&;=\"! \\[\\]?-]{0,40}", bytes in any::<Vec<u8>>()) {
            let _ = (read(text.as_bytes()), read(&bytes), write("a", &text));
        }
    }
}
