//! [`Change`]: one thing that is otherwise in the new document.

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// Where it is.
    pub(super) owner: Owner,
    /// What it is about.
    pub(super) kind: Kind,
    /// Somebody's code stops compiling or working.
    pub(super) breaks: bool,
    /// What it is, as one line of Markdown.
    pub(super) text: String,
    /// How many things it names.
    pub(super) count: usize,
}

/// Where a change is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// In what the provider delivers.
    Events,
    /// In one operation.
    Operation {
        /// Path template.
        path: String,
        /// Lower-case method.
        method: String,
    },
    /// In a component.
    Schema(String),
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An operation as a whole.
    Operation,
    /// An argument beside the body.
    Parameter,
    /// A type as a whole.
    Type,
    /// A member of a body, an answer or a type.
    Field,
    /// Values of an enum, members of a union.
    Value,
    /// What the provider delivers.
    Event,
}

impl Kind {
    /// All of them, in the order of the table.
    pub(super) const ALL: [Self; 6] = [
        Self::Operation,
        Self::Parameter,
        Self::Type,
        Self::Field,
        Self::Value,
        Self::Event,
    ];

    /// What the table calls it.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Operation => "operations",
            Self::Parameter => "parameters",
            Self::Type => "types",
            Self::Field => "fields",
            Self::Value => "values of enums and unions",
            Self::Event => "webhook events",
        }
    }
}

/// A name of the document as code in Markdown, whatever is in it.
pub(super) fn code(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            '`' => '\'',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .collect();
    format!("`{plain}`")
}

/// Several names, `a`, `b`.
pub(super) fn codes<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}
