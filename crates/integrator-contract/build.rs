//! Lists the contracts that `cargo xtask vendor` wrote, so that a new provider is a new file and nothing else.

use std::{env, fmt::Write as _, fs, io, path::PathBuf};

const ENDING: &str = ".json.gz";

fn main() -> io::Result<()> {
    let schemas = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("schemas");
    println!("cargo::rerun-if-changed={}", schemas.display());

    let mut names = Vec::new();
    if schemas.is_dir() {
        for entry in fs::read_dir(&schemas)? {
            let file = entry?.file_name();
            if let Some(name) = file.to_str().and_then(|file| file.strip_suffix(ENDING)) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();

    let mut code = format!("static EMBEDDED: [Embedded; {}] = [\n", names.len());
    for name in names {
        let file = schemas.join(format!("{name}{ENDING}"));
        writeln!(code, "    ({name:?}, include_bytes!({file:?}), OnceLock::new()),").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("embedded.rs"), code)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}
