//! What `cargo xtask vendor` reads: any bytes become facts and a contract, or an error that can be shown.

#![no_main]

#[allow(dead_code, reason = "what else xtask reports")]
#[path = "../../../xtask/src/report.rs"]
mod report;

#[allow(dead_code, reason = "what else xtask counts")]
#[path = "../../../xtask/src/vendor"]
mod vendor {
    mod check;
    mod contract;
    mod contradictions;
    mod facts;
    mod grammar;
    mod identify;
    mod pointer;
    mod read;

    /// The facts of a document; the contract is made of them as well, and dropped.
    pub(crate) fn load(bytes: &[u8]) -> miette::Result<serde_json::Value> {
        let document = read::parse("input", bytes)?;
        check::check(&document).into_result("input")?;
        let (mut document, _) = facts::strip(document, false);
        identify::fill(&mut document);
        contradictions::settle(&mut document);
        contract::pack(&contract::build("input", &document))?;
        Ok(document)
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| match vendor::load(input) {
    // Facts are a document of which nothing is left out.
    Ok(facts) => assert!(vendor::load(facts.to_string().as_bytes()).is_ok()),
    Err(error) => assert!(!format!("{error:?}").is_empty()),
});
