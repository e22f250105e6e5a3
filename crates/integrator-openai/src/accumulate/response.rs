//! A response from its events: the last one has it whole; until then it is put together from the others.

use integrator_core::Value;

use super::merge::take;

/// A list of an item, and the member of an event that says the index in it.
type Part = (&'static str, &'static str);

/// Events that add to a text: their type, the part that it is in, and the text's name.
const TEXTS: &[(&str, Option<Part>, &str)] = &[
    ("response.output_text.delta", CONTENT, "text"),
    ("response.refusal.delta", CONTENT, "refusal"),
    ("response.reasoning_text.delta", CONTENT, "text"),
    ("response.reasoning_summary_text.delta", SUMMARY, "text"),
    ("response.function_call_arguments.delta", None, "arguments"),
    ("response.mcp_call_arguments.delta", None, "arguments"),
    ("response.custom_tool_call_input.delta", None, "input"),
    ("response.code_interpreter_call_code.delta", None, "code"),
];
const CONTENT: Option<Part> = Some(("content", "content_index"));
const SUMMARY: Option<Part> = Some(("summary", "summary_index"));

pub(super) fn add(message: &mut Value, mut event: Value) {
    let response = take(&mut event, "response");
    if response.is_object() {
        *message = response;
        return;
    }
    if let Some(output) = message.get_mut("output") {
        change(output, event);
    }
}

/// Takes an event into the items put out so far; what fits nowhere changes nothing.
fn change(output: &mut Value, mut event: Value) -> Option<()> {
    let kind = take(&mut event, "type");
    let kind = kind.as_str()?;
    let at = position(&event, "output_index")?;
    if matches!(kind, "response.output_item.added" | "response.output_item.done") {
        return put(output, at, take(&mut event, "item"));
    }
    let item = output.get_mut(at)?;
    let part = match kind {
        "response.content_part.added" | "response.content_part.done" => CONTENT,
        "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done" => SUMMARY,
        _ => None,
    };
    if let Some((list, index)) = part {
        return put(item.get_mut(list)?, position(&event, index)?, take(&mut event, "part"));
    }
    if kind == "response.output_text.annotation.added" {
        let part = item.get_mut("content")?.get_mut(position(&event, "content_index")?)?;
        let annotations = part.get_mut("annotations")?.as_array_mut()?;
        annotations.push(take(&mut event, "annotation"));
        return Some(());
    }
    let (_, list, name) = TEXTS.iter().find(|(of, ..)| *of == kind)?;
    let holder = match list {
        Some((list, index)) => item.get_mut(*list)?.get_mut(position(&event, index)?)?,
        None => item,
    };
    let more = event.get("delta")?.as_str()?;
    match holder.get_mut(*name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            holder.as_object_mut()?.insert((*name).to_owned(), more.into());
        }
    }
    Some(())
}

/// Sets the item at `at`, which is there or the next one.
fn put(list: &mut Value, at: usize, item: Value) -> Option<()> {
    let list = list.as_array_mut()?;
    match list.get_mut(at) {
        Some(there) => *there = item,
        None => list.push(item),
    }
    Some(())
}

fn position(event: &Value, name: &str) -> Option<usize> {
    event.get(name)?.as_u64()?.try_into().ok()
}
