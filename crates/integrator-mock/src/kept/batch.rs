//! The life of a batch that is kept: begun with its object, read until it ends, ended early.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    Request, canonical,
    table::Steps,
    work::{Batch, Work},
};
use crate::{Reply, answer};

impl Request<'_> {
    /// The answer about a batch that was just created, whose requests are answered now.
    pub(super) fn begin(&self, batch: &Batch, object: &Value) -> Reply {
        let member = self.keeper.table.id_member();
        let id = object.get(member).and_then(super::object::text).unwrap_or_default();
        let content = |file: &str| {
            let mut inner = self.keeper.inner();
            let kept = inner.shelves.get_mut(&canonical(&batch.files))?.find(member, file)?;
            kept.content.clone()
        };
        let Some(work) = batch.work(self.asked, object, content) else {
            self.keeper
                .inner()
                .shelves
                .entry(self.shelf.clone())
                .or_default()
                .remove(member, &id);
            return answer::refusal(self.state, 400, "there are no requests, or no such file with them");
        };
        let (polls, end) = self.state.batch_script(&self.asked.operation.id);
        self.with(&id, |kept| {
            kept.work = Some(Arc::new(work));
            kept.polls = polls;
            kept.end = end.filter(|end| batch.has_end(end));
        });
        self.about(object)
    }

    /// Moves the object on, as each read does.
    pub(super) fn step(&self, steps: &Steps) {
        let ended = self.with(&self.id, |kept| {
            let polls = kept.polls.unwrap_or(steps.values.len()).max(1);
            kept.step = kept.step.saturating_add(1);
            let at = (kept.step - 1).min(steps.values.len().saturating_sub(2));
            if kept.step < polls
                && let Some(value) = steps.values.get(at)
            {
                let member = (steps.member.clone(), Value::from(value.as_str()));
                self.shape.put(&mut kept.object, Map::from_iter([member]));
            }
            (kept.step == polls).then(|| (kept.work.clone(), kept.end.clone()))
        });
        if let Some((work, end)) = ended.flatten() {
            self.end(steps, work.as_deref(), end.as_deref());
        }
    }

    /// Lets the next read be the one that ends it like this; says whether it had not ended yet.
    pub(super) fn end_early(&self, end: &str) -> Option<bool> {
        let values = self.collection.steps.as_ref().map_or(0, |steps| steps.values.len());
        self.with(&self.id, |kept| {
            let polls = kept.polls.unwrap_or(values).max(1);
            let is_open = kept.step < polls;
            if is_open {
                (kept.step, kept.end) = (polls - 1, Some(end.to_owned()));
            }
            is_open
        })
    }

    fn end(&self, steps: &Steps, work: Option<&Work>, end: Option<&str>) {
        let last = steps
            .values
            .last()
            .map(|value| (steps.member.clone(), Value::from(value.as_str())));
        let mut members: Map<String, Value> = last.into_iter().collect();
        let mut content = None;
        let mut is_early = false;
        if let (Some(batch), Some(work)) = (&self.collection.batch, work) {
            let left = batch.end(self.state, &self.id, work, end);
            is_early = left.is_early;
            members.extend(left.members);
            if batch.files.is_empty() {
                content = Some(Bytes::from(left.outputs.concat()));
            } else {
                let files = batch.outputs.iter().zip(left.outputs);
                let files = files.filter(|(_, output)| !output.is_empty());
                members.extend(files.filter_map(|(member, output)| Some((member.clone(), self.file(batch, output)?))));
            }
        }
        if !is_early {
            members.extend(self.words(&Value::Null).members(&steps.done, &Value::Null));
        }
        self.with(&self.id, |kept| {
            self.shape.put(&mut kept.object, members);
            kept.content = content.or(kept.content.take());
        });
    }

    /// Keeps a new file with this content; its id.
    fn file(&self, batch: &Batch, content: String) -> Option<Value> {
        let keeper = self.keeper;
        let mut collections = keeper.table.collection.iter().enumerate();
        let (at, files) = collections.find(|(_, collection)| collection.path == batch.files)?;
        let own = serde_json::json!({"length": content.len()});
        let sent = Value::Object(self.words(&Value::Null).members(&batch.file, &own));
        let shape = keeper.shape(self.state, at)?;
        let file = keeper.create(self.state, files, shape, &batch.files, &sent, None);
        let member = keeper.table.id_member();
        let id = file.get(member)?;
        let mut inner = keeper.inner();
        let kept = inner
            .shelves
            .get_mut(&canonical(&batch.files))?
            .find(member, id.as_str()?)?;
        kept.content = Some(Bytes::from(content));
        Some(id.clone())
    }
}
