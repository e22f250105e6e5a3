//! `provider.toml`: the facts about a provider that its document does not hold.

use std::collections::BTreeMap;

use miette::{IntoDiagnostic, WrapErr};
use serde::Deserialize;

/// The file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// Name as the company writes it.
    pub(crate) title: String,
    /// Base URL; none when every user has an own instance.
    pub(crate) base_url: Option<String>,
    /// Environment variables that `from_env` reads.
    pub(crate) env: Environment,
    /// How the key of `from_env` is sent: `bearer`, `basic-user`, `header:<name>`, `query:<name>`.
    pub(crate) scheme: String,
    /// Where access tokens come from.
    pub(crate) oauth: Option<OAuth>,
    /// How a person logs in.
    pub(crate) login: Option<Login>,
    /// Headers that every request carries; `{version}` stands for the document's version.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Response headers that hold the request id.
    #[serde(default)]
    pub(crate) request_id: Vec<String>,
    /// Request headers that select an account.
    #[serde(default)]
    pub(crate) scope_headers: Vec<String>,
    /// Queries of path keys that mark a resource and are not sent, such as `beta=true`.
    #[serde(default)]
    pub(crate) path_markers: Vec<String>,
    /// Header parameters that the engine sends itself, so that no operation takes them as arguments.
    #[serde(default)]
    pub(crate) core_headers: Vec<String>,
    /// Keys that some operations need in place of the usual one.
    #[serde(default)]
    pub(crate) keys: Vec<Key>,
    /// The header that opts in to features in beta.
    pub(crate) beta: Option<Beta>,
    /// What keys look like, by what they begin with.
    #[serde(default)]
    pub(crate) key_shapes: Vec<KeyShape>,
    /// Header, of requests and answers, that names a version of the API.
    pub(crate) version_header: Option<String>,
    /// Operation that only reads, needs no argument and is open to every key, by its dotted name.
    pub(crate) probe: Option<String>,
    /// Response headers whose values may be printed.
    #[serde(default)]
    pub(crate) printable_headers: Vec<String>,
    /// Arguments that ask for the page before an item.
    #[serde(default)]
    pub(crate) back_arguments: Vec<String>,
    /// Members of bodies that are masked.
    #[serde(default)]
    pub(crate) redact: Vec<String>,
    /// Names of answer members that hold a list.
    #[serde(default)]
    pub(crate) lists: Vec<String>,
    /// Lists in multipart bodies are spelled `a[]` in place of `a[0]`.
    #[serde(default)]
    pub(crate) bracketed_lists: bool,
    /// Objects in queries are spelled `a[b]` in place of `b`.
    #[serde(default)]
    pub(crate) bracketed_queries: bool,
    /// Idempotency keys.
    pub(crate) idempotency: Option<Idempotency>,
    /// What may be repeated.
    #[serde(default)]
    pub(crate) retry: Retry,
    /// Repeat classes.
    #[serde(default)]
    pub(crate) repeat: Repeats,
    /// How a GET with a long query is sent.
    pub(crate) long_query: Option<LongQuery>,
    /// What streams of events have in common.
    pub(crate) stream: Option<Stream>,
    /// What is particular to the streams of one type of event.
    #[serde(default)]
    pub(crate) streams: Vec<Events>,
    /// Ways to page, tried in order.
    #[serde(default)]
    pub(crate) paging: Vec<Paging>,
    /// Limits.
    #[serde(default)]
    pub(crate) limits: Vec<Limit>,
    /// What answers say about limits.
    #[serde(default)]
    pub(crate) throttling: Throttling,
    /// Groups of operations that share limits and a circuit: name to `METHOD /path-prefix` (`*` for any
    /// method), the longest counts.
    /// `{body.model}` in a name stands for that argument's value.
    #[serde(default)]
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// Time limits in milliseconds.
    #[serde(default)]
    pub(crate) timeouts: BTreeMap<String, u64>,
    /// Where error bodies keep what they say, and the known codes.
    #[serde(default)]
    pub(crate) errors: Errors,
    /// Response fields that the provider omits although its document requires them: `Type.field`, `*` for all.
    #[serde(default)]
    pub(crate) lenient: Vec<String>,
    /// Names that settle collisions: operation id to dotted name.
    #[serde(default)]
    pub(crate) names: BTreeMap<String, String>,
    /// Where each fact comes from, for people.
    #[serde(default)]
    #[allow(dead_code, reason = "read by people")]
    pub(crate) sources: Vec<String>,
}

