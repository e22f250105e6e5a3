//! The steps of the gate, in order: cheap ones first, and those that share what cargo has built next to each other.
//!
//! Every cargo command is over the whole workspace and names a target that may use dev-dependencies: another choice of
//! packages or targets is another choice of features, and would build the dependencies a second time.

use std::path::Path;
use std::process::Command;

use miette::{IntoDiagnostic, Result, bail};

use super::tools::Tool;
use crate::cargo::{self, cargo};
use crate::tidy;

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// What `--only` calls it.
    pub(super) name: &'static str,
    /// What it makes sure of.
    pub(super) why: &'static str,
    /// What must be on the machine.
    pub(super) needs: &'static [Tool],
    pub(super) run: fn(&Path) -> Result<()>,
}

/// All steps.
pub(super) const STEPS: [Step; 9] = [
    Step {
        name: "fmt",
        why: "code is formatted",
        needs: &[Tool::Rustfmt],
        run: fmt,
    },
    Step {
        name: "tidy",
        why: "layers, sizes, names, headers and words are in order",
        needs: &[],
        run: |_| tidy::run(),
    },
    Step {
        name: "generate",
        why: "generated code is what the specs say",
        needs: &[],
        run: generate,
    },
    Step {
        name: "clippy",
        why: "no lint objects",
        needs: &[Tool::Clippy],
        run: clippy,
    },
    Step {
        name: "tests",
        why: "unit, integration and documentation tests pass",
        needs: &[Tool::Redis],
        run: tests,
    },
    Step {
        name: "petstore",
        why: "a provider that one command sets up is whole",
        needs: &[],
        run: petstore,
    },
    Step {
        name: "demo",
        why: "the main job survives every fault",
        needs: &[],
        run: demo,
    },
    Step {
        name: "sabotage",
        why: "the demo fails when retries are taken away",
        needs: &[],
        run: sabotage,
    },
    Step {
        name: "doc",
        why: "documentation builds without warnings",
        needs: &[],
        run: doc,
    },
];

fn fmt(root: &Path) -> Result<()> {
    succeed(cargo(root).args(["fmt", "--all", "--check"]))
}

fn generate(root: &Path) -> Result<()> {
    let arguments = [
        "run",
        "--quiet",
        "--profile",
        "xtask",
        "--package",
        "xtask",
        "--",
        "generate",
        "--check",
    ];
    succeed(cargo(root).args(arguments))
}

fn clippy(root: &Path) -> Result<()> {
    succeed(cargo(root).args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

fn tests(root: &Path) -> Result<()> {
    succeed(
        cargo(root)
            .args(["test", "--workspace", "--no-fail-fast"])
            .env("INSTA_UPDATE", "no"),
    )
}

/// Sets a provider up in a copy of the workspace, and runs its proof.
///
/// What it builds lies apart: to cargo the crates of the copy are those of this workspace, and each would undo what was
/// built of the other.
fn petstore(root: &Path) -> Result<()> {
    let folder = cargo::target(root)?.join("petstore");
    let (copy, target) = (folder.join("workspace"), folder.join("target"));
    let arguments = [
        "run",
        "--quiet",
        "--profile",
        "xtask",
        "--package",
        "xtask",
        "--",
        "new-provider",
        "petstore",
        "--from",
        "xtask/fixtures/petstore.yaml",
        "--scratch",
    ];
    succeed(cargo(root).args(arguments).arg(&copy))?;
    // The whole workspace for its choice of features; built is what the proof needs, and the façade.
    for arguments in [
        ["test", "--offline", "--workspace", "--test", "encode_petstore"].as_slice(),
        ["check", "--offline", "--workspace", "--lib"].as_slice(),
    ] {
        succeed(cargo(&copy).args(arguments).env("CARGO_TARGET_DIR", &target))?;
    }
    std::fs::remove_dir_all(&copy).into_diagnostic()
}

fn demo(root: &Path) -> Result<()> {
    succeed(program(root)?.arg("demo"))
}

fn sabotage(root: &Path) -> Result<()> {
    let status = cargo::status(program(root)?.args(["demo", "--sabotage"]))?;
    match status.code() {
        Some(1) => Ok(()),
        Some(0) => {
            bail!("the sabotaged demo succeeded: its expectations do not see a missing retry")
        }
        _ => bail!("the sabotaged demo ended with {status} instead of exit code 1: it broke before it could judge"),
    }
}

fn doc(root: &Path) -> Result<()> {
    succeed(
        cargo(root)
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// The command-line program as the tests have built it.
fn program(root: &Path) -> Result<Command> {
    succeed(cargo(root).args(["build", "--quiet", "--workspace", "--bins", "--tests"]))?;
    let name = format!("integrator{}", std::env::consts::EXE_SUFFIX);
    Ok(Command::new(cargo::target(root)?.join("debug").join(name)))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = cargo::status(command)?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}
