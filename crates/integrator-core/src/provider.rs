//! What a company's API is, as data: the generator writes one [`Provider`] from `specs/<p>/provider.toml`.

use crate::operation::{Operation, Repeat};

/// One provider: everything that the engine must know and that is not an operation.
#[derive(Debug, Clone, Copy)]
pub struct Provider {
    /// Lower-case name, `stripe`; also the crate's and the contract's.
    pub name: &'static str,
    /// The name as the company writes it.
    pub title: &'static str,
    /// Version of the API that the operations were generated from.
    pub version: &'static str,
    /// Where calls go unless the user says otherwise; none when every user has an own instance.
    pub base_url: Option<&'static str>,
    /// Environment variable that `from_env` reads the base URL from.
    pub base_url_env: &'static str,
    /// Environment variable that `from_env` reads the key from.
    pub credential_env: &'static str,
    /// How the key of `from_env` is sent.
    pub scheme: Scheme,
    /// Where access tokens come from, where the provider has OAuth.
    pub oauth: Option<&'static OAuthFacts>,
    /// How a person logs in by operations of the provider's own.
    pub login: Option<&'static LoginFacts>,
    /// Keys that some operations need in place of that one; sent the same way.
    pub keys: &'static [KeyFact],
    /// What keys look like; of several that fit, the longest counts.
    pub key_shapes: &'static [KeyShape],
    /// Header, of requests and answers, that names a version of the API.
    pub version_header: Option<&'static str>,
    /// Dotted name of an operation that only reads, needs no argument and is open to every key.
    pub probe: Option<&'static str>,
    /// Headers that every request carries, such as a version pin.
    pub headers: &'static [(&'static str, &'static str)],
    /// Response headers that hold the provider's request id, the first that is there counts.
    pub request_id: &'static [&'static str],
    /// Request headers that select an account: they join the credential's identity.
    pub scope_headers: &'static [&'static str],
    /// Request header that opts in to features in beta; values from everywhere are joined by commas.
    pub beta_header: Option<&'static str>,
    /// How idempotency keys are sent, where the provider takes them.
    pub idempotency: Option<Idempotency>,
    /// What may be repeated.
    pub retry: RetryFacts,
    /// Where error bodies keep what they say.
    pub errors: ErrorFacts,
    /// What its streams of events have in common.
    pub stream: StreamFacts,
    /// Known limits.
    pub limits: &'static [LimitFact],
    /// What answers say about limits.
    pub throttling: Throttling,
    /// Names of body members that are masked wherever a body is printed.
    pub redact: &'static [&'static str],
    /// Header names that may be printed, beside core's own list.
    pub printable_headers: &'static [&'static str],
    /// Arguments that ask for the page before an item; lists are followed forwards only, so that none may be given then.
    pub back_arguments: &'static [&'static str],
    /// Time limits that this provider needs.
    pub timeouts: Timeouts,
    /// Every operation.
    pub operations: &'static [&'static Operation],
}

impl Provider {
    /// The values that most providers share.
    pub const DEFAULT: Self = Self {
        name: "",
        title: "",
        version: "",
        base_url: None,
        base_url_env: "",
        credential_env: "",
        scheme: Scheme::Bearer,
        oauth: None,
        login: None,
        keys: &[],
        key_shapes: &[],
        version_header: None,
        probe: None,
        headers: &[],
        request_id: &["x-request-id", "request-id"],
        scope_headers: &[],
        beta_header: None,
        idempotency: None,
        retry: RetryFacts::DEFAULT,
        errors: ErrorFacts::DEFAULT,
        stream: StreamFacts::DEFAULT,
        limits: &[],
        throttling: Throttling::DEFAULT,
        redact: &[],
        printable_headers: &[],
        back_arguments: &[],
        timeouts: Timeouts::DEFAULT,
        operations: &[],
    };

    /// What a key is, by what it begins with; none where nobody knows.
    #[must_use]
    pub fn key_shape(&self, key: &str) -> Option<&'static KeyShape> {
        let fitting = self.key_shapes.iter().filter(|shape| key.starts_with(shape.prefix));
        fitting.max_by_key(|shape| shape.prefix.len())
    }

    /// The operation of this dotted SDK name or `operationId`.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations
            .iter()
            .copied()
            .find(|operation| operation.name == name || operation.id == name)
    }
}

/// A key that some operations need in place of the usual one, such as that of an organization's administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFact {
    /// Its name; an operation says it in [`Operation::key`].
    pub name: &'static str,
    /// Environment variable that `from_env` reads it from, if it is set.
    pub env: &'static str,
}

