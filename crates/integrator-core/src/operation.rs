//! What one endpoint is, as data: the generator writes [`Operation`]s, the engine runs them.
//!
//! Nothing here runs code. A provider crate holds one `static` per endpoint and the pipeline reads it.

/// One endpoint of a provider.
///
/// Generated code spells out only what differs from [`Operation::DEFAULT`].
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The provider's own `operationId`.
    pub id: &'static str,
    /// Dotted name in the official SDK's words, `customers.create`.
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template, `/v1/customers/{customer}`.
    pub path: &'static str,
    /// Every argument; a call addresses them by position in this list.
    pub arguments: &'static [Argument],
    /// Values that the document allows an argument to take, by position in `arguments`.
    pub bounds: &'static [(u16, Bound)],
    /// How the body is encoded.
    pub body: Body,
    /// How lists are spelled where the body is multipart.
    pub lists: Lists,
    /// What a success answers.
    pub answer: Answer,
    /// Whether a repeat can do harm.
    pub repeat: Repeat,
    /// Arguments which, when given, turn a [`Repeat::Repeatable`] operation into an unsafe one.
    pub repeatable_unless: &'static [&'static str],
    /// How to ask for the next page, where there are pages.
    pub paging: Option<Paging>,
    /// How the answer comes as a stream of events, where it does.
    pub stream: Option<Streaming>,
    /// Name of the group of operations that share a limit and a circuit.
    pub group: &'static str,
    /// Name of the key that it needs in place of the usual one; the usual one is sent where the client has no such key.
    pub key: Option<&'static str>,
    /// Base URL of this operation where it differs from the provider's.
    pub server: Option<&'static str>,
    /// Headers that this operation alone needs, such as a beta flag.
    pub headers: &'static [(&'static str, &'static str)],
    /// How a query is sent that is too long for a URL.
    pub long_query: Option<LongQuery>,
    /// The provider announced the end of this operation.
    pub deprecated: bool,
}

impl Operation {
    /// The values that most operations share.
    pub const DEFAULT: Self = Self {
        id: "",
        name: "",
        method: Method::Get,
        path: "/",
        arguments: &[],
        bounds: &[],
        body: Body::None,
        lists: Lists::Indexed,
        answer: Answer::Json,
        repeat: Repeat::Unsafe,
        repeatable_unless: &[],
        paging: None,
        stream: None,
        group: "default",
        key: None,
        server: None,
        headers: &[],
        long_query: None,
        deprecated: false,
    };

    /// Position of the argument with this wire name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<usize> {
        self.arguments.iter().position(|argument| argument.name == name)
    }

    /// Position of the argument with this wire name that takes a file, else of the one that takes a value.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<usize> {
        let takes_file = |place| matches!(place, Place::File | Place::Files { .. });
        let mut arguments = self.arguments.iter();
        let file = arguments.position(|argument| argument.name == name && takes_file(argument.place));
        file.or_else(|| self.argument(name))
    }
}

/// HTTP method (RFC 9110, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// `SEARCH` (used by Directus)
    Search,
}

impl Method {
    /// The method as it stands on the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Search => "SEARCH",
        }
    }
}

/// One argument of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// Name on the wire.
    pub name: &'static str,
    /// Where it goes.
    pub place: Place,
    /// Must be given before the call is sent.
    pub required: bool,
}

impl Argument {
    /// A segment of the path; always required.
    #[must_use]
    pub const fn path(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Path,
            required: true,
        }
    }

    /// A member of the body.
    #[must_use]
    pub const fn field(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Field,
            required: false,
        }
    }

    /// A file in the body.
    #[must_use]
    pub const fn file(name: &'static str) -> Self {
        Self {
            name,
            place: Place::File,
            required: false,
        }
    }

    /// The whole body.
    #[must_use]
    pub const fn body(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Body,
            required: false,
        }
    }

    /// Files in the body: the name of the part where there is one file, and where there are several.
    #[must_use]
    pub const fn files(name: &'static str, one: &'static str, many: &'static str) -> Self {
        Self {
            name,
            place: Place::Files { one, many },
            required: false,
        }
    }

    /// A member of a multipart body that has a media type of its own.
    #[must_use]
    pub const fn part(name: &'static str, media_type: &'static str) -> Self {
        Self {
            name,
            place: Place::Part(media_type),
            required: false,
        }
    }

    /// A header.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Header,
            required: false,
        }
    }

    /// A query parameter, in the default style.
    #[must_use]
    pub const fn query(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Query(QueryStyle::Form),
            required: false,
        }
    }

    /// The same query parameter in another style.
    #[must_use]
    pub const fn styled(self, style: QueryStyle) -> Self {
        Self {
            place: Place::Query(style),
            ..self
        }
    }

    /// The same argument, which must be given.
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { required: true, ..self }
    }
}

/// Where an argument goes in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A `{name}` segment of the path.
    Path,
    /// The query string, in this style.
    Query(QueryStyle),
    /// A header of this name.
    Header,
    /// A member of the body object.
    Field,
    /// A member of a multipart body that takes an [`Upload`](crate::Upload), or the whole of a [raw](Body::Raw) one.
    ///
    /// Another argument of the same name takes what may stand there in place of a file.
    File,
    /// A member of a multipart body that takes one [`Upload`](crate::Upload) or several.
    Files {
        /// Name of the part where there is one file.
        one: &'static str,
        /// Name of each part where there are several.
        many: &'static str,
    },
    /// A member of a multipart body with this media type; what is no text is written as JSON.
    Part(&'static str),
    /// The whole body.
    Body,
}

impl Place {
    /// Whether it is a member of the body.
    pub(crate) const fn is_in_body(self) -> bool {
        matches!(self, Self::Field | Self::File | Self::Files { .. } | Self::Part(_))
    }
}

