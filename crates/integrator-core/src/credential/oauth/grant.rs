//! [`Grant`]: with what a token is obtained, and the request for it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode, Uri, header};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, PkceCodeVerifier, RedirectUrl,
    RefreshToken, Scope, StandardRevocableToken, TokenUrl,
};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::assertion::Assertion;
use super::failure::{self, Failure};
use super::{OAuth, Token};
use crate::credential::Secret;
use crate::pipeline::lane::Lane;
use crate::provider::{ClientAuth, LoginFacts};
use crate::transport::BoxFuture;
use crate::wire::form::push_pair;

/// With what the first token is obtained.
#[derive(Debug, Clone)]
pub(super) enum Grant {
    /// It was: the user authorized, or the token was given.
    Given,
    /// The client's own id and secret.
    Client,
    /// A signed assertion.
    Assertion(Arc<Assertion>),
    /// A person's name and password.
    Login(&'static LoginFacts, Arc<str>, Secret),
}

type Client = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl OAuth {
    /// A token in place of `before`: renewed where it can be, else obtained anew.
    pub(super) fn obtain<'a>(
        &'a self,
        lane: &'a Lane,
        before: Option<&'a Token>,
    ) -> BoxFuture<'a, Result<Token, Failure>> {
        Box::pin(self.obtained(lane, before))
    }

    async fn obtained(&self, lane: &Lane, before: Option<&Token>) -> Result<Token, Failure> {
        let refresh = before.and_then(Token::refresh).cloned();
        let answer = match self.grant.clone() {
            Grant::Client => self.speak_for_itself(lane).await?,
            Grant::Assertion(assertion) => self.assert(lane, &assertion).await?,
            Grant::Login(facts, user, password) => {
                let renewed = match refresh {
                    Some(refresh) => renew_login(lane, facts, &refresh).await,
                    None => Err(Failure::lasting("")),
                };
                match renewed {
                    Err(failure) if failure.lasting => login(lane, facts, &user, &password).await?,
                    renewed => renewed?,
                }
            }
            Grant::Given => {
                let refresh = refresh.ok_or_else(|| {
                    Failure::lasting(
                        "there is no token to renew: have the user authorize (`OAuth::authorize`, `OAuth::exchange`), \
                         or give one with `OAuth::token`",
                    )
                })?;
                self.refresh(lane, &refresh).await?
            }
        };
        Ok(answer.into_token(lane.clock.wall()).after(before))
    }

    /// A token for the code of an authorization.
    pub(super) async fn redeem(&self, lane: &Lane, code: &Secret, verifier: &Secret) -> Result<Token, Failure> {
        let client = self.client()?;
        let mut request = client.exchange_code(AuthorizationCode::new(code.expose().to_owned()));
        if !verifier.expose().is_empty() {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
        }
        if let Some(redirect) = &self.redirect {
            let redirect =
                RedirectUrl::new(redirect.clone()).map_err(|_| Failure::lasting("`redirect_url` is no URL"))?;
            request = request.set_redirect_uri(Cow::Owned(redirect));
        }
        let answer = request.request_async(&Sender { lane, once: true }).await?;
        Ok(answer.into_token(lane.clock.wall()))
    }

    async fn refresh(&self, lane: &Lane, refresh: &Secret) -> Result<Answer, Failure> {
        let client = self.client()?;
        let refresh = RefreshToken::new(refresh.expose().to_owned());
        let once = self.provider.oauth.is_none_or(|facts| facts.single_use_refresh);
        let request = client.exchange_refresh_token(&refresh);
        Ok(request.request_async(&Sender { lane, once }).await?)
    }

    async fn speak_for_itself(&self, lane: &Lane) -> Result<Answer, Failure> {
        let client = self.client()?;
        let scopes = self.scopes.iter().map(|scope| Scope::new(scope.clone()));
        let request = client.exchange_client_credentials().add_scopes(scopes);
        Ok(request.request_async(&Sender { lane, once: false }).await?)
    }

    /// RFC 7523, 2.1.
    async fn assert(&self, lane: &Lane, assertion: &Assertion) -> Result<Answer, Failure> {
        let token_url = self.token_url()?;
        let signed = assertion.sign(&token_url, &self.client_id, lane.clock.wall())?;
        let mut form = String::new();
        push_pair(&mut form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        push_pair(&mut form, "assertion", signed.expose());
        if !self.scopes.is_empty() {
            push_pair(&mut form, "scope", &self.scopes.join(" "));
        }
        let request = Request::post(uri(&token_url)?)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        let response = send(lane, built(request, form.into_bytes())?, false).await?;
        read(
            &response,
            ["access_token", "refresh_token", "expires_in"],
            Duration::from_secs(1),
        )
    }

    fn client(&self) -> Result<Client, Failure> {
        let token_url =
            TokenUrl::new(self.token_url()?).map_err(|_| Failure::lasting("the token endpoint is no URL"))?;
        let auth = match self.provider.oauth.map(|facts| facts.client_auth) {
            Some(ClientAuth::Basic) => AuthType::BasicAuth,
            _ => AuthType::RequestBody,
        };
        let client = oauth2::Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(auth)
            .set_token_uri(token_url);
        Ok(match self.client_secret.expose() {
            "" => client,
            secret => client.set_client_secret(ClientSecret::new(secret.to_owned())),
        })
    }

    fn token_url(&self) -> Result<String, Failure> {
        let known = self.provider.oauth.map(|facts| facts.token_url.to_owned());
        self.token_endpoint.clone().or(known).ok_or_else(|| {
            let title = self.provider.title;
            Failure::lasting(format!(
                "no token endpoint of {title} is known: set one with `token_endpoint`"
            ))
        })
    }
}

