//! Certificates in files: they are read again when they change, and a wrong one is one clear line.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use reqwest::Method;
use tempfile::TempDir;

use crate::{
    door::Door,
    process::{Process, command},
    seat::{next_bytes, noise},
    startup::{last_line, run},
    test_app::eventually,
};

/// An authority, and a folder with a certificate that it signed and with the key.
struct Certificates {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let certificates = Self { folder: tempfile::tempdir().unwrap(), authority };
        certificates.replace(2020, 2090);
        certificates
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    fn flags(&self) -> [String; 4] {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        ["--tls-cert".to_owned(), text(self.certificate()), "--tls-key".to_owned(), text(self.key())]
    }

    /// Writes a new certificate for 127.0.0.1 that is valid between these years, and returns its serial number.
    fn replace(&self, from_year: i32, to_year: i32) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from_year, 1, 1), date_time_ymd(to_year, 1, 1));
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        std::fs::write(self.certificate(), certificate.pem()).unwrap();
        std::fs::write(self.key(), key.serialize_pem()).unwrap();
    }
}

fn start(folder: &Path, certificates: &Certificates) -> (Process, Door) {
    let mut command = command(folder);
    command.args(certificates.flags());
    let process = Process::run(command);
    let door = Door::secure(process.address(), certificates.authority.der());
    (process, door)
}

/// The certificate that a new connection is shown.
async fn shown(door: &Door, certificates: &Certificates) -> Vec<u8> {
    let mut config = crate::door::trusting(Some(certificates.authority.der()));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let stream = tokio::net::TcpStream::connect(door.address()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = connector.connect(door.address().ip().into(), stream).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_a_running_download_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new();
    let (process, door) = start(folder.path(), &certificates);
    assert!(process.first_line().starts_with("SnapDrop listens on https://127.0.0.1:"), "{}", process.first_line());
    let owner = door.create_room().await;
    let bytes = noise(24 << 20);
    let file = owner.upload("film.mp4", &bytes).await;
    let mut download = owner.get(&owner.file(file)).await;
    let mut received = next_bytes(&mut download).await.unwrap().unwrap().to_vec();

    let first = shown(&door, &certificates).await;
    certificates.replace(2021, 2090);
    let second = eventually("the new certificate", async || match shown(&door, &certificates).await {
        same if same == first => Err("the old one"),
        new => Ok(new),
    })
    .await;
    // A certificate that cannot be used does not take the place of a good one.
    certificates.replace(2020, 2021);
    certificates.replace(2021, 2089);
    eventually("the one after it", async || match shown(&door, &certificates).await {
        same if same == second => Err("the second one"),
        _ => Ok(()),
    })
    .await;
    while let Some(more) = next_bytes(&mut download).await.unwrap() {
        received.extend_from_slice(&more);
    }
    assert!(received == bytes, "the download is damaged");
    assert_eq!(owner.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
}

#[test]
fn a_certificate_that_cannot_be_used_is_one_line_and_nothing_is_begun() {
    let (folder, certificates) = (tempfile::tempdir().unwrap(), Certificates::new());
    let flags = certificates.flags();
    let refused = |flags: &[String], code: i32| {
        let output = run(folder.path(), &flags.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!folder.path().join("snapdrop.redb").exists());
        last_line(&output, code)
    };
    certificates.replace(2020, 2021);
    assert!(refused(&flags, 1).contains("cert.pem expired on 2021-01-01"));
    certificates.replace(2020, 2090);
    std::fs::write(certificates.key(), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(refused(&flags, 1).contains("does not belong to the key"));
    std::fs::write(certificates.key(), "nonsense").unwrap();
    assert!(refused(&flags, 1).contains("key.pem holds no private key"));
    std::fs::remove_file(certificates.key()).unwrap();
    assert!(refused(&flags, 1).contains("key.pem cannot be used: No such file"));
    assert!(refused(&flags[..2], 2).contains("--tls-cert needs --tls-key"));
    let both = [&flags[..], &["--tls-self-signed".to_owned()]].concat();
    assert!(refused(&both, 2).contains("--tls-self-signed cannot be used with --tls-cert"));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let (folder, certificates) = (tempfile::tempdir().unwrap(), Certificates::new());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut flags = certificates.flags().to_vec();
    flags.extend(["--http-listen".to_owned(), address.clone()]);
    let output = run(folder.path(), &flags.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(last_line(&output, 1), format!("snapdrop: cannot listen on {address}: Address already in use (os error 98)"));
}
