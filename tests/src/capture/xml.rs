//! Reads an XML body: attributes are `@name`, elements of one name a list where there are several, text is text.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

/// An element that is open: its name, what is in it so far, and its text.
#[derive(Default)]
struct Element {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// The name of the root and what is in it.
pub(super) fn read(body: &[u8]) -> Result<(String, Value), String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => close(element(&start)?, &mut open),
            Event::End(_) => {
                let element = open.pop().unwrap_or_default();
                close(element, &mut open);
            }
            Event::Text(text) => last(&mut open)
                .text
                .push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let plain = format!("&{name};");
                let plain = quick_xml::escape::unescape(&plain).map_err(|error| error.to_string())?;
                last(&mut open).text.push_str(&plain);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let root = open.pop().unwrap_or_default();
    root.members.into_iter().next().ok_or_else(|| "no root".to_owned())
}

/// A value as XML spells it: scalars are text, a list of one is its item, what is empty is an empty text.
pub(super) fn spelled(value: &Value) -> Value {
    match value {
        Value::Null => Value::from(""),
        Value::Object(members) => {
            let members: Map<String, Value> = members
                .iter()
                .filter(|(_, value)| !value.as_array().is_some_and(Vec::is_empty))
                .map(|(name, value)| (name.clone(), spelled(value)))
                .collect();
            if members.is_empty() {
                Value::from("")
            } else {
                Value::Object(members)
            }
        }
        Value::Array(items) => match items.as_slice() {
            [only] => spelled(only),
            items => items.iter().map(spelled).collect(),
        },
        Value::String(text) => Value::from(text.as_str()),
        other => Value::from(other.to_string()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element {
        name: start.name().as_ref().to_owned(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        let name = format!("@{}", attribute.key.as_ref());
        element.members.insert(name, Value::from(value.into_owned()));
    }
    Ok(element)
}

fn last(open: &mut Vec<Element>) -> &mut Element {
    if open.is_empty() {
        open.push(Element::default());
    }
    let end = open.len() - 1;
    &mut open[end]
}

fn close(element: Element, open: &mut Vec<Element>) {
    let value = if element.members.is_empty() {
        Value::from(element.text)
    } else {
        Value::Object(element.members)
    };
    let parent = last(open);
    match parent.members.remove(&element.name) {
        None => parent.members.insert(element.name, value),
        Some(Value::Array(mut items)) => {
            items.push(value);
            parent.members.insert(element.name, Value::Array(items))
        }
        Some(first) => parent.members.insert(element.name, Value::from(vec![first, value])),
    };
}
