//! Objects that share the text of a tag: first the tag decides, then a union inside it (`type`, then `role`).

use serde_json::{Value, json};

use super::{
    FEW, Found, branches, by_own_member, case, name_of, overlapping, property_names, required, resolve, tag_names, tags,
};

/// Members of a union that have the same texts for a tag.
pub(super) struct Tagged {
    members: Vec<Value>,
    texts: Vec<String>,
    /// The tag may be missing or null.
    optional: bool,
}

impl Tagged {
    pub(super) fn one(member: &Value, name: &str, texts: Vec<String>, components: &Value) -> Self {
        Self {
            members: vec![member.clone()],
            texts,
            optional: may_lack(member, name, components),
        }
    }

    fn join(&mut self, other: Self) {
        self.members.extend(other.members);
        self.optional |= other.optional;
        for text in other.texts {
            if !self.texts.contains(&text) {
                self.texts.push(text);
            }
        }
    }

    /// A member that all of these must have, and none of the others can.
    fn own(&self, others: &[&Self], components: &Value) -> Option<String> {
        let (first, rest) = self.members.split_first()?;
        required(first, components).into_iter().find(|name| {
            let has = |member: &Value| required(member, components).contains(name);
            let may = |member: &Value| property_names(member, components, 0).contains(name);
            rest.iter().all(has) && !others.iter().any(|other| other.members.iter().any(may))
        })
    }
}

/// Whether a tag may be missing or null.
fn may_lack(member: &Value, name: &str, components: &Value) -> bool {
    let nullable = |member: &Value| {
        let property = resolve(member, components)
            .get("properties")
            .and_then(|properties| properties.get(name));
        property.is_some_and(|property| property.get("nullable") == Some(&json!(true)))
    };
    !required(member, components).iter().any(|needed| needed == name) || nullable(member)
}

/// A member that has texts in each, which some share; those are told apart by something else.
pub(super) fn by_tag(schema: &Value, members: &[Value], components: &Value) -> Option<Vec<Value>> {
    // A union inside is taken apart, since what it shares with the others is only some of it.
    let flat: Vec<Value> = members
        .iter()
        .flat_map(|member| match branches(member, components) {
            Some(inner) => inner.into_iter().cloned().collect(),
            None => vec![member.clone()],
        })
        .collect();
    tag_names(schema, &flat, components).into_iter().find_map(|name| {
        let mut groups: Vec<Tagged> = Vec::new();
        let mut certain = false;
        for member in &flat {
            let texts = tags(schema, member, &name, components);
            if texts.is_empty() {
                return None;
            }
            certain |= texts.len() <= FEW;
            let mut group = Tagged::one(member, &name, texts, components);
            let shares = |other: &Tagged| other.texts.iter().any(|text| group.texts.contains(text));
            let (same, rest): (Vec<Tagged>, Vec<Tagged>) = groups.into_iter().partition(shares);
            groups = rest;
            for mut other in same {
                std::mem::swap(&mut group, &mut other);
                group.join(other);
            }
            groups.push(group);
        }
        if groups.len() < 2 || !certain {
            return None;
        }
        cases(&name, &groups, components)
    })
}

/// What tells those apart that share a tag.
fn within(members: &[Value], components: &Value) -> Option<Found> {
    super::by_tag(&Value::Null, members, components)
        .or_else(|| by_own_member(members, components))
        .map(Found::Cases)
        .or_else(|| overlapping(members, components, true))
}

/// One case for each group; a group of several is a union of its own.
pub(super) fn cases(name: &str, groups: &[Tagged], components: &Value) -> Option<Vec<Value>> {
    let optional: Vec<&Tagged> = groups.iter().filter(|group| group.optional).collect();
    let lost = |group: &Tagged| {
        let others: Vec<&Tagged> = optional
            .iter()
            .filter(|other| !std::ptr::eq(**other, group))
            .copied()
            .collect();
        if others.is_empty() {
            None
        } else {
            group.own(&others, components)
        }
    };
    // One of those that may come without their tag can take what the others leave, which are known by something else.
    let leftover = optional.iter().filter(|group| lost(group).is_none()).count() == 1;
    let mut last = None;
    let mut cases = Vec::new();
    for group in groups {
        let of = match group.members.as_slice() {
            [one] => one.clone(),
            several => match within(several, components)? {
                Found::One(of) => of,
                Found::Cases(cases) => json!({"x-kind": "union", "cases": cases}),
            },
        };
        let title = match group.texts.as_slice() {
            [text] => text.as_str(),
            _ => "object",
        };
        let own = lost(group).filter(|_| group.optional);
        let how = match (group.optional, &own, group.texts.len()) {
            (true, Some(_), _) => "tags_or_has",
            (true, None, 1) if leftover => "tag_or_none",
            (true, None, _) if leftover => "tags_or_none",
            (_, _, 1) => "tag",
            _ => "tags",
        };
        let by: Vec<&str> = [name]
            .into_iter()
            .chain(own.as_deref())
            .chain(group.texts.iter().map(String::as_str))
            .collect();
        let made = case(&name_of(&of, title), how, &by, &of);
        if how.ends_with("none") && optional.len() > 1 {
            last = Some(made)
        } else {
            cases.push(made)
        }
    }
    cases.extend(last);
    Some(cases)
}
