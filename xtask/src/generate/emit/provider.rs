//! The provider as data.

use std::fmt::Write as _;

use super::super::facts::{Code, Facts, Login, OAuth, Window};
use super::super::model::{Model, repeat_class};
use super::operations::static_name;
use super::text::{pretty, quoted, quoted_list, quoted_option};

pub(super) fn write(model: &Model, facts: &Facts, provider: &str, version: &str) -> Result<String, String> {
    let mut text = String::from(
        "#[allow(unused_imports, reason = \"one prelude for all generated files\")]\n\
         use integrator_core::operation::Repeat;\nuse integrator_core::provider::*;\n\n",
    );
    let mut fields = vec![
        format!("name: {}", quoted(provider)),
        format!("title: {}", quoted(&facts.title)),
        format!("version: {}", quoted(version)),
        format!("base_url: {}", quoted_option(facts.base_url.as_deref())),
        format!("base_url_env: {}", quoted(&facts.env.base_url)),
        format!("credential_env: {}", quoted(&facts.env.credential)),
        format!("scheme: {}", scheme(&facts.scheme)?),
    ];
    fields.extend(facts.oauth.as_ref().map(oauth).transpose()?);
    fields.extend(facts.login.as_ref().map(login));
    let headers: Vec<String> = facts
        .headers
        .iter()
        .map(|(name, value)| format!("({name:?}, {:?})", value.replace("{version}", version)))
        .collect();
    fields.push(format!("headers: &[{}]", headers.join(", ")));
    if !facts.request_id.is_empty() {
        fields.push(format!("request_id: {}", quoted_list(&facts.request_id)));
    }
    fields.push(format!("scope_headers: {}", quoted_list(&facts.scope_headers)));
    if !facts.keys.is_empty() {
        let keys: Vec<String> = facts
            .keys
            .iter()
            .map(|key| format!("KeyFact {{ name: {:?}, env: {:?} }}", key.name, key.env))
            .collect();
        fields.push(format!("keys: &[{}]", keys.join(", ")));
    }
    fields.extend(key_shapes(facts)?);
    if let Some(header) = &facts.version_header {
        fields.push(format!("version_header: Some({header:?})"));
    }
    fields.extend(probe(model, facts)?);
    if let Some(beta) = &facts.beta {
        fields.push(format!("beta_header: Some({:?})", beta.header));
    }
    if let Some(rule) = &facts.idempotency {
        fields.push(format!(
            "idempotency: Some(Idempotency {{ header: {:?}, max_length: {}, replayed_header: {} }})",
            rule.header,
            rule.max_length,
            quoted_option(rule.replayed_header.as_deref())
        ));
    }
    fields.push(format!("retry: {}", retry(facts)?));
    fields.push(format!("errors: {}", errors(facts)?));
    if let Some(stream) = &facts.stream {
        fields.push(format!(
            "stream: StreamFacts {{ done: {}, error_type: {}, error_member: {} }}",
            quoted_option(stream.done.as_deref()),
            quoted_option(stream.error_type.as_deref()),
            quoted_option(stream.error_member.as_deref())
        ));
    }
    let limits: Vec<String> = facts
        .limits
        .iter()
        .map(|limit| {
            format!(
                "LimitFact {{ group: {:?}, requests: {}, seconds: {} }}",
                limit.group, limit.requests, limit.seconds
            )
        })
        .collect();
    fields.push(format!("limits: &[{}]", limits.join(", ")));
    fields.extend(throttling(facts)?.map(|text| format!("throttling: {text}")));
    fields.push(format!("redact: {}", quoted_list(&facts.redact)));
    fields.push(format!("printable_headers: {}", quoted_list(&facts.printable_headers)));
    if !facts.back_arguments.is_empty() {
        fields.push(format!("back_arguments: {}", quoted_list(&facts.back_arguments)));
    }
    if !facts.timeouts.is_empty() {
        let times: Vec<String> = facts
            .timeouts
            .iter()
            .map(|(name, milliseconds)| format!("{name}_ms: {milliseconds}"))
            .collect();
        fields.push(format!(
            "timeouts: Timeouts {{ {}, ..Timeouts::DEFAULT }}",
            times.join(", ")
        ));
    }
    let operations: Vec<String> = model
        .operations
        .iter()
        .map(|operation| {
            format!(
                "&super::{}::{}",
                operation.name.resources.join("::"),
                static_name(operation)
            )
        })
        .collect();
    fields.push(format!("operations: &[{}]", operations.join(", ")));
    let _ = write!(
        text,
        "/// {} as data.\n#[allow(clippy::needless_update, reason = \"a provider may set every fact\")]\npub const PROVIDER: &Provider = &Provider {{ {}, ..Provider::DEFAULT }};",
        facts.title,
        fields.join(", ")
    );
    pretty(&text)
}

