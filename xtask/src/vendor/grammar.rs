//! What an OpenAPI document is made of: which members an object has, what they hold, and which of them are facts.
//!
//! One table serves the stripper, the canonical order and the checks. It holds no code: a member that is not named here
//! is no fact, and the order of the members here is the canonical order.

/// What a place in the document holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A fact, copied as it is.
    Fact,
    /// A fact if it is one word, such as a schema's title; else prose.
    Name,
    /// The `description` of a response, which OpenAPI demands: kept as an empty string.
    Blank,
    /// Prose: dropped, unless the user keeps it.
    Prose,
    /// An object of the specification.
    Object(&'static Object),
    /// A schema: an object of the specification, or a boolean.
    Schema,
    /// An object whose keys the document chooses, in this order.
    Map(&'static Self, Order),
    /// A sorted map that may hold extensions beside its own keys.
    Extensible(&'static Self),
    /// A list.
    List(&'static Self),
    /// A schema, or a list of schemas (`items` of older drafts).
    Schemas,
    /// The scopes of an OAuth flow: the names are facts, their texts are prose.
    Scopes,
}

/// In which order the keys of a map are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By name: the document's own order says nothing.
    Sorted,
    /// As in the document: the order is a fact.
    Kept,
}

/// One kind of object.
#[derive(Debug)]
pub(crate) struct Object {
    /// What the specification calls it, for messages.
    pub(crate) name: &'static str,
    /// Its members in canonical order.
    pub(crate) members: &'static [(&'static str, Shape)],
}

impl Object {
    /// What this member holds, if the specification knows it.
    pub(crate) fn member(&self, name: &str) -> Option<Shape> {
        self.members
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, shape)| *shape)
    }
}

/// The HTTP methods that a path item may hold.
pub(crate) const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "search",
];

/// Extensions that carry facts; every other `x-` member goes.
pub(crate) const EXTENSIONS: [&str; 42] = [
    "x-access-token-seconds",
    "x-anthropic-beta-default",
    "x-collection",
    "x-conditional",
    "x-custom-fields",
    "x-date-time",
    "x-documented-required",
    "x-error-codes",
    "x-event-stream",
    "x-expandableFields",
    "x-expansionResources",
    "x-fields-parameter",
    "x-formats",
    "x-http-method-override",
    "x-idempotent",
    "x-known-values",
    "x-max-range-days",
    "x-multipart-array-suffix",
    "x-mutually-exclusive",
    "x-oauth-endpoints",
    "x-official-operation-id",
    "x-one-of-required",
    "x-open-enum",
    "x-pagination",
    "x-pkce",
    "x-rate-limits",
    "x-refresh-token",
    "x-request-headers",
    "x-require-any-of",
    "x-require-when",
    "x-resourceId",
    "x-sdk-absent",
    "x-sdk-aliases",
    "x-sdk-name",
    "x-since",
    "x-stainless-const",
    "x-stainless-pagination-property",
    "x-tz-offset",
    "x-unverified",
    "x-update-semantics",
    "x-webhook-events",
    "x-webhook-signature",
];

/// Extensions whose members are named after properties, so that no member of theirs is prose.
pub(crate) const EXTENSIONS_BY_PROPERTY: [&str; 2] = ["x-conditional", "x-formats"];

/// Members of any other extension's value that are prose.
pub(crate) const EXTENSION_PROSE: [&str; 6] = ["description", "example", "examples", "note", "notes", "summary"];

/// The whole document.
pub(crate) static DOCUMENT: Object = Object {
    name: "document",
    members: &[
        ("openapi", Shape::Fact),
        ("info", Shape::Object(&INFO)),
        ("jsonSchemaDialect", Shape::Fact),
        ("servers", Shape::List(&SERVER)),
        ("security", Shape::Fact),
        ("tags", Shape::List(&TAG)),
        ("paths", Shape::Extensible(&PATH_ITEM)),
        ("webhooks", Shape::Map(&PATH_ITEM, Order::Sorted)),
        ("components", Shape::Object(&COMPONENTS)),
        ("externalDocs", Shape::Prose),
    ],
};

