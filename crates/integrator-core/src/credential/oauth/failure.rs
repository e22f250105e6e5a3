//! Why there is no token, and what to do about it.

use oauth2::basic::BasicErrorResponse;
use oauth2::{RequestTokenError, StandardErrorResponse};
use serde_json::Value;

use crate::error::body::is_token;
use crate::error::{Error, ErrorKind};

/// A renewal that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Another try would fail in the same way.
    pub(super) lasting: bool,
}

impl Failure {
    /// No answer, or none that says anything; it may pass.
    pub(super) fn passing(detail: impl Into<String>, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            error: Error::new(ErrorKind::NoToken, detail).caused_by(source),
            lasting: false,
        }
    }

    /// What the request lacks.
    pub(super) fn lasting(detail: impl Into<String>) -> Self {
        Self {
            error: Error::new(ErrorKind::Unauthenticated, detail),
            lasting: true,
        }
    }

    /// The token endpoint's own code (RFC 6749, 5.2).
    pub(super) fn of_code(code: &str) -> Self {
        let advice = match code {
            "invalid_grant" => {
                "what the token is renewed with was used, revoked or has expired: have the user authorize again; for a \
                 signed assertion, check this machine's clock, the key and the audience"
            }
            "invalid_client" | "unauthorized_client" => {
                "the client was not accepted: check client id and secret, and what the client is registered for"
            }
            "invalid_scope" => "a scope is unknown or was not granted: check the scopes",
            "unsupported_grant_type" => "the provider does not know this flow: use another",
            "temporarily_unavailable" | "server_error" => {
                return Self {
                    error: Error::new(ErrorKind::NoToken, format!("the token endpoint answered `{code}`")),
                    lasting: false,
                };
            }
            _ => "the token endpoint refused the request: check the client's registration and the endpoint",
        };
        let code = if is_token(code) { code } else { "unknown code" };
        Self::lasting(format!("{advice} ({code})"))
    }

    /// An answer that is neither a token nor an error of RFC 6749.
    pub(super) fn of_status(status: http::StatusCode) -> Self {
        let detail = format!("the token endpoint answered {}, and no token", status.as_u16());
        let passing = status.is_server_error() || status.as_u16() == 429 || status.is_success();
        Self {
            error: Error::new(
                if passing {
                    ErrorKind::NoToken
                } else {
                    ErrorKind::Unauthenticated
                },
                detail,
            ),
            lasting: !passing,
        }
    }
}

impl From<RequestTokenError<Self, BasicErrorResponse>> for Failure {
    fn from(error: RequestTokenError<Self, BasicErrorResponse>) -> Self {
        match error {
            RequestTokenError::ServerResponse(said) => Self::of_code(code(&said)),
            RequestTokenError::Request(failure) => failure,
            // The source would repeat the answer.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Self {
                error: Error::new(ErrorKind::NoToken, "the token endpoint's answer cannot be read"),
                lasting: false,
            },
        }
    }
}

/// The code that an error's body holds.
pub(super) fn code_in(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = value
        .get("error")
        .or_else(|| value.pointer("/errors/0/extensions/code"))?;
    code.as_str().map(str::to_owned)
}

fn code(said: &StandardErrorResponse<oauth2::basic::BasicErrorResponseType>) -> &str {
    said.error().as_ref()
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {}