/// What keys look like; nothing where nobody knows.
fn key_shapes(facts: &Facts) -> Result<Option<String>, String> {
    let mut shapes = Vec::new();
    for shape in &facts.key_shapes {
        let opens = match shape.opens.as_str() {
            "calls" => "Opens::Calls".to_owned(),
            "nothing" => "Opens::Nothing".to_owned(),
            name if facts.keys.iter().any(|key| key.name == name) => format!("Opens::Key({name:?})"),
            other => {
                return Err(format!(
                    "provider.toml: a key that begins with `{}` opens `{other}`, which is none of calls, nothing, and the names in [[keys]]",
                    shape.prefix
                ));
            }
        };
        let (prefix, what) = (&shape.prefix, &shape.is);
        shapes.push(format!(
            "KeyShape {{ prefix: {prefix:?}, what: {what:?}, opens: {opens} }}"
        ));
    }
    Ok((!shapes.is_empty()).then(|| format!("key_shapes: &[{}]", shapes.join(", "))))
}

/// The operation that only reads; it has to be one.
fn probe(model: &Model, facts: &Facts) -> Result<Option<String>, String> {
    let Some(name) = &facts.probe else {
        return Ok(None);
    };
    let found = model
        .operations
        .iter()
        .find(|operation| operation.name.dotted() == *name);
    let fits = found.is_some_and(|operation| {
        operation.method == "GET" && !operation.arguments.iter().any(|argument| argument.required)
    });
    if !fits {
        return Err(format!(
            "provider.toml: `probe = {name:?}` names no operation that only reads and needs no argument"
        ));
    }
    Ok(Some(format!("probe: Some({name:?})")))
}

fn scheme(word: &str) -> Result<String, String> {
    Ok(match word.split_once(':') {
        None if word == "bearer" => "Scheme::Bearer".to_owned(),
        None if word == "basic-user" => "Scheme::BasicUser".to_owned(),
        Some(("header", name)) => format!("Scheme::Header({name:?})"),
        Some(("query", name)) => format!("Scheme::Query({name:?})"),
        _ => {
            return Err(format!(
                "provider.toml: scheme `{word}` is none of bearer, basic-user, header:<name>, query:<name>"
            ));
        }
    })
}

fn oauth(facts: &OAuth) -> Result<String, String> {
    let client_auth = match facts.client_auth.as_str() {
        "body" => "Body",
        "basic" => "Basic",
        other => return Err(format!("provider.toml: client_auth `{other}` is none of body, basic")),
    };
    Ok(format!(
        "oauth: Some(&OAuthFacts {{ authorize_url: {}, token_url: {:?}, client_auth: ClientAuth::{client_auth}, pkce: {}, single_use_refresh: {} }})",
        quoted_option(facts.authorize_url.as_deref()),
        facts.token_url,
        facts.pkce,
        facts.single_use_refresh
    ))
}

fn login(facts: &Login) -> String {
    let pairs = facts.constant.iter();
    let constant: Vec<String> = pairs.map(|(name, value)| format!("({name:?}, {value:?})")).collect();
    format!(
        "login: Some(&LoginFacts {{ login_path: {:?}, refresh_path: {:?}, user_argument: {:?}, password_argument: {:?}, refresh_argument: {:?}, constant: &[{}], access_path: {:?}, refresh_token_path: {:?}, expires_ms_path: {:?} }})",
        facts.login_path,
        facts.refresh_path,
        facts.user_argument,
        facts.password_argument,
        facts.refresh_argument,
        constant.join(", "),
        facts.access_path,
        facts.refresh_token_path,
        facts.expires_ms_path
    )
}

fn retry(facts: &Facts) -> Result<String, String> {
    let retry = &facts.retry;
    let mut statuses = Vec::new();
    for rule in &retry.statuses {
        let mut classes = Vec::new();
        for class in &rule.repeat {
            classes.push(repeat_class(class).ok_or_else(|| format!("provider.toml: unknown repeat class `{class}`"))?);
        }
        statuses.push(format!(
            "StatusRule {{ status: {}, code: {}, repeat: &[{}] }}",
            rule.status,
            quoted_option(rule.code.as_deref()),
            classes.join(", ")
        ));
    }
    let refused: Vec<String> = retry.refused_before_work.iter().map(u16::to_string).collect();
    Ok(format!(
        "RetryFacts {{ verdict_header: {}, verdict_covers_unsafe: {}, statuses: &[{}], refused_before_work: &[{}], quota_codes: {} }}",
        quoted_option(retry.verdict_header.as_deref()),
        retry.verdict_covers_unsafe,
        statuses.join(", "),
        refused.join(", "),
        quoted_list(&retry.quota_codes)
    ))
}

