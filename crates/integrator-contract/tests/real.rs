//! The contracts that are built in: every schema of every operation can be read, and accepts what is made for it.

use integrator_contract::{Contract, Example, Schema, Where};

fn schemas(contract: &Contract) -> impl Iterator<Item = (String, &Schema)> {
    contract.operations().iter().flat_map(|operation| {
        let body = operation
            .body
            .iter()
            .flat_map(|body| &body.content)
            .map(|(_, media)| &media.schema);
        let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
        let answers = operation.responses.values().flat_map(|content| content.values());
        body.chain(parameters)
            .chain(answers)
            .map(|schema| (operation.id.clone(), schema))
    })
}

fn every_example_is_accepted(provider: &str, operations: usize) {
    let contract = Contract::load(provider).expect("the contract is built in");
    assert_eq!(contract.operations().len(), operations);
    let mut wrong = Vec::new();
    for (id, schema) in schemas(contract) {
        for (seed, example) in [
            Example::seeded(1),
            Example::seeded(2).all(),
            Example::seeded(3).random().unicode(),
        ]
        .iter()
        .enumerate()
        {
            let value = example.of(contract, schema);
            let violations = schema.violations(&value, Where::Body);
            wrong.extend(
                violations
                    .into_iter()
                    .map(|violation| format!("{id}, example {seed}: {violation}")),
            );
        }
    }
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} of them, such as:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

#[test]
fn calendly() {
    every_example_is_accepted("calendly", 75);
}

#[test]
fn close() {
    every_example_is_accepted("close", 303);
}

#[test]
fn directus() {
    every_example_is_accepted("directus", 189);
}

#[test]
fn stripe() {
    every_example_is_accepted("stripe", 648);
}

#[test]
fn a_seed_is_an_example() {
    let contract = Contract::load("stripe").unwrap();
    let customer = contract.schema("customer").unwrap();
    let made = |seed| Example::seeded(seed).random().of(contract, customer);
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
}
