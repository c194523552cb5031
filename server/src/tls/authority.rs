//! The local certificate authority: made once, kept in the data folder, and trusted by each device on which a person installs
//! its certificate.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};

use super::{
    Names, TlsError,
    kept_file::{read, write},
    provider,
};

/// How long the authority's own certificate is valid: ten years, because each device has to be told of a new one.
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(3650 * DAY_SECS);
/// How long a certificate of the server is valid. Apple's systems take at most 825 days, and a stolen one is worth less when it
/// ends soon.
const LEAF_LIFETIME: Duration = Duration::from_secs(90 * DAY_SECS);
/// How far back a certificate is valid, because the clocks of devices differ.
const BACKDATED: Duration = Duration::from_secs(DAY_SECS);
/// The same for the authority's own, which cannot be made anew when the clock of this machine is set right later.
const AUTHORITY_BACKDATED: Duration = Duration::from_secs(365 * DAY_SECS);
const DAY_SECS: u64 = 24 * 3600;

/// A certificate authority of this server alone.
#[derive(Debug)]
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate of the server that the authority has signed.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) key: CertifiedKey,
    pub(super) valid_from: SystemTime,
    /// When the next one should take its place: after two thirds of its time.
    pub(super) renew_at: SystemTime,
}

impl Authority {
    /// The authority in this folder. If there is none, it is made, and its key can be read by the server's user only.
    ///
    /// # Errors
    /// [`TlsError`] when the files cannot be read or written, or only the certificate is there.
    pub(super) fn open(folder: &Path, now: SystemTime) -> Result<Self, TlsError> {
        let (certificate, key) = (folder.join("snapdrop-ca.pem"), folder.join("snapdrop-ca.key"));
        match (read(&certificate)?, read(&key)?) {
            (Some(found), Some(found_key)) => Self::from_pem((&certificate, &found), (&key, &found_key)),
            // The key is written first. If there is only a key, no device has ever seen a certificate for it.
            (None, _) => Self::make(&certificate, &key, now),
            (Some(_), None) => Err(TlsError::NoAuthorityKey { key, certificate }),
        }
    }

    fn from_pem((certificate_path, certificate): (&Path, &str), (key_path, key): (&Path, &str)) -> Result<Self, TlsError> {
        // The check is the one of every other certificate. What it makes of the two is not needed.
        super::files::certified_key((certificate_path, certificate.as_bytes()), (key_path, key.as_bytes()))?;
        let no_certificate = || TlsError::NoCertificate { path: certificate_path.to_owned() };
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| no_certificate())?;
        let key = KeyPair::from_pem(key).map_err(|_| TlsError::NoKey { path: key_path.to_owned() })?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|_| no_certificate())?;
        Ok(Self { certificate, issuer })
    }

    fn make(certificate_path: &Path, key_path: &Path, now: SystemTime) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name = distinguished(&format!("SnapDrop on {}", super::names::host_name()));
        (params.not_before, params.not_after) = ((now - AUTHORITY_BACKDATED).into(), (now + AUTHORITY_LIFETIME).into());
        let certificate = params.self_signed(&key)?;
        write(key_path, &key.serialize_pem())?;
        write(certificate_path, &certificate.pem())?;
        let certificate = certificate.der().clone();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// A certificate for these names, with a key of its own that is nowhere stored.
    pub(super) fn sign(&self, names: &Names, now: SystemTime) -> Result<Leaf, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.subject_alternatives()?;
        params.distinguished_name = distinguished("SnapDrop");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let valid_from = now - BACKDATED;
        (params.not_before, params.not_after) = (valid_from.into(), (now + LEAF_LIFETIME).into());
        let certificate = params.signed_by(&key, &self.issuer)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        let key = CertifiedKey::from_der(chain, der, &provider()).map_err(TlsError::Setup)?;
        Ok(Leaf { key, valid_from, renew_at: now + LEAF_LIFETIME * 2 / 3 })
    }

    /// The authority's certificate in DER, as devices install it.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The SHA-256 of the certificate as devices show it: pairs of hexadecimal digits with colons between them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let sum = Sha256::digest(&self.certificate);
        sum.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }
}

fn distinguished(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished.push(DnType::OrganizationName, "SnapDrop");
    distinguished
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    fn now() -> SystemTime {
        SystemTime::now()
    }

    #[test]
    fn it_is_made_once_and_only_the_servers_user_reads_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let made = Authority::open(folder.path(), now()).unwrap();
        let found = Authority::open(folder.path(), now()).unwrap();
        assert_eq!(made.certificate(), found.certificate());
        assert_eq!(made.fingerprint(), found.fingerprint());
        assert_eq!(made.fingerprint().len(), 32 * 3 - 1);
        let mode = fs::metadata(folder.path().join("snapdrop-ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_without_certificate_was_never_used_but_a_certificate_without_key_is_in_devices() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("snapdrop-ca.pem"), folder.path().join("snapdrop-ca.key"));
        Authority::open(folder.path(), now()).unwrap();
        fs::remove_file(&certificate).unwrap();
        Authority::open(folder.path(), now()).unwrap();
        fs::remove_file(&key).unwrap();
        let line = Authority::open(folder.path(), now()).unwrap_err().to_string();
        assert!(line.contains("snapdrop-ca.key is missing") && !line.contains('\n'), "{line}");
        fs::write(&key, "no key").unwrap();
        assert!(matches!(Authority::open(folder.path(), now()), Err(TlsError::NoKey { .. })));
    }

    #[test]
    fn what_it_signs_is_for_the_server_only_and_ends_soon() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), now()).unwrap();
        let names = Names::of(["drop.lan", "192.168.1.20", "::1"]);
        let leaf = authority.sign(&names, now()).unwrap();
        assert_eq!(leaf.key.cert.len(), 2);
        let (_, certificate) = X509Certificate::from_der(&leaf.key.cert[0]).unwrap();
        let (_, issuer) = X509Certificate::from_der(authority.certificate()).unwrap();
        assert_eq!(certificate.issuer(), issuer.subject());
        assert!(!certificate.is_ca() && issuer.is_ca());
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.server_auth && !usage.client_auth && !usage.any);
        let alternatives = &certificate.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert_eq!(alternatives.len(), 3);
        let lifetime = certificate.validity().not_after.timestamp() - certificate.validity().not_before.timestamp();
        assert_eq!(lifetime, 91 * 24 * 3600);
    }
}