/// How a value becomes query parameters (OpenAPI 3.1 `style` and `explode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryStyle {
    /// `a=1&a=2`; objects become `key=value`. OpenAPI's default (`form`, exploded).
    Form,
    /// `a=1,2` (`form`, not exploded).
    Comma,
    /// `a=1%202` (`spaceDelimited`).
    Space,
    /// `a=1%7C2` (`pipeDelimited`).
    Pipe,
    /// `a[key]=v`, `a[0]=v`, nested without limit (`deepObject` as Stripe reads it).
    Deep,
    /// `a={"key":"v"}`: JSON text (a `content` parameter).
    Json,
}

/// How a query is sent that is too long for a URL: as the body of another method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongQuery {
    /// Method that is sent instead.
    pub method: Method,
    /// Request header that takes the method that is meant, `x-http-method-override`.
    pub header: Option<&'static str>,
    /// Member of the JSON body that takes the parameters.
    pub member: &'static str,
}

impl LongQuery {
    /// Greatest length of a query that still goes into the URL, in bytes: half of what widespread servers take for a
    /// whole request line.
    pub const ABOVE: usize = 4 * 1024;
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// There is none.
    None,
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`, nested as `a[b][0]=c`.
    Form,
    /// `multipart/form-data`, streamed.
    Multipart,
    /// `multipart/form-data` when an upload is given, else JSON.
    MultipartOrJson,
    /// `application/xml`, under a root element of this name.
    Xml(&'static str),
    /// The argument in [`Place::Body`] or [`Place::File`] as it is, with this media type.
    Raw(&'static str),
}

/// How a list is spelled in a multipart body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lists {
    /// `a[0]`, `a[1]`
    Indexed,
    /// `a[]`, `a[]`
    Bracketed,
}

/// What a success answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A JSON document.
    Json,
    /// A JSON document, or text, which then is read as a string; the answer's media type says which.
    JsonOrText,
    /// An XML document.
    Xml,
    /// Plain text.
    Text,
    /// Bytes, streamed to the caller.
    Bytes,
    /// Nothing.
    None,
}

/// Whether a repeat of a call can do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeat {
    /// Reads only (RFC 9110, 9.2.1).
    Safe,
    /// A repeat has the same effect as the first (RFC 9110, 9.2.2).
    Idempotent,
    /// An idempotency key is sent, so the provider recognises a repeat.
    Keyed,
    /// No lasting effect but cost.
    Repeatable,
    /// A repeat may do it twice.
    Unsafe,
}

/// A limit that the document puts on an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Bound {
    /// Least number of characters of a string.
    MinLength(u64),
    /// Greatest number of characters of a string.
    MaxLength(u64),
    /// Least value of a number.
    Minimum(f64),
    /// Greatest value of a number.
    Maximum(f64),
    /// Least number of members of a list.
    MinItems(u64),
    /// Greatest number of members of a list.
    MaxItems(u64),
}

/// How an answer comes as a stream of events.
///
/// What all streams of a provider have in common is its [`StreamFacts`](crate::provider::StreamFacts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streaming {
    /// Argument that asks for a stream and the JSON that it takes, `("stream", "true")`; none when the answer is always
    /// one. It stands in [`Operation::arguments`] and has no setter.
    pub switch: Option<(&'static str, &'static str)>,
    /// How events stand in the answer.
    pub framing: Framing,
    /// Types of events that come before any content: while there are only these, a failure is one of the attempt.
    pub opening: &'static [&'static str],
    /// Types of events that are the last one.
    ///
    /// A stream without one of these and without the provider's end marker was cut, unless it knows neither.
    pub last: &'static [&'static str],
    /// Types of events that may be the last one: more may follow, and an answer that ends behind one was not cut.
    pub closing: &'static [&'static str],
}

impl Streaming {
    /// Switched on by `"stream": true`, server-sent events, no type known.
    pub const DEFAULT: Self = Self {
        switch: Some(("stream", "true")),
        framing: Framing::Data,
        opening: &[],
        last: &[],
        closing: &[],
    };
}

/// How events stand in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events: the data is the event, and its member `type` says which.
    Data,
    /// Server-sent events: the event is `{"event": …, "data": …}` of the lines of these names.
    Named,
    /// One JSON document a line.
    Lines,
}

/// How an answer leads to the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// Dotted path of the list in the answer; empty when the answer is the list.
    pub items: &'static str,
    /// How to ask for what follows.
    pub next: Next,
    /// Name of the argument that sets the size of a page.
    pub size: Option<&'static str>,
}

/// How to ask for what follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// `argument` takes `field` of the last item, until the member at `more` is false or the page is empty.
    LastItem {
        /// Argument that takes the cursor.
        argument: &'static str,
        /// Field of the last item.
        field: &'static str,
        /// Dotted path of the flag that says whether more follows; empty when there is none.
        more: &'static str,
    },
    /// `argument` takes the token at `path`, until it is null, missing or empty.
    Token {
        /// Argument that takes the token.
        argument: &'static str,
        /// Dotted path of the token in the answer.
        path: &'static str,
        /// Dotted path of the flag that says whether more follows; empty when there is none.
        more: &'static str,
    },
    /// The URL at `path` is the next page; followed only to the same origin.
    Url {
        /// Dotted path of the URL in the answer.
        path: &'static str,
    },
    /// `argument` counts the items seen, until the flag at `more` is false or a page is short.
    Offset {
        /// Argument that takes the offset.
        argument: &'static str,
        /// Dotted path of the flag that says whether more follows; empty when there is none.
        more: &'static str,
    },
}
