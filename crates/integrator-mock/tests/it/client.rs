//! A client that shows the bytes on the socket, and the operations that the tests use.

use std::{io, sync::OnceLock};

use integrator_contract::Contract;
use integrator_core::{
    operation::{Method, Next, Operation, Paging},
    provider::{ErrorFacts, Provider},
};
use integrator_mock::Mock;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) const BY_LAST_ITEM: Paging = Paging {
    items: "data",
    next: Next::LastItem {
        argument: "starting_after",
        field: "id",
        more: "has_more",
    },
    size: Some("limit"),
};

pub(crate) static LIST_CUSTOMERS: Operation = Operation {
    id: "GetCustomers",
    name: "customers.list",
    path: "/v1/customers",
    paging: Some(BY_LAST_ITEM),
    ..Operation::DEFAULT
};
pub(crate) static CREATE_CUSTOMER: Operation = Operation {
    id: "PostCustomers",
    method: Method::Post,
    path: "/v1/customers",
    ..Operation::DEFAULT
};
pub(crate) static GET_CUSTOMER: Operation = Operation {
    id: "GetCustomersCustomer",
    path: "/v1/customers/{customer}",
    ..Operation::DEFAULT
};
pub(crate) static SEARCH_CUSTOMERS: Operation = Operation {
    id: "GetCustomersSearch",
    path: "/v1/customers/search",
    paging: Some(Paging {
        items: "data",
        next: Next::Token {
            argument: "page",
            path: "next_page",
            more: "has_more",
        },
        size: Some("limit"),
    }),
    ..Operation::DEFAULT
};
pub(crate) static LIST_EVENTS: Operation = Operation {
    id: "GetV2CoreEvents",
    path: "/v2/core/events",
    paging: Some(Paging {
        items: "data",
        next: Next::Url { path: "next_page_url" },
        size: Some("limit"),
    }),
    ..Operation::DEFAULT
};
pub(crate) static UPLOAD: Operation = Operation {
    id: "PostFiles",
    method: Method::Post,
    path: "/v1/files",
    ..Operation::DEFAULT
};

pub(crate) static STRIPE: Provider = Provider {
    name: "stripe",
    operations: &[
        &LIST_CUSTOMERS,
        &CREATE_CUSTOMER,
        &GET_CUSTOMER,
        &SEARCH_CUSTOMERS,
        &LIST_EVENTS,
        &UPLOAD,
    ],
    ..Provider::DEFAULT
};

pub(crate) static LIST_NOTES: Operation = Operation {
    id: "ListNotes",
    path: "/notes",
    paging: Some(Paging {
        items: "data",
        next: Next::Offset {
            argument: "after",
            more: "has_more",
        },
        size: Some("limit"),
    }),
    ..Operation::DEFAULT
};
pub(crate) static GET_NOTE: Operation = Operation {
    id: "GetNote",
    path: "/notes/{note}",
    ..Operation::DEFAULT
};

pub(crate) static NOTES: Provider = Provider {
    name: "notes",
    operations: &[&LIST_NOTES, &GET_NOTE],
    errors: ErrorFacts {
        code: &["title"],
        message: &["message"],
        ..ErrorFacts::DEFAULT
    },
    ..Provider::DEFAULT
};

pub(crate) fn notes_contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let json = include_bytes!("../../../integrator-contract/tests/notes.json");
        Contract::from_json(json).expect("the fixture is a contract")
    })
}

pub(crate) async fn stripe() -> Mock {
    Mock::start(&STRIPE).await.expect("loopback has a free port")
}

pub(crate) async fn notes() -> Mock {
    Mock::builder(&NOTES)
        .contract(notes_contract())
        .start()
        .await
        .expect("loopback has a free port")
}

/// An answer as it came off the socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub(crate) async fn connect(mock: &Mock) -> io::Result<TcpStream> {
    TcpStream::connect(mock.url().trim_start_matches("http://")).await
}

/// Sends a request on a connection of its own and reads to the end of the connection.
pub(crate) async fn send(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> io::Result<Answer> {
    let mut stream = connect(mock).await?;
    let head = format!("{method} {target} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n{headers}");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await?;
    read(&mut stream).await
}

pub(crate) async fn get(mock: &Mock, target: &str) -> io::Result<Answer> {
    send(mock, "GET", target, "notes-account: 1\r\n", "").await
}

pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let split = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer {
        status,
        head,
        body: bytes.split_off(split + 4),
    })
}
