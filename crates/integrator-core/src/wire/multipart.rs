//! `multipart/form-data` (RFC 7578), streamed: fields from memory, files from wherever they are.
//!
//! The body is never whole in memory; it is opened anew for every attempt.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

use crate::transfer::{BodyStream, Upload};

/// A body that is streamed: the parts of a form, or one file as it is.
#[derive(Clone)]
pub struct Multipart {
    media_type: String,
    length: Option<u64>,
    replayable: bool,
    segments: Vec<Segment>,
}

#[derive(Clone)]
enum Segment {
    Bytes(Bytes),
    File(Upload),
}

impl Multipart {
    /// One file as the whole body.
    #[must_use]
    pub(crate) fn whole(media_type: &str, upload: Upload) -> Self {
        Self::new(media_type.to_owned(), vec![Segment::File(upload)])
    }

    fn new(media_type: String, segments: Vec<Segment>) -> Self {
        let length = segments.iter().try_fold(0_u64, |sum, segment| match segment {
            Segment::Bytes(bytes) => sum.checked_add(bytes.len() as u64),
            Segment::File(upload) => sum.checked_add(upload.length()?),
        });
        let replayable = segments.iter().all(|segment| match segment {
            Segment::Bytes(_) => true,
            Segment::File(upload) => upload.is_replayable(),
        });
        Self {
            media_type,
            length,
            replayable,
            segments,
        }
    }

    /// Value of the `Content-Type` header, boundary included.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Length of the body in bytes, where that of every file is known.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether the body can be opened a second time.
    #[must_use]
    pub const fn is_replayable(&self) -> bool {
        self.replayable
    }

    /// The body from its beginning. Files are opened before the first byte goes out.
    ///
    /// # Errors
    /// When a file is gone or changed its length, or when a stream was opened before.
    pub async fn open(&self) -> io::Result<BodyStream> {
        let mut parts = VecDeque::with_capacity(self.segments.len());
        for segment in &self.segments {
            parts.push_back(match segment {
                Segment::Bytes(bytes) => Part::Bytes(bytes.clone()),
                Segment::File(upload) => Part::File(upload.open_stream().await?),
            });
        }
        Ok(Box::pin(Parts(parts)))
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart")
            .field("length", &self.length)
            .field("replayable", &self.replayable)
            .field("segments", &self.segments.len())
            .finish_non_exhaustive()
    }
}

enum Part {
    Bytes(Bytes),
    File(BodyStream),
}

struct Parts(VecDeque<Part>);

impl Stream for Parts {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.0.front_mut() {
                None => return Poll::Ready(None),
                Some(Part::Bytes(bytes)) => {
                    let bytes = std::mem::take(bytes);
                    self.0.pop_front();
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Some(Part::File(stream)) => match ready!(stream.as_mut().poll_next(cx)) {
                    Some(chunk) => return Poll::Ready(Some(chunk)),
                    None => {
                        self.0.pop_front();
                    }
                },
            }
        }
    }
}

/// Collects the parts of a form.
#[derive(Debug)]
pub(crate) struct Builder {
    boundary: String,
    text: String,
    segments: Vec<Segment>,
}

impl Builder {
    /// Parts between lines that hold `seed`: 128 bits that whoever wrote the content cannot guess.
    pub(crate) fn new(seed: u128) -> Self {
        Self {
            boundary: format!("integrator-{seed:032x}"),
            text: String::new(),
            segments: Vec::new(),
        }
    }

    /// Adds a field, with a media type of its own where it has one.
    pub(crate) fn field(&mut self, name: &str, media_type: Option<&str>, value: &str) {
        self.open_part(name);
        if let Some(media_type) = media_type {
            self.text.push_str("\r\nContent-Type: ");
            self.text.push_str(media_type);
        }
        self.text.push_str("\r\n\r\n");
        self.text.push_str(value);
        self.text.push_str("\r\n");
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, upload: &Upload) {
        self.open_part(name);
        let media_type: Cow<'_, str> = match upload.content_type() {
            text if text.chars().all(|char| matches!(char, ' '..='~')) => text.into(),
            _ => "application/octet-stream".into(),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            self.text,
            "; filename=\"{}\"\r\nContent-Type: {media_type}\r\n\r\n",
            escape(upload.name())
        );
        self.flush();
        self.segments.push(Segment::File(upload.clone()));
        self.text.push_str("\r\n");
    }

    /// The finished body.
    pub(crate) fn finish(mut self) -> Multipart {
        let _ = write!(self.text, "--{}--\r\n", self.boundary);
        self.flush();
        Multipart::new(
            format!("multipart/form-data; boundary={}", self.boundary),
            self.segments,
        )
    }

    fn open_part(&mut self, name: &str) {
        let _ = write!(
            self.text,
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"",
            self.boundary,
            escape(name)
        );
    }

    fn flush(&mut self) {
        self.segments
            .push(Segment::Bytes(std::mem::take(&mut self.text).into()));
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(upload) => upload.fmt(f),
        }
    }
}

/// A seed for a boundary, from the keys that the standard library draws from the system for its hash maps.
pub(crate) fn seed() -> u128 {
    let draw = || u128::from(RandomState::new().hash_one(0_u8));
    draw() << 64 | draw()
}

/// Escapes a name as browsers do (WHATWG HTML, multipart/form-data encoding algorithm).
fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['"', '\r', '\n']) {
        Cow::Owned(name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests;
