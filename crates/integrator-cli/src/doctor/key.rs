//! Whether the keys are there and look like keys, without saying them.

use std::path::Path;

use integrator::core::provider::Opens;
use integrator::{Fingerprint, Provider};

use super::check::Check;
use super::variable;

pub(super) const NAME: &str = "key";

/// The usual key, and those that some operations need and that are there.
pub(super) fn checks(provider: &'static Provider, file: Option<&Path>) -> Vec<Check> {
    let usual = match file {
        Some(path) => match std::fs::read_to_string(path) {
            // White space around a secret in a file does not count.
            Ok(text) => looked(provider, text.trim(), None, &path.display().to_string()),
            Err(error) => Check::failed(
                NAME,
                format!("{} cannot be read: {error}", path.display()),
                "check the path",
            ),
        },
        None => match variable(provider.credential_env) {
            Some(key) => looked(provider, &key, None, provider.credential_env),
            None => Check::failed(
                NAME,
                format!("`{}` is not set", provider.credential_env),
                format!("set it to a key for {}", provider.title),
            ),
        },
    };
    let others = provider
        .keys
        .iter()
        .filter_map(|fact| Some(looked(provider, &variable(fact.env)?, Some(fact.name), fact.env)));
    std::iter::once(usual).chain(others).collect()
}

/// A key from `place`, which should be the usual one or the one of this name.
fn looked(provider: &'static Provider, key: &str, wanted: Option<&'static str>, place: &str) -> Check {
    if key.is_empty() {
        return Check::failed(NAME, format!("{place} is empty"), "put the key there");
    }
    let odd = |what: &str| {
        Check::failed(
            NAME,
            format!("{place} has {what}"),
            "take out everything that is not the key itself",
        )
    };
    if key.contains(char::is_whitespace) {
        return odd("white space around or within the key");
    }
    if key.starts_with(['"', '\'']) || key.ends_with(['"', '\'']) {
        return odd("quotation marks around the key");
    }
    let Some(shape) = provider.key_shape(key) else {
        let known = prefixes(provider, wanted);
        return if known.is_empty() {
            Check::passed(NAME, format!("{place}, {}", Fingerprint::of(key)))
        } else {
            Check::warning(
                NAME,
                format!("{place} begins like no key of {} that is known", provider.title),
                format!("use one that begins with {known}, if the provider answers 401"),
            )
        };
    };
    let instead = match (shape.opens, wanted) {
        (Opens::Calls, None) => None,
        (Opens::Key(name), Some(wanted)) if name == wanted => None,
        (Opens::Key(name), _) => {
            let fact = provider.keys.iter().find(|fact| fact.name == name);
            Some(format!(
                "put it into `{}`, and use here one that begins with {}",
                fact.map_or("", |fact| fact.env),
                prefixes(provider, wanted)
            ))
        }
        _ => Some(format!("use one that begins with {}", prefixes(provider, wanted))),
    };
    match instead {
        None => Check::passed(NAME, format!("{place}, a {}, {}", shape.what, Fingerprint::of(key))),
        Some(advice) => Check::failed(
            NAME,
            format!("{place} is a {}, which does not open these calls", shape.what),
            advice,
        ),
    }
}

/// What keys begin with that would do.
fn prefixes(provider: &Provider, wanted: Option<&str>) -> String {
    let fitting = provider.key_shapes.iter().filter(|shape| match (shape.opens, wanted) {
        (Opens::Calls, None) => true,
        (Opens::Key(name), Some(wanted)) => name == wanted,
        _ => false,
    });
    let prefixes: Vec<String> = fitting.map(|shape| format!("`{}`", shape.prefix)).collect();
    prefixes.join(" or ")
}

#[cfg(test)]
mod tests {
    use integrator::{calendly, openai, stripe};

    use super::super::check::Verdict;
    use super::*;

    fn verdict(provider: &'static Provider, key: &str, wanted: Option<&'static str>) -> Verdict {
        looked(provider, key, wanted, "HERE").verdict
    }

    #[test]
    fn keys_are_told_apart_by_what_they_begin_with() {
        let stripe = stripe::PROVIDER;
        for (key, expected) in [
            ("sk_test_1", Verdict::Passed),
            ("rk_live_1", Verdict::Passed),
            ("pk_live_1", Verdict::Failed),
            ("whsec_1", Verdict::Failed),
            ("nonsense", Verdict::Warning),
            ("sk_test_1\n", Verdict::Failed),
            ("\"sk_test_1\"", Verdict::Failed),
            ("", Verdict::Failed),
        ] {
            assert_eq!(verdict(stripe, key, None), expected, "{key}");
        }
        assert_eq!(verdict(calendly::PROVIDER, "anything", None), Verdict::Passed);
    }

    #[test]
    fn the_longest_beginning_decides() {
        let openai = openai::PROVIDER;
        assert_eq!(verdict(openai, "sk-proj-1", None), Verdict::Passed);
        assert_eq!(verdict(openai, "sk-admin-1", None), Verdict::Failed);
        assert_eq!(verdict(openai, "sk-admin-1", Some("admin")), Verdict::Passed);
        assert_eq!(verdict(openai, "sk-proj-1", Some("admin")), Verdict::Failed);
    }
}