/// Environment variables.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    /// Of the key.
    pub(crate) credential: String,
    /// Of the base URL.
    pub(crate) base_url: String,
}

/// A key that some operations need in place of the usual one; sent as that one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Its name, `admin`.
    pub(crate) name: String,
    /// Environment variable.
    pub(crate) env: String,
    /// What the paths begin with.
    #[serde(default)]
    pub(crate) paths: Vec<String>,
    /// The document's security scheme.
    pub(crate) security: Option<String>,
}

/// What some keys begin with, and what they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyShape {
    /// What they begin with.
    pub(crate) prefix: String,
    /// What they are, `publishable key`.
    pub(crate) is: String,
    /// `calls`, `nothing`, or the name of one of [`Facts::keys`].
    pub(crate) opens: String,
}

/// The header that opts in to features in beta; its values add up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beta {
    /// Name of the header.
    pub(crate) header: String,
    /// Component that lists its values.
    pub(crate) values: Option<String>,
    /// Value that operations at and below a path need.
    #[serde(default)]
    pub(crate) paths: BTreeMap<String, String>,
}

/// Where access tokens come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth {
    /// Where a user consents.
    pub(crate) authorize_url: Option<String>,
    /// Where tokens are obtained and renewed.
    pub(crate) token_url: String,
    /// `body` or `basic`.
    pub(crate) client_auth: String,
    /// A code is bound to whoever asked for it.
    pub(crate) pkce: bool,
    /// A refresh token can be used once.
    pub(crate) single_use_refresh: bool,
}

/// How a person logs in by operations of the provider's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// Path of the operation that logs in.
    pub(crate) login_path: String,
    /// Path of the operation that renews.
    pub(crate) refresh_path: String,
    /// Argument that takes the user.
    pub(crate) user_argument: String,
    /// Argument that takes the password.
    pub(crate) password_argument: String,
    /// Argument that takes the refresh token.
    pub(crate) refresh_argument: String,
    /// Arguments that both take.
    #[serde(default)]
    pub(crate) constant: BTreeMap<String, String>,
    /// Dotted path of the access token.
    pub(crate) access_path: String,
    /// Dotted path of the refresh token.
    pub(crate) refresh_token_path: String,
    /// Dotted path of the lifetime in milliseconds.
    pub(crate) expires_ms_path: String,
}

/// What streams of events have in common.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Stream {
    /// Data that begins with this ends a stream.
    pub(crate) done: Option<String>,
    /// Type of an event that says that the call failed.
    pub(crate) error_type: Option<String>,
    /// Member of an event that says that the call failed.
    pub(crate) error_member: Option<String>,
}

/// What is particular to the streams of one type of event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    /// Rust type of the event.
    pub(crate) events: String,
    /// Types of events that come before any content.
    #[serde(default)]
    pub(crate) opening: Vec<String>,
    /// Types of events that are the last one.
    #[serde(default)]
    pub(crate) last: Vec<String>,
    /// Types of events that may be the last one.
    #[serde(default)]
    pub(crate) closing: Vec<String>,
}

/// Idempotency keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idempotency {
    /// Request header.
    pub(crate) header: String,
    /// Greatest length.
    pub(crate) max_length: usize,
    /// Response header of a replay.
    pub(crate) replayed_header: Option<String>,
    /// Which requests take a key: `METHOD /path-prefix`.
    pub(crate) keyed: Vec<String>,
}

/// What may be repeated.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// Header with the provider's verdict.
    pub(crate) verdict_header: Option<String>,
    /// The verdict also covers unsafe operations.
    pub(crate) verdict_covers_unsafe: bool,
    /// Statuses with a rule of their own.
    pub(crate) statuses: Vec<Status>,
    /// Statuses that refuse before any work.
    pub(crate) refused_before_work: Vec<u16>,
    /// Codes of a 429 that waiting does not cure.
    pub(crate) quota_codes: Vec<String>,
}

/// What to do about one status.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    /// HTTP status.
    pub(crate) status: u16,
    /// Error code.
    pub(crate) code: Option<String>,
    /// Classes that may be repeated.
    pub(crate) repeat: Vec<String>,
}

/// How a GET with a long query is sent: as the body of another method.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LongQuery {
    /// `POST` or `SEARCH`.
    pub(crate) method: String,
    /// Request header that takes the method that is meant.
    pub(crate) header: Option<String>,
    /// Only operations with this parameter.
    pub(crate) argument: Option<String>,
    /// Member of the body that takes the parameters.
    pub(crate) member: String,
}

