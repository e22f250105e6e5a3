//! Every rule of the standard, and that no way of cutting the bytes up changes what they say.

use proptest::prelude::*;

use super::{Parser, TooLarge};

type Event = (String, String, String);

/// Events and the last id, from chunks.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, String, Option<u64>) {
    let mut parser = Parser::new(1 << 20);
    let mut events = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for mut chunk in chunks {
        while parser.advance(&mut chunk).unwrap() {
            events.push((text(parser.name()), text(parser.data()), parser.last_id().to_owned()));
        }
        assert!(chunk.is_empty());
    }
    let retry = parser.retry().map(|wait| u64::try_from(wait.as_millis()).unwrap());
    (events, parser.last_id().to_owned(), retry)
}

fn whole(text: &str) -> Vec<(String, String)> {
    let (events, ..) = read([text.as_bytes()]);
    events.into_iter().map(|(name, data, _)| (name, data)).collect()
}

/// The standard's own algorithm over all of the bytes, one rule a line.
fn model(bytes: &[u8]) -> (Vec<Event>, String, Option<u64>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes[at..].starts_with(b"\r\n");
        match bytes[at] {
            b'\r' | b'\n' => lines.push(Vec::new()),
            byte => lines.last_mut().unwrap().push(byte),
        }
        at += if pair { 2 } else { 1 };
    }
    lines.pop();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
    let (mut next_id, mut id, mut retry) = (String::new(), String::new(), None);
    for line in lines {
        if line.is_empty() {
            id.clone_from(&next_id);
            if let Some(data) = data.take() {
                events.push((text(&name), text(&data), id.clone()));
            }
            name.clear();
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => {
                let more = data
                    .take()
                    .map_or(value.to_vec(), |data| [&data, &b"\n"[..], value].concat());
                data = Some(more);
            }
            b"event" => name = value.to_vec(),
            b"id" if !value.contains(&0) => next_id = text(value),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                retry = text(value).parse().ok().or(retry);
            }
            _ => {}
        }
    }
    (events, id, retry)
}

fn event(name: &str, data: &str) -> (String, String) {
    (name.to_owned(), data.to_owned())
}

#[test]
fn lines_end_in_three_ways() {
    for end in ["\n", "\r", "\r\n"] {
        let text = format!("event: a{end}data: 1{end}{end}data: 2{end}{end}");
        assert_eq!(whole(&text), [event("a", "1"), event("", "2")], "{end:?}");
    }
}

#[test]
fn an_event_is_there_before_the_byte_behind_its_return() {
    assert_eq!(whole("data: 1\r\r"), [event("", "1")]);
    let (events, ..) = read([&b"data: 1\r\n\r"[..], &b"\ndata: 2\n\n"[..]]);
    assert_eq!(events.len(), 2);
}

#[test]
fn fields_are_read_as_the_standard_says() {
    let cases: [(&str, &[(&str, &str)]); 14] = [
        ("data: a\ndata: b\n\n", &[("", "a\nb")]),
        ("data\n\n", &[("", "")]),
        ("data\ndata\n\n", &[("", "\n")]),
        ("data:a\n\n", &[("", "a")]),
        ("data:  a \n\n", &[("", " a ")]),
        (": comment\ndata: a\n:\n\n", &[("", "a")]),
        ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &[("", "a")]),
        ("event: x\n\ndata: a\n\n", &[("", "a")]),
        ("event: x\nevent: y\ndata: a\n\n", &[("y", "a")]),
        ("Data: a\n\n", &[]),
        ("data : a\n\n", &[]),
        ("data: unfinished", &[]),
        ("data: unfinished\n", &[]),
        ("\n\n\ndata: a: b\n\n", &[("", "a: b")]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(name, data)| event(name, data)).collect();
        assert_eq!(whole(text), expected, "{text:?}");
    }
}

#[test]
fn an_id_counts_from_its_blank_line_on() {
    let (events, id, retry) =
        read([&b"id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid: x\0\ndata: c\n\nretry: 20\nretry: 3x\nid: 9"[..]]);
    let ids: Vec<&str> = events.iter().map(|(.., id)| id.as_str()).collect();
    assert_eq!((ids, id.as_str(), retry), (vec!["1", "1", "2"], "2", Some(20)));
    assert_eq!(read([&b"id: 1\n\nid\n\n"[..]]).1, "");
    assert_eq!(read([&b"retry: 99999999999999999999999\n"[..]]).2, None);
}

#[test]
fn what_grows_without_end_is_refused() {
    let refused = |chunks: &[&[u8]]| {
        let mut parser = Parser::new(16);
        chunks.iter().find_map(|chunk| {
            let mut chunk = *chunk;
            parser.advance(&mut chunk).err()
        })
    };
    assert_eq!(refused(&[b"data: 0123456789abcdef\n\n"]), None);
    assert_eq!(refused(&[b"data: 0123456789abcdefg\n\n"]), Some(TooLarge(16)));
    assert_eq!(refused(&[b"data: 01234567\n", b"data: 01234567\n"]), Some(TooLarge(16)));
    assert_eq!(refused(&[b"data: 0123456", b"789ab"]), Some(TooLarge(16)));
    assert_eq!(refused(&[b": comment\n\n", b": comment\n\n", b": comment\n\n"]), None);
}

/// Bytes made of the pieces that matter, and of anything.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(vec![
            "data", "data:", "data: a", "event: b", "id: 1", "id:", "retry: 7", ":", " ", "\n", "\n", "\n\n", "\r",
            "\r\n", "\r\n\r\n", "\u{feff}", "é", "\0",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_chunking_says_the_same(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let expected = model(&bytes);
        prop_assert_eq!(&read(chunks), &expected);
        prop_assert_eq!(&read(bytes.chunks(1)), &expected);
    }
}
