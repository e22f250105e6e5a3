//! What is known about the upstream documents that we ship: where they come from, their date, the licence.
//!
//! A document of another provider says it with `--origin`, `--date` and `--licence`.

/// Facts about one upstream document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// In our words, what the document is.
    pub(super) origin: &'static str,
    /// When it was current.
    pub(super) date: &'static str,
    /// Its licence.
    pub(super) licence: &'static str,
}

/// The documents that we ship, by provider.
pub(super) fn known(provider: &str) -> Option<Known> {
    KNOWN
        .iter()
        .find(|(name, _)| *name == provider)
        .map(|(_, known)| *known)
}

const FACTS_ONLY: &str = "interface facts, no text taken over";

const KNOWN: [(&str, Known); 6] = [
    (
        "anthropic",
        Known {
            origin: "the document of 2026-05-06 and interface facts of the official SDK (npm 1.13.0, PyPI 2.13.0)",
            date: "2026-11",
            licence: "Apache-2.0",
        },
    ),
    (
        "calendly",
        Known {
            origin: "interface facts of the documented API",
            date: "2026-11-17",
            licence: FACTS_ONLY,
        },
    ),
    (
        "close",
        Known {
            origin: "interface facts of the documented API",
            date: "2026-05",
            licence: FACTS_ONLY,
        },
    ),
    (
        "directus",
        Known {
            origin: "the source of the official documentation",
            date: "2026-06",
            licence: FACTS_ONLY,
        },
    ),
    (
        "openai",
        Known {
            origin: "the official document of 2026-08-21 and interface facts of the official SDK (npm, PyPI)",
            date: "2026-11",
            licence: "MIT AND Apache-2.0",
        },
    ),
    (
        "stripe",
        Known {
            origin: "interface facts of the official SDK's type declarations (npm stripe 23.1.0, PyPI stripe 16.1.0)",
            date: "2026-10-28",
            licence: "MIT",
        },
    ),
];
