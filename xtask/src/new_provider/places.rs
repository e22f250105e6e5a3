//! The lists that name every provider, and how a name is put into them: in order, and beside its like.

use miette::{Result, miette};

/// One list in one file.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) file: &'static str,
    /// The line after which the list begins.
    head: &'static str,
    /// How an entry of the list begins; other lines between are passed over.
    entry: &'static str,
    /// Lines that belong to an entry and stand before it.
    before: usize,
    /// What to add; its last line is the entry.
    lines: String,
}

/// Every place, for this provider.
pub(super) fn all(provider: &str) -> Vec<Place> {
    let place = |file, head, entry, before, lines| Place {
        file,
        head,
        entry,
        before,
        lines,
    };
    vec![
        place(
            "Cargo.toml",
            "[workspace.dependencies]",
            "integrator-",
            0,
            format!("integrator-{provider} = {{ path = \"crates/integrator-{provider}\", version = \"0.1.0\" }}"),
        ),
        place(
            "tests/Cargo.toml",
            "[dev-dependencies]",
            "integrator-",
            0,
            format!("integrator-{provider}.workspace = true"),
        ),
        place(
            "crates/integrator/Cargo.toml",
            "[dependencies]",
            "integrator-",
            0,
            format!("integrator-{provider} = {{ workspace = true, optional = true }}"),
        ),
        place(
            "crates/integrator/Cargo.toml",
            "# Providers.",
            "",
            0,
            format!("{provider} = [\"dep:integrator-{provider}\"]"),
        ),
        place(
            "crates/integrator/Cargo.toml",
            "[features]",
            "full = [",
            0,
            format!("\"{provider}\""),
        ),
        place(
            "crates/integrator/src/lib.rs",
            "",
            "pub use integrator_",
            1,
            format!("#[cfg(feature = \"{provider}\")]\npub use integrator_{provider} as {provider};"),
        ),
        place(
            "crates/integrator/src/lib.rs",
            "pub const PROVIDERS: &[&Provider] = &[",
            "",
            1,
            format!("    #[cfg(feature = \"{provider}\")]\n    {provider}::PROVIDER,"),
        ),
    ]
}

impl Place {
    /// The text with the provider in it.
    ///
    /// # Errors
    /// When the list is not there.
    pub(super) fn add(&self, text: &str) -> Result<String> {
        let lines: Vec<&str> = text.lines().collect();
        let start = if self.head.is_empty() {
            0
        } else {
            let head = lines.iter().position(|line| *line == self.head);
            head.ok_or_else(|| miette!("there is no line `{}`", self.head))? + 1
        };
        if self.entry == "full = [" {
            return self.add_to_line(&lines);
        }
        let new = self.lines.lines().last().unwrap_or_default();
        let is_entry = |line: &str| match self.entry {
            "" => !line.trim_start().starts_with('#'),
            entry => line.starts_with(entry),
        };
        let ends = |line: &str| match self.entry {
            "" => line.starts_with('#') || line.is_empty() || line == "];",
            entry => !self.head.is_empty() && line.is_empty() && !entry.is_empty(),
        };
        let mut at = None;
        let mut last = start;
        for (index, line) in lines.iter().enumerate().skip(start) {
            if ends(line) {
                break;
            }
            // Parts of core stand there under a `cfg` too, and keep their names.
            let renamed = self.entry != "pub use integrator_" || line.contains(" as ");
            let marked = self.before == 0 || lines[index.saturating_sub(1)].trim_start().starts_with("#[cfg(feature");
            if is_entry(line) && marked && renamed {
                last = index + 1;
                if *line > new {
                    at = Some(index - self.before);
                    break;
                }
            }
        }
        let at = at.unwrap_or(last);
        let mut all: Vec<&str> = lines[..at].to_vec();
        all.extend(self.lines.lines());
        all.extend(&lines[at..]);
        Ok(all.join("\n") + "\n")
    }

    /// The list is one line: the name goes first that it comes before.
    fn add_to_line(&self, lines: &[&str]) -> Result<String> {
        let full = lines.iter().position(|line| line.starts_with(self.entry));
        let at = full.ok_or_else(|| miette!("there is no line `{}…`", self.entry))?;
        let changed = lines[at].replacen(self.entry, &format!("{}{}, ", self.entry, self.lines), 1);
        let changed = changed.replace(", ]", "]");
        let mut all = lines.to_vec();
        all[at] = &changed;
        Ok(all.join("\n") + "\n")
    }
}
