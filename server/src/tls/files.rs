//! A certificate and its key in files that the administrator, or a program such as certbot, replaces from time to time.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use x509_parser::{prelude::FromDer as _, time::ASN1Time};

use super::{TlsError, provider};
use crate::locks::lock;

/// The two files, and what was in them when they were read the last time.
#[derive(Debug)]
pub(super) struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Contents>,
}

/// What is in the two files.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl CertificateFiles {
    /// Reads the two files. The first certificate is the server's own; those that follow lead to the one which clients trust.
    pub(super) fn open(certificate: &Path, key: &Path) -> Result<(Self, CertifiedKey), TlsError> {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let seen = Contents::read(&certificate, &key)?;
        let certified = certified_key((&certificate, &seen.certificate), (&key, &seen.key))?;
        Ok((Self { certificate, key, seen: Mutex::new(seen) }, certified))
    }

    /// The certificate and key in the files, if the files have changed since they were looked at the last time. While a program
    /// replaces one file after the other, they do not belong together for a moment: that is an error, and the next change is
    /// looked at again.
    pub(super) fn changed(&self) -> Result<Option<CertifiedKey>, TlsError> {
        let contents = match Contents::read(&self.certificate, &self.key) {
            Ok(contents) => contents,
            Err(error) => {
                let missing = Contents { certificate: Vec::new(), key: Vec::new() };
                let is_news = std::mem::replace(&mut *lock(&self.seen), missing) != Contents { certificate: Vec::new(), key: Vec::new() };
                return if is_news { Err(error) } else { Ok(None) };
            }
        };
        let mut seen = lock(&self.seen);
        if *seen == contents {
            return Ok(None);
        }
        *seen = contents;
        certified_key((&self.certificate, &seen.certificate), (&self.key, &seen.key)).map(Some)
    }
}

impl Contents {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error });
        Ok(Self { certificate: read(certificate)?, key: read(key)? })
    }
}

/// Reads a certificate and its key, and checks that they can be shown today.
pub(super) fn certified_key(
    (certificate_path, certificate): (&Path, &[u8]),
    (key_path, key): (&Path, &[u8]),
) -> Result<CertifiedKey, TlsError> {
    let no_certificate = || TlsError::NoCertificate { path: certificate_path.to_owned() };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().map_err(|_| no_certificate())?;
    check_time(certificate_path, chain.first().ok_or_else(no_certificate)?)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey { path: key_path.to_owned() })?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { certificate: certificate_path.to_owned(), key: key_path.to_owned() },
        error => TlsError::UnusableKey { path: key_path.to_owned(), error },
    })
}

/// Checks that a certificate is valid at this time.
fn check_time(path: &Path, certificate: &CertificateDer<'_>) -> Result<(), TlsError> {
    let path = path.to_owned();
    let Ok((_, certificate)) = x509_parser::certificate::X509Certificate::from_der(certificate) else {
        return Err(TlsError::NoCertificate { path });
    };
    let validity = certificate.validity();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    if now > validity.not_after.timestamp() {
        return Err(TlsError::Expired { path, since: date(validity.not_after) });
    }
    if now < validity.not_before.timestamp() {
        return Err(TlsError::NotYetValid { path, from: date(validity.not_before) });
    }
    Ok(())
}

/// From when until when a certificate is valid; `None` if it cannot be read.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Option<(SystemTime, SystemTime)> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(certificate).ok()?;
    let time = |time: ASN1Time| Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(time.timestamp()).ok()?));
    Some((time(certificate.validity().not_before)?, time(certificate.validity().not_after)?))
}

/// The time as one reads it, such as "2026-11-27".
fn date(time: ASN1Time) -> String {
    time.to_datetime().date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    struct Pair {
        certificate: String,
        key: KeyPair,
    }

    fn pair(from_year: i32, to_year: i32) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["drop.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from_year, 1, 1), date_time_ymd(to_year, 1, 1));
        Pair { certificate: params.self_signed(&key).unwrap().pem(), key }
    }

    fn line(certificate: &str, key: &str) -> String {
        let read = certified_key((Path::new("cert.pem"), certificate.as_bytes()), (Path::new("key.pem"), key.as_bytes()));
        read.unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_used_is_one_line_that_names_the_file() {
        let (good, other) = (pair(2020, 2090), pair(2020, 2090));
        let key = good.key.serialize_pem();
        assert!(certified_key((Path::new("c"), good.certificate.as_bytes()), (Path::new("k"), key.as_bytes())).is_ok());
        let cut = &good.certificate[..good.certificate.len() / 2];
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let password = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (certificate, key, expected) in [
            ("", key.as_str(), "cert.pem holds no certificate in PEM format"),
            ("no text of that kind", &key, "cert.pem holds no certificate in PEM format"),
            (&key, &key, "cert.pem holds no certificate in PEM format"),
            (cut, &key, "cert.pem holds no certificate in PEM format"),
            (broken, &key, "cert.pem holds no certificate in PEM format"),
            (&good.certificate, "", "key.pem holds no private key in PEM format"),
            (&good.certificate, &good.certificate, "key.pem holds no private key in PEM format"),
            (&good.certificate, password, "key.pem holds no private key in PEM format"),
            (&good.certificate, &other.key.serialize_pem(), "the certificate in cert.pem does not belong to the key in key.pem"),
            (&pair(2020, 2021).certificate, &key, "the certificate in cert.pem expired on 2021-01-01"),
            (&pair(2090, 2091).certificate, &key, "the certificate in cert.pem is not valid before 2090-01-01"),
        ] {
            let line = line(certificate, key);
            assert!(line.starts_with(expected) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_change_of_the_files_is_seen_once_and_an_unfinished_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let write = |pair: &Pair| {
            std::fs::write(&certificate, &pair.certificate).unwrap();
            std::fs::write(&key, pair.key.serialize_pem()).unwrap();
        };
        let (first, second) = (pair(2020, 2090), pair(2020, 2090));
        write(&first);
        let (files, _) = CertificateFiles::open(&certificate, &key).unwrap();
        assert!(files.changed().unwrap().is_none());
        std::fs::write(&certificate, &second.certificate).unwrap();
        assert!(matches!(files.changed(), Err(TlsError::Mismatch { .. })));
        assert!(files.changed().unwrap().is_none(), "it is said once");
        write(&second);
        assert!(files.changed().unwrap().is_some());
        std::fs::remove_file(&certificate).unwrap();
        assert!(matches!(files.changed(), Err(TlsError::File { .. })));
        assert!(files.changed().unwrap().is_none(), "it is said once");
        write(&second);
        assert!(files.changed().unwrap().is_some());
    }
}
