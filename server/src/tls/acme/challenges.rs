//! What the authority finds at the server's address while it proves that the server has its names.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use crate::{
    locks::lock,
    tls::{TlsError, provider},
};

/// The protocol with which the authority asks over TLS (RFC 8737, section 6.2).
pub(in crate::tls) const ACME_TLS_1: &[u8] = b"acme-tls/1";

/// The proofs that are expected at the moment.
#[derive(Debug, Default)]
pub(in crate::tls) struct Challenges {
    /// What is answered over plain HTTP, by token (RFC 8555, section 8.3).
    answers: Mutex<HashMap<String, String>>,
    /// What is shown over TLS, by name (RFC 8737, section 3).
    certificates: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Challenges {
    pub(in crate::tls) fn answer(&self, token: &str) -> Option<String> {
        lock(&self.answers).get(token).cloned()
    }

    pub(in crate::tls) fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        lock(&self.certificates).get(name).cloned()
    }

    /// Expects the authority to come over plain HTTP.
    pub(super) fn expect_http(&self, token: &str, answer: &str) {
        lock(&self.answers).insert(token.to_owned(), answer.to_owned());
    }

    /// Expects the authority to come over TLS. `digest` is the SHA-256 of the answer.
    pub(super) fn expect_tls(&self, name: &str, digest: &[u8]) -> Result<(), TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let certificate = params.self_signed(&key)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The check of certificate and key does not know the extension, which only the authority has to understand.
        let key = provider().key_provider.load_private_key(der).map_err(TlsError::Setup)?;
        let shown = CertifiedKey::new(vec![certificate.der().clone()], key);
        lock(&self.certificates).insert(name.to_owned(), Arc::new(shown));
        Ok(())
    }

    /// Expects nobody any more.
    pub(super) fn clear(&self) {
        lock(&self.answers).clear();
        lock(&self.certificates).clear();
    }
}
