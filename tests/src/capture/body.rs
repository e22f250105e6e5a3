//! The body: which media type it has, and what is in it.

use serde_json::Value;

use super::encoded::{self, Raw};
use super::{NOTHING, Report, json, multipart, xml};
use crate::expect::{ExpectedBody, ExpectedFile, Pair};

impl Report<'_> {
    pub(super) fn body(&mut self, expected: &ExpectedBody, content_type: &str, body: &[u8]) {
        match expected {
            ExpectedBody::Empty => {
                if !body.is_empty() {
                    self.add("body", NOTHING, String::from_utf8_lossy(body));
                }
            }
            ExpectedBody::Json {
                media_type,
                value,
                required,
            } => {
                let nothing_to_say = value.as_object().is_some_and(serde_json::Map::is_empty);
                if !(body.is_empty() && nothing_to_say && !required) {
                    self.media_type(media_type, content_type);
                    self.json(value, body);
                }
            }
            ExpectedBody::Text { media_type, text } => {
                self.media_type(media_type, content_type);
                self.same("body", text, &String::from_utf8_lossy(body));
            }
            ExpectedBody::Bytes { media_type, bytes } => {
                self.media_type(media_type, content_type);
                if body != bytes {
                    let text = |bytes: &[u8]| format!("{:?}", String::from_utf8_lossy(bytes));
                    self.add("body", text(bytes), text(body));
                }
            }
            ExpectedBody::Xml {
                media_type,
                root,
                value,
            } => {
                self.media_type(media_type, content_type);
                match xml::read(body) {
                    Ok((name, got)) => {
                        self.same("body root", root, &name);
                        for (at, expected, got) in json::differences(&xml::spelled(value), &got) {
                            self.add(format!("body {at}"), expected, got);
                        }
                    }
                    Err(why) => self.add("body", "XML", format!("{why} in {:?}", String::from_utf8_lossy(body))),
                }
            }
            ExpectedBody::Form(pairs) => {
                let text = String::from_utf8_lossy(body);
                if !(body.is_empty() && pairs.is_empty()) {
                    self.media_type("application/x-www-form-urlencoded", content_type);
                }
                self.raw("body", &text, encoded::QUERY);
                self.pairs("body", pairs, encoded::pairs(&text));
            }
            ExpectedBody::Multipart { fields, files } => {
                if !(body.is_empty() && fields.is_empty() && files.is_empty()) {
                    self.media_type("multipart/form-data", content_type);
                    self.multipart(fields, files, content_type, body);
                }
            }
        }
    }

    fn media_type(&mut self, expected: &str, content_type: &str) {
        let got = content_type.split(';').next().unwrap_or_default().trim();
        if !got.eq_ignore_ascii_case(expected) {
            self.add("content-type", expected, if got.is_empty() { NOTHING } else { got });
        }
    }

    fn json(&mut self, expected: &Value, body: &[u8]) {
        match serde_json::from_slice::<Value>(body) {
            Ok(got) => {
                for (at, expected, got) in json::differences(expected, &got) {
                    self.add(format!("body {at}"), expected, got);
                }
            }
            Err(error) => self.add(
                "body",
                "JSON",
                format!("{error} in {:?}", String::from_utf8_lossy(body)),
            ),
        }
    }

    fn multipart(&mut self, fields: &[Pair], files: &[ExpectedFile], content_type: &str, body: &[u8]) {
        let parts = match multipart::parts(content_type, body) {
            Ok(parts) => parts,
            Err(why) => return self.add("body", "multipart", why),
        };
        let (with_file, without): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.file.is_some());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let plain = without
            .into_iter()
            .map(|part| Raw::plain(part.name, text(&part.bytes)))
            .collect();
        self.pairs("body", fields, plain);
        let mut left: Vec<_> = with_file.into_iter().map(Some).collect();
        for file in files {
            let found = left
                .iter_mut()
                .find(|part| part.as_ref().is_some_and(|part| part.name == file.part));
            let key = format!("body {}", file.part);
            match found.and_then(Option::take) {
                None => self.add(key, format!("the file {:?}", file.name), NOTHING),
                Some(part) => {
                    self.same(
                        &format!("{key} (file name)"),
                        &file.name,
                        part.file.as_deref().unwrap_or_default(),
                    );
                    if part.bytes != file.bytes {
                        self.add(
                            key,
                            format!("{:?}", text(&file.bytes)),
                            format!("{:?}", text(&part.bytes)),
                        );
                    }
                }
            }
        }
        for part in left.into_iter().flatten() {
            self.add(
                format!("body {}", part.name),
                NOTHING,
                format!("the file {:?}", part.file.unwrap_or_default()),
            );
        }
    }
}
