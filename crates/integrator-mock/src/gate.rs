//! What stands before every answer when a mock is asked for it: the credential.

use integrator_core::provider::Scheme;

use crate::{Received, Reply, answer, state::State};

/// The refusal of a request without the credential that the provider's scheme asks for.
///
/// Any key will do: which ones are valid is nobody's to know here.
pub(crate) fn without_credential(state: &State, received: &Received) -> Option<Reply> {
    let authorization = received.header("authorization").unwrap_or_default();
    let under = |scheme: &str| {
        let (found, key) = authorization.split_once(' ').unwrap_or_default();
        found.eq_ignore_ascii_case(scheme) && !key.trim().is_empty()
    };
    let given = match state.provider.scheme {
        Scheme::Bearer | Scheme::BasicUser => under("bearer") || under("basic"),
        Scheme::Header(name) => received.header(name).is_some_and(|key| !key.is_empty()) || under("bearer"),
        Scheme::Query(name) => received
            .query_pairs()
            .iter()
            .any(|(known, key)| known == name && !key.is_empty()),
        _ => true,
    };
    (!given).then(|| answer::refusal(state, 401, "there is no credential"))
}