/// What answers say about limits; nothing where nothing is known.
fn throttling(facts: &Facts) -> Result<Option<String>, String> {
    let facts = &facts.throttling;
    let mut fields = Vec::new();
    let mut windows = Vec::new();
    for window in &facts.windows {
        windows.push(format!(
            "WindowFact {{ resource: {}, source: {}, refill: {} }}",
            word(
                "resource",
                &window.resource,
                &[("requests", "Resource::Requests"), ("tokens", "Resource::Tokens")]
            )?,
            source(window)?,
            word(
                "refill",
                &window.refill,
                &[("at-reset", "Refill::AtReset"), ("gradual", "Refill::Gradual")]
            )?,
        ));
    }
    if !windows.is_empty() {
        fields.push(format!("windows: &[{}]", windows.join(", ")));
    }
    if let Some(body) = &facts.body {
        fields.push(format!(
            "body: Some(BodyWindow {{ limit: {:?}, reset: {:?}, format: {} }})",
            body.limit,
            body.reset,
            reset_format(&body.format)?
        ));
    }
    if let Some(reasons) = &facts.reasons {
        let mut drains = Vec::new();
        for (reason, whom) in &reasons.drains {
            let whom = word(
                "drains",
                whom,
                &[
                    ("identity", "Drains::Identity"),
                    ("group", "Drains::Group"),
                    ("operation", "Drains::Operation"),
                    ("nothing", "Drains::Nothing"),
                ],
            )?;
            drains.push(format!("({reason:?}, {whom})"));
        }
        fields.push(format!(
            "reasons: Some(Reasons {{ header: {:?}, drains: &[{}] }})",
            reasons.header,
            drains.join(", ")
        ));
    }
    for (name, words) in [
        ("unrelated_codes", &facts.unrelated_codes),
        ("usage", &facts.usage),
        ("output", &facts.output),
    ] {
        if !words.is_empty() {
            fields.push(format!("{name}: {}", quoted_list(words)));
        }
    }
    Ok((!fields.is_empty()).then(|| format!("Throttling {{ {}, ..Throttling::DEFAULT }}", fields.join(", "))))
}

fn source(window: &Window) -> Result<String, String> {
    if !window.pairs.is_empty() {
        return Ok(format!("WindowSource::Pairs({:?})", window.pairs));
    }
    Ok(format!(
        "WindowSource::Headers {{ limit: {:?}, remaining: {:?}, reset: {:?}, format: {} }}",
        window.limit,
        window.remaining,
        window.reset,
        reset_format(&window.format)?
    ))
}

fn reset_format(text: &str) -> Result<&'static str, String> {
    let formats = [
        ("seconds", "ResetFormat::Seconds"),
        ("duration", "ResetFormat::Duration"),
        ("rfc3339", "ResetFormat::Rfc3339"),
    ];
    word("format", text, &formats)
}

/// The variant that a word of the file stands for.
fn word(name: &str, given: &str, known: &[(&str, &'static str)]) -> Result<&'static str, String> {
    let found = known.iter().find(|(word, _)| *word == given);
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        format!(
            "provider.toml: `{name} = {given:?}` in [throttling] is none of {}",
            words.join(", ")
        )
    })
}

fn errors(facts: &Facts) -> Result<String, String> {
    let mut codes = Vec::new();
    for code in &facts.errors.codes {
        codes.push(error_code(code)?);
    }
    let paths = |paths: &[String], name: &str| {
        if paths.is_empty() {
            String::new()
        } else {
            format!("{name}: {}, ", quoted_list(paths))
        }
    };
    let member = facts.errors.member.as_ref();
    Ok(format!(
        "ErrorFacts {{ {}{}{}codes: &[{}], ..ErrorFacts::DEFAULT }}",
        paths(&facts.errors.code, "code"),
        paths(&facts.errors.message, "message"),
        member.map_or_else(String::new, |member| format!("member: Some({member:?}), ")),
        codes.join(", ")
    ))
}

fn error_code(code: &Code) -> Result<String, String> {
    let recovery = match code.recovery.as_str() {
        "retry-later" => "RetryLater",
        "fix-request" => "FixRequest",
        "reauthenticate" => "Reauthenticate",
        "raise-quota" => "RaiseQuota",
        "contact-provider" => "ContactProvider",
        "check-outcome" => "CheckOutcome",
        other => {
            return Err(format!(
                "provider.toml: error code `{}` has unknown recovery `{other}`",
                code.code
            ));
        }
    };
    Ok(format!(
        "ErrorCode {{ code: {:?}, status: {}, recovery: RecoveryFact::{recovery}, meaning: {:?} }}",
        code.code, code.status, code.meaning
    ))
}
