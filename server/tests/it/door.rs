//! Requests to a server without a seat: creating a room, joining one, and looking. The server may run in this process
//! or in its own.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
};

use app::wire::{self, Entered};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::{Value, json};

use crate::seat::Seat;

/// The address of a server, and the seats of the owners of all rooms that were created through this door.
#[derive(Clone)]
pub(crate) struct Door {
    address: SocketAddr,
    /// What the addresses of requests begin with: scheme, host and port, and the path below which the server is reached.
    origin: String,
    http: Client,
    owners: Arc<Mutex<Vec<Seat>>>,
}

impl Door {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let http = client(Client::builder().tls_backend_preconfigured(trusting(None)));
        Self { address, origin: format!("http://{address}"), http, owners: Arc::default() }
    }

    /// The door to a server with TLS whose certificate `authority`, a certificate in DER, has signed.
    pub(crate) fn secure(address: SocketAddr, authority: &[u8]) -> Self {
        let http = client(Client::builder().tls_backend_preconfigured(with_http_2(authority)));
        Self { address, origin: format!("https://{address}"), http, owners: Arc::default() }
    }

    /// The door to a proxy that listens here and has a certificate for `name`, for a client with the address `from`.
    pub(crate) fn through(address: SocketAddr, name: &str, authority: &[u8], from: IpAddr) -> Self {
        let builder = Client::builder().tls_backend_preconfigured(with_http_2(authority)).resolve(name, address).local_address(from);
        Self { address, origin: format!("https://{name}:{}", address.port()), http: client(builder), owners: Arc::default() }
    }

    /// The door to a server that is reached through this socket file, for a proxy that knows it by this name.
    pub(crate) fn through_file(path: &Path, name: &str) -> Self {
        let builder = Client::builder().tls_backend_preconfigured(trusting(None)).unix_socket(path);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { address, origin: format!("http://{name}"), http: client(builder), owners: Arc::default() }
    }

    /// The same door to a server that is reached below this path.
    pub(crate) fn below(&self, base: &str) -> Self {
        Self { origin: format!("{}{base}", self.origin), ..self.clone() }
    }

    /// The same door for a client that speaks HTTP/1.1 only.
    pub(crate) fn with_http_1(&self, authority: &[u8]) -> Self {
        let http = client(Client::builder().tls_backend_preconfigured(trusting(Some(authority))).http1_only());
        Self { http, ..self.clone() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The host and port in the addresses of requests, and the path below which the server is reached.
    pub(crate) fn host(&self) -> &str {
        self.origin.split_once("://").unwrap().1
    }

    /// A request without a token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn create_room(&self) -> Seat {
        let response = self.request(Method::POST, wire::ROOMS).json(&json!({"name": "Olga"})).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let owner = self.seat(response.json().await.unwrap());
        self.owners.lock().unwrap().push(owner.clone());
        owner
    }

    /// The seat in an answer to creating or joining a room.
    pub(crate) fn seat(&self, entered: Entered) -> Seat {
        Seat::new(entered, self.clone())
    }

    /// Asks to join a room, and returns the answer.
    pub(crate) async fn ask_to_join(&self, pin: &str, body: &Value) -> Response {
        self.request(Method::POST, &format!("/api/rooms/{pin}/members")).json(body).send().await.unwrap()
    }

    /// Joins a room as a guest, and returns the guest's seat.
    pub(crate) async fn join(&self, room: &Seat, name: &str) -> Seat {
        let response = self.ask_to_join(room.entered.pin.as_str(), &json!({ "name": name })).await;
        assert_eq!(response.status(), 201);
        self.seat(response.json().await.unwrap())
    }

    /// A PIN that no room of this server has.
    pub(crate) fn unused_pin(&self) -> String {
        let taken: Vec<String> = self.owners().iter().map(|owner| owner.entered.pin.to_string()).collect();
        (100_000..).map(|number: u32| number.to_string()).find(|pin| !taken.contains(pin)).unwrap()
    }

    pub(crate) fn owners(&self) -> Vec<Seat> {
        self.owners.lock().unwrap().clone()
    }
}

fn client(builder: ClientBuilder) -> Client {
    builder.redirect(Policy::none()).no_proxy().build().unwrap()
}

/// The same for a client that prefers HTTP/2.
pub(crate) fn with_http_2(authority: &[u8]) -> ClientConfig {
    let mut tls = trusting(Some(authority));
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}

/// The client's side of TLS that trusts nothing but `authority`, a certificate in DER.
pub(crate) fn trusting(authority: Option<&[u8]>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authority.map(|authority| authority.to_vec().into()));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    builder.unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// Checks that an answer is a problem document with this status and code, and returns the document.
pub(crate) async fn refused(response: Response, status: u16, code: &str) -> Value {
    let address = response.url().path().to_owned();
    let actual = response.status();
    let media_type = response.headers().get("content-type").cloned();
    let text = response.text().await.unwrap();
    assert_eq!(actual, status, "{address}: {text}");
    assert_eq!(media_type.unwrap(), "application/problem+json", "{address}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "{address}: {text}");
    assert_eq!(problem["status"], status, "{address}: {text}");
    for field in ["title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{address} has no {field}");
    }
    problem
}
