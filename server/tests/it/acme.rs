//! Certificates of a public authority: ordered, kept and renewed, and what is said when none comes. The authority is a real one.

use std::{path::Path, process::Stdio, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    door::{Door, trusting},
    pebble::{FORBIDDEN, Pebble, Rules, free_port},
    process::{Process, command_on},
    startup::last_line,
    test_app::eventually,
};

const NAME: &str = "drop.example";
const YEAR_SECS: u32 = 365 * 24 * 3600;

/// The ports of a server that is started by a test.
struct Ports {
    http: u16,
    tls: u16,
}

impl Ports {
    fn free() -> Self {
        Self { http: free_port(), tls: free_port() }
    }

    fn rules(&self) -> Rules {
        Rules { http_port: self.http, tls_port: self.tls, validity_secs: YEAR_SECS }
    }
}

fn start(folder: &Path, ports: &Ports, pebble: &Pebble, name: &str, log: Stdio) -> Process {
    let at = |port: u16| format!("127.0.0.1:{port}");
    let mut command = command_on(folder, &at(ports.tls));
    command.args(["--http-listen", &at(ports.http), "--acme-domain", name, "--acme-contact", "olga@drop.example"]);
    command.args(["--acme-directory", &pebble.directory(), "--acme-directory-ca", pebble.directory_ca().to_str().unwrap()]);
    Process::run_with_log(command, log)
}

/// The certificate that the server shows for its name, if it is one of the authority.
async fn shown(process: &Process, root: &[u8]) -> Result<Vec<u8>, String> {
    let stream = TcpStream::connect(process.address()).await.map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(trusting(Some(root))));
    let stream = connector.connect(ServerName::try_from(NAME).unwrap(), stream).await.map_err(|error| error.to_string())?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

#[tokio::test]
async fn a_certificate_is_ordered_and_the_next_process_shows_the_same() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), Ports::free());
    let pebble = Pebble::start(&ports.rules()).await;
    let root = pebble.root().await;
    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    let first = eventually("the first certificate", async || shown(&process, &root).await).await;
    let plain = Door::new(([127, 0, 0, 1], ports.http).into());
    let made_up = plain.get("/.well-known/acme-challenge/made-up").await;
    assert_eq!(made_up.status(), 404);
    let home = plain.get("/").await;
    assert_eq!((home.status().as_u16(), crate::seat::header(&home, "location")), (308, &*format!("https://127.0.0.1:{}/", ports.tls)));
    process.kill();

    for kept in ["snapdrop-acme.pem", "snapdrop-acme.json"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path().join(kept)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{kept}");
    }
    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    assert_eq!(shown(&process, &root).await.unwrap(), first);
}

#[tokio::test]
async fn the_name_is_proved_over_tls_where_nobody_reaches_the_port_of_http() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), Ports::free());
    let pebble = Pebble::start(&Rules { http_port: free_port(), ..ports.rules() }).await;
    let root = pebble.root().await;
    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    eventually("a certificate", async || shown(&process, &root).await).await;
}

#[tokio::test]
async fn a_certificate_is_renewed_before_its_time_is_over() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), Ports::free());
    let pebble = Pebble::start(&Rules { validity_secs: 12, ..ports.rules() }).await;
    let root = pebble.root().await;
    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    let first = eventually("the first certificate", async || shown(&process, &root).await).await;
    eventually("the second certificate", async || match shown(&process, &root).await? {
        same if same == first => Err("the first one".to_owned()),
        _ => Ok(()),
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_revoked_and_the_next_start_orders_another_one() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), Ports::free());
    let pebble = Pebble::start(&ports.rules()).await;
    let root = pebble.root().await;
    let revoke = || {
        let mut command = command_on(folder.path(), "127.0.0.1:0");
        command.args(["--acme-domain", NAME, "--acme-revoke", "--acme-directory", &pebble.directory()]);
        command.args(["--acme-directory-ca", pebble.directory_ca().to_str().unwrap()]).output().unwrap()
    };
    let kept = folder.path().join("snapdrop-acme.pem");
    let line = last_line(&revoke(), 1);
    assert!(line.starts_with("snapdrop: there is no certificate to revoke") && line.contains("snapdrop-acme.pem"), "{line}");

    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    let first = eventually("the first certificate", async || shown(&process, &root).await).await;
    process.kill();
    let (_, certificate) = X509Certificate::from_der(&first).unwrap();
    let serial = certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(pebble.status_of(&serial).await, "Valid");
    let revoked = revoke();
    let said = String::from_utf8(revoked.stdout).unwrap();
    assert!(revoked.status.success() && said.starts_with("The certificate for drop.example is revoked."), "{said}");
    assert_eq!(pebble.status_of(&serial).await, "Revoked");
    assert!(!kept.exists());

    let process = start(folder.path(), &ports, &pebble, NAME, Stdio::null());
    let second = eventually("another certificate", async || shown(&process, &root).await).await;
    let (_, second) = X509Certificate::from_der(&second).unwrap();
    assert_ne!(second.public_key().raw, certificate.public_key().raw, "it has a new key");

    // The answer to an earlier request may have been lost: what is revoked already is forgotten, too.
    let current = std::fs::read_to_string(&kept).unwrap();
    process.kill();
    assert!(revoke().status.success());
    std::fs::write(&kept, &current).unwrap();
    assert!(revoke().status.success() && !kept.exists());
    // One of which the authority knows nothing stays.
    let key = KeyPair::generate().unwrap();
    let unknown = CertificateParams::new([NAME.to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(&kept, key.serialize_pem() + &unknown.pem()).unwrap();
    let line = last_line(&revoke(), 1);
    assert!(line.contains("did not revoke the certificate") && line.contains(&pebble.directory()), "{line}");
    assert!(kept.exists());
}

#[tokio::test]
async fn an_authority_that_refuses_or_does_not_answer_is_named_in_one_line_and_asked_again() {
    let ports = Ports::free();
    let pebble = Pebble::start(&ports.rules()).await;
    for (directory, name, reason) in
        [(pebble.directory(), FORBIDDEN, "policy"), ("https://127.0.0.1:1/dir".to_owned(), NAME, "Connection refused")]
    {
        let (folder, ports) = (tempfile::tempdir().unwrap(), Ports::free());
        let log = folder.path().join("log");
        let at = |port: u16| format!("127.0.0.1:{port}");
        let mut command = command_on(folder.path(), &at(ports.tls));
        command.args(["--http-listen", &at(ports.http), "--acme-domain", name]);
        command.args(["--acme-directory", &directory, "--acme-directory-ca", pebble.directory_ca().to_str().unwrap()]);
        let process = Process::run_with_log(command, std::fs::File::create(&log).unwrap().into());
        let line = eventually("the reason", async || {
            let text = std::fs::read_to_string(&log).unwrap();
            text.lines().find(|line| line.contains("no certificate comes from")).map(ToOwned::to_owned).ok_or(text)
        })
        .await;
        assert!(line.contains(&directory) && line.contains(reason) && line.contains("again_in=1s"), "{line}");
        let plain = Door::new(([127, 0, 0, 1], ports.http).into());
        assert_eq!(plain.get("/healthz").await.status(), 200);
        assert!(shown(&process, &[]).await.is_err());
    }
}
