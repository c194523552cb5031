//! TLS: the certificate that the server shows, where it comes from, and how it stays valid while the server runs.
//!
//! There is one mode at a time: the administrator's own certificate (`files`), one that the server signs itself for its
//! local network (`local`, with the authority in `authority`), or one of a public authority (`acme`). In each, a new certificate
//! takes the place of the old one between two handshakes, so that no connection ends.

mod acme;
mod authority;
mod error;
mod files;
mod kept_file;
mod local;
mod names;

use std::{path::Path, sync::Arc, sync::Mutex, time::Duration};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{AcmeSettings, TlsMode},
    locks::lock,
    tasks,
};
use acme::{ACME_TLS_1, AcmeCertificates, Challenges};
use files::CertificateFiles;
use local::LocalCertificates;

pub use authority::Authority;
pub use error::TlsError;
pub use names::{Names, server_names};

/// How often it is looked whether the files of a certificate have changed. Reading two small files costs next to nothing, and
/// unlike a notification it also works for links and for folders of other machines.
const FILES_LOOKED_AT: Duration = Duration::from_secs(2);
/// How often it is looked whether the names and addresses of this machine have changed.
const NAMES_LOOKED_AT: Duration = Duration::from_secs(30);

/// The protocols that are offered (ALPN, RFC 7301), the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
/// The name of HTTP/2 in that list (RFC 9113, section 3.1).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// The server's side of TLS.
#[derive(Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    source: Source,
}

/// Where certificates come from.
#[derive(Debug)]
enum Source {
    Files(CertificateFiles),
    Local(Box<LocalCertificates>),
    Acme(Box<AcmeCertificates>),
}

/// The certificate that handshakes show from now on.
#[derive(Debug)]
struct Shown {
    /// `None` until a public authority has given the first one. Until then, handshakes fail.
    certificate: Mutex<Option<Arc<CertifiedKey>>>,
    challenges: Arc<Challenges>,
}

impl Shown {
    fn set(&self, key: CertifiedKey) {
        *lock(&self.certificate) = Some(Arc::new(key));
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_challenge = client.alpn().is_some_and(|mut protocols| protocols.any(|name| name == ACME_TLS_1));
        if is_challenge { self.challenges.certificate(client.server_name()?) } else { lock(&self.certificate).clone() }
    }
}

/// Revokes the certificate that a public authority has given to the server with this data folder, and forgets it. The next start of
/// the server orders another one, with a new key.
///
/// # Errors
/// [`TlsError`] when there is no certificate, or the authority does not revoke it.
pub async fn revoke(settings: AcmeSettings, data_dir: &Path) -> Result<(), TlsError> {
    acme::revoke(settings, data_dir).await
}

impl Tls {
    /// Reads or makes the first certificate. `data_dir` is the server's data folder, and `extra_names` are names and addresses
    /// under which clients reach the server although this machine does not know them.
    ///
    /// # Errors
    /// [`TlsError`] when there is no certificate that can be used.
    pub fn open(mode: &TlsMode, data_dir: &Path, extra_names: &[String]) -> Result<Self, TlsError> {
        let challenges = Arc::new(Challenges::default());
        let (source, key) = match mode {
            TlsMode::Files { certificate, key } => {
                let (files, key) = CertificateFiles::open(certificate, key)?;
                (Source::Files(files), Some(key))
            }
            TlsMode::SelfSigned => {
                let (local, key) = LocalCertificates::open(data_dir, extra_names)?;
                (Source::Local(Box::new(local)), Some(key))
            }
            TlsMode::Acme(settings) => {
                let (acme, key) = AcmeCertificates::open(settings.clone(), data_dir, Arc::clone(&challenges))?;
                (Source::Acme(Box::new(acme)), key)
            }
        };
        let shown = Arc::new(Shown { certificate: Mutex::new(key.map(Arc::new)), challenges });
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        let challenge = matches!(source, Source::Acme(_)).then_some(ACME_TLS_1);
        config.alpn_protocols = PROTOCOLS.into_iter().chain(challenge).map(<[u8]>::to_vec).collect();
        Ok(Self { config: Arc::new(config), shown, source })
    }

    /// What does the handshakes of connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// The local authority that signs this server's certificate, if the mode has one.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        match &self.source {
            Source::Local(local) => Some(local.authority()),
            Source::Files(_) | Source::Acme(_) => None,
        }
    }

    /// What a public authority expects to find under this token at the server's address (RFC 8555, section 8.3), if it is proving
    /// just now that the server has its name.
    #[must_use]
    pub(crate) fn challenge_answer(&self, token: &str) -> Option<String> {
        self.shown.challenges.answer(token)
    }

    /// Keeps the certificate valid until `stop` is cancelled. When no new one can be had, the old one stays, and the reason is
    /// logged.
    pub(crate) async fn keep_valid(self: Arc<Self>, stop: CancellationToken) {
        let period = match &self.source {
            Source::Files(_) => FILES_LOOKED_AT,
            Source::Local(_) => NAMES_LOOKED_AT,
            Source::Acme(acme) => {
                // A certificate that is being ordered is ordered again after the next start.
                stop.run_until_cancelled(Box::pin(acme.keep_valid(&self.shown))).await;
                return;
            }
        };
        while stop.run_until_cancelled(tokio::time::sleep(period)).await.is_some() {
            let tls = Arc::clone(&self);
            tasks::blocking(move || tls.look()).await;
        }
    }

    fn look(&self) {
        let renewed = match &self.source {
            Source::Files(files) => files.changed(),
            Source::Local(local) => local.renewed(),
            Source::Acme(_) => Ok(None),
        };
        match renewed {
            Ok(Some(key)) => {
                self.shown.set(key);
                tracing::info!("there is a new certificate");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the old certificate stays"),
        }
    }
}

/// The cryptography that rustls uses.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