/// What some keys begin with, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyShape {
    /// What they begin with.
    pub prefix: &'static str,
    /// What they are, in lower case: `publishable key`.
    pub what: &'static str,
    /// What they are good for.
    pub opens: Opens,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opens {
    /// Calls.
    Calls,
    /// Calls that need the key of this name ([`Provider::keys`]), and no others.
    Key(&'static str),
    /// No calls.
    Nothing,
}

/// How a key is attached to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `Authorization: Bearer <key>` (RFC 6750).
    Bearer,
    /// `Authorization: Basic base64(<key>:)`: the key is the user, the password is empty (RFC 7617).
    BasicUser,
    /// The key alone in a header of this name.
    Header(&'static str),
    /// The key in a query parameter of this name.
    Query(&'static str),
}

/// Where access tokens come from (RFC 6749).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OAuthFacts {
    /// Where a user consents.
    pub authorize_url: Option<&'static str>,
    /// Where tokens are obtained and renewed.
    pub token_url: &'static str,
    /// How the client proves who it is there.
    pub client_auth: ClientAuth,
    /// A code is bound to whoever asked for it (RFC 7636).
    pub pkce: bool,
    /// A refresh token can be used once; its answer holds the next.
    pub single_use_refresh: bool,
}

/// How a client proves who it is to a token endpoint (RFC 6749, 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_id` and `client_secret` in the body.
    Body,
    /// Both in an `Authorization: Basic` header.
    Basic,
}

/// How a person logs in by operations of the provider's own, which take and answer JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginFacts {
    /// Path of the operation that logs in.
    pub login_path: &'static str,
    /// Path of the operation that renews.
    pub refresh_path: &'static str,
    /// Argument that takes the user.
    pub user_argument: &'static str,
    /// Argument that takes the password.
    pub password_argument: &'static str,
    /// Argument that takes the refresh token.
    pub refresh_argument: &'static str,
    /// Arguments that both take, with their values.
    pub constant: &'static [(&'static str, &'static str)],
    /// Dotted path of the access token in the answer.
    pub access_path: &'static str,
    /// Dotted path of the refresh token.
    pub refresh_token_path: &'static str,
    /// Dotted path of the access token's lifetime in milliseconds.
    pub expires_ms_path: &'static str,
}

/// How idempotency keys are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// Request header that carries the key.
    pub header: &'static str,
    /// Greatest length of a key, in characters.
    pub max_length: usize,
    /// Response header that says that an earlier answer was replayed.
    pub replayed_header: Option<&'static str>,
}

/// What a provider says about repeats.
#[derive(Debug, Clone, Copy)]
pub struct RetryFacts {
    /// Response header with `true` or `false`: whether a repeat makes sense.
    pub verdict_header: Option<&'static str>,
    /// A verdict of `true` also covers operations that may not be repeated.
    pub verdict_covers_unsafe: bool,
    /// Statuses with a rule of their own; they go before the general table.
    pub statuses: &'static [StatusRule],
    /// Statuses with which the provider refuses before it does any work, so that even unsafe calls may be repeated.
    pub refused_before_work: &'static [u16],
    /// Error codes of a 429 that waiting does not cure.
    pub quota_codes: &'static [&'static str],
}

impl RetryFacts {
    /// No header, no rule.
    pub const DEFAULT: Self = Self {
        verdict_header: None,
        verdict_covers_unsafe: false,
        statuses: &[],
        refused_before_work: &[],
        quota_codes: &[],
    };
}

/// What to do about one status, such as 408, 409 or 425.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRule {
    /// HTTP status.
    pub status: u16,
    /// Only with this error code; any when none.
    pub code: Option<&'static str>,
    /// Classes of operations that may be repeated.
    pub repeat: &'static [Repeat],
}

/// Where error bodies keep what they say: dotted paths, the first that is there counts.
#[derive(Debug, Clone, Copy)]
pub struct ErrorFacts {
    /// Paths of the machine-readable code; `errors.0.code` reads the first member of a list.
    pub code: &'static [&'static str],
    /// Paths of the message.
    pub message: &'static [&'static str],
    /// Member of an answer that says that the call failed, also in a success; null and empty lists say nothing.
    pub member: Option<&'static str>,
    /// Known codes.
    pub codes: &'static [ErrorCode],
}

impl ErrorFacts {
    /// The shapes that most APIs use, RFC 9457 among them.
    pub const DEFAULT: Self = Self {
        code: &["error.code", "error.type", "code", "type"],
        message: &["error.message", "message", "detail", "title", "error"],
        member: None,
        codes: &[],
    };
}

/// What streams of events have in common: how they end, and how a failure stands in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamFacts {
    /// Data that begins with this ends a stream, such as `[DONE]`.
    pub done: Option<&'static str>,
    /// An event of this type, by its `event:` line or its member `type`, says that the call failed.
    pub error_type: Option<&'static str>,
    /// An event with this member, unless it is null, says that the call failed.
    pub error_member: Option<&'static str>,
}