static INFO: Object = Object {
    name: "info object",
    members: &[
        ("title", Shape::Fact),
        ("version", Shape::Fact),
        ("summary", Shape::Prose),
        ("description", Shape::Prose),
        ("termsOfService", Shape::Prose),
        ("contact", Shape::Prose),
        ("license", Shape::Prose),
    ],
};

static SERVER: Shape = Shape::Object(&Object {
    name: "server object",
    members: &[
        ("url", Shape::Fact),
        ("name", Shape::Prose),
        ("description", Shape::Prose),
        (
            "variables",
            Shape::Map(
                &Shape::Object(&Object {
                    name: "server variable",
                    members: &[
                        ("enum", Shape::Fact),
                        ("default", Shape::Fact),
                        ("description", Shape::Prose),
                    ],
                }),
                Order::Kept,
            ),
        ),
    ],
});

static TAG: Shape = Shape::Object(&Object {
    name: "tag object",
    members: &[
        ("name", Shape::Fact),
        ("description", Shape::Prose),
        ("externalDocs", Shape::Prose),
    ],
});

static PATH_ITEM: Shape = Shape::Object(&PATH_ITEM_OBJECT);

static PATH_ITEM_OBJECT: Object = Object {
    name: "path item",
    members: &[
        ("$ref", Shape::Fact),
        ("summary", Shape::Prose),
        ("description", Shape::Prose),
        ("servers", Shape::List(&SERVER)),
        ("parameters", Shape::List(&PARAMETER)),
        ("get", Shape::Object(&OPERATION)),
        ("put", Shape::Object(&OPERATION)),
        ("post", Shape::Object(&OPERATION)),
        ("delete", Shape::Object(&OPERATION)),
        ("options", Shape::Object(&OPERATION)),
        ("head", Shape::Object(&OPERATION)),
        ("patch", Shape::Object(&OPERATION)),
        ("trace", Shape::Object(&OPERATION)),
        ("search", Shape::Object(&OPERATION)),
    ],
};

static OPERATION: Object = Object {
    name: "operation",
    members: &[
        ("operationId", Shape::Fact),
        ("summary", Shape::Prose),
        ("description", Shape::Prose),
        ("externalDocs", Shape::Prose),
        ("tags", Shape::Fact),
        ("deprecated", Shape::Fact),
        ("security", Shape::Fact),
        ("servers", Shape::List(&SERVER)),
        ("parameters", Shape::List(&PARAMETER)),
        ("requestBody", Shape::Object(&REQUEST_BODY)),
        ("responses", Shape::Extensible(&RESPONSE)),
        ("callbacks", Shape::Map(&CALLBACK, Order::Sorted)),
    ],
};

static CALLBACK: Shape = Shape::Extensible(&PATH_ITEM);

static PARAMETER: Shape = Shape::Object(&Object {
    name: "parameter",
    members: &[
        ("$ref", Shape::Fact),
        ("name", Shape::Fact),
        ("in", Shape::Fact),
        ("description", Shape::Prose),
        ("summary", Shape::Prose),
        ("required", Shape::Fact),
        ("deprecated", Shape::Fact),
        ("allowEmptyValue", Shape::Fact),
        ("style", Shape::Fact),
        ("explode", Shape::Fact),
        ("allowReserved", Shape::Fact),
        ("schema", Shape::Schema),
        ("content", Shape::Map(&MEDIA_TYPE, Order::Kept)),
        ("example", Shape::Prose),
        ("examples", Shape::Prose),
    ],
});