/// Repeat classes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Repeats {
    /// Methods that the provider documents as idempotent.
    pub(crate) idempotent_methods: Vec<String>,
    /// Class of single operations, by dotted name.
    pub(crate) operations: BTreeMap<String, String>,
    /// Arguments that make a repeatable operation unsafe, by dotted name.
    pub(crate) unless: BTreeMap<String, Vec<String>>,
}

/// One way to page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// `last_item`, `token`, `url` or `offset`.
    pub(crate) kind: String,
    /// Dotted path of the list.
    pub(crate) items: String,
    /// Argument that takes the cursor.
    #[serde(default)]
    pub(crate) argument: String,
    /// Field of the last item.
    #[serde(default)]
    pub(crate) field: String,
    /// Dotted path of the token or URL.
    #[serde(default)]
    pub(crate) path: String,
    /// Dotted path of the flag.
    #[serde(default)]
    pub(crate) more: String,
    /// Argument that sets the size of a page.
    pub(crate) size: Option<String>,
}

/// A documented limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// Group of operations.
    pub(crate) group: String,
    /// Requests in the window.
    pub(crate) requests: u32,
    /// Seconds of the window.
    pub(crate) seconds: u32,
}

/// What answers say about limits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Throttling {
    /// Headers that say what is left.
    pub(crate) windows: Vec<Window>,
    /// What the body of a refusal says.
    pub(crate) body: Option<BodyWindow>,
    /// The header of a refusal that says what was too much.
    pub(crate) reasons: Option<Reasons>,
    /// Error codes of a 429 that have nothing to do with a rate.
    pub(crate) unrelated_codes: Vec<String>,
    /// Where an answer says how many tokens it used: sums of dotted paths.
    pub(crate) usage: Vec<String>,
    /// Arguments that bound how many tokens the answer takes.
    pub(crate) output: Vec<String>,
}

/// Headers that say how much is left: either `pairs`, or the three others with a format.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    /// `requests` or `tokens`.
    pub(crate) resource: String,
    /// `at-reset` or `gradual`.
    pub(crate) refill: String,
    /// One header of `limit=, remaining=, reset=`.
    #[serde(default)]
    pub(crate) pairs: String,
    /// Header with all there is.
    #[serde(default)]
    pub(crate) limit: String,
    /// Header with what is left.
    #[serde(default)]
    pub(crate) remaining: String,
    /// Header that says when it comes back.
    #[serde(default)]
    pub(crate) reset: String,
    /// `seconds`, `duration` or `rfc3339`.
    #[serde(default)]
    pub(crate) format: String,
}

/// Where the body of a refusal says when more is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyWindow {
    /// Dotted path of what there is in a window.
    pub(crate) limit: String,
    /// Dotted path of when it comes back.
    pub(crate) reset: String,
    /// `seconds`, `duration` or `rfc3339`.
    pub(crate) format: String,
}

/// What the reason of a refusal means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reasons {
    /// Response header.
    pub(crate) header: String,
    /// Its values, to `identity`, `group`, `operation` or `nothing`.
    pub(crate) drains: BTreeMap<String, String>,
}

/// Error bodies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Errors {
    /// Dotted paths of the code.
    pub(crate) code: Vec<String>,
    /// Dotted paths of the message.
    pub(crate) message: Vec<String>,
    /// Member of an answer that says that the call failed, whatever its status.
    pub(crate) member: Option<String>,
    /// Known codes.
    pub(crate) codes: Vec<Code>,
}

/// A known error code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// As it stands in the body.
    pub(crate) code: String,
    /// HTTP status; 0 when several.
    #[serde(default)]
    pub(crate) status: u16,
    /// What the caller can do.
    pub(crate) recovery: String,
    /// Our one-line meaning.
    pub(crate) meaning: String,
}

impl Facts {
    /// Reads `specs/<provider>/provider.toml`.
    pub(crate) fn read(path: &std::path::Path) -> miette::Result<Self> {
        let text = std::fs::read_to_string(path)
            .into_diagnostic()
            .wrap_err_with(|| format!("read {}; every provider needs one", path.display()))?;
        toml::from_str(&text)
            .into_diagnostic()
            .wrap_err_with(|| format!("read {}", path.display()))
    }
}