impl StreamFacts {
    /// The stream ends where the answer ends, and events of the type `error` are failures.
    pub const DEFAULT: Self = Self {
        done: None,
        error_type: Some("error"),
        error_member: None,
    };
}

/// One documented error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The code as it stands in the body.
    pub code: &'static str,
    /// HTTP status that it comes with; 0 when several.
    pub status: u16,
    /// What the caller can do about it.
    pub recovery: RecoveryFact,
    /// Our own one-line meaning.
    pub meaning: &'static str,
}

/// What a caller can do about an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryFact {
    /// Wait, then send the same again.
    RetryLater,
    /// Change the request.
    FixRequest,
    /// Renew or replace the credential.
    Reauthenticate,
    /// Ask for a higher quota or pay.
    RaiseQuota,
    /// Talk to the provider.
    ContactProvider,
    /// Look up whether it was done before sending it again.
    CheckOutcome,
}

/// A documented limit, for `describe`, docs and the limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitFact {
    /// Group of operations that share it.
    pub group: &'static str,
    /// Requests in the window.
    pub requests: u32,
    /// Length of the window in seconds.
    pub seconds: u32,
}

/// What answers say about limits, and what they count beside requests.
#[derive(Debug, Clone, Copy)]
pub struct Throttling {
    /// Headers that say what is left.
    pub windows: &'static [WindowFact],
    /// What the body of a refusal says.
    pub body: Option<BodyWindow>,
    /// The header of a refusal that says what was too much.
    pub reasons: Option<Reasons>,
    /// Error codes of a 429 that have nothing to do with a rate.
    pub unrelated_codes: &'static [&'static str],
    /// Where an answer says how many tokens it used: sums of dotted paths (`usage.in + usage.out`), the first of which
    /// anything is there counts. Empty where the provider counts no tokens.
    pub usage: &'static [&'static str],
    /// Arguments that bound how many tokens the answer takes.
    pub output: &'static [&'static str],
}

impl Throttling {
    /// Nothing but the status 429.
    pub const DEFAULT: Self = Self {
        windows: &[],
        body: None,
        reasons: None,
        unrelated_codes: &[],
        usage: &[],
        output: &[],
    };
}

/// Headers that say how much of one resource is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowFact {
    /// What is counted.
    pub resource: Resource,
    /// Where it stands.
    pub source: WindowSource,
    /// How it comes back.
    pub refill: Refill,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// Requests.
    Requests,
    /// Tokens of a language model.
    Tokens,
}

/// Where answers say what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowSource {
    /// In three headers.
    Headers {
        /// Header with all there is in a window.
        limit: &'static str,
        /// Header with what is left of it.
        remaining: &'static str,
        /// Header that says when it comes back.
        reset: &'static str,
        /// How that is written.
        format: ResetFormat,
    },
    /// In one header of this name: `limit=100, remaining=50, reset=5`, the reset in seconds.
    Pairs(&'static str),
}

/// How the time of a reset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetFormat {
    /// `5` or `5.2`: seconds from now.
    Seconds,
    /// `6m0s`, `17ms`: from now.
    Duration,
    /// `2026-11-24T20:00:00Z` (RFC 3339).
    Rfc3339,
}

/// How what was used comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refill {
    /// All at once at the reset.
    AtReset,
    /// Evenly, so that all of it is back at the reset.
    Gradual,
}

/// Where the body of a refusal says what is left: nothing, until the reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyWindow {
    /// Dotted path of what there is in a window.
    pub limit: &'static str,
    /// Dotted path of when it comes back.
    pub reset: &'static str,
    /// How that is written.
    pub format: ResetFormat,
}

/// What the reason of a refusal means; a reason that is not listed means the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasons {
    /// Response header.
    pub header: &'static str,
    /// Its values.
    pub drains: &'static [(&'static str, Drains)],
}

/// Whom a refusal holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drains {
    /// Every call for the identity.
    Identity,
    /// Calls of the same group.
    Group,
    /// Calls of the same operation.
    Operation,
    /// Nobody else: one object was in use.
    Nothing,
}

/// Time limits in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS.
    pub connect_ms: u64,
    /// From the end of the request to the head of the answer.
    pub first_byte_ms: u64,
    /// Between two chunks of a body.
    pub idle_ms: u64,
    /// The whole call: queueing, sleeping and all attempts.
    pub deadline_ms: u64,
}

impl Timeouts {
    /// 5 s, 60 s, 60 s and 2 min.
    pub const DEFAULT: Self = Self {
        connect_ms: 5_000,
        first_byte_ms: 60_000,
        idle_ms: 60_000,
        deadline_ms: 120_000,
    };
}