static HEADER: Shape = Shape::Object(&Object {
    name: "header",
    members: &[
        ("$ref", Shape::Fact),
        ("description", Shape::Prose),
        ("summary", Shape::Prose),
        ("required", Shape::Fact),
        ("deprecated", Shape::Fact),
        ("allowEmptyValue", Shape::Fact),
        ("style", Shape::Fact),
        ("explode", Shape::Fact),
        ("schema", Shape::Schema),
        ("content", Shape::Map(&MEDIA_TYPE, Order::Kept)),
        ("example", Shape::Prose),
        ("examples", Shape::Prose),
    ],
});

static REQUEST_BODY: Object = Object {
    name: "request body",
    members: &[
        ("$ref", Shape::Fact),
        ("description", Shape::Prose),
        ("summary", Shape::Prose),
        ("required", Shape::Fact),
        ("content", Shape::Map(&MEDIA_TYPE, Order::Kept)),
    ],
};

static RESPONSE: Shape = Shape::Object(&RESPONSE_OBJECT);

static RESPONSE_OBJECT: Object = Object {
    name: "response",
    members: &[
        ("$ref", Shape::Fact),
        ("description", Shape::Blank),
        ("summary", Shape::Prose),
        ("headers", Shape::Map(&HEADER, Order::Kept)),
        ("content", Shape::Map(&MEDIA_TYPE, Order::Kept)),
        ("links", Shape::Map(&LINK, Order::Kept)),
    ],
};

static LINK: Shape = Shape::Object(&Object {
    name: "link",
    members: &[
        ("$ref", Shape::Fact),
        ("operationRef", Shape::Fact),
        ("operationId", Shape::Fact),
        ("parameters", Shape::Fact),
        ("requestBody", Shape::Fact),
        ("description", Shape::Prose),
        (
            "server",
            Shape::Object(&Object {
                name: "server object",
                members: &[("url", Shape::Fact)],
            }),
        ),
    ],
});

static MEDIA_TYPE: Shape = Shape::Object(&Object {
    name: "media type",
    members: &[
        ("schema", Shape::Schema),
        ("encoding", Shape::Map(&ENCODING, Order::Kept)),
        ("example", Shape::Prose),
        ("examples", Shape::Prose),
    ],
});

static ENCODING: Shape = Shape::Object(&Object {
    name: "encoding",
    members: &[
        ("contentType", Shape::Fact),
        ("headers", Shape::Map(&HEADER, Order::Kept)),
        ("style", Shape::Fact),
        ("explode", Shape::Fact),
        ("allowReserved", Shape::Fact),
    ],
});

static COMPONENTS: Object = Object {
    name: "components object",
    members: &[
        ("schemas", Shape::Map(&Shape::Schema, Order::Sorted)),
        ("parameters", Shape::Map(&PARAMETER, Order::Sorted)),
        ("headers", Shape::Map(&HEADER, Order::Sorted)),
        (
            "requestBodies",
            Shape::Map(&Shape::Object(&REQUEST_BODY), Order::Sorted),
        ),
        ("responses", Shape::Map(&RESPONSE, Order::Sorted)),
        ("pathItems", Shape::Map(&PATH_ITEM, Order::Sorted)),
        ("callbacks", Shape::Map(&CALLBACK, Order::Sorted)),
        ("links", Shape::Map(&LINK, Order::Sorted)),
        ("securitySchemes", Shape::Map(&SECURITY_SCHEME, Order::Sorted)),
        ("examples", Shape::Prose),
    ],
};

static SECURITY_SCHEME: Shape = Shape::Object(&Object {
    name: "security scheme",
    members: &[
        ("$ref", Shape::Fact),
        ("type", Shape::Fact),
        ("description", Shape::Prose),
        ("scheme", Shape::Fact),
        ("bearerFormat", Shape::Fact),
        ("name", Shape::Fact),
        ("in", Shape::Fact),
        ("openIdConnectUrl", Shape::Fact),
        (
            "flows",
            Shape::Object(&Object {
                name: "OAuth flows",
                members: &[
                    ("authorizationCode", Shape::Object(&OAUTH_FLOW)),
                    ("clientCredentials", Shape::Object(&OAUTH_FLOW)),
                    ("implicit", Shape::Object(&OAUTH_FLOW)),
                    ("password", Shape::Object(&OAUTH_FLOW)),
                ],
            }),
        ),
    ],
});

