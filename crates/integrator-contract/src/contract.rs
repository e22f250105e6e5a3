//! The contract of one provider: found by the provider's name, unpacked on first use, looked up by operation or route.

use std::{
    io::Read as _,
    sync::{Arc, OnceLock},
};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::{
    Operation, PathArguments, Request, Schema, Violation, file::ContractFile, nearest, route::Router,
    schema::Components,
};

type Embedded = (&'static str, &'static [u8], OnceLock<Result<Contract, LoadError>>);

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Everything that one provider promises.
pub struct Contract {
    provider: String,
    version: String,
    servers: Vec<String>,
    operations: Vec<Operation>,
    router: Router,
    events: Option<Value>,
    pub(crate) components: Arc<Components>,
}

/// Why a contract could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No contract of this name is built in.
    #[error("find a contract named `{name}`; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Every name that is there.
        known: String,
    },
    /// The compressed file is damaged.
    #[error("unpack the contract: {0}")]
    Unpack(#[source] Arc<std::io::Error>),
    /// The file is not what `cargo xtask vendor` writes.
    #[error("read the contract: {0}")]
    Read(#[source] Arc<serde_json::Error>),
}

impl Contract {
    /// The contract of the provider with this lower-case name, `stripe`.
    ///
    /// None when no such contract is built in or when it cannot be read; [`Contract::load`] says why.
    #[must_use]
    pub fn of(provider: &str) -> Option<&'static Self> {
        Self::load(provider).ok()
    }

    /// Like [`Contract::of`], with the reason when there is none.
    ///
    /// # Errors
    /// The name is unknown, or the embedded file is damaged.
    pub fn load(provider: &str) -> Result<&'static Self, LoadError> {
        let Some((_, packed, cell)) = EMBEDDED.iter().find(|(name, ..)| *name == provider) else {
            let known = Self::providers().collect::<Vec<_>>().join(", ");
            return Err(LoadError::Unknown {
                name: provider.to_owned(),
                known,
            });
        };
        cell.get_or_init(|| Self::from_gzip(packed))
            .as_ref()
            .map_err(LoadError::clone)
    }

    /// Names of the providers whose contracts are built in.
    pub fn providers() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, ..)| *name)
    }

    /// A contract from the bytes of a `.json.gz` file.
    ///
    /// # Errors
    /// The bytes are not gzip, or what is in them is not a contract.
    pub fn from_gzip(packed: &[u8]) -> Result<Self, LoadError> {
        let mut bytes = Vec::new();
        GzDecoder::new(packed)
            .read_to_end(&mut bytes)
            .map_err(|error| LoadError::Unpack(Arc::new(error)))?;
        Self::from_json(&bytes)
    }

    /// A contract from JSON text.
    ///
    /// # Errors
    /// The text is not a contract.
    pub fn from_json(bytes: &[u8]) -> Result<Self, LoadError> {
        let mut file: ContractFile = serde_json::from_slice(bytes).map_err(|error| LoadError::Read(Arc::new(error)))?;
        let (components, operations) = file.connect();
        let router = Router::new(&operations);
        Ok(Self {
            provider: file.provider,
            version: file.version,
            servers: file.servers,
            operations,
            router,
            events: file.events.filter(|value| !value.is_null()),
            components,
        })
    }

    /// Lower-case name of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Version of the API.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Base URLs as the document lists them.
    #[must_use]
    pub fn servers(&self) -> &[String] {
        &self.servers
    }

    /// The document's catalogue of webhook events, where it has one.
    #[must_use]
    pub fn events(&self) -> Option<&Value> {
        self.events.as_ref()
    }

    /// Every operation, in the document's order.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation with this `operationId`, or else with this SDK name.
    #[must_use]
    pub fn operation(&self, id_or_name: &str) -> Option<&Operation> {
        let by_id = self.operations.iter().find(|operation| operation.id == id_or_name);
        by_id.or_else(|| {
            self.operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(id_or_name))
        })
    }

    /// The named schema.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.components.get(name)
    }

    /// The operation that a request goes to, and the decoded arguments in its path.
    ///
    /// A literal segment goes before a parameter.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<(&Operation, PathArguments)> {
        self.routes(method, path, "").into_iter().next()
    }

    /// All operations at the address of a request, with the decoded arguments in its path; where there are several, the
    /// one that the query names comes first.
    #[must_use]
    pub fn routes(&self, method: &str, path: &str, query: &str) -> Vec<(&Operation, PathArguments)> {
        let found = self.router.find(method, path, query).into_iter();
        found
            .filter_map(|(index, arguments)| Some((self.operations.get(index)?, arguments)))
            .collect()
    }

    /// The methods and path templates that look most like a request without a route, best first.
    #[must_use]
    pub fn nearest(&self, method: &str, path: &str) -> Vec<String> {
        nearest::routes(&self.operations, method, path)
    }

    /// Everything in a request that contradicts the contract; nothing when it is fine.
    ///
    /// Unknown query parameters and unknown members of the body count, unless the schema leaves them open.
    #[must_use]
    pub fn validate_request(&self, operation: &Operation, request: &Request<'_>) -> Vec<Violation> {
        crate::request::violations(self, operation, request)
    }

    /// The body of a request as JSON: members of a form take the type that the schema gives them, files are left out.
    ///
    /// None when there is no body, or when it cannot be read as the operation declares it.
    #[must_use]
    pub fn read_body(&self, operation: &Operation, request: &Request<'_>) -> Option<Value> {
        crate::request::read(self, operation, request)
    }

    /// JSON pointers of the members that the schema does not mention, where it does not leave the object open.
    #[must_use]
    pub fn unknown_members(&self, schema: &Schema, value: &Value) -> Vec<String> {
        let found = crate::strict::unknown_members(&self.components, schema.json(), value);
        found.into_iter().map(|problem| problem.path).collect()
    }

    /// Everything in an answer that contradicts the contract; nothing when it is fine.
    #[must_use]
    pub fn validate_response(
        &self,
        operation: &Operation,
        status: u16,
        media_type: Option<&str>,
        body: &[u8],
    ) -> Vec<Violation> {
        let mut violations = crate::response::violations(operation, status, media_type, body);
        // In an order that does not hang on that of the members.
        violations.sort_by(|left, right| left.path.cmp(&right.path));
        violations
    }
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract")
            .field("provider", &self.provider)
            .field("version", &self.version)
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}
