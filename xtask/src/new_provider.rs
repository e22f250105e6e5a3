//! `cargo xtask new-provider`: from an OpenAPI document to a provider that compiles and passes its proof.
//!
//! Takes the document in as `vendor` does, writes down what can be read in it (`facts`), writes the crate and its proof
//! (`files`), puts it into the lists that name every provider (`places`) and generates. What no document says is left to
//! a person, at every `# decide:` in `provider.toml`.

mod document;
mod facts;
mod files;
mod paging;
mod places;
mod scratch;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use miette::{IntoDiagnostic, Result, WrapErr, bail};

use crate::{generate, repository, specs, vendor};
use document::Document;

/// Arguments of `new-provider`.
#[derive(Debug, ClapArgs)]
#[group(id = "new-provider")]
pub(crate) struct Args {
    #[command(flatten)]
    vendor: vendor::Args,
    /// Works in a copy of the workspace that holds no other provider, made anew in this folder
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
}

/// Sets a provider up.
///
/// # Errors
///
/// When the name is taken or no name, the document is malformed or says what cannot be expressed, or a file cannot be
/// written.
pub(crate) fn run(mut args: Args) -> Result<()> {
    if let Some(folder) = &args.scratch {
        let from = std::path::absolute(&args.vendor.from).into_diagnostic()?;
        args.vendor.from = from;
        scratch::make(&repository::root()?, folder)?;
        std::env::set_current_dir(folder)
            .into_diagnostic()
            .wrap_err_with(|| format!("failed to enter {}", folder.display()))?;
    }
    let root = repository::root()?;
    let provider = args.vendor.provider.as_str();
    free(&root, provider)?;
    vendor::run(&args.vendor)?;
    let document = Document::read(&root, provider)?;
    let facts = facts::guess(provider, &document);
    write(&root, &format!("specs/{provider}/provider.toml"), &facts)?;
    let title = document.title();
    for (path, text) in files::all(provider, &title, &document, &facts)? {
        write(&root, &path, &text)?;
    }
    for place in places::all(provider) {
        let path = root.join(place.file);
        let text = String::from_utf8_lossy(&specs::read(&path)?).into_owned();
        let new = place
            .add(&text)
            .wrap_err_with(|| format!("failed to put {provider} into {}", place.file))?;
        write(&root, place.file, &new)?;
    }
    let decisions = facts.lines().enumerate().filter(|(_, line)| line.contains("decide:"));
    for (index, line) in decisions {
        let (_, what) = line.split_once("decide:").unwrap_or_default();
        println!("specs/{provider}/provider.toml:{}:{what}", index + 1);
    }
    generate::run(generate::Args::of(provider)).wrap_err_with(|| {
        format!("everything is set up but the generated code: settle this, then run `cargo xtask generate {provider}`")
    })?;
    println!(
        "{title} is set up. Decide what stands above, then: cargo xtask generate {provider}; cargo test -p \
         integrator-tests --test encode_{provider}"
    );
    Ok(())
}

/// Only a name that can be a module, and that nobody has.
fn free(root: &Path, provider: &str) -> Result<()> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    if !provider.starts_with(|first: char| first.is_ascii_lowercase()) || !provider.chars().all(plain) {
        bail!("`{provider}` cannot be a module: use lower-case letters and digits, such as `petstore`");
    }
    for path in [format!("specs/{provider}"), format!("crates/integrator-{provider}")] {
        if root.join(&path).exists() {
            bail!("{path} is there already: a new document of a known provider is taken in with `cargo xtask vendor`");
        }
    }
    Ok(())
}

fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    specs::write(&root.join(path), text.as_bytes())?;
    println!("wrote     {path}");
    Ok(())
}