async fn renew_login(lane: &Lane, facts: &LoginFacts, refresh: &Secret) -> Result<Answer, Failure> {
    let given = [(facts.refresh_argument, refresh.expose())];
    post(lane, facts, facts.refresh_path, &given, true).await
}

async fn login(lane: &Lane, facts: &LoginFacts, user: &str, password: &Secret) -> Result<Answer, Failure> {
    let given = [
        (facts.user_argument, user),
        (facts.password_argument, password.expose()),
    ];
    post(lane, facts, facts.login_path, &given, false).await
}

/// JSON to an operation of the provider's own.
async fn post(
    lane: &Lane,
    facts: &LoginFacts,
    path: &str,
    given: &[(&str, &str)],
    once: bool,
) -> Result<Answer, Failure> {
    let members = facts.constant.iter().chain(given);
    let body: Map<String, Value> = members
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    let url = lane.url(path).map_err(|error| Failure { error, lasting: true })?;
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json");
    let response = send(
        lane,
        built(request, Value::Object(body).to_string().into_bytes())?,
        once,
    )
    .await?;
    let paths = [facts.access_path, facts.refresh_token_path, facts.expires_ms_path];
    read(&response, paths, Duration::from_millis(1))
}

fn read(response: &Response<Vec<u8>>, paths: [&str; 3], unit: Duration) -> Result<Answer, Failure> {
    if !response.status().is_success() {
        return Err(match failure::code_in(response.body()) {
            Some(code) if response.status().is_client_error() => Failure::of_code(&code),
            _ => Failure::of_status(response.status()),
        });
    }
    let value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    Answer::read(&value, paths, unit).ok_or_else(|| Failure::of_status(response.status()))
}

/// Our own transport as `oauth2` wants it.
struct Sender<'a> {
    lane: &'a Lane,
    once: bool,
}

impl<'c> oauth2::AsyncHttpClient<'c> for Sender<'_> {
    type Error = Failure;
    type Future = BoxFuture<'c, Result<Response<Vec<u8>>, Failure>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(send(self.lane, request, self.once))
    }
}

/// Sends a request; what is no answer of RFC 6749 is told apart here, since `oauth2` would not.
async fn send(lane: &Lane, request: Request<Vec<u8>>, once: bool) -> Result<Response<Vec<u8>>, Failure> {
    let sent = lane.send(request, once).await;
    let mut response = sent.map_err(|error| match error.kind() {
        crate::ErrorKind::Insecure | crate::ErrorKind::Configuration | crate::ErrorKind::Certificate => {
            Failure { error, lasting: true }
        }
        _ => Failure::passing("the token endpoint gave no answer", error),
    })?;
    let status = response.status();
    if status.is_success() {
        // Some answer 201, or JSON under another name.
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().remove(header::CONTENT_TYPE);
    } else if status.is_server_error() || failure::code_in(response.body()).is_none() {
        return Err(Failure::of_status(status));
    }
    Ok(response)
}

fn built(request: http::request::Builder, body: Vec<u8>) -> Result<Request<Vec<u8>>, Failure> {
    request
        .body(body)
        .map_err(|_| Failure::lasting("the token endpoint is no URL"))
}

fn uri(text: &str) -> Result<Uri, Failure> {
    text.parse()
        .map_err(|_| Failure::lasting("the token endpoint is no URL"))
}
