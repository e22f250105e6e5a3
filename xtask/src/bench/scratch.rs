//! A user's project in a folder of its own: one provider's crate, and a program that calls some operations.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result, WrapErr, bail};

use super::record::Records;
use super::wrapper;
use crate::cargo::{self, cargo};

/// Name of the project.
pub(super) const PACKAGE: &str = "bench-user";

/// The project.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: PathBuf,
    /// Operations that the program calls.
    pub(super) calls: usize,
}

impl Scratch {
    /// Makes the project anew, so that nothing is built yet.
    ///
    /// # Errors
    ///
    /// When files cannot be written.
    pub(super) fn create(root: &Path, provider: &str) -> Result<Self> {
        let folder = cargo::target(root)?.join("bench-build");
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .into_diagnostic()
                .wrap_err("failed to remove the last project")?;
        }
        let (program, calls) = program(provider);
        let manifest = format!(
            "[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             integrator-{provider} = {{ path = {:?} }}\ntokio = {{ version = \"1\", features = [\"rt\", \"macros\"] }}\n\n\
             [profile.release]\nstrip = true\n\n[workspace]\n",
            root.join(format!("crates/integrator-{provider}"))
        );
        let write = |name: &str, text: &[u8]| {
            fs::write(folder.join(name), text)
                .into_diagnostic()
                .wrap_err_with(|| format!("failed to write {name}"))
        };
        fs::create_dir_all(folder.join("src"))
            .into_diagnostic()
            .wrap_err("failed to make a project")?;
        write("Cargo.toml", manifest.as_bytes())?;
        write("src/main.rs", program.as_bytes())?;
        // The same versions as in the workspace.
        if let Ok(lock) = fs::read(root.join("Cargo.lock")) {
            write("Cargo.lock", &lock)?;
        }
        Ok(Self { folder, calls })
    }

    /// Runs cargo in the project; answers what each compiler run took.
    ///
    /// # Errors
    ///
    /// When the build fails.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Result<Records> {
        let log = self.folder.join("log");
        fs::remove_file(&log).ok();
        let program = std::env::current_exe()
            .into_diagnostic()
            .wrap_err("failed to find this program")?;
        let mut command = cargo(&self.folder);
        command
            .args(arguments)
            .args(["--quiet", "--target-dir"])
            .arg(self.folder.join("target"))
            .env("RUSTC_WRAPPER", program)
            .env(wrapper::LOG, &log)
            // Cargo asks the compiler for its version, too, and would pass on what it has inherited.
            .env_remove("CARGO_PKG_NAME");
        let status = cargo::status(&mut command)?;
        if !status.success() {
            bail!("the project in {} does not build: {status}", self.folder.display());
        }
        Ok(Records::parse(&fs::read_to_string(&log).unwrap_or_default()))
    }

    /// Changes the program as little as one can.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(super) fn touch(&self) -> Result<()> {
        let path = self.folder.join("src/main.rs");
        let text = fs::read_to_string(&path).into_diagnostic()?;
        fs::write(&path, text + "\n")
            .into_diagnostic()
            .wrap_err("failed to change the program")
    }

    /// Size of the stripped release program in MB.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub(super) fn binary_megabytes(&self) -> Result<f64> {
        let path = self
            .folder
            .join("target/release")
            .join(format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX));
        let size = fs::metadata(&path)
            .into_diagnostic()
            .wrap_err("failed to find the release program")?
            .len();
        Ok(f64::from(u32::try_from(size).unwrap_or(u32::MAX)) / 1e6)
    }
}

/// The program for a provider, and how many operations it calls.
fn program(provider: &str) -> (String, usize) {
    match provider {
        "stripe" => (FIVE_STRIPE_OPERATIONS.to_owned(), 5),
        other => (format!("use integrator_{other} as _;\n\nfn main() {{}}\n"), 0),
    }
}

const FIVE_STRIPE_OPERATIONS: &str = r#"use integrator_stripe::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stripe = Client::from_env()?;
    let customer = stripe.customers().create().email("ada@example.com").send().await?;
    let customers = stripe.customers().list().limit(3).send().await?;
    let intent = stripe.payment_intents().create().amount(2_000).currency("eur").send().await?;
    let invoice = stripe.invoices().retrieve("in_1").send().await?;
    let refund = stripe.refunds().create().payment_intent("pi_1").send().await?;
    println!("{} {} {} {:?} {}", customer.id, customers.data.len(), intent.id, invoice.id, refund.id);
    Ok(())
}
"#;
