//! The report: a table of counts, then what breaks, then what is added, by operation and type.

use std::fmt::Write as _;

use super::Compared;
use super::change::{Change, Kind, Owner, code};
use super::names::Surface;

/// The text of a pull request.
pub(super) fn write(compared: &Compared, surface: &Surface) -> String {
    let mut text = format!(
        "# {}: {} → {}\n\n",
        plain(&compared.title),
        plain(&compared.old_version),
        plain(&compared.new_version)
    );
    if compared.changes.is_empty() {
        text.push_str("Nothing changes for users.\n");
    } else {
        table(&compared.changes, &mut text);
        section("Breaking", true, compared, surface, &mut text);
        section("Additive", false, compared, surface, &mut text);
    }
    if !compared.unsettled.is_empty() {
        text.push_str("\n## To be settled in `provider.toml`\n\n");
        for problem in &compared.unsettled {
            let _ = writeln!(text, "- {}", plain(problem));
        }
    }
    text
}

fn table(changes: &[Change], text: &mut String) {
    text.push_str("| | breaking | additive |\n|---|---:|---:|\n");
    let count = |kind: Option<Kind>, breaks: bool| -> usize {
        let wanted = |change: &&Change| kind.is_none_or(|kind| change.kind == kind) && change.breaks == breaks;
        changes.iter().filter(wanted).map(|change| change.count).sum()
    };
    for kind in Kind::ALL {
        let (breaking, additive) = (count(Some(kind), true), count(Some(kind), false));
        if breaking + additive > 0 {
            let _ = writeln!(text, "| {} | {breaking} | {additive} |", kind.plural());
        }
    }
    let _ = writeln!(
        text,
        "| **together** | {} | {} |",
        count(None, true),
        count(None, false)
    );
}

fn section(title: &str, breaks: bool, compared: &Compared, surface: &Surface, text: &mut String) {
    let mut owner: Option<&Owner> = None;
    for change in compared.changes.iter().filter(|change| change.breaks == breaks) {
        if owner.is_none() {
            let _ = write!(text, "\n## {title}\n");
        }
        if owner != Some(&change.owner) {
            owner = Some(&change.owner);
            let _ = write!(text, "\n### {}\n\n", heading(&change.owner, surface));
        }
        let _ = writeln!(text, "- {}", change.text);
    }
}

fn heading(owner: &Owner, surface: &Surface) -> String {
    match owner {
        Owner::Events => "Webhook events".to_owned(),
        Owner::Operation { path, method } => {
            let place = code(&format!("{} {path}", method.to_uppercase()));
            match surface.calls.get(&(path.clone(), method.clone())) {
                Some(call) => format!("{} · {place}", code(call)),
                None => place,
            }
        }
        Owner::Schema(name) => match surface.type_of(name) {
            Some(known) => format!("{} (schema {})", code(known), code(name)),
            None => code(name),
        },
    }
}

/// Text of a document in a line of its own.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