static OAUTH_FLOW: Object = Object {
    name: "OAuth flow",
    members: &[
        ("authorizationUrl", Shape::Fact),
        ("tokenUrl", Shape::Fact),
        ("refreshUrl", Shape::Fact),
        ("scopes", Shape::Scopes),
    ],
};

/// A schema: OpenAPI 3.0's subset and all of JSON Schema 2020-12.
pub(crate) static SCHEMA: Object = Object {
    name: "schema",
    members: &[
        ("$ref", Shape::Fact),
        ("$recursiveRef", Shape::Fact),
        ("$dynamicRef", Shape::Fact),
        ("$id", Shape::Fact),
        ("$anchor", Shape::Fact),
        ("$dynamicAnchor", Shape::Fact),
        ("$schema", Shape::Fact),
        ("$comment", Shape::Prose),
        ("title", Shape::Name),
        ("description", Shape::Prose),
        ("type", Shape::Fact),
        ("nullable", Shape::Fact),
        ("format", Shape::Fact),
        ("const", Shape::Fact),
        ("enum", Shape::Fact),
        ("default", Shape::Fact),
        ("pattern", Shape::Fact),
        ("minLength", Shape::Fact),
        ("maxLength", Shape::Fact),
        ("minimum", Shape::Fact),
        ("exclusiveMinimum", Shape::Fact),
        ("maximum", Shape::Fact),
        ("exclusiveMaximum", Shape::Fact),
        ("multipleOf", Shape::Fact),
        ("contentEncoding", Shape::Fact),
        ("contentMediaType", Shape::Fact),
        ("contentSchema", Shape::Schema),
        ("deprecated", Shape::Fact),
        ("readOnly", Shape::Fact),
        ("writeOnly", Shape::Fact),
        ("discriminator", Shape::Object(&DISCRIMINATOR)),
        ("allOf", Shape::List(&Shape::Schema)),
        ("oneOf", Shape::List(&Shape::Schema)),
        ("anyOf", Shape::List(&Shape::Schema)),
        ("not", Shape::Schema),
        ("if", Shape::Schema),
        ("then", Shape::Schema),
        ("else", Shape::Schema),
        ("prefixItems", Shape::List(&Shape::Schema)),
        ("items", Shape::Schemas),
        ("additionalItems", Shape::Schema),
        ("unevaluatedItems", Shape::Schema),
        ("contains", Shape::Schema),
        ("minContains", Shape::Fact),
        ("maxContains", Shape::Fact),
        ("minItems", Shape::Fact),
        ("maxItems", Shape::Fact),
        ("uniqueItems", Shape::Fact),
        ("required", Shape::Fact),
        ("properties", Shape::Map(&Shape::Schema, Order::Kept)),
        ("patternProperties", Shape::Map(&Shape::Schema, Order::Kept)),
        ("additionalProperties", Shape::Schema),
        ("unevaluatedProperties", Shape::Schema),
        ("propertyNames", Shape::Schema),
        ("dependentRequired", Shape::Fact),
        ("dependentSchemas", Shape::Map(&Shape::Schema, Order::Kept)),
        ("minProperties", Shape::Fact),
        ("maxProperties", Shape::Fact),
        ("$defs", Shape::Map(&Shape::Schema, Order::Sorted)),
        ("definitions", Shape::Map(&Shape::Schema, Order::Sorted)),
        ("xml", Shape::Fact),
        ("externalDocs", Shape::Prose),
        ("example", Shape::Prose),
        ("examples", Shape::Prose),
    ],
};

static DISCRIMINATOR: Object = Object {
    name: "discriminator",
    members: &[
        ("propertyName", Shape::Fact),
        ("mapping", Shape::Map(&Shape::Fact, Order::Kept)),
    ],
};
