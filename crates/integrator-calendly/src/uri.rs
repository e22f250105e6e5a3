//! Ids and the URIs that Calendly uses in their place: `https://api.calendly.com/users/AAA` is the user `AAA`.
//!
//! Answers and query parameters hold URIs, paths hold the id at their end. Nothing is sent here.

/// Where all of Calendly's URIs begin.
const BASE: &str = "https://api.calendly.com";

/// The id at the end of a URI, as paths take it; what is no URI is an id already.
///
/// ```
/// use integrator_calendly::uri;
///
/// assert_eq!(uri::id("https://api.calendly.com/users/AAA"), "AAA");
/// assert_eq!(uri::id("AAA"), "AAA");
/// assert_eq!(uri::user("AAA"), "https://api.calendly.com/users/AAA");
/// assert_eq!(uri::user(uri::user("AAA")), uri::user("AAA"));
/// ```
#[must_use]
pub fn id(uri: &str) -> &str {
    let uri = uri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    uri.rsplit('/').next().unwrap_or_default()
}

macro_rules! resources {
    ($($(#[$note:meta])* $name:ident = $path:literal,)*) => {
        $(
            $(#[$note])*
            #[must_use]
            pub fn $name(id_or_uri: impl AsRef<str>) -> String {
                format!("{BASE}/{}/{}", $path, id(id_or_uri.as_ref()))
            }
        )*
    };
}

resources! {
    /// The URI of a user.
    user = "users",
    /// The URI of an organization.
    organization = "organizations",
    /// The URI of a group.
    group = "groups",
    /// The URI of an event type.
    event_type = "event_types",
    /// The URI of a booked meeting.
    scheduled_event = "scheduled_events",
    /// The URI of a routing form.
    routing_form = "routing_forms",
}
