//! How deep the smallest value of each named schema must be, so that a value which is deep enough can come to an end.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::schema::{Components, reference};

/// Higher than any value that can be written down.
const ENDLESS: u32 = 1_000;

#[derive(Debug)]
pub(crate) struct Heights(BTreeMap<String, u32>);

impl Components {
    pub(crate) fn heights(&self) -> &Heights {
        self.heights.get_or_init(|| {
            let mut heights = Heights(self.names().map(|name| (name.to_owned(), ENDLESS)).collect());
            // Heights only sink; each round settles at least the schemas that end one level further up.
            loop {
                let mut changed = false;
                for name in self.names() {
                    let height = self.get(name).map_or(ENDLESS, |schema| heights.of(schema.json()));
                    if let Some(known) = heights.0.get_mut(name).filter(|known| **known > height) {
                        *known = height;
                        changed = true;
                    }
                }
                if !changed {
                    return heights;
                }
            }
        })
    }
}

impl Heights {
    pub(crate) fn of(&self, schema: &Value) -> u32 {
        let Some(keywords) = schema.as_object() else {
            return 0;
        };
        if keywords.contains_key("const") || keywords.contains_key("enum") {
            return 0;
        }
        let parts = |keyword: &str| keywords.get(keyword).and_then(Value::as_array);
        let referred = reference(schema).map_or(0, |name| self.0.get(name).copied().unwrap_or(0));
        let all = parts("allOf")
            .into_iter()
            .flatten()
            .map(|part| self.of(part))
            .max()
            .unwrap_or(0);
        let any = |keyword| {
            parts(keyword)
                .and_then(|parts| parts.iter().map(|part| self.of(part)).min())
                .unwrap_or(0)
        };
        let required = parts("required").into_iter().flatten().filter_map(Value::as_str);
        let members = required
            .filter_map(|name| keywords.get("properties")?.get(name))
            .map(|member| self.of(member).saturating_add(1))
            .max()
            .unwrap_or(0);
        let filled = keywords
            .get("minItems")
            .and_then(Value::as_u64)
            .is_some_and(|least| least > 0);
        let items = keywords
            .get("items")
            .filter(|_| filled)
            .map_or(0, |items| self.of(items).saturating_add(1));
        [referred, all, any("anyOf"), any("oneOf"), members, items]
            .into_iter()
            .max()
            .unwrap_or(0)
            .min(ENDLESS)
    }
}
