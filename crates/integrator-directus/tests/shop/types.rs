// Written by `cargo xtask directus types`. Change the data model, then write it again.
//! Items of the instance's collections. Every field may be missing: fields are chosen, and hidden by permissions.

use integrator_directus::collection::Related;
use integrator_directus::types;
use integrator_directus::{Decimal, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// The only item of `opening_hours`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningHours {
    /// `id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `from`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// An item of `products`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Products {
    /// `id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `type`
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `price`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// `sold`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<Decimal>,
    /// `weight`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// `is_new`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_new: Option<bool>,
    /// `date_created`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// `labels`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// `extra`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
    /// `place`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Value>,
    /// `shelf`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shelf: Option<Related<String, Shelves>>,
    /// `picture`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Related<String, types::Files>>,
}

/// An item of `shelves`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shelves {
    /// `id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `products`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Related<i64, Products>>>,
}
