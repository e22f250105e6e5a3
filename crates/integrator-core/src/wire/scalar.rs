//! Strings, numbers, booleans, free-form values and nothing: what is forgiven when they are read.

use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::{Wire, raw};

impl Wire for String {
    fn blank() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Wire for bool {
    fn blank() -> Self {
        false
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

/// An application switched on `serde_json`'s `arbitrary_precision`, which then holds for all.
static KEEPS_DIGITS: LazyLock<bool> = LazyLock::new(|| serde_json::from_str::<Value>("1e400").is_ok());

impl Wire for Value {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self::Null
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Where numbers keep their digits, which only serde_json itself knows how to do.
        if *KEEPS_DIGITS {
            return serde_json::from_str(&raw::capture(deserializer)?).map_err(D::Error::custom);
        }
        Self::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

/// An answer without content, or whose content means nothing.
impl Wire for () {
    const REQUIRED: bool = false;

    fn blank() -> Self {}

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| ())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<T: Wire> Wire for Box<T> {
    const REQUIRED: bool = T::REQUIRED;

    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).write(serializer)
    }

    fn is_absent(&self) -> bool {
        (**self).is_absent()
    }
}

impl Wire for i64 {
    fn blank() -> Self {
        0
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number::<Self>(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

impl Wire for u64 {
    fn blank() -> Self {
        0
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number::<Self>(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*self)
    }
}

impl Wire for f64 {
    fn blank() -> Self {
        0.0
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number::<Self>(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*self)
    }
}

/// A number type and how the forms of a number become one.
pub(super) trait Numeric: Sized {
    const NAME: &'static str;
    fn signed(value: i64) -> Option<Self>;
    fn unsigned(value: u64) -> Option<Self>;
    fn float(value: f64) -> Option<Self>;
    fn text(value: &str) -> Option<Self>;
}

impl Numeric for i64 {
    const NAME: &'static str = "a 64-bit integer";

    fn signed(value: i64) -> Option<Self> {
        Some(value)
    }

    fn unsigned(value: u64) -> Option<Self> {
        Self::try_from(value).ok()
    }

    fn float(value: f64) -> Option<Self> {
        // `1e3` and `3.0` are integers that some servers write this way; beyond 2^53 a float is no longer exact.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as Self)
    }

    fn text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
}

impl Numeric for u64 {
    const NAME: &'static str = "an integer that is not negative";

    fn signed(value: i64) -> Option<Self> {
        Self::try_from(value).ok()
    }

    fn unsigned(value: u64) -> Option<Self> {
        Some(value)
    }

    fn float(value: f64) -> Option<Self> {
        i64::float(value).and_then(Self::signed)
    }

    fn text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
}

impl Numeric for f64 {
    const NAME: &'static str = "a number";

    #[allow(
        clippy::cast_precision_loss,
        reason = "a JSON number read as a float rounds by definition"
    )]
    fn signed(value: i64) -> Option<Self> {
        Some(value as Self)
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "a JSON number read as a float rounds by definition"
    )]
    fn unsigned(value: u64) -> Option<Self> {
        Some(value as Self)
    }

    fn float(value: f64) -> Option<Self> {
        Some(value)
    }

    fn text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
}

pub(super) struct Number<N>(pub(super) PhantomData<N>);

impl<'de, N: Numeric> Visitor<'de> for Number<N> {
    type Value = N;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(N::NAME)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<N, E> {
        N::signed(value).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<N, E> {
        N::unsigned(value).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<N, E> {
        N::float(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<N, E> {
        // The text itself stays out of the error: it is the server's and may be anything.
        N::text(value).ok_or_else(|| E::invalid_type(Unexpected::Other("other text"), &self))
    }

    /// `serde_json`'s `arbitrary_precision`, which an application may switch on for all, hands numbers out as maps.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<N, A::Error> {
        match map.next_key::<&str>()? {
            Some("$serde_json::private::Number") => {
                let text: String = map.next_value()?;
                N::text(&text).ok_or_else(|| A::Error::invalid_type(Unexpected::Other("another number"), &self))
            }
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}
