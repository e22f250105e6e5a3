//! Media types that are spelled as nobody else spells them, and content where there is none: a 204 (RFC 9110, 15.3.5).

use serde_json::Value;

use super::{Report, each_operation};

/// As a document may write it, and as it is registered.
const SPELLINGS: &[(&str, &str)] = &[
    ("multipart/data", "multipart/form-data"),
    ("application/text", "text/plain"),
];

pub(super) fn run(document: &mut Value, report: &mut Report) {
    each_operation(document, &mut |operation, _| {
        if let Some(body) = operation.get_mut("requestBody") {
            report.hits += respell(body);
        }
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, answer) in answers.into_iter().flatten() {
            report.hits += respell(answer);
            let content = answer.as_object_mut().filter(|_| status == "204");
            report.hits += usize::from(content.and_then(|answer| answer.shift_remove("content")).is_some());
        }
    });
}

fn respell(holder: &mut Value) -> usize {
    let Some(contents) = holder.get_mut("content").and_then(Value::as_object_mut) else {
        return 0;
    };
    let mut hits = 0;
    for (wrong, right) in SPELLINGS {
        if !contents.contains_key(*right)
            && let Some(content) = contents.shift_remove(*wrong)
        {
            contents.insert((*right).to_owned(), content);
            hits += 1;
        }
    }
    hits
}
